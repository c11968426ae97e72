//! Real Airflow for MWAA: the package that is installed on this machine, in processes of its own Python.
//!
//! An environment has a folder with a copy of its DAG folder and an SQLite database. A process imports Airflow once and
//! then does one piece of work after the other; a second one is started when a run falls due while another waits. The tank
//! is the scheduler: `helper.py` asks a DAG's own timetable when it runs, and runs it as `airflow dags test` does, task by task
//! in this process. Waits of a run (`time.sleep`, `asyncio.sleep`, retry delays, sensors) are tank time: the process stands still,
//! and its run goes on as a further piece of work when that much time has passed.
//! Left out: Airflow's own executors, web server and triggerer; installing requirements and plugins; memory limits.
//! Start with `helper.py`, then `process.rs`.

mod find;
mod folder;
mod process;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wavetank_types::Timestamp;

use super::Door;
use super::port::{Ports, Reach};
use crate::services::mwaa::work::{
    AirflowDone, AirflowFailure, AirflowOutput, AirflowTask, AirflowWork, Bag, Ran, RunTask, Source,
};
use crate::world::{Outcome, Output};
pub use find::{AIRFLOW_INSTALL, AIRFLOW_VARIABLE, AirflowInstallation, AirflowMissing, find_airflow};
use folder::Place;
use process::{Heard, Helper};

/// How many next runs a timetable is asked for at a time.
const UPCOMING: usize = 48;

/// Longest run of a DAG that sets no `dagrun_timeout`, in seconds of tank time. Ours: a sensor that never sees what it waits for
/// would carry time away.
const RUN_SECONDS_MAX: u64 = 86_400;

/// The environments of one tank.
#[derive(Debug, Default)]
pub(crate) struct Airflows {
    places: Mutex<BTreeMap<String, Arc<Place>>>,
    /// An empty database, made once.
    template: tokio::sync::Mutex<Option<TempDir>>,
    /// Where processes reach a tank that listens nowhere: one port for all of a tank's life, since a run's clients keep it.
    port: Ports,
}

/// Does the work.
pub(super) async fn run(airflows: &Airflows, door: Door, started: Timestamp, work: AirflowWork) -> Outcome {
    let result = airflows.perform(&door, started, work).await;
    // A run may have called what took time before it began to wait.
    let duration = match &result {
        Ok(AirflowDone::Waits(span)) => door.tank.now().since(started) + *span,
        _ => Duration::ZERO,
    };
    Outcome { duration, output: Output::Airflow(Box::new(AirflowOutput { result })) }
}

