//! How time passes for a job's process that waits: for what it has started itself, or between two looks at something.
//!
//! A frozen tank moves on as far as the process waits, and runs what falls due and the jobs of that on the way, though the
//! process's own job is still under way: `Tank::advance` would wait for that one's end. In a served tank the process waits
//! as long as anybody does; moving the clock ends the wait.

use std::pin::Pin;
use std::time::Duration;

use wavetank_types::Timestamp;

use super::served::nap_for;
use super::{STEPS_PER_INSTANT_MAX, Tank};

/// Real time between two looks at the clock of a served tank.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Tank {
    /// [`Tank::run_jobs`] without its type: one of those jobs may itself wait here.
    fn jobs_that_wait(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(self.run_jobs())
    }

    /// Comes back when `span` of tank time has passed; says what time it is then.
    pub(crate) async fn pass(&self, span: Duration) -> Timestamp {
        let target = self.clock_now() + span;
        if !self.is_frozen() {
            loop {
                let rest = target.since(self.now());
                if rest.is_zero() {
                    return self.now();
                }
                nap_for(rest.min(LOOK_EVERY)).await;
            }
        }
        let mut steps_here = 0;
        loop {
            if self.jobs_that_wait().await {
                continue;
            }
            let (told, moved, done, now) = {
                let mut core = self.core();
                let next = core.world.next_deadline().filter(|at| *at <= target);
                let at = next.unwrap_or(target);
                let moved = at > core.world.now();
                core.world.step_to(at);
                (core.hand_out(), moved, next.is_none(), core.world.now())
            };
            if told {
                tokio::task::yield_now().await;
            }
            if done && !self.core().world.has_waiting_jobs() {
                return now;
            }
            steps_here = if moved { 0 } else { steps_here + 1 };
            assert!(steps_here < STEPS_PER_INSTANT_MAX, "something is due for ever at {now:?}");
        }
    }
}
