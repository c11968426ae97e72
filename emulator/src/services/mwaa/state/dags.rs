//! DAGs: what the folder holds, and when each DAG's timetable is asked and obeyed.
//!
//! Documented: airflow.apache.org/docs/apache-airflow/2.11.0/authoring-and-scheduling/timetable.html and core-concepts/dag-run.html (to be
//! verified): a run comes when its interval is over; without catch-up only the last interval that is over is run; no more runs of a
//! DAG than `max_active_runs`.

use std::collections::VecDeque;

use wavetank_types::Timestamp;

use super::super::limits::{SYNC_EVERY, UPCOMING_MIN};
use super::super::work::{AirflowDone, AirflowFailure, AirflowTask, Bag, DagFound, Planned};
use super::{Dag, Environment, Mwaa, Purpose};
use crate::world::Cx;

impl Dag {
    fn new(found: DagFound) -> Self {
        Self {
            is_paused: found.paused,
            is_active: true,
            last: None,
            upcoming: VecDeque::new(),
            is_asking: false,
            is_over: false,
            runs: std::collections::BTreeMap::new(),
            found,
        }
    }

    pub(super) fn active(&self) -> usize {
        self.runs.values().filter(|run| run.state.is_active()).count()
    }

    pub(super) fn is_scheduled(&self) -> bool {
        self.is_active && !self.is_paused
    }

    /// When its next run may be made; none while as many as may be are under way.
    fn next_run(&self) -> Option<Timestamp> {
        let is_free = self.is_scheduled() && self.active() < self.found.max_active_runs;
        self.upcoming.front().filter(|_| is_free).map(|next| next.run_after)
    }

    /// The next run if it is due. Without catch-up all but the last of those that are due are passed over.
    fn take_due(&mut self, now: Timestamp) -> Option<Planned> {
        self.next_run().filter(|at| *at <= now)?;
        let mut due = self.upcoming.pop_front()?;
        while !self.found.catchup && self.upcoming.front().is_some_and(|next| next.run_after <= now) {
            due = self.upcoming.pop_front()?;
        }
        self.last = Some(due);
        Some(due)
    }
}

impl Environment {
    pub(super) fn next_run(&self) -> Option<Timestamp> {
        let runs = self.dags.values().filter_map(Dag::next_run);
        runs.chain((!self.is_loading).then_some(self.next_sync)).min()
    }
}

impl Mwaa {
    /// Makes the runs that are due, asks timetables that run dry, and starts what waits.
    pub(super) fn schedule(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(environment) = self.environments.get_mut(name) else { return };
        let home = environment.home.clone();
        let mut made = Vec::new();
        let mut dry = Vec::new();
        for (id, dag) in &mut environment.dags {
            while let Some(planned) = dag.take_due(cx.now) {
                let run_id = dag.queue(cx, planned);
                made.push(format!("Created scheduled run {run_id} of {id}"));
            }
            let is_dry = dag.is_scheduled() && dag.upcoming.len() < UPCOMING_MIN;
            if is_dry && !dag.is_asking && !dag.is_over {
                dag.is_asking = true;
                dry.push((id.clone(), dag.upcoming.back().copied().or(dag.last)));
            }
        }
        environment.log_scheduler(cx, made);
        for (dag_id, last) in dry {
            let task = AirflowTask::Upcoming { dag_id: dag_id.clone(), last };
            self.start(cx, &home, task, Purpose::Upcoming(home.clone(), dag_id));
        }
        self.start_runs(cx, name);
    }

    /// The folder has been read, or cannot be.
    pub(super) fn loaded(
        &mut self,
        cx: &mut Cx<'_>,
        home: &str,
        result: Result<AirflowDone, AirflowFailure>,
    ) {
        let Some(environment) = self.by_home(home) else { return };
        environment.is_loading = false;
        environment.next_sync = cx.now + SYNC_EVERY;
        match &result {
            Ok(AirflowDone::Loaded(bag)) => environment.take(cx, bag.clone()),
            Ok(_) => {}
            Err(failure) => {
                let line = format!("The DAG folder could not be read: {failure}");
                environment.log_processing(cx, vec![line]);
            }
        }
        let name = environment.name().to_owned();
        self.settle_state(cx, home, result.err().as_ref());
        if self.environments.get(&name).is_some_and(|environment| environment.status.schedules()) {
            self.schedule(cx, &name);
        }
    }

    /// A timetable has answered.
    pub(super) fn asked(
        &mut self,
        cx: &mut Cx<'_>,
        home: &str,
        dag_id: &str,
        result: Result<AirflowDone, AirflowFailure>,
    ) {
        let Some(environment) = self.by_home(home) else { return };
        let name = environment.name().to_owned();
        let Some(dag) = environment.dags.get_mut(dag_id) else { return };
        dag.is_asking = false;
        match result {
            Ok(AirflowDone::Upcoming(more)) => {
                // What was asked before the DAG was read anew says what is known already.
                let known = dag.upcoming.back().copied().or(dag.last);
                let later = |next: &Planned| known.is_none_or(|known| next.run_after > known.run_after);
                dag.is_over = more.is_empty();
                dag.upcoming.extend(more.into_iter().filter(later));
            }
            Ok(other) => unreachable!("asked for next runs, got {other:?}"),
            Err(failure) => {
                dag.is_over = true;
                let line = format!("The timetable of {dag_id} could not be asked: {failure}");
                environment.log_scheduler(cx, vec![line]);
            }
        }
        self.schedule(cx, &name);
    }
}

impl Environment {
    /// Takes over what the folder holds now. A DAG that is gone keeps its runs; one that could not be imported stays as it was.
    fn take(&mut self, cx: &mut Cx<'_>, bag: Bag) {
        let mut lines = Vec::new();
        for error in &bag.errors {
            lines.push(format!("Failed to import {}", error.brief()));
            lines.push(error.said.trim_end().to_owned());
        }
        let failed: Vec<String> = bag.errors.iter().map(|error| error.file.clone()).collect();
        self.errors = bag.errors.into_iter().map(|error| (cx.now, error)).collect();
        for dag in self.dags.values_mut() {
            dag.is_active = dag.is_active && failed.contains(&dag.found.file);
        }
        for mut found in bag.dags {
            let upcoming = VecDeque::from(std::mem::take(&mut found.upcoming));
            lines.push(format!("DAG {} is in {}: {}", found.dag_id, found.file, found.schedule));
            let dag = self.dags.entry(found.dag_id.clone()).or_insert_with(|| Dag::new(found.clone()));
            dag.is_active = true;
            dag.found = found;
            dag.is_over = upcoming.is_empty();
            dag.upcoming = upcoming;
        }
        self.log_processing(cx, lines);
    }

    /// Pauses a DAG or lets it go on: then its timetable is asked anew, since time has passed.
    pub(super) fn pause(&mut self, dag_id: &str, is_paused: bool) {
        if let Some(dag) = self.dags.get_mut(dag_id)
            && dag.is_paused != is_paused
        {
            dag.is_paused = is_paused;
            dag.upcoming.clear();
            dag.is_over = false;
        }
    }
}
