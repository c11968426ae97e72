//! A swarm of faults: which kinds are on, their shares and windows, all drawn from one seed.
//!
//! Drawn are faults that a correct pipeline survives. A scenario's `[sim]` leaves out more, with the reason. Windows are
//! shares of the time in which the input arrives, so that the pipeline comes to rest after the last of them. Where a pipeline may
//! fail is in `place.rs`, what each kind does in `kind.rs`, how a swarm is put into force in `force.rs`.

use rand::Rng;
use serde::{Deserialize, Serialize};
use wavetank_scenarios::Scenario;
use wavetank_types::{Seed, Stream};

use super::kind::Kind;
use super::place::places;

/// In the last tenth of the time the pipeline catches up.
const UNTIL_MAX: f64 = 0.9;
/// Of the tries of one call so many pass at least, whatever refuses them together: with fewer, a producer that gives up after
/// minutes and a delivery stream that waits longer from try to try would not come through, and that is nobody's error.
const PASS_MIN: f64 = 0.3;
/// How long a consumer is away: an hour.
const AWAY_MS: i64 = 3_600_000;

/// One fault of a swarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// What goes wrong.
    pub kind: Kind,
    /// The service's model name; empty for what is of no service: functions, the region, the producer's clock.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service: String,
    /// The operation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// The service whose calls it meets; empty for those of clients and functions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub caller: String,
    /// The share of calls or runs that it meets, 0.0 to 1.0.
    pub share: f64,
    /// From this share of the time in which the input arrives.
    pub from: f64,
    /// Until this share of it. A consumer's absence ends after its own time.
    pub until: f64,
    /// How slow, how long, how far ahead, in milliseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub by_ms: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Drawn {
    /// What it meets, as people read it.
    pub fn place(&self) -> String {
        let what = match self.kind {
            Kind::Region => "every call",
            Kind::Stall => "event source mappings",
            Kind::ClockAskew => "the producer",
            kind if kind.is_of_functions() => "functions",
            Kind::JobBefore | Kind::JobAfter | Kind::JobSlow => "runs of Glue's jobs",
            Kind::CrawlFails => "crawls",
            Kind::QueryFails | Kind::QuerySlow => "queries",
            _ if self.caller.is_empty() => return format!("{} {}", self.service, self.operation),
            _ => return format!("{} {} by {}", self.service, self.operation, self.caller),
        };
        what.to_owned()
    }

    /// How often it happens at most in a run: as often as what tries again there, and be it a function without an SDK that does, gets
    /// through all the same.
    ///
    /// An event that reaches a function asynchronously is tried three times, and two kinds refuse its call to S3. Firehose tries a
    /// transformation four times, and behind the last its records are failed ones.
    pub(crate) fn hits_max(&self) -> Option<u64> {
        match (self.caller.as_str(), self.service.as_str(), self.operation.as_str()) {
            ("", "s3", "GetObject") | ("lambda", "s3", "PutObject") => Some(1),
            ("firehose", "lambda", "Invoke") => Some(2),
            _ => self.kind.hits_max(),
        }
    }
}

/// The faults of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swarm {
    /// In the order in which they are asked.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Drawn>,
}

/// All that may go wrong in a scenario, read off it once for all seeds.
#[derive(Clone, Debug)]
pub struct Chances(Vec<Chance>);

/// A fault that may be drawn.
#[derive(Clone, Debug)]
struct Chance {
    /// The name of its random stream.
    stream: String,
    /// Without strength and window.
    fault: Drawn,
}

