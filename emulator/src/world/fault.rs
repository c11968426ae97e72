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
    /// The region that is called, such as `eu-west-1`; `None` for any. A rule that names only a region is its failure.
    pub region: Option<String>,
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
            region: None,
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

    fn matches(&self, at: &Place<'_>, now: Timestamp) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        self.function.is_none()
            && is(&self.service, at.service)
            && is(&self.operation, at.operation)
            && is(&self.region, at.region)
            && self.is_in_force(now)
    }

    fn is_in_force(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

/// What is called, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) region: &'a str,
}

/// Those who wait for a failure to end watch this topic: rules have come or gone.
pub(crate) const FAULTS_TOPIC: &str = "wavetank:faults";

/// Whether something can be done now that nobody calls, such as replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Open,
    /// It takes this long.
    Slow(Duration),
    /// It fails now, and may succeed the next time.
    Failing,
    /// It fails until this instant, unless the rules change.
    Shut(Timestamp),
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
    pub(crate) fn verdict(&mut self, at: &Place<'_>, now: Timestamp) -> Verdict {
        self.judge(|rule| rule.matches(at, now))
    }

    /// What a function's run that went well is told to have ended with, if it is to fail.
    pub(crate) fn after_run(&mut self, function: &str, now: Timestamp) -> Option<WireError> {
        let is_of = |rule: &Rule| rule.function.as_deref() == Some(function) && rule.is_in_force(now);
        match self.judge(is_of) {
            Verdict::FailAfter(error) => Some(error),
            _ => None,
        }
    }

    fn judge(&mut self, meets: impl Fn(&Rule) -> bool) -> Verdict {
        for (_, rule) in &self.rules {
            if !meets(rule) {
                continue;
            }
            let draw = (self.stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
            if draw < rule.share {
                return rule.verdict.clone();
            }
        }
        Verdict::Pass
    }

    /// The same for what a service does unasked, which can wait for a rule to end.
    pub(crate) fn way(&mut self, at: &Place<'_>, now: Timestamp) -> Way {
        let shut = |rule: &Rule| matches!(rule.verdict, Verdict::Fail(_)) && rule.share >= 1.0;
        match self.rules.iter().map(|(_, rule)| rule).find(|rule| rule.matches(at, now)) {
            None => return Way::Open,
            Some(rule) if shut(rule) => return Way::Shut(rule.until),
            Some(_) => {}
        }
        match self.verdict(at, now) {
            Verdict::Fail(_) => Way::Failing,
            Verdict::Delay(span) => Way::Slow(span),
            Verdict::Pass | Verdict::Duplicate | Verdict::FailAfter(_) => Way::Open,
        }
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
        let place = |operation| Place { service: "glue", operation, region: "us-east-1" };
        let (get_table, get_tables) = (place("GetTable"), place("GetTables"));
        let rule = Rule { from: at(10), until: at(20), ..Rule::on("glue", "GetTable", fail.clone()) };
        let id = faults.add(rule.clone());
        assert_eq!(faults.verdict(&get_table, at(9)), Verdict::Pass);
        assert_eq!(faults.verdict(&get_table, at(10)), fail);
        assert_eq!(faults.verdict(&get_table, at(20)), Verdict::Pass);
        assert_eq!(faults.verdict(&get_tables, at(10)), Verdict::Pass);
        faults.remove(id);
        assert_eq!(faults.verdict(&get_table, at(10)), Verdict::Pass);

        let lost = WireError::server("Lost", "after its work");
        faults.add(Rule::after_run("sum", lost.clone()));
        assert_eq!(faults.after_run("sum", at(1)), Some(lost));
        assert_eq!(faults.after_run("map", at(1)), None);
        assert_eq!(faults.verdict(&get_tables, at(1)), Verdict::Pass);

        faults.add(Rule { share: 0.25, ..rule });
        let met = (0..10_000).filter(|_| faults.verdict(&get_table, at(10)) == fail).count();
        assert!((2_300..2_700).contains(&met), "{met}");
    }

    #[test]
    fn a_region_fails_alone_and_until_its_rule_ends() {
        let fail = Verdict::Fail(WireError::server("ServiceUnavailable", "the region is down"));
        let mut faults = Faults::new(Seed(1).stream("faults"));
        let at = Timestamp::from_secs;
        let any = Rule { service: None, operation: None, ..Rule::on("", "", fail.clone()) };
        faults.add(Rule { region: Some("eu-west-1".to_owned()), until: at(20), ..any });
        let place = |region| Place { service: "dynamodb", operation: "Replicate", region };
        assert_eq!(faults.verdict(&place("us-east-1"), at(10)), Verdict::Pass);
        assert_eq!(faults.verdict(&place("eu-west-1"), at(10)), fail);
        assert_eq!(faults.way(&place("us-east-1"), at(10)), Way::Open);
        assert_eq!(faults.way(&place("eu-west-1"), at(10)), Way::Shut(at(20)));
        assert_eq!(faults.way(&place("eu-west-1"), at(20)), Way::Open);
    }
}
