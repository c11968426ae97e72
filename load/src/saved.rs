//! What is written down of a load: enough to read it again, to join it with others', and to compare it with another version's.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wavetank_types::Said;

use crate::proc::Machine;
use crate::tally::{Tally, Times};

/// The form of the file. Files of another form are refused by this number.
pub const FORMAT: u32 = 1;

/// Everything that was asked for and that figures depend on. Two loads are comparable if these are the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// A service, or a scenario's name.
    pub what: String,
    /// Records a second, as it was written.
    pub rate: String,
    /// For how long, in milliseconds.
    pub for_ms: u64,
    /// Uncounted load before it, in milliseconds.
    pub warm_up_ms: u64,
    /// `steady` or `poisson`.
    pub arrivals: String,
    /// The seed of schedule and records.
    pub seed: u64,
    /// Connections of each worker.
    pub connections: usize,
    /// Records of a request.
    pub batch: u32,
    /// Bytes of a record.
    pub record_bytes: u32,
    /// Share of requests that read.
    pub reads: f64,
    /// Tries beyond the first of a throttled request.
    pub retries: u32,
    /// Of Kinesis: shards of the stream.
    pub stream_shards: u32,
    /// Of Athena: rows of the table.
    pub rows: u64,
    /// How many workers there are.
    pub workers: u32,
    /// Of a scenario: the variant.
    #[serde(default)]
    pub variant: Option<String>,
}

/// What the generator itself took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// CPU of its connections, in milliseconds.
    pub cpu_ms: u64,
    /// How long they waited for a core, in milliseconds, all of them together.
    pub waited_ms: u64,
    /// Why the figures are the generator's and not the server's, if they are.
    pub limit: Option<Sentence>,
}

/// A sentence in both languages, as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// In English.
    pub en: String,
    /// In Vietnamese.
    pub vi: String,
}

impl From<Said> for Sentence {
    fn from(said: Said) -> Self {
        Self { en: said.en, vi: said.vi }
    }
}

/// What the server took, as far as the machine says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerUse {
    /// User and system time, in milliseconds.
    pub cpu_ms: u64,
    /// Resident memory at the end.
    pub rss_bytes: u64,
    /// Resident memory at its peak.
    pub rss_peak_bytes: u64,
    /// Instructions outside the kernel; only of a process of our own, where the machine counts them.
    pub instructions: Option<u64>,
}

/// What the server holds afterwards; only of a tank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// Objects in all buckets.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a scenario's run found, beside what was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// From a record's event time to the instant at which it could be queried, in the target's time.
    pub freshness: Option<Times>,
    /// Checks, as the report words them, and whether they hold.
    pub checks: Vec<Checked>,
    /// How long all of it took in the target's time, in milliseconds.
    pub tank_ms: u64,
}

/// One check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Its name.
    pub name: String,
    /// `passed`, `failed` or `not run`.
    pub verdict: String,
    /// What was found.
    pub detail: String,
}

/// One load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of wavetank that made the load.
    pub version: String,
    /// What was asked for.
    pub command: Command,
    /// Which workers' requests these are.
    pub workers: BTreeSet<u32>,
    /// Where it ran.
    pub machine: Machine,
    /// What was put under load.
    pub against: String,
    /// When, by this machine's clock.
    pub started: String,
    /// From the first request's instant to the last answer, in milliseconds.
    pub took_ms: u64,
    /// Whether somebody stopped it.
    pub interrupted: bool,
    /// What was counted.
    pub tally: Tally,
    /// The generator.
    pub generator: Generator,
    /// The server.
    pub server: Option<ServerUse>,
    /// What it holds.
    pub stored: Option<Stored>,
    /// Of a scenario.
    pub scenario: Option<Found>,
}

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// It is no JSON, or lacks something.
    #[error("{file} is no saved benchmark: {cause}\nhint: `wavetank bench ... --save FILE.json` writes one")]
    Unreadable {
        /// Which.
        file: String,
        /// What is wrong.
        cause: String,
    },
    /// Another form.
    #[error("{file} has form {found}, and this is wavetank {version}, which reads form {FORMAT}\nhint: make it anew with this version", version = env!("CARGO_PKG_VERSION"))]
    Format {
        /// Which.
        file: String,
        /// Its form.
        found: u64,
    },
}

impl Saved {
    /// Reads what [`Saved::to_json`] has written, also out of a container's log: lines before and after the object are left out.
    pub fn parse(file: &str, text: &str) -> Result<Self, SavedError> {
        let fail = |cause: String| SavedError::Unreadable { file: file.to_owned(), cause };
        let object = object(text).ok_or_else(|| fail("no line of it begins with {".to_owned()))?;
        let mut values = serde_json::Deserializer::from_str(object).into_iter::<Value>();
        let value = values.next().unwrap_or(Ok(Value::Null)).map_err(|error| fail(error.to_string()))?;
        match value["format"].as_u64() {
            Some(found) if found == u64::from(FORMAT) => {}
            Some(found) => return Err(SavedError::Format { file: file.to_owned(), found }),
            None => return Err(fail("it does not say its format".to_owned())),
        }
        let mut value = value;
        // Computed from the rest, for people and other tools; `--json` prints the last three besides.
        if let Some(object) = value.as_object_mut() {
            for name in ["summary", "ok", "compared", "pairs"] {
                object.remove(name);
            }
        }
        serde_json::from_value(value).map_err(|error| fail(error.to_string()))
    }

