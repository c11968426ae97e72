//! The test API on itself: what `#[wavetank::test]` and the tank promise to a user's test, with a pipeline of six resources.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use wavetank::{Anomaly, Context, Records, Rule, Tank, TankError, minutes, seconds};

/// Orders enter a stream; a function writes each to a table and its line to a bucket, by way of a delivery stream.
const TEMPLATE: &str = "
Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    Properties: {Name: orders, ShardCount: 2}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: order_id, AttributeType: S}]
      KeySchema: [{AttributeName: order_id, KeyType: HASH}]
  Lake:
    Type: AWS::S3::Bucket
    Properties: {BucketName: lake}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: dead}
  Keep:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: keep
      Runtime: provided.al2023
      Handler: bootstrap
      Role: arn:aws:iam::000000000000:role/keep
      Code: data/bootstrap
  Read:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Keep
      EventSourceArn: !GetAtt Orders.Arn
      StartingPosition: TRIM_HORIZON
      BatchSize: 10
      MaximumRetryAttempts: 3
      BisectBatchOnFunctionError: true
      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
Outputs:
  Stream: {Value: !Sub 'kinesis:${Orders}'}
  Table: {Value: !Sub 'dynamodb:${Table}'}
";

#[derive(Deserialize)]
struct KinesisEvent {
    #[serde(rename = "Records")]
    records: Vec<KinesisRecord>,
}

#[derive(Deserialize)]
struct KinesisRecord {
    kinesis: KinesisData,
}

#[derive(Deserialize)]
struct KinesisData {
    data: String,
}

impl KinesisEvent {
    fn orders(&self) -> Vec<Value> {
        let decode = |record: &KinesisRecord| serde_json::from_slice(&base64(&record.kinesis.data)).unwrap();
        self.records.iter().map(decode).collect()
    }
}

fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> =
        text.bytes().filter(|byte| *byte != b'=').map(|byte| u32::from(value(byte))).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}

fn orders(count: u32) -> Vec<Value> {
    let order = |n| json!({ "order_id": format!("o-{n}"), "amount": f64::from(n) + 0.5, "buyer": n % 7 });
    (0..count).map(order).collect()
}

/// The function of the template, in Rust: an item for each order.
fn keep(tank: &Tank) {
    let table = tank.dynamodb();
    tank.function("keep", async move |event: KinesisEvent, context: Context| {
        for order in event.orders() {
            use aws_sdk_dynamodb::types::AttributeValue::{N, S};
            let text = |name: &str| order[name].to_string().trim_matches('"').to_owned();
            let put = table.put_item().table_name("orders").item("order_id", S(text("order_id")));
            put.item("amount", N(text("amount"))).send().await?;
        }
        context.log(format!("{} orders", event.records.len()));
        Ok::<_, aws_sdk_dynamodb::Error>(())
    });
}

#[wavetank::test(seed = 7)]
async fn every_order_is_kept_though_calls_are_throttled(tank: Tank) -> Result<(), TankError> {
    keep(&tank);
    let stack = tank.deploy(TEMPLATE).await?;
    let guard = tank.fault(Rule::throttle("dynamodb:PutItem").share(0.1));
    tank.send(stack.output("Stream"), orders(200)).id("order_id").key("buyer").await?;
    assert!(tank.settle().await);
    drop(guard);
    let closed = tank.ledger().expect_in(stack.output("Table")).same("amount").assert_conserved().await;
    assert_eq!(closed.balance().delivered, 200);
    Ok(())
}

#[wavetank::test(seeds = 0..3)]
async fn a_run_is_the_same_again_with_its_seed(tank: Tank) {
    let mut ends = Vec::new();
    for tank in [Tank::seeded(tank.seed()), Tank::seeded(tank.seed())] {
        keep(&tank);
        tank.deploy(TEMPLATE).await.unwrap();
        let _guard = tank.fault(Rule::throttle("dynamodb:PutItem").share(0.2));
        tank.send("kinesis:orders", orders(50)).id("order_id").await.unwrap();
        tank.settle().await;
        ends.push((
            tank.now(),
            tank.calls(1_000).iter().map(|call| (call.time, call.status)).collect::<Vec<_>>(),
        ));
    }
    assert_eq!(ends[0], ends[1]);
}

