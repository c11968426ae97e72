//! Why DynamoDB refuses, and how AWS spells it.

use wavetank_wire::WireError;

use super::backup::BackupError;
use super::data::DataError;
use super::expression::{self, UpdateError};
use super::global::GlobalError;
use super::partiql::PartiqlError;
use super::streams::StreamError;
use super::table::KeyError;
use super::tables::TableError;
use super::terms::TermsError;
use super::value::ValueError;
use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DynamoError {
    /// A value of the request is none.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// An item or key does not fit the table.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A backup, an export or an import.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A table's replicas.
    #[error(transparent)]
    Global(#[from] GlobalError),
    /// A table itself, not its items.
    #[error(transparent)]
    Table(#[from] TableError),
    /// What a request says of items does not hold together.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// Key conditions do not fit the table or index.
    #[error(transparent)]
    KeyConditions(#[from] expression::KeyError),
    /// An update cannot be made of this item.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// A statement of PartiQL.
    #[error(transparent)]
    Partiql(#[from] PartiqlError),
    /// An operation on items.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A stream.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The table of a data operation is not there, or not there yet.
    /// Recorded: dynalite's tests.
    #[error("Requested resource not found")]
    NoSuchTable,
    /// An operation or member that AWS has and this tank does not.
    #[error("{0}")]
    NotBuilt(String),
}

impl DynamoError {
    /// Whether CloudWatch counts it as a user's error: conditions that fail and throttling it does not.
    /// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html (an edition of 2023-02 read 2026-11-28).
    pub(super) const fn is_of_user(&self) -> bool {
        let is_other = matches!(
            self,
            Self::Data(DataError::ConditionFailed { .. } | DataError::Throttled { .. }) | Self::NotBuilt(_)
        );
        !is_other
    }

    /// The same of a Query, which does not say why a start key is not the table's.
    /// Recorded: dynalite's tests.
    pub(super) fn of_query(self) -> Self {
        let is_schema = matches!(&self, Self::Data(DataError::StartKeyBecause(why))
            if *why == KeyError::NotTheSchema.to_string());
        if is_schema { DataError::StartKey.into() } else { self }
    }
}

impl AwsError for DynamoError {
    fn wire(&self) -> WireError {
        let code = match self {
            Self::Backup(refusal) => refusal.code(),
            Self::Global(refusal) => refusal.code(),
            Self::Table(refusal) => refusal.code(),
            Self::Stream(refusal) => refusal.code(),
            Self::NotBuilt(what) => return WireError::not_implemented(what),
            Self::Data(why) => return why.wire(),
            Self::Value(_)
            | Self::Key(_)
            | Self::Terms(_)
            | Self::KeyConditions(_)
            | Self::Update(_)
            | Self::Partiql(_) => "ValidationException",
            Self::NoSuchTable => "ResourceNotFoundException",
        };
        WireError::client(code, self.to_string())
    }
}
