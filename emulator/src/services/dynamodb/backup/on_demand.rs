//! Backups on demand: made, described, listed, deleted.

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use super::arn::{self, Below};
use super::history::span;
use super::limits::LIST_BACKUPS_MAX;
use super::saved::SavedTable;
use super::{BackupError, Backups};
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::Table;
use crate::services::dynamodb::table::settings::Status;
use crate::services::dynamodb::tables::names::table_name;
use crate::services::dynamodb::{DynamoDb, Regional};
use crate::world::Cx;

/// Days that the backup of a deleted table is kept.
const SYSTEM_DAYS: i64 = 35;

/// A backup of a table.
#[derive(Clone, Debug)]
pub(super) struct Backup {
    pub(super) arn: String,
    name: String,
    pub(super) table: SavedTable,
    created: Timestamp,
    /// When it goes by itself: a backup of a deleted table that could be recovered.
    expires: Option<Timestamp>,
    /// The table that is being restored from it, and where.
    pub(super) used_by: Option<(String, String)>,
}

impl Backup {
    const fn kind(&self) -> &'static str {
        if self.expires.is_some() { "SYSTEM" } else { "USER" }
    }

    fn details(&self, status: &str) -> w::BackupDetails {
        w::BackupDetails {
            backup_arn: self.arn.clone(),
            backup_name: self.name.clone(),
            backup_size_bytes: Some(self.table.rows.bytes().cast_signed()),
            backup_status: status.to_owned(),
            backup_type: self.kind().to_owned(),
            backup_creation_date_time: self.created,
            backup_expiry_date_time: self.expires,
        }
    }

    fn description(&self, status: &str) -> w::BackupDescription {
        w::BackupDescription {
            backup_details: Some(self.details(status)),
            source_table_details: Some(self.table.details()),
            source_table_feature_details: Some(match self.expires {
                Some(_) => w::SourceTableFeatureDetails::default(),
                None => self.table.features(),
            }),
        }
    }

    fn summary(&self) -> w::BackupSummary {
        let table = &self.table.description;
        let details = self.details("AVAILABLE");
        w::BackupSummary {
            table_name: table.table_name.clone(),
            table_id: table.table_id.clone(),
            table_arn: table.table_arn.clone(),
            backup_arn: Some(details.backup_arn),
            backup_name: Some(details.backup_name),
            backup_creation_date_time: Some(details.backup_creation_date_time),
            backup_expiry_date_time: details.backup_expiry_date_time,
            backup_status: Some(details.backup_status),
            backup_type: Some(details.backup_type),
            backup_size_bytes: details.backup_size_bytes,
        }
    }
}

impl Backups {
    /// The backup that an ARN means, if it has not gone.
    pub(super) fn backup_mut(
        &mut self,
        now: Timestamp,
        at: &Below,
        arn: &str,
    ) -> Result<&mut Backup, BackupError> {
        let found = self.backups.get_mut(&(at.id.clone(), at.table.clone()));
        let found = found.filter(|backup| backup.expires.is_none_or(|expires| now < expires));
        found.ok_or_else(|| BackupError::NoSuchBackup(arn.to_owned()))
    }
}

impl Regional {
    /// The table that a request of backups means. One that is CREATING is not there yet.
    pub(super) fn kept(&mut self, cx: &Cx<'_>, text: &str) -> Result<&mut Table, DynamoError> {
        let name = table_name(cx, text)?;
        let table = self.tables.get_mut(name).filter(|table| table.settings.life.status != Status::Creating);
        table.ok_or_else(|| BackupError::NoSuchTable(name.to_owned()).into())
    }

    /// Keeps a table that is being deleted, if it could be recovered: for 35 days it can be restored as it is now.
    ///
    /// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html (to be
    /// verified). Recorded: name, ARN and what it shows, ack-api-quirks, backup.md. It comes at once, on AWS after seconds.
    pub(crate) fn keep_deleted(&mut self, cx: &Cx<'_>, table: &str) {
        let Some(table) = self.tables.get(table).filter(|table| table.history.recovery().is_some()) else {
            return;
        };
        let id = arn::id_with(cx.now, "00000000");
        let backup = Backup {
            arn: arn::below_table(cx, &table.name, "backup", &id),
            name: format!("{}$DeletedTableBackup", table.name),
            table: SavedTable::of(table, table.rows.clone(), cx.now),
            created: cx.now,
            expires: Some(cx.now + span(SYSTEM_DAYS)),
            used_by: None,
        };
        self.backups.backups.insert((id, table.name.clone()), backup);
    }
}

