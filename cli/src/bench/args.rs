//! The form of `wavetank bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};
use wavetank::report::Lang;
use wavetank_generators::arrivals::Arrivals;
use wavetank_generators::kdg::Rate;
use wavetank_load::Shard;
use wavetank_load::pairs::PAIRS_MIN;
use wavetank_types::time::parse_duration;

use crate::args::count;

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BenchCommand>,
    /// kinesis, firehose, s3, dynamodb, sqs or athena; or a scenario: a bundled one, or a folder with a scenario.toml
    #[arg(required = true)]
    pub(crate) what: Option<String>,
    /// Send this many records a second, such as 2000/s or 100/s..2000/s@10m for a rate that swings [default: the service's or scenario's]
    #[arg(long, value_parser = rate)]
    pub(crate) rate: Option<RateText>,
    /// Send for this long
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration, default_value = "10s")]
    pub(crate) span: Duration,
    /// Send uncounted requests for this long before [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) warm_up: Option<Duration>,
    /// Let requests leave at even distances (steady) or at random (poisson) [default: poisson]
    #[arg(long)]
    pub(crate) arrivals: Option<Arrivals>,
    /// Draw schedule, records and names from this seed
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Keep this many connections open [default: 16]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) connections: Option<u16>,
    /// Put this many records into a request [default: 500 for kinesis and firehose, else 1]
    #[arg(long, value_name = "COUNT")]
    pub(crate) batch: Option<u32>,
    /// Make records of this many bytes; of Athena: rows [default: the service's]
    #[arg(long, value_name = "BYTES")]
    pub(crate) record_size: Option<u32>,
    /// Of s3 and dynamodb: let this share of the requests read [default: 0]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) reads: Option<f64>,
    /// Try a throttled request again this often [default: 0]
    #[arg(long, value_name = "COUNT")]
    pub(crate) retries: Option<u32>,
    /// Give up waiting for an answer after this long [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Of kinesis: make the stream with this many shards [default: 8]
    #[arg(long, value_name = "COUNT")]
    pub(crate) stream_shards: Option<u32>,
    /// Of athena: make the table with this many rows [default: 1e4]
    #[arg(long, value_parser = count)]
    pub(crate) rows: Option<u64>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) workers: WorkerArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    /// Write the text in this language: en or vi
    #[arg(long, default_value = "en")]
    pub(crate) lang: Lang,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "What is put under load")]
pub(crate) struct TargetArgs {
    /// A server that is up already, such as http://127.0.0.1:4566 [default: `wavetank serve` in a process of its own]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Send to a sink that answers at once: what this generator can do on this machine
    #[arg(long, conflicts_with = "endpoint")]
    pub(crate) sink: bool,
    /// With --endpoint: the region of every call [default: us-east-1]
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Use this stream, bucket, table, queue or delivery stream, which is there already, and leave it there
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    pub(crate) resource: Option<String>,
    /// Of a scenario: run a variant
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Several workers")]
pub(crate) struct WorkerArgs {
    /// Be worker i of n, from 0: 2/8; env/8 takes i from AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX
    #[arg(long, value_name = "I/N", value_parser = shard, default_value = "0/1")]
    pub(crate) shard: Shard,
    /// Let the first request leave at this instant, such as 2026-11-29T04:00:00Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub(crate) start_at: Option<Duration>,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "The gate")]
pub(crate) struct GateArgs {
    /// Write the figures to this file
    #[arg(long, value_name = "FILE.json")]
    pub(crate) save: Option<PathBuf>,
    /// Compare what is counted with this file
    #[arg(long, value_name = "FILE.json")]
    pub(crate) compare: Option<PathBuf>,
    /// Allow figures to be this much worse
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "10%")]
    pub(crate) fail_over: f64,
    /// Run this many pairs, at least 9, in turn with --against, and compare times
    #[arg(long, value_name = "COUNT", requires = "against", value_parser = clap::value_parser!(u16).range(i64::from(PAIRS_MIN)..=1000))]
    pub(crate) pairs: Option<u16>,
    /// The other wavetank, such as the base branch's
    #[arg(long, value_name = "BINARY", requires = "pairs", conflicts_with_all = ["endpoint", "sink", "shard"])]
    pub(crate) against: Option<PathBuf>,
    /// Fail if more than this of the requests fail, throttles not among them
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "1%")]
    pub(crate) errors_max: f64,
    /// Add the figures to this file as Markdown, such as to "$GITHUB_STEP_SUMMARY"
    #[arg(long, value_name = "FILE.md")]
    pub(crate) markdown: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Join the saved figures of several workers, and compare the whole
    Merge(MergeArgs),
    /// Answer everything at once: the server of --sink
    #[command(hide = true)]
    Sink {
        /// Once it answers, write where it is to this file
        #[arg(long, value_name = "FILE.json")]
        ready_file: PathBuf,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct MergeArgs {
    /// Each worker's file, also the log of a container that was told --json
    #[arg(required = true, value_name = "FILE.json")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the whole to this file
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: Option<PathBuf>,
    /// Compare what is counted with this file, another whole; also fail if a worker is missing
    #[arg(long, value_name = "FILE.json")]
    pub(crate) compare: Option<PathBuf>,
    /// Allow figures to be this much worse
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "10%")]
    pub(crate) fail_over: f64,
    /// Fail if more than this of the requests fail, throttles not among them
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "1%")]
    pub(crate) errors_max: f64,
    /// Add the figures to this file as Markdown, such as to "$GITHUB_STEP_SUMMARY"
    #[arg(long, value_name = "FILE.md")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write the text in this language: en or vi
    #[arg(long, default_value = "en")]
    pub(crate) lang: Lang,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// A rate with the text that it was read from.
