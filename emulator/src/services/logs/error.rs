//! Why CloudWatch Logs refuses, and how AWS spells it.
//!
//! Texts assumed from public clients' test suites unless the API reference states them.

use serde_json::json;
use wavetank_wire::WireError;

use super::super::AwsError;
use super::insights::QueryError;
use super::pattern::PatternError;

/// A refusal. Nothing has been stored when one of these is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogsError {
    /// The group is not there.
    #[error("The specified log group does not exist.")]
    NoSuchGroup,
    /// The stream is not there.
    #[error("The specified log stream does not exist.")]
    NoSuchStream,
    /// No resource has this ARN.
    #[error("The specified resource does not exist.")]
    NoSuchResource,
    /// The group is there already.
    #[error("The specified log group already exists")]
    GroupExists,
    /// The stream is there already.
    #[error("The specified log stream already exists")]
    StreamExists,
    /// Events of a batch are not in order of time.
    #[error("Log events in a single PutLogEvents request must be in chronological order.")]
    OutOfOrder,
    /// A batch spans more than a day.
    #[error("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")]
    SpanTooLong,
    /// A batch or an event is too large.
    #[error("Upload too large: {bytes} bytes exceeds limit of {bytes_max}")]
    TooLarge {
        /// What was sent.
        bytes: usize,
        /// What is allowed.
        bytes_max: usize,
    },
    /// Not one of the allowed retentions.
    #[error(
        "1 validation error detected: Value '{0}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]"
    )]
    Retention(i64),
    /// A token that this service did not give out.
    #[error("The specified nextToken is invalid.")]
    BadToken,
    /// Two parameters that exclude each other, or neither of two.
    #[error("{0}")]
    Parameters(&'static str),
    /// A filter pattern that cannot be read. AWS says no more than the first words.
    #[error("Invalid filter pattern: {0}")]
    Pattern(PatternError),
    /// A query that cannot be read, or a part of the language that is not built.
    #[error("{0}")]
    Query(QueryError),
    /// A group that a query names. Recorded in public error reports.
    #[error("Log group '{group}' does not exist for account ID '{account}'")]
    NoSuchGroupOf {
        /// Which.
        group: String,
        /// Of whom.
        account: String,
    },
    /// A query, definition, policy or filter that is not there.
    #[error("The specified {0} does not exist.")]
    NoSuch(&'static str),
    /// A query that has ended cannot be stopped.
    #[error("Query {0} is not running.")]
    NotRunning(String),
    /// A quota is used up.
    #[error("{0}")]
    Limit(String),
    /// A parameter of no use.
    #[error("{0}")]
    Invalid(String),
    /// The group is protected from being deleted.
    #[error("The log group {0} has deletion protection enabled.")]
    Protected(String),
    /// Somebody else has changed it since.
    #[error("The expected revision ID does not match the current one.")]
    Revision,
    /// What AWS has and a tank has not.
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for LogsError {
    fn wire(&self) -> WireError {
        let text = self.to_string();
        match self {
            Self::NoSuchGroup
            | Self::NoSuchGroupOf { .. }
            | Self::NoSuchStream
            | Self::NoSuchResource
            | Self::NoSuch(_) => WireError::client("ResourceNotFoundException", text),
            Self::GroupExists | Self::StreamExists => {
                WireError::client("ResourceAlreadyExistsException", text)
            }
            Self::OutOfOrder
            | Self::SpanTooLong
            | Self::TooLarge { .. }
            | Self::Retention(_)
            | Self::BadToken
            | Self::Parameters(_)
            | Self::Pattern(_)
            | Self::Invalid(_)
            | Self::NotRunning(_) => WireError::client("InvalidParameterException", text),
            Self::Limit(_) => WireError::client("LimitExceededException", text),
            Self::Protected(_) => WireError::client("InvalidOperationException", text),
            Self::Revision => WireError::client("OperationAbortedException", text),
            Self::Query(QueryError::Malformed { message, start, end }) => {
                let location = json!({"startCharOffset": start, "endCharOffset": end});
                WireError::client("MalformedQueryException", text)
                    .with("queryCompileError", json!({"location": location, "message": message}))
            }
            Self::Query(QueryError::NotBuilt(_)) | Self::NotBuilt(_) => WireError::not_implemented(&text),
        }
    }
}

impl From<PatternError> for LogsError {
    fn from(error: PatternError) -> Self {
        Self::Pattern(error)
    }
}

impl From<QueryError> for LogsError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}
