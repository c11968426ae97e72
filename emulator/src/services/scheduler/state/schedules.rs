//! Schedules: how they are made, changed and shown, and when each runs next.
//!
//! Documented: docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html (read 2026-11-28): a rate's first run is at its start
//! date, or at once. Assumed: a cron's first run is later than its making; a change begins anew.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use wavetank_types::{Arn, Timestamp};
use wavetank_wire::scheduler::*;

use super::super::error::SchedulerError;
use super::super::limits;
use super::{DEFAULT, Key, Scheduler, own_arn, page};
use crate::schedule::{Dialect, Schedule};
use crate::targets::{Extras, Universal, ask};
use crate::world::Cx;

/// A schedule.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) arn: String,
    created: Timestamp,
    modified: Timestamp,
    /// As the client sent it, with defaults.
    pub(super) body: CreateScheduleInput,
    pub(super) target: Arc<Target>,
    pub(super) schedule: Schedule,
    /// Where a rate counts from.
    anchor: Timestamp,
    /// When it runs next: its entry in the service's sets.
    pub(super) next: Option<Timestamp>,
}

/// Just before an instant.
fn before(at: Timestamp) -> Timestamp {
    at - Duration::from_micros(1)
}

impl Planned {
    fn new(cx: &Cx<'_>, body: CreateScheduleInput) -> Result<Self, SchedulerError> {
        let zone = body.schedule_expression_timezone.as_deref().unwrap_or("UTC");
        let tz: Tz = zone.parse().map_err(|_| SchedulerError::Zone(zone.to_owned()))?;
        let schedule = Schedule::parse(&body.schedule_expression, tz, Dialect::Scheduler)
            .map_err(|_| SchedulerError::Expression(body.schedule_expression.clone()))?;
        check_dates(cx, &body)?;
        check_window(&body.flexible_time_window)?;
        check_target(cx, &body.target)?;
        let group = body.group_name.as_deref().unwrap_or(DEFAULT);
        let start = body.start_date;
        let mut planned = Self {
            arn: own_arn(cx, format!("schedule/{group}/{}", body.name)),
            created: cx.now,
            modified: cx.now,
            target: Arc::new(body.target.clone()),
            schedule,
            anchor: start.unwrap_or(cx.now),
            next: None,
            body,
        };
        let after = match planned.schedule {
            Schedule::Cron(_) => start.map_or(cx.now, |start| before(start).max(cx.now)),
            Schedule::Rate(_) | Schedule::At(_) => before(cx.now),
        };
        planned.next = planned.after(after).filter(|_| planned.is_enabled());
        Ok(planned)
    }

    fn is_enabled(&self) -> bool {
        self.body.state.as_deref() != Some(schedule_state::DISABLED)
    }

    /// The first run later than this. The end date counts for what recurs.
    pub(super) fn after(&self, at: Timestamp) -> Option<Timestamp> {
        let end = self.body.end_date.filter(|_| self.schedule.recurs());
        self.schedule.next(at, self.anchor).filter(|at| end.is_none_or(|end| *at < end))
    }

    /// How long after its time a run may come.
    pub(super) fn window(&self) -> Duration {
        let minutes = self.body.flexible_time_window.maximum_window_in_minutes.unwrap_or(0);
        Duration::from_secs(u64::try_from(minutes).unwrap_or(0) * 60)
    }

    fn summary(&self) -> ScheduleSummary {
        ScheduleSummary {
            arn: Some(self.arn.clone()),
            name: Some(self.body.name.clone()),
            group_name: Some(group_of(&self.body).to_owned()),
            state: self.body.state.clone(),
            creation_date: Some(self.created),
            last_modification_date: Some(self.modified),
            target: Some(TargetSummary { arn: self.target.arn.clone() }),
        }
    }
}

fn group_of(body: &CreateScheduleInput) -> &str {
    body.group_name.as_deref().unwrap_or(DEFAULT)
}

fn key_of(body: &CreateScheduleInput) -> Key {
    (group_of(body).to_owned(), body.name.clone())
}

fn check_dates(cx: &Cx<'_>, body: &CreateScheduleInput) -> Result<(), SchedulerError> {
    let invalid = |what: &str| Err(SchedulerError::Invalid(what.to_owned()));
    let earliest = cx.now - limits::PAST_MAX;
    if body.start_date.is_some_and(|start| start < earliest) {
        return invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
    }
    if body.end_date.is_some_and(|end| end < earliest) {
        return invalid("The EndDate you specify cannot be earlier than 5 minutes ago.");
    }
    if let (Some(start), Some(end)) = (body.start_date, body.end_date)
        && end <= start
    {
        return invalid("The EndDate you specify must be later than the StartDate.");
    }
    Ok(())
}

