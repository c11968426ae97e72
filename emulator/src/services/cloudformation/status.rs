//! The states of stacks and resources, and what may be done in each.
//!
//! Documented: the states (docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html, read 2026-11-29); what may be
//! done in each (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html, to be verified).

/// A stack's state. Resources use those that say one verb: create, update, delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Status {
    #[default]
    ReviewInProgress,
    CreateInProgress,
    CreateComplete,
    CreateFailed,
    RollbackInProgress,
    RollbackComplete,
    RollbackFailed,
    UpdateInProgress,
    UpdateCleanup,
    UpdateComplete,
    UpdateFailed,
    UpdateRollbackInProgress,
    UpdateRollbackCleanup,
    UpdateRollbackComplete,
    UpdateRollbackFailed,
    DeleteInProgress,
    DeleteComplete,
    DeleteFailed,
    /// Of resources only: kept by a policy or by the caller's wish.
    DeleteSkipped,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ReviewInProgress => "REVIEW_IN_PROGRESS",
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::CreateFailed => "CREATE_FAILED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackComplete => "ROLLBACK_COMPLETE",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateCleanup => "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateRollbackInProgress => "UPDATE_ROLLBACK_IN_PROGRESS",
            Self::UpdateRollbackCleanup => "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateRollbackComplete => "UPDATE_ROLLBACK_COMPLETE",
            Self::UpdateRollbackFailed => "UPDATE_ROLLBACK_FAILED",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteSkipped => "DELETE_SKIPPED",
        }
    }

    /// Whether an update may begin.
    ///
    /// Documented: also of what failed and was left so (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html,
    /// read 2026-11-29).
    pub(super) fn can_update(self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::CreateFailed
                | Self::UpdateComplete
                | Self::UpdateFailed
                | Self::UpdateRollbackComplete
        )
    }

    /// Whether a deletion may begin. Not while an update is under way. Assumed.
    pub(super) fn can_delete(self) -> bool {
        !matches!(
            self,
            Self::UpdateInProgress
                | Self::UpdateCleanup
                | Self::UpdateRollbackInProgress
                | Self::UpdateRollbackCleanup
        )
    }
}
