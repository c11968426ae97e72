//! The ledger of a pipeline of one's own: what names a record, and the places where records pass or end.
//!
//! A place is written as its service and name: `s3://bucket/prefix/`, `dynamodb:TABLE`, `sqs:QUEUE`, `kinesis:STREAM`,
//! `logs:GROUP`, or `athena:` and a SELECT. Who reads them is the harness (`edges/`).

use serde::Deserialize;

/// What names a record.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerForm {
    /// The column or member that names a record; several are joined by `+`.
    pub identity: String,
    /// What becomes of two records of one name.
    #[serde(default)]
    pub repeats: Repeats,
}

/// What becomes of two records of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeats {
    /// Each of them arrives.
    #[default]
    Kept,
    /// One of them arrives.
    Dropped,
}

/// A place that records pass, or where they end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// What the report calls it.
    pub name: String,
    /// Where it is.
    pub at: String,
    /// What it means that a record lies there. A place that says nothing is one that records pass.
    pub ends: Option<Ends>,
    /// What names a record there, if it is called otherwise than in the input.
    pub identity: Option<String>,
    /// Of refusals: the member that says why.
    pub reason: Option<String>,
    /// Members that must say what was sent. All that both sides have, if none are given.
    pub compare: Option<Vec<String>>,
    /// A part of the place that each record's own members decide, such as `country={country}/`.
    pub route: Option<String>,
}

/// What it means that a record lies in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// It has arrived.
    Delivered,
    /// It was refused.
    Rejected,
    /// It was given up, and kept for people to look at.
    DeadLettered,
    /// It waits. At rest it is stuck.
    InFlight,
}

/// The same pipeline under a change of what should not matter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metamorphic {
    /// What is changed.
    pub change: Change,
    /// With `change = "parameters"`: the template's parameters, such as a stream's shards or a buffer's size.
    #[serde(default)]
    pub parameters: std::collections::BTreeMap<String, String>,
    /// What must stay.
    #[serde(default)]
    pub relation: Relation,
    /// The queries whose answers are compared; all, if none are named.
    #[serde(default)]
    pub queries: Vec<String>,
}

/// What is changed between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The records go out in another order.
    Shuffle,
    /// The records go out in smaller batches.
    Rebatch,
    /// The stack has other parameters: more shards, another buffer, another zone.
    Parameters,
}

impl Change {
    /// As the scenario's file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shuffle => "shuffle",
            Self::Rebatch => "rebatch",
            Self::Parameters => "parameters",
        }
    }
}

/// What must be the same in both runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The rows of every answer, in any order.
    #[default]
    SameAnswers,
    /// What became of every record.
    SameRecords,
}
