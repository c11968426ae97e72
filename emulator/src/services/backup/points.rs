//! Recovery points: what jobs leave, until their lifecycle or a client ends them.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::backup as w;
use wavetank_wire::dynamodb as db;

use super::limits::DAY;
use super::{Backup, BackupError, page};
use crate::services::ServiceId;
use crate::world::Cx;

/// A recovery point.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) shown: w::RecoveryPointByBackupVault,
}

impl Point {
    /// What a finished job leaves.
    pub(super) fn of(job: &w::BackupJob) -> Self {
        let lifecycle = job.recovery_point_lifecycle.clone();
        let after = |days: Option<i64>| {
            let days = u32::try_from(days.filter(|days| *days > 0)?).ok()?;
            Some(job.creation_date? + DAY.saturating_mul(days))
        };
        let calculated = lifecycle.as_ref().map(|lifecycle| w::CalculatedLifecycle {
            move_to_cold_storage_at: after(lifecycle.move_to_cold_storage_after_days),
            delete_at: after(lifecycle.delete_after_days),
        });
        let shown = w::RecoveryPointByBackupVault {
            recovery_point_arn: job.recovery_point_arn.clone(),
            backup_vault_name: job.backup_vault_name.clone(),
            backup_vault_arn: job.backup_vault_arn.clone(),
            resource_arn: job.resource_arn.clone(),
            resource_type: job.resource_type.clone(),
            created_by: job.created_by.clone(),
            iam_role_arn: job.iam_role_arn.clone(),
            status: Some("COMPLETED".to_owned()),
            creation_date: job.creation_date,
            initiation_date: job.initiation_date,
            completion_date: job.completion_date,
            backup_size_in_bytes: job.backup_size_in_bytes,
            calculated_lifecycle: calculated,
            lifecycle,
            is_encrypted: Some(true),
            resource_name: job.resource_name.clone(),
            vault_type: Some("BACKUP_VAULT".to_owned()),
            ..w::RecoveryPointByBackupVault::default()
        };
        Self { shown }
    }

    /// When its lifecycle ends it.
    pub(super) fn delete_at(&self) -> Option<Timestamp> {
        self.shown.calculated_lifecycle.as_ref()?.delete_at
    }
}

impl Backup {
    pub(super) fn point(&self, vault: &str, arn: &str) -> Result<&Point, BackupError> {
        self.vault(vault)?;
        let point =
            self.points.get(arn).filter(|point| point.shown.backup_vault_name.as_deref() == Some(vault));
        point.ok_or_else(|| BackupError::NoSuch("Recovery point", arn.to_owned()))
    }

    fn forget_point(&mut self, cx: &mut Cx<'_>, arn: &str) {
        self.points.remove(arn);
        self.tags.remove(arn);
        let input = db::DeleteBackupInput { backup_arn: arn.to_owned() };
        cx.call::<db::DeleteBackup>(ServiceId::DynamoDb, input, None);
    }

    /// Recovery points whose time is over go, with their backups.
    pub(super) fn delete_old_points(&mut self, cx: &mut Cx<'_>) {
        let is_over = |point: &Point| point.delete_at().is_some_and(|at| at <= cx.now);
        let over: Vec<String> =
            self.points.iter().filter(|(_, point)| is_over(point)).map(|(arn, _)| arn.clone()).collect();
        for arn in over {
            self.forget_point(cx, &arn);
        }
    }

    pub(super) fn delete_point(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteRecoveryPointInput,
    ) -> Result<(), BackupError> {
        self.point(&input.backup_vault_name, &input.recovery_point_arn)?;
        self.forget_point(cx, &input.recovery_point_arn);
        Ok(())
    }

