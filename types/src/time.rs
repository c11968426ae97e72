//! Instants of tank time: a count of microseconds since the Unix epoch, never read from a clock here.
//!
//! Spans are `std::time::Duration`. Drivers decide what "now" is; everything else gets it as a parameter.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest instant that can be named; "never" where a deadline is wanted.
    pub const MAX: Self = Self(i64::MAX);

    /// Where a frozen tank's time begins: 2026-01-05T00:00:00Z, a Monday.
    pub const TANK_EPOCH: Self = Self::from_secs(1_767_571_200);

    /// The instant `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The instant `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000)
    }

    /// The instant `secs` seconds after the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs * 1_000_000)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds since the epoch with their fraction, as JSON protocols send timestamps.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This instant at whole milliseconds: the precision AWS stores.
    pub const fn floor_millis(self) -> Self {
        Self::from_millis(self.millis())
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Calendar view in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// `strftime`-style text in UTC.
    pub fn format(self, pattern: &str) -> String {
        self.utc().format(pattern).to_string()
    }

    /// `2026-01-05T00:00:00.000Z`: ISO 8601 with milliseconds, the form of S3 events and Lambda logs.
    pub fn iso_millis(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso_millis())
    }
}

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write a number and a unit, such as 500ms, 90s, 5m, 2h, 1d")]
pub struct DurationError(String);

/// Reads `500ms`, `90s`, `5m`, `1h30m`, `2h`, `1d`. A unit is always needed.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let refuse = || DurationError(text.to_owned());
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(refuse());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?;
        let count: u64 = rest[..digits].parse().map_err(|_| refuse())?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| digits + n);
        let millis_per_unit: u64 = match &rest[digits..unit_end] {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(refuse()),
        };
        let millis = count.checked_mul(millis_per_unit).ok_or_else(refuse)?;
        total = total.checked_add(Duration::from_millis(millis)).ok_or_else(refuse)?;
        rest = &rest[unit_end..];
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_add_up() {
        let check = |text: &str, millis: Option<u64>| {
            assert_eq!(parse_duration(text).ok(), millis.map(Duration::from_millis), "{text}");
        };
        check("5m", Some(300_000));
        check("1h30m", Some(5_400_000));
        check("250ms", Some(250));
        check("1d", Some(86_400_000));
        check("5", None);
        check("", None);
        check("m", None);
        check("5y", None);
        check("99999999999999999999s", None);
    }

    #[test]
    fn an_instant_prints_as_iso_8601_with_milliseconds() {
        assert_eq!(Timestamp::TANK_EPOCH.iso_millis(), "2026-01-05T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(-1).iso_millis(), "1969-12-31T23:59:59.999Z");
    }
}
