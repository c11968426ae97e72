//! The ledger: what was generated, what became of each record, and the names of what went wrong.
//!
//! At rest, `generated = delivered + rejected + dead-lettered + expired + in flight`. A record that none of these
//! holds is lost; one held too often is a duplicate. The ledger only counts: who observed what is the harness's work.
//! Start with [`Ledger::generate`], then the `observe_*` methods, then [`Ledger::close`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;

use crate::{Checksum, Said};

/// First examples kept of each anomaly: enough to look at, few enough to print.
pub const EXAMPLES_MAX: usize = 10;

/// What went wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Anomaly {
    /// Generated, and nowhere to be found.
    Lost,
    /// Found more often than it should be, under different sequence numbers: the sender repeated itself.
    DuplicatedByProducer,
    /// Found more often than it should be, under one sequence number: a reader processed it again.
    DuplicatedByConsumer,
    /// Found, never generated.
    Phantom,
    /// Found in the wrong place (partition, table, prefix).
    Misrouted,
    /// Found with other content than it should have.
    Mutated,
    /// Delivered although it should have been refused, or the reverse, or refused for another reason.
    Misjudged,
    /// Still on its way although nothing is left to happen.
    Stuck,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One sighting of a record at the end of the pipeline.
#[derive(Clone, Debug, Default)]
pub struct Sighting {
    /// The content that was found.
    pub checksum: Checksum,
    /// Where it was found: an object, a partition. `None` if the place does not matter.
    pub route: Option<String>,
    /// Which delivery it belongs to, such as a sequence number or an object; tells a producer's duplicate from a consumer's.
    pub delivery: u64,
}

/// What should become of one copy of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It reaches the end of the pipeline.
    Delivered {
        /// The checksum of its content as it should arrive.
        checksum: Checksum,
        /// Where it should be found, if that matters.
        route: Option<String>,
    },
    /// It is refused for this reason.
    Rejected(String),
    /// Nobody knows: it must be delivered or refused, once.
    Either,
}

/// What is expected of one record, and what was seen of it. Small: a run may have millions.
#[derive(Clone, Debug, Default)]
struct Entry {
    checksum: Checksum,
    route: Option<Box<str>>,
    reject: Reasons,
    rejected: Reasons,
    first_delivery: u64,
    deliver: u32,
    either: u32,
    delivered: u32,
    dead_lettered: u32,
    expired: u32,
    in_flight: u32,
    one_delivery_twice: bool,
    mutated: bool,
    misrouted: bool,
}

/// Counts by reason; most records have none.
#[expect(clippy::box_collection, reason = "8 bytes instead of 24 in each of a million entries")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reasons(Option<Box<BTreeMap<String, u32>>>);

impl Reasons {
    fn add(&mut self, reason: &str) {
        *self.0.get_or_insert_default().entry(reason.to_owned()).or_default() += 1;
    }

    fn iter(&self) -> impl Iterator<Item = (&String, u32)> {
        self.0.iter().flat_map(|by_reason| by_reason.iter()).map(|(reason, count)| (reason, *count))
    }

    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn total(&self) -> u64 {
        self.iter().map(|(_, count)| u64::from(count)).sum()
    }
}

/// What should have become of one record, and what did. Words and counts: `delivered x1, rejected (bad-date) x1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The record.
    pub index: u64,
    /// How often it was sent.
    pub sent: u64,
    /// What should become of it; `unknown` where nobody knows.
    pub expected: Cow<'static, str>,
    /// What became of it; `nowhere` if it is lost.
    pub became: Cow<'static, str>,
    /// Whether that is as it should be.
    pub is_right: bool,
}

