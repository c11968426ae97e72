//! DynamoDB and AWS Backup, walked with boto3, with pynamodb's models, and with both generations of the `aws` command line.
//!
//! Needs `aws`, and `python3` with boto3 and pynamodb; each test skips aloud where something is missing. `.ci/run`
//! installs all.

use std::time::Duration;

use serde_json::Value;
use wavetank_tests::served::{Served, python_has, skips};
use wavetank_tests::{on_path, root};

fn walk(script: &str, steps: usize) {
    let lab = Served::start();
    let output = lab.command("python3").arg(root().join("tests/data").join(script)).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let all = format!("{steps} passed");
    assert!(output.status.success() && out.trim_end().ends_with(&all), "{out}{err}");
}

#[test]
fn tables_work_step_by_step_with_boto3() {
    if !skips(&["python3"]) && python_has("boto3") {
        walk("dynamodb_lab.py", 8);
    }
}

#[test]
fn tables_work_with_the_models_of_pynamodb() {
    if !skips(&["python3"]) && python_has("pynamodb") {
        walk("pynamodb_lab.py", 5);
    }
}

/// What each command line prints of the same walk.
fn walk_with(lab: &Served, aws: &str, table: &str) {
    let run = |args: &[&str]| -> Value {
        let output =
            lab.command(aws).args(["dynamodb"]).args(args).args(["--output", "json"]).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{aws} dynamodb {}\n{out}{err}", args.join(" "));
        serde_json::from_str(&out).unwrap_or_default()
    };
    run(&[
        "create-table",
        "--table-name",
        table,
        "--attribute-definitions",
        "AttributeName=Artist,AttributeType=S",
        "AttributeName=Song,AttributeType=S",
        "--key-schema",
        "AttributeName=Artist,KeyType=HASH",
        "AttributeName=Song,KeyType=RANGE",
        "--billing-mode",
        "PAY_PER_REQUEST",
    ]);
    lab.advance(Duration::from_secs(60));
    run(&["wait", "table-exists", "--table-name", table]);
    let named = ["--table-name", table];
    for (song, plays) in [("Happy Day", "10"), ("Call Me Today", "1"), ("Somewhere", "7")] {
        let item = format!(
            r#"{{"Artist": {{"S": "Acme"}}, "Song": {{"S": "{song}"}}, "Plays": {{"N": "{plays}"}}}}"#
        );
        run(&[&["put-item"][..], &named, &["--item", &item]].concat());
    }
    let key = r#"{"Artist": {"S": "Acme"}, "Song": {"S": "Happy Day"}}"#;
    let got = run(&[&["get-item", "--consistent-read"][..], &named, &["--key", key]].concat());
    assert_eq!(got["Item"]["Plays"]["N"], "10");
    let values = r#"{":one": {"N": "1"}}"#;
    let update = ["--key", key, "--update-expression", "ADD Plays :one", "--return-values", "ALL_NEW"];
    let update = [&["update-item"][..], &named, &update, &["--expression-attribute-values", values]].concat();
    assert_eq!(run(&update)["Attributes"]["Plays"]["N"], "11");
    let values = r#"{":artist": {"S": "Acme"}}"#;
    let query = ["--key-condition-expression", "Artist = :artist", "--expression-attribute-values", values];
    let query = [&["query"][..], &named, &query].concat();
    let songs = run(&query);
    let songs: Vec<&str> =
        songs["Items"].as_array().unwrap().iter().filter_map(|item| item["Song"]["S"].as_str()).collect();
    assert_eq!(songs, ["Call Me Today", "Happy Day", "Somewhere"]);
    let paged = run(&[&query[..], &["--page-size", "1", "--max-items", "2"]].concat());
    assert_eq!(paged["Items"].as_array().unwrap().len(), 2);
    assert!(paged["NextToken"].is_string());
    let statement = format!("SELECT Plays FROM \"{table}\" WHERE Artist = 'Acme' AND Song = 'Somewhere'");
    let told = run(&["execute-statement", "--statement", &statement]);
    assert_eq!(told["Items"][0]["Plays"]["N"], "7");
    assert_eq!(run(&[&["scan", "--select", "COUNT"][..], &named].concat())["Count"], 3);
    let refused =
        lab.command(aws).args(["dynamodb", "describe-table", "--table-name", "nobody"]).output().unwrap();
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("Requested resource not found: Table: nobody not found"), "{refused}");
    run(&[&["delete-table"][..], &named].concat());
    lab.advance(Duration::from_secs(60));
    run(&["wait", "table-not-exists", "--table-name", table]);
}

#[test]
fn tables_work_with_both_generations_of_the_command_line() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    walk_with(&lab, on_path("aws").unwrap().to_str().unwrap(), "Music");
    if std::path::Path::new("/usr/bin/aws").is_file() {
        walk_with(&lab, "/usr/bin/aws", "MusicAgain");
    }
}

