//! Why RDS refuses, and how AWS spells it.
//!
//! Documented: the codes and statuses, the service model. The sentences are those that public error reports quote, unless a
//! variant says "assumed".

use wavetank_wire::WireError;

use crate::services::AwsError;

/// A refusal. Nothing has changed when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RdsError {
    /// No instance of this name.
    #[error("DBInstance {0} not found.")]
    NoInstance(String),
    /// No cluster of this name.
    #[error("DBCluster {0} not found.")]
    NoCluster(String),
    /// A cluster of this name.
    #[error("DB Cluster already exists")]
    ClusterExists,
    /// A cluster that is not in a state for this.
    #[error("DbCluster {0} is not {1} state.")]
    ClusterState(String, &'static str),
    /// A cluster that still has instances.
    #[error("{0}")]
    ClusterNotReady(String),
    /// No snapshot of a cluster of this name.
    #[error("DBClusterSnapshot not found: {0}")]
    NoClusterSnapshot(String),
    /// A snapshot of a cluster of this name.
    #[error("Cannot create the snapshot because a snapshot with the identifier {0} already exists.")]
    ClusterSnapshotExists(String),
    /// A cluster's snapshot that is not in a state for this. Assumed.
    #[error("Snapshot {0} is not in available state.")]
    ClusterSnapshotState(String),
    /// An instance of this name.
    #[error("DB instance already exists")]
    InstanceExists,
    /// An instance that is not in a state for this.
    #[error("Instance {0} is not {1} state.")]
    InstanceState(String, &'static str),
    /// No snapshot of this name.
    #[error("DBSnapshot {0} not found.")]
    NoSnapshot(String),
    /// A snapshot of this name.
    #[error("Cannot create the snapshot because a snapshot with the identifier {0} already exists.")]
    SnapshotExists(String),
    /// A snapshot that is not in a state for this. Assumed.
    #[error("Snapshot {0} is not in available state.")]
    SnapshotState(String),
    /// No parameter group of this name.
    #[error("DBParameterGroup not found: {0}")]
    NoParameterGroup(String),
    /// A parameter group of this name.
    #[error("Parameter group {0} already exists")]
    ParameterGroupExists(String),
    /// A parameter group that something uses, or AWS's own.
    #[error("{0}")]
    ParameterGroupState(String),
    /// No subnet group of this name.
    #[error("DB subnet group '{0}' does not exist.")]
    NoSubnetGroup(String),
    /// A subnet group of this name.
    #[error("The DB subnet group '{0}' already exists.")]
    SubnetGroupExists(String),
    /// A subnet group that an instance is in. Assumed.
    #[error(
        "Cannot delete the subnet group '{0}' because at least one database instance: {1} is still using it."
    )]
    SubnetGroupInUse(String, String),
    /// Too few zones for a subnet group.
    #[error(
        "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: {0}. Add subnets to cover at least 2 AZs."
    )]
    TooFewZones(usize),
    /// A value that will not do.
    #[error("{0}")]
    Value(String),
    /// Values that do not go together.
    #[error("{0}")]
    Combination(String),
    /// This machine has no PostgreSQL. Ours: AWS has no such refusal.
    #[error("{0}")]
    NoServer(String),
    /// Something that AWS has and this tank does not.
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for RdsError {
    fn wire(&self) -> WireError {
        let (status, code) = match self {
            Self::NotBuilt(what) => return WireError::not_implemented(what),
            Self::NoInstance(_) => (404, "DBInstanceNotFound"),
            Self::NoCluster(_) => (404, "DBClusterNotFoundFault"),
            Self::ClusterExists => (400, "DBClusterAlreadyExistsFault"),
            Self::ClusterState(..) | Self::ClusterNotReady(_) => (400, "InvalidDBClusterStateFault"),
            Self::NoClusterSnapshot(_) => (404, "DBClusterSnapshotNotFoundFault"),
            Self::ClusterSnapshotExists(_) => (400, "DBClusterSnapshotAlreadyExistsFault"),
            Self::ClusterSnapshotState(_) => (400, "InvalidDBClusterSnapshotStateFault"),
            Self::InstanceExists => (400, "DBInstanceAlreadyExists"),
            Self::InstanceState(..) => (400, "InvalidDBInstanceState"),
            Self::NoSnapshot(_) => (404, "DBSnapshotNotFound"),
            Self::SnapshotExists(_) => (400, "DBSnapshotAlreadyExists"),
            Self::SnapshotState(_) => (400, "InvalidDBSnapshotState"),
            Self::NoParameterGroup(_) => (404, "DBParameterGroupNotFound"),
            Self::ParameterGroupExists(_) => (400, "DBParameterGroupAlreadyExists"),
            Self::ParameterGroupState(_) => (400, "InvalidDBParameterGroupState"),
            Self::NoSubnetGroup(_) => (404, "DBSubnetGroupNotFoundFault"),
            Self::SubnetGroupExists(_) => (400, "DBSubnetGroupAlreadyExists"),
            Self::SubnetGroupInUse(..) => (400, "InvalidDBSubnetGroupStateFault"),
            Self::TooFewZones(_) => (400, "DBSubnetGroupDoesNotCoverEnoughAZs"),
            Self::Value(_) => (400, "InvalidParameterValue"),
            Self::Combination(_) => (400, "InvalidParameterCombination"),
            Self::NoServer(_) => (400, "InsufficientDBInstanceCapacity"),
        };
        WireError::client_status(status, code, self.to_string())
    }
}
