//! Writes a profile into any `io::Write` as CSV, NDJSON, Parquet or PostgreSQL's COPY text, on any number of threads, with the same bytes.
//!
//! Workers make chunks, the caller's thread writes them in order; a worker is at most two chunks ahead, so memory is
//! bounded by the threads and not by the rows. Left out: opening files.

mod copy;
mod csv;
mod ndjson;
mod ordered;
mod parquet;

use std::fmt;
use std::io::Write;
use std::num::NonZeroUsize;
use std::str::FromStr;

use arrow::array::AsArray as _;

use crate::table::{Chunk, FileStyle, Piece, Rows, Table};

pub(crate) use self::ordered::{in_order, in_turn};
pub(crate) use self::parquet::{Writer, write_batches};

/// What a file is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header; quotes only where needed.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Parquet with Snappy; every column is text.
    Parquet,
    /// What PostgreSQL's `COPY ... FROM STDIN` reads: tabs between, `\N` for null, no header.
    Copy,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Ndjson, Self::Parquet, Self::Copy];

    /// The name, which is also the file's extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Copy => "copy",
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
    #[error("malformed, extra-column, bom, crlf and dirty are defects of CSV; {0} cannot have them")]
    DefectNeedsCsv(Format),
    /// Members that change need rows that name them.
    #[error("drift-renamed and drift-added are defects of NDJSON; {0} cannot have them")]
    DriftNeedsNdjson(Format),
    /// Not a format.
    #[error("`{0}` is not a format; there are csv, ndjson, parquet and copy")]
    NoSuchFormat(String),
}

/// Writes a whole table. `threads` changes the time it takes and nothing else.
///
/// Error: the writer refuses, or the table has defects that the format cannot show. What was written before the error stays.
pub fn write(
    table: &dyn Table,
    format: Format,
    threads: NonZeroUsize,
    out: impl Write + Send,
) -> Result<Written, WriteError> {
    write_rows(&Rows::Chunks(Box::new(table)), format, threads, out)
}

/// Writes all rows, as [`write`] does.
pub fn write_rows(
    rows: &Rows<'_>,
    format: Format,
    threads: NonZeroUsize,
    mut out: impl Write + Send,
) -> Result<Written, WriteError> {
    let style = rows.file_style();
    if format != Format::Csv && style != FileStyle::default() {
        return Err(WriteError::DefectNeedsCsv(format));
    }
    if format != Format::Ndjson && rows.has_drift() {
        return Err(WriteError::DriftNeedsNdjson(format));
    }
    let columns = rows.columns();
    match format {
        Format::Csv => {
            let lines = |chunk: &Chunk| csv::lines(style, chunk);
            write_lines(rows, threads, &csv::header(columns, style), lines, None, &mut out)
        }
        Format::Copy => write_lines(rows, threads, &[], copy::lines, None, &mut out),
        Format::Ndjson => {
            let lines = |chunk: &Chunk| ndjson::lines(columns, chunk);
            write_lines(rows, threads, &[], lines, Some(|piece| piece.json_lines()), &mut out)
        }
        Format::Parquet => {
            let mut writer = parquet::Writer::open(crate::table::schema(columns), out)?;
            each(
                rows,
                threads,
                |chunk| chunk.batch.clone(),
                |piece| piece.chunk().batch,
                |batch| writer.write(&batch),
            )?;
            writer.finish()
        }
    }
}

/// Writes a header and the lines of every chunk in order. `of_piece` is a shorter way to the lines of a piece.
fn write_lines(
    rows: &Rows<'_>,
    threads: NonZeroUsize,
    header: &[u8],
    of_chunk: impl Fn(&Chunk) -> Lines + Sync,
    of_piece: Option<fn(&dyn Piece) -> Lines>,
    out: &mut dyn Write,
) -> Result<Written, WriteError> {
    out.write_all(header)?;
    let mut written = Written { rows: 0, bytes: header.len() as u64 };
    let take = |lines: Lines| {
        out.write_all(&lines.bytes)?;
        written.rows += lines.rows as u64;
        written.bytes += lines.bytes.len() as u64;
        Ok::<(), WriteError>(())
    };
    let of_piece =
        |piece: &dyn Piece| of_piece.map_or_else(|| of_chunk(&piece.chunk()), |lines| lines(piece));
    each(rows, threads, &of_chunk, of_piece, take)?;
    out.flush()?;
    Ok(written)
}

/// The rows of one chunk as lines of JSON without their line ends, each with the text of its first column.
pub fn row_lines(table: &dyn Table, index: u64) -> Vec<(String, Vec<u8>)> {
    let chunk = table.chunk(index);
    let lines = ndjson::lines(table.columns(), &chunk);
    let keys = chunk.batch.column(0).as_string::<i32>();
    let lines = lines.bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
    keys.iter().map(|key| key.unwrap_or_default().to_owned()).zip(lines).collect()
}

/// Makes something of all rows, part by part, and takes it in order.
fn each<T: Send, E>(
    rows: &Rows<'_>,
    threads: NonZeroUsize,
    of_chunk: impl Fn(&Chunk) -> T + Sync,
    of_piece: impl Fn(&dyn Piece) -> T + Sync,
    take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    match rows {
        Rows::Chunks(table) => in_order(threads, table.chunks(), |index| of_chunk(&table.chunk(index)), take),
        Rows::InTurn(rows) => in_turn(threads, rows.pieces(), |piece| of_piece(piece.as_ref()), take),
    }
}

/// Rows as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// How many rows.
    pub rows: usize,
    /// Their text, line ends included.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests;
