//! A lane of a shard: records in order, the batch that is being tried, and what failure makes of it.
//!
//! A shard has one lane, or as many as its mapping's parallelization factor; a partition key always takes the same
//! lane. The first batch in line is tried until it is done or given up: nothing overtakes it.
//! Documented: docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and services-kinesis-batchfailurereporting.html
//! (read 2026-11-28). Recorded by LocalStack against AWS on 2024-10-12: after a partial success the attempts count anew.
//! Assumed: the hash that chooses a lane; that both halves of a batch keep its count of attempts.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wavetank_types::Timestamp;

use super::super::payload::Payload;
use super::destination::{Condition, GivenUp, LastAnswer};
use super::env::{Env, Report, Slot};
use super::event;
use super::limits;
use super::response::{self, Verdict};
use super::source::{Record, StreamSource};
use super::window::Window;

/// What an attempt is made at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Records,
    /// The end of a tumbling window.
    WindowEnd,
    /// A tumbling window whose state has grown too large.
    WindowCut,
}

/// Records that are tried together.
#[derive(Debug)]
struct Batch {
    kind: Kind,
    records: Vec<Record>,
    /// What the function gets: the same bytes at every attempt.
    payload: Option<Payload>,
    attempts: u32,
    failing_since: Option<Timestamp>,
    last: Option<LastAnswer>,
    /// Why the last attempt failed, for people.
    cause: String,
}

/// Where a lane is, and what it knows of its shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) source: &'a StreamSource,
    pub(super) shard: &'a Arc<str>,
    pub(super) lane: usize,
    /// No record will follow those that are here.
    pub(super) is_ended: bool,
    /// When the shard was read last.
    pub(super) read_at: Option<Timestamp>,
    pub(super) retention: Duration,
}

/// A record that keeps those behind it waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stuck {
    pub(super) sequence: String,
    pub(super) key: String,
    pub(super) arrival: Timestamp,
    pub(super) records: usize,
    pub(super) since: Timestamp,
    pub(super) attempts: u32,
    pub(super) cause: String,
}

/// One lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    queue: VecDeque<Record>,
    batches: VecDeque<Batch>,
    is_running: bool,
    retry_at: Option<Timestamp>,
    /// Failures in a row.
    streak: u32,
    pub(super) window: Option<Window>,
}

impl Batch {
    fn of(kind: Kind, records: Vec<Record>) -> Self {
        Self {
            kind,
            records,
            payload: None,
            attempts: 0,
            failing_since: None,
            last: None,
            cause: String::new(),
        }
    }
}

/// The wait after so many failures in a row.
pub(super) fn wait(streak: u32) -> Duration {
    let doubled = limits::RETRY_WAIT_FIRST * 2u32.saturating_pow(streak.saturating_sub(1).min(16));
    doubled.min(limits::RETRY_WAIT_MAX)
}

impl Lane {
    pub(super) fn push(&mut self, record: Record) {
        self.queue.push_back(record);
    }

