//! What a WHERE says of a key: one item, some partitions, or nothing.
//!
//! Whatever is found, all of WHERE is still asked of each item: what is found here only says where to look.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html (read 2026-11-28): an equality or
//! an IN on the partition key, also one in each branch of an OR, is no scan; anything else is.

use super::super::expression::{
    Comparator, Condition, Fault, KeyConditions, KeyQuery, KeySchema, KeyTest, Operand, Path,
};
use super::super::value::{AttributeValue, Item};
use super::{DeleteItem, PartiqlError, Select, UpdateItem};

/// Partitions of one SELECT, at most.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html (read 2026-11-28), of `IN`. Assumed: the
/// sentence, and that it holds for `OR` too.
const PARTITIONS_MAX: usize = 50;

/// Where a SELECT looks for its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// In these partitions, one after the other.
    Queries { queries: Vec<KeyQuery>, forward: bool },
    /// Everywhere.
    Scan,
}

impl Select {
    /// Where it looks, in a table or index with this key.
    pub(crate) fn access(&self, schema: &KeySchema<'_>) -> Result<Access, PartiqlError> {
        self.check_order(schema)?;
        let partition = schema.partition.name;
        let values = self.filter.as_ref().and_then(|filter| values_of(filter, partition));
        let Some(mut values) = values else {
            return if self.order.is_empty() {
                Ok(Access::Scan)
            } else {
                Err(PartiqlError::OrderWithoutPartition)
            };
        };
        let mut seen = Vec::new();
        values.retain(|value| {
            let is_new = !seen.contains(value);
            seen.push(value.clone());
            is_new
        });
        if values.len() > PARTITIONS_MAX {
            return Err(Fault::TooManyInOperands(values.len()).into());
        }
        let sort = schema.sort.and_then(|sort| sort_test(self.filter.as_ref()?, sort.name));
        let queries = values.into_iter().map(|value| {
            let equal = KeyTest::Compare(Comparator::Equal, value);
            let mut tests = vec![(partition.to_owned(), equal)];
            tests.extend(sort.clone());
            KeyConditions::of(tests)?.query(schema)
        });
        let queries = queries.collect::<Result<_, _>>()?;
        let sort_name = schema.sort.map(|sort| sort.name);
        let descends =
            self.order.iter().any(|(name, descends)| *descends && Some(name.as_str()) == sort_name);
        Ok(Access::Queries { queries, forward: !descends })
    }

    /// The key of the one item that it names, if its WHERE names each attribute of the key.
    pub(crate) fn key(&self, schema: &KeySchema<'_>) -> Result<Item, PartiqlError> {
        key(self.filter.as_ref(), schema)
    }

    fn check_order(&self, schema: &KeySchema<'_>) -> Result<(), PartiqlError> {
        if self.order.is_empty() {
            return Ok(());
        }
        if self.filter.is_none() {
            return Err(PartiqlError::OrderWithoutWhere);
        }
        let is_key = |name: &str| schema.attributes().any(|key| key.name == name);
        match self.order.iter().find(|(name, _)| !is_key(name)) {
            Some((name, _)) => Err(PartiqlError::OrderByOther(name.clone())),
            None => Ok(()),
        }
    }
}

impl UpdateItem {
    /// The key of the item that it changes.
    pub(crate) fn key(&self, schema: &KeySchema<'_>) -> Result<Item, PartiqlError> {
        key(self.filter.as_ref(), schema)
    }
}

impl DeleteItem {
    /// The key of the item that it deletes.
    pub(crate) fn key(&self, schema: &KeySchema<'_>) -> Result<Item, PartiqlError> {
        key(self.filter.as_ref(), schema)
    }
}

/// The key that a WHERE names: one equality for each of its attributes, all of which must hold.
fn key(filter: Option<&Condition>, schema: &KeySchema<'_>) -> Result<Item, PartiqlError> {
    let all = filter.map(conjuncts).unwrap_or_default();
    let attributes = schema.attributes().map(|key| {
        let value = all.iter().find_map(|condition| equality(condition, key.name));
        let value = value.ok_or(PartiqlError::NoKeyEquality)?;
        if value.kind() != key.kind {
            return Err(PartiqlError::KeyType);
        }
        Ok((key.name.to_owned(), value.clone()))
    });
    attributes.collect()
}

/// The conditions that must all hold for a condition to hold.
fn conjuncts(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::All(conditions) => conditions.iter().flat_map(conjuncts).collect(),
        condition => vec![condition],
    }
}

/// The value that an attribute is said to equal.
fn equality<'a>(condition: &'a Condition, attribute: &str) -> Option<&'a AttributeValue> {
    match condition {
        Condition::Compare(Comparator::Equal, Operand::Path(path), Operand::Value(value))
        | Condition::Compare(Comparator::Equal, Operand::Value(value), Operand::Path(path))
            if is(path, attribute) =>
        {
            Some(value)
        }
        _ => None,
    }
}

/// The values of which an attribute must be one for a condition to hold.
fn values_of(condition: &Condition, attribute: &str) -> Option<Vec<AttributeValue>> {
    if let Some(value) = equality(condition, attribute) {
        return Some(vec![value.clone()]);
    }
    match condition {
        Condition::All(conditions) => conditions.iter().find_map(|one| values_of(one, attribute)),
        Condition::Any(conditions) => {
            let values: Option<Vec<_>> = conditions.iter().map(|one| values_of(one, attribute)).collect();
            Some(values?.concat())
        }
        Condition::In(Operand::Path(path), operands) if is(path, attribute) => operands
            .iter()
            .map(|operand| match operand {
                Operand::Value(value) => Some(value.clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// The first thing that must hold of a sort key, as a range of it.
fn sort_test(condition: &Condition, attribute: &str) -> Option<(String, KeyTest)> {
    let test = conjuncts(condition).into_iter().find_map(|condition| match condition {
        Condition::Compare(Comparator::NotEqual, ..) => None,
        Condition::Compare(comparator, Operand::Path(path), Operand::Value(value)) if is(path, attribute) => {
            Some(KeyTest::Compare(*comparator, value.clone()))
        }
        Condition::Compare(comparator, Operand::Value(value), Operand::Path(path)) if is(path, attribute) => {
            Some(KeyTest::Compare(comparator.mirrored(), value.clone()))
        }
        Condition::Between(Operand::Path(path), Operand::Value(lower), Operand::Value(upper))
            if is(path, attribute) =>
        {
            Some(KeyTest::Between(lower.clone(), upper.clone()))
        }
        Condition::BeginsWith(Operand::Path(path), Operand::Value(start)) if is(path, attribute) => {
            Some(KeyTest::BeginsWith(start.clone()))
        }
        _ => None,
    });
    test.map(|test| (attribute.to_owned(), test))
}

fn is(path: &Path, attribute: &str) -> bool {
    path.attribute == attribute && !path.is_nested()
}
