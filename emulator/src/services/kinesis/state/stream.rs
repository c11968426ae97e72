//! A stream: its shards old and new, its settings, and which shard a hash key belongs to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use wavetank_types::Timestamp;

use super::consumer::Consumer;
use super::growth::Growth;
use super::shard::{HashRange, Shard};
use crate::services::kinesis::error::{KinesisError, Whose};
use crate::services::kinesis::limits::*;
use crate::world::{Scope, Ticket};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Status {
    Creating,
    Active,
    Updating,
    Deleting,
}

impl Status {
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
        }
    }
}

/// What an UPDATING stream becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Change {
    Split {
        shard: u32,
        at: u128,
    },
    Merge {
        lower: u32,
        upper: u32,
    },
    Count(usize),
    /// The key that records are encrypted with, if they are.
    Encryption(Option<String>),
    Mode {
        is_on_demand: bool,
        warm: Option<i64>,
    },
    Warm(i64),
    RecordKib(i64),
}

/// What happened within a day, for quotas that count.
#[derive(Debug, Default)]
pub(in super::super) struct Recent(VecDeque<Timestamp>);

impl Recent {
    /// How often within the last [`DAY`].
    pub(in super::super) fn count(&mut self, now: Timestamp) -> usize {
        while self.0.front().is_some_and(|at| *at + DAY <= now) {
            self.0.pop_front();
        }
        self.0.len()
    }

    pub(in super::super) fn add(&mut self, now: Timestamp) {
        self.0.push_back(now);
    }
}

#[derive(Debug)]
pub(in super::super) struct Stream {
    pub(in super::super) name: String,
    pub(in super::super) arn: String,
    pub(in super::super) account: String,
    pub(in super::super) created: Timestamp,
    pub(in super::super) status: Status,
    /// When the status ends, unless it is ACTIVE.
    pub(in super::super) until: Timestamp,
    pub(in super::super) change: Option<Change>,
    /// By number. Those too old to be seen stay as empty shells, so that numbers go on.
    pub(in super::super) shards: Vec<Shard>,
    /// The open ones by where their range starts; together they cover all hash keys.
    pub(in super::super) open: Vec<(u128, u32)>,
    pub(in super::super) retention_hours: i64,
    pub(in super::super) is_on_demand: bool,
    /// Records go to shards in turn instead of by their keys.
    pub(in super::super) is_auto: bool,
    /// The shard that takes the next record, when they take turns.
    pub(in super::super) turn: usize,
    pub(in super::super) warm: Option<i64>,
    pub(in super::super) record_kib: i64,
    pub(in super::super) key_id: Option<String>,
    pub(in super::super) metrics: BTreeSet<&'static str>,
    pub(in super::super) tags: BTreeMap<String, String>,
    pub(in super::super) policy: Option<String>,
    pub(in super::super) consumers: BTreeMap<String, Consumer>,
    pub(in super::super) subscriptions: BTreeSet<Ticket>,
    pub(in super::super) count_updates: Recent,
    pub(in super::super) mode_updates: Recent,
    pub(in super::super) encryption_starts: Recent,
    pub(in super::super) encryption_stops: Recent,
    /// Shards that will be split, if the stream is on-demand.
    pub(super) growth: Growth,
    /// The shard whose old records are freed next.
    sweep: usize,
}

/// Where the shard at `index` of `count` equal ones starts. Recorded: multiples of 2^128 / count, rounded down.
pub(in super::super) fn uniform_start(index: usize, count: usize) -> u128 {
    let count = count as u128;
    let whole = count.is_power_of_two();
    let width = u128::MAX / count + u128::from(whole && count > 1);
    if index == 0 { 0 } else { width * index as u128 }
}

/// The ranges between these starts.
pub(in super::super) fn ranges(starts: &[u128]) -> Vec<HashRange> {
    let ends = starts.iter().skip(1).map(|start| start - 1).chain([u128::MAX]);
    starts.iter().copied().zip(ends).collect()
}

impl Stream {
    pub(super) fn new(name: &str, arn: String, account: &str, count: usize, now: Timestamp) -> Self {
        let starts: Vec<u128> = (0..count).map(|index| uniform_start(index, count)).collect();
        let shards =
            (0..).zip(ranges(&starts)).map(|(number, range)| Shard::new(number, range, &[], now)).collect();
        Self {
            name: name.to_owned(),
            arn,
            account: account.to_owned(),
            created: now,
            status: Status::Creating,
            until: now + TRANSITION,
            change: None,
            shards,
            open: starts.into_iter().zip(0..).collect(),
            retention_hours: RETENTION_HOURS_MIN,
            is_on_demand: false,
            is_auto: false,
            turn: 0,
            warm: None,
            record_kib: RECORD_KIB_DEFAULT,
            key_id: None,
            metrics: BTreeSet::new(),
            tags: BTreeMap::new(),
            policy: None,
            consumers: BTreeMap::new(),
            subscriptions: BTreeSet::new(),
            count_updates: Recent::default(),
            mode_updates: Recent::default(),
            encryption_starts: Recent::default(),
            encryption_stops: Recent::default(),
            growth: Growth::default(),
            sweep: 0,
        }
    }

