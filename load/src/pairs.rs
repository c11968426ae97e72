//! The gate on time: two binaries in turn, A B B A A B ..., and the ratio of each pair with a confidence interval.
//!
//! What a shared machine does to one run it does to its neighbour, and what drifts meets both orders alike. Only the ratio within a pair
//! counts. A binary is worse if two things are so, each of which happens by chance in at most 1 of 400 gates of the same binary:
//!
//! - the *whole* interval of 99.5 % around the mean ratio (Student's t on logarithms) lies beyond 1 plus what is allowed;
//! - it is the slower one in so many pairs that a coin would show as often in fewer than 1 of 400. This asks nothing of the noise: with few pairs
//!   a machine that is either idle or busy can show the same ratio every time.
//!
//! There are four figures: together fewer than 1 of 100. CPU time is read in ticks, and its interval is wider by what they may hide.

use serde::Serialize;

use crate::saved::Saved;

/// Fewest pairs: a coin shows heads nine times of nine in 1 of 512 tries, eight of eight in 1 of 256.
pub const PAIRS_MIN: u16 = 9;

/// How often one figure may call the same binary worse.
const ALARMS_MAX: f64 = 1.0 / 400.0;

/// Quantiles 0.9975 of Student's t by degrees of freedom, from 1 on. What has more takes the last: a little wide.
const T_9975: [f64; 30] = [
    127.321, 14.0890, 7.4533, 5.5976, 4.7733, 4.3168, 4.0293, 3.8325, 3.6897, 3.5814, 3.4966, 3.4284, 3.3725,
    3.3257, 3.2860, 3.2520, 3.2224, 3.1966, 3.1737, 3.1534, 3.1352, 3.1188, 3.1040, 3.0905, 3.0782, 3.0669,
    3.0565, 3.0469, 3.0380, 3.0298,
];

/// One figure of both binaries, over all pairs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// What is measured.
    pub name: &'static str,
    /// The other binary's, geometric mean.
    pub base: f64,
    /// This one's.
    pub now: f64,
    /// This one's over the other's.
    pub ratio: f64,
    /// The interval of 99.5 % around it.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// What that says.
    pub verdict: Verdict,
}

/// What an interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All of it is beyond what is allowed.
    Worse,
    /// All of it is better by as much.
    Better,
    /// All of it is within what is allowed.
    Same,
    /// It is wider than that: more pairs, or longer runs, would tell.
    Unclear,
}

/// What a load says of one figure, if it does.
type Figure<'f> = &'f dyn Fn(&Saved) -> Option<Read>;

/// By how much the difference of two readings of user and system time may be wrong, in milliseconds: a tick of 10 ms for each.
const CPU_BLUR_MS: f64 = 20.0;
/// What a histogram rounds away: three digits, and whole microseconds.
const LATENCY_BLUR: f64 = 0.001;
const LATENCY_BLUR_MS: f64 = 0.001;

/// A figure as it was read: its value, and by which share of itself the way of reading may have it wrong.
///
/// Noise shows in the spread of the pairs; this does not. A server that takes 71 ms in each run reads as 70 ms each time, one that takes 79 as
/// 80, and the spread of both is nothing.
#[derive(Clone, Copy, Debug)]
struct Read {
    value: f64,
    blur: f64,
}

/// Whether the n-th pair begins with the other binary: A B B A A B B A.
pub fn base_first(pair: usize) -> bool {
    pair.is_multiple_of(2)
}

/// Judges pairs of (the other binary's, this one's) loads.
pub fn judge(pairs: &[(Saved, Saved)], fail_over: f64) -> Vec<Ratio> {
    let latency = |share: f64| {
        move |saved: &Saved| {
            let value = Some(saved.tally.latency.at(share)).filter(|at| *at > 0.0)?;
            Some(Read { value, blur: LATENCY_BLUR + LATENCY_BLUR_MS / value })
        }
    };
    let cpu = |saved: &Saved| {
        let value = saved.cpu_ms_per_request().filter(|cpu| *cpu > 0.0)?;
        Some(Read { value, blur: CPU_BLUR_MS / saved.server.as_ref()?.cpu_ms as f64 })
    };
    let instructions = |saved: &Saved| {
        let (count, answered) = (saved.server.as_ref()?.instructions?, saved.tally.counters.answered);
        (answered > 0).then(|| Read { value: count as f64 / answered as f64, blur: 0.0 })
    };
    let figures: [(&'static str, Figure<'_>); 4] = [
        ("latency p50, ms", &latency(0.5)),
        ("latency p99, ms", &latency(0.99)),
        ("CPU of the server, ms a request", &cpu),
        ("instructions a request", &instructions),
    ];
    let of = |(name, figure): &(&'static str, Figure<'_>)| {
        let both = pairs.iter().map(|(base, now)| Some((figure(base)?, figure(now)?)));
        let both: Vec<(Read, Read)> = both.collect::<Option<_>>()?;
        ratio(name, &both, fail_over)
    };
    figures.iter().filter_map(of).collect()
}

