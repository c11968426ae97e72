//! Why a statement failed, in Athena's words: the code and the sentence a client finds in `StateChangeReason`.
//!
//! Left out: AWS API errors (the emulator's). Start with `SqlError`.

use std::fmt;

use datafusion::arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

/// A place in the statement text. Both numbers start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

impl Position {
    /// The start of the text, where Trino points when it knows no better.
    pub const START: Position = Position { line: 1, column: 1 };
}

/// What kind of failure, named as Trino names its error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The text does not parse.
    Syntax,
    /// A table or view is not in the catalog.
    TableNotFound,
    /// A database is not in the catalog.
    SchemaNotFound,
    /// A name is no column in scope.
    ColumnNotFound,
    /// No function of that name is built.
    FunctionNotFound,
    /// A name fits several columns.
    AmbiguousName,
    /// Types do not fit together. Trino converts less than most engines.
    TypeMismatch,
    /// A plain column is selected beside aggregates.
    ExpressionNotAggregate,
    /// A wrong use of an alias, an ordinal or a clause.
    InvalidUse,
    /// Two output columns of one name where names must differ.
    DuplicateColumnName,
    /// `x / 0` on integers or decimals.
    DivisionByZero,
    /// A value cannot become the type asked for.
    InvalidCastArgument,
    /// An argument a function refuses.
    InvalidFunctionArgument,
    /// A number does not fit its type.
    NumericValueOutOfRange,
    /// A file does not hold what the table says.
    HiveBadData,
    /// A row of a file cannot be read.
    HiveCursorError,
    /// A file or folder of a table cannot be read.
    HiveCannotOpenSplit,
    /// The folder of a new table holds objects.
    HivePathAlreadyExists,
    /// A table of that name exists.
    TableAlreadyExists,
    /// A database of that name exists.
    SchemaAlreadyExists,
    /// A property of `WITH (...)` is unknown or has a wrong value.
    InvalidTableProperty,
    /// A view no longer parses or resolves.
    InvalidView,
    /// A scalar subquery gave several rows.
    SubqueryMultipleRows,
    /// The memory limit was met and nothing more could be spilled.
    ExceededMemory,
    /// A Hive DDL statement failed. The message opens with `FAILED:`.
    HiveDdl,
    /// AWS does this and we do not; or AWS refuses it too.
    NotSupported,
    /// A bug of ours.
    Internal,
}

impl ErrorKind {
    /// The code before the message, or nothing where Athena writes none.
    pub fn code(self) -> Option<&'static str> {
        Some(match self {
            ErrorKind::Syntax | ErrorKind::HiveDdl => return None,
            ErrorKind::TableNotFound => "TABLE_NOT_FOUND",
            ErrorKind::SchemaNotFound => "SCHEMA_NOT_FOUND",
            ErrorKind::ColumnNotFound => "COLUMN_NOT_FOUND",
            ErrorKind::FunctionNotFound => "FUNCTION_NOT_FOUND",
            ErrorKind::AmbiguousName => "AMBIGUOUS_NAME",
            ErrorKind::TypeMismatch => "TYPE_MISMATCH",
            ErrorKind::ExpressionNotAggregate => "EXPRESSION_NOT_AGGREGATE",
            ErrorKind::InvalidUse => "SYNTAX_ERROR",
            ErrorKind::DuplicateColumnName => "DUPLICATE_COLUMN_NAME",
            ErrorKind::DivisionByZero => "DIVISION_BY_ZERO",
            ErrorKind::InvalidCastArgument => "INVALID_CAST_ARGUMENT",
            ErrorKind::InvalidFunctionArgument => "INVALID_FUNCTION_ARGUMENT",
            ErrorKind::NumericValueOutOfRange => "NUMERIC_VALUE_OUT_OF_RANGE",
            ErrorKind::HiveBadData => "HIVE_BAD_DATA",
            ErrorKind::HiveCursorError => "HIVE_CURSOR_ERROR",
            ErrorKind::HiveCannotOpenSplit => "HIVE_CANNOT_OPEN_SPLIT",
            ErrorKind::HivePathAlreadyExists => "HIVE_PATH_ALREADY_EXISTS",
            ErrorKind::TableAlreadyExists => "TABLE_ALREADY_EXISTS",
            ErrorKind::SchemaAlreadyExists => "SCHEMA_ALREADY_EXISTS",
            ErrorKind::InvalidTableProperty => "INVALID_TABLE_PROPERTY",
            ErrorKind::InvalidView => "INVALID_VIEW",
            ErrorKind::SubqueryMultipleRows => "SUBQUERY_MULTIPLE_ROWS",
            ErrorKind::ExceededMemory => "EXCEEDED_LOCAL_MEMORY_LIMIT",
            ErrorKind::NotSupported => "NOT_SUPPORTED",
            ErrorKind::Internal => "GENERIC_INTERNAL_ERROR",
        })
    }
}

/// Why a statement failed. Nothing was written and nothing changes when one is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SqlError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// Where in the text, when that is known.
    pub at: Option<Position>,
    /// The sentence, without code and position.
    pub message: String,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.kind.code() {
            write!(f, "{code}: ")?;
        }
        if let Some(at) = self.at {
            write!(f, "line {}:{}: ", at.line, at.column)?;
        }
        f.write_str(&self.message)
    }
}

impl SqlError {
    /// An error of `kind` without a position.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        SqlError { kind, at: None, message: message.into() }
    }

    /// An error of `kind` at a place of the text.
    pub fn at(kind: ErrorKind, at: Position, message: impl Into<String>) -> Self {
        SqlError { kind, at: Some(at), message: message.into() }
    }

    /// AWS does it, we do not yet: the message names what.
    pub fn not_built(what: impl fmt::Display) -> Self {
        SqlError::new(ErrorKind::NotSupported, format!("NotImplemented: {what} is not built in wavetank"))
    }

    /// The statement's fault (Athena's error category 2) as against ours (category 1).
    ///
    /// Documented: docs.aws.amazon.com/athena/latest/APIReference/API_AthenaError.html
    pub fn is_user_error(&self) -> bool {
        !matches!(self.kind, ErrorKind::Internal | ErrorKind::ExceededMemory)
    }

    /// Gives a position to an error that has none.
    pub(crate) fn or_at(mut self, at: Option<Position>) -> Self {
        self.at = self.at.or(at);
        self
    }
}

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
