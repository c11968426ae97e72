//! Simulation: a scenario over many seeds, each in a tank of its own under a swarm of faults that the seed draws.
//!
//! `swarm.rs` draws the faults at the places of `place.rs`, `kind.rs` says what each does, `force.rs` and `stall.rs` put them
//! into force; `shrink.rs` makes a failure small, `failure.rs` writes it down and reads it again. A run is one thread with a
//! runtime of its own, so that its order is its own; seeds are handed out in order and their results come in that order,
//! whatever the number of threads.
//!
//! The order of what falls at one instant is drawn too (`emulator/src/world/order.rs`).

pub mod failure;
pub(crate) mod force;
pub mod kind;
mod place;
pub mod shrink;
mod stall;
pub mod swarm;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rand::Rng as _;
use tokio::runtime::Runtime;
use wavetank_scenarios::Scenario;
use wavetank_types::{Checksum, Seed};

use crate::lines::Lines;
use crate::progress::Silent;
use crate::report::Lang;
use crate::run::RunOptions;
use crate::target::Embedded;
use crate::{Report, run};
use kind::Kind;
use swarm::{Chances, Swarm};

pub use force::Hits;

/// What every seed of a simulation is told.
#[derive(Clone, Debug, Default)]
pub struct SimOptions {
    /// Rows of each run; the scenario's `[sim]` or input if not given. Of a file the first ones, as many as it has at most.
    pub rows: Option<u64>,
    /// A variant of the scenario.
    pub variant: Option<String>,
    /// How many faults and how strong, 0.0 to 1.0; drawn for each seed if not given.
    pub intensity: Option<f64>,
}