/// The interval of a figure's ratio: by chance, and by how it was read. `None` of fewer than two pairs.
fn ratio(name: &'static str, both: &[(Read, Read)], fail_over: f64) -> Option<Ratio> {
    let count = both.len();
    let t = T_9975[count.checked_sub(2)?.min(T_9975.len() - 1)];
    let average = |of: &dyn Fn(&(Read, Read)) -> f64| both.iter().map(of).sum::<f64>() / count as f64;
    let log = |(base, now): &(Read, Read)| (now.value / base.value).ln();
    let mean = average(&log);
    let variance = average(&|pair| (log(pair) - mean).powi(2)) * count as f64 / (count - 1) as f64;
    let blur = average(&|(base, now)| base.blur + now.blur);
    let reach = t * (variance / count as f64).sqrt() + blur;
    let slower = both.iter().filter(|(base, now)| now.value > base.value).count();
    let faster = both.iter().filter(|(base, now)| now.value < base.value).count();
    let (low, high, allowed) = ((mean - reach).exp(), (mean + reach).exp(), 1.0 + fail_over);
    let verdict = match (low, high) {
        (low, _) if low > allowed && by_coin(slower, count) <= ALARMS_MAX => Verdict::Worse,
        (_, high) if high < 1.0 / allowed && by_coin(faster, count) <= ALARMS_MAX => Verdict::Better,
        (low, high) if low >= 1.0 / allowed && high <= allowed => Verdict::Same,
        _ => Verdict::Unclear,
    };
    Some(Ratio {
        name,
        base: average(&|pair| pair.0.value.ln()).exp(),
        now: average(&|pair| pair.1.value.ln()).exp(),
        ratio: mean.exp(),
        low,
        high,
        verdict,
    })
}

/// How often a coin thrown `count` times shows heads at least `heads` times.
fn by_coin(heads: usize, count: usize) -> f64 {
    let mut share = 0.5f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let mut sum = 0.0;
    for shown in 0..=count {
        if shown >= heads {
            sum += share;
        }
        share *= (count - shown) as f64 / (shown + 1) as f64;
    }
    sum
}

