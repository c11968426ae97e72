//! Metrics of our own services: what a service counts, by the minute, until CloudWatch of its scope reads it.
//!
//! A service declares its metrics with [`metrics!`](crate::metrics), and counts with [`Cx::meter`](super::Cx::meter). Counting touches one row
//! of numbers: no text is made, no effect pushed, no deadline set, so an idle tank stays idle. CloudWatch collects all
//! services of its scope before each of its own turns; a service that has counted very much is collected early.
//! Numbers of a period are `Point` (`metrics/point.rs`). Left out: what CloudWatch does with them (`services/cloudwatch/`).

mod point;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use wavetank_types::{Region, Timestamp};

pub(crate) use point::{Point, Spread};

/// Minutes of numbers that a service may have waiting for CloudWatch before they are collected unasked.
pub(super) const CLOSED_MAX: usize = 100_000;

const MINUTE_MICROS: i64 = 60_000_000;

/// What a number counts, as CloudWatch spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is AWS's unit of its name")]
pub enum Unit {
    Bytes,
    BytesPerSecond,
    Count,
    CountPerSecond,
    Milliseconds,
    None,
    Percent,
    Seconds,
}

impl Unit {
    /// AWS's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "Bytes",
            Self::BytesPerSecond => "Bytes/Second",
            Self::Count => "Count",
            Self::CountPerSecond => "Count/Second",
            Self::Milliseconds => "Milliseconds",
            Self::None => "None",
            Self::Percent => "Percent",
            Self::Seconds => "Seconds",
        }
    }
}

/// One metric of a family.
#[derive(Debug)]
pub struct Metric {
    /// Such as `IncomingBytes`.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Whether percentiles can be asked of it: each value is then kept, not only count, sum, least and greatest.
    pub spread: bool,
    /// Whether it is a state that is looked at, and stays as it is while nothing happens.
    pub gauge: bool,
}

/// Metrics that have the same namespace and dimensions.
#[derive(Debug)]
pub struct Family {
    /// Such as `AWS/Kinesis`.
    pub namespace: &'static str,
    /// Such as `["StreamName"]`.
    pub dimensions: &'static [&'static str],
    /// In the order of the enum that names them.
    pub metrics: &'static [Metric],
}

/// An enum whose variants are the metrics of a family. Made by [`metrics!`](crate::metrics).
pub trait Metrics: Copy {
    /// What they have in common. Always the same place in memory.
    fn family() -> &'static Family;
    /// Which of the family's metrics.
    fn index(self) -> usize;
}

