//! Why Kinesis Data Streams refuses, and how AWS spells it.
//!
//! Recorded, unless a variant says otherwise: the sentences, by kinesalite's tests (github.com/mhart/kinesalite, `test/`),
//! which run against AWS too, 2013 to 2020.

use wavetank_wire::WireError;

use super::super::AwsError;

/// Which stream, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The stream's name.
    pub stream: String,
    /// 12 digits.
    pub account: String,
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} under account {}", self.stream, self.account)
    }
}

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KinesisError {
    /// The stream is not there, or not there yet.
    #[error("Stream {0} not found.")]
    NoSuchStream(Whose),
    /// A shard that is to be changed is not there.
    #[error("Could not find shard {shard} in stream {of}.")]
    NoSuchShard {
        /// As the client wrote it.
        shard: String,
        /// In which stream.
        of: Whose,
    },
    /// A shard that is to be read is not there.
    #[error("Shard {shard} in stream {of} does not exist")]
    NoShardToRead {
        /// Its full name.
        shard: String,
        /// In which stream.
        of: Whose,
    },
    /// A consumer is not there. Assumed: as moto tells it.
    #[error("Consumer {consumer}, account {account} not found.")]
    NoSuchConsumer {
        /// Its ARN or name.
        consumer: String,
        /// 12 digits.
        account: String,
    },
    /// A resource has no policy. Assumed.
    #[error("No resource policy found for resource ARN {0}")]
    NoPolicy(String),
    /// An ARN of nothing that is here. Assumed.
    #[error("Resource {0} not found.")]
    NoSuchResource(String),
    /// The stream is there already.
    #[error("Stream {0} already exists.")]
    StreamExists(Whose),
    /// The consumer is there already. Assumed.
    #[error("Consumer {consumer} under stream {of} already exists.")]
    ConsumerExists {
        /// Its name.
        consumer: String,
        /// On which stream.
        of: Whose,
    },
    /// The stream's state does not allow it.
    #[error("Stream {of} not ACTIVE, instead in state {status}")]
    NotActive {
        /// Which stream.
        of: Whose,
        /// What it is instead.
        status: &'static str,
    },
    /// The stream still has consumers. Assumed.
    #[error(
        "Stream {0} has consumers registered. Please deregister them before deleting the stream, or set \
         EnforceConsumerDeletion."
    )]
    HasConsumers(Whose),
    /// The consumer cannot read yet, or any more. Recorded: kinesis-hot-shard-advisor issue 37, 2024-11-11.
    #[error(
        "Consumer {consumer} with creation timestamp {created} under stream: {stream} , account {account} is not in \
         ACTIVE status."
    )]
    ConsumerNotActive {
        /// Its name.
        consumer: String,
        /// Seconds since the epoch.
        created: i64,
        /// Its stream.
        stream: String,
        /// 12 digits.
        account: String,
    },
    /// The consumer reads this shard already. Recorded: amazon-kinesis-client issue 391, 2018-09-12.
    #[error("Another active subscription exists for this consumer: {account}:{stream}:{shard}:{consumer}")]
    Subscribed {
        /// 12 digits.
        account: String,
        /// The stream's name.
        stream: String,
        /// The shard's full name.
        shard: String,
        /// The consumer's name.
        consumer: String,
    },
    /// More shards than the account may have.
    #[error(
        "This request would exceed the shard limit for the account {account} in {region}. Current shard count for the \
         account: {current}. Limit: {limit}. Number of additional shards that would have resulted from this request: \
         {additional}. Refer to the AWS Service Limits page \
         (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request \
         higher limits."
    )]
    AccountShards {
        /// 12 digits.
        account: String,
        /// The region's name.
        region: String,
        /// Open shards there are.
        current: usize,
        /// As many as there may be.
        limit: usize,
        /// As many as were asked for.
        additional: usize,
    },
    /// A quota other than the account's shards. Assumed: the sentences.
    #[error("{0}")]
    Limit(String),
    /// More calls than a second allows, with strict limits.
    /// Recorded: amazon-kinesis-scaling-utils issue 52, 2017-02-15, for DescribeStream.
    #[error("Rate exceeded for stream {0}.")]
    CallRate(Whose),
    /// More than a shard takes or gives, with strict limits. Recorded: kinesalite pull 87, 2019-03-26.
    #[error("Rate exceeded for shard {shard} in stream {of}.")]
    ShardRate {
        /// The shard's full name.
        shard: String,
        /// In which stream.
        of: Whose,
    },
    /// An iterator is too old.
    #[error(
        "Iterator expired. The iterator was created at time {created} while right now it is {now} which is further in \
         the future than the tolerated delay of 300000 milliseconds."
    )]
    IteratorExpired {
        /// Such as `Thu Jan 22 01:22:02 UTC 2015`.
        created: String,
        /// As above.
        now: String,
    },
    /// A token is too old. Assumed.
    #[error("The pagination token passed to the operation is expired.")]
    TokenExpired,
    /// A value that the model cannot refuse, in Kinesis's own words.
    #[error("{0}")]
    Argument(String),
    /// A value that the model should have refused and cannot, in the validator's words.
    #[error("1 validation error detected: {0}")]
    Validation(String),
    /// All is well, but only a rehearsal was asked for. Assumed: the sentence, which is EC2's.
    #[error("Request would have succeeded, but DryRun flag is set.")]
    DryRun,
    /// AWS fails on sequence numbers of its oldest version.
    #[error("Internal service failure.")]
    Internal,
}

impl AwsError for KinesisError {
    fn wire(&self) -> WireError {
        let text = self.to_string();
        match self {
            Self::NoSuchStream(_)
            | Self::NoSuchShard { .. }
            | Self::NoShardToRead { .. }
            | Self::NoSuchConsumer { .. }
            | Self::NoPolicy(_)
            | Self::NoSuchResource(_) => WireError::client("ResourceNotFoundException", text),
            Self::StreamExists(_)
            | Self::ConsumerExists { .. }
            | Self::NotActive { .. }
            | Self::HasConsumers(_)
            | Self::ConsumerNotActive { .. }
            | Self::Subscribed { .. } => WireError::client("ResourceInUseException", text),
            Self::AccountShards { .. } | Self::Limit(_) | Self::CallRate(_) => {
                WireError::client("LimitExceededException", text)
            }
            Self::ShardRate { .. } => WireError::client("ProvisionedThroughputExceededException", text),
            Self::IteratorExpired { .. } => WireError::client("ExpiredIteratorException", text),
            Self::TokenExpired => WireError::client("ExpiredNextTokenException", text),
            Self::Argument(_) => WireError::client("InvalidArgumentException", text),
            Self::Validation(_) => WireError::client("ValidationException", text),
            Self::DryRun => WireError::client("DryRunOperationException", text),
            Self::Internal => WireError::server("InternalFailure", text),
        }
    }
}
