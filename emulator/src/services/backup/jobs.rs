//! Backup jobs: asked for by a client or a plan, done by DynamoDB's CreateBackup.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::backup as w;
use wavetank_wire::dynamodb as db;
use wavetank_wire::{FromVal as _, Val, WireError};

use super::limits::{COLD_DAYS_MIN, JOB};
use super::points::Point;
use super::{Backup, BackupError, Owed, page, table_of};
use crate::world::Cx;

/// A backup job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) shown: w::BackupJob,
    tags: BTreeMap<String, String>,
    /// When it is done; none before DynamoDB has answered, and once it is over.
    pub(super) until: Option<Timestamp>,
}

/// What is to be backed up, and what becomes of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) vault: String,
    pub(super) resource: String,
    pub(super) role: String,
    pub(super) lifecycle: Option<w::Lifecycle>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) creator: Option<w::RecoveryPointCreator>,
}

/// Refuses what AWS does of a lifecycle.
pub(super) fn check_lifecycle(lifecycle: Option<&w::Lifecycle>) -> Result<(), BackupError> {
    let Some(lifecycle) = lifecycle else { return Ok(()) };
    if lifecycle.delete_after_event.is_some() {
        return Err(BackupError::NotBuilt("a lifecycle with DeleteAfterEvent".to_owned()));
    }
    match (lifecycle.move_to_cold_storage_after_days, lifecycle.delete_after_days) {
        (Some(cold), Some(delete)) if delete >= 0 && delete < cold + COLD_DAYS_MIN => {
            Err(BackupError::Parameter(
                "Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays"
                    .to_owned(),
            ))
        }
        _ => Ok(()),
    }
}

impl Backup {
    pub(super) fn start_backup_job(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::StartBackupJobInput,
    ) -> Result<w::StartBackupJobOutput, BackupError> {
        check_lifecycle(input.lifecycle.as_ref())?;
        self.vault(&input.backup_vault_name)?;
        table_of("StartBackupJob", &input.resource_arn)?;
        let id = self.start_job(
            cx,
            Wanted {
                vault: input.backup_vault_name.clone(),
                resource: input.resource_arn.clone(),
                role: input.iam_role_arn.clone(),
                lifecycle: input.lifecycle.clone(),
                tags: input.recovery_point_tags.clone().unwrap_or_default(),
                creator: None,
            },
        );
        Ok(w::StartBackupJobOutput {
            backup_job_id: Some(id),
            recovery_point_arn: None,
            creation_date: Some(cx.now),
            is_parent: None,
        })
    }

    /// Begins a job whose vault and resource have been checked.
    pub(super) fn start_job(&mut self, cx: &mut Cx<'_>, wanted: Wanted) -> String {
        let id = cx.uuid().to_uppercase();
        let table = table_of("a job", &wanted.resource).unwrap_or_default();
        let shown = w::BackupJob {
            account_id: Some(cx.scope.account.to_string()),
            backup_job_id: Some(id.clone()),
            backup_vault_arn: self.vaults.get(&wanted.vault).map(|vault| vault.arn.clone()),
            backup_vault_name: Some(wanted.vault),
            recovery_point_lifecycle: wanted.lifecycle,
            is_encrypted: Some(true),
            resource_arn: Some(wanted.resource.clone()),
            creation_date: Some(cx.now),
            state: Some("CREATED".to_owned()),
            percent_done: Some("0.0".to_owned()),
            iam_role_arn: Some(wanted.role),
            created_by: wanted.creator,
            resource_type: Some("DynamoDB".to_owned()),
            resource_name: Some(table),
            initiation_date: Some(cx.now),
            ..w::BackupJob::default()
        };
        let backup_name = format!("awsbackup-{id}");
        self.jobs.insert(id.clone(), Job { shown, tags: wanted.tags, until: None });
        let input = db::CreateBackupInput { table_name: wanted.resource, backup_name };
        self.ask::<db::CreateBackup>(cx, input, Owed::Made(id.clone()));
        id
    }

    pub(super) fn backup_made(&mut self, cx: &mut Cx<'_>, id: &str, result: Result<Val, WireError>) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        let made = result.map(|val| db::CreateBackupOutput::from_val(val).backup_details);
        match made {
            Ok(details) => {
                let arn = details.map(|details| details.backup_arn).unwrap_or_default();
                job.shown.state = Some("RUNNING".to_owned());
                job.shown.recovery_point_arn = Some(arn.clone());
                job.until = Some(cx.now + JOB);
                let input = db::DescribeBackupInput { backup_arn: arn };
                self.ask::<db::DescribeBackup>(cx, input, Owed::Measured(id.to_owned()));
            }
            Err(error) => {
                job.shown.state = Some("FAILED".to_owned());
                job.shown.status_message = Some(error.message);
                job.shown.completion_date = Some(cx.now);
            }
        }
    }

