//! `wavetank sim` as a shell sees it: seeds that hold, a failure's folder, and what its replay answers wherever the folder is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// In a folder, so that what is named by a relative path is in it.
fn sim(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
    command.arg("sim").args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn answer(said: &Output) -> Value {
    serde_json::from_slice(&said.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", text(&said.stdout), text(&said.stderr)))
}

const TEMPLATE: &str =
    "Resources:\n  Lake:\n    Type: AWS::S3::Bucket\nOutputs:\n  Lake:\n    Value: !Ref Lake\n";

/// A pipeline of one's own, `mine` in `folder`: a file of 30 rows goes into a bucket, and is looked for at `place`.
fn write_scenario(folder: &Path, place: &str) {
    let mine = folder.join("mine");
    fs::create_dir_all(mine.join("data")).unwrap();
    let rows: String = (0..30).map(|number| format!("o-{number},{}\n", number * 3)).collect();
    fs::write(mine.join("data/orders.csv"), format!("order_id,amount\n{rows}")).unwrap();
    fs::write(mine.join("template.yaml"), TEMPLATE).unwrap();
    let scenario = format!(
        "summary = \"A file in a bucket.\"\ntemplate = \"template.yaml\"\nregion = \"us-east-1\"\n\
         [input]\nfile = \"data/orders.csv\"\nto = \"s3://${{Lake}}/in/orders.csv\"\n\
         [ledger]\nidentity = \"order_id\"\n[[edge]]\nname = \"in\"\nat = \"{place}\"\nends = \"delivered\"\n\
         [[check]]\nconserved = {{}}\n"
    );
    fs::write(mine.join("scenario.toml"), scenario).unwrap();
}

/// Where the rows go, and where they do not.
const RIGHT: &str = "s3://${Lake}/in/";
const WRONG: &str = "s3://${Lake}/out/";

#[test]
fn seeds_that_hold_end_with_0_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["trades", "--rows", "20", "--seeds", "0..8", "--json"];
    let said = sim(folder.path(), &args);
    assert_eq!(said.status.code(), Some(0), "{}", text(&said.stdout));
    let all = answer(&said);
    assert_eq!(json!([all["passed"], all["failed"]]), json!([8, 0]));
    assert!(!all["hits"].as_array().unwrap().is_empty() && all["unmet"].is_array());
    assert!(!folder.path().join("failures").exists());
    let again = answer(&sim(folder.path(), &[&args[..], &["--jobs", "1"]].concat()));
    assert_eq!(all["hash"], again["hash"], "on one thread");

    let one = sim(folder.path(), &["trades", "--rows", "20", "--seed", "3"]);
    assert_eq!(one.status.code(), Some(0));
    let out = text(&one.stdout);
    assert!(out.contains("\nreplay: wavetank sim trades --seed 3 --rows 20\nhash "), "{out}");
    assert!(!out.contains("wavetank run"), "a run without its faults is no replay: {out}");
}

#[test]
fn rows_of_a_users_file_are_as_many_as_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    write_scenario(folder.path(), RIGHT);
    let check = |args: &[&str], rows: u64| {
        let said = sim(folder.path(), &[&["mine", "--seed", "1", "--json"][..], args].concat());
        let one = answer(&said);
        assert_eq!(json!([said.status.code(), one["rows"], one["ok"]]), json!([0, rows, true]));
    };
    check(&[], 30);
    check(&["--rows", "7"], 7);
    check(&["--rows", "1000"], 30);
}

