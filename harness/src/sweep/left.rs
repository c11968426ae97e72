//! Looks whether anything of a run is still there: each resource by its id, log groups by their names.

use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::SERVICES;
use wavetank_wire::schema::Service;

use super::traces::{Resource, Traces};
use super::{SweepError, buckets, if_there, is_absent, logs};
use crate::client::Aws;

/// How a type is asked about: the service by its model's name, the operation, the member that takes the physical id.
const TYPES: [(&str, &str, &str, &str); 23] = [
    ("AWS::Athena::WorkGroup", "athena", "GetWorkGroup", "WorkGroup"),
    ("AWS::Athena::NamedQuery", "athena", "GetNamedQuery", "NamedQueryId"),
    ("AWS::CloudFormation::Stack", "cloudformation", "DescribeStacks", "StackName"),
    ("AWS::CloudWatch::Dashboard", "cloudwatch", "GetDashboard", "DashboardName"),
    ("AWS::DynamoDB::GlobalTable", "dynamodb", "DescribeTable", "TableName"),
    ("AWS::DynamoDB::Table", "dynamodb", "DescribeTable", "TableName"),
    ("AWS::Events::Archive", "events", "DescribeArchive", "ArchiveName"),
    ("AWS::Events::EventBus", "events", "DescribeEventBus", "Name"),
    ("AWS::Events::Rule", "events", "DescribeRule", "Name"),
    ("AWS::Glue::Crawler", "glue", "GetCrawler", "Name"),
    ("AWS::Glue::Database", "glue", "GetDatabase", "Name"),
    ("AWS::Glue::Job", "glue", "GetJob", "JobName"),
    ("AWS::Glue::Trigger", "glue", "GetTrigger", "Name"),
    ("AWS::Glue::Workflow", "glue", "GetWorkflow", "Name"),
    ("AWS::IAM::ManagedPolicy", "iam", "GetPolicy", "PolicyArn"),
    ("AWS::IAM::Role", "iam", "GetRole", "RoleName"),
    ("AWS::Kinesis::Stream", "kinesis", "DescribeStreamSummary", "StreamName"),
    ("AWS::KinesisFirehose::DeliveryStream", "firehose", "DescribeDeliveryStream", "DeliveryStreamName"),
    ("AWS::Logs::LogGroup", "logs", "ListTagsLogGroup", "logGroupName"),
    ("AWS::RDS::DBInstance", "rds", "DescribeDBInstances", "DBInstanceIdentifier"),
    ("AWS::SNS::Topic", "sns", "GetTopicAttributes", "TopicArn"),
    ("AWS::SQS::Queue", "sqs", "GetQueueAttributes", "QueueUrl"),
    ("AWS::SecretsManager::Secret", "secretsmanager", "DescribeSecret", "SecretId"),
];

/// The same of services whose requests carry the id in the address.
const IN_ADDRESS: [(&str, &str, &str, &str); 5] = [
    ("AWS::Lambda::EventSourceMapping", "lambda", "GetEventSourceMapping", "UUID"),
    ("AWS::Lambda::Function", "lambda", "GetFunctionConfiguration", "FunctionName"),
    ("AWS::MWAA::Environment", "mwaa", "GetEnvironment", "Name"),
    ("AWS::Scheduler::Schedule", "scheduler", "GetSchedule", "Name"),
    ("AWS::Scheduler::ScheduleGroup", "scheduler", "GetScheduleGroup", "Name"),
];

/// Types of which there are lists alone: the service, the operation, the list, the members of an entry of which one is the id.
const LISTED: [(&str, &str, &str, &str, [&str; 2]); 4] = [
    ("AWS::CloudWatch::Alarm", "cloudwatch", "DescribeAlarms", "MetricAlarms", ["AlarmName", "AlarmArn"]),
    (
        "AWS::CloudWatch::CompositeAlarm",
        "cloudwatch",
        "DescribeAlarms",
        "CompositeAlarms",
        ["AlarmName", "AlarmArn"],
    ),
    (
        "AWS::Logs::QueryDefinition",
        "logs",
        "DescribeQueryDefinitions",
        "queryDefinitions",
        ["name", "queryDefinitionId"],
    ),
    (
        "AWS::Logs::ResourcePolicy",
        "logs",
        "DescribeResourcePolicies",
        "resourcePolicies",
        ["policyName", "policyName"],
    ),
];

