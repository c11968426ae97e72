//! `wavetank run --target aws`: what may be made, at what cost, in whose account; the run; and the sweep after it, however it ends.
//!
//! The two flags are the consent: `--account` and `--budget`. Nobody is asked anything, so that a CI job needs no terminal. Nothing is
//! made before the account has answered, the estimate is known to be within the budget, and a journal is written.
//! `wavetank diff --b aws` does the same with what is here (`diff/account.rs`).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::id;

use tokio::runtime::Builder;
use wavetank::client::Aws;
use wavetank::estimate::{self, Plan};
use wavetank::run::{RunError, RunOptions, StackOptions};
use wavetank::sweep::guard::{Ended, until};
use wavetank::sweep::{self, Journal, Kept, SweepError, Swept, journal};
use wavetank::target::aws::{self, AwsError, Settings};
use wavetank::target::{Endpoint, Target as _};
use wavetank::{Orchestrator, Report};
use wavetank_scenarios::{Check, Scenario};
use wavetank_types::Said;

use crate::args::{Orders, RunArgs};
use crate::failure::Failure;
use crate::progress::Terminal;
use crate::signals::Signals;
use crate::threads;

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The plan was asked for, and printed.
    Planned,
    /// It ran. Nothing is left of it, or `is_left`.
    Ran { report: Box<Report>, is_left: bool },
}

/// The variables of the environment that are text.
pub(crate) fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Runs a scenario in an account.
pub(crate) fn run(args: &RunArgs, scenario: Scenario, options: RunOptions) -> Result<Outcome, Failure> {
    let asked = &args.place.account;
    let what = "--target aws makes things that cost money";
    let (account, budget) = consent(asked.account.as_deref(), asked.budget, asked.plan, what)?;
    refuse_unbuilt(args, &options)?;
    let variables = variables();
    let region = args.place.account.region.clone().unwrap_or_else(|| scenario.region.clone());
    let scenario = Scenario { region, ..scenario };
    let settings = Settings::read(&variables).map_err(|error| Failure::Environment(error.to_string()))?;
    let folder = journal::folder(&variables).map_err(|error| Failure::Environment(error.to_string()))?;
    let runtime = threads::start(&mut Builder::new_multi_thread())?;
    runtime.block_on(async {
        let target = connect(&settings, &scenario.region, &account).await?;
        let planned = plan(&scenario, &options, &settings, &target, budget).await?;
        planned.check_budget().map_err(|error| Failure::Usage(error.to_string()))?;
        if args.place.account.plan {
            print_plan(args.json, &planned);
            return Ok(Outcome::Planned);
        }
        eprint!("{planned}");
        let journal = journal_of(&planned, &target, options.seed);
        let kept = Kept::begin(&folder, journal).map_err(|error| Failure::Environment(error.to_string()))?;
        let stack = Some(StackOptions { name: planned.stack.clone(), tags: planned.tags.clone() });
        let options = RunOptions { stack, keep: true, ..options };
        let progress = Terminal::of_seed(options.seed).aloud();
        let work = wavetank::run(&scenario, &target, &options, &progress);
        let aws = Aws::new(&target, &scenario.region);
        let outcome = guarded(aws, kept, args.place.keep, work, &progress).await?;
        Ok(with_note(outcome, &planned))
    })
}

/// The account and the budget, or what is missing for something that costs money, which `what` says.
pub(crate) fn consent(
    account: Option<&str>,
    budget: Option<f64>,
    is_plan: bool,
    what: &str,
) -> Result<(String, Option<f64>), Failure> {
    let refuse = |hint: &str| {
        Failure::Usage(format!(
            "{what}: nothing was created\nhint: say {hint}; --plan shows what it would be"
        ))
    };
    let Some(account) = account else {
        return Err(refuse("in which account and how much, as in --account 123456789012 --budget 1"));
    };
    if budget.is_none() && !is_plan {
        return Err(refuse("how much may be spent, as in --budget 1 (USD)"));
    }
    Ok((account.to_owned(), budget))
}

