//! Records that the Kinesis Producer Library has packed into one: taken apart as Firehose does when a stream is its source.
//!
//! Documented: github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md (read 2026-11-28): four magic
//! bytes, a protocol buffers message, its MD5. docs.aws.amazon.com/streams/latest/dev/kpl-with-firehose.html (read
//! 2026-11-28): Firehose takes them apart before it hands them to a function or delivers them; Lambda's mappings do not.
//! Assumed: what is not whole is a record like any other, as the Kinesis Client Library has it.
//! Left out: explicit hash keys and tags, which nothing here reads.

use bytes::Bytes;
use md5::{Digest as _, Md5};

const MAGIC: [u8; 4] = [0xF3, 0x89, 0x9A, 0xC2];
const DIGEST_BYTES: usize = 16;

/// One of the records that were packed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) partition_key: String,
    pub(super) data: Bytes,
}

/// The records that are packed into this one, in their order. `None` if it is no such record.
pub(super) fn open(data: &Bytes) -> Option<Vec<User>> {
    let rest = data.strip_prefix(&MAGIC)?;
    let length = rest.len().checked_sub(DIGEST_BYTES)?;
    let (message, digest) = rest.split_at(length);
    if Md5::digest(message).as_slice() != digest {
        return None;
    }
    let message = data.slice(MAGIC.len()..MAGIC.len() + length);
    let (mut keys, mut packed) = (Vec::new(), Vec::new());
    let mut fields = Fields(&message);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(key)) => keys.push(std::str::from_utf8(key).ok()?),
            (3, Value::Bytes(record)) => packed.push(record),
            _ => {}
        }
    }
    packed.into_iter().map(|record| user(&message, &keys, record)).collect()
}

/// Reads one packed record: the place of its key in the table, and its data.
fn user(message: &Bytes, keys: &[&str], record: &[u8]) -> Option<User> {
    let (mut key, mut data) = (None, None);
    let mut fields = Fields(record);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Number(at)) => key = keys.get(usize::try_from(at).ok()?),
            (3, Value::Bytes(found)) => data = Some(message.slice_ref(found)),
            _ => {}
        }
    }
    Some(User { partition_key: (*key?).to_owned(), data: data? })
}

/// A value as protocol buffers write it; what is of fixed width is passed over.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// What is left of a message.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next field and its number; `Some(None)` at the end, `None` if the message is not whole.
    fn next(&mut self) -> Option<Option<(u64, Value<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some(Some((tag >> 3, value)))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Seven bits in each byte, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn number(mut number: u64, out: &mut Vec<u8>) {
        while number >= 0x80 {
            out.push(number as u8 | 0x80);
            number >>= 7;
        }
        out.push(number as u8);
    }

    fn bytes(field: u64, value: &[u8], out: &mut Vec<u8>) {
        number(field << 3 | 2, out);
        number(value.len() as u64, out);
        out.extend(value);
    }

    /// Packs records as the Producer Library does.
    pub(in super::super) fn pack(records: &[(&str, &str)]) -> Bytes {
        let mut message = Vec::new();
        let mut keys: Vec<&str> = records.iter().map(|(key, _)| *key).collect();
        keys.dedup();
        keys.iter().for_each(|key| bytes(1, key.as_bytes(), &mut message));
        bytes(2, b"170141183460469231731687303715884105728", &mut message);
        for (key, data) in records {
            let mut record = Vec::new();
            number(1 << 3, &mut record);
            number(keys.iter().position(|known| known == key).expect("it is listed") as u64, &mut record);
            number(2 << 3, &mut record);
            number(0, &mut record);
            bytes(3, data.as_bytes(), &mut record);
            bytes(4, b"\x0a\x01t", &mut record);
            bytes(3, &record, &mut message);
        }
        let digest = Md5::digest(&message);
        [MAGIC.as_slice(), &message, &digest].concat().into()
    }

    #[test]
    fn packed_records_come_out_in_order_with_their_keys() {
        let long = "x".repeat(300);
        let records = [("a", "1"), ("a", ""), ("b", long.as_str()), ("a", "4")];
        let found = open(&pack(&records)).expect("it is whole");
        let found: Vec<(&str, &[u8])> =
            found.iter().map(|user| (user.partition_key.as_str(), &*user.data)).collect();
        assert_eq!(found, records.map(|(key, data)| (key, data.as_bytes())));
    }

    #[test]
    fn what_is_not_whole_is_no_packed_record() {
        let whole = pack(&[("a", "1"), ("b", "2")]);
        assert_eq!(open(&Bytes::from_static(b"{}")), None);
        assert_eq!(open(&Bytes::from_static(&MAGIC)), None);
        for at in 0..whole.len() {
            let mut broken = whole.to_vec();
            broken[at] ^= 0x10;
            assert_eq!(open(&broken.into()), None, "byte {at}");
            assert_eq!(open(&whole.slice(..at)), None, "{at} bytes");
        }
        // A message with a right digest and a key that is not in the table.
        let mut message = Vec::new();
        bytes(3, &[8, 5, 0x1A, 1, b'x'], &mut message);
        let digest = Md5::digest(&message);
        assert_eq!(open(&[MAGIC.as_slice(), &message, &digest].concat().into()), None);
    }
}
