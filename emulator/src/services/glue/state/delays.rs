//! EventBridge hears of runs that take longer than their `NotifyDelayAfter`: once of each state in which such a run is.
//!
//! Documented: STARTING, RUNNING and STOPPING are told, each once (docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html,
//! read 2026-11-28). Assumed: the members of the event, and that the time counts from the run's start.

use std::time::Duration;

use serde_json::json;
use wavetank_types::Timestamp;
use wavetank_wire::glue::JobRun;

use crate::world::Cx;

/// When a run has taken too long, and what of it is told.
#[derive(Debug)]
pub(super) struct Delay {
    at: Option<Timestamp>,
    told: Option<&'static str>,
}

impl Delay {
    pub(super) fn of(run: &JobRun) -> Self {
        let minutes = run.notification_property.as_ref().and_then(|property| property.notify_delay_after);
        let span =
            minutes.and_then(|minutes| u64::try_from(minutes).ok()).map(|all| Duration::from_secs(all * 60));
        Self { at: run.started_on.zip(span).map(|(started, span)| started + span), told: None }
    }

    /// When the run will have taken too long.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.at.filter(|_| self.told.is_none())
    }

    /// Tells of a run that is in this state.
    pub(super) fn tell(&mut self, cx: &mut Cx<'_>, run: &JobRun, state: &'static str) {
        if self.at.is_none_or(|at| at > cx.now) || self.told == Some(state) {
            return;
        }
        self.told = Some(state);
        let minutes = run.notification_property.as_ref().and_then(|property| property.notify_delay_after);
        let detail = json!({
            "jobName": run.job_name,
            "severity": "INFO",
            "notificationCondition": { "NotifyDelayAfter": minutes },
            "state": state,
            "jobRunId": run.id,
            "message": format!("Job is in {state} state"),
            "startedOn": run.started_on.map(Timestamp::iso_millis),
        });
        cx.event("aws.glue", "Glue Job Run Status", Vec::new(), &detail);
    }
}
