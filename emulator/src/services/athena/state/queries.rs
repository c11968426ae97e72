//! Queries: started, stopped, looked at. What their end does is in `finish.rs`, their rows in `results.rs`.

use std::sync::Arc;
use std::time::Duration;

use wavetank_sql::StatementType;
#[cfg(feature = "sql")]
use wavetank_sql::{ErrorKind, parse_once};
use wavetank_types::Timestamp;
use wavetank_types::names::split_s3_uri;
use wavetank_wire::athena::*;

use super::super::error::Refusal;
use super::super::limits::*;
use super::super::work::{QueryFailure, QueryResult, QueryWork};
use super::finish::Finishing;
use super::prepared::{Prepared, Special, special};
use super::reuse::Former;
use super::workgroups::Group;
use super::{Athena, GLUE_CATALOG, PRIMARY, Waiting};
use crate::services::s3::Command;
use crate::world::{Cx, Effect, Work};

/// Where a query stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Queued => query_execution_state::QUEUED,
            Self::Running => query_execution_state::RUNNING,
            Self::Succeeded => query_execution_state::SUCCEEDED,
            Self::Failed => query_execution_state::FAILED,
            Self::Cancelled => query_execution_state::CANCELLED,
        }
    }

    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// What a query does when its turn comes.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// The engine runs it.
    Run(Box<QueryWork>),
    /// A former result is given again.
    Reuse(Former),
    /// A prepared statement is kept in the workgroup.
    Prepare(String, Prepared),
    /// A prepared statement is forgotten.
    Deallocate(String),
}

/// What a query leaves in its output location beside its data.
///
/// Documented: docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html (read 2026-11-29): `<id>.csv` of
/// queries, `<id>.txt` of definitions and utilities, `<id>-manifest.csv` of INSERT; CTAS under `tables/`. Assumed: a manifest of
/// UNLOAD and CTAS too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    Csv,
    Text,
    Manifest,
    ManifestInTables,
}

impl Leaves {
    fn of(substatement: &str, writes_csv: bool) -> Self {
        match substatement {
            "CREATE_TABLE_AS_SELECT" => Self::ManifestInTables,
            "INSERT" | "UNLOAD" => Self::Manifest,
            _ if writes_csv => Self::Csv,
            _ => Self::Text,
        }
    }

    /// The key by which the output is known. Assumed for INSERT and UNLOAD.
    fn key(self, prefix: &str, id: &str) -> String {
        match self {
            Self::Csv => format!("{prefix}{id}.csv"),
            Self::Text => format!("{prefix}{id}.txt"),
            Self::Manifest => format!("{prefix}{id}"),
            Self::ManifestInTables => format!("{prefix}tables/{id}"),
        }
    }
}

/// One query execution.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) input: StartQueryExecutionInput,
    pub(super) group: String,
    pub(super) kind: StatementType,
    pub(super) substatement: Option<&'static str>,
    /// What it leaves in its output location.
    pub(super) leaves: Leaves,
    /// Bucket and key by which its output is known.
    pub(super) file: (String, String),
    pub(super) plan: Plan,
    pub(super) state: State,
    pub(super) submitted: Timestamp,
    pub(super) began: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
    pub(super) bytes_scanned: u64,
    pub(super) planning: Duration,
    pub(super) reason: Option<String>,
    pub(super) failure: Option<QueryFailure>,
    pub(super) finishing: Option<Finishing>,
    pub(super) result: Option<Arc<QueryResult>>,
}

/// A statement, as far as it is known before it runs.
struct Known {
    kind: StatementType,
    substatement: Option<&'static str>,
    leaves: Leaves,
    plan: Plan,
}

