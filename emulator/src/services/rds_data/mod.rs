//! The RDS Data API: SQL over HTTP on an instance of this tank, with a login from Secrets Manager.
//!
//! Ours: `resourceArn` takes an instance's ARN; AWS has the API for Aurora clusters alone. The database is `database`, the
//! instance's, or `postgres`. Left out: arrays as parameters, `schema`, generated fields, `continueAfterTimeout` (a statement
//! always ends at its time-out), the deprecated ExecuteSql.
//! Time: a statement takes `work::STATEMENT`; a transaction that waits for three minutes, or is a day old, is rolled back in tank
//! time; a statement's own time-out is real. A statement that meets a server that has died fails, as on AWS, and is answered when
//! the instance knows of it: tries a minute later find it started again.
//! Start with `state.rs`; `names.rs` reads `:name`, `values.rs` turns values both ways.

mod error;
pub mod names;
mod state;
#[cfg(test)]
mod tests;
mod values;
pub mod work;

use wavetank_types::Timestamp;
use wavetank_wire::rds_data::{Request, Response};

pub use error::DataError;
pub use state::RdsData;

use super::Service;
use crate::world::{Answer, Cx, Delivery, Output};

impl Service for RdsData {
    type Request = Request;
    type Response = Response;
    type Error = DataError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, DataError> {
        self.begin(cx, request).map(Answer::Later)
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        RdsData::next_deadline(self)
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        RdsData::tick(self, cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::Reply { token, result } => self.heard(cx, token, result),
            Delivery::JobDone { job, outcome } => match outcome.output {
                Output::Sql(output) => self.job_done(cx, job, output.result),
                other => unreachable!("the Data API asks for SQL only, yet got {other:?}"),
            },
            other => unreachable!("the Data API asked for nothing like {other:?}"),
        }
    }
}
