//! Faults: rules that answer with a verdict at a boundary: an API call, or a function's run. Code under test cannot tell.
//!
//! What the verdicts do is in `faulty.rs`, in `storage.rs` for S3, and in `entries.rs` for batches that go through in part.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::Rng;
use wavetank_types::{Stream, Timestamp, nearest};
use wavetank_wire::{SERVICES, WireError};

use crate::services::s3;

/// What services do unasked, and rules can name: global tables write to their replicas, rules and schedules call their targets.
const UNASKED: [(&str, &str); 3] =
    [("dynamodb", "Replicate"), ("events", "InvokeTarget"), ("scheduler", "InvokeTarget")];

/// What happens to a call, or to a function's run.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It goes through.
    Pass,
    /// It is answered with this error, and nothing happens. A run crashes before its code has begun.
    Fail(WireError),
    /// It happens after this much tank time. A run takes so much longer, yet no longer than its function may.
    Delay(Duration),
    /// It happens twice; the caller hears of the second.
    Duplicate,
    /// It happens, and the caller is told this error: an answer that was lost, a function that fails after its work.
    FailAfter(WireError),
    /// The call goes through, and each entry of its batch is refused at this share: of Kinesis's PutRecords, Firehose's
    /// PutRecordBatch, SQS's SendMessageBatch, DynamoDB's BatchWriteItem. Other calls pass.
    RefuseEntries {
        /// The entries' error code. DynamoDB's have none.
        code: String,
        /// 0.0 to 1.0.
        share: f64,
    },
    /// A run does nothing until it is stopped at its function's timeout.
    TimeOut,
    /// A run does its work, and is stopped at its function's timeout.
    TimeOutAfter,
}

/// Work that rules can meet beside functions' runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A run of a Glue job.
    Job,
    /// A crawl.
    Crawl,
    /// A query of Athena.
    Query,
}

impl Task {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Job, Self::Crawl, Self::Query];

    /// As the control API takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Crawl => "crawl",
            Self::Query => "query",
        }
    }

    /// The model's name of the service whose work it is.
    fn service(self) -> &'static str {
        match self {
            Self::Job | Self::Crawl => "glue",
            Self::Query => "athena",
        }
    }
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
    /// A Lambda function's name, or `*` for every function: the rule meets its runs instead of calls. What a verdict does
    /// after the work meets only runs that went well.
    pub function: Option<String>,
    /// A service's model name, such as `firehose`: the rule meets the calls that this service makes of others, instead of
    /// those of clients and functions. Such calls are not delayed, and their batches not refused in part.
    pub caller: Option<String>,
    /// The rule meets such work instead of calls: it fails before or, of a Glue job, after its effect, or takes longer.
    pub task: Option<Task>,
    /// The share of matching calls that is met, 0.0 to 1.0.
    pub share: f64,
    /// So often at most is anything met; without a limit if not given.
    pub hits_max: Option<u64>,
    /// From this instant of tank time.
    pub from: Timestamp,
    /// Until before this instant.
    pub until: Timestamp,
    /// What happens.
    pub verdict: Verdict,
}

impl Rule {
    /// A rule that meets every call at any time.
    pub fn of_all(verdict: Verdict) -> Self {
        Self {
            service: None,
            operation: None,
            region: None,
            function: None,
            caller: None,
            task: None,
            share: 1.0,
            hits_max: None,
            from: Timestamp::from_micros(i64::MIN),
            until: Timestamp::MAX,
            verdict,
        }
    }

    /// A rule that meets every call of one operation at any time.
    pub fn on(service: &str, operation: &str, verdict: Verdict) -> Self {
        let named = |name: &str| Some(name.to_owned());
        Self { service: named(service), operation: named(operation), ..Self::of_all(verdict) }
    }

    /// A rule that meets every run of a function, or of all (`*`).
    pub fn of_runs(function: &str, verdict: Verdict) -> Self {
        Self { function: Some(function.to_owned()), ..Self::of_all(verdict) }
    }

    /// A rule that meets all such work.
    pub fn of_task(task: Task, verdict: Verdict) -> Self {
        Self { task: Some(task), ..Self::of_all(verdict) }
    }

