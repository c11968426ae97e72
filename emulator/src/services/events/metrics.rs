//! What a rule counts for CloudWatch.
//!
//! Documented: names and dimension (docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html, read 2026-11-29).
//! Simplified: rules of other buses count under their name alone.

use crate::metrics;

metrics! {
    /// Of a rule.
    pub(super) enum OfRule in "AWS/Events" by ["RuleName"] {
        Matched => "MatchedEvents", Count;
        Triggered => "TriggeredRules", Count;
        Invocations => "Invocations", Count;
        Failed => "FailedInvocations", Count;
        Retries => "RetryInvocationAttempts", Count;
        Letters => "InvocationsSentToDlq", Count;
        LostLetters => "InvocationsFailedToBeSentToDlq", Count;
    }
}
