//! Why CloudWatch refuses, and how AWS spells it.
//!
//! Recorded, as people were told: the sentences on timestamps (cloud-custodian issue 2559, 2018), on too many data points
//! (cloud-custodian pull 7103, 2022), on equal times (telegraf issue 2022, 2016), on statistics of queries (yet-another-cloudwatch-exporter
//! issue 1435, 2024); that an unknown alarm is answered without a sentence (LocalStack's `test_cloudwatch.snapshot.json`, 2023-11-24).
//! Assumed: the other sentences.

use wavetank_wire::WireError;

use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum CloudWatchError {
    #[error("{0}")]
    Value(String),
    #[error("{0}")]
    Combination(String),
    #[error("{0}")]
    Missing(String),
    #[error("{0}")]
    Validation(String),
    #[error("{0}")]
    Format(String),
    #[error("{0}")]
    Token(String),
    #[error("")]
    NoAlarm,
    #[error("{0}")]
    NoAlarms(String),
    #[error("Resource {0} does not exist.")]
    NoResource(String),
    #[error("Dashboard {0} does not exist")]
    NoDashboard(String),
    #[error("{0}")]
    DashboardBody(String),
    #[error("{0}")]
    InUse(String),
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for CloudWatchError {
    fn wire(&self) -> WireError {
        let said = self.to_string();
        match self {
            Self::Value(_) => WireError::client("InvalidParameterValue", said),
            Self::Combination(_) => WireError::client("InvalidParameterCombination", said),
            Self::Missing(_) => WireError::client("MissingParameter", said),
            Self::Validation(_) => WireError::client("ValidationError", said),
            Self::Format(_) => WireError::client("InvalidFormat", said),
            Self::Token(_) => WireError::client("InvalidNextToken", said),
            Self::NoAlarm | Self::NoAlarms(_) => WireError::client_status(404, "ResourceNotFound", said),
            Self::NoResource(_) => WireError::client_status(404, "ResourceNotFoundException", said),
            Self::NoDashboard(_) => WireError::client_status(404, "DashboardNotFoundError", said),
            Self::DashboardBody(_) => WireError::client("DashboardInvalidInputError", said),
            Self::InUse(_) => WireError::client("ResourceConflict", said),
            Self::NotBuilt(what) => WireError::not_implemented(what),
        }
    }
}
