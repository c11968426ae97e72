//! SubscribeToShard: records are pushed to a consumer as they come, for five minutes.
//!
//! An event goes out when records are there, and after a silence, so that a client sees its position move. At the end of a
//! closed shard the last event names the children and has no position (recorded: flink-connector-aws pull 243, 2026-04-27).
//! With strict limits a consumer gets 2 MiB a second from each shard. A client who does not take his events holds back those
//! after them: records stay in the shard, and what he gets next is what is there by then.

use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::*;
use wavetank_wire::{ToVal, Val};

use super::consumer::ConsumerName;
use super::metrics::{count_event, count_subscribed};
use super::read::{Page, Start};
use super::sequence::{shard_id, shard_number};
use super::shard::Shard;
use super::stream::{Status, whose};
use super::{Due, Kinesis};
use crate::services::AwsError as _;
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::{Cx, Effect, Ticket};

/// Which member of an event is its position.
const CONTINUATION: u16 = 1;

/// An open subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    stream: String,
    consumer: String,
    shard: u32,
    /// The place of the record that comes next.
    place: u64,
    ends: Timestamp,
    /// With strict limits: when the next records may go.
    ready: Timestamp,
    /// When it is due.
    wake: Timestamp,
    /// Events that the client has not taken yet.
    unread: u32,
    /// Records wait for the client to take some.
    is_held: bool,
}

impl Kinesis {
    pub(in super::super) fn subscribe_to_shard(
        &mut self,
        cx: &mut Cx<'_>,
        input: &SubscribeToShardInput,
    ) -> Result<Ticket, KinesisError> {
        let arn = input.consumer_arn.as_str();
        let missing = || KinesisError::NoSuchConsumer {
            consumer: arn.to_owned(),
            account: cx.scope.account.to_string(),
        };
        let name = ConsumerName::of_arn(cx, arn).ok_or_else(missing)?;
        let consumer = self.consumer_mut(cx, name, arn)?;
        if consumer.status != Status::Active {
            return Err(KinesisError::ConsumerNotActive {
                consumer: consumer.name.clone(),
                created: consumer.created.secs(),
                stream: name.stream.to_owned(),
                account: cx.scope.account.to_string(),
            });
        }
        let of = whose(cx.scope, name.stream);
        let no_shard = || KinesisError::NoSuchShard { shard: input.shard_id.clone(), of };
        let number = shard_number(&input.shard_id).ok_or_else(no_shard)?;
        let before = consumer.subscribed.get(&number).copied();
        let stream = self.named(cx, name.stream)?;
        let shard = stream.readable(number, cx.now)?;
        if before.is_some_and(|(at, _)| cx.now.since(at) < SUBSCRIPTION_PAUSE) {
            return Err(subscribed(cx, name.stream, name.consumer, number));
        }
        let start = Start {
            kind: &input.starting_position.r#type,
            sequence: input.starting_position.sequence_number.as_deref(),
            timestamp: input.starting_position.timestamp,
            operation: "SubscribeToShard",
        };
        let place = stream.begin_at(shard, start, cx.now)?;
        if input.dry_run == Some(true) {
            return Err(KinesisError::DryRun);
        }
        if let Some((_, Some(old))) = before {
            let taken = subscribed(cx, name.stream, name.consumer, number);
            self.end_subscription(cx, old, Some(taken));
        }
        count_subscribed(cx, name.stream, name.consumer);
        Ok(self.open_subscription(cx, name, number, place))
    }

    fn open_subscription(
        &mut self,
        cx: &mut Cx<'_>,
        name: ConsumerName<'_>,
        shard: u32,
        place: u64,
    ) -> Ticket {
        let (ticket, now) = (cx.ticket(), cx.now);
        let wake = now + SUBSCRIPTION_BEAT;
        let subscription = Subscription {
            stream: name.stream.to_owned(),
            consumer: name.consumer.to_owned(),
            shard,
            place,
            ends: now + SUBSCRIPTION_LIFE,
            ready: now,
            wake,
            unread: 0,
            is_held: false,
        };
        self.subscriptions.insert(ticket, subscription);
        self.due.insert((wake, Due::Subscription(ticket)));
        let stream = self.streams.get_mut(name.stream).expect("the caller has looked at it");
        stream.subscriptions.insert(ticket);
        let consumer = stream.consumers.get_mut(name.consumer).expect("the caller has looked at it");
        consumer.subscribed.insert(shard, (now, Some(ticket)));
        self.push_records(cx, ticket);
        ticket
    }

    /// Something has come to a stream: its subscribers get what is theirs.
    pub(super) fn push_to_subscribers(&mut self, cx: &mut Cx<'_>, name: &str) {
        let open: Vec<Ticket> = self
            .streams
            .get(name)
            .map(|stream| stream.subscriptions.iter().copied().collect())
            .unwrap_or_default();
        for ticket in open {
            self.push_records(cx, ticket);
        }
    }

