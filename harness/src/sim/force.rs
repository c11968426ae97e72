//! A swarm in force: its rules in the tank, and what the harness does itself at instants of tank time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::schema::{Operation, Service};
use wavetank_wire::{Val, WireError};

use super::kind::Kind;
use super::stall::Stall;
use super::swarm::{Drawn, Swarm};
use crate::client::Aws;
use crate::faults::{FaultError, add, all, lift};
use crate::target::{Objects, Target, left_to};

/// Longest time for which a region is away: shorter than a patient client tries.
const REGION_AWAY_MAX: Duration = Duration::from_secs(240);

/// How often each kind of fault met each service.
pub type Hits = BTreeMap<(Kind, String), u64>;

/// A target on whose way through time something is done.
pub(crate) struct Timed<'a> {
    inner: &'a dyn Target,
    region: &'a str,
    /// By instant: whether mappings read from then on.
    reading: Mutex<BTreeMap<Timestamp, bool>>,
    stall: Stall,
}

impl<'a> Timed<'a> {
    /// The same target.
    pub(crate) fn new(inner: &'a dyn Target, region: &'a str) -> Self {
        Self { inner, region, reading: Mutex::new(BTreeMap::new()), stall: Stall::default() }
    }

    fn plan(&self, at: Timestamp, is_reading: bool) {
        self.reading.lock().expect("nothing panics while it holds this").insert(at, is_reading);
    }

    fn due_until(&self, end: Timestamp) -> Option<(Timestamp, bool)> {
        let mut reading = self.reading.lock().expect("nothing panics while it holds this");
        let entry = reading.first_entry().filter(|entry| *entry.key() <= end)?;
        Some(entry.remove_entry())
    }

    /// Stops every event source mapping, or lets those that it has stopped go on.
    async fn let_read(&self, is_reading: bool) {
        let aws = Aws::new(self.inner, self.region).patient();
        match is_reading {
            true => self.stall.end(aws).await,
            false => self.stall.begin(aws).await,
        }
    }
}

#[async_trait]
impl Target for Timed<'_> {
    left_to!(inner);

    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn http(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.inner.http(request).await
    }

    async fn call(
        &self,
        service: &'static Service,
        operation: &'static Operation,
        region: &str,
        input: Val,
    ) -> Result<Result<Val, WireError>, Val> {
        self.inner.call(service, operation, region, input).await
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        self.inner.s3(region)
    }

    fn stored_at(&self, bucket: &str, key: &str) -> Option<Timestamp> {
        self.inner.stored_at(bucket, key)
    }

    async fn quiesce(&self) {
        self.inner.quiesce().await;
    }

    async fn s3_read(&self, region: &str) -> Result<aws_sdk_s3::Client, String> {
        self.inner.s3_read(region).await
    }

    fn objects(&self) -> Option<&dyn Objects> {
        self.inner.objects()
    }

    async fn pause(&self, span: Duration) {
        let end = self.now() + span;
        while let Some((at, is_reading)) = self.due_until(end) {
            self.inner.pause(at.since(self.now())).await;
            self.let_read(is_reading).await;
        }
        self.inner.pause(end.since(self.now())).await;
    }

    fn fresh(&self) -> Option<Box<dyn Target>> {
        self.inner.fresh()
    }

    fn is_own(&self) -> bool {
        self.inner.is_own()
    }
}

/// A swarm whose windows count from an instant.
#[derive(Debug)]
pub(crate) struct InForce<'a> {
    swarm: &'a Swarm,
    /// Of each rule, the fault whose it is.
    rules: BTreeMap<u64, usize>,
    /// When the last fault ends.
    until: Timestamp,
}

impl<'a> InForce<'a> {
    /// Puts a swarm into force: its windows are shares of `span`, from now on.
    pub(crate) async fn begin(
        timed: &Timed<'_>,
        swarm: &'a Swarm,
        span: Duration,
    ) -> Result<Self, FaultError> {
        let (start, mut until, mut rules) = (timed.now(), timed.now(), BTreeMap::new());
        for (place, drawn) in swarm.faults.iter().enumerate() {
            if drawn.kind.task().is_some() {
                let rule = rule_of(drawn, timed.region, (Duration::ZERO, Duration::ZERO));
                rules.extend(add(timed, &rule.unwrap_or_default()).await?.map(|id| (id, place)));
                continue;
            }
            let (from, end) = window(drawn, span);
            if drawn.kind == Kind::Stall {
                timed.plan(start + from, false);
                timed.plan(start + end, true);
            }
            if let Some(rule) = rule_of(drawn, timed.region, (from, end)) {
                rules.extend(add(timed, &rule).await?.map(|id| (id, place)));
            }
            until = until.max(start + end);
        }
        Ok(Self { swarm, rules, until })
    }

