//! `GetMetricData`: queries, expressions, labels, pages, refusals.

use super::*;

fn metric(id: &str, name: &str, stat: &str, period: i64) -> MetricDataQuery {
    let metric =
        Metric { namespace: Some("App".to_owned()), metric_name: Some(name.to_owned()), dimensions: None };
    let stat = MetricStat { metric, period, stat: stat.to_owned(), unit: None };
    MetricDataQuery { id: id.to_owned(), metric_stat: Some(stat), ..MetricDataQuery::default() }
}

fn math(id: &str, expression: &str) -> MetricDataQuery {
    MetricDataQuery {
        id: id.to_owned(),
        expression: Some(expression.to_owned()),
        ..MetricDataQuery::default()
    }
}

fn hidden(query: MetricDataQuery) -> MetricDataQuery {
    MetricDataQuery { return_data: Some(false), ..query }
}

impl Bench {
    async fn ask(
        &self,
        queries: &[MetricDataQuery],
        change: impl FnOnce(&mut GetMetricDataInput),
    ) -> Result<GetMetricDataOutput, WireError> {
        let mut input = GetMetricDataInput {
            metric_data_queries: queries.to_vec(),
            start_time: Timestamp::TANK_EPOCH,
            end_time: Timestamp::TANK_EPOCH + Duration::from_secs(300),
            scan_by: Some("TimestampAscending".to_owned()),
            ..GetMetricDataInput::default()
        };
        change(&mut input);
        self.call::<GetMetricData>(input).await
    }

    /// `id label: +second value, ..`
    async fn series(&self, queries: &[MetricDataQuery]) -> Vec<String> {
        let output = self.ask(queries, |_| {}).await.unwrap();
        lines(&output)
    }
}

fn lines(output: &GetMetricDataOutput) -> Vec<String> {
    let line = |one: &MetricDataResult| {
        let times = one.timestamps.as_ref().unwrap().iter();
        let points = times.zip(one.values.as_ref().unwrap());
        let points =
            points.map(|(at, value)| format!("+{} {value}", at.secs() - Timestamp::TANK_EPOCH.secs()));
        let points: Vec<String> = points.collect();
        let (id, label) = (one.id.as_ref().unwrap(), one.label.as_ref().unwrap());
        format!("{id} {label}: {}", points.join(", "))
    };
    output.metric_data_results.as_ref().unwrap().iter().map(line).collect()
}

/// `calls` 10 a minute, `errors` 1 in the second minute.
async fn bench() -> Bench {
    let bench = Bench::new();
    for minute in 0..3 {
        bench.put("calls", 10.0).await;
        if minute == 1 {
            bench.put("errors", 1.0).await;
        }
        bench.advance(60).await;
    }
    bench
}

#[tokio::test]
async fn metrics_and_expressions_over_them_are_answered_in_order() {
    let bench = bench().await;
    assert_eq!(
        bench
            .series(&[
                math("rate", "100 * FILL(errors, 0) / calls"),
                metric("calls", "calls", "Sum", 60),
                hidden(metric("errors", "errors", "Sum", 60)),
                math("both", "METRICS() * 2"),
                math("twice", "rate + rate"),
            ])
            .await,
        [
            "rate rate: +0 0, +60 10, +120 0",
            "calls calls: +0 10, +60 10, +120 10",
            "both both calls: +0 20, +60 20, +120 20",
            "both both errors: +60 2",
            "twice twice: +0 0, +60 20, +120 0",
        ]
    );
}

