//! Kinesis' PutRecords and Firehose's PutRecordBatch: a batch of records, and an answer that may have refused some of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_wire::{firehose, kinesis};

use super::records::{lines, pool_size};
use super::{Form, Resource};
use crate::api::{Api, ApiError};
use crate::engine::{Gun, Outcome, Taken, Work};
use crate::shot::Shot;

/// What Firehose collects before it writes an object: 64 MB or a minute.
const BUFFER_MB: u32 = 64;
const BUFFER_S: u32 = 60;

/// A pool of batches.
pub(super) struct Batches {
    pool: Vec<Shot>,
    batch: u64,
    /// The member of an answer that counts what was refused, in the words of JSON.
    none_refused: Vec<u8>,
    /// The member that lists what became of each.
    entries: &'static str,
}

/// A stream of one's own, and batches for it.
pub(super) fn kinesis(api: &Api, form: &Form, made: &mut Vec<Resource>) -> Result<Batches, ApiError> {
    let stream = form.resource_name();
    if form.is_own() {
        let asked = json!({ "StreamName": stream, "ShardCount": form.stream_shards });
        api.json(&kinesis::SERVICE, "CreateStream", &asked)?;
        made.push(Resource::Stream(stream.clone()));
    }
    api.until_ready(&format!("stream {stream}"), || {
        let asked = json!({ "StreamName": stream });
        let found = api.json(&kinesis::SERVICE, "DescribeStreamSummary", &asked)?;
        Ok(unless(found["StreamDescriptionSummary"]["StreamStatus"].as_str(), "ACTIVE"))
    })?;
    let head = format!("{{\"StreamName\":\"{stream}\",\"Records\":[");
    let body = |request: u64| {
        let entry = |(at, record): (usize, String)| {
            let data = STANDARD.encode(record);
            format!("{{\"Data\":\"{data}\",\"PartitionKey\":\"key-{request}-{at}\"}}")
        };
        joined(
            &head,
            lines(form.seed, request, form.batch, form.record_bytes).into_iter().enumerate().map(entry),
        )
    };
    let make = |body| Shot::json(&kinesis::SERVICE, "PutRecords", body);
    Ok(Batches::of(form, body, make, "FailedRecordCount", "Records"))
}

/// A delivery stream into a bucket, both of one's own, and batches for it.
pub(super) fn firehose(api: &Api, form: &Form, made: &mut Vec<Resource>) -> Result<Batches, ApiError> {
    let stream = form.resource_name();
    if form.is_own() {
        api.s3("PUT", &format!("/{stream}"), Bytes::new())?;
        made.push(Resource::Bucket(stream.clone()));
        let asked = json!({
            "DeliveryStreamName": stream,
            "ExtendedS3DestinationConfiguration": {
                "BucketARN": format!("arn:aws:s3:::{stream}"),
                "RoleARN": "arn:aws:iam::000000000000:role/wavetank-bench",
                "Prefix": "load/",
                "BufferingHints": { "SizeInMBs": BUFFER_MB, "IntervalInSeconds": BUFFER_S },
            },
        });
        api.json(&firehose::SERVICE, "CreateDeliveryStream", &asked)?;
        made.push(Resource::DeliveryStream(stream.clone()));
    }
    api.until_ready(&format!("delivery stream {stream}"), || {
        let asked = json!({ "DeliveryStreamName": stream });
        let found = api.json(&firehose::SERVICE, "DescribeDeliveryStream", &asked)?;
        Ok(unless(found["DeliveryStreamDescription"]["DeliveryStreamStatus"].as_str(), "ACTIVE"))
    })?;
    let head = format!("{{\"DeliveryStreamName\":\"{stream}\",\"Records\":[");
    let body = |request: u64| {
        let entry = |record: String| format!("{{\"Data\":\"{}\"}}", STANDARD.encode(record));
        joined(&head, lines(form.seed, request, form.batch, form.record_bytes).into_iter().map(entry))
    };
    let make = |body| Shot::json(&firehose::SERVICE, "PutRecordBatch", body);
    Ok(Batches::of(form, body, make, "FailedPutCount", "RequestResponses"))
}

/// The state, unless it is the wanted one.
pub(super) fn unless(state: Option<&str>, wanted: &str) -> Option<String> {
    let state = state.unwrap_or("unknown");
    (state != wanted).then(|| state.to_owned())
}

fn joined(head: &str, entries: impl Iterator<Item = String>) -> Bytes {
    let mut text = head.to_owned();
    for (at, entry) in entries.enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&entry);
    }
    text.push_str("]}");
    Bytes::from(text)
}

impl Batches {
    fn of(
        form: &Form,
        body: impl Fn(u64) -> Bytes,
        make: impl Fn(Bytes) -> Shot,
        refused: &str,
        entries: &'static str,
    ) -> Self {
        let first = body(0);
        let count = pool_size(first.len(), form.requests);
        let mut pool = vec![make(first)];
        pool.extend((1..count as u64).map(|request| make(body(request))));
        let none_refused = format!("\"{refused}\":0").into_bytes();
        Self { pool, batch: u64::from(form.batch), none_refused, entries }
    }
}

impl Work for Batches {
    fn records(&self) -> u64 {
        self.batch
    }

    fn shoot(&self, gun: &mut Gun<'_>, number: u64) -> Outcome {
        let shot = &self.pool[(number % self.pool.len() as u64) as usize];
        let answer = match gun.answered(shot) {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        // Nearly every answer says so, and reading all of it would cost more than sending.
        if memchr::memmem::find(answer.body, &self.none_refused).is_some() {
            return Outcome::Taken(Taken { accepted: self.batch, ..Taken::default() });
        }
        let read: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        Outcome::Taken(judged(&read[self.entries], self.batch))
    }
}

/// What was taken of a batch, and by which names the rest was refused.
fn judged(entries: &Value, batch: u64) -> Taken {
    let mut refused = std::collections::BTreeMap::<String, u64>::new();
    for entry in entries.as_array().into_iter().flatten() {
        if let Some(code) = entry["ErrorCode"].as_str() {
            *refused.entry(code.to_owned()).or_default() += 1;
        }
    }
    let count: u64 = refused.values().sum();
    Taken {
        accepted: batch.saturating_sub(count),
        refused: refused.into_iter().collect(),
        ..Taken::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_entries_are_counted_by_their_names() {
        let entries = json!([{ "SequenceNumber": "1" }, { "ErrorCode": "B" }, { "ErrorCode": "A" }, { "ErrorCode": "B" }]);
        let taken = judged(&entries, 4);
        assert_eq!(taken.accepted, 1);
        assert_eq!(taken.refused, [("A".to_owned(), 1), ("B".to_owned(), 2)]);
    }
}
