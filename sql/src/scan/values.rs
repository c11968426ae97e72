//! Text to values, by Hive's rules: what does not parse is NULL. Shared by every text format and by partition values.
//!
//! Documented: github.com/trinodb/trino lib/trino-hive-formats (LongEncoding, DateEncoding, BooleanEncoding,
//! HiveFormatUtils; read 2026-11-29), whose readers Athena engine version 3 uses. Not as there: `2026-01-05T10:20`, without seconds,
//! is NULL here, and blanks around a decimal are dropped. Start with `parse_cell`.

use arrow::datatypes::{DataType, TimeUnit};
use chrono::NaiveDate;
use datafusion::scalar::ScalarValue;

use crate::types::digits_of;

/// An integer: an optional sign, digits, and a fraction that must be digits and is dropped (`112.0` is 112).
pub(crate) fn parse_long(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    let mut fraction = false;
    for &b in digits {
        if b == b'.' && !fraction {
            fraction = true;
        } else if !b.is_ascii_digit() {
            return None;
        } else if !fraction {
            // Kept negative so that the smallest bigint fits.
            value = value.checked_mul(10)?.checked_sub(i64::from(b - b'0'))?;
        }
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A double as Java reads it: blanks around it and a closing `d` or `f` are fine.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    if let Ok(v) = text.parse::<f64>()
        && v.is_finite()
    {
        return Some(v);
    }
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    match trimmed {
        "NaN" => return Some(f64::NAN),
        "Infinity" | "+Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let number = trimmed.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(trimmed);
    if number.bytes().any(|b| b.is_ascii_alphabetic() && !matches!(b, b'e' | b'E')) {
        return None;
    }
    number.parse().ok()
}

/// Days since 1970: `yyyy-M-d`, and what follows a blank is dropped. `2024/01/26` is NULL.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let text = text.trim();
    let day = text.split(' ').next()?;
    days(day)
}

fn days(text: &str) -> Option<i32> {
    let mut parts = text.splitn(3, '-');
    let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
    let valid =
        |t: &str, most: usize| !t.is_empty() && t.len() <= most && t.bytes().all(|b| b.is_ascii_digit());
    if !valid(y, 10) || !valid(m, 2) || !valid(d, 2) {
        return None;
    }
    let (year, month, day): (i32, i64, i64) = (y.parse().ok()?, m.parse().ok()?, d.parse().ok()?);
    // Java's lenient resolver: month 13 is January of the next year, day 0 the day before the first.
    let months = i64::from(year).checked_mul(12)?.checked_add(month - 1)?;
    let first = NaiveDate::from_ymd_opt(
        i32::try_from(months.div_euclid(12)).ok()?,
        months.rem_euclid(12) as u32 + 1,
        1,
    )?;
    let date = first.checked_add_signed(chrono::TimeDelta::days(day - 1))?;
    Some((date - NaiveDate::default()).num_days() as i32)
}

/// Microseconds since 1970: `yyyy-MM-dd[ HH:mm:ss[.f]]`, or with `T` between.
pub(crate) fn parse_timestamp_us(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = match text.split_once(' ').or_else(|| text.split_once('T')) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut us = i64::from(days(date)?) * 86_400_000_000;
    let Some(time) = time else { return Some(us) };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.splitn(3, ':');
    let number = |part: Option<&str>| -> Option<i64> {
        let part = part?;
        (!part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let (h, m, s) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
    us += ((h * 60 + m) * 60 + s) * 1_000_000;
    if time.contains('.') {
        if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
        us += nanos / 1000;
    }
    Some(us)
}

/// `true` and `false` in any case.
pub(crate) fn parse_boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A decimal rounded half up to the scale. NULL when it does not fit the precision.
pub(crate) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty()
        || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let all: String = format!("{whole}{fraction}");
    let all = all.trim_start_matches('0');
    // The value is `all` times ten to `shift`, in units of the scale.
    let shift = exponent.checked_sub(fraction.len() as i32)?.checked_add(i32::from(scale))?;
    let units = if shift >= 0 {
        if all.is_empty() {
            0
        } else {
            all.parse::<i128>().ok()?.checked_mul(10i128.checked_pow(shift as u32)?)?
        }
    } else {
        let cut = shift.unsigned_abs() as usize;
        if cut > all.len() {
            0
        } else {
            let (kept, dropped) = all.split_at(all.len() - cut);
            let kept: i128 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
            kept + i128::from(dropped.bytes().next().is_some_and(|b| b >= b'5'))
        }
    };
    (units < 10i128.checked_pow(u32::from(precision))?).then_some(if negative { -units } else { units })
}

/// A timestamp in the unit of its type, from microseconds.
pub(crate) fn in_unit(us: i64, unit: TimeUnit) -> i64 {
    match digits_of(unit) {
        0 => us.div_euclid(1_000_000),
        3 => us.div_euclid(1000),
        6 => us,
        _ => us.saturating_mul(1000),
    }
}

/// One primitive value. NULL (typed) for what does not parse.
pub(crate) fn parse_cell(text: &str, t: &DataType) -> Option<ScalarValue> {
    Some(match t {
        DataType::Boolean => ScalarValue::Boolean(parse_boolean(text)),
        DataType::Int8 => ScalarValue::Int8(parse_long(text.as_bytes()).and_then(|v| v.try_into().ok())),
        DataType::Int16 => ScalarValue::Int16(parse_long(text.as_bytes()).and_then(|v| v.try_into().ok())),
        DataType::Int32 => ScalarValue::Int32(parse_long(text.as_bytes()).and_then(|v| v.try_into().ok())),
        DataType::Int64 => ScalarValue::Int64(parse_long(text.as_bytes())),
        DataType::Float32 => ScalarValue::Float32(parse_double(text).map(|v| v as f32)),
        DataType::Float64 => ScalarValue::Float64(parse_double(text)),
        DataType::Decimal128(p, s) => ScalarValue::Decimal128(parse_decimal(text, *p, *s), *p, *s),
        DataType::Date32 => ScalarValue::Date32(parse_date(text)),
        DataType::Timestamp(TimeUnit::Millisecond, None) => ScalarValue::TimestampMillisecond(
            parse_timestamp_us(text).map(|us| in_unit(us, TimeUnit::Millisecond)),
            None,
        ),
        DataType::Utf8View => ScalarValue::Utf8View(Some(text.to_string())),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_drop_a_fraction_and_refuse_everything_else() {
        for (text, value) in [
            ("112.0", Some(112)),
            ("112.9", Some(112)),
            ("-7", Some(-7)),
            ("+7", Some(7)),
            (".5", Some(0)),
            ("", None),
            ("-", None),
            (" 1", None),
            ("1e3", None),
            ("1.x", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
        ] {
            assert_eq!(parse_long(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn dates_end_at_a_blank_and_know_one_order() {
        for (text, value) in [
            ("2024-01-26", Some(19748)),
            ("2024-1-26 10:00:48", Some(19748)),
            ("2024/01/26", None),
            ("2023-13-26", Some(19748)),
            ("", None),
            ("2024-01", None),
        ] {
            assert_eq!(parse_date(text), value, "{text}");
        }
        for (text, value) in [
            ("2024-01-26 00:00:01.5", Some(1_706_227_201_500_000)),
            ("2024-01-26T00:00:01", Some(1_706_227_201_000_000)),
            ("2024-01-26", Some(1_706_227_200_000_000)),
            ("2024-01-26 00:00", None),
            ("x", None),
        ] {
            assert_eq!(parse_timestamp_us(text), value, "{text}");
        }
    }

    #[test]
    fn decimals_round_half_up_and_refuse_to_overflow() {
        for (text, value) in [
            ("1.005", Some(101)),
            ("-1.005", Some(-101)),
            ("1e2", Some(10000)),
            ("1000", None),
            ("", None),
            ("0.001", Some(0)),
            ("x", None),
        ] {
            assert_eq!(parse_decimal(text, 5, 2), value, "{text}");
        }
    }
}
