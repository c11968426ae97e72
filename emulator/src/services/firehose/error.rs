//! Why Firehose refuses, in its own words, and the one match to AWS's codes.
//!
//! Assumed, unless said otherwise: the sentences. The codes are the service model's.

use wavetank_wire::WireError;

use crate::services::AwsError;

/// The code of a put that comes too fast, whole or one record of a batch.
pub(super) const SLOW_DOWN: &str = "ServiceUnavailableException";

/// Why an operation refuses. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stream does not exist.
    #[error("Firehose {name} under account {account} not found.")]
    NoSuchStream {
        /// As it was asked for.
        name: String,
        /// Whose it would be.
        account: String,
    },
    /// A stream of this name exists.
    #[error("Firehose {name} under accountId {account} already exists")]
    Exists {
        /// The name.
        name: String,
        /// Whose it is.
        account: String,
    },
    /// The stream cannot do this now.
    #[error("Firehose {name} is not in the ACTIVE state. Its state is {status}.")]
    NotActive {
        /// The stream.
        name: String,
        /// Its state.
        status: &'static str,
    },
    /// The stream takes no records now. The puts have no `ResourceInUseException` in the service model.
    #[error("Firehose {name} is not ACTIVE and takes no records. Its state is {status}.")]
    NotTaking {
        /// The stream.
        name: String,
        /// Its state.
        status: &'static str,
    },
    /// Another update came first.
    #[error(
        "Cannot update firehose: {name} since the current version id: {current} and specified version id: {given} do \
         not match"
    )]
    Changed {
        /// The stream.
        name: String,
        /// Its version.
        current: u64,
        /// The caller's.
        given: String,
    },
    /// A limit of the account or the stream is reached: so many of these.
    #[error("You have already reached the limit of {0} {1}")]
    TooMany(usize, &'static str),
    /// Only CloudWatch Logs may put to a stream that decompresses.
    #[error(
        "Only requests from CloudWatch Logs are supported when CloudWatch Logs decompression is enabled."
    )]
    NotFromLogs,
    /// More than the stream takes in a second, with strict limits.
    #[error("Slow down.")]
    SlowDown,
    /// A value that is not valid.
    #[error(transparent)]
    Argument(#[from] Argument),
    /// What AWS has and this tank does not.
    #[error("not built: {0}")]
    NotBuilt(String),
}

/// A value that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each sentence says it")]
pub enum Argument {
    #[error("Exactly one destination configuration is supported for a Firehose")]
    OneDestination,
    #[error("Exactly one source configuration is supported for the delivery stream type {0}")]
    SourceOfAnotherType(String),
    /// Known to aws-cdk and terraform-provider-aws (read 2026-11-20).
    #[error("BufferingHints.SizeInMBs must be at least 64 when {0} is enabled.")]
    BufferTooSmall(&'static str),
    #[error("Zero buffering is not supported when {0} is enabled.")]
    ZeroBuffering(&'static str),
    #[error("BufferingHints must have both SizeInMBs and IntervalInSeconds")]
    HalfBuffering,
    #[error("CompressionFormat must be UNCOMPRESSED when data format conversion is enabled.")]
    CompressedTwice,
    #[error("{field} contains an invalid expression: {why}")]
    Expression { field: &'static str, why: String },
    #[error("ErrorOutputPrefix can't be null when Prefix contains expressions")]
    NoErrorPrefix,
    #[error(
        "ErrorOutputPrefix expressions must include at least one instance of !{{firehose:error-output-type}}"
    )]
    NoErrorType,
    #[error("Prefix can't contain !{{firehose:error-output-type}}")]
    ErrorTypeInPrefix,
    /// Seen in reports of users of aws-cdk.
    #[error(
        "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled."
    )]
    KeysWithoutPartitioning,
    #[error("ErrorOutputPrefix can't contain {0}")]
    KeysInErrorPrefix(String),
    #[error("Prefix must contain partition keys when Dynamic Partitioning is enabled.")]
    NoKeys,
    #[error("Prefix uses the partition key {0}, which the processing configuration does not provide")]
    UnknownKey(String),
    #[error("The time zone {0} is not supported")]
    NoSuchZone(String),
    #[error("The processor {processor} is missing the parameter {parameter}")]
    MissingParameter { processor: String, parameter: &'static str },
    #[error("The parameter {parameter} of the processor {processor} is invalid: {value}")]
    InvalidParameter { processor: String, parameter: String, value: String },
    #[error("The processor {0} can only be used when Dynamic Partitioning is enabled")]
    NeedsPartitioning(String),
    #[error("Only one processor of the type {0} is supported")]
    RepeatedProcessor(String),
    #[error("CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor")]
    MessagesNeedDecompression,
    #[error("MetadataExtractionQuery is not a valid JQ expression: {0}")]
    Query(String),
    #[error("DataFormatConversionConfiguration is missing {0}")]
    Conversion(&'static str),
    #[error("S3BackupConfiguration is required when S3BackupMode is Enabled")]
    NoBackup,
    #[error("S3BackupMode can't be changed from Enabled to Disabled")]
    BackupStays,
    #[error("Dynamic partitioning can only be enabled or disabled when a Firehose is created")]
    PartitioningStays,
    #[error("RetryOptions.DurationInSeconds must be between 0 and 7200")]
    RetryDuration,
    #[error("Destination {0} does not exist")]
    NoSuchDestination(String),
    #[error("The destination's type can't be changed by this update")]
    OtherDestination,
    #[error("Logging needs a log group name and a log stream name")]
    NoLogStream,
    #[error("{0} is not an ARN of a Kinesis data stream")]
    NotAStream(String),
    #[error("This operation is not permitted on KinesisStreamAsSource delivery stream type.")]
    NotDirectPut,
    #[error("Record size {bytes} is greater than the limit of {bytes_max} bytes")]
    RecordTooLarge { bytes: usize, bytes_max: usize },
    #[error("Records size exceeds {bytes_max} bytes limit: {bytes}")]
    BatchTooLarge { bytes: usize, bytes_max: usize },
    #[error("The key type {0} needs a key's ARN")]
    NoKey(String),
    #[error("A key's ARN can't be given with the key type {0}")]
    SurplusKey(String),
}

impl AwsError for Refusal {
    fn wire(&self) -> WireError {
        let code = match self {
            Self::NoSuchStream { .. } | Self::NotTaking { .. } => "ResourceNotFoundException",
            Self::Exists { .. } | Self::NotActive { .. } => "ResourceInUseException",
            Self::Changed { .. } => "ConcurrentModificationException",
            Self::TooMany(..) => "LimitExceededException",
            Self::Argument(_) => "InvalidArgumentException",
            // Documented: the service model's text of the exception is its sentence.
            Self::NotFromLogs => "InvalidSourceException",
            Self::SlowDown => {
                return WireError { status: 503, ..WireError::server(SLOW_DOWN, self.to_string()) };
            }
            Self::NotBuilt(what) => return WireError::not_implemented(what),
        };
        WireError::client(code, self.to_string())
    }
}
