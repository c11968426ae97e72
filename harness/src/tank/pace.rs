//! How an SDK's sleeps pass: in tank time, and only when nobody is at work.
//!
//! A client that backs off, or waits for a stream to become active, sleeps. In a frozen tank that sleep ends when tank time
//! has got there; and where every call has been answered, so that nothing else would move time, the earliest sleeper
//! moves it himself. A timeout is a sleep beside a call: it ends when the call takes that long in tank time.
//! Inside a function's run time stands still: a sleep there is added to how long the run is taken to last, and a sleep
//! beside one, of a task that it has spawned, takes none.
//! A sleep is rounded up to whole seconds: the SDK draws a back-off from the machine's entropy, up to its longest, and with
//! [`BACK_OFF`] as both bounds every one is the same.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use tokio::sync::Notify;
use wavetank_types::Timestamp;

/// What every back-off of a tank's clients lasts, in tank time.
pub(super) const BACK_OFF: Duration = Duration::from_secs(1);

/// Turns that other tasks get before a sleeper takes it that nobody is at work.
const TURNS: u32 = 32;

tokio::task_local! {
    /// Within a function's run: how long its sleeps have been.
    pub(super) static SPENT: Arc<Mutex<Duration>>;
}

/// Who sleeps, and how many calls are under way.
#[derive(Debug)]
pub(super) struct Pace {
    tank: wavetank_emulator::Tank,
    calls: AtomicUsize,
    sleepers: Mutex<BTreeSet<(Timestamp, u64)>>,
    next_sleeper: AtomicU64,
    changed: Notify,
}

/// A call under way, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Pace>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

/// An entry of the list, until it is dropped.
struct Sleeper {
    pace: Arc<Pace>,
    entry: (Timestamp, u64),
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.pace.sleepers.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
        self.pace.changed.notify_waiters();
    }
}

impl Pace {
    pub(super) fn new(tank: &wavetank_emulator::Tank) -> Arc<Self> {
        let (calls, sleepers, next_sleeper, changed) = Default::default();
        Arc::new(Self { tank: tank.clone(), calls, sleepers, next_sleeper, changed })
    }

    /// A call begins.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.calls.fetch_add(1, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }

    /// Tank time has been moved.
    pub(super) fn has_moved(&self) {
        self.changed.notify_waiters();
    }

    /// Who has slept long enough by now gets his turn first.
    pub(super) async fn let_due_sleepers_wake(&self) {
        let first = || {
            let sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
            sleepers.first().map(|(until, _)| *until)
        };
        if first().is_some_and(|until| until <= self.tank.now()) {
            self.changed.notify_waiters();
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        }
    }

    fn add_sleeper(self: &Arc<Self>, until: Timestamp) -> Sleeper {
        let entry = (until, self.next_sleeper.fetch_add(1, Ordering::SeqCst));
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner).insert(entry);
        Sleeper { pace: Arc::clone(self), entry }
    }

    /// Whether it is this one's turn to move time.
    fn may_move(&self, sleeper: &Sleeper) -> bool {
        let sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        self.calls.load(Ordering::SeqCst) == 0 && sleepers.first() == Some(&sleeper.entry)
    }

    async fn sleep(self: Arc<Self>, span: Duration) {
        let span = Duration::from_secs(span.as_secs() + u64::from(span.subsec_nanos() > 0));
        let in_function = SPENT.try_with(|spent| {
            *spent.lock().unwrap_or_else(PoisonError::into_inner) += span;
        });
        if in_function.is_ok() {
            return;
        }
        let until = self.tank.now() + span;
        let sleeper = self.add_sleeper(until);
        loop {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let rest = until.since(self.tank.now());
            if rest.is_zero() {
                return;
            }
            // A task that a function has spawned: to move time would be to wait for that function's own end.
            if self.tank.with_world(|world| world.has_running_jobs()) {
                return;
            }
            if self.may_move(&sleeper) {
                let tank = self.tank.clone();
                // A task of its own, since the SDK wants a sleep that is `Sync`.
                drop(tokio::spawn(async move { tank.advance(rest).await }).await);
                self.changed.notify_waiters();
            } else {
                changed.await;
            }
        }
    }
}

/// The pace as an SDK takes it.
#[derive(Clone, Debug)]
pub(super) struct TankTime(pub(super) Arc<Pace>);

impl AsyncSleep for TankTime {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(Arc::clone(&self.0).sleep(duration))
    }
}

impl TimeSource for TankTime {
    fn now(&self) -> SystemTime {
        let micros = u64::try_from(self.0.tank.now().micros()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
    }
}
