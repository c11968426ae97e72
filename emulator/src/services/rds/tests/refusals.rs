//! What RDS refuses, in AWS's words, before any server is asked for.

use serde_json::{Value, json};

use super::{Rig, shop_with};

#[tokio::test]
async fn an_instance_that_will_not_do_is_refused() {
    let Some(rig) = Rig::with_postgres() else { return };
    let check = async |change: Value, expected: &str| {
        let refused = rig.ask("CreateDBInstance", shop_with(change.clone())).await;
        let refused = refused.expect_err(&change.to_string());
        assert!(refused.starts_with(expected), "{change}: {refused}");
    };
    check(json!({"Engine": "mysql"}), "NotImplemented: ").await;
    check(
        json!({"DBInstanceIdentifier": "1st"}),
        "InvalidParameterValue: The parameter DBInstanceIdentifier is not",
    )
    .await;
    check(
        json!({"DBInstanceIdentifier": "a--b"}),
        "InvalidParameterValue: The parameter DBInstanceIdentifier is not",
    )
    .await;
    check(
        json!({"DBInstanceIdentifier": "a".repeat(64)}),
        "InvalidParameterValue: The parameter DBInstanceId",
    )
    .await;
    check(
        json!({"DBInstanceClass": "t3.micro"}),
        "InvalidParameterValue: Invalid DB Instance class: t3.micro",
    )
    .await;
    check(json!({"MasterUserPassword": "short"}), "InvalidParameterValue: The parameter MasterUserPassword is not a valid password because it is shorter").await;
    check(
        json!({"MasterUserPassword": "with@sign-in-it"}),
        "InvalidParameterValue: The parameter MasterUserPassword is not a valid password. Only",
    )
    .await;
    check(
        json!({"MasterUserPassword": "x".repeat(129)}),
        "InvalidParameterValue: The parameter MasterUserPassword is not",
    )
    .await;
    check(
        json!({"MasterUserPassword": null}),
        "InvalidParameterValue: The parameter MasterUserPassword must be",
    )
    .await;
    check(json!({"MasterUsername": null}), "InvalidParameterValue: The parameter MasterUsername must be")
        .await;
    check(
        json!({"MasterUsername": "rdsadmin"}),
        "InvalidParameterValue: MasterUsername rdsadmin cannot be used",
    )
    .await;
    check(json!({"MasterUsername": "pg_me"}), "InvalidParameterValue: MasterUsername pg_me is not").await;
    check(json!({"AllocatedStorage": null}), "InvalidParameterValue: The parameter AllocatedStorage must be")
        .await;
    check(json!({"AllocatedStorage": 4}), "InvalidParameterValue: Invalid storage size").await;
    check(json!({"Port": 80}), "InvalidParameterValue: Invalid port. Must be between 1150 and 65535.").await;
    check(json!({"BackupRetentionPeriod": 36}), "InvalidParameterValue: Invalid backup retention period")
        .await;
    check(json!({"DBName": "with space"}), "InvalidParameterValue: Database name with space is not").await;
    for version in ["99", "9.6", "15.1", "15.99", "abc"] {
        let expected = format!("InvalidParameterCombination: Cannot find version {version} for postgres");
        check(json!({"EngineVersion": version}), &expected).await;
    }
    let group =
        json!({"DBParameterGroupName": "g12", "DBParameterGroupFamily": "postgres12", "Description": "d"});
    rig.done("CreateDBParameterGroup", group).await;
    let change = json!({"EngineVersion": "16", "DBParameterGroupName": "g12"});
    let said = "InvalidParameterCombination: The parameter group g12 with DBParameterGroupFamily postgres12 can't be used";
    check(change, said).await;
    check(json!({"DBSubnetGroupName": "none"}), "DBSubnetGroupNotFoundFault: ").await;
    check(json!({"DBParameterGroupName": "none"}), "DBParameterGroupNotFound: ").await;
    check(json!({"ManageMasterUserPassword": true}), "InvalidParameterCombination: ").await;
    check(json!({"DBClusterIdentifier": "c"}), "DBClusterNotFoundFault: DBCluster c not found.").await;
    assert_eq!(rig.done("DescribeDBInstances", json!({})).await["DBInstances"], json!([]));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let rig = Rig::new();
    let check = async |operation: &str, input: Value, expected: &str| {
        assert_eq!(rig.ask(operation, input).await.unwrap_err(), expected, "{operation}");
    };
    let none = json!({"DBInstanceIdentifier": "None"});
    for operation in
        ["DescribeDBInstances", "StartDBInstance", "StopDBInstance", "RebootDBInstance", "ModifyDBInstance"]
    {
        check(operation, none.clone(), "DBInstanceNotFound: DBInstance none not found.").await;
    }
    let delete = json!({"DBInstanceIdentifier": "none", "SkipFinalSnapshot": true});
    check("DeleteDBInstance", delete, "DBInstanceNotFound: DBInstance none not found.").await;
    let snapshot = json!({"DBSnapshotIdentifier": "none"});
    check("DescribeDBSnapshots", snapshot.clone(), "DBSnapshotNotFound: DBSnapshot none not found.").await;
    check("DeleteDBSnapshot", snapshot, "DBSnapshotNotFound: DBSnapshot none not found.").await;
    let cluster = json!({"DBClusterIdentifier": "none"});
    check("DescribeDBClusters", cluster, "DBClusterNotFoundFault: DBCluster none not found.").await;
    let filter = json!({"Filters": [{"Name": "engine", "Values": ["mysql"]}]});
    assert_eq!(rig.done("DescribeDBInstances", filter).await["DBInstances"], json!([]));
}
