//! The open loop: a thread a connection, each taking the next request of the schedule, whatever became of those before.
//!
//! Latency counts from the instant at which a request was to leave. If all connections wait for answers, the next request waits for one of
//! them, and that wait is the server's: so a server that stalls is seen by all who came meanwhile. If a connection was free and the
//! request left late all the same, that is the generator's own lateness, and is told apart.
//! Requests that have not left when the time is over count with the time that they have waited, so that nothing is left out that was slow.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::api::is_throttle;
use crate::clock;
use crate::http::{Answer, Connection, HttpError};
use crate::proc::{self, ThreadTimes};
use crate::schedule::Schedule;
use crate::shot::{Keys, Shot};
use crate::tally::{Counters, Tally};

/// First pause before a throttled request is tried again; doubled each time.
const FIRST_BACK_OFF: Duration = Duration::from_millis(50);
/// Longest time after the last request was to leave in which late ones still do.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What a request is, and what its answer means.
pub(crate) trait Work: Send + Sync {
    /// Records of one request.
    fn records(&self) -> u64;

    /// Sends the request of this number and judges the answer.
    fn shoot(&self, gun: &mut Gun<'_>, number: u64) -> Outcome;
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Taken(Taken),
    Failed { name: String, is_throttle: bool },
}

/// What a request of success did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) accepted: u64,
    /// Entries that were refused, by name.
    pub(crate) refused: Vec<(String, u64)>,
    pub(crate) rows: u64,
    pub(crate) bytes_scanned: u64,
}

impl Outcome {
    pub(crate) fn of_error(error: &HttpError) -> Self {
        Self::Failed { name: error.name().to_owned(), is_throttle: false }
    }

    /// An answer that is no success.
    pub(crate) fn of_refusal(answer: Answer<'_>) -> Self {
        let name = crate::api::error_name(answer);
        let is_throttle = is_throttle(answer.status, &name);
        Self::Failed { name, is_throttle }
    }
}

/// A connection with what signs for it.
pub(crate) struct Gun<'a> {
    pub(crate) connection: &'a mut Connection,
    pub(crate) keys: &'a Keys,
    pub(crate) counters: &'a mut Counters,
}

impl Gun<'_> {
    /// The answer to a request, if the service has taken it.
    pub(crate) fn answered(&mut self, shot: &Shot) -> Result<Answer<'_>, Outcome> {
        let answer = self.fire(shot).map_err(|error| Outcome::of_error(&error))?;
        if answer.status == 200 { Ok(answer) } else { Err(Outcome::of_refusal(answer)) }
    }

    /// The same, read as JSON.
    pub(crate) fn read(&mut self, shot: &Shot) -> Result<Value, Outcome> {
        let answer = self.answered(shot)?;
        Ok(serde_json::from_slice(answer.body).unwrap_or_default())
    }

    /// Looks whether something is done. How often that takes depends on how fast the server is, so it is counted apart, with its bytes:
    /// what a load is compared by must not grow because a server is slower.
    pub(crate) fn look(&mut self, shot: &Shot) -> Result<Value, Outcome> {
        let (calls, sent, received) = (self.counters.calls, self.connection.sent, self.connection.received);
        let found = self.read(shot);
        self.counters.polls += self.counters.calls - calls;
        self.counters.poll_bytes += (self.connection.sent - sent) + (self.connection.received - received);
        self.counters.calls = calls;
        (self.connection.sent, self.connection.received) = (sent, received);
        found
    }

    fn fire(&mut self, shot: &Shot) -> Result<Answer<'_>, HttpError> {
        self.counters.calls += 1;
        self.connection.exchange(&shot.head(self.keys), &shot.body)
    }
}

/// How the load is made.
#[derive(Clone, Copy)]
pub(crate) struct Fire<'a> {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) keys: &'a Keys,
    pub(crate) connections: usize,
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    /// Requests that are sent before the clock starts, and not counted.
    pub(crate) warm_up: Option<(&'a Schedule, Duration)>,
    pub(crate) schedule: &'a Schedule,
    pub(crate) span: Duration,
    /// When the first counted request may leave.
    pub(crate) start: Instant,
    pub(crate) stop: &'a AtomicBool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Fired {
    pub(crate) tally: Tally,
    /// What the connections' threads took, and waited for a core.
    pub(crate) threads: ThreadTimes,
    /// From the start to the last answer.
    pub(crate) took: Duration,
}

