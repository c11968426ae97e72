//! Athena's queries, on one engine for the whole tank: DataFusion behind Athena's dialect, over the tank's Glue and S3.
//!
//! A statement reads through the tank's public API, as a client would. It stores nothing: what it wrote and wants changed
//! goes back to the service, which applies it (`services/athena/state/finish.rs`).
//! Time: a modelled duration (`services/athena/limits.rs`), never the machine's.
//! Left out: stopping a query that was cancelled (its outcome is ignored), stopping a scan at the workgroup's limit (the
//! service cancels it afterwards). Start with `run`, then `query/catalog.rs` and `query/objects.rs`.

mod catalog;
mod objects;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinError;
use wavetank_sql::{
    Engine, EngineOptions, ErrorKind, RunOptions, SqlError, athena_file, athena_rows, parse_once,
};
use wavetank_types::{Seed, Timestamp};

use super::{Door, Executors};
use crate::services::athena::limits::{
    ENGINE_MEMORY_BYTES, RUN_TIME_BASE, RUN_TIME_REAL_MAX, SCAN_BYTES_PER_SECOND,
};
use crate::services::athena::{
    FailureKind, QueryFailure, QueryOutput, QueryResult, QueryWork, ResultColumn, WrittenObject,
};
use crate::world::{Outcome, Output};
use catalog::GlueCatalog;
use objects::TankObjects;

/// The engine, made by the first query: a tank that asks none pays nothing.
#[derive(Debug, Default)]
pub(crate) struct Engines(OnceCell<Arc<Engine>>);

/// What of a query's time is planning, at most. Assumed.
const PLANNING_TIME: Duration = Duration::from_millis(100);

/// Runs one statement on a thread that may block: the runtime's own stay free for callers, and a paused clock waits. Where a tank has one
/// thread, the statement runs there.
///
/// A panic of the engine is a failure of the query, nothing more.
pub(super) async fn run(executors: &Executors, door: Door, started: Timestamp, work: QueryWork) -> Outcome {
    let is_frozen = door.tank().is_frozen();
    let bytes_scanned_max = work.bytes_scanned_max;
    let on_one_thread = door.tank().is_on_one_thread();
    let engine = engine(executors, on_one_thread).await;
    let (result, bytes_scanned) = match on_one_thread {
        true => run_on(&engine, door, started, work).await,
        false => {
            let runtime = tokio::runtime::Handle::current();
            let statement =
                tokio::task::spawn_blocking(move || runtime.block_on(run_on(&engine, door, started, work)));
            statement.await.unwrap_or_else(|error| (Err(stopped(error)), 0))
        }
    };
    let counted = bytes_scanned_max.map_or(bytes_scanned, |max| bytes_scanned.min(max));
    let duration = modelled(counted, is_frozen);
    let planning = PLANNING_TIME.min(duration);
    Outcome { duration, output: Output::Query(QueryOutput { result, bytes_scanned, planning }) }
}

async fn engine(executors: &Executors, on_one_thread: bool) -> Arc<Engine> {
    let memory_bytes_max = Some(ENGINE_MEMORY_BYTES);
    let options = || EngineOptions { memory_bytes_max, on_one_thread, ..EngineOptions::default() };
    let made = executors.engines.0.get_or_init(|| async { Arc::new(Engine::new(options())) });
    Arc::clone(made.await)
}

/// The same for the same bytes in every run: tank time has nothing to do with how fast this machine is.
fn modelled(bytes_scanned: u64, is_frozen: bool) -> Duration {
    let micros = bytes_scanned.saturating_mul(1_000_000) / SCAN_BYTES_PER_SECOND;
    let duration = RUN_TIME_BASE + Duration::from_micros(micros);
    if is_frozen { duration } else { duration.min(RUN_TIME_REAL_MAX) }
}

