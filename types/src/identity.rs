//! Record identity: an index that counts, an id that looks shuffled, and a checksum of what the record says.
//!
//! The id is a permutation of the index, so either can be had from the other without a table of a million rows.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::Seed;
use rand::Rng;

const ROUNDS: usize = 4;

/// A reversible shuffle of `0..len`, keyed by a seed.
///
/// A balanced Feistel network over the smallest even number of bits that holds `len`, walked until it lands inside
/// (fewer than four steps on average).
#[derive(Clone, Debug)]
pub struct Permutation {
    len: u64,
    half_bits: u32,
    keys: [u64; ROUNDS],
}

impl Permutation {
    /// The shuffle of `0..len` that this seed and name give.
    pub fn new(seed: Seed, name: &str, len: u64) -> Self {
        let mut stream = seed.stream(name);
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        Self { len, half_bits: bits.div_ceil(2).max(1), keys: std::array::from_fn(|_| stream.next_u64()) }
    }

    /// How many values are shuffled.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing is shuffled.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where `index` goes. `index` is below `len`, and so is the answer.
    pub fn apply(&self, index: u64) -> u64 {
        assert!(index < self.len, "index {index} is outside a permutation of {}", self.len);
        self.walk(index, |value| self.keys.iter().fold(value, |v, key| self.forward(v, *key)))
    }

    /// Where `value` came from; `None` if it is not below `len`.
    pub fn invert(&self, value: u64) -> Option<u64> {
        let back = |v| self.keys.iter().rev().fold(v, |v, key| self.backward(v, *key));
        (value < self.len).then(|| self.walk(value, back))
    }

    fn walk(&self, start: u64, step: impl Fn(u64) -> u64) -> u64 {
        let mut value = step(start);
        while value >= self.len {
            value = step(value);
        }
        value
    }

    fn forward(&self, value: u64, key: u64) -> u64 {
        let (left, right) = self.split(value);
        (right << self.half_bits) | (left ^ self.mix(right, key))
    }

    fn backward(&self, value: u64, key: u64) -> u64 {
        let (left, right) = self.split(value);
        ((right ^ self.mix(left, key)) << self.half_bits) | left
    }

    fn split(&self, value: u64) -> (u64, u64) {
        (value >> self.half_bits, value & self.mask())
    }

    fn mask(&self) -> u64 {
        (1 << self.half_bits) - 1
    }

    /// One round's function: the finaliser of SplitMix64 over the half and the round's key.
    fn mix(&self, half: u64, key: u64) -> u64 {
        let mut z = (half ^ key).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) & self.mask()
    }
}

/// A 64-bit checksum (XXH3) of a record's meaning: its fields in order, each as canonical text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checksum(pub u64);

impl Checksum {
    /// The checksum of raw bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(xxh3_64(bytes))
    }

    /// The checksum of fields; `None` and the empty text differ, and so do `["ab"]` and `["a", "b"]`.
    pub fn of_fields<'a>(fields: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut sum = Sum::default();
        for field in fields {
            match field {
                Some(text) => {
                    sum.add(&(text.len() as u64).to_le_bytes());
                    sum.add(text.as_bytes());
                }
                None => sum.add(&u64::MAX.to_le_bytes()),
            }
        }
        Self(sum.end())
    }
}

/// Bytes on their way into a checksum. Few are gathered and hashed at once, which costs a tenth of a hash that goes on.
struct Sum {
    few: [u8; Sum::FEW_MAX],
    count: usize,
    many: Option<Box<Xxh3>>,
}

impl Default for Sum {
    fn default() -> Self {
        Self { few: [0; Self::FEW_MAX], count: 0, many: None }
    }
}

impl Sum {
    const FEW_MAX: usize = 240;

    fn add(&mut self, bytes: &[u8]) {
        if self.many.is_none()
            && let Some(room) = self.few.get_mut(self.count..self.count + bytes.len())
        {
            room.copy_from_slice(bytes);
            self.count += bytes.len();
            return;
        }
        let few = &self.few[..self.count];
        let many = self.many.get_or_insert_with(|| {
            let mut hash = Box::new(Xxh3::new());
            hash.update(few);
            hash
        });
        many.update(bytes);
    }

    fn end(&self) -> u64 {
        match &self.many {
            Some(hash) => hash.digest(),
            None => xxh3_64(&self.few[..self.count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Index to id and back is the index, and the id is in range.
        #[test]
        fn a_permutation_undoes_itself(seed: u64, len in 1u64..1_000_000, pick: u64) {
            let permutation = Permutation::new(Seed(seed), "ids", len);
            let index = pick % len;
            let id = permutation.apply(index);
            prop_assert!(id < len);
            prop_assert_eq!(permutation.invert(id), Some(index));
        }

        /// Every value is hit exactly once.
        #[test]
        fn a_permutation_hits_every_value_once(seed: u64, len in 1u64..2_000) {
            let permutation = Permutation::new(Seed(seed), "ids", len);
            let mut hit: Vec<u64> = (0..len).map(|i| permutation.apply(i)).collect();
            hit.sort_unstable();
            prop_assert_eq!(hit, (0..len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_checksum_is_the_same_whether_its_fields_are_few_or_many() {
        for bytes in [0, 1, 100, 223, 224, 225, 231, 232, 233, 240, 241, 1_000] {
            let text = "x".repeat(bytes);
            let mut hash = Xxh3::new();
            for field in [text.as_str(), "end"] {
                hash.update(&(field.len() as u64).to_le_bytes());
                hash.update(field.as_bytes());
            }
            assert_eq!(Checksum::of_fields([Some(text.as_str()), Some("end")]).0, hash.digest(), "{bytes}");
        }
    }

    #[test]
    fn a_value_outside_the_range_came_from_nowhere() {
        assert_eq!(Permutation::new(Seed(1), "ids", 10).invert(10), None);
    }

    #[test]
    fn checksums_tell_field_borders_and_nulls_apart() {
        let sum = |fields: &[Option<&str>]| Checksum::of_fields(fields.iter().copied());
        assert_ne!(sum(&[Some("ab")]), sum(&[Some("a"), Some("b")]));
        assert_ne!(sum(&[Some("")]), sum(&[None]));
        assert_eq!(sum(&[Some("a"), None]), sum(&[Some("a"), None]));
    }
}
