//! CloudWatch Logs: groups, streams, events, retention; filter patterns, metric filters, subscription filters, live tail;
//! Logs Insights.
//!
//! Left out: data protection, transformers, field indexes, account policies, destinations of other accounts, export, anomaly
//! detectors, scheduled queries. Those calls answer `NotImplemented`. Keys and policies are kept and shown, not enforced.
//! Time: events older than their group's retention are gone at the next look. Due are: the end of a minute in which metric
//! filters or embedded metrics saw events, a query's begin and end, each second of a live tail, a delivery that is tried again.
//! Start with `ingest.rs`, where events come in and all who watch see them; then `read.rs` for what clients poll with,
//! `pattern/` for how filters match and `insights/` for queries.

mod definitions;
mod emf;
mod error;
mod groups;
mod ingest;
mod insights;
mod limits;
mod metric_filters;
mod metrics;
mod outbox;
mod pattern;
mod policies;
mod queries;
mod read;
mod state;
mod subscriptions;
mod tail;
#[cfg(test)]
mod tests;

use wavetank_types::Timestamp;
use wavetank_wire::logs::{Request, Response};

pub use error::LogsError;
pub use insights::QueryError;
pub use pattern::PatternError;
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
            Q::PutSubscriptionFilter(input) => {
                return Ok(Answer::Later(self.put_subscription_filter(cx, input)?));
            }
            Q::StartLiveTail(input) => return Ok(Answer::Stream(self.start_live_tail(cx, input)?)),
            Q::PutLogEvents(input) => A::PutLogEvents(self.put_log_events(cx, input)?),
            Q::FilterLogEvents(input) => A::FilterLogEvents(self.filter_log_events(cx, &input)?),
            Q::GetLogEvents(input) => A::GetLogEvents(self.get_log_events(cx, &input)?),
            Q::StartQuery(input) => A::StartQuery(self.start_query(cx, input)?),
            Q::StopQuery(input) => A::StopQuery(self.stop_query(&input)?),
            Q::GetQueryResults(input) => A::GetQueryResults(self.get_query_results(&input)?),
            Q::DescribeQueries(input) => A::DescribeQueries(self.describe_queries(cx, &input)?),
            Q::GetLogRecord(input) => A::GetLogRecord(self.get_log_record(cx, &input)?),
            Q::GetLogGroupFields(input) => A::GetLogGroupFields(self.get_log_group_fields(cx, &input)?),
            other => self.manage(cx, other)?,
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
            Delivery::Log(batch) => self.append(cx, batch),
            Delivery::Reply { token, result } => self.destination_replied(cx, token, result),
            Delivery::Taken(ticket) => self.tail_taken(cx, ticket),
            Delivery::Closed(ticket) => self.tail_left(ticket),
            other => unreachable!("CloudWatch Logs asks for nothing else, yet got {other:?}"),
        }
    }
}

impl Logs {
    /// Operations on groups, filters, policies and saved queries.
    fn manage(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, LogsError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateLogGroup(input) => A::CreateLogGroup(self.create_log_group(cx, input)?),
            Q::CreateLogStream(input) => A::CreateLogStream(self.create_log_stream(cx, &input)?),
            Q::DeleteLogGroup(input) => A::DeleteLogGroup(self.delete_log_group(&input)?),
            Q::DeleteLogStream(input) => A::DeleteLogStream(self.delete_log_stream(&input)?),
            Q::PutRetentionPolicy(input) => A::PutRetentionPolicy(self.put_retention_policy(&input)?),
            Q::DeleteRetentionPolicy(input) => {
                A::DeleteRetentionPolicy(self.delete_retention_policy(&input)?)
            }
            Q::DescribeLogGroups(input) => A::DescribeLogGroups(self.describe_log_groups(cx, &input)?),
            Q::ListLogGroups(input) => A::ListLogGroups(self.list_log_groups(&input)?),
            Q::DescribeLogStreams(input) => A::DescribeLogStreams(self.describe_log_streams(cx, &input)?),
            Q::PutLogGroupDeletionProtection(input) => {
                A::PutLogGroupDeletionProtection(self.put_log_group_deletion_protection(&input)?)
            }
            Q::AssociateKmsKey(input) => A::AssociateKmsKey(self.associate_kms_key(input)?),
            Q::DisassociateKmsKey(input) => A::DisassociateKmsKey(self.disassociate_kms_key(&input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags_for_resource(&input)?),
            Q::TagResource(input) => A::TagResource(self.tag_resource(input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag_resource(&input)?),
            Q::ListTagsLogGroup(input) => A::ListTagsLogGroup(self.list_tags_log_group(&input)?),
            Q::TagLogGroup(input) => A::TagLogGroup(self.tag_log_group(input)?),
            Q::UntagLogGroup(input) => A::UntagLogGroup(self.untag_log_group(&input)?),
            other => self.manage_filters(cx, other)?,
        })
    }

    fn manage_filters(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, LogsError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::PutMetricFilter(input) => A::PutMetricFilter(self.put_metric_filter(cx, input)?),
            Q::DeleteMetricFilter(input) => A::DeleteMetricFilter(self.delete_metric_filter(&input)?),
            Q::DescribeMetricFilters(input) => {
                A::DescribeMetricFilters(self.describe_metric_filters(&input)?)
            }
            Q::TestMetricFilter(input) => A::TestMetricFilter(self.test_metric_filter(input)?),
            Q::DeleteSubscriptionFilter(input) => {
                A::DeleteSubscriptionFilter(self.delete_subscription_filter(&input)?)
            }
            Q::DescribeSubscriptionFilters(input) => {
                A::DescribeSubscriptionFilters(self.describe_subscription_filters(&input)?)
            }
            Q::PutQueryDefinition(input) => A::PutQueryDefinition(self.put_query_definition(cx, input)?),
            Q::DeleteQueryDefinition(input) => {
                A::DeleteQueryDefinition(self.delete_query_definition(&input)?)
            }
            Q::DescribeQueryDefinitions(input) => {
                A::DescribeQueryDefinitions(self.describe_query_definitions(&input)?)
            }
            Q::PutResourcePolicy(input) => A::PutResourcePolicy(self.put_resource_policy(cx, input)?),
            Q::DeleteResourcePolicy(input) => A::DeleteResourcePolicy(self.delete_resource_policy(&input)?),
            Q::DescribeResourcePolicies(input) => {
                A::DescribeResourcePolicies(self.describe_resource_policies(&input)?)
            }
            other => unreachable!("{} is answered by `call` or `manage`", other.operation()),
        })
    }
}
