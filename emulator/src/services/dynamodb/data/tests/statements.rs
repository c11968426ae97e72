//! PartiQL: single statements, batches, transactions.

use serde_json::{Value, json};

use super::{Rig, check, check_refusal};

fn rig() -> Rig {
    let mut rig = Rig::with_tables();
    for s in 1..=3 {
        rig.put("a", s, json!({"rank": {"N": (10 - s).to_string()}, "x": {"N": s.to_string()}}));
        rig.put("b", s, json!({}));
    }
    rig.ok("PutItem", json!({"TableName": "plain", "Item": {"p": {"S": "there"}, "x": {"N": "1"}}}));
    rig
}

/// Sort keys of the items of an answer.
fn sorts(answer: &Value) -> String {
    let items = answer["Items"].as_array().expect("items").iter();
    items.map(|item| item["s"]["N"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_select_reads_partitions_in_order_or_everything() {
    let mut rig = rig();
    for (statement, parameters, expected) in [
        ("SELECT * FROM ranged WHERE p = ?", json!([{"S": "a"}]), "1 2 3"),
        ("SELECT * FROM ranged WHERE p = 'a' ORDER BY s DESC", json!(null), "3 2 1"),
        ("SELECT * FROM ranged WHERE p = 'a' AND s > 1", json!(null), "2 3"),
        ("SELECT * FROM ranged WHERE p = 'a' AND x = 2", json!(null), "2"),
        ("SELECT * FROM ranged WHERE p IN ['b', 'a']", json!(null), "1 2 3 1 2 3"),
        ("SELECT * FROM \"ranged\".\"by-rank\" WHERE p = 'a'", json!(null), "3 2 1"),
        ("SELECT x FROM ranged WHERE p = 'a' AND s = 1", json!(null), "-"),
    ] {
        let answer = rig.ok("ExecuteStatement", json!({"Statement": statement, "Parameters": parameters}));
        assert_eq!(sorts(&answer), expected, "{statement}");
    }
    let answer = rig.ok("ExecuteStatement", json!({"Statement": "SELECT * FROM ranged WHERE x > 1"}));
    assert_eq!(answer["Items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_select_goes_on_with_its_token_and_with_no_other() {
    let mut rig = rig();
    let statement = "SELECT * FROM ranged WHERE p IN ['a', 'b']";
    let (mut request, mut found) = (json!({"Statement": statement, "Limit": 2}), Vec::new());
    loop {
        let answer = rig.ok("ExecuteStatement", request.clone());
        found.push(sorts(&answer));
        match answer.get("NextToken") {
            Some(token) => request["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(found.concat().replace(' ', ""), "123123");
    request["Statement"] = json!("SELECT * FROM ranged WHERE p IN ['a']");
    check_refusal(&mut rig, "ExecuteStatement", request, "Invalid NextToken");
}

#[test]
fn statements_write_single_items() {
    let mut rig = rig();
    let all = |rig: &mut Rig| rig.all("plain");
    for (statement, answer, stored) in [
        ("INSERT INTO plain VALUE {'p': 'new', 'x': 1}", json!({"Items": []}), 2),
        (
            "UPDATE plain SET x = x + 1 WHERE p = 'new' RETURNING MODIFIED NEW *",
            json!({"Items": [{"x": {"N": "2"}}]}),
            2,
        ),
        ("DELETE FROM plain WHERE p = 'none'", json!({"Items": []}), 2),
        (
            "DELETE FROM plain WHERE p = 'new' AND x = 2 RETURNING ALL OLD *",
            json!({"Items": [{"p": {"S": "new"}, "x": {"N": "2"}}]}),
            1,
        ),
    ] {
        check(&mut rig, "ExecuteStatement", json!({"Statement": statement}), answer);
        assert_eq!(all(&mut rig).as_array().map(Vec::len), Some(stored), "{statement}");
    }
}

#[test]
fn statements_that_are_refused() {
    let mut rig = rig();
    for (statement, expected) in [
        (
            "INSERT INTO plain VALUE {'p': 'there'}",
            "DuplicateItemException: Duplicate primary key exists in table",
        ),
        (
            "UPDATE plain SET x = 2 WHERE p = 'none'",
            "ConditionalCheckFailedException: The conditional request failed",
        ),
        (
            "UPDATE plain SET x = 2 WHERE p = 'there' AND x = 7",
            "ConditionalCheckFailedException: The conditional request failed",
        ),
        (
            "DELETE FROM plain WHERE p = 'there' AND x = 7",
            "ConditionalCheckFailedException: The conditional request failed",
        ),
        (
            "UPDATE plain SET x = 2 WHERE x = 1",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        ("SELECT * FROM none", "ResourceNotFoundException: Requested resource not found"),
        ("SELECT * FROM \"ranged\".\"none\"", "The table does not have the specified index: none"),
        (
            "INSERT INTO plain VALUE {'q': 1}",
            "One or more parameter values were invalid: Missing the key p in the item",
        ),
    ] {
        check_refusal(&mut rig, "ExecuteStatement", json!({"Statement": statement}), expected);
    }
    assert_eq!(rig.all("plain"), json!([{"p": {"S": "there"}, "x": {"N": "1"}}]));
}

#[test]
fn each_statement_of_a_batch_is_for_itself() {
    let mut rig = rig();
    check(
        &mut rig,
        "BatchExecuteStatement",
        json!({"Statements": [
            {"Statement": "SELECT x FROM plain WHERE p = 'there'"},
            {"Statement": "SELECT * FROM plain WHERE p = 'none'"},
            {"Statement": "SELECT * FROM none WHERE p = 'a'"},
            {"Statement": "SELECT * FROM ranged WHERE p = 'a'"},
        ]}),
        json!({"Responses": [
            {"TableName": "plain", "Item": {"x": {"N": "1"}}},
            {"TableName": "plain"},
            {"TableName": "none", "Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}},
            {"TableName": "ranged", "Error": {"Code": "ValidationError",
                "Message": "Select statements within BatchExecuteStatement must specify the primary key in the where clause."}},
        ]}),
    );
    check(
        &mut rig,
        "BatchExecuteStatement",
        json!({"Statements": [
            {"Statement": "INSERT INTO plain VALUE {'p': 'there'}"},
            {"Statement": "UPDATE plain SET x = 2 WHERE p = 'there' AND x = 7", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
            {"Statement": "INSERT INTO plain VALUE {'p': 'new'}"},
        ]}),
        json!({"Responses": [
            {"TableName": "plain", "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}},
            {"TableName": "plain", "Error": {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed",
                "Item": {"p": {"S": "there"}, "x": {"N": "1"}}}},
            {"TableName": "plain"},
        ]}),
    );
    assert_eq!(rig.all("plain").as_array().map(Vec::len), Some(2));
}

#[test]
fn statements_of_a_transaction_happen_together() {
    let mut rig = rig();
    let statements = |texts: &[&str]| -> Value {
        texts.iter().map(|text| json!({"Statement": text})).collect::<Vec<_>>().into()
    };
    check(
        &mut rig,
        "ExecuteTransaction",
        json!({"TransactStatements": statements(&[
            "INSERT INTO plain VALUE {'p': 'new'}", "UPDATE ranged SET x = 9 WHERE p = 'a' AND s = 1", "DELETE FROM ranged WHERE p = 'b' AND s = 1",
            "EXISTS(SELECT * FROM plain WHERE p = 'there' AND x = 1)",
        ])}),
        json!({"Responses": [{}, {}, {}, {}]}),
    );
    check(
        &mut rig,
        "ExecuteTransaction",
        json!({"TransactStatements": statements(&[
            "SELECT * FROM plain WHERE p = 'new'", "SELECT x FROM ranged WHERE p = 'a' AND s = 1", "SELECT * FROM ranged WHERE p = 'b' AND s = 1",
        ])}),
        json!({"Responses": [{"Item": {"p": {"S": "new"}}}, {"Item": {"x": {"N": "9"}}}, {}]}),
    );
    let before = (rig.all("plain"), rig.all("ranged"));
    for (texts, codes) in [
        (
            vec!["INSERT INTO plain VALUE {'p': 'other'}", "INSERT INTO plain VALUE {'p': 'there'}"],
            "[None, DuplicateItem]",
        ),
        (
            vec!["DELETE FROM plain WHERE p = 'there'", "EXISTS(SELECT * FROM plain WHERE p = 'none')"],
            "[None, ConditionalCheckFailed]",
        ),
        (
            vec!["DELETE FROM plain WHERE p = 'there'", "DELETE FROM plain WHERE x = 1"],
            "[None, ValidationError]",
        ),
    ] {
        let refusal = rig.refused("ExecuteTransaction", json!({"TransactStatements": statements(&texts)}));
        assert!(
            refusal.starts_with("TransactionCanceledException: ") && refusal.ends_with(codes),
            "{refusal}"
        );
        assert_eq!((rig.all("plain"), rig.all("ranged")), before);
    }
}
