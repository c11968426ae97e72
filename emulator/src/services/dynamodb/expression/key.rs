//! [`KeyConditions`]: which part of a table or index a Query reads.
//!
//! Read in two steps, as AWS checks them: what the request says by itself, and, once its table is known, whether that fits
//! the key ([`KeyConditions::query`]).
//! Recorded, for order and sentences: dynalite's `test/query.js`.

use std::cmp::Ordering;

use super::super::value::{AttributeValue, KeyValue, Type};
use super::condition::{Comparator, Condition, Operand};
use super::path::Path;

/// The key of a table or index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeySchema<'a> {
    pub(crate) partition: KeyAttribute<'a>,
    pub(crate) sort: Option<KeyAttribute<'a>>,
}

/// An attribute of a key: S, N or B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyAttribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Type,
}

impl<'a> KeySchema<'a> {
    /// Its attributes, the partition's first.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = KeyAttribute<'a>> {
        std::iter::once(self.partition).chain(self.sort)
    }
}

/// Conditions on attributes that should be a key's: one or two, each of another attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyConditions(Vec<(String, KeyTest)>);

/// What one of them says of its attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyTest {
    /// By any comparator but `<>`.
    Compare(Comparator, AttributeValue),
    Between(AttributeValue, AttributeValue),
    BeginsWith(AttributeValue),
    /// An operator of `KeyConditions` that no index can serve.
    NotIndexable,
}

/// The part of a table or index that a Query reads: one partition, and what the sort key must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyQuery {
    pub(crate) partition: KeyValue,
    pub(crate) sort: Option<SortCondition>,
}

/// What a sort key must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SortCondition {
    Equal(KeyValue),
    Less(KeyValue),
    LessOrEqual(KeyValue),
    Greater(KeyValue),
    GreaterOrEqual(KeyValue),
    /// Both ends included.
    Between(KeyValue, KeyValue),
    BeginsWith(KeyValue),
}

/// Why key conditions are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("Invalid operator used in KeyConditionExpression: {0}")]
    Operator(&'static str),
    #[error(
        "Invalid condition in KeyConditionExpression: {0} operator must have the key attribute as its first operand"
    )]
    FirstOperand(&'static str),
    #[error("KeyConditionExpressions cannot contain nested operations")]
    NestedOperation,
    #[error("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")]
    SeveralAttributes,
    #[error("KeyConditionExpressions cannot have conditions on nested attributes")]
    NestedAttribute,
    #[error("Invalid condition in KeyConditionExpression: No key attribute specified")]
    NoAttribute,
    #[error("KeyConditionExpressions must only contain one condition per key")]
    SeveralConditions,
    #[error("Conditions can be of length 1 or 2 only")]
    Count,
    #[error("Query key condition not supported")]
    NotSupported,
    #[error("Query condition missed key schema element: {0}")]
    Missed(String),
    #[error("Attempted conditional constraint is not an indexable operation")]
    NotIndexable,
    #[error("One or more parameter values were invalid: Condition parameter type does not match schema type")]
    Type,
    #[error(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {attribute}"
    )]
    EmptyValue { what: &'static str, attribute: String },
}

impl KeyConditions {
    /// From the condition that a KeyConditionExpression is: [`Condition::parse`] reads it as any other.
    pub(crate) fn of_condition(condition: &Condition) -> Result<Self, KeyError> {
        let mut tests = Vec::new();
        collect(condition, &mut tests)?;
        Self::of(tests)
    }

    /// From attributes and what must be true of each.
    pub(crate) fn of(tests: Vec<(String, KeyTest)>) -> Result<Self, KeyError> {
        if matches!(tests.len(), 1 | 2) { Ok(Self(tests)) } else { Err(KeyError::Count) }
    }

    /// What a Query of a table or index with this key reads.
    pub(crate) fn query(&self, schema: &KeySchema<'_>) -> Result<KeyQuery, KeyError> {
        let several = self.0.len() > 1;
        if several && schema.sort.is_none() {
            return Err(KeyError::NotSupported);
        }
        let partition = schema.partition;
        let test = self.test(partition.name).ok_or_else(|| KeyError::Missed(partition.name.to_owned()))?;
        let SortCondition::Equal(value) = test.condition(partition)? else {
            return Err(KeyError::NotSupported);
        };
        let sort = match schema.sort {
            Some(sort) => match self.test(sort.name) {
                Some(test) => Some(test.condition(sort)?),
                None if several => return Err(KeyError::Missed(sort.name.to_owned())),
                None => None,
            },
            None => None,
        };
        Ok(KeyQuery { partition: value, sort })
    }

    fn test(&self, attribute: &str) -> Option<&KeyTest> {
        self.0.iter().find(|(name, _)| name == attribute).map(|(_, test)| test)
    }
}

