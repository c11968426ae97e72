//! The record of a batch that is given up: metadata to a queue or topic, metadata and payload to a bucket.
//!
//! Recorded by LocalStack against AWS: the document with `RetryAttemptsExhausted` (2024-10-12), without a
//! `responseContext` for `RecordAgeExceeded` (2025-04-13), with `payload` in S3 (2025-01-03).
//! Documented: the object's key, docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html (to be verified).
//! A record that cannot be delivered is lost, with a warning. Assumed: AWS counts it in `DestinationDeliveryFailures`.

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_types::Arn;
use wavetank_wire::{FromVal as _, Operation, Val, sns, sqs};

use super::source::{Kind, Record, StreamSource, ask, home};
use crate::services::ServiceId;
use crate::world::{Address, Cx};

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

/// A message whose queue's address is being asked for.
#[derive(Debug)]
pub(super) struct Letter {
    to: Address,
    body: String,
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

    /// Sends the document. A queue's address has to be asked for first: then there is a letter, which goes with the reply.
    pub(super) fn send(
        &self,
        cx: &mut Cx<'_>,
        uuid: &str,
        destination: &str,
        payload: impl FnOnce() -> Bytes,
        token: u64,
    ) -> Option<Letter> {
        let arn: Arn = destination.parse().ok()?;
        let mut document = self.document(cx)?;
        match arn.service.as_str() {
            "s3" => {
                document["payload"] = Value::String(String::from_utf8_lossy(&payload()).into_owned());
                let day = cx.now.format("%Y/%m/%d");
                let instant = cx.now.format("%Y-%m-%dT%H.%M.%S");
                let key = format!("aws/lambda/{uuid}/{}/{day}/{instant}-{}", self.shard, cx.uuid());
                let body = Bytes::from(document.to_string());
                cx.put_object(&arn.resource, &key, body, "application/json");
                None
            }
            "sns" => {
                let to = home(ServiceId::Sns, &arn)?;
                let input = sns::PublishInput {
                    topic_arn: Some(destination.to_owned()),
                    message: document.to_string(),
                    ..Default::default()
                };
                ask::<sns::Publish>(cx, &to, input, None);
                None
            }
            _ => {
                let to = home(ServiceId::Sqs, &arn)?;
                let input = sqs::GetQueueUrlInput {
                    queue_name: arn.resource,
                    queue_owner_aws_account_id: Some(arn.account),
                };
                ask::<sqs::GetQueueUrl>(cx, &to, input, Some(token));
                Some(Letter { to, body: document.to_string() })
            }
        }
    }
}

impl Letter {
    /// The queue's address has come.
    pub(super) fn post(self, cx: &mut Cx<'_>, reply: Val) {
        let queue_url = <sqs::GetQueueUrl as Operation>::Output::from_val(reply).queue_url;
        let input = sqs::SendMessageInput {
            queue_url: queue_url.unwrap_or_default(),
            message_body: self.body,
            ..Default::default()
        };
        ask::<sqs::SendMessage>(cx, &self.to, input, None);
    }
}
