//! What a user's test costs: a tank, a template of ten resources, a thousand records. The goal is under 50 ms.

use criterion::{Criterion, Throughput, criterion_group};
use serde_json::{Value, json};
use wavetank::{Context, Tank};
use wavetank_benches::SEED;

/// Two streams, two tables, two buckets, a queue, a role, and a function that reads the first stream.
const TEMPLATE: &str = "
Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    Properties: {Name: orders, ShardCount: 2}
  Clicks:
    Type: AWS::Kinesis::Stream
    Properties: {Name: clicks, ShardCount: 1}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: order_id, AttributeType: S}]
      KeySchema: [{AttributeName: order_id, KeyType: HASH}]
  Users:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: users
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: user_id, AttributeType: S}]
      KeySchema: [{AttributeName: user_id, KeyType: HASH}]
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Raw: {Type: AWS::S3::Bucket, Properties: {BucketName: raw}}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: keep
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Keep:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: keep
      Runtime: python3.13
      Handler: keep
      Role: !GetAtt Role.Arn
      Code: {ZipFile: 'def handler(event, context): pass'}
  Read:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Keep
      EventSourceArn: !GetAtt Orders.Arn
      StartingPosition: TRIM_HORIZON
      BatchSize: 500
";

const RECORDS: u64 = 1_000;

fn orders() -> Vec<Value> {
    (0..RECORDS).map(|n| json!({ "order_id": n, "amount": n * 10, "country": "VN" })).collect()
}

async fn start() -> Tank {
    let tank = Tank::seeded(SEED.0);
    tank.function("keep", async |event: Value, _: Context| {
        Ok::<_, String>(event["Records"].as_array().map_or(0, Vec::len))
    });
    tank.deploy(TEMPLATE).await.expect("ten resources");
    tank
}

fn test_api(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("one thread");
    let orders = orders();
    let mut group = c.benchmark_group("test_api");
    group.sample_size(20);
    group.bench_function("tank_and_10_resources", |b| b.to_async(&runtime).iter(start));
    group.throughput(Throughput::Elements(RECORDS));
    group.bench_function("tank_10_resources_1000_records", |b| {
        b.to_async(&runtime).iter(async || {
            let tank = start().await;
            tank.send("kinesis:orders", &orders).id("order_id").await.expect("all taken");
            assert!(tank.settle().await);
        });
    });
    group.finish();
}

criterion_group!(benches, test_api);
