//! DAG runs: queued, started one after the other as places come free, and what came of them.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_types::Timestamp;

use super::super::limits::{RUNS_KEPT, RUNS_MAX};
use super::super::work::{AirflowDone, AirflowFailure, AirflowTask, Planned, Ran, RunTask, TaskRan};
use super::{Dag, DagRun, Mwaa, Purpose, RunState};
use crate::world::Cx;

/// An instant as Airflow writes it: `2026-01-05T17:01:00+00:00`.
pub(super) fn iso(at: Timestamp) -> String {
    let has_fraction = at.micros().rem_euclid(1_000_000) != 0;
    at.format(if has_fraction { "%Y-%m-%dT%H:%M:%S%.6f+00:00" } else { "%Y-%m-%dT%H:%M:%S+00:00" })
}

impl DagRun {
    pub(super) fn new(cx: &mut Cx<'_>, planned: Planned, is_manual: bool, conf: Value) -> Self {
        Self {
            planned,
            is_manual,
            conf,
            note: None,
            state: RunState::Queued,
            number: cx.number(),
            started: None,
            ended: None,
            tasks: Vec::new(),
        }
    }
}

impl Dag {
    /// Queues the run of an interval; answers its id.
    pub(super) fn queue(&mut self, cx: &mut Cx<'_>, planned: Planned) -> String {
        let run_id = format!("scheduled__{}", iso(planned.logical));
        self.runs.insert(run_id.clone(), DagRun::new(cx, planned, false, Value::Object(Default::default())));
        self.forget_old();
        run_id
    }

    fn forget_old(&mut self) {
        while self.runs.len() > RUNS_KEPT {
            let finished = self.runs.iter().filter(|(_, run)| !run.state.is_active());
            let Some(oldest) = finished.min_by_key(|(_, run)| run.number).map(|(id, _)| id.clone()) else {
                return;
            };
            self.runs.remove(&oldest);
        }
    }
}

impl Mwaa {
    /// Starts what waits, the oldest first, as far as there are places. Of a paused DAG nothing starts.
    pub(super) fn start_runs(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(environment) = self.environments.get_mut(name) else { return };
        let home = environment.home.clone();
        let mut waiting = BTreeMap::new();
        for (dag_id, dag) in environment.dags.iter().filter(|(_, dag)| dag.is_scheduled()) {
            for (run_id, run) in dag.runs.iter().filter(|(_, run)| run.state == RunState::Queued) {
                waiting.insert(run.number, (dag_id.clone(), run_id.clone()));
            }
        }
        let mut places = RUNS_MAX.saturating_sub(environment.running());
        let mut tasks = Vec::new();
        for (dag_id, run_id) in waiting.into_values() {
            let Some(dag) = environment.dags.get_mut(&dag_id) else { continue };
            let running = dag.runs.values().filter(|run| run.state == RunState::Running).count();
            if places == 0 || running >= dag.found.max_active_runs {
                continue;
            }
            let Some(run) = dag.runs.get_mut(&run_id) else { continue };
            places -= 1;
            run.state = RunState::Running;
            run.started = Some(cx.now);
            tasks.push(RunTask {
                dag_id,
                run_id,
                planned: run.planned,
                is_manual: run.is_manual,
                conf: run.conf.clone(),
            });
        }
        for task in tasks {
            let purpose = Purpose::Run(home.clone(), task.dag_id.clone(), task.run_id.clone());
            self.start(cx, &home, AirflowTask::Run(Box::new(task)), purpose);
        }
    }

    /// A run has ended, or has waited and goes on.
    pub(super) fn ran(
        &mut self,
        cx: &mut Cx<'_>,
        home: &str,
        dag_id: &str,
        run_id: &str,
        result: Result<AirflowDone, AirflowFailure>,
    ) {
        let Some(environment) = self.by_home(home) else { return };
        let name = environment.name().to_owned();
        let ran = match result {
            Ok(AirflowDone::Ran(ran)) => ran,
            Ok(AirflowDone::Waits(_)) => {
                let task = AirflowTask::GoOn { dag_id: dag_id.to_owned(), run_id: run_id.to_owned() };
                let purpose = Purpose::Run(home.to_owned(), dag_id.to_owned(), run_id.to_owned());
                return self.start(cx, home, task, purpose);
            }
            Ok(other) => unreachable!("asked for a run, got {other:?}"),
            Err(failure) => {
                Ran { state: "failed".to_owned(), note: Some(failure.to_string()), ..Ran::default() }
            }
        };
        environment.log_tasks(cx, dag_id, run_id, &ran.tasks);
        let note = ran.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        environment.log_scheduler(cx, vec![format!("Run {run_id} of {dag_id} is {}{note}", ran.state)]);
        if let Some(run) = environment.dags.get_mut(dag_id).and_then(|dag| dag.runs.get_mut(run_id)) {
            run.state = if ran.state == "success" { RunState::Success } else { RunState::Failed };
            run.ended = Some(cx.now);
            // Their logs are CloudWatch's now.
            run.tasks = ran.tasks.into_iter().map(|task| TaskRan { lines: Vec::new(), ..task }).collect();
            run.note = run.note.take().or(ran.note);
            if let Some((start, end)) = ran.interval {
                (run.planned.start, run.planned.end) = (start, end);
            }
        }
        if environment.status.schedules() {
            self.schedule(cx, &name);
        }
    }
}
