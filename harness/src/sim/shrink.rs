//! Makes a failure small: fewer rows, then fewer faults, then weaker and shorter ones and fewer users, as long as the same
//! failure stays. A fault that begins late is tried from the input's begin on, if rows before it are kept by that alone.
//!
//! Greedy, and in a fixed order, so that the same failure shrinks to the same plan. Left out: the template's own settings.

use wavetank_scenarios::Scenario;

use super::swarm::rounded;
use super::{Plan, Trace, run_plan};

/// Runs that a shrinking may cost.
pub const ATTEMPTS_MAX: u32 = 60;
/// Rows that are tried at once. No more than the last of them is small.
const ROWS_FEW: [u64; 3] = [1, 4, 20];
/// Below this share a fault is not weakened further.
const SHARE_MIN: f64 = 0.02;
/// Shorter than this a window is not made.
const WINDOW_MIN: f64 = 0.01;

/// What came of shrinking.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest plan that still fails so.
    pub plan: Plan,
    /// What it comes to.
    pub trace: Trace,
    /// Runs that it cost.
    pub attempts: u32,
}

struct Search<'a> {
    scenario: &'a Scenario,
    first: Trace,
    best: Shrunk,
    go_on: &'a dyn Fn() -> bool,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.best.attempts >= ATTEMPTS_MAX || !(self.go_on)()
    }

    /// Takes the plan if it fails as the first one did.
    fn takes(&mut self, plan: Plan) -> bool {
        if self.is_over() || plan == self.best.plan {
            return false;
        }
        self.best.attempts += 1;
        let trace = run_plan(self.scenario, &plan);
        let is_same = trace.fails_like(&self.first);
        if is_same {
            (self.best.plan, self.best.trace) = (plan, trace);
        }
        is_same
    }

    /// Fewer rows: a few at once, else halves, then three quarters.
    fn rows(&mut self) {
        if self.takes_few(&self.best.plan.clone()) {
            return;
        }
        for (numerator, denominator) in [(1, 2), (3, 4)] {
            loop {
                let rows = (self.best.plan.rows * numerator / denominator).max(1);
                if rows >= self.best.plan.rows || !self.takes(Plan { rows, ..self.best.plan.clone() }) {
                    break;
                }
            }
        }
    }

    /// The plan with a few rows, if it fails with them.
    fn takes_few(&mut self, plan: &Plan) -> bool {
        let is_fewer = |rows: &u64| *rows < plan.rows;
        ROWS_FEW.into_iter().filter(is_fewer).any(|rows| self.takes(Plan { rows, ..plan.clone() }))
    }

    /// Many rows may be there only because a fault begins late and meets late ones alone.
    fn earlier(&mut self) {
        let mut early = self.best.plan.clone();
        for drawn in &mut early.swarm.faults {
            (drawn.from, drawn.until) = (0.0, rounded(drawn.until - drawn.from));
        }
        if early != self.best.plan && ROWS_FEW.iter().all(|few| *few < early.rows) {
            self.takes_few(&early);
        }
    }

    /// No fault, or each of them left out in turn.
    fn faults(&mut self) {
        let mut none = self.best.plan.clone();
        none.swarm.faults.clear();
        if self.takes(none) {
            return;
        }
        let mut at = self.best.plan.swarm.faults.len();
        while at > 0 {
            at -= 1;
            let mut fewer = self.best.plan.clone();
            fewer.swarm.faults.remove(at);
            self.takes(fewer);
        }
    }

    /// Without the scenario's own faults, in the order of asking, and fewer users.
    fn settings(&mut self) {
        if self.best.plan.own_faults {
            self.takes(Plan { own_faults: false, ..self.best.plan.clone() });
        }
        if self.best.plan.any_order {
            self.takes(Plan { any_order: false, ..self.best.plan.clone() });
        }
        while let Some(users) = self.best.plan.users.filter(|users| *users > 1) {
            if !self.takes(Plan { users: Some(users / 2), ..self.best.plan.clone() }) {
                break;
            }
        }
    }

    /// Half the share of each fault, then half its window.
    fn shares(&mut self) {
        for at in 0..self.best.plan.swarm.faults.len() {
            loop {
                let mut weaker = self.best.plan.clone();
                let share = &mut weaker.swarm.faults[at].share;
                *share /= 2.0;
                if *share < SHARE_MIN || !self.takes(weaker) {
                    break;
                }
            }
            for is_first_half in [true, false] {
                let mut shorter = self.best.plan.clone();
                let drawn = &mut shorter.swarm.faults[at];
                let middle = (drawn.from + drawn.until) / 2.0;
                *(if is_first_half { &mut drawn.until } else { &mut drawn.from }) = middle;
                if drawn.until - drawn.from > WINDOW_MIN {
                    self.takes(shorter);
                }
            }
        }
    }
}

/// Shrinks a failed plan until nothing smaller fails, [`ATTEMPTS_MAX`] is reached, or `go_on` says no.
pub fn shrink(scenario: &Scenario, plan: &Plan, trace: &Trace, go_on: &dyn Fn() -> bool) -> Shrunk {
    let best = Shrunk { plan: plan.clone(), trace: trace.clone(), attempts: 0 };
    let mut search = Search { scenario, first: trace.clone(), best, go_on };
    search.rows();
    search.faults();
    search.rows();
    search.earlier();
    search.settings();
    search.shares();
    search.best
}