#[derive(Clone, Debug)]
pub(crate) struct RateText {
    pub(crate) rate: Rate,
    pub(crate) text: String,
}

/// `2000` is `2000/s`.
fn rate(text: &str) -> Result<RateText, String> {
    let text = if text.contains("/s") { text.to_owned() } else { format!("{text}/s") };
    let rate: Rate = text.parse().map_err(|error: wavetank_generators::kdg::RateError| error.to_string())?;
    let most = match rate {
        Rate::Constant(rate) => rate,
        Rate::Periodic { high, .. } => high,
    };
    if most <= 0.0 {
        return Err("a rate of 0 sends nothing; write 100/s".to_owned());
    }
    Ok(RateText { rate, text })
}

/// `10%` or `0.1`.
fn percent(text: &str) -> Result<f64, String> {
    let refuse = || format!("`{text}` is no share; write 10% or 0.1");
    let value = match text.strip_suffix('%') {
        Some(number) => number.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    value.ok().filter(|share| (0.0..=10.0).contains(share)).ok_or_else(refuse)
}

fn share(text: &str) -> Result<f64, String> {
    percent(text)
        .ok()
        .filter(|share| *share <= 1.0)
        .ok_or_else(|| format!("`{text}` is not a share from 0 to 1"))
}

/// `2/8`.
fn shard(text: &str) -> Result<Shard, String> {
    let refuse = || format!("`{text}` is no worker; write 0/8 to 7/8, or env/8");
    let (index, count) = text.split_once('/').ok_or_else(refuse)?;
    let count: u32 = count.parse().map_err(|_| refuse())?;
    let index = match index {
        "env" => {
            let names = ["AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"];
            let found = names.iter().find_map(|name| std::env::var(name).ok());
            found.ok_or("neither AWS_BATCH_JOB_ARRAY_INDEX nor JOB_COMPLETION_INDEX is set; write 0/8")?
        }
        index => index.to_owned(),
    };
    let index: u32 = index.parse().map_err(|_| refuse())?;
    if index < count { Ok(Shard { index, count }) } else { Err(refuse()) }
}

/// `2026-11-29T04:00:00Z`, as time since 1970.
fn instant(text: &str) -> Result<Duration, String> {
    let refuse = || format!("`{text}` is no instant; write 2026-11-29T04:00:00Z");
    let (day, time) = text.strip_suffix('Z').and_then(|text| text.split_once('T')).ok_or_else(refuse)?;
    let day = wavetank_generators::calendar::parse_day(day)
        .and_then(|day| u64::try_from(day).ok())
        .ok_or_else(refuse)?;
    let parts: Vec<f64> = time.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| refuse())?;
    let [hour, minute, second] = parts[..] else { return Err(refuse()) };
    let is_time =
        (0.0..24.0).contains(&hour) && (0.0..60.0).contains(&minute) && (0.0..60.0).contains(&second);
    if !is_time {
        return Err(refuse());
    }
    Ok(Duration::from_secs(day * 86_400) + Duration::from_secs_f64(hour * 3_600.0 + minute * 60.0 + second))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn workers_shares_rates_and_instants_are_read_as_people_write_them() {
        assert_eq!(shard("2/8"), Ok(Shard { index: 2, count: 8 }));
        for wrong in ["8/8", "0/0", "-1/8", "2", "a/b", "env/x"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
        assert_eq!(percent("10%"), Ok(0.1));
        assert_eq!(percent("0.25"), Ok(0.25));
        assert!(percent("-1%").is_err() && percent("much").is_err() && share("1.5").is_err());
        assert_eq!(rate("2000").map(|rate| rate.text), Ok("2000/s".to_owned()));
        assert!(rate("0").is_err() && rate("0/s").is_err() && rate("-5").is_err() && rate("fast").is_err());
        assert_eq!(instant("1970-01-02T01:02:03.5Z"), Ok(Duration::from_millis(86_400_000 + 3_723_500)));
        assert!(instant("2026-11-29 04:00:00").is_err() && instant("2026-11-29T25:00:00Z").is_err());
    }

    /// The words of each call of `bench` in a text: lines of a shell, such as `bin/now bench ...`, and the arrays of a container.
    fn calls(text: &str) -> Vec<Vec<String>> {
        let mut calls = Vec::new();
        let joined: Vec<&str> = text.split("\\\n").map(str::trim_start).collect();
        for line in joined.join(" ").lines() {
            let Some((_, rest)) = ["wavetank bench ", "bin/now bench ", "bin/base bench "]
                .iter()
                .find_map(|program| line.split_once(program))
            else {
                continue;
            };
            // What comes after it is another command, or what a page says of it beside it.
            let rest = rest.split("||").next().unwrap_or_default().trim();
            let aside = rest.find("   ").unwrap_or(rest.len());
            calls.push(
                rest[..aside].split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect(),
            );
        }
        for start in ["[bench,", "[\"bench\","] {
            for (_, rest) in text.match_indices(start).map(|(at, _)| text.split_at(at + start.len())) {
                let words = rest.split(']').next().unwrap_or_default().split(',');
                calls.push(words.map(|word| word.trim().trim_matches('"').to_owned()).collect());
            }
        }
        calls
    }

    #[test]
    fn every_call_that_is_written_down_is_one_that_the_command_line_takes() {
        let check = |file: &str, text: &str, at_least: usize| {
            let calls = calls(text);
            assert!(calls.len() >= at_least, "{file}: only {} calls are found: {calls:?}", calls.len());
            for call in calls {
                // The number of a worker comes from the environment, which a test does not have.
                let words = call.iter().map(|word| word.replace("env/", "0/"));
                let words = ["wavetank", "bench"].into_iter().map(str::to_owned).chain(words);
                if let Err(error) = crate::args::Args::try_parse_from(words) {
                    panic!("{file}: wavetank bench {}: {error}", call.join(" "));
                }
            }
        };
        check("docs/bench.md", include_str!("../../../docs/bench.md"), 10);
        check(".github/workflows/bench.yml", include_str!("../../../.github/workflows/bench.yml"), 3);
    }

    #[test]
    fn a_renamed_flag_would_be_found_in_a_line_and_in_an_array() {
        let text = "  bin/now bench \"$service\" --for 4s \\\n    --warmth 1s || failed=1\n";
        assert_eq!(calls(text), [["$service", "--for", "4s", "--warmth", "1s"].map(str::to_owned)]);
        let text = "args: [bench, kinesis,\n       --shard, env/8]\n\"command\": [\"bench\", \"sqs\"]";
        let found = calls(text);
        assert_eq!(found[0], ["kinesis", "--shard", "env/8"].map(str::to_owned));
        assert_eq!(found[1], ["sqs"].map(str::to_owned));
        let words = ["wavetank", "bench", "sqs", "--warmth", "1s"];
        assert!(crate::args::Args::try_parse_from(words).is_err());
    }
}
