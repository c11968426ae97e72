//! The delivery streams of one account and region, and what is under way for them.
//!
//! `create.rs`, `update.rs`, `describe.rs` and `manage.rs` hold the operations on streams, `put.rs` takes records in. Then
//! they flow: `flow.rs` (steps and buffers), `transform.rs` (functions), `deliver.rs` (objects), `endpoint.rs` (HTTP),
//! `source.rs` (Kinesis). This file hands timers, jobs and replies to the stream that they belong to.

mod create;
mod deliver;
mod describe;
mod endpoint;
mod flow;
mod manage;
mod metrics;
mod put;
mod source;
mod transform;
mod update;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use wavetank_types::Timestamp;
use wavetank_wire::firehose::DeliveryStreamEncryptionConfiguration;
use wavetank_wire::{Val, WireError};

use super::error::Refusal;
use super::limits::TRANSITION;
use super::settings::{Settings, Told};
use super::work::{ConvertWork, Task};
use crate::world::{Cx, Delivery as Delivered, Effect, JobId, Output, Work};
use deliver::Delivery;
use flow::{Buffer, BufferId, Line};
use put::Budget;
use source::Source;
use transform::Transform;

/// Names a delivery stream for as long as it exists; a new one of the same name has another.
type StreamId = u64;

/// When a timer fires, and which of those that fire then it is.
type TimerKey = (Timestamp, u64);

/// The delivery streams of one account and region.
#[derive(Debug, Default)]
pub struct Firehose {
    streams: BTreeMap<StreamId, Stream>,
    names: BTreeMap<String, StreamId>,
    /// Who reads each Kinesis stream.
    readers: BTreeMap<String, BTreeSet<StreamId>>,
    desk: Desk,
    /// Whether puts are throttled as on AWS.
    strict: bool,
}

/// What is under way, and for whom.
#[derive(Debug, Default)]
struct Desk {
    /// Whether sources are read as on AWS.
    strict: bool,
    timers: BTreeMap<TimerKey, (StreamId, Timer)>,
    next_timer: u64,
    jobs: BTreeMap<JobId, (StreamId, JobFor)>,
    owed: BTreeMap<u64, (StreamId, Owed)>,
}

/// What is to be done at an instant.
#[derive(Clone, Debug)]
enum Timer {
    /// A stream becomes active, or is gone.
    Settle,
    Encryption,
    Flush(BufferId),
    Transform,
    InvokeAgain(u64),
    DeliverAgain(u64),
    Read(Arc<str>),
    ListAgain,
}

/// What a job is for.
#[derive(Clone, Copy, Debug)]
enum JobFor {
    /// Taking apart before a function.
    Open,
    Sort,
    Prepare(u64),
    Send(u64),
}

/// What a reply is for.
#[derive(Clone, Debug)]
enum Owed {
    Table(u64),
    Stored(u64),
    Invoked(u64),
    Shards,
    Retention,
    Iterator(Arc<str>),
    Records(Arc<str>),
}

impl Desk {
    fn at(&mut self, stream: StreamId, at: Timestamp, timer: Timer) -> TimerKey {
        self.next_timer += 1;
        self.timers.insert((at, self.next_timer), (stream, timer));
        (at, self.next_timer)
    }

    fn cancel(&mut self, key: TimerKey) {
        self.timers.remove(&key);
    }

    fn convert(&mut self, cx: &mut Cx<'_>, stream: StreamId, task: Task, what: JobFor) {
        let job = cx.start(Work::Convert(Box::new(ConvertWork(task))));
        self.jobs.insert(job, (stream, what));
    }

    fn token(&mut self, cx: &mut Cx<'_>, stream: StreamId, owed: Owed) -> u64 {
        let token = cx.number();
        self.owed.insert(token, (stream, owed));
        token
    }
}

/// A delivery stream's state, as AWS names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Creating,
    Active,
    Deleting,
}

impl Status {
    fn text(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETING",
        }
    }
}

