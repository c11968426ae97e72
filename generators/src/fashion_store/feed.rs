//! Clicks and orders in the order of time, as tank time asks for them; and clicks as they are sent: late, out of order, twice.
//!
//! A block is made when its start is reached; what it has for later waits. At most the clicks of the longest session's time
//! and of one block wait. A duplicate of a producer is sent again and gets a new sequence number; a consumer's is the same sending,
//! read again: it exists where there is nothing to read from, in files.

use std::collections::{BTreeMap, VecDeque};

use wavetank_types::{Permutation, Timestamp};

use super::store::BLOCK_CLICKS;
use super::{Click, NAME, Order, Store};
use crate::defects::Share;

/// What waits for its second; in the order in which it was put.
#[derive(Clone, Debug)]
struct Waiting<T> {
    by_second: BTreeMap<u32, Vec<T>>,
    /// Vectors that are empty again.
    spare: Vec<Vec<T>>,
    count: usize,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self { by_second: BTreeMap::new(), spare: Vec::new(), count: 0 }
    }
}

impl<T> Waiting<T> {
    fn put(&mut self, second: u32, thing: T) {
        let spare = &mut self.spare;
        self.by_second.entry(second).or_insert_with(|| spare.pop().unwrap_or_default()).push(thing);
        self.count += 1;
    }

    fn first_second(&self) -> Option<u32> {
        self.by_second.first_key_value().map(|(second, _)| *second)
    }

    /// Moves everything of the first second to the end of `out`.
    fn take_first(&mut self, out: &mut impl Extend<T>) {
        if let Some((_, mut things)) = self.by_second.pop_first() {
            self.count -= things.len();
            out.extend(things.drain(..));
            self.spare.push(things);
        }
    }
}

/// What has its place in time.
pub trait Dated {
    /// Its second of the span.
    fn second(&self) -> u32;
}

impl Dated for Click {
    fn second(&self) -> u32 {
        self.second
    }
}

impl Dated for Order {
    fn second(&self) -> u32 {
        self.second
    }
}

impl Dated for Sent {
    fn second(&self) -> u32 {
        self.second
    }
}

/// Every click, or every order, in the order of time; those of one second by id.
#[derive(Clone, Debug)]
pub struct Feed<'a, T> {
    store: &'a Store,
    /// Puts what a block has where it waits.
    make: fn(&Store, u64, &mut Waiting<T>),
    next_block: u64,
    waiting: Waiting<T>,
    ready: VecDeque<T>,
}

impl<'a, T: Dated> Feed<'a, T> {
    fn new(store: &'a Store, make: fn(&Store, u64, &mut Waiting<T>)) -> Self {
        Self { store, make, next_block: 0, waiting: Waiting::default(), ready: VecDeque::new() }
    }

    /// How many are in memory.
    pub fn waiting(&self) -> usize {
        self.waiting.count + self.ready.len()
    }

    /// The second of the next one.
    pub fn next_second(&mut self) -> Option<u32> {
        self.fill();
        self.ready.front().map(T::second)
    }

    /// Moves all that are due before `until` to the end of `out`.
    pub fn take_until(&mut self, until: Timestamp, out: &mut Vec<T>) {
        let until = self.store.second_of(until);
        while self.next_second().is_some_and(|second| second < until) {
            out.extend(self.ready.pop_front());
        }
    }

    fn fill(&mut self) {
        if !self.ready.is_empty() {
            return;
        }
        while self.next_block < self.store.blocks() {
            let start = self.store.block_start(self.next_block);
            if self.waiting.first_second().is_some_and(|first| first < start) {
                break;
            }
            (self.make)(self.store, self.next_block, &mut self.waiting);
            self.next_block += 1;
        }
        self.waiting.take_first(&mut self.ready);
    }
}

impl<T: Dated> Iterator for Feed<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.fill();
        self.ready.pop_front()
    }
}

fn clicks_of(store: &Store, block: u64, waiting: &mut Waiting<Click>) {
    store.for_each_session(block, |session| {
        session.clicks.iter().for_each(|click| waiting.put(click.second, *click));
    });
}

fn orders_of(store: &Store, block: u64, waiting: &mut Waiting<Order>) {
    store.for_each_order(store.orders_of_block(block), |order| {
        waiting.put(order.second, *order);
    });
}

