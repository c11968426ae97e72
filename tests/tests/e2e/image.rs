//! Our own container image, and what `containers.rs` promises of any.
//!
//! Needs a Docker engine and `wavetank:latest` (`cargo xtask image`); skips aloud without, unless `WAVETANK_IMAGE=required`, which
//! `.ci/run` sets.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wavetank::containers::{Container, ContainerError, Image, remove_orphans};

use super::compose;

/// As `cargo xtask image` names it.
pub(super) const NAME: &str = "wavetank:latest";
/// How often a container's state is asked for before it counts as stuck: a minute. The image says within half of that whether it is healthy.
const LOOKS_MAX: u32 = 300;
/// Documented by ourselves: what the image may weigh, compressed.
const COMPRESSED_MAX_BYTES: u64 = 60_000_000;

/// Docker's words for these arguments.
fn docker(args: &[&str]) -> Output {
    Command::new("docker").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// Whether the image is there. Says so if the test is skipped.
fn is_there() -> bool {
    let found = Command::new("docker").args(["image", "inspect", NAME]).output();
    let why = match found {
        Ok(said) if said.status.success() => return true,
        Ok(said) => text(&said.stderr),
        Err(why) => why.to_string(),
    };
    assert!(std::env::var("WAVETANK_IMAGE").as_deref() != Ok("required"), "no image {NAME}: {why}");
    eprintln!("skipped: no image {NAME} ({why}); `cargo xtask image` builds it");
    false
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

#[test]
fn the_image_holds_one_program_that_is_not_root_s_and_weighs_little() {
    if !is_there() {
        return;
    }
    let config = docker(&["image", "inspect", "--format", "{{.Config.User}} {{.Config.Entrypoint}}", NAME]);
    assert_eq!(text(&config.stdout), "65532:65532 [/wavetank]");
    let saved = docker(&["image", "save", NAME]).stdout;
    let mut gzip = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut into = gzip.stdin.take().unwrap();
    let writer = std::thread::spawn(move || into.write_all(&saved).unwrap());
    let compressed = gzip.wait_with_output().unwrap().stdout.len() as u64;
    writer.join().unwrap();
    let profile =
        docker(&["image", "inspect", "--format", "{{index .Config.Labels \"wavetank.profile\"}}", NAME]);
    let profile = text(&profile.stdout);
    eprintln!("{NAME} ({profile}) weighs {:.1} MB compressed", compressed as f64 / 1e6);
    match profile.as_str() {
        "image-quick" => eprintln!("SKIPPED: the weight of {NAME}, which `cargo xtask image --quick` built"),
        _ => assert!(compressed < COMPRESSED_MAX_BYTES, "{compressed} bytes"),
    }
    let listed = docker(&["run", "--rm", "--network", "none", NAME, "list"]);
    assert!(text(&listed.stdout).contains("event-revenue"), "{listed:?}");
}

#[test]
fn a_container_answers_on_loopback_alone_and_is_gone_afterwards_even_if_the_test_panics() {
    if !is_there() {
        return;
    }
    let runtime = runtime();
    let started = runtime.block_on(Container::start(Image::tank(NAME))).unwrap();
    let id = started.id().to_owned();
    let ports = docker(&["inspect", "--format", "{{json .NetworkSettings.Ports}}", &id]);
    let ports: serde_json::Value = serde_json::from_slice(&ports.stdout).unwrap();
    assert_eq!(ports["4566/tcp"][0]["HostIp"], "127.0.0.1");
    assert_eq!(ports["4566/tcp"].as_array().map(Vec::len), Some(1));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(async {
            let _held = started;
            panic!("in the middle");
        })
    }));
    assert!(panicked.is_err());
    assert!(!docker(&["inspect", &id]).status.success(), "the container is still there");
}

#[test]
fn what_a_killed_process_left_behind_is_removed_by_the_next() {
    if !is_there() {
        return;
    }
    // A process that is no more: this child has been waited for.
    let mut ended = Command::new("true").spawn().unwrap();
    let pid = ended.id();
    ended.wait().unwrap();
    let label = format!("dev.wavetank.process={pid}");
    let left = docker(&["run", "--detach", "--network", "none", "--label", &label, NAME]);
    let id = text(&left.stdout);
    assert!(left.status.success(), "{left:?}");
    assert!(runtime().block_on(remove_orphans()).unwrap() >= 1);
    assert!(!docker(&["inspect", &id]).status.success(), "the container is still there");
}

