//! The code of docs/testing.md, run. A block of the page stands here word for word, or in `examples/`; the last test sees to it.

use serde::Deserialize;
use serde_json::{Value, json};
use wavetank::{Context, Rule, Tank, TankError, minutes};

/// A bucket, a stream into it, and a function in between: what the page calls `template.yaml`.
const TEMPLATE: &str = "
Resources:
  Lake:
    Type: AWS::S3::Bucket
    Properties: {BucketName: lake}
  Orders:
    Type: AWS::Kinesis::Stream
    Properties: {Name: orders, ShardCount: 1}
  Keep:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: keep
      Runtime: python3.13
      Handler: keep.handler
      Role: arn:aws:iam::000000000000:role/keep
      Code: {ZipFile: 'def handler(event, context): pass'}
  Read:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Keep
      EventSourceArn: !GetAtt Orders.Arn
      StartingPosition: TRIM_HORIZON
  ToLake:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamName: to-lake
      ExtendedS3DestinationConfiguration:
        BucketARN: !GetAtt Lake.Arn
        RoleARN: arn:aws:iam::000000000000:role/to-lake
        Prefix: orders/
        BufferingHints: {IntervalInSeconds: 300, SizeInMBs: 5}
Outputs:
  Stream: {Value: !Sub 'firehose:${ToLake}'}
  Lake: {Value: !Sub 's3://${Lake}/orders/'}
";

fn orders(count: u32) -> Vec<Value> {
    (0..count).map(|n| json!({ "order_id": n, "amount": n * 10, "country": "VN" })).collect()
}

#[wavetank::test(seed = 7)]
async fn clients(tank: Tank) {
    let s3 = tank.s3();
    s3.create_bucket().bucket("lake").send().await.unwrap();

    // Any other client: its own crate, and the tank's configuration.
    let sqs = aws_sdk_sqs::Client::new(tank.sdk_config());
    sqs.create_queue().queue_name("orders").send().await.unwrap();
}

#[wavetank::test]
async fn templates(tank: Tank) -> Result<(), TankError> {
    let stack = tank.deploy(TEMPLATE).stack("shop").await?;
    assert_eq!(stack.output("Stream"), "firehose:to-lake");
    assert_eq!(stack.resource("Lake"), "lake");

    for name in ["test", "test-2"] {
        let queue = "Resources:\n  Queue: {Type: AWS::SQS::Queue}\n";
        assert_eq!(tank.deploy(queue).await?.name(), name);
    }
    Ok(())
}

#[wavetank::test]
async fn functions(tank: Tank) -> Result<(), TankError> {
    let keep = tank.function("keep", async |event: Value, context: Context| {
        let records = event["Records"].as_array().ok_or("no records")?;
        context.log(format!("{} records", records.len()));
        Ok::<_, &str>(records.len())
    });

    tank.deploy(TEMPLATE).await?;
    tank.send("kinesis:orders", orders(3)).id("order_id").await?;
    tank.settle().await;

    // The test calls it, too. Without a template, `keep.create()` makes a function of that name first.
    let kept: usize = keep.invoke(&json!({ "Records": [1, 2] })).await?;
    assert_eq!(kept, 2);
    Ok(())
}

#[wavetank::test]
async fn time(tank: Tank) -> Result<(), TankError> {
    tank.deploy(TEMPLATE).await?;
    tank.send("firehose:to-lake", orders(10)).id("order_id").await?;
    tank.advance(minutes(4)).await; // the buffer of five minutes is not full
    assert!(!tank.ledger().expect_in("s3://lake/orders/").check().await?.is_conserved());
    tank.advance(minutes(1)).await;
    assert!(tank.ledger().expect_in("s3://lake/orders/").check().await?.is_conserved());
    Ok(())
}

#[wavetank::test(seeds = 0..5)]
async fn faults(tank: Tank) -> Result<(), TankError> {
    let stack = tank.deploy(TEMPLATE).await?;
    let guard = tank.fault(Rule::throttle("firehose:PutRecordBatch").share(0.5));
    tank.send(stack.output("Stream"), orders(100)).id("order_id").await?;
    drop(guard);
    tank.settle().await;
    tank.ledger().expect_in(stack.output("Lake")).same("amount").assert_conserved().await;
    Ok(())
}

#[wavetank::test(seed = 7)]
async fn generated(tank: Tank) -> Result<(), TankError> {
    let stack = tank.deploy(TEMPLATE).await?;
    let clicks = tank.generate("clickstream").rows(1_000).records()?;
    tank.send(stack.output("Stream"), &clicks).await?;
    tank.settle().await;
    tank.ledger().expect_in(stack.output("Lake")).assert_conserved().await;
    Ok(())
}

#[wavetank::test]
async fn queries(tank: Tank) -> Result<(), TankError> {
    tank.s3().create_bucket().bucket("lake").send().await.unwrap();
    tank.send("s3://lake/orders/today.ndjson", orders(10)).id("order_id").await?;
    tank.athena("CREATE DATABASE shop").await?;
    tank.athena(
        "CREATE EXTERNAL TABLE shop.orders (order_id int, amount int, country string)
         ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/orders/'",
    )
    .await?;

    #[derive(Deserialize)]
    struct Country {
        country: String,
        revenue: i64,
    }
    let sql = "SELECT country, sum(amount) AS revenue FROM shop.orders GROUP BY country";
    let [vn] = tank.athena(sql).rows::<Country>().await?.try_into().ok().unwrap();
    assert_eq!((vn.country.as_str(), vn.revenue), ("VN", 450));
    assert_eq!(tank.athena("SELECT count(*) FROM orders").database("shop").await?.value(), "10");
    Ok(())
}

/// A text without what leads its lines, so that a block of a page is found in an indented function.
fn bare(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_block_of_the_page_is_code_that_runs() {
    let root = wavetank_tests::root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let code = ["tests/tests/e2e/testing_page.rs", "examples/rust-lambda/tests/orders.rs"]
        .map(|path| bare(&read(path)));
    let page = read("docs/testing.md");
    let blocks: Vec<&str> =
        page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 7, "only {} blocks", blocks.len());
    for block in blocks {
        assert!(code.iter().any(|code| code.contains(&bare(block))), "this block runs nowhere:\n{block}");
    }
}
