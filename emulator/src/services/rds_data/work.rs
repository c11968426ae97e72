//! What the Data API asks of the executor that speaks to servers, and what it hears back.

use std::time::Duration;

use bytes::Bytes;

use super::names::Statement;

/// How long a statement takes in tank time. Assumed; a real database takes what it takes, and a run must replay.
pub(crate) const STATEMENT: Duration = Duration::from_millis(10);

/// One piece of work on one database.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlWork {
    /// Where, and as whom.
    pub login: Login,
    /// In which transaction; none commits at once.
    pub transaction: Option<String>,
    /// What is to be done.
    pub task: SqlTask,
}

/// A way into a database of this machine.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login {
    /// Of 127.0.0.1.
    pub port: u16,
    /// Who.
    pub user: String,
    /// His password.
    pub password: String,
    /// Which database.
    pub database: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("port", &self.port).field("user", &self.user).finish_non_exhaustive()
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlTask {
    /// One statement, once for each set of values.
    Execute {
        /// With `$1` for the first name.
        statement: Statement,
        /// For each run, what each name stands for.
        sets: Vec<Vec<Bound>>,
    },
    /// Open the transaction.
    Begin,
    /// End it, and keep what was done.
    Commit,
    /// End it, and undo what was done.
    Rollback,
}

/// A value of a parameter, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Of which type.
    pub kind: Kind,
    /// None is NULL.
    pub text: Option<String>,
}

/// The type that a value is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is PostgreSQL's type of that name")]
pub enum Kind {
    Unknown,
    Bool,
    Int8,
    Float8,
    Text,
    Bytea,
    Date,
    Time,
    Timestamp,
    Numeric,
    Uuid,
    Json,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlOutput {
    /// Rows and counts, or why there are none.
    pub result: Result<Done, SqlFailure>,
}

/// What a statement has given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// None for a statement without a result.
    pub columns: Vec<Column>,
    /// In the database's order.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that were changed, of all runs together.
    pub affected: u64,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As the statement calls it.
    pub name: String,
    /// PostgreSQL's name of the type, such as `int4`.
    pub type_name: String,
    /// What the type carries, such as a numeric's precision.
    pub modifier: i32,
}

/// One value of a result.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is a value of that kind")]
pub enum Cell {
    Null,
    Bool(bool),
    Long(i64),
    Double(f64),
    Decimal(String),
    Text(String),
    Blob(Bytes),
    Array(Vec<Cell>),
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlFailure {
    /// What the database has said.
    #[error("{message}")]
    Database {
        /// With its severity.
        message: String,
        /// The character of the statement, from 1.
        position: Option<u32>,
        /// Such as `42601`.
        state: String,
    },
    /// The database did not let us in.
    #[error("{0}")]
    Refused(String),
    /// The server is gone, or is just coming or going. That it has ended is known to its instance by now.
    #[error("{0}")]
    Gone(String),
    /// The transaction is over, or its connection has gone.
    #[error("the transaction is not there")]
    NoTransaction,
    /// The statement has run for too long.
    #[error("the statement has run for too long")]
    TimedOut,
    /// The result is larger than the API gives.
    #[error("Database returned more than the allowed response size limit")]
    TooLarge,
    /// A type that the API has no value for.
    #[error("The result contains the unsupported data type {0}")]
    Unsupported(String),
}
