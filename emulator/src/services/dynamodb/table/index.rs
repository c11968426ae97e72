//! [`Index`]: a secondary index, local or global: which items it has, and what of them.

use std::collections::BTreeSet;

use crate::services::dynamodb::value::Packed;

use super::keys::{Key, KeySchema};
use super::rows::{RowKey, Rows};

/// What an index keeps of an item besides the keys of table and index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Projection {
    All,
    KeysOnly,
    /// These attributes.
    Include(BTreeSet<String>),
}

/// A secondary index. What only a global one has (its state, throughput, backfill) is with the table's settings.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) is_global: bool,
    pub(crate) keys: KeySchema,
    pub(crate) projection: Projection,
    pub(crate) rows: Rows,
}

/// What a change of an item did to an index: weights before and after, in bytes, for capacity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexChange {
    pub(crate) before: Option<usize>,
    pub(crate) after: Option<usize>,
    /// The item moved from one key to another, which costs two writes.
    pub(crate) has_moved: bool,
    /// Whether anything changed at all: an index whose projection stays the same is not written.
    pub(crate) is_written: bool,
}

impl Index {
    /// The same index with nothing in it.
    pub(crate) fn without_rows(&self) -> Self {
        Self {
            name: self.name.clone(),
            is_global: self.is_global,
            keys: self.keys.clone(),
            projection: self.projection.clone(),
            rows: Rows::default(),
        }
    }

    /// What it keeps of an item; the whole item is shared, not copied.
    fn projected(&self, table: &KeySchema, item: &Packed) -> Packed {
        match self.projection {
            Projection::All => item.clone(),
            _ => item.only(|name| self.projects(table, name)),
        }
    }

    /// Whether it has all that is asked for, so that the table need not be read.
    pub(crate) fn projects(&self, table: &KeySchema, name: &str) -> bool {
        match &self.projection {
            Projection::All => true,
            Projection::KeysOnly => table.contains(name) || self.keys.contains(name),
            Projection::Include(names) => {
                table.contains(name) || self.keys.contains(name) || names.contains(name)
            }
        }
    }

    /// Follows a change of the table's item at `base`.
    pub(crate) fn follow(
        &mut self,
        table: &KeySchema,
        base: &RowKey,
        old: Option<&Packed>,
        new: Option<&Packed>,
    ) -> IndexChange {
        let place = |key: Key| RowKey::in_index(&key.partition, key.sort.as_ref(), base);
        let old_place = old.and_then(|item| self.keys.in_index(item)).map(place);
        let new_row = new.and_then(|item| {
            let key = self.keys.in_index(item)?;
            Some((place(key), self.projected(table, item)))
        });
        let mut change = IndexChange {
            before: old_place.as_ref().and_then(|place| self.rows.get(place)).map(Packed::item_bytes),
            after: new_row.as_ref().map(|(_, item)| item.item_bytes()),
            has_moved: false,
            is_written: false,
        };
        match (old_place, new_row) {
            (None, None) => {}
            (Some(old), None) => {
                self.rows.set(old, None);
                change.is_written = true;
            }
            (None, Some((place, item))) => {
                self.rows.set(place, Some(item));
                change.is_written = true;
            }
            (Some(old), Some((place, item))) => {
                change.has_moved = old != place;
                if change.has_moved {
                    self.rows.set(old, None);
                }
                let before = self.rows.set(place, Some(item.clone()));
                change.is_written = before.as_ref() != Some(&item);
            }
        }
        change
    }
}
