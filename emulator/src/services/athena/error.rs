//! Why Athena refuses, and how AWS spells it.
//!
//! Texts are from public clients' logs and test suites where a line says so; the others are assumed.

use wavetank_wire::WireError;

use super::super::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum Refusal {
    /// Documented: the text that clients such as awswrangler and dbt-athena look for.
    #[error(
        "No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input."
    )]
    NoOutputLocation,
    #[error("outputLocation is not a valid S3 path.")]
    BadOutputLocation,
    #[error("WorkGroup {0} is not found.")]
    NoSuchWorkGroup(String),
    #[error("WorkGroup {0} is disabled.")]
    WorkGroupDisabled(String),
    #[error("WorkGroup is already created")]
    WorkGroupExists,
    #[error("WorkGroup {0} is not empty")]
    WorkGroupNotEmpty(String),
    #[error("Primary WorkGroup could not be deleted")]
    PrimaryWorkGroup,
    #[error("QueryExecution {0} was not found")]
    NoSuchQuery(String),
    #[error("Query has not yet finished. Current state: {0}")]
    NotFinished(&'static str),
    #[error("Query did not finish successfully. Final query state: {0}")]
    NotSuccessful(&'static str),
    /// Documented: github.com/DyfanJones/noctua/issues/104 (a client's log, 2020).
    #[error("Idempotent parameters do not match")]
    TokenReused,
    #[error(
        "You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of concurrent queries submitted by this account. Contact customer support to request a concurrent query limit increase."
    )]
    TooManyQueries,
    #[error(
        "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length less than or equal to {bytes_max}"
    )]
    QueryTooLong { bytes: usize, bytes_max: usize },
    #[error(
        "1 validation error detected: Value '{0}' at 'queryString' failed to satisfy constraint: Member must have length greater than or equal to 1"
    )]
    QueryEmpty(String),
    /// A statement that does not parse. Documented: such clients' logs as
    /// github.com/aws-solutions-library-samples/cloud-intelligence-dashboards-framework/issues/855 (2024).
    #[error("{0}")]
    Syntax(String),
    /// Documented: github.com/aws-solutions-library-samples/cloud-intelligence-dashboards-framework/issues/135 (2022).
    #[error("Queries of this type are not supported")]
    QueryType,
    #[error("DataCatalog {0} was not found")]
    NoSuchCatalog(String),
    #[error("NamedQuery {0} was not found")]
    NoSuchNamedQuery(String),
    #[error("PreparedStatement {name} was not found in workGroup {work_group}")]
    NoSuchPrepared { name: String, work_group: String },
    #[error("PreparedStatement {name} was not found in workGroup {work_group}")]
    ExecuteUnknown { name: String, work_group: String },
    #[error("Prepared statement already exists: {0}")]
    PreparedExists(String),
    #[error("{0} limit of {1} exceeded.")]
    LimitExceeded(&'static str, usize),
    #[error("Resource {0} was not found")]
    NoSuchResource(String),
    #[error("Invalid pagination token")]
    BadToken,
    #[error("{0}")]
    Parameters(&'static str),
    #[error("{0}")]
    NotBuilt(&'static str),
}

impl AwsError for Refusal {
    /// `AthenaErrorCode` is documented as a member of the exceptions; its values are assumed.
    fn wire(&self) -> WireError {
        let text = self.to_string();
        let invalid = |text, code: &str| {
            WireError::client("InvalidRequestException", text).with("AthenaErrorCode", code)
        };
        match self {
            Self::Syntax(_) | Self::QueryType => invalid(text, "MALFORMED_QUERY"),
            Self::NotFinished(_) | Self::NotSuccessful(_) => {
                invalid(text, "INVALID_QUERY_STATUS_FOR_RESULTS")
            }
            Self::NoOutputLocation
            | Self::BadOutputLocation
            | Self::NoSuchWorkGroup(_)
            | Self::WorkGroupDisabled(_)
            | Self::WorkGroupExists
            | Self::WorkGroupNotEmpty(_)
            | Self::PrimaryWorkGroup
            | Self::NoSuchQuery(_)
            | Self::TokenReused
            | Self::QueryTooLong { .. }
            | Self::QueryEmpty(_)
            | Self::NoSuchCatalog(_)
            | Self::NoSuchNamedQuery(_)
            | Self::ExecuteUnknown { .. }
            | Self::PreparedExists(_)
            | Self::LimitExceeded(..)
            | Self::BadToken
            | Self::Parameters(_) => invalid(text, "INVALID_INPUT"),
            Self::NoSuchPrepared { .. } => WireError::client("ResourceNotFoundException", text),
            Self::NoSuchResource(arn) => {
                WireError::client("ResourceNotFoundException", text).with("ResourceName", arn.clone())
            }
            Self::TooManyQueries => WireError::client("TooManyRequestsException", text)
                .with("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED"),
            Self::NotBuilt(what) => WireError::not_implemented(what),
        }
    }
}