impl Chances {
    /// Those of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let places = places(scenario).into_iter();
        let all = places.flat_map(|(caller, service, operation, kinds)| {
            kinds.iter().map(move |kind| Chance {
                stream: format!("sim/{caller}/{service}/{operation}/{}", kind.name()),
                fault: Drawn {
                    kind: *kind,
                    service: service.to_owned(),
                    operation: operation.to_owned(),
                    caller: caller.to_owned(),
                    share: 0.0,
                    from: 0.0,
                    until: 0.0,
                    by_ms: 0,
                },
            })
        });
        Self(all.filter(|chance| !is_excluded(scenario, &chance.fault)).collect())
    }

    /// The swarm of a seed. `intensity`, 0.0 to 1.0, is drawn too if it is not given; 0.0 draws nothing.
    pub fn draw(&self, seed: u64, intensity: Option<f64>) -> Swarm {
        let seed = Seed(seed);
        let intensity = intensity.unwrap_or_else(|| unit(&mut seed.stream("sim/intensity")));
        let drawn = |chance: &Chance| draw_one(&chance.fault, intensity, seed.stream(&chance.stream));
        let mut faults = self.0.iter().filter_map(drawn).collect::<Vec<_>>();
        let_pass(&mut faults);
        Swarm { faults }
    }
}

impl Swarm {
    /// The swarm of one seed ([`Chances::draw`]).
    pub fn draw(scenario: &Scenario, seed: u64, intensity: Option<f64>) -> Self {
        Chances::of(scenario).draw(seed, intensity)
    }

    /// How far the producer's clock is ahead.
    pub fn askew_ms(&self) -> i64 {
        self.faults.iter().filter(|drawn| drawn.kind == Kind::ClockAskew).map(|drawn| drawn.by_ms).sum()
    }
}

fn is_excluded(scenario: &Scenario, drawn: &Drawn) -> bool {
    let is_met = |of: &Option<String>, at: &str| of.as_deref().is_none_or(|of| of == at);
    scenario.sim.excludes.iter().any(|exclude| {
        exclude.kind == drawn.kind.name()
            && is_met(&exclude.service, &drawn.service)
            && is_met(&exclude.operation, &drawn.operation)
    })
}

/// Whether a fault is on, how strong, when: always the same number of draws, so that no fault moves another.
fn draw_one(place: &Drawn, intensity: f64, mut stream: Stream) -> Option<Drawn> {
    let is_on = unit(&mut stream) < 0.1 + 0.5 * intensity;
    let (strength, begin, length) = (unit(&mut stream), unit(&mut stream), unit(&mut stream));
    let size = unit(&mut stream);
    if !is_on || intensity <= 0.0 {
        return None;
    }
    // Much happens at once at the beginning, in some pipelines all of it.
    let from = rounded((begin - 0.4).max(0.0) * 1.1);
    let length = match place.kind {
        // A region is away for a tenth of the time at most.
        Kind::Region => 0.02 + 0.08 * length,
        _ => 0.1 + 0.9 * length,
    };
    let until = rounded((from + length).min(UNTIL_MAX));
    let share = match place.kind {
        Kind::Outage | Kind::Region | Kind::Stall | Kind::ClockAskew => 1.0,
        _ => rounded((0.02 + 0.78 * strength) * intensity).max(0.01),
    };
    let by_ms = match place.kind {
        Kind::Slow | Kind::OutOfOrder => 100 + (size * 4_900.0) as i64,
        Kind::Outage | Kind::Stall => AWAY_MS,
        Kind::QuerySlow => 1_000 + (size * 59_000.0) as i64,
        // Five minutes at most: what is planned for after a job leaves it more.
        Kind::JobSlow => 60_000 + (size * 240_000.0) as i64,
        Kind::ClockAskew => ((size - 0.5) * 240_000.0) as i64,
        _ => 0,
    };
    Some(Drawn { share, from, until, by_ms, ..place.clone() })
}

/// Weakens what refuses the same call together, so that enough of its tries pass.
fn let_pass(faults: &mut [Drawn]) {
    let mut places: Vec<String> =
        faults.iter().filter(|drawn| drawn.kind.refuses()).map(Drawn::place).collect();
    places.sort_unstable();
    places.dedup();
    for place in places {
        let mut together: Vec<&mut Drawn> =
            faults.iter_mut().filter(|drawn| drawn.kind.refuses() && drawn.place() == place).collect();
        let pass: f64 = together.iter().map(|drawn| 1.0 - drawn.share).product();
        if pass < PASS_MIN {
            let power = PASS_MIN.ln() / pass.ln();
            for drawn in &mut together {
                drawn.share = rounded(1.0 - (1.0 - drawn.share).powf(power));
            }
        }
    }
}

