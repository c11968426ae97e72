//! Operators with Trino's types: what may be compared, what arithmetic gives, and when it fails.
//!
//! DataFusion would compare a date with a text and wrap integers around; Trino refuses both. Called by DataFusion's
//! planner for each binary operator. Start with `plan_binary_op`.

use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use datafusion::common::DFSchema;
use datafusion::common::{Column, TableReference};
use datafusion::error::Result as DfResult;
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::expr::{AggregateFunction, ScalarFunction};
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawAggregateExpr, RawBinaryExpr, RawWindowExpr,
};
use datafusion::logical_expr::{Cast, Expr, ExprSchemable, Operator, WindowFunctionDefinition, binary_expr};
use datafusion::scalar::ScalarValue;
use sqlparser::ast::BinaryOperator;

use crate::error::{ErrorKind, SqlError};
use crate::functions;
use crate::types::{common, is_integer, is_numeric, is_varchar, trino_name};

/// Plans operators, field access of rows, and ranks as `bigint`.
#[derive(Debug)]
pub(crate) struct TrinoOperators;

impl ExprPlanner for TrinoOperators {
    fn plan_binary_op(
        &self,
        raw: RawBinaryExpr,
        schema: &DFSchema,
    ) -> DfResult<PlannerResult<RawBinaryExpr>> {
        let (left, right) = (raw.left, raw.right);
        let types = (left.get_type(schema)?, right.get_type(schema)?);
        let planned = match raw.op {
            BinaryOperator::And => binary_expr(left, Operator::And, right),
            BinaryOperator::Or => binary_expr(left, Operator::Or, right),
            BinaryOperator::StringConcat => concat(left, right, &types)?,
            BinaryOperator::Eq => compare(left, Operator::Eq, right, &types)?,
            BinaryOperator::NotEq => compare(left, Operator::NotEq, right, &types)?,
            BinaryOperator::Lt => compare(left, Operator::Lt, right, &types)?,
            BinaryOperator::LtEq => compare(left, Operator::LtEq, right, &types)?,
            BinaryOperator::Gt => compare(left, Operator::Gt, right, &types)?,
            BinaryOperator::GtEq => compare(left, Operator::GtEq, right, &types)?,
            BinaryOperator::Plus => arithmetic(left, "+", right, &types)?,
            BinaryOperator::Minus => arithmetic(left, "-", right, &types)?,
            BinaryOperator::Multiply => arithmetic(left, "*", right, &types)?,
            BinaryOperator::Divide => arithmetic(left, "/", right, &types)?,
            BinaryOperator::Modulo => arithmetic(left, "%", right, &types)?,
            other => {
                let message = format!("mismatched input '{other}'. Expecting: an operator of Trino's");
                return Err(SqlError::new(ErrorKind::Syntax, message).into());
            }
        };
        Ok(PlannerResult::Planned(planned))
    }

    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> DfResult<PlannerResult<Vec<Expr>>> {
        let mut made = Expr::Column(Column::from((qualifier, field)));
        for name in nested_names {
            let function =
                functions::scalar("$field").ok_or_else(|| SqlError::new(ErrorKind::Internal, "$field"))?;
            let text = Expr::Literal(ScalarValue::Utf8(Some(name.clone())), None);
            made = Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![made, text]));
        }
        let last = nested_names.last().cloned().unwrap_or_default();
        Ok(PlannerResult::Planned(made.alias(last)))
    }

    /// DataFusion's estimate is unsigned, Trino's a `bigint`.
    fn plan_aggregate(&self, raw: RawAggregateExpr) -> DfResult<PlannerResult<RawAggregateExpr>> {
        if raw.func.name() != "approx_distinct" {
            return Ok(PlannerResult::Original(raw));
        }
        let first = raw.args.into_iter().take(1).collect();
        let call = AggregateFunction::new_udf(
            raw.func,
            first,
            raw.distinct,
            raw.filter,
            raw.order_by,
            raw.null_treatment,
        );
        Ok(PlannerResult::Planned(cast(Expr::AggregateFunction(call), &DataType::Int64)))
    }

    /// DataFusion counts rows in unsigned numbers, Trino in `bigint`.
    fn plan_window(&self, raw: RawWindowExpr) -> DfResult<PlannerResult<RawWindowExpr>> {
        let counts = ["row_number", "rank", "dense_rank", "ntile"];
        let is_count =
            matches!(&raw.func_def, WindowFunctionDefinition::WindowUDF(f) if counts.contains(&f.name()));
        if !is_count {
            return Ok(PlannerResult::Original(raw));
        }
        let window = datafusion::logical_expr::expr::WindowFunction {
            fun: raw.func_def,
            params: WindowFunctionParams {
                args: raw.args,
                partition_by: raw.partition_by,
                order_by: raw.order_by,
                window_frame: raw.window_frame,
                filter: raw.filter,
                null_treatment: raw.null_treatment,
                distinct: raw.distinct,
            },
        };
        Ok(PlannerResult::Planned(cast(Expr::WindowFunction(Box::new(window)), &DataType::Int64)))
    }
}

