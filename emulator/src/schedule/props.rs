//! Cron against a walk: the next run is the first later minute whose local time, read field by field, is asked for.

use chrono::{Datelike as _, Duration, LocalResult, NaiveDate, NaiveDateTime, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use proptest::prelude::*;
use wavetank_types::Timestamp;

use super::{Dialect, Schedule};

/// A field that is easy to read back: what it says, and which numbers that is.
#[derive(Clone, Debug)]
enum Part {
    Any,
    One(u32),
    Range(u32, u32),
    Step(u32, u32),
    Last,
    Nearest(u32),
    LastOf(u32),
    Nth(u32, u32),
}

impl Part {
    fn text(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::One(one) => one.to_string(),
            Self::Range(from, to) => format!("{from}-{to}"),
            Self::Step(from, step) => format!("{from}/{step}"),
            Self::Last => "L".to_owned(),
            Self::Nearest(day) => format!("{day}W"),
            Self::LastOf(day) => format!("{day}L"),
            Self::Nth(day, nth) => format!("{day}#{nth}"),
        }
    }

    fn number(&self, number: u32) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => *one == number,
            Self::Range(from, to) => (*from..=*to).contains(&number),
            Self::Step(from, step) => number >= *from && (number - from).is_multiple_of(*step),
            _ => false,
        }
    }

    fn month_day(&self, day: NaiveDate) -> bool {
        let is_work = |day: &NaiveDate| day.weekday().number_from_monday() <= 5;
        match self {
            Self::Last => (day + Duration::days(1)).month() != day.month(),
            // The nearest of all working days of the month, if the month has that day at all.
            Self::Nearest(wanted) => day.with_day(*wanted).is_some_and(|wanted| {
                let all = (1..=31).filter_map(|number| day.with_day(number)).filter(is_work);
                all.min_by_key(|one| ((*one - wanted).num_days().abs(), *one)) == Some(day)
            }),
            other => other.number(day.day()),
        }
    }

    fn weekday(&self, day: NaiveDate) -> bool {
        let number = day.weekday().number_from_sunday();
        let same = |other: i64| (day + Duration::days(7 * other)).month() == day.month();
        match self {
            Self::Last => number == 7,
            Self::LastOf(wanted) => number == *wanted && !same(1),
            Self::Nth(wanted, nth) => {
                number == *wanted && (1_i64..6).filter(|weeks| same(-*weeks)).count() + 1 == *nth as usize
            }
            other => other.number(number),
        }
    }
}

fn plain(first: u32, last: u32) -> impl Strategy<Value = Part> {
    prop_oneof![
        2 => Just(Part::Any),
        2 => (first..=last).prop_map(Part::One),
        1 => (first..=last, first..=last).prop_map(|(one, other)| Part::Range(one.min(other), one.max(other))),
        1 => (first..=last, 1..=last).prop_map(|(from, step)| Part::Step(from, step)),
    ]
}

fn month_days() -> impl Strategy<Value = Part> {
    prop_oneof![3 => plain(1, 31), 1 => Just(Part::Last), 2 => (1u32..=31).prop_map(Part::Nearest)]
}

fn weekdays() -> impl Strategy<Value = Part> {
    prop_oneof![
        3 => plain(1, 7),
        1 => Just(Part::Last),
        1 => (1u32..=7).prop_map(Part::LastOf),
        1 => (1u32..=7, 1u32..=5).prop_map(|(day, nth)| Part::Nth(day, nth)),
    ]
}

/// Whether a clock shows this local time for the first time at `at`.
fn is_first(zone: Tz, local: NaiveDateTime, at: i64) -> bool {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(_) | LocalResult::None => true,
        LocalResult::Ambiguous(first, _) => first.timestamp() == at,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_next_run_is_what_a_walk_over_minutes_finds(
        minutes in plain(0, 59),
        hours in plain(0, 23),
        days in month_days(),
        months in plain(1, 12),
        week in weekdays(),
        by_week: bool,
        zone in prop_oneof![
            Just(Tz::UTC), Just(Tz::America__New_York), Just(Tz::Asia__Ho_Chi_Minh), Just(Tz::Australia__Lord_Howe),
        ],
        // Around the days on which clocks change, and anywhere else.
        from in prop_oneof![
            1_767_571_200_i64..1_900_000_000, 1_772_900_000_i64..1_773_000_000, 1_793_480_000_i64..1_793_560_000,
        ],
    ) {
        let (day, weekday) = if by_week { ("?".to_owned(), week.text()) } else { (days.text(), "?".to_owned()) };
        let text =
            format!("cron({} {} {day} {} {weekday} *)", minutes.text(), hours.text(), months.text());
        let schedule = Schedule::parse(&text, zone, Dialect::Scheduler).expect("built right");
        let next = schedule.next(Timestamp::from_secs(from), Timestamp::default());

        // 40 days: the walk is what is slow here.
        let end = from + 40 * 86_400;
        let mut found = None;
        let mut at = from.div_euclid(60) * 60 + 60;
        while at <= end {
            let local = zone.timestamp_opt(at, 0).single().expect("an instant").naive_local();
            let is_day = if by_week { week.weekday(local.date()) } else { days.month_day(local.date()) };
            if is_day
                && months.number(local.month())
                && hours.number(local.hour())
                && minutes.number(local.minute())
                && is_first(zone, local, at)
            {
                found = Some(Timestamp::from_secs(at));
                break;
            }
            at += 60;
        }
        prop_assert_eq!(next.filter(|next| next.secs() <= end), found, "{} in {} after {}", text, zone, from);
    }
}
