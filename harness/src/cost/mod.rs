//! What the run would have cost on AWS: usage seen through the public API, times dated prices (`prices.toml`).
//!
//! Left out, and named in the report: [`WITHOUT`], and things of a class whose price is not in the list.

mod dynamodb;
mod hours;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::cloudwatch::{Dimension, GetMetricStatistics, GetMetricStatisticsInput};
use wavetank_wire::glue::*;
use wavetank_wire::logs::{FilterLogEvents, FilterLogEventsInput};

use crate::client::Aws;
use crate::sweep::traces::{self, Resource};
use crate::sweep::{self, if_there};

/// Least seconds that a job run is charged for. Documented: aws.amazon.com/glue/pricing (Glue 2.0 and later).
const JOB_SECONDS_MIN: f64 = 60.0;
/// Least seconds that a crawl is charged for. Documented: aws.amazon.com/glue/pricing.
const CRAWL_SECONDS_MIN: f64 = 600.0;
/// DPUs of a crawler. Assumed: AWS does not state it.
const CRAWLER_DPU: f64 = 2.0;
/// Least bytes that a query is charged for. Documented: aws.amazon.com/athena/pricing.
const QUERY_BYTES_MIN: u64 = 10_000_000;

/// Hours of a month, as AWS's prices count them.
const MONTH_HOURS: f64 = 730.0;
/// The longest period of statistics, in seconds: a year of them fits one answer.
const DAY_SECS: i64 = 86_400;

/// What no estimate has, in English and Vietnamese.
pub const WITHOUT: (&str, &str) = (
    "storage in S3, data transfer, metrics and alarms, secrets, requests that services make of each other",
    "lưu trữ trong S3, truyền dữ liệu, metric và alarm, secret, các request giữa những dịch vụ với nhau",
);

#[derive(Debug, Deserialize)]
struct Prices {
    as_of: String,
    price: BTreeMap<String, Price>,
}

#[derive(Debug, Deserialize)]
struct Price {
    usd: f64,
}

/// One line of the estimate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What is charged.
    pub name: String,
    /// How much of it, in the unit of `prices.toml`.
    pub quantity: f64,
    /// US dollars.
    pub usd: f64,
}

/// What the run would have cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// The date of the prices.
    pub as_of: String,
    /// By what is charged.
    pub items: Vec<Item>,
    /// Hours of classes without a price, such as `rds_hour db.x2g.large`.
    pub unpriced: Vec<String>,
}

impl Cost {
    /// Whether anybody asked for it: a simulation does not.
    pub fn is_known(&self) -> bool {
        !self.as_of.is_empty()
    }

    /// US dollars in all.
    pub fn usd(&self) -> f64 {
        self.items.iter().fold(0.0, |sum, item| sum + item.usd)
    }
}

/// Usage that the harness itself knows.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Objects stored.
    pub puts: u64,
    /// Objects read.
    pub gets: u64,
    /// Bytes that each query scanned.
    pub query_bytes: Vec<u64>,
}

/// What is charged is what a stack has made: others' things on the same server or in the same account are not the run's.
struct Made<'a> {
    aws: Aws<'a>,
    resources: Vec<Resource>,
}

impl Made<'_> {
    /// Physical ids of this type.
    fn of_kind<'m>(&'m self, kind: &'m str) -> impl Iterator<Item = &'m str> {
        traces::of_kind(&self.resources, kind)
    }
}

/// Adds up what the harness knows and what the API tells of the resources of a stack.
pub async fn estimate(aws: Aws<'_>, stack: &str, usage: &Usage) -> Result<Cost, WireError> {
    let resources = if_there(traces::resources(aws, stack).await)?.unwrap_or_default();
    estimate_of(aws, resources, usage).await
}

