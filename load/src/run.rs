//! One load from beginning to end: server, resources, schedule, requests, and away with what was made.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use wavetank_generators::arrivals::Arrivals;
use wavetank_generators::kdg::Rate;
use wavetank_types::{Said, Seed, Timestamp};

use crate::api::{Api, ApiError, Endpoint};
use crate::clock;
use crate::engine::{self, Fire, Fired};
use crate::proc::{self, Machine};
use crate::saved::{Command, FORMAT, Found, Generator, Saved, ServerUse, Stored};
use crate::schedule::{Plan, Schedule, ScheduleError, Shard};
use crate::server::{Against, Server, ServerError, Taken};
use crate::tally::Tally;
use crate::work::{self, Form, Resource, Subject};

/// From when all is ready to the first request.
const RUN_UP: Duration = Duration::from_millis(50);
/// Lateness of the generator that is no longer small beside what it measures.
const LATE_MS_MAX: f64 = 1.0;
/// The same as a share of the latency that it is part of, both of 1 request in 100.
const LATE_SHARE_MAX: f64 = 0.2;
/// Share of their time that connections may be busy themselves before they are what limits.
const BUSY_MAX: f64 = 0.7;
/// Share of the intended requests that must be answered for a load to have been kept up.
const KEPT_UP: f64 = 0.98;

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service.
    pub subject: Subject,
    /// Records a second.
    pub rate: Rate,
    /// The same as it was written.
    pub rate_text: String,
    /// For how long.
    pub span: Duration,
    /// Load before that which is not counted.
    pub warm_up: Duration,
    /// Even or random.
    pub arrivals: Arrivals,
    /// Of schedule, records and names.
    pub seed: Seed,
    /// Which of several workers.
    pub shard: Shard,
    /// Connections.
    pub connections: usize,
    /// Records of a request.
    pub batch: u32,
    /// Bytes of a record.
    pub record_bytes: u32,
    /// Share of requests that read.
    pub reads: f64,
    /// Tries beyond the first of a throttled request.
    pub retries: u32,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Something that is there already, instead of making it.
    pub resource: Option<String>,
    /// Shards of a stream that is made.
    pub stream_shards: u32,
    /// Rows of a table that is made.
    pub rows: u64,
    /// When the first request may leave, since 1970.
    pub start_at: Option<Duration>,
}

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The server that we start.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server's answers.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// More in one request than the service takes.
    #[error("{subject} takes at most {most} {what} in a request, not {batch}\nhint: --batch {most}", what = .subject.record())]
    Batch {
        /// The service.
        subject: Subject,
        /// What was asked for.
        batch: u32,
        /// The most.
        most: u32,
    },
    /// Reads of what only takes.
    #[error("{0} has nothing to read in this benchmark\nhint: --reads goes with s3 and dynamodb")]
    Reads(Subject),
    /// The start is past.
    #[error("--start-at was {} s ago\nhint: give the workers time to come up: a minute or two from now", .0.as_secs())]
    Late(Duration),
}

impl Options {
    /// What figures depend on.
    pub fn command(&self) -> Command {
        Command {
            what: self.subject.name().to_owned(),
            rate: self.rate_text.clone(),
            for_ms: millis(self.span),
            warm_up_ms: millis(self.warm_up),
            arrivals: self.arrivals.to_string(),
            seed: self.seed.0,
            connections: self.connections,
            batch: self.batch,
            record_bytes: self.record_bytes,
            reads: self.reads,
            retries: self.retries,
            stream_shards: self.stream_shards,
            rows: self.rows,
            workers: self.shard.count,
            variant: None,
        }
    }

    fn check(&self) -> Result<(), BenchError> {
        let (_, most) = self.subject.batches();
        if self.batch == 0 || self.batch > most {
            return Err(BenchError::Batch { subject: self.subject, batch: self.batch, most });
        }
        let now = clock::since_epoch();
        if let Some(at) = self.start_at.filter(|at| *at < now) {
            return Err(BenchError::Late(now - at));
        }
        if self.reads > 0.0 && !self.subject.reads() {
            return Err(BenchError::Reads(self.subject));
        }
        Ok(())
    }

