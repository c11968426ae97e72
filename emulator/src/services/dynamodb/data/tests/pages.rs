//! Queries and scans: order, limits, start keys, selections, indexes, segments.

use serde_json::{Value, json};

use super::{Rig, check};

/// A query of `ranged` for the partition `a`, and more.
fn query(more: &Value) -> Value {
    let mut request = json!({
        "TableName": "ranged", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}},
    });
    request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    request
}

/// Sort keys of an answer, in order.
fn sorts(answer: &Value) -> Vec<i64> {
    let items = answer["Items"].as_array().expect("items");
    items.iter().map(|item| item["s"]["N"].as_str().expect("a number").parse().expect("small")).collect()
}

fn rig_with_ten() -> Rig {
    let mut rig = Rig::with_tables();
    for s in [5, 3, -1, 10, 9, 0, 2, 7, 8, 1] {
        rig.put("a", s, json!({"even": {"BOOL": s % 2 == 0}}));
    }
    rig.put("b", 4, json!({}));
    rig
}

#[test]
fn a_query_reads_its_part_of_a_partition_in_order() {
    let mut rig = rig_with_ten();
    let values = json!({":p": {"S": "a"}, ":v": {"N": "7"}, ":w": {"N": "9"}});
    for (condition, expected) in [
        ("p = :p AND s = :v", vec![7]),
        ("p = :p AND s < :v", vec![-1, 0, 1, 2, 3, 5]),
        ("p = :p AND s <= :v", vec![-1, 0, 1, 2, 3, 5, 7]),
        ("p = :p AND s > :v", vec![8, 9, 10]),
        ("p = :p AND s >= :v", vec![7, 8, 9, 10]),
        ("s BETWEEN :v AND :w AND p = :p", vec![7, 8, 9]),
    ] {
        for is_forward in [true, false] {
            let mut values = values.clone();
            if !condition.contains(":w") {
                values.as_object_mut().expect("an object").remove(":w");
            }
            let answer = rig.ok("Query", query(&json!({
                "KeyConditionExpression": condition, "ExpressionAttributeValues": values, "ScanIndexForward": is_forward,
            })));
            let mut expected = expected.clone();
            if !is_forward {
                expected.reverse();
            }
            assert_eq!(sorts(&answer), expected, "{condition}, forward: {is_forward}");
            assert_eq!(answer["Count"], json!(expected.len()));
            assert!(answer.get("LastEvaluatedKey").is_none());
        }
    }
}

#[test]
fn a_limit_counts_what_is_looked_at_and_tells_where_it_ended() {
    let mut rig = rig_with_ten();
    let more = json!({
        "Limit": 4, "FilterExpression": "even = :yes",
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":yes": {"BOOL": true}},
    });
    let answer = rig.ok("Query", query(&more));
    assert_eq!(sorts(&answer), [0, 2]);
    assert_eq!((&answer["Count"], &answer["ScannedCount"]), (&json!(2), &json!(4)));
    assert_eq!(answer["LastEvaluatedKey"], json!({"p": {"S": "a"}, "s": {"N": "2"}}));
    let answer = rig.ok("Query", query(&json!({"Limit": 10})));
    assert_eq!(answer["LastEvaluatedKey"], json!({"p": {"S": "a"}, "s": {"N": "10"}}), "though none follow");
    let start = json!({"ExclusiveStartKey": answer["LastEvaluatedKey"]});
    check(&mut rig, "Query", query(&start), json!({"Items": [], "Count": 0, "ScannedCount": 0}));
}

#[test]
fn a_page_ends_with_the_item_that_brings_it_to_a_megabyte() {
    let mut rig = Rig::with_tables();
    for s in 0..4 {
        rig.put("a", s, json!({"x": {"S": "x".repeat(390_000)}}));
    }
    for operation in ["Query", "Scan"] {
        let request = if operation == "Query" { query(&json!({})) } else { json!({"TableName": "ranged"}) };
        let answer = rig.ok(operation, request.clone());
        assert_eq!(sorts(&answer), [0, 1, 2], "{operation}");
        let mut rest = request;
        rest["ExclusiveStartKey"] = answer["LastEvaluatedKey"].clone();
        let answer = rig.ok(operation, rest);
        assert_eq!(sorts(&answer), [3], "{operation}");
        assert!(answer.get("LastEvaluatedKey").is_none());
    }
}

