//! [`Stream`]: what has changed in a table for a day, in shards.
//!
//! A record shares the items that the table has or had; nothing is copied. All changes of one item lie in one shard or its
//! descendants, in order.
//! Time: a shard closes after four hours, whether the table is written or not, and has one child; when a table comes to have
//! more partitions, each shard closes and splits. Nothing is due for that: it is made up for when somebody writes or looks. Shards
//! that nobody would have seen between two looks are one with the shard before them, so that whoever holds that finds its child.
//! Records and closed shards are gone after a day.

use std::collections::VecDeque;
use std::time::Duration;

use wavetank_types::Timestamp;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::services::dynamodb::table::settings::{BillingMode, Policy, Settings};
use crate::services::dynamodb::table::{Change, KeySchema, Origin};
use crate::services::dynamodb::tables::limits::TRANSITION;
use crate::services::dynamodb::value::{Item, Packed, item_bytes};

/// How long a record can be read.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html (read 2026-11-28).
/// Assumed: a record is still there at exactly this age.
pub(super) const RETENTION: Duration = Duration::from_secs(24 * 3_600);
/// After what time a shard is followed by its child. Assumed: AWS says "about four hours".
const SHARD_LIFE: Duration = Duration::from_secs(4 * 3_600);
/// Shards that are open at once, at most. Assumed.
const WIDTH_MAX: usize = 128;
/// Partitions of a new on-demand table.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html (read 2026-11-28): 12,000 reads
/// and 4,000 writes, with 3,000 and 1,000 of a partition.
const ON_DEMAND_PARTITIONS: i64 = 4;
/// Reads each second of a partition.
const PARTITION_READS: i64 = 3_000;
/// Writes each second of a partition.
const PARTITION_WRITES: i64 = 1_000;
/// What the first sequence number begins with: 21 digits, as the model asks for.
const SEQUENCE_BASE: u128 = 100_000_000_000_000_000_000;

/// What a stream shows of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    KeysOnly,
    NewImage,
    OldImage,
    NewAndOldImages,
}

impl View {
    /// The view of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::KeysOnly, Self::NewImage, Self::OldImage, Self::NewAndOldImages]
            .into_iter()
            .find(|view| view.name() == name)
    }

    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::KeysOnly => "KEYS_ONLY",
            Self::NewImage => "NEW_IMAGE",
            Self::OldImage => "OLD_IMAGE",
            Self::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }

    pub(super) const fn shows_new(self) -> bool {
        matches!(self, Self::NewImage | Self::NewAndOldImages)
    }

    pub(super) const fn shows_old(self) -> bool {
        matches!(self, Self::OldImage | Self::NewAndOldImages)
    }
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Insert,
    Modify,
    Remove,
}

impl Event {
    /// What a change does; it is one.
    pub(crate) fn of(old: Option<&Packed>, new: Option<&Packed>) -> Self {
        match (old, new) {
            (None, _) => Self::Insert,
            (Some(_), Some(_)) => Self::Modify,
            (Some(_), None) => Self::Remove,
        }
    }

    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }
}

/// One change of one item.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Its place among all records of the stream.
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) event: Event,
    /// Whether its time had come.
    pub(crate) is_expiry: bool,
    /// The item before, if the view shows it or nothing else has the key.
    old: Option<Packed>,
    /// The item after.
    new: Option<Packed>,
}

/// A part of a stream that is read in order.
#[derive(Clone, Debug)]
pub(super) struct Shard {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    /// The number that it was opened with.
    pub(super) first: u64,
    /// The number and the instant that it was closed with.
    pub(super) closed: Option<(u64, Timestamp)>,
    /// Records before this number are gone.
    pub(super) trimmed: u64,
    pub(super) records: VecDeque<Record>,
}

