//! Why a stream is not read.

/// A refusal about streams.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamError {
    /// Recorded: LocalStack's tests against AWS (github.com/localstack/localstack).
    #[error("Requested resource not found: Stream: {0} not found")]
    NoStream(String),
    /// Recorded: awslabs/dynamodb-streams-kinesis-adapter, its tests (found by search, 2026-11-28).
    #[error("Requested resource not found: Shard does not exist")]
    NoShard,
    /// Documented, for the code: the service model. Assumed: the sentence.
    #[error("The iterator is expired: it was issued more than 15 minutes ago")]
    IteratorExpired,
    /// Documented: the service model's text.
    #[error("The operation attempted to read past the oldest stream record in a shard")]
    Trimmed,
    /// Assumed: the sentence.
    #[error("Invalid ShardIterator")]
    NoIterator,
    /// Assumed: all sentences.
    #[error("{0}")]
    Request(String),
}

impl StreamError {
    /// AWS's code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NoStream(_) | Self::NoShard => "ResourceNotFoundException",
            Self::IteratorExpired => "ExpiredIteratorException",
            Self::Trimmed => "TrimmedDataAccessException",
            Self::NoIterator | Self::Request(_) => "ValidationException",
        }
    }
}
