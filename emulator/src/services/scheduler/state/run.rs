//! Runs: what is due is sent to its target; what the target refuses is tried again, and goes to the dead-letter queue in the end.
//!
//! Documented: docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html (read 2026-11-28), the keywords;
//! configuring-schedule-dlq.html (to be verified), a letter's body and attributes. Assumed: where in its flexible window a run comes
//! (anywhere, drawn); the event of a target without input. A schedule that is to be deleted when it is over goes with its last run.
//! Fault rules meet attempts as `scheduler`/`InvokeTarget`.

use std::sync::Arc;

use serde_json::json;
use wavetank_types::{Arn, Timestamp};
use wavetank_wire::scheduler::*;
use wavetank_wire::{Val, WireError};

use super::super::metrics::OfGroup;
use super::roles::Pending;
use super::{Key, Scheduler};
use crate::targets::{Ask, Extras, NoTarget, RetryPolicy, Universal, ask, letter};
use crate::targets::{Exhausted, Next};
use crate::world::{Cx, Way};

/// One run of a schedule, on its way to the target.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    group: String,
    arn: String,
    target: Arc<Target>,
    /// The time that the expression names.
    scheduled: Timestamp,
    /// When it was first sent, or will be.
    since: Timestamp,
    failures: u32,
    /// What was sent, and the attempt's id: for letters.
    payload: String,
    execution: String,
}

/// Who owes an answer.
#[derive(Debug)]
pub(super) enum Owed {
    Target(Invocation),
    /// The dead-letter queue of a group's schedule.
    Letter(String),
    /// IAM, for a schedule's role.
    Role(Box<Pending>),
}

impl Scheduler {
    /// Runs what is due, and tries again what waits.
    pub(in super::super) fn run_due(&mut self, cx: &mut Cx<'_>) {
        while let Some(entry) = self.waiting.first_entry().filter(|entry| entry.key().0 <= cx.now) {
            let invocation = entry.remove();
            self.send(cx, invocation);
        }
        loop {
            let once = self.once.first().filter(|(at, _)| *at <= cx.now);
            let recurring = self.recurring.first().filter(|(at, _)| *at <= cx.now);
            let Some((at, key)) = [once, recurring].into_iter().flatten().min().cloned() else { break };
            self.run(cx, at, &key);
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>, at: Timestamp, key: &Key) {
        self.once.remove(&(at, key.clone()));
        self.recurring.remove(&(at, key.clone()));
        let Some(planned) = self.schedules.get_mut(key) else { return };
        planned.next = planned.after(at);
        let (next, recurs, window) = (planned.next, planned.schedule.recurs(), planned.window());
        let is_over = next.is_none()
            && planned.body.action_after_completion.as_deref() == Some(action_after_completion::DELETE);
        let mut invocation = Invocation {
            group: key.0.clone(),
            arn: planned.arn.clone(),
            target: Arc::clone(&planned.target),
            scheduled: at,
            since: cx.now,
            failures: 0,
            payload: String::new(),
            execution: String::new(),
        };
        self.expect(key, next, recurs);
        if is_over {
            self.forget(key);
        }
        if window.is_zero() {
            return self.send(cx, invocation);
        }
        let later = std::time::Duration::from_secs(cx.random() % window.as_secs());
        invocation.since = at + later;
        let number = cx.number();
        self.waiting.insert((invocation.since.max(cx.now), number), invocation);
    }

    fn send(&mut self, cx: &mut Cx<'_>, mut invocation: Invocation) {
        cx.meter::<OfGroup>(&[&invocation.group]).add(OfGroup::Attempts, 1.0);
        invocation.execution = cx.hex(16);
        invocation.payload = invocation.fill(cx);
        let region = cx.scope.region.clone();
        if matches!(cx.way("scheduler", "InvokeTarget", &region), Way::Failing | Way::Shut(_)) {
            let error = WireError::server("InternalServerException", "A fault rule fails this attempt.");
            return self.refused(cx, invocation, &error);
        }
        match invocation.ask(cx) {
            Ok(ask) => {
                let token = cx.number();
                self.owed.insert(token, Owed::Target(invocation));
                cx.push(ask.effect(Some(token)));
            }
            Err(error) => self.refused(cx, invocation, &error),
        }
    }

    /// A target or a queue has answered.
    pub(in super::super) fn answered(&mut self, cx: &mut Cx<'_>, token: u64, result: Result<Val, WireError>) {
        match (self.owed.remove(&token), result) {
            (Some(Owed::Role(pending)), result) => self.role_seen(cx, *pending, result),
            (Some(Owed::Target(invocation)), Err(error)) => self.refused(cx, invocation, &error),
            (Some(Owed::Letter(group)), Err(error)) => {
                tracing::warn!(%error, "a dead-letter queue of EventBridge Scheduler refused a letter");
                cx.meter::<OfGroup>(&[&group]).add(OfGroup::LostLetters, 1.0);
            }
            (Some(Owed::Letter(group)), Ok(_)) => {
                cx.meter::<OfGroup>(&[&group]).add(OfGroup::Letters, 1.0);
            }
            (Some(Owed::Target(_)) | None, _) => {}
        }
    }

    fn refused(&mut self, cx: &mut Cx<'_>, mut invocation: Invocation, error: &WireError) {
        invocation.failures += 1;
        let is_throttle = error.status == 429 || error.code.contains("Throttl");
        let counted = if is_throttle { OfGroup::TargetThrottles } else { OfGroup::TargetErrors };
        cx.meter::<OfGroup>(&[&invocation.group]).add(counted, 1.0);
        let policy = invocation.target.retry_policy.as_ref();
        let policy = RetryPolicy::of(
            policy.and_then(|policy| policy.maximum_retry_attempts),
            policy.and_then(|policy| policy.maximum_event_age_in_seconds),
        );
        let draw = cx.random();
        match policy.next(invocation.failures, (invocation.since, cx.now), error, draw) {
            Next::Again(at) => drop(self.waiting.insert((at, cx.number()), invocation)),
            Next::GiveUp(why) => self.give_up(cx, &invocation, error, why),
        }
    }

    fn give_up(
        &mut self,
        cx: &mut Cx<'_>,
        invocation: &Invocation,
        error: &WireError,
        why: Option<Exhausted>,
    ) {
        // Documented: told whenever it stops to try, with a dead-letter queue too (monitoring-cloudwatch.html, read 2026-11-29).
        cx.meter::<OfGroup>(&[&invocation.group]).add(OfGroup::Dropped, 1.0);
        let config = invocation.target.dead_letter_config.as_ref();
        let queue: Option<Arn> = config.and_then(|config| config.arn.as_deref()?.parse().ok());
        let Some(queue) = queue else {
            tracing::warn!(schedule = invocation.arn, %error, "a run of a schedule is dropped");
            return;
        };
        let mut attributes = vec![
            ("ERROR_CODE", error.code.clone()),
            ("ERROR_MESSAGE", error.message.clone()),
            ("EXECUTION_ID", invocation.execution.clone()),
            ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
            ("RETRY_ATTEMPTS", invocation.failures.saturating_sub(1).to_string()),
            ("SCHEDULED_TIME", seconds(invocation.scheduled)),
            ("SCHEDULE_ARN", invocation.arn.clone()),
            ("TARGET_ARN", invocation.target.arn.clone()),
        ];
        attributes.extend(why.map(|why| ("EXHAUSTED_RETRY_CONDITION", why.name().to_owned())));
        let token = cx.number();
        self.owed.insert(token, Owed::Letter(invocation.group.clone()));
        let letter = letter(&queue, &invocation.payload, &attributes, cx.scope);
        cx.push(letter.effect(Some(token)));
    }
}

fn seconds(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ")
}

impl Invocation {
    /// The target's input, with the keywords' values.
    fn fill(&self, cx: &mut Cx<'_>) -> String {
        let Some(input) = &self.target.input else { return self.plain_event(cx) };
        if !input.contains("<aws.scheduler.") {
            return input.clone();
        }
        input
            .replace("<aws.scheduler.schedule-arn>", &self.arn)
            .replace("<aws.scheduler.scheduled-time>", &seconds(self.scheduled))
            .replace("<aws.scheduler.execution-id>", &self.execution)
            .replace("<aws.scheduler.attempt-number>", &(self.failures + 1).to_string())
    }

