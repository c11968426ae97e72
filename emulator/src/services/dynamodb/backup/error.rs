//! Why a backup, a recovery, an export or an import is refused.
//!
//! Recorded, for the sentences, unless a variant says otherwise: ack-api-quirks, services/dynamodb, backup.md,
//! table-restore.md, export.md, import.md and details/DDB-TABLE-442.md (calls to AWS of 2026-10-09, found by search); moto
//! (github.com/getmoto/moto, `tests/test_dynamodb`, those marked as verified on AWS).

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("Table not found: {0}")]
    NoSuchTable(String),
    #[error("Backup not found: {0}")]
    NoSuchBackup(String),
    #[error("Export not found: Export not found: {0}")]
    NoSuchExport(String),
    #[error("Export not found: Invalid export arn")]
    ExportElsewhere,
    /// Assumed, after the export's.
    #[error("Import not found: Import not found: {0}")]
    NoSuchImport(String),
    #[error("Invalid {0} ARN")]
    NotThisArn(&'static str),
    #[error("Access is denied")]
    OtherAccount,
    #[error("One or more parameter values were invalid: {0}")]
    Parameter(String),
    #[error("Invalid Request: {0}")]
    Request(String),
    #[error("This action is only supported by accounts that match the resource owner\u{2019}s account.")]
    OtherOwner,
    #[error("Backup is being used to restore {which}: {arn}")]
    BackupInUse { which: &'static str, arn: String },
    #[error("Table already exists: {0}")]
    TableExists(String),
    #[error("Table already exists: {0}")]
    ImportTarget(String),
    #[error("Table: {table} is already being restored from backup: {from}")]
    BeingRestored { table: String, from: String },
    #[error("Point in time recovery is not enabled for table '{0}'")]
    NoRecovery(String),
    #[error(
        "RestoreDateTime '{at}' must be within EarliestRestorableDateTime '{earliest}' and LatestRestorableDateTime '{latest}'"
    )]
    RestoreTime { at: String, earliest: String, latest: String },
    #[error("{0}")]
    ExportTime(String),
    #[error("Export conflict: Duplicate request detected with conflicting parameters")]
    ExportConflict,
    #[error("Import conflict: Duplicate request detected with conflicting parameters")]
    ImportConflict,
    /// Documented: the service model (50 restores at once). Recorded: the beginning of the sentence.
    #[error("Only {0} restore operations can be performed at the same time")]
    TooManyRestores(usize),
}

impl BackupError {
    /// AWS's code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchTable(_) => "TableNotFoundException",
            Self::NoSuchBackup(_) => "BackupNotFoundException",
            Self::NoSuchExport(_) | Self::ExportElsewhere => "ExportNotFoundException",
            Self::NoSuchImport(_) => "ImportNotFoundException",
            Self::NotThisArn(_) | Self::Parameter(_) | Self::Request(_) | Self::OtherOwner => {
                "ValidationException"
            }
            Self::OtherAccount => "AccessDeniedException",
            Self::BackupInUse { .. } => "BackupInUseException",
            Self::TableExists(_) => "TableAlreadyExistsException",
            Self::ImportTarget(_) => "ResourceInUseException",
            Self::BeingRestored { .. } => "TableInUseException",
            Self::NoRecovery(_) => "PointInTimeRecoveryUnavailableException",
            Self::RestoreTime { .. } => "InvalidRestoreTimeException",
            Self::ExportTime(_) => "InvalidExportTimeException",
            Self::ExportConflict => "ExportConflictException",
            Self::ImportConflict => "ImportConflictException",
            Self::TooManyRestores(_) => "LimitExceededException",
        }
    }

    /// Short for [`Self::Request`].
    pub(super) fn request(why: impl Into<String>) -> Self {
        Self::Request(why.into())
    }
}
