//! Faults as a test says them: a rule that is in force until its guard is dropped.

use std::ops::Range;
use std::time::Duration;

use wavetank_emulator::world::{BATCHES, Rule as WorldRule, RuleId, Task, Verdict};
use wavetank_types::Timestamp;
use wavetank_wire::WireError;

use super::Tank;
use crate::throttled::throttled;

/// Which calls a fault meets, how often, when, and what it does to them.
///
/// `at` is written as in a policy: `kinesis:PutRecords`, `kinesis:*` or `*`. Rules meet every call at any time until
/// [`Rule::share`] or [`Rule::during`] says less.
///
/// ```
/// # use wavetank::{Rule, Tank};
/// # let tank = Tank::new();
/// let guard = tank.fault(Rule::throttle("kinesis:PutRecords").share(0.3));
/// // ... a third of the calls is refused ...
/// drop(guard);
/// ```
#[derive(Clone, Debug)]
pub struct Rule {
    rule: WorldRule,
    /// From and until, counted from when it comes into force.
    window: Option<Range<Duration>>,
    told: String,
}

impl Rule {
    fn on(at: &str, verdict: Verdict, told: String) -> Self {
        let (service, operation) = at.split_once(':').unwrap_or((at, "*"));
        let named = |name: &str| (name != "*").then(|| name.to_owned());
        let (service, operation) = (named(service), named(operation));
        let rule = WorldRule { service, operation, ..WorldRule::of_all(verdict) };
        Self { rule, window: None, told }
    }

    /// Calls are refused as too many, by the service's own code; nothing happens. Clients try again.
    pub fn throttle(at: &str) -> Self {
        let (code, status) = throttled(at.split(':').next().unwrap_or_default());
        let error = WireError::client_status(status, code, "Rate exceeded");
        Self::on(at, Verdict::Fail(error), format!("throttle {at}"))
    }

    /// Calls are refused with this code and status 400; nothing happens.
    pub fn refuse(at: &str, code: &str, message: &str) -> Self {
        Self::on(at, Verdict::Fail(WireError::client(code, message)), format!("refuse {at} with {code}"))
    }

    /// Calls meet a server's error (500); nothing happens. Clients try again.
    pub fn server_error(at: &str) -> Self {
        let error = WireError::server("InternalFailure", "The service is not available.");
        Self::on(at, Verdict::Fail(error), format!("server error at {at}"))
    }

    /// Calls take effect, and the answer is lost on the way back: the client sees a server's error, and tries again.
    pub fn lose_answer(at: &str) -> Self {
        let error = WireError::server("InternalFailure", "The connection was closed before the answer came.");
        Self::on(at, Verdict::FailAfter(error), format!("lose the answer of {at}"))
    }

    /// Calls take effect twice.
    pub fn duplicate(at: &str) -> Self {
        Self::on(at, Verdict::Duplicate, format!("duplicate {at}"))
    }

    /// Calls take effect after this much tank time. Not of S3.
    pub fn delay(at: &str, span: Duration) -> Self {
        Self::on(at, Verdict::Delay(span), format!("delay {at} by {span:?}"))
    }

    /// Calls go through, and each entry of their batches is refused at this share, 0.0 to 1.0: of `kinesis:PutRecords`,
    /// `firehose:PutRecordBatch`, `sqs:SendMessageBatch` and `dynamodb:BatchWriteItem`. A batch call answers 200 all the same.
    pub fn refuse_entries(at: &str, share: f64) -> Self {
        let (code, _) = throttled(at.split(':').next().unwrap_or_default());
        let verdict = Verdict::RefuseEntries { code: code.to_owned(), share };
        Self::on(at, verdict, format!("refuse entries of {at} at a share of {share}"))
    }

    fn on_runs(function: &str, verdict: Verdict, told: String) -> Self {
        Self { rule: WorldRule::of_runs(function, verdict), window: None, told }
    }

    /// Runs of a Lambda function, or of all (`*`), do their work and then fail, as a process that dies before it answers.
    pub fn crash(function: &str) -> Self {
        let error = WireError::server("Crash", "the function fails after its work");
        Self::on_runs(function, Verdict::FailAfter(error), format!("crash {function} after its work"))
    }

    /// Runs of a Lambda function fail before their code begins.
    pub fn crash_before(function: &str) -> Self {
        let error = WireError::server("Crash", "the function fails before its work");
        Self::on_runs(function, Verdict::Fail(error), format!("crash {function} before its work"))
    }

    /// Runs of a Lambda function do nothing, and are stopped at its timeout.
    pub fn time_out(function: &str) -> Self {
        Self::on_runs(function, Verdict::TimeOut, format!("time out {function}"))
    }

    /// Runs of a Lambda function do their work, and are stopped at its timeout all the same.
    pub fn time_out_after(function: &str) -> Self {
        Self::on_runs(function, Verdict::TimeOutAfter, format!("time out {function} after its work"))
    }