    /// A name in it that nothing has, with the nearest: such a rule would meet nothing, and prove nothing.
    pub fn unknown_name(&self) -> Option<String> {
        let known: Vec<&str> =
            ["s3"].into_iter().chain(SERVICES.iter().map(|service| service.name)).collect();
        let named = [&self.service, &self.caller];
        let stranger = named.into_iter().flatten().find(|name| !known.contains(&name.as_str()));
        if let Some(name) = stranger {
            return Some(format!("no service is named `{name}`; {}", nearest(name, &known)));
        }
        let operation = self.operation.as_deref()?;
        let is_wanted = |name: &str| self.service.as_deref().is_none_or(|service| service == name);
        let of_models = SERVICES.iter().filter(|service| is_wanted(service.name));
        let of_models =
            of_models.flat_map(|service| service.operations.iter().map(|operation| operation.name));
        let of_s3 = s3::OPERATIONS.iter().copied().filter(|_| is_wanted("s3"));
        let unasked = UNASKED.iter().filter(|(service, _)| is_wanted(service)).map(|(_, name)| *name);
        let operations: Vec<&str> = of_models.chain(of_s3).chain(unasked).collect();
        if operations.contains(&operation) {
            return None;
        }
        let hint = nearest(operation, &operations);
        Some(match &self.service {
            Some(service) => format!("{service} has no operation `{operation}`; {hint}"),
            // All that there are would be a page.
            None if !hint.starts_with("did you mean") => format!("no service has an operation `{operation}`"),
            None => format!("no service has an operation `{operation}`; {hint}"),
        })
    }

    /// Whether it meets a call of a client.
    fn matches(&self, at: &Place<'_>, now: Timestamp) -> bool {
        self.caller.is_none() && self.is_about(at, now)
    }

    fn is_about(&self, at: &Place<'_>, now: Timestamp) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        self.function.is_none()
            && self.task.is_none()
            && is(&self.service, at.service)
            && is(&self.operation, at.operation)
            && is(&self.region, at.region)
            && self.is_in_force(now)
    }

    fn runs(&self, function: &str, now: Timestamp) -> bool {
        self.function.as_deref().is_some_and(|wanted| wanted == "*" || wanted == function)
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
    hits: Hits,
}

/// How often each rule has met something, by service.
pub type Hits = BTreeMap<(RuleId, String), u64>;

impl Faults {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { rules: Vec::new(), next_id: 0, stream, hits: Hits::new() }
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
        self.judge(at.service, |rule| rule.matches(at, now))
    }

    /// How often each rule has met something, those that are gone too.
    pub(crate) fn hits(&self) -> &Hits {
        &self.hits
    }

    /// The same for a call that one service makes of another.
    pub(crate) fn verdict_between(&mut self, caller: &str, at: &Place<'_>, now: Timestamp) -> Verdict {
        let is_of = |rule: &Rule| rule.caller.as_deref() == Some(caller) && rule.is_about(at, now);
        self.judge(at.service, is_of)
    }

    /// What happens to a function's run as it begins.
    pub(crate) fn before_run(&mut self, function: &str, now: Timestamp) -> Verdict {
        let is_early =
            |rule: &Rule| matches!(rule.verdict, Verdict::Fail(_) | Verdict::TimeOut | Verdict::Duplicate);
        self.judge("lambda", |rule| rule.runs(function, now) && is_early(rule))
    }

    /// What happens to a function's run that began at `started` and went well.
    pub(crate) fn after_run(&mut self, function: &str, started: Timestamp) -> Verdict {
        let is_late = |rule: &Rule| {
            matches!(rule.verdict, Verdict::FailAfter(_) | Verdict::TimeOutAfter | Verdict::Delay(_))
        };
        self.judge("lambda", |rule| rule.runs(function, started) && is_late(rule))
    }

    /// What happens to other work as it begins.
    pub(super) fn before_task(&mut self, task: Task, now: Timestamp) -> Verdict {
        let is_early = |rule: &Rule| matches!(rule.verdict, Verdict::Fail(_));
        self.judge(task.service(), |rule| rule.task == Some(task) && rule.is_in_force(now) && is_early(rule))
    }

    /// What happens to such work that began at `started` and went well.
    pub(super) fn after_task(&mut self, task: Task, started: Timestamp) -> Verdict {
        let is_late = |rule: &Rule| matches!(rule.verdict, Verdict::FailAfter(_) | Verdict::Delay(_));
        self.judge(task.service(), |rule| {
            rule.task == Some(task) && rule.is_in_force(started) && is_late(rule)
        })
    }

    /// Whether something of this share happens.
    pub(super) fn draws(&mut self, share: f64) -> bool {
        draw(&mut self.stream) < share
    }

