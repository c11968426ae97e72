//! What our services count, as CloudWatch shows it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_wire::{firehose, kinesis, lambda, sns, sqs};

use super::*;
use crate::executors::{FunctionError, NativeContext};
use crate::services::lambda::tests::{create_input, zip_of};

impl Bench {
    /// `Name unit count sum` of each metric with these dimensions, over the last hour.
    async fn counted(&self, namespace: &str, of: &[(&str, &str)]) -> BTreeMap<String, String> {
        let input = ListMetricsInput { namespace: Some(namespace.to_owned()), ..ListMetricsInput::default() };
        let listed = self.call::<ListMetrics>(input).await.unwrap().metrics.unwrap();
        let mut found = BTreeMap::new();
        for metric in listed.into_iter().filter(|metric| metric.dimensions.as_ref() == Some(&sorted(of))) {
            let name = metric.metric_name.unwrap();
            let lines = self
                .statistics((namespace, &name), of, (3_600, 7_200), &["SampleCount", "Sum"])
                .await
                .unwrap();
            let shown: Vec<&str> =
                lines.iter().filter_map(|line| line.split_once(' ')).map(|(_, rest)| rest).collect();
            found.insert(name, shown.join("; "));
        }
        found
    }
}

fn sorted(of: &[(&str, &str)]) -> Vec<Dimension> {
    let mut all = dimensions(of);
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The metrics that a test is about, in its order.
fn shown(found: &BTreeMap<String, String>, names: &[&str]) -> Vec<String> {
    let line = |name: &&str| format!("{name} {}", found.get(*name).map_or("-", String::as_str));
    names.iter().map(line).collect()
}

#[tokio::test]
async fn a_stream_counts_what_comes_and_what_is_read() {
    let bench = Bench::new();
    let name = || Some("clicks".to_owned());
    let input = kinesis::CreateStreamInput {
        stream_name: "clicks".to_owned(),
        shard_count: Some(1),
        ..Default::default()
    };
    bench.call::<kinesis::CreateStream>(input).await.unwrap();
    bench.advance(5).await;
    let input = kinesis::EnableEnhancedMonitoringInput {
        stream_name: name(),
        shard_level_metrics: vec!["IncomingBytes".to_owned(), "IteratorAgeMilliseconds".to_owned()],
        ..Default::default()
    };
    bench.call::<kinesis::EnableEnhancedMonitoring>(input).await.unwrap();
    let record = |data: &'static str| kinesis::PutRecordsRequestEntry {
        data: Bytes::from(data),
        partition_key: Some("k".to_owned()),
        ..Default::default()
    };
    let input = kinesis::PutRecordsInput {
        stream_name: name(),
        records: vec![record("123"), record("45678")],
        ..Default::default()
    };
    bench.call::<kinesis::PutRecords>(input).await.unwrap();
    let input = kinesis::PutRecordInput {
        stream_name: name(),
        data: Bytes::from("1"),
        partition_key: Some("k".to_owned()),
        ..Default::default()
    };
    bench.call::<kinesis::PutRecord>(input).await.unwrap();
    bench.advance(10).await;
    let input = kinesis::GetShardIteratorInput {
        stream_name: name(),
        shard_id: "shardId-000000000000".to_owned(),
        shard_iterator_type: "TRIM_HORIZON".to_owned(),
        ..Default::default()
    };
    let shard_iterator =
        bench.call::<kinesis::GetShardIterator>(input).await.unwrap().shard_iterator.unwrap();
    let input = kinesis::GetRecordsInput { shard_iterator, ..Default::default() };
    bench.call::<kinesis::GetRecords>(input).await.unwrap();
    let found = bench.counted("AWS/Kinesis", &[("StreamName", "clicks")]).await;
    let names = [
        "IncomingBytes",
        "IncomingRecords",
        "PutRecord.Success",
        "PutRecords.TotalRecords",
        "PutRecords.SuccessfulRecords",
        "PutRecords.ThrottledRecords",
        "GetRecords.Records",
        "GetRecords.IteratorAgeMilliseconds",
        "WriteProvisionedThroughputExceeded",
    ];
    assert_eq!(
        shown(&found, &names),
        [
            "IncomingBytes Bytes: 2, 12",
            "IncomingRecords Count: 2, 3",
            "PutRecord.Success Count: 1, 1",
            "PutRecords.TotalRecords Count: 1, 2",
            "PutRecords.SuccessfulRecords Count: 1, 2",
            "PutRecords.ThrottledRecords Count: 1, 0",
            "GetRecords.Records Count: 1, 3",
            "GetRecords.IteratorAgeMilliseconds Milliseconds: 1, 10000",
            "WriteProvisionedThroughputExceeded Count: 2, 0",
        ]
    );
    let shard =
        bench.counted("AWS/Kinesis", &[("StreamName", "clicks"), ("ShardId", "shardId-000000000000")]).await;
    assert_eq!(
        shown(&shard, &["IncomingBytes", "IteratorAgeMilliseconds", "IncomingRecords"]),
        ["IncomingBytes Bytes: 3, 12", "IteratorAgeMilliseconds Milliseconds: 1, 10000", "IncomingRecords -"]
    );
}

