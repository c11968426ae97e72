//! A tank with strict limits: what is provisioned is what can be had, and what CloudWatch is told.

use std::time::Duration;

use serde_json::{Value, json};

use super::Rig;

/// A table `plain` with so many units, and a global index `by-x` with so many.
fn rig(units: (i64, i64), of_index: (i64, i64)) -> Rig {
    let mut rig = Rig::new(true);
    let throughput =
        |(read, write): (i64, i64)| json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
    rig.create(json!({
        "TableName": "plain", "ProvisionedThroughput": throughput(units),
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "x", "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-x", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": throughput(of_index),
        }],
    }));
    rig.advance(Duration::from_secs(3600));
    rig
}

fn put(rig: &mut Rig, item: &Value) -> Result<Value, String> {
    rig.ask("PutItem", json!({"TableName": "plain", "Item": item})).map_err(|error| error.to_string())
}

/// How often something is granted before it is refused; and the refusal.
fn until_refused(mut ask: impl FnMut() -> Result<Value, String>) -> (usize, String) {
    for granted in 0..100_000 {
        if let Err(refusal) = ask() {
            return (granted, refusal);
        }
    }
    panic!("never refused");
}

const EXCEEDED: &str = "ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.";

#[test]
fn writes_have_300_seconds_of_burst_and_then_the_rate() {
    let mut rig = rig((1, 2), (100, 100));
    let item = json!({"p": {"S": "a"}});
    let (granted, refusal) = until_refused(|| put(&mut rig, &item));
    assert_eq!((granted, refusal.as_str()), (600, EXCEEDED));
    let refusal = rig.ask("PutItem", json!({"TableName": "plain", "Item": item})).expect_err("a refusal");
    let reasons = json!([{
        "reason": "TableWriteProvisionedThroughputExceeded",
        "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/plain",
    }]);
    assert_eq!(refusal.fields, [("ThrottlingReasons", reasons)]);
    rig.advance(Duration::from_secs(1));
    assert_eq!(until_refused(|| put(&mut rig, &item)).0, 2);
}

#[test]
fn a_large_request_is_let_in_and_paid_for_later() {
    let mut rig = rig((1, 1), (100, 100));
    let small = json!({"p": {"S": "small"}});
    let large = json!({"p": {"S": "a"}, "y": {"S": "y".repeat(100 * 1024 - 4)}});
    assert_eq!(until_refused(|| put(&mut rig, &large)).0, 3);
    rig.advance(Duration::from_secs(1));
    assert_eq!(put(&mut rig, &small), Ok(json!({})));
    rig.advance(Duration::from_secs(2));
    assert_eq!(until_refused(|| put(&mut rig, &large)).0, 1, "two units are enough to begin");
    rig.advance(Duration::from_secs(97));
    assert_eq!(put(&mut rig, &small), Err(EXCEEDED.to_owned()), "98 units are owed");
}

#[test]
fn an_index_that_is_too_busy_keeps_its_table_from_writes_that_reach_it() {
    let mut rig = rig((1, 1000), (1, 1));
    let reaching = json!({"p": {"S": "a"}, "x": {"S": "x"}, "y": {"S": ""}});
    let mut n = 0;
    let (granted, refusal) = until_refused(|| {
        n += 1;
        let mut item = reaching.clone();
        item["y"]["S"] = json!(n.to_string());
        put(&mut rig, &item)
    });
    assert_eq!(granted, 300);
    assert!(refusal.contains("one or more global secondary indexes of the table was exceeded"), "{refusal}");
    assert_eq!(put(&mut rig, &json!({"p": {"S": "b"}})), Ok(json!({})), "it is not in the index");
    assert!(put(&mut rig, &json!({"p": {"S": "a"}})).is_err(), "it is to leave the index");
}

