//! Resource policies, of the account and of single groups. They are kept and shown, not enforced.
//!
//! Documented: API_PutResourcePolicy.html (read 2026-11-28, as in botocore 1.44.5). Assumed: the sentences.

use wavetank_wire::logs::*;

use super::error::LogsError;
use super::limits::POLICIES_MAX;
use super::read::page;
use super::state::{Logs, name_of};
use crate::world::Cx;

/// A policy.
pub(super) type Policy = ResourcePolicy;

impl Logs {
    pub(super) fn put_resource_policy(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutResourcePolicyInput,
    ) -> Result<PutResourcePolicyOutput, LogsError> {
        let document = input.policy_document.unwrap_or_default();
        if !serde_json::from_str::<serde_json::Value>(&document).is_ok_and(|value| value.is_object()) {
            return Err(LogsError::Parameters("Invalid policy document"));
        }
        let arn = input.resource_arn;
        let name = match (&arn, input.policy_name) {
            // A resource has one policy.
            (Some(arn), name) => {
                self.group(name_of(arn))?;
                let before = self.policies.keys().find(|(of, _)| of.as_ref() == Some(arn));
                before.map(|(_, name)| name.clone()).or(name).unwrap_or_default()
            }
            (None, Some(name)) => name,
            (None, None) => return Err(LogsError::Parameters("policyName is required.")),
        };
        let key = (arn.clone(), name.clone());
        let before = self.policies.get(&key);
        if arn.is_some()
            && before.and_then(|policy| policy.revision_id.as_ref()) != input.expected_revision_id.as_ref()
        {
            return Err(LogsError::Revision);
        }
        let of_account = self.policies.keys().filter(|(of, _)| of.is_none()).count();
        if before.is_none() && arn.is_none() && of_account >= POLICIES_MAX {
            return Err(LogsError::Limit("Resource limit exceeded.".to_owned()));
        }
        let revision_id = arn.is_some().then(|| cx.hex(32));
        let policy = ResourcePolicy {
            policy_name: Some(name).filter(|name| !name.is_empty()),
            policy_document: Some(document),
            last_updated_time: Some(cx.now.millis()),
            policy_scope: Some(if arn.is_some() { "RESOURCE" } else { "ACCOUNT" }.to_owned()),
            resource_arn: arn,
            revision_id: revision_id.clone(),
        };
        self.policies.insert(key, policy.clone());
        Ok(PutResourcePolicyOutput { resource_policy: Some(policy), revision_id })
    }

    pub(super) fn delete_resource_policy(
        &mut self,
        input: &DeleteResourcePolicyInput,
    ) -> Result<DeleteResourcePolicyOutput, LogsError> {
        let arn = input.resource_arn.as_ref();
        let found = self.policies.iter().find(|((of, name), _)| {
            of.as_ref() == arn && (arn.is_some() || Some(name) == input.policy_name.as_ref())
        });
        let (key, policy) = found.ok_or(LogsError::NoSuch("resource policy"))?;
        if arn.is_some() && policy.revision_id != input.expected_revision_id {
            return Err(LogsError::Revision);
        }
        let key = key.clone();
        self.policies.remove(&key);
        Ok(DeleteResourcePolicyOutput {})
    }

    pub(super) fn describe_resource_policies(
        &mut self,
        input: &DescribeResourcePoliciesInput,
    ) -> Result<DescribeResourcePoliciesOutput, LogsError> {
        let (arn, scope) = (input.resource_arn.as_ref(), input.policy_scope.as_deref());
        let is_wanted = |policy: &&Policy| match arn {
            Some(arn) => policy.resource_arn.as_ref() == Some(arn),
            None => policy.policy_scope.as_deref() == Some(scope.unwrap_or("ACCOUNT")),
        };
        let all: Vec<Policy> = self.policies.values().filter(is_wanted).cloned().collect();
        let key = |policy: &Policy| {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{}\n{}", part(&policy.resource_arn), part(&policy.policy_name))
        };
        let (page, next_token) = page(all, input.limit, input.next_token.as_deref(), key);
        Ok(DescribeResourcePoliciesOutput { resource_policies: Some(page), next_token })
    }
}
