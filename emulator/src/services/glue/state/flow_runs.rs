//! One run of a workflow: the triggers as they were when it began, what they have started, and how that stands.
//!
//! Documented: changes to triggers do not affect a run that is under way (docs.aws.amazon.com/glue/latest/dg/resuming-workflow.html, read
//! 2026-11-28 as in github.com/awsdocs/aws-glue-developer-guide). `workflows.rs` keeps runs, `resume.rs` goes on with one that is over.

use wavetank_types::Timestamp;
use wavetank_wire::glue::{Action, Trigger, WorkflowRun, WorkflowRunStatistics};

use super::flows::What;
use super::watch::Snapped;

/// One run.
#[derive(Debug)]
pub(super) struct FlowRun {
    pub(super) run: WorkflowRun,
    pub(super) triggers: Vec<Snapped>,
    pub(super) actions: Vec<Acted>,
}

/// What a trigger did, or could not do, in a run.
#[derive(Clone, Debug)]
pub(super) struct Acted {
    pub(super) trigger: String,
    pub(super) what: Option<What>,
    pub(super) action: Action,
    /// None while it runs.
    pub(super) state: Option<&'static str>,
    pub(super) began: Timestamp,
    pub(super) ended: Option<Timestamp>,
}

/// A trigger that fires, and what it starts.
#[derive(Debug)]
pub(super) struct Fired {
    pub(super) trigger: String,
    pub(super) actions: Vec<Action>,
}

impl Fired {
    pub(super) fn of(trigger: &Trigger) -> Self {
        let actions = trigger.actions.clone().unwrap_or_default();
        Self { trigger: trigger.name.clone().unwrap_or_default(), actions }
    }
}

impl FlowRun {
    pub(super) fn id(&self) -> &str {
        self.run.workflow_run_id.as_deref().unwrap_or_default()
    }

    pub(super) fn is(&self, status: &str) -> bool {
        self.run.status.as_deref() == Some(status)
    }

    pub(super) fn is_over(&self) -> bool {
        self.run.completed_on.is_some()
    }

    /// Something of the run is over. Answers which triggers fire: none while the run is being stopped.
    pub(super) fn over(&mut self, now: Timestamp, what: &What, state: &'static str) -> Vec<Fired> {
        if let Some(acted) = self.actions.iter_mut().find(|acted| acted.what.as_ref() == Some(what)) {
            acted.state = Some(state);
            acted.ended = Some(now);
        }
        if !self.is("RUNNING") {
            return Vec::new();
        }
        let fired = self.triggers.iter_mut().filter_map(|snapped| {
            let fires = snapped.note(what, state);
            fires.then(|| Fired::of(&snapped.trigger))
        });
        fired.collect()
    }

    /// Ends the run if nothing of it is under way. Answers whether it is over.
    pub(super) fn end(&mut self, now: Timestamp) -> bool {
        if self.actions.iter().all(|acted| acted.state.is_some()) {
            let status = if self.is("STOPPING") { "STOPPED" } else { "COMPLETED" };
            self.run.status = Some(status.to_owned());
            self.run.completed_on = Some(now);
        }
        self.is_over()
    }

    pub(super) fn shown(&self) -> WorkflowRun {
        let count = |wanted: &[Option<&str>]| {
            let actions = self.actions.iter().filter(|action| wanted.contains(&action.state));
            i64::try_from(actions.count()).ok()
        };
        let statistics = WorkflowRunStatistics {
            total_actions: i64::try_from(self.actions.len()).ok(),
            timeout_actions: count(&[Some("TIMEOUT")]),
            failed_actions: count(&[Some("FAILED")]),
            stopped_actions: count(&[Some("STOPPED"), Some("CANCELLED")]),
            succeeded_actions: count(&[Some("SUCCEEDED")]),
            running_actions: count(&[None]),
            errored_actions: count(&[Some("ERROR")]),
            waiting_actions: Some(0),
        };
        WorkflowRun { statistics: Some(statistics), ..self.run.clone() }
    }
}
