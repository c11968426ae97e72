//! Groups and streams, and what becomes due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wavetank_types::{Arn, Timestamp};

use super::definitions::Definition;
use super::error::LogsError;
use super::limits::EVENT_OVERHEAD_BYTES;
use super::metric_filters::{MetricRule, Pending};
use super::policies::Policy;
use super::queries::Query;
use super::subscriptions::{Outbox, Subscription};
use super::tail::Session;
use crate::world::{Cx, Ticket};

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// When it says it happened, in milliseconds.
    pub(super) at: i64,
    /// When it came, in milliseconds.
    pub(super) ingested: i64,
    /// Its place among all events of this service: ties in time are told apart by it.
    pub(super) number: u64,
    pub(super) message: String,
}

impl Event {
    /// What it counts in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD_BYTES
    }

    pub(super) fn key(&self) -> (i64, u64) {
        (self.at, self.number)
    }
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) created: Timestamp,
    pub(super) last_ingestion: Option<i64>,
    /// In order of `(at, number)`.
    pub(super) events: Vec<Event>,
    /// Of all its events.
    pub(super) bytes: usize,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) created: Timestamp,
    pub(super) arn: String,
    pub(super) class: String,
    pub(super) retention_days: Option<i64>,
    pub(super) kms_key_id: Option<String>,
    /// Whether it cannot be deleted.
    pub(super) is_protected: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) streams: BTreeMap<String, Stream>,
    pub(super) metric_filters: BTreeMap<String, MetricRule>,
    pub(super) subscriptions: BTreeMap<String, Subscription>,
}

/// What becomes due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A query begins or ends.
    Query(String),
    /// The next update of a live tail.
    Tail(Ticket),
    /// A delivery is tried again.
    Letter(u64),
    /// The minute of metric filters is over.
    Metrics,
}

/// CloudWatch Logs of one account and region.
#[derive(Debug, Default)]
pub struct Logs {
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) events_stored: u64,
    pub(super) pending: Pending,
    pub(super) outbox: Outbox,
    pub(super) queries: BTreeMap<String, Query>,
    pub(super) definitions: BTreeMap<String, Definition>,
    pub(super) policies: BTreeMap<(Option<String>, String), Policy>,
    pub(super) tails: BTreeMap<Ticket, Session>,
    pub(super) due: BTreeSet<(Timestamp, Due)>,
}

impl Group {
    pub(super) fn new(cx: &Cx<'_>, name: &str) -> Self {
        let arn = Arn::new("logs", &cx.scope.region, &cx.scope.account, format!("log-group:{name}"));
        Self {
            created: cx.now,
            arn: arn.to_string(),
            class: "STANDARD".to_owned(),
            retention_days: None,
            kms_key_id: None,
            is_protected: false,
            tags: BTreeMap::new(),
            streams: BTreeMap::new(),
            metric_filters: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
        }
    }

    /// Events before this instant (in milliseconds) are gone.
    ///
    /// Documented: deletion happens within 72 hours of expiry, and expired events are not shown.
    pub(super) fn horizon(&self, now: Timestamp) -> i64 {
        let keep = |days: i64| Duration::from_secs(days.unsigned_abs() * 86_400);
        self.retention_days.map_or(i64::MIN, |days| (now - keep(days)).millis())
    }

    /// Filters whose patterns have regular expressions, but for the one of this name, which is about to be replaced.
    pub(super) fn regex_filters(&self, but: &str) -> usize {
        let metric = self.metric_filters.iter().map(|(name, rule)| (name, &rule.pattern));
        let subscribed = self.subscriptions.iter().map(|(name, rule)| (name, &rule.pattern));
        metric
            .chain(subscribed)
            .filter(|(name, pattern)| name.as_str() != but && pattern.regexes() > 0)
            .count()
    }
}

impl Stream {
    pub(super) fn new(created: Timestamp) -> Self {
        Self { created, last_ingestion: None, events: Vec::new(), bytes: 0 }
    }

    /// Keeps the order of time; an event as late as the last goes behind it.
    pub(super) fn insert(&mut self, event: Event) {
        self.bytes += event.bytes();
        if self.events.last().is_none_or(|last| last.key() <= event.key()) {
            self.events.push(event);
            return;
        }
        let at = self.events.partition_point(|other| other.key() <= event.key());
        self.events.insert(at, event);
    }

    /// Forgets events before the horizon, once they are more than half: moving the others each time would cost more.
    pub(super) fn trim(&mut self, horizon: i64) {
        let gone = self.events.partition_point(|event| event.at < horizon);
        if gone * 2 > self.events.len() {
            let bytes: usize = self.events.drain(..gone).map(|event| event.bytes()).sum();
            self.bytes -= bytes;
        }
    }

    /// Events from `start` on and before `end`, in milliseconds.
    pub(super) fn between(&self, start: i64, end: i64) -> &[Event] {
        let from = self.events.partition_point(|event| event.at < start);
        let to = self.events.partition_point(|event| event.at < end);
        &self.events[from..to.max(from)]
    }
}

impl Logs {
    pub(super) fn group(&self, name: &str) -> Result<&Group, LogsError> {
        self.groups.get(name).ok_or(LogsError::NoSuchGroup)
    }

    pub(super) fn group_mut(&mut self, name: &str) -> Result<&mut Group, LogsError> {
        self.groups.get_mut(name).ok_or(LogsError::NoSuchGroup)
    }

    pub(super) fn first_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Does what is due.
    pub(super) fn do_due(&mut self, cx: &mut Cx<'_>) {
        while let Some((at, _)) = self.due.first()
            && *at <= cx.now
            && let Some((_, due)) = self.due.pop_first()
        {
            match due {
                Due::Query(id) => self.query_due(cx, &id),
                Due::Tail(ticket) => self.tail_due(cx, ticket),
                Due::Letter(token) => self.letter_due(cx, token),
                Due::Metrics => self.pending.flush(cx),
            }
        }
    }
}

/// The name in a group's name or ARN.
pub(super) fn name_of(identifier: &str) -> &str {
    let name = identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name)
}
