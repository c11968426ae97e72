//! Numbers of DynamoDB, with unit and source. Documented, unless a line says otherwise:
//! docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (to be verified).
//!
//! Two kinds: quotas, always in force, and throughput, in force in a tank with strict limits only.

/// An item: names and values of its attributes, in bytes.
pub(super) const ITEM_BYTES_MAX: usize = 400 << 10;
/// The value of a partition key, in bytes.
pub(super) const PARTITION_KEY_BYTES_MAX: usize = 2_048;
/// The value of a sort key, in bytes.
pub(super) const SORT_KEY_BYTES_MAX: usize = 1_024;
