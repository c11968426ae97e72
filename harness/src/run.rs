//! One scenario on one target: generators, target, checks, report.

use bytes::Bytes;
use chrono::FixedOffset;
use wavetank_generators::registry::ProfileError;
use wavetank_generators::write::WriteError;
use wavetank_scenarios::{Check, Outputs, Query, Scenario, ScenarioError};
use wavetank_types::Seed;
use wavetank_types::names::split_s3_uri;
use wavetank_wire::WireError;

use crate::check::conserved::Conservation;
use crate::check::oracle::Compared;
use crate::check::{self, Finding, conserved};
use crate::client::Aws;
use crate::cost::{self, Usage};
use crate::defects::DefectList;
use crate::drive::{self, DriveError};
use crate::faults::{self, FaultError};
use crate::input::Input;
use crate::observe::{self, Answer, Object, ObserveError};
use crate::oracle::Truth;
use crate::progress::{Progress, Stage};
use crate::provision::{self, ProvisionError};
use crate::report::{QueryReport, Report};
use crate::send::{SendError, SinkError};
use crate::tables;
use crate::target::Target;

/// What a run is told beside its scenario.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Rows to generate; the scenario's own number if not given.
    pub rows: Option<u64>,
    /// The seed of data and tank.
    pub seed: u64,
    /// A variant of the scenario.
    pub variant: Option<String>,
    /// Defects to put into the generated rows.
    pub defects: DefectList,
    /// A file that a person brings instead of generated rows.
    pub brought: Option<Brought>,
}

/// A file that a person brings.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Its name, without folders.
    pub name: String,
    /// Its content.
    pub body: Bytes,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario, or a name in it.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The profile or its defects.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Rows could not be written.
    #[error("cannot generate: {0}")]
    Generate(#[from] WriteError),
    /// The scenario's profile has no truth to check against.
    #[error(
        "profile `{0}` has no truth, so a run of it proves nothing\nhint: `wavetank list` shows the profiles that have one"
    )]
    NoTruth(String),
    /// The infrastructure is not there.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The pipeline did not come to its end.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// What came out cannot be seen.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// A file or defects for a scenario that is fed with records.
    #[error("scenario `{0}` is fed with records of its own template\nhint: leave out --input and --defects")]
    OnlyRecords(String),
    /// `to` of the scenario's input.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A fault of the scenario.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The records were not taken.
    #[error(transparent)]
    Send(#[from] SendError),
    /// An API call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
}

/// Everything a run knows once its pipeline has come to its end.
struct Ended<'a> {
    aws: Aws<'a>,
    scenario: &'a Scenario,
    outputs: Outputs,
    input: &'a Input,
}

