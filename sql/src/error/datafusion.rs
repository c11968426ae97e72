//! DataFusion's and Arrow's errors as Athena would say them.
//!
//! DataFusion says in prose what Trino says with a code: what is not recognised stays a plain refusal.

use arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use super::{ErrorKind, SqlError};

impl From<SqlError> for DataFusionError {
    fn from(error: SqlError) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

impl From<SqlError> for ArrowError {
    fn from(error: SqlError) -> Self {
        ArrowError::ExternalError(Box::new(error))
    }
}

impl From<ArrowError> for SqlError {
    fn from(error: ArrowError) -> Self {
        from_arrow(&error)
    }
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        from_datafusion(&error)
    }
}

fn from_arrow(error: &ArrowError) -> SqlError {
    match error {
        ArrowError::DivideByZero => SqlError::new(ErrorKind::DivisionByZero, "Division by zero"),
        ArrowError::ArithmeticOverflow(what) => {
            SqlError::new(ErrorKind::NumericValueOutOfRange, what.clone())
        }
        ArrowError::CastError(what) | ArrowError::ParseError(what) => {
            SqlError::new(ErrorKind::InvalidCastArgument, what.clone())
        }
        ArrowError::ExternalError(inner) => from_boxed(inner.as_ref()),
        other => SqlError::new(ErrorKind::Internal, other.to_string()),
    }
}

fn from_boxed(inner: &(dyn std::error::Error + Send + Sync + 'static)) -> SqlError {
    if let Some(ours) = inner.downcast_ref::<SqlError>() {
        return ours.clone();
    }
    if let Some(theirs) = inner.downcast_ref::<DataFusionError>() {
        return from_datafusion(theirs);
    }
    if let Some(theirs) = inner.downcast_ref::<ArrowError>() {
        return from_arrow(theirs);
    }
    SqlError::new(ErrorKind::Internal, inner.to_string())
}

fn from_datafusion(error: &DataFusionError) -> SqlError {
    match error {
        DataFusionError::External(inner) => from_boxed(inner.as_ref()),
        DataFusionError::ArrowError(inner, _) => from_arrow(inner),
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => from_datafusion(inner),
        DataFusionError::Shared(inner) => from_datafusion(inner),
        DataFusionError::Collection(all) => match all.first() {
            Some(first) => from_datafusion(first),
            None => SqlError::new(ErrorKind::Internal, "an empty list of errors"),
        },
        DataFusionError::SchemaError(schema, _) => from_schema(schema),
        DataFusionError::ResourcesExhausted(what) => {
            SqlError::new(ErrorKind::ExceededMemory, format!("Query exceeded per-node memory limit [{what}]"))
        }
        DataFusionError::NotImplemented(what) => SqlError::not_built(what),
        DataFusionError::Plan(what) => from_plan(what),
        DataFusionError::Execution(what) => from_execution(what),
        other => SqlError::new(ErrorKind::Internal, other.strip_backtrace()),
    }
}

fn from_schema(error: &SchemaError) -> SqlError {
    match error {
        SchemaError::FieldNotFound { field, .. } => {
            let name = match &field.relation {
                Some(table) => format!("{}.{}", table.table(), field.name),
                None => field.name.clone(),
            };
            column_not_found(&name)
        }
        SchemaError::AmbiguousReference { field } => {
            SqlError::new(ErrorKind::AmbiguousName, format!("Column '{}' is ambiguous", field.name))
        }
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => SqlError::new(
            ErrorKind::DuplicateColumnName,
            format!("Column name '{name}' specified more than once"),
        ),
    }
}

/// Documented: github.com/aws-samples/aiml-genai-multimodal-agent/issues/17 (a client's log, 2024).
pub(crate) fn column_not_found(name: &str) -> SqlError {
    SqlError::new(
        ErrorKind::ColumnNotFound,
        format!(
            "Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
        ),
    )
}

/// DataFusion says in prose what Trino says with a code. What is not recognised stays a plain refusal.
fn from_plan(what: &str) -> SqlError {
    if let Some(ours) = wrapped(what) {
        return ours;
    }
    if let Some(refused) = refused_call(what) {
        return refused;
    }
    if what.contains("GROUP BY clause") || what.contains("must be in GROUP BY") {
        let name = what.split('"').nth(1).unwrap_or("expression");
        let name = name.rsplit('.').next().unwrap_or(name);
        return SqlError::new(
            ErrorKind::ExpressionNotAggregate,
            format!("'{name}' must be an aggregate expression or appear in GROUP BY clause"),
        );
    }
    if what.contains("unique expression names") {
        return SqlError::new(ErrorKind::DuplicateColumnName, what);
    }
    if what.contains("UNION") || what.contains("coerce") || what.contains("types") {
        return SqlError::new(ErrorKind::TypeMismatch, what);
    }
    SqlError::new(ErrorKind::InvalidUse, what)
}

/// Our own error inside a sentence of DataFusion's, or an aggregate that refuses its arguments.
fn wrapped(what: &str) -> Option<SqlError> {
    let (inner, _) =
        what.split_once("External error: ")?.1.split_once(". No function matches").or_else(|| {
            let rest = what.split_once("External error: ")?.1;
            Some((rest, ""))
        })?;
    let kinds = [
        ErrorKind::FunctionNotFound,
        ErrorKind::TypeMismatch,
        ErrorKind::InvalidUse,
        ErrorKind::InvalidFunctionArgument,
    ];
    kinds.into_iter().find_map(|kind| {
        let message = inner.strip_prefix(kind.code()?)?.strip_prefix(": ")?;
        Some(SqlError::new(kind, message))
    })
}

/// `... argument types 'stddev(Utf8View)'. ...`: the name and DataFusion's type names.
fn refused_call(what: &str) -> Option<SqlError> {
    let call = what.split_once("argument types '")?.1.split_once("'.")?.0;
    let (name, types) = call.split_once('(')?;
    let types: Vec<String> = types.trim_end_matches(')').split(", ").map(trino_type).collect();
    let expected = crate::functions::aggregate::expected(name);
    let message =
        format!("Unexpected parameters ({}) for function {name}. Expected: {expected}", types.join(", "));
    Some(SqlError::new(ErrorKind::FunctionNotFound, message))
}

fn trino_type(arrow: &str) -> String {
    match arrow {
        "Utf8" | "Utf8View" => "varchar".into(),
        "LargeUtf8" => "json".into(),
        "Int8" => "tinyint".into(),
        "Int16" => "smallint".into(),
        "Int32" => "integer".into(),
        "Int64" => "bigint".into(),
        "Float32" => "real".into(),
        "Float64" => "double".into(),
        "Date32" => "date".into(),
        "Boolean" => "boolean".into(),
        other => other.to_lowercase(),
    }
}

fn from_execution(what: &str) -> SqlError {
    if let Some(ours) = wrapped(what) {
        return ours;
    }
    if what.contains("more than one row") || what.contains("More than one row") {
        return SqlError::new(ErrorKind::SubqueryMultipleRows, "Scalar sub-query has returned multiple rows");
    }
    SqlError::new(ErrorKind::Internal, what)
}
