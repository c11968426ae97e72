//! Why CloudWatch Logs refuses, and how AWS spells it.
//!
//! Texts assumed from public clients' test suites unless the API reference states them.

use wavetank_wire::WireError;

use super::super::AwsError;

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
    /// A filter pattern that cannot be read.
    #[error("Invalid filter pattern")]
    Pattern,
    /// A form of filter pattern that is not built.
    #[error("FilterLogEvents with {0}")]
    NotBuilt(&'static str),
}

impl AwsError for LogsError {
    fn wire(&self) -> WireError {
        let text = self.to_string();
        match self {
            Self::NoSuchGroup | Self::NoSuchStream | Self::NoSuchResource => {
                WireError::client("ResourceNotFoundException", text)
            }
            Self::GroupExists | Self::StreamExists => {
                WireError::client("ResourceAlreadyExistsException", text)
            }
            Self::OutOfOrder
            | Self::SpanTooLong
            | Self::TooLarge { .. }
            | Self::Retention(_)
            | Self::BadToken
            | Self::Parameters(_)
            | Self::Pattern => WireError::client("InvalidParameterException", text),
            Self::NotBuilt(what) => WireError::not_implemented(&format!("FilterLogEvents with {what}")),
        }
    }
}
