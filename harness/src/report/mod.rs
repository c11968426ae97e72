//! What a run found: one value, rendered as text (`text.rs`), Markdown, JUnit and
//! a page (`html/`), English or Vietnamese, or JSON (`json.rs`).

mod html;
mod json;
mod junit;
mod markdown;
mod text;
mod words;

use std::collections::BTreeMap;

use wavetank_types::ledger::Balance;
use wavetank_types::{Ledger, Said, Seed};

use crate::check::Finding;
use crate::check::oracle::Compared;
use crate::cost::Cost;
use crate::edges::EdgeCount;
use crate::flow::{Ages, Flow};
use crate::sim::force::Hits;

pub use words::{Lang, LangError};

/// Everything that a run found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// What it is about.
    pub summary: Said,
    /// The target's name.
    pub target: String,
    /// The variant, if it is not the scenario itself.
    pub variant: Option<String>,
    /// The file that a person brought, if one was.
    pub input: Option<String>,
    /// The seed of data and tank.
    pub seed: Seed,
    /// Rows that were sent.
    pub rows: u64,
    /// The command that runs the same again.
    pub replay: String,
    /// What a reader should know of how it ran.
    pub notes: Vec<Said>,
    /// The defects that were asked for, as they were written.
    pub defects: String,
    /// What became of them.
    pub ledger: Balance,
    /// What became of each of them.
    pub fates: Ledger,
    /// Of a pipeline of one's own: what each place holds.
    pub edges: Vec<EdgeCount>,
    /// Rows that conservation has read in each object, by its address.
    pub found: BTreeMap<String, u64>,
    /// How long records took to where they were looked at.
    pub ages: Vec<Ages>,
    /// What flowed where, if it was looked at.
    pub flow: Option<Flow>,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// Which service the queries asked.
    pub answered_by: &'static str,
    /// What the queries answered.
    pub queries: Vec<QueryReport>,
    /// What it would have cost on AWS.
    pub cost: Cost,
    /// Of a simulation: how often each kind of fault met each service.
    pub fault_hits: Hits,
    /// How long it took in the target's time, in milliseconds.
    pub tank_ms: u128,
    /// How long it took for whoever waited, in milliseconds. Whoever waited measures it.
    pub wall_ms: u128,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            scenario: String::new(),
            summary: Said::default(),
            target: String::new(),
            variant: None,
            input: None,
            seed: Seed(0),
            rows: 0,
            replay: String::new(),
            notes: Vec::new(),
            defects: String::new(),
            ledger: Balance::default(),
            fates: Ledger::default(),
            edges: Vec::new(),
            found: BTreeMap::new(),
            ages: Vec::new(),
            flow: None,
            findings: Vec::new(),
            answered_by: "Athena",
            queries: Vec::new(),
            cost: Cost::default(),
            fault_hits: Hits::new(),
            tank_ms: 0,
            wall_ms: 0,
        }
    }
}

impl Report {
    /// Whether every check holds.
    pub fn is_ok(&self) -> bool {
        !self.findings.iter().any(Finding::is_failed)
    }
}

/// One query's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryReport {
    /// The query's name.
    pub name: String,
    /// Column names.
    pub columns: Vec<String>,
    /// Rows; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether the answer is what it must be. `None` if nobody knows.
    pub ok: Option<bool>,
    /// Why there is no answer, if the query failed.
    pub failure: Option<String>,
    /// Why it was not asked, if it was not.
    pub not_run: Option<Said>,
}

impl QueryReport {
    /// From a comparison.
    pub fn of(compared: Compared) -> Self {
        let ok = compared.is_right();
        let Compared { name, answer, not_run, .. } = compared;
        Self { name, columns: answer.columns, rows: answer.rows, ok, failure: answer.failure, not_run }
    }
}
