//! What a mapping reads: a stream or a queue, known by its ARN. Others are refused by name.
//!
//! A stream is asked through [`StreamSource`], which says all that differs between kinds of streams: `source/kinesis.rs`
//! and `source/dynamodb.rs`.

mod dynamodb;
mod kinesis;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wavetank_types::{Arn, Region, Timestamp};
use wavetank_wire::{Operation, ToVal as _, Val};

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

/// Whose stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Kinesis,
    DynamoDb,
}

/// A stream, or a consumer of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamSource {
    pub(super) kind: Kind,
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
    pub(super) id: Arc<str>,
    pub(super) parents: Vec<String>,
}

/// One record of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) sequence: String,
    pub(super) arrival: Timestamp,
    /// The partition key, or an item's key as JSON.
    pub(super) key: String,
    /// The payload; of a table's stream, the change as the function sees it, but for the stream's ARN.
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
    /// Whether there is more, or may be.
    pub(super) is_behind: bool,
    /// None if they have to be asked for.
    pub(super) children: Option<Vec<ShardInfo>>,
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
                let kind = Kind::Kinesis;
                Ok(Self::Stream(StreamSource { kind, arn: text.to_owned(), stream, is_consumer, home }))
            }
            "sqs" => {
                let home = home(ServiceId::Sqs, &arn).ok_or(MappingRefusal::NoSource)?;
                let name = arn.resource.clone();
                let is_fifo = name.ends_with(".fifo");
                Ok(Self::Queue(QueueSource { arn: text.to_owned(), name, is_fifo, home }))
            }
            "dynamodb" if arn.resource.starts_with("table/") && arn.resource.contains("/stream/") => {
                let home = home(ServiceId::DynamoDb, &arn).ok_or(MappingRefusal::NoSource)?;
                Ok(Self::Stream(StreamSource {
                    kind: Kind::DynamoDb,
                    arn: text.to_owned(),
                    stream: text.to_owned(),
                    is_consumer: false,
                    home,
                }))
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
        match self.kind {
            Kind::Kinesis => "Kinesis",
            Kind::DynamoDb => "DynamoDB",
        }
    }

    /// How often a shard is read at most.
    pub(super) fn read_every(&self) -> Duration {
        match self.kind {
            Kind::Kinesis => limits::READ_EVERY,
            Kind::DynamoDb => limits::TABLE_READ_EVERY,
        }
    }

    /// Whether an iterator that was read so long ago is still good: Kinesis keeps those of services young.
    pub(super) fn is_young(&self, age: Duration) -> bool {
        self.kind == Kind::Kinesis || age < limits::TABLE_ITERATOR_AGE_MAX
    }

    /// Asks whether the stream exists, and how long it keeps records.
    pub(super) fn describe(&self, cx: &mut Cx<'_>, token: u64) {
        match self.kind {
            Kind::Kinesis => self.kinesis_describe(cx, token),
            Kind::DynamoDb => self.table_describe(cx, token),
        }
    }

    /// Reads the reply to [`StreamSource::describe`]: the retention.
    pub(super) fn retention(&self, reply: Val) -> Duration {
        match self.kind {
            Kind::Kinesis => Self::kinesis_retention(reply),
            Kind::DynamoDb => dynamodb::RETENTION,
        }
    }

    /// Asks for the shards that reading from `start` begins with, page by page.
    pub(super) fn list(&self, cx: &mut Cx<'_>, start: &Position, next: Option<String>, token: u64) {
        match self.kind {
            Kind::Kinesis => self.kinesis_list(cx, start, next, token),
            Kind::DynamoDb => self.table_list(cx, next, token),
        }
    }

    /// Reads the reply to [`StreamSource::list`]: shards, and the token of the page that follows.
    pub(super) fn shards(&self, start: &Position, reply: Val) -> (Vec<ShardInfo>, Option<String>) {
        match self.kind {
            Kind::Kinesis => Self::kinesis_shards(reply),
            Kind::DynamoDb => Self::table_shards(start, reply),
        }
    }

    /// Asks for the children of a shard that has ended, if the page did not tell them.
    pub(super) fn children(&self, cx: &mut Cx<'_>, shard: &str, token: u64) {
        self.table_children(cx, shard, token);
    }

    /// Reads the reply to [`StreamSource::children`].
    pub(super) fn children_of(reply: Val) -> Vec<ShardInfo> {
        Self::table_shards(&Position::Horizon, reply).0
    }

    /// Asks for an iterator.
    pub(super) fn iterator(&self, cx: &mut Cx<'_>, shard: &str, position: &Position, token: u64) {
        match self.kind {
            Kind::Kinesis => self.kinesis_iterator(cx, shard, position, token),
            Kind::DynamoDb => self.table_iterator(cx, shard, position, token),
        }
    }

    /// Reads the reply to [`StreamSource::iterator`].
    pub(super) fn iterator_of(&self, reply: Val) -> Option<String> {
        match self.kind {
            Kind::Kinesis => Self::kinesis_iterator_of(reply),
            Kind::DynamoDb => Self::table_iterator_of(reply),
        }
    }

    /// Asks for records.
    pub(super) fn records(&self, cx: &mut Cx<'_>, iterator: String, token: u64) {
        match self.kind {
            Kind::Kinesis => self.kinesis_records(cx, iterator, token),
            Kind::DynamoDb => self.table_records(cx, iterator, token),
        }
    }

    /// Reads the reply to [`StreamSource::records`].
    pub(super) fn page(&self, now: Timestamp, reply: Val) -> Page {
        match self.kind {
            Kind::Kinesis => Self::kinesis_page(now, reply),
            Kind::DynamoDb => Self::table_page(now, reply),
        }
    }
}
