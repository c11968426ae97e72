//! Why a statement failed, in Athena's words: the code and the sentence a client finds in `StateChangeReason`.
//!
//! Left out: AWS API errors (the emulator's). Start with `SqlError`.

#[cfg(feature = "engine")]
mod datafusion;

use std::fmt;

#[cfg(feature = "engine")]
pub(crate) use datafusion::column_not_found;

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
    #[cfg(feature = "engine")]
    pub(crate) fn or_at(mut self, at: Option<Position>) -> Self {
        self.at = self.at.or(at);
        self
    }
}
