//! Why EventBridge Scheduler refuses, and how AWS spells it.
//!
//! Recorded: the sentence on expressions (LocalStack's `test_scheduler.snapshot.json`, 2025-01-26). Documented: the codes, the service
//! model. Assumed: the other sentences.

use wavetank_wire::WireError;

use crate::services::AwsError;
use crate::targets::NoTarget;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum SchedulerError {
    #[error("Invalid Schedule Expression {0}.")]
    Expression(String),
    #[error("Invalid Schedule Expression Timezone {0}.")]
    Zone(String),
    #[error("{0}")]
    Invalid(String),
    #[error("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")]
    Role,
    #[error("Schedule {0} does not exist.")]
    NoSchedule(String),
    #[error("Schedule group {0} does not exist.")]
    NoGroup(String),
    #[error("Schedule {0} already exists.")]
    ScheduleExists(String),
    #[error("Schedule group {0} already exists.")]
    GroupExists(String),
    #[error("{0}")]
    NotBuilt(String),
}

impl From<NoTarget> for SchedulerError {
    fn from(why: NoTarget) -> Self {
        match why {
            NoTarget::NotBuilt(what) => Self::NotBuilt(what),
            NoTarget::Invalid(why) => Self::Invalid(why),
        }
    }
}

impl AwsError for SchedulerError {
    fn wire(&self) -> WireError {
        let said = self.to_string();
        match self {
            Self::Expression(_) | Self::Zone(_) | Self::Invalid(_) | Self::Role => {
                WireError::client("ValidationException", said)
            }
            Self::NoSchedule(_) | Self::NoGroup(_) => {
                WireError::client_status(404, "ResourceNotFoundException", said)
            }
            Self::ScheduleExists(_) | Self::GroupExists(_) => {
                WireError::client_status(409, "ConflictException", said)
            }
            Self::NotBuilt(what) => WireError::not_implemented(what),
        }
    }
}
