//! Sends records into a stream, a delivery stream, a queue or a table, in batches, and sends again what a batch refused.
//!
//! A batch call answers 200 and may still have refused some of its entries: those go again, in order, after a pause,
//! until all are in or the tries are over. Nothing is sent twice that was accepted.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use rand::Rng as _;
use serde_json::json;
use wavetank_types::Seed;
use wavetank_wire::{WireError, dynamodb, firehose, kinesis, sqs};

use crate::client::Aws;
use crate::tables;

/// Tries of an entry that is refused as throttled.
const TRIES_MAX: u32 = 10;
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);

/// Where records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// A Kinesis data stream, by name.
    Kinesis(String),
    /// A delivery stream, by name.
    Firehose(String),
    /// A queue, by name.
    Sqs(String),
    /// A DynamoDB table, by name: each record is a flat object of JSON, and becomes an item.
    DynamoDb(String),
}

/// Not a sink.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a place that takes records\nhint: write kinesis:NAME, firehose:NAME, sqs:NAME or dynamodb:NAME"
)]
pub struct SinkError(String);

impl FromStr for Sink {
    type Err = SinkError;

    fn from_str(text: &str) -> Result<Self, SinkError> {
        let named = text.split_once(':').filter(|(_, name)| !name.is_empty());
        match named.map(|(kind, name)| (kind, name.to_owned())) {
            Some(("kinesis", name)) => Ok(Self::Kinesis(name)),
            Some(("firehose", name)) => Ok(Self::Firehose(name)),
            Some(("sqs", name)) => Ok(Self::Sqs(name)),
            Some(("dynamodb", name)) => Ok(Self::DynamoDb(name)),
            _ => Err(SinkError(text.to_owned())),
        }
    }
}

impl fmt::Display for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kinesis(name) => write!(f, "kinesis:{name}"),
            Self::Firehose(name) => write!(f, "firehose:{name}"),
            Self::Sqs(name) => write!(f, "sqs:{name}"),
            Self::DynamoDb(name) => write!(f, "dynamodb:{name}"),
        }
    }
}

/// A number without meaning, which spreads records over all shards, as the Kinesis Data Generator's page does.
pub(crate) fn any_key(seed: Seed, stream: &str, number: u64) -> String {
    (seed.chunk_stream(stream, number).next_u64() % 10_000_000_000).to_string()
}

/// A record on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// What decides the shard; other sinks ignore it.
    pub key: String,
    /// The record.
    pub data: Bytes,
}

/// Why records were not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
    /// Some entries were refused again and again.
    #[error(
        "{refused} records were refused {TRIES_MAX} times, last with {code}\nhint: send fewer a second, or give the sink more capacity"
    )]
    Refused {
        /// How many.
        refused: usize,
        /// The last code.
        code: String,
    },
}

impl Sink {
    /// Records and bytes of one batch, at most. Documented: the operations' pages; Kinesis 500 and 10 MiB, Firehose 500
    /// and 4 MiB, SQS 10 and 1 MiB, DynamoDB 25 and 16 MB (docs.aws.amazon.com, read 2026-11-29).
    fn batch_max(&self) -> (usize, usize) {
        match self {
            Self::Kinesis(_) => (500, 10 << 20),
            Self::Firehose(_) => (500, 4 << 20),
            Self::Sqs(_) => (10, 1 << 20),
            Self::DynamoDb(_) => (25, 16_000_000),
        }
    }

    /// Sends records in order, in as few batches as their sizes allow.
    pub async fn send(&self, aws: Aws<'_>, records: &[Outgoing]) -> Result<(), SendError> {
        let (count_max, bytes_max) = self.batch_max();
        let queue_url = match self {
            Self::Sqs(queue) if !records.is_empty() => url_of(aws, queue).await?,
            _ => String::new(),
        };
        let mut rest = records;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |record: &&Outgoing| {
                bytes += record.key.len() + record.data.len();
                bytes <= bytes_max
            };
            let count = rest.iter().take(count_max).take_while(fits).count().max(1);
            let (batch, after) = rest.split_at(count);
            self.send_batch(aws, &queue_url, batch).await?;
            rest = after;
        }
        Ok(())
    }

    async fn send_batch(&self, aws: Aws<'_>, queue_url: &str, batch: &[Outgoing]) -> Result<(), SendError> {
        let mut open: Vec<Outgoing> = batch.to_vec();
        let mut back_off = FIRST_BACK_OFF;
        for attempt in 1.. {
            let refused = match self {
                Self::Kinesis(stream) => put_to_kinesis(aws, stream, &open).await?,
                Self::Firehose(stream) => put_to_firehose(aws, stream, &open).await?,
                Self::Sqs(_) => put_to_sqs(aws, queue_url, &open).await?,
                Self::DynamoDb(table) => put_to_dynamodb(aws, table, &open).await?,
            };
            let Some((_, code)) = refused.last().cloned() else { return Ok(()) };
            if attempt == TRIES_MAX {
                return Err(SendError::Refused { refused: refused.len(), code });
            }
            open = refused.into_iter().map(|(at, _)| open[at].clone()).collect();
            aws.target().pause(back_off).await;
            back_off = (back_off * 2).min(BACK_OFF_MAX);
        }
        unreachable!("the last attempt returns")
    }
}

