//! EventBridge and EventBridge Scheduler with real clients: boto3 and the `aws` command line.
//!
//! Needs `aws`, and `python3` with boto3; each test skips aloud where something is missing. `.ci/run` installs all.

use std::time::Duration;

use wavetank_tests::root;
use wavetank_tests::served::{Served, python_has, skips};

#[test]
fn events_and_schedules_work_step_by_step_with_boto3() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let output = lab.command("python3").arg(root().join("tests/data/events_lab.py")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("6 passed"), "{out}{err}");
}

#[test]
fn a_schedule_works_with_the_aws_command_line() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    lab.aws(&["sqs", "create-queue", "--queue-name", "q"]);
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    lab.aws(&["iam", "create-role", "--role-name", "r", "--assume-role-policy-document", trust]);
    let target =
        "Arn=arn:aws:sqs:us-east-1:000000000000:q,RoleArn=arn:aws:iam::000000000000:role/r,Input=tick";
    let create = ["scheduler", "create-schedule", "--name", "s", "--schedule-expression", "rate(1 minute)"];
    let how = ["--flexible-time-window", "Mode=OFF", "--target", target];
    let shown = ["--query", "ScheduleArn", "--output", "text"];
    let arn = lab.aws(&[&create[..], &how, &shown].concat());
    assert!(arn.ends_with(":schedule/default/s"), "{arn}");
    lab.advance(Duration::from_secs(60));
    let queue = "http://localhost/000000000000/q";
    let read =
        ["sqs", "receive-message", "--queue-url", queue, "--query", "Messages[0].Body", "--output", "text"];
    assert_eq!(lab.aws(&read), "tick");
}