    /// What a target without input gets; an operation gets nothing.
    fn plain_event(&self, cx: &mut Cx<'_>) -> String {
        if self.target.arn.contains(":aws-sdk:") {
            return "{}".to_owned();
        }
        let event = json!({
            "version": "0",
            "id": cx.uuid(),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": cx.scope.account.as_str(),
            "time": seconds(self.scheduled),
            "region": cx.scope.region.as_str(),
            "resources": [self.arn],
            "detail": "{}",
        });
        event.to_string()
    }

    fn ask(&self, cx: &Cx<'_>) -> Result<Ask, WireError> {
        let refused = |why: NoTarget| match why {
            NoTarget::NotBuilt(what) => WireError::not_implemented(&what),
            NoTarget::Invalid(why) => WireError::client("ValidationException", why),
        };
        let parsed = self.target.arn.parse::<Arn>();
        let arn = parsed.map_err(|why| WireError::client("ValidationException", why.to_string()))?;
        if let Some(universal) = Universal::parse(&arn) {
            return universal.map_err(refused)?.ask(&self.payload, cx.scope);
        }
        let queue = self.target.sqs_parameters.as_ref();
        let stream = self.target.kinesis_parameters.as_ref();
        let event = self.target.event_bridge_parameters.as_ref();
        let extras = Extras {
            event_id: None,
            event: event.map(|event| (event.source.as_str(), event.detail_type.as_str())),
            group: queue.and_then(|queue| queue.message_group_id.as_deref()),
            partition_key: stream.map(|stream| stream.partition_key.as_str()).unwrap_or_default(),
        };
        ask(&arn, &self.payload, extras, cx.scope).map_err(refused)
    }
}
