//! Athena's queries in a build without an engine (feature `sql`): each fails and says why.

use std::time::Duration;

use wavetank_types::Timestamp;

use super::{Door, Executors};
use crate::services::athena::{FailureKind, QueryFailure, QueryOutput, QueryWork};
use crate::world::{Outcome, Output};

/// Fails the statement.
pub(super) async fn run(_: &Executors, _: Door, _: Timestamp, _: QueryWork) -> Outcome {
    let reason = "NOT_SUPPORTED: NotImplemented: this build of wavetank has no query engine: build it with the \
                  feature `sql`";
    let result = Err(QueryFailure::new(FailureKind::Statement, reason));
    let output = QueryOutput { result, bytes_scanned: 0, planning: Duration::ZERO };
    Outcome { duration: Duration::ZERO, output: Output::Query(output) }
}
