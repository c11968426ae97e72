//! [`Buckets`]: how much a table and its global indexes may still be read and written, in a tank with strict limits.
//!
//! Units come at the provisioned rate; what is not used is kept for 300 seconds. A request is let in while there is any unit
//! left, and is charged what it turns out to consume. A global index that has none left keeps its table from writes that
//! would reach the index.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html (to be verified).
//! Assumed: that a new table has one second's units. Left out: limits of single partitions and keys; an on-demand table does
//! not grow with its peaks, but has its maximum or the quota from the beginning.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;

use crate::services::dynamodb::limits;
use crate::services::dynamodb::table::settings::{BillingMode, OnDemandMax, Units};
use crate::services::dynamodb::table::{Index, Table};
use crate::services::dynamodb::value::Packed;

use super::capacity::Consumed;
use super::error::DataError;

/// Which of both throughputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Read,
    Write,
}

/// Units that are left.
#[derive(Clone, Debug, Default)]
struct Bucket {
    /// Below zero after a request that turned out larger than what was left.
    units: f64,
    at: Option<Timestamp>,
}

impl Bucket {
    fn fill(&mut self, now: Timestamp, created: Timestamp, rate: f64) {
        let kept_max = rate * limits::BURST_SECONDS;
        let (from, before) = match self.at {
            Some(at) => (at, self.units),
            None => (created, rate),
        };
        self.units = now.since(from).as_secs_f64().mul_add(rate, before).min(kept_max);
        self.at = Some(now);
    }
}

/// Both ways of a table or a global index.
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
}

/// Units that are left of a table and of its global indexes. Empty until somebody counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buckets {
    table: Pair,
    indexes: BTreeMap<String, Pair>,
}

impl Table {
    /// Whether a read of the table or of an index is let in.
    pub(super) fn admit_read(&mut self, now: Timestamp, index: Option<&str>) -> Result<(), DataError> {
        let global = index.filter(|name| self.settings.indexes.contains_key(*name)).map(str::to_owned);
        self.admit(now, Way::Read, global.as_deref())
    }

    /// Whether a write is let in, which takes `old` away and brings `new`.
    pub(super) fn admit_write(
        &mut self,
        now: Timestamp,
        old: Option<&Packed>,
        new: Option<&Packed>,
    ) -> Result<(), DataError> {
        self.admit(now, Way::Write, None)?;
        let reaches = |index: &&Index| {
            index.is_global && old.into_iter().chain(new).any(|item| index.keys.in_index(item).is_some())
        };
        let reached: Vec<String> =
            self.indexes.values().filter(reaches).map(|index| index.name.clone()).collect();
        reached.iter().try_for_each(|index| self.admit(now, Way::Write, Some(index)))
    }

    fn admit(&mut self, now: Timestamp, way: Way, index: Option<&str>) -> Result<(), DataError> {
        let rate = self.rate(way, index);
        let created = self.settings.created;
        let bucket = self.bucket(way, index);
        bucket.fill(now, created, rate);
        if bucket.units > 0.0 {
            return Ok(());
        }
        let resource = match index {
            None => self.settings.arn.clone(),
            Some(index) => format!("{}/index/{index}", self.settings.arn),
        };
        let limit = match self.settings.billing {
            BillingMode::Provisioned => Limit::Provisioned,
            BillingMode::PayPerRequest if self.on_demand_max(way, index).is_some() => Limit::MaxOnDemand,
            BillingMode::PayPerRequest => Limit::Account,
        };
        Err(DataError::Throttled { way, index: index.map(str::to_owned), limit, resource })
    }

    /// Takes what was consumed.
    pub(super) fn charge(&mut self, way: Way, consumed: &Consumed) {
        let mut of_table = consumed.table;
        for index in &consumed.indexes {
            if index.is_global {
                self.bucket(way, Some(&index.name)).units -= index.units;
            } else {
                of_table += index.units;
            }
        }
        self.bucket(way, None).units -= of_table;
    }

    fn bucket(&mut self, way: Way, index: Option<&str>) -> &mut Bucket {
        let Some(index) = index else { return self.buckets.table.of(way) };
        if !self.buckets.indexes.contains_key(index) {
            self.buckets.indexes.insert(index.to_owned(), Pair::default());
        }
        self.buckets.indexes.get_mut(index).expect("made just above").of(way)
    }

    fn on_demand_max(&self, way: Way, index: Option<&str>) -> Option<i64> {
        let max = match index.and_then(|index| self.settings.indexes.get(index)) {
            Some(index) => index.on_demand,
            None => self.settings.on_demand,
        };
        let OnDemandMax { read, write } = max;
        if way == Way::Read { read } else { write }
    }

    /// Units each second.
    fn rate(&self, way: Way, index: Option<&str>) -> f64 {
        let provisioned = match index.and_then(|index| self.settings.indexes.get(index)) {
            Some(index) => index.throughput.units,
            None => self.settings.throughput.units,
        };
        let units = match self.settings.billing {
            BillingMode::Provisioned => {
                let Units { read, write } = provisioned;
                if way == Way::Read { read } else { write }
            }
            BillingMode::PayPerRequest => {
                self.on_demand_max(way, index).unwrap_or(limits::ON_DEMAND_UNITS_MAX)
            }
        };
        units as f64
    }
}

/// Which limit a request met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// What was provisioned.
    Provisioned,
    /// The maximum that was set for a table on demand.
    MaxOnDemand,
    /// The quota of an on-demand table.
    Account,
}

impl Limit {
    /// As `ThrottlingReasons` name it.
    /// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing.html (to be verified).
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
        }
    }

    /// AWS's code and sentence.
    /// Assumed: that a table on demand always answers with `ThrottlingException`.
    pub(super) const fn told(self, is_index: bool) -> (&'static str, &'static str) {
        match (self, is_index) {
            (Self::Provisioned, false) => (
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
            ),
            (Self::Provisioned, true) => (
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API",
            ),
            (Self::MaxOnDemand | Self::Account, _) => (
                "ThrottlingException",
                "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly.",
            ),
        }
    }
}
