//! The promises of `wavetank sim`: the same traces on any number of threads, defects found, made small and replayed, good
//! pipelines that hold under every swarm, a user's own as well.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::path::Path;

use wavetank::sim::failure::Failure;
use wavetank::sim::kind::Kind;
use wavetank::sim::shrink::{ATTEMPTS_MAX, Shrunk, shrink};
use wavetank::sim::swarm::{Drawn, Swarm};
use wavetank::sim::{Plan, SimOptions, Summary, Trace, run_plan, run_seeds};
use wavetank_scenarios::Scenario;
use wavetank_tests::served::python_has;

fn simulate(scenario: &str, options: &SimOptions, seeds: u64, jobs: usize) -> (Summary, Vec<(Plan, Trace)>) {
    let scenario = Scenario::open(scenario).unwrap();
    let (mut summary, mut all) = (Summary::default(), Vec::new());
    run_seeds(&scenario, options, 0..seeds, NonZeroUsize::new(jobs).unwrap(), |plan, trace| {
        summary.add(plan, trace);
        all.push((plan.clone(), trace.clone()));
    });
    (summary, all)
}

fn rows(rows: u64) -> SimOptions {
    SimOptions { rows: Some(rows), ..SimOptions::default() }
}

/// The first seed that a variant does not survive.
fn first_failure(name: &str, variant: &str, count: u64) -> Option<(Scenario, Plan, Trace)> {
    let scenario = Scenario::open(name).unwrap();
    let options = SimOptions { variant: Some(variant.to_owned()), ..rows(count) };
    (0..100).find_map(|seed| {
        let plan = Plan::of(&scenario, &options, seed);
        let trace = run_plan(&scenario, &plan);
        (!trace.is_ok()).then(|| (scenario.clone(), plan, trace))
    })
}

#[test]
fn traces_are_the_same_on_one_and_on_sixteen_threads_and_twice() {
    for (scenario, count, seeds) in [("event-revenue", 40, 16), ("trades", 40, 16), ("fashion-store", 60, 4)]
    {
        let (one, first) = simulate(scenario, &rows(count), seeds, 1);
        assert_eq!((one, first), simulate(scenario, &rows(count), seeds, 16), "{scenario}");
    }
}

#[test]
fn good_pipelines_hold_for_every_seed() {
    let all = [
        ("event-revenue", 20, 20),
        ("data-lake-iot", 40, 20),
        ("trades", 60, 20),
        ("table-design", 20, 20),
        ("fashion-store", 100, 3),
    ];
    for (scenario, count, seeds) in all {
        let (summary, all) = simulate(scenario, &rows(count), seeds, 2);
        if let Some((plan, trace)) = all.iter().find(|(_, trace)| !trace.is_ok()) {
            panic!("{scenario} with seed {}: {:#?}\n{}", plan.seed, plan.swarm, trace.text);
        }
        assert!(summary.passed == seeds && summary.hits.len() > 3, "{scenario}\n{}", summary.coverage());
    }
}

#[test]
fn every_defect_is_found_within_a_hundred_seeds() {
    for name in wavetank_scenarios::NAMES {
        for variant in Scenario::open(name).unwrap().variants.keys() {
            let found = first_failure(name, variant, 100);
            assert!(found.is_some_and(|(_, _, trace)| trace.failed != ["error"]), "{name} {variant}");
        }
    }
}

#[test]
fn a_failure_is_made_small_and_is_the_same_ten_times_of_ten() {
    for (name, defect, count) in [("trades", "naive", 100), ("event-revenue", "as-taught", 100)] {
        let (scenario, plan, trace) = first_failure(name, defect, count).expect("a failure");
        let small = shrink(&scenario, &plan, &trace, &|| true);
        assert!(small.plan.rows <= 20 && small.attempts <= ATTEMPTS_MAX, "{:?}", small.plan);
        assert!(small.trace.fails_like(&trace));
        assert!(!small.trace.traced.is_empty() && small.trace.ledger_diff.starts_with("record,"));
        let text =
            Failure::of(name, &scenario, &small.plan, &small.trace).to_text("wavetank sim --replay it");
        let found = Failure::parse(&text).unwrap();
        let (scenario, plan) = (found.scenario(Path::new("it")).unwrap(), found.plan());
        for again in 0..10 {
            assert_eq!(run_plan(&scenario, &plan), small.trace, "{name}, replay {again}\n{text}");
        }
    }
}

/// The first failure of a scenario's variant under faults that the scenario itself survives, and that can be made so small.
fn small_failure(scenario: &Scenario, variant: &str, rows_max: u64) -> Option<(Trace, Shrunk)> {
    // Each run starts Python.
    const RUNS_MAX: u32 = 30;
    (0..40).find_map(|seed| {
        let good = Plan::of(scenario, &SimOptions::default(), seed);
        let bad = Plan { variant: Some(variant.to_owned()), ..good.clone() };
        let trace = run_plan(scenario, &bad);
        if trace.is_ok() || !run_plan(scenario, &good).is_ok() {
            return None;
        }
        let runs = Cell::new(0);
        let small = shrink(scenario, &bad, &trace, &|| runs.replace(runs.get() + 1) < RUNS_MAX);
        (small.plan.rows <= rows_max).then_some((trace, small))
    })
}

#[test]
fn a_users_own_careful_pipeline_holds_whatever_comes_twice_or_is_given_up() {
    if !python_has("boto3") {
        return;
    }
    let scenario = Scenario::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/pipeline")).unwrap();
    // What its code refuses is told twice in the log (31), what it has done is given up (15), records of a batch are refused (54).
    for seed in [15, 31, 54] {
        let trace = run_plan(&scenario, &Plan::of(&scenario, &SimOptions::default(), seed));
        assert!(trace.is_ok(), "seed {seed}\n{}", trace.text);
    }
}

