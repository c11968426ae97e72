//! Tables as DataFusion scans them: partitions chosen, files listed, bytes cut into pieces, pieces read in parallel.
//!
//! Pieces come back in order, so a query's rows do not depend on how many threads read them.
//! Left out: ORC, Avro and every SerDe not named in `Reader::of`; they answer `NotImplemented`.
//! Start with `LakeTable::scan`, then `stream.rs`.

pub(crate) mod json;
pub(crate) mod lazy_simple;
pub(crate) mod nested;
pub(crate) mod open_csv;
pub(crate) mod parquet;
pub(crate) mod partitions;
mod projection;
pub(crate) mod reader;
pub(crate) mod stream;
pub(crate) mod values;

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;

use crate::catalog::{Catalog, Table};
use crate::error::SqlError;
use crate::objects::Counted;
use crate::scan::reader::Reader;
use crate::scan::stream::{Files, LakeExec, Scanned, Threads};
use crate::types::parse_type;

/// A Glue table over objects.
#[derive(Debug)]
pub(crate) struct LakeTable {
    table: Table,
    schema: SchemaRef,
    reader: Reader,
    catalog: Arc<dyn Catalog>,
    objects: Counted,
    now_ms: i64,
    threads: Threads,
}

impl LakeTable {
    /// Error: a column type that does not parse, or a format that is not built.
    pub(crate) fn new(
        table: Table,
        catalog: Arc<dyn Catalog>,
        objects: Counted,
        now_ms: i64,
        threads: Threads,
    ) -> Result<Self, SqlError> {
        let schema = schema_of(&table)?;
        let reader = Reader::of(&table)?;
        Ok(LakeTable { table, schema, reader, catalog, objects, now_ms, threads })
    }
}

/// Data columns, then partition columns. Names are lower case.
pub(crate) fn schema_of(table: &Table) -> Result<SchemaRef, SqlError> {
    let columns = table.columns.iter().chain(&table.partition_keys);
    let fields: Result<Vec<Field>, SqlError> =
        columns.map(|c| Ok(Field::new(c.name.to_lowercase(), parse_type(&c.hive_type)?, true))).collect();
    Ok(Arc::new(Schema::new(fields?)))
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// A filter on partition columns alone decides which partitions are read, so nothing is left for it to filter.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DfResult<Vec<TableProviderFilterPushDown>> {
        let exact = |filter: &&Expr| {
            let columns = filter.column_refs();
            !columns.is_empty()
                && !filter.is_volatile()
                && columns.iter().all(|c| self.table.partition_keys.iter().any(|k| k.name == c.name))
        };
        Ok(filters
            .iter()
            .map(|f| {
                if exact(f) {
                    TableProviderFilterPushDown::Exact
                } else {
                    TableProviderFilterPushDown::Unsupported
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        let (table, schema) = (self.table.clone(), self.schema.clone());
        let scanned = Scanned { table, schema, filters: filters.to_vec() };
        let files = scanned.files(self.catalog.as_ref(), &self.objects, self.now_ms, state)?;
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let projection = projection.unwrap_or(&all);
        let files = Files { files, objects: self.objects.clone() };
        let exec = LakeExec::new(scanned, projection, self.reader.clone(), files, self.threads);
        Ok(Arc::new(exec))
    }
}
