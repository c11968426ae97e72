//! `wavetank sim`: a scenario over many seeds under drawn faults, what went wrong, and failures made small.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use wavetank::report::Lang;
use wavetank::sim::failure::{FILE, Failure as Found, hash_text};
use wavetank::sim::kind::Kind;
use wavetank::sim::shrink::shrink;
use wavetank::sim::{Hits, Plan, SimOptions, Summary, Trace, page, run_plan, run_seeds};
use wavetank_scenarios::Scenario;

use crate::args::SimArgs;
use crate::failure::Failure;
use crate::run::wall_clock;

/// Longest time that making a failure small may take.
const SHRINK_WITHIN: Duration = Duration::from_secs(60);
/// Failed seeds that are named.
const FAILURES_SHOWN_MAX: usize = 10;

pub(crate) fn sim(args: &SimArgs) -> Result<ExitCode, Failure> {
    if let Some(folder) = &args.replay {
        return replay(folder);
    }
    let name = args.scenario.as_deref().unwrap_or_default();
    let scenario = Scenario::open(name).map_err(|error| Failure::Usage(error.to_string()))?;
    if let Some(variant) = &args.variant {
        scenario.variant(variant).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    let options = SimOptions { rows: args.rows, variant: args.variant.clone(), intensity: args.intensity };
    match args.seed {
        Some(seed) => Ok(one(&scenario, &Plan::of(&scenario, &options, seed), args.json)),
        None => many(name, &scenario, &options, args),
    }
}

/// One seed, with its faults and its report.
fn one(scenario: &Scenario, plan: &Plan, as_json: bool) -> ExitCode {
    let trace = run_plan(scenario, plan);
    if as_json {
        println!("{:#}", seed_json(plan, &trace));
    } else {
        for fault in &plan.swarm.faults {
            let (kind, place) = (fault.kind.name(), fault.place());
            let (share, from, until) = (fault.share * 100.0, fault.from * 100.0, fault.until * 100.0);
            let by = match fault.by_ms {
                0 => String::new(),
                by => format!(", {by} ms"),
            };
            println!(
                "{kind:<16} {place:<42} {share:5.1} %, from {from:.0} % to {until:.0} % of the input{by}"
            );
        }
        println!("\n{}\nhash {}", trace.text.trim_end(), hash_text(trace.hash));
    }
    code(trace.is_ok())
}

fn many(name: &str, scenario: &Scenario, options: &SimOptions, args: &SimArgs) -> Result<ExitCode, Failure> {
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let (mut summary, mut failed) = (Summary::default(), Vec::new());
    let started = wall_clock();
    run_seeds(scenario, options, args.seeds.clone(), jobs, |plan, trace| {
        summary.add(plan.seed, trace);
        if !trace.is_ok() && failed.len() < FAILURES_SHOWN_MAX.max(args.shrink) {
            failed.push((plan.clone(), trace.clone()));
        }
    });
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    let mut written = BTreeMap::new();
    for (plan, trace) in failed.iter().take(args.shrink) {
        let began = wall_clock();
        let shrunk = shrink(scenario, plan, trace, &|| began.elapsed() < SHRINK_WITHIN);
        let found = Found::of(name, &shrunk.plan, &shrunk.trace);
        let folder = args.out.join(found.folder());
        let replay = format!("wavetank sim --replay {}", folder.display());
        write(&folder, &found, &shrunk.trace, page(scenario, &shrunk.plan, &replay, Lang::En))?;
        let faults = shrunk.plan.swarm.faults.len();
        eprintln!(
            "seed {}: {} rows and {faults} faults after {} runs",
            plan.seed, found.rows, shrunk.attempts
        );
        written.insert(plan.seed, replay);
    }
    if args.json {
        println!("{:#}", all_json(name, args, &summary, seconds, &failed, &written));
    } else {
        print_all(name, args, &summary, &failed, &written);
        let runs = (summary.passed + summary.failed) as f64 / seconds;
        eprintln!("{runs:.1} seeds/s on {jobs} threads, {seconds:.1} s");
    }
    Ok(code(summary.failed == 0))
}

fn print_all(
    name: &str,
    args: &SimArgs,
    summary: &Summary,
    failed: &[(Plan, Trace)],
    written: &BTreeMap<u64, String>,
) {
    let variant = args.variant.as_ref().map(|variant| format!(" ({variant})")).unwrap_or_default();
    println!("{name}{variant}   seeds {}..{}\n", args.seeds.start, args.seeds.end);
    println!("passed {}   failed {}\n", summary.passed, summary.failed);
    println!("Faults that were met\n{}", summary.coverage());
    for (what, (seeds, first)) in &summary.wrong {
        println!("! {what:<22} {seeds:>6} seeds, first {first}");
    }
    for (plan, trace) in failed.iter().take(FAILURES_SHOWN_MAX) {
        println!("seed {}: {}\n  {}", plan.seed, trace.failed.join(", "), again(name, args, plan.seed));
        if let Some(small) = written.get(&plan.seed) {
            println!("  made small: {small}");
        }
    }
    println!("hash {}", hash_text(summary.hash));
}

/// The command that runs this seed again.
fn again(name: &str, args: &SimArgs, seed: u64) -> String {
    let mut command = format!("wavetank sim {name} --seed {seed}");
    if let Some(variant) = &args.variant {
        command.push_str(&format!(" --variant {variant}"));
    }
    if let Some(rows) = args.rows {
        command.push_str(&format!(" --rows {rows}"));
    }
    if let Some(intensity) = args.intensity {
        command.push_str(&format!(" --intensity {intensity}"));
    }
    command
}

fn seed_json(plan: &Plan, trace: &Trace) -> Value {
    json!({
        "seed": plan.seed,
        "rows": plan.rows,
        "ok": trace.is_ok(),
        "failed": trace.failed,
        "anomalies": trace.anomalies,
        "faults": plan.swarm.faults,
        "hits": hits_json(&trace.hits),
        "hash": hash_text(trace.hash),
    })
}

fn hits_json(hits: &Hits) -> Value {
    let row = |((kind, service), count): (&(Kind, String), &u64)| json!({ "kind": kind, "service": service, "count": count });
    hits.iter().map(row).collect()
}

fn all_json(
    name: &str,
    args: &SimArgs,
    summary: &Summary,
    seconds: f64,
    failed: &[(Plan, Trace)],
    written: &BTreeMap<u64, String>,
) -> Value {
    let wrong = |(what, (seeds, first)): (&String, &(u64, u64))| json!({ "name": what, "seeds": seeds, "first": first });
    let failure = |(plan, trace): &(Plan, Trace)| {
        let mut failure = seed_json(plan, trace);
        failure["replay"] = json!(again(name, args, plan.seed));
        failure["small"] = json!(written.get(&plan.seed));
        failure
    };
    json!({
        "scenario": name,
        "variant": args.variant,
        "from": args.seeds.start,
        "until": args.seeds.end,
        "passed": summary.passed,
        "failed": summary.failed,
        "hash": hash_text(summary.hash),
        "hits": hits_json(&summary.hits),
        "wrong": summary.wrong.iter().map(wrong).collect::<Vec<_>>(),
        "failures": failed.iter().map(failure).collect::<Vec<_>>(),
        "seeds_per_s": (summary.passed + summary.failed) as f64 / seconds,
    })
}

fn write(folder: &Path, found: &Found, trace: &Trace, page: Option<String>) -> Result<(), Failure> {
    let files = [
        (FILE, found.to_text()),
        ("report.txt", trace.text.clone()),
        ("ledger.csv", trace.ledger_diff.clone()),
        ("trace.txt", trace.traced.clone()),
    ];
    // A run that came to no end has no page.
    let files = files.into_iter().chain(page.map(|page| ("report.html", page)));
    fs::create_dir_all(folder).map_err(|cause| Failure::file(folder, &cause))?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|cause| Failure::file(&path, &cause))?;
    }
    Ok(())
}

/// Runs a written failure again. It is done if it fails as it did, byte for byte.
fn replay(folder: &Path) -> Result<ExitCode, Failure> {
    let path = folder.join(FILE);
    let text = fs::read_to_string(&path).map_err(|cause| Failure::file(&path, &cause))?;
    let wrong = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", path.display()));
    let found = Found::parse(&text).map_err(|error| wrong(&error))?;
    let (scenario, plan) = found.plan().map_err(|error| wrong(&error))?;
    let trace = run_plan(&scenario, &plan);
    println!("{}\nhash {}", trace.text.trim_end(), hash_text(trace.hash));
    if hash_text(trace.hash) == found.hash {
        println!("the same as when it was found");
    } else {
        let version = env!("CARGO_PKG_VERSION");
        println!("NOT the same: {} was written by version {}, this is {version}", found.hash, found.version);
    }
    Ok(code(trace.is_ok()))
}

fn code(is_ok: bool) -> ExitCode {
    if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
