//! Event source mappings that are switched off and on again, as an operator would, and which of them had something to read meanwhile.
//!
//! A mapping that its template has switched off stays off. It is asked in AWS's own words whether something has come to a source,
//! just before its mapping goes on: a record of a stream that is younger than the switching off, a message that waits in a queue. Not
//! seen: what came before and had not been read, and whether a mapping's filter would have let it through.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::lambda::{
    ListEventSourceMappings, ListEventSourceMappingsInput, UpdateEventSourceMapping,
    UpdateEventSourceMappingInput,
};
use wavetank_wire::{WireError, dynamodbstreams, kinesis, sqs};

use crate::client::Aws;
use crate::places::stream;
use crate::send::url_of;

const WAITING: &str = "ApproximateNumberOfMessages";

/// The mappings that are off, and how many had something to read while they were.
#[derive(Debug, Default)]
pub(super) struct Stall {
    off: Mutex<Vec<Off>>,
    met: AtomicU64,
}

/// A mapping that has been switched off.
#[derive(Debug)]
struct Off {
    uuid: String,
    /// What it reads: an ARN.
    source: String,
    at: Timestamp,
}

impl Stall {
    fn off(&self) -> MutexGuard<'_, Vec<Off>> {
        self.off.lock().expect("nothing panics while it holds this")
    }

    /// Switches off every mapping that is on.
    pub(super) async fn begin(&self, aws: Aws<'_>) {
        let found = aws.call::<ListEventSourceMappings>(ListEventSourceMappingsInput::default()).await;
        let mappings = found.ok().and_then(|found| found.event_source_mappings).unwrap_or_default();
        for mapping in mappings {
            let is_on = mapping.state.as_deref() == Some("Enabled");
            let (Some(uuid), Some(source)) = (mapping.uuid, mapping.event_source_arn) else { continue };
            if is_on && turn(aws, &uuid, false).await {
                self.off().push(Off { uuid, source, at: aws.target().now() });
            }
        }
    }

    /// Lets them go on.
    pub(super) async fn end(&self, aws: Aws<'_>) {
        let off = std::mem::take(&mut *self.off());
        for Off { uuid, source, at } in off {
            // What cannot be known is not counted.
            if has_come(aws, &source, at).await.unwrap_or(false) {
                self.met.fetch_add(1, Ordering::Relaxed);
            }
            // One that is gone need not go on.
            turn(aws, &uuid, true).await;
        }
    }

    /// How many mappings had something to read while they were off.
    pub(super) fn met(&self) -> u64 {
        self.met.load(Ordering::Relaxed)
    }
}

/// Switches a mapping on or off. Answers whether it has taken it: one that is changing, or gone, does not.
async fn turn(aws: Aws<'_>, uuid: &str, on: bool) -> bool {
    let input =
        UpdateEventSourceMappingInput { uuid: uuid.to_owned(), enabled: Some(on), ..Default::default() };
    aws.call::<UpdateEventSourceMapping>(input).await.is_ok()
}

/// Whether something has come to a source after this instant, or waits in it if it is a queue.
async fn has_come(aws: Aws<'_>, source: &str, after: Timestamp) -> Result<bool, WireError> {
    // Streams begin with the records of the instant itself, which may have been read.
    let from = after + Duration::from_millis(1);
    match source.split(':').nth(2) {
        Some("kinesis") => has_come_to_stream(aws, source, from).await,
        Some("dynamodb") => has_come_to_table(aws, source, from).await,
        Some("sqs") => waits_in_queue(aws, source).await,
        _ => Ok(false),
    }
}

async fn has_come_to_stream(aws: Aws<'_>, arn: &str, from: Timestamp) -> Result<bool, WireError> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    for shard_id in stream::shards(aws, name).await? {
        let input = kinesis::GetShardIteratorInput {
            stream_name: Some(name.to_owned()),
            shard_id,
            shard_iterator_type: "AT_TIMESTAMP".to_owned(),
            timestamp: Some(from),
            ..Default::default()
        };
        let iterator = aws.call::<kinesis::GetShardIterator>(input).await?.shard_iterator;
        let Some(shard_iterator) = iterator else { continue };
        let input = kinesis::GetRecordsInput { shard_iterator, limit: Some(1), ..Default::default() };
        if !aws.call::<kinesis::GetRecords>(input).await?.records.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn has_come_to_table(aws: Aws<'_>, arn: &str, from: Timestamp) -> Result<bool, WireError> {
    let mut after = None;
    loop {
        let input = dynamodbstreams::DescribeStreamInput {
            stream_arn: arn.to_owned(),
            exclusive_start_shard_id: after,
            ..Default::default()
        };
        let page = aws.call::<dynamodbstreams::DescribeStream>(input).await?;
        let page = page.stream_description.unwrap_or_default();
        for shard_id in page.shards.unwrap_or_default().into_iter().filter_map(|shard| shard.shard_id) {
            let input = dynamodbstreams::GetShardIteratorInput {
                stream_arn: arn.to_owned(),
                shard_id,
                shard_iterator_type: "AT_TIMESTAMP".to_owned(),
                timestamp: Some(from),
                ..Default::default()
            };
            let iterator = aws.call::<dynamodbstreams::GetShardIterator>(input).await?.shard_iterator;
            let Some(shard_iterator) = iterator else { continue };
            let input = dynamodbstreams::GetRecordsInput { shard_iterator, limit: Some(1) };
            let records = aws.call::<dynamodbstreams::GetRecords>(input).await?.records;
            if records.is_some_and(|records| !records.is_empty()) {
                return Ok(true);
            }
        }
        after = page.last_evaluated_shard_id;
        if after.is_none() {
            return Ok(false);
        }
    }
}

async fn waits_in_queue(aws: Aws<'_>, arn: &str) -> Result<bool, WireError> {
    let queue_url = url_of(aws, arn.rsplit(':').next().unwrap_or_default()).await?;
    let attribute_names = Some(vec![WAITING.to_owned()]);
    let input = sqs::GetQueueAttributesInput { queue_url, attribute_names };
    let attributes = aws.call::<sqs::GetQueueAttributes>(input).await?.attributes.unwrap_or_default();
    Ok(attributes.get(WAITING).is_some_and(|count| count != "0"))
}
