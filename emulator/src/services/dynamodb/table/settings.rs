//! [`Settings`]: what a table is set to, and how far its changes have come. Items are elsewhere.
//!
//! Time: each state but ACTIVE ends at an instant. [`Table::next_change`] says when, [`Table::come_to`] does it.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::Timestamp;

use super::{Index, Table};
use crate::services::dynamodb::value::Type;

/// State of a table or a global index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    Creating,
    Updating,
    Deleting,
    #[default]
    Active,
}

impl Status {
    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Active => "ACTIVE",
        }
    }
}

/// A state and when it ends; ACTIVE has no end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) status: Status,
    pub(crate) until: Option<Timestamp>,
}

impl Life {
    /// In this state up to an instant.
    pub(crate) const fn until(status: Status, at: Timestamp) -> Self {
        Self { status, until: Some(at) }
    }

    /// Whether it ends now.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|at| at <= now)
    }
}

/// Who pays for throughput, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BillingMode {
    #[default]
    Provisioned,
    PayPerRequest,
}

impl BillingMode {
    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "PROVISIONED",
            Self::PayPerRequest => "PAY_PER_REQUEST",
        }
    }
}

/// Units each second; zeros for a table that is paid by request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Units {
    pub(crate) read: i64,
    pub(crate) write: i64,
}

/// Provisioned throughput of a table or global index, and what has become of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Throughput {
    pub(crate) units: Units,
    pub(crate) last_increase: Option<Timestamp>,
    pub(crate) last_decrease: Option<Timestamp>,
    /// When it was decreased on the UTC day of the last decrease.
    pub(crate) decreases: Vec<Timestamp>,
    /// What it becomes when UPDATING ends.
    pub(crate) next: Option<Units>,
    /// The most that it ever was: an on-demand table is not slower than it was before.
    pub(crate) highest: Units,
}

impl Throughput {
    /// This much, unchanged so far.
    pub(crate) fn of(units: Units) -> Self {
        Self { units, highest: units, ..Self::default() }
    }

    /// Becomes other units when UPDATING ends.
    pub(crate) fn begin(&mut self, units: Units, now: Timestamp) {
        if units.read > self.units.read || units.write > self.units.write {
            self.last_increase = Some(now);
        }
        if self.is_decrease(units) {
            self.last_decrease = Some(now);
        }
        self.next = Some(units);
    }

    /// Whether other units are fewer in one of two ways.
    pub(crate) fn is_decrease(&self, units: Units) -> bool {
        units.read < self.units.read || units.write < self.units.write
    }

    /// UPDATING ends.
    fn finish(&mut self, now: Timestamp) {
        let Some(units) = self.next.take() else { return };
        if units.read > self.units.read || units.write > self.units.write {
            self.last_increase = Some(now);
        }
        if self.is_decrease(units) {
            self.last_decrease = Some(now);
            self.decreases.retain(|at| day(*at) == day(now));
            self.decreases.push(now);
        }
        self.units = units;
        self.highest.read = self.highest.read.max(units.read);
        self.highest.write = self.highest.write.max(units.write);
    }

    /// How often it was decreased on the UTC day of an instant.
    pub(crate) fn decreases_on(&self, today: Timestamp) -> usize {
        self.decreases.iter().filter(|at| day(**at) == day(today)).count()
    }
}

/// Limits of a table or index that is paid by request, in units each second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OnDemandMax {
    pub(crate) read: Option<i64>,
    pub(crate) write: Option<i64>,
}

/// What a global index has beyond its rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct GlobalSettings {
    pub(crate) life: Life,
    /// While it is created on a table that has items: whether it is being filled.
    pub(crate) backfilling: Option<bool>,
    /// The index while it is not among the table's, because its filling has not begun.
    pub(crate) pending: Option<Box<Index>>,
    pub(crate) throughput: Throughput,
    pub(crate) on_demand: OnDemandMax,
    pub(crate) warm: Option<Units>,
}

/// A resource policy: stored, not enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) document: String,
    pub(crate) revision: String,
}

/// Contributor insights of a table or index: stored, not measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insights {
    pub(crate) is_enabled: bool,
    pub(crate) mode: Option<String>,
    pub(crate) changed: Timestamp,
}

