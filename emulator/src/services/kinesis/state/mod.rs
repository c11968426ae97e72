//! The service: which streams there are, what is due, and what every operation asks first.
//!
//! Time: a stream's or consumer's state ends after `TRANSITION`, a subscription after five minutes; between that it is due to
//! say that it lives. An on-demand stream is due to grow only after much has come. Retention, iterators and tokens are looked at when they are used; nothing is due for them.

pub(super) mod consumer;
mod create;
mod describe;
mod growth;
pub(super) mod hash;
mod list;
pub(super) mod log;
mod metrics;
mod policy;
mod put;
mod read;
mod reshard;
pub(super) mod sequence;
mod settings;
pub(super) mod shard;
pub(super) mod stream;
mod subscribe;
mod tags;
pub(super) mod token;

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::{Arn, Timestamp};

use super::error::{KinesisError, Whose};
use super::limits::*;
use crate::world::{Cx, Effect, Ticket};
use settings::Account;
use stream::{Change, Status, Stream, whose};
use subscribe::Subscription;

/// What is due at an instant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A stream's state ends.
    Stream(String),
    /// A consumer's state ends: its stream and its name.
    Consumer(String, String),
    /// A subscription has something to say, or ends.
    Subscription(Ticket),
    /// An on-demand stream's hot shards are split.
    Growth(String),
}

/// Kinesis Data Streams of one account and region.
#[derive(Debug, Default)]
pub struct Kinesis {
    /// Whether rates are in force.
    strict: bool,
    streams: BTreeMap<String, Stream>,
    due: BTreeSet<(Timestamp, Due)>,
    subscriptions: BTreeMap<Ticket, Subscription>,
    account: Account,
    /// Calls of each operation, where rates are in force.
    calls: BTreeMap<(&'static str, String), Bucket>,
}

impl Kinesis {
    /// An empty service. Rates are in force if `strict`.
    pub fn new(strict: bool) -> Self {
        Self { strict, ..Self::default() }
    }

    /// The name of the stream that a request means, by name or ARN. It need not exist.
    fn name_of<'a>(
        cx: &Cx<'_>,
        name: Option<&'a str>,
        arn: Option<&'a str>,
    ) -> Result<&'a str, KinesisError> {
        let Some(text) = arn else {
            // Recorded: for a time when there were no ARNs (kinesalite's tests).
            let missing = "Value null at 'streamName' failed to satisfy constraint: Member must not be null";
            return name.ok_or_else(|| KinesisError::Validation(missing.to_owned()));
        };
        let is_name = |found: &&str| !found.is_empty();
        let parts = Arn::parts(text).and_then(|[_, _, region, account, resource]| {
            Some((region, account, resource.strip_prefix("stream/").filter(is_name)?))
        });
        let Some((region, account, found)) = parts else {
            return Err(KinesisError::NoSuchResource(text.to_owned()));
        };
        if name.is_some_and(|name| name != found) {
            // Assumed: the sentence.
            let why = format!("StreamARN {text} does not match StreamName {}.", name.unwrap_or_default());
            return Err(KinesisError::Argument(why));
        }
        if (region, account) != (cx.scope.region.as_str(), cx.scope.account.as_str()) {
            let (stream, account) = (found.to_owned(), account.to_owned());
            return Err(KinesisError::NoSuchStream(Whose { stream, account }));
        }
        Ok(found)
    }

    fn named(&self, cx: &Cx<'_>, name: &str) -> Result<&Stream, KinesisError> {
        self.streams.get(name).ok_or_else(|| KinesisError::NoSuchStream(whose(cx.scope, name)))
    }

    fn named_mut(&mut self, cx: &Cx<'_>, name: &str) -> Result<&mut Stream, KinesisError> {
        self.streams.get_mut(name).ok_or_else(|| KinesisError::NoSuchStream(whose(cx.scope, name)))
    }

    /// With strict limits: whether this second has room for one more call.
    fn pace(&mut self, cx: &Cx<'_>, operation: &'static str, stream: &str) -> Result<(), KinesisError> {
        if !self.strict {
            return Ok(());
        }
        let Some((_, per, rate)) = CALLS_PER_SECOND.iter().find(|(name, ..)| *name == operation) else {
            return Ok(());
        };
        let counted = if *per == Per::Stream { stream } else { "" };
        let bucket = self.calls.entry((operation, counted.to_owned()));
        let bucket = bucket.or_insert_with(|| Bucket::new(*rate, cx.now));
        let has_room = bucket.draw(1, cx.now);
        has_room.then_some(()).ok_or_else(|| KinesisError::CallRate(whose(cx.scope, stream)))
    }

    /// Refuses shards beyond the account's quota.
    fn check_account_shards(&self, cx: &Cx<'_>, additional: usize) -> Result<(), KinesisError> {
        let (current, limit) = (self.open_shards(), account_shards_max(cx.scope.region.as_str()));
        if current + additional <= limit {
            return Ok(());
        }
        Err(KinesisError::AccountShards {
            account: cx.scope.account.to_string(),
            region: cx.scope.region.to_string(),
            current,
            limit,
            additional,
        })
    }

    fn open_shards(&self) -> usize {
        self.streams.values().map(|stream| stream.open.len()).sum()
    }

    /// Puts a stream, which is ACTIVE, into the state in which it changes.
    fn change(&mut self, cx: &mut Cx<'_>, name: &str, change: Change) {
        let stream = self.streams.get_mut(name).expect("the caller has looked at it");
        stream.begin(change, cx.now);
        self.due.insert((stream.until, Due::Stream(name.to_owned())));
    }

    /// When something is due.
    pub(super) fn first_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Does what is due.
    pub(super) fn do_due(&mut self, cx: &mut Cx<'_>) {
        while self.first_due().is_some_and(|at| at <= cx.now) {
            match self.due.pop_first().expect("just seen").1 {
                Due::Stream(name) => self.stream_due(cx, &name),
                Due::Consumer(stream, consumer) => self.consumer_due(cx.now, &stream, &consumer),
                Due::Subscription(ticket) => self.subscription_due(cx, ticket),
                Due::Growth(name) => self.growth_due(cx, &name),
            }
        }
    }

    /// A stream's state ends.
    fn stream_due(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(stream) = self.streams.get_mut(name) else { return };
        if stream.until > cx.now {
            return;
        }
        match stream.status {
            Status::Active => {}
            Status::Creating => stream.status = Status::Active,
            Status::Updating => {
                stream.finish(cx.now);
                let arn = stream.arn.clone();
                // Readers of a shard that has just closed look for its children.
                cx.push(Effect::Signal(arn));
                self.push_to_subscribers(cx, name);
            }
            Status::Deleting => self.remove(cx, name),
        }
    }

    /// The client of a subscription has gone.
    pub(super) fn left(&mut self, ticket: Ticket) {
        self.forget_subscription(ticket);
    }
}
