//! Why AWS Backup refuses, and how AWS spells it.
//!
//! Documented: the codes, the service model. Assumed: the sentences.

use wavetank_wire::WireError;

use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// What kind of thing, and its name.
    #[error("{0} {1} does not exist")]
    NoSuch(&'static str, String),
    /// The same for a vault, which AWS does not tell from one that is not the caller's.
    #[error("Backup vault {0} does not exist / Insufficient privileges to perform this action")]
    NoSuchVault(String),
    /// A vault of this name.
    #[error("Backup vault with the same name already exists")]
    VaultExists(String),
    /// A plan that says the same.
    #[error("Backup plan with the same plan document already exists")]
    PlanExists(String),
    /// A selection of this name in the same plan.
    #[error("Backup selection with the same name already exists")]
    SelectionExists(String),
    /// A value that the model allows and AWS does not.
    #[error("{0}")]
    Parameter(String),
    /// Something that the operation needs.
    #[error("{0} is required")]
    Missing(&'static str),
    /// A request that does not fit the state of things.
    #[error("{0}")]
    Request(&'static str),
    /// An operation or member that AWS has and this tank does not.
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for BackupError {
    fn wire(&self) -> WireError {
        let (code, kind) = match self {
            Self::NotBuilt(what) => return WireError::not_implemented(what),
            Self::NoSuch(..) | Self::NoSuchVault(_) => ("ResourceNotFoundException", "ERROR_2503"),
            Self::VaultExists(_) | Self::PlanExists(_) | Self::SelectionExists(_) => {
                ("AlreadyExistsException", "ERROR_2501")
            }
            Self::Parameter(_) => ("InvalidParameterValueException", "ERROR_3105"),
            Self::Missing(_) => ("MissingParameterValueException", "ERROR_3106"),
            Self::Request(_) => ("InvalidRequestException", "ERROR_2504"),
        };
        WireError::client(code, self.to_string()).with("Code", kind)
    }
}
