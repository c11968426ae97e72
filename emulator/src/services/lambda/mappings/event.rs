//! The JSON that a function gets: records of a shard, messages of a queue, byte for byte in AWS's order of members.
//!
//! Recorded by LocalStack against AWS: test_lambda_integration_kinesis.snapshot.json (2024-10-12) and
//! test_lambda_integration_sqs.snapshot.json (2023-02-27, 2023-12-07); a table's changes are made in `source/dynamodb.rs`.
//! Documented: the time window's members, docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html (read
//! 2026-11-28).
//! Written by hand: a batch of 10,000 records passes through no tree of values. That of a Kinesis shard is not written at all before
//! somebody reads it, though its size counts ([`ShardRecords`]).

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::sqs;

use super::super::payload::{KinesisRecord, Payload};
use super::source::{Kind, QueueSource, Record, StreamSource};

/// System attributes in the order in which AWS sends them.
const ATTRIBUTES: [&str; 8] = [
    "ApproximateReceiveCount",
    "AWSTraceHeader",
    "SentTimestamp",
    "SequenceNumber",
    "MessageGroupId",
    "SenderId",
    "MessageDeduplicationId",
    "ApproximateFirstReceiveTimestamp",
];

/// What the event of a tumbling window has besides its records.
#[derive(Clone, Debug)]
pub(super) struct WindowPart<'a> {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// JSON.
    pub(super) state: &'a str,
    pub(super) is_final: bool,
    pub(super) is_early: bool,
}

/// Where JSON goes: into a text, or, for its size, nowhere.
trait Sink {
    fn push(&mut self, part: &str);
    fn push_base64(&mut self, data: &[u8]);
}

impl Sink for String {
    fn push(&mut self, part: &str) {
        self.push_str(part);
    }

    fn push_base64(&mut self, data: &[u8]) {
        STANDARD.encode_string(data, self);
    }
}

/// Bytes.
impl Sink for usize {
    fn push(&mut self, part: &str) {
        *self += part.len();
    }

    fn push_base64(&mut self, data: &[u8]) {
        *self += data.len().div_ceil(3) * 4;
    }
}

fn text(out: &mut impl Sink, value: &str) {
    if value.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        // Writing a text as JSON cannot fail.
        return out.push(&serde_json::to_string(value).unwrap_or_default());
    }
    for part in ["\"", value, "\""] {
        out.push(part);
    }
}

/// `,"name":"value"`, with the comma unless it is the first member.
fn member(out: &mut String, name: &str, value: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    text(out, value);
}

/// What a record takes at most in the event, in bytes.
pub(super) fn record_bytes(source: &StreamSource, record: &Record) -> usize {
    if record.kind == Kind::DynamoDb {
        return record.data.len() + source.arn.len() + 32;
    }
    let data = record.data.len().div_ceil(3) * 4;
    // Members, role, region and sequence number twice; a key's characters may have to be escaped.
    data + record.key.len() * 2 + source.arn.len() + 620
}

/// Records of a Kinesis shard on their way to a function.
#[derive(Debug)]
pub struct ShardRecords {
    shard: String,
    /// What every record ends with.
    tail: String,
    records: Vec<Record>,
    bytes: usize,
    json: OnceLock<Bytes>,
}

impl ShardRecords {
    fn new(source: &StreamSource, shard: &str, role: &str, records: &[Record]) -> Self {
        let (shard, tail, records) = (shard.to_owned(), record_tail(source, role), records.to_vec());
        let mut bytes = 0;
        all_records(&mut bytes, &shard, &tail, &records);
        Self { shard, tail, records, bytes, json: OnceLock::new() }
    }

    /// The event's JSON, the same each time.
    pub(in super::super) fn json(&self) -> Bytes {
        let write = || {
            let mut out = String::with_capacity(self.bytes);
            all_records(&mut out, &self.shard, &self.tail, &self.records);
            Bytes::from(out)
        };
        self.json.get_or_init(write).clone()
    }

    /// The JSON's size, in bytes.
    pub(in super::super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(in super::super) fn iter(&self) -> impl Iterator<Item = KinesisRecord<'_>> {
        self.records.iter().map(|record| KinesisRecord {
            sequence_number: &record.sequence,
            partition_key: &record.key,
            data: &record.data,
        })
    }
}

