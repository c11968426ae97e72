//! A topic's policy: the document that AWS makes, and `AddPermission` and `RemovePermission`. It is kept, not enforced.

use serde_json::{Value, json};
use wavetank_wire::sns::*;

use super::super::error::SnsError;
use super::Sns;
use crate::world::Cx;

/// What a topic's owner may do, and what a statement may allow. Recorded.
const ACTIONS: [&str; 8] = [
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
];

/// The policy of a new topic. Recorded.
pub(super) fn default_policy(topic_arn: &str, owner: &str) -> Value {
    let actions: Vec<String> = ACTIONS.iter().map(|action| format!("SNS:{action}")).collect();
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Resource": topic_arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": owner } },
        }],
    })
}

impl Sns {
    pub(in super::super) fn add_permission(
        &mut self,
        _cx: &Cx<'_>,
        input: &AddPermissionInput,
    ) -> Result<AddPermissionOutput, SnsError> {
        let topic = self.topic_mut(&input.topic_arn)?;
        if input.action_name.iter().any(|action| !ACTIONS.contains(&action.as_str())) {
            return Err(SnsError::parameter("Policy statement action out of service scope!"));
        }
        let list = statements(&mut topic.policy);
        if list.iter().any(|statement| statement["Sid"] == input.label.as_str()) {
            return Err(SnsError::parameter("Statement already exists"));
        }
        let principals = input.aws_account_id.iter();
        let principals = principals.map(|account| Value::from(format!("arn:aws:iam::{account}:root")));
        let actions = input.action_name.iter().map(|action| Value::from(format!("SNS:{action}")));
        list.push(json!({
            "Sid": input.label,
            "Effect": "Allow",
            "Principal": { "AWS": one_or_many(principals.collect()) },
            "Action": one_or_many(actions.collect()),
            "Resource": topic.arn,
        }));
        Ok(AddPermissionOutput {})
    }

    pub(in super::super) fn remove_permission(
        &mut self,
        _cx: &Cx<'_>,
        input: &RemovePermissionInput,
    ) -> Result<RemovePermissionOutput, SnsError> {
        let topic = self.topic_mut(&input.topic_arn)?;
        statements(&mut topic.policy).retain(|statement| statement["Sid"] != input.label.as_str());
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
