//! Consumers with enhanced fan-out: register, describe, list, deregister. What they read is in `subscribe.rs`.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::*;

use super::stream::{Status, whose};
use super::token::Token;
use super::{Due, Kinesis};
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::{Cx, Ticket};

#[derive(Debug)]
pub(in super::super) struct Consumer {
    pub(in super::super) name: String,
    pub(in super::super) arn: String,
    pub(in super::super) created: Timestamp,
    /// CREATING, ACTIVE or DELETING.
    pub(in super::super) status: Status,
    pub(in super::super) until: Timestamp,
    pub(in super::super) tags: BTreeMap<String, String>,
    pub(in super::super) policy: Option<String>,
    /// By shard: when it last subscribed, and the subscription if it is still open.
    pub(in super::super) subscribed: BTreeMap<u32, (Timestamp, Option<Ticket>)>,
    /// By shard: what a mapping of this consumer may still read, with strict limits.
    pub(in super::super) reads: BTreeMap<u32, Bucket>,
}

/// Which consumer of which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct ConsumerName<'a> {
    pub(in super::super) stream: &'a str,
    pub(in super::super) consumer: &'a str,
    /// In seconds since the epoch, where the ARN says it.
    created: Option<i64>,
}

impl<'a> ConsumerName<'a> {
    /// Reads `.../stream/NAME/consumer/NAME:SECONDS`, if it is of this account and region.
    pub(in super::super) fn of_arn(cx: &Cx<'_>, arn: &'a str) -> Option<Self> {
        let (stream_arn, rest) = arn.split_once("/consumer/")?;
        let stream = Kinesis::name_of(cx, None, Some(stream_arn)).ok()?;
        let (consumer, created) = rest.split_once(':')?;
        Some(Self { stream, consumer, created: Some(created.parse().ok()?) })
    }
}

impl Consumer {
    /// What was read from a shard counts against the consumer's own rate for it.
    pub(super) fn give(&mut self, shard: u32, bytes: usize, now: Timestamp) {
        self.budget(shard, now).owe(bytes as u64);
    }

    fn budget(&mut self, shard: u32, now: Timestamp) -> &mut Bucket {
        self.reads.entry(shard).or_insert_with(|| Bucket::new(SHARD_READ_BYTES_PER_SECOND, now))
    }

    fn summary(&self) -> wavetank_wire::kinesis::Consumer {
        wavetank_wire::kinesis::Consumer {
            consumer_name: self.name.clone(),
            consumer_arn: self.arn.clone(),
            consumer_status: self.status.name().to_owned(),
            consumer_creation_timestamp: self.created,
        }
    }
}

fn no_such_consumer(cx: &Cx<'_>, consumer: &str) -> KinesisError {
    KinesisError::NoSuchConsumer { consumer: consumer.to_owned(), account: cx.scope.account.to_string() }
}

/// The consumer that a request means: by its ARN, or by its stream's ARN and its name.
fn meant<'a>(
    cx: &Cx<'_>,
    arn: Option<&'a str>,
    stream_arn: Option<&'a str>,
    name: Option<&'a str>,
) -> Result<ConsumerName<'a>, KinesisError> {
    let by_arn = arn.map(|arn| ConsumerName::of_arn(cx, arn).ok_or_else(|| no_such_consumer(cx, arn)));
    let by_name = match (stream_arn, name) {
        (Some(stream_arn), Some(consumer)) => {
            let stream = Kinesis::name_of(cx, None, Some(stream_arn))?;
            Some(ConsumerName { stream, consumer, created: None })
        }
        _ => None,
    };
    match (by_arn.transpose()?, by_name) {
        (Some(one), Some(other)) if (one.stream, one.consumer) != (other.stream, other.consumer) => {
            // Assumed: the sentence.
            let why = "ConsumerARN does not match StreamARN and ConsumerName.";
            Err(KinesisError::Argument(why.to_owned()))
        }
        (Some(one), _) | (None, Some(one)) => Ok(one),
        // Assumed: the sentence.
        (None, None) => Err(KinesisError::Argument(
            "Either ConsumerARN, or both StreamARN and ConsumerName must be provided.".to_owned(),
        )),
    }
}