    /// Sends what is there and may go. Answers whether anything did.
    fn push_records(&mut self, cx: &mut Cx<'_>, ticket: Ticket) -> bool {
        let strict = self.strict;
        let mut sent = false;
        loop {
            let Some(open) = self.subscriptions.get_mut(&ticket) else { return sent };
            let Some(stream) = self.streams.get(&open.stream) else { return sent };
            let shard = &stream.shards[open.shard as usize];
            let from = open.place.max(shard.log.first_since(stream.horizon(cx.now)));
            if shard.is_at_end(from) {
                let children = stream.children(open.shard);
                cx.push(Effect::Event(ticket, Ok(last_event(children))));
                self.end_subscription(cx, ticket, None);
                return true;
            }
            if cx.now < open.ready || from == shard.log.end() {
                break;
            }
            open.is_held = open.unread >= EVENTS_UNREAD_MAX;
            if open.is_held {
                break;
            }
            open.unread += 1;
            let page = shard.page(from, GET_RECORDS_MAX, EVENT_BYTES_MAX);
            open.place = page.next;
            if strict {
                let micros = page.bytes as u64 * 1_000_000 / SHARD_READ_BYTES_PER_SECOND;
                open.ready = cx.now + Duration::from_micros(micros);
            }
            let behind = shard.behind(page.next, cx.now);
            count_event(cx, stream, (&open.consumer, &shard.id), &page, behind);
            cx.push(Effect::Event(ticket, Ok(event(shard, page, cx.now))));
            sent = true;
        }
        self.sleep(cx.now, ticket);
        sent
    }

    /// Says when the subscription is due again: when its rate lets the next records go, or after a silence, or at its end.
    fn sleep(&mut self, now: Timestamp, ticket: Ticket) {
        let Some(open) = self.subscriptions.get_mut(&ticket) else { return };
        self.due.remove(&(open.wake, Due::Subscription(ticket)));
        let next = if open.ready > now { open.ready } else { now + SUBSCRIPTION_BEAT };
        open.wake = next.min(open.ends);
        self.due.insert((open.wake, Due::Subscription(ticket)));
    }

    pub(super) fn subscription_due(&mut self, cx: &mut Cx<'_>, ticket: Ticket) {
        let Some(open) = self.subscriptions.get(&ticket) else { return };
        if cx.now >= open.ends {
            self.end_subscription(cx, ticket, None);
            return;
        }
        let was_silent = cx.now > open.ready;
        if !self.push_records(cx, ticket) && was_silent {
            self.push_beat(cx, ticket);
        }
    }

    /// An event without records: where the subscription is.
    fn push_beat(&mut self, cx: &mut Cx<'_>, ticket: Ticket) {
        let Some(open) = self.subscriptions.get_mut(&ticket) else { return };
        let Some(stream) = self.streams.get(&open.stream) else { return };
        open.unread += 1;
        let shard = &stream.shards[open.shard as usize];
        let (records, next) = (Vec::new(), open.place);
        let page = Page { records, next, last_arrival: None, bytes: 0, is_full: false };
        cx.push(Effect::Event(ticket, Ok(event(shard, page, cx.now))));
    }

    /// The client has taken an event: records that were held back may go.
    pub(in super::super) fn event_taken(&mut self, cx: &mut Cx<'_>, ticket: Ticket) {
        let Some(open) = self.subscriptions.get_mut(&ticket) else { return };
        open.unread = open.unread.saturating_sub(1);
        if std::mem::take(&mut open.is_held) {
            self.push_records(cx, ticket);
        }
    }

    /// The subscription ends, with an error or without.
    pub(super) fn end_subscription(&mut self, cx: &mut Cx<'_>, ticket: Ticket, why: Option<KinesisError>) {
        self.forget_subscription(ticket);
        cx.push(match why {
            Some(error) => Effect::Event(ticket, Err(error.wire())),
            None => Effect::Close(ticket),
        });
    }

    pub(super) fn forget_subscription(&mut self, ticket: Ticket) {
        let Some(gone) = self.subscriptions.remove(&ticket) else { return };
        self.due.remove(&(gone.wake, Due::Subscription(ticket)));
        let Some(stream) = self.streams.get_mut(&gone.stream) else { return };
        stream.subscriptions.remove(&ticket);
        let consumer = stream.consumers.get_mut(&gone.consumer);
        if let Some((_, open)) = consumer.and_then(|consumer| consumer.subscribed.get_mut(&gone.shard))
            && *open == Some(ticket)
        {
            *open = None;
        }
    }
}

fn subscribed(cx: &Cx<'_>, stream: &str, consumer: &str, shard: u32) -> KinesisError {
    KinesisError::Subscribed {
        account: cx.scope.account.to_string(),
        stream: stream.to_owned(),
        shard: shard_id(i64::from(shard)),
        consumer: consumer.to_owned(),
    }
}

/// Assumed: the position is that of the last record that was sent, told anew with the time of the event.
fn event(shard: &Shard, page: Page, now: Timestamp) -> Val {
    let at = page.last_arrival.unwrap_or_else(|| now.millis());
    let event = SubscribeToShardEvent {
        continuation_sequence_number: shard.digits(page.next - 1, at).text(),
        millis_behind_latest: shard.behind(page.next, now),
        child_shards: None,
        records: page.records,
    };
    SubscribeToShardEventStream { subscribe_to_shard_event: event, ..Default::default() }.to_val()
}

fn last_event(children: Vec<ChildShard>) -> Val {
    let event = SubscribeToShardEvent { child_shards: Some(children), ..Default::default() };
    let mut stream =
        SubscribeToShardEventStream { subscribe_to_shard_event: event, ..Default::default() }.to_val();
    if let Val::Struct(union) = &mut stream
        && let Some((_, Val::Struct(members))) = union.first_mut()
    {
        members.retain(|(index, _)| *index != CONTINUATION);
    }
    stream
}
