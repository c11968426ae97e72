//! The embedded metric format: an event that is a JSON object with `_aws` tells CloudWatch numbers.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html (read
//! 2026-11-29): the members, of which only a metric's unit may be missing; a hundred metrics and thirty dimensions at most; values
//! that are numbers or lists of a hundred; dimensions' values that are texts. Assumed:
//! what breaks a rule tells nothing and counts as an error; what cannot be told of one metric leaves the others.
//! Left out: resolutions under a minute, which are told by the minute.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::limits::{EMF_DIMENSIONS_MAX, EMF_METRICS_MAX, EMF_VALUES_MAX};

/// Units that CloudWatch knows. Documented: API_MetricDatum.html, as in botocore 1.44.5.
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// Numbers of one metric.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) unit: Option<String>,
    pub(super) dimensions: Vec<(String, String)>,
    /// In milliseconds.
    pub(super) at: i64,
    pub(super) values: Vec<f64>,
}

/// Why an event that has `_aws` tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Not of the format.
    Form,
    /// Of the format, against its rules.
    Rule,
}

#[derive(Deserialize)]
struct Directives {
    #[serde(rename = "Timestamp")]
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    dimensions: Vec<Vec<String>>,
    metrics: Vec<Metric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: String,
    unit: Option<String>,
}

/// What an event tells. Nothing, for most.
pub(super) fn read(message: &str) -> Result<Vec<Told>, Broken> {
    // Most events are not JSON, and most that are have no such member.
    if !message.trim_start().starts_with('{') || !message.contains("\"_aws\"") {
        return Ok(Vec::new());
    }
    let Ok(event) = serde_json::from_str::<BTreeMap<String, Value>>(message) else { return Ok(Vec::new()) };
    let Some(own) = event.get("_aws").filter(|own| own.get("CloudWatchMetrics").is_some()) else {
        return Ok(Vec::new());
    };
    let own = Directives::deserialize(own).map_err(|_| Broken::Form)?;
    let mut told = Vec::new();
    for directive in &own.metrics {
        directive.read(&event, own.timestamp, &mut told)?;
    }
    Ok(told)
}

impl Directive {
    fn read(&self, event: &BTreeMap<String, Value>, at: i64, told: &mut Vec<Told>) -> Result<(), Broken> {
        let is_namespace = (1..=255).contains(&self.namespace.len()) && !self.namespace.starts_with("AWS/");
        // The format's schema wants a set, which may be empty.
        if !is_namespace || self.dimensions.is_empty() || self.metrics.len() > EMF_METRICS_MAX {
            return Err(Broken::Rule);
        }
        let mut sets = Vec::new();
        for names in &self.dimensions {
            if names.len() > EMF_DIMENSIONS_MAX {
                return Err(Broken::Rule);
            }
            let dimension = |name: &String| Some((name.clone(), text_of(event.get(name)?)?));
            sets.push(names.iter().map(dimension).collect::<Option<Vec<_>>>().ok_or(Broken::Rule)?);
        }
        for metric in &self.metrics {
            let is_unit = metric.unit.as_deref().is_none_or(|unit| UNITS.contains(&unit));
            if metric.name.is_empty() || !is_unit {
                return Err(Broken::Rule);
            }
            let values = event.get(&metric.name).map(numbers).unwrap_or_default();
            if values.len() > EMF_VALUES_MAX {
                return Err(Broken::Rule);
            }
            if values.is_empty() {
                continue;
            }
            told.extend(sets.iter().map(|dimensions| Told {
                namespace: self.namespace.clone(),
                name: metric.name.clone(),
                unit: metric.unit.clone(),
                dimensions: dimensions.clone(),
                at,
                values: values.clone(),
            }));
        }
        Ok(())
    }
}

/// The value of a dimension.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if (1..=1_024).contains(&text.len()) => Some(text.clone()),
        _ => None,
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Number(number) => number.as_f64().into_iter().collect(),
        Value::Array(all) => all.iter().filter_map(Value::as_f64).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(change: Value) -> String {
        let mut event = json!({
            "_aws": {"Timestamp": 1_000, "CloudWatchMetrics": [{
                "Namespace": "shop", "Dimensions": [["page"], ["page", "user"]],
                "Metrics": [{"Name": "ms", "Unit": "Milliseconds"}, {"Name": "sizes"}],
            }]},
            "page": "home", "user": "7", "ms": 12.5, "sizes": [1, 2],
        });
        for (name, value) in change.as_object().cloned().unwrap_or_default() {
            event[name] = value;
        }
        event.to_string()
    }

    #[test]
    fn each_metric_is_told_of_each_set_of_dimensions() {
        let told = read(&event(json!({}))).expect("it is of the format");
        let rows: Vec<String> = told
            .iter()
            .map(|it| format!("{} {:?} {:?} {:?}", it.name, it.unit, it.dimensions, it.values))
            .collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[0], "ms Some(\"Milliseconds\") [(\"page\", \"home\")] [12.5]");
        assert_eq!(rows[3], "sizes None [(\"page\", \"home\"), (\"user\", \"7\")] [1.0, 2.0]");
        assert_eq!(told[0].at, 1_000);
    }

    #[test]
    fn other_events_tell_nothing_and_broken_ones_say_so() {
        let check = |message: &str, expected: Result<usize, Broken>| {
            assert_eq!(read(message).map(|told| told.len()), expected, "{message}");
        };
        check("START RequestId: x", Ok(0));
        check("{\"_aws\": 1}", Ok(0));
        check("{\"_aws\"", Ok(0));
        check(&event(json!({"ms": "slow"})), Ok(2));
        check(&event(json!({"page": null})), Err(Broken::Rule));
        check(&event(json!({"sizes": vec![1; 101]})), Err(Broken::Rule));
        check(&event(json!({"_aws": {"CloudWatchMetrics": [{}]}})), Err(Broken::Form));
        check(&event(json!({"page": 7})), Err(Broken::Rule));
        let with =
            |directive: Value| event(json!({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}}));
        let ms = || json!([{"Name": "ms"}]);
        let other = json!({"Namespace": "AWS/Lambda", "Dimensions": [[]], "Metrics": ms()});
        check(&with(other), Err(Broken::Rule));
        let unit = json!({"Namespace": "a", "Dimensions": [[]], "Metrics": [{"Name": "ms", "Unit": "Days"}]});
        check(&with(unit), Err(Broken::Rule));
        check(&with(json!({"Namespace": "a", "Dimensions": [], "Metrics": ms()})), Err(Broken::Rule));
        check(&with(json!({"Namespace": "a", "Metrics": ms()})), Err(Broken::Form));
        let plain = json!({"Namespace": "a", "Dimensions": [[]], "Metrics": ms()});
        check(&with(plain.clone()), Ok(1));
        check(&event(json!({"_aws": {"CloudWatchMetrics": [plain]}})), Err(Broken::Form));
    }
}
