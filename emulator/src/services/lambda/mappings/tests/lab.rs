//! Lambda alone, with a fake stream, a fake destination and a function that is a closure. Every attempt is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::{FromVal as _, Operation, ResponseSet as _, ToVal as _, Val, WireError};
use wavetank_wire::{kinesis, lambda as api, sqs};

use crate::services::lambda::tests::{create_input, zip_of};
use crate::services::lambda::{Failure, FunctionOutput, Lambda, Refusal};
use crate::services::s3::Command;
use crate::services::{AwsError as _, Service, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Answer, Blocked, Delivery, Effect, JobId, Outcome, Output, Scope, Undelivered, Work};

/// The stream that every mapping of the lab reads.
pub(in super::super) const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks";
/// Where what is given up goes.
pub(in super::super) const DEAD: &str = "arn:aws:sqs:us-east-1:000000000000:dead";

/// What the function makes of an event.
pub(in super::super) type Function = Box<dyn FnMut(&Seen) -> Result<Value, String>>;

/// An event as the function sees it.
#[derive(Clone, Debug)]
pub(in super::super) struct Seen {
    /// The records' payloads, as texts.
    pub(in super::super) texts: Vec<String>,
    pub(in super::super) sequences: Vec<String>,
    pub(in super::super) event: Value,
    pub(in super::super) bytes: Bytes,
}

#[derive(Debug, Default)]
struct FakeShard {
    parents: Vec<String>,
    children: Vec<String>,
    records: Vec<kinesis::Record>,
    is_closed: bool,
}

/// The whole set-up.
pub(in super::super) struct Lab {
    pub(in super::super) bench: Bench,
    lambda: Lambda,
    function: Function,
    /// How long an invocation takes.
    pub(in super::super) took: Duration,
    shards: BTreeMap<String, FakeShard>,
    next_sequence: u64,
    watched: BTreeSet<String>,
    jobs: BTreeMap<(Timestamp, JobId), FunctionOutput>,
    answers: Vec<Result<Val, WireError>>,
    /// One line for each attempt.
    pub(in super::super) lines: Vec<String>,
    /// Documents that came to the destination.
    pub(in super::super) dead: Vec<Value>,
    /// What destinations answer next, instead of taking what comes.
    pub(in super::super) refusals: Vec<WireError>,
    /// Events in order.
    pub(in super::super) seen: Vec<Seen>,
    start: Timestamp,
}

fn sequence(n: u64) -> String {
    format!("49{n:054}")
}

fn shard_id(n: usize) -> String {
    format!("shardId-{n:012}")
}

impl Lab {
    /// A stream with so many shards, and an active function `f`.
    pub(in super::super) fn new(
        shards: usize,
        function: impl FnMut(&Seen) -> Result<Value, String> + 'static,
    ) -> Self {
        let bench = Bench::new(ServiceId::Lambda);
        let start = bench.now;
        let mut lab = Self {
            bench,
            lambda: Lambda::default(),
            function: Box::new(function),
            took: Duration::ZERO,
            shards: (0..shards).map(|n| (shard_id(n), FakeShard::default())).collect(),
            next_sequence: 1,
            watched: BTreeSet::new(),
            jobs: BTreeMap::new(),
            answers: Vec::new(),
            lines: Vec::new(),
            dead: Vec::new(),
            refusals: Vec::new(),
            seen: Vec::new(),
            start,
        };
        let zip = zip_of(&[("index.py", 0o644, "")]);
        let input = create_input("f", "python3.13", "index.handler", zip);
        lab.call(api::Request::CreateFunction(input)).expect("the input is complete");
        lab.advance(1);
        lab
    }

    /// A request to Lambda, answered.
    pub(in super::super) fn call(&mut self, request: api::Request) -> Result<Val, WireError> {
        let lambda = &mut self.lambda;
        let answer = self.bench.with(|cx| Service::call(lambda, cx, request));
        let answer = match answer.map_err(|refusal: Refusal| refusal.wire())? {
            Answer::Now(response) => {
                return {
                    self.drain();
                    Ok(response.to_val())
                };
            }
            Answer::Later(_) => {
                self.drain();
                self.answers.pop()
            }
            Answer::Stream(_) => None,
        };
        answer.expect("the fakes reply at once")
    }

