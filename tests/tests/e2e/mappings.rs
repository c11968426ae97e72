//! From a genuine Kinesis client through an event source mapping made by a template, to a genuine SQS client.

use aws_sdk_kinesis::primitives::Blob;
use serde_json::Value;
use wavetank::{Context, Tank, hours, seconds};

const TEMPLATE: &str = "
Resources:
  Clicks:
    Type: AWS::Kinesis::Stream
    Properties: {Name: clicks, ShardCount: 1}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: dead}
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
      EventSourceArn: !GetAtt Clicks.Arn
      StartingPosition: TRIM_HORIZON
      BatchSize: 1
      MaximumRetryAttempts: 8
      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
";

#[wavetank::test]
async fn a_poison_record_is_told_by_the_world_and_then_kept_in_the_destination(tank: Tank) {
    tank.function("test.handler", async |event: Value, _: Context| {
        match event["Records"][0]["kinesis"]["partitionKey"] == "poison" {
            true => Err("no"),
            false => Ok(()),
        }
    });
    tank.deploy(TEMPLATE).await.unwrap();
    let (kinesis, sqs) = (tank.kinesis(), tank.sqs());
    let mut sequences = Vec::new();
    for key in ["good", "poison", "good"] {
        let put = kinesis.put_record().stream_name("clicks").partition_key(key).data(Blob::new(key));
        sequences.push(put.send().await.unwrap().sequence_number().to_owned());
    }
    tank.advance(seconds(30)).await;
    let world = tank.target().tank();
    let blocked = world.with_world(|world| world.blocked());
    assert_eq!(blocked.len(), 1);
    assert_eq!((blocked[0].record.as_str(), blocked[0].key.as_str()), (&*sequences[1], "poison"));
    assert_eq!(blocked[0].place, "shardId-000000000000");
    assert!(tank.settle_within(hours(1)).await);
    assert!(world.with_world(|world| world.blocked()).is_empty());
    let url = sqs.get_queue_url().queue_name("dead").send().await.unwrap();
    let found = sqs.receive_message().queue_url(url.queue_url().unwrap()).send().await.unwrap();
    let letter: Value = serde_json::from_str(found.messages()[0].body().unwrap()).unwrap();
    assert_eq!(letter["KinesisBatchInfo"]["startSequenceNumber"], *sequences[1]);
    assert_eq!(letter["requestContext"]["approximateInvokeCount"], 9);
    assert_eq!(found.messages().len(), 1);
}
