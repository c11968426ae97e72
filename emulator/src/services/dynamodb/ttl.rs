//! [`TimeToLive`]: items that go away by themselves at the instant that one of their attributes says.
//!
//! Time: an expired item stays readable until the next sweep, and sweeps lie on a grid of [`SWEEP_EVERY`]. AWS says "within a
//! few days"; the grid is assumed. Nothing is due for a table none of whose items expires.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html (an edition of 2023-02 read 2026-11-28): seconds since 1970 as a
//! number; other types and what lies five years back or more are left alone.

use std::collections::BTreeSet;
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use super::DynamoDb;
use super::data;
use super::error::DynamoError;
use super::table::{Change, Origin, Range, RowKey, Table};
use super::tables::TableError;
use super::tables::limits::TRANSITION;
use super::value::{AttributeValue, Packed};
use crate::world::Cx;

/// Between two sweeps, in seconds. Assumed.
const SWEEP_EVERY: i64 = 600;
/// What is as old as this is taken for a mistake, in seconds: five years.
const AGE_MAX: i64 = 5 * 365 * 86_400;
/// The last second of the year 9999; what lies beyond never comes.
const NEVER: i64 = 253_402_300_799;
/// How soon the setting may change again. Documented: the service model's text.
const CHANGE_EVERY: Duration = Duration::from_secs(3_600);

/// The setting, and which items it concerns.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeToLive {
    /// While it is enabled.
    attribute: Option<String>,
    changed: Option<Timestamp>,
    /// The seconds at which items expire, and which these are.
    expiries: BTreeSet<(i64, RowKey)>,
    /// No sweep before this.
    not_before: Option<Timestamp>,
}

/// The first sweep after this second.
fn sweep_after(secs: i64) -> Timestamp {
    Timestamp::from_secs((secs.div_euclid(SWEEP_EVERY) + 1) * SWEEP_EVERY)
}

impl TimeToLive {
    /// The attribute, while it is enabled.
    pub(crate) fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }

    fn expiry(&self, item: Option<&Packed>) -> Option<i64> {
        match item?.attribute(self.attribute.as_deref()?)? {
            AttributeValue::N(number) => number.as_i64().filter(|secs| *secs <= NEVER),
            _ => None,
        }
    }

    /// Follows a change of an item.
    pub(crate) fn follow(&mut self, change: &Change, now: Timestamp) {
        if self.attribute.is_none() {
            return;
        }
        let (old, new) = (self.expiry(change.old.as_ref()), self.expiry(change.new.as_ref()));
        if old == new {
            return;
        }
        let row = change.key.row();
        if let Some(old) = old {
            self.expiries.remove(&(old, row.clone()));
        }
        if let Some(new) = new {
            self.add(new, row, now);
        }
    }

    fn add(&mut self, expiry: i64, row: RowKey, now: Timestamp) {
        let age = now.secs() - expiry;
        if age >= AGE_MAX {
            return;
        }
        if age > 0 {
            let next = sweep_after(now.secs());
            self.not_before = Some(self.not_before.map_or(next, |at| at.max(next)));
        }
        self.expiries.insert((expiry, row));
    }

    /// When the next sweep finds something.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let first = self.expiries.first()?.0;
        let at = sweep_after(first);
        Some(self.not_before.map_or(at, |not_before| at.max(not_before)))
    }

    /// `ENABLED` and the like.
    fn status(&self, now: Timestamp) -> &'static str {
        let is_changing = self.changed.is_some_and(|at| now < at + TRANSITION);
        match (self.attribute.is_some(), is_changing) {
            (true, true) => "ENABLING",
            (true, false) => "ENABLED",
            (false, true) => "DISABLING",
            (false, false) => "DISABLED",
        }
    }

    /// As DescribeTimeToLive shows it.
    pub(crate) fn description(&self, now: Timestamp) -> w::TimeToLiveDescription {
        w::TimeToLiveDescription {
            time_to_live_status: Some(self.status(now).to_owned()),
            attribute_name: self.attribute.clone(),
        }
    }

    /// Refuses a change that AWS refuses.
    ///
    /// Recorded: moto (github.com/getmoto/moto, `tests/test_dynamodb`) for what is so already; seen in the wild, often, for
    /// the others.
    fn check(&self, wanted: &w::TimeToLiveSpecification, now: Timestamp) -> Result<(), TableError> {
        let refuse = |why: String| Err(TableError::Request(why));
        if wanted.attribute_name.is_empty() {
            return refuse("TimeToLiveSpecification.AttributeName must not be empty".to_owned());
        }
        match (&self.attribute, wanted.enabled) {
            (Some(_), true) => return refuse("TimeToLive is already enabled".to_owned()),
            (None, false) => return refuse("TimeToLive is already disabled".to_owned()),
            (Some(current), false) if *current != wanted.attribute_name => {
                return refuse(format!(
                    "TimeToLive is active on a different AttributeName: current AttributeName is {current}"
                ));
            }
            _ => {}
        }
        if self.changed.is_some_and(|at| now.since(at) < CHANGE_EVERY) {
            return refuse(
                "Time to live has been modified multiple times within a fixed interval".to_owned(),
            );
        }
        Ok(())
    }
}

impl Table {
    /// Sets which attribute says when items expire, or none, and looks at all items.
    pub(crate) fn set_ttl(&mut self, attribute: Option<String>, now: Timestamp) {
        let mut ttl = TimeToLive {
            attribute,
            changed: Some(now),
            expiries: BTreeSet::new(),
            not_before: Some(sweep_after(now.secs())),
        };
        if ttl.attribute.is_some() {
            for (row, item) in self.rows.range(&Range::ALL, true) {
                if let Some(expiry) = ttl.expiry(Some(item)) {
                    ttl.add(expiry, row.clone(), now);
                }
            }
        }
        self.ttl = ttl;
    }

    /// Deletes items whose time has come, if it is time for a sweep.
    pub(crate) fn sweep(&mut self, cx: &mut Cx<'_>) {
        if self.ttl.next().is_none_or(|at| at > cx.now) {
            return;
        }
        let is_over = |entry: &&(i64, RowKey)| entry.0 < cx.now.secs();
        let expired: Vec<RowKey> =
            self.ttl.expiries.iter().take_while(is_over).map(|(_, row)| row.clone()).collect();
        let mut deleted = 0;
        for row in expired {
            if let Some(key) = self.rows.get(&row).and_then(|item| self.keys.of_item(item).ok()) {
                self.change(cx, key, None, Origin::TimeToLive);
                deleted += 1;
            }
        }
        if deleted > 0 {
            data::expired(cx, &self.name, deleted);
        }
        self.ttl.not_before = Some(sweep_after(cx.now.secs()));
    }
}

impl DynamoDb {
    pub(crate) fn update_time_to_live(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateTimeToLiveInput,
    ) -> Result<w::UpdateTimeToLiveOutput, DynamoError> {
        let table = self.here(cx).described_mut(cx, &input.table_name)?;
        table.need_active()?;
        let wanted = input.time_to_live_specification;
        table.ttl.check(&wanted, cx.now)?;
        table.set_ttl(wanted.enabled.then(|| wanted.attribute_name.clone()), cx.now);
        Ok(w::UpdateTimeToLiveOutput { time_to_live_specification: Some(wanted) })
    }

    pub(super) fn describe_time_to_live(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DescribeTimeToLiveInput,
    ) -> Result<w::DescribeTimeToLiveOutput, DynamoError> {
        let table = self.here(cx).described(cx, &input.table_name)?;
        Ok(w::DescribeTimeToLiveOutput { time_to_live_description: Some(table.ttl.description(cx.now)) })
    }
}
