//! `wavetank sim`: a scenario over many seeds under drawn faults, what went wrong, and failures made small.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use wavetank::report::Lang;
use wavetank::run::quoted;
use wavetank::sim::failure::{
    FILE, Failure as Found, FailureError, SCENARIO, digest_of, hash_text, own_files,
};
use wavetank::sim::kind::Kind;
use wavetank::sim::shrink::shrink;
use wavetank::sim::{Hits, Plan, SimOptions, Summary, Trace, page, run_plan, run_seeds};
use wavetank_scenarios::{Scenario, ScenarioError};

use crate::args::SimArgs;
use crate::failure::Failure;
use crate::run::wall_clock;

/// Longest time that making a failure small may take.
const SHRINK_WITHIN: Duration = Duration::from_secs(60);
/// Failed seeds that are named.
const FAILURES_SHOWN_MAX: usize = 10;

pub(crate) fn sim(args: &SimArgs) -> Result<ExitCode, Failure> {
    if let Some(folder) = &args.replay {
        return replay(folder, args);
    }
    let name = args.scenario.as_deref().unwrap_or_default();
    let scenario = open(name, args.variant.as_deref())?;
    let options = SimOptions { rows: args.rows, variant: args.variant.clone(), intensity: args.intensity };
    match args.seed {
        Some(seed) => {
            let plan = Plan::of(&scenario, &options, seed);
            Ok(one(&scenario, &plan, &again(name, args, seed), args.json))
        }
        None => many(name, &scenario, &options, args),
    }
}

/// A scenario that has this variant.
fn open(name: &str, variant: Option<&str>) -> Result<Scenario, Failure> {
    let wrong = |error: ScenarioError| Failure::Usage(error.to_string());
    let scenario = Scenario::open(name).map_err(wrong)?;
    if let Some(variant) = variant {
        scenario.variant(variant).map_err(wrong)?;
    }
    Ok(scenario)
}

/// One seed, with its faults and its report. `again` is the command that runs it.
fn one(scenario: &Scenario, plan: &Plan, again: &str, as_json: bool) -> ExitCode {
    let trace = run_plan(scenario, plan);
    if as_json {
        println!("{:#}", seed_json(plan, &trace, again));
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
        println!("\n{}hash {}", trace.told(again), hash_text(trace.hash));
    }
    code(trace.is_ok())
}

