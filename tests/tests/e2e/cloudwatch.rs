//! CloudWatch with real clients: boto3 (rpcv2Cbor), the `aws` command line, and JSON and query by hand.
//!
//! Needs `aws`, and `python3` with boto3; each test skips aloud where something is missing. `.ci/run` installs all.

use wavetank_tests::root;
use wavetank_tests::served::{Served, python_has, skips};

#[test]
fn cloudwatch_works_step_by_step_in_all_protocols() {
    if skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let output = lab.command("python3").arg(root().join("tests/data/cloudwatch_lab.py")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("6 passed"), "{out}{err}");
}

#[test]
fn cloudwatch_works_with_the_aws_command_line() {
    if skips(&["aws"]) {
        return;
    }
    let lab = Served::start();
    let put = ["cloudwatch", "put-metric-data", "--namespace", "App", "--metric-name", "calls"];
    for value in ["3", "4"] {
        lab.aws(&[&put[..], &["--value", value, "--unit", "Count", "--dimensions", "Host=a"]].concat());
    }
    let list = [
        "cloudwatch",
        "list-metrics",
        "--namespace",
        "App",
        "--query",
        "Metrics[].MetricName",
        "--output",
        "text",
    ];
    assert_eq!(lab.aws(&list), "calls");
    let statistics = [
        "cloudwatch",
        "get-metric-statistics",
        "--namespace",
        "App",
        "--metric-name",
        "calls",
        "--dimensions",
        "Name=Host,Value=a",
        "--start-time",
        "2025-12-01T00:00:00Z",
        "--end-time",
        "2120-01-01T00:00:00Z",
        "--period",
        "3153600000",
        "--output",
        "text",
    ];
    let plain = ["--statistics", "Sum", "Maximum", "--query", "Datapoints[].[Sum,Maximum,Unit][]"];
    assert_eq!(lab.aws(&[&statistics[..], &plain[..]].concat()), "7.0\t4.0\tCount");
    let extended = ["--extended-statistics", "p50", "--query", "Datapoints[].ExtendedStatistics.p50"];
    assert_eq!(lab.aws(&[&statistics[..], &extended[..]].concat()), "3.0");
    let alarm = [
        "cloudwatch",
        "put-metric-alarm",
        "--alarm-name",
        "high",
        "--namespace",
        "App",
        "--metric-name",
        "calls",
        "--dimensions",
        "Name=Host,Value=b",
        "--treat-missing-data",
        "ignore",
        "--statistic",
        "Sum",
        "--period",
        "60",
        "--evaluation-periods",
        "1",
        "--threshold",
        "5",
        "--comparison-operator",
        "GreaterThanThreshold",
    ];
    lab.aws(&alarm);
    let state =
        ["cloudwatch", "describe-alarms", "--query", "MetricAlarms[0].StateValue", "--output", "text"];
    assert_eq!(lab.aws(&state), "INSUFFICIENT_DATA");
    let set = [
        "cloudwatch",
        "set-alarm-state",
        "--alarm-name",
        "high",
        "--state-value",
        "ALARM",
        "--state-reason",
        "x",
    ];
    lab.aws(&set);
    assert_eq!(lab.aws(&state), "ALARM");
    let body = r#"{"widgets":[{"type":"text","properties":{"markdown":"hello"}}]}"#;
    lab.aws(&["cloudwatch", "put-dashboard", "--dashboard-name", "board", "--dashboard-body", body]);
    let show = [
        "cloudwatch",
        "get-dashboard",
        "--dashboard-name",
        "board",
        "--query",
        "DashboardBody",
        "--output",
        "text",
    ];
    assert_eq!(lab.aws(&show), body);
    let refused = lab.try_aws(&["cloudwatch", "get-dashboard", "--dashboard-name", "none"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("ResourceNotFound"));
    lab.aws(&["cloudwatch", "delete-alarms", "--alarm-names", "high"]);
    let left = ["cloudwatch", "describe-alarms", "--query", "length(MetricAlarms)", "--output", "text"];
    assert_eq!(lab.aws(&left), "0");
}
