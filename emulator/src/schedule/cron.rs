//! [`Cron`]: six fields and a time zone, and the next time at which a clock there shows what they ask for.
//!
//! Documented: a local time that a clock skips in spring is skipped, one that it shows twice in autumn counts once
//! (docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, and repost.aws/knowledge-center/eventbridge-scheduler-adjust-dst,
//! both read 2026-11-28). Assumed: of two, the first.

use chrono::{Datelike as _, LocalResult, NaiveDate, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use wavetank_types::Timestamp;

use super::fields::{self, MonthDays, Numbers, Span, WeekDays};

/// A cron expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cron {
    minutes: Numbers,
    hours: Numbers,
    /// None for `?`.
    days: Option<MonthDays>,
    months: Numbers,
    /// None for `?`.
    weekdays: Option<WeekDays>,
    years: Vec<Span>,
    zone: Tz,
}

fn has(numbers: Numbers, number: u32) -> bool {
    numbers >> number & 1 == 1
}

impl Cron {
    /// Reads what stands within the parentheses.
    ///
    /// Recorded: one of the two fields for days is `?`, and not both say something (`cron(0 1 * * * *)` is refused). Assumed: nor do
    /// both say nothing.
    pub(super) fn parse(text: &str, zone: Tz) -> Option<Self> {
        let parts: Vec<&str> = text.split(' ').collect();
        let [minutes, hours, days, months, weekdays, years] = parts[..] else { return None };
        if (days == "?") == (weekdays == "?") {
            return None;
        }
        Some(Self {
            minutes: fields::MINUTES.numbers(minutes)?,
            hours: fields::HOURS.numbers(hours)?,
            days: fields::month_days(days)?,
            months: fields::MONTHS.numbers(months)?,
            weekdays: fields::week_days(weekdays)?,
            years: fields::YEARS.spans(years)?,
            zone,
        })
    }

    /// The first run later than `after`; none after the last year.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let local = self.zone.timestamp_opt(after.secs(), 0).single()?.naive_local();
        let mut day = local.date();
        // Runs earlier on the first day are not later than `after`: a clock that goes back shows no new times.
        let mut from = (local.hour(), local.minute());
        while day.year() <= i32::try_from(fields::YEARS.last).unwrap_or(i32::MAX) {
            if !self.is_year(day.year()) {
                day = NaiveDate::from_ymd_opt(day.year() + 1, 1, 1)?;
            } else if !has(self.months, day.month()) {
                day = first_of_next_month(day)?;
            } else {
                if self.is_day(day)
                    && let Some(at) = self.on_day(day, from, after)
                {
                    return Some(at);
                }
                day = day.succ_opt()?;
            }
            from = (0, 0);
        }
        None
    }

    /// The first run on a day, from this hour and minute on, that is later than `after`.
    fn on_day(&self, day: NaiveDate, from: (u32, u32), after: Timestamp) -> Option<Timestamp> {
        for hour in (from.0..24).filter(|hour| has(self.hours, *hour)) {
            let first = if hour == from.0 { from.1 } else { 0 };
            for minute in (first..60).filter(|minute| has(self.minutes, *minute)) {
                let at = match self.zone.from_local_datetime(&day.and_hms_opt(hour, minute, 0)?) {
                    LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.timestamp(),
                    LocalResult::None => continue,
                };
                let at = Timestamp::from_secs(at);
                if at > after {
                    return Some(at);
                }
            }
        }
        None
    }

    fn is_year(&self, year: i32) -> bool {
        let year = u32::try_from(year).unwrap_or(0);
        self.years.iter().any(|(from, to, step)| (*from..=*to).contains(&year) && (year - from) % step == 0)
    }

    /// Whether the fields for days want this one.
    fn is_day(&self, day: NaiveDate) -> bool {
        let weekday = day.weekday().number_from_sunday();
        let is_month_day = |days: &MonthDays| {
            has(days.numbers, day.day())
                || (days.last && day.day() == last_of_month(day))
                || days.nearest.iter().any(|wanted| nearest_weekday(day, *wanted) == Some(day))
        };
        let is_week_day = |days: &WeekDays| {
            has(days.numbers, weekday)
                || (has(days.last, weekday) && day.day() + 7 > last_of_month(day))
                || days.nth.is_some_and(|(wanted, nth)| wanted == weekday && (day.day() - 1) / 7 + 1 == nth)
        };
        self.days.as_ref().is_none_or(is_month_day) && self.weekdays.as_ref().is_none_or(is_week_day)
    }
}

fn first_of_next_month(day: NaiveDate) -> Option<NaiveDate> {
    let (year, month) = if day.month() == 12 { (day.year() + 1, 1) } else { (day.year(), day.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)
}

fn last_of_month(day: NaiveDate) -> u32 {
    first_of_next_month(day).and_then(|next| next.pred_opt()).map_or(31, |last| last.day())
}

/// The day from Monday to Friday nearest to the `wanted`th of this month, and in it. None if the month is shorter.
fn nearest_weekday(month: NaiveDate, wanted: u32) -> Option<NaiveDate> {
    let day = month.with_day(wanted)?;
    let shift: i32 = match day.weekday() {
        chrono::Weekday::Sat if wanted == 1 => 2,
        chrono::Weekday::Sat => -1,
        chrono::Weekday::Sun if wanted == last_of_month(month) => -2,
        chrono::Weekday::Sun => 1,
        _ => 0,
    };
    day.checked_add_signed(chrono::Duration::days(i64::from(shift)))
}
