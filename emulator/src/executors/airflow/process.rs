//! One process of Airflow's Python with our helper in it, and the talk with it: one JSON object a line each way.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use wavetank_types::Timestamp;

use super::find::AirflowInstallation;
use super::folder::Place;
use crate::driver::Tank;
use crate::executors::Door;
use crate::services::mwaa::work::AirflowFailure;

/// Our end inside Airflow's Python, by the names under which its parts import each other. The first is run.
const HELPER: [(&str, &str); 4] = [
    ("wavetank_airflow.py", include_str!("helper.py")),
    ("wavetank_clock.py", include_str!("clock.py")),
    ("wavetank_airflow2.py", include_str!("airflow2.py")),
    ("wavetank_airflow3.py", include_str!("airflow3.py")),
];

/// Real time without a word after which a process is given up.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// Bytes of what a process has said last that a failure shows.
const SAID_BYTES_MAX: usize = 2_000;

/// What a process says when it has been asked or woken.
#[derive(Debug)]
pub(super) enum Heard {
    /// It is done.
    Answer(Value),
    /// Its run goes on after this much tank time.
    Wait(Duration),
}

/// A process that has imported Airflow. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Helper {
    child: Child,
    group: Option<Pid>,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    said: std::path::PathBuf,
    /// Which state of the folder it was started for.
    pub(super) generation: u64,
}

impl Helper {
    /// Starts one and waits until it has imported Airflow.
    pub(super) async fn start(
        installation: &AirflowInstallation,
        place: &Place,
        door: &Door,
        now: Timestamp,
    ) -> Result<Self, AirflowFailure> {
        let failed =
            |error: std::io::Error| AirflowFailure::Said(format!("Airflow could not be started: {error}"));
        for (name, text) in HELPER {
            std::fs::write(place.path(name), text).map_err(failed)?;
        }
        let script = place.path(HELPER[0].0);
        let said = place.path("said");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&said).map_err(failed)?;
        let mut command = Command::new(&installation.python);
        command.arg("-u").arg(&script).arg(now.micros().to_string());
        command.env_clear().envs(variables(place, door, installation));
        command
            .current_dir(place.path("tmp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(failed)?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = group {
            limit(pid);
        }
        let gone = || AirflowFailure::Said("Airflow's process has no pipes".to_owned());
        let stdin = child.stdin.take().ok_or_else(gone)?;
        let stdout = BufReader::new(child.stdout.take().ok_or_else(gone)?).lines();
        let generation = place.generation();
        let mut helper = Self { child, group, stdin, stdout, said, generation };
        helper.hear().await?;
        Ok(helper)
    }

    /// Asks for one thing. What it has said ends with its answer, or with a wait in the middle of a run.
    pub(super) async fn ask(&mut self, tank: &Tank, mut question: Value) -> Result<Heard, AirflowFailure> {
        question["now"] = json!(tank.now().micros());
        self.tell(&question).await?;
        self.hear_out().await
    }

    /// Lets a run go on that has waited.
    pub(super) async fn wake(&mut self, tank: &Tank) -> Result<Heard, AirflowFailure> {
        self.tell(&json!({ "now": tank.now().micros() })).await?;
        self.hear_out().await
    }

    async fn hear_out(&mut self) -> Result<Heard, AirflowFailure> {
        let answer = self.hear().await?;
        if let Some(seconds) = answer["sleep"].as_f64() {
            return Ok(Heard::Wait(Duration::try_from_secs_f64(seconds).unwrap_or_default()));
        }
        match answer["failed"].as_str() {
            Some(said) => Err(AirflowFailure::Said(said.to_owned())),
            None => Ok(Heard::Answer(answer)),
        }
    }

