//! The world: every service of every account and region, the time, the random streams and the fault rules, as one value.
//!
//! No IO happens here. A driver calls [`World::call`], moves time with [`World::step_to`], runs what
//! [`World::take_jobs`] hands out and reports with [`World::finish_job`]. The order of everything that follows from a
//! call is decided in [`World::drain`]. Left out: who waits, and on what clock; see `driver/`.

mod blocked;
mod collect;
mod cx;
mod destinations;
mod entries;
mod fault;
mod faulty;
mod job;
mod metrics;
mod order;
mod slot;
mod storage;
#[cfg(test)]
pub(crate) mod testing;
mod undelivered;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wavetank_types::{Seed, Timestamp};
use wavetank_wire::schema::Service as Schema;
use wavetank_wire::{Val, WireError};

pub use blocked::Blocked;
use collect::Seat;
pub use cx::{Address, Answer, Cx, Delivery, Effect, LogBatch, Scope, Ticket, at_least};
pub use entries::BATCHES;
pub(crate) use fault::{FAULTS_TOPIC, Way};
use fault::{Faults, Place};
pub use fault::{Hits, Rule, RuleId, Task, Verdict};
use faulty::Run;
pub use job::{HTTP_REPLY_BYTES_MAX, HttpOutput, HttpReply, HttpWork, Job, JobId, Outcome, Output, Work};
pub use metrics::{Family, Meter, Metric, Metrics, Reading, Unit};
pub(crate) use metrics::{Point, Spread};
use order::Order;
use slot::Slot;
pub use undelivered::Undelivered;

use crate::services::s3::S3;
use crate::services::{DynService, ServiceId};

/// A call as it crosses the boundary.
#[derive(Clone, Debug)]
pub struct Call {
    /// To whom, in which account and region.
    pub to: Address,
    /// The caller's access key id.
    pub access_key: String,
    /// The operation's name.
    pub operation: &'static str,
    /// The validated request.
    pub input: Val,
}

/// Something that happens at an instant: the end of a job, a delayed call.
#[derive(Debug)]
enum Due {
    JobDone { owner: Address, job: JobId, outcome: Outcome },
    Call { call: Call, ticket: Ticket },
}

/// Who waits for an answer that comes later, other than a client of the driver.
#[derive(Debug)]
enum Awaiting {
    /// A service that called another, with its token.
    Service(Address, Option<u64>),
    /// A client whose call was delayed, and who holds this ticket instead.
    Client(Ticket),
}

/// A job that an executor has and whose outcome is not known yet.
#[derive(Debug)]
struct Running {
    owner: Address,
    started: Timestamp,
    /// Of a function's run.
    run: Option<Run>,
}

/// Every service, and what happens between them.
#[derive(Debug)]
pub struct World {
    seed: Seed,
    now: Timestamp,
    /// Whether services throttle as AWS does.
    strict: bool,
    /// Where the tank listens, if it does.
    endpoint: Option<String>,
    services: BTreeMap<Address, Slot>,
    /// What each service answers for `next_deadline`, kept after each of its turns: asking all would cost every request.
    deadlines: BTreeSet<(Timestamp, Address)>,
    /// The same of `next_routine`: what recurs for ever, and keeps no tank from rest.
    routines: BTreeSet<(Timestamp, Address)>,
    s3: S3,
    s3_seats: BTreeMap<Scope, Seat>,
    faults: Faults,
    order: Order,
    next_number: u64,
    due: BTreeMap<(Timestamp, u64), Due>,
    running: BTreeMap<JobId, Running>,
    jobs: Vec<Job>,
    awaiting: BTreeMap<Ticket, Awaiting>,
    answers: Vec<(Ticket, Result<Val, WireError>)>,
    /// Event streams that are open, and whose they are.
    streams: BTreeMap<Ticket, Address>,
    events: Vec<(Ticket, StreamEvent)>,
    /// Who wants to hear of each topic.
    watchers: BTreeMap<String, BTreeSet<Address>>,
    /// Where CloudWatch has alarms on metrics.
    alarmed: BTreeSet<Scope>,
}

/// What an open event stream carries.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// One event, or the error that ends the stream.
    Event(Result<Val, WireError>),
    /// The end.
    Close,
}

