//! [`History`]: what a table's items were, back to the start of its recovery period.
//!
//! A log of what each change replaced, newest last: undone from its end, the table is what it was. It shares the items with
//! the table and holds nothing while point-in-time recovery is off.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use wavetank_types::Timestamp;

use crate::services::dynamodb::table::{Change, Key, RowKey, Rows};
use crate::services::dynamodb::value::Packed;

/// A day.
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// Days that a table can be recovered, unless fewer are asked for. Documented: the service model.
pub(crate) const RECOVERY_DAYS_MAX: i64 = 35;

/// What a change replaced.
#[derive(Clone, Debug)]
struct Undo {
    at: Timestamp,
    key: Key,
    old: Option<Packed>,
}

/// The changes of a recovery period, if they are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    recovery: Option<Recovery>,
    changes: VecDeque<Undo>,
}

/// That point-in-time recovery is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recovery {
    pub(crate) since: Timestamp,
    pub(crate) days: i64,
}

/// What became of an item over some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) key: Key,
    /// When it was changed last.
    pub(crate) at: Timestamp,
    pub(crate) old: Option<Packed>,
    pub(crate) new: Option<Packed>,
}

impl History {
    /// Whether changes are kept, since when and for how long.
    pub(crate) const fn recovery(&self) -> Option<Recovery> {
        self.recovery
    }

    /// Begins to keep changes, or keeps them for another number of days. What is older than that is forgotten.
    pub(crate) fn enable(&mut self, now: Timestamp, days: i64) {
        // What a shorter period has forgotten does not come back with a longer one.
        let since = self.earliest(now).unwrap_or(now);
        self.recovery = Some(Recovery { since, days });
        self.trim(now);
    }

    /// Forgets everything, and keeps nothing from now on.
    pub(crate) fn disable(&mut self) {
        *self = Self::default();
    }

    /// The first instant that can be restored; none while nothing is kept. The last one is now: AWS is some five minutes
    /// behind, which would keep a tank's user waiting for nothing.
    pub(crate) fn earliest(&self, now: Timestamp) -> Option<Timestamp> {
        let Recovery { since, days } = self.recovery?;
        Some(since.max(now - span(days)))
    }

    /// Hears of a change.
    pub(crate) fn note(&mut self, now: Timestamp, change: &Change) {
        if self.recovery.is_some() {
            self.trim(now);
            self.changes.push_back(Undo { at: now, key: change.key.clone(), old: change.old.clone() });
        }
    }

    /// What happened at the first instant that can be restored belongs to it, and is never undone.
    fn trim(&mut self, now: Timestamp) {
        let Some(earliest) = self.earliest(now) else { return };
        while self.changes.front().is_some_and(|undo| undo.at <= earliest) {
            self.changes.pop_front();
        }
    }

    /// The items as they were after all that happened up to `at`, given what they are.
    pub(crate) fn rows_at(&self, rows: &Rows, at: Timestamp) -> Rows {
        let mut rows = rows.clone();
        for undo in self.after(at) {
            rows.set(undo.key.row(), undo.old.clone());
        }
        rows
    }

    /// What became of each item after `from` and up to `to`, in the order of the rows. Those that are as they were are not
    /// among them.
    pub(crate) fn between(&self, rows: &Rows, from: Timestamp, to: Timestamp) -> Vec<Difference> {
        let at_end = self.rows_at(rows, to);
        let mut differences: BTreeMap<RowKey, Difference> = BTreeMap::new();
        for undo in self.after(from).filter(|undo| undo.at <= to) {
            let row = undo.key.row();
            let new = at_end.get(&row).cloned();
            let difference = differences.entry(row).or_insert_with(|| Difference {
                key: undo.key.clone(),
                at: undo.at,
                old: None,
                new,
            });
            difference.old.clone_from(&undo.old);
        }
        differences.into_values().filter(|difference| difference.old != difference.new).collect()
    }

    /// Changes that happened later than this, the newest first.
    fn after(&self, at: Timestamp) -> impl Iterator<Item = &Undo> {
        self.changes.iter().rev().take_while(move |undo| undo.at > at)
    }
}

/// So many days.
pub(crate) fn span(days: i64) -> Duration {
    DAY.saturating_mul(u32::try_from(days).unwrap_or_default())
}
