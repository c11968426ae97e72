//! [`KeyValue`]: the value of a key attribute, and the bytes that sort as DynamoDB sorts it.
//!
//! Texts sort by their UTF-8 bytes, binaries by their unsigned bytes, numbers by value.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html (an edition of 2023-02 read 2026-11-28).

use bytes::Bytes;

use super::number::DIGITS_MAX;
use super::{AttributeValue, Number};

/// What a key attribute may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyValue {
    S(String),
    N(Number),
    B(Bytes),
}

impl KeyValue {
    /// The value of a key attribute, if it is of a type that keys have.
    pub(crate) fn of(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(text) => Some(Self::S(text.clone())),
            AttributeValue::N(number) => Some(Self::N(*number)),
            AttributeValue::B(bytes) => Some(Self::B(bytes.clone())),
            _ => None,
        }
    }

    /// The same, taken over; the value is handed back if it is no key's.
    pub(crate) fn from_value(value: AttributeValue) -> Result<Self, AttributeValue> {
        match value {
            AttributeValue::S(text) => Ok(Self::S(text)),
            AttributeValue::N(number) => Ok(Self::N(number)),
            AttributeValue::B(bytes) => Ok(Self::B(bytes)),
            other => Err(other),
        }
    }

    /// The attribute's value again.
    pub(crate) fn to_value(&self) -> AttributeValue {
        match self {
            Self::S(text) => AttributeValue::S(text.clone()),
            Self::N(number) => AttributeValue::N(*number),
            Self::B(bytes) => AttributeValue::B(bytes.clone()),
        }
    }

    /// Its weight in a key.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.bytes(),
            Self::B(bytes) => bytes.len(),
        }
    }

    /// Appends bytes that sort as the values do, and of which none is the beginning of another's.
    ///
    /// Texts and binaries: a zero byte becomes 0, 0xFF, and 0, 0 ends them.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::S(text) => terminated(out, text.as_bytes()),
            Self::B(bytes) => terminated(out, bytes),
            Self::N(number) => sorted_number(out, number),
        }
    }

    /// How many bytes that makes, if no zero byte is among them.
    pub(crate) fn encoded_bytes(&self) -> usize {
        match self {
            Self::S(text) => text.len() + 2,
            Self::B(bytes) => bytes.len() + 2,
            Self::N(number) => match number.significant_digits() {
                0 => 1,
                count => 4 + count.div_ceil(2) as usize,
            },
        }
    }

    /// The same without the end: what every longer text or binary that begins with it begins with.
    pub(crate) fn encode_prefix(&self, out: &mut Vec<u8>) {
        match self {
            Self::S(text) => escaped(out, text.as_bytes()),
            Self::B(bytes) => escaped(out, bytes),
            Self::N(number) => sorted_number(out, number),
        }
    }
}

fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    if !bytes.contains(&0) {
        return out.extend_from_slice(bytes);
    }
    for &byte in bytes {
        out.push(byte);
        if byte == 0 {
            out.push(0xFF);
        }
    }
}

fn terminated(out: &mut Vec<u8>, bytes: &[u8]) {
    escaped(out, bytes);
    out.extend_from_slice(&[0, 0]);
}

/// Digits that fit into 64 bits with two to spare, an even number of them.
const SMALL_DIGITS: u32 = 18;
/// What the first two of them count.
const SMALL_UNIT: u64 = 10_u64.pow(SMALL_DIGITS - 2);

/// Sign, the power of ten of the first digit, then two digits a byte up to a zero; all but the sign inverted below zero.
fn sorted_number(out: &mut Vec<u8>, number: &Number) {
    let count = number.significant_digits();
    if count == 0 {
        out.push(1);
        return;
    }
    let negative = number.is_negative();
    out.push(if negative { 0 } else { 2 });
    let start = out.len();
    let magnitude = u16::try_from(number.magnitude() + 1000).expect("between -130 and 125, raised by 1000");
    out.extend_from_slice(&magnitude.to_be_bytes());
    let (_, digits, _) = number.parts();
    match u64::try_from(digits) {
        Ok(digits) if count <= SMALL_DIGITS => {
            // The usual case: 128 bits divide slowly.
            let mut rest = digits * 10_u64.pow(SMALL_DIGITS - count);
            while rest > 0 {
                out.push((rest / SMALL_UNIT) as u8 + 1);
                rest = rest % SMALL_UNIT * 100;
            }
        }
        _ => {
            let mut rest = digits * 10_u128.pow(DIGITS_MAX - count);
            let mut unit = 10_u128.pow(DIGITS_MAX - 2);
            while rest > 0 {
                // From 1 to 100, so that none is the zero that ends them.
                out.push((rest / unit) as u8 + 1);
                rest %= unit;
                unit /= 100;
            }
        }
    }
    out.push(0);
    if negative {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}
