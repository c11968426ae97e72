//! The last API calls, as a feed: what was asked, when, and how it was answered. Bounded; the oldest go first.

use std::borrow::Cow;
use std::collections::VecDeque;
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
}

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
}

impl Calls {
    pub(super) fn add(
        &self,
        time: Timestamp,
        service: &'static str,
        operation: impl Into<Cow<'static, str>>,
        status: u16,
    ) {
        let operation = operation.into();
        let mut kept = self.kept();
        kept.count += 1;
        let n = kept.count;
        if kept.calls.len() == CALLS_MAX {
            kept.calls.pop_front();
        }
        kept.calls.push_back(CallRecord { n, time, service, operation, status });
    }

    /// Those after number `after`, the oldest first, and how many there have been in all.
    pub(super) fn after(&self, after: u64, calls_max: usize) -> (Vec<CallRecord>, u64) {
        let kept = self.kept();
        let calls = kept.calls.iter().filter(|call| call.n > after).take(calls_max).cloned();
        (calls.collect(), kept.count)
    }

    pub(super) fn clear(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("nothing panics while it holds the feed")
    }
}
