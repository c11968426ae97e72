//! Dates and times from and to text.
//!
//! Documented: trino.io/docs/current/functions/datetime.html. Functions whose result has a zone that depends on an
//! argument are in `special.rs`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, PrimitiveArray};
use arrow::datatypes::{DataType, TimestampMillisecondType};
use chrono::{NaiveDate, NaiveDateTime};

use crate::error::SqlError;
use crate::functions::cast::offset_ms;
use crate::functions::def::{Call, Def, invalid};
use crate::functions::java_time::{self, Piece};
use crate::functions::time::{naive, wall_ms};
use crate::render::text::offset_seconds;

const FORMAT: &[&str] = &["timestamp, varchar -> varchar", "timestamptz, varchar -> varchar"];

pub(crate) const ALL: &[Def] = &[
    Def { name: "date_format", overloads: FORMAT, run: |c| format(c, java_time::mysql) },
    Def { name: "format_datetime", overloads: FORMAT, run: |c| format(c, java_time::joda) },
    Def {
        name: "date_parse",
        overloads: &["varchar, varchar -> timestamp(3)"],
        run: |c| parse(c, java_time::mysql),
    },
    Def {
        name: "parse_datetime",
        overloads: &["varchar, varchar -> timestamp(3) with time zone"],
        run: |c| parse(c, java_time::joda),
    },
    Def { name: "from_iso8601_date", overloads: &["varchar -> date"], run: iso_date },
    Def {
        name: "to_iso8601",
        overloads: &["date -> varchar", "timestamp -> varchar", "timestamptz -> varchar"],
        run: to_iso,
    },
];

fn format(c: &Call, pattern: fn(&str) -> Result<Vec<Piece>, String>) -> Result<ArrayRef, SqlError> {
    let at = wall_ms(&c.args[0])?;
    let zone = match c.args[0].data_type() {
        DataType::Timestamp(_, Some(zone)) => Some(zone.clone()),
        _ => None,
    };
    let mut known: Option<(String, Vec<Piece>)> = None;
    c.each_text(|i| {
        let wanted = c.text(1).value(i);
        let pieces = match &known {
            Some((text, pieces)) if text == wanted => pieces.clone(),
            _ => pattern(wanted).map_err(invalid)?,
        };
        let offset = zone.as_ref().map_or(0, |z| offset_ms(z, at.value(i), true) / 1000);
        let text = java_time::write(naive(at.value(i)), offset, &pieces);
        known = Some((wanted.to_string(), pieces));
        Ok(Some(text))
    })
}

fn parse(c: &Call, pattern: fn(&str) -> Result<Vec<Piece>, String>) -> Result<ArrayRef, SqlError> {
    let mut known: Option<(String, Vec<Piece>)> = None;
    let zoned = matches!(c.returns, DataType::Timestamp(_, Some(_)));
    let values = c.each(|i| {
        let wanted = c.text(1).value(i);
        let pieces = match &known {
            Some((text, pieces)) if text == wanted => pieces.clone(),
            _ => pattern(wanted).map_err(invalid)?,
        };
        let read = java_time::read(c.text(0).value(i), &pieces).map_err(invalid);
        known = Some((wanted.to_string(), pieces));
        let (at, offset) = read?;
        if zoned && offset.unwrap_or(0) != 0 {
            return Err(several_zones());
        }
        Ok(Some(at.and_utc().timestamp_millis()))
    })?;
    Ok(moments(values, c.returns))
}

/// One Arrow column has one zone: a value in another would print its clock wrongly.
pub(crate) fn several_zones() -> SqlError {
    SqlError::not_built(
        "a timestamp whose text carries an offset other than UTC, in a column; cast or cut off the offset first",
    )
}

pub(crate) fn moments(values: Vec<Option<i64>>, returns: &DataType) -> ArrayRef {
    let made: PrimitiveArray<TimestampMillisecondType> = values.into_iter().collect();
    Arc::new(made.with_data_type(returns.clone()))
}

fn iso_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .or_else(|_| NaiveDate::parse_from_str(text, "%Y%m%d"))
        .or_else(|_| NaiveDate::parse_from_str(text, "%G-W%V-%u"))
        .or_else(|_| NaiveDate::parse_from_str(text, "%Y-%j"))
        .ok()
}

fn iso_date(c: &Call) -> Result<ArrayRef, SqlError> {
    let days = c.each(|i| {
        let text = c.text(0).value(i);
        let date = iso_day(text).ok_or_else(|| invalid(format!("Invalid format: \"{text}\"")))?;
        Ok(Some((date - NaiveDate::default()).num_days() as i32))
    })?;
    Ok(Arc::new(Date32Array::from(days)))
}

/// Milliseconds since 1970 and seconds ahead of UTC: `2024-01-26T10:00:00.5+07:00`, or less of it.
pub(crate) fn read_iso(text: &str) -> Option<(i64, i64)> {
    let (date, time) = text.split_once('T').map_or((text, None), |(d, t)| (d, Some(t)));
    let date = iso_day(date)?;
    let midnight = (date - NaiveDate::default()).num_days() * 86_400_000;
    let Some(time) = time.filter(|t| !t.is_empty()) else { return Some((midnight, 0)) };
    let at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(at);
    let offset = if zone.is_empty() { 0 } else { offset_seconds(zone, NaiveDateTime::default(), false)? };
    let padded = match clock.matches(':').count() {
        0 => format!("{clock}:00:00"),
        1 => format!("{clock}:00"),
        _ => clock.replace(',', "."),
    };
    let us = crate::scan::values::parse_timestamp_us(&format!("1970-01-01 {padded}"))?;
    Some((midnight + us.div_euclid(1000) - offset * 1000, offset))
}

fn to_iso(c: &Call) -> Result<ArrayRef, SqlError> {
    let at = wall_ms(&c.args[0])?;
    c.each_text(|i| {
        let moment = naive(at.value(i));
        let text = match c.args[0].data_type() {
            DataType::Date32 => moment.format("%Y-%m-%d").to_string(),
            DataType::Timestamp(_, zone) => {
                let mut text = moment.format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
                if let Some(zone) = zone {
                    let offset = offset_ms(zone, at.value(i), true) / 1000;
                    let pieces = [Piece::Offset(true)];
                    text.push_str(&if offset == 0 {
                        "Z".to_string()
                    } else {
                        java_time::write(moment, offset, &pieces)
                    });
                }
                text
            }
            _ => String::new(),
        };
        Ok(Some(text))
    })
}
