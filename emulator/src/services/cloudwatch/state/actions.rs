//! What alarms do when they enter a state: tell SNS topics, invoke functions.
//!
//! Recorded: the message to a topic and the event to a function (LocalStack's `test_cloudwatch.snapshot.json`, 2023-09-12 and
//! 2024-01-03). Assumed: the message of a composite alarm, the subject, the words of an action's history.

use serde_json::{Value, json};
use wavetank_types::{AccountId, Arn, Region, Timestamp};
use wavetank_wire::cloudwatch::{Dimension, MetricDataQuery};
use wavetank_wire::lambda::{Invoke, InvokeInput};
use wavetank_wire::sns::{Publish, PublishInput};
use wavetank_wire::{Operation, ToVal, Val, WireError};

use super::CloudWatch;
use super::alarm::{Alarm, Kind, Standing};
use crate::services::ServiceId;
use crate::world::{Address, Cx, Effect, Scope};

/// An action whose end is not known yet.
#[derive(Debug)]
pub(super) struct Action {
    alarm: String,
    action: String,
}

/// Longest subject that SNS takes, in characters.
const SUBJECT_CHARS_MAX: usize = 99;

/// The instant as messages to topics write it.
fn instant(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000")
}

impl CloudWatch {
    /// Does what an alarm does on entering its state.
    pub(super) fn act(&mut self, cx: &mut Cx<'_>, name: &str, before: &Standing) {
        let Some(alarm) = self.alarms.get(name) else { return };
        for action in alarm.actions.of(alarm.state.value) {
            let arn: Arn = match action.parse() {
                Ok(arn) => arn,
                Err(_) => continue,
            };
            let called = match arn.service.as_str() {
                "sns" => Some((ServiceId::Sns, Publish::NAME, message(alarm, before, action, cx.scope))),
                "lambda" => Some((ServiceId::Lambda, Invoke::NAME, event(cx, alarm, before, action))),
                _ => None,
            };
            let Some((service, operation, input)) = called else {
                let why = format!("wavetank does not implement alarm actions of {}", arn.service);
                self.history.acted(alarm, action, Err(&why), cx.now);
                continue;
            };
            let account = arn.account.parse::<AccountId>().unwrap_or_else(|_| cx.scope.account.clone());
            let to = Address { service, scope: Scope { account, region: Region::new(arn.region) } };
            let token = cx.number();
            self.acting.insert(token, Action { alarm: name.to_owned(), action: action.clone() });
            cx.push(Effect::Call { to, operation, input, reply: Some(token) });
        }
    }

    /// An action has ended.
    pub(in super::super) fn acted(&mut self, cx: &Cx<'_>, token: u64, result: Result<Val, WireError>) {
        let Some(Action { alarm, action }) = self.acting.remove(&token) else { return };
        let Some(alarm) = self.alarms.get(&alarm) else { return };
        match result {
            Ok(_) => self.history.acted(alarm, &action, Ok(()), cx.now),
            Err(error) => {
                tracing::warn!(alarm = alarm.name, action, %error, "an alarm's action was refused");
                self.history.acted(alarm, &action, Err(&error.to_string()), cx.now);
            }
        }
    }
}

/// The name of a region in messages.
fn region_name(region: &str) -> &str {
    match region {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "eu-west-1" => "EU (Ireland)",
        "eu-west-2" => "EU (London)",
        "eu-central-1" => "EU (Frankfurt)",
        "ap-south-1" => "Asia Pacific (Mumbai)",
        "ap-southeast-1" => "Asia Pacific (Singapore)",
        "ap-southeast-2" => "Asia Pacific (Sydney)",
        "ap-northeast-1" => "Asia Pacific (Tokyo)",
        "ap-northeast-2" => "Asia Pacific (Seoul)",
        "sa-east-1" => "South America (Sao Paulo)",
        other => other,
    }
}

fn message(alarm: &Alarm, before: &Standing, topic: &str, scope: &Scope) -> Val {
    let region = region_name(scope.region.as_str());
    let mut body = json!({
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": scope.account.as_str(),
        "AlarmConfigurationUpdatedTimestamp": instant(alarm.configured),
        "NewStateValue": alarm.state.value.as_str(),
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": instant(alarm.state.transitioned),
        "Region": region,
        "AlarmArn": alarm.arn,
        "OldStateValue": before.value.as_str(),
        "OKActions": alarm.actions.ok,
        "AlarmActions": alarm.actions.alarm,
        "InsufficientDataActions": alarm.actions.insufficient,
    });
    match &alarm.kind {
        Kind::Composite { text, .. } => body["AlarmRule"] = json!(text),
        Kind::Metric(_) => body["Trigger"] = trigger(alarm),
    }
    let subject: String = format!("{}: \"{}\" in {region}", alarm.state.value.as_str(), alarm.name)
        .chars()
        .take(SUBJECT_CHARS_MAX)
        .collect();
    let input = PublishInput {
        topic_arn: Some(topic.to_owned()),
        subject: Some(subject),
        message: body.to_string(),
        ..PublishInput::default()
    };
    input.to_val()
}