/// Why a click is where it is in the order of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sending {
    /// In time.
    Plain,
    /// A few seconds after later clicks.
    OutOfOrder,
    /// Minutes to hours later.
    Late,
    /// Again, by a producer that got no answer: a new sequence number.
    ProducerDuplicate,
    /// Again, to a consumer that had not said how far it was: the same sequence number. In files only.
    ConsumerDuplicate,
}

impl Sending {
    /// The defect's label; `None` for a plain one.
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::OutOfOrder => Some("out-of-order"),
            Self::Late => Some("late"),
            Self::ProducerDuplicate => Some("producer-duplicate"),
            Self::ConsumerDuplicate => Some("consumer-duplicate"),
        }
    }

    /// Whether the same click has gone before.
    pub fn is_repeat(self) -> bool {
        matches!(self, Self::ProducerDuplicate | Self::ConsumerDuplicate)
    }
}

/// A click on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The click. Its `second` is when it happened.
    pub click: Click,
    /// When it goes, in seconds of the span.
    pub second: u32,
    /// Why then.
    pub sending: Sending,
    /// The number of the sending, from 1. A consumer's duplicate has that of the sending which it repeats.
    pub sequence: u64,
}

/// Every click as it is sent, in the order of sending.
#[derive(Clone, Debug)]
pub struct Sends<'a> {
    feed: Feed<'a, Click>,
    delayed: Waiting<Sent>,
    ready: VecDeque<Sent>,
    sequence: u64,
    /// How the blocks are dealt out whose clicks come now.
    deals: BTreeMap<u64, Deal>,
    with_consumer_duplicates: bool,
}

/// Blocks whose deals are kept; one that is dropped is made again.
const DEALS_MAX: usize = 256;

/// The shares of which a click has at most one, in the order in which they are dealt out.
fn shares(store: &Store) -> [(Share, Sending); 4] {
    let defects = &store.plan.defects;
    [
        (defects.out_of_order, Sending::OutOfOrder),
        (defects.late, Sending::Late),
        (defects.producer_duplicate, Sending::ProducerDuplicate),
        (defects.consumer_duplicate, Sending::ConsumerDuplicate),
    ]
}

/// How the clicks of one block are dealt out: out of order, late, producer's and consumer's duplicates.
#[derive(Clone, Debug)]
struct Deal {
    shuffle: Permutation,
    counts: [(u64, Sending); 4],
}

impl Deal {
    fn of(store: &Store, index: u64) -> Self {
        let block = store.block(index);
        let first = block.first_click;
        let mut left = block.clicks;
        let counts = shares(store).map(|(share, sending)| {
            let count = (share.of_first(first + block.clicks) - share.of_first(first)).min(left);
            left -= count;
            (count, sending)
        });
        let name = format!("{NAME}/sending/{index}");
        Self { shuffle: Permutation::new(store.plan.seed, &name, block.clicks), counts }
    }

    /// The defect of a click and a number that decides how far it goes.
    fn sending(&self, place: u64) -> (Sending, u64) {
        let place = self.shuffle.invert(place).unwrap_or(0);
        let mut rank = place;
        for (count, sending) in self.counts {
            if rank < count {
                return (sending, place);
            }
            rank -= count;
        }
        (Sending::Plain, place)
    }
}

impl<'a> Sends<'a> {
    /// How many clicks are in memory.
    pub fn waiting(&self) -> usize {
        self.feed.waiting() + self.delayed.count + self.ready.len()
    }

    fn fill(&mut self) {
        while self.ready.is_empty() {
            let next = self.feed.next_second();
            match (next, self.delayed.first_second()) {
                (None, None) => return,
                (Some(click), Some(delayed)) if delayed <= click => self.send_delayed(),
                (None, Some(_)) => self.send_delayed(),
                (Some(_), _) => {
                    if let Some(click) = self.feed.next() {
                        self.send(click);
                    }
                }
            }
        }
    }

    fn send_delayed(&mut self) {
        self.delayed.take_first(&mut self.ready);
        for sent in &mut self.ready {
            if sent.sending != Sending::ConsumerDuplicate {
                self.sequence += 1;
                sent.sequence = self.sequence;
            }
        }
    }

