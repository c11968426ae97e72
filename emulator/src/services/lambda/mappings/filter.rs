//! Filter criteria: which records and messages reach the function.
//!
//! A record passes if one of the patterns matches. A Kinesis record is shown to the patterns with its payload decoded:
//! `data` is the JSON that it holds, or a text if it is none. A message's `body` likewise.
//! A change of a table is shown as the function sees it.
//! Documented: docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html and with-sqs-filtering.html (read 2026-11-29 in their
//! older form in github.com/awsdocs/aws-lambda-developer-guide): what happens to payloads that are not JSON.
//! Assumed: a Kinesis record's own members (`partitionKey`) can be named with and without `kinesis` before them.

use serde_json::{Value, json};
use wavetank_wire::{lambda as api, sqs};

use super::error::MappingRefusal;
use super::limits;
use super::source::{Kind, Record, Source};
use crate::patterns::Pattern;

/// The patterns of one mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filters {
    /// As they were given.
    texts: Vec<String>,
    patterns: Vec<Pattern>,
    was_given: bool,
}

impl Filters {
    pub(super) fn parse(source: &Source, criteria: api::FilterCriteria) -> Result<Self, MappingRefusal> {
        let texts: Vec<String> = criteria
            .filters
            .unwrap_or_default()
            .into_iter()
            .map(|it| it.pattern.unwrap_or_default())
            .collect();
        if texts.len() > limits::FILTERS_MAX {
            return Err(MappingRefusal::TooManyFilters);
        }
        let bad = |why: String| MappingRefusal::BadFilter(why);
        let pattern = |text: &String| {
            let pattern = Pattern::parse(text).map_err(|why| bad(why.to_string()))?;
            // The payload of a stream's record is filtered as JSON only.
            match source {
                Source::Stream(stream) if stream.kind == Kind::Kinesis && pattern.has_values_of("data") => {
                    Err(bad("data is JSON".to_owned()))
                }
                _ => Ok(pattern),
            }
        };
        let patterns: Result<Vec<Pattern>, MappingRefusal> = texts.iter().map(pattern).collect();
        // An empty list takes the filters away.
        Ok(Self { patterns: patterns?, was_given: !texts.is_empty(), texts })
    }

    pub(super) fn describe(&self) -> Option<api::FilterCriteria> {
        let filter = |text: &String| api::Filter { pattern: Some(text.clone()) };
        let filters = self.texts.iter().map(filter).collect();
        self.was_given.then_some(api::FilterCriteria { filters: Some(filters) })
    }

    pub(super) fn pass_all(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the function is to see this record.
    pub(super) fn pass_record(&self, shard: &str, record: &Record) -> bool {
        if self.pass_all() {
            return true;
        }
        if record.kind == Kind::DynamoDb {
            // The change itself, with its types: `dynamodb.NewImage.colour.S`.
            let change: Value = serde_json::from_slice(&record.data).unwrap_or_default();
            return self.patterns.iter().any(|pattern| pattern.matches(&change));
        }
        let data: Option<Value> = serde_json::from_slice(&record.data).ok();
        let is_json = data.is_some();
        let mut event = json!({
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.key,
            "sequenceNumber": record.sequence,
            "data": data.unwrap_or_else(|| Value::String(String::from_utf8_lossy(&record.data).into_owned())),
            "approximateArrivalTimestamp": record.arrival.secs_f64(),
        });
        event["kinesis"] = event.clone();
        event["eventSource"] = json!("aws:kinesis");
        event["eventVersion"] = json!("1.0");
        event["eventID"] = json!(format!("{shard}:{}", record.sequence));
        event["eventName"] = json!("aws:kinesis:record");
        self.patterns.iter().any(|pattern| (is_json || !pattern.mentions("data")) && pattern.matches(&event))
    }

    /// Whether the function is to see this message.
    pub(super) fn pass_message(&self, message: &sqs::Message) -> bool {
        if self.pass_all() {
            return true;
        }
        let body = message.body.as_deref().unwrap_or_default();
        let parsed = serde_json::from_str::<Value>(body).ok().filter(Value::is_object);
        let attribute = |(name, value): (&String, &sqs::MessageAttributeValue)| {
            let shown = json!({ "stringValue": value.string_value, "dataType": value.data_type });
            (name.clone(), shown)
        };
        let attributes: serde_json::Map<String, Value> =
            message.message_attributes.iter().flatten().map(attribute).collect();
        let event = json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": parsed.unwrap_or_else(|| Value::String(body.to_owned())),
            "attributes": message.attributes,
            "messageAttributes": attributes,
            "md5OfBody": message.md5of_body,
            "eventSource": "aws:sqs",
        });
        self.patterns.iter().any(|pattern| pattern.matches(&event))
    }
}
