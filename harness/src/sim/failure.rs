//! A failure as a folder: `sim.toml` is the whole of what to run and what it came to, beside it report, ledger and, of a scenario of
//! one's own, a copy of its files.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wavetank_scenarios::{Scenario, ScenarioError, bundled};
use wavetank_types::Checksum;

use super::swarm::Swarm;
use super::{Plan, Trace};

/// The file that is replayed.
pub const FILE: &str = "sim.toml";
/// The folder beside it with the files of a scenario that is not bundled.
pub const SCENARIO: &str = "scenario";

/// Everything that a replay needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The wavetank that found it. Another may come to another hash.
    pub version: String,
    /// A bundled scenario's name, or the folder that it was read from; its files are beside this one then, in [`SCENARIO`].
    pub scenario: String,
    /// The scenario's name. A copy in another folder keeps it.
    #[serde(default)]
    pub name: String,
    /// Of the scenario's files, by [`digest_of`].
    #[serde(default)]
    pub digest: String,
    /// Of data and tank.
    pub seed: u64,
    /// Rows to generate.
    pub rows: u64,
    /// Of a store: its users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<u64>,
    /// A variant of the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Whether the scenario's own faults are in force too.
    pub own_faults: bool,
    /// Whether what falls at one instant happens in an order that the seed draws.
    #[serde(default)]
    pub any_order: bool,
    /// Of the trace, in hexadecimal.
    pub hash: String,
    /// Checks that fail.
    pub failed: Vec<String>,
    /// Its faults.
    #[serde(flatten)]
    pub swarm: Swarm,
}

/// Not a failure that was written down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailureError {
    /// The file's form.
    #[error(
        "not a failure that `wavetank sim` has written: {0}\nhint: name the folder that `wavetank sim` has named, with sim.toml in it"
    )]
    Form(String),
    /// Its scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
}

impl Failure {
    /// What a plan came to. `called` is the name or folder by which the scenario was opened.
    pub fn of(called: &str, scenario: &Scenario, plan: &Plan, trace: &Trace) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: called.to_owned(),
            name: scenario.name.clone(),
            digest: digest_of(scenario),
            seed: plan.seed,
            rows: plan.rows,
            users: plan.users,
            variant: plan.variant.clone(),
            own_faults: plan.own_faults,
            any_order: plan.any_order,
            hash: hash_text(trace.hash),
            failed: trace.failed.clone(),
            swarm: plan.swarm.clone(),
        }
    }

    /// As the file has it. `replay` is the command that runs it again from where it is written.
    pub fn to_text(&self, replay: &str) -> String {
        let head = format!(
            "# A failure that `wavetank sim` has found and made small.\n# Replay it: {replay}\n# The folder may be moved.\n\n"
        );
        head + &toml::to_string(self).unwrap_or_default()
    }

    /// From the file's text.
    pub fn parse(text: &str) -> Result<Self, FailureError> {
        toml::from_str(text).map_err(|error| FailureError::Form(error.to_string()))
    }

    /// The name of its folder.
    pub fn folder(&self) -> String {
        let variant = self.variant.as_ref().map(|variant| format!("-{variant}")).unwrap_or_default();
        format!("{}{variant}-{}", self.name, self.seed)
    }

    /// Whether the scenario is one that every wavetank has.
    pub fn is_bundled(&self) -> bool {
        bundled(&self.scenario).is_some()
    }

    /// What to run again.
    pub fn plan(&self) -> Plan {
        let Self { seed, rows, users, variant, own_faults, any_order, swarm, .. } = self.clone();
        Plan { seed, rows, users, variant, own_faults, any_order, swarm }
    }

    /// What to run it on: the bundled scenario, or the copy in `folder`, where this failure lies.
    pub fn scenario(&self, folder: &Path) -> Result<Scenario, FailureError> {
        let copy = folder.join(SCENARIO);
        if self.is_bundled() || !copy.is_dir() {
            return Ok(Scenario::open(&self.scenario)?);
        }
        Ok(Scenario { name: self.name.clone(), ..Scenario::open(&copy.to_string_lossy())? })
    }
}

