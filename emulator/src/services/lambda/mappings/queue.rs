//! A mapping's poller of a queue: messages gathered into batches, deleted when they are done, left to their visibility
//! timeout when they are not.
//!
//! The poller receives when the queue signals and stops when it finds nothing: an idle queue costs nothing. Order within
//! a FIFO group is the queue's: it gives out no message of a group while earlier ones are in flight.
//! Documented: docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html (read 2026-11-28).
//! Assumed: messages of a throttled invocation go back at the end of their visibility timeout.

use std::collections::{BTreeMap, VecDeque};

use wavetank_types::Timestamp;
use wavetank_wire::{FromVal as _, Operation, Val, WireError, sqs};

use super::super::payload::Payload;
use super::agenda::Part;
use super::env::{Env, Owed, Report, Slot};
use super::event;
use super::lane::wait;
use super::limits;
use super::response::{self, Verdict};
use super::source::QueueSource;

/// A message that waits for its batch.
#[derive(Debug)]
struct Gathered {
    message: sqs::Message,
    at: Timestamp,
}

/// The messages of one mapping.
#[derive(Debug)]
pub(super) struct QueuePoller {
    source: QueueSource,
    url: String,
    waiting: VecDeque<Gathered>,
    /// Batches that run, by their number.
    running: BTreeMap<u64, Vec<sqs::Message>>,
    is_receiving: bool,
    has_news: bool,
    /// Since when there has been a batch at every instant.
    busy_since: Option<Timestamp>,
    rest_until: Option<Timestamp>,
    /// Refusals in a row.
    streak: u32,
}

impl QueuePoller {
    pub(super) fn new(source: QueueSource, url: String) -> Self {
        Self {
            source,
            url,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            is_receiving: false,
            has_news: false,
            busy_since: None,
            rest_until: None,
            streak: 0,
        }
    }

    /// The mapping is enabled, or the queue has something new.
    pub(super) fn hear(&mut self, env: &mut Env<'_, '_>) {
        self.has_news = true;
        self.advance(env);
    }

    /// Does whatever can be done now, and says when to look again.
    pub(super) fn advance(&mut self, env: &mut Env<'_, '_>) {
        let now = env.cx.now;
        self.rest_until = self.rest_until.filter(|until| *until > now);
        if !env.is_paused && self.rest_until.is_none() {
            while self.room(env) > 0
                && let Some(batch) = self.assemble(env)
            {
                let number = env.cx.number();
                self.busy_since.get_or_insert(now);
                self.running.insert(number, batch);
                env.invoke(Slot::Messages(number));
            }
            self.receive(env);
        }
        let due = self.waiting.front().map(|first| first.at + env.settings.window);
        let room = self.room(env);
        let more = self.next_room(env).filter(|_| room == 0 && (self.has_news || due.is_some()));
        let at =
            self.rest_until.filter(|_| self.has_news || due.is_some()).or(if room > 0 { due } else { more });
        let entry = (env.identity.uuid.clone(), Part::Queue);
        env.out.agenda.set(entry, at.filter(|_| !env.is_paused).map(|at| at.max(now)));
    }

    /// How many more batches may run.
    fn room(&self, env: &Env<'_, '_>) -> u64 {
        let minutes = self.busy_since.map_or(0, |since| env.cx.now.since(since).as_secs() / 60);
        let scaled = limits::QUEUE_CONCURRENCY_FIRST + limits::QUEUE_CONCURRENCY_PER_MINUTE * minutes;
        let scaled = scaled.min(limits::QUEUE_CONCURRENCY_MAX);
        let most = env.settings.concurrency_max.map_or(scaled, |max| scaled.max(2).min(max));
        most.saturating_sub(self.running.len() as u64)
    }

    /// When more batches may run than now, if time alone can bring it.
    fn next_room(&self, env: &Env<'_, '_>) -> Option<Timestamp> {
        let since = self.busy_since?;
        let limit = env.settings.concurrency_max.unwrap_or(u64::MAX).min(limits::QUEUE_CONCURRENCY_MAX);
        let minutes = env.cx.now.since(since).as_secs() / 60 + 1;
        let is_growing = (self.running.len() as u64) < limit;
        is_growing.then(|| since + std::time::Duration::from_secs(minutes * 60))
    }

    fn assemble(&mut self, env: &Env<'_, '_>) -> Option<Vec<sqs::Message>> {
        let first = self.waiting.front()?;
        let is_due = first.at + env.settings.window <= env.cx.now;
        let mut bytes = 1_024;
        let fits = |it: &&Gathered| {
            bytes += event::message_bytes(&it.message);
            bytes <= limits::PAYLOAD_BYTES_MAX
        };
        let fitting = self.waiting.iter().take(env.settings.batch_size).take_while(fits).count().max(1);
        let is_full = fitting == env.settings.batch_size || fitting < self.waiting.len();
        if !(is_full || is_due) {
            return None;
        }
        Some(self.waiting.drain(..fitting).map(|it| it.message).collect())
    }

