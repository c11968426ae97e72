//! Event revenue: a raw CSV upload becomes a typed Parquet table, and every row that does not says why.
//!
//! The rules are the table in `validate.rs`. `clean.rs` applies them; `as_taught.rs` does what the workshop's Spark job
//! does instead, to show what it loses without a word. Both give the same kind of batches, which `layout.rs` turns into
//! objects. Everything streams: memory does not grow with the file, except one bit or so per event id.

mod as_taught;
mod clean;
mod columns;
mod fields;
mod input;
mod layout;
mod reason;
mod records;
mod schema;
mod seen;
mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::str::FromStr;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::Serialize;

pub use as_taught::{AsTaught, Loss};
pub use clean::Cleaner;
pub use layout::{Layout, LayoutError, Naming, Part, PartKind, Parts};
pub use reason::Reason;
pub use schema::{OUTPUT_COLUMNS, RAW_COLUMNS, as_taught_schema, cleaned_schema};
pub use validate::{FileReason, HEAD_BYTES, check_head, check_object};

/// Rows and rejects of a batch together, at most.
pub const BATCH_ROWS_MAX: usize = 8_192;

/// Bytes of a row, line ends not counted, at most; also how far a quoted field may run.
pub const ROW_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a refused row that are kept, at most.
pub const RAW_BYTES_MAX: usize = 1024;

/// Which pipeline runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// The rules of `validate.rs`: every row is delivered as it was meant, or refused with a reason.
    #[default]
    Correct,
    /// The workshop's Spark job: casts give null, money is float32, repeats stay.
    AsTaught,
}

impl Variant {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Correct, Self::AsTaught];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::AsTaught => "as-taught",
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Not a variant's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a variant; there are correct and as-taught")]
pub struct NoSuchVariant(String);

impl FromStr for Variant {
    type Err = NoSuchVariant;

    fn from_str(text: &str) -> Result<Self, NoSuchVariant> {
        Self::ALL
            .into_iter()
            .find(|variant| variant.name() == text)
            .ok_or_else(|| NoSuchVariant(text.to_owned()))
    }
}

/// Some rows of the output, and the rows that were refused among them.
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// The rows, in the order of the input.
    pub batch: RecordBatch,
    /// What is not among them, in the order of the input.
    pub rejected: Vec<Rejected>,
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The row's place in the file, from 1. The header and empty lines are not counted.
    pub row_number: u64,
    /// The id that the row seems to have: its bytes up to the first comma, when they are an id.
    pub event_id: Option<i64>,
    /// Why.
    pub reason: Reason,
    /// The value or count that broke the rule.
    pub detail: String,
    /// The row as it came, without the line end, at most [`RAW_BYTES_MAX`] bytes; what is not UTF-8 is replaced.
    pub raw: String,
}

/// What became of the rows so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Data rows that were read: `delivered` and all of `rejected`.
    pub rows_read: u64,
    /// Rows in the output.
    pub delivered: u64,
    /// Rows that were refused, by reason.
    pub rejected: BTreeMap<Reason, u64>,
    /// What [`Variant::AsTaught`] changed without a word, by kind; one row can count several times.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub losses: BTreeMap<Loss, u64>,
}

impl Summary {
    /// Rows that were refused.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }
}

/// Why a whole file gives nothing, or nothing more.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// The file was refused before its first row.
    #[error("file refused ({code}): {0}", code = .0.code())]
    File(FileReason),
    /// The input could not be read.
    #[error("cannot read the file: {0}")]
    Read(#[from] std::io::Error),
}

impl From<FileReason> for CleanError {
    fn from(reason: FileReason) -> Self {
        Self::File(reason)
    }
}

/// The batches of one file, by either variant. Ends after the first error.
pub enum Batches<R> {
    /// By the rules.
    Correct(Cleaner<R>),
    /// As the workshop does it.
    AsTaught(AsTaught<R>),
}

impl<R: Read> Batches<R> {
    /// Reads the header of a file and is ready for its rows.
    ///
    /// Error: the file is refused, or cannot be read.
    pub fn open(variant: Variant, input: R) -> Result<Self, CleanError> {
        Ok(match variant {
            Variant::Correct => Self::Correct(Cleaner::open(input)?),
            Variant::AsTaught => Self::AsTaught(AsTaught::open(input)?),
        })
    }

    /// What became of the rows so far.
    pub fn summary(&self) -> &Summary {
        match self {
            Self::Correct(cleaner) => cleaner.summary(),
            Self::AsTaught(as_taught) => as_taught.summary(),
        }
    }

    /// The schema of every batch.
    pub fn schema(&self) -> SchemaRef {
        match self {
            Self::Correct(_) => cleaned_schema(),
            Self::AsTaught(_) => as_taught_schema(),
        }
    }
}

impl<R: Read> Iterator for Batches<R> {
    type Item = Result<Cleaned, CleanError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Correct(cleaner) => cleaner.next(),
            Self::AsTaught(as_taught) => as_taught.next(),
        }
    }
}

#[cfg(test)]
mod props;
#[cfg(test)]
mod tests;
