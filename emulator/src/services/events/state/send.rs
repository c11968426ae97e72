//! Events on their way to targets: sent at once, again when a target refuses for a while, and to a dead-letter queue in the end.
//!
//! Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html (read 2026-11-29): a letter is the event, with six
//! attributes; a log group gets the event with its time, or what a template says of `timestamp` and `message` (eb-targets.html,
//! read 2026-11-29). Assumed: an input without both fails at once, and a message that is no text is written as JSON. Fault rules meet attempts as `events`/`InvokeTarget`.

use std::sync::Arc;

use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::{Val, WireError};

use super::super::limits;
use super::super::metrics::OfRule;
use super::super::transform::{Reserved, Shaping};
use super::Events;
use super::put::{Event, instant};
use super::targets::{Aim, AimKind};
use crate::targets::{Exhausted, Extras, Next, NoTarget, ask, error_code, letter};
use crate::world::{Cx, Way};

/// An event on its way to a target.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    rule: String,
    rule_arn: String,
    aim: Arc<Aim>,
    event: Arc<Event>,
    input: String,
    since: Timestamp,
    failures: u32,
}

impl Sending {
    fn new(
        cx: &Cx<'_>,
        (rule, rule_arn): (&str, &str),
        aim: Arc<Aim>,
        event: &Arc<Event>,
        input: String,
    ) -> Self {
        let (rule, rule_arn, event) = (rule.to_owned(), rule_arn.to_owned(), Arc::clone(event));
        Self { rule, rule_arn, aim, event, input, since: cx.now, failures: 0 }
    }
}

