//! Every resource type on a frozen tank with its own services: made, changed in place, replaced, removed.

use std::time::Duration;

use wavetank_wire::{
    Operation, WireError, cloudformation as api, cloudwatch, dynamodb, firehose, glue, iam, kinesis, lambda,
    logs, sns, sqs,
};

use crate::driver::Tank;
use crate::services::cloudformation::resources;
use crate::world::Scope;

/// What differs between the two: the words in `<before|after>`.
const ALL: &str = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      Description: <one|two>
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: [glue.amazonaws.com, scheduler.amazonaws.com]}, Action: 'sts:AssumeRole'}]
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/<A|B>']
      Policies:
        - PolicyName: <inline|outline>
          PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}
      Tags: [{Key: <a|b>, Value: x}]
  Inline:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: extra
      Roles: [!Ref Role]
      PolicyDocument: {Statement: [{Effect: Allow, Action: '<s3|glue>:*', Resource: '*'}]}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument: {Statement: [{Effect: Allow, Action: '<s3|glue>:*', Resource: '*'}]}
  Work:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      MemorySize: <128|256>
      Code: {ZipFile: 'def handler(event, context): return <1|2>'}
      Tags: [{Key: <a|b>, Value: x}]
  Mapped:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Work
      EventSourceArn: !GetAtt Dead.Arn
      BatchSize: <5|7>
      FilterCriteria: {Filters: [{Pattern: '{\"body\":{\"kind\":[\"a\"]}}'}]}
      FunctionResponseTypes: [ReportBatchItemFailures]
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions:
        - {AttributeName: id, AttributeType: S}
        - {AttributeName: at, AttributeType: N}
        - {AttributeName: colour, AttributeType: S}
      KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
      ProvisionedThroughput: {ReadCapacityUnits: <5|7>, WriteCapacityUnits: 5}
      LocalSecondaryIndexes:
        - IndexName: colours
          KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: colour, KeyType: RANGE}]
          Projection: {ProjectionType: KEYS_ONLY}
      GlobalSecondaryIndexes:
        - IndexName: by-colour
          KeySchema: [{AttributeName: colour, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
          ProvisionedThroughput: {ReadCapacityUnits: <1|2>, WriteCapacityUnits: 1}
      StreamSpecification: {StreamViewType: <NEW_IMAGE|NEW_AND_OLD_IMAGES>}
      TimeToLiveSpecification: {AttributeName: gone, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: <true|false>}
      KinesisStreamSpecification: {StreamArn: !GetAtt Clicks.Arn}
      DeletionProtectionEnabled: <true|false>
      SSESpecification: {SSEEnabled: <true|false>}
      TableClass: <STANDARD|STANDARD_INFREQUENT_ACCESS>
      Tags: [{Key: <a|b>, Value: x}]
  Everywhere:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: world
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      Replicas:
        - {Region: !Ref AWS::Region, TableClass: <STANDARD|STANDARD_INFREQUENT_ACCESS>}
  Changed:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Work
      EventSourceArn: !GetAtt Items.StreamArn
      StartingPosition: TRIM_HORIZON
      MaximumRetryAttempts: <1|2>
  May:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Work, Action: lambda:InvokeFunction, Principal: <s3|logs>.amazonaws.com}
  Net:
    Type: AWS::RDS::DBSubnetGroup
    Properties:
      DBSubnetGroupDescription: <one|two>
      SubnetIds: [subnet-1, subnet-<2|3>]
      Tags: [{Key: <a|b>, Value: x}]
  Tuned:
    Type: AWS::RDS::DBParameterGroup
    Properties:
      Description: tuned
      Family: postgres15
      Parameters: {<work_mem|max_connections>: 64}
      Tags: [{Key: <a|b>, Value: x}]
  Login:
    Type: AWS::SecretsManager::Secret
    Properties:
      Description: <one|two>
      GenerateSecretString:
        SecretStringTemplate: '{\"username\": \"store\"}'
        GenerateStringKey: password
        PasswordLength: <20|24>
        ExcludePunctuation: true
      Tags: [{Key: <a|b>, Value: x}]
  Lake:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: <Enabled|Suspended>}
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]
      PublicAccessBlockConfiguration: {BlockPublicAcls: true}
      LifecycleConfiguration: {Rules: [{Status: Enabled, Prefix: tmp/, ExpirationInDays: <7|8>}]}
      Tags: [{Key: <a|b>, Value: x}]
  LakePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Lake
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Deny, Principal: '*', Action: 's3:<Get|Put>Object', Resource: !Sub '${Lake.Arn}/*'}
  Flow:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      ExtendedS3DestinationConfiguration:
        BucketARN: !GetAtt Lake.Arn
        RoleARN: !GetAtt Role.Arn
        Prefix: <raw|cooked>/
        BufferingHints: {SizeInMBs: 1, IntervalInSeconds: 60}
      Tags: [{Key: <a|b>, Value: x}]
  Lines: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: <7|30>, Tags: [{Key: <a|b>, Value: x}]}}
  Writer: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Lines}}
  Errors:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Ref Lines
      FilterPattern: '{ $.level = \"<ERROR|WARN>\" }'
      MetricTransformations:
        - MetricNamespace: App
          MetricName: errors
          MetricValue: '1'
          Dimensions: [{Key: level, Value: $.level}]
  Forwarded:
    Type: AWS::Logs::SubscriptionFilter
    Properties:
      LogGroupName: !Ref Lines
      FilterPattern: <one|two>
      DestinationArn: !GetAtt Clicks.Arn
      RoleArn: !GetAtt Role.Arn
  Asked:
    Type: AWS::Logs::QueryDefinition
    Properties: {Name: asked, QueryString: fields <a|b>, LogGroupNames: [!Ref Lines]}
  LetIn:
    Type: AWS::Logs::ResourcePolicy
    Properties: {PolicyName: let-in, PolicyDocument: '{\"Id\": \"<a|b>\", \"Statement\": []}'}
  Clicks:
    Type: AWS::Kinesis::Stream
    Properties:
      ShardCount: <2|4>
      RetentionPeriodHours: <48|36>
      MaxRecordSizeInKiB: <1024|2048>
      StreamEncryption: {EncryptionType: KMS, KeyId: alias/<one|two>}
      DesiredShardLevelMetrics: [<IncomingBytes|OutgoingBytes>]
      Tags: [{Key: <a|b>, Value: x}]
  Reader:
    Type: AWS::Kinesis::StreamConsumer
    Properties: {ConsumerName: reader, StreamARN: !GetAtt Clicks.Arn, Tags: [{Key: <a|b>, Value: x}]}
  Base:
    Type: AWS::Glue::Database
    Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: base, Description: <one|two>}}
  Rows:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Base
      TableInput:
        Name: rows
        TableType: EXTERNAL_TABLE
        Parameters: {classification: <csv|json>}
        PartitionKeys: [{Name: day, Type: string}]
        StorageDescriptor: {Columns: [{Name: id, Type: bigint}], Location: !Sub 's3://${Lake}/rows/'}
  Day:
    Type: AWS::Glue::Partition
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Base
      TableName: !Ref Rows
      PartitionInput: {Values: [monday], Parameters: {size: '<1|2>'}}
  Crawl:
    Type: AWS::Glue::Crawler
    Properties:
      Role: !GetAtt Role.Arn
      DatabaseName: !Ref Base
      TablePrefix: <p|q>_
      Schedule: {ScheduleExpression: cron(<0|5> 0 1 1 ? 2030)}
      Targets: {S3Targets: [{Path: !Sub 's3://${Lake}/rows/'}]}
  Clean:
    Type: AWS::Glue::Job
    Properties:
      Role: !GetAtt Role.Arn
      GlueVersion: '4.0'
      WorkerType: G.1X
      NumberOfWorkers: <2|3>
      Command: {Name: glueetl, PythonVersion: '3', ScriptLocation: !Sub 's3://${Lake}/jobs/clean.py'}
      DefaultArguments: {'--out': !Sub 's3://${Lake}/clean/'}
      Tags: {<a|b>: x}
  Nights:
    Type: AWS::Glue::Workflow
    Properties:
      MaxConcurrentRuns: <2|3>
      DefaultRunProperties: {shop: <one|two>}
      Tags: {<a|b>: x}
  Begin:
    Type: AWS::Glue::Trigger
    Properties:
      Type: SCHEDULED
      Schedule: cron(<0|5> 0 1 1 ? 2030)
      StartOnCreation: true
      WorkflowName: !Ref Nights
      Actions: [{JobName: !Ref Clean}]
      Tags: {<a|b>: x}
  Dead: {Type: AWS::SQS::Queue}
  Line:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: <60|90>
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: <3|4>}
      Tags: [{Key: <a|b>, Value: x}]
  LinePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Line]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: <s3|sns>.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*'}
  News:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: <one|two>, Tags: [{Key: <a|b>, Value: x}]}
  NewsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref News]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: <s3|events>.amazonaws.com}, Action: 'sns:Publish', Resource: '*'}
  Subscribed:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref News
      Protocol: sqs
      Endpoint: !GetAtt Line.Arn
      RawMessageDelivery: <true|false>
      FilterPolicy: {kind: [<a|b>]}
  Queries:
    Type: AWS::Athena::WorkGroup
    Properties:
      Name: queries
      Description: <one|two>
      RecursiveDeleteOption: true
      WorkGroupConfiguration:
        EnforceWorkGroupConfiguration: <true|false>
        ResultConfiguration: {OutputLocation: !Sub 's3://${Lake}/results/'}
  Saved:
    Type: AWS::Athena::NamedQuery
    Properties: {Database: !Ref Base, QueryString: SELECT <1|2>, WorkGroup: !Ref Queries}
  Slow:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateAgeOfOldestMessage
      Dimensions: [{Name: QueueName, Value: !GetAtt Line.QueueName}]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: <1|2>
      Threshold: <60|90>
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref News]
      Tags: [{Key: <a|b>, Value: x}]
  Failing:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      Threshold: <0.1|0.2>
      ComparisonOperator: GreaterThanThreshold
      Metrics:
        - Id: rate
          Expression: errors / calls
        - Id: errors
          ReturnData: false
          MetricStat:
            Stat: Sum
            Period: 60
            Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Work}]}
        - Id: calls
          ReturnData: false
          MetricStat:
            Stat: Sum
            Period: 60
            Metric: {Namespace: AWS/Lambda, MetricName: Invocations, Dimensions: [{Name: FunctionName, Value: !Ref Work}]}
  Either:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmRule: !Sub 'ALARM(${Slow}) <OR|AND> ALARM(${Failing})'
      Tags: [{Key: <a|b>, Value: x}]
  Plans:
    Type: AWS::Scheduler::ScheduleGroup
    Properties:
      Tags: [{Key: <a|b>, Value: x}]
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      GroupName: !Ref Plans
      ScheduleExpression: cron(<1|2> 0 * * ? *)
      ScheduleExpressionTimezone: Asia/Ho_Chi_Minh
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target:
        Arn: arn:aws:scheduler:::aws-sdk:glue:startJobRun
        RoleArn: !GetAtt Role.Arn
        Input: !Sub '{\"JobName\": \"${Clean}\"}'
  Bus:
    Type: AWS::Events::EventBus
    Properties:
      Name: shop
      Description: <one|two>
      Tags: [{Key: <a|b>, Value: x}]
  Guests:
    Type: AWS::Events::EventBusPolicy
    Properties: {EventBusName: !Ref Bus, StatementId: guests, Action: 'events:PutEvents', Principal: '<1|2>11111111111'}
  Orders:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [<a|b>]}
      Targets: [{Id: <one|two>, Arn: !GetAtt Line.Arn}]
      Tags: [{Key: <a|b>, Value: x}]
  Hourly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(<1 hour|2 hours>)
      Targets: [{Id: one, Arn: !GetAtt Line.Arn, Input: '{\"a\":1}'}]
  Past:
    Type: AWS::Events::Archive
    Properties: {SourceArn: !GetAtt Bus.Arn, RetentionDays: <7|8>}
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: board
      DashboardBody: '{\"widgets\":[{\"type\":\"text\",\"x\":0,\"y\":0,\"width\":6,\"height\":6,\"properties\":{\"markdown\":\"<one|two>\"}}]}'