    /// As JSON, with a summary beside what it is computed from.
    pub fn to_json(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        value["summary"] = self.summary();
        value
    }

    /// The span that rates refer to, in seconds: the load's, or longer if its last answer came later.
    pub fn seconds(&self) -> f64 {
        let span = if self.interrupted { self.took_ms } else { self.command.for_ms.max(self.took_ms) };
        (span as f64 / 1e3).max(1e-3)
    }

    /// The span over which requests were to leave, in seconds.
    pub fn intended_seconds(&self) -> f64 {
        let span = if self.interrupted { self.took_ms } else { self.command.for_ms };
        (span as f64 / 1e3).max(1e-3)
    }

    /// A server's milliseconds of CPU for each request that it answered.
    pub fn cpu_ms_per_request(&self) -> Option<f64> {
        let answered = self.tally.counters.answered;
        self.server.as_ref().filter(|_| answered > 0).map(|server| server.cpu_ms as f64 / answered as f64)
    }

    fn summary(&self) -> Value {
        let counters = &self.tally.counters;
        let times = |times: &Times| {
            serde_json::json!({
                "p50": times.at(0.5), "p90": times.at(0.9), "p99": times.at(0.99), "p999": times.at(0.999),
                "max": times.max(), "mean": rounded(times.mean()),
            })
        };
        serde_json::json!({
            "intended_requests_per_s": rounded(counters.intended as f64 / self.intended_seconds()),
            "achieved_requests_per_s": rounded(counters.answered as f64 / self.seconds()),
            "achieved_records_per_s": rounded(counters.accepted as f64 / self.seconds()),
            "calls_per_record": rounded(counters.calls as f64 / (counters.records.max(1)) as f64),
            "latency_ms": times(&self.tally.latency),
            "service_ms": times(&self.tally.service),
            "generator_late_ms": times(&self.tally.lateness),
            "server_cpu_ms_per_request": self.cpu_ms_per_request().map(rounded),
        })
    }
}

/// A text from its first line on that begins with a brace. What a container says on stderr, such as the seed, comes before it in its log.
fn object(text: &str) -> Option<&str> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('{') {
            return Some(&text[at..]);
        }
        at += line.len();
    }
    None
}

/// To the thousandth.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
impl Saved {
    /// What one worker of `workers` saved, of a load of queries in which nothing happened.
    pub(crate) fn sample(worker: u32, workers: u32) -> Self {
        let command = Command {
            what: "athena".to_owned(),
            rate: "10/s".to_owned(),
            for_ms: 1_000,
            warm_up_ms: 0,
            arrivals: "steady".to_owned(),
            seed: 7,
            connections: 1,
            batch: 1,
            record_bytes: 64,
            reads: 0.0,
            retries: 0,
            stream_shards: 8,
            rows: 100,
            workers,
            variant: None,
        };
        Self {
            format: FORMAT,
            version: "0.0.0".to_owned(),
            command,
            workers: BTreeSet::from([worker]),
            machine: Machine::default(),
            against: "wavetank".to_owned(),
            started: "2026-11-29T04:00:00.000Z".to_owned(),
            took_ms: 1_000,
            interrupted: false,
            tally: Tally::default(),
            generator: Generator::default(),
            server: None,
            stored: None,
            scenario: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_read_from_its_file_and_out_of_a_containers_log() {
        let saved = Saved::sample(2, 8);
        let (pretty, short) = (format!("{:#}\n", saved.to_json()), saved.to_json().to_string());
        let check = |text: &str| assert_eq!(Saved::parse("log", text).as_ref(), Ok(&saved), "{text}");
        check(&pretty);
        check(&short);
        check(&format!("seed 7\n{pretty}"));
        check(&format!("seed 7\r\nwarning: a thing could not be removed: {{}}\r\n{short}\r\nended\r\n"));
        check(&format!("seed 7\n{pretty}rpc error: the log ends here\n"));
    }

    #[test]
    fn what_is_no_saved_load_is_refused_with_its_cause() {
        let check = |text: &str, words: &str| {
            let said = Saved::parse("log", text).expect_err(text).to_string();
            assert!(said.starts_with("log ") && said.contains(words), "{said}");
            assert!(said.contains("\nhint: "), "{said}");
        };
        check("", "no line of it begins with {");
        check("seed 7\nerror: nothing answers\n", "no line of it begins with {");
        check("seed 7\n{\n  \"format\": 1,\n", "EOF");
        check("{}", "it does not say its format");
        check("{\"format\": 2}", "has form 2");
        check("{\"format\": 1}", "missing field");
    }

    #[test]
    fn a_file_of_before_polls_and_variants_is_still_read() {
        let mut value = Saved::sample(0, 1).to_json();
        value["command"].as_object_mut().expect("an object").remove("variant");
        let counters = value["tally"]["counters"].as_object_mut().expect("an object");
        assert!(counters.remove("polls").is_some() && counters.remove("poll_bytes").is_some());
        assert_eq!(Saved::parse("old", &value.to_string()), Ok(Saved::sample(0, 1)));
    }
}
