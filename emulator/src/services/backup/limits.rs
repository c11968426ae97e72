//! Numbers of AWS Backup, with unit and source.

use std::time::Duration;

/// How long a job runs. Assumed: AWS takes minutes; a tank shows the state and goes on.
pub(super) const JOB: Duration = Duration::from_secs(2);
/// Entries of one answer. Documented: the service model.
pub(super) const LIST_MAX: usize = 1_000;
/// Days between moving to cold storage and deletion, at least. Documented: the service model.
pub(super) const COLD_DAYS_MIN: i64 = 90;
/// A day.
pub(super) const DAY: Duration = Duration::from_secs(86_400);
