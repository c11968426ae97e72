//! What is asked of each service: its resources, its requests made before the clock starts, and what an answer means.
//!
//! Bodies come from a pool, drawn from the seed: request n is entry n of the pool, over and over. So records repeat after a pool's length,
//! keys do too, and nothing is computed while the clock runs. Start with [`prepare`].

mod athena;
mod batches;
mod dynamodb;
mod ready;
mod records;
mod s3;
mod sqs;

use std::fmt;
use std::str::FromStr;

use wavetank_types::Seed;

use crate::api::{Api, ApiError};
use crate::engine::Work;

pub(crate) use ready::{Resource, remove};

/// What is put under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// PutRecords into a stream.
    Kinesis,
    /// PutRecordBatch into a delivery stream to S3.
    Firehose,
    /// PutObject, and GetObject for a share.
    S3,
    /// PutItem or BatchWriteItem, and GetItem for a share.
    DynamoDb,
    /// SendMessage or SendMessageBatch.
    Sqs,
    /// A query from its start to its rows.
    Athena,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Kinesis, Self::Firehose, Self::S3, Self::DynamoDb, Self::Sqs, Self::Athena];

    /// As the command line says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kinesis => "kinesis",
            Self::Firehose => "firehose",
            Self::S3 => "s3",
            Self::DynamoDb => "dynamodb",
            Self::Sqs => "sqs",
            Self::Athena => "athena",
        }
    }

    /// Records of a request unless something else is said, and at most.
    ///
    /// Documented: the operations' pages at docs.aws.amazon.com (PutRecords, PutRecordBatch, BatchWriteItem, SendMessageBatch; read
    /// 2026-11-29).
    pub fn batches(self) -> (u32, u32) {
        match self {
            Self::Kinesis | Self::Firehose => (500, 500),
            Self::DynamoDb => (1, 25),
            Self::Sqs => (1, 10),
            Self::S3 | Self::Athena => (1, 1),
        }
    }

    /// Bytes of a record unless something else is said. Of Athena: of a row of the table.
    pub fn record_bytes(self) -> u32 {
        match self {
            Self::Kinesis | Self::Firehose | Self::S3 => 1_024,
            Self::DynamoDb | Self::Sqs => 200,
            Self::Athena => 64,
        }
    }

    /// Records a second unless something else is said.
    pub fn rate(self) -> f64 {
        match self {
            Self::Kinesis | Self::Firehose => 50_000.0,
            Self::S3 | Self::DynamoDb | Self::Sqs => 2_000.0,
            Self::Athena => 10.0,
        }
    }

    /// What a record is called.
    pub fn record(self) -> &'static str {
        match self {
            Self::Kinesis | Self::Firehose => "records",
            Self::S3 => "objects",
            Self::DynamoDb => "items",
            Self::Sqs => "messages",
            Self::Athena => "queries",
        }
    }

    /// Whether a share of the requests may read.
    pub fn reads(self) -> bool {
        matches!(self, Self::S3 | Self::DynamoDb)
    }
}

impl FromStr for Subject {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|subject| subject.name() == text).ok_or(())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the requests look like.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) subject: Subject,
    pub(crate) seed: Seed,
    pub(crate) batch: u32,
    pub(crate) record_bytes: u32,
    /// Share of requests that read.
    pub(crate) reads: f64,
    /// Something that is there already, in place of a resource of one's own.
    pub(crate) resource: Option<String>,
    /// Shards of the stream that is made.
    pub(crate) stream_shards: u32,
    /// Rows of the table that is queried.
    pub(crate) rows: u64,
    /// Ends the names of what is made, so that workers do not share it.
    pub(crate) worker: String,
    /// No more entries of a pool than this are of use.
    pub(crate) requests: usize,
}

impl Form {
    /// The name of what is made: the same seed makes the same name.
    pub(crate) fn resource_name(&self) -> String {
        match &self.resource {
            Some(name) => name.clone(),
            None => format!("wavetank-bench-{}{}", self.seed, self.worker),
        }
    }

    pub(crate) fn is_own(&self) -> bool {
        self.resource.is_none()
    }
}

/// Makes resources and requests. What has been made is in `made`, also if this fails half way.
pub(crate) fn prepare(api: &Api, form: &Form, made: &mut Vec<Resource>) -> Result<Box<dyn Work>, ApiError> {
    Ok(match form.subject {
        Subject::Kinesis => Box::new(batches::kinesis(api, form, made)?),
        Subject::Firehose => Box::new(batches::firehose(api, form, made)?),
        Subject::S3 => Box::new(s3::prepare(api, form, made)?),
        Subject::DynamoDb => Box::new(dynamodb::prepare(api, form, made)?),
        Subject::Sqs => Box::new(sqs::prepare(api, form, made)?),
        Subject::Athena => Box::new(athena::prepare(api, form, made)?),
    })
}

/// Which requests of a pool read: the n-th does if the whole part of n times the share moves on.
pub(crate) fn is_read(number: u64, share: f64) -> bool {
    let reads = |count: u64| (count as f64 * share).floor();
    reads(number + 1) > reads(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_reads_is_spread_evenly() {
        let check = |share: f64, expected: &str| {
            let found: String = (0..8).map(|number| if is_read(number, share) { 'r' } else { 'w' }).collect();
            assert_eq!(found, expected, "{share}");
        };
        check(0.0, "wwwwwwww");
        check(1.0, "rrrrrrrr");
        check(0.5, "wrwrwrwr");
        check(0.25, "wwwrwwwr");
    }

    #[test]
    fn subjects_are_read_as_they_are_written() {
        for subject in Subject::ALL {
            assert_eq!(subject.to_string().parse(), Ok(subject));
            let (batch, most) = subject.batches();
            assert!(batch <= most);
        }
        assert_eq!("kafka".parse::<Subject>(), Err(()));
    }
}