/// Makes the queue `q`, and answers its address.
async fn queue(bench: &Bench) -> String {
    let input = sqs::CreateQueueInput { queue_name: "q".to_owned(), ..Default::default() };
    bench.call::<sqs::CreateQueue>(input).await.unwrap().queue_url.unwrap()
}

fn hello(url: &str) -> sqs::SendMessageInput {
    sqs::SendMessageInput {
        queue_url: url.to_owned(),
        message_body: "hello".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_queue_counts_its_messages_and_shows_its_state_by_the_minute() {
    let bench = Bench::new();
    let url = queue(&bench).await;
    let send = || hello(&url);
    bench.call::<sqs::SendMessage>(send()).await.unwrap();
    bench.call::<sqs::SendMessage>(send()).await.unwrap();
    bench.advance(180).await;
    let receive = || sqs::ReceiveMessageInput { queue_url: url.clone(), ..Default::default() };
    let messages = bench.call::<sqs::ReceiveMessage>(receive()).await.unwrap().messages.unwrap();
    let receipt_handle = messages[0].receipt_handle.clone().unwrap();
    bench
        .call::<sqs::DeleteMessage>(sqs::DeleteMessageInput { queue_url: url.clone(), receipt_handle })
        .await
        .unwrap();
    bench.call::<sqs::ReceiveMessage>(receive()).await.unwrap();
    bench.call::<sqs::ReceiveMessage>(receive()).await.unwrap();
    let found = bench.counted("AWS/SQS", &[("QueueName", "q")]).await;
    assert_eq!(
        shown(
            &found,
            &[
                "NumberOfMessagesSent",
                "SentMessageSize",
                "NumberOfMessagesReceived",
                "NumberOfMessagesDeleted",
                "NumberOfEmptyReceives"
            ]
        ),
        [
            "NumberOfMessagesSent Count: 2, 2",
            "SentMessageSize Bytes: 2, 10",
            "NumberOfMessagesReceived Count: 2, 2",
            "NumberOfMessagesDeleted Count: 1, 1",
            "NumberOfEmptyReceives Count: 1, 1",
        ]
    );
    let gauge = async |name: &str| {
        bench.statistics(("AWS/SQS", name), &[("QueueName", "q")], (180, 60), &["Maximum"]).await.unwrap()
    };
    assert_eq!(
        gauge("ApproximateNumberOfMessagesVisible").await,
        ["+60 Count: 2", "+120 Count: 2", "+180 Count: 2"]
    );
    assert_eq!(
        gauge("ApproximateAgeOfOldestMessage").await,
        ["+60 Seconds: 60", "+120 Seconds: 120", "+180 Seconds: 180"]
    );
}

#[tokio::test]
async fn a_message_that_nobody_can_process_does_not_age_its_queue() {
    let bench = Bench::new();
    let url = queue(&bench).await;
    let send = || hello(&url);
    let receive = || sqs::ReceiveMessageInput {
        queue_url: url.clone(),
        visibility_timeout: Some(0),
        ..Default::default()
    };
    bench.call::<sqs::SendMessage>(send()).await.unwrap();
    for _ in 0..2 {
        bench.call::<sqs::ReceiveMessage>(receive()).await.unwrap();
    }
    bench.advance(60).await;
    bench.call::<sqs::ReceiveMessage>(receive()).await.unwrap();
    bench.call::<sqs::SendMessage>(send()).await.unwrap();
    bench.advance(120).await;
    let age = ("AWS/SQS", "ApproximateAgeOfOldestMessage");
    let ages = bench.statistics(age, &[("QueueName", "q")], (180, 60), &["Maximum"]).await.unwrap();
    assert_eq!(ages, ["+60 Seconds: 60", "+120 Seconds: 60", "+180 Seconds: 120"]);
}

#[tokio::test]
async fn a_topic_counts_what_it_publishes_and_filters() {
    let bench = Bench::new();
    queue(&bench).await;
    let input = sns::CreateTopicInput { name: "t".to_owned(), ..Default::default() };
    let topic = bench.call::<sns::CreateTopic>(input).await.unwrap().topic_arn.unwrap();
    let subscribe = async |endpoint: &str, policy: Option<&str>| {
        let attributes =
            policy.map(|policy| BTreeMap::from([("FilterPolicy".to_owned(), policy.to_owned())]));
        let input = sns::SubscribeInput {
            topic_arn: topic.clone(),
            protocol: "sqs".to_owned(),
            endpoint: Some(format!("arn:aws:sqs:us-east-1:000000000000:{endpoint}")),
            attributes,
            ..Default::default()
        };
        bench.call::<sns::Subscribe>(input).await.unwrap();
    };
    subscribe("q", None).await;
    subscribe("none", None).await;
    subscribe("picky", Some(r#"{"kind":["a"]}"#)).await;
    let input = sns::PublishInput {
        topic_arn: Some(topic.clone()),
        message: "hello".to_owned(),
        ..Default::default()
    };
    bench.call::<sns::Publish>(input).await.unwrap();
    let found = bench.counted("AWS/SNS", &[("TopicName", "t")]).await;
    assert_eq!(
        shown(
            &found,
            &[
                "NumberOfMessagesPublished",
                "PublishSize",
                "NumberOfNotificationsDelivered",
                "NumberOfNotificationsFailed",
                "NumberOfNotificationsFilteredOut"
            ]
        ),
        [
            "NumberOfMessagesPublished Count: 1, 1",
            "PublishSize Bytes: 1, 5",
            "NumberOfNotificationsDelivered Count: 1, 1",
            "NumberOfNotificationsFailed Count: 1, 1",
            "NumberOfNotificationsFilteredOut Count: 1, 1",
        ]
    );
}

#[tokio::test]
async fn a_delivery_stream_counts_puts_and_objects() {
    let bench = Bench::new();
    bench
        .tank
        .s3(&Scope::default(), "", "CreateBucket", |s3, cx| {
            s3.perform(cx, crate::services::s3::Command::CreateBucket { bucket: "lake".to_owned() }).map(drop)
        })
        .unwrap();
    let destination = firehose::ExtendedS3DestinationConfiguration {
        bucket_arn: "arn:aws:s3:::lake".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/flow".to_owned(),
        buffering_hints: Some(firehose::BufferingHints {
            interval_in_seconds: Some(60),
            size_in_mbs: Some(1),
        }),
        ..Default::default()
    };
    let input = firehose::CreateDeliveryStreamInput {
        delivery_stream_name: "flow".to_owned(),
        extended_s3destination_configuration: Some(destination),
        ..Default::default()
    };
    bench.call::<firehose::CreateDeliveryStream>(input).await.unwrap();
    bench.advance(60).await;
    let record = |data: &'static str| firehose::Record { data: Bytes::from(data) };
    let input = firehose::PutRecordBatchInput {
        delivery_stream_name: "flow".to_owned(),
        records: vec![record("one"), record("three")],
    };
    bench.call::<firehose::PutRecordBatch>(input).await.unwrap();
    bench.advance(120).await;
    let found = bench.counted("AWS/Firehose", &[("DeliveryStreamName", "flow")]).await;
    let names = [
        "IncomingBytes",
        "IncomingRecords",
        "IncomingPutRequests",
        "RecordsPerSecondLimit",
        "PutRequestsPerSecondLimit",
        "PutRecordBatch.Requests",
        "ThrottledRecords",
        "DeliveryToS3.Bytes",
        "DeliveryToS3.Records",
        "DeliveryToS3.Success",
        "DeliveryToS3.DataFreshness",
    ];
    assert_eq!(
        shown(&found, &names),
        [
            "IncomingBytes Bytes: 1, 8",
            "IncomingRecords Count: 1, 2",
            "IncomingPutRequests Count: 1, 1",
            "RecordsPerSecondLimit Count: 1, 5000",
            "PutRequestsPerSecondLimit Count: 1, 2000",
            "PutRecordBatch.Requests Count: 1, 1",
            "ThrottledRecords Count: 1, 0",
            "DeliveryToS3.Bytes Bytes: 1, 8",
            "DeliveryToS3.Records Count: 1, 2",
            "DeliveryToS3.Success Count: 1, 1",
            "DeliveryToS3.DataFreshness Seconds: 1, 60",
        ]
    );
}

/// A tank with the function `f`: it takes a quarter of a second, and raises if there is a `bad` in its event.
async fn with_function() -> Bench {
    let work = |context: &NativeContext, event: Value| {
        context.spend(Duration::from_millis(250));
        if event.to_string().contains("bad") {
            return Err(FunctionError { error_type: "Bad".to_owned(), message: "bad".to_owned() });
        }
        Ok(event)
    };
    let tank = Tank::builder().seed(Seed(7)).function("test.work", std::sync::Arc::new(work)).build();
    let bench = Bench { tank };
    let zip = zip_of(&[("index.py", 0o644, "")]);
    bench.call::<lambda::CreateFunction>(create_input("f", "python3.13", "test.work", zip)).await.unwrap();
    bench.advance(1).await;
    bench
}

async fn invoke(bench: &Bench, payload: &Value) -> Result<lambda::InvokeOutput, WireError> {
    let input = lambda::InvokeInput {
        function_name: "f".to_owned(),
        payload: Some(Bytes::from(payload.to_string())),
        ..Default::default()
    };
    bench.call::<lambda::Invoke>(input).await
}

#[tokio::test]
async fn a_function_counts_its_invocations_and_the_age_of_its_records() {
    let bench = with_function().await;
    invoke(&bench, &json!({})).await.unwrap();
    invoke(&bench, &json!({"bad": 1})).await.unwrap();
    let reserve = |reserved| lambda::PutFunctionConcurrencyInput {
        function_name: "f".to_owned(),
        reserved_concurrent_executions: reserved,
    };
    bench.call::<lambda::PutFunctionConcurrency>(reserve(0)).await.unwrap();
    invoke(&bench, &json!({})).await.unwrap_err();
    bench.call::<lambda::PutFunctionConcurrency>(reserve(5)).await.unwrap();
    let input = kinesis::CreateStreamInput {
        stream_name: "clicks".to_owned(),
        shard_count: Some(1),
        ..Default::default()
    };
    bench.call::<kinesis::CreateStream>(input).await.unwrap();
    bench.advance(5).await;
    let input = kinesis::PutRecordInput {
        stream_name: Some("clicks".to_owned()),
        data: Bytes::from("{}"),
        partition_key: Some("k".to_owned()),
        ..Default::default()
    };
    bench.call::<kinesis::PutRecord>(input).await.unwrap();
    bench.advance(30).await;
    let input = lambda::CreateEventSourceMappingInput {
        function_name: "f".to_owned(),
        event_source_arn: Some("arn:aws:kinesis:us-east-1:000000000000:stream/clicks".to_owned()),
        starting_position: Some("TRIM_HORIZON".to_owned()),
        ..Default::default()
    };
    bench.call::<lambda::CreateEventSourceMapping>(input).await.unwrap();
    bench.advance(60).await;
    let found = bench.counted("AWS/Lambda", &[("FunctionName", "f")]).await;
    assert_eq!(
        shown(&found, &["Invocations", "Errors", "Throttles", "ConcurrentExecutions"]),
        [
            "Invocations Count: 3, 3",
            "Errors Count: 3, 1",
            "Throttles Count: 1, 1",
            "ConcurrentExecutions Count: 3, 3",
        ]
    );
    // A function's process takes the time that it takes, and at least 250 ms of tank time.
    let duration = found["Duration"].strip_prefix("Milliseconds: 3, ").expect("three runs").parse::<f64>();
    assert!(duration.is_ok_and(|millis| millis >= 750.0), "{}", found["Duration"]);
    let age = &found["IteratorAge"];
    let millis: f64 =
        age.strip_prefix("Milliseconds: 1, ").unwrap_or_else(|| panic!("{age}")).parse().unwrap();
    assert!((30_000.0..60_000.0).contains(&millis), "{age}");
    let all = bench.counted("AWS/Lambda", &[]).await;
    assert_eq!(shown(&all, &["Invocations", "Errors"]), ["Invocations Count: 3, 3", "Errors Count: 3, 1"]);
}

#[tokio::test]
async fn an_invocation_counts_when_it_began() {
    let bench = with_function().await;
    bench.tank.advance(Duration::from_millis(58_900)).await;
    let input = lambda::InvokeInput {
        function_name: "f".to_owned(),
        invocation_type: Some("Event".to_owned()),
        payload: Some(Bytes::from("{\"bad\": 1}")),
        ..Default::default()
    };
    bench.call::<lambda::Invoke>(input).await.unwrap();
    bench.tank.advance(Duration::from_millis(59_100)).await;
    for name in ["Invocations", "Errors"] {
        let of = [("FunctionName", "f")];
        let found = bench.statistics(("AWS/Lambda", name), &of, (119, 60), &["Sum"]).await.unwrap();
        assert_eq!(found, ["+0 Count: 1"], "{name}");
    }
}

#[tokio::test]
async fn an_alarm_invokes_a_function_with_its_states() {
    let bench = with_function().await;
    let input = PutMetricAlarmInput {
        alarm_name: "bad".to_owned(),
        namespace: Some("App".to_owned()),
        metric_name: Some("m".to_owned()),
        statistic: Some("Sum".to_owned()),
        period: Some(60),
        evaluation_periods: Some(1),
        threshold: Some(2.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        alarm_actions: Some(vec!["arn:aws:lambda:us-east-1:000000000000:function:f".to_owned()]),
        ..PutMetricAlarmInput::default()
    };
    bench.call::<PutMetricAlarm>(input).await.unwrap();
    bench.put("m", 3.0).await;
    bench.advance(120).await;
    let input =
        DescribeAlarmHistoryInput { history_item_type: Some("Action".to_owned()), ..Default::default() };
    let items = bench.call::<DescribeAlarmHistory>(input).await.unwrap().alarm_history_items.unwrap();
    assert_eq!(
        items[0].history_summary.as_deref(),
        Some("Successfully executed action arn:aws:lambda:us-east-1:000000000000:function:f")
    );
    let found = bench.counted("AWS/Lambda", &[("FunctionName", "f")]).await;
    assert_eq!(shown(&found, &["AsyncEventsReceived"]), ["AsyncEventsReceived Count: 1, 1"]);
    // The alarm's name is in the event: the function has seen it, and raised.
    assert!(found["Errors"].starts_with("Count: "), "{found:?}");
}
