//! StartDBInstance, StopDBInstance, RebootDBInstance, DeleteDBInstance.

use wavetank_wire::rds as w;

use super::jobs::Purpose;
use super::{Rds, Status, key_of};
use crate::services::rds::RdsError;
use crate::services::rds::limits::{STARTING, STOPPING};
use crate::services::rds::work::PostgresTask;
use crate::world::Cx;

impl Rds {
    /// Ours: an instance whose server has died (`failed`) can be started too.
    pub(in super::super) fn start_instance(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::StartDBInstanceInput,
    ) -> Result<w::StartDBInstanceOutput, RdsError> {
        let key = key_of(&input.db_instance_identifier);
        self.check_alone(&key, "stopping and starting")?;
        let instance = self.find(&key)?;
        // One that never came to be has nothing to start.
        if !can_start(instance.status) || instance.shown.endpoint.is_none() {
            return Err(RdsError::InstanceState(key, "in stopped"));
        }
        self.start_again(cx, &key);
        Ok(w::StartDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) })
    }

    /// Starts the server of an instance that has none.
    pub(super) fn start_again(&mut self, cx: &mut Cx<'_>, key: &str) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        instance.status = Status::Starting;
        instance.until = None;
        instance.shown.automatic_restart_time = None;
        let home = instance.home().to_owned();
        let Some(instance) = self.instances.get(key) else { return };
        let task = PostgresTask::Start { launch: self.launch(instance) };
        self.start_work(cx, &home, task, STARTING, Purpose::Started(home.clone()));
    }

    pub(in super::super) fn stop_instance(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::StopDBInstanceInput,
    ) -> Result<w::StopDBInstanceOutput, RdsError> {
        let key = key_of(&input.db_instance_identifier);
        self.check_alone(&key, "stopping and starting")?;
        let instance = self.find(&key)?;
        if instance.status != Status::Available {
            return Err(RdsError::InstanceState(key, "in available"));
        }
        if let Some(snapshot) = &input.db_snapshot_identifier {
            let snapshot = w::CreateDBSnapshotInput {
                db_snapshot_identifier: snapshot.clone(),
                db_instance_identifier: key.clone(),
                tags: None,
            };
            self.create_snapshot(cx, &snapshot)?;
        }
        let instance = self.find_mut(&key)?;
        instance.status = Status::Stopping;
        let home = instance.home().to_owned();
        self.start_work(cx, &home, PostgresTask::Stop, STOPPING, Purpose::Stopped(home.clone()));
        Ok(w::StopDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) })
    }

    /// Ours: an instance whose server has died (`failed`) can be rebooted too.
    pub(in super::super) fn reboot_instance(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::RebootDBInstanceInput,
    ) -> Result<w::RebootDBInstanceOutput, RdsError> {
        let key = key_of(&input.db_instance_identifier);
        if input.force_failover == Some(true) {
            return Err(RdsError::Combination("Cannot failover a non multi-az instance".to_owned()));
        }
        let instance = self.find_mut(&key)?;
        if instance.cluster().is_some() && instance.status == Status::Available {
            instance.status = Status::Rebooting;
            instance.until = Some(cx.now + STARTING);
            return Ok(w::RebootDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) });
        }
        let can =
            matches!(instance.status, Status::Available | Status::Failed | Status::IncompatibleParameters);
        if !can || instance.shown.endpoint.is_none() {
            return Err(RdsError::InstanceState(key, "in available"));
        }
        instance.apply_pending();
        self.reboot(cx, &key, Status::Rebooting, Purpose::Rebooted);
        Ok(w::RebootDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) })
    }

    /// Starts the server anew.
    pub(super) fn reboot(
        &mut self,
        cx: &mut Cx<'_>,
        key: &str,
        status: Status,
        purpose: fn(String) -> Purpose,
    ) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        instance.status = status;
        instance.until = None;
        let home = instance.home().to_owned();
        let Some(instance) = self.instances.get(key) else { return };
        let task = PostgresTask::Start { launch: self.launch(instance) };
        self.start_work(cx, &home, task, STARTING, purpose(home.clone()));
    }

    pub(in super::super) fn delete_instance(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteDBInstanceInput,
    ) -> Result<w::DeleteDBInstanceOutput, RdsError> {
        let key = key_of(&input.db_instance_identifier);
        let instance = self.find(&key)?;
        if instance.cluster().is_some() && instance.status == Status::Available {
            return self.delete_member(cx, &key, input);
        }
        let is_saved = !input.skip_final_snapshot.unwrap_or(false);
        let combination = |said: &str| Err(RdsError::Combination(said.to_owned()));
        match &input.final_db_snapshot_identifier {
            None if is_saved => {
                return combination(
                    "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
                );
            }
            Some(_) if !is_saved => {
                return combination(
                    "FinalDBSnapshotIdentifier can not be specified when deleting without a final snapshot.",
                );
            }
            _ => {}
        }
        if instance.shown.deletion_protection == Some(true) {
            return combination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again.",
            );
        }
        if matches!(instance.status, Status::Deleting | Status::Creating) {
            return Err(RdsError::InstanceState(key, "in a deletable"));
        }
        let has_data = instance.shown.endpoint.is_some();
        if is_saved && !has_data {
            return Err(RdsError::InstanceState(key, "in available"));
        }
        let home = instance.home().to_owned();
        let mut last = None;
        let mut copy = None;
        if let Some(snapshot) = &input.final_db_snapshot_identifier {
            let (name, folder) = self.begin_snapshot(cx, snapshot, &key, None)?;
            last = Some(name);
            copy = Some(folder);
        }
        let instance = self.find_mut(&key)?;
        instance.status = Status::Deleting;
        instance.until = None;
        let task = PostgresTask::Destroy { last: copy };
        self.start_work(cx, &home, task, STOPPING, Purpose::Destroyed { home: home.clone(), last });
        Ok(w::DeleteDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) })
    }
}

fn can_start(status: Status) -> bool {
    matches!(status, Status::Stopped | Status::Failed | Status::IncompatibleParameters)
}
