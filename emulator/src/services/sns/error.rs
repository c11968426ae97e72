//! Why SNS refuses, and how AWS spells it.
//!
//! Recorded by LocalStack against AWS (tests/aws/services/sns/*.snapshot.json, 2023 to 2025) unless a line says "assumed".

use wavetank_wire::WireError;

use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum SnsError {
    #[error("Topic does not exist")]
    NoTopic,
    #[error("Subscription does not exist")]
    NoSubscription,
    #[error("Resource does not exist")]
    NoResource,
    #[error("Invalid parameter: {0}")]
    Parameter(String),
    #[error("Invalid token")]
    Token,
    #[error("{0}")]
    AttributeValue(String),
    #[error("The batch request doesn't contain any entries.")]
    EmptyBatch,
    #[error("The batch request contains more entries than permissible.")]
    TooManyEntries,
    #[error("Two or more batch entries in the request have the same Id.")]
    RepeatedEntry,
    #[error("The Id of a batch entry in the batch request {0}")]
    EntryId(String),
    #[error("The length of all the messages put together is more than the limit.")]
    BatchTooLong,
    #[error("Could not complete request: tag quota of per resource exceeded")]
    TooManyTags,
    #[error("not built: {0}")]
    NotBuilt(String),
}

impl SnsError {
    /// A parameter that will not do.
    pub(super) fn parameter(said: impl Into<String>) -> Self {
        Self::Parameter(said.into())
    }

    /// The code and status, by which a batch's entries tell their failure too.
    pub(super) fn code(&self) -> (&'static str, u16) {
        match self {
            Self::NoTopic | Self::NoSubscription => ("NotFound", 404),
            Self::NoResource => ("ResourceNotFound", 404),
            Self::Parameter(_) | Self::Token => ("InvalidParameter", 400),
            Self::AttributeValue(_) => ("ParameterValueInvalid", 400),
            Self::EmptyBatch => ("EmptyBatchRequest", 400),
            Self::TooManyEntries => ("TooManyEntriesInBatchRequest", 400),
            Self::RepeatedEntry => ("BatchEntryIdsNotDistinct", 400),
            Self::EntryId(_) => ("InvalidBatchEntryId", 400),
            Self::BatchTooLong => ("BatchRequestTooLong", 400),
            Self::TooManyTags => ("TagLimitExceeded", 400),
            Self::NotBuilt(_) => ("NotImplemented", 501),
        }
    }
}

impl AwsError for SnsError {
    fn wire(&self) -> WireError {
        match self {
            Self::NotBuilt(what) => WireError::not_implemented(what),
            other => {
                let (code, status) = other.code();
                WireError::client_status(status, code, other.to_string())
            }
        }
    }
}