/// Entries that were refused: their places in the batch, and the codes.
type Refused = Vec<(usize, String)>;

async fn put_to_kinesis(aws: Aws<'_>, stream: &str, batch: &[Outgoing]) -> Result<Refused, WireError> {
    let entry = |record: &Outgoing| kinesis::PutRecordsRequestEntry {
        data: record.data.clone(),
        partition_key: Some(record.key.clone()),
        ..kinesis::PutRecordsRequestEntry::default()
    };
    let input = kinesis::PutRecordsInput {
        stream_name: Some(stream.to_owned()),
        records: batch.iter().map(entry).collect(),
        ..kinesis::PutRecordsInput::default()
    };
    let results = aws.call::<kinesis::PutRecords>(input).await?.records;
    Ok(results.into_iter().enumerate().filter_map(|(at, result)| Some((at, result.error_code?))).collect())
}

async fn put_to_firehose(aws: Aws<'_>, stream: &str, batch: &[Outgoing]) -> Result<Refused, WireError> {
    let records = batch.iter().map(|record| firehose::Record { data: record.data.clone() }).collect();
    let input = firehose::PutRecordBatchInput { delivery_stream_name: stream.to_owned(), records };
    let results = aws.call::<firehose::PutRecordBatch>(input).await?.request_responses;
    Ok(results.into_iter().enumerate().filter_map(|(at, result)| Some((at, result.error_code?))).collect())
}

/// A queue's URL, by its name.
pub(crate) async fn url_of(aws: Aws<'_>, queue: &str) -> Result<String, WireError> {
    let input = sqs::GetQueueUrlInput { queue_name: queue.to_owned(), ..sqs::GetQueueUrlInput::default() };
    Ok(aws.call::<sqs::GetQueueUrl>(input).await?.queue_url.unwrap_or_default())
}

async fn put_to_sqs(aws: Aws<'_>, queue_url: &str, batch: &[Outgoing]) -> Result<Refused, WireError> {
    let queue_url = queue_url.to_owned();
    let entry = |(at, record): (usize, &Outgoing)| sqs::SendMessageBatchRequestEntry {
        id: at.to_string(),
        message_body: String::from_utf8_lossy(&record.data).trim_end_matches('\n').to_owned(),
        ..sqs::SendMessageBatchRequestEntry::default()
    };
    let entries = batch.iter().enumerate().map(entry).collect();
    let failed =
        aws.call::<sqs::SendMessageBatch>(sqs::SendMessageBatchInput { queue_url, entries }).await?.failed;
    Ok(failed.into_iter().filter_map(|entry| Some((entry.id.parse().ok()?, entry.code))).collect())
}

async fn put_to_dynamodb(aws: Aws<'_>, table: &str, batch: &[Outgoing]) -> Result<Refused, WireError> {
    let put = |record: &Outgoing| {
        let plain: serde_json::Value = serde_json::from_slice(&record.data).unwrap_or_default();
        let object = plain.as_object().cloned().unwrap_or_default();
        json!({ "PutRequest": { "Item": tables::item_of(&object) } })
    };
    let puts: Vec<serde_json::Value> = batch.iter().map(put).collect();
    let input = json!({ "RequestItems": { table: puts } });
    let answer = aws.json(&dynamodb::SERVICE, "BatchWriteItem", &input).await?;
    let open = answer["UnprocessedItems"][table].as_array().cloned().unwrap_or_default();
    let is_open = |(_, put): &(usize, &serde_json::Value)| open.contains(put);
    Ok(puts.iter().enumerate().filter(is_open).map(|(at, _)| (at, "UnprocessedItems".to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sinks_are_read_as_they_are_written() {
        let check = |text: &str, sink: Option<Sink>| assert_eq!(text.parse().ok(), sink, "{text}");
        check("kinesis:clicks", Some(Sink::Kinesis("clicks".to_owned())));
        check("firehose:events", Some(Sink::Firehose("events".to_owned())));
        check("sqs:orders.fifo", Some(Sink::Sqs("orders.fifo".to_owned())));
        check("dynamodb:shop", Some(Sink::DynamoDb("shop".to_owned())));
        check("kinesis:", None);
        check("kafka:clicks", None);
        check("clicks", None);
    }
}
