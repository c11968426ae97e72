//! The record of a batch that is given up: metadata to a queue or topic, metadata and payload to a bucket.
//!
//! Recorded by LocalStack against AWS: the document with `RetryAttemptsExhausted` (2024-10-12), without a
//! `responseContext` for `RecordAgeExceeded` (2025-04-13), with `payload` in S3 (2025-01-03).
//! Documented: the object's key and the members, docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
//! (read 2026-11-28). How the document travels, and what becomes of it when its destination refuses, is in `letter.rs`.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_types::Arn;

use super::letter::{Letter, Post};
use super::source::{Kind, Record, StreamSource, home};
use crate::services::ServiceId;
use crate::world::{Cx, Undelivered};

/// Why a batch is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    RetryAttemptsExhausted,
    RecordAgeExceeded,
}

/// How the last attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LastAnswer {
    pub(super) request_id: String,
    pub(super) version: String,
    /// Whether the function itself failed, and not only reported failures.
    pub(super) has_failed: bool,
}

/// A batch that is given up.
#[derive(Debug)]
pub(super) struct GivenUp<'a> {
    pub(super) condition: Condition,
    pub(super) function_arn: &'a str,
    pub(super) source: &'a StreamSource,
    pub(super) shard: &'a str,
    pub(super) records: &'a [Record],
    pub(super) attempts: u32,
    pub(super) last: Option<&'a LastAnswer>,
}

impl GivenUp<'_> {
    fn document(&self, cx: &mut Cx<'_>) -> Option<Value> {
        let (first, final_) = (self.records.first()?, self.records.last()?);
        let request_id = self.last.map_or_else(|| cx.uuid(), |last| last.request_id.clone());
        let mut document = json!({
            "requestContext": {
                "requestId": request_id,
                "functionArn": self.function_arn,
                "condition": format!("{:?}", self.condition),
                "approximateInvokeCount": self.attempts.max(1),
            },
        });
        if let (Condition::RetryAttemptsExhausted, Some(last)) = (self.condition, self.last) {
            document["responseContext"] = json!({
                "statusCode": 200,
                "executedVersion": last.version,
                "functionError": last.has_failed.then_some("Unhandled"),
            });
        }
        document["version"] = json!("1.0");
        document["timestamp"] = json!(cx.now.iso_millis());
        let info = match self.source.kind {
            Kind::Kinesis => "KinesisBatchInfo",
            Kind::DynamoDb => "DDBStreamBatchInfo",
        };
        document[info] = json!({
            "shardId": self.shard,
            "startSequenceNumber": first.sequence,
            "endSequenceNumber": final_.sequence,
            "approximateArrivalOfFirstRecord": first.arrival.iso_millis(),
            "approximateArrivalOfLastRecord": final_.arrival.iso_millis(),
            "batchSize": self.records.len(),
            "streamArn": self.source.stream,
        });
        Some(document)
    }

    /// What a person is told if no record of the batch arrives anywhere.
    pub(super) fn notice(&self, cx: &Cx<'_>, uuid: &str, readable: Duration) -> Option<Undelivered> {
        let (first, last) = (self.records.first()?, self.records.last()?);
        let who = format!("event-source-mapping:{uuid}");
        Some(Undelivered {
            who: Arn::new("lambda", &cx.scope.region, &cx.scope.account, who).to_string(),
            destination: None,
            source: self.source.arn.clone(),
            place: self.shard.to_owned(),
            first: first.sequence.clone(),
            last: last.sequence.clone(),
            records: self.records.len(),
            condition: format!("{:?}", self.condition),
            since: cx.now,
            attempts: 0,
            cause: "the mapping names no destination for failures".to_owned(),
            retry: None,
            until: first.arrival + readable,
        })
    }

    /// The document on its way. None if there is nothing to tell or the destination is no ARN, which making the mapping
    /// refuses.
    pub(super) fn letter(
        &self,
        cx: &mut Cx<'_>,
        uuid: &str,
        destination: &str,
        readable: Duration,
        payload: impl FnOnce() -> Bytes,
    ) -> Option<Letter> {
        let arn: Arn = destination.parse().ok()?;
        let mut document = self.document(cx)?;
        let to = match arn.service.as_str() {
            "s3" => {
                document["payload"] = Value::String(String::from_utf8_lossy(&payload()).into_owned());
                let day = cx.now.format("%Y/%m/%d");
                let instant = cx.now.format("%Y-%m-%dT%H.%M.%S");
                let key = format!("aws/lambda/{uuid}/{}/{day}/{instant}-{}", self.shard, cx.uuid());
                Post::Bucket { name: arn.resource, key }
            }
            "sns" => Post::Topic { home: home(ServiceId::Sns, &arn)?, arn: destination.to_owned() },
            _ => Post::Queue { home: home(ServiceId::Sqs, &arn)?, arn, url: None },
        };
        let notice = self.notice(cx, uuid, readable)?;
        let notice = Undelivered { destination: Some(destination.to_owned()), ..notice };
        Some(Letter::new(uuid, self.function_arn, to, document.to_string(), notice))
    }
}
