//! The numbers of one period: how many values, their sum, the least, the greatest, and, where it is known, each of them.

use std::collections::BTreeMap;

/// Values that a period tells apart. Beyond, they are told apart by 2 %.
const VALUES_MAX: usize = 1_000;

/// How much further one class of values is from zero than the one before it.
const CLASS_RATIO: f64 = 1.02;

/// The values of a period, taken together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// How many; not always whole, since clients say it.
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Each value, for percentiles; none where only the numbers above are known.
    pub(crate) spread: Option<Box<Spread>>,
}

impl Point {
    /// No value yet.
    pub(crate) fn empty(spread: bool) -> Self {
        let spread = spread.then(Box::<Spread>::default);
        Self { count: 0.0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, spread }
    }

    /// A value, `count` times.
    pub(crate) fn add(&mut self, value: f64, count: f64) {
        self.count += count;
        self.sum += value * count;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        if let Some(spread) = &mut self.spread {
            spread.add(value, count);
        }
    }

    /// A set of values of which only the numbers are known. Each is known if all are the same.
    ///
    /// Documented: a set has percentiles if its count is 1 or its least value is its greatest, and the sum agrees
    /// (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html, read 2026-11-29). Whether it does is not
    /// looked at.
    pub(crate) fn of_set(count: f64, sum: f64, min: f64, max: f64) -> Self {
        let spread = (min == max || count == 1.0).then(|| {
            let mut spread = Box::<Spread>::default();
            spread.add(max, count);
            spread
        });
        Self { count, sum, min, max, spread }
    }

    /// Adds what another has.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        let is_empty = self.count == 0.0;
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        let of_one_value;
        let theirs = match &other.spread {
            None if other.min == other.max => {
                of_one_value = Self::of_set(other.count, other.sum, other.min, other.max).spread;
                &of_one_value
            }
            theirs => theirs,
        };
        match (&mut self.spread, theirs) {
            (Some(mine), Some(theirs)) => theirs.each(|value, count| mine.add(value, count)),
            (mine @ None, Some(theirs)) if is_empty => *mine = Some(theirs.clone()),
            (mine, None) => *mine = None,
            (None, Some(_)) => {}
        }
    }
}

/// Values and how often each came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    counts: BTreeMap<Ordered, f64>,
    /// Whether values stand for those near them.
    classed: bool,
}

/// A number in its order; none is a NaN.
#[derive(Clone, Copy, Debug)]
struct Ordered(f64);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Spread {
    /// A value, `count` times.
    pub(crate) fn add(&mut self, value: f64, count: f64) {
        let value = if self.classed { representative(value) } else { value + 0.0 };
        *self.counts.entry(Ordered(value)).or_default() += count;
        if !self.classed && self.counts.len() > VALUES_MAX {
            self.classed = true;
            for (Ordered(value), count) in std::mem::take(&mut self.counts) {
                *self.counts.entry(Ordered(representative(value))).or_default() += count;
            }
        }
    }

    /// Each value with its count, the least first.
    pub(crate) fn each(&self, mut see: impl FnMut(f64, f64)) {
        for (Ordered(value), count) in &self.counts {
            see(*value, *count);
        }
    }
}

/// The middle of the class that a value is in: at most 1 % away from it.
fn representative(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let class = (value.abs().ln() / CLASS_RATIO.ln()).floor();
    let low = CLASS_RATIO.powf(class);
    (low * (1.0 + CLASS_RATIO) / 2.0).copysign(value)
}
