//! A mapping's poller of a stream: its shards, parents before children.
//!
//! A shard is read when all its parents are done: read to their ends, and every record of theirs processed or given up.
//! The retention is asked for whenever the mapping starts; a change of it meanwhile is not seen (left out).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use wavetank_wire::{Val, WireError};

use super::super::payload::Payload;
use super::agenda::Part;
use super::config::Settings;
use super::env::{Env, Owed, Report};
use super::lane::Stuck;
use super::shard::{Shard, Stream};
use super::source::{Position, ShardInfo, StreamSource};

/// Whether the shards are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    No,
    Asked,
    Yes,
}

/// The shards of one mapping.
#[derive(Debug)]
pub(super) struct StreamPoller {
    source: StreamSource,
    retention: Duration,
    listed: Listed,
    /// Pages of the list so far.
    found: Vec<ShardInfo>,
    shards: BTreeMap<Arc<str>, Shard>,
    /// Shards whose children may be read.
    done: BTreeSet<String>,
}

impl StreamPoller {
    pub(super) fn new(source: StreamSource, retention: Duration) -> Self {
        Self {
            source,
            retention,
            listed: Listed::No,
            found: Vec::new(),
            shards: BTreeMap::new(),
            done: BTreeSet::new(),
        }
    }

    /// The mapping is enabled.
    pub(super) fn start(&mut self, env: &mut Env<'_, '_>) {
        let (uuid, epoch) = (env.identity.uuid.clone(), env.identity.epoch);
        let token = env.owe(Owed::Retention { uuid, epoch });
        self.source.describe(env.cx, token);
        match self.listed {
            Listed::Yes => self.advance_all(env),
            Listed::No | Listed::Asked => self.list(env, None),
        }
    }

    fn list(&mut self, env: &mut Env<'_, '_>, next: Option<String>) {
        self.listed = Listed::Asked;
        let (uuid, epoch) = (env.identity.uuid.clone(), env.identity.epoch);
        let token = env.owe(Owed::Shards { uuid, epoch });
        self.source.list(env.cx, &env.settings.start, next, token);
    }

    pub(super) fn retention_came(&mut self, result: Result<Val, WireError>) {
        if let Ok(reply) = result {
            self.retention = self.source.retention(reply);
        }
    }

    pub(super) fn shards_came(&mut self, env: &mut Env<'_, '_>, result: Result<Val, WireError>) {
        let (shards, next) = match result {
            Ok(reply) => self.source.shards(&env.settings.start, reply),
            Err(error) => {
                // Asked again with the stream's next signal.
                self.listed = Listed::No;
                self.found.clear();
                return env.note(&format!("PROBLEM: {}", error.message));
            }
        };
        self.found.extend(shards);
        if next.is_some() {
            return self.list(env, next);
        }
        self.listed = Listed::Yes;
        let found = std::mem::take(&mut self.found);
        let known: BTreeSet<&str> = found.iter().map(|info| &*info.id).collect();
        // What lies before the starting position counts as done.
        let before = found.iter().flat_map(|info| &info.parents).filter(|id| !known.contains(id.as_str()));
        self.done.extend(before.cloned());
        for info in found {
            let start = env.settings.start.clone();
            self.shards.insert(info.id.clone(), Shard::new(info, start, env.settings));
        }
        self.advance_all(env);
    }

    /// The stream has something new.
    pub(super) fn hear(&mut self, env: &mut Env<'_, '_>) {
        if self.listed == Listed::No && !env.is_paused {
            return self.list(env, None);
        }
        let (source, now) = (&self.source, env.cx.now);
        let hears = |(id, shard): (&Arc<str>, &mut Shard)| shard.hear(source, now).then(|| Arc::clone(id));
        for id in self.shards.iter_mut().filter_map(hears).collect::<Vec<_>>() {
            self.advance(env, &id);
        }
    }

    fn advance_all(&mut self, env: &mut Env<'_, '_>) {
        let ids: Vec<Arc<str>> = self.shards.keys().cloned().collect();
        for id in ids {
            self.advance(env, &id);
        }
    }

