//! Runs a Python shell script as a child process: its own process group, a temporary directory, no environment but AWS's. In a
//! frozen tank its clock is the tank's, its sleeps cost tank time alone (`../clock.py`), and the seed decides what it draws (`../chance.py`).
//!
//! Assumed: how AWS passes arguments (each name and value, in the order of the names), and the sentence of a failure, which
//! is Python's last line if there is one.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_types::names::split_s3_uri;
use wavetank_wire::glue::{GetJobRun, GetJobRunInput};

use super::{Ran, failed};
use crate::executors::{Door, HASH_SEED, TANK_PY};
use crate::services::glue::{ScriptOutput, ScriptWork};

/// The part of AWS's library that Python shell scripts use to read their arguments; ours.
const AWSGLUE_UTILS: &str = include_str!("awsglue_utils.py");
/// What gives a script tank time.
const SITECUSTOMIZE: &str = include_str!("sitecustomize.py");
/// Where it tells how long the script has slept.
const SLEPT_FILE: &str = "slept_ms";

/// How often a running script is looked after. Real time: the child knows no other.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Lines of each stream that are kept of one run.
const LINES_MAX: usize = 100_000;

/// The time beyond the model is what the script has slept.
pub(super) fn run(door: &Door, work: &ScriptWork, started: Timestamp) -> Ran {
    let Some((bucket, key)) = split_s3_uri(&work.script_location) else {
        return failed(format!("Script location `{}` is not an S3 path.", work.script_location));
    };
    let script = match door.get_object(bucket, key) {
        Ok(script) => script,
        Err(error) => {
            return failed(format!("Script {} could not be read. {}", work.script_location, error.message));
        }
    };
    match run_in_directory(door, work, &script, started) {
        Ok(ended) => ended,
        Err(error) => failed(format!("Python could not be run: {error}. hint: python3 must be on the PATH.")),
    }
}

fn run_in_directory(
    door: &Door,
    work: &ScriptWork,
    script: &[u8],
    started: Timestamp,
) -> std::io::Result<Ran> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("script.py");
    fs::write(&path, script)?;
    let library = directory.path().join("awsglue");
    fs::create_dir(&library)?;
    fs::write(library.join("__init__.py"), "")?;
    fs::write(library.join("utils.py"), AWSGLUE_UTILS)?;
    let mut command = command(door, work, directory.path(), &path)?;
    if door.tank.is_frozen() {
        for (name, module) in TANK_PY {
            fs::write(directory.path().join(name), module)?;
        }
        fs::write(directory.path().join("sitecustomize.py"), SITECUSTOMIZE)?;
        command.env("WAVETANK_NOW_MS", started.millis().to_string());
        command.env("WAVETANK_TIMEOUT_S", work.timeout.as_secs_f64().to_string());
        command.env("WAVETANK_SEED", &work.run_id).envs([HASH_SEED]);
    }
    let mut child = command.spawn()?;

    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (over, ended) = mpsc::channel::<()>();
    let read = |stream: Option<Box<dyn Read + Send>>, over: mpsc::Sender<()>| {
        thread::spawn(move || {
            let lines = stream.map(lines_of).unwrap_or_default();
            drop(over);
            lines
        })
    };
    let output = read(stdout.map(|stream| Box::new(stream) as Box<dyn Read + Send>), over.clone());
    let error = read(stderr.map(|stream| Box::new(stream) as Box<dyn Read + Send>), over);
    let mut waited = Duration::ZERO;
    let mut timed_out = false;
    // Nothing is sent: the channel closes when both streams have ended.
    while ended.recv_timeout(LOOK_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
        waited += LOOK_EVERY;
        timed_out = waited >= work.timeout;
        if timed_out || !is_wanted(door, work) {
            kill_group(&child);
            break;
        }
    }
    let status = child.wait()?;
    // A script may have left children behind.
    kill_group(&child);
    let slept = fs::read_to_string(directory.path().join(SLEPT_FILE)).unwrap_or_default();
    let slept = Duration::from_millis(slept.parse().unwrap_or(0)).min(work.timeout);
    timed_out |= slept == work.timeout;
    // The folder's name is made up anew each time; the same run must print the same lines.
    let own = directory.path().to_string_lossy().into_owned();
    let settled = |lines: Vec<String>| lines.into_iter().map(|line| line.replace(&own, "/tmp")).collect();
    let output = settled(output.join().unwrap_or_default());
    let error: Vec<String> = settled(error.join().unwrap_or_default());
    let failure = if timed_out {
        Some("Job run timed out".to_owned())
    } else if status.success() {
        None
    } else {
        let last = error.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty());
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Some(last.map_or_else(|| format!("Command failed with exit code {code}"), str::to_owned))
    };
    Ok((ScriptOutput { failure, output, error, ..ScriptOutput::default() }, slept))
}

/// Whether the run still goes on: it may have been stopped, or its job deleted.
fn is_wanted(door: &Door, work: &ScriptWork) -> bool {
    let (job_name, run_id) = (work.job_name.clone(), work.run_id.clone());
    let input = GetJobRunInput { job_name, run_id, ..GetJobRunInput::default() };
    match door.request_blocking::<GetJobRun>(input) {
        Ok(output) => output.job_run.and_then(|run| run.job_run_state).as_deref() == Some("RUNNING"),
        // A fault at the API says nothing of the run.
        Err(error) => error.code != "EntityNotFoundException",
    }
}

/// The machine's Python itself: the name on the PATH may be a version manager's stub, which needs its own environment.
fn python() -> std::io::Result<PathBuf> {
    let said = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let program = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if said.status.success() && !program.is_empty() {
        return Ok(program.into());
    }
    Err(std::io::Error::new(std::io::ErrorKind::NotFound, "python3 does not answer"))
}

fn command(door: &Door, work: &ScriptWork, directory: &Path, script: &Path) -> std::io::Result<Command> {
    let scope = door.scope();
    let mut command = Command::new(python()?);
    command
        .arg("-u")
        .arg(script)
        .args(work.arguments.iter().flat_map(|(name, value)| [name, value]))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", directory)
        .env("TMPDIR", directory)
        .env("PYTHONPATH", directory)
        .env("PYTHONIOENCODING", "utf-8")
        .env("AWS_REGION", scope.region.as_str())
        .env("AWS_DEFAULT_REGION", scope.region.as_str())
        // The account is the access key; S3 checks signatures made with the one secret of all tanks.
        .env("AWS_ACCESS_KEY_ID", scope.account.as_str())
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(endpoint) = door.endpoint() {
        command.env("AWS_ENDPOINT_URL", endpoint);
    }
    Ok(command)
}

fn lines_of(stream: Box<dyn Read + Send>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        if lines.len() < LINES_MAX {
            lines.push(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned());
        }
        line.clear();
    }
    lines
}

fn kill_group(child: &Child) {
    let id = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = id {
        // It may be gone already.
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}
