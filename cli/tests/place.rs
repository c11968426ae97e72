//! Where `wavetank run` runs, as a shell sees it: a server, another S3, a container; what is wrong is said before anything is made.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

#[path = "place/front.rs"]
mod front;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use front::Front;

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/any-server");

fn wavetank(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
    command.args(args).stdin(Stdio::null());
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command
}

fn run(args: &[&str]) -> Output {
    wavetank(&["run", SCENARIO]).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A tank on a port of its own, ended when this goes.
struct Tank {
    child: Child,
    url: String,
}

impl Tank {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(flags: &[&str]) -> Self {
        let mut command = wavetank(&["serve", "--port", "0"]);
        let mut child = command.args(flags).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().rsplit(' ').next().unwrap().to_owned();
        Self { child, url }
    }

    /// Its buckets and streams.
    fn holds(&self) -> (usize, u64) {
        let said = wavetank(&["status", "--port", self.url.rsplit(':').next().unwrap()]).output().unwrap();
        let status: Value = serde_json::from_slice(&said.stdout).unwrap();
        let buckets = status["buckets"].as_array().unwrap();
        (buckets.len(), buckets.iter().filter_map(|bucket| bucket["objects"].as_u64()).sum())
    }
}

impl Drop for Tank {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

#[test]
fn a_run_on_a_server_says_what_the_server_has_and_how_to_run_it_again_and_leaves_nothing() {
    let tank = Tank::start();
    let ran = run(&["--endpoint", &tank.url]);
    let (out, err) = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(0), "{out}{err}");
    assert!(out.contains(&format!("endpoint {}", tank.url)), "{out}");
    assert!(out.contains(&format!("--seed 7 --target endpoint --endpoint {}\n", tank.url)), "{out}");
    assert!(err.contains(&format!("endpoint {}: cloudformation, kinesis, s3\n", tank.url)), "{err}");
    assert_eq!(tank.holds(), (0, 0));
}

#[test]
fn a_kept_stack_is_in_the_way_of_the_next_run_until_it_is_replaced() {
    let tank = Tank::start();
    let check = |flags: &[&str], code: i32, words: &str| {
        let ran = run(&[&["--endpoint", &tank.url], flags].concat());
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{flags:?}: {said}");
        assert!(said.contains(words), "{flags:?}: {said}");
    };
    check(&["--keep"], 0, "stays");
    assert_eq!(tank.holds(), (1, 1));
    check(&[], 3, "hint: --replace deletes it first");
    assert_eq!(tank.holds(), (1, 1));
    check(&["--replace"], 0, "is replaced");
    assert_eq!(tank.holds(), (0, 0));
}

#[test]
fn a_server_that_is_not_there_or_refuses_the_caller_is_said_at_once() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{free}");
    for flag in ["--endpoint", "--s3"] {
        let ran = run(&[flag, &url]);
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(3), "{said}");
        assert!(said.contains(&format!("nothing answers at {url}: ")) && said.contains("hint: "), "{said}");
    }
    let tank = Tank::start();
    let mut command = wavetank(&["run", SCENARIO, "--endpoint", &tank.url]);
    command.env("AWS_ACCESS_KEY_ID", "AKIAQWERTYUIOPASDFGH").env("AWS_SECRET_ACCESS_KEY", "no-secret");
    let said = text(&command.output().unwrap().stderr);
    assert!(said.contains("refuses the credentials: InvalidClientTokenId"), "{said}");
    assert!(!said.contains("no-secret"), "{said}");
    assert_eq!(tank.holds(), (0, 0));
}

#[test]
fn aws_is_refused_wherever_an_address_is_taken() {
    let aws = "http://s3.us-east-1.amazonaws.com";
    let check = |args: &[&str]| {
        let mut command = wavetank(args);
        command.env("AWS_ACCESS_KEY_ID", "AKIAQWERTYUIOPASDFGH").env("AWS_SECRET_ACCESS_KEY", "no-secret");
        let said = command.output().unwrap();
        let err = text(&said.stderr);
        assert_eq!(said.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains(&format!("{aws} is AWS itself")), "{args:?}: {err}");
        assert!(
            err.contains("nothing was created\nhint: ") && err.contains("--account ID --budget USD"),
            "{err}"
        );
    };
    check(&["run", SCENARIO, "--endpoint", aws]);
    check(&["run", SCENARIO, "--s3", aws]);
    check(&["serve", "--port", "0", "--s3", aws]);
    check(&["diff", "--services", "sts", "--a", aws, "--b", "embedded"]);
    check(&["diff", "--services", "sts", "--b", aws]);
}

