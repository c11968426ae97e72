//! Snapshots of clusters: whole copies of the data that a cluster's instances share. They lie among the others, under keys that no
//! user's name has.

use wavetank_wire::rds as w;

use super::clusters::{AURORA, Cluster, cluster_of, server_key};
use super::create::{check_identifier, check_port, security_group};
use super::jobs::Purpose;
use super::snapshots::Snapshot;
use super::{Instance, Rds, Status, key_of, own_arn, page, passes};
use crate::services::rds::RdsError;
use crate::services::rds::limits::{CREATING, SNAPSHOT};
use crate::services::rds::work::{PostgresTask, PostgresWork};
use crate::world::{Cx, Work};

impl Rds {
    pub(in super::super) fn create_cluster_snapshot(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::CreateDBClusterSnapshotInput,
    ) -> Result<w::CreateDBClusterSnapshotOutput, RdsError> {
        let cluster = key_of(&input.db_cluster_identifier);
        let home = self.ready_server(&cluster)?.home().to_owned();
        let tags = input.tags.clone();
        let (key, folder) =
            self.begin_cluster_snapshot(cx, &input.db_cluster_snapshot_identifier, &cluster, tags)?;
        let task = PostgresTask::Snapshot { to: folder };
        self.start_work(cx, &home, task, SNAPSHOT, Purpose::Snapshot(key.clone()));
        let db_cluster_snapshot =
            self.snapshots.get(&key).map(|snapshot| self.show_cluster_snapshot(snapshot));
        Ok(w::CreateDBClusterSnapshotOutput { db_cluster_snapshot })
    }

    /// The entry of a snapshot that is being made: its key, and the name of its folder.
    pub(super) fn begin_cluster_snapshot(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        cluster: &str,
        tags: Option<Vec<w::Tag>>,
    ) -> Result<(String, String), RdsError> {
        check_identifier("DBClusterSnapshotIdentifier", name)?;
        let key = server_key(&key_of(name));
        if self.snapshots.contains_key(&key) {
            return Err(RdsError::ClusterSnapshotExists(key_of(name)));
        }
        let of = self.server(cluster)?.shown.clone();
        let arn = own_arn(cx, "cluster-snapshot", &key_of(name));
        self.set_tags(&arn, tags.unwrap_or_default());
        let shown = w::DBSnapshot {
            db_snapshot_identifier: Some(key.clone()),
            db_instance_identifier: Some(cluster.to_owned()),
            snapshot_create_time: Some(cx.now),
            engine: of.engine.clone(),
            status: Some("creating".to_owned()),
            port: of.endpoint.as_ref().and_then(|endpoint| endpoint.port),
            instance_create_time: of.instance_create_time,
            master_username: of.master_username.clone(),
            engine_version: of.engine_version.clone(),
            snapshot_type: Some("manual".to_owned()),
            percent_progress: Some(0),
            db_snapshot_arn: Some(arn.clone()),
            dbi_resource_id: of.dbi_resource_id.clone(),
            ..Default::default()
        };
        let folder = format!("snapshot-{}", cx.hex(16));
        self.snapshots.insert(key.clone(), Snapshot { shown, folder: folder.clone(), of });
        self.event(
            cx,
            "db-cluster-snapshot",
            &key_of(name),
            &arn,
            "Creating manual cluster snapshot",
            "backup",
        );
        Ok((key, folder))
    }

    pub(in super::super) fn describe_cluster_snapshots(
        &self,
        input: &w::DescribeDBClusterSnapshotsInput,
    ) -> Result<w::DescribeDBClusterSnapshotsOutput, RdsError> {
        let mut found = Vec::new();
        match &input.db_cluster_snapshot_identifier {
            Some(name) => found.push(self.cluster_snapshot(name)?),
            None => {
                let all = self.snapshots.iter().filter(|(key, _)| cluster_of(key).is_some());
                found.extend(all.map(|(_, snapshot)| snapshot));
            }
        }
        let mut passed = Vec::new();
        for snapshot in found {
            let shown = self.show_cluster_snapshot(snapshot);
            let of = |filter: &str| {
                Some(match filter {
                    "db-cluster-id" => shown.db_cluster_identifier.as_deref(),
                    "db-cluster-snapshot-id" => shown.db_cluster_snapshot_identifier.as_deref(),
                    "snapshot-type" => shown.snapshot_type.as_deref(),
                    "engine" => shown.engine.as_deref(),
                    _ => return None,
                })
            };
            let is = |wanted: &Option<String>, value: &Option<String>| {
                wanted.as_ref().is_none_or(|wanted| value.as_deref() == Some(key_of(wanted).as_str()))
            };
            let is_asked = is(&input.db_cluster_identifier, &shown.db_cluster_identifier)
                && is(&input.snapshot_type, &shown.snapshot_type);
            if passes(input.filters.as_ref(), of)? && is_asked {
                passed.push(shown);
            }
        }
        let (snapshots, marker) = page(passed.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBClusterSnapshotsOutput { marker, db_cluster_snapshots: Some(snapshots) })
    }

