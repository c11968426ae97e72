//! The form of `scenario.toml`, and how it is read. Every quantity carries its unit.
//!
//! What is wrong is refused with its place and with what to write: keys and units in `form.rs`, what makes no sense and what
//! names nothing in `wrong.rs`. `step.rs` has the tables that do one of several things.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use wavetank_generators::kdg::Rate;

use crate::bundled::{NAMES, bundled};
use crate::check::Check;
use crate::edge::{Edge, LedgerForm};
use crate::error::ScenarioError;
use crate::form::refused_form;
use crate::outputs::place_at;
use crate::quantity::{duration, rate, share, ticks, utc, window, zone};
use crate::source::Source;
use crate::step::{Step, Upload, each};
use crate::template::Template;

/// What comes in, what happens, and what must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
    /// The folder's files, by path.
    #[serde(skip)]
    pub files: BTreeMap<String, String>,
    /// One or two sentences.
    pub summary: String,
    /// The same in Vietnamese.
    pub summary_vi: Option<String>,
    /// The CloudFormation template's path.
    pub template: String,
    /// The region that it runs in.
    #[serde(default = "default_region")]
    pub region: String,
    /// The generated data.
    pub input: Input,
    /// Files put in place before the input arrives.
    #[serde(default, rename = "upload", deserialize_with = "each")]
    pub uploads: Vec<Upload>,
    /// What goes wrong, from when the input begins to arrive.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
    /// What happens after the input has arrived, in order.
    #[serde(default, rename = "step", deserialize_with = "each")]
    pub steps: Vec<Step>,
    /// Where records end up, of a bundled scenario.
    #[serde(default)]
    pub output: Output,
    /// What names a record, of a pipeline of one's own.
    pub ledger: Option<LedgerForm>,
    /// The places that records pass and where they end, in the order of their way.
    #[serde(default, rename = "edge")]
    pub edges: Vec<Edge>,
    /// Where records land on their way, as lines of JSON.
    pub landing: Option<Landing>,
    /// Where queries run.
    pub athena: Option<Athena>,
    /// Airflow, which starts the pipeline's work where it is asked for.
    pub airflow: Option<Airflow>,
    /// What is asked of the result.
    #[serde(default, rename = "query")]
    pub queries: Vec<Query>,
    /// What must hold.
    #[serde(default, rename = "check")]
    pub checks: Vec<Check>,
    /// What a simulation leaves out.
    #[serde(default)]
    pub sim: Sim,
    /// Other ways to run it, by name.
    #[serde(default, rename = "variant")]
    pub variants: BTreeMap<String, Variant>,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

/// What comes in: rows of a `profile`, stored as one object or sent one by one, or records by a `template`, sent at a
/// `rate`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// A generator's profile.
    pub profile: Option<String>,
    /// The path of a template of the Kinesis Data Generator.
    pub template: Option<String>,
    /// The path of a file of records: CSV with a header, or a document of JSON a line.
    pub file: Option<String>,
    /// Of a profile with several tables: which one.
    pub table: Option<String>,
    /// Rows or records unless the command line says otherwise. A file has as many as it has.
    #[serde(default)]
    pub rows: u64,
    /// Records a second, such as `20/s`; what has none goes out at once.
    #[serde(default, deserialize_with = "rate")]
    pub rate: Option<Rate>,
    /// The column that decides a record's shard; only of a profile's rows that are sent one by one.
    pub key: Option<String>,
    /// Of a store: its users, unless the command line says otherwise.
    pub users: Option<u64>,
    /// Of a store: the days over which its clicks and orders go, unless the command line says otherwise.
    pub days: Option<u32>,
    /// Of a store: where its database is. `s3://bucket/` keeps the tables as CSV files there.
    pub orders: Option<String>,
    /// Of a store: `s3://bucket/key` of its catalogue, put there before the first click.
    pub catalogue: Option<String>,
    /// `s3://bucket/key` of a profile's rows as one object; `kinesis:`, `firehose:`, `sqs:` or `dynamodb:` and a name for
    /// records.
    pub to: String,
}

