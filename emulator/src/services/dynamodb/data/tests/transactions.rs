//! Transactions: all or nothing, why not, and the same one twice.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Rig, check, check_refusal};

fn put(p: &str) -> Value {
    json!({"Put": {"TableName": "plain", "Item": {"p": {"S": p}, "x": {"N": "1"}}}})
}

fn key(p: &str) -> Value {
    json!({"p": {"S": p}})
}

#[test]
fn all_actions_of_a_transaction_happen() {
    let mut rig = Rig::with_tables();
    rig.ok("PutItem", json!({"TableName": "plain", "Item": {"p": {"S": "gone"}}}));
    rig.ok("PutItem", json!({"TableName": "plain", "Item": {"p": {"S": "there"}}}));
    check(
        &mut rig,
        "TransactWriteItems",
        json!({
            "ReturnConsumedCapacity": "TOTAL",
            "TransactItems": [
                put("a"),
                {"Update": {"TableName": "plain", "Key": key("b"), "UpdateExpression": "SET x = :x",
                    "ExpressionAttributeValues": {":x": {"N": "7"}}}},
                {"Delete": {"TableName": "plain", "Key": key("gone")}},
                {"ConditionCheck": {"TableName": "plain", "Key": key("there"), "ConditionExpression": "attribute_exists(p)"}},
                {"Put": {"TableName": "ranged", "Item": {"p": {"S": "a"}, "s": {"N": "1"}}}},
            ],
        }),
        json!({"ConsumedCapacity": [
            {"TableName": "plain", "CapacityUnits": 8.0, "WriteCapacityUnits": 8.0},
            {"TableName": "ranged", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0},
        ]}),
    );
    check(
        &mut rig,
        "TransactGetItems",
        json!({
            "ReturnConsumedCapacity": "TOTAL",
            "TransactItems": [
                {"Get": {"TableName": "plain", "Key": key("a"), "ProjectionExpression": "x"}},
                {"Get": {"TableName": "plain", "Key": key("gone")}},
                {"Get": {"TableName": "plain", "Key": key("b")}},
            ],
        }),
        json!({
            "Responses": [{"Item": {"x": {"N": "1"}}}, {}, {"Item": {"p": {"S": "b"}, "x": {"N": "7"}}}],
            "ConsumedCapacity": [{"TableName": "plain", "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}],
        }),
    );
}

/// Performs actions beside a good one that comes first; what is told as reasons, the good one's first.
fn check_canceled(actions: &[Value], codes: &str, reasons: Value) {
    let mut rig = Rig::with_tables();
    let there = json!({"p": {"S": "there"}, "x": {"N": "1"}});
    rig.ok("PutItem", json!({"TableName": "plain", "Item": there}));
    let mut all = vec![put("good")];
    all.extend(actions.iter().cloned());
    let refusal = rig.ask("TransactWriteItems", json!({"TransactItems": all})).expect_err("a refusal");
    let message = format!(
        "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    );
    assert_eq!(refusal.to_string(), message);
    assert_eq!(refusal.fields, [("CancellationReasons", reasons)]);
    assert_eq!(rig.all("plain"), json!([there]), "nothing is left behind");
}

#[test]
fn conditions_that_fail_are_all_told() {
    let failed = json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
    let mut shown = failed.clone();
    shown["Item"] = json!({"p": {"S": "there"}, "x": {"N": "1"}});
    check_canceled(
        &[
            json!({"ConditionCheck": {"TableName": "plain", "Key": key("none"), "ConditionExpression": "attribute_exists(p)"}}),
            put("fine"),
            json!({"Delete": {"TableName": "plain", "Key": key("there"), "ConditionExpression": "attribute_not_exists(p)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}),
        ],
        "None, ConditionalCheckFailed, None, ConditionalCheckFailed",
        json!([{"Code": "None"}, failed, {"Code": "None"}, shown]),
    );
}

#[test]
fn what_does_not_fit_its_table_cancels_before_any_condition_is_asked() {
    let misfit = |message: &str| json!({"Code": "ValidationError", "Message": message});
    let failing = json!({"Put": {"TableName": "plain", "Item": key("z"), "ConditionExpression": "attribute_exists(p)"}});
    for (action, message) in [
        (
            json!({"Delete": {"TableName": "plain", "Key": {"q": {"S": "a"}}}}),
            "The provided key element does not match the schema",
        ),
        (
            json!({"Put": {"TableName": "plain", "Item": {"p": {"N": "1"}}}}),
            "One or more parameter values were invalid: Type mismatch for key p expected: S actual: N",
        ),
        (
            json!({"Update": {"TableName": "plain", "Key": key("a"), "UpdateExpression": "REMOVE p"}}),
            "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
        ),
    ] {
        check_canceled(
            &[action, failing.clone()],
            "None, ValidationError, None",
            json!([{"Code": "None"}, misfit(message), {"Code": "None"}]),
        );
    }
}

#[test]
fn an_update_that_cannot_be_made_cancels() {
    check_canceled(
        &[
            json!({"Update": {"TableName": "plain", "Key": key("none"), "UpdateExpression": "SET x = x + :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}}}}),
        ],
        "None, ValidationError",
        json!([{"Code": "None"}, {"Code": "ValidationError",
            "Message": "The provided expression refers to an attribute that does not exist in the item"}]),
    );
}

#[test]
fn a_token_makes_a_transaction_once_for_ten_minutes() {
    let mut rig = Rig::with_tables();
    let add = |n: &str| {
        json!({
            "ClientRequestToken": "token", "ReturnConsumedCapacity": "TOTAL",
            "TransactItems": [{"Update": {"TableName": "plain", "Key": key("a"), "UpdateExpression": "ADD x :n",
                "ExpressionAttributeValues": {":n": {"N": n}}}}],
        })
    };
    let told =
        |units: &str| json!({"ConsumedCapacity": [{"TableName": "plain", "CapacityUnits": 2.0, units: 2.0}]});
    check(&mut rig, "TransactWriteItems", add("1"), told("WriteCapacityUnits"));
    rig.advance(Duration::from_secs(599));
    check(&mut rig, "TransactWriteItems", add("1"), told("ReadCapacityUnits"));
    assert_eq!(rig.all("plain"), json!([{"p": {"S": "a"}, "x": {"N": "1"}}]));
    let refusal = rig.refused("TransactWriteItems", add("2"));
    assert!(refusal.starts_with("IdempotentParameterMismatchException: "), "{refusal}");
    rig.advance(Duration::from_secs(1));
    check(&mut rig, "TransactWriteItems", add("2"), told("WriteCapacityUnits"));
    assert_eq!(rig.all("plain"), json!([{"p": {"S": "a"}, "x": {"N": "3"}}]));
}

#[test]
fn a_transaction_that_was_canceled_can_be_tried_again_with_its_token() {
    let mut rig = Rig::with_tables();
    let transaction = json!({
        "ClientRequestToken": "token",
        "TransactItems": [{"Put": {"TableName": "plain", "Item": {"p": {"S": "a"}, "x": {"N": "2"}},
            "ConditionExpression": "attribute_exists(p)"}}],
    });
    rig.refused("TransactWriteItems", transaction.clone());
    rig.ok("PutItem", json!({"TableName": "plain", "Item": key("a")}));
    rig.ok("TransactWriteItems", transaction);
    assert_eq!(rig.all("plain"), json!([{"p": {"S": "a"}, "x": {"N": "2"}}]));
}

#[test]
fn transactions_are_refused_as_a_whole() {
    let mut rig = Rig::with_tables();
    let large = |p: String| json!({"Put": {"TableName": "plain", "Item": {"p": {"S": p}, "x": {"S": "x".repeat(100_000)}}}});
    let large: Vec<Value> = (0..42).map(|n| large(n.to_string())).collect();
    for (actions, expected) in [
        (
            json!([put("a"), {"Delete": {"TableName": "plain", "Key": key("a")}}]),
            "Transaction request cannot include multiple operations on one item",
        ),
        (
            json!([{"Put": put("a")["Put"], "Delete": {"TableName": "plain", "Key": key("b")}}]),
            "TransactItems can only contain one of Check, Put, Update or Delete",
        ),
        (json!([{}]), "TransactItems can only contain one of Check, Put, Update or Delete"),
        (
            json!([put("a"), {"Delete": {"TableName": "none", "Key": key("a")}}]),
            "ResourceNotFoundException: Requested resource not found",
        ),
        (
            json!([put("a"), {"Put": {"TableName": "plain", "Item": key("b"), "ConditionExpression": "q ="}}]),
            "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"=\"",
        ),
        (
            json!([put("a"), {"Put": {"TableName": "plain", "Item": {"p": {"S": "b"}, "x": {"S": "x".repeat(410_000)}}}}]),
            "Item size has exceeded the maximum allowed size",
        ),
        (
            json!(large),
            "Transaction payload size cannot exceed 4MB. Payload Size: : Transaction payload size cannot exceed 4MB. Payload Size: 4200158",
        ),
    ] {
        check_refusal(&mut rig, "TransactWriteItems", json!({"TransactItems": actions}), expected);
        assert_eq!(rig.all("plain"), json!([]));
    }
    let get = json!({"Get": {"TableName": "plain", "Key": key("a")}});
    check_refusal(
        &mut rig,
        "TransactGetItems",
        json!({"TransactItems": [get, get]}),
        "Transaction request cannot include multiple operations on one item",
    );
}
