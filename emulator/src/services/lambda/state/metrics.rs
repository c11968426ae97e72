//! What a function counts for CloudWatch.
//!
//! Documented: names, units and dimensions (docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html, read 2026-11-29): by
//! function, by function and version or alias where one is named, and for the whole region.
//! Left out: `DeadLetterErrors` (functions have no dead-letter queues here) and provisioned concurrency.

use wavetank_types::Timestamp;

use super::Lambda;
use super::invoke::Invocation;
use super::names::Target;
use crate::metrics;
use crate::services::lambda::work::FunctionOutput;
use crate::world::Cx;

metrics! {
    /// Of a function.
    enum OfFunction in "AWS/Lambda" by ["FunctionName"] {
        Invocations => "Invocations", Count;
        Errors => "Errors", Count;
        Throttles => "Throttles", Count;
        Duration => "Duration", Milliseconds, spread;
        Concurrent => "ConcurrentExecutions", Count;
        IteratorAge => "IteratorAge", Milliseconds, spread;
        DestinationFailures => "DestinationDeliveryFailures", Count;
        AsyncReceived => "AsyncEventsReceived", Count;
        AsyncAge => "AsyncEventAge", Milliseconds, spread;
        AsyncDropped => "AsyncEventsDropped", Count;
    }
}

metrics! {
    /// Of a version or alias.
    enum OfResource in "AWS/Lambda" by ["FunctionName", "Resource"] {
        Invocations => "Invocations", Count;
        Errors => "Errors", Count;
        Throttles => "Throttles", Count;
        Duration => "Duration", Milliseconds, spread;
    }
}

metrics! {
    /// Of the region.
    enum OfRegion in "AWS/Lambda" by [] {
        Invocations => "Invocations", Count;
        Errors => "Errors", Count;
        Throttles => "Throttles", Count;
        Duration => "Duration", Milliseconds, spread;
        Concurrent => "ConcurrentExecutions", Count;
        Unreserved => "UnreservedConcurrentExecutions", Count;
    }
}

fn resource(target: &Target) -> Option<String> {
    target.qualifier.as_ref().map(|qualifier| format!("{}:{qualifier}", target.name))
}

/// A mapping has handed over records, of which the last came then.
pub(super) fn count_age(cx: &mut Cx<'_>, target: &Target, last: Timestamp) {
    let age = cx.now.since(last).as_millis() as f64;
    cx.meter::<OfFunction>(&[&target.name]).add(OfFunction::IteratorAge, age);
}

/// An invocation was refused because too many run.
pub(super) fn count_throttle(cx: &mut Cx<'_>, target: &Target) {
    cx.meter::<OfFunction>(&[&target.name]).add(OfFunction::Throttles, 1.0);
    cx.meter::<OfRegion>(&[]).add(OfRegion::Throttles, 1.0);
    if let Some(resource) = resource(target) {
        cx.meter::<OfResource>(&[&target.name, &resource]).add(OfResource::Throttles, 1.0);
    }
}

/// An asynchronous event has been accepted.
pub(super) fn count_event(cx: &mut Cx<'_>, target: &Target) {
    cx.meter::<OfFunction>(&[&target.name]).add(OfFunction::AsyncReceived, 1.0);
}

/// An asynchronous event's attempt begins.
pub(super) fn count_event_age(cx: &mut Cx<'_>, target: &Target, accepted: Timestamp) {
    let age = cx.now.since(accepted).as_millis() as f64;
    cx.meter::<OfFunction>(&[&target.name]).add(OfFunction::AsyncAge, age);
}

/// An asynchronous event is dropped without success.
pub(super) fn count_dropped(cx: &mut Cx<'_>, target: &Target) {
    cx.meter::<OfFunction>(&[&target.name]).add(OfFunction::AsyncDropped, 1.0);
}

/// A record of failure or success did not reach its destination.
pub(in super::super) fn count_undelivered(cx: &mut Cx<'_>, function: &str) {
    cx.meter::<OfFunction>(&[function]).add(OfFunction::DestinationFailures, 1.0);
}

impl Lambda {
    /// An invocation has begun, and runs beside others.
    pub(super) fn count_start(&self, cx: &mut Cx<'_>, name: &str) {
        let own = self.running.values().filter(|it| it.target.name == name).count();
        let is_reserved =
            |name: &str| self.functions.get(name).is_some_and(|function| function.reserved.is_some());
        let unreserved = self.running.values().filter(|it| !is_reserved(&it.target.name)).count();
        cx.meter::<OfFunction>(&[name]).add(OfFunction::Concurrent, own as f64);
        let mut meter = cx.meter::<OfRegion>(&[]);
        meter.add(OfRegion::Concurrent, self.running.len() as f64);
        meter.add(OfRegion::Unreserved, unreserved as f64);
    }
}

/// An invocation has ended. Its numbers are of the time at which it began.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html (read 2026-11-29).
pub(super) fn count_end(cx: &mut Cx<'_>, invocation: &Invocation, output: &FunctionOutput) {
    let target = &invocation.target;
    let (failed, took) = (f64::from(u8::from(output.result.is_err())), output.took.as_secs_f64() * 1e3);
    let began = invocation.started;
    let mut meter = cx.meter::<OfFunction>(&[&target.name]);
    meter
        .at(began)
        .add(OfFunction::Invocations, 1.0)
        .add(OfFunction::Errors, failed)
        .add(OfFunction::Duration, took);
    let mut meter = cx.meter::<OfRegion>(&[]);
    meter
        .at(began)
        .add(OfRegion::Invocations, 1.0)
        .add(OfRegion::Errors, failed)
        .add(OfRegion::Duration, took);
    if let Some(resource) = resource(target) {
        let mut meter = cx.meter::<OfResource>(&[&target.name, &resource]);
        meter.at(began).add(OfResource::Invocations, 1.0).add(OfResource::Errors, failed);
        meter.add(OfResource::Duration, took);
    }
}
