//! One JSON value as one cell of a column, by the deserializer that was chosen.
//!
//! Documented: docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html (read 2026-11-20 as awsdocs): the
//! forms of timestamps, keys in lower case, dots as underscores, mappings; the Hive deserializer takes no text for a
//! number and no nested document for a text. Assumed: a number with a fraction is cut for a whole-number column, as in
//! Java; one that does not fit is an error.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::{Map, Value};

use super::columns::Deserializer;
use super::hive_type::HiveType;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Boolean(bool),
    /// Any whole number, a date in days, a timestamp in microseconds.
    Whole(i64),
    Double(f64),
    Text(String),
    Decimal(i128),
    Array(Vec<Cell>),
    Map(Vec<(Cell, Cell)>),
    Struct(Vec<Cell>),
}

/// The cells of one document, one for each column. Error: why it does not fit the table.
pub(super) fn row(
    how: &Deserializer,
    columns: &[(String, HiveType)],
    document: &Map<String, Value>,
) -> Result<Vec<Cell>, String> {
    columns
        .iter()
        .map(|(name, kind)| {
            let key = how.key_of(name);
            let value = find(how, document, key);
            cell(how, kind, value).map_err(|why| format!("Error in column {name}: {why}"))
        })
        .collect()
}

/// The value under a key, whose form may differ from the column's.
fn find<'a>(how: &Deserializer, document: &'a Map<String, Value>, key: &str) -> &'a Value {
    let exact = document.get(key);
    let loose = || document.iter().rev().find(|(found, _)| how.same_key(found, key)).map(|(_, value)| value);
    exact.or_else(loose).unwrap_or(&Value::Null)
}

fn cell(how: &Deserializer, kind: &HiveType, value: &Value) -> Result<Cell, String> {
    let wrong = || Err(format!("{} is not a {kind:?}", short(value)));
    if value.is_null() {
        return Ok(Cell::Null);
    }
    match (kind, value) {
        (HiveType::Boolean, Value::Bool(flag)) => Ok(Cell::Boolean(*flag)),
        (HiveType::Boolean, Value::String(text)) if how.is_lenient() => {
            Ok(Cell::Boolean(text.eq_ignore_ascii_case("true")))
        }
        (HiveType::TinyInt, _) => whole(how, value, i8::MIN.into(), i8::MAX.into()),
        (HiveType::SmallInt, _) => whole(how, value, i16::MIN.into(), i16::MAX.into()),
        (HiveType::Int, _) => whole(how, value, i32::MIN.into(), i32::MAX.into()),
        (HiveType::BigInt, _) => whole(how, value, i64::MIN, i64::MAX),
        (HiveType::Float | HiveType::Double, _) => {
            match number_text(how, value).and_then(|text| text.parse().ok()) {
                Some(number) => Ok(Cell::Double(number)),
                None => wrong(),
            }
        }
        (HiveType::Text | HiveType::Binary, Value::String(text)) => Ok(Cell::Text(text.clone())),
        (HiveType::Text, Value::Array(_) | Value::Object(_)) if !how.is_lenient() => wrong(),
        (HiveType::Text, other) => Ok(Cell::Text(other.to_string())),
        (HiveType::Timestamp, _) => how.timestamp(value).map_or_else(wrong, |micros| Ok(Cell::Whole(micros))),
        (HiveType::Date, Value::String(text)) => {
            let date: Option<NaiveDate> = text.get(..10).and_then(|date| date.parse().ok());
            let days = |date: NaiveDate| date.signed_duration_since(NaiveDate::default()).num_days();
            date.map_or_else(wrong, |date| Ok(Cell::Whole(days(date))))
        }
        (HiveType::Decimal { precision, scale }, _) => {
            let found = number_text(how, value).and_then(|text| decimal(&text, *precision, *scale));
            found.map_or_else(wrong, |unscaled| Ok(Cell::Decimal(unscaled)))
        }
        (HiveType::Array(entry), Value::Array(entries)) => {
            Ok(Cell::Array(entries.iter().map(|value| cell(how, entry, value)).collect::<Result<_, _>>()?))
        }
        (HiveType::Map(key, item), Value::Object(entries)) => {
            let pair = |(name, value): (&String, &Value)| {
                Ok((cell(how, key, &Value::String(name.clone()))?, cell(how, item, value)?))
            };
            Ok(Cell::Map(entries.iter().map(pair).collect::<Result<_, String>>()?))
        }
        (HiveType::Struct(fields), Value::Object(entries)) => {
            let field = |(name, kind): &(String, HiveType)| cell(how, kind, find(how, entries, name));
            Ok(Cell::Struct(fields.iter().map(field).collect::<Result<_, _>>()?))
        }
        _ => wrong(),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(60).chain("...".chars()).collect() }
}

