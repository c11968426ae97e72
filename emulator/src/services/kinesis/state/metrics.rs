//! What a stream counts for CloudWatch.
//!
//! Documented: names, units and dimensions (docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html, read 2026-11-29
//! as in github.com/awsdocs/amazon-kinesis-data-streams-developer-guide).
//! Metrics of shards only where `EnableEnhancedMonitoring` has turned them on. A call takes no tank time, so latencies are 0.
//! Assumed: bytes are those of data and partition keys, as the limits count them.

use wavetank_wire::kinesis::{PutRecordInput, PutRecordOutput, PutRecordsInput, PutRecordsOutput};

use super::Kinesis;
use super::read::Page;
use super::stream::Stream;
use crate::metrics;
use crate::services::kinesis::error::KinesisError;
use crate::world::Cx;

metrics! {
    /// Of a stream.
    enum OfStream in "AWS/Kinesis" by ["StreamName"] {
        IncomingBytes => "IncomingBytes", Bytes;
        IncomingRecords => "IncomingRecords", Count;
        PutRecordBytes => "PutRecord.Bytes", Bytes;
        PutRecordLatency => "PutRecord.Latency", Milliseconds;
        PutRecordSuccess => "PutRecord.Success", Count;
        PutRecordsBytes => "PutRecords.Bytes", Bytes;
        PutRecordsLatency => "PutRecords.Latency", Milliseconds;
        PutRecordsRecords => "PutRecords.Records", Count;
        PutRecordsSuccess => "PutRecords.Success", Count;
        PutRecordsTotal => "PutRecords.TotalRecords", Count;
        PutRecordsSuccessful => "PutRecords.SuccessfulRecords", Count;
        PutRecordsFailed => "PutRecords.FailedRecords", Count;
        PutRecordsThrottled => "PutRecords.ThrottledRecords", Count;
        WriteExceeded => "WriteProvisionedThroughputExceeded", Count;
        GetRecordsBytes => "GetRecords.Bytes", Bytes;
        GetRecordsAge => "GetRecords.IteratorAgeMilliseconds", Milliseconds, spread;
        GetRecordsLatency => "GetRecords.Latency", Milliseconds;
        GetRecordsRecords => "GetRecords.Records", Count;
        GetRecordsSuccess => "GetRecords.Success", Count;
        ReadExceeded => "ReadProvisionedThroughputExceeded", Count;
    }
}

metrics! {
    /// Of a shard.
    enum OfShard in "AWS/Kinesis" by ["StreamName", "ShardId"] {
        IncomingBytes => "IncomingBytes", Bytes;
        IncomingRecords => "IncomingRecords", Count;
        OutgoingBytes => "OutgoingBytes", Bytes;
        OutgoingRecords => "OutgoingRecords", Count;
        WriteExceeded => "WriteProvisionedThroughputExceeded", Count;
        ReadExceeded => "ReadProvisionedThroughputExceeded", Count;
        Age => "IteratorAgeMilliseconds", Milliseconds;
    }
}

metrics! {
    /// Of a consumer with enhanced fan-out.
    enum OfConsumer in "AWS/Kinesis" by ["StreamName", "ConsumerName"] {
        Subscribed => "SubscribeToShard.Success", Count;
        EventBytes => "SubscribeToShardEvent.Bytes", Bytes;
        EventBehind => "SubscribeToShardEvent.MillisBehindLatest", Milliseconds;
        EventRecords => "SubscribeToShardEvent.Records", Count;
        EventSuccess => "SubscribeToShardEvent.Success", Count;
    }
}

impl Kinesis {
    /// `PutRecord`, counted.
    pub(in super::super) fn counted_put_record(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordInput,
    ) -> Result<PutRecordOutput, KinesisError> {
        use OfStream as M;
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?.to_owned();
        let bytes = (input.data.len() + input.partition_key.as_ref().map_or(0, String::len)) as f64;
        let answer = self.put_record(cx, input);
        let taken = answer.is_ok();
        if !taken && !matches!(answer, Err(KinesisError::ShardRate { .. })) {
            return answer;
        }
        let mut meter = cx.meter::<OfStream>(&[&name]);
        meter
            .add(M::PutRecordSuccess, f64::from(u8::from(taken)))
            .add(M::WriteExceeded, f64::from(u8::from(!taken)));
        if taken {
            meter.add(M::IncomingBytes, bytes).add(M::IncomingRecords, 1.0);
            meter.add(M::PutRecordBytes, bytes).add(M::PutRecordLatency, 0.0);
        }
        match &answer {
            Ok(output) => self.count_in_shard(cx, &name, &output.shard_id, Some(bytes)),
            Err(KinesisError::ShardRate { shard, .. }) => self.count_in_shard(cx, &name, shard, None),
            Err(_) => {}
        }
        answer
    }

