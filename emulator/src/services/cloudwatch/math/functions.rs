//! The functions of metric math.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (read 2026-11-29). For averages a missing
//! value is 0: a series' is over all periods of the request, an array's over all its series. Assumed: that `SORT` by `AVG` does the same.

use std::collections::BTreeSet;

use wavetank_types::Timestamp;

use super::eval::Scene;
use super::value::mistyped;
use super::{Line, MathError, Value};

/// What AWS has and the tank does not.
const UNBUILT: [&str; 6] = [
    "ANOMALY_DETECTION_BAND",
    "DB_PERF_INSIGHTS",
    "INSIGHT_RULE_METRIC",
    "LAMBDA",
    "SEARCH",
    "SERVICE_QUOTA",
];

/// What a function gives for these arguments.
pub(super) fn call(scene: &Scene, name: &str, arguments: Vec<Value>) -> Result<Value, MathError> {
    if UNBUILT.contains(&name) {
        return Err(MathError::NotBuilt(format!("{name} in metric math")));
    }
    let count = arguments.len();
    let mut arguments = arguments.into_iter();
    let first = arguments.next();
    match (name, first, count) {
        ("METRICS", None, 0) => Ok(Value::Lines(scene.metrics(""))),
        ("METRICS", Some(Value::Text(part)), 1) => Ok(Value::Lines(scene.metrics(&part))),
        ("TIME_SERIES", Some(Value::Number(number)), 1) => Ok(Value::Line(scene.constant(number))),
        ("SUM" | "AVG" | "MIN" | "MAX" | "STDDEV", Some(value), 1) => reduce(scene, name, value),
        ("DATAPOINT_COUNT", Some(value), 1) => reduce(scene, name, value),
        ("METRIC_COUNT", Some(Value::Lines(lines)), 1) => Ok(Value::Number(lines.len() as f64)),
        ("PERIOD", Some(Value::Line(line)), 1) => Ok(Value::Number(line.period as f64)),
        ("FIRST", Some(Value::Lines(lines)), 1) => {
            Ok(Value::Line(lines.into_iter().next().unwrap_or_default()))
        }
        ("LAST", Some(Value::Lines(lines)), 1) => {
            Ok(Value::Line(lines.into_iter().next_back().unwrap_or_default()))
        }
        ("REMOVE_EMPTY", Some(Value::Lines(mut lines)), 1) => {
            lines.retain(|line| !line.points.is_empty());
            Ok(Value::Lines(lines))
        }
        ("FILL", Some(value), 2) => fill(scene, value, arguments.next()),
        ("IF", Some(condition), 2 | 3) => choose(condition, arguments.next(), arguments.next()),
        ("SORT", Some(Value::Lines(lines)), 3 | 4) => sort(scene, lines, &arguments.collect::<Vec<_>>()),
        ("SLICE", Some(Value::Lines(lines)), 2 | 3) => slice(&lines, &arguments.collect::<Vec<_>>()),
        (_, Some(value), 1) if time_of(name).is_some() => times(scene, name, value),
        (_, Some(value), 1) => pointwise(name, value),
        (_, first, _) if KNOWN.contains(&name) => Err(match first {
            Some(value) if count == 1 => mistyped(name, &value),
            _ => MathError::meaning(format!("The function {name} does not take these arguments")),
        }),
        _ => Err(MathError::meaning(format!("Unsupported function '{name}'"))),
    }
}

/// Functions whose arguments do not fit are told from functions that there are not.
const KNOWN: [&str; 33] = [
    "ABS",
    "AVG",
    "CEIL",
    "DATAPOINT_COUNT",
    "DATE",
    "DAY",
    "DIFF",
    "DIFF_TIME",
    "EPOCH",
    "FILL",
    "FIRST",
    "FLOOR",
    "HOUR",
    "IF",
    "LAST",
    "LOG",
    "LOG10",
    "MAX",
    "METRIC_COUNT",
    "METRICS",
    "MIN",
    "MINUTE",
    "MONTH",
    "PERIOD",
    "RATE",
    "REMOVE_EMPTY",
    "RUNNING_SUM",
    "SLICE",
    "SORT",
    "STDDEV",
    "SUM",
    "TIME_SERIES",
    "YEAR",
];

