//! [`Schedule`]: when a plan's rule runs: `cron(0 5 ? * * *)` in a time zone, or `rate(1 day)`.
//!
//! Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html (read 2026-11-28), for the six fields.
//! Left out: `W` and `#`, which are refused.

use std::time::Duration;

use chrono::{Datelike as _, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use wavetank_types::Timestamp;

/// Hours that are looked through for the next run: five years, as far as 29 February is away, and one more.
const HOURS_MAX: u32 = 5 * 366 * 24;

/// Why a schedule is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid schedule expression: {0}")]
pub(super) struct ScheduleError(String);

/// When something runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    Cron(Box<Cron>),
    Rate(Duration),
}

/// Numbers that a field allows, as bits.
type Field = u64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Field,
    hours: Field,
    /// None for `?`.
    days: Option<Field>,
    last_day: bool,
    months: Field,
    /// Sunday is 1; none for `?`.
    weekdays: Option<Field>,
    /// First and last, both allowed.
    years: (i32, i32),
    zone: Tz,
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Schedule {
    /// Reads an expression. A time zone matters to cron only.
    pub(super) fn parse(text: &str, zone: Option<&str>) -> Result<Self, ScheduleError> {
        let invalid = || ScheduleError(text.to_owned());
        let inside = |kind: &str| text.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(fields) = inside("cron") {
            let zone: Tz = zone.unwrap_or("UTC").parse().map_err(|_| invalid())?;
            let cron = cron(fields, zone).ok_or_else(invalid)?;
            return Ok(Self::Cron(Box::new(cron)));
        }
        let (count, unit) = inside("rate").and_then(|rate| rate.split_once(' ')).ok_or_else(invalid)?;
        let seconds = match unit.trim_end_matches('s') {
            "minute" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            _ => return Err(invalid()),
        };
        let count: u32 = count.parse().ok().filter(|count| *count > 0).ok_or_else(invalid)?;
        Ok(Self::Rate(Duration::from_secs(seconds) * count))
    }

    /// The first run later than `at`.
    pub(super) fn after(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(span) => Some(at + *span),
            Self::Cron(cron) => cron.after(at),
        }
    }
}

impl Cron {
    fn after(&self, at: Timestamp) -> Option<Timestamp> {
        let minute = 60 * (at.secs().div_euclid(60) + 1);
        // To the end of an hour by minutes, then by hours: zones are whole minutes apart from each other.
        let mut secs = minute;
        for _ in 0..HOURS_MAX {
            let hour = 3_600 * (secs.div_euclid(3_600) + 1);
            while secs < hour {
                let local = self.zone.timestamp_opt(secs, 0).single()?;
                if !self.is_day(&local) {
                    break;
                }
                if has(self.hours, local.hour()) && has(self.minutes, local.minute()) {
                    return Some(Timestamp::from_secs(secs));
                }
                secs += 60;
            }
            secs = secs.max(hour);
        }
        None
    }

    fn is_day(&self, local: &chrono::DateTime<Tz>) -> bool {
        let is_last = self.last_day && (*local + chrono::Duration::days(1)).month() != local.month();
        self.years.0 <= local.year()
            && local.year() <= self.years.1
            && has(self.months, local.month())
            && self.days.is_none_or(|days| has(days, local.day()) || is_last)
            && self.weekdays.is_none_or(|days| has(days, local.weekday().number_from_sunday()))
    }
}

fn has(field: Field, number: u32) -> bool {
    field >> number & 1 == 1
}

fn cron(text: &str, zone: Tz) -> Option<Cron> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays, years] = fields[..] else { return None };
    // One of the two says nothing, so that they cannot contradict each other.
    if (days == "?") == (weekdays == "?") {
        return None;
    }
    let last_day = days == "L";
    let none: &[&str] = &[];
    Some(Cron {
        minutes: field(minutes, 0, 59, none)?,
        hours: field(hours, 0, 23, none)?,
        days: match days {
            "?" => None,
            "L" => Some(0),
            days => Some(field(days, 1, 31, none)?),
        },
        last_day,
        months: field(months, 1, 12, &MONTHS)?,
        weekdays: if weekdays == "?" { None } else { Some(field(weekdays, 1, 7, &DAYS)?) },
        years: match years {
            "*" => (i32::MIN, i32::MAX),
            years => {
                let (first, last) = years.split_once('-').unwrap_or((years, years));
                (first.parse().ok()?, last.parse().ok()?)
            }
        },
        zone,
    })
}

/// `*`, `5`, `MON`, `1-5`, `0/15` and lists of these.
fn field(text: &str, first: u32, last: u32, names: &[&str]) -> Option<Field> {
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = named.map_or_else(|| text.parse().ok(), |at| Some(at as u32 + first))?;
        (first..=last).contains(&number).then_some(number)
    };
    let mut field = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (number(from)?, number(to)?),
            None if range == "*" => (first, last),
            None => (number(range)?, if part.contains('/') { last } else { number(range)? }),
        };
        for at in (from..=to).step_by(step) {
            field |= 1 << at;
        }
    }
    (field != 0).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, zone: Option<&str>, from: &str, expected: Option<&str>) {
        let at = chrono::DateTime::parse_from_rfc3339(from).expect("a time").timestamp();
        let next = Schedule::parse(text, zone).map(|schedule| schedule.after(Timestamp::from_secs(at)));
        let shown = next.map(|next| next.map(|next| next.format("%Y-%m-%dT%H:%M:%SZ")));
        assert_eq!(shown.ok().flatten().as_deref(), expected, "{text}");
    }

    #[test]
    fn schedules_name_the_next_run() {
        let from = "2026-01-05T00:00:00Z"; // a Monday
        check("cron(0 5 ? * * *)", None, from, Some("2026-01-05T05:00:00Z"));
        check("cron(0 0 ? * * *)", None, from, Some("2026-01-06T00:00:00Z"));
        check("cron(0/15 * ? * * *)", None, from, Some("2026-01-05T00:15:00Z"));
        check("cron(30 4 ? * SUN *)", None, from, Some("2026-01-11T04:30:00Z"));
        check("cron(0 12 1 * ? *)", None, from, Some("2026-02-01T12:00:00Z"));
        check("cron(0 12 L * ? *)", None, from, Some("2026-01-31T12:00:00Z"));
        check("cron(0 0 29 FEB ? *)", None, from, Some("2028-02-29T00:00:00Z"));
        check("cron(0 8 ? * MON-FRI 2027)", None, from, Some("2027-01-01T08:00:00Z"));
        check("cron(0 5 ? * * *)", Some("Asia/Ho_Chi_Minh"), from, Some("2026-01-05T22:00:00Z"));
        check("cron(0 8 ? * * 2025)", None, from, None);
        check("rate(12 hours)", None, from, Some("2026-01-05T12:00:00Z"));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "cron(0 5 * * * *)",
            "cron(0 5 ? * ? *)",
            "cron(60 5 ? * * *)",
            "rate(0 days)",
            "rate(1 week)",
            "daily",
        ] {
            assert!(Schedule::parse(text, None).is_err(), "{text}");
        }
    }
}
