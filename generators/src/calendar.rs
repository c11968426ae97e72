//! The shopping year in Viet Nam: hours of a day, days of a week, holidays, sale days, and Tet.
//!
//! Assumed: all of it. The shape is what people tell of online shops (a peak at noon, the highest at 21:00, a dip over Tet after
//! weeks of buying for it, sales on 9.9 and 11.11), the figures are ours. Tet is the first day of the lunar year in UTC+7,
//! which in 2030 is another day than China's.

use chrono::{Datelike, NaiveDate};

/// Minutes of a day.
pub(crate) const DAY_MINUTES: usize = 1_440;

/// The weight of a day like any other, in thousandths.
pub(crate) const FLAT_DAY: u64 = 1_000;

/// The weight of each hour of a day.
pub(crate) const HOUR_WEIGHTS: [u64; 24] =
    [28, 14, 8, 6, 6, 10, 20, 34, 48, 58, 64, 72, 74, 62, 54, 54, 56, 56, 56, 64, 84, 96, 84, 54];

/// The weight of each hour of a sale day: it opens at midnight.
pub(crate) const SALE_HOUR_WEIGHTS: [u64; 24] =
    [130, 72, 26, 10, 6, 10, 20, 34, 50, 60, 66, 84, 86, 62, 54, 54, 56, 56, 56, 64, 92, 110, 104, 84];

/// Monday to Sunday.
const WEEKDAY_WEIGHTS: [u64; 7] = [950, 930, 950, 980, 1_050, 1_120, 1_080];

/// The first day of the lunar year: year, month, day.
const TET: [(i32, u32, u32); 13] = [
    (2023, 1, 22),
    (2024, 2, 10),
    (2025, 1, 29),
    (2026, 2, 17),
    (2027, 2, 6),
    (2028, 1, 26),
    (2029, 2, 13),
    (2030, 2, 2),
    (2031, 1, 23),
    (2032, 2, 11),
    (2033, 1, 31),
    (2034, 2, 19),
    (2035, 2, 8),
];

/// Holidays of the solar calendar: month and day.
const HOLIDAYS: [(u32, u32); 5] = [(1, 1), (4, 30), (5, 1), (9, 2), (9, 3)];

/// Which hours a day has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// [`HOUR_WEIGHTS`]
    Plain,
    /// [`SALE_HOUR_WEIGHTS`]
    Sale,
}

/// The kind of a day and its weight in thousandths of an ordinary one. `day` counts from 1970-01-01.
pub fn day_kind(day: i32) -> (DayKind, u64) {
    let date = NaiveDate::from_epoch_days(day).expect("generated days are in the calendar");
    let weekday = WEEKDAY_WEIGHTS[date.weekday().num_days_from_monday() as usize];
    let (month, of_month) = (date.month(), date.day());
    if let Some(tet) = percent_around_tet(date) {
        return (DayKind::Plain, weekday * tet / 100);
    }
    if month == of_month && month > 1 {
        let percent = match month {
            9 | 12 => 240,
            11 => 300,
            _ => 160,
        };
        return (DayKind::Sale, weekday * percent / 100);
    }
    let is_holiday = HOLIDAYS.contains(&(month, of_month));
    (DayKind::Plain, weekday * if is_holiday { 115 } else { 100 } / 100)
}

/// The day of a date such as `2026-01-06`, counted from 1970-01-01.
pub fn parse_day(text: &str) -> Option<i32> {
    text.parse().ok().map(|date: NaiveDate| date.to_epoch_days())
}

/// Two weeks of buying for Tet, then a week in which hardly anybody does.
fn percent_around_tet(date: NaiveDate) -> Option<u64> {
    let days_after = |(year, month, day): &(i32, u32, u32)| {
        let tet = NaiveDate::from_ymd_opt(*year, *month, *day)?;
        Some(date.signed_duration_since(tet).num_days())
    };
    TET.iter().filter_map(days_after).find_map(|days| match days {
        -14..=-2 => Some(150),
        -1..=5 => Some(35),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_weigh_by_what_they_are() {
        let check = |date: &str, kind, percent: std::ops::RangeInclusive<u64>| {
            let day = date.parse::<NaiveDate>().expect(date).to_epoch_days();
            let (found, weight) = day_kind(day);
            assert_eq!(found, kind, "{date}");
            assert!(percent.contains(&(weight / 10)), "{date}: {weight}");
        };
        check("2026-01-06", DayKind::Plain, 93..=93);
        check("2026-01-10", DayKind::Plain, 112..=112);
        check("2026-09-09", DayKind::Sale, 200..=260);
        check("2026-11-11", DayKind::Sale, 250..=320);
        check("2026-10-10", DayKind::Sale, 150..=190);
        check("2026-01-01", DayKind::Plain, 105..=125);
        check("2026-02-10", DayKind::Plain, 130..=170);
        check("2026-02-17", DayKind::Plain, 30..=40);
        check("2030-02-02", DayKind::Plain, 30..=42);
        check("2026-02-25", DayKind::Plain, 90..=100);
    }
}
