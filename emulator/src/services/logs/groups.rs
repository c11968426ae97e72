//! Operations on groups and streams themselves: made, deleted, kept for so long, tagged, protected.

use std::collections::BTreeMap;

use wavetank_wire::logs::*;

use super::error::LogsError;
use super::limits::RETENTION_DAYS;
use super::state::{Group, Logs, Stream, name_of};
use crate::world::Cx;

impl Logs {
    pub(super) fn create_log_group(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateLogGroupInput,
    ) -> Result<CreateLogGroupOutput, LogsError> {
        if self.groups.contains_key(&input.log_group_name) {
            return Err(LogsError::GroupExists);
        }
        let mut group = Group::new(cx, &input.log_group_name);
        group.tags = input.tags.unwrap_or_default();
        group.class = input.log_group_class.unwrap_or(group.class);
        group.kms_key_id = input.kms_key_id;
        group.is_protected = input.deletion_protection_enabled == Some(true);
        self.groups.insert(input.log_group_name, group);
        Ok(CreateLogGroupOutput {})
    }

    pub(super) fn create_log_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &CreateLogStreamInput,
    ) -> Result<CreateLogStreamOutput, LogsError> {
        let group = self.group_mut(&input.log_group_name)?;
        if group.streams.contains_key(&input.log_stream_name) {
            return Err(LogsError::StreamExists);
        }
        group.streams.insert(input.log_stream_name.clone(), Stream::new(cx.now));
        Ok(CreateLogStreamOutput {})
    }

    /// Assumed: the code and sentence of a group that is protected.
    pub(super) fn delete_log_group(
        &mut self,
        input: &DeleteLogGroupInput,
    ) -> Result<DeleteLogGroupOutput, LogsError> {
        let group = self.group(&input.log_group_name)?;
        if group.is_protected {
            return Err(LogsError::Protected(input.log_group_name.clone()));
        }
        let arn = group.arn.clone();
        self.policies.retain(|(resource, _), _| resource.as_deref().is_none_or(|of| of != arn));
        self.groups.remove(&input.log_group_name);
        Ok(DeleteLogGroupOutput {})
    }

    pub(super) fn delete_log_stream(
        &mut self,
        input: &DeleteLogStreamInput,
    ) -> Result<DeleteLogStreamOutput, LogsError> {
        let group = self.group_mut(&input.log_group_name)?;
        group.streams.remove(&input.log_stream_name).ok_or(LogsError::NoSuchStream)?;
        Ok(DeleteLogStreamOutput {})
    }

    pub(super) fn put_retention_policy(
        &mut self,
        input: &PutRetentionPolicyInput,
    ) -> Result<PutRetentionPolicyOutput, LogsError> {
        if !RETENTION_DAYS.contains(&input.retention_in_days) {
            return Err(LogsError::Retention(input.retention_in_days));
        }
        self.group_mut(&input.log_group_name)?.retention_days = Some(input.retention_in_days);
        Ok(PutRetentionPolicyOutput {})
    }

    pub(super) fn delete_retention_policy(
        &mut self,
        input: &DeleteRetentionPolicyInput,
    ) -> Result<DeleteRetentionPolicyOutput, LogsError> {
        self.group_mut(&input.log_group_name)?.retention_days = None;
        Ok(DeleteRetentionPolicyOutput {})
    }

    pub(super) fn put_log_group_deletion_protection(
        &mut self,
        input: &PutLogGroupDeletionProtectionInput,
    ) -> Result<PutLogGroupDeletionProtectionOutput, LogsError> {
        let group = self.group_mut(name_of(&input.log_group_identifier))?;
        group.is_protected = input.deletion_protection_enabled;
        Ok(PutLogGroupDeletionProtectionOutput {})
    }

    /// A key is kept and shown; nothing is encrypted. Keys of query results are not built.
    pub(super) fn associate_kms_key(
        &mut self,
        input: AssociateKmsKeyInput,
    ) -> Result<AssociateKmsKeyOutput, LogsError> {
        let name = keyed_group(input.log_group_name.as_deref(), input.resource_identifier.as_deref())?;
        self.group_mut(name)?.kms_key_id = Some(input.kms_key_id);
        Ok(AssociateKmsKeyOutput {})
    }

    pub(super) fn disassociate_kms_key(
        &mut self,
        input: &DisassociateKmsKeyInput,
    ) -> Result<DisassociateKmsKeyOutput, LogsError> {
        let name = keyed_group(input.log_group_name.as_deref(), input.resource_identifier.as_deref())?;
        self.group_mut(name)?.kms_key_id = None;
        Ok(DisassociateKmsKeyOutput {})
    }

    pub(super) fn list_tags_for_resource(
        &mut self,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, LogsError> {
        Ok(ListTagsForResourceOutput { tags: Some(self.by_arn(&input.resource_arn)?.tags.clone()) })
    }

    pub(super) fn tag_resource(&mut self, input: TagResourceInput) -> Result<TagResourceOutput, LogsError> {
        self.by_arn(&input.resource_arn)?.tags.extend(input.tags);
        Ok(TagResourceOutput {})
    }

    pub(super) fn untag_resource(
        &mut self,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, LogsError> {
        self.by_arn(&input.resource_arn)?.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagResourceOutput {})
    }

    /// The three operations on tags from before those with ARNs.
    pub(super) fn list_tags_log_group(
        &mut self,
        input: &ListTagsLogGroupInput,
    ) -> Result<ListTagsLogGroupOutput, LogsError> {
        Ok(ListTagsLogGroupOutput { tags: Some(self.group(&input.log_group_name)?.tags.clone()) })
    }

    pub(super) fn tag_log_group(&mut self, input: TagLogGroupInput) -> Result<TagLogGroupOutput, LogsError> {
        self.group_mut(&input.log_group_name)?.tags.extend(input.tags);
        Ok(TagLogGroupOutput {})
    }

    pub(super) fn untag_log_group(
        &mut self,
        input: &UntagLogGroupInput,
    ) -> Result<UntagLogGroupOutput, LogsError> {
        let tags: &mut BTreeMap<String, String> = &mut self.group_mut(&input.log_group_name)?.tags;
        tags.retain(|key, _| !input.tags.contains(key));
        Ok(UntagLogGroupOutput {})
    }

    fn by_arn(&mut self, arn: &str) -> Result<&mut Group, LogsError> {
        let plain = arn.strip_suffix(":*").unwrap_or(arn);
        self.groups.values_mut().find(|group| group.arn == plain).ok_or(LogsError::NoSuchResource)
    }
}

fn keyed_group<'a>(name: Option<&'a str>, identifier: Option<&'a str>) -> Result<&'a str, LogsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) if identifier.contains(":query-result:") => {
            Err(LogsError::NotBuilt("a KMS key for query results".to_owned()))
        }
        (None, Some(identifier)) => Ok(name_of(identifier)),
        _ => Err(LogsError::Parameters("Specify either logGroupName or resourceIdentifier, but not both.")),
    }
}
