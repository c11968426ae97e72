//! Messages of a queue. Those that Lambda writes of a batch that it gave up name the records: these are read from their stream.
//!
//! Documented: docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
//! docs.aws.amazon.com/lambda/latest/dg/invocation-async.html (read 2026-11-29): metadata with the shard and the range of sequence
//! numbers; asynchronous invocations carry their `requestPayload`.

use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::sqs;

use super::{Found, Held, Members, members_of, stream};
use crate::client::Aws;
use crate::observe::ObserveError;
use crate::send::url_of;

/// How long messages that were looked at are hidden, in seconds: the longest that there is.
const HIDDEN_SECS: i64 = 43_200;
const BATCH: i64 = 10;

pub(super) async fn read(aws: Aws<'_>, queue: &str) -> Result<Held, ObserveError> {
    let queue_url = url_of(aws, queue).await?;
    let mut held = Held::default();
    loop {
        let input = sqs::ReceiveMessageInput {
            queue_url: queue_url.clone(),
            max_number_of_messages: Some(BATCH),
            visibility_timeout: Some(HIDDEN_SECS),
            attribute_names: Some(vec!["SentTimestamp".to_owned()]),
            ..sqs::ReceiveMessageInput::default()
        };
        let messages = aws.call::<sqs::ReceiveMessage>(input).await?.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(held);
        }
        for message in messages {
            let sent =
                message.attributes.as_ref().and_then(|all| all.get("SentTimestamp")?.parse::<i64>().ok());
            let at = sent.map(|millis| Timestamp::from_micros(millis * 1_000));
            let body = message.body.unwrap_or_default();
            let records = match serde_json::from_str(&body) {
                Ok(document) => meant(aws, document).await?,
                Err(_) => None,
            };
            match records {
                Some(records) => held.records.extend(records.into_iter().map(|members| Found {
                    members,
                    place: queue.to_owned(),
                    at,
                })),
                None => held
                    .unreadable
                    .push(format!("sqs:{queue}: no JSON: {}", body.chars().take(80).collect::<String>())),
            }
        }
    }
}

/// The records that a message is about: itself, what an envelope holds, or the batch that it names.
async fn meant(aws: Aws<'_>, document: Value) -> Result<Option<Vec<Members>>, ObserveError> {
    if let Some(records) = stream::given_up(aws, &document).await? {
        return Ok(Some(records.into_iter().filter_map(object).collect()));
    }
    let inner = match &document {
        Value::Object(object) => {
            let payload = object.get("requestPayload").cloned();
            let told = object.get("Type").and_then(Value::as_str) == Some("Notification");
            let message = object.get("Message").and_then(Value::as_str).filter(|_| told);
            payload.or_else(|| serde_json::from_str(message?).ok())
        }
        _ => None,
    };
    Ok(object(inner.unwrap_or(document)).map(|members| vec![members]))
}

fn object(value: Value) -> Option<Members> {
    match value {
        Value::Object(members) => Some(members_of(members)),
        _ => None,
    }
}