    /// Makes a mapping of the stream, and lets it become enabled. Answers its id.
    pub(in super::super) fn map(
        &mut self,
        change: impl FnOnce(&mut api::CreateEventSourceMappingInput),
    ) -> String {
        let made = self.create(change).expect("the mapping is allowed");
        self.advance(1);
        made.uuid.unwrap_or_default()
    }

    pub(in super::super) fn create(
        &mut self,
        change: impl FnOnce(&mut api::CreateEventSourceMappingInput),
    ) -> Result<api::EventSourceMappingConfiguration, WireError> {
        let mut input = api::CreateEventSourceMappingInput {
            event_source_arn: Some(STREAM.to_owned()),
            function_name: "f".to_owned(),
            starting_position: Some("TRIM_HORIZON".to_owned()),
            ..Default::default()
        };
        change(&mut input);
        let reply = self.call(api::Request::CreateEventSourceMapping(input));
        reply.map(api::EventSourceMappingConfiguration::from_val)
    }

    pub(in super::super) fn update(
        &mut self,
        uuid: &str,
        change: impl FnOnce(&mut api::UpdateEventSourceMappingInput),
    ) -> Result<api::EventSourceMappingConfiguration, WireError> {
        let mut input = api::UpdateEventSourceMappingInput { uuid: uuid.to_owned(), ..Default::default() };
        change(&mut input);
        let reply = self.call(api::Request::UpdateEventSourceMapping(input));
        reply.map(api::EventSourceMappingConfiguration::from_val)
    }

    /// State and last result.
    pub(in super::super) fn state(&mut self, uuid: &str) -> String {
        let input = api::GetEventSourceMappingInput { uuid: uuid.to_owned() };
        match self.call(api::Request::GetEventSourceMapping(input)) {
            Ok(reply) => {
                let out = api::EventSourceMappingConfiguration::from_val(reply);
                format!(
                    "{}, {}",
                    out.state.unwrap_or_default(),
                    out.last_processing_result.unwrap_or_default()
                )
            }
            Err(error) => error.to_string(),
        }
    }

    pub(in super::super) fn blocked(&self) -> Vec<Blocked> {
        Service::blocked(&self.lambda, &Scope::default())
    }

    pub(in super::super) fn undelivered(&self) -> Vec<Undelivered> {
        Service::undelivered(&self.lambda, &Scope::default())
    }

    /// Puts a record; answers its sequence number. Closed shards take none.
    pub(in super::super) fn put(&mut self, shard: usize, key: &str, text: &str) -> String {
        let number = sequence(self.next_sequence);
        self.next_sequence += 1;
        let record = kinesis::Record {
            sequence_number: number.clone(),
            approximate_arrival_timestamp: Some(self.bench.now),
            data: Bytes::from(text.to_owned()),
            partition_key: Some(key.to_owned()),
            encryption_type: None,
        };
        let shard = self.shards.get_mut(&shard_id(shard)).expect("the test made it");
        assert!(!shard.is_closed, "the test puts to open shards only");
        shard.records.push(record);
        self.signal();
        number
    }

    /// Closes shards; what follows goes to so many children of all of them. Answers the first child's number.
    pub(in super::super) fn reshard(&mut self, parents: &[usize], children: usize) -> usize {
        let first = self.shards.len();
        let parents: Vec<String> = parents.iter().copied().map(shard_id).collect();
        let ids: Vec<String> = (first..first + children).map(shard_id).collect();
        for parent in &parents {
            let shard = self.shards.get_mut(parent).expect("the test made it");
            shard.is_closed = true;
            shard.children.clone_from(&ids);
        }
        for id in ids {
            self.shards.insert(id, FakeShard { parents: parents.clone(), ..FakeShard::default() });
        }
        self.signal();
        first
    }

    fn signal(&mut self) {
        if self.watched.contains(STREAM) {
            self.deliver(Delivery::Signal(STREAM.to_owned()));
        }
        self.drain();
    }

