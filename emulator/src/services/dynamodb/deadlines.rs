//! [`Deadlines`]: when something is due, kept so that a request need not ask every table.
//!
//! A request on items can bring something nearer only in tables whose items expire, go to Kinesis or have replicas. It
//! notes those (`data/find.rs`), and they alone are asked afterwards. All else that happens, which is rare, asks everybody.

use std::collections::BTreeSet;

use wavetank_types::{Region, Timestamp};

use super::DynamoDb;
use super::table::Table;

/// What is due, as it was after the last turn.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    tables: BTreeSet<(Timestamp, Region, String)>,
    /// Of imports, and between replicas.
    others: Option<Timestamp>,
}

impl Deadlines {
    /// The first of them.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let of_tables = self.tables.first().map(|(at, ..)| *at);
        [of_tables, self.others].into_iter().flatten().min()
    }
}

impl Table {
    /// Whether a change of an item can make something due.
    pub(super) fn has_clockwork(&self) -> bool {
        self.ttl.attribute().is_some() || !self.destinations.is_empty() || self.replica.is_some()
    }

    /// When it has something to do, but for what its replicas want.
    fn next(&self) -> Option<Timestamp> {
        [self.next_change(), self.ttl.next(), self.next_of_destinations()].into_iter().flatten().min()
    }
}

impl DynamoDb {
    /// Asks everybody.
    pub(super) fn settle_all(&mut self) {
        self.deadlines.tables.clear();
        for (region, here) in &mut self.regions {
            here.touched.clear();
            for (name, table) in &mut here.tables {
                table.due = table.next();
                if let Some(at) = table.due {
                    self.deadlines.tables.insert((at, region.clone(), name.clone()));
                }
            }
        }
        self.settle_others();
    }

    fn settle_others(&mut self) {
        self.deadlines.others = [self.next_of_backups(), self.next_of_global()].into_iter().flatten().min();
    }

    /// Asks those tables of a region that a request on items may have changed.
    pub(super) fn settle_touched(&mut self, region: &Region) {
        let Some(here) = self.regions.get_mut(region) else { return };
        if here.touched.is_empty() {
            return;
        }
        let mut has_replica = false;
        for name in here.touched.drain(..) {
            let Some(table) = here.tables.get_mut(&name) else { continue };
            has_replica |= table.replica.is_some();
            let due = table.next();
            if due == table.due {
                continue;
            }
            let before = std::mem::replace(&mut table.due, due);
            let mut entry = (Timestamp::MAX, region.clone(), name);
            if let Some(at) = before {
                entry.0 = at;
                self.deadlines.tables.remove(&entry);
            }
            if let Some(at) = due {
                entry.0 = at;
                self.deadlines.tables.insert(entry);
            }
        }
        if has_replica {
            self.settle_others();
        }
    }
}