#[test]
fn a_server_behind_tls_is_used_if_its_certificate_is_trusted() {
    let tank = Tank::start();
    let (front, other) = (Front::of(&tank.url), Front::of(&tank.url));
    let check = |flags: &[&str], trusted: (&str, PathBuf), code: i32, words: &str| {
        let mut command = wavetank(&["run", SCENARIO]);
        command
            .args(flags)
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR")
            .env_remove("AWS_CA_BUNDLE");
        let ran = command.env(trusted.0, trusted.1).output().unwrap();
        let said = text(&ran.stdout) + &text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{flags:?}: {said}");
        assert!(said.contains(words), "{flags:?}: {said}");
    };
    check(&["--endpoint", &front.url], ("SSL_CERT_FILE", front.certificate()), 0, "all checks hold");
    check(&["--s3", &front.url], ("AWS_CA_BUNDLE", front.certificate()), 0, "all checks hold");
    let untrusted = format!("the certificate of {} is not trusted: ", front.url);
    check(&["--endpoint", &front.url], ("SSL_CERT_FILE", other.certificate()), 3, &untrusted);
    let hint = "hint: name the file of its authority's certificate in AWS_CA_BUNDLE or SSL_CERT_FILE";
    check(&["--s3", &front.url], ("AWS_CA_BUNDLE", other.certificate()), 3, hint);
    assert_eq!(tank.holds(), (0, 0));
}

#[test]
fn objects_go_to_another_s3_and_stay_there_only_if_asked() {
    let tank = Tank::start();
    let ran = run(&["--s3", &tank.url]);
    let (out, err) = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(0), "{out}{err}");
    assert!(out.contains(&format!("embedded, objects in {}", tank.url)), "{out}");
    assert_eq!(tank.holds(), (0, 0));
    assert_eq!(run(&["--s3", &tank.url, "--keep"]).status.code(), Some(0));
    assert_eq!(tank.holds(), (1, 1));
    let taken = run(&["--s3", &tank.url]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(text(&taken.stderr).contains("it is not empty\nhint: empty it, or say --replace"), "{taken:?}");
    assert_eq!(tank.holds(), (1, 1));
    assert_eq!(run(&["--s3", &tank.url, "--replace"]).status.code(), Some(0));
}

#[test]
fn a_served_tank_keeps_its_objects_in_another_s3_as_well() {
    let store = Tank::start();
    let tank = Tank::with(&["--s3", &store.url]);
    assert_eq!(run(&["--endpoint", &tank.url, "--keep"]).status.code(), Some(0));
    assert_eq!(tank.holds(), (1, 1));
    // It is carried over some milliseconds later; to ask takes longer.
    let arrived = (0..200).any(|_| store.holds() == (1, 1));
    assert!(arrived, "{:?}", store.holds());
}

/// Whether our image is there. Says so if the test is skipped.
fn has_image() -> bool {
    let engine = Command::new("docker").args(["image", "inspect", "wavetank:latest"]).output();
    let is_there = engine.is_ok_and(|said| said.status.success());
    if !is_there {
        let required = std::env::var("WAVETANK_IMAGE").as_deref() == Ok("required");
        assert!(!required, "no image wavetank:latest");
        eprintln!("SKIPPED: no image wavetank:latest; `cargo xtask image` builds it");
    }
    is_there
}

/// The labels of all containers, running or not.
fn labels() -> String {
    let listed = Command::new("docker").args(["ps", "--all", "--format", "{{.Labels}}"]).output().unwrap();
    text(&listed.stdout)
}

#[test]
fn a_container_whose_run_is_interrupted_while_it_starts_is_removed() {
    if !has_image() {
        return;
    }
    let mut command = wavetank(&["run", SCENARIO, "--target", "containers", "--image", "wavetank:latest"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let label = format!("dev.wavetank.process={}", child.id());
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "starting wavetank:latest"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
    assert!(!labels().contains(&label), "{rest:?}");
}

#[test]
fn a_container_is_started_for_a_run_and_gone_afterwards() {
    if !has_image() {
        return;
    }
    let mut command = wavetank(&["run", SCENARIO, "--target", "containers", "--image", "wavetank:latest"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let label = format!("dev.wavetank.process={}", child.id());
    let ran = child.wait_with_output().unwrap();
    let (out, err) = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("container wavetank:latest"), "{out}");
    // Containers of other tests carry the labels of other processes.
    assert!(!labels().contains(&label), "{}", labels());
}

#[test]
fn without_an_engine_a_container_is_refused_with_what_to_do() {
    let mut command = wavetank(&["run", SCENARIO, "--target", "containers"]);
    let said = command.env("DOCKER_HOST", "unix:///nowhere/docker.sock").output().unwrap();
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    let text = text(&said.stderr);
    assert!(text.contains("no Docker engine answers") && text.contains("hint: "), "{text}");
}

#[test]
fn localstack_and_minio_run_the_scenario_where_they_can_be_had() {
    for flags in [["--target", "containers"], ["--s3", "container"]] {
        let ran = run(&flags);
        let (out, err) = (text(&ran.stdout), text(&ran.stderr));
        if ran.status.code() == Some(3)
            && (err.contains("cannot be pulled") || err.contains("no Docker engine"))
        {
            eprintln!("SKIPPED: {flags:?}: {err}");
            continue;
        }
        assert_eq!(ran.status.code(), Some(0), "{flags:?}: {out}{err}");
        assert!(out.contains("all checks hold"), "{flags:?}: {out}{err}");
    }
}
