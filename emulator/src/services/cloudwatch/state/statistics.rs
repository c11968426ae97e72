//! `GetMetricStatistics`: one metric, some statistics, by the period.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::*;

use super::super::error::CloudWatchError;
use super::super::limits;
use super::super::stat::Statistic;
use super::super::store::{Key, Span};
use super::CloudWatch;
use crate::world::{Cx, Point};

impl CloudWatch {
    /// The points of each unit for themselves, in the order of time. AWS gives them in no order.
    pub(in super::super) fn get_metric_statistics(
        &self,
        cx: &Cx<'_>,
        input: &GetMetricStatisticsInput,
    ) -> Result<GetMetricStatisticsOutput, CloudWatchError> {
        let plain = input.statistics.as_deref().unwrap_or_default();
        let extended = input.extended_statistics.as_deref().unwrap_or_default();
        if plain.is_empty() && extended.is_empty() {
            let why = "Must specify either Statistics or ExtendedStatistics.".to_owned();
            return Err(CloudWatchError::Missing(why));
        }
        // Documented: one or the other (text of `GetMetricStatistics`, botocore 1.44.5, read 2026-11-28).
        if !plain.is_empty() && !extended.is_empty() {
            let why = "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.";
            return Err(CloudWatchError::Combination(why.to_owned()));
        }
        let extended = extended.iter().map(|text| match Statistic::parse(text) {
            Some(statistic) if !statistic.is_plain() => Ok((text.as_str(), statistic)),
            _ => Err(CloudWatchError::Value(format!(
                "The value {text} for parameter ExtendedStatistics is not supported."
            ))),
        });
        let extended: Vec<_> = extended.collect::<Result<_, _>>()?;
        check_period(input.period)?;
        let (start, end) = (input.start_time, input.end_time);
        if start == end {
            let why = "The parameter StartTime must not equal parameter EndTime.".to_owned();
            return Err(CloudWatchError::Value(why));
        }
        if start > end {
            let why = "The parameter StartTime must be less than the parameter EndTime.".to_owned();
            return Err(CloudWatchError::Combination(why));
        }
        let span = Span::rounded(start, end, input.period, cx.now);
        if span.points() > limits::STATISTICS_POINTS_MAX {
            return Err(CloudWatchError::Combination(format!(
                "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the datapoints requested by \
                 increasing Period, or decreasing the time range.",
                span.points(),
                limits::STATISTICS_POINTS_MAX
            )));
        }
        let key = key_of(&input.namespace, &input.metric_name, input.dimensions.as_deref());
        let mut points = Vec::new();
        for (unit, found) in self.store.by_unit(&key, input.unit.as_deref(), span, cx.now) {
            points.extend(
                found.iter().map(|(second, point)| datapoint(*second, unit, point, plain, &extended)),
            );
        }
        points.sort_by_key(|point| point.timestamp);
        Ok(GetMetricStatisticsOutput { label: Some(input.metric_name.clone()), datapoints: Some(points) })
    }
}

/// The key of a metric that a request names.
pub(super) fn key_of(namespace: &str, name: &str, dimensions: Option<&[Dimension]>) -> Key {
    let dimensions = dimensions.unwrap_or_default().iter();
    Key::new(namespace, name, dimensions.map(|one| (one.name.clone(), one.value.clone())).collect())
}

fn check_period(period: i64) -> Result<(), CloudWatchError> {
    if is_period(period) {
        return Ok(());
    }
    let why = if period < 60 { "must be one of 1, 5, 10, 20 and 30, or" } else { "must be" };
    Err(CloudWatchError::Value(format!("The parameter Period {why} a multiple of 60.")))
}

/// Documented: 1, 5, 10, 20, 30 or a multiple of 60 (botocore 1.44.5, read 2026-11-28).
pub(super) fn is_period(period: i64) -> bool {
    matches!(period, 1 | 5 | 10 | 20 | 30) || (period >= 60 && period % 60 == 0)
}

fn datapoint(
    second: i64,
    unit: &str,
    point: &Point,
    plain: &[String],
    extended: &[(&str, Statistic)],
) -> Datapoint {
    let asked = |name: &str| plain.iter().any(|wanted| wanted == name);
    let known = extended.iter().filter_map(|(name, of)| Some(((*name).to_owned(), of.of(point)?)));
    let known: BTreeMap<String, f64> = known.collect();
    Datapoint {
        timestamp: Some(Timestamp::from_secs(second)),
        sample_count: asked(statistic::SAMPLE_COUNT).then_some(point.count),
        average: asked(statistic::AVERAGE).then_some(point.sum / point.count),
        sum: asked(statistic::SUM).then_some(point.sum),
        minimum: asked(statistic::MINIMUM).then_some(point.min),
        maximum: asked(statistic::MAXIMUM).then_some(point.max),
        unit: Some(unit.to_owned()),
        extended_statistics: (!known.is_empty()).then_some(known),
    }
}
