//! Rows as an ORC file: our own writer, since the crate that reads ORC writes neither decimals nor nested types.
//!
//! Documented: orc.apache.org/specification/ORCv1 (version 0.12 of the format, read as general knowledge; the tests read the
//! files back with another implementation). Columns are encoded plainly (`DIRECT`, run lengths of version 1): every reader
//! knows that, and Firehose's files are small. `streams.rs` has the encodings, `proto.rs` the footers' wire format.
//! Left out: dictionaries, indexes, bloom filters, padding, statistics but counts, encryption. Timestamps are in UTC; one in
//! the last second before 1970 reads a second later, as in any ORC file of this version.

mod proto;
mod streams;

use std::ops::Range;

use bytes::Bytes;

use super::cell::Cell;
use super::hive_type::HiveType;
use proto::Message;
pub(super) use streams::Compression;
use streams::{Bits, Integers, Kind, Stream, unsigned, zigzag};

const MAGIC: &[u8] = b"ORC";

/// Seconds of 2015-01-01 UTC, from which ORC counts timestamps.
const TIMESTAMP_BASE_SECS: i64 = 1_420_070_400;

/// Bytes of a stripe before it is compressed, where nothing else is asked for. The service model's default.
pub(super) const STRIPE_BYTES_DEFAULT: usize = 64 << 20;

/// The columns of a file, all of the same length.
pub(super) struct File<'a> {
    pub(super) types: &'a [(String, HiveType)],
    pub(super) columns: &'a [Vec<Cell>],
    pub(super) compression: Compression,
    pub(super) stripe_bytes: usize,
    /// Bytes of the rows as they came, by which stripes are measured.
    pub(super) raw_bytes: usize,
}

/// What the footer says of a stripe.
struct Stripe {
    offset: u64,
    data_bytes: u64,
    footer_bytes: u64,
    rows: u64,
}

/// Values and nulls of each column, by its number.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    values: u64,
    has_null: bool,
}

impl File<'_> {
    pub(super) fn write(&self) -> Result<Bytes, String> {
        let rows = self.columns.first().map_or(0, Vec::len);
        let row_bytes = (self.raw_bytes / rows.max(1)).max(1);
        let stripe_rows = (self.stripe_bytes / row_bytes).max(1);
        let mut out = MAGIC.to_vec();
        let (mut stripes, mut counts) = (Vec::new(), vec![Count::default(); 1 + self.width()]);
        for start in (0..rows).step_by(stripe_rows) {
            let rows = start..rows.min(start + stripe_rows);
            stripes.push(self.stripe(rows, &mut out, &mut counts)?);
        }
        let content_bytes = out.len() as u64;
        let footer = self.compression.apply(&self.footer(content_bytes, rows, &stripes, &counts))?;
        out.extend(&footer);
        let postscript = self.postscript(footer.len() as u64);
        out.extend(&postscript);
        out.push(u8::try_from(postscript.len()).map_err(|_| "the postscript is too long")?);
        Ok(out.into())
    }

    /// How many columns there are, those within others counted.
    fn width(&self) -> usize {
        self.types.iter().map(|(_, kind)| width(kind)).sum()
    }

    fn stripe(&self, rows: Range<usize>, out: &mut Vec<u8>, counts: &mut [Count]) -> Result<Stripe, String> {
        let mut encoder = Encoder { streams: Vec::new(), counts };
        let mut number = 1;
        for ((_, kind), cells) in self.types.iter().zip(self.columns) {
            let cells: Vec<&Cell> = cells[rows.clone()].iter().collect();
            number = encoder.column(kind, number, &cells);
        }
        encoder.counts[0].values += rows.len() as u64;
        let (offset, streams) = (out.len() as u64, encoder.streams);
        let mut footer = Message::default();
        for stream in &streams {
            let bytes = self.compression.apply(&stream.bytes)?;
            out.extend(&bytes);
            footer.message(1, |said| {
                said.number(1, stream.kind as u64);
                said.number(2, stream.column as u64);
                said.number(3, bytes.len() as u64);
            });
        }
        let data_bytes = out.len() as u64 - offset;
        for _ in 0..number {
            // DIRECT.
            footer.message(2, |said| said.number(1, 0));
        }
        footer.bytes(3, b"UTC");
        let footer = self.compression.apply(&footer.0)?;
        out.extend(&footer);
        Ok(Stripe { offset, data_bytes, footer_bytes: footer.len() as u64, rows: rows.len() as u64 })
    }

    fn footer(&self, content_bytes: u64, rows: usize, stripes: &[Stripe], counts: &[Count]) -> Vec<u8> {
        let mut footer = Message::default();
        footer.number(1, MAGIC.len() as u64);
        footer.number(2, content_bytes);
        for stripe in stripes {
            footer.message(3, |said| {
                said.number(1, stripe.offset);
                said.number(2, 0);
                said.number(3, stripe.data_bytes);
                said.number(4, stripe.footer_bytes);
                said.number(5, stripe.rows);
            });
        }
        structure(self.types, 0, &mut footer);
        footer.number(6, rows as u64);
        for count in counts {
            footer.message(7, |said| {
                said.number(1, count.values);
                said.number(10, u64::from(count.has_null));
            });
        }
        // No indexes.
        footer.number(8, 0);
        footer.0
    }

    fn postscript(&self, footer_bytes: u64) -> Vec<u8> {
        let mut said = Message::default();
        said.number(1, footer_bytes);
        said.number(2, self.compression as u64);
        said.number(3, streams::BLOCK_BYTES as u64);
        said.bytes(4, &[0, 12]);
        // No metadata.
        said.number(5, 0);
        said.bytes(8_000, MAGIC);
        said.0
    }
}

