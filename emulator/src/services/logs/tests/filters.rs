//! Metric filters in a frozen tank: what CloudWatch has after the minute.

use wavetank_wire::cloudwatch as cw;

use super::*;

fn metric(value: &str) -> MetricTransformation {
    MetricTransformation {
        metric_name: "m".to_owned(),
        metric_namespace: "App".to_owned(),
        metric_value: value.to_owned(),
        ..Default::default()
    }
}

async fn put_filter(tank: &Tank, pattern: &str, metric: MetricTransformation) -> Result<(), WireError> {
    let input = PutMetricFilterInput {
        log_group_name: GROUP.to_owned(),
        filter_name: "f".to_owned(),
        filter_pattern: pattern.to_owned(),
        metric_transformations: vec![metric],
        ..Default::default()
    };
    call::<PutMetricFilter>(tank, input).await.map(|_| ())
}

/// Sum and sample count of each minute of the metric.
async fn minutes(tank: &Tank, dimensions: &[(&str, &str)]) -> Vec<(f64, f64)> {
    let dimension =
        |(name, value): &(&str, &str)| cw::Dimension { name: (*name).to_owned(), value: (*value).to_owned() };
    let input = cw::GetMetricStatisticsInput {
        namespace: "App".to_owned(),
        metric_name: "m".to_owned(),
        dimensions: Some(dimensions.iter().map(dimension).collect()),
        start_time: tank.now() - Duration::from_secs(3_600),
        end_time: tank.now() + Duration::from_secs(60),
        period: 60,
        statistics: Some(vec!["Sum".to_owned(), "SampleCount".to_owned()]),
        ..Default::default()
    };
    let points = call::<cw::GetMetricStatistics>(tank, input).await.unwrap().datapoints.unwrap();
    let mut points: Vec<_> = points
        .into_iter()
        .map(|point| (point.timestamp.unwrap(), point.sum.unwrap(), point.sample_count.unwrap()))
        .collect();
    points.sort_by_key(|(at, ..)| *at);
    points.into_iter().map(|(_, sum, count)| (sum, count)).collect()
}

#[tokio::test]
async fn values_are_taken_out_of_what_matches_and_reported_by_the_minute() {
    let tank = tank().await;
    put_filter(&tank, "{ $.ms = * }", metric("$.ms")).await.unwrap();
    put(&tank, &[(0, r#"{"ms":5}"#), (1, r#"{"ms":5}"#), (2, r#"{"ms":7.5}"#), (3, "plain")]).await.unwrap();
    assert_eq!(minutes(&tank, &[]).await, []);
    tank.advance(Duration::from_secs(60)).await;
    assert_eq!(minutes(&tank, &[]).await, [(17.5, 3.0)]);
    assert!(tank.settle(Duration::from_secs(3_600)).await, "an idle filter leaves nothing to do");
}

#[tokio::test]
async fn an_event_in_the_embedded_metric_format_tells_its_numbers_without_a_filter() {
    let tank = tank().await;
    let event = |ms: &str| {
        let metrics = r#"{"Namespace":"App","Dimensions":[["page"],[]],"Metrics":[{"Name":"m","Unit":"Milliseconds"}]}"#;
        let at = tank.now().millis();
        format!(r#"{{"_aws":{{"Timestamp":{at},"CloudWatchMetrics":[{metrics}]}},"page":"home","m":{ms}}}"#)
    };
    put(&tank, &[(0, &event("5")), (1, &event("[5, 7.5]")), (2, "plain")]).await.unwrap();
    tank.advance(Duration::from_secs(60)).await;
    assert_eq!(minutes(&tank, &[("page", "home")]).await, [(17.5, 3.0)]);
    assert_eq!(minutes(&tank, &[]).await, [(17.5, 3.0)]);
    assert!(tank.settle(Duration::from_secs(3_600)).await, "it leaves nothing to do");
}

#[tokio::test]
async fn a_minute_with_events_but_without_a_match_reports_the_default() {
    let tank = tank().await;
    let with_default = MetricTransformation { default_value: Some(0.0), ..metric("1") };
    put_filter(&tank, "ERROR", with_default).await.unwrap();
    put(&tank, &[(0, "ERROR"), (1, "fine"), (2, "ERROR")]).await.unwrap();
    tank.advance(Duration::from_secs(60)).await;
    put(&tank, &[(0, "fine"), (1, "fine")]).await.unwrap();
    tank.advance(Duration::from_secs(120)).await;
    assert_eq!(minutes(&tank, &[]).await, [(2.0, 2.0), (0.0, 1.0)]);
}

#[tokio::test]
async fn dimensions_split_a_metric_by_fields() {
    let tank = tank().await;
    let dimensions = Some([("Status".to_owned(), "$status".to_owned())].into());
    put_filter(&tank, "[ip, status, size]", MetricTransformation { dimensions, ..metric("$size") })
        .await
        .unwrap();
    put(&tank, &[(0, "1.1.1.1 200 10"), (1, "1.1.1.1 404 3"), (2, "2.2.2.2 200 5"), (3, "no")])
        .await
        .unwrap();
    tank.advance(Duration::from_secs(60)).await;
    assert_eq!(minutes(&tank, &[("Status", "200")]).await, [(15.0, 2.0)]);
    assert_eq!(minutes(&tank, &[("Status", "404")]).await, [(3.0, 1.0)]);
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let tank = tank().await;
    let dimensions = Some([("D".to_owned(), "$.d".to_owned())].into());
    let with_dimensions = MetricTransformation { dimensions, ..metric("1") };
    let both = MetricTransformation { default_value: Some(0.0), ..with_dimensions.clone() };
    let cases = [
        ("ERROR", with_dimensions, "The specified filter pattern does not support dimensions"),
        (
            "{ $.a = 1 }",
            both,
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
        ),
        ("ERROR", metric("$.a"), "Invalid metric value: $.a"),
        ("ERROR", metric("one"), "Invalid metric value: one"),
        ("[a, b", metric("1"), "Invalid filter pattern: expected a comparison at character 5"),
    ];
    for (pattern, metric, expected) in cases {
        let refused = put_filter(&tank, pattern, metric).await.unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("InvalidParameterException", expected)
        );
    }
}

#[tokio::test]
async fn a_filter_is_tried_listed_and_deleted() {
    let tank = tank().await;
    put_filter(&tank, "{ $.a = 1 }", metric("1")).await.unwrap();
    let input = TestMetricFilterInput {
        filter_pattern: "{ $.a = 1 }".to_owned(),
        log_event_messages: ["no", r#"{"a":1}"#].map(str::to_owned).into(),
    };
    let matches = call::<TestMetricFilter>(&tank, input).await.unwrap().matches.unwrap();
    let values = matches[0].extracted_values.clone().unwrap();
    assert_eq!((matches.len(), matches[0].event_number, values["$.a"].as_str()), (1, Some(2), "1"));
    let input = DescribeMetricFiltersInput { log_group_name: Some(GROUP.to_owned()), ..Default::default() };
    let listed = call::<DescribeMetricFilters>(&tank, input).await.unwrap().metric_filters.unwrap();
    assert_eq!(listed[0].filter_name.as_deref(), Some("f"));
    let input = DeleteMetricFilterInput { log_group_name: GROUP.to_owned(), filter_name: "f".to_owned() };
    call::<DeleteMetricFilter>(&tank, input.clone()).await.unwrap();
    let gone = call::<DeleteMetricFilter>(&tank, input).await.unwrap_err();
    assert_eq!(gone.to_string(), "ResourceNotFoundException: The specified metric filter does not exist.");
}
