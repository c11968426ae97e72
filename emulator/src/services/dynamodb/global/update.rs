//! UpdateTable's ReplicaUpdates, and how a table's replicas are described.
