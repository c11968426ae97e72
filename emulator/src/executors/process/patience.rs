//! How long an answer of a function's process is waited for, by this machine's clock.
//!
//! Where time stands still, an invocation lasts as long as its model says: what comes of it must not depend on how busy this
//! machine is. A process that has not answered in time is ended there only if it never will: all of it sleeps and goes on sleeping, or it
//! works on and on. Where time is real, it is ended at its limit.

use std::pin::pin;
use std::time::Duration;

use rustix::process::Pid;
use tokio::time::timeout;

/// How often a late process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A late process that has slept so long waits for what will not come.
const SLEEP_MAX: Duration = Duration::from_secs(5);

/// A late process may use so many times its limit of processor time, and always [`WORK_MIN`]: this machine may be slower than AWS's.
const WORK_FACTOR: u32 = 2;
const WORK_MIN: Duration = Duration::from_secs(10);

/// Waits for one process group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) group: Option<Pid>,
    pub(super) frozen: bool,
}

impl Patience {
    /// The answer, or nothing if there is none within the limit.
    pub(super) async fn wait<T>(self, limit: Duration, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = pin!(answer);
        if let Ok(answer) = timeout(limit, &mut answer).await {
            return Some(answer);
        }
        if !self.frozen {
            return None;
        }
        let at_limit = self.look();
        let mut last = at_limit;
        let mut slept = Duration::ZERO;
        let work_max = (limit * WORK_FACTOR).max(WORK_MIN);
        while slept < SLEEP_MAX && last.worked.saturating_sub(at_limit.worked) < work_max {
            if let Ok(answer) = timeout(LOOK_EVERY, &mut answer).await {
                return Some(answer);
            }
            let now = self.look();
            let sleeps = !now.runs && now.worked == last.worked;
            slept = if sleeps { slept + LOOK_EVERY } else { Duration::ZERO };
            last = now;
        }
        None
    }

    /// What the group does. Where the system does not say, it sleeps.
    fn look(self) -> Look {
        let Some(group) = self.group else { return Look::default() };
        let ids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let stats = ids.filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit());
        let stats = stats.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
        let members = stats.filter_map(|stat| Look::of(&stat, group.as_raw_nonzero().get()));
        members.fold(Look::default(), |all, one| Look {
            runs: all.runs || one.runs,
            worked: all.worked + one.worked,
        })
    }
}

/// What processes do at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    /// Whether one of them runs, waits for a processor, or for a disk.
    runs: bool,
    /// The processor time that they have used.
    worked: Duration,
}

impl Look {
    /// Reads `/proc/ID/stat` (proc(5)), if the process is of this group.
    fn of(stat: &str, group: i32) -> Option<Self> {
        // The name, in parentheses, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let [state, _parent, its_group, ..] = fields[..] else { return None };
        if its_group.parse() != Ok(group) {
            return None;
        }
        let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let worked = Duration::from_millis((ticks(11)? + ticks(12)?) * MILLIS_PER_TICK);
        Some(Self { runs: matches!(state, "R" | "D"), worked })
    }
}

/// `sysconf(_SC_CLK_TCK)` is 100 on every Linux of today.
const MILLIS_PER_TICK: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processes_state_group_and_time_are_read_whatever_its_name() {
        let stat = "812 (a) R (b) S 1 812 812 0 -1 4194304 9 0 0 0 150 25 0 0 20 0 4 0 7 1 2";
        let worked = Duration::from_millis(1_750);
        assert_eq!(Look::of(stat, 812), Some(Look { runs: false, worked }));
        assert_eq!(Look::of(&stat.replace(") S", ") D"), 812), Some(Look { runs: true, worked }));
        assert_eq!((Look::of(stat, 813), Look::of("812 (a", 812)), (None, None));
    }
}