    pub(super) fn describe_point(
        &self,
        input: &w::DescribeRecoveryPointInput,
    ) -> Result<w::DescribeRecoveryPointOutput, BackupError> {
        let it = self.point(&input.backup_vault_name, &input.recovery_point_arn)?.shown.clone();
        Ok(w::DescribeRecoveryPointOutput {
            recovery_point_arn: it.recovery_point_arn,
            backup_vault_name: it.backup_vault_name,
            backup_vault_arn: it.backup_vault_arn,
            resource_arn: it.resource_arn,
            resource_type: it.resource_type,
            created_by: it.created_by,
            iam_role_arn: it.iam_role_arn,
            status: it.status,
            creation_date: it.creation_date,
            initiation_date: it.initiation_date,
            completion_date: it.completion_date,
            backup_size_in_bytes: it.backup_size_in_bytes,
            calculated_lifecycle: it.calculated_lifecycle,
            lifecycle: it.lifecycle,
            is_encrypted: it.is_encrypted,
            storage_class: Some("WARM".to_owned()),
            last_restore_time: it.last_restore_time,
            resource_name: it.resource_name,
            vault_type: it.vault_type,
            ..w::DescribeRecoveryPointOutput::default()
        })
    }

    pub(super) fn list_points_by_vault(
        &self,
        input: &w::ListRecoveryPointsByBackupVaultInput,
    ) -> Result<w::ListRecoveryPointsByBackupVaultOutput, BackupError> {
        self.vault(&input.backup_vault_name)?;
        let same = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        let is_wanted = |point: &&w::RecoveryPointByBackupVault| {
            let plan = point.created_by.as_ref().and_then(|creator| creator.backup_plan_id.clone());
            point.backup_vault_name.as_ref() == Some(&input.backup_vault_name)
                && same(&input.by_resource_arn, &point.resource_arn)
                && same(&input.by_resource_type, &point.resource_type)
                && same(&input.by_backup_plan_id, &plan)
                && input.by_created_before.is_none_or(|at| point.creation_date < Some(at))
                && input.by_created_after.is_none_or(|at| point.creation_date > Some(at))
        };
        let mut points: Vec<_> = self.points.values().map(|point| &point.shown).filter(is_wanted).collect();
        points.sort_by_key(|point| std::cmp::Reverse(point.creation_date));
        let (page, next_token) =
            page(points.into_iter().cloned(), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListRecoveryPointsByBackupVaultOutput { next_token, recovery_points: Some(page) })
    }

    pub(super) fn list_points_by_resource(
        &self,
        input: &w::ListRecoveryPointsByResourceInput,
    ) -> Result<w::ListRecoveryPointsByResourceOutput, BackupError> {
        let points = self.points.values().map(|point| &point.shown);
        let points = points.filter(|point| point.resource_arn.as_ref() == Some(&input.resource_arn));
        let shown = |point: &w::RecoveryPointByBackupVault| w::RecoveryPointByResource {
            recovery_point_arn: point.recovery_point_arn.clone(),
            creation_date: point.creation_date,
            status: point.status.clone(),
            backup_size_bytes: point.backup_size_in_bytes,
            backup_vault_name: point.backup_vault_name.clone(),
            resource_name: point.resource_name.clone(),
            vault_type: point.vault_type.clone(),
            ..w::RecoveryPointByResource::default()
        };
        let (page, next_token) = page(points.map(shown), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListRecoveryPointsByResourceOutput { next_token, recovery_points: Some(page) })
    }

    /// What StartRestoreJob wants to know, as it was. Assumed: the names besides `targetTableName`.
    pub(super) fn restore_metadata(
        &self,
        input: &w::GetRecoveryPointRestoreMetadataInput,
    ) -> Result<w::GetRecoveryPointRestoreMetadataOutput, BackupError> {
        let point = &self.point(&input.backup_vault_name, &input.recovery_point_arn)?.shown;
        let metadata = BTreeMap::from([
            ("encryptionType".to_owned(), "Default".to_owned()),
            ("originalTableName".to_owned(), point.resource_name.clone().unwrap_or_default()),
        ]);
        Ok(w::GetRecoveryPointRestoreMetadataOutput {
            backup_vault_arn: point.backup_vault_arn.clone(),
            recovery_point_arn: point.recovery_point_arn.clone(),
            restore_metadata: Some(metadata),
            resource_type: point.resource_type.clone(),
        })
    }
}
