//! What must hold, and what is said when it does not: what, where, the first examples, the likely cause.

pub mod arrivals;
pub mod blocked;
pub mod conserved;
pub mod counts;
pub(crate) mod dags;
pub mod files;
pub mod items;
pub mod jobs;
pub mod landed;
pub mod logs;
pub mod metamorphic;
pub mod oracle;
pub mod partition;
pub mod replay;
pub mod rows;
pub mod schema;
pub mod sent_events;
pub mod store;

use serde::Serialize;
use wavetank_types::Said;

/// Examples kept of each finding.
pub const EXAMPLES_MAX: usize = 10;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It could not be asked; the detail says why.
    NotRun,
}

/// One check's finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's name.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// One line.
    pub detail: Said,
    /// The first examples of what is wrong.
    pub examples: Vec<Said>,
    /// What probably caused it.
    pub cause: Option<Said>,
}

impl Finding {
    /// A check that ended as `holds` says.
    pub fn new(name: &str, holds: bool, detail: Said) -> Self {
        let verdict = if holds { Verdict::Passed } else { Verdict::Failed };
        Self { name: name.to_owned(), verdict, detail, examples: Vec::new(), cause: None }
    }

    /// A check that could not be asked.
    pub fn not_run(name: &str, why: Said) -> Self {
        Self { verdict: Verdict::NotRun, ..Self::new(name, true, why) }
    }

    /// With examples, of which the first few are kept.
    #[must_use]
    pub fn with_examples(mut self, examples: impl IntoIterator<Item = Said>) -> Self {
        self.examples.extend(examples.into_iter().take(EXAMPLES_MAX));
        self
    }

    /// With a likely cause.
    #[must_use]
    pub fn with_cause(mut self, cause: Said) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Whether it does not hold.
    pub fn is_failed(&self) -> bool {
        self.verdict == Verdict::Failed
    }
}
