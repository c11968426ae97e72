//! A queue's messages: who may be received, in which order, and until when the others are hidden.
//!
//! A standard queue gives each message for itself, the longest visible first. A FIFO queue gives the first messages of a
//! group, in order, as far as they are visible: the first hidden message blocks what comes behind it.
//! Recorded: so AWS does (LocalStack's `test_fifo_message_group_visibility_*`, 2023 to 2025-11-19), and it takes the group
//! first whose first message has been visible for longest.
//! Time: `settle` brings the queue to now; nothing here has a deadline of its own. Left out: who waits, see `receive.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::sqs::SendMessageOutput;

use super::attributes::Settings;
use super::message::{Message, Standing};
use super::receive::{Attempt, Waiter};
use super::tasks::Task;
use crate::world::Ticket;

/// Receives from which on a message's age is told no more.
const RECEIVES_COUNTED_MAX: u64 = 3;

/// A queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) arn: String,
    /// Part of every receipt handle.
    pub(super) mark: u64,
    pub(super) settings: Settings,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) purged: Option<Timestamp>,
    pub(super) tasks: Vec<Task>,
    pub(super) waiters: BTreeMap<Ticket, Waiter>,
    pub(super) waits_end: BTreeSet<(Timestamp, Ticket)>,
    /// The tank itself has received from it: a mapping of Lambda. It is told when hidden messages become visible.
    pub(super) watched: bool,
    /// The deadline that stands for this queue.
    pub(super) armed: Option<Timestamp>,
    pub(super) attempts: BTreeMap<String, Attempt>,
    pub(super) dedup: Dedup,
    pub(super) next: u64,
    messages: BTreeMap<u64, Message>,
    /// Who may be received when: each message of a standard queue, the first of each group of a FIFO queue.
    line: BTreeSet<(Timestamp, u64)>,
    groups: BTreeMap<String, BTreeSet<u64>>,
    in_flight: BTreeSet<(Timestamp, u64)>,
    delayed: BTreeSet<(Timestamp, u64)>,
    ages: BTreeSet<(Timestamp, u64)>,
}

/// What was sent in the last five minutes, by scope and deduplication id.
#[derive(Debug, Default)]
pub(super) struct Dedup {
    known: BTreeMap<(String, String), SendMessageOutput>,
    ends: BTreeSet<(Timestamp, (String, String))>,
}

impl Dedup {
    /// What the first message of this id was answered, if it is remembered.
    pub(super) fn known(&mut self, now: Timestamp, key: &(String, String)) -> Option<&SendMessageOutput> {
        while self.ends.first().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.known.remove(&key);
            }
        }
        self.known.get(key)
    }

    pub(super) fn remember(&mut self, until: Timestamp, key: (String, String), answer: SendMessageOutput) {
        self.ends.insert((until, key.clone()));
        self.known.insert(key, answer);
    }
}

/// What a receive may take, found but not taken yet.
#[derive(Debug, Default)]
pub(super) struct Picked {
    pub(super) given: Vec<u64>,
    /// Received too often: these go to the dead-letter queue instead.
    pub(super) dead: Vec<u64>,
}

/// How many messages stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

