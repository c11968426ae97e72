//! Refusals, with AWS's sentences.

use serde_json::{Value, json};

use super::{Rig, check_refusal};

const NO_TABLE: &str = "ResourceNotFoundException: Requested resource not found";
const NOT_THE_SCHEMA: &str = "The provided key element does not match the schema";

fn on(table: &str, more: Value) -> Value {
    let mut request = json!({"TableName": table});
    request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    request
}

#[test]
fn tables_that_are_not_there_yet_or_any_more_are_none() {
    let mut rig = Rig::with_tables();
    let key = json!({"p": {"S": "a"}});
    for (name, expected) in [
        ("none", NO_TABLE.to_owned()),
        ("no", NO_TABLE.to_owned()),
        ("arn:aws:dynamodb:us-east-1:000000000000:table/none", NO_TABLE.to_owned()),
        ("arn:aws:dynamodb:eu-west-1:000000000000:table/plain", NO_TABLE.to_owned()),
        ("bad name!", "1 validation error detected: Value 'bad name!' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+".to_owned()),
        (&"a".repeat(256), format!("1 validation error detected: Value '{}' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255", "a".repeat(256))),
        ("", "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1".to_owned()),
    ] {
        check_refusal(&mut rig, "GetItem", on(name, json!({"Key": key})), &expected);
        check_refusal(&mut rig, "PutItem", on(name, json!({"Item": key})), &expected);
        check_refusal(&mut rig, "Scan", on(name, json!({})), &expected);
    }
    rig.ok("DeleteTable", json!({"TableName": "plain"}));
    check_refusal(&mut rig, "GetItem", on("plain", json!({"Key": key})), NO_TABLE);
    rig.ok("CreateTable", json!({
        "TableName": "new", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
    }));
    check_refusal(&mut rig, "PutItem", on("new", json!({"Item": key})), NO_TABLE);
}

