//! Kinesis streams and their consumers, as a mapping asks them.
//!
//! Enhanced fan-out: a mapping of a stream's consumer reads the same shards by GetRecords under the consumer's ARN, since
//! services do not read event streams of each other. What shows is as on AWS: the consumer's ARN in events, records after 70
//! ms instead of at the next second, a budget of the consumer's own, and nothing more once the consumer is deregistered.
//! Left out: a client's SubscribeToShard for the same consumer and shard does not end the mapping's reading.

use wavetank_types::Timestamp;
use wavetank_wire::{FromVal as _, Operation, Val, kinesis};

use super::super::limits;
use super::{Kind, Page, Position, Record, ShardInfo, StreamSource, ask};
use crate::world::Cx;

impl StreamSource {
    /// Asks whether the stream exists, and how long it keeps records.
    pub(super) fn kinesis_describe(&self, cx: &mut Cx<'_>, token: u64) {
        let input = kinesis::DescribeStreamSummaryInput {
            stream_arn: Some(self.stream.clone()),
            ..Default::default()
        };
        ask::<kinesis::DescribeStreamSummary>(cx, &self.home, input, Some(token));
    }

    /// Reads the reply to [`StreamSource::kinesis_describe`]: the retention.
    pub(super) fn kinesis_retention(reply: Val) -> std::time::Duration {
        let out = <kinesis::DescribeStreamSummary as Operation>::Output::from_val(reply);
        let hours = u64::try_from(out.stream_description_summary.retention_period_hours).unwrap_or(24);
        std::time::Duration::from_secs(hours.max(1) * 3_600)
    }

    /// Asks whether the consumer exists.
    pub(in super::super) fn describe_consumer(&self, cx: &mut Cx<'_>, token: u64) {
        let input = kinesis::DescribeStreamConsumerInput {
            consumer_arn: Some(self.arn.clone()),
            ..Default::default()
        };
        ask::<kinesis::DescribeStreamConsumer>(cx, &self.home, input, Some(token));
    }

    /// Asks for the shards that reading from `start` begins with, page by page.
    pub(super) fn kinesis_list(&self, cx: &mut Cx<'_>, start: &Position, next: Option<String>, token: u64) {
        let filter = |kind: &str, timestamp| kinesis::ShardFilter {
            r#type: kind.to_owned(),
            shard_id: None,
            timestamp,
        };
        let shard_filter = match start {
            Position::Latest => filter("AT_LATEST", None),
            Position::Time(at) => filter("FROM_TIMESTAMP", Some(*at)),
            Position::Horizon | Position::After(_) => filter("FROM_TRIM_HORIZON", None),
        };
        let input = match next {
            // A page after the first is asked for by its token alone.
            Some(next) => kinesis::ListShardsInput { next_token: Some(next), ..Default::default() },
            None => kinesis::ListShardsInput {
                stream_arn: Some(self.stream.clone()),
                shard_filter: Some(shard_filter),
                ..Default::default()
            },
        };
        ask::<kinesis::ListShards>(cx, &self.home, input, Some(token));
    }

    /// Reads the reply to [`StreamSource::kinesis_list`]: shards, and the token of the page that follows.
    pub(super) fn kinesis_shards(reply: Val) -> (Vec<ShardInfo>, Option<String>) {
        let out = <kinesis::ListShards as Operation>::Output::from_val(reply);
        let shard = |shard: kinesis::Shard| ShardInfo {
            id: shard.shard_id.into(),
            parents: shard.parent_shard_id.into_iter().chain(shard.adjacent_parent_shard_id).collect(),
        };
        (out.shards.unwrap_or_default().into_iter().map(shard).collect(), out.next_token)
    }

    /// Asks for an iterator.
    pub(super) fn kinesis_iterator(&self, cx: &mut Cx<'_>, shard: &str, position: &Position, token: u64) {
        let (kind, sequence, timestamp) = match position {
            Position::Horizon => ("TRIM_HORIZON", None, None),
            Position::Latest => ("LATEST", None, None),
            Position::Time(at) => ("AT_TIMESTAMP", None, Some(*at)),
            Position::After(sequence) => ("AFTER_SEQUENCE_NUMBER", Some(sequence.clone()), None),
        };
        let input = kinesis::GetShardIteratorInput {
            stream_arn: Some(self.stream.clone()),
            shard_id: shard.to_owned(),
            shard_iterator_type: kind.to_owned(),
            starting_sequence_number: sequence,
            timestamp,
            ..Default::default()
        };
        ask::<kinesis::GetShardIterator>(cx, &self.home, input, Some(token));
    }

    /// Reads the reply to [`StreamSource::kinesis_iterator`].
    pub(super) fn kinesis_iterator_of(reply: Val) -> Option<String> {
        <kinesis::GetShardIterator as Operation>::Output::from_val(reply).shard_iterator
    }

    /// Asks for records.
    pub(super) fn kinesis_records(&self, cx: &mut Cx<'_>, iterator: String, token: u64) {
        let input = kinesis::GetRecordsInput {
            shard_iterator: iterator,
            limit: Some(limits::READ_RECORDS_MAX),
            // A consumer's ARN says whose budget it is.
            stream_arn: Some(self.arn.clone()),
            ..Default::default()
        };
        ask::<kinesis::GetRecords>(cx, &self.home, input, Some(token));
    }

    /// Reads the reply to [`StreamSource::kinesis_records`].
    pub(super) fn kinesis_page(now: Timestamp, reply: Val) -> Page {
        let out = <kinesis::GetRecords as Operation>::Output::from_val(reply);
        let record = |record: kinesis::Record| Record {
            sequence: record.sequence_number,
            arrival: record.approximate_arrival_timestamp.unwrap_or(now),
            key: record.partition_key.unwrap_or_default(),
            data: record.data,
            gathered: now,
            kind: Kind::Kinesis,
        };
        let child = |child: kinesis::ChildShard| ShardInfo {
            id: child.shard_id.into(),
            parents: child.parent_shards,
        };
        Page {
            records: out.records.into_iter().map(record).collect(),
            next: out.next_shard_iterator.filter(|next| !next.is_empty()),
            is_behind: out.millis_behind_latest.is_some_and(|millis| millis > 0),
            children: Some(out.child_shards.unwrap_or_default().into_iter().map(child).collect()),
        }
    }
}
