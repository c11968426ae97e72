//! How long records took: counts by milliseconds, and the percentiles of them that a page shows.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_scenarios::Freshness;
use wavetank_types::Said;

/// So many records by the milliseconds that each took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread(BTreeMap<u64, u64>);

impl Spread {
    /// One more that took so long.
    pub fn add(&mut self, age: Duration) {
        self.add_many(age, 1);
    }

    /// So many more.
    pub fn add_many(&mut self, age: Duration, count: u64) {
        *self.0.entry(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)).or_default() += count;
    }

    fn count(&self) -> u64 {
        self.0.values().sum()
    }
}

impl FromIterator<Duration> for Spread {
    fn from_iter<I: IntoIterator<Item = Duration>>(ages: I) -> Self {
        let mut spread = Self::default();
        ages.into_iter().for_each(|age| spread.add(age));
        spread
    }
}

/// The ages of all records at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ages {
    /// From where to where.
    pub what: Said,
    /// Of how many records.
    pub count: u64,
    /// Milliseconds of each hundredth, from the youngest (place 0) to the oldest (place 100).
    pub percentiles: Vec<u64>,
    /// What a check allows at p50, p95 and p99, in milliseconds.
    pub limits: Option<[u64; 3]>,
}

impl Ages {
    /// Nothing if there are no records.
    pub fn of(what: Said, spread: &Spread, limits: Option<&Freshness>) -> Option<Self> {
        let count = spread.count();
        if count == 0 {
            return None;
        }
        let mut percentiles = Vec::with_capacity(101);
        let (mut passed, mut ages) = (0, spread.0.iter());
        let mut age = 0;
        for share in 0..=100u64 {
            // The rank of the record that so many hundredths do not exceed; the first and the last at the ends.
            let rank = (u128::from(count) * u128::from(share)).div_ceil(100).max(1);
            while u128::from(passed) < rank {
                let (millis, records) = ages.next().expect("ranks end with the count");
                (age, passed) = (*millis, passed + records);
            }
            percentiles.push(age);
        }
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let limits = limits.map(|it| [millis(it.p50_max), millis(it.p95_max), millis(it.p99_max)]);
        Some(Self { what, count, percentiles, limits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ages_that_records_had() {
        let check = |ages: &[u64], p0: u64, p50: u64, p99: u64, p100: u64| {
            let spread: Spread = ages.iter().map(|millis| Duration::from_millis(*millis)).collect();
            let found = Ages::of(Said::plain("x"), &spread, None).expect("ages");
            let at = |share: usize| found.percentiles[share];
            assert_eq!((at(0), at(50), at(99), at(100)), (p0, p50, p99, p100), "{ages:?}");
            assert_eq!((found.percentiles.len(), found.count), (101, ages.len() as u64));
        };
        check(&[7], 7, 7, 7, 7);
        check(&[1, 2, 3, 4], 1, 2, 4, 4);
        check(&(1..=1_000).collect::<Vec<_>>(), 1, 500, 990, 1_000);
        assert_eq!(Ages::of(Said::plain("x"), &Spread::default(), None), None);
    }
}