#[test]
fn items_that_cannot_be_stored() {
    let mut rig = Rig::with_tables();
    let key = json!({"p": {"S": "a"}, "s": {"N": "1"}});
    let with = |more: Value| {
        let mut item = key.clone();
        item.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        item
    };
    for (item, expected) in [
        (
            json!({"p": {"S": "a"}}),
            "One or more parameter values were invalid: Missing the key s in the item",
        ),
        (
            json!({"p": {"N": "1"}, "s": {"N": "1"}}),
            "One or more parameter values were invalid: Type mismatch for key p expected: S actual: N",
        ),
        (
            json!({"p": {"S": ""}, "s": {"N": "1"}}),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
        ),
        (
            json!({"p": {"S": "x".repeat(2049)}, "s": {"N": "1"}}),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            with(json!({"rank": {"S": "1"}})),
            "One or more parameter values were invalid: Type mismatch for Index Key rank Expected: N Actual: S IndexName: by-rank",
        ),
        (
            with(json!({"colour": {"S": ""}})),
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by-colour, IndexKey: colour",
        ),
        (with(json!({"x": {"S": "x".repeat(409_595)}})), "Item size has exceeded the maximum allowed size"),
        (
            with(json!({"x": {}})),
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            with(json!({"x": {"S": "a", "N": "1"}})),
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ),
        (
            with(json!({"x": {"SS": []}})),
            "One or more parameter values were invalid: An string set  may not be empty",
        ),
        (
            with(json!({"x": {"NS": []}})),
            "One or more parameter values were invalid: An number set  may not be empty",
        ),
        (
            with(json!({"x": {"BS": []}})),
            "One or more parameter values were invalid: Binary sets should not be empty",
        ),
        (
            with(json!({"x": {"SS": ["a", "a"]}})),
            "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
        ),
        (with(json!({"x": {"NS": ["1", "1.0"]}})), "Input collection contains duplicates"),
        (
            with(json!({"x": {"NULL": false}})),
            "One or more parameter values were invalid: Null attribute value types must have the value of true",
        ),
        (with(json!({"x": {"N": ""}})), "The parameter cannot be converted to a numeric value"),
        (with(json!({"x": {"N": "b"}})), "The parameter cannot be converted to a numeric value: b"),
        (
            with(json!({"x": {"N": "1".repeat(39)}})),
            "Attempting to store more than 38 significant digits in a Number",
        ),
        (
            with(json!({"x": {"N": "1e126"}})),
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            with(json!({"x": {"N": "1e-131"}})),
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
    ] {
        check_refusal(&mut rig, "PutItem", on("ranged", json!({"Item": item})), expected);
        assert_eq!(rig.all("ranged"), json!([]));
    }
    let mut deep = json!({"S": ""});
    for _ in 0..33 {
        deep = json!({"L": [deep]});
    }
    check_refusal(
        &mut rig,
        "PutItem",
        on("ranged", json!({"Item": with(json!({"x": deep}))})),
        "Nesting Levels have exceeded supported limits: Attributes can be nested up to 32 levels deep",
    );
    rig.ok(
        "PutItem",
        on("ranged", json!({"Item": with(json!({"x": {"S": "x".repeat(409_500)}, "rank": {"N": "1"}}))})),
    );
}

#[test]
fn keys_that_are_not_the_tables() {
    let mut rig = Rig::with_tables();
    for (key, expected) in [
        (json!({}), NOT_THE_SCHEMA),
        (json!({"p": {"S": "a"}}), NOT_THE_SCHEMA),
        (json!({"p": {"S": "a"}, "q": {"N": "1"}}), NOT_THE_SCHEMA),
        (json!({"p": {"S": "a"}, "s": {"N": "1"}, "x": {"N": "1"}}), NOT_THE_SCHEMA),
        (json!({"p": {"S": "a"}, "s": {"S": "1"}}), NOT_THE_SCHEMA),
        (
            json!({"p": {"S": ""}, "s": {"N": "1"}}),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
        ),
        (
            json!({"p": {"S": "a"}, "s": {"N": "x"}}),
            "The parameter cannot be converted to a numeric value: x",
        ),
    ] {
        for operation in ["GetItem", "DeleteItem", "UpdateItem"] {
            check_refusal(&mut rig, operation, on("ranged", json!({"Key": key})), expected);
        }
    }
}

#[test]
fn return_values_that_an_operation_does_not_have() {
    let mut rig = Rig::with_tables();
    let key = json!({"p": {"S": "a"}});
    for returned in ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"] {
        let expected = "ReturnValues can only be ALL_OLD or NONE";
        check_refusal(
            &mut rig,
            "PutItem",
            on("plain", json!({"Item": key, "ReturnValues": returned})),
            expected,
        );
        check_refusal(
            &mut rig,
            "DeleteItem",
            on("plain", json!({"Key": key, "ReturnValues": returned})),
            expected,
        );
    }
}

