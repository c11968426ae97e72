//! Through a frozen tank: the executor and the real engine, with the result in the tank's S3.

use std::time::Duration;

use wavetank_wire::athena::*;
use wavetank_wire::{Operation, WireError};

use super::to_results;
use crate::services::s3::Command;
use crate::{Scope, Tank};

pub(super) async fn call<O: Operation>(tank: &Tank, input: O::Input) -> Result<O::Output, WireError> {
    tank.request::<O>(&Scope::default(), input).await
}

/// A tank with the bucket for results.
pub(super) fn tank() -> Tank {
    let tank = Tank::builder().build();
    let create = || Command::CreateBucket { bucket: "results".to_owned() };
    tank.s3(&Scope::default(), "", "CreateBucket", |s3, cx| s3.perform(cx, create())).unwrap();
    tank
}

/// Runs a statement to its end.
pub(super) async fn run(tank: &Tank, input: StartQueryExecutionInput) -> QueryExecution {
    let started = call::<StartQueryExecution>(tank, input).await.unwrap();
    let query_execution_id = started.query_execution_id.unwrap();
    tank.advance(Duration::from_secs(2)).await;
    let input = GetQueryExecutionInput { query_execution_id };
    call::<GetQueryExecution>(tank, input).await.unwrap().query_execution.unwrap()
}

/// The rows as `GetQueryResults` pages them, NULL as `-`, and the result file.
async fn check(sql: &str, parameters: &[&str], rows: &str, file: &str) {
    let tank = tank();
    let given: Vec<String> = parameters.iter().map(ToString::to_string).collect();
    let input = StartQueryExecutionInput {
        query_string: sql.to_owned(),
        execution_parameters: (!given.is_empty()).then_some(given),
        ..to_results()
    };
    let execution = run(&tank, input).await;
    let status = execution.status.unwrap();
    assert_eq!(status.state.as_deref(), Some("SUCCEEDED"), "{sql}: {:?}", status.state_change_reason);
    let id = execution.query_execution_id.unwrap();

    let input = GetQueryResultsInput { query_execution_id: id.clone(), ..Default::default() };
    let set = call::<GetQueryResults>(&tank, input).await.unwrap().result_set.unwrap();
    let cell = |datum: Datum| datum.var_char_value.unwrap_or_else(|| "-".to_owned());
    let line = |row: Row| row.data.unwrap().into_iter().map(cell).collect::<Vec<_>>().join(" ");
    let found: Vec<String> = set.rows.unwrap().into_iter().map(line).collect();
    assert_eq!(found.join("\n"), rows, "{sql}");

    let door = crate::executors::Door::new(tank, Scope::default());
    let stored = door.get_object("results", &format!("out/{id}.csv")).unwrap();
    assert_eq!(String::from_utf8_lossy(&stored), file, "{sql}");
}

#[tokio::test]
async fn a_query_without_tables_runs_for_real_and_its_result_is_in_s3() {
    check("SELECT 1 AS a, 'x' AS b", &[], "a b\n1 x", "\"a\",\"b\"\n\"1\",\"x\"\n").await;
    check("VALUES (1, NULL)", &[], "_col0 _col1\n1 -", "\"_col0\",\"_col1\"\n\"1\",\n").await;
    check("SELECT ? AS a, ? AS b", &["2", "'a,b'"], "a b\n2 a,b", "\"a\",\"b\"\n\"2\",\"a,b\"\n").await;
}

#[tokio::test]
async fn a_query_that_fails_while_it_runs_says_why() {
    let tank = tank();
    let input = StartQueryExecutionInput { query_string: "SELECT 1 / 0".to_owned(), ..to_results() };
    let status = run(&tank, input).await.status.unwrap();
    assert_eq!(status.state.as_deref(), Some("FAILED"));
    assert_eq!(status.state_change_reason.as_deref(), Some("DIVISION_BY_ZERO: Division by zero"));
    assert_eq!(status.athena_error.unwrap().error_category, Some(2));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_times_and_rows() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let tank = tank();
        let sql = "SELECT random() AS r, current_timestamp AS t".to_owned();
        let execution = run(&tank, StartQueryExecutionInput { query_string: sql, ..to_results() }).await;
        let query_execution_id = execution.query_execution_id.clone().unwrap();
        let input = GetQueryResultsInput { query_execution_id, ..Default::default() };
        runs.push((execution, call::<GetQueryResults>(&tank, input).await.unwrap()));
    }
    assert_eq!(runs[0], runs[1]);
}
