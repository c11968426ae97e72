//! Receiving: at once or by long poll, what a message shows, and what goes to the dead-letter queue instead.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wavetank_types::Timestamp;
use wavetank_wire::ToVal as _;
use wavetank_wire::sqs::{Message as Shown, ReceiveMessageInput, ReceiveMessageOutput, Response};

use super::super::error::SqsError;
use super::super::limits;
use super::message::{Message, Standing, check_id, md5_of_attributes};
use super::metrics::OfQueue;
use super::queue::Queue;
use super::send::sequence_number;
use super::{Sqs, name_in};
use crate::world::{Answer, Cx, Effect, Ticket};

/// What a receive asks for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    max: usize,
    visibility_secs: Option<u64>,
    system: Vec<String>,
    named: Vec<String>,
    attempt: Option<String>,
}

/// A long poll.
#[derive(Clone, Debug)]
pub(super) struct Waiter {
    ask: Ask,
    until: Timestamp,
}

/// What a receive with an attempt id took: asked again, it gets the same, as long as nobody touched the messages.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    until: Timestamp,
    /// Places and receipts.
    taken: Vec<(u64, u64)>,
}

/// The system attributes that a client may ask for. Model.
const SYSTEM: [&str; 9] = [
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
];

impl Sqs {
    pub(in super::super) fn receive_message(
        &mut self,
        cx: &mut Cx<'_>,
        input: ReceiveMessageInput,
    ) -> Result<Answer<Response>, SqsError> {
        let name = name_in(&input.queue_url).unwrap_or_default().to_owned();
        let queue = self.queue_mut(cx, &input.queue_url)?;
        let wait_secs = within("WaitTimeSeconds", input.wait_time_seconds, &limits::WAIT_SECS)?;
        let wait = Duration::from_secs(wait_secs.unwrap_or(queue.settings.wait_secs));
        let ask = Ask::read(queue, input)?;
        if !queue.settings.fifo && queue.counts().in_flight >= limits::IN_FLIGHT_MAX {
            return Err(SqsError::OverLimit);
        }
        // An own caller's key is empty: a mapping of Lambda, which is told of what becomes visible later.
        queue.watched |= cx.access_key.is_empty();
        let messages = self.take(cx, &name, &ask);
        if messages.is_empty() && wait > Duration::ZERO {
            let (ticket, until) = (cx.ticket(), cx.now + wait);
            if let Some(queue) = self.queues.get_mut(&name) {
                queue.waiters.insert(ticket, Waiter { ask, until });
                queue.waits_end.insert((until, ticket));
            }
            self.arm(cx, &name);
            return Ok(Answer::Later(ticket));
        }
        if messages.is_empty() {
            cx.meter::<OfQueue>(&[&name]).add(OfQueue::Empty, 1.0);
        }
        self.arm(cx, &name);
        Ok(Answer::Now(Response::ReceiveMessage(output(messages))))
    }

    /// Gives those who wait what there is, in the order in which they came.
    pub(super) fn wake(&mut self, cx: &mut Cx<'_>, name: &str) {
        while let Some((ticket, ask)) = self.next_waiter(cx, name) {
            let messages = self.take(cx, name, &ask);
            if messages.is_empty() {
                return;
            }
            self.answer(cx, name, ticket, messages);
        }
    }

    /// Answers the long polls whose time is over.
    pub(super) fn end_waits(&mut self, cx: &mut Cx<'_>, name: &str) {
        let now = cx.now;
        let ended = |queue: &Queue| queue.waits_end.first().copied().filter(|(until, _)| *until <= now);
        while let Some((_, ticket)) = self.queues.get(name).and_then(ended) {
            cx.meter::<OfQueue>(&[name]).add(OfQueue::Empty, 1.0);
            self.answer(cx, name, ticket, Vec::new());
        }
    }

    fn next_waiter(&self, cx: &Cx<'_>, name: &str) -> Option<(Ticket, Ask)> {
        let queue = self.queues.get(name).filter(|queue| queue.has_visible(cx.now))?;
        queue.waiters.first_key_value().map(|(ticket, waiter)| (*ticket, waiter.ask.clone()))
    }

    fn answer(&mut self, cx: &mut Cx<'_>, name: &str, ticket: Ticket, messages: Vec<Shown>) {
        if let Some(queue) = self.queues.get_mut(name)
            && let Some(waiter) = queue.waiters.remove(&ticket)
        {
            queue.waits_end.remove(&(waiter.until, ticket));
        }
        cx.push(Effect::Answer(ticket, Ok(output(messages).to_val())));
    }

