//! One shard of a mapping's stream: where it is read, what is read ahead, and its lanes.
//!
//! Rhythm (assumed): a shard with news is read at the next whole second after its last read; a consumer's shard
//! [`limits::FAN_OUT_DELAY`] after the news. Once it has read all that there is it waits for the stream's signal.

use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::WireError;

use super::super::payload::Payload;
use super::agenda::Part;
use super::config::Settings;
use super::env::{Env, Owed};
use super::lane::{Lane, Place, Stuck};
use super::limits;
use super::source::{Page, Position, Record, ShardInfo, StreamSource};

/// Which reply is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Idle,
    Iterator,
    Records,
}

/// What is known of a shard's children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Unknown,
    Asked,
    Known,
}

/// One shard.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) info: ShardInfo,
    /// Its parents are done.
    is_open_for_reading: bool,
    start: Position,
    /// When the first iterator was asked for.
    started: Option<Timestamp>,
    last_sequence: Option<String>,
    reading: Reading,
    iterator: Option<(String, Timestamp)>,
    next_read: Option<Timestamp>,
    read_at: Option<Timestamp>,
    /// There may be something to read.
    has_news: bool,
    is_ended: bool,
    /// Whether its children are known, once it has ended.
    family: Family,
    pub(super) children: Vec<ShardInfo>,
    lanes: Vec<Lane>,
}

/// What a shard's stream knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream<'a> {
    pub(super) source: &'a StreamSource,
    pub(super) retention: Duration,
}

fn lanes(count: usize) -> Vec<Lane> {
    std::iter::repeat_with(Lane::default).take(count).collect()
}

/// The lane of a key: FNV-1a. Which hash AWS uses does not show; that equal keys meet does.
fn lane_of(key: &str, lanes: usize) -> usize {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash % lanes.max(1) as u64).unwrap_or(0)
}

impl Shard {
    pub(super) fn new(info: ShardInfo, start: Position, settings: &Settings) -> Self {
        Self {
            info,
            is_open_for_reading: false,
            start,
            started: None,
            last_sequence: None,
            reading: Reading::Idle,
            iterator: None,
            next_read: None,
            read_at: None,
            has_news: false,
            is_ended: false,
            family: Family::Unknown,
            children: Vec::new(),
            lanes: lanes(settings.parallelization),
        }
    }

    /// Its parents are done: it may be read.
    pub(super) fn open(&mut self) {
        self.is_open_for_reading = true;
        self.has_news = true;
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open_for_reading
    }

    /// The stream has something new. Answers whether that is news: a shard that is about to be read needs no telling.
    pub(super) fn hear(&mut self, source: &StreamSource, now: Timestamp) -> bool {
        if source.is_consumer && !self.has_news {
            self.next_read = Some(now + limits::FAN_OUT_DELAY);
        }
        !std::mem::replace(&mut self.has_news, true)
    }

    /// Whether it has ended, all its records are done, and its children are known.
    pub(super) fn is_done(&self) -> bool {
        self.is_ended && self.family == Family::Known && self.lanes.iter().all(Lane::is_empty)
    }

    fn place<'a>(&'a self, stream: Stream<'a>, lane: usize) -> Place<'a> {
        Place {
            source: stream.source,
            shard: &self.info.id,
            lane,
            is_ended: self.is_ended,
            read_at: self.read_at,
            retention: stream.retention,
        }
    }

    /// Does whatever can be done now, and says when to look again.
    pub(super) fn advance(&mut self, env: &mut Env<'_, '_>, stream: Stream<'_>) {
        let mut lanes = std::mem::take(&mut self.lanes);
        for (n, lane) in lanes.iter_mut().enumerate() {
            lane.advance(env, &self.place(stream, n));
        }
        self.lanes = lanes;
        self.read(env, stream.source);
        self.ask_for_children(env, stream.source);
        self.set_deadline(env);
    }

    fn set_deadline(&self, env: &mut Env<'_, '_>) {
        let read = self.next_read.filter(|_| self.wants_to_read(env.settings));
        let lanes = self.lanes.iter().filter_map(|lane| lane.deadline(env.settings.window));
        let windows = self.lanes.iter().filter_map(Lane::window_end);
        let windows = windows.filter(|_| self.reading == Reading::Idle && !self.has_news);
        let at = lanes.chain(read).chain(windows).min().filter(|_| !env.is_paused);
        let entry = (env.identity.uuid.clone(), Part::Shard(self.info.id.clone()));
        env.out.agenda.set(entry, at.map(|at| at.max(env.cx.now)));
    }

