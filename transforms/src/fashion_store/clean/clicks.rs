//! The clickstream: JSON lines of a day's hours become one Parquet file for each local day of the clicks' own times.
//!
//! Delivery is at least once, so a click may be there twice: the first is kept, by its event id, and the others are refused
//! as duplicates. Ids are remembered for one run: a copy that lands in another day's folder is that run's to keep.
//! Assumed: event ids are small whole numbers, so that remembering one costs a bit.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use chrono::NaiveDate;
use serde::Deserialize;

use super::file::{BATCH_ROWS, File, FileError};
use super::values::{day_of, time};
use super::{Reason, Rejected};
use crate::fashion_store::Mistake;

/// The kinds of clicks.
pub const EVENT_TYPES: [&str; 3] = ["page_view", "add_to_cart", "product_view"];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let at = DataType::Timestamp(TimeUnit::Microsecond, None);
    Arc::new(Schema::new(vec![
        Field::new("event_id", DataType::Int64, false),
        Field::new("user_id", DataType::Int64, false),
        Field::new("event_time", at, false),
        Field::new("event_type", DataType::Utf8, false),
        Field::new("product_id", DataType::Int64, true),
    ]))
});

/// The columns of the clean clickstream. `event_time` is local time, as the click says it.
pub fn clicks_schema() -> SchemaRef {
    SchemaRef::clone(&SCHEMA)
}

/// A click as it was sent.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    event_id: i64,
    user_id: i64,
    timestamp: &'a str,
    event_type: &'a str,
    product_id: Option<i64>,
}

/// A line that cannot be read, where the mistake `trailing-newline` reads every line.
#[derive(Debug, thiserror::Error)]
pub enum ClicksError {
    /// What Python's parser says of an empty text.
    #[error("{object}: JSONDecodeError: Expecting value: line {line} column 1 (char 0)")]
    EmptyLine {
        /// The object.
        object: String,
        /// From 1.
        line: u64,
    },
    /// Parquet.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A run over the clicks of one day's folders.
pub struct Clicks {
    mistake: Option<Mistake>,
    seen: Seen,
    /// By local day, counted from 1970-01-01.
    days: BTreeMap<i32, Day>,
    read: u64,
    rejected: Vec<Rejected>,
}

impl std::fmt::Debug for Clicks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clicks").field("read", &self.read).field("rejected", &self.rejected.len()).finish()
    }
}

/// What a run gives.
#[derive(Clone, Debug, Default)]
pub struct CleanClicks {
    /// Lines that were read.
    pub read: u64,
    /// A Parquet file for each local day.
    pub files: BTreeMap<NaiveDate, Bytes>,
    /// What was refused.
    pub rejected: Vec<Rejected>,
}

impl Clicks {
    /// A run that has read nothing yet.
    pub fn new(mistake: Option<Mistake>) -> Self {
        let (seen, days) = Default::default();
        Self { mistake, seen, days, read: 0, rejected: Vec::new() }
    }

    /// The folders of a day that are read: hours 00 to 23, but for the mistake `hour-zero`, which counts from 1 to 24.
    pub fn hours(mistake: Option<Mistake>) -> std::ops::Range<u32> {
        if mistake == Some(Mistake::HourZero) { 1..25 } else { 0..24 }
    }

    /// Reads one object, line by line. What follows the last line end is no line.
    pub fn read(&mut self, object: &str, body: &[u8]) -> Result<(), ClicksError> {
        // A text is looked at once as a whole; what is none, line by line.
        let whole = std::str::from_utf8(body).ok();
        let (mut start, mut line) = (0, 0);
        let ends = memchr::memchr_iter(b'\n', body).chain([body.len()]);
        for end in ends {
            let (text, place) = (&body[start..end], start..end);
            start = (end + 1).min(body.len());
            line += 1;
            if text.trim_ascii().is_empty() {
                if self.mistake == Some(Mistake::TrailingNewline) {
                    return Err(ClicksError::EmptyLine { object: object.to_owned(), line });
                }
                continue;
            }
            self.read += 1;
            let click = match whole {
                Some(whole) => serde_json::from_str(&whole[place]),
                None => serde_json::from_slice(text),
            };
            match self.take(click)? {
                None => {}
                Some((reason, detail, event_id)) => {
                    let rejected = Rejected::new(object, line, reason, &detail, text);
                    self.rejected.push(Rejected { event_id, ..rejected });
                }
            }
        }
        Ok(())
    }

