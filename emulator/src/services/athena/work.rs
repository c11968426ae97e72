//! What the query executor is asked, and what it answers: the words shared by `state/` and `executors/query.rs`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wavetank_sql::CatalogChange;

/// A statement to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryWork {
    /// The query execution's id.
    pub id: String,
    /// The statement, `EXECUTE` replaced by what it names.
    pub sql: String,
    /// The text of a literal for each `?`.
    pub parameters: Vec<String>,
    /// The database of names that give none.
    pub database: String,
    /// Under which folder results go: `s3://bucket/prefix/`.
    pub output_location: String,
    /// The workgroup's scan limit, in bytes.
    pub bytes_scanned_max: Option<u64>,
}

/// What came of a statement.
#[derive(Clone, Debug)]
pub struct QueryOutput {
    /// Its result, or why it failed.
    pub result: Result<Arc<QueryResult>, QueryFailure>,
    /// What it read, in bytes; also of one that failed.
    pub bytes_scanned: u64,
    /// What of its time went into planning. Part of the job's duration.
    pub planning: Duration,
}

/// The result of a statement that ran. Nothing of it is stored or changed yet: that is the service's part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryResult {
    /// Columns of `rows`.
    pub columns: Vec<ResultColumn>,
    /// As `GetQueryResults` pages them: a query's first row is its header.
    pub rows: Vec<Vec<Option<String>>>,
    /// The result file's content.
    pub file: Bytes,
    /// Rows written by CTAS and INSERT.
    pub update_count: Option<u64>,
    /// Rows of a query, its header not counted.
    pub output_rows: u64,
    /// Data objects to store.
    pub written: Vec<WrittenObject>,
    /// What is to change in Glue, in order.
    pub changes: Vec<CatalogChange>,
}

/// A column as `GetQueryResults` describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its name and label.
    pub name: String,
    /// Athena's name of its type, such as `varchar`.
    pub type_name: String,
    /// Digits, or the longest text.
    pub precision: i64,
    /// Digits after the point.
    pub scale: i64,
}

/// An object that a statement wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenObject {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Content.
    pub body: Bytes,
    /// Such as `application/octet-stream`.
    pub content_type: String,
}

/// Why a statement failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryFailure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// `StateChangeReason`.
    pub reason: String,
}

impl QueryFailure {
    /// A failure of this kind.
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }
}

/// Whose fault a failure is, as far as `AthenaError` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The statement's.
    Statement,
    /// The data's.
    Data,
    /// A definition that the catalog refused.
    Definition,
    /// The result could not be stored.
    Results,
    /// Memory ran out.
    Memory,
    /// Ours.
    Internal,
    /// Nobody's: the same statement may succeed the next time.
    Passing,
}

impl FailureKind {
    /// `ErrorCategory` and `ErrorType`.
    ///
    /// Documented: docs.aws.amazon.com/athena/latest/ug/error-reference.html (read 2026-11-29): categories 1 system and
    /// 2 user; types 0 exhausted resources, 200 engine error, 401 results not written, 1000 user error, 1001 data error,
    /// 1003 DDL task failed. Assumed: that no finer type is given, such as one for a syntax error.
    pub fn category_and_type(self) -> (i64, i64) {
        match self {
            Self::Statement => (2, 1000),
            Self::Data => (2, 1001),
            Self::Definition => (2, 1003),
            Self::Results => (2, 401),
            Self::Memory => (1, 0),
            Self::Internal | Self::Passing => (1, 200),
        }
    }
}
