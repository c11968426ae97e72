//! What Glue asks executors to do, and what they answer.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_wire::glue::S3Target;

use super::crawl::FoundTable;
use crate::executors::Staged;

/// Run a job's script once.
#[derive(Clone, Debug)]
pub struct ScriptWork {
    /// The job.
    pub job_name: String,
    /// The run, such as `jr_` and 64 hexadecimal digits.
    pub run_id: String,
    /// What the job's command is.
    pub kind: ScriptKind,
    /// Where the script is in S3.
    pub script_location: String,
    /// The job's default arguments, the run's over them, the job's fixed ones over both.
    pub arguments: BTreeMap<String, String>,
    /// How long it may run.
    pub timeout: Duration,
}

/// What a job's command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptKind {
    /// `glueetl`: a Spark script.
    Spark,
    /// `pythonshell`: a Python script.
    Python,
}

/// What came of a script.
#[derive(Clone, Debug, Default)]
pub struct ScriptOutput {
    /// The error message of a run that failed.
    pub failure: Option<String>,
    /// The same of a run that fails although its objects are stored.
    pub failure_after: Option<String>,
    /// Lines for `/aws-glue/jobs/output`.
    pub output: Vec<String>,
    /// Lines for `/aws-glue/jobs/error`.
    pub error: Vec<String>,
    /// Objects to store; empty if it failed.
    pub staged: Vec<Staged>,
}

/// Look at what a crawler is pointed at.
#[derive(Clone, Debug)]
pub struct CrawlWork {
    /// Where to look.
    pub targets: Vec<S3Target>,
}

/// What a crawler found.
#[derive(Clone, Debug, Default)]
pub struct CrawlOutput {
    /// Tables, in the order of their locations.
    pub tables: Vec<FoundTable>,
    /// Why the crawl failed; then there are no tables.
    pub failure: Option<String>,
    /// Objects that were listed.
    pub objects: u64,
}
