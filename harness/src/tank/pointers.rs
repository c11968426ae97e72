//! Records behind a failure's pointers: a mapping that gives a batch of a stream up sends its place, not its content.
//!
//! They can be read for as long as the stream keeps them, which is how a person would get them back. Left out: DynamoDB's streams.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use wavetank_wire::WireError;
use wavetank_wire::kinesis::SERVICE;

use super::Tank;

/// What a message tells of a batch that was given up, if it tells that.
pub(super) fn batch_of(message: &Value) -> Option<&Value> {
    message.get("KinesisBatchInfo").filter(|batch| batch["streamArn"].is_string())
}

/// The batch's records, as far as they are JSON.
pub(super) async fn read(tank: &Tank, batch: &Value) -> Result<Vec<Value>, WireError> {
    let aws = tank.aws();
    let number = |name: &str| batch[name].as_str().and_then(|text| text.parse::<u128>().ok()).unwrap_or(0);
    let last = number("endSequenceNumber");
    let first = json!({
        "StreamARN": batch["streamArn"],
        "ShardId": batch["shardId"],
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "StartingSequenceNumber": batch["startSequenceNumber"],
    });
    let answer = aws.json(&SERVICE, "GetShardIterator", &first).await?;
    let (mut next, mut found) = (answer["ShardIterator"].clone(), Vec::new());
    while next.is_string() {
        let page = aws.json(&SERVICE, "GetRecords", &json!({ "ShardIterator": next })).await?;
        let records = page["Records"].as_array().cloned().unwrap_or_default();
        if records.is_empty() {
            break;
        }
        for record in records {
            let sequence = record["SequenceNumber"].as_str().and_then(|text| text.parse::<u128>().ok());
            if sequence.is_none_or(|sequence| sequence > last) {
                return Ok(found);
            }
            let data = BASE64.decode(record["Data"].as_str().unwrap_or_default()).unwrap_or_default();
            found.extend(serde_json::from_slice::<Value>(&data));
        }
        next = page["NextShardIterator"].clone();
    }
    Ok(found)
}
