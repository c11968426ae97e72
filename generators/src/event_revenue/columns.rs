//! The text of the raw file's thirteen columns, built column by column.
//!
//! Numbers look as a Python script writes its floats: `112.0`, `39847495.0`, `4521.37`. An absent value is null here
//! and an empty field in CSV.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};

use super::COLUMNS;
use super::record::{DateForm, Record};
use super::rows::{Row, Shape};
use crate::table::schema;
use crate::text::{push_clock, push_date, push_time};

/// Bytes of an average value; only the first allocation depends on it.
const VALUE_BYTES: usize = 12;

pub(super) struct RawColumns {
    columns: [StringBuilder; COLUMNS.len()],
    digits: itoa::Buffer,
    text: String,
}

impl RawColumns {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            columns: std::array::from_fn(|_| StringBuilder::with_capacity(rows, rows * VALUE_BYTES)),
            digits: itoa::Buffer::new(),
            text: String::new(),
        }
    }

    pub(super) fn push(&mut self, row: &Row) {
        let spoiled = match row.shape {
            Shape::WrongType { column, text } => Some((column, text)),
            _ => None,
        };
        for column in 0..COLUMNS.len() {
            match spoiled {
                Some((spoiled, text)) if spoiled == column => {
                    self.columns[column].append_value(text);
                }
                _ => self.push_value(column, &row.record),
            }
        }
    }

    fn push_value(&mut self, column: usize, record: &Record) {
        let out = &mut self.columns[column];
        match column {
            0 => out.append_value(self.digits.format(record.event_id)),
            1 => {
                // Writing to a builder in memory cannot fail, and an empty append ends the value.
                record.name.write_to(|piece| {
                    let _ = out.write_str(piece);
                });
                out.append_value("");
            }
            2 => out.append_value(record.event_type),
            3 => {
                self.text.clear();
                push_event_date(&mut self.text, record);
                out.append_value(&self.text);
            }
            4 => out.append_value(record.place.city),
            5 => out.append_value(record.place.country),
            6 => out.append_value(record.organizer),
            7 => push_float(out, record.participant_count.map(|n| i64::from(n) * 100)),
            8 => push_float(out, record.revenue_cents),
            9 => out.append_value(record.place.currency),
            10 => out.append_value(record.sales_channel),
            _ => {
                let is_created = column == 11;
                self.text.clear();
                push_time(&mut self.text, if is_created { record.created_at } else { record.updated_at });
                out.append_value(&self.text);
            }
        }
    }

    pub(super) fn finish(mut self) -> RecordBatch {
        let arrays = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        RecordBatch::try_new(schema(&COLUMNS), arrays).expect("a row appends to every column once")
    }
}

fn push_event_date(text: &mut String, record: &Record) {
    match record.date_form {
        DateForm::Dashes => push_date(text, record.event_day, '-'),
        DateForm::Slashes => push_date(text, record.event_day, '/'),
        DateForm::DashesAndTime => {
            push_date(text, record.event_day, '-');
            push_clock(text, record.event_second);
        }
    }
}

/// Appends hundredths as the shortest float text that has a fraction: `112.0`, `7.5`, `4521.37`.
fn push_float(out: &mut StringBuilder, hundredths: Option<i64>) {
    let Some(hundredths) = hundredths else {
        return out.append_null();
    };
    let fraction = (hundredths % 100) as u8;
    let digits = [b'0' + fraction / 10, b'0' + fraction % 10];
    let shown = if digits[1] == b'0' { 1 } else { 2 };
    let fraction = std::str::from_utf8(&digits[..shown]).unwrap_or("0");
    let _ = out.write_str(itoa::Buffer::new().format(hundredths / 100));
    let _ = out.write_str(".");
    out.append_value(fraction);
}