    pub(super) fn backup_measured(&mut self, id: &str, result: Result<Val, WireError>) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        let description =
            result.ok().and_then(|val| db::DescribeBackupOutput::from_val(val).backup_description);
        let details = description.and_then(|description| description.backup_details);
        job.shown.backup_size_in_bytes = details.and_then(|details| details.backup_size_bytes);
    }

    /// Jobs that are done leave a recovery point.
    pub(super) fn end_jobs(&mut self, cx: &Cx<'_>) {
        let Self { jobs, points, tags, .. } = self;
        for job in jobs.values_mut().filter(|job| job.until.is_some_and(|until| until <= cx.now)) {
            job.until = None;
            job.shown.state = Some("COMPLETED".to_owned());
            job.shown.percent_done = Some("100.0".to_owned());
            job.shown.completion_date = Some(cx.now);
            job.shown.bytes_transferred = job.shown.backup_size_in_bytes;
            let point = Point::of(&job.shown);
            let arn = job.shown.recovery_point_arn.clone().unwrap_or_default();
            tags.insert(arn.clone(), job.tags.clone());
            points.insert(arn, point);
        }
    }

    fn job(&self, id: &str) -> Result<&Job, BackupError> {
        self.jobs.get(id).ok_or_else(|| BackupError::NoSuch("Backup job", id.to_owned()))
    }

    /// The backup that a job is making is deleted again.
    pub(super) fn stop_backup_job(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::StopBackupJobInput,
    ) -> Result<(), BackupError> {
        if !matches!(self.job(&input.backup_job_id)?.shown.state.as_deref(), Some("CREATED" | "RUNNING")) {
            return Err(BackupError::Request("Only a job that is being created or running can be stopped"));
        }
        let Some(job) = self.jobs.get_mut(&input.backup_job_id) else { return Ok(()) };
        job.until = None;
        job.shown.state = Some("ABORTED".to_owned());
        job.shown.completion_date = Some(cx.now);
        if let Some(backup_arn) = job.shown.recovery_point_arn.take() {
            cx.call::<db::DeleteBackup>(
                crate::services::ServiceId::DynamoDb,
                db::DeleteBackupInput { backup_arn },
                None,
            );
        }
        Ok(())
    }

    pub(super) fn describe_backup_job(
        &self,
        input: &w::DescribeBackupJobInput,
    ) -> Result<w::DescribeBackupJobOutput, BackupError> {
        let it = self.job(&input.backup_job_id)?.shown.clone();
        Ok(w::DescribeBackupJobOutput {
            account_id: it.account_id,
            backup_job_id: it.backup_job_id,
            backup_vault_name: it.backup_vault_name,
            recovery_point_lifecycle: it.recovery_point_lifecycle,
            backup_vault_arn: it.backup_vault_arn,
            recovery_point_arn: it.recovery_point_arn,
            is_encrypted: it.is_encrypted,
            resource_arn: it.resource_arn,
            creation_date: it.creation_date,
            completion_date: it.completion_date,
            state: it.state,
            status_message: it.status_message,
            percent_done: it.percent_done,
            backup_size_in_bytes: it.backup_size_in_bytes,
            iam_role_arn: it.iam_role_arn,
            created_by: it.created_by,
            resource_type: it.resource_type,
            bytes_transferred: it.bytes_transferred,
            resource_name: it.resource_name,
            initiation_date: it.initiation_date,
            ..w::DescribeBackupJobOutput::default()
        })
    }

    /// The newest first.
    pub(super) fn list_backup_jobs(
        &self,
        input: &w::ListBackupJobsInput,
    ) -> Result<w::ListBackupJobsOutput, BackupError> {
        let same = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        let is_wanted = |job: &&w::BackupJob| {
            same(&input.by_resource_arn, &job.resource_arn)
                && same(&input.by_state, &job.state)
                && same(&input.by_backup_vault_name, &job.backup_vault_name)
                && same(&input.by_resource_type, &job.resource_type)
                && input.by_created_before.is_none_or(|at| job.creation_date < Some(at))
                && input.by_created_after.is_none_or(|at| job.creation_date > Some(at))
                && input.by_complete_before.is_none_or(|at| job.completion_date.is_some_and(|is| is < at))
                && input.by_complete_after.is_none_or(|at| job.completion_date.is_some_and(|is| is > at))
        };
        let mut jobs: Vec<&w::BackupJob> =
            self.jobs.values().map(|job| &job.shown).filter(is_wanted).collect();
        jobs.sort_by_key(|job| std::cmp::Reverse(job.creation_date));
        let (page, next_token) = page(jobs.into_iter(), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListBackupJobsOutput { backup_jobs: Some(page.into_iter().cloned().collect()), next_token })
    }
}