    fn deliver(&mut self, delivery: Delivery) {
        let lambda = &mut self.lambda;
        self.bench.with(|cx| lambda.deliver(cx, delivery));
    }

    /// Moves on by so many seconds, and does all that is due on the way.
    pub(in super::super) fn advance(&mut self, secs: u64) {
        let until = self.bench.now + Duration::from_secs(secs);
        let mut steps = 0;
        loop {
            self.drain();
            let job = self.jobs.keys().next().map(|(at, _)| *at);
            let next = Service::next_deadline(&self.lambda).into_iter().chain(job).min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            steps = if at > self.bench.now { 0 } else { steps + 1 };
            assert!(steps < 10_000, "something is due for ever");
            self.bench.now = self.bench.now.max(at);
            if let Some(entry) = self.jobs.first_entry().filter(|entry| entry.key().0 <= at) {
                let ((_, job), output) = entry.remove_entry();
                let outcome = Outcome { duration: self.took, output: Output::Function(output) };
                self.deliver(Delivery::JobDone { job, outcome });
            }
            let lambda = &mut self.lambda;
            self.bench.with(|cx| Service::tick(lambda, cx));
        }
        self.bench.now = until;
    }

    /// Whether nothing is left to happen.
    pub(in super::super) fn is_at_rest(&self) -> bool {
        self.jobs.is_empty() && Service::next_deadline(&self.lambda).is_none()
    }

    fn drain(&mut self) {
        loop {
            let effects = self.bench.take();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                self.perform(effect);
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Call { operation, input, reply, .. } => {
                let result = self.answer(operation, input);
                if let Some(token) = reply {
                    self.deliver(Delivery::Reply { token, result });
                }
            }
            Effect::S3 { command: Command::PutObject { key, body, .. }, reply } => {
                let result = self.refusals.pop().map_or(Ok(Val::Null), Err);
                if result.is_ok() {
                    let mut document: Value = serde_json::from_slice(&body).expect("it is JSON");
                    document["key"] = Value::String(key);
                    self.dead.push(document);
                }
                let token = reply.expect("a mapping wants to know");
                self.deliver(Delivery::Reply { token, result });
            }
            Effect::Job(id, Work::Function(work)) => {
                let json = work.payload.json();
                assert_eq!(json.len(), work.payload.bytes());
                let result = self.invoke(&json);
                let output = FunctionOutput {
                    init: None,
                    took: self.took,
                    lines: Vec::new(),
                    result,
                    staged: Vec::new(),
                    memory_mb: 1,
                };
                self.jobs.insert((self.bench.now + self.took, id), output);
            }
            Effect::Watch(topic) => drop(self.watched.insert(topic)),
            Effect::Unwatch(topic) => drop(self.watched.remove(&topic)),
            Effect::Answer(_, result) => self.answers.push(result),
            Effect::Log(_) => {}
            other => panic!("a mapping asks for nothing of the kind: {other:?}"),
        }
    }

    fn invoke(&mut self, payload: &Bytes) -> Result<Bytes, Failure> {
        let event: Value = serde_json::from_slice(payload).expect("an event is JSON");
        let records = event["Records"].as_array().cloned().unwrap_or_default();
        let member =
            |record: &Value, name: &str| record["kinesis"][name].as_str().unwrap_or_default().to_owned();
        let text = |record: &Value| {
            let data = STANDARD.decode(member(record, "data")).expect("data is base64");
            String::from_utf8_lossy(&data).into_owned()
        };
        let seen = Seen {
            texts: records.iter().map(text).collect(),
            sequences: records.iter().map(|record| member(record, "sequenceNumber")).collect(),
            event: event.clone(),
            bytes: payload.clone(),
        };
        let result = (self.function)(&seen);
        let shown = match &result {
            Ok(answer) => answer.to_string(),
            Err(why) => format!("failed: {why}"),
        };
        let secs = self.bench.now.since(self.start).as_secs_f64();
        self.lines.push(format!("{secs:.1} [{}] {shown}", seen.texts.join(" ")));
        self.seen.push(seen);
        result
            .map(|answer| Bytes::from(answer.to_string()))
            .map_err(|why| Failure::Raised(Failure::document("Error", &why)))
    }

