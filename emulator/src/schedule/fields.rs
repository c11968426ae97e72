//! The fields of a cron expression: numbers and names, ranges, steps, lists, and the letters of the two fields for days.
//!
//! Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html (read 2026-11-29): what each field takes;
//! hours that go past midnight (`20-2`); a `#` stands alone. Documented by a user who asked AWS (aws-sdk-js issue 4212, 2022): a step is not larger than the field's greatest number.
//! Assumed: `L-3` and `LW`, which cron's relatives have, are refused; so are other
//! fields' ranges that end before they begin.

/// Numbers that a field allows, as bits.
pub(super) type Numbers = u64;

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) first: u32,
    pub(super) last: u32,
    /// What its numbers are called, from the first on.
    pub(super) names: &'static [&'static str],
    /// Whether a range may go past the last number and on from the first.
    pub(super) wraps: bool,
}

pub(super) const MINUTES: Field = Field { first: 0, last: 59, names: &[], wraps: false };
pub(super) const HOURS: Field = Field { first: 0, last: 23, names: &[], wraps: true };
pub(super) const DAYS: Field = Field { first: 1, last: 31, names: &[], wraps: false };
pub(super) const MONTHS: Field = Field {
    first: 1,
    last: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    wraps: false,
};
pub(super) const WEEKDAYS: Field =
    Field { first: 1, last: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], wraps: false };
pub(super) const YEARS: Field = Field { first: 1970, last: 2199, names: &[], wraps: false };

/// From, to and by which step. What wraps ends past the field's last number.
pub(super) type Span = (u32, u32, u32);

/// Which days of a month: `1,15`, `L`, `15W`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MonthDays {
    pub(super) numbers: Numbers,
    /// `L`: the last one.
    pub(super) last: bool,
    /// `15W`: the day from Monday to Friday that is nearest, within the month.
    pub(super) nearest: Vec<u32>,
}

/// Which days of a week: `MON-FRI`, `FRIL`, `3#2`. Sunday is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WeekDays {
    pub(super) numbers: Numbers,
    /// `5L`: the last one of the month.
    pub(super) last: Numbers,
    /// `3#2`: the second Tuesday of the month.
    pub(super) nth: Option<(u32, u32)>,
}

impl Field {
    /// A number or a name.
    fn number(self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match named {
            Some(at) => u32::try_from(at).ok()? + self.first,
            None => digits(text)?,
        };
        (self.first..=self.last).contains(&number).then_some(number)
    }

    fn count(self) -> u32 {
        self.last - self.first + 1
    }

    /// `*`, `5`, `MON`, `1-5`, `20-2`, `0/15`, `1-31/10`.
    fn span(self, text: &str) -> Option<Span> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, digits(step).filter(|step| (1..=self.last).contains(step))?),
            None => (text, 1),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (self.number(from)?, self.number(to)?),
            None if range == "*" => (self.first, self.last),
            None => {
                let from = self.number(range)?;
                (from, if text.contains('/') { self.last } else { from })
            }
        };
        let to = if from > to && self.wraps { to + self.count() } else { to };
        (from <= to).then_some((from, to, step))
    }

    /// A list of spans.
    pub(super) fn spans(self, text: &str) -> Option<Vec<Span>> {
        text.split(',').map(|part| self.span(part)).collect()
    }

    /// A list of numbers, as bits. Not for years, of which there are too many.
    pub(super) fn numbers(self, text: &str) -> Option<Numbers> {
        let mut numbers = 0;
        for (from, to, step) in self.spans(text)? {
            for at in (from..=to).step_by(usize::try_from(step).ok()?) {
                numbers |= 1 << (self.first + (at - self.first) % self.count());
            }
        }
        Some(numbers)
    }
}

fn digits(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// None within is for `?`, which says nothing of the days.
pub(super) fn month_days(text: &str) -> Option<Option<MonthDays>> {
    if text == "?" {
        return Some(None);
    }
    let mut days = MonthDays::default();
    for part in text.split(',') {
        if part.eq_ignore_ascii_case("L") {
            days.last = true;
        } else if let Some(day) = part.strip_suffix(['W', 'w']) {
            days.nearest.push(DAYS.number(day)?);
        } else {
            days.numbers |= DAYS.numbers(part)?;
        }
    }
    Some(Some(days))
}

/// None within is for `?`. `L` alone is the last day of the week.
pub(super) fn week_days(text: &str) -> Option<Option<WeekDays>> {
    if text == "?" {
        return Some(None);
    }
    let mut days = WeekDays::default();
    if let Some((day, which)) = text.split_once('#') {
        let which = digits(which).filter(|which| (1..=5).contains(which))?;
        days.nth = Some((WEEKDAYS.number(day)?, which));
        return Some(Some(days));
    }
    for part in text.split(',') {
        if part.eq_ignore_ascii_case("L") {
            days.numbers |= 1 << WEEKDAYS.last;
        } else if let Some(day) = part.strip_suffix(['L', 'l']) {
            days.last |= 1 << WEEKDAYS.number(day)?;
        } else {
            days.numbers |= WEEKDAYS.numbers(part)?;
        }
    }
    Some(Some(days))
}
