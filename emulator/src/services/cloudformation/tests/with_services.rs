//! Stacks on a frozen tank with its own services: what is made is there for its service's clients.

use std::time::Duration;

use wavetank_wire::{Operation, WireError, cloudformation as api, dynamodb, firehose, iam, kinesis, lambda};

use crate::driver::Tank;
use crate::world::Scope;

async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> Result<O::Output, WireError> {
    tank.request::<O>(&Scope::default(), input).await
}

/// The answer about the stack by its name, which one that is gone has lost.
async fn named(tank: &Tank) -> Result<api::DescribeStacksOutput, WireError> {
    let input = api::DescribeStacksInput { stack_name: Some("s".to_owned()), ..Default::default() };
    ask::<api::DescribeStacks>(tank, input).await
}

async fn stack(tank: &Tank) -> api::Stack {
    named(tank).await.expect("a stack").stacks.expect("stacks").remove(0)
}

const PIPELINE: &str = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']
      Policies:
        - PolicyName: data
          PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}
  Work:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: work
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Timeout: '30'
      Code: {ZipFile: 'def handler(event, context): return event'}
      Environment: {Variables: {LIMIT: 3}}
  May:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Work
      Action: lambda:InvokeFunction
      Principal: s3.amazonaws.com
      SourceArn: arn:aws:s3:::raw-bucket
  Raw:
    Type: AWS::S3::Bucket
    DependsOn: May
    Properties:
      BucketName: raw-bucket
      Tags: [{Key: owner, Value: me}]
      NotificationConfiguration:
        LambdaConfigurations:
          - Event: 's3:ObjectCreated:*'
            Function: !GetAtt Work.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
  Queries:
    Type: AWS::Athena::WorkGroup
    Properties:
      Name: queries
      WorkGroupConfiguration: {ResultConfiguration: {OutputLocation: !Sub 's3://${Raw}/results/'}}
  Saved:
    Type: AWS::Athena::NamedQuery
    Properties: {Database: d, QueryString: SELECT 1, WorkGroup: !Ref Queries}
  Lines:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /lake, RetentionInDays: 7}
Outputs:
  Saved: {Value: !Ref Saved}
  RoleId: {Value: !GetAtt Role.RoleId}
";

#[tokio::test]
async fn a_stack_makes_what_its_template_says_and_takes_it_away_again() {
    let tank = Tank::builder().build();
    let input = api::CreateStackInput {
        stack_name: "s".to_owned(),
        template_body: Some(PIPELINE.to_owned()),
        capabilities: Some(vec!["CAPABILITY_IAM".to_owned()]),
        ..Default::default()
    };
    ask::<api::CreateStack>(&tank, input).await.expect("it begins");
    assert!(tank.settle(Duration::from_secs(60)).await, "nothing is left to happen");
    let made = stack(&tank).await;
    assert_eq!(made.stack_status, "CREATE_COMPLETE", "{}", reasons(&tank).await);
    let outputs = made.outputs.expect("outputs");
    assert!(outputs.iter().all(|output| output.output_value.as_ref().is_some_and(|value| !value.is_empty())));

    let function =
        lambda::GetFunctionConfigurationInput { function_name: "work".to_owned(), qualifier: None };
    let function = ask::<lambda::GetFunctionConfiguration>(&tank, function).await.expect("a function");
    assert_eq!(function.timeout, Some(30));
    let role = function.role.expect("a role");
    let role = role.rsplit('/').next().expect("a name").to_owned();
    ask::<iam::GetRole>(&tank, iam::GetRoleInput { role_name: role.clone() }).await.expect("a role");

    let input = api::DeleteStackInput { stack_name: "s".to_owned(), ..Default::default() };
    let id = made.stack_id.expect("an id");
    ask::<api::DeleteStack>(&tank, input).await.expect("it begins");
    assert!(tank.settle(Duration::from_secs(60)).await);
    assert_eq!(named(&tank).await.expect_err("it is gone").message, "Stack with id s does not exist");
    let input = api::DescribeStacksInput { stack_name: Some(id), ..Default::default() };
    let remembered = ask::<api::DescribeStacks>(&tank, input).await.expect("by id").stacks.expect("stacks");
    assert_eq!(remembered[0].stack_status, "DELETE_COMPLETE");
    assert!(ask::<iam::GetRole>(&tank, iam::GetRoleInput { role_name: role }).await.is_err());
}