    fn judge(&mut self, service: &str, meets: impl Fn(&Rule) -> bool) -> Verdict {
        for (id, rule) in &self.rules {
            if !meets(rule) || rule.hits_max.is_some_and(|max| hits_of(&self.hits, *id) >= max) {
                continue;
            }
            if draw(&mut self.stream) < rule.share {
                *self.hits.entry((*id, service.to_owned())).or_default() += 1;
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
            _ => Way::Open,
        }
    }
}

/// How often a rule has met something.
fn hits_of(hits: &Hits, id: RuleId) -> u64 {
    hits.range((id, String::new())..).take_while(|((of, _), _)| *of == id).map(|(_, count)| count).sum()
}

/// From 0.0 up to but not 1.0.
fn draw(stream: &mut Stream) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64
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
        faults.add(Rule::of_runs("sum", Verdict::FailAfter(lost.clone())));
        assert_eq!(faults.after_run("sum", at(1)), Verdict::FailAfter(lost));
        assert_eq!(faults.after_run("map", at(1)), Verdict::Pass);
        assert_eq!(faults.verdict(&get_tables, at(1)), Verdict::Pass);
        let early = WireError::server("Early", "before its work");
        faults.add(Rule::of_runs("*", Verdict::Fail(early.clone())));
        assert_eq!(faults.before_run("map", at(1)), Verdict::Fail(early));
        assert_eq!(faults.after_run("map", at(1)), Verdict::Pass);
        assert_eq!(
            faults.hits().iter().map(|((_, at), n)| (at.as_str(), *n)).collect::<Vec<_>>(),
            [("glue", 1), ("lambda", 1), ("lambda", 1)]
        );

        faults.add(Rule { caller: Some("athena".to_owned()), ..rule.clone() });
        assert_eq!(faults.verdict_between("athena", &get_table, at(10)), fail);
        assert_eq!(faults.verdict_between("athena", &get_tables, at(10)), Verdict::Pass);
        assert_eq!(faults.verdict_between("lambda", &get_table, at(10)), Verdict::Pass);
        assert_eq!(faults.verdict(&get_table, at(10)), Verdict::Pass);

        let early = Verdict::Fail(WireError::server("Fault", "no cluster"));
        faults.add(Rule { hits_max: Some(2), ..Rule::of_task(Task::Job, early.clone()) });
        let met = [Task::Crawl, Task::Job, Task::Job, Task::Job].map(|task| faults.before_task(task, at(1)));
        assert_eq!(met, [Verdict::Pass, early.clone(), early, Verdict::Pass], "twice at most");
        assert_eq!(faults.after_task(Task::Job, at(1)), Verdict::Pass);
        assert_eq!(faults.verdict(&get_tables, at(1)), Verdict::Pass);

        faults.add(Rule { share: 0.25, ..rule });
        let met = (0..10_000).filter(|_| faults.verdict(&get_table, at(10)) == fail).count();
        assert!((2_300..2_700).contains(&met), "{met}");
    }

    #[test]
    fn a_name_that_nothing_has_is_told_with_the_nearest() {
        let check = |service: &str, operation: &str, expected: Option<&str>| {
            let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
            let (service_named, operation_named) = (named(service), named(operation));
            let rule = Rule::of_all(Verdict::Duplicate);
            let rule = Rule { service: service_named, operation: operation_named, ..rule };
            assert_eq!(rule.unknown_name().as_deref(), expected, "{service}:{operation}");
        };
        check("kinesis", "PutRecords", None);
        check("s3", "PutObject", None);
        check("", "PutObject", None);
        check("dynamodb", "Replicate", None);
        check("scheduler", "InvokeTarget", None);
        check("", "", None);
        let wrong = "s3 has no operation `PutObjekt`; did you mean `PutObject`?";
        check("s3", "PutObjekt", Some(wrong));
        let wrong = "kinesis has no operation `PutRecordz`; did you mean `PutRecord`?";
        check("kinesis", "PutRecordz", Some(wrong));
        check("kinesiss", "PutRecords", Some("no service is named `kinesiss`; did you mean `kinesis`?"));
        let wrong = "no service has an operation `PutObjekt`; did you mean `PutObject`?";
        check("", "PutObjekt", Some(wrong));
        let caller = Some("firehoze".to_owned());
        let rule = Rule { caller, ..Rule::on("s3", "PutObject", Verdict::Duplicate) };
        let told = rule.unknown_name();
        assert_eq!(told.as_deref(), Some("no service is named `firehoze`; did you mean `firehose`?"));
    }

    #[test]
    fn a_region_fails_alone_and_until_its_rule_ends() {
        let fail = Verdict::Fail(WireError::server("ServiceUnavailable", "the region is down"));
        let mut faults = Faults::new(Seed(1).stream("faults"));
        let at = Timestamp::from_secs;
        let region = Some("eu-west-1".to_owned());
        faults.add(Rule { region, until: at(20), ..Rule::of_all(fail.clone()) });
        let place = |region| Place { service: "dynamodb", operation: "Replicate", region };
        assert_eq!(faults.verdict(&place("us-east-1"), at(10)), Verdict::Pass);
        assert_eq!(faults.verdict(&place("eu-west-1"), at(10)), fail);
        assert_eq!(faults.way(&place("us-east-1"), at(10)), Way::Open);
        assert_eq!(faults.way(&place("eu-west-1"), at(10)), Way::Shut(at(20)));
        assert_eq!(faults.way(&place("eu-west-1"), at(20)), Way::Open);
    }
}
