//! Simulation: a scenario over many seeds, each in a tank of its own under a swarm of faults that the seed draws.
//!
//! `swarm.rs` draws the faults, `kind.rs` says what each does, `force.rs` puts them into force; `shrink.rs` makes a failure
//! small, `failure.rs` writes it down and reads it again. A run is one thread with a runtime of its own, so that its order
//! is its own; seeds are handed out in order and their results come in that order, whatever the number of threads.
//!
//! The order of what falls at one instant is drawn too (`emulator/src/world/order.rs`).

pub mod failure;
pub(crate) mod force;
pub mod kind;
pub mod shrink;
pub mod swarm;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use tokio::runtime::Runtime;
use wavetank_scenarios::Scenario;
use wavetank_types::{Checksum, Seed};

use crate::progress::Silent;
use crate::report::Lang;
use crate::run::RunOptions;
use crate::target::Embedded;
use crate::{Report, run};
use kind::Kind;
use swarm::Swarm;

pub use force::Hits;

/// What every seed of a simulation is told.
#[derive(Clone, Debug, Default)]
pub struct SimOptions {
    /// Rows of each run; the scenario's `[sim]` or input if not given.
    pub rows: Option<u64>,
    /// A variant of the scenario.
    pub variant: Option<String>,
    /// How many faults and how strong, 0.0 to 1.0; drawn for each seed if not given.
    pub intensity: Option<f64>,
}

/// One run, wholly described: the same plan gives the same trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The seed of data and tank.
    pub seed: u64,
    /// Rows to generate.
    pub rows: u64,
    /// Of a store: its users.
    pub users: Option<u64>,
    /// A variant of the scenario.
    pub variant: Option<String>,
    /// Whether the scenario's own faults are in force too.
    pub own_faults: bool,
    /// Whether what falls at one instant happens in an order that the seed draws.
    pub any_order: bool,
    /// Its faults.
    pub swarm: Swarm,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(scenario: &Scenario, options: &SimOptions, seed: u64) -> Self {
        let rows = options.rows.or(scenario.sim.rows).unwrap_or(scenario.input.rows);
        let swarm = Swarm::draw(scenario, seed, options.intensity);
        let (users, variant) = (scenario.sim.users, options.variant.clone());
        Self { seed, rows, users, variant, own_faults: !scenario.faults.is_empty(), any_order: true, swarm }
    }
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Of the report and the ledger.
    pub hash: u64,
    /// What does not hold, by name; `error` if the pipeline did not come to its end.
    pub failed: Vec<String>,
    /// Anomalies, and how many records each has.
    pub anomalies: BTreeMap<String, u64>,
    /// How often each kind of fault met each service.
    pub hits: Hits,
    /// The report as text, or the error.
    pub text: String,
    /// Records that did not become what they should, as CSV.
    pub ledger_diff: String,
    /// Of a failed run: all that the hash is of.
    pub traced: String,
}

impl Trace {
    /// Whether everything holds.
    pub fn is_ok(&self) -> bool {
        self.failed.is_empty()
    }

    /// Whether this is the failure that another run had, perhaps among others.
    pub fn fails_like(&self, other: &Self) -> bool {
        other.failed.iter().any(|name| self.failed.contains(name))
            && (other.anomalies.is_empty()
                || other.anomalies.keys().any(|name| self.anomalies.contains_key(name)))
    }

    fn of_report(report: &Report) -> Self {
        let failed = report.findings.iter().filter(|finding| finding.is_failed());
        let failed: Vec<String> = failed.map(|finding| finding.name.clone()).collect();
        let anomalies = report.ledger.anomalies.iter();
        let mut all = String::new();
        let mut diff = String::from("record,sent,expected,became\n");
        // Writing to a String cannot fail.
        for fate in report.fates.fates() {
            let start = all.len();
            let _ = writeln!(all, "{},{},\"{}\",\"{}\"", fate.index, fate.sent, fate.expected, fate.became);
            if !fate.is_right {
                diff.push_str(&all[start..]);
            }
        }
        // What was hit is part of the trace: two runs that end alike may have gone other ways.
        let hits: String = report
            .fault_hits
            .iter()
            .map(|((kind, service), count)| format!("{} of {service}: {count}\n", kind.name()))
            .collect();
        let traced = format!("{}\n{hits}{all}", report.to_json());
        Self {
            hash: Checksum::of_bytes(traced.as_bytes()).0,
            traced: if failed.is_empty() { String::new() } else { traced },
            failed,
            anomalies: anomalies.map(|(name, examples)| (name.to_string(), examples.count)).collect(),
            hits: report.fault_hits.clone(),
            text: report.to_text(Lang::En),
            ledger_diff: diff,
        }
    }

    fn of_error(text: String) -> Self {
        Self {
            hash: Checksum::of_bytes(text.as_bytes()).0,
            failed: vec!["error".to_owned()],
            anomalies: BTreeMap::new(),
            hits: Hits::new(),
            traced: text.clone(),
            text,
            ledger_diff: String::new(),
        }
    }
}

