//! Text to every other type, strictly: the whole text must be a value.
//!
//! Messages are Trino's (VarcharOperators, DateTimeUtils). Start with `parse_array`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::scalar::ScalarValue;

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::offset_ms;
use crate::functions::def::from_scalars;
use crate::render::text::offset_seconds;
use crate::scan::values::{in_unit, parse_date, parse_decimal, parse_double, parse_timestamp_us};
use crate::types::{TIMESTAMP, trino_name};

/// Parses every text.
pub(crate) fn parse_array(array: &ArrayRef, to: &DataType, lenient: bool) -> Result<ArrayRef, SqlError> {
    let texts = array.as_string_view();
    // The two casts that run over whole tables build their arrays directly.
    let refuse = |text: &str| if lenient { Ok(()) } else { Err(cannot(text, to)) };
    match to {
        DataType::Float64 => {
            let mut made = arrow::array::Float64Builder::with_capacity(texts.len());
            for text in texts {
                let value = text.and_then(parse_double);
                if let (Some(text), None) = (text, value) {
                    refuse(text)?;
                }
                made.append_option(value);
            }
            Ok(Arc::new(made.finish()))
        }
        DataType::Date32 => {
            let mut made = arrow::array::Date32Builder::with_capacity(texts.len());
            for text in texts {
                let value = text.and_then(strict_date);
                if let (Some(text), None) = (text, value) {
                    refuse(text)?;
                }
                made.append_option(value);
            }
            Ok(Arc::new(made.finish()))
        }
        _ => {
            let mut made = Vec::with_capacity(texts.len());
            for text in texts {
                made.push(match text {
                    None => None,
                    Some(text) => match parse(text, to) {
                        Ok(value) => Some(value),
                        Err(_) if lenient => None,
                        Err(e) => return Err(e),
                    },
                });
            }
            from_scalars(made, to)
        }
    }
}

fn cannot(text: &str, to: &DataType) -> SqlError {
    let message = match to {
        DataType::Date32 => format!("Value cannot be cast to date: {text}"),
        DataType::Timestamp(..) => format!("Value cannot be cast to timestamp: {text}"),
        DataType::Time32(_) => format!("Value cannot be cast to time: {text}"),
        DataType::Decimal128(p, s) => {
            format!("Cannot cast VARCHAR '{text}' to DECIMAL({p}, {s}). Value is not a number.")
        }
        DataType::Int32 => format!("Cannot cast '{text}' to INT"),
        other => format!("Cannot cast '{text}' to {}", trino_name(other).to_uppercase()),
    };
    SqlError::new(ErrorKind::InvalidCastArgument, message)
}

/// `yyyy-M-d` with nothing behind it, and a day that exists.
fn strict_date(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.contains(' ') || text.is_empty() {
        return None;
    }
    let days = parse_date(text)?;
    exists(text, days).then_some(days)
}

/// Hive's reader is lenient about month 13; Trino's cast is not.
fn exists(date: &str, days: i32) -> bool {
    let mut wanted = date.split('-').filter_map(|p| p.parse::<u32>().ok());
    let made = crate::render::text::format_date(days);
    let mut found = made.split('-').filter_map(|p| p.parse::<u32>().ok());
    wanted.by_ref().take(3).eq(found.by_ref().take(3))
}

fn parse(text: &str, to: &DataType) -> Result<ScalarValue, SqlError> {
    let made = match to {
        DataType::Int8 => text.parse().ok().map(|v| ScalarValue::Int8(Some(v))),
        DataType::Int16 => text.parse().ok().map(|v| ScalarValue::Int16(Some(v))),
        DataType::Int32 => text.parse().ok().map(|v| ScalarValue::Int32(Some(v))),
        DataType::Int64 => text.parse().ok().map(|v| ScalarValue::Int64(Some(v))),
        DataType::Float32 => parse_double(text).map(|v| ScalarValue::Float32(Some(v as f32))),
        DataType::Decimal128(p, s) => {
            if let Some(v) = parse_decimal(text, *p, *s) {
                Some(ScalarValue::Decimal128(Some(v), *p, *s))
            } else if parse_decimal(text, 38, *s).is_some() {
                return Err(SqlError::new(
                    ErrorKind::InvalidCastArgument,
                    format!("Cannot cast VARCHAR '{text}' to DECIMAL({p}, {s}). Value too large."),
                ));
            } else {
                None
            }
        }
        DataType::Boolean => boolean(text).map(|v| ScalarValue::Boolean(Some(v))),
        DataType::Time32(_) => parse_timestamp_us(&format!("1970-01-01 {text}"))
            .filter(|us| (0..86_400_000_000).contains(us))
            .map(|us| ScalarValue::Time32Millisecond(Some((us / 1000) as i32))),
        DataType::Timestamp(unit, zone) => {
            let us = timestamp(text, zone.as_deref())?;
            let value =
                us.map(|us| in_unit(if *unit == TimeUnit::Millisecond { us + 500 } else { us }, *unit));
            value.map(|v| match unit {
                TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(v), zone.clone()),
                TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(v), zone.clone()),
                _ => ScalarValue::TimestampMillisecond(Some(v), zone.clone()),
            })
        }
        _ => None,
    };
    made.ok_or_else(|| cannot(text, to))
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Some(true),
        "f" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// The zone at the end of a timestamp's text: the third word, or an offset glued to the time.
pub(crate) fn zone_of(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace();
    let (_, time) = (words.next()?, words.next()?);
    if let Some(zone) = words.next() {
        return Some(zone);
    }
    time.find(['+', '-']).map(|i| &time[i..])
}

/// A literal with more than three fraction digits has more precision.
pub(crate) fn timestamp_type(text: &str) -> DataType {
    match text.split_once('.').map_or(0, |(_, f)| f.trim().len()) {
        0..=3 => TIMESTAMP,
        4..=6 => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ => DataType::Timestamp(TimeUnit::Nanosecond, None),
    }
}

/// Microseconds since 1970. `T` between date and time is no timestamp to Trino.
///
/// Error: a zone that is not the column's, which one Arrow column cannot hold.
fn timestamp(text: &str, column_zone: Option<&str>) -> Result<Option<i64>, SqlError> {
    let text = text.trim();
    let zone = zone_of(text);
    let bare = match zone {
        Some(zone) => text.strip_suffix(zone).unwrap_or(text).trim(),
        None => text,
    };
    if bare.contains('T') {
        return Ok(None);
    }
    // Trino lets the seconds be left out.
    let colons = bare.matches(':').count();
    let padded = if colons == 1 { format!("{bare}:00") } else { bare.to_string() };
    let date = padded.split(' ').next().unwrap_or("");
    let Some(us) =
        parse_timestamp_us(&padded).filter(|_| parse_date(date).is_some_and(|days| exists(date, days)))
    else {
        return Ok(None);
    };
    let Some(column_zone) = column_zone else { return Ok(Some(us)) };
    let zone = zone.unwrap_or("UTC");
    if zone != column_zone {
        if offset_seconds(zone, chrono::NaiveDateTime::default(), false).is_none() {
            return Ok(None);
        }
        return Err(SqlError::not_built(format!(
            "a column of timestamps with several time zones ({zone} beside {column_zone})"
        )));
    }
    if offset_seconds(zone, chrono::NaiveDateTime::default(), false).is_none() {
        return Ok(None);
    }
    Ok(Some(us - offset_ms(zone, us.div_euclid(1000), true) * 1000))
}
