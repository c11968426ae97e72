//! [`Table`]: its items, its indexes, and the one way in which an item changes.
//!
//! Whatever changes an item (a client's write, a transaction, TTL, a replica in another region, an import) calls
//! [`Table::change`], which tells the [`Change`] to everything that follows a table: streams, the history for point-in-time
//! recovery, replicas, a Kinesis destination. What a table is set to (throughput, tags, TTL, ...) is in `settings`; how
//! requests become changes is in `../data`.

mod index;
mod keys;
#[cfg(test)]
mod props;
mod rows;
pub(crate) mod settings;

use std::collections::BTreeMap;

pub(crate) use index::{Index, IndexChange, Projection};
pub(crate) use keys::{Key, KeyAttribute, KeyError, KeySchema};
pub(crate) use rows::{Range, RowKey, Rows};
pub(crate) use settings::Settings;

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb::RestoreSummary;

use super::backup::History;
use super::data::Buckets;
use super::destination::Destination;
use super::global::Replica;
use super::streams::Stream;
use super::ttl::TimeToLive;
use super::value::{Item, Packed};
use crate::world::{Cx, Effect};

/// A table of one region.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) keys: KeySchema,
    pub(crate) rows: Rows,
    /// By name; local ones are made with the table, global ones come and go.
    pub(crate) indexes: BTreeMap<String, Index>,
    /// What the items were, for point-in-time recovery.
    pub(crate) history: History,
    /// Its part in a global table.
    pub(crate) replica: Option<Box<Replica>>,
    pub(crate) settings: Settings,
    /// While it is enabled.
    pub(crate) stream: Option<Box<Stream>>,
    pub(crate) ttl: TimeToLive,
    /// What it is restored from; shown while it is CREATING.
    pub(crate) restore: Option<Box<RestoreSummary>>,
    /// Kinesis streams that get its changes.
    pub(crate) destinations: Vec<Destination>,
    /// What may still be read and written, in a tank with strict limits.
    pub(crate) buckets: Buckets,
    /// When it has something to do, as `../deadlines.rs` has it.
    pub(super) due: Option<Timestamp>,
}

/// Who wants an item to be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A write of a client, whatever its operation.
    Client,
    /// The item's time has come.
    TimeToLive,
    /// A replica in another region has it so.
    Replication,
    /// The table is being filled from a backup or an import: nobody is told.
    Load,
}

/// What became of one item.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) key: Key,
    pub(crate) old: Option<Packed>,
    pub(crate) new: Option<Packed>,
    /// By index, for those that were written, read or moved.
    pub(crate) indexes: Vec<(String, IndexChange)>,
}

impl Change {
    /// Whether the item is another than before. Streams tell nothing of a write that changes nothing.
    pub(crate) fn is_any(&self) -> bool {
        self.old != self.new
    }
}

impl Table {
    /// An empty table.
    pub(crate) fn new(name: impl Into<String>, keys: KeySchema, indexes: Vec<Index>) -> Self {
        let indexes = indexes.into_iter().map(|index| (index.name.clone(), index)).collect();
        Self {
            name: name.into(),
            keys,
            rows: Rows::default(),
            indexes,
            settings: Settings::default(),
            stream: None,
            ttl: TimeToLive::default(),
            destinations: Vec::new(),
            history: History::default(),
            replica: None,
            restore: None,
            buckets: Buckets::default(),
            due: None,
        }
    }

    /// The item of a key.
    #[cfg(test)]
    pub(crate) fn get(&self, key: &Key) -> Option<Item> {
        self.rows.get(&key.row()).map(Packed::unpack)
    }

    /// Gives a key this item, or none, and tells all who follow the table. The item has the key's attributes, and
    /// everything about it has been checked.
    pub(crate) fn change(&mut self, cx: &mut Cx<'_>, key: Key, new: Option<&Item>, origin: Origin) -> Change {
        self.change_packed(cx, key, new.map(Packed::of), origin)
    }

    /// The same with an item that is at rest already.
    pub(crate) fn change_packed(
        &mut self,
        cx: &mut Cx<'_>,
        key: Key,
        new: Option<Packed>,
        origin: Origin,
    ) -> Change {
        let change = self.apply(key, new);
        if change.is_any() {
            self.ttl.follow(&change, cx.now);
            if origin != Origin::Load {
                // One line for each that follows: the stream, history, replicas, the Kinesis destination.
                self.tell_stream(cx, &change, origin);
                self.tell_destinations(cx, &change, origin);
                self.history.note(cx.now, &change);
            }
        }
        // A write that changes nothing here may be the last one all the same.
        Replica::note(&mut self.replica, cx, &change, origin);
        change
    }

    /// Tells the stream, and that it has something new.
    fn tell_stream(&mut self, cx: &mut Cx<'_>, change: &Change, origin: Origin) {
        if let Some(stream) = &mut self.stream {
            stream.follow(change, change.key.row().hash(), origin, cx.now);
            cx.push(Effect::Signal(stream.arn.clone()));
        }
    }

    /// Changes rows and indexes, and nothing else.
    fn apply(&mut self, key: Key, new: Option<Packed>) -> Change {
        let row = key.row();
        if self.indexes.is_empty() {
            let old = self.rows.set(row, new.clone());
            return Change { key, old, new, indexes: Vec::new() };
        }
        let old = self.rows.set(row.clone(), new.clone());
        let mut indexes = Vec::new();
        if old != new {
            for index in self.indexes.values_mut() {
                let change = index.follow(&self.keys, &row, old.as_ref(), new.as_ref());
                if change != IndexChange::default() {
                    indexes.push((index.name.clone(), change));
                }
            }
        }
        Change { key, old, new, indexes }
    }

    /// Takes these items instead of its own, and fills its indexes from them. Nobody is told.
    pub(crate) fn load(&mut self, rows: Rows) {
        self.rows = rows;
        for (_, index) in std::mem::take(&mut self.indexes) {
            self.add_index(Index { rows: Rows::default(), ..index });
        }
    }

    /// Adds an index and fills it from the items, those that have its keys.
    pub(crate) fn add_index(&mut self, mut index: Index) {
        for (row, packed) in self.rows.range(&Range::ALL, true) {
            index.follow(&self.keys, row, None, Some(packed));
        }
        self.indexes.insert(index.name.clone(), index);
    }
}
