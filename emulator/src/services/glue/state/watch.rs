//! What a conditional trigger waits for: conditions on how jobs and crawls end, and which of them are met.
//!
//! Documented: the states that a condition may name, and all or any of the conditions
//! (docs.aws.amazon.com/glue/latest/dg/about-triggers.html, read 2026-11-28). Assumed: the last end of a job or crawler decides whether its
//! condition is met, and a trigger that has fired waits for all of them anew.

use std::collections::BTreeSet;

use wavetank_wire::glue::{Condition, Predicate, Trigger};

use super::flows::What;

/// The conditions that are met, by their places in the predicate.
#[derive(Clone, Debug, Default)]
pub(super) struct Met(BTreeSet<usize>);

impl Met {
    /// Notes an end. Answers whether the predicate holds by it.
    pub(super) fn note(&mut self, predicate: &Predicate, what: &What, state: &str) -> bool {
        let conditions = predicate.conditions.as_deref().unwrap_or_default();
        let mut is_hit = false;
        for (number, condition) in conditions.iter().enumerate() {
            match wanted(condition, what) {
                None => {}
                Some(wanted) if wanted == state => {
                    is_hit = true;
                    self.0.insert(number);
                }
                Some(_) => drop(self.0.remove(&number)),
            }
        }
        is_hit && (predicate.logical.as_deref() == Some("ANY") || self.0.len() == conditions.len())
    }

    /// Waits for all of them anew.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The state that a condition wants of this job or crawl, if it watches it.
fn wanted<'a>(condition: &'a Condition, what: &What) -> Option<&'a str> {
    match what {
        What::Job { name, .. } if condition.job_name.as_ref() == Some(name) => condition.state.as_deref(),
        What::Crawl { crawler, .. } if condition.crawler_name.as_ref() == Some(crawler) => {
            condition.crawl_state.as_deref()
        }
        _ => None,
    }
}

/// A trigger as it was when a run of its workflow began.
#[derive(Clone, Debug)]
pub(super) struct Snapped {
    pub(super) trigger: Trigger,
    met: Met,
    /// Assumed: within one run, a trigger fires once.
    fired: bool,
}

impl Snapped {
    pub(super) fn new(trigger: Trigger) -> Self {
        Self { trigger, met: Met::default(), fired: false }
    }

    pub(super) fn name(&self) -> &str {
        self.trigger.name.as_deref().unwrap_or_default()
    }

    /// Notes an end. Answers whether the trigger fires by it.
    pub(super) fn note(&mut self, what: &What, state: &str) -> bool {
        let is_active = self.trigger.r#type.as_deref() == Some("CONDITIONAL")
            && self.trigger.state.as_deref() == Some("ACTIVATED");
        let Some(predicate) = self.trigger.predicate.as_ref().filter(|_| is_active && !self.fired) else {
            return false;
        };
        self.fired = self.met.note(predicate, what, state);
        self.fired
    }

    /// In a run that goes on where another one ended: whether the trigger may fire still.
    pub(super) fn arm(&mut self, may_fire: bool) {
        self.fired = !may_fire;
    }
}
