//! Examples: what clients of Athena rely on. State-level ones script what S3, Glue and the executor answer; those of
//! `tests/tank.rs` go through a frozen tank and the real engine, those of `tests/lake.rs` also through Glue.

mod lake;
mod tank;

use std::sync::Arc;
use std::time::Duration;

use wavetank_sql::{CatalogChange, Table};
use wavetank_types::Timestamp;
use wavetank_wire::athena::*;
use wavetank_wire::{FromVal, ToVal, Val, WireError, glue};

use super::*;
use crate::services::s3::Command;
use crate::services::{AwsError, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Effect, JobId, Work};

const LOCATION: &str = "s3://results/out/";

/// Athena alone, with the neighbours' answers scripted: what it pushes is answered with `Ok` unless told otherwise.
struct Stage {
    athena: Athena,
    bench: Bench,
    /// Operations that are refused, and how.
    refused: Vec<(&'static str, WireError)>,
    /// What was asked of neighbours, in order.
    asked: Vec<String>,
    jobs: Vec<(JobId, QueryWork)>,
}

impl Stage {
    fn new() -> Self {
        let (athena, bench) = (Athena::default(), Bench::new(ServiceId::Athena));
        Self { athena, bench, refused: Vec::new(), asked: Vec::new(), jobs: Vec::new() }
    }

    fn call(&mut self, request: Request) -> Result<Response, WireError> {
        let athena = &mut self.athena;
        let answer = self.bench.with(|cx| athena.call(cx, request)).map_err(|refusal| refusal.wire())?;
        self.play();
        match answer {
            Answer::Now(response) => Ok(response),
            Answer::Later(_) | Answer::Stream(_) => panic!("this answer comes later"),
        }
    }

    /// Answers everything that Athena has asked for, and what follows from the answers.
    fn play(&mut self) {
        loop {
            let effects = self.bench.take();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                self.answer(effect);
            }
        }
    }

    fn answer(&mut self, effect: Effect) {
        let (name, reply, found) = match effect {
            Effect::Job(id, Work::Query(work)) => {
                self.jobs.push((id, *work));
                return;
            }
            Effect::S3 { command, reply } => (s3_name(&command), reply, Val::Struct(Vec::new())),
            Effect::Call { operation, reply, .. } => {
                let table = glue::GetTableOutput { table: Some(glue::Table::default()) };
                let found = if operation == "GetTable" { table.to_val() } else { Val::Struct(Vec::new()) };
                (operation.to_owned(), reply, found)
            }
            other => panic!("not expected: {other:?}"),
        };
        let refused = self.refused.iter().find(|(operation, _)| name.starts_with(operation));
        let result = refused.map_or(Ok(found), |(_, error)| Err(error.clone()));
        self.asked.push(name);
        if let Some(token) = reply {
            let athena = &mut self.athena;
            self.bench.with(|cx| athena.deliver(cx, Delivery::Reply { token, result }));
        }
    }

    /// Moves time on, stopping at each deadline on the way.
    fn advance(&mut self, span: Duration) {
        let target = self.bench.now + span;
        while let Some(at) = self.athena.next_deadline().filter(|at| *at <= target) {
            self.bench.now = at;
            let athena = &mut self.athena;
            self.bench.with(|cx| athena.tick(cx));
            self.play();
        }
        self.bench.now = target;
    }

