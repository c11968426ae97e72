//! Real time plus an offset: the clock of `wavetank serve`, and the task that wakes when something is due.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use wavetank_types::Timestamp;

use super::{Clock, Inner, Tank};

/// Longest sleep of the background task; nothing depends on it but how soon a dropped tank's task ends.
const NAP_MAX: Duration = Duration::from_secs(3_600);

/// The machine's clock plus an offset that only grows.
#[derive(Debug, Default)]
pub struct RealTime {
    offset: Mutex<Duration>,
}

impl RealTime {
    /// Tank time now.
    pub fn now(&self) -> Timestamp {
        machine_time() + *self.offset()
    }

    /// Moves the offset so that tank time is at least `target`.
    pub(super) fn be_at(&self, target: Timestamp) {
        let ahead = target.since(self.now());
        *self.offset() += ahead;
    }

    fn offset(&self) -> std::sync::MutexGuard<'_, Duration> {
        self.offset.lock().expect("nothing panics while it holds the offset")
    }
}

/// The machine's clock. Only drivers and the gateway ask it.
#[expect(clippy::disallowed_methods, reason = "the one door to the machine's clock")]
pub(crate) fn machine_time() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// Wakes at each deadline, does what is due, and starts the jobs that wait. Ends when the tank is dropped.
pub(super) fn run_in_background(tank: &Tank) {
    let weak: Weak<Inner> = Arc::downgrade(&tank.0);
    let wake = Arc::clone(&tank.0.wake);
    tokio::spawn(async move {
        while let Some(inner) = weak.upgrade() {
            let tank = Tank(inner);
            tank.catch_up();
            tank.run_jobs().await;
            let nap = tank.until_next_deadline();
            drop(tank);
            tokio::select! {
                () = wake.notified() => {}
                () = nap_for(nap) => {}
            }
        }
    });
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

#[expect(clippy::disallowed_methods, reason = "the served driver waits for real time to pass")]
pub(super) async fn nap_for(span: Duration) {
    tokio::time::sleep(span).await;
}

impl Tank {
    fn until_next_deadline(&self) -> Duration {
        let Clock::Real(real) = &self.0.clock else { return NAP_MAX };
        let mut core = self.core();
        let next = core.world.next_deadline();
        core.asleep_until = next;
        drop(core);
        next.map_or(NAP_MAX, |at| at.since(real.now()).min(NAP_MAX))
    }
}
