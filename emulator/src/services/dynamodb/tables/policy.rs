//! Resource policies of tables and their streams: stored, not enforced.
//!
//! Documented: the service model's text for what a revision guards and for the code of each refusal. Assumed: the sentences,
//! but for that of a missing policy.

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use super::TableError;
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::table::settings::Policy;
use crate::world::Cx;

/// A policy's bytes. Documented: the service model's text.
const BYTES_MAX: usize = 20 << 10;
/// What a client says who expects that there is no policy.
const NO_POLICY: &str = "NO_POLICY";

/// What a policy that is set now is known by.
pub(super) fn revision(now: Timestamp) -> String {
    now.millis().to_string()
}

/// Refuses what is no policy.
pub(super) fn check(document: &str) -> Result<(), TableError> {
    let is_policy = serde_json::from_str::<serde_json::Value>(document)
        .is_ok_and(|document| document.get("Statement").is_some());
    if document.len() > BYTES_MAX || !is_policy {
        return Err(TableError::Request("Invalid policy document".to_owned()));
    }
    Ok(())
}

/// Refuses a change of another revision than expected.
fn expect(current: Option<&Policy>, expected: Option<&str>) -> Result<(), TableError> {
    let fits = match (current, expected) {
        (_, None) => true,
        (None, Some(expected)) => expected == NO_POLICY,
        (Some(current), Some(expected)) => current.revision == expected,
    };
    if fits { Ok(()) } else { Err(TableError::Revision(expected.unwrap_or_default().to_owned())) }
}

impl DynamoDb {
    /// Where the policy of a table's or stream's ARN is kept.
    fn policy_of(&mut self, cx: &Cx<'_>, arn: &str) -> Result<&mut Option<Policy>, TableError> {
        let missing = || TableError::ResourceNotFound(format!("ResourceArn: {arn} not found"));
        let table = self.here(cx).described_mut(cx, arn)?;
        if table.settings.arn == arn {
            return Ok(&mut table.settings.policy);
        }
        let stream = table.stream.as_deref_mut().filter(|stream| stream.arn == arn);
        Ok(&mut stream.ok_or_else(missing)?.policy)
    }

    /// A policy that is what it was keeps its revision.
    pub(super) fn put_resource_policy(
        &mut self,
        cx: &Cx<'_>,
        input: w::PutResourcePolicyInput,
    ) -> Result<w::PutResourcePolicyOutput, TableError> {
        check(&input.policy)?;
        let policy = self.policy_of(cx, &input.resource_arn)?;
        expect(policy.as_ref(), input.expected_revision_id.as_deref())?;
        if policy.as_ref().is_none_or(|policy| policy.document != input.policy) {
            *policy = Some(Policy { document: input.policy, revision: revision(cx.now) });
        }
        Ok(w::PutResourcePolicyOutput { revision_id: policy.as_ref().map(|policy| policy.revision.clone()) })
    }

    pub(super) fn get_resource_policy(
        &mut self,
        cx: &Cx<'_>,
        input: &w::GetResourcePolicyInput,
    ) -> Result<w::GetResourcePolicyOutput, TableError> {
        let policy = self.policy_of(cx, &input.resource_arn)?.clone();
        let policy = policy.ok_or_else(|| TableError::NoPolicy(input.resource_arn.clone()))?;
        Ok(w::GetResourcePolicyOutput { policy: Some(policy.document), revision_id: Some(policy.revision) })
    }

    /// Deleting what is not there succeeds, without a revision.
    pub(super) fn delete_resource_policy(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DeleteResourcePolicyInput,
    ) -> Result<w::DeleteResourcePolicyOutput, TableError> {
        let policy = self.policy_of(cx, &input.resource_arn)?;
        expect(policy.as_ref(), input.expected_revision_id.as_deref())?;
        Ok(w::DeleteResourcePolicyOutput { revision_id: policy.take().map(|policy| policy.revision) })
    }
}