    /// Records that wait behind the batches.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing is left to be done.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.batches.is_empty() && self.window.is_none()
    }

    /// Takes out every record that is not done.
    pub(super) fn take_open(&mut self) -> Vec<Record> {
        let tried = self.batches.drain(..).flat_map(|batch| batch.records);
        tried.chain(self.queue.drain(..)).collect()
    }

    /// When the open window ends, if nothing else is left to be done in it.
    pub(super) fn window_end(&self) -> Option<Timestamp> {
        let is_idle = self.queue.is_empty() && self.batches.is_empty();
        self.window.as_ref().filter(|_| is_idle).map(Window::end)
    }

    /// When the lane has to be looked at again.
    pub(super) fn deadline(&self, window: Duration) -> Option<Timestamp> {
        if self.is_running {
            return None;
        }
        let due = |record: &Record| record.gathered + window;
        self.retry_at.or_else(|| self.queue.front().filter(|_| self.batches.is_empty()).map(due))
    }

    /// What blocks the lane, if its first batch has failed.
    pub(super) fn stuck(&self) -> Option<Stuck> {
        let batch = self.batches.front()?;
        let (since, first) = (batch.failing_since?, batch.records.first()?);
        Some(Stuck {
            sequence: first.sequence.clone(),
            key: first.key.clone(),
            arrival: first.arrival,
            records: batch.records.len(),
            since,
            attempts: batch.attempts,
            cause: batch.cause.clone(),
        })
    }

    /// Starts the next attempt, if it is time and there is something to try.
    pub(super) fn advance(&mut self, env: &mut Env<'_, '_>, place: &Place<'_>) {
        if self.is_running || env.is_paused || self.retry_at.is_some_and(|at| at > env.cx.now) {
            return;
        }
        self.retry_at = None;
        loop {
            if self.batches.is_empty() {
                let Some(batch) = self.assemble(env, place) else { return };
                self.batches.push_back(batch);
            }
            self.give_up_expired(env, place);
            let is_void = |batch: &Batch| batch.records.is_empty() && batch.kind == Kind::Records;
            if self.batches.front().is_some_and(is_void) {
                self.batches.pop_front();
            } else {
                break;
            }
        }
        self.is_running = true;
        env.invoke(Slot::Lane { shard: Arc::clone(place.shard), lane: place.lane });
    }

    /// A batch of what waits, if it is full or has waited long enough; or the end of a window.
    fn assemble(&mut self, env: &Env<'_, '_>, place: &Place<'_>) -> Option<Batch> {
        let next = self.queue.front();
        if let Some(window) = &self.window {
            if window.is_too_large() {
                return Some(Batch::of(Kind::WindowCut, Vec::new()));
            }
            let is_over = match next {
                Some(record) => !window.holds(record.arrival),
                None => place.is_ended || place.read_at.is_some_and(|at| at >= window.end()),
            };
            if is_over {
                return Some(Batch::of(Kind::WindowEnd, Vec::new()));
            }
        }
        let next = next?;
        if self.window.is_none()
            && let Some(span) = env.settings.tumbling
        {
            self.window = Some(Window::around(next.arrival, span));
        }
        let is_due = next.gathered + env.settings.window <= env.cx.now;
        let (count, is_full) = self.measure(env.settings.batch_size, place.source);
        if !(is_full || is_due || place.is_ended) {
            return None;
        }
        Some(Batch::of(Kind::Records, self.queue.drain(..count).collect()))
    }

    /// How many records fit into one batch, and whether more could not be added.
    fn measure(&self, batch_size: usize, source: &StreamSource) -> (usize, bool) {
        let mut bytes = 1_024 + self.window.as_ref().map_or(0, |window| window.state().len());
        let mut count = 0;
        for record in &self.queue {
            bytes += event::record_bytes(source, record);
            let is_outside = self.window.as_ref().is_some_and(|window| !window.holds(record.arrival));
            if is_outside || (count > 0 && bytes > limits::PAYLOAD_BYTES_MAX) {
                return (count, true);
            }
            count += 1;
            if count >= batch_size {
                return (count, true);
            }
        }
        (count, false)
    }

    /// Gives up what is too old, at the head of the first batch.
    fn give_up_expired(&mut self, env: &mut Env<'_, '_>, place: &Place<'_>) {
        let age_max = env.settings.age_max.map_or(place.retention, |age| age.min(place.retention));
        let now = env.cx.now;
        let Some(batch) = self.batches.front_mut() else { return };
        let is_expired = |record: &&Record| now.since(record.arrival) > age_max;
        let count = batch.records.iter().take_while(is_expired).count();
        if count == 0 {
            return;
        }
        let gone: Vec<Record> = batch.records.drain(..count).collect();
        let attempts = batch.attempts;
        *batch = Batch::of(batch.kind, std::mem::take(&mut batch.records));
        give_up(env, place, Condition::RecordAgeExceeded, &gone, attempts, None, None);
    }

    /// What the function is to get for the first batch in line.
    pub(super) fn payload(&mut self, source: &StreamSource, shard: &str, role: &str) -> Option<Payload> {
        let window = self.window.as_ref();
        let batch = self.batches.front_mut()?;
        let encode = || {
            let (is_final, is_early) = (batch.kind == Kind::WindowEnd, batch.kind == Kind::WindowCut);
            let part = window.map(|window| window.part(is_final, is_early));
            event::of_records(source, shard, role, &batch.records, part.as_ref())
        };
        if batch.payload.is_none() {
            batch.payload = Some(encode());
        }
        batch.payload.clone()
    }

    /// When the last record of the first batch came.
    pub(super) fn last_arrival(&self) -> Option<Timestamp> {
        self.batches.front()?.records.last().map(|record| record.arrival)
    }

    /// An attempt at the first batch has ended.
    pub(super) fn ended(&mut self, env: &mut Env<'_, '_>, place: &Place<'_>, report: Report) {
        self.is_running = false;
        match report {
            Report::Answered { payload, has_failed, version, request_id } => {
                let last = LastAnswer { request_id, version, has_failed };
                self.judge(env, place, &payload, last);
            }
            Report::Refused { why, counts: true } => self.failed(env, place, None, why),
            Report::Refused { why, counts: false } => {
                let Some(batch) = self.batches.front_mut() else { return };
                batch.failing_since.get_or_insert(env.cx.now);
                batch.cause = why;
                self.rest(env.cx.now);
            }
        }
    }

    fn judge(&mut self, env: &mut Env<'_, '_>, place: &Place<'_>, payload: &Bytes, last: LastAnswer) {
        let Some(batch) = self.batches.front() else { return };
        let kind = batch.kind;
        let state = self.window.as_ref().and_then(|_| response::window_state(payload));
        let is_stateless = self.window.is_some() && state.is_none() && kind == Kind::Records;
        let verdict = if last.has_failed || is_stateless {
            Verdict::AllFailed
        } else if env.settings.reports_failures && kind == Kind::Records {
            let ids: Vec<&str> = batch.records.iter().map(|record| record.sequence.as_str()).collect();
            response::failures(payload, &ids)
        } else {
            Verdict::AllDone
        };
        let first_failed = match &verdict {
            Verdict::AllDone => batch.records.len(),
            Verdict::AllFailed => 0,
            Verdict::Failed(places) => places.first().copied().unwrap_or(0),
        };
        if verdict != Verdict::AllDone && first_failed == 0 {
            let cause = String::from_utf8_lossy(&payload[..payload.len().min(300)]).into_owned();
            return self.failed(env, place, Some(last), cause);
        }
        match (kind, &mut self.window) {
            (Kind::Records, Some(window)) => window.keep(state.unwrap_or_default()),
            (Kind::WindowCut, Some(window)) => window.clear(),
            (Kind::WindowEnd, window) => *window = None,
            (_, None) => {}
        }
        if verdict == Verdict::AllDone {
            self.batches.pop_front();
            self.streak = 0;
            env.note("OK");
        } else {
            self.succeeded_until(env, first_failed);
        }
    }

    /// Records before this place are done; the rest is a batch of its own, with its own count of attempts.
    fn succeeded_until(&mut self, env: &mut Env<'_, '_>, first_failed: usize) {
        let Some(batch) = self.batches.front_mut() else { return };
        let left = batch.records.split_off(first_failed);
        *batch = Batch::of(Kind::Records, left);
        batch.failing_since = Some(env.cx.now);
        "the function reported it as failed".clone_into(&mut batch.cause);
        env.note("PROBLEM: Function call failed");
        self.streak = 0;
        self.rest(env.cx.now);
    }

    /// The whole batch has failed: it is split, tried again later, or given up.
    fn failed(&mut self, env: &mut Env<'_, '_>, place: &Place<'_>, last: Option<LastAnswer>, cause: String) {
        env.note("PROBLEM: Function call failed");
        let Some(batch) = self.batches.front_mut() else { return };
        batch.failing_since.get_or_insert(env.cx.now);
        batch.cause = cause;
        batch.last = last;
        if env.settings.bisects && batch.records.len() > 1 {
            // Splitting does not count as an attempt.
            let right = batch.records.split_off(batch.records.len() / 2);
            batch.payload = None;
            let right = Batch { attempts: batch.attempts, ..Batch::of(Kind::Records, right) };
            self.batches.insert(1, right);
            return self.rest(env.cx.now);
        }
        batch.attempts += 1;
        let attempts = batch.attempts;
        let is_given_up =
            batch.kind == Kind::Records && env.settings.retries.is_some_and(|retries| attempts > retries);
        if !is_given_up {
            return self.rest(env.cx.now);
        }
        self.streak = 0;
        if let Some(batch) = self.batches.pop_front() {
            let condition = Condition::RetryAttemptsExhausted;
            let payload = batch.payload;
            give_up(env, place, condition, &batch.records, attempts, batch.last.as_ref(), payload);
        }
    }

    fn rest(&mut self, now: Timestamp) {
        self.streak += 1;
        self.retry_at = Some(now + wait(self.streak));
    }
}

/// Sends records to the destination, if there is one.
fn give_up(
    env: &mut Env<'_, '_>,
    place: &Place<'_>,
    condition: Condition,
    records: &[Record],
    attempts: u32,
    last: Option<&LastAnswer>,
    payload: Option<Payload>,
) {
    let function_arn = &env.identity.function.arn;
    let given_up = GivenUp {
        condition,
        function_arn,
        source: place.source,
        shard: place.shard,
        records,
        attempts,
        last,
    };
    let uuid = &env.identity.uuid;
    let Some(destination) = &env.settings.on_failure else {
        let notice = given_up.notice(env.cx, uuid, place.retention);
        return notice.into_iter().for_each(|notice| env.out.lose(notice));
    };
    // What was never tried has not been encoded yet.
    let role = &env.identity.function.role;
    let encode = || event::of_records(place.source, place.shard, role, records, None);
    let encode = || payload.unwrap_or_else(encode).json();
    if let Some(letter) = given_up.letter(env.cx, uuid, destination, place.retention, encode) {
        letter.send(env.cx, env.out);
    }
}
