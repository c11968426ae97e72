//! Event source mappings: streams and queues are read, their records gathered into batches, and a function is called
//! with each until the batch is done or given up.
//!
//! Kinesis streams, their consumers, streams of DynamoDB tables, SQS queues. Left out: Kafka, MQ, DocumentDB,
//! provisioned pollers, metrics, keys and tags of mappings: all refused by name.
//! Time: a mapping changes its state in [`limits::TRANSITION`]; a shard is read once a second while it has news; what is
//! idle waits for its source's signal; failures back off from 1 to 60 s.
//! This is a value beside Lambda's functions and knows nothing of them: it leaves wishes for invocations
//! ([`Mappings::next_want`]) and is told how they ended ([`Mappings::ended`]).
//! Start with `mapping.rs`, then `stream.rs`, `shard.rs` and `lane.rs`, or `queue.rs`.

mod agenda;
mod config;
mod create;
mod destination;
mod env;
mod error;
pub(super) mod event;
mod filter;
mod lane;
mod letter;
pub mod limits;
mod mapping;
mod queue;
mod response;
mod shard;
mod source;
mod stream;
mod window;

#[cfg(test)]
mod props;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use wavetank_types::Timestamp;
use wavetank_wire::lambda as api;
use wavetank_wire::{Val, WireError};

use super::Refusal;
use super::payload::Payload;
use crate::world::{Blocked, Cx, Effect, Scope};
use agenda::Part;
use config::Changes;
pub(super) use env::{Call, FunctionRef, Report, Slot, Want};
use env::{Env, Out, Owed};
pub use error::MappingRefusal;
use mapping::{Mapping, Poller, State, Then};

/// The mappings of one account and region.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    all: BTreeMap<String, Mapping>,
    out: Out,
}

impl Mappings {
    fn find(&mut self, uuid: &str) -> Result<&mut Mapping, MappingRefusal> {
        self.all.get_mut(uuid).ok_or(MappingRefusal::NoMapping)
    }

    pub(super) fn get(
        &self,
        scope: &Scope,
        uuid: &str,
    ) -> Result<api::EventSourceMappingConfiguration, MappingRefusal> {
        self.all.get(uuid).map(|mapping| mapping.describe(scope)).ok_or(MappingRefusal::NoMapping)
    }

    /// Mappings in order of their ids, a page at a time; the marker is the id that the next page begins with.
    pub(super) fn list(
        &self,
        scope: &Scope,
        function_arn: Option<&str>,
        input: &api::ListEventSourceMappingsInput,
    ) -> Result<api::ListEventSourceMappingsOutput, MappingRefusal> {
        let marker = input.marker.as_deref().filter(|marker| !marker.is_empty());
        if let Some(marker) = marker.filter(|marker| marker.len() != 36) {
            return Err(MappingRefusal::NotAMarker(marker.to_owned()));
        }
        let source = input.event_source_arn.as_deref().filter(|arn| !arn.is_empty());
        let is_wanted = |mapping: &&Mapping| {
            source.is_none_or(|arn| mapping.source.arn() == arn)
                && function_arn.is_none_or(|arn| mapping.identity.function.arn == arn)
                && marker.is_none_or(|marker| &*mapping.identity.uuid >= marker)
        };
        let asked =
            input.max_items.and_then(|n| usize::try_from(n).ok()).unwrap_or(limits::PAGE_MAPPINGS_MAX);
        let most = asked.clamp(1, limits::PAGE_MAPPINGS_MAX);
        let mut found = self.all.values().filter(is_wanted);
        let page = found.by_ref().take(most).map(|mapping| mapping.describe(scope)).collect();
        let next_marker = found.next().map(|mapping| mapping.identity.uuid.to_string());
        Ok(api::ListEventSourceMappingsOutput { next_marker, event_source_mappings: Some(page) })
    }

    pub(super) fn update(
        &mut self,
        cx: &mut Cx<'_>,
        function: Option<FunctionRef>,
        input: &api::UpdateEventSourceMappingInput,
    ) -> Result<api::EventSourceMappingConfiguration, Refusal> {
        let changes = Changes::of_update(input)?;
        let mapping = self.all.get_mut(&input.uuid).ok_or(MappingRefusal::NoMapping)?;
        if mapping.then.is_some() {
            return Err(MappingRefusal::InUse("update").into());
        }
        mapping.settings = mapping.settings.clone().with(&mapping.source, changes)?;
        if let Some(function) = function {
            mapping.identity.function = Arc::new(function);
        }
        let was_enabled = mapping.state == State::Enabled;
        let (state, then) = match (was_enabled, input.enabled.unwrap_or(was_enabled)) {
            (true, true) => (State::Updating, Then::Enabled),
            (false, false) => (State::Updating, Then::Disabled),
            (true, false) => (State::Disabling, Then::Disabled),
            (false, true) => (State::Enabling, Then::Enabled),
        };
        mapping.change(cx, &mut self.out, state, then);
        Ok(mapping.describe(cx.scope))
    }

