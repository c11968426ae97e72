//! From a genuine Kinesis client through an event source mapping made by a template, to a genuine SQS client.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_kinesis::primitives::Blob;
use serde_json::Value;
use wavetank_emulator::executors::{FunctionError, NativeContext};
use wavetank_emulator::{Connector, Scope, Tank};
use wavetank_wire::{Operation, cloudformation, kinesis, sqs};

const TEMPLATE: &str = "
Resources:
  Work:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: work
      Runtime: python3.13
      Handler: test.handler
      Role: arn:aws:iam::000000000000:role/work
      Code: {ZipFile: 'def handler(event, context): pass'}
  Read:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Work
      EventSourceArn: arn:aws:kinesis:us-east-1:000000000000:stream/clicks
      StartingPosition: TRIM_HORIZON
      BatchSize: 1
      MaximumRetryAttempts: 8
      DestinationConfig: {OnFailure: {Destination: 'arn:aws:sqs:us-east-1:000000000000:dead'}}
";

/// Fails for every record of the key `poison`.
fn handler(_: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    if event["Records"][0]["kinesis"]["partitionKey"] == "poison" {
        return Err(FunctionError { error_type: "Poison".to_owned(), message: "no".to_owned() });
    }
    Ok(Value::Null)
}

async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> O::Output {
    tank.request::<O>(&Scope::default(), input).await.unwrap()
}

async fn tank() -> Tank {
    let tank = Tank::builder().function("test.handler", Arc::new(handler)).build();
    let input = kinesis::CreateStreamInput {
        stream_name: "clicks".to_owned(),
        shard_count: Some(1),
        ..Default::default()
    };
    ask::<kinesis::CreateStream>(&tank, input).await;
    let input = sqs::CreateQueueInput { queue_name: "dead".to_owned(), ..Default::default() };
    ask::<sqs::CreateQueue>(&tank, input).await;
    tank.advance(Duration::from_secs(1)).await;
    let input = cloudformation::CreateStackInput {
        stack_name: "reading".to_owned(),
        template_body: Some(TEMPLATE.to_owned()),
        ..Default::default()
    };
    ask::<cloudformation::CreateStack>(&tank, input).await;
    assert!(tank.settle(Duration::from_secs(600)).await);
    tank
}

#[tokio::test]
async fn a_poison_record_is_told_by_the_world_and_then_kept_in_the_destination() {
    let tank = tank().await;
    let connector = Connector::new(&tank);
    let credentials = || Credentials::new("000000000000", "test", None, None, "wavetank");
    let kinesis = aws_sdk_kinesis::Client::from_conf(
        aws_sdk_kinesis::Config::builder()
            .behavior_version(aws_sdk_kinesis::config::BehaviorVersion::latest())
            .http_client(connector.http_client())
            .region(aws_sdk_kinesis::config::Region::new("us-east-1"))
            .credentials_provider(credentials())
            .build(),
    );
    let sqs = aws_sdk_sqs::Client::from_conf(
        aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .http_client(connector.http_client())
            .region(aws_sdk_sqs::config::Region::new("us-east-1"))
            .credentials_provider(credentials())
            .build(),
    );
    let mut sequences = Vec::new();
    for key in ["good", "poison", "good"] {
        let put = kinesis.put_record().stream_name("clicks").partition_key(key).data(Blob::new(key));
        sequences.push(put.send().await.unwrap().sequence_number().to_owned());
    }
    tank.advance(Duration::from_secs(30)).await;
    let blocked = tank.with_world(|world| world.blocked());
    assert_eq!(blocked.len(), 1);
    assert_eq!((blocked[0].record.as_str(), blocked[0].key.as_str()), (&*sequences[1], "poison"));
    assert_eq!(blocked[0].place, "shardId-000000000000");
    assert!(tank.settle(Duration::from_secs(3_600)).await);
    assert!(tank.with_world(|world| world.blocked()).is_empty());
    let url = sqs.get_queue_url().queue_name("dead").send().await.unwrap();
    let found = sqs.receive_message().queue_url(url.queue_url().unwrap()).send().await.unwrap();
    let letter: Value = serde_json::from_str(found.messages()[0].body().unwrap()).unwrap();
    assert_eq!(letter["KinesisBatchInfo"]["startSequenceNumber"], *sequences[1]);
    assert_eq!(letter["requestContext"]["approximateInvokeCount"], 9);
    assert_eq!(found.messages().len(), 1);
}