/// Runs a scenario and reports. An `Err` means that there is nothing to report on; a failed check is in the report.
pub async fn run(
    scenario: &Scenario,
    target: &dyn Target,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Report, RunError> {
    let started = target.now();
    let variant = options.variant.as_deref().map(|name| scenario.variant(name)).transpose()?;
    let mut input = Input::prepare(scenario, options, progress)?;
    let aws = Aws::new(target, &scenario.region);

    progress.begin(Stage::Provision, None);
    let parameters = variant.map(|variant| variant.parameters.clone()).unwrap_or_default();
    let template = scenario.file(&scenario.template);
    let outputs = provision::create_stack(aws, &scenario.name, template, &parameters).await?;
    drive::upload_files(aws, scenario, &outputs).await?;
    let faults = faults::set(target, &scenario.faults, &outputs).await?;
    input.send(aws, scenario, &outputs, progress).await?;

    for step in &scenario.steps {
        progress.begin(stage_of(step), None);
        drive::take_step(aws, step, &outputs).await?;
    }
    faults::lift(target, &faults).await?;
    let ended = Ended { aws, scenario, outputs, input: &input };
    let mut report = ended.report(progress).await?;
    report.seed = Seed(options.seed);
    report.rows = report.ledger.generated;
    report.variant = options.variant.clone();
    report.defects = options.defects.text.clone();
    report.rows_asked = input.asked();
    report.input = options.brought.as_ref().map(|brought| brought.name.clone());
    report.tank_ms = target.now().since(started).as_millis();
    Ok(report)
}

fn stage_of(step: &wavetank_scenarios::Step) -> Stage {
    match step {
        wavetank_scenarios::Step::Job { .. } | wavetank_scenarios::Step::Run { .. } => Stage::Job,
        wavetank_scenarios::Step::Wait { .. } => Stage::Send,
        wavetank_scenarios::Step::Crawl { .. } => Stage::Crawl,
    }
}

impl Ended<'_> {
    async fn report(&self, progress: &dyn Progress) -> Result<Report, RunError> {
        progress.begin(Stage::Query, Some(self.scenario.queries.len() as u64));
        let truth = self.input.truth(self.scenario)?;
        let queries = self.queries(&truth, progress).await?;
        progress.begin(Stage::Observe, None);
        let data = self.data().await?;
        let conservation = self.input.conserve(self.aws, self.scenario, &self.outputs, &data).await?;

        progress.begin(Stage::Check, Some(self.scenario.checks.len() as u64));
        let mut findings = Vec::new();
        for (done, check) in (1..).zip(&self.scenario.checks) {
            findings.push(self.check(check, &conservation, &queries, &truth).await?);
            progress.at(done);
        }
        let usage = Usage {
            puts: (self.scenario.uploads.len() + 1 + data.len() + queries.len()) as u64,
            gets: (1 + data.len() * queries.len()) as u64,
            query_bytes: queries.iter().map(|query| query.answer.scanned_bytes).collect(),
        };
        Ok(Report {
            scenario: self.scenario.name.clone(),
            target: self.aws.target().name().to_owned(),
            ledger: conservation.balance,
            fates: conservation.ledger,
            findings,
            answered_by: if self.scenario.athena.is_some() { "Athena" } else { "DynamoDB" },
            queries: queries.into_iter().map(QueryReport::of).collect(),
            cost: cost::estimate(self.aws, &usage).await?,
            ..Report::default()
        })
    }

    /// The objects of the output. A table has none.
    async fn data(&self) -> Result<Vec<Object>, RunError> {
        let place = self.outputs.fill(&self.scenario.output.data)?;
        Ok(if place.starts_with("s3:") { observe::list(self.aws, &place).await? } else { Vec::new() })
    }

    async fn queries(&self, truth: &Truth, progress: &dyn Progress) -> Result<Vec<Compared>, RunError> {
        let tolerance = self.scenario.checks.iter().find_map(|check| match check {
            Check::Oracle { tolerance } => Some(*tolerance),
            _ => None,
        });
        let mut compared = Vec::new();
        for (done, query) in (1..).zip(&self.scenario.queries) {
            let answer = self.ask(query).await?;
            let expected = truth.expected(&query.name);
            let tolerance = tolerance.unwrap_or(0.0);
            compared.push(Compared { name: query.name.clone(), answer, expected, tolerance });
            progress.at(done);
        }
        Ok(compared)
    }

    /// SQL goes to Athena, everything else to DynamoDB.
    async fn ask(&self, query: &Query) -> Result<Answer, RunError> {
        let text = self.scenario.file(&query.file);
        match &self.scenario.athena {
            Some(athena) if query.file.ends_with(".sql") => {
                let (database, workgroup) =
                    (self.outputs.fill(&athena.database)?, self.outputs.fill(&athena.workgroup)?);
                Ok(observe::query(self.aws, &database, &workgroup, text).await?)
            }
            _ => Ok(tables::ask(self.aws, query, text).await?),
        }
    }

    async fn check(
        &self,
        check: &Check,
        conservation: &Conservation,
        queries: &[Compared],
        truth: &Truth,
    ) -> Result<Finding, RunError> {
        Ok(match check {
            Check::Conserved {} => conserved::finding(conservation),
            Check::Oracle { .. } => {
                let finding = check::oracle::check(queries);
                match truth.likely_cause(queries).filter(|_| finding.is_failed()) {
                    Some(cause) => finding.with_cause(cause),
                    None => finding,
                }
            }
            Check::Schema(columns) => {
                let database = self.scenario.athena.as_ref().map_or("default", |athena| &athena.database);
                check::schema::check(
                    self.aws,
                    &self.outputs.fill(database)?,
                    &columns.table,
                    &columns.columns,
                )
                .await?
            }
            Check::Partition { within, by, path, zone } => {
                let uri = self.outputs.fill(within)?;
                let objects = observe::list(self.aws, &uri).await?;
                let prefix = split_s3_uri(&uri).map_or("", |(_, prefix)| prefix);
                let zone: FixedOffset = zone.parse().map_err(|_| bad_zone(self.scenario, zone))?;
                let rule = check::partition::Rule { prefix, by, path, zone };
                check::partition::check(self.aws, &objects, rule).await?
            }
            Check::Files(files) => {
                let objects = observe::list(self.aws, &self.outputs.fill(&files.within)?).await?;
                check::files::check(&objects, files.count_max, files.bytes_max)
            }
            Check::Logs(logs) => {
                check::logs::check(self.aws, &self.outputs.fill(&logs.group)?, &logs.contains).await?
            }
        })
    }
}

fn bad_zone(scenario: &Scenario, zone: &str) -> ScenarioError {
    ScenarioError::File {
        file: format!("{}/scenario.toml", scenario.name),
        cause: format!("zone `{zone}` is not an offset such as +07:00"),
    }
}
