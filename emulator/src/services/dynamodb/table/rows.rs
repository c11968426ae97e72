//! [`Rows`]: the items of a table or an index, in the order in which DynamoDB reads them.
//!
//! Partitions lie in the order of a hash of their key, as a Scan shows them; within a partition the sort key orders. A query is
//! a range of them, a segment of a parallel scan is a range of hashes. They lie in maps by the first bits of their hashes, so
//! that copies share what neither changes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::services::dynamodb::value::{KeyValue, Packed};

/// Where a row lies: the hash of its partition key, that key, the sort key, and in an index the key of the table's row.
///
/// Sorts as the rows do. The hash lies beside its neighbours in the tree, so that finding a row follows few pointers. Two
/// values of different types never meet in one collection, so that the bytes carry no types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowKey {
    hash: u64,
    rest: Box<[u8]>,
}

impl RowKey {
    /// The place of this key.
    pub(crate) fn new(partition: &KeyValue, sort: Option<&KeyValue>) -> Self {
        let bytes = partition.encoded_bytes() + sort.map_or(0, KeyValue::encoded_bytes);
        let mut rest = Vec::with_capacity(bytes);
        partition.encode(&mut rest);
        let hash = xxh3_64(&rest);
        if let Some(sort) = sort {
            sort.encode(&mut rest);
        }
        Self::of(hash, rest)
    }

    /// The place in an index, where keys need not be unique: the table's key follows.
    pub(crate) fn in_index(partition: &KeyValue, sort: Option<&KeyValue>, base: &Self) -> Self {
        let Self { hash, rest } = Self::new(partition, sort);
        let mut rest = rest.into_vec();
        rest.reserve_exact(size_of::<u64>() + base.rest.len());
        rest.extend_from_slice(&base.hash.to_be_bytes());
        rest.extend_from_slice(&base.rest);
        Self::of(hash, rest)
    }

    /// The hash of the partition key, evenly spread.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// What every key of this partition begins with.
    fn partition(partition: &KeyValue) -> (u64, Vec<u8>) {
        let mut rest = Vec::with_capacity(partition.encoded_bytes());
        partition.encode(&mut rest);
        (xxh3_64(&rest), rest)
    }

    fn of(hash: u64, rest: Vec<u8>) -> Self {
        Self { hash, rest: rest.into_boxed_slice() }
    }
}

/// Rows from one place to another, both ends told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    from: Bound<RowKey>,
    to: Bound<RowKey>,
}

impl Range {
    /// Every row.
    pub(crate) const ALL: Self = Self { from: Bound::Unbounded, to: Bound::Unbounded };

    /// The rows of a partition whose sort key lies between two bounds.
    pub(crate) fn partition(partition: &KeyValue, from: Bound<&KeyValue>, to: Bound<&KeyValue>) -> Self {
        let (hash, begin) = RowKey::partition(partition);
        let at = |sort: &KeyValue| {
            let mut out = begin.clone();
            sort.encode(&mut out);
            out
        };
        // A row of an index goes on after its sort key, so that "after this sort key" is "after all that begins with it".
        let from = match from {
            Bound::Unbounded => Bound::Included(RowKey::of(hash, begin.clone())),
            Bound::Included(sort) => Bound::Included(RowKey::of(hash, at(sort))),
            Bound::Excluded(sort) => match after_all_with(hash, at(sort)) {
                Some(key) => Bound::Included(key),
                None => return Self::none(),
            },
        };
        let up_to = |key: Option<RowKey>| key.map_or(Bound::Unbounded, Bound::Excluded);
        let to = match to {
            Bound::Unbounded => up_to(after_all_with(hash, begin)),
            Bound::Included(sort) => up_to(after_all_with(hash, at(sort))),
            Bound::Excluded(sort) => Bound::Excluded(RowKey::of(hash, at(sort))),
        };
        Self { from, to }
    }

    /// The rows of a partition whose sort key begins so.
    pub(crate) fn beginning(partition: &KeyValue, prefix: &KeyValue) -> Self {
        let (hash, mut out) = RowKey::partition(partition);
        prefix.encode_prefix(&mut out);
        let to = after_all_with(hash, out.clone()).map_or(Bound::Unbounded, Bound::Excluded);
        Self { from: Bound::Included(RowKey::of(hash, out)), to }
    }

