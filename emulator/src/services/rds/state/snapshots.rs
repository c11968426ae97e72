//! Snapshots: whole copies of an instance's data, that outlive it.

use wavetank_wire::rds as w;

use super::clusters::cluster_of;
use super::create::check_identifier;
use super::jobs::Purpose;
use super::{Rds, Status, key_of, own_arn, page, passes};
use crate::services::rds::RdsError;
use crate::services::rds::limits::SNAPSHOT;
use crate::services::rds::work::{PostgresFailure, PostgresTask, PostgresWork, Running};
use crate::world::{Cx, Work};

/// A snapshot.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// What is shown of it, but for its tags.
    pub(super) shown: w::DBSnapshot,
    /// Names its folder.
    pub(super) folder: String,
    /// The instance as it was.
    pub(super) of: w::DBInstance,
}

impl Snapshot {
    fn is_available(&self) -> bool {
        self.shown.status.as_deref() == Some("available")
    }

    fn arn(&self) -> &str {
        self.shown.db_snapshot_arn.as_deref().unwrap_or_default()
    }
}

impl Rds {
    pub(in super::super) fn create_snapshot(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::CreateDBSnapshotInput,
    ) -> Result<w::CreateDBSnapshotOutput, RdsError> {
        let key = key_of(&input.db_instance_identifier);
        self.check_alone(&key, "snapshots of their own")?;
        let instance = self.find(&key)?;
        if !matches!(instance.status, Status::Available | Status::Stopped) {
            return Err(RdsError::InstanceState(key, "in available"));
        }
        let home = instance.home().to_owned();
        let (name, folder) =
            self.begin_snapshot(cx, &input.db_snapshot_identifier, &key, input.tags.clone())?;
        let task = PostgresTask::Snapshot { to: folder };
        self.start_work(cx, &home, task, SNAPSHOT, Purpose::Snapshot(name.clone()));
        Ok(w::CreateDBSnapshotOutput { db_snapshot: Some(self.show_snapshot(self.snapshot(&name)?)) })
    }

    /// The entry of a snapshot that is being made: its key, and the name of its folder.
    pub(super) fn begin_snapshot(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        instance: &str,
        tags: Option<Vec<w::Tag>>,
    ) -> Result<(String, String), RdsError> {
        check_identifier("DBSnapshotIdentifier", name)?;
        let name = key_of(name);
        if self.snapshots.contains_key(&name) {
            return Err(RdsError::SnapshotExists(name));
        }
        let of = self.find(instance)?.shown.clone();
        let arn = own_arn(cx, "snapshot", &name);
        let mut all = tags.unwrap_or_default();
        if of.copy_tags_to_snapshot == Some(true) {
            all.extend(self.tag_list(of.db_instance_arn.as_deref().unwrap_or_default()));
        }
        self.set_tags(&arn, all);
        let shown = w::DBSnapshot {
            db_snapshot_identifier: Some(name.clone()),
            db_instance_identifier: of.db_instance_identifier.clone(),
            snapshot_create_time: Some(cx.now),
            original_snapshot_create_time: Some(cx.now),
            engine: of.engine.clone(),
            allocated_storage: of.allocated_storage,
            status: Some("creating".to_owned()),
            port: of.endpoint.as_ref().and_then(|endpoint| endpoint.port),
            availability_zone: of.availability_zone.clone(),
            instance_create_time: of.instance_create_time,
            master_username: of.master_username.clone(),
            engine_version: of.engine_version.clone(),
            license_model: of.license_model.clone(),
            snapshot_type: Some("manual".to_owned()),
            percent_progress: Some(0),
            storage_type: of.storage_type.clone(),
            encrypted: of.storage_encrypted,
            db_snapshot_arn: Some(arn.clone()),
            iam_database_authentication_enabled: Some(false),
            dbi_resource_id: of.dbi_resource_id.clone(),
            snapshot_target: Some("region".to_owned()),
            ..Default::default()
        };
        let folder = format!("snapshot-{}", cx.hex(16));
        self.snapshots.insert(name.clone(), Snapshot { shown, folder: folder.clone(), of });
        self.event(cx, "db-snapshot", &name, &arn, "Creating manual snapshot", "creation");
        Ok((name, folder))
    }

    pub(super) fn snapshot_done(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        result: Result<Running, PostgresFailure>,
    ) {
        let Some(snapshot) = self.snapshots.get_mut(name) else { return };
        let arn = snapshot.arn().to_owned();
        let (status, said, category) = match result {
            Ok(_) => ("available", "Manual snapshot created".to_owned(), "creation"),
            Err(why) => ("failed", why.to_string(), "failure"),
        };
        snapshot.shown.status = Some(status.to_owned());
        snapshot.shown.percent_progress = Some(if status == "available" { 100 } else { 0 });
        snapshot.shown.snapshot_create_time = Some(cx.now);
        self.event(cx, "db-snapshot", name, &arn, &said, category);
    }

