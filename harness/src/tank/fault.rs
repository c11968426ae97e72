//! Faults as a test says them: a rule that is in force until its guard is dropped.

use std::ops::Range;
use std::time::Duration;

use wavetank_emulator::world::{Rule as WorldRule, RuleId, Verdict};
use wavetank_types::Timestamp;
use wavetank_wire::{SERVICES, WireError};

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
        let rule = WorldRule { service, operation, ..WorldRule::on("", "", verdict) };
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

    /// Runs of a Lambda function do their work and then fail, as a process that dies before it answers.
    pub fn crash(function: &str) -> Self {
        let error = WireError::server("Crash", "the function fails after its work");
        let rule = WorldRule::after_run(function, error);
        Self { rule, window: None, told: format!("crash {function} after its work") }
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
        if !(0.0..=1.0).contains(&self.rule.share) {
            return Some(format!("a share is between 0.0 and 1.0, not {}", self.rule.share));
        }
        let service = self.rule.service.as_deref()?;
        if service == "s3" {
            let is_delay = matches!(self.rule.verdict, Verdict::Delay(_));
            return is_delay.then(|| "calls of S3 cannot be delayed".to_owned());
        }
        let schemas: Vec<_> = SERVICES.iter().filter(|known| known.name == service).collect();
        if schemas.is_empty() {
            let known: Vec<&str> = SERVICES.iter().map(|known| known.name).collect();
            return Some(format!("no service is named `{service}`; there are s3, {}", known.join(", ")));
        }
        let operation = self.rule.operation.as_deref()?;
        let is_known = schemas.iter().any(|schema| schema.operation(operation).is_some());
        (!is_known && operation != "Replicate").then(|| format!("{service} has no operation `{operation}`"))
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
    /// Panics if the rule names a service or operation that the tank does not have, or a share beyond 0.0 to 1.0.
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
