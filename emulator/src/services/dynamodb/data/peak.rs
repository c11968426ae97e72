//! [`Peak`]: what a table on demand has been used to. It takes twice that at once.
//!
//! A second's units are a peak; half an hour later they count as settled.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadWriteCapacityMode.html (an edition of 2023-02
//! read 2026-11-28): twice the previous peak, and no more within 30 minutes. Assumed: that a peak is of one second.

use std::collections::VecDeque;

use wavetank_types::Timestamp;

use crate::services::dynamodb::limits::PEAK_SECONDS;

/// The greatest uses, each second.
#[derive(Clone, Debug, Default)]
pub(super) struct Peak {
    settled: f64,
    /// Later ones, each with its second, falling: one that a later one exceeds is of no use.
    recent: VecDeque<(i64, f64)>,
    /// The second under way, and its units.
    now: (i64, f64),
}

impl Peak {
    /// Counts units of this instant.
    pub(super) fn note(&mut self, now: Timestamp, units: f64) {
        let second = now.secs();
        if second != self.now.0 {
            self.end_second();
            self.now = (second, 0.0);
        }
        self.now.1 += units;
    }

    fn end_second(&mut self) {
        let (second, units) = self.now;
        if units <= self.settled {
            return;
        }
        while self.recent.back().is_some_and(|(_, before)| *before <= units) {
            self.recent.pop_back();
        }
        self.recent.push_back((second, units));
    }

    /// The greatest use that is half an hour old.
    pub(super) fn settled(&mut self, now: Timestamp) -> f64 {
        if self.now.0 != now.secs() && self.now.1 > 0.0 {
            self.end_second();
            self.now.1 = 0.0;
        }
        while self.recent.front().is_some_and(|(second, _)| second + PEAK_SECONDS <= now.secs()) {
            let (_, units) = self.recent.pop_front().expect("looked at just above");
            self.settled = self.settled.max(units);
        }
        self.settled
    }
}
