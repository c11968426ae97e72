//! Managed policies: the account's own, with versions, and AWS's, known by ARN alone.

use std::collections::BTreeMap;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::iam::{
    CreatePolicyInput, CreatePolicyOutput, CreatePolicyVersionInput, CreatePolicyVersionOutput,
    DeletePolicyInput, DeletePolicyOutput, DeletePolicyVersionInput, DeletePolicyVersionOutput,
    GetPolicyInput, GetPolicyOutput, GetPolicyVersionInput, GetPolicyVersionOutput,
    ListEntitiesForPolicyInput, ListEntitiesForPolicyOutput, ListPoliciesInput, ListPoliciesOutput,
    ListPolicyVersionsInput, ListPolicyVersionsOutput, Policy, PolicyRole, PolicyVersion,
};

use super::document::{self, Use};
use super::pages::page;
use super::{Iam, IamError, checked_path, limits, tags_from, tags_out, unique_id};
use crate::world::Cx;

const AWS_POLICY_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// One text of a policy.
#[derive(Clone, Debug)]
struct Version {
    text: String,
    created: Timestamp,
}

/// A managed policy of the account.
#[derive(Clone, Debug)]
pub(super) struct ManagedPolicy {
    name: String,
    id: String,
    arn: String,
    path: String,
    description: Option<String>,
    created: Timestamp,
    updated: Timestamp,
    tags: BTreeMap<String, String>,
    /// By number; `v1` is 1. Numbers are not used again.
    versions: BTreeMap<u32, Version>,
    next_version: u32,
    default_version: u32,
}

impl ManagedPolicy {
    fn shown(&self, attachments: usize) -> Policy {
        Policy {
            policy_name: Some(self.name.clone()),
            policy_id: Some(self.id.clone()),
            arn: Some(self.arn.clone()),
            path: Some(self.path.clone()),
            default_version_id: Some(format!("v{}", self.default_version)),
            attachment_count: i64::try_from(attachments).ok(),
            permissions_boundary_usage_count: Some(0),
            is_attachable: Some(true),
            description: None,
            create_date: Some(self.created),
            update_date: Some(self.updated),
            tags: None,
        }
    }

    fn version(&self, id: &str) -> Result<(u32, &Version), IamError> {
        let number = id.strip_prefix('v').and_then(|digits| digits.parse().ok());
        number
            .and_then(|number: u32| Some((number, self.versions.get(&number)?)))
            .ok_or_else(|| IamError::NoSuchVersion { arn: self.arn.clone(), version: id.to_owned() })
    }

    fn shown_version(&self, number: u32, version: &Version, with_text: bool) -> PolicyVersion {
        PolicyVersion {
            document: with_text.then(|| document::encoded(&version.text)),
            version_id: Some(format!("v{number}")),
            is_default_version: Some(number == self.default_version),
            create_date: Some(version.created),
        }
    }
}

impl Iam {
    fn policy(&self, arn: &str) -> Result<&ManagedPolicy, IamError> {
        self.policies.get(arn).ok_or_else(|| IamError::NoSuchPolicy(arn.to_owned()))
    }

    fn policy_mut(&mut self, arn: &str) -> Result<&mut ManagedPolicy, IamError> {
        self.policies.get_mut(arn).ok_or_else(|| IamError::NoSuchPolicy(arn.to_owned()))
    }

    /// Whether a policy of this ARN can be attached. Any name under AWS's own prefix can.
    pub(super) fn policy_exists(&self, arn: &str) -> bool {
        is_aws(arn) || self.policies.contains_key(arn)
    }

    fn attachments(&self, arn: &str) -> usize {
        self.roles.values().filter(|role| role.attached.contains(arn)).count()
    }

