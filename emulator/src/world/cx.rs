//! What a service sees of the world: the time, its own random stream, and a place to put what it wants to happen.

use std::time::Duration;

use bytes::Bytes;
use rand::Rng;
use wavetank_types::{AccountId, Arn, Region, Stream, Timestamp};
use wavetank_wire::events::{PutEvents, PutEventsInput, PutEventsRequestEntry};
use wavetank_wire::{Document, Operation, ToVal, Val, WireError};

use super::fault::{FAULTS_TOPIC, Faults, Place, Way};
use super::job::{JobId, Work};
use super::metrics::{Counters, Meter, Metrics};
use super::order::Order;
use crate::services::ServiceId;
use crate::services::s3::Command;

/// The account and region that a call is made in. Services of different scopes share nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The caller's account.
    pub account: AccountId,
    /// The region of the request's signing scope.
    pub region: Region,
}

impl Scope {
    /// Where the resource of an ARN lives; none if the text is no ARN, or one without an account.
    pub(crate) fn of(arn: &str) -> Option<Self> {
        let [_, _, region, account, _] = Arn::parts(arn)?;
        Some(Self { account: account.parse().ok()?, region: Region::new(region) })
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self { account: AccountId::unnamed(), region: Region::default() }
    }
}

/// One service of one scope: who asked for a job, or waits for a reply.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Which service.
    pub service: ServiceId,
    /// Whose, and where.
    pub scope: Scope,
}

/// Names an answer that comes later: a synchronous invocation, a long poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What an operation answers: at once, or when something else has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<R> {
    /// The answer.
    Now(R),
    /// The answer comes as [`Effect::Answer`] with this ticket.
    Later(Ticket),
    /// The answer is a stream of events: each comes as [`Effect::Event`] with this ticket, until [`Effect::Close`].
    /// The service gets [`Delivery::Taken`] for each that the client has taken, and [`Delivery::Closed`] if he leaves
    /// before the end. What waits to be taken has no other bound than the service's own.
    Stream(Ticket),
}

/// Lines for CloudWatch Logs. The group and stream are made if they do not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogBatch {
    /// Such as `/aws/lambda/my-function`.
    pub group: String,
    /// The stream in the group.
    pub stream: String,
    /// In order of time.
    pub events: Vec<(Timestamp, String)>,
}

/// What one service wants of the others or of the world. The world delivers effects in the order they were pushed.
#[derive(Debug)]
pub enum Effect {
    /// An API request to another service of the same tank, in this service's scope unless another is named.
    Call {
        /// To whom.
        to: Address,
        /// The operation's name.
        operation: &'static str,
        /// The request.
        input: Val,
        /// With which token the reply comes back as [`Delivery::Reply`]; `None` if nobody waits for it.
        reply: Option<u64>,
    },
    /// A request to S3, whose wire is not ours. The reply, if wanted, comes back as [`Delivery::Reply`].
    S3 {
        /// What is asked.
        command: Command,
        /// As in [`Effect::Call`].
        reply: Option<u64>,
    },
    /// Lines for CloudWatch Logs of this scope.
    Log(LogBatch),
    /// Work for an executor. The outcome comes back as [`Delivery::JobDone`].
    Job(JobId, Work),
    /// The answer to a request that was left waiting.
    Answer(Ticket, Result<Val, WireError>),
    /// One event of an [`Answer::Stream`]: the member of the stream's union. An error ends the stream.
    Event(Ticket, Result<Val, WireError>),
    /// The end of an [`Answer::Stream`].
    Close(Ticket),
    /// From now on this service gets [`Delivery::Signal`] for the topic. Asking twice is asking once.
    Watch(String),
    /// The reverse of [`Effect::Watch`].
    Unwatch(String),
    /// There is something new at this topic, by convention an ARN: a stream has records, a queue has messages.
    /// Those who watch look for themselves; nobody polls what is idle.
    Signal(String),
}

