//! CSV text of a chunk: quotes where a value needs them and nowhere else, and lines broken on request.
//!
//! Whether a column needs quotes at all is asked once per chunk, of all its values at once, so that the usual row is
//! thirteen copies.

use arrow::array::{Array, AsArray, StringArray};

use super::Lines;
use crate::table::{self, Break, Chunk, FileStyle};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Bytes that make quotes necessary.
const SPECIAL: [u8; 4] = *b",\"\n\r";

/// The header line, with a byte order mark before it if the file has one.
pub(super) fn header(columns: &[table::Column], style: FileStyle) -> Vec<u8> {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let mut out = if style.bom { BOM.to_vec() } else { Vec::new() };
    out.extend_from_slice(names.join(",").as_bytes());
    out.extend_from_slice(line_end(style.crlf));
    out
}

/// The lines of one chunk.
pub(super) fn lines(style: FileStyle, chunk: &Chunk) -> Lines {
    let columns: Vec<Column<'_>> =
        chunk.batch.columns().iter().map(|array| Column::of(array.as_string())).collect();
    let end = line_end(style.crlf);
    let rows = chunk.batch.num_rows();
    let value_bytes: usize = columns.iter().map(|c| c.values.value_data().len()).sum();
    let mut out = Vec::with_capacity(value_bytes + rows * (columns.len() + end.len()));
    let mut breaks = chunk.breaks.iter().peekable();
    for row in 0..rows {
        match breaks.next_if(|(broken, _)| *broken == row) {
            Some((_, how)) => push_broken(&mut out, &columns, row, *how),
            None => push_row(&mut out, &columns, row),
        }
        out.extend_from_slice(end);
    }
    Lines { rows, bytes: out }
}

struct Column<'a> {
    values: &'a StringArray,
    may_need_quotes: bool,
}

impl<'a> Column<'a> {
    fn of(values: &'a StringArray) -> Self {
        Self { values, may_need_quotes: needs_quotes(values.value_data()) }
    }

    /// Appends the value of a row; null is the empty field.
    fn push(&self, out: &mut Vec<u8>, row: usize) {
        if self.values.is_null(row) {
            return;
        }
        let value = self.values.value(row).as_bytes();
        if self.may_need_quotes && needs_quotes(value) {
            push_quoted(out, value);
        } else {
            out.extend_from_slice(value);
        }
    }
}

fn push_row(out: &mut Vec<u8>, columns: &[Column<'_>], row: usize) {
    let [first, rest @ ..] = columns else { return };
    first.push(out, row);
    for column in rest {
        out.push(b',');
        column.push(out, row);
    }
}

/// Appends a row as its break wants it, without the line end.
fn push_broken(out: &mut Vec<u8>, columns: &[Column<'_>], row: usize, how: Break) {
    match how {
        Break::Truncate { fields } => push_row(out, &columns[..fields.min(columns.len())], row),
        Break::OpenQuote { column } => {
            push_row(out, &columns[..column], row);
            out.extend_from_slice(if column > 0 { b",\"" } else { b"\"" });
            push_row(out, &columns[column..], row);
        }
        Break::Extra => {
            push_row(out, columns, row);
            out.extend_from_slice(b",one too many");
        }
        Break::Bare { column } => {
            let quoted = &columns[column];
            push_row(out, &columns[..column], row);
            out.extend_from_slice(if column > 0 { b"," } else { b"" });
            out.extend_from_slice(quoted.values.value(row).as_bytes());
            for after in &columns[column + 1..] {
                out.push(b',');
                after.push(out, row);
            }
        }
        Break::Trailing { fields } => {
            push_row(out, columns, row);
            out.extend(std::iter::repeat_n(b',', fields));
        }
    }
}

fn push_quoted(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    for byte in value {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

fn needs_quotes(bytes: &[u8]) -> bool {
    let [comma, quote, lf, cr] = SPECIAL;
    memchr::memchr3(comma, quote, lf, bytes).is_some() || memchr::memchr(cr, bytes).is_some()
}

fn line_end(crlf: bool) -> &'static [u8] {
    if crlf { b"\r\n" } else { b"\n" }
}
