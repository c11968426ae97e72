//! `wavetank bench SCENARIO`: a scenario's own pipeline on a tank in a process of its own, its input at a rate in real time, its checks.
//!
//! Records leave each second as the scenario's run sends them, on one connection; latency counts from the end of their second. An input that
//! is one object has rate times duration rows and goes at once. When all is sent, the tank's clock is moved on. Left out: servers that are no
//! tanks, a store's days, several workers.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::runtime::Builder;
use wavetank::Report;
use wavetank::check::Verdict;
use wavetank::report::Lang;
use wavetank::run::RunOptions;
use wavetank::target::{Endpoint, Pace};
use wavetank::watched::{Watch, Watched};
use wavetank_generators::kdg::Rate;
use wavetank_load::run::{Measured, around};
use wavetank_load::saved::{Checked, Command, Found, Generator};
use wavetank_load::tally::{Tally, Times};
use wavetank_load::{Against, BenchError, Saved};
use wavetank_scenarios::Scenario;

use super::args::{BenchArgs, RateText};
use crate::failure::Failure;
use crate::progress::Terminal;
use crate::threads;

/// Records a second of a scenario that has no rate of its own.
const RATE: f64 = 100.0;

/// What is asked: the scenario with its input made to measure.
pub(super) struct Asked {
    pub(super) scenario: Scenario,
    pub(super) command: Command,
    options: RunOptions,
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        super::failure(error)
    }
}

/// Reads the scenario and sizes its input.
pub(super) fn asked(args: &BenchArgs, name: &str) -> Result<Asked, Failure> {
    let mut scenario = Scenario::open(name).map_err(|error| {
        let services = "kinesis, firehose, s3, dynamodb, sqs or athena";
        Failure::Usage(format!("{error}\nhint: a service is one of {services}"))
    })?;
    let refuse = |what: &str, hint: &str| Err(Failure::Usage(format!("{what}\nhint: {hint}")));
    if let Some(variant) = &args.target.variant {
        scenario.variant(variant).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    if scenario.input.orders.is_some() {
        return refuse(
            "a store's days have times of their own, and no rate",
            "wavetank run measures them; bench kinesis its streams",
        );
    }
    if args.workers.shard.count > 1 || args.target.sink {
        return refuse(
            "a scenario runs on one tank, from one worker",
            "leave out --shard and --sink, or name a service",
        );
    }
    let own = || scenario.input.rate.unwrap_or(Rate::Constant(RATE));
    let rate = args.rate.clone().unwrap_or_else(|| RateText { rate: own(), text: "its own".to_owned() });
    let rows = rate.rate.records(args.span);
    if rows == 0 {
        return refuse("nothing would be sent", "a higher --rate, or a longer --for");
    }
    let is_object = scenario.input.to.starts_with("s3:");
    if !is_object && scenario.input.file.is_none() {
        scenario.input.rate = Some(rate.rate);
    }
    scenario.input.rows = rows;
    let command = Command {
        what: name.to_owned(),
        rate: rate.text,
        for_ms: u64::try_from(args.span.as_millis()).unwrap_or(u64::MAX),
        warm_up_ms: 0,
        arrivals: if is_object { "one object".to_owned() } else { "by the second".to_owned() },
        seed: args.seed,
        connections: 1,
        batch: 0,
        record_bytes: 0,
        reads: 0.0,
        retries: 0,
        stream_shards: 0,
        rows,
        workers: 1,
    };
    let options = RunOptions {
        seed: args.seed,
        rows: Some(rows),
        variant: args.target.variant.clone(),
        ..RunOptions::default()
    };
    Ok(Asked { scenario, command, options })
}

/// One run on a server that is started for it, or that is there.
pub(super) fn run(
    asked: &Asked,
    against: &Against,
    stop: &Arc<AtomicBool>,
    lang: Lang,
) -> Result<Saved, Failure> {
    around(&asked.command, against, stop, |url, begin| measure(asked, url, begin, lang))
}

fn measure(asked: &Asked, url: &str, begin: &dyn Fn(), lang: Lang) -> Result<Measured, Failure> {
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    let port: u16 =
        port.ok_or_else(|| Failure::Usage(format!("{url} has no port\nhint: http://127.0.0.1:4566")))?;
    let runtime = threads::start(Builder::new_multi_thread().worker_threads(1))?;
    let progress = Terminal::default();
    let sent = Mutex::new((Tally::default(), Duration::ZERO));
    let (outcome, ages) = runtime.block_on(async {
        let tank = Endpoint::tank(port, Pace::Tank).await;
        let tank =
            tank.map_err(|error| Failure::Environment(format!("{error}\nhint: a scenario needs a tank")))?;
        let began = Mutex::new(None);
        let watched = Watched::new(&tank, &progress, |watch| {
            let began = *began.lock().expect("nothing panics while it holds this").get_or_insert(watch.due);
            let mut sent = sent.lock().expect("as above");
            count(&mut sent.0, watch);
            sent.1 = watch.done.since(began);
        });
        begin();
        let outcome = wavetank::run(&asked.scenario, &watched, &asked.options, &watched).await;
        Ok::<_, Failure>((outcome, watched.ages()))
    })?;
    progress.end();
    let report = outcome.map_err(|error| Failure::Failed(error.to_string()))?;
    let (mut tally, took) = sent.into_inner().expect("as above");
    let counters = &mut tally.counters;
    counters.records = report.ledger.generated;
    counters.accepted = report.ledger.generated;
    counters.intended = counters.requests;
    Ok(Measured { tally, took, generator: Generator::default(), found: Some(found(&report, &ages, lang)) })
}

/// A request of the input.
fn count(tally: &mut Tally, watch: &Watch<'_>) {
    tally.counters.requests += 1;
    tally.counters.calls += 1;
    tally.counters.bytes_sent += watch.bytes;
    tally.latency.record(watch.done.since(watch.due));
    tally.service.record(watch.done.since(watch.sent));
    match watch.answer {
        Some(answer) => {
            tally.counters.bytes_received += answer.body().len() as u64;
            let error_type = answer.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok());
            tally.count_answer(answer.status().as_u16(), error_type, answer.body());
        }
        None => tally.counters.answered += 1,
    }
}

fn found(report: &Report, ages: &[(Duration, u64)], lang: Lang) -> Found {
    let mut fresh = Times::default();
    for (age, records) in ages {
        fresh.record_many(*age, *records);
    }
    let check = |finding: &wavetank::check::Finding| Checked {
        name: finding.name.clone(),
        verdict: match finding.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::NotRun => "not run",
        }
        .to_owned(),
        detail: lang.say(&finding.detail).to_owned(),
    };
    Found {
        freshness: (!ages.is_empty()).then_some(fresh),
        checks: report.findings.iter().map(check).collect(),
        tank_ms: u64::try_from(report.tank_ms).unwrap_or(u64::MAX),
    }
}

/// Whether a check of the scenario failed.
pub(super) fn is_failed(saved: &Saved) -> bool {
    saved.scenario.iter().flat_map(|found| &found.checks).any(|check| check.verdict == "failed")
}
