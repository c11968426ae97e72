//! `wavetank diff`: how faithful a server is, operation by operation; and its answers written down for CI.
//!
//! With AWS on a side it costs money and leaves things where it is killed: `account.rs` sees to both.

mod account;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args as ClapArgs;
use tokio::runtime::Builder;
use wavetank::Target as _;
use wavetank::diff::{Compared, DiffOptions, Side, battery, diff, recording::Recording};
use wavetank::run::RunOptions;
use wavetank::stop::Stop;
use wavetank::target::{Endpoint, Origin};
use wavetank_scenarios::Scenario;
use wavetank_types::time::parse_duration;

use crate::args::count;
use crate::failure::Failure;
use crate::place::{account as account_id, connect, environment_credentials, usd};
use crate::signals::Signals;
use crate::threads;
use account::Outcome;

/// Where recordings are kept, and CI looks for them.
const RECORDINGS: &str = "tests/parity";
/// The server that is an account of AWS.
const AWS: &str = "aws";

#[derive(Debug, ClapArgs)]
pub(crate) struct DiffArgs {
    /// A bundled scenario, or a folder with a scenario.toml: its run is compared, and its services' conversations
    pub(crate) scenario: Option<String>,
    /// The first server: embedded, or an address such as http://127.0.0.1:4566
    #[arg(long, value_name = "SERVER", default_value = "embedded")]
    pub(crate) a: String,
    /// The second server, which is compared with the first: an address, or aws with --account and --budget
    #[arg(long, value_name = "SERVER")]
    pub(crate) b: String,
    /// For aws: make the conversations' things in this account, and delete them; the credentials must be its own
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub(crate) account: Option<String>,
    /// For aws: spend at most this much by the estimate, in USD, such as 1.50; what costs more is refused
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub(crate) budget: Option<f64>,
    /// For aws: print what would be made and what it would cost, and make nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// Hold the conversations of these services alone, such as kinesis,sqs [default: the scenario's, or all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) services: Vec<String>,
    /// Compare conversations alone, without the scenario's run
    #[arg(long, requires = "scenario")]
    pub(crate) no_run: bool,
    /// Generate this many rows for the scenario's run [default: the scenario's]
    #[arg(long, value_parser = count, requires = "scenario")]
    pub(crate) rows: Option<u64>,
    /// Draw the scenario's data from this seed
    #[arg(long, default_value_t = 7, requires = "scenario")]
    pub(crate) seed: u64,
    /// Wait this long for what a server makes, such as 5s for one whose time does nothing
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "60s")]
    pub(crate) patience: Duration,
    /// Ask in this region
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    /// Write the second server's answers below this folder, with the date and without account, ids and credentials
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = RECORDINGS)]
    pub(crate) record: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: &DiffArgs) -> Result<ExitCode, Failure> {
    let scenario = args.scenario.as_deref().map(Scenario::open).transpose();
    let scenario = scenario.map_err(|error| Failure::Usage(error.to_string()))?;
    let services = services(args, scenario.as_ref())?;
    if scenario.is_some() && !args.no_run && args.has_aws() {
        let hint = "say --no-run; `wavetank run --target aws` runs it, with a budget";
        return Err(Failure::Usage(format!("a scenario's run is not compared on AWS\nhint: {hint}")));
    }
    let consent = account::consent(args)?;
    let run = RunOptions { rows: args.rows, seed: args.seed, ..RunOptions::default() };
    let options = DiffOptions {
        conversations: battery::conversations(&services),
        scenario: scenario.filter(|_| !args.no_run).map(|scenario| (scenario, run)),
        region: args.region.clone(),
        patience: args.patience,
        stop: Stop::default(),
    };
    let runtime = threads::start(&mut Builder::new_multi_thread())?;
    let (Compared { diff, recordings }, is_left) = match consent {
        None => (runtime.block_on(compare_servers(args, &options))?, false),
        Some(consent) => match runtime.block_on(account::compare(args, options, &consent))? {
            Outcome::Planned => return Ok(ExitCode::SUCCESS),
            Outcome::Ran { compared, is_left } => (*compared, is_left),
        },
    };
    if let Some(folder) = &args.record {
        for recording in recordings.iter().filter(|recording| recording.has_answers()) {
            recording.write(folder).map_err(|error| Failure::Usage(error.to_string()))?;
        }
        eprintln!("{}: what {} answered", folder.display(), diff.b);
    }
    if args.json {
        println!("{:#}", diff.to_json());
    } else {
        print!("{}", diff.to_text());
    }
    Ok(if diff.is_same() && !is_left { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl DiffArgs {
    /// Whether a side is an account.
    fn has_aws(&self) -> bool {
        [&self.a, &self.b].into_iter().any(|side| side == AWS)
    }
}

/// The two servers; `None` is a tank of this process.
#[derive(Debug)]
struct Servers {
    a: Option<Endpoint>,
    b: Option<Endpoint>,
}

/// The services whose conversations are held; none names them all.
fn services(args: &DiffArgs, scenario: Option<&Scenario>) -> Result<BTreeSet<String>, Failure> {
    let known = battery::services();
    for service in &args.services {
        if !known.contains(&service.as_str()) {
            let hint = format!("there are conversations with {}", known.join(", "));
            return Err(Failure::Usage(format!("`{service}` has no conversation\nhint: {hint}")));
        }
    }
    if !args.services.is_empty() {
        return Ok(args.services.iter().cloned().collect());
    }
    let Some(scenario) = scenario else { return Ok(BTreeSet::new()) };
    let mut found = battery::of_template(scenario.file(&scenario.template));
    found.insert("cloudformation".to_owned());
    if scenario.athena.is_some() {
        found.insert("athena".to_owned());
    }
    Ok(found)
}

/// Servers without AWS among them.
async fn compare_servers(args: &DiffArgs, options: &DiffOptions) -> Result<Compared, Failure> {
    let servers = Servers { a: open(&args.a, &args.region).await?, b: open(&args.b, &args.region).await? };
    compare(&servers, args, options, &mut Signals::take()?, false).await
}

/// `is_swept`: whether what is left of it goes afterwards.
async fn compare(
    servers: &Servers,
    args: &DiffArgs,
    options: &DiffOptions,
    signals: &mut Signals,
    is_swept: bool,
) -> Result<Compared, Failure> {
    let Servers { a, b } = servers;
    let sides = (side_of(a, &args.a), side_of(b, &args.b));
    let mut compared = until_interrupted(sides, options, signals, is_swept).await?;
    let today = b.as_ref().map_or(wavetank_types::Timestamp::TANK_EPOCH, |b| b.now()).format("%Y-%m-%d");
    compared.recordings = compared
        .recordings
        .into_iter()
        .map(|recording| Recording { recorded: today.clone(), ..recording })
        .collect();
    Ok(compared)
}

/// A comparison that Ctrl-C ends in order: with the conversation under way, which deletes what it has made.
async fn until_interrupted(
    (a, b): (Side<'_>, Side<'_>),
    options: &DiffOptions,
    signals: &mut Signals,
    is_swept: bool,
) -> Result<Compared, Failure> {
    let mut compared = std::pin::pin!(diff(a, b, options));
    loop {
        let code = tokio::select! {
            compared = &mut compared => return compared.map_err(|error| Failure::Failed(error.to_string())),
            code = signals.next() => code,
        };
        if options.stop.is_asked() {
            if is_swept {
                return Err(Failure::Stopped { code, said: "the comparison was stopped".to_owned() });
            }
            let left = "what is called wavetank-diff-.. is left where it was made";
            return Err(Failure::Failed(format!("interrupted: {left}")));
        }
        options.stop.ask();
        let then = if is_swept { "what it has made is swept" } else { "it leaves what it has made" };
        eprintln!("interrupted: what is under way comes to its end; once more ends it at once, and {then}");
    }
}

fn side_of<'a>(endpoint: &'a Option<Endpoint>, name: &'a str) -> Side<'a> {
    let target = endpoint.as_ref().map(|endpoint| endpoint as &dyn wavetank::Target);
    let origin = if name.starts_with("http") { name.trim_end_matches('/') } else { "" };
    Side { target, name, origin }
}

/// The server at an address; `None` for a tank of this process.
async fn open(server: &str, region: &str) -> Result<Option<Endpoint>, Failure> {
    if server == "embedded" {
        return Ok(None);
    }
    let origin = server.parse::<Origin>().map_err(|error| Failure::Usage(error.to_string()))?;
    connect(&origin, environment_credentials(), region).await.map(Some)
}