/// Types that are parts of other resources, and go with them.
const PARTS: [&str; 8] = [
    "AWS::Events::EventBusPolicy",
    "AWS::Glue::Partition",
    "AWS::Glue::Table",
    "AWS::IAM::Policy",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

/// What is still there, in words, and what could not be asked about.
pub(super) async fn look(aws: Aws<'_>, traces: &Traces, began: Timestamp) -> Result<Vec<String>, SweepError> {
    let mut left = Vec::new();
    for resource in traces.resources.iter().filter(|resource| resource.is_made()) {
        let Resource { kind, id, logical, .. } = resource;
        if PARTS.contains(&kind.as_str()) {
            continue;
        }
        match is_there(aws, kind, id).await? {
            Some(false) => {}
            Some(true) => left.push(format!("{kind} {id}")),
            None => {
                left.push(format!("{kind} {id} ({logical}): nobody knows how to ask whether it is there"))
            }
        }
    }
    for pattern in &traces.log_groups {
        let start = pattern.strip_suffix('*');
        for group in logs::groups(aws, start.unwrap_or(pattern)).await? {
            let name = group.log_group_name.unwrap_or_default();
            let is_ours = start.is_some() || name == *pattern;
            if is_ours && group.creation_time.is_some_and(|created| created >= began.millis()) {
                left.push(format!("log group {name}"));
            }
        }
    }
    Ok(left)
}

/// Those of these that are there.
pub async fn there(aws: Aws<'_>, resources: &[Resource]) -> Result<Vec<Resource>, SweepError> {
    let mut found = Vec::new();
    for resource in resources {
        if is_there(aws, &resource.kind, &resource.id).await? == Some(true) {
            found.push(resource.clone());
        }
    }
    Ok(found)
}

/// Whether a resource is there. `None` if its type is not known here.
pub(crate) async fn is_there(aws: Aws<'_>, kind: &str, id: &str) -> Result<Option<bool>, SweepError> {
    if kind == "AWS::S3::Bucket" {
        return Ok(Some(buckets::is_there(aws, id).await?));
    }
    if let Some((_, name, operation, list, members)) = LISTED.iter().find(|(known, ..)| *known == kind) {
        return Ok(Some(is_listed(aws, (*name, *operation), list, members, id).await?));
    }
    let mut known = TYPES.iter().chain(&IN_ADDRESS);
    let Some((_, name, operation, member)) = known.find(|(known, ..)| *known == kind) else {
        return Ok(None);
    };
    match aws.json(service(name), operation, &json!({ *member: id })).await {
        Ok(answer) => Ok(Some(!is_going(&answer))),
        Err(error) if is_absent(&error) => Ok(Some(false)),
        Err(error) => Err(error.into()),
    }
}

fn service(name: &str) -> &'static Service {
    let service = SERVICES.iter().find(|service| service.name == name).copied();
    service.expect("only services that are in wire are named here")
}

/// Whether a list has an entry of this id, on whichever of its pages.
async fn is_listed(
    aws: Aws<'_>,
    (name, operation): (&str, &str),
    list: &str,
    members: &[&str; 2],
    id: &str,
) -> Result<bool, SweepError> {
    // Alarms of one kind alone are listed unless both are asked for, and their token has another name.
    let (token, mut input) = match name {
        "cloudwatch" => ("NextToken", json!({ "AlarmTypes": ["MetricAlarm", "CompositeAlarm"] })),
        _ => ("nextToken", json!({})),
    };
    loop {
        let Some(page) = if_there(aws.json(service(name), operation, &input).await)? else {
            return Ok(false);
        };
        let mut entries = page[list].as_array().into_iter().flatten();
        if entries.any(|entry| members.iter().any(|member| entry[*member] == id)) {
            return Ok(true);
        }
        match &page[token] {
            Value::String(next) => input[token] = json!(next),
            _ => return Ok(false),
        }
    }
}

/// Whether an answer says that the thing is deleted already: secrets stay readable for days, stacks by their ids for months.
fn is_going(answer: &Value) -> bool {
    answer.get("DeletedDate").is_some_and(|date| !date.is_null())
        || answer["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
}

#[cfg(test)]
mod tests {
    use wavetank_wire::codec;
    use wavetank_wire::schema::{Kind, Place};

    use super::*;

    #[test]
    fn every_question_is_an_operation_that_is_there() {
        for (kind, name, operation, member) in TYPES {
            let service = SERVICES.iter().find(|service| service.name == name).unwrap();
            let shape = service.operation(operation).unwrap_or_else(|| panic!("{kind}: {operation}"));
            let found = shape.input.members().iter().find(|it| it.name == member);
            assert_eq!(found.map(|it| it.place), Some(Place::Body), "{kind}: {member}");
        }
    }

    #[test]
    fn every_list_is_one_of_an_operation_that_is_there() {
        for (kind, name, operation, list, members) in LISTED {
            let shape = service(name).operation(operation).unwrap_or_else(|| panic!("{kind}: {operation}"));
            let found = shape.output.members().iter().find(|it| it.name == list);
            let Some(Kind::List { member, .. }) = found.map(|it| &it.shape.kind) else {
                panic!("{kind}: {list}")
            };
            for name in members {
                assert!(member.members().iter().any(|it| it.name == name), "{kind}: {name}");
            }
        }
    }

    #[test]
    fn an_id_that_travels_in_the_address_is_not_lost_on_its_way() {
        for (kind, name, operation, member) in IN_ADDRESS {
            let service = SERVICES.iter().find(|service| service.name == name).unwrap();
            let shape = service.operation(operation).unwrap_or_else(|| panic!("{kind}: {operation}"));
            let found = shape.input.members().iter().find(|it| it.name == member);
            assert_eq!(found.map(|it| it.place == Place::Body), Some(false), "{kind}: {member}");
            let input = json!({ member: "its-id" }).to_string();
            let input = codec::from_json(shape.input, input.as_bytes()).unwrap();
            let request = codec::encode_request(service, shape, input, "http://127.0.0.1:4566");
            assert!(request.uri().to_string().contains("its-id"), "{kind}: {}", request.uri());
        }
    }
}
