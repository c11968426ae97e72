//! What went in against what can be found: the tank's own ledger, filled from [`super::Sending`]'s memory and from places.
//!
//! The counting is `wavetank_types::Ledger`'s, the report `check::conserved`'s; here identities become indexes and back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use wavetank_types::ledger::{Anomaly, Balance, Expected, Sighting};
use wavetank_types::{Checksum, Ledger, Said, Timestamp, nearest};

use super::places::{Found, Place};
use super::rows::{self, Row};
use super::send::{members_of, show};
use super::{Tank, TankError, cause};
use crate::check::Finding;
use crate::check::conserved::{self, Conservation, Mutated};

/// The one reason by which a test's records are refused.
const REFUSED: &str = "refused";

/// What should become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expectation {
    Delivered,
    Rejected,
    Either,
}

/// A record that was taken.
#[derive(Clone, Debug)]
pub(super) struct SentRecord {
    pub(super) id: String,
    pub(super) row: Row,
    pub(super) expected: Expectation,
}

/// Records that went in together.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) place: String,
    pub(super) id: Vec<String>,
    pub(super) at: Timestamp,
    pub(super) records: Arc<[SentRecord]>,
}

/// What a place means for the records that are found in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Delivered,
    Rejected,
    DeadLettered,
}

impl Tank {
    /// The ledger of what [`Tank::send`] has sent. Say where it should be found, then ask:
    /// `tank.ledger().expect_in("s3://lake/orders/").assert_conserved().await`.
    ///
    /// A place is `s3://bucket/prefix` (JSON, CSV with a header, Parquet; gzip too), `kinesis:NAME`, `dynamodb:NAME`, `sqs:NAME`,
    /// `logs:GROUP`, `function:NAME` (lines of JSON in its log), or an Athena query (`SELECT ...`).
    pub fn ledger(&self) -> LedgerCheck {
        let (sources, ends, same, id) = Default::default();
        LedgerCheck { tank: self.clone(), sources, ends, same, id, at_least_once: false }
    }
}

/// A question to the ledger, until [`LedgerCheck::assert_conserved`] or [`LedgerCheck::check`].
#[must_use = "nothing is looked at until `assert_conserved` or `check` is awaited"]
#[derive(Clone, Debug)]
pub struct LedgerCheck {
    tank: Tank,
    /// Places of records that others have sent, with the members that tell them apart.
    sources: Vec<(String, Vec<String>)>,
    ends: Vec<(End, String)>,
    same: Vec<String>,
    id: Vec<String>,
    at_least_once: bool,
}

impl LedgerCheck {
    /// What lies in this place was sent, by the pipeline's own producer, and is told apart by these members, with commas between. Each
    /// record may be delivered or refused. Said beside what [`Tank::send`] has sent, or instead of it.
    pub fn sent_in(mut self, place: impl Into<String>, id: &str) -> Self {
        self.sources.push((place.into(), members_of(id)));
        self
    }

    /// Where records are delivered. May be said several times: a record is expected once in all of them together.
    pub fn expect_in(mut self, place: impl Into<String>) -> Self {
        self.ends.push((End::Delivered, place.into()));
        self
    }

    /// Where records go that the pipeline refuses. They are found in what wraps them, too: a message, a batch, base64.
    pub fn rejected_in(mut self, place: impl Into<String>) -> Self {
        self.ends.push((End::Rejected, place.into()));
        self
    }

    /// Where records go that the pipeline gives up. One that is found there and nowhere else is accounted for. A message that
    /// tells a stream's batch by its place is followed: the batch is read from the stream.
    pub fn dead_letters_in(mut self, place: impl Into<String>) -> Self {
        self.ends.push((End::DeadLettered, place.into()));
        self
    }

    /// These members, with commas between, must arrive as they were sent: `amount,currency`.
    pub fn same(mut self, members: &str) -> Self {
        self.same.extend(members_of(members));
        self
    }

    /// How the identity is called where records are found, if not as where they were sent.
    pub fn id(mut self, members: &str) -> Self {
        self.id = members_of(members);
        self
    }

