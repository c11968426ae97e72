//! One field's text to its value, exactly, or refused. The rules are the table in `validate.rs`.

use chrono::NaiveDate;

const EVENT_ID_DIGITS_MAX: usize = 18;
const REVENUE_DIGITS_MAX: usize = 16;
const MICROS_PER_SEC: i64 = 1_000_000;
const SECS_PER_DAY: i64 = 86_400;

/// The text breaks the rule of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused;

/// 1 to 18 digits, not zero.
pub(super) fn event_id(text: &str) -> Result<i64, Refused> {
    if text.len() > EVENT_ID_DIGITS_MAX {
        return Err(Refused);
    }
    match digits(text.as_bytes())? {
        0 => Err(Refused),
        id => Ok(id),
    }
}

/// Empty is null; else a whole number, as `112` or `112.0`.
pub(super) fn participant_count(text: &str) -> Result<Option<i32>, Refused> {
    if text.is_empty() {
        return Ok(None);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() > EVENT_ID_DIGITS_MAX || !is_zeros(fraction) {
        return Err(Refused);
    }
    let count = digits(whole.as_bytes())?;
    i32::try_from(count).map(Some).map_err(|_| Refused)
}

/// Empty is null; else an amount in hundredths: `39847495.0`, `4521.37`, `12`.
pub(super) fn revenue_cents(text: &str) -> Result<Option<i64>, Refused> {
    if text.is_empty() {
        return Ok(None);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() > REVENUE_DIGITS_MAX {
        return Err(Refused);
    }
    let cents = match fraction.as_bytes() {
        [] => return Err(Refused),
        [tenths] => digits(&[*tenths])? * 10,
        [tenths, hundredths] => digits(&[*tenths, *hundredths])?,
        [tenths, hundredths, rest @ ..] if rest.iter().all(|byte| *byte == b'0') => {
            digits(&[*tenths, *hundredths])?
        }
        _ => return Err(Refused),
    };
    Ok(Some(digits(whole.as_bytes())? * 100 + cents))
}

/// `yyyy-MM-dd`, `yyyy/MM/dd` or `yyyy-MM-dd HH:mm:ss`, in days since 1970-01-01. The time is checked and dropped.
pub(super) fn event_date(text: &str) -> Result<i32, Refused> {
    match text.as_bytes() {
        bytes if bytes.len() == 10 => day(bytes, b'-').or_else(|_| day(bytes, b'/')),
        bytes => seconds(bytes).map(|(day, _)| day),
    }
}

/// `yyyy-MM-dd HH:mm:ss`, in microseconds since 1970-01-01 00:00:00, without a time zone.
pub(super) fn time_micros(text: &str) -> Result<i64, Refused> {
    let (day, second) = seconds(text.as_bytes())?;
    Ok((i64::from(day) * SECS_PER_DAY + second) * MICROS_PER_SEC)
}

/// Day and second of `yyyy-MM-dd HH:mm:ss`.
fn seconds(text: &[u8]) -> Result<(i32, i64), Refused> {
    let &[ref date @ .., b' ', h1, h2, b':', m1, m2, b':', s1, s2] = text else {
        return Err(Refused);
    };
    let (hour, minute, second) = (digits(&[h1, h2])?, digits(&[m1, m2])?, digits(&[s1, s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Refused);
    }
    Ok((day(date, b'-')?, (hour * 60 + minute) * 60 + second))
}

/// Days since 1970-01-01 of four, two and two digits between separators.
fn day(text: &[u8], separator: u8) -> Result<i32, Refused> {
    let &[y1, y2, y3, y4, a, m1, m2, b, d1, d2] = text else {
        return Err(Refused);
    };
    if a != separator || b != separator {
        return Err(Refused);
    }
    let year = digits(&[y1, y2, y3, y4])? as i32;
    let (month, day) = (digits(&[m1, m2])? as u32, digits(&[d1, d2])? as u32);
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) if year > 0 => Ok(date.to_epoch_days()),
        _ => Err(Refused),
    }
}

/// A number of at least one and at most 18 ASCII digits; the caller has bounded the length.
fn digits(text: &[u8]) -> Result<i64, Refused> {
    if text.is_empty() {
        return Err(Refused);
    }
    let mut number = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(Refused);
        }
        number = number * 10 + i64::from(digit);
    }
    Ok(number)
}

fn is_zeros(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_is_a_whole_number_from_one() {
        let check = |text: &str, id: Option<i64>| assert_eq!(event_id(text).ok(), id, "{text}");
        check("1001", Some(1_001));
        check("0001", Some(1));
        check("999999999999999999", Some(999_999_999_999_999_999));
        for text in ["", "0", "-1", "+1", "1.0", " 1", "1e3", "1000000000000000000", "١"] {
            check(text, None);
        }
    }

    #[test]
    fn a_count_is_whole_even_when_written_as_a_float() {
        let check = |text: &str, count: Result<Option<i32>, Refused>| {
            assert_eq!(participant_count(text), count, "{text}");
        };
        check("", Ok(None));
        check("112.0", Ok(Some(112)));
        check("112", Ok(Some(112)));
        check("0.000", Ok(Some(0)));
        check("2147483647.0", Ok(Some(i32::MAX)));
        for text in ["2147483648", "112.5", "112.", ".0", "-1", "1e3", "many", "1.0.0", "nan"] {
            check(text, Err(Refused));
        }
    }

    #[test]
    fn revenue_is_exact_to_the_hundredth() {
        let check = |text: &str, cents: Result<Option<i64>, Refused>| {
            assert_eq!(revenue_cents(text), cents, "{text}");
        };
        check("", Ok(None));
        check("39847495.0", Ok(Some(3_984_749_500)));
        check("4521.37", Ok(Some(452_137)));
        check("4521.3", Ok(Some(452_130)));
        check("4521.370000", Ok(Some(452_137)));
        check("12", Ok(Some(1_200)));
        check("9999999999999999.99", Ok(Some(999_999_999_999_999_999)));
        for text in ["10000000000000000", "1.234", "1.", ".5", "-0.0", "1e7", "N/A", "1,5", "inf"] {
            check(text, Err(Refused));
        }
    }

    #[test]
    fn a_date_has_three_forms_and_is_in_the_calendar() {
        let check = |text: &str, day: Option<i32>| assert_eq!(event_date(text).ok(), day, "{text}");
        check("2024-01-26", Some(19_748));
        check("2024/01/26", Some(19_748));
        check("2024-01-26 23:59:59", Some(19_748));
        check("1970-01-01", Some(0));
        check("0001-01-01", Some(-719_162));
        for text in [
            "",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "2024-01/26",
            "2024/01/26 10:00:00",
            "2024-1-26",
            "26-01-2024",
            "0000-01-01",
            "2024-01-26T10:00:00",
            "2024-01-26 24:00:00",
            "2024-01-26 10:00",
            " 2024-01-26",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_time_is_read_to_the_second() {
        let check = |text: &str, micros: Option<i64>| {
            assert_eq!(time_micros(text).ok(), micros, "{text}");
        };
        check("1970-01-01 00:00:01", Some(1_000_000));
        check("1969-12-31 23:59:59", Some(-1_000_000));
        check("2023-11-13 10:00:48", Some(1_699_869_648_000_000));
        for text in ["2023-11-13", "2023-11-13 10:60:00", "2023/11/13 10:00:00", "yesterday"] {
            check(text, None);
        }
    }
}
