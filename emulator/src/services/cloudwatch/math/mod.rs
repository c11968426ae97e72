//! Metric math: expressions over metrics and over each other.
//!
//! `lex.rs` and `parse.rs` read an expression; `value.rs` is what it is about: numbers, time series, arrays of series;
//! `operators.rs` and `functions.rs` work on those; `eval.rs` goes through a tree of them.
//! A point that cannot be computed (a division by zero) is not there.
//! Documented: operators, functions and their types (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, read
//! 2026-11-29). Assumed: the sentences of refusals.
//! Left out, refused by name: `SEARCH`, Metrics Insights SQL, anomaly bands, insight rules, service quotas, Lambda data sources.

mod eval;
mod functions;
mod lex;
mod operators;
mod parse;
#[cfg(test)]
mod tests;
mod value;

pub(super) use eval::{Scene, evaluate};
pub(super) use parse::{Expr, parse};
pub(super) use value::{Line, Value};

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MathError {
    #[error("{what} at position {at}")]
    Syntax { what: String, at: usize },
    #[error("{0}")]
    Meaning(String),
    #[error("{0}")]
    NotBuilt(String),
}

impl MathError {
    fn meaning(said: impl Into<String>) -> Self {
        Self::Meaning(said.into())
    }
}
