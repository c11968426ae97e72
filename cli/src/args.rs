//! The command line's form.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};
use wavetank::defects::DefectList;
use wavetank::report::Lang;
use wavetank::send::Sink;
use wavetank_generators::kdg::Rate;
use wavetank_types::time::parse_duration;

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
    Run(RunArgs),
    /// Answer AWS requests on this machine until interrupted
    Serve(ServeArgs),
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
    Generate(GenerateArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// A bundled scenario, or a folder with a scenario.toml
    pub(crate) scenario: String,
    /// Generate this many rows, such as 60 or 1e6 [default: the scenario's]
    #[arg(long, value_parser = count, conflicts_with = "input")]
    pub(crate) rows: Option<u64>,
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
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    /// Listen on this port of 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,
    /// Draw ids and names from this seed
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
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
    /// Write to this file; its ending gives the format: csv, ndjson or parquet
    #[arg(long, required_unless_present = "to")]
    pub(crate) out: Option<PathBuf>,
    /// Write this format whatever the file's ending
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Put defects into the rows: name=share or name, such as duplicate=0.02,malformed=0.01,bom
    #[arg(long, value_name = "LIST")]
    pub(crate) defects: Option<DefectList>,
    /// Use this many threads; the bytes are the same with any number [default: all]
    #[arg(long)]
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
    /// For kdg: send to a running tank: kinesis:NAME, firehose:NAME or sqs:NAME
    #[arg(long, value_name = "SINK", conflicts_with = "out")]
    pub(crate) to: Option<Sink>,
    /// For kdg with --to: move the tank's clock on instead of waiting for real time to pass
    #[arg(long)]
    pub(crate) fast: bool,
    /// For kdg with --to: the sink's region
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    #[command(flatten)]
    pub(crate) at: At,
}

/// A count as people write it: `60`, `1_000_000`, `1e6`, `2.5e3`.
fn count(text: &str) -> Result<u64, String> {
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
    fn the_form_of_the_command_line_is_consistent() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }
}
