//! A swarm of faults: which kinds are on, their shares and windows, all drawn from one seed.
//!
//! Drawn are faults that a correct pipeline survives. A scenario's `[sim]` leaves out more, with the reason. Windows are
//! shares of the time in which the input arrives, so that the pipeline comes to rest after the last of them. What each kind
//! does is in `kind.rs`, how a swarm is put into force in `force.rs`.

use rand::Rng;
use serde::{Deserialize, Serialize};
use wavetank_scenarios::{Scenario, Step};
use wavetank_types::{Seed, Stream};

use super::kind::Kind;

/// In the last tenth of the time the pipeline catches up.
const UNTIL_MAX: f64 = 0.9;
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
            _ if self.caller.is_empty() => return format!("{} {}", self.service, self.operation),
            _ => return format!("{} {} by {}", self.service, self.operation, self.caller),
        };
        what.to_owned()
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

/// Where something may go wrong: the service that calls, service, operation, kinds.
type Place = (&'static str, &'static str, &'static str, &'static [Kind]);

const BATCH: &[Kind] =
    &[Kind::Throttle, Kind::Partial, Kind::ServerError, Kind::Slow, Kind::Lost, Kind::Duplicate];
/// S3's answers cannot be delayed.
const OBJECT: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::Lost, Kind::Duplicate];
/// Of calls that functions make: one that fails fails the function.
const INNER: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::Lost];
/// Of calls that a service makes, and makes again until it succeeds.
const BETWEEN: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::Lost];
const READ: &[Kind] = &[Kind::Throttle, Kind::ServerError, Kind::ExpiredIterator];
const RUN: &[Kind] = &[
    Kind::CrashBefore,
    Kind::CrashAfter,
    Kind::TimeoutBefore,
    Kind::TimeoutAfter,
    Kind::Redelivery,
    Kind::OutOfOrder,
];

fn places(scenario: &Scenario) -> Vec<Place> {
    let to = scenario.input.to.split(':').next().unwrap_or_default();
    let template = scenario.file(&scenario.template);
    let has = |kind: &str| template.contains(kind);
    let mut places: Vec<Place> = match to {
        "kinesis" => vec![("", "kinesis", "PutRecords", BATCH)],
        "firehose" => vec![("", "firehose", "PutRecordBatch", BATCH)],
        "dynamodb" => vec![("", "dynamodb", "BatchWriteItem", BATCH)],
        "sqs" => vec![("", "sqs", "SendMessageBatch", BATCH)],
        "s3" => vec![("", "s3", "PutObject", OBJECT)],
        _ => Vec::new(),
    };
    if has("AWS::Lambda::Function") {
        places.push(("", "", "", RUN));
        if has("AWS::DynamoDB::Table") {
            places.extend(["PutItem", "UpdateItem", "GetItem"].map(|name| ("", "dynamodb", name, INNER)));
            if to != "dynamodb" {
                places.push(("", "dynamodb", "BatchWriteItem", INNER));
            }
        }
        if scenario.steps.iter().any(|step| matches!(step, Step::Job { .. })) {
            places.push(("", "glue", "StartJobRun", &[Kind::Throttle, Kind::ServerError]));
        }
    }
    if has("AWS::Lambda::EventSourceMapping") {
        places.push(("", "", "", &[Kind::Outage, Kind::Stall]));
    }
    for (caller, consumer) in
        [("lambda", "AWS::Lambda::EventSourceMapping"), ("firehose", "KinesisStreamSourceConfiguration")]
    {
        if has("AWS::Kinesis::Stream") && has(consumer) {
            places.push((caller, "kinesis", "GetRecords", READ));
        }
    }
    if has("StreamSpecification") {
        places.push(("lambda", "dynamodbstreams", "GetRecords", READ));
    }
    if has("AWS::KinesisFirehose::DeliveryStream") {
        places.push(("firehose", "s3", "PutObject", BETWEEN));
    }
    if scenario.input.template.is_some() || scenario.input.orders.is_some() {
        places.push(("", "", "", &[Kind::ClockAskew]));
    }
    places.push(("", "", "", &[Kind::Region]));
    places
}

impl Swarm {
    /// The swarm of a seed. `intensity`, 0.0 to 1.0, is drawn too if it is not given; 0.0 draws nothing.
    pub fn draw(scenario: &Scenario, seed: u64, intensity: Option<f64>) -> Self {
        let seed = Seed(seed);
        let intensity = intensity.unwrap_or_else(|| unit(&mut seed.stream("sim/intensity")));
        let mut faults = Vec::new();
        for (caller, service, operation, kinds) in places(scenario) {
            for kind in kinds {
                let stream = seed.stream(&format!("sim/{caller}/{service}/{operation}/{}", kind.name()));
                let place = Drawn {
                    kind: *kind,
                    service: service.to_owned(),
                    operation: operation.to_owned(),
                    caller: caller.to_owned(),
                    share: 0.0,
                    from: 0.0,
                    until: 0.0,
                    by_ms: 0,
                };
                if !is_excluded(scenario, &place) {
                    faults.extend(draw_one(place, intensity, stream));
                }
            }
        }
        Self { faults }
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
fn draw_one(place: Drawn, intensity: f64, mut stream: Stream) -> Option<Drawn> {
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
        Kind::ClockAskew => ((size - 0.5) * 240_000.0) as i64,
        _ => 0,
    };
    Some(Drawn { share, from, until, by_ms, ..place })
}

/// From 0.0 up to but not 1.0.
fn unit(stream: &mut Stream) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// To the thousandth: what is written in a file is what was drawn.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
