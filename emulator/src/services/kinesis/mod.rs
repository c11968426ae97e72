//! Kinesis Data Streams: streams, shards, put and get, split, merge and scale, retention, consumers with enhanced fan-out,
//! settings, tags, policies, per-shard rates.
//!
//! Left out: an on-demand stream grows (`state/growth.rs`) but never shrinks; channels and queues; records are not encrypted,
//! policies not enforced.
//! Rates are in force in a tank with strict limits only; quotas always. Both are in `limits.rs`.
//! Time: CREATING, UPDATING and DELETING last half a second; records age out when somebody looks.
//! Each put tells those who watch the stream's ARN. Start with `state/put.rs`, then `state/read.rs`; records are in
//! `state/log.rs`.

mod error;
mod limits;
#[cfg(test)]
mod props;
mod state;
#[cfg(test)]
mod tests;

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::{Request, Response};

pub use error::{KinesisError, Whose};
pub use state::Kinesis;

use super::Service;
use crate::world::{Answer, Cx, Delivery};

impl Service for Kinesis {
    type Request = Request;
    type Response = Response;
    type Error = KinesisError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, KinesisError> {
        use Request as Q;
        use Response as A;
        Ok(Answer::Now(match request {
            Q::PutRecord(input) => A::PutRecord(self.counted_put_record(cx, input)?),
            Q::PutRecords(input) => A::PutRecords(self.counted_put_records(cx, input)?),
            Q::GetRecords(input) => A::GetRecords(self.get_records(cx, &input)?),
            Q::GetShardIterator(input) => A::GetShardIterator(self.get_shard_iterator(cx, &input)?),
            Q::SubscribeToShard(input) => return Ok(Answer::Stream(self.subscribe_to_shard(cx, &input)?)),
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
            Delivery::Taken(ticket) => self.event_taken(cx, ticket),
            Delivery::Closed(ticket) => self.left(ticket),
            other => unreachable!("Kinesis asks for nothing, yet got {other:?}"),
        }
    }
}

impl Kinesis {
    /// Operations on streams and consumers themselves.
    fn manage(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, KinesisError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateStream(input) => A::CreateStream(self.create_stream(cx, input)?),
            Q::DeleteStream(input) => A::DeleteStream(self.delete_stream(cx, &input)?),
            Q::DescribeStream(input) => A::DescribeStream(self.describe_stream(cx, &input)?),
            Q::DescribeStreamSummary(input) => {
                A::DescribeStreamSummary(self.describe_stream_summary(cx, &input)?)
            }
            Q::DescribeLimits(_) => A::DescribeLimits(self.describe_limits(cx)?),
            Q::ListStreams(input) => A::ListStreams(self.list_streams(cx, &input)?),
            Q::ListShards(input) => A::ListShards(self.list_shards(cx, &input)?),
            Q::SplitShard(input) => A::SplitShard(self.split_shard(cx, &input)?),
            Q::MergeShards(input) => A::MergeShards(self.merge_shards(cx, &input)?),
            Q::UpdateShardCount(input) => A::UpdateShardCount(self.update_shard_count(cx, &input)?),
            Q::RegisterStreamConsumer(input) => {
                A::RegisterStreamConsumer(self.register_stream_consumer(cx, input)?)
            }
            Q::DeregisterStreamConsumer(input) => {
                A::DeregisterStreamConsumer(self.deregister_stream_consumer(cx, &input)?)
            }
            Q::DescribeStreamConsumer(input) => {
                A::DescribeStreamConsumer(self.describe_stream_consumer(cx, &input)?)
            }
            Q::ListStreamConsumers(input) => A::ListStreamConsumers(self.list_stream_consumers(cx, &input)?),
            other => self.set_up(cx, other)?,
        })
    }

    /// Operations on settings, tags and policies.
    fn set_up(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, KinesisError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::IncreaseStreamRetentionPeriod(input) => {
                A::IncreaseStreamRetentionPeriod(self.increase_retention(cx, &input)?)
            }
            Q::DecreaseStreamRetentionPeriod(input) => {
                A::DecreaseStreamRetentionPeriod(self.decrease_retention(cx, &input)?)
            }
            Q::EnableEnhancedMonitoring(input) => {
                A::EnableEnhancedMonitoring(self.enable_enhanced_monitoring(cx, &input)?)
            }
            Q::DisableEnhancedMonitoring(input) => {
                A::DisableEnhancedMonitoring(self.disable_enhanced_monitoring(cx, &input)?)
            }
            Q::StartStreamEncryption(input) => A::StartStreamEncryption(self.start_encryption(cx, input)?),
            Q::StopStreamEncryption(input) => A::StopStreamEncryption(self.stop_encryption(cx, &input)?),
            Q::UpdateStreamMode(input) => A::UpdateStreamMode(self.update_stream_mode(cx, &input)?),
            Q::UpdateStreamWarmThroughput(input) => {
                A::UpdateStreamWarmThroughput(self.update_warm_throughput(cx, &input)?)
            }
            Q::UpdateMaxRecordSize(input) => A::UpdateMaxRecordSize(self.update_max_record_size(cx, &input)?),
            Q::DescribeAccountSettings(_) => A::DescribeAccountSettings(self.describe_account_settings(cx)?),
            Q::UpdateAccountSettings(input) => {
                A::UpdateAccountSettings(self.update_account_settings(cx, &input)?)
            }
            Q::AddTagsToStream(input) => A::AddTagsToStream(self.add_tags_to_stream(cx, input)?),
            Q::RemoveTagsFromStream(input) => {
                A::RemoveTagsFromStream(self.remove_tags_from_stream(cx, &input)?)
            }
            Q::ListTagsForStream(input) => A::ListTagsForStream(self.list_tags_for_stream(cx, &input)?),
            Q::TagResource(input) => A::TagResource(self.tag_resource(cx, input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag_resource(cx, &input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags_for_resource(cx, &input)?),
            Q::PutResourcePolicy(input) => A::PutResourcePolicy(self.put_resource_policy(cx, input)?),
            Q::GetResourcePolicy(input) => A::GetResourcePolicy(self.get_resource_policy(cx, &input)?),
            Q::DeleteResourcePolicy(input) => {
                A::DeleteResourcePolicy(self.delete_resource_policy(cx, &input)?)
            }
            other => unreachable!("{} has its arm in `call` or `manage`", other.operation()),
        })
    }
}
