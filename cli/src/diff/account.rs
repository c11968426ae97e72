//! `wavetank diff --b aws`: what may be made, at what cost, in whose account; the comparison; and the sweep after it, however it ends.
//!
//! As with `run --target aws` (`aws.rs`), the consent is `--account` and `--budget`. Nothing is made before the account has answered,
//! the estimate is known to be within the budget, nothing is there that a conversation would take for its own, and a journal is written.

use std::convert::Infallible;
use std::future::pending;

use wavetank::client::Aws;
use wavetank::diff::{Compared, DiffOptions, makes, spend, tag};
use wavetank::estimate::{self, Plan};
use wavetank::sweep::guard::{Ended, until};
use wavetank::sweep::{self, BucketError, Journal, Kept, Resource, SweepError, Traces, journal};
use wavetank::target::Endpoint;
use wavetank::target::aws::Settings;

use super::{DiffArgs, Servers};
use crate::aws::{self, journal_of, print_plan, run_id, sweep_after, tell};
use crate::failure::Failure;
use crate::signals::Signals;

/// What a plan, a tag and a journal call it in a scenario's place.
const NAME: &str = "diff";

/// What a person has consented to.
#[derive(Debug)]
pub(super) struct Consent {
    account: String,
    budget: Option<f64>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The plan was asked for, and printed.
    Planned,
    /// It was compared. Nothing is left of it, or `is_left`.
    Ran { compared: Box<Compared>, is_left: bool },
}

/// The account and the budget, or what is missing. `None` of a comparison without AWS.
pub(super) fn consent(args: &DiffArgs) -> Result<Option<Consent>, Failure> {
    if args.has_aws() {
        let what = "conversations with AWS make things that cost money";
        let (account, budget) = aws::consent(args.account.as_deref(), args.budget, args.plan, what)?;
        return Ok(Some(Consent { account, budget }));
    }
    let given =
        [("--account", args.account.is_some()), ("--budget", args.budget.is_some()), ("--plan", args.plan)];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Failure::Usage(format!(
            "{flag} is of a comparison with AWS alone\nhint: leave it out, or say --b aws"
        ))),
        None => Ok(None),
    }
}

/// Holds the conversations in an account, compares, and removes what they have made.
pub(super) async fn compare(
    args: &DiffArgs,
    mut options: DiffOptions,
    consent: &Consent,
) -> Result<Outcome, Failure> {
    let environment = |error: String| Failure::Environment(error);
    let variables = aws::variables();
    let settings = Settings::read(&variables).map_err(|error| environment(error.to_string()))?;
    let folder = journal::folder(&variables).map_err(|error| environment(error.to_string()))?;
    let target = aws::connect(&settings, &args.region, &consent.account).await?;
    let servers = Servers { a: side(&args.a, &target, args).await?, b: side(&args.b, &target, args).await? };
    let planned = plan(args, &options, &settings, &target, consent.budget).await?;
    planned.check_budget().map_err(|error| Failure::Usage(error.to_string()))?;
    if args.plan {
        print_plan(args.json, &planned);
        return Ok(Outcome::Planned);
    }
    eprint!("{planned}");
    let aws = Aws::new(&target, &args.region);
    let made = makes(&options.conversations, aws, &planned.account);
    refuse_there(aws, &made, &planned).await?;
    let signals = Signals::take()?;
    let journal = Journal { traces: Traces::alone(made), ..journal_of(&planned, &target, args.seed) };
    let kept = Kept::begin(&folder, journal).map_err(|error| environment(error.to_string()))?;
    tag(&mut options.conversations, &planned.tags);
    tell(&format!("comparing {} with {}", args.b, args.a));
    guarded(aws, kept, signals, &servers, args, &options).await
}

/// The account for the side that is AWS, another server or a tank for the other.
async fn side(name: &str, account: &Endpoint, args: &DiffArgs) -> Result<Option<Endpoint>, Failure> {
    if name == super::AWS { Ok(Some(account.clone())) } else { super::open(name, &args.region).await }
}

async fn plan(
    args: &DiffArgs,
    options: &DiffOptions,
    settings: &Settings,
    target: &Endpoint,
    budget_usd: Option<f64>,
) -> Result<Plan, Failure> {
    eprintln!("holding the conversations with a tank, to know what they cost");
    let estimate = spend::estimate(&options.conversations, &args.region).await;
    Ok(Plan {
        scenario: NAME.to_owned(),
        account: target.account().unwrap_or_default().to_owned(),
        credentials: settings.source.clone(),
        endpoint: settings.endpoint.clone(),
        region: args.region.clone(),
        stack: String::new(),
        tags: estimate::tags(&run_id(), NAME, args.seed),
        estimate: estimate.map_err(|error| Failure::Failed(error.to_string()))?,
        budget_usd,
        not_run: Vec::new(),
    })
}

/// What is there already is another's, or was left by a comparison that was killed. It would be changed, and swept.
async fn refuse_there(aws: Aws<'_>, made: &[Resource], planned: &Plan) -> Result<(), Failure> {
    let place = format!("account {}, region {}", planned.account, planned.region);
    let there = sweep::there(aws, made).await.map_err(|error| {
        let cause = match error {
            SweepError::Api(error) => error.to_string(),
            SweepError::Bucket(BucketError { bucket, cause }) => format!("bucket {bucket}: {cause}"),
            other => other.to_string(),
        };
        Failure::Environment(format!(
            "{place} does not tell what is there: {cause}: nothing was created\nhint: conversations need all rights of their services; --services holds those of some"
        ))
    })?;
    if there.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = there.iter().map(|it| format!("{} {}", it.kind, it.id)).collect();
    Err(Failure::Usage(format!(
        "in {place} is already what conversations would make:\n  {}\nnothing was created\nhint: `wavetank sweep` removes what a comparison that was killed has left; else delete these things, or choose another --region",
        names.join("\n  ")
    )))
}

/// Compares, and sweeps however that ends.
async fn guarded(
    aws: Aws<'_>,
    mut kept: Kept,
    mut signals: Signals,
    servers: &Servers,
    args: &DiffArgs,
    options: &DiffOptions,
) -> Result<Outcome, Failure> {
    let work = super::compare(servers, args, options, &mut signals, true);
    // Signals end the work itself: in order first, and then at once.
    let ended = match until(work, pending::<Infallible>()).await {
        Ended::Done(ended) => ended,
        Ended::Panicked(words) => Err(Failure::Failed(format!(
            "the comparison panicked: {words}\nhint: this is an error of wavetank; please report it"
        ))),
        Ended::Stopped(never) => match never {},
    };
    if let Err(failure) = &ended {
        tell(&format!("error: {failure}"));
    }
    let is_clean = sweep_after(aws, &mut kept, &mut signals).await?;
    if is_clean {
        kept.end().map_err(|error| Failure::Environment(error.to_string()))?;
    }
    match ended {
        Ok(compared) => Ok(Outcome::Ran { compared: Box::new(compared), is_left: !is_clean }),
        Err(failure) => Err(failure.said_already()),
    }
}