/// A number as it was written, also as text where the deserializer allows it.
fn number_text(how: &Deserializer, value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if how.is_lenient() => Some(text.trim().to_owned()),
        _ => None,
    }
}

fn whole(how: &Deserializer, value: &Value, min: i64, max: i64) -> Result<Cell, String> {
    let wrong = || format!("{} is not a whole number from {min} to {max}", short(value));
    let text = number_text(how, value).ok_or_else(wrong)?;
    let number = match text.parse::<i64>() {
        Ok(number) => number,
        // Text must be whole; a number with a fraction is cut.
        Err(_) if value.is_number() => {
            let number: f64 = text.parse().map_err(|_| wrong())?;
            if number.abs() >= 9.2e18 {
                return Err(wrong());
            }
            number.trunc() as i64
        }
        Err(_) => return Err(wrong()),
    };
    if (min..=max).contains(&number) { Ok(Cell::Whole(number)) } else { Err(wrong()) }
}

/// The unscaled value, rounded half up to the scale.
fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (negative, digits) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let shift = i32::from(scale) + exponent - i32::try_from(fraction.len()).ok()?;
    let mut unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    if shift >= 0 {
        unscaled = unscaled.checked_mul(10i128.checked_pow(shift.unsigned_abs())?)?;
    } else {
        let divisor = 10i128.checked_pow(shift.unsigned_abs())?;
        unscaled = (unscaled + divisor / 2) / divisor;
    }
    let fits = unscaled < 10i128.checked_pow(precision.into())?;
    fits.then_some(if negative { -unscaled } else { unscaled })
}

impl Deserializer {
    fn is_lenient(&self) -> bool {
        matches!(self, Self::OpenX { .. })
    }

    /// The key that a column is read from.
    fn key_of<'a>(&'a self, column: &'a str) -> &'a str {
        match self {
            Self::OpenX { mappings, .. } => mappings.get(column).map_or(column, String::as_str),
            Self::Hive { .. } => column,
        }
    }

    fn same_key(&self, found: &str, wanted: &str) -> bool {
        match self {
            Self::OpenX { dots_to_underscores, case_insensitive, .. } => {
                let same = |a: u8, b: u8| {
                    a == b
                        || (*case_insensitive && a.eq_ignore_ascii_case(&b))
                        || (*dots_to_underscores && a == b'.' && b == b'_')
                };
                found.len() == wanted.len() && found.bytes().zip(wanted.bytes()).all(|(a, b)| same(a, b))
            }
            Self::Hive { .. } => found.eq_ignore_ascii_case(wanted),
        }
    }

    /// Microseconds since the epoch.
    fn timestamp(&self, value: &Value) -> Option<i64> {
        let micros = |at: NaiveDateTime| at.and_utc().timestamp_micros();
        match self {
            Self::OpenX { .. } => match value {
                Value::Number(number) => epoch(number.as_f64()?),
                Value::String(text) => match text.parse::<f64>() {
                    Ok(number) => epoch(number),
                    Err(_) => openx_timestamp(text).map(micros),
                },
                _ => None,
            },
            Self::Hive { formats } if formats.is_empty() => {
                let text = value.as_str()?;
                NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok().map(micros)
            }
            Self::Hive { formats } => formats.iter().find_map(|format| match (format, value) {
                (None, Value::Number(millis)) => millis.as_i64()?.checked_mul(1_000),
                (None, Value::String(millis)) => millis.parse::<i64>().ok()?.checked_mul(1_000),
                (Some(pattern), Value::String(text)) => pattern.read(text).map(micros),
                _ => None,
            }),
        }
    }
}

/// Seconds, or milliseconds where the number is too large for that.
fn epoch(number: f64) -> Option<i64> {
    let seconds = if number.abs() >= 1e11 { number / 1e3 } else { number };
    (seconds.abs() < 9e12).then(|| (seconds * 1e6).round() as i64)
}

fn openx_timestamp(text: &str) -> Option<NaiveDateTime> {
    if text.contains('T') {
        return DateTime::parse_from_rfc3339(text).ok().map(|at| at.naive_utc());
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()
}
