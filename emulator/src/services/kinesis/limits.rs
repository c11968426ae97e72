//! Numbers of Kinesis Data Streams. Documented: the service model of 2026 (botocore 1.44.5, read 2026-11-20), operation by
//! operation, unless a line says otherwise.
//!
//! Two kinds: quotas, always in force, and rates, in force in a tank with strict limits only (`TankBuilder::strict_limits`).
//! By default a tank is relaxed: it throttles nobody, since a test or a lab wants its data in.

use std::time::Duration;

use wavetank_types::Timestamp;

/// How long a stream is CREATING, UPDATING or DELETING and a consumer CREATING or DELETING. Assumed: AWS takes seconds to
/// minutes; a tank shows the state and goes on.
pub(super) const TRANSITION: Duration = Duration::from_millis(500);

/// Regions with the larger quotas. Documented: docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html (read
/// 2026-11-28).
const LARGE_REGIONS: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];
/// Shards of one account in a region of [`LARGE_REGIONS`]. Same source.
const ACCOUNT_SHARDS_MAX: usize = 20_000;
/// The same elsewhere. Same source: 1,000 or 6,000, without saying where; the larger is assumed.
const ACCOUNT_SHARDS_ELSEWHERE_MAX: usize = 6_000;
/// Shards that an on-demand stream grows to, one for each MB/s: 10 GB/s in a region of [`LARGE_REGIONS`]. Same source.
const GROWTH_SHARDS_MAX: usize = STREAM_SHARDS_MAX;
/// The same elsewhere: 200 MB/s. Same source.
const GROWTH_SHARDS_ELSEWHERE_MAX: usize = 200;

/// Shards of one account in this region.
pub(super) fn account_shards_max(region: &str) -> usize {
    if LARGE_REGIONS.contains(&region) { ACCOUNT_SHARDS_MAX } else { ACCOUNT_SHARDS_ELSEWHERE_MAX }
}

/// Shards that an on-demand stream of this region grows to.
pub(super) fn growth_shards_max(region: &str) -> usize {
    if LARGE_REGIONS.contains(&region) { GROWTH_SHARDS_MAX } else { GROWTH_SHARDS_ELSEWHERE_MAX }
}

/// Shards that UpdateShardCount may give a stream.
pub(super) const STREAM_SHARDS_MAX: usize = 10_000;
/// On-demand streams of one account and region. Documented: as [`LARGE_REGIONS`].
pub(super) const ON_DEMAND_STREAMS_MAX: usize = 50;
/// Shards that an on-demand stream begins with. Recorded: LocalStack `test_kinesis.snapshot.json`, 2022-08-26.
pub(super) const ON_DEMAND_SHARDS: usize = 4;
/// What a shard of an on-demand stream takes each second before it is split: "500 KB", read as KiB.
///
/// Documented: docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html (read 2026-11-28).
pub(super) const GROWTH_BYTES_PER_SECOND: u64 = 500 << 10;
/// Over which time that is measured. Assumed.
pub(super) const GROWTH_WINDOW: Duration = Duration::from_secs(60);
/// How long after that the shard is split. Documented: as [`GROWTH_BYTES_PER_SECOND`], "within 15 minutes".
pub(super) const GROWTH_DELAY: Duration = Duration::from_secs(900);
/// Changes of a stream's shard count in [`DAY`].
pub(super) const SHARD_COUNT_UPDATES_PER_DAY: usize = 10;
/// Changes of a stream's mode in [`DAY`]. Documented: as [`LARGE_REGIONS`].
pub(super) const MODE_UPDATES_PER_DAY: usize = 2;
/// Times that encryption may be started in [`DAY`], and times that it may be stopped.
pub(super) const ENCRYPTION_UPDATES_PER_DAY: usize = 25;
/// The rolling period of the three above.
pub(super) const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Warm throughput, in MiB/s: 10 GiB/s, which is a shard for each.
pub(super) const WARM_THROUGHPUT_MAX: i64 = 10_240;
/// How long an account that has committed to minimum throughput stays so. Assumed: 24 hours, as its announcement says.
pub(super) const COMMITMENT: Duration = DAY;

/// Enhanced fan-out consumers of a stream. With the throughput commitment, on-demand streams may have 50.
pub(super) const CONSUMERS_MAX: usize = 20;
/// As [`CONSUMERS_MAX`], for on-demand streams of an account with the commitment.
pub(super) const CONSUMERS_ADVANTAGE_MAX: usize = 50;
/// Tags of a stream or consumer.
pub(super) const TAGS_MAX: usize = 50;

