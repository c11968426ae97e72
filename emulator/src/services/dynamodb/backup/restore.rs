//! A table from a backup, or as another was at some instant.
//!
//! What is restored is a table of its own: it has the keys, indexes, billing mode and encryption of the other, not its tags,
//! streams, TTL, point-in-time recovery, policy, protection or class. Documented:
//! docs.aws.amazon.com/amazondynamodb/latest/developerguide/CreateBackup.html (an edition of 2023-02 read 2026-11-28). Recorded, for that and the order
//! of refusals: ack-api-quirks, table-restore.md.

use wavetank_types::{Arn, Region, Timestamp};
use wavetank_wire::dynamodb as w;

use super::BackupError;
use super::arn::{self, Below};
use super::limits::{RESTORE, RESTORES_MAX};
use super::saved::{Overrides, SavedTable};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::settings::{Life, Status};
use crate::services::dynamodb::tables::names::table_name;
use crate::world::Cx;

impl DynamoDb {
    pub(super) fn restore_from_backup(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::RestoreTableFromBackupInput,
    ) -> Result<w::RestoreTableFromBackupOutput, DynamoError> {
        if input.vector_index_override.is_some() {
            return Err(DynamoError::NotBuilt("RestoreTableFromBackup with VectorIndexOverride".to_owned()));
        }
        let at = arn::read(cx, &input.backup_arn, "Backup")?;
        let target = input.target_table_name.clone();
        let overrides = Overrides {
            billing_mode: input.billing_mode_override,
            throughput: input.provisioned_throughput_override,
            on_demand: input.on_demand_throughput_override,
            global_indexes: input.global_secondary_index_override,
            local_indexes: input.local_secondary_index_override,
            sse: input.sse_specification_override,
        };
        need_key_across_regions(cx, &at.region, &overrides)?;
        self.end_uses(cx.now);
        let backup = self.backup_at(cx.now, &at, &input.backup_arn)?;
        let (table, used_by) = (backup.table.clone(), backup.used_by.clone());
        let request = table.request(&target, &overrides)?;
        self.check_target(cx, &target)?;
        if used_by.is_some() {
            let arn = input.backup_arn.clone();
            return Err(BackupError::BackupInUse { which: "another table", arn }.into());
        }
        let summary = w::RestoreSummary {
            source_backup_arn: Some(input.backup_arn.clone()),
            source_table_arn: table.description.table_arn.clone(),
            restore_date_time: cx.now,
            restore_in_progress: true,
        };
        let description = self.restore(cx, request, table, summary)?;
        let here = cx.scope.region.as_str().to_owned();
        self.backup_at(cx.now, &at, &input.backup_arn)?.used_by = Some((here, target));
        Ok(w::RestoreTableFromBackupOutput { table_description: Some(description) })
    }

    pub(super) fn restore_to_point_in_time(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::RestoreTableToPointInTimeInput,
    ) -> Result<w::RestoreTableToPointInTimeOutput, DynamoError> {
        if input.vector_index_override.is_some() {
            return Err(DynamoError::NotBuilt(
                "RestoreTableToPointInTime with VectorIndexOverride".to_owned(),
            ));
        }
        let wants_latest = input.use_latest_restorable_time == Some(true);
        match input.restore_date_time {
            Some(_) if wants_latest => {
                // Recorded: the first sentence and a half.
                let why = "Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. \
                           Please specify only one of them.";
                return Err(BackupError::request(why).into());
            }
            None if !wants_latest => {
                let why = "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both";
                return Err(BackupError::request(why).into());
            }
            _ => {}
        }
        let overrides = Overrides {
            billing_mode: input.billing_mode_override,
            throughput: input.provisioned_throughput_override,
            on_demand: input.on_demand_throughput_override,
            global_indexes: input.global_secondary_index_override,
            local_indexes: input.local_secondary_index_override,
            sse: input.sse_specification_override,
        };
        let (region, name) =
            source(cx, input.source_table_arn.as_deref(), input.source_table_name.as_deref())?;
        need_key_across_regions(cx, region.as_str(), &overrides)?;
        let (table, at) = self.recovered(cx.now, &region, &name, input.restore_date_time)?;
        let target = input.target_table_name;
        self.check_target(cx, &target)?;
        let request = table.request(&target, &overrides)?;
        let summary = w::RestoreSummary {
            source_backup_arn: None,
            source_table_arn: table.description.table_arn.clone(),
            restore_date_time: at,
            restore_in_progress: true,
        };
        let description = self.restore(cx, request, table, summary)?;
        Ok(w::RestoreTableToPointInTimeOutput { table_description: Some(description) })
    }

