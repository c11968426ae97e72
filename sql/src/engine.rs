//! The engine: options, one run, and its outcome. Opening one costs nothing; DataFusion is set up by the first query.
//!
//! Start with `Engine::run`.

use std::sync::{Arc, OnceLock};

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use datafusion::config::ConfigOptions;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, UnboundedMemoryPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;

use crate::catalog::{Catalog, CatalogChange};
use crate::error::SqlError;
use crate::objects::{Counted, Objects};
use crate::parse::Statement;
use crate::plan::Planner;
use crate::run;
use crate::scan::stream::Threads;
use crate::statement_type::StatementType;
use crate::types::athena_type;

/// How statements are run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EngineOptions {
    /// Pieces of files read at the same time. The result does not depend on it.
    pub threads: usize,
    /// Partitions that DataFusion works on. Above 1 the order of rows without ORDER BY, and the last digits of sums of
    /// doubles, may differ from run to run.
    pub partitions: usize,
    /// Bytes that sorting, joining and grouping may hold before they spill to disk; none is no limit.
    pub memory_bytes_max: Option<usize>,
    /// Files are read on the thread that runs the statement, and plans of queries are kept for all engines of the process that have these
    /// options: for simulations, which ask the same of many tanks.
    pub on_one_thread: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        // Asked once: the answer is read from files.
        static FOUND: OnceLock<usize> = OnceLock::new();
        let threads = *FOUND.get_or_init(|| std::thread::available_parallelism().map_or(2, usize::from));
        EngineOptions { threads, partitions: 1, memory_bytes_max: None, on_one_thread: false }
    }
}

/// One run's surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// Database that bare names mean.
    pub database: String,
    /// Where CTAS without `external_location` puts its table: `s3://bucket/prefix/`.
    pub output_location: Option<String>,
    /// Names the files that are written.
    pub execution_id: String,
    /// Tank time in milliseconds since 1970: `now()`, `current_date`.
    pub now_ms: i64,
    /// Seed of `random()` and `uuid()`.
    pub seed: u64,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            database: "default".into(),
            output_location: None,
            execution_id: "00000000-0000-0000-0000-000000000000".into(),
            now_ms: 0,
            seed: 0,
        }
    }
}

/// A column of a result, as `GetQueryResults` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// Name, as the statement spells it.
    pub name: String,
    /// Athena's type name: `varchar`, `integer`, `decimal`, `row`.
    pub athena_type: &'static str,
    /// Digits, or characters.
    pub precision: u32,
    /// Digits after the point.
    pub scale: u32,
}

/// An object the statement writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenObject {
    /// Bucket name.
    pub bucket: String,
    /// Object key.
    pub key: String,
    /// Its content.
    pub bytes: Bytes,
}

/// What a statement gave, and what it wants stored. Nothing has been stored.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// DDL, DML or UTILITY.
    pub statement_type: StatementType,
    /// Result columns.
    pub columns: Vec<ResultColumn>,
    /// Result rows. For DDL, one column of text lines.
    pub batches: Vec<RecordBatch>,
    /// Whether the result is a table with a header (SELECT), not lines of text.
    pub has_header: bool,
    /// Rows of the result, or rows written.
    pub rows: u64,
    /// Rows that CTAS, INSERT and UNLOAD wrote: `UpdateCount`.
    pub update_count: Option<u64>,
    /// Objects to store, before the catalog changes.
    pub written: Vec<WrittenObject>,
    /// Changes to make, in order.
    pub catalog_changes: Vec<CatalogChange>,
    /// Bytes read from objects: `DataScannedInBytes`.
    pub bytes_scanned: u64,
}

impl Outcome {
    pub(crate) fn empty(statement_type: StatementType) -> Self {
        Outcome {
            statement_type,
            columns: vec![],
            batches: vec![],
            has_header: false,
            rows: 0,
            update_count: None,
            written: vec![],
            catalog_changes: vec![],
            bytes_scanned: 0,
        }
    }
}

/// Runs statements. Cheap to make and to share.
#[derive(Debug)]
pub struct Engine {
    options: EngineOptions,
    config: Arc<ConfigOptions>,
    runtime: OnceLock<Arc<RuntimeEnv>>,
    running: OnceLock<Arc<SessionState>>,
}

impl Engine {
    /// An engine with these options.
    pub fn new(options: EngineOptions) -> Self {
        let config = Arc::new(config(&options));
        Engine { options, config, runtime: OnceLock::new(), running: OnceLock::new() }
    }

