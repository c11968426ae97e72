//! Firehose alone: this plays Kinesis, Lambda, S3 and the executors for it, and can make S3 and Lambda refuse.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::firehose::{
    CreateDeliveryStreamInput, PutRecordBatchInput, Record, Request, Response, UpdateDestinationInput,
};
use wavetank_wire::kinesis as api;
use wavetank_wire::lambda::{InvokeInput, InvokeOutput};
use wavetank_wire::{FromVal as _, ToVal as _, Val, WireError};

use super::super::{Firehose, Refusal};
use crate::services::s3::Command;
use crate::services::{Service as _, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Answer, Delivery, Effect, Outcome, Output, Work};

pub(in super::super) const STREAM_ARN: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/k";

/// A shard of the stream that is played.
#[derive(Debug, Default)]
pub(in super::super) struct FakeShard {
    pub(in super::super) parent: Option<String>,
    pub(in super::super) records: Vec<(Timestamp, String)>,
    pub(in super::super) closed: bool,
}

/// Firehose and what is played for it.
#[derive(Debug)]
pub(in super::super) struct Rig {
    bench: Bench,
    firehose: Firehose,
    pub(in super::super) objects: BTreeMap<String, Bytes>,
    /// What the objects hold, in the order in which they were stored.
    pub(in super::super) stored: Vec<Bytes>,
    pub(in super::super) s3_refuses: bool,
    pub(in super::super) lambda_refuses: bool,
    pub(in super::super) shards: BTreeMap<String, FakeShard>,
    /// When `GetRecords` was called, of which shard.
    pub(in super::super) reads: Vec<(Timestamp, String)>,
    /// Iterators that have expired: their next use is refused.
    pub(in super::super) iterators_expired: bool,
    /// How often one was.
    pub(in super::super) refused: u32,
}

impl Rig {
    /// With one stream, which is active a second later.
    pub(in super::super) fn new(input: CreateDeliveryStreamInput) -> Self {
        Self::with_limits(input, false)
    }

    /// The same, throttled as on AWS if `strict`.
    pub(in super::super) fn with_limits(input: CreateDeliveryStreamInput, strict: bool) -> Self {
        let mut rig = Self {
            bench: Bench::new(ServiceId::Firehose),
            firehose: Firehose::new(strict),
            objects: BTreeMap::new(),
            stored: Vec::new(),
            s3_refuses: false,
            lambda_refuses: false,
            shards: BTreeMap::new(),
            reads: Vec::new(),
            iterators_expired: false,
            refused: 0,
        };
        rig.call(Request::CreateDeliveryStream(input));
        rig
    }

    pub(in super::super) fn now(&self) -> Timestamp {
        self.bench.now
    }

    fn call(&mut self, request: Request) {
        self.try_call(request).expect("the request is complete");
    }

    pub(in super::super) fn try_call(&mut self, request: Request) -> Result<Answer<Response>, Refusal> {
        let firehose = &mut self.firehose;
        let answer = self.bench.with(|cx| firehose.call(cx, request));
        self.play();
        answer
    }

    pub(in super::super) fn put(&mut self, texts: Vec<String>) {
        let records = texts.into_iter().map(|text| Record { data: text.into() }).collect();
        self.call(Request::PutRecordBatch(PutRecordBatchInput {
            delivery_stream_name: "s".to_owned(),
            records,
        }));
    }

    pub(in super::super) fn update(&mut self, input: UpdateDestinationInput) {
        self.call(Request::UpdateDestination(input));
    }

    /// Moves time on, and does what is due on the way.
    /// What was counted since the last call.
    pub(in super::super) fn readings(&mut self) -> Vec<String> {
        self.bench.readings()
    }

    pub(in super::super) fn advance(&mut self, span: Duration) {
        let target = self.bench.now + span;
        while let Some(at) = self.firehose.next_deadline().filter(|at| *at <= target) {
            self.bench.now = at.max(self.bench.now);
            let firehose = &mut self.firehose;
            self.bench.with(|cx| firehose.tick(cx));
            self.play();
        }
        self.bench.now = target;
    }

    pub(in super::super) fn is_idle(&self) -> bool {
        self.firehose.next_deadline().is_none()
    }

    /// The stream says that it has something new.
    pub(in super::super) fn signal(&mut self) {
        self.deliver(Delivery::Signal(STREAM_ARN.to_owned()));
        self.play();
    }

    fn deliver(&mut self, delivery: Delivery) {
        let firehose = &mut self.firehose;
        self.bench.with(|cx| firehose.deliver(cx, delivery));
    }

