//! Mappings in a whole tank, with Kinesis, SQS, SNS and S3 as they are: what is put arrives, and what fails is kept.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use expect_test::expect;
use serde_json::{Value, json};
use wavetank_wire::{kinesis, lambda as api, logs, sns, sqs};

use crate::Tank;
use crate::executors::{FunctionError, NativeContext, NativeFunction};
use crate::services::lambda::tests::{create_input, request, zip_of};

/// Batches that the function has seen, as texts.
type Log = Arc<Mutex<Vec<String>>>;

/// A record whose text starts with `!` fails its batch; one that starts with `?` is reported.
fn function(log: &Log) -> Arc<dyn NativeFunction> {
    let log = Arc::clone(log);
    Arc::new(move |_: &NativeContext, event: Value| {
        let records = event["Records"].as_array().cloned().unwrap_or_default();
        let text = |record: &Value| match record["body"].as_str() {
            Some(body) => body.to_owned(),
            None => {
                let data = record["kinesis"]["data"].as_str().unwrap_or_default();
                String::from_utf8_lossy(&STANDARD.decode(data).unwrap_or_default()).into_owned()
            }
        };
        let texts: Vec<String> = records.iter().map(text).collect();
        log.lock().expect("nothing panics while it holds this").push(texts.join(" "));
        if let Some(text) = texts.iter().find(|text| text.starts_with('!')) {
            return Err(FunctionError { error_type: "Bad".to_owned(), message: text.clone() });
        }
        let id = |record: &Value| match record["messageId"].as_str() {
            Some(id) => json!({ "itemIdentifier": id }),
            None => json!({ "itemIdentifier": record["kinesis"]["sequenceNumber"] }),
        };
        let failed = records.iter().zip(&texts).filter(|(_, text)| text.starts_with('?'));
        Ok(json!({ "batchItemFailures": failed.map(|(record, _)| id(record)).collect::<Vec<Value>>() }))
    })
}

/// A tank with the function `f`, and what it sees.
async fn tank() -> (Tank, Log) {
    let log = Log::default();
    let tank = Tank::builder().function("test.handler", function(&log)).build();
    let zip = zip_of(&[("index.py", 0o644, "")]);
    let input = create_input("f", "python3.13", "test.handler", zip);
    request::<api::CreateFunction>(&tank, input).await.expect("the input is complete");
    tank.advance(Duration::from_secs(1)).await;
    (tank, log)
}

fn taken(log: &Log) -> String {
    std::mem::take(&mut *log.lock().expect("nothing panics while it holds this")).join("\n")
}

async fn stream(tank: &Tank, shards: i64) {
    let input = kinesis::CreateStreamInput {
        stream_name: "clicks".to_owned(),
        shard_count: Some(shards),
        ..Default::default()
    };
    request::<kinesis::CreateStream>(tank, input).await.expect("it is new");
    tank.advance(Duration::from_secs(1)).await;
}

async fn queue(tank: &Tank, name: &str, attributes: &[(&str, &str)]) -> String {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let input = sqs::CreateQueueInput {
        queue_name: name.to_owned(),
        attributes: Some(attributes.collect()),
        tags: None,
    };
    let out = request::<sqs::CreateQueue>(tank, input).await.expect("it is new");
    out.queue_url.expect("a queue has an address")
}

async fn send(tank: &Tank, url: &str, text: &str, group: Option<&str>) {
    let input = sqs::SendMessageInput {
        queue_url: url.to_owned(),
        message_body: text.to_owned(),
        message_group_id: group.map(str::to_owned),
        message_deduplication_id: group.map(|_| text.to_owned()),
        ..Default::default()
    };
    request::<sqs::SendMessage>(tank, input).await.expect("the queue exists");
}

async fn put(tank: &Tank, texts: &[&str]) {
    let record = |text: &&str| kinesis::PutRecordsRequestEntry {
        data: Bytes::from((*text).to_owned()),
        explicit_hash_key: None,
        partition_key: Some(text.trim_start_matches(['!', '?']).get(..1).unwrap_or("k").to_owned()),
    };
    let input = kinesis::PutRecordsInput {
        stream_name: Some("clicks".to_owned()),
        records: texts.iter().map(record).collect(),
        ..Default::default()
    };
    request::<kinesis::PutRecords>(tank, input).await.expect("the stream exists");
}

