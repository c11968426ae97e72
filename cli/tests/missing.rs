//! What is missing around a run ends it with exit code 3 and says how to get it; what is wrong on the command line with 2.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

/// Runs the binary where these variables name nothing, and expects this code and these words.
fn check(args: &[&str], variables: &[&str], code: i32, words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
    command.args(args);
    for variable in variables {
        command.env(variable, "/nope");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?}: {said}");
    }
    assert!(output.stdout.is_empty(), "{args:?}: data is on stdout, and there is none");
}

#[test]
fn a_postgresql_that_is_missing_is_said_with_how_to_install_it() {
    let words = ["no PostgreSQL", "hint: ", "apt-get install postgresql"];
    check(&["run", "fashion-store", "--orders", "rds"], &["WAVETANK_POSTGRES"], 3, &words);
}

#[test]
fn a_database_that_is_not_there_is_said_without_its_password() {
    let place = "postgres://wavetank:secret@127.0.0.1:1/shop";
    let words = [
        "wavetank@127.0.0.1:1/shop cannot keep the store's orders",
        "refused",
        "hint: ",
        "docker compose up",
    ];
    check(&["run", "fashion-store", "--clicks", "2000", "--users", "80", "--orders", place], &[], 3, &words);
}

#[test]
fn a_place_for_orders_that_there_is_none_of_is_an_error_of_usage() {
    check(&["run", "fashion-store", "--orders", "mysql://me@here/shop"], &[], 2, &["postgres://USER"]);
}

#[test]
fn an_airflow_that_is_missing_is_said_with_how_to_install_it() {
    let words = ["WAVETANK_AIRFLOW names /nope", "hint: ", "apache-airflow-providers-amazon"];
    check(&["run", "fashion-store", "--orchestrator", "airflow"], &["WAVETANK_AIRFLOW"], 3, &words);
}

#[test]
fn an_orchestrator_that_there_is_none_of_is_an_error_of_usage() {
    check(&["run", "fashion-store", "--orchestrator", "cron"], &[], 2, &["scheduler", "airflow"]);
}
