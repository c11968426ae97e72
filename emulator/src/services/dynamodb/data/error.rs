//! Why an operation on items is refused, and how AWS spells it.
//!
//! Recorded, for most sentences: dynalite's tests (github.com/mhart/dynalite, `test/`), Alternator's
//! (github.com/scylladb/scylladb, `test/alternator`) and those of nubo-db/dynamodb-conformance, which run against AWS too.

use wavetank_wire::{Document, WireError};

use crate::services::dynamodb::value::{Packed, document};

use super::throttle::{Limit, Way};

/// A refusal of the data plane. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DataError {
    #[error(
        "1 validation error detected: Value '{0}' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255"
    )]
    TableNameTooLong(String),
    #[error(
        "1 validation error detected: Value '{0}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    )]
    TableNamePattern(String),
    #[error("ReturnValues can only be ALL_OLD or NONE")]
    ReturnValues,
    #[error("Item size has exceeded the maximum allowed size")]
    ItemTooLarge,
    #[error("Item size to update has exceeded the maximum allowed size")]
    UpdatedTooLarge,
    #[error(
        "One or more parameter values were invalid: Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {index}"
    )]
    IndexKeyType { name: String, expected: &'static str, actual: &'static str, index: String },
    #[error(
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value. IndexName: {index}, IndexKey: {name}"
    )]
    IndexKeyEmpty { kind: &'static str, index: String, name: String },
    #[error("The update expression attempted to update the secondary index key to unsupported type")]
    UpdatedIndexKeyType,
    #[error(
        "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value."
    )]
    UpdatedIndexKeyEmpty { kind: &'static str },
    #[error("Duplicate primary key exists in table")]
    DuplicateItem,
    #[error("{}", limit.told(index.is_some()).1)]
    Throttled { way: Way, index: Option<String>, limit: Limit, resource: String },
    #[error("The conditional request failed")]
    ConditionFailed { item: Option<Box<Packed>> },

    #[error("The table does not have the specified index: {0}")]
    NoSuchIndex(String),
    /// Recorded: stackoverflow.com/questions/59322281 and many logs (found by search, 2026-11-28).
    #[error("Cannot read from backfilling global secondary index: {0}")]
    IndexBackfilling(String),
    #[error("Consistent reads are not supported on global secondary indexes")]
    ConsistentOnGlobal,
    #[error("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")]
    NoKeyConditions,
    #[error("The provided starting key is invalid")]
    StartKey,
    #[error("The provided starting key is invalid: {0}")]
    StartKeyBecause(String),
    #[error("The provided starting key is outside query boundaries based on provided conditions")]
    StartKeyOutside,
    #[error("The provided starting key does not match the range key predicate")]
    StartKeyRange,
    #[error("The query can return at most one row and cannot be restarted")]
    StartKeyOfAnother,
    #[error(
        "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: {total} Segment: {number}"
    )]
    StartKeySegment { number: i64, total: i64 },
    #[error(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
    )]
    NoTotalSegments,
    #[error(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
    )]
    NoSegment,
    #[error(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {number} is not less than TotalSegments: {total}"
    )]
    SegmentRange { number: i64, total: i64 },
    #[error(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    )]
    NothingSpecified,
    #[error("Cannot specify the {parameter} when choosing to get {wanted}")]
    ProjectionBeside { parameter: &'static str, wanted: &'static str },
    #[error("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")]
    ProjectedWithoutIndex,
    #[error(
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index {0} because its projection type is not ALL"
    )]
    AllOfGlobal(String),
    #[error(
        "One or more parameter values were invalid: Global secondary index {index} does not project [{}]",
        attributes.join(", ")
    )]
    NotProjected { index: String, attributes: Vec<String> },
    #[error("{parameter} can only contain non-primary key attributes: Primary key attribute: {name}")]
    FilterOfKey { parameter: &'static str, name: String },
    #[error(
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {what}: {name}"
    )]
    WithinKey { what: &'static str, name: String },

    #[error("The requestItems parameter is required for {0}")]
    NoRequests(&'static str),
    #[error("Too many items requested for the {0} call")]
    TooManyRequests(&'static str),
    #[error("Provided list of item keys contains duplicates")]
    DuplicateKeys,
    #[error(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    )]
    NotOneRequest,

    /// Assumed: the sentence.
    #[error("{0} must be either all reads or all writes")]
    ReadsAndWrites(&'static str),
    #[error("Select statements within {0} must specify the primary key in the where clause.")]
    SelectOfSeveral(&'static str),
    /// Assumed: the sentence.
    #[error("EXISTS() is supported in ExecuteTransaction only")]
    ExistsAlone,
    /// Assumed: the sentence.
    #[error("RETURNING is not supported in {0}")]
    Returning(&'static str),
    /// Assumed: the sentence.
    #[error("Invalid NextToken")]
    NextToken,

    #[error("TransactItems can only contain one of Check, Put, Update or Delete")]
    NotOneAction,
    #[error("Transaction request cannot include multiple operations on one item")]
    OneItemTwice,
    /// Seen in the wild, for the sentence, which says itself twice. Assumed: that the bytes are those of the items.
    #[error(
        "Transaction payload size cannot exceed 4MB. Payload Size: : Transaction payload size cannot exceed 4MB. Payload Size: {bytes}"
    )]
    PayloadTooLarge { bytes: usize },
    #[error(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        .0.iter().map(|reason| reason.code).collect::<Vec<_>>().join(", ")
    )]
    Canceled(Vec<Reason>),
    /// Assumed: the sentence.
    #[error(
        "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical."
    )]
    TokenReused,
}

