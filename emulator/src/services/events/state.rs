//! EventBridge of one account and region: what there is, and when something is due.
//!
//! `buses.rs`, `rules.rs`, `targets.rs` and `archives.rs` have what their names say; `put.rs` takes events and finds their rules,
//! `send.rs` brings them to targets, `replays.rs` sends archived ones again.

mod archives;
mod buses;
mod put;
mod replays;
mod rules;
mod send;
mod targets;

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::{Arn, Timestamp};

use super::error::EventsError;
use super::limits;
use crate::patterns::Pattern;
use crate::world::Cx;
use archives::Archive;
use buses::Bus;
use replays::Replaying;
use send::{Owed, Sending};

/// The bus that is always there.
const DEFAULT: &str = "default";

/// EventBridge of one account and region.
#[derive(Debug, Default)]
pub struct Events {
    buses: BTreeMap<String, Bus>,
    archives: BTreeMap<String, Archive>,
    replays: BTreeMap<String, Replaying>,
    /// When rules with a schedule run next, by their names: they are all of the default bus.
    scheduled: BTreeSet<(Timestamp, String)>,
    /// What is sent again, by instant and number.
    waiting: BTreeMap<(Timestamp, u64), Sending>,
    /// What targets and queues owe an answer for, by token.
    owed: BTreeMap<u64, Owed>,
    /// By the ARN of a bus or rule.
    tags: BTreeMap<String, BTreeMap<String, String>>,
}

impl Events {
    /// What a client sees of a fresh account: one bus.
    pub(super) fn begin(&mut self, cx: &Cx<'_>) {
        if self.buses.is_empty() {
            self.buses.insert(DEFAULT.to_owned(), Bus::new(cx, DEFAULT));
        }
    }

    /// What happens once: it keeps the tank from rest.
    pub(super) fn next_work(&self) -> Option<Timestamp> {
        let waiting = self.waiting.keys().next().map(|(at, _)| *at);
        let replays = self.replays.values().filter_map(Replaying::due).min();
        [waiting, replays].into_iter().flatten().min()
    }

    pub(super) fn next_scheduled(&self) -> Option<Timestamp> {
        self.scheduled.first().map(|(at, _)| *at)
    }
}

/// An ARN of this service in the caller's region.
fn own_arn(cx: &Cx<'_>, resource: String) -> String {
    Arn::new("events", &cx.scope.region, &cx.scope.account, resource).to_string()
}

/// The name within an ARN, or the name itself.
fn name_of(text: &str) -> &str {
    match text.split_once(":event-bus/").or_else(|| text.split_once(":archive/")) {
        Some((_, name)) => name,
        None => text,
    }
}

/// Refuses what is no pattern.
fn read_pattern(text: &str) -> Result<Pattern, EventsError> {
    Pattern::parse(text).map_err(|why| EventsError::Pattern(why.told(text)))
}

/// Some of a list, and the token of what follows: how many there were before it.
fn page<T>(
    all: impl Iterator<Item = T>,
    token: Option<&str>,
    limit: Option<i64>,
) -> Result<(Vec<T>, Option<String>), EventsError> {
    let skip = token.map_or(Ok(0), str::parse::<usize>);
    let skip = skip.map_err(|_| {
        EventsError::Invalid("Parameter NextToken is not valid. Reason: Invalid token.".to_owned())
    })?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(limits::LIST_MAX);
    let mut rest = all.skip(skip).peekable();
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let next = rest.peek().map(|_| (skip + page.len()).to_string());
    Ok((page, next))
}
