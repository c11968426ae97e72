//! LazySimpleSerDe, the fast path: delimited lines to typed columns, touching only the fields a query needs.
//!
//! A quote is a character like any other. Missing fields are NULL, extra ones are ignored, what does not parse is NULL.
//! Varchar columns without an escape character are views into the file: nothing is copied.
//! Left out: fields of nested types (`nested.rs`). Start with `read`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int8Builder,
    Int16Builder, Int32Builder, Int64Builder, StringViewBuilder, TimestampMillisecondBuilder,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, TimeUnit};
use bytes::Bytes;
use memchr::{memchr, memchr2};

use crate::scan::nested;
use crate::scan::values::{
    in_unit, parse_boolean, parse_date, parse_decimal, parse_double, parse_long, parse_timestamp_us,
};

/// How lines are cut into fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) delimiter: u8,
    pub(crate) escape: Option<u8>,
    pub(crate) null_text: String,
    /// Between items of an array, then between key and value of a map.
    pub(crate) inner: [u8; 2],
}

/// One column to read: its place in the line and its type.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) index: usize,
    pub(crate) t: DataType,
}

/// Reads whole lines into one array per wanted column, with the number of lines.
///
/// `wanted` is sorted by index. Bytes that are not UTF-8 become U+FFFD, as Hadoop's `Text` decodes them.
pub(crate) fn read(bytes: &Bytes, layout: &Layout, wanted: &[Wanted]) -> (Vec<ArrayRef>, usize) {
    let normal = normalise(bytes);
    // Checked once for the whole piece; delimiters are ASCII, so fields are whole characters too.
    let text: &str = std::str::from_utf8(&normal).unwrap_or_default();
    let mut columns: Vec<Column> = wanted.iter().map(|w| Column::new(&w.t, &normal)).collect();
    let rows = split(text, layout, wanted, &mut columns);
    (columns.into_iter().zip(wanted).map(|(c, w)| c.finish(&w.t, layout)).collect(), rows)
}

/// UTF-8 with `\n` line ends. Copies only when a byte has to change.
fn normalise(bytes: &Bytes) -> Bytes {
    let bytes = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.clone(),
        Err(_) => Bytes::from(String::from_utf8_lossy(bytes).into_owned()),
    };
    if memchr(b'\r', &bytes).is_none() {
        return bytes;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest: &[u8] = &bytes;
    while let Some(at) = memchr(b'\r', rest) {
        plain.extend_from_slice(&rest[..at]);
        plain.push(b'\n');
        rest = &rest[at + 1..];
        if rest.first() == Some(&b'\n') {
            rest = &rest[1..];
        }
    }
    plain.extend_from_slice(rest);
    plain.into()
}

fn split(text: &str, layout: &Layout, wanted: &[Wanted], columns: &mut [Column]) -> usize {
    let bytes = text.as_bytes();
    let mut rows = 0;
    let mut at = 0;
    while at < bytes.len() {
        rows += 1;
        at = match layout.escape {
            None => plain_line(text, at, layout, wanted, columns),
            Some(escape) => escaped_line(text, at, escape, layout, wanted, columns),
        };
    }
    rows
}

/// Cuts one line; answers where the next one starts.
fn plain_line(text: &str, start: usize, layout: &Layout, wanted: &[Wanted], columns: &mut [Column]) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    let mut field = 0;
    let mut next = 0;
    while next < wanted.len() {
        let end = match memchr2(layout.delimiter, b'\n', &bytes[at..]) {
            Some(n) => at + n,
            None => bytes.len(),
        };
        if wanted[next].index == field {
            columns[next].push(text, at, end, layout);
            next += 1;
        }
        at = end + 1;
        if end >= bytes.len() || bytes[end] == b'\n' {
            columns[next..].iter_mut().for_each(Column::push_null);
            return at;
        }
        field += 1;
    }
    match memchr(b'\n', &bytes[at..]) {
        Some(n) => at + n + 1,
        None => bytes.len(),
    }
}

/// As `plain_line`, where the escape character takes the meaning from the byte after it.
fn escaped_line(
    text: &str,
    start: usize,
    escape: u8,
    layout: &Layout,
    wanted: &[Wanted],
    columns: &mut [Column],
) -> usize {
    let bytes = text.as_bytes();
    let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
    let mut fields: Vec<Vec<u8>> = vec![Vec::new()];
    let mut at = start;
    while at < end {
        let b = bytes[at];
        if b == escape && at + 1 < end {
            at += 1;
            if let Some(last) = fields.last_mut() {
                last.push(bytes[at]);
            }
        } else if b == layout.delimiter {
            fields.push(Vec::new());
        } else if let Some(last) = fields.last_mut() {
            last.push(b);
        }
        at += 1;
    }
    for (w, column) in wanted.iter().zip(columns) {
        match fields.get(w.index) {
            Some(field) => column.push_owned(&String::from_utf8_lossy(field), layout),
            None => column.push_null(),
        }
    }
    end + 1
}

