//! Single items: stored, changed, read, taken away, and what each write answers.

use serde_json::{Value, json};

use super::{Rig, check};

#[test]
fn an_item_is_there_until_it_is_deleted() {
    let mut rig = Rig::with_tables();
    let item = json!({
        "p": {"S": "a"}, "n": {"N": "1.50"}, "b": {"B": "AAE="}, "yes": {"BOOL": true}, "none": {"NULL": true},
        "ss": {"SS": ["x", "y"]}, "l": {"L": [{"S": ""}, {"M": {"k": {"N": "-7"}}}]},
    });
    let mut stored = item.clone();
    stored["n"] = json!({"N": "1.5"});
    check(&mut rig, "PutItem", json!({"TableName": "plain", "Item": item}), json!({}));
    let key = json!({"TableName": "plain", "Key": {"p": {"S": "a"}}});
    check(&mut rig, "GetItem", key.clone(), json!({"Item": stored}));
    check(&mut rig, "DeleteItem", key.clone(), json!({}));
    check(&mut rig, "GetItem", key.clone(), json!({}));
    check(&mut rig, "DeleteItem", key, json!({}));
}

#[test]
fn a_table_is_found_by_its_arn_too() {
    let mut rig = Rig::with_tables();
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/plain";
    let item = json!({"p": {"S": "a"}});
    check(
        &mut rig,
        "PutItem",
        json!({"TableName": arn, "Item": item, "ReturnConsumedCapacity": "TOTAL"}),
        json!({"ConsumedCapacity": {"TableName": arn, "CapacityUnits": 1.0}}),
    );
    check(&mut rig, "GetItem", json!({"TableName": arn, "Key": item}), json!({"Item": item}));
}

#[test]
fn a_write_answers_what_return_values_says() {
    let put = |item: Value, returned: &str| {
        ("PutItem", json!({"TableName": "plain", "Item": item, "ReturnValues": returned}))
    };
    let update = |expression: &str, returned: &str| {
        (
            "UpdateItem",
            json!({
                "TableName": "plain", "Key": {"p": {"S": "a"}}, "UpdateExpression": expression,
                "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": returned,
            }),
        )
    };
    let delete = |returned: &str| {
        ("DeleteItem", json!({"TableName": "plain", "Key": {"p": {"S": "a"}}, "ReturnValues": returned}))
    };
    let (old, new) = (json!({"p": {"S": "a"}, "x": {"N": "1"}}), json!({"p": {"S": "a"}, "x": {"N": "2"}}));
    let mut rig = Rig::with_tables();
    for ((operation, request), expected) in [
        (put(old.clone(), "ALL_OLD"), json!({})),
        (put(old.clone(), "ALL_OLD"), json!({"Attributes": old})),
        (put(old.clone(), "NONE"), json!({})),
        (update("SET x = x + :one", "ALL_OLD"), json!({"Attributes": old})),
        (update("SET x = x - :one", "ALL_NEW"), json!({"Attributes": old})),
        (update("ADD x :one", "UPDATED_NEW"), json!({"Attributes": {"x": {"N": "2"}}})),
        (update("SET y = :one", "UPDATED_OLD"), json!({})),
        (update("SET y = :one", "UPDATED_OLD"), json!({"Attributes": {"y": {"N": "1"}}})),
        (update("SET z = :one REMOVE y", "UPDATED_NEW"), json!({"Attributes": {"z": {"N": "1"}}})),
        (update("SET z = :one", "NONE"), json!({})),
        (delete("ALL_OLD"), json!({"Attributes": {"p": {"S": "a"}, "x": {"N": "2"}, "z": {"N": "1"}}})),
        (delete("ALL_OLD"), json!({})),
        (put(new.clone(), "NONE"), json!({})),
        (delete("ALL_OLD"), json!({"Attributes": new})),
    ] {
        check(&mut rig, operation, request, expected);
    }
}

