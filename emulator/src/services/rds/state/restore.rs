//! RestoreDBInstanceFromDBSnapshot: a new instance with the rows of a snapshot.

use wavetank_wire::rds as w;

use super::create::{check_identifier, check_port, security_group};
use super::jobs::Purpose;
use super::{Instance, Rds, Status, key_of, own_arn};
use crate::services::rds::RdsError;
use crate::services::rds::limits::CREATING;
use crate::services::rds::work::PostgresTask;
use crate::world::Cx;

impl Rds {
    pub(in super::super) fn restore_instance(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::RestoreDBInstanceFromDBSnapshotInput,
    ) -> Result<w::RestoreDBInstanceFromDBSnapshotOutput, RdsError> {
        check_built(&input)?;
        check_identifier("DBInstanceIdentifier", &input.db_instance_identifier)?;
        let key = key_of(&input.db_instance_identifier);
        if self.instances.contains_key(&key) {
            return Err(RdsError::InstanceExists);
        }
        let Some(name) = &input.db_snapshot_identifier else {
            let said = "DBSnapshotIdentifier must be provided.";
            return Err(RdsError::Combination(said.to_owned()));
        };
        let snapshot = self.restorable(name)?.clone();
        let port = input.port.map(check_port).transpose()?;
        let mut shown = snapshot.of.clone();
        let family = self.family_of_instance(&shown);
        let group = self.parameter_group_of(input.db_parameter_group_name.as_deref(), &family)?;
        shown.db_subnet_group = self.subnet_group_of(input.db_subnet_group_name.as_deref())?;
        shown.db_parameter_groups = Some(vec![group]);
        let home = format!("db-{}", cx.letters(26, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
        shown.dbi_resource_id = Some(home.clone());
        shown.db_instance_identifier = Some(key.clone());
        shown.db_instance_arn = Some(own_arn(cx, "db", &key));
        shown.instance_create_time = Some(cx.now);
        shown.endpoint = None;
        shown.master_user_secret = None;
        shown.pending_modified_values = Some(w::PendingModifiedValues::default());
        shown.db_instance_class = input.db_instance_class.or(shown.db_instance_class);
        shown.deletion_protection = Some(input.deletion_protection.unwrap_or(false));
        shown.publicly_accessible = input.publicly_accessible.or(shown.publicly_accessible);
        shown.copy_tags_to_snapshot = input.copy_tags_to_snapshot.or(shown.copy_tags_to_snapshot);
        shown.storage_type = input.storage_type.or(shown.storage_type);
        shown.allocated_storage = input.allocated_storage.or(shown.allocated_storage);
        shown.backup_retention_period = input.backup_retention_period.or(shown.backup_retention_period);
        if let Some(groups) = input.vpc_security_group_ids {
            shown.vpc_security_groups = Some(groups.into_iter().map(security_group).collect());
        }
        let arn = shown.db_instance_arn.clone().unwrap_or_default();
        self.set_tags(&arn, input.tags.unwrap_or_default());
        let instance = Instance { shown, status: Status::Creating, until: None, port, major: None };
        let launch = self.launch(&instance);
        self.instances.insert(key.clone(), instance);
        let task = PostgresTask::Restore { from: snapshot.folder, launch, password: None };
        let purpose = Purpose::Restored { home: home.clone(), snapshot: key_of(name) };
        self.start_work(cx, &home, task, CREATING, purpose);
        let db_instance = Some(self.show(self.find(&key)?));
        Ok(w::RestoreDBInstanceFromDBSnapshotOutput { db_instance })
    }
}

/// Refuses by name what AWS has and this tank does not.
fn check_built(input: &w::RestoreDBInstanceFromDBSnapshotInput) -> Result<(), RdsError> {
    let members = [
        ("DBClusterSnapshotIdentifier", input.db_cluster_snapshot_identifier.is_some()),
        ("Engine", input.engine.as_deref().is_some_and(|engine| engine != "postgres")),
        ("Domain", input.domain.is_some() || input.domain_fqdn.is_some()),
        ("ManageMasterUserPassword", input.manage_master_user_password == Some(true)),
        ("EnableIAMDatabaseAuthentication", input.enable_iam_database_authentication == Some(true)),
        ("AdditionalStorageVolumes", input.additional_storage_volumes.is_some()),
        ("DBName", input.db_name.is_some()),
    ];
    match members.iter().find(|(_, is_asked)| *is_asked) {
        Some((name, _)) => Err(RdsError::NotBuilt(format!("RestoreDBInstanceFromDBSnapshot with {name}"))),
        None => Ok(()),
    }
}
