//! What queries over the cleaned table must answer: counts and exact sums of the rows that must be delivered.
//!
//! One pass over the truth, in memory that does not grow with the rows. Money is whole hundredths, never a float.
//! `group_by` answers any other question in its own pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;

use chrono::{Datelike, NaiveDate};
use serde::{Serialize, Serializer};

use super::EventRevenue;
use super::record::Record;
use super::rows::Row;
use super::truth::{Counts, Expected};
use crate::defects::Defect;
use crate::table::Table;
use crate::write::in_order;

/// Events kept of each currency, highest revenue first.
pub const TOP_MAX: usize = 100;

/// An exact amount in hundredths of its currency. Prints with two decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cents(pub i128);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", amount / 100, amount % 100)
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Sums over the delivered rows of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Rows: `count(*)`.
    pub events: u64,
    /// Rows with a participant count: `count(participant_count)`.
    pub with_participants: u64,
    /// `sum(participant_count)`.
    pub participants: u64,
    /// Rows with revenue, zero included: `count(ticket_revenue)`.
    pub with_revenue: u64,
    /// `sum(ticket_revenue)`, taking null as zero.
    pub revenue: Cents,
}

impl Group {
    fn add(&mut self, record: &Record) {
        self.events += 1;
        if let Some(count) = record.participant_count {
            self.with_participants += 1;
            self.participants += u64::from(count.unsigned_abs());
        }
        if let Some(cents) = record.revenue_cents {
            self.with_revenue += 1;
            self.revenue.0 += i128::from(cents);
        }
    }

    /// Adds another group's sums.
    pub fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.with_participants += other.with_participants;
        self.participants += other.participants;
        self.with_revenue += other.with_revenue;
        self.revenue.0 += other.revenue.0;
    }
}

