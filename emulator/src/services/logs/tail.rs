//! Live tail: new events of a few groups, pushed to a client every second for three hours.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html (read 2026-11-28, as in
//! botocore 1.44.5): at most 500 events an update, more are sampled; of a slow reader's updates ten wait, then the oldest
//! are dropped. Assumed: a sample is drawn evenly.

use std::collections::VecDeque;

use wavetank_types::Timestamp;
use wavetank_wire::logs::*;
use wavetank_wire::{ToVal as _, Val, WireError};

use super::error::LogsError;
use super::limits::*;
use super::pattern::Pattern;
use super::state::{Due, Event, Logs, name_of};
use crate::world::{Cx, Effect, Ticket};

/// An open live tail.
#[derive(Debug)]
pub(super) struct Session {
    /// Names of the groups, and how the client named them.
    groups: Vec<(String, String)>,
    streams: Option<Vec<String>>,
    prefixes: Option<Vec<String>>,
    pattern: Pattern,
    /// Events since the last update, or a sample of them.
    fresh: Vec<(u64, LiveTailSessionLogEvent)>,
    /// How many there were.
    seen: u64,
    /// Updates that the client has no room for yet.
    waiting: VecDeque<Val>,
    /// Whether one is on its way.
    is_sent: bool,
    next: Timestamp,
    ends: Timestamp,
}

impl Session {
    /// Looks at new events.
    pub(super) fn look(&mut self, cx: &mut Cx<'_>, group: &str, stream: &str, fresh: &[Event]) {
        let Some((_, identifier)) = self.groups.iter().find(|(name, _)| name == group).cloned() else {
            return;
        };
        let is_named = |names: &Vec<String>| names.iter().any(|name| name == stream);
        let begins = |names: &Vec<String>| names.iter().any(|name| stream.starts_with(name.as_str()));
        if !self.streams.as_ref().is_none_or(is_named) || !self.prefixes.as_ref().is_none_or(begins) {
            return;
        }
        for event in fresh.iter().filter(|event| self.pattern.matches(&event.message)) {
            self.seen += 1;
            let shown = || LiveTailSessionLogEvent {
                log_stream_name: Some(stream.to_owned()),
                log_group_identifier: Some(identifier.clone()),
                message: Some(event.message.clone()),
                timestamp: Some(event.at),
                ingestion_time: Some(event.ingested),
            };
            if self.fresh.len() < TAIL_EVENTS_MAX {
                self.fresh.push((self.seen, shown()));
            } else if let Ok(place) = usize::try_from(cx.random() % self.seen)
                && place < TAIL_EVENTS_MAX
            {
                // Each event so far is as likely to be in the sample as any other.
                self.fresh[place] = (self.seen, shown());
            }
        }
    }

    /// The update of the second that has passed.
    fn update(&mut self) -> Val {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_by_key(|(number, _)| *number);
        let sampled = std::mem::take(&mut self.seen) > fresh.len() as u64;
        let update = LiveTailSessionUpdate {
            session_metadata: Some(LiveTailSessionMetadata { sampled: Some(sampled) }),
            session_results: Some(fresh.into_iter().map(|(_, event)| event).collect()),
        };
        StartLiveTailResponseStream { session_update: Some(update), ..Default::default() }.to_val()
    }

    /// Sends the oldest update that waits, if the client has taken the one before.
    fn push(&mut self, cx: &mut Cx<'_>, ticket: Ticket) {
        if !self.is_sent
            && let Some(update) = self.waiting.pop_front()
        {
            self.is_sent = true;
            cx.push(Effect::Event(ticket, Ok(update)));
        }
    }
}

impl Logs {
    pub(super) fn start_live_tail(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartLiveTailInput,
    ) -> Result<Ticket, LogsError> {
        if input.log_stream_names.is_some() && input.log_stream_name_prefixes.is_some() {
            const BOTH: &str = "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.";
            return Err(LogsError::Parameters(BOTH));
        }
        let has_streams = input.log_stream_names.is_some() || input.log_stream_name_prefixes.is_some();
        if has_streams && input.log_group_identifiers.len() > 1 {
            const ONE: &str = "Log streams can be specified only with a single log group.";
            return Err(LogsError::Parameters(ONE));
        }
        let pattern = Pattern::parse(input.log_event_filter_pattern.as_deref().unwrap_or_default())?;
        let mut groups = Vec::new();
        for identifier in &input.log_group_identifiers {
            let name = name_of(identifier);
            self.group(name)?;
            groups.push((name.to_owned(), identifier.clone()));
        }
        if self.tails.len() >= TAILS_MAX {
            return Err(LogsError::Limit(format!("At most {TAILS_MAX} live tail sessions can be open.")));
        }
        let (ticket, session_id, request_id) = (cx.ticket(), cx.uuid(), cx.uuid());
        let start = LiveTailSessionStart {
            request_id: Some(request_id),
            session_id: Some(session_id),
            log_group_identifiers: Some(input.log_group_identifiers),
            log_stream_names: Some(input.log_stream_names.clone().unwrap_or_default()),
            log_stream_name_prefixes: Some(input.log_stream_name_prefixes.clone().unwrap_or_default()),
            log_event_filter_pattern: Some(input.log_event_filter_pattern.unwrap_or_default()),
        };
        let start = StartLiveTailResponseStream { session_start: Some(start), ..Default::default() };
        let next = cx.now + TAIL_BEAT;
        let session = Session {
            groups,
            streams: input.log_stream_names,
            prefixes: input.log_stream_name_prefixes,
            pattern,
            fresh: Vec::new(),
            seen: 0,
            waiting: VecDeque::new(),
            is_sent: true,
            next,
            ends: cx.now + TAIL_LIFE,
        };
        self.tails.insert(ticket, session);
        self.due.insert((next, Due::Tail(ticket)));
        cx.push(Effect::Event(ticket, Ok(start.to_val())));
        Ok(ticket)
    }

    /// A second has passed.
    pub(super) fn tail_due(&mut self, cx: &mut Cx<'_>, ticket: Ticket) {
        let Some(session) = self.tails.get_mut(&ticket) else { return };
        if cx.now >= session.ends {
            self.tails.remove(&ticket);
            // Assumed: the sentence.
            let why = WireError::client("SessionTimeoutException", "Session timed out after 3 hours.");
            cx.push(Effect::Event(ticket, Err(why)));
            return;
        }
        let update = session.update();
        session.waiting.push_back(update);
        if session.waiting.len() > TAIL_UPDATES_MAX {
            session.waiting.pop_front();
        }
        session.push(cx, ticket);
        session.next += TAIL_BEAT;
        self.due.insert((session.next, Due::Tail(ticket)));
    }

    /// The client has taken an event.
    pub(super) fn tail_taken(&mut self, cx: &mut Cx<'_>, ticket: Ticket) {
        if let Some(session) = self.tails.get_mut(&ticket) {
            session.is_sent = false;
            session.push(cx, ticket);
        }
    }

    /// The client has gone.
    pub(super) fn tail_left(&mut self, ticket: Ticket) {
        if let Some(session) = self.tails.remove(&ticket) {
            self.due.remove(&(session.next, Due::Tail(ticket)));
        }
    }
}