    fn receive(&mut self, env: &mut Env<'_, '_>) {
        let missing = env.settings.batch_size.saturating_sub(self.waiting.len());
        if self.is_receiving || !self.has_news || missing == 0 || self.room(env) == 0 {
            return;
        }
        self.is_receiving = true;
        self.has_news = false;
        let all = || Some(vec!["All".to_owned()]);
        let input = sqs::ReceiveMessageInput {
            queue_url: self.url.clone(),
            attribute_names: None,
            message_system_attribute_names: all(),
            message_attribute_names: all(),
            max_number_of_messages: Some(
                i64::try_from(missing).unwrap_or(i64::MAX).min(limits::RECEIVE_MESSAGES_MAX),
            ),
            visibility_timeout: None,
            wait_time_seconds: Some(0),
            receive_request_attempt_id: None,
        };
        let (uuid, epoch) = (env.identity.uuid.clone(), env.identity.epoch);
        let token = env.owe(Owed::Messages { uuid, epoch });
        self.source.ask::<sqs::ReceiveMessage>(env.cx, input, Some(token));
    }

    pub(super) fn messages_came(&mut self, env: &mut Env<'_, '_>, result: Result<Val, WireError>) {
        self.is_receiving = false;
        match result {
            Ok(reply) => {
                let out = <sqs::ReceiveMessage as Operation>::Output::from_val(reply);
                let messages = out.messages.unwrap_or_default();
                self.has_news |= !messages.is_empty();
                let (wanted, dropped): (Vec<_>, Vec<_>) =
                    messages.into_iter().partition(|message| env.settings.filters.pass_message(message));
                self.delete(env, dropped.iter());
                let at = env.cx.now;
                self.waiting.extend(wanted.into_iter().map(|message| Gathered { message, at }));
            }
            Err(error) => {
                let may_pass = error.code.contains("OverLimit") || error.code.contains("Throttl");
                tracing::warn!(queue = self.source.arn, %error, "a mapping cannot read its queue");
                self.has_news |= may_pass;
                self.streak += 1;
                self.rest_until = may_pass.then(|| env.cx.now + wait(self.streak));
            }
        }
        self.advance(env);
    }

    /// A batch has ended.
    pub(super) fn ended(&mut self, env: &mut Env<'_, '_>, number: u64, report: Report) {
        let Some(batch) = self.running.remove(&number) else { return };
        if self.running.is_empty() {
            self.busy_since = None;
        }
        match report {
            Report::Answered { payload, has_failed, .. } => {
                self.streak = 0;
                let ids: Vec<&str> =
                    batch.iter().map(|message| message.message_id.as_deref().unwrap_or_default()).collect();
                let verdict = match (has_failed, env.settings.reports_failures) {
                    (true, _) => Verdict::AllFailed,
                    (false, true) => response::failures(&payload, &ids),
                    (false, false) => Verdict::AllDone,
                };
                let is_done = |at: &usize| match &verdict {
                    Verdict::AllDone => true,
                    Verdict::AllFailed => false,
                    Verdict::Failed(places) => !places.contains(at),
                };
                let done = batch.iter().enumerate().filter(|(at, _)| is_done(at));
                self.delete(env, done.map(|(_, message)| message));
            }
            Report::Refused { why, .. } => {
                tracing::debug!(queue = self.source.arn, why, "a batch was not accepted");
                self.streak += 1;
                self.rest_until = Some(env.cx.now + wait(self.streak));
            }
        }
        self.advance(env);
    }

    fn delete<'m>(&self, env: &mut Env<'_, '_>, messages: impl Iterator<Item = &'m sqs::Message>) {
        let entry = |(n, message): (usize, &sqs::Message)| sqs::DeleteMessageBatchRequestEntry {
            id: n.to_string(),
            receipt_handle: message.receipt_handle.clone().unwrap_or_default(),
        };
        let entries: Vec<_> = messages.enumerate().map(entry).collect();
        for chunk in entries.chunks(10) {
            let input = sqs::DeleteMessageBatchInput { queue_url: self.url.clone(), entries: chunk.to_vec() };
            self.source.ask::<sqs::DeleteMessageBatch>(env.cx, input, None);
        }
    }

    /// What an invocation is to get.
    pub(super) fn payload(&self, number: u64) -> Option<Payload> {
        self.running.get(&number).map(|batch| event::of_messages(&self.source, batch).into())
    }

    /// Forgets what waits: it becomes visible again by itself.
    pub(super) fn restart(&mut self) {
        self.waiting.clear();
        self.running.clear();
        self.is_receiving = false;
        self.has_news = true;
        self.busy_since = None;
        self.rest_until = None;
        self.streak = 0;
    }
}