/// A fault rule of the tank, as its control API takes it. On a target without one it is not in force, and reported as not run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// A Lambda function, whose runs fail after they have done their work.
    pub function: String,
    /// The share of its runs, 0.0 to 1.0.
    #[serde(deserialize_with = "share")]
    pub share: f64,
    /// From and until, counted from the input's begin, such as `10s..2m`.
    #[serde(default, deserialize_with = "window")]
    pub window: Option<String>,
}

/// What a simulation of it is like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sim {
    /// Rows of each run, unless the command line says otherwise; the input's number if not given.
    pub rows: Option<u64>,
    /// Of a store: its users.
    pub users: Option<u64>,
    /// Of a store: its products.
    pub products: Option<u64>,
    /// Of a store: the times whose clicks go out together, of which each seed draws one; half a minute if not given. A whole number of
    /// them makes an hour, so that no click arrives in another hour than its own.
    #[serde(default, rename = "tick", deserialize_with = "ticks")]
    pub ticks: Vec<Duration>,
    /// How much later than otherwise records may land under faults; checks of when and where they land allow it.
    #[serde(default, deserialize_with = "duration")]
    pub late: Duration,
    /// Checks of what nobody promises under faults.
    #[serde(default, rename = "skip")]
    pub skips: Vec<Skip>,
    /// Faults that even a correct pipeline of this kind cannot survive.
    #[serde(default, rename = "exclude")]
    pub excludes: Vec<Exclude>,
}

/// A check that a simulation leaves out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// As reports name it, such as `freshness`.
    pub check: String,
    /// Why.
    pub reason: String,
}

/// A fault that is not drawn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclude {
    /// The fault's kind, such as `lost`.
    pub kind: String,
    /// The service that is called; every one if not given.
    pub service: Option<String>,
    /// The operation, whoever calls it; every one if not given.
    pub operation: Option<String>,
    /// Why.
    pub reason: String,
}

/// Where records end up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// `s3://bucket/prefix/` of the files: Parquet for a profile's rows, JSON lines for records. Or `dynamodb:` and a table.
    pub data: String,
    /// `s3://bucket/prefix/` of the refusals, as NDJSON; or `logs:` and the log group of a function that writes
    /// `REASON message NUMBER at SEQUENCE` for each. Where nothing is refused there are none.
    pub rejects: Option<String>,
    /// The column or member that names a record; those of a table's key, joined by `+`.
    pub identity: String,
    /// Of a store: `s3://bucket/prefix/` of its orders, as Parquet.
    pub orders: Option<String>,
    /// Of a store: the same of the lines of its orders.
    pub order_details: Option<String>,
}

/// Where records land on their way, as lines of JSON, and the members by which checks look at them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landing {
    /// `s3://bucket/prefix/`.
    #[serde(rename = "in")]
    pub within: String,
    /// The member that names a record, a number.
    pub id: String,
    /// The member that decides its shard, a number.
    pub key: String,
    /// The member of its time, `yyyy-MM-dd HH:mm:ss`.
    pub time: String,
    /// The zone of these times and of the folders, such as `+07:00`.
    #[serde(default = "utc", deserialize_with = "zone")]
    pub zone: String,
}

/// Where queries run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Athena {
    /// Database.
    pub database: String,
    /// Work group.
    pub workgroup: String,
}

/// Airflow as the scenario's orchestrator: the files below `dags/` of its folder, in the bucket of an environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Airflow {
    /// The environment.
    pub environment: String,
    /// `s3://bucket/folder/` of its DAGs.
    pub dags: String,
}

/// One query: SQL for Athena (`.sql`), PartiQL (`.partiql`) or a request of DynamoDB as JSON (`.query.json`, `.scan.json`).
/// Its oracle has the same name, and is computed from the generator's truth.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Its name.
    pub name: String,
    /// Its file's path.
    pub file: String,
    /// Of DynamoDB: the attributes of an answer, in order.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Of DynamoDB: the query is asked so many times, with `{shard}` as 0, 1 and so on, and the answers are put together.
    #[serde(default)]
    pub shards: Option<u64>,
    /// Of DynamoDB: the attribute by which the rows are put in order, where the table has none.
    pub order: Option<String>,
    /// The path of the SQL that answers the same from what was sent: its table is `sent`.
    pub oracle: Option<String>,
}