    /// Takes messages, hides them, and moves those that were received too often.
    fn take(&mut self, cx: &mut Cx<'_>, name: &str, ask: &Ask) -> Vec<Shown> {
        let receives_max = self.receives_max(cx, name);
        let Some(queue) = self.queues.get_mut(name) else { return Vec::new() };
        queue.settle(cx.now);
        let visibility = Duration::from_secs(ask.visibility_secs.unwrap_or(queue.settings.visibility_secs));
        let until = cx.now + visibility;
        if let Some(again) = queue.repeat(cx.now, until, ask) {
            return again;
        }
        let picked = queue.pick(cx.now, ask.max, receives_max);
        let mut shown = Vec::with_capacity(picked.given.len());
        let mut taken = Vec::new();
        for place in picked.given {
            let receipt = cx.random() | 1;
            queue.change(place, |message| {
                message.receives += 1;
                message.receives_here += 1;
                message.first_received.get_or_insert(cx.now);
                message.last_received = cx.now;
                message.receipt = receipt;
                message.visible_at = until;
                message.standing = if until > cx.now { Standing::InFlight } else { Standing::Waiting };
            });
            taken.push((place, receipt));
            shown.extend(queue.show(place, ask));
        }
        if let Some(attempt) = &ask.attempt
            && !taken.is_empty()
        {
            let now = cx.now;
            queue.attempts.retain(|_, attempt| attempt.until > now);
            queue.attempts.insert(attempt.clone(), Attempt { until: now + limits::ATTEMPT, taken });
        }
        if !shown.is_empty() {
            cx.meter::<OfQueue>(&[name]).add(OfQueue::Received, shown.len() as f64);
        }
        let dead: Vec<Message> = picked.dead.into_iter().filter_map(|place| queue.remove(place)).collect();
        if !dead.is_empty() {
            self.bury(cx, name, dead);
        }
        shown
    }

    /// The redrive policy's count, if the dead-letter queue exists. Assumed: without it messages stay where they are.
    fn receives_max(&self, cx: &Cx<'_>, name: &str) -> Option<u64> {
        let redrive = self.queues.get(name)?.settings.redrive.as_ref()?;
        self.by_arn(cx, &redrive.target).map(|_| redrive.receives_max)
    }

    /// Moves messages to the dead-letter queue. They keep id and receive count; in a standard queue also their age, while
    /// a FIFO queue counts retention anew. Documented: setting-up-dead-letter-queue-retention.html (read 2026-11-28). Recorded
    /// (2024-04-30): the count goes on, and `DeadLetterQueueSourceArn`.
    fn bury(&mut self, cx: &mut Cx<'_>, name: &str, dead: Vec<Message>) {
        let Some(queue) = self.queues.get(name) else { return };
        let source = queue.arn.clone();
        let Some(target) = queue.settings.redrive.as_ref().map(|redrive| redrive.target.resource.clone())
        else {
            return;
        };
        if let Some(grave) = self.queues.get_mut(&target) {
            for mut message in dead {
                if grave.settings.fifo {
                    message.sent = cx.now;
                }
                message.receives_here = 0;
                message.receipt = 0;
                message.visible_at = cx.now;
                message.standing = Standing::Waiting;
                message.source = Some(source.clone());
                grave.push(message);
            }
        }
        self.stir(cx, &target);
        self.arm(cx, &target);
    }
}

impl Ask {
    fn read(queue: &Queue, input: ReceiveMessageInput) -> Result<Self, SqsError> {
        let max = input.max_number_of_messages.unwrap_or(1);
        if !limits::RECEIVE_MESSAGES.contains(&max) {
            let reason = "Must be between 1 and 10, if provided.";
            return Err(SqsError::parameter("MaxNumberOfMessages", max, reason));
        }
        let visibility_secs =
            within("VisibilityTimeout", input.visibility_timeout, &limits::VISIBILITY_SECS)?;
        let mut system = input.attribute_names.unwrap_or_default();
        system.extend(input.message_system_attribute_names.unwrap_or_default());
        if let Some(name) = system.iter().find(|name| *name != "All" && !SYSTEM.contains(&name.as_str())) {
            return Err(SqsError::UnknownAttribute(name.clone()));
        }
        let attempt = input.receive_request_attempt_id;
        check_id("ReceiveRequestAttemptId", attempt.as_deref())?;
        if let Some(attempt) = attempt.as_deref().filter(|_| !queue.settings.fifo) {
            let reason = "The request include parameter that is not valid for this queue type.";
            return Err(SqsError::parameter("ReceiveRequestAttemptId", attempt, reason));
        }
        let max = usize::try_from(max).unwrap_or(1);
        let named = input.message_attribute_names.unwrap_or_default();
        Ok(Self { max, visibility_secs, system, named, attempt })
    }

