//! Removes what was made call by call, without a stack: the conversations of `wavetank diff` (`diff/makes.rs` says what these make).
//!
//! What is to go was written into the journal before the first call, when none of it was there. It goes in the opposite order, and is
//! asked for until it is gone: what is still being made refuses to be removed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wavetank_wire::{SERVICES, WireError};

use super::buckets::{self, BucketError};
use super::traces::{Resource, Traces};
use super::{LOOKS_MAX, POLL, SweepError, Swept, Tell, if_there, left};
use crate::client::{Aws, said};

/// Rounds of looking and removing: five minutes. A delivery stream takes two of them until it can go.
const ROUNDS_MAX: u32 = 150;

/// Removes all of it that is there, and counts it.
pub(crate) async fn remove(
    aws: Aws<'_>,
    traces: &Traces,
    swept: &mut Swept,
    tell: Tell<'_>,
) -> Result<(), SweepError> {
    let (mut removed, mut told) = (BTreeSet::new(), BTreeSet::new());
    for round in 1..=ROUNDS_MAX {
        let mut is_gone = true;
        for resource in traces.resources.iter().rev() {
            let Resource { kind, id, .. } = resource;
            if left::is_there(aws, kind, id).await? != Some(true) {
                continue;
            }
            is_gone = false;
            if removed.insert((kind, id)) {
                tell(&format!("removing {kind} {id}"));
            }
            if let Err(refused) = remove_one(aws, kind, id, swept).await {
                // Why it stays may pass, and is said once. The hint is for who gives up.
                let said = refused.to_string();
                let why = said.lines().next().unwrap_or_default();
                if told.insert(why.to_owned()) {
                    tell(&format!("{kind} {id} stays for now: {why}"));
                }
            }
        }
        // A call that was under way when its caller was stopped may make something after the first look.
        if is_gone && round >= LOOKS_MAX {
            break;
        }
        aws.target().pause(POLL).await;
    }
    swept.resources = removed.len();
    Ok(())
}

async fn remove_one(aws: Aws<'_>, kind: &str, id: &str, swept: &mut Swept) -> Result<(), SweepError> {
    if kind == "AWS::S3::Bucket" {
        swept.objects += buckets::empty(aws, id).await?;
        let answer = aws.target().s3(aws.region()).delete_bucket().bucket(id).send().await;
        return match answer {
            Ok(_) => Ok(()),
            Err(error) => Err(BucketError { bucket: id.to_owned(), cause: said(&error) }.into()),
        };
    }
    loosen(aws, kind, id).await?;
    if let Some((service, operation, input)) = removal(kind, id) {
        if_there(ask(aws, service, operation, &input).await)?;
    }
    Ok(())
}

/// The call that removes a thing. `None` of a type that is not known here.
pub(crate) fn removal(kind: &str, id: &str) -> Option<(&'static str, &'static str, Value)> {
    Some(match kind {
        "AWS::Athena::WorkGroup" => {
            ("athena", "DeleteWorkGroup", json!({ "WorkGroup": id, "RecursiveDeleteOption": true }))
        }
        "AWS::CloudFormation::Stack" => ("cloudformation", "DeleteStack", json!({ "StackName": id })),
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => {
            ("cloudwatch", "DeleteAlarms", json!({ "AlarmNames": [id] }))
        }
        "AWS::CloudWatch::Dashboard" => ("cloudwatch", "DeleteDashboards", json!({ "DashboardNames": [id] })),
        "AWS::DynamoDB::Table" => ("dynamodb", "DeleteTable", json!({ "TableName": id })),
        "AWS::Events::Archive" => ("events", "DeleteArchive", json!({ "ArchiveName": id })),
        "AWS::Events::EventBus" => ("events", "DeleteEventBus", json!({ "Name": id })),
        "AWS::Events::Rule" => ("events", "DeleteRule", json!({ "Name": id })),
        "AWS::Glue::Crawler" => ("glue", "DeleteCrawler", json!({ "Name": id })),
        "AWS::Glue::Database" => ("glue", "DeleteDatabase", json!({ "Name": id })),
        "AWS::Glue::Job" => ("glue", "DeleteJob", json!({ "JobName": id })),
        "AWS::Glue::Trigger" => ("glue", "DeleteTrigger", json!({ "Name": id })),
        "AWS::IAM::ManagedPolicy" => ("iam", "DeletePolicy", json!({ "PolicyArn": id })),
        "AWS::IAM::Role" => ("iam", "DeleteRole", json!({ "RoleName": id })),
        "AWS::Kinesis::Stream" => {
            ("kinesis", "DeleteStream", json!({ "StreamName": id, "EnforceConsumerDeletion": true }))
        }
        "AWS::KinesisFirehose::DeliveryStream" => {
            ("firehose", "DeleteDeliveryStream", json!({ "DeliveryStreamName": id }))
        }
        "AWS::Lambda::Function" => ("lambda", "DeleteFunction", json!({ "FunctionName": id })),
        "AWS::Logs::LogGroup" => ("logs", "DeleteLogGroup", json!({ "logGroupName": id })),
        "AWS::Logs::ResourcePolicy" => ("logs", "DeleteResourcePolicy", json!({ "policyName": id })),
        "AWS::SNS::Topic" => ("sns", "DeleteTopic", json!({ "TopicArn": id })),
        "AWS::SQS::Queue" => ("sqs", "DeleteQueue", json!({ "QueueUrl": id })),
        "AWS::Scheduler::Schedule" => ("scheduler", "DeleteSchedule", json!({ "Name": id })),
        "AWS::Scheduler::ScheduleGroup" => ("scheduler", "DeleteScheduleGroup", json!({ "Name": id })),
        "AWS::SecretsManager::Secret" => {
            ("secretsmanager", "DeleteSecret", json!({ "SecretId": id, "ForceDeleteWithoutRecovery": true }))
        }
        _ => return None,
    })
}