impl Entry {
    fn fate(&self, index: u64) -> Fate {
        let elsewhere =
            [(self.dead_lettered, "dead-lettered"), (self.expired, "expired"), (self.in_flight, "in flight")];
        let mut became = match self.delivered > 0 || !self.rejected.is_empty() {
            true => describe(self.delivered, &self.rejected),
            false => Cow::Borrowed(""),
        };
        let mut also = |what: std::fmt::Arguments<'_>| {
            let comma = if became.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(became.to_mut(), "{comma}{what}");
        };
        for (count, what) in elsewhere.iter().filter(|(count, _)| *count > 0) {
            also(format_args!("{what} x{count}"));
        }
        let is_whole = !self.mutated && !self.misrouted;
        if self.mutated {
            also(format_args!("with other content"));
        }
        if self.misrouted {
            also(format_args!("in the wrong place"));
        }
        let is_judged = self.either > 0 || self.rejected == self.reject;
        Fate {
            index,
            sent: self.copies(),
            expected: if self.either > 0 {
                Cow::Borrowed("unknown")
            } else {
                describe(self.deliver, &self.reject)
            },
            became: if became.is_empty() { Cow::Borrowed("nowhere") } else { became },
            is_right: self.found() == self.copies() && is_judged && is_whole,
        }
    }

    fn copies(&self) -> u64 {
        u64::from(self.deliver) + u64::from(self.either) + self.reject.total()
    }

    fn found(&self) -> u64 {
        let elsewhere = self.dead_lettered + self.expired + self.in_flight;
        u64::from(self.delivered) + self.rejected.total() + u64::from(elsewhere)
    }
}

/// Every record of a run, by its index, with expectation and observation.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: IndexMap<u64, Entry>,
    names: BTreeMap<u64, Box<str>>,
    anomalies: BTreeMap<Anomaly, Examples>,
}

/// How often an anomaly was met, with the first examples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Examples {
    /// How many records.
    pub count: u64,
    /// One sentence each, at most [`EXAMPLES_MAX`].
    pub first: Vec<Said>,
}

impl Examples {
    fn add(&mut self, count: u64, example: impl FnOnce() -> Said) {
        self.count += count;
        if self.first.len() < EXAMPLES_MAX {
            self.first.push(example());
        }
    }
}

/// The ledger's sums when nothing is left to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Copies of records that were generated.
    pub generated: u64,
    /// Copies that reached the end, duplicates not counted.
    pub delivered: u64,
    /// Copies refused, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Copies in a dead-letter queue.
    pub dlq: u64,
    /// Copies that outlived a retention.
    pub expired: u64,
    /// Copies still on their way.
    pub in_flight: u64,
    /// Sightings beyond what was generated.
    pub duplicates: u64,
    /// What went wrong, by name.
    pub anomalies: BTreeMap<Anomaly, Examples>,
}

impl Balance {
    /// Whether every copy is accounted for once and nothing went wrong.
    pub fn is_conserved(&self) -> bool {
        self.anomalies.is_empty() && self.generated == self.accounted()
    }

    /// The same where the sender may have repeated itself: copies too many are his doing, and no record is missing.
    pub fn is_conserved_but_for_repeats(&self) -> bool {
        self.anomalies.keys().all(|anomaly| *anomaly == Anomaly::DuplicatedByProducer)
            && self.generated == self.accounted()
    }

    /// The right side of the equation: delivered, rejected, dead-lettered, expired and in flight.
    pub fn accounted(&self) -> u64 {
        self.delivered + self.rejected.values().sum::<u64>() + self.dlq + self.expired + self.in_flight
    }

    /// How many records were lost.
    pub fn lost(&self) -> u64 {
        self.anomalies.get(&Anomaly::Lost).map_or(0, |examples| examples.count)
    }
}

impl Ledger {
    /// Notes one more copy of a record, with the fate it should have.
    pub fn generate(&mut self, index: u64, expected: Expected) {
        let entry = self.entries.entry(index).or_default();
        match expected {
            Expected::Delivered { checksum, route } => {
                entry.deliver += 1;
                entry.checksum = checksum;
                entry.route = route.map(String::into_boxed_str);
            }
            Expected::Rejected(reason) => entry.reject.add(&reason),
            Expected::Either => entry.either += 1,
        }
    }

    /// Gives a record the name by which its owner knows it, such as `order_id 17`. Others are called by their index.
    pub fn name(&mut self, index: u64, name: &str) {
        self.names.insert(index, name.into());
    }

    /// The name that a record was given.
    pub fn name_of(&self, index: u64) -> Option<&str> {
        self.names.get(&index).map(AsRef::as_ref)
    }

    /// What a record is called, in both languages.
    pub fn called(&self, index: u64) -> Said {
        match self.names.get(&index) {
            Some(name) => Said::plain(name.as_ref()),
            None => Said::new(format!("record {index}"), format!("bản ghi {index}")),
        }
    }

    /// How many copies of a record were generated.
    pub fn sent(&self, index: u64) -> u64 {
        self.entries.get(&index).map_or(0, Entry::copies)
    }

