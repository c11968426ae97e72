//! CloudWatch on a frozen tank: what clients are told, when alarms go off, what our services count.

mod alarms;
mod counted;
mod dashboards;
mod decisions;
mod metrics;
mod queries;

use std::time::Duration;

use wavetank_types::{Seed, Timestamp};
use wavetank_wire::cloudwatch::*;
use wavetank_wire::{Operation, WireError};

use crate::world::testing::refusal;
use crate::{Scope, Tank};

/// A tank, and short words for what clients do.
struct Bench {
    tank: Tank,
}

/// `Name=value` pairs.
fn dimensions(pairs: &[(&str, &str)]) -> Vec<Dimension> {
    let one =
        |(name, value): &(&str, &str)| Dimension { name: (*name).to_owned(), value: (*value).to_owned() };
    pairs.iter().map(one).collect()
}

impl Bench {
    fn new() -> Self {
        Self { tank: Tank::builder().seed(Seed(7)).build() }
    }

    async fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.tank.request::<O>(&Scope::default(), input).await
    }

    fn now(&self) -> Timestamp {
        self.tank.now()
    }

    async fn advance(&self, secs: u64) {
        self.tank.advance(Duration::from_secs(secs)).await;
    }

    /// Puts one value of `App/metric`.
    async fn put(&self, metric: &str, value: f64) {
        self.put_with(metric, |datum| datum.value = Some(value)).await.unwrap();
    }

    async fn put_with(&self, metric: &str, change: impl FnOnce(&mut MetricDatum)) -> Result<(), WireError> {
        let mut datum = MetricDatum { metric_name: metric.to_owned(), ..MetricDatum::default() };
        change(&mut datum);
        self.put_all(vec![datum]).await
    }

    async fn put_all(&self, data: Vec<MetricDatum>) -> Result<(), WireError> {
        let input = PutMetricDataInput {
            namespace: "App".to_owned(),
            metric_data: Some(data),
            ..PutMetricDataInput::default()
        };
        self.call::<PutMetricData>(input).await.map(drop)
    }

    /// Statistics of `namespace/metric` over the last `secs`, by `period`: `+second Unit: value, value`.
    async fn statistics(
        &self,
        (namespace, metric): (&str, &str),
        of: &[(&str, &str)],
        (secs, period): (u64, i64),
        wanted: &[&str],
    ) -> Result<Vec<String>, WireError> {
        let start = self.now() - Duration::from_secs(secs);
        let is_plain = |name: &str| matches!(name, "Sum" | "Average" | "Minimum" | "Maximum" | "SampleCount");
        let list =
            |names: Vec<&&str>| Some(names.into_iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let input = GetMetricStatisticsInput {
            namespace: namespace.to_owned(),
            metric_name: metric.to_owned(),
            dimensions: Some(dimensions(of)),
            start_time: start,
            end_time: self.now() + Duration::from_secs(60),
            period,
            statistics: list(wanted.iter().filter(|name| is_plain(name)).collect())
                .filter(|all| !all.is_empty()),
            extended_statistics: list(wanted.iter().filter(|name| !is_plain(name)).collect())
                .filter(|all| !all.is_empty()),
            unit: None,
        };
        let points = self.call::<GetMetricStatistics>(input).await?.datapoints.unwrap();
        let begin = start.secs().div_euclid(60) * 60;
        let line = |point: Datapoint| {
            let of = |name: &&str| match *name {
                "Sum" => point.sum,
                "Average" => point.average,
                "Minimum" => point.minimum,
                "Maximum" => point.maximum,
                "SampleCount" => point.sample_count,
                other => point.extended_statistics.as_ref().and_then(|all| all.get(other).copied()),
            };
            let values = wanted.iter().map(of);
            let values = values.map(|value| value.map_or_else(|| "-".to_owned(), |value| value.to_string()));
            let second = point.timestamp.unwrap().secs() - begin;
            format!("+{second} {}: {}", point.unit.unwrap(), values.collect::<Vec<_>>().join(", "))
        };
        Ok(points.into_iter().map(line).collect())
    }
}