fn many(name: &str, scenario: &Scenario, options: &SimOptions, args: &SimArgs) -> Result<ExitCode, Failure> {
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let (mut summary, mut failed) = (Summary::default(), Vec::new());
    let started = wall_clock();
    run_seeds(scenario, options, args.seeds.clone(), jobs, |plan, trace| {
        summary.add(plan, trace);
        if !trace.is_ok() && failed.len() < FAILURES_SHOWN_MAX.max(args.shrink) {
            failed.push((plan.clone(), trace.clone()));
        }
    });
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    let mut written = BTreeMap::new();
    for (plan, trace) in failed.iter().take(args.shrink) {
        let began = wall_clock();
        let shrunk = shrink(scenario, plan, trace, &|| began.elapsed() < SHRINK_WITHIN);
        let found = Found::of(name, scenario, &shrunk.plan, &shrunk.trace);
        let folder = args.out.join(found.folder());
        let replay = replay_command(&folder);
        write(&folder, scenario, &found, &shrunk.trace, &replay)?;
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

/// The command that runs what is written in a folder again.
fn replay_command(folder: &Path) -> String {
    format!("wavetank sim --replay {}", quoted(&folder.to_string_lossy()))
}

/// The command that runs this seed again.
fn again(name: &str, args: &SimArgs, seed: u64) -> String {
    let mut command = format!("wavetank sim {} --seed {seed}", quoted(name));
    if let Some(variant) = &args.variant {
        command.push_str(&format!(" --variant {}", quoted(variant)));
    }
    if let Some(rows) = args.rows {
        command.push_str(&format!(" --rows {rows}"));
    }
    if let Some(intensity) = args.intensity {
        command.push_str(&format!(" --intensity {intensity}"));
    }
    command
}

fn seed_json(plan: &Plan, trace: &Trace, again: &str) -> Value {
    json!({
        "seed": plan.seed,
        "rows": plan.rows,
        "ok": trace.is_ok(),
        "failed": trace.failed,
        "anomalies": trace.anomalies,
        "faults": plan.swarm.faults,
        "hits": hits_json(&trace.hits),
        "hash": hash_text(trace.hash),
        "replay": again,
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
    let unmet = |(kind, seeds): (Kind, u64)| json!({ "kind": kind, "seeds": seeds });
    let failure = |(plan, trace): &(Plan, Trace)| {
        let mut failure = seed_json(plan, trace, &again(name, args, plan.seed));
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
        "unmet": summary.unmet().into_iter().map(unmet).collect::<Vec<_>>(),
        "wrong": summary.wrong.iter().map(wrong).collect::<Vec<_>>(),
        "failures": failed.iter().map(failure).collect::<Vec<_>>(),
        "seeds_per_s": (summary.passed + summary.failed) as f64 / seconds,
    })
}

/// Writes a failure down, with a copy of the scenario's files if not every wavetank has it.
fn write(
    folder: &Path,
    scenario: &Scenario,
    found: &Found,
    trace: &Trace,
    replay: &str,
) -> Result<(), Failure> {
    let files = [
        (FILE, found.to_text(replay)),
        ("report.txt", trace.told(replay)),
        ("ledger.csv", trace.ledger_diff.clone()),
        ("trace.txt", trace.traced.clone()),
    ];
    // A run that came to no end has no page.
    let page = page(scenario, &found.plan(), replay, Lang::En).map(|page| ("report.html", page));
    let files = files.into_iter().chain(page).map(|(name, text)| (name.to_owned(), text));
    let is_bundled = found.is_bundled();
    let own = own_files(scenario)
        .filter(|_| !is_bundled)
        .map(|(path, text)| (format!("{SCENARIO}/{path}"), text.to_owned()));
    let copy = folder.join(SCENARIO);
    // Files of an earlier failure of this name would be read with these.
    if folder.join(FILE).is_file() && copy.is_dir() {
        fs::remove_dir_all(&copy).map_err(|cause| Failure::file(&copy, &cause))?;
    }
    for (name, text) in files.chain(own) {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(|cause| Failure::file(&path, &cause))?;
    }
    Ok(())
}

/// Runs a written failure again. It is done if it fails as it did, byte for byte; on a scenario that the command names, as that one
/// is now, if every check holds.
fn replay(folder: &Path, args: &SimArgs) -> Result<ExitCode, Failure> {
    let path = folder.join(FILE);
    let text = fs::read_to_string(&path).map_err(|cause| Failure::file(&path, &cause))?;
    let wrong = |error: FailureError| Failure::Usage(format!("{}: {error}", path.display()));
    let found = Found::parse(&text).map_err(wrong)?;
    let scenario = match &args.scenario {
        Some(name) => open(name, found.variant.as_deref())?,
        None => found.scenario(folder).map_err(wrong)?,
    };
    let trace = run_plan(&scenario, &found.plan());
    let is_same = hash_text(trace.hash) == found.hash;
    let differs = (!is_same).then(|| differs(&found, &scenario));
    if args.json {
        println!("{:#}", replay_json(folder, &found, &trace, differs.as_deref()));
    } else {
        println!("{}hash {}", trace.told(&replay_command(folder)), hash_text(trace.hash));
        match differs {
            None => println!("the same as when it was found"),
            Some(why) => {
                let failed = |names: &[String]| match names {
                    [] => "nothing".to_owned(),
                    names => names.join(", "),
                };
                println!("NOT the same: {} when it was found", found.hash);
                println!("failed then: {}; now: {}\n{why}", failed(&found.failed), failed(&trace.failed));
            }
        }
    }
    Ok(code(if args.scenario.is_some() { trace.is_ok() } else { is_same }))
}

/// Why a replay may come to something else than what was found.
fn differs(found: &Found, scenario: &Scenario) -> String {
    let (digest, version) = (digest_of(scenario), env!("CARGO_PKG_VERSION"));
    if !found.digest.is_empty() && found.digest != digest {
        format!("the scenario's files are others than then: digest {}, now {digest}", found.digest)
    } else if found.version != version {
        format!("it was found by version {}, this is {version}", found.version)
    } else {
        "the scenario's files and the version are those of then: another build, or what functions run on, such as Python, differs"
            .to_owned()
    }
}

fn replay_json(folder: &Path, found: &Found, trace: &Trace, differs: Option<&str>) -> Value {
    let mut replayed = seed_json(&found.plan(), trace, &replay_command(folder));
    replayed["same"] = json!(differs.is_none());
    replayed["then"] = json!({ "hash": found.hash, "failed": found.failed });
    replayed["differs"] = json!(differs);
    replayed
}

fn code(is_ok: bool) -> ExitCode {
    if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
