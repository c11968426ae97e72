//! [`Buckets`]: how much a table and its global indexes may still be read and written, in a tank with strict limits.
//!
//! Provisioned units come at their rate; what is not used is kept for 300 seconds. A table on demand takes what a new one
//! takes, or twice its peak (`peak.rs`), or its maximum. Each partition key has no more than a partition gives, whatever the
//! table has. A request is let in while there is any unit left, and is charged what it turns out to consume. A global index
//! that has none left keeps its table from writes that would reach the index.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html (an edition of 2023-02 read
//! 2026-11-28), for burst and partitions.
//! Assumed: that a new table has one second's units; that what is on demand, and a partition, keep one second's units; that
//! each partition key has a partition of its own, as adaptive capacity tends to. Left out: scans and PartiQL, which are not
//! counted by partition.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;

use crate::services::dynamodb::limits;
use crate::services::dynamodb::table::settings::{BillingMode, OnDemandMax, Units};
use crate::services::dynamodb::table::{Index, Table};
use crate::services::dynamodb::tables::describe::warm_units;
use crate::services::dynamodb::value::Packed;

use super::capacity::Consumed;
use super::error::DataError;
use super::peak::Peak;
use super::single::Source;

/// Which of both throughputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Read,
    Write,
}

/// Partitions that are remembered before those that have rested are forgotten.
const PARTITIONS_MAX: usize = 10_000;

/// Units that are left.
#[derive(Clone, Debug, Default)]
struct Bucket {
    /// Below zero after a request that turned out larger than what was left.
    units: f64,
    at: Option<Timestamp>,
    /// Of what is on demand.
    peak: Peak,
}

impl Bucket {
    /// What has come since the last time, of which no more than `seconds` are kept.
    fn fill(&mut self, now: Timestamp, created: Timestamp, rate: f64, seconds: f64) {
        let (from, before) = match self.at {
            Some(at) => (at, self.units),
            None => (created, rate),
        };
        self.units = now.since(from).as_secs_f64().mul_add(rate, before).min(rate * seconds);
        self.at = Some(now);
    }

    fn take(&mut self, units: f64) {
        self.units -= units;
        if let Some(at) = self.at {
            self.peak.note(at, units);
        }
    }
}

/// Both ways of a table, a global index or a partition.
#[derive(Clone, Debug, Default)]
struct Pair {
    read: Bucket,
    write: Bucket,
}

impl Pair {
    const fn of(&mut self, way: Way) -> &mut Bucket {
        match way {
            Way::Read => &mut self.read,
            Way::Write => &mut self.write,
        }
    }

    /// Whether both ways are as they would be if nobody had asked.
    fn has_rested(&self, now: Timestamp) -> bool {
        let has =
            |bucket: &Bucket| bucket.units >= 0.0 && bucket.at.is_none_or(|at| now.since(at).as_secs() > 0);
        has(&self.read) && has(&self.write)
    }
}

/// A table, or a global index of it by its name.
type Name = Option<String>;

/// Units that are left of a table, of its global indexes and of their partitions. Empty until somebody counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buckets {
    table: Pair,
    indexes: BTreeMap<String, Pair>,
    /// By the hash of the partition key.
    partitions: BTreeMap<(Name, u64), Pair>,
}

impl Buckets {
    fn of(&mut self, way: Way, index: Option<&str>) -> &mut Bucket {
        let Some(index) = index else { return self.table.of(way) };
        if !self.indexes.contains_key(index) {
            self.indexes.insert(index.to_owned(), Pair::default());
        }
        self.indexes.get_mut(index).expect("made just above").of(way)
    }

    fn partition(&mut self, way: Way, index: Option<&str>, hash: u64, now: Timestamp) -> &mut Bucket {
        if self.partitions.len() >= PARTITIONS_MAX {
            self.partitions.retain(|_, pair| !pair.has_rested(now));
        }
        self.partitions.entry((index.map(str::to_owned), hash)).or_default().of(way)
    }

    /// Takes units of a table or index, and of a partition that has been asked before.
    fn take(&mut self, way: Way, index: Option<&str>, hash: Option<u64>, units: f64) {
        self.of(way, index).take(units);
        let partition = hash.and_then(|hash| self.partitions.get_mut(&(index.map(str::to_owned), hash)));
        if let Some(pair) = partition {
            pair.of(way).take(units);
        }
    }
}