    /// Waits until every window is over, takes their rules back, and answers what was met. Jobs, crawls and queries go on to fail.
    /// `timed` is where they were put into force; `is_askew`: whether the producer's clock has changed what a record says.
    pub(crate) async fn end(&mut self, timed: &Timed<'_>, is_askew: bool) -> Result<Hits, FaultError> {
        timed.pause(self.until.since(timed.now())).await;
        let is_over = |drawn: &Drawn| drawn.kind.task().is_none();
        let mut hits = self.take_back(timed, is_over).await?;
        let stalled = (Kind::Stall, "lambda", timed.stall.met());
        let askew = (Kind::ClockAskew, "producer", u64::from(is_askew));
        for (kind, service, count) in [stalled, askew].into_iter().filter(|(.., count)| *count > 0) {
            *hits.entry((kind, service.to_owned())).or_default() += count;
        }
        Ok(hits)
    }

    /// Takes the other rules back, once everything has been asked.
    pub(crate) async fn end_of_jobs(mut self, target: &dyn Target) -> Result<Hits, FaultError> {
        self.take_back(target, |_| true).await
    }

    async fn take_back(
        &mut self,
        target: &dyn Target,
        is_over: impl Fn(&Drawn) -> bool,
    ) -> Result<Hits, FaultError> {
        let (mut hits, mut ids) = (Hits::new(), Vec::new());
        for rule in all(target).await? {
            let Some(id) = rule["id"].as_u64() else { continue };
            let drawn = self.rules.get(&id).map(|at| &self.swarm.faults[*at]);
            let Some(drawn) = drawn.filter(|drawn| is_over(drawn)) else { continue };
            for (service, count) in rule["hits"].as_object().into_iter().flatten() {
                *hits.entry((drawn.kind, service.clone())).or_default() += count.as_u64().unwrap_or(0);
            }
            self.rules.remove(&id);
            ids.push(id);
        }
        lift(target, &ids).await?;
        Ok(hits)
    }
}

/// From when to when a fault is in force, counted from the input's begin.
pub(crate) fn window(drawn: &Drawn, span: Duration) -> (Duration, Duration) {
    let at = |share: f64| Duration::from_millis((span.as_millis() as f64 * share) as u64);
    let (from, end) = (at(drawn.from), at(drawn.until));
    let end = match drawn.kind {
        Kind::Outage | Kind::Stall => from + Duration::from_millis(drawn.by_ms.unsigned_abs()),
        Kind::Region => end.min(from + REGION_AWAY_MAX),
        _ => end,
    };
    (from, end)
}

fn rule_of(drawn: &Drawn, region: &str, (from, until): (Duration, Duration)) -> Option<Value> {
    if let Some(task) = drawn.kind.task() {
        return Some(json!({
            "task": task,
            "share": drawn.share,
            "hits_max": drawn.hits_max(),
            "verdict": drawn.kind.verdict(&drawn.service, drawn.by_ms)?,
        }));
    }
    let mut rule = json!({
        "share": drawn.share,
        "hits_max": drawn.hits_max(),
        "window": format!("{}ms..{}ms", from.as_millis(), until.as_millis().max(from.as_millis() + 1)),
        "verdict": drawn.kind.verdict(&drawn.service, drawn.by_ms)?,
    });
    if drawn.kind.is_of_functions() {
        rule["function"] = json!("*");
    } else if drawn.kind == Kind::Region {
        rule["region"] = json!(region);
    } else {
        rule["service"] = json!(drawn.service);
        rule["operation"] = json!(drawn.operation);
        rule["caller"] = json!((!drawn.caller.is_empty()).then_some(&drawn.caller));
    }
    Some(rule)
}