fn refuse_unbuilt(args: &RunArgs, options: &RunOptions) -> Result<(), Failure> {
    let refuse = |what: &str, hint: &str| {
        Err(Failure::Usage(format!("{what} is not built for --target aws\nhint: {hint}")))
    };
    let place = &args.place;
    for (flag, is_given) in [
        ("--endpoint", place.endpoint.is_some()),
        ("--image", place.image.is_some()),
        ("--s3", place.s3.is_some()),
        ("--replace", place.replace),
    ] {
        if is_given {
            let hint = "leave it out; AWS_ENDPOINT_URL leads all requests to another server";
            return Err(Failure::Usage(format!("{flag} is not of --target aws\nhint: {hint}")));
        }
    }
    if args.orders == Orders::Rds {
        return refuse("--orders rds", "the Data API of AWS is for Aurora alone; use --orders files");
    }
    if matches!(args.orders, Orders::Postgres(_)) {
        return refuse("--orders postgres://", "its estimate would write there too; use --orders files");
    }
    if options.orchestrator == Orchestrator::Airflow {
        return refuse(
            "--orchestrator airflow",
            "an environment of MWAA needs subnets of the account; use scheduler",
        );
    }
    Ok(())
}

/// An account that is the one that was asked for.
pub(crate) async fn connect(settings: &Settings, region: &str, account: &str) -> Result<Endpoint, Failure> {
    aws::connect(settings, region, account).await.map_err(|error| match error {
        AwsError::OtherAccount { .. } | AwsError::Address(_) | AwsError::Endpoint(_) => {
            Failure::Usage(error.to_string())
        }
        other => Failure::Environment(other.to_string()),
    })
}

async fn plan(
    scenario: &Scenario,
    options: &RunOptions,
    settings: &Settings,
    target: &Endpoint,
    budget_usd: Option<f64>,
) -> Result<Plan, Failure> {
    eprintln!("running {} on a tank, to know what it costs", scenario.name);
    let estimate =
        estimate::estimate(scenario, options).await.map_err(|error| Failure::Failed(error.to_string()))?;
    let run = run_id();
    Ok(Plan {
        scenario: scenario.name.clone(),
        account: target.account().unwrap_or_default().to_owned(),
        credentials: settings.source.clone(),
        endpoint: settings.endpoint.clone(),
        region: scenario.region.clone(),
        stack: estimate::stack_name(&scenario.name, &run),
        tags: estimate::tags(&run, &scenario.name, options.seed),
        estimate,
        budget_usd,
        not_run: if settings.endpoint.is_none() { not_run(scenario) } else { Vec::new() },
    })
}

/// An account's figures are those of others, too: the report says what was known before.
fn with_note(outcome: Outcome, planned: &Plan) -> Outcome {
    let usd = planned.estimate.cost.usd();
    let note = Said::new(
        format!("estimated before the run: {usd:.4} USD"),
        format!("ước tính trước khi chạy: {usd:.4} USD"),
    );
    match outcome {
        Outcome::Ran { mut report, is_left } => {
            report.notes.push(note);
            Outcome::Ran { report, is_left }
        }
        Outcome::Planned => Outcome::Planned,
    }
}

/// What of a scenario AWS cannot be asked for.
fn not_run(scenario: &Scenario) -> Vec<String> {
    let mut not_run = Vec::new();
    if !scenario.faults.is_empty() {
        not_run.push(format!("{} faults: nobody can make AWS's services fail", scenario.faults.len()));
    }
    for check in &scenario.checks {
        match check {
            Check::Unblocked {} => {
                not_run.push("check unblocked: only a tank tells what is blocked".to_owned())
            }
            Check::Metamorphic(form) => {
                not_run
                    .push(format!("check metamorphic {}: it would run all of it again", form.change.name()));
            }
            _ => {}
        }
    }
    not_run
}

/// What is remembered of a run before its first call.
pub(crate) fn journal_of(planned: &Plan, target: &Endpoint, seed: u64) -> Journal {
    Journal {
        version: journal::VERSION,
        run: planned.tags[sweep::TAGS[0]].clone(),
        target: "aws".to_owned(),
        endpoint: planned.endpoint.clone(),
        account: planned.account.clone(),
        region: planned.region.clone(),
        stack: planned.stack.clone(),
        scenario: planned.scenario.clone(),
        seed,
        began_ms: target.now().millis(),
        ..Journal::default()
    }
}

/// The plan that was asked for.
pub(crate) fn print_plan(is_json: bool, plan: &Plan) {
    match is_json {
        true => println!("{:#}", serde_json::to_value(plan).unwrap_or_default()),
        false => print!("{plan}"),
    }
}

