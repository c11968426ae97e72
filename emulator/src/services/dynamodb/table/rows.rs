//! [`Rows`]: the items of a table or an index, in the order in which DynamoDB reads them.
//!
//! Partitions lie in the order of a hash of their key, as a Scan shows them; within a partition the sort key orders. One
//! map holds all: a query is a range of it, a segment of a parallel scan is a range of hashes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

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

/// Items by their place, with their sum of bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    rows: BTreeMap<RowKey, Packed>,
    bytes: u64,
}

impl Rows {
    /// The item at this place.
    pub(crate) fn get(&self, key: &RowKey) -> Option<&Packed> {
        self.rows.get(key)
    }

    /// Puts an item at its place, or takes it away; what was there before.
    pub(crate) fn set(&mut self, key: RowKey, item: Option<Packed>) -> Option<Packed> {
        let weight = |item: &Packed| item.item_bytes() as u64;
        self.bytes += item.as_ref().map_or(0, weight);
        let before = match item {
            Some(item) => match self.rows.entry(key) {
                Entry::Occupied(mut slot) => Some(slot.insert(item)),
                Entry::Vacant(slot) => {
                    slot.insert(item);
                    None
                }
            },
            None => self.rows.remove(&key),
        };
        self.bytes -= before.as_ref().map_or(0, weight);
        before
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
        let rows = self.rows.range((range.from.clone(), range.to.clone()));
        if is_forward { Box::new(rows) } else { Box::new(rows.rev()) }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What DynamoDB counts for them all, in bytes.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }
}