    /// Does whatever can be done for a shard now.
    pub(super) fn advance(&mut self, env: &mut Env<'_, '_>, id: &str) {
        self.on_shard(env, id, |shard, env, stream| shard.advance(env, stream));
    }

    pub(super) fn iterator_came(&mut self, env: &mut Env<'_, '_>, id: &str, result: Result<Val, WireError>) {
        let result = result.map(|reply| self.source.iterator_of(reply));
        self.on_shard(env, id, |shard, env, stream| shard.iterator_came(env, stream, result));
    }

    pub(super) fn page_came(&mut self, env: &mut Env<'_, '_>, id: &str, result: Result<Val, WireError>) {
        let now = env.cx.now;
        let result = result.map(|reply| self.source.page(now, reply));
        self.on_shard(env, id, |shard, env, stream| shard.page_came(env, stream, result));
    }

    pub(super) fn children_came(&mut self, env: &mut Env<'_, '_>, id: &str, result: Result<Val, WireError>) {
        let result = result.map(StreamSource::children_of);
        self.on_shard(env, id, |shard, env, stream| shard.children_came(env, stream, result));
    }

    pub(super) fn ended(&mut self, env: &mut Env<'_, '_>, id: &str, lane: usize, report: Report) {
        self.on_shard(env, id, |shard, env, stream| shard.ended(env, stream, lane, report));
    }

    /// Acts on a shard; then its children are known, and those whose parents are done are read.
    fn on_shard<'c>(
        &mut self,
        env: &mut Env<'_, 'c>,
        id: &str,
        act: impl FnOnce(&mut Shard, &mut Env<'_, 'c>, Stream<'_>),
    ) {
        let stream = Stream { source: &self.source, retention: self.retention };
        let Some(shard) = self.shards.get_mut(id) else { return };
        if !shard.is_open() && shard.info.parents.iter().all(|parent| self.done.contains(parent)) {
            shard.open();
        }
        act(shard, env, stream);
        let children = std::mem::take(&mut shard.children);
        let is_done = shard.is_done();
        for child in children {
            if !self.done.contains(&*child.id) {
                let start = Position::Horizon;
                let make = || Shard::new(child.clone(), start, env.settings);
                self.shards.entry(child.id.clone()).or_insert_with(make);
            }
        }
        if is_done {
            self.shards.remove(id);
            self.done.insert(id.to_owned());
            env.out.agenda.set((env.identity.uuid.clone(), Part::Shard(id.into())), None);
            let waits = |shard: &&Shard| shard.info.parents.iter().any(|parent| parent == id);
            let waiting: Vec<Arc<str>> =
                self.shards.values().filter(waits).map(|shard| shard.info.id.clone()).collect();
            for child in waiting {
                self.advance(env, &child);
            }
        }
    }

    /// What an invocation is to get.
    pub(super) fn payload(&mut self, shard: &str, lane: usize, role: &str) -> Option<Payload> {
        self.shards.get_mut(shard)?.payload(&self.source, lane, role)
    }

    /// When the last record of an invocation came.
    pub(super) fn last_arrival(&self, shard: &str, lane: usize) -> Option<wavetank_types::Timestamp> {
        self.shards.get(shard)?.last_arrival(lane)
    }

    /// What blocks shards, in order of their ids.
    pub(super) fn stuck(&self) -> impl Iterator<Item = (&str, Stuck)> {
        self.shards.iter().flat_map(|(id, shard)| shard.stuck().map(move |stuck| (&**id, stuck)))
    }

    pub(super) fn retention(&self) -> Duration {
        self.retention
    }

    /// Begins anew with what is not done.
    pub(super) fn restart(&mut self, settings: &Settings) {
        self.found.clear();
        if self.listed == Listed::Asked {
            self.listed = Listed::No;
        }
        for shard in self.shards.values_mut() {
            shard.restart(settings);
        }
    }
}
