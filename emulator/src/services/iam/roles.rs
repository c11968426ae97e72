//! Roles: trust policy, inline policies, attachments, tags.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::iam::{
    AttachRolePolicyInput, AttachRolePolicyOutput, AttachedPermissionsBoundary, AttachedPolicy,
    CreateRoleInput, CreateRoleOutput, DeleteRoleInput, DeleteRoleOutput, DeleteRolePolicyInput,
    DeleteRolePolicyOutput, DetachRolePolicyInput, DetachRolePolicyOutput, GetRoleInput, GetRoleOutput,
    GetRolePolicyInput, GetRolePolicyOutput, ListAttachedRolePoliciesInput, ListAttachedRolePoliciesOutput,
    ListInstanceProfilesForRoleInput, ListInstanceProfilesForRoleOutput, ListRolePoliciesInput,
    ListRolePoliciesOutput, ListRoleTagsInput, ListRoleTagsOutput, ListRolesInput, ListRolesOutput,
    PutRolePolicyInput, PutRolePolicyOutput, Role, RoleLastUsed, TagRoleInput, TagRoleOutput, UntagRoleInput,
    UntagRoleOutput, UpdateAssumeRolePolicyInput, UpdateAssumeRolePolicyOutput, UpdateRoleInput,
    UpdateRoleOutput,
};

use super::document::{self, Use};
use super::pages::page;
use super::policies::{name_of, path_of};
use super::{Iam, IamError, checked_path, limits, tags_from, tags_out, unique_id};
use crate::world::Cx;

/// A role as it is stored.
#[derive(Clone, Debug)]
pub(super) struct RoleRecord {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    arn: String,
    created: Timestamp,
    trust: String,
    description: Option<String>,
    session_seconds_max: i64,
    boundary: Option<String>,
    tags: BTreeMap<String, String>,
    /// Documents by policy name.
    inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub(super) attached: BTreeSet<String>,
}

impl RoleRecord {
    /// The role as `ListRoles` shows it: without tags, boundary and last use.
    ///
    /// Documented: docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html (read 2026-11-29).
    fn listed(&self) -> Role {
        Role {
            path: self.path.clone(),
            role_name: self.name.clone(),
            role_id: self.id.clone(),
            arn: self.arn.clone(),
            create_date: self.created,
            assume_role_policy_document: Some(document::encoded(&self.trust)),
            description: self.description.clone(),
            max_session_duration: Some(self.session_seconds_max),
            ..Role::default()
        }
    }

    fn whole(&self) -> Role {
        let boundary = self.boundary.clone().map(|arn| AttachedPermissionsBoundary {
            permissions_boundary_type: Some("Policy".to_owned()),
            permissions_boundary_arn: Some(arn),
        });
        let tags = Some(tags_out(&self.tags)).filter(|tags| !tags.is_empty());
        Role {
            permissions_boundary: boundary,
            tags,
            role_last_used: Some(RoleLastUsed::default()),
            ..self.listed()
        }
    }
}

impl Iam {
    fn role(&self, name: &str) -> Result<&RoleRecord, IamError> {
        self.roles.get(name).ok_or_else(|| IamError::NoSuchRole(name.to_owned()))
    }

    fn role_mut(&mut self, name: &str) -> Result<&mut RoleRecord, IamError> {
        self.roles.get_mut(name).ok_or_else(|| IamError::NoSuchRole(name.to_owned()))
    }

    pub(super) fn create_role(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateRoleInput,
    ) -> Result<CreateRoleOutput, IamError> {
        let path = checked_path(input.path)?;
        check_trust(&input.assume_role_policy_document)?;
        let tags = tags_from(input.tags)?;
        // Names are unique whatever their case. Documented:
        // docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (read 2026-11-29).
        if self.roles.keys().any(|name| name.eq_ignore_ascii_case(&input.role_name)) {
            return Err(IamError::RoleExists(input.role_name));
        }
        let resource = format!("role{path}{}", input.role_name);
        let role = RoleRecord {
            arn: Arn::global("iam", &cx.scope.account, resource).to_string(),
            id: unique_id(cx, "AROA"),
            created: cx.now,
            trust: input.assume_role_policy_document,
            description: input.description,
            session_seconds_max: input.max_session_duration.unwrap_or(limits::SESSION_SECONDS_DEFAULT),
            boundary: input.permissions_boundary,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            name: input.role_name.clone(),
            path,
            tags,
        };
        let shown = Role { role_last_used: None, ..role.whole() };
        self.roles.insert(input.role_name, role);
        Ok(CreateRoleOutput { role: shown })
    }

