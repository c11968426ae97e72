//! Why something that a test asked of its tank did not happen.

use std::fmt;

use wavetank_wire::WireError;

use super::deploy::NotMade;
use crate::failing::log_of;
use crate::observe::ObserveError;
use crate::send::{SendError, SinkError};

/// What a failing call of [`super::Tank`] says. It prints as text with `{}` and with `{:?}`, so that `unwrap` and `?` tell it
/// as it is meant to be read.
#[derive(Clone, thiserror::Error)]
pub enum TankError {
    /// A template or a function's code cannot be read.
    #[error(
        "cannot read {path}: {cause}\nhint: a relative path begins at the folder of the test's Cargo.toml"
    )]
    File {
        /// As it was looked for.
        path: String,
        /// What the file system said.
        cause: String,
    },
    /// A template's resources were not made.
    #[error(transparent)]
    NotMade(#[from] Box<NotMade>),
    /// An API call was refused.
    #[error("{asked}: {error}")]
    Refused {
        /// What was asked, such as `Invoke orders`.
        asked: String,
        /// The answer.
        error: WireError,
    },
    /// A function's code failed.
    #[error("function `{function}` failed: {error_type}: {message}{}", log_of(.log))]
    Function {
        /// Its name.
        function: String,
        /// Such as `ValueError`; the type's name of a Rust error.
        error_type: String,
        /// Its own words.
        message: String,
        /// The last lines of that run's log.
        log: Vec<String>,
    },
    /// A function's answer is not of the type that is asked for.
    #[error("function `{function}` answered {answer}\nwhich is not what is asked for: {cause}")]
    Answer {
        /// Its name.
        function: String,
        /// The answer, as JSON.
        answer: String,
        /// Why not.
        cause: String,
    },
    /// A query failed.
    #[error("the query failed: {reason}\n  {sql}")]
    Query {
        /// The query.
        sql: String,
        /// Athena's reason.
        reason: String,
    },
    /// A row of an answer does not fit the struct.
    #[error("row {row}, {cause}\n  the columns are {columns}")]
    Row {
        /// From 1.
        row: usize,
        /// Which column, and why.
        cause: String,
        /// The columns' names.
        columns: String,
    },
    /// A text that names no place.
    #[error(
        "`{0}` names no place\nhint: write s3://bucket/prefix, kinesis:NAME, firehose:NAME, sqs:NAME, dynamodb:NAME or logs:GROUP"
    )]
    Place(String),
    /// A place that takes no records.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Records were not taken.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Records that cannot be sent.
    #[error("{0}")]
    Records(String),
    /// A place cannot be read.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// A generator's profile.
    #[error(transparent)]
    Profile(#[from] wavetank_generators::registry::ProfileError),
    /// This machine gives no port.
    #[error("cannot listen on 127.0.0.1: {0}\nhint: a sandbox may forbid it; functions in Rust need no port")]
    NoPort(String),
}

impl TankError {
    pub(super) fn refused(asked: impl Into<String>) -> impl FnOnce(WireError) -> Self {
        let asked = asked.into();
        move |error| Self::Refused { asked, error }
    }
}

impl fmt::Debug for TankError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
