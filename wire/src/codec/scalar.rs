//! Scalars as text: in paths, queries, headers, form parameters and XML.

use std::borrow::Cow;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime};
use wavetank_types::Timestamp;

use crate::schema::{Kind, Shape, TimeFormat};
use crate::val::Val;

/// Seconds beyond which an instant has no microseconds in an `i64`.
const SECS_MAX: f64 = 9e12;

/// The scalar of this shape, if `text` is one. Structures, lists and maps are none.
pub(super) fn parse(shape: &Shape, text: &str, time: TimeFormat) -> Option<Val> {
    match shape.kind {
        Kind::String { .. } => Some(Val::Str(text.to_owned())),
        Kind::Boolean => match text {
            "true" => Some(Val::Bool(true)),
            "false" => Some(Val::Bool(false)),
            _ => None,
        },
        Kind::Integer { .. } => text.trim().parse::<i32>().ok().map(|number| Val::Int(number.into())),
        Kind::Long { .. } => text.trim().parse().ok().map(Val::Int),
        Kind::Double { .. } => parse_double(text.trim()).map(Val::Float),
        Kind::Timestamp { format } => parse_time(text.trim(), format.unwrap_or(time)).map(Val::Time),
        Kind::Blob { .. } => STANDARD.decode(text.trim()).ok().map(|bytes| Val::Blob(Bytes::from(bytes))),
        Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. } | Kind::Document | Kind::Unbuilt => None,
    }
}

/// The text of a scalar.
pub(super) fn print<'v>(shape: &Shape, val: &'v Val, time: TimeFormat) -> Cow<'v, str> {
    match (&shape.kind, val) {
        (Kind::String { .. }, Val::Str(text)) => Cow::Borrowed(text),
        (Kind::Boolean, Val::Bool(true)) => Cow::Borrowed("true"),
        (Kind::Boolean, Val::Bool(false)) => Cow::Borrowed("false"),
        (Kind::Integer { .. } | Kind::Long { .. } | Kind::Double { .. }, Val::Int(number)) => {
            Cow::Owned(itoa::Buffer::new().format(*number).to_owned())
        }
        (Kind::Double { .. }, Val::Float(number)) => Cow::Owned(print_double(*number)),
        (Kind::Timestamp { format }, Val::Time(instant)) => {
            let mut out = Vec::with_capacity(32);
            push_time(&mut out, *instant, format.unwrap_or(time));
            Cow::Owned(String::from_utf8_lossy(&out).into_owned())
        }
        (Kind::Blob { .. }, Val::Blob(bytes)) => Cow::Owned(STANDARD.encode(bytes)),
        _ => super::mismatch(shape, val),
    }
}

/// The words that every protocol uses for what JSON and XML numbers cannot say.
pub(super) fn parse_double(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

/// The word for a number that is not finite.
pub(super) fn double_word(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

fn print_double(number: f64) -> String {
    double_word(number).map_or_else(|| format!("{number:?}"), str::to_owned)
}

/// An instant from seconds with a fraction, at whole milliseconds: a double says no more of far instants.
pub(super) fn time_from_secs(secs: f64) -> Option<Timestamp> {
    if secs.is_finite() && secs.abs() <= SECS_MAX {
        Some(Timestamp::from_millis((secs * 1e3).round() as i64))
    } else {
        None
    }
}

/// An instant from whole seconds.
pub(super) fn time_from_whole_secs(secs: i64) -> Option<Timestamp> {
    secs.checked_mul(1_000_000).map(Timestamp::from_micros)
}

fn parse_time(text: &str, format: TimeFormat) -> Option<Timestamp> {
    let instant = |time: DateTime<chrono::FixedOffset>| Timestamp::from_micros(time.timestamp_micros());
    match format {
        TimeFormat::Iso8601 => DateTime::parse_from_rfc3339(text)
            .map(instant)
            .or_else(|_| {
                let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
                time.map(|time| Timestamp::from_micros(time.and_utc().timestamp_micros()))
            })
            .ok(),
        TimeFormat::Rfc822 => DateTime::parse_from_rfc2822(text).map(instant).ok(),
        TimeFormat::Unix => text.parse().ok().and_then(time_from_secs),
    }
}

/// Appends an instant at whole milliseconds; ISO 8601 and HTTP dates without a fraction where it is zero.
pub(super) fn push_time(out: &mut Vec<u8>, instant: Timestamp, format: TimeFormat) {
    let whole = instant.millis().rem_euclid(1_000) == 0;
    match format {
        TimeFormat::Unix => push_unix(out, instant),
        TimeFormat::Iso8601 if whole => out.extend(instant.format("%Y-%m-%dT%H:%M:%SZ").into_bytes()),
        TimeFormat::Iso8601 => out.extend(instant.iso_millis().into_bytes()),
        TimeFormat::Rfc822 if whole => out.extend(instant.format("%a, %d %b %Y %H:%M:%S GMT").into_bytes()),
        TimeFormat::Rfc822 => out.extend(instant.format("%a, %d %b %Y %H:%M:%S%.3f GMT").into_bytes()),
    }
}

/// `1767571200.123`, and `1767571200.0` for a whole second: AWS's services print Java doubles.
///
/// Assumed: that none of ours prints whole seconds as an integer or in exponent form. SDKs read all of these.
fn push_unix(out: &mut Vec<u8>, instant: Timestamp) {
    let millis = instant.millis();
    if millis < 0 {
        out.push(b'-');
    }
    let millis = millis.unsigned_abs();
    out.extend(itoa::Buffer::new().format(millis / 1_000).as_bytes());
    let fraction = millis % 1_000;
    let written = if fraction == 0 {
        out.write_all(b".0")
    } else {
        let mut digits = (fraction, 3);
        while digits.0 % 10 == 0 {
            digits = (digits.0 / 10, digits.1 - 1);
        }
        write!(out, ".{:0width$}", digits.0, width = digits.1)
    };
    written.expect("a vector takes what is written");
}