/// Shortest retention, and that of a new stream, in hours.
pub(super) const RETENTION_HOURS_MIN: i64 = 24;
/// Longest retention, in hours.
pub(super) const RETENTION_HOURS_MAX: i64 = 8_760;

/// Largest record of a new stream, in KiB: data and partition key.
pub(super) const RECORD_KIB_DEFAULT: i64 = 1_024;
/// Largest PutRecords request: data and keys of all records, in bytes.
pub(super) const BATCH_BYTES_MAX: usize = 10 << 20;

/// Records of one GetRecords answer.
pub(super) const GET_RECORDS_MAX: usize = 10_000;
/// Bytes of one GetRecords answer: data and keys. A first record always comes, whatever its size.
pub(super) const GET_BYTES_MAX: usize = 10 << 20;
/// How long an iterator is good for.
pub(super) const ITERATOR_LIFE: Duration = Duration::from_secs(300);
/// How long a token of a listing is good for.
pub(super) const TOKEN_LIFE: Duration = Duration::from_secs(300);

/// Shards of one DescribeStream answer.
pub(super) const DESCRIBE_SHARDS_MAX: usize = 100;
/// Shards of one ListShards answer.
pub(super) const LIST_SHARDS_MAX: usize = 1_000;
/// Streams of one ListStreams answer.
pub(super) const LIST_STREAMS_MAX: usize = 100;
/// Consumers of one ListStreamConsumers answer.
pub(super) const LIST_CONSUMERS_MAX: usize = 100;
/// Tags of one ListTagsForStream answer.
pub(super) const LIST_TAGS_MAX: usize = 50;

/// How long SubscribeToShard pushes records.
pub(super) const SUBSCRIPTION_LIFE: Duration = Duration::from_secs(300);
/// How soon the same consumer may subscribe to the same shard again.
pub(super) const SUBSCRIPTION_PAUSE: Duration = Duration::from_secs(5);
/// After which silence an event without records tells the position. Assumed.
pub(super) const SUBSCRIPTION_BEAT: Duration = Duration::from_secs(5);
/// Bytes of one event's records. Assumed; the documented rate is 2 MiB a second.
pub(super) const EVENT_BYTES_MAX: usize = 2 << 20;

/// Events that wait for a subscriber who is slow, at most; then his position stands still until he takes one. Ours: on AWS
/// HTTP/2's windows do that.
pub(super) const EVENTS_UNREAD_MAX: u32 = 4;

/// Records that a shard takes each second. Rate.
pub(super) const SHARD_RECORDS_PER_SECOND: u64 = 1_000;
/// Bytes that a shard takes each second. Rate.
pub(super) const SHARD_WRITE_BYTES_PER_SECOND: u64 = 1 << 20;
/// What a shard may take beyond its second, once; it fills again with what is left unused. Rate.
/// Documented: service-sizes-and-limits.html (read 2026-11-28): records of 1 to 10 MiB go by "burst capacity". Assumed: how much
/// that is.
pub(super) const SHARD_BURST_BYTES: u64 = 10 << 20;
/// GetRecords calls of a shard each second, and GetShardIterator calls. Rate.
pub(super) const SHARD_READS_PER_SECOND: u64 = 5;
/// Bytes that a shard gives each second, and again to each consumer with enhanced fan-out. Rate.
pub(super) const SHARD_READ_BYTES_PER_SECOND: u64 = 2 << 20;
/// How long a shard rests after an answer of [`GET_BYTES_MAX`]. Rate.
pub(super) const FULL_READ_REST: Duration = Duration::from_secs(5);
/// Streams, or consumers of a stream, that may be CREATING at once. Rate.
pub(super) const CREATING_MAX: usize = 5;

/// Whose calls are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    Account,
    Stream,
}