fn check_window(window: &FlexibleTimeWindow) -> Result<(), SchedulerError> {
    let is_flexible = window.mode == flexible_time_window_mode::FLEXIBLE;
    match (is_flexible, window.maximum_window_in_minutes) {
        (true, None) => Err(SchedulerError::Invalid(
            "MaximumWindowInMinutes is required when FlexibleTimeWindow Mode is FLEXIBLE.".to_owned(),
        )),
        (false, Some(_)) => Err(SchedulerError::Invalid(
            "MaximumWindowInMinutes must not be set when FlexibleTimeWindow Mode is OFF.".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Refuses a target that could never be called.
fn check_target(cx: &Cx<'_>, target: &Target) -> Result<(), SchedulerError> {
    let invalid = |why: String| Err(SchedulerError::Invalid(why));
    let Ok(arn) = target.arn.parse::<Arn>() else {
        return invalid("Provided Arn is not in correct format.".to_owned());
    };
    let dead_letters = target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref());
    if let Some(queue) = dead_letters
        && queue.parse::<Arn>().is_err()
    {
        return invalid("Provided DeadLetterConfig Arn is not in correct format.".to_owned());
    }
    if let Some(universal) = Universal::parse(&arn) {
        return Ok(universal?.check(target.input.as_deref().unwrap_or("{}"))?);
    }
    match arn.service.as_str() {
        "kinesis" if target.kinesis_parameters.is_none() => {
            invalid("KinesisParameters must be specified for a Kinesis target.".to_owned())
        }
        "events" if target.event_bridge_parameters.is_none() => {
            invalid("EventBridgeParameters must be specified for an EventBridge target.".to_owned())
        }
        "events" => Ok(()),
        _ => Ok(ask(&arn, "", Extras::default(), cx.scope).map(drop)?),
    }
}

impl Scheduler {
    /// The answer to the same request before: its client token tells.
    pub(super) fn made_before(
        &self,
        input: &CreateScheduleInput,
    ) -> Result<Option<CreateScheduleOutput>, SchedulerError> {
        self.group(group_of(input))?;
        let Some(there) = self.schedules.get(&key_of(input)) else { return Ok(None) };
        if input.client_token.is_some() && there.body.client_token == input.client_token {
            return Ok(Some(CreateScheduleOutput { schedule_arn: there.arn.clone() }));
        }
        Err(SchedulerError::ScheduleExists(input.name.clone()))
    }

    /// Refuses a schedule that could not be made.
    pub(super) fn check(&self, cx: &Cx<'_>, input: CreateScheduleInput) -> Result<(), SchedulerError> {
        Planned::new(cx, input).map(drop)
    }

    /// Refuses a change that could not be made.
    pub(super) fn check_update(&self, cx: &Cx<'_>, input: UpdateScheduleInput) -> Result<(), SchedulerError> {
        self.updated(cx, input).map(drop)
    }

    pub(super) fn create_schedule(
        &mut self,
        cx: &Cx<'_>,
        input: CreateScheduleInput,
    ) -> Result<CreateScheduleOutput, SchedulerError> {
        if let Some(known) = self.made_before(&input)? {
            return Ok(known);
        }
        let key = key_of(&input);
        let planned = Planned::new(cx, input)?;
        let schedule_arn = planned.arn.clone();
        self.keep(key, planned);
        Ok(CreateScheduleOutput { schedule_arn })
    }

    pub(super) fn update_schedule(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateScheduleInput,
    ) -> Result<UpdateScheduleOutput, SchedulerError> {
        let planned = self.updated(cx, input)?;
        let (key, schedule_arn) = (key_of(&planned.body), planned.arn.clone());
        self.forget(&key);
        self.keep(key, planned);
        Ok(UpdateScheduleOutput { schedule_arn })
    }

    /// A schedule after a change. What the request leaves out goes back to its default.
    fn updated(&self, cx: &Cx<'_>, input: UpdateScheduleInput) -> Result<Planned, SchedulerError> {
        let body = CreateScheduleInput {
            name: input.name,
            group_name: input.group_name,
            schedule_expression: input.schedule_expression,
            start_date: input.start_date,
            end_date: input.end_date,
            description: input.description,
            schedule_expression_timezone: input.schedule_expression_timezone,
            state: input.state,
            kms_key_arn: input.kms_key_arn,
            target: input.target,
            flexible_time_window: input.flexible_time_window,
            client_token: input.client_token,
            action_after_completion: input.action_after_completion,
        };
        let key = key_of(&body);
        self.group(&key.0)?;
        let missing = || SchedulerError::NoSchedule(key.1.clone());
        let created = self.schedules.get(&key).ok_or_else(missing)?.created;
        Ok(Planned { created, ..Planned::new(cx, body)? })
    }

    fn keep(&mut self, key: Key, planned: Planned) {
        self.expect(&key, planned.next, planned.schedule.recurs());
        self.schedules.insert(key, planned);
    }

    /// Notes when a schedule runs next.
    pub(super) fn expect(&mut self, key: &Key, next: Option<Timestamp>, recurs: bool) {
        if let Some(at) = next {
            let all = if recurs { &mut self.recurring } else { &mut self.once };
            all.insert((at, key.clone()));
        }
    }

    /// A schedule is gone, and will not run.
    pub(super) fn forget(&mut self, key: &Key) -> Option<Planned> {
        let planned = self.schedules.remove(key)?;
        if let Some(at) = planned.next {
            let entry = (at, key.clone());
            self.recurring.remove(&entry);
            self.once.remove(&entry);
        }
        Some(planned)
    }

    pub(in super::super) fn get_schedule(
        &self,
        input: &GetScheduleInput,
    ) -> Result<GetScheduleOutput, SchedulerError> {
        let group = input.group_name.as_deref().unwrap_or(DEFAULT);
        self.group(group)?;
        let found = self.schedules.get(&(group.to_owned(), input.name.clone()));
        let planned = found.ok_or_else(|| SchedulerError::NoSchedule(input.name.clone()))?;
        let body = planned.body.clone();
        let or = |text: Option<String>, default: &str| Some(text.unwrap_or_else(|| default.to_owned()));
        // Documented: the defaults of the retry policy (the service model).
        let mut target = body.target;
        let policy = target.retry_policy.get_or_insert_default();
        policy.maximum_event_age_in_seconds.get_or_insert(86_400);
        policy.maximum_retry_attempts.get_or_insert(185);
        Ok(GetScheduleOutput {
            arn: Some(planned.arn.clone()),
            group_name: Some(group.to_owned()),
            name: Some(body.name),
            schedule_expression: Some(body.schedule_expression),
            start_date: body.start_date,
            end_date: body.end_date,
            description: body.description,
            schedule_expression_timezone: or(body.schedule_expression_timezone, "UTC"),
            state: or(body.state, schedule_state::ENABLED),
            creation_date: Some(planned.created),
            last_modification_date: Some(planned.modified),
            kms_key_arn: body.kms_key_arn,
            target: Some(target),
            flexible_time_window: Some(body.flexible_time_window),
            action_after_completion: or(body.action_after_completion, action_after_completion::NONE),
        })
    }

    pub(in super::super) fn delete_schedule(
        &mut self,
        input: &DeleteScheduleInput,
    ) -> Result<DeleteScheduleOutput, SchedulerError> {
        let group = input.group_name.as_deref().unwrap_or(DEFAULT);
        self.group(group)?;
        let gone = self.forget(&(group.to_owned(), input.name.clone()));
        gone.map(|_| DeleteScheduleOutput {}).ok_or_else(|| SchedulerError::NoSchedule(input.name.clone()))
    }

    pub(in super::super) fn list_schedules(
        &self,
        input: &ListSchedulesInput,
    ) -> Result<ListSchedulesOutput, SchedulerError> {
        if let Some(group) = &input.group_name {
            self.group(group)?;
        }
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let is_wanted = |((group, name), planned): &(&Key, &Planned)| {
            let state = planned.body.state.as_deref().unwrap_or(schedule_state::ENABLED);
            input.group_name.as_ref().is_none_or(|wanted| wanted == group)
                && name.starts_with(prefix)
                && input.state.as_deref().is_none_or(|wanted| wanted == state)
        };
        let all = self.schedules.iter().filter(is_wanted).map(|(_, planned)| {
            let summary = planned.summary();
            ScheduleSummary { state: summary.state.or(Some(schedule_state::ENABLED.to_owned())), ..summary }
        });
        let (schedules, next_token) = page(all, input.next_token.as_deref(), input.max_results)?;
        Ok(ListSchedulesOutput { next_token, schedules })
    }
}
