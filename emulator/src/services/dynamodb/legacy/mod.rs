//! The parameters from before expressions: `Expected`, `AttributeUpdates`, `KeyConditions`, `QueryFilter`, `ScanFilter` and
//! `AttributesToGet`. They name whole attributes only, and become the same trees as expressions do.
//!
//! Conditions are in `conditions.rs`, updates in `updates.rs`.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.Expected.html and
//! LegacyConditionalParameters.Conditions.html (read 2026-11-28).
//! Recorded, for order and sentences: dynalite's tests (github.com/mhart/dynalite, `test/putItem.js`, `scan.js`, `query.js`,
//! `updateItem.js`); what holds of attributes that are absent: Alternator's `test_expected.py`.

mod conditions;
#[cfg(test)]
mod tests;
mod updates;

use std::collections::BTreeSet;

use super::expression::Projection;
use super::value::{Type, ValueError};

pub(crate) use conditions::{ExpectedEntry, FilterEntry, expected, filter, key_conditions};
pub(crate) use updates::{UpdateEntry, update};

/// Why one of these parameters is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LegacyError {
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error("{INVALID} Value and AttributeValueList cannot be used together for Attribute: {0}")]
    ValueAndList(String),
    #[error("{INVALID} Exists and ComparisonOperator cannot be used together for Attribute: {0}")]
    ExistsAndOperator(String),
    #[error(
        "{INVALID} Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {attribute}"
    )]
    OperatorWithoutValue { operator: String, attribute: String },
    #[error("{INVALID} AttributeValueList can only be used with a ComparisonOperator for Attribute: {0}")]
    ListWithoutOperator(String),
    #[error("{INVALID} Value must be provided when Exists is {exists} for Attribute: {attribute}")]
    ExistsWithoutValue { exists: &'static str, attribute: String },
    #[error("{INVALID} Value cannot be used when Exists is false for Attribute: {0}")]
    AbsentWithValue(String),
    #[error("{INVALID} Invalid number of argument(s) for the {0} ComparisonOperator")]
    ArgumentCount(String),
    #[error("{INVALID} AttributeValues inside AttributeValueList must be of same type")]
    MixedTypes,
    #[error("{INVALID} ComparisonOperator {operator} is not valid for {} AttributeValue type", kind.name())]
    ArgumentType { operator: String, kind: Type },
    #[error(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    )]
    BoundsReversed,
    #[error("ConditionalOperator cannot be used without Filter or Expected")]
    OperatorAlone,
    #[error("ConditionalOperator can only be used when Filter or Expected has two or more elements")]
    OperatorOverOne,
    #[error("{INVALID} Only DELETE action is allowed when no attribute value is specified")]
    NoValue,
    #[error("{INVALID} DELETE action with value is not supported for the type {}", .0.name())]
    DeleteType(Type),
    #[error("{INVALID} ADD action is not supported for the type {}", .0.name())]
    AddType(Type),
    #[error("{INVALID} Duplicate value in attribute name: {0}")]
    DuplicateAttribute(String),
}

/// How AWS begins most of these sentences.
const INVALID: &str = "One or more parameter values were invalid:";

/// What `AttributesToGet` answers.
pub(crate) fn attributes(names: Vec<String>) -> Result<Projection, LegacyError> {
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(LegacyError::DuplicateAttribute(name.clone())),
        None => Ok(Projection::of_attributes(names)),
    }
}
