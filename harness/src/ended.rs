//! What a run's end is asked: answers, what became of every record, and each check of the scenario.

use std::time::Duration;

use chrono::FixedOffset;
use wavetank_scenarios::{Check, Freshness, Outputs, Query, Scenario, ScenarioError, Skip};
use wavetank_types::names::split_s3_uri;
use wavetank_types::{Said, Timestamp};
use wavetank_wire::WireError;

use crate::check::conserved::Conservation;
use crate::check::landed::Landed;
use crate::check::oracle::Compared;
use crate::check::{self, Finding, conserved, counts};
use crate::client::Aws;
use crate::cost::{self, Cost, Usage};
use crate::edges::{self, Edges};
use crate::flow::{Ages, Spread};
use crate::input::Input;
use crate::observe::{self, Answer, Object};
use crate::oracle::Truth;
use crate::oracle::sent::SentTable;
use crate::plan::{self, Absent};
use crate::progress::{Progress, Stage};
use crate::report::{QueryReport, Report};
use crate::run::RunError;
use crate::tables;

/// Everything a run knows once its pipeline has come to its end.
pub(crate) struct Ended<'a> {
    pub(crate) aws: Aws<'a>,
    pub(crate) scenario: &'a Scenario,
    pub(crate) outputs: Outputs,
    pub(crate) input: &'a Input,
    /// When the input began to go out.
    pub(crate) sent_at: Timestamp,
    pub(crate) allowed: Allowed<'a>,
    /// Whether the report says what it would have cost.
    pub(crate) is_priced: bool,
    /// Services that the target lacks and that only queries and checks would ask.
    pub(crate) absent: &'a Absent,
}

/// What checks allow because faults were in force.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allowed<'a> {
    /// The sender may have sent again what had arrived.
    pub(crate) repeats: bool,
    /// So much later records may land.
    pub(crate) late: Duration,
    /// Checks that promise nothing then.
    pub(crate) skips: &'a [Skip],
}

impl Allowed<'_> {
    fn judge(&self, finding: Finding) -> Finding {
        match self.skips.iter().find(|skip| skip.check == finding.name) {
            Some(skip) => Finding::not_run(&finding.name, Said::plain(&skip.reason)),
            None => finding,
        }
    }
}

/// What checks are asked of, beside the target itself.
struct Known<'a> {
    conservation: Conservation,
    edges: Option<Edges<'a>>,
    queries: Vec<Compared>,
    truth: Truth,
    landed: Option<Landed>,
}

