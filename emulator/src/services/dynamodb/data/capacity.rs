//! What reads and writes cost, in capacity units, of a table and each of its indexes.
//!
//! A read costs a unit for each 4 KB begun, half of one if it need not be consistent, two in a transaction; a write costs
//! one for each KB begun, of the larger of the old and the new item, two in a transaction.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadWriteCapacityMode.html (an edition of 2023-02 read 2026-11-28).

use std::collections::BTreeMap;

use wavetank_wire::dynamodb::{Capacity, ConsumedCapacity};

use crate::services::dynamodb::table::{Change, IndexChange, Table};

const READ_UNIT_BYTES: usize = 4 << 10;
const WRITE_UNIT_BYTES: usize = 1 << 10;

/// How a read or write is made, which multiplies what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// A read that may be of a little while ago.
    Eventual,
    /// A consistent read, or a write.
    Plain,
    /// Within a transaction.
    Transactional,
}

impl Manner {
    /// Of a read.
    pub(super) const fn of_read(is_consistent: Option<bool>) -> Self {
        if matches!(is_consistent, Some(true)) { Self::Plain } else { Self::Eventual }
    }

    const fn factor(self) -> f64 {
        match self {
            Self::Eventual => 0.5,
            Self::Plain => 1.0,
            Self::Transactional => 2.0,
        }
    }
}

/// Of reading so many bytes at once; nothing is read at the price of one byte.
pub(super) fn read_units(bytes: usize, manner: Manner) -> f64 {
    bytes.div_ceil(READ_UNIT_BYTES).max(1) as f64 * manner.factor()
}

/// Of writing an item of so many bytes.
pub(super) fn write_units(bytes: usize, manner: Manner) -> f64 {
    bytes.div_ceil(WRITE_UNIT_BYTES).max(1) as f64 * manner.factor()
}

/// What an operation consumed of one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Consumed {
    pub(super) table: f64,
    pub(super) indexes: Vec<IndexConsumed>,
}

/// What it consumed of one index.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IndexConsumed {
    pub(super) name: String,
    pub(super) is_global: bool,
    pub(super) units: f64,
}

impl Consumed {
    /// Of the table alone.
    pub(super) const fn of_table(units: f64) -> Self {
        Self { table: units, indexes: Vec::new() }
    }

    /// Of a change.
    pub(super) fn of_change(table: &Table, change: &Change, manner: Manner) -> Self {
        let bytes = change.old.iter().chain(&change.new).map(|item| item.item_bytes()).max().unwrap_or(0);
        let mut consumed = Self::of_table(write_units(bytes, manner));
        for (name, index) in &change.indexes {
            let units = index_units(index, manner);
            if units > 0.0 {
                let is_global = table.indexes.get(name).is_some_and(|index| index.is_global);
                consumed.indexes.push(IndexConsumed { name: name.clone(), is_global, units });
            }
        }
        consumed
    }

    /// This and that.
    pub(super) fn add(&mut self, other: Self) {
        self.table += other.table;
        for index in other.indexes {
            match self.indexes.iter_mut().find(|known| known.name == index.name) {
                Some(known) => known.units += index.units,
                None => self.indexes.push(index),
            }
        }
    }

    /// All of it.
    pub(super) fn units(&self) -> f64 {
        self.table + self.indexes.iter().map(|index| index.units).sum::<f64>()
    }
}

/// An index is written where its projection changes: twice if the item moves to another key of it.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html (an edition of 2023-02 read 2026-11-28). Assumed: that a change in
/// place costs what the larger of both costs.
fn index_units(change: &IndexChange, manner: Manner) -> f64 {
    let of = |bytes: Option<usize>| bytes.map_or(0.0, |bytes| write_units(bytes, manner));
    match change {
        change if !change.is_written && !change.has_moved => 0.0,
        change if change.has_moved => of(change.before) + of(change.after),
        change => of(change.before).max(of(change.after)),
    }
}

/// What a client wants to hear of it: `ReturnConsumedCapacity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    None,
    Total,
    Indexes,
}

/// Whether an answer splits the units by reads and writes, as transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    None,
    Reads,
    Writes,
}

impl Told {
    /// The validator has seen the text.
    pub(super) fn of(text: Option<&str>) -> Self {
        match text {
            Some("TOTAL") => Self::Total,
            Some("INDEXES") => Self::Indexes,
            _ => Self::None,
        }
    }

    /// As clients get it, under the name by which they asked for the table.
    pub(super) fn wire(self, table: &str, consumed: &Consumed, split: Split) -> Option<ConsumedCapacity> {
        if self == Self::None {
            return None;
        }
        let units = consumed.units();
        let mut told = ConsumedCapacity {
            table_name: Some(table.to_owned()),
            capacity_units: Some(units),
            read_capacity_units: (split == Split::Reads).then_some(units),
            write_capacity_units: (split == Split::Writes).then_some(units),
            ..ConsumedCapacity::default()
        };
        if self == Self::Indexes {
            told.table = Some(capacity(consumed.table, split));
            told.local_secondary_indexes = of_indexes(consumed, false, split);
            told.global_secondary_indexes = of_indexes(consumed, true, split);
        }
        Some(told)
    }
}

impl Told {
    /// The same of several tables.
    pub(super) fn wire_all(self, all: &[(String, Consumed)], split: Split) -> Option<Vec<ConsumedCapacity>> {
        if self == Self::None {
            return None;
        }
        Some(all.iter().filter_map(|(table, consumed)| self.wire(table, consumed, split)).collect())
    }
}

fn capacity(units: f64, split: Split) -> Capacity {
    Capacity {
        capacity_units: Some(units),
        read_capacity_units: (split == Split::Reads).then_some(units),
        write_capacity_units: (split == Split::Writes).then_some(units),
    }
}

fn of_indexes(consumed: &Consumed, is_global: bool, split: Split) -> Option<BTreeMap<String, Capacity>> {
    let those = consumed.indexes.iter().filter(|index| index.is_global == is_global);
    let told: BTreeMap<_, _> =
        those.map(|index| (index.name.clone(), capacity(index.units, split))).collect();
    (!told.is_empty()).then_some(told)
}
