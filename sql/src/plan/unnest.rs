//! `CROSS JOIN UNNEST(a, b) WITH ORDINALITY AS t(x, y, n)`: arrays, maps and arrays of rows beside the rows they are in.
//!
//! `parse/rewrite.rs` folds such a join into one nested factor; here it becomes: compute one array of rows per input row
//! (`$unnest`), unnest it, take its fields apart. Start with `plan_relation`.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Column, NullHandling, TableReference, UnnestOptions};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, lit};
use sqlparser::ast::{JoinConstraint, JoinOperator, TableAlias, TableFactor};

use crate::error::{ErrorKind, SqlError};
use crate::functions;

/// Plans UNNEST in FROM.
#[derive(Debug)]
pub(crate) struct TrinoUnnest;

impl RelationPlanner for TrinoUnnest {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> DfResult<RelationPlanning> {
        let (left, unnest, outer) = match relation {
            TableFactor::UNNEST { .. } => (LogicalPlanBuilder::empty(true).build()?, relation, false),
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let is_unnest = matches!(table_with_joins.joins.as_slice(), [join] if matches!(join.relation, TableFactor::UNNEST { .. }));
                if !is_unnest {
                    return Ok(RelationPlanning::Original(Box::new(TableFactor::NestedJoin {
                        table_with_joins,
                        alias,
                    })));
                }
                let mut pair = *table_with_joins;
                let Some(join) = pair.joins.pop() else {
                    return Err(SqlError::new(ErrorKind::Internal, "an empty join").into());
                };
                let outer = is_outer(&join.join_operator)?;
                (context.plan(pair.relation)?, join.relation, outer)
            }
            other => return Ok(RelationPlanning::Original(Box::new(other))),
        };
        let TableFactor::UNNEST { alias, array_exprs, with_ordinality, .. } = unnest else {
            return Err(SqlError::new(ErrorKind::Internal, "not an UNNEST").into());
        };
        let mut args = Vec::with_capacity(array_exprs.len() + 1);
        for expr in array_exprs {
            args.push(context.sql_to_expr(expr, left.schema())?);
        }
        let plan = unnested(left, args, with_ordinality, outer, alias.as_ref())?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
    }
}

/// `LEFT JOIN ... ON TRUE` keeps rows whose arrays are empty. Error: any other condition, as in Trino.
fn is_outer(operator: &JoinOperator) -> Result<bool, SqlError> {
    let refused = || {
        SqlError::new(
            ErrorKind::NotSupported,
            "LEFT JOIN involving UNNEST is only supported with condition ON TRUE",
        )
    };
    match operator {
        JoinOperator::CrossJoin(_) => Ok(false),
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on) => {
            let JoinConstraint::On(condition) = on else { return Err(refused()) };
            if !condition.to_string().eq_ignore_ascii_case("true") {
                return Err(refused());
            }
            Ok(matches!(operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_)))
        }
        _ => Err(refused()),
    }
}

/// The hidden column that is unnested.
const COLUMN: &str = "$unnest";

fn unnested(
    left: LogicalPlan,
    mut args: Vec<Expr>,
    ordinality: bool,
    outer: bool,
    alias: Option<&TableAlias>,
) -> DfResult<LogicalPlan> {
    let missing = |name: &str| SqlError::new(ErrorKind::Internal, format!("{name} is missing"));
    let zip = functions::scalar("$unnest").ok_or_else(|| missing("$unnest"))?;
    let get = functions::scalar("$field").ok_or_else(|| missing("$field"))?;
    args.push(lit(ordinality));
    let call = Expr::ScalarFunction(ScalarFunction::new_udf(zip, args));
    let DataType::List(item) = call.get_type(left.schema().as_ref())? else {
        return Err(missing("an array").into());
    };
    let DataType::Struct(fields) = item.data_type().clone() else { return Err(missing("a row").into()) };

    let kept: Vec<Expr> = left.schema().columns().into_iter().map(Expr::Column).collect();
    let with_zip = kept.iter().cloned().chain([call.alias(COLUMN)]);
    let options = UnnestOptions {
        null_handling: if outer { NullHandling::PreserveAndExpandEmpty } else { NullHandling::Drop },
        ..UnnestOptions::default()
    };
    let rows = LogicalPlanBuilder::from(left)
        .project(with_zip)?
        .unnest_column_with_options(Column::from_name(COLUMN), options)?
        .build()?;

    let table: Option<TableReference> = alias.map(|a| TableReference::bare(a.name.value.clone()));
    let names: Vec<String> =
        alias.map(|a| a.columns.iter().map(|c| c.name.value.clone()).collect()).unwrap_or_default();
    if !names.is_empty() && names.len() != fields.len() {
        let message = format!(
            "Column alias list has {} entries but '{}' has {} columns available",
            names.len(),
            alias.map(|a| a.name.value.as_str()).unwrap_or(""),
            fields.len()
        );
        return Err(SqlError::new(ErrorKind::InvalidUse, message).into());
    }
    let taken = fields.iter().enumerate().map(|(i, field)| {
        let value = Expr::ScalarFunction(ScalarFunction::new_udf(
            Arc::clone(&get),
            vec![Expr::Column(Column::from_name(COLUMN)), lit(field.name().clone())],
        ));
        let name = names.get(i).cloned().unwrap_or_else(|| format!("$anonu{i}"));
        value.alias_qualified(table.clone(), name)
    });
    let all: Vec<Expr> = kept.into_iter().chain(taken).collect();
    LogicalPlanBuilder::from(rows).project(all)?.build()
}
