//! Vaults, and tags of whatever has an ARN here.

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::backup as w;

use super::{Backup, BackupError, own_arn, page};
use crate::world::Cx;

/// A place for recovery points.
#[derive(Clone, Debug)]
pub(super) struct Vault {
    pub(super) arn: String,
    created: Timestamp,
    key: String,
    request_id: Option<String>,
}

impl Backup {
    pub(super) fn vault(&self, name: &str) -> Result<&Vault, BackupError> {
        self.vaults.get(name).ok_or_else(|| BackupError::NoSuchVault(name.to_owned()))
    }

    fn points_in(&self, vault: &str) -> i64 {
        self.points.values().filter(|point| point.shown.backup_vault_name.as_deref() == Some(vault)).count()
            as i64
    }

    pub(super) fn create_vault(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateBackupVaultInput,
    ) -> Result<w::CreateBackupVaultOutput, BackupError> {
        let name = input.backup_vault_name;
        if let Some(vault) = self.vaults.get(&name) {
            if input.creator_request_id.is_none() || vault.request_id != input.creator_request_id {
                return Err(BackupError::VaultExists(name));
            }
            let (arn, created) = (Some(vault.arn.clone()), Some(vault.created));
            return Ok(w::CreateBackupVaultOutput {
                backup_vault_name: Some(name),
                backup_vault_arn: arn,
                creation_date: created,
            });
        }
        let key = input.encryption_key_arn.unwrap_or_else(|| {
            let id = cx.uuid();
            Arn::new("kms", &cx.scope.region, &cx.scope.account, format!("key/{id}")).to_string()
        });
        let arn = own_arn(cx, format!("backup-vault:{name}"));
        let vault = Vault { arn: arn.clone(), created: cx.now, key, request_id: input.creator_request_id };
        if let Some(tags) = input.backup_vault_tags {
            self.tags.insert(arn.clone(), tags);
        }
        self.vaults.insert(name.clone(), vault);
        Ok(w::CreateBackupVaultOutput {
            backup_vault_name: Some(name),
            backup_vault_arn: Some(arn),
            creation_date: Some(cx.now),
        })
    }

    pub(super) fn describe_vault(
        &self,
        input: &w::DescribeBackupVaultInput,
    ) -> Result<w::DescribeBackupVaultOutput, BackupError> {
        let vault = self.vault(&input.backup_vault_name)?;
        Ok(w::DescribeBackupVaultOutput {
            backup_vault_name: Some(input.backup_vault_name.clone()),
            backup_vault_arn: Some(vault.arn.clone()),
            vault_type: Some("BACKUP_VAULT".to_owned()),
            vault_state: Some("AVAILABLE".to_owned()),
            encryption_key_arn: Some(vault.key.clone()),
            creation_date: Some(vault.created),
            creator_request_id: vault.request_id.clone(),
            number_of_recovery_points: Some(self.points_in(&input.backup_vault_name)),
            locked: Some(false),
            ..w::DescribeBackupVaultOutput::default()
        })
    }

    pub(super) fn list_vaults(
        &self,
        input: &w::ListBackupVaultsInput,
    ) -> Result<w::ListBackupVaultsOutput, BackupError> {
        let shown = |(name, vault): (&String, &Vault)| w::BackupVaultListMember {
            backup_vault_name: Some(name.clone()),
            backup_vault_arn: Some(vault.arn.clone()),
            vault_type: Some("BACKUP_VAULT".to_owned()),
            vault_state: Some("AVAILABLE".to_owned()),
            creation_date: Some(vault.created),
            encryption_key_arn: Some(vault.key.clone()),
            creator_request_id: vault.request_id.clone(),
            number_of_recovery_points: Some(self.points_in(name)),
            locked: Some(false),
            ..w::BackupVaultListMember::default()
        };
        let (list, next_token) =
            page(self.vaults.iter().map(shown), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListBackupVaultsOutput { backup_vault_list: Some(list), next_token })
    }

    pub(super) fn delete_vault(&mut self, input: &w::DeleteBackupVaultInput) -> Result<(), BackupError> {
        let arn = self.vault(&input.backup_vault_name)?.arn.clone();
        if self.points_in(&input.backup_vault_name) > 0 {
            return Err(BackupError::Request(
                "Backup vault cannot be deleted because it contains recovery points.",
            ));
        }
        self.tags.remove(&arn);
        self.vaults.remove(&input.backup_vault_name);
        Ok(())
    }

    fn need_arn(&self, arn: &str) -> Result<(), BackupError> {
        let is_known = self.points.contains_key(arn)
            || self.vaults.values().any(|vault| vault.arn == arn)
            || self.plans.values().any(|plan| plan.arn == arn);
        if is_known { Ok(()) } else { Err(BackupError::NoSuch("Resource", arn.to_owned())) }
    }

    pub(super) fn tag(&mut self, input: w::TagResourceInput) -> Result<(), BackupError> {
        self.need_arn(&input.resource_arn)?;
        self.tags.entry(input.resource_arn).or_default().extend(input.tags);
        Ok(())
    }

    pub(super) fn untag(&mut self, input: &w::UntagResourceInput) -> Result<(), BackupError> {
        self.need_arn(&input.resource_arn)?;
        if let Some(tags) = self.tags.get_mut(&input.resource_arn) {
            tags.retain(|key, _| !input.tag_key_list.contains(key));
        }
        Ok(())
    }

    pub(super) fn list_tags(&self, input: &w::ListTagsInput) -> Result<w::ListTagsOutput, BackupError> {
        self.need_arn(&input.resource_arn)?;
        let tags = self.tags.get(&input.resource_arn).cloned().unwrap_or_default();
        let (page, next_token) = page(tags.into_iter(), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListTagsOutput { next_token, tags: Some(page.into_iter().collect()) })
    }
}
