//! Alarms in tank time: when they go off, whom they tell, and when they rest.

use serde_json::Value;
use wavetank_wire::{lambda, sns, sqs};

use super::*;

fn alarm(name: &str) -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        alarm_name: name.to_owned(),
        namespace: Some("App".to_owned()),
        metric_name: Some("m".to_owned()),
        statistic: Some("Maximum".to_owned()),
        period: Some(60),
        evaluation_periods: Some(1),
        threshold: Some(2.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        ..PutMetricAlarmInput::default()
    }
}

impl Bench {
    async fn put_alarm(&self, input: PutMetricAlarmInput) -> Result<(), WireError> {
        self.call::<PutMetricAlarm>(input).await.map(drop)
    }

    async fn alarms(&self) -> Vec<MetricAlarm> {
        self.call::<DescribeAlarms>(DescribeAlarmsInput::default()).await.unwrap().metric_alarms.unwrap()
    }

    async fn state(&self) -> String {
        self.alarms().await.remove(0).state_value.unwrap()
    }

    /// A topic with a queue behind it: the topic's ARN and the queue's URL.
    async fn listener(&self) -> (String, String) {
        let input = sqs::CreateQueueInput { queue_name: "told".to_owned(), ..Default::default() };
        let url = self.call::<sqs::CreateQueue>(input).await.unwrap().queue_url.unwrap();
        let input = sns::CreateTopicInput { name: "news".to_owned(), ..Default::default() };
        let topic = self.call::<sns::CreateTopic>(input).await.unwrap().topic_arn.unwrap();
        let input = sns::SubscribeInput {
            topic_arn: topic.clone(),
            protocol: "sqs".to_owned(),
            endpoint: Some("arn:aws:sqs:us-east-1:000000000000:told".to_owned()),
            ..Default::default()
        };
        self.call::<sns::Subscribe>(input).await.unwrap();
        (topic, url)
    }

    /// What the queue has been told: the subject, the message.
    async fn told(&self, url: &str) -> Vec<(String, Value)> {
        let input = sqs::ReceiveMessageInput {
            queue_url: url.to_owned(),
            max_number_of_messages: Some(10),
            ..Default::default()
        };
        let messages = self.call::<sqs::ReceiveMessage>(input).await.unwrap().messages.unwrap_or_default();
        for message in &messages {
            let receipt_handle = message.receipt_handle.clone().unwrap();
            let input = sqs::DeleteMessageInput { queue_url: url.to_owned(), receipt_handle };
            self.call::<sqs::DeleteMessage>(input).await.unwrap();
        }
        let read = |message: sqs::Message| {
            let outer: Value = serde_json::from_str(&message.body.unwrap()).unwrap();
            let inner = serde_json::from_str(outer["Message"].as_str().unwrap()).unwrap();
            (outer["Subject"].as_str().unwrap_or_default().to_owned(), inner)
        };
        messages.into_iter().map(read).collect()
    }

    /// Summaries, the oldest first.
    async fn history(&self) -> Vec<String> {
        let input = DescribeAlarmHistoryInput {
            scan_by: Some("TimestampAscending".to_owned()),
            alarm_types: Some(vec!["MetricAlarm".to_owned(), "CompositeAlarm".to_owned()]),
            ..DescribeAlarmHistoryInput::default()
        };
        let items = self.call::<DescribeAlarmHistory>(input).await.unwrap().alarm_history_items.unwrap();
        items
            .into_iter()
            .map(|item| format!("{}: {}", item.alarm_name.unwrap(), item.history_summary.unwrap()))
            .collect()
    }
}

