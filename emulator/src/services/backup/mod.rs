//! AWS Backup: vaults, plans that run by their schedule, selections by ARN or tag, jobs, recovery points that are deleted when
//! their time is over, restores.
//!
//! It backs up DynamoDB tables, through DynamoDB's own public operations; other resources are refused by name. A recovery point is a
//! backup of DynamoDB, which shows it as one that a user made. Left out: copies to other vaults, cold storage (stored and shown,
//! nothing moves), locks and access policies of vaults, reports, audits, restore tests; those answer `NotImplemented`.
//! Time: a job runs for [`limits::JOB`]; a plan runs at the minute that its schedule names, by `advance`, and lets `settle` come to
//! rest; start windows are not waited for.
//! Start with `jobs.rs`, then `plans.rs`; `schedule.rs` says when plans run.

mod error;
mod jobs;
mod limits;
mod plans;
mod points;
mod restores;
mod schedule;
mod selection;
#[cfg(test)]
mod tests;
mod vaults;

use std::collections::BTreeMap;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::backup::{self as w, Request, Response};

pub use error::BackupError;

use self::jobs::Job;
use self::plans::Plan;
use self::points::Point;
use self::restores::Restore;
use self::selection::Search;
use self::vaults::Vault;
use super::Service;
use crate::world::{Answer, Cx, Delivery};

/// AWS Backup of one account and region.
#[derive(Debug, Default)]
pub struct Backup {
    vaults: BTreeMap<String, Vault>,
    /// By ARN.
    points: BTreeMap<String, Point>,
    plans: BTreeMap<String, Plan>,
    jobs: BTreeMap<String, Job>,
    restores: BTreeMap<String, Restore>,
    /// By the ARN of a vault, plan or recovery point.
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// What DynamoDB owes, by token.
    owed: BTreeMap<u64, Owed>,
}

/// What an answer of DynamoDB is for.
#[derive(Clone, Debug)]
enum Owed {
    /// A job's backup.
    Made(String),
    /// How large a job's backup is.
    Measured(String),
    /// A restore's table.
    Restored(String),
    /// Whether a restore's table is there.
    Looked(String),
    /// A page of tables, for a rule's run.
    Tables(Search),
    /// The tags of a table, for a rule's run.
    Tags(Search, String),
}