";

fn template(after: bool) -> String {
    let marks = regex::Regex::new("<([^|>]*)\\|([^>]*)>").expect("a pattern");
    marks.replace_all(ALL, if after { "${2}" } else { "${1}" }).into_owned()
}

async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> Result<O::Output, WireError> {
    tank.request::<O>(&Scope::default(), input).await
}

/// Lets the stack's work end, and answers its state with what failed on the way.
async fn settled(tank: &Tank, stack: &str) -> String {
    assert!(tank.settle(Duration::from_secs(600)).await, "something is always left to happen");
    let input = api::DescribeStacksInput { stack_name: Some(stack.to_owned()), ..Default::default() };
    let found =
        ask::<api::DescribeStacks>(tank, input).await.expect("a stack").stacks.expect("stacks").remove(0);
    let input = api::DescribeStackEventsInput { stack_name: stack.to_owned(), ..Default::default() };
    let events = ask::<api::DescribeStackEvents>(tank, input).await.expect("events").stack_events;
    let failed =
        events.unwrap_or_default().into_iter().rev().filter(|event| {
            event.resource_status.as_deref().is_some_and(|status| status.ends_with("_FAILED"))
        });
    let failed: Vec<String> = failed
        .map(|event| {
            let logical = event.logical_resource_id.unwrap_or_default();
            format!("\n{logical}: {}", event.resource_status_reason.unwrap_or_default())
        })
        .collect();
    format!("{}{}", found.stack_status, failed.concat())
}

