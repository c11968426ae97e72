//! Every refusal in AWS's words.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{Rig, table};

fn check_create(and: Value, expected: Expect) {
    expected.assert_eq(&Rig::new().refused("CreateTable", table("abc", and)));
}

/// With two attributes, `a` and `b`.
fn two(and: Value) -> Value {
    let mut both = json!({
        "AttributeDefinitions": [
            { "AttributeName": "a", "AttributeType": "S" },
            { "AttributeName": "b", "AttributeType": "S" },
        ],
        "KeySchema": keys(&[("a", "HASH"), ("b", "RANGE")]),
    });
    for (member, value) in and.as_object().expect("members") {
        both[member] = value.clone();
    }
    both
}

fn keys(all: &[(&str, &str)]) -> Value {
    let key = |(name, kind): &(&str, &str)| json!({ "AttributeName": name, "KeyType": kind });
    all.iter().map(key).collect()
}

fn index(name: &str, all: &[(&str, &str)], projection: Value) -> Value {
    json!({ "IndexName": name, "KeySchema": keys(all), "Projection": projection })
}

fn all() -> Value {
    json!({ "ProjectionType": "ALL" })
}

#[test]
fn a_table_with_wrong_names_or_throughput_is_refused() {
    for name in ["a;", "ab"] {
        expect!["ValidationException: TableName must be at least 3 characters long and at most 255 characters long"]
            .assert_eq(&Rig::new().refused("CreateTable", table(name, json!({}))));
    }
    check_create(
        json!({ "TableName": "abc;" }),
        expect![
            "ValidationException: 1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        ],
    );
    check_create(
        json!({ "AttributeDefinitions": null, "KeySchema": null }),
        expect![
            "ValidationException: 2 validation errors detected: Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null; Value null at 'keySchema' failed to satisfy constraint: Member must not be null"
        ],
    );
    check_create(
        json!({ "BillingMode": null }),
        expect![
            "ValidationException: One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        ],
    );
    let units = |read: i64, write: i64| json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
    check_create(
        json!({ "ProvisionedThroughput": units(1, 1) }),
        expect![
            "ValidationException: One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        ],
    );
    check_create(
        json!({ "BillingMode": null, "ProvisionedThroughput": units(1_000_000_000_001, 1) }),
        expect!["ValidationException: Given value 1000000000001 for ReadCapacityUnits is out of bounds"],
    );
    check_create(
        json!({ "BillingMode": null, "ProvisionedThroughput": units(1, 1_000_000_000_001) }),
        expect!["ValidationException: Given value 1000000000001 for WriteCapacityUnits is out of bounds"],
    );
}

#[test]
fn a_table_whose_keys_do_not_fit_its_attributes_is_refused() {
    check_create(
        json!({ "AttributeDefinitions": [] }),
        expect!["ValidationException: Invalid KeySchema: Some index key attribute have no definition"],
    );
    check_create(
        json!({ "KeySchema": keys(&[("x", "HASH")]) }),
        expect![
            "ValidationException: One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [x], AttributeDefinitions: [id]"
        ],
    );
    check_create(
        two(json!({ "KeySchema": keys(&[("a", "HASH"), ("a", "HASH")]) })),
        expect![
            "ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the same name"
        ],
    );
    check_create(
        two(json!({ "KeySchema": keys(&[("a", "HASH"), ("b", "HASH")]) })),
        expect![
            "ValidationException: Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
        ],
    );
    check_create(
        two(json!({ "KeySchema": keys(&[("a", "RANGE"), ("b", "HASH")]) })),
        expect!["ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type"],
    );
    check_create(
        two(json!({ "KeySchema": keys(&[("a", "HASH")]) })),
        expect![
            "ValidationException: One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
        ],
    );
    let by_a = index("abc", &[("a", "HASH")], all());
    check_create(
        two(json!({ "KeySchema": keys(&[("a", "HASH")]), "GlobalSecondaryIndexes": [by_a] })),
        expect![
            "ValidationException: One or more parameter values were invalid: Some AttributeDefinitions are not used. AttributeDefinitions: [a, b], keys used: [a]"
        ],
    );
}

fn check_local(indexes: Value, expected: Expect) {
    check_create(two(json!({ "LocalSecondaryIndexes": indexes })), expected);
}

#[test]
fn a_local_index_that_does_not_fit_is_refused() {
    let both = [("a", "HASH"), ("b", "RANGE")];
    check_local(
        json!([]),
        expect![
            "ValidationException: One or more parameter values were invalid: List of LocalSecondaryIndexes is empty"
        ],
    );
    check_create(
        two(
            json!({ "KeySchema": keys(&[("a", "HASH")]), "LocalSecondaryIndexes": [index("abc", &both, all())] }),
        ),
        expect![
            "ValidationException: One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        ],
    );
    check_local(
        json!([index("abc", &[("c", "RANGE"), ("d", "RANGE")], all())]),
        expect![
            "ValidationException: One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [c, d], AttributeDefinitions: [a, b]"
        ],
    );
    check_local(
        json!([index("abc", &[("a", "HASH")], all())]),
        expect![
            "ValidationException: One or more parameter values were invalid: Index KeySchema does not have a range key for index: abc"
        ],
    );
    check_local(
        json!([index("abc", &[("b", "HASH"), ("a", "RANGE")], all())]),
        expect![
            "ValidationException: One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. index hash key: b, table hash key: a"
        ],
    );
    check_local(
        json!([index("abc", &both, json!({}))]),
        expect![
            "ValidationException: One or more parameter values were invalid: Unknown ProjectionType: null"
        ],
    );
    check_local(
        json!([index("abc", &both, json!({ "ProjectionType": "ALL", "NonKeyAttributes": ["c"] }))]),
        expect![
            "ValidationException: One or more parameter values were invalid: ProjectionType is ALL, but NonKeyAttributes is specified"
        ],
    );
    check_local(
        json!([index("abc", &both, all()), index("abc", &both, all())]),
        expect!["ValidationException: One or more parameter values were invalid: Duplicate index name: abc"],
    );
    let six: Value = (0..6).map(|n| index(&format!("abc{n}"), &both, all())).collect();
    check_local(
        six,
        expect![
            "ValidationException: One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of 5"
        ],
    );
}

#[test]
fn a_global_index_that_does_not_fit_is_refused() {
    let both = [("a", "HASH"), ("b", "RANGE")];
    let check = |indexes: Value, expected: Expect| {
        check_create(two(json!({ "GlobalSecondaryIndexes": indexes })), expected);
    };
    check(
        json!([]),
        expect![
            "ValidationException: One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty"
        ],
    );
    check(
        json!([index("abc", &[("b", "RANGE")], all())]),
        expect!["ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type"],
    );
    let mut dear = index("abc", &both, all());
    dear["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    check(
        json!([dear]),
        expect![
            "ValidationException: One or more parameter values were invalid: ProvisionedThroughput should not be specified for index: abc when BillingMode is PAY_PER_REQUEST"
        ],
    );
    let many: Value = (0..21).map(|n| index(&format!("abc{n}"), &both, all())).collect();
    check(
        many,
        expect![
            "ValidationException: One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of 20"
        ],
    );
    check_create(
        two(json!({
            "LocalSecondaryIndexes": [index("abc", &both, all())],
            "GlobalSecondaryIndexes": [index("abc", &both, all())],
        })),
        expect!["ValidationException: One or more parameter values were invalid: Duplicate index name: abc"],
    );
}

#[test]
fn a_table_in_the_way_of_another_or_of_a_change_is_refused() {
    let mut rig = Rig::new();
    rig.ask("CreateTable", table("items", json!({})));
    let mut check = |operation: &str, input: Value, expected: Expect| {
        expected.assert_eq(&rig.refused(operation, input));
    };
    check(
        "CreateTable",
        table("items", json!({})),
        expect!["ResourceInUseException: Table already exists: items"],
    );
    let name = json!({ "TableName": "items" });
    check(
        "DeleteTable",
        name.clone(),
        expect![
            "ResourceInUseException: Attempt to change a resource which is still in use: Table is being created: items"
        ],
    );
    for operation in ["DescribeTable", "DeleteTable", "DescribeTimeToLive"] {
        check(
            operation,
            json!({ "TableName": "other" }),
            expect!["ResourceNotFoundException: Requested resource not found: Table: other not found"],
        );
    }
    rig.advance(std::time::Duration::from_secs(1));
    rig.ask("UpdateTable", json!({ "TableName": "items", "DeletionProtectionEnabled": true }));
    rig.advance(std::time::Duration::from_secs(1));
    expect!["ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."]
        .assert_eq(&rig.refused("DeleteTable", name));
}

#[test]
fn a_change_of_a_table_that_says_nothing_or_too_much_is_refused() {
    let mut rig = Rig::with_table(json!({}));
    let mut check = |and: Value, expected: Expect| {
        let mut input = json!({ "TableName": "items" });
        for (member, value) in and.as_object().expect("members") {
            input[member] = value.clone();
        }
        expected.assert_eq(&rig.refused("UpdateTable", input));
    };
    check(
        json!({ "GlobalSecondaryIndexUpdates": [] }),
        expect![
            "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        ],
    );
    check(
        json!({ "BillingMode": "PROVISIONED" }),
        expect![
            "ValidationException: One or more parameter values were invalid: ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        ],
    );
    check(
        json!({ "GlobalSecondaryIndexUpdates": [{}] }),
        expect![
            "ValidationException: One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"
        ],
    );
    let delete = |name: &str| json!({ "Delete": { "IndexName": name } });
    check(
        json!({ "GlobalSecondaryIndexUpdates": [delete("abc"), delete("abc")] }),
        expect![
            "ValidationException: One or more parameter values were invalid: Only one global secondary index update per index is allowed simultaneously. Index: abc"
        ],
    );
    check(
        json!({ "GlobalSecondaryIndexUpdates": [delete("abc"), delete("abd")] }),
        expect![
            "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        ],
    );
    check(
        json!({ "StreamSpecification": { "StreamEnabled": false } }),
        expect!["ValidationException: Table does not have a stream to disable: TableName: items"],
    );
    let units = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    check(
        json!({ "ProvisionedThroughput": units }),
        expect![
            "ValidationException: One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        ],
    );
}

#[test]
fn tags_of_what_is_no_table_are_refused() {
    let mut rig = Rig::with_table(json!({}));
    let of = |name: &str| format!("arn:aws:dynamodb:us-east-1:000000000000:table/{name}");
    let mut check = |operation: &str, input: Value, expected: Expect| {
        expected.assert_eq(&rig.refused(operation, input));
    };
    check(
        "ListTagsOfResource",
        json!({ "ResourceArn": "a:b:c:d:e:f/g" }),
        expect!["ValidationException: Invalid TableArn: Invalid ResourceArn provided as input a:b:c:d:e:f/g"],
    );
    check(
        "ListTagsOfResource",
        json!({ "ResourceArn": of("other") }),
        expect![
            "ResourceNotFoundException: Requested resource not found: ResourcArn: arn:aws:dynamodb:us-east-1:000000000000:table/other not found"
        ],
    );
    check(
        "TagResource",
        json!({ "ResourceArn": of("items"), "Tags": [] }),
        expect!["ValidationException: Atleast one Tag needs to be provided as Input."],
    );
    check(
        "UntagResource",
        json!({ "ResourceArn": of("items"), "TagKeys": [] }),
        expect!["ValidationException: Atleast one Tag Key needs to be provided as Input."],
    );
}
