//! Protocol buffers, as far as ORC's footers need them written.

use super::streams::unsigned;

/// A message under way.
#[derive(Debug, Default)]
pub(super) struct Message(pub(super) Vec<u8>);

impl Message {
    pub(super) fn number(&mut self, field: u32, value: u64) {
        unsigned(u128::from(field) << 3, &mut self.0);
        unsigned(value.into(), &mut self.0);
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        unsigned(u128::from(field) << 3 | 2, &mut self.0);
        unsigned(value.len() as u128, &mut self.0);
        self.0.extend(value);
    }

    pub(super) fn packed(&mut self, field: u32, values: &[u64]) {
        let mut inner = Vec::new();
        values.iter().for_each(|value| unsigned((*value).into(), &mut inner));
        self.bytes(field, &inner);
    }

    /// A message within this one.
    pub(super) fn message(&mut self, field: u32, fill: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        fill(&mut inner);
        self.bytes(field, &inner.0);
    }
}
