//! Putting, listing and asking for statistics.

use super::*;

fn set(count: f64, sum: f64, min: f64, max: f64) -> Option<StatisticSet> {
    Some(StatisticSet { sample_count: count, sum, minimum: min, maximum: max })
}

#[tokio::test]
async fn values_of_a_period_are_taken_together_and_units_told_apart() {
    let bench = Bench::new();
    bench.put("m", 1.0).await;
    bench.put_with("m", |datum| datum.statistic_values = set(3.0, 6.0, 0.0, 5.0)).await.unwrap();
    bench
        .put_with("m", |datum| (datum.value, datum.unit) = (Some(7.0), Some("Seconds".to_owned())))
        .await
        .unwrap();
    bench.advance(120).await;
    bench
        .put_with("m", |datum| {
            (datum.values, datum.counts) = (Some(vec![1.0, 10.0, 10.5]), Some(vec![4.0, 1.0, 1.0]))
        })
        .await
        .unwrap();
    let wanted = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"];
    assert_eq!(
        bench.statistics(("App", "m"), &[], (120, 60), &wanted).await.unwrap(),
        [
            "+0 None: 4, 7, 1.75, 0, 5",
            "+0 Seconds: 1, 7, 7, 7, 7",
            "+120 None: 6, 24.5, 4.083333333333333, 1, 10.5"
        ]
    );
    // Without each value there are no percentiles.
    assert_eq!(
        bench.statistics(("App", "m"), &[], (120, 60), &["p50", "p90", "tm50"]).await.unwrap(),
        ["+0 None: -, -, -", "+0 Seconds: 7, 7, 7", "+120 None: 1, 10.5, 1"]
    );
    assert_eq!(bench.statistics(("App", "m"), &[("Host", "a")], (120, 60), &["Sum"]).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn percentiles_and_trimmed_statistics_are_of_the_values() {
    let bench = Bench::new();
    let values: Vec<f64> = (1..=100).map(f64::from).collect();
    bench.put_with("m", |datum| datum.values = Some(values)).await.unwrap();
    let check = async |wanted: &str, expected: &str| {
        let found = bench.statistics(("App", "m"), &[], (60, 60), &[wanted]).await.unwrap();
        assert_eq!(found, [format!("+60 None: {expected}")], "{wanted}");
    };
    check("p0", "1").await;
    check("p50", "50").await;
    check("p99", "99").await;
    check("p99.9", "100").await;
    check("p100", "100").await;
    check("tm90", "45.5").await;
    check("TM(10%:90%)", "50.5").await;
    check("TM(:10)", "5.5").await;
    check("IQM", "50.5").await;
    check("tc90", "90").await;
    check("TS(98:)", "199").await;
    check("PR(:25)", "25").await;
    check("PR(25:75)", "50").await;
    check("WM(10%:90%)", "50.4").await;
    let refused = bench.statistics(("App", "m"), &[], (60, 60), &["p101"]).await;
    assert_eq!(
        refusal(refused),
        "InvalidParameterValue: The value p101 for parameter ExtendedStatistics is not supported."
    );
}

#[tokio::test]
async fn what_cannot_be_put_is_refused_and_nothing_is_kept() {
    let bench = Bench::new();
    let check = async |change: &dyn Fn(&mut MetricDatum), expected: &str| {
        let refused = bench.put_with("m", |datum| change(datum)).await;
        assert_eq!(refusal(refused), expected);
    };
    let now = bench.now();
    check(&|_| {}, "MissingParameter: The parameter MetricData.member.1.Value, MetricData.member.1.StatisticValues or MetricData.member.1.Values must be specified.").await;
    check(
        &|datum| (datum.value, datum.timestamp) = (Some(1.0), Some(now - Duration::from_secs(14 * 86_400 + 1))),
        "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
    )
    .await;
    check(
        &|datum| (datum.value, datum.timestamp) = (Some(1.0), Some(now + Duration::from_secs(7_201))),
        "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future.",
    )
    .await;
    check(
        &|datum| datum.value = Some(f64::NAN),
        "InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is invalid.",
    )
    .await;
    check(
        &|datum| (datum.value, datum.values) = (Some(1.0), Some(vec![1.0])),
        "InvalidParameterCombination: The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.",
    )
    .await;
    check(
        &|datum| (datum.values, datum.counts) = (Some(vec![1.0]), Some(vec![1.0, 2.0])),
        "InvalidParameterValue: The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
    )
    .await;
    check(
        &|datum| datum.values = Some(vec![1.0; 151]),
        "InvalidParameterValue: The collection MetricData.member.1.Values must have 1 to 150 members.",
    )
    .await;
    check(
        &|datum| datum.statistic_values = set(0.0, 0.0, 0.0, 0.0),
        "InvalidParameterValue: The parameter MetricData.member.1.StatisticValues.SampleCount must be greater than 0.",
    )
    .await;
    check(
        &|datum| (datum.value, datum.storage_resolution) = (Some(1.0), Some(30)),
        "InvalidParameterValue: The value 30 for parameter MetricData.member.1.StorageResolution is invalid.",
    )
    .await;
    let good = MetricDatum { metric_name: "m".to_owned(), value: Some(1.0), ..MetricDatum::default() };
    let bad = MetricDatum { value: Some(f64::INFINITY), ..good.clone() };
    assert_eq!(
        refusal(bench.put_all(vec![good.clone(), bad.clone(), bad]).await),
        "InvalidParameterValue: The value inf for parameter MetricData.member.2.Value is invalid.\nThe value inf for parameter MetricData.member.3.Value is invalid."
    );
    assert_eq!(
        refusal(bench.put_all(vec![good; 1_001]).await),
        "InvalidParameterValue: The collection MetricData must not have a size greater than 1000."
    );
    let input = PutMetricDataInput { namespace: "AWS/Mine".to_owned(), ..PutMetricDataInput::default() };
    assert_eq!(
        refusal(bench.call::<PutMetricData>(input).await),
        "MissingParameter: The parameter MetricData is required."
    );
    let listed = bench.call::<ListMetrics>(ListMetricsInput::default()).await.unwrap();
    assert_eq!(listed.metrics, Some(Vec::new()));
}

#[tokio::test]
async fn statistics_are_refused_in_the_words_of_aws() {
    let bench = Bench::new();
    let check = async |(secs, period): (u64, i64), wanted: &[&str], expected: &str| {
        assert_eq!(refusal(bench.statistics(("App", "m"), &[], (secs, period), wanted).await), expected);
    };
    check((60, 60), &[], "MissingParameter: Must specify either Statistics or ExtendedStatistics.").await;
    check((60, 90), &["Sum"], "InvalidParameterValue: The parameter Period must be a multiple of 60.").await;
    check((60, 7), &["Sum"], "InvalidParameterValue: The parameter Period must be one of 1, 5, 10, 20 and 30, or a multiple of 60.").await;
    check(
        (86_400, 60),
        &["Sum"],
        "InvalidParameterCombination: You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
    )
    .await;
    let mut input = GetMetricStatisticsInput {
        namespace: "App".to_owned(),
        metric_name: "m".to_owned(),
        start_time: bench.now(),
        end_time: bench.now(),
        period: 60,
        statistics: Some(vec!["Sum".to_owned()]),
        ..GetMetricStatisticsInput::default()
    };
    let equal = bench.call::<GetMetricStatistics>(input.clone()).await;
    assert_eq!(
        refusal(equal),
        "InvalidParameterValue: The parameter StartTime must not equal parameter EndTime."
    );
    input.start_time = bench.now() + Duration::from_secs(1);
    let reversed = bench.call::<GetMetricStatistics>(input).await;
    assert_eq!(
        refusal(reversed),
        "InvalidParameterCombination: The parameter StartTime must be less than the parameter EndTime."
    );
}

#[tokio::test]
async fn seconds_are_kept_for_hours_minutes_for_days_and_hours_for_a_year() {
    let bench = Bench::new();
    for n in 0..3 {
        bench
            .put_with("m", |datum| (datum.value, datum.storage_resolution) = (Some(f64::from(n)), Some(1)))
            .await
            .unwrap();
        bench.advance(10).await;
    }
    let sums = async |secs: u64, period: i64| {
        bench.statistics(("App", "m"), &[], (secs, period), &["Sum"]).await.unwrap()
    };
    assert_eq!(sums(30, 10).await, ["+0 None: 0", "+10 None: 1", "+20 None: 2"]);
    assert_eq!(sums(30, 60).await, ["+0 None: 3"]);
    bench.advance(4 * 3_600).await;
    assert_eq!(sums(4 * 3_600 + 30, 30).await, [""; 0]);
    assert_eq!(sums(4 * 3_600 + 30, 60).await, ["+0 None: 3"]);
    bench.advance(16 * 86_400).await;
    // By the minute nothing is left; by five there is.
    let span = 16 * 86_400 + 4 * 3_600 + 30;
    assert_eq!(sums(span, 86_400).await.len(), 1);
    assert_eq!(sums(span, 900 * 60).await.len(), 1);
    bench.advance(60 * 86_400).await;
    assert_eq!(sums(span + 60 * 86_400, 86_400).await.len(), 1);
    bench.advance(400 * 86_400).await;
    assert_eq!(sums(span + 460 * 86_400, 86_400 * 7).await, [""; 0]);
}

#[tokio::test]
async fn metrics_are_listed_by_what_they_are_of_for_two_weeks() {
    let bench = Bench::new();
    for host in ["a", "b"] {
        for metric in ["cpu", "mem"] {
            let of = dimensions(&[("Region", "x"), ("Host", host)]);
            bench
                .put_with(metric, |datum| (datum.value, datum.dimensions) = (Some(1.0), Some(of)))
                .await
                .unwrap();
        }
    }
    let list = async |change: &dyn Fn(&mut ListMetricsInput)| {
        let mut input = ListMetricsInput::default();
        change(&mut input);
        let found = bench.call::<ListMetrics>(input).await.unwrap().metrics.unwrap();
        let line = |metric: Metric| {
            let values =
                metric.dimensions.unwrap().into_iter().map(|one| format!("{}={}", one.name, one.value));
            format!("{} {}", metric.metric_name.unwrap(), values.collect::<Vec<_>>().join(","))
        };
        found.into_iter().map(line).collect::<Vec<String>>()
    };
    let of = |name: &str, value: Option<&str>| {
        Some(vec![DimensionFilter { name: name.to_owned(), value: value.map(str::to_owned) }])
    };
    assert_eq!(list(&|_| {}).await.len(), 4);
    assert_eq!(
        list(&|input| input.metric_name = Some("cpu".to_owned())).await,
        ["cpu Host=a,Region=x", "cpu Host=b,Region=x"]
    );
    assert_eq!(
        list(&|input| input.dimensions = of("Host", Some("b"))).await,
        ["cpu Host=b,Region=x", "mem Host=b,Region=x"]
    );
    assert_eq!(list(&|input| input.dimensions = of("Host", None)).await.len(), 4);
    assert_eq!(list(&|input| input.dimensions = of("Disk", None)).await, [""; 0]);
    assert_eq!(list(&|input| input.namespace = Some("Other".to_owned())).await, [""; 0]);
    bench.advance(4 * 3_600).await;
    assert_eq!(list(&|input| input.recently_active = Some("PT3H".to_owned())).await, [""; 0]);
    assert_eq!(list(&|_| {}).await.len(), 4);
    bench.advance(14 * 86_400).await;
    assert_eq!(list(&|_| {}).await, [""; 0]);
}

#[tokio::test]
async fn a_page_lists_five_hundred_metrics() {
    let bench = Bench::new();
    let datum =
        |n| MetricDatum { metric_name: format!("m{n:03}"), value: Some(1.0), ..MetricDatum::default() };
    bench.put_all((0..600).map(datum).collect()).await.unwrap();
    let first = bench.call::<ListMetrics>(ListMetricsInput::default()).await.unwrap();
    assert_eq!(first.metrics.unwrap().len(), 500);
    let next = ListMetricsInput { next_token: first.next_token, ..ListMetricsInput::default() };
    let second = bench.call::<ListMetrics>(next).await.unwrap();
    let second = second.metrics.unwrap();
    assert_eq!((second.len(), second[0].metric_name.as_deref()), (100, Some("m500")));
    let wrong = ListMetricsInput { next_token: Some("nonsense".to_owned()), ..ListMetricsInput::default() };
    assert_eq!(
        refusal(bench.call::<ListMetrics>(wrong).await),
        "InvalidNextToken: The service token NextToken is invalid."
    );
}
