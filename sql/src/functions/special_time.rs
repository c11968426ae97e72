//! Zones, intervals and sequences of dates: functions whose result type carries a zone, or takes an interval.
//!
//! An Arrow column has one zone, so a zone must be a constant of the query.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Float64Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    TimestampMillisecondType,
};
use datafusion::scalar::ScalarValue;

use crate::error::SqlError;
use crate::functions::arrays::{lists, steps};
use crate::functions::cast::{cast_array, offset_ms};
use crate::functions::def::{Call, invalid};
use crate::functions::special::{Args, SpecialDef};
use crate::functions::time::{shift_months, wall_ms};
use crate::functions::time_text::{moments, read_iso, several_zones};
use crate::render::text::offset_seconds;
use crate::types::{INTERVAL, TIMESTAMP, array_of, is_integer, is_numeric, is_varchar, timestamp_tz};

pub(crate) const ALL: &[SpecialDef] = &[
    SpecialDef { name: "at_timezone", returns: zoned, run: at_timezone },
    SpecialDef { name: "with_timezone", returns: zoned, run: with_timezone },
    SpecialDef { name: "from_unixtime", returns: from_unixtime_type, run: from_unixtime },
    SpecialDef { name: "from_iso8601_timestamp", returns: iso_type, run: from_iso },
    SpecialDef { name: "sequence", returns: sequence_type, run: sequence },
    SpecialDef { name: "$interval_multiply", returns: |_| Ok(INTERVAL), run: interval_multiply },
    SpecialDef { name: "$moment_subtract", returns: |_| Ok(INTERVAL), run: moment_subtract },
];

/// Error: the zone is not a constant, or there is none of that name.
fn zone(args: &Args, i: usize) -> Result<String, SqlError> {
    let Some(name) = args.text(i) else {
        return Err(SqlError::not_built(format!("{} with a time zone that is not a constant", args.name)));
    };
    if offset_seconds(&name, chrono::NaiveDateTime::default(), false).is_none() {
        return Err(invalid(format!("'{name}' is not a valid time zone")));
    }
    Ok(name)
}

fn zoned(args: &Args) -> Result<DataType, SqlError> {
    let moment =
        matches!(args.types.as_slice(), [DataType::Timestamp(..) | DataType::Date32, z] if is_varchar(z));
    if !moment {
        return Err(args.unexpected(&format!("{}(timestamp(p) with time zone, varchar(x))", args.name)));
    }
    Ok(timestamp_tz(&zone(args, 1)?))
}

/// The same instants, shown in another zone. A timestamp without one is taken as UTC.
fn at_timezone(c: &Call) -> Result<ArrayRef, SqlError> {
    let utc = match c.args[0].data_type() {
        DataType::Timestamp(_, Some(zone)) => cast_array(&c.args[0], &timestamp_tz(zone), false)?,
        _ => cast_array(&c.args[0], &TIMESTAMP, false)?,
    };
    let utc = utc.as_primitive::<TimestampMillisecondType>().clone();
    Ok(Arc::new(utc.with_data_type(c.returns.clone())))
}

/// The same wall clock, in a zone.
fn with_timezone(c: &Call) -> Result<ArrayRef, SqlError> {
    let at = wall_ms(&c.args[0])?;
    let name = if c.rows == 0 { "UTC" } else { c.text(1).value(0) };
    Ok(moments(at.iter().map(|v| v.map(|ms| ms - offset_ms(name, ms, true))).collect(), c.returns))
}

fn from_unixtime_type(args: &Args) -> Result<DataType, SqlError> {
    match args.types.as_slice() {
        [t] if is_numeric(t) => Ok(timestamp_tz("UTC")),
        [t, z] if is_numeric(t) && is_varchar(z) => Ok(timestamp_tz(&zone(args, 1)?)),
        _ => Err(args.unexpected("from_unixtime(double), from_unixtime(double, varchar(x))")),
    }
}

fn from_unixtime(c: &Call) -> Result<ArrayRef, SqlError> {
    let seconds = cast_array(&c.args[0], &DataType::Float64, false)?;
    let seconds = seconds.as_primitive::<Float64Type>();
    let values = c.each(|i| {
        let ms = (seconds.value(i) * 1000.0).round();
        if !ms.is_finite() || ms.abs() > 8.64e15 {
            return Err(invalid(format!("Millis overflow: {}", seconds.value(i))));
        }
        Ok(Some(ms as i64))
    })?;
    Ok(moments(values, c.returns))
}

fn offset_text(seconds: i64) -> String {
    if seconds == 0 {
        return "UTC".into();
    }
    let size = seconds.abs();
    format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, size / 3600, size / 60 % 60)
}

fn iso_type(args: &Args) -> Result<DataType, SqlError> {
    if args.types.len() != 1 || !(is_varchar(&args.types[0]) || args.types[0] == DataType::Null) {
        return Err(args.unexpected("from_iso8601_timestamp(varchar(x))"));
    }
    let offset = args.text(0).and_then(|t| read_iso(&t)).map_or(0, |(_, offset)| offset);
    Ok(timestamp_tz(&offset_text(offset)))
}