async fn map(
    tank: &Tank,
    source: &str,
    change: impl FnOnce(&mut api::CreateEventSourceMappingInput),
) -> String {
    let mut input = api::CreateEventSourceMappingInput {
        event_source_arn: Some(format!("arn:aws:{source}")),
        function_name: "f".to_owned(),
        ..Default::default()
    };
    if source.starts_with("kinesis") {
        input.starting_position = Some("TRIM_HORIZON".to_owned());
    }
    change(&mut input);
    let made = request::<api::CreateEventSourceMapping>(tank, input).await.expect("it is allowed");
    tank.advance(Duration::from_secs(2)).await;
    made.uuid.unwrap_or_default()
}

/// The bodies of all messages that a queue gives now, after a longest wait of so many seconds.
async fn received(tank: &Tank, url: &str) -> Vec<String> {
    let mut out = Vec::new();
    loop {
        let input = sqs::ReceiveMessageInput {
            queue_url: url.to_owned(),
            max_number_of_messages: Some(10),
            ..Default::default()
        };
        let page = request::<sqs::ReceiveMessage>(tank, input).await.expect("the queue exists");
        let page = page.messages.unwrap_or_default();
        if page.is_empty() {
            return out;
        }
        out.extend(page.into_iter().filter_map(|message| message.body));
    }
}

const CLICKS: &str = "kinesis:us-east-1:000000000000:stream/clicks";
const JOBS: &str = "sqs:us-east-1:000000000000:jobs";

async fn settle(tank: &Tank) {
    assert!(tank.settle(Duration::from_secs(3_600)).await, "an idle tank comes to rest");
}

#[tokio::test]
async fn a_stream_is_read_across_resharding_and_what_fails_reaches_its_queue() {
    let (tank, log) = tank().await;
    stream(&tank, 1).await;
    let dead = queue(&tank, "dead", &[]).await;
    map(&tank, CLICKS, |input| {
        input.maximum_retry_attempts = Some(1);
        input.bisect_batch_on_function_error = Some(true);
        let destination = Some("arn:aws:sqs:us-east-1:000000000000:dead".to_owned());
        let on_failure = Some(api::OnFailure { destination });
        input.destination_config = Some(api::DestinationConfig { on_success: None, on_failure });
    })
    .await;
    put(&tank, &["a1", "b1", "!c1", "a2"]).await;
    let input = kinesis::UpdateShardCountInput {
        stream_name: Some("clicks".to_owned()),
        target_shard_count: 2,
        scaling_type: "UNIFORM_SCALING".to_owned(),
        ..Default::default()
    };
    request::<kinesis::UpdateShardCount>(&tank, input).await.expect("twice as many are allowed");
    tank.advance(Duration::from_secs(1)).await;
    put(&tank, &["a3", "b2", "c2"]).await;
    settle(&tank).await;
    let seen = taken(&log);
    for key in ["a", "b", "c"] {
        let order: Vec<&str> = seen.split_whitespace().filter(|text| text.starts_with(key)).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(order.last(), sorted.last(), "{seen}");
    }
    assert!(["a3", "b2", "c2"].iter().all(|text| seen.contains(text)), "{seen}");
    let letters = received(&tank, &dead).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter: Value = serde_json::from_str(&letters[0]).expect("it is JSON");
    assert_eq!(letter["KinesisBatchInfo"]["batchSize"], 1);
    assert_eq!(letter["requestContext"]["condition"], "RetryAttemptsExhausted");
}

