//! Numbers of EventBridge, with unit and source.

use std::time::Duration;

/// Targets of a rule. Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html (read 2026-11-29).
pub(super) const TARGETS_MAX: usize = 5;

/// Entries of one PutEvents. Documented: the service model.
pub(super) const ENTRIES_MAX: usize = 10;

/// Bytes of all entries of one PutEvents. Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html (read
/// 2026-11-29), since 2026 a mebibyte.
pub(super) const ENTRIES_BYTES_MAX: usize = 1_048_576;

/// Bytes that an entry's time counts for. Documented: the same page.
pub(super) const TIME_BYTES: usize = 14;

/// Rules, targets and the like of one answer, unless asked otherwise. Documented: the model's greatest page.
pub(super) const LIST_MAX: usize = 100;

/// How long a replay is STARTING. Assumed: AWS takes minutes; a tank shows the state and goes on.
pub(super) const REPLAY_STARTING: Duration = Duration::from_secs(60);

/// Buses that an event passes one after the other. Assumed: AWS ends loops as well.
pub(super) const HOPS_MAX: usize = 5;