/// What a table is set to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) arn: String,
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) life: Life,
    /// Types of key attributes, in the order of the request.
    pub(crate) definitions: Vec<(String, Type)>,
    pub(crate) billing: BillingMode,
    /// Whether BillingMode was ever said: AWS shows it only then.
    pub(crate) shows_billing: bool,
    pub(crate) last_to_on_demand: Option<Timestamp>,
    pub(crate) throughput: Throughput,
    pub(crate) on_demand: OnDemandMax,
    pub(crate) warm: Option<Units>,
    /// Of global indexes, by name.
    pub(crate) indexes: BTreeMap<String, GlobalSettings>,
    pub(crate) class: Option<String>,
    /// When it changed, within a month.
    pub(crate) class_updates: Vec<Timestamp>,
    pub(crate) is_protected: bool,
    /// The key of a table that is encrypted with a key of the account's own or of the service's.
    pub(crate) key_arn: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<Policy>,
    /// Switches to on-demand, within a day.
    pub(crate) switches: Vec<Timestamp>,
    /// What is stored of contributor insights: of the table, and of indexes by name.
    pub(crate) insights: BTreeMap<Option<String>, Insights>,
    /// Label and ARN of the last stream, enabled or not.
    pub(crate) latest_stream: Option<(String, String)>,
}

/// Which UTC day an instant lies in.
pub(crate) fn day(at: Timestamp) -> i64 {
    at.secs().div_euclid(86_400)
}

/// How long an index is filled for each item of its table. Assumed.
const BACKFILL_PER_ITEM: Duration = Duration::from_micros(10);
/// Shortest time of filling an index. Assumed.
const BACKFILL_MIN: Duration = Duration::from_millis(500);

impl Table {
    /// Drops types of attributes that are no key any more.
    pub(crate) fn prune_definitions(&mut self) {
        let pending = self.settings.indexes.values().filter_map(|index| index.pending.as_deref());
        let indexes = self.indexes.values().chain(pending).map(|index| &index.keys);
        let used: Vec<String> = std::iter::once(&self.keys)
            .chain(indexes)
            .flat_map(|keys| keys.attributes().map(|attribute| attribute.name.clone()))
            .collect();
        self.settings.definitions.retain(|(name, _)| used.contains(name));
    }

    /// When something of its state ends.
    pub(crate) fn next_change(&self) -> Option<Timestamp> {
        let indexes = self.settings.indexes.values().filter_map(|index| index.life.until);
        indexes.chain(self.settings.life.until).min()
    }

    /// Ends the states whose time is over. Whether the table itself is gone.
    #[must_use]
    pub(crate) fn come_to(&mut self, now: Timestamp) -> bool {
        let over: Vec<String> = (self.settings.indexes.iter())
            .filter(|(_, index)| index.life.is_over(now))
            .map(|(name, _)| name.clone())
            .collect();
        for name in over {
            self.move_index_on(&name, now);
        }
        let life = self.settings.life;
        if !life.is_over(now) {
            return false;
        }
        if life.status == Status::Creating && self.settings.billing == BillingMode::PayPerRequest {
            self.settings.last_to_on_demand = Some(self.settings.created);
        }
        self.settings.throughput.finish(now);
        self.settings.life = Life::default();
        if let Some(stream) = &mut self.stream {
            stream.grow(&self.settings, now);
        }
        life.status == Status::Deleting
    }

    /// A global index comes to its next state: allocated, filled, ACTIVE; or it is gone.
    fn move_index_on(&mut self, name: &str, now: Timestamp) {
        let Some(settings) = self.settings.indexes.get_mut(name) else { return };
        if let Some(index) = settings.pending.take() {
            let items = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            settings.backfilling = Some(true);
            settings.life = Life::until(
                Status::Creating,
                now + BACKFILL_MIN.max(BACKFILL_PER_ITEM.saturating_mul(items)),
            );
            self.add_index(*index);
        } else if settings.life.status == Status::Deleting {
            self.settings.indexes.remove(name);
            self.indexes.remove(name);
            self.prune_definitions();
        } else {
            settings.backfilling = None;
            settings.throughput.finish(now);
            settings.life = Life::default();
        }
    }
}