    /// `PutRecords`, counted.
    pub(in super::super) fn counted_put_records(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutRecordsInput,
    ) -> Result<PutRecordsOutput, KinesisError> {
        use OfStream as M;
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?.to_owned();
        let by_shard = self.streams.get(&name).is_some_and(|stream| !stream.metrics.is_empty());
        let sizes = input
            .records
            .iter()
            .map(|record| record.data.len() + record.partition_key.as_ref().map_or(0, String::len));
        let all: usize = sizes.clone().sum();
        // Which records count is known only afterwards, and only where some are refused does it matter.
        let sizes: Vec<usize> = if self.strict || by_shard { sizes.collect() } else { Vec::new() };
        let output = self.put_records(cx, input)?;
        let total = output.records.len();
        let throttled = usize::try_from(output.failed_record_count.unwrap_or(0)).unwrap_or(0);
        let taken = |at: usize| output.records[at].error_code.is_none();
        let bytes = match throttled {
            0 => all,
            _ => sizes.iter().enumerate().filter(|(at, _)| taken(*at)).map(|(_, size)| size).sum(),
        };
        let (records, bytes, throttled) = ((total - throttled) as f64, bytes as f64, throttled as f64);
        let mut meter = cx.meter::<OfStream>(&[&name]);
        meter.add(M::PutRecordsTotal, total as f64).add(M::PutRecordsSuccessful, records);
        meter.add(M::PutRecordsFailed, 0.0).add(M::PutRecordsThrottled, throttled);
        meter.add(M::PutRecordsSuccess, f64::from(u8::from(records > 0.0))).add(M::PutRecordsLatency, 0.0);
        meter.add(M::WriteExceeded, throttled);
        if records > 0.0 {
            meter.add(M::PutRecordsBytes, bytes).add(M::PutRecordsRecords, records);
            meter.add(M::IncomingBytes, bytes).add(M::IncomingRecords, records);
        }
        if by_shard {
            for (result, size) in output.records.iter().zip(sizes) {
                // The shard of a refused record is not told to its sender, and not counted here.
                if let Some(shard) = &result.shard_id {
                    self.count_in_shard(cx, &name, shard, Some(size as f64));
                }
            }
        }
        Ok(output)
    }

    /// A record that came to a shard, or that it had no room for.
    fn count_in_shard(&self, cx: &mut Cx<'_>, name: &str, shard: &str, bytes: Option<f64>) {
        use OfShard as M;
        let Some(on) = self.streams.get(name).map(|stream| &stream.metrics).filter(|on| !on.is_empty())
        else {
            return;
        };
        let mut meter = cx.meter::<OfShard>(&[name, shard]);
        let exceeded = f64::from(u8::from(bytes.is_none()));
        for (metric, name, value) in [
            (M::IncomingBytes, "IncomingBytes", bytes),
            (M::IncomingRecords, "IncomingRecords", bytes.map(|_| 1.0)),
            (M::WriteExceeded, "WriteProvisionedThroughputExceeded", Some(exceeded)),
        ] {
            if let Some(value) = value.filter(|_| on.contains(name)) {
                meter.add(metric, value);
            }
        }
    }
}

/// What `GetRecords` has read; none if the shard had no reads left. `now` is in milliseconds.
pub(super) fn count_read(
    cx: &mut Cx<'_>,
    stream: &str,
    on: &std::collections::BTreeSet<&'static str>,
    shard: &str,
    page: Option<&Page>,
) {
    use OfStream as M;
    let (read, refused) = if page.is_some() { (1.0, 0.0) } else { (0.0, 1.0) };
    let now = cx.now.millis();
    // Of nothing read, the reader is where the records end.
    let age = page.map(|page| page.last_arrival.map_or(0, |at| now - at) as f64);
    let mut meter = cx.meter::<OfStream>(&[stream]);
    meter.add(M::GetRecordsSuccess, read).add(M::ReadExceeded, refused);
    if let (Some(page), Some(age)) = (page, age) {
        meter.add(M::GetRecordsBytes, page.bytes as f64).add(M::GetRecordsRecords, page.records.len() as f64);
        meter.add(M::GetRecordsAge, age).add(M::GetRecordsLatency, 0.0);
    }
    if on.is_empty() {
        return;
    }
    let mut meter = cx.meter::<OfShard>(&[stream, shard]);
    for (metric, name, value) in [
        (OfShard::OutgoingBytes, "OutgoingBytes", page.map(|page| page.bytes as f64)),
        (OfShard::OutgoingRecords, "OutgoingRecords", page.map(|page| page.records.len() as f64)),
        (OfShard::Age, "IteratorAgeMilliseconds", age),
        (OfShard::ReadExceeded, "ReadProvisionedThroughputExceeded", Some(refused)),
    ] {
        if let Some(value) = value.filter(|_| on.contains(name)) {
            meter.add(metric, value);
        }
    }
}

/// A consumer has subscribed.
pub(super) fn count_subscribed(cx: &mut Cx<'_>, stream: &str, consumer: &str) {
    cx.meter::<OfConsumer>(&[stream, consumer]).add(OfConsumer::Subscribed, 1.0);
}

/// A consumer gets an event. Documented: what leaves a shard in events counts there too (the page above).
pub(super) fn count_event(
    cx: &mut Cx<'_>,
    stream: &Stream,
    (consumer, shard): (&str, &str),
    page: &Page,
    behind: i64,
) {
    use OfConsumer as M;
    let (bytes, records) = (page.bytes as f64, page.records.len() as f64);
    let mut meter = cx.meter::<OfConsumer>(&[&stream.name, consumer]);
    meter.add(M::EventBytes, bytes).add(M::EventRecords, records);
    meter.add(M::EventBehind, behind as f64).add(M::EventSuccess, 1.0);
    let of_shard = [
        (OfShard::OutgoingBytes, "OutgoingBytes", bytes),
        (OfShard::OutgoingRecords, "OutgoingRecords", records),
    ];
    for (metric, name, value) in of_shard {
        if stream.metrics.contains(name) {
            cx.meter::<OfShard>(&[&stream.name, shard]).add(metric, value);
        }
    }
}