    /// One of `total` equal shares of all hashes.
    pub(crate) fn segment(segment: u64, total: u64) -> Self {
        let edge = |number: u64| {
            let hash = (u128::from(number) << 64) / u128::from(total);
            u64::try_from(hash).ok().map(|hash| RowKey::of(hash, Vec::new()))
        };
        let from = edge(segment).map_or(Bound::Unbounded, Bound::Included);
        let to = edge(segment + 1).map_or(Bound::Unbounded, Bound::Excluded);
        Self { from, to }
    }

    /// No row at all.
    fn none() -> Self {
        let nowhere = || RowKey::of(0, Vec::new());
        Self { from: Bound::Included(nowhere()), to: Bound::Excluded(nowhere()) }
    }

    /// Whether this row lies in it.
    pub(crate) fn contains(&self, key: &RowKey) -> bool {
        let is_after_start = match &self.from {
            Bound::Unbounded => true,
            Bound::Included(from) => from <= key,
            Bound::Excluded(from) => from < key,
        };
        let is_before_end = match &self.to {
            Bound::Unbounded => true,
            Bound::Included(to) => key <= to,
            Bound::Excluded(to) => key < to,
        };
        is_after_start && is_before_end
    }

    /// What of it comes after this row, in the direction of reading.
    #[must_use]
    pub(crate) fn after(mut self, key: RowKey, is_forward: bool) -> Self {
        if is_forward {
            let starts_later = match &self.from {
                Bound::Included(from) | Bound::Excluded(from) => *from > key,
                Bound::Unbounded => false,
            };
            if !starts_later {
                self.from = Bound::Excluded(key);
            }
        } else {
            let ends_earlier = match &self.to {
                Bound::Included(to) | Bound::Excluded(to) => *to < key,
                Bound::Unbounded => false,
            };
            if !ends_earlier {
                self.to = Bound::Excluded(key);
            }
        }
        self
    }

    /// Whether no row can lie in it.
    fn is_empty(&self) -> bool {
        match (&self.from, &self.to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
                from >= to
            }
            _ => false,
        }
    }
}

/// The least key that is greater than all that begin so; none if there is none.
fn after_all_with(hash: u64, mut prefix: Vec<u8>) -> Option<RowKey> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            return Some(RowKey::of(hash, prefix));
        }
    }
    hash.checked_add(1).map(|next| RowKey::of(next, Vec::new()))
}

/// Rows of a part, on average, at most.
const PART_ROWS: usize = 512;
/// Parts are told apart by so many bits of the hash, at most.
const PART_BITS_MAX: u32 = 16;

/// A part of the rows: those whose hashes begin with the same bits.
type Part = BTreeMap<RowKey, Packed>;

/// Items by their place, with their sum of bytes.
///
/// A copy shares its parts with the original, and each part is copied when one of both changes it: a backup of a large table
/// keeps nobody waiting.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// In the order of the hashes, as many as `bits` can tell apart.
    parts: Vec<Arc<Part>>,
    bits: u32,
    len: usize,
    bytes: u64,
}

impl Default for Rows {
    fn default() -> Self {
        Self { parts: vec![Arc::default()], bits: 0, len: 0, bytes: 0 }
    }
}

impl Rows {
    /// Which part has the rows of a hash.
    fn part(&self, hash: u64) -> usize {
        hash.checked_shr(u64::BITS - self.bits).unwrap_or(0) as usize
    }

    /// The item at this place.
    pub(crate) fn get(&self, key: &RowKey) -> Option<&Packed> {
        self.parts[self.part(key.hash)].get(key)
    }