fn capabilities() -> Option<Vec<String>> {
    Some(vec!["CAPABILITY_IAM".to_owned()])
}

#[tokio::test]
async fn every_type_is_made_changed_and_removed_by_its_own_service() {
    let tank = Tank::builder().build();
    let input = api::CreateStackInput {
        stack_name: "all".to_owned(),
        template_body: Some(template(false)),
        capabilities: capabilities(),
        ..Default::default()
    };
    let id = ask::<api::CreateStack>(&tank, input).await.expect("it begins").stack_id.expect("an id");
    assert_eq!(settled(&tank, "all").await, "CREATE_COMPLETE");

    let input = api::ListStackResourcesInput { stack_name: "all".to_owned(), ..Default::default() };
    let made = ask::<api::ListStackResources>(&tank, input).await.expect("a list").stack_resource_summaries;
    let made = made.expect("resources");
    // What needs a server or Airflow on this machine is made in tests of its own.
    let elsewhere = ["AWS::MWAA::Environment", "AWS::RDS::DBInstance"];
    let names = resources::names().filter(|name| !elsewhere.contains(name));
    let missing: Vec<&str> =
        names.filter(|name| !made.iter().any(|one| one.resource_type == *name)).collect();
    assert!(missing.is_empty(), "this test makes no {missing:?}");

    let input = api::UpdateStackInput {
        stack_name: "all".to_owned(),
        template_body: Some(template(true)),
        capabilities: capabilities(),
        ..Default::default()
    };
    ask::<api::UpdateStack>(&tank, input).await.expect("it begins");
    assert_eq!(settled(&tank, "all").await, "UPDATE_COMPLETE");
    check_updated(&tank).await;

    let input = api::DeleteStackInput { stack_name: "all".to_owned(), ..Default::default() };
    ask::<api::DeleteStack>(&tank, input).await.expect("it begins");
    assert_eq!(settled(&tank, &id).await, "DELETE_COMPLETE");
    let queues = ask::<sqs::ListQueues>(&tank, Default::default()).await.expect("a list").queue_urls;
    let topics = ask::<sns::ListTopics>(&tank, Default::default()).await.expect("a list").topics;
    assert_eq!((queues, topics), (None, Some(Vec::new())));
    let roles = ask::<iam::ListRoles>(&tank, Default::default()).await.expect("a list").roles;
    let jobs = ask::<glue::GetJobs>(&tank, Default::default()).await.expect("a list").jobs;
    let groups = ask::<logs::DescribeLogGroups>(&tank, Default::default()).await.expect("a list").log_groups;
    assert_eq!((roles.len(), jobs.map_or(0, |all| all.len()), groups.map_or(0, |all| all.len())), (0, 0, 0));
}

