//! Query to logical plan: names looked up in the catalog, functions in our registry, types checked as Trino does.
//!
//! DataFusion's planner does the work through `Planner`, which is its only door to tables and functions: what is not
//! registered here does not exist. Left out: syntax (`parse/`). Start with `Planner::plan`.

pub(crate) mod information_schema;
pub(crate) mod kept;
pub(crate) mod operators;
mod types_check;
mod unnest;
pub(crate) mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::common::{Result as DfResult, TableReference};
use datafusion::config::ConfigOptions;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner, RelationPlanner};
use datafusion::logical_expr::{
    AggregateUDF, HigherOrderUDF, LogicalPlan, LogicalPlanBuilder, ScalarUDF, TableSource, WindowUDF, col,
};
use datafusion::sql::planner::SqlToRel;
use sqlparser::ast::{Query, SetExpr, Statement};

use crate::catalog::{Catalog, Table};
use crate::error::{ErrorKind, SqlError};
use crate::functions;
use crate::objects::Counted;
use crate::parse::rewrite::{ANONYMOUS, DUPLICATE, Marks, Setting, rewrite};
use crate::scan::LakeTable;
use crate::scan::stream::Threads;
use kept::Ground;

/// How deep views may stand on views.
const VIEW_DEPTH_MAX: usize = 16;

/// A planned query and the names of its output columns.
pub(crate) struct Planned {
    pub(crate) plan: LogicalPlan,
    pub(crate) names: Vec<String>,
}

/// Plans the queries of one statement.
#[derive(Debug)]
pub(crate) struct Planner {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) objects: Counted,
    pub(crate) database: String,
    pub(crate) now_ms: i64,
    pub(crate) seed: u64,
    pub(crate) threads: Threads,
    pub(crate) options: Arc<ConfigOptions>,
    /// What the plans stand on.
    pub(crate) ground: Arc<Ground>,
    expr_planners: Vec<Arc<dyn ExprPlanner>>,
    relation_planners: Vec<Arc<dyn RelationPlanner>>,
    depth: AtomicUsize,
}

impl Planner {
    pub(crate) fn new(
        catalog: Arc<dyn Catalog>,
        objects: Counted,
        run: &crate::engine::RunOptions,
        threads: Threads,
        options: Arc<ConfigOptions>,
    ) -> Self {
        Planner {
            catalog,
            objects,
            database: run.database.to_lowercase(),
            now_ms: run.now_ms,
            seed: run.seed,
            threads,
            options,
            ground: Arc::default(),
            expr_planners: vec![Arc::new(operators::TrinoOperators)],
            relation_planners: vec![Arc::new(unnest::TrinoUnnest)],
            depth: AtomicUsize::new(0),
        }
    }

    /// Plans a query of the statement. Error: Athena's, with the place in the text when it is known.
    pub(crate) fn plan(&self, query: &Query) -> Result<Planned, SqlError> {
        self.plan_probing(query, true)
    }

    fn plan_probing(&self, query: &Query, probing: bool) -> Result<Planned, SqlError> {
        let mut query = query.clone();
        let marks = rewrite(&mut query, &Setting { now_ms: self.now_ms, knows: functions::exists })?;
        if marks.reads_clock() {
            self.ground.is_passing();
        }
        for probe in marks.probes.iter().filter(|_| probing) {
            // Only a missing name counts: a probe may lack what surrounds it, such as an outer query.
            if let Err(e) = self.plan_probing(probe, false)
                && e.kind == ErrorKind::ColumnNotFound
            {
                return Err(e);
            }
        }
        let is_values = matches!(query.body.as_ref(), SetExpr::Values(_));
        let planned = SqlToRel::new(self)
            .sql_statement_to_plan(Statement::Query(Box::new(query)))
            .map_err(SqlError::from);
        let plan = planned.map_err(|e| locate(e, &marks))?;
        types_check::check(&plan).map_err(|e| locate(e, &marks))?;
        let names = output_names(&plan, &marks, is_values);
        Ok(Planned { plan, names })
    }

    fn resolve(&self, name: &TableReference) -> Result<Arc<dyn TableSource>, SqlError> {
        let database = name.schema().unwrap_or(&self.database).to_string();
        if database == "information_schema" {
            self.ground.is_passing();
            return Ok(provider_as_source(information_schema::table(self.catalog.as_ref(), name.table())?));
        }
        let Some(table) = self.catalog.table(&database, name.table()) else {
            return Err(self.not_found(&database, name));
        };
        self.ground.stands_on(&table);
        let provider: Arc<dyn TableProvider> = if table.is_view() {
            Arc::new(self.view(&table)?)
        } else {
            Arc::new(LakeTable::new(
                table,
                self.catalog.clone(),
                self.objects.clone(),
                self.now_ms,
                self.threads,
            )?)
        };
        Ok(provider_as_source(provider))
    }

    /// Documented: docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html and clients' logs:
    /// `TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.db.t' does not exist`.
    fn not_found(&self, database: &str, name: &TableReference) -> SqlError {
        if !self.catalog.databases().iter().any(|d| d == database) {
            return SqlError::new(ErrorKind::SchemaNotFound, format!("Schema '{database}' does not exist"));
        }
        SqlError::new(
            ErrorKind::TableNotFound,
            format!("Table 'awsdatacatalog.{database}.{}' does not exist", name.table()),
        )
    }

