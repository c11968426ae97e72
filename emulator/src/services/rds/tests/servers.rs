//! Instances with their real servers: each status in its order, rows that stay, and what failures look like.

use std::net::TcpListener;

use serde_json::{Value, json};
use tokio_postgres::NoTls;

use super::{Rig, shop, shop_with};

/// Runs SQL as a client would, at the endpoint that is shown. The first column of the last rows comes back.
pub(super) async fn sql(instance: &Value, password: &str, text: &str) -> Result<Vec<String>, String> {
    let port = instance["Endpoint"]["Port"].as_i64().unwrap_or_default();
    let address = instance["Endpoint"]["Address"].as_str().unwrap_or_default();
    let asked = format!("host={address} port={port} user=store password={password} dbname=fashion");
    let told = |error: tokio_postgres::Error| {
        error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
    };
    let (client, connection) = tokio_postgres::connect(&asked, NoTls).await.map_err(told)?;
    let speaking = tokio::spawn(connection);
    let messages = client.simple_query(text).await.map_err(told)?;
    drop(client);
    drop(speaking.await);
    let rows = messages.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(rows.collect())
}

const PASSWORD: &str = "correct-horse";

#[tokio::test]
async fn an_instance_is_a_real_server_from_its_creation_to_its_end() {
    let Some(rig) = Rig::with_postgres() else { return };
    let made = rig.done("CreateDBInstance", shop()).await;
    assert_eq!(made["DBInstance"]["DBInstanceStatus"], "creating");
    assert_eq!(
        made["DBInstance"]["Endpoint"],
        Value::Null,
        "there is none before the server accepts connections"
    );
    rig.wait(2).await;
    assert_eq!(rig.status("shop").await, "backing-up");
    rig.wait(1).await;
    let shop = rig.instance("shop").await;
    assert_eq!(shop["DBInstanceStatus"], "available");
    sql(&shop, PASSWORD, "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)")
        .await
        .unwrap();
    let refused = sql(&shop, "wrong", "SELECT 1").await.unwrap_err();
    assert_eq!(refused, "password authentication failed for user \"store\"");
    let roles = "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user";
    assert_eq!(sql(&shop, PASSWORD, roles).await.unwrap(), ["false"], "the master user is no superuser");

    rig.done("StopDBInstance", json!({"DBInstanceIdentifier": "shop"})).await;
    assert_eq!(rig.status("shop").await, "stopping");
    rig.wait(1).await;
    assert_eq!(rig.status("shop").await, "stopped");
    assert!(sql(&shop, PASSWORD, "SELECT 1").await.is_err());
    rig.done("StartDBInstance", json!({"DBInstanceIdentifier": "shop"})).await;
    assert_eq!(rig.status("shop").await, "starting");
    rig.wait(1).await;
    let again = rig.instance("shop").await;
    assert_eq!((&again["DBInstanceStatus"], &again["Endpoint"]), (&json!("available"), &shop["Endpoint"]));
    assert_eq!(sql(&again, PASSWORD, "SELECT id FROM orders ORDER BY id").await.unwrap(), ["1", "2"]);

    let change = json!({"DBInstanceIdentifier": "shop", "MasterUserPassword": "battery-staple"});
    rig.done("ModifyDBInstance", change).await;
    assert_eq!(rig.status("shop").await, "modifying");
    rig.wait(1).await;
    assert!(sql(&again, PASSWORD, "SELECT 1").await.is_err());
    assert_eq!(sql(&again, "battery-staple", "SELECT 1").await.unwrap(), ["1"]);

    rig.done("DeleteDBInstance", json!({"DBInstanceIdentifier": "shop", "SkipFinalSnapshot": true})).await;
    assert_eq!(rig.status("shop").await, "deleting");
    rig.wait(1).await;
    assert!(rig.ask("DescribeDBInstances", json!({"DBInstanceIdentifier": "shop"})).await.is_err());
    assert!(sql(&again, "battery-staple", "SELECT 1").await.is_err());
    assert_eq!(
        rig.events().await,
        [
            "shop: DB instance created",
            "shop: Finished DB Instance backup",
            "shop: DB instance stopped",
            "shop: DB instance started",
            "shop: Reset master credentials",
            "shop: DB instance deleted",
        ]
    );
}

