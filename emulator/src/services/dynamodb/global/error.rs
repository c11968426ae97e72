//! Why a global table is not changed.
//!
//! Recorded, for the sentences: ack-api-quirks, services/dynamodb, table-replicas.md and details/DDB-TABLE-442.md (calls to AWS
//! of 2026-10-09, found by search), which keep the typographic quotes and the missing words of AWS.

/// A refusal about replicas. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GlobalError {
    #[error(
        "One or more parameter values were invalid: Replica modification must be the only operation in the request"
    )]
    NotAlone,
    #[error("Update table operation with more than one create or delete replica actions not allowed")]
    SeveralActions,
    #[error("Update table operation with more than one type of replica actions not allowed.")]
    SeveralKinds,
    #[error("There are no actions specified in the Replica Update Action of the request.")]
    NoAction,
    #[error(
        "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required."
    )]
    LocalRegion,
    #[error(
        "Region {region} is not supported. The latest version of global tables are only supported in the following regions: [{regions}]"
    )]
    NoSuchRegion { region: String, regions: String },
    #[error(
        "Failed to create a the new replica of table with name: \u{2018}{0}\u{2019} because one or more replicas already existed as tables."
    )]
    Exists(String),
    #[error(
        "Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [{0}]."
    )]
    NotAReplica(String),
    /// Assumed: the sentence.
    #[error("One or more parameter values were invalid: The table does not have the specified index: {0}")]
    NoSuchIndex(String),
    #[error("Table write capacity should either be Pay-Per-Request or AutoScaled.")]
    NotScaled,
    #[error(
        "Create/Update/Delete of replica is not allowed while the replica is being added to table with name: \u{2018}{table}\u{2019} in region: \u{2018}{region}\u{2019}."
    )]
    BeingAdded { table: String, region: String },
    #[error(
        "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours."
    )]
    IsSource,
    #[error("Attempt to change a resource which is still in use: Table is being updated: {0}")]
    InUse(String),
    #[error(
        "One or more parameter values were invalid: DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy)."
    )]
    Legacy,
    #[error("Global table with name: '{0}' does not exist.")]
    NoSuchGlobalTable(String),
}

impl GlobalError {
    /// AWS's code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::InUse(_) => "ResourceInUseException",
            Self::NoSuchGlobalTable(_) => "GlobalTableNotFoundException",
            Self::NotAlone
            | Self::SeveralActions
            | Self::SeveralKinds
            | Self::NoAction
            | Self::LocalRegion
            | Self::NoSuchRegion { .. }
            | Self::Exists(_)
            | Self::NotAReplica(_)
            | Self::NoSuchIndex(_)
            | Self::NotScaled
            | Self::BeingAdded { .. }
            | Self::IsSource
            | Self::Legacy => "ValidationException",
        }
    }
}