/// `TYPE_MISMATCH: line 1:33: Cannot apply operator: date = varchar(10)`. The position is added by `plan/mod.rs`.
///
/// Documented: github.com/trinodb/trino TypeSignatureTranslator tests and any Athena user's log.
pub(crate) fn mismatch(left: &str, operator: &str, right: &str) -> SqlError {
    SqlError::new(ErrorKind::TypeMismatch, format!("Cannot apply operator: {left} {operator} {right}"))
}

/// The type's name; a literal text's with its length, as Trino says it.
pub(crate) fn described(expr: &Expr, t: &DataType) -> String {
    match expr {
        Expr::Literal(value, _) if is_varchar(t) => match value.try_as_str() {
            Some(Some(text)) => format!("varchar({})", text.chars().count()),
            _ => "varchar".into(),
        },
        _ => trino_name(t),
    }
}

/// Casts unless the type is right already.
pub(crate) fn cast(expr: Expr, t: &DataType) -> Expr {
    Expr::Cast(Cast::new(Box::new(expr), t.clone()))
}

fn cast_if(expr: Expr, from: &DataType, to: &DataType) -> Expr {
    if from == to || (is_varchar(from) && is_varchar(to)) { expr } else { cast(expr, to) }
}

fn compare(left: Expr, op: Operator, right: Expr, types: &(DataType, DataType)) -> Result<Expr, SqlError> {
    let Some(t) = common(&types.0, &types.1) else {
        let symbol = if op == Operator::NotEq { "<>".to_string() } else { op.to_string() };
        return Err(mismatch(&described(&left, &types.0), &symbol, &described(&right, &types.1)));
    };
    Ok(binary_expr(cast_if(left, &types.0, &t), op, cast_if(right, &types.1, &t)))
}

fn call(name: &str, args: Vec<Expr>) -> Result<Expr, SqlError> {
    let function = functions::scalar(name)
        .ok_or_else(|| SqlError::new(ErrorKind::Internal, format!("{name} is missing")))?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, args)))
}

fn concat(left: Expr, right: Expr, types: &(DataType, DataType)) -> Result<Expr, SqlError> {
    let text = |t: &DataType| is_varchar(t) || t == &DataType::Null;
    let fits = (text(&types.0) && text(&types.1))
        || matches!(types, (DataType::List(_), _) | (_, DataType::List(_)))
        || matches!(types, (DataType::Binary, DataType::Binary));
    if !fits {
        return Err(mismatch(&described(&left, &types.0), "||", &described(&right, &types.1)));
    }
    call("concat", vec![left, right])
}

fn arithmetic(left: Expr, symbol: &str, right: Expr, types: &(DataType, DataType)) -> Result<Expr, SqlError> {
    let refuse = || mismatch(&described(&left, &types.0), symbol, &described(&right, &types.1));
    let operator = match symbol {
        "+" => Operator::Plus,
        "-" => Operator::Minus,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        _ => Operator::Modulo,
    };
    let name = match symbol {
        "+" => "$add",
        "-" => "$subtract",
        "*" => "$multiply",
        "/" => "$divide",
        _ => "$modulus",
    };
    let (l, r) = types;
    if is_moment(l)
        || is_moment(r)
        || matches!(l, DataType::Interval(_))
        || matches!(r, DataType::Interval(_))
    {
        let fits = match (l, symbol, r) {
            (a, "+" | "-", DataType::Interval(_)) if is_moment(a) => true,
            (DataType::Interval(_), "+", b) if is_moment(b) => true,
            (DataType::Interval(_), "+" | "-", DataType::Interval(_)) => true,
            (DataType::Interval(_), "*", b) if is_integer(b) => {
                return call("$interval_multiply", vec![left, right]);
            }
            (a, "*", DataType::Interval(_)) if is_integer(a) => {
                return call("$interval_multiply", vec![right, left]);
            }
            (a, "-", b) if is_moment(a) && is_moment(b) => {
                return call("$moment_subtract", vec![left, right]);
            }
            _ => false,
        };
        return if fits { Ok(binary_expr(left, operator, right)) } else { Err(refuse()) };
    }
    if (!is_numeric(l) && l != &DataType::Null) || (!is_numeric(r) && r != &DataType::Null) {
        return Err(refuse());
    }
    let decimal = |t: &DataType| matches!(t, DataType::Decimal128(..));
    match common(l, r) {
        Some(DataType::Decimal128(..)) if decimal(l) || decimal(r) => call(name, vec![left, right]),
        Some(t) if is_integer(&t) => call(name, vec![cast_if(left, l, &t), cast_if(right, r, &t)]),
        Some(t) => Ok(binary_expr(cast_if(left, l, &t), operator, cast_if(right, r, &t))),
        None => Err(refuse()),
    }
}

fn is_moment(t: &DataType) -> bool {
    matches!(t, DataType::Date32 | DataType::Timestamp(..) | DataType::Time32(_))
}
