//! Aurora clusters: one server that all instances of the cluster share.
//!
//! A cluster's server is an entry of `instances` whose key has a colon, which no user's name has: it is made, started, stopped and
//! lost as every other server, and nobody is shown it. Instances of a cluster have none of their own; they are there for as long
//! as AWS's would be, and show the cluster's endpoint. The first is the writer; here readers write too.
//! Ours: the server runs from the cluster's creation on, without an instance too. Left out: parameter groups of clusters, copies and
//! shares of snapshots, serverless capacity, global databases, backtrack, failover, other engines than `aurora-postgresql`.
//! Documented: the operations and codes, the service model (botocore 1.44.5). Assumed: the sentences.

use wavetank_wire::rds as w;

use super::create::{self, check_identifier, check_password, check_port};
use super::jobs::Purpose;
use super::{Instance, Rds, Status, key_of, own_arn, page, passes};
use crate::services::rds::RdsError;
use crate::services::rds::limits::{CREATING, MODIFYING, STOPPING, STORAGE_GIB_MIN};
use crate::services::rds::work::{Master, PostgresTask};
use crate::world::Cx;

/// The engine of clusters.
pub(super) const AURORA: &str = "aurora-postgresql";
/// How the key of a cluster's server begins, and that of its snapshots.
const OF_CLUSTER: &str = "cluster:";

/// A cluster, but for its server and what that says.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) shown: w::DBCluster,
}

/// The key of a cluster's server.
pub(super) fn server_key(cluster: &str) -> String {
    format!("{OF_CLUSTER}{cluster}")
}

/// The cluster whose server or snapshot has this key.
pub(super) fn cluster_of(key: &str) -> Option<&str> {
    key.strip_prefix(OF_CLUSTER)
}

impl Instance {
    /// The cluster that it is an instance of.
    pub(super) fn cluster(&self) -> Option<&str> {
        self.shown.db_cluster_identifier.as_deref()
    }
}