    /// Whether as many copies of a record have been found as were generated.
    pub fn is_found(&self, index: u64) -> bool {
        self.entries.get(&index).is_some_and(|entry| entry.found() >= entry.copies())
    }

    /// Whether a copy of this record with this content should be delivered.
    pub fn expects(&self, index: u64, checksum: Checksum) -> bool {
        self.entries.get(&index).is_some_and(|entry| entry.deliver > 0 && entry.checksum == checksum)
    }

    /// Notes that a record was seen at the end of the pipeline.
    pub fn observe_delivered(&mut self, index: u64, sighting: &Sighting) {
        let Some(entry) = self.entries.get_mut(&index) else {
            self.observe_phantom(|| never_generated(index, "was delivered", "đã đến nơi"));
            return;
        };
        let is_mutated = entry.deliver > 0 && entry.checksum != sighting.checksum;
        let misrouted = match (&entry.route, &sighting.route) {
            (Some(to), Some(found)) if **to != **found => Some(to.clone()),
            _ => None,
        };
        if entry.delivered == 0 {
            entry.first_delivery = sighting.delivery;
        } else {
            entry.one_delivery_twice |= entry.first_delivery == sighting.delivery;
        }
        entry.delivered += 1;
        if is_mutated {
            self.observe_mutated(index);
        }
        if let Some(to) = misrouted {
            self.observe_misrouted(index, &to, sighting.route.as_deref().unwrap_or_default());
        }
    }

    /// Notes that a record was sent no more often than it should have been: what is found of it too often was made by who read it.
    pub fn observe_sent_once(&mut self, index: u64) {
        if let Some(entry) = self.entries.get_mut(&index) {
            entry.one_delivery_twice = true;
        }
    }

    /// Notes that what arrived says something else than what was sent.
    pub fn observe_mutated(&mut self, index: u64) {
        if let Some(entry) = self.entries.get_mut(&index) {
            entry.mutated = true;
        }
        let Said { en, vi } = self.called(index);
        self.anomaly(Anomaly::Mutated, 1, || {
            Said::new(format!("{en} arrived with other content"), format!("{vi} đến nơi với nội dung khác"))
        });
    }

    /// Notes that a record lies in another place than it should.
    pub fn observe_misrouted(&mut self, index: u64, wanted: &str, found: &str) {
        if let Some(entry) = self.entries.get_mut(&index) {
            entry.misrouted = true;
        }
        let Said { en, vi } = self.called(index);
        self.anomaly(Anomaly::Misrouted, 1, || {
            Said::new(
                format!("{en} belongs in {wanted}, found in {found}"),
                format!("{vi} thuộc về {wanted}, lại nằm ở {found}"),
            )
        });
    }

    /// Notes that the pipeline refused a copy, and why.
    pub fn observe_rejected(&mut self, index: u64, reason: &str) {
        match self.entries.get_mut(&index) {
            Some(entry) => entry.rejected.add(reason),
            None => self.observe_phantom(|| {
                let (en, vi) = (format!("was rejected ({reason})"), format!("bị từ chối ({reason})"));
                never_generated(index, &en, &vi)
            }),
        }
    }

    /// Notes a copy found in a dead-letter queue.
    pub fn observe_dead_lettered(&mut self, index: u64) {
        self.observe(index, ("is in a dead-letter queue", "nằm trong hàng đợi lỗi (DLQ)"), |entry| {
            entry.dead_lettered += 1
        });
    }

    /// Notes a copy that outlived a retention.
    pub fn observe_expired(&mut self, index: u64) {
        self.observe(index, ("is expired", "đã hết hạn"), |entry| entry.expired += 1);
    }

    /// Notes a copy that is still on its way. If nothing is left to happen it is [`Anomaly::Stuck`].
    pub fn observe_in_flight(&mut self, index: u64, at_rest: bool) {
        self.observe(index, ("is in flight", "đang trên đường"), |entry| entry.in_flight += 1);
        if at_rest {
            let Said { en, vi } = self.called(index);
            self.anomaly(Anomaly::Stuck, 1, || {
                Said::new(
                    format!("{en} is still on its way, and nothing moves"),
                    format!("{vi} còn trên đường, không có gì tiến triển"),
                )
            });
        }
    }

    /// Notes something found that has no identity, or one that was never given out.
    pub fn observe_phantom(&mut self, example: impl FnOnce() -> Said) {
        self.anomaly(Anomaly::Phantom, 1, example);
    }

