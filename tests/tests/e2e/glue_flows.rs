//! Glue's workflows with real clients: a night that a schedule starts, objects that start a workflow by a rule of EventBridge.
//!
//! Needs `aws`, and `python3` with boto3; each test skips aloud where something is missing. `.ci/run` installs all.

use std::time::Duration;

use wavetank_tests::root;
use wavetank_tests::served::{Served, python_has, skips};

#[test]
fn workflows_work_step_by_step_with_boto3() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let output = lab.command("python3").arg(root().join("tests/data/glue_flows_lab.py")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("7 passed"), "{out}{err}");
}

#[test]
fn a_scheduled_trigger_works_with_the_aws_command_line() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    let job = ["glue", "create-job", "--name", "j", "--role", "arn:aws:iam::000000000000:role/glue"];
    lab.aws(&[&job[..], &["--command", "Name=pythonshell,ScriptLocation=s3://nowhere/j.py"]].concat());
    lab.aws(&["glue", "create-workflow", "--name", "w", "--default-run-properties", "shop=hue"]);
    let schedule = ["--type", "SCHEDULED", "--schedule", "cron(0/30 * * * ? *)", "--start-on-creation"];
    let trigger = ["glue", "create-trigger", "--name", "t", "--workflow-name", "w", "--actions", "JobName=j"];
    lab.aws(&[&trigger[..], &schedule].concat());
    let state = ["glue", "get-trigger", "--name", "t", "--query", "Trigger.State", "--output", "text"];
    assert_eq!(lab.aws(&state), "ACTIVATED");
    lab.advance(Duration::from_secs(30 * 60));
    let run = ["glue", "get-workflow", "--name", "w", "--output", "text", "--query"];
    lab.await_answer("COMPLETED", &[&run[..], &["Workflow.LastRun.Status"]].concat());
    let statistics = lab.aws(&[&run[..], &["Workflow.LastRun.Statistics.FailedActions"]].concat());
    assert_eq!(statistics, "1", "there is no script");
    lab.aws(&["glue", "stop-trigger", "--name", "t"]);
    assert_eq!(lab.aws(&state), "DEACTIVATED");
}
