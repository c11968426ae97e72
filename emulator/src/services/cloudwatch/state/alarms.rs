//! Making, changing and deleting alarms on metrics; setting any alarm's state by hand.
//!
//! Assumed: the sentences, which are those that people quote where there are such.

use wavetank_types::Arn;
use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::evaluate::{Comparison, Missing, Policy, State};
use super::super::limits;
use super::super::stat::Statistic;
use super::alarm::{Actions, Alarm, Kind, MetricRule, Standing, Watched};
use super::queries::{Asked, Measured, Of, read_queries};
use super::statistics::key_of;
use super::tell::{configuration, tell_change};
use super::{CloudWatch, tags};
use crate::world::Cx;

fn refuse<T>(why: impl Into<String>) -> Result<T, CloudWatchError> {
    Err(CloudWatchError::Validation(why.into()))
}

/// The ARN of an alarm.
pub(super) fn alarm_arn(cx: &Cx<'_>, name: &str) -> String {
    Arn::new("cloudwatch", &cx.scope.region, &cx.scope.account, format!("alarm:{name}")).to_string()
}

impl CloudWatch {
    /// Makes an alarm, or changes one and leaves it in its state.
    pub(in super::super) fn put_metric_alarm(
        &mut self,
        cx: &mut Cx<'_>,
        mut input: PutMetricAlarmInput,
    ) -> Result<PutMetricAlarmOutput, CloudWatchError> {
        let given = tags::read(input.tags.take())?;
        let rule = metric_rule(&input)?;
        let name = input.alarm_name.clone();
        if self.alarms.get(&name).is_some_and(|there| there.metric().is_none()) {
            return refuse(format!("A composite alarm with the name {name} already exists."));
        }
        let actions = Actions {
            ok: checked_actions(input.ok_actions.as_deref())?,
            alarm: checked_actions(input.alarm_actions.as_deref())?,
            insufficient: checked_actions(input.insufficient_data_actions.as_deref())?,
        };
        let description = input.alarm_description.clone();
        let enabled = input.actions_enabled.unwrap_or(true);
        let kind = Kind::Metric(Box::new(MetricRule { put: input, ..rule }));
        self.put_alarm(cx, name, description, enabled, actions, given, kind);
        self.wake(cx.now);
        Ok(PutMetricAlarmOutput {})
    }

    /// Puts an alarm in its place. Answers whether it is new. Tags are taken only for a new one.
    #[expect(clippy::too_many_arguments, reason = "an alarm's parts, each once")]
    pub(super) fn put_alarm(
        &mut self,
        cx: &mut Cx<'_>,
        name: String,
        description: Option<String>,
        actions_enabled: bool,
        actions: Actions,
        tags: std::collections::BTreeMap<String, String>,
        kind: Kind,
    ) -> bool {
        let before = self.alarms.remove(&name);
        let is_new = before.is_none();
        let (state, tags) = match &before {
            Some(before) => (before.state.clone(), before.tags.clone()),
            None => (Standing::new(cx.now), tags),
        };
        let arn = alarm_arn(cx, &name);
        let alarm = Alarm {
            name: name.clone(),
            arn,
            description,
            actions_enabled,
            actions,
            configured: cx.now,
            tags,
            state,
            kind,
        };
        self.history.configured(&alarm, if is_new { "created" } else { "updated" }, cx.now);
        tell_change(cx, &alarm, if is_new { "create" } else { "update" }, before.as_ref().map(configuration));
        self.alarms.insert(name, alarm);
        is_new
    }

    /// Deletes all or, if one is not there, none.
    pub(in super::super) fn delete_alarms(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeleteAlarmsInput,
    ) -> Result<DeleteAlarmsOutput, CloudWatchError> {
        let missing = input.alarm_names.iter().filter(|name| !self.alarms.contains_key(*name));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(CloudWatchError::NoAlarms(format!("Alarms {} do not exist", missing.join(", "))));
        }
        for name in &input.alarm_names {
            if let Some(alarm) = self.alarms.remove(name) {
                tell_change(cx, &alarm, "delete", None);
            }
        }
        if !self.has_metric_alarms() {
            self.look = None;
        }
        Ok(DeleteAlarmsOutput {})
    }

    /// Until the alarm is looked at again.
    pub(in super::super) fn set_alarm_state(
        &mut self,
        cx: &mut Cx<'_>,
        input: SetAlarmStateInput,
    ) -> Result<SetAlarmStateOutput, CloudWatchError> {
        if !self.alarms.contains_key(&input.alarm_name) {
            return Err(CloudWatchError::NoAlarm);
        }
        if let Some(data) = &input.state_reason_data
            && serde_json::from_str::<serde_json::Value>(data).is_err()
        {
            return Err(CloudWatchError::Format("StateReasonData must be valid JSON.".to_owned()));
        }
        let state = State::parse(&input.state_value).unwrap_or(State::InsufficientData);
        self.enter(cx, &input.alarm_name, state, input.state_reason, input.state_reason_data);
        self.settle_composites(cx);
        self.wake(cx.now);
        Ok(SetAlarmStateOutput {})
    }

    /// What is not there is left alone.
    pub(in super::super) fn switch_actions(&mut self, cx: &mut Cx<'_>, names: &[String], enabled: bool) {
        for name in names {
            if let Some(alarm) = self.alarms.get_mut(name)
                && alarm.actions_enabled != enabled
            {
                let before = configuration(alarm);
                alarm.actions_enabled = enabled;
                alarm.configured = cx.now;
                self.history.configured(alarm, "updated", cx.now);
                tell_change(cx, alarm, "update", Some(before));
            }
        }
    }
}