/// Why one action kept a transaction from happening, or `None` if it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) code: &'static str,
    pub(crate) message: Option<String>,
    /// The item, if the client wanted to see it.
    pub(crate) item: Option<Box<Packed>>,
}

impl Reason {
    /// An action that nothing was wrong with.
    pub(crate) const NONE: Self = Self { code: "None", message: None, item: None };

    fn document(&self) -> Document {
        let mut members = serde_json::Map::new();
        members.insert("Code".to_owned(), self.code.into());
        if let Some(item) = &self.item {
            members.insert("Item".to_owned(), document(&item.to_wire()));
        }
        if let Some(message) = &self.message {
            members.insert("Message".to_owned(), message.as_str().into());
        }
        Document::Object(members)
    }
}

impl DataError {
    /// As AWS spells it.
    pub(crate) fn wire(&self) -> WireError {
        let (code, field) = match self {
            Self::ConditionFailed { item } => {
                let item = item.as_ref().map(|item| ("Item", document(&item.to_wire())));
                ("ConditionalCheckFailedException", item)
            }
            Self::Canceled(reasons) => {
                let reasons: Vec<Document> = reasons.iter().map(Reason::document).collect();
                ("TransactionCanceledException", Some(("CancellationReasons", Document::Array(reasons))))
            }
            Self::Throttled { way, index, limit, resource } => {
                let reason = limit.reason(*way, index.is_some());
                let reasons = serde_json::json!([{"reason": reason, "resource": resource}]);
                (limit.told(index.is_some()).0, Some(("ThrottlingReasons", reasons)))
            }
            Self::DuplicateItem => ("DuplicateItemException", None),
            Self::TokenReused => ("IdempotentParameterMismatchException", None),
            Self::TableNameTooLong(_)
            | Self::TableNamePattern(_)
            | Self::ReturnValues
            | Self::ItemTooLarge
            | Self::UpdatedTooLarge
            | Self::IndexKeyType { .. }
            | Self::IndexKeyEmpty { .. }
            | Self::UpdatedIndexKeyType
            | Self::UpdatedIndexKeyEmpty { .. }
            | Self::NoSuchIndex(_)
            | Self::IndexBackfilling(_)
            | Self::ConsistentOnGlobal
            | Self::NoKeyConditions
            | Self::StartKey
            | Self::StartKeyBecause(_)
            | Self::StartKeyOutside
            | Self::StartKeyRange
            | Self::StartKeyOfAnother
            | Self::StartKeySegment { .. }
            | Self::NoTotalSegments
            | Self::NoSegment
            | Self::SegmentRange { .. }
            | Self::NothingSpecified
            | Self::ProjectionBeside { .. }
            | Self::ProjectedWithoutIndex
            | Self::AllOfGlobal(_)
            | Self::NotProjected { .. }
            | Self::FilterOfKey { .. }
            | Self::WithinKey { .. }
            | Self::NoRequests(_)
            | Self::TooManyRequests(_)
            | Self::DuplicateKeys
            | Self::NotOneRequest
            | Self::ReadsAndWrites(_)
            | Self::SelectOfSeveral(_)
            | Self::ExistsAlone
            | Self::Returning(_)
            | Self::NextToken
            | Self::NotOneAction
            | Self::OneItemTwice
            | Self::PayloadTooLarge { .. } => ("ValidationException", None),
        };
        let error = WireError::client(code, self.to_string());
        match field {
            Some((name, field)) => error.with(name, field),
            None => error,
        }
    }
}