/// One number of a series; of an array, one of each instant at which any of its series has a value.
fn reduce(scene: &Scene, name: &str, value: Value) -> Result<Value, MathError> {
    match value {
        Value::Line(line) => Ok(Value::Number(number_of_line(scene, name, &line))),
        Value::Lines(lines) => {
            let instants: BTreeSet<i64> = lines.iter().flat_map(|line| line.points.keys().copied()).collect();
            let period = lines.iter().map(|line| line.period).max().unwrap_or_default();
            let at = |instant: i64| {
                let values = lines.iter().filter_map(move |line| line.points.get(&instant).copied());
                (instant, number_of(name, values, lines.len()))
            };
            let points = instants.into_iter().map(at).filter(|(_, value)| value.is_finite()).collect();
            Ok(Value::Line(Line { period, points, ..Line::default() }))
        }
        other => Err(mistyped(name, &other)),
    }
}

fn number_of_line(scene: &Scene, name: &str, line: &Line) -> f64 {
    number_of(name, line.values(), scene.instants(line).count())
}

/// NaN of nothing, but for sums, counts and averages. An average is over so many `places`, whether they have values or not.
fn number_of(name: &str, values: impl Iterator<Item = f64> + Clone, places: usize) -> f64 {
    let count = values.clone().count() as f64;
    let sum: f64 = values.clone().sum();
    match name {
        "SUM" => sum,
        "DATAPOINT_COUNT" => count,
        "MIN" => values.reduce(f64::min).unwrap_or(f64::NAN),
        "MAX" => values.reduce(f64::max).unwrap_or(f64::NAN),
        "STDDEV" => {
            let mean = sum / count;
            (values.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
        }
        _ => sum / places as f64,
    }
}

/// What a function tells of an instant.
fn time_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "MINUTE" => "%M",
        "HOUR" => "%H",
        "DAY" => "%u",
        "DATE" => "%d",
        "MONTH" => "%m",
        "YEAR" => "%Y",
        "EPOCH" => "%s",
        _ => return None,
    })
}

/// Functions of each period's time, whether the series has a value there or not.
fn times(scene: &Scene, name: &str, value: Value) -> Result<Value, MathError> {
    let format = time_of(name).unwrap_or_default();
    let part = |at: i64| Timestamp::from_secs(at).format(format).parse().unwrap_or(f64::NAN);
    value.each(name, |line| {
        let points = scene.instants(line).map(|at| (at, part(at))).collect();
        Ok(Line { points, ..line.clone() })
    })
}

/// Functions of each point, with those before it.
fn pointwise(name: &str, value: Value) -> Result<Value, MathError> {
    let plain: Option<fn(f64) -> f64> = match name {
        "ABS" => Some(f64::abs),
        "CEIL" => Some(f64::ceil),
        "FLOOR" => Some(f64::floor),
        "LOG" => Some(f64::ln),
        "LOG10" => Some(f64::log10),
        _ => None,
    };
    if let Some(of) = plain {
        return match value {
            Value::Number(number) => Ok(Value::Number(of(number))),
            value => value.each(name, |line| Ok(line.map(|_, value| of(value)))),
        };
    }
    let with_last: fn(i64, f64) -> f64 = match name {
        "RATE" => |seconds, change| change / seconds as f64,
        "DIFF" => |_, change| change,
        "DIFF_TIME" => |seconds, _| seconds as f64,
        "RUNNING_SUM" => {
            return value.each(name, |line| {
                let mut sum = 0.0;
                Ok(line.map(|_, value| {
                    sum += value;
                    sum
                }))
            });
        }
        _ if KNOWN.contains(&name) => return Err(mistyped(name, &value)),
        _ => return Err(MathError::meaning(format!("Unsupported function '{name}'"))),
    };
    value.each(name, |line| {
        let mut last: Option<(i64, f64)> = None;
        Ok(line.map(|at, value| match last.replace((at, value)) {
            Some((before, old)) => with_last(at - before, value - old),
            None => f64::NAN,
        }))
    })
}