    fn view(&self, table: &Table) -> Result<ViewTable, SqlError> {
        if self.depth.fetch_add(1, Ordering::Relaxed) >= VIEW_DEPTH_MAX {
            return Err(SqlError::new(
                ErrorKind::InvalidView,
                format!("View '{}.{}' is recursive", table.database, table.name),
            ));
        }
        let made = self.view_plan(table);
        self.depth.fetch_sub(1, Ordering::Relaxed);
        Ok(ViewTable::new(made?, None))
    }

    fn view_plan(&self, table: &Table) -> Result<LogicalPlan, SqlError> {
        let stored = view::read(table)?;
        let inner = Planner {
            catalog: self.catalog.clone(),
            objects: self.objects.clone(),
            database: stored.database,
            now_ms: self.now_ms,
            seed: self.seed,
            threads: self.threads,
            options: self.options.clone(),
            ground: self.ground.clone(),
            expr_planners: self.expr_planners.clone(),
            relation_planners: self.relation_planners.clone(),
            depth: AtomicUsize::new(self.depth.load(Ordering::Relaxed)),
        };
        let stale = |e: SqlError| {
            let text = format!(
                "Failed analyzing stored view 'awsdatacatalog.{}.{}': {e}",
                table.database, table.name
            );
            SqlError::new(ErrorKind::InvalidView, text)
        };
        let planned = inner.plan(&stored.query).map_err(stale)?;
        renamed(planned.plan, &planned.names)
    }
}

/// The plan with its output columns named as the user sees them.
pub(crate) fn renamed(plan: LogicalPlan, names: &[String]) -> Result<LogicalPlan, SqlError> {
    for (i, name) in names.iter().enumerate() {
        if names[..i].iter().any(|n| n.eq_ignore_ascii_case(name)) {
            return Err(SqlError::new(
                ErrorKind::DuplicateColumnName,
                format!("Column name '{name}' specified more than once"),
            ));
        }
    }
    let columns = plan.schema().columns();
    let exprs: Vec<_> =
        columns.into_iter().zip(names).map(|(c, name)| col(c).alias(name.to_lowercase())).collect();
    Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
}

fn output_names(plan: &LogicalPlan, marks: &Marks, is_values: bool) -> Vec<String> {
    let fields = plan.schema().fields().iter().enumerate();
    fields
        .map(|(i, f)| {
            let name = f.name();
            if name.starts_with(ANONYMOUS) || (is_values && name.starts_with("column")) {
                return format!("_col{i}");
            }
            let plain = match name.strip_prefix(DUPLICATE).and_then(|rest| rest.split_once('$')) {
                Some((_, plain)) => plain,
                None => name.as_str(),
            };
            marks.spelling.get(plain).cloned().unwrap_or_else(|| plain.to_string())
        })
        .collect()
}

/// Adds the place in the text that an error is about.
fn locate(error: SqlError, marks: &Marks) -> SqlError {
    if error.at.is_some() {
        return error;
    }
    let quoted = error.message.split('\'').nth(1).unwrap_or("").to_string();
    let at = match error.kind {
        ErrorKind::ColumnNotFound | ErrorKind::AmbiguousName | ErrorKind::ExpressionNotAggregate => {
            marks.name(&quoted)
        }
        ErrorKind::TableNotFound | ErrorKind::InvalidView => marks
            .table(quoted.strip_prefix("awsdatacatalog.").unwrap_or(&quoted))
            .or_else(|| marks.table(quoted.rsplit('.').next().unwrap_or(&quoted))),
        ErrorKind::SchemaNotFound => {
            let found = marks.tables.iter().find(|(n, _)| n.split('.').next() == Some(quoted.as_str()));
            found.or(marks.tables.first()).map(|(_, at)| *at)
        }
        ErrorKind::TypeMismatch => {
            let operator = error.message.strip_prefix("Cannot apply operator: ").and_then(operator_of);
            operator.and_then(|o| marks.operator(&o)).or_else(|| marks.operators.first().map(|(_, at)| *at))
        }
        ErrorKind::FunctionNotFound => {
            let name =
                error.message.split(" for function ").nth(1).and_then(|r| r.split('.').next()).unwrap_or("");
            marks.calls.iter().find(|(n, _)| n == name).map(|(_, at)| *at)
        }
        _ => None,
    };
    error.or_at(at)
}

/// The operator of `date = varchar(10)`.
fn operator_of(message: &str) -> Option<String> {
    ["<>", "<=", ">=", "=", "<", ">", "||", "+", "-", "*", "/", "%"]
        .iter()
        .find(|o| message.contains(&format!(" {o} ")))
        .map(ToString::to_string)
}

impl ContextProvider for Planner {
    fn get_table_source(&self, name: TableReference) -> DfResult<Arc<dyn TableSource>> {
        Ok(self.resolve(&name)?)
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.expr_planners
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        &self.relation_planners
    }

    fn create_cte_work_table(
        &self,
        name: &str,
        schema: arrow::datatypes::SchemaRef,
    ) -> DfResult<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(datafusion::datasource::cte_worktable::CteWorkTable::new(
            name, schema,
        ))))
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        match name {
            "$random" | "$uuid" => {
                self.ground.is_passing();
                Some(functions::random::function(name, self.seed))
            }
            _ => functions::scalar(name),
        }
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        functions::higher_order(name)
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        functions::aggregate(name)
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        functions::window(name)
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    fn udf_names(&self) -> Vec<String> {
        vec![]
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        vec![]
    }

    fn udaf_names(&self) -> Vec<String> {
        vec![]
    }

    fn udwf_names(&self) -> Vec<String> {
        vec![]
    }
}