#[test]
fn an_update_makes_an_item_unless_it_only_takes_away() {
    let mut rig = Rig::with_tables();
    for (more, expected) in [
        (json!({"UpdateExpression": "REMOVE x"}), json!([])),
        (json!({}), json!([{"p": {"S": "a"}}])),
        (
            json!({"UpdateExpression": "SET x = :v", "ExpressionAttributeValues": {":v": {"S": ""}}}),
            json!([{"p": {"S": "a"}, "x": {"S": ""}}]),
        ),
    ] {
        let mut request = json!({"TableName": "plain", "Key": {"p": {"S": "a"}}});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        rig.ok("UpdateItem", request);
        assert_eq!(rig.all("plain"), expected, "{more}");
    }
}

#[test]
fn a_condition_that_fails_changes_nothing_and_can_show_the_item() {
    let mut rig = Rig::with_tables();
    let item = json!({"p": {"S": "a"}, "x": {"N": "1"}});
    rig.ok("PutItem", json!({"TableName": "plain", "Item": item}));
    let common = json!({
        "TableName": "plain", "ConditionExpression": "x = :v", "ExpressionAttributeValues": {":v": {"N": "2"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    let key = json!({"p": {"S": "a"}});
    for (operation, more) in [
        ("PutItem", json!({"Item": {"p": {"S": "a"}}})),
        ("DeleteItem", json!({"Key": key})),
        ("UpdateItem", json!({"Key": key, "UpdateExpression": "SET x = :v"})),
    ] {
        let mut request = common.clone();
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let refusal = rig.ask(operation, request.clone()).expect_err("a refusal");
        assert_eq!(refusal.to_string(), "ConditionalCheckFailedException: The conditional request failed");
        assert_eq!(refusal.fields, [("Item", item.clone())], "{operation}");
        request["Key"]["p"]["S"] = json!("b");
        request["Item"]["p"]["S"] = json!("b");
        let refusal = rig.ask(operation, request).expect_err("a refusal");
        assert_eq!(refusal.fields, [], "{operation}: there is no item to show");
        assert_eq!(rig.all("plain"), json!([item]), "{operation}");
    }
}

#[test]
fn a_projection_answers_parts_and_an_empty_item_if_it_has_none() {
    let mut rig = Rig::with_tables();
    rig.ok(
        "PutItem",
        json!({"TableName": "plain", "Item": {"p": {"S": "a"}, "m": {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}}}),
    );
    for (more, expected) in [
        (json!({"ProjectionExpression": "m.y"}), json!({"Item": {"m": {"M": {"y": {"N": "2"}}}}})),
        (json!({"AttributesToGet": ["p", "nothing"]}), json!({"Item": {"p": {"S": "a"}}})),
        (json!({"ProjectionExpression": "nothing"}), json!({"Item": {}})),
    ] {
        let mut request = json!({"TableName": "plain", "Key": {"p": {"S": "a"}}});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        check(&mut rig, "GetItem", request, expected);
    }
}

#[test]
fn an_item_collection_is_measured_where_there_are_local_indexes() {
    let mut rig = Rig::with_tables();
    let item = json!({"p": {"S": "a"}, "s": {"N": "1"}});
    let measured = json!({"ItemCollectionMetrics": {
        "ItemCollectionKey": {"p": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0],
    }});
    check(
        &mut rig,
        "PutItem",
        json!({"TableName": "ranged", "Item": item, "ReturnItemCollectionMetrics": "SIZE"}),
        measured.clone(),
    );
    check(
        &mut rig,
        "UpdateItem",
        json!({"TableName": "ranged", "Key": item, "ReturnItemCollectionMetrics": "SIZE"}),
        measured.clone(),
    );
    check(
        &mut rig,
        "DeleteItem",
        json!({"TableName": "ranged", "Key": item, "ReturnItemCollectionMetrics": "SIZE"}),
        measured,
    );
    let item = json!({"p": {"S": "a"}});
    check(
        &mut rig,
        "PutItem",
        json!({"TableName": "plain", "Item": item, "ReturnItemCollectionMetrics": "SIZE"}),
        json!({}),
    );
}