impl Athena {
    /// Answers those operations that are about queries.
    pub(in super::super) fn on_query(
        &mut self,
        cx: &mut Cx<'_>,
        request: Request,
    ) -> Result<Response, Refusal> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::StartQueryExecution(input) => A::StartQueryExecution(self.start_query_execution(cx, input)?),
            Q::StopQueryExecution(input) => A::StopQueryExecution(self.stop_query_execution(cx, &input)?),
            Q::GetQueryExecution(input) => {
                let query_execution = Some(self.query(&input.query_execution_id)?.describe(cx.now));
                A::GetQueryExecution(GetQueryExecutionOutput { query_execution })
            }
            Q::BatchGetQueryExecution(input) => {
                A::BatchGetQueryExecution(self.batch_get_query_execution(cx, &input))
            }
            Q::ListQueryExecutions(input) => A::ListQueryExecutions(self.list_query_executions(&input)?),
            Q::GetQueryResults(input) => A::GetQueryResults(self.get_query_results(&input)?),
            Q::GetQueryRuntimeStatistics(input) => {
                let query = self.query(&input.query_execution_id)?;
                let query_runtime_statistics = Some(query.runtime_statistics(cx.now));
                A::GetQueryRuntimeStatistics(GetQueryRuntimeStatisticsOutput { query_runtime_statistics })
            }
            other => unreachable!("{} is not about queries", other.operation()),
        })
    }

    /// Takes a query in. The same token with the same parameters gives the same id, and starts nothing.
    ///
    /// Documented: a statement that does not parse is refused here (see [`Refusal::Syntax`]); what needs the catalog
    /// (names, types) fails later. Assumed: Hive's DDL grammar fails later too, with `FAILED: ParseException`.
    fn start_query_execution(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartQueryExecutionInput,
    ) -> Result<StartQueryExecutionOutput, Refusal> {
        if let Some(token) = &input.client_request_token
            && let Some((before, id)) = self.tokens.get(token)
        {
            let query_execution_id = Some(id.clone());
            let same = *before == input;
            return if same {
                Ok(StartQueryExecutionOutput { query_execution_id })
            } else {
                Err(Refusal::TokenReused)
            };
        }
        check_text(&input.query_string)?;
        check_catalog(&input)?;
        let group_name = input.work_group.clone().unwrap_or_else(|| PRIMARY.to_owned());
        let group = self.group(&group_name)?;
        if !group.is_enabled() {
            return Err(Refusal::WorkGroupDisabled(group_name));
        }
        let location = output_location(group, &input)?;
        let known = self.know(cx, &input, &group_name, &location)?;
        self.check_quota(known.kind)?;
        Ok(self.enqueue(cx, input, group_name, &location, known))
    }

    fn enqueue(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartQueryExecutionInput,
        group: String,
        location: &str,
        known: Known,
    ) -> StartQueryExecutionOutput {
        let id = cx.uuid();
        let mut plan = known.plan;
        if let Plan::Run(work) | Plan::Reuse(Former { work, .. }) = &mut plan {
            work.id.clone_from(&id);
        }
        if let Some(token) = &input.client_request_token {
            self.tokens.insert(token.clone(), (input.clone(), id.clone()));
        }
        let (bucket, prefix) = split_s3_uri(location).unwrap_or_default();
        let key = known.leaves.key(prefix, &id);
        let query = Query {
            id: id.clone(),
            input,
            group,
            kind: known.kind,
            substatement: known.substatement,
            leaves: known.leaves,
            file: (bucket.to_owned(), key),
            plan,
            state: State::Queued,
            submitted: cx.now,
            began: None,
            completed: None,
            bytes_scanned: 0,
            planning: Duration::ZERO,
            reason: None,
            failure: None,
            finishing: None,
            result: None,
        };
        let (place, _) = self.queries.insert_full(id.clone(), query);
        self.due.insert((cx.now + QUEUE_TIME, place));
        StartQueryExecutionOutput { query_execution_id: Some(id) }
    }

    /// What kind of statement this is, and what is to be done for it.
    fn know(
        &self,
        cx: &Cx<'_>,
        input: &StartQueryExecutionInput,
        group_name: &str,
        location: &str,
    ) -> Result<Known, Refusal> {
        let given = input.execution_parameters.clone().unwrap_or_default();
        let (sql, parameters) = match special(&input.query_string) {
            Some(Special::Execute { name, using }) => {
                let prepared = self.group(group_name)?.prepared.get(&name);
                let unknown = || Refusal::ExecuteUnknown { name, work_group: group_name.to_owned() };
                let prepared = prepared.ok_or_else(unknown)?;
                (prepared.text.clone(), if using.is_empty() { given } else { using })
            }
            Some(Special::Prepare { name, text }) => {
                let prepared = Prepared { text, description: None, modified: cx.now };
                return Ok(utility(Plan::Prepare(name, prepared)));
            }
            Some(Special::Deallocate { name }) => return Ok(utility(Plan::Deallocate(name))),
            None => (input.query_string.clone(), given),
        };
        let (kind, substatement, leaves) = classify(&sql, &parameters)?;
        let context = input.query_execution_context.clone().unwrap_or_default();
        let limit = self.group(group_name)?.configuration.bytes_scanned_cutoff_per_query;
        let work = QueryWork {
            id: String::new(),
            sql,
            parameters,
            database: context.database.unwrap_or_else(|| "default".to_owned()),
            output_location: location.to_owned(),
            bytes_scanned_max: limit.and_then(|bytes| u64::try_from(bytes).ok()),
        };
        let plan = self.run_or_reuse(cx, input, group_name, work);
        Ok(Known { kind, substatement, leaves, plan })
    }

    fn check_quota(&self, kind: StatementType) -> Result<(), Refusal> {
        let is_ddl = |kind| kind == StatementType::Ddl;
        let same = |query: &&Query| query.state.is_active() && is_ddl(query.kind) == is_ddl(kind);
        let active = self.queries.values().rev().filter(same).count();
        let active_max = if is_ddl(kind) { ACTIVE_DDL_MAX } else { ACTIVE_DML_MAX };
        if active < active_max { Ok(()) } else { Err(Refusal::TooManyQueries) }
    }

    /// The next step of a query in the queue, or of one that needs no engine.
    pub(super) fn step(&mut self, cx: &mut Cx<'_>, id: &str) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        match query.state {
            State::Queued => {
                query.state = State::Running;
                query.began = Some(cx.now);
                let command = Command::HeadBucket { bucket: query.file.0.clone() };
                let token = self.wait(cx, Waiting::Bucket(id.to_owned()));
                cx.push(Effect::S3 { command, reply: Some(token) });
            }
            State::Running => self.ran_here(cx, id),
            State::Succeeded | State::Failed | State::Cancelled => {}
        }
    }

    /// The bucket for the result is there, or not: only then is anything run.
    pub(super) fn bucket_looked_at(
        &mut self,
        cx: &mut Cx<'_>,
        id: &str,
        result: Result<wavetank_wire::Val, wavetank_wire::WireError>,
    ) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        if query.state != State::Running {
            return;
        }
        if result.is_err() {
            let failure = super::finish::no_bucket(&query.file.0);
            query.fail(cx.now, failure);
            return;
        }
        match &query.plan {
            Plan::Reuse(former) => {
                let former = former.clone();
                self.look_for(cx, id, &former);
            }
            _ => self.begin(cx, id),
        }
    }

    /// The engine gets a query, or its time without an engine begins.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>, id: &str) {
        let (place, _, query) = self.queries.get_full_mut(id).expect("queries are never removed");
        if query.state != State::Running {
            return;
        }
        match &query.plan {
            Plan::Run(work) => {
                let job = cx.start(Work::Query(work.clone()));
                self.jobs.insert(job, id.to_owned());
            }
            Plan::Reuse(_) | Plan::Prepare(..) | Plan::Deallocate(_) => {
                self.due.insert((cx.now + LOCAL_TIME, place));
            }
        }
    }

    /// Documented: API_StopQueryExecution. Stopping a query that has ended changes nothing.
    fn stop_query_execution(
        &mut self,
        cx: &mut Cx<'_>,
        input: &StopQueryExecutionInput,
    ) -> Result<StopQueryExecutionOutput, Refusal> {
        let id = &input.query_execution_id;
        let query = self.queries.get_mut(id).ok_or_else(|| Refusal::NoSuchQuery(id.clone()))?;
        if query.state.is_active() {
            query.cancel(cx.now, "Query cancelled by user");
            self.jobs.retain(|_, owner| owner != id);
        }
        Ok(StopQueryExecutionOutput {})
    }

    fn batch_get_query_execution(
        &self,
        cx: &Cx<'_>,
        input: &BatchGetQueryExecutionInput,
    ) -> BatchGetQueryExecutionOutput {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for id in &input.query_execution_ids {
            match self.query(id) {
                Ok(query) => found.push(query.describe(cx.now)),
                Err(refusal) => missing.push(UnprocessedQueryExecutionId {
                    query_execution_id: Some(id.clone()),
                    error_code: Some("INVALID_INPUT".to_owned()),
                    error_message: Some(refusal.to_string()),
                }),
            }
        }
        BatchGetQueryExecutionOutput {
            query_executions: Some(found),
            unprocessed_query_execution_ids: Some(missing),
        }
    }

    /// Newest first. The token is the place before which the next page begins, so that new queries do not shift it.
    fn list_query_executions(
        &self,
        input: &ListQueryExecutionsInput,
    ) -> Result<ListQueryExecutionsOutput, Refusal> {
        let group = input.work_group.as_deref().unwrap_or(PRIMARY);
        self.group(group)?;
        let before = match &input.next_token {
            None => self.queries.len(),
            Some(token) => token.parse::<usize>().map_err(|_| Refusal::BadToken)?.min(self.queries.len()),
        };
        let max = input.max_results.and_then(|max| usize::try_from(max).ok()).unwrap_or(LIST_MAX);
        let mut places = (0..before).rev().filter(|place| self.queries[*place].group == group);
        let page: Vec<usize> = places.by_ref().take(max.clamp(1, LIST_MAX)).collect();
        let more = places.next().is_some();
        let next_token = page.last().filter(|_| more).map(ToString::to_string);
        let ids = page.iter().map(|place| self.queries[*place].id.clone()).collect();
        Ok(ListQueryExecutionsOutput { query_execution_ids: Some(ids), next_token })
    }

    pub(super) fn query(&self, id: &str) -> Result<&Query, Refusal> {
        self.queries.get(id).ok_or_else(|| Refusal::NoSuchQuery(id.to_owned()))
    }
}