#[test]
fn an_image_that_is_nowhere_is_named_with_what_to_do() {
    if !is_there() {
        return;
    }
    let nowhere = Image::tank("127.0.0.1:9/no-such-image:1");
    let error = runtime().block_on(Container::start(nowhere)).unwrap_err();
    assert!(matches!(error, ContainerError::Image { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("127.0.0.1:9/no-such-image:1") && said.contains("docker pull"), "{said}");
}

#[test]
fn a_server_that_ends_at_once_is_told_with_its_log() {
    if !is_there() {
        return;
    }
    // Its program has no such command: MinIO's arguments are nothing to a tank.
    let wrong = Image::minio().from("wavetank", "latest");
    let error = runtime().block_on(Container::start(wrong)).unwrap_err().to_string();
    assert!(error.contains("ended before it was ready"), "{error}");
    assert!(error.contains("unrecognized subcommand"), "{error}");
}

/// A container that is removed with this value.
struct Removed(String);

impl Drop for Removed {
    fn drop(&mut self) {
        drop(docker(&["rm", "--force", "--volumes", &self.0]));
    }
}

impl Removed {
    /// What the engine knows of it.
    fn inspect(&self) -> Value {
        let found = docker(&["inspect", &self.0]);
        let mut found: Value = serde_json::from_slice(&found.stdout).unwrap();
        found[0].take()
    }

    /// Its state once its health check has said yes or no.
    fn await_health(&self) -> Value {
        for _ in 0..LOOKS_MAX {
            let state = self.inspect()["State"].take();
            if state["Running"] != true || state["Health"]["Status"] != "starting" {
                return state;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(200));
        }
        panic!("neither healthy nor unhealthy after a minute: {}", self.inspect()["State"])
    }
}

/// The arguments of `docker run` for a service of docker-compose.yml: what it may not do, its image and its command.
fn run_arguments(service: &Value) -> Vec<&str> {
    let mut arguments = Vec::new();
    if service["read_only"] == "true" {
        arguments.push("--read-only");
    }
    for (key, flag) in [("tmpfs", "--tmpfs"), ("cap_drop", "--cap-drop"), ("security_opt", "--security-opt")]
    {
        arguments.extend(compose::texts(&service[key]).into_iter().flat_map(|text| [flag, text]));
    }
    arguments.push(service["image"].as_str().unwrap());
    arguments.extend(compose::texts(&service["command"]));
    arguments
}

#[test]
fn what_compose_forbids_our_own_service_is_forbidden_to_its_container_too() {
    let services = compose::services();
    let arguments = run_arguments(&services["wavetank"]);
    let allowed = arguments.split(|argument| *argument == NAME).next().unwrap();
    let tmp = "/tmp:uid=65532,gid=65532";
    let expected =
        ["--read-only", "--tmpfs", tmp, "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"];
    assert_eq!(allowed, expected);
    assert!(arguments.contains(&"serve") && arguments.last() == Some(&"http://127.0.0.1:4566"));
}

#[test]
fn with_compose_s_flags_the_image_becomes_healthy_by_its_own_check() {
    if !is_there() {
        return;
    }
    let services = compose::services();
    let owner = format!("dev.wavetank.process={}", std::process::id());
    let mut arguments = vec!["run", "--detach", "--publish", "127.0.0.1::4566", "--label", &*owner];
    arguments.extend(run_arguments(&services["wavetank"]));
    let started = docker(&arguments);
    assert!(started.status.success(), "{started:?}");
    let container = Removed(text(&started.stdout));
    let state = container.await_health();
    let logs = docker(&["logs", "--timestamps", &container.0]);
    assert_eq!(state["Health"]["Status"], "healthy", "{state}\n{logs:?}");
    let looked = &state["Health"]["Log"][0];
    assert_eq!(looked["ExitCode"], 0, "{looked}");
    let host = container.inspect()["HostConfig"].take();
    assert_eq!(host["ReadonlyRootfs"], true);
    assert_eq!(host["CapDrop"][0], "ALL");
    tell_start(&state, &text(&logs.stdout));
}

/// Prints how long the program took from the container's start until its port was open, and its first answer after that. Both by the
/// engine's clock; how long is not asserted, since the machine is not ours.
fn tell_start(state: &Value, logs: &str) {
    let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
    let of = |value: &Value| time(value.as_str().unwrap());
    let millis = |span: chrono::TimeDelta| span.num_microseconds().unwrap() as f64 / 1e3;
    let ready = logs.lines().find(|line| line.contains("wavetank is ready on"));
    let ready = ready.unwrap_or_else(|| panic!("its log does not say that it is ready: {logs}"));
    let open = time(ready.split_once(' ').unwrap().0) - of(&state["StartedAt"]);
    let looked = &state["Health"]["Log"][0];
    let answered = of(&looked["End"]) - of(&looked["Start"]);
    eprintln!(
        "{NAME}: its port is open {:.1} ms after the container's start; its first answer takes {:.1} ms, with the start of the \
         program that asks",
        millis(open),
        millis(answered)
    );
}