/// What a command prints, as JSON.
fn told(lab: &Served, args: &[&str]) -> Value {
    let out = lab.aws(&[args, &["--output", "json"]].concat());
    serde_json::from_str(&out).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}"))
}

/// A table of one item, its name and its ARN.
fn table_with_an_item(lab: &Served, name: &str) -> String {
    let made = told(
        lab,
        &[
            "dynamodb",
            "create-table",
            "--table-name",
            name,
            "--attribute-definitions",
            "AttributeName=id,AttributeType=S",
            "--key-schema",
            "AttributeName=id,KeyType=HASH",
            "--billing-mode",
            "PAY_PER_REQUEST",
            "--tags",
            "Key=backup,Value=daily",
        ],
    );
    lab.advance(Duration::from_secs(60));
    let item = r#"{"id": {"S": "a"}, "v": {"N": "1"}}"#;
    told(lab, &["dynamodb", "put-item", "--table-name", name, "--item", item]);
    text(&made["TableDescription"]["TableArn"]).to_owned()
}

const ROLE: &str = "arn:aws:iam::000000000000:role/backup";

#[test]
fn a_table_is_backed_up_and_restored_with_the_command_line_of_aws_backup() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    let arn = table_with_an_item(&lab, "Orders");
    let run = |args: &[&str]| told(&lab, &[&["backup"], args].concat());
    run(&["create-backup-vault", "--backup-vault-name", "safe"]);
    let vault = ["--backup-vault-name", "safe"];
    let start = ["start-backup-job", "--resource-arn", &arn, "--iam-role-arn", ROLE];
    let begun = run(&[&start[..], &vault].concat());
    let job = ["describe-backup-job", "--backup-job-id", text(&begun["BackupJobId"])];
    lab.advance(Duration::from_secs(60));
    assert_eq!(run(&job)["State"], "COMPLETED");
    let points = run(&[&["list-recovery-points-by-backup-vault"][..], &vault].concat());
    let point = text(&points["RecoveryPoints"][0]["RecoveryPointArn"]).to_owned();
    told(&lab, &["dynamodb", "delete-item", "--table-name", "Orders", "--key", r#"{"id": {"S": "a"}}"#]);
    let metadata = ["get-recovery-point-restore-metadata", "--recovery-point-arn", &point];
    let metadata = run(&[&metadata[..], &vault].concat());
    assert_eq!(metadata["RestoreMetadata"]["originalTableName"], "Orders", "{metadata}");
    let start = ["start-restore-job", "--recovery-point-arn", &point, "--iam-role-arn", ROLE];
    let begun = run(&[&start[..], &["--metadata", "targetTableName=OrdersAgain"]].concat());
    lab.advance(Duration::from_secs(600));
    let ended = run(&["describe-restore-job", "--restore-job-id", text(&begun["RestoreJobId"])]);
    assert_eq!(ended["Status"], "COMPLETED", "{ended}");
    let found = told(&lab, &["dynamodb", "scan", "--table-name", "OrdersAgain"]);
    assert_eq!(found["Items"][0]["v"]["N"], "1");
    run(&[&["delete-recovery-point", "--recovery-point-arn", &point][..], &vault].concat());
    run(&[&["delete-backup-vault"][..], &vault].concat());
}

#[test]
fn a_backup_plan_runs_by_its_schedule_with_the_command_line() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    table_with_an_item(&lab, "Orders");
    let run = |args: &[&str]| told(&lab, &[&["backup"], args].concat());
    run(&["create-backup-vault", "--backup-vault-name", "safe"]);
    let plan = r#"{"BackupPlanName": "daily", "Rules": [{"RuleName": "every-day", "TargetBackupVaultName": "safe",
        "ScheduleExpression": "cron(0 5 ? * * *)", "Lifecycle": {"DeleteAfterDays": 2}}]}"#;
    let made = run(&["create-backup-plan", "--backup-plan", plan]);
    let id = text(&made["BackupPlanId"]).to_owned();
    let selection = format!(
        r#"{{"SelectionName": "tagged", "IamRoleArn": "{ROLE}", "ListOfTags": [{{"ConditionType": "STRINGEQUALS",
            "ConditionKey": "backup", "ConditionValue": "daily"}}]}}"#
    );
    run(&["create-backup-selection", "--backup-plan-id", &id, "--backup-selection", &selection]);
    lab.advance(Duration::from_secs(3 * 86_400));
    let jobs = run(&["list-backup-jobs", "--by-state", "COMPLETED"]);
    assert_eq!(jobs["BackupJobs"].as_array().map(Vec::len), Some(3), "{jobs}");
    let points = run(&["list-recovery-points-by-backup-vault", "--backup-vault-name", "safe"]);
    assert_eq!(points["RecoveryPoints"].as_array().map(Vec::len), Some(2), "the first is over: {points}");
}
