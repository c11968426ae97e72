//! A Kinesis stream as the source: each shard is read when the stream says that it has something new.
//!
//! Documented: docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html (read 2026-11-28 through a copy): from
//! LATEST, which is the time of creation, on; at most one read a second of each shard. Without strict limits a shard that
//! holds more than one read gave is read again sooner. Parents are read to their end before their children begin. While
//! S3 refuses, nothing is read: the records are safe where they are. Assumed: that, and the waits after refusals.
//! What the Kinesis Producer Library has packed into one record comes apart here (`kpl.rs`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::{
    DescribeStreamSummary, DescribeStreamSummaryInput, DescribeStreamSummaryOutput, GetRecords,
    GetRecordsInput, GetRecordsOutput, GetShardIterator, GetShardIteratorInput, GetShardIteratorOutput,
    ListShards, ListShardsInput, ListShardsOutput, Shard as WireShard,
};
use wavetank_wire::{FromVal as _, Operation, ToVal as _, Val, WireError};

use super::super::kpl;
use super::super::limits::{S3_RETRY_MAX, SHARD_READ_AGAIN, SHARD_READ_EVERY, SHARD_RECORDS_MAX};
use super::super::work::{Origin, Record};
use super::{Desk, Owed, Stream, Timer, TimerKey};
use crate::services::ServiceId;
use crate::world::{Address, Cx, Effect, Scope};

/// A Kinesis stream, and how far it has been read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) arn: String,
    pub(super) role: String,
    /// Records that arrived earlier are not read.
    pub(super) start: Timestamp,
    /// How long the source keeps records, and so how long S3 is tried.
    pub(super) retention: Duration,
    shards: BTreeMap<Arc<str>, Shard>,
}

/// One shard, and how far it has been read.
#[derive(Debug, Default)]
struct Shard {
    parents: Vec<String>,
    /// Kinesis keeps those of services young.
    iterator: Option<String>,
    /// The last record that was taken in.
    checkpoint: Option<String>,
    /// Not before this.
    next_at: Timestamp,
    asked: bool,
    timer: Option<TimerKey>,
    /// There may be more than what has been read.
    wants: bool,
    ended: bool,
}

impl Source {
    pub(super) fn new(arn: String, role: String, start: Timestamp) -> Self {
        Self { arn, role, start, retention: S3_RETRY_MAX, shards: BTreeMap::new() }
    }

    /// Whether every parent has been read to its end. A parent that is not known is gone.
    fn may_begin(&self, shard: &Shard) -> bool {
        shard.parents.iter().all(|parent| self.shards.get(parent.as_str()).is_none_or(|parent| parent.ended))
    }
}

impl Stream {
    /// The stream is active: finds the shards.
    pub(super) fn begin_source(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let Some(source) = &self.source else { return };
        let input = DescribeStreamSummaryInput { stream_arn: Some(source.arn.clone()), ..Default::default() };
        self.ask::<DescribeStreamSummary>(cx, desk, input, Owed::Retention);
        self.list_shards(cx, desk, None);
    }

    fn ask<O: Operation>(&self, cx: &mut Cx<'_>, desk: &mut Desk, input: O::Input, owed: Owed) {
        let Some(source) = &self.source else { return };
        let scope = Scope::of(&source.arn).unwrap_or_else(|| cx.scope.clone());
        let to = Address { service: ServiceId::Kinesis, scope };
        let reply = Some(desk.token(cx, self.id, owed));
        cx.push(Effect::Call { to, operation: O::NAME, input: input.to_val(), reply });
    }

    pub(super) fn retention_came(&mut self, result: Result<Val, WireError>) {
        if let (Ok(val), Some(source)) = (result, &mut self.source) {
            let hours =
                DescribeStreamSummaryOutput::from_val(val).stream_description_summary.retention_period_hours;
            source.retention = Duration::from_secs(hours.unsigned_abs() * 3_600).max(S3_RETRY_MAX);
        }
    }

