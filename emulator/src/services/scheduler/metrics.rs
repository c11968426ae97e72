//! What a group of schedules counts for CloudWatch.
//!
//! Documented: names and dimension (docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html, read 2026-11-29).

use crate::metrics;

metrics! {
    /// Of a group.
    pub(super) enum OfGroup in "AWS/Scheduler" by ["ScheduleGroup"] {
        Attempts => "InvocationAttemptCount", Count;
        TargetErrors => "TargetErrorCount", Count;
        TargetThrottles => "TargetErrorThrottledCount", Count;
        Dropped => "InvocationDroppedCount", Count;
        Letters => "InvocationsSentToDeadLetterCount", Count;
        LostLetters => "InvocationsFailedToBeSentToDeadLetterCount", Count;
    }
}