#[test]
fn a_users_own_careless_pipeline_is_found_made_small_and_replayed() {
    if !python_has("boto3") {
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/pipeline");
    let scenario = Scenario::open(folder).unwrap();
    assert_eq!(Plan::of(&scenario, &SimOptions::default(), 0).rows, 120, "as many as its file has");
    let (trace, small) = small_failure(&scenario, "careless", 20).expect("a seed that is made small");
    assert!(trace.failed != ["error"] && small.trace.fails_like(&trace), "{}", small.trace.text);
    assert!(small.trace.text.contains(&format!("   {} rows   ", small.plan.rows)), "{}", small.trace.text);
    let text = Failure::of(folder, &scenario, &small.plan, &small.trace).to_text("wavetank sim --replay it");
    let plan = Failure::parse(&text).unwrap().plan();
    for again in 0..2 {
        assert_eq!(run_plan(&scenario, &plan), small.trace, "replay {again}\n{text}");
    }
}

#[test]
fn a_job_that_takes_five_minutes_longer_is_survived() {
    let slow = Drawn {
        kind: Kind::JobSlow,
        service: "glue".to_owned(),
        operation: String::new(),
        caller: String::new(),
        share: 1.0,
        from: 0.0,
        until: 0.9,
        by_ms: 300_000,
    };
    for (name, count) in [("event-revenue", 20), ("data-lake-iot", 40), ("fashion-store", 60)] {
        let scenario = Scenario::open(name).unwrap();
        let quiet = Plan { swarm: Swarm::default(), ..Plan::of(&scenario, &rows(count), 1) };
        let slowed = Plan { swarm: Swarm { faults: vec![slow.clone()] }, ..quiet.clone() };
        let trace = run_plan(&scenario, &slowed);
        assert!(trace.is_ok(), "{name}\n{}", trace.text);
        assert_eq!(trace.hits.get(&(Kind::JobSlow, "glue".to_owned())), Some(&1), "{name}");
        // The store's night waits for its schedules, whatever its job takes.
        if name != "fashion-store" {
            assert_ne!(trace.text, run_plan(&scenario, &quiet).text, "{name}: it takes longer");
        }
    }
}

#[test]
fn a_clock_that_is_askew_is_met_where_it_changes_a_record() {
    let scenario = Scenario::open("data-lake-iot").unwrap();
    let askew = |by_ms| Drawn {
        kind: Kind::ClockAskew,
        service: String::new(),
        operation: String::new(),
        caller: String::new(),
        share: 1.0,
        from: 0.0,
        until: 0.9,
        by_ms,
    };
    for (by_ms, met) in [(0, None), (60_000, Some(&1))] {
        let swarm = Swarm { faults: vec![askew(by_ms)] };
        let trace = run_plan(&scenario, &Plan { swarm, ..Plan::of(&scenario, &rows(20), 1) });
        assert_eq!(trace.hits.get(&(Kind::ClockAskew, "producer".to_owned())), met, "{by_ms} ms");
    }
}

/// How many mappings of `trades` a stall met that begins at this share of the input's time, and whether all holds. The records come
/// within the first seconds of 110.
fn stalled(scenario: &Scenario, from: f64) -> (Option<u64>, bool) {
    let stall = Drawn {
        kind: Kind::Stall,
        service: String::new(),
        operation: String::new(),
        caller: String::new(),
        share: 1.0,
        from,
        until: 0.95,
        by_ms: 3_600_000,
    };
    let plan =
        Plan { swarm: Swarm { faults: vec![stall] }, own_faults: false, ..Plan::of(scenario, &rows(200), 1) };
    let trace = run_plan(scenario, &plan);
    (trace.hits.get(&(Kind::Stall, "lambda".to_owned())).copied(), trace.is_ok())
}

#[test]
fn a_stall_is_met_where_something_comes_to_a_mapping_that_is_off() {
    let scenario = Scenario::open("trades").unwrap();
    let (met, _) = stalled(&scenario, 0.02);
    assert!(met.is_some_and(|count| (1..=3).contains(&count)), "{met:?} of three mappings");
    assert_eq!(stalled(&scenario, 0.9), (None, true), "all had been read");

    // What the template has switched off is neither stopped nor, afterwards, let go on.
    let mut off = scenario.clone();
    let template = off.files.get_mut(&scenario.template).unwrap();
    *template = template.replace("      BatchSize: 100\n", "      BatchSize: 100\n      Enabled: false\n");
    assert_eq!(stalled(&off, 0.02), (None, false), "nothing reads the stream");
}

#[test]
fn what_trades_exclude_is_what_they_do_not_survive() {
    let mut scenario = Scenario::open("trades").unwrap();
    scenario.sim.excludes.clear();
    let options = SimOptions { intensity: Some(0.8), ..rows(100) };
    let found = (0..100).find_map(|seed| {
        let plan = Plan::of(&scenario, &options, seed);
        let trace = run_plan(&scenario, &plan);
        (!trace.is_ok()).then_some((plan, trace))
    });
    let (plan, trace) = found.expect("a seed that loses an answer or stops a mapping");
    // A few runs suffice to leave most of the faults out.
    let runs = Cell::new(0);
    let small = shrink(&scenario, &plan, &trace, &|| runs.replace(runs.get() + 1) < 30);
    let kinds: Vec<Kind> = small.plan.swarm.faults.iter().map(|drawn| drawn.kind).collect();
    assert!(kinds.contains(&Kind::Lost) || kinds.contains(&Kind::Stall), "{kinds:?}");
    assert!(kinds.len() < plan.swarm.faults.len(), "{kinds:?} of {:?}", plan.swarm);
}