impl Service for Backup {
    type Request = Request;
    type Response = Response;
    type Error = BackupError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, BackupError> {
        use Request as Q;
        use Response as A;
        Ok(Answer::Now(match request {
            Q::StartBackupJob(input) => A::StartBackupJob(self.start_backup_job(cx, &input)?),
            Q::DescribeBackupJob(input) => A::DescribeBackupJob(self.describe_backup_job(&input)?),
            Q::ListBackupJobs(input) => A::ListBackupJobs(self.list_backup_jobs(&input)?),
            Q::StopBackupJob(input) => {
                self.stop_backup_job(cx, &input)?;
                A::StopBackupJob(w::StopBackupJobOutput {})
            }
            Q::StartRestoreJob(input) => A::StartRestoreJob(self.start_restore_job(cx, input)?),
            Q::DescribeRestoreJob(input) => A::DescribeRestoreJob(self.describe_restore_job(&input)?),
            Q::ListRestoreJobs(input) => A::ListRestoreJobs(self.list_restore_jobs(&input)?),
            Q::ListRecoveryPointsByBackupVault(input) => {
                A::ListRecoveryPointsByBackupVault(self.list_points_by_vault(&input)?)
            }
            Q::ListRecoveryPointsByResource(input) => {
                A::ListRecoveryPointsByResource(self.list_points_by_resource(&input)?)
            }
            Q::DescribeRecoveryPoint(input) => A::DescribeRecoveryPoint(self.describe_point(&input)?),
            Q::DeleteRecoveryPoint(input) => {
                self.delete_point(cx, &input)?;
                A::DeleteRecoveryPoint(w::DeleteRecoveryPointOutput {})
            }
            Q::GetRecoveryPointRestoreMetadata(input) => {
                A::GetRecoveryPointRestoreMetadata(self.restore_metadata(&input)?)
            }
            other => self.set_up(cx, other)?,
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let jobs = self.jobs.values().filter_map(|job| job.until);
        let restores = self.restores.values().filter_map(|restore| restore.until);
        let points = self.points.values().filter_map(Point::delete_at);
        jobs.chain(restores).chain(points).min()
    }

    fn next_routine(&self) -> Option<Timestamp> {
        self.plans.values().filter_map(Plan::next_run).min()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.end_jobs(cx);
        self.end_restores(cx);
        self.run_plans(cx);
        self.delete_old_points(cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        let Delivery::Reply { token, result } = delivery else {
            unreachable!("AWS Backup asks DynamoDB only, yet got {delivery:?}");
        };
        match self.owed.remove(&token) {
            Some(Owed::Made(job)) => self.backup_made(cx, &job, result),
            Some(Owed::Measured(job)) => self.backup_measured(&job, result),
            Some(Owed::Restored(restore)) => self.table_restored(cx, &restore, result),
            Some(Owed::Looked(restore)) => self.table_looked_at(cx, &restore, result),
            Some(Owed::Tables(search)) => self.tables_found(cx, search, result),
            Some(Owed::Tags(search, table)) => self.tags_found(cx, &search, &table, result),
            None => {}
        }
    }
}

impl Backup {
    /// Operations on vaults, plans, selections and tags, and on copies, of which there are none.
    fn set_up(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, BackupError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateBackupVault(input) => A::CreateBackupVault(self.create_vault(cx, input)?),
            Q::DescribeBackupVault(input) => A::DescribeBackupVault(self.describe_vault(&input)?),
            Q::ListBackupVaults(input) => A::ListBackupVaults(self.list_vaults(&input)?),
            Q::DeleteBackupVault(input) => {
                self.delete_vault(&input)?;
                A::DeleteBackupVault(w::DeleteBackupVaultOutput {})
            }
            Q::CreateBackupPlan(input) => A::CreateBackupPlan(self.create_plan(cx, input)?),
            Q::GetBackupPlan(input) => A::GetBackupPlan(self.get_plan(&input)?),
            Q::ListBackupPlans(input) => A::ListBackupPlans(self.list_plans(&input)?),
            Q::UpdateBackupPlan(input) => A::UpdateBackupPlan(self.update_plan(cx, input)?),
            Q::DeleteBackupPlan(input) => A::DeleteBackupPlan(self.delete_plan(cx, &input)?),
            Q::CreateBackupSelection(input) => A::CreateBackupSelection(self.create_selection(cx, input)?),
            Q::GetBackupSelection(input) => A::GetBackupSelection(self.get_selection(&input)?),
            Q::ListBackupSelections(input) => A::ListBackupSelections(self.list_selections(&input)?),
            Q::DeleteBackupSelection(input) => {
                self.delete_selection(&input)?;
                A::DeleteBackupSelection(w::DeleteBackupSelectionOutput {})
            }
            Q::TagResource(input) => {
                self.tag(input)?;
                A::TagResource(w::TagResourceOutput {})
            }
            Q::UntagResource(input) => {
                self.untag(&input)?;
                A::UntagResource(w::UntagResourceOutput {})
            }
            Q::ListTags(input) => A::ListTags(self.list_tags(&input)?),
            Q::ListCopyJobs(_) => A::ListCopyJobs(w::ListCopyJobsOutput::default()),
            Q::DescribeCopyJob(input) => return Err(BackupError::NoSuch("Copy job", input.copy_job_id)),
            other => return Err(BackupError::NotBuilt(other.operation().to_owned())),
        })
    }

    /// Calls DynamoDB; the answer comes back as what it is owed for.
    fn ask<O: wavetank_wire::Operation>(&mut self, cx: &mut Cx<'_>, input: O::Input, owed: Owed) {
        let token = cx.number();
        self.owed.insert(token, owed);
        cx.call::<O>(super::ServiceId::DynamoDb, input, Some(token));
    }
}

/// An ARN of AWS Backup in the caller's region.
fn own_arn(cx: &Cx<'_>, resource: String) -> String {
    Arn::new("backup", &cx.scope.region, &cx.scope.account, resource).to_string()
}

/// The table that an ARN names. Anything else is refused, by the name of its service.
fn table_of(operation: &str, text: &str) -> Result<String, BackupError> {
    let invalid = || BackupError::Parameter(format!("Invalid ARN: {text}"));
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    if arn.service != "dynamodb" {
        return Err(BackupError::NotBuilt(format!("{operation} of resources of {}", arn.service)));
    }
    let table = arn.resource.strip_prefix("table/").filter(|table| !table.is_empty() && !table.contains('/'));
    table.map(str::to_owned).ok_or_else(invalid)
}

/// Some of a list, and the token of what follows: how many there were before it.
fn page<T>(
    all: impl Iterator<Item = T>,
    token: Option<&str>,
    limit: Option<i64>,
) -> Result<(Vec<T>, Option<String>), BackupError> {
    let skip = token.map_or(Ok(0), str::parse::<usize>).map_err(|_| {
        BackupError::Parameter("Invalid parameter: NextToken is not one that was given out".to_owned())
    })?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(limits::LIST_MAX);
    let mut rest = all.skip(skip).peekable();
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let next = rest.peek().map(|_| (skip + page.len()).to_string());
    Ok((page, next))
}
