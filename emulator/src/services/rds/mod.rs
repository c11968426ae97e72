//! RDS for PostgreSQL: each instance is a real server process on this machine, with its snapshots; Aurora clusters whose instances
//! share one; parameter and subnet groups, tags, events.
//!
//! The endpoint is 127.0.0.1 and a free port if none is asked for, so that any client joins. The server is the PostgreSQL that is
//! installed, of the major version that is asked for if there is one: `EngineVersion` says which runs. Where there is none, what needs
//! one is refused.
//! Stored and shown, without effect: networks, storage, classes, windows, monitoring, log exports, maintenance. Left out: other
//! engines, replicas, Multi-AZ's standby, automated backups and recovery to a point in time, option groups, TLS; those
//! answer `NotImplemented`.
//! Time: each status lasts as `limits.rs` says, and as long as the real server takes where time is real. An instance is never
//! `available` before its server accepts connections.
//! Start with `state/create.rs`, then `state/jobs.rs`.

mod error;
mod limits;
mod settings;
mod state;
#[cfg(test)]
mod tests;
pub mod work;

use wavetank_types::Timestamp;
use wavetank_wire::rds::{self as w, Request, Response};

pub use error::RdsError;
pub use state::Rds;

use super::{AwsError as _, Service};
use crate::world::{Answer, Cx, Delivery, Output};

impl Service for Rds {
    type Request = Request;
    type Response = Response;
    type Error = RdsError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, RdsError> {
        if let Some(major) = self.needs_server(&request) {
            return Ok(Answer::Later(self.look_for_server(cx, major, request)));
        }
        self.answer(cx, request).map(Answer::Now)
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Rds::next_deadline(self)
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        Rds::tick(self, cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::JobDone { job, outcome } => match outcome.output {
                Output::Postgres(output) => self.job_done(cx, job, output.result),
                other => unreachable!("RDS asks for servers only, yet got {other:?}"),
            },
            Delivery::Signal(topic) => self.server_died(cx, &topic),
            Delivery::Reply { token, result } => self.secret_made(cx, token, result),
            other => unreachable!("RDS asked for nothing like {other:?}"),
        }
    }
}