/// What failed, for a test that did not expect it.
async fn reasons(tank: &Tank) -> String {
    let input = api::DescribeStackEventsInput { stack_name: "s".to_owned(), ..Default::default() };
    let events = ask::<api::DescribeStackEvents>(tank, input).await.expect("events").stack_events;
    let reasons = events.unwrap_or_default().into_iter().filter_map(|event| event.resource_status_reason);
    reasons.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_template_can_come_from_the_tanks_own_s3() {
    let tank = Tank::builder().build();
    let scope = Scope::default();
    let stored = tank.s3(&scope, "test", "PutObject", |s3, cx| {
        s3.perform(cx, crate::services::s3::Command::CreateBucket { bucket: "templates".to_owned() })?;
        s3.perform(
            cx,
            crate::services::s3::Command::PutObject {
                bucket: "templates".to_owned(),
                key: "t.yaml".to_owned(),
                body: bytes::Bytes::from_static(b"Resources: {L: {Type: AWS::Logs::LogGroup}}"),
                content_type: "text/yaml".to_owned(),
            },
        )
    });
    stored.map_err(|error: WireError| error.to_string()).expect("it is stored");
    let create = |key: &str| api::CreateStackInput {
        stack_name: "s".to_owned(),
        template_url: Some(format!("https://templates.s3.amazonaws.com/{key}")),
        ..Default::default()
    };
    let refused = ask::<api::CreateStack>(&tank, create("none.yaml")).await.expect_err("no such object");
    assert_eq!(refused.message, "S3 error: The specified key does not exist.");
    ask::<api::CreateStack>(&tank, create("t.yaml")).await.expect("it begins");
    tank.settle(Duration::from_secs(10)).await;
    assert_eq!(stack(&tank).await.stack_status, "CREATE_COMPLETE");
}

#[tokio::test]
async fn a_stack_is_gone_when_what_takes_its_time_to_go_has_gone() {
    const SLOW: &str = "
Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    Properties: {Name: orders, ShardCount: 1}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Lake: {Type: 'AWS::S3::Bucket', Properties: {BucketName: lake-of-orders}}
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamName: orders
      ExtendedS3DestinationConfiguration: {BucketARN: !GetAtt Lake.Arn, RoleARN: 'arn:aws:iam::000000000000:role/r'}
";
    let tank = Tank::builder().build();
    let input = api::CreateStackInput {
        stack_name: "s".to_owned(),
        template_body: Some(SLOW.to_owned()),
        ..Default::default()
    };
    ask::<api::CreateStack>(&tank, input).await.expect("it begins");
    tank.advance(Duration::from_secs(60)).await;
    assert_eq!(stack(&tank).await.stack_status, "CREATE_COMPLETE");
    let input = api::DeleteStackInput { stack_name: "s".to_owned(), ..Default::default() };
    ask::<api::DeleteStack>(&tank, input).await.expect("it begins");
    for _ in 0..600 {
        tank.advance(Duration::from_millis(100)).await;
        if named(&tank).await.is_err() {
            let streams = ask::<kinesis::ListStreams>(&tank, Default::default()).await.expect("a list");
            let deliveries =
                ask::<firehose::ListDeliveryStreams>(&tank, Default::default()).await.expect("a list");
            let tables = ask::<dynamodb::ListTables>(&tank, Default::default()).await.expect("a list");
            assert!(streams.stream_names.is_empty(), "{streams:?}");
            assert!(deliveries.delivery_stream_names.is_empty(), "{deliveries:?}");
            assert!(tables.table_names.unwrap_or_default().is_empty());
            return;
        }
    }
    panic!("the stack stays {}", stack(&tank).await.stack_status);
}
