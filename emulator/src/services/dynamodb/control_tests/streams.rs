//! What a stream tells of its table. Any mix of puts, deletes, expiries and waiting: replaying the stream onto nothing gives
//! the table, each record's old image is what was there, and records of one item come in order.

use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::expect;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Rig, number};
use crate::services::dynamodb::value::{Item, document, item, item_to_val};
use crate::world::Effect;

fn stream(view: &str) -> Value {
    json!({ "StreamSpecification": { "StreamEnabled": true, "StreamViewType": view } })
}

fn arn(rig: &mut Rig) -> String {
    rig.table()["LatestStreamArn"].as_str().expect("a stream").to_owned()
}

fn shards(rig: &mut Rig, arn: &str) -> Vec<Value> {
    let found = rig.ask("DescribeStream", json!({ "StreamArn": arn }));
    found["StreamDescription"]["Shards"].as_array().expect("shards").clone()
}

fn iterator(rig: &mut Rig, arn: &str, shard: &Value, kind: &str) -> Value {
    let input = json!({ "StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": kind });
    rig.ask("GetShardIterator", input)["ShardIterator"].clone()
}

/// All records of all shards, parents before children.
fn read_all(rig: &mut Rig, arn: &str) -> Vec<Value> {
    let mut records = Vec::new();
    for shard in shards(rig, arn) {
        let mut next = iterator(rig, arn, &shard, "TRIM_HORIZON");
        loop {
            let page = rig.ask("GetRecords", json!({ "ShardIterator": next, "Limit": 3 }));
            let found = page["Records"].as_array().expect("records");
            records.extend(found.iter().cloned());
            next = page["NextShardIterator"].clone();
            if next.is_null() || found.is_empty() {
                break;
            }
        }
    }
    records
}

