//! Streams of DynamoDB tables in a whole tank: what changes arrives, filtered, in order, over shards that end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};
use wavetank_wire::{Val, dynamodb, lambda as api, sqs};

use crate::Tank;
use crate::executors::{FunctionError, NativeContext, NativeFunction};
use crate::services::lambda::tests::{create_input, request, zip_of};

/// Events that the function has seen.
type Log = Arc<Mutex<Vec<Value>>>;

/// Fails a batch with an item whose key begins with `!`.
fn function(log: &Log) -> Arc<dyn NativeFunction> {
    let log = Arc::clone(log);
    Arc::new(move |_: &NativeContext, event: Value| {
        let keys = keys(&event);
        log.lock().expect("nothing panics while it holds this").push(event);
        match keys.iter().find(|key| key.starts_with('!')) {
            Some(key) => Err(FunctionError { error_type: "Bad".to_owned(), message: key.clone() }),
            None => Ok(Value::Null),
        }
    })
}

fn keys(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().into_iter().flatten();
    let key = |record: &Value| record["dynamodb"]["Keys"]["id"]["S"].as_str().map(str::to_owned);
    records.filter_map(key).collect()
}

/// The keys of all records that the function has seen since the last look.
fn taken(log: &Log) -> Vec<String> {
    let events = std::mem::take(&mut *log.lock().expect("nothing panics while it holds this"));
    events.iter().flat_map(keys).collect()
}

/// A tank with the function `f`, and a table `items` with a stream.
async fn tank() -> (Tank, Log, String) {
    let log = Log::default();
    let tank = Tank::builder().function("test.handler", function(&log)).build();
    let zip = zip_of(&[("index.py", 0o644, "")]);
    let input = create_input("f", "python3.13", "test.handler", zip);
    request::<api::CreateFunction>(&tank, input).await.expect("the input is complete");
    let input = dynamodb::CreateTableInput {
        table_name: "items".to_owned(),
        attribute_definitions: Some(vec![dynamodb::AttributeDefinition {
            attribute_name: "id".to_owned(),
            attribute_type: "S".to_owned(),
        }]),
        key_schema: Some(vec![dynamodb::KeySchemaElement {
            attribute_name: "id".to_owned(),
            key_type: "HASH".to_owned(),
        }]),
        billing_mode: Some("PAY_PER_REQUEST".to_owned()),
        stream_specification: Some(dynamodb::StreamSpecification {
            stream_enabled: true,
            stream_view_type: Some("NEW_AND_OLD_IMAGES".to_owned()),
        }),
        ..Default::default()
    };
    let made = request::<dynamodb::CreateTable>(&tank, input).await.expect("it is new");
    tank.advance(Duration::from_secs(1)).await;
    let arn = made.table_description.and_then(|table| table.latest_stream_arn).expect("a stream");
    (tank, log, arn)
}

async fn map(
    tank: &Tank,
    arn: &str,
    change: impl FnOnce(&mut api::CreateEventSourceMappingInput),
) -> api::EventSourceMappingConfiguration {
    let mut input = api::CreateEventSourceMappingInput {
        event_source_arn: Some(arn.to_owned()),
        function_name: "f".to_owned(),
        starting_position: Some("TRIM_HORIZON".to_owned()),
        ..Default::default()
    };
    change(&mut input);
    let made = request::<api::CreateEventSourceMapping>(tank, input).await.expect("it is made");
    tank.advance(Duration::from_secs(2)).await;
    made
}

async fn put(tank: &Tank, id: &str) {
    // `S` is the first member of an attribute value.
    let item = Val::Map(vec![("id".to_owned(), Val::Struct(vec![(0, Val::Str(id.to_owned()))]))]);
    let input = dynamodb::PutItemInput { table_name: "items".to_owned(), item, ..Default::default() };
    request::<dynamodb::PutItem>(tank, input).await.expect("the table is there");
}

