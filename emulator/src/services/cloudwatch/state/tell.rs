//! What EventBridge hears of alarms: each change of state, as an event on the default bus.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html (to be verified). Assumed: the id of
//! an alarm's one metric, which AWS draws. Left out: events of alarms that are made, changed or deleted, and who mutes an alarm.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::{Dimension, Metric, MetricDataQuery, MetricStat, PutMetricAlarmInput};

use super::alarm::{Alarm, Kind, Standing};
use crate::world::Cx;

/// An alarm has left the state `before`.
pub(super) fn tell(cx: &mut Cx<'_>, alarm: &Alarm, before: &Standing) {
    let mut configuration = match &alarm.kind {
        Kind::Metric(rule) => json!({"metrics": metrics(&rule.put)}),
        Kind::Composite { text, .. } => json!({"alarmRule": text}),
    };
    if let Some(description) = &alarm.description {
        configuration["description"] = json!(description);
    }
    let detail = json!({
        "alarmName": alarm.name,
        "configuration": configuration,
        "previousState": standing(before, before.updated),
        "state": standing(&alarm.state, cx.now),
    });
    cx.event("aws.cloudwatch", "CloudWatch Alarm State Change", vec![alarm.arn.clone()], &detail);
}

fn standing(standing: &Standing, at: Timestamp) -> Value {
    let mut state = json!({
        "value": standing.value.as_str(),
        "reason": standing.reason,
        "timestamp": at.format("%Y-%m-%dT%H:%M:%S%.3f+0000"),
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
