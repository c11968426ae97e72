//! The JSON that a function gets: records of a shard, messages of a queue, byte for byte in AWS's order of members.
//!
//! Recorded by LocalStack against AWS: test_lambda_integration_kinesis.snapshot.json (2024-10-12) and
//! test_lambda_integration_sqs.snapshot.json (2023-02-27, 2023-12-07); a table's changes are made in `source/dynamodb.rs`.
//! Documented: the time window's members, docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html (read
//! 2026-11-28).
//! Written by hand: a batch of 10,000 records passes through no tree of values.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::sqs;

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

fn text(out: &mut String, value: &str) {
    if value.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        // Writing a text as JSON cannot fail.
        return out.push_str(&serde_json::to_string(value).unwrap_or_default());
    }
    out.push('"');
    out.push_str(value);
    out.push('"');
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

/// An event of a shard's records.
pub(super) fn of_records(
    source: &StreamSource,
    shard: &str,
    role: &str,
    records: &[Record],
    window: Option<&WindowPart<'_>>,
) -> Bytes {
    let size: usize = records.iter().map(|record| record_bytes(source, record)).sum();
    let mut out = String::with_capacity(size + 256);
    out.push_str("{\"Records\":[");
    let tail = record_tail(source, role);
    for (n, record) in records.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        one_record(&mut out, source, shard, &tail, record);
    }
    out.push(']');
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
    Bytes::from(out)
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

fn one_record(out: &mut String, source: &StreamSource, shard: &str, tail: &str, record: &Record) {
    if record.kind == Kind::DynamoDb {
        return one_change(out, source, record);
    }
    // What the tank makes itself has nothing to escape.
    out.push_str("{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":");
    text(out, &record.key);
    out.push_str(",\"sequenceNumber\":\"");
    out.push_str(&record.sequence);
    out.push_str("\",\"data\":\"");
    STANDARD.encode_string(&record.data, out);
    let millis = record.arrival.millis();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "\",\"approximateArrivalTimestamp\":{}.{:03}}}",
        millis.div_euclid(1_000),
        millis.rem_euclid(1_000)
    );
    out.push_str(",\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"");
    for part in [shard, ":", &record.sequence, "\"", tail] {
        out.push_str(part);
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
    out.push_str("{\"Records\":[");
    for (n, message) in messages.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        one_message(&mut out, source, message);
    }
    out.push_str("]}");
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
