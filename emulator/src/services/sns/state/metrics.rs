//! What a topic counts for CloudWatch.
//!
//! Documented: names, units and dimensions (docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html, read 2026-11-29 as in
//! github.com/awsdocs/amazon-sns-developer-guide).

use crate::metrics;
use crate::world::Cx;

metrics! {
    /// Of a topic.
    pub(super) enum OfTopic in "AWS/SNS" by ["TopicName"] {
        Published => "NumberOfMessagesPublished", Count;
        Size => "PublishSize", Bytes;
        Delivered => "NumberOfNotificationsDelivered", Count;
        Failed => "NumberOfNotificationsFailed", Count;
        FilteredOut => "NumberOfNotificationsFilteredOut", Count;
        Redriven => "NumberOfNotificationsRedrivenToDlq", Count;
    }
}

/// Counts one for the topic of this ARN.
pub(super) fn count(cx: &mut Cx<'_>, topic_arn: &str, metric: OfTopic) {
    let name = topic_arn.rsplit(':').next().unwrap_or_default();
    cx.meter::<OfTopic>(&[name]).add(metric, 1.0);
}

/// A message has been published, and so many subscriptions did not want it.
pub(super) fn count_published(cx: &mut Cx<'_>, topic_arn: &str, bytes: usize, filtered_out: usize) {
    let name = topic_arn.rsplit(':').next().unwrap_or_default();
    let mut meter = cx.meter::<OfTopic>(&[name]);
    meter.add(OfTopic::Published, 1.0).add(OfTopic::Size, bytes as f64);
    meter.add_times(OfTopic::FilteredOut, 1.0, filtered_out);
}