/// A scenario's own files, by path. Failures that were written into its folder are none of them.
pub fn own_files(scenario: &Scenario) -> impl Iterator<Item = (&str, &str)> {
    let folders = scenario.files.keys().filter_map(|path| path.strip_suffix(FILE));
    let failures: Vec<&str> = folders.filter(|folder| folder.ends_with('/')).collect();
    let files = scenario.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    files.filter(move |(path, _)| !failures.iter().any(|folder| path.starts_with(*folder)))
}

/// One value for all files of a scenario, in hexadecimal: another means that something in it has changed.
pub fn digest_of(scenario: &Scenario) -> String {
    let fields = own_files(scenario).flat_map(|(path, text)| [Some(path), Some(text)]);
    hash_text(Checksum::of_fields(fields).0)
}

/// A hash as it is printed.
pub fn hash_text(hash: u64) -> String {
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::kind::Kind;
    use crate::sim::swarm::Drawn;

    #[test]
    fn a_failure_is_read_as_it_was_written() {
        let drawn = |kind, share| Drawn {
            kind,
            service: "kinesis".to_owned(),
            operation: "PutRecords".to_owned(),
            caller: if kind == Kind::Slow { "firehose".to_owned() } else { String::new() },
            share,
            from: 0.125,
            until: 0.7,
            by_ms: if kind == Kind::Slow { 250 } else { 0 },
        };
        let failure = Failure {
            version: "1.2.3".to_owned(),
            scenario: "some/folder/".to_owned(),
            name: "trades".to_owned(),
            digest: hash_text(2),
            seed: 7,
            rows: 20,
            users: None,
            own_faults: true,
            any_order: true,
            variant: Some("naive".to_owned()),
            hash: hash_text(1),
            failed: vec!["oracle".to_owned()],
            swarm: Swarm { faults: vec![drawn(Kind::Lost, 0.1), drawn(Kind::Slow, 1.0 / 3.0)] },
        };
        let text = failure.to_text("wavetank sim --replay there/trades-naive-7");
        assert!(text.contains("\n# Replay it: wavetank sim --replay there/trades-naive-7\n"), "{text}");
        assert_eq!(Failure::parse(&text).expect("its own text"), failure, "{text}");
        assert_eq!(failure.folder(), "trades-naive-7");
        assert!(Failure::parse("seed = 1").is_err());
    }

    #[test]
    fn a_digest_is_of_every_file_but_those_of_failures_written_beside_them() {
        let scenario = Scenario::open("trades").expect("a bundled one");
        let with = |path: &str, text: &str| {
            let mut other = scenario.clone();
            other.files.insert(path.to_owned(), text.to_owned());
            digest_of(&other)
        };
        let digest = digest_of(&scenario);
        let check = |path: &str, text: &str, is_same: bool| {
            assert_eq!(with(path, text) == digest, is_same, "{path}");
        };
        check("functions/map.py", "pass", false);
        check("notes.md", "", false);
        check("failures/trades-1/sim.toml", "seed = 1", true);
        let mut written = scenario.clone();
        for path in ["failures/trades-1/sim.toml", "failures/trades-1/scenario/template.yaml"] {
            written.files.insert(path.to_owned(), String::new());
        }
        assert_eq!(digest_of(&written), digest);
    }

    #[test]
    fn a_scenario_of_one_s_own_is_read_from_its_copy_and_keeps_its_name() {
        let scenario = Scenario::open("table-design").expect("a bundled one");
        let plan = Plan::of(&scenario, &crate::sim::SimOptions::default(), 3);
        let trace = Trace::of_error("an error".to_owned());
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in own_files(&scenario) {
            let path = folder.path().join(SCENARIO).join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let mine = Scenario { name: "mine".to_owned(), ..scenario.clone() };
        let found = Failure::of("no/such/folder", &mine, &plan, &trace);
        assert_eq!((found.folder().as_str(), found.is_bundled()), ("mine-3", false));
        let copy = found.scenario(folder.path()).expect("the copy");
        assert_eq!((copy.name.as_str(), &copy.files, found.plan()), ("mine", &scenario.files, plan.clone()));
        let bundled = Failure::of("table-design", &scenario, &plan, &trace);
        assert_eq!(bundled.scenario(folder.path()).expect("a bundled one").name, "table-design");
    }
}
