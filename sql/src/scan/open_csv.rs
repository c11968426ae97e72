//! OpenCSVSerDe: quoted CSV, one record a line, and non-text columns that fail loudly instead of becoming NULL.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/csv-serde.html (quotes and escapes; DATE as days and TIMESTAMP as
//! milliseconds since 1970; empty numbers are an error unless `use.null.for.invalid.data`; no line breaks in values).
//! Start with `read`.

use arrow::array::{ArrayRef, StringViewArray};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::scalar::ScalarValue;
use std::sync::Arc;

use crate::error::{ErrorKind, SqlError};
use crate::scan::lazy_simple::Wanted;
use crate::scan::values::{parse_date, parse_timestamp_us};

/// How lines are cut into fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) separator: char,
    pub(crate) quote: char,
    pub(crate) escape: char,
    /// `use.null.for.invalid.data`.
    pub(crate) null_for_invalid: bool,
}

/// Reads whole lines into one array per wanted column, with the number of lines.
///
/// Error: `HIVE_BAD_DATA: Error parsing field value 'x' for field 1: For input string: "x"`.
pub(crate) fn read(
    bytes: &[u8],
    layout: &Layout,
    wanted: &[Wanted],
) -> Result<(Vec<ArrayRef>, usize), SqlError> {
    let text = String::from_utf8_lossy(bytes);
    let mut cells: Vec<Vec<Option<String>>> = vec![Vec::new(); wanted.len()];
    let mut rows = 0;
    for line in lines(&text) {
        let fields = split(line, layout);
        rows += 1;
        for (w, column) in wanted.iter().zip(&mut cells) {
            column.push(fields.get(w.index).cloned());
        }
    }
    let mut arrays = Vec::with_capacity(wanted.len());
    for (w, column) in wanted.iter().zip(&cells) {
        arrays.push(to_array(w, column, layout)?);
    }
    Ok((arrays, rows))
}

/// Lines end at `\n`, `\r` or both; a last empty one does not count.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = match rest.as_bytes().get(end..end + 2) {
            Some(b"\r\n") => &rest[end + 2..],
            _ => rest.get(end + 1..).unwrap_or(""),
        };
        Some(line)
    })
}

/// The fields of one line. A quote inside a quoted field is doubled or escaped.
pub(crate) fn split(line: &str, layout: &Layout) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(field) = fields.last_mut() else { break };
        let escapes = c == layout.escape
            && c != layout.quote
            && chars.peek().is_some_and(|n| *n == layout.quote || *n == layout.escape);
        if escapes {
            field.extend(chars.next());
        } else if c == layout.quote {
            if quoted && chars.peek() == Some(&layout.quote) {
                field.push(c);
                chars.next();
            } else {
                quoted = !quoted;
            }
        } else if c == layout.separator && !quoted {
            fields.push(String::new());
        } else {
            field.push(c);
        }
    }
    fields
}

fn to_array(w: &Wanted, cells: &[Option<String>], layout: &Layout) -> Result<ArrayRef, SqlError> {
    if w.t == DataType::Utf8View {
        return Ok(Arc::new(cells.iter().map(Option::as_deref).collect::<StringViewArray>()));
    }
    let null = ScalarValue::try_from(&w.t)?;
    let mut values = Vec::with_capacity(cells.len());
    for cell in cells {
        values.push(match cell {
            None => null.clone(),
            Some(text) => match parse(text, &w.t)? {
                Some(value) => value,
                None if layout.null_for_invalid => null.clone(),
                None => return Err(bad(text, w.index)),
            },
        });
    }
    if values.is_empty() {
        return Ok(arrow::array::new_empty_array(&w.t));
    }
    Ok(ScalarValue::iter_to_array(values)?)
}

fn bad(text: &str, index: usize) -> SqlError {
    SqlError::new(
        ErrorKind::HiveBadData,
        format!("Error parsing field value '{text}' for field {index}: For input string: \"{text}\""),
    )
}

/// None when the text is no value of the type.
fn parse(text: &str, t: &DataType) -> Result<Option<ScalarValue>, SqlError> {
    Ok(match t {
        DataType::Boolean => Some(ScalarValue::Boolean(Some(text.eq_ignore_ascii_case("true")))),
        DataType::Int8 => text.parse().ok().map(|v| ScalarValue::Int8(Some(v))),
        DataType::Int16 => text.parse().ok().map(|v| ScalarValue::Int16(Some(v))),
        DataType::Int32 => text.parse().ok().map(|v| ScalarValue::Int32(Some(v))),
        DataType::Int64 => text.parse().ok().map(|v| ScalarValue::Int64(Some(v))),
        DataType::Float32 => text.trim().parse().ok().map(|v| ScalarValue::Float32(Some(v))),
        DataType::Float64 => text.trim().parse().ok().map(|v| ScalarValue::Float64(Some(v))),
        DataType::Decimal128(p, s) => {
            crate::scan::values::parse_decimal(text, *p, *s).map(|v| ScalarValue::Decimal128(Some(v), *p, *s))
        }
        // Days since 1970. Assumed: the ISO form is read too, as engine version 3 does.
        DataType::Date32 => {
            text.parse().ok().or_else(|| parse_date(text)).map(|v| ScalarValue::Date32(Some(v)))
        }
        DataType::Timestamp(TimeUnit::Millisecond, None) => {
            let ms = text.parse().ok().or_else(|| parse_timestamp_us(text).map(|us| us.div_euclid(1000)));
            ms.map(|v| ScalarValue::TimestampMillisecond(Some(v), None))
        }
        other => return Err(SqlError::not_built(format!("{other} in an OpenCSVSerDe table"))),
    })
}