    /// A table as it was at an instant, or is now if none is named.
    fn recovered(
        &self,
        now: Timestamp,
        region: &Region,
        name: &str,
        at: Option<Timestamp>,
    ) -> Result<(SavedTable, Timestamp), BackupError> {
        let table = self.regions.get(region).and_then(|there| there.tables.get(name));
        let table = table.filter(|table| table.settings.life.status != Status::Creating);
        let table = table.ok_or_else(|| BackupError::NoSuchTable(name.to_owned()))?;
        let earliest = table.history.earliest(now).ok_or_else(|| BackupError::NoRecovery(name.to_owned()))?;
        let wanted = at.unwrap_or(now);
        if wanted < earliest || now < wanted {
            let shown = |at: Timestamp| at.format("%Y-%m-%dT%H:%M:%SZ");
            return Err(BackupError::RestoreTime {
                at: shown(wanted),
                earliest: shown(earliest),
                latest: shown(now),
            });
        }
        Ok((SavedTable::of(table, table.history.rows_at(&table.rows, wanted), now), wanted))
    }

    /// The backup that an ARN means, in whatever region it is.
    fn backup_at(
        &mut self,
        now: Timestamp,
        at: &Below,
        arn: &str,
    ) -> Result<&mut super::on_demand::Backup, BackupError> {
        let there = self.regions.get_mut(&Region::new(&*at.region));
        let missing = || BackupError::NoSuchBackup(arn.to_owned());
        there.ok_or_else(missing)?.backups.backup_mut(now, at, arn)
    }

    /// Refuses a name that is taken, and one restore too many.
    fn check_target(&mut self, cx: &Cx<'_>, target: &str) -> Result<(), DynamoError> {
        let target = table_name(cx, target)?;
        let here = self.here(cx);
        if let Some(table) = here.tables.get(target) {
            let restored = table.restore.as_ref().filter(|_| table.settings.life.status == Status::Creating);
            return Err(match restored.and_then(|summary| summary.source_backup_arn.clone()) {
                Some(from) => BackupError::BeingRestored { table: target.to_owned(), from },
                None => BackupError::TableExists(target.to_owned()),
            }
            .into());
        }
        let is_restored =
            |table: &&super::Table| table.restore.is_some() && table.settings.life.status == Status::Creating;
        if here.tables.values().filter(is_restored).count() >= RESTORES_MAX {
            return Err(BackupError::TooManyRestores(RESTORES_MAX).into());
        }
        Ok(())
    }

    /// Makes the table. It has its items at once, and nobody can read them before it is ACTIVE.
    fn restore(
        &mut self,
        cx: &mut Cx<'_>,
        request: w::CreateTableInput,
        saved: SavedTable,
        summary: w::RestoreSummary,
    ) -> Result<w::TableDescription, DynamoError> {
        let now = cx.now;
        let table = self.make_table(cx, request)?;
        table.keep_creating(now + RESTORE);
        table.load(saved.rows);
        table.restore = Some(Box::new(summary));
        Ok(table.description(now))
    }

    /// Backups whose restores are complete are free again.
    pub(super) fn end_uses(&mut self, now: Timestamp) {
        let creating: Vec<(String, String)> = self
            .regions
            .iter()
            .flat_map(|(region, here)| {
                let creating = |table: &&super::Table| {
                    table.settings.life.status == Status::Creating && !table.settings.life.is_over(now)
                };
                let tables = here.tables.values().filter(creating);
                tables.map(|table| (region.as_str().to_owned(), table.name.clone()))
            })
            .collect();
        for here in self.regions.values_mut() {
            for backup in here.backups.backups.values_mut() {
                backup.used_by = backup.used_by.take().filter(|target| creating.contains(target));
            }
        }
    }
}

impl super::Table {
    /// A new table is CREATING up to this instant, with its indexes.
    pub(crate) fn keep_creating(&mut self, until: Timestamp) {
        let life = Life::until(Status::Creating, until);
        self.settings.life = life;
        for index in self.settings.indexes.values_mut() {
            index.life = life;
        }
    }
}

/// The region and name of the table that a recovery begins with.
fn source(cx: &Cx<'_>, arn: Option<&str>, name: Option<&str>) -> Result<(Region, String), DynamoError> {
    let only_one = || BackupError::request("Must provide exactly one of: sourceTableArn, sourceTableName");
    match (arn, name) {
        (Some(_), Some(_)) => Err(only_one().into()),
        (None, None) => {
            // Recorded, without a prefix.
            let why = "The parameter 'TableName' is required but was not present in the request";
            Err(BackupError::request(why).into())
        }
        (None, Some(name)) => Ok((cx.scope.region.clone(), table_name(cx, name)?.to_owned())),
        (Some(text), None) => {
            let invalid = || BackupError::Parameter("sourceTableArn is not a valid ARN".to_owned());
            let arn: Arn = text.parse().map_err(|_| invalid())?;
            let table = arn.resource.strip_prefix("table/").filter(|table| !table.contains('/'));
            let table = table.ok_or_else(invalid)?;
            if arn.account.as_str() != cx.scope.account.as_str() {
                return Err(BackupError::OtherOwner.into());
            }
            Ok((Region::new(arn.region.as_str()), table.to_owned()))
        }
    }
}

/// A key of another region is none here: across regions one must be named.
fn need_key_across_regions(cx: &Cx<'_>, source: &str, overrides: &Overrides) -> Result<(), BackupError> {
    if source != cx.scope.region.as_str() && overrides.sse.is_none() {
        return Err(BackupError::request(
            "sseSpecificationOverride must be provided for cross-region restores",
        ));
    }
    Ok(())
}
