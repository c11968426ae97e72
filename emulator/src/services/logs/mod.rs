//! CloudWatch Logs: groups, streams, events, retention, filter patterns.
//!
//! Left out: Insights, metric and subscription filters, live tail, encryption keys, delivery. Those calls answer
//! `NotImplemented`. Time: events older than their group's retention are gone at the next look; nothing is due by itself.
//! Start with `state.rs`: `put_log_events`, then `read.rs` for what clients poll with.

mod error;
mod limits;
mod pattern;
mod read;
mod state;
#[cfg(test)]
mod tests;

use wavetank_wire::logs::{Request, Response};

pub use error::LogsError;
pub use state::Logs;

use super::Service;
use crate::world::{Answer, Cx, Delivery};

impl Service for Logs {
    type Request = Request;
    type Response = Response;
    type Error = LogsError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, LogsError> {
        use Request as Q;
        use Response as A;
        Ok(Answer::Now(match request {
            Q::CreateLogGroup(input) => A::CreateLogGroup(self.create_log_group(cx, input)?),
            Q::CreateLogStream(input) => A::CreateLogStream(self.create_log_stream(cx, &input)?),
            Q::DeleteLogGroup(input) => A::DeleteLogGroup(self.delete_log_group(&input)?),
            Q::DeleteLogStream(input) => A::DeleteLogStream(self.delete_log_stream(&input)?),
            Q::DeleteRetentionPolicy(input) => {
                A::DeleteRetentionPolicy(self.delete_retention_policy(&input)?)
            }
            Q::DescribeLogGroups(input) => A::DescribeLogGroups(self.describe_log_groups(cx, &input)?),
            Q::DescribeLogStreams(input) => A::DescribeLogStreams(self.describe_log_streams(cx, &input)?),
            Q::FilterLogEvents(input) => A::FilterLogEvents(self.filter_log_events(cx, &input)?),
            Q::GetLogEvents(input) => A::GetLogEvents(self.get_log_events(cx, &input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags_for_resource(&input)?),
            Q::PutLogEvents(input) => A::PutLogEvents(self.put_log_events(cx, input)?),
            Q::PutRetentionPolicy(input) => A::PutRetentionPolicy(self.put_retention_policy(&input)?),
            Q::TagResource(input) => A::TagResource(self.tag_resource(input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag_resource(&input)?),
        }))
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::Log(batch) => self.append(cx, batch),
            other => unreachable!("CloudWatch Logs asks for nothing, yet got {other:?}"),
        }
    }
}
