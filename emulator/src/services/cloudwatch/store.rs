//! Numbers over time: each metric's points, at four resolutions, for as long as AWS keeps each.
//!
//! A value goes into all resolutions at once, so that a question reads one of them and never mixes two.
//! Documented: 3 hours below a minute, 15 days by the minute, 63 days by five, 455 days by the hour
//! (botocore 1.44.5, text of `GetMetricStatistics`, read 2026-11-28). Left out: who may put what (`state/put.rs`), and what is made
//! of the points (`stat.rs`).

use std::collections::BTreeMap;

use wavetank_types::Timestamp;

use crate::world::{Point, Reading};

/// Seconds of an hour.
const HOUR: i64 = 3_600;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// A resolution: seconds of a point, and for how many seconds points are kept.
#[derive(Clone, Copy, Debug)]
struct Tier {
    step: i64,
    kept: i64,
}

/// The finest first. The first holds what has the resolution of a minute too: a question for 30 seconds finds it.
/// Recorded: that it does (LocalStack's `test_cloudwatch.snapshot.json`, `test_label_generation`, 2023-12-15).
const TIERS: [Tier; 4] = [
    Tier { step: 1, kept: 3 * HOUR },
    Tier { step: 60, kept: 15 * DAY },
    Tier { step: 300, kept: 63 * DAY },
    Tier { step: HOUR, kept: 455 * DAY },
];

/// Which metric.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Sorted by name.
    pub(super) dimensions: Vec<(String, String)>,
}

impl Key {
    pub(super) fn new(namespace: &str, name: &str, mut dimensions: Vec<(String, String)>) -> Self {
        dimensions.sort();
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }
}

/// The points of one metric in one unit.
#[derive(Debug, Default)]
struct Track {
    /// By the second at which a point begins, for each of [`TIERS`].
    tiers: [BTreeMap<i64, Point>; TIERS.len()],
}

impl Track {
    fn put(&mut self, second: i64, fine: bool, point: &Point, now: i64) {
        for (tier, points) in TIERS.iter().zip(&mut self.tiers) {
            let step = if tier.step == 1 && !fine { 60 } else { tier.step };
            if second < now - tier.kept {
                continue;
            }
            let place = points.entry(second.div_euclid(step) * step).or_insert_with(|| Point::empty(true));
            place.merge(point);
            while points.first_key_value().is_some_and(|(at, _)| *at < now - tier.kept) {
                points.pop_first();
            }
        }
    }
}

/// One metric.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// By unit.
    tracks: BTreeMap<String, Track>,
    /// The latest instant of a value, in seconds.
    newest: i64,
    /// It is a state of one of our services, which stays as it is while nothing happens.
    gauge: bool,
}

impl Series {
    /// The latest instant at which a value was so.
    pub(super) fn newest(&self) -> Timestamp {
        Timestamp::from_secs(self.newest)
    }
}

/// What is asked of the points of a metric. `start` and `end` are in seconds; `end` is not included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) period: i64,
}

impl Span {
    /// A span whose start is rounded as AWS does, by its age: to the minute, to five of them, to the hour.
    ///
    /// Documented: text of `GetMetricStatistics` and `GetMetricData` (botocore 1.44.5, read 2026-11-28), with periods below a minute
    /// rounded to that period.
    pub(super) fn rounded(start: Timestamp, end: Timestamp, period: i64, now: Timestamp) -> Self {
        let age = now.secs() - start.secs();
        let step = match age {
            _ if period < 60 && age <= TIERS[0].kept => period,
            _ if age <= TIERS[1].kept => 60,
            _ if age <= TIERS[2].kept => 300,
            _ => HOUR,
        };
        let end = end.secs() + i64::from(end > Timestamp::from_secs(end.secs()));
        Self { start: start.secs().div_euclid(step) * step, end, period }
    }

    /// How many points it may give.
    pub(super) fn points(&self) -> i64 {
        ((self.end - self.start).max(0) + self.period - 1) / self.period
    }

    /// Where the period begins that holds this second.
    fn bucket(&self, second: i64) -> i64 {
        self.start + (second - self.start).div_euclid(self.period) * self.period
    }

    /// Which of the tiers answers it: the finest that is kept since its start, if the period is a multiple of its step.
    fn tier(&self, now: i64) -> Option<usize> {
        if self.period < 60 {
            return Some(0);
        }
        let at = (1..TIERS.len()).find(|at| self.start >= now - TIERS[*at].kept).unwrap_or(TIERS.len() - 1);
        (self.period % TIERS[at].step == 0).then_some(at)
    }
}

/// Points by the second at which their period begins.
pub(super) type Points = BTreeMap<i64, Point>;

/// All metrics of an account and region.
#[derive(Debug, Default)]
pub(super) struct Store {
    series: BTreeMap<Key, Series>,
}

impl Store {
    /// Adds a point. `fine` keeps its second; otherwise it belongs to its minute.
    pub(super) fn put(
        &mut self,
        key: Key,
        unit: &str,
        at: Timestamp,
        fine: bool,
        point: &Point,
        now: Timestamp,
    ) {
        let series = self.series.entry(key).or_default();
        series.newest = series.newest.max(at.secs());
        if !series.tracks.contains_key(unit) {
            series.tracks.insert(unit.to_owned(), Track::default());
        }
        if let Some(track) = series.tracks.get_mut(unit) {
            track.put(at.secs(), fine, point, now.secs());
        }
    }

    /// Adds what services have counted.
    pub(super) fn take(&mut self, reading: &Reading, now: Timestamp) {
        let dimensions = reading.family.dimensions.iter().zip(&reading.values);
        let dimensions = dimensions.map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
        let key = Key::new(reading.family.namespace, reading.metric.name, dimensions);
        for (minute, point) in &reading.points {
            let at = Timestamp::from_secs(minute * 60);
            self.put(key.clone(), reading.metric.unit.as_str(), at, false, point, now);
        }
        if let Some(series) = self.series.get_mut(&key) {
            series.gauge = reading.metric.gauge;
        }
    }

    /// Whether it is a state of one of our services.
    pub(super) fn is_gauge(&self, key: &Key) -> bool {
        self.series.get(key).is_some_and(|series| series.gauge)
    }

    /// Metrics in the order of their keys, after this one.
    pub(super) fn after(&self, last: Option<&Key>) -> impl Iterator<Item = (&Key, &Series)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = last.map_or(Unbounded, Excluded);
        self.series.range((from, Unbounded))
    }

    /// The points of a metric by unit; only of `unit` if one is named.
    pub(super) fn by_unit(
        &self,
        key: &Key,
        unit: Option<&str>,
        span: Span,
        now: Timestamp,
    ) -> BTreeMap<&str, Points> {
        let mut found = BTreeMap::new();
        let (Some(series), Some(tier)) = (self.series.get(key), span.tier(now.secs())) else { return found };
        if span.start >= span.end {
            return found;
        }
        let oldest = now.secs() - TIERS[tier].kept;
        for (name, track) in series.tracks.iter().filter(|(name, _)| unit.is_none_or(|unit| unit == *name)) {
            let mut points = Points::new();
            for (second, point) in track.tiers[tier].range(span.start..span.end) {
                if *second >= oldest {
                    let place = points.entry(span.bucket(*second));
                    place.or_insert_with(|| Point::empty(true)).merge(point);
                }
            }
            if !points.is_empty() {
                found.insert(name.as_str(), points);
            }
        }
        found
    }
}
