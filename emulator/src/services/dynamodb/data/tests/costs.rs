//! What reads and writes cost.

use serde_json::{Value, json};

use super::{Rig, check};

fn text(bytes: usize) -> Value {
    json!({"S": "x".repeat(bytes)})
}

/// The units of an answer.
fn units(answer: &Value) -> f64 {
    answer["ConsumedCapacity"]["CapacityUnits"].as_f64().expect("units")
}

#[test]
fn reads_are_counted_by_4_kb_and_writes_by_1() {
    let mut rig = Rig::with_tables();
    // The item weighs two bytes of names and one of the key besides.
    for (bytes, write, read) in
        [(0, 1.0, 1.0), (1021, 1.0, 1.0), (1022, 2.0, 1.0), (4093, 4.0, 1.0), (4094, 5.0, 2.0)]
    {
        rig.ok("DeleteItem", json!({"TableName": "plain", "Key": {"p": {"S": "a"}}}));
        let item = json!({"p": {"S": "a"}, "x": text(bytes)});
        let put =
            rig.ok("PutItem", json!({"TableName": "plain", "Item": item, "ReturnConsumedCapacity": "TOTAL"}));
        assert!((units(&put) - write).abs() < f64::EPSILON, "{bytes}: {put}");
        for (is_consistent, factor) in [(true, 1.0), (false, 0.5)] {
            let get = rig.ok("GetItem", json!({
                "TableName": "plain", "Key": {"p": {"S": "a"}}, "ReturnConsumedCapacity": "TOTAL", "ConsistentRead": is_consistent,
                "ProjectionExpression": "p",
            }));
            assert!((units(&get) - read * factor).abs() < f64::EPSILON, "{bytes}: {get}");
        }
    }
}

#[test]
fn a_write_costs_what_the_larger_of_both_items_costs() {
    let mut rig = Rig::with_tables();
    rig.ok("PutItem", json!({"TableName": "plain", "Item": {"p": {"S": "a"}, "x": text(2500)}}));
    let total = |mut request: Value| {
        request["TableName"] = json!("plain");
        request["ReturnConsumedCapacity"] = json!("TOTAL");
        request
    };
    let costs = |units: f64| json!({"ConsumedCapacity": {"TableName": "plain", "CapacityUnits": units}});
    check(&mut rig, "PutItem", total(json!({"Item": {"p": {"S": "a"}}})), costs(3.0));
    check(&mut rig, "PutItem", total(json!({"Item": {"p": {"S": "a"}}})), costs(1.0));
    check(&mut rig, "DeleteItem", total(json!({"Key": {"p": {"S": "a"}}})), costs(1.0));
    check(&mut rig, "DeleteItem", total(json!({"Key": {"p": {"S": "none"}}})), costs(1.0));
    check(&mut rig, "GetItem", total(json!({"Key": {"p": {"S": "none"}}})), costs(0.5));
    check(
        &mut rig,
        "GetItem",
        total(json!({"Key": {"p": {"S": "none"}}, "ConsistentRead": true})),
        costs(1.0),
    );
}

#[test]
fn indexes_cost_what_changes_in_them() {
    let mut rig = Rig::with_tables();
    let mut put = |more: Value, total: f64, indexes: Value| {
        let mut item = json!({"p": {"S": "a"}, "s": {"N": "1"}});
        item.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let mut consumed =
            json!({"TableName": "ranged", "CapacityUnits": total, "Table": {"CapacityUnits": 1.0}});
        consumed.as_object_mut().expect("an object").extend(indexes.as_object().expect("an object").clone());
        check(
            &mut rig,
            "PutItem",
            json!({"TableName": "ranged", "Item": item, "ReturnConsumedCapacity": "INDEXES"}),
            json!({"ConsumedCapacity": consumed}),
        );
    };
    let unit = |units: f64| json!({"CapacityUnits": units});
    put(json!({}), 1.0, json!({}));
    put(json!({"rank": {"N": "1"}}), 2.0, json!({"LocalSecondaryIndexes": {"by-rank": unit(1.0)}}));
    put(json!({"rank": {"N": "2"}}), 3.0, json!({"LocalSecondaryIndexes": {"by-rank": unit(2.0)}}));
    put(json!({"rank": {"N": "2"}, "other": {"N": "2"}}), 1.0, json!({}));
    put(
        json!({"colour": {"S": "red"}}),
        3.0,
        json!({"LocalSecondaryIndexes": {"by-rank": unit(1.0)}, "GlobalSecondaryIndexes": {"whole": unit(1.0)}}),
    );
    put(
        json!({"colour": {"S": "red"}, "size": {"N": "1"}, "note": {"S": "n"}}),
        3.0,
        json!({"GlobalSecondaryIndexes": {"whole": unit(1.0), "by-colour": unit(1.0)}}),
    );
    put(
        json!({"colour": {"S": "red"}, "size": {"N": "1"}, "note": {"S": "m"}}),
        3.0,
        json!({"GlobalSecondaryIndexes": {"whole": unit(1.0), "by-colour": unit(1.0)}}),
    );
    put(
        json!({"colour": {"S": "blue"}, "size": {"N": "1"}, "note": {"S": "m"}}),
        5.0,
        json!({"GlobalSecondaryIndexes": {"whole": unit(2.0), "by-colour": unit(2.0)}}),
    );
}

#[test]
fn a_page_costs_its_sum_and_each_fetch_from_the_table_besides() {
    let mut rig = Rig::with_tables();
    for s in 0..4 {
        rig.put("a", s, json!({"rank": {"N": "1"}, "x": text(2000)}));
    }
    let mut query = json!({
        "TableName": "ranged", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}},
        "ReturnConsumedCapacity": "INDEXES", "Select": "COUNT", "ConsistentRead": true,
    });
    let mut costs = |query: &Value, expected: Value| {
        assert_eq!(rig.ok("Query", query.clone())["ConsumedCapacity"], expected, "{query}");
    };
    costs(&query, json!({"TableName": "ranged", "CapacityUnits": 2.0, "Table": {"CapacityUnits": 2.0}}));
    query["IndexName"] = json!("by-rank");
    costs(
        &query,
        json!({"TableName": "ranged", "CapacityUnits": 1.0, "Table": {"CapacityUnits": 0.0},
        "LocalSecondaryIndexes": {"by-rank": {"CapacityUnits": 1.0}}}),
    );
    query["Select"] = json!("ALL_ATTRIBUTES");
    costs(
        &query,
        json!({"TableName": "ranged", "CapacityUnits": 5.0, "Table": {"CapacityUnits": 4.0},
        "LocalSecondaryIndexes": {"by-rank": {"CapacityUnits": 1.0}}}),
    );
    query["ConsistentRead"] = json!(false);
    costs(
        &query,
        json!({"TableName": "ranged", "CapacityUnits": 2.5, "Table": {"CapacityUnits": 2.0},
        "LocalSecondaryIndexes": {"by-rank": {"CapacityUnits": 0.5}}}),
    );
    query["ExpressionAttributeValues"] = json!({":p": {"S": "nobody"}});
    costs(
        &query,
        json!({"TableName": "ranged", "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.0},
        "LocalSecondaryIndexes": {"by-rank": {"CapacityUnits": 0.5}}}),
    );
}