/// One delivery stream.
#[derive(Debug)]
struct Stream {
    id: StreamId,
    name: String,
    arn: String,
    status: Status,
    created: Timestamp,
    updated: Option<Timestamp>,
    told: Told,
    settings: Arc<Settings>,
    /// None of a stream that takes puts.
    source: Option<Source>,
    throughput_hint: Option<i64>,
    tags: BTreeMap<String, String>,
    encryption: Option<DeliveryStreamEncryptionConfiguration>,
    /// When it was started or stopped, as long as that counts.
    encryption_changes: VecDeque<Timestamp>,
    /// What was taken in this second, where that counts.
    budget: Budget,
    transform: Transform,
    /// Records that are taken apart before a function gets them.
    opening: Line,
    /// Records that are sorted, and taken apart if no function did it before.
    sorting: Line,
    buffers: BTreeMap<BufferId, Buffer>,
    /// Of the buffers, those of a partition.
    partitions: usize,
    deliveries: BTreeMap<u64, Delivery>,
    /// The deliveries of each buffer.
    of_buffers: BTreeMap<BufferId, BTreeSet<u64>>,
    /// Deliveries that must be done before others may begin.
    blockers: BTreeSet<u64>,
    /// Deliveries that wait for others.
    held: BTreeSet<u64>,
}

impl Firehose {
    /// No streams. With `strict` limits, puts are throttled and sources read as on AWS.
    pub fn new(strict: bool) -> Self {
        Self { strict, desk: Desk { strict, ..Desk::default() }, ..Self::default() }
    }

    /// When a buffer is flushed, something is tried again, a stream changes its state or a shard is read.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.desk.timers.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        while let Some((id, timer)) = self.take_due(cx) {
            self.fire(cx, id, timer);
        }
    }

    /// The first timer whose instant has come; of those of one instant the one whose turn it is.
    fn take_due(&mut self, cx: &mut Cx<'_>) -> Option<(StreamId, Timer)> {
        let first = self.next_deadline().filter(|at| *at <= cx.now)?;
        let same = self.desk.timers.keys().take_while(|(at, _)| *at == first);
        let count = same.take(cx.turns_known()).count();
        let key = *self.desk.timers.keys().nth(cx.whose_turn(count))?;
        self.desk.timers.remove(&key)
    }

    fn fire(&mut self, cx: &mut Cx<'_>, id: StreamId, timer: Timer) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let desk = &mut self.desk;
        match timer {
            Timer::Settle if stream.status == Status::Deleting => self.forget(cx, id),
            Timer::Settle => {
                stream.status = Status::Active;
                if let Some(source) = &stream.source {
                    let arn = source.arn.clone();
                    cx.push(Effect::Watch(arn.clone()));
                    stream.begin_source(cx, desk);
                    self.readers.entry(arn).or_default().insert(id);
                }
            }
            Timer::Encryption => stream.settle_encryption(),
            Timer::Flush(buffer) => stream.flush(cx, desk, &buffer),
            Timer::Transform => stream.invoke_pending(cx, desk),
            Timer::InvokeAgain(batch) => stream.invoke(cx, desk, batch),
            Timer::DeliverAgain(delivery) => stream.begin(cx, desk, delivery),
            Timer::Read(shard) => stream.read_due(cx, desk, &shard),
            Timer::ListAgain => stream.list_shards(cx, desk, None),
        }
    }

    pub(super) fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivered) {
        match delivery {
            Delivered::JobDone { job, outcome } => {
                let Some((id, what)) = self.desk.jobs.remove(&job) else { return };
                let Some(stream) = self.streams.get_mut(&id) else { return };
                match (what, outcome.output) {
                    (JobFor::Open, Output::Convert(output)) => stream.opened(cx, &mut self.desk, output),
                    (JobFor::Sort, Output::Convert(output)) => stream.sorted(cx, &mut self.desk, output),
                    (JobFor::Prepare(delivery), Output::Convert(output)) => {
                        stream.prepared(cx, &mut self.desk, delivery, output);
                    }
                    (JobFor::Send(delivery), Output::Http(output)) => {
                        stream.sent(cx, &mut self.desk, delivery, output);
                    }
                    (what, other) => unreachable!("{what:?} ended with {other:?}"),
                }
            }
            Delivered::Reply { token, result } => {
                let Some((id, owed)) = self.desk.owed.remove(&token) else { return };
                let Some(stream) = self.streams.get_mut(&id) else { return };
                stream.replied(cx, &mut self.desk, owed, result);
            }
            Delivered::Signal(topic) => {
                for id in self.readers.get(&topic).into_iter().flatten() {
                    if let Some(stream) = self.streams.get_mut(id) {
                        stream.signalled(cx, &mut self.desk);
                    }
                }
            }
            other @ (Delivered::Log(_) | Delivered::Taken(_) | Delivered::Closed(_)) => {
                unreachable!("Firehose asks for nothing of the kind, yet got {other:?}")
            }
        }
    }

    /// A stream is gone, with all that it had not delivered.
    fn forget(&mut self, cx: &mut Cx<'_>, id: StreamId) {
        let Some(stream) = self.streams.remove(&id) else { return };
        self.names.remove(&stream.name);
        self.desk.timers.retain(|_, (of, _)| *of != id);
        if let Some(source) = &stream.source
            && let Some(readers) = self.readers.get_mut(&source.arn)
        {
            readers.remove(&id);
            if readers.is_empty() {
                self.readers.remove(&source.arn);
                cx.push(Effect::Unwatch(source.arn.clone()));
            }
        }
    }

    fn id(&self, cx: &Cx<'_>, name: &str) -> Result<StreamId, Refusal> {
        self.names.get(name).copied().ok_or_else(|| Refusal::NoSuchStream {
            name: name.to_owned(),
            account: cx.scope.account.to_string(),
        })
    }

    fn stream(&self, cx: &Cx<'_>, name: &str) -> Result<&Stream, Refusal> {
        let id = self.id(cx, name)?;
        Ok(self.streams.get(&id).expect("a name leads to a stream"))
    }

    fn stream_mut(&mut self, cx: &Cx<'_>, name: &str) -> Result<(&mut Stream, &mut Desk), Refusal> {
        let id = self.id(cx, name)?;
        Ok((self.streams.get_mut(&id).expect("a name leads to a stream"), &mut self.desk))
    }
}