/// A log event of a template's input: a time, as text or in milliseconds, and a message.
fn log_line(input: &str) -> Result<(Timestamp, String), WireError> {
    let input: Value = serde_json::from_str(input)
        .map_err(|why| WireError::client("InvalidJson", format!("The input is not JSON: {why}")))?;
    let at = match &input["timestamp"] {
        Value::String(text) => instant(text).or_else(|| text.parse().ok().map(Timestamp::from_millis)),
        other => other.as_i64().map(Timestamp::from_millis),
    };
    let message = match &input["message"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    at.zip(message).ok_or_else(|| {
        WireError::client("ValidationException", "The input of a log group needs a timestamp and a message.")
    })
}

/// Who owes an answer.
#[derive(Debug)]
pub(super) enum Owed {
    Target(Sending),
    /// The dead-letter queue of a rule's target.
    Letter(String),
}

impl Events {
    /// Sends an event to a target of a rule.
    pub(super) fn aim(
        &mut self,
        cx: &mut Cx<'_>,
        (rule, rule_arn): (&str, &str),
        aim: Arc<Aim>,
        event: &Arc<Event>,
        hops: usize,
    ) {
        let ingested = event.ingested.iso_millis();
        let reserved = Reserved { rule_arn, rule_name: rule, ingested: &ingested };
        let input = aim.shaping.input(&event.value, &event.text, reserved);
        match &aim.kind {
            AimKind::Bus(bus) => {
                cx.meter::<OfRule>(&[rule]).add(OfRule::Invocations, 1.0);
                if hops < limits::HOPS_MAX {
                    self.publish(cx, &bus.clone(), event, hops + 1);
                }
            }
            AimKind::Logs(group) => {
                let group = group.clone();
                let sending = Sending::new(cx, (rule, rule_arn), aim, event, input);
                self.log(cx, &group, &sending);
            }
            AimKind::Resource(..) => {
                let sending = Sending::new(cx, (rule, rule_arn), aim, event, input);
                self.send(cx, sending);
            }
        }
    }

    fn log(&mut self, cx: &mut Cx<'_>, group: &str, sending: &Sending) {
        let line = match &sending.aim.shaping {
            Shaping::Template { .. } => log_line(&sending.input),
            _ => Ok((sending.event.time(), sending.input.clone())),
        };
        match line {
            Ok(line) => {
                cx.meter::<OfRule>(&[&sending.rule]).add(OfRule::Invocations, 1.0);
                let stream = cx.uuid();
                cx.log_events(group, &stream, vec![line]);
            }
            Err(error) => self.give_up(cx, sending, &error, None),
        }
    }

    pub(in super::super) fn send_again(&mut self, cx: &mut Cx<'_>) {
        while let Some(entry) = self.waiting.first_entry().filter(|entry| entry.key().0 <= cx.now) {
            let sending = entry.remove();
            cx.meter::<OfRule>(&[&sending.rule]).add(OfRule::Retries, 1.0);
            self.send(cx, sending);
        }
    }

    fn send(&mut self, cx: &mut Cx<'_>, sending: Sending) {
        let region = cx.scope.region.clone();
        if matches!(cx.way("events", "InvokeTarget", &region), Way::Failing | Way::Shut(_)) {
            let error = WireError::server("InternalException", "A fault rule fails this attempt.");
            return self.refused(cx, sending, &error);
        }
        let AimKind::Resource(arn, path) = &sending.aim.kind else { return };
        let key = path.as_ref().and_then(|path| path.find(&sending.event.value));
        let key = match key {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            // Documented: the event's id is the partition key of those who name none (the service model).
            None => sending.event.id().to_owned(),
        };
        let queue = sending.aim.target.sqs_parameters.as_ref();
        let group = queue.and_then(|queue| queue.message_group_id.as_deref());
        let event_id = Some(sending.event.id());
        let extras = Extras { group, partition_key: &key, event: None, event_id };
        match ask(arn, &sending.input, extras, cx.scope) {
            Ok(ask) => {
                let token = cx.number();
                self.owed.insert(token, Owed::Target(sending));
                cx.push(ask.effect(Some(token)));
            }
            Err(NoTarget::NotBuilt(what)) => self.refused(cx, sending, &WireError::not_implemented(&what)),
            Err(NoTarget::Invalid(why)) => {
                self.refused(cx, sending, &WireError::client("ValidationException", why));
            }
        }
    }

    /// A target or a queue has answered.
    pub(in super::super) fn answered(&mut self, cx: &mut Cx<'_>, token: u64, result: Result<Val, WireError>) {
        match (self.owed.remove(&token), result) {
            (Some(Owed::Target(sending)), Ok(_)) => {
                cx.meter::<OfRule>(&[&sending.rule]).add(OfRule::Invocations, 1.0);
            }
            (Some(Owed::Target(sending)), Err(error)) => self.refused(cx, sending, &error),
            (Some(Owed::Letter(rule)), Ok(_)) => {
                cx.meter::<OfRule>(&[&rule]).add(OfRule::Letters, 1.0);
            }
            (Some(Owed::Letter(rule)), Err(error)) => {
                tracing::warn!(%error, "a dead-letter queue of EventBridge refused a letter");
                cx.meter::<OfRule>(&[&rule]).add(OfRule::LostLetters, 1.0);
            }
            (None, _) => {}
        }
    }

    fn refused(&mut self, cx: &mut Cx<'_>, mut sending: Sending, error: &WireError) {
        sending.failures += 1;
        let draw = cx.random();
        match sending.aim.retries.next(sending.failures, (sending.since, cx.now), error, draw) {
            Next::Again(at) => drop(self.waiting.insert((at, cx.number()), sending)),
            Next::GiveUp(why) => self.give_up(cx, &sending, error, why),
        }
    }

    fn give_up(&mut self, cx: &mut Cx<'_>, sending: &Sending, error: &WireError, why: Option<Exhausted>) {
        cx.meter::<OfRule>(&[&sending.rule]).add(OfRule::Invocations, 1.0).add(OfRule::Failed, 1.0);
        let Some(queue) = &sending.aim.dead_letters else {
            tracing::warn!(rule = sending.rule_arn, %error, "an event could not be delivered and is dropped");
            return;
        };
        let mut attributes = vec![
            ("RULE_ARN", sending.rule_arn.clone()),
            ("TARGET_ARN", sending.aim.target.arn.clone()),
            ("ERROR_CODE", error_code(error).to_owned()),
            ("ERROR_MESSAGE", error.message.clone()),
            ("RETRY_ATTEMPTS", sending.failures.saturating_sub(1).to_string()),
        ];
        attributes.extend(why.map(|why| ("EXHAUSTED_RETRY_CONDITION", why.name().to_owned())));
        let token = cx.number();
        self.owed.insert(token, Owed::Letter(sending.rule.clone()));
        cx.push(letter(queue, &sending.event.text, &attributes, cx.scope).effect(Some(token)));
    }
}