fn width(kind: &HiveType) -> usize {
    1 + match kind {
        HiveType::Array(entry) => width(entry),
        HiveType::Map(key, value) => width(key) + width(value),
        HiveType::Struct(fields) => fields.iter().map(|(_, kind)| width(kind)).sum(),
        _ => 0,
    }
}

/// Writes a struct's type and those of its fields, each of which follows all that is within the one before.
fn structure(fields: &[(String, HiveType)], number: usize, footer: &mut Message) {
    let mut child = number + 1;
    let mut children = Vec::new();
    for (_, kind) in fields {
        children.push(child as u64);
        child += width(kind);
    }
    footer.message(4, |said| {
        said.number(1, 12);
        said.packed(2, &children);
        fields.iter().for_each(|(name, _)| said.bytes(3, name.as_bytes()));
    });
    for ((_, kind), child) in fields.iter().zip(children) {
        describe(kind, child as usize, footer);
    }
}

/// Writes a type and those within it. The numbers are the format's.
fn describe(kind: &HiveType, number: usize, footer: &mut Message) {
    let mut plain = |code: u64| footer.message(4, |said| said.number(1, code));
    match kind {
        HiveType::Boolean => plain(0),
        HiveType::TinyInt => plain(1),
        HiveType::SmallInt => plain(2),
        HiveType::Int => plain(3),
        HiveType::BigInt => plain(4),
        HiveType::Float => plain(5),
        HiveType::Double => plain(6),
        HiveType::Text => plain(7),
        HiveType::Binary => plain(8),
        HiveType::Timestamp => plain(9),
        HiveType::Date => plain(15),
        HiveType::Decimal { precision, scale } => footer.message(4, |said| {
            said.number(1, 14);
            said.number(5, u64::from(*precision));
            said.number(6, scale.unsigned_abs().into());
        }),
        HiveType::Array(entry) => {
            footer.message(4, |said| {
                said.number(1, 10);
                said.packed(2, &[number as u64 + 1]);
            });
            describe(entry, number + 1, footer);
        }
        HiveType::Map(key, value) => {
            let after = number + 1 + width(key);
            footer.message(4, |said| {
                said.number(1, 11);
                said.packed(2, &[number as u64 + 1, after as u64]);
            });
            describe(key, number + 1, footer);
            describe(value, after, footer);
        }
        HiveType::Struct(fields) => structure(fields, number, footer),
    }
}

/// Encodes the cells of one stripe, column by column.
struct Encoder<'a> {
    streams: Vec<Stream>,
    counts: &'a mut [Count],
}

