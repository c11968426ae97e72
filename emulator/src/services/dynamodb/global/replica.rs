//! [`Replica`]: a table's part in a global table: who wrote each item last, and what the other regions have not been sent.
//!
//! The last writer wins: a write is stamped with its time, and the later stamp stays. Two writes of one instant are told
//! apart by how often the item was written at that instant, then by the name of the region. Each region sends its own writes,
//! in their order, to every other region; nothing is passed on. Two writes neither of which knew of the other are a
//! [`Conflict`]: the one that is given up is kept there, and said aloud.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html (an edition of 2023-02 read 2026-11-28), for
//! last writer wins. Assumed: the rule for equal times.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use wavetank_types::{Region, Timestamp};

use crate::metrics;
use crate::services::dynamodb::table::{Change, Key, Origin, RowKey, Rows, Table};
use crate::services::dynamodb::value::Packed;
use crate::world::{Cx, Way};

/// How long a write is on its way, at most. AWS says "typically within a second".
///
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html (an edition of 2023-02 read 2026-11-28).
/// Assumed: evenly between half of it and all of it. A fault rule that delays `Replicate` sets another, exactly.
pub(super) const LAG_MAX: Duration = Duration::from_secs(1);
/// How fault rules call it when a write goes to another region.
pub(super) const OPERATION: &str = "Replicate";
/// Conflicts that a global table remembers.
pub(super) const CONFLICTS_MAX: usize = 1_000;

/// Which write an item is from. The greater one wins.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    at: Timestamp,
    /// How often the item was written before, of what this write knew, at the same instant.
    count: u64,
    region: Region,
    /// Which of its region's writes it is.
    number: u64,
    /// How many writes of each other region were there when it was made.
    known: Arc<BTreeMap<Region, u64>>,
}

impl Stamp {
    fn rank(&self) -> (Timestamp, u64, &Region) {
        (self.at, self.count, &self.region)
    }

    /// Whether this write was made by somebody who had seen the other.
    fn knew(&self, other: &Self) -> bool {
        if self.region == other.region {
            return self.number >= other.number;
        }
        self.known.get(&other.region).is_some_and(|count| *count > other.number)
    }
}

metrics! {
    /// Of a table and the region that its writes arrive in.
    pub(super) enum OfLink in "AWS/DynamoDB" by ["TableName", "ReceivingRegion"] {
        Latency => "ReplicationLatency", Milliseconds;
    }
}

/// A write on its way.
#[derive(Clone, Debug)]
pub(super) struct Write {
    key: Key,
    new: Option<Packed>,
    stamp: Stamp,
}

/// Two writes of one item, neither of which knew of the other, and which of them was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) key: Key,
    /// Where and when the item was written that stays.
    pub(crate) winner: (Region, Timestamp),
    /// Where and when the one was written that is given up.
    pub(crate) loser: (Region, Timestamp),
    /// What was given up; none if it was a deletion.
    pub(crate) lost: Option<Packed>,
}

/// What another region has been sent.
#[derive(Clone, Debug)]
struct Link {
    /// The number of the first write that it has not.
    next: u64,
    /// When that one arrives; none if there is none.
    due: Option<Timestamp>,
    /// The link is cut, until it is due or the fault rules change.
    is_cut: bool,
}

/// A table's part in a global table.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    region: Region,
    /// Which write each item is from; those of deleted items stay, so that an older write does not bring one back.
    stamps: BTreeMap<RowKey, Stamp>,
    /// How many writes of each other region are here.
    known: Arc<BTreeMap<Region, u64>>,
    /// Writes that some region has not been sent yet, in order.
    outbox: VecDeque<Write>,
    /// The number of the next write of this region.
    next: u64,
    links: BTreeMap<Region, Link>,
}

impl Write {
    /// How long it has been on its way.
    pub(super) fn age(&self, now: Timestamp) -> Duration {
        now.since(self.stamp.at)
    }
}

