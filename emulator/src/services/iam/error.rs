//! Why IAM refuses, in its words, and AWS's codes for it.
//!
//! Sentences: assumed unless a line says otherwise; the two that clients match on (`The role with name x cannot be
//! found.`, `Role with name x already exists.`) are as many public error reports quote them.

use wavetank_wire::WireError;

use crate::services::AwsError;

/// Why an operation was refused. Nothing has changed when one of these is returned.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each says it")]
pub enum IamError {
    #[error("The role with name {0} cannot be found.")]
    NoSuchRole(String),
    #[error("Role with name {0} already exists.")]
    RoleExists(String),
    #[error("The role policy with name {0} cannot be found.")]
    NoSuchInlinePolicy(String),
    #[error("Policy {0} was not found.")]
    NoSuchPolicy(String),
    #[error("Policy {0} does not exist or is not attachable.")]
    NotAttachable(String),
    #[error("Policy {arn} version {version} does not exist or is not attachable.")]
    NoSuchVersion { arn: String, version: String },
    #[error("A policy called {0} already exists. Duplicate names are not allowed.")]
    PolicyExists(String),
    #[error("Cannot delete entity, must detach all policies first.")]
    RoleHasAttachments,
    #[error("Cannot delete entity, must delete policies first.")]
    RoleHasInlinePolicies,
    #[error("Cannot delete a policy attached to entities.")]
    PolicyAttached,
    #[error(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
         The default version is deleted with the policy."
    )]
    PolicyHasVersions,
    #[error("Cannot delete the default version of a policy.")]
    VersionIsDefault,
    #[error(
        "A managed policy can have up to {max} versions. Before you create a new version, you must delete an \
         existing version."
    )]
    TooManyVersions { max: usize },
    #[error("Cannot exceed quota for {quota}: {max}")]
    OverQuota { quota: &'static str, max: usize },
    #[error("Maximum policy size of {max} bytes exceeded for role {role}")]
    InlinePoliciesTooLarge { role: String, max: usize },
    #[error("{0}")]
    Malformed(&'static str),
    #[error("The specified value for path is invalid: {0}. It must begin and end with /.")]
    BadPath(String),
    #[error("Invalid Marker")]
    BadMarker,
    #[error("the document of AWS's own policy {0}")]
    UnknownAwsDocument(String),
}

impl AwsError for IamError {
    fn wire(&self) -> WireError {
        let with = |status, code: &str| WireError::client_status(status, code, self.to_string());
        match self {
            Self::NoSuchRole(_)
            | Self::NoSuchInlinePolicy(_)
            | Self::NoSuchPolicy(_)
            | Self::NotAttachable(_)
            | Self::NoSuchVersion { .. } => with(404, "NoSuchEntity"),
            Self::RoleExists(_) | Self::PolicyExists(_) => with(409, "EntityAlreadyExists"),
            Self::RoleHasAttachments
            | Self::RoleHasInlinePolicies
            | Self::PolicyAttached
            | Self::PolicyHasVersions
            | Self::VersionIsDefault => with(409, "DeleteConflict"),
            Self::TooManyVersions { .. } | Self::OverQuota { .. } | Self::InlinePoliciesTooLarge { .. } => {
                with(409, "LimitExceeded")
            }
            Self::Malformed(_) => with(400, "MalformedPolicyDocument"),
            Self::BadPath(_) | Self::BadMarker => with(400, "ValidationError"),
            Self::UnknownAwsDocument(_) => WireError::not_implemented(&self.to_string()),
        }
    }
}