#[tokio::test]
async fn an_alarm_goes_off_when_its_period_has_ended_and_tells_its_topic() {
    let bench = Bench::new();
    let (topic, url) = bench.listener().await;
    let input = PutMetricAlarmInput {
        alarm_description: Some("testing".to_owned()),
        dimensions: Some(dimensions(&[("Host", "a")])),
        treat_missing_data: Some("notBreaching".to_owned()),
        alarm_actions: Some(vec![topic.clone()]),
        ok_actions: Some(vec![topic.clone()]),
        ..alarm("high")
    };
    bench.put_alarm(input).await.unwrap();
    let shown = bench.alarms().await.remove(0);
    assert_eq!(shown.state_value.as_deref(), Some("INSUFFICIENT_DATA"));
    assert_eq!(shown.state_reason.as_deref(), Some("Unchecked: Initial alarm creation"));
    let of = dimensions(&[("Host", "a")]);
    bench.put_with("m", |datum| (datum.value, datum.dimensions) = (Some(21.5), Some(of))).await.unwrap();
    bench.advance(59).await;
    assert_eq!(bench.state().await, "INSUFFICIENT_DATA");
    bench.advance(1).await;
    let shown = bench.alarms().await.remove(0);
    assert_eq!(
        shown.state_reason.as_deref(),
        Some(
            "Threshold Crossed: 1 datapoint [21.5 (05/01/26 00:00:00)] was greater than the threshold (2.0)."
        )
    );
    let data: Value = serde_json::from_str(&shown.state_reason_data.unwrap()).unwrap();
    assert_eq!(data["evaluatedDatapoints"][0]["value"], 21.5);
    assert_eq!(data["recentDatapoints"], serde_json::json!([21.5]));
    let (subject, message) = bench.told(&url).await.remove(0);
    assert_eq!(subject, "ALARM: \"high\" in US East (N. Virginia)");
    // Recorded: the members (LocalStack's `test_put_metric_alarm`, 2023-10-26).
    assert_eq!(
        (
            message["NewStateValue"].as_str(),
            message["OldStateValue"].as_str(),
            message["AWSAccountId"].as_str()
        ),
        (Some("ALARM"), Some("INSUFFICIENT_DATA"), Some("000000000000"))
    );
    assert_eq!(message["StateChangeTime"], "2026-01-05T00:01:00.000+0000");
    assert_eq!(
        message["Trigger"],
        serde_json::json!({
            "ComparisonOperator": "GreaterThanThreshold", "Dimensions": [{"name": "Host", "value": "a"}],
            "EvaluateLowSampleCountPercentile": "", "EvaluationPeriods": 1, "MetricName": "m", "Namespace": "App",
            "Period": 60, "Statistic": "MAXIMUM", "StatisticType": "Statistic", "Threshold": 2.0,
            "TreatMissingData": "notBreaching", "Unit": null,
        })
    );
    bench.advance(600).await;
    assert_eq!(bench.state().await, "OK");
    assert_eq!(
        bench.history().await,
        [
            "high: Alarm \"high\" created".to_owned(),
            "high: Alarm updated from INSUFFICIENT_DATA to ALARM".to_owned(),
            format!("high: Successfully executed action {topic}"),
            "high: Alarm updated from ALARM to OK".to_owned(),
            format!("high: Successfully executed action {topic}"),
        ]
    );
}

#[tokio::test]
async fn two_of_three_points_set_an_alarm_off() {
    let bench = Bench::new();
    let input =
        PutMetricAlarmInput { evaluation_periods: Some(3), datapoints_to_alarm: Some(2), ..alarm("some") };
    bench.put_alarm(input).await.unwrap();
    let mut states = Vec::new();
    for value in [1.0, 9.0, 1.0, 1.0, 9.0, 9.0, 1.0, 1.0] {
        bench.put("m", value).await;
        bench.advance(60).await;
        states.push(bench.state().await);
    }
    assert_eq!(states, ["OK", "OK", "OK", "OK", "OK", "ALARM", "ALARM", "OK"]);
}

#[tokio::test]
async fn a_tank_comes_to_rest_once_an_alarm_has_seen_enough() {
    let bench = Bench::new();
    bench.put_alarm(alarm("quiet")).await.unwrap();
    bench.put("m", 9.0).await;
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await, "the alarm is looked at for ever");
    assert!(bench.now() < Timestamp::TANK_EPOCH + Duration::from_secs(600));
    assert_eq!(bench.state().await, "INSUFFICIENT_DATA");
    // What services count wakes it again.
    let input = PutMetricAlarmInput {
        namespace: Some("AWS/SQS".to_owned()),
        metric_name: Some("NumberOfMessagesSent".to_owned()),
        statistic: Some("Sum".to_owned()),
        dimensions: Some(dimensions(&[("QueueName", "told")])),
        threshold: Some(0.0),
        ..alarm("quiet")
    };
    bench.put_alarm(input).await.unwrap();
    let (_, url) = bench.listener().await;
    assert!(bench.tank.settle(Duration::from_secs(3_600)).await);
    bench.advance(7_200).await;
    let input = sqs::SendMessageInput { queue_url: url, message_body: "x".to_owned(), ..Default::default() };
    bench.call::<sqs::SendMessage>(input).await.unwrap();
    bench.advance(60).await;
    assert_eq!(bench.state().await, "ALARM");
}