impl Replica {
    /// Of a table in a region that is alone so far. Its writes are counted from `next` on.
    pub(super) fn new(region: Region, next: u64) -> Self {
        Self {
            region,
            stamps: BTreeMap::new(),
            known: Arc::default(),
            outbox: VecDeque::new(),
            next,
            links: BTreeMap::new(),
        }
    }

    /// Hears of a change of the table's: those that came from elsewhere are not sent on.
    pub(crate) fn note(replica: &mut Option<Box<Self>>, cx: &mut Cx<'_>, change: &Change, origin: Origin) {
        if let Some(replica) = replica
            && matches!(origin, Origin::Client | Origin::TimeToLive)
        {
            replica.wrote(cx, change);
        }
    }

    fn wrote(&mut self, cx: &mut Cx<'_>, change: &Change) {
        let row = change.key.row();
        let before = self.stamps.get(&row).filter(|stamp| stamp.at == cx.now);
        let stamp = Stamp {
            at: cx.now,
            count: before.map_or(0, |stamp| stamp.count + 1),
            region: self.region.clone(),
            number: self.next,
            known: Arc::clone(&self.known),
        };
        self.stamps.insert(row, stamp.clone());
        self.next += 1;
        if self.links.is_empty() {
            return;
        }
        self.outbox.push_back(Write { key: change.key.clone(), new: change.new.clone(), stamp });
        for (to, link) in &mut self.links {
            if link.due.is_none() && !link.is_cut {
                link.due = Some(cx.now + lag(cx, to));
            }
        }
    }

    /// When the next write arrives somewhere.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.links.values().filter_map(|link| link.due).min()
    }

    /// A region that a write should arrive in by now.
    pub(super) fn due(&self, now: Timestamp) -> Option<Region> {
        let is_due = |link: &Link| link.due.is_some_and(|due| due <= now);
        self.links.iter().find(|(_, link)| is_due(link)).map(|(region, _)| region.clone())
    }

    /// The first write that a region has not been sent.
    fn head(&self, to: &Region) -> Option<&Write> {
        let link = self.links.get(to)?;
        let first = self.next - self.outbox.len() as u64;
        self.outbox.get(usize::try_from(link.next.checked_sub(first)?).ok()?)
    }

    /// The write that arrives in a region now; none if the way there is slow, or shut for a while.
    pub(super) fn take(&mut self, cx: &mut Cx<'_>, to: &Region) -> Option<Write> {
        // Only a deletion of the link or a bug leaves a due link without a write: then it waits for the next one.
        let Some(write) = self.head(to).cloned() else {
            self.links.get_mut(to)?.due = None;
            return None;
        };
        let link = self.links.get_mut(to)?;
        if link.due.is_none_or(|due| due > cx.now) {
            return None;
        }
        match way(cx, &self.region, to) {
            Way::Open => {}
            Way::Slow(span) if write.stamp.at + span <= cx.now => {}
            Way::Slow(span) => {
                link.due = Some(write.stamp.at + span);
                return None;
            }
            Way::Failing => {
                link.due = Some(cx.now + LAG_MAX);
                return None;
            }
            Way::Shut(until) => {
                cx.watch_faults();
                link.is_cut = true;
                link.due = (until != Timestamp::MAX).then_some(until);
                return None;
            }
        }
        self.sent(cx, to);
        Some(write)
    }

    /// A region has been sent its first write: what comes next, and what nobody needs any more.
    fn sent(&mut self, cx: &mut Cx<'_>, to: &Region) {
        let Some(link) = self.links.get_mut(to) else { return };
        link.next += 1;
        let due = self.head(to).map(|write| (write.stamp.at + lag(cx, to)).max(cx.now));
        if let Some(link) = self.links.get_mut(to) {
            link.due = due;
            link.is_cut = false;
        }
        self.forget();
    }

    /// Writes that every region has been sent are forgotten.
    fn forget(&mut self) {
        let needed = self.links.values().map(|link| link.next).min().unwrap_or(self.next);
        while self.next - (self.outbox.len() as u64) < needed && self.outbox.pop_front().is_some() {}
    }

    /// The fault rules have changed: links that were cut try again.
    pub(super) fn try_again(&mut self, now: Timestamp) {
        for link in self.links.values_mut().filter(|link| link.is_cut) {
            link.is_cut = false;
            link.due = Some(now);
        }
    }

    /// What is on its way to a region arrives now, unless it is cut off.
    pub(super) fn hurry(&mut self, to: &Region, now: Timestamp) {
        if let Some(link) = self.links.get_mut(to).filter(|link| !link.is_cut) {
            link.due = link.due.map(|due| due.min(now));
        }
    }

    /// From now on a region is sent what it has not: everything after its first `has` writes of this region.
    pub(super) fn link(&mut self, cx: &mut Cx<'_>, to: Region, has: u64) {
        self.links.insert(to.clone(), Link { next: has, due: None, is_cut: false });
        let due = self.head(&to).map(|write| (write.stamp.at + lag(cx, &to)).max(cx.now));
        if let Some(link) = self.links.get_mut(&to) {
            link.due = due;
        }
    }

    /// A region is sent nothing any more.
    pub(super) fn unlink(&mut self, to: &Region) {
        self.links.remove(to);
        self.forget();
    }

    /// How many of a region's writes are here: its own next number for itself.
    pub(super) fn has(&self, of: &Region) -> u64 {
        if *of == self.region { self.next } else { self.known.get(of).copied().unwrap_or(0) }
    }

    /// A copy of what is known here, for a new replica.
    pub(super) fn copy_for(&self, region: Region, next: u64) -> Self {
        let mut known = BTreeMap::clone(&self.known);
        known.insert(self.region.clone(), self.next);
        known.remove(&region);
        Self { stamps: self.stamps.clone(), known: Arc::new(known), ..Self::new(region, next) }
    }
}

