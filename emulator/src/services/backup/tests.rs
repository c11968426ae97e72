//! AWS Backup in a tank, with the tables that it backs up.

use serde_json::{Value, json};

use crate::services::dynamodb::backup::tests::rig::{Rig, names};

const ROLE: &str = "arn:aws:iam::000000000000:role/backup";

fn table(name: &str) -> String {
    format!("arn:aws:dynamodb:us-east-1:000000000000:table/{name}")
}

/// Tables `t` and `u`, of which `t` is tagged, and the vault `safe`.
async fn furnished() -> Rig {
    let rig = Rig::new().await;
    for (name, tags) in [("t-t", json!([{"Key": "backup", "Value": "daily"}])), ("u-u", json!([]))] {
        let input = json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST", "Tags": tags,
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        });
        rig.ask("CreateTable", input).await;
    }
    rig.wait(1).await;
    rig.ask("PutItem", json!({"TableName": "t-t", "Item": {"p": {"S": "a"}, "v": {"N": "1"}}})).await;
    done(&rig, "CreateBackupVault", json!({"BackupVaultName": "safe"})).await;
    rig
}

async fn done(rig: &Rig, operation: &str, input: Value) -> Value {
    rig.backup(operation, input.clone()).await.unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
}

async fn points(rig: &Rig) -> Vec<String> {
    let found = done(rig, "ListRecoveryPointsByBackupVault", json!({"BackupVaultName": "safe"})).await;
    names(&found["RecoveryPoints"], "ResourceName")
}

#[tokio::test]
async fn a_job_leaves_a_recovery_point_that_can_be_restored() {
    let rig = furnished().await;
    let begun = done(
        &rig,
        "StartBackupJob",
        json!({"BackupVaultName": "safe", "ResourceArn": table("t-t"), "IamRoleArn": ROLE}),
    )
    .await;
    let job = json!({"BackupJobId": begun["BackupJobId"]});
    assert_eq!(done(&rig, "DescribeBackupJob", job.clone()).await["State"], "RUNNING");
    rig.wait(5).await;
    let ended = done(&rig, "DescribeBackupJob", job).await;
    assert_eq!((&ended["State"], &ended["ResourceType"]), (&json!("COMPLETED"), &json!("DynamoDB")));
    let point = ended["RecoveryPointArn"].clone();
    rig.ask("DeleteItem", json!({"TableName": "t-t", "Key": {"p": {"S": "a"}}})).await;
    let restore =
        json!({"RecoveryPointArn": point, "IamRoleArn": ROLE, "Metadata": {"targetTableName": "again"}});
    let restore = done(&rig, "StartRestoreJob", restore).await;
    rig.wait(10).await;
    let ended = done(&rig, "DescribeRestoreJob", restore).await;
    assert_eq!(
        (&ended["Status"], &ended["CreatedResourceArn"]),
        (&json!("COMPLETED"), &json!(table("again")))
    );
    assert_eq!(rig.items("again").await, ["a=1"]);
    done(&rig, "DeleteRecoveryPoint", json!({"BackupVaultName": "safe", "RecoveryPointArn": point})).await;
    assert_eq!(rig.ask("ListBackups", json!({})).await["BackupSummaries"], json!([]));
    done(&rig, "DeleteBackupVault", json!({"BackupVaultName": "safe"})).await;
}

#[tokio::test]
async fn a_plan_backs_up_what_it_selects_and_its_lifecycle_deletes_it() {
    let rig = furnished().await;
    let rule = json!({
        "RuleName": "daily", "TargetBackupVaultName": "safe", "ScheduleExpression": "cron(0 5 ? * * *)",
        "Lifecycle": {"DeleteAfterDays": 2}, "RecoveryPointTags": {"by": "plan"},
    });
    let plan =
        done(&rig, "CreateBackupPlan", json!({"BackupPlan": {"BackupPlanName": "p", "Rules": [rule]}})).await;
    let id = plan["BackupPlanId"].clone();
    let tag = json!({"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily"});
    let selection = json!({"SelectionName": "tagged", "IamRoleArn": ROLE, "ListOfTags": [tag]});
    done(&rig, "CreateBackupSelection", json!({"BackupPlanId": id, "BackupSelection": selection})).await;
    let mut counts = Vec::new();
    for _ in 0..5 {
        rig.wait(86_400).await;
        counts.push(points(&rig).await);
    }
    assert!(counts.iter().flatten().all(|name| name == "t-t"), "{counts:?}");
    assert_eq!(counts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2, 2, 2], "each is kept two days");
    let jobs = done(&rig, "ListBackupJobs", json!({"ByState": "COMPLETED"})).await;
    assert_eq!(jobs["BackupJobs"].as_array().map(Vec::len), Some(5));
    assert_eq!(jobs["BackupJobs"][0]["CreatedBy"]["BackupPlanName"], "p");
    assert_eq!(
        rig.backup("DeleteBackupPlan", json!({"BackupPlanId": id})).await.expect_err("it selects something"),
        "InvalidRequestException: Related backup plan selections must be deleted prior to backup plan deletion"
    );
}