    /// Takes a line, or says why not: the reason, the value, and the id if there is one.
    fn take(
        &mut self,
        line: Result<Line<'_>, serde_json::Error>,
    ) -> Result<Option<(Reason, String, Option<i64>)>, FileError> {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Ok(Some((Reason::NotAClick, error.to_string(), None))),
        };
        let refuse = |reason, detail: &str| Ok(Some((reason, detail.to_owned(), Some(line.event_id))));
        let Some(at) = time(line.timestamp) else { return refuse(Reason::BadTime, line.timestamp) };
        if !EVENT_TYPES.contains(&line.event_type) {
            return refuse(Reason::UnknownEventType, line.event_type);
        }
        if line.product_id.is_none() != (line.event_type == EVENT_TYPES[0]) {
            return refuse(Reason::ProductMismatch, line.event_type);
        }
        if line.event_id < 1 || line.user_id < 1 {
            return refuse(Reason::BadKey, &line.user_id.min(line.event_id).to_string());
        }
        if !self.seen.first(line.event_id.unsigned_abs()) {
            return refuse(Reason::Duplicate, &line.event_id.to_string());
        }
        self.days.entry(day_of(at)).or_default().push(&line, at)?;
        Ok(None)
    }

    /// The files.
    pub fn end(self) -> Result<CleanClicks, FileError> {
        let mut files = BTreeMap::new();
        for (day, rows) in self.days {
            let Some(date) = NaiveDate::from_epoch_days(day) else { continue };
            files.extend(rows.end()?.map(|file| (date, file)));
        }
        Ok(CleanClicks { read: self.read, files, rejected: self.rejected })
    }
}

/// The rows of one local day.
#[derive(Default)]
struct Day {
    rows: usize,
    event_id: Int64Builder,
    user_id: Int64Builder,
    event_time: TimestampMicrosecondBuilder,
    event_type: StringBuilder,
    product_id: Int64Builder,
    file: Option<File>,
}

impl Day {
    fn push(&mut self, line: &Line<'_>, at: i64) -> Result<(), FileError> {
        self.event_id.append_value(line.event_id);
        self.user_id.append_value(line.user_id);
        self.event_time.append_value(at * 1_000_000);
        self.event_type.append_value(line.event_type);
        self.product_id.append_option(line.product_id);
        self.rows += 1;
        if self.rows == BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), FileError> {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.event_id.finish()),
            Arc::new(self.user_id.finish()),
            Arc::new(self.event_time.finish()),
            Arc::new(self.event_type.finish()),
            Arc::new(self.product_id.finish()),
        ];
        let batch = RecordBatch::try_new(clicks_schema(), columns).expect("a value of each column a row");
        if self.file.is_none() {
            self.file = Some(File::new(clicks_schema())?);
        }
        self.file.as_mut().map_or(Ok(()), |file| file.write(&batch))
    }

    fn end(mut self) -> Result<Option<Bytes>, FileError> {
        self.flush()?;
        self.file.map_or(Ok(None), File::end)
    }
}

/// Which ids were there: a bit each, in pages that are made when one of theirs comes.
#[derive(Debug, Default)]
struct Seen(BTreeMap<u64, Box<[u64; Seen::PAGE_WORDS]>>);

impl Seen {
    const PAGE_WORDS: usize = 512;
    const PAGE_IDS: u64 = Self::PAGE_WORDS as u64 * 64;

