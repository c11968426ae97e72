//! Why a table is not created, changed, found or deleted.

/// A refusal about tables themselves. Nothing has changed when one of these is returned.
///
/// Recorded, for the sentences: dynalite's tests (github.com/mhart/dynalite, `test/`), which run against AWS too, unless a
/// variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TableError {
    /// What the model's own constraints would say.
    #[error("{0}")]
    Request(String),
    /// A value that the model allows and AWS does not.
    #[error("One or more parameter values were invalid: {0}")]
    Parameter(String),
    #[error("Requested resource not found: Table: {0} not found")]
    NotFound(String),
    /// Another thing than a table is not there.
    #[error("Requested resource not found: {0}")]
    ResourceNotFound(String),
    #[error("Table already exists: {0}")]
    Exists(String),
    #[error("Attempt to change a resource which is still in use: {0}")]
    InUse(String),
    #[error("{0}")]
    Limit(String),
    /// A resource policy that is not there. Seen in the wild.
    #[error("Resource-based policy not found for the provided ResourceArn: {0}")]
    NoPolicy(String),
    /// A policy is not of the revision that was expected. Assumed: the sentence.
    #[error("Resource-based policy with the expected RevisionId not found: {0}")]
    Revision(String),
}

impl TableError {
    /// AWS's code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Request(_) | Self::Parameter(_) => "ValidationException",
            Self::NotFound(_) | Self::ResourceNotFound(_) => "ResourceNotFoundException",
            Self::Exists(_) | Self::InUse(_) => "ResourceInUseException",
            Self::Limit(_) => "LimitExceededException",
            Self::NoPolicy(_) | Self::Revision(_) => "PolicyNotFoundException",
        }
    }
}
