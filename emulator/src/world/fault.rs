//! Faults: rules that answer with a verdict at a boundary: the API call, or the end of a function's run. Code under test
//! cannot tell.

use std::time::Duration;

use rand::Rng;
use wavetank_types::{Stream, Timestamp};
use wavetank_wire::WireError;

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes through.
    Pass,
    /// It is answered with this error, and nothing happens.
    Fail(WireError),
    /// It happens after this much tank time.
    Delay(Duration),
    /// It happens twice; the caller hears of the second.
    Duplicate,
    /// It happens, and the caller is told this error: an answer that was lost, a function that fails after its work.
    FailAfter(WireError),
}

/// Which calls a fault meets, how often, when, and what it does to them.
#[derive(Clone, Debug)]
pub struct Rule {
    /// A service's model name, such as `glue`; `None` for any.
    pub service: Option<String>,
    /// An operation's name; `None` for any.
    pub operation: Option<String>,
    /// A Lambda function's name: the rule meets the ends of its runs instead of calls, those that went well, and its
    /// verdict is [`Verdict::FailAfter`].
    pub function: Option<String>,
    /// The share of matching calls that is met, 0.0 to 1.0.
    pub share: f64,
    /// From this instant of tank time.
    pub from: Timestamp,
    /// Until before this instant.
    pub until: Timestamp,
    /// What happens.
    pub verdict: Verdict,
}

impl Rule {
    /// A rule that meets every call of one operation at any time.
    pub fn on(service: &str, operation: &str, verdict: Verdict) -> Self {
        Self {
            service: Some(service.to_owned()),
            operation: Some(operation.to_owned()),
            function: None,
            share: 1.0,
            from: Timestamp::from_micros(i64::MIN),
            until: Timestamp::MAX,
            verdict,
        }
    }

    /// A rule that fails every run of a function after its work is done.
    pub fn after_run(function: &str, error: WireError) -> Self {
        let function = Some(function.to_owned());
        Self { service: None, operation: None, function, ..Self::on("", "", Verdict::FailAfter(error)) }
    }

    fn matches(&self, at: &Boundary<'_>, now: Timestamp) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        let meets = match at {
            Boundary::Call { service, operation } => {
                self.function.is_none() && is(&self.service, service) && is(&self.operation, operation)
            }
            Boundary::RunEnd { function } => self.function.as_deref() == Some(function),
        };
        meets && self.from <= now && now < self.until
    }
}

/// Where a rule is asked for.
enum Boundary<'a> {
    Call { service: &'a str, operation: &'a str },
    RunEnd { function: &'a str },
}

/// Names a rule so that it can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId(pub u64);

/// The rules in force, in the order in which they were added. The first that meets a call decides.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<(RuleId, Rule)>,
    next_id: u64,
    stream: Stream,
}

impl Faults {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { rules: Vec::new(), next_id: 0, stream }
    }

    pub(crate) fn add(&mut self, rule: Rule) -> RuleId {
        self.next_id += 1;
        self.rules.push((RuleId(self.next_id), rule));
        RuleId(self.next_id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.rules.iter().map(|(id, rule)| (*id, rule))
    }

    pub(crate) fn remove(&mut self, id: RuleId) {
        self.rules.retain(|(rule_id, _)| *rule_id != id);
    }

    /// Draws only for rules that match and have a share below 1, so that other calls do not move the stream.
    pub(crate) fn verdict(&mut self, service: &str, operation: &str, now: Timestamp) -> Verdict {
        self.judge(&Boundary::Call { service, operation }, now)
    }

    /// What a function's run that went well is told to have ended with, if it is to fail.
    pub(crate) fn after_run(&mut self, function: &str, now: Timestamp) -> Option<WireError> {
        match self.judge(&Boundary::RunEnd { function }, now) {
            Verdict::FailAfter(error) => Some(error),
            _ => None,
        }
    }

    fn judge(&mut self, at: &Boundary<'_>, now: Timestamp) -> Verdict {
        for (_, rule) in &self.rules {
            if !rule.matches(at, now) {
                continue;
            }
            let draw = (self.stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
            if draw < rule.share {
                return rule.verdict.clone();
            }
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavetank_types::Seed;

    #[test]
    fn a_rule_meets_its_own_calls_within_its_window_at_its_share() {
        let fail = Verdict::Fail(WireError::client("ThrottlingException", "Rate exceeded"));
        let mut faults = Faults::new(Seed(1).stream("faults"));
        let at = Timestamp::from_secs;
        let rule = Rule { from: at(10), until: at(20), ..Rule::on("glue", "GetTable", fail.clone()) };
        let id = faults.add(rule.clone());
        assert_eq!(faults.verdict("glue", "GetTable", at(9)), Verdict::Pass);
        assert_eq!(faults.verdict("glue", "GetTable", at(10)), fail);
        assert_eq!(faults.verdict("glue", "GetTable", at(20)), Verdict::Pass);
        assert_eq!(faults.verdict("glue", "GetTables", at(10)), Verdict::Pass);
        faults.remove(id);
        assert_eq!(faults.verdict("glue", "GetTable", at(10)), Verdict::Pass);

        let lost = WireError::server("Lost", "after its work");
        faults.add(Rule::after_run("sum", lost.clone()));
        assert_eq!(faults.after_run("sum", at(1)), Some(lost));
        assert_eq!(faults.after_run("map", at(1)), None);
        assert_eq!(faults.verdict("lambda", "Invoke", at(1)), Verdict::Pass);

        faults.add(Rule { share: 0.25, ..rule });
        let met = (0..10_000).filter(|_| faults.verdict("glue", "GetTable", at(10)) == fail).count();
        assert!((2_300..2_700).contains(&met), "{met}");
    }
}
