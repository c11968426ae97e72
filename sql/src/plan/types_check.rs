//! A walk over the plan before DataFusion's own coercion: Trino refuses mixes that DataFusion would convert.
//!
//! Operators are checked while planning (`operators.rs`); here BETWEEN, IN, CASE, LIKE, UNION, and join keys.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DFSchemaRef};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

use crate::error::{ErrorKind, SqlError};
use crate::plan::operators::described;
use crate::types::{common, is_varchar, trino_name};

/// Error: `TYPE_MISMATCH` in Trino's words.
pub(crate) fn check(plan: &LogicalPlan) -> Result<(), SqlError> {
    plan.apply_with_subqueries(|node| {
        let schema = input_schema(node)?;
        check_node(node)?;
        node.apply_expressions(|expr| {
            expr.apply(|e| {
                check_expr(e, &schema)?;
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

fn input_schema(node: &LogicalPlan) -> DfResult<DFSchemaRef> {
    let mut merged = DFSchema::empty();
    for input in node.inputs() {
        merged.merge(input.schema());
    }
    if node.inputs().is_empty() {
        merged.merge(node.schema());
    }
    Ok(merged.into())
}

fn check_node(node: &LogicalPlan) -> Result<(), SqlError> {
    match node {
        LogicalPlan::Union(union) => {
            let Some((first, rest)) = union.inputs.split_first() else { return Ok(()) };
            for other in rest {
                for (i, (a, b)) in first.schema().fields().iter().zip(other.schema().fields()).enumerate() {
                    if common(a.data_type(), b.data_type()).is_none() {
                        return Err(SqlError::new(
                            ErrorKind::TypeMismatch,
                            format!(
                                "column {} in UNION query has incompatible types: {}, {}",
                                i + 1,
                                trino_name(a.data_type()),
                                trino_name(b.data_type())
                            ),
                        ));
                    }
                }
            }
        }
        LogicalPlan::Join(join) => {
            for (l, r) in &join.on {
                let (a, b) = (l.get_type(join.left.schema())?, r.get_type(join.right.schema())?);
                if common(&a, &b).is_none() {
                    return Err(crate::plan::operators::mismatch(&trino_name(&a), "=", &trino_name(&b)));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_expr(expr: &Expr, schema: &DFSchemaRef) -> Result<(), SqlError> {
    let type_of = |e: &Expr| e.get_type(schema.as_ref());
    match expr {
        Expr::Between(b) => {
            let (Ok(v), Ok(low), Ok(high)) = (type_of(&b.expr), type_of(&b.low), type_of(&b.high)) else {
                return Ok(());
            };
            if common(&v, &low).is_none() || common(&v, &high).is_none() {
                return Err(SqlError::new(
                    ErrorKind::TypeMismatch,
                    format!(
                        "Cannot check if {} is BETWEEN {} and {}",
                        trino_name(&v),
                        described(&b.low, &low),
                        described(&b.high, &high)
                    ),
                ));
            }
        }
        Expr::InList(list) => {
            let Ok(v) = type_of(&list.expr) else { return Ok(()) };
            for item in &list.list {
                let Ok(t) = type_of(item) else { continue };
                if common(&v, &t).is_none() {
                    return Err(SqlError::new(
                        ErrorKind::TypeMismatch,
                        format!(
                            "IN value and list items must be the same type: {}, {}",
                            trino_name(&v),
                            described(item, &t)
                        ),
                    ));
                }
            }
        }
        Expr::InSubquery(sub) => {
            let (Ok(v), Some(field)) = (type_of(&sub.expr), sub.subquery.subquery.schema().fields().first())
            else {
                return Ok(());
            };
            if common(&v, field.data_type()).is_none() {
                return Err(SqlError::new(
                    ErrorKind::TypeMismatch,
                    format!(
                        "value and result of subquery must be of the same type for IN expression: {} vs {}",
                        trino_name(&v),
                        trino_name(field.data_type())
                    ),
                ));
            }
        }
        Expr::Like(like) => {
            for side in [&like.expr, &like.pattern] {
                let Ok(t) = type_of(side) else { continue };
                if !is_varchar(&t) && t != DataType::Null {
                    return Err(SqlError::new(
                        ErrorKind::TypeMismatch,
                        format!(
                            "Left side of LIKE expression must evaluate to a varchar (actual: {})",
                            trino_name(&t)
                        ),
                    ));
                }
            }
        }
        Expr::AggregateFunction(call) => {
            let types: Result<Vec<DataType>, _> = call.params.args.iter().map(type_of).collect();
            if let Ok(types) = types {
                crate::functions::aggregate::check(call.func.name(), &types)?;
            }
        }
        Expr::Case(case) => {
            let mut so_far = DataType::Null;
            let results = case.when_then_expr.iter().map(|(_, then)| then).chain(case.else_expr.iter());
            for result in results {
                let Ok(t) = type_of(result) else { continue };
                let Some(merged) = common(&so_far, &t) else {
                    return Err(SqlError::new(
                        ErrorKind::TypeMismatch,
                        format!(
                            "All CASE results must be the same type or coercible to a common type. Cannot find common type between {} and {}, all types (without duplicates): [{}, {}]",
                            trino_name(&so_far),
                            trino_name(&t),
                            trino_name(&so_far),
                            trino_name(&t)
                        ),
                    ));
                };
                so_far = merged;
            }
            let tested = case.expr.as_ref().and_then(|e| type_of(e).ok());
            for (when, _) in &case.when_then_expr {
                if let (Some(v), Ok(t)) = (&tested, type_of(when))
                    && common(v, &t).is_none()
                {
                    return Err(SqlError::new(
                        ErrorKind::TypeMismatch,
                        format!(
                            "CASE operand type does not match WHEN clause operand type: {} vs {}",
                            trino_name(v),
                            trino_name(&t)
                        ),
                    ));
                }
            }
        }
        _ => {}
    }
    Ok(())
}