#[wavetank::test]
async fn a_record_that_is_lost_is_named_with_its_cause(tank: Tank) {
    let table = tank.dynamodb();
    tank.function("keep", async move |event: KinesisEvent, _: Context| {
        for order in event.orders().iter().filter(|order| order["order_id"] != "o-3") {
            use aws_sdk_dynamodb::types::AttributeValue::S;
            let id = S(order["order_id"].as_str().unwrap_or_default().to_owned());
            table.put_item().table_name("orders").item("order_id", id).send().await?;
        }
        Ok::<_, aws_sdk_dynamodb::Error>(())
    });
    tank.deploy(TEMPLATE).await.unwrap();
    tank.send("kinesis:orders", orders(5)).id("order_id").await.unwrap();
    let early = tank.ledger().expect_in("dynamodb:orders").check().await.unwrap();
    assert_eq!(early.count(Anomaly::Lost), 5);
    assert!(early.to_string().contains("not at rest"), "{early}");
    tank.settle().await;
    let closed = tank.ledger().expect_in("dynamodb:orders").check().await.unwrap();
    let said = closed.to_string();
    for part in [
        "1 Lost",
        "5 to kinesis:orders by 2026-01-05T",
        "Lost: record o-3: 1 generated, 0 found",
        "drops records without a word",
        "replay: WAVETANK_SEED=0 cargo test -p wavetank-tests test_api::a_record_that_is_lost_is_named_with_its_cause",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[wavetank::test]
async fn a_batch_that_fails_after_its_work_comes_again_and_is_told_apart(tank: Tank) {
    let s3 = tank.s3();
    let runs = Arc::new(AtomicU32::new(0));
    tank.function("keep", async move |event: KinesisEvent, _: Context| {
        let run = runs.fetch_add(1, Ordering::SeqCst);
        let lines: String = event.orders().iter().map(|order| format!("{order}\n")).collect();
        let put = s3.put_object().bucket("lake").key(format!("orders/{run}.ndjson"));
        put.body(ByteStream::from(lines.into_bytes())).send().await?;
        Ok::<_, aws_sdk_s3::Error>(())
    });
    tank.deploy(TEMPLATE).await.unwrap();
    let guard = tank.fault(Rule::crash("keep").share(0.5));
    tank.send("kinesis:orders", orders(60)).id("order_id").await.unwrap();
    tank.settle().await;
    drop(guard);
    let found = tank.ledger().expect_in("s3://lake/orders/").check().await.unwrap();
    assert!(found.count(Anomaly::DuplicatedByConsumer) > 0, "{found}");
    assert!(found.to_string().contains("function `keep` failed"), "{found}");
    let repeated = tank.ledger().expect_in("s3://lake/orders/").at_least_once().check().await.unwrap();
    assert!(repeated.is_conserved() && repeated.repeats() > 0, "{repeated}");
}

#[wavetank::test]
async fn a_refusal_in_a_log_counts_once_however_often_its_batch_comes(tank: Tank) {
    tank.function("keep", async |event: KinesisEvent, context: Context| {
        event.orders().iter().for_each(|order| context.log(order.to_string()));
        Ok::<_, &str>(())
    });
    tank.deploy(TEMPLATE).await.unwrap();
    let guard = tank.fault(Rule::crash("keep").times(2));
    tank.send("kinesis:orders", orders(5)).id("order_id").rejected_if(|_| true).await.unwrap();
    tank.settle().await;
    drop(guard);
    let refused = tank.ledger().rejected_in("function:keep").assert_conserved().await;
    assert_eq!(refused.balance().rejected["refused"], 5);
    let lines = tank.ledger().expect_in("function:keep").check().await.unwrap();
    assert!(lines.count(Anomaly::DuplicatedByConsumer) >= 5, "the lines are there more than once: {lines}");
}

#[wavetank::test]
async fn refused_records_and_dead_letters_are_accounted_for(tank: Tank) {
    let aws = tank.aws();
    for queue in ["in", "refused", "dead"] {
        aws.json(&wavetank::wire::sqs::SERVICE, "CreateQueue", &json!({ "QueueName": queue })).await.unwrap();
    }
    tank.s3().create_bucket().bucket("lake").send().await.unwrap();
    tank.send("sqs:in", orders(4)).id("order_id").rejected_if(|order| order["amount"] == 2.5).await.unwrap();
    let sqs = tank.sqs();
    let url = |queue: &str| format!("http://localhost/000000000000/{queue}");
    let got = sqs.receive_message().queue_url(url("in")).max_number_of_messages(10).send().await.unwrap();
    for (to, message) in ["lake", "dead", "refused", "lake"].into_iter().zip(got.messages()) {
        let body = message.body().unwrap();
        match to {
            "lake" => {
                let key = format!("out/{}", message.message_id().unwrap());
                let put = tank.s3().put_object().bucket("lake").key(key);
                put.body(Bytes::from(body.to_owned()).into()).send().await.unwrap();
            }
            queue => {
                let wrapped = json!({ "why": "no", "record": body }).to_string();
                sqs.send_message().queue_url(url(queue)).message_body(wrapped).send().await.unwrap();
            }
        }
    }
    let ask = || tank.ledger().rejected_in("sqs:refused").dead_letters_in("sqs:dead");
    let closed = ask().expect_in("s3://lake/out/").assert_conserved().await;
    let balance = closed.balance();
    assert_eq!((balance.delivered, balance.dlq, balance.rejected["refused"]), (2, 1, 1));
    // What was read is still there.
    ask().expect_in("s3://lake/out/").assert_conserved().await;
    let elsewhere = ask().expect_in("s3://lake/nowhere/").check().await.unwrap();
    assert_eq!(elsewhere.count(Anomaly::Lost), 2);
}

#[wavetank::test]
async fn what_a_template_cannot_make_is_told_by_resource_line_and_reason(tank: Tank) {
    tank.kinesis().create_stream().stream_name("orders").shard_count(1).send().await.unwrap();
    let error = tank.deploy(TEMPLATE).stack("shop").await.unwrap_err().to_string();
    assert!(error.starts_with("stack `shop` was not made: it ended as ROLLBACK_COMPLETE\n"), "{error}");
    assert!(error.contains("\n  template:3: Orders (AWS::Kinesis::Stream): "), "{error}");
    let missing = tank.deploy("nowhere.yaml").await.unwrap_err();
    assert!(format!("{missing:?}").contains("tests/nowhere.yaml"), "{missing:?}");
    let nonsense = tank.deploy("Resources:\n  A: {Type: AWS::Nothing::Here}\n").await.unwrap_err();
    assert!(nonsense.to_string().contains("AWS::Nothing::Here"), "{nonsense}");
}

#[wavetank::test]
async fn a_failing_function_shows_its_own_error_and_lines(tank: Tank) {
    let divide = tank.function("divide", async |event: BTreeMap<String, i64>, context: Context| {
        context.log(format!("dividing {}", event["a"]));
        event["a"].checked_div(event["b"]).ok_or("division by zero")
    });
    divide.create().await.unwrap();
    assert_eq!(divide.invoke::<i64>(&json!({ "a": 84, "b": 2 })).await.unwrap(), 42);
    let failed = divide.invoke::<i64>(&json!({ "a": 1, "b": 0 })).await.unwrap_err().to_string();
    assert!(failed.starts_with("function `divide` failed: Error: division by zero"), "{failed}");
    assert!(failed.contains("\n  | dividing 1\n"), "{failed}");
    let wrong = divide.invoke::<i64>(&json!({ "a": "x" })).await.unwrap_err().to_string();
    assert!(wrong.contains("EventError: the event is no BTreeMap: invalid type"), "{wrong}");
    let panics = divide.invoke::<i64>(&json!({ "a": 1 })).await.unwrap_err().to_string();
    assert!(panics.contains("failed: Panic: "), "{panics}");
    let other = divide.invoke::<String>(&json!({ "a": 84, "b": 2 })).await.unwrap_err().to_string();
    assert!(other.contains("answered 42"), "{other}");
}

#[wavetank::test]
async fn back_off_and_timeouts_pass_in_tank_time(tank: Tank) {
    tank.s3().create_bucket().bucket("lake").send().await.unwrap();
    let kinesis = tank.kinesis();
    kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    tank.settle().await;
    let start = tank.now();
    let guard = tank.fault(Rule::throttle("kinesis:PutRecord").during(seconds(0)..seconds(2)));
    let put =
        |key: &str| kinesis.put_record().stream_name("s").partition_key(key).data(Blob::new("x")).send();
    put("a").await.unwrap();
    drop(guard);
    assert_eq!(tank.now().since(start), seconds(2), "two back-offs of a second each");
    // Two at once wait together, not one after the other.
    let guard = tank.fault(Rule::throttle("kinesis:PutRecord").during(seconds(0)..seconds(1)));
    let start = tank.now();
    let (a, b) = tokio::join!(put("a"), put("b"));
    drop(guard);
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(tank.now().since(start), seconds(1));
    // A call that is slow is given up at the client's own limit, in tank time.
    let _guard = tank.fault(Rule::delay("kinesis:PutRecord", minutes(10)));
    let limit =
        aws_sdk_kinesis::config::timeout::TimeoutConfig::builder().operation_timeout(minutes(2)).build();
    let config = aws_sdk_kinesis::config::Builder::from(tank.sdk_config()).timeout_config(limit).build();
    let slow = aws_sdk_kinesis::Client::from_conf(config);
    let said = slow.put_record().stream_name("s").partition_key("k").data(Blob::new("x")).send().await;
    assert!(matches!(said, Err(aws_sdk_kinesis::error::SdkError::TimeoutError(_))), "{said:?}");
}

#[wavetank::test]
async fn a_back_off_within_a_function_is_the_runs_time_and_hangs_nobody(tank: Tank) {
    let s3 = tank.s3();
    s3.create_bucket().bucket("lake").send().await.unwrap();
    let put = async |s3: aws_sdk_s3::Client| s3.put_object().bucket("lake").key("k").send().await.is_ok();
    let client = s3.clone();
    let waits =
        tank.function("waits", async move |_: Value, _: Context| Ok::<_, &str>(put(client.clone()).await));
    let spawns = tank.function("spawns", async move |_: Value, _: Context| {
        let s3 = s3.clone();
        tokio::spawn(async move { s3.put_object().bucket("lake").key("k").send().await.is_ok() }).await
    });
    waits.create().await.unwrap();
    spawns.create().await.unwrap();
    let guard = tank.fault(Rule::throttle("s3:PutObject"));
    let start = tank.now();
    assert!(!waits.invoke::<bool>(&0).await.unwrap());
    assert_eq!(tank.now().since(start).as_secs(), 2, "two back-offs of a second");
    assert!(!spawns.invoke::<bool>(&0).await.unwrap());
    assert!(tank.now().since(start) < seconds(3), "a task beside the function takes no time");
    drop(guard);
    assert!(waits.invoke::<bool>(&0).await.unwrap() && spawns.invoke::<bool>(&0).await.unwrap());
}

#[wavetank::test]
async fn a_presigned_address_and_other_regions_work(tank: Tank) {
    let s3 = tank.s3();
    s3.create_bucket().bucket("lake").send().await.unwrap();
    s3.put_object().bucket("lake").key("a b").body(ByteStream::from_static(b"hi")).send().await.unwrap();
    let signed = s3.get_object().bucket("lake").key("a b");
    let signed = signed.presigned(PresigningConfig::expires_in(minutes(5)).unwrap()).await.unwrap();
    let request = http::Request::builder().uri(signed.uri()).body(Bytes::new()).unwrap();
    assert_eq!(tank.http(request).await.into_body(), "hi");

    let hanoi = tank.in_region("ap-southeast-1");
    hanoi.sqs().create_queue().queue_name("q").send().await.unwrap();
    assert!(tank.sqs().get_queue_url().queue_name("q").send().await.is_err());
    hanoi.sqs().get_queue_url().queue_name("q").send().await.unwrap();
}

#[wavetank::test]
async fn athena_answers_structs(tank: Tank) -> Result<(), TankError> {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Sum {
        buyer: u8,
        orders: u64,
        amount: f64,
    }
    tank.s3().create_bucket().bucket("lake").send().await.unwrap();
    tank.send("s3://lake/orders/", orders(20)).id("order_id").await?;
    tank.athena("CREATE DATABASE shop").await?;
    tank.athena(
        "CREATE EXTERNAL TABLE shop.orders (order_id string, amount decimal(10,2), buyer int)
         ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/orders/'",
    )
    .await?;
    let sums = "SELECT buyer, count(*) AS orders, sum(amount) AS amount FROM shop.orders WHERE buyer < 2 GROUP BY 1 ORDER BY 1";
    let sums: Vec<Sum> = tank.athena(sums).rows().await?;
    let expected = [Sum { buyer: 0, orders: 3, amount: 22.5 }, Sum { buyer: 1, orders: 3, amount: 25.5 }];
    assert_eq!(sums, expected);
    assert_eq!(tank.athena("SELECT count(*) FROM orders").database("shop").await?.value(), "20");
    tank.ledger()
        .expect_in("SELECT order_id, amount FROM shop.orders")
        .same("amount")
        .assert_conserved()
        .await;
    let refused = tank.athena("SELECT * FROM nowhere").await.unwrap_err();
    assert!(refused.to_string().contains("nowhere"), "{refused}");
    Ok(())
}

#[wavetank::test(seed = 3)]
async fn generated_rows_bring_their_identity(tank: Tank) -> Result<(), TankError> {
    tank.s3().create_bucket().bucket("lake").send().await.unwrap();
    let clicks = tank.generate("clickstream").rows(500).records()?;
    tank.send("s3://lake/clicks/a.ndjson", &clicks).await?;
    tank.ledger().expect_in("s3://lake/clicks/").same("timestamp,event_type").assert_conserved().await;
    let none = tank.send("s3://lake/x", Records::of([json!({ "a": 1 })])?).await.unwrap_err();
    assert!(none.to_string().contains("which member tells"), "{none}");
    let misspelt = tank.ledger().expect_in("s3://lake/clicks/").same("event_tipe").check().await.unwrap_err();
    let expected = "no record that was sent has a member `event_tipe`\nhint: did you mean `event_type`?";
    assert_eq!(misspelt.to_string(), expected);
    let nothing = tank.generate("clickstreams").records().unwrap_err();
    assert!(nothing.to_string().contains("no profile is named"), "{nothing}");
    Ok(())
}
