//! Kinesis alone on a bench: what clients are told, what is pushed, what is due.
//!
//! Through HTTP and with a genuine SDK: `tests/tests/e2e/kinesis_sdk.rs`. What the model refuses is tested there too.

mod consumers;
mod growth;
mod limits;
mod quotas;
mod rates;
mod records;
mod refusals;
mod reshard;
mod settings;
mod streams;

use std::time::Duration;

use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::kinesis as api;
use wavetank_wire::{FromVal as _, Operation, ToVal as _, Val, WireError};

use super::Kinesis;
use crate::services::{DynService, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Answer, Delivery, Effect, Ticket};

pub(super) const ARN: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/";

/// The service, its clock, and what it pushed.
pub(super) struct Rig {
    kinesis: Kinesis,
    bench: Bench,
}

impl Rig {
    pub(super) fn new(strict: bool) -> Self {
        Self { kinesis: Kinesis::new(strict), bench: Bench::new(ServiceId::Kinesis) }
    }

    /// With a stream `s` of so many shards, ACTIVE.
    pub(super) fn with_stream(strict: bool, shards: i64) -> Self {
        let mut rig = Self::new(strict);
        rig.create("s", shards);
        rig
    }

    /// From now on a client calls, or, without a key, other services of the tank.
    pub(super) fn call_as(&mut self, access_key: &'static str) {
        self.bench.access_key = access_key;
    }

    pub(super) fn create(&mut self, name: &str, shards: i64) {
        let input = api::CreateStreamInput {
            stream_name: name.to_owned(),
            shard_count: Some(shards),
            ..Default::default()
        };
        self.ask::<api::CreateStream>(input).expect("a new name");
        self.advance(Duration::from_secs(1));
        self.bench.take();
    }

    fn raw<O: Operation>(&mut self, input: O::Input) -> Result<Answer<Val>, WireError> {
        let kinesis = &mut self.kinesis;
        self.bench.with(|cx| DynService::call(kinesis, cx, O::NAME, input.to_val()))
    }

    pub(super) fn ask<O: Operation>(&mut self, input: O::Input) -> Result<O::Output, WireError> {
        match self.raw::<O>(input)? {
            Answer::Now(output) => Ok(O::Output::from_val(output)),
            other => panic!("{} answers {other:?}", O::NAME),
        }
    }

    /// `Code: sentence` of a refusal.
    pub(super) fn refused<O: Operation>(&mut self, input: O::Input) -> String
    where
        O::Output: std::fmt::Debug,
    {
        self.ask::<O>(input).expect_err("a refusal").to_string()
    }

