//! When things arrive: how a count is spread over days, and whether arrivals within a moment are even or random.
//!
//! A count is exact and its spread is a share of a cumulative weight, so that the n-th arrival is found without those
//! before it. Weights are whole numbers: any machine finds the same instants.
//! Left out: rates without an end (`kdg/rate.rs` has those).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use wavetank_types::time::parse_duration;

use crate::calendar::{DAY_MINUTES, DayKind, FLAT_DAY, HOUR_WEIGHTS, SALE_HOUR_WEIGHTS, day_kind};

/// A minute of a flat day weighs this much.
const FLAT_MINUTE: u64 = 40;

/// How arrivals are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrivals {
    /// As many in any minute, evenly spaced.
    Steady,
    /// As many in any minute on average, at random: a Poisson process of a known count.
    Poisson,
    /// By hour of the day, day of the week, holidays and sale days; at random within an hour.
    #[default]
    Diurnal,
    /// As `Diurnal`, with bursts: every `every` minutes there are `times` as many for `lasting` minutes.
    Burst {
        /// From the start of a burst to the start of the next, in minutes; counted from midnight.
        every: u32,
        /// How long a burst lasts, in minutes.
        lasting: u32,
        /// By how much a burst multiplies.
        times: u32,
    },
}

/// Not a way of arriving.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no way of arriving\nhint: write steady, poisson, diurnal, or burst:1h/5m/x10 for ten times as many in 5 minutes of every hour"
)]
pub struct ArrivalsError(String);

impl FromStr for Arrivals {
    type Err = ArrivalsError;

    fn from_str(text: &str) -> Result<Self, ArrivalsError> {
        match text {
            "steady" => return Ok(Self::Steady),
            "poisson" => return Ok(Self::Poisson),
            "diurnal" => return Ok(Self::Diurnal),
            _ => {}
        }
        burst(text).ok_or_else(|| ArrivalsError(text.to_owned()))
    }
}

fn burst(text: &str) -> Option<Arrivals> {
    let mut parts = text.strip_prefix("burst:")?.split('/');
    let minutes = |text: &str| {
        let span = parse_duration(text).ok()?;
        let whole = span.as_secs() / 60;
        let minutes = u32::try_from(whole).ok().filter(|minutes| *minutes > 0)?;
        (span == Duration::from_secs(whole * 60)).then_some(minutes)
    };
    let (every, lasting) = (minutes(parts.next()?)?, minutes(parts.next()?)?);
    let times: u32 = parts.next()?.strip_prefix('x')?.parse().ok()?;
    let sound = parts.next().is_none()
        && lasting <= every
        && every <= DAY_MINUTES as u32
        && (1..=1_000).contains(&times);
    sound.then_some(Arrivals::Burst { every, lasting, times })
}

impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steady => f.write_str("steady"),
            Self::Poisson => f.write_str("poisson"),
            Self::Diurnal => f.write_str("diurnal"),
            Self::Burst { every, lasting, times } => write!(f, "burst:{every}m/{lasting}m/x{times}"),
        }
    }
}

impl Arrivals {
    /// Whether arrivals keep equal distances.
    pub fn is_even(self) -> bool {
        self == Self::Steady
    }

    /// The weight of a minute of a day of this kind.
    fn minute_weight(self, kind: DayKind, minute: usize) -> u64 {
        let hours = match kind {
            DayKind::Plain => &HOUR_WEIGHTS,
            DayKind::Sale => &SALE_HOUR_WEIGHTS,
        };
        match self {
            Self::Steady | Self::Poisson => FLAT_MINUTE,
            Self::Diurnal => hours[minute / 60],
            Self::Burst { every, lasting, times } => {
                let is_burst = minute as u32 % every < lasting;
                hours[minute / 60] * if is_burst { u64::from(times) } else { 1 }
            }
        }
    }
}

/// A spread over whole days, ready to be asked.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Per day its kind and weight in thousandths, and the weight of all days before it.
    days: Vec<(DayKind, u64, u64)>,
    total: u64,
    /// By kind of day: the weight of all minutes before each, and of the whole day at the end.
    minutes: [Vec<u64>; 2],
}

