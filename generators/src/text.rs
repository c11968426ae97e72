//! Dates, times and small numbers as text, appended to what is there: no allocation, no formatting machinery.

use chrono::{Datelike, NaiveDate};

pub(crate) const SECS_PER_DAY: i64 = 86_400;

/// Appends `yyyy-MM-dd`, or the same with another separator. `day` counts from 1970-01-01.
pub(crate) fn push_date(text: &mut String, day: i32, separator: char) {
    let date = NaiveDate::from_epoch_days(day).expect("generated days are in the calendar");
    let year = u32::try_from(date.year()).expect("generated years are positive");
    push_two(text, year / 100);
    push_two(text, year % 100);
    text.push(separator);
    push_two(text, date.month());
    text.push(separator);
    push_two(text, date.day());
}

/// Appends `yyyy-MM-dd HH:mm:ss`.
pub(crate) fn push_time(text: &mut String, secs: i64) {
    let day = i32::try_from(secs.div_euclid(SECS_PER_DAY)).expect("generated times are near");
    push_date(text, day, '-');
    push_clock(text, secs.rem_euclid(SECS_PER_DAY) as u32);
}

/// Appends a space and `HH:mm:ss`.
pub(crate) fn push_clock(text: &mut String, second: u32) {
    text.push(' ');
    push_two(text, second / 3_600);
    text.push(':');
    push_two(text, second / 60 % 60);
    text.push(':');
    push_two(text, second % 60);
}

/// Appends a number below 100 as two digits.
pub(crate) fn push_two(text: &mut String, number: u32) {
    text.push(char::from(b'0' + (number / 10) as u8));
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// Appends a whole number.
pub(crate) fn push_number(text: &mut String, number: u64) {
    text.push_str(itoa::Buffer::new().format(number));
}