#[tokio::test]
async fn selections_go_by_arn_tag_and_condition() {
    let cases = [
        (json!({"Resources": ["arn:aws:dynamodb:*:*:table/*"]}), vec!["t-t", "u-u"]),
        (json!({"Resources": [table("u-u")]}), vec!["u-u"]),
        (
            json!({"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "z", "ConditionValue": "last"}]}),
            vec!["u-u"],
        ),
        (json!({"Resources": ["*"], "NotResources": [table("u-u")]}), vec!["t-t"]),
        (
            json!({"Resources": ["*"], "Conditions": {"StringNotEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "daily"}]}}),
            vec!["u-u"],
        ),
        (
            json!({"Resources": ["*"], "Conditions": {"StringLike": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "d*y"}]}}),
            vec!["t-t"],
        ),
    ];
    for (mut selection, expected) in cases {
        let rig = furnished().await;
        // More than one page of them.
        let mut tags: Vec<Value> = (0..11).map(|n| json!({"Key": format!("a{n}"), "Value": "x"})).collect();
        tags.push(json!({"Key": "z", "Value": "last"}));
        rig.ask("TagResource", json!({"ResourceArn": table("u-u"), "Tags": tags})).await;
        let rule = json!({"RuleName": "hourly", "TargetBackupVaultName": "safe", "ScheduleExpression": "rate(1 hour)"});
        let plan =
            done(&rig, "CreateBackupPlan", json!({"BackupPlan": {"BackupPlanName": "p", "Rules": [rule]}}))
                .await;
        selection["SelectionName"] = json!("s");
        selection["IamRoleArn"] = json!(ROLE);
        done(
            &rig,
            "CreateBackupSelection",
            json!({"BackupPlanId": plan["BackupPlanId"], "BackupSelection": selection}),
        )
        .await;
        rig.wait(3_700).await;
        let mut found = points(&rig).await;
        found.sort();
        assert_eq!(found, expected, "{selection}");
    }
}

#[tokio::test]
async fn requests_are_refused_by_name() {
    let rig = furnished().await;
    let check = async |operation: &str, input: Value, expected: &str| {
        let refusal = rig.backup(operation, input.clone()).await.expect_err("it is refused");
        assert_eq!(refusal, expected, "{operation} {input}");
    };
    let job = |arn: &str| json!({"BackupVaultName": "safe", "ResourceArn": arn, "IamRoleArn": ROLE});
    check(
        "StartBackupJob",
        job("arn:aws:s3:::lake"),
        "NotImplemented: wavetank does not implement StartBackupJob of resources of s3.",
    )
    .await;
    check("StartBackupJob", job("lake"), "InvalidParameterValueException: Invalid ARN: lake").await;
    check(
        "CreateBackupVault",
        json!({"BackupVaultName": "safe"}),
        "AlreadyExistsException: Backup vault with the same name already exists",
    )
    .await;
    check("StartCopyJob", json!({"RecoveryPointArn": "a", "SourceBackupVaultName": "safe", "DestinationBackupVaultArn": "b", "IamRoleArn": ROLE}), "NotImplemented: wavetank does not implement StartCopyJob.").await;
    let rule = json!({"RuleName": "r", "TargetBackupVaultName": "safe", "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 60}});
    check(
        "CreateBackupPlan",
        json!({"BackupPlan": {"BackupPlanName": "p", "Rules": [rule]}}),
        "InvalidParameterValueException: Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays",
    ).await;
    let begun = done(&rig, "StartBackupJob", job(&table("none"))).await;
    let failed = done(&rig, "DescribeBackupJob", begun).await;
    assert_eq!(
        (&failed["State"], &failed["StatusMessage"]),
        (&json!("FAILED"), &json!("Table not found: none"))
    );
}
