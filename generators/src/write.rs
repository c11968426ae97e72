//! Writes a profile into any `io::Write` as CSV, NDJSON or Parquet, on any number of threads, with the same bytes.
//!
//! Workers make chunks, the caller's thread writes them in order; a worker is at most two chunks ahead, so memory is
//! bounded by the threads and not by the rows. Left out: opening files.

mod csv;
mod ndjson;
mod ordered;
mod parquet;

use std::fmt;
use std::io::Write;
use std::num::NonZeroUsize;
use std::str::FromStr;

use crate::table::{FileStyle, Table};

pub(crate) use self::ordered::in_order;
pub(crate) use self::parquet::write_batches;

/// What a file is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header; quotes only where needed.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Parquet with Snappy; every column is text.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Ndjson, Self::Parquet];

    /// The name, which is also the file's extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// The format that a file name's extension says.
    pub fn of_path(path: &str) -> Option<Self> {
        path.rsplit_once('.').and_then(|(_, extension)| extension.parse().ok())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = WriteError;

    fn from_str(text: &str) -> Result<Self, WriteError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| WriteError::NoSuchFormat(text.to_owned()))
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Data rows.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The writer refused.
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
    /// The Parquet encoder refused.
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// Only lines of text can be broken.
    #[error("malformed, extra-column, bom and crlf are defects of CSV; {0} cannot have them")]
    DefectNeedsCsv(Format),
    /// Not a format.
    #[error("`{0}` is not a format; there are csv, ndjson and parquet")]
    NoSuchFormat(String),
}

/// Writes a whole table. `threads` changes the time it takes and nothing else.
///
/// Error: the writer refuses, or the table has defects that the format cannot show. What was written before the error stays.
pub fn write(
    table: &dyn Table,
    format: Format,
    threads: NonZeroUsize,
    mut out: impl Write + Send,
) -> Result<Written, WriteError> {
    if format != Format::Csv && table.file_style() != FileStyle::default() {
        return Err(WriteError::DefectNeedsCsv(format));
    }
    match format {
        Format::Csv => {
            let header = csv::header(table);
            write_lines(table, threads, &header, csv::lines, &mut out)
        }
        Format::Ndjson => write_lines(table, threads, &[], ndjson::lines, &mut out),
        Format::Parquet => {
            let schema = crate::table::schema(table.columns());
            let make = |index| table.chunk(index).batch;
            write_batches(schema, threads, table.chunks(), make, out)
        }
    }
}

/// Writes a header and the lines of every chunk in order.
fn write_lines(
    table: &dyn Table,
    threads: NonZeroUsize,
    header: &[u8],
    lines: fn(&dyn Table, u64) -> Lines,
    out: &mut dyn Write,
) -> Result<Written, WriteError> {
    out.write_all(header)?;
    let mut written = Written { rows: 0, bytes: header.len() as u64 };
    let make = |index| lines(table, index);
    in_order(threads, table.chunks(), make, |lines| {
        out.write_all(&lines.bytes)?;
        written.rows += lines.rows as u64;
        written.bytes += lines.bytes.len() as u64;
        Ok::<(), WriteError>(())
    })?;
    out.flush()?;
    Ok(written)
}

/// One chunk as text.
struct Lines {
    rows: usize,
    bytes: Vec<u8>,
}

#[cfg(test)]
mod tests;
