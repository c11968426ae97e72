//! `wavetank bench`: an open-loop load, its figures, and the gate on them.
//!
//! 0: done. 1: too many requests failed, a check of the scenario did, or the gate says worse. 2: wrong usage, also files that do not
//! compare. 3: no server, or none that can do it. What is measured is in the crate `wavetank-load`.

mod args;
mod counting;
mod scenario;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Builder;
use wavetank::report::Lang;
use wavetank::stop::Stop;
use wavetank_generators::arrivals::Arrivals;
use wavetank_load::api::ApiError;
use wavetank_load::compare::{self, Compared};
use wavetank_load::merge::merge;
use wavetank_load::pairs::{self, Ratio, Verdict};
use wavetank_load::saved::Command;
use wavetank_load::{Against, BenchError, Endpoint, Options, Saved, Subject, end_own, run, sink, text};
use wavetank_types::Seed;

pub(crate) use args::BenchArgs;
use args::{BenchCommand, MergeArgs, RateText};

use crate::failure::Failure;
use crate::signals::Signals;
use crate::threads;
use crate::whole_file::create;

/// What a load on a service has if nothing else is said.
const WARM_UP: Duration = Duration::from_secs(1);
const CONNECTIONS: u16 = 16;
const TIMEOUT: Duration = Duration::from_secs(30);
const STREAM_SHARDS: u32 = 8;
const ROWS: u64 = 10_000;
const REGION: &str = "us-east-1";

pub(crate) fn bench(args: &BenchArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        Some(BenchCommand::Merge(args)) => merged(args),
        Some(BenchCommand::Sink { ready_file }) => serve_sink(ready_file),
        None => load(args),
    }
}

fn load(args: &BenchArgs) -> Result<ExitCode, Failure> {
    let what = args.what.as_deref().unwrap_or_default();
    let of_run = Stop::default();
    let asked = match what.parse::<Subject>() {
        Ok(subject) => Asked::Service(Box::new(options(args, subject)?)),
        Err(()) => Asked::Scenario(Box::new(scenario::asked(args, what, &of_run)?)),
    };
    // Read first: a file that does not compare is known before the load.
    let base = args.gate.compare.as_deref().map(read).transpose()?;
    if let Some((file, base)) = &base {
        compare::check(file, &base.command, &asked.command())
            .map_err(|error| Failure::Usage(error.to_string()))?;
    }
    let against = against(args)?;
    let stop = stopped_by_signals(of_run)?;
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
    let compared = compared(base.as_ref(), &saved, args.gate.fail_over)?;
    let telling = Telling {
        fail_over: args.gate.fail_over,
        errors_max: args.gate.errors_max,
        pairs: args.gate.pairs,
        missing: &[],
        save: args.gate.save.as_deref(),
        markdown: args.gate.markdown.as_deref(),
        lang: args.lang,
        as_json: args.json,
    };
    tell(&telling, &saved, base.as_ref(), &compared, &ratios)
}