#[tokio::test]
async fn a_snapshot_has_the_rows_of_its_instant_and_outlives_its_instance() {
    let Some(rig) = Rig::with_postgres() else { return };
    rig.done("CreateDBInstance", shop_with(json!({"BackupRetentionPeriod": 0}))).await;
    rig.wait(2).await;
    let shop = rig.instance("shop").await;
    sql(&shop, PASSWORD, "CREATE TABLE t (v text); INSERT INTO t VALUES ('before')").await.unwrap();
    let snapshot = json!({"DBInstanceIdentifier": "shop", "DBSnapshotIdentifier": "Evening"});
    let made = rig.done("CreateDBSnapshot", snapshot.clone()).await;
    assert_eq!(made["DBSnapshot"]["Status"], "creating");
    rig.wait(1).await;
    assert_eq!(
        rig.events().await[1..],
        ["evening: Creating manual snapshot", "evening: Manual snapshot created"]
    );
    assert!(
        rig.ask("CreateDBSnapshot", snapshot).await.unwrap_err().starts_with("DBSnapshotAlreadyExists: ")
    );
    sql(&shop, PASSWORD, "INSERT INTO t VALUES ('after')").await.unwrap();
    let delete = json!({"DBInstanceIdentifier": "shop", "FinalDBSnapshotIdentifier": "last"});
    rig.done("DeleteDBInstance", delete).await;
    rig.wait(1).await;
    let copy = json!({"SourceDBSnapshotIdentifier": "evening", "TargetDBSnapshotIdentifier": "copy"});
    rig.done("CopyDBSnapshot", copy).await;
    rig.wait(1).await;
    rig.done("DeleteDBSnapshot", json!({"DBSnapshotIdentifier": "evening"})).await;
    for (name, from, rows) in [("a", "copy", vec!["before"]), ("b", "last", vec!["after", "before"])] {
        let restore = json!({"DBInstanceIdentifier": name, "DBSnapshotIdentifier": from});
        rig.done("RestoreDBInstanceFromDBSnapshot", restore).await;
        rig.wait(3).await;
        let instance = rig.instance(name).await;
        assert_eq!(instance["DBInstanceStatus"], "available", "{:?}", rig.events().await);
        assert_eq!(sql(&instance, PASSWORD, "SELECT v FROM t ORDER BY v").await.unwrap(), rows, "{from}");
    }
    let shown = rig.done("DescribeDBSnapshots", json!({"SnapshotType": "manual"})).await;
    let names = shown["DBSnapshots"].as_array().cloned().unwrap_or_default();
    let names: Vec<&Value> = names.iter().map(|one| &one["DBSnapshotIdentifier"]).collect();
    assert_eq!(names, ["copy", "last"]);
}

#[tokio::test]
async fn a_port_that_is_taken_fails_the_instance_and_an_event_says_why() {
    let Some(rig) = Rig::with_postgres() else { return };
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    rig.done("CreateDBInstance", shop_with(json!({"Port": port}))).await;
    rig.wait(2).await;
    assert_eq!(rig.status("shop").await, "failed");
    let said = format!("shop: port {port} of 127.0.0.1 is taken by another process");
    assert_eq!(rig.events().await, [said]);
    let refused = rig.ask("StartDBInstance", json!({"DBInstanceIdentifier": "shop"})).await.unwrap_err();
    assert_eq!(refused, "InvalidDBInstanceState: Instance shop is not in stopped state.");
    rig.done("DeleteDBInstance", json!({"DBInstanceIdentifier": "shop", "SkipFinalSnapshot": true})).await;
    rig.wait(1).await;
    drop(taken);
    rig.done("CreateDBInstance", shop_with(json!({"Port": port}))).await;
    rig.wait(3).await;
    let shop = rig.instance("shop").await;
    assert_eq!((&shop["DBInstanceStatus"], &shop["Endpoint"]["Port"]), (&json!("available"), &json!(port)));
}

#[tokio::test]
async fn parameters_reach_the_server_and_one_it_does_not_take_stops_it() {
    let Some(rig) = Rig::with_postgres() else { return };
    let group =
        json!({"DBParameterGroupName": "tuned", "DBParameterGroupFamily": "postgres15", "Description": "d"});
    rig.done("CreateDBParameterGroup", group).await;
    let set = async |name: &str, value: &str| {
        let set = json!({"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"});
        rig.done("ModifyDBParameterGroup", json!({"DBParameterGroupName": "tuned", "Parameters": [set]}))
            .await;
    };
    set("max_connections", "33").await;
    rig.done("CreateDBInstance", shop_with(json!({"DBParameterGroupName": "tuned"}))).await;
    rig.wait(3).await;
    let shop = rig.instance("shop").await;
    assert_eq!(sql(&shop, PASSWORD, "SHOW max_connections").await.unwrap(), ["33"]);
    set("log_timezone", "Mars/Moon").await;
    let status = rig.instance("shop").await["DBParameterGroups"][0]["ParameterApplyStatus"].clone();
    assert_eq!(status, "pending-reboot");
    rig.done("RebootDBInstance", json!({"DBInstanceIdentifier": "shop"})).await;
    assert_eq!(rig.status("shop").await, "rebooting");
    rig.wait(1).await;
    assert_eq!(rig.status("shop").await, "incompatible-parameters", "{:?}", rig.events().await);
    set("log_timezone", "UTC").await;
    set("max_connections", "34").await;
    rig.done("RebootDBInstance", json!({"DBInstanceIdentifier": "shop"})).await;
    rig.wait(1).await;
    assert_eq!(sql(&shop, PASSWORD, "SHOW max_connections").await.unwrap(), ["34"]);
}

#[tokio::test]
async fn rds_keeps_a_managed_password_in_secrets_manager() {
    let Some(rig) = Rig::with_postgres() else { return };
    let managed = json!({"MasterUserPassword": null, "ManageMasterUserPassword": true});
    rig.done("CreateDBInstance", shop_with(managed)).await;
    rig.wait(3).await;
    let shop = rig.instance("shop").await;
    let door = crate::executors::Door::new(rig.tank.clone(), crate::world::Scope::default());
    let secret = json!({"SecretId": shop["MasterUserSecret"]["SecretArn"]});
    let value = door.call("secretsmanager", "GetSecretValue", &secret).await.unwrap();
    let value: Value = serde_json::from_str(value["SecretString"].as_str().unwrap()).unwrap();
    let password = value["password"].as_str().unwrap();
    assert_eq!(sql(&shop, password, "SELECT current_user").await.unwrap(), ["store"]);
    rig.done("DeleteDBInstance", json!({"DBInstanceIdentifier": "shop", "SkipFinalSnapshot": true})).await;
    rig.wait(1).await;
    assert!(door.call("secretsmanager", "GetSecretValue", &secret).await.is_err());
}
