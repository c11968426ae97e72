//! Parts of dates and arithmetic on them. The session's zone is UTC, as Athena's.
//!
//! Documented: trino.io/docs/current/functions/datetime.html. Text in and out is in `time_text.rs`.
//! A date is taken as its midnight; a zoned timestamp as its wall clock. Start with `Moment`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, PrimitiveArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, Timelike};

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::{cast_array, offset_ms, wall_clock};
use crate::functions::def::{Call, Def, invalid};
use crate::types::TIMESTAMP;

const ANY: &[&str] = &["date -> bigint", "timestamp -> bigint", "timestamptz -> bigint"];
const CLOCK: &[&str] = &["timestamp -> bigint", "timestamptz -> bigint"];
const SHIFT: &[&str] = &[
    "varchar, bigint, date -> date",
    "varchar, bigint, timestamp -> timestamp",
    "varchar, bigint, timestamptz -> timestamptz",
];

pub(crate) const ALL: &[Def] = &[
    Def { name: "year", overloads: ANY, run: |c| part(c, |t| i64::from(t.year())) },
    Def { name: "quarter", overloads: ANY, run: |c| part(c, |t| i64::from(t.month0() / 3 + 1)) },
    Def { name: "month", overloads: ANY, run: |c| part(c, |t| i64::from(t.month())) },
    Def { name: "week", overloads: ANY, run: |c| part(c, |t| i64::from(t.iso_week().week())) },
    Def { name: "week_of_year", overloads: ANY, run: |c| part(c, |t| i64::from(t.iso_week().week())) },
    Def { name: "year_of_week", overloads: ANY, run: |c| part(c, |t| i64::from(t.iso_week().year())) },
    Def { name: "yow", overloads: ANY, run: |c| part(c, |t| i64::from(t.iso_week().year())) },
    Def { name: "day", overloads: ANY, run: |c| part(c, |t| i64::from(t.day())) },
    Def { name: "day_of_month", overloads: ANY, run: |c| part(c, |t| i64::from(t.day())) },
    Def {
        name: "day_of_week",
        overloads: ANY,
        run: |c| part(c, |t| i64::from(t.weekday().number_from_monday())),
    },
    Def { name: "dow", overloads: ANY, run: |c| part(c, |t| i64::from(t.weekday().number_from_monday())) },
    Def { name: "day_of_year", overloads: ANY, run: |c| part(c, |t| i64::from(t.ordinal())) },
    Def { name: "doy", overloads: ANY, run: |c| part(c, |t| i64::from(t.ordinal())) },
    Def { name: "hour", overloads: CLOCK, run: |c| part(c, |t| i64::from(t.hour())) },
    Def { name: "minute", overloads: CLOCK, run: |c| part(c, |t| i64::from(t.minute())) },
    Def { name: "second", overloads: CLOCK, run: |c| part(c, |t| i64::from(t.second())) },
    Def {
        name: "millisecond",
        overloads: CLOCK,
        run: |c| part(c, |t| i64::from(t.nanosecond() / 1_000_000 % 1000)),
    },
    Def { name: "timezone_hour", overloads: &["timestamptz -> bigint"], run: |c| offset(c, |s| s / 3600) },
    Def {
        name: "timezone_minute",
        overloads: &["timestamptz -> bigint"],
        run: |c| offset(c, |s| s / 60 % 60),
    },
    Def {
        name: "last_day_of_month",
        overloads: &["date -> date", "timestamp -> date", "timestamptz -> date"],
        run: last_day,
    },
    Def {
        name: "to_unixtime",
        overloads: &["timestamp -> double", "timestamptz -> double"],
        run: to_unixtime,
    },
    Def {
        name: "date_trunc",
        overloads: &[
            "varchar, date -> date",
            "varchar, timestamp -> timestamp",
            "varchar, timestamptz -> timestamptz",
        ],
        run: trunc,
    },
    Def { name: "date_add", overloads: SHIFT, run: add },
    Def {
        name: "date_diff",
        overloads: &[
            "varchar, date, date -> bigint",
            "varchar, timestamp, timestamp -> bigint",
            "varchar, timestamptz, timestamptz -> bigint",
        ],
        run: diff,
    },
];

/// Wall clocks of an argument in milliseconds since 1970.
pub(crate) fn wall_ms(array: &ArrayRef) -> Result<PrimitiveArray<TimestampMillisecondType>, SqlError> {
    let plain = match array.data_type() {
        DataType::Timestamp(_, Some(zone)) => wall_clock(array, zone)?,
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            let us = array.as_primitive::<TimestampMicrosecondType>();
            let ms: PrimitiveArray<TimestampMillisecondType> =
                us.iter().map(|v| v.map(|v| v.div_euclid(1000))).collect();
            Arc::new(ms)
        }
        _ => cast_array(array, &TIMESTAMP, false)?,
    };
    Ok(plain.as_primitive::<TimestampMillisecondType>().clone())
}

