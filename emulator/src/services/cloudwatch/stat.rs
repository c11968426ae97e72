//! Statistics: what is asked of the values of a period, from `Sum` to `TM(10%:90%)`.
//!
//! Documented: the names and forms (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html, read 2026-11-29).
//! Assumed: a percentile is the least value that is not below the given share of all; AWS does not say how it picks one.

use crate::world::{Point, Spread};

/// A statistic.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statistic {
    SampleCount,
    Sum,
    Average,
    Minimum,
    Maximum,
    /// In per cent.
    Percentile(f64),
    /// Of the values within bounds: their mean, the mean of all with the others moved to the bounds, their count, their sum.
    Trimmed(Bounds),
    Winsorized(Bounds),
    TrimmedCount(Bounds),
    TrimmedSum(Bounds),
    /// The share of values within bounds, in per cent.
    Rank(Bounds),
}

/// Which values count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bounds {
    /// Between two shares of all values, in per cent.
    Shares(f64, f64),
    /// Above the first and not above the second.
    Values(f64, f64),
}

impl Statistic {
    /// Reads `Average`, `p99.9`, `tm90`, `TM(10%:90%)`, `PR(:300)`, `IQM`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SampleCount" => Self::SampleCount,
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "IQM" => Self::Trimmed(Bounds::Shares(25.0, 75.0)),
            _ => {
                let letters = text.find(|c: char| !c.is_ascii_alphabetic())?;
                let (name, rest) = text.split_at(letters);
                if name == "p" {
                    return share(rest).map(Self::Percentile);
                }
                let of: fn(Bounds) -> Self = match name.to_ascii_lowercase().as_str() {
                    "tm" => Self::Trimmed,
                    "wm" => Self::Winsorized,
                    "tc" => Self::TrimmedCount,
                    "ts" => Self::TrimmedSum,
                    "pr" => Self::Rank,
                    _ => return None,
                };
                let is_short = name.chars().all(|c| c.is_ascii_lowercase());
                let is_long = name.chars().all(|c| c.is_ascii_uppercase());
                let bounds = match rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
                    Some(inner) if is_long => bounds(inner)?,
                    None if is_short && name != "pr" => Bounds::Shares(0.0, share(rest)?),
                    _ => return None,
                };
                if name == "PR" && matches!(bounds, Bounds::Shares(..)) {
                    return None;
                }
                of(bounds)
            }
        })
    }

    /// Its value for these values; none where that is not known.
    ///
    /// Documented: nothing but the five plain ones is known of values of which one is negative.
    pub(super) fn of(&self, point: &Point) -> Option<f64> {
        match self {
            Self::SampleCount => return Some(point.count),
            Self::Sum => return Some(point.sum),
            Self::Average => return Some(point.sum / point.count),
            Self::Minimum => return Some(point.min),
            Self::Maximum => return Some(point.max),
            _ => {}
        }
        let spread = point.spread.as_deref().filter(|_| point.min >= 0.0)?;
        Some(match self {
            Self::Percentile(share) => percentile(spread, point.count, *share).clamp(point.min, point.max),
            Self::Trimmed(bounds) => {
                let within = Within::of(spread, point.count, *bounds);
                (within.count > 0.0).then(|| within.sum / within.count)?
            }
            Self::Winsorized(bounds) => winsorized(spread, point.count, *bounds),
            Self::TrimmedCount(bounds) => Within::of(spread, point.count, *bounds).count,
            Self::TrimmedSum(bounds) => Within::of(spread, point.count, *bounds).sum,
            Self::Rank(bounds) => Within::of(spread, point.count, *bounds).count / point.count * 100.0,
            Self::SampleCount | Self::Sum | Self::Average | Self::Minimum | Self::Maximum => return None,
        })
    }

    /// As alarms and widgets name it.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::SampleCount | Self::Sum | Self::Average | Self::Minimum | Self::Maximum)
    }
}

/// A share in per cent: `0` to `100`, with up to ten decimals.
fn share(text: &str) -> Option<f64> {
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let plain = text.starts_with(|c: char| c.is_ascii_digit())
        && decimals <= 10
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|share| plain && (0.0..=100.0).contains(share))
}

/// `10%:90%`, `:300`, `100:`.
fn bounds(text: &str) -> Option<Bounds> {
    let (low, high) = text.split_once(':')?;
    if low.is_empty() && high.is_empty() {
        return None;
    }
    if low.ends_with('%') || high.ends_with('%') {
        let side = |text: &str, open: f64| match text {
            "" => Some(open),
            text => share(text.strip_suffix('%')?),
        };
        let (low, high) = (side(low, 0.0)?, side(high, 100.0)?);
        return (low < high).then_some(Bounds::Shares(low, high));
    }
    let side = |text: &str, open: f64| match text {
        "" => Some(open),
        text => text.parse().ok().filter(|value: &f64| value.is_finite()),
    };
    let (low, high) = (side(low, f64::NEG_INFINITY)?, side(high, f64::INFINITY)?);
    (low < high).then_some(Bounds::Values(low, high))
}

fn percentile(spread: &Spread, count: f64, share: f64) -> f64 {
    let wanted = share / 100.0 * count;
    let (mut before, mut found, mut last) = (0.0, None, 0.0);
    spread.each(|value, times| {
        before += times;
        last = value;
        if found.is_none() && before >= wanted * (1.0 - 1e-12) && before > 0.0 {
            found = Some(value);
        }
    });
    found.unwrap_or(last)
}

/// What lies within bounds.
struct Within {
    count: f64,
    sum: f64,
}

impl Within {
    fn of(spread: &Spread, count: f64, bounds: Bounds) -> Self {
        let mut within = Self { count: 0.0, sum: 0.0 };
        let mut before = 0.0;
        spread.each(|value, times| {
            let part = match bounds {
                // Of a value that lies across a bound, the part inside counts.
                Bounds::Shares(low, high) => {
                    let (low, high) = (low / 100.0 * count, high / 100.0 * count);
                    ((before + times).min(high) - f64::max(before, low)).max(0.0)
                }
                Bounds::Values(low, high) if value > low && value <= high => times,
                Bounds::Values(..) => 0.0,
            };
            before += times;
            within.count += part;
            within.sum += part * value;
        });
        within
    }
}

fn winsorized(spread: &Spread, count: f64, bounds: Bounds) -> f64 {
    let (low, high) = match bounds {
        Bounds::Shares(low, high) => (percentile(spread, count, low), percentile(spread, count, high)),
        Bounds::Values(low, high) => (low, high),
    };
    let mut sum = 0.0;
    spread.each(|value, times| sum += value.clamp(low, high) * times);
    sum / count
}