#[tokio::test]
async fn an_alarm_on_a_gauge_stays_on_for_as_long_as_the_gauge_does() {
    let bench = Bench::new();
    let (_, url) = bench.listener().await;
    let input = PutMetricAlarmInput {
        namespace: Some("AWS/SQS".to_owned()),
        metric_name: Some("ApproximateNumberOfMessagesVisible".to_owned()),
        dimensions: Some(dimensions(&[("QueueName", "told")])),
        threshold: Some(0.0),
        ..alarm("dead letters")
    };
    bench.put_alarm(input).await.unwrap();
    let input =
        sqs::SendMessageInput { queue_url: url.clone(), message_body: "x".to_owned(), ..Default::default() };
    bench.call::<sqs::SendMessage>(input).await.unwrap();
    assert!(
        bench.tank.settle(Duration::from_secs(3_600)).await,
        "a gauge that does not move keeps the tank busy"
    );
    assert_eq!(bench.state().await, "ALARM");
    bench.advance(7_200).await;
    assert_eq!(bench.state().await, "ALARM");
    bench.call::<sqs::PurgeQueue>(sqs::PurgeQueueInput { queue_url: url }).await.unwrap();
    bench.advance(180).await;
    assert_eq!(bench.state().await, "OK");
}

#[tokio::test]
async fn an_alarm_on_an_expression_watches_what_it_gives() {
    let bench = Bench::new();
    let stat = |id: &str, name: &str| MetricDataQuery {
        id: id.to_owned(),
        return_data: Some(false),
        metric_stat: Some(MetricStat {
            metric: Metric {
                namespace: Some("App".to_owned()),
                metric_name: Some(name.to_owned()),
                dimensions: None,
            },
            period: 60,
            stat: "Sum".to_owned(),
            unit: None,
        }),
        ..MetricDataQuery::default()
    };
    let rate = MetricDataQuery {
        id: "rate".to_owned(),
        expression: Some("FILL(errors, 0) / calls".to_owned()),
        ..MetricDataQuery::default()
    };
    let input = PutMetricAlarmInput {
        namespace: None,
        metric_name: None,
        statistic: None,
        period: None,
        threshold: Some(0.5),
        metrics: Some(vec![rate, stat("errors", "errors"), stat("calls", "calls")]),
        ..alarm("rate")
    };
    bench.put_alarm(input.clone()).await.unwrap();
    bench.put("calls", 4.0).await;
    bench.advance(60).await;
    assert_eq!(bench.state().await, "OK");
    bench.put("calls", 4.0).await;
    bench.put("errors", 3.0).await;
    bench.advance(60).await;
    assert_eq!(bench.state().await, "ALARM");
    let mut both = input;
    both.metrics.as_mut().unwrap()[1].return_data = None;
    assert_eq!(
        refusal(bench.put_alarm(both).await),
        "ValidationError: Exactly one element of the metrics list should return data."
    );
}

#[tokio::test]
async fn a_composite_alarm_follows_its_children() {
    let bench = Bench::new();
    let (topic, url) = bench.listener().await;
    bench.put_alarm(alarm("one")).await.unwrap();
    bench.put_alarm(PutMetricAlarmInput { threshold: Some(100.0), ..alarm("two") }).await.unwrap();
    let composite = |name: &str, rule: &str| PutCompositeAlarmInput {
        alarm_name: name.to_owned(),
        alarm_rule: rule.to_owned(),
        alarm_actions: Some(vec![topic.clone()]),
        ..PutCompositeAlarmInput::default()
    };
    bench.call::<PutCompositeAlarm>(composite("both", "ALARM(one) AND NOT ALARM(two)")).await.unwrap();
    bench.call::<PutCompositeAlarm>(composite("outer", "ALARM(both)")).await.unwrap();
    bench.put("m", 9.0).await;
    bench.advance(60).await;
    let input =
        DescribeAlarmsInput { alarm_types: Some(vec!["CompositeAlarm".to_owned()]), ..Default::default() };
    let shown = bench.call::<DescribeAlarms>(input).await.unwrap();
    assert_eq!(shown.metric_alarms, Some(Vec::new()));
    let states = shown
        .composite_alarms
        .unwrap()
        .into_iter()
        .map(|alarm| (alarm.alarm_name.unwrap(), alarm.state_value.unwrap()));
    assert_eq!(
        states.collect::<Vec<_>>(),
        [("both".to_owned(), "ALARM".to_owned()), ("outer".to_owned(), "ALARM".to_owned())]
    );
    let told: Vec<_> =
        bench.told(&url).await.into_iter().map(|(_, message)| message["AlarmName"].to_string()).collect();
    assert_eq!(told, ["\"both\"", "\"outer\""]);
    let refused = bench.call::<PutCompositeAlarm>(composite("both", "ALARM(outer)")).await;
    assert_eq!(
        refusal(refused),
        "ValidationError: Could not save the composite alarm as its rule leads back to the alarm both"
    );
    let refused = bench.call::<PutCompositeAlarm>(composite("c", "ALARM(none)")).await;
    assert_eq!(
        refusal(refused),
        "ValidationError: Could not save the composite alarm as alarms [none] in the alarm rule do not exist"
    );
    let input = DescribeAlarmsInput { parents_of_alarm_name: Some("one".to_owned()), ..Default::default() };
    let parents = bench.call::<DescribeAlarms>(input).await.unwrap().composite_alarms.unwrap();
    assert_eq!(parents.len(), 1);
}