pub(crate) fn naive(ms: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(ms).map(|t| t.naive_utc()).unwrap_or_default()
}

/// Wall clocks back to the type of the call: a date, a timestamp, or instants of its zone.
fn back(values: Vec<Option<i64>>, returns: &DataType) -> Result<ArrayRef, SqlError> {
    match returns {
        DataType::Date32 => Ok(Arc::new(
            values.into_iter().map(|v| v.map(|ms| ms.div_euclid(86_400_000) as i32)).collect::<Date32Array>(),
        )),
        DataType::Timestamp(_, Some(zone)) => {
            let instants = values.into_iter().map(|v| v.map(|ms| ms - offset_ms(zone, ms, true)));
            let made: PrimitiveArray<TimestampMillisecondType> = instants.collect();
            cast_array(&(Arc::new(made.with_timezone(zone.clone())) as ArrayRef), returns, false)
        }
        _ => {
            let made: ArrayRef =
                Arc::new(values.into_iter().collect::<PrimitiveArray<TimestampMillisecondType>>());
            cast_array(&made, returns, false)
        }
    }
}

fn part(c: &Call, f: fn(NaiveDateTime) -> i64) -> Result<ArrayRef, SqlError> {
    let at = wall_ms(&c.args[0])?;
    c.each_long(|i| Ok(Some(f(naive(at.value(i))))))
}

fn offset(c: &Call, f: fn(i64) -> i64) -> Result<ArrayRef, SqlError> {
    let DataType::Timestamp(_, Some(zone)) = c.args[0].data_type() else {
        return Err(invalid("a zone is needed"));
    };
    let utc = cast_array(&c.args[0], &crate::types::timestamp_tz(zone), false)?;
    let utc = utc.as_primitive::<TimestampMillisecondType>();
    c.each_long(|i| Ok(Some(f(offset_ms(zone, utc.value(i), false) / 1000))))
}

fn last_day(c: &Call) -> Result<ArrayRef, SqlError> {
    let at = wall_ms(&c.args[0])?;
    let days = c.each(|i| {
        let date = naive(at.value(i)).date();
        let next = date.with_day(1).and_then(|d| d.checked_add_months(Months::new(1)));
        Ok(next.and_then(|d| d.pred_opt()).map(|d| (d - NaiveDate::default()).num_days() as i32))
    })?;
    Ok(Arc::new(Date32Array::from(days)))
}

