//! [`Terms`]: what a request says about items, whether in expressions or in the parameters from before them.
//!
//! The parameters of one operation are checked together: the two kinds do not mix, placeholders serve all of a request's
//! expressions, and AWS names what is missing in an order of its own.
//! Recorded, for order and sentences: dynalite's tests (github.com/mhart/dynalite, `test/`).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use wavetank_wire::Val;

use super::expression::{
    Condition, ExpressionError, KeyConditions, KeyError, Kind, Placeholders, Projection, Update,
};
use super::legacy::{self, ExpectedEntry, FilterEntry, LegacyError, UpdateEntry};

/// An operation that says something about items. Transactions' actions are as the operations that they are named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Get,
    BatchGet,
    Put,
    Update,
    Delete,
    ConditionCheck,
    Query,
    Scan,
}

/// The parameters as they came. An operation fills those that it has.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    pub(crate) update_expression: Option<String>,
    pub(crate) condition_expression: Option<String>,
    pub(crate) key_condition_expression: Option<String>,
    pub(crate) filter_expression: Option<String>,
    pub(crate) projection_expression: Option<String>,
    pub(crate) expression_attribute_names: Option<BTreeMap<String, String>>,
    pub(crate) expression_attribute_values: Option<BTreeMap<String, Val>>,
    pub(crate) attribute_updates: Option<BTreeMap<String, UpdateEntry>>,
    pub(crate) expected: Option<BTreeMap<String, ExpectedEntry>>,
    pub(crate) key_conditions: Option<BTreeMap<String, FilterEntry>>,
    pub(crate) query_filter: Option<BTreeMap<String, FilterEntry>>,
    pub(crate) scan_filter: Option<BTreeMap<String, FilterEntry>>,
    pub(crate) attributes_to_get: Option<Vec<String>>,
    pub(crate) conditional_operator: Option<String>,
}

/// What a request says about items.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// What must be true of an item for it to be written.
    pub(crate) condition: Option<Condition>,
    /// What must be true of an item for it to be answered.
    pub(crate) filter: Option<Condition>,
    /// Which items a Query reads.
    pub(crate) key: Option<KeyConditions>,
    pub(crate) update: Option<Update>,
    /// What is answered of an item.
    pub(crate) projection: Option<Projection>,
}

/// Why a request's terms are refused, by themselves: no table has been looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TermsError {
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Legacy(#[from] LegacyError),
    #[error(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
        legacy.join(", "), expressions.join(", ")
    )]
    Mixed { legacy: Vec<&'static str>, expressions: Vec<&'static str> },
    #[error("ExpressionAttributeNames can only be specified when using expressions")]
    NamesAlone,
    #[error(
        "ExpressionAttributeValues can only be specified when using expressions: {} {} null",
        expressions.join(" and "), if expressions.len() > 1 { "are" } else { "is" }
    )]
    ValuesAlone { expressions: Vec<&'static str> },
    #[error("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")]
    NoKeyConditions,
}

