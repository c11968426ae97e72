//! A table's changes in a Kinesis stream.

use std::time::Duration;

use expect_test::expect;
use serde_json::json;
use wavetank_wire::{FromVal as _, ToVal as _, Val, WireError, kinesis};

use super::{Rig, number};
use crate::services::dynamodb::value::item;
use crate::world::Effect;

const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";

fn input() -> serde_json::Value {
    json!({ "TableName": "items", "StreamArn": STREAM })
}

/// The call that waits for a reply: its token, its name, its input.
fn asked(rig: &mut Rig) -> (u64, &'static str, Val) {
    let calls: Vec<_> = rig
        .effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Call { operation, input, reply, .. } => Some((reply?, operation, input)),
            _ => None,
        })
        .collect();
    let [call] = <[_; 1]>::try_from(calls).expect("one call");
    call
}

fn sent(rig: &mut Rig) -> (u64, Vec<String>) {
    let (token, operation, input) = asked(rig);
    assert_eq!(operation, "PutRecords");
    let texts = kinesis::PutRecordsInput::from_val(input).records;
    (token, texts.iter().map(|one| String::from_utf8_lossy(&one.data).into_owned()).collect())
}

/// Kinesis takes all but those whose places are named.
fn answer(count: usize, refused: &[usize]) -> Result<Val, WireError> {
    let result = |at: usize| kinesis::PutRecordsResultEntry {
        error_code: refused.contains(&at).then(|| "ProvisionedThroughputExceededException".to_owned()),
        ..Default::default()
    };
    let records = (0..count).map(result).collect();
    Ok(kinesis::PutRecordsOutput { records, ..Default::default() }.to_val())
}

/// With a destination that is ACTIVE.
fn rig() -> Rig {
    let mut rig = Rig::with_table(json!({}));
    let out = rig.ask("EnableKinesisStreamingDestination", input());
    assert_eq!(out["DestinationStatus"], "ENABLING");
    let (token, operation, _) = asked(&mut rig);
    assert_eq!(operation, "DescribeStreamSummary");
    rig.reply(token, Ok(Val::Struct(Vec::new())));
    rig.advance(Duration::from_secs(1));
    rig
}

fn status(rig: &mut Rig) -> String {
    let found = rig.ask("DescribeKinesisStreamingDestination", json!({ "TableName": "items" }));
    found["KinesisDataStreamDestinations"][0]["DestinationStatus"].as_str().expect("one").to_owned()
}

#[test]
fn changes_go_together_in_order_and_those_that_are_refused_go_again() {
    let mut rig = rig();
    assert_eq!(status(&mut rig), "ACTIVE");
    for n in 1..4 {
        rig.put("a", Some(item([("n", number(n))])));
    }
    rig.advance(Duration::from_millis(100));
    let (token, texts) = sent(&mut rig);
    assert_eq!(texts.len(), 3);
    let id = regex::Regex::new("\"eventID\":\"[^\"]*\"").expect("a pattern");
    expect![[r#"{"awsRegion":"us-east-1","eventID":"","eventName":"MODIFY","userIdentity":null,"recordFormat":"application/json","tableName":"items","dynamodb":{"ApproximateCreationDateTime":1767571202000,"Keys":{"id":{"S":"a"}},"NewImage":{"id":{"S":"a"},"n":{"N":"2"}},"OldImage":{"id":{"S":"a"},"n":{"N":"1"}},"SizeBytes":15,"ApproximateCreationDateTimePrecision":"MILLISECOND"},"eventSource":"aws:dynamodb"}"#]]
        .assert_eq(&id.replace(&texts[1], "\"eventID\":\"\""));
    rig.reply(token, answer(3, &[1, 2]));
    assert!(rig.effects().is_empty(), "it pauses");
    rig.advance(Duration::from_secs(1));
    let (token, again) = sent(&mut rig);
    assert_eq!(again, texts[1..]);
    rig.put("b", Some(item([("n", number(1))])));
    rig.reply(token, answer(2, &[]));
    let (token, more) = sent(&mut rig);
    assert_eq!(more.len(), 1);
    rig.reply(token, answer(1, &[]));
    rig.advance(Duration::from_secs(1));
    assert!(rig.effects().is_empty());
    assert_eq!(rig.deadline(), None);
}

#[test]
fn a_destination_without_a_stream_fails_and_can_be_enabled_again() {
    let mut rig = Rig::with_table(json!({}));
    rig.ask("EnableKinesisStreamingDestination", input());
    let (token, _, _) = asked(&mut rig);
    rig.reply(token, Err(WireError::client("ResourceNotFoundException", "no such stream")));
    rig.advance(Duration::from_secs(1));
    assert_eq!(status(&mut rig), "ENABLE_FAILED");
    rig.ask("EnableKinesisStreamingDestination", input());
    expect!["ValidationException: Table is not in a valid state to enable Kinesis Streaming Destination: EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation."]
        .assert_eq(&rig.refused("EnableKinesisStreamingDestination", input()));
    rig.effects();
    rig.advance(Duration::from_secs(1));
    let precise = json!({ "ApproximateCreationDateTimePrecision": "MICROSECOND" });
    let mut update = input();
    update["UpdateKinesisStreamingConfiguration"] = precise;
    assert_eq!(rig.ask("UpdateKinesisStreamingDestination", update)["DestinationStatus"], "UPDATING");
    rig.advance(Duration::from_secs(1));
    rig.put("a", Some(item([("n", number(1))])));
    rig.advance(Duration::from_millis(100));
    assert!(sent(&mut rig).1[0].contains("\"ApproximateCreationDateTimePrecision\":\"MICROSECOND\""));
    rig.ask("DisableKinesisStreamingDestination", input());
    rig.advance(Duration::from_secs(1));
    assert_eq!(status(&mut rig), "DISABLED");
    expect!["ValidationException: Table is not in a valid state to disable Kinesis Streaming Destination: DisableKinesisStreamingDestination must be ACTIVE to perform DISABLE operation."]
        .assert_eq(&rig.refused("DisableKinesisStreamingDestination", input()));
}