/// Calls each second, of one account and region or of one stream there. Rate.
///
/// Documented: docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html (read 2026-11-28); those of encryption and
/// of UpdateShardCount by the service model alone.
pub(super) const CALLS_PER_SECOND: [(&str, Per, u64); 29] = [
    ("AddTagsToStream", Per::Account, 5),
    ("CreateStream", Per::Account, 5),
    ("DecreaseStreamRetentionPeriod", Per::Stream, 5),
    ("DeleteResourcePolicy", Per::Account, 5),
    ("DeleteStream", Per::Account, 5),
    ("DeregisterStreamConsumer", Per::Stream, 5),
    ("DescribeAccountSettings", Per::Account, 5),
    ("DescribeLimits", Per::Account, 1),
    ("DescribeStream", Per::Account, 10),
    ("DescribeStreamConsumer", Per::Stream, 20),
    ("DescribeStreamSummary", Per::Account, 20),
    ("DisableEnhancedMonitoring", Per::Stream, 5),
    ("EnableEnhancedMonitoring", Per::Stream, 5),
    ("GetResourcePolicy", Per::Account, 5),
    ("IncreaseStreamRetentionPeriod", Per::Stream, 5),
    ("ListShards", Per::Stream, 1_000),
    ("ListStreamConsumers", Per::Stream, 5),
    ("ListStreams", Per::Account, 5),
    ("ListTagsForStream", Per::Stream, 5),
    ("MergeShards", Per::Stream, 5),
    ("PutResourcePolicy", Per::Account, 5),
    ("RegisterStreamConsumer", Per::Stream, 5),
    ("RemoveTagsFromStream", Per::Stream, 5),
    ("SplitShard", Per::Stream, 5),
    ("StartStreamEncryption", Per::Stream, 5),
    ("StopStreamEncryption", Per::Stream, 5),
    ("UpdateAccountSettings", Per::Account, 5),
    ("UpdateShardCount", Per::Stream, 10),
    ("UpdateStreamWarmThroughput", Per::Account, 5),
];

/// What fills with time and is drawn from: a rate with room for one second of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    per_second: u64,
    /// In millionths; below nothing after a draw that was larger than what was there.
    level: i128,
    at: Timestamp,
}

const MILLION: i128 = 1_000_000;

impl Bucket {
    /// A full one.
    pub(super) fn new(per_second: u64, now: Timestamp) -> Self {
        Self { per_second, level: i128::from(per_second) * MILLION, at: now }
    }

    /// Lets time pass. Answers what it had no room for.
    fn fill(&mut self, now: Timestamp) -> u64 {
        let came = i128::from(self.per_second) * now.since(self.at).as_micros().cast_signed();
        let room = i128::from(self.per_second) * MILLION - self.level;
        self.at = now;
        self.level += came.min(room);
        u64::try_from((came - room).max(0) / MILLION).unwrap_or(u64::MAX)
    }

    /// Whether there is as much; takes it if so.
    pub(super) fn draw(&mut self, amount: u64, now: Timestamp) -> bool {
        self.fill(now);
        let wanted = i128::from(amount) * MILLION;
        let enough = self.level >= wanted;
        if enough {
            self.level -= wanted;
        }
        enough
    }

    /// Whether there is anything; what follows may be more than that.
    pub(super) fn is_positive(&mut self, now: Timestamp) -> bool {
        self.fill(now);
        self.level > 0
    }

    /// Takes as much, down below nothing.
    pub(super) fn owe(&mut self, amount: u64) {
        self.level -= i128::from(amount) * MILLION;
    }
}

/// What a shard may still take in a tank with strict limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct WriteBudget {
    records: Bucket,
    bytes: Bucket,
    burst: u64,
}

impl WriteBudget {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            records: Bucket::new(SHARD_RECORDS_PER_SECOND, now),
            bytes: Bucket::new(SHARD_WRITE_BYTES_PER_SECOND, now),
            burst: SHARD_BURST_BYTES,
        }
    }

    /// Takes room for one record, if there is. A record larger than a second's worth is paid from the burst.
    pub(super) fn take(&mut self, bytes: usize, now: Timestamp) -> bool {
        let bytes = bytes as u64;
        self.burst = self.burst.saturating_add(self.bytes.fill(now)).min(SHARD_BURST_BYTES);
        if !self.records.draw(1, now) {
            return false;
        }
        if bytes > SHARD_WRITE_BYTES_PER_SECOND {
            let enough = self.burst >= bytes;
            self.burst -= if enough { bytes } else { 0 };
            return enough;
        }
        self.bytes.draw(bytes, now)
    }
}

/// What a shard may still give in a tank with strict limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadBudget {
    calls: Bucket,
    bytes: Bucket,
    rests_until: Timestamp,
}

impl ReadBudget {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            calls: Bucket::new(SHARD_READS_PER_SECOND, now),
            bytes: Bucket::new(SHARD_READ_BYTES_PER_SECOND, now),
            rests_until: now,
        }
    }

    /// Whether a call may be answered now.
    pub(super) fn take_call(&mut self, now: Timestamp) -> bool {
        now >= self.rests_until && self.bytes.is_positive(now) && self.calls.draw(1, now)
    }

    /// Counts an answer.
    pub(super) fn give(&mut self, bytes: usize, is_full: bool, now: Timestamp) {
        self.bytes.owe(bytes as u64);
        if is_full {
            self.rests_until = now + FULL_READ_REST;
        }
    }
}
