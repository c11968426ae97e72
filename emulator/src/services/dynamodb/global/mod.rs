//! Global tables, version 2019.11.21: a table with replicas in several regions, each of which may be written.
//!
//! Multi-Region strong consistency is refused by name; the legacy version 2017.11.29 as AWS refuses it. A transaction is
//! atomic in its own region only: its writes arrive elsewhere one by one. Time: see `replica.rs` for the lag; a fault rule on
//! `dynamodb`/`Replicate`, or on a whole region, delays or cuts replication, and what waits catches up.
//! Start with `replica.rs`, then `group.rs` (who is in a global table, and what time does), `update.rs` and `shared.rs` (the operations).

mod error;
mod group;
pub(super) mod legacy;
#[cfg(test)]
mod props;
mod replica;
mod shared;
#[cfg(test)]
mod tests;
mod update;

use std::collections::BTreeMap;

use wavetank_types::{Region, Timestamp};

pub(crate) use error::GlobalError;
pub(crate) use group::Group;
pub(crate) use replica::{Conflict, Replica};

/// The global tables of an account.
#[derive(Debug, Default)]
pub(crate) struct Global {
    /// By a number of their own: two of the same name can live in different regions.
    groups: BTreeMap<u64, Group>,
}

impl Global {
    /// The global table that a region's table is part of.
    pub(crate) fn of(&self, region: &Region, table: &str) -> Option<&Group> {
        self.groups.values().find(|group| group.has(region, table))
    }

    fn of_mut(&mut self, region: &Region, table: &str) -> Option<&mut Group> {
        self.groups.values_mut().find(|group| group.has(region, table))
    }
}