/// What is published passes the filter as it is now, and comes in the form that is asked for now.
async fn check_queues(tank: &Tank) {
    let topics = ask::<sns::ListTopics>(tank, Default::default()).await.expect("a list").topics;
    let value = |text: &str| sns::MessageAttributeValue {
        data_type: "String".to_owned(),
        string_value: Some(text.to_owned()),
        ..Default::default()
    };
    for kind in ["a", "b"] {
        let input = sns::PublishInput {
            topic_arn: topics.as_ref().expect("topics")[0].topic_arn.clone(),
            message: format!("news {kind}"),
            message_attributes: Some([("kind".to_owned(), value(kind))].into()),
            ..Default::default()
        };
        ask::<sns::Publish>(tank, input).await.expect("it is published");
    }
    let urls = ask::<sqs::ListQueues>(tank, Default::default()).await.expect("a list").queue_urls;
    let queue_url = urls.expect("queues").into_iter().find(|url| url.contains("Line")).expect("a queue");
    let attribute_names = Some(vec!["VisibilityTimeout".to_owned()]);
    let input = sqs::GetQueueAttributesInput { queue_url: queue_url.clone(), attribute_names };
    let found = ask::<sqs::GetQueueAttributes>(tank, input).await.expect("a queue").attributes;
    assert_eq!(found.expect("attributes")["VisibilityTimeout"], "90");
    let max_number_of_messages = Some(10);
    let input = sqs::ReceiveMessageInput { queue_url, max_number_of_messages, ..Default::default() };
    let messages =
        ask::<sqs::ReceiveMessage>(tank, input).await.expect("an answer").messages.expect("messages");
    let bodies: Vec<String> = messages.into_iter().filter_map(|message| message.body).collect();
    assert!(bodies.len() == 1 && bodies[0].contains("\"Message\" : \"news b\""), "{bodies:?}");
}

