//! The promises of `wavetank sim`: the same traces on any number of threads, defects found, made small and replayed, good
//! pipelines that hold under every swarm.

use std::cell::Cell;
use std::num::NonZeroUsize;

use wavetank::sim::failure::Failure;
use wavetank::sim::kind::Kind;
use wavetank::sim::shrink::{ATTEMPTS_MAX, shrink};
use wavetank::sim::{Plan, SimOptions, Summary, Trace, run_plan, run_seeds};
use wavetank_scenarios::Scenario;

fn simulate(scenario: &str, options: &SimOptions, seeds: u64, jobs: usize) -> (Summary, Vec<(Plan, Trace)>) {
    let scenario = Scenario::open(scenario).unwrap();
    let (mut summary, mut all) = (Summary::default(), Vec::new());
    run_seeds(&scenario, options, 0..seeds, NonZeroUsize::new(jobs).unwrap(), |plan, trace| {
        summary.add(plan.seed, trace);
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
        let text = Failure::of(name, &small.plan, &small.trace).to_text();
        let (scenario, plan) = Failure::parse(&text).unwrap().plan().unwrap();
        for again in 0..10 {
            assert_eq!(run_plan(&scenario, &plan), small.trace, "{name}, replay {again}\n{text}");
        }
    }
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
