//! Metric filters, and events that tell numbers by themselves (`emf.rs`): numbers for CloudWatch out of the events of a group.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html and MonitoringLogData.html (read
//! 2026-11-28): values are put together and reported every minute; a minute with events but without a match reports the
//! default value, if there is one. Assumed: a value belongs to the minute of its event; a match without the value or
//! without one of the dimensions reports nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::{Dimension, MetricDatum, PutMetricData, PutMetricDataInput};
use wavetank_wire::logs::*;

use super::emf::{self, Broken};
use super::error::LogsError;
use super::limits::{DIMENSIONS_MAX, METRIC_FILTERS_MAX, REGEX_FILTERS_MAX};
use super::metrics::OfGroup;
use super::pattern::{Matched, Pattern};
use super::read::page;
use super::state::{Due, Event, Group, Logs};
use crate::services::ServiceId;
use crate::world::Cx;

const MINUTE_MILLIS: i64 = 60_000;
/// Different values of one datum, and data of one call. Documented: API_PutMetricData.html.
const VALUES_MAX: usize = 150;
const DATA_MAX: usize = 1_000;

/// A metric filter.
#[derive(Debug)]
pub(super) struct MetricRule {
    text: String,
    pub(super) pattern: Pattern,
    metric: MetricTransformation,
    created: i64,
}

/// Whose values, in which minute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    namespace: String,
    name: String,
    unit: Option<String>,
    dimensions: Vec<(String, String)>,
    minute: i64,
}

/// Values that wait for the end of the minute.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// How often each value came, by its bits.
    rows: BTreeMap<Row, BTreeMap<u64, f64>>,
    /// Filters that have seen events, and what they report of a minute without a match.
    defaults: BTreeMap<(String, String, i64), (Row, f64)>,
    /// Filters that have had a match.
    matched: BTreeSet<(String, String, i64)>,
    is_due: bool,
}

impl Pending {
    /// Looks at new events of a group.
    pub(super) fn look(
        &mut self,
        cx: &mut Cx<'_>,
        due: &mut BTreeSet<(Timestamp, Due)>,
        group_name: &str,
        group: &Group,
        fresh: &[Event],
    ) {
        for (filter, rule) in &group.metric_filters {
            for event in fresh {
                self.look_at(group_name, filter, rule, event);
            }
        }
        for event in fresh {
            self.look_into(cx, group_name, event);
        }
        let has_any = !self.rows.is_empty() || !self.defaults.is_empty();
        if has_any && !self.is_due {
            self.is_due = true;
            let minute = cx.now.millis().div_euclid(MINUTE_MILLIS) * MINUTE_MILLIS;
            let end = Timestamp::from_millis(minute) + Duration::from_secs(60);
            due.insert((end, Due::Metrics));
        }
    }

    /// Takes the numbers that an event tells by itself.
    fn look_into(&mut self, cx: &mut Cx<'_>, group_name: &str, event: &Event) {
        let told = match emf::read(&event.message) {
            Ok(told) => told,
            Err(broken) => {
                let counted = match broken {
                    Broken::Form => OfGroup::BrokenForms,
                    Broken::Rule => OfGroup::BrokenRules,
                };
                cx.meter::<OfGroup>(&[group_name]).add(counted, 1.0);
                return;
            }
        };
        for told in told {
            let minute = told.at.div_euclid(MINUTE_MILLIS) * MINUTE_MILLIS;
            let emf::Told { namespace, name, unit, dimensions, values, .. } = told;
            let counts = self.rows.entry(Row { namespace, name, unit, dimensions, minute }).or_default();
            for value in values {
                *counts.entry(value.to_bits()).or_default() += 1.0;
            }
        }
    }

    fn look_at(&mut self, group_name: &str, filter: &str, rule: &MetricRule, event: &Event) {
        let minute = event.at.div_euclid(MINUTE_MILLIS) * MINUTE_MILLIS;
        let metric = &rule.metric;
        let row = |dimensions| Row {
            namespace: metric.metric_namespace.clone(),
            name: metric.metric_name.clone(),
            unit: metric.unit.clone(),
            dimensions,
            minute,
        };
        let of = || (group_name.to_owned(), filter.to_owned(), minute);
        let matched = rule.pattern.read(&event.message);
        if let Some(default) = metric.default_value {
            if matched.is_some() {
                self.matched.insert(of());
            } else {
                self.defaults.entry(of()).or_insert_with(|| (row(Vec::new()), default));
            }
        }
        let Some(matched) = matched else { return };
        let Some(value) = rule.value(&matched) else { return };
        let Some(dimensions) = rule.dimensions(&matched) else { return };
        *self.rows.entry(row(dimensions)).or_default().entry(value.to_bits()).or_default() += 1.0;
    }