#[tokio::test]
async fn a_state_set_by_hand_acts_and_lasts_until_the_alarm_is_looked_at() {
    let bench = Bench::new();
    let (topic, url) = bench.listener().await;
    let input = PutMetricAlarmInput {
        alarm_actions: Some(vec![topic, "arn:aws:ssm:us-east-1:000000000000:opsitem:1".to_owned()]),
        ..alarm("set")
    };
    bench.put_alarm(input).await.unwrap();
    let set = |name: &str, state: &str| SetAlarmStateInput {
        alarm_name: name.to_owned(),
        state_value: state.to_owned(),
        state_reason: "by hand".to_owned(),
        state_reason_data: None,
    };
    bench.call::<SetAlarmState>(set("set", "ALARM")).await.unwrap();
    assert_eq!((bench.state().await.as_str(), bench.told(&url).await.len()), ("ALARM", 1));
    bench.advance(60).await;
    assert_eq!(bench.state().await, "INSUFFICIENT_DATA");
    assert!(
        bench.history().await.contains(
            &"set: Failed to execute action arn:aws:ssm:us-east-1:000000000000:opsitem:1".to_owned()
        )
    );
    let names = vec!["set".to_owned()];
    bench.call::<DisableAlarmActions>(DisableAlarmActionsInput { alarm_names: names.clone() }).await.unwrap();
    bench.call::<SetAlarmState>(set("set", "ALARM")).await.unwrap();
    assert_eq!(bench.told(&url).await.len(), 0);
    bench.call::<EnableAlarmActions>(EnableAlarmActionsInput { alarm_names: names.clone() }).await.unwrap();
    // Recorded: without a sentence (LocalStack's `test_set_alarm_invalid_input`, 2023-11-24).
    assert_eq!(refusal(bench.call::<SetAlarmState>(set("none", "OK")).await), "ResourceNotFound: ");
    bench.call::<DeleteAlarms>(DeleteAlarmsInput { alarm_names: names.clone() }).await.unwrap();
    let again = bench.call::<DeleteAlarms>(DeleteAlarmsInput { alarm_names: names }).await;
    assert_eq!(refusal(again), "ResourceNotFound: Alarms set do not exist");
}

#[tokio::test]
async fn an_alarm_can_invoke_a_function() {
    let bench = Bench::new();
    let input = PutMetricAlarmInput {
        alarm_actions: Some(vec!["arn:aws:lambda:us-east-1:000000000000:function:none".to_owned()]),
        ..alarm("calls")
    };
    bench.put_alarm(input).await.unwrap();
    bench.put("m", 9.0).await;
    bench.advance(60).await;
    let failed = bench.history().await;
    assert!(failed.iter().any(|item| item.contains("Failed to execute action arn:aws:lambda")), "{failed:?}");
    let functions = bench.call::<lambda::ListFunctions>(Default::default()).await.unwrap().functions;
    assert_eq!(functions, Some(Vec::new()));
}

#[tokio::test]
async fn alarms_are_refused_in_the_words_of_aws() {
    let bench = Bench::new();
    let check = async |change: &dyn Fn(&mut PutMetricAlarmInput), expected: &str| {
        let mut input = alarm("a");
        change(&mut input);
        assert_eq!(refusal(bench.put_alarm(input).await), expected);
    };
    check(&|input| input.period = Some(45), "ValidationError: Period must be 10, 20, 30 or a multiple of 60")
        .await;
    check(
        &|input| (input.period, input.evaluation_periods) = (Some(300), Some(300)),
        "ValidationError: Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
    )
    .await;
    check(
        &|input| input.datapoints_to_alarm = Some(2),
        "ValidationError: DatapointsToAlarm must be less than or equal to EvaluationPeriods.",
    )
    .await;
    check(
        &|input| input.extended_statistic = Some("p99".to_owned()),
        "ValidationError: Exactly one of Statistic and ExtendedStatistic must be set.",
    )
    .await;
    check(
        &|input| input.alarm_actions = Some(vec!["topic".to_owned()]),
        "ValidationError: Invalid arn syntax: topic",
    )
    .await;
    check(&|input| input.metric_name = None, "ValidationError: Either MetricName or Metrics is required.")
        .await;
    check(
        &|input| input.treat_missing_data = Some("hope".to_owned()),
        "ValidationError: The value hope for TreatMissingData is not one of breaching, notBreaching, ignore, missing.",
    )
    .await;
    check(
        &|input| input.comparison_operator = Some("GreaterThanUpperThreshold".to_owned()),
        "NotImplemented: wavetank does not implement alarms on anomaly bands (GreaterThanUpperThreshold).",
    )
    .await;
}