impl Stream {
    fn replied(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, owed: Owed, result: Result<Val, WireError>) {
        match owed {
            Owed::Table(delivery) => self.table_came(cx, desk, delivery, result),
            Owed::Stored(delivery) => self.stored(cx, desk, delivery, result),
            Owed::Invoked(batch) => self.invoked(cx, desk, batch, result),
            Owed::Shards => self.shards_came(cx, desk, result),
            Owed::Retention => self.retention_came(result),
            Owed::Iterator(shard) => self.iterator_came(cx, desk, &shard, result),
            Owed::Records(shard) => self.records_came(cx, desk, &shard, result),
        }
    }

    fn settle_after(&self, cx: &Cx<'_>, desk: &mut Desk) {
        desk.at(self.id, cx.now + TRANSITION, Timer::Settle);
    }

    fn check_active(&self) -> Result<(), Refusal> {
        if self.status == Status::Active {
            return Ok(());
        }
        Err(Refusal::NotActive { name: self.name.clone(), status: self.status.text() })
    }

    /// One line for the stream's error log, if it has one.
    ///
    /// Recorded form: docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html (read 2026-11-20 as
    /// awsdocs) names codes and messages; assumed: the fields around them.
    fn log(&self, cx: &mut Cx<'_>, settings: &Settings, code: &str, message: &str) {
        let Some(logging) = &settings.logging else { return };
        let destination = match &settings.http {
            Some(http) => http.url.clone(),
            None => format!("arn:aws:s3:::{}", settings.s3.bucket),
        };
        let line = serde_json::json!({
            "deliveryStreamARN": self.arn,
            "destination": destination,
            "deliveryStreamVersionId": settings.version,
            "message": message,
            "errorCode": code,
        });
        cx.log(&logging.group, &logging.stream, [line.to_string()]);
    }
}
