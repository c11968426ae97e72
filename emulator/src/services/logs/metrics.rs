//! What CloudWatch Logs counts of itself.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html (read
//! 2026-11-28). Assumed: the names of the kinds of destination. Left out: usage metrics.

use crate::metrics;

metrics! {
    /// Of a group.
    pub(super) enum OfGroup in "AWS/Logs" by ["LogGroupName"] {
        Bytes => "IncomingBytes", Bytes;
        Events => "IncomingLogEvents", Count;
        BrokenForms => "EMFParsingErrors", Count;
        BrokenRules => "EMFValidationErrors", Count;
    }
}

metrics! {
    /// Of a subscription filter.
    pub(super) enum OfFilter in "AWS/Logs" by ["LogGroupName", "DestinationType", "FilterName"] {
        ForwardedBytes => "ForwardedBytes", Bytes;
        ForwardedEvents => "ForwardedLogEvents", Count;
        Errors => "DeliveryErrors", Count;
        Throttled => "DeliveryThrottling", Count;
    }
}
