//! IAM: roles, their inline and attached policies, managed policies with versions, tags.
//!
//! Stored, not enforced: a tank does not ask whether a role may do what it does. Policy documents are checked for
//! form only. One IAM per account, whatever the region.
//! Left out: users, groups, instance profiles (a role has none), permissions boundaries are kept and not applied.
//! AWS's own policies (`arn:aws:iam::aws:policy/...`) can be attached under any name; their documents are not known.
//! Time: none; everything is there at once.
//! Start with `roles.rs`, then `policies.rs`.

mod document;
mod error;
pub mod limits;
mod pages;
mod policies;
mod roles;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use wavetank_wire::iam::{Request, Response, Tag};

use super::Service;
use crate::world::{Answer, Cx};
pub use error::IamError;
use policies::ManagedPolicy;
use roles::RoleRecord;

/// The roles and managed policies of one account.
#[derive(Debug, Default)]
pub struct Iam {
    /// By name.
    roles: BTreeMap<String, RoleRecord>,
    /// The account's own, by ARN.
    policies: BTreeMap<String, ManagedPolicy>,
}

impl Service for Iam {
    type Request = Request;
    type Response = Response;
    type Error = IamError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, IamError> {
        self.answer(cx, request).map(Answer::Now)
    }
}

impl Iam {
    fn answer(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, IamError> {
        Ok(match request {
            Request::AttachRolePolicy(input) => Response::AttachRolePolicy(self.attach_role_policy(input)?),
            Request::CreatePolicy(input) => Response::CreatePolicy(self.create_policy(cx, input)?),
            Request::CreatePolicyVersion(input) => {
                Response::CreatePolicyVersion(self.create_policy_version(cx, input)?)
            }
            Request::CreateRole(input) => Response::CreateRole(self.create_role(cx, input)?),
            Request::DeletePolicy(input) => Response::DeletePolicy(self.delete_policy(&input)?),
            Request::DeletePolicyVersion(input) => {
                Response::DeletePolicyVersion(self.delete_policy_version(&input)?)
            }
            Request::DeleteRole(input) => Response::DeleteRole(self.delete_role(&input)?),
            Request::DeleteRolePolicy(input) => Response::DeleteRolePolicy(self.delete_role_policy(&input)?),
            Request::DetachRolePolicy(input) => Response::DetachRolePolicy(self.detach_role_policy(&input)?),
            Request::GetPolicy(input) => Response::GetPolicy(self.get_policy(&input)?),
            Request::GetPolicyVersion(input) => Response::GetPolicyVersion(self.get_policy_version(&input)?),
            Request::GetRole(input) => Response::GetRole(self.get_role(&input)?),
            Request::GetRolePolicy(input) => Response::GetRolePolicy(self.get_role_policy(input)?),
            Request::ListAttachedRolePolicies(input) => {
                Response::ListAttachedRolePolicies(self.list_attached_role_policies(&input)?)
            }
            Request::ListEntitiesForPolicy(input) => {
                Response::ListEntitiesForPolicy(self.list_entities_for_policy(&input)?)
            }
            Request::ListInstanceProfilesForRole(input) => {
                Response::ListInstanceProfilesForRole(self.list_instance_profiles_for_role(&input)?)
            }
            Request::ListPolicies(input) => Response::ListPolicies(self.list_policies(&input)?),
            Request::ListPolicyVersions(input) => {
                Response::ListPolicyVersions(self.list_policy_versions(&input)?)
            }
            Request::ListRolePolicies(input) => Response::ListRolePolicies(self.list_role_policies(&input)?),
            Request::ListRoleTags(input) => Response::ListRoleTags(self.list_role_tags(&input)?),
            Request::ListRoles(input) => Response::ListRoles(self.list_roles(&input)?),
            Request::PutRolePolicy(input) => Response::PutRolePolicy(self.put_role_policy(input)?),
            Request::TagRole(input) => Response::TagRole(self.tag_role(input)?),
            Request::UntagRole(input) => Response::UntagRole(self.untag_role(&input)?),
            Request::UpdateAssumeRolePolicy(input) => {
                Response::UpdateAssumeRolePolicy(self.update_assume_role_policy(input)?)
            }
            Request::UpdateRole(input) => Response::UpdateRole(self.update_role(input)?),
        })
    }
}

/// A path as AWS wants it: `/` alone, or beginning and ending with one.
fn checked_path(path: Option<String>) -> Result<String, IamError> {
    let path = path.unwrap_or_else(|| "/".to_owned());
    if path.starts_with('/') && path.ends_with('/') { Ok(path) } else { Err(IamError::BadPath(path)) }
}

/// `AROA` or `ANPA` and 17 characters, from the tank's stream.
///
/// Documented: docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (prefixes; read 2026-11-29).
fn unique_id(cx: &mut Cx<'_>, prefix: &str) -> String {
    format!("{prefix}{}", cx.letters(17, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
}

fn tags_from(tags: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, IamError> {
    let tags: BTreeMap<String, String> =
        tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
    if tags.len() > limits::TAGS_PER_ENTITY_MAX {
        return Err(IamError::OverQuota { quota: "TagsPerEntity", max: limits::TAGS_PER_ENTITY_MAX });
    }
    Ok(tags)
}

fn tags_out(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}
