//! Backups, recovery, exports and imports in a tank, as clients see them.

pub(in crate::services) mod rig;
mod s3;

use serde_json::{Value, json};

use rig::{Rig, names};

/// A table with items a, b and c, a local and a global index, and whatever a restore leaves behind.
async fn furnished() -> Rig {
    let rig = Rig::new().await;
    let index = |name: &str, hash: &str, range: &str| {
        json!({
            "IndexName": name, "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": hash, "KeyType": "HASH"}, {"AttributeName": range, "KeyType": "RANGE"}],
        })
    };
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    let table = json!({
        "TableName": "things", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [attribute("p", "S"), attribute("s", "N"), attribute("v", "N")],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        "LocalSecondaryIndexes": [index("local", "p", "v")],
        "GlobalSecondaryIndexes": [index("global", "v", "s")],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
        "Tags": [{"Key": "team", "Value": "hull"}],
    });
    rig.ask("CreateTable", table).await;
    rig.wait(1).await;
    for (name, v) in [("a", 1), ("b", 2), ("c", 3)] {
        rig.put(name, v).await;
    }
    rig
}

fn backup_arn(answer: &Value) -> String {
    answer["BackupDetails"]["BackupArn"].as_str().expect("an ARN").to_owned()
}

#[tokio::test]
async fn a_backup_is_restored_as_it_was_made() {
    let rig = furnished().await;
    let made = rig.ask("CreateBackup", json!({"TableName": "things", "BackupName": "before"})).await;
    assert_eq!(made["BackupDetails"]["BackupStatus"], "CREATING");
    let arn = backup_arn(&made);
    rig.put("d", 4).await;
    let shown = rig.ask("DescribeBackup", json!({"BackupArn": arn})).await["BackupDescription"].take();
    assert_eq!(shown["BackupDetails"]["BackupStatus"], "AVAILABLE");
    assert_eq!(shown["SourceTableDetails"]["ItemCount"], 3);
    assert_eq!(shown["SourceTableFeatureDetails"]["StreamDescription"]["StreamViewType"], "NEW_IMAGE");

    let restore = json!({"BackupArn": arn, "TargetTableName": "again"});
    let restored = rig.ask("RestoreTableFromBackup", restore.clone()).await["TableDescription"].take();
    assert_eq!(
        (&restored["TableStatus"], &restored["RestoreSummary"]["RestoreInProgress"]),
        (&json!("CREATING"), &json!(true))
    );
    let check = async |operation: &str, input: Value, code: &str, message: String| {
        assert_eq!(rig.refused(operation, input).await, format!("{code}: {message}"));
    };
    check(
        "DeleteBackup",
        json!({"BackupArn": arn}),
        "BackupInUseException",
        format!("Backup is being used to restore table: {arn}"),
    )
    .await;
    check(
        "RestoreTableFromBackup",
        restore.clone(),
        "TableInUseException",
        format!("Table: again is already being restored from backup: {arn}"),
    )
    .await;
    let other = json!({"BackupArn": arn, "TargetTableName": "other"});
    check(
        "RestoreTableFromBackup",
        other,
        "BackupInUseException",
        format!("Backup is being used to restore another table: {arn}"),
    )
    .await;
    rig.wait(5).await;
    check(
        "RestoreTableFromBackup",
        restore,
        "TableAlreadyExistsException",
        "Table already exists: again".to_owned(),
    )
    .await;

    let table = rig.ask("DescribeTable", json!({"TableName": "again"})).await["Table"].take();
    assert_eq!(
        (&table["TableStatus"], &table["RestoreSummary"], &table["StreamSpecification"]),
        (&json!("ACTIVE"), &Value::Null, &Value::Null)
    );
    assert_eq!(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(rig.items("again").await, ["a=1", "b=2", "c=3"]);
    let by_index = rig.ask("Scan", json!({"TableName": "again", "IndexName": "global"})).await;
    assert_eq!(by_index["Count"], 3, "indexes are filled");
    let tags = rig.ask("ListTagsOfResource", json!({"ResourceArn": table["TableArn"]})).await;
    assert_eq!(tags["Tags"], json!([]));

    let gone = rig.ask("DeleteBackup", json!({"BackupArn": arn})).await;
    assert_eq!(gone["BackupDescription"]["BackupDetails"]["BackupStatus"], "DELETED");
    check(
        "DescribeBackup",
        json!({"BackupArn": arn}),
        "BackupNotFoundException",
        format!("Backup not found: {arn}"),
    )
    .await;
}

#[tokio::test]
async fn overrides_fit_or_are_refused() {
    let rig = furnished().await;
    let made = rig.ask("CreateBackup", json!({"TableName": "things", "BackupName": "one"})).await;
    let arn = backup_arn(&made);
    let with = |more: Value| {
        let mut input = json!({"BackupArn": arn, "TargetTableName": "other"});
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        input
    };
    let units = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
    let refusals = [
        (
            json!({"ProvisionedThroughputOverride": units}),
            "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
        ),
        (
            json!({"BillingModeOverride": "PROVISIONED"}),
            "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
        ),
        (
            json!({"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": units}),
            "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST",
        ),
        (
            json!({"BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": units}),
            "Must specify provisioned throughput for index global",
        ),
        (
            json!({"OnDemandThroughputOverride": {"MaxReadRequestUnits": 0}}),
            "Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range",
        ),
        (
            json!({"GlobalSecondaryIndexOverride": [{"IndexName": "new", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}),
            "Index new does not match a secondary index that existed in the source table and cannot be created during the restore operation",
        ),
    ];
    for (more, expected) in refusals {
        assert_eq!(
            rig.refused("RestoreTableFromBackup", with(more)).await,
            format!("ValidationException: Invalid Request: {expected}")
        );
    }
    let bare = json!({
        "GlobalSecondaryIndexOverride": [], "LocalSecondaryIndexOverride": [], "BillingModeOverride": "PROVISIONED",
        "ProvisionedThroughputOverride": units,
    });
    rig.ask("RestoreTableFromBackup", with(bare)).await;
    rig.wait(5).await;
    let table = rig.ask("DescribeTable", json!({"TableName": "other"})).await["Table"].take();
    assert_eq!(
        (&table["GlobalSecondaryIndexes"], &table["LocalSecondaryIndexes"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(table["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
}

#[tokio::test]
async fn backups_are_listed_in_pages_and_by_filters() {
    let rig = furnished().await;
    for name in ["one", "two", "two"] {
        rig.ask("CreateBackup", json!({"TableName": "things", "BackupName": name})).await;
        rig.wait(10).await;
    }
    let all = rig.ask("ListBackups", json!({"TableName": "things"})).await;
    assert_eq!(names(&all["BackupSummaries"], "BackupName"), ["one", "two", "two"]);
    let mut pages = Vec::new();
    let mut input = json!({"Limit": 2});
    loop {
        let page = rig.ask("ListBackups", input.clone()).await;
        pages.push(names(&page["BackupSummaries"], "BackupName"));
        let Some(last) = page["LastEvaluatedBackupArn"].as_str() else { break };
        input["ExclusiveStartBackupArn"] = json!(last);
    }
    assert_eq!(pages, [vec!["one", "two"], vec!["two"]]);
    let at = all["BackupSummaries"][1]["BackupCreationDateTime"].as_f64().expect("a time");
    for (input, expected) in [
        (json!({"TimeRangeLowerBound": at}), 2),
        (json!({"TimeRangeUpperBound": at}), 1),
        (json!({"TableName": "other"}), 0),
        (json!({"BackupType": "SYSTEM"}), 0),
        (json!({"BackupType": "ALL"}), 3),
    ] {
        let found = rig.ask("ListBackups", input.clone()).await;
        assert_eq!(found["BackupSummaries"].as_array().map(Vec::len), Some(expected), "{input}");
    }
    let turned = json!({"TimeRangeLowerBound": at + 1.0, "TimeRangeUpperBound": at});
    assert_eq!(
        rig.refused("ListBackups", turned).await,
        "ValidationException: One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound"
    );
}

#[tokio::test]
async fn a_table_is_restored_to_a_second() {
    let rig = furnished().await;
    let on = json!({"TableName": "things", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7}});
    let shown = rig.ask("UpdateContinuousBackups", on).await["ContinuousBackupsDescription"].take();
    assert_eq!(shown["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"], 7);
    let start = rig.now();
    for v in 10..14 {
        rig.wait(1).await;
        rig.put("a", v).await;
    }
    rig.wait(100).await;
    let at = |secs: f64| json!({"SourceTableName": "things", "TargetTableName": "then", "RestoreDateTime": start + secs});
    let early = rig.refused("RestoreTableToPointInTime", at(-1.0)).await;
    assert!(early.starts_with("InvalidRestoreTimeException: RestoreDateTime '2026-01-"), "{early}");
    rig.refused("RestoreTableToPointInTime", at(1e6)).await;
    rig.ask("RestoreTableToPointInTime", at(2.0)).await;
    rig.wait(5).await;
    assert_eq!(rig.items("then").await, ["a=11", "b=2", "c=3"]);
    let abroad = json!({"SourceTableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/things", "TargetTableName": "abroad", "UseLatestRestorableTime": true});
    let europe = rig.in_region("eu-west-1");
    assert_eq!(
        europe.refused("RestoreTableToPointInTime", abroad.clone()).await,
        "ValidationException: Invalid Request: sseSpecificationOverride must be provided for cross-region restores"
    );
    let mut keyed = abroad;
    keyed["SSESpecificationOverride"] = json!({"Enabled": false});
    europe.ask("RestoreTableToPointInTime", keyed).await;
    europe.wait(5).await;
    assert_eq!(europe.items("abroad").await, ["a=13", "b=2", "c=3"]);
}

#[tokio::test]
async fn recovery_is_refused_as_on_aws() {
    let rig = furnished().await;
    let check = async |operation: &str, input: Value, expected: &str| {
        assert_eq!(rig.refused(operation, input.clone()).await, expected, "{operation} {input}");
    };
    let restore = |more: Value| {
        let mut input = json!({"TargetTableName": "other"});
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        input
    };
    let latest = |source: &str| restore(json!({"SourceTableName": source, "UseLatestRestorableTime": true}));
    check(
        "RestoreTableToPointInTime",
        latest("things"),
        "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'things'",
    )
    .await;
    check("RestoreTableToPointInTime", latest("none"), "TableNotFoundException: Table not found: none").await;
    check("RestoreTableToPointInTime", restore(json!({"SourceTableName": "things"})), "ValidationException: Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both").await;
    check(
        "RestoreTableToPointInTime",
        restore(json!({"SourceTableName": "things", "SourceTableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/things", "UseLatestRestorableTime": true})),
        "ValidationException: Invalid Request: Must provide exactly one of: sourceTableArn, sourceTableName",
    ).await;
    check(
        "UpdateContinuousBackups",
        json!({"TableName": "things", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false, "RecoveryPeriodInDays": 3}}),
        "ValidationException: Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
    ).await;
    check(
        "CreateBackup",
        json!({"TableName": "none", "BackupName": "one"}),
        "TableNotFoundException: Table not found: none",
    )
    .await;
    check(
        "DescribeBackup",
        json!({"BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/things"}),
        "ValidationException: Invalid Backup ARN",
    )
    .await;
    check("CreateGlobalTable", json!({"GlobalTableName": "t-x", "ReplicationGroup": []}), "ValidationException: One or more parameter values were invalid: DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).").await;
}

#[tokio::test]
async fn a_deleted_table_can_be_restored_for_35_days() {
    let rig = furnished().await;
    rig.recoverable("things").await;
    rig.ask("DeleteTable", json!({"TableName": "things"})).await;
    rig.wait(60).await;
    rig.refused("DescribeTable", json!({"TableName": "things"})).await;
    let backups = rig.ask("ListBackups", json!({"BackupType": "SYSTEM"})).await;
    assert_eq!(names(&backups["BackupSummaries"], "BackupName"), ["things$DeletedTableBackup"]);
    let arn = backups["BackupSummaries"][0]["BackupArn"].as_str().expect("an ARN").to_owned();
    let kept = rig.refused("DeleteBackup", json!({"BackupArn": arn})).await;
    assert!(
        kept.starts_with(
            "ValidationException: Invalid Request: User is not allowed to delete the system backup"
        ),
        "{kept}"
    );
    rig.ask("RestoreTableFromBackup", json!({"BackupArn": arn, "TargetTableName": "things"})).await;
    rig.wait(5).await;
    assert_eq!(rig.items("things").await, ["a=1", "b=2", "c=3"]);
    rig.wait(35 * 86_400).await;
    let gone = rig.ask("ListBackups", json!({"BackupType": "ALL"})).await;
    assert_eq!(gone["BackupSummaries"], json!([]));
}