impl DynamoDb {
    /// Recorded: the status is CREATING in this answer only.
    pub(super) fn create_backup(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::CreateBackupInput,
    ) -> Result<w::CreateBackupOutput, DynamoError> {
        let id = arn::new_id(cx);
        let here = self.here(cx);
        let table = here.kept(cx, &input.table_name)?;
        let backup = Backup {
            arn: arn::below_table(cx, &table.name, "backup", &id),
            name: input.backup_name.clone(),
            table: SavedTable::of(table, table.rows.clone(), cx.now),
            created: cx.now,
            expires: None,
            used_by: None,
        };
        let details = backup.details("CREATING");
        let name = table.name.clone();
        here.backups.backups.insert((id, name), backup);
        Ok(w::CreateBackupOutput { backup_details: Some(details) })
    }

    pub(super) fn describe_backup(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DescribeBackupInput,
    ) -> Result<w::DescribeBackupOutput, DynamoError> {
        let at = arn::read(cx, &input.backup_arn, "Backup")?;
        let backup = self.here(cx).backups.backup_mut(cx.now, &at, &input.backup_arn)?;
        Ok(w::DescribeBackupOutput { backup_description: Some(backup.description("AVAILABLE")) })
    }

    pub(super) fn delete_backup(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DeleteBackupInput,
    ) -> Result<w::DeleteBackupOutput, DynamoError> {
        let at = arn::read(cx, &input.backup_arn, "Backup")?;
        self.end_uses(cx.now);
        let backups = &mut self.here(cx).backups;
        let backup = backups.backup_mut(cx.now, &at, &input.backup_arn)?;
        if let Some(expires) = backup.expires {
            return Err(BackupError::Request(format!(
                "User is not allowed to delete the system backup with arn {}. It will automatically expire on {}",
                backup.arn,
                expires.iso_millis()
            ))
            .into());
        }
        if backup.used_by.is_some() {
            return Err(BackupError::BackupInUse { which: "table", arn: input.backup_arn.clone() }.into());
        }
        let description = backup.description("DELETED");
        backups.backups.remove(&(at.id, at.table));
        Ok(w::DeleteBackupOutput { backup_description: Some(description) })
    }

    /// From the oldest on. A cursor is a place among the backups, whether there is one at it or not.
    pub(super) fn list_backups(
        &mut self,
        cx: &Cx<'_>,
        input: &w::ListBackupsInput,
    ) -> Result<w::ListBackupsOutput, DynamoError> {
        let (from, until) = (input.time_range_lower_bound, input.time_range_upper_bound);
        if let (Some(from), Some(until)) = (from, until)
            && from > until
        {
            let why = "Time range lower bound must be less than or equal to upper bound";
            return Err(BackupError::Parameter(why.to_owned()).into());
        }
        let table = input.table_name.as_deref().map(|text| table_name(cx, text)).transpose()?;
        let after = input.exclusive_start_backup_arn.as_deref().map(|text| arn::read(cx, text, "Backup"));
        let after = after.transpose()?;
        if after.as_ref().is_some_and(|after| after.region != cx.scope.region.as_str()) {
            let why = "The supplied ExclusiveStartBackupArn does not match the region";
            return Err(BackupError::request(why).into());
        }
        let after = after.map(|after| (after.id, after.table));
        let kind = input.backup_type.as_deref().unwrap_or("USER");
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIST_BACKUPS_MAX);
        let is_wanted = |backup: &Backup| {
            (kind == "ALL" || kind == backup.kind())
                && table.is_none_or(|table| backup.table.description.table_name.as_deref() == Some(table))
                && from.is_none_or(|from| from <= backup.created)
                && until.is_none_or(|until| backup.created < until)
                && backup.expires.is_none_or(|expires| cx.now < expires)
        };
        let backups = &self.here(cx).backups.backups;
        let mut rest = backups
            .iter()
            .filter(|(at, backup)| after.as_ref().is_none_or(|after| *at > after) && is_wanted(backup))
            .map(|(_, backup)| backup.summary());
        let page: Vec<w::BackupSummary> = rest.by_ref().take(limit).collect();
        let last = rest.next().and_then(|_| page.last()?.backup_arn.clone());
        Ok(w::ListBackupsOutput { backup_summaries: Some(page), last_evaluated_backup_arn: last })
    }
}