    /// The minute is over: what has gathered goes to CloudWatch.
    pub(super) fn flush(&mut self, cx: &mut Cx<'_>) {
        self.is_due = false;
        let matched = std::mem::take(&mut self.matched);
        for (of, (row, default)) in std::mem::take(&mut self.defaults) {
            if !matched.contains(&of) {
                self.rows.entry(row).or_default().insert(default.to_bits(), 1.0);
            }
        }
        let mut data: BTreeMap<String, Vec<MetricDatum>> = BTreeMap::new();
        for (row, values) in std::mem::take(&mut self.rows) {
            let list = data.entry(row.namespace.clone()).or_default();
            let values: Vec<(u64, f64)> = values.into_iter().collect();
            list.extend(values.chunks(VALUES_MAX).map(|values| datum(&row, values)));
        }
        for (namespace, data) in data {
            for part in data.chunks(DATA_MAX) {
                let input = PutMetricDataInput {
                    namespace: namespace.clone(),
                    metric_data: Some(part.to_vec()),
                    ..Default::default()
                };
                cx.call::<PutMetricData>(ServiceId::CloudWatch, input, None);
            }
        }
    }
}

fn datum(row: &Row, values: &[(u64, f64)]) -> MetricDatum {
    let dimension = |(name, value): &(String, String)| Dimension { name: name.clone(), value: value.clone() };
    MetricDatum {
        metric_name: row.name.clone(),
        dimensions: Some(row.dimensions.iter().map(dimension).collect())
            .filter(|all: &Vec<_>| !all.is_empty()),
        timestamp: Some(Timestamp::from_millis(row.minute)),
        values: Some(values.iter().map(|(bits, _)| f64::from_bits(*bits)).collect()),
        counts: Some(values.iter().map(|(_, count)| *count).collect()),
        unit: Some(row.unit.clone().unwrap_or_else(|| "None".to_owned())),
        ..MetricDatum::default()
    }
}

impl MetricRule {
    fn value(&self, matched: &Matched<'_>) -> Option<f64> {
        let text = &self.metric.metric_value;
        let number = if text.starts_with('$') { matched.value(text)?.parse() } else { text.parse() };
        number.ok().filter(|number: &f64| number.is_finite())
    }

    fn dimensions(&self, matched: &Matched<'_>) -> Option<Vec<(String, String)>> {
        let named = self.metric.dimensions.iter().flatten();
        named.map(|(name, selector)| Some((name.clone(), matched.value(selector)?))).collect()
    }

    fn describe(&self, group: &str, name: &str) -> MetricFilter {
        MetricFilter {
            filter_name: Some(name.to_owned()),
            filter_pattern: Some(self.text.clone()),
            metric_transformations: Some(vec![self.metric.clone()]),
            creation_time: Some(self.created),
            log_group_name: Some(group.to_owned()),
            apply_on_transformed_logs: Some(false),
            ..MetricFilter::default()
        }
    }
}

impl Logs {
    pub(super) fn put_metric_filter(
        &mut self,
        cx: &mut Cx<'_>,
        mut input: PutMetricFilterInput,
    ) -> Result<PutMetricFilterOutput, LogsError> {
        if input.apply_on_transformed_logs == Some(true) {
            return Err(LogsError::NotBuilt("PutMetricFilter on transformed logs".to_owned()));
        }
        let pattern = Pattern::parse(&input.filter_pattern)?;
        let metric = input.metric_transformations.remove(0);
        check_metric(&metric, &pattern)?;
        let group = self.group_mut(&input.log_group_name)?;
        let is_new = !group.metric_filters.contains_key(&input.filter_name);
        if is_new && group.metric_filters.len() >= METRIC_FILTERS_MAX {
            return Err(LogsError::Limit("Resource limit exceeded.".to_owned()));
        }
        check_regexes(group, &input.filter_name, &pattern)?;
        let rule = MetricRule { text: input.filter_pattern, pattern, metric, created: cx.now.millis() };
        group.metric_filters.insert(input.filter_name, rule);
        Ok(PutMetricFilterOutput {})
    }

