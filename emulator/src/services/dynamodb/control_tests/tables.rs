//! Tables come, change and go.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};

use super::{Rig, number, table};
use crate::services::dynamodb::value::item;

const SECOND: Duration = Duration::from_secs(1);

fn index(name: &str, key: &str) -> Value {
    json!({
        "IndexName": name,
        "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    })
}

#[test]
fn a_table_is_told_as_it_is_being_made_and_once_it_is() {
    let mut rig = Rig::new();
    let mut made = rig.ask("CreateTable", table("items", json!({})))["TableDescription"].clone();
    made["TableId"] = json!("drawn");
    made["CreationDateTime"] = json!("now");
    expect![[r#"
        {
          "AttributeDefinitions": [
            {
              "AttributeName": "id",
              "AttributeType": "S"
            }
          ],
          "BillingModeSummary": {
            "BillingMode": "PAY_PER_REQUEST"
          },
          "CreationDateTime": "now",
          "DeletionProtectionEnabled": false,
          "ItemCount": 0,
          "KeySchema": [
            {
              "AttributeName": "id",
              "KeyType": "HASH"
            }
          ],
          "ProvisionedThroughput": {
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": 0,
            "WriteCapacityUnits": 0
          },
          "TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/items",
          "TableId": "drawn",
          "TableName": "items",
          "TableSizeBytes": 0,
          "TableStatus": "CREATING",
          "WarmThroughput": {
            "ReadUnitsPerSecond": 12000,
            "Status": "CREATING",
            "WriteUnitsPerSecond": 4000
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&sorted(&made)).expect("JSON"));
    rig.advance(SECOND);
    let found = rig.table();
    assert_eq!(found["TableStatus"], "ACTIVE");
    assert_eq!(found["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"], found["CreationDateTime"]);
    assert_eq!(rig.deadline(), None, "a table at rest has nothing to do");
}

/// With members in the order of the alphabet, whatever the map's own order is.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut names: Vec<&String> = entries.keys().collect();
            names.sort();
            names.into_iter().map(|name| (name.clone(), sorted(&entries[name]))).collect()
        }
        Value::Array(entries) => entries.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn tables_are_listed_a_page_at_a_time_and_gone_when_they_are_deleted() {
    let mut rig = Rig::new();
    for name in ["ccc", "aaa", "bbb"] {
        rig.create(name, json!({}));
    }
    let page = rig.ask("ListTables", json!({ "Limit": 2 }));
    assert_eq!(page, json!({ "TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb" }));
    let rest = rig.ask("ListTables", json!({ "ExclusiveStartTableName": "bbb" }));
    assert_eq!(rest, json!({ "TableNames": ["ccc"] }));
    let gone = rig.ask("DeleteTable", json!({ "TableName": "aaa" }));
    assert_eq!(gone["TableDescription"]["TableStatus"], "DELETING");
    rig.advance(SECOND);
    assert_eq!(rig.ask("ListTables", json!({})), json!({ "TableNames": ["bbb", "ccc"] }));
}

#[test]
fn an_index_of_a_live_table_is_allocated_filled_and_active() {
    let mut rig = Rig::with_table(json!({}));
    rig.put("a", Some(item([("size", number(1))])));
    rig.put("b", Some(item([("other", number(1))])));
    let create = index("by-size", "size");
    rig.ask(
        "UpdateTable",
        json!({
            "TableName": "items",
            "AttributeDefinitions": [{ "AttributeName": "size", "AttributeType": "N" }],
            "GlobalSecondaryIndexUpdates": [{ "Create": create }],
        }),
    );
    let told = |rig: &mut Rig| {
        let table = rig.table();
        let index = &table["GlobalSecondaryIndexes"][0];
        format!(
            "{} {} {} {}",
            table["TableStatus"], index["IndexStatus"], index["Backfilling"], index["ItemCount"]
        )
    };
    assert_eq!(told(&mut rig), r#""UPDATING" "CREATING" false 0"#);
    rig.advance(Duration::from_millis(600));
    assert_eq!(told(&mut rig), r#""ACTIVE" "CREATING" true 1"#);
    rig.put("c", Some(item([("size", number(2))])));
    assert_eq!(told(&mut rig), r#""ACTIVE" "CREATING" true 2"#);
    rig.advance(SECOND);
    assert_eq!(told(&mut rig), r#""ACTIVE" "ACTIVE" null 2"#);
    let other = json!({ "TableName": "items", "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": "by-size" } }] });
    rig.ask("UpdateTable", other);
    assert_eq!(told(&mut rig), r#""UPDATING" "DELETING" null 2"#);
    rig.advance(Duration::from_secs(2));
    let table = rig.table();
    assert_eq!(table["GlobalSecondaryIndexes"], Value::Null);
    assert_eq!(
        table["AttributeDefinitions"].as_array().map(Vec::len),
        Some(1),
        "what is no key is not defined"
    );
}

#[test]
fn throughput_changes_when_updating_ends_and_falls_four_times_a_day_at_will() {
    let units = |read: i64| json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": 9 });
    let mut rig = Rig::with_table(json!({ "BillingMode": null, "ProvisionedThroughput": units(9) }));
    let update = |read: i64| json!({ "TableName": "items", "ProvisionedThroughput": units(read) });
    let begun = rig.ask("UpdateTable", update(8))["TableDescription"].clone();
    assert_eq!(
        (&begun["TableStatus"], &begun["ProvisionedThroughput"]["ReadCapacityUnits"]),
        (&json!("UPDATING"), &json!(9))
    );
    for read in [7, 6, 5] {
        rig.advance(SECOND);
        rig.ask("UpdateTable", update(read));
    }
    rig.advance(SECOND);
    let found = rig.table()["ProvisionedThroughput"].clone();
    assert_eq!((&found["ReadCapacityUnits"], &found["NumberOfDecreasesToday"]), (&json!(5), &json!(4)));
    expect!["ValidationException: The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the table: 9. Requested WriteCapacityUnits: 9. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."]
        .assert_eq(&rig.refused("UpdateTable", update(5)));
    let refusal = rig.refused("UpdateTable", update(4));
    assert!(refusal.contains("After the first 4 decreases") && refusal.contains("today: 4."), "{refusal}");
    rig.ask("UpdateTable", update(6));
    rig.advance(Duration::from_secs(3_600));
    rig.ask("UpdateTable", update(4));
    rig.advance(Duration::from_secs(86_400));
    assert_eq!(rig.table()["ProvisionedThroughput"]["NumberOfDecreasesToday"], 0);
}

#[test]
fn a_table_changes_how_it_is_paid_four_times_a_day() {
    let units = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    let mut rig = Rig::with_table(json!({ "BillingMode": null, "ProvisionedThroughput": units }));
    let to_demand = json!({ "TableName": "items", "BillingMode": "PAY_PER_REQUEST" });
    let back = json!({ "TableName": "items", "BillingMode": "PROVISIONED", "ProvisionedThroughput": units });
    for _ in 0..4 {
        rig.ask("UpdateTable", to_demand.clone());
        rig.advance(SECOND);
        assert_eq!(rig.table()["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
        rig.ask("UpdateTable", back.clone());
        rig.advance(SECOND);
        assert_eq!(rig.table()["ProvisionedThroughput"]["ReadCapacityUnits"], 1);
    }
    let refusal = rig.refused("UpdateTable", to_demand.clone());
    assert!(
        refusal.starts_with("LimitExceededException: Subscriber limit exceeded: Update to PayPerRequest"),
        "{refusal}"
    );
    rig.advance(Duration::from_secs(86_400));
    rig.ask("UpdateTable", to_demand);
}

#[test]
fn a_refused_change_changes_nothing() {
    let mut rig = Rig::with_table(json!({}));
    let before = rig.table();
    rig.refused(
        "UpdateTable",
        json!({
            "TableName": "items",
            "DeletionProtectionEnabled": true,
            "TableClass": "STANDARD_INFREQUENT_ACCESS",
            "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": "nowhere" } }],
        }),
    );
    assert_eq!(rig.table(), before);
}

#[test]
fn tags_policies_and_insights_are_kept() {
    let mut rig = Rig::with_table(json!({ "Tags": [{ "Key": "a", "Value": "1" }] }));
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/items";
    rig.ask("TagResource", json!({ "ResourceArn": arn, "Tags": [{ "Key": "b", "Value": "2" }] }));
    rig.ask("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["a"] }));
    let tags = rig.ask("ListTagsOfResource", json!({ "ResourceArn": arn }));
    assert_eq!(tags, json!({ "Tags": [{ "Key": "b", "Value": "2" }] }));
    let more: Vec<Value> = (0..11).map(|n| json!({ "Key": format!("c{n:02}"), "Value": "3" })).collect();
    rig.ask("TagResource", json!({ "ResourceArn": arn, "Tags": more }));
    let page = rig.ask("ListTagsOfResource", json!({ "ResourceArn": arn }));
    let rest = rig.ask("ListTagsOfResource", json!({ "ResourceArn": arn, "NextToken": page["NextToken"] }));
    assert_eq!(page["Tags"].as_array().map(Vec::len), Some(10));
    let last = |n: u32| json!({ "Key": format!("c{n:02}"), "Value": "3" });
    assert_eq!(rest, json!({ "Tags": [last(9), last(10)] }));
    expect!["ValidationException: Invalid NextToken"]
        .assert_eq(&rig.refused("ListTagsOfResource", json!({ "ResourceArn": arn, "NextToken": "x" })));
    expect!["PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: arn:aws:dynamodb:us-east-1:000000000000:table/items"]
        .assert_eq(&rig.refused("GetResourcePolicy", json!({ "ResourceArn": arn })));
    let policy = json!({ "Version": "2012-10-17", "Statement": [] }).to_string();
    let put = json!({ "ResourceArn": arn, "Policy": policy });
    let revision = rig.ask("PutResourcePolicy", put.clone())["RevisionId"].clone();
    rig.advance(SECOND);
    assert_eq!(
        rig.ask("PutResourcePolicy", put)["RevisionId"],
        revision,
        "the same policy is the same revision"
    );
    let wrong = json!({ "ResourceArn": arn, "ExpectedRevisionId": "1" });
    assert!(rig.refused("DeleteResourcePolicy", wrong).starts_with("PolicyNotFoundException"));
    assert_eq!(rig.ask("DeleteResourcePolicy", json!({ "ResourceArn": arn }))["RevisionId"], revision);
    let on = json!({ "TableName": "items", "ContributorInsightsAction": "ENABLE" });
    assert_eq!(rig.ask("UpdateContributorInsights", on)["ContributorInsightsStatus"], "ENABLING");
    rig.advance(SECOND);
    let found = rig.ask("DescribeContributorInsights", json!({ "TableName": "items" }));
    assert_eq!(found["ContributorInsightsStatus"], "ENABLED");
    assert_eq!(found["ContributorInsightsRuleList"].as_array().map(Vec::len), Some(2));
}
