//! Which definitions of triggers are refused, and schedules with them.
//!
//! Documented: which states conditions may name, and two crawlers at most (docs.aws.amazon.com/glue/latest/dg/about-triggers.html, read
//! 2026-11-28); no schedule faster than 5 minutes (.../monitor-data-warehouse-schedule.html, read 2026-11-28 as in
//! github.com/awsdocs/aws-glue-developer-guide); no StartOnCreation on demand (the service model). Recorded, as people were told: the
//! sentences on operators and states (github.com/aws/aws-cdk/issues/34652, github.com/hashicorp/terraform-provider-aws/issues/43013) and on a
//! job that would wait for itself (.../issues/39571). Assumed: the other sentences.

use std::time::Duration;

use chrono_tz::Tz;
use wavetank_types::Timestamp;
use wavetank_wire::glue::{Condition, CreateTriggerInput, Trigger};

use crate::schedule::{Dialect, Schedule as Cron};
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::{SCHEDULE_GAP_MIN, TRIGGER_CRAWLERS_MAX};

fn invalid<T>(what: &str) -> Result<T, GlueError> {
    Err(GlueError::Invalid(what.to_owned()))
}

/// Whether a new trigger is in force at once.
pub(super) fn check_start(input: &CreateTriggerInput) -> Result<bool, GlueError> {
    match (input.start_on_creation == Some(true), input.r#type.as_str()) {
        (true, "ON_DEMAND") => invalid("StartOnCreation is not supported for triggers on demand."),
        (starts, kind) => Ok(starts && kind != "EVENT"),
    }
}

/// Refuses a trigger that could never do what it says; reads its schedule.
pub(super) fn check(trigger: &Trigger) -> Result<Option<Cron>, GlueError> {
    let kind = trigger.r#type.as_deref().unwrap_or_default();
    check_actions(trigger)?;
    let conditions = trigger.predicate.as_ref().and_then(|predicate| predicate.conditions.as_deref());
    let conditions = conditions.unwrap_or_default();
    if kind == "CONDITIONAL" && conditions.is_empty() {
        return invalid("A conditional trigger must have a predicate with conditions.");
    }
    conditions.iter().try_for_each(check_condition)?;
    let waits_for_itself = |condition: &Condition| {
        let job = condition.job_name.as_ref();
        let crawler = condition.crawler_name.as_ref();
        trigger.actions.iter().flatten().any(|action| {
            (job.is_some() && action.job_name.as_ref() == job)
                || (crawler.is_some() && action.crawler_name.as_ref() == crawler)
        })
    };
    if kind == "CONDITIONAL"
        && let Some(condition) = conditions.iter().find(|condition| waits_for_itself(condition))
    {
        let what = if condition.job_name.is_some() { "Job" } else { "Crawler" };
        return invalid(&format!("{what} cannot be a Predicate and Action for Conditional Trigger."));
    }
    if kind == "EVENT" && trigger.workflow_name.is_none() {
        return invalid("A trigger of type EVENT must belong to a workflow.");
    }
    let text = trigger.schedule.as_deref().filter(|text| !text.is_empty());
    match (kind, text) {
        ("SCHEDULED", None) => invalid("A scheduled trigger must have a schedule."),
        ("SCHEDULED", Some(text)) => read_cron(text).map(Some),
        _ => Ok(None),
    }
}

fn check_actions(trigger: &Trigger) -> Result<(), GlueError> {
    let actions = trigger.actions.as_deref().unwrap_or_default();
    if actions.is_empty() {
        return invalid("A trigger must have at least one action.");
    }
    if actions.iter().any(|action| action.job_name.is_some() == action.crawler_name.is_some()) {
        return invalid("An action must have either a JobName or a CrawlerName.");
    }
    if actions.iter().filter(|action| action.crawler_name.is_some()).count() > TRIGGER_CRAWLERS_MAX {
        return invalid("A trigger can start at most two crawlers.");
    }
    Ok(())
}

fn check_condition(condition: &Condition) -> Result<(), GlueError> {
    if condition.logical_operator.is_none() {
        return invalid("Logical operator cannot be null or empty");
    }
    let state = match (&condition.job_name, &condition.crawler_name) {
        (Some(_), None) => condition.state.as_deref(),
        (None, Some(_)) => condition.crawl_state.as_deref(),
        _ => return invalid("A condition must have either a JobName or a CrawlerName."),
    };
    match (state, condition.job_name.is_some()) {
        (Some("SUCCEEDED" | "STOPPED" | "FAILED" | "TIMEOUT"), true)
        | (Some("SUCCEEDED" | "FAILED" | "CANCELLED"), false) => Ok(()),
        (None, true) => invalid("State cannot be null or empty"),
        (None, false) => invalid("CrawlState cannot be null or empty"),
        (Some(state), _) => invalid(&format!("A condition cannot wait for the state {state}.")),
    }
}

/// A schedule of Glue: in UTC.
pub(super) fn read_cron(text: &str) -> Result<Cron, GlueError> {
    let cron = Cron::parse(text, Tz::UTC, Dialect::Glue)
        .map_err(|_| GlueError::Invalid(format!("Invalid schedule expression: {text}")))?;
    if is_too_fast(&cron) {
        return invalid(&format!("Schedules faster than 5 minutes are not supported: {text}"));
    }
    Ok(cron)
}

/// Whether two of the first runs follow each other too fast. Runs that are far enough apart for a day and more always are: the days
/// that follow have the same hours and minutes.
fn is_too_fast(cron: &Cron) -> bool {
    let per_day = Duration::from_secs(86_400).as_secs() / SCHEDULE_GAP_MIN.as_secs();
    let mut last: Option<Timestamp> = None;
    for _ in 0..=per_day {
        let after = last.unwrap_or(Timestamp::TANK_EPOCH);
        let Some(at) = cron.next(after, after) else { return false };
        if last.is_some_and(|last| at.since(last) < SCHEDULE_GAP_MIN) {
            return true;
        }
        last = Some(at);
    }
    false
}