    /// A record may arrive more than once: for pipelines that promise no more.
    pub fn at_least_once(mut self) -> Self {
        self.at_least_once = true;
        self
    }

    /// Panics unless every record that was sent is accounted for, once. The message says what is wrong, where, the first
    /// examples, the likely cause, and the command that repeats it.
    #[track_caller]
    pub fn assert_conserved(self) -> impl Future<Output = Conserved> {
        let at = Location::caller();
        async move {
            match self.check().await {
                Ok(conserved) if conserved.is_conserved() => conserved,
                Ok(conserved) => panic!("{conserved}\n  asserted at {at}"),
                Err(error) => panic!("the ledger cannot be closed: {error}\n  asserted at {at}"),
            }
        }
    }

    /// Looks, and answers what is found, right or wrong.
    ///
    /// Error: [`TankError::Place`]; [`TankError::Records`] if nothing was sent, no place is said, or a member must stay that no record
    /// has; what reading gives.
    pub async fn check(self) -> Result<Conserved, TankError> {
        let mut sent = self.tank.shared.sent.lock().expect("nothing panics while it holds this").clone();
        for (place, id) in &self.sources {
            sent.push(sent_by_others(&self.tank, place, id).await?);
        }
        let Some(first) = sent.first() else {
            let why = "nothing was sent through `tank.send`, so there is nothing to account for\nhint: of another producer, say \
                       where its records lie: tank.ledger().sent_in(\"kinesis:orders\", \"order_id\")";
            return Err(TankError::Records(why.to_owned()));
        };
        if self.ends.is_empty() {
            let why = "say where the records should be\nhint: tank.ledger().expect_in(\"s3://lake/orders/\")";
            return Err(TankError::Records(why.to_owned()));
        }
        known_members(&sent, &self.same)?;
        let id = if self.id.is_empty() { first.id.clone() } else { self.id.clone() };
        let mut books = Books::open(&sent, &self.same, self.at_least_once);
        let mut places = Vec::new();
        // The dead last: what has arrived too is no repeat.
        let is_dead = |(end, _): &&(End, String)| *end == End::DeadLettered;
        let (dead, others): (Vec<_>, Vec<_>) = self.ends.iter().partition(is_dead);
        for (end, place) in others.into_iter().chain(dead) {
            let place = Place::parse(place)?;
            books.enter(*end, &place, &place.read(&self.tank, &id).await?, &id);
            places.push((*end, place.name()));
        }
        let mut conservation = books.close();
        if !conservation.balance.is_conserved() {
            let cause = cause::likely(&self.tank, &conservation).await;
            conservation.cause = Some(Said { vi: cause.clone(), en: cause });
        }
        let names = books.names.iter().map(|name| (*name).to_owned()).collect();
        let id = first.id.join(",");
        let replay = self.tank.shared.replay.clone();
        let sources = sent.iter().map(|sent| (sent.place.clone(), sent.records.len(), sent.at)).collect();
        Ok(Conserved { conservation, names, id, sources, places, replay, repeats: books.repeats })
    }
}

/// The records of a place that another producer has filled. A place without any would hold whatever became of nothing.
async fn sent_by_others(tank: &Tank, place: &str, id: &[String]) -> Result<Sent, TankError> {
    let place = Place::parse(place)?;
    let found = place.read(tank, id).await?;
    let (name, told) = (place.name(), id.join(","));
    if found.rows.is_empty() {
        let strange = found.strange.first().map_or(String::new(), |what| format!("; it holds {what}"));
        return Err(TankError::Records(format!("no record with `{told}` lies in {name}{strange}")));
    }
    let record = |(row, _): (Row, Arc<str>)| {
        let id = rows::identity(&row, id).unwrap_or_default();
        SentRecord { id, row, expected: Expectation::Either }
    };
    let records: Vec<SentRecord> = found.rows.into_iter().map(record).collect();
    Ok(Sent { place: name, id: id.to_vec(), at: tank.now(), records: records.into() })
}

