//! When requests leave: made from the seed before the clock starts, so that no answer can hold up the next request.
//!
//! A Poisson process is drawn second by second, each second from a stream of its own. A worker of several makes the whole schedule and
//! keeps every n-th request: together they are the schedule of one.

use std::time::Duration;

use rand::RngExt as _;
use rand_distr::{Distribution as _, Poisson};
use wavetank_generators::arrivals::Arrivals;
use wavetank_generators::kdg::Rate;
use wavetank_types::Seed;

/// Most requests of one worker: their instants take 8 bytes each.
pub const REQUESTS_MAX: usize = 20_000_000;
/// Shortest span over which a Poisson process draws a count.
const CHUNK_SECS: f64 = 1.0;

/// Which of several workers this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Shard {
    /// From 0.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

impl Shard {
    /// The only worker.
    pub const ALL: Self = Self { index: 0, count: 1 };
}

/// What a schedule is made from.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Records a second.
    pub rate: Rate,
    /// Records of a request.
    pub batch: u32,
    /// For how long.
    pub span: Duration,
    /// Even or random.
    pub arrivals: Arrivals,
    /// The seed of the draws.
    pub seed: Seed,
    /// Which part of it.
    pub shard: Shard,
}

/// Why there is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Nothing would be sent.
    #[error(
        "nothing would be sent: the rate is less than one request in {0:?}\nhint: give --rate 100/s, or a longer --for"
    )]
    Nothing(Duration),
    /// More than fits.
    #[error(
        "{0} requests are more than the {REQUESTS_MAX} of one worker\nhint: a shorter --for, a larger --batch, or several workers with --shard 0/4"
    )]
    TooMany(u64),
    /// A spread over days.
    #[error(
        "arrivals `{0}` are spread over days\nhint: --arrivals steady or poisson; a rate may swing: --rate 100/s..2000/s@10m"
    )]
    OfDays(Arrivals),
}

/// The instants of requests, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    at_nanos: Vec<u64>,
    shard: Shard,
}

impl Schedule {
    /// Every request of this worker.
    pub fn of(plan: &Plan) -> Result<Self, ScheduleError> {
        let flow = Flow { rate: plan.rate, batch: f64::from(plan.batch.max(1)) };
        let expected = flow.requests(plan.span.as_secs_f64());
        if expected.is_nan() || expected < 1e-9 {
            return Err(ScheduleError::Nothing(plan.span));
        }
        if expected / f64::from(plan.shard.count) > REQUESTS_MAX as f64 {
            return Err(ScheduleError::TooMany((expected / f64::from(plan.shard.count)) as u64));
        }
        let mut kept = Kept { at_nanos: Vec::new(), next: 0, shard: plan.shard };
        match plan.arrivals {
            Arrivals::Steady => steady(&flow, plan.span, &mut kept),
            Arrivals::Poisson => poisson(&flow, plan, &mut kept),
            other => return Err(ScheduleError::OfDays(other)),
        }
        if kept.next == 0 {
            return Err(ScheduleError::Nothing(plan.span));
        }
        Ok(Self { at_nanos: kept.at_nanos, shard: plan.shard })
    }

    /// How many requests there are.
    pub fn len(&self) -> usize {
        self.at_nanos.len()
    }

    /// Whether this worker sends nothing: there are more workers than requests.
    pub fn is_empty(&self) -> bool {
        self.at_nanos.is_empty()
    }

    /// The number among all workers' requests, and the instant, of this worker's request at this place.
    pub fn at(&self, place: usize) -> Option<(u64, Duration)> {
        let nanos = *self.at_nanos.get(place)?;
        Some((
            place as u64 * u64::from(self.shard.count) + u64::from(self.shard.index),
            Duration::from_nanos(nanos),
        ))
    }
}

/// Takes every request, and keeps one worker's.
struct Kept {
    at_nanos: Vec<u64>,
    next: u64,
    shard: Shard,
}

impl Kept {
    fn take(&mut self, secs: f64) {
        if self.next % u64::from(self.shard.count) == u64::from(self.shard.index) {
            self.at_nanos.push((secs * 1e9) as u64);
        }
        self.next += 1;
    }
}

/// A rate of records as one of requests.
struct Flow {
    rate: Rate,
    batch: f64,
}

impl Flow {
    /// Requests expected in the first `secs`: the integral of the rate.
    fn requests(&self, secs: f64) -> f64 {
        let records = match self.rate {
            Rate::Constant(rate) => rate * secs,
            Rate::Periodic { low, high, period } => {
                let (mean, swing) = ((low + high) / 2.0, (high - low) / 2.0);
                let turn = std::f64::consts::TAU / period.as_secs_f64();
                mean * secs - swing * (turn * secs).sin() / turn
            }
        };
        records / self.batch
    }

    /// When this many requests are expected to have left; not after `until`.
    fn when(&self, requests: f64, from: f64, until: f64) -> f64 {
        if let Rate::Constant(rate) = self.rate {
            return (requests * self.batch / rate).min(until);
        }
        let (mut low, mut high) = (from, until);
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if self.requests(middle) < requests { low = middle } else { high = middle }
        }
        high
    }
}

