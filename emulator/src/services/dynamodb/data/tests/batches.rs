//! Batches: many items at once, each for itself, all or none refused.

use serde_json::{Value, json};

use super::{Rig, check};

fn key(p: &str) -> Value {
    json!({"p": {"S": p}})
}

#[test]
fn a_batch_writes_and_reads_items_of_several_tables() {
    let mut rig = Rig::with_tables();
    rig.ok("PutItem", json!({"TableName": "plain", "Item": {"p": {"S": "old"}}}));
    check(
        &mut rig,
        "BatchWriteItem",
        json!({
            "ReturnConsumedCapacity": "TOTAL",
            "RequestItems": {
                "plain": [
                    {"PutRequest": {"Item": {"p": {"S": "a"}, "x": {"N": "1"}}}}, {"PutRequest": {"Item": key("b")}},
                    {"DeleteRequest": {"Key": key("old")}},
                ],
                "ranged": [{"PutRequest": {"Item": {"p": {"S": "a"}, "s": {"N": "1"}, "rank": {"N": "1"}}}}],
            },
        }),
        json!({
            "UnprocessedItems": {},
            "ConsumedCapacity": [{"TableName": "plain", "CapacityUnits": 3.0}, {"TableName": "ranged", "CapacityUnits": 2.0}],
        }),
    );
    check(
        &mut rig,
        "BatchGetItem",
        json!({
            "ReturnConsumedCapacity": "INDEXES",
            "RequestItems": {
                "plain": {"Keys": [key("a"), key("old"), key("b")], "ProjectionExpression": "x"},
                "ranged": {"Keys": [{"p": {"S": "a"}, "s": {"N": "1"}}], "ConsistentRead": true},
            },
        }),
        json!({
            "Responses": {
                "plain": [{"x": {"N": "1"}}, {}], "ranged": [{"p": {"S": "a"}, "s": {"N": "1"}, "rank": {"N": "1"}}],
            },
            "UnprocessedKeys": {},
            "ConsumedCapacity": [
                {"TableName": "plain", "CapacityUnits": 1.5, "Table": {"CapacityUnits": 1.5}},
                {"TableName": "ranged", "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}},
            ],
        }),
    );
}

#[test]
fn keys_that_do_not_fit_into_the_answer_come_back() {
    let mut rig = Rig::with_tables();
    for p in ["a", "b", "c", "d"] {
        rig.ok(
            "PutItem",
            json!({"TableName": "plain", "Item": {"p": {"S": p}, "x": {"S": "x".repeat(390_000)}}}),
        );
    }
    let keys = json!([key("a"), key("b"), key("c"), key("d"), key("none")]);
    let answer =
        rig.ok("BatchGetItem", json!({"RequestItems": {"plain": {"Keys": keys, "ConsistentRead": true}}}));
    assert_eq!(answer["Responses"]["plain"].as_array().expect("items").len(), 3);
    assert_eq!(answer["UnprocessedKeys"], json!({"plain": {"Keys": [key("d")], "ConsistentRead": true}}));
}

#[test]
fn a_batch_with_one_wrong_request_does_nothing() {
    let mut rig = Rig::with_tables();
    let good = json!({"PutRequest": {"Item": key("a")}});
    for bad in [
        json!({"PutRequest": {"Item": {"q": {"S": "a"}}}}),
        json!({"PutRequest": {"Item": {"p": {"N": "1"}}}}),
        json!({"DeleteRequest": {"Key": {"p": {"S": "b"}, "q": {"S": "a"}}}}),
        json!({"DeleteRequest": {"Key": key("a")}}),
        json!({"PutRequest": {"Item": {"p": {"S": ""}}}}),
        json!({}),
    ] {
        rig.refused("BatchWriteItem", json!({"RequestItems": {"plain": [good.clone(), bad]}}));
        assert_eq!(rig.all("plain"), json!([]));
    }
    rig.refused(
        "BatchWriteItem",
        json!({"RequestItems": {"plain": [good], "none": [{"DeleteRequest": {"Key": key("a")}}]}}),
    );
    assert_eq!(rig.all("plain"), json!([]));
}
