//! `AddPermission` and `RemovePermission`: statements of the queue's policy document. It is kept, not enforced.

use serde_json::{Value, json};
use wavetank_wire::sqs::*;

use super::super::error::SqsError;
use super::super::limits;
use super::Sqs;
use crate::world::Cx;

/// The actions that a statement may allow. Documented: API_AddPermission.html (model): any action that takes a queue.
const ACTIONS: [&str; 12] = [
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
    "StartMessageMoveTask",
    "CancelMessageMoveTask",
    "ListMessageMoveTasks",
];

impl Sqs {
    /// Recorded (2024-04-30): the document's form, and both refusals about labels.
    pub(in super::super) fn add_permission(
        &mut self,
        cx: &Cx<'_>,
        input: &AddPermissionInput,
    ) -> Result<AddPermissionOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        check(input)?;
        let mut policy = queue.settings.policy.as_deref().map_or_else(
            || json!({ "Version": "2008-10-17", "Id": format!("{}/SQSDefaultPolicy", queue.arn), "Statement": [] }),
            |text| serde_json::from_str(text).unwrap_or_default(),
        );
        let statements = statements(&mut policy);
        if statements.iter().any(|statement| statement["Sid"] == input.label.as_str()) {
            return Err(SqsError::parameter("Label", &input.label, "Already exists."));
        }
        let principals =
            input.aws_account_ids.iter().map(|account| Value::from(format!("arn:aws:iam::{account}:root")));
        let actions = input.actions.iter().map(|action| Value::from(format!("SQS:{action}")));
        statements.push(json!({
            "Sid": input.label,
            "Effect": "Allow",
            "Principal": { "AWS": one_or_many(principals.collect()) },
            "Action": one_or_many(actions.collect()),
            "Resource": queue.arn,
        }));
        queue.settings.policy = Some(policy.to_string());
        queue.modified = cx.now;
        Ok(AddPermissionOutput {})
    }

    pub(in super::super) fn remove_permission(
        &mut self,
        cx: &Cx<'_>,
        input: &RemovePermissionInput,
    ) -> Result<RemovePermissionOutput, SqsError> {
        let queue = self.queue_mut(cx, &input.queue_url)?;
        let mut policy: Value = queue
            .settings
            .policy
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let statements = statements(&mut policy);
        let before = statements.len();
        statements.retain(|statement| statement["Sid"] != input.label.as_str());
        if statements.len() == before {
            return Err(SqsError::parameter("Label", &input.label, "can't find label."));
        }
        let left = !statements.is_empty();
        queue.settings.policy = left.then(|| policy.to_string());
        queue.modified = cx.now;
        Ok(RemovePermissionOutput {})
    }
}

/// The document's statements; a document without a list of them gets one.
fn statements(policy: &mut Value) -> &mut Vec<Value> {
    if !policy.is_object() {
        *policy = json!({ "Version": "2008-10-17" });
    }
    let list = &mut policy["Statement"];
    if !list.is_array() {
        *list = if list.is_null() { json!([]) } else { json!([list.take()]) };
    }
    list.as_array_mut().expect("made a list just above")
}

fn one_or_many(mut all: Vec<Value>) -> Value {
    if all.len() == 1 { all.remove(0) } else { Value::Array(all) }
}

/// Assumed: the sentences.
fn check(input: &AddPermissionInput) -> Result<(), SqsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(1..=80).contains(&input.label.len()) || !input.label.bytes().all(plain) {
        let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(SqsError::parameter("Label", &input.label, reason));
    }
    if input.aws_account_ids.is_empty() {
        return Err(SqsError::Missing("PrincipalId"));
    }
    if input.actions.is_empty() {
        return Err(SqsError::Missing("Actions"));
    }
    if input.actions.len() > limits::ACTIONS_MAX {
        let (count, max) = (input.actions.len(), limits::ACTIONS_MAX);
        let why = format!("{count} Actions were found, maximum allowed is {max}.");
        return Err(SqsError::ParameterSaid(why));
    }
    if let Some(action) = input.actions.iter().find(|action| !ACTIONS.contains(&action.as_str())) {
        let reason = "Only the queue owner is allowed to invoke this action.";
        return Err(SqsError::parameter("ActionName", format!("SQS:{action}"), reason));
    }
    Ok(())
}
