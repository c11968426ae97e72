//! What a load counted: requests, records, bytes, errors by AWS's names, and three histograms. Adding two is one `add`.
//!
//! Times are microseconds, to three digits, up to an hour.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::is_throttle;
use crate::http::Answer;

const MICROS_MAX: u64 = 3_600_000_000;
const DIGITS: u8 = 3;

/// A histogram of times; in JSON the base64 of HdrHistogram's V2 with deflate, which its tools of other languages read.
#[derive(Clone, Debug, PartialEq)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, MICROS_MAX, DIGITS).expect("bounds that HdrHistogram takes"))
    }
}

impl Times {
    /// Takes one time.
    pub fn record(&mut self, span: Duration) {
        self.0.saturating_record(u64::try_from(span.as_micros()).unwrap_or(MICROS_MAX));
    }

    /// Takes the same time this often.
    pub fn record_many(&mut self, span: Duration, count: u64) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(MICROS_MAX);
        self.0.saturating_record_n(micros, count);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds");
    }

    /// The time that this share of all was within, in milliseconds.
    pub fn at(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1e3
    }

    /// In milliseconds.
    pub fn mean(&self) -> f64 {
        self.0.mean() / 1e3
    }

    /// In milliseconds.
    pub fn max(&self) -> f64 {
        self.0.max() as f64 / 1e3
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }
}

impl Serialize for Times {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        let written = V2DeflateSerializer::new().serialize(&self.0, &mut bytes);
        written.map_err(|error| serde::ser::Error::custom(format!("{error:?}")))?;
        to.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let text = String::deserialize(from)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        let read: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| D::Error::custom(format!("{error:?}")))?;
        // A file of another tool may have other bounds.
        let mut times = Self::default();
        times.0.add(&read).map_err(|error| D::Error::custom(format!("{error:?}")))?;
        Ok(times)
    }
}

/// Numbers that do not depend on how fast the machine is, or say how much of it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counters {
    /// Requests that were to leave.
    pub intended: u64,
    /// Requests that left, tries not counted twice.
    pub requests: u64,
    /// Requests that the service took, wholly or in part.
    pub answered: u64,
    /// Requests that were to leave and had not when the load ended: the server, or the generator, could not keep up.
    pub unsent: u64,
    /// Calls of the API, tries included, polls not.
    pub calls: u64,
    /// Looks whether something is done: the slower it is, the more. Files of before 2026-12 count them among the calls.
    #[serde(default)]
    pub polls: u64,
    /// Bytes of polls, both ways.
    #[serde(default)]
    pub poll_bytes: u64,
    /// Records that were sent.
    pub records: u64,
    /// Records that were taken.
    pub accepted: u64,
    /// Records that a request of success refused.
    pub refused: u64,
    /// Requests that failed, throttles not among them.
    pub errors: u64,
    /// Requests, and entries of requests, that were throttled.
    pub throttles: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// Kept connections that turned out to be closed.
    pub reconnects: u64,
    /// Bytes of requests, heads included, polls not.
    pub bytes_sent: u64,
    /// Bytes of answers, of polls not.
    pub bytes_received: u64,
    /// Rows that queries answered.
    pub rows_returned: u64,
    /// Bytes that queries read, as the service says.
    pub bytes_scanned: u64,
}

impl Counters {
    pub(crate) fn add(&mut self, other: &Self) {
        self.intended += other.intended;
        self.requests += other.requests;
        self.answered += other.answered;
        self.unsent += other.unsent;
        self.calls += other.calls;
        self.polls += other.polls;
        self.poll_bytes += other.poll_bytes;
        self.records += other.records;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.errors += other.errors;
        self.throttles += other.throttles;
        self.retries += other.retries;
        self.reconnects += other.reconnects;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.rows_returned += other.rows_returned;
        self.bytes_scanned += other.bytes_scanned;
    }
}

/// Everything that one connection, or all of them, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Numbers.
    pub counters: Counters,
    /// Failures by AWS's name; those of ours are in brackets.
    pub errors: BTreeMap<String, u64>,
    /// Throttles by AWS's name.
    pub throttles: BTreeMap<String, u64>,
    /// From the instant at which a request was to leave to its answer.
    pub latency: Times,
    /// From the instant at which it left.
    pub service: Times,
    /// How long after its instant it left although a connection was free: the generator's own lateness.
    pub lateness: Times,
}

impl Tally {
    /// Counts one answer as a service gave it: its status, its error's type header if it has one, its body. Whether all of the request
    /// was taken: then it counts as answered, and else its sender tries again what was not.
    pub fn count_answer(&mut self, status: u16, error_type: Option<&str>, body: &[u8]) -> bool {
        if (200..300).contains(&status) {
            let refused = refusals(body);
            for (name, count) in &refused {
                self.count_refused(name, *count);
            }
            self.counters.answered += u64::from(refused.is_empty());
            return refused.is_empty();
        }
        let name = crate::api::error_name(Answer { status, error_type, body });
        let (number, names) = match is_throttle(status, &name) {
            true => (&mut self.counters.throttles, &mut self.throttles),
            false => (&mut self.counters.errors, &mut self.errors),
        };
        *number += 1;
        *names.entry(name).or_default() += 1;
        false
    }

