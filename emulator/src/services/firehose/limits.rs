//! Firehose's numbers, each with its unit and its source. What no source says is marked assumed.
//!
//! Documented: the service model firehose-2015-08-04 of botocore 1.44.5 (read 2026-11-20), unless said otherwise.
//! The rates at the end hold with strict limits only; a relaxed tank, the default, throttles nobody.

use std::time::Duration;

/// Records in one `PutRecordBatch`.
pub const BATCH_RECORDS_MAX: usize = 500;

/// Data of one `PutRecordBatch`, before base64, in bytes.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// One record's data, before base64, in bytes.
pub const RECORD_BYTES_MAX: usize = 1_000 << 10;

/// Delivery streams of one account and region.
pub const STREAMS_MAX: usize = 5_000;

/// Tags on one delivery stream.
pub const TAGS_MAX: usize = 50;

/// Starts and stops of a stream's encryption within [`ENCRYPTION_CHANGES_WINDOW`].
pub const ENCRYPTION_CHANGES_MAX: usize = 25;
/// See [`ENCRYPTION_CHANGES_MAX`].
pub const ENCRYPTION_CHANGES_WINDOW: Duration = Duration::from_secs(24 * 3_600);

/// Buffer of a destination that does not say, in MiB.
pub const BUFFER_MIB_DEFAULT: i64 = 5;

/// The same where the format is converted or records are partitioned, in MiB.
///
/// Documented for conversion: docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html (read 2026-11-20 as
/// awsdocs/amazon-kinesis-data-firehose-developer-guide). Assumed for partitioning.
pub const BUFFER_MIB_LARGE_DEFAULT: i64 = 128;

/// Smallest buffer where the format is converted or records are partitioned, in MiB. Same source.
pub const BUFFER_MIB_LARGE_MIN: i64 = 64;

/// How long a destination that does not say buffers, in seconds.
pub const BUFFER_SECS_DEFAULT: i64 = 300;

/// How long records wait for a transformation that does not say, and how many bytes of them.
///
/// Documented: API_ProcessorParameter.html (read 2026-11-28): 1 MB (0.2 to 3), 60 s. Assumed: 0 to 900 s.
pub const LAMBDA_BUFFER_SECS_DEFAULT: u64 = 60;
/// See [`LAMBDA_BUFFER_SECS_DEFAULT`].
pub const LAMBDA_BUFFER_MB_DEFAULT: f64 = 1.0;
/// See [`LAMBDA_BUFFER_SECS_DEFAULT`].
pub const LAMBDA_BUFFER_MB_RANGE: (f64, f64) = (0.2, 3.0);

/// What an invocation's payload may come to, so that it stays within Lambda's 6 MiB. Ours.
pub const LAMBDA_PAYLOAD_BYTES_MAX: usize = 5_500_000;

/// What a record adds to an invocation's payload besides its data. Ours, rounded up.
pub const LAMBDA_RECORD_OVERHEAD_BYTES: usize = 220;

/// Further invocations after one that timed out or was throttled.
///
/// Documented: docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html (read 2026-11-20).
pub const LAMBDA_RETRIES_DEFAULT: u32 = 3;

/// Wait before the first further invocation; it doubles. Assumed.
pub const LAMBDA_RETRY_WAIT: Duration = Duration::from_secs(1);

/// Partitions that are open at one time.
///
/// Documented: docs.aws.amazon.com/firehose/latest/dev/buffering.html (read 2026-11-20 through a copy): 500, up to 5,000 on
/// request.
pub const ACTIVE_PARTITIONS_MAX: usize = 500;

/// Records that one put may hold when it is taken apart. A put with more passes whole.
pub const DEAGGREGATED_RECORDS_MAX: usize = 500;

/// How long S3 may refuse before records that were put directly are lost.
///
/// Documented: docs.aws.amazon.com/firehose/latest/dev/retry.html (read 2026-11-20).
pub const S3_RETRY_MAX: Duration = Duration::from_secs(24 * 3_600);

/// Wait before the first further attempt at S3; it doubles up to [`S3_WAIT_MAX`]. Assumed.
pub const S3_WAIT_FIRST: Duration = Duration::from_secs(5);
/// See [`S3_WAIT_FIRST`].
pub const S3_WAIT_MAX: Duration = Duration::from_secs(300);

/// How long an HTTP endpoint is tried again when the destination does not say, in seconds.
pub const HTTP_RETRY_SECS_DEFAULT: i64 = 300;

/// Longest retry of any destination, in seconds.
pub const RETRY_SECS_MAX: i64 = 7_200;

/// Wait before the first further attempt at an HTTP endpoint; it doubles up to [`HTTP_WAIT_MAX`].
///
/// Documented: docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html (read 2026-11-20 as
/// awsdocs/amazon-kinesis-data-firehose-developer-guide). Left out: its 15 % of jitter.
pub const HTTP_WAIT_FIRST: Duration = Duration::from_secs(1);
/// See [`HTTP_WAIT_FIRST`].
pub const HTTP_WAIT_MAX: Duration = Duration::from_secs(120);

/// How long an HTTP endpoint may take to answer, in real time. AWS waits 3 minutes.
pub const HTTP_TIMEOUT: Duration = Duration::from_secs(30);

/// How often one shard of a source is read, at most.
///
/// Documented: docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html (read 2026-11-28 through a copy): GetRecords once
/// a second for each shard.
pub const SHARD_READ_EVERY: Duration = Duration::from_secs(1);

/// How soon a shard that holds more than one read gave is read again, without strict limits: five times a second, as often
/// as Kinesis lets one shard be read. Ours: a relaxed tank lets nobody fall behind whom AWS would.
pub const SHARD_READ_AGAIN: Duration = Duration::from_millis(200);

/// Records asked of a shard at one time.
pub const SHARD_RECORDS_MAX: i64 = 10_000;

/// Characters of a prefix after its evaluation.
///
/// Documented: docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html (read 2026-11-20 as above).
pub const PREFIX_CHARS_MAX: usize = 512;

/// Characters of `!{firehose:random-string}`. Same source.
pub const RANDOM_STRING_CHARS: usize = 11;

/// How long a new delivery stream is `CREATING`, one that goes `DELETING`, and a change of encryption takes.
///
/// Assumed: on AWS it is 10 to 60 s.
pub const TRANSITION: Duration = Duration::from_secs(1);

/// Puts that a stream takes in a second, with strict limits: requests, records, and bytes of data.
///
/// Documented: the service model, `PutRecord`. Assumed: the same in every region.
pub const PUT_REQUESTS_PER_SEC: u32 = 2_000;
/// See [`PUT_REQUESTS_PER_SEC`].
pub const PUT_RECORDS_PER_SEC: u32 = 5_000;
/// See [`PUT_REQUESTS_PER_SEC`].
pub const PUT_BYTES_PER_SEC: usize = 5 << 20;