fn to_unixtime(c: &Call) -> Result<ArrayRef, SqlError> {
    let utc = match c.args[0].data_type() {
        DataType::Timestamp(_, Some(zone)) => {
            cast_array(&c.args[0], &crate::types::timestamp_tz(zone), false)?
        }
        _ => cast_array(&c.args[0], &TIMESTAMP, false)?,
    };
    let utc = utc.as_primitive::<TimestampMillisecondType>();
    c.each_double(|i| Ok(Some(utc.value(i) as f64 / 1000.0)))
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Error: `'x' is not a valid DATE field` or TIMESTAMP field, Trino's words.
fn unit(text: &str, t: &DataType) -> Result<Unit, SqlError> {
    let date_only = t == &DataType::Date32;
    let found = match text.to_ascii_lowercase().as_str() {
        "millisecond" if !date_only => Unit::Millisecond,
        "second" if !date_only => Unit::Second,
        "minute" if !date_only => Unit::Minute,
        "hour" if !date_only => Unit::Hour,
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "quarter" => Unit::Quarter,
        "year" => Unit::Year,
        _ => {
            return Err(invalid(format!(
                "'{text}' is not a valid {} field",
                if date_only { "DATE" } else { "Timestamp" }
            )));
        }
    };
    Ok(found)
}

const UNIT_MS: [(Unit, i64); 6] = [
    (Unit::Millisecond, 1),
    (Unit::Second, 1000),
    (Unit::Minute, 60_000),
    (Unit::Hour, 3_600_000),
    (Unit::Day, 86_400_000),
    (Unit::Week, 604_800_000),
];

/// Milliseconds of a unit of fixed length.
fn fixed_ms(unit: Unit) -> Option<i64> {
    UNIT_MS.iter().find(|(u, _)| *u == unit).map(|(_, ms)| *ms)
}

fn months_of(unit: Unit) -> i64 {
    match unit {
        Unit::Quarter => 3,
        Unit::Year => 12,
        _ => 1,
    }
}

fn ms_of(date: NaiveDate) -> i64 {
    (date - NaiveDate::default()).num_days() * 86_400_000
}

fn trunc(c: &Call) -> Result<ArrayRef, SqlError> {
    let at = wall_ms(&c.args[1])?;
    let values = c.each(|i| {
        let unit = unit(c.text(0).value(i), c.args[1].data_type())?;
        let ms = at.value(i);
        let date = naive(ms).date();
        let first = |month: u32| NaiveDate::from_ymd_opt(date.year(), month, 1).map(ms_of);
        Ok(match unit {
            Unit::Week => Some(ms_of(date) - i64::from(date.weekday().num_days_from_monday()) * 86_400_000),
            Unit::Month => first(date.month()),
            Unit::Quarter => first(date.month0() / 3 * 3 + 1),
            Unit::Year => first(1),
            _ => fixed_ms(unit).map(|size| ms - ms.rem_euclid(size)),
        })
    })?;
    back(values, c.returns)
}

fn add(c: &Call) -> Result<ArrayRef, SqlError> {
    let zone = match c.args[2].data_type() {
        DataType::Timestamp(_, Some(zone)) => Some(zone.clone()),
        _ => None,
    };
    let at = wall_ms(&c.args[2])?;
    let values = c.each(|i| {
        let unit = unit(c.text(0).value(i), c.args[2].data_type())?;
        let (n, ms) = (c.long(1, i), at.value(i));
        let overflow = || SqlError::new(ErrorKind::NumericValueOutOfRange, "date_add is out of range");
        let Some(size) = fixed_ms(unit) else {
            return shift_months(ms, n.checked_mul(months_of(unit)).ok_or_else(overflow)?).map(Some);
        };
        let by = n.checked_mul(size).ok_or_else(overflow)?;
        // Hours and shorter are elapsed time: across a change of the clocks, the wall clock moves otherwise.
        if let (Some(zone), true) = (&zone, size < 86_400_000) {
            let instant = ms - offset_ms(zone, ms, true) + by;
            return Ok(Some(instant + offset_ms(zone, instant, false)));
        }
        ms.checked_add(by).map(Some).ok_or_else(overflow)
    })?;
    back(values, c.returns)
}

/// The same day some months on; the last day of a month that is too short.
pub(crate) fn shift_months(ms: i64, months: i64) -> Result<i64, SqlError> {
    let at = naive(ms);
    let size = u32::try_from(months.unsigned_abs()).map(Months::new);
    let moved = size.ok().and_then(|m| {
        if months >= 0 { at.date().checked_add_months(m) } else { at.date().checked_sub_months(m) }
    });
    match moved {
        Some(date) => Ok(ms_of(date) + ms.rem_euclid(86_400_000)),
        None => Err(SqlError::new(ErrorKind::NumericValueOutOfRange, "date_add is out of range")),
    }
}

/// Whole units from the first to the second; a unit that is not complete does not count.
fn diff(c: &Call) -> Result<ArrayRef, SqlError> {
    let (a, b) = (wall_ms(&c.args[1])?, wall_ms(&c.args[2])?);
    let instants = |array: &ArrayRef, wall: &PrimitiveArray<TimestampMillisecondType>| match array.data_type()
    {
        DataType::Timestamp(_, Some(zone)) => {
            let zone = zone.clone();
            wall.iter().map(|v| v.map(|ms| ms - offset_ms(&zone, ms, true))).collect()
        }
        _ => wall.clone(),
    };
    let (ia, ib) = (instants(&c.args[1], &a), instants(&c.args[2], &b));
    c.each_long(|i| {
        let unit = unit(c.text(0).value(i), c.args[1].data_type())?;
        if let Some(size) = fixed_ms(unit) {
            let from_to =
                if size < 86_400_000 { (ia.value(i), ib.value(i)) } else { (a.value(i), b.value(i)) };
            return Ok(Some((from_to.1 - from_to.0) / size));
        }
        Ok(Some(months_between(naive(a.value(i)), naive(b.value(i))) / months_of(unit)))
    })
}

fn months_between(a: NaiveDateTime, b: NaiveDateTime) -> i64 {
    if a > b {
        return -months_between(b, a);
    }
    let count = i64::from(b.year() - a.year()) * 12 + i64::from(b.month()) - i64::from(a.month());
    let reached = shift_months(a.and_utc().timestamp_millis(), count).unwrap_or(i64::MAX);
    let later = b.and_utc().timestamp_millis();
    count - i64::from(reached > later)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_when_complete() {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect(text);
        for (a, b, months) in [
            ("2024-01-31 00:00", "2024-02-29 00:00", 1),
            ("2024-01-15 12:00", "2024-02-15 11:00", 0),
            ("2024-02-15 11:00", "2024-01-15 12:00", 0),
            ("2024-03-01 00:00", "2023-03-01 00:00", -12),
        ] {
            assert_eq!(months_between(at(a), at(b)), months, "{a} to {b}");
        }
    }
}