/// Whom an alarm may call: whatever is an ARN.
pub(super) fn checked_actions(actions: Option<&[String]>) -> Result<Vec<String>, CloudWatchError> {
    let actions = actions.unwrap_or_default();
    match actions.iter().find(|action| action.parse::<Arn>().is_err()) {
        Some(action) => refuse(format!("Invalid arn syntax: {action}")),
        None => Ok(actions.to_vec()),
    }
}

fn metric_rule(input: &PutMetricAlarmInput) -> Result<MetricRule, CloudWatchError> {
    if input.threshold_metric_id.is_some() {
        return Err(CloudWatchError::NotBuilt("alarms on anomaly bands (ThresholdMetricId)".to_owned()));
    }
    let Some(comparison) = &input.comparison_operator else {
        return refuse("ComparisonOperator is required.");
    };
    let Some(comparison) = Comparison::parse(comparison) else {
        return Err(CloudWatchError::NotBuilt(format!("alarms on anomaly bands ({comparison})")));
    };
    let Some(periods) = input.evaluation_periods else { return refuse("EvaluationPeriods is required.") };
    let Some(threshold) = input.threshold.filter(|threshold| !threshold.is_nan()) else {
        return refuse("Threshold is required.");
    };
    if input.datapoints_to_alarm.is_some_and(|points| points > periods) {
        return refuse("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
    }
    let (watched, period, namespace) = watched(input)?;
    check_lookback(period, periods)?;
    let mut missing = match input.treat_missing_data.as_deref() {
        None => Missing::Unknown,
        Some(text) => match Missing::parse(text) {
            Some(missing) => missing,
            None => {
                return refuse(format!(
                    "The value {text} for TreatMissingData is not one of breaching, notBreaching, ignore, missing."
                ));
            }
        },
    };
    // Documented: alarms on DynamoDB always ignore missing data (text of `PutMetricAlarm`, botocore 1.44.5).
    if namespace == Some("AWS/DynamoDB") {
        missing = Missing::Ignore;
    }
    let count = |number: i64| usize::try_from(number).unwrap_or(1);
    let policy = Policy {
        comparison,
        threshold,
        periods: count(periods),
        datapoints: input.datapoints_to_alarm.map(count),
        missing,
    };
    Ok(MetricRule { put: PutMetricAlarmInput::default(), watched, period, policy })
}

fn check_lookback(period: i64, periods: i64) -> Result<(), CloudWatchError> {
    let (max, words) = match period {
        3_600.. => (limits::LOOKBACK_LONG_MAX, "seven days"),
        _ => (limits::LOOKBACK_MAX, "a day"),
    };
    if periods.saturating_mul(period) > max {
        return refuse(format!(
            "Metrics cannot be checked across more than {words} (EvaluationPeriods * Period must be <= {max})."
        ));
    }
    Ok(())
}

/// What the alarm looks at, the seconds of its points, and the namespace if it is one metric.
fn watched(input: &PutMetricAlarmInput) -> Result<(Watched, i64, Option<&str>), CloudWatchError> {
    match (&input.metrics, &input.metric_name) {
        (Some(metrics), None) => {
            let one_of = [input.namespace.is_some(), input.statistic.is_some(), input.period.is_some()];
            if one_of.contains(&true) || input.extended_statistic.is_some() || input.dimensions.is_some() {
                return refuse(
                    "Namespace, Statistic, Period and Dimensions must not be set where Metrics is.",
                );
            }
            if metrics.len() > limits::ALARM_QUERIES_MAX {
                return refuse(format!(
                    "Metrics must not have more than {} members.",
                    limits::ALARM_QUERIES_MAX
                ));
            }
            let asked = read_queries(metrics, "Metrics")?;
            if asked.iter().filter(|one| one.returned).count() != 1 {
                return refuse("Exactly one element of the metrics list should return data.");
            }
            let periods: Vec<i64> = asked.iter().filter_map(period_of).collect();
            let Some(period) = periods.first().copied() else {
                return refuse("Metrics must have at least one metric.");
            };
            if periods.iter().any(|other| *other != period) {
                return refuse("Metric list must have the same period.");
            }
            check_period(period)?;
            Ok((Watched::Many(asked), period, None))
        }
        (None, Some(name)) => {
            let Some(namespace) = input.namespace.as_deref() else { return refuse("Namespace is required.") };
            let Some(period) = input.period else { return refuse("Period is required.") };
            check_period(period)?;
            let stat = match (&input.statistic, &input.extended_statistic) {
                (Some(stat), None) | (None, Some(stat)) => stat,
                _ => return refuse("Exactly one of Statistic and ExtendedStatistic must be set."),
            };
            let Some(statistic) = Statistic::parse(stat) else {
                return refuse(format!("The value {stat} for parameter ExtendedStatistic is not supported."));
            };
            let key = key_of(namespace, name, input.dimensions.as_deref());
            let measured = Measured { key, period, stat: stat.clone(), statistic, unit: input.unit.clone() };
            Ok((Watched::One(measured), period, Some(namespace)))
        }
        (Some(_), Some(_)) => {
            refuse("MetricName and Metrics are mutually exclusive and you have specified both.")
        }
        (None, None) => refuse("Either MetricName or Metrics is required."),
    }
}

fn period_of(one: &Asked) -> Option<i64> {
    if let Of::Metric(measured) = &one.of { Some(measured.period) } else { None }
}

/// Documented: 10, 20, 30 or a multiple of 60 (botocore 1.44.5, read 2026-11-28).
fn check_period(period: i64) -> Result<(), CloudWatchError> {
    if matches!(period, 10 | 20 | 30) || (period >= 60 && period % 60 == 0) {
        return Ok(());
    }
    refuse("Period must be 10, 20, 30 or a multiple of 60")
}