/// Values where there are none: a number, another series' values, the last value, or a line between two.
fn fill(scene: &Scene, value: Value, with: Option<Value>) -> Result<Value, MathError> {
    let with = with.unwrap_or(Value::Number(f64::NAN));
    if !matches!(&with, Value::Number(_) | Value::Line(_)) {
        let known = matches!(&with, Value::Word(word) if word == "REPEAT" || word == "LINEAR");
        if !known {
            return Err(mistyped("FILL", &with));
        }
    }
    value.each("FILL", |line| {
        let mut filled = line.clone();
        for at in scene.instants(line) {
            if !line.points.contains_key(&at) {
                let before = line.points.range(..at).next_back();
                let value = match &with {
                    Value::Number(number) => Some(*number),
                    Value::Line(other) => other.points.get(&at).copied(),
                    Value::Word(word) if word == "REPEAT" => before.map(|(_, value)| *value),
                    _ => before.zip(line.points.range(at..).next()).map(|((from, low), (to, high))| {
                        low + (high - low) * (at - from) as f64 / (to - from) as f64
                    }),
                };
                filled.points.extend(value.filter(|value| value.is_finite()).map(|value| (at, value)));
            }
        }
        Ok(filled)
    })
}

/// `IF(condition, yes[, no])`. Without `no`, nothing is there where the condition does not hold.
///
/// Documented by the page's tables: a series' missing value is 0, but nothing where `yes` is a number and the series is `no`.
fn choose(condition: Value, yes: Option<Value>, no: Option<Value>) -> Result<Value, MathError> {
    let yes = yes.unwrap_or(Value::Number(f64::NAN));
    let no = no.unwrap_or(Value::Number(f64::NAN));
    let missing = if matches!(yes, Value::Number(_)) { f64::NAN } else { 0.0 };
    let pick = |value: &Value, at: i64, missing: f64| match value {
        Value::Number(number) => *number,
        Value::Line(line) => line.points.get(&at).copied().unwrap_or(missing),
        _ => f64::NAN,
    };
    for side in [&yes, &no] {
        if !matches!(side, Value::Number(_) | Value::Line(_)) {
            return Err(mistyped("IF", side));
        }
    }
    match condition {
        Value::Number(number) if !number.is_nan() => Ok(if number != 0.0 { yes } else { no }),
        Value::Number(_) => Ok(Value::Number(f64::NAN)),
        condition => condition.each("IF", |line| {
            Ok(line.map(|at, truth| if truth != 0.0 { pick(&yes, at, 0.0) } else { pick(&no, at, missing) }))
        }),
    }
}

/// `SORT(array, AVG|MIN|MAX|SUM, ASC|DESC[, count])`. Series without values come last.
fn sort(scene: &Scene, mut lines: Vec<Line>, arguments: &[Value]) -> Result<Value, MathError> {
    let word = |at: usize| match arguments.get(at) {
        Some(Value::Word(word)) => Ok(word.as_str()),
        Some(Value::Text(text)) => Ok(text.as_str()),
        _ => Err(MathError::meaning("The function SORT takes AVG, MIN, MAX or SUM, then ASC or DESC")),
    };
    let (by, order) = (word(0)?, word(1)?);
    if !["AVG", "MIN", "MAX", "SUM"].contains(&by) || !["ASC", "DESC"].contains(&order) {
        return Err(MathError::meaning("The function SORT takes AVG, MIN, MAX or SUM, then ASC or DESC"));
    }
    let key = |line: &Line| number_of_line(scene, by, line);
    lines.sort_by(|one, other| {
        let (one_empty, other_empty) = (one.points.is_empty(), other.points.is_empty());
        let ascending = key(one).total_cmp(&key(other));
        let ordered = if order == "ASC" { ascending } else { ascending.reverse() };
        one_empty.cmp(&other_empty).then(ordered)
    });
    if let Some(count) = arguments.get(2).and_then(Value::number) {
        lines.truncate(count.max(0.0) as usize);
    }
    Ok(Value::Lines(lines))
}

/// `SLICE(array, from[, to])`: from this place on, before that one.
fn slice(lines: &[Line], arguments: &[Value]) -> Result<Value, MathError> {
    let place = |at: usize| arguments.get(at).and_then(Value::number).map(|number| number.max(0.0) as usize);
    let from = place(0).ok_or_else(|| MathError::meaning("The function SLICE takes numbers"))?;
    let to = place(1).unwrap_or(lines.len());
    Ok(Value::Lines(lines.iter().take(to).skip(from).cloned().collect()))
}