/// A column being built.
enum Column {
    Boolean(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Date(Date32Builder),
    Timestamp(TimestampMillisecondBuilder),
    Text(Box<StringViewBuilder>, u32),
    Other(Vec<Option<String>>),
}

impl Column {
    fn new(t: &DataType, bytes: &Bytes) -> Self {
        match t {
            DataType::Boolean => Column::Boolean(BooleanBuilder::new()),
            DataType::Int8 => Column::Int8(Int8Builder::new()),
            DataType::Int16 => Column::Int16(Int16Builder::new()),
            DataType::Int32 => Column::Int32(Int32Builder::new()),
            DataType::Int64 => Column::Int64(Int64Builder::new()),
            DataType::Float32 => Column::Float32(Float32Builder::new()),
            DataType::Float64 => Column::Float64(Float64Builder::new()),
            DataType::Decimal128(p, s) => Column::Decimal(Decimal128Builder::new(), *p, *s),
            DataType::Date32 => Column::Date(Date32Builder::new()),
            DataType::Timestamp(TimeUnit::Millisecond, None) => {
                Column::Timestamp(TimestampMillisecondBuilder::new())
            }
            DataType::Utf8View => {
                let mut builder = StringViewBuilder::new();
                let block = builder.append_block(Buffer::from(bytes.clone()));
                Column::Text(Box::new(builder), block)
            }
            _ => Column::Other(Vec::new()),
        }
    }

    fn push(&mut self, text: &str, start: usize, end: usize, layout: &Layout) {
        let field = text.get(start..end).unwrap_or_default();
        if field == layout.null_text {
            return self.push_null();
        }
        if let Column::Text(builder, block) = self {
            // The range is inside the block and a whole number of characters, so this cannot fail.
            if builder.try_append_view(*block, start as u32, (end - start) as u32).is_err() {
                builder.append_null();
            }
            return;
        }
        self.push_parsed(field);
    }

    fn push_owned(&mut self, field: &str, layout: &Layout) {
        if field == layout.null_text {
            return self.push_null();
        }
        match self {
            Column::Text(builder, _) => builder.append_value(field),
            _ => self.push_parsed(field),
        }
    }

    fn push_parsed(&mut self, field: &str) {
        let long = || parse_long(field.as_bytes());
        match self {
            Column::Boolean(b) => b.append_option(parse_boolean(field)),
            Column::Int8(b) => b.append_option(long().and_then(|v| v.try_into().ok())),
            Column::Int16(b) => b.append_option(long().and_then(|v| v.try_into().ok())),
            Column::Int32(b) => b.append_option(long().and_then(|v| v.try_into().ok())),
            Column::Int64(b) => b.append_option(long()),
            Column::Float32(b) => b.append_option(parse_double(field).map(|v| v as f32)),
            Column::Float64(b) => b.append_option(parse_double(field)),
            Column::Decimal(b, p, s) => b.append_option(parse_decimal(field, *p, *s)),
            Column::Date(b) => b.append_option(parse_date(field)),
            Column::Timestamp(b) => {
                b.append_option(parse_timestamp_us(field).map(|us| in_unit(us, TimeUnit::Millisecond)));
            }
            Column::Text(b, _) => b.append_value(field),
            Column::Other(b) => b.push(Some(field.to_string())),
        }
    }

    fn push_null(&mut self) {
        match self {
            Column::Boolean(b) => b.append_null(),
            Column::Int8(b) => b.append_null(),
            Column::Int16(b) => b.append_null(),
            Column::Int32(b) => b.append_null(),
            Column::Int64(b) => b.append_null(),
            Column::Float32(b) => b.append_null(),
            Column::Float64(b) => b.append_null(),
            Column::Decimal(b, ..) => b.append_null(),
            Column::Date(b) => b.append_null(),
            Column::Timestamp(b) => b.append_null(),
            Column::Text(b, _) => b.append_null(),
            Column::Other(b) => b.push(None),
        }
    }

    fn finish(self, t: &DataType, layout: &Layout) -> ArrayRef {
        match self {
            Column::Boolean(mut b) => Arc::new(b.finish()),
            Column::Int8(mut b) => Arc::new(b.finish()),
            Column::Int16(mut b) => Arc::new(b.finish()),
            Column::Int32(mut b) => Arc::new(b.finish()),
            Column::Int64(mut b) => Arc::new(b.finish()),
            Column::Float32(mut b) => Arc::new(b.finish()),
            Column::Float64(mut b) => Arc::new(b.finish()),
            Column::Decimal(mut b, ..) => Arc::new(b.finish().with_data_type(t.clone())),
            Column::Date(mut b) => Arc::new(b.finish()),
            Column::Timestamp(mut b) => Arc::new(b.finish()),
            Column::Text(mut b, _) => Arc::new(b.finish()),
            Column::Other(texts) => nested::from_delimited(t, &texts, layout),
        }
    }
}
