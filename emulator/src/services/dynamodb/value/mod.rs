//! [`AttributeValue`]: a value of one of DynamoDB's ten types, and [`Item`], its attributes by name.
//!
//! Numbers are in `number.rs`, how values come and go on the wire in `wire.rs` and `json.rs`, what they weigh in `size.rs`, how they lie at
//! rest in `packed.rs`, and how keys are ordered in `order.rs`. What may be stored where is not decided here.

mod direct;
mod json;
mod number;
mod order;
mod packed;
#[cfg(test)]
pub(crate) mod props;
mod size;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

pub(crate) use number::{Number, NumberError};
pub(crate) use order::KeyValue;
pub(crate) use packed::Packed;
pub(crate) use size::item_bytes;
#[cfg(test)]
pub(crate) use wire::item_from_wire;
pub(crate) use wire::{ValueError, document, item_from_val, item_to_val, item_to_wire, val_of_document};

/// An item's attributes by name, sorted.
pub(crate) type Item = BTreeMap<String, AttributeValue>;

/// A value of one of the ten types. Null carries nothing: its only value on the wire is `true`.
///
/// Equality is DynamoDB's: numbers by value, sets without order, and values of different types never equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AttributeValue {
    S(String),
    N(Number),
    B(Bytes),
    Ss(BTreeSet<String>),
    Ns(BTreeSet<Number>),
    Bs(BTreeSet<Bytes>),
    M(Item),
    L(Vec<AttributeValue>),
    Null,
    Bool(bool),
}

/// The name of a type as it stands on the wire and in expressions: `S`, `NS`, `BOOL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Type {
    S,
    N,
    B,
    Ss,
    Ns,
    Bs,
    M,
    L,
    Null,
    Bool,
}

impl Type {
    /// All of them, in the order of AWS's model.
    pub(crate) const ALL: [Self; 10] =
        [Self::S, Self::N, Self::B, Self::Ss, Self::Ns, Self::Bs, Self::M, Self::L, Self::Null, Self::Bool];

    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
            Self::M => "M",
            Self::L => "L",
            Self::Null => "NULL",
            Self::Bool => "BOOL",
        }
    }

    /// The type of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl AttributeValue {
    /// Which type it is of.
    pub(crate) const fn kind(&self) -> Type {
        match self {
            Self::S(_) => Type::S,
            Self::N(_) => Type::N,
            Self::B(_) => Type::B,
            Self::Ss(_) => Type::Ss,
            Self::Ns(_) => Type::Ns,
            Self::Bs(_) => Type::Bs,
            Self::M(_) => Type::M,
            Self::L(_) => Type::L,
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
        }
    }

    /// A text, for brevity.
    pub(crate) fn s(text: impl Into<String>) -> Self {
        Self::S(text.into())
    }
}

/// A map's entries, for items built in code.
#[cfg(test)]
pub(crate) fn item<const N: usize>(entries: [(&str, AttributeValue); N]) -> Item {
    BTreeMap::from(entries.map(|(name, value)| (name.to_owned(), value)))
}
