//! The rows of Parquet files as canonical text, whatever their types: what checksums and comparisons are made of.
//!
//! Integers are plain digits, decimals have their scale, floats two decimals (so that a float column can be compared
//! with the decimal it should be), dates `yyyy-MM-dd`, times `yyyy-MM-dd HH:mm:ss`. Null is `None`.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType,
};
use bytes::Bytes;
use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaDataReader;

/// The batches of one Parquet file.
pub fn read(body: Bytes) -> Result<impl Iterator<Item = Result<RecordBatch, String>>, String> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(body).and_then(ParquetRecordBatchReaderBuilder::build);
    let reader = reader.map_err(|error| error.to_string())?;
    Ok(reader.map(|batch| batch.map_err(|error| error.to_string())))
}

/// How many rows a Parquet file has, by its footer.
pub fn count(body: &Bytes) -> Result<u64, String> {
    let footer = ParquetMetaDataReader::new().parse_and_finish(body).map_err(|error| error.to_string())?;
    u64::try_from(footer.file_metadata().num_rows()).map_err(|error| error.to_string())
}

/// Every row of one Parquet file, its values by column.
pub fn named<R: FromIterator<(String, Option<String>)>>(body: Bytes) -> Result<Vec<R>, String> {
    let (mut found, mut text) = (Vec::new(), RowText::default());
    for batch in read(body)? {
        let batch = batch?;
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            text.set(&batch, row)?;
            let names = schema.fields().iter().map(|field| field.name().clone());
            found.push(names.zip(text.fields().map(|value| value.map(str::to_owned))).collect());
        }
    }
    Ok(found)
}

/// One row as text, in the order of the columns; kept between rows to save allocations.
#[derive(Debug, Default)]
pub struct RowText {
    text: String,
    ends: Vec<Option<usize>>,
}

impl RowText {
    /// Takes a row of a batch.
    ///
    /// Error: a column of a type that has no canonical text.
    pub fn set(&mut self, batch: &RecordBatch, row: usize) -> Result<(), String> {
        self.text.clear();
        self.ends.clear();
        for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
            if column.is_null(row) {
                self.ends.push(None);
                continue;
            }
            write_value(&mut self.text, column, row)
                .map_err(|kind| format!("column {} is {kind}", field.name()))?;
            self.ends.push(Some(self.text.len()));
        }
        Ok(())
    }

    /// The fields of the row that was taken last.
    pub fn fields(&self) -> impl Iterator<Item = Option<&str>> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = &self.text[start..(*end)?];
            start += field.len();
            Some(field)
        })
    }
}

/// Appends one value's text. Error: the name of a type without one.
fn write_value(out: &mut String, column: &ArrayRef, row: usize) -> Result<(), String> {
    let mut digits = itoa::Buffer::new();
    match column.data_type() {
        DataType::Utf8 => out.push_str(column.as_string::<i32>().value(row)),
        DataType::Int64 => out.push_str(digits.format(column.as_primitive::<Int64Type>().value(row))),
        DataType::Int32 => out.push_str(digits.format(column.as_primitive::<Int32Type>().value(row))),
        DataType::Float32 => write_float(out, f64::from(column.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => write_float(out, column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            write_decimal(out, column.as_primitive::<Decimal128Type>().value(row), *scale);
        }
        DataType::Date32 => write_date(out, column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            write_time(out, column.as_primitive::<TimestampMicrosecondType>().value(row));
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            write_time(out, column.as_primitive::<TimestampMillisecondType>().value(row) * 1_000);
        }
        other => return Err(format!("of type {other}, which has no canonical text")),
    }
    Ok(())
}

fn write_float(out: &mut String, value: f64) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value:.2}");
}

fn write_decimal(out: &mut String, value: i128, scale: i8) {
    let digits = usize::try_from(scale).unwrap_or(0);
    let unit = 10u128.pow(u32::try_from(digits).unwrap_or(0));
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let _ = match digits {
        0 => write!(out, "{sign}{value}"),
        _ => write!(out, "{sign}{}.{:0digits$}", value / unit, value % unit),
    };
}

fn write_date(out: &mut String, days: i32) {
    match NaiveDate::from_epoch_days(days) {
        Some(date) => push_date(out, date),
        None => out.push_str(&format!("day {days}")),
    }
}

fn write_time(out: &mut String, micros: i64) {
    let Some(time) = DateTime::from_timestamp_micros(micros) else {
        return out.push_str(&format!("microsecond {micros}"));
    };
    push_date(out, time.date_naive());
    for (before, number) in [(' ', time.hour()), (':', time.minute()), (':', time.second())] {
        out.push(before);
        push_two(out, number);
    }
}

/// A format that is read anew for each value costs more than all else that is done with it.
fn push_date(out: &mut String, date: NaiveDate) {
    match u32::try_from(date.year()) {
        Ok(year @ 0..=9_999) => {
            push_two(out, year / 100);
            push_two(out, year % 100);
            for number in [date.month(), date.day()] {
                out.push('-');
                push_two(out, number);
            }
        }
        _ => out.push_str(&date.format("%Y-%m-%d").to_string()),
    }
}

/// Two digits of a number below a hundred.
fn push_two(out: &mut String, number: u32) {
    for digit in [number / 10, number % 10] {
        out.push(char::from_digit(digit, 10).unwrap_or('?'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_scale_and_sign() {
        let check = |value, scale, expected: &str| {
            let mut out = String::new();
            write_decimal(&mut out, value, scale);
            assert_eq!(out, expected);
        };
        check(3_984_749_500, 2, "39847495.00");
        check(-5, 2, "-0.05");
        check(7, 0, "7");
    }

    #[test]
    fn dates_and_times_are_as_their_formats_have_them() {
        for days in [-719_600, -1, 0, 20_000, 2_932_896, 2_932_897] {
            let (mut out, date) = (String::new(), NaiveDate::from_epoch_days(days).expect("a day"));
            write_date(&mut out, days);
            assert_eq!(out, date.format("%Y-%m-%d").to_string());
        }
        for micros in [-1, 0, 1_767_632_460_123_456] {
            let (mut out, time) = (String::new(), DateTime::from_timestamp_micros(micros).expect("a time"));
            write_time(&mut out, micros);
            assert_eq!(out, time.format("%Y-%m-%d %H:%M:%S").to_string());
        }
    }
}
