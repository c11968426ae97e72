//! When each part of each mapping wants to be looked at again: one instant for a part, the earliest first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wavetank_types::Timestamp;

use crate::world::Cx;

/// A part of a mapping that waits for an instant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The mapping's own state.
    State,
    /// A shard, by its id.
    Shard(Arc<str>),
    /// The queue's poller.
    Queue,
    /// A record of failure that is sent again, by its number.
    Letter(u64),
}

/// A part, by the mapping's id.
pub(super) type Entry = (Arc<str>, Part);

/// The instants, both ways round.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    by_entry: BTreeMap<Entry, Timestamp>,
    by_time: BTreeSet<(Timestamp, Entry)>,
}

impl Agenda {
    /// The part waits for this instant from now on, or for none.
    pub(super) fn set(&mut self, entry: Entry, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.by_entry.insert(entry.clone(), at),
            None => self.by_entry.remove(&entry),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, entry.clone()));
        }
        if let Some(at) = at {
            self.by_time.insert((at, entry));
        }
    }

    /// The earliest instant.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes the first part whose instant has come; of those of one instant the one whose turn it is.
    pub(super) fn take_due(&mut self, cx: &mut Cx<'_>) -> Option<Entry> {
        let first = self.next().filter(|at| *at <= cx.now)?;
        let same = self.by_time.iter().take_while(|(at, _)| *at == first);
        let count = same.take(cx.turns_known()).count();
        let (at, entry) = self.by_time.iter().nth(cx.whose_turn(count))?.clone();
        self.by_time.remove(&(at, entry.clone()));
        self.by_entry.remove(&entry);
        Some(entry)
    }

    /// Forgets every part of a mapping. Records of failure that are on their way go on.
    pub(super) fn forget(&mut self, uuid: &str) {
        let is_its = |entry: &&Entry| *entry.0 == *uuid && !matches!(entry.1, Part::Letter(_));
        let gone: Vec<Entry> = self.by_entry.keys().filter(is_its).cloned().collect();
        for entry in gone {
            self.set(entry, None);
        }
    }
}
