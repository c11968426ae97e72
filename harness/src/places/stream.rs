//! Records of a Kinesis data stream, shard by shard, as far back as it keeps them.

use serde_json::Value;
use wavetank_wire::WireError;
use wavetank_wire::kinesis::*;

use super::{Found, Held, document};
use crate::client::Aws;
use crate::observe::ObserveError;

/// Pages of one shard after which it is taken to have no end.
const PAGES_MAX: usize = 1_000_000;

pub(crate) async fn read(aws: Aws<'_>, stream: &str) -> Result<Held, ObserveError> {
    let mut held = Held::default();
    for shard in shards(aws, stream).await? {
        let from = GetShardIteratorInput {
            stream_name: Some(stream.to_owned()),
            shard_id: shard.clone(),
            shard_iterator_type: "TRIM_HORIZON".to_owned(),
            ..GetShardIteratorInput::default()
        };
        for record in records(aws, from, |_| false).await? {
            match document(&record.data) {
                Some(members) => {
                    let at = record.approximate_arrival_timestamp;
                    held.records.push(Found { members, place: shard.clone(), at });
                }
                None => {
                    let shown = String::from_utf8_lossy(&record.data).chars().take(80).collect::<String>();
                    held.unreadable
                        .push(format!("kinesis:{stream} {}: no JSON: {shown}", record.sequence_number));
                }
            }
        }
    }
    Ok(held)
}

/// The records of a batch that a mapping gave up, as far as they are JSON: its message tells their place, not their content.
/// Nothing of a message that tells no such place. They can be read as long as the stream keeps them.
pub(crate) async fn given_up(aws: Aws<'_>, message: &Value) -> Result<Option<Vec<Value>>, WireError> {
    let Some(batch) = message.get("KinesisBatchInfo").filter(|batch| batch["streamArn"].is_string()) else {
        return Ok(None);
    };
    let text = |name: &str| batch[name].as_str().unwrap_or_default().to_owned();
    let from = GetShardIteratorInput {
        stream_arn: Some(text("streamArn")),
        shard_id: text("shardId"),
        shard_iterator_type: "AT_SEQUENCE_NUMBER".to_owned(),
        starting_sequence_number: Some(text("startSequenceNumber")),
        ..GetShardIteratorInput::default()
    };
    let last = text("endSequenceNumber");
    let found = records(aws, from, |record| is_greater(&record.sequence_number, &last)).await?;
    Ok(Some(found.iter().filter_map(|record| serde_json::from_slice(&record.data).ok()).collect()))
}

/// Sequence numbers are decimal numbers of more digits than a machine's.
fn is_greater(a: &str, b: &str) -> bool {
    (a.len(), a) > (b.len(), b)
}

/// The ids of a stream's shards, of those that were split or merged too.
pub(crate) async fn shards(aws: Aws<'_>, stream: &str) -> Result<Vec<String>, WireError> {
    let mut found = Vec::new();
    let mut input = ListShardsInput { stream_name: Some(stream.to_owned()), ..ListShardsInput::default() };
    loop {
        let page = aws.call::<ListShards>(input).await?;
        found.extend(page.shards.unwrap_or_default().into_iter().map(|shard| shard.shard_id));
        match page.next_token {
            Some(token) => input = ListShardsInput { next_token: Some(token), ..ListShardsInput::default() },
            None => return Ok(found),
        }
    }
}

/// What an iterator meets until it has caught up, the shard ends, or a record says so.
async fn records(
    aws: Aws<'_>,
    from: GetShardIteratorInput,
    is_past: impl Fn(&Record) -> bool,
) -> Result<Vec<Record>, WireError> {
    let mut iterator = aws.call::<GetShardIterator>(from).await?.shard_iterator;
    let mut found = Vec::new();
    for _ in 0..PAGES_MAX {
        let Some(shard_iterator) = iterator else { break };
        let input = GetRecordsInput { shard_iterator, ..GetRecordsInput::default() };
        let page = aws.call::<GetRecords>(input).await?;
        for record in page.records {
            if is_past(&record) {
                return Ok(found);
            }
            found.push(record);
        }
        if page.millis_behind_latest == Some(0) {
            break;
        }
        iterator = page.next_shard_iterator;
    }
    Ok(found)
}