/// From 0.0 up to but not 1.0.
fn unit(stream: &mut Stream) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// To the thousandth: what is written in a file is what was drawn.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use wavetank_scenarios::Step;

    use super::*;

    #[test]
    fn a_seed_always_draws_the_same_swarm_and_all_seeds_draw_every_kind_that_there_is() {
        let mut seen = BTreeSet::new();
        for name in ["trades", "data-lake-iot", "fashion-store"] {
            let scenario = Scenario::open(name).unwrap();
            for seed in 0..100 {
                let swarm = Swarm::draw(&scenario, seed, None);
                assert_eq!(swarm, Swarm::draw(&scenario, seed, None));
                for drawn in &swarm.faults {
                    seen.insert(drawn.kind);
                    assert!(
                        drawn.from < drawn.until && drawn.until <= UNTIL_MAX && drawn.share <= 1.0,
                        "{drawn:?}"
                    );
                }
                assert!(Swarm::draw(&scenario, seed, Some(0.0)).faults.is_empty());
            }
        }
        assert_eq!(seen, BTreeSet::from(Kind::ALL));
    }

    #[test]
    fn a_clock_is_askew_only_where_records_are_dated_and_a_job_slow_only_where_it_is_waited_for() {
        let draws = |scenario: &Scenario, kind: Kind| {
            let drawn = |seed| Swarm::draw(scenario, seed, Some(1.0)).faults;
            (0..50).flat_map(drawn).any(|drawn| drawn.kind == kind)
        };
        let mut iot = Scenario::open("data-lake-iot").unwrap();
        assert!(draws(&iot, Kind::ClockAskew) && draws(&iot, Kind::JobSlow));
        let template = iot.input.template.clone().unwrap();
        iot.files.insert(template, "{{random.uuid}}".to_owned());
        assert!(!draws(&iot, Kind::ClockAskew));
        iot.steps.push(Step::Run { run: "join".to_owned(), within: Duration::from_secs(300) });
        assert!(!draws(&iot, Kind::JobSlow));
        let trades = Scenario::open("trades").unwrap();
        assert!(!draws(&trades, Kind::ClockAskew) && !draws(&trades, Kind::JobSlow));
    }

    #[test]
    fn what_refuses_one_call_lets_enough_of_its_tries_pass() {
        let mut weakest = 1.0f64;
        for name in wavetank_scenarios::NAMES {
            let scenario = Scenario::open(name).unwrap();
            for seed in 0..200 {
                let mut pass: BTreeMap<String, f64> = BTreeMap::new();
                for drawn in Swarm::draw(&scenario, seed, Some(1.0)).faults {
                    if drawn.kind.refuses() {
                        *pass.entry(drawn.place()).or_insert(1.0) *= 1.0 - drawn.share;
                    }
                }
                weakest = pass.into_values().fold(weakest, f64::min);
            }
        }
        // Shares are told to the thousandth.
        assert!((0.295..0.35).contains(&weakest), "{weakest}");
    }

    #[test]
    fn what_a_scenario_excludes_is_a_kind_and_is_never_drawn() {
        for name in wavetank_scenarios::NAMES {
            let scenario = Scenario::open(name).unwrap();
            for exclude in &scenario.sim.excludes {
                assert!(Kind::of_name(&exclude.kind).is_some(), "{name}: {exclude:?}");
            }
            for seed in 0..50 {
                for drawn in Swarm::draw(&scenario, seed, Some(1.0)).faults {
                    assert!(!is_excluded(&scenario, &drawn), "{name}: {drawn:?}");
                }
            }
        }
    }
}