/// The changes of a table since the stream was enabled.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) arn: String,
    /// The instant at which it was made, by which streams of a table are told apart.
    pub(crate) label: String,
    pub(crate) table: String,
    pub(crate) view: View,
    pub(crate) keys: KeySchema,
    pub(crate) created: Timestamp,
    pub(crate) disabled: Option<Timestamp>,
    pub(crate) policy: Option<Policy>,
    /// Shards that are open at once.
    width: usize,
    /// When those that are open were opened.
    opened: Timestamp,
    next: u64,
    /// In order of their ids; the last `width` are open.
    pub(super) shards: VecDeque<Shard>,
}

/// A number as clients see it.
pub(super) fn sequence(number: u64) -> String {
    (SEQUENCE_BASE + u128::from(number)).to_string()
}

/// The number of what a client sends.
pub(super) fn number_of(sequence: &str) -> Option<u64> {
    let whole: u128 = sequence.parse().ok()?;
    u64::try_from(whole.checked_sub(SEQUENCE_BASE)?).ok()
}

/// How many shards a table's stream has open: a power of two, so that those of more partitions are parts of those of fewer.
/// Assumed: partitions that grow by their items' bytes alone are not counted.
fn width(settings: &Settings) -> usize {
    let units = settings.throughput.units;
    let partitions = match settings.billing {
        BillingMode::PayPerRequest => ON_DEMAND_PARTITIONS,
        BillingMode::Provisioned => {
            let thousandths = (units.read.min(UNITS_CAP) * 1_000) / PARTITION_READS
                + (units.write.min(UNITS_CAP) * 1_000) / PARTITION_WRITES;
            (thousandths + 999) / 1_000
        }
    };
    usize::try_from(partitions.max(1)).unwrap_or(WIDTH_MAX).min(WIDTH_MAX).next_power_of_two()
}

/// Units beyond which a table's stream has all the shards that it can.
const UNITS_CAP: i64 = 1_000_000;

impl Stream {
    /// A new stream of a table, ENABLING for a while.
    pub(crate) fn new(
        table: &str,
        settings: &Settings,
        keys: &KeySchema,
        view: View,
        now: Timestamp,
    ) -> Self {
        let label = now.format("%Y-%m-%dT%H:%M:%S%.3f");
        let mut stream = Self {
            arn: format!("{}/stream/{label}", settings.arn),
            label,
            table: table.to_owned(),
            view,
            keys: keys.clone(),
            created: now,
            disabled: None,
            policy: None,
            width: width(settings),
            opened: now,
            next: 1,
            shards: VecDeque::new(),
        };
        stream.open(now, &[]);
        stream
    }

    /// Opens a shard for each share of the keys, the children of these, each of which has as many.
    fn open(&mut self, now: Timestamp, parents: &[String]) {
        self.opened = now;
        for place in 0..self.width {
            let salt = xxh3_64_with_seed(self.arn.as_bytes(), self.next) & 0xFF_FFFF;
            let id = format!("shardId-{:020}-{:08x}", now.millis(), (place as u64) << 24 | salt);
            let first = self.take_number();
            self.shards.push_back(Shard {
                id,
                parent: parents.get(place * parents.len() / self.width).cloned(),
                first,
                closed: None,
                trimmed: first,
                records: VecDeque::new(),
            });
        }
    }

    fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// The number that the next record gets.
    pub(super) const fn next_number(&self) -> u64 {
        self.next
    }

    /// Closes what is open. Answers the ids.
    fn close(&mut self, now: Timestamp) -> Vec<String> {
        let from = self.shards.len().saturating_sub(self.width);
        let mut closed = Vec::new();
        for at in from..self.shards.len() {
            let number = self.take_number();
            let shard = &mut self.shards[at];
            shard.closed = Some((number, now));
            closed.push(shard.id.clone());
        }
        closed
    }

    /// Closes shards whose time was over, as of that instant, and opens their children.
    fn roll(&mut self, now: Timestamp) {
        if self.disabled.is_some() {
            return;
        }
        let lives = now.since(self.opened).as_secs() / SHARD_LIFE.as_secs();
        if lives > 0 {
            let end = self.opened + SHARD_LIFE.saturating_mul(u32::try_from(lives).unwrap_or(u32::MAX));
            let parents = self.close(end);
            self.open(end, &parents);
        }
    }

