//! Quantities with their units: durations, rates, windows, sizes, shares, zones. Each refusal says which units there are.
//!
//! A refusal's place is that of the value, which the deserializer adds. What follows `hint:` in one goes on as its hint.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use wavetank_generators::kdg::Rate;
use wavetank_types::time::parse_duration;

const DURATIONS: &str = "write a number and a unit, ms, s, m, h or d, such as \"90s\" or \"1h30m\"";
const RATES: &str =
    "write records a second, such as \"20/s\", or \"100/s..2000/s@10m\" for a rate that swings in 10 minutes";
const WINDOWS: &str = "write from and until with their units, ms, s, m, h or d, such as \"10s..2m\"";
const ZONES: &str = "write the offset from UTC, such as \"+07:00\"";
const SIZES: &str = "write the bytes out, such as 134_217_728 for 128 MiB";
const SHARES: &str = "write a number from 0.0 to 1.0";

fn refused<E: Error>(text: impl fmt::Display, what: &str, hint: &str) -> E {
    E::custom(format!("`{text}` is not a {what}\nhint: {hint}"))
}

/// A quantity in quotes. A bare number is refused: it has no unit.
struct InQuotes {
    what: &'static str,
    hint: &'static str,
}

const DURATION: InQuotes = InQuotes { what: "duration", hint: DURATIONS };

impl Visitor<'_> for InQuotes {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {} in quotes\nhint: {}", self.what, self.hint)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

pub(crate) fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Rate>, D::Error> {
    let text = deserializer.deserialize_str(InQuotes { what: "rate", hint: RATES })?;
    text.parse::<Rate>().map(Some).map_err(|_| refused(&text, "rate", RATES))
}

pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parsed(&deserializer.deserialize_str(DURATION)?)
}

fn parsed<E: Error>(text: &str) -> Result<Duration, E> {
    parse_duration(text).map_err(|_| refused(text, "duration", DURATIONS))
}

pub(crate) fn some_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

/// A time whose clicks go out together.
struct Tick(Duration);

/// Reads one where it stands, so that a refusal is of its place in a list.
struct InTicks;

impl Visitor<'_> for InTicks {
    type Value = Tick;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DURATION.expecting(f)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tick, E> {
        let tick = parsed::<E>(text)?;
        if tick.subsec_nanos() != 0 || tick.is_zero() || !3_600_u64.is_multiple_of(tick.as_secs()) {
            let cause = "a whole number of ticks makes an hour";
            return Err(E::custom(format!("{cause}\nhint: write one such as \"30s\", \"5m\" or \"1h\"")));
        }
        Ok(Tick(tick))
    }
}

impl<'de> Deserialize<'de> for Tick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(InTicks)
    }
}

/// One tick, or a list of which each run has one.
struct Ticks;

impl<'de> Visitor<'de> for Ticks {
    type Value = Vec<Duration>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a duration in quotes, or a list of them\nhint: {DURATIONS}")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<Duration>, E> {
        InTicks.visit_str(text).map(|Tick(tick)| vec![tick])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Duration>, A::Error> {
        let mut ticks = Vec::new();
        while let Some(Tick(tick)) = list.next_element()? {
            ticks.push(tick);
        }
        match ticks.is_empty() {
            true => Err(A::Error::custom(
                "no tick is given\nhint: leave out the key, or write one such as \"5m\"",
            )),
            false => Ok(ticks),
        }
    }
}

pub(crate) fn ticks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
    deserializer.deserialize_any(Ticks)
}

/// From and until. Each may be left out: from the begin, or until the end.
pub(crate) fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = deserializer.deserialize_str(InQuotes { what: "window", hint: WINDOWS })?;
    if is_window(&text) { Ok(Some(text)) } else { Err(refused(&text, "window", WINDOWS)) }
}

fn is_window(text: &str) -> bool {
    let end =
        |text: &str, none: Duration| if text.is_empty() { Some(none) } else { parse_duration(text).ok() };
    let Some((from, until)) = text.split_once("..") else { return false };
    matches!((end(from, Duration::ZERO), end(until, Duration::MAX)), (Some(from), Some(until)) if from < until)
}

/// An offset from UTC.
pub(crate) fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = deserializer.deserialize_str(InQuotes { what: "zone", hint: ZONES })?;
    if is_offset(&text) { Ok(text) } else { Err(refused(&text, "zone", ZONES)) }
}

/// `+07:00` or `+0700`, up to a day.
fn is_offset(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['+', '-']) else { return false };
    let digits = rest.replacen(':', "", 1);
    let is_written = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_split = !rest.contains(':') || rest.find(':') == Some(2);
    is_written && is_split && digits[..2] < *"24" && digits[2..] < *"60"
}

/// A number of bytes.
struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number of bytes\nhint: {SIZES}")
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes).map_err(|_| E::invalid_value(Unexpected::Signed(bytes), &self))
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }
}

pub(crate) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_u64(Bytes)
}

pub(crate) fn some_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    bytes(deserializer).map(Some)
}

/// A part of a whole.
pub(crate) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(refused(share, "share", SHARES)) }
}

pub(crate) fn utc() -> String {
    "+00:00".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_an_offset_of_less_than_a_day() {
        let check = |text: &str, expected: bool| assert_eq!(is_offset(text), expected, "{text}");
        check("+07:00", true);
        check("-0330", true);
        check("+23:59", true);
        check("07:00", false);
        check("+7:00", false);
        check("+070:0", false);
        check("+24:00", false);
        check("+07:60", false);
        check("+07:00:00", false);
        check("Asia/Ho_Chi_Minh", false);
        check("", false);
    }

    #[test]
    fn a_window_goes_forward_and_may_lack_an_end() {
        let check = |text: &str, expected: bool| assert_eq!(is_window(text), expected, "{text}");
        check("10s..2m", true);
        check("..2m", true);
        check("10s..", true);
        check("..", true);
        check("2m..10s", false);
        check("10..20s", false);
        check("10s-20s", false);
        check("", false);
    }
}
