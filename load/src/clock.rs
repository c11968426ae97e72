//! The machine's clock. A load lives in real time: this is the one file that reads it.

#![expect(
    clippy::disallowed_methods,
    reason = "a load lives in real time, and no tank's clock is meant here"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longest sleep before it is looked whether somebody wants to stop.
const NAP: Duration = Duration::from_millis(100);

pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Time since 1970.
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(crate) fn sleep(span: Duration) {
    std::thread::sleep(span);
}

/// Sleeps until `at`, or until `stop`. A thread's sleep is exact to 60 us, where an async timer counts milliseconds.
pub(crate) fn sleep_until(at: Instant, stop: &AtomicBool) {
    loop {
        let rest = at.saturating_duration_since(Instant::now());
        if rest.is_zero() || stop.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep(rest.min(NAP));
    }
}
