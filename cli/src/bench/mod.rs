//! `wavetank bench`: an open-loop load, its figures, and the gate on them.
//!
//! 0: done. 1: too many requests failed, a check of the scenario did, or the gate says worse. 2: wrong usage, also files that do not
//! compare. 3: no server, or none that can do it. What is measured is in the crate `wavetank-load`.

mod args;
mod scenario;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::runtime::Builder;
use wavetank::report::Lang;
use wavetank_load::api::ApiError;
use wavetank_load::compare::{self, Compared};
use wavetank_load::merge::merge;
use wavetank_load::pairs::{self, Ratio, Verdict};
use wavetank_load::saved::Command;
use wavetank_load::{Against, BenchError, Endpoint, Options, Saved, Subject, run, sink, text};
use wavetank_types::Seed;

pub(crate) use args::BenchArgs;
use args::{BenchCommand, RateText};

use crate::failure::Failure;
use crate::threads;
use crate::whole_file::create;

pub(crate) fn bench(args: &BenchArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        Some(BenchCommand::Merge { files, out, json }) => joined(files, out.as_deref(), *json),
        Some(BenchCommand::Sink { ready_file }) => serve_sink(ready_file),
        None => load(args),
    }
}

fn load(args: &BenchArgs) -> Result<ExitCode, Failure> {
    let what = args.what.as_deref().unwrap_or_default();
    let asked = match what.parse::<Subject>() {
        Ok(subject) => Asked::Service(Box::new(options(args, subject))),
        Err(()) => Asked::Scenario(Box::new(scenario::asked(args, what)?)),
    };
    // Read first: a file that does not compare is known before the load.
    let base = args.gate.compare.as_deref().map(read).transpose()?;
    if let Some((file, base)) = &base {
        compare::check(file, &base.command, &asked.command())
            .map_err(|error| Failure::Usage(error.to_string()))?;
    }
    let against = against(args)?;
    let stop = stopped_by_signals()?;
    eprintln!("seed {}", args.seed);
    let run = |against: &Against| match &asked {
        Asked::Service(options) => {
            let warn = |why: &str| eprintln!("warning: {why}");
            run(options, against, &stop, &warn).map_err(failure)
        }
        Asked::Scenario(asked) => scenario::run(asked, against, &stop, args.lang),
    };
    let (saved, ratios) = match (&args.gate.against, args.gate.pairs) {
        (Some(other), Some(count)) => in_pairs(&run, &against, other, usize::from(count), args, &stop)?,
        _ => (run(&against)?, Vec::new()),
    };
    let compared = match &base {
        Some((file, base)) => {
            let compared = compare::compare(file, base, &saved, args.gate.fail_over);
            compared.map_err(|error| Failure::Usage(error.to_string()))?
        }
        None => Vec::new(),
    };
    tell(args, &saved, base.as_ref(), &compared, &ratios)
}

/// What is put under load.
enum Asked {
    Service(Box<Options>),
    Scenario(Box<scenario::Asked>),
}

impl Asked {
    fn command(&self) -> Command {
        match self {
            Self::Service(options) => options.command(),
            Self::Scenario(asked) => asked.command.clone(),
        }
    }
}

fn options(args: &BenchArgs, subject: Subject) -> Options {
    let rate = args.rate.clone().unwrap_or_else(|| {
        let rate = subject.rate();
        RateText { rate: wavetank_generators::kdg::Rate::Constant(rate), text: format!("{rate}/s") }
    });
    Options {
        subject,
        rate: rate.rate,
        rate_text: rate.text,
        span: args.span,
        warm_up: args.warm_up,
        arrivals: args.arrivals,
        seed: Seed(args.seed),
        shard: args.workers.shard,
        connections: usize::from(args.connections),
        batch: args.batch.unwrap_or(subject.batches().0),
        record_bytes: args.record_size.unwrap_or(subject.record_bytes()),
        reads: args.reads,
        retries: args.retries,
        timeout: args.timeout,
        resource: args.target.resource.clone(),
        stream_shards: args.stream_shards,
        rows: args.rows,
        start_at: args.workers.start_at,
    }
}

fn against(args: &BenchArgs) -> Result<Against, Failure> {
    if let Some(url) = &args.target.endpoint {
        let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        return Ok(Against::Endpoint(Endpoint {
            url: url.trim_end_matches('/').to_owned(),
            region: args.target.region.clone(),
            access_key: of("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "000000000000".to_owned()),
            secret_key: of("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "test".to_owned()),
            session_token: of("AWS_SESSION_TOKEN"),
        }));
    }
    let binary = std::env::current_exe();
    let binary = binary.map_err(|cause| Failure::Environment(format!("cannot find this binary: {cause}")))?;
    Ok(if args.target.sink { Against::Sink(binary) } else { Against::Tank(binary) })
}

/// A flag that Ctrl-C raises: the load ends, tells what it has, and removes what it made.
fn stopped_by_signals() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    let runtime = threads::start(&mut Builder::new_current_thread())?;
    std::thread::spawn(move || {
        runtime.block_on(crate::serve::interrupted());
        eprintln!("ending: what was made is removed");
        raised.store(true, Ordering::Relaxed);
    });
    Ok(stop)
}

/// Runs this binary and another in turn. The figures told beside the ratios are this binary's of its last run.
fn in_pairs(
    run: &dyn Fn(&Against) -> Result<Saved, Failure>,
    against: &Against,
    other: &Path,
    count: usize,
    args: &BenchArgs,
    stop: &AtomicBool,
) -> Result<(Saved, Vec<Ratio>), Failure> {
    let other = Against::Tank(other.to_owned());
    let mut both = Vec::new();
    for pair in 0..count {
        let (base, now) = if pairs::base_first(pair) {
            let base = run(&other)?;
            (base, run(against)?)
        } else {
            let now = run(against)?;
            (run(&other)?, now)
        };
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::Failed("interrupted: no pair is judged".to_owned()));
        }
        eprintln!(
            "pair {} of {count}: p50 {:.3} ms and {:.3} ms",
            pair + 1,
            base.tally.latency.at(0.5),
            now.tally.latency.at(0.5)
        );
        both.push((base, now));
    }
    let ratios = pairs::judge(&both, args.gate.fail_over);
    let (_, last) = both.pop().ok_or_else(|| Failure::Usage("no pairs".to_owned()))?;
    Ok((last, ratios))
}

