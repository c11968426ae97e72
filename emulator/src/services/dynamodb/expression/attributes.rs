//! [`Attributes`]: what an expression needs of an item, at hand or at rest.

use std::borrow::Cow;

use super::super::value::{AttributeValue, Item, Packed};

/// Something that has attributes by name.
pub(crate) trait Attributes {
    /// The value of an attribute, borrowed where that is possible.
    fn attribute(&self, name: &str) -> Option<Cow<'_, AttributeValue>>;
}

impl Attributes for Item {
    fn attribute(&self, name: &str) -> Option<Cow<'_, AttributeValue>> {
        self.get(name).map(Cow::Borrowed)
    }
}

impl Attributes for Packed {
    /// Made from its bytes; the other attributes are passed over.
    fn attribute(&self, name: &str) -> Option<Cow<'_, AttributeValue>> {
        Self::attribute(self, name).map(Cow::Owned)
    }
}