    /// Entries that a request of success refused by this name.
    pub(crate) fn count_refused(&mut self, name: &str, count: u64) {
        self.counters.refused += count;
        let names = if is_throttle(200, name) {
            self.counters.throttles += count;
            &mut self.throttles
        } else {
            &mut self.errors
        };
        *names.entry(name.to_owned()).or_default() += count;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.counters.add(&other.counters);
        for (to, from) in [(&mut self.errors, &other.errors), (&mut self.throttles, &other.throttles)] {
            for (name, count) in from {
                *to.entry(name.clone()).or_default() += count;
            }
        }
        self.latency.add(&other.latency);
        self.service.add(&other.service);
        self.lateness.add(&other.lateness);
    }
}

/// Entries that an answer of success has refused, by name: of PutRecords, PutRecordBatch, SendMessageBatch and BatchWriteItem.
fn refusals(body: &[u8]) -> BTreeMap<String, u64> {
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut names = BTreeMap::<String, u64>::new();
    for entries in ["Records", "RequestResponses", "Failed"] {
        for entry in read[entries].as_array().into_iter().flatten() {
            if let Some(code) = entry["ErrorCode"].as_str().or_else(|| entry["Code"].as_str()) {
                *names.entry(code.to_owned()).or_default() += 1;
            }
        }
    }
    let tables = read["UnprocessedItems"].as_object();
    let open: usize =
        tables.into_iter().flat_map(|tables| tables.values()).filter_map(Value::as_array).map(Vec::len).sum();
    if open > 0 {
        // Items come back without a name when the table's throughput is used up.
        names.insert("ProvisionedThroughputExceededException".to_owned(), open as u64);
    }
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(micros: &[u64]) -> Tally {
        let mut tally = Tally::default();
        for (number, micros) in (0..).zip(micros) {
            tally.latency.record(Duration::from_micros(*micros));
            tally.counters.requests += 1;
            tally.counters.bytes_sent += micros;
            if number % 3 == 0 {
                *tally.errors.entry(format!("Error{}", micros % 2)).or_default() += 1;
            }
        }
        tally
    }

    proptest! {
        #[test]
        fn what_is_written_and_read_is_the_same_and_parts_add_up_to_the_whole(
            micros in prop::collection::vec(1u64..2_000_000, 0..200), cut in 0usize..200,
        ) {
            let whole = tally(&micros);
            let text = serde_json::to_string(&whole).expect("it can be written");
            prop_assert_eq!(&serde_json::from_str::<Tally>(&text).expect("it can be read"), &whole);
            let (before, after) = micros.split_at(cut.min(micros.len()) / 3 * 3);
            let mut joined = tally(before);
            joined.add(&tally(after));
            prop_assert_eq!(joined, whole);
        }
    }

    #[test]
    fn an_answer_of_success_that_refused_entries_leaves_its_request_open() {
        let check = |body: &str, refused: u64, throttles: u64, name: Option<&str>| {
            let mut tally = Tally::default();
            assert_eq!(tally.count_answer(200, None, body.as_bytes()), refused == 0, "{body}");
            let counters = tally.counters;
            assert_eq!((counters.answered, counters.refused), (u64::from(refused == 0), refused), "{body}");
            assert_eq!((counters.throttles, counters.errors), (throttles, 0), "{body}");
            assert_eq!(
                tally.errors.keys().chain(tally.throttles.keys()).next().map(String::as_str),
                name,
                "{body}"
            );
        };
        check(r#"{"FailedRecordCount":0,"Records":[{"SequenceNumber":"1","ShardId":"s"}]}"#, 0, 0, None);
        let throttled = r#"{"FailedRecordCount":1,"Records":[{},{"ErrorCode":"ProvisionedThroughputExceededException"}]}"#;
        check(throttled, 1, 1, Some("ProvisionedThroughputExceededException"));
        let failed =
            r#"{"RequestResponses":[{"ErrorCode":"InternalFailure"},{"ErrorCode":"InternalFailure"}]}"#;
        check(failed, 2, 0, Some("InternalFailure"));
        check(
            r#"{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"InvalidMessage"}]}"#,
            1,
            0,
            Some("InvalidMessage"),
        );
        check(r#"{"UnprocessedItems":{}}"#, 0, 0, None);
        let open = r#"{"UnprocessedItems":{"t":[{"PutRequest":{}},{"PutRequest":{}}]}}"#;
        check(open, 2, 2, Some("ProvisionedThroughputExceededException"));
        check("", 0, 0, None);
        let mut tally = Tally::default();
        assert!(!tally.count_answer(503, None, b"<Code>SlowDown</Code>"));
        assert_eq!((tally.counters.answered, tally.counters.throttles), (0, 1));
    }

    #[test]
    fn shares_of_times_are_milliseconds() {
        let mut times = Times::default();
        (1..=1_000).for_each(|millis| times.record(Duration::from_millis(millis)));
        let check =
            |share: f64, millis: f64| assert!((times.at(share) - millis).abs() < millis * 0.002, "{share}");
        check(0.5, 500.0);
        check(0.99, 990.0);
        check(1.0, 1_000.0);
        times.record(Duration::from_secs(7_200));
        assert!((times.max() - 3_600_000.0).abs() < 3_600.0, "an hour is the most: {}", times.max());
    }
}