/// Removes what would keep a thing from going.
async fn loosen(aws: Aws<'_>, kind: &str, id: &str) -> Result<(), WireError> {
    match kind {
        "AWS::DynamoDB::Table" => unprotect(aws, id).await,
        "AWS::Events::EventBus" => {
            for rule in
                names(aws, ("events", "ListRules"), &json!({ "EventBusName": id }), "Rules", "Name").await?
            {
                remove_targets(aws, &rule, id).await?;
                let input = json!({ "Name": rule, "EventBusName": id });
                if_there(ask(aws, "events", "DeleteRule", &input).await)?;
            }
            Ok(())
        }
        "AWS::Events::Rule" => remove_targets(aws, id, "default").await,
        "AWS::IAM::ManagedPolicy" => {
            let listed = if_there(ask(aws, "iam", "ListPolicyVersions", &json!({ "PolicyArn": id })).await)?;
            for version in entries(listed.as_ref(), "Versions").filter(|it| it["IsDefaultVersion"] != true) {
                let input = json!({ "PolicyArn": id, "VersionId": version["VersionId"] });
                if_there(ask(aws, "iam", "DeletePolicyVersion", &input).await)?;
            }
            Ok(())
        }
        "AWS::IAM::Role" => strip_role(aws, id).await,
        "AWS::Lambda::Function" => {
            let of = json!({ "FunctionName": id });
            let list = ("lambda", "ListEventSourceMappings");
            for mapping in names(aws, list, &of, "EventSourceMappings", "UUID").await? {
                let input = json!({ "UUID": mapping });
                if_there(ask(aws, "lambda", "DeleteEventSourceMapping", &input).await)?;
            }
            Ok(())
        }
        "AWS::Logs::QueryDefinition" => {
            let of = json!({ "queryDefinitionNamePrefix": id });
            let list = ("logs", "DescribeQueryDefinitions");
            for definition in names(aws, list, &of, "queryDefinitions", "queryDefinitionId").await? {
                let input = json!({ "queryDefinitionId": definition });
                if_there(ask(aws, "logs", "DeleteQueryDefinition", &input).await)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A table that is protected refuses to go.
async fn unprotect(aws: Aws<'_>, table: &str) -> Result<(), WireError> {
    let found = if_there(ask(aws, "dynamodb", "DescribeTable", &json!({ "TableName": table })).await)?;
    if found.is_some_and(|found| found["Table"]["DeletionProtectionEnabled"] == true) {
        let input = json!({ "TableName": table, "DeletionProtectionEnabled": false });
        if_there(ask(aws, "dynamodb", "UpdateTable", &input).await)?;
    }
    Ok(())
}

async fn remove_targets(aws: Aws<'_>, rule: &str, bus: &str) -> Result<(), WireError> {
    let of = json!({ "Rule": rule, "EventBusName": bus });
    let ids = names(aws, ("events", "ListTargetsByRule"), &of, "Targets", "Id").await?;
    if !ids.is_empty() {
        let input = json!({ "Rule": rule, "EventBusName": bus, "Ids": ids });
        if_there(ask(aws, "events", "RemoveTargets", &input).await)?;
    }
    Ok(())
}

async fn strip_role(aws: Aws<'_>, role: &str) -> Result<(), WireError> {
    let of = json!({ "RoleName": role });
    let list = ("iam", "ListAttachedRolePolicies");
    for arn in names(aws, list, &of, "AttachedPolicies", "PolicyArn").await? {
        let input = json!({ "RoleName": role, "PolicyArn": arn });
        if_there(ask(aws, "iam", "DetachRolePolicy", &input).await)?;
    }
    let listed = if_there(ask(aws, "iam", "ListRolePolicies", &of).await)?;
    for name in entries(listed.as_ref(), "PolicyNames") {
        let input = json!({ "RoleName": role, "PolicyName": name });
        if_there(ask(aws, "iam", "DeleteRolePolicy", &input).await)?;
    }
    Ok(())
}

/// One member of each entry of a list, of its first page: a conversation makes a few of each.
async fn names(
    aws: Aws<'_>,
    (service, operation): (&str, &str),
    input: &Value,
    list: &str,
    member: &str,
) -> Result<Vec<String>, WireError> {
    let listed = if_there(ask(aws, service, operation, input).await)?;
    Ok(entries(listed.as_ref(), list).filter_map(|entry| entry[member].as_str().map(str::to_owned)).collect())
}

fn entries<'v>(answer: Option<&'v Value>, list: &'v str) -> impl Iterator<Item = &'v Value> {
    answer.and_then(|answer| answer[list].as_array()).into_iter().flatten()
}

async fn ask(aws: Aws<'_>, service: &str, operation: &str, input: &Value) -> Result<Value, WireError> {
    let service = SERVICES.iter().find(|known| known.name == service).copied();
    let service = service.expect("only services that are in wire are named here");
    aws.json(service, operation, input).await
}