    pub(super) fn delete_metric_filter(
        &mut self,
        input: &DeleteMetricFilterInput,
    ) -> Result<DeleteMetricFilterOutput, LogsError> {
        let group = self.group_mut(&input.log_group_name)?;
        group.metric_filters.remove(&input.filter_name).ok_or(LogsError::NoSuch("metric filter"))?;
        Ok(DeleteMetricFilterOutput {})
    }

    pub(super) fn describe_metric_filters(
        &mut self,
        input: &DescribeMetricFiltersInput,
    ) -> Result<DescribeMetricFiltersOutput, LogsError> {
        if input.metric_name.is_some() != input.metric_namespace.is_some() {
            const PAIR: &str = "metricName and metricNamespace must be specified together.";
            return Err(LogsError::Parameters(PAIR));
        }
        let group = input.log_group_name.as_deref();
        if let Some(name) = group {
            self.group(name)?;
        }
        // Documented: the prefix counts only beside a group.
        let prefix = input.filter_name_prefix.as_deref().filter(|_| group.is_some()).unwrap_or_default();
        let is_wanted = |name: &str, rule: &MetricRule| {
            name.starts_with(prefix)
                && input.metric_name.as_ref().is_none_or(|wanted| *wanted == rule.metric.metric_name)
                && input
                    .metric_namespace
                    .as_ref()
                    .is_none_or(|wanted| *wanted == rule.metric.metric_namespace)
        };
        let groups = self.groups.iter().filter(|(name, _)| group.is_none_or(|wanted| wanted == *name));
        let all = groups.flat_map(|(group, found)| {
            let wanted = found.metric_filters.iter().filter(|(name, rule)| is_wanted(name, rule));
            wanted.map(move |(name, rule)| rule.describe(group, name))
        });
        let key = |filter: &MetricFilter| {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{}\n{}", part(&filter.log_group_name), part(&filter.filter_name))
        };
        let (page, next_token) = page(all.collect(), input.limit, input.next_token.as_deref(), key);
        Ok(DescribeMetricFiltersOutput { metric_filters: Some(page), next_token })
    }

    pub(super) fn test_metric_filter(
        &mut self,
        input: TestMetricFilterInput,
    ) -> Result<TestMetricFilterOutput, LogsError> {
        let pattern = Pattern::parse(&input.filter_pattern)?;
        let record = |(number, message): (i64, String)| {
            let extracted_values = Some(pattern.read(&message)?.extracted());
            let event_message = Some(message);
            Some(MetricFilterMatchRecord { event_number: Some(number), event_message, extracted_values })
        };
        let matches = (1..).zip(input.log_event_messages).filter_map(record).collect();
        Ok(TestMetricFilterOutput { matches: Some(matches) })
    }
}

/// Recorded: the sentence on patterns without fields (terraform-provider-aws, issue 22105). Assumed: the others.
fn check_metric(metric: &MetricTransformation, pattern: &Pattern) -> Result<(), LogsError> {
    let dimensions = metric.dimensions.as_ref().filter(|all| !all.is_empty());
    if dimensions.is_some() && !pattern.has_fields() {
        return Err(LogsError::Parameters("The specified filter pattern does not support dimensions"));
    }
    if dimensions.is_some() && metric.default_value.is_some() {
        const BOTH: &str =
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties.";
        return Err(LogsError::Parameters(BOTH));
    }
    if dimensions.is_some_and(|all| all.len() > DIMENSIONS_MAX) {
        return Err(LogsError::Parameters("A metric filter can have at most 3 dimensions."));
    }
    let value = &metric.metric_value;
    let is_good = match value.strip_prefix('$') {
        Some(rest) => pattern.has_fields() && !rest.is_empty(),
        None => value.parse::<f64>().is_ok_and(f64::is_finite),
    };
    if is_good { Ok(()) } else { Err(LogsError::Invalid(format!("Invalid metric value: {value}"))) }
}

/// Documented: five filters with regular expressions in a group. Assumed: the sentence.
pub(super) fn check_regexes(group: &Group, name: &str, pattern: &Pattern) -> Result<(), LogsError> {
    if pattern.regexes() > 0 && group.regex_filters(name) >= REGEX_FILTERS_MAX {
        let why =
            format!("A log group can have at most {REGEX_FILTERS_MAX} filters with regular expressions.");
        return Err(LogsError::Limit(why));
    }
    Ok(())
}
