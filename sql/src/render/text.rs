//! One value as Athena writes it: `1.0E7`, `2024-01-26 00:00:00.000`, `[a, b]`, `{k=v}`.
//!
//! Left out: rows and files (`mod.rs`). Start with `cell`.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, Time32MillisecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt64Type,
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike, Utc};

use crate::types::digits_of;

/// The text of one value, or none for NULL.
pub(crate) fn cell(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return None;
    }
    Some(value(array, row))
}

fn value(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Float32 => format_real(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => format_double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            format_decimal(array.as_primitive::<Decimal128Type>().value(row), *scale)
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).to_string(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_string(),
        DataType::Utf8View => array.as_string_view().value(row).to_string(),
        DataType::Binary => format_binary(array.as_binary::<i32>().value(row)),
        DataType::BinaryView => format_binary(array.as_binary_view().value(row)),
        DataType::Date32 => format_date(array.as_primitive::<Date32Type>().value(row)),
        DataType::Time32(_) => format_time(array.as_primitive::<Time32MillisecondType>().value(row)),
        DataType::Timestamp(unit, zone) => {
            let at = timestamp_value(array, row, *unit);
            format_timestamp(at, *unit, zone.as_deref())
        }
        DataType::Interval(_) => {
            let v = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            format_interval(v.months, v.days, v.nanoseconds)
        }
        DataType::List(_) => list(array.as_list::<i32>().value(row).as_ref()),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let parts: Vec<String> =
                (0..entries.len()).map(|i| format!("{}={}", item(keys, i), item(values, i))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let parts: Vec<String> =
                fields.iter().zip(columns).map(|(f, c)| format!("{}={}", f.name(), item(c, row))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        other => format!("?{other}"),
    }
}

fn list(items: &dyn Array) -> String {
    let parts: Vec<String> = (0..items.len()).map(|i| item(items, i)).collect();
    format!("[{}]", parts.join(", "))
}

fn item(array: &dyn Array, row: usize) -> String {
    cell(array, row).unwrap_or_else(|| "null".into())
}

/// The raw number of a timestamp in its own unit.
pub(crate) fn timestamp_value(array: &dyn Array, row: usize, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
    }
}

/// Java's `Double.toString`: plain between 10^-3 and 10^7, else `d.dddE±n`.
///
/// Documented: docs.oracle.com/javase/8/docs/api/java/lang/Double.html#toString-double-; Trino prints doubles so.
pub(crate) fn format_double(v: f64) -> String {
    if v.is_nan() {
        return "NaN".into();
    }
    if v.is_infinite() {
        return if v > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let size = v.abs();
    if v == 0.0 || (1e-3..1e7).contains(&size) { format!("{v:?}") } else { scientific(&format!("{v:e}")) }
}

/// Java's `Float.toString`.
pub(crate) fn format_real(v: f32) -> String {
    if v.is_nan() || v.is_infinite() {
        return format_double(f64::from(v));
    }
    let size = v.abs();
    if v == 0.0 || (1e-3..1e7).contains(&size) { format!("{v:?}") } else { scientific(&format!("{v:e}")) }
}

/// `4e7` to `4.0E7`.
fn scientific(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// A decimal with all the digits of its scale.
pub(crate) fn format_decimal(v: i128, scale: i8) -> String {
    if scale <= 0 {
        return v.to_string();
    }
    let scale = scale as usize;
    let digits = format!("{:0>width$}", v.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if v < 0 { "-" } else { "" })
}

fn format_binary(v: &[u8]) -> String {
    let parts: Vec<String> = v.iter().map(|b| format!("{b:02x}")).collect();
    parts.join(" ")
}

/// `yyyy-MM-dd` of days since 1970.
pub(crate) fn format_date(days: i32) -> String {
    match NaiveDate::from_num_days_from_ce_opt(days.saturating_add(719_163)) {
        Some(date) => format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
        None => days.to_string(),
    }
}

/// `yyyy-MM-dd` of milliseconds since 1970.
pub(crate) fn format_date_ms(ms: i64) -> String {
    format_date(ms.div_euclid(86_400_000) as i32)
}

/// `yyyy-MM-dd HH:mm:ss.SSS` of milliseconds since 1970.
pub(crate) fn format_timestamp_ms(ms: i64) -> String {
    format_timestamp(ms, TimeUnit::Millisecond, None)
}

fn format_time(ms: i32) -> String {
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

/// A timestamp, with its zone's name when it has one.
pub(crate) fn format_timestamp(at: i64, unit: TimeUnit, zone: Option<&str>) -> String {
    let digits = digits_of(unit);
    let per_second = 10i64.pow(digits as u32);
    let (seconds, fraction) = (at.div_euclid(per_second), at.rem_euclid(per_second));
    let Some(utc) = DateTime::<Utc>::from_timestamp(seconds, 0) else { return at.to_string() };
    let local = match zone {
        Some(zone) => to_zone(utc, zone).unwrap_or_else(|| utc.naive_utc()),
        None => utc.naive_utc(),
    };
    let mut text = local.format("%Y-%m-%d %H:%M:%S").to_string();
    if digits > 0 {
        text.push_str(&format!(".{fraction:0digits$}"));
    }
    if let Some(zone) = zone {
        text.push(' ');
        text.push_str(if zone == "+00:00" { "UTC" } else { zone });
    }
    text
}

/// The wall clock of an instant in a zone: a name such as `Asia/Ho_Chi_Minh`, or an offset such as `+07:00`.
pub(crate) fn to_zone(utc: DateTime<Utc>, zone: &str) -> Option<NaiveDateTime> {
    let offset = offset_seconds(zone, utc.naive_utc(), false)?;
    utc.naive_utc().checked_add_signed(chrono::TimeDelta::seconds(offset))
}

/// Seconds that a zone is ahead of UTC, at an instant (`local` false) or at a wall-clock time (`local` true).
///
/// A wall-clock time that never was (a skipped hour) takes the offset before the gap; one that was twice takes the first.
pub(crate) fn offset_seconds(zone: &str, at: NaiveDateTime, local: bool) -> Option<i64> {
    if let Some(fixed) = fixed_offset(zone) {
        return Some(fixed);
    }
    let tz: chrono_tz::Tz = zone.parse().ok()?;
    let offset = if local {
        let found = tz.offset_from_local_datetime(&at);
        found
            .earliest()
            .or_else(|| tz.offset_from_local_datetime(&(at - chrono::TimeDelta::hours(1))).earliest())?
    } else {
        tz.offset_from_utc_datetime(&at)
    };
    Some(i64::from(offset.fix().local_minus_utc()))
}

fn fixed_offset(zone: &str) -> Option<i64> {
    if matches!(zone, "UTC" | "Z" | "GMT" | "Etc/UTC") {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) =
        rest.split_once(':').unwrap_or_else(|| rest.split_at_checked(2).unwrap_or((rest, "0")));
    let minutes: i64 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    let hours: i64 = hours.parse().ok()?;
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Trino has two interval types: `y-m` and `d hh:mm:ss.mmm`.
fn format_interval(months: i32, days: i32, nanos: i64) -> String {
    if months != 0 && days == 0 && nanos == 0 {
        let sign = if months < 0 { "-" } else { "" };
        return format!("{sign}{}-{}", months.abs() / 12, months.abs() % 12);
    }
    let total = i64::from(days) * 86_400_000 + nanos / 1_000_000;
    let (sign, total) = (if total < 0 { "-" } else { "" }, total.abs());
    let rest = total % 86_400_000;
    let time = NaiveDateTime::default() + chrono::TimeDelta::milliseconds(rest);
    format!(
        "{sign}{} {:02}:{:02}:{:02}.{:03}",
        total / 86_400_000,
        time.hour(),
        time.minute(),
        time.second(),
        rest % 1000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_java_prints_them() {
        for (v, text) in [
            (1e7, "1.0E7"),
            (39847495.0, "3.9847495E7"),
            (0.1, "0.1"),
            (9_999_999.0, "9999999.0"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (-0.0, "-0.0"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(format_double(v), text);
        }
        for (v, scale, text) in [(123, 2, "1.23"), (-5, 2, "-0.05"), (7, 0, "7"), (0, 3, "0.000")] {
            assert_eq!(format_decimal(v, scale), text);
        }
    }

    #[test]
    fn times_carry_milliseconds_and_zone() {
        let ms = 1_706_227_200_000;
        assert_eq!(format_timestamp_ms(ms), "2024-01-26 00:00:00.000");
        assert_eq!(
            format_timestamp(ms, TimeUnit::Millisecond, Some("Asia/Ho_Chi_Minh")),
            "2024-01-26 07:00:00.000 Asia/Ho_Chi_Minh"
        );
        assert_eq!(format_date(-1), "1969-12-31");
    }
}