/// The same of things that are there without a stack.
pub(crate) async fn estimate_of(
    aws: Aws<'_>,
    resources: Vec<Resource>,
    usage: &Usage,
) -> Result<Cost, WireError> {
    let made = Made { aws, resources };
    let (requests, gb_seconds) = lambda_usage(&made).await?;
    let scanned: u64 = usage.query_bytes.iter().map(|bytes| (*bytes).max(QUERY_BYTES_MIN)).sum();
    let tables = dynamodb::charged(&made).await?;
    let quantities: [(&str, f64); 13] = [
        ("s3_put", usage.puts as f64),
        ("s3_get", usage.gets as f64),
        ("lambda_request", requests),
        ("lambda_gb_second", gb_seconds),
        ("glue_dpu_hour", job_dpu_hours(&made).await?),
        ("crawler_dpu_hour", crawl_dpu_hours(&made).await?),
        ("athena_tb", scanned as f64 / 1e12),
        ("logs_gb", log_bytes(&made).await? / 1e9),
        ("dynamodb_write_request", tables.write_requests),
        ("dynamodb_read_request", tables.read_requests),
        ("dynamodb_write_unit_hour", tables.write_unit_hours),
        ("dynamodb_read_unit_hour", tables.read_unit_hours),
        ("dynamodb_gb_month", tables.gb_months),
    ];
    let prices: Prices =
        toml::from_str(include_str!("prices.toml")).expect("the price list is checked by a test");
    let mut cost = Cost { as_of: prices.as_of.clone(), ..Cost::default() };
    let known = quantities.map(|(name, quantity)| (name.to_owned(), quantity));
    for (name, quantity) in known.into_iter().chain(hours::charged(&made).await?) {
        cost.add(&prices, name, quantity);
    }
    Ok(cost)
}

impl Cost {
    /// Takes in what something else costs besides.
    pub(crate) fn take(&mut self, other: Self) {
        self.as_of = other.as_of;
        for item in other.items {
            match self.items.iter_mut().find(|known| known.name == item.name) {
                Some(known) => {
                    known.quantity += item.quantity;
                    known.usd += item.usd;
                }
                None => self.items.push(item),
            }
        }
        for name in other.unpriced {
            if !self.unpriced.contains(&name) {
                self.unpriced.push(name);
            }
        }
    }

    /// Several of one name are one line.
    fn add(&mut self, prices: &Prices, name: String, quantity: f64) {
        let Some(price) = prices.price.get(&name) else {
            if !self.unpriced.contains(&name) {
                self.unpriced.push(name);
            }
            return;
        };
        let usd = quantity * price.usd;
        match self.items.iter_mut().find(|item| item.name == name) {
            Some(item) => {
                item.quantity += quantity;
                item.usd += usd;
            }
            None => self.items.push(Item { name, quantity, usd }),
        }
    }
}

/// A metric's sum since an instant: its namespace and name, and its dimensions.
async fn metric_sum(
    aws: Aws<'_>,
    (namespace, name): (&str, &str),
    dimensions: &[(&str, &str)],
    since: Timestamp,
) -> Result<f64, WireError> {
    let dimension =
        |(name, value): &(&str, &str)| Dimension { name: (*name).to_owned(), value: (*value).to_owned() };
    let input = GetMetricStatisticsInput {
        namespace: namespace.to_owned(),
        metric_name: name.to_owned(),
        dimensions: Some(dimensions.iter().map(dimension).collect()),
        start_time: Timestamp::from_secs(since.secs().div_euclid(60) * 60),
        end_time: aws.target().now() + Duration::from_secs(60),
        period: DAY_SECS,
        statistics: Some(vec!["Sum".to_owned()]),
        ..GetMetricStatisticsInput::default()
    };
    let points = aws.call::<GetMetricStatistics>(input).await?.datapoints.unwrap_or_default();
    Ok(points.iter().filter_map(|point| point.sum).sum())
}

/// DPUs of a worker. Documented: docs.aws.amazon.com/glue/latest/dg/worker-types.html
fn worker_dpu(worker_type: Option<&str>) -> f64 {
    match worker_type {
        Some("G.025X") => 0.25,
        Some("G.2X") => 2.0,
        Some("G.4X") => 4.0,
        Some("G.8X") => 8.0,
        _ => 1.0,
    }
}

async fn job_dpu_hours(made: &Made<'_>) -> Result<f64, WireError> {
    let mut hours = 0.0;
    for job in made.of_kind("AWS::Glue::Job") {
        for run in traces::runs(made.aws, job).await? {
            let workers = run.number_of_workers.unwrap_or(1) as f64;
            let dpu = match run.number_of_workers {
                Some(_) => workers * worker_dpu(run.worker_type.as_deref()),
                None => run.max_capacity.unwrap_or(1.0),
            };
            hours += dpu * (run.execution_time.unwrap_or(0) as f64).max(JOB_SECONDS_MIN) / 3_600.0;
        }
    }
    Ok(hours)
}