/// The judgement for people.
pub fn to_text(ratios: &[Ratio], pairs: usize, fail_over: f64) -> String {
    let allowed = fail_over * 100.0;
    let mut text = format!(
        "{pairs} pairs in turn; WORSE if the whole interval of 99.5 % is beyond +{allowed:.0} %, and it is slower in nearly every pair\n"
    );
    for Ratio { name, base, now, ratio, low, high, verdict } in ratios {
        let verdict = match verdict {
            Verdict::Worse => "WORSE",
            Verdict::Better => "better",
            Verdict::Same => "same",
            Verdict::Unclear => "unclear",
        };
        text.push_str(&format!(
            "{verdict:<8} {name:<32} {base:>10.4} {now:>10.4}  x{ratio:.3} ({low:.3} to {high:.3})\n"
        ));
    }
    if ratios.iter().any(|ratio| ratio.verdict == Verdict::Unclear) {
        text.push_str("unclear: the interval is wider than what is allowed; more --pairs or a longer --for would tell\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;
    use rand_distr::{Distribution as _, StandardNormal, StudentT};
    use wavetank_types::Seed;

    use super::*;

    /// Gates that are simulated for each kind of noise.
    const GATES: u64 = 4_000;

    /// How a machine disturbs runs.
    #[derive(Clone, Copy, Debug)]
    struct Noise {
        /// Spread of a run's own disturbance, as a share.
        own: f64,
        /// Spread of what lasts from run to run, and how much of it is left in the next.
        lasting: f64,
        kept: f64,
        /// How often a run meets something that multiplies it, and by how much.
        spike: (f64, f64),
        /// Change from run to run that goes on, such as a machine that gets warm.
        drift: f64,
        /// Steps in which figures are read, as CPU time is.
        step: f64,
    }

    const NOISES: [Noise; 8] = [
        Noise { own: 0.02, lasting: 0.0, kept: 0.0, spike: (0.0, 1.0), drift: 0.0, step: 0.0 },
        Noise { own: 0.15, lasting: 0.3, kept: 0.9, spike: (0.0, 1.0), drift: 0.0, step: 0.0 },
        Noise { own: 0.05, lasting: 0.2, kept: 0.7, spike: (0.2, 4.0), drift: 0.01, step: 0.0 },
        Noise { own: 0.4, lasting: 0.4, kept: 0.5, spike: (0.05, 20.0), drift: 0.05, step: 0.0 },
        Noise { own: 0.02, lasting: 0.0, kept: 0.0, spike: (0.0, 1.0), drift: 0.0, step: 0.2 },
        Noise { own: 0.05, lasting: 0.1, kept: 0.9, spike: (0.0, 1.0), drift: 0.0, step: 0.5 },
        // A machine that is either idle or busy, for a run or for several.
        Noise { own: 0.01, lasting: 0.0, kept: 0.0, spike: (0.5, 3.0), drift: 0.0, step: 0.0 },
        Noise { own: 0.01, lasting: 0.1, kept: 0.9, spike: (0.3, 2.6), drift: 0.0, step: 0.1 },
    ];

    /// Figures of runs in turn. `slower` multiplies those of this binary. The three figures share what lasts, as real ones do.
    fn gate(noise: Noise, pairs: usize, slower: f64, seed: u64) -> Vec<Ratio> {
        let mut draws = Seed(seed).stream("pairs");
        let heavy = StudentT::new(3.0).expect("three degrees");
        let (mut lasting, mut runs) = (0.0, 0u32);
        let mut run = |factor: f64| {
            let step: f64 = StandardNormal.sample(&mut draws);
            lasting = lasting * noise.kept + step * noise.lasting;
            runs += 1;
            [0, 1, 2].map(|_| {
                let own: f64 = heavy.sample(&mut draws);
                let spike = if draws.random_bool(noise.spike.0) { noise.spike.1 } else { 1.0 };
                let log = lasting + own * noise.own + noise.drift * f64::from(runs);
                let value = 1.3 * factor * spike * log.exp();
                if noise.step == 0.0 {
                    return Read { value, blur: 0.0 };
                }
                let ticks = (value / noise.step).floor().max(1.0);
                Read { value: ticks * noise.step, blur: 1.0 / ticks }
            })
        };
        let mut figures = [const { Vec::new() }; 3];
        for pair in 0..pairs {
            let (base, now) = if base_first(pair) {
                let base = run(1.0);
                (base, run(slower))
            } else {
                let now = run(slower);
                (run(1.0), now)
            };
            for (figure, both) in figures.iter_mut().zip(base.into_iter().zip(now)) {
                figure.push(both);
            }
        }
        figures.iter().filter_map(|both| ratio("figure", both, 0.1)).collect()
    }

    fn share_of_alarms(noise: Noise, pairs: usize, slower: f64) -> f64 {
        let alarm = |seed: &u64| {
            gate(noise, pairs, slower, *seed).iter().any(|ratio| ratio.verdict == Verdict::Worse)
        };
        (0..GATES).filter(alarm).count() as f64 / GATES as f64
    }

    #[test]
    fn two_runs_of_the_same_binary_differ_by_chance_in_fewer_than_1_of_100() {
        for noise in NOISES {
            for pairs in [4, 9, 12, 20] {
                let share = share_of_alarms(noise, pairs, 1.0);
                assert!(share < 0.01, "{share} of gates of {pairs} pairs under {noise:?}");
            }
        }
    }

    #[test]
    fn a_binary_that_is_slower_is_found() {
        let check = |noise: Noise, pairs: usize, slower: f64, least: f64| {
            let share = share_of_alarms(noise, pairs, slower);
            assert!(share > least, "x{slower} is found by {share} of gates of {pairs} pairs under {noise:?}");
        };
        check(NOISES[0], 9, 1.3, 0.99);
        check(NOISES[0], 12, 1.2, 0.99);
        check(NOISES[2], 30, 3.0, 0.7);
    }

    #[test]
    fn figures_that_are_read_in_coarse_steps_are_not_told_apart_by_one_step() {
        let ticks = |count: f64| Read { value: count, blur: 2.0 / count };
        let found = ratio("CPU", &[(ticks(7.0), ticks(8.0)); 9], 0.1).expect("nine pairs");
        assert_eq!(found.verdict, Verdict::Unclear, "{found:?}");
        let found = ratio("CPU", &[(ticks(700.0), ticks(800.0)); 9], 0.1).expect("nine pairs");
        assert_eq!(found.verdict, Verdict::Worse, "{found:?}");
    }

    #[test]
    fn a_coin_shows_nine_of_nine_in_fewer_than_1_of_400_and_eight_of_eight_does_not() {
        let check = |heads: usize, count: usize, of: f64| {
            assert!((by_coin(heads, count) - of).abs() < 1e-12, "{heads} of {count}");
        };
        check(9, 9, 1.0 / 512.0);
        check(8, 8, 1.0 / 256.0);
        check(2, 3, 0.5);
        check(0, 5, 1.0);
        assert!(by_coin(usize::from(PAIRS_MIN), usize::from(PAIRS_MIN)) <= ALARMS_MAX);
    }

    #[test]
    fn intervals_are_those_of_students_t() {
        // Logs 0.1, 0.2, 0.3: mean 0.2, standard error 0.1 / sqrt(3), t of two degrees.
        let read = |value: f64| Read { value, blur: 0.0 };
        let both: Vec<_> = [0.1f64, 0.2, 0.3].iter().map(|log| (read(1.0), read(log.exp()))).collect();
        let found = ratio("figure", &both, 0.1).expect("three pairs");
        let reach = 14.0890 * 0.1 / 3f64.sqrt();
        assert!((found.ratio.ln() - 0.2).abs() < 1e-9);
        assert!((found.low.ln() - (0.2 - reach)).abs() < 1e-4);
        assert!((found.high.ln() - (0.2 + reach)).abs() < 1e-4);
        assert_eq!(found.verdict, Verdict::Unclear);
        assert_eq!(ratio("figure", &both[..1], 0.1), None);
        let order: String = (0..4).map(|pair| if base_first(pair) { "AB" } else { "BA" }).collect();
        assert_eq!(order, "ABBAABBA");
    }
}