impl Rds {
    pub(in super::super) fn create_cluster(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateDBClusterInput,
    ) -> Result<w::CreateDBClusterOutput, RdsError> {
        check_built(&input)?;
        check_identifier("DBClusterIdentifier", &input.db_cluster_identifier)?;
        let name = key_of(&input.db_cluster_identifier);
        if self.clusters.contains_key(&name) {
            return Err(RdsError::ClusterExists);
        }
        let like = as_instance(&input);
        create::check_values(&like)?;
        let port = input.port.map(check_port).transpose()?;
        let user = input.master_username.clone().unwrap_or_default();
        let (password, is_managed) = create::password_of(cx, &like)?;
        let subnets = self.subnet_group_of(input.db_subnet_group_name.as_deref())?;
        let version = self.aurora_version(input.engine_version.as_deref())?;
        let key = server_key(&name);
        let mut server = create::shown_of(cx, &key, &like, version.clone());
        let home = format!("cluster-{}", cx.letters(26, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
        let arn = own_arn(cx, "cluster", &name);
        server.dbi_resource_id = Some(home.clone());
        server.db_instance_arn = Some(arn.clone());
        let master = Master { user, password };
        if is_managed {
            let key_id = input.master_user_secret_kms_key_id.clone();
            self.ask_for_secret(cx, &home, &mut server, &master, key_id);
        }
        self.set_tags(&arn, input.tags.clone().unwrap_or_default());
        let shown = shown_of(cx, &name, &input, &server, subnets);
        let database = input.database_name.clone();
        let major = create::major_of(&version);
        let instance = Instance { shown: server, status: Status::Creating, until: None, port, major };
        let task = PostgresTask::Create { launch: self.launch(&instance), master, database };
        self.instances.insert(key, instance);
        self.clusters.insert(name.clone(), Cluster { shown });
        self.start_work(cx, &home, task, CREATING, Purpose::Created(home.clone()));
        Ok(w::CreateDBClusterOutput { db_cluster: Some(self.show_cluster(&name)?) })
    }

    pub(in super::super) fn describe_clusters(
        &self,
        input: &w::DescribeDBClustersInput,
    ) -> Result<w::DescribeDBClustersOutput, RdsError> {
        let names: Vec<String> = match &input.db_cluster_identifier {
            Some(name) => vec![key_of(name)],
            None => self.clusters.keys().cloned().collect(),
        };
        let mut passed = Vec::new();
        for name in names {
            let shown = self.show_cluster(&name)?;
            let of = |filter: &str| {
                Some(match filter {
                    "db-cluster-id" => shown.db_cluster_identifier.as_deref(),
                    "db-cluster-resource-id" => shown.db_cluster_resource_id.as_deref(),
                    "engine" => shown.engine.as_deref(),
                    "clone-group-id" | "domain" => None,
                    _ => return None,
                })
            };
            if passes(input.filters.as_ref(), of)? {
                passed.push(shown);
            }
        }
        let (db_clusters, marker) = page(passed.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBClustersOutput { marker, db_clusters: Some(db_clusters) })
    }

    pub(in super::super) fn modify_cluster(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::ModifyDBClusterInput,
    ) -> Result<w::ModifyDBClusterOutput, RdsError> {
        let name = key_of(&input.db_cluster_identifier);
        let members = [
            ("NewDBClusterIdentifier", input.new_db_cluster_identifier.is_some()),
            ("Port", input.port.is_some()),
            ("EngineVersion", input.engine_version.is_some()),
            ("DBClusterParameterGroupName", input.db_cluster_parameter_group_name.is_some()),
            ("ManageMasterUserPassword", input.manage_master_user_password.is_some()),
            ("EnableIAMDatabaseAuthentication", input.enable_iam_database_authentication == Some(true)),
            ("ScalingConfiguration", input.scaling_configuration.is_some()),
        ];
        if let Some((what, _)) = members.iter().find(|(_, is_asked)| *is_asked) {
            return Err(RdsError::NotBuilt(format!("ModifyDBCluster with {what}")));
        }
        input.master_user_password.as_deref().map_or(Ok(()), check_password)?;
        input.backup_retention_period.map_or(Ok(()), create::check_retention)?;
        let server = self.ready_server(&name)?;
        let (home, user) =
            (server.home().to_owned(), server.shown.master_username.clone().unwrap_or_default());
        let cluster = self.clusters.get_mut(&name).ok_or_else(|| RdsError::NoCluster(name.clone()))?;
        let shown = &mut cluster.shown;
        shown.deletion_protection = input.deletion_protection.or(shown.deletion_protection);
        shown.http_endpoint_enabled = input.enable_http_endpoint.or(shown.http_endpoint_enabled);
        shown.backup_retention_period = input.backup_retention_period.or(shown.backup_retention_period);
        shown.copy_tags_to_snapshot = input.copy_tags_to_snapshot.or(shown.copy_tags_to_snapshot);
        if let Some(password) = input.master_user_password.clone() {
            if let Some(server) = self.instances.get_mut(&server_key(&name)) {
                server.status = Status::Modifying;
            }
            let task = PostgresTask::SetPassword(Master { user, password });
            self.start_work(cx, &home, task, MODIFYING, Purpose::Password(home.clone()));
        }
        Ok(w::ModifyDBClusterOutput { db_cluster: Some(self.show_cluster(&name)?) })
    }

    pub(in super::super) fn start_cluster(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::StartDBClusterInput,
    ) -> Result<w::StartDBClusterOutput, RdsError> {
        let name = key_of(&input.db_cluster_identifier);
        let server = self.server(&name)?;
        if !matches!(server.status, Status::Stopped | Status::Failed) || server.shown.endpoint.is_none() {
            return Err(RdsError::ClusterState(name, "in stopped"));
        }
        self.start_again(cx, &server_key(&name));
        Ok(w::StartDBClusterOutput { db_cluster: Some(self.show_cluster(&name)?) })
    }

    pub(in super::super) fn stop_cluster(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::StopDBClusterInput,
    ) -> Result<w::StopDBClusterOutput, RdsError> {
        let name = key_of(&input.db_cluster_identifier);
        let home = self.ready_server(&name)?.home().to_owned();
        if let Some(server) = self.instances.get_mut(&server_key(&name)) {
            server.status = Status::Stopping;
        }
        self.start_work(cx, &home, PostgresTask::Stop, STOPPING, Purpose::Stopped(home.clone()));
        Ok(w::StopDBClusterOutput { db_cluster: Some(self.show_cluster(&name)?) })
    }

    pub(in super::super) fn delete_cluster(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteDBClusterInput,
    ) -> Result<w::DeleteDBClusterOutput, RdsError> {
        let name = key_of(&input.db_cluster_identifier);
        let server = self.server(&name)?;
        let combination = |said: &str| Err(RdsError::Combination(said.to_owned()));
        let is_saved = !input.skip_final_snapshot.unwrap_or(false);
        if is_saved != input.final_db_snapshot_identifier.is_some() {
            return combination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and is not to be given with it.",
            );
        }
        if self.clusters.get(&name).is_some_and(|cluster| cluster.shown.deletion_protection == Some(true)) {
            return combination(
                "Cannot delete protected Cluster, please disable deletion protection and try again.",
            );
        }
        if self.members(&name).any(|member| member.status != Status::Deleting) {
            let said = "Cluster cannot be deleted, it still contains DB instances in non-deleting state.";
            return Err(RdsError::ClusterNotReady(said.to_owned()));
        }
        let has_data = server.shown.endpoint.is_some();
        if matches!(server.status, Status::Deleting | Status::Creating) || is_saved && !has_data {
            return Err(RdsError::ClusterState(name, "in available"));
        }
        let home = server.home().to_owned();
        let (mut last, mut copy) = (None, None);
        if let Some(snapshot) = &input.final_db_snapshot_identifier {
            let (key, folder) = self.begin_cluster_snapshot(cx, snapshot, &name, None)?;
            (last, copy) = (Some(key), Some(folder));
        }
        if let Some(server) = self.instances.get_mut(&server_key(&name)) {
            server.status = Status::Deleting;
            server.until = None;
        }
        let task = PostgresTask::Destroy { last: copy };
        self.start_work(cx, &home, task, STOPPING, Purpose::Destroyed { home: home.clone(), last });
        Ok(w::DeleteDBClusterOutput { db_cluster: Some(self.show_cluster(&name)?) })
    }

    /// A cluster's server.
    pub(super) fn server(&self, cluster: &str) -> Result<&Instance, RdsError> {
        let server = self.instances.get(&server_key(cluster));
        server.ok_or_else(|| RdsError::NoCluster(cluster.to_owned()))
    }

    /// The same, if it runs.
    pub(super) fn ready_server(&self, cluster: &str) -> Result<&Instance, RdsError> {
        let server = self.server(cluster)?;
        match server.status {
            Status::Available => Ok(server),
            _ => Err(RdsError::ClusterState(cluster.to_owned(), "in available")),
        }
    }

    /// A cluster's instances.
    pub(super) fn members<'a>(&'a self, cluster: &'a str) -> impl Iterator<Item = &'a Instance> {
        self.instances.values().filter(move |instance| instance.cluster() == Some(cluster))
    }

    /// A cluster as it is shown.
    pub(super) fn show_cluster(&self, name: &str) -> Result<w::DBCluster, RdsError> {
        let cluster = self.clusters.get(name).ok_or_else(|| RdsError::NoCluster(name.to_owned()))?;
        let server = self.server(name)?;
        let mut shown = cluster.shown.clone();
        shown.status = Some(server.status.name().to_owned());
        shown.engine_version = server.shown.engine_version.clone();
        shown.master_user_secret = server.shown.master_user_secret.clone();
        shown.automatic_restart_time = server.shown.automatic_restart_time;
        if let Some(endpoint) = &server.shown.endpoint {
            shown.endpoint = endpoint.address.clone();
            shown.reader_endpoint = endpoint.address.clone();
            shown.port = endpoint.port;
        }
        let mut members: Vec<&Instance> = self.members(name).collect();
        members.sort_by_key(|member| member.shown.instance_create_time);
        let member = |(place, member): (usize, &&Instance)| w::DBClusterMember {
            db_instance_identifier: Some(member.name().to_owned()),
            is_cluster_writer: Some(place == 0),
            db_cluster_parameter_group_status: Some("in-sync".to_owned()),
            promotion_tier: member.shown.promotion_tier,
        };
        shown.db_cluster_members = Some(members.iter().enumerate().map(member).collect());
        shown.tag_list = Some(self.tag_list(server.arn()));
        Ok(shown)
    }

    /// CreateDBInstance of an instance that is a cluster's.
    pub(super) fn create_member(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateDBInstanceInput,
        cluster: &str,
    ) -> Result<w::CreateDBInstanceOutput, RdsError> {
        let combination = |said: &str| Err(RdsError::Combination(said.to_owned()));
        let cluster = key_of(cluster);
        let server = self.server(&cluster)?.shown.clone();
        if input.engine != AURORA {
            return combination(
                "The engine name requested for your DB instance doesn't match the engine name of your DB cluster.",
            );
        }
        if input.master_username.is_some() || input.master_user_password.is_some() || input.db_name.is_some()
        {
            return combination(
                "The requested DB Instance will be a member of a DB Cluster. Set the master user and database for the DB Cluster.",
            );
        }
        if !input.db_instance_class.starts_with("db.") {
            return Err(RdsError::Value(format!("Invalid DB Instance class: {}", input.db_instance_class)));
        }
        if input.db_parameter_group_name.is_some() {
            let said = "CreateDBInstance with DBParameterGroupName in a cluster";
            return Err(RdsError::NotBuilt(said.to_owned()));
        }
        let key = key_of(&input.db_instance_identifier);
        let mut shown = create::shown_of(cx, &key, &input, server.engine_version.clone().unwrap_or_default());
        shown.db_cluster_identifier = Some(cluster);
        shown.master_username = server.master_username;
        shown.db_name = server.db_name;
        shown.allocated_storage = Some(1);
        shown.storage_type = Some("aurora".to_owned());
        shown.promotion_tier = Some(input.promotion_tier.unwrap_or(1));
        self.set_tags(shown.db_instance_arn.as_deref().unwrap_or_default(), input.tags.unwrap_or_default());
        let until = Some(cx.now + CREATING);
        let instance = Instance { shown, status: Status::Creating, until, port: None, major: None };
        self.instances.insert(key.clone(), instance);
        Ok(w::CreateDBInstanceOutput { db_instance: Some(self.show(self.find(&key)?)) })
    }

    /// DeleteDBInstance of an instance that is a cluster's: its data are the cluster's.
    pub(super) fn delete_member(
        &mut self,
        cx: &mut Cx<'_>,
        key: &str,
        input: &w::DeleteDBInstanceInput,
    ) -> Result<w::DeleteDBInstanceOutput, RdsError> {
        if input.final_db_snapshot_identifier.is_some() {
            let said = "FinalDBSnapshotIdentifier cannot be specified when deleting a cluster instance";
            return Err(RdsError::Combination(said.to_owned()));
        }
        let instance = self.find_mut(key)?;
        instance.status = Status::Deleting;
        instance.until = Some(cx.now + STOPPING);
        Ok(w::DeleteDBInstanceOutput { db_instance: Some(self.show(self.find(key)?)) })
    }

    /// What is due of an instance that is a cluster's.
    pub(super) fn tick_member(&mut self, cx: &mut Cx<'_>, key: &str) {
        let Some(instance) = self.instances.get(key) else { return };
        let (status, cluster) = (instance.status, instance.cluster().unwrap_or_default());
        let is_ready = self.server(cluster).is_ok_and(|server| server.shown.endpoint.is_some());
        if status == Status::Deleting {
            self.event_of(cx, key, "DB instance deleted", "deletion");
            if let Some(instance) = self.instances.remove(key) {
                self.tags.remove(instance.arn());
            }
            return;
        }
        let Some(instance) = self.instances.get_mut(key) else { return };
        // None is there before its cluster's server is.
        if status == Status::Creating && !is_ready {
            instance.until = Some(cx.now + CREATING);
            return;
        }
        instance.status = Status::Available;
        if status == Status::Creating {
            self.event_of(cx, key, "DB instance created", "creation");
        }
    }

    /// Refuses what an instance of a cluster does not do by itself.
    pub(super) fn check_alone(&self, key: &str, what: &str) -> Result<(), RdsError> {
        match self.instances.get(key).and_then(Instance::cluster) {
            Some(cluster) => Err(RdsError::Combination(format!(
                "{AURORA} DB Instances are not eligible for {what}: {key} is a member of the cluster {cluster}."
            ))),
            None => Ok(()),
        }
    }
}

/// The part of it that a lone instance has too.
fn as_instance(input: &w::CreateDBClusterInput) -> w::CreateDBInstanceInput {
    w::CreateDBInstanceInput {
        db_instance_identifier: input.db_cluster_identifier.clone(),
        db_instance_class: "db.serverless".to_owned(),
        engine: input.engine.clone(),
        db_name: input.database_name.clone(),
        // Clusters grow by themselves.
        allocated_storage: Some(STORAGE_GIB_MIN),
        master_username: input.master_username.clone(),
        master_user_password: input.master_user_password.clone(),
        manage_master_user_password: input.manage_master_user_password,
        // The server's own: the cluster shows its own.
        backup_retention_period: Some(0),
        ..Default::default()
    }
}

/// Refuses by name what AWS has and this tank does not.
fn check_built(input: &w::CreateDBClusterInput) -> Result<(), RdsError> {
    let not_built = |what: &str| Err(RdsError::NotBuilt(format!("CreateDBCluster with {what}")));
    if input.engine != AURORA {
        return not_built(&format!("Engine {}", input.engine));
    }
    if input.engine_mode.as_deref().is_some_and(|mode| mode != "provisioned") {
        return not_built("EngineMode other than provisioned");
    }
    let members = [
        ("DBClusterParameterGroupName", input.db_cluster_parameter_group_name.is_some()),
        ("ReplicationSourceIdentifier", input.replication_source_identifier.is_some()),
        ("GlobalClusterIdentifier", input.global_cluster_identifier.is_some()),
        ("ScalingConfiguration", input.scaling_configuration.is_some()),
        ("BacktrackWindow", input.backtrack_window.is_some_and(|window| window > 0)),
        ("EnableIAMDatabaseAuthentication", input.enable_iam_database_authentication == Some(true)),
        ("EnableLimitlessDatabase", input.enable_limitless_database == Some(true)),
        ("Domain", input.domain.is_some()),
    ];
    match members.iter().find(|(_, is_asked)| *is_asked) {
        Some((name, _)) => not_built(name),
        None => Ok(()),
    }
}

/// What is shown of a cluster that is asked for.
fn shown_of(
    cx: &Cx<'_>,
    name: &str,
    input: &w::CreateDBClusterInput,
    server: &w::DBInstance,
    subnets: Option<w::DBSubnetGroup>,
) -> w::DBCluster {
    let groups = input.vpc_security_group_ids.clone().unwrap_or_default();
    let zones = ["a", "b", "c"].map(|zone| format!("{}{zone}", cx.scope.region)).to_vec();
    w::DBCluster {
        db_cluster_identifier: Some(name.to_owned()),
        db_cluster_arn: server.db_instance_arn.clone(),
        db_cluster_resource_id: server.dbi_resource_id.clone(),
        cluster_create_time: Some(cx.now),
        engine: Some(input.engine.clone()),
        engine_mode: Some("provisioned".to_owned()),
        database_name: input.database_name.clone(),
        master_username: input.master_username.clone(),
        allocated_storage: Some(1),
        availability_zones: Some(input.availability_zones.clone().unwrap_or(zones)),
        backup_retention_period: Some(input.backup_retention_period.unwrap_or(1)),
        db_subnet_group: subnets.and_then(|group| group.db_subnet_group_name),
        multi_az: Some(false),
        preferred_backup_window: server.preferred_backup_window.clone(),
        preferred_maintenance_window: server.preferred_maintenance_window.clone(),
        read_replica_identifiers: Some(Vec::new()),
        vpc_security_groups: Some(groups.into_iter().map(create::security_group).collect()),
        storage_encrypted: Some(input.storage_encrypted.unwrap_or(false)),
        kms_key_id: input.kms_key_id.clone(),
        associated_roles: Some(Vec::new()),
        iam_database_authentication_enabled: Some(false),
        deletion_protection: Some(input.deletion_protection.unwrap_or(false)),
        http_endpoint_enabled: Some(input.enable_http_endpoint.unwrap_or(false)),
        copy_tags_to_snapshot: Some(input.copy_tags_to_snapshot.unwrap_or(false)),
        cross_account_clone: Some(false),
        network_type: Some(input.network_type.clone().unwrap_or_else(|| "IPV4".to_owned())),
        ..Default::default()
    }
}