/// What set the alarm off, as messages to topics tell it.
fn trigger(alarm: &Alarm) -> Value {
    let Some(rule) = alarm.metric() else { return Value::Null };
    let put = &rule.put;
    let mut trigger = json!({
        "Period": rule.period,
        "EvaluationPeriods": put.evaluation_periods,
        "ComparisonOperator": put.comparison_operator,
        "Threshold": put.threshold,
        "TreatMissingData": put.treat_missing_data.as_deref().unwrap_or_default(),
        "EvaluateLowSampleCountPercentile": put.evaluate_low_sample_count_percentile.as_deref().unwrap_or_default(),
    });
    if let Some(points) = put.datapoints_to_alarm {
        trigger["DatapointsToAlarm"] = json!(points);
    }
    match &put.metrics {
        Some(metrics) => trigger["Metrics"] = metrics.iter().map(|query| shown(query, true)).collect(),
        None => {
            trigger["MetricName"] = json!(put.metric_name);
            trigger["Namespace"] = json!(put.namespace);
            match (&put.statistic, &put.extended_statistic) {
                (Some(statistic), _) => {
                    trigger["StatisticType"] = json!("Statistic");
                    trigger["Statistic"] = json!(upper(statistic));
                }
                (None, other) => {
                    trigger["StatisticType"] = json!("ExtendedStatistic");
                    trigger["ExtendedStatistic"] = json!(other);
                }
            }
            trigger["Unit"] = json!(put.unit);
            let dimension = |one: &Dimension| json!({"value": one.value, "name": one.name});
            trigger["Dimensions"] = put.dimensions.iter().flatten().map(dimension).collect();
        }
    }
    trigger
}

/// `SampleCount` as `SAMPLE_COUNT`.
fn upper(statistic: &str) -> String {
    if statistic == "SampleCount" { "SAMPLE_COUNT".to_owned() } else { statistic.to_uppercase() }
}

/// A query of an alarm, in messages (names upper-case) or in events.
fn shown(query: &MetricDataQuery, is_message: bool) -> Value {
    let name = |text: &str| {
        if is_message {
            return text.to_owned();
        }
        let mut chars = text.chars();
        chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
    };
    let mut out = serde_json::Map::new();
    out.insert(name("Id"), json!(query.id));
    if let Some(expression) = &query.expression {
        out.insert(name("Expression"), json!(expression));
    }
    if let Some(label) = &query.label {
        out.insert(name("Label"), json!(label));
    }
    if let Some(stat) = &query.metric_stat {
        let dimensions = stat.metric.dimensions.iter().flatten();
        let dimensions: Value = if is_message {
            dimensions.map(|one| json!({"value": one.value, "name": one.name})).collect()
        } else {
            Value::Object(dimensions.map(|one| (one.name.clone(), json!(one.value))).collect())
        };
        let metric = json!({
            name("Namespace"): stat.metric.namespace,
            if is_message { "MetricName" } else { "name" }: stat.metric.metric_name,
            name("Dimensions"): dimensions,
        });
        out.insert(
            name("MetricStat"),
            json!({name("Metric"): metric, name("Period"): stat.period, name("Stat"): stat.stat}),
        );
    }
    out.insert(name("ReturnData"), json!(query.return_data != Some(false)));
    Value::Object(out)
}

fn event(cx: &mut Cx<'_>, alarm: &Alarm, before: &Standing, function: &str) -> Val {
    let state = |standing: &Standing| {
        let mut state = json!({
            "value": standing.value.as_str(),
            "reason": standing.reason,
            "timestamp": instant(standing.updated),
        });
        if let Some(data) = &standing.data {
            state["reasonData"] = json!(data);
        }
        state
    };
    let mut configuration = match &alarm.kind {
        Kind::Composite { text, .. } => json!({"alarmRule": text}),
        Kind::Metric(rule) => match &rule.put.metrics {
            Some(metrics) => {
                json!({"metrics": metrics.iter().map(|query| shown(query, false)).collect::<Vec<_>>()})
            }
            None => json!({"metrics": [one_metric(&cx.uuid(), alarm)]}),
        },
    };
    if let Some(description) = &alarm.description {
        configuration["description"] = json!(description);
    }
    let event = json!({
        "source": "aws.cloudwatch",
        "alarmArn": alarm.arn,
        "accountId": cx.scope.account.as_str(),
        "time": instant(cx.now),
        "region": cx.scope.region.as_str(),
        "alarmData": {
            "alarmName": alarm.name,
            "state": state(&alarm.state),
            "previousState": state(before),
            "configuration": configuration,
        },
    });
    let input = InvokeInput {
        function_name: function.to_owned(),
        invocation_type: Some("Event".to_owned()),
        payload: Some(event.to_string().into_bytes().into()),
        ..InvokeInput::default()
    };
    input.to_val()
}

fn one_metric(id: &str, alarm: &Alarm) -> Value {
    let Some(rule) = alarm.metric() else { return Value::Null };
    let put = &rule.put;
    let dimensions = put.dimensions.iter().flatten().map(|one| (one.name.clone(), json!(one.value)));
    json!({
        "id": id,
        "metricStat": {
            "metric": {
                "namespace": put.namespace,
                "name": put.metric_name,
                "dimensions": Value::Object(dimensions.collect()),
            },
            "period": rule.period,
            "stat": put.statistic.as_ref().or(put.extended_statistic.as_ref()),
        },
        "returnData": true,
    })
}
