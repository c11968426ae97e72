//! Numbers of CloudWatch Logs. Documented: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
//! (to be verified) unless a line says otherwise.

use std::time::Duration;

/// Largest batch, counting each event's text and [`EVENT_OVERHEAD_BYTES`].
pub(super) const BATCH_BYTES_MAX: usize = 1_048_576;
/// What each event adds to its batch beside its text.
pub(super) const EVENT_OVERHEAD_BYTES: usize = 26;
/// Largest event.
pub(super) const EVENT_BYTES_MAX: usize = 1_048_576;
/// Longest span between the first and last event of a batch.
pub(super) const BATCH_SPAN_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Events older than this are rejected, the others of the batch stored.
pub(super) const AGE_MAX: Duration = Duration::from_secs(14 * 24 * 3_600);
/// Events further in the future than this are rejected, the others of the batch stored.
pub(super) const AHEAD_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Events of one answer, at most. Documented: API_GetLogEvents.html, API_FilterLogEvents.html.
pub(super) const PAGE_EVENTS_MAX: usize = 10_000;
/// Bytes of one answer, at most. Documented: as above.
pub(super) const PAGE_BYTES_MAX: usize = 1_048_576;
/// Groups or streams of one answer unless asked for fewer. Documented: API_DescribeLogGroups.html.
pub(super) const DESCRIBE_MAX: usize = 50;
/// Days that a group may keep its events. Documented: API_PutRetentionPolicy.html.
pub(super) const RETENTION_DAYS: [i64; 23] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    36_500,
];