    fn play(&mut self) {
        loop {
            let effects = self.bench.take();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                self.answer(effect);
            }
        }
    }

    fn answer(&mut self, effect: Effect) {
        let (reply, result) = match effect {
            Effect::S3 { command: Command::PutDigested { key, body, .. }, reply } => (
                reply,
                if self.s3_refuses {
                    Err(WireError::server("SlowDown", "Slow down."))
                } else {
                    self.store(key, body)
                },
            ),
            Effect::Call { operation, input, reply, .. } => (reply, self.played(operation, input)),
            Effect::Job(job, Work::Convert(work)) => {
                let outcome = Outcome { duration: Duration::ZERO, output: Output::Convert(work.run()) };
                self.deliver(Delivery::JobDone { job, outcome });
                return;
            }
            Effect::Log(_) | Effect::Watch(_) | Effect::Unwatch(_) => return,
            other => panic!("nobody plays {other:?}"),
        };
        if let Some(token) = reply {
            self.deliver(Delivery::Reply { token, result });
        }
    }

    fn store(&mut self, key: String, body: Bytes) -> Result<Val, WireError> {
        self.stored.push(body.clone());
        assert!(self.objects.insert(key.clone(), body).is_none(), "{key} is stored twice");
        Ok(Val::Null)
    }

    fn played(&mut self, operation: &str, input: Val) -> Result<Val, WireError> {
        match operation {
            "Invoke" if self.lambda_refuses => {
                Err(WireError::client_status(429, "TooManyRequestsException", "no"))
            }
            "Invoke" => {
                let payload = InvokeInput::from_val(input).payload.expect("an event");
                let payload =
                    Some(transformed(&serde_json::from_slice(&payload).expect("JSON")).to_string().into());
                Ok(InvokeOutput { payload, ..InvokeOutput::default() }.to_val())
            }
            "DescribeStreamSummary" => Ok(api::DescribeStreamSummaryOutput::default().to_val()),
            "ListShards" => {
                let shard = |(id, shard): (&String, &FakeShard)| api::Shard {
                    shard_id: id.clone(),
                    parent_shard_id: shard.parent.clone(),
                    ..api::Shard::default()
                };
                let shards = Some(self.shards.iter().map(shard).collect());
                Ok(api::ListShardsOutput { shards, next_token: None }.to_val())
            }
            "GetShardIterator" => Ok(self.iterator(api::GetShardIteratorInput::from_val(input)).to_val()),
            "GetRecords" => self.records(&api::GetRecordsInput::from_val(input).shard_iterator),
            other => panic!("nobody plays {other}"),
        }
    }

    /// An iterator is a shard and a place; a sequence number is a place.
    fn iterator(&mut self, input: api::GetShardIteratorInput) -> api::GetShardIteratorOutput {
        self.iterators_expired = false;
        let shard = &self.shards[&input.shard_id];
        let place =
            match (input.shard_iterator_type.as_str(), input.starting_sequence_number, input.timestamp) {
                ("AFTER_SEQUENCE_NUMBER", Some(number), _) => number.parse::<usize>().expect("a place") + 1,
                ("AT_TIMESTAMP", _, Some(at)) => shard.records.partition_point(|(arrival, _)| *arrival < at),
                other => panic!("an iterator of {other:?}"),
            };
        api::GetShardIteratorOutput { shard_iterator: Some(format!("{}/{place}", input.shard_id)) }
    }

    /// Two records at a time.
    fn records(&mut self, iterator: &str) -> Result<Val, WireError> {
        if self.iterators_expired {
            self.refused += 1;
            return Err(WireError::client("ExpiredIteratorException", "Iterator expired."));
        }
        let (id, place) = iterator.split_once('/').expect("an iterator");
        self.reads.push((self.bench.now, id.to_owned()));
        let (shard, place) = (&self.shards[id], place.parse::<usize>().expect("a place"));
        let record = |(place, (arrival, text)): (usize, &(Timestamp, String))| api::Record {
            sequence_number: place.to_string(),
            approximate_arrival_timestamp: Some(*arrival),
            data: text.clone().into(),
            ..api::Record::default()
        };
        let records: Vec<api::Record> =
            shard.records.iter().enumerate().skip(place).take(2).map(record).collect();
        let next = place + records.len();
        let at_end = next == shard.records.len();
        let output = api::GetRecordsOutput {
            records,
            next_shard_iterator: (!(at_end && shard.closed)).then(|| format!("{id}/{next}")),
            millis_behind_latest: Some(i64::from(!at_end)),
            child_shards: None,
        };
        Ok(output.to_val())
    }
}

/// The function that is played drops what has a `drop`, fails what has a `bad`, and passes the rest.
fn transformed(event: &Value) -> Value {
    let one = |record: &Value| {
        let data = record["data"].as_str().expect("text");
        let text = String::from_utf8(STANDARD.decode(data).expect("base64")).expect("text");
        let result = match &text {
            text if text.contains("drop") => "Dropped",
            text if text.contains("bad") => "ProcessingFailed",
            _ => "Ok",
        };
        json!({"recordId": record["recordId"], "result": result, "data": data})
    };
    let records: Vec<Value> = event["records"].as_array().expect("records").iter().map(one).collect();
    json!({ "records": records })
}