impl Table {
    /// Whether a read of the table or of an index is let in.
    pub(super) fn admit_read(&mut self, now: Timestamp, source: Source<'_>) -> Result<(), DataError> {
        self.admit(now, Way::Read, self.unit_name(source.index).as_deref(), source.hash)
    }

    /// An index that has units of its own; a local one lives on its table's.
    fn unit_name(&self, index: Option<&str>) -> Name {
        index.filter(|name| self.settings.indexes.contains_key(*name)).map(str::to_owned)
    }

    /// Whether a write is let in, which takes `old` away and brings `new`. `hash` is that of the item's partition key.
    pub(super) fn admit_write(
        &mut self,
        now: Timestamp,
        hash: u64,
        old: Option<&Packed>,
        new: Option<&Packed>,
    ) -> Result<(), DataError> {
        self.admit(now, Way::Write, None, Some(hash))?;
        let reached = |index: &Index| {
            let hash = old.into_iter().chain(new).filter_map(|item| hash_in(index, item)).next_back()?;
            index.is_global.then(|| (index.name.clone(), hash))
        };
        let reached: Vec<(String, u64)> = self.indexes.values().filter_map(reached).collect();
        reached.iter().try_for_each(|(index, hash)| self.admit(now, Way::Write, Some(index), Some(*hash)))
    }

    fn admit(
        &mut self,
        now: Timestamp,
        way: Way,
        index: Option<&str>,
        hash: Option<u64>,
    ) -> Result<(), DataError> {
        let is_on_demand = self.settings.billing == BillingMode::PayPerRequest;
        let peak = self.buckets.of(way, index).peak.settled(now);
        let (rate, limit) = self.rate(way, index, peak);
        let seconds = if is_on_demand { 1.0 } else { limits::BURST_SECONDS };
        let bucket = self.buckets.of(way, index);
        bucket.fill(now, self.settings.created, rate, seconds);
        let limit = if bucket.units > 0.0 {
            let Some(hash) = hash else { return Ok(()) };
            let rate = match way {
                Way::Read => limits::PARTITION_READS_MAX,
                Way::Write => limits::PARTITION_WRITES_MAX,
            };
            let partition = self.buckets.partition(way, index, hash, now);
            partition.fill(now, now, rate, 1.0);
            if partition.units > 0.0 {
                return Ok(());
            }
            Limit::KeyRange { is_on_demand }
        } else {
            limit
        };
        let resource = match index {
            None => self.settings.arn.clone(),
            Some(index) => format!("{}/index/{index}", self.settings.arn),
        };
        Err(DataError::Throttled { way, index: index.map(str::to_owned), limit, resource })
    }

    /// Takes what a read consumed.
    pub(super) fn charge_read(&mut self, consumed: &Consumed, source: Source<'_>) {
        let global = self.unit_name(source.index);
        let of = |index: Option<&str>| if index == global.as_deref() { source.hash } else { None };
        self.charge(Way::Read, consumed, &of);
    }

    /// Takes what a write consumed, of an item whose partition key has this hash and which is, or was, this.
    pub(super) fn charge_write(&mut self, consumed: &Consumed, hash: u64, item: Option<&Packed>) {
        let indexes = consumed.indexes.iter().filter_map(|index| self.indexes.get(&index.name));
        let hashes: BTreeMap<String, u64> =
            indexes.filter_map(|index| Some((index.name.clone(), hash_in(index, item?)?))).collect();
        let of = |index: Option<&str>| index.map_or(Some(hash), |index| hashes.get(index).copied());
        self.charge(Way::Write, consumed, &of);
    }

    fn charge(&mut self, way: Way, consumed: &Consumed, hash_of: &dyn Fn(Option<&str>) -> Option<u64>) {
        let mut of_table = consumed.table;
        for index in &consumed.indexes {
            if index.is_global {
                self.buckets.take(way, Some(&index.name), hash_of(Some(&index.name)), index.units);
            } else {
                of_table += index.units;
            }
        }
        self.buckets.take(way, None, hash_of(None), of_table);
    }

    fn on_demand_max(&self, way: Way, index: Option<&str>) -> Option<i64> {
        let max = match index.and_then(|index| self.settings.indexes.get(index)) {
            Some(index) => index.on_demand,
            None => self.settings.on_demand,
        };
        let OnDemandMax { read, write } = max;
        if way == Way::Read { read } else { write }
    }

