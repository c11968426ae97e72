//! Why MWAA refuses, and how AWS spells it.
//!
//! Documented: the codes and statuses, the service model. Assumed: the sentences.

use serde_json::{Value, json};
use wavetank_wire::WireError;

use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MwaaError {
    /// No environment of this name.
    #[error("Environment {0} not found")]
    NoEnvironment(String),
    /// An environment of this name.
    #[error("Environment with name {0} already exists")]
    Exists(String),
    /// An environment that is not in a state for this.
    #[error("Environment {0} is {1} and cannot be changed now")]
    State(String, &'static str),
    /// A value that will not do.
    #[error("{0}")]
    Invalid(String),
    /// This machine has no Airflow. Ours: AWS has no such refusal.
    #[error("{0}")]
    NoAirflow(String),
    /// What Airflow's own API refuses.
    #[error("{}", .body["detail"].as_str().unwrap_or("The Airflow REST API has refused the request"))]
    Rest {
        /// Of HTTP.
        status: i64,
        /// The problem document.
        body: Value,
    },
    /// Something that AWS has and this tank does not.
    #[error("{0}")]
    NotBuilt(String),
}

impl MwaaError {
    /// A problem document of Airflow's API.
    pub(super) fn rest(status: i64, title: &str, detail: &str) -> Self {
        let body = json!({ "detail": detail, "status": status, "title": title, "type": "about:blank" });
        Self::Rest { status, body }
    }
}

impl AwsError for MwaaError {
    fn wire(&self) -> WireError {
        match self {
            Self::NotBuilt(what) => WireError::not_implemented(what),
            Self::NoEnvironment(_) => {
                WireError::client_status(404, "ResourceNotFoundException", self.to_string())
            }
            Self::Exists(_) | Self::State(..) | Self::Invalid(_) | Self::NoAirflow(_) => {
                WireError::client("ValidationException", self.to_string())
            }
            Self::Rest { status, body } => WireError::client("RestApiClientException", self.to_string())
                .with("RestApiStatusCode", *status)
                .with("RestApiResponse", body.clone()),
        }
    }
}
