//! `wavetank exec` and `wavetank serve --ready-file`, as a shell sees them; and the page on Python with the real pytest.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

fn wavetank(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
    command.args(args).stdin(Stdio::null());
    command
}

fn exec(args: &[&str]) -> Output {
    wavetank(&["exec"]).args(args).env("WAVETANK", env!("CARGO_BIN_EXE_wavetank")).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

#[test]
fn a_command_sees_the_tank_and_its_exit_code_is_passed_on() {
    let said = exec(&["--", "sh", "-c", "echo $AWS_ENDPOINT_URL $AWS_REGION $AWS_PROFILE; exit 7"]);
    assert_eq!(said.status.code(), Some(7));
    let out = text(&said.stdout);
    assert!(out.starts_with("http://127.0.0.1:") && out.ends_with(" us-east-1\n"), "{out}");
    assert!(text(&said.stderr).starts_with("tank: 0 calls, seed 0, tank time "), "{said:?}");

    let killed = exec(&["--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.status.code(), Some(128 + 9));
    let missing = exec(&["--", "no-such-command"]);
    assert_eq!(missing.status.code(), Some(127));
    assert!(text(&missing.stderr).contains("no-such-command") && text(&missing.stderr).contains("hint: "));
    assert_eq!(exec(&[]).status.code(), Some(2));
}

#[test]
fn what_the_command_did_is_told_by_service_and_error() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let send =
        "$WAVETANK generate clickstream --rows 20 --endpoint $AWS_ENDPOINT_URL --to kinesis:nowhere; exit 0";
    let said = exec(&["--report", report.to_str().unwrap(), "--settle", "--", "sh", "-c", send]);
    let told = text(&said.stderr);
    assert!(said.status.success(), "{told}");
    assert!(told.contains("refused: PutRecords ResourceNotFoundException"), "{told}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["calls"]["kinesis"]["operations"]["PutRecords"], 1);
    assert_eq!(report["calls"]["kinesis"]["errors"]["PutRecords ResourceNotFoundException"], 1);
    assert_eq!(report["blocked"], Value::Array(Vec::new()));
    let json = exec(&["--json", "--", "true"]);
    assert!(serde_json::from_slice::<Value>(&json.stderr).unwrap()["calls"].is_object());
}

/// Twenty records go into a stream; so many of them are written to a bucket, by the command itself.
fn pipe(kept: usize, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.ndjson");
    let send = format!(
        "set -e; FILE={file}
         aws kinesis create-stream --stream-name orders --shard-count 1
         aws kinesis wait stream-exists --stream-name orders
         $WAVETANK generate clickstream --rows 20 --out $FILE
         $WAVETANK generate clickstream --rows 20 --endpoint $AWS_ENDPOINT_URL --to kinesis:orders
         aws s3 mb s3://lake >&2
         head -n {kept} $FILE | aws s3 cp - s3://lake/orders/a.ndjson",
        file = file.display()
    );
    let places = ["--sent", "kinesis:orders", "--id", "event_id", "--delivered", "s3://lake/orders/"];
    exec(&[&places, more, &["--", "sh", "-c", &send]].concat())
}

#[test]
fn every_record_is_accounted_for_between_the_places_that_are_named() {
    if Command::new("aws").arg("--version").output().is_err() {
        eprintln!("SKIPPED: no aws on the path");
        return;
    }
    let whole = pipe(20, &["--same", "user_id"]);
    let told = text(&whole.stderr);
    assert!(whole.status.success(), "{told}");
    assert!(told.contains("every record is accounted for: 20 rows sent, 20 accounted for"), "{told}");

    let short = pipe(17, &["--json"]);
    let told = text(&short.stderr);
    assert_eq!(short.status.code(), Some(1), "the command itself succeeded: {told}");
    let report = told.lines().find(|line| line.starts_with('{')).unwrap();
    let report: Value = serde_json::from_str(report).unwrap();
    let ledger = &report["ledger"];
    assert_eq!((&ledger["sent"], &ledger["delivered"]), (&20.into(), &17.into()));
    assert_eq!(ledger["anomalies"]["Lost"], 3);
    let said = ledger["text"].as_str().unwrap();
    assert!(said.contains("records are not conserved: 3 Lost") && said.contains("likely cause: "), "{said}");

    let misspelt = pipe(20, &["--same", "user_idd"]);
    let told = text(&misspelt.stderr);
    assert!(told.contains("has a member `user_idd`\nhint: did you mean `user_id`?"), "{told}");
    let alone = exec(&["--sent", "kinesis:orders", "--", "true"]);
    assert_eq!(alone.status.code(), Some(2), "{}", text(&alone.stderr));
}

#[test]
fn a_request_to_terminate_reaches_all_that_the_command_has_started() {
    let script = "sleep 600 & echo $!; wait";
    let mut running = wavetank(&["exec", "--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(running.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let grandchild = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
    assert!(test_kill_process(grandchild).is_ok());
    kill_process(pid(&running), Signal::TERM).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(128 + 15));
    // The pipe closes when the last who holds it has gone.
    out.read_to_string(&mut line).unwrap();
}

#[test]
fn the_ready_file_is_whole_when_the_port_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ready.json");
    let serve = ["serve", "--port", "0", "--seed", "3", "--ready-file", file.to_str().unwrap()];
    let mut running = wavetank(&serve).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(line.trim_end().ends_with(ready["endpoint"].as_str().unwrap()), "{line} {ready}");
    assert_eq!((&ready["pid"], &ready["seed"]), (&running.id().into(), &3.into()));
    let port = ready["port"].to_string();
    assert!(wavetank(&["status", "--port", &port]).output().unwrap().status.success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
    kill_process(pid(&running), Signal::TERM).unwrap();
    assert!(running.wait().unwrap().success());
}

/// The page's code blocks by the file name in their first line.
fn files_of(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next());
    let named = |block: &str| {
        let name = block.lines().next()?.strip_prefix("# ")?;
        Some((name.to_owned(), block.to_owned()))
    };
    blocks.filter_map(named).collect()
}

#[test]
fn the_fixture_of_the_page_works_with_pytest() {
    let has = Command::new("python3").args(["-c", "import boto3, pytest"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: python3 has no boto3 or no pytest; .ci/run installs what this test needs");
        return;
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/python.md");
    let files = files_of(&std::fs::read_to_string(page).unwrap());
    assert_eq!(files.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let mut pytest = Command::new("python3");
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).current_dir(folder.path());
    let said = pytest.env("WAVETANK", env!("CARGO_BIN_EXE_wavetank")).output().unwrap();
    assert!(said.status.success() && text(&said.stdout).contains("3 passed"), "{}", text(&said.stdout));
}