#[tokio::test]
async fn a_consumer_is_read_without_waiting_for_the_second_and_a_topic_hears_of_failures() {
    let (tank, log) = tank().await;
    stream(&tank, 1).await;
    let url = queue(&tank, "mail", &[]).await;
    let input = sns::CreateTopicInput { name: "alarms".to_owned(), ..Default::default() };
    let topic =
        request::<sns::CreateTopic>(&tank, input).await.expect("it is new").topic_arn.expect("an ARN");
    let input = sns::SubscribeInput {
        topic_arn: topic.clone(),
        protocol: "sqs".to_owned(),
        endpoint: Some("arn:aws:sqs:us-east-1:000000000000:mail".to_owned()),
        attributes: Some([("RawMessageDelivery".to_owned(), "true".to_owned())].into()),
        ..Default::default()
    };
    request::<sns::Subscribe>(&tank, input).await.expect("the topic exists");
    let input = kinesis::RegisterStreamConsumerInput {
        stream_arn: format!("arn:aws:{CLICKS}"),
        consumer_name: "fast".to_owned(),
        ..Default::default()
    };
    let consumer =
        request::<kinesis::RegisterStreamConsumer>(&tank, input).await.expect("it is new").consumer;
    tank.advance(Duration::from_secs(1)).await;
    map(&tank, consumer.consumer_arn.trim_start_matches("arn:aws:"), |input| {
        input.maximum_retry_attempts = Some(0);
        let on_failure = Some(api::OnFailure { destination: Some(topic) });
        input.destination_config = Some(api::DestinationConfig { on_success: None, on_failure });
    })
    .await;
    put(&tank, &["a"]).await;
    tank.advance(Duration::from_millis(69)).await;
    assert_eq!(taken(&log), "");
    tank.advance(Duration::from_millis(1)).await;
    assert_eq!(taken(&log), "a");
    put(&tank, &["b"]).await;
    tank.advance(Duration::from_millis(100)).await;
    assert_eq!(taken(&log), "b");
    put(&tank, &["!c"]).await;
    settle(&tank).await;
    let letters = received(&tank, &url).await;
    assert!(letters.len() == 1 && letters[0].contains("KinesisBatchInfo"), "{letters:?}");
}

#[tokio::test]
async fn a_batch_whose_destination_is_gone_is_named_and_can_be_read_again() {
    let (tank, _) = tank().await;
    stream(&tank, 1).await;
    let missing = "arn:aws:sqs:us-east-1:000000000000:never-made".to_owned();
    for destination in [missing, "arn:aws:s3:::never-made".to_owned()] {
        let uuid = map(&tank, CLICKS, |input| {
            input.starting_position = Some("LATEST".to_owned());
            input.maximum_retry_attempts = Some(0);
            let on_failure = Some(api::OnFailure { destination: Some(destination.clone()) });
            input.destination_config = Some(api::DestinationConfig { on_success: None, on_failure });
        })
        .await;
        put(&tank, &["!a"]).await;
        settle(&tank).await;
        let found = tank.with_world(|world| world.undelivered());
        let last = found.last().expect("it is named");
        assert_eq!(last.destination.as_ref(), Some(&destination));
        assert!(last.cause.contains("exist") && last.retry.is_none(), "{}", last.cause);
        let input = kinesis::GetShardIteratorInput {
            stream_arn: Some(last.source.clone()),
            shard_id: last.place.clone(),
            shard_iterator_type: "AT_SEQUENCE_NUMBER".to_owned(),
            starting_sequence_number: Some(last.first.clone()),
            ..Default::default()
        };
        let iterator = request::<kinesis::GetShardIterator>(&tank, input).await.expect("it is kept");
        let input = kinesis::GetRecordsInput {
            shard_iterator: iterator.shard_iterator.unwrap_or_default(),
            ..Default::default()
        };
        let page = request::<kinesis::GetRecords>(&tank, input).await.expect("it is fresh");
        assert_eq!(page.records[0].data, "!a");
        let input = api::DeleteEventSourceMappingInput { uuid };
        request::<api::DeleteEventSourceMapping>(&tank, input).await.expect("it is there");
        settle(&tank).await;
    }
}