impl Parameters {
    /// What AWS checks before it looks at any value: that the two kinds of parameters do not mix.
    pub(crate) fn check(&self, operation: Operation) -> Result<(), TermsError> {
        let given = |all: Vec<(&'static str, bool)>| -> Vec<&'static str> {
            all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
        };
        let all = self.expressions(operation);
        let expressions = given(all.clone());
        if !expressions.is_empty() {
            let legacy = given(self.legacy(operation));
            if !legacy.is_empty() {
                return Err(TermsError::Mixed { legacy, expressions });
            }
        } else if self.expression_attribute_names.is_some() {
            return Err(TermsError::NamesAlone);
        }
        let mut with_values = all.into_iter().filter(|(name, _)| *name != "ProjectionExpression").peekable();
        if self.expression_attribute_values.is_some()
            && with_values.peek().is_some()
            && with_values.clone().all(|(_, given)| !given)
        {
            let expressions = with_values.map(|(name, _)| name).collect();
            return Err(TermsError::ValuesAlone { expressions });
        }
        Ok(())
    }

    /// The expressions that an operation takes, in AWS's order, and whether each is given.
    fn expressions(&self, operation: Operation) -> Vec<(&'static str, bool)> {
        let projection = ("ProjectionExpression", self.projection_expression.is_some());
        let condition = ("ConditionExpression", self.condition_expression.is_some());
        let filter = ("FilterExpression", self.filter_expression.is_some());
        match operation {
            Operation::Get | Operation::BatchGet => vec![projection],
            Operation::Put | Operation::Delete | Operation::ConditionCheck => vec![condition],
            Operation::Update => vec![("UpdateExpression", self.update_expression.is_some()), condition],
            Operation::Query => {
                let key = ("KeyConditionExpression", self.key_condition_expression.is_some());
                vec![projection, filter, key]
            }
            Operation::Scan => vec![projection, filter],
        }
    }

    /// The parameters from before expressions that an operation takes, likewise.
    fn legacy(&self, operation: Operation) -> Vec<(&'static str, bool)> {
        let attributes = ("AttributesToGet", self.attributes_to_get.is_some());
        let operator = ("ConditionalOperator", self.conditional_operator.is_some());
        let expected = ("Expected", self.expected.is_some());
        match operation {
            Operation::Get | Operation::BatchGet => vec![attributes],
            Operation::Put | Operation::Delete | Operation::ConditionCheck => vec![expected, operator],
            Operation::Update => {
                vec![("AttributeUpdates", self.attribute_updates.is_some()), expected, operator]
            }
            // KeyConditions go with the other expressions; it is with its own successor that they do not.
            Operation::Query => {
                let both = self.key_conditions.is_some() && self.key_condition_expression.is_some();
                let filter = ("QueryFilter", self.query_filter.is_some());
                vec![attributes, filter, operator, ("KeyConditions", both)]
            }
            Operation::Scan => vec![attributes, ("ScanFilter", self.scan_filter.is_some()), operator],
        }
    }

    /// What the request says.
    pub(crate) fn read(mut self, operation: Operation) -> Result<Terms, TermsError> {
        self.check(operation)?;
        let mut terms = self.read_legacy()?;
        if operation == Operation::Query
            && self.key_conditions.is_none()
            && self.key_condition_expression.is_none()
        {
            return Err(TermsError::NoKeyConditions);
        }
        let mut placeholders = Placeholders::read(
            self.expression_attribute_names.take(),
            self.expression_attribute_values.take(),
        )?;
        if let Some(text) = &self.update_expression {
            terms.update = Some(Update::parse(text, &mut placeholders)?);
        }
        if let Some(text) = &self.condition_expression {
            terms.condition = Some(Condition::parse(Kind::Condition, text, &mut placeholders)?);
        }
        let mut key = None;
        if let Some(text) = &self.key_condition_expression {
            key = Some(Condition::parse(Kind::KeyCondition, text, &mut placeholders)?);
        }
        if let Some(text) = &self.filter_expression {
            terms.filter = Some(Condition::parse(Kind::Filter, text, &mut placeholders)?);
        }
        if let Some(text) = &self.projection_expression {
            terms.projection = Some(Projection::parse(text, &mut placeholders)?);
        }
        placeholders.check_all_used()?;
        if let Some(key) = key {
            terms.key = Some(KeyConditions::of_condition(&key)?);
        } else if let Some(entries) = self.key_conditions {
            terms.key = Some(legacy::key_conditions(entries)??);
        }
        Ok(terms)
    }

    /// What the parameters from before expressions say, but for those of the key.
    fn read_legacy(&mut self) -> Result<Terms, TermsError> {
        let mut terms = Terms::default();
        if let Some(entries) = self.attribute_updates.take() {
            terms.update = Some(legacy::update(entries)?);
        }
        let operator = self.conditional_operator.take();
        let operator = operator.as_deref();
        if let Some(entries) = self.query_filter.take().or_else(|| self.scan_filter.take()) {
            terms.filter = legacy::filter(entries, operator)?;
        } else {
            terms.condition = legacy::expected(self.expected.take().unwrap_or_default(), operator)?;
        }
        if let Some(names) = self.attributes_to_get.take() {
            terms.projection = Some(legacy::attributes(names)?);
        }
        Ok(terms)
    }
}
