//! Profile `people-vi`: contacts with Vietnamese names, phones, provinces and balances.
//!
//! What the locale is for until a scenario has users of its own. The text is outside ASCII and in NFC; the address is
//! folded to ASCII and in a domain that reaches no one; the balance is written as people write it (`39.847.495 ₫`).

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use deunicode::deunicode;
use fake::Fake;
use fake::faker::address::raw::StateName;
use fake::faker::internet::raw::FreeEmailProvider;
use fake::faker::phone_number::raw::CellNumber;
use rand::RngExt;
use wavetank_types::{Seed, Stream};

use crate::locale::vi::{Person, PersonVi, VI, format_vnd};
use crate::table::{CHUNK_RECORDS, Chunk, Column, Table, chunk_len, chunks_of, schema};

/// The profile's name, and the name of its random streams.
pub const NAME: &str = "people-vi";

/// The columns.
pub const COLUMNS: [Column; 10] = [
    Column::number("id"),
    Column::text("family_name"),
    Column::text("middle_name"),
    Column::text("given_name"),
    Column::text("full_name"),
    Column::text("gender"),
    Column::text("phone"),
    Column::text("email"),
    Column::text("city"),
    Column::text("balance_vnd"),
];

/// Balances are whole thousands of dong below this many thousands.
const BALANCE_THOUSANDS_MAX: i64 = 100_000;

/// The profile with its size and seed.
#[derive(Clone, Debug)]
pub struct PeopleVi {
    rows: u64,
    seed: Seed,
}

impl PeopleVi {
    /// A file of `rows` people, with ids from 1.
    pub fn new(rows: u64, seed: Seed) -> Self {
        Self { rows, seed }
    }

    fn row(id: u64, stream: &mut Stream) -> [String; COLUMNS.len()] {
        let person: Person = PersonVi.fake_with_rng(stream);
        let phone: String = CellNumber(VI).fake_with_rng(stream);
        let provider: &str = FreeEmailProvider(VI).fake_with_rng(stream);
        let city: &str = StateName(VI).fake_with_rng(stream);
        let balance = stream.random_range(0..BALANCE_THOUSANDS_MAX) * 1_000;
        let local_part = deunicode(&format!("{}.{}", person.given_name, person.family_name));
        [
            id.to_string(),
            person.family_name.to_owned(),
            person.middle_name.to_owned(),
            person.given_name.to_owned(),
            person.full_name(),
            person.gender.code().to_owned(),
            phone,
            format!("{}{id}@{provider}", local_part.to_ascii_lowercase()),
            city.to_owned(),
            format_vnd(balance),
        ]
    }
}

impl Table for PeopleVi {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.rows)
    }

    fn chunk(&self, index: u64) -> Chunk {
        let mut stream = self.seed.chunk_stream(NAME, index);
        let mut columns: [StringBuilder; COLUMNS.len()] = Default::default();
        let first = index * CHUNK_RECORDS;
        for row in first..first + chunk_len(self.rows, index) {
            for (column, value) in columns.iter_mut().zip(Self::row(row + 1, &mut stream)) {
                column.append_value(value);
            }
        }
        let arrays = columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        let batch =
            RecordBatch::try_new(schema(&COLUMNS), arrays).expect("a row appends to every column once");
        let breaks = Vec::new();
        Chunk { batch, breaks }
    }
}
