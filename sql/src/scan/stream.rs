//! The physical scan: opens files and reads pieces on the blocking pool, a few ahead, and hands batches on in order.
//!
//! On one thread it reads where it stands. A scan that is kept with its plan (`plan/kept.rs`) is detached: it knows the table and the
//! filters, but no files and no objects.

use std::fmt;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::Session;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result as DfResult};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream,
};
use futures::{StreamExt, TryStreamExt};

use crate::catalog::{Catalog, Table};
use crate::error::SqlError;
use crate::objects::Counted;
use crate::scan::partitions::{self, File};
use crate::scan::reader::{Piece, Reader};

/// Rows of one batch.
const BATCH_ROWS: usize = 8192;

/// Where an output column comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// The n-th wanted column.
    Read(usize),
    /// The n-th partition key.
    Partition(usize),
}

#[derive(Debug)]
struct Plan {
    /// The table's, and the filters that choose its partitions.
    scanned: Scanned,
    schema: SchemaRef,
    sources: Vec<Source>,
    /// Place among the table's columns, name, type; in order of place.
    wanted: Vec<(usize, String, DataType)>,
    reader: Reader,
}

/// What decides which files are read.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) table: Table,
    pub(crate) schema: SchemaRef,
    pub(crate) filters: Vec<Expr>,
}

impl Scanned {
    /// The files as they are now.
    pub(crate) fn files(
        &self,
        catalog: &dyn Catalog,
        objects: &Counted,
        now_ms: i64,
        state: &dyn Session,
    ) -> Result<Vec<File>, SqlError> {
        let Scanned { table, schema, filters } = self;
        partitions::files(partitions::choose(table, schema, catalog, now_ms, state, filters)?, objects)
    }
}

/// The files that are read, and where they are.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) files: Vec<File>,
    pub(crate) objects: Counted,
}

/// Scans the files of a table as one ordered stream.
#[derive(Debug)]
pub(crate) struct LakeExec {
    plan: Arc<Plan>,
    /// None while it is detached.
    files: Option<Files>,
    threads: Threads,
    properties: Arc<PlanProperties>,
}

impl LakeExec {
    pub(crate) fn new(
        scanned: Scanned,
        projection: &[usize],
        reader: Reader,
        files: Files,
        threads: Threads,
    ) -> Self {
        let (table, data_columns) = (&scanned.schema, scanned.table.columns.len());
        let mut places: Vec<usize> = projection.iter().copied().filter(|i| *i < data_columns).collect();
        places.sort_unstable();
        places.dedup();
        let wanted = places
            .iter()
            .map(|i| (*i, table.field(*i).name().clone(), table.field(*i).data_type().clone()))
            .collect();
        let sources = projection
            .iter()
            .map(|i| match places.binary_search(i) {
                Ok(n) => Source::Read(n),
                Err(_) => Source::Partition(i - data_columns),
            })
            .collect();
        let schema: SchemaRef =
            Arc::new(Schema::new(projection.iter().map(|i| table.field(*i).clone()).collect::<Vec<_>>()));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema.clone()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let plan = Arc::new(Plan { scanned, schema, sources, wanted, reader });
        LakeExec { plan, files: Some(files), threads, properties: Arc::new(properties) }
    }

    /// The same scan of these files, or of none yet. Its properties are the same value.
    fn of(&self, files: Option<Files>) -> Arc<dyn ExecutionPlan> {
        let (plan, properties) = (Arc::clone(&self.plan), Arc::clone(&self.properties));
        Arc::new(LakeExec { plan, files, threads: self.threads, properties })
    }

    /// The same scan without files and objects.
    pub(crate) fn detached(&self) -> Arc<dyn ExecutionPlan> {
        self.of(None)
    }

    /// The same scan of the files that are there now.
    pub(crate) fn attached(
        &self,
        catalog: &dyn Catalog,
        objects: &Counted,
        now_ms: i64,
        state: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>, SqlError> {
        let files = self.plan.scanned.files(catalog, objects, now_ms, state)?;
        Ok(self.of(Some(Files { files, objects: objects.clone() })))
    }
}

impl Plan {
    fn batches(&self, objects: &Counted, file: &File, piece: Piece) -> Result<Vec<RecordBatch>, SqlError> {
        let (groups, counts) = self.reader.read(objects, piece, &self.wanted)?;
        let mut batches = Vec::new();
        for (columns, rows) in groups.into_iter().zip(counts) {
            let whole = self.batch(file, &columns, rows)?;
            for start in (0..rows).step_by(BATCH_ROWS) {
                batches.push(whole.slice(start, BATCH_ROWS.min(rows - start)));
            }
        }
        Ok(batches)
    }

    fn batch(&self, file: &File, columns: &[ArrayRef], rows: usize) -> Result<RecordBatch, SqlError> {
        let mut out: Vec<ArrayRef> = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            out.push(match source {
                Source::Read(n) => columns[*n].clone(),
                Source::Partition(n) => file.partition[*n].to_array_of_size(rows)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), out, &options)?)
    }
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// Whoever runs the query.
    Own,
    /// So many of the blocking pool at a time.
    Pool(usize),
}

impl Threads {
    fn count(self) -> usize {
        match self {
            Threads::Own => 1,
            Threads::Pool(count) => count.max(1),
        }
    }
}

/// Runs on the blocking pool, where a panic becomes an error, or here.
async fn blocking<T: Send + 'static>(
    threads: Threads,
    work: impl FnOnce() -> Result<T, SqlError> + Send + 'static,
) -> DfResult<T> {
    if threads == Threads::Own {
        return work().map_err(DataFusionError::from);
    }
    let done = SpawnedTask::spawn_blocking(work).await;
    done.map_err(|e| DataFusionError::Execution(format!("a reader stopped: {e}")))?
        .map_err(DataFusionError::from)
}

impl DisplayAs for LakeExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.plan.schema.fields().iter().map(|x| x.name().as_str()).collect();
        let count = self.files.as_ref().map_or(0, |it| it.files.len());
        write!(f, "LakeExec: files={count}, columns=[{}]", names.join(", "))
    }
}

impl ExecutionPlan for LakeExec {
    fn name(&self) -> &str {
        "LakeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DfResult<TreeNodeRecursion>,
    ) -> DfResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _partition: usize, _context: Arc<TaskContext>) -> DfResult<SendableRecordBatchStream> {
        let (plan, threads) = (self.plan.clone(), self.threads);
        let detached = || DataFusionError::Internal("a scan without files was run".to_owned());
        let Files { files, objects } = self.files.clone().ok_or_else(detached)?;
        let (opening, stored) = (plan.clone(), objects.clone());
        let pieces = futures::stream::iter(files)
            .map(move |file| {
                let (plan, objects) = (opening.clone(), stored.clone());
                async move {
                    let opened = file.clone();
                    let pieces = blocking(threads, move || plan.reader.open(&objects, &opened)).await?;
                    let pairs: Vec<DfResult<(File, Piece)>> =
                        pieces.into_iter().map(|p| Ok((file.clone(), p))).collect();
                    Ok::<_, DataFusionError>(futures::stream::iter(pairs))
                }
            })
            .buffered(1)
            .try_flatten();
        let batches = pieces
            .map(move |next| {
                let (plan, objects) = (plan.clone(), objects.clone());
                async move {
                    let (file, piece) = next?;
                    let batches = blocking(threads, move || plan.batches(&objects, &file, piece)).await?;
                    Ok::<_, DataFusionError>(futures::stream::iter(batches.into_iter().map(Ok)))
                }
            })
            .buffered(threads.count())
            .try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.plan.schema.clone(), batches)))
    }
}