#[test]
fn a_failure_is_a_folder_that_replays_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    write_scenario(folder.path(), WRONG);
    let said = sim(folder.path(), &["mine", "--seeds", "5..7", "--out", "found here", "--json"]);
    assert_eq!(said.status.code(), Some(1), "{}", text(&said.stderr));
    let all = answer(&said);
    assert_eq!(json!([all["failed"], all["wrong"][0]["first"]]), json!([2, 5]));
    assert_eq!(all["failures"][0]["replay"], "wavetank sim mine --seed 5");
    let command = "wavetank sim --replay 'found here/mine-5'";
    assert_eq!(all["failures"][0]["small"], command);
    assert!(all["failures"][1]["small"].is_null(), "--shrink 1 is the default");
    let told = text(&said.stderr);
    assert!(told.contains("seed 5: 1 rows and 0 faults after "), "{told}");

    let there = folder.path().join("found here/mine-5");
    for file in ["sim.toml", "report.txt", "report.html"] {
        let kept = fs::read_to_string(there.join(file)).unwrap();
        // A page writes an apostrophe in its own way.
        assert!(kept.contains("wavetank sim --replay "), "{file}");
        assert!(kept.contains(command) || file == "report.html", "{file}: {kept}");
        assert!(!kept.contains("wavetank run"), "{file}");
    }
    assert!(!fs::read_to_string(there.join("trace.txt")).unwrap().contains("found here"));
    assert!(fs::read_to_string(there.join("ledger.csv")).unwrap().starts_with("record,"));
    assert_eq!(fs::read_to_string(there.join("scenario/template.yaml")).unwrap(), TEMPLATE);
    assert!(there.join("scenario/data/orders.csv").is_file());

    // Another place, and the scenario is gone.
    let moved = tempfile::tempdir().unwrap();
    fs::rename(&there, moved.path().join("sent")).unwrap();
    fs::remove_dir_all(folder.path().join("mine")).unwrap();
    let again = sim(moved.path(), &["--replay", "sent"]);
    let out = text(&again.stdout);
    assert_eq!(again.status.code(), Some(0), "the same failure again: {out}{}", text(&again.stderr));
    assert!(out.contains("FAIL") && out.ends_with("the same as when it was found\n"), "{out}");
    assert!(out.contains("replay: wavetank sim --replay sent\n"), "{out}");

    // What is mended is not the same; the failure's plan holds on it.
    write_scenario(moved.path(), RIGHT);
    let mended = sim(moved.path(), &["mine", "--replay", "sent", "--json"]);
    assert_eq!(mended.status.code(), Some(0), "{}", text(&mended.stdout));
    let mended = answer(&mended);
    assert_eq!(json!([mended["ok"], mended["same"], mended["rows"]]), json!([true, false, 1]));
    assert_eq!(mended["then"]["failed"][0], "conserved");

    // Neither is one whose copy somebody has changed.
    fs::copy(moved.path().join("mine/scenario.toml"), moved.path().join("sent/scenario/scenario.toml"))
        .unwrap();
    let other = sim(moved.path(), &["--replay", "sent"]);
    let out = text(&other.stdout);
    assert_eq!(other.status.code(), Some(1), "{out}");
    assert!(out.contains("NOT the same") && out.contains("failed then: conserved; now: nothing\n"), "{out}");
    assert!(out.contains("the scenario's files are others than then: digest "), "{out}");
}

#[test]
fn a_bundled_scenario_s_failure_needs_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["trades", "--variant", "naive", "--rows", "40", "--seeds", "0..8"];
    let said = sim(folder.path(), &args);
    let out = text(&said.stdout);
    assert_eq!(said.status.code(), Some(1), "{out}");
    assert!(out.contains("Faults that were met\nfault ") && out.contains("\n! "), "{out}");
    let small = out.lines().find_map(|line| line.trim().strip_prefix("made small: wavetank sim --replay "));
    let small = small.unwrap_or_else(|| panic!("{out}"));
    assert!(small.starts_with("failures/trades-naive-"), "{small}");
    assert!(!folder.path().join(small).join("scenario").exists());
    let again = sim(folder.path(), &["--replay", small, "--json"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    let again = answer(&again);
    assert_eq!(json!([again["same"], again["ok"]]), json!([true, false]));
    assert_eq!(again["hash"], again["then"]["hash"]);
}

#[test]
fn what_is_wrong_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sim.toml"), "seed = 1\n").unwrap();
    let check = |args: &[&str], said: &str| {
        let refused = sim(folder.path(), args);
        let told = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {told}");
        assert!(told.contains(said) && told.contains("hint: "), "{args:?}: {told}");
    };
    check(&["trdes"], "trdes");
    check(&["trades", "--variant", "naif"], "naif");
    check(&["--replay", "nowhere"], "nowhere/sim.toml");
    check(&["--replay", "."], "not a failure that `wavetank sim` has written");
}
