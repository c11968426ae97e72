//! The command line's form.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};
use wavetank::defects::DefectList;
use wavetank::report::Lang;
use wavetank::send::Sink;
use wavetank::sql_copy::Database;
use wavetank::target::Origin;
use wavetank_generators::arrivals::Arrivals;
use wavetank_generators::fashion_store::{Locale, PriceForm};
use wavetank_generators::kdg::Rate;
use wavetank_types::time::parse_duration;

use crate::bench::BenchArgs;
use crate::diff::DiffArgs;
use crate::place::{PlaceArgs, account};

/// Generate the traffic, run it through an AWS data pipeline on your own machine, and prove that every record arrived.
#[derive(Debug, Parser)]
#[command(name = "wavetank", version, propagate_version = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and report what became of every row
    Run(Box<RunArgs>),
    /// Run a scenario over many seeds, each under faults that it draws; make failures small
    Sim(Box<SimArgs>),
    /// Answer AWS requests on this machine until interrupted
    Serve(ServeArgs),
    /// Run a command against a fresh tank, and tell what happened there; its exit code is the command's
    Exec(ExecArgs),
    /// Put a service or a scenario under load, at a rate that does not wait for answers; compare with another version
    Bench(Box<BenchArgs>),
    /// Ask two servers the same, and tell operation by operation whether they answer the same
    Diff(Box<DiffArgs>),
    /// Print the shell exports that point AWS clients at the tank
    Env(At),
    /// Show or move the time of a running tank
    Clock(ClockArgs),
    /// Show what a running tank holds
    Status(At),
    /// Check what this machine has, and what each missing thing is needed for
    Doctor,
    /// List scenarios and generator profiles
    List,
    /// Write a profile's rows to a file, and their truth beside it
    Generate(Box<GenerateArgs>),
    /// Remove what killed runs have left behind on accounts and servers
    Sweep(SweepArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// A bundled scenario, or a folder with a scenario.toml
    pub(crate) scenario: String,
    /// Generate this many rows, such as 60 or 1e6 [default: the scenario's]
    #[arg(long, value_parser = count, conflicts_with = "input")]
    pub(crate) rows: Option<u64>,
    /// Of a store: send this many clicks, such as 1e6 [default: the scenario's]
    #[arg(long, value_parser = count, conflicts_with_all = ["rows", "input"])]
    pub(crate) clicks: Option<u64>,
    /// Of a store: have this many users [default: the scenario's]
    #[arg(long, value_parser = count)]
    pub(crate) users: Option<u64>,
    /// Of a store: live this many days [default: the scenario's]
    #[arg(long)]
    pub(crate) days: Option<u32>,
    /// Of a store: keep its orders in rds (a real PostgreSQL of this machine), in files, or in a PostgreSQL that is there, such as
    /// postgres://USER@127.0.0.1:5432/DATABASE with the password in PGPASSWORD; auto takes rds where it can
    #[arg(long, value_name = "PLACE", value_parser = orders, default_value = "auto")]
    pub(crate) orders: Orders,
    /// Let the pipeline be started by scheduler (EventBridge Scheduler) or by airflow (the scenario's DAGs on a real Apache Airflow)
    #[arg(long, value_enum, default_value_t)]
    pub(crate) orchestrator: Orchestrate,
    /// Draw everything from this seed
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Send this file instead of generated rows; there is no truth to compare answers with
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) input: Option<PathBuf>,
    /// Put defects into the rows: name=share or name, such as duplicate=0.02,malformed=0.01,bom
    #[arg(long, value_name = "LIST", conflicts_with = "input")]
    pub(crate) defects: Option<DefectList>,
    /// Run a variant of the scenario, such as as-taught
    #[arg(long)]
    pub(crate) variant: Option<String>,
    /// Write the report in this language: en or vi
    #[arg(long, default_value = "en")]
    pub(crate) lang: Lang,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Write what became of each row to this file, as CSV
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) ledger: Option<PathBuf>,
    /// Write the report to this file as JUnit's XML too
    #[arg(long, value_name = "FILE.xml")]
    pub(crate) junit: Option<PathBuf>,
    /// Add the report to this file as Markdown, such as to "$GITHUB_STEP_SUMMARY"
    #[arg(long, value_name = "FILE.md")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write the report to this file as one page that needs nothing else, with the pipeline as a graph
    #[arg(long, value_name = "FILE.html")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SimArgs {
    /// A bundled scenario, or a folder with a scenario.toml
    #[arg(required_unless_present = "replay")]
    pub(crate) scenario: Option<String>,
    /// Run these seeds; the second is left out
    #[arg(long, value_name = "FROM..UNTIL", value_parser = seeds, default_value = "0..100")]
    pub(crate) seeds: Range<u64>,
    /// Run this seed alone, and print its report
    #[arg(long, conflicts_with = "seeds")]
    pub(crate) seed: Option<u64>,
    /// Generate this many rows in each run [default: the scenario's]
    #[arg(long, value_parser = count)]
    pub(crate) rows: Option<u64>,
    /// Use this many threads; what comes out is the same with any number [default: all]
    #[arg(long)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Draw so many and so strong faults, from 0 (none) to 1 [default: drawn for each seed]
    #[arg(long, value_parser = intensity)]
    pub(crate) intensity: Option<f64>,
    /// Run a variant of the scenario, such as naive
    #[arg(long)]
    pub(crate) variant: Option<String>,
    /// Write failures below this folder, each in one of its own
    #[arg(long, value_name = "DIR", default_value = "failures")]
    pub(crate) out: PathBuf,
    /// Make this many failures small and write them down; 0 writes none
    #[arg(long, default_value_t = 1)]
    pub(crate) shrink: usize,
    /// Run again what is in this folder, and compare; with a scenario, run it on that one as it is now
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seed", "seeds", "rows", "variant", "intensity"])]
    pub(crate) replay: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where a store keeps its orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Orders {
    Auto,
    Rds,
    Files,
    Postgres(Database),
}

