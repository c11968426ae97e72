//! The event-revenue lab, walked with the real `aws` command line and with boto3 against a served tank.
//!
//! Needs `aws`, and `python3` with boto3; each test skips aloud where something is missing. `.ci/run` installs all.

use std::time::Duration;

use wavetank_scenarios::bundled;
use wavetank_tests::root;
use wavetank_tests::served::{Served, python_has, skips};

/// The scenario's template and a generated file, in a folder of their own.
fn lab_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = bundled("event-revenue").unwrap();
    std::fs::write(folder.path().join("template.yaml"), &files["template.yaml"]).unwrap();
    std::fs::copy(root().join("tests/data/event_data.csv"), folder.path().join("event_data.csv")).unwrap();
    folder
}

#[test]
fn the_lab_works_step_by_step_with_the_aws_command_line() {
    if skips(&["aws", "python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let folder = lab_files();
    let template = folder.path().join("template.yaml").display().to_string();
    let csv = folder.path().join("event_data.csv").display().to_string();

    lab.aws(&["s3", "mb", "s3://scratch"]);
    lab.aws(&["s3", "cp", &csv, "s3://scratch/a b/event_data.csv"]);
    assert!(lab.aws(&["s3", "ls", "s3://scratch/a b/"]).ends_with("event_data.csv"));
    lab.aws(&["s3", "rb", "s3://scratch", "--force"]);

    let deploy = [
        "cloudformation",
        "deploy",
        "--stack-name",
        "lab",
        "--template-file",
        &template,
        "--capabilities",
        "CAPABILITY_IAM",
    ];
    lab.aws(&deploy);
    lab.aws(&[&deploy[..], &["--no-fail-on-empty-changeset"]].concat());
    lab.aws(&["s3", "cp", &csv, "s3://event-revenue-raw-000000000000/etl-input/event_data.csv"]);

    lab.await_answer(
        "1",
        &["glue", "get-job-runs", "--job-name", "event-revenue-clean", "--query", "length(JobRuns)"],
    );
    lab.await_answer(
        "SUCCEEDED",
        &[
            "glue",
            "get-job-runs",
            "--job-name",
            "event-revenue-clean",
            "--query",
            "JobRuns[0].JobRunState",
            "--output",
            "text",
        ],
    );
    lab.aws(&["glue", "start-crawler", "--name", "event-revenue-crawler"]);
    lab.await_answer(
        "READY",
        &[
            "glue",
            "get-crawler",
            "--name",
            "event-revenue-crawler",
            "--query",
            "Crawler.State",
            "--output",
            "text",
        ],
    );

    let sql = "SELECT count(*) AS n, sum(ticket_revenue) AS revenue FROM transformed WHERE currency = 'VND'";
    let id = lab.aws(&[
        "athena",
        "start-query-execution",
        "--query-string",
        sql,
        "--work-group",
        "event-revenue",
        "--query-execution-context",
        "Database=event_db",
        "--query",
        "QueryExecutionId",
        "--output",
        "text",
    ]);
    lab.await_answer(
        "SUCCEEDED",
        &[
            "athena",
            "get-query-execution",
            "--query-execution-id",
            &id,
            "--query",
            "QueryExecution.Status.State",
            "--output",
            "text",
        ],
    );
    let answer = lab.aws(&[
        "athena",
        "get-query-results",
        "--query-execution-id",
        &id,
        "--query",
        "ResultSet.Rows[].Data[].VarCharValue",
        "--output",
        "text",
    ]);
    assert_eq!(answer, expected_answer());

    let payload = folder.path().join("answer.json").display().to_string();
    let invoke = [
        "lambda",
        "invoke",
        "--function-name",
        "event-revenue-validate",
        "--payload",
        "{\"Records\": []}",
        &payload,
    ];
    let version = lab.aws(&["--version"]);
    let raw = ["--cli-binary-format", "raw-in-base64-out"];
    lab.aws(&if version.starts_with("aws-cli/2") {
        [&invoke[..], &raw[..]].concat()
    } else {
        invoke.to_vec()
    });
    assert_eq!(std::fs::read_to_string(payload).unwrap(), "{\"runs\": []}");

    let logs = lab.aws(&[
        "logs",
        "filter-log-events",
        "--log-group-name",
        "/aws/lambda/event-revenue-validate",
        "--query",
        "events[].message",
        "--output",
        "text",
    ]);
    assert!(logs.contains("accepted s3://event-revenue-raw-000000000000/etl-input/event_data.csv"), "{logs}");
    assert!(logs.contains("REPORT RequestId: "), "{logs}");

    for bucket in ["s3://event-revenue-raw-000000000000", "s3://event-revenue-processed-000000000000"] {
        lab.aws(&["s3", "rm", bucket, "--recursive"]);
    }
    lab.aws(&["cloudformation", "delete-stack", "--stack-name", "lab"]);
    lab.advance(Duration::from_secs(120));
    let gone = lab.try_aws(&["cloudformation", "describe-stacks", "--stack-name", "lab"]);
    assert!(String::from_utf8_lossy(&gone.stderr).contains("Stack with id lab does not exist"), "{gone:?}");
    assert_eq!(lab.aws(&["s3", "ls"]), "");
}

/// From the file itself: rows of Vietnam, and their revenue.
fn expected_answer() -> String {
    let text = std::fs::read_to_string(root().join("tests/data/event_data.csv")).unwrap();
    let rows =
        text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| row[9] == "VND");
    let (mut count, mut revenue) = (0, 0i64);
    for row in rows {
        count += 1;
        revenue += row[8].trim_end_matches(".0").parse::<i64>().unwrap_or(0);
    }
    format!("n\trevenue\t{count}\t{revenue}.00")
}

#[test]
fn version_two_of_the_command_line_tails_the_logs() {
    let tail = std::path::Path::new("/usr/bin/aws");
    if !tail.exists() {
        eprintln!("SKIPPED: no /usr/bin/aws (version 2 has `logs tail`); .ci/run installs it");
        return;
    }
    let lab = Served::start();
    lab.aws(&["logs", "create-log-group", "--log-group-name", "g"]);
    lab.aws(&["logs", "create-log-stream", "--log-group-name", "g", "--log-stream-name", "s"]);
    let now = lab.tank.now().millis();
    let event = format!("timestamp={now},message=hello");
    lab.aws(&[
        "logs",
        "put-log-events",
        "--log-group-name",
        "g",
        "--log-stream-name",
        "s",
        "--log-events",
        &event,
    ]);
    let output =
        lab.command("/usr/bin/aws").args(["logs", "tail", "g", "--format", "short"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.trim_end().ends_with("hello"), "{output:?}");
}

#[test]
fn the_lab_works_with_boto3() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let folder = lab_files();
    let script = root().join("tests/clients/lab.py");
    let output = lab.command("python3").arg(script).arg(folder.path()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(out.trim(), expected_answer());
}
