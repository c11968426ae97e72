//! A failure as a folder: `sim.toml` is the whole of what to run and what it came to, beside it report and ledger.

use serde::{Deserialize, Serialize};
use wavetank_scenarios::{Scenario, ScenarioError};

use super::swarm::Swarm;
use super::{Plan, Trace};

/// The file that is replayed.
pub const FILE: &str = "sim.toml";

/// Everything that a replay needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The wavetank that found it. Another may come to another hash.
    pub version: String,
    /// A bundled scenario's name, or a folder.
    pub scenario: String,
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
    #[error("not a failure that `wavetank sim` has written: {0}")]
    Form(String),
    /// Its scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
}

impl Failure {
    /// What a plan came to. `scenario` is the name or folder by which it was opened.
    pub fn of(scenario: &str, plan: &Plan, trace: &Trace) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.to_owned(),
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

    /// As the file has it.
    pub fn to_text(&self) -> String {
        let head = format!(
            "# A failure that `wavetank sim` has found and made small.\n# Replay it: wavetank sim --replay failures/{}\n\n",
            self.folder()
        );
        head + &toml::to_string(self).unwrap_or_default()
    }

    /// From the file's text.
    pub fn parse(text: &str) -> Result<Self, FailureError> {
        toml::from_str(text).map_err(|error| FailureError::Form(error.to_string()))
    }

    /// The name of its folder.
    pub fn folder(&self) -> String {
        let name = self.scenario.rsplit('/').find(|part| !part.is_empty()).unwrap_or("scenario");
        let variant = self.variant.as_ref().map(|variant| format!("-{variant}")).unwrap_or_default();
        format!("{name}{variant}-{}", self.seed)
    }

    /// What to run again.
    pub fn plan(&self) -> Result<(Scenario, Plan), FailureError> {
        let scenario = Scenario::open(&self.scenario)?;
        let Self { seed, rows, users, variant, own_faults, any_order, swarm, .. } = self.clone();
        Ok((scenario, Plan { seed, rows, users, variant, own_faults, any_order, swarm }))
    }
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
            scenario: "trades".to_owned(),
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
        let text = failure.to_text();
        assert_eq!(Failure::parse(&text).expect("its own text"), failure, "{text}");
        assert_eq!(failure.folder(), "trades-naive-7");
        assert!(Failure::parse("seed = 1").is_err());
    }
}
