//! One environment: a folder with the code, a process group in it, its end of the Runtime API.
//!
//! Everything goes when it is dropped: the group is killed and waited for, the folder removed.
//! Limits are set from outside right after the start, since setting them inside needs unsafe code: the process could
//! do little before that. Not limited: memory, but for Python's address space and Node's heap.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Pid, Signal, WaitOptions, waitpid};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::api::{Next, RuntimeApi, Said};
use super::interpreter::{Launch, check_own};
use super::output::Outlet;
use super::patience::Patience;
use super::unpack::unpack;
use crate::driver::machine_time;
use crate::executors::{Door, HASH_SEED, TANK_PY};
use crate::services::lambda::{Failure, FunctionWork};

/// How long a runtime may take to ask for its first event.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (read 2026-11-29).
const INIT_MAX: Duration = Duration::from_secs(10);

/// How often a start is tried while another thread's child holds the new program open for writing.
const BUSY_TRIES_MAX: u32 = 1_000;

const BOOTSTRAP_PY: &str = include_str!("bootstrap.py");
const BOOTSTRAP_MJS: &str = include_str!("bootstrap.mjs");

/// A process that has been started for one environment.
#[derive(Debug)]
pub(super) struct Environment {
    child: Child,
    group: Option<Pid>,
    api: RuntimeApi,
    outlet: Outlet,
    ready: bool,
    /// Removed with everything in it when this is dropped; after the process, as fields are dropped in order.
    _folder: TempDir,
}

/// What came of one event, in real time.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) result: Result<Bytes, Failure>,
    pub(super) init: Duration,
    pub(super) took: Duration,
    /// As long as the code has slept, in a frozen tank: there nobody waits for it.
    pub(super) slept: Duration,
    /// With the time since the handler's start; zero while starting.
    pub(super) lines: Vec<(Duration, String)>,
    pub(super) memory_mb: Option<u32>,
}

