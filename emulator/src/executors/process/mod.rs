//! Runs uploaded code in processes of this machine, over a real Lambda Runtime API on the loopback.
//!
//! An environment keeps its process from one invocation to the next, as on AWS. In a frozen tank an invocation lasts
//! as long as [`Model::PROCESS`] says and its code sleeps (`../clock.py`), so that a run replays on any machine; one that hangs is
//! found out by this machine's clock (`patience.rs`). In a served tank all time is real.
//! Left out: containers, Java, .NET, Ruby, layers. Code that runs has this user's rights: run only what you trust.
//! Start with `environment.rs`.

mod api;
mod environment;
mod interpreter;
mod output;
mod patience;
#[cfg(test)]
mod tests;
mod unpack;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::Door;
use super::function::error_line;
use crate::services::lambda::{Failure, FunctionOutput, FunctionWork, Line, Model, spread};
use environment::{Environment, Ran};

/// Processes that run code at one time; further invocations wait for a place. Ours, for the machine's sake.
const RUNNING_MAX: usize = 32;

/// Processes that are kept warm; the one idle longest goes first. Its environment gets a new one when it is called.
const IDLE_MAX: usize = 32;

/// The processes of one tank. They end when it is dropped.
#[derive(Debug)]
pub(crate) struct Processes {
    idle: Mutex<Idle>,
    places: Semaphore,
}

/// By environment, with the number of their last use.
#[derive(Debug, Default)]
struct Idle {
    environments: BTreeMap<String, (u64, Environment)>,
    uses: u64,
}

impl Processes {
    pub(crate) fn new() -> Self {
        Self { idle: Mutex::default(), places: Semaphore::new(RUNNING_MAX) }
    }

    /// Runs one invocation in its environment's process.
    pub(super) async fn run(&self, door: &Door, work: &FunctionWork) -> FunctionOutput {
        let frozen = door.tank.is_frozen();
        self.end(&work.retired);
        let place = self.places.acquire().await;
        let mut notes = Vec::new();
        let started = self.environment(door, work, &mut notes).await;
        let ran = match started {
            Ok(mut environment) => {
                let ran = environment.run(work, frozen.then(|| work.started.millis())).await;
                if !ran.result.as_ref().is_err_and(Failure::ends_environment) {
                    self.keep(&work.environment, environment);
                }
                ran
            }
            Err(failure) => not_started(failure),
        };
        drop(place);
        if frozen { modelled(work, notes, ran) } else { measured(notes, ran) }
    }

    /// The environment's process if it has one that still runs, else a new one.
    async fn environment(
        &self,
        door: &Door,
        work: &FunctionWork,
        notes: &mut Vec<String>,
    ) -> Result<Environment, Failure> {
        let warm = self.idle().environments.remove(&work.environment);
        if let Some((_, mut environment)) = warm
            && !work.cold
            && environment.is_alive()
        {
            return Ok(environment);
        }
        let launch = interpreter::find(&work.runtime).await;
        let launch = launch.map_err(|said| Failure::not_started("Runtime.Unavailable", &said))?;
        notes.extend(launch.note().map(|note| format!("{note}\n")));
        Environment::start(door, work, &launch).await
    }

    fn keep(&self, id: &str, environment: Environment) {
        let mut idle = self.idle();
        idle.uses += 1;
        let uses = idle.uses;
        idle.environments.insert(id.to_owned(), (uses, environment));
        let oldest = idle.environments.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| id.clone());
        let evicted = oldest.filter(|_| idle.environments.len() > IDLE_MAX);
        let gone = evicted.and_then(|id| idle.environments.remove(&id));
        drop(idle);
        drop(gone);
    }

    fn end(&self, ids: &[String]) {
        let mut idle = self.idle();
        let gone: Vec<_> = ids.iter().filter_map(|id| idle.environments.remove(id)).collect();
        drop(idle);
        drop(gone);
    }

    /// Ends every process that runs nothing now.
    pub(super) fn end_all(&self) {
        let gone = std::mem::take(&mut *self.idle());
        drop(gone);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().expect("nothing panics while it holds this")
    }
}

/// Code that no process was started for. Its log says why.
fn not_started(failure: Failure) -> Ran {
    let line = match &failure {
        Failure::NotStarted { payload, .. } | Failure::Raised(payload) => error_line(payload),
        Failure::TimedOut | Failure::Exited { .. } => String::new(),
    };
    let (init, took) = (Duration::ZERO, Duration::ZERO);
    let slept = Duration::ZERO;
    Ran { result: Err(failure), init, took, slept, lines: vec![(Duration::ZERO, line)], memory_mb: None }
}

fn modelled(work: &FunctionWork, mut lines: Vec<String>, ran: Ran) -> FunctionOutput {
    let model = Model::PROCESS;
    let bytes = work.payload.bytes() + ran.result.as_ref().map_or(0, Bytes::len);
    let took = match ran.result {
        Err(Failure::TimedOut) => work.timeout,
        _ => (model.took(bytes) + ran.slept).min(work.timeout),
    };
    lines.extend(ran.lines.into_iter().map(|(_, line)| line));
    FunctionOutput {
        init: Some(model.init),
        took,
        lines: spread(lines, took),
        result: ran.result,
        staged: Vec::new(),
        memory_mb: model.memory_mb,
    }
}

fn measured(notes: Vec<String>, ran: Ran) -> FunctionOutput {
    let notes = notes.into_iter().map(|text| Line { after: Duration::ZERO, text });
    let lines = ran.lines.into_iter().map(|(after, text)| Line { after, text });
    FunctionOutput {
        init: Some(ran.init),
        took: ran.took,
        lines: notes.chain(lines).collect(),
        result: ran.result,
        staged: Vec::new(),
        memory_mb: ran.memory_mb.unwrap_or(Model::PROCESS.memory_mb),
    }
}
