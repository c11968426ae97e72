//! MWAA: environments whose DAGs run on the real Apache Airflow that is installed on this machine.
//!
//! An environment copies the DAG folder of its bucket. The tank is the scheduler: what runs, when and on which interval is what
//! the DAG's own timetable says (`executors/airflow`); here is when it is asked, how many runs go at once, what is paused, what is
//! caught up. Task logs go to `airflow-NAME-Task`, import errors with file and line to `airflow-NAME-DAGProcessing`.
//! `InvokeRestApi` knows DAGs, DAG runs, their task instances and import errors, in the words of Airflow 2's API.
//! Stored and shown, without effect: network, classes, workers, web servers, maintenance windows, keys, requirements, plugins and
//! start-up scripts (install what DAGs import beside Airflow). Left out, and refused by name: the CLI's and the web server's tokens,
//! other paths of the REST API, teams, Identity Center. Where there is no Airflow, `CreateEnvironment` is refused and says how to get one.
//! Time: a state lasts as `limits.rs` says. A scheduled run comes by `advance` and keeps no tank from rest; a run that has begun does.
//! Start with `state/environments.rs`, then `state/dags.rs`.

mod error;
mod limits;
mod state;
#[cfg(test)]
mod tests;
pub mod work;

use wavetank_types::Timestamp;
use wavetank_wire::mwaa::{Request, Response};

pub use error::MwaaError;
pub use state::Mwaa;

use super::Service;
use crate::world::{Answer, Cx, Delivery, Output};

impl Service for Mwaa {
    type Request = Request;
    type Response = Response;
    type Error = MwaaError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, MwaaError> {
        use Request as Q;
        use Response as A;
        Ok(Answer::Now(match request {
            Q::CreateEnvironment(input) => return Ok(Answer::Later(self.create_environment(cx, input)?)),
            Q::InvokeRestApi(input) => return self.invoke_rest_api(cx, input),
            Q::UpdateEnvironment(input) => A::UpdateEnvironment(self.update_environment(cx, input)?),
            Q::GetEnvironment(input) => A::GetEnvironment(self.get_environment(&input)?),
            Q::ListEnvironments(input) => A::ListEnvironments(self.list_environments(&input)?),
            Q::DeleteEnvironment(input) => A::DeleteEnvironment(self.delete_environment(cx, &input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags(&input)?),
            Q::TagResource(input) => A::TagResource(self.tag(input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag(&input)?),
            Q::CreateCliToken(_) | Q::CreateWebLoginToken(_) => {
                return Err(MwaaError::NotBuilt(request.operation().to_owned()));
            }
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.next_change()
    }

    fn next_routine(&self) -> Option<Timestamp> {
        self.next_run()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.go_on(cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::JobDone { job, outcome } => match outcome.output {
                Output::Airflow(output) => self.job_done(cx, job, output.result),
                other => unreachable!("MWAA asks for Airflow only, yet got {other:?}"),
            },
            other => unreachable!("MWAA asked for nothing like {other:?}"),
        }
    }
}
