//! `wavetank diff` as a shell sees it: exit codes, what is written where, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

use serde_json::Value;

fn diff(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command.arg("diff").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn two_tanks_are_the_same_and_the_answers_are_recorded_with_their_server() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().to_str().unwrap();
    let said = diff(&["--services", "sts", "--b", "embedded", "--record", record]);
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert!(text(&said.stdout).ends_with("operations: 3 same, 0 differ, 0 missing\n"), "{said:?}");
    let recorded = std::fs::read(folder.path().join("sts/caller.json")).unwrap();
    let recorded: Value = serde_json::from_slice(&recorded).unwrap();
    assert_eq!(recorded["server"], "embedded");
    assert_eq!(recorded["answers"][1]["answer"]["body"]["Credentials"]["SecretAccessKey"], "~");
}

#[test]
fn what_cannot_be_asked_is_said_with_what_to_do() {
    let check = |args: &[&str], code: i32, words: &str| {
        let said = diff(args);
        assert_eq!(said.status.code(), Some(code), "{said:?}");
        assert!(text(&said.stderr).contains(words), "{said:?}");
        assert!(said.stdout.is_empty());
    };
    check(&["--b", "http://127.0.0.1:9"], 3, "nothing answers at http://127.0.0.1:9");
    check(&["--services", "pigeons", "--b", "embedded"], 2, "there are conversations with sts, iam, s3");
    check(&["no-such-scenario", "--b", "embedded"], 2, "no-such-scenario");
    check(&["--b", "127.0.0.1"], 2, "hint: write http://127.0.0.1:4566");
    check(&["--no-run", "--b", "embedded"], 2, "SCENARIO");
    check(&["--b", "aws"], 2, "hint: say in which account");
    check(&["--b", "aws", "--account", "123456789012"], 2, "hint: say how much may be spent");
    check(&["trades", "--b", "aws", "--account", "123456789012"], 2, "hint: say --no-run");
    check(
        &["--b", "embedded", "--account", "123456789012"],
        2,
        "--account is of a comparison with AWS alone",
    );
    check(&["--b", "embedded", "--budget", "1"], 2, "--budget is of a comparison with AWS alone");
    check(&["--b", "embedded", "--plan"], 2, "--plan is of a comparison with AWS alone");
}

#[test]
fn the_report_is_json_too() {
    let said = diff(&["--services", "sts", "--b", "embedded", "--json"]);
    let report: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!((&report["same"], &report["differ"], &report["missing"]), (&3.into(), &0.into(), &0.into()));
    assert_eq!(report["operations"][0]["operation"], "AssumeRole");
}