    pub(super) fn create_policy(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreatePolicyInput,
    ) -> Result<CreatePolicyOutput, IamError> {
        let path = checked_path(input.path)?;
        check_text(&input.policy_document)?;
        let tags = tags_from(input.tags)?;
        if self.policies.values().any(|policy| policy.name.eq_ignore_ascii_case(&input.policy_name)) {
            return Err(IamError::PolicyExists(input.policy_name));
        }
        let resource = format!("policy{path}{}", input.policy_name);
        let arn = Arn::global("iam", &cx.scope.account, resource).to_string();
        let first = Version { text: input.policy_document, created: cx.now };
        let policy = ManagedPolicy {
            id: unique_id(cx, "ANPA"),
            arn: arn.clone(),
            name: input.policy_name,
            path,
            description: input.description,
            created: cx.now,
            updated: cx.now,
            tags,
            versions: BTreeMap::from([(1, first)]),
            next_version: 2,
            default_version: 1,
        };
        let shown = policy.shown(0);
        self.policies.insert(arn, policy);
        Ok(CreatePolicyOutput { policy: Some(shown) })
    }

    pub(super) fn get_policy(&self, input: &GetPolicyInput) -> Result<GetPolicyOutput, IamError> {
        let attachments = self.attachments(&input.policy_arn);
        if is_aws(&input.policy_arn) {
            return Ok(GetPolicyOutput { policy: Some(aws_policy(&input.policy_arn, attachments)) });
        }
        let policy = self.policy(&input.policy_arn)?;
        let shown = Policy {
            description: policy.description.clone(),
            tags: Some(tags_out(&policy.tags)).filter(|tags| !tags.is_empty()),
            ..policy.shown(attachments)
        };
        Ok(GetPolicyOutput { policy: Some(shown) })
    }