    pub(in super::super) fn whose(&self) -> Whose {
        Whose { stream: self.name.clone(), account: self.account.clone() }
    }

    pub(in super::super) fn not_found(&self) -> KinesisError {
        KinesisError::NoSuchStream(self.whose())
    }

    pub(in super::super) fn need_active(&self) -> Result<(), KinesisError> {
        match self.status {
            Status::Active => Ok(()),
            status => Err(KinesisError::NotActive { of: self.whose(), status: status.name() }),
        }
    }

    /// The open shard that this hash key belongs to.
    pub(in super::super) fn route(&self, hash: u128) -> u32 {
        let after = self.open.partition_point(|(start, _)| *start <= hash);
        self.open[after - 1].1
    }

    /// Records that came before this, in milliseconds, are gone.
    ///
    /// Assumed: a record is still there at exactly its arrival plus the retention.
    pub(in super::super) fn horizon(&self, now: Timestamp) -> i64 {
        (now - Duration::from_secs(self.retention_hours.unsigned_abs() * 3_600)).millis()
    }

    /// The shard of this number, unless it is too old to be seen.
    pub(in super::super) fn shard(&self, number: u32, now: Timestamp) -> Option<&Shard> {
        let shard = self.shards.get(number as usize)?;
        (!shard.is_expired(self.horizon(now))).then_some(shard)
    }

    /// Those that can be seen, in order of their numbers.
    pub(in super::super) fn seen(&self, now: Timestamp) -> impl Iterator<Item = &Shard> {
        let horizon = self.horizon(now);
        self.shards.iter().filter(move |shard| !shard.is_expired(horizon))
    }

    /// Frees what is too old in the shard that was used and in one other.
    pub(in super::super) fn trim(&mut self, used: u32, now: Timestamp) {
        let horizon = self.horizon(now);
        self.sweep = (self.sweep + 1) % self.shards.len();
        for at in [used as usize, self.sweep] {
            self.shards[at].log.trim(horizon);
        }
    }

    /// A change of the shards or settings begins: the stream is UPDATING for a while.
    pub(in super::super) fn begin(&mut self, change: Change, now: Timestamp) {
        self.status = Status::Updating;
        self.until = now + TRANSITION;
        self.change = Some(change);
    }

    /// The change is made: the stream is ACTIVE.
    pub(in super::super) fn finish(&mut self, now: Timestamp) {
        self.status = Status::Active;
        match self.change.take() {
            None => {}
            Some(Change::Split { shard, at }) => drop(self.split(shard, at, now)),
            Some(Change::Merge { lower, upper }) => drop(self.merge(lower, upper, now)),
            Some(Change::Count(count)) => self.rescale(count, now),
            Some(Change::Encryption(key)) => self.key_id = key,
            Some(Change::RecordKib(kib)) => self.record_kib = kib,
            Some(Change::Mode { is_on_demand, warm }) => {
                self.is_on_demand = is_on_demand;
                self.is_auto &= is_on_demand;
                self.warm = warm;
                self.warm_up(now);
            }
            Some(Change::Warm(warm)) => {
                self.warm = Some(warm);
                self.warm_up(now);
            }
        }
        self.index();
    }

    /// Gives the stream a shard for each MiB/s that it is to take at once. Never fewer than it has.
    pub(super) fn warm_up(&mut self, now: Timestamp) {
        let wanted = usize::try_from(self.warm.unwrap_or(0)).unwrap_or(0).min(STREAM_SHARDS_MAX);
        if wanted > self.open.len() {
            self.rescale(wanted, now);
        }
    }

    /// Finds the open shards anew.
    pub(super) fn index(&mut self) {
        let open = self.shards.iter().filter(|shard| shard.is_open());
        self.open = open.map(|shard| (shard.range.0, shard.number)).collect();
        self.open.sort_unstable();
    }
}

/// Whose stream of this name.
pub(in super::super) fn whose(scope: &Scope, stream: &str) -> Whose {
    Whose { stream: stream.to_owned(), account: scope.account.to_string() }
}