    pub(crate) fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Runs one statement against a catalog and objects.
    ///
    /// Needs a tokio runtime: files are read on its blocking pool.
    /// Error: Athena's, with `line L:C:` where it points at the text. Nothing is to be stored then.
    pub async fn run(
        &self,
        statement: &Statement,
        options: &RunOptions,
        catalog: Arc<dyn Catalog>,
        objects: Arc<dyn Objects>,
    ) -> Result<Outcome, SqlError> {
        let objects = Counted::new(objects);
        let threads = match self.options.on_one_thread {
            true => Threads::Own,
            false => Threads::Pool(self.options.threads),
        };
        let planner = Planner::new(catalog, objects.clone(), options, threads, self.config.clone());
        let run = run::Run { engine: self, planner, options, objects: objects.clone() };
        let mut outcome = run.statement(statement).await?;
        outcome.bytes_scanned = objects.bytes();
        Ok(outcome)
    }

    /// Error: the spill folder cannot be made.
    fn runtime(&self) -> Result<Arc<RuntimeEnv>, SqlError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime.clone());
        }
        let pool: Arc<dyn MemoryPool> = match self.options.memory_bytes_max {
            Some(bytes) => Arc::new(FairSpillPool::new(bytes)),
            None => Arc::new(UnboundedMemoryPool::default()),
        };
        let made = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc()?;
        Ok(self.runtime.get_or_init(|| made).clone())
    }

    /// A session to plan in: it counts the names that it makes up.
    pub(crate) fn session(&self) -> Result<SessionState, SqlError> {
        let config = SessionConfig::from(self.config.as_ref().clone());
        Ok(SessionStateBuilder::new().with_config(config).with_runtime_env(self.runtime()?).build())
    }

    /// A session to run plans in: nothing of a run stays in it.
    pub(crate) fn running(&self) -> Result<Arc<SessionState>, SqlError> {
        if let Some(session) = self.running.get() {
            return Ok(session.clone());
        }
        let made = Arc::new(self.session()?);
        Ok(self.running.get_or_init(|| made).clone())
    }

    /// Executes a plan to its last row.
    pub(crate) async fn execute(&self, plan: &LogicalPlan) -> Result<Vec<RecordBatch>, SqlError> {
        let session = self.session()?;
        self.run_plan(session.create_physical_plan(plan).await?).await
    }

    /// Runs a physical plan to its last row.
    pub(crate) async fn run_plan(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Vec<RecordBatch>, SqlError> {
        let batches = datafusion::physical_plan::collect(plan, self.running()?.task_ctx()).await?;
        Ok(batches.into_iter().filter(|b| b.num_rows() > 0).collect())
    }

    /// The plan as text.
    pub(crate) async fn explain(&self, plan: &LogicalPlan) -> Result<String, SqlError> {
        let session = self.session()?;
        let physical = session.create_physical_plan(plan).await?;
        Ok(datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string())
    }
}

fn config(options: &EngineOptions) -> ConfigOptions {
    let mut config = ConfigOptions::new();
    config.sql_parser.parse_float_as_decimal = true;
    config.sql_parser.default_null_ordering = "nulls_last".into();
    config.execution.target_partitions = options.partitions.max(1);
    // Plans must not depend on the machine.
    config.execution.planning_concurrency = 1;
    config.optimizer.enable_round_robin_repartition = options.partitions > 1;
    config.execution.collect_statistics = false;
    if let Some(bytes) = options.memory_bytes_max {
        // Merging spilled runs needs room set aside; the default of 10 MB is too much for a small limit.
        let reserve = config.execution.sort_spill_reservation_bytes;
        config.execution.sort_spill_reservation_bytes = reserve.min(bytes / 16);
    }
    if options.on_one_thread {
        // No scan takes such a filter, and a plan that is kept has nothing of a run in it.
        config.optimizer.enable_dynamic_filter_pushdown = false;
        config.optimizer.enable_topk_dynamic_filter_pushdown = false;
        config.optimizer.enable_join_dynamic_filter_pushdown = false;
        config.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    }
    config
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new(EngineOptions::default())
    }
}

/// A result column of an Arrow type.
pub(crate) fn result_column(name: &str, t: &arrow::datatypes::DataType) -> ResultColumn {
    let (athena_type, precision, scale) = athena_type(t);
    ResultColumn { name: name.to_string(), athena_type, precision, scale }
}