/// Who starts the pipeline's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Orchestrate {
    #[default]
    Scheduler,
    Airflow,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    /// Listen on this port; 0 takes any free one
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,
    /// Listen on this address; one that is not loopback lets whoever reaches it use the tank, and run code in it
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) listen: IpAddr,
    /// Answer requests to this name too, such as a container's; those to 127.0.0.1 and localhost are always answered
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// Name this address in answers (queue URLs and their like): where clients reach the tank, if not where it listens
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub(crate) url: Option<String>,
    /// Draw ids and names from this seed
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Keep the objects of its S3 in this S3 server as well, such as http://127.0.0.1:9000; its credentials are those of the environment
    #[arg(long, value_name = "URL")]
    pub(crate) s3: Option<Origin>,
    /// Once it answers, write where it is to this file, as JSON: endpoint, port, pid, seed
    #[arg(long, value_name = "FILE.json")]
    pub(crate) ready_file: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExecArgs {
    /// The command and its arguments, after `--`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
    /// Listen on this port of 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Draw ids and names from this seed
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// When the command has ended, move the tank's time on until nothing is left to happen, by at most a day
    #[arg(long)]
    pub(crate) settle: bool,
    /// Tell what happened as one line of JSON, on standard error as the text would be
    #[arg(long)]
    pub(crate) json: bool,
    /// Write it as JSON to this file, too
    #[arg(long, value_name = "FILE.json")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// Places between which every record is accounted for: s3://bucket/prefix/, kinesis:NAME, dynamodb:NAME, sqs:NAME, logs:GROUP,
/// function:NAME or a SELECT.
#[derive(Debug, ClapArgs)]
pub(crate) struct LedgerArgs {
    /// Account for every record that lies here when the command has ended, such as kinesis:orders; may be said again
    #[arg(long, value_name = "PLACE", requires = "id", requires = "delivered")]
    pub(crate) sent: Vec<String>,
    /// The member that tells records apart, or several with commas between
    #[arg(long, value_name = "MEMBERS", requires = "sent")]
    pub(crate) id: Option<String>,
    /// Where records are delivered, such as s3://lake/orders/; may be said again
    #[arg(long, value_name = "PLACE", requires = "sent")]
    pub(crate) delivered: Vec<String>,
    /// Where records go that are refused
    #[arg(long, value_name = "PLACE", requires = "sent")]
    pub(crate) rejected: Vec<String>,
    /// Where records go that are given up, such as a dead-letter queue
    #[arg(long, value_name = "PLACE", requires = "sent")]
    pub(crate) dead_letters: Vec<String>,
    /// Members that must arrive as they were sent, with commas between
    #[arg(long, value_name = "MEMBERS", requires = "sent")]
    pub(crate) same: Option<String>,
    /// Let a record arrive more than once
    #[arg(long, requires = "sent")]
    pub(crate) at_least_once: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SweepArgs {
    /// Sweep this run alone, instead of all that this machine remembers
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// List runs, and remove nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Look for runs by the tags of stacks in this account, instead of in this machine's memory
    #[arg(long, value_name = "ID", value_parser = account, requires = "region")]
    pub(crate) account: Option<String>,
    /// Look in this region
    #[arg(long, value_name = "REGION", requires = "account")]
    pub(crate) region: Option<String>,
    /// With --account: sweep every run that is found
    #[arg(long, requires = "account", conflicts_with = "run")]
    pub(crate) all: bool,
}

/// Where a running tank is.
#[derive(Debug, ClapArgs)]
pub(crate) struct At {
    /// The tank's port on 127.0.0.1
    #[arg(long, global = true, default_value_t = 4566)]
    pub(crate) port: u16,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ClockArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ClockCommand>,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClockCommand {
    /// Move the tank's time on; everything due on the way happens, in order
    Advance {
        /// How far, such as 500ms, 90s, 5m, 2h, 1d
        #[arg(value_parser = parse_duration)]
        by: Duration,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct GenerateArgs {
    /// The profile; `wavetank list` shows them
    pub(crate) profile: String,
    /// How many rows, such as 60 or 1e6 [default: the profile's]
    #[arg(long, value_parser = count)]
    pub(crate) rows: Option<u64>,
    /// Draw everything from this seed
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Write to this file; its ending gives the format: csv, ndjson, parquet or copy. A folder takes a file for each table
    #[arg(long, value_name = "FILE|DIR", required_unless_present = "to")]
    pub(crate) out: Option<PathBuf>,
    /// Write this format whatever the file's ending: csv, ndjson, parquet, or copy for PostgreSQL [default in a folder: csv]
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Put defects into the rows: name=share or name, such as duplicate=0.02,malformed=0.01,bom
    #[arg(long, value_name = "LIST")]
    pub(crate) defects: Option<DefectList>,
    /// Write or send this table alone, of a profile with several
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Use this many threads; the bytes are the same with any number [default: all]
    #[arg(long, value_parser = threads)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Write no truth files
    #[arg(long)]
    pub(crate) no_truth: bool,
    /// For the profile kdg: records by this template of the Kinesis Data Generator
    #[arg(long, value_name = "FILE", required_if_eq("profile", "kdg"))]
    pub(crate) template: Option<PathBuf>,
    /// For kdg: this many records a second, such as 2000/s or 100/s..2000/s@10m for a rate that swings
    #[arg(long, value_name = "RATE", default_value = "100/s")]
    pub(crate) rate: Rate,
    /// For kdg: send for this long
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration, conflicts_with = "rows")]
    pub(crate) span: Option<Duration>,
    /// Send to a running tank: kinesis:NAME, firehose:NAME, sqs:NAME or dynamodb:NAME
    #[arg(long, value_name = "SINK", conflicts_with = "out")]
    pub(crate) to: Option<Sink>,
    /// With --to: move the tank's clock on instead of waiting for real time to pass
    #[arg(long)]
    pub(crate) fast: bool,
    /// With --to: the sink's region
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    /// With --to: the tank's address, such as http://127.0.0.1:4566, instead of --port
    #[arg(long, value_name = "URL", value_parser = loopback_port, conflicts_with = "port")]
    pub(crate) endpoint: Option<u16>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) at: At,
}

impl GenerateArgs {
    /// The port of the tank to send to.
    pub(crate) fn endpoint_port(&self) -> u16 {
        self.endpoint.unwrap_or(self.at.port)
    }
}

/// What can be said of a fashion store besides its rows.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "For fashion-store and its parts")]
pub(crate) struct StoreArgs {
    /// This many users [default: one for a hundred clicks]
    #[arg(long, value_parser = count)]
    pub(crate) users: Option<u64>,
    /// This many products [default: 500]
    #[arg(long, value_parser = count)]
    pub(crate) products: Option<u64>,
    /// This many orders [default: one for fifty clicks]
    #[arg(long, value_parser = count)]
    pub(crate) orders: Option<u64>,
    /// Over this many days [default: one for a million clicks]
    #[arg(long)]
    pub(crate) days: Option<u32>,
    /// The first day in Viet Nam [default: 2026-01-06]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) first_day: Option<Day>,
    /// Users' names, phones and addresses: vi or us [default: vi]
    #[arg(long)]
    pub(crate) locale: Option<Locale>,
    /// Prices as 8421.0, 8421 or 8421.00: float, whole or cents [default: float]
    #[arg(long)]
    pub(crate) prices: Option<PriceForm>,
    /// How clicks are spread over the days: steady, poisson, diurnal, or burst:1h/5m/x10 [default: diurnal]
    #[arg(long)]
    pub(crate) arrivals: Option<Arrivals>,
}

/// A local day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day(pub(crate) i32);

impl std::str::FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        wavetank_generators::calendar::parse_day(text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a day; write 2026-01-06"))
    }
}

/// The port of an address on this machine.
fn loopback_port(text: &str) -> Result<u16, String> {
    let refuse = || format!("`{text}` is no address on this machine; write http://127.0.0.1:4566");
    let rest = text.strip_prefix("http://").ok_or_else(refuse)?;
    let (host, port) = rest.trim_end_matches('/').rsplit_once(':').ok_or_else(refuse)?;
    if !["127.0.0.1", "localhost", "[::1]"].contains(&host) {
        return Err(refuse());
    }
    port.parse().map_err(|_| refuse())
}

/// Where clients reach a tank: a scheme and a host, without a path.
fn public_url(text: &str) -> Result<String, String> {
    let url = text.strip_suffix('/').unwrap_or(text);
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ']) => Ok(url.to_owned()),
        _ => Err(format!("`{text}` is no address of a server; write http://localhost:4566")),
    }
}