    pub(super) fn list_shards(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, next_token: Option<String>) {
        let Some(source) = &self.source else { return };
        let stream_arn = next_token.is_none().then(|| source.arn.clone());
        let input = ListShardsInput { stream_arn, next_token, ..Default::default() };
        self.ask::<ListShards>(cx, desk, input, Owed::Shards);
    }

    pub(super) fn shards_came(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, result: Result<Val, WireError>) {
        let Some(source) = &mut self.source else { return };
        match result {
            Ok(val) => {
                let found = ListShardsOutput::from_val(val);
                for WireShard { shard_id, parent_shard_id, adjacent_parent_shard_id, .. } in
                    found.shards.into_iter().flatten()
                {
                    let parents = [parent_shard_id, adjacent_parent_shard_id].into_iter().flatten().collect();
                    let shard = Shard { parents, wants: true, ..Shard::default() };
                    source.shards.entry(shard_id.into()).or_insert(shard);
                }
                match found.next_token {
                    Some(token) => self.list_shards(cx, desk, Some(token)),
                    None => self.read_all(cx, desk),
                }
            }
            Err(error) => {
                let settings = Arc::clone(&self.settings);
                self.log(cx, &settings, &format!("Kinesis.{}", error.code), &error.message);
                if passes(&error) {
                    desk.at(self.id, cx.now + SHARD_READ_EVERY, Timer::ListAgain);
                }
            }
        }
    }

    /// The stream has something new: records, or shards.
    pub(super) fn signalled(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let Some(source) = &mut self.source else { return };
        if source.shards.is_empty() {
            self.list_shards(cx, desk, None);
            return;
        }
        source.shards.values_mut().filter(|shard| !shard.ended).for_each(|shard| shard.wants = true);
        self.read_all(cx, desk);
    }

    /// Reading goes on when nothing is being tried again any more.
    pub(super) fn resume_source(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        if self.source.is_some() {
            self.read_all(cx, desk);
        }
    }

    fn read_all(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let Some(source) = &self.source else { return };
        let wanting = source.shards.iter().filter(|(_, shard)| shard.wants).map(|(id, _)| Arc::clone(id));
        for id in wanting.collect::<Vec<_>>() {
            self.read(cx, desk, &id);
        }
    }

    pub(super) fn read_due(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: &Arc<str>) {
        if let Some(shard) = self.source.as_mut().and_then(|source| source.shards.get_mut(id)) {
            shard.timer = None;
        }
        self.read(cx, desk, id);
    }