/// Declares a family of metrics as an enum.
///
/// ```ignore
/// metrics! {
///     /// Of a stream.
///     pub(super) enum OfStream in "AWS/Kinesis" by ["StreamName"] {
///         IncomingBytes => "IncomingBytes", Bytes;
///         PutRecordLatency => "PutRecord.Latency", Milliseconds, spread;
///         Waiting => "RecordsWaiting", Count, gauge;
///     }
/// }
/// cx.meter::<OfStream>(&[name]).add(OfStream::IncomingBytes, 12.0);
/// ```
#[macro_export]
macro_rules! metrics {
    (@spread) => { false };
    (@spread spread) => { true };
    (@spread gauge) => { false };
    (@gauge) => { false };
    (@gauge spread) => { false };
    (@gauge gauge) => { true };
    (
        $(#[$said:meta])*
        $vis:vis enum $family:ident in $namespace:literal by [$($dimension:literal),*] {
            $($variant:ident => $name:literal, $unit:ident $(, $how:ident)?;)+
        }
    ) => {
        $(#[$said])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $family { $($variant),+ }

        impl $crate::world::Metrics for $family {
            fn family() -> &'static $crate::world::Family {
                static FAMILY: $crate::world::Family = $crate::world::Family {
                    namespace: $namespace,
                    dimensions: &[$($dimension),*],
                    metrics: &[$($crate::world::Metric {
                        name: $name,
                        unit: $crate::world::Unit::$unit,
                        spread: $crate::metrics!(@spread $($how)?),
                        gauge: $crate::metrics!(@gauge $($how)?),
                    }),+],
                };
                &FAMILY
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

/// What a service has counted, by region: one for most, any region of the account for a service that is one per account.
///
/// In order, and few: a search from the start finds the usual one at once.
#[derive(Debug, Default)]
pub(crate) struct Counters(Vec<(Region, Meters)>);

impl Counters {
    /// Those of a region.
    pub(super) fn of(&mut self, region: &Region) -> &mut Meters {
        let found = self.0.iter().position(|(each, _)| each == region);
        let at = found.unwrap_or_else(|| {
            let at = self.0.partition_point(|(each, _)| each < region);
            self.0.insert(at, (region.clone(), Meters::default()));
            at
        });
        &mut self.0[at].1
    }

    /// Whether something has been counted in a region since the last time; then, whether CloudWatch should have it at once.
    pub(super) fn counted_in(&mut self, region: &Region) -> Option<bool> {
        self.0.iter_mut().find(|(each, _)| each == region)?.1.counted()
    }

    /// A region in which something has been counted since the last time; then, whether CloudWatch should have it at once.
    pub(super) fn counted(&mut self) -> Option<(Region, bool)> {
        self.0.iter_mut().find_map(|(region, meters)| Some((region.clone(), meters.counted()?)))
    }
}

/// What one service of one scope has counted and CloudWatch has not read.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    families: Vec<Rows>,
    /// Minutes that are complete, in all cells.
    closed: usize,
    /// Something has been counted since `counted` was asked last.
    touched: bool,
}

/// The rows of a family, sorted by the values of its dimensions.
#[derive(Debug)]
struct Rows {
    family: &'static Family,
    rows: Vec<Row>,
    /// Where the last one was found: callers often repeat themselves.
    last: usize,
}

/// The numbers of one resource.
#[derive(Debug)]
struct Row {
    values: Box<[Box<str>]>,
    cells: Box<[Cell]>,
}

/// The numbers of one metric: of the minute under way, and of those before it.
#[derive(Debug)]
struct Cell {
    minute: i64,
    point: Point,
    closed: Vec<(i64, Point)>,
}

impl Row {
    fn new(family: &Family, values: &[&str]) -> Self {
        let cell = |metric: &Metric| Cell {
            minute: i64::MIN,
            point: Point::empty(metric.spread),
            closed: Vec::new(),
        };
        Self {
            values: values.iter().map(|value| Box::from(*value)).collect(),
            cells: family.metrics.iter().map(cell).collect(),
        }
    }

    fn is_of(&self, values: &[&str]) -> bool {
        self.values.iter().map(|value| &**value).eq(values.iter().copied())
    }
}

impl Meters {
    /// The row of a resource, made when it is first asked for.
    fn row(&mut self, family: &'static Family, values: &[&str]) -> (&mut Row, &mut usize) {
        debug_assert_eq!(family.dimensions.len(), values.len(), "a value for each dimension of {family:?}");
        self.touched = true;
        let found = self.families.iter().position(|rows| std::ptr::eq(rows.family, family));
        let at = found.unwrap_or_else(|| {
            self.families.push(Rows { family, rows: Vec::new(), last: 0 });
            self.families.len() - 1
        });
        let rows = &mut self.families[at];
        if !rows.rows.get(rows.last).is_some_and(|row| row.is_of(values)) {
            let sought = values.iter().copied();
            let place =
                rows.rows.binary_search_by(|row| row.values.iter().map(|value| &**value).cmp(sought.clone()));
            rows.last = place.unwrap_or_else(|place| {
                rows.rows.insert(place, Row::new(family, values));
                place
            });
        }
        (&mut rows.rows[rows.last], &mut self.closed)
    }

    /// Whether something has been counted since the last time; then, whether so much waits that CloudWatch should have it.
    pub(super) fn counted(&mut self) -> Option<bool> {
        std::mem::take(&mut self.touched).then_some(self.closed > CLOSED_MAX)
    }

    /// Everything counted since the last time.
    pub(super) fn take(&mut self) -> Vec<Reading> {
        let taken = std::mem::take(self);
        let mut readings = Vec::new();
        for Rows { family, rows, .. } in taken.families {
            for Row { values, cells } in rows {
                for (metric, cell) in family.metrics.iter().zip(cells) {
                    let mut points = cell.closed;
                    if cell.point.count > 0.0 {
                        points.push((cell.minute, cell.point));
                    }
                    if !points.is_empty() {
                        readings.push(Reading { family, metric, values: values.clone(), points });
                    }
                }
            }
        }
        readings
    }
}

/// What was counted of one metric of one resource.
#[derive(Debug)]
pub struct Reading {
    /// Its namespace and dimensions.
    pub(crate) family: &'static Family,
    /// Its name and unit.
    pub(crate) metric: &'static Metric,
    /// The values of the family's dimensions.
    pub(crate) values: Box<[Box<str>]>,
    /// By minutes since the epoch; a minute may come twice.
    pub(crate) points: Vec<(i64, Point)>,
}

/// A resource's numbers, to be counted up.
#[derive(Debug)]
pub struct Meter<'m, M> {
    row: &'m mut Row,
    closed: &'m mut usize,
    minute: i64,
    family: PhantomData<M>,
}

impl<'m, M: Metrics> Meter<'m, M> {
    pub(super) fn new(meters: &'m mut Meters, now: Timestamp, values: &[&str]) -> Self {
        let (row, closed) = meters.row(M::family(), values);
        Self { row, closed, minute: now.micros().div_euclid(MINUTE_MICROS), family: PhantomData }
    }

    /// What follows was so at another time than now: a gauge that is read late.
    pub fn at(&mut self, time: Timestamp) -> &mut Self {
        self.minute = time.micros().div_euclid(MINUTE_MICROS);
        self
    }

    /// One value.
    pub fn add(&mut self, metric: M, value: f64) -> &mut Self {
        self.cell(metric).add(value, 1.0);
        self
    }

    /// The same value `count` times.
    pub fn add_times(&mut self, metric: M, value: f64, count: usize) -> &mut Self {
        if count > 0 {
            self.cell(metric).add(value, count as f64);
        }
        self
    }

    fn cell(&mut self, metric: M) -> &mut Point {
        let cell = &mut self.row.cells[metric.index()];
        if cell.minute != self.minute {
            let spread = M::family().metrics[metric.index()].spread;
            let before = std::mem::replace(&mut cell.point, Point::empty(spread));
            if before.count > 0.0 {
                cell.closed.push((cell.minute, before));
                *self.closed += 1;
            }
            cell.minute = self.minute;
        }
        &mut cell.point
    }
}
