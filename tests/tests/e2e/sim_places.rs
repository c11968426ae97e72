//! Faults of simulations where a user's functions call S3 and SNS, SNS delivers to a queue, and Firehose calls its transformation: a
//! pipeline that tries again survives them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use wavetank::progress::Silent;
use wavetank::report::Lang;
use wavetank::sim::kind::Kind;
use wavetank::sim::swarm::{Drawn, Swarm};
use wavetank::{Embedded, RunOptions, Tank};
use wavetank_emulator::executors::{FunctionError, NativeContext};
use wavetank_scenarios::Scenario;
use wavetank_types::Seed;
use wavetank_wire::sqs;

const TEMPLATE: &str = "
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Lake: {Type: AWS::S3::Bucket}
  Told: {Type: AWS::SQS::Queue, Properties: {QueueName: told}}
  News: {Type: AWS::SNS::Topic}
  Subscribed:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref News, Protocol: sqs, Endpoint: !GetAtt Told.Arn}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: [lambda.amazonaws.com, firehose.amazonaws.com]}
            Action: 'sts:AssumeRole'
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - {Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: !Sub '${Lake.Arn}/*'}
              - {Effect: Allow, Action: 'sns:Publish', Resource: !Ref News}
  Tell:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: test.tell
      Role: !GetAtt Role.Arn
      Timeout: 60
      Environment: {Variables: {LAKE: !Ref Lake, TOPIC: !Ref News}}
      Code: {ZipFile: 'def tell(event, context): pass'}
  Pass:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: test.pass
      Role: !GetAtt Role.Arn
      Timeout: 60
      Code: {ZipFile: 'def handler(event, context): pass'}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Stream.Arn
      FunctionName: !Ref Tell
      StartingPosition: TRIM_HORIZON
      BatchSize: 1
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamType: KinesisStreamAsSource
      KinesisStreamSourceConfiguration: {KinesisStreamARN: !GetAtt Stream.Arn, RoleARN: !GetAtt Role.Arn}
      ExtendedS3DestinationConfiguration:
        BucketARN: !GetAtt Lake.Arn
        RoleARN: !GetAtt Role.Arn
        Prefix: landing/
        ErrorOutputPrefix: errors/
        BufferingHints: {IntervalInSeconds: 60, SizeInMBs: 1}
        ProcessingConfiguration:
          Enabled: true
          Processors:
            - Type: Lambda
              Parameters:
                - {ParameterName: LambdaArn, ParameterValue: !GetAtt Pass.Arn}
Outputs:
  Stream: {Value: !Ref Stream}
  Lake: {Value: !Ref Lake}
";

const SCENARIO: &str = "
summary  = \"Orders are told to a topic and kept in a lake, and Firehose keeps them too.\"
template = \"template.yaml\"
region   = \"us-east-1\"
[input]
file = \"orders.ndjson\"
rate = \"2/s\"
to   = \"kinesis:${Stream}\"
[[upload]]
file = \"list.csv\"
to   = \"s3://${Lake}/list.csv\"
[[step]]
wait = \"10m\"
[ledger]
identity = \"order_id\"
[[edge]]
name = \"landing\"
at   = \"s3://${Lake}/landing/\"
[[edge]]
name = \"told\"
at   = \"s3://${Lake}/told/\"
ends = \"delivered\"
[[check]]
conserved = {}
";

const ORDERS: usize = 20;