#[test]
fn reads_are_half_as_dear_if_they_need_not_be_consistent() {
    for (is_consistent, expected) in [(true, 300), (false, 600)] {
        let mut rig = rig((1, 1), (1, 1));
        let get = json!({"TableName": "plain", "Key": {"p": {"S": "a"}}, "ConsistentRead": is_consistent});
        let (granted, refusal) =
            until_refused(|| rig.ask("GetItem", get.clone()).map_err(|error| error.to_string()));
        assert_eq!((granted, refusal.as_str()), (expected, EXCEEDED));
        let query = json!({
            "TableName": "plain", "IndexName": "by-x", "KeyConditionExpression": "x = :x",
            "ExpressionAttributeValues": {":x": {"S": "x"}},
        });
        rig.ok("Query", query);
        rig.refused("Scan", json!({"TableName": "plain"}));
    }
}

#[test]
fn a_batch_does_what_it_can() {
    let mut rig = rig((1, 1), (100, 100));
    let put = |p: &str, bytes: usize| json!({"PutRequest": {"Item": {"p": {"S": p}, "y": {"S": "y".repeat(bytes)}}}});
    let batch = json!([put("a", 200 * 1024), put("b", 200 * 1024), put("c", 1)]);
    let answer = rig.ok("BatchWriteItem", json!({"RequestItems": {"plain": batch}}));
    assert_eq!(answer, json!({"UnprocessedItems": {"plain": [put("c", 1)]}}));
    let refusal = rig.refused("BatchWriteItem", json!({"RequestItems": {"plain": [put("c", 1)]}}));
    assert_eq!(refusal, EXCEEDED);
    let keys = json!([{"p": {"S": "a"}}, {"p": {"S": "b"}}]);
    until_refused(|| {
        let answer = rig
            .ask("BatchGetItem", json!({"RequestItems": {"plain": {"Keys": keys, "ConsistentRead": true}}}));
        answer.map_err(|error| error.to_string())
    });
}

#[test]
fn a_transaction_is_canceled_and_changes_nothing() {
    let mut rig = rig((1, 1), (100, 100));
    until_refused(|| put(&mut rig, &json!({"p": {"S": "a"}})));
    let actions = json!([{"Put": {"TableName": "plain", "Item": {"p": {"S": "b"}}}}]);
    let refusal = rig.refused("TransactWriteItems", json!({"TransactItems": actions}));
    assert!(refusal.ends_with("specific reasons [ProvisionedThroughputExceeded]"), "{refusal}");
    assert_eq!(rig.all("plain"), json!([{"p": {"S": "a"}}]));
}

#[test]
fn cloudwatch_is_told() {
    let mut rig = Rig::with_tables();
    rig.put("a", 1, json!({"rank": {"N": "1"}, "colour": {"S": "red"}}));
    rig.ok("GetItem", json!({"TableName": "ranged", "Key": {"p": {"S": "a"}, "s": {"N": "1"}}}));
    rig.ok("Scan", json!({"TableName": "ranged", "IndexName": "whole"}));
    rig.refused(
        "PutItem",
        json!({"TableName": "plain", "Item": {"p": {"S": "a"}}, "ConditionExpression": "attribute_exists(p)"}),
    );
    rig.refused("GetItem", json!({"TableName": "plain", "Key": {}}));
    let spec = json!({"AttributeName": "gone", "Enabled": true});
    rig.ok("UpdateTimeToLive", json!({"TableName": "plain", "TimeToLiveSpecification": spec}));
    let gone = (rig.bench.now.secs() + 10).to_string();
    rig.ok("PutItem", json!({"TableName": "plain", "Item": {"p": {"S": "a"}, "gone": {"N": gone}}}));
    rig.advance(Duration::from_secs(3_600));
    let told = rig.bench.readings();
    let ours: Vec<&str> = told.iter().map(String::as_str).collect();
    for expected in [
        "ConsumedWriteCapacityUnits TableName=ranged 1x sum 2",
        "ConsumedReadCapacityUnits TableName=ranged 1x sum 0.5",
        "ConsumedWriteCapacityUnits TableName=ranged GlobalSecondaryIndexName=whole 1x sum 1",
        "ConsumedReadCapacityUnits TableName=ranged GlobalSecondaryIndexName=whole 1x sum 0.5",
        "ReturnedItemCount TableName=ranged Operation=Scan 1x sum 1",
        "ConditionalCheckFailedRequests TableName=plain 1x sum 1",
        "TimeToLiveDeletedItemCount TableName=plain 1x sum 1",
        "UserErrors  1x sum 1",
    ] {
        assert!(ours.contains(&expected), "{expected}: {told:#?}");
    }
}

