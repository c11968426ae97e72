//! How one value is read from text: whole numbers, prices, days and times.

use chrono::NaiveDate;

/// Digits of a price, and how many of them follow the point.
pub(super) const PRICE_PRECISION: u8 = 18;
/// See [`PRICE_PRECISION`].
pub(super) const PRICE_SCALE: i8 = 2;

const SECS_PER_DAY: i64 = 86_400;

/// What the catalogue writes where it knows nothing: nothing, or `NA`.
pub(super) fn is_absent(text: &str) -> bool {
    text.is_empty() || text == "NA"
}

/// A whole number from 0, written plainly or as `12.0`.
pub(super) fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_suffix(".0").unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { digits.parse().ok() } else { None }
}

/// A price in hundredths: `8421.0`, `8421`, `8421.5` or `8421.50`.
pub(super) fn price(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 16 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 2 {
        return None;
    }
    let cents: i128 = format!("{fraction:0<2}").parse().ok()?;
    Some(whole.parse::<i128>().ok()? * 100 + cents)
}

/// The mistake `price-as-integer`: what a cast to a whole number makes of `8421.0`, which is nothing.
pub(super) fn price_as_integer(text: &str) -> Option<i128> {
    text.parse::<i64>().ok().map(|whole| i128::from(whole) * 100)
}

/// A day as `yyyy-MM-dd`, counted from 1970-01-01.
pub(super) fn day(text: &str) -> Option<i32> {
    let text = text.as_bytes();
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?);
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(date.to_epoch_days())
}

/// A time as `yyyy-MM-dd HH:mm:ss`, in seconds since 1970-01-01 00:00:00 of its own zone.
pub(super) fn time(text: &str) -> Option<i64> {
    let (date, clock) = (text.get(..10)?, text.get(10..)?.as_bytes());
    if clock.len() != 9 || clock[0] != b' ' || clock[3] != b':' || clock[6] != b':' {
        return None;
    }
    let (hour, minute, second) = (number(&clock[1..3])?, number(&clock[4..6])?, number(&clock[7..])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let of_day = i64::from(hour * 3_600 + minute * 60 + second);
    Some(i64::from(day(date)?) * SECS_PER_DAY + of_day)
}

/// The day of a time, counted from 1970-01-01.
pub(super) fn day_of(time: i64) -> i32 {
    i32::try_from(time.div_euclid(SECS_PER_DAY)).unwrap_or(i32::MAX)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, byte| match byte {
        b'0'..=b'9' => Some(value * 10 + u32::from(byte - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_are_read_in_every_form_and_the_cast_loses_them() {
        let check = |text: &str, expected: Option<i128>, cast: Option<i128>| {
            assert_eq!((price(text), price_as_integer(text)), (expected, cast), "{text}");
        };
        check("8421.0", Some(842_100), None);
        check("8421", Some(842_100), Some(842_100));
        check("8421.5", Some(842_150), None);
        check("8421.05", Some(842_105), None);
        check("8421.500", Some(842_150), None);
        check("8421.001", None, None);
        check("-1", None, Some(-100));
        check("", None, None);
        check("1e3", None, None);
    }

    #[test]
    fn whole_numbers_may_be_written_as_floats() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(whole(text), expected, "{text}");
        check("2012", Some(2012));
        check("2012.0", Some(2012));
        check("2012.5", None);
        check("", None);
        check("-3", None);
        check("99999999999999999999", None);
    }

    proptest! {
        /// Times are read as the calendar library writes them, and nothing else is.
        #[test]
        fn times_are_read_as_they_are_written(secs in 0i64..4_102_444_800, noise in "[ -~]{0,22}") {
            let written = chrono::DateTime::from_timestamp(secs, 0).expect("in the calendar").naive_utc();
            prop_assert_eq!(time(&written.format("%Y-%m-%d %H:%M:%S").to_string()), Some(secs));
            prop_assert_eq!(day(&written.format("%Y-%m-%d").to_string()), Some(day_of(secs)));
            let model = chrono::NaiveDateTime::parse_from_str(&noise, "%Y-%m-%d %H:%M:%S").ok();
            prop_assert!(time(&noise).is_none() || model.is_some());
        }
    }
}