    /// Reads a shard now, or at the earliest instant at which it may be read.
    fn read(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: &Arc<str>) {
        let failing = self.is_failing();
        let Some(source) = &mut self.source else { return };
        let (arn, start) = (source.arn.clone(), source.start);
        let Some(shard) = source.shards.get(id) else { return };
        if shard.asked || shard.ended || shard.timer.is_some() || failing || !source.may_begin(shard) {
            return;
        }
        let Some(shard) = source.shards.get_mut(id) else { return };
        if cx.now < shard.next_at {
            shard.timer = Some(desk.at(self.id, shard.next_at, Timer::Read(Arc::clone(id))));
            return;
        }
        shard.asked = true;
        match shard.iterator.take() {
            Some(shard_iterator) => {
                shard.wants = false;
                let input = GetRecordsInput {
                    shard_iterator,
                    limit: Some(SHARD_RECORDS_MAX),
                    stream_arn: Some(arn),
                    ..Default::default()
                };
                self.ask::<GetRecords>(cx, desk, input, Owed::Records(Arc::clone(id)));
            }
            None => {
                let checkpoint = shard.checkpoint.clone();
                let kind = if checkpoint.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "AT_TIMESTAMP" };
                let input = GetShardIteratorInput {
                    stream_arn: Some(arn),
                    shard_id: id.to_string(),
                    shard_iterator_type: kind.to_owned(),
                    timestamp: checkpoint.is_none().then_some(start),
                    starting_sequence_number: checkpoint,
                    ..Default::default()
                };
                self.ask::<GetShardIterator>(cx, desk, input, Owed::Iterator(Arc::clone(id)));
            }
        }
    }

    pub(super) fn iterator_came(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        id: &Arc<str>,
        result: Result<Val, WireError>,
    ) {
        let Some(shard) = self.source.as_mut().and_then(|source| source.shards.get_mut(id)) else { return };
        shard.asked = false;
        match result {
            Ok(val) => {
                shard.iterator = GetShardIteratorOutput::from_val(val).shard_iterator;
                self.read(cx, desk, id);
            }
            Err(error) => self.refused(cx, desk, id, &error),
        }
    }

    pub(super) fn records_came(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        id: &Arc<str>,
        result: Result<Val, WireError>,
    ) {
        let Some(shard) = self.source.as_mut().and_then(|source| source.shards.get_mut(id)) else { return };
        shard.asked = false;
        let output = match result {
            Ok(val) => GetRecordsOutput::from_val(val),
            Err(error) => {
                self.refused(cx, desk, id, &error);
                return;
            }
        };
        let is_behind = output.millis_behind_latest.unwrap_or(0) > 0;
        let pause = if is_behind && !desk.strict { SHARD_READ_AGAIN } else { SHARD_READ_EVERY };
        shard.next_at = cx.now + pause;
        shard.iterator = output.next_shard_iterator;
        shard.ended = shard.iterator.is_none();
        shard.wants |= is_behind;
        if let Some(last) = output.records.last() {
            shard.checkpoint = Some(last.sequence_number.clone());
        }
        let (ended, wants) = (shard.ended, shard.wants);
        // Only a function and the documents of a conversion say where a record came from.
        let names_origin = self.settings.steps.lambda.is_some() || self.settings.conversion.is_some();
        let now = cx.now;
        let mut records = Vec::with_capacity(output.records.len());
        for record in output.records {
            let arrival = record.approximate_arrival_timestamp.unwrap_or(now);
            let origin = |sequence: &str, sub_sequence, partition_key| {
                let (shard, sequence) = (Arc::clone(id), sequence.to_owned());
                names_origin.then(|| Arc::new(Origin { shard, sequence, sub_sequence, partition_key }))
            };
            let sequence = record.sequence_number.as_str();
            match kpl::open(&record.data) {
                None => {
                    let origin = origin(sequence, 0, record.partition_key.unwrap_or_default());
                    records.push(Record { origin, ..Record::new(record.data, arrival) });
                }
                Some(packed) => records.extend(packed.into_iter().enumerate().map(|(number, user)| {
                    let origin = origin(sequence, number, user.partition_key);
                    Record { origin, ..Record::new(user.data, arrival) }
                })),
            }
        }
        self.count_source(cx, &records, output.millis_behind_latest.unwrap_or(0));
        if !records.is_empty() {
            self.ingest(cx, desk, records);
        }
        if ended {
            // Its children may begin, and may not be known yet.
            self.list_shards(cx, desk, None);
        } else if wants {
            self.read(cx, desk, id);
        }
    }

    /// What passes is tried again; what does not waits for the stream to say something.
    fn refused(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: &Arc<str>, error: &WireError) {
        let settings = Arc::clone(&self.settings);
        if error.code == "ProvisionedThroughputExceededException" {
            self.count_source_throttled(cx);
        }
        let Some(shard) = self.source.as_mut().and_then(|source| source.shards.get_mut(id)) else { return };
        shard.iterator = None;
        shard.wants = true;
        shard.next_at = cx.now + SHARD_READ_EVERY;
        if error.code == "ExpiredIteratorException" {
            shard.next_at = cx.now;
            self.read(cx, desk, id);
            return;
        }
        self.log(cx, &settings, &format!("Kinesis.{}", error.code), &error.message);
        if passes(error) {
            self.read(cx, desk, id);
        }
    }
}

/// Whether the same request may succeed a little later.
fn passes(error: &WireError) -> bool {
    let is_busy =
        matches!(error.code.as_str(), "ProvisionedThroughputExceededException" | "LimitExceededException");
    is_busy || (error.status >= 500 && error.code != "NotImplemented")
}
