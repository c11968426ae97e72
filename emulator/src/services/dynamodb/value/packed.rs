//! [`Packed`]: an item at rest, in one allocation that the table, its indexes, streams and backups share.
//!
//! Four bytes of what DynamoDB counts for the item, then its entries: a tag of one byte before each value; lengths are
//! variable. The bytes are ours and leave the process nowhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::{AttributeValue, Item, Number, Type};

/// The head of a packed item.
pub(super) const WEIGHT_BYTES: usize = 4;

/// An item at rest. Cloning shares it; equality is that of the items, since each item packs in one way.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Packed(Arc<[u8]>);

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Packed").field(&self.unpack()).finish()
    }
}

impl Packed {
    /// An item, put to rest.
    pub(crate) fn of(item: &Item) -> Self {
        let bytes = super::item_bytes(item);
        let mut out = Vec::with_capacity(WEIGHT_BYTES + bytes + 4 * item.len() + 8);
        out.extend_from_slice(
            &u32::try_from(bytes).expect("an item of some hundred KB at most").to_le_bytes(),
        );
        entries(&mut out, item);
        Self(out.into())
    }

    /// The item.
    pub(crate) fn unpack(&self) -> Item {
        self.reader().entries()
    }

    /// One attribute, without making the others.
    pub(crate) fn attribute(&self, sought: &str) -> Option<AttributeValue> {
        let mut reader = self.reader();
        for _ in 0..reader.length() {
            let name = reader.slice();
            match name.cmp(sought.as_bytes()) {
                std::cmp::Ordering::Less => reader.skip(),
                std::cmp::Ordering::Equal => return Some(reader.value()),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }

    /// The item with only the attributes that are wanted.
    pub(crate) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let mut reader = self.reader();
        let mut kept = Item::new();
        for _ in 0..reader.length() {
            let name = reader.str();
            if wanted(name) {
                kept.insert(name.to_owned(), reader.value());
            } else {
                reader.skip();
            }
        }
        Self::of(&kept)
    }

    /// From bytes in the form of this file, the head included.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// From bytes that `shared` gave.
    pub(super) fn of_shared(bytes: &Arc<[u8]>) -> Self {
        Self(Arc::clone(bytes))
    }

    /// The bytes, shared.
    pub(super) fn shared(&self) -> Arc<[u8]> {
        Arc::clone(&self.0)
    }

    /// What DynamoDB counts for the item, as [`super::item_bytes`] does.
    pub(crate) fn item_bytes(&self) -> usize {
        u32::from_le_bytes(self.0[..WEIGHT_BYTES].try_into().expect("four bytes")) as usize
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::of(&self.0)
    }
}

pub(super) fn length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push(0x80 | (length & 0x7F) as u8);
        length >>= 7;
    }
    out.push(length as u8);
}

pub(super) fn slice(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn entries(out: &mut Vec<u8>, item: &Item) {
    length(out, item.len());
    for (name, entry) in item {
        slice(out, name.as_bytes());
        value(out, entry);
    }
}

/// Sign and count of bytes, the power of ten, then the digits, lowest byte first.
pub(super) fn number(out: &mut Vec<u8>, number: &Number) {
    let (negative, digits, exponent) = number.parts();
    let count = (128 - digits.leading_zeros()).div_ceil(8) as u8;
    out.push(count | if negative { 0x80 } else { 0 });
    out.extend_from_slice(&exponent.to_le_bytes());
    out.extend_from_slice(&digits.to_le_bytes()[..usize::from(count)]);
}

pub(super) fn value(out: &mut Vec<u8>, value: &AttributeValue) {
    out.push(value.kind() as u8);
    match value {
        AttributeValue::S(text) => slice(out, text.as_bytes()),
        AttributeValue::N(one) => number(out, one),
        AttributeValue::B(bytes) => slice(out, bytes),
        AttributeValue::Ss(set) => {
            length(out, set.len());
            set.iter().for_each(|text| slice(out, text.as_bytes()));
        }
        AttributeValue::Ns(set) => {
            length(out, set.len());
            set.iter().for_each(|one| number(out, one));
        }
        AttributeValue::Bs(set) => {
            length(out, set.len());
            set.iter().for_each(|bytes| slice(out, bytes));
        }
        AttributeValue::M(item) => entries(out, item),
        AttributeValue::L(list) => {
            length(out, list.len());
            list.iter().for_each(|entry| self::value(out, entry));
        }
        AttributeValue::Null => {}
        AttributeValue::Bool(truth) => out.push(u8::from(*truth)),
    }
}

/// Reads what the functions above wrote; nothing else ever comes here.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Of the bytes of a packed item.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(&bytes[WEIGHT_BYTES..])
    }

    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head
    }

    pub(super) fn length(&mut self) -> usize {
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.take(1)[0];
            length |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return length;
            }
            shift += 7;
        }
    }

    pub(super) fn slice(&mut self) -> &'a [u8] {
        let count = self.length();
        self.take(count)
    }

    pub(super) fn str(&mut self) -> &'a str {
        std::str::from_utf8(self.slice()).expect("packed from a text")
    }

    fn text(&mut self) -> String {
        self.str().to_owned()
    }

    pub(super) fn kind(&mut self) -> Type {
        Type::ALL[usize::from(self.take(1)[0])]
    }

    /// Passes over a value.
    fn skip(&mut self) {
        match self.kind() {
            Type::S | Type::B => {
                self.slice();
            }
            Type::N => self.skip_number(),
            Type::Ss | Type::Bs => (0..self.length()).for_each(|_| {
                self.slice();
            }),
            Type::Ns => (0..self.length()).for_each(|_| self.skip_number()),
            Type::M => (0..self.length()).for_each(|_| {
                self.slice();
                self.skip();
            }),
            Type::L => (0..self.length()).for_each(|_| self.skip()),
            Type::Null => {}
            Type::Bool => {
                self.take(1);
            }
        }
    }

    fn skip_number(&mut self) {
        let count = usize::from(self.take(1)[0] & 0x7F);
        self.take(2 + count);
    }

    pub(super) fn number(&mut self) -> Number {
        let head = self.take(1)[0];
        let exponent = i16::from_le_bytes(self.take(2).try_into().expect("two bytes"));
        let mut digits = [0; 16];
        let count = usize::from(head & 0x7F);
        digits[..count].copy_from_slice(self.take(count));
        Number::of_parts(head & 0x80 != 0, u128::from_le_bytes(digits), exponent)
    }

    fn entries(&mut self) -> Item {
        (0..self.length()).map(|_| (self.text(), self.value())).collect()
    }

    pub(super) fn set<T: Ord>(&mut self, read: impl Fn(&mut Self) -> T) -> BTreeSet<T> {
        (0..self.length()).map(|_| read(self)).collect()
    }

    fn value(&mut self) -> AttributeValue {
        match self.kind() {
            Type::S => AttributeValue::S(self.text()),
            Type::N => AttributeValue::N(self.number()),
            Type::B => AttributeValue::B(Bytes::copy_from_slice(self.slice())),
            Type::Ss => AttributeValue::Ss(self.set(Self::text)),
            Type::Ns => AttributeValue::Ns(self.set(Self::number)),
            Type::Bs => AttributeValue::Bs(self.set(|reader| Bytes::copy_from_slice(reader.slice()))),
            Type::M => AttributeValue::M(self.entries()),
            Type::L => AttributeValue::L((0..self.length()).map(|_| self.value()).collect()),
            Type::Null => AttributeValue::Null,
            Type::Bool => AttributeValue::Bool(self.take(1)[0] != 0),
        }
    }
}
