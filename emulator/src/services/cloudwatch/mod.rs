//! CloudWatch: metrics that clients put and services count, statistics and metric math over them, alarms, dashboards.
//!
//! Left out: metric streams, anomaly detectors and their bands, insight rules, PromQL and log alarms, widget images (all answer
//! `NotImplemented`); `SEARCH` and Metrics Insights SQL in expressions, linked accounts (refused by name); entities are read and not
//! kept. Of an alarm's actions, SNS topics and Lambda functions are called; others are kept, and their failure is in its history.
//! Time: a value counts for its second or minute; alarms are looked at when a period ends, in tank time; without an alarm nothing
//! is ever due. What our services count comes in before each turn (`world/metrics.rs`).
//! Start with `store.rs`, then `state/data.rs`; alarms begin in `state/alarms.rs` and are decided in `evaluate.rs`.

mod error;
mod evaluate;
mod limits;
mod math;
#[cfg(test)]
mod props;
mod rule;
mod stat;
mod state;
mod store;
#[cfg(test)]
mod tests;

use wavetank_types::Timestamp;
use wavetank_wire::cloudwatch::{Request, Response};

pub use error::CloudWatchError;
pub use state::CloudWatch;

use super::Service;
use crate::world::{Answer, Cx, Delivery, Reading};

impl Service for CloudWatch {
    type Request = Request;
    type Response = Response;
    type Error = CloudWatchError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, CloudWatchError> {
        use Request as Q;
        use Response as A;
        Ok(Answer::Now(match request {
            Q::PutMetricData(input) => A::PutMetricData(self.put_metric_data(cx, input)?),
            Q::ListMetrics(input) => A::ListMetrics(self.list_metrics(cx, &input)?),
            Q::GetMetricStatistics(input) => A::GetMetricStatistics(self.get_metric_statistics(cx, &input)?),
            Q::GetMetricData(input) => A::GetMetricData(self.get_metric_data(cx, &input)?),
            Q::PutMetricAlarm(input) => A::PutMetricAlarm(self.put_metric_alarm(cx, input)?),
            Q::PutCompositeAlarm(input) => A::PutCompositeAlarm(self.put_composite_alarm(cx, input)?),
            Q::DescribeAlarms(input) => A::DescribeAlarms(self.describe_alarms(&input)?),
            Q::DescribeAlarmsForMetric(input) => {
                A::DescribeAlarmsForMetric(self.describe_alarms_for_metric(&input))
            }
            Q::DescribeAlarmHistory(input) => {
                A::DescribeAlarmHistory(self.describe_alarm_history(cx, &input)?)
            }
            Q::DeleteAlarms(input) => A::DeleteAlarms(self.delete_alarms(cx, &input)?),
            Q::SetAlarmState(input) => A::SetAlarmState(self.set_alarm_state(cx, input)?),
            Q::EnableAlarmActions(input) => {
                self.switch_actions(cx, &input.alarm_names, true);
                A::EnableAlarmActions(Default::default())
            }
            Q::DisableAlarmActions(input) => {
                self.switch_actions(cx, &input.alarm_names, false);
                A::DisableAlarmActions(Default::default())
            }
            Q::PutDashboard(input) => A::PutDashboard(self.put_dashboard(cx, input)?),
            Q::GetDashboard(input) => A::GetDashboard(self.get_dashboard(cx, &input)?),
            Q::ListDashboards(input) => A::ListDashboards(self.list_dashboards(cx, &input)?),
            Q::DeleteDashboards(input) => A::DeleteDashboards(self.delete_dashboards(&input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags_for_resource(&input)?),
            Q::TagResource(input) => A::TagResource(self.tag_resource(input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag_resource(&input)?),
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.first_due()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.do_due(cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::Reply { token, result } => self.acted(cx, token, result),
            other => unreachable!("CloudWatch asks for no such thing, yet got {other:?}"),
        }
    }

    fn collect(&mut self, cx: &mut Cx<'_>, readings: Vec<Reading>) {
        for reading in &readings {
            self.store.take(reading, cx.now);
        }
        self.wake(cx.now);
    }

    fn watches_metrics(&self) -> bool {
        self.has_metric_alarms()
    }
}