/// The consumer for which another service of the tank reads: an event source mapping names it in place of its stream.
///
/// For a client a consumer's ARN is no stream's; the tank's own calls have no access key.
pub(super) fn read_for<'a>(cx: &Cx<'_>, stream_arn: Option<&'a str>) -> Option<ConsumerName<'a>> {
    let arn = stream_arn.filter(|_| cx.access_key.is_empty())?;
    ConsumerName::of_arn(cx, arn)
}

impl Kinesis {
    /// Refuses a read for a consumer that is gone, not ready, or over its own rate.
    pub(super) fn check_fan_out(
        &mut self,
        cx: &Cx<'_>,
        name: ConsumerName<'_>,
        arn: &str,
        shard: u32,
    ) -> Result<(), KinesisError> {
        let (strict, account) = (self.strict, cx.scope.account.to_string());
        let consumer = self.consumer_mut(cx, name, arn)?;
        if consumer.status != Status::Active {
            let (created, consumer) = (consumer.created.secs(), consumer.name.clone());
            let stream = name.stream.to_owned();
            return Err(KinesisError::ConsumerNotActive { consumer, created, stream, account });
        }
        if strict && !consumer.budget(shard, cx.now).is_positive(cx.now) {
            return Err(KinesisError::ShardRate {
                shard: super::sequence::shard_id(i64::from(shard)),
                of: whose(cx.scope, name.stream),
            });
        }
        Ok(())
    }

    /// The consumer, if it is there under its full ARN.
    pub(in super::super) fn consumer_mut(
        &mut self,
        cx: &Cx<'_>,
        name: ConsumerName<'_>,
        as_asked: &str,
    ) -> Result<&mut Consumer, KinesisError> {
        let stream = self.streams.get_mut(name.stream).ok_or_else(|| no_such_consumer(cx, as_asked))?;
        let found = stream.consumers.get_mut(name.consumer);
        let same = |consumer: &&mut Consumer| name.created.is_none_or(|at| consumer.created.secs() == at);
        found.filter(same).ok_or_else(|| no_such_consumer(cx, as_asked))
    }

    pub(in super::super) fn register_stream_consumer(
        &mut self,
        cx: &mut Cx<'_>,
        input: RegisterStreamConsumerInput,
    ) -> Result<RegisterStreamConsumerOutput, KinesisError> {
        let name = Self::name_of(cx, None, Some(&input.stream_arn))?.to_owned();
        self.pace(cx, "RegisterStreamConsumer", &name)?;
        let is_advantage = self.account.is_committed(cx.now);
        let strict = self.strict;
        let stream = self.named_mut(cx, &name)?;
        if matches!(stream.status, Status::Creating | Status::Deleting) {
            return Err(KinesisError::NotActive { of: stream.whose(), status: stream.status.name() });
        }
        if stream.consumers.contains_key(&input.consumer_name) {
            return Err(KinesisError::ConsumerExists { consumer: input.consumer_name, of: stream.whose() });
        }
        let most = if stream.is_on_demand && is_advantage { CONSUMERS_ADVANTAGE_MAX } else { CONSUMERS_MAX };
        if stream.consumers.len() >= most {
            // Assumed: the sentence.
            let why = format!("Stream {} cannot have more than {most} registered consumers.", stream.whose());
            return Err(KinesisError::Limit(why));
        }
        let creating = stream.consumers.values().filter(|other| other.status == Status::Creating).count();
        if strict && creating >= CREATING_MAX {
            let why =
                format!("Stream {} has {CREATING_MAX} consumers in CREATING status already.", stream.whose());
            return Err(KinesisError::Limit(why));
        }
        let tags = input.tags.unwrap_or_default();
        super::tags::check(&stream.whose(), tags.iter().flat_map(|(key, value)| [key, value]))?;
        if tags.len() > TAGS_MAX {
            return Err(super::tags::too_many(&stream.whose()));
        }
        let (until, created) = (cx.now + TRANSITION, cx.now);
        let consumer = Consumer {
            arn: format!("{}/consumer/{}:{}", stream.arn, input.consumer_name, created.secs()),
            name: input.consumer_name.clone(),
            created,
            status: Status::Creating,
            until,
            tags,
            policy: None,
            subscribed: BTreeMap::new(),
            reads: BTreeMap::new(),
        };
        let output = RegisterStreamConsumerOutput { consumer: consumer.summary() };
        stream.consumers.insert(input.consumer_name.clone(), consumer);
        self.due.insert((until, Due::Consumer(name, input.consumer_name)));
        Ok(output)
    }