impl Ended<'_> {
    /// Asks everything, in the order of the scenario.
    pub(crate) async fn report(&self, progress: &dyn Progress) -> Result<Report, RunError> {
        progress.begin(Stage::Query, Some(self.scenario.queries.len() as u64));
        let truth = self.input.truth(self.scenario)?;
        let queries = self.queries(&truth, progress).await?;
        progress.begin(Stage::Observe, None);
        let data = self.data().await?;
        let edges = self.edges().await?;
        let conservation = match &edges {
            Some(edges) => edges.conserve(self.aws.target().is_at_rest() == Some(true)),
            None => self.input.conserve(self.aws, self.scenario, &self.outputs, &data).await?,
        };
        let known = Known { conservation, edges, queries, truth, landed: self.landed().await? };
        progress.begin(Stage::Check, Some(self.scenario.checks.len() as u64));
        let mut findings = Vec::new();
        for (done, check) in (1..).zip(&self.scenario.checks) {
            findings.extend(self.check(check, &known).await?.map(|finding| self.allowed.judge(finding)));
            progress.at(done);
        }
        let ages = self.ages(&known, &data);
        let Known { conservation, edges, queries, .. } = known;
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
            edges: edges.as_ref().map_or_else(Vec::new, Edges::counts),
            found: conservation.found,
            ages,
            findings,
            answered_by: if self.scenario.athena.is_some() { "Athena" } else { "DynamoDB" },
            queries: queries.into_iter().map(QueryReport::of).collect(),
            cost: self.cost(&usage).await?,
            ..Report::default()
        })
    }

    /// What it would have cost. A server that does not tell everything that is charged leaves it open.
    async fn cost(&self, usage: &Usage) -> Result<Cost, WireError> {
        if !self.is_priced {
            return Ok(Cost::default());
        }
        match cost::estimate(self.aws, &self.scenario.stack_name(), usage).await {
            Err(_) if !self.aws.target().is_own() => Ok(Cost::default()),
            estimate => estimate,
        }
    }

    /// How long records took, where that is known: to the places of a pipeline of one's own, to the landing zone, to the output.
    fn ages(&self, known: &Known<'_>, data: &[Object]) -> Vec<Ages> {
        let checks = &self.scenario.checks;
        if let Some(edges) = &known.edges {
            return edges.ages(checks);
        }
        let limits = checks.iter().find_map(|check| match check {
            Check::Freshness(limits) => Some(limits),
            _ => None,
        });
        let landed = known.landed.as_ref().and_then(|landed| landed.spread(limits));
        // What is sent as one object was sent at one instant.
        let at_once = self.scenario.input.to.starts_with("s3://");
        let conservation = &known.conservation;
        let spread = match at_once {
            true => {
                let mut spread = Spread::default();
                for object in data {
                    let rows = conservation.found.get(&object.uri()).copied().unwrap_or(0);
                    if rows > 0 {
                        spread.add_many(object.modified.since(self.sent_at), rows);
                    }
                }
                spread
            }
            false => conservation.ages.clone(),
        };
        let what = Said::new("from sending to the output's files", "từ lúc gửi đến các tệp kết quả");
        landed.into_iter().chain(Ages::of(what, &spread, None)).collect()
    }

    /// The places of a pipeline of one's own.
    async fn edges(&self) -> Result<Option<Edges<'_>>, RunError> {
        Ok(match (self.input.lines(), &self.scenario.ledger) {
            (Some(lines), Some(form)) => {
                Some(edges::look(self.aws, self.scenario, form, &self.outputs, lines).await?)
            }
            _ => None,
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
        let has_oracle = self.scenario.queries.iter().any(|query| query.oracle.is_some());
        let sent = match self.input.lines().filter(|_| has_oracle) {
            Some(lines) => Some(SentTable::of(lines).await?),
            None => None,
        };
        for (done, query) in (1..).zip(&self.scenario.queries) {
            let not_run = self.lacks(plan::asked_of(self.scenario, &query.file));
            let answer = match not_run {
                Some(_) => Answer::default(),
                None => match self.ask(query).await {
                    // What a server has not built of a query's language fails that query, not the run.
                    Err(error) if !self.aws.target().is_own() => {
                        Answer { failure: Some(error.to_string()), ..Answer::default() }
                    }
                    answer => answer?,
                },
            };
            let expected = match (&sent, &query.oracle) {
                (Some(sent), Some(file)) => Some(sent.ask(file, self.scenario.file(file)).await?.rows),
                _ => truth.expected(&query.name),
            };
            let tolerance = tolerance.unwrap_or(0.0);
            compared.push(Compared { name: query.name.clone(), answer, expected, tolerance, not_run });
            progress.at(done);
        }
        Ok(compared)
    }

    /// Why a service cannot be asked, if the target lacks it.
    fn lacks(&self, service: &str) -> Option<Said> {
        let (why, target) = (self.absent.get(service)?, self.aws.target().name());
        Some(Said::new(
            format!("{target} has no {service}: {why}"),
            format!("{target} không có {service}: {why}"),
        ))
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

    /// What landed as lines of JSON, where checks ask for it.
    async fn landed(&self) -> Result<Option<Landed>, RunError> {
        let Some(landing) = &self.scenario.landing else { return Ok(None) };
        let uri = self.outputs.fill(&landing.within)?;
        let zone = self.zone(&landing.zone)?;
        Ok(Some(check::landed::read(self.aws, landing, &uri, zone).await?))
    }

    fn zone(&self, zone: &str) -> Result<FixedOffset, ScenarioError> {
        zone.parse().map_err(|_| bad_zone(self.scenario, zone))
    }

    async fn check(&self, check: &Check, known: &Known<'_>) -> Result<Option<Finding>, RunError> {
        if let Some((service, name)) = plan::asked_by(check)
            && let Some(why) = self.lacks(service)
        {
            return Ok(Some(Finding::not_run(name, why)));
        }
        Ok(Some(match check {
            Check::Conserved {} => conserved::finding(&known.conservation, self.allowed.repeats),
            Check::Oracle { .. } => {
                let finding = check::oracle::check(&known.queries);
                match known.truth.likely_cause(&known.queries).filter(|_| finding.is_failed()) {
                    Some(cause) => finding.with_cause(cause),
                    None => finding,
                }
            }
            Check::Landed { .. } | Check::Order { .. } | Check::Freshness(_) => {
                self.check_landed(check, known)
            }
            // Asked by `run`, once this report is there to compare with.
            Check::Metamorphic(_) => return Ok(None),
            Check::Nulls(_) | Check::Snapshot { .. } => self.check_counts(check).await?,
            Check::Jobs { job } => check::jobs::check(self.aws, &self.outputs.fill(job)?).await?,
            Check::Unblocked {} => check::blocked::check(self.aws.target()).await,
            Check::Replay(replay) => match self.input.store() {
                Some(input) => {
                    check::replay::check(self.aws, replay, &self.outputs, input.last_day()).await?
                }
                None => Finding::not_run("replay", no_store()),
            },
            Check::Schema(columns) => {
                let (database, table) = (self.database()?, &columns.table);
                check::schema::check(self.aws, &database, table, &columns.columns).await?
            }
            Check::Partition { within, by, path, zone, written } => {
                let uri = self.outputs.fill(within)?;
                let objects = observe::list(self.aws, &uri).await?;
                let prefix = split_s3_uri(&uri).map_or("", |(_, prefix)| prefix);
                let (zone, written) = (self.zone(zone)?, self.zone(written)?);
                let rule = check::partition::Rule { prefix, by, path, zone, written };
                check::partition::check(self.aws, &objects, rule).await?
            }
            Check::Files(files) => {
                let objects = observe::list(self.aws, &self.outputs.fill(&files.within)?).await?;
                check::files::check(&objects, files.count_max, files.bytes_max, files.bytes_mean_min)
            }
            Check::Logs(logs) => {
                check::logs::check(self.aws, &self.outputs.fill(&logs.group)?, &logs.contains).await?
            }
        }))
    }

    fn check_landed(&self, check: &Check, known: &Known<'_>) -> Finding {
        match (&known.edges, check) {
            (Some(edges), Check::Freshness(limits)) => {
                return edges.freshness(limits.edge.as_deref().unwrap_or_default(), limits);
            }
            (Some(edges), Check::Order { edge: Some(edge), key: Some(key) }) => {
                return edges.order(edge, key);
            }
            _ => {}
        }
        let Some(landed) = &known.landed else {
            let why = Said::new("the scenario has no [landing]", "scenario không có [landing]");
            return Finding::not_run("landed", why);
        };
        let late = self.allowed.late;
        match (check, self.input.store()) {
            (Check::Landed { path, slack }, _) => landed.folders(path, *slack, late),
            (Check::Freshness(limits), _) => landed.freshness(&later(limits, late)),
            (_, Some(input)) => landed.order(&input.walk().places),
            (_, None) => Finding::not_run("order", no_store()),
        }
    }

    async fn check_counts(&self, check: &Check) -> Result<Finding, RunError> {
        let workgroup = self.scenario.athena.as_ref().map_or("primary", |athena| &athena.workgroup);
        let (database, workgroup) = (self.database()?, self.outputs.fill(workgroup)?);
        let ask = async |sql: String| observe::query(self.aws, &database, &workgroup, &sql).await;
        Ok(match check {
            Check::Nulls(nulls) => counts::nulls(nulls, &ask(counts::nulls_sql(nulls)).await?),
            Check::Snapshot { table, key } => {
                counts::snapshot(table, key, &ask(counts::snapshot_sql(table, key)).await?)
            }
            _ => unreachable!("only these are asked here"),
        })
    }

    fn database(&self) -> Result<String, ScenarioError> {
        self.outputs.fill(self.scenario.athena.as_ref().map_or("default", |athena| &athena.database))
    }
}

fn later(limits: &Freshness, by: Duration) -> Freshness {
    let Freshness { edge, p50_max, p95_max, p99_max } = limits.clone();
    Freshness { edge, p50_max: p50_max + by, p95_max: p95_max + by, p99_max: p99_max + by }
}

fn no_store() -> Said {
    Said::new("the input has no order and no days", "đầu vào không có thứ tự và không có ngày")
}

fn bad_zone(scenario: &Scenario, zone: &str) -> ScenarioError {
    ScenarioError::File {
        file: format!("{}/scenario.toml", scenario.name),
        cause: format!("zone `{zone}` is not an offset such as +07:00"),
    }
}