fn lang(of_report: Lang) -> text::Lang {
    match of_report {
        Lang::En => text::Lang::En,
        Lang::Vi => text::Lang::Vi,
    }
}

/// Prints, writes and judges.
fn tell(
    args: &BenchArgs,
    saved: &Saved,
    base: Option<&(String, Saved)>,
    compared: &[Compared],
    ratios: &[Ratio],
) -> Result<ExitCode, Failure> {
    let gate = &args.gate;
    let mut told = text::to_text(saved, lang(args.lang));
    if let Some((file, base)) = base {
        told.push_str(&format!("\n{}", compare::to_text(file, base, compared, gate.fail_over)));
    }
    if let Some(count) = gate.pairs {
        told.push_str(&format!("\n{}", pairs::to_text(ratios, usize::from(count), gate.fail_over)));
    }
    let counters = &saved.tally.counters;
    let errors = counters.errors as f64 / counters.requests.max(1) as f64;
    let is_faulty = errors > gate.errors_max || counters.answered == 0;
    if is_faulty {
        told.push_str(&format!(
            "\nFAIL  {} of {} requests failed; at most {:.1} % may\n",
            counters.errors,
            counters.requests,
            gate.errors_max * 100.0
        ));
    }
    if let Some(path) = &gate.save {
        write_json(path, &saved.to_json())?;
    }
    if let Some(path) = &gate.markdown {
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let block = format!("### wavetank bench {}\n\n```text\n{told}```\n\n", saved.command.what);
        let written = opened.and_then(|mut file| file.write_all(block.as_bytes()));
        written.map_err(|cause| Failure::file(path, &cause))?;
    }
    let is_worse = compared.iter().any(|it| it.is_worse == Some(true))
        || ratios.iter().any(|it| it.verdict == Verdict::Worse);
    let is_ok = !is_faulty && !is_worse && !saved.interrupted && !scenario::is_failed(saved);
    if args.json {
        let mut value = saved.to_json();
        value["ok"] = json!(is_ok);
        value["compared"] = json!(compared);
        value["pairs"] = json!(ratios);
        println!("{value:#}");
    } else {
        print!("{told}");
    }
    Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write_json(path: &Path, value: &Value) -> Result<(), Failure> {
    create(path, |file| writeln!(file, "{value:#}").map_err(|cause| Failure::file(path, &cause)))
}

fn read(path: &Path) -> Result<(String, Saved), Failure> {
    let text = std::fs::read_to_string(path).map_err(|cause| Failure::file(path, &cause))?;
    let name = path.display().to_string();
    let saved = Saved::parse(&name, &text).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok((name, saved))
}

fn joined(files: &[PathBuf], out: Option<&Path>, as_json: bool) -> Result<ExitCode, Failure> {
    let files: Vec<(String, Saved)> = files.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let (all, missing) = merge(&files).map_err(|error| Failure::Usage(error.to_string()))?;
    if !missing.is_empty() {
        eprintln!(
            "warning: workers {missing:?} of {} are missing: the figures are of the others",
            all.command.workers
        );
    }
    if let Some(path) = out {
        write_json(path, &all.to_json())?;
    }
    if as_json {
        println!("{:#}", all.to_json());
    } else {
        print!("{}", text::to_text(&all, text::Lang::En));
    }
    Ok(ExitCode::SUCCESS)
}

fn serve_sink(ready_file: &Path) -> Result<ExitCode, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0");
    let told = |cause: std::io::Error| Failure::Environment(format!("cannot listen: {cause}"));
    let listener = listener.map_err(told)?;
    let address = listener.local_addr().map_err(told)?;
    write_json(ready_file, &json!({ "endpoint": format!("http://{address}") }))?;
    sink::serve(&listener);
    Ok(ExitCode::SUCCESS)
}

fn failure(error: BenchError) -> Failure {
    let text = error.to_string();
    match error {
        BenchError::Schedule(_) | BenchError::Batch { .. } | BenchError::Reads(_) | BenchError::Late(_) => {
            Failure::Usage(text)
        }
        BenchError::Server(_) => Failure::Environment(text),
        BenchError::Api(ApiError::Address(_) | ApiError::Aws(_)) => Failure::Usage(text),
        BenchError::Api(ApiError::Refused { .. } | ApiError::Interrupted) => Failure::Failed(text),
        BenchError::Api(_) => Failure::Environment(text),
    }
}
