//! Numbers of Athena, and the modelled times of this tank.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/service-limits.html (read 2026-11-29) unless a line says otherwise.

use std::time::Duration;

/// Longest query string. Documented: as above.
pub(super) const QUERY_BYTES_MAX: usize = 262_144;
/// Queries and writes that may be queued or running at once. Documented for us-east-1; other regions allow 25 to 150.
pub(super) const ACTIVE_DML_MAX: usize = 200;
/// Definitions that may be queued or running at once. Documented: as above.
pub(super) const ACTIVE_DDL_MAX: usize = 20;
/// Rows of one `GetQueryResults`, the header counted. Documented: API_GetQueryResults.html.
pub(super) const RESULT_ROWS_MAX: usize = 1_000;
/// Entries of one list answer. Documented: API_ListQueryExecutions.html, API_ListWorkGroups.html.
pub(super) const LIST_MAX: usize = 50;
/// Tables or catalogs' databases of one list answer. Documented: API_ListTableMetadata.html.
pub(super) const METADATA_MAX: i64 = 50;
/// Smallest per-query scan limit, in bytes. Documented: API_WorkGroupConfiguration.html.
pub(super) const BYTES_SCANNED_CUTOFF_MIN: i64 = 10_000_000;
/// Workgroups of an account and region. Documented: as at the top.
pub(super) const WORKGROUPS_MAX: usize = 1_000;
/// Prepared statements of a workgroup. Documented: as at the top.
pub(super) const PREPARED_MAX: usize = 1_000;
/// Partitions of one `BatchCreatePartition`. Documented: Glue's API_BatchCreatePartition.html.
pub(super) const PARTITIONS_PER_CALL_MAX: usize = 100;
/// Age of a reusable result unless the request says otherwise. Documented: API_ResultReuseByAgeConfiguration.html.
pub(super) const REUSE_MINUTES_DEFAULT: i64 = 60;

/// How long a query waits before it runs. Assumed; on AWS it depends on load. Short, since a tank with a real clock waits it out.
pub(super) const QUEUE_TIME: Duration = Duration::from_millis(10);
/// How long a statement runs that reads nothing and needs no engine. Assumed.
pub(super) const LOCAL_TIME: Duration = Duration::from_millis(20);

/// How long any statement runs beside its scan, in tank time. Assumed.
pub(crate) const RUN_TIME_BASE: Duration = Duration::from_millis(400);
/// How fast a query reads, in bytes a second of tank time. Assumed.
#[cfg(feature = "sql")]
pub(crate) const SCAN_BYTES_PER_SECOND: u64 = 500_000_000;
/// In a tank with a real clock a query is shown as running no longer than this unless the work itself takes longer.
#[cfg(feature = "sql")]
pub(crate) const RUN_TIME_REAL_MAX: Duration = Duration::from_millis(10);
/// What all queries of a tank may hold in memory before they spill, in bytes. Ours, not AWS's.
#[cfg(feature = "sql")]
pub(crate) const ENGINE_MEMORY_BYTES: usize = 1 << 30;
