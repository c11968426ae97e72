//! PostgreSQL's binary values, read as the Data API's cells.
//!
//! Documented (the formats): PostgreSQL's own sources of `send` functions, as its manual describes them (read 2026-11-29); numbers
//! are big-endian, dates and times count from 2000-01-01.

use std::error::Error;

use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime};
use tokio_postgres::types::{Kind, Type};

use crate::services::rds_data::work::Cell;

type Failed = Box<dyn Error + Sync + Send>;

/// Whether there is a cell for values of this type.
pub(super) fn is_known(kind: &Type) -> bool {
    match kind.kind() {
        Kind::Array(of) => !matches!(of.kind(), Kind::Array(_)) && is_known(of),
        Kind::Domain(of) => is_known(of),
        Kind::Enum(_) => true,
        Kind::Simple => SIMPLE.contains(kind),
        _ => *kind == Type::UNKNOWN || *kind == Type::VOID,
    }
}

const SIMPLE: [Type; 20] = [
    Type::BOOL,
    Type::INT2,
    Type::INT4,
    Type::INT8,
    Type::OID,
    Type::FLOAT4,
    Type::FLOAT8,
    Type::NUMERIC,
    Type::TEXT,
    Type::VARCHAR,
    Type::BPCHAR,
    Type::NAME,
    Type::JSON,
    Type::JSONB,
    Type::BYTEA,
    Type::UUID,
    Type::DATE,
    Type::TIME,
    Type::TIMESTAMP,
    Type::TIMESTAMPTZ,
];

/// One value that is not NULL.
pub(super) fn read(kind: &Type, raw: &Bytes) -> Result<Cell, Failed> {
    match kind.kind() {
        Kind::Array(of) => return array(of, raw),
        Kind::Domain(of) => return read(of, raw),
        _ => {}
    }
    Ok(match *kind {
        Type::BOOL => Cell::Bool(raw.first() == Some(&1)),
        Type::INT2 => Cell::Long(i16::from_be_bytes(raw[..].try_into()?).into()),
        Type::INT4 => Cell::Long(i32::from_be_bytes(raw[..].try_into()?).into()),
        Type::INT8 => Cell::Long(i64::from_be_bytes(raw[..].try_into()?)),
        Type::OID => Cell::Long(u32::from_be_bytes(raw[..].try_into()?).into()),
        Type::FLOAT4 => Cell::Double(f32::from_be_bytes(raw[..].try_into()?).to_string().parse()?),
        Type::FLOAT8 => Cell::Double(f64::from_be_bytes(raw[..].try_into()?)),
        Type::NUMERIC => Cell::Decimal(numeric(raw)?),
        Type::BYTEA => Cell::Blob(raw.clone()),
        Type::UUID => Cell::Text(uuid(raw)),
        Type::DATE => Cell::Text(date(i32::from_be_bytes(raw[..].try_into()?))?),
        Type::TIME => Cell::Text(time(i64::from_be_bytes(raw[..].try_into()?))?),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            Cell::Text(timestamp(i64::from_be_bytes(raw[..].try_into()?))?)
        }
        // A byte for the version of the format comes first.
        Type::JSONB => Cell::Text(String::from_utf8(raw[1.min(raw.len())..].to_vec())?),
        Type::VOID => Cell::Text(String::new()),
        _ => Cell::Text(String::from_utf8(raw.to_vec())?),
    })
}

/// How many dimensions, whether there are NULLs, of which type; for each dimension its length and first index; then the values.
fn array(of: &Type, raw: &Bytes) -> Result<Cell, Failed> {
    let number = |at: usize| -> Result<i32, Failed> {
        let bytes = raw.get(at..at + 4).ok_or("an array that is cut off")?;
        Ok(i32::from_be_bytes(bytes.try_into()?))
    };
    match number(0)? {
        0 => return Ok(Cell::Array(Vec::new())),
        1 => {}
        _ => return Err("an array of several dimensions".into()),
    }
    let mut cells = Vec::new();
    let mut at = 20;
    for _ in 0..number(12)? {
        let length = number(at)?;
        at += 4;
        let Ok(length) = usize::try_from(length) else {
            cells.push(Cell::Null);
            continue;
        };
        if at + length > raw.len() {
            return Err("an array that is cut off".into());
        }
        cells.push(read(of, &raw.slice(at..at + length))?);
        at += length;
    }
    Ok(Cell::Array(cells))
}

/// Groups of four decimal digits: how many, the weight of the first, the sign, how many digits are shown after the point.
fn numeric(raw: &[u8]) -> Result<String, Failed> {
    let word = |at: usize| -> Result<u16, Failed> {
        let bytes = raw.get(at * 2..at * 2 + 2).ok_or("a number that is cut off")?;
        Ok(u16::from_be_bytes(bytes.try_into()?))
    };
    let (count, weight, sign, scale) = (word(0)?, word(1)?.cast_signed(), word(2)?, usize::from(word(3)?));
    match sign {
        0xC000 => return Ok("NaN".to_owned()),
        0xD000 => return Ok("Infinity".to_owned()),
        0xF000 => return Ok("-Infinity".to_owned()),
        _ => {}
    }
    let group = |power: i32| -> Result<u16, Failed> {
        let at = i32::from(weight) - power;
        if at < 0 || at >= i32::from(count) { Ok(0) } else { word(4 + usize::try_from(at)?) }
    };
    let mut text = String::new();
    for power in (0..=i32::from(weight).max(0)).rev() {
        text.push_str(&format!("{:04}", group(power)?));
    }
    let whole = text.trim_start_matches('0');
    let mut text = if whole.is_empty() { "0".to_owned() } else { whole.to_owned() };
    if scale > 0 {
        let mut fraction = String::new();
        let mut power = -1;
        while fraction.len() < scale {
            fraction.push_str(&format!("{:04}", group(power)?));
            power -= 1;
        }
        fraction.truncate(scale);
        text = format!("{text}.{fraction}");
    }
    Ok(if sign == 0x4000 { format!("-{text}") } else { text })
}

fn uuid(raw: &[u8]) -> String {
    let digits = hex::encode(raw);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn date(days: i32) -> Result<String, Failed> {
    let epoch = NaiveDate::from_ymd_opt(2000, 1, 1).ok_or("there is such a day")?;
    let span = Days::new(days.unsigned_abs().into());
    let day = if days < 0 { epoch.checked_sub_days(span) } else { epoch.checked_add_days(span) };
    let day = day.filter(|day| day.year() < 10_000).ok_or("a date that is out of range")?;
    Ok(day.format("%Y-%m-%d").to_string())
}

fn time(micros: i64) -> Result<String, Failed> {
    let secs = u32::try_from(micros / 1_000_000)?;
    let nanos = u32::try_from(micros % 1_000_000)? * 1_000;
    let time =
        NaiveTime::from_num_seconds_from_midnight_opt(secs, nanos).ok_or("a time that is out of range")?;
    Ok(time.format("%H:%M:%S%.f").to_string())
}

fn timestamp(micros: i64) -> Result<String, Failed> {
    // Seconds from 1970 to 2000.
    const EPOCH: i64 = 946_684_800;
    let at = micros.checked_add(EPOCH * 1_000_000).and_then(DateTime::from_timestamp_micros);
    let at = at.ok_or("an instant that is out of range")?;
    Ok(at.format("%Y-%m-%d %H:%M:%S%.f").to_string())
}