impl Encoder<'_> {
    fn push(&mut self, kind: Kind, column: usize, bytes: Vec<u8>) {
        self.streams.push(Stream { kind, column, bytes });
    }

    /// Encodes a column and those within it. Answers the number of the column that follows.
    fn column(&mut self, kind: &HiveType, column: usize, cells: &[&Cell]) -> usize {
        let there: Vec<&Cell> = cells.iter().copied().filter(|cell| **cell != Cell::Null).collect();
        let count = &mut self.counts[column];
        count.values += there.len() as u64;
        if there.len() < cells.len() {
            count.has_null = true;
            let mut present = Bits::default();
            cells.iter().for_each(|cell| present.push(**cell != Cell::Null));
            self.push(Kind::Present, column, present.finish());
        }
        match kind {
            HiveType::Array(entry) => self.list(entry, column, &there),
            HiveType::Map(key, value) => self.map(key, value, column, &there),
            HiveType::Struct(fields) => self.fields(fields, column, &there),
            kind => {
                self.plain(kind, column, &there);
                column + 1
            }
        }
    }

    fn list(&mut self, entry: &HiveType, column: usize, cells: &[&Cell]) -> usize {
        let lengths = cells.iter().map(|cell| entries_of(cell).len() as u64);
        self.push(Kind::Length, column, Integers::of(lengths));
        let inner: Vec<&Cell> = cells.iter().flat_map(|cell| entries_of(cell)).collect();
        self.column(entry, column + 1, &inner)
    }

    fn map(&mut self, key: &HiveType, value: &HiveType, column: usize, cells: &[&Cell]) -> usize {
        let lengths = cells.iter().map(|cell| pairs_of(cell).len() as u64);
        self.push(Kind::Length, column, Integers::of(lengths));
        let inner = cells.iter().flat_map(|cell| pairs_of(cell)).map(|(key, value)| (key, value));
        let (keys, values): (Vec<&Cell>, Vec<&Cell>) = inner.unzip();
        let next = self.column(key, column + 1, &keys);
        self.column(value, next, &values)
    }

    fn fields(&mut self, fields: &[(String, HiveType)], column: usize, cells: &[&Cell]) -> usize {
        let mut next = column + 1;
        for (at, (_, kind)) in fields.iter().enumerate() {
            let inner: Vec<&Cell> = cells.iter().copied().filter_map(|cell| field_of(cell, at)).collect();
            next = self.column(kind, next, &inner);
        }
        next
    }

    fn plain(&mut self, kind: &HiveType, column: usize, cells: &[&Cell]) {
        let whole = || cells.iter().map(|cell| if let Cell::Whole(number) = cell { *number } else { 0 });
        let double = || cells.iter().map(|cell| if let Cell::Double(number) = cell { *number } else { 0.0 });
        let mut data = Vec::new();
        match kind {
            HiveType::Boolean => {
                let mut bits = Bits::default();
                cells.iter().for_each(|cell| bits.push(**cell == Cell::Boolean(true)));
                data = bits.finish();
            }
            HiveType::TinyInt => data = streams::byte_runs(&whole().map(|n| n as u8).collect::<Vec<u8>>()),
            HiveType::Float => double().for_each(|n| data.extend((n as f32).to_le_bytes())),
            HiveType::Double => double().for_each(|n| data.extend(n.to_le_bytes())),
            HiveType::Text | HiveType::Binary => {
                let texts =
                    cells.iter().map(|cell| if let Cell::Text(text) = cell { text.as_str() } else { "" });
                texts.clone().for_each(|text| data.extend(text.as_bytes()));
                self.push(Kind::Length, column, Integers::of(texts.map(|text| text.len() as u64)));
            }
            HiveType::Timestamp => {
                let parts: Vec<(i64, u64)> = whole().map(timestamp).collect();
                self.push(Kind::Secondary, column, Integers::of(parts.iter().map(|(_, nanos)| *nanos)));
                data = Integers::of(parts.iter().map(|(secs, _)| zigzag(*secs)));
            }
            HiveType::Decimal { scale, .. } => {
                for cell in cells {
                    let number = if let Cell::Decimal(number) = cell { *number } else { 0 };
                    unsigned(((number << 1) ^ (number >> 127)).cast_unsigned(), &mut data);
                }
                let scales = cells.iter().map(|_| zigzag(i64::from(*scale)));
                self.push(Kind::Secondary, column, Integers::of(scales));
            }
            _ => data = Integers::of(whole().map(zigzag)),
        }
        self.push(Kind::Data, column, data);
    }
}

fn entries_of(cell: &Cell) -> &[Cell] {
    if let Cell::Array(entries) = cell { entries } else { &[] }
}

fn pairs_of(cell: &Cell) -> &[(Cell, Cell)] {
    if let Cell::Map(entries) = cell { entries } else { &[] }
}

fn field_of(cell: &Cell, at: usize) -> Option<&Cell> {
    if let Cell::Struct(cells) = cell { cells.get(at) } else { None }
}

/// Seconds since ORC's base, and nanoseconds as ORC packs them: trailing zeros are counted, from two on.
fn timestamp(micros: i64) -> (i64, u64) {
    let (mut secs, nanos) =
        (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000).cast_unsigned() * 1_000);
    // Readers take a second off again, since the first writer cut towards zero.
    if secs < 0 && nanos > 999_999 {
        secs += 1;
    }
    let mut zeros = 0;
    let mut digits = nanos;
    while digits > 0 && digits % 10 == 0 && zeros < 8 {
        digits /= 10;
        zeros += 1;
    }
    let packed = if zeros >= 2 { (digits << 3) | (zeros - 1) } else { nanos << 3 };
    (secs - TIMESTAMP_BASE_SECS, packed)
}

#[cfg(test)]
mod tests;