    pub(in super::super) fn deregister_stream_consumer(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeregisterStreamConsumerInput,
    ) -> Result<DeregisterStreamConsumerOutput, KinesisError> {
        let (arn, stream_arn) = (input.consumer_arn.as_deref(), input.stream_arn.as_deref());
        let meant = meant(cx, arn, stream_arn, input.consumer_name.as_deref())?;
        self.pace(cx, "DeregisterStreamConsumer", meant.stream)?;
        let until = cx.now + TRANSITION;
        let consumer = self.consumer_mut(cx, meant, arn.unwrap_or(meant.consumer))?;
        consumer.status = Status::Deleting;
        consumer.until = until;
        let open: Vec<Ticket> = consumer.subscribed.values().filter_map(|(_, ticket)| *ticket).collect();
        let due = Due::Consumer(meant.stream.to_owned(), meant.consumer.to_owned());
        self.due.insert((until, due));
        for ticket in open {
            let gone = no_such_consumer(cx, meant.consumer);
            self.end_subscription(cx, ticket, Some(gone));
        }
        Ok(DeregisterStreamConsumerOutput {})
    }

    /// A consumer's state ends.
    pub(super) fn consumer_due(&mut self, now: Timestamp, stream: &str, consumer: &str) {
        let Some(stream) = self.streams.get_mut(stream) else { return };
        let Some(found) = stream.consumers.get_mut(consumer).filter(|found| found.until <= now) else {
            return;
        };
        match found.status {
            Status::Creating => found.status = Status::Active,
            Status::Deleting => drop(stream.consumers.remove(consumer)),
            Status::Active | Status::Updating => {}
        }
    }

    pub(in super::super) fn describe_stream_consumer(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DescribeStreamConsumerInput,
    ) -> Result<DescribeStreamConsumerOutput, KinesisError> {
        let (arn, stream_arn) = (input.consumer_arn.as_deref(), input.stream_arn.as_deref());
        let meant = meant(cx, arn, stream_arn, input.consumer_name.as_deref())?;
        self.pace(cx, "DescribeStreamConsumer", meant.stream)?;
        let found = self.consumer_mut(cx, meant, arn.unwrap_or(meant.consumer))?;
        let summary = found.summary();
        let stream_arn = self.named(cx, meant.stream)?.arn.clone();
        Ok(DescribeStreamConsumerOutput {
            consumer_description: ConsumerDescription {
                consumer_name: summary.consumer_name,
                consumer_arn: summary.consumer_arn,
                consumer_status: summary.consumer_status,
                consumer_creation_timestamp: summary.consumer_creation_timestamp,
                stream_arn,
            },
        })
    }

    pub(in super::super) fn list_stream_consumers(
        &mut self,
        cx: &mut Cx<'_>,
        input: &ListStreamConsumersInput,
    ) -> Result<ListStreamConsumersOutput, KinesisError> {
        let name = Self::name_of(cx, None, Some(&input.stream_arn))?;
        self.pace(cx, "ListStreamConsumers", name)?;
        let stream = self.named(cx, name)?;
        let after = match &input.next_token {
            Some(_) if input.stream_creation_timestamp.is_some() => {
                // Assumed: as ListShards tells it.
                let why = "NextToken and StreamCreationTimestamp cannot be provided together.";
                return Err(KinesisError::Argument(why.to_owned()));
            }
            Some(token) => {
                Some(Token::read(token, "consumers", cx.now)?).filter(|token| token.stream == name)
            }
            None => None,
        };
        if input.stream_creation_timestamp.is_some_and(|at| at.secs() != stream.created.secs()) {
            return Err(KinesisError::NoSuchStream(whose(cx.scope, name)));
        }
        let most =
            usize::try_from(input.max_results.unwrap_or(i64::MAX)).unwrap_or(0).min(LIST_CONSUMERS_MAX);
        let mut rest = stream
            .consumers
            .values()
            .filter(|found| after.as_ref().is_none_or(|token| found.name > token.after));
        let page: Vec<_> = rest.by_ref().take(most).map(Consumer::summary).collect();
        let more = rest.next().is_some();
        let last = page.last().filter(|_| more).map(|last| last.consumer_name.clone());
        let token = last.map(|after| Token::new(name, after, cx.now).write("consumers"));
        Ok(ListStreamConsumersOutput { consumers: Some(page), next_token: token })
    }
}
