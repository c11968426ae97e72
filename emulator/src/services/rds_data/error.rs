//! Why the Data API refuses, and how AWS spells it.
//!
//! Documented: the codes and statuses, the service model. Recorded by others: the frame of a database's error, with `Position`
//! and `SQLState`. Assumed: the other sentences.

use wavetank_wire::WireError;

use super::work::SqlFailure;
use crate::services::AwsError;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// No instance of this ARN.
    #[error("The resource {0} wasn't found")]
    NoResource(String),
    /// An instance whose server does not run.
    #[error("The database is not available: its status is {0}")]
    State(String),
    /// A secret that cannot be had.
    #[error("There was a problem with the secret {0}: {1}")]
    Secret(String, String),
    /// A secret that is no login.
    #[error("The secret {0} isn't valid: it must be JSON with username and password")]
    NoLogin(String),
    /// No transaction of this id: it never was, is over, or has waited for too long.
    #[error("Transaction {0} is not found")]
    NoTransaction(String),
    /// A request that will not do.
    #[error("{0}")]
    Request(String),
    /// What the database has said, or the way there.
    #[error("{0}")]
    Database(String),
    /// A database whose server has gone, or is just starting or ending.
    #[error("{0}")]
    Unavailable(String),
    /// The statement has run for too long.
    #[error("Request timed out")]
    TimedOut,
    /// A result that the API cannot give.
    #[error("{0}")]
    Result(String),
    /// Something that AWS has and this tank does not.
    #[error("{0}")]
    NotBuilt(String),
}

impl DataError {
    /// How a failure is told.
    pub(super) fn of(failure: SqlFailure, transaction: Option<&str>) -> Self {
        match failure {
            SqlFailure::Database { message, position, state } => {
                let place = position.map(|position| format!("; Position: {position}")).unwrap_or_default();
                Self::Database(format!("{message}{place}; SQLState: {state}"))
            }
            SqlFailure::Refused(said) => Self::Database(said),
            SqlFailure::Gone(said) => Self::Unavailable(said),
            SqlFailure::NoTransaction => Self::NoTransaction(transaction.unwrap_or_default().to_owned()),
            SqlFailure::TimedOut => Self::TimedOut,
            SqlFailure::TooLarge | SqlFailure::Unsupported(_) => Self::Result(failure.to_string()),
        }
    }
}

impl AwsError for DataError {
    fn wire(&self) -> WireError {
        let (status, code) = match self {
            Self::NotBuilt(what) => return WireError::not_implemented(what),
            Self::NoResource(_) => (404, "NotFoundException"),
            Self::State(_) => (400, "InvalidResourceStateException"),
            Self::Secret(..) => (400, "SecretsErrorException"),
            Self::NoLogin(_) => (400, "InvalidSecretException"),
            Self::NoTransaction(_) => (404, "TransactionNotFoundException"),
            Self::Request(_) => (400, "BadRequestException"),
            Self::Database(_) => (400, "DatabaseErrorException"),
            Self::Unavailable(_) => (504, "DatabaseUnavailableException"),
            Self::TimedOut => (400, "StatementTimeoutException"),
            Self::Result(_) => (400, "UnsupportedResultException"),
        };
        WireError::client_status(status, code, self.to_string())
    }
}