async fn crawl_dpu_hours(made: &Made<'_>) -> Result<f64, WireError> {
    let mut hours = 0.0;
    for crawler in made.of_kind("AWS::Glue::Crawler") {
        let mut input = ListCrawlsInput { crawler_name: crawler.to_owned(), ..ListCrawlsInput::default() };
        loop {
            let page = made.aws.call::<ListCrawls>(input.clone()).await?;
            for crawl in page.crawls.unwrap_or_default() {
                let seconds = match (crawl.start_time, crawl.end_time) {
                    (Some(start), Some(end)) => end.since(start).as_secs_f64(),
                    _ => 0.0,
                };
                hours += CRAWLER_DPU * seconds.max(CRAWL_SECONDS_MIN) / 3_600.0;
            }
            input.next_token = page.next_token;
            if input.next_token.is_none() {
                break;
            }
        }
    }
    Ok(hours)
}

/// Requests and GB-seconds of every function, from its REPORT lines.
async fn lambda_usage(made: &Made<'_>) -> Result<(f64, f64), WireError> {
    let (mut requests, mut gb_seconds) = (0.0, 0.0);
    for function in made.of_kind("AWS::Lambda::Function") {
        let mut input = FilterLogEventsInput {
            log_group_name: Some(format!("/aws/lambda/{function}")),
            filter_pattern: Some("\"REPORT RequestId:\"".to_owned()),
            ..FilterLogEventsInput::default()
        };
        // A function that never ran has no log group.
        while let Some(page) = if_there(made.aws.call::<FilterLogEvents>(input.clone()).await)? {
            for event in page.events.unwrap_or_default() {
                let line = event.message.unwrap_or_default();
                requests += 1.0;
                let billed_ms = number_after(&line, "Billed Duration: ");
                gb_seconds += billed_ms / 1_000.0 * number_after(&line, "Memory Size: ") / 1_024.0;
            }
            input.next_token = page.next_token;
            if input.next_token.is_none() {
                break;
            }
        }
    }
    Ok((requests, gb_seconds))
}

/// Bytes that lie in the log groups of resources. Those that Glue's runs share with others are left out.
async fn log_bytes(made: &Made<'_>) -> Result<f64, WireError> {
    let mut bytes = 0.0;
    for pattern in made.resources.iter().filter_map(traces::log_group) {
        for group in sweep::logs::matching(made.aws, &pattern).await? {
            bytes += group.stored_bytes.unwrap_or(0) as f64;
        }
    }
    Ok(bytes)
}

fn number_after(line: &str, label: &str) -> f64 {
    let rest = line.split_once(label).map_or("", |(_, rest)| rest);
    rest.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_has_a_date_a_source_and_is_used() {
        let prices: Prices = toml::from_str(include_str!("prices.toml")).unwrap();
        assert!(!prices.as_of.is_empty());
        let asked = |name: &&String| name.starts_with("rds_hour ") || name.starts_with("mwaa_hour ");
        assert_eq!(prices.price.keys().filter(|name| !asked(name)).count(), 20);
    }

    #[test]
    fn a_class_without_a_price_is_named_and_the_same_twice_is_one_line() {
        let prices: Prices = toml::from_str(include_str!("prices.toml")).unwrap();
        let mut cost = Cost::default();
        for (name, quantity) in
            [("rds_hour db.t3.micro", 2.0), ("rds_hour db.odd", 1.0), ("rds_hour db.t3.micro", 1.0)]
        {
            cost.add(&prices, name.to_owned(), quantity);
        }
        assert_eq!((cost.items.len(), cost.items[0].quantity), (1, 3.0));
        assert_eq!(cost.unpriced, ["rds_hour db.odd"]);
    }

    #[test]
    fn costs_of_several_things_are_one_list() {
        let item = |name: &str, usd: f64| Item { name: name.to_owned(), quantity: 1.0, usd };
        let of = |items: Vec<Item>, unpriced: &str| Cost {
            as_of: "2026-11-20".to_owned(),
            items,
            unpriced: vec![unpriced.to_owned()],
        };
        let mut all = of(vec![item("s3_put", 0.25)], "rds_hour db.odd");
        all.take(of(vec![item("s3_put", 0.5), item("s3_get", 0.125)], "rds_hour db.odd"));
        assert_eq!(all.items.iter().map(|item| item.usd).collect::<Vec<_>>(), [0.75, 0.125]);
        assert_eq!((all.items[0].quantity, all.unpriced.len()), (2.0, 1));
    }

    #[test]
    fn a_report_line_gives_up_its_numbers() {
        let line = "REPORT RequestId: x\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB\t";
        assert_eq!(
            (number_after(line, "Billed Duration: "), number_after(line, "Memory Size: ")),
            (13.0, 256.0)
        );
    }
}