#[test]
fn updates_that_cannot_be_made() {
    let mut rig = Rig::with_tables();
    let item = json!({"p": {"S": "a"}, "s": {"N": "1"}, "x": {"S": "x"}, "n": {"N": "1"}, "big": {"S": "x".repeat(300_000)}});
    rig.ok("PutItem", on("ranged", json!({"Item": item})));
    for (expression, value, expected) in [
        (
            "SET p = :v",
            json!({"S": "b"}),
            "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
        ),
        (
            "SET #r = :v",
            json!({"S": "b"}),
            "One or more parameter values were invalid: Type mismatch for Index Key rank Expected: N Actual: S IndexName: by-rank",
        ),
        (
            "SET y = :v, #r = x",
            json!({"S": "b"}),
            "The update expression attempted to update the secondary index key to unsupported type",
        ),
        (
            "SET colour = :v",
            json!({"S": ""}),
            "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.",
        ),
        (
            "SET y = :v",
            json!({"S": "x".repeat(200_000)}),
            "Item size to update has exceeded the maximum allowed size",
        ),
        (
            "SET y = nothing + :v",
            json!({"N": "1"}),
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        ("ADD x :v", json!({"N": "1"}), "An operand in the update expression has an incorrect data type"),
        (
            "SET nothing.y = :v",
            json!({"N": "1"}),
            "The document path provided in the update expression is invalid for update",
        ),
    ] {
        let mut request = json!({
            "Key": {"p": {"S": "a"}, "s": {"N": "1"}}, "UpdateExpression": expression,
            "ExpressionAttributeValues": {":v": value},
        });
        if expression.contains("#r") {
            request["ExpressionAttributeNames"] = json!({"#r": "rank"});
        }
        check_refusal(&mut rig, "UpdateItem", on("ranged", request), expected);
        assert_eq!(rig.all("ranged"), json!([item]), "{expression}");
    }
}

#[test]
fn queries_and_scans_that_ask_for_what_is_not_there() {
    let mut rig = Rig::with_tables();
    let scan = |more: Value| on("ranged", more);
    let select = |select: &str| scan(json!({"Select": select}));
    for (request, expected) in [
        (scan(json!({"IndexName": "none"})), "The table does not have the specified index: none"),
        (
            scan(json!({"IndexName": "whole", "ConsistentRead": true})),
            "Consistent reads are not supported on global secondary indexes",
        ),
        (
            select("SPECIFIC_ATTRIBUTES"),
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        ),
        (
            select("ALL_PROJECTED_ATTRIBUTES"),
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
        (
            scan(json!({"Select": "COUNT", "ProjectionExpression": "p"})),
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            scan(json!({"Select": "ALL_ATTRIBUTES", "AttributesToGet": ["p"]})),
            "Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES",
        ),
        (
            scan(json!({"Select": "ALL_ATTRIBUTES", "IndexName": "by-colour"})),
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index by-colour because its projection type is not ALL",
        ),
        (
            scan(json!({"ProjectionExpression": "p, x, y", "IndexName": "by-colour"})),
            "One or more parameter values were invalid: Global secondary index by-colour does not project [x, y]",
        ),
        (
            scan(json!({"Segment": 0})),
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        ),
        (
            scan(json!({"TotalSegments": 2})),
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        ),
        (
            scan(json!({"Segment": 2, "TotalSegments": 2})),
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2",
        ),
        (
            scan(json!({"ProjectionExpression": "s.x"})),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: s",
        ),
        (
            scan(json!({"ProjectionExpression": "colour[1]"})),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: colour",
        ),
    ] {
        check_refusal(&mut rig, "Scan", request, expected);
    }
    let value = json!({":p": {"S": "a"}});
    let query = |condition: &str, more: Value| {
        let mut request =
            on("ranged", json!({"KeyConditionExpression": condition, "ExpressionAttributeValues": value}));
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        request
    };
    for (request, expected) in [
        (
            on("ranged", json!({})),
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ),
        (query("q = :p", json!({})), "Query condition missed key schema element: p"),
        (query("p > :p", json!({})), "Query key condition not supported"),
        (
            query("p = :p AND s = :p", json!({})),
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            query("p = :p", json!({"FilterExpression": "s = :p"})),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: s",
        ),
    ] {
        check_refusal(&mut rig, "Query", request, expected);
    }
}

#[test]
fn start_keys_that_a_read_could_not_have_ended_with() {
    let mut rig = Rig::with_tables();
    let scan = |key: Value| on("ranged", json!({"ExclusiveStartKey": key}));
    for (key, expected) in [
        (
            json!({"p": {"S": "a"}}),
            "The provided starting key is invalid: The provided key element does not match the schema",
        ),
        (
            json!({"p": {"S": "a"}, "s": {"S": "a"}}),
            "The provided starting key is invalid: The provided key element does not match the schema",
        ),
        (
            json!({"p": {}, "s": {"S": "a"}}),
            "The provided starting key is invalid: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            json!({"p": {"S": "a"}, "s": {"N": "x"}}),
            "The parameter cannot be converted to a numeric value: x",
        ),
    ] {
        check_refusal(&mut rig, "Scan", scan(key), expected);
    }
    let query = |condition: &str, start: Value| {
        let mut values = json!({":p": {"S": "a"}});
        if condition.contains(":s") {
            values[":s"] = json!({"N": "5"});
        }
        on(
            "ranged",
            json!({"KeyConditionExpression": condition, "ExpressionAttributeValues": values, "ExclusiveStartKey": start}),
        )
    };
    for (request, expected) in [
        (query("p = :p", json!({"p": {"S": "a"}})), "The provided starting key is invalid"),
        (
            query("p = :p", json!({"p": {"S": "b"}, "s": {"N": "1"}})),
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        (
            query("p = :p AND s > :s", json!({"p": {"S": "a"}, "s": {"N": "5"}})),
            "The provided starting key does not match the range key predicate",
        ),
    ] {
        check_refusal(&mut rig, "Query", request, expected);
    }
    let index = json!({"IndexName": "by-rank", "ExclusiveStartKey": {"p": {"S": "a"}, "s": {"N": "1"}}});
    check_refusal(&mut rig, "Scan", on("ranged", index), "The provided starting key is invalid");
}

#[test]
fn a_start_key_of_another_segment() {
    let mut rig = Rig::with_tables();
    let mut refused = 0;
    for segment in [0, 1] {
        let request = on(
            "plain",
            json!({"Segment": segment, "TotalSegments": 2, "ExclusiveStartKey": {"p": {"S": "a"}}}),
        );
        if let Err(refusal) = rig.ask("Scan", request) {
            refused += 1;
            assert_eq!(
                refusal.message,
                format!(
                    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: {segment}"
                )
            );
        }
    }
    assert_eq!(refused, 1);
}

#[test]
fn limits_of_the_model_in_dynamodbs_words() {
    let mut rig = Rig::with_tables();
    let expected = "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1";
    check_refusal(&mut rig, "Scan", on("t", json!({"Limit": 0})), expected);
    let keys: Vec<Value> = (0..101).map(|n| json!({"p": {"S": n.to_string()}})).collect();
    let expected = "1 validation error detected: Value at 'RequestItems.plain.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100";
    check_refusal(&mut rig, "BatchGetItem", json!({"RequestItems": {"plain": {"Keys": keys}}}), expected);
}

#[test]
fn batches_that_ask_for_too_much_or_twice() {
    let mut rig = Rig::with_tables();
    let keys =
        |count: usize| -> Vec<Value> { (0..count).map(|n| json!({"p": {"S": n.to_string()}})).collect() };
    let sorted = |count: usize| -> Vec<Value> {
        (0..count).map(|n| json!({"p": {"S": "a"}, "s": {"N": n.to_string()}})).collect()
    };
    for (items, expected) in [
        (
            json!({"plain": {"Keys": keys(60)}, "ranged": {"Keys": sorted(41)}}),
            "Too many items requested for the BatchGetItem call",
        ),
        (
            json!({"plain": {"Keys": [{"p": {"S": "a"}}, {"p": {"S": "a"}}]}}),
            "Provided list of item keys contains duplicates",
        ),
        (json!({"none": {"Keys": keys(1)}}), NO_TABLE),
        (json!({"plain": {"Keys": [{"q": {"S": "a"}}]}}), NOT_THE_SCHEMA),
    ] {
        check_refusal(&mut rig, "BatchGetItem", json!({"RequestItems": items}), expected);
    }
    let deletes = |keys: Vec<Value>| -> Vec<Value> {
        keys.into_iter().map(|key| json!({"DeleteRequest": {"Key": key}})).collect()
    };
    for (items, expected) in [
        (
            json!({"plain": deletes(keys(20)), "ranged": deletes(sorted(6))}),
            "Too many items requested for the BatchWriteItem call",
        ),
        (
            json!({"plain": [{"PutRequest": {"Item": {"p": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"p": {"S": "a"}}}}]}),
            "Provided list of item keys contains duplicates",
        ),
        (json!({"plain": [{"PutRequest": {"Item": {"q": {"S": "a"}}}}]}), NOT_THE_SCHEMA),
        (json!({"none": deletes(keys(1))}), NO_TABLE),
    ] {
        check_refusal(&mut rig, "BatchWriteItem", json!({"RequestItems": items}), expected);
    }
}