    /// Units each second, given a settled peak, and what it is that limits them so.
    fn rate(&self, way: Way, index: Option<&str>, peak: f64) -> (f64, Limit) {
        let (throughput, asked) = match index.and_then(|index| self.settings.indexes.get(index)) {
            Some(index) => (&index.throughput, index.warm),
            None => (&self.settings.throughput, self.settings.warm),
        };
        let of = |Units { read, write }: Units| if way == Way::Read { read } else { write } as f64;
        if self.settings.billing == BillingMode::Provisioned {
            return (of(throughput.units), Limit::Provisioned);
        }
        let warm = of(warm_units(asked, BillingMode::PayPerRequest, Units::default()));
        let grown = warm.max(of(throughput.highest)).max(2.0 * peak);
        let account = grown.min(limits::ON_DEMAND_UNITS_MAX as f64);
        match self.on_demand_max(way, index) {
            Some(max) if max as f64 <= account => (max as f64, Limit::MaxOnDemand),
            _ => (account, Limit::Account),
        }
    }
}

/// The hash of the partition key that an item has in an index, if it is in it.
fn hash_in(index: &Index, item: &Packed) -> Option<u64> {
    Some(index.keys.in_index(item)?.row().hash())
}

/// Which limit a request met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// What was provisioned.
    Provisioned,
    /// The maximum that was set for a table on demand.
    MaxOnDemand,
    /// The quota of an on-demand table, or what it has grown to.
    Account,
    /// What one partition gives.
    KeyRange { is_on_demand: bool },
}

impl Limit {
    /// As `ThrottlingReasons` name it.
    /// Documented: docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html (read 2026-11-28). Assumed: that
    /// a table on demand which has not grown enough is told so as one at its quota.
    pub(super) const fn reason(self, way: Way, is_index: bool) -> &'static str {
        match (self, is_index, way) {
            (Self::Provisioned, false, Way::Read) => "TableReadProvisionedThroughputExceeded",
            (Self::Provisioned, false, Way::Write) => "TableWriteProvisionedThroughputExceeded",
            (Self::Provisioned, true, Way::Read) => "IndexReadProvisionedThroughputExceeded",
            (Self::Provisioned, true, Way::Write) => "IndexWriteProvisionedThroughputExceeded",
            (Self::MaxOnDemand, false, Way::Read) => "TableReadMaxOnDemandThroughputExceeded",
            (Self::MaxOnDemand, false, Way::Write) => "TableWriteMaxOnDemandThroughputExceeded",
            (Self::MaxOnDemand, true, Way::Read) => "IndexReadMaxOnDemandThroughputExceeded",
            (Self::MaxOnDemand, true, Way::Write) => "IndexWriteMaxOnDemandThroughputExceeded",
            (Self::Account, false, Way::Read) => "TableReadAccountLimitExceeded",
            (Self::Account, false, Way::Write) => "TableWriteAccountLimitExceeded",
            (Self::Account, true, Way::Read) => "IndexReadAccountLimitExceeded",
            (Self::Account, true, Way::Write) => "IndexWriteAccountLimitExceeded",
            (Self::KeyRange { .. }, false, Way::Read) => "TableReadKeyRangeThroughputExceeded",
            (Self::KeyRange { .. }, false, Way::Write) => "TableWriteKeyRangeThroughputExceeded",
            (Self::KeyRange { .. }, true, Way::Read) => "IndexReadKeyRangeThroughputExceeded",
            (Self::KeyRange { .. }, true, Way::Write) => "IndexWriteKeyRangeThroughputExceeded",
        }
    }

    /// AWS's code and sentence.
    /// Assumed: that a table on demand always answers with `ThrottlingException`; that a partition is told as its table is.
    pub(super) const fn told(self, is_index: bool) -> (&'static str, &'static str) {
        match (self, is_index) {
            (Self::Provisioned | Self::KeyRange { is_on_demand: false }, false) => (
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
            ),
            (Self::Provisioned | Self::KeyRange { is_on_demand: false }, true) => (
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API",
            ),
            (Self::MaxOnDemand | Self::Account | Self::KeyRange { is_on_demand: true }, _) => (
                "ThrottlingException",
                "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly.",
            ),
        }
    }
}
