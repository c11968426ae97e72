//! `wavetank bench SCENARIO`: a scenario's own pipeline on a tank in a process of its own, its input at a rate in real time, its checks.
//!
//! Records leave each second as the scenario's run sends them, on one connection; latency counts from the end of their second. An input that
//! is one object has rate times duration rows and goes at once. When all is sent, the tank's clock is moved on. Ctrl-C ends it as it ends
//! `wavetank run`. Left out: servers that are no tanks, a store's days, several workers. `counting.rs` has what is counted on the way.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::runtime::Builder;
use wavetank::Report;
use wavetank::check::Verdict;
use wavetank::report::Lang;
use wavetank::run::{RunError, RunOptions};
use wavetank::stop::Stop;
use wavetank::target::{Credentials, Endpoint, EndpointError, Origin, OriginError, Pace};
use wavetank::watched::Watched;
use wavetank_generators::kdg::Rate;
use wavetank_load::run::{Measured, around, late};
use wavetank_load::saved::{Checked, Command, Found, Generator};
use wavetank_load::tally::Times;
use wavetank_load::{Against, BenchError, Saved};
use wavetank_scenarios::Scenario;

use super::args::{BenchArgs, RateText};
use super::counting::{Counting, Sending};
use crate::failure::Failure;
use crate::place::connect;
use crate::run::failed;
use crate::threads;

/// Records a second of a scenario that has no rate of its own.
const RATE: f64 = 100.0;
/// Lateness of the run's own that is no longer small. An async timer counts milliseconds, and a second's records are made once it is over.
const LATE_MS_MAX: f64 = 10.0;

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

/// The first option that was given of a load on a service: a scenario's own input has no use for it.
fn of_services(args: &BenchArgs) -> Option<&'static str> {
    let given = [
        ("--arrivals", args.arrivals.is_some()),
        ("--batch", args.batch.is_some()),
        ("--connections", args.connections.is_some()),
        ("--reads", args.reads.is_some()),
        ("--record-size", args.record_size.is_some()),
        ("--region", args.target.region.is_some()),
        ("--resource", args.target.resource.is_some()),
        ("--retries", args.retries.is_some()),
        ("--rows", args.rows.is_some()),
        ("--start-at", args.workers.start_at.is_some()),
        ("--stream-shards", args.stream_shards.is_some()),
        ("--timeout", args.timeout.is_some()),
        ("--warm-up", args.warm_up.is_some()),
    ];
    given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
}

/// Reads the scenario and sizes its input. `stop` ends its run early.
pub(super) fn asked(args: &BenchArgs, name: &str, stop: &Stop) -> Result<Asked, Failure> {
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
    if let Some(flag) = of_services(args) {
        return refuse(
            &format!("{flag} is of a load on a service, and `{name}` is a scenario"),
            "leave it out: a scenario sends its own input in its own region, on one connection",
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
        variant: args.target.variant.clone(),
    };
    let options = RunOptions {
        seed: args.seed,
        rows: Some(rows),
        variant: args.target.variant.clone(),
        stop: stop.clone(),
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
    around(&asked.command, against, stop, |at, begin| measure(asked, at, begin, lang))
}

fn measure(
    asked: &Asked,
    at: &wavetank_load::Endpoint,
    begin: &dyn Fn(),
    lang: Lang,
) -> Result<Measured, Failure> {
    let runtime = threads::start(Builder::new_multi_thread().worker_threads(1))?;
    let progress = Sending::default();
    let counting = Mutex::new(Counting::default());
    let stop = &asked.options.stop;
    let (outcome, ages) = runtime.block_on(async {
        let tank = tank(at, &asked.scenario.region).await?;
        let watched = Watched::new(&tank, &progress, |watch| {
            // What removes an interrupted run's stack is no load.
            if !stop.is_asked() {
                counting.lock().expect("nothing panics while it holds this").take(watch);
            }
        });
        begin();
        let outcome = wavetank::run(&asked.scenario, &watched, &asked.options, &watched).await;
        Ok::<_, Failure>((outcome, watched.ages()))
    })?;
    progress.end();
    let (sent, found) = match outcome {
        Ok(report) => (report.ledger.generated, found(&report, &ages, lang)),
        Err(RunError::Interrupted) => (progress.sent(), Found::default()),
        Err(error) => return Err(refused(&error, &asked.scenario.name)),
    };
    let (mut tally, took) = counting.into_inner().expect("as above").end();
    let counters = &mut tally.counters;
    // What a batch refused has gone again until it was taken: a run in which something never is has no report.
    (counters.records, counters.accepted) = (sent + counters.refused, sent);
    // The run sends one request after the other, and each of them: a slow server shows in latency and in the time that it took.
    counters.intended = counters.requests;
    let generator = Generator { limit: late(&tally, LATE_MS_MAX).map(Into::into), ..Generator::default() };
    Ok(Measured { tally, took, generator, found: Some(found) })
}

/// The tank there, for whom the credentials name.
async fn tank(at: &wavetank_load::Endpoint, region: &str) -> Result<Endpoint, Failure> {
    let origin: Origin = at.url.parse().map_err(|error: OriginError| Failure::Usage(error.to_string()))?;
    let credentials = Credentials {
        access_key: at.access_key.clone(),
        secret_key: at.secret_key.clone(),
        session_token: at.session_token.clone(),
    };
    let server = connect(&origin, Some(credentials), region).await?;
    match server.pace() {
        Pace::Tank => Ok(server),
        Pace::Real => {
            Err(Failure::Environment(EndpointError::NoTank { url: origin.to_string() }.to_string()))
        }
    }
}

/// Why there are no figures, with what to do here.
fn refused(error: &RunError, name: &str) -> Failure {
    match error {
        RunError::StackThere { stack, target, status } => Failure::Environment(format!(
            "{target} has a stack `{stack}` already ({status})\nhint: another run may have made it, or one that was killed; `wavetank run {name} --endpoint URL --replace` deletes it first"
        )),
        error => failed(error),
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