/// Refuses a member that no record has: it would be nothing on both sides, and nothing stays nothing.
fn known_members(sent: &[Sent], named: &[String]) -> Result<(), TankError> {
    let rows = || sent.iter().flat_map(|sent| sent.records.iter()).map(|record| &record.row);
    let Some(unknown) = named.iter().find(|name| !rows().any(|row| rows::get(row, name).is_some())) else {
        return Ok(());
    };
    let known: BTreeSet<&str> = rows().flat_map(Row::keys).map(String::as_str).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let why = format!("no record that was sent has a member `{unknown}`\nhint: {}", nearest(unknown, &known));
    Err(TankError::Records(why))
}

/// The ledger while it is filled.
struct Books<'a> {
    ledger: Ledger,
    indexes: BTreeMap<&'a str, u64>,
    names: Vec<&'a str>,
    rows: Vec<&'a Row>,
    same: &'a [String],
    mutated: BTreeMap<String, Mutated>,
    /// Those that have been found.
    seen: BTreeSet<u64>,
    /// How often each is still expected, where repeats do not count.
    open: Option<BTreeMap<u64, u64>>,
    repeats: u64,
}

impl<'a> Books<'a> {
    fn open(sent: &'a [Sent], same: &'a [String], at_least_once: bool) -> Self {
        let (ledger, indexes, names, rows, mutated, seen) = Default::default();
        let open = at_least_once.then(BTreeMap::new);
        let mut books = Self { ledger, indexes, names, rows, same, mutated, seen, open, repeats: 0 };
        for record in sent.iter().flat_map(|sent| sent.records.iter()) {
            let next = books.names.len() as u64;
            let index = *books.indexes.entry(&record.id).or_insert(next);
            if index == next {
                books.names.push(&record.id);
                books.rows.push(&record.row);
            }
            if let Some(open) = &mut books.open {
                *open.entry(index).or_default() += 1;
            }
            let checksum = books.checksum(&record.row);
            books.ledger.generate(
                index,
                match record.expected {
                    Expectation::Delivered => Expected::Delivered { checksum, route: None },
                    Expectation::Rejected => Expected::Rejected(REFUSED.to_owned()),
                    Expectation::Either => Expected::Either,
                },
            );
        }
        books
    }

    /// Of the members that must stay; of nothing, if there are none.
    fn checksum(&self, row: &Row) -> Checksum {
        if self.same.is_empty() {
            return Checksum::default();
        }
        let texts: Vec<Option<String>> =
            self.same.iter().map(|name| rows::get(row, name).and_then(rows::text)).collect();
        Checksum::of_fields(texts.iter().map(Option::as_deref))
    }

    fn enter(&mut self, end: End, place: &Place, found: &Found, id: &[String]) {
        // Who is invoked again writes its lines again, and no code can write a line over itself.
        let is_log_of_refusals = end == End::Rejected && matches!(place, Place::Logs(_));
        let mut refused: BTreeMap<u64, u64> = BTreeMap::new();
        for (row, holder) in &found.rows {
            let name = rows::identity(row, id).unwrap_or_default();
            let Some(index) = self.indexes.get(name.as_str()).copied() else {
                self.ledger.observe_phantom(|| never_sent(&format!("{} in {holder}", show(row))));
                continue;
            };
            if !self.seen.insert(index) && end == End::DeadLettered {
                continue;
            }
            if is_log_of_refusals {
                let times = refused.entry(index).or_default();
                *times += 1;
                if *times > self.ledger.sent(index) {
                    continue;
                }
            }
            self.ledger.observe_sent_once(index);
            if let Some(open) = &mut self.open {
                let left = open.entry(index).or_default();
                if *left == 0 {
                    self.repeats += 1;
                    continue;
                }
                *left -= 1;
            }
            match end {
                End::Delivered => {
                    self.compare(index, row, holder);
                    let checksum = self.checksum(row);
                    let sighting = Sighting { checksum, route: None, delivery: 0 };
                    self.ledger.observe_delivered(index, &sighting);
                }
                End::Rejected => self.ledger.observe_rejected(index, REFUSED),
                End::DeadLettered => self.ledger.observe_dead_lettered(index),
            }
        }
        for at in 0..found.strange_count {
            let example = usize::try_from(at).ok().and_then(|at| found.strange.get(at));
            let example = example.map_or("content without an identity", String::as_str);
            self.ledger.observe_phantom(|| never_sent(example));
        }
    }

