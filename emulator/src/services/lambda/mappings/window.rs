//! A tumbling window: a span of arrival times, and the state that one invocation hands to the next.
//!
//! Documented: docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html (read 2026-11-28): an answer without a
//! state has failed, a state over 1 MB ends the window early, the end of a shard ends its window.
//! Assumed: windows begin at whole multiples of their length since 1970; the last invocation of a window has no
//! records; after an early end the same window goes on with an empty state.

use std::time::Duration;

use wavetank_types::Timestamp;

use super::event::WindowPart;
use super::limits;

/// A window that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    start: Timestamp,
    end: Timestamp,
    /// JSON.
    state: String,
}

impl Window {
    /// The window that an instant falls into.
    pub(super) fn around(at: Timestamp, span: Duration) -> Self {
        let secs = i64::try_from(span.as_secs()).unwrap_or(i64::MAX).max(1);
        let start = Timestamp::from_secs(at.micros().div_euclid(1_000_000).div_euclid(secs) * secs);
        Self { start, end: start + span, state: "{}".to_owned() }
    }

    /// Whether windows of this length would have this one.
    pub(super) fn fits(&self, tumbling: Option<Duration>) -> bool {
        tumbling.is_some_and(|span| Self::around(self.start, span).end == self.end)
    }

    pub(super) fn end(&self) -> Timestamp {
        self.end
    }

    pub(super) fn state(&self) -> &str {
        &self.state
    }

    /// Whether a record that arrived then belongs here. One that is late does.
    pub(super) fn holds(&self, arrival: Timestamp) -> bool {
        arrival < self.end
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.state.len() > limits::WINDOW_STATE_BYTES_MAX
    }

    pub(super) fn keep(&mut self, state: String) {
        self.state = state;
    }

    pub(super) fn clear(&mut self) {
        "{}".clone_into(&mut self.state);
    }

    /// What the event says of the window.
    pub(super) fn part(&self, is_final: bool, is_early: bool) -> WindowPart<'_> {
        WindowPart { start: self.start, end: self.end, state: &self.state, is_final, is_early }
    }
}