/// What comes to a service unasked by a client.
#[derive(Debug)]
pub enum Delivery {
    /// The reply to an [`Effect::Call`] or [`Effect::S3`].
    Reply {
        /// The token that the effect carried.
        token: u64,
        /// What the other service answered.
        result: Result<Val, WireError>,
    },
    /// A job has ended, at its modelled time.
    JobDone {
        /// Which job.
        job: JobId,
        /// How it ended.
        outcome: super::job::Outcome,
    },
    /// Lines to append; only CloudWatch Logs gets these.
    Log(LogBatch),
    /// A watched topic has something new.
    Signal(String),
    /// The client of an [`Answer::Stream`] has taken one event, and may have another.
    Taken(Ticket),
    /// The client of an [`Answer::Stream`] has gone.
    Closed(Ticket),
}

/// The only seam between a service and everything else.
#[derive(Debug)]
pub struct Cx<'a> {
    /// Tank time.
    pub now: Timestamp,
    /// The account and region of this call. For a service that is one per account, what it does unasked has no region:
    /// see [`Cx::within`].
    pub scope: &'a Scope,
    /// The access key id of the caller; empty for what the tank does itself.
    pub access_key: &'a str,
    /// Where the tank listens, such as `http://127.0.0.1:4566`; none while it is only in-process. For URLs in answers.
    pub endpoint: Option<&'a str>,
    pub(super) owner: &'a Address,
    pub(super) stream: &'a mut Stream,
    pub(super) next_number: &'a mut u64,
    pub(super) counters: &'a mut Counters,
    pub(super) faults: &'a mut Faults,
    pub(super) order: &'a mut Order,
    pub(super) out: &'a mut Vec<(Address, Effect)>,
}