impl Queue {
    pub(super) fn new(name: &str, arn: String, mark: u64, settings: Settings, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            arn,
            mark,
            settings,
            tags: BTreeMap::new(),
            created: now,
            modified: now,
            purged: None,
            tasks: Vec::new(),
            waiters: BTreeMap::new(),
            waits_end: BTreeSet::new(),
            watched: false,
            armed: None,
            attempts: BTreeMap::new(),
            dedup: Dedup::default(),
            next: 0,
            messages: BTreeMap::new(),
            line: BTreeSet::new(),
            groups: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            delayed: BTreeSet::new(),
            ages: BTreeSet::new(),
        }
    }

    /// Lets go what has passed: retention, delays, visibility timeouts.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let retention = Duration::from_secs(self.settings.retention_secs);
        while let Some((sent, place)) = self.ages.first().copied() {
            if sent + retention > now {
                break;
            }
            self.remove(place);
        }
        for set in [&mut self.in_flight, &mut self.delayed] {
            while set.first().is_some_and(|(at, _)| *at <= now) {
                let Some((_, place)) = set.pop_first() else { break };
                if let Some(message) = self.messages.get_mut(&place) {
                    message.standing = Standing::Waiting;
                }
            }
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let (in_flight, delayed) = (self.in_flight.len(), self.delayed.len());
        Counts { visible: self.messages.len() - in_flight - delayed, in_flight, delayed }
    }

    /// How many stood where at an earlier instant, if nothing but time has touched the queue since.
    pub(super) fn counts_at(&self, at: Timestamp) -> Counts {
        let hidden = |set: &BTreeSet<(Timestamp, u64)>| set.len() - set.range(..=(at, u64::MAX)).count();
        let gone = at - Duration::from_secs(self.settings.retention_secs);
        let left = self.messages.len() - self.ages.range(..=(gone, u64::MAX)).count();
        let (in_flight, delayed) = (hidden(&self.in_flight), hidden(&self.delayed));
        Counts { visible: left.saturating_sub(in_flight + delayed), in_flight, delayed }
    }

    /// When the oldest message was sent that has not been received three times.
    ///
    /// Documented: those that nobody can process do not count
    /// (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html, read 2026-11-29).
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        let is_worn = |place: &u64| {
            self.messages.get(place).is_some_and(|message| message.receives_here >= RECEIVES_COUNTED_MAX)
        };
        self.ages.iter().find(|(_, place)| !is_worn(place)).map(|(sent, _)| *sent)
    }

    /// Whether somebody who asks now gets something.
    pub(super) fn has_visible(&self, now: Timestamp) -> bool {
        self.line.first().is_some_and(|(at, _)| *at <= now)
    }

    /// When the next hidden or delayed message can be received.
    pub(super) fn next_visible(&self, now: Timestamp) -> Option<Timestamp> {
        self.line.range((now + Duration::from_micros(1), 0)..).next().map(|(at, _)| *at)
    }

    pub(super) fn get(&self, place: u64) -> Option<&Message> {
        self.messages.get(&place)
    }

    /// Puts a message at the end. Its number is its place in the queue for ever.
    pub(super) fn push(&mut self, message: Message) -> u64 {
        self.next += 1;
        let place = self.next;
        match message.standing {
            Standing::Delayed => drop(self.delayed.insert((message.visible_at, place))),
            Standing::InFlight => drop(self.in_flight.insert((message.visible_at, place))),
            Standing::Waiting => {}
        }
        self.ages.insert((message.sent, place));
        if self.settings.fifo {
            let group = message.group.clone().unwrap_or_default();
            let group = self.groups.entry(group).or_default();
            if group.is_empty() {
                self.line.insert((message.visible_at, place));
            }
            group.insert(place);
        } else {
            self.line.insert((message.visible_at, place));
        }
        self.messages.insert(place, message);
        place
    }

    /// Takes a message out.
    pub(super) fn remove(&mut self, place: u64) -> Option<Message> {
        let message = self.messages.remove(&place)?;
        let key = (message.visible_at, place);
        self.in_flight.remove(&key);
        self.delayed.remove(&key);
        self.ages.remove(&(message.sent, place));
        self.line.remove(&key);
        if self.settings.fifo {
            let name = message.group.clone().unwrap_or_default();
            let group = self.groups.get_mut(&name)?;
            group.remove(&place);
            match group.first() {
                Some(first) => drop(self.line.insert((self.messages[first].visible_at, *first))),
                None => drop(self.groups.remove(&name)),
            }
        }
        Some(message)
    }

    /// Changes a message, and keeps line and sets in step with it.
    pub(super) fn change(&mut self, place: u64, change: impl FnOnce(&mut Message)) {
        let Some(message) = self.messages.get_mut(&place) else { return };
        let before = (message.visible_at, place);
        change(message);
        let after = (message.visible_at, place);
        self.in_flight.remove(&before);
        self.delayed.remove(&before);
        match message.standing {
            Standing::InFlight => drop(self.in_flight.insert(after)),
            Standing::Delayed => drop(self.delayed.insert(after)),
            Standing::Waiting => {}
        }
        // Behind the first of its group a message stands in no line.
        if self.line.remove(&before) {
            self.line.insert(after);
        }
    }

    /// Hides a message until `until`, or shows it if that is now.
    pub(super) fn hide(&mut self, place: u64, now: Timestamp, until: Timestamp) {
        self.change(place, |message| {
            message.visible_at = until;
            message.standing = if until > now { Standing::InFlight } else { Standing::Waiting };
        });
    }

    /// Finds up to `max` messages that may be received. `receives_max` is the redrive policy's, if its queue exists.
    pub(super) fn pick(&self, now: Timestamp, max: usize, receives_max: Option<u64>) -> Picked {
        let mut picked = Picked::default();
        let limit = limit_of(self.in_flight.len(), max);
        for (_, first) in self.line.range(..=(now, u64::MAX)) {
            if picked.given.len() >= limit {
                break;
            }
            if self.settings.fifo {
                self.pick_group(*first, now, limit, receives_max, &mut picked);
            } else {
                self.pick_one(*first, receives_max, &mut picked);
            }
        }
        picked
    }

    fn pick_group(
        &self,
        first: u64,
        now: Timestamp,
        limit: usize,
        receives_max: Option<u64>,
        picked: &mut Picked,
    ) {
        let group = self.messages[&first].group.as_deref().unwrap_or_default();
        for place in &self.groups[group] {
            if picked.given.len() >= limit || self.messages[place].visible_at > now {
                break;
            }
            self.pick_one(*place, receives_max, picked);
        }
    }

    fn pick_one(&self, place: u64, receives_max: Option<u64>, picked: &mut Picked) {
        let worn = receives_max.is_some_and(|max| self.messages[&place].receives_here >= max);
        if worn { picked.dead.push(place) } else { picked.given.push(place) }
    }

    /// Forgets all messages.
    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.line.clear();
        self.groups.clear();
        self.in_flight.clear();
        self.delayed.clear();
        self.ages.clear();
        self.attempts.clear();
    }

    /// Messages that could be received now, the first first; for move tasks.
    pub(super) fn first_visible(&self, now: Timestamp) -> Option<u64> {
        self.line.first().filter(|(at, _)| *at <= now).map(|(_, place)| *place)
    }
}

/// How many may still be given without going over the limit of messages in flight.
fn limit_of(in_flight: usize, max: usize) -> usize {
    max.min(super::super::limits::IN_FLIGHT_MAX.saturating_sub(in_flight))
}