/// Runs one plan in a fresh tank on this thread.
pub fn run_plan(scenario: &Scenario, plan: &Plan) -> Trace {
    match runtime() {
        Ok(runtime) => run_in(&runtime, scenario, plan),
        Err(error) => Trace::of_error(format!("cannot start a runtime: {error}")),
    }
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn run_in(runtime: &Runtime, scenario: &Scenario, plan: &Plan) -> Trace {
    let options = options_of(scenario, plan);
    let target = Embedded::direct(Seed(plan.seed), plan.any_order);
    match runtime.block_on(run(scenario, &target, &options, &Silent)) {
        Ok(report) => Trace::of_report(&report),
        Err(error) => Trace::of_error(error.to_string()),
    }
}

fn options_of(scenario: &Scenario, plan: &Plan) -> RunOptions {
    RunOptions {
        rows: Some(plan.rows),
        users: plan.users,
        products: scenario.sim.products,
        tick: scenario.sim.tick,
        seed: plan.seed,
        variant: plan.variant.clone(),
        swarm: Some(plan.swarm.clone()),
        without_own_faults: !plan.own_faults,
        ..RunOptions::default()
    }
}

/// The report of a plan as a page, by running it once more; nothing if it does not come to its end. `replay` is the command that
/// runs it again.
pub fn page(scenario: &Scenario, plan: &Plan, replay: &str, lang: Lang) -> Option<String> {
    let runtime = runtime().ok()?;
    let options = RunOptions { look: true, ..options_of(scenario, plan) };
    let target = Embedded::direct(Seed(plan.seed), plan.any_order);
    let report = runtime.block_on(run(scenario, &target, &options, &Silent)).ok()?;
    Some(Report { replay: replay.to_owned(), ..report }.to_html(lang))
}

/// Runs every seed on `jobs` threads, and tells each result in the order of the seeds.
pub fn run_seeds(
    scenario: &Scenario,
    options: &SimOptions,
    seeds: Range<u64>,
    jobs: NonZeroUsize,
    mut told: impl FnMut(&Plan, &Trace),
) {
    let next = AtomicU64::new(seeds.start);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let (next, sender, end) = (&next, sender.clone(), seeds.end);
            scope.spawn(move || {
                // A run leaves nothing behind in it.
                let runtime = runtime();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let plan = Plan::of(scenario, options, seed);
                    let trace = match &runtime {
                        Ok(runtime) => run_in(runtime, scenario, &plan),
                        Err(error) => Trace::of_error(format!("cannot start a runtime: {error}")),
                    };
                    if sender.send((plan, trace)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = seeds.start;
        for (plan, trace) in results {
            early.insert(plan.seed, (plan, trace));
            while let Some((plan, trace)) = early.remove(&due) {
                told(&plan, &trace);
                due += 1;
            }
        }
    });
}

/// What all seeds together came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Seeds that held.
    pub passed: u64,
    /// Seeds that did not.
    pub failed: u64,
    /// Of every run's hash, in the order of the seeds.
    pub hash: u64,
    /// How often each kind of fault met each service.
    pub hits: Hits,
    /// By the name of a check or an anomaly: how many seeds had it, and the first of them.
    pub wrong: BTreeMap<String, (u64, u64)>,
}

impl Summary {
    /// Adds a seed's result; seeds come in order.
    pub fn add(&mut self, seed: u64, trace: &Trace) {
        if trace.is_ok() {
            self.passed += 1;
        } else {
            self.failed += 1;
            // A scenario may have several checks of one name.
            for name in trace.failed.iter().chain(trace.anomalies.keys()).collect::<BTreeSet<_>>() {
                self.wrong.entry(name.clone()).or_insert((0, seed)).0 += 1;
            }
        }
        let both = [self.hash.to_le_bytes(), trace.hash.to_le_bytes()].concat();
        self.hash = Checksum::of_bytes(&both).0;
        for (met, count) in &trace.hits {
            *self.hits.entry(met.clone()).or_default() += count;
        }
    }

    /// The table of fault kinds and services: how often each was met.
    pub fn coverage(&self) -> String {
        let mut services: Vec<&str> = self.hits.keys().map(|(_, service)| service.as_str()).collect();
        services.sort_unstable();
        services.dedup();
        let mut out = format!("{:<16}", "fault");
        // Writing to a String cannot fail.
        for service in &services {
            let _ = write!(out, " {service:>14}");
        }
        out.push('\n');
        for kind in Kind::ALL {
            let count = |service: &str| self.hits.get(&(kind, service.to_owned())).copied().unwrap_or(0);
            if services.iter().all(|service| count(service) == 0) {
                continue;
            }
            let _ = write!(out, "{:<16}", kind.name());
            for service in &services {
                let _ = write!(out, " {:>14}", count(service));
            }
            out.push('\n');
        }
        out
    }
}