    fn observe(&mut self, index: u64, (en, vi): (&str, &str), note: impl FnOnce(&mut Entry)) {
        match self.entries.get_mut(&index) {
            Some(entry) => note(entry),
            None => self.observe_phantom(|| never_generated(index, en, vi)),
        }
    }

    fn anomaly(&mut self, anomaly: Anomaly, count: u64, example: impl FnOnce() -> Said) {
        self.anomalies.entry(anomaly).or_default().add(count, example);
    }

    /// The sums, with losses, duplicates and misjudgements found by comparing expectation with observation.
    pub fn close(&mut self) -> Balance {
        let mut balance = Balance::default();
        let entries = std::mem::take(&mut self.entries);
        for (index, entry) in &entries {
            self.compare(*index, entry, &mut balance);
        }
        self.entries = entries;
        balance.anomalies = std::mem::take(&mut self.anomalies);
        balance
    }

    /// What should have become of each record and what did, in the order in which they were generated.
    pub fn fates(&self) -> impl Iterator<Item = Fate> {
        self.entries.iter().map(|(index, entry)| entry.fate(*index))
    }

    fn compare(&mut self, index: u64, entry: &Entry, balance: &mut Balance) {
        let (copies, found) = (entry.copies(), entry.found());
        let surplus = found.saturating_sub(copies);
        let delivered = u64::from(entry.delivered);
        balance.generated += copies;
        balance.duplicates += surplus;
        // Surplus sightings are deliveries first: they are what the equation must not count twice.
        balance.delivered += delivered.saturating_sub(surplus);
        let mut rest = surplus.saturating_sub(delivered);
        let mut counted_once = |count: u32| {
            let cut = rest.min(u64::from(count));
            rest -= cut;
            u64::from(count) - cut
        };
        for (reason, count) in entry.rejected.iter() {
            *balance.rejected.entry(reason.clone()).or_default() += counted_once(count);
        }
        balance.dlq += counted_once(entry.dead_lettered);
        balance.expired += counted_once(entry.expired);
        balance.in_flight += counted_once(entry.in_flight);

        let called = || self.called(index);
        let called =
            if found == copies && entry.rejected == entry.reject { Said::default() } else { called() };
        if found < copies {
            let lost = copies - found;
            self.anomaly(Anomaly::Lost, lost, || counted(&called, copies, found));
        }
        if surplus > 0 {
            // One delivery seen twice is a reader's repeat; two deliveries are a sender's.
            let kind = if entry.one_delivery_twice {
                Anomaly::DuplicatedByConsumer
            } else {
                Anomaly::DuplicatedByProducer
            };
            self.anomaly(kind, surplus, || counted(&called, copies, found));
        }
        if found == copies && entry.either == 0 && entry.rejected != entry.reject {
            let (should, did) =
                (describe(entry.deliver, &entry.reject), describe(entry.delivered, &entry.rejected));
            self.anomaly(Anomaly::Misjudged, 1, || {
                Said::new(
                    format!("{} should be {should}, was {did}", called.en),
                    format!("{} lẽ ra là {should}, thực tế là {did}", called.vi),
                )
            });
        }
    }
}

/// `delivered x1, rejected (bad-date) x2`: words that the ledger's file has too, in any language.
fn describe(delivered: u32, rejected: &Reasons) -> Cow<'static, str> {
    // Of most records.
    if delivered == 1 && rejected.is_empty() {
        return Cow::Borrowed("delivered x1");
    }
    let mut text = String::new();
    // Writing to a String cannot fail.
    if delivered > 0 {
        let _ = write!(text, "delivered x{delivered}");
    }
    for (reason, count) in rejected.iter() {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}rejected ({reason}) x{count}");
    }
    if text.is_empty() { Cow::Borrowed("nowhere") } else { Cow::Owned(text) }
}

fn never_generated(index: u64, en: &str, vi: &str) -> Said {
    Said::new(
        format!("record {index} {en} but was never generated"),
        format!("bản ghi {index} {vi} nhưng chưa từng được sinh ra"),
    )
}

fn counted(called: &Said, copies: u64, found: u64) -> Said {
    Said::new(
        format!("{}: {copies} generated, {found} found", called.en),
        format!("{}: sinh ra {copies}, tìm thấy {found}", called.vi),
    )
}

#[cfg(test)]
mod tests;