impl Spread {
    /// Over `days` days from `first_day` on, which counts from 1970-01-01. At least one day.
    pub fn new(arrivals: Arrivals, first_day: i32, days: u32) -> Self {
        let minutes = [DayKind::Plain, DayKind::Sale].map(|kind| {
            let mut before = vec![0; DAY_MINUTES + 1];
            for minute in 0..DAY_MINUTES {
                before[minute + 1] = before[minute] + arrivals.minute_weight(kind, minute);
            }
            before
        });
        let mut total = 0;
        let mut weigh = |day| {
            let (kind, weight) = match arrivals {
                Arrivals::Steady | Arrivals::Poisson => (DayKind::Plain, FLAT_DAY),
                Arrivals::Diurnal | Arrivals::Burst { .. } => day_kind(first_day + day),
            };
            let before = total;
            total += weight * minutes[kind as usize][DAY_MINUTES];
            (kind, weight, before)
        };
        let days = (0..i32::try_from(days.max(1)).unwrap_or(i32::MAX)).map(&mut weigh).collect();
        Self { days, total, minutes }
    }

    /// How many seconds it spans.
    pub fn secs(&self) -> u32 {
        self.days.len() as u32 * 86_400
    }

    /// The second, from the first midnight on, by which `part / whole` of everything has arrived. `part < whole`.
    pub fn second(&self, part: u128, whole: u128) -> u32 {
        let wanted = u64::try_from(part * u128::from(self.total) / whole.max(1)).unwrap_or(0);
        let wanted = wanted.min(self.total - 1);
        let day = self.days.partition_point(|(_, _, before)| *before <= wanted) - 1;
        let (kind, weight, before) = self.days[day];
        let minutes = &self.minutes[kind as usize];
        let rest = wanted - before;
        let minute = minutes.partition_point(|before| before * weight <= rest) - 1;
        let rest = rest - minutes[minute] * weight;
        let second = rest * 60 / ((minutes[minute + 1] - minutes[minute]) * weight);
        day as u32 * 86_400 + minute as u32 * 60 + second as u32
    }

    /// The share of everything that arrives in an hour of the span, from 0 on; for comparison.
    pub fn share_of_hour(&self, hour: usize) -> f64 {
        let (kind, weight, _) = self.days[hour / 24];
        let minutes = &self.minutes[kind as usize];
        let start = hour % 24 * 60;
        ((minutes[start + 60] - minutes[start]) * weight) as f64 / self.total as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_arriving_are_read_as_they_are_written() {
        let check = |text: &str, expected: Option<Arrivals>| {
            assert_eq!(text.parse::<Arrivals>().ok(), expected, "{text}");
        };
        check("steady", Some(Arrivals::Steady));
        check("poisson", Some(Arrivals::Poisson));
        check("diurnal", Some(Arrivals::Diurnal));
        check("burst:1h/5m/x10", Some(Arrivals::Burst { every: 60, lasting: 5, times: 10 }));
        check("burst:5m/1h/x10", None);
        check("burst:1h/5m", None);
        check("burst:90s/5s/x2", None);
        check("often", None);
        let burst = Arrivals::Burst { every: 60, lasting: 5, times: 10 };
        assert_eq!(burst.to_string().parse(), Ok(burst));
    }

    #[test]
    fn arrivals_only_move_forward_and_fill_the_span() {
        for arrivals in ["steady", "poisson", "diurnal", "burst:30m/5m/x20"] {
            let spread = Spread::new(arrivals.parse().expect(arrivals), 20_459, 3);
            let seconds: Vec<u32> = (0..100_000).map(|n| spread.second(n, 100_000)).collect();
            assert!(seconds.is_sorted(), "{arrivals}");
            assert!(seconds[0] < 60 && seconds[99_999] >= spread.secs() - 600, "{arrivals}");
            assert!(seconds[99_999] < spread.secs());
            for hour in 0..72 {
                let found = seconds.iter().filter(|second| **second / 3_600 == hour as u32).count();
                let share = spread.share_of_hour(hour);
                assert!((found as f64 / 100_000.0 - share).abs() < 0.0001, "{arrivals} {hour}");
            }
        }
    }

    #[test]
    fn a_burst_holds_its_multiple_of_the_minutes_around_it() {
        let spread = Spread::new("burst:1h/6m/x9".parse().expect("a burst"), 20_459, 1);
        let in_burst =
            (0..10_000).filter(|n| spread.second(*n, 10_000) % 3_600 < 360).count() as f64 / 10_000.0;
        assert!((in_burst - 0.5).abs() < 0.01, "{in_burst}: six minutes count nine times, 54 once");
    }
}
