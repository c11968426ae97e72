//! Numbers of DynamoDB, with unit and source. Documented, unless a line says otherwise:
//! docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (an edition of 2023-02 read 2026-11-28).
//!
//! Two kinds: quotas, always in force, and throughput, in force in a tank with strict limits only.

/// An item: names and values of its attributes, in bytes.
pub(super) const ITEM_BYTES_MAX: usize = 400 << 10;
/// The value of a partition key, in bytes.
pub(super) const PARTITION_KEY_BYTES_MAX: usize = 2_048;
/// The value of a sort key, in bytes.
pub(super) const SORT_KEY_BYTES_MAX: usize = 1_024;

/// What a page of Query or Scan reads before it ends, in bytes.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html (an edition of 2023-02 read 2026-11-28).
pub(super) const PAGE_BYTES_MAX: usize = 1 << 20;
/// Keys of a BatchGetItem, over all its tables.
pub(super) const BATCH_GET_KEYS_MAX: usize = 100;
/// What a BatchGetItem answers, in bytes.
pub(super) const BATCH_GET_BYTES_MAX: usize = 16 << 20;
/// What a BatchGetItem answers of one partition, in bytes. Assumed: that a table is one partition.
pub(super) const BATCH_GET_PARTITION_BYTES_MAX: usize = 1 << 20;
/// Requests of a BatchWriteItem, over all its tables.
pub(super) const BATCH_WRITE_REQUESTS_MAX: usize = 25;
/// What a BatchWriteItem's items weigh together, in bytes. Their number and their own limit keep them below it, so that
/// no request is refused for it alone.
const BATCH_WRITE_BYTES_MAX: usize = 16 << 20;
const _: () = assert!(BATCH_WRITE_REQUESTS_MAX * ITEM_BYTES_MAX <= BATCH_WRITE_BYTES_MAX);
/// What the actions of a transaction weigh together, in bytes.
pub(super) const TRANSACTION_BYTES_MAX: usize = 4 << 20;
/// How long a client's token makes a transaction idempotent.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html (an edition of 2023-02 read 2026-11-28).
pub(super) const TOKEN_LIFE: std::time::Duration = std::time::Duration::from_secs(600);
/// How long units that were not used can be used later, in seconds.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html (an edition of 2023-02 read 2026-11-28).
pub(super) const BURST_SECONDS: f64 = 300.0;
/// Units of reads, and of writes, each second of one partition, however the table is paid.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html (an edition of 2023-02 read
/// 2026-11-28).
pub(super) const PARTITION_READS_MAX: f64 = 3_000.0;
/// As [`PARTITION_READS_MAX`], for writes.
pub(super) const PARTITION_WRITES_MAX: f64 = 1_000.0;
/// After what time a peak of an on-demand table may be doubled, in seconds.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadWriteCapacityMode.html (likewise).
pub(super) const PEAK_SECONDS: i64 = 30 * 60;
/// Units of reads, and of writes, each second of a table or index on demand.
pub(super) const ON_DEMAND_UNITS_MAX: i64 = 40_000;
