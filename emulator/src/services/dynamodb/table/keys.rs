//! [`KeySchema`]: which attributes are the key of a table or an index, and keys taken from items and requests.

use crate::services::dynamodb::value::{AttributeValue, Item, KeyValue, Packed, Type};
use crate::services::dynamodb::{expression, limits};

use super::rows::RowKey;

/// A key attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyAttribute {
    pub(crate) name: String,
    /// `S`, `N` or `B`.
    pub(crate) kind: Type,
}

/// The partition key and, if there is one, the sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeySchema {
    pub(crate) partition: KeyAttribute,
    pub(crate) sort: Option<KeyAttribute>,
}

/// The values of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) partition: KeyValue,
    pub(crate) sort: Option<KeyValue>,
}

/// Why an item or a key of a request does not fit the schema.
///
/// Recorded, for the sentences: dynalite's tests (github.com/mhart/dynalite, `test/`), which run against AWS too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("One or more parameter values were invalid: Missing the key {0} in the item")]
    Missing(String),
    #[error(
        "One or more parameter values were invalid: Type mismatch for key {name} expected: {expected} actual: {actual}"
    )]
    Mismatch { name: String, expected: &'static str, actual: &'static str },
    #[error("The provided key element does not match the schema")]
    NotTheSchema,
    #[error(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {name}"
    )]
    Empty { name: String, kind: &'static str },
    #[error(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
    )]
    PartitionTooLong,
    #[error(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    )]
    SortTooLong,
}

impl KeySchema {
    /// Its attributes, the partition key first.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.partition).chain(&self.sort)
    }

    /// Whether an attribute is part of the key.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.attributes().any(|attribute| attribute.name == name)
    }

    /// The key of an item that is to be stored.
    pub(crate) fn of_item(&self, item: &Packed) -> Result<Key, KeyError> {
        let value = |attribute: &KeyAttribute| {
            let value = item.attribute(&attribute.name);
            checked(attribute, value.ok_or_else(|| KeyError::Missing(attribute.name.clone()))?)
        };
        self.key(value(&self.partition)?, self.sort.as_ref().map(value).transpose()?)
    }

    /// The key of a request, which holds the key attributes and nothing else.
    pub(crate) fn of_request(&self, mut key: Item) -> Result<Key, KeyError> {
        if key.len() != self.attributes().count() {
            return Err(KeyError::NotTheSchema);
        }
        let mut value = |attribute: &KeyAttribute| {
            let value = key.remove(&attribute.name).ok_or(KeyError::NotTheSchema)?;
            if value.kind() != attribute.kind {
                return Err(KeyError::NotTheSchema);
            }
            checked(attribute, value)
        };
        let partition = value(&self.partition)?;
        self.key(partition, self.sort.as_ref().map(value).transpose()?)
    }

    /// The same from a key's attributes as they came, one by one.
    pub(crate) fn of_entries(&self, key: Vec<(String, AttributeValue)>) -> Result<Key, KeyError> {
        let count = key.len();
        if count != 1 + usize::from(self.sort.is_some()) {
            return Err(KeyError::NotTheSchema);
        }
        let (mut partition, mut sort) = (None, None);
        for (name, value) in key {
            let (place, attribute) = match &self.sort {
                _ if name == self.partition.name => (&mut partition, &self.partition),
                Some(attribute) if name == attribute.name => (&mut sort, attribute),
                _ => return Err(KeyError::NotTheSchema),
            };
            if value.kind() != attribute.kind {
                return Err(KeyError::NotTheSchema);
            }
            *place = Some(checked(attribute, value)?);
        }
        if sort.is_some() != self.sort.is_some() {
            return Err(KeyError::NotTheSchema);
        }
        self.key(partition.ok_or(KeyError::NotTheSchema)?, sort)
    }

    fn key(&self, partition: KeyValue, sort: Option<KeyValue>) -> Result<Key, KeyError> {
        if partition.bytes() > limits::PARTITION_KEY_BYTES_MAX {
            return Err(KeyError::PartitionTooLong);
        }
        if sort.as_ref().is_some_and(|sort| sort.bytes() > limits::SORT_KEY_BYTES_MAX) {
            return Err(KeyError::SortTooLong);
        }
        Ok(Key { partition, sort })
    }

    /// The key that an item has in an index of this schema: none if an attribute is missing, which keeps it out.
    ///
    /// Attributes of another type or an empty value are refused before an item is stored: see `check_for_index`.
    pub(crate) fn in_index(&self, item: &Packed) -> Option<Key> {
        let value = |attribute: &KeyAttribute| {
            let value = item.attribute(&attribute.name)?;
            if value.kind() == attribute.kind { KeyValue::from_value(value).ok() } else { None }
        };
        let partition = value(&self.partition)?;
        match &self.sort {
            Some(sort) => Some(Key { partition, sort: Some(value(sort)?) }),
            None => Some(Key { partition, sort: None }),
        }
    }

    /// As key conditions and updates want it.
    pub(crate) fn terms(&self) -> expression::KeySchema<'_> {
        expression::KeySchema {
            partition: self.partition.terms(),
            sort: self.sort.as_ref().map(KeyAttribute::terms),
        }
    }
}

impl KeyAttribute {
    fn terms(&self) -> expression::KeyAttribute<'_> {
        expression::KeyAttribute { name: &self.name, kind: self.kind }
    }
}

/// The value of a key attribute, if it is one.
fn checked(attribute: &KeyAttribute, value: AttributeValue) -> Result<KeyValue, KeyError> {
    let mismatch = |actual: Type| KeyError::Mismatch {
        name: attribute.name.clone(),
        expected: attribute.kind.name(),
        actual: actual.name(),
    };
    if value.kind() != attribute.kind {
        return Err(mismatch(value.kind()));
    }
    let key = KeyValue::from_value(value).map_err(|other| mismatch(other.kind()))?;
    let empty = |kind| KeyError::Empty { name: attribute.name.clone(), kind };
    match &key {
        KeyValue::S(text) if text.is_empty() => Err(empty("string")),
        KeyValue::B(bytes) if bytes.is_empty() => Err(empty("binary")),
        _ => Ok(key),
    }
}

impl Key {
    /// Its place among the rows.
    pub(crate) fn row(&self) -> RowKey {
        RowKey::new(&self.partition, self.sort.as_ref())
    }

    /// As attributes by name.
    pub(crate) fn to_item(&self, schema: &KeySchema) -> Item {
        let sort = schema.sort.as_ref().zip(self.sort.as_ref());
        std::iter::once((&schema.partition, &self.partition))
            .chain(sort)
            .map(|(attribute, value)| (attribute.name.clone(), value.to_value()))
            .collect()
    }
}
