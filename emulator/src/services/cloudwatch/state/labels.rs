//! What series are called.
//!
//! Recorded: a metric's name, with the statistic and the period where those differ between the queries, and without the unit
//! (LocalStack's `test_cloudwatch.snapshot.json`, `test_label_generation`, 2023-12-15).
//! Assumed: dimensions instead of the name where only they differ. Of the words for labels, those for values, times and
//! properties are known; what is not known stays as it is written.

use wavetank_types::Timestamp;

use super::super::math::Line;
use super::queries::{Asked, Measured, Of};

/// The labels of queries that have none, in their order; empty for expressions.
pub(super) fn plain(asked: &[Asked]) -> Vec<String> {
    let metrics: Vec<&Measured> = asked.iter().filter_map(measured).collect();
    let differs =
        |of: &dyn Fn(&Measured) -> String| metrics.windows(2).any(|pair| of(pair[0]) != of(pair[1]));
    let by_stat = differs(&|metric| metric.stat.clone());
    let by_period = differs(&|metric| metric.period.to_string());
    let by_name = differs(&|metric| metric.key.name.clone());
    let by_value = differs(&values);
    let label = |one: &Asked| {
        let Some(metric) = measured(one) else { return String::new() };
        let mut parts = Vec::new();
        if by_name || !by_value {
            parts.push(metric.key.name.clone());
        }
        if by_value {
            parts.push(values(metric));
        }
        if by_stat {
            parts.push(metric.stat.clone());
        }
        if by_period {
            parts.push(metric.period.to_string());
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" ")
    };
    asked.iter().map(label).collect()
}

fn measured(one: &Asked) -> Option<&Measured> {
    if let Of::Metric(metric) = &one.of { Some(metric) } else { None }
}

fn values(metric: &Measured) -> String {
    let values: Vec<&str> = metric.key.dimensions.iter().map(|(_, value)| value.as_str()).collect();
    values.join(" ")
}

/// A label in which `${MAX}`, `${LAST_TIME}`, `${PROP('Dim.QueueName')}` and the like are filled in.
pub(super) fn dynamic(label: &str, line: &Line, one: &Asked) -> String {
    let mut out = String::new();
    let mut rest = label;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        let whole = &rest[start..=start + length];
        match word(&whole[2..whole.len() - 1], line, one) {
            Some(text) => out.push_str(&text),
            None => out.push_str(whole),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    out
}

fn word(word: &str, line: &Line, one: &Asked) -> Option<String> {
    if word == "LABEL" {
        return Some(line.label.clone());
    }
    if let Some(name) = word.strip_prefix("PROP('").and_then(|rest| rest.strip_suffix("')")) {
        return property(name, one);
    }
    let (word, time) = word.strip_suffix("_TIME").map_or((word, false), |word| (word, true));
    let points = line.points.iter();
    let lower = |one: &(&i64, &f64), other: &(&i64, &f64)| one.1.total_cmp(other.1);
    let (at, value) = match word {
        "FIRST" => points.clone().next()?,
        "LAST" => points.clone().next_back()?,
        "MIN" => points.clone().min_by(lower)?,
        "MAX" => points.clone().max_by(lower)?,
        "SUM" if !time => return Some(number(line.points.values().sum())),
        "AVG" if !time => return Some(number(line.points.values().sum::<f64>() / line.points.len() as f64)),
        "DATAPOINT_COUNT" if !time => return Some(line.points.len().to_string()),
        _ => return None,
    };
    Some(if time { Timestamp::from_secs(*at).format("%Y-%m-%d %H:%M:%S UTC") } else { number(*value) })
}

fn property(name: &str, one: &Asked) -> Option<String> {
    let metric = measured(one)?;
    Some(match name {
        "MetricName" => metric.key.name.clone(),
        "Namespace" => metric.key.namespace.clone(),
        "Period" => metric.period.to_string(),
        "Stat" => metric.stat.clone(),
        _ => {
            let wanted = name.strip_prefix("Dim.")?;
            metric.key.dimensions.iter().find(|(name, _)| name == wanted)?.1.clone()
        }
    })
}

fn number(value: f64) -> String {
    format!("{value}")
}