/// A number of threads.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number of threads; write 1 or more"))
}

/// `auto`, `rds`, `files`, or a database's URL.
fn orders(text: &str) -> Result<Orders, String> {
    match text {
        "auto" => Ok(Orders::Auto),
        "rds" => Ok(Orders::Rds),
        "files" => Ok(Orders::Files),
        url if url.contains("://") => {
            let database = url.parse::<Database>().map_err(|error| error.to_string())?;
            Ok(Orders::Postgres(database))
        }
        _ => Err("write auto, rds, files, or postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned()),
    }
}

/// `0..1000`.
fn seeds(text: &str) -> Result<Range<u64>, String> {
    let refuse = || format!("`{text}` is no range of seeds; write 0..1000");
    let (from, until) = text.split_once("..").ok_or_else(refuse)?;
    let range = count(from)?..count(until)?;
    if range.is_empty() { Err(refuse()) } else { Ok(range) }
}

/// From 0 to 1.
fn intensity(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is not a number from 0 to 1"))?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(format!("{value} is not from 0 to 1")) }
}

/// A count as people write it: `60`, `1_000_000`, `1e6`, `2.5e3`.
pub(crate) fn count(text: &str) -> Result<u64, String> {
    let plain = text.replace('_', "");
    if let Ok(count) = plain.parse::<u64>() {
        return Ok(count);
    }
    let refuse = || format!("`{text}` is not a count; write 60, 1_000_000 or 1e6");
    let (digits, exponent) = plain.split_once(['e', 'E']).ok_or_else(refuse)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: usize = exponent.parse().map_err(|_| refuse())?;
    let zeros = exponent.checked_sub(fraction.len()).filter(|zeros| *zeros < 20).ok_or_else(refuse)?;
    format!("{whole}{fraction}{}", "0".repeat(zeros)).parse().map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(count(text).ok(), expected, "{text}");
        check("60", Some(60));
        check("1e6", Some(1_000_000));
        check("1_000", Some(1_000));
        check("2.5e3", Some(2_500));
        check("1e99", None);
        check("2.55e1", None);
        check("-1", None);
        check("many", None);
    }

    #[test]
    fn seeds_are_a_range_whose_end_is_left_out() {
        let check = |text: &str, range: Option<Range<u64>>| assert_eq!(seeds(text).ok(), range, "{text}");
        check("0..1e3", Some(0..1_000));
        check("7..8", Some(7..8));
        check("8..8", None);
        check("9", None);
    }

    #[test]
    fn a_store_s_orders_have_a_place_by_its_name_or_by_a_url() {
        let check = |text: &str, place: Option<Orders>| assert_eq!(orders(text).ok(), place, "{text}");
        check("auto", Some(Orders::Auto));
        check("rds", Some(Orders::Rds));
        check("files", Some(Orders::Files));
        let url = "postgres://wavetank:pass@127.0.0.1:5432/shop";
        check(url, Some(Orders::Postgres(url.parse().expect("a database"))));
        check("mysql://wavetank@127.0.0.1/shop", None);
        check("postgres", None);
    }

    #[test]
    fn only_addresses_of_this_machine_are_taken() {
        let check = |text: &str, port: Option<u16>| assert_eq!(loopback_port(text).ok(), port, "{text}");
        check("http://127.0.0.1:4566", Some(4_566));
        check("http://localhost:80/", Some(80));
        check("https://127.0.0.1:4566", None);
        check("http://example.com:80", None);
        check("127.0.0.1", None);
    }

    #[test]
    fn an_address_that_clients_use_has_a_scheme_and_no_path() {
        let check =
            |text: &str, url: Option<&str>| assert_eq!(public_url(text).ok().as_deref(), url, "{text}");
        check("http://localhost:4570", Some("http://localhost:4570"));
        check("https://tank.example/", Some("https://tank.example"));
        check("localhost:4570", None);
        check("http://", None);
        check("http://localhost/aws", None);
    }

    #[test]
    fn the_form_of_the_command_line_is_consistent() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }
}
