//! Global tables in a tank, as clients see them.

use serde_json::{Value, json};
use wavetank_wire::WireError;

use crate::services::dynamodb::backup::tests::rig::Rig;
use crate::world::{Rule, Verdict};

/// A table `tab` of us-east-1, called there, with replicas in these regions.
async fn replicated(regions: &[&str]) -> Rig {
    let rig = Rig::new().await;
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    let table = json!({
        "TableName": "tab", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [attribute("p", "S"), attribute("s", "N")],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
    });
    rig.ask("CreateTable", table).await;
    rig.wait(1).await;
    rig.put("a", 1).await;
    for region in regions {
        rig.ask("UpdateTable", create(region)).await;
        rig.wait(5).await;
    }
    rig
}

fn create(region: &str) -> Value {
    json!({"TableName": "tab", "ReplicaUpdates": [{"Create": {"RegionName": region}}]})
}

fn delete(region: &str) -> Value {
    json!({"TableName": "tab", "ReplicaUpdates": [{"Delete": {"RegionName": region}}]})
}

async fn replicas(rig: &Rig) -> String {
    let table = rig.ask("DescribeTable", json!({"TableName": "tab"})).await["Table"].take();
    let replicas = table["Replicas"].as_array().cloned().unwrap_or_default();
    let shown = |it: &Value| {
        format!(
            "{} {}",
            it["RegionName"].as_str().unwrap_or("?"),
            it["ReplicaStatus"].as_str().unwrap_or("?")
        )
    };
    replicas.iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn writes_go_between_regions_and_are_in_their_streams() {
    let rig = replicated(&["eu-west-1"]).await;
    let europe = rig.in_region("eu-west-1");
    assert_eq!(
        (replicas(&rig).await, replicas(&europe).await),
        ("eu-west-1 ACTIVE".to_owned(), "us-east-1 ACTIVE".to_owned())
    );
    assert_eq!(europe.items("tab").await, ["a=1"], "what was there before");
    europe.put("b", 2).await;
    assert_eq!(rig.items("tab").await, ["a=1"], "not at once");
    rig.wait(1).await;
    assert_eq!(rig.items("tab").await, ["a=1", "b=2"]);
    let table = rig.ask("DescribeTable", json!({"TableName": "tab"})).await["Table"].take();
    assert_eq!(
        (&table["GlobalTableVersion"], &table["StreamSpecification"]["StreamViewType"]),
        (&json!("2019.11.21"), &json!("NEW_AND_OLD_IMAGES"))
    );
}

#[tokio::test]
async fn a_region_that_fails_catches_up() {
    let rig = replicated(&["eu-west-1"]).await;
    let europe = rig.in_region("eu-west-1");
    let down = Verdict::Fail(WireError::server("ServiceUnavailable", "eu-west-1 is down"));
    let rule = Rule { region: Some("eu-west-1".to_owned()), ..Rule::of_all(down) };
    let id = rig.tank.with_world(|world| world.add_fault(rule));
    assert_eq!(
        europe.refused("Scan", json!({"TableName": "tab"})).await,
        "ServiceUnavailable: eu-west-1 is down"
    );
    rig.put("a", 7).await;
    rig.wait(3_600).await;
    rig.tank.with_world(|world| world.remove_fault(id));
    rig.wait(1).await;
    assert_eq!(europe.items("tab").await, ["a=7"]);
}

#[tokio::test]
async fn the_lag_is_what_a_fault_rule_says() {
    let rig = replicated(&["eu-west-1"]).await;
    let europe = rig.in_region("eu-west-1");
    let slow = Verdict::Delay(std::time::Duration::from_secs(30));
    rig.tank.with_world(|world| world.add_fault(Rule::on("dynamodb", "Replicate", slow)));
    rig.put("a", 7).await;
    rig.wait(29).await;
    assert_eq!(europe.items("tab").await, ["a=1"]);
    rig.wait(1).await;
    assert_eq!(europe.items("tab").await, ["a=7"]);
}

#[tokio::test]
async fn replicas_share_what_aws_shares() {
    let rig = replicated(&["eu-west-1"]).await;
    let europe = rig.in_region("eu-west-1");
    let ttl =
        json!({"TableName": "tab", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "ends"}});
    europe.ask("UpdateTimeToLive", ttl).await;
    let shown = rig.ask("DescribeTimeToLive", json!({"TableName": "tab"})).await;
    assert_eq!(shown["TimeToLiveDescription"]["AttributeName"], "ends");
    let index = json!({"IndexName": "by-s", "KeySchema": [{"AttributeName": "s", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}});
    let update = json!({"TableName": "tab", "AttributeDefinitions": [{"AttributeName": "s", "AttributeType": "N"}], "GlobalSecondaryIndexUpdates": [{"Create": index}]});
    rig.ask("UpdateTable", update).await;
    rig.wait(10).await;
    assert_eq!(europe.ask("Scan", json!({"TableName": "tab", "IndexName": "by-s"})).await["Count"], 1);
    let off = json!({"TableName": "tab", "StreamSpecification": {"StreamEnabled": false}});
    assert_eq!(
        rig.refused("UpdateTable", off).await,
        "ValidationException: One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica."
    );
}

#[tokio::test]
async fn a_replica_goes_and_comes_again() {
    let rig = replicated(&["eu-west-1", "ap-northeast-1"]).await;
    let europe = rig.in_region("eu-west-1");
    europe.put("late", 5).await;
    rig.ask("UpdateTable", delete("eu-west-1")).await;
    assert_eq!(replicas(&rig).await, "ap-northeast-1 ACTIVE, eu-west-1 DELETING");
    rig.wait(5).await;
    assert_eq!(replicas(&rig).await, "ap-northeast-1 ACTIVE");
    europe.refused("DescribeTable", json!({"TableName": "tab"})).await;
    assert_eq!(rig.items("tab").await, ["a=1", "late=5"], "what it wrote last is not lost");
    rig.ask("UpdateTable", create("eu-west-1")).await;
    rig.wait(5).await;
    assert_eq!(europe.items("tab").await, ["a=1", "late=5"]);
    for region in ["eu-west-1", "ap-northeast-1"] {
        rig.ask("UpdateTable", delete(region)).await;
        rig.wait(5).await;
    }
    let table = rig.ask("DescribeTable", json!({"TableName": "tab"})).await["Table"].take();
    assert_eq!((&table["Replicas"], &table["GlobalTableVersion"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn replica_updates_are_refused_as_on_aws() {
    let rig = replicated(&["eu-west-1"]).await;
    let check = async |updates: Value, expected: &str| {
        let input = json!({"TableName": "tab", "ReplicaUpdates": updates});
        assert_eq!(
            rig.refused("UpdateTable", input).await,
            format!("ValidationException: {expected}"),
            "{updates}"
        );
    };
    let named = |kind: &str, region: &str| json!({kind: {"RegionName": region}});
    check(json!([named("Create", "eu-west-1")]), "Failed to create a the new replica of table with name: \u{2018}tab\u{2019} because one or more replicas already existed as tables.").await;
    check(json!([named("Create", "us-east-1")]), "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.").await;
    check(json!([named("Delete", "eu-west-2")]), "Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [eu-west-2].").await;
    check(
        json!([named("Update", "eu-west-1")]),
        "There are no actions specified in the Replica Update Action of the request.",
    )
    .await;
    check(json!([{}]), "There are no actions specified in the Replica Update Action of the request.").await;
    check(
        json!([named("Create", "eu-west-2"), named("Delete", "eu-west-1")]),
        "Update table operation with more than one create or delete replica actions not allowed",
    )
    .await;
    check(
        json!([{"Create": {"RegionName": "eu-west-2"}, "Delete": {"RegionName": "eu-west-1"}}]),
        "Update table operation with more than one type of replica actions not allowed.",
    )
    .await;
    let fake = rig.refused("UpdateTable", create("us-fake-1")).await;
    assert!(
        fake.starts_with(
            "ValidationException: Region us-fake-1 is not supported. The latest version of global tables"
        ),
        "{fake}"
    );
    let both = json!({"TableName": "tab", "DeletionProtectionEnabled": true, "ReplicaUpdates": [named("Create", "eu-west-2")]});
    assert_eq!(
        rig.refused("UpdateTable", both).await,
        "ValidationException: One or more parameter values were invalid: Replica modification must be the only operation in the request"
    );
    assert_eq!(
        rig.refused("DeleteTable", json!({"TableName": "tab"})).await,
        "ValidationException: Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours."
    );
    let provisioned = json!({
        "TableName": "units", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
    });
    rig.ask("CreateTable", provisioned).await;
    rig.wait(1).await;
    let input = json!({"TableName": "units", "ReplicaUpdates": [named("Create", "eu-west-1")]});
    assert_eq!(
        rig.refused("UpdateTable", input).await,
        "ValidationException: Table write capacity should either be Pay-Per-Request or AutoScaled."
    );
    rig.ask("UpdateTable", create("eu-west-2")).await;
    assert_eq!(
        rig.refused("UpdateTable", create("eu-west-3")).await,
        "ResourceInUseException: Attempt to change a resource which is still in use: Table is being updated: tab"
    );
}

#[tokio::test]
async fn a_replica_may_read_otherwise_and_be_of_another_class() {
    let rig = replicated(&["eu-west-1"]).await;
    let update = json!({
        "RegionName": "eu-west-1", "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
        "OnDemandThroughputOverride": {"MaxReadRequestUnits": 50},
    });
    rig.ask("UpdateTable", json!({"TableName": "tab", "ReplicaUpdates": [{"Update": update}]})).await;
    rig.wait(5).await;
    let table = async |rig: &Rig| rig.ask("DescribeTable", json!({"TableName": "tab"})).await["Table"].take();
    let (here, there) = (table(&rig).await, table(&rig.in_region("eu-west-1")).await);
    let told = &here["Replicas"][0];
    assert_eq!(
        (&told["OnDemandThroughputOverride"], &told["ReplicaTableClassSummary"]["TableClass"]),
        (&json!({"MaxReadRequestUnits": 50}), &json!("STANDARD_INFREQUENT_ACCESS"))
    );
    assert_eq!(
        (&there["OnDemandThroughput"]["MaxReadRequestUnits"], &there["TableClassSummary"]["TableClass"]),
        (&json!(50), &json!("STANDARD_INFREQUENT_ACCESS"))
    );
    assert!(here["OnDemandThroughput"].is_null(), "only there");
    let index = json!([{"IndexName": "none", "OnDemandThroughputOverride": {"MaxReadRequestUnits": 5}}]);
    let update = json!({"RegionName": "eu-west-1", "GlobalSecondaryIndexes": index});
    let refused =
        rig.refused("UpdateTable", json!({"TableName": "tab", "ReplicaUpdates": [{"Update": update}]})).await;
    assert!(refused.ends_with("The table does not have the specified index: none"), "{refused}");
}

#[tokio::test]
async fn a_write_that_loses_against_another_regions_is_shown_as_lost() {
    let rig = replicated(&["eu-west-1"]).await;
    rig.put("a", 2).await;
    rig.in_region("eu-west-1").put("a", 3).await;
    rig.wait(5).await;
    let lost = rig.tank.with_world(|world| world.undelivered());
    let [lost] = &lost[..] else { panic!("one, but {lost:?}") };
    assert_eq!(
        (lost.condition.as_str(), lost.place.as_str(), lost.first.as_str()),
        (
            "ReplicationConflict",
            r#"{"p":{"S":"a"},"s":{"N":"0"}}"#,
            r#"{"p":{"S":"a"},"s":{"N":"0"},"v":{"N":"3"}}"#
        )
    );
    assert!(lost.who.starts_with("arn:aws:dynamodb:eu-west-1:"), "{lost:?}");
}
