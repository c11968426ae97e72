//! What is counted while a scenario's input goes in: its requests, one after the other, and how many records have gone.
//!
//! A request that is refused, wholly or in part, goes again: that is a try of the same one. See `harness/src/send.rs` for who does so.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use wavetank::Timestamp;
use wavetank::progress::{Progress, Stage};
use wavetank::watched::Watch;
use wavetank_load::tally::Tally;

use crate::progress::Terminal;

/// The input's requests so far.
#[derive(Debug, Default)]
pub(super) struct Counting {
    tally: Tally,
    /// When the first was to leave.
    began: Option<Timestamp>,
    /// When the connection was last free again.
    free: Option<Timestamp>,
    /// Whether something of the last request is still to be taken, so that the next one is it again.
    is_open: bool,
    took: Duration,
}

impl Counting {
    /// Takes a request with its answer.
    pub(super) fn take(&mut self, watch: &Watch<'_>) {
        let began = *self.began.get_or_insert(watch.due);
        self.took = watch.done.since(began);
        let free = self.free.replace(watch.done).map_or(watch.due, |free| free.max(watch.due));
        let tally = &mut self.tally;
        tally.counters.calls += 1;
        tally.counters.bytes_sent += watch.bytes;
        tally.latency.record(watch.done.since(watch.due));
        tally.service.record(watch.done.since(watch.sent));
        if self.is_open {
            // The pause before it is meant: it says nothing of how late the run is by itself.
            tally.counters.retries += 1;
        } else {
            tally.counters.requests += 1;
            tally.lateness.record(watch.sent.since(free));
        }
        self.is_open = match watch.answer {
            Some(answer) => {
                tally.counters.bytes_received += answer.body().len() as u64;
                let error_type =
                    answer.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok());
                !tally.count_answer(answer.status().as_u16(), error_type, answer.body())
            }
            None => {
                tally.counters.answered += 1;
                false
            }
        };
    }

    /// All of it, and the time from the first request's instant to the last answer.
    pub(super) fn end(self) -> (Tally, Duration) {
        (self.tally, self.took)
    }
}

/// Progress on the terminal that remembers how many records have gone.
#[derive(Debug, Default)]
pub(super) struct Sending {
    terminal: Terminal,
    is_sending: AtomicBool,
    sent: AtomicU64,
}

impl Sending {
    /// Records of the input that have gone.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Wipes what was drawn.
    pub(super) fn end(&self) {
        self.terminal.end();
    }
}

impl Progress for Sending {
    fn begin(&self, stage: Stage, total: Option<u64>) {
        // Waiting is told as sending, too, without a total.
        self.is_sending.store(stage == Stage::Send && total.is_some(), Ordering::Relaxed);
        self.terminal.begin(stage, total);
    }

    fn waits(&self, what: &str) {
        self.terminal.waits(what);
    }

    fn at(&self, done: u64) {
        if self.is_sending.load(Ordering::Relaxed) {
            self.sent.store(done, Ordering::Relaxed);
        }
        self.terminal.at(done);
    }

    fn say(&self, line: &str) {
        self.terminal.say(line);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;

    use super::*;

    /// Instants in milliseconds (to leave, left, answered), and the answer's status and body.
    type Request = (i64, i64, i64, u16, &'static str);

    fn counted(requests: &[Request]) -> (Tally, Duration) {
        let mut counting = Counting::default();
        for (due, sent, done, status, body) in requests {
            let mut answer = Response::new(Bytes::copy_from_slice(body.as_bytes()));
            *answer.status_mut() = http::StatusCode::from_u16(*status).expect("a status");
            let [due, sent, done] = [due, sent, done].map(|millis| Timestamp::from_millis(*millis));
            counting.take(&Watch { due, sent, done, bytes: 10, answer: Some(&answer) });
        }
        counting.end()
    }

    const TAKEN: &str = r#"{"FailedRecordCount":0,"Records":[{},{}]}"#;
    const IN_PART: &str =
        r#"{"FailedRecordCount":1,"Records":[{},{"ErrorCode":"ProvisionedThroughputExceededException"}]}"#;
    const THROTTLED: &str = r#"{"__type":"ProvisionedThroughputExceededException"}"#;

    #[test]
    fn what_goes_again_is_a_try_of_the_same_request_and_is_answered_once() {
        let check = |requests: &[Request], expected: [u64; 6]| {
            let counters = counted(requests).0.counters;
            let found = [
                counters.requests,
                counters.calls,
                counters.answered,
                counters.retries,
                counters.refused,
                counters.throttles,
            ];
            assert_eq!(found, expected, "{requests:?}");
        };
        check(&[(0, 0, 5, 200, TAKEN), (1_000, 1_000, 1_005, 200, TAKEN)], [2, 2, 2, 0, 0, 0]);
        check(&[(0, 0, 5, 200, IN_PART), (0, 105, 110, 200, TAKEN)], [1, 2, 1, 1, 1, 1]);
        check(&[(0, 0, 5, 400, THROTTLED), (0, 105, 110, 200, TAKEN)], [1, 2, 1, 1, 0, 1]);
        check(&[(0, 0, 5, 400, THROTTLED), (0, 105, 110, 400, THROTTLED)], [1, 2, 0, 1, 0, 2]);
    }

    #[test]
    fn only_what_left_late_while_the_connection_was_free_is_the_runs_own_lateness() {
        let lateness = |requests: &[Request]| counted(requests).0.lateness.max();
        // A histogram has three digits.
        let near = |found: f64, millis: f64| {
            assert!((found - millis).abs() < 0.1 + millis * 0.002, "{found} ms, not {millis}");
        };
        near(lateness(&[(0, 0, 5, 200, TAKEN)]), 0.0);
        near(lateness(&[(0, 40, 45, 200, TAKEN)]), 40.0);
        // The second waited for the answer to the first, which is the server's.
        near(lateness(&[(0, 0, 900, 200, TAKEN), (500, 901, 905, 200, TAKEN)]), 1.0);
        // What was refused goes again after a pause.
        near(lateness(&[(0, 0, 5, 200, IN_PART), (0, 105, 110, 200, TAKEN)]), 0.0);
        let (tally, took) = counted(&[(100, 100, 900, 200, TAKEN), (500, 901, 905, 200, TAKEN)]);
        near(tally.latency.max(), 800.0);
        assert_eq!(took, Duration::from_millis(805));
    }

    #[test]
    fn records_have_gone_only_while_they_are_sent() {
        let sending = Sending::default();
        sending.begin(Stage::Generate, Some(60));
        sending.at(60);
        assert_eq!(sending.sent(), 0);
        sending.begin(Stage::Send, Some(100));
        sending.at(50);
        sending.begin(Stage::Send, None);
        sending.at(99);
        assert_eq!(sending.sent(), 50);
        sending.end();
    }
}
