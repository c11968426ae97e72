//! Numbers of backups, with unit and source. Documented: the service model, unless a line says otherwise.

use std::time::Duration;

/// How long a restored table is CREATING. Assumed: AWS takes minutes; a tank shows the state and goes on.
pub(super) const RESTORE: Duration = Duration::from_secs(2);
/// How long an export or import takes besides its items. Assumed, as above.
pub(super) const JOB: Duration = Duration::from_secs(2);
/// And for each item.
pub(super) const JOB_PER_ITEM: Duration = Duration::from_micros(10);
/// Restores at once in an account and region.
pub(super) const RESTORES_MAX: usize = 50;
/// Backups of one ListBackups answer.
pub(super) const LIST_BACKUPS_MAX: usize = 100;
/// Exports or imports of one answer.
pub(super) const LIST_JOBS_MAX: usize = 25;
/// Shortest and longest period of an incremental export.
pub(super) const INCREMENT_MIN: Duration = Duration::from_secs(15 * 60);
pub(super) const INCREMENT_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Data files of an export: AWS writes one for each partition, and a new table has four. Recorded: ack-api-quirks, import.md.
pub(super) const EXPORT_FILES: u64 = 4;
/// Least bytes that an incremental export is billed for. Recorded: ack-api-quirks, export.md.
pub(super) const INCREMENT_BILLED_MIN: i64 = 10_000_000;
