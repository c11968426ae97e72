//! What must become of each row, from the generator's own values, and the counts of it.
//!
//! Nothing here reads the generated file or asks the pipeline. Reasons are the codes that `wavetank-transforms` gives;
//! the two crates share the words and not the code.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rows::{Row, Shape};
use crate::defects::Defect;

/// What must become of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// It is in the cleaned table.
    Delivered,
    /// It is refused for this reason.
    Rejected(&'static str),
}

impl Expected {
    /// The reason, if the row must be refused.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Delivered => None,
            Self::Rejected(reason) => Some(reason),
        }
    }

    pub(super) fn of_shape(shape: Shape) -> Self {
        match shape {
            Shape::Plain | Shape::Twisted(_) => Self::Delivered,
            Shape::Truncated { .. } => Self::Rejected("wrong-field-count"),
            Shape::OpenQuote => Self::Rejected("unterminated-quote"),
            Shape::ExtraField => Self::Rejected("extra-column"),
            Shape::WrongType { column, .. } => Self::Rejected(match column {
                0 => "bad-event-id",
                3 => "bad-date",
                7 => "bad-participant-count",
                8 => "bad-revenue",
                11 => "bad-created-at",
                _ => "bad-updated-at",
            }),
        }
    }
}

/// How many rows there are of each fate and of each defect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Data rows in the file.
    pub rows: u64,
    /// Rows that must be delivered.
    pub delivered: u64,
    /// Rows that must be refused, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Rows by defect; `bom` and `crlf` count files.
    pub defects: BTreeMap<Defect, u64>,
}

impl Counts {
    /// Rows that must be refused.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    pub(super) fn add(&mut self, row: &Row) {
        self.rows += 1;
        match row.expected() {
            Expected::Delivered => self.delivered += 1,
            Expected::Rejected(reason) => *self.rejected.entry(reason).or_default() += 1,
        }
        if let Some(defect) = row.defect() {
            *self.defects.entry(defect).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.delivered += other.delivered;
        for (reason, count) in other.rejected {
            *self.rejected.entry(reason).or_default() += count;
        }
        for (defect, count) in other.defects {
            *self.defects.entry(defect).or_default() += count;
        }
    }
}