    async fn tell(&mut self, message: &Value) -> Result<(), AirflowFailure> {
        let line = format!("{message}\n");
        match self.stdin.write_all(line.as_bytes()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended().await),
        }
    }

    async fn hear(&mut self) -> Result<Value, AirflowFailure> {
        let line = tokio::time::timeout(SILENCE_MAX, self.stdout.next_line()).await;
        match line {
            Ok(Ok(Some(line))) => serde_json::from_str(&line)
                .map_err(|error| AirflowFailure::Said(format!("Airflow's process answered badly: {error}"))),
            Ok(_) => Err(self.ended().await),
            Err(_) => {
                self.kill();
                Err(AirflowFailure::Said(format!("Airflow said nothing for {} s", SILENCE_MAX.as_secs())))
            }
        }
    }

    async fn ended(&mut self) -> AirflowFailure {
        let status = self.child.wait().await;
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = std::fs::read(&self.said).unwrap_or_default();
        let tail = String::from_utf8_lossy(&said[said.len().saturating_sub(SAID_BYTES_MAX)..]).into_owned();
        AirflowFailure::Said(format!("Airflow's process ended ({status}): {}", tail.trim()))
    }

    fn kill(&mut self) {
        let Some(group) = self.group.take() else { return };
        if let Err(error) = rustix::process::kill_process_group(group, Signal::KILL) {
            tracing::debug!(%error, "nothing was left of an Airflow's process group");
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the process sees: Airflow's settings, the tank in AWS's place, and nothing of ours.
fn variables(place: &Place, door: &Door, installation: &AirflowInstallation) -> Vec<(String, String)> {
    let text = |name: &str| place.path(name).display().to_string();
    // Airflow 3 has no other that goes with SQLite; neither runs anything.
    let executor = if installation.is_second() { "SequentialExecutor" } else { "LocalExecutor" };
    let beside = installation.python.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let path = std::env::var("PATH").unwrap_or_default();
    let set = [
        ("PATH", format!("{beside}:{path}")),
        ("HOME", text("home")),
        ("TMPDIR", text("tmp")),
        ("LANG", "C.UTF-8".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("PYTHONHASHSEED", "0".to_owned()),
        ("PYTHONPATH", text("dags")),
        ("AIRFLOW_HOME", text("home")),
        ("WAVETANK_DAGS", text("dags")),
        ("AIRFLOW__CORE__DAGS_FOLDER", text("dags")),
        ("AIRFLOW__CORE__LOAD_EXAMPLES", "False".to_owned()),
        ("AIRFLOW__CORE__EXECUTOR", executor.to_owned()),
        ("AIRFLOW__CORE__DAG_DISCOVERY_SAFE_MODE", "True".to_owned()),
        // Deep enough for the DAG's own line to be in it when an operator refuses its arguments.
        ("AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH", "50".to_owned()),
        ("AIRFLOW__LOGGING__COLORED_CONSOLE_LOG", "False".to_owned()),
        ("AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE", "True".to_owned()),
        ("AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", "False".to_owned()),
        ("SCARF_ANALYTICS", "false".to_owned()),
        ("AWS_ACCESS_KEY_ID", door.scope().account.as_str().to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_REGION", door.scope().region.as_str().to_owned()),
        ("AWS_DEFAULT_REGION", door.scope().region.as_str().to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true".to_owned()),
    ];
    let mut all: Vec<(String, String)> =
        set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend(
        place.options().into_iter().filter_map(|(name, value)| Some((option_variable(&name)?, value))),
    );
    let database = format!("sqlite:///{}", place.path("home/airflow.db").display());
    all.push(("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN".to_owned(), database));
    all
}

/// `core.default_timezone` is `AIRFLOW__CORE__DEFAULT_TIMEZONE`.
fn option_variable(name: &str) -> Option<String> {
    let (section, key) = name.split_once('.')?;
    Some(format!("AIRFLOW__{}__{}", section.to_uppercase(), key.to_uppercase()))
}

#[cfg(target_os = "linux")]
fn limit(pid: Pid) {
    use rustix::process::{Resource, Rlimit, prlimit};
    for (resource, most) in [(Resource::Nofile, 4_096), (Resource::Nproc, 16_384), (Resource::Core, 0)] {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if let Err(error) = prlimit(Some(pid), resource, limit) {
            tracing::debug!(%error, ?resource, "a limit was not set");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn limit(_pid: Pid) {}
