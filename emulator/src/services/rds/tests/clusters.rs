//! Aurora clusters: instances that share a server, and what is refused of them.

use serde_json::{Value, json};

use super::Rig;
use super::servers::sql;

const PASSWORD: &str = "correct-horse";

async fn create(rig: &Rig) {
    let cluster = json!({
        "DBClusterIdentifier": "Store", "Engine": "aurora-postgresql", "MasterUsername": "store", "MasterUserPassword": PASSWORD,
        "DatabaseName": "fashion",
    });
    rig.done("CreateDBCluster", cluster).await;
    for name in ["first", "second"] {
        rig.done("CreateDBInstance", member(name, json!({}))).await;
        rig.wait(3).await;
    }
}

fn member(name: &str, change: Value) -> Value {
    let mut input = json!({
        "DBInstanceIdentifier": name, "DBInstanceClass": "db.r6g.large", "Engine": "aurora-postgresql",
        "DBClusterIdentifier": "store",
    });
    for (name, value) in change.as_object().cloned().unwrap_or_default() {
        input[name] = value;
    }
    input
}

async fn cluster(rig: &Rig, name: &str) -> Value {
    rig.done("DescribeDBClusters", json!({"DBClusterIdentifier": name})).await["DBClusters"][0].clone()
}

#[tokio::test]
async fn the_instances_of_a_cluster_share_one_server_that_outlives_them_in_a_snapshot() {
    let Some(rig) = Rig::with_postgres() else { return };
    create(&rig).await;
    let store = cluster(&rig, "store").await;
    assert_eq!((&store["Status"], &store["Endpoint"]), (&json!("available"), &json!("127.0.0.1")));
    let members: Vec<_> = store["DBClusterMembers"].as_array().cloned().unwrap_or_default();
    let members: Vec<_> =
        members.iter().map(|it| (&it["DBInstanceIdentifier"], &it["IsClusterWriter"])).collect();
    assert_eq!(members, [(&json!("first"), &json!(true)), (&json!("second"), &json!(false))]);
    let (first, second) = (rig.instance("first").await, rig.instance("second").await);
    assert_eq!((&first["DBInstanceStatus"], &first["Endpoint"]), (&json!("available"), &second["Endpoint"]));
    assert_eq!(first["Endpoint"]["Port"], store["Port"]);
    let all = rig.done("DescribeDBInstances", json!({})).await;
    assert_eq!(all["DBInstances"].as_array().map(Vec::len), Some(2));
    sql(&first, PASSWORD, "CREATE TABLE t AS SELECT 7 AS n").await.unwrap();
    assert_eq!(sql(&second, PASSWORD, "SELECT n FROM t").await.unwrap(), ["7"]);

    let delete = json!({"DBClusterIdentifier": "store", "FinalDBSnapshotIdentifier": "last"});
    let refused = rig.ask("DeleteDBCluster", delete.clone()).await.unwrap_err();
    assert!(refused.starts_with("InvalidDBClusterStateFault: Cluster cannot be deleted"), "{refused}");
    for name in ["first", "second"] {
        rig.done("DeleteDBInstance", json!({"DBInstanceIdentifier": name, "SkipFinalSnapshot": true})).await;
    }
    rig.wait(2).await;
    rig.done("DeleteDBCluster", delete).await;
    rig.wait(3).await;
    assert_eq!(rig.done("DescribeDBClusters", json!({})).await["DBClusters"], json!([]));
    assert_eq!(rig.done("DescribeDBSnapshots", json!({})).await["DBSnapshots"], json!([]));
    let restore =
        json!({"DBClusterIdentifier": "again", "SnapshotIdentifier": "last", "Engine": "aurora-postgresql"});
    rig.done("RestoreDBClusterFromSnapshot", restore).await;
    rig.wait(5).await;
    let again = cluster(&rig, "again").await;
    assert_eq!((&again["Status"], &again["MasterUsername"]), (&json!("available"), &json!("store")));
    rig.done("CreateDBInstance", member("third", json!({"DBClusterIdentifier": "again"}))).await;
    rig.wait(3).await;
    assert_eq!(sql(&rig.instance("third").await, PASSWORD, "SELECT n FROM t").await.unwrap(), ["7"]);
    assert!(rig.events().await.contains(&"store: DB cluster deleted".to_owned()), "{:?}", rig.events().await);
}

#[tokio::test]
async fn what_a_cluster_or_its_instance_does_not_do_is_refused() {
    let Some(rig) = Rig::with_postgres() else { return };
    create(&rig).await;
    let check = async |operation: &str, input: Value, expected: &str| {
        let refused = rig.ask(operation, input.clone()).await.expect_err(&input.to_string());
        assert!(refused.starts_with(expected), "{operation}: {refused}");
    };
    let whole = json!({
        "DBClusterIdentifier": "other", "Engine": "aurora-postgresql", "MasterUsername": "store", "MasterUserPassword": PASSWORD,
    });
    let other = |name: &str, value: Value| {
        let mut input = whole.clone();
        input[name] = value;
        input
    };
    check("CreateDBCluster", other("DBClusterIdentifier", json!("STORE")), "DBClusterAlreadyExistsFault: ")
        .await;
    check("CreateDBCluster", other("Engine", json!("aurora-mysql")), "NotImplemented: ").await;
    let version = "InvalidParameterCombination: Cannot find version 9 for aurora-postgresql";
    check("CreateDBCluster", other("EngineVersion", json!("9")), version).await;
    check("CreateDBCluster", other("MasterUserPassword", json!("short")), "InvalidParameterValue: ").await;
    check(
        "CreateDBInstance",
        member("x", json!({"Engine": "postgres"})),
        "InvalidParameterCombination: The engine",
    )
    .await;
    check(
        "CreateDBInstance",
        member("x", json!({"MasterUsername": "m"})),
        "InvalidParameterCombination: The req",
    )
    .await;
    check("CreateDBInstance", member("x", json!({"DBClusterIdentifier": "no"})), "DBClusterNotFoundFault: ")
        .await;
    let first = json!({"DBInstanceIdentifier": "first"});
    check(
        "StopDBInstance",
        first.clone(),
        "InvalidParameterCombination: aurora-postgresql DB Instances are not",
    )
    .await;
    check("DescribeDBInstances", json!({"DBInstanceIdentifier": "cluster:store"}), "DBInstanceNotFound: ")
        .await;
    rig.done("StopDBCluster", json!({"DBClusterIdentifier": "store"})).await;
    rig.wait(2).await;
    assert_eq!(rig.status("first").await, "stopped");
    rig.done("StartDBCluster", json!({"DBClusterIdentifier": "store"})).await;
    rig.wait(2).await;
    assert_eq!(rig.status("first").await, "available");
    check(
        "DescribeDBClusterSnapshots",
        json!({"DBClusterSnapshotIdentifier": "no"}),
        "DBClusterSnapshotNotFoundFault: ",
    )
    .await;
}
