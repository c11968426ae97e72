//! Alarms as they are shown.
//!
//! Recorded: which members stand empty and which are left out (LocalStack's `test_cloudwatch.snapshot.json`, 2023).
//! Documented: composite alarms are shown only to who asks for them (text of `DescribeAlarms`, botocore 1.44.5, read 2026-11-28).
//! Assumed: children and parents are shown with all their members; AWS shows the name, ARN and state.

use wavetank_wire::cloudwatch::{
    CompositeAlarm, DescribeAlarmsForMetricInput, DescribeAlarmsForMetricOutput, DescribeAlarmsInput,
    DescribeAlarmsOutput, Dimension, MetricAlarm, alarm_type,
};

use super::super::error::CloudWatchError;
use super::super::limits;
use super::alarm::{Alarm, Kind, MetricRule, Watched};
use super::queries::{Measured, Of};
use super::statistics::key_of;
use super::{CloudWatch, token};

impl CloudWatch {
    pub(in super::super) fn describe_alarms(
        &self,
        input: &DescribeAlarmsInput,
    ) -> Result<DescribeAlarmsOutput, CloudWatchError> {
        if input.alarm_names.is_some() && input.alarm_name_prefix.is_some() {
            let why = "AlarmNames and AlarmNamePrefix are mutually exclusive and you have specified both."
                .to_owned();
            return Err(CloudWatchError::Validation(why));
        }
        let last: Option<String> = input
            .next_token
            .as_deref()
            .map(|text| token::read(text).ok_or_else(token::refused))
            .transpose()?;
        let max = input.max_records.and_then(|max| usize::try_from(max).ok()).unwrap_or(limits::ALARMS_PAGE);
        let wanted = |alarm: &&Alarm| {
            last.as_ref().is_none_or(|last| alarm.name > *last) && self.is_wanted(alarm, input)
        };
        let mut found = self.alarms.values().filter(wanted);
        let page: Vec<&Alarm> = found.by_ref().take(max).collect();
        let more = found.next().is_some();
        let next_token = page.last().filter(|_| more).map(|last| token::write(&last.name));
        let composites = page.iter().filter_map(|alarm| composite_alarm(alarm)).collect();
        let metrics = page.iter().filter_map(|alarm| metric_alarm(alarm)).collect();
        Ok(DescribeAlarmsOutput {
            composite_alarms: Some(composites),
            metric_alarms: Some(metrics),
            next_token,
        })
    }

    fn is_wanted(&self, alarm: &Alarm, input: &DescribeAlarmsInput) -> bool {
        let is_type = |name: &str| input.alarm_types.iter().flatten().any(|kind| kind == name);
        let related = input.children_of_alarm_name.is_some() || input.parents_of_alarm_name.is_some();
        let kind = match &input.alarm_types {
            Some(_) => is_type(alarm.kind_name()),
            None => related || alarm.kind_name() == alarm_type::METRIC_ALARM,
        };
        let acts = |prefix: &str| {
            let actions = &alarm.actions;
            let mut all = actions.ok.iter().chain(&actions.alarm).chain(&actions.insufficient);
            all.any(|action| action.starts_with(prefix))
        };
        let leads = |parent: &Alarm, child: &str| matches!(&parent.kind, Kind::Composite { rule, .. } if rule.alarms().contains(child));
        kind && input.alarm_names.as_ref().is_none_or(|names| names.contains(&alarm.name))
            && input.alarm_name_prefix.as_ref().is_none_or(|prefix| alarm.name.starts_with(prefix.as_str()))
            && input.state_value.as_ref().is_none_or(|state| state == alarm.state.value.as_str())
            && input.action_prefix.as_deref().is_none_or(acts)
            && input
                .children_of_alarm_name
                .as_ref()
                .is_none_or(|parent| self.alarms.get(parent).is_some_and(|parent| leads(parent, &alarm.name)))
            && input.parents_of_alarm_name.as_ref().is_none_or(|child| leads(alarm, child))
    }

