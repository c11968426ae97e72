//! A shard: its range of hash keys, its lineage, its records.

use wavetank_types::Timestamp;
use wavetank_wire::kinesis as api;

use super::growth::Traffic;
use super::log::Log;
use super::sequence::{Digits, PLACE_MAX, Sequence, shard_id};
use crate::services::kinesis::limits::{Bucket, ReadBudget, SHARD_READS_PER_SECOND, WriteBudget};

/// The lowest and the highest hash key of a shard, both included.
pub(in super::super) type HashRange = (u128, u128);

#[derive(Debug)]
pub(in super::super) struct Shard {
    pub(in super::super) number: u32,
    pub(in super::super) id: String,
    pub(in super::super) range: HashRange,
    /// One after a split, two after a merge: the lower range first.
    pub(in super::super) parents: Vec<u32>,
    pub(in super::super) opened: Timestamp,
    /// Children's sequence numbers are greater than their parents' by this.
    created_second: u64,
    pub(in super::super) closed: Option<Timestamp>,
    pub(in super::super) log: Log,
    pub(in super::super) writes: WriteBudget,
    pub(in super::super) reads: ReadBudget,
    /// What may still ask for an iterator, with strict limits.
    pub(super) iterators: Bucket,
    /// For on-demand streams, which grow.
    pub(super) traffic: Traffic,
    /// The last sequence number made, with its place and second.
    last: (u64, u64, Digits),
}

impl Shard {
    pub(super) fn new(number: u32, range: HashRange, parents: &[&Shard], now: Timestamp) -> Self {
        let after = parents.iter().map(|parent| parent.created_second + 1).max().unwrap_or(0);
        let created_second = now.secs().max(0).cast_unsigned().max(after);
        let begin = Sequence { created: created_second, place: 0, second: created_second, shard: number };
        Self {
            number,
            id: shard_id(i64::from(number)),
            range,
            parents: parents.iter().map(|parent| parent.number).collect(),
            opened: now,
            created_second,
            closed: None,
            log: Log::default(),
            writes: WriteBudget::new(now),
            reads: ReadBudget::new(now),
            iterators: Bucket::new(SHARD_READS_PER_SECOND, now),
            traffic: Traffic::new(now),
            last: (0, created_second, begin.digits()),
        }
    }

    pub(in super::super) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether nothing of it can be seen any more.
    pub(in super::super) fn is_expired(&self, horizon: i64) -> bool {
        self.closed.is_some_and(|closed| closed.millis() < horizon)
    }

    pub(in super::super) fn created_second(&self) -> u64 {
        self.created_second
    }

    /// The sequence number of the record at this place that came then.
    pub(in super::super) fn digits(&self, place: u64, arrival_millis: i64) -> Digits {
        let second = self.second(arrival_millis);
        Sequence { created: self.created_second, place, second, shard: self.number }.digits()
    }

    /// As [`Shard::digits`], for the records of one call: most are one addition away from the last.
    pub(in super::super) fn digits_in_turn(&mut self, place: u64, arrival_millis: i64) -> Digits {
        let second = self.second(arrival_millis);
        let (last_place, last_second, last) = self.last;
        let digits = if last_second == second && place == last_place + 1 {
            last.next()
        } else {
            Sequence { created: self.created_second, place, second, shard: self.number }.digits()
        };
        self.last = (place, second, digits);
        digits
    }

    pub(in super::super) fn second(&self, millis: i64) -> u64 {
        millis.div_euclid(1_000).max(0).cast_unsigned().max(self.created_second)
    }

    pub(in super::super) fn close(&mut self, now: Timestamp) {
        self.closed = Some(now);
    }

    pub(in super::super) fn hash_key_range(&self) -> api::HashKeyRange {
        api::HashKeyRange {
            starting_hash_key: self.range.0.to_string(),
            ending_hash_key: self.range.1.to_string(),
        }
    }

    /// As listings show it.
    pub(in super::super) fn describe(&self) -> api::Shard {
        let at = |place, second| Sequence { created: self.created_second, place, second, shard: self.number };
        let parent = |which: usize| self.parents.get(which).map(|number| shard_id(i64::from(*number)));
        let closed = self.closed.map(|closed| at(PLACE_MAX, self.second(closed.millis())).text());
        api::Shard {
            shard_id: self.id.clone(),
            parent_shard_id: parent(0),
            adjacent_parent_shard_id: parent(1),
            hash_key_range: self.hash_key_range(),
            sequence_number_range: api::SequenceNumberRange {
                starting_sequence_number: at(0, self.created_second).text(),
                ending_sequence_number: closed,
            },
        }
    }
}
