//! For tests of one service alone: a [`Cx`] without a world, and what the service pushed to it.

use wavetank_types::{Seed, Stream, Timestamp};
use wavetank_wire::WireError;

use super::fault::{Faults, Rule, RuleId};
use super::metrics::{Counters, Reading};
use super::order::Order;
use super::{Address, Cx, Effect, Scope};
use crate::services::ServiceId;

/// How a call was refused: `Code: message`.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, WireError>) -> String {
    let error = answer.unwrap_err();
    format!("{}: {}", error.code, error.message)
}

/// What a `Cx` borrows from, and where effects gather.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Tank time; a test moves it.
    pub(crate) now: Timestamp,
    /// The caller's; empty for what the tank does itself.
    pub(crate) access_key: &'static str,
    owner: Address,
    stream: Stream,
    next_number: u64,
    counters: Counters,
    faults: Faults,
    order: Order,
    out: Vec<(Address, Effect)>,
}

impl Bench {
    /// A bench for a service, at the tank's epoch, with seed 0.
    pub(crate) fn new(service: ServiceId) -> Self {
        Self {
            now: Timestamp::TANK_EPOCH,
            access_key: "",
            owner: Address { service, scope: Scope::default() },
            stream: Seed(0).stream("bench"),
            next_number: 0,
            counters: Counters::default(),
            faults: Faults::new(Seed(0).stream("faults")),
            order: Order::default(),
            out: Vec::new(),
        }
    }

    /// Calls the service.
    pub(crate) fn with<R>(&mut self, act: impl FnOnce(&mut Cx<'_>) -> R) -> R {
        let mut cx = Cx {
            now: self.now,
            scope: &self.owner.scope,
            access_key: self.access_key,
            endpoint: None,
            owner: &self.owner,
            stream: &mut self.stream,
            next_number: &mut self.next_number,
            counters: &mut self.counters,
            faults: &mut self.faults,
            order: &mut self.order,
            out: &mut self.out,
        };
        act(&mut cx)
    }

    /// Puts a fault rule in force. Nobody is told.
    pub(crate) fn add_fault(&mut self, rule: Rule) -> RuleId {
        self.faults.add(rule)
    }

    /// Takes a fault rule back. Nobody is told.
    pub(crate) fn remove_fault(&mut self, id: RuleId) {
        self.faults.remove(id);
    }

    /// What was pushed since the last call, in order.
    pub(crate) fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out).into_iter().map(|(_, effect)| effect).collect()
    }

    /// What was counted since the last call: `Name Dimension=value 2x sum 3`, whatever the minute.
    pub(crate) fn readings(&mut self) -> Vec<String> {
        let line = |reading: Reading| {
            let dimensions = reading.family.dimensions.iter().zip(&reading.values);
            let dimensions: Vec<String> = dimensions.map(|(name, value)| format!("{name}={value}")).collect();
            let count: f64 = reading.points.iter().map(|(_, point)| point.count).sum();
            let sum: f64 = reading.points.iter().map(|(_, point)| point.sum).sum();
            format!("{} {} {count}x sum {sum}", reading.metric.name, dimensions.join(" "))
        };
        self.counters.of(&self.owner.scope.region).take().into_iter().map(line).collect()
    }
}
