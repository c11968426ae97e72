//! What EventBridge hears of alarms: each change of state, and each alarm that is made, changed or deleted, as an event on the
//! default bus.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html (read in part 2026-11-28: of what
//! there are events). Assumed: which members an alarm's configuration has; the id of an alarm's one metric, which AWS draws. Left
//! out: tags in events, and who mutes an alarm.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::{Dimension, Metric, MetricDataQuery, MetricStat, PutMetricAlarmInput};

use super::alarm::{Alarm, Kind, Standing};
use crate::world::Cx;

/// An alarm has left the state `before`.
pub(super) fn tell(cx: &mut Cx<'_>, alarm: &Alarm, before: &Standing) {
    let configuration = looked_at(alarm);
    let detail = json!({
        "alarmName": alarm.name,
        "configuration": configuration,
        "previousState": standing(before, before.updated),
        "state": standing(&alarm.state, cx.now),
    });
    cx.event("aws.cloudwatch", "CloudWatch Alarm State Change", vec![alarm.arn.clone()], &detail);
}

/// An alarm has been made (`create`), changed (`update`) or deleted (`delete`).
pub(super) fn tell_change(cx: &mut Cx<'_>, alarm: &Alarm, operation: &str, before: Option<Value>) {
    let mut detail = json!({
        "alarmName": alarm.name,
        "operation": operation,
        "state": {"value": alarm.state.value.as_str(), "timestamp": stamp(alarm.state.updated)},
        "configuration": configuration(alarm),
    });
    if let Some(before) = before {
        detail["previousConfiguration"] = before;
    }
    cx.event("aws.cloudwatch", "CloudWatch Alarm Configuration Change", vec![alarm.arn.clone()], &detail);
}

/// What an alarm looks at, and its description.
fn looked_at(alarm: &Alarm) -> Value {
    let mut configuration = match &alarm.kind {
        Kind::Metric(rule) => json!({"metrics": metrics(&rule.put)}),
        Kind::Composite { text, .. } => json!({"alarmRule": text}),
    };
    if let Some(description) = &alarm.description {
        configuration["description"] = json!(description);
    }
    configuration
}

/// All that was said of an alarm.
pub(super) fn configuration(alarm: &Alarm) -> Value {
    let mut all = looked_at(alarm);
    if let Kind::Metric(rule) = &alarm.kind {
        let put = &rule.put;
        all["comparisonOperator"] = json!(put.comparison_operator);
        all["evaluationPeriods"] = json!(put.evaluation_periods);
        all["threshold"] = json!(put.threshold);
        if let Some(points) = put.datapoints_to_alarm {
            all["datapointsToAlarm"] = json!(points);
        }
        if let Some(missing) = &put.treat_missing_data {
            all["treatMissingData"] = json!(missing);
        }
    }
    all["alarmName"] = json!(alarm.name);
    all["actionsEnabled"] = json!(alarm.actions_enabled);
    all["timestamp"] = json!(stamp(alarm.configured));
    all["okActions"] = json!(alarm.actions.ok);
    all["alarmActions"] = json!(alarm.actions.alarm);
    all["insufficientDataActions"] = json!(alarm.actions.insufficient);
    all
}

fn stamp(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

fn standing(standing: &Standing, at: Timestamp) -> Value {
    let mut state = json!({
        "value": standing.value.as_str(),
        "reason": standing.reason,
        "timestamp": stamp(at),
    });
    if let Some(data) = &standing.data {
        state["reasonData"] = json!(data);
    }
    state
}

/// What a metric alarm looks at.
fn metrics(put: &PutMetricAlarmInput) -> Vec<Value> {
    if let Some(queries) = &put.metrics {
        return queries.iter().map(query).collect();
    }
    let metric = Metric {
        namespace: put.namespace.clone(),
        metric_name: put.metric_name.clone(),
        dimensions: put.dimensions.clone(),
    };
    let stat = put.statistic.clone().or_else(|| put.extended_statistic.clone()).unwrap_or_default();
    let stat = MetricStat { metric, period: put.period.unwrap_or_default(), stat, unit: put.unit.clone() };
    let (id, return_data) = ("m1".to_owned(), Some(true));
    vec![query(&MetricDataQuery { id, metric_stat: Some(stat), return_data, ..MetricDataQuery::default() })]
}

fn query(query: &MetricDataQuery) -> Value {
    let mut out = json!({"id": query.id, "returnData": query.return_data.unwrap_or(true)});
    if let Some(stat) = &query.metric_stat {
        let pair = |dimension: &Dimension| (dimension.name.clone(), dimension.value.clone());
        let dimensions: BTreeMap<_, _> = stat.metric.dimensions.iter().flatten().map(pair).collect();
        out["metricStat"] = json!({
            "metric": {
                "namespace": stat.metric.namespace,
                "name": stat.metric.metric_name,
                "dimensions": dimensions,
            },
            "period": stat.period,
            "stat": stat.stat,
        });
        if let Some(unit) = &stat.unit {
            out["metricStat"]["unit"] = json!(unit);
        }
    }
    for (name, text) in [("expression", &query.expression), ("label", &query.label)] {
        if let Some(text) = text {
            out[name] = json!(text);
        }
    }
    out
}
