//! One statement: which of the files here runs it.
//!
//! `query.rs` SELECT and EXPLAIN; `ddl.rs` definitions; `show.rs` what exists; `dml.rs` CTAS, INSERT, UNLOAD.

mod create_text;
mod ddl;
mod dml;
mod query;
mod repair;
mod show;

use std::sync::Arc;

use arrow::array::StringViewArray;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;

use crate::catalog::Table;
use crate::engine::{Engine, Outcome, RunOptions, result_column};
use crate::error::{ErrorKind, SqlError};
use crate::objects::Counted;
use crate::parse::{Body, Statement, TableName};
use crate::plan::Planner;
use crate::types::VARCHAR;

/// A statement being run.
pub(crate) struct Run<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) planner: Planner,
    pub(crate) options: &'a RunOptions,
    pub(crate) objects: Counted,
}

impl Run<'_> {
    pub(crate) async fn statement(&self, statement: &Statement) -> Result<Outcome, SqlError> {
        let kind = statement.statement_type();
        let mut outcome = Outcome::empty(kind);
        match &statement.body {
            Body::Query(query) => self.query(query, &mut outcome).await?,
            Body::Explain { query, analyze } => self.explain(query, *analyze, &mut outcome).await?,
            Body::CreateTableAs(ctas) => self.create_table_as(ctas, &mut outcome).await?,
            Body::Insert { table, columns, query } => {
                self.insert(table, columns, query, &mut outcome).await?
            }
            Body::Unload { query, to, properties } => {
                self.unload(query, to, properties, &mut outcome).await?
            }
            body => {
                if !self.show(body, &mut outcome)? {
                    self.define(body, &mut outcome)?;
                }
            }
        }
        Ok(outcome)
    }

    fn database<'b>(&'b self, name: &'b TableName) -> &'b str {
        name.database_or(&self.planner.database)
    }

    fn table(&self, name: &TableName) -> Option<Table> {
        self.planner.catalog.table(self.database(name), &name.name)
    }

    /// Hive's words for a table that is not there.
    ///
    /// Documented: repost.aws athena answers, "FAILED: SemanticException [Error 10001]: Table not found db.t".
    fn need_table(&self, name: &TableName) -> Result<Table, SqlError> {
        self.table(name).ok_or_else(|| {
            let text = format!(
                "FAILED: SemanticException [Error 10001]: Table not found {}.{}",
                self.database(name),
                name.name
            );
            SqlError::new(ErrorKind::HiveDdl, text)
        })
    }

    /// Error: `SCHEMA_NOT_FOUND`.
    fn need_database(&self, name: &str, at: Option<crate::error::Position>) -> Result<(), SqlError> {
        if self.planner.catalog.databases().iter().any(|d| d == name) {
            return Ok(());
        }
        Err(SqlError {
            kind: ErrorKind::SchemaNotFound,
            at,
            message: format!("Schema '{name}' does not exist"),
        })
    }
}

/// Lines of text as a result: one column of batches, whatever the columns are said to be.
pub(crate) fn lines(outcome: &mut Outcome, columns: &[&str], lines: Vec<String>) -> Result<(), SqlError> {
    outcome.columns = columns.iter().map(|c| result_column(c, &VARCHAR)).collect();
    outcome.rows = lines.len() as u64;
    let field = Field::new(columns.first().copied().unwrap_or("result"), DataType::Utf8View, true);
    let array: StringViewArray = lines.into_iter().map(Some).collect();
    outcome.batches = vec![RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::new(array)])?];
    Ok(())
}
