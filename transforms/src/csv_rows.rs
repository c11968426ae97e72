//! Rows of a CSV file in memory, by the rules of the crate `csv`: each may have another number of fields, and nothing is an error.
//!
//! Its automaton is built once in a thread. That takes longer than to read a file of a hundred rows, and a job reads many.

use std::cell::Cell;

use csv::ByteRecord;
use csv_core::{ReadRecordResult, Reader};

thread_local! {
    /// One that nobody reads with. A copy of it would not do, nor would its default: csv-core 0.1.13 leaves their tables empty.
    static IDLE: Cell<Option<Box<Reader>>> = const { Cell::new(None) };
}

/// Room for a row's bytes and fields at first; it doubles when a row does not fit.
const ROW_BYTES: usize = 512;
const ROW_FIELDS: usize = 32;

/// The rows that have not been read.
#[derive(Debug)]
pub(crate) struct CsvRows<'a> {
    /// Only on its way out there is none.
    core: Option<Box<Reader>>,
    body: &'a [u8],
    read: usize,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> CsvRows<'a> {
    /// All rows of a file, its header too.
    pub(crate) fn of(body: &'a [u8]) -> Self {
        let mut core = IDLE.take().unwrap_or_else(|| Box::new(Reader::new()));
        core.reset();
        let (bytes, ends) = (vec![0; ROW_BYTES], vec![0; ROW_FIELDS]);
        Self { core: Some(core), body, read: 0, bytes, ends }
    }

    /// Where the next row begins, in bytes.
    pub(crate) fn position(&self) -> usize {
        self.read
    }

    /// Reads the next row into `row`, or answers that there is none.
    pub(crate) fn next_into(&mut self, row: &mut ByteRecord) -> bool {
        row.clear();
        let Some(core) = &mut self.core else { return false };
        let (mut bytes, mut fields) = (0, 0);
        loop {
            let (result, read, written, ended) =
                core.read_record(&self.body[self.read..], &mut self.bytes[bytes..], &mut self.ends[fields..]);
            (self.read, bytes, fields) = (self.read + read, bytes + written, fields + ended);
            match result {
                // Once more, with nothing: the last row may have no line end.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return false,
            }
        }
        let mut start = 0;
        for end in &self.ends[..fields] {
            row.push_field(&self.bytes[start..*end]);
            start = *end;
        }
        true
    }
}

impl Drop for CsvRows<'_> {
    fn drop(&mut self) {
        IDLE.set(self.core.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(body: &[u8]) -> Vec<ByteRecord> {
        let (mut rows, mut row) = (CsvRows::of(body), ByteRecord::new());
        std::iter::from_fn(|| rows.next_into(&mut row).then(|| row.clone())).collect()
    }

    fn by_csv(body: &[u8]) -> Vec<ByteRecord> {
        let reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(body);
        reader.into_byte_records().map(|row| row.expect("memory can be read")).collect()
    }

    #[test]
    fn a_row_that_is_larger_than_its_room_is_read_whole() {
        let body = format!("{}\n{}", "x".repeat(5_000), vec!["y"; 300].join(","));
        assert_eq!(rows(body.as_bytes()), by_csv(body.as_bytes()));
    }

    #[test]
    fn one_may_be_read_while_another_is_and_one_that_was_left_in_the_middle_spoils_none() {
        let (mut first, mut row) = (CsvRows::of(b"a,\"b\nc"), ByteRecord::new());
        assert_eq!(rows(b"1,2\n3"), by_csv(b"1,2\n3"));
        assert!(first.next_into(&mut row));
        drop(first);
        assert_eq!(rows(b"4,5\n"), by_csv(b"4,5\n"));
    }

    #[test]
    fn the_next_row_begins_behind_the_last() {
        let (mut rows, mut row) = (CsvRows::of(b"a,\"b\nc\"\nd"), ByteRecord::new());
        assert!(rows.next_into(&mut row));
        assert_eq!((rows.position(), row.as_slice()), (8, b"ab\nc".as_slice()));
    }

    proptest! {
        /// Whatever the text, the rows are those that the crate reads.
        #[test]
        fn rows_are_those_of_the_crate(body in "\u{feff}?([a-c,\"\r\n ]|é){0,60}") {
            prop_assert_eq!(rows(body.as_bytes()), by_csv(body.as_bytes()));
        }
    }
}
