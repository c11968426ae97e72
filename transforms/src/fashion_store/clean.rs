//! The clean job: the landing zone's CSV and JSON lines become typed Parquet, and what does not says why.
//!
//! `clicks.rs` has the clickstream, `tables.rs` users, orders and details, `products.rs` the catalogue with its dirt, `values.rs`
//! how one value is read, `file.rs` how rows become a Parquet file. Everything streams, an object at a time; of the clicks
//! only their ids are kept, to keep each once.

pub mod clicks;
mod file;
pub mod products;
pub mod tables;
mod values;

use serde::Serialize;

pub use clicks::{Clicks, clicks_schema};
pub use file::FileError;
pub use tables::{Table, clean};

use super::Reason;

/// Bytes of a refused line that are kept, at most.
const RAW_BYTES_MAX: usize = 1_024;

/// A line that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The object.
    pub object: String,
    /// The line's place in it, from 1; of a CSV file the row's, its header not counted.
    pub line: u64,
    /// The id that the line seems to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<i64>,
    /// Why.
    pub reason: Reason,
    /// The value that broke the rule.
    pub detail: String,
    /// The line as it came, at most 1,024 bytes; what is not UTF-8 is replaced.
    pub raw: String,
}

impl Rejected {
    fn new(object: &str, line: u64, reason: Reason, detail: &str, raw: &[u8]) -> Self {
        let raw = &raw[..raw.len().min(RAW_BYTES_MAX)];
        Self {
            object: object.to_owned(),
            line,
            event_id: None,
            reason,
            detail: detail.to_owned(),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }
}

/// Refusals as lines of JSON.
pub fn ndjson(rejected: &[Rejected]) -> Vec<u8> {
    let mut lines = Vec::new();
    for rejected in rejected {
        // Strings and numbers: they have a form in JSON, and a Vec takes it.
        let _ = serde_json::to_writer(&mut lines, rejected);
        lines.push(b'\n');
    }
    lines
}
