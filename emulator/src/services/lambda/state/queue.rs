//! Asynchronous events: accepted at once, tried again when the function fails or is throttled, dropped in the end.
//!
//! Documented: docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html and
//! invocation-async-retain-records.html (read 2026-11-29): waits, ages, the record that a destination gets.

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_types::Timestamp;

use super::super::error::InvocationRefusal;
use super::super::limits;
use super::Lambda;
use super::event_config::Destination;
use super::invoke::{Caller, Ended};
use super::metrics::{count_dropped, count_event, count_event_age, count_throttle, count_undelivered};
use super::names::Target;
use crate::world::Cx;

/// An event that waits or is being handled.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) target: Target,
    request_id: String,
    payload: Bytes,
    accepted: Timestamp,
    attempts: u32,
    throttles: u32,
    /// What the last attempt answered.
    last: Option<(Ended, String)>,
}

/// Why an event is done with, in the words of the record.
#[derive(Clone, Copy, Debug)]
enum Condition {
    Success,
    RetriesExhausted,
    EventAgeExceeded,
    ZeroReservedConcurrency,
}

impl Lambda {
    /// Takes an event in. Its first attempt is now.
    pub(super) fn accept_event(
        &mut self,
        cx: &mut Cx<'_>,
        target: Target,
        payload: Bytes,
    ) -> Result<(), InvocationRefusal> {
        if self.queue.len() >= limits::QUEUE_EVENTS_MAX {
            return Err(InvocationRefusal::QueueFull);
        }
        let event = Event {
            target,
            request_id: cx.uuid(),
            payload,
            accepted: cx.now,
            attempts: 0,
            throttles: 0,
            last: None,
        };
        count_event(cx, &event.target);
        self.attempt(cx, event);
        Ok(())
    }

    pub(super) fn attempt_due_events(&mut self, cx: &mut Cx<'_>) {
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > cx.now {
                break;
            }
            let event = entry.remove();
            self.attempt(cx, event);
        }
    }

    fn attempt(&mut self, cx: &mut Cx<'_>, mut event: Event) {
        let rules = self.event_rules(cx, &event.target);
        let reserved = match self.version(cx, &event.target) {
            Ok((function, _)) => function.reserved,
            // Deleted meanwhile: AWS drops its events.
            Err(_) => return,
        };
        if cx.now.since(event.accepted) > rules.age_max {
            return self.done_with(cx, event, Condition::EventAgeExceeded);
        }
        if reserved == Some(0) {
            return self.done_with(cx, event, Condition::ZeroReservedConcurrency);
        }
        if self.admit(&event.target.name).is_err() {
            count_throttle(cx, &event.target);
            let doubled = limits::THROTTLE_WAIT_FIRST * 2u32.saturating_pow(event.throttles.min(16));
            event.throttles += 1;
            self.queue.insert((cx.now + doubled.min(limits::THROTTLE_WAIT_MAX), cx.number()), event);
            return;
        }
        event.attempts += 1;
        count_event_age(cx, &event.target, event.accepted);
        let (target, id) = (event.target.clone(), event.request_id.clone());
        let payload = event.payload.clone().into();
        self.start(cx, target, id, payload, None, Caller::Event(event));
    }

    /// An attempt has ended.
    pub(super) fn event_ended(&mut self, cx: &mut Cx<'_>, mut event: Event, ended: &Ended, version: &str) {
        event.last = Some((ended.clone(), version.to_owned()));
        if !ended.failed {
            return self.done_with(cx, event, Condition::Success);
        }
        let rules = self.event_rules(cx, &event.target);
        if event.attempts > rules.retries {
            return self.done_with(cx, event, Condition::RetriesExhausted);
        }
        let waits = limits::RETRY_WAITS;
        let nth = usize::try_from(event.attempts).unwrap_or(usize::MAX).clamp(1, waits.len());
        self.queue.insert((cx.now + waits[nth - 1], cx.number()), event);
    }

    /// Sends the record of the event's end to its destination, if it has one.
    fn done_with(&mut self, cx: &mut Cx<'_>, event: Event, condition: Condition) {
        if !matches!(condition, Condition::Success) {
            count_dropped(cx, &event.target);
        }
        let rules = self.event_rules(cx, &event.target);
        let destination =
            if matches!(condition, Condition::Success) { rules.on_success } else { rules.on_failure };
        let Some(destination) = destination else {
            tracing::debug!(function = event.target.name, ?condition, "an event has come to its end");
            return;
        };
        let record = Bytes::from(record(cx, &event, condition).to_string());
        match destination {
            Destination::Function(to) => {
                if let Err(error) = self.accept_event(cx, to, record) {
                    count_undelivered(cx, &event.target.name);
                    tracing::warn!(%error, "an event's record was dropped");
                }
            }
            Destination::Bucket(bucket) => {
                let at = cx.now.format("%Y/%m/%d/%Y-%m-%dT%H.%M.%S");
                let key = format!("aws/lambda/async/{}/{at}-{}", event.target.name, cx.uuid());
                cx.put_object(&bucket, &key, record, "application/json");
            }
        }
    }
}

fn record(cx: &Cx<'_>, event: &Event, condition: Condition) -> Value {
    let payload_of = |bytes: &Bytes| serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let mut record = json!({
        "version": "1.0",
        "timestamp": cx.now.iso_millis(),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": event.target.version_arn(cx.scope),
            "condition": format!("{condition:?}"),
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": payload_of(&event.payload),
    });
    if let Some((ended, version)) = &event.last {
        let mut context = json!({ "statusCode": 200, "executedVersion": version });
        if ended.failed {
            context["functionError"] = json!("Unhandled");
        }
        record["responseContext"] = context;
        record["responsePayload"] = payload_of(&ended.payload);
    }
    record
}
