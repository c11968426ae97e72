//! Spark's casts from string without ANSI mode: what cannot be read is null, without a word.
//!
//! Recorded: `recorded.rs`, which checks all of this file.

use chrono::NaiveDate;

const MICROS_PER_SEC: i64 = 1_000_000;
const YEAR_DIGITS: std::ops::RangeInclusive<usize> = 4..=7;

/// Spark trims blanks and control characters before a cast.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ' || c == '\u{7f}')
}

/// `cast(string as bigint)`: a sign, digits, and a fraction that is read and dropped. `.` alone is 0.
pub(super) fn to_long(text: &str) -> Option<i64> {
    let text = trimmed(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() {
        return None;
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    whole
        .bytes()
        .try_fold(0_i64, |number, byte| number.checked_mul(10)?.checked_add(sign * i64::from(byte - b'0')))
}

/// `cast(string as int)`.
pub(super) fn to_int(text: &str) -> Option<i32> {
    to_long(text).and_then(|number| i32::try_from(number).ok())
}

/// Whether a cast to a whole number drops more than zeros.
pub(super) fn has_fraction(text: &str) -> bool {
    trimmed(text).split_once('.').is_some_and(|(_, fraction)| fraction.bytes().any(|byte| byte != b'0'))
}

/// `cast(string as float)`: Java's `Float.parseFloat` and the names of infinity and NaN.
pub(super) fn to_float(text: &str) -> Option<f32> {
    let text = trimmed(text);
    match text.to_ascii_lowercase().as_str() {
        "nan" => return Some(f32::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => return Some(f32::INFINITY),
        "-inf" | "-infinity" => return Some(f32::NEG_INFINITY),
        _ => {}
    }
    let number = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let is_number = number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
    if is_number { number.parse().ok() } else { None }
}

/// `cast(string as date)` in days since 1970-01-01: `yyyy`, `yyyy-M`, `yyyy-M-d`, and after a blank or `T` anything.
///
/// `2024/01/26` is null: the separator is no hyphen.
pub(super) fn to_date(text: &str) -> Option<i32> {
    let text = trimmed(text);
    let date = match text.split_once([' ', 'T']) {
        Some((date, _)) if is_whole(date) => date,
        Some(_) => return None,
        None => text,
    };
    day(date).map(|date| date.to_epoch_days())
}

/// `cast(string as timestamp)` in microseconds: a date as above, alone, or whole and with `H`, `H:m` or `H:m:s` and a
/// fraction, which is cut after six digits.
pub(super) fn to_timestamp(text: &str) -> Option<i64> {
    let text = trimmed(text);
    let (date, micros) = match text.split_once([' ', 'T']) {
        Some((date, clock)) if is_whole(date) => (date, clock_micros(clock)?),
        Some(_) => return None,
        None => (text, 0),
    };
    Some(day(date)?.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros() + micros)
}

/// Whether a date has year, month and day: only then may a time follow.
fn is_whole(date: &str) -> bool {
    date.trim_start_matches(['+', '-']).split('-').count() == 3
}

fn day(text: &str) -> Option<NaiveDate> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = unsigned.split('-');
    let year = parts.next().filter(|year| YEAR_DIGITS.contains(&year.len()))?;
    let mut one_or_two = || match parts.next() {
        None => Some(1),
        Some(part) => number(part, 1..=2),
    };
    let (month, day) = (one_or_two()?, one_or_two()?);
    if parts.next().is_some() {
        return None;
    }
    let year = i32::try_from(number(year, YEAR_DIGITS)?).ok()?;
    NaiveDate::from_ymd_opt(sign * year, month, day)
}

fn clock_micros(clock: &str) -> Option<i64> {
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let parts: Vec<u32> = clock.split(':').map(|part| number(part, 1..=2)).collect::<Option<_>>()?;
    let (hour, minute, second) = match *parts.as_slice() {
        [hour] if fraction.is_empty() => (hour, 0, 0),
        [hour, minute] if fraction.is_empty() => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Missing digits of the fraction are zeros, those past the microsecond are dropped.
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let micros = digits.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0'));
    Some(i64::from((hour * 60 + minute) * 60 + second) * MICROS_PER_SEC + micros)
}

fn number(digits: &str, len: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits && len.contains(&digits.len()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_with_slashes_becomes_null() {
        let check = |text: &str, day: Option<i32>| assert_eq!(to_date(text), day, "{text}");
        check("2024-01-26", Some(19_748));
        check(" 2024-1-26 ", Some(19_748));
        check("2024-01-26 10:00:00", Some(19_748));
        check("2024-01-26Tanything", Some(19_748));
        check("2024-01", Some(19_723));
        check("2024", Some(19_723));
        for text in ["2024/01/26", "26-01-2024", "2024-02-30", "24-01-26", "2024-01 x", "soon", ""] {
            check(text, None);
        }
    }

    #[test]
    fn a_number_loses_its_fraction_and_text_becomes_null() {
        let check = |text: &str, number: Option<i32>| assert_eq!(to_int(text), number, "{text}");
        check("112.0", Some(112));
        check("112.9", Some(112));
        check("-7", Some(-7));
        check(" 7 ", Some(7));
        check(".", Some(0));
        check("2147483648", None);
        for text in ["", "-", "1e3", "7x", "many", "1.0.0"] {
            check(text, None);
        }
        assert_eq!(to_long("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(to_long("9223372036854775808"), None);
        assert!(has_fraction("112.9") && !has_fraction("112.0") && !has_fraction("112"));
    }

    #[test]
    fn money_as_float32_reads_back_as_other_money() {
        let check = |text: &str, shown: Option<&str>| {
            let value = to_float(text).map(|value| format!("{:.2}", f64::from(value)));
            assert_eq!(value.as_deref(), shown, "{text}");
        };
        check("39847495.0", Some("39847496.00"));
        check("4521.37", Some("4521.37"));
        check("1e3", Some("1000.00"));
        check("5f", Some("5.00"));
        check("Infinity", Some("inf"));
        for text in ["", "N/A", "1,5", "infinit", "e"] {
            check(text, None);
        }
    }

    #[test]
    fn a_timestamp_needs_a_date_and_takes_a_clock() {
        let check = |text: &str, micros: Option<i64>| assert_eq!(to_timestamp(text), micros, "{text}");
        check("1970-01-01 00:00:01", Some(1_000_000));
        check("1970-01-01T0:0:1.5", Some(1_500_000));
        check("1970-01-02", Some(86_400_000_000));
        for text in ["2024-13-45 99:99:99", "10:00:00", "1970-01-01T", "yesterday", ""] {
            check(text, None);
        }
    }
}
