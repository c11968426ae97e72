//! The data rows of a chunk in file order: its records, and among them the repeats of earlier records.
//!
//! Half of a chunk's repeats are of its own records, half of those of one earlier chunk, so that a reader must look
//! further back than one batch to notice.

use rand::Rng;
use wavetank_types::Stream;

use super::marks::Marks;
use super::record::{Record, Twist};
use super::truth::Expected;
use super::{EventRevenue, NAME};
use crate::defects::Defect;
use crate::table::CHUNK_RECORDS;

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As it should be.
    Plain,
    /// With a name that needs quotes.
    Twisted(Twist),
    /// With a text where another type belongs.
    WrongType {
        /// Counted from zero.
        column: usize,
        /// What stands there.
        text: &'static str,
    },
    /// With only the first fields.
    Truncated {
        /// 1 to 12.
        fields: usize,
    },
    /// With a quote before the name that nothing closes.
    OpenQuote,
    /// With one field too many.
    ExtraField,
}

/// One data row of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row's place in the file, from 1; the header is not counted, and a row is one whatever lines it spans.
    pub number: u64,
    /// What it means, or would if it were written well.
    pub record: Record,
    /// How it is written.
    pub shape: Shape,
    /// Whether it repeats an earlier row.
    pub is_repeat: bool,
}

impl Row {
    /// The label of what is wrong with the row; a repeat is labelled as such, whatever it repeats.
    pub fn defect(&self) -> Option<Defect> {
        if self.is_repeat {
            return Some(Defect::Duplicate);
        }
        self.shape.defect()
    }

    /// What must become of it.
    pub fn expected(&self) -> Expected {
        match Expected::of_shape(self.shape) {
            Expected::Delivered if self.is_repeat => Expected::Rejected("duplicate-event-id"),
            expected => expected,
        }
    }
}

/// The record as its shape leaves it: only a twist is part of what it means.
pub(super) fn shaped(mut record: Record, shape: Shape) -> Record {
    if let Shape::Twisted(twist) = shape {
        record.name.twist = Some(twist);
    }
    record
}

/// The data rows of one chunk, in file order.
pub struct ChunkRows<'a> {
    profile: &'a EventRevenue,
    stream: Stream,
    marks: Marks,
    first: u64,
    len: u64,
    row: u64,
    number: u64,
    /// Repeats and the count of the chunk's records before each, last first.
    repeats: Vec<(u64, Record, Shape)>,
}

impl<'a> ChunkRows<'a> {
    pub(super) fn new(profile: &'a EventRevenue, chunk: u64) -> Self {
        let first = chunk * CHUNK_RECORDS;
        let marks = Marks::of(profile, chunk);
        Self {
            repeats: repeats(profile, chunk, &marks),
            profile,
            stream: profile.stream(chunk),
            marks,
            first,
            len: profile.chunk_len(chunk),
            row: 0,
            number: first + profile.defects.duplicate.of_first(first),
        }
    }
}

impl Iterator for ChunkRows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let repeat = self.repeats.pop_if(|(after, ..)| *after <= self.row);
        let (record, shape, is_repeat) = match repeat {
            Some((_, record, shape)) => (record, shape, true),
            None if self.row == self.len => return None,
            None => {
                let index = self.first + self.row;
                let shape = self.marks.shape(self.row);
                self.row += 1;
                let id = self.profile.event_id(index);
                let record = Record::draw(&mut self.stream, index, id);
                (shaped(record, shape), shape, false)
            }
        };
        self.number += 1;
        Some(Row { number: self.number, record, shape, is_repeat })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.len - self.row) as usize + self.repeats.len();
        (left, Some(left))
    }
}

/// The repeats that a chunk holds, last first.
fn repeats(profile: &EventRevenue, chunk: u64, marks: &Marks) -> Vec<(u64, Record, Shape)> {
    let share = profile.defects.duplicate;
    let first = chunk * CHUNK_RECORDS;
    let len = profile.chunk_len(chunk);
    let count = share.of_first(first + len) - share.of_first(first);
    if count == 0 {
        return Vec::new();
    }
    let mut stream = profile.seed.chunk_stream(&format!("{NAME}/duplicates"), chunk);
    let earlier = stream.next_u64().checked_rem(chunk).unwrap_or(chunk);
    let earlier_marks = Marks::of(profile, earlier);
    let (mut own, mut far) = (profile.stream(chunk), profile.stream(earlier));
    let mut repeats: Vec<(u64, Record, Shape)> = (0..count)
        .map(|n| {
            let (dice, place) = (stream.next_u64(), stream.next_u64());
            if n % 2 == 0 || earlier == chunk {
                let row = marks.to_repeat(dice);
                let after = row + 1 + place % (len - row);
                let (record, shape) = drawn(profile, &mut own, marks, first, row);
                (after, record, shape)
            } else {
                let row = earlier_marks.to_repeat(dice);
                let from = earlier * CHUNK_RECORDS;
                let (record, shape) = drawn(profile, &mut far, &earlier_marks, from, row);
                (place % (len + 1), record, shape)
            }
        })
        .collect();
    repeats.sort_by_key(|(after, ..)| std::cmp::Reverse(*after));
    repeats
}

fn drawn(
    profile: &EventRevenue,
    stream: &mut Stream,
    marks: &Marks,
    first: u64,
    row: u64,
) -> (Record, Shape) {
    let (index, shape) = (first + row, marks.shape(row));
    stream.set_word_pos(u128::from(row) * super::record::WORDS_PER_RECORD as u128);
    let record = Record::draw(stream, index, profile.event_id(index));
    (shaped(record, shape), shape)
}