/// What every event begins with: the list of its records, each written by `one`.
fn list<S: Sink, T>(out: &mut S, records: &[T], mut one: impl FnMut(&mut S, &T)) {
    out.push("{\"Records\":[");
    for (n, record) in records.iter().enumerate() {
        if n > 0 {
            out.push(",");
        }
        one(out, record);
    }
    out.push("]");
}

fn all_records(out: &mut impl Sink, shard: &str, tail: &str, records: &[Record]) {
    list(out, records, |out, record| one_record(out, shard, tail, record));
    out.push("}");
}

/// An event of a shard's records.
pub(super) fn of_records(
    source: &StreamSource,
    shard: &str,
    role: &str,
    records: &[Record],
    window: Option<&WindowPart<'_>>,
) -> Payload {
    if source.kind == Kind::Kinesis && window.is_none() {
        return ShardRecords::new(source, shard, role, records).into();
    }
    let size: usize = records.iter().map(|record| record_bytes(source, record)).sum();
    let mut out = String::with_capacity(size + 256);
    let tail = record_tail(source, role);
    list(&mut out, records, |out, record| match record.kind {
        Kind::Kinesis => one_record(out, shard, &tail, record),
        Kind::DynamoDb => one_change(out, source, record),
    });
    if let Some(window) = window {
        let instant = |at: Timestamp| at.format("%Y-%m-%dT%H:%M:%SZ");
        out.push_str(",\"window\":{");
        member(&mut out, "start", &instant(window.start));
        member(&mut out, "end", &instant(window.end));
        out.push_str("},\"state\":");
        out.push_str(window.state);
        member(&mut out, "shardId", shard);
        member(&mut out, "eventSourceARN", &source.arn);
        let flags = format!(
            ",\"isFinalInvokeForWindow\":{},\"isWindowTerminatedEarly\":{}",
            window.is_final, window.is_early
        );
        out.push_str(&flags);
    }
    out.push('}');
    Bytes::from(out).into()
}

/// What every record of an event ends with.
fn record_tail(source: &StreamSource, role: &str) -> String {
    let mut tail = ",\"eventName\":\"aws:kinesis:record\"".to_owned();
    member(&mut tail, "invokeIdentityArn", role);
    member(&mut tail, "awsRegion", source.region());
    member(&mut tail, "eventSourceARN", &source.arn);
    tail.push('}');
    tail
}

