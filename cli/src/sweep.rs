//! `wavetank sweep`: removes what runs have left behind, by the journals of this machine or by the tags of an account.

use std::path::PathBuf;
use std::process::ExitCode;

use tokio::runtime::Builder;
use wavetank::client::Aws;
use wavetank::sweep::guard::{Ended, until};
use wavetank::sweep::{self, Journal, Kept, journal, tagged};
use wavetank::target::aws::Settings;
use wavetank::target::{Credentials, Endpoint, EndpointConfig, Origin, OriginError};

use crate::args::SweepArgs;
use crate::aws::{connect, say_swept, tell, variables};
use crate::failure::Failure;
use crate::signals::Signals;
use crate::threads;

pub(crate) fn sweep(args: &SweepArgs) -> Result<ExitCode, Failure> {
    let runtime = threads::start(Builder::new_multi_thread().worker_threads(1))?;
    let folder = journal::folder(&variables()).map_err(|error| Failure::Environment(error.to_string()))?;
    runtime.block_on(async {
        match (&args.account, &args.region) {
            (Some(account), Some(region)) => by_tags(args, &folder, account, region).await,
            _ => by_journals(args, &folder).await,
        }
    })
}

/// The runs that this machine remembers.
async fn by_journals(args: &SweepArgs, folder: &std::path::Path) -> Result<ExitCode, Failure> {
    let environment = |error: journal::JournalError| Failure::Environment(error.to_string());
    let mut asked: Vec<PathBuf> = journal::all(folder).map_err(environment)?;
    if let Some(run) = &args.run {
        asked.retain(|path| path.file_stem().is_some_and(|stem| stem.to_str() == Some(run)));
        if asked.is_empty() {
            let hint = "`wavetank sweep --list` shows those there are; --account and --region look for it by its tags";
            return Err(Failure::Usage(format!("this machine remembers no run {run}\nhint: {hint}")));
        }
    }
    if asked.is_empty() {
        tell("nothing is left to sweep, as far as this machine remembers");
    }
    let mut is_clean = true;
    for path in asked {
        match Kept::open(&path) {
            Ok(None) => tell(&format!("{}: its run is still under way", path.display())),
            Ok(Some(kept)) if args.list => print(kept.journal()),
            Ok(Some(kept)) => is_clean &= sweep_one(kept).await?,
            Err(error) => {
                tell(&format!("error: {error}"));
                is_clean = false;
            }
        }
    }
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The runs whose stacks a region of an account has.
async fn by_tags(
    args: &SweepArgs,
    folder: &std::path::Path,
    account: &str,
    region: &str,
) -> Result<ExitCode, Failure> {
    let settings = Settings::read(&variables()).map_err(|error| Failure::Environment(error.to_string()))?;
    let target = connect(&settings, region, account).await?;
    let found = tagged::find(Aws::new(&target, region), account, settings.endpoint.as_deref()).await;
    let mut found = found.map_err(|error| {
        Failure::Failed(format!(
            "stacks cannot be listed: {error}\nhint: the credentials need cloudformation:DescribeStacks"
        ))
    })?;
    if let Some(run) = &args.run {
        found.retain(|journal| journal.run == *run);
    }
    if found.is_empty() {
        tell(&format!("account {account} has no stack of a run in {region}"));
    }
    if args.list || (args.run.is_none() && !args.all) {
        found.iter().for_each(print);
        if !args.list && !found.is_empty() {
            let hint = "--run RUN sweeps one of them, --all every one; another's run may still be under way";
            return Err(Failure::Usage(format!(
                "{} runs are there, and none was named\nhint: {hint}",
                found.len()
            )));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_clean = true;
    for journal in found {
        let run = journal.run.clone();
        match Kept::begin(folder, journal) {
            Ok(kept) => is_clean &= sweep_one(kept).await?,
            Err(error) => {
                tell(&format!("error: run {run}: {error}"));
                is_clean = false;
            }
        }
    }
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(journal: &Journal) {
    let Journal { run, scenario, account, region, stack, endpoint, .. } = journal;
    let place = endpoint.as_deref().unwrap_or("aws");
    println!("{run}  {scenario}  {place}  {account}  {region}  {stack}");
}

/// Whether nothing is left of a run.
async fn sweep_one(mut kept: Kept) -> Result<bool, Failure> {
    let target = match reach(kept.journal()).await {
        Ok(target) => target,
        Err(error) => {
            tell(&format!("error: run {}: {error}", kept.journal().run));
            return Ok(false);
        }
    };
    let mut signals = Signals::take()?;
    let region = kept.journal().region.clone();
    let aws = Aws::new(&target, &region).patient();
    let is_clean = match until(sweep::sweep(aws, &mut kept, &tell), signals.next()).await {
        Ended::Done(swept) => say_swept(&kept, swept),
        Ended::Panicked(words) => {
            return Err(Failure::Failed(format!(
                "the sweep panicked: {words}\nhint: `wavetank sweep` tries again"
            )));
        }
        Ended::Stopped(code) => {
            let said = "the sweep was stopped\nhint: `wavetank sweep` goes on".to_owned();
            return Err(Failure::Stopped { code, said });
        }
    };
    if is_clean {
        kept.end().map_err(|error| Failure::Environment(error.to_string()))?;
    }
    Ok(is_clean)
}

/// The place that a journal tells of, with the credentials of the environment.
async fn reach(journal: &Journal) -> Result<Endpoint, Failure> {
    let environment = |error: String| Failure::Environment(error);
    let settings = Settings::read(&variables());
    if journal.target != "aws" {
        let url = journal.endpoint.clone().unwrap_or_default();
        let origin: Origin = url.parse().map_err(|error: OriginError| environment(error.to_string()))?;
        let credentials = settings.map_or_else(|_| Credentials::default(), |settings| settings.credentials);
        let config = EndpointConfig { credentials, ..EndpointConfig::at(origin) };
        return Endpoint::connect(config).await.map_err(|error| environment(error.to_string()));
    }
    let settings = settings.map_err(|error| environment(error.to_string()))?;
    if journal.endpoint.is_none() && settings.endpoint.is_some() {
        return Err(environment(
            "it ran on AWS itself, and AWS_ENDPOINT_URL leads elsewhere\nhint: unset AWS_ENDPOINT_URL"
                .to_owned(),
        ));
    }
    let settings = Settings { endpoint: journal.endpoint.clone(), ..settings };
    connect(&settings, &journal.region, &journal.account).await
}