    pub(super) fn get_role(&self, input: &GetRoleInput) -> Result<GetRoleOutput, IamError> {
        Ok(GetRoleOutput { role: self.role(&input.role_name)?.whole() })
    }

    pub(super) fn list_roles(&self, input: &ListRolesInput) -> Result<ListRolesOutput, IamError> {
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let roles = self.roles.values().filter(|role| role.path.starts_with(prefix)).map(RoleRecord::listed);
        let page = page(roles, input.marker.as_deref(), input.max_items)?;
        Ok(ListRolesOutput { roles: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }

    pub(super) fn delete_role(&mut self, input: &DeleteRoleInput) -> Result<DeleteRoleOutput, IamError> {
        let role = self.role(&input.role_name)?;
        if !role.attached.is_empty() {
            return Err(IamError::RoleHasAttachments);
        }
        if !role.inline.is_empty() {
            return Err(IamError::RoleHasInlinePolicies);
        }
        self.roles.remove(&input.role_name);
        Ok(DeleteRoleOutput {})
    }

    pub(super) fn update_role(&mut self, input: UpdateRoleInput) -> Result<UpdateRoleOutput, IamError> {
        let role = self.role_mut(&input.role_name)?;
        if let Some(description) = input.description {
            role.description = Some(description);
        }
        if let Some(seconds) = input.max_session_duration {
            role.session_seconds_max = seconds;
        }
        Ok(UpdateRoleOutput {})
    }

    pub(super) fn update_assume_role_policy(
        &mut self,
        input: UpdateAssumeRolePolicyInput,
    ) -> Result<UpdateAssumeRolePolicyOutput, IamError> {
        let role = self.role_mut(&input.role_name)?;
        check_trust(&input.policy_document)?;
        role.trust = input.policy_document;
        Ok(UpdateAssumeRolePolicyOutput {})
    }

    pub(super) fn put_role_policy(
        &mut self,
        input: PutRolePolicyInput,
    ) -> Result<PutRolePolicyOutput, IamError> {
        let role = self.role_mut(&input.role_name)?;
        document::check(&input.policy_document, Use::Permission)?;
        let others = role.inline.iter().filter(|(name, _)| **name != input.policy_name);
        let chars: usize = others.map(|(_, text)| document::counted_chars(text)).sum();
        let max = limits::INLINE_POLICIES_CHARS_MAX;
        if chars + document::counted_chars(&input.policy_document) > max {
            return Err(IamError::InlinePoliciesTooLarge { role: input.role_name, max });
        }
        role.inline.insert(input.policy_name, input.policy_document);
        Ok(PutRolePolicyOutput {})
    }

    pub(super) fn get_role_policy(&self, input: GetRolePolicyInput) -> Result<GetRolePolicyOutput, IamError> {
        let role = self.role(&input.role_name)?;
        let text = role
            .inline
            .get(&input.policy_name)
            .ok_or_else(|| IamError::NoSuchInlinePolicy(input.policy_name.clone()))?;
        Ok(GetRolePolicyOutput {
            policy_document: document::encoded(text),
            role_name: input.role_name,
            policy_name: input.policy_name,
        })
    }

    pub(super) fn delete_role_policy(
        &mut self,
        input: &DeleteRolePolicyInput,
    ) -> Result<DeleteRolePolicyOutput, IamError> {
        let role = self.role_mut(&input.role_name)?;
        match role.inline.remove(&input.policy_name) {
            Some(_) => Ok(DeleteRolePolicyOutput {}),
            None => Err(IamError::NoSuchInlinePolicy(input.policy_name.clone())),
        }
    }

    pub(super) fn list_role_policies(
        &self,
        input: &ListRolePoliciesInput,
    ) -> Result<ListRolePoliciesOutput, IamError> {
        let names = self.role(&input.role_name)?.inline.keys().cloned();
        let page = page(names, input.marker.as_deref(), input.max_items)?;
        Ok(ListRolePoliciesOutput {
            policy_names: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }

    pub(super) fn attach_role_policy(
        &mut self,
        input: AttachRolePolicyInput,
    ) -> Result<AttachRolePolicyOutput, IamError> {
        let known = self.policy_exists(&input.policy_arn);
        let role = self.role_mut(&input.role_name)?;
        if !known {
            return Err(IamError::NotAttachable(input.policy_arn));
        }
        let max = limits::POLICIES_PER_ROLE_MAX;
        if role.attached.len() >= max && !role.attached.contains(&input.policy_arn) {
            return Err(IamError::OverQuota { quota: "PoliciesPerRole", max });
        }
        role.attached.insert(input.policy_arn);
        Ok(AttachRolePolicyOutput {})
    }

    pub(super) fn detach_role_policy(
        &mut self,
        input: &DetachRolePolicyInput,
    ) -> Result<DetachRolePolicyOutput, IamError> {
        let role = self.role_mut(&input.role_name)?;
        if role.attached.remove(&input.policy_arn) {
            return Ok(DetachRolePolicyOutput {});
        }
        Err(IamError::NoSuchPolicy(input.policy_arn.clone()))
    }

    pub(super) fn list_attached_role_policies(
        &self,
        input: &ListAttachedRolePoliciesInput,
    ) -> Result<ListAttachedRolePoliciesOutput, IamError> {
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let role = self.role(&input.role_name)?;
        let attached = role.attached.iter().filter(|arn| path_of(arn).starts_with(prefix)).map(|arn| {
            AttachedPolicy { policy_name: Some(name_of(arn).to_owned()), policy_arn: Some(arn.clone()) }
        });
        let page = page(attached, input.marker.as_deref(), input.max_items)?;
        Ok(ListAttachedRolePoliciesOutput {
            attached_policies: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }

    pub(super) fn list_instance_profiles_for_role(
        &self,
        input: &ListInstanceProfilesForRoleInput,
    ) -> Result<ListInstanceProfilesForRoleOutput, IamError> {
        // There is no operation that makes an instance profile here, so that none is the whole truth.
        self.role(&input.role_name)?;
        Ok(ListInstanceProfilesForRoleOutput { is_truncated: Some(false), ..Default::default() })
    }

    pub(super) fn tag_role(&mut self, input: TagRoleInput) -> Result<TagRoleOutput, IamError> {
        let role = self.role_mut(&input.role_name)?;
        let mut tags = role.tags.clone();
        tags.extend(tags_from(Some(input.tags))?);
        if tags.len() > limits::TAGS_PER_ENTITY_MAX {
            return Err(IamError::OverQuota { quota: "TagsPerRole", max: limits::TAGS_PER_ENTITY_MAX });
        }
        role.tags = tags;
        Ok(TagRoleOutput {})
    }

    pub(super) fn untag_role(&mut self, input: &UntagRoleInput) -> Result<UntagRoleOutput, IamError> {
        let role = self.role_mut(&input.role_name)?;
        role.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagRoleOutput {})
    }

    pub(super) fn list_role_tags(&self, input: &ListRoleTagsInput) -> Result<ListRoleTagsOutput, IamError> {
        let tags = tags_out(&self.role(&input.role_name)?.tags);
        let page = page(tags.into_iter(), input.marker.as_deref(), input.max_items)?;
        Ok(ListRoleTagsOutput { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }
}

fn check_trust(text: &str) -> Result<(), IamError> {
    document::check(text, Use::Trust)?;
    let max = limits::TRUST_POLICY_CHARS_MAX;
    if document::counted_chars(text) > max {
        return Err(IamError::OverQuota { quota: "ACLSizePerRole", max });
    }
    Ok(())
}