    fn answer(&mut self, operation: &str, input: Val) -> Result<Val, WireError> {
        match operation {
            "DescribeStreamSummary" => {
                let input = kinesis::DescribeStreamSummaryInput::from_val(input);
                if input.stream_arn.as_deref() != Some(STREAM) {
                    return Err(WireError::client("ResourceNotFoundException", "no such stream"));
                }
                let mut out = kinesis::DescribeStreamSummaryOutput::default();
                out.stream_description_summary.retention_period_hours = 24;
                Ok(out.to_val())
            }
            "ListShards" => Ok(self.list(&kinesis::ListShardsInput::from_val(input))),
            "GetShardIterator" => {
                let input = kinesis::GetShardIteratorInput::from_val(input);
                Ok(self.iterator(&input))
            }
            "GetRecords" => Ok(self.records(&kinesis::GetRecordsInput::from_val(input))),
            "GetQueueUrl" => {
                let out = sqs::GetQueueUrlOutput { queue_url: Some("http://dead".to_owned()) };
                Ok(out.to_val())
            }
            "SendMessage" if !self.refusals.is_empty() => Err(self.refusals.pop().expect("just seen")),
            "SendMessage" => {
                let input = sqs::SendMessageInput::from_val(input);
                self.dead.push(serde_json::from_str(&input.message_body).expect("it is JSON"));
                Ok(<sqs::SendMessage as Operation>::Output::default().to_val())
            }
            other => panic!("the fakes do not know {other}"),
        }
    }

    fn list(&self, input: &kinesis::ListShardsInput) -> Val {
        let is_latest = input.shard_filter.as_ref().is_some_and(|filter| filter.r#type == "AT_LATEST");
        let shards = self.shards.iter().filter(|(_, shard)| !(is_latest && shard.is_closed));
        let shown = |(id, shard): (&String, &FakeShard)| kinesis::Shard {
            shard_id: id.clone(),
            parent_shard_id: shard.parents.first().cloned(),
            adjacent_parent_shard_id: shard.parents.get(1).cloned(),
            ..Default::default()
        };
        kinesis::ListShardsOutput { shards: Some(shards.map(shown).collect()), next_token: None }.to_val()
    }

    fn iterator(&self, input: &kinesis::GetShardIteratorInput) -> Val {
        let records = &self.shards[&input.shard_id].records;
        let number = input.starting_sequence_number.clone().unwrap_or_default();
        let first = |is_wanted: &dyn Fn(&kinesis::Record) -> bool| {
            records.iter().position(is_wanted).unwrap_or(records.len())
        };
        let at = match input.shard_iterator_type.as_str() {
            "TRIM_HORIZON" => 0,
            "LATEST" => records.len(),
            "AT_TIMESTAMP" => first(&|record| record.approximate_arrival_timestamp >= input.timestamp),
            "AT_SEQUENCE_NUMBER" => first(&|record| record.sequence_number >= number),
            _ => first(&|record| record.sequence_number > number),
        };
        let shard_iterator = Some(format!("{}|{at}", input.shard_id));
        kinesis::GetShardIteratorOutput { shard_iterator }.to_val()
    }

    fn records(&self, input: &kinesis::GetRecordsInput) -> Val {
        let (id, at) = input.shard_iterator.split_once('|').expect("it is of our own making");
        let at: usize = at.parse().expect("it is of our own making");
        let shard = &self.shards[id];
        // Small pages, so that there is more than one.
        let page: Vec<kinesis::Record> = shard.records.iter().skip(at).take(50).cloned().collect();
        let next = at + page.len();
        let is_end = shard.is_closed && next == shard.records.len();
        let child = |id: &String| kinesis::ChildShard {
            shard_id: id.clone(),
            parent_shards: self.shards[id].parents.clone(),
            ..Default::default()
        };
        kinesis::GetRecordsOutput {
            millis_behind_latest: Some(i64::from(next < shard.records.len())),
            records: page,
            next_shard_iterator: (!is_end).then(|| format!("{id}|{next}")),
            child_shards: is_end.then(|| shard.children.iter().map(child).collect()),
        }
        .to_val()
    }
}