/// The result and what was read of S3, in bytes.
async fn run_on(
    engine: &Engine,
    door: Door,
    started: Timestamp,
    work: QueryWork,
) -> (Result<Arc<QueryResult>, QueryFailure>, u64) {
    let statement = match parse_once(&work.sql, &work.parameters) {
        Ok(statement) => statement,
        Err(error) => return (Err(failure(&error)), 0),
    };
    let objects = Arc::new(TankObjects::new(door.clone()));
    let catalog = Arc::new(GlueCatalog::new(door.clone()));
    let options = RunOptions {
        database: work.database.clone(),
        now_ms: started.millis(),
        seed: seed_of(door.tank().seed(), &work.id),
        execution_id: work.id.clone(),
        output_location: Some(work.output_location.clone()),
    };
    let outcome = engine.run(&statement, &options, catalog.clone(), objects.clone()).await;
    let bytes_scanned =
        outcome.as_ref().map_or_else(|_| objects.bytes_read(), |outcome| outcome.bytes_scanned);
    // A catalog that could not be read looks to the engine like an empty one: what it found then means nothing.
    let result = match (catalog.first_error(), outcome) {
        (Some(error), _) => {
            let reason = format!("GENERIC_INTERNAL_ERROR: {}: {}", error.code, error.message);
            Err(QueryFailure::new(FailureKind::Internal, reason))
        }
        (None, Err(error)) => Err(failure(&error)),
        (None, Ok(outcome)) => Ok(Arc::new(result(outcome))),
    };
    (result, bytes_scanned)
}

/// The random functions of a query draw from the tank's seed and the query's id.
fn seed_of(seed: Seed, id: &str) -> u64 {
    use rand::Rng;
    seed.stream(&format!("query/{id}")).next_u64()
}

/// An outcome of the engine in the service's words.
fn result(outcome: wavetank_sql::Outcome) -> QueryResult {
    let rows = athena_rows(&outcome);
    let file = athena_file(&outcome);
    let column = |column: &wavetank_sql::ResultColumn| ResultColumn {
        name: column.name.clone(),
        type_name: column.athena_type.to_owned(),
        precision: i64::from(column.precision),
        scale: i64::from(column.scale),
    };
    let written = |object: wavetank_sql::WrittenObject| WrittenObject {
        bucket: object.bucket,
        key: object.key,
        body: object.bytes,
        content_type: "application/octet-stream".to_owned(),
    };
    QueryResult {
        columns: outcome.columns.iter().map(column).collect(),
        rows,
        file,
        update_count: outcome.update_count,
        output_rows: outcome.rows,
        written: outcome.written.into_iter().map(written).collect(),
        changes: outcome.catalog_changes,
    }
}

fn failure(error: &SqlError) -> QueryFailure {
    let kind = match error.kind {
        ErrorKind::HiveBadData | ErrorKind::HiveCursorError | ErrorKind::HiveCannotOpenSplit => {
            FailureKind::Data
        }
        ErrorKind::HiveDdl => FailureKind::Definition,
        ErrorKind::ExceededMemory => FailureKind::Memory,
        ErrorKind::Internal => FailureKind::Internal,
        _ => FailureKind::Statement,
    };
    QueryFailure::new(kind, error.to_string())
}

/// The thread of a statement ended without an answer: the engine panicked, or the tank's runtime is shutting down.
fn stopped(error: JoinError) -> QueryFailure {
    let why = match error.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say why").to_owned()
        }
        Err(error) => error.to_string(),
    };
    tracing::error!(why, "the query engine stopped");
    QueryFailure::new(
        FailureKind::Internal,
        format!("GENERIC_INTERNAL_ERROR: the query engine stopped: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_takes_longer_the_more_it_reads_but_not_where_time_is_real() {
        assert_eq!(modelled(0, true), Duration::from_millis(400));
        assert_eq!(modelled(SCAN_BYTES_PER_SECOND, true), Duration::from_millis(1_400));
        assert_eq!(modelled(SCAN_BYTES_PER_SECOND, false), RUN_TIME_REAL_MAX);
    }
}