    pub(super) fn list_policies(&self, input: &ListPoliciesInput) -> Result<ListPoliciesOutput, IamError> {
        let scope = input.scope.as_deref().unwrap_or("All");
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let mut policies: Vec<Policy> = Vec::new();
        if scope != "AWS" {
            policies.extend(self.policies.values().map(|policy| policy.shown(self.attachments(&policy.arn))));
        }
        if scope != "Local" {
            // Of AWS's own policies only those that a role has attached are known.
            let attached: std::collections::BTreeSet<&String> =
                self.roles.values().flat_map(|role| &role.attached).filter(|arn| is_aws(arn)).collect();
            policies.extend(attached.into_iter().map(|arn| aws_policy(arn, self.attachments(arn))));
        }
        policies.retain(|policy| policy.path.as_deref().is_some_and(|path| path.starts_with(prefix)));
        if input.only_attached == Some(true) {
            policies.retain(|policy| policy.attachment_count != Some(0));
        }
        let page = page(policies.into_iter(), input.marker.as_deref(), input.max_items)?;
        Ok(ListPoliciesOutput {
            policies: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }

    pub(super) fn delete_policy(
        &mut self,
        input: &DeletePolicyInput,
    ) -> Result<DeletePolicyOutput, IamError> {
        let policy = self.policy(&input.policy_arn)?;
        if self.attachments(&input.policy_arn) > 0 {
            return Err(IamError::PolicyAttached);
        }
        if policy.versions.len() > 1 {
            return Err(IamError::PolicyHasVersions);
        }
        self.policies.remove(&input.policy_arn);
        Ok(DeletePolicyOutput {})
    }

    pub(super) fn create_policy_version(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreatePolicyVersionInput,
    ) -> Result<CreatePolicyVersionOutput, IamError> {
        let policy = self.policy_mut(&input.policy_arn)?;
        check_text(&input.policy_document)?;
        if policy.versions.len() >= limits::VERSIONS_PER_POLICY_MAX {
            return Err(IamError::TooManyVersions { max: limits::VERSIONS_PER_POLICY_MAX });
        }
        let number = policy.next_version;
        policy.next_version += 1;
        policy.updated = cx.now;
        if input.set_as_default == Some(true) {
            policy.default_version = number;
        }
        let version = Version { text: input.policy_document, created: cx.now };
        let shown = policy.shown_version(number, &version, false);
        policy.versions.insert(number, version);
        Ok(CreatePolicyVersionOutput { policy_version: Some(shown) })
    }

    pub(super) fn get_policy_version(
        &self,
        input: &GetPolicyVersionInput,
    ) -> Result<GetPolicyVersionOutput, IamError> {
        if is_aws(&input.policy_arn) {
            return Err(IamError::UnknownAwsDocument(input.policy_arn.clone()));
        }
        let policy = self.policy(&input.policy_arn)?;
        let (number, version) = policy.version(&input.version_id)?;
        Ok(GetPolicyVersionOutput { policy_version: Some(policy.shown_version(number, version, true)) })
    }

    pub(super) fn list_policy_versions(
        &self,
        input: &ListPolicyVersionsInput,
    ) -> Result<ListPolicyVersionsOutput, IamError> {
        if is_aws(&input.policy_arn) {
            return Err(IamError::UnknownAwsDocument(input.policy_arn.clone()));
        }
        let policy = self.policy(&input.policy_arn)?;
        let newest_first = policy.versions.iter().rev();
        let shown = newest_first.map(|(number, version)| policy.shown_version(*number, version, false));
        let page = page(shown, input.marker.as_deref(), input.max_items)?;
        Ok(ListPolicyVersionsOutput {
            versions: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }

    pub(super) fn delete_policy_version(
        &mut self,
        input: &DeletePolicyVersionInput,
    ) -> Result<DeletePolicyVersionOutput, IamError> {
        let policy = self.policy_mut(&input.policy_arn)?;
        let (number, _) = policy.version(&input.version_id)?;
        if number == policy.default_version {
            return Err(IamError::VersionIsDefault);
        }
        policy.versions.remove(&number);
        Ok(DeletePolicyVersionOutput {})
    }

    pub(super) fn list_entities_for_policy(
        &self,
        input: &ListEntitiesForPolicyInput,
    ) -> Result<ListEntitiesForPolicyOutput, IamError> {
        if !self.policy_exists(&input.policy_arn) {
            return Err(IamError::NoSuchPolicy(input.policy_arn.clone()));
        }
        let wants_roles = input.entity_filter.as_deref().is_none_or(|filter| filter == "Role");
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let roles = self
            .roles
            .values()
            .filter(|role| wants_roles && role.attached.contains(&input.policy_arn))
            .filter(|role| role.path.starts_with(prefix))
            .map(|role| PolicyRole { role_name: Some(role.name.clone()), role_id: Some(role.id.clone()) });
        let page = page(roles, input.marker.as_deref(), input.max_items)?;
        Ok(ListEntitiesForPolicyOutput {
            policy_groups: Some(Vec::new()),
            policy_users: Some(Vec::new()),
            policy_roles: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}

fn is_aws(arn: &str) -> bool {
    arn.strip_prefix(AWS_POLICY_PREFIX).is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
}

/// What can be said of a policy of AWS's own without knowing its text.
fn aws_policy(arn: &str, attachments: usize) -> Policy {
    Policy {
        policy_name: Some(name_of(arn).to_owned()),
        arn: Some(arn.to_owned()),
        path: Some(path_of(arn).to_owned()),
        default_version_id: Some("v1".to_owned()),
        attachment_count: i64::try_from(attachments).ok(),
        permissions_boundary_usage_count: Some(0),
        is_attachable: Some(true),
        ..Policy::default()
    }
}

/// The last part of a policy's ARN.
pub(super) fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The part of a policy's ARN between `policy` and the name, with both slashes.
pub(super) fn path_of(arn: &str) -> &str {
    let resource = arn.find(":policy/").map_or("/", |at| &arn[at + ":policy".len()..]);
    resource.rfind('/').map_or("/", |at| &resource[..=at])
}

fn check_text(text: &str) -> Result<(), IamError> {
    document::check(text, Use::Permission)?;
    let max = limits::MANAGED_POLICY_CHARS_MAX;
    if document::counted_chars(text) > max {
        return Err(IamError::OverQuota { quota: "PolicySize", max });
    }
    Ok(())
}
