//! The workshop's Spark job, to show what it loses: casts that give null, money as float32, repeats that stay.
//!
//! What it stands for: `spark.read.csv(header=True)` with every column a string, then casts without ANSI mode, as on
//! Glue 4.0 (Spark 3.3). Nothing is refused. [`Loss`] counts what changed without a word, which Spark does not.
//! Recorded: `transforms/recorded/spark-3.3.4` holds lines of every kind and what Spark 3.3.4 made of them.
//! Assumed: that the workshop casts created_at and updated_at to timestamps too. Left out: times with a zone or without
//! a date and hexadecimal floats, which give null here; lines over 64 KiB, which are cut.
//! Start with `spark.rs`, the casts.

mod line;
#[cfg(test)]
mod recorded;
mod spark;

use std::io::Read;

use serde::Serialize;

use super::columns::{Columns, Row};
use super::fields;
use super::input::Window;
use super::schema::RAW_COLUMNS;
use super::validate::{FileReason, header_names};
use super::{BATCH_ROWS_MAX, CleanError, Cleaned, Summary};

/// What the job changed without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// An `event_id` that is not a number became null.
    IdBecameNull,
    /// An `event_date` became null; all of `yyyy/MM/dd` do.
    DateBecameNull,
    /// A `participant_count` became null.
    CountBecameNull,
    /// A `participant_count` lost its fraction.
    CountTruncated,
    /// A `ticket_revenue` became null.
    RevenueBecameNull,
    /// A `ticket_revenue` does not read back from float32 to the hundredth.
    RevenueRounded,
    /// A `created_at` or `updated_at` became null.
    TimeBecameNull,
    /// A line had fewer fields than columns; the rest became null.
    FieldsMissing,
    /// A line had more fields than columns; the rest was dropped.
    FieldsDropped,
}

impl Loss {
    /// The code in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::IdBecameNull => "id-became-null",
            Self::DateBecameNull => "date-became-null",
            Self::CountBecameNull => "count-became-null",
            Self::CountTruncated => "count-truncated",
            Self::RevenueBecameNull => "revenue-became-null",
            Self::RevenueRounded => "revenue-rounded",
            Self::TimeBecameNull => "time-became-null",
            Self::FieldsMissing => "fields-missing",
            Self::FieldsDropped => "fields-dropped",
        }
    }
}

/// Reads a file batch by batch, as the workshop's job does. No row is ever refused.
pub struct AsTaught<R> {
    window: Window<R>,
    /// Where each raw column stands in the file: Spark goes by the names in the header.
    positions: [usize; RAW_COLUMNS.len()],
    width: usize,
    columns: Columns<f32>,
    summary: Summary,
    is_over: bool,
}

impl<R: Read> AsTaught<R> {
    /// Reads the header of a file and is ready for its rows. Other columns and another order are fine.
    ///
    /// Error: the file cannot be read or is empty, or a column is missing, where Spark's analysis fails.
    pub fn open(input: R) -> Result<Self, CleanError> {
        let mut window = Window::new(input);
        window.fill()?;
        let (names, body) = header_names(window.visible())?;
        let position = |column: &str| names.iter().position(|name| name == column);
        let missing: Vec<String> =
            RAW_COLUMNS.into_iter().filter(|column| position(column).is_none()).map(str::to_owned).collect();
        if !missing.is_empty() {
            return Err(FileReason::MissingColumns(missing).into());
        }
        let positions = RAW_COLUMNS.map(|column| position(column).unwrap_or(usize::MAX));
        window.consume(body);
        Ok(Self {
            window,
            positions,
            width: names.len(),
            columns: Columns::default(),
            summary: Summary::default(),
            is_over: false,
        })
    }

    /// What became of the rows so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn fill_batch(&mut self) -> std::io::Result<()> {
        while self.columns.rows() < BATCH_ROWS_MAX {
            self.window.fill()?;
            let visible = self.window.visible();
            if visible.is_empty() {
                self.is_over = true;
                break;
            }
            let (len, consumed) = line::find(visible);
            let text = String::from_utf8_lossy(&visible[..len]);
            if !line::is_blank(&text) {
                let fields = line::split(&text, self.width);
                self.summary.rows_read += 1;
                self.summary.delivered += 1;
                let values = self.positions.map(|at| fields.get(at).and_then(Option::as_deref));
                count_width(&mut self.summary, fields.len(), self.width);
                self.columns.push(&cast(&values, &mut self.summary));
            }
            self.window.consume(consumed);
        }
        Ok(())
    }
}

impl<R: Read> Iterator for AsTaught<R> {
    type Item = Result<Cleaned, CleanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        if let Err(error) = self.fill_batch() {
            self.is_over = true;
            return Some(Err(error.into()));
        }
        let batch = (self.columns.rows() > 0).then(|| self.columns.finish())?;
        let rejected = Vec::new();
        Some(Ok(Cleaned { batch, rejected }))
    }
}

fn count_width(summary: &mut Summary, fields: usize, width: usize) {
    match fields.cmp(&width) {
        std::cmp::Ordering::Less => lose(summary, Loss::FieldsMissing),
        std::cmp::Ordering::Greater => lose(summary, Loss::FieldsDropped),
        std::cmp::Ordering::Equal => {}
    }
}

fn lose(summary: &mut Summary, loss: Loss) {
    *summary.losses.entry(loss).or_default() += 1;
}

/// Casts a row's strings, and counts what a cast loses.
fn cast<'a>(values: &[Option<&'a str>; RAW_COLUMNS.len()], summary: &mut Summary) -> Row<'a, f32> {
    let [id, name, kind, date, city, country, organizer, count, revenue, currency, channel, created, updated] =
        *values;
    let row = Row {
        event_id: id.and_then(spark::to_long),
        event_day: date.and_then(spark::to_date),
        texts: [name, kind, city, country, organizer, currency, channel],
        participant_count: count.and_then(spark::to_int),
        revenue: revenue.and_then(spark::to_float),
        created_at: created.and_then(spark::to_timestamp),
        updated_at: updated.and_then(spark::to_timestamp),
    };
    let nulls = [
        (id.is_some() && row.event_id.is_none(), Loss::IdBecameNull),
        (date.is_some() && row.event_day.is_none(), Loss::DateBecameNull),
        (count.is_some() && row.participant_count.is_none(), Loss::CountBecameNull),
        (revenue.is_some() && row.revenue.is_none(), Loss::RevenueBecameNull),
        (created.is_some() && row.created_at.is_none(), Loss::TimeBecameNull),
        (updated.is_some() && row.updated_at.is_none(), Loss::TimeBecameNull),
        (count.is_some_and(spark::has_fraction) && row.participant_count.is_some(), Loss::CountTruncated),
        (is_rounded(revenue, row.revenue), Loss::RevenueRounded),
    ];
    nulls.into_iter().filter(|(is_lost, _)| *is_lost).for_each(|(_, loss)| lose(summary, loss));
    row
}

/// Whether an exact amount does not come back from its float32 to the hundredth.
fn is_rounded(text: Option<&str>, value: Option<f32>) -> bool {
    let exact = text.and_then(|text| fields::revenue_cents(text).ok().flatten());
    match (exact, value) {
        (Some(cents), Some(value)) => (f64::from(value) * 100.0).round() != cents as f64,
        _ => false,
    }
}