impl Airflows {
    /// Ends all processes that rest and removes all folders.
    pub(super) fn end_all(&self) {
        let places = std::mem::take(&mut *self.places());
        drop(places);
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Place>>> {
        self.places.lock().expect("nothing panics while it holds this")
    }

    async fn perform(
        &self,
        door: &Door,
        started: Timestamp,
        work: AirflowWork,
    ) -> Result<AirflowDone, AirflowFailure> {
        match work.task {
            AirflowTask::Find => Ok(AirflowDone::Found(installation().await?.version)),
            AirflowTask::Destroy => {
                let gone = self.places().remove(&work.home);
                drop(gone);
                Ok(AirflowDone::Gone)
            }
            AirflowTask::Load { source, last, anew } => {
                self.load(door, started, &work.home, &source, json!(last), anew).await
            }
            AirflowTask::Upcoming { dag_id, last } => {
                let ask = json!({ "do": "upcoming", "dag_id": dag_id, "last": last, "count": UPCOMING });
                let answer = self.ask(door, started, &work.home, ask).await?.0;
                Ok(AirflowDone::Upcoming(read(&answer["upcoming"])?))
            }
            AirflowTask::Run(task) => self.begin(door, started, &work.home, &task).await,
            AirflowTask::GoOn { dag_id, run_id } => self.go_on(door, &work.home, &dag_id, &run_id).await,
        }
    }

    async fn load(
        &self,
        door: &Door,
        started: Timestamp,
        home: &str,
        source: &Source,
        last: Value,
        anew: bool,
    ) -> Result<AirflowDone, AirflowFailure> {
        let place = self.place(home)?;
        place.sync(door, source, anew)?;
        if place.is_read() {
            return Ok(AirflowDone::Unchanged);
        }
        let ask = json!({ "do": "load", "last": last, "count": UPCOMING });
        let (answer, generation) = self.ask(door, started, home, ask).await?;
        let bag: Bag = read(&answer)?;
        place.note_read(generation);
        Ok(AirflowDone::Loaded(bag))
    }

    fn place(&self, home: &str) -> Result<Arc<Place>, AirflowFailure> {
        let mut places = self.places();
        if let Some(place) = places.get(home) {
            return Ok(Arc::clone(place));
        }
        let made = Place::new().map_err(|error| AirflowFailure::Said(error.to_string()))?;
        let made = Arc::new(made);
        places.insert(home.to_owned(), Arc::clone(&made));
        Ok(made)
    }

    /// Asks a process of this environment; one that fails on the way is not used again. Answers also which state of the folder it
    /// knows.
    async fn ask(
        &self,
        door: &Door,
        started: Timestamp,
        home: &str,
        question: Value,
    ) -> Result<(Value, u64), AirflowFailure> {
        let place = self.place(home)?;
        let mut helper = self.rested(door, started, &place).await?;
        let reach = self.reach(door).await?;
        let generation = helper.generation;
        match helper.ask(&door.tank, asked_from(question, &reach, door)).await? {
            Heard::Answer(answer) => {
                place.rest(helper);
                Ok((answer, generation))
            }
            Heard::Wait(_) => Err(AirflowFailure::Said("Airflow's process waits without a run".to_owned())),
        }
    }

    /// Begins a run, up to its end or its first wait.
    async fn begin(
        &self,
        door: &Door,
        started: Timestamp,
        home: &str,
        task: &RunTask,
    ) -> Result<AirflowDone, AirflowFailure> {
        let place = self.place(home)?;
        let mut helper = self.rested(door, started, &place).await?;
        let reach = self.reach(door).await?;
        let heard = helper.ask(&door.tank, asked_from(run_question(task), &reach, door)).await?;
        done(&place, &task.dag_id, &task.run_id, helper, heard)
    }

    /// Lets a run go on that has waited, up to its end or its next wait.
    async fn go_on(
        &self,
        door: &Door,
        home: &str,
        dag_id: &str,
        run_id: &str,
    ) -> Result<AirflowDone, AirflowFailure> {
        let place = self.place(home)?;
        let gone = || AirflowFailure::Said(format!("the process of {run_id} is gone"));
        let mut helper = place.woken(dag_id, run_id).ok_or_else(gone)?;
        let _reach = self.reach(door).await?;
        let heard = helper.wake(&door.tank).await?;
        done(&place, dag_id, run_id, helper, heard)
    }

    /// A process that has nothing to do, or a new one.
    async fn rested(&self, door: &Door, now: Timestamp, place: &Place) -> Result<Helper, AirflowFailure> {
        match place.take() {
            Some(helper) => Ok(helper),
            None => self.start(door, now, place).await,
        }
    }

    /// Where the tank can be reached by a process, for as long as this is kept: where it listens anyway, or at a port of our own.
    async fn reach(&self, door: &Door) -> Result<Reach, AirflowFailure> {
        self.port.reach(door).await.map_err(|error| AirflowFailure::Said(error.to_string()))
    }

    async fn start(&self, door: &Door, now: Timestamp, place: &Place) -> Result<Helper, AirflowFailure> {
        let installation = installation().await?;
        let said = |error: std::io::Error| AirflowFailure::Said(error.to_string());
        let database = place.path("home/airflow.db");
        if database.is_file() {
            return Helper::start(&installation, place, door, now).await;
        }
        let mut template = self.template.lock().await;
        if let Some(folder) = &*template {
            std::fs::copy(folder.path().join("airflow.db"), &database).map_err(said)?;
            return Helper::start(&installation, place, door, now).await;
        }
        let mut helper = Helper::start(&installation, place, door, now).await?;
        let _made = helper.ask(&door.tank, json!({ "do": "init" })).await?;
        let folder = tempfile::Builder::new().prefix("wavetank-airflow-").tempdir().map_err(said)?;
        std::fs::copy(&database, folder.path().join("airflow.db")).map_err(said)?;
        *template = Some(folder);
        Ok(helper)
    }
}

async fn installation() -> Result<AirflowInstallation, AirflowFailure> {
    let found = tokio::task::spawn_blocking(find_airflow).await;
    let found = found.map_err(|error| AirflowFailure::Said(error.to_string()))?;
    found.map_err(|missing| AirflowFailure::Missing(missing.to_string()))
}

fn read<T: serde::de::DeserializeOwned>(answer: &Value) -> Result<T, AirflowFailure> {
    T::deserialize(answer)
        .map_err(|error| AirflowFailure::Said(format!("Airflow's process answered badly: {error}")))
}

/// What became of a run that was begun or woken: its process rests, or waits with it.
fn done(
    place: &Place,
    dag_id: &str,
    run_id: &str,
    helper: Helper,
    heard: Heard,
) -> Result<AirflowDone, AirflowFailure> {
    match heard {
        Heard::Answer(answer) => {
            place.rest(helper);
            Ok(AirflowDone::Ran(read::<Ran>(&answer)?))
        }
        Heard::Wait(span) => {
            place.keep_waiting(dag_id, run_id, helper);
            Ok(AirflowDone::Waits(span))
        }
    }
}

/// A question that says where the tank is.
fn asked_from(mut question: Value, reach: &Reach, door: &Door) -> Value {
    question["endpoint"] = json!(reach.endpoint());
    question["region"] = json!(door.scope().region.as_str());
    question
}

fn run_question(task: &RunTask) -> Value {
    json!({
        "do": "run",
        "dag_id": task.dag_id,
        "run_id": task.run_id,
        "logical": task.planned.logical,
        "start": task.planned.start,
        "end": task.planned.end,
        "manual": task.is_manual,
        "conf": task.conf,
        "seconds_max": RUN_SECONDS_MAX,
    })
}
