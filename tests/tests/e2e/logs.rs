//! CloudWatch Logs with real clients: boto3, event streams included, and the `aws` command line, whose `tail` is in `lab.rs`.
//!
//! Needs `aws`, and `python3` with boto3; each test skips aloud where something is missing. `.ci/run` installs all.

use serde_json::json;
use wavetank_tests::root;
use wavetank_tests::served::{Served, python_has, skips};

#[test]
fn logs_work_step_by_step_with_boto3() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let output = lab.command("python3").arg(root().join("tests/data/logs_lab.py")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("6 passed"), "{out}{err}");
}

#[test]
fn logs_are_filtered_and_queried_with_the_aws_command_line() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    lab.aws(&["logs", "create-log-group", "--log-group-name", "app"]);
    lab.aws(&["logs", "create-log-stream", "--log-group-name", "app", "--log-stream-name", "s"]);
    let now = lab.tank.now().millis();
    let events = json!([
        {"timestamp": now, "message": "ERROR one"},
        {"timestamp": now + 1, "message": "fine"},
        {"timestamp": now + 2, "message": "ERROR two"},
    ]);
    let put = ["logs", "put-log-events", "--log-group-name", "app", "--log-stream-name", "s", "--log-events"];
    lab.aws(&[&put[..], &[&events.to_string()]].concat());

    let filter = [
        "logs",
        "filter-log-events",
        "--log-group-name",
        "app",
        "--filter-pattern",
        "ERROR",
        "--query",
        "events[].message",
        "--output",
        "text",
    ];
    assert_eq!(lab.aws(&filter), "ERROR one\tERROR two");
    let (from, to) = ((now / 1_000 - 60).to_string(), (now / 1_000 + 60).to_string());
    let start = [
        "logs",
        "start-query",
        "--log-group-name",
        "app",
        "--start-time",
        &from,
        "--end-time",
        &to,
        "--query-string",
        "filter @message like /ERROR/ | stats count(*) as n",
        "--query",
        "queryId",
        "--output",
        "text",
    ];
    let id = lab.aws(&start);
    let results = ["logs", "get-query-results", "--query-id", &id, "--output", "text", "--query"];
    lab.await_answer("Complete", &[&results[..], &["status"]].concat());
    assert_eq!(lab.aws(&[&results[..], &["results[0][?field=='n'].value"]].concat()), "2");
    let refused =
        lab.try_aws(&["logs", "filter-log-events", "--log-group-name", "app", "--filter-pattern", "{ $.a }"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Invalid filter pattern"));
}
