//! The last API calls, as a feed: what was asked, when, and how it was answered. Bounded; the oldest go first.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use serde::Serialize;
use wavetank_types::Timestamp;

/// Calls that are kept.
pub const CALLS_MAX: usize = 10_000;

/// One API call that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    /// Counts calls since the start, from 1.
    pub n: u64,
    /// Tank time of the answer.
    #[serde(serialize_with = "iso")]
    pub time: Timestamp,
    /// Such as `s3`.
    pub service: &'static str,
    /// Such as `PutObject`; empty if the request named none.
    pub operation: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// The error's code, of a call that was refused and told why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// All calls of one operation since the start, however many the feed has let go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many there have been.
    pub calls: u64,
    /// Those that were refused, by the error's code, or the HTTP status where there is none.
    pub errors: BTreeMap<String, u64>,
}

/// Tallies by service and operation.
pub type Tallies = BTreeMap<(&'static str, String), Tally>;

fn iso<S: serde::Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

/// The feed.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    calls: VecDeque<CallRecord>,
    tallies: BTreeMap<&'static str, BTreeMap<Cow<'static, str>, Tally>>,
}

impl Calls {
    pub(super) fn add(
        &self,
        time: Timestamp,
        service: &'static str,
        operation: impl Into<Cow<'static, str>>,
        status: u16,
        error: Option<String>,
    ) {
        let operation = operation.into();
        let mut kept = self.kept();
        kept.count += 1;
        let n = kept.count;
        let tallies = kept.tallies.entry(service).or_default();
        // A name of the model is borrowed: counting it costs no allocation.
        let tally = match tallies.get_mut(&operation) {
            Some(tally) => tally,
            None => tallies.entry(operation.clone()).or_default(),
        };
        tally.calls += 1;
        if status >= 400 {
            let code = error.clone().unwrap_or_else(|| status.to_string());
            *tally.errors.entry(code).or_default() += 1;
        }
        if kept.calls.len() == CALLS_MAX {
            kept.calls.pop_front();
        }
        kept.calls.push_back(CallRecord { n, time, service, operation, status, error });
    }

    /// Those after number `after`, the oldest first, and how many there have been in all.
    pub(super) fn after(&self, after: u64, calls_max: usize) -> (Vec<CallRecord>, u64) {
        let kept = self.kept();
        let calls = kept.calls.iter().filter(|call| call.n > after).take(calls_max).cloned();
        (calls.collect(), kept.count)
    }

    pub(super) fn tallies(&self) -> Tallies {
        let kept = self.kept();
        let all = kept.tallies.iter().flat_map(|(service, by_operation)| {
            by_operation
                .iter()
                .map(move |(operation, tally)| ((*service, operation.to_string()), tally.clone()))
        });
        all.collect()
    }

    pub(super) fn clear(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("nothing panics while it holds the feed")
    }
}