/// The gate on counters, if there is a file to compare with.
fn compared(base: Option<&(String, Saved)>, saved: &Saved, fail_over: f64) -> Result<Vec<Compared>, Failure> {
    let Some((file, base)) = base else { return Ok(Vec::new()) };
    compare::compare(file, base, saved, fail_over).map_err(|error| Failure::Usage(error.to_string()))
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

fn options(args: &BenchArgs, subject: Subject) -> Result<Options, Failure> {
    if args.target.variant.is_some() {
        let hint = format!("leave it out, or name the scenario instead of {subject}");
        return Err(Failure::Usage(format!("--variant is of a scenario\nhint: {hint}")));
    }
    let rate = args.rate.clone().unwrap_or_else(|| {
        let rate = subject.rate();
        RateText { rate: wavetank_generators::kdg::Rate::Constant(rate), text: format!("{rate}/s") }
    });
    Ok(Options {
        subject,
        rate: rate.rate,
        rate_text: rate.text,
        span: args.span,
        warm_up: args.warm_up.unwrap_or(WARM_UP),
        arrivals: args.arrivals.unwrap_or(Arrivals::Poisson),
        seed: Seed(args.seed),
        shard: args.workers.shard,
        connections: usize::from(args.connections.unwrap_or(CONNECTIONS)),
        batch: args.batch.unwrap_or(subject.batches().0),
        record_bytes: args.record_size.unwrap_or(subject.record_bytes()),
        reads: args.reads.unwrap_or(0.0),
        retries: args.retries.unwrap_or(0),
        timeout: args.timeout.unwrap_or(TIMEOUT),
        resource: args.target.resource.clone(),
        stream_shards: args.stream_shards.unwrap_or(STREAM_SHARDS),
        rows: args.rows.unwrap_or(ROWS),
        start_at: args.workers.start_at,
    })
}

fn against(args: &BenchArgs) -> Result<Against, Failure> {
    if let Some(url) = &args.target.endpoint {
        let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        return Ok(Against::Endpoint(Endpoint {
            url: url.trim_end_matches('/').to_owned(),
            region: args.target.region.clone().unwrap_or_else(|| REGION.to_owned()),
            access_key: of("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "000000000000".to_owned()),
            secret_key: of("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "test".to_owned()),
            session_token: of("AWS_SESSION_TOKEN"),
        }));
    }
    let binary = std::env::current_exe();
    let binary = binary.map_err(|cause| Failure::Environment(format!("cannot find this binary: {cause}")))?;
    Ok(if args.target.sink { Against::Sink(binary) } else { Against::Tank(binary) })
}

/// A flag that Ctrl-C raises, and with it `of_run`, which a scenario's run listens to: the load ends, tells what it has, and removes
/// what it made. The second Ctrl-C ends everything at once, whatever hangs.
fn stopped_by_signals(of_run: Stop) -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    let runtime = threads::start(&mut Builder::new_current_thread())?;
    // Before anything is made, so that none ends the process by itself.
    let mut signals = runtime.block_on(async { Signals::take() })?;
    std::thread::spawn(move || {
        runtime.block_on(signals.next());
        eprintln!("ending: what was made is removed; Ctrl-C again leaves it");
        raised.store(true, Ordering::Relaxed);
        of_run.ask();
        let code = runtime.block_on(signals.next());
        end_own();
        eprintln!("ended: what was made on a server that stays may still be there");
        std::process::exit(i32::from(code));
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
    let run = |against: &Against| -> Result<Saved, Failure> {
        let saved = run(against)?;
        match stop.load(Ordering::Relaxed) {
            true => Err(Failure::Failed("interrupted: no pair is judged".to_owned())),
            false => Ok(saved),
        }
    };
    let mut both = Vec::new();
    for pair in 0..count {
        let (base, now) = if pairs::base_first(pair) {
            let base = run(&other)?;
            (base, run(against)?)
        } else {
            let now = run(against)?;
            (run(&other)?, now)
        };
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

/// How figures are told and judged.
struct Telling<'a> {
    fail_over: f64,
    errors_max: f64,
    pairs: Option<u16>,
    /// Workers without whose figures there is nothing to judge.
    missing: &'a [u32],
    save: Option<&'a Path>,
    markdown: Option<&'a Path>,
    lang: Lang,
    as_json: bool,
}

impl Telling<'_> {
    /// Whether too many requests failed, or none was answered.
    fn is_faulty(&self, saved: &Saved) -> bool {
        let counters = &saved.tally.counters;
        let errors = counters.errors as f64 / counters.requests.max(1) as f64;
        errors > self.errors_max || (counters.answered == 0 && !saved.interrupted)
    }

    /// What fails besides the comparisons, a line each.
    fn failures(&self, saved: &Saved) -> String {
        let (counters, most) = (&saved.tally.counters, self.errors_max * 100.0);
        let (errors, requests) = (counters.errors, counters.requests);
        let mut lines = String::new();
        if self.is_faulty(saved) {
            lines.push_str(&match self.lang {
                Lang::En => {
                    format!("\nFAIL  {errors} of {requests} requests failed; at most {most:.1} % may\n")
                }
                Lang::Vi => format!("\nLỖI   {errors} trên {requests} request bị lỗi; tối đa {most:.1} %\n"),
            });
        }
        if !self.missing.is_empty() {
            let (missing, all) = (self.missing, saved.command.workers);
            lines.push_str(&match self.lang {
                Lang::En => format!("\nFAIL  workers {missing:?} of {all} are missing\n"),
                Lang::Vi => format!("\nLỖI   thiếu worker {missing:?} trên {all}\n"),
            });
        }
        lines
    }
}

/// Prints, writes and judges.
fn tell(
    telling: &Telling<'_>,
    saved: &Saved,
    base: Option<&(String, Saved)>,
    compared: &[Compared],
    ratios: &[Ratio],
) -> Result<ExitCode, Failure> {
    let mut told = text::to_text(saved, lang(telling.lang));
    if let Some((file, base)) = base {
        told.push_str(&format!("\n{}", compare::to_text(file, base, compared, telling.fail_over)));
    }
    if let Some(count) = telling.pairs {
        told.push_str(&format!("\n{}", pairs::to_text(ratios, usize::from(count), telling.fail_over)));
    }
    told.push_str(&telling.failures(saved));
    if let Some(path) = telling.save {
        write_json(path, &saved.to_json())?;
    }
    if let Some(path) = telling.markdown {
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let block = format!("### wavetank bench {}\n\n```text\n{told}```\n\n", saved.command.what);
        let written = opened.and_then(|mut file| file.write_all(block.as_bytes()));
        written.map_err(|cause| Failure::file(path, &cause))?;
    }
    let is_worse = compared.iter().any(|it| it.is_worse == Some(true))
        || ratios.iter().any(|it| it.verdict == Verdict::Worse);
    let is_whole = telling.missing.is_empty() && !saved.interrupted;
    let is_ok = is_whole && !telling.is_faulty(saved) && !is_worse && !scenario::is_failed(saved);
    if telling.as_json {
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

/// Joins workers' files, and tells and judges the whole as it is done with one load.
fn merged(args: &MergeArgs) -> Result<ExitCode, Failure> {
    let files: Vec<(String, Saved)> = args.files.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let base = args.compare.as_deref().map(read).transpose()?;
    let (all, missing) = merge(&files).map_err(|error| Failure::Usage(error.to_string()))?;
    if !missing.is_empty() {
        eprintln!(
            "warning: workers {missing:?} of {} are missing: the figures are of the others",
            all.command.workers
        );
    }
    let compared = compared(base.as_ref(), &all, args.fail_over)?;
    let telling = Telling {
        fail_over: args.fail_over,
        errors_max: args.errors_max,
        pairs: None,
        // Whoever joins what there is may know why; a gate does not.
        missing: if base.is_some() { &missing[..] } else { &[] },
        save: args.out.as_deref(),
        markdown: args.markdown.as_deref(),
        lang: args.lang,
        as_json: args.json,
    };
    tell(&telling, &all, base.as_ref(), &compared, &[])
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