    pub(in super::super) fn copy_snapshot(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::CopyDBSnapshotInput,
    ) -> Result<w::CopyDBSnapshotOutput, RdsError> {
        let source = self.snapshot(&input.source_db_snapshot_identifier)?.clone();
        let name = key_of(&input.target_db_snapshot_identifier);
        check_identifier("TargetDBSnapshotIdentifier", &name)?;
        if self.snapshots.contains_key(&name) {
            return Err(RdsError::SnapshotExists(name));
        }
        if !source.is_available() {
            return Err(RdsError::SnapshotState(key_of(&input.source_db_snapshot_identifier)));
        }
        let arn = own_arn(cx, "snapshot", &name);
        let mut tags = input.tags.clone().unwrap_or_default();
        if input.copy_tags == Some(true) {
            tags.extend(self.tag_list(source.arn()));
        }
        self.set_tags(&arn, tags);
        let mut copy = source.clone();
        copy.folder = format!("snapshot-{}", cx.hex(16));
        copy.shown.db_snapshot_identifier = Some(name.clone());
        copy.shown.source_db_snapshot_identifier = Some(source.arn().to_owned());
        copy.shown.db_snapshot_arn = Some(arn);
        copy.shown.status = Some("creating".to_owned());
        let task = PostgresTask::CopySnapshot { from: source.folder, to: copy.folder.clone() };
        self.snapshots.insert(name.clone(), copy);
        self.start_work(cx, "", task, SNAPSHOT, Purpose::Snapshot(name.clone()));
        Ok(w::CopyDBSnapshotOutput { db_snapshot: Some(self.show_snapshot(self.snapshot(&name)?)) })
    }

    pub(in super::super) fn delete_snapshot(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteDBSnapshotInput,
    ) -> Result<w::DeleteDBSnapshotOutput, RdsError> {
        let name = key_of(&input.db_snapshot_identifier);
        let snapshot = self.snapshot(&name)?.clone();
        if snapshot.shown.status.as_deref() == Some("creating") {
            return Err(RdsError::SnapshotState(name));
        }
        let mut shown = self.show_snapshot(&snapshot);
        shown.status = Some("deleted".to_owned());
        self.snapshots.remove(&name);
        self.tags.remove(snapshot.arn());
        let task = PostgresTask::DropSnapshot { snapshot: snapshot.folder.clone() };
        let work = PostgresWork { home: String::new(), task, takes: std::time::Duration::ZERO };
        let job = cx.start(Work::Postgres(Box::new(work)));
        self.jobs.insert(job, Purpose::SnapshotDropped(name.clone()));
        self.event(cx, "db-snapshot", &name, snapshot.arn(), "Deleted manual snapshot", "deletion");
        Ok(w::DeleteDBSnapshotOutput { db_snapshot: Some(shown) })
    }

    pub(in super::super) fn describe_snapshots(
        &self,
        input: &w::DescribeDBSnapshotsInput,
    ) -> Result<w::DescribeDBSnapshotsOutput, RdsError> {
        let mut found = Vec::new();
        match &input.db_snapshot_identifier {
            Some(name) => found.push(self.snapshot(name)?),
            None => {
                let all = self.snapshots.iter().filter(|(key, _)| cluster_of(key).is_none());
                found.extend(all.map(|(_, snapshot)| snapshot));
            }
        }
        let is = |wanted: &Option<String>, value: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| value.as_deref() == Some(key_of(wanted).as_str()))
        };
        let mut passed = Vec::new();
        for snapshot in found {
            let shown = &snapshot.shown;
            let of = |filter: &str| {
                Some(match filter {
                    "db-instance-id" => shown.db_instance_identifier.as_deref(),
                    "db-snapshot-id" => shown.db_snapshot_identifier.as_deref(),
                    "dbi-resource-id" => shown.dbi_resource_id.as_deref(),
                    "snapshot-type" => shown.snapshot_type.as_deref(),
                    "engine" => shown.engine.as_deref(),
                    _ => return None,
                })
            };
            let is_asked = is(&input.db_instance_identifier, &shown.db_instance_identifier)
                && is(&input.snapshot_type, &shown.snapshot_type)
                && input.dbi_resource_id.as_ref().is_none_or(|id| shown.dbi_resource_id.as_ref() == Some(id));
            if passes(input.filters.as_ref(), of)? && is_asked {
                passed.push(self.show_snapshot(snapshot));
            }
        }
        let (db_snapshots, marker) = page(passed.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBSnapshotsOutput { marker, db_snapshots: Some(db_snapshots) })
    }

    pub(super) fn snapshot(&self, name: &str) -> Result<&Snapshot, RdsError> {
        let key = key_of(name);
        self.snapshots.get(&key).filter(|_| cluster_of(&key).is_none()).ok_or(RdsError::NoSnapshot(key))
    }

    /// The snapshot, if a new instance can be made of it.
    pub(super) fn restorable(&self, name: &str) -> Result<&Snapshot, RdsError> {
        let snapshot = self.snapshot(name)?;
        if snapshot.is_available() { Ok(snapshot) } else { Err(RdsError::SnapshotState(key_of(name))) }
    }

    fn show_snapshot(&self, snapshot: &Snapshot) -> w::DBSnapshot {
        let mut shown = snapshot.shown.clone();
        shown.tag_list = Some(self.tag_list(snapshot.arn()));
        shown
    }
}