#[tokio::test]
async fn labels_tell_what_differs_and_can_be_filled_in() {
    let bench = bench().await;
    // Recorded: LocalStack's `test_label_generation`, 2023-12-15.
    let labels = async |queries: &[MetricDataQuery]| {
        let found = bench.series(queries).await;
        found.iter().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (sum, least) = (metric("a", "calls", "Sum", 60), metric("b", "calls", "Minimum", 30));
    assert_eq!(labels(&[sum.clone(), least.clone()]).await, ["a calls Sum 60", "b calls Minimum 30"]);
    assert_eq!(labels(&[sum.clone(), metric("b", "calls", "Sum", 30)]).await, ["a calls 60", "b calls 30"]);
    assert_eq!(labels(&[sum.clone(), metric("b", "errors", "Sum", 60)]).await, ["a calls", "b errors"]);
    let own = MetricDataQuery {
        label: Some("${PROP('MetricName')} up to ${MAX}, ${SUM} in all ${NONE}".to_owned()),
        ..sum
    };
    assert_eq!(labels(&[own]).await, ["a calls up to 10, 30 in all ${NONE}"]);
}

#[tokio::test]
async fn of_several_units_the_first_is_given_with_a_message() {
    let bench = Bench::new();
    for (value, unit) in [(20.0, "Seconds"), (60_000.0, "Milliseconds")] {
        bench
            .put_with("m", |datum| (datum.value, datum.unit) = (Some(value), Some(unit.to_owned())))
            .await
            .unwrap();
    }
    let output = bench.ask(&[metric("m1", "m", "Sum", 60)], |_| {}).await.unwrap();
    assert_eq!(lines(&output), ["m1 m: +0 60000"]);
    let messages = output.metric_data_results.unwrap().remove(0).messages.unwrap();
    // Recorded: LocalStack's `test_get_metric_data_different_units_no_unit_in_query`, 2023-12-15.
    assert_eq!(messages[0].value.as_deref(), Some("Multiple units returned: '[Milliseconds, Seconds]'"));
    let mut of_unit = metric("m1", "m", "Sum", 60);
    of_unit.metric_stat.as_mut().unwrap().unit = Some("Seconds".to_owned());
    assert_eq!(bench.series(&[of_unit]).await, ["m1 m: +0 20"]);
}

#[tokio::test]
async fn pages_hold_as_many_points_as_asked_for() {
    let bench = bench().await;
    let queries = [metric("a", "calls", "Sum", 60), metric("b", "errors", "Sum", 60)];
    let mut seen = Vec::new();
    let mut next_token = None;
    loop {
        let token = next_token.clone();
        let change = |input: &mut GetMetricDataInput| {
            (input.max_datapoints, input.next_token, input.scan_by) = (Some(2), token, None)
        };
        let output = bench.ask(&queries, change).await.unwrap();
        let states: Vec<_> = output
            .metric_data_results
            .as_ref()
            .unwrap()
            .iter()
            .map(|one| one.status_code.clone().unwrap())
            .collect();
        seen.push(format!("{} {}", lines(&output).join("; "), states.join("; ")));
        next_token = output.next_token;
        if next_token.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        ["a calls: +120 10, +60 10 PartialData", "a calls: +0 10; b errors: +60 1 Complete; Complete"]
    );
}

#[tokio::test]
async fn queries_are_refused_with_their_place() {
    let bench = Bench::new();
    let check = async |queries: &[MetricDataQuery], expected: &str| {
        assert_eq!(refusal(bench.ask(queries, |_| {}).await), expected);
    };
    let one = metric("m1", "m", "Sum", 60);
    check(
        &[math("e1", "m1 +"), one.clone()],
        "ValidationError: Error in expression 'e1': Unexpected end at position 5",
    )
    .await;
    check(
        &[math("e1", "m2 + 1"), one.clone()],
        "ValidationError: Error in expression 'e1': Undefined identifier 'm2'",
    )
    .await;
    check(&[math("e1", "SUM(m1)"), one.clone()], "ValidationError: Error in expression 'e1': The expression must give a time series or an array of time series").await;
    check(
        &[math("e1", "e2"), math("e2", "e1")],
        "ValidationError: Error in expression 'e1': Circular reference",
    )
    .await;
    check(
        &[one.clone(), one.clone()],
        "ValidationError: The value m1 for parameter MetricDataQueries.member.2.Id is not unique.",
    )
    .await;
    check(
        &[metric("M", "m", "Sum", 60), metric("m2", "m", "Middle", 60), metric("m3", "m", "Sum", 70)],
        "ValidationError: The value M for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\nThe value for parameter MetricDataQueries.member.2.MetricStat.Stat is not a valid statistic.\nThe value 70 for parameter MetricDataQueries.member.3.MetricStat.Period is not a valid period.",
    )
    .await;
    check(
        &[MetricDataQuery { id: "m1".to_owned(), ..MetricDataQuery::default() }],
        "ValidationError: The parameter MetricDataQueries.member.1.MetricStat or MetricDataQueries.member.1.Expression must be specified.",
    )
    .await;
    check(
        &[math("e1", "SEARCH('x', 'Sum', 60)")],
        "NotImplemented: wavetank does not implement SEARCH in metric math.",
    )
    .await;
    check(
        &[math("e1", "SELECT AVG(a) FROM b")],
        "NotImplemented: wavetank does not implement Metrics Insights queries (SELECT ...).",
    )
    .await;
    let reversed = bench.ask(&[one], |input| input.end_time = input.start_time).await;
    assert_eq!(
        refusal(reversed),
        "ValidationError: The parameter StartTime must be less than the parameter EndTime."
    );
}