    /// Whether this is the first time.
    fn first(&mut self, id: u64) -> bool {
        let page = self.0.entry(id / Self::PAGE_IDS).or_insert_with(|| Box::new([0; Self::PAGE_WORDS]));
        let within = id % Self::PAGE_IDS;
        let (word, bit) = (&mut page[(within / 64) as usize], 1 << (within % 64));
        let is_first = *word & bit == 0;
        *word |= bit;
        is_first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use proptest::prelude::*;

    fn click(id: i64, time: &str) -> String {
        format!(
            "{{\"user_id\": 3, \"timestamp\": \"{time}\", \"event_type\": \"add_to_cart\", \"product_id\": 5, \"event_id\": {id}}}\n"
        )
    }

    fn ids(file: &Bytes) -> Vec<i64> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file.clone()).expect("Parquet").build();
        let batches = reader.expect("Parquet").map(|batch| batch.expect("a batch"));
        let column = |batch: RecordBatch| {
            use arrow::array::AsArray;
            batch.column(0).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
        };
        batches.flat_map(column).collect()
    }

    fn run(bodies: &[&str], mistake: Option<Mistake>) -> Result<CleanClicks, ClicksError> {
        let mut clicks = Clicks::new(mistake);
        for body in bodies {
            clicks.read("o", body.as_bytes())?;
        }
        Ok(clicks.end()?)
    }

    #[test]
    fn clicks_lie_by_their_own_local_day_and_each_is_kept_once() {
        let bodies = [
            click(1, "2026-01-06 23:59:59") + &click(2, "2026-01-07 00:00:00"),
            click(1, "2026-01-06 23:59:59") + &click(3, "2026-01-06 00:00:00"),
        ];
        let found = run(&[&bodies[0], &bodies[1]], None).expect("clicks");
        let days: Vec<(String, Vec<i64>)> =
            found.files.iter().map(|(day, file)| (day.to_string(), ids(file))).collect();
        assert_eq!(days, [("2026-01-06".to_owned(), vec![1, 3]), ("2026-01-07".to_owned(), vec![2])]);
        let refused = &found.rejected[0];
        assert_eq!((refused.reason, refused.line, refused.event_id), (Reason::Duplicate, 1, Some(1)));
        assert_eq!((found.read, found.rejected.len()), (4, 1));
    }

    #[test]
    fn a_line_that_is_no_click_is_refused_for_its_reason() {
        let check = |line: &str, reason: Reason| {
            let found = run(&[line], None).expect("lines");
            assert_eq!(found.rejected.iter().map(|it| it.reason).collect::<Vec<_>>(), [reason], "{line}");
            assert!(found.files.is_empty());
        };
        let with = |from: &str, to: &str| click(1, "2026-01-06 10:00:00").replace(from, to);
        check("{\"user_id\": 3", Reason::NotAClick);
        check(&with("\"user_id\": 3, ", ""), Reason::NotAClick);
        check(&with("}\n", "}{}"), Reason::NotAClick);
        check(&with("10:00:00", "24:00:00"), Reason::BadTime);
        check(&with("01-06", "02-30"), Reason::BadTime);
        check(&with("add_to_cart", "hover"), Reason::UnknownEventType);
        check(&with("add_to_cart", "page_view"), Reason::ProductMismatch);
        check(&with("5", "null"), Reason::ProductMismatch);
        check(&with("\"event_id\": 1", "\"event_id\": 0"), Reason::BadKey);
    }

    #[test]
    fn what_follows_the_last_line_end_is_no_line_but_for_the_mistake() {
        let body = click(1, "2026-01-06 10:00:00");
        let read = |body: &str| run(&[body], None).expect("a click").read;
        assert_eq!((read(&body), read(body.trim_end()), read("")), (1, 1, 0));
        let error = run(&[&body], Some(Mistake::TrailingNewline)).expect_err("the loop fails");
        assert!(error.to_string().contains("Expecting value: line 2 column 1 (char 0)"), "{error}");
        assert!(run(&[body.trim_end()], Some(Mistake::TrailingNewline)).is_ok());
        assert_eq!((Clicks::hours(None), Clicks::hours(Some(Mistake::HourZero))), (0..24, 1..25));
    }

    proptest! {
        /// However clicks are split over objects and repeated, each id is in one file once, and the rest is refused.
        #[test]
        fn every_click_is_kept_once_or_refused(ids_sent in proptest::collection::vec(1i64..200, 0..300), cut in 1usize..50) {
            let lines: Vec<String> = ids_sent.iter().map(|id| click(*id, "2026-01-06 10:00:00")).collect();
            let bodies: Vec<String> = lines.chunks(cut).map(<[String]>::concat).collect();
            let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
            let found = run(&bodies, None).expect("clicks");
            let kept: Vec<i64> = found.files.values().flat_map(ids).collect();
            let mut unique = ids_sent.clone();
            unique.sort_unstable();
            unique.dedup();
            let mut sorted = kept.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, unique);
            prop_assert_eq!(kept.len() + found.rejected.len(), ids_sent.len());
            prop_assert_eq!(found.read, ids_sent.len() as u64);
        }
    }
}
