//! Profile `event-revenue`: the events of a year or two, their place, attendance and revenue, as one raw CSV table.
//!
//! Facts of the data are in `vocabulary.rs`. A record is drawn alone from one block of its chunk's stream
//! (`record.rs`), marked with at most one defect (`marks.rs`), and laid out as rows with repeats (`rows.rs`). Each row
//! says what must become of it (`truth.rs`); `oracle.rs` sums what queries must answer.

mod canonical;
mod columns;
mod marks;
mod oracle;
mod record;
mod rows;
mod truth;
mod truth_file;
mod vocabulary;

use wavetank_types::{Permutation, Seed, Stream};

use crate::defects::{Defect, Defects, DefectsError};
use crate::table::{Break, CHUNK_RECORDS, Chunk, Column, FileStyle, Table, chunk_len, chunks_of};

pub use canonical::{CLEANED_COLUMNS, Canonical};
pub use oracle::{Cents, Group, Month, Oracle, OracleRow, OracleTable, TOP_MAX, TopEvent};
pub use record::{DateForm, EventName, Record, Twist, status};
pub use rows::{ChunkRows, Row, Shape};
pub use truth::{Counts, Expected};
pub use truth_file::{truth_schema, write_truth_json, write_truth_parquet};
pub use vocabulary::{EVENT_TYPES, ORGANIZERS, PLACES, Place, SALES_CHANNELS};

/// The first event id; ids run on from it without gaps, shuffled over the file.
pub const EVENT_ID_FIRST: i64 = 1_001;

/// The profile's name, and the name of its random streams.
pub const NAME: &str = "event-revenue";

/// The defects that can be asked for.
pub const DEFECTS: [Defect; 7] = [
    Defect::Duplicate,
    Defect::Malformed,
    Defect::WrongType,
    Defect::ExtraColumn,
    Defect::Quoted,
    Defect::Bom,
    Defect::Crlf,
];

/// The columns, in the workshop's order.
pub const COLUMNS: [Column; 13] = [
    Column::number("event_id"),
    Column::text("event_name"),
    Column::text("event_type"),
    Column::text("event_date"),
    Column::text("city"),
    Column::text("country"),
    Column::text("organizer"),
    Column::number("participant_count"),
    Column::number("ticket_revenue"),
    Column::text("currency"),
    Column::text("sales_channel"),
    Column::text("created_at"),
    Column::text("updated_at"),
];

/// The profile with its size, seed and defects.
#[derive(Clone, Debug)]
pub struct EventRevenue {
    records: u64,
    seed: Seed,
    defects: Defects,
    ids: Permutation,
}

impl EventRevenue {
    /// A file of `rows` records; repeats come on top.
    ///
    /// Error: the defects need more records than there are.
    pub fn new(rows: u64, seed: Seed, defects: Defects) -> Result<Self, DefectsError> {
        defects.check()?;
        Ok(Self { records: rows, seed, defects, ids: Permutation::new(seed, "event-revenue/ids", rows) })
    }

    /// How many records there are, repeats not counted.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many data rows the file has: records and repeats.
    pub fn rows_total(&self) -> u64 {
        self.records + self.defects.duplicate.of_first(self.records)
    }

    /// The seed that decides every byte.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The defects that were asked for.
    pub fn defects(&self) -> &Defects {
        &self.defects
    }

    /// The event id of a record. `index` is below [`EventRevenue::records`].
    pub fn event_id(&self, index: u64) -> i64 {
        let id = i64::try_from(self.ids.apply(index)).expect("fewer than 2^63 records");
        EVENT_ID_FIRST + id
    }

    /// The record that has this id; `None` if no record of this file has.
    pub fn index_of(&self, event_id: i64) -> Option<u64> {
        let id = event_id.checked_sub(EVENT_ID_FIRST)?;
        self.ids.invert(u64::try_from(id).ok()?)
    }

    /// One record, drawn alone. Its defect is not part of it, except a [`Twist`] of its name.
    ///
    /// Panics if `index` is not below [`EventRevenue::records`].
    pub fn record(&self, index: u64) -> Record {
        let chunk = index / CHUNK_RECORDS;
        let mut stream = self.stream(chunk);
        let row = index % CHUNK_RECORDS;
        stream.set_word_pos(u128::from(row) * record::WORDS_PER_RECORD as u128);
        let shape = marks::Marks::of(self, chunk).shape(row);
        rows::shaped(Record::draw(&mut stream, index, self.event_id(index)), shape)
    }

    /// The data rows of one chunk in file order, each with what must become of it.
    pub fn rows_of(&self, chunk: u64) -> ChunkRows<'_> {
        ChunkRows::new(self, chunk)
    }

    /// All data rows in file order, in constant memory.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.chunks()).flat_map(|chunk| self.rows_of(chunk))
    }

    fn stream(&self, chunk: u64) -> Stream {
        self.seed.chunk_stream(NAME, chunk)
    }

    fn chunk_len(&self, chunk: u64) -> u64 {
        chunk_len(self.records, chunk)
    }
}

impl Table for EventRevenue {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.records)
    }

    fn chunk(&self, index: u64) -> Chunk {
        let rows = self.rows_of(index);
        let mut columns = columns::RawColumns::with_capacity(rows.size_hint().0);
        let mut breaks = Vec::new();
        for (position, row) in rows.enumerate() {
            columns.push(&row);
            breaks.extend(row.shape.as_break().map(|how| (position, how)));
        }
        let batch = columns.finish();
        Chunk { batch, breaks }
    }

    fn file_style(&self) -> FileStyle {
        FileStyle {
            bom: self.defects.bom,
            crlf: self.defects.crlf,
            breaks: !(self.defects.malformed.is_none() && self.defects.extra_column.is_none()),
        }
    }
}

impl Shape {
    fn as_break(self) -> Option<Break> {
        match self {
            Self::Truncated { fields } => Some(Break::Truncate { fields }),
            Self::OpenQuote => Some(Break::OpenQuote { column: 1 }),
            Self::ExtraField => Some(Break::Extra),
            Self::Plain | Self::Twisted(_) | Self::WrongType { .. } => None,
        }
    }

    fn defect(self) -> Option<Defect> {
        match self {
            Self::Plain => None,
            Self::Twisted(_) => Some(Defect::Quoted),
            Self::WrongType { .. } => Some(Defect::WrongType),
            Self::Truncated { .. } | Self::OpenQuote => Some(Defect::Malformed),
            Self::ExtraField => Some(Defect::ExtraColumn),
        }
    }
}

#[cfg(test)]
mod tests;
