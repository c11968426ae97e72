//! What a mapping reads: a stream or a queue, known by its ARN. Others are refused by name.
//!
//! A stream is asked through [`StreamSource`], which says all that differs between kinds of streams. There is one kind
//! today, Kinesis; DynamoDB Streams are to become the second.
//! Enhanced fan-out: a mapping of a stream's consumer reads the same shards by GetRecords under the consumer's ARN, since
//! services do not read event streams of each other. What shows is as on AWS: the consumer's ARN in events, records after 70
//! ms instead of at the next second, a budget of the consumer's own, and nothing more once the consumer is deregistered.
//! Left out: a client's SubscribeToShard for the same consumer and shard does not end the mapping's reading.

use bytes::Bytes;
use wavetank_types::{Arn, Region, Timestamp};
use wavetank_wire::{FromVal as _, Operation, ToVal as _, Val, kinesis};

use super::error::MappingRefusal;
use super::limits;
use crate::services::ServiceId;
use crate::services::lambda::Refusal;
use crate::world::{Address, Cx, Effect, Scope};

/// What a mapping reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Stream(StreamSource),
    Queue(QueueSource),
}

/// A stream, or a consumer of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamSource {
    /// As the mapping names it.
    pub(super) arn: String,
    /// The stream's own ARN, which is also the topic of its signals.
    pub(super) stream: String,
    pub(super) is_consumer: bool,
    home: Address,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QueueSource {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) is_fifo: bool,
    home: Address,
}

/// Where reading of a shard starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Horizon,
    Latest,
    Time(Timestamp),
    /// What follows this record.
    After(String),
}

/// A shard, as its stream lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShardInfo {
    pub(super) id: String,
    pub(super) parents: Vec<String>,
}

/// One record of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) sequence: String,
    pub(super) arrival: Timestamp,
    pub(super) key: String,
    pub(super) data: Bytes,
    /// When it was read.
    pub(super) gathered: Timestamp,
}

/// What one read of a shard found.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    /// None at the end of a closed shard.
    pub(super) next: Option<String>,
    pub(super) is_behind: bool,
    pub(super) children: Vec<ShardInfo>,
}

/// Where the service of an ARN lives.
pub(super) fn home(service: ServiceId, arn: &Arn) -> Option<Address> {
    let account = arn.account.parse().ok()?;
    Some(Address { service, scope: Scope { account, region: Region::new(arn.region.clone()) } })
}

/// Asks a service anywhere in the tank.
pub(super) fn ask<O: Operation>(cx: &mut Cx<'_>, to: &Address, input: O::Input, reply: Option<u64>) {
    cx.push(Effect::Call { to: to.clone(), operation: O::NAME, input: input.to_val(), reply });
}

impl Source {
    /// The source of this ARN.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let arn: Arn = text.parse().map_err(|_| MappingRefusal::NoSource)?;
        let unbuilt = |what: &str| Err(Refusal::NotBuilt(format!("event source mappings of {what}")));
        match arn.service.as_str() {
            "kinesis" => {
                let home = home(ServiceId::Kinesis, &arn).ok_or(MappingRefusal::NoSource)?;
                let is_consumer = arn.resource.contains("/consumer/");
                let stream = text.split("/consumer/").next().unwrap_or(text).to_owned();
                if !arn.resource.starts_with("stream/") {
                    return Err(MappingRefusal::NoSource.into());
                }
                Ok(Self::Stream(StreamSource { arn: text.to_owned(), stream, is_consumer, home }))
            }
            "sqs" => {
                let home = home(ServiceId::Sqs, &arn).ok_or(MappingRefusal::NoSource)?;
                let name = arn.resource.clone();
                let is_fifo = name.ends_with(".fifo");
                Ok(Self::Queue(QueueSource { arn: text.to_owned(), name, is_fifo, home }))
            }
            "dynamodb" if arn.resource.starts_with("table/") && arn.resource.contains("/stream/") => {
                unbuilt("DynamoDB Streams")
            }
            "kafka" => unbuilt("Amazon MSK"),
            "mq" => unbuilt("Amazon MQ"),
            "rds" => unbuilt("Amazon DocumentDB"),
            _ => Err(MappingRefusal::NoSource.into()),
        }
    }

    /// As the mapping names it.
    pub(super) fn arn(&self) -> &str {
        match self {
            Self::Stream(stream) => &stream.arn,
            Self::Queue(queue) => &queue.arn,
        }
    }

    /// Where it signals that there is something new.
    pub(super) fn topic(&self) -> &str {
        match self {
            Self::Stream(stream) => &stream.stream,
            Self::Queue(queue) => &queue.arn,
        }
    }
}