fn utility(plan: Plan) -> Known {
    Known { kind: StatementType::Utility, substatement: None, leaves: Leaves::Text, plan }
}

/// The statement's type, its subtype, and what it leaves.
///
/// A statement that parses for AWS and not for us is taken in, and fails with a reason that names it.
#[cfg(feature = "sql")]
fn classify(
    sql: &str,
    parameters: &[String],
) -> Result<(StatementType, Option<&'static str>, Leaves), Refusal> {
    match parse_once(sql, parameters) {
        Ok(statement) => {
            let substatement = statement.substatement_type();
            let leaves = Leaves::of(substatement, statement.writes_csv());
            Ok((statement.statement_type(), Some(substatement), leaves))
        }
        Err(_) if is_unsupported(sql) => Err(Refusal::QueryType),
        Err(error) if error.kind == ErrorKind::Syntax => Err(Refusal::Syntax(error.to_string())),
        Err(_) => Ok(guess(sql)),
    }
}

/// The same in a build without an engine, where each fails with a reason.
#[cfg(not(feature = "sql"))]
fn classify(sql: &str, _: &[String]) -> Result<(StatementType, Option<&'static str>, Leaves), Refusal> {
    if is_unsupported(sql) { Err(Refusal::QueryType) } else { Ok(guess(sql)) }
}

