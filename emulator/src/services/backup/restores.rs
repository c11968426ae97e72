//! Restore jobs: done by DynamoDB's RestoreTableFromBackup, over when the table is ACTIVE.

use wavetank_types::Timestamp;
use wavetank_wire::backup as w;
use wavetank_wire::dynamodb as db;
use wavetank_wire::{FromVal as _, Val, WireError};

use super::limits::JOB;
use super::{Backup, BackupError, Owed, page};
use crate::world::Cx;

/// A restore job.
#[derive(Clone, Debug)]
pub(super) struct Restore {
    shown: w::RestoreJobsListMember,
    table: String,
    /// When the table is looked at; none before DynamoDB has answered, and once it is over.
    pub(super) until: Option<Timestamp>,
}

impl Restore {
    fn end(&mut self, now: Timestamp, status: &str, message: Option<String>) {
        self.until = None;
        self.shown.status = Some(status.to_owned());
        self.shown.status_message = message;
        self.shown.completion_date = Some(now);
    }
}

impl Backup {
    pub(super) fn start_restore_job(
        &mut self,
        cx: &mut Cx<'_>,
        mut input: w::StartRestoreJobInput,
    ) -> Result<w::StartRestoreJobOutput, BackupError> {
        if let Some(kind) = input.resource_type.filter(|kind| kind != "DynamoDB") {
            return Err(BackupError::NotBuilt(format!("StartRestoreJob of ResourceType {kind}")));
        }
        let point = self.points.get_mut(&input.recovery_point_arn);
        let point =
            point.ok_or_else(|| BackupError::NoSuch("Recovery point", input.recovery_point_arn.clone()))?;
        let table =
            input.metadata.remove("targetTableName").ok_or(BackupError::Missing("targetTableName"))?;
        let key = input.metadata.remove("kmsMasterKeyArn");
        let sse = match input.metadata.remove("encryptionType").as_deref() {
            Some("KMS") => Some(db::SSESpecification {
                enabled: Some(true),
                sse_type: Some("KMS".to_owned()),
                kms_master_key_id: key,
            }),
            _ => None,
        };
        let id = cx.uuid().to_uppercase();
        let shown = w::RestoreJobsListMember {
            account_id: Some(cx.scope.account.to_string()),
            restore_job_id: Some(id.clone()),
            recovery_point_arn: Some(input.recovery_point_arn.clone()),
            source_resource_arn: point.shown.resource_arn.clone(),
            backup_vault_arn: point.shown.backup_vault_arn.clone(),
            creation_date: Some(cx.now),
            status: Some("PENDING".to_owned()),
            percent_done: Some("0.00%".to_owned()),
            backup_size_in_bytes: point.shown.backup_size_in_bytes,
            iam_role_arn: input.iam_role_arn,
            resource_type: point.shown.resource_type.clone(),
            recovery_point_creation_date: point.shown.creation_date,
            ..w::RestoreJobsListMember::default()
        };
        point.shown.last_restore_time = Some(cx.now);
        self.restores.insert(id.clone(), Restore { shown, table: table.clone(), until: None });
        let input = db::RestoreTableFromBackupInput {
            target_table_name: table,
            backup_arn: input.recovery_point_arn,
            sse_specification_override: sse,
            ..db::RestoreTableFromBackupInput::default()
        };
        self.ask::<db::RestoreTableFromBackup>(cx, input, Owed::Restored(id.clone()));
        Ok(w::StartRestoreJobOutput { restore_job_id: Some(id) })
    }

    pub(super) fn table_restored(&mut self, cx: &Cx<'_>, id: &str, result: Result<Val, WireError>) {
        let Some(restore) = self.restores.get_mut(id) else { return };
        match result {
            Ok(val) => {
                let table = db::RestoreTableFromBackupOutput::from_val(val).table_description;
                restore.shown.created_resource_arn = table.and_then(|table| table.table_arn);
                restore.shown.status = Some("RUNNING".to_owned());
                restore.until = Some(cx.now + JOB);
            }
            Err(error) => restore.end(cx.now, "FAILED", Some(error.message)),
        }
    }

    /// Looks at the tables that should be there by now.
    pub(super) fn end_restores(&mut self, cx: &mut Cx<'_>) {
        let is_due = |restore: &Restore| restore.until.is_some_and(|until| until <= cx.now);
        let due: Vec<(String, String)> = (self.restores.iter_mut())
            .filter(|(_, restore)| is_due(restore))
            .map(|(id, restore)| {
                restore.until = None;
                (id.clone(), restore.table.clone())
            })
            .collect();
        for (id, table_name) in due {
            let input = db::DescribeTableInput { table_name };
            self.ask::<db::DescribeTable>(cx, input, Owed::Looked(id));
        }
    }

    pub(super) fn table_looked_at(&mut self, cx: &Cx<'_>, id: &str, result: Result<Val, WireError>) {
        let Some(restore) = self.restores.get_mut(id) else { return };
        match result.map(|val| db::DescribeTableOutput::from_val(val).table) {
            Ok(table) => match table.and_then(|table| table.table_status).as_deref() {
                Some("CREATING") => restore.until = Some(cx.now + JOB / 2),
                _ => {
                    restore.shown.percent_done = Some("100.00%".to_owned());
                    restore.end(cx.now, "COMPLETED", None);
                }
            },
            Err(error) => restore.end(cx.now, "FAILED", Some(error.message)),
        }
    }

    pub(super) fn describe_restore_job(
        &self,
        input: &w::DescribeRestoreJobInput,
    ) -> Result<w::DescribeRestoreJobOutput, BackupError> {
        let missing = || BackupError::NoSuch("Restore job", input.restore_job_id.clone());
        let it = self.restores.get(&input.restore_job_id).ok_or_else(missing)?.shown.clone();
        Ok(w::DescribeRestoreJobOutput {
            account_id: it.account_id,
            restore_job_id: it.restore_job_id,
            recovery_point_arn: it.recovery_point_arn,
            source_resource_arn: it.source_resource_arn,
            backup_vault_arn: it.backup_vault_arn,
            creation_date: it.creation_date,
            completion_date: it.completion_date,
            status: it.status,
            status_message: it.status_message,
            percent_done: it.percent_done,
            backup_size_in_bytes: it.backup_size_in_bytes,
            iam_role_arn: it.iam_role_arn,
            created_resource_arn: it.created_resource_arn,
            resource_type: it.resource_type,
            recovery_point_creation_date: it.recovery_point_creation_date,
            ..w::DescribeRestoreJobOutput::default()
        })
    }

    /// The newest first.
    pub(super) fn list_restore_jobs(
        &self,
        input: &w::ListRestoreJobsInput,
    ) -> Result<w::ListRestoreJobsOutput, BackupError> {
        let same = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        let is_wanted = |job: &&w::RestoreJobsListMember| {
            same(&input.by_status, &job.status)
                && same(&input.by_resource_type, &job.resource_type)
                && input.by_created_before.is_none_or(|at| job.creation_date < Some(at))
                && input.by_created_after.is_none_or(|at| job.creation_date > Some(at))
        };
        let mut jobs: Vec<_> =
            self.restores.values().map(|restore| &restore.shown).filter(is_wanted).collect();
        jobs.sort_by_key(|job| std::cmp::Reverse(job.creation_date));
        let (page, next_token) =
            page(jobs.into_iter().cloned(), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListRestoreJobsOutput { restore_jobs: Some(page), next_token })
    }
}