impl Rds {
    /// One request whose server, if it needs one, is known to be there.
    fn answer(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, RdsError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateDBInstance(input) => A::CreateDBInstance(self.create_instance(cx, input)?),
            Q::DescribeDBInstances(input) => A::DescribeDBInstances(self.describe_instances(&input)?),
            Q::ModifyDBInstance(input) => A::ModifyDBInstance(self.modify_instance(cx, &input)?),
            Q::DeleteDBInstance(input) => A::DeleteDBInstance(self.delete_instance(cx, &input)?),
            Q::StartDBInstance(input) => A::StartDBInstance(self.start_instance(cx, &input)?),
            Q::StopDBInstance(input) => A::StopDBInstance(self.stop_instance(cx, &input)?),
            Q::RebootDBInstance(input) => A::RebootDBInstance(self.reboot_instance(cx, &input)?),
            Q::CreateDBSnapshot(input) => A::CreateDBSnapshot(self.create_snapshot(cx, &input)?),
            Q::CopyDBSnapshot(input) => A::CopyDBSnapshot(self.copy_snapshot(cx, &input)?),
            Q::DescribeDBSnapshots(input) => A::DescribeDBSnapshots(self.describe_snapshots(&input)?),
            Q::DeleteDBSnapshot(input) => A::DeleteDBSnapshot(self.delete_snapshot(cx, &input)?),
            Q::RestoreDBInstanceFromDBSnapshot(input) => {
                A::RestoreDBInstanceFromDBSnapshot(self.restore_instance(cx, input)?)
            }
            Q::DescribeDBEngineVersions(input) => {
                A::DescribeDBEngineVersions(self.engine_versions(cx, &input)?)
            }
            Q::DescribeOrderableDBInstanceOptions(input) => {
                A::DescribeOrderableDBInstanceOptions(self.orderable_options(cx, &input)?)
            }
            Q::DescribeEvents(input) => A::DescribeEvents(self.describe_events(cx, &input)?),
            other => self.answer_of_groups(cx, other)?,
        })
    }

    fn answer_of_groups(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, RdsError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateDBParameterGroup(input) => {
                A::CreateDBParameterGroup(self.create_parameter_group(cx, input)?)
            }
            Q::DescribeDBParameterGroups(input) => {
                A::DescribeDBParameterGroups(self.describe_parameter_groups(cx, &input)?)
            }
            Q::DescribeDBParameters(input) => A::DescribeDBParameters(self.describe_parameters(&input)?),
            Q::ModifyDBParameterGroup(input) => {
                A::ModifyDBParameterGroup(self.modify_parameter_group(input)?)
            }
            Q::ResetDBParameterGroup(input) => A::ResetDBParameterGroup(self.reset_parameter_group(input)?),
            Q::DeleteDBParameterGroup(input) => {
                self.delete_parameter_group(cx, &input)?;
                A::DeleteDBParameterGroup(w::DeleteDBParameterGroupOutput {})
            }
            Q::CreateDBSubnetGroup(input) => A::CreateDBSubnetGroup(self.create_subnet_group(cx, input)?),
            Q::DescribeDBSubnetGroups(input) => {
                A::DescribeDBSubnetGroups(self.describe_subnet_groups(&input)?)
            }
            Q::ModifyDBSubnetGroup(input) => A::ModifyDBSubnetGroup(self.modify_subnet_group(cx, &input)?),
            Q::DeleteDBSubnetGroup(input) => {
                self.delete_subnet_group(cx, &input)?;
                A::DeleteDBSubnetGroup(w::DeleteDBSubnetGroupOutput {})
            }
            Q::AddTagsToResource(input) => {
                self.add_tags(cx, input)?;
                A::AddTagsToResource(w::AddTagsToResourceOutput {})
            }
            Q::RemoveTagsFromResource(input) => {
                self.remove_tags(cx, &input)?;
                A::RemoveTagsFromResource(w::RemoveTagsFromResourceOutput {})
            }
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags(cx, &input)?),
            other => self.answer_of_clusters(cx, other)?,
        })
    }

    fn answer_of_clusters(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, RdsError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateDBCluster(input) => A::CreateDBCluster(self.create_cluster(cx, input)?),
            Q::DescribeDBClusters(input) => A::DescribeDBClusters(self.describe_clusters(&input)?),
            Q::ModifyDBCluster(input) => A::ModifyDBCluster(self.modify_cluster(cx, &input)?),
            Q::DeleteDBCluster(input) => A::DeleteDBCluster(self.delete_cluster(cx, &input)?),
            Q::StartDBCluster(input) => A::StartDBCluster(self.start_cluster(cx, &input)?),
            Q::StopDBCluster(input) => A::StopDBCluster(self.stop_cluster(cx, &input)?),
            Q::CreateDBClusterSnapshot(input) => {
                A::CreateDBClusterSnapshot(self.create_cluster_snapshot(cx, &input)?)
            }
            Q::DescribeDBClusterSnapshots(input) => {
                A::DescribeDBClusterSnapshots(self.describe_cluster_snapshots(&input)?)
            }
            Q::DeleteDBClusterSnapshot(input) => {
                A::DeleteDBClusterSnapshot(self.delete_cluster_snapshot(cx, &input)?)
            }
            Q::RestoreDBClusterFromSnapshot(input) => {
                A::RestoreDBClusterFromSnapshot(self.restore_cluster(cx, &input)?)
            }
            other => return Err(RdsError::NotBuilt(other.operation().to_owned())),
        })
    }

    /// Answers what has waited to know which server there is.
    fn answer_late(&mut self, cx: &mut Cx<'_>, ticket: crate::world::Ticket, request: Request) {
        use wavetank_wire::ResponseSet as _;
        let answer = self.answer(cx, request).map(Response::to_val).map_err(|error| error.wire());
        cx.push(crate::world::Effect::Answer(ticket, answer));
    }
}