/// How long a write to a region is on its way.
fn lag(cx: &mut Cx<'_>, to: &Region) -> Duration {
    match cx.way("dynamodb", OPERATION, to) {
        Way::Slow(span) => span,
        _ => {
            let half = LAG_MAX / 2;
            half + Duration::from_micros(cx.random() % (half.as_micros() as u64 + 1))
        }
    }
}

/// Whether a write can go from one region to another: both must be there.
fn way(cx: &mut Cx<'_>, from: &Region, to: &Region) -> Way {
    match (cx.way("dynamodb", OPERATION, from), cx.way("dynamodb", OPERATION, to)) {
        (Way::Shut(one), Way::Shut(other)) => Way::Shut(one.max(other)),
        (Way::Shut(until), _) | (_, Way::Shut(until)) => Way::Shut(until),
        (Way::Failing, _) | (_, Way::Failing) => Way::Failing,
        (_, towards) => towards,
    }
}

impl Table {
    /// A write of another region arrives. What it shows, if it conflicts with what is here.
    pub(super) fn receive(&mut self, cx: &mut Cx<'_>, write: &Write) -> Option<Conflict> {
        let row = write.key.row();
        let replica = self.replica.as_mut().expect("only replicas are sent writes");
        let known = Arc::make_mut(&mut replica.known);
        known.insert(write.stamp.region.clone(), write.stamp.number + 1);
        let here = replica.stamps.get(&row);
        let wins = here.is_none_or(|here| here.rank() < write.stamp.rank());
        let conflict = here.filter(|here| !here.knew(&write.stamp) && !write.stamp.knew(here)).map(|here| {
            let of = |stamp: &Stamp| (stamp.region.clone(), stamp.at);
            let key = write.key.clone();
            if wins {
                let lost = self.rows.get(&row).cloned();
                Conflict { key, winner: of(&write.stamp), loser: of(here), lost }
            } else {
                Conflict { key, winner: of(here), loser: of(&write.stamp), lost: write.new.clone() }
            }
        });
        if wins {
            replica.stamps.insert(row, write.stamp.clone());
            self.change_packed(cx, write.key.clone(), write.new.clone(), Origin::Replication);
        }
        conflict
    }

    /// Takes over all items and what is known of them, as a new replica does.
    pub(super) fn seed(&mut self, rows: Rows, replica: Replica) {
        self.load(rows);
        self.replica = Some(Box::new(replica));
    }
}
