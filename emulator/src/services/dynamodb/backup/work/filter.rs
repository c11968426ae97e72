//! [`Filter`]: which items an export has, and what of them.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Filtered.html (read 2026-11-28): a change is
//! judged by the newest image, a deletion by the old one.

use wavetank_wire::dynamodb as w;

use crate::services::dynamodb::data::check_filter;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::expression::{Condition, KeyQuery, Projection};
use crate::services::dynamodb::table::{Key, KeySchema};
use crate::services::dynamodb::terms::{Operation, Parameters};
use crate::services::dynamodb::value::{Item, Packed};

/// What the items of an export must be like. By default, anything.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Filter {
    key: Option<KeyQuery>,
    condition: Option<Condition>,
    projection: Option<Projection>,
}

impl Filter {
    /// What a request says, held against its table's key.
    pub(in super::super) fn read(
        given: w::FilterSpecification,
        keys: &KeySchema,
    ) -> Result<Self, DynamoError> {
        let operation =
            if given.key_condition_expression.is_some() { Operation::Query } else { Operation::Scan };
        let parameters = Parameters {
            key_condition_expression: given.key_condition_expression,
            filter_expression: given.filter_expression,
            projection_expression: given.projection_expression,
            expression_attribute_names: given.expression_attribute_names,
            expression_attribute_values: given.expression_attribute_values,
            ..Parameters::default()
        };
        parameters.check(operation)?;
        let terms = parameters.read(operation)?;
        let key = terms.key.map(|key| key.query(&keys.terms())).transpose()?;
        if key.is_some() {
            check_filter(keys, terms.filter.as_ref(), "Filter Expression")?;
        }
        Ok(Self { key, condition: terms.filter, projection: terms.projection })
    }

    /// Whether an item of this key is wanted.
    pub(super) fn takes(&self, key: &Key, item: &Packed) -> bool {
        let is_of_key = self.key.as_ref().is_none_or(|query| {
            let is_sorted = |sort: &_| query.sort.as_ref().is_none_or(|condition| condition.holds(sort));
            query.partition == key.partition && key.sort.as_ref().is_none_or(is_sorted)
        });
        is_of_key && self.condition.as_ref().is_none_or(|condition| condition.holds(item))
    }

    /// What is told of it.
    pub(super) fn shown(&self, item: &Packed) -> Item {
        self.projection.as_ref().map_or_else(|| item.unpack(), |projection| projection.of(item))
    }

    /// Whether it lets everything through.
    pub(super) const fn is_open(&self) -> bool {
        self.key.is_none() && self.condition.is_none()
    }
}