impl Cx<'_> {
    /// Asks for an effect. It happens after this call has returned.
    pub fn push(&mut self, effect: Effect) {
        self.out.push((self.owner.clone(), effect));
    }

    /// The same in another account or region: whom [`Cx::call`] asks, and whose name stands in ARNs.
    pub fn within<'b>(&'b mut self, scope: &'b Scope) -> Cx<'b> {
        Cx {
            now: self.now,
            scope,
            access_key: self.access_key,
            endpoint: self.endpoint,
            owner: self.owner,
            stream: self.stream,
            next_number: self.next_number,
            counters: self.counters,
            faults: self.faults,
            order: self.order,
            out: self.out,
        }
    }

    /// Which of so many that are due at this instant has its turn: the first, unless the tank draws it.
    pub(crate) fn whose_turn(&mut self, count: usize) -> usize {
        self.order.pick(count)
    }

    /// How many of those that are due have to be counted for [`Cx::whose_turn`].
    pub(crate) fn turns_known(&self) -> usize {
        self.order.looks_at()
    }

    /// Whether what a service does unasked in a region can be done now: fault rules name it like an operation.
    pub(crate) fn way(&mut self, service: &str, operation: &str, region: &Region) -> Way {
        self.faults.way(&Place { service, operation, region: region.as_str() }, self.now)
    }

    /// Asks to be told, by [`Delivery::Signal`], when fault rules come or go. The topic comes back.
    pub(crate) fn watch_faults(&mut self) -> &'static str {
        self.push(Effect::Watch(FAULTS_TOPIC.to_owned()));
        FAULTS_TOPIC
    }

    /// Asks another service of this scope to do something; the reply comes with `reply` as its token.
    pub fn call<O: Operation>(&mut self, to: ServiceId, input: O::Input, reply: Option<u64>) {
        let to = Address { service: to, scope: self.scope.clone() };
        self.push(Effect::Call { to, operation: O::NAME, input: input.to_val(), reply });
    }

    /// Appends lines to a log stream, all at this instant.
    pub fn log(&mut self, group: &str, stream: &str, lines: impl IntoIterator<Item = String>) {
        let now = self.now;
        self.log_events(group, stream, lines.into_iter().map(|line| (now, line)).collect());
    }

    /// Appends lines to a log stream, each with its time.
    pub(crate) fn log_events(&mut self, group: &str, stream: &str, events: Vec<(Timestamp, String)>) {
        let batch = LogBatch { group: group.to_owned(), stream: stream.to_owned(), events };
        // In the region of this call: a service that is one per account has none of its own.
        let from = Address { service: self.owner.service, scope: self.scope.clone() };
        self.out.push((from, Effect::Log(batch)));
    }

    /// Puts an event of this service on the default bus of this account and region.
    pub(crate) fn event(
        &mut self,
        source: &str,
        detail_type: &str,
        resources: Vec<String>,
        detail: &Document,
    ) {
        let entry = PutEventsRequestEntry {
            source: Some(source.to_owned()),
            detail_type: Some(detail_type.to_owned()),
            resources: Some(resources),
            detail: Some(detail.to_string()),
            ..PutEventsRequestEntry::default()
        };
        let input = PutEventsInput { entries: vec![entry], endpoint_id: None };
        self.call::<PutEvents>(ServiceId::Events, input, None);
    }

    /// The numbers of a resource, to be counted up at this instant: `cx.meter::<OfStream>(&[name]).add(OfStream::Bytes, 1.0)`.
    ///
    /// Costs a search for the resource; counting itself costs a few additions.
    pub fn meter<M: Metrics>(&mut self, values: &[&str]) -> Meter<'_, M> {
        Meter::new(self.counters.of(&self.scope.region), self.now, values)
    }

    /// Hands work to an executor.
    pub fn start(&mut self, work: Work) -> JobId {
        let id = JobId(self.number());
        self.push(Effect::Job(id, work));
        id
    }

    /// A ticket for an answer that comes later.
    pub fn ticket(&mut self) -> Ticket {
        Ticket(self.number())
    }

    /// A number that this tank has not given out before; for tokens.
    pub fn number(&mut self) -> u64 {
        *self.next_number += 1;
        *self.next_number
    }

    /// A draw from this service's stream.
    pub fn random(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// `digits` lower-case hexadecimal digits from this service's stream.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            self.random().to_be_bytes().into_iter().for_each(|byte| push_hex(&mut text, byte));
        }
        text.truncate(digits);
        text
    }

    /// `count` characters of `alphabet` from this service's stream.
    pub fn letters(&mut self, count: usize, alphabet: &[u8]) -> String {
        let mut pick = || char::from(alphabet[(self.stream.next_u64() % alphabet.len() as u64) as usize]);
        (0..count).map(|_| pick()).collect()
    }

    /// A version 4 UUID from this service's stream.
    pub fn uuid(&mut self) -> String {
        uuid_v4(self.random(), self.random())
    }

    /// Stores an object in S3 as the service itself, without waiting for the reply.
    pub fn put_object(&mut self, bucket: &str, key: &str, body: Bytes, content_type: &str) {
        let command = Command::PutObject {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            body,
            content_type: content_type.to_owned(),
        };
        self.push(Effect::S3 { command, reply: None });
    }
}

/// A version 4 UUID of these 128 bits.
fn uuid_v4(high: u64, low: u64) -> String {
    let high = (high & !0xF000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    let mut text = String::with_capacity(36);
    for (at, byte) in high.to_be_bytes().into_iter().chain(low.to_be_bytes()).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, byte);
    }
    text
}

/// Two lower-case digits. Ids are made with every call: the formatter takes five times as long.
fn push_hex(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// The later of an instant and "at least `span` after `from`": when a state that clients must see may end.
pub fn at_least(from: Timestamp, span: Duration, other: Timestamp) -> Timestamp {
    (from + span).max(other)
}

#[cfg(test)]
mod tests {
    use super::{Scope, uuid_v4};

    #[test]
    fn an_arn_says_where_its_resource_lives_if_it_has_an_account() {
        let scope =
            Scope::of("arn:aws:kinesis:eu-west-1:123456789012:stream/s").map(|it| (it.account, it.region));
        let scope = scope.as_ref().map(|(account, region)| (account.as_str(), region.as_str()));
        assert_eq!(scope, Some(("123456789012", "eu-west-1")));
        assert_eq!((Scope::of("arn:aws:s3:::bucket"), Scope::of("stream/s")), (None, None));
    }

    #[test]
    fn an_id_says_its_version_and_variant() {
        assert_eq!(uuid_v4(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid_v4(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            uuid_v4(0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef),
            "01234567-89ab-4def-8123-456789abcdef"
        );
    }
}
