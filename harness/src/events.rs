//! Records by a template, sent over time at a rate: what the Kinesis Data Generator's page does.
//!
//! The records of a second (`ticks.rs`) go out together at its end and are dated with that instant, so that a run in tank time and its truth, computed later, agree on every byte.

use bytes::Bytes;
use wavetank_generators::kdg::{Rate, Template};
use wavetank_types::{Seed, Timestamp};

use crate::client::Aws;
use crate::progress::Progress;
use crate::send::{Outgoing, SendError, Sink, any_key};
use crate::ticks::ticks;

/// Records, and when they go.
#[derive(Clone, Debug)]
pub struct Events {
    /// What a record looks like.
    pub template: Template,
    /// The seed of every draw.
    pub seed: Seed,
    /// How many records.
    pub count: u64,
    /// How many a second.
    pub rate: Rate,
    /// How far the clock that dates them is ahead, in milliseconds; behind if negative.
    pub ahead_ms: i64,
}

/// One record with its instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 0.
    pub number: u64,
    /// When it goes out, by the clock of whoever sends it.
    pub at: Timestamp,
    /// The record, with its line end.
    pub line: String,
}

impl Events {
    /// Every record of a run that begins at `start`, in order.
    pub fn iter(&self, start: Timestamp) -> impl Iterator<Item = Event> + '_ {
        ticks(self.rate, self.count)
            .flat_map(move |(after, range)| range.map(move |number| self.event(number, start + after)))
    }

    fn event(&self, number: u64, at: Timestamp) -> Event {
        let at = by_clock(at, self.ahead_ms);
        Event { number, at, line: self.template.record(self.seed, number, at) }
    }

    /// Whether a clock that is ahead or behind changes a record of a run that begins at `start`.
    pub(crate) fn is_askew(&self, start: Timestamp) -> bool {
        let right = Self { ahead_ms: 0, ..self.clone() };
        let mut both = self.iter(start).zip(right.iter(start));
        self.ahead_ms != 0 && both.any(|(told, right)| told.line != right.line)
    }

    /// Sends all records as time passes. Answers how many went.
    ///
    /// `start` is the instant from which the rate counts: the target's time, now.
    pub async fn send(
        &self,
        aws: Aws<'_>,
        sink: &Sink,
        start: Timestamp,
        progress: &dyn Progress,
    ) -> Result<u64, SendError> {
        let mut sent = 0;
        for (after, range) in ticks(self.rate, self.count) {
            let at = start + after;
            aws.target().pause(at.since(aws.target().now())).await;
            let outgoing = |number| Outgoing {
                key: any_key(self.seed, "kdg/key", number),
                data: Bytes::from(self.event(number, at).line),
            };
            sent += range.end - range.start;
            aws.target().intend(at, range.end - range.start);
            sink.send(aws, &range.map(outgoing).collect::<Vec<_>>()).await?;
            progress.at(sent);
        }
        Ok(sent)
    }
}

/// What a clock shows at an instant that is so far ahead, in milliseconds; behind if negative.
pub(crate) fn by_clock(at: Timestamp, ahead_ms: i64) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(ahead_ms.saturating_mul(1_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_has_its_number_and_the_instant_of_its_tick() {
        let template = Template::parse("{{date.utc(\"ss\")}}").expect("a template");
        let events =
            Events { template, seed: Seed(1), count: 5, rate: "2/s".parse().expect("a rate"), ahead_ms: 0 };
        let all: Vec<(u64, String)> =
            events.iter(Timestamp::TANK_EPOCH).map(|event| (event.number, event.line)).collect();
        let expected = ["01", "01", "02", "02", "03"].map(|second| format!("{second}\n"));
        assert_eq!(all, (0..).zip(expected).collect::<Vec<_>>());
        let ahead = Events { ahead_ms: 1_000, ..events.clone() };
        assert!(ahead.is_askew(Timestamp::TANK_EPOCH) && !events.is_askew(Timestamp::TANK_EPOCH));
        let undated = Template::parse("no date").expect("a template");
        assert!(!Events { template: undated, ..ahead.clone() }.is_askew(Timestamp::TANK_EPOCH));
        assert_eq!(ahead.iter(Timestamp::TANK_EPOCH).next().map(|event| event.line), Some("02\n".to_owned()));
        let never = Events { rate: "0/s".parse().expect("a rate"), ..events };
        assert_eq!(never.iter(Timestamp::TANK_EPOCH).count(), 0);
    }
}
