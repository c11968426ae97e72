//! What a queue counts for CloudWatch.
//!
//! Documented: names, units and dimensions
//! (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html, read 2026-11-29 as in
//! github.com/awsdocs/amazon-sqs-developer-guide, but for `NumberOfDeduplicatedSentMessages`, which is newer). Gauges are a queue's
//! state, and nothing is due for them: a queue is looked at by the minute whenever something is asked of SQS or CloudWatch, for
//! all the minutes since the last time. In between nothing has happened to it but time, so what it was then is known.
//! Documented: metrics stop when a queue has not been used for six hours (sqs-monitoring-using-cloudwatch.html, read 2026-11-29 as
//! above).

use wavetank_types::Timestamp;

use super::Sqs;
use super::queue::{Counts, Queue};
use crate::metrics;
use crate::world::Cx;

metrics! {
    /// Of a queue.
    pub(super) enum OfQueue in "AWS/SQS" by ["QueueName"] {
        Sent => "NumberOfMessagesSent", Count;
        SentSize => "SentMessageSize", Bytes;
        Received => "NumberOfMessagesReceived", Count;
        Empty => "NumberOfEmptyReceives", Count;
        Deleted => "NumberOfMessagesDeleted", Count;
        Deduplicated => "NumberOfDeduplicatedSentMessages", Count;
        Visible => "ApproximateNumberOfMessagesVisible", Count, gauge;
        NotVisible => "ApproximateNumberOfMessagesNotVisible", Count, gauge;
        Delayed => "ApproximateNumberOfMessagesDelayed", Count, gauge;
        Age => "ApproximateAgeOfOldestMessage", Seconds, gauge;
    }
}

const MINUTE: i64 = 60;

/// Minutes for which a queue is looked at after its last use.
const MINUTES_MAX: i64 = 6 * 60;

impl Sqs {
    /// Looks at all queues, once a minute at most, for the minutes that have begun since the last time.
    pub(in super::super) fn gauge(&mut self, cx: &mut Cx<'_>) {
        let minute = cx.now.secs().div_euclid(MINUTE);
        if self.gauged == Some(minute) {
            return;
        }
        let first = self.gauged.replace(minute).map_or(minute, |last| last + 1);
        for queue in self.queues.values() {
            let first = first.max(queue.created.secs().div_euclid(MINUTE) + 1);
            for minute in first..=minute.min(first.saturating_add(MINUTES_MAX)) {
                queue.gauge(cx, Timestamp::from_secs(minute * MINUTE));
            }
        }
    }

    /// Looks at all queues as they are now.
    pub(in super::super) fn gauge_now(&mut self, cx: &mut Cx<'_>) {
        self.gauge(cx);
        for queue in self.queues.values() {
            queue.gauge(cx, cx.now);
        }
    }
}

impl Queue {
    fn gauge(&self, cx: &mut Cx<'_>, at: Timestamp) {
        let Counts { visible, in_flight, delayed } = self.counts_at(at);
        let age = self.oldest().map_or(0, |sent| (at.secs() - sent.secs()).max(0));
        let mut meter = cx.meter::<OfQueue>(&[&self.name]);
        meter.at(at).add(OfQueue::Visible, visible as f64).add(OfQueue::NotVisible, in_flight as f64);
        meter.add(OfQueue::Delayed, delayed as f64).add(OfQueue::Age, age as f64);
    }
}