impl Environment {
    /// Unpacks the code and starts its process.
    pub(super) async fn start(door: &Door, work: &FunctionWork, launch: &Launch) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::not_started("Runtime.Unavailable", &format!("the process could not be started: {error}"))
        };
        let folder = tempfile::Builder::new().prefix("wavetank-lambda-").tempdir().map_err(failed)?;
        let (zip, path) = (work.code.clone(), folder.path().to_owned());
        let prepared = tokio::task::spawn_blocking(move || prepare(&zip, &path)).await;
        prepared
            .map_err(|gone| Failure::not_started("Runtime.Unavailable", &gone.to_string()))?
            .map_err(|error| Failure::not_started("Runtime.InvalidPackage", &error.to_string()))?;
        let api = RuntimeApi::start().await.map_err(failed)?;
        let frozen = door.tank.is_frozen();
        let mut command = command(launch, folder.path(), work, frozen)?;
        if frozen && *launch != Launch::Own {
            // The time, and what decides the code's chance.
            command.args([&work.started.millis().to_string(), &work.request_id]);
        }
        command.env_clear().envs(frozen.then_some(HASH_SEED));
        command.envs(variables(door, work, folder.path(), &api.address.to_string()));
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        let outlet = Outlet::new(reader).map_err(failed)?;
        command
            .current_dir(folder.path().join("task"))
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(failed)?)
            .stderr(writer)
            .process_group(0)
            .kill_on_drop(true);
        let child = spawn(&mut command).await.map_err(failed)?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = group {
            limit(pid, work, launch);
        }
        Ok(Self { child, group, api, outlet, ready: false, _folder: folder })
    }

    /// Whether its process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Hands the process one event and waits for its answer, at most the timeout. Kills it if there is none.
    pub(super) async fn run(&mut self, work: &FunctionWork, tank_now_ms: Option<i64>) -> Ran {
        let begun = machine_time();
        let patience = Patience { group: self.group, frozen: tank_now_ms.is_some() };
        if let Err(failure) = self.wait_until_ready(patience).await {
            let init = machine_time().since(begun);
            return self.ran(Err(failure), init, Duration::ZERO, Vec::new());
        }
        let init = machine_time().since(begun);
        self.outlet.read_rest();
        let started = machine_time();
        let deadline_ms = (started + work.timeout).millis();
        self.api.give(next_of(work, deadline_ms, tank_now_ms));
        let mut marks = vec![(Duration::ZERO, self.outlet.count())];
        let mut slept = Duration::ZERO;
        let answer = async {
            loop {
                tokio::select! {
                    said = self.api.said.recv() => match said {
                        Some(Said::Response(body, span)) => {
                            slept = span;
                            return Ok(body);
                        }
                        Some(Said::Error(body, span)) => {
                            slept = span;
                            return Err(Failure::Raised(body));
                        }
                        Some(Said::TimedOut) => return Err(Failure::TimedOut),
                        Some(Said::Ready | Said::InitError(_)) => {}
                        None => return Err(Failure::Exited { how: None }),
                    },
                    () = self.outlet.read() => marks.push((machine_time().since(started), self.outlet.count())),
                    status = self.child.wait() => return Err(exited(status)),
                }
            }
        };
        let result = patience.wait(work.timeout, answer).await.unwrap_or(Err(Failure::TimedOut));
        let took = machine_time().since(started).min(work.timeout);
        Ran { slept, ..self.ran(result, init, took, marks) }
    }

    async fn wait_until_ready(&mut self, patience: Patience) -> Result<(), Failure> {
        if self.ready {
            return Ok(());
        }
        let ready = async {
            loop {
                tokio::select! {
                    said = self.api.said.recv() => match said {
                        Some(Said::Ready) => return Ok(()),
                        Some(Said::InitError(payload)) => return Err(not_started(payload)),
                        Some(Said::Response(..) | Said::Error(..) | Said::TimedOut) => {}
                        None => return Err(Failure::Exited { how: None }),
                    },
                    () = self.outlet.read() => {}
                    status = self.child.wait() => return Err(exited(status)),
                }
            }
        };
        let late = format!("the runtime did not start within {} s", INIT_MAX.as_secs());
        let result = patience.wait(INIT_MAX, ready).await;
        self.ready = true;
        result.unwrap_or_else(|| Err(Failure::not_started("Sandbox.Timedout", &late)))
    }

    /// Gathers the lines, and ends the process if it is not to be used again.
    fn ran(
        &mut self,
        result: Result<Bytes, Failure>,
        init: Duration,
        took: Duration,
        marks: Vec<(Duration, usize)>,
    ) -> Ran {
        let memory_mb = self.child.id().and_then(peak_memory_mb);
        if result.as_ref().is_err_and(Failure::ends_environment) {
            self.kill();
        }
        self.outlet.read_rest();
        let at = |index: usize| marks.iter().find(|(_, count)| index < *count).map_or(took, |(at, _)| *at);
        let lines = self.outlet.take().into_iter().enumerate().map(|(n, line)| (at(n), line)).collect();
        Ran { result, init, took, slept: Duration::ZERO, lines, memory_mb }
    }

    /// Kills the whole group and waits for the process, so that nothing of it is left.
    fn kill(&mut self) {
        let Some(group) = self.group.take() else { return };
        if let Err(error) = rustix::process::kill_process_group(group, Signal::KILL) {
            tracing::debug!(%error, "nothing was left of a function's process group");
        }
        let waits = matches!(self.child.try_wait(), Ok(None));
        if waits && let Err(error) = waitpid(Some(group), WaitOptions::empty()) {
            tracing::debug!(%error, "a function's process was waited for elsewhere");
        }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.kill();
    }
}

fn exited(status: std::io::Result<ExitStatus>) -> Failure {
    use std::os::unix::process::ExitStatusExt;
    let how = match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(0), _) => None,
            (Some(code), _) => Some(format!("exit status {code}")),
            (None, Some(9)) => Some("signal: killed".to_owned()),
            (None, signal) => Some(format!("signal: {}", signal.unwrap_or_default())),
        },
        Err(error) => Some(error.to_string()),
    };
    Failure::Exited { how }
}

fn not_started(payload: Bytes) -> Failure {
    let document: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
    let error_type = document["errorType"].as_str().unwrap_or("Runtime.Unknown").to_owned();
    Failure::NotStarted { error_type, payload }
}

