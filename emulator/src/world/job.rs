//! Work for the outside (a function's code, a query, a script, a crawl) and what comes back of it.
//!
//! The world hands out [`Work`] and goes on. An executor answers with an [`Outcome`] that says how long the work takes
//! in tank time; the service hears of it at that instant, never earlier.

use std::time::Duration;

use bytes::Bytes;
use wavetank_types::Timestamp;

use super::cx::Address;
use crate::services::athena::{QueryOutput, QueryWork};
use crate::services::dynamodb::{DynamoOutput, DynamoWork};
use crate::services::firehose::{ConvertOutput, ConvertWork};
use crate::services::glue::{CrawlOutput, CrawlWork, ScriptOutput, ScriptWork};
use crate::services::lambda::{FunctionOutput, FunctionWork};
use crate::services::rds::work::{PostgresOutput, PostgresWork};
use crate::services::rds_data::work::{SqlOutput, SqlWork};

/// Names a job within its tank; later jobs have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// Work that has been asked for.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// Who asked, in which account and region.
    pub owner: Address,
    /// When, in tank time.
    pub started: Timestamp,
    /// What is to be done.
    pub work: Work,
}

/// What an executor is asked to do.
#[derive(Clone, Debug)]
pub enum Work {
    /// Run a Lambda function once.
    Function(Box<FunctionWork>),
    /// Run a Glue job's script once.
    Script(Box<ScriptWork>),
    /// Run an Athena query.
    Query(Box<QueryWork>),
    /// Look at what a crawler is pointed at.
    Crawl(Box<CrawlWork>),
    /// Send one HTTP request to this machine.
    Http(Box<HttpWork>),
    /// Work on a batch of Firehose's records.
    Convert(Box<ConvertWork>),
    /// Make an export's files, or read an import's objects.
    DynamoDb(Box<DynamoWork>),
    /// Start, stop or copy a database server.
    Postgres(Box<PostgresWork>),
    /// Run a statement on a database server.
    Sql(Box<SqlWork>),
}

/// One HTTP request to an address of this machine. Others are refused: a tank does not talk to the world.
#[derive(Clone, Debug)]
pub struct HttpWork {
    /// Such as `POST`.
    pub method: String,
    /// Such as `http://127.0.0.1:8080/path`. Only plain HTTP.
    pub url: String,
    /// In order.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
    /// After how much real time the request is given up.
    pub timeout: Duration,
}

/// What came of an HTTP request.
#[derive(Clone, Debug)]
pub struct HttpOutput {
    /// Status, headers and body, or why there was no answer.
    pub result: Result<HttpReply, String>,
}

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct HttpReply {
    /// Such as 200.
    pub status: u16,
    /// In order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body, at most [`HTTP_REPLY_BYTES_MAX`].
    pub body: Bytes,
}

/// Longest answer that is read, in bytes.
pub const HTTP_REPLY_BYTES_MAX: usize = 8 << 20;

/// What came of a job.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How long the work takes in tank time.
    pub duration: Duration,
    /// The result, of the same kind as the work.
    pub output: Output,
}

/// The result of each kind of work. Failure of the work is inside; an executor always answers.
#[derive(Clone, Debug)]
pub enum Output {
    /// Of [`Work::Function`].
    Function(FunctionOutput),
    /// Of [`Work::Script`].
    Script(ScriptOutput),
    /// Of [`Work::Query`].
    Query(QueryOutput),
    /// Of [`Work::Crawl`].
    Crawl(CrawlOutput),
    /// Of [`Work::Http`].
    Http(HttpOutput),
    /// Of [`Work::Convert`].
    Convert(ConvertOutput),
    /// Of [`Work::DynamoDb`].
    DynamoDb(DynamoOutput),
    /// Of [`Work::Postgres`].
    Postgres(PostgresOutput),
    /// Of [`Work::Sql`].
    Sql(SqlOutput),
}