    /// Sends a click now, and answers the number of the sending.
    fn send_now(&mut self, click: Click) -> u64 {
        self.sequence += 1;
        let sequence = self.sequence;
        self.ready.push_back(Sent { click, second: click.second, sending: Sending::Plain, sequence });
        sequence
    }

    /// Puts a click where it goes: to those that go now, to those that wait, or both.
    fn send(&mut self, click: Click) {
        let store = self.feed.store;
        if shares(store).iter().all(|(share, _)| share.is_none()) {
            self.send_now(click);
            return;
        }
        let block = (click.event_id - 1) / BLOCK_CLICKS;
        let deal = self.deals.entry(block).or_insert_with(|| Deal::of(store, block));
        let (sending, draw) = deal.sending((click.event_id - 1) % BLOCK_CLICKS);
        if self.deals.len() > DEALS_MAX {
            self.deals.pop_first();
        }
        let (mut sequence, late_max) = (0, store.plan.late_secs_max);
        let (least, most) = match sending {
            Sending::Plain => {
                self.send_now(click);
                return;
            }
            Sending::OutOfOrder => OUT_OF_ORDER_SECS,
            Sending::Late => (LATE_SECS_MIN.min(late_max), late_max),
            Sending::ProducerDuplicate => {
                self.send_now(click);
                RETRY_SECS
            }
            Sending::ConsumerDuplicate => {
                sequence = self.send_now(click);
                if !self.with_consumer_duplicates {
                    return;
                }
                REDELIVERY_SECS
            }
        };
        // Spread evenly by a multiplier that shares no factor with the spans.
        let delay = least + (draw * 7_919 % u64::from(most - least + 1)) as u32;
        let second = click.second + delay;
        self.delayed.put(second, Sent { click, second, sending, sequence });
    }

    /// The second in which the next one goes.
    pub fn next_second(&mut self) -> Option<u32> {
        self.fill();
        self.ready.front().map(|sent| sent.second)
    }

    /// Moves all that go before `until` to the end of `out`.
    pub fn take_until(&mut self, until: Timestamp, out: &mut Vec<Sent>) {
        self.take_some_until(until, usize::MAX, out);
    }

    /// Moves the first `count` of those that go before `until` to the end of `out`, or as many as there are.
    pub fn take_some_until(&mut self, until: Timestamp, count: usize, out: &mut Vec<Sent>) {
        let until = self.feed.store.second_of(until);
        let end = out.len().saturating_add(count);
        while out.len() < end && self.next_second().is_some_and(|second| second < until) {
            out.extend(self.ready.pop_front());
        }
    }
}

impl Iterator for Sends<'_> {
    type Item = Sent;

    fn next(&mut self) -> Option<Sent> {
        self.fill();
        self.ready.pop_front()
    }
}

/// A late click is at least this late, in seconds.
const LATE_SECS_MIN: u32 = 300;
/// How long after its time a click goes that is out of order, in seconds: from, to.
const OUT_OF_ORDER_SECS: (u32, u32) = (1, 30);
/// After how many seconds a producer without an answer sends again.
const RETRY_SECS: (u32, u32) = (1, 10);
/// After how many seconds a consumer reads again what it has read.
const REDELIVERY_SECS: (u32, u32) = (1, 60);

impl Store {
    /// Every click in the order of time.
    pub fn feed(&self) -> Feed<'_, Click> {
        Feed::new(self, clicks_of)
    }

    /// Every order in the order of time.
    pub fn order_feed(&self) -> Feed<'_, Order> {
        Feed::new(self, orders_of)
    }

    /// Every click as a producer sends it: without the duplicates of a consumer.
    pub fn sends(&self) -> Sends<'_> {
        Sends {
            feed: self.feed(),
            delayed: Waiting::default(),
            ready: VecDeque::new(),
            sequence: 0,
            deals: BTreeMap::new(),
            with_consumer_duplicates: false,
        }
    }

    /// Every click as a consumer gets it, with both kinds of duplicate.
    pub fn received(&self) -> Sends<'_> {
        Sends { with_consumer_duplicates: true, ..self.sends() }
    }
}