    pub(super) fn delete(
        &mut self,
        cx: &mut Cx<'_>,
        uuid: &str,
    ) -> Result<api::EventSourceMappingConfiguration, MappingRefusal> {
        let mapping = self.all.get_mut(uuid).ok_or(MappingRefusal::NoMapping)?;
        if mapping.then.is_some() {
            return Err(MappingRefusal::InUse("delete"));
        }
        mapping.change(cx, &mut self.out, State::Deleting, Then::Gone);
        Ok(mapping.describe(cx.scope))
    }

    /// When something is due.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.out.agenda.next()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        while let Some((uuid, part)) = self.out.agenda.take_due(cx) {
            match part {
                Part::State => self.settle(cx, &uuid),
                Part::Letter(number) => self.send_again(cx, number),
                Part::Shard(id) => self.with(cx, &uuid, |poller, env| {
                    if let Poller::Stream(poller) = poller {
                        poller.advance(env, &id);
                    }
                }),
                Part::Queue => self.with(cx, &uuid, |poller, env| {
                    if let Poller::Queue(poller) = poller {
                        poller.advance(env);
                    }
                }),
            }
        }
    }

    /// Ends a mapping's change, if it is over.
    fn settle(&mut self, cx: &mut Cx<'_>, uuid: &str) {
        let Ok(mapping) = self.find(uuid) else { return };
        let topic = mapping.source.topic().to_owned();
        match mapping.settle(cx) {
            Some(Then::Enabled) => {
                cx.push(Effect::Watch(topic));
                self.with(cx, uuid, |poller, env| match poller {
                    Poller::Stream(poller) => poller.start(env),
                    Poller::Queue(poller) => poller.hear(env),
                });
            }
            Some(Then::Disabled) => self.stop_watching(cx, topic),
            Some(Then::Gone) => {
                self.all.remove(uuid);
                self.out.agenda.forget(uuid);
                self.stop_watching(cx, topic);
            }
            None => {}
        }
    }

    fn stop_watching(&self, cx: &mut Cx<'_>, topic: String) {
        let is_watching =
            |mapping: &Mapping| mapping.state == State::Enabled && mapping.source.topic() == topic;
        if !self.all.values().any(is_watching) {
            cx.push(Effect::Unwatch(topic));
        }
    }

    fn with(&mut self, cx: &mut Cx<'_>, uuid: &str, act: impl FnOnce(&mut Poller, &mut Env<'_, '_>)) {
        if let Some(mapping) = self.all.get_mut(uuid) {
            let (poller, mut env) = mapping.split(cx, &mut self.out);
            act(poller, &mut env);
        }
    }

    /// As [`Mappings::with`], unless the mapping has begun anew since.
    fn with_epoch(
        &mut self,
        cx: &mut Cx<'_>,
        uuid: &str,
        epoch: u64,
        act: impl FnOnce(&mut Poller, &mut Env<'_, '_>),
    ) {
        if self.all.get(uuid).is_some_and(|mapping| mapping.identity.epoch == epoch) {
            self.with(cx, uuid, act);
        }
    }

    /// A source has something new.
    pub(super) fn signal(&mut self, cx: &mut Cx<'_>, topic: &str) {
        let hears = |mapping: &&Mapping| mapping.state == State::Enabled && mapping.source.topic() == topic;
        let uuids: Vec<Arc<str>> =
            self.all.values().filter(hears).map(|mapping| mapping.identity.uuid.clone()).collect();
        for uuid in uuids {
            self.with(cx, &uuid, |poller, env| match poller {
                Poller::Stream(poller) => poller.hear(env),
                Poller::Queue(poller) => poller.hear(env),
            });
        }
    }

    /// Another service has replied.
    pub(super) fn replied(&mut self, cx: &mut Cx<'_>, token: u64, result: Result<Val, WireError>) {
        let Some(owed) = self.out.owed.remove(&token) else { return };
        let (uuid, epoch) = match &owed {
            Owed::Create(_) | Owed::Destination(_) => (Arc::from(""), 0),
            Owed::Retention { uuid, epoch }
            | Owed::Shards { uuid, epoch }
            | Owed::Iterator { uuid, epoch, .. }
            | Owed::Records { uuid, epoch, .. }
            | Owed::Children { uuid, epoch, .. }
            | Owed::Messages { uuid, epoch } => (uuid.clone(), *epoch),
        };
        match owed {
            Owed::Create(pending) => self.source_replied(cx, pending, result),
            Owed::Destination(letter) => self.letter_replied(cx, *letter, result),
            owed => self.with_epoch(cx, &uuid, epoch, |poller, env| match (poller, owed) {
                (Poller::Stream(poller), Owed::Retention { .. }) => poller.retention_came(result),
                (Poller::Stream(poller), Owed::Shards { .. }) => poller.shards_came(env, result),
                (Poller::Stream(poller), Owed::Iterator { shard, .. }) => {
                    poller.iterator_came(env, &shard, result);
                }
                (Poller::Stream(poller), Owed::Records { shard, .. }) => {
                    poller.page_came(env, &shard, result);
                }
                (Poller::Stream(poller), Owed::Children { shard, .. }) => {
                    poller.children_came(env, &shard, result);
                }
                (Poller::Queue(poller), Owed::Messages { .. }) => poller.messages_came(env, result),
                (_, owed) => unreachable!("a poller is never owed {owed:?}"),
            }),
        }
    }

    /// The next invocation that a mapping wants.
    pub(super) fn next_want(&mut self) -> Option<Want> {
        self.out.wants.pop_front()
    }

    /// What an invocation is to get; none if it is no longer wanted.
    pub(super) fn payload(&mut self, call: &Call, role: &str) -> Option<Payload> {
        let mapping = self.all.get_mut(&*call.uuid).filter(|mapping| mapping.identity.epoch == call.epoch)?;
        match (&mut mapping.poller, &call.slot) {
            (Poller::Stream(poller), Slot::Lane { shard, lane }) => poller.payload(shard, *lane, role),
            (Poller::Queue(poller), Slot::Messages(number)) => poller.payload(*number),
            _ => None,
        }
    }

    /// When the last record of a batch came to its stream; none of a queue's messages.
    pub(super) fn last_arrival(&self, call: &Call) -> Option<wavetank_types::Timestamp> {
        match (&self.all.get(&*call.uuid)?.poller, &call.slot) {
            (Poller::Stream(poller), Slot::Lane { shard, lane }) => poller.last_arrival(shard, *lane),
            _ => None,
        }
    }

    /// An invocation has ended, or was not accepted.
    pub(super) fn ended(&mut self, cx: &mut Cx<'_>, call: &Call, report: Report) {
        if let Some(mapping) = self.all.get_mut(&*call.uuid) {
            mapping.progress.running = mapping.progress.running.saturating_sub(1);
        }
        self.with_epoch(cx, &call.uuid, call.epoch, |poller, env| match (poller, &call.slot) {
            (Poller::Stream(poller), Slot::Lane { shard, lane }) => poller.ended(env, shard, *lane, report),
            (Poller::Queue(poller), Slot::Messages(number)) => poller.ended(env, *number, report),
            _ => {}
        });
        self.settle(cx, &call.uuid);
    }

    /// Records that keep those behind them waiting.
    pub(super) fn blocked(&self, scope: &Scope) -> Vec<Blocked> {
        let mut out = Vec::new();
        for mapping in self.all.values() {
            let Poller::Stream(poller) = &mapping.poller else { continue };
            for (shard, stuck) in poller.stuck() {
                let expiry =
                    mapping.settings.age_max.map_or(poller.retention(), |age| age.min(poller.retention()));
                out.push(Blocked {
                    who: mapping.arn(scope),
                    consumer: mapping.identity.function.arn.clone(),
                    source: mapping.source.arn().to_owned(),
                    place: shard.to_owned(),
                    record: stuck.sequence,
                    key: stuck.key,
                    records: stuck.records,
                    since: stuck.since,
                    attempts: stuck.attempts,
                    cause: stuck.cause,
                    until: stuck.arrival + expiry,
                    remedy: remedy(&mapping.settings, stuck.attempts, stuck.records),
                });
            }
        }
        out
    }
}

/// What would unblock a shard, in a sentence.
fn remedy(settings: &config::Settings, attempts: u32, records: usize) -> String {
    let give_up = match settings.retries {
        Some(retries) => {
            format!("it is given up after {} more failed attempts", (retries + 1).saturating_sub(attempts))
        }
        None => "set MaximumRetryAttempts to give it up sooner".to_owned(),
    };
    let alone = if settings.bisects || records == 1 {
        ""
    } else {
        "; BisectBatchOnFunctionError or ReportBatchItemFailures would free the records beside it"
    };
    format!("the function must succeed on it; {give_up}{alone}")
}