impl World {
    /// An empty world at `start`.
    pub fn new(seed: Seed, start: Timestamp) -> Self {
        Self {
            seed,
            now: start,
            strict: false,
            endpoint: None,
            services: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            routines: BTreeSet::new(),
            s3: S3::default(),
            s3_seats: BTreeMap::new(),
            faults: Faults::new(seed.stream("faults")),
            order: Order::default(),
            next_number: 0,
            due: BTreeMap::new(),
            running: BTreeMap::new(),
            jobs: Vec::new(),
            awaiting: BTreeMap::new(),
            answers: Vec::new(),
            streams: BTreeMap::new(),
            events: Vec::new(),
            watchers: BTreeMap::new(),
            alarmed: BTreeSet::new(),
        }
    }

    /// The same world, whose services throttle as AWS does if `strict`.
    #[must_use]
    pub fn with_strict_limits(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The same world, in which what falls at one instant happens in an order that is drawn, if `any_order`.
    #[must_use]
    pub fn with_any_order(mut self, any_order: bool) -> Self {
        self.order = if any_order { Order::drawn(self.seed) } else { Order::default() };
        self
    }

    /// Says where the tank listens: queue URLs lead there.
    pub fn set_endpoint(&mut self, endpoint: Option<String>) {
        self.endpoint = endpoint;
    }

    /// Tank time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The seed of every stream.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Tells those who watch the topic that something has happened outside: a process has died.
    pub(crate) fn signal(&mut self, topic: &str) {
        if self.watchers.contains_key(topic) {
            let world = Address { service: ServiceId::Sts, scope: Scope::default() };
            self.drain(vec![(world, Effect::Signal(topic.to_owned()))]);
        }
    }

    /// One request to a service, and everything that follows from it at this instant.
    pub fn call(&mut self, schema: &Schema, call: Call) -> Result<Answer<Val>, WireError> {
        let region = call.to.scope.region.as_str();
        let place = Place { service: schema.name, operation: call.operation, region };
        match self.faults.verdict(&place, self.now) {
            Verdict::Pass => {}
            Verdict::Fail(error) => return Err(error),
            Verdict::Delay(span) => {
                let ticket = Ticket(self.number());
                self.schedule(self.now + span, Due::Call { call, ticket });
                return Ok(Answer::Later(ticket));
            }
            Verdict::Duplicate => {
                let first = self.perform(call.clone());
                drop(first);
            }
            Verdict::FailAfter(error) => return self.perform(call).and(Err(error)),
            Verdict::RefuseEntries { code, share } => {
                return self.perform_in_part(schema.name, call, &code, share);
            }
            // Of functions' runs alone.
            Verdict::TimeOut | Verdict::TimeOutAfter => {}
        }
        self.perform(call)
    }

    fn perform_in_part(
        &mut self,
        service: &str,
        call: Call,
        code: &str,
        share: f64,
    ) -> Result<Answer<Val>, WireError> {
        let Call { to, access_key, operation, input } = call;
        let faults = &mut self.faults;
        match entries::hold_back(service, operation, input, || faults.draws(share)) {
            Err(input) => self.perform(Call { to, access_key, operation, input }),
            Ok((input, held)) => match self.perform(Call { to, access_key, operation, input })? {
                Answer::Now(output) => Ok(Answer::Now(entries::put_back(held, code, output))),
                later => Ok(later),
            },
        }
    }

    fn perform(&mut self, call: Call) -> Result<Answer<Val>, WireError> {
        let mut out = Vec::new();
        let Call { to, access_key, operation, input } = call;
        let answer =
            self.on_service(&to, &access_key, &mut out, |service, cx| service.call(cx, operation, input));
        if let Ok(Answer::Stream(ticket)) = &answer {
            self.streams.insert(*ticket, to);
        }
        self.drain(out);
        answer
    }

    /// Performs a call whose caller already holds `ticket`.
    fn perform_for(&mut self, ticket: Ticket, call: Call) {
        let mut out = Vec::new();
        let Call { to, access_key, operation, input } = call;
        let answer =
            self.on_service(&to, &access_key, &mut out, |service, cx| service.call(cx, operation, input));
        match answer {
            Ok(Answer::Now(output)) => self.answers.push((ticket, Ok(output))),
            Ok(Answer::Later(inner)) => drop(self.awaiting.insert(inner, Awaiting::Client(ticket))),
            Ok(Answer::Stream(_)) => {
                let why = WireError::not_implemented("an event stream that a fault rule has delayed");
                self.answers.push((ticket, Err(why)));
            }
            Err(error) => self.answers.push((ticket, Err(error))),
        }
        self.drain(out);
    }

    fn on_service<R>(
        &mut self,
        address: &Address,
        access_key: &str,
        out: &mut Vec<(Address, Effect)>,
        act: impl FnOnce(&mut dyn DynService, &mut Cx<'_>) -> R,
    ) -> R {
        let asked = address;
        let address = address.service.home(asked);
        let is_cloudwatch = address.service == ServiceId::CloudWatch;
        let readings = if is_cloudwatch { self.readings(&address.scope) } else { Vec::new() };
        let (seed, strict) = (self.seed, self.strict);
        let slot = self.services.entry(address.clone()).or_insert_with(|| Slot::new(seed, &address, strict));
        let mut cx = Cx {
            now: self.now,
            scope: &asked.scope,
            access_key,
            endpoint: self.endpoint.as_deref(),
            owner: &address,
            stream: &mut slot.seat.stream,
            next_number: &mut self.next_number,
            counters: &mut slot.seat.counters,
            faults: &mut self.faults,
            order: &mut self.order,
            out,
        };
        if !readings.is_empty() {
            slot.service.collect(&mut cx, readings);
        }
        let answer = act(slot.service.as_mut(), &mut cx);
        let is_counted = slot.seat.counters.counted_in(&asked.scope.region);
        let deadline = slot.service.next_deadline();
        let routine = slot.service.next_routine();
        if deadline != slot.deadline {
            let before = std::mem::replace(&mut slot.deadline, deadline);
            move_entry(&mut self.deadlines, address.clone(), before, deadline);
        }
        if routine != slot.routine {
            let before = std::mem::replace(&mut slot.routine, routine);
            move_entry(&mut self.routines, address.clone(), before, routine);
        }
        if is_cloudwatch {
            self.note_alarms(&address);
        } else {
            if is_counted.is_some_and(|is_full| is_full || !self.alarmed.is_empty()) {
                self.stir(&asked.scope, is_counted == Some(true), out);
            }
            self.stir_elsewhere(asked, &address, out);
        }
        answer
    }

    /// Puts a service of a test's own in the place of one of ours.
    #[cfg(test)]
    pub(crate) fn install(&mut self, address: Address, service: Box<dyn DynService>) {
        let deadline = service.next_deadline();
        let routine = service.next_routine();
        let slot = Slot { service, seat: Seat::new(self.seed.stream("installed")), deadline, routine };
        let before = self.services.insert(address.clone(), slot);
        let (old, old_routine) = before.map_or((None, None), |slot| (slot.deadline, slot.routine));
        move_entry(&mut self.deadlines, address.clone(), old, deadline);
        move_entry(&mut self.routines, address, old_routine, routine);
    }

    /// Delivers effects, and the effects of those, in the order in which they were pushed, or as `order.rs` draws it.
    fn drain(&mut self, effects: Vec<(Address, Effect)>) {
        let mut queue: VecDeque<(Address, Effect)> = effects.into();
        while let Some((from, effect)) = self.order.next(&mut queue) {
            let mut out = Vec::new();
            self.deliver(from, effect, &mut out);
            queue.extend(out);
        }
    }

    fn deliver(&mut self, from: Address, effect: Effect, out: &mut Vec<(Address, Effect)>) {
        match effect {
            Effect::Call { to, operation, input, reply } => {
                let answer = self.call_between(&from, &to, operation, input, out);
                match answer {
                    Ok(Answer::Now(output)) => self.reply(from, reply, Ok(output), out),
                    Ok(Answer::Later(ticket)) => {
                        self.awaiting.insert(ticket, Awaiting::Service(from, reply));
                    }
                    Ok(Answer::Stream(_)) => unreachable!("no service reads another's event stream"),
                    Err(error) => self.reply(from, reply, Err(error), out),
                }
            }
            Effect::S3 { command, reply } => {
                let result = self.ask_s3_between(&from, command, out);
                self.reply(from, reply, result, out);
            }
            Effect::Log(batch) => {
                let logs = Address { service: ServiceId::Logs, scope: from.scope };
                self.on_service(&logs, "", out, |service, cx| service.deliver(cx, Delivery::Log(batch)));
            }
            Effect::Job(id, work) => self.begin_job(id, from, work),
            Effect::Answer(ticket, result) => match self.awaiting.remove(&ticket) {
                Some(Awaiting::Service(to, token)) => self.reply(to, token, result, out),
                Some(Awaiting::Client(ticket)) => self.answers.push((ticket, result)),
                None => self.answers.push((ticket, result)),
            },
            Effect::Event(ticket, event) => self.emit(ticket, StreamEvent::Event(event)),
            Effect::Close(ticket) => self.emit(ticket, StreamEvent::Close),
            Effect::Watch(topic) => drop(self.watchers.entry(topic).or_default().insert(from)),
            Effect::Unwatch(topic) => self.unwatch(&topic, &from),
            Effect::Signal(topic) => {
                let watchers = self.watchers.get(&topic).into_iter().flatten();
                let mut watchers: Vec<Address> = watchers.cloned().collect();
                self.order.shuffle(&mut watchers);
                for watcher in watchers {
                    let topic = topic.clone();
                    self.on_service(&watcher, "", out, |service, cx| {
                        service.deliver(cx, Delivery::Signal(topic));
                    });
                }
            }
        }
    }

    /// Hands an event to whoever reads the stream. What comes after its end is dropped.
    fn emit(&mut self, ticket: Ticket, event: StreamEvent) {
        if !self.streams.contains_key(&ticket) {
            return;
        }
        if !matches!(event, StreamEvent::Event(Ok(_))) {
            self.streams.remove(&ticket);
        }
        self.events.push((ticket, event));
    }

    fn unwatch(&mut self, topic: &str, who: &Address) {
        if let Some(watchers) = self.watchers.get_mut(topic) {
            watchers.remove(who);
            if watchers.is_empty() {
                self.watchers.remove(topic);
            }
        }
    }

    /// The client of an event stream has taken an event: the service may send what it held back.
    pub fn event_taken(&mut self, ticket: Ticket) {
        if let Some(owner) = self.streams.get(&ticket).cloned() {
            let mut out = Vec::new();
            self.on_service(&owner, "", &mut out, |service, cx| service.deliver(cx, Delivery::Taken(ticket)));
            self.drain(out);
        }
    }

    /// The client of an event stream has gone.
    pub fn close_stream(&mut self, ticket: Ticket) {
        if let Some(owner) = self.streams.remove(&ticket) {
            let mut out = Vec::new();
            self.on_service(&owner, "", &mut out, |service, cx| {
                service.deliver(cx, Delivery::Closed(ticket));
            });
            self.drain(out);
        }
    }

    /// Events of open streams since the last call, in order.
    pub fn take_events(&mut self) -> Vec<(Ticket, StreamEvent)> {
        std::mem::take(&mut self.events)
    }

    fn reply(
        &mut self,
        to: Address,
        token: Option<u64>,
        result: Result<Val, WireError>,
        out: &mut Vec<(Address, Effect)>,
    ) {
        match token {
            Some(token) if to.service != ServiceId::S3 => {
                self.on_service(&to, "", out, |service, cx| {
                    service.deliver(cx, Delivery::Reply { token, result })
                });
            }
            _ => {
                if let Err(error) = result {
                    tracing::warn!(service = ?to.service, %error, "a call between services was refused");
                }
            }
        }
    }

    /// When something happens next without being asked. Never before [`World::now`].
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let routine = self.routines.first().map(|(at, _)| (*at).max(self.now));
        [self.next_work(), routine].into_iter().flatten().min()
    }

    /// The same without what recurs for ever, such as a schedule's next run: a tank that has nothing else to do is at rest.
    pub fn next_work(&self) -> Option<Timestamp> {
        let due = self.due.keys().next().map(|(at, _)| *at);
        let service = self.deadlines.first().map(|(at, _)| *at);
        [service, self.s3.next_deadline(), due].into_iter().flatten().min().map(|at| at.max(self.now))
    }

    /// Whether nothing is under way: no job runs, and nothing will happen but what recurs for ever.
    pub fn is_at_rest(&self) -> bool {
        self.next_work().is_none() && !self.has_running_jobs()
    }

    /// Moves time to `to` and does what is due there. Time does not go back.
    ///
    /// What is due earlier than `to` must have been done: step to each [`World::next_deadline`] in turn.
    pub fn step_to(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        while let Some(due) = self.take_due() {
            self.happen(due);
        }
        if self.s3.next_deadline().is_some_and(|at| at <= self.now) {
            let mut out = Vec::new();
            self.on_s3(&Scope::default(), "", &mut out, |s3, cx| s3.tick(cx));
            self.drain(out);
        }
        let due = |all: &BTreeSet<(Timestamp, Address)>| -> Vec<Address> {
            all.iter().take_while(|(at, _)| *at <= self.now).map(|(_, address)| address.clone()).collect()
        };
        let mut addresses = due(&self.deadlines);
        addresses.extend(due(&self.routines));
        addresses.sort();
        addresses.dedup();
        self.order.shuffle(&mut addresses);
        for address in addresses {
            let mut out = Vec::new();
            self.on_service(&address, "", &mut out, |service, cx| service.tick(cx));
            self.drain(out);
        }
    }

    /// One of what is due first.
    fn take_due(&mut self) -> Option<Due> {
        let (first, _) = *self.due.keys().next().filter(|(at, _)| *at <= self.now)?;
        let same = self.due.keys().take_while(|(at, _)| *at == first);
        let count = same.take(self.order.looks_at()).count();
        let key = *self.due.keys().nth(self.order.pick(count))?;
        self.due.remove(&key)
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::JobDone { owner, job, outcome } => {
                let mut out = Vec::new();
                let delivery = Delivery::JobDone { job, outcome };
                self.on_service(&owner, "", &mut out, |service, cx| service.deliver(cx, delivery));
                self.drain(out);
            }
            Due::Call { call, ticket } => self.perform_for(ticket, call),
        }
    }