/// A month of the calendar. Prints as `2024-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    /// The month of a day since 1970-01-01.
    pub fn of_day(day: i32) -> Self {
        let date = NaiveDate::from_epoch_days(day).expect("generated days are in the calendar");
        Self { year: date.year(), month: date.month() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// One of the events with the highest revenue of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopEvent {
    /// The event.
    pub event_id: i64,
    /// Its name.
    pub event_name: String,
    /// What it brought in.
    pub revenue: Cents,
}

/// Revenue, highest first, then the id.
type Rank = (std::cmp::Reverse<i64>, i64);
type Groups<K> = BTreeMap<K, Group>;

/// Counts of all rows, and sums of those that must be delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oracle {
    /// Rows by fate and by defect.
    pub counts: Counts,
    /// The whole table.
    pub total: Group,
    /// By currency.
    pub by_currency: Groups<&'static str>,
    /// By event type and currency.
    pub by_type: Groups<(&'static str, &'static str)>,
    /// By country, city and currency.
    pub by_place: Groups<(&'static str, &'static str, &'static str)>,
    /// By month of the event and currency.
    pub by_month: Groups<(Month, &'static str)>,
    /// By sales channel and currency.
    pub by_channel: Groups<(&'static str, &'static str)>,
    /// By organizer and currency.
    pub by_organizer: Groups<(&'static str, &'static str)>,
    /// By status and currency.
    pub by_status: Groups<(&'static str, &'static str)>,
    top: BTreeMap<&'static str, BTreeSet<Rank>>,
    names: BTreeMap<i64, super::EventName>,
}

impl Oracle {
    /// Sums a whole file, by chunks on as many threads. The answer does not depend on their number.
    pub fn of(profile: &EventRevenue, threads: NonZeroUsize) -> Self {
        let mut total = Self::default();
        let of_chunk = |chunk| {
            let mut part = Self::default();
            profile.rows_of(chunk).for_each(|row| part.add(&row));
            part
        };
        let merged: Result<(), std::convert::Infallible> =
            in_order(threads, profile.chunks(), of_chunk, |part| {
                total.merge(part);
                Ok(())
            });
        merged.unwrap_or_else(|never| match never {});
        for (defect, is_set) in [(Defect::Bom, profile.defects().bom), (Defect::Crlf, profile.defects().crlf)]
        {
            if is_set {
                total.counts.defects.insert(defect, 1);
            }
        }
        total
    }

    /// Adds one row of the truth.
    pub fn add(&mut self, row: &Row) {
        self.counts.add(row);
        if row.expected() != Expected::Delivered {
            return;
        }
        let record = &row.record;
        let currency = record.place.currency;
        let place = (record.place.country, record.place.city, currency);
        let month = (Month::of_day(record.event_day), currency);
        self.total.add(record);
        self.by_currency.entry(currency).or_default().add(record);
        self.by_place.entry(place).or_default().add(record);
        self.by_month.entry(month).or_default().add(record);
        for (groups, key) in [
            (&mut self.by_type, record.event_type),
            (&mut self.by_channel, record.sales_channel),
            (&mut self.by_organizer, record.organizer),
            (&mut self.by_status, record.status()),
        ] {
            groups.entry((key, currency)).or_default().add(record);
        }
        if let Some(cents) = record.revenue_cents {
            self.keep_top(currency, (std::cmp::Reverse(cents), record.event_id), record.name);
        }
    }

    /// Adds the sums of other rows.
    pub fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        self.total.merge(&other.total);
        merge(&mut self.by_currency, other.by_currency);
        merge(&mut self.by_type, other.by_type);
        merge(&mut self.by_place, other.by_place);
        merge(&mut self.by_month, other.by_month);
        merge(&mut self.by_channel, other.by_channel);
        merge(&mut self.by_organizer, other.by_organizer);
        merge(&mut self.by_status, other.by_status);
        for (currency, ranks) in other.top {
            for rank in ranks {
                if let Some(name) = other.names.get(&rank.1) {
                    self.keep_top(currency, rank, *name);
                }
            }
        }
    }

    /// The events with the highest revenue of a currency, highest first, equal ones by id; at most [`TOP_MAX`].
    pub fn top(&self, currency: &str) -> Vec<TopEvent> {
        let ranks = self.top.get(currency).into_iter().flatten();
        ranks
            .map(|(revenue, event_id)| TopEvent {
                event_id: *event_id,
                event_name: self.names[event_id].to_string(),
                revenue: Cents(i128::from(revenue.0)),
            })
            .collect()
    }

    fn keep_top(&mut self, currency: &'static str, rank: Rank, name: super::EventName) {
        let top = self.top.entry(currency).or_default();
        if top.len() == TOP_MAX && top.last().is_some_and(|last| *last < rank) {
            return;
        }
        top.insert(rank);
        self.names.insert(rank.1, name);
        if top.len() > TOP_MAX
            && let Some((_, dropped)) = top.pop_last()
        {
            self.names.remove(&dropped);
        }
    }

    /// The groupings as tables with named columns, for printing and for the truth file.
    pub fn tables(&self) -> Vec<OracleTable> {
        let pair = |name, key, groups: &Groups<(&str, &str)>| {
            let keys = vec![key, "currency"];
            OracleTable::new(name, keys, groups, |(a, b)| vec![(*a).into(), (*b).into()])
        };
        vec![
            OracleTable::new("by_currency", vec!["currency"], &self.by_currency, |currency| {
                vec![(*currency).into()]
            }),
            pair("by_type", "event_type", &self.by_type),
            OracleTable::new("by_place", vec!["country", "city", "currency"], &self.by_place, |(a, b, c)| {
                vec![(*a).into(), (*b).into(), (*c).into()]
            }),
            OracleTable::new("by_month", vec!["month", "currency"], &self.by_month, |(a, b)| {
                vec![a.to_string(), (*b).into()]
            }),
            pair("by_channel", "sales_channel", &self.by_channel),
            pair("by_organizer", "organizer", &self.by_organizer),
            pair("by_status", "status", &self.by_status),
        ]
    }
}

impl EventRevenue {
    /// Sums the rows that must be delivered by any key of a record, in one pass over the truth.
    pub fn group_by<K: Ord>(&self, key: impl Fn(&Record) -> K) -> BTreeMap<K, Group> {
        let mut groups = BTreeMap::<K, Group>::new();
        let delivered = self.rows().filter(|row| row.expected() == Expected::Delivered);
        for row in delivered {
            groups.entry(key(&row.record)).or_default().add(&row.record);
        }
        groups
    }
}

/// One grouping as a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OracleTable {
    /// Which grouping.
    pub name: &'static str,
    /// The columns of the key.
    pub keys: Vec<&'static str>,
    /// One per group, in the order of the key.
    pub rows: Vec<OracleRow>,
}

/// One group of a grouping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OracleRow {
    /// The values of the key's columns.
    pub key: Vec<String>,
    /// The sums.
    #[serde(flatten)]
    pub sums: Group,
}

impl OracleTable {
    fn new<K>(
        name: &'static str,
        keys: Vec<&'static str>,
        groups: &Groups<K>,
        text: impl Fn(&K) -> Vec<String>,
    ) -> Self {
        let rows = groups.iter().map(|(key, sums)| OracleRow { key: text(key), sums: *sums }).collect();
        Self { name, keys, rows }
    }
}

fn merge<K: Ord>(into: &mut Groups<K>, from: Groups<K>) {
    for (key, group) in from {
        into.entry(key).or_default().merge(&group);
    }
}
