//! Resource policies of streams and consumers: stored, not enforced.

use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::consumer::ConsumerName;
use crate::services::kinesis::error::KinesisError;
use crate::world::Cx;

impl Kinesis {
    fn policy_of(&mut self, cx: &Cx<'_>, arn: &str) -> Result<&mut Option<String>, KinesisError> {
        if let Some(name) = ConsumerName::of_arn(cx, arn) {
            return Ok(&mut self.consumer_mut(cx, name, arn)?.policy);
        }
        let name = Self::name_of(cx, None, Some(arn))?;
        Ok(&mut self.named_mut(cx, name)?.policy)
    }

    /// Assumed: the sentence for what is no policy.
    pub(in super::super) fn put_resource_policy(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutResourcePolicyInput,
    ) -> Result<PutResourcePolicyOutput, KinesisError> {
        self.pace(cx, "PutResourcePolicy", "")?;
        let policy = self.policy_of(cx, &input.resource_arn)?;
        let document = serde_json::from_str::<serde_json::Value>(&input.policy);
        if !document.is_ok_and(|document| document.get("Statement").is_some()) {
            return Err(KinesisError::Argument("Invalid resource policy.".to_owned()));
        }
        *policy = Some(input.policy);
        Ok(PutResourcePolicyOutput {})
    }

    pub(in super::super) fn get_resource_policy(
        &mut self,
        cx: &mut Cx<'_>,
        input: &GetResourcePolicyInput,
    ) -> Result<GetResourcePolicyOutput, KinesisError> {
        self.pace(cx, "GetResourcePolicy", "")?;
        let policy = self.policy_of(cx, &input.resource_arn)?.clone();
        let policy = policy.ok_or_else(|| KinesisError::NoPolicy(input.resource_arn.clone()))?;
        Ok(GetResourcePolicyOutput { policy })
    }

    pub(in super::super) fn delete_resource_policy(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeleteResourcePolicyInput,
    ) -> Result<DeleteResourcePolicyOutput, KinesisError> {
        self.pace(cx, "DeleteResourcePolicy", "")?;
        let policy = self.policy_of(cx, &input.resource_arn)?;
        policy.take().ok_or_else(|| KinesisError::NoPolicy(input.resource_arn.clone()))?;
        Ok(DeleteResourcePolicyOutput {})
    }
}