impl QueueSource {
    /// Asks SQS of the queue's account and region.
    pub(super) fn ask<O: Operation>(&self, cx: &mut Cx<'_>, input: O::Input, reply: Option<u64>) {
        ask::<O>(cx, &self.home, input, reply);
    }

    pub(super) fn account(&self) -> String {
        self.home.scope.account.to_string()
    }

    pub(super) fn region(&self) -> &str {
        self.home.scope.region.as_str()
    }
}

impl StreamSource {
    pub(super) fn region(&self) -> &str {
        self.home.scope.region.as_str()
    }

    /// How a stream of this kind is called in refusals.
    pub(super) fn kind(&self) -> &'static str {
        "Kinesis"
    }

    /// Asks whether the stream exists, and how long it keeps records.
    pub(super) fn describe(&self, cx: &mut Cx<'_>, token: u64) {
        let input = kinesis::DescribeStreamSummaryInput {
            stream_arn: Some(self.stream.clone()),
            ..Default::default()
        };
        ask::<kinesis::DescribeStreamSummary>(cx, &self.home, input, Some(token));
    }

    /// Reads the reply to [`StreamSource::describe`]: the retention.
    pub(super) fn retention(reply: Val) -> std::time::Duration {
        let out = <kinesis::DescribeStreamSummary as Operation>::Output::from_val(reply);
        let hours = u64::try_from(out.stream_description_summary.retention_period_hours).unwrap_or(24);
        std::time::Duration::from_secs(hours.max(1) * 3_600)
    }

    /// Asks whether the consumer exists.
    pub(super) fn describe_consumer(&self, cx: &mut Cx<'_>, token: u64) {
        let input = kinesis::DescribeStreamConsumerInput {
            consumer_arn: Some(self.arn.clone()),
            ..Default::default()
        };
        ask::<kinesis::DescribeStreamConsumer>(cx, &self.home, input, Some(token));
    }

    /// Asks for the shards that reading from `start` begins with, page by page.
    pub(super) fn list(&self, cx: &mut Cx<'_>, start: &Position, next: Option<String>, token: u64) {
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

    /// Reads the reply to [`StreamSource::list`]: shards, and the token of the page that follows.
    pub(super) fn shards(reply: Val) -> (Vec<ShardInfo>, Option<String>) {
        let out = <kinesis::ListShards as Operation>::Output::from_val(reply);
        let shard = |shard: kinesis::Shard| ShardInfo {
            id: shard.shard_id,
            parents: shard.parent_shard_id.into_iter().chain(shard.adjacent_parent_shard_id).collect(),
        };
        (out.shards.unwrap_or_default().into_iter().map(shard).collect(), out.next_token)
    }

    /// Asks for an iterator.
    pub(super) fn iterator(&self, cx: &mut Cx<'_>, shard: &str, position: &Position, token: u64) {
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

    /// Reads the reply to [`StreamSource::iterator`].
    pub(super) fn iterator_of(reply: Val) -> Option<String> {
        <kinesis::GetShardIterator as Operation>::Output::from_val(reply).shard_iterator
    }

    /// Asks for records.
    pub(super) fn records(&self, cx: &mut Cx<'_>, iterator: String, token: u64) {
        let input = kinesis::GetRecordsInput {
            shard_iterator: iterator,
            limit: Some(limits::READ_RECORDS_MAX),
            // A consumer's ARN says whose budget it is.
            stream_arn: Some(self.arn.clone()),
            ..Default::default()
        };
        ask::<kinesis::GetRecords>(cx, &self.home, input, Some(token));
    }

    /// Reads the reply to [`StreamSource::records`].
    pub(super) fn page(now: Timestamp, reply: Val) -> Page {
        let out = <kinesis::GetRecords as Operation>::Output::from_val(reply);
        let record = |record: kinesis::Record| Record {
            sequence: record.sequence_number,
            arrival: record.approximate_arrival_timestamp.unwrap_or(now),
            key: record.partition_key.unwrap_or_default(),
            data: record.data,
            gathered: now,
        };
        let child =
            |child: kinesis::ChildShard| ShardInfo { id: child.shard_id, parents: child.parent_shards };
        Page {
            records: out.records.into_iter().map(record).collect(),
            next: out.next_shard_iterator.filter(|next| !next.is_empty()),
            is_behind: out.millis_behind_latest.is_some_and(|millis| millis > 0),
            children: out.child_shards.unwrap_or_default().into_iter().map(child).collect(),
        }
    }
}