/// Makes the load, and calls `at_start` when what counts begins. Comes back when the last answer is there.
pub(crate) fn fire(plan: &Fire<'_>, work: &dyn Work, at_start: &dyn Fn()) -> Fired {
    let (next_warm, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let parts: Vec<(Tally, ThreadTimes)> = std::thread::scope(|scope| {
        let run = || connection(plan, work, &next_warm, &next);
        let threads: Vec<_> = (0..plan.connections).map(|_| scope.spawn(run)).collect();
        clock::sleep_until(plan.start, plan.stop);
        at_start();
        threads.into_iter().map(|thread| thread.join().expect("a connection does not panic")).collect()
    });
    let took = clock::now().saturating_duration_since(plan.start);
    let (mut tally, mut threads) = (Tally::default(), ThreadTimes::default());
    for (part, times) in &parts {
        tally.add(part);
        threads.add(times);
    }
    let sent = next.into_inner().min(plan.schedule.len());
    count_unsent(plan, sent, &mut tally);
    Fired { tally, threads, took }
}

/// Requests that never left have waited at least until now.
fn count_unsent(plan: &Fire<'_>, first: usize, tally: &mut Tally) {
    tally.counters.intended = plan.schedule.len() as u64;
    if plan.stop.load(Ordering::Relaxed) {
        // What was to leave after somebody stopped the load says nothing of the server.
        tally.counters.intended = tally.counters.requests;
        return;
    }
    let now = clock::now();
    for place in first..plan.schedule.len() {
        let Some((_, at)) = plan.schedule.at(place) else { break };
        tally.counters.unsent += 1;
        tally.latency.record(now.saturating_duration_since(plan.start + at));
    }
}

fn connection(
    plan: &Fire<'_>,
    work: &dyn Work,
    next_warm: &AtomicUsize,
    next: &AtomicUsize,
) -> (Tally, ThreadTimes) {
    let mut connection = Connection::new(plan.address, plan.timeout);
    // The first request of each would pay for it; one that fails is told by that request.
    let _ = connection.open();
    let mut ignored = Tally::default();
    if let Some((schedule, span)) = plan.warm_up {
        let start = plan.start.checked_sub(span).unwrap_or(plan.start);
        turn(plan, work, &mut connection, schedule, start, plan.start, next_warm, &mut ignored);
    }
    clock::sleep_until(plan.start, plan.stop);
    let before = proc::thread_times();
    (connection.sent, connection.received, connection.reconnects) = (0, 0, 0);
    let mut tally = Tally::default();
    let end = plan.start + plan.span + (plan.span / 2).min(DRAIN_MAX);
    turn(plan, work, &mut connection, plan.schedule, plan.start, end, next, &mut tally);
    tally.counters.bytes_sent = connection.sent;
    tally.counters.bytes_received = connection.received;
    tally.counters.reconnects = connection.reconnects;
    (tally, proc::thread_times().since(&before))
}

/// Sends what is next until nothing is left, or until `end`.
#[expect(clippy::too_many_arguments, reason = "the loop of one thread, with what threads share")]
fn turn(
    plan: &Fire<'_>,
    work: &dyn Work,
    connection: &mut Connection,
    schedule: &Schedule,
    start: Instant,
    end: Instant,
    next: &AtomicUsize,
    tally: &mut Tally,
) {
    loop {
        let free = clock::now();
        if free >= end || plan.stop.load(Ordering::Relaxed) {
            return;
        }
        let place = next.fetch_add(1, Ordering::Relaxed);
        let Some((number, at)) = schedule.at(place) else { return };
        let due = start + at;
        if due > free {
            clock::sleep_until(due, plan.stop);
            if plan.stop.load(Ordering::Relaxed) {
                return;
            }
        }
        let sent = clock::now();
        let outcome = tried(plan, work, connection, number, tally);
        let done = clock::now();
        tally.lateness.record(sent.saturating_duration_since(due.max(free)));
        tally.service.record(done.saturating_duration_since(sent));
        tally.latency.record(done.saturating_duration_since(due));
        count(work, outcome, tally);
    }
}

/// Sends a request, and again while it is throttled and may be.
fn tried(
    plan: &Fire<'_>,
    work: &dyn Work,
    connection: &mut Connection,
    number: u64,
    tally: &mut Tally,
) -> Outcome {
    let mut back_off = FIRST_BACK_OFF;
    for attempt in 0.. {
        let mut gun = Gun { connection, keys: plan.keys, counters: &mut tally.counters };
        match work.shoot(&mut gun, number) {
            Outcome::Failed { name, is_throttle: true } if attempt < plan.retries => {
                tally.counters.throttles += 1;
                tally.counters.retries += 1;
                *tally.throttles.entry(name).or_default() += 1;
                clock::sleep(back_off);
                back_off *= 2;
            }
            outcome => return outcome,
        }
    }
    unreachable!("the last attempt returns")
}

fn count(work: &dyn Work, outcome: Outcome, tally: &mut Tally) {
    let counters = &mut tally.counters;
    counters.requests += 1;
    counters.records += work.records();
    match outcome {
        Outcome::Taken(taken) => {
            counters.answered += 1;
            counters.accepted += taken.accepted;
            counters.rows_returned += taken.rows;
            counters.bytes_scanned += taken.bytes_scanned;
            for (name, count) in taken.refused {
                tally.count_refused(&name, count);
            }
        }
        Outcome::Failed { name, is_throttle } => {
            let (number, names) = match is_throttle {
                true => (&mut counters.throttles, &mut tally.throttles),
                false => (&mut counters.errors, &mut tally.errors),
            };
            *number += 1;
            *names.entry(name).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::Arc;

    use bytes::Bytes;
    use wavetank_generators::arrivals::Arrivals;
    use wavetank_generators::kdg::Rate;
    use wavetank_types::Seed;

    use super::*;
    use crate::schedule::{Plan, Shard};

    /// Answers every request with what `answer` says of its number.
    fn server(answer: impl Fn(usize) -> &'static str + Send + Sync + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let (count, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (count, answer) = (Arc::clone(&count), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut request = [0; 4_096];
                    while stream.read(&mut request).is_ok_and(|count| count > 0) {
                        let text = answer(count.fetch_add(1, Ordering::SeqCst));
                        if stream.write_all(text.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        address
    }

    struct Gets(Shot);

    impl Work for Gets {
        fn records(&self) -> u64 {
            1
        }

        fn shoot(&self, gun: &mut Gun<'_>, _number: u64) -> Outcome {
            match gun.fire(&self.0) {
                Ok(answer) if answer.status == 200 => {
                    Outcome::Taken(Taken { accepted: 1, ..Taken::default() })
                }
                Ok(answer) => Outcome::of_refusal(answer),
                Err(error) => Outcome::of_error(&error),
            }
        }
    }

    /// Asks, and looks until it is done.
    struct Looks(Shot);

    impl Work for Looks {
        fn records(&self) -> u64 {
            1
        }

        fn shoot(&self, gun: &mut Gun<'_>, _number: u64) -> Outcome {
            let ended = gun.read(&self.0).and_then(|_| {
                loop {
                    if gun.look(&self.0)?["is_done"] == true {
                        return gun.read(&self.0);
                    }
                }
            });
            ended
                .map_or_else(|outcome| outcome, |_| Outcome::Taken(Taken { accepted: 1, ..Taken::default() }))
        }
    }

    fn get() -> Shot {
        Shot::s3("GET", "/".to_owned(), Bytes::new())
    }

    fn fired(address: SocketAddr, connections: usize, retries: u32, per_second: f64, millis: u64) -> Tally {
        fired_of(&Gets(get()), address, connections, retries, per_second, millis)
    }

    fn fired_of(
        work: &dyn Work,
        address: SocketAddr,
        connections: usize,
        retries: u32,
        per_second: f64,
        millis: u64,
    ) -> Tally {
        let keys = Keys {
            host: address.to_string(),
            region: "us-east-1".to_owned(),
            access: "test".to_owned(),
            secret: "test".to_owned(),
            token: None,
        };
        let span = Duration::from_millis(millis);
        let schedule = Schedule::of(&Plan {
            rate: Rate::Constant(per_second),
            batch: 1,
            span,
            arrivals: Arrivals::Steady,
            seed: Seed(7),
            shard: Shard::ALL,
        });
        let plan = Fire {
            address,
            keys: &keys,
            connections,
            timeout: Duration::from_secs(10),
            retries,
            warm_up: None,
            schedule: &schedule.expect("a schedule"),
            span,
            start: clock::now() + Duration::from_millis(20),
            stop: &AtomicBool::new(false),
        };
        fire(&plan, work, &|| {}).tally
    }

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

    #[test]
    fn a_server_that_stalls_once_is_seen_by_all_who_come_meanwhile() {
        let address = server(|number| {
            if number == 10 {
                clock::sleep(Duration::from_millis(500));
            }
            OK
        });
        let tally = fired(address, 1, 0, 200.0, 1_000);
        assert_eq!((tally.counters.intended, tally.counters.answered), (200, 200));
        // A hundred were to leave in that half second. Who sends the next one only after an answer sees a single slow one.
        let shares = [0.7, 0.8, 0.9].map(|share| tally.latency.at(share));
        assert!(shares.iter().all(|latency| *latency > 50.0), "{shares:?} ms");
        assert!(tally.latency.max() >= 499.0, "{} ms", tally.latency.max());
    }

    #[test]
    fn a_server_that_never_keeps_up_leaves_requests_unsent_that_still_count() {
        let address = server(|_| {
            clock::sleep(Duration::from_millis(100));
            OK
        });
        let tally = fired(address, 2, 0, 500.0, 200);
        let counters = tally.counters;
        assert_eq!(counters.intended, 100);
        assert!(counters.unsent > 50 && counters.requests + counters.unsent == 100, "{counters:?}");
        assert_eq!(tally.latency.count(), 100, "all hundred have a latency");
    }

    #[test]
    fn looks_whether_something_is_done_are_counted_apart_so_that_a_slower_server_counts_the_same() {
        const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"is_done\": true}";
        // Each query: the start, looks of which the last says that it is done, the rows.
        let counted = |looks: usize| {
            let address = server(move |number| if number % (looks + 2) == looks { DONE } else { OK });
            fired_of(&Looks(get()), address, 1, 0, 10.0, 500).counters
        };
        let (fast, slow) = (counted(1), counted(6));
        assert_eq!((fast.answered, fast.calls, fast.polls), (5, 10, 5));
        assert_eq!((slow.answered, slow.calls, slow.polls), (5, 10, 30));
        assert_eq!((fast.bytes_sent, fast.bytes_received), (slow.bytes_sent, slow.bytes_received));
        assert!(0 < fast.poll_bytes && fast.poll_bytes < slow.poll_bytes, "{fast:?} {slow:?}");
    }

    #[test]
    fn throttles_and_errors_are_told_apart_and_throttles_are_tried_again_if_asked() {
        let answers = |number: usize| match number % 3 {
            0 => OK,
            1 => "HTTP/1.1 503 Slow Down\r\ncontent-length: 32\r\n\r\n<Error><Code>SlowDown</Code>     ",
            _ => "HTTP/1.1 404 Not Found\r\ncontent-length: 32\r\n\r\n<Error><Code>NoSuchKey</Code>    ",
        };
        let tally = fired(server(answers), 1, 0, 300.0, 100);
        let counters = tally.counters;
        assert_eq!((counters.answered, counters.throttles, counters.errors), (10, 10, 10));
        assert_eq!(tally.errors.keys().collect::<Vec<_>>(), ["NoSuchKey"]);
        assert_eq!(tally.throttles.keys().collect::<Vec<_>>(), ["SlowDown"]);
        let again =
            fired(server(move |number| if number == 0 { answers(1) } else { OK }), 1, 2, 50.0, 100).counters;
        assert_eq!((again.answered, again.retries, again.throttles, again.calls), (5, 1, 1, 6));
    }
}