/// Another way to run a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What is other.
    pub summary: String,
    /// The same in Vietnamese.
    pub summary_vi: Option<String>,
    /// Parameters of the template.
    pub parameters: BTreeMap<String, String>,
}

/// A text as a part of a stack's name: hyphens for all but ASCII's letters and digits, none at its ends.
pub fn hyphenated(text: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = text.chars().map(fits).collect();
    name.trim_matches('-').to_owned()
}

impl Scenario {
    /// A bundled scenario by name, or a folder by path.
    pub fn open(name_or_folder: &str) -> Result<Self, ScenarioError> {
        if let Some(files) = bundled(name_or_folder) {
            return Self::parse(name_or_folder, files);
        }
        let folder = Path::new(name_or_folder);
        if !folder.join("scenario.toml").is_file() {
            let known = NAMES.map(str::to_owned).to_vec();
            return Err(ScenarioError::Unknown { name: name_or_folder.to_owned(), known });
        }
        let mut files = BTreeMap::new();
        read_folder(folder, "", &mut files)?;
        let name = folder.file_name().map_or_else(|| "scenario".into(), |name| name.to_string_lossy());
        Self::parse(&name, files)
    }

    /// Everything that the file says wrong is refused here, before anything is started.
    fn parse(name: &str, files: BTreeMap<String, String>) -> Result<Self, ScenarioError> {
        let file = format!("{name}/scenario.toml");
        let text = files.get("scenario.toml").cloned().unwrap_or_default();
        let mut scenario: Self = toml::from_str(&text).map_err(|error| refused_form(&file, &text, &error))?;
        scenario.name = name.to_owned();
        scenario.files = files;
        let source = Source::read(&file, &text)?;
        if let Some(wrong) = scenario.wrong() {
            return Err(source.refuse(wrong));
        }
        // What is wrong with the template itself, CloudFormation says better.
        if let Some(template) = Template::read(scenario.file(&scenario.template)) {
            if let Some(wrong) = scenario.wrong_parameter(&template) {
                return Err(source.refuse(wrong));
            }
            source.check_outputs(&template.outputs)?;
        }
        Ok(scenario)
    }

    /// The error of a name that the file says and that means nothing, at its place: what only the records can tell.
    pub fn wrong_name(&self, name: &str, cause: String) -> ScenarioError {
        let text = self.file("scenario.toml");
        let at = text.find(&format!("\"{name}\"")).or_else(|| text.find(name));
        let (line, column) = place_at(text, at.unwrap_or(0));
        let hint = "write the name as the records have it".to_owned();
        ScenarioError::Form { file: format!("{}/scenario.toml", self.name), line, column, cause, hint }
    }

    /// The name of its stack: the folder's, as CloudFormation takes names, so that `my_pipeline` is `my-pipeline`.
    ///
    /// Documented: docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (letters, digits and hyphens, a
    /// letter first, 128 characters at most).
    pub fn stack_name(&self) -> String {
        const CHARS_MAX: usize = 128;
        let name = hyphenated(&self.name);
        let lead = if name.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "scenario-" };
        format!("{lead}{name}").chars().take(CHARS_MAX).collect()
    }

    /// The text of one of the folder's files. The path was checked when the scenario was read.
    pub fn file(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// The template's parameters of a variant.
    pub fn variant(&self, name: &str) -> Result<&Variant, ScenarioError> {
        self.variants.get(name).ok_or_else(|| ScenarioError::NoVariant {
            name: name.to_owned(),
            known: self.variants.keys().cloned().collect(),
        })
    }
}

fn read_folder(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), ScenarioError> {
    let fail = |path: &Path, cause: &std::io::Error| ScenarioError::File {
        file: path.display().to_string(),
        cause: cause.to_string(),
    };
    let entries = std::fs::read_dir(folder).map_err(|cause| fail(folder, &cause))?;
    for entry in entries {
        let entry = entry.map_err(|cause| fail(folder, &cause))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, std::fs::read_to_string(&path).map_err(|cause| fail(&path, &cause))?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