    fn start(&mut self, sql: &str) -> String {
        let input = StartQueryExecutionInput { query_string: sql.to_owned(), ..to_results() };
        match self.call(Request::StartQueryExecution(input)) {
            Ok(Response::StartQueryExecution(output)) => output.query_execution_id.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The executor's answer to the oldest job.
    fn job_done(&mut self, result: Result<QueryResult, QueryFailure>, bytes_scanned: u64) {
        let (job, _) = self.jobs.remove(0);
        let output =
            QueryOutput { result: result.map(Arc::new), bytes_scanned, planning: Duration::from_millis(10) };
        let outcome = crate::world::Outcome { duration: Duration::ZERO, output: Output::Query(output) };
        let athena = &mut self.athena;
        self.bench.with(|cx| athena.deliver(cx, Delivery::JobDone { job, outcome }));
        self.play();
    }

    fn execution(&mut self, id: &str) -> QueryExecution {
        let input = GetQueryExecutionInput { query_execution_id: id.to_owned() };
        match self.call(Request::GetQueryExecution(input)) {
            Ok(Response::GetQueryExecution(output)) => output.query_execution.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The state, and why it is that.
    fn state(&mut self, id: &str) -> (String, String) {
        let status = self.execution(id).status.unwrap();
        (status.state.unwrap(), status.state_change_reason.unwrap_or_default())
    }

    fn results(&mut self, input: GetQueryResultsInput) -> Result<GetQueryResultsOutput, WireError> {
        self.call(Request::GetQueryResults(input)).map(|response| match response {
            Response::GetQueryResults(output) => output,
            other => panic!("{other:?}"),
        })
    }
}

fn s3_name(command: &Command) -> String {
    match command {
        Command::HeadBucket { .. } => "HeadBucket".to_owned(),
        Command::PutObject { key, .. } => format!("PutObject {}", key.rsplit('/').next().unwrap_or(key)),
        Command::DeleteObject { .. } => "DeleteObject".to_owned(),
        Command::GetObject { .. } => "GetObject".to_owned(),
        other => panic!("not expected: {other:?}"),
    }
}

fn to_results() -> StartQueryExecutionInput {
    let result_configuration =
        ResultConfiguration { output_location: Some(LOCATION.to_owned()), ..Default::default() };
    StartQueryExecutionInput { result_configuration: Some(result_configuration), ..Default::default() }
}

/// A result of one column `n` with its header and `rows` rows.
fn numbers(rows: usize) -> QueryResult {
    let cells = std::iter::once("n".to_owned()).chain((0..rows).map(|n| n.to_string()));
    QueryResult {
        columns: vec![ResultColumn {
            name: "n".to_owned(),
            type_name: "integer".to_owned(),
            precision: 10,
            scale: 0,
        }],
        rows: cells.map(|cell| vec![Some(cell)]).collect(),
        file: "\"n\"\n".into(),
        output_rows: rows as u64,
        ..Default::default()
    }
}

/// What a CTAS brings: one object and one table.
fn table_made() -> QueryResult {
    let table = Table { database: "db".to_owned(), name: "t".to_owned(), ..Default::default() };
    let object = WrittenObject {
        bucket: "results".to_owned(),
        key: "out/tables/x/data".to_owned(),
        body: "x".into(),
        content_type: String::new(),
    };
    QueryResult {
        update_count: Some(3),
        written: vec![object],
        changes: vec![CatalogChange::CreateTable(Box::new(table))],
        ..Default::default()
    }
}

#[test]
fn a_query_waits_runs_stores_its_result_and_only_then_has_succeeded() {
    let mut stage = Stage::new();
    let id = stage.start("SELECT 1 AS n");
    assert_eq!(stage.state(&id).0, "QUEUED");
    stage.advance(limits::QUEUE_TIME);
    assert_eq!(stage.state(&id).0, "RUNNING");
    let early = stage.results(GetQueryResultsInput { query_execution_id: id.clone(), ..Default::default() });
    let text = "Query has not yet finished. Current state: RUNNING";
    assert_eq!(early.unwrap_err().message, text);

    stage.advance(Duration::from_millis(400));
    stage.job_done(Ok(numbers(2)), 77);
    assert_eq!(stage.state(&id).0, "SUCCEEDED");
    assert_eq!(stage.asked, ["HeadBucket".to_owned(), format!("PutObject {id}.csv")]);
    let execution = stage.execution(&id);
    let figures = execution.statistics.unwrap();
    assert_eq!(figures.data_scanned_in_bytes, Some(77));
    assert_eq!(figures.query_queue_time_in_millis, Some(10));
    assert_eq!(figures.engine_execution_time_in_millis, Some(400));
    assert_eq!(figures.total_execution_time_in_millis, Some(410));
    let configuration = execution.result_configuration.unwrap();
    assert_eq!(configuration.output_location.unwrap(), format!("{LOCATION}{id}.csv"));
    assert_eq!(execution.statement_type.as_deref(), Some("DML"));
}

#[test]
fn rows_come_in_pages_and_the_header_is_the_first_row() {
    let mut stage = Stage::new();
    let id = stage.start("SELECT n FROM t");
    stage.advance(limits::QUEUE_TIME);
    stage.job_done(Ok(numbers(1_000)), 0);
    let input = GetQueryResultsInput { query_execution_id: id, ..Default::default() };
    let first = stage.results(input.clone()).unwrap();
    let set = first.result_set.unwrap();
    let rows = set.rows.unwrap();
    let cell = |row: &Row| row.data.clone().unwrap()[0].var_char_value.clone().unwrap();
    assert_eq!((rows.len(), cell(&rows[0]), cell(&rows[1])), (1_000, "n".to_owned(), "0".to_owned()));
    let info = &set.result_set_metadata.unwrap().column_info.unwrap()[0];
    assert_eq!((info.catalog_name.as_deref(), info.r#type.as_str()), (Some("hive"), "integer"));
    let second =
        stage.results(GetQueryResultsInput { next_token: first.next_token, ..input.clone() }).unwrap();
    assert_eq!(second.next_token, None);
    assert_eq!(second.result_set.unwrap().rows.unwrap().iter().map(cell).collect::<Vec<_>>(), ["999"]);
    let over = stage.results(GetQueryResultsInput { max_results: Some(1_001), ..input });
    assert_eq!(over.unwrap_err().code, "InvalidRequestException");
}

#[test]
fn a_table_is_made_after_its_objects_and_a_refusal_leaves_neither() {
    let check = |refused: Option<(&'static str, WireError)>, state: &str, reason: &str, asked: &[&str]| {
        let mut stage = Stage::new();
        stage.refused.extend(refused);
        let id = stage.start("CREATE TABLE db.t AS SELECT 1 AS n");
        stage.advance(limits::QUEUE_TIME);
        stage.job_done(Ok(table_made()), 0);
        let (found, why) = stage.state(&id);
        assert_eq!(found, state);
        assert!(why.starts_with(reason), "{why}");
        let asked: Vec<String> = asked.iter().map(|name| name.replace("ID", &id)).collect();
        assert_eq!(stage.asked, asked);
    };
    const ALL: [&str; 4] = ["HeadBucket", "PutObject data", "PutObject ID-manifest.csv", "CreateTable"];
    check(None, "SUCCEEDED", "", &ALL);
    let exists = WireError::client("AlreadyExistsException", "Table already exists.");
    let undone: Vec<&str> = ALL.into_iter().chain(["DeleteObject", "DeleteObject"]).collect();
    check(Some(("CreateTable", exists)), "FAILED", "TABLE_ALREADY_EXISTS", &undone);
    let gone = WireError::client("NoSuchBucket", "The specified bucket does not exist");
    let missing = "Unable to verify/create output bucket results";
    let early = ["HeadBucket", "PutObject data"];
    check(Some(("PutObject", gone)), "FAILED", missing, &early);
}

#[test]
fn partitions_share_their_tables_formats_and_are_dropped_again_when_a_later_change_is_refused() {
    let mut stage = Stage::new();
    let full = WireError::server("InternalServiceException", "no");
    stage.refused.push(("DeleteTable", full));
    let id = stage.start("ALTER TABLE t ADD PARTITION (d='1')");
    stage.advance(limits::QUEUE_TIME);
    let partition = wavetank_sql::Partition { values: vec!["1".to_owned()], location: None };
    let (database, table) = ("db".to_owned(), "t".to_owned());
    let partitions = vec![partition];
    let add = CatalogChange::AddPartitions { database: database.clone(), table: table.clone(), partitions };
    let drop = CatalogChange::DropTable { database, name: table };
    stage.job_done(Ok(QueryResult { changes: vec![add, drop], ..Default::default() }), 0);
    let (state, reason) = stage.state(&id);
    assert_eq!(state, "FAILED");
    assert!(reason.contains("InternalServiceException(message:no)"), "{reason}");
    let asked = stage.asked[2..].to_vec();
    let expected =
        ["GetTable", "BatchCreatePartition", "DeleteTable", "BatchDeletePartition", "DeleteObject"];
    assert_eq!(asked, expected);
}

#[test]
fn a_missing_result_bucket_fails_the_query_before_anything_runs() {
    let mut stage = Stage::new();
    stage.refused.push(("HeadBucket", WireError::client_status(404, "NotFound", "Not Found")));
    let id = stage.start("SELECT 1");
    stage.advance(limits::QUEUE_TIME);
    assert!(stage.jobs.is_empty());
    let reason = "Unable to verify/create output bucket results".to_owned();
    assert_eq!(stage.state(&id), ("FAILED".to_owned(), reason));
    let error = stage.execution(&id).status.unwrap().athena_error.unwrap();
    assert_eq!((error.error_category, error.error_type), (Some(2), Some(401)));
    let late = stage.results(GetQueryResultsInput { query_execution_id: id, ..Default::default() });
    let text = "Query did not finish successfully. Final query state: FAILED";
    assert_eq!(late.unwrap_err().message, text);
}

#[test]
fn a_stopped_query_stays_cancelled_whatever_its_work_brings() {
    let mut stage = Stage::new();
    let id = stage.start("SELECT 1");
    stage.advance(limits::QUEUE_TIME);
    let input = StopQueryExecutionInput { query_execution_id: id.clone() };
    stage.call(Request::StopQueryExecution(input.clone())).unwrap();
    stage.job_done(Ok(numbers(1)), 5);
    assert_eq!(stage.state(&id).0, "CANCELLED");
    assert_eq!(stage.asked, ["HeadBucket"]);
    stage.call(Request::StopQueryExecution(input)).unwrap();
}

#[test]
fn a_query_that_reads_more_than_its_workgroup_allows_is_cancelled() {
    let mut stage = Stage::new();
    let updates = WorkGroupConfigurationUpdates {
        bytes_scanned_cutoff_per_query: Some(10_000_000),
        ..Default::default()
    };
    let input = UpdateWorkGroupInput {
        work_group: "primary".to_owned(),
        configuration_updates: Some(updates),
        ..Default::default()
    };
    stage.call(Request::UpdateWorkGroup(input)).unwrap();
    for (bytes, state) in [(10_000_000, "SUCCEEDED"), (10_000_001, "CANCELLED")] {
        let id = stage.start("SELECT 1");
        stage.advance(limits::QUEUE_TIME);
        stage.job_done(Ok(numbers(1)), bytes);
        assert_eq!(stage.state(&id).0, state, "{bytes}");
    }
}

#[test]
fn what_cannot_be_started_is_refused_in_the_words_of_aws() {
    let mut stage = Stage::new();
    let group = |name: &str| Some(name.to_owned());
    let mut check = |input: StartQueryExecutionInput, expected: &str| {
        let error = stage.call(Request::StartQueryExecution(input)).unwrap_err();
        assert_eq!(error.code, "InvalidRequestException");
        assert!(error.message.starts_with(expected), "{}", error.message);
    };
    let plain = |sql: &str| StartQueryExecutionInput { query_string: sql.to_owned(), ..to_results() };
    check(
        StartQueryExecutionInput { result_configuration: None, ..plain("SELECT 1") },
        "No output location provided.",
    );
    check(
        StartQueryExecutionInput { work_group: group("w"), ..plain("SELECT 1") },
        "WorkGroup w is not found.",
    );
    check(plain(&"x".repeat(262_145)), "1 validation error detected");
    check(plain(" "), "1 validation error detected");
    check(plain("GRANT x TO y"), "Queries of this type are not supported");
    check(plain("SELEC 1"), "line 1:1: mismatched input 'SELEC'");
    check(plain("EXECUTE nothing"), "PreparedStatement nothing was not found in workGroup primary");
}

#[test]
fn the_same_token_starts_one_query_and_refuses_another() {
    let mut stage = Stage::new();
    let with = |sql: &str| StartQueryExecutionInput {
        query_string: sql.to_owned(),
        client_request_token: Some("t".repeat(32)),
        ..to_results()
    };
    let first = stage.call(Request::StartQueryExecution(with("SELECT 1"))).unwrap();
    let again = stage.call(Request::StartQueryExecution(with("SELECT 1"))).unwrap();
    assert_eq!(first, again);
    let other = stage.call(Request::StartQueryExecution(with("SELECT 2"))).unwrap_err();
    assert_eq!(other.message, "Idempotent parameters do not match");
}

#[test]
fn more_queries_than_the_quota_are_refused_until_one_has_ended() {
    let mut stage = Stage::new();
    let ids: Vec<String> = (0..limits::ACTIVE_DDL_MAX).map(|_| stage.start("CREATE DATABASE d")).collect();
    let input = StartQueryExecutionInput { query_string: "CREATE DATABASE d".to_owned(), ..to_results() };
    let error = stage.call(Request::StartQueryExecution(input)).unwrap_err();
    assert_eq!(error.code, "TooManyRequestsException");
    assert_eq!(error.fields, [("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED".into())]);
    let input = StopQueryExecutionInput { query_execution_id: ids[0].clone() };
    stage.call(Request::StopQueryExecution(input)).unwrap();
    stage.start("CREATE DATABASE d");
    stage.start("SELECT 1");
}

#[test]
fn a_workgroup_that_enforces_its_location_wins_and_one_in_use_is_not_deleted() {
    let mut stage = Stage::new();
    let results =
        ResultConfiguration { output_location: Some("s3://lake/athena".to_owned()), ..Default::default() };
    let configuration = WorkGroupConfiguration { result_configuration: Some(results), ..Default::default() };
    let create = CreateWorkGroupInput {
        name: "w".to_owned(),
        configuration: Some(configuration),
        ..Default::default()
    };
    stage.call(Request::CreateWorkGroup(create.clone())).unwrap();
    let again = stage.call(Request::CreateWorkGroup(create)).unwrap_err();
    assert_eq!(again.message, "WorkGroup is already created");
    let input = StartQueryExecutionInput {
        query_string: "SHOW TABLES".to_owned(),
        work_group: Some("w".to_owned()),
        ..to_results()
    };
    let Ok(Response::StartQueryExecution(started)) = stage.call(Request::StartQueryExecution(input)) else {
        panic!("not started")
    };
    let id = started.query_execution_id.unwrap();
    let location = stage.execution(&id).result_configuration.unwrap().output_location;
    assert_eq!(location, Some(format!("s3://lake/athena/{id}.txt")));

    let delete = DeleteWorkGroupInput { work_group: "w".to_owned(), recursive_delete_option: None };
    let error = stage.call(Request::DeleteWorkGroup(delete.clone())).unwrap_err();
    assert_eq!(error.message, "WorkGroup w is not empty");
    let delete = DeleteWorkGroupInput { recursive_delete_option: Some(true), ..delete };
    stage.call(Request::DeleteWorkGroup(delete)).unwrap();
    let input = GetWorkGroupInput { work_group: "w".to_owned() };
    let error = stage.call(Request::GetWorkGroup(input)).unwrap_err();
    assert_eq!(error.message, "WorkGroup w is not found.");
}

#[test]
fn a_statement_prepared_by_sql_is_executed_with_its_parameters() {
    let mut stage = Stage::new();
    stage.start("PREPARE q FROM SELECT ? AS n");
    stage.advance(limits::QUEUE_TIME + limits::LOCAL_TIME);
    let id = stage.start("EXECUTE q USING 'a,b'");
    stage.advance(limits::QUEUE_TIME);
    let (_, work) = stage.jobs[0].clone();
    assert_eq!((work.sql.as_str(), work.parameters.as_slice()), ("SELECT ? AS n", &["'a,b'".to_owned()][..]));
    assert_eq!(stage.execution(&id).query.as_deref(), Some("EXECUTE q USING 'a,b'"));
}

#[test]
fn a_young_result_is_given_again_without_running_anything() {
    let mut stage = Stage::new();
    stage.start("SELECT 1");
    stage.advance(limits::QUEUE_TIME);
    stage.job_done(Ok(numbers(1)), 9);
    let by_age = ResultReuseByAgeConfiguration { enabled: true, max_age_in_minutes: Some(1) };
    let reuse = ResultReuseConfiguration { result_reuse_by_age_configuration: Some(by_age) };
    let gone = ("GetObject", WireError::client_status(404, "NoSuchKey", ""));
    let cases = [
        (0, LOCATION, None, true, 0),
        (0, "s3://results/elsewhere/", None, false, 1),
        (0, LOCATION, Some(gone), false, 1),
        (3_600, LOCATION, None, false, 1),
    ];
    for (wait, location, refused, reused, jobs) in cases {
        stage.advance(Duration::from_secs(wait));
        stage.jobs.clear();
        stage.refused = refused.into_iter().collect();
        let mut input = StartQueryExecutionInput {
            query_string: "SELECT 1".to_owned(),
            result_reuse_configuration: Some(reuse.clone()),
            ..to_results()
        };
        input.result_configuration.as_mut().unwrap().output_location = Some(location.to_owned());
        let Ok(Response::StartQueryExecution(started)) = stage.call(Request::StartQueryExecution(input))
        else {
            panic!("not started")
        };
        stage.advance(Duration::from_secs(1));
        let execution = stage.execution(&started.query_execution_id.unwrap());
        let figures = execution.statistics.unwrap();
        assert_eq!(figures.result_reuse_information.unwrap().reused_previous_result, reused);
        assert_eq!((figures.data_scanned_in_bytes, stage.jobs.len()), (Some(0), jobs));
    }
}

#[test]
fn executions_are_listed_newest_first_and_new_ones_do_not_shift_a_page() {
    let mut stage = Stage::new();
    let ids: Vec<String> = (0..3).map(|_| stage.start("SELECT 1")).collect();
    let list = |stage: &mut Stage, next_token: Option<String>| {
        let input = ListQueryExecutionsInput { next_token, max_results: Some(2), work_group: None };
        match stage.call(Request::ListQueryExecutions(input)) {
            Ok(Response::ListQueryExecutions(output)) => {
                (output.query_execution_ids.unwrap(), output.next_token)
            }
            other => panic!("{other:?}"),
        }
    };
    let (first, token) = list(&mut stage, None);
    assert_eq!(first, [ids[2].clone(), ids[1].clone()]);
    stage.start("SELECT 1");
    assert_eq!(list(&mut stage, token), (vec![ids[0].clone()], None));
}

#[test]
fn tables_are_glues_and_its_refusals_are_metadata_exceptions() {
    let mut stage = Stage::new();
    let input = GetTableMetadataInput {
        catalog_name: "AwsDataCatalog".to_owned(),
        database_name: "db".to_owned(),
        table_name: "t".to_owned(),
        work_group: None,
    };
    let missing = WireError::client("EntityNotFoundException", "Entity Not Found");
    let descriptor = glue::StorageDescriptor { location: Some("s3://l/".to_owned()), ..Default::default() };
    let table = glue::Table { storage_descriptor: Some(descriptor), ..Default::default() };
    let found = glue::GetTableOutput { table: Some(table) }.to_val();
    for (reply, expected) in
        [(Ok(found), "s3://l/"), (Err(missing), "EntityNotFoundException: Entity Not Found")]
    {
        let athena = &mut stage.athena;
        let request = Request::GetTableMetadata(input.clone());
        let answer = stage.bench.with(|cx| athena.call(cx, request)).unwrap();
        assert!(matches!(answer, Answer::Later(_)));
        let Some(Effect::Call { reply: Some(token), .. }) = stage.bench.take().pop() else {
            panic!("no call")
        };
        stage.bench.with(|cx| athena.deliver(cx, Delivery::Reply { token, result: reply }));
        let Some(Effect::Answer(_, answer)) = stage.bench.take().pop() else { panic!("no answer") };
        let text = match answer.map(GetTableMetadataOutput::from_val) {
            Ok(output) => output.table_metadata.unwrap().parameters.unwrap()["location"].clone(),
            Err(error) => error.message,
        };
        assert_eq!(text, expected);
    }
    let other = GetTableMetadataInput { catalog_name: "hive".to_owned(), ..input };
    assert!(stage.call(Request::GetTableMetadata(other)).is_err());
    assert_eq!(stage.bench.now, Timestamp::TANK_EPOCH);
}