/// One request whenever another whole one is due.
fn steady(flow: &Flow, span: Duration, kept: &mut Kept) {
    let secs = span.as_secs_f64();
    // A hair below a whole number is that number: 0.1 s at 20/s are two.
    let count = (flow.requests(secs) - 1e-6).ceil().max(0.0) as u64;
    let mut last = 0.0;
    for number in 0..count {
        last = flow.when(number as f64, last, secs);
        kept.take(last);
    }
}

/// In each second a Poisson-distributed count, each request anywhere in it by the rate.
fn poisson(flow: &Flow, plan: &Plan, kept: &mut Kept) {
    let secs = plan.span.as_secs_f64();
    let mut chunk = 0;
    loop {
        let from = chunk as f64 * CHUNK_SECS;
        let until = (from + CHUNK_SECS).min(secs);
        if from >= secs {
            return;
        }
        let mut draws = plan.seed.chunk_stream("bench.arrivals", chunk);
        let (before, after) = (flow.requests(from), flow.requests(until));
        // A mean of zero is no Poisson distribution, and no request.
        if let Ok(count) = Poisson::new(after - before) {
            let count = count.sample(&mut draws) as usize;
            let mut places: Vec<f64> = (0..count).map(|_| draws.random::<f64>()).collect();
            places.sort_unstable_by(f64::total_cmp);
            for place in places {
                kept.take(flow.when(before + place * (after - before), from, until));
            }
        }
        chunk += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(rate: Rate, arrivals: Arrivals, seed: u64, shard: Shard) -> Plan {
        Plan { rate, batch: 1, span: Duration::from_secs(3), arrivals, seed: Seed(seed), shard }
    }

    fn rates() -> impl Strategy<Value = Rate> {
        let swing = (0u32..400, 0u32..400, 200u64..5_000).prop_map(|(low, more, period)| Rate::Periodic {
            low: f64::from(low),
            high: f64::from(low + more + 5),
            period: Duration::from_millis(period),
        });
        prop_oneof![(1u32..2_000).prop_map(|rate| Rate::Constant(f64::from(rate))), swing]
    }

    proptest! {
        #[test]
        fn n_workers_together_send_what_one_would(
            rate in rates(), poisson: bool, seed: u64, count in 1u32..9,
        ) {
            let arrivals = if poisson { Arrivals::Poisson } else { Arrivals::Steady };
            let Ok(one) = Schedule::of(&plan(rate, arrivals, seed, Shard::ALL)) else { return Ok(()) };
            let all: Vec<_> = (0..).map_while(|place| one.at(place)).collect();
            let mut union = Vec::new();
            for index in 0..count {
                let part = Schedule::of(&plan(rate, arrivals, seed, Shard { index, count }));
                let part = part.expect("what one worker can do, several can");
                union.extend((0..).map_while(|place| part.at(place)));
            }
            union.sort_unstable();
            prop_assert_eq!(&union, &all);
            prop_assert!(all.is_sorted_by_key(|(_, at)| *at));
            prop_assert!(all.iter().all(|(_, at)| *at <= Duration::from_secs(3)));
        }
    }

    #[test]
    fn a_steady_rate_keeps_equal_distances_and_the_whole_count() {
        let check = |rate: f64, batch: u32, millis: u64, expected: &[u64]| {
            let span = Duration::from_millis(millis);
            let plan = Plan { batch, span, ..plan(Rate::Constant(rate), Arrivals::Steady, 7, Shard::ALL) };
            let schedule = Schedule::of(&plan).expect("a schedule");
            let micros: Vec<u64> = schedule.at_nanos.iter().map(|nanos| nanos / 1_000).collect();
            assert_eq!(micros, expected, "{rate}/s in {batch} for {millis} ms");
        };
        check(10.0, 1, 400, &[0, 100_000, 200_000, 300_000]);
        check(10.0, 2, 400, &[0, 200_000]);
        check(20.0, 1, 100, &[0, 50_000]);
    }

    #[test]
    fn a_poisson_process_has_its_rate_and_its_spread() {
        let rate = Rate::Constant(1_000.0);
        let counts: Vec<f64> = (0..200)
            .map(|seed| {
                Schedule::of(&plan(rate, Arrivals::Poisson, seed, Shard::ALL)).expect("some").len() as f64
            })
            .collect();
        let mean = counts.iter().sum::<f64>() / 200.0;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 199.0;
        assert!((mean - 3_000.0).abs() < 20.0, "mean {mean}");
        assert!((2_100.0..4_200.0).contains(&variance), "variance {variance}");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_name() {
        let of = |rate, arrivals| Schedule::of(&plan(Rate::Constant(rate), arrivals, 7, Shard::ALL)).err();
        assert_eq!(of(0.0, Arrivals::Steady), Some(ScheduleError::Nothing(Duration::from_secs(3))));
        assert_eq!(of(1e9, Arrivals::Poisson), Some(ScheduleError::TooMany(3_000_000_000)));
        assert_eq!(of(1.0, Arrivals::Diurnal), Some(ScheduleError::OfDays(Arrivals::Diurnal)));
    }
}
