//! What CloudWatch counted during a run: sums, and the largest of each period.

use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::{Dimension, GetMetricStatistics, GetMetricStatisticsInput};

use super::{Count, Unit};
use crate::client::Aws;

/// Most datapoints of one answer. Documented:
/// docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html (read 2026-11-29).
const POINTS_MAX: i64 = 1_440;
const DAY_SECS: i64 = 86_400;

/// Asks CloudWatch about the time of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meters<'a> {
    pub(super) aws: Aws<'a>,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

/// A metric by namespace, name and dimensions.
pub(super) type Metric<'a> = (&'static str, &'static str, &'a [(&'static str, &'a str)]);

impl Meters<'_> {
    /// The sum as a count; nothing if CloudWatch has none.
    pub(super) async fn sum(self, metric: Metric<'_>, unit: Unit) -> Option<Count> {
        let points = self.points(metric, "Sum", DAY_SECS).await;
        let sum: f64 = points.iter().map(|(_, value)| value).sum();
        (!points.is_empty() && sum >= 0.5)
            .then(|| Count::new(sum.round() as u64, unit, format!("CloudWatch {} {}", metric.0, metric.1)))
    }

    /// How often something was measured.
    pub(super) async fn samples(self, metric: Metric<'_>) -> u64 {
        let points = self.points(metric, "SampleCount", DAY_SECS).await;
        points.iter().map(|(_, value)| value.round() as u64).sum()
    }

    /// The largest value of each period, and the period's seconds.
    pub(super) async fn largest(self, metric: Metric<'_>) -> (Vec<(Timestamp, f64)>, i64) {
        let period = self.period();
        (self.points(metric, "Maximum", period).await, period)
    }

    /// When there was something to count: periods beside each other as one.
    pub(super) async fn counted(self, metric: Metric<'_>) -> Vec<(Timestamp, Timestamp)> {
        let period = self.period();
        let length = Duration::from_secs(u64::try_from(period).unwrap_or(60));
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (at, _) in self.points(metric, "Sum", period).await.into_iter().filter(|(_, sum)| *sum > 0.0) {
            match spans.last_mut() {
                Some((_, until)) if *until >= at => *until = at + length,
                _ => spans.push((at, at + length)),
            }
        }
        spans
    }

    /// Seconds of the shortest period of which all fit one answer.
    fn period(self) -> i64 {
        let secs = i64::try_from(self.until.since(self.since).as_secs()).unwrap_or(i64::MAX);
        secs / (POINTS_MAX - 2) / 60 * 60 + 60
    }

    async fn points(self, metric: Metric<'_>, statistic: &str, period: i64) -> Vec<(Timestamp, f64)> {
        let (namespace, name, dimensions) = metric;
        let dimension =
            |(name, value): &(&str, &str)| Dimension { name: (*name).to_owned(), value: (*value).to_owned() };
        let input = GetMetricStatisticsInput {
            namespace: namespace.to_owned(),
            metric_name: name.to_owned(),
            dimensions: Some(dimensions.iter().map(dimension).collect()),
            start_time: Timestamp::from_secs(self.since.secs().div_euclid(60) * 60),
            end_time: self.until + Duration::from_secs(60),
            period,
            statistics: Some(vec![statistic.to_owned()]),
            ..GetMetricStatisticsInput::default()
        };
        // Who has no CloudWatch has counted nothing: the picture then says so by having no numbers.
        let answer = self.aws.call::<GetMetricStatistics>(input).await.unwrap_or_default();
        let value = |point: &wavetank_wire::cloudwatch::Datapoint| match statistic {
            "Sum" => point.sum,
            "Maximum" => point.maximum,
            _ => point.sample_count,
        };
        let points = answer.datapoints.unwrap_or_default();
        let mut points: Vec<(Timestamp, f64)> =
            points.iter().filter_map(|point| Some((point.timestamp?, value(point)?))).collect();
        points.sort_by_key(|(at, _)| *at);
        points
    }
}