async fn check_table(tank: &Tank) {
    let names = ask::<dynamodb::ListTables>(tank, Default::default()).await.expect("a list").table_names;
    let table_name = names.expect("tables").remove(0);
    let input = dynamodb::DescribeTableInput { table_name: table_name.clone() };
    let table = ask::<dynamodb::DescribeTable>(tank, input).await.expect("a table").table.expect("told");
    let units = table.provisioned_throughput.and_then(|throughput| throughput.read_capacity_units);
    let view = table.stream_specification.and_then(|stream| stream.stream_view_type);
    assert_eq!((units, view.as_deref()), (Some(7), Some("NEW_AND_OLD_IMAGES")));
    assert_eq!((table.deletion_protection_enabled, table.sse_description), (Some(false), None));
    let input = dynamodb::DescribeTimeToLiveInput { table_name };
    let ttl = ask::<dynamodb::DescribeTimeToLive>(tank, input).await.expect("a table");
    let ttl = ttl.time_to_live_description.and_then(|ttl| ttl.attribute_name);
    assert_eq!(ttl.as_deref(), Some("gone"));
}

async fn check_alarms(tank: &Tank) {
    let alarm_types = Some(vec!["MetricAlarm".to_owned(), "CompositeAlarm".to_owned()]);
    let input = cloudwatch::DescribeAlarmsInput { alarm_types, ..Default::default() };
    let found = ask::<cloudwatch::DescribeAlarms>(tank, input).await.expect("alarms");
    let thresholds = found.metric_alarms.expect("alarms").into_iter().map(|alarm| alarm.threshold);
    assert_eq!(thresholds.collect::<Vec<_>>(), [Some(0.2), Some(90.0)]);
    let composite = found.composite_alarms.expect("alarms").remove(0);
    assert!(composite.alarm_rule.is_some_and(|rule| rule.contains(" AND ")));
    let input = cloudwatch::ListTagsForResourceInput { resource_arn: composite.alarm_arn.expect("an ARN") };
    let tags = ask::<cloudwatch::ListTagsForResource>(tank, input).await.expect("tags").tags;
    assert_eq!(tags.expect("tags")[0].key, "b");
    let input = cloudwatch::GetDashboardInput { dashboard_name: "board".to_owned() };
    let board = ask::<cloudwatch::GetDashboard>(tank, input).await.expect("a dashboard").dashboard_body;
    assert!(board.is_some_and(|body| body.contains("two")));
}