/// A name that no other run has: of the instant and the process.
#[expect(clippy::disallowed_methods, reason = "two runs at the same place must differ")]
pub(crate) fn run_id() -> String {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!(
        "{:08x}{:04x}",
        since_epoch.as_secs(),
        (since_epoch.subsec_nanos() ^ id().rotate_left(8)) & 0xffff
    )
}

/// Says a line to whoever watches. A terminal that has gone is no reason to stop cleaning up.
pub(crate) fn tell(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// Runs, and sweeps however that ends.
pub(crate) async fn guarded(
    aws: Aws<'_>,
    mut kept: Kept,
    keep: bool,
    work: impl Future<Output = Result<Report, RunError>>,
    progress: &Terminal,
) -> Result<Outcome, Failure> {
    let mut signals = Signals::take()?;
    let ended = until(work, signals.next()).await;
    let failure = match &ended {
        Ended::Done(Ok(_)) => None,
        Ended::Done(Err(error)) => Some(crate::run::failed(error)),
        Ended::Panicked(words) => Some(Failure::Failed(format!(
            "the run panicked: {words}\nhint: this is an error of wavetank; please report it"
        ))),
        Ended::Stopped(code) => {
            Some(Failure::Stopped { code: *code, said: "the run was stopped".to_owned() })
        }
    };
    progress.end();
    if let Some(failure) = &failure {
        tell(&format!("error: {failure}"));
    }
    let is_left = match keep {
        true => {
            tell(&kept_words(kept.journal()));
            false
        }
        false => !sweep_after(aws, &mut kept, &mut signals).await?,
    };
    if !keep && !is_left {
        kept.end().map_err(|error| Failure::Environment(error.to_string()))?;
    }
    match (ended, failure) {
        (Ended::Done(Ok(report)), _) => Ok(Outcome::Ran { report: Box::new(report), is_left }),
        (_, Some(failure)) => Err(failure.said_already()),
        (_, None) => unreachable!("what is not done has a failure"),
    }
}

fn kept_words(journal: &Journal) -> String {
    let Journal { run, stack, account, region, .. } = journal;
    format!(
        "stack {stack} stays in account {account}, region {region}, by --keep\nhint: `wavetank sweep --run {run}` removes it with all that belongs to it"
    )
}

/// Sweeps until it is done or stopped again. Whether nothing is left.
pub(crate) async fn sweep_after(
    aws: Aws<'_>,
    kept: &mut Kept,
    signals: &mut Signals,
) -> Result<bool, Failure> {
    tell(&format!("sweeping run {}", kept.journal().run));
    let swept = until(sweep::sweep(aws.patient(), kept, &tell), signals.next()).await;
    match swept {
        Ended::Done(swept) => Ok(say_swept(kept, swept)),
        Ended::Panicked(words) => {
            tell(&format!("error: the sweep panicked: {words}\n{}", left_words(kept)));
            Ok(false)
        }
        Ended::Stopped(code) => {
            let said = format!("the sweep was stopped, and something is left\n{}", left_words(kept));
            Err(Failure::Stopped { code, said })
        }
    }
}

/// Says what a sweep has done. Whether nothing is left.
pub(crate) fn say_swept(kept: &Kept, swept: Result<Swept, SweepError>) -> bool {
    let run = &kept.journal().run;
    match swept {
        Ok(Swept { resources, objects, logs, left }) if left.is_empty() => {
            tell(&format!(
                "swept run {run}: {resources} resources, {objects} objects, {logs} logs; nothing is left"
            ));
            true
        }
        Ok(Swept { left, .. }) => {
            tell(&format!("error: of run {run} is left:\n  {}\n{}", left.join("\n  "), left_words(kept)));
            false
        }
        Err(error) => {
            tell(&format!("error: {error}\n{}", left_words(kept)));
            false
        }
    }
}

/// Where what is left is, and how it goes.
fn left_words(kept: &Kept) -> String {
    let Journal { run, stack, account, region, buckets, .. } = kept.journal();
    let buckets =
        if buckets.is_empty() { String::new() } else { format!(", buckets {}", buckets.join(", ")) };
    let made = if stack.is_empty() { "what a comparison made".to_owned() } else { format!("stack {stack}") };
    format!(
        "in account {account}, region {region}: {made}{buckets} (journal {})\nhint: `wavetank sweep --run {run}` tries again",
        kept.path().display()
    )
}