    /// Some lane could take more, and not too much waits already.
    fn has_room(&self, settings: &Settings) -> bool {
        let queued: usize = self.lanes.iter().map(Lane::queued).sum();
        queued < limits::READ_AHEAD_RECORDS_MAX
            && self.lanes.iter().any(|lane| lane.queued() < settings.batch_size)
    }

    fn wants_to_read(&self, settings: &Settings) -> bool {
        self.is_open_for_reading
            && !self.is_ended
            && self.reading == Reading::Idle
            && self.has_news
            && self.has_room(settings)
    }

    fn read(&mut self, env: &mut Env<'_, '_>, source: &StreamSource) {
        let now = env.cx.now;
        // A window that is over is closed only after one more look at what has arrived in it.
        let unread = |end: Timestamp| end <= now && self.read_at.is_none_or(|at| at < end);
        if self.lanes.iter().filter_map(Lane::window_end).any(unread) {
            self.has_news = true;
        }
        let is_early = self.next_read.is_some_and(|at| at > now);
        if env.is_paused || is_early || !self.wants_to_read(env.settings) {
            return;
        }
        let (uuid, epoch) = (env.identity.uuid.clone(), env.identity.epoch);
        let fresh = self.iterator.take().filter(|(_, since)| source.is_young(now.since(*since)));
        if let Some((iterator, _)) = fresh {
            self.reading = Reading::Records;
            self.has_news = false;
            self.next_read = (!source.is_consumer).then(|| next_beat(now, source.read_every()));
            let token = env.owe(Owed::Records { uuid, epoch, shard: self.info.id.clone() });
            source.records(env.cx, iterator, token);
            return;
        }
        let position = self.position();
        self.started.get_or_insert(now);
        self.reading = Reading::Iterator;
        let token = env.owe(Owed::Iterator { uuid, epoch, shard: self.info.id.clone() });
        source.iterator(env.cx, &self.info.id, &position, token);
    }

    /// Where reading goes on. What was newest at the start is a point in time ever after.
    fn position(&self) -> Position {
        match (&self.last_sequence, &self.start, self.started) {
            (Some(sequence), _, _) => Position::After(sequence.clone()),
            (None, Position::Latest, Some(started)) => Position::Time(started),
            (None, start, _) => start.clone(),
        }
    }

    pub(super) fn iterator_came(
        &mut self,
        env: &mut Env<'_, '_>,
        stream: Stream<'_>,
        result: Result<Option<String>, WireError>,
    ) {
        self.reading = Reading::Idle;
        match result {
            Ok(Some(iterator)) => self.iterator = Some((iterator, env.cx.now)),
            Ok(None) => self.has_news = false,
            Err(error) => self.refused(env, &error),
        }
        self.advance(env, stream);
    }

    pub(super) fn page_came(
        &mut self,
        env: &mut Env<'_, '_>,
        stream: Stream<'_>,
        result: Result<Page, WireError>,
    ) {
        self.reading = Reading::Idle;
        match result {
            Ok(page) => self.take(env, page),
            Err(error) => self.refused(env, &error),
        }
        self.advance(env, stream);
    }

    fn take(&mut self, env: &Env<'_, '_>, page: Page) {
        self.read_at = Some(env.cx.now);
        self.has_news |= page.is_behind;
        for record in page.records {
            self.last_sequence = Some(record.sequence.clone());
            self.push(env.settings, record);
        }
        match page.next {
            Some(next) => self.iterator = Some((next, env.cx.now)),
            None => {
                self.is_ended = true;
                if let Some(children) = page.children {
                    self.children = children;
                    self.family = Family::Known;
                }
            }
        }
    }

    /// Where the page that ended the shard did not tell its children.
    fn ask_for_children(&mut self, env: &mut Env<'_, '_>, source: &StreamSource) {
        if self.is_ended && self.family == Family::Unknown && !env.is_paused {
            self.family = Family::Asked;
            let (uuid, epoch) = (env.identity.uuid.clone(), env.identity.epoch);
            let token = env.owe(Owed::Children { uuid, epoch, shard: self.info.id.clone() });
            source.children(env.cx, &self.info.id, token);
        }
    }

