//! ModifyDBInstance: what changes at once, and what waits for the next restart.
//!
//! Assumed: what is not applied immediately is applied when the instance is next rebooted. On AWS it is applied in the next
//! maintenance window, or with a later call that applies immediately.

use wavetank_wire::rds as w;

use super::create::{check_password, check_port, check_retention, check_storage, security_group};
use super::engines::parts_of;
use super::jobs::Purpose;
use super::{Instance, Rds, Status, key_of};
use crate::services::rds::RdsError;
use crate::services::rds::limits::MODIFYING;
use crate::services::rds::work::{Master, PostgresTask};
use crate::world::Cx;

impl Rds {
    pub(in super::super) fn modify_instance(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::ModifyDBInstanceInput,
    ) -> Result<w::ModifyDBInstanceOutput, RdsError> {
        let key = key_of(&input.db_instance_identifier);
        if input.master_user_password.is_some()
            || input.db_port_number.is_some()
            || input.db_parameter_group_name.is_some()
        {
            self.check_alone(&key, "a password, port and parameter group of their own")?;
        }
        let instance = self.find(&key)?;
        check_built(input)?;
        check_values(input)?;
        let is_of_server = input.master_user_password.is_some()
            || input.db_port_number.is_some()
            || input.db_parameter_group_name.is_some();
        let is_ready = match instance.status {
            Status::Available => true,
            Status::Stopped | Status::IncompatibleParameters => input.master_user_password.is_none(),
            _ => false,
        };
        if !is_ready {
            return Err(RdsError::InstanceState(key, "in available"));
        }
        if input.master_user_password.is_some() && instance.shown.master_user_secret.is_some() {
            let said =
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.";
            return Err(RdsError::Combination(said.to_owned()));
        }
        let version = instance.shown.engine_version.clone().unwrap_or_default();
        if let Some(wanted) = &input.engine_version {
            self.check_upgrade(&version, wanted)?;
        }
        let group = match &input.db_parameter_group_name {
            Some(name) => {
                let family = self.family_of_instance(&instance.shown);
                Some(self.parameter_group_of(Some(name), &family)?)
            }
            None => None,
        };
        let subnets = match &input.db_subnet_group_name {
            Some(name) => Some(self.subnet_group_of(Some(name))?),
            None => None,
        };
        let instance = self.find_mut(&key)?;
        store(&mut instance.shown, input);
        if let Some(mut group) = group {
            group.parameter_apply_status = Some("pending-reboot".to_owned());
            instance.shown.db_parameter_groups = Some(vec![group]);
        }
        if let Some(subnets) = subnets {
            instance.shown.db_subnet_group = subnets;
        }
        instance.await_changes(input);
        let before = instance.port;
        if input.apply_immediately == Some(true) {
            instance.apply_pending();
        }
        let is_moved = instance.port != before && instance.status == Status::Available;
        self.change_server(cx, &key, input.master_user_password.clone(), is_moved, is_of_server);
        Ok(w::ModifyDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) })
    }

    /// Refuses a version that there is not, one that is lower, and what this tank cannot do: the server stays as it is installed.
    ///
    /// Recorded: the sentences, from public reports of ModifyDBInstance's refusals (read 2026-11-28).
    fn check_upgrade(&self, version: &str, wanted: &str) -> Result<(), RdsError> {
        let to = self.version_of(wanted)?;
        match parts_of(&to).cmp(&parts_of(version)) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => {
                Err(RdsError::Combination(format!("Cannot upgrade postgres from {version} to {to}")))
            }
            std::cmp::Ordering::Greater => {
                let said = format!("ModifyDBInstance with EngineVersion {to}: this machine runs {version}");
                Err(RdsError::NotBuilt(said))
            }
        }
    }

    fn change_server(
        &mut self,
        cx: &mut Cx<'_>,
        key: &str,
        password: Option<String>,
        is_moved: bool,
        is_of_server: bool,
    ) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        if let Some(password) = password {
            instance.status = Status::Modifying;
            let home = instance.home().to_owned();
            let user = instance.shown.master_username.clone().unwrap_or_default();
            let task = PostgresTask::SetPassword(Master { user, password });
            self.start_work(cx, &home, task, MODIFYING, Purpose::Password(home.clone()));
        }
        if is_moved {
            self.reboot(cx, key, Status::Modifying, Purpose::Moved);
        } else if !is_of_server
            && let Some(instance) = self.instances.get_mut(key)
            && instance.status == Status::Available
        {
            instance.status = Status::Modifying;
            instance.until = Some(cx.now + MODIFYING);
        }
    }
}