async fn check_logs(tank: &Tank) {
    let filters = ask::<logs::DescribeMetricFilters>(tank, Default::default()).await.expect("a list");
    let filter = filters.metric_filters.expect("filters").remove(0);
    assert_eq!(filter.filter_pattern.as_deref(), Some("{ $.level = \"WARN\" }"));
    let dimensions = filter.metric_transformations.expect("one").remove(0).dimensions.expect("dimensions");
    assert_eq!(dimensions["level"], "$.level");
    let log_group_name = filter.log_group_name.expect("a group");
    let input = logs::DescribeSubscriptionFiltersInput { log_group_name, ..Default::default() };
    let filters = ask::<logs::DescribeSubscriptionFilters>(tank, input).await.expect("a list");
    let filter = filters.subscription_filters.expect("filters").remove(0);
    assert_eq!(filter.filter_pattern.as_deref(), Some("two"));
    let saved = ask::<logs::DescribeQueryDefinitions>(tank, Default::default()).await.expect("a list");
    let saved = saved.query_definitions.expect("definitions");
    assert_eq!((saved.len(), saved[0].query_string.as_deref()), (1, Some("fields b")));
    let policies = ask::<logs::DescribeResourcePolicies>(tank, Default::default()).await.expect("a list");
    let document = policies.resource_policies.expect("policies").remove(0).policy_document;
    assert!(document.is_some_and(|document| document.contains("\"Id\": \"b\"")));
}

async fn check_updated(tank: &Tank) {
    check_logs(tank).await;
    let role =
        ask::<iam::ListRoles>(tank, Default::default()).await.expect("a list").roles.remove(0).role_name;
    let inline = iam::ListRolePoliciesInput { role_name: role.clone(), ..Default::default() };
    let inline = ask::<iam::ListRolePolicies>(tank, inline).await.expect("a list").policy_names;
    assert_eq!(inline, ["extra", "outline"]);
    let functions = ask::<lambda::ListFunctions>(tank, Default::default()).await.expect("a list").functions;
    assert_eq!(functions.expect("functions")[0].memory_size, Some(256));
    let mapped = ask::<lambda::ListEventSourceMappings>(tank, Default::default()).await.expect("a list");
    let mapped = mapped.event_source_mappings.expect("mappings");
    let of = |service: &str| {
        let is_of = |arn: &String| arn.split(':').nth(2) == Some(service);
        mapped.iter().find(|one| one.event_source_arn.as_ref().is_some_and(is_of)).expect("it is mapped")
    };
    assert_eq!((of("sqs").batch_size, of("sqs").state.as_deref()), (Some(7), Some("Enabled")));
    assert_eq!(of("dynamodb").state.as_deref(), Some("Enabled"));
    check_table(tank).await;
    let jobs = ask::<glue::GetJobs>(tank, Default::default()).await.expect("a list").jobs.expect("jobs");
    assert_eq!(jobs[0].number_of_workers, Some(3));
    let flows = ask::<firehose::ListDeliveryStreams>(tank, Default::default()).await.expect("a list");
    let delivery_stream_name = flows.delivery_stream_names[0].clone();
    let flow = firehose::DescribeDeliveryStreamInput { delivery_stream_name, ..Default::default() };
    let flow = ask::<firehose::DescribeDeliveryStream>(tank, flow).await.expect("a stream");
    let to = &flow.delivery_stream_description.destinations[0].extended_s3destination_description;
    assert_eq!(to.as_ref().and_then(|to| to.prefix.as_deref()), Some("cooked/"));
    let streams = ask::<kinesis::ListStreams>(tank, Default::default()).await.expect("a list").stream_names;
    let input =
        kinesis::DescribeStreamSummaryInput { stream_name: streams.first().cloned(), ..Default::default() };
    let stream = ask::<kinesis::DescribeStreamSummary>(tank, input).await.expect("a stream");
    let stream = stream.stream_description_summary;
    assert_eq!(
        (stream.open_shard_count, stream.retention_period_hours, stream.consumer_count),
        (4, 36, Some(1))
    );
    assert_eq!((stream.key_id.as_deref(), stream.max_record_size_in_ki_b), (Some("alias/two"), Some(2_048)));
    check_queues(tank).await;
    check_alarms(tank).await;
    let table = glue::GetTableInput {
        database_name: "base".to_owned(),
        name: "rows".to_owned(),
        ..Default::default()
    };
    let table = ask::<glue::GetTable>(tank, table).await.expect("a table").table.expect("a table");
    assert_eq!(table.parameters.expect("parameters")["classification"], "json");
}
