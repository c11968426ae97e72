//! Athena: queries, their results in S3, workgroups, named queries, prepared statements, and Glue's catalog seen through it.
//!
//! A query is QUEUED, then RUNNING while an executor has it (`executors/query.rs`), then its objects are stored, its
//! catalog changes made through Glue's own API, and only then it is SUCCEEDED.
//! Left out: Spark (sessions, notebooks, calculations), capacity reservations, federated catalogs, managed query results,
//! encryption of results, the binary `<id>.csv.metadata` file and the data manifest beside a result. Those calls answer
//! `NotImplemented`; the two files are not written. A query is not stopped at its time limit.
//! Time: a query waits `QUEUE_TIME` and runs for a modelled time (`limits.rs`).
//! Start with `state.rs`, then `state/queries.rs`: `start_query_execution`, then `state/finish.rs`.

mod error;
pub(crate) mod limits;
mod state;
#[cfg(test)]
mod tests;
mod work;

use wavetank_types::Timestamp;
use wavetank_wire::athena::{Request, Response};

pub use error::Refusal;
pub use state::Athena;
pub use work::{FailureKind, QueryFailure, QueryOutput, QueryResult, QueryWork, ResultColumn, WrittenObject};

use super::Service;
use crate::world::{Answer, Cx, Delivery, Output};

impl Service for Athena {
    type Request = Request;
    type Response = Response;
    type Error = Refusal;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, Refusal> {
        use Request as Q;
        self.be_there(cx.now);
        match request {
            Q::GetDatabase(_) | Q::GetTableMetadata(_) | Q::ListDatabases(_) | Q::ListTableMetadata(_) => {
                self.ask_glue(cx, request).map(Answer::Later)
            }
            Q::CreateNamedQuery(_)
            | Q::DeleteNamedQuery(_)
            | Q::GetNamedQuery(_)
            | Q::BatchGetNamedQuery(_)
            | Q::ListNamedQueries(_)
            | Q::UpdateNamedQuery(_) => self.on_named(cx, request).map(Answer::Now),
            Q::CreatePreparedStatement(_)
            | Q::DeletePreparedStatement(_)
            | Q::GetPreparedStatement(_)
            | Q::BatchGetPreparedStatement(_)
            | Q::ListPreparedStatements(_)
            | Q::UpdatePreparedStatement(_) => self.on_prepared(cx, request).map(Answer::Now),
            Q::BatchGetQueryExecution(_)
            | Q::GetQueryExecution(_)
            | Q::GetQueryResults(_)
            | Q::GetQueryRuntimeStatistics(_)
            | Q::ListQueryExecutions(_)
            | Q::StartQueryExecution(_)
            | Q::StopQueryExecution(_) => self.on_query(cx, request).map(Answer::Now),
            Q::CreateWorkGroup(_)
            | Q::DeleteWorkGroup(_)
            | Q::GetWorkGroup(_)
            | Q::ListWorkGroups(_)
            | Q::UpdateWorkGroup(_)
            | Q::ListEngineVersions(_)
            | Q::ListTagsForResource(_)
            | Q::TagResource(_)
            | Q::UntagResource(_)
            | Q::GetDataCatalog(_)
            | Q::ListDataCatalogs(_) => self.on_settings(cx, request).map(Answer::Now),
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.first_due()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.do_due(cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::JobDone { job, outcome } => match outcome.output {
                Output::Query(output) => self.job_done(cx, job, output),
                other => unreachable!("Athena asks for queries only, yet got {other:?}"),
            },
            Delivery::Reply { token, result } => self.replied(cx, token, result),
            other @ (Delivery::Log(_) | Delivery::Signal(_) | Delivery::Taken(_) | Delivery::Closed(_)) => {
                unreachable!("Athena asks for nothing of the kind, yet got {other:?}")
            }
        }
    }
}
