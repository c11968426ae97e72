//! Why EventBridge refuses, and how AWS spells it.
//!
//! Recorded, as people were told: the sentence on schedules (winglang issue 7115, 2024). Documented: the codes, the service model.
//! Assumed: the other sentences.

use wavetank_wire::WireError;

use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum EventsError {
    #[error("{0}")]
    Invalid(String),
    #[error("Event pattern is not valid. Reason: {0}")]
    Pattern(String),
    #[error("Event bus {0} does not exist.")]
    NoBus(String),
    #[error("Rule {rule} does not exist on EventBus {bus}.")]
    NoRule { rule: String, bus: String },
    #[error("{0} does not exist.")]
    NoSuch(String),
    #[error("{0} already exists.")]
    Exists(String),
    #[error("The requested resource exceeds the maximum number allowed.")]
    TooMany,
    #[error("{0}")]
    State(String),
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for EventsError {
    fn wire(&self) -> WireError {
        let said = self.to_string();
        match self {
            Self::Invalid(_) => WireError::client("ValidationException", said),
            Self::Pattern(_) => WireError::client("InvalidEventPatternException", said),
            Self::NoBus(_) | Self::NoRule { .. } | Self::NoSuch(_) => {
                WireError::client("ResourceNotFoundException", said)
            }
            Self::Exists(_) => WireError::client("ResourceAlreadyExistsException", said),
            Self::TooMany => WireError::client("LimitExceededException", said),
            Self::State(_) => WireError::client("IllegalStatusException", said),
            Self::NotBuilt(what) => WireError::not_implemented(what),
        }
    }
}