fn open(folder: &Path) -> Scenario {
    let orders: String = (0..ORDERS).map(|number| format!("{{\"order_id\":\"o-{number}\"}}\n")).collect();
    let files = [
        ("template.yaml", TEMPLATE),
        ("scenario.toml", SCENARIO),
        ("orders.ndjson", &orders),
        ("list.csv", "a,b\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    Scenario::open(folder.to_str().unwrap()).unwrap()
}

/// Reads the list, then tells of the order and keeps it under its own name.
fn tell(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let (lake, topic) = (&context.environment["LAKE"], &context.environment["TOPIC"]);
    context.get_object(lake, "list.csv")?;
    for record in event["Records"].as_array().unwrap() {
        let data = STANDARD.decode(record["kinesis"]["data"].as_str().unwrap()).unwrap();
        let order: Value = serde_json::from_slice(&data).unwrap();
        context.call("sns", "Publish", &json!({ "TopicArn": topic, "Message": order.to_string() }))?;
        let key = format!("told/{}.json", order["order_id"].as_str().unwrap());
        context.put_object(lake, &key, Bytes::from(order.to_string()), "application/json");
    }
    Ok(Value::Null)
}

/// Transforms nothing.
fn pass(_: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let of =
        |record: &Value| json!({ "recordId": record["recordId"], "result": "Ok", "data": record["data"] });
    let records: Vec<Value> = event["records"].as_array().unwrap().iter().map(of).collect();
    Ok(json!({ "records": records }))
}

fn drawn(kind: Kind, (caller, service, operation): (&str, &str, &str), share: f64) -> Drawn {
    let [caller, service, operation] = [caller, service, operation].map(str::to_owned);
    Drawn { kind, service, operation, caller, share, from: 0.0, until: 0.9, by_ms: 0 }
}

/// The orders that the queue was told of.
async fn told(tank: &Tank) -> BTreeSet<String> {
    let input = sqs::GetQueueUrlInput { queue_name: "told".to_owned(), ..Default::default() };
    let queue_url = tank.aws().call::<sqs::GetQueueUrl>(input).await.unwrap().queue_url.unwrap();
    let mut told = BTreeSet::new();
    loop {
        let input = sqs::ReceiveMessageInput {
            queue_url: queue_url.clone(),
            max_number_of_messages: Some(10),
            visibility_timeout: Some(3_600),
            ..Default::default()
        };
        let messages = tank.aws().call::<sqs::ReceiveMessage>(input).await.unwrap().messages;
        let messages = messages.unwrap_or_default();
        if messages.is_empty() {
            return told;
        }
        for body in messages.into_iter().filter_map(|message| message.body) {
            let notice: Value = serde_json::from_str(&body).unwrap();
            told.insert(notice["Message"].as_str().unwrap().to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_to_s3_and_sns_deliveries_and_transformations_are_refused_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = open(folder.path());
    let all = (0..100).flat_map(|seed| Swarm::draw(&scenario, seed, Some(1.0)).faults);
    let places: BTreeSet<String> = all.map(|drawn| drawn.place()).collect();
    let met = [
        drawn(Kind::Throttle, ("", "s3", "GetObject"), 1.0),
        drawn(Kind::ServerError, ("lambda", "s3", "PutObject"), 1.0),
        drawn(Kind::Throttle, ("", "sns", "Publish"), 0.5),
        drawn(Kind::Throttle, ("sns", "sqs", "SendMessage"), 0.5),
        drawn(Kind::Throttle, ("firehose", "lambda", "Invoke"), 1.0),
    ];
    for fault in &met {
        assert!(places.contains(&fault.place()), "{} is not in {places:?}", fault.place());
    }

    let tank = Tank::from(Embedded::new(Seed(7)));
    tank.target().tank().register_function("test.tell", Arc::new(tell));
    tank.target().tank().register_function("test.pass", Arc::new(pass));
    let options = RunOptions { swarm: Some(Swarm { faults: met.into() }), ..RunOptions::default() };
    let report = wavetank::run(&scenario, &tank, &options, &Silent).await;
    let report = report.unwrap_or_else(|error| panic!("{error}"));
    assert!(report.is_ok(), "{}", report.to_text(Lang::En));
    let seen: Vec<u64> = report.edges.iter().map(|edge| edge.distinct).collect();
    assert_eq!(seen, [ORDERS as u64; 2]);
    assert_eq!(told(&tank).await.len(), ORDERS);

    let hits = |kind: Kind, service: &str| {
        report.fault_hits.get(&(kind, service.to_owned())).copied().unwrap_or_default()
    };
    assert_eq!((hits(Kind::Throttle, "s3"), hits(Kind::ServerError, "s3")), (1, 1), "once each at most");
    assert_eq!(hits(Kind::Throttle, "lambda"), 2, "Firehose tries four times");
    assert!(hits(Kind::Throttle, "sns") > 0 && hits(Kind::Throttle, "sqs") > 0, "{:?}", report.fault_hits);
}
