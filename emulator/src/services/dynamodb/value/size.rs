//! What values weigh against the limits of DynamoDB and its capacity units, in bytes.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html (an edition of 2023-02 read 2026-11-28).

use super::{AttributeValue, Item, Number};

/// A list or map weighs this much by itself, and one byte for each of its entries.
pub(super) const CONTAINER_BYTES: usize = 3;

impl AttributeValue {
    /// Its weight.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.bytes(),
            Self::B(bytes) => bytes.len(),
            Self::Ss(set) => set.iter().map(String::len).sum(),
            Self::Ns(set) => set.iter().map(Number::bytes).sum(),
            Self::Bs(set) => set.iter().map(bytes::Bytes::len).sum(),
            Self::M(entries) => CONTAINER_BYTES + entries.len() + item_bytes(entries),
            Self::L(entries) => {
                CONTAINER_BYTES + entries.iter().map(|entry| 1 + entry.bytes()).sum::<usize>()
            }
            Self::Null | Self::Bool(_) => 1,
        }
    }
}

impl Number {
    /// One byte for each two significant digits, one more, and one for a sign.
    pub(crate) fn bytes(&self) -> usize {
        self.significant_digits().div_ceil(2) as usize + 1 + usize::from(self.is_negative())
    }
}

/// An item's weight: the names and the values of its attributes.
pub(crate) fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.bytes()).sum()
}
