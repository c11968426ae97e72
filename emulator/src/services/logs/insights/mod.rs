//! The language of CloudWatch Logs Insights: from a text to a [`Plan`], and from a plan and events to rows.
//!
//! `lex.rs` cuts the text, `parse.rs` reads the commands and `expression.rs` what stands in them; names become places of a
//! row at once (`scope.rs`), so that nothing is looked up by name while events pass. `run.rs` pushes events through the
//! commands one by one; `row.rs` says what an event's fields are, and reads a JSON message only for the fields that the
//! query names (`discover.rs`). Messages are borrowed, never copied.
//! Left out, refused by name: pattern, diff, anomaly, join, lookup, unmask, filterIndex, SOURCE, subqueries, time-series
//! functions; SQL and PPL. VPC flow logs and other fixed formats are not discovered; Lambda's are.
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html and its pages (read 2026-11-28, and
//! their older form in awsdocs/amazon-cloudwatch-logs-user-guide) unless a line says otherwise.

mod discover;
mod error;
mod eval;
mod expression;
mod functions;
mod invocation;
mod ip;
mod lex;
mod parse;
mod period;
#[cfg(test)]
mod props;
mod row;
mod run;
mod scope;
mod stats;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod value;

pub(super) use discover::flattened;
pub use error::QueryError;
pub(super) use row::{Place, Source};
pub(super) use run::{Counts, run};
pub(super) use syntax::Plan;

/// Reads a query.
pub(super) fn plan(text: &str) -> Result<Plan, QueryError> {
    parse::Parser::new(text)?.query()
}
