//! How many records go out at which instant: a constant rate, or one that swings between two.

use std::str::FromStr;
use std::time::Duration;

use wavetank_types::time::parse_duration;

/// Records a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// The same at all times.
    Constant(f64),
    /// A sine between two rates: `low` at the start, `high` after half a period.
    Periodic {
        /// Records a second at the start.
        low: f64,
        /// Records a second after half a period.
        high: f64,
        /// How long a swing takes.
        period: Duration,
    },
}

/// Not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate\nhint: write 2000/s, or 100/s..2000/s@10m for a rate that swings in 10 minutes")]
pub struct RateError(String);

impl Rate {
    /// Records sent in the first `since` of a run: the whole number below the rate's integral, so that any two
    /// instants agree on which records lie between them.
    pub fn records(self, since: Duration) -> u64 {
        let secs = since.as_secs_f64();
        let records = match self {
            Self::Constant(rate) => rate * secs,
            Self::Periodic { low, high, period } => {
                let (mean, swing) = ((low + high) / 2.0, (high - low) / 2.0);
                let turn = std::f64::consts::TAU / period.as_secs_f64();
                // The integral of mean - swing * cos(turn * t).
                mean * secs - swing * (turn * secs).sin() / turn
            }
        };
        // A hair above a whole number is that number: 0.1 s at 20/s are two records.
        (records + 1e-6) as u64
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let refuse = || RateError(text.to_owned());
        let one = |text: &str| {
            let rate: f64 = text.trim().strip_suffix("/s")?.replace('_', "").parse().ok()?;
            (rate.is_finite() && rate >= 0.0).then_some(rate)
        };
        let Some((range, period)) = text.split_once('@') else {
            return one(text).map(Self::Constant).ok_or_else(refuse);
        };
        let (low, high) = range.split_once("..").ok_or_else(refuse)?;
        let (low, high) = (one(low).ok_or_else(refuse)?, one(high).ok_or_else(refuse)?);
        let period = parse_duration(period.trim()).map_err(|_| refuse())?;
        if low > high || period.is_zero() {
            return Err(refuse());
        }
        Ok(Self::Periodic { low, high, period })
    }
}