impl SimOptions {
    /// The rows of each run. A file is read for it: it has no more.
    fn rows_of(&self, scenario: &Scenario) -> u64 {
        let asked = self.rows.or(scenario.sim.rows);
        match Lines::count_of_file(scenario) {
            Some(count) => asked.map_or(count, |rows| rows.min(count)),
            None => asked.unwrap_or(scenario.input.rows),
        }
    }
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
        Self::among(&Chances::of(scenario), scenario, options, seed, options.rows_of(scenario))
    }

    fn among(chances: &Chances, scenario: &Scenario, options: &SimOptions, seed: u64, rows: u64) -> Self {
        let swarm = chances.draw(seed, options.intensity);
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
    /// The report as text, without a command that runs it again, or the error. Where a failure is kept is no part of what it is.
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

    /// The report, or the error, with the command that runs the same again.
    pub fn told(&self, replay: &str) -> String {
        format!("{}\nreplay: {replay}\n", self.text.trim_end())
    }

    fn of_report(mut report: Report) -> Self {
        report.replay.clear();
        let failed = report.findings.iter().filter(|finding| finding.is_failed());
        let failed: Vec<String> = failed.map(|finding| finding.name.clone()).collect();
        let anomalies = report.ledger.anomalies.iter();
        let mut all = String::new();
        let mut diff = String::from("record,sent,expected,became\n");
        let (mut of_index, mut of_sent) = (itoa::Buffer::new(), itoa::Buffer::new());
        for fate in report.fates.fates() {
            let start = all.len();
            let (index, sent) = (of_index.format(fate.index), of_sent.format(fate.sent));
            for part in [index, ",", sent, ",\"", &fate.expected, "\",\"", &fate.became, "\"\n"] {
                all.push_str(part);
            }
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
        Ok(report) => Trace::of_report(report),
        Err(error) => Trace::of_error(error.to_string()),
    }
}

fn options_of(scenario: &Scenario, plan: &Plan) -> RunOptions {
    RunOptions {
        rows: Some(plan.rows),
        users: plan.users,
        products: scenario.sim.products,
        tick: tick_of(scenario, plan.seed),
        seed: plan.seed,
        variant: plan.variant.clone(),
        swarm: Some(plan.swarm.clone()),
        without_own_faults: !plan.own_faults,
        ..RunOptions::default()
    }
}

/// Of a store: how much of its clicks go out together in the run of a seed. Small batches are many calls for faults to meet; large ones
/// are split on their way.
fn tick_of(scenario: &Scenario, seed: u64) -> Option<Duration> {
    let ticks = &scenario.sim.ticks;
    let drawn = Seed(seed).stream("sim/tick").next_u64() % ticks.len().max(1) as u64;
    ticks.get(usize::try_from(drawn).unwrap_or(0)).copied()
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
    let (rows, chances) = (options.rows_of(scenario), Chances::of(scenario));
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let (next, chances, sender, end) = (&next, &chances, sender.clone(), seeds.end);
            scope.spawn(move || {
                // A run leaves nothing behind in it.
                let runtime = runtime();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let plan = Plan::among(chances, scenario, options, seed, rows);
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
    /// For how many seeds each kind of fault was drawn.
    pub drawn: BTreeMap<Kind, u64>,
    /// By the name of a check or an anomaly: how many seeds had it, and the first of them.
    pub wrong: BTreeMap<String, (u64, u64)>,
}

impl Summary {
    /// Adds a seed's result; seeds come in order.
    pub fn add(&mut self, plan: &Plan, trace: &Trace) {
        for kind in plan.swarm.faults.iter().map(|drawn| drawn.kind).collect::<BTreeSet<_>>() {
            *self.drawn.entry(kind).or_default() += 1;
        }
        if trace.is_ok() {
            self.passed += 1;
        } else {
            self.failed += 1;
            // A scenario may have several checks of one name.
            for name in trace.failed.iter().chain(trace.anomalies.keys()).collect::<BTreeSet<_>>() {
                self.wrong.entry(name.clone()).or_insert((0, plan.seed)).0 += 1;
            }
        }
        let both = [self.hash.to_le_bytes(), trace.hash.to_le_bytes()].concat();
        self.hash = Checksum::of_bytes(&both).0;
        for (met, count) in &trace.hits {
            *self.hits.entry(met.clone()).or_default() += count;
        }
    }

    /// Kinds of faults that were drawn and met nothing, and for how many seeds each was drawn.
    pub fn unmet(&self) -> Vec<(Kind, u64)> {
        let is_met = |kind: Kind| self.hits.keys().any(|(met, _)| *met == kind);
        self.drawn.iter().map(|(kind, seeds)| (*kind, *seeds)).filter(|(kind, _)| !is_met(*kind)).collect()
    }

    /// The table of fault kinds and services: how often each was met. Below it the kinds that met nothing.
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
        for (kind, seeds) in self.unmet() {
            let _ = writeln!(out, "{:<16} drawn for {seeds} seeds, and met nothing", kind.name());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::swarm::Drawn;
    use expect_test::expect;

    fn trace(hits: &[(Kind, &str, u64)]) -> Trace {
        let hits = hits.iter().map(|(kind, service, count)| ((*kind, (*service).to_owned()), *count));
        Trace { hits: hits.collect(), failed: Vec::new(), ..Trace::of_error("a\nhint: b\n".to_owned()) }
    }

    #[test]
    fn the_coverage_names_what_was_drawn_and_met_nothing() {
        let scenario = Scenario::open("trades").expect("a bundled one");
        let drawn = |kind| Drawn {
            kind,
            service: String::new(),
            operation: String::new(),
            caller: String::new(),
            share: 0.1,
            from: 0.0,
            until: 0.5,
            by_ms: 0,
        };
        let mut summary = Summary::default();
        for seed in 0..2 {
            let faults = vec![drawn(Kind::Slow), drawn(Kind::Stall), drawn(Kind::Slow)];
            let options = SimOptions::default();
            let plan = Plan { swarm: Swarm { faults }, ..Plan::of(&scenario, &options, seed) };
            summary.add(&plan, &trace(&[(Kind::Slow, "kinesis", 3)]));
        }
        assert_eq!(summary.unmet(), [(Kind::Stall, 2)]);
        expect![[r#"
            fault                   kinesis
            slow                          6
            stall            drawn for 2 seeds, and met nothing
        "#]]
        .assert_eq(&summary.coverage());
    }

    #[test]
    fn a_plan_has_as_many_rows_as_the_file_has_at_most() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/pipeline");
        let scenario = Scenario::open(folder).expect("the example");
        let check = |rows, planned| {
            let options = SimOptions { rows, ..SimOptions::default() };
            assert_eq!(Plan::of(&scenario, &options, 1).rows, planned);
        };
        check(None, 120);
        check(Some(20), 20);
        check(Some(500), 120);
    }

    #[test]
    fn seeds_draw_each_of_a_stores_ticks_and_a_seed_always_the_same() {
        let scenario = Scenario::open("fashion-store").expect("a bundled one");
        let ticks = &scenario.sim.ticks;
        assert!(ticks.len() > 1, "{ticks:?}");
        let drawn: BTreeSet<_> = (0..30).map(|seed| tick_of(&scenario, seed)).collect();
        assert_eq!(drawn, ticks.iter().copied().map(Some).collect());
        assert_eq!(tick_of(&scenario, 7), tick_of(&scenario, 7));
        assert_eq!(tick_of(&Scenario::open("trades").expect("a bundled one"), 7), None);
    }

    #[test]
    fn a_trace_says_the_command_that_it_is_told_and_keeps_none() {
        let error = trace(&[]);
        assert_eq!(error.told("wavetank sim x --seed 1"), "a\nhint: b\nreplay: wavetank sim x --seed 1\n");
        let report = Report { replay: "wavetank run x --seed 1".to_owned(), ..Report::default() };
        let trace = Trace::of_report(report.clone());
        assert!(!trace.text.contains("replay"), "{}", trace.text);
        let elsewhere = Report { replay: "wavetank sim --replay other/x-1".to_owned(), ..report };
        assert_eq!(trace.hash, Trace::of_report(elsewhere).hash);
    }
}
