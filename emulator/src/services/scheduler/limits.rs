//! Numbers of EventBridge Scheduler, with unit and source.

use std::time::Duration;

/// Schedules or groups of one answer, unless asked otherwise. Documented: the model's greatest page. Assumed: that it is the default.
pub(super) const LIST_MAX: usize = 100;

/// How far in the past a start or an end may be. Assumed, from the sentence that people report.
pub(super) const PAST_MAX: Duration = Duration::from_secs(5 * 60);
