//! Why DynamoDB refuses, and how AWS spells it.

use wavetank_wire::WireError;

use super::table::KeyError;
use super::tables::TableError;
use super::value::ValueError;
use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DynamoError {
    /// A value of the request is none.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// An item or key does not fit the table.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A table itself, not its items.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The table of a data operation is not there, or not there yet.
    /// Recorded: dynalite's tests.
    #[error("Requested resource not found")]
    NoSuchTable,
    /// An operation or member that AWS has and this tank does not.
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for DynamoError {
    fn wire(&self) -> WireError {
        let code = match self {
            Self::Table(refusal) => refusal.code(),
            Self::NotBuilt(what) => return WireError::not_implemented(what),
            Self::Value(_) | Self::Key(_) => "ValidationException",
            Self::NoSuchTable => "ResourceNotFoundException",
        };
        WireError::client(code, self.to_string())
    }
}