/// What a statement is by its first word.
fn guess(sql: &str) -> (StatementType, Option<&'static str>, Leaves) {
    let word = first_word(sql);
    let is_query = matches!(word.as_str(), "SELECT" | "WITH" | "VALUES" | "TABLE");
    let is_write = matches!(word.as_str(), "INSERT" | "UNLOAD" | "MERGE" | "UPDATE" | "DELETE");
    let kind = if is_query || is_write { StatementType::Dml } else { StatementType::Ddl };
    (kind, is_query.then_some("SELECT"), Leaves::of(&word, is_query))
}

/// Statements of Trino that Athena does not take. Assumed from docs.aws.amazon.com/athena/latest/ug/ddl-sql-reference.html
/// and other-notable-limitations.html; which text each gets is not known.
fn is_unsupported(sql: &str) -> bool {
    const REFUSED: [&str; 10] =
        ["ANALYZE", "CALL", "COMMIT", "GRANT", "RESET", "REVOKE", "ROLLBACK", "SET", "START", "USE"];
    REFUSED.contains(&first_word(sql).as_str())
}

fn first_word(sql: &str) -> String {
    let text = super::prepared::skip_blank(sql).trim_start_matches('(');
    text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase()
}

fn check_text(text: &str) -> Result<(), Refusal> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(Refusal::QueryTooLong { bytes: text.len(), bytes_max: QUERY_BYTES_MAX });
    }
    if text.trim().is_empty() { Err(Refusal::QueryEmpty(text.to_owned())) } else { Ok(()) }
}

fn check_catalog(input: &StartQueryExecutionInput) -> Result<(), Refusal> {
    let catalog = input.query_execution_context.as_ref().and_then(|context| context.catalog.as_deref());
    match catalog {
        Some(name) if !name.eq_ignore_ascii_case(GLUE_CATALOG) => {
            Err(Refusal::NoSuchCatalog(name.to_owned()))
        }
        _ => Ok(()),
    }
}

/// Under which folder this query's results go, with a slash at its end.
///
/// Documented: docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html (read 2026-11-29).
fn output_location(group: &Group, input: &StartQueryExecutionInput) -> Result<String, Refusal> {
    let given = |configuration: &Option<ResultConfiguration>| {
        configuration.as_ref().and_then(|it| it.output_location.clone()).filter(|it| !it.is_empty())
    };
    let of_group = given(&group.configuration.result_configuration);
    let location = if group.enforces() { of_group } else { given(&input.result_configuration).or(of_group) };
    let location = location.ok_or(Refusal::NoOutputLocation)?;
    if !location.starts_with("s3://") || split_s3_uri(&location).is_none() {
        return Err(Refusal::BadOutputLocation);
    }
    Ok(if location.ends_with('/') { location } else { format!("{location}/") })
}
