//! MWAA's state: environments, their DAGs and runs, and what executors have been asked.

mod dags;
mod environments;
mod logs;
mod rest;
mod runs;

use std::collections::{BTreeMap, VecDeque};

use wavetank_types::Timestamp;
use wavetank_wire::mwaa::{self as w, CreateEnvironmentInput, InvokeRestApiInput};

use super::limits::SYNC_EVERY;
use super::work::{
    AirflowDone, AirflowFailure, AirflowTask, AirflowWork, DagFound, ImportError, Planned, Source, TaskRan,
};
use crate::world::{Cx, JobId, Ticket, Work};

/// MWAA of one account and region.
#[derive(Debug, Default)]
pub struct Mwaa {
    environments: BTreeMap<String, Environment>,
    jobs: BTreeMap<JobId, Purpose>,
}

/// What an executor has been asked for. Environments are named by their home: one of the same name may have come after.
#[derive(Debug)]
enum Purpose {
    /// Whether there is an Airflow, before an environment is made.
    Find(Ticket, Box<CreateEnvironmentInput>),
    /// To read the DAG folder; the requests wait for it.
    Load(String, Vec<(Ticket, InvokeRestApiInput)>),
    /// For a DAG's next runs.
    Upcoming(String, String),
    /// To run a DAG's run.
    Run(String, String, String),
    /// To end.
    Destroy,
}

/// What an environment is doing. Documented: the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Creating,
    CreateFailed,
    Available,
    Updating,
    UpdateFailed,
    Deleting,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Creating => w::environment_status::CREATING,
            Self::CreateFailed => w::environment_status::CREATE_FAILED,
            Self::Available => w::environment_status::AVAILABLE,
            Self::Updating => w::environment_status::UPDATING,
            Self::UpdateFailed => w::environment_status::UPDATE_FAILED,
            Self::Deleting => w::environment_status::DELETING,
        }
    }

    /// Whether its scheduler is at work.
    fn schedules(self) -> bool {
        matches!(self, Self::Available | Self::UpdateFailed)
    }
}

/// An environment.
#[derive(Debug)]
struct Environment {
    /// What is shown of it, but for its status.
    shown: w::Environment,
    status: Status,
    /// When a state that ends by itself ends.
    until: Option<Timestamp>,
    home: String,
    dags: BTreeMap<String, Dag>,
    errors: Vec<(Timestamp, ImportError)>,
    /// When the DAG folder is looked at next.
    next_sync: Timestamp,
    /// Whether an executor looks at it now.
    is_loading: bool,
}

/// A DAG as its scheduler knows it.
#[derive(Debug)]
struct Dag {
    found: DagFound,
    is_paused: bool,
    /// Whether its file still has it.
    is_active: bool,
    last: Option<Planned>,
    upcoming: VecDeque<Planned>,
    /// Whether its timetable is being asked.
    is_asking: bool,
    /// Whether its timetable has said that there is nothing more.
    is_over: bool,
    /// By id.
    runs: BTreeMap<String, DagRun>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RunState {
    Queued,
    Running,
    Success,
    Failed,
}

impl RunState {
    fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }

    fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// A DAG run.
#[derive(Debug)]
struct DagRun {
    planned: Planned,
    is_manual: bool,
    conf: serde_json::Value,
    note: Option<String>,
    state: RunState,
    /// Which was queued first.
    number: u64,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    tasks: Vec<TaskRan>,
}

impl Environment {
    fn name(&self) -> &str {
        self.shown.name.as_deref().unwrap_or_default()
    }

    /// Where its DAGs are, and how its Airflow is set.
    fn source(&self) -> Source {
        let arn = self.shown.source_bucket_arn.as_deref().unwrap_or_default();
        let bucket = arn.rsplit(':').next().unwrap_or_default().to_owned();
        let path = self.shown.dag_s3path.as_deref().unwrap_or_default();
        let path = path.strip_prefix(&format!("s3://{bucket}/")).unwrap_or(path).trim_matches('/');
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let options = self.shown.airflow_configuration_options.clone().unwrap_or_default();
        Source { bucket, prefix, options: options.into_iter().collect() }
    }

    fn running(&self) -> usize {
        let runs = self.dags.values().flat_map(|dag| dag.runs.values());
        runs.filter(|run| run.state == RunState::Running).count()
    }
}

impl Mwaa {
    pub(super) fn next_change(&self) -> Option<Timestamp> {
        self.environments.values().filter_map(|environment| environment.until).min()
    }

    pub(super) fn next_run(&self) -> Option<Timestamp> {
        let at_work = self.environments.values().filter(|environment| environment.status.schedules());
        at_work.filter_map(Environment::next_run).min()
    }

    pub(super) fn go_on(&mut self, cx: &mut Cx<'_>) {
        self.end_states(cx);
        let names: Vec<String> = self.environments.keys().cloned().collect();
        for name in names {
            let Some(environment) = self.environments.get(&name) else { continue };
            if !environment.status.schedules() {
                continue;
            }
            if environment.next_sync <= cx.now {
                self.load(cx, &name, false, Vec::new());
            }
            self.schedule(cx, &name);
        }
    }

    /// Asks for the DAG folder to be read; the requests wait for it.
    fn load(&mut self, cx: &mut Cx<'_>, name: &str, anew: bool, waiting: Vec<(Ticket, InvokeRestApiInput)>) {
        let Some(environment) = self.environments.get_mut(name) else { return };
        environment.next_sync = cx.now + SYNC_EVERY;
        environment.is_loading = true;
        let last = environment.dags.iter().filter_map(|(dag, known)| Some((dag.clone(), known.last?)));
        let task = AirflowTask::Load { source: environment.source(), last: last.collect(), anew };
        let home = environment.home.clone();
        self.start(cx, &home, task, Purpose::Load(home.clone(), waiting));
    }

    fn start(&mut self, cx: &mut Cx<'_>, home: &str, task: AirflowTask, purpose: Purpose) {
        let work = AirflowWork { home: home.to_owned(), task };
        let job = cx.start(Work::Airflow(Box::new(work)));
        self.jobs.insert(job, purpose);
    }

    fn by_home(&mut self, home: &str) -> Option<&mut Environment> {
        self.environments.values_mut().find(|environment| environment.home == home)
    }

    /// An executor has answered.
    pub(super) fn job_done(
        &mut self,
        cx: &mut Cx<'_>,
        job: JobId,
        result: Result<AirflowDone, AirflowFailure>,
    ) {
        match self.jobs.remove(&job) {
            Some(Purpose::Find(ticket, input)) => self.found(cx, ticket, *input, result),
            Some(Purpose::Load(home, waiting)) => {
                self.loaded(cx, &home, result);
                for (ticket, input) in waiting {
                    self.answer_rest(cx, ticket, &input);
                }
            }
            Some(Purpose::Upcoming(home, dag)) => self.asked(cx, &home, &dag, result),
            Some(Purpose::Run(home, dag, run)) => self.ran(cx, &home, &dag, &run, result),
            Some(Purpose::Destroy) | None => {}
        }
    }
}
