//! The CSV classifier: delimiter, header, types.
//!
//! Documented (docs.aws.amazon.com/glue/latest/dg/add-classifier.html, "Built-in CSV classifier", read 2026-11-29): the
//! delimiters; at least two columns and two rows; when the first row is a header; `LazySimpleSerDe`.
//! Assumed: a header counts as a row; a column is `bigint`, `double` or `boolean` if every value that is present is one, else
//! `string`, dates too; rows that are longer or shorter are tolerated if most are as long as the first; columns without a
//! header are `col0`, ..., where the page has `col1`, ...

use ::csv::{ByteRecord, ReaderBuilder};

use super::classify::{Counted, Head};
use super::hive::Hive;
use super::schema::{CsvShape, Format, FoundColumn};
use crate::services::glue::limits::{CSV_RECORDS_MAX, HEADER_CHARS_MAX};

/// Comma, pipe, tab, semicolon, Ctrl-A; the first of those that give the most columns is taken.
const DELIMITERS: [u8; 5] = [b',', b'|', b'\t', b';', 1];

/// Share of the rows that must be as long as the first. Assumed.
const EVEN_ROWS_MIN: f64 = 0.7;

/// The schema of a head, if it is CSV.
pub(super) fn look(head: &Head<'_>) -> Option<(Format, Vec<FoundColumn>, Counted)> {
    let text = text_of(head)?;
    let mut best: Option<(u8, Vec<ByteRecord>)> = None;
    for delimiter in DELIMITERS {
        let Some(rows) = rows(text, delimiter) else { continue };
        let columns = rows[0].len();
        if best.as_ref().is_none_or(|(_, known)| known[0].len() < columns) {
            best = Some((delimiter, rows));
        }
    }
    let (delimiter, rows) = best?;
    let header = is_header(&rows);
    let data = if header { &rows[1..] } else { &rows[..] };
    let columns = (0..rows[0].len())
        .map(|at| {
            let hive = column_type(data.iter().map(|row| row.get(at).unwrap_or_default()));
            let source = if header { cell(&rows[0], at).to_owned() } else { format!("col{at}") };
            FoundColumn { name: String::new(), source, hive }
        })
        .collect();
    let shape = CsvShape { delimiter: char::from(delimiter), header, quoted: is_quoted(text, delimiter) };
    let consumed = end_of(text, delimiter, rows.len());
    let header_bytes = if header { end_of(text, delimiter, 1) } else { 0 };
    let counted = Counted {
        records: data.len() as u64,
        bytes: (consumed - header_bytes) as u64,
        every: head.whole && consumed >= text.trim_ascii_end().len(),
    };
    Some((Format::Csv(shape), named(columns), counted))
}

/// The head as UTF-8 text of whole lines, without a byte order mark. None if it is binary.
fn text_of<'a>(head: &Head<'a>) -> Option<&'a [u8]> {
    let text = head.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.text);
    let text = if head.whole { text } else { &text[..=text.iter().rposition(|byte| *byte == b'\n')?] };
    let is_text = std::str::from_utf8(text).is_ok() && !text.contains(&0);
    is_text.then_some(text)
}

fn reader(text: &[u8], delimiter: u8) -> ::csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text)
}

/// The first rows, if they make a table: two columns, two rows, most of them even.
fn rows(text: &[u8], delimiter: u8) -> Option<Vec<ByteRecord>> {
    let rows: Vec<ByteRecord> =
        reader(text, delimiter).into_byte_records().take(CSV_RECORDS_MAX).collect::<Result<_, _>>().ok()?;
    let columns = rows.first()?.len();
    let even = rows.iter().filter(|row| row.len() == columns).count();
    let is_table = columns >= 2 && rows.len() >= 2 && even as f64 / rows.len() as f64 >= EVEN_ROWS_MIN;
    is_table.then_some(rows)
}

/// Where the first `count` records end.
fn end_of(text: &[u8], delimiter: u8, count: usize) -> usize {
    let mut reader = reader(text, delimiter);
    let mut record = ByteRecord::new();
    for _ in 0..count {
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            break;
        }
    }
    usize::try_from(reader.position().byte()).unwrap_or(text.len()).min(text.len())
}

/// Whether some field begins with a quote.
fn is_quoted(text: &[u8], delimiter: u8) -> bool {
    text.first() == Some(&b'"')
        || text.windows(2).any(|pair| pair[1] == b'"' && (pair[0] == delimiter || pair[0] == b'\n'))
}

fn cell(row: &ByteRecord, at: usize) -> &str {
    // `text_of` has checked the encoding, and fields are whole characters.
    std::str::from_utf8(row.get(at).unwrap_or_default()).unwrap_or_default().trim()
}

/// Whether the first row names the columns.
///
/// Documented: every column of it parses as a string; each but the last is shorter than 150 characters; the last may be
/// empty throughout; some column of the other rows parses as something else than a string.
fn is_header(rows: &[ByteRecord]) -> bool {
    let (first, data) = (&rows[0], &rows[1..]);
    let last = first.len() - 1;
    let names = (0..first.len()).all(|at| {
        let name = cell(first, at);
        let is_string = cell_type(name) == Hive::String;
        let is_short = name.chars().count() < HEADER_CHARS_MAX && !name.contains(['\n', '\r']);
        is_string && (is_short || at == last)
            || at == last && name.is_empty() && data.iter().all(|row| cell(row, at).is_empty())
    });
    let differs = || {
        let typed = |hive: Hive| !matches!(hive, Hive::String | Hive::Null);
        data.iter().any(|row| (0..row.len()).any(|at| typed(cell_type(cell(row, at)))))
    };
    names && differs()
}

fn column_type<'a>(cells: impl Iterator<Item = &'a [u8]>) -> Hive {
    let mut hive = Hive::Null;
    for cell in cells {
        let cell = std::str::from_utf8(cell).unwrap_or_default().trim();
        hive = hive.merge(cell_type(cell));
        if hive == Hive::String {
            break;
        }
    }
    hive
}

/// The type of one value; absent values are of any type.
fn cell_type(cell: &str) -> Hive {
    if cell.is_empty() {
        Hive::Null
    } else if cell.parse::<i64>().is_ok() {
        Hive::BigInt
    } else if is_decimal(cell) {
        Hive::Double
    } else if cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false") {
        Hive::Boolean
    } else {
        Hive::String
    }
}

/// A number in digits, with a fraction or an exponent; not `inf` or `nan`, which Rust would also take.
fn is_decimal(cell: &str) -> bool {
    cell.bytes().any(|byte| byte.is_ascii_digit())
        && cell.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'))
        && cell.parse::<f64>().is_ok()
}

/// Gives columns their names in the catalog: lower case, none empty, none twice.
///
/// Spaces and signs stay, as crawled tables show; assumed: control characters become `_`, a doubled name gets its place.
pub(super) fn named(columns: Vec<FoundColumn>) -> Vec<FoundColumn> {
    let mut taken = std::collections::BTreeSet::new();
    let mut out = Vec::with_capacity(columns.len());
    for (at, mut column) in columns.into_iter().enumerate() {
        let lower = column.source.trim().to_lowercase();
        let mut name: String = lower.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
        if name.is_empty() {
            name = format!("col{at}");
        }
        while !taken.insert(name.clone()) {
            name = format!("{name}_{at}");
        }
        column.name = name;
        out.push(column);
    }
    out
}