    fn schedule(&mut self, at: Timestamp, due: Due) {
        let number = self.number();
        self.due.insert((at, number), due);
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Work that has been asked for since the last call, in order.
    pub fn take_jobs(&mut self) -> Vec<Job> {
        let mut jobs = std::mem::take(&mut self.jobs);
        self.order.shuffle(&mut jobs);
        jobs
    }

    /// Whether executors have work whose outcome is not known yet, or work waits for one.
    pub fn has_running_jobs(&self) -> bool {
        !self.running.is_empty()
    }

    /// Whether work has been asked for that nobody has taken yet.
    pub(crate) fn has_waiting_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Records that keep those behind them waiting, in every account and region.
    pub fn blocked(&self) -> Vec<Blocked> {
        self.services.iter().flat_map(|(address, slot)| slot.service.blocked(&address.scope)).collect()
    }

    /// Records of failure that have not reached their destinations, in every account and region.
    pub fn undelivered(&self) -> Vec<Undelivered> {
        self.services.iter().flat_map(|(address, slot)| slot.service.undelivered(&address.scope)).collect()
    }

    /// How many jobs executors have, or wait for one.
    pub fn running_jobs(&self) -> usize {
        self.running.len()
    }

    /// Reports a job's outcome. The service hears of it when the job's duration has passed since its start.
    ///
    /// A job that this world does not know is ignored: it belonged to the world before a reset.
    pub fn finish_job(&mut self, job: JobId, mut outcome: Outcome) {
        if let Some(running) = self.running.remove(&job) {
            if self.end_again(&running, &outcome) {
                return;
            }
            self.meet_end(&running, &mut outcome);
            let Running { owner, started, .. } = running;
            let at = at_least(started, outcome.duration, self.now);
            // Equal instants are told apart by the job's number, not by who finished first.
            self.due.insert((at, job.0), Due::JobDone { owner, job, outcome });
        }
    }

    /// Answers that have become ready since the last call.
    pub fn take_answers(&mut self) -> Vec<(Ticket, Result<Val, WireError>)> {
        std::mem::take(&mut self.answers)
    }
}

/// Keeps a set of deadlines as one service's has changed.
fn move_entry(
    all: &mut BTreeSet<(Timestamp, Address)>,
    whose: Address,
    before: Option<Timestamp>,
    after: Option<Timestamp>,
) {
    let whose = match before {
        Some(at) => {
            let entry = (at, whose);
            all.remove(&entry);
            entry.1
        }
        None => whose,
    };
    if let Some(at) = after {
        all.insert((at, whose));
    }
}
