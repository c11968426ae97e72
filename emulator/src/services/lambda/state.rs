//! The functions of one account and region, the invocations that run, and the events that wait.
//!
//! `function.rs` says what a function is; `create.rs`, `read.rs`, `policy.rs`, `concurrency.rs` and `event_config.rs`
//! hold its operations; `invoke.rs` runs it, `queue.rs` retries it, `lines.rs` writes its log; `mapped.rs` runs it for
//! event source mappings.

mod code;
mod concurrency;
mod create;
mod event_config;
mod function;
mod invoke;
mod lines;
mod mapped;
pub(super) mod metrics;
mod names;
mod policy;
mod queue;
mod read;
mod settings;
mod tags;

use std::collections::BTreeMap;

use wavetank_types::Timestamp;

use super::error::NameRefusal;
use super::mappings::Mappings;
use crate::world::{Cx, Delivery, JobId, Output};
use create::PendingCode;
use function::{Function, Version};
use invoke::Invocation;
use names::Target;
use queue::Event;

/// The functions of one account and region.
#[derive(Debug, Default)]
pub struct Lambda {
    functions: BTreeMap<String, Function>,
    /// By the job that runs them.
    running: BTreeMap<JobId, Invocation>,
    /// Asynchronous events, by the instant of their next attempt.
    queue: BTreeMap<(Timestamp, u64), Event>,
    /// Replies that S3 owes us, by token.
    owed: BTreeMap<u64, Owed>,
    /// Environments whose processes may go; told to the executor with the next invocation.
    retired: Vec<String>,
    pub(super) mappings: Mappings,
}

/// What a reply of S3 is for.
#[derive(Debug)]
enum Owed {
    /// Code for a function that is being made or updated.
    Code(Box<PendingCode>),
    /// An object that an invocation has staged.
    Staged(JobId),
}

impl Lambda {
    /// When a function becomes active or an event is due.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        let functions = self.functions.values().filter_map(Function::next_deadline);
        let events = self.queue.keys().next().map(|(at, _)| *at);
        functions.chain(events).chain(self.mappings.next_deadline()).min()
    }

    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        for function in self.functions.values_mut() {
            function.settle(cx);
        }
        self.attempt_due_events(cx);
        self.mappings.tick(cx);
        self.start_wanted(cx);
    }

    pub(super) fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::JobDone { job, outcome } => match outcome.output {
                Output::Function(output) => self.invocation_ended(cx, job, output),
                other => unreachable!("a function's job ended with {other:?}"),
            },
            Delivery::Reply { token, result } => match self.owed.remove(&token) {
                Some(Owed::Code(pending)) => self.code_came(cx, *pending, result),
                Some(Owed::Staged(job)) => self.object_stored(cx, job, result),
                None => {
                    self.mappings.replied(cx, token, result);
                    self.start_wanted(cx);
                }
            },
            Delivery::Signal(topic) => {
                self.mappings.signal(cx, &topic);
                self.start_wanted(cx);
            }
            other @ (Delivery::Log(_) | Delivery::Taken(_) | Delivery::Closed(_)) => {
                unreachable!("Lambda asks for nothing of the kind, yet got {other:?}")
            }
        }
    }

    /// The function that is meant, if it exists; the ARN in the refusal is as the caller qualified it.
    fn function(&self, cx: &Cx<'_>, target: &Target) -> Result<&Function, NameRefusal> {
        self.functions.get(&target.name).ok_or_else(|| NameRefusal::NoFunction(target.arn(cx.scope)))
    }

    fn function_mut(&mut self, cx: &Cx<'_>, target: &Target) -> Result<&mut Function, NameRefusal> {
        self.functions.get_mut(&target.name).ok_or_else(|| NameRefusal::NoFunction(target.arn(cx.scope)))
    }

    /// The function and the version that is meant.
    fn version(&self, cx: &Cx<'_>, target: &Target) -> Result<(&Function, &Version), NameRefusal> {
        let function = self.function(cx, target)?;
        let version = function.version(target.version());
        version
            .map(|version| (function, version))
            .ok_or_else(|| NameRefusal::NoFunction(target.arn(cx.scope)))
    }
}