/// Refuses by name what AWS has and this tank does not.
fn check_built(input: &w::ModifyDBInstanceInput) -> Result<(), RdsError> {
    let members = [
        ("NewDBInstanceIdentifier", input.new_db_instance_identifier.is_some()),
        ("Engine", input.engine.is_some()),
        ("ManageMasterUserPassword", input.manage_master_user_password.is_some()),
        ("RotateMasterUserPassword", input.rotate_master_user_password == Some(true)),
        ("Domain", input.domain.is_some() || input.domain_fqdn.is_some()),
        ("OptionGroupName", input.option_group_name.is_some()),
        ("EnableIAMDatabaseAuthentication", input.enable_iam_database_authentication == Some(true)),
        ("AdditionalStorageVolumes", input.additional_storage_volumes.is_some()),
    ];
    match members.iter().find(|(_, is_asked)| *is_asked) {
        Some((name, _)) => Err(RdsError::NotBuilt(format!("ModifyDBInstance with {name}"))),
        None => Ok(()),
    }
}

fn check_values(input: &w::ModifyDBInstanceInput) -> Result<(), RdsError> {
    input.master_user_password.as_deref().map_or(Ok(()), check_password)?;
    input.allocated_storage.map_or(Ok(()), check_storage)?;
    input.backup_retention_period.map_or(Ok(()), check_retention)?;
    input.db_port_number.map_or(Ok(()), |port| check_port(port).map(drop))?;
    match &input.db_instance_class {
        Some(class) if !class.starts_with("db.") => {
            Err(RdsError::Value(format!("Invalid DB Instance class: {class}")))
        }
        _ => Ok(()),
    }
}

/// What changes at once, whatever is asked.
fn store(shown: &mut w::DBInstance, input: &w::ModifyDBInstanceInput) {
    fn set<T: Clone>(place: &mut Option<T>, value: &Option<T>) {
        if value.is_some() {
            place.clone_from(value);
        }
    }
    set(&mut shown.backup_retention_period, &input.backup_retention_period);
    set(&mut shown.preferred_backup_window, &input.preferred_backup_window);
    set(&mut shown.preferred_maintenance_window, &input.preferred_maintenance_window);
    set(&mut shown.multi_az, &input.multi_az);
    set(&mut shown.auto_minor_version_upgrade, &input.auto_minor_version_upgrade);
    set(&mut shown.ca_certificate_identifier, &input.ca_certificate_identifier);
    set(&mut shown.copy_tags_to_snapshot, &input.copy_tags_to_snapshot);
    set(&mut shown.monitoring_interval, &input.monitoring_interval);
    set(&mut shown.publicly_accessible, &input.publicly_accessible);
    set(&mut shown.deletion_protection, &input.deletion_protection);
    set(&mut shown.max_allocated_storage, &input.max_allocated_storage);
    set(&mut shown.performance_insights_enabled, &input.enable_performance_insights);
    if let Some(groups) = &input.vpc_security_group_ids {
        shown.vpc_security_groups = Some(groups.iter().cloned().map(security_group).collect());
    }
}

impl Instance {
    /// Keeps what waits.
    fn await_changes(&mut self, input: &w::ModifyDBInstanceInput) {
        let mut pending = self.shown.pending_modified_values.clone().unwrap_or_default();
        pending.allocated_storage = input.allocated_storage.or(pending.allocated_storage);
        pending.db_instance_class = input.db_instance_class.clone().or(pending.db_instance_class);
        pending.port = input.db_port_number.or(pending.port);
        pending.iops = input.iops.or(pending.iops);
        pending.storage_throughput = input.storage_throughput.or(pending.storage_throughput);
        pending.storage_type = input.storage_type.clone().or(pending.storage_type);
        self.shown.pending_modified_values = Some(pending);
    }

    /// Makes what has waited so.
    pub(super) fn apply_pending(&mut self) {
        let Some(pending) = self.shown.pending_modified_values.replace(w::PendingModifiedValues::default())
        else {
            return;
        };
        let shown = &mut self.shown;
        shown.allocated_storage = pending.allocated_storage.or(shown.allocated_storage);
        shown.db_instance_class = pending.db_instance_class.or(shown.db_instance_class.take());
        shown.iops = pending.iops.or(shown.iops);
        shown.storage_throughput = pending.storage_throughput.or(shown.storage_throughput);
        shown.storage_type = pending.storage_type.or(shown.storage_type.take());
        if let Some(port) = pending.port.and_then(|port| u16::try_from(port).ok()) {
            self.port = Some(port);
        }
    }
}
