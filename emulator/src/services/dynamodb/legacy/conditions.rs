//! `Expected`, `QueryFilter`, `ScanFilter` and `KeyConditions`: comparisons of attributes with values.

use std::collections::BTreeMap;

use wavetank_wire::Val;
pub(crate) use wavetank_wire::dynamodb::{Condition as FilterEntry, ExpectedAttributeValue as ExpectedEntry};

use super::super::expression::{Comparator, Condition, KeyConditions, KeyError, KeyTest, Operand, Path};
use super::super::value::{AttributeValue, Type};
use super::LegacyError;

/// A ComparisonOperator. The wire lets no other through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Compare(Comparator),
    In,
    Between,
    NotNull,
    Null,
    Contains,
    NotContains,
    BeginsWith,
}

impl Operator {
    fn named(name: &str) -> Self {
        match name {
            "NE" => Self::Compare(Comparator::NotEqual),
            "LE" => Self::Compare(Comparator::LessOrEqual),
            "LT" => Self::Compare(Comparator::Less),
            "GE" => Self::Compare(Comparator::GreaterOrEqual),
            "GT" => Self::Compare(Comparator::Greater),
            "IN" => Self::In,
            "BETWEEN" => Self::Between,
            "NOT_NULL" => Self::NotNull,
            "NULL" => Self::Null,
            "CONTAINS" => Self::Contains,
            "NOT_CONTAINS" => Self::NotContains,
            "BEGINS_WITH" => Self::BeginsWith,
            _ => Self::Compare(Comparator::Equal),
        }
    }

    const fn takes(self, arguments: usize) -> bool {
        match self {
            Self::Null | Self::NotNull => arguments == 0,
            Self::Between => arguments == 2,
            Self::In => arguments > 0,
            _ => arguments == 1,
        }
    }

    const fn is_for(self, kind: Type) -> bool {
        match self {
            Self::Compare(Comparator::Equal | Comparator::NotEqual) | Self::Null | Self::NotNull => true,
            Self::Compare(_) | Self::In | Self::Between => matches!(kind, Type::S | Type::N | Type::B),
            Self::Contains | Self::NotContains => {
                matches!(kind, Type::S | Type::N | Type::B | Type::Bool | Type::Null)
            }
            Self::BeginsWith => matches!(kind, Type::S | Type::B),
        }
    }
}

/// An operator and its arguments, which fit it.
struct Comparison {
    operator: Operator,
    arguments: Vec<AttributeValue>,
}

impl Comparison {
    fn of(name: &str, arguments: Vec<AttributeValue>) -> Result<Self, LegacyError> {
        let operator = Operator::named(name);
        if !operator.takes(arguments.len()) {
            return Err(LegacyError::ArgumentCount(name.to_owned()));
        }
        if arguments.windows(2).any(|pair| pair[0].kind() != pair[1].kind()) {
            return Err(LegacyError::MixedTypes);
        }
        if let Some(argument) = arguments.iter().find(|argument| !operator.is_for(argument.kind())) {
            return Err(LegacyError::ArgumentType { operator: name.to_owned(), kind: argument.kind() });
        }
        if let (Operator::Between, [lower, upper]) = (operator, arguments.as_slice())
            && Condition::Compare(Comparator::Greater, lower.clone().into(), upper.clone().into())
                .holds(&BTreeMap::new())
        {
            return Err(LegacyError::BoundsReversed);
        }
        Ok(Self { operator, arguments })
    }

    /// The same of an attribute.
    ///
    /// Recorded: `NE` is true of an attribute that is absent, `NOT_CONTAINS` is not; `NULL` asks for absence, not for null.
    fn condition(self, attribute: &str) -> Condition {
        let path = Path::attribute(attribute);
        let operand = Operand::Path(path.clone());
        let mut arguments = self.arguments.into_iter().map(Operand::Value);
        let mut argument = || arguments.next().expect("as many as the operator takes");
        match self.operator {
            Operator::Compare(comparator) => Condition::Compare(comparator, operand, argument()),
            Operator::Between => Condition::Between(operand, argument(), argument()),
            Operator::In => Condition::In(operand, arguments.collect()),
            Operator::NotNull => Condition::Exists(path),
            Operator::Null => Condition::NotExists(path),
            Operator::Contains => Condition::Contains(operand, argument()),
            Operator::BeginsWith => Condition::BeginsWith(operand, argument()),
            Operator::NotContains => Condition::All(vec![
                Condition::Exists(path),
                Condition::Not(Box::new(Condition::Contains(operand, argument()))),
            ]),
        }
    }