    /// The table is set to this now: shards split if it has more partitions. They never merge.
    pub(crate) fn grow(&mut self, settings: &Settings, now: Timestamp) {
        let width = width(settings);
        if self.disabled.is_none() && width > self.width {
            self.roll(now);
            let parents = self.close(now);
            self.width = width;
            self.open(now, &parents);
        }
    }

    /// Takes no more records; those that are there can be read for a day.
    pub(crate) fn disable(&mut self, now: Timestamp) {
        if self.disabled.is_none() {
            self.roll(now);
            self.close(now);
            self.disabled = Some(now);
        }
    }

    /// Whether everything in it is too old to be read.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.disabled.is_some_and(|at| now.since(at) > RETENTION)
    }

    /// How it fares, on the wire.
    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        match self.disabled {
            Some(at) if now < at + TRANSITION => "DISABLING",
            Some(_) => "DISABLED",
            None if now < self.created + TRANSITION => "ENABLING",
            None => "ENABLED",
        }
    }

    /// Follows a change of an item. `hash` is that of its partition key.
    pub(crate) fn follow(&mut self, change: &Change, hash: u64, origin: Origin, now: Timestamp) {
        self.roll(now);
        self.trim_some(now);
        let event = Event::of(change.old.as_ref(), change.new.as_ref());
        let keeps_old = self.view.shows_old() || event == Event::Remove;
        let record = Record {
            number: self.take_number(),
            at: now,
            event,
            is_expiry: origin == Origin::TimeToLive,
            old: change.old.clone().filter(|_| keeps_old),
            new: change.new.clone(),
        };
        let place = ((u128::from(hash) * self.width as u128) >> 64) as usize;
        let at = self.shards.len() - self.width + place;
        self.shards[at].trim(now);
        self.shards[at].records.push_back(record);
    }

    /// Drops shards that are too old.
    fn trim_some(&mut self, now: Timestamp) {
        let is_old = |shard: &Shard| shard.closed.is_some_and(|(_, at)| now.since(at) > RETENTION);
        while self.shards.front().is_some_and(is_old) {
            self.shards.pop_front();
        }
    }

    /// Does what time has brought: shards close, and what is too old goes.
    pub(super) fn trim(&mut self, now: Timestamp) {
        self.roll(now);
        self.trim_some(now);
        for shard in &mut self.shards {
            shard.trim(now);
        }
    }
}

impl Shard {
    fn trim(&mut self, now: Timestamp) {
        while self.records.front().is_some_and(|record| now.since(record.at) > RETENTION) {
            if let Some(record) = self.records.pop_front() {
                self.trimmed = record.number + 1;
            }
        }
    }

    /// The records from this number on.
    pub(super) fn from(&self, number: u64) -> impl Iterator<Item = &Record> {
        let start = self.records.partition_point(|record| record.number < number);
        self.records.range(start..)
    }
}

impl Record {
    /// The item's key.
    pub(crate) fn key(&self, keys: &KeySchema) -> Item {
        let has = self.new.as_ref().or(self.old.as_ref());
        let value = |name: &String| Some((name.clone(), has?.attribute(name)?));
        keys.attributes().filter_map(|attribute| value(&attribute.name)).collect()
    }

    /// The item after the change, if the view shows it.
    pub(super) fn new_image(&self, view: View) -> Option<&Packed> {
        self.new.as_ref().filter(|_| view.shows_new())
    }

    /// The item before the change, if the view shows it.
    pub(super) fn old_image(&self, view: View) -> Option<&Packed> {
        self.old.as_ref().filter(|_| view.shows_old())
    }

    /// What it counts for: its key, and what it shows.
    pub(super) fn bytes(&self, key: &Item, view: View) -> usize {
        let images = [self.new_image(view), self.old_image(view)];
        item_bytes(key) + images.into_iter().flatten().map(Packed::item_bytes).sum::<usize>()
    }
}
