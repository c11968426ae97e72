//! SELECT and EXPLAIN.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use sqlparser::ast::Query;

use crate::engine::{Outcome, result_column};
use crate::error::SqlError;
use crate::plan::Planned;
use crate::plan::kept::{self, Ready, Site};
use crate::run::{Run, lines};

impl Run<'_> {
    pub(super) async fn query(&self, query: &Query, outcome: &mut Outcome) -> Result<(), SqlError> {
        let ready = self.ready(query).await?;
        outcome.has_header = true;
        outcome.columns = ready.columns;
        let batches = self.engine.run_plan(ready.plan).await?;
        outcome.rows = batches.iter().map(|b| b.num_rows() as u64).sum();
        outcome.batches =
            batches.into_iter().map(|b| named(b, &ready.names)).collect::<Result<_, SqlError>>()?;
        Ok(())
    }

    /// The query's plan: one that is kept, or a new one.
    async fn ready(&self, query: &Query) -> Result<Ready, SqlError> {
        let (planner, options) = (&self.planner, self.engine.options());
        if options.on_one_thread {
            let session = self.engine.running()?;
            let (catalog, objects) = (planner.catalog.as_ref(), &self.objects);
            let site = Site { catalog, objects, now_ms: planner.now_ms, session: session.as_ref() };
            if let Some(ready) = kept::find(query, &planner.database, options, &site)? {
                return Ok(ready);
            }
        }
        let Planned { plan, names } = planner.plan(query)?;
        let fields = plan.schema().fields().iter().zip(&names);
        let columns = fields.map(|(f, name)| result_column(name, f.data_type())).collect();
        let plan = self.engine.session()?.create_physical_plan(&plan).await?;
        let ready = Ready { plan, columns, names };
        if options.on_one_thread {
            kept::keep(query, &planner.database, options, &planner.ground, &ready)?;
        }
        Ok(ready)
    }

    pub(super) async fn explain(
        &self,
        query: &Query,
        analyze: bool,
        outcome: &mut Outcome,
    ) -> Result<(), SqlError> {
        if analyze {
            return Err(SqlError::not_built("EXPLAIN ANALYZE"));
        }
        let planned = self.planner.plan(query)?;
        // The shape of the plan is ours, not Trino's: tools that parse Trino's will not find it.
        let text = self.engine.explain(&planned.plan).await?;
        lines(outcome, &["Query Plan"], text.lines().map(str::to_string).collect())
    }
}

/// The batch with the names that the user sees.
fn named(batch: RecordBatch, names: &[String]) -> Result<RecordBatch, SqlError> {
    let fields: Vec<Field> = batch
        .schema()
        .fields()
        .iter()
        .zip(names)
        .map(|(f, n)| Field::new(n, f.data_type().clone(), true))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), batch.columns().to_vec(), &options)?)
}