fn from_iso(c: &Call) -> Result<ArrayRef, SqlError> {
    let DataType::Timestamp(_, Some(column_zone)) = c.returns else {
        return Err(invalid("a zone is needed"));
    };
    let values = c.each(|i| {
        let text = c.text(0).value(i);
        let (ms, offset) = read_iso(text).ok_or_else(|| invalid(format!("Invalid format: \"{text}\"")))?;
        if offset_text(offset) != column_zone.as_ref() {
            return Err(several_zones());
        }
        Ok(Some(ms))
    })?;
    Ok(moments(values, c.returns))
}

fn sequence_type(args: &Args) -> Result<DataType, SqlError> {
    let expected = || {
        args.unexpected("sequence(bigint, bigint), sequence(bigint, bigint, bigint), sequence(date, date), sequence(date, date, interval day to second), sequence(timestamp, timestamp, interval day to second)")
    };
    match args.types.as_slice() {
        [a, b] | [a, b, _] if is_integer(a) && is_integer(b) && args.types.get(2).is_none_or(is_integer) => {
            Ok(array_of(DataType::Int64))
        }
        [DataType::Date32, DataType::Date32]
        | [DataType::Date32, DataType::Date32, DataType::Interval(_)] => Ok(array_of(DataType::Date32)),
        [DataType::Timestamp(_, None), DataType::Timestamp(_, None), DataType::Interval(_)] => {
            Ok(array_of(TIMESTAMP))
        }
        _ => Err(expected()),
    }
}

fn sequence(c: &Call) -> Result<ArrayRef, SqlError> {
    if is_integer(c.args[0].data_type()) {
        let wide: Result<Vec<ArrayRef>, SqlError> =
            c.args.iter().map(|a| cast_array(a, &DataType::Int64, false)).collect();
        let wide = wide?;
        let at = |a: usize, i: usize| wide[a].as_primitive::<Int64Type>().value(i);
        let rows = c.each(|i| {
            let (from, to) = (at(0, i), at(1, i));
            let step = if c.has(2) {
                at(2, i)
            } else if from <= to {
                1
            } else {
                -1
            };
            Ok(Some(steps(from, to, step)?.into_iter().map(|v| ScalarValue::Int64(Some(v))).collect()))
        })?;
        return lists(rows, c.returns);
    }
    let (from, to) = (wall_ms(&c.args[0])?, wall_ms(&c.args[1])?);
    let is_date = c.args[0].data_type() == &DataType::Date32;
    let rows = c.each(|i| {
        let (from, to) = (from.value(i), to.value(i));
        let day = IntervalMonthDayNano::new(0, if from <= to { 1 } else { -1 }, 0);
        let by = if c.has(2) { c.args[2].as_primitive::<IntervalMonthDayNanoType>().value(i) } else { day };
        let all = moments_between(from, to, by)?;
        let wrap = |ms: i64| {
            if is_date {
                ScalarValue::Date32(Some(ms.div_euclid(86_400_000) as i32))
            } else {
                ScalarValue::TimestampMillisecond(Some(ms), None)
            }
        };
        Ok(Some(all.into_iter().map(wrap).collect()))
    })?;
    lists(rows, c.returns)
}

fn moments_between(from: i64, to: i64, by: IntervalMonthDayNano) -> Result<Vec<i64>, SqlError> {
    if by.months == 0 {
        return steps(from, to, i64::from(by.days) * 86_400_000 + by.nanoseconds / 1_000_000);
    }
    let mut all = Vec::new();
    for n in 0.. {
        let at = shift_months(from, i64::from(by.months) * n)?;
        if (by.months > 0 && at > to) || (by.months < 0 && at < to) {
            break;
        }
        all.push(at);
    }
    Ok(all)
}

fn interval_multiply(c: &Call) -> Result<ArrayRef, SqlError> {
    let by = cast_array(&c.args[1], &DataType::Int64, false)?;
    let made = c.each(|i| {
        let v = c.args[0].as_primitive::<IntervalMonthDayNanoType>().value(i);
        let n = by.as_primitive::<Int64Type>().value(i);
        let int = |x: i32| i64::from(x).checked_mul(n).and_then(|x| i32::try_from(x).ok());
        match (int(v.months), int(v.days), v.nanoseconds.checked_mul(n)) {
            (Some(m), Some(d), Some(ns)) => Ok(Some(IntervalMonthDayNano::new(m, d, ns))),
            _ => Err(invalid("interval is out of range")),
        }
    })?;
    Ok(Arc::new(made.into_iter().collect::<PrimitiveArray<IntervalMonthDayNanoType>>()))
}

/// The time between two moments, in days and less.
fn moment_subtract(c: &Call) -> Result<ArrayRef, SqlError> {
    let instant = |a: &ArrayRef| -> Result<Vec<Option<i64>>, SqlError> {
        let utc = match a.data_type() {
            DataType::Timestamp(_, Some(zone)) => cast_array(a, &timestamp_tz(zone), false)?,
            _ => cast_array(a, &TIMESTAMP, false)?,
        };
        Ok(utc.as_primitive::<TimestampMillisecondType>().iter().collect())
    };
    let (a, b) = (instant(&c.args[0])?, instant(&c.args[1])?);
    let made = a.into_iter().zip(b).map(|(a, b)| {
        let ms = a? - b?;
        let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
        Some(IntervalMonthDayNano::new(0, days as i32, rest * 1_000_000))
    });
    Ok(Arc::new(made.collect::<PrimitiveArray<IntervalMonthDayNanoType>>()))
}