    /// The same of an attribute of a key.
    fn key_test(self) -> KeyTest {
        let mut arguments = self.arguments.into_iter();
        let mut argument = || arguments.next().expect("as many as the operator takes");
        match self.operator {
            Operator::Compare(Comparator::NotEqual) => KeyTest::NotIndexable,
            Operator::Compare(comparator) => KeyTest::Compare(comparator, argument()),
            Operator::Between => KeyTest::Between(argument(), argument()),
            Operator::BeginsWith => KeyTest::BeginsWith(argument()),
            _ => KeyTest::NotIndexable,
        }
    }
}

/// What `Expected` says.
pub(crate) fn expected(
    entries: BTreeMap<String, ExpectedEntry>,
    operator: Option<&str>,
) -> Result<Option<Condition>, LegacyError> {
    let conditions = entries.into_iter().map(|(attribute, entry)| expected_of(&attribute, entry)).collect();
    join(conditions, operator)
}

fn expected_of(attribute: &str, entry: ExpectedEntry) -> Result<Condition, LegacyError> {
    let name = || attribute.to_owned();
    let has_list = entry.attribute_value_list.is_some();
    if entry.value.is_some() && has_list {
        return Err(LegacyError::ValueAndList(name()));
    }
    if let Some(operator) = entry.comparison_operator {
        if entry.exists.is_some() {
            return Err(LegacyError::ExistsAndOperator(name()));
        }
        let takes_none = matches!(Operator::named(&operator), Operator::Null | Operator::NotNull);
        if !takes_none && !has_list && entry.value.is_none() {
            return Err(LegacyError::OperatorWithoutValue { operator, attribute: name() });
        }
        let arguments = entry.attribute_value_list.unwrap_or_default().into_iter().chain(entry.value);
        return Ok(Comparison::of(&operator, values(arguments)?)?.condition(attribute));
    }
    if has_list {
        return Err(LegacyError::ListWithoutOperator(name()));
    }
    match (entry.exists, entry.value) {
        (Some(false), None) => Ok(Condition::NotExists(Path::attribute(attribute))),
        (Some(false), Some(_)) => Err(LegacyError::AbsentWithValue(name())),
        (exists, None) => {
            let exists = if exists.is_some() { "true" } else { "null" };
            Err(LegacyError::ExistsWithoutValue { exists, attribute: name() })
        }
        (_, Some(value)) => Ok(Comparison::of("EQ", values([value])?)?.condition(attribute)),
    }
}

/// What `QueryFilter` or `ScanFilter` says.
pub(crate) fn filter(
    entries: BTreeMap<String, FilterEntry>,
    operator: Option<&str>,
) -> Result<Option<Condition>, LegacyError> {
    let conditions = comparisons(entries)
        .map(|entry| entry.map(|(attribute, comparison)| comparison.condition(&attribute)))
        .collect();
    join(conditions, operator)
}

/// What `KeyConditions` says.
pub(crate) fn key_conditions(
    entries: BTreeMap<String, FilterEntry>,
) -> Result<Result<KeyConditions, KeyError>, LegacyError> {
    let tests: Vec<_> = comparisons(entries)
        .map(|entry| entry.map(|(attribute, comparison)| (attribute, comparison.key_test())))
        .collect::<Result<_, _>>()?;
    Ok(KeyConditions::of(tests))
}

fn comparisons(
    entries: BTreeMap<String, FilterEntry>,
) -> impl Iterator<Item = Result<(String, Comparison), LegacyError>> {
    entries.into_iter().map(|(attribute, entry)| {
        let arguments = values(entry.attribute_value_list.unwrap_or_default())?;
        Ok((attribute, Comparison::of(&entry.comparison_operator, arguments)?))
    })
}

fn values(vals: impl IntoIterator<Item = Val>) -> Result<Vec<AttributeValue>, LegacyError> {
    vals.into_iter().map(|val| Ok(AttributeValue::from_wire(val)?)).collect()
}

/// All of them, or, with the operator `OR`, any. None say nothing.
///
/// Assumed, for the two refusals of the operator, their sentences. Recorded: Alternator's `test_expected.py`, that an operator
/// is refused where there is nothing to join.
fn join(
    conditions: Result<Vec<Condition>, LegacyError>,
    operator: Option<&str>,
) -> Result<Option<Condition>, LegacyError> {
    let mut conditions = conditions?;
    match (operator, conditions.len()) {
        (None, 0) => Ok(None),
        (Some(_), 0) => Err(LegacyError::OperatorAlone),
        (Some(_), 1) => Err(LegacyError::OperatorOverOne),
        (None, 1) => Ok(conditions.pop()),
        (Some("OR"), _) => Ok(Some(Condition::Any(conditions))),
        _ => Ok(Some(Condition::All(conditions))),
    }
}