impl KeyTest {
    /// The test with its values as those of this key attribute.
    fn condition(&self, attribute: KeyAttribute<'_>) -> Result<SortCondition, KeyError> {
        let key = |value: &AttributeValue| {
            let typed = KeyValue::of(value).filter(|_| value.kind() == attribute.kind);
            let typed = typed.ok_or(KeyError::Type)?;
            let what = if attribute.kind == Type::B { "binary" } else { "string" };
            if typed.bytes() == 0 {
                return Err(KeyError::EmptyValue { what, attribute: attribute.name.to_owned() });
            }
            Ok(typed)
        };
        Ok(match self {
            Self::Compare(Comparator::Equal, value) => SortCondition::Equal(key(value)?),
            Self::Compare(Comparator::Less, value) => SortCondition::Less(key(value)?),
            Self::Compare(Comparator::LessOrEqual, value) => SortCondition::LessOrEqual(key(value)?),
            Self::Compare(Comparator::Greater, value) => SortCondition::Greater(key(value)?),
            Self::Compare(Comparator::GreaterOrEqual, value) => SortCondition::GreaterOrEqual(key(value)?),
            Self::Compare(Comparator::NotEqual, _) | Self::NotIndexable => {
                return Err(KeyError::NotIndexable);
            }
            Self::Between(lower, upper) => SortCondition::Between(key(lower)?, key(upper)?),
            Self::BeginsWith(start) => SortCondition::BeginsWith(key(start)?),
        })
    }
}

impl SortCondition {
    /// Whether it is true of a sort key.
    pub(crate) fn holds(&self, sort: &KeyValue) -> bool {
        match self {
            Self::Equal(value) => sort == value,
            Self::Less(value) => sort.cmp(value) == Ordering::Less,
            Self::LessOrEqual(value) => sort <= value,
            Self::Greater(value) => sort > value,
            Self::GreaterOrEqual(value) => sort >= value,
            Self::Between(lower, upper) => lower <= sort && sort <= upper,
            Self::BeginsWith(start) => match (sort, start) {
                (KeyValue::S(sort), KeyValue::S(start)) => sort.starts_with(start.as_str()),
                (KeyValue::B(sort), KeyValue::B(start)) => sort.starts_with(start),
                _ => false,
            },
        }
    }
}

/// Adds what a condition says to what is known, in the order in which it is written.
fn collect(condition: &Condition, tests: &mut Vec<(String, KeyTest)>) -> Result<(), KeyError> {
    let (attribute, test) = match condition {
        Condition::All(conditions) => {
            return conditions.iter().try_for_each(|condition| collect(condition, tests));
        }
        Condition::Any(_) => return Err(KeyError::Operator("OR")),
        Condition::Not(_) => return Err(KeyError::Operator("NOT")),
        Condition::In(..) => return Err(KeyError::Operator("IN")),
        Condition::Exists(_) => return Err(KeyError::Operator("attribute_exists")),
        Condition::NotExists(_) => return Err(KeyError::Operator("attribute_not_exists")),
        Condition::IsType(..) => return Err(KeyError::Operator("attribute_type")),
        Condition::Contains(..) => return Err(KeyError::Operator("contains")),
        Condition::Compare(Comparator::NotEqual, ..) => return Err(KeyError::Operator("<>")),
        Condition::Compare(comparator, one, two) => {
            let (attribute, values) = attribute_and_values([one, two])?;
            let first = matches!(one, Operand::Path(_));
            let comparator = if first { *comparator } else { comparator.mirrored() };
            let [value] = values.as_slice() else { unreachable!("two operands, one of them the attribute") };
            (attribute, KeyTest::Compare(comparator, (*value).clone()))
        }
        Condition::Between(first, lower, upper) => {
            if !matches!(first, Operand::Path(_)) {
                return Err(KeyError::FirstOperand("BETWEEN"));
            }
            let (attribute, values) = attribute_and_values([first, lower, upper])?;
            let [lower, upper] = values.as_slice() else { unreachable!("three operands, one the attribute") };
            (attribute, KeyTest::Between((*lower).clone(), (*upper).clone()))
        }
        Condition::BeginsWith(whole, start) => {
            if !matches!(whole, Operand::Path(_)) {
                return Err(KeyError::FirstOperand("begins_with"));
            }
            let (attribute, values) = attribute_and_values([whole, start])?;
            let [start] = values.as_slice() else { unreachable!("two operands, one of them the attribute") };
            (attribute, KeyTest::BeginsWith((*start).clone()))
        }
    };
    if tests.iter().any(|(name, _)| name == attribute) {
        return Err(KeyError::SeveralConditions);
    }
    tests.push((attribute.to_owned(), test));
    Ok(())
}

/// The one attribute among the operands, and the others.
fn attribute_and_values<const N: usize>(
    operands: [&Operand; N],
) -> Result<(&str, Vec<&AttributeValue>), KeyError> {
    let (mut attribute, mut values) = (None, Vec::new());
    for operand in operands {
        match operand {
            Operand::Path(_) if attribute.is_some() => return Err(KeyError::SeveralAttributes),
            Operand::Path(path) if path.is_nested() => return Err(KeyError::NestedAttribute),
            Operand::Path(Path { attribute: name, .. }) => attribute = Some(name.as_str()),
            Operand::Size(_) => return Err(KeyError::NestedOperation),
            Operand::Value(value) => values.push(value),
        }
    }
    Ok((attribute.ok_or(KeyError::NoAttribute)?, values))
}