fn one_record(out: &mut impl Sink, shard: &str, tail: &str, record: &Record) {
    // What the tank makes itself has nothing to escape.
    out.push("{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":");
    text(out, &record.key);
    for part in [",\"sequenceNumber\":\"", &record.sequence, "\",\"data\":\""] {
        out.push(part);
    }
    out.push_base64(&record.data);
    let millis = record.arrival.millis();
    let mut digits = itoa::Buffer::new();
    out.push("\",\"approximateArrivalTimestamp\":");
    out.push(digits.format(millis.div_euclid(1_000)));
    // A thousand more, so that zeros stand where they must.
    out.push(".");
    out.push(&digits.format(1_000 + millis.rem_euclid(1_000))[1..]);
    out.push("},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"");
    for part in [shard, ":", &record.sequence, "\"", tail] {
        out.push(part);
    }
}

/// A change of a table: what was read of the stream, and the stream's ARN.
fn one_change(out: &mut String, source: &StreamSource, record: &Record) {
    let change = String::from_utf8_lossy(&record.data);
    out.push_str(change.strip_suffix('}').unwrap_or(&change));
    member(out, "eventSourceARN", &source.arn);
    out.push('}');
}

/// What a message takes at most in the event, in bytes.
pub(super) fn message_bytes(message: &sqs::Message) -> usize {
    let attributes = message.message_attributes.iter().flatten();
    let attributes: usize = attributes
        .map(|(name, value)| {
            let text = value.string_value.as_ref().map_or(0, |text| text.len() * 2);
            name.len() + text + value.binary_value.as_ref().map_or(0, |bytes| bytes.len() * 2) + 120
        })
        .sum();
    let escaped =
        |body: &str| body.len() + body.bytes().filter(|b| matches!(b, b'"' | b'\\' | b'\n')).count();
    message.body.as_deref().map_or(0, escaped) + attributes + 1_024
}

/// An event of a queue's messages.
pub(super) fn of_messages(source: &QueueSource, messages: &[sqs::Message]) -> Bytes {
    let mut out = String::with_capacity(messages.iter().map(message_bytes).sum::<usize>() + 32);
    list(&mut out, messages, |out, message| one_message(out, source, message));
    out.push('}');
    Bytes::from(out)
}

fn one_message(out: &mut String, source: &QueueSource, message: &sqs::Message) {
    let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
    out.push('{');
    member(out, "messageId", &or_empty(&message.message_id));
    member(out, "receiptHandle", &or_empty(&message.receipt_handle));
    member(out, "body", &or_empty(&message.body));
    out.push_str(",\"attributes\":{");
    if let Some(attributes) = &message.attributes {
        for name in ATTRIBUTES {
            if let Some(value) = attributes.get(name) {
                member(out, name, value);
            }
        }
        for (name, value) in attributes.iter().filter(|(name, _)| !ATTRIBUTES.contains(&name.as_str())) {
            member(out, name, value);
        }
    }
    out.push_str("},\"messageAttributes\":{");
    for (n, (name, value)) in message.message_attributes.iter().flatten().enumerate() {
        if n > 0 {
            out.push(',');
        }
        text(out, name);
        out.push_str(":{");
        if let Some(value) = &value.string_value {
            member(out, "stringValue", value);
        }
        if let Some(bytes) = &value.binary_value {
            member(out, "binaryValue", &STANDARD.encode(bytes));
        }
        let comma = if out.ends_with('{') { "" } else { "," };
        out.push_str(comma);
        out.push_str("\"stringListValues\":[],\"binaryListValues\":[]");
        member(out, "dataType", &value.data_type);
        out.push('}');
    }
    out.push('}');
    if let Some(digest) = &message.md5of_message_attributes {
        member(out, "md5OfMessageAttributes", digest);
    }
    member(out, "md5OfBody", &or_empty(&message.md5of_body));
    member(out, "eventSource", "aws:sqs");
    member(out, "eventSourceARN", &source.arn);
    member(out, "awsRegion", source.region());
    out.push('}');
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::source::Source;
    use super::*;

    proptest! {
        /// Whatever keys and data are: the size is that of the JSON, which says what the records say.
        #[test]
        fn records_say_the_same_as_their_json(
            sent in vec((any::<String>(), vec(any::<u8>(), 0..40), 0i64..4_000_000_000_000), 1..5),
        ) {
            let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks";
            let Ok(Source::Stream(source)) = Source::parse(arn) else { panic!("a stream") };
            let record = |(number, (key, data, millis)): (u64, &(String, Vec<u8>, i64))| Record {
                kind: Kind::Kinesis,
                sequence: number.to_string(),
                arrival: Timestamp::from_millis(*millis),
                key: key.clone(),
                data: Bytes::from(data.clone()),
                gathered: Timestamp::TANK_EPOCH,
            };
            let records: Vec<Record> = (1..).zip(&sent).map(record).collect();
            let payload = of_records(&source, "shardId-000000000000", "role", &records, None);
            let json = payload.json();
            prop_assert_eq!(json.len(), payload.bytes());
            let event: Value = serde_json::from_slice(&json).expect("JSON");
            let told = event["Records"].as_array().expect("a list");
            let given: Vec<KinesisRecord<'_>> = payload.kinesis_records().expect("a shard's").collect();
            prop_assert_eq!(told.len(), given.len());
            for ((told, given), (_, _, millis)) in told.iter().zip(given).zip(&sent) {
                let told = &told["kinesis"];
                prop_assert_eq!(told["partitionKey"].as_str(), Some(given.partition_key));
                prop_assert_eq!(told["sequenceNumber"].as_str(), Some(given.sequence_number));
                let data = STANDARD.decode(told["data"].as_str().unwrap_or_default());
                prop_assert_eq!(data.ok(), Some(given.data.to_vec()));
                let secs = told["approximateArrivalTimestamp"].as_f64().unwrap_or_default();
                prop_assert!((secs * 1_000.0 - *millis as f64).abs() < 1.0);
            }
        }
    }
}