#[test]
fn a_selection_says_what_is_answered() {
    let mut rig = Rig::with_tables();
    let more = json!({"rank": {"N": "1"}, "colour": {"S": "red"}, "size": {"N": "2"}, "note": {"S": "n"}, "rest": {"S": "r"}});
    rig.put("a", 1, more.clone());
    let mut whole = json!({"p": {"S": "a"}, "s": {"N": "1"}});
    whole.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let part = |names: &[&str]| -> Value {
        Value::Object(names.iter().map(|name| ((*name).to_owned(), whole[*name].clone())).collect())
    };
    let of_colour =
        json!({"KeyConditionExpression": "colour = :p", "ExpressionAttributeValues": {":p": {"S": "red"}}});
    let by_colour = part(&["p", "s", "colour", "size", "note"]);
    for (index, more, expected) in [
        (None, json!({}), whole.clone()),
        (None, json!({"Select": "ALL_ATTRIBUTES"}), whole.clone()),
        (None, json!({"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "note"}), part(&["note"])),
        (Some("by-rank"), json!({}), part(&["p", "s", "rank"])),
        (Some("by-rank"), json!({"Select": "ALL_PROJECTED_ATTRIBUTES"}), part(&["p", "s", "rank"])),
        (Some("by-rank"), json!({"Select": "ALL_ATTRIBUTES"}), whole.clone()),
        (Some("by-rank"), json!({"ProjectionExpression": "p, rest"}), part(&["p", "rest"])),
        (Some("by-colour"), json!({}), by_colour.clone()),
        (Some("by-colour"), json!({"Select": "ALL_PROJECTED_ATTRIBUTES"}), by_colour.clone()),
        (Some("by-colour"), json!({"ProjectionExpression": "note"}), part(&["note"])),
        (Some("whole"), json!({"Select": "ALL_ATTRIBUTES"}), whole.clone()),
    ] {
        let mut request = query(&more);
        if let Some(index) = index {
            request["IndexName"] = json!(index);
        }
        if matches!(index, Some("by-colour" | "whole")) {
            request
                .as_object_mut()
                .expect("an object")
                .extend(of_colour.as_object().expect("an object").clone());
        }
        check(&mut rig, "Query", request, json!({"Items": [expected], "Count": 1, "ScannedCount": 1}));
    }
    check(&mut rig, "Query", query(&json!({"Select": "COUNT"})), json!({"Count": 1, "ScannedCount": 1}));
    check(
        &mut rig,
        "Scan",
        json!({"TableName": "ranged", "Select": "COUNT", "IndexName": "by-colour"}),
        json!({"Count": 1, "ScannedCount": 1}),
    );
}

#[test]
fn a_page_of_an_index_ends_with_the_keys_of_both() {
    let mut rig = Rig::with_tables();
    for s in [1, 2, 3] {
        rig.put("a", s, json!({"colour": {"S": "red"}, "size": {"N": "7"}}));
    }
    let mut request = json!({
        "TableName": "ranged", "IndexName": "by-colour", "Limit": 1,
        "KeyConditionExpression": "colour = :c", "ExpressionAttributeValues": {":c": {"S": "red"}},
    });
    for s in ["1", "2", "3"] {
        let answer = rig.ok("Query", request.clone());
        let key = json!({"p": {"S": "a"}, "s": {"N": s}, "colour": {"S": "red"}, "size": {"N": "7"}});
        assert_eq!(answer["LastEvaluatedKey"], key);
        request["ExclusiveStartKey"] = key;
    }
    check(&mut rig, "Query", request, json!({"Items": [], "Count": 0, "ScannedCount": 0}));
}

#[test]
fn segments_share_a_scan() {
    let mut rig = Rig::with_tables();
    for n in 0..200 {
        rig.ok("PutItem", json!({"TableName": "plain", "Item": {"p": {"S": format!("key {n}")}}}));
    }
    let mut found = Vec::new();
    for segment in 0..3 {
        let mut request = json!({"TableName": "plain", "Segment": segment, "TotalSegments": 3, "Limit": 30});
        loop {
            let answer = rig.ok("Scan", request.clone());
            found.extend(answer["Items"].as_array().expect("items").iter().map(ToString::to_string));
            match answer.get("LastEvaluatedKey") {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => break,
            }
        }
    }
    let all: Vec<String> =
        rig.all("plain").as_array().expect("items").iter().map(ToString::to_string).collect();
    assert_eq!(found, all);
}
