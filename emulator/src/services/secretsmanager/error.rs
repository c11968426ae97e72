//! Why Secrets Manager refuses, and how AWS spells it.
//!
//! Documented: the codes, the service model. The sentences are those that public error reports quote, unless a variant says
//! "assumed".

use wavetank_wire::WireError;

use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// No secret of this name.
    #[error("Secrets Manager can't find the specified secret.")]
    NoSecret,
    /// No version with this label or id.
    #[error("Secrets Manager can't find the specified secret value for {0}: {1}")]
    NoVersion(&'static str, String),
    /// A secret of this name.
    #[error("The operation failed because the secret {0} already exists.")]
    Exists(String),
    /// A version of this id that says something else.
    #[error(
        "You can't use ClientRequestToken {0} because that value is already in use for a version of secret {1}."
    )]
    TokenUsed(String, String),
    /// A secret that is to be deleted.
    #[error("You can't perform this operation on the secret because it was marked for deletion.")]
    Deleted,
    /// The name of a secret that is to be deleted.
    #[error(
        "You can't create this secret because a secret with this name is already scheduled for deletion."
    )]
    NameDeleted,
    /// A value that will not do.
    #[error("{0}")]
    Parameter(String),
    /// Something that AWS has and this tank does not.
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for SecretsError {
    fn wire(&self) -> WireError {
        let code = match self {
            Self::NotBuilt(what) => return WireError::not_implemented(what),
            Self::NoSecret | Self::NoVersion(..) => "ResourceNotFoundException",
            Self::Exists(_) | Self::TokenUsed(..) => "ResourceExistsException",
            Self::Deleted | Self::NameDeleted => "InvalidRequestException",
            Self::Parameter(_) => "InvalidParameterException",
        };
        WireError::client(code, self.to_string())
    }
}
