//! What MWAA asks of the executor that runs real Airflow, and what it hears back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wavetank_types::Timestamp;

/// One piece of work in one environment's Airflow.
#[derive(Clone, Debug, PartialEq)]
pub struct AirflowWork {
    /// Names the environment's folder: no two environments ever share it.
    pub home: String,
    /// What is to be done.
    pub task: AirflowTask,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum AirflowTask {
    /// Look whether there is an Airflow on this machine.
    Find,
    /// Bring the DAG folder up to date, and read it if it has changed.
    Load {
        /// Where from.
        source: Source,
        /// Of each DAG that is known: the last interval that its scheduler has made a run of.
        last: BTreeMap<String, Planned>,
        /// Read it even if nothing has changed, in a new process: settings are new.
        anew: bool,
    },
    /// Ask a DAG's timetable for its next runs.
    Upcoming {
        /// Which DAG.
        dag_id: String,
        /// After which interval.
        last: Option<Planned>,
    },
    /// Begin one DAG run.
    Run(Box<RunTask>),
    /// Let a run go on that has waited.
    GoOn {
        /// Of which DAG.
        dag_id: String,
        /// Which run.
        run_id: String,
    },
    /// End its processes and remove its folder.
    Destroy,
}

/// Where an environment's DAGs are, and how its Airflow is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The bucket.
    pub bucket: String,
    /// The folder in it, such as `dags/`.
    pub prefix: String,
    /// Such as (`core.default_timezone`, `Asia/Ho_Chi_Minh`).
    pub options: Vec<(String, String)>,
}

/// One DAG run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTask {
    /// Of which DAG.
    pub dag_id: String,
    /// Such as `scheduled__2026-01-05T17:01:00+00:00`.
    pub run_id: String,
    /// Its interval.
    pub planned: Planned,
    /// Whether somebody has triggered it.
    pub is_manual: bool,
    /// What he gave with it.
    pub conf: Value,
}

/// A run that a timetable names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Its logical date.
    pub logical: Timestamp,
    /// Where its data interval begins.
    pub start: Timestamp,
    /// Where its data interval ends.
    pub end: Timestamp,
    /// When it may run.
    pub run_after: Timestamp,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AirflowOutput {
    /// The answer, or why there is none.
    pub result: Result<AirflowDone, AirflowFailure>,
}

/// The answer of each task.
#[derive(Clone, Debug, PartialEq)]
pub enum AirflowDone {
    /// The version that was found, such as `2.11.2`.
    Found(String),
    /// The folder is as it was.
    Unchanged,
    /// What the folder holds.
    Loaded(Bag),
    /// A timetable's next runs.
    Upcoming(Vec<Planned>),
    /// A run waits for this long, and must then be told to go on.
    Waits(Duration),
    /// How a run went.
    Ran(Ran),
    /// The folder is gone.
    Gone,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AirflowFailure {
    /// This machine has no Airflow. The text says how to get one.
    #[error("{0}")]
    Missing(String),
    /// The DAG folder cannot be read: what S3 has said.
    #[error("{0}")]
    Source(String),
    /// What Airflow or the system has said.
    #[error("{0}")]
    Said(String),
}

/// The DAG folder as Airflow sees it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Bag {
    /// By name.
    pub dags: Vec<DagFound>,
    /// Files that are wrong.
    pub errors: Vec<ImportError>,
}

/// A DAG.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct DagFound {
    /// Its name.
    pub dag_id: String,
    /// Its file, within the folder.
    pub file: String,
    /// What its author says of it.
    pub description: Option<String>,
    /// Its timetable in a word, such as `1 0 * * *`.
    pub schedule: String,
    /// The zone of its timetable.
    pub timezone: String,
    /// From when on it has intervals.
    pub start_date: Option<Timestamp>,
    /// Whether intervals that are over are run.
    pub catchup: bool,
    /// Runs at one time.
    pub max_active_runs: usize,
    /// Whether it is paused when it is first seen.
    pub paused: bool,
    /// In order.
    pub tags: Vec<String>,
    /// In order.
    pub owners: Vec<String>,
    /// In the order of their dependencies.
    pub tasks: Vec<TaskFound>,
    /// Its next runs, by its own timetable.
    pub upcoming: Vec<Planned>,
}

/// A task of a DAG.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TaskFound {
    /// Its name.
    pub task_id: String,
    /// The operator's class.
    pub operator: String,
    /// How often it is tried again.
    pub retries: u32,
    /// Whether it waits for its own last run.
    pub depends_on_past: bool,
    /// What must have run before.
    pub upstream: Vec<String>,
}

/// A file that Airflow could not import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ImportError {
    /// Within the folder.
    pub file: String,
    /// The line where it went wrong, if the traceback names one.
    pub line: Option<u32>,
    /// The traceback.
    pub said: String,
}

impl ImportError {
    /// Its place and its last line: `bad.py:2: ModuleNotFoundError: No module named 'x'`.
    pub fn brief(&self) -> String {
        let last = self.said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        match self.line {
            Some(line) => format!("{}:{line}: {}", self.file, last.trim()),
            None => format!("{}: {}", self.file, last.trim()),
        }
    }
}

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Ran {
    /// `success` or `failed`.
    pub state: String,
    /// Each try of each task, in order.
    pub tasks: Vec<TaskRan>,
    /// Why it ended, if no task says so.
    pub note: Option<String>,
    /// Its data interval: of a run made by hand the timetable infers it.
    #[serde(default)]
    pub interval: Option<(Timestamp, Timestamp)>,
}

/// One try of one task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TaskRan {
    /// Which task.
    pub task_id: String,
    /// Which of its mapped instances; -1 for a task that is not mapped.
    pub map_index: i64,
    /// The operator's class.
    pub operator: Option<String>,
    /// From 1; 0 if it was never tried.
    pub try_number: u32,
    /// In Airflow's word, such as `success`, `failed`, `up_for_retry`, `skipped`.
    pub state: String,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Its log.
    pub lines: Vec<(Timestamp, String)>,
}