    fn compare(&mut self, index: u64, found: &Row, holder: &str) {
        let Some(sent) = usize::try_from(index).ok().and_then(|at| self.rows.get(at)) else { return };
        for member in self.same {
            let text = |row: &Row| rows::get(row, member).and_then(rows::text);
            let (should, is) = (text(sent), text(found));
            if should == is {
                continue;
            }
            let is_null = is.is_none();
            let shown = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
            let name = self.names[usize::try_from(index).unwrap_or_default()];
            let entry = self.mutated.entry(member.clone()).or_insert_with(|| {
                let (should, is) = (shown(should), shown(is));
                let example = format!("record {name}: {member} should be {should}, is {is} in {holder}");
                Mutated { rows: 0, is_null, example: Said { vi: example.clone(), en: example } }
            });
            entry.rows += 1;
        }
    }

    fn close(&mut self) -> Conservation {
        let ledger = std::mem::take(&mut self.ledger);
        let mutated = std::mem::take(&mut self.mutated);
        Conservation { mutated, ..Conservation::of(ledger) }
    }
}

fn never_sent(what: &str) -> Said {
    let text = format!("never sent: {what}");
    Said { vi: text.clone(), en: text }
}

/// A closed ledger.
#[derive(Clone, Debug)]
pub struct Conserved {
    conservation: Conservation,
    names: Vec<String>,
    id: String,
    sources: Vec<(String, usize, Timestamp)>,
    places: Vec<(End, String)>,
    replay: String,
    repeats: u64,
}

impl Conserved {
    /// Whether every record is accounted for, once.
    pub fn is_conserved(&self) -> bool {
        self.conservation.balance.is_conserved()
    }

    /// The sums: sent, delivered, refused, dead-lettered, and the anomalies by name.
    pub fn balance(&self) -> &Balance {
        &self.conservation.balance
    }

    /// How many records of an anomaly there are: `count(Anomaly::Lost)`.
    pub fn count(&self, anomaly: Anomaly) -> u64 {
        self.balance().anomalies.get(&anomaly).map_or(0, |examples| examples.count)
    }

    /// Repeats that [`LedgerCheck::at_least_once`] has let pass.
    pub fn repeats(&self) -> u64 {
        self.repeats
    }

    /// `record 17` with the identity instead of the index.
    fn named(&self, text: &str) -> String {
        let Some((front, rest)) = text.split_once("record ") else { return text.to_owned() };
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let name = rest[..digits].parse::<usize>().ok().and_then(|index| self.names.get(index));
        match name {
            // What is mutated is told by its identity already.
            Some(name) if !rest[digits..].contains(" should be ") || rest.starts_with("record") => {
                format!("{front}record {name}{}", &rest[digits..])
            }
            _ => text.to_owned(),
        }
    }
}

impl fmt::Display for Conserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { detail, examples, cause, .. } = conserved::finding(&self.conservation, false);
        let counts: Vec<String> = self
            .balance()
            .anomalies
            .iter()
            .map(|(anomaly, examples)| format!("{} {anomaly}", examples.count))
            .collect();
        match counts.is_empty() {
            true => writeln!(f, "every record is accounted for: {}", detail.en)?,
            false => writeln!(f, "records are not conserved: {} ({})", counts.join(", "), detail.en)?,
        }
        for (place, count, at) in &self.sources {
            writeln!(f, "  sent      {count} to {place} by {at}, told apart by {}", self.id)?;
        }
        for (end, place) in &self.places {
            let word = match end {
                End::Delivered => "delivered",
                End::Rejected => "refused",
                End::DeadLettered => "given up",
            };
            writeln!(f, "  {word:<9} in {place}")?;
        }
        for example in &examples {
            writeln!(f, "  {}", self.named(&example.en))?;
        }
        if let Some(cause) = cause {
            writeln!(f, "  likely cause: {}", cause.en)?;
        }
        if !self.replay.is_empty() && !self.is_conserved() {
            writeln!(f, "  replay: {}", self.replay)?;
        }
        Ok(())
    }
}