    /// A Lambda function gets the same event twice, in two environments.
    pub fn redeliver(function: &str) -> Self {
        Self::on_runs(function, Verdict::Duplicate, format!("redeliver to {function}"))
    }

    /// Runs of a Lambda function take so much longer in tank time, yet no longer than its timeout.
    pub fn slow_run(function: &str, span: Duration) -> Self {
        Self::on_runs(function, Verdict::Delay(span), format!("slow {function} by {span:?}"))
    }

    fn on_task(task: Task, verdict: Verdict, told: String) -> Self {
        Self { rule: WorldRule::of_task(task, verdict), window: None, told }
    }

    /// Every run of a Glue job fails before its script begins; or every crawl fails, or every query of Athena. What is tried again
    /// fails again, unless [`Rule::times`] says how often.
    pub fn fail_task(task: Task) -> Self {
        let error = WireError::server("Fault", "a fault of the test");
        Self::on_task(task, Verdict::Fail(error), format!("fail every {}", task.name()))
    }

    /// Runs of Glue jobs fail when all that they write is there.
    pub fn fail_job_after() -> Self {
        let error = WireError::server("Fault", "a fault of the test, after the script's work");
        Self::on_task(Task::Job, Verdict::FailAfter(error), "fail every job after its work".to_owned())
    }

    /// Runs of Glue jobs, crawls or queries take so much longer in tank time.
    pub fn slow_task(task: Task, span: Duration) -> Self {
        Self::on_task(task, Verdict::Delay(span), format!("slow every {} by {span:?}", task.name()))
    }

    /// So often at most.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.rule.hits_max = Some(times);
        self.told = format!("{}, {times} times at most", self.told);
        self
    }

    /// Only this share of the calls, 0.0 to 1.0, drawn from the tank's seed.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.rule.share = share;
        self.told = format!("{}, share {share}", self.told);
        self
    }

    /// Only in this window, counted from when the rule comes into force: `.during(minutes(1)..minutes(5))`.
    #[must_use]
    pub fn during(mut self, window: Range<Duration>) -> Self {
        self.told = format!("{}, {:?}..{:?}", self.told, window.start, window.end);
        self.window = Some(window);
        self
    }

    /// Only calls to this region.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.rule.region = Some(region.to_owned());
        self.told = format!("{} in {region}", self.told);
        self
    }

    /// What is wrong with the rule, if anything is.
    fn mistake(&self) -> Option<String> {
        let shares = match self.rule.verdict {
            Verdict::RefuseEntries { share, .. } => [self.rule.share, share],
            _ => [self.rule.share; 2],
        };
        if let Some(share) = shares.into_iter().find(|share| !(0.0..=1.0).contains(share)) {
            return Some(format!("a share is between 0.0 and 1.0, not {share}"));
        }
        let is_of_calls = self.rule.function.is_none() && self.rule.task.is_none();
        let (service, operation) = (self.rule.service.as_deref(), self.rule.operation.as_deref());
        if is_of_calls && matches!(self.rule.verdict, Verdict::Delay(_)) && service == Some("s3") {
            return Some("calls of S3 cannot be delayed".to_owned());
        }
        let is_batch = service.zip(operation).is_some_and(|call| BATCHES.contains(&call));
        if matches!(self.rule.verdict, Verdict::RefuseEntries { .. }) && !is_batch {
            let batches = BATCHES.map(|(service, operation)| format!("{service}:{operation}")).join(", ");
            return Some(format!("entries are refused of {batches} alone"));
        }
        self.rule.unknown_name()
    }
}

/// A fault that is in force until this is dropped.
#[must_use = "the fault ends when this is dropped: `let guard = tank.fault(...)`"]
#[derive(Debug)]
pub struct FaultGuard {
    tank: Tank,
    id: RuleId,
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        // A service that panicked has poisoned the world, and has been told already.
        let tank = self.tank.target().tank();
        let lift = std::panic::AssertUnwindSafe(|| tank.with_world(|world| world.remove_fault(self.id)));
        drop(std::panic::catch_unwind(lift));
    }
}

impl Tank {
    /// Puts a fault in force until the guard is dropped.
    ///
    /// Panics if the rule names a service or operation that the tank does not have, or says what cannot be.
    #[track_caller]
    pub fn fault(&self, rule: Rule) -> FaultGuard {
        if let Some(mistake) = rule.mistake() {
            panic!("{mistake}");
        }
        let Rule { mut rule, window, told } = rule;
        let now = self.now();
        let (from, until) = match window {
            Some(window) => (now + window.start, now + window.end),
            None => (now, Timestamp::MAX),
        };
        (rule.from, rule.until) = (from, until);
        self.shared.faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(told);
        let id = self.target().tank().with_world(|world| world.add_fault(rule));
        FaultGuard { tank: self.clone(), id }
    }
}