    pub(super) fn children_came(
        &mut self,
        env: &mut Env<'_, '_>,
        stream: Stream<'_>,
        result: Result<Vec<ShardInfo>, WireError>,
    ) {
        // A stream that is gone has no more children.
        self.family = Family::Known;
        match result {
            Ok(children) => self.children = children,
            Err(error) => env.note(&format!("PROBLEM: {}", error.message)),
        }
        self.advance(env, stream);
    }

    /// What may pass is tried again at the next read; else the shard waits for the stream's next signal.
    fn refused(&mut self, env: &mut Env<'_, '_>, error: &WireError) {
        self.iterator = None;
        if error.code == "TrimmedDataAccessException" {
            // What was missed is gone for good: reading goes on with the oldest record there is.
            self.last_sequence = None;
            self.start = Position::Horizon;
        }
        let may_pass = [
            "ExpiredIteratorException",
            "TrimmedDataAccessException",
            "ProvisionedThroughputExceededException",
            "LimitExceededException",
            "KMSThrottlingException",
            "InternalFailureException",
        ];
        let is_server_error = error.status >= 500 && error.code != "NotImplemented";
        self.has_news = is_server_error || may_pass.contains(&error.code.as_str());
        if !self.has_news {
            tracing::warn!(shard = &*self.info.id, %error, "a mapping cannot read its shard");
            // Assumed: AWS words it by the cause.
            env.note(&format!("PROBLEM: {}", error.message));
        } else if !["ExpiredIteratorException", "TrimmedDataAccessException"].contains(&error.code.as_str()) {
            let next = env.cx.now + Duration::from_secs(1);
            self.next_read = Some(self.next_read.map_or(next, |at| at.max(next)));
        }
    }

    /// The lane of an invocation that has ended.
    pub(super) fn ended(
        &mut self,
        env: &mut Env<'_, '_>,
        stream: Stream<'_>,
        lane: usize,
        report: super::env::Report,
    ) {
        let mut lanes = std::mem::take(&mut self.lanes);
        if let Some(it) = lanes.get_mut(lane) {
            it.ended(env, &self.place(stream, lane), report);
        }
        self.lanes = lanes;
        self.advance(env, stream);
    }

    /// What an invocation of this lane is to get.
    pub(super) fn payload(&mut self, source: &StreamSource, lane: usize, role: &str) -> Option<Payload> {
        let id = self.info.id.clone();
        self.lanes.get_mut(lane)?.payload(source, &id, role)
    }

    /// When the last record of this lane's first batch came.
    pub(super) fn last_arrival(&self, lane: usize) -> Option<Timestamp> {
        self.lanes.get(lane)?.last_arrival()
    }

    pub(super) fn stuck(&self) -> impl Iterator<Item = Stuck> {
        self.lanes.iter().filter_map(Lane::stuck)
    }

    /// Begins anew with what is not done, in the stream's order, under other settings. Windows stay open.
    pub(super) fn restart(&mut self, settings: &Settings) {
        let mut open: Vec<Record> = self.lanes.iter_mut().flat_map(Lane::take_open).collect();
        open.sort_by(|one, other| order(one).cmp(&order(other)));
        let window = self.lanes.first_mut().and_then(|lane| lane.window.take());
        self.lanes = lanes(settings.parallelization);
        for record in open {
            self.push(settings, record);
        }
        if let Some(lane) = self.lanes.first_mut() {
            lane.window = window.filter(|window| window.fits(settings.tumbling));
        }
        if self.family == Family::Asked {
            self.family = Family::Unknown;
        }
        // What was being read is asked for again.
        self.iterator = None;
        self.reading = Reading::Idle;
        self.next_read = None;
        self.has_news = true;
    }

    /// Into its lane, unless the filters drop it.
    fn push(&mut self, settings: &Settings, record: Record) {
        if settings.filters.pass_record(&self.info.id, &record) {
            let lane = lane_of(&record.key, self.lanes.len());
            self.lanes[lane].push(record);
        }
    }
}

/// The next instant after now at which a shard that is read so often is read.
fn next_beat(now: Timestamp, every: Duration) -> Timestamp {
    let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros((now.micros().div_euclid(every) + 1) * every)
}

/// Sequence numbers are numbers without leading zeros.
fn order(record: &Record) -> (usize, &str) {
    (record.sequence.len(), &record.sequence)
}