    fn plan(&self) -> Plan {
        Plan {
            rate: self.rate,
            batch: self.batch,
            span: self.span,
            arrivals: self.arrivals,
            seed: self.seed,
            shard: self.shard,
        }
    }

    /// Load before the load: the same kind, from draws of its own.
    fn warm_up(&self) -> Option<Schedule> {
        let plan = Plan { span: self.warm_up, seed: self.seed.child("warm-up"), ..self.plan() };
        // A warm-up too short for a request is none.
        Schedule::of(&plan).ok()
    }

    fn form(&self, requests: usize) -> Form {
        let worker = match self.shard.count {
            1 => String::new(),
            count => format!("-{}of{count}", self.shard.index),
        };
        Form {
            subject: self.subject,
            seed: self.seed,
            batch: self.batch,
            record_bytes: self.record_bytes,
            reads: self.reads,
            resource: self.resource.clone(),
            stream_shards: self.stream_shards,
            rows: self.rows,
            worker,
            requests,
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What could not be removed afterwards goes to `warn`.
pub fn run(
    options: &Options,
    against: &Against,
    stop: &Arc<AtomicBool>,
    warn: &dyn Fn(&str),
) -> Result<Saved, BenchError> {
    options.check()?;
    let schedule = Schedule::of(&options.plan())?;
    let mut server = Server::start(against, options.seed.0)?;
    let api = Api::open(&server.endpoint, Arc::clone(stop))?;
    server.find(api.address);
    let mut made = Vec::new();
    let loaded = load(options, &schedule, &mut server, &api, stop, &mut made);
    if !server.is_own() {
        remove(&api, &made, warn);
    }
    loaded
}

fn remove(api: &Api, made: &[Resource], warn: &dyn Fn(&str)) {
    for why in work::remove(api, made) {
        warn(&format!("could not be removed: {why}"));
    }
}

fn load(
    options: &Options,
    schedule: &Schedule,
    server: &mut Server,
    api: &Api,
    stop: &Arc<AtomicBool>,
    made: &mut Vec<Resource>,
) -> Result<Saved, BenchError> {
    let work = work::prepare(api, &options.form(schedule.len()), made)?;
    if stop.load(Ordering::Relaxed) {
        return Err(ApiError::Interrupted.into());
    }
    let warm_up = options.warm_up();
    let wall = clock::since_epoch();
    let run_up = match options.start_at {
        Some(at) => at.checked_sub(wall).ok_or_else(|| BenchError::Late(wall - at))?,
        None => RUN_UP + options.warm_up,
    };
    let fire = Fire {
        address: api.address,
        keys: &api.keys,
        connections: options.connections.max(1),
        timeout: options.timeout,
        retries: options.retries,
        warm_up: warm_up.as_ref().map(|schedule| (schedule, options.warm_up)),
        schedule,
        span: options.span,
        start: clock::now() + run_up,
        stop,
    };
    let before = Mutex::new(Taken::default());
    let server_then = Mutex::new(&mut *server);
    let fired = engine::fire(&fire, work.as_ref(), &|| {
        let mut server = server_then.lock().expect("nothing panics while it holds this");
        *before.lock().expect("as above") = server.taken();
    });
    let before = before.into_inner().expect("as above");
    let after = server.taken();
    let facts = Facts {
        command: options.command(),
        worker: options.shard.index,
        started: wall + run_up,
        interrupted: stop.load(Ordering::Relaxed),
    };
    let generator = Generator {
        cpu_ms: millis(fired.threads.cpu),
        waited_ms: millis(fired.threads.waited),
        limit: limit(&fired, options.connections).map(Into::into),
    };
    let measured = Measured { tally: fired.tally, took: fired.took, generator, found: None };
    Ok(saved(facts, api, server, measured, before, after))
}

/// What was measured, however it was.
#[derive(Debug, Default)]
pub struct Measured {
    /// What was counted.
    pub tally: Tally,
    /// From the first request's instant to the last answer.
    pub took: Duration,
    /// The generator.
    pub generator: Generator,
    /// Of a scenario.
    pub found: Option<Found>,
}

/// A measurement by somebody else on a server that is started and ended here: a scenario's.
///
/// `body` gets the server, and calls what it is given when what counts begins.
pub fn around<E: From<BenchError>>(
    command: &Command,
    against: &Against,
    stop: &Arc<AtomicBool>,
    body: impl FnOnce(&Endpoint, &dyn Fn()) -> Result<Measured, E>,
) -> Result<Saved, E> {
    let mut server = Server::start(against, command.seed).map_err(BenchError::from)?;
    let api = Api::open(&server.endpoint, Arc::clone(stop)).map_err(BenchError::from)?;
    server.find(api.address);
    let wall = clock::since_epoch();
    let endpoint = server.endpoint.clone();
    let before = Mutex::new(server.taken());
    let then = Mutex::new(&mut server);
    let measured = body(&endpoint, &|| {
        let mut server = then.lock().expect("nothing panics while it holds this");
        *before.lock().expect("as above") = server.taken();
    })?;
    let before = before.into_inner().expect("as above");
    let after = server.taken();
    let facts = Facts {
        command: command.clone(),
        worker: 0,
        started: wall,
        interrupted: stop.load(Ordering::Relaxed),
    };
    Ok(saved(facts, &api, &server, measured, before, after))
}

/// What is known of a load besides what was measured.
struct Facts {
    command: Command,
    worker: u32,
    started: Duration,
    interrupted: bool,
}

fn saved(facts: Facts, api: &Api, server: &Server, measured: Measured, before: Taken, after: Taken) -> Saved {
    let of_server = || {
        let (rss_bytes, rss_peak_bytes) = server.pid.and_then(proc::resident)?;
        let cpu_ms = after.cpu_ms?.saturating_sub(before.cpu_ms?);
        let instructions = after.instructions.zip(before.instructions).map(|(after, before)| after - before);
        Some(ServerUse { cpu_ms, rss_bytes, rss_peak_bytes, instructions })
    };
    let server_use = of_server();
    let version = api.control("GET", "health", &Value::Null);
    let version = version.as_ref().and_then(|health| health["version"].as_str());
    let name = version.map_or_else(|| api.url.clone(), |version| format!("wavetank {version}"));
    let against = match (server.is_own(), version) {
        (true, Some(_)) => format!("{name}, a process of its own"),
        (true, None) => "a sink that answers at once".to_owned(),
        (false, Some(_)) => format!("{name} on {}", api.url),
        (false, None) => name,
    };
    let started = Timestamp::from_micros(i64::try_from(facts.started.as_micros()).unwrap_or(i64::MAX));
    Saved {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: facts.command,
        workers: BTreeSet::from([facts.worker]),
        machine: Machine::this(),
        against,
        started: started.iso_millis(),
        took_ms: millis(measured.took),
        interrupted: facts.interrupted,
        tally: measured.tally,
        generator: measured.generator,
        server: server_use,
        stored: stored(api, server),
        scenario: measured.found,
    }
}

/// What a tank holds. Of one of our own everything that waits is stored first, so that the number does not depend on when it is asked.
fn stored(api: &Api, server: &Server) -> Option<Stored> {
    if server.is_own() {
        api.control("POST", "clock/settle", &serde_json::json!({ "by": "10m" }));
    }
    let status = api.control("GET", "status", &Value::Null)?;
    // A sink answers too, but holds nothing.
    Some(Stored { objects: status["objects"].as_u64()?, bytes: status["bytes"].as_u64()? })
}

/// Whether requests left so late of themselves that the figures say more of the generator than of the server: by more than this many
/// milliseconds, and by more than a share of the latency.
pub fn late(tally: &Tally, late_ms_max: f64) -> Option<Said> {
    let late = tally.lateness.at(0.99);
    let is_late = late > late_ms_max.max(tally.latency.at(0.99) * LATE_SHARE_MAX);
    is_late.then(|| {
        Said::new(
            format!(
                "1 request in 100 left {late:.1} ms late or more although a connection was free: this machine is too busy for this rate"
            ),
            format!(
                "cứ 100 request thì có 1 gửi trễ từ {late:.1} ms dù vẫn còn kết nối rảnh: máy này quá bận so với tốc độ này"
            ),
        )
    })
}

/// Whether the figures say more of the generator than of the server.
fn limit(fired: &Fired, connections: usize) -> Option<Said> {
    let counters = &fired.tally.counters;
    if let Some(said) = late(&fired.tally, LATE_MS_MAX) {
        return Some(said);
    }
    let busy = (fired.threads.cpu + fired.threads.waited).as_secs_f64();
    let share = busy / (fired.took.as_secs_f64() * connections.max(1) as f64).max(1e-9);
    let answered = counters.answered as f64 / counters.intended.max(1) as f64;
    if answered < KEPT_UP && counters.unsent > 0 && share > BUSY_MAX {
        let (percent, cores) =
            (share * 100.0, fired.threads.cpu.as_secs_f64() / fired.took.as_secs_f64().max(1e-9));
        return Some(Said::new(
            format!(
                "its connections were busy themselves {percent:.0} % of the time ({cores:.2} cores) and still behind: give it more connections, more cores, or several workers"
            ),
            format!(
                "chính các kết nối của nó bận {percent:.0} % thời gian ({cores:.2} lõi) mà vẫn chậm: hãy thêm kết nối, thêm lõi, hoặc dùng nhiều worker"
            ),
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::ThreadTimes;

    /// A load of a second over two connections, 1,000 requests intended.
    fn fired(answered: u64, late_ms: u64, latency_ms: u64, busy_ms: u64) -> Fired {
        let mut tally = Tally::default();
        let counters = &mut tally.counters;
        (counters.intended, counters.answered, counters.unsent) = (1_000, answered, 1_000 - answered);
        tally.lateness.record_many(Duration::from_millis(late_ms), 1_000);
        tally.latency.record_many(Duration::from_millis(latency_ms), 1_000);
        // Half of it on a core, half of it waiting for one.
        let half = Duration::from_millis(busy_ms / 2);
        Fired { tally, threads: ThreadTimes { cpu: half, waited: half }, took: Duration::from_secs(1) }
    }

    #[test]
    fn the_generator_says_that_it_is_the_limit_if_it_is_late_or_busy_and_only_then() {
        let check = |fired: &Fired, words: Option<&str>| {
            let said = limit(fired, 2);
            match words {
                Some(words) => {
                    assert!(said.as_ref().is_some_and(|said| said.en.contains(words)), "{words}: {said:?}");
                }
                None => assert_eq!(said, None),
            }
        };
        // An ordinary load, and one whose server is slow or does not keep up while the generator waits.
        check(&fired(1_000, 0, 2, 100), None);
        check(&fired(1_000, 0, 900, 100), None);
        check(&fired(300, 0, 900, 100), None);
        // Late by more than a millisecond, and by a fifth of the latency.
        check(
            &fired(1_000, 3, 10, 100),
            Some("1 request in 100 left 3.0 ms late or more although a connection was free"),
        );
        check(&fired(1_000, 3, 100, 100), None);
        check(&fired(1_000, 1, 2, 100), None);
        // Busy for 80 % of the time of both connections: the limit only if requests stay behind.
        check(
            &fired(300, 0, 900, 1_600),
            Some("busy themselves 80 % of the time (0.80 cores) and still behind"),
        );
        check(&fired(1_000, 0, 900, 1_600), None);
        check(&fired(985, 0, 900, 1_600), None);
        check(&fired(300, 0, 900, 1_200), None);
    }
}
