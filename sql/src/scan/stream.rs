//! The physical scan: opens files and reads pieces on the blocking pool, a few ahead, and hands batches on in order.

use std::fmt;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result as DfResult};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream,
};
use futures::{StreamExt, TryStreamExt};

use crate::error::SqlError;
use crate::objects::Counted;
use crate::scan::partitions::File;
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
    schema: SchemaRef,
    sources: Vec<Source>,
    /// Place among the table's columns, name, type; in order of place.
    wanted: Vec<(usize, String, DataType)>,
    reader: Reader,
    objects: Counted,
}

/// Scans the files of a table as one ordered stream.
#[derive(Debug)]
pub(crate) struct LakeExec {
    plan: Arc<Plan>,
    files: Vec<File>,
    threads: usize,
    properties: Arc<PlanProperties>,
}

impl LakeExec {
    pub(crate) fn new(
        table: &SchemaRef,
        data_columns: usize,
        projection: &[usize],
        reader: Reader,
        files: Vec<File>,
        objects: Counted,
        threads: usize,
    ) -> Result<Self, SqlError> {
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
        let plan = Arc::new(Plan { schema, sources, wanted, reader, objects });
        Ok(LakeExec { plan, files, threads: threads.max(1), properties: Arc::new(properties) })
    }
}

impl Plan {
    fn batches(&self, file: &File, piece: Piece) -> Result<Vec<RecordBatch>, SqlError> {
        let (groups, counts) = self.reader.read(&self.objects, piece, &self.wanted)?;
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

/// Runs on the blocking pool; a panic there becomes an error here.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SqlError> + Send + 'static,
) -> DfResult<T> {
    let done = SpawnedTask::spawn_blocking(work).await;
    done.map_err(|e| DataFusionError::Execution(format!("a reader stopped: {e}")))?
        .map_err(DataFusionError::from)
}

impl DisplayAs for LakeExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.plan.schema.fields().iter().map(|x| x.name().as_str()).collect();
        write!(f, "LakeExec: files={}, columns=[{}]", self.files.len(), names.join(", "))
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
        let opening = plan.clone();
        let pieces = futures::stream::iter(self.files.clone())
            .map(move |file| {
                let plan = opening.clone();
                async move {
                    let opened = file.clone();
                    let pieces = blocking(move || plan.reader.open(&plan.objects, &opened)).await?;
                    let pairs: Vec<DfResult<(File, Piece)>> =
                        pieces.into_iter().map(|p| Ok((file.clone(), p))).collect();
                    Ok::<_, DataFusionError>(futures::stream::iter(pairs))
                }
            })
            .buffered(1)
            .try_flatten();
        let batches = pieces
            .map(move |next| {
                let plan = plan.clone();
                async move {
                    let (file, piece) = next?;
                    let batches = blocking(move || plan.batches(&file, piece)).await?;
                    Ok::<_, DataFusionError>(futures::stream::iter(batches.into_iter().map(Ok)))
                }
            })
            .buffered(threads)
            .try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.plan.schema.clone(), batches)))
    }
}