    pub(in super::super) fn delete_cluster_snapshot(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteDBClusterSnapshotInput,
    ) -> Result<w::DeleteDBClusterSnapshotOutput, RdsError> {
        let name = key_of(&input.db_cluster_snapshot_identifier);
        let snapshot = self.cluster_snapshot(&name)?.clone();
        if snapshot.shown.status.as_deref() == Some("creating") {
            return Err(RdsError::ClusterSnapshotState(name));
        }
        let mut shown = self.show_cluster_snapshot(&snapshot);
        shown.status = Some("deleted".to_owned());
        self.snapshots.remove(&server_key(&name));
        let arn = snapshot.shown.db_snapshot_arn.unwrap_or_default();
        self.tags.remove(&arn);
        let task = PostgresTask::DropSnapshot { snapshot: snapshot.folder };
        let work = PostgresWork { home: String::new(), task, takes: std::time::Duration::ZERO };
        let job = cx.start(Work::Postgres(Box::new(work)));
        self.jobs.insert(job, Purpose::SnapshotDropped(name.clone()));
        self.event(cx, "db-cluster-snapshot", &name, &arn, "Deleted manual cluster snapshot", "notification");
        Ok(w::DeleteDBClusterSnapshotOutput { db_cluster_snapshot: Some(shown) })
    }

    pub(in super::super) fn restore_cluster(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::RestoreDBClusterFromSnapshotInput,
    ) -> Result<w::RestoreDBClusterFromSnapshotOutput, RdsError> {
        if input.engine != AURORA {
            let said = format!("RestoreDBClusterFromSnapshot with Engine {}", input.engine);
            return Err(RdsError::NotBuilt(said));
        }
        check_identifier("DBClusterIdentifier", &input.db_cluster_identifier)?;
        let name = key_of(&input.db_cluster_identifier);
        if self.clusters.contains_key(&name) {
            return Err(RdsError::ClusterExists);
        }
        let snapshot = self.cluster_snapshot(&input.snapshot_identifier)?.clone();
        if snapshot.shown.status.as_deref() != Some("available") {
            return Err(RdsError::ClusterSnapshotState(key_of(&input.snapshot_identifier)));
        }
        let port = input.port.map(check_port).transpose()?;
        let subnets = self.subnet_group_of(input.db_subnet_group_name.as_deref())?;
        let (key, arn) = (server_key(&name), own_arn(cx, "cluster", &name));
        let home = format!("cluster-{}", cx.letters(26, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
        let mut server = snapshot.of.clone();
        server.db_instance_identifier = Some(key.clone());
        server.dbi_resource_id = Some(home.clone());
        server.db_instance_arn = Some(arn.clone());
        server.endpoint = None;
        server.master_user_secret = None;
        self.set_tags(&arn, input.tags.clone().unwrap_or_default());
        let groups = input.vpc_security_group_ids.clone().unwrap_or_default();
        let shown = w::DBCluster {
            db_cluster_identifier: Some(name.clone()),
            db_cluster_arn: Some(arn),
            db_cluster_resource_id: Some(home.clone()),
            cluster_create_time: Some(cx.now),
            engine: Some(input.engine.clone()),
            engine_mode: Some("provisioned".to_owned()),
            database_name: server.db_name.clone(),
            master_username: server.master_username.clone(),
            allocated_storage: Some(1),
            backup_retention_period: Some(1),
            db_subnet_group: subnets.and_then(|group| group.db_subnet_group_name),
            vpc_security_groups: Some(groups.into_iter().map(security_group).collect()),
            deletion_protection: Some(input.deletion_protection.unwrap_or(false)),
            http_endpoint_enabled: Some(false),
            ..Default::default()
        };
        let instance = Instance { shown: server, status: Status::Creating, until: None, port, major: None };
        let launch = self.launch(&instance);
        self.instances.insert(key, instance);
        self.clusters.insert(name.clone(), Cluster { shown });
        let task = PostgresTask::Restore { from: snapshot.folder, launch, password: None };
        let from = key_of(&input.snapshot_identifier);
        self.start_work(cx, &home, task, CREATING, Purpose::Restored { home: home.clone(), snapshot: from });
        Ok(w::RestoreDBClusterFromSnapshotOutput { db_cluster: Some(self.show_cluster(&name)?) })
    }

    pub(super) fn cluster_snapshot(&self, name: &str) -> Result<&Snapshot, RdsError> {
        let name = key_of(name);
        self.snapshots.get(&server_key(&name)).ok_or(RdsError::NoClusterSnapshot(name))
    }

    fn show_cluster_snapshot(&self, snapshot: &Snapshot) -> w::DBClusterSnapshot {
        let of = &snapshot.shown;
        let key = of.db_snapshot_identifier.as_deref().unwrap_or_default();
        w::DBClusterSnapshot {
            db_cluster_snapshot_identifier: cluster_of(key).map(str::to_owned),
            db_cluster_identifier: of.db_instance_identifier.clone(),
            snapshot_create_time: of.snapshot_create_time,
            engine: of.engine.clone(),
            engine_mode: Some("provisioned".to_owned()),
            allocated_storage: Some(1),
            status: of.status.clone(),
            port: of.port,
            cluster_create_time: of.instance_create_time,
            master_username: of.master_username.clone(),
            engine_version: of.engine_version.clone(),
            snapshot_type: of.snapshot_type.clone(),
            percent_progress: of.percent_progress,
            storage_encrypted: Some(false),
            db_cluster_snapshot_arn: of.db_snapshot_arn.clone(),
            iam_database_authentication_enabled: Some(false),
            tag_list: Some(self.tag_list(of.db_snapshot_arn.as_deref().unwrap_or_default())),
            db_cluster_resource_id: of.dbi_resource_id.clone(),
            ..Default::default()
        }
    }
}