#[test]
fn each_view_shows_what_its_name_says() {
    let check = |view: &str, expected: expect_test::Expect| {
        let mut rig = Rig::with_table(stream(view));
        let arn = arn(&mut rig);
        rig.put("a", Some(item([("n", number(1))])));
        rig.put("a", Some(item([("n", number(1))])));
        rig.put("a", Some(item([("n", number(2))])));
        rig.put("a", None);
        rig.put("a", None);
        let lines: Vec<String> = read_all(&mut rig, &arn)
            .iter()
            .map(|record| {
                let inner = &record["dynamodb"];
                let image = |name: &str| inner[name]["n"]["N"].as_str().unwrap_or("-").to_owned();
                let told = (image("OldImage"), image("NewImage"), &inner["SizeBytes"]);
                format!("{} {} {}->{} {}", record["eventName"], inner["Keys"], told.0, told.1, told.2)
            })
            .collect();
        expected.assert_eq(&lines.join("\n"));
    };
    check(
        "KEYS_ONLY",
        expect![[r#"
            "INSERT" {"id":{"S":"a"}} -->- 3
            "MODIFY" {"id":{"S":"a"}} -->- 3
            "REMOVE" {"id":{"S":"a"}} -->- 3"#]],
    );
    check(
        "NEW_IMAGE",
        expect![[r#"
            "INSERT" {"id":{"S":"a"}} -->1 9
            "MODIFY" {"id":{"S":"a"}} -->2 9
            "REMOVE" {"id":{"S":"a"}} -->- 3"#]],
    );
    check(
        "OLD_IMAGE",
        expect![[r#"
            "INSERT" {"id":{"S":"a"}} -->- 3
            "MODIFY" {"id":{"S":"a"}} 1->- 9
            "REMOVE" {"id":{"S":"a"}} 2->- 9"#]],
    );
    check(
        "NEW_AND_OLD_IMAGES",
        expect![[r#"
            "INSERT" {"id":{"S":"a"}} -->1 9
            "MODIFY" {"id":{"S":"a"}} 1->2 15
            "REMOVE" {"id":{"S":"a"}} 2->- 9"#]],
    );
}

#[test]
fn a_record_is_told_with_all_its_members_and_signalled() {
    let mut rig = Rig::with_table(stream("NEW_IMAGE"));
    let arn = arn(&mut rig);
    rig.put("a", Some(Item::new()));
    assert!(matches!(rig.effects().as_slice(), [Effect::Signal(topic)] if *topic == arn));
    let mut record = read_all(&mut rig, &arn).remove(0);
    record["eventID"] = json!(record["eventID"].as_str().map(str::len));
    expect![[r#"{"eventID":32,"eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":{"ApproximateCreationDateTime":1767571201.0,"Keys":{"id":{"S":"a"}},"NewImage":{"id":{"S":"a"}},"SequenceNumber":"100000000000000000005","SizeBytes":6,"StreamViewType":"NEW_IMAGE"}}"#]]
        .assert_eq(&record.to_string());
}

#[test]
fn a_stream_that_is_enabled_again_is_another_and_the_old_one_can_be_read_for_a_day() {
    let mut rig = Rig::with_table(stream("KEYS_ONLY"));
    let first = arn(&mut rig);
    rig.put("a", Some(Item::new()));
    let off = json!({ "TableName": "items", "StreamSpecification": { "StreamEnabled": false } });
    rig.ask("UpdateTable", off);
    rig.advance(Duration::from_secs(1));
    let table = rig.table();
    assert_eq!((&table["StreamSpecification"], &table["LatestStreamArn"]), (&Value::Null, &json!(first)));
    rig.put("b", Some(Item::new()));
    let mut on = stream("NEW_IMAGE");
    on["TableName"] = json!("items");
    rig.ask("UpdateTable", on);
    rig.advance(Duration::from_secs(1));
    let second = arn(&mut rig);
    rig.put("c", Some(Item::new()));
    let ids = |rig: &mut Rig, arn: &str| -> Vec<Value> {
        read_all(rig, arn).iter().map(|record| record["dynamodb"]["Keys"]["id"]["S"].clone()).collect()
    };
    assert_eq!((ids(&mut rig, &first), ids(&mut rig, &second)), (vec![json!("a")], vec![json!("c")]));
    let count = |rig: &mut Rig| rig.ask("ListStreams", json!({}))["Streams"].as_array().map(Vec::len);
    assert_eq!(count(&mut rig), Some(2));
    let described = rig.ask("DescribeStream", json!({ "StreamArn": first }));
    assert_eq!(described["StreamDescription"]["StreamStatus"], "DISABLED");
    rig.advance(Duration::from_secs(24 * 3_600 + 1));
    assert_eq!(count(&mut rig), Some(1));
    let refusal = rig.refused("DescribeStream", json!({ "StreamArn": first }));
    assert_eq!(
        refusal,
        format!("ResourceNotFoundException: Requested resource not found: Stream: {first} not found")
    );
}

#[test]
fn shards_are_followed_by_their_children_after_four_hours() {
    let units = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    let mut and = stream("KEYS_ONLY");
    and["BillingMode"] = Value::Null;
    and["ProvisionedThroughput"] = units;
    let mut rig = Rig::with_table(and);
    let arn = arn(&mut rig);
    let parent = shards(&mut rig, &arn).remove(0);
    rig.put("a", Some(Item::new()));
    rig.advance(Duration::from_secs(4 * 3_600));
    let held = iterator(&mut rig, &arn, &parent, "LATEST");
    rig.put("b", Some(Item::new()));
    let page = rig.ask("GetRecords", json!({ "ShardIterator": held }));
    assert_eq!(page, json!({ "Records": [] }), "a closed shard ends");
    let filter = json!({ "Type": "CHILD_SHARDS", "ShardId": parent["ShardId"] });
    let children = rig.ask("DescribeStream", json!({ "StreamArn": arn, "ShardFilter": filter }));
    let child = children["StreamDescription"]["Shards"][0].clone();
    assert_eq!(child["ParentShardId"], parent["ShardId"]);
    let closed = shards(&mut rig, &arn).remove(0);
    assert!(closed["SequenceNumberRange"]["EndingSequenceNumber"].is_string(), "{closed}");
    assert_eq!(read_all(&mut rig, &arn).len(), 2);
    let page = rig.ask("DescribeStream", json!({ "StreamArn": arn, "Limit": 1 }));
    assert_eq!(page["StreamDescription"]["LastEvaluatedShardId"], parent["ShardId"]);
}

#[test]
fn shards_of_a_table_that_nobody_writes_close_too() {
    let mut rig = Rig::with_table(stream("KEYS_ONLY"));
    let arn = arn(&mut rig);
    rig.put("a", Some(Item::new()));
    let first = shards(&mut rig, &arn);
    rig.advance(Duration::from_secs(12 * 3_600));
    let later = shards(&mut rig, &arn);
    assert_eq!((first.len(), later.len()), (4, 8));
    for (at, shard) in later.iter().enumerate() {
        let is_closed = shard["SequenceNumberRange"]["EndingSequenceNumber"].is_string();
        assert_eq!(is_closed, at < 4, "each has a child");
        if !is_closed {
            assert_eq!(shard["ParentShardId"], later[at - 4]["ShardId"]);
        }
    }
    assert_eq!(read_all(&mut rig, &arn).len(), 1);
    rig.advance(Duration::from_secs(365 * 86_400));
    let after_a_year = shards(&mut rig, &arn);
    assert_eq!(after_a_year[0]["ShardId"], later[4]["ShardId"], "who holds a shard finds it and its child");
    rig.put("a", None);
    assert_eq!(read_all(&mut rig, &arn).len(), 1);
}

#[test]
fn shards_split_when_a_table_comes_to_have_more_partitions() {
    let units = |write: i64| json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": write });
    let mut and = stream("KEYS_ONLY");
    and["BillingMode"] = Value::Null;
    and["ProvisionedThroughput"] = units(1);
    let mut rig = Rig::with_table(and);
    let arn = arn(&mut rig);
    for key in ["a", "b", "c", "d"] {
        rig.put(key, Some(Item::new()));
    }
    rig.ask("UpdateTable", json!({ "TableName": "items", "ProvisionedThroughput": units(3_500) }));
    rig.advance(Duration::from_secs(1));
    for key in ["a", "b", "c", "d"] {
        rig.put(key, None);
    }
    let all = shards(&mut rig, &arn);
    assert_eq!(all.len(), 5, "four children of one");
    assert!(all[1..].iter().all(|shard| shard["ParentShardId"] == all[0]["ShardId"]), "{all:?}");
    let events: Vec<Value> =
        read_all(&mut rig, &arn).iter().map(|record| record["eventName"].clone()).collect();
    assert_eq!(events, [vec![json!("INSERT"); 4], vec![json!("REMOVE"); 4]].concat());
}

#[test]
fn iterators_and_records_grow_old() {
    let mut rig = Rig::with_table(stream("KEYS_ONLY"));
    let arn = arn(&mut rig);
    rig.put("a", Some(Item::new()));
    let record = read_all(&mut rig, &arn).remove(0);
    let shard = shards(&mut rig, &arn)
        .into_iter()
        .find(|shard| {
            let held = iterator(&mut rig, &arn, shard, "TRIM_HORIZON");
            rig.ask("GetRecords", json!({ "ShardIterator": held }))["Records"][0] == record
        })
        .expect("it is somewhere");
    let held = iterator(&mut rig, &arn, &shard, "TRIM_HORIZON");
    rig.advance(Duration::from_secs(15 * 60));
    assert_eq!(
        rig.ask("GetRecords", json!({ "ShardIterator": held }))["Records"].as_array().map(Vec::len),
        Some(1)
    );
    rig.advance(Duration::from_secs(1));
    assert!(
        rig.refused("GetRecords", json!({ "ShardIterator": held })).starts_with("ExpiredIteratorException")
    );
    assert!(rig.refused("GetRecords", json!({ "ShardIterator": "x" })).starts_with("ValidationException"));
    rig.advance(Duration::from_secs(24 * 3_600 - 15 * 60 - 2));
    let held = iterator(&mut rig, &arn, &shard, "TRIM_HORIZON");
    rig.advance(Duration::from_secs(60));
    assert!(
        rig.refused("GetRecords", json!({ "ShardIterator": held })).starts_with("TrimmedDataAccessException")
    );
    let at = |kind: &str| {
        json!({
            "StreamArn": arn,
            "ShardId": shard["ShardId"],
            "ShardIteratorType": kind,
            "SequenceNumber": record["dynamodb"]["SequenceNumber"],
        })
    };
    assert!(
        rig.refused("GetShardIterator", at("AT_SEQUENCE_NUMBER")).starts_with("TrimmedDataAccessException")
    );
    rig.ask("GetShardIterator", at("AFTER_SEQUENCE_NUMBER"));
}

/// An item as a client sees it.
fn json_of(item: &Item) -> Value {
    document(&item_to_val(item))
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, i64),
    /// As many seconds until it expires.
    Expiring(u8, i64),
    Delete(u8),
    /// Minutes.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..6, 0_i64..3).prop_map(|(key, value)| Step::Put(key, value)),
        2 => (0_u8..6, -2_000_i64..4_000).prop_map(|(key, secs)| Step::Expiring(key, secs)),
        2 => (0_u8..6).prop_map(Step::Delete),
        2 => (1_u64..90).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_stream_is_the_difference_of_states(steps in vec(step(), 1..14)) {
        let mut rig = Rig::with_table(stream("NEW_AND_OLD_IMAGES"));
        let arn = arn(&mut rig);
        let attribute = json!({ "Enabled": true, "AttributeName": "gone" });
        rig.ask("UpdateTimeToLive", json!({ "TableName": "items", "TimeToLiveSpecification": attribute }));
        for step in steps {
            match step {
                Step::Put(key, value) => rig.put(&key.to_string(), Some(item([("n", number(value))]))),
                Step::Expiring(key, secs) => {
                    let gone = rig.now().secs() + secs;
                    rig.put(&key.to_string(), Some(item([("gone", number(gone))])));
                }
                Step::Delete(key) => rig.put(&key.to_string(), None),
                // Fourteen times an hour and a half is less than a day.
                Step::Wait(minutes) => rig.advance(Duration::from_secs(60 * minutes)),
            }
        }
        let mut state: BTreeMap<String, Value> = BTreeMap::new();
        for record in read_all(&mut rig, &arn) {
            let inner = &record["dynamodb"];
            let key = inner["Keys"]["id"]["S"].as_str().expect("a key").to_owned();
            let before = state.get(&key).cloned().unwrap_or(Value::Null);
            prop_assert_eq!(&inner["OldImage"], &before, "the old image is what was there");
            prop_assert_ne!(&inner["NewImage"], &before, "a write that changes nothing is not told");
            let event = match (before.is_null(), inner["NewImage"].is_null()) {
                (true, _) => "INSERT",
                (false, false) => "MODIFY",
                (false, true) => "REMOVE",
            };
            prop_assert_eq!(&record["eventName"], event);
            let is_expiry = record["userIdentity"]["PrincipalId"] == "dynamodb.amazonaws.com";
            prop_assert!(!is_expiry || (event == "REMOVE" && !before["gone"].is_null()));
            match inner["NewImage"].clone() {
                Value::Null => drop(state.remove(&key)),
                image => drop(state.insert(key, image)),
            }
        }
        for key in (0..6).map(|key: u8| key.to_string()) {
            let there = rig.get(&key).map_or(Value::Null, |item| json_of(&item));
            let told = state.remove(&key).unwrap_or(Value::Null);
            prop_assert_eq!(told, there, "{} is what the stream has told of it", key);
        }
    }
}