#[tokio::test]
async fn a_poison_record_is_told_by_the_world_until_it_is_given_up() {
    let (tank, log) = tank().await;
    stream(&tank, 1).await;
    let uuid = map(&tank, CLICKS, |input| input.batch_size = Some(1)).await;
    put(&tank, &["a", "!b", "c"]).await;
    tank.advance(Duration::from_secs(30)).await;
    let blocked = tank.with_world(|world| world.blocked());
    assert_eq!(blocked.len(), 1);
    assert_eq!((blocked[0].key.as_str(), blocked[0].place.as_str()), ("b", "shardId-000000000000"));
    assert!(blocked[0].cause.contains("!b"), "{}", blocked[0].cause);
    taken(&log);
    let input =
        api::UpdateEventSourceMappingInput { uuid, maximum_retry_attempts: Some(0), ..Default::default() };
    request::<api::UpdateEventSourceMapping>(&tank, input).await.expect("it is enabled");
    settle(&tank).await;
    expect![[r#"
        !b
        c"#]]
    .assert_eq(&taken(&log));
    assert!(tank.with_world(|world| world.blocked()).is_empty());
}

#[tokio::test]
async fn an_idle_mapping_hears_of_a_record_hours_later() {
    let (tank, log) = tank().await;
    stream(&tank, 2).await;
    map(&tank, CLICKS, |input| input.starting_position = Some("LATEST".to_owned())).await;
    settle(&tank).await;
    tank.advance(Duration::from_secs(36_000)).await;
    put(&tank, &["a", "b"]).await;
    settle(&tank).await;
    let seen = taken(&log);
    assert!(seen.contains('a') && seen.contains('b'), "{seen}");
}

#[tokio::test]
async fn messages_are_deleted_when_they_are_done_and_come_back_when_they_are_not() {
    let (tank, log) = tank().await;
    let dead = queue(&tank, "dead", &[]).await;
    let policy =
        json!({ "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 3 });
    let jobs = queue(&tank, "jobs", &[("RedrivePolicy", &policy.to_string())]).await;
    map(&tank, JOBS, |_| {}).await;
    send(&tank, &jobs, "a", None).await;
    tank.advance(Duration::from_secs(1)).await;
    send(&tank, &jobs, "!b", None).await;
    settle(&tank).await;
    expect![[r#"
        a
        !b
        !b
        !b"#]]
    .assert_eq(&taken(&log));
    assert_eq!(received(&tank, &dead).await, ["!b"]);
    assert_eq!(received(&tank, &jobs).await, Vec::<String>::new());
}

#[tokio::test]
async fn reported_messages_come_back_and_the_others_do_not() {
    let (tank, log) = tank().await;
    let jobs = queue(&tank, "jobs", &[]).await;
    for text in ["a", "?b", "c"] {
        send(&tank, &jobs, text, None).await;
    }
    map(&tank, JOBS, |input| {
        input.function_response_types = Some(vec!["ReportBatchItemFailures".to_owned()]);
    })
    .await;
    tank.advance(Duration::from_secs(61)).await;
    expect![[r#"
        a ?b c
        ?b
        ?b"#]]
    .assert_eq(&taken(&log));
}

#[tokio::test]
async fn a_window_fills_a_batch_of_more_than_ten() {
    let (tank, log) = tank().await;
    let jobs = queue(&tank, "jobs", &[]).await;
    map(&tank, JOBS, |input| {
        input.batch_size = Some(25);
        input.maximum_batching_window_in_seconds = Some(5);
    })
    .await;
    for n in 0..30 {
        send(&tank, &jobs, &format!("m{n}"), None).await;
    }
    tank.advance(Duration::from_secs(1)).await;
    let sizes = |log: &Log| taken(log).lines().map(|line| line.split(' ').count()).collect::<Vec<usize>>();
    assert_eq!(sizes(&log), [25]);
    tank.advance(Duration::from_secs(5)).await;
    assert_eq!(sizes(&log), [5]);
    settle(&tank).await;
}

#[tokio::test]
async fn filtered_messages_are_deleted_unseen() {
    let (tank, log) = tank().await;
    let jobs = queue(&tank, "jobs", &[]).await;
    map(&tank, JOBS, |input| {
        let pattern = Some(r#"{"body":{"kind":["a"]}}"#.to_owned());
        input.filter_criteria = Some(api::FilterCriteria { filters: Some(vec![api::Filter { pattern }]) });
    })
    .await;
    for text in [r#"{"kind":"a"}"#, r#"{"kind":"b"}"#, "text"] {
        send(&tank, &jobs, text, None).await;
    }
    settle(&tank).await;
    expect![[r#"{"kind":"a"}"#]].assert_eq(&taken(&log));
    tank.advance(Duration::from_secs(60)).await;
    assert_eq!(received(&tank, &jobs).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_fifo_group_keeps_its_order_while_another_goes_on() {
    let (tank, log) = tank().await;
    let url = queue(&tank, "jobs.fifo", &[("FifoQueue", "true")]).await;
    map(&tank, &format!("{JOBS}.fifo"), |input| {
        input.batch_size = Some(1);
        input.function_response_types = Some(vec!["ReportBatchItemFailures".to_owned()]);
    })
    .await;
    for (text, group) in [("?g1", "g"), ("g2", "g"), ("h1", "h"), ("h2", "h")] {
        send(&tank, &url, text, Some(group)).await;
    }
    tank.advance(Duration::from_secs(29)).await;
    expect![[r#"
        ?g1
        h1
        h2"#]]
    .assert_eq(&taken(&log));
}

#[tokio::test]
async fn maximum_concurrency_bounds_the_batches_that_run() {
    let (tank, log) = tank().await;
    let jobs = queue(&tank, "jobs", &[]).await;
    for n in 0..6 {
        send(&tank, &jobs, &format!("m{n}"), None).await;
    }
    let uuid = map(&tank, JOBS, |input| {
        input.batch_size = Some(1);
        input.scaling_config = Some(api::ScalingConfig { maximum_concurrency: Some(2) });
        input.enabled = Some(false);
    })
    .await;
    assert_eq!(taken(&log), "", "a disabled mapping reads nothing");
    let input = api::UpdateEventSourceMappingInput { uuid, enabled: Some(true), ..Default::default() };
    request::<api::UpdateEventSourceMapping>(&tank, input).await.expect("it is disabled");
    settle(&tank).await;
    assert_eq!(taken(&log).lines().count(), 6);
    let input = logs::DescribeLogStreamsInput {
        log_group_name: Some("/aws/lambda/f".to_owned()),
        ..Default::default()
    };
    let environments = request::<logs::DescribeLogStreams>(&tank, input).await.expect("it has been called");
    assert_eq!(environments.log_streams.unwrap_or_default().len(), 2, "each environment has its stream");
}

#[tokio::test]
async fn a_queue_that_is_missing_or_too_quick_is_refused() {
    let (tank, _log) = tank().await;
    queue(&tank, "jobs", &[("VisibilityTimeout", "2")]).await;
    let create = async |arn: &str| {
        let input = api::CreateEventSourceMappingInput {
            event_source_arn: Some(format!("arn:aws:{arn}")),
            function_name: "f".to_owned(),
            ..Default::default()
        };
        request::<api::CreateEventSourceMapping>(&tank, input).await.expect_err("it is refused").to_string()
    };
    expect!["InvalidParameterValueException: Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds"].assert_eq(&create(JOBS).await);
    expect!["InvalidParameterValueException: Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist."].assert_eq(&create("sqs:us-east-1:000000000000:none").await);
}

#[tokio::test]
async fn an_event_of_sqs_has_the_members_of_aws_in_their_order() {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let keep = move |_: &NativeContext, event: Value| {
        seen.lock().expect("nothing panics while it holds this").push(event.to_string());
        Ok(Value::Null)
    };
    let tank = Tank::builder().function("test.keep", Arc::new(keep)).build();
    let zip = zip_of(&[("index.py", 0o644, "")]);
    let input = create_input("f", "python3.13", "test.keep", zip);
    request::<api::CreateFunction>(&tank, input).await.expect("the input is complete");
    tank.advance(Duration::from_secs(1)).await;
    let url = queue(&tank, "jobs", &[]).await;
    let attribute = sqs::MessageAttributeValue {
        string_value: Some("7".to_owned()),
        data_type: "Number".to_owned(),
        ..Default::default()
    };
    let input = sqs::SendMessageInput {
        queue_url: url,
        message_body: "say \"hello\"".to_owned(),
        message_attributes: Some([("n".to_owned(), attribute)].into()),
        ..Default::default()
    };
    request::<sqs::SendMessage>(&tank, input).await.expect("the queue exists");
    map(&tank, JOBS, |_| {}).await;
    let receipt = regex::Regex::new(r#""receiptHandle":"[^"]*""#).expect("a pattern");
    expect![[r#"{"Records":[{"messageId":"1ea6bfae-3d57-429a-b00e-1287b649f82c","receiptHandle":"…","body":"say \"hello\"","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1767571201000","SenderId":"000000000000","ApproximateFirstReceiveTimestamp":"1767571202000"},"messageAttributes":{"n":{"stringValue":"7","stringListValues":[],"binaryListValues":[],"dataType":"Number"}},"md5OfMessageAttributes":"3a734e6fc44468814b287b503a526bff","md5OfBody":"bb47b66fc67cc12baaf804cbc20b3408","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:jobs","awsRegion":"us-east-1"}]}"#]].assert_eq(&receipt.replace(&taken(&log), r#""receiptHandle":"…""#));
}