fn next_of(work: &FunctionWork, deadline_ms: i64, tank_now_ms: Option<i64>) -> Next {
    let digits = work.request_id.replace('-', "");
    let trace = format!("Root=1-{}-{};Sampled=0", &digits[..8], &digits[8..32]);
    let mut headers = vec![
        ("Lambda-Runtime-Deadline-Ms", deadline_ms.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", work.arn.clone()),
        ("Lambda-Runtime-Trace-Id", trace),
    ];
    headers.extend(work.client_context.clone().map(|context| ("Lambda-Runtime-Client-Context", context)));
    // A tank whose time stands still says what time it is, so that log lines and the code's clock replay, and after which sleep the
    // time is over, since nobody waits for a sleep there. The clients get the time as an argument
    // too, for lines before the first event. No such header on AWS.
    if let Some(now) = tank_now_ms {
        headers.push(("Wavetank-Now-Ms", now.to_string()));
        headers.push(("Wavetank-Timeout-Ms", work.timeout.as_millis().to_string()));
    }
    Next { request_id: work.request_id.clone(), headers, payload: work.payload.json() }
}

/// Makes `task` (the code), `runtime` (our clients) and `home` (what the code may write).
fn prepare(zip: &Bytes, folder: &Path) -> Result<(), super::unpack::UnpackError> {
    for name in ["task", "runtime", "home"] {
        std::fs::create_dir(folder.join(name))?;
    }
    std::fs::write(folder.join("runtime/bootstrap.py"), BOOTSTRAP_PY)?;
    for (name, module) in TANK_PY {
        std::fs::write(folder.join("runtime").join(name), module)?;
    }
    std::fs::write(folder.join("runtime/bootstrap.mjs"), BOOTSTRAP_MJS)?;
    unpack(zip, &folder.join("task"))
}

fn command(launch: &Launch, folder: &Path, work: &FunctionWork, frozen: bool) -> Result<Command, Failure> {
    match launch {
        Launch::Python { program, .. } => {
            let mut command = Command::new(program);
            // Unbuffered, so that lines written before a time-out are there.
            command.arg("-u").arg(folder.join("runtime/bootstrap.py"));
            Ok(command)
        }
        Launch::Node { program, .. } => {
            let mut command = Command::new(program);
            command.arg(format!("--max-old-space-size={}", work.memory_mb));
            // `Math.random` alone: what `crypto` draws is the machine's.
            let seed = work.request_id.get(..7).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            command.args(seed.filter(|_| frozen).map(|seed| format!("--random-seed={}", seed.max(1))));
            command.arg(folder.join("runtime/bootstrap.mjs"));
            Ok(command)
        }
        Launch::Own => {
            let program = check_own(&folder.join("task"));
            let refuse = |(error_type, said): (&str, String)| {
                Failure::not_started(error_type, &format!("RequestId: {} Error: {said}", work.request_id))
            };
            program.map(Command::new).map_err(refuse)
        }
    }
}

/// What the process sees: what AWS sets, then the user's variables, and nothing of ours.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (to be verified).
fn variables(door: &Door, work: &FunctionWork, folder: &Path, api: &str) -> BTreeMap<String, String> {
    let region = door.scope.region.as_str();
    let task = folder.join("task").display().to_string();
    let home = folder.join("home").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let memory = work.memory_mb.to_string();
    let execution = format!("AWS_Lambda_{}", work.runtime);
    let set = [
        ("_HANDLER", work.handler.as_str()),
        ("AWS_ACCESS_KEY_ID", door.scope.account.as_str()),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_EXECUTION_ENV", &execution),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &work.function),
        ("AWS_LAMBDA_FUNCTION_VERSION", &work.version),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &work.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &work.log_stream),
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_REGION", region),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("HOME", &home),
        ("LAMBDA_TASK_ROOT", &task),
        ("LANG", "en_US.UTF-8"),
        ("PATH", &path),
        ("PYTHONIOENCODING", "utf-8"),
        ("TMPDIR", &home),
        ("TZ", ":UTC"),
    ];
    let mut all: BTreeMap<String, String> =
        set.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    all.extend(door.endpoint().map(|endpoint| ("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned())));
    all.extend((*work.variables).clone());
    all
}

/// Starts the program. One that has just been unpacked may still be open in another thread's child for an instant.
async fn spawn(command: &mut Command) -> std::io::Result<Child> {
    let mut tries = 0;
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == std::io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES_MAX =>
            {
                tries += 1;
                tokio::task::yield_now().await;
            }
            done => return done,
        }
    }
}

/// Documented: 1,024 file descriptors and processes (gettingstarted-limits.html, read 2026-11-29). The system counts
/// processes by user and not by group, so that limit only stops a runaway.
#[cfg(target_os = "linux")]
fn limit(pid: Pid, work: &FunctionWork, launch: &Launch) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let megabytes = |count: u32| u64::from(count) * 1_024 * 1_024;
    let mut limits = vec![
        (Resource::Nofile, 1_024),
        (Resource::Nproc, 16_384),
        (Resource::Fsize, megabytes(work.ephemeral_mb)),
        (Resource::Core, 0),
    ];
    if matches!(launch, Launch::Python { .. }) {
        // Address space is not memory: libraries reserve gigabytes that they never touch.
        limits.push((Resource::As, megabytes(work.memory_mb * 4 + 4_096)));
    }
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if let Err(error) = prlimit(Some(pid), resource, limit) {
            tracing::debug!(%error, ?resource, "a limit was not set");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn limit(_pid: Pid, _work: &FunctionWork, _launch: &Launch) {}

/// The most memory the process has had, where the system says so.
fn peak_memory_mb(id: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes.div_ceil(1_024))
}