#[tokio::test]
async fn a_change_of_a_table_comes_as_aws_sends_it() {
    let (tank, log, arn) = tank().await;
    map(&tank, &arn, |_| {}).await;
    put(&tank, "a").await;
    tank.advance(Duration::from_secs(2)).await;
    let mut event = log.lock().expect("nothing panics while it holds this").remove(0);
    event["Records"][0]["eventID"] = json!("drawn");
    event["Records"][0]["eventSourceARN"] = json!(event["Records"][0]["eventSourceARN"] == *arn);
    expect![[r#"{"Records":[{"eventID":"drawn","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":{"ApproximateCreationDateTime":1767571203.0,"Keys":{"id":{"S":"a"}},"NewImage":{"id":{"S":"a"}},"SequenceNumber":"100000000000000000005","SizeBytes":6,"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":true}]}"#]]
        .assert_eq(&event.to_string());
}

#[tokio::test]
async fn all_changes_arrive_over_days_and_shards_that_end() {
    let (tank, log, arn) = tank().await;
    map(&tank, &arn, |_| {}).await;
    let mut expected = Vec::new();
    for (n, hours) in [0, 1, 5, 3, 9, 30, 0].into_iter().enumerate() {
        tank.advance(Duration::from_secs(3_600 * hours)).await;
        for half in ["x", "y"] {
            let id = format!("{n}{half}");
            put(&tank, &id).await;
            expected.push(id);
        }
    }
    assert!(tank.settle(Duration::from_secs(60)).await, "it comes to rest");
    let mut found = taken(&log);
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_mapping_from_the_latest_misses_what_was_there_and_nothing_else() {
    let (tank, log, arn) = tank().await;
    put(&tank, "before").await;
    map(&tank, &arn, |input| input.starting_position = Some("LATEST".to_owned())).await;
    tank.advance(Duration::from_secs(3_600 * 7)).await;
    put(&tank, "after").await;
    tank.advance(Duration::from_secs(2)).await;
    assert_eq!(taken(&log), ["after"]);
}

#[tokio::test]
async fn filters_see_the_change_with_its_types() {
    let (tank, log, arn) = tank().await;
    let pattern =
        json!({ "eventName": ["INSERT"], "dynamodb": { "Keys": { "id": { "S": [{ "prefix": "a" }] } } } });
    let filter = api::Filter { pattern: Some(pattern.to_string()) };
    map(&tank, &arn, |input| {
        input.filter_criteria = Some(api::FilterCriteria { filters: Some(vec![filter]) });
    })
    .await;
    for id in ["a1", "b1", "a2"] {
        put(&tank, id).await;
    }
    tank.advance(Duration::from_secs(2)).await;
    let mut found = taken(&log);
    found.sort();
    assert_eq!(found, ["a1", "a2"]);
}

#[tokio::test]
async fn a_batch_that_is_given_up_is_told_of_with_its_place_in_the_stream() {
    let (tank, _, arn) = tank().await;
    let input = sqs::CreateQueueInput { queue_name: "dead".to_owned(), ..Default::default() };
    let queue_url = request::<sqs::CreateQueue>(&tank, input).await.expect("it is new").queue_url;
    map(&tank, &arn, |input| {
        input.maximum_retry_attempts = Some(1);
        let destination = Some("arn:aws:sqs:us-east-1:000000000000:dead".to_owned());
        let on_failure = Some(api::OnFailure { destination });
        input.destination_config = Some(api::DestinationConfig { on_failure, on_success: None });
    })
    .await;
    put(&tank, "!").await;
    tank.advance(Duration::from_secs(60)).await;
    let input = sqs::ReceiveMessageInput { queue_url: queue_url.expect("an address"), ..Default::default() };
    let messages = request::<sqs::ReceiveMessage>(&tank, input).await.expect("a queue").messages;
    let body = messages.expect("a message").remove(0).body.expect("a body");
    let told: Value = serde_json::from_str(&body).expect("JSON");
    let info = &told["DDBStreamBatchInfo"];
    assert_eq!((&info["batchSize"], &info["streamArn"]), (&json!(1), &json!(arn)));
    assert_eq!(told["requestContext"]["condition"], "RetryAttemptsExhausted");
}

#[tokio::test]
async fn a_table_has_no_starting_point_in_time() {
    let (tank, _, arn) = tank().await;
    let input = api::CreateEventSourceMappingInput {
        event_source_arn: Some(arn.clone()),
        function_name: "f".to_owned(),
        starting_position: Some("AT_TIMESTAMP".to_owned()),
        ..Default::default()
    };
    let refusal = request::<api::CreateEventSourceMapping>(&tank, input).await.expect_err("it is refused");
    let expected =
        format!("InvalidParameterValueException: Unsupported starting position for arn type: {arn}");
    assert_eq!(refusal.to_string(), expected);
}