    /// Whether a message attribute is asked for. Recorded (2024-04-30): `All`, `.*`, `Name`, `Prefix.*`.
    fn wants(&self, name: &str) -> bool {
        self.named.iter().any(|wanted| match wanted.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => wanted == "All" || wanted == name,
        })
    }
}

impl Queue {
    /// What the same attempt got before, if nobody has touched it since.
    fn repeat(&mut self, now: Timestamp, until: Timestamp, ask: &Ask) -> Option<Vec<Shown>> {
        let attempt = self.attempts.get(ask.attempt.as_ref()?)?;
        let untouched = |(place, receipt): &(u64, u64)| {
            let message = self.get(*place);
            message.is_some_and(|found| found.receipt == *receipt && found.standing == Standing::InFlight)
        };
        if attempt.until <= now || !attempt.taken.iter().all(untouched) {
            return None;
        }
        let places: Vec<u64> = attempt.taken.iter().map(|(place, _)| *place).collect();
        for place in &places {
            self.hide(*place, now, until);
        }
        Some(places.into_iter().filter_map(|place| self.show(place, ask)).collect())
    }

    fn show(&self, place: u64, ask: &Ask) -> Option<Shown> {
        let message = self.get(place)?;
        let attributes: BTreeMap<_, _> = message
            .attributes
            .iter()
            .filter(|(name, _)| ask.wants(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let system = self.system(place, message, ask);
        Some(Shown {
            message_id: Some(message.id.clone()),
            receipt_handle: Some(self.handle(place, message.receipt)),
            md5of_body: Some(message.md5.clone()),
            body: Some(message.body.clone()),
            attributes: Some(system).filter(|system| !system.is_empty()),
            md5of_message_attributes: md5_of_attributes(attributes.iter()),
            message_attributes: Some(attributes).filter(|attributes| !attributes.is_empty()),
        })
    }

    fn system(&self, place: u64, message: &Message, ask: &Ask) -> BTreeMap<String, String> {
        if ask.system.is_empty() {
            return BTreeMap::new();
        }
        let fifo = self.settings.fifo;
        let all = [
            ("SenderId", Some(message.sender.clone())),
            ("SentTimestamp", Some(message.sent.millis().to_string())),
            ("ApproximateReceiveCount", Some(message.receives.to_string())),
            ("ApproximateFirstReceiveTimestamp", message.first_received.map(|at| at.millis().to_string())),
            ("SequenceNumber", fifo.then(|| sequence_number(place))),
            ("MessageDeduplicationId", message.dedup.clone()),
            ("MessageGroupId", message.group.clone()),
            ("AWSTraceHeader", message.trace.clone()),
            ("DeadLetterQueueSourceArn", message.source.clone()),
        ];
        let wanted = |name: &str| ask.system.iter().any(|asked| asked == "All" || asked == name);
        let present = all.into_iter().filter(|(name, _)| wanted(name));
        present.filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
    }

    /// Opaque to clients: the queue's mark, the message's place and the receipt.
    fn handle(&self, place: u64, receipt: u64) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.mark.to_be_bytes());
        bytes[8..16].copy_from_slice(&place.to_be_bytes());
        bytes[16..].copy_from_slice(&receipt.to_be_bytes());
        format!("AQEB{}", STANDARD.encode(bytes))
    }

    /// Place and receipt in a handle of this queue.
    pub(super) fn read_handle(&self, handle: &str) -> Result<(u64, u64), SqsError> {
        let bytes = handle.strip_prefix("AQEB").and_then(|rest| STANDARD.decode(rest).ok());
        let Some(bytes) = bytes.filter(|bytes| bytes.len() == 24) else {
            return Err(SqsError::NotAHandle(handle.to_owned()));
        };
        let number = |at: usize| bytes[at..at + 8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if number(0) == self.mark { Ok((number(8), number(16))) } else { Err(SqsError::HandleOfAnotherQueue) }
    }
}

/// Recorded (2025-02-10) for `WaitTimeSeconds`; assumed for the visibility timeout.
fn within(
    name: &'static str,
    value: Option<i64>,
    range: &std::ops::RangeInclusive<u64>,
) -> Result<Option<u64>, SqsError> {
    let Some(value) = value else { return Ok(None) };
    match u64::try_from(value).ok().filter(|value| range.contains(value)) {
        Some(value) => Ok(Some(value)),
        None => {
            let reason = format!("Must be >= 0 and <= {}, if provided.", range.end());
            Err(SqsError::parameter(name, value, reason))
        }
    }
}

/// Recorded (2025-02-10): without messages the answer has no list.
fn output(messages: Vec<Shown>) -> ReceiveMessageOutput {
    ReceiveMessageOutput { messages: Some(messages).filter(|messages| !messages.is_empty()) }
}
