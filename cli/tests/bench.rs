//! `wavetank bench` as a shell sees it: each service and two scenarios, workers joined, the gate, what is interrupted, and what is refused.
//! No time of this machine is asserted.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use wavetank_load::saved::Found;

fn wavetank(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
    command
        .args(args)
        .stdin(Stdio::null())
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    command
}

fn bench(args: &[&str]) -> Output {
    wavetank(&["bench"]).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a load found that must have gone well.
fn found(args: &[&str]) -> Value {
    let said = bench(args);
    assert!(said.status.success(), "{args:?}: {}{}", text(&said.stdout), text(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// A tank on a port of its own, ended when this goes.
struct Tank {
    child: Child,
    endpoint: String,
}

impl Tank {
    fn start() -> Self {
        let mut child = wavetank(&["serve", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim_end().rsplit(' ').next().unwrap().to_owned();
        Self { child, endpoint }
    }

    /// What it holds in all.
    fn status(&self) -> Value {
        let port = self.endpoint.rsplit(':').next().unwrap();
        let said = wavetank(&["status", "--port", port]).output().unwrap();
        serde_json::from_slice(&said.stdout).unwrap()
    }
}

impl Drop for Tank {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

#[test]
fn each_service_takes_what_was_to_be_sent() {
    let check = |args: &[&str], records_a_request: u64| {
        let args = [args, &["--for", "300ms", "--warm-up", "50ms", "--connections", "3", "--json"]].concat();
        let found = found(&args);
        let counters = &found["tally"]["counters"];
        let requests = counters["requests"].as_u64().unwrap();
        assert!(requests > 0, "{args:?}");
        assert_eq!(found["ok"], true);
        assert_eq!(found["tally"]["errors"], json!({}), "{args:?}");
        assert_eq!(counters["intended"], requests);
        assert_eq!(counters["answered"], requests);
        assert_eq!(counters["accepted"], requests * records_a_request);
        assert!(found["server"]["rss_bytes"].as_u64().unwrap() > 0, "{}", found["server"]);
        found
    };
    check(&["kinesis", "--rate", "1000", "--batch", "50", "--record-size", "100"], 50);
    let stored = check(&["firehose", "--rate", "1000", "--batch", "50"], 50);
    assert!(stored["stored"]["bytes"].as_u64().unwrap() > 100 * 1_024, "{}", stored["stored"]);
    check(&["s3", "--rate", "50", "--reads", "0.5"], 1);
    check(&["dynamodb", "--rate", "50", "--reads", "0.5"], 1);
    check(&["dynamodb", "--rate", "100", "--batch", "10"], 10);
    check(&["sqs", "--rate", "50", "--arrivals", "steady"], 1);
    check(&["sqs", "--rate", "100", "--batch", "10"], 10);
    let athena = check(&["athena", "--rate", "10", "--rows", "100", "--arrivals", "steady"], 1);
    let counters = &athena["tally"]["counters"];
    assert_eq!(
        counters["rows_returned"],
        counters["requests"].as_u64().unwrap() * 20,
        "twenty groups a query"
    );
    assert!(counters["bytes_scanned"].as_u64().unwrap() > 0);
    let requests = counters["requests"].as_u64().unwrap();
    assert_eq!(
        counters["calls"],
        requests * 2,
        "its start and its rows; how often it was looked at is no call"
    );
    assert!(counters["polls"].as_u64().unwrap() >= requests);
    check(&["kinesis", "--sink", "--rate", "1000", "--batch", "50"], 50);
}

#[test]
fn a_scenario_under_load_tells_its_checks_and_how_fresh_its_records_were() {
    // Of the scenario's pipeline: how many records have an age, and how long it waits after them, in the tank's time.
    const TEN_MINUTES_MS: f64 = 600_000.0;
    for (name, records, aged, waits_ms, args) in [
        ("event-revenue", 200, 1, 0.0, ["--rate", "200", "--for", "1s"]),
        ("trades", 20, 20, TEN_MINUTES_MS, ["--rate", "20", "--for", "1s"]),
    ] {
        let found = found(&[&[name, "--json"], &args[..]].concat());
        assert!(found["tally"]["counters"]["accepted"].as_u64().unwrap() >= records, "{name}");
        assert!(found["tally"]["counters"]["requests"].as_u64().unwrap() > 0, "{name}");
        let scenario: Found = serde_json::from_value(found["scenario"].clone()).unwrap();
        let fresh = scenario.freshness.unwrap();
        assert!(fresh.count() >= aged, "{name}: {} records have an age", fresh.count());
        // Nothing is queried before the wait is over, and nothing is older than the run. A tank's time is told by this machine's clock and the
        // tank's lead, so that both ends are a little blurred.
        let (youngest, oldest, all) = (fresh.at(0.0), fresh.max(), scenario.tank_ms as f64);
        assert!(0.0 < youngest && waits_ms * 0.9 <= youngest, "{name}: {youngest} ms");
        assert!(youngest <= oldest && oldest <= all * 1.1 + 5_000.0, "{name}: {oldest} ms of {all}");
        let checks = found["scenario"]["checks"].as_array().unwrap();
        assert!(checks.len() > 1 && checks.iter().all(|check| check["verdict"] == "passed"), "{checks:?}");
    }
    let said = bench(&["event-revenue", "--rate", "200", "--for", "1s", "--variant", "as-taught"]);
    assert_eq!(said.status.code(), Some(1), "its checks fail: {}", text(&said.stdout));
    assert!(text(&said.stdout).contains("FAIL"));
}

#[test]
fn workers_joined_are_one_load_and_a_gate_compares_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let args = ["sqs", "--rate", "100", "--for", "400ms", "--warm-up", "0ms", "--connections", "2"];
    let (one, two, all, whole) = (file("one.json"), file("two.json"), file("all.json"), file("whole.json"));
    for (shard, file) in [("0/2", &one), ("1/2", &two)] {
        assert!(bench(&[&args[..], &["--shard", shard, "--save", file]].concat()).status.success());
    }
    assert!(bench(&["merge", &one, &two, "--out", &all]).status.success());
    assert!(bench(&[&args[..], &["--save", &whole]].concat()).status.success());
    let read = |file: &str| -> Value { serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap() };
    let (all_read, whole_read) = (read(&all), read(&whole));
    for counter in ["intended", "requests", "accepted"] {
        assert_eq!(
            all_read["tally"]["counters"][counter], whole_read["tally"]["counters"][counter],
            "{counter}"
        );
    }
    let refused = |args: &[&str], what: &str| {
        let said = bench(args);
        assert_eq!(said.status.code(), Some(2), "{args:?}");
        assert!(text(&said.stderr).contains(what), "{}", text(&said.stderr));
    };
    refused(&["merge", &one, &one], "has worker 0, which another file has too");
    refused(&["merge", &one, &whole], "workers 2 -> 1");
    // As one, the workers are gated as one load is, by what another whole has counted.
    let summary = file("merged.md");
    refused(&["merge", &one, &two, "--compare", &whole], "workers 1 -> 2");
    let merged = bench(&["merge", &one, &two, "--compare", &all, "--markdown", &summary, "--lang", "vi"]);
    let told = text(&merged.stdout);
    assert!(merged.status.success(), "{told}{}", text(&merged.stderr));
    assert!(told.contains("được trả lời trên") && told.contains("không gộp CPU và bộ nhớ"), "{told}");
    assert!(std::fs::read_to_string(&summary).unwrap().contains(&told));
    let merged = bench(&["merge", &one, "--compare", &all]);
    assert_eq!(merged.status.code(), Some(1));
    assert!(text(&merged.stdout).contains("FAIL  workers [1] of 2 are missing"), "{}", text(&merged.stdout));
    assert!(bench(&["merge", &one]).status.success(), "without a gate it is only said");
    let compared = bench(&[&args[..], &["--compare", &whole, "--json"]].concat());
    assert!(compared.status.success(), "{}", text(&compared.stdout));
    refused(&["kinesis", "--compare", &whole], "what \"sqs\" -> \"kinesis\"");
    // A base that needed half the bytes: what is sent now is worse.
    let mut less = whole_read.clone();
    less["tally"]["counters"]["bytes_sent"] =
        json!(less["tally"]["counters"]["bytes_sent"].as_u64().unwrap() / 2);
    let base = file("less.json");
    std::fs::write(&base, less.to_string()).unwrap();
    let said = bench(&[&args[..], &["--compare", &base, "--markdown", &file("summary.md")]].concat());
    assert_eq!(said.status.code(), Some(1));
    let summary = std::fs::read_to_string(file("summary.md")).unwrap();
    assert!(summary.contains("WORSE  bytes sent a request"), "{summary}");
    less["format"] = json!(2);
    std::fs::write(&base, less.to_string()).unwrap();
    refused(&[&args[..], &["--compare", &base]].concat(), "has form 2");
}

#[test]
fn pairs_of_two_binaries_are_judged_in_turn() {
    let binary = env!("CARGO_BIN_EXE_wavetank");
    let found = found(&[
        "sqs",
        "--rate",
        "50",
        "--for",
        "200ms",
        "--warm-up",
        "0ms",
        "--connections",
        "2",
        "--pairs",
        "9",
        "--against",
        binary,
        "--fail-over",
        "900%",
        "--json",
    ]);
    let names: Vec<&str> =
        found["pairs"].as_array().unwrap().iter().filter_map(|pair| pair["name"].as_str()).collect();
    assert!(names.contains(&"latency p50, ms") && names.contains(&"latency p99, ms"), "{names:?}");
}

#[test]
fn what_was_made_on_somebodys_server_is_removed_also_after_an_interruption() {
    let tank = Tank::start();
    let on = ["--endpoint", &tank.endpoint, "--connections", "2", "--warm-up", "0ms"];
    for service in ["kinesis", "firehose", "s3", "dynamodb", "sqs", "athena"] {
        let said = bench(&[&[service, "--rate", "20", "--batch", "1", "--for", "200ms"], &on[..]].concat());
        assert!(said.status.success(), "{service}: {}{}", text(&said.stdout), text(&said.stderr));
        assert!(!text(&said.stderr).contains("could not be removed"), "{}", text(&said.stderr));
    }
    assert_eq!(tank.status()["buckets"], json!([]));
    let mut child = wavetank(&["bench", "s3", "--rate", "200", "--for", "1m"])
        .args(on)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while tank.status()["objects"] == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was interrupted");
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(tank.status()["buckets"], json!([]));
}

#[test]
fn what_cannot_be_measured_is_said_at_once_by_name() {
    let check = |args: &[&str], code: i32, what: &str| {
        let said = bench(args);
        assert_eq!(said.status.code(), Some(code), "{args:?}: {}", text(&said.stderr));
        let told = text(&said.stderr);
        assert!(told.contains(what), "{args:?}: {told}");
    };
    check(&["kinesis", "--endpoint", "http://127.0.0.1:1"], 3, "nothing answers on http://127.0.0.1:1");
    check(&["kinesis", "--endpoint", "https://127.0.0.1:1"], 2, "there is no TLS here");
    check(&["kinesis", "--rate", "0"], 2, "a rate of 0 sends nothing");
    check(&["kafka"], 2, "there is no scenario `kafka`");
    check(&["kinesis", "--batch", "501"], 2, "takes at most 500 records");
    check(&["sqs", "--reads", "0.5"], 2, "sqs has nothing to read");
    check(&["kinesis", "--start-at", "2020-01-01T00:00:00Z"], 2, "--start-at was ");
    check(&["sqs", "--pairs", "8", "--against", "/nowhere/wavetank"], 2, "8 is not in 9..=1000");
    check(&["trades", "--shard", "0/2"], 2, "from one worker");
    check(&["fashion-store"], 2, "a store's days have times of their own");
    check(
        &["kinesis", "--pairs", "9", "--against", "/nowhere/wavetank"],
        3,
        "/nowhere/wavetank does not start",
    );
    let tank = Tank::start();
    let said = wavetank(&["bench", "s3", "--endpoint", &tank.endpoint])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "wrong")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(3));
    assert!(
        text(&said.stderr).contains("does not take these credentials: SignatureDoesNotMatch"),
        "{}",
        text(&said.stderr)
    );
    check(
        &["kinesis", "--endpoint", &tank.endpoint, "--resource", "nowhere"],
        1,
        "ResourceNotFoundException",
    );
}

#[test]
fn workers_are_joined_from_the_logs_of_their_containers() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let args = ["sqs", "--rate", "100", "--for", "200ms", "--warm-up", "0ms", "--connections", "2", "--json"];
    let logs: Vec<String> = ["0/2", "1/2"]
        .into_iter()
        .map(|shard| {
            let said = bench(&[&args[..], &["--shard", shard]].concat());
            assert!(said.status.success(), "{}", text(&said.stderr));
            assert!(text(&said.stderr).starts_with("seed 7\n"), "{}", text(&said.stderr));
            let log = file(&format!("{}.log", &shard[..1]));
            // A container has one log for both.
            std::fs::write(&log, [said.stderr, said.stdout].concat()).unwrap();
            log
        })
        .collect();
    let said = bench(&["merge", &logs[0], &logs[1], "--json"]);
    assert!(said.status.success(), "{}", text(&said.stderr));
    let all: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(all["workers"], json!([0, 1]));
    assert_eq!(all["ok"], true);
}

#[test]
fn a_scenario_under_load_that_is_interrupted_removes_its_stack_and_tells_what_it_has() {
    let tank = Tank::start();
    let on = ["--endpoint", &tank.endpoint, "--json"];
    let mut child = wavetank(&["bench", "data-lake-iot", "--rate", "20", "--for", "10m"])
        .args(on)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Its bucket has what is put there before the input comes.
    while tank.status()["objects"] == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was interrupted");
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(1), "{}", text(&said.stderr));
    let found: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!((&found["interrupted"], &found["ok"]), (&json!(true), &json!(false)));
    // Whatever it had sent, it did not go on to the end, where the checks are.
    assert_eq!(found["scenario"]["checks"], json!([]));
    let counters = &found["tally"]["counters"];
    assert_eq!(counters["intended"], counters["requests"]);
    assert_eq!(tank.status()["buckets"], json!([]));
}

#[test]
fn the_second_interruption_ends_a_load_at_once_whatever_hangs() {
    // A server that takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut child = wavetank(&["bench", "kinesis", "--endpoint", &endpoint])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut interrupted_after = |words: &str| {
        assert!(lines.any(|line| line.starts_with(words)), "it never said `{words}`");
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    };
    interrupted_after("seed ");
    interrupted_after("ending: ");
    assert!(lines.any(|line| line.starts_with("ended: ")));
    assert_eq!(child.wait().unwrap().code(), Some(130), "128 and the number of the signal");
}

#[test]
fn a_scenario_is_put_under_load_where_and_as_it_is_said_or_not_at_all() {
    let tank = Tank::start();
    let check = |args: &[&str], code: i32, what: &str| {
        let said = bench(&[&["trades", "--for", "1s"], args].concat());
        assert_eq!(said.status.code(), Some(code), "{args:?}: {}", text(&said.stderr));
        assert!(text(&said.stderr).contains(what), "{args:?}: {}", text(&said.stderr));
    };
    for [flag, value] in [
        ["--arrivals", "steady"],
        ["--batch", "10"],
        ["--connections", "2"],
        ["--reads", "0.5"],
        ["--record-size", "100"],
        ["--region", "eu-west-1"],
        ["--retries", "1"],
        ["--rows", "10"],
        ["--start-at", "2036-11-29T04:00:00Z"],
        ["--stream-shards", "2"],
        ["--timeout", "1s"],
        ["--warm-up", "1s"],
    ] {
        check(&[flag, value], 2, &format!("{flag} is of a load on a service"));
    }
    check(&["--endpoint", &tank.endpoint, "--resource", "clicks"], 2, "--resource is of a load on a service");
    let said = bench(&["sqs", "--variant", "naive"]);
    assert_eq!(said.status.code(), Some(2));
    assert!(text(&said.stderr).contains("--variant is of a scenario"), "{}", text(&said.stderr));
    // Another server with the same port, which is no tank: the tank here must not be taken for it.
    let port = tank.endpoint.rsplit(':').next().unwrap();
    let other = TcpListener::bind(format!("127.0.0.2:{port}")).unwrap();
    std::thread::spawn(move || other.incoming().for_each(drop));
    let elsewhere = format!("http://127.0.0.2:{port}");
    check(&["--endpoint", &elsewhere], 3, &format!("nothing answers at {elsewhere}"));
    // The keys of the environment are used: one that looks like a real account's is turned away.
    let said = wavetank(&["bench", "trades", "--for", "1s", "--endpoint", &tank.endpoint])
        .env("AWS_ACCESS_KEY_ID", "AKIAQWERTYUIOPASDFGH")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(3), "{}", text(&said.stderr));
    assert!(text(&said.stderr).contains("refuses the credentials"), "{}", text(&said.stderr));
    assert_eq!(tank.status()["buckets"], json!([]));
}

#[test]
fn another_variant_is_another_benchmark() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base.json").to_str().unwrap().to_owned();
    let args = ["event-revenue", "--rate", "60", "--for", "1s"];
    let said = bench(&[&args[..], &["--save", &base]].concat());
    assert!(said.status.success(), "{}", text(&said.stderr));
    let said = bench(&[&args[..], &["--variant", "as-taught", "--compare", &base]].concat());
    assert_eq!(said.status.code(), Some(2), "{}", text(&said.stderr));
    assert!(text(&said.stderr).contains("variant null -> \"as-taught\""), "{}", text(&said.stderr));
}
