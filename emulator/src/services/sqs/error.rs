//! Why SQS refuses, and how AWS spells it: the code of the JSON protocol, and the older code of the query protocol.
//!
//! Recorded by LocalStack against AWS (tests/aws/services/sqs/*.snapshot.json, 2024-04-30 to 2025-12-10) unless a line
//! says "assumed".

use wavetank_wire::WireError;

use super::limits;
use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum SqsError {
    #[error("The specified queue does not exist.")]
    NoSuchQueue,
    #[error("The address {0} is not valid for this endpoint.")]
    Address(String),
    #[error("A queue already exists with the same name and a different value for attribute {0}")]
    QueueExists(String),
    #[error("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")]
    Name,
    #[error(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length"
    )]
    FifoName,
    #[error("Unknown Attribute {0}.")]
    UnknownAttribute(String),
    #[error("You can specify the {0} only when FifoQueue is set to true.")]
    OnlyFifo(&'static str),
    #[error(
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
    )]
    TwoEncryptions,
    #[error("Invalid value for the parameter {name}.{reason}")]
    AttributeValue { name: String, reason: &'static str },
    #[error("Value {value} for parameter {name} is invalid. Reason: {reason}")]
    Parameter { name: &'static str, value: String, reason: String },
    #[error("{0}")]
    ParameterSaid(String),
    #[error("The request must contain the parameter {0}.")]
    Missing(&'static str),
    #[error("One or more parameters are invalid. Reason: Message must be shorter than {bytes_max} bytes.")]
    TooLong { bytes_max: u64 },
    #[error(
        "Invalid binary character '#x{0:X}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
    )]
    Contents(u32),
    #[error("There should be at least one {0} in the request.")]
    EmptyBatch(&'static str),
    #[error("Maximum number of entries per request are {max}. You have sent {0}.", max = limits::BATCH_ENTRIES_MAX)]
    TooManyEntries(usize),
    #[error("Id {0} repeated.")]
    RepeatedEntry(String),
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    EntryId,
    #[error("Batch requests cannot be longer than {max} bytes. You have sent {0} bytes.", max = limits::MESSAGE_BYTES_MAX)]
    BatchTooLong(u64),
    #[error("The input receipt handle \"{0}\" is not a valid receipt handle.")]
    NotAHandle(String),
    #[error("The input receipt handle is invalid.")]
    HandleOfAnotherQueue,
    #[error("Too many messages are in flight.")]
    OverLimit,
    #[error("Only one PurgeQueue operation on {0} is allowed every 60 seconds.")]
    PurgeInProgress(String),
    #[error("The resource that you specified for the {0} parameter doesn't exist.")]
    NoResource(&'static str),
    #[error("Task does not exist.")]
    NoTask,
    #[error("{0}")]
    Unsupported(&'static str),
}

impl SqsError {
    /// A parameter of a request whose value will not do.
    pub(super) fn parameter(name: &'static str, value: impl ToString, reason: impl Into<String>) -> Self {
        Self::Parameter { name, value: value.to_string(), reason: reason.into() }
    }

    /// An attribute of a queue whose value will not do.
    pub(super) fn attribute(name: &str) -> Self {
        Self::AttributeValue { name: name.to_owned(), reason: "" }
    }

    /// The codes of both protocols, and the HTTP status.
    ///
    /// Assumed: the query codes of what was recorded in JSON alone, and the status of a foreign handle (seen in the wild).
    fn codes(&self) -> (&'static str, &'static str, u16) {
        match self {
            Self::NoSuchQueue => ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400),
            Self::Address(_) => ("InvalidAddress", "InvalidAddress", 404),
            Self::QueueExists(_) => ("QueueNameExists", "QueueAlreadyExists", 400),
            Self::Name
            | Self::FifoName
            | Self::Parameter { .. }
            | Self::ParameterSaid(_)
            | Self::TooLong { .. } => ("InvalidParameterValueException", "InvalidParameterValue", 400),
            Self::UnknownAttribute(_) | Self::OnlyFifo(_) | Self::TwoEncryptions => {
                ("InvalidAttributeName", "InvalidAttributeName", 400)
            }
            Self::AttributeValue { .. } => ("InvalidAttributeValue", "InvalidAttributeValue", 400),
            Self::Missing(_) => ("MissingRequiredParameterException", "MissingParameter", 400),
            Self::Contents(_) => ("InvalidMessageContents", "InvalidMessageContents", 400),
            Self::EmptyBatch(_) => ("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", 400),
            Self::TooManyEntries(_) => {
                ("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400)
            }
            Self::RepeatedEntry(_) => {
                ("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400)
            }
            Self::EntryId => ("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId", 400),
            Self::BatchTooLong(_) => {
                ("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", 400)
            }
            Self::NotAHandle(_) | Self::HandleOfAnotherQueue => {
                ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404)
            }
            Self::OverLimit => ("OverLimit", "OverLimit", 403),
            Self::PurgeInProgress(_) => {
                ("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403)
            }
            Self::NoResource(_) | Self::NoTask => {
                ("ResourceNotFoundException", "ResourceNotFoundException", 404)
            }
            Self::Unsupported(_) => {
                ("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", 400)
            }
        }
    }

    /// The code of the query protocol, which is also what stands in the entries of a batch that failed and in the JSON
    /// protocol's header `x-amzn-query-error`.
    pub(super) fn query_code(&self) -> &'static str {
        self.codes().1
    }
}

impl AwsError for SqsError {
    fn wire(&self) -> WireError {
        let (code, _, status) = self.codes();
        WireError::client_status(status, code, self.to_string())
    }
}