    /// Alarms that look at this metric, by itself or in an expression.
    pub(in super::super) fn describe_alarms_for_metric(
        &self,
        input: &DescribeAlarmsForMetricInput,
    ) -> DescribeAlarmsForMetricOutput {
        let key = key_of(&input.namespace, &input.metric_name, input.dimensions.as_deref());
        let stat = input.statistic.as_ref().or(input.extended_statistic.as_ref());
        let fits = |measured: &Measured| {
            measured.key == key
                && stat.is_none_or(|stat| *stat == measured.stat)
                && input.period.is_none_or(|period| period == measured.period)
                && input.unit.as_ref().is_none_or(|unit| measured.unit.as_ref() == Some(unit))
        };
        let looks = |rule: &MetricRule| match &rule.watched {
            Watched::One(measured) => fits(measured),
            Watched::Many(asked) => {
                asked.iter().any(|one| matches!(&one.of, Of::Metric(measured) if fits(measured)))
            }
        };
        let found = self.alarms.values().filter(|alarm| alarm.metric().is_some_and(looks));
        DescribeAlarmsForMetricOutput { metric_alarms: Some(found.filter_map(metric_alarm).collect()) }
    }
}

fn metric_alarm(alarm: &Alarm) -> Option<MetricAlarm> {
    let rule = alarm.metric()?;
    let put = &rule.put;
    let dimensions: Vec<Dimension> = put.dimensions.clone().unwrap_or_default();
    Some(MetricAlarm {
        alarm_name: Some(alarm.name.clone()),
        alarm_arn: Some(alarm.arn.clone()),
        alarm_description: alarm.description.clone(),
        alarm_configuration_updated_timestamp: Some(alarm.configured),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: Some(alarm.actions.ok.clone()),
        alarm_actions: Some(alarm.actions.alarm.clone()),
        insufficient_data_actions: Some(alarm.actions.insufficient.clone()),
        state_value: Some(alarm.state.value.as_str().to_owned()),
        state_reason: Some(alarm.state.reason.clone()),
        state_reason_data: alarm.state.data.clone(),
        state_updated_timestamp: Some(alarm.state.updated),
        state_transitioned_timestamp: Some(alarm.state.transitioned),
        metric_name: put.metric_name.clone(),
        namespace: put.namespace.clone(),
        statistic: put.statistic.clone(),
        extended_statistic: put.extended_statistic.clone(),
        dimensions: Some(dimensions),
        period: put.period,
        unit: put.unit.clone(),
        evaluation_periods: put.evaluation_periods,
        datapoints_to_alarm: put.datapoints_to_alarm,
        threshold: put.threshold,
        comparison_operator: put.comparison_operator.clone(),
        treat_missing_data: put.treat_missing_data.clone(),
        evaluate_low_sample_count_percentile: put.evaluate_low_sample_count_percentile.clone(),
        metrics: put.metrics.clone(),
        ..MetricAlarm::default()
    })
}

fn composite_alarm(alarm: &Alarm) -> Option<CompositeAlarm> {
    let Kind::Composite { text, .. } = &alarm.kind else { return None };
    Some(CompositeAlarm {
        alarm_name: Some(alarm.name.clone()),
        alarm_arn: Some(alarm.arn.clone()),
        alarm_description: alarm.description.clone(),
        alarm_configuration_updated_timestamp: Some(alarm.configured),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: Some(alarm.actions.ok.clone()),
        alarm_actions: Some(alarm.actions.alarm.clone()),
        insufficient_data_actions: Some(alarm.actions.insufficient.clone()),
        alarm_rule: Some(text.clone()),
        state_value: Some(alarm.state.value.as_str().to_owned()),
        state_reason: Some(alarm.state.reason.clone()),
        state_reason_data: alarm.state.data.clone(),
        state_updated_timestamp: Some(alarm.state.updated),
        state_transitioned_timestamp: Some(alarm.state.transitioned),
        ..CompositeAlarm::default()
    })
}
