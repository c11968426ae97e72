//! Why an operation on event source mappings refuses, and the one match to AWS's codes.
//!
//! Recorded by LocalStack against AWS (tests/aws/services/lambda_/event_source_mapping/*.snapshot.json, 2024-10-12 to
//! 2025-04-13), unless marked assumed.

use wavetank_wire::WireError;

use super::super::error::{conflict, missing, parameter};
use crate::services::AwsError;

/// Why a mapping is not made, changed or shown. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum MappingRefusal {
    #[error("no mapping of this id")]
    NoMapping,
    #[error("the function does not exist")]
    NoFunction,
    #[error("no event source is given")]
    NoSource,
    #[error("stream `{0}` does not exist")]
    NoStream(String),
    #[error("the queue cannot be read: {code}: {message}")]
    NoQueue { code: String, message: String },
    #[error("no starting position")]
    NoStartingPosition,
    #[error("a timestamp without AT_TIMESTAMP")]
    TimestampNotWanted,
    #[error("AT_TIMESTAMP for `{0}`")]
    NoTimestampFor(String),
    #[error("AT_TIMESTAMP without a timestamp")]
    TimestampNeeded,
    #[error("the starting timestamp is in the future")]
    TimestampInFuture,
    #[error("the starting timestamp is before 1970")]
    TimestampNegative,
    #[error("`{member}` is not for {source_kind} event sources")]
    NotForSource { member: &'static str, source_kind: &'static str },
    #[error("more than 10 messages without a batching window")]
    WindowNeeded,
    #[error("a FIFO queue has no batching window")]
    WindowOnFifo,
    #[error("more than 10 messages of a FIFO queue")]
    BatchTooLargeForFifo,
    #[error(
        "the queue's visibility timeout of {visibility_secs} s is less than the function's {timeout_secs} s"
    )]
    VisibilityTooShort { visibility_secs: u64, timeout_secs: u64 },
    #[error("the record age is between 0 and 59 s")]
    RecordAgeTooShort,
    #[error("the batching window is as long as the tumbling window, or longer")]
    WindowsClash,
    #[error("the filter is not a pattern: {0}")]
    BadFilter(String),
    #[error("too many filters")]
    TooManyFilters,
    #[error("destination `{0}` cannot be used")]
    BadDestination(String),
    #[error("stream `{source_arn}` is mapped to `{function}` already, by {uuid}")]
    StreamMapped { source_arn: String, function: String, uuid: String },
    #[error("queue `{source_arn}` is mapped to `{function}` already, by {uuid}")]
    QueueMapped { source_arn: String, function: String, uuid: String },
    #[error("the mapping is changing: it cannot be {0}d now")]
    InUse(&'static str),
    #[error("`{0}` is not a marker of an earlier page")]
    NotAMarker(String),
}

impl AwsError for MappingRefusal {
    fn wire(&self) -> WireError {
        match self {
            Self::NoMapping => missing("The resource you requested does not exist."),
            Self::NoFunction => parameter("Function does not exist"),
            Self::NoSource => parameter("Unrecognized event source."),
            Self::NoStream(arn) => parameter(format!("Stream not found: {arn}")),
            Self::NoQueue { code, message } => parameter(format!(
                "Error occurred while ReceiveMessage. SQS Error Code: {code}. SQS Error Message: {message}"
            )),
            Self::NoStartingPosition => parameter(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
            ),
            Self::TimestampNotWanted => parameter("Timestamp only valid with StartingPosition AT_TIMESTAMP"),
            // Recorded by LocalStack, in its provider of Lambda.
            Self::NoTimestampFor(arn) => {
                parameter(format!("Unsupported starting position for arn type: {arn}"))
            }
            // Seen in the wild: awsdocs/aws-cloudformation-user-guide pull request 334.
            Self::TimestampNeeded => parameter("Need to specify a timestamp"),
            // Assumed wording; that it is refused is in the model.
            Self::TimestampInFuture => parameter("StartingPositionTimestamp cannot be in the future"),
            Self::TimestampNegative => parameter(
                "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a Timestamp",
            ),
            // Recorded for StartingPosition and SQS; assumed for the others.
            Self::NotForSource { member, source_kind } => {
                parameter(format!("{member} is not valid for {source_kind} event sources."))
            }
            // Seen in the wild, often.
            Self::WindowNeeded => parameter(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            ),
            // Assumed wording.
            Self::WindowOnFifo => parameter("Batching window is not supported for FIFO queues"),
            // Assumed wording.
            Self::BatchTooLargeForFifo => parameter("Batch size must not exceed 10 for FIFO queues"),
            // Seen in the wild, often.
            Self::VisibilityTooShort { visibility_secs, timeout_secs } => parameter(format!(
                "Queue visibility timeout: {visibility_secs} seconds is less than Function timeout: {timeout_secs} seconds"
            )),
            // Assumed wording.
            Self::RecordAgeTooShort => {
                parameter("Maximum record age in seconds must be -1 or between 60 and 604800")
            }
            // Assumed wording.
            Self::WindowsClash => {
                parameter("MaximumBatchingWindowInSeconds must be less than TumblingWindowInSeconds")
            }
            Self::BadFilter(_) => parameter("Invalid filter pattern definition."),
            // Assumed wording.
            Self::TooManyFilters => parameter("Number of filters exceeds the limit of 5."),
            Self::BadDestination(arn) => parameter(format!("The destination ARN {arn} is invalid.")),
            Self::StreamMapped { source_arn, function, uuid } => conflict(format!(
                "The event source arn (\" {source_arn} \") and function (\" {function} \") provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}"
            )),
            Self::QueueMapped { source_arn, function, uuid } => conflict(format!(
                "An event source mapping with SQS arn (\" {source_arn} \") and function (\" {function} \") already exists. Please update or delete the existing mapping with UUID {uuid}"
            )),
            Self::InUse(verb) => WireError::client(
                "ResourceInUseException",
                format!("Cannot {verb} the event source mapping because it is in use."),
            )
            .with("Type", "User"),
            // Assumed.
            Self::NotAMarker(_) => parameter("Invalid Marker"),
        }
    }
}