    pub(super) fn subscribe(&mut self, input: api::SubscribeToShardInput) -> Result<Ticket, WireError> {
        match self.raw::<api::SubscribeToShard>(input)? {
            Answer::Stream(ticket) => Ok(ticket),
            other => panic!("SubscribeToShard answers {other:?}"),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.bench.now
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        DynService::next_deadline(&self.kinesis)
    }

    /// Lets time pass, doing what is due on the way.
    pub(super) fn advance(&mut self, span: Duration) {
        let target = self.bench.now + span;
        while let Some(at) = self.deadline().filter(|at| *at <= target) {
            self.bench.now = at.max(self.bench.now);
            let kinesis = &mut self.kinesis;
            self.bench.with(|cx| DynService::tick(kinesis, cx));
        }
        self.bench.now = target;
    }

    pub(super) fn leave(&mut self, ticket: Ticket) {
        let kinesis = &mut self.kinesis;
        self.bench.with(|cx| DynService::deliver(kinesis, cx, Delivery::Closed(ticket)));
    }

    pub(super) fn take_event(&mut self, ticket: Ticket) {
        let kinesis = &mut self.kinesis;
        self.bench.with(|cx| DynService::deliver(kinesis, cx, Delivery::Taken(ticket)));
    }

    /// What was pushed since the last look.
    pub(super) fn effects(&mut self) -> Vec<Effect> {
        self.bench.take()
    }

    pub(super) fn put(&mut self, key: &str, data: &str) -> api::PutRecordOutput {
        self.ask::<api::PutRecord>(put_input(key, data)).expect("room")
    }

    pub(super) fn put_all(&mut self, records: &[(&str, &str)]) -> api::PutRecordsOutput {
        self.ask::<api::PutRecords>(puts_input(records)).expect("room")
    }

    pub(super) fn iterator(&mut self, shard: &str, kind: &str) -> String {
        let input = api::GetShardIteratorInput {
            stream_name: Some("s".to_owned()),
            shard_id: shard.to_owned(),
            shard_iterator_type: kind.to_owned(),
            ..Default::default()
        };
        self.ask::<api::GetShardIterator>(input).expect("a shard").shard_iterator.expect("an iterator")
    }

    pub(super) fn get(&mut self, iterator: &str) -> api::GetRecordsOutput {
        self.ask::<api::GetRecords>(get_input(iterator)).expect("an iterator that is good")
    }

    /// The data of all records of a shard, from its oldest to the end.
    pub(super) fn read(&mut self, shard: &str) -> Vec<String> {
        let iterator = self.iterator(shard, "TRIM_HORIZON");
        texts(&self.get(&iterator).records)
    }

    /// `id parents start-end`, a line each; closed ones with `closed`.
    pub(super) fn shards(&mut self, filter: Option<api::ShardFilter>) -> Vec<String> {
        let input = api::ListShardsInput {
            stream_name: Some("s".to_owned()),
            shard_filter: filter,
            ..Default::default()
        };
        let shards = self.ask::<api::ListShards>(input).expect("a stream").shards.expect("a list");
        shards.iter().map(told).collect()
    }
}

/// A shard in few words; hash keys in 256ths of their range.
fn told(shard: &api::Shard) -> String {
    let short = |id: &String| id.trim_start_matches("shardId-").trim_start_matches('0').to_owned();
    let number = |id: &String| Some(short(id)).filter(|id| !id.is_empty()).unwrap_or_else(|| "0".to_owned());
    let parents: Vec<String> =
        [&shard.parent_shard_id, &shard.adjacent_parent_shard_id].into_iter().flatten().map(number).collect();
    let at = |key: &String| key.parse::<u128>().expect("a number") >> 120;
    let range = &shard.hash_key_range;
    let closed = if shard.sequence_number_range.ending_sequence_number.is_some() { " closed" } else { "" };
    let (start, end) = (at(&range.starting_hash_key), at(&range.ending_hash_key));
    format!("{} of [{}] {start}-{end}{closed}", number(&shard.shard_id), parents.join(","))
}

pub(super) fn texts(records: &[api::Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8_lossy(&record.data).into_owned()).collect()
}

pub(super) fn put_input(key: &str, data: &str) -> api::PutRecordInput {
    api::PutRecordInput {
        stream_name: Some("s".to_owned()),
        partition_key: Some(key.to_owned()),
        data: Bytes::copy_from_slice(data.as_bytes()),
        ..Default::default()
    }
}

pub(super) fn puts_input(records: &[(&str, &str)]) -> api::PutRecordsInput {
    let entry = |(key, data): &(&str, &str)| api::PutRecordsRequestEntry {
        partition_key: Some((*key).to_owned()),
        data: Bytes::copy_from_slice(data.as_bytes()),
        explicit_hash_key: None,
    };
    api::PutRecordsInput {
        stream_name: Some("s".to_owned()),
        records: records.iter().map(entry).collect(),
        ..Default::default()
    }
}

pub(super) fn get_input(iterator: &str) -> api::GetRecordsInput {
    api::GetRecordsInput { shard_iterator: iterator.to_owned(), ..Default::default() }
}

pub(super) const SHARD_0: &str = "shardId-000000000000";
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3_600);