    /// Puts an item at its place, or takes it away; what was there before.
    pub(crate) fn set(&mut self, key: RowKey, item: Option<Packed>) -> Option<Packed> {
        let weight = |item: &Packed| item.item_bytes() as u64;
        self.bytes += item.as_ref().map_or(0, weight);
        let at = self.part(key.hash);
        let part = Arc::make_mut(&mut self.parts[at]);
        let before = match item {
            Some(item) => match part.entry(key) {
                Entry::Occupied(mut slot) => Some(slot.insert(item)),
                Entry::Vacant(slot) => {
                    slot.insert(item);
                    self.len += 1;
                    self.split_large();
                    None
                }
            },
            None => {
                let before = part.remove(&key);
                self.len -= usize::from(before.is_some());
                before
            }
        };
        self.bytes -= before.as_ref().map_or(0, weight);
        before
    }

    /// Halves all parts, if they have come to be large.
    fn split_large(&mut self) {
        if self.len <= PART_ROWS << self.bits || self.bits == PART_BITS_MAX {
            return;
        }
        self.bits += 1;
        let shift = u64::BITS - self.bits;
        let halves = |(at, part): (u64, Arc<Part>)| {
            let mut low = Arc::unwrap_or_clone(part);
            let high = low.split_off(&RowKey::of((2 * at + 1) << shift, Vec::new()));
            [Arc::new(low), Arc::new(high)]
        };
        self.parts = (0..).zip(std::mem::take(&mut self.parts)).flat_map(halves).collect();
    }

    /// The rows of a range, in the order of reading.
    pub(crate) fn range(
        &self,
        range: &Range,
        is_forward: bool,
    ) -> Box<dyn Iterator<Item = (&RowKey, &Packed)> + '_> {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let edge = |bound: &Bound<RowKey>| match bound {
            Bound::Unbounded => None,
            Bound::Included(key) | Bound::Excluded(key) => Some(self.part(key.hash)),
        };
        let first = edge(&range.from).unwrap_or(0);
        let last = edge(&range.to).unwrap_or(self.parts.len() - 1);
        if first == last {
            let rows = self.parts[first].range((range.from.clone(), range.to.clone()));
            return if is_forward { Box::new(rows) } else { Box::new(rows.rev()) };
        }
        let bounds = (range.from.clone(), range.to.clone());
        let rows = self.parts[first..=last].iter().flat_map(move |part| part.range(bounds.clone()));
        if is_forward { Box::new(rows) } else { Box::new(rows.rev()) }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// What DynamoDB counts for them all, in bytes.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::dynamodb::value::{AttributeValue, item};

    #[test]
    fn rows_are_read_in_order_however_many_there_are_and_a_copy_stays_as_it_was() {
        let packed = |n: usize| Packed::of(&item([("n", AttributeValue::N((n as i64).into()))]));
        let key = |n: usize| RowKey::new(&KeyValue::S(n.to_string()), None);
        let (mut rows, mut model) = (Rows::default(), BTreeMap::new());
        let count = 5 * PART_ROWS;
        for n in 0..count {
            rows.set(key(n), Some(packed(n)));
            model.insert(key(n), packed(n));
        }
        assert_eq!((rows.bits, rows.parts.len(), rows.len()), (3, 8, count));
        let copy = rows.clone();
        for n in (0..count).step_by(3) {
            assert_eq!(rows.set(key(n), None), model.remove(&key(n)));
        }
        let whole =
            |rows: &Rows| rows.range(&Range::ALL, true).map(|(key, _)| key.clone()).collect::<Vec<_>>();
        assert_eq!(whole(&rows), model.keys().cloned().collect::<Vec<_>>());
        assert_eq!((whole(&copy).len(), copy.len()), (count, count));
        let backwards: Vec<RowKey> = rows.range(&Range::ALL, false).map(|(key, _)| key.clone()).collect();
        assert_eq!(backwards, model.keys().rev().cloned().collect::<Vec<_>>());
        let third = Range::segment(1, 3);
        let expected: Vec<&RowKey> = model.keys().filter(|key| third.contains(key)).collect();
        assert_eq!(rows.range(&third, true).map(|(key, _)| key).collect::<Vec<_>>(), expected);
        assert_eq!(rows.get(&key(1)), Some(&packed(1)));
        assert_eq!((rows.get(&key(0)), copy.get(&key(0))), (None, Some(&packed(0))));
    }
}