/// How many writes of one second each of these keys is granted, and the reason of the last refusal.
fn writes_of(rig: &mut Rig, keys: usize) -> (usize, String) {
    let (mut granted, mut reason) = (0, String::new());
    for key in 0..keys {
        for _ in 0..2_000 {
            let put = json!({"TableName": "plain", "Item": {"p": {"S": key.to_string()}}});
            match rig.ask("PutItem", put) {
                Ok(_) => granted += 1,
                Err(why) => {
                    reason = why.fields[0].1[0]["reason"].as_str().expect("a reason").to_owned();
                    break;
                }
            }
        }
    }
    (granted, reason)
}

#[test]
fn one_partition_key_has_no_more_than_a_partition_gives() {
    let mut rig = rig((10, 2_500), (10, 10));
    let told = |granted, reason: &str| (granted, reason.to_owned());
    assert_eq!(writes_of(&mut rig, 1), told(1_000, "TableWriteKeyRangeThroughputExceeded"));
    assert_eq!(
        writes_of(&mut rig, 3),
        told(2_000, "TableWriteKeyRangeThroughputExceeded"),
        "the others are free"
    );
    let get = json!({"TableName": "plain", "Key": {"p": {"S": "0"}}, "ConsistentRead": true});
    assert_eq!(until_refused(|| rig.ask("GetItem", get.clone()).map_err(|why| why.to_string())).0, 3_000);
}

#[test]
fn a_hot_key_of_an_index_keeps_its_table_from_writes_that_reach_it() {
    let mut rig = rig((10, 5_000), (10, 5_000));
    let put =
        |n: u32, x: &str| json!({"TableName": "plain", "Item": {"p": {"S": n.to_string()}, "x": {"S": x}}});
    let refused = (0..2_000).find_map(|n| Some((n, rig.ask("PutItem", put(n, "hot")).err()?)));
    let (granted, why) = refused.expect("a refusal");
    let reasons = json!([{
        "reason": "IndexWriteKeyRangeThroughputExceeded",
        "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/plain/index/by-x",
    }]);
    assert_eq!((granted, &why.fields[0].1), (1_000, &reasons));
    rig.ok("PutItem", put(5_000, "cold"));
    rig.advance(Duration::from_secs(1));
    rig.ok("PutItem", put(5_001, "hot"));
}

#[test]
fn a_table_on_demand_takes_what_a_new_one_takes_and_later_twice_its_peak() {
    let mut rig = Rig::new(true);
    rig.create(json!({
        "TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
    }));
    let told = |granted| (granted, "TableWriteAccountLimitExceeded".to_owned());
    assert_eq!(writes_of(&mut rig, 5), told(4_000));
    rig.advance(Duration::from_secs(1));
    assert_eq!(writes_of(&mut rig, 5), told(4_000), "it has not grown yet");
    rig.advance(Duration::from_secs(30 * 60));
    assert_eq!(writes_of(&mut rig, 9), told(8_000));
}

#[test]
fn a_condition_that_fails_costs_twice_as_much_in_a_transaction() {
    let mut rig = Rig::with_tables();
    let actions = json!([{"Put": {
        "TableName": "plain", "Item": {"p": {"S": "a"}}, "ConditionExpression": "attribute_exists(p)",
    }}]);
    rig.refused("TransactWriteItems", json!({"TransactItems": actions}));
    let told = rig.bench.readings();
    let expected = "ConsumedWriteCapacityUnits TableName=plain 1x sum 2";
    assert!(told.iter().any(|line| line == expected), "{told:#?}");
}
