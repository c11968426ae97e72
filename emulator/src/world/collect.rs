//! How what services count comes to CloudWatch: before each of its turns, from all services of its scope.
//!
//! Nothing is sent when something is counted. Only where CloudWatch has alarms, and none of its turns is near, the first
//! number of a service gives it one: alarms rest while nothing happens (`services/cloudwatch/state/watch.rs`).

use std::time::Duration;

use wavetank_types::Stream;

use super::metrics::{Counters, Reading};
use super::{Address, Cx, Effect, Scope, World};
use crate::services::ServiceId;

/// What a service of a scope has of the world for itself: its random stream, and what it has counted.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) stream: Stream,
    pub(super) counters: Counters,
}

impl Seat {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, counters: Counters::default() }
    }
}

/// A turn of CloudWatch within this time comes soon enough.
const SOON: Duration = Duration::from_secs(60);

impl World {
    /// Takes what the services of a scope have counted, and lets them count their gauges first.
    pub(super) fn readings(&mut self, scope: &Scope) -> Vec<Reading> {
        let mut readings = Vec::new();
        let mut out = Vec::new();
        let is_here = |address: &Address| {
            *address == address.service.home(&Address { service: address.service, scope: scope.clone() })
        };
        let slots = self.services.iter_mut().filter(|(address, _)| is_here(address));
        for (owner, slot) in slots.filter(|(address, _)| address.service != ServiceId::CloudWatch) {
            let mut cx = Cx {
                now: self.now,
                scope,
                access_key: "",
                endpoint: self.endpoint.as_deref(),
                owner,
                stream: &mut slot.seat.stream,
                next_number: &mut self.next_number,
                counters: &mut slot.seat.counters,
                faults: &mut self.faults,
                order: &mut self.order,
                out: &mut out,
            };
            slot.service.measure(&mut cx);
            readings.extend(slot.seat.counters.of(&scope.region).take());
        }
        assert!(out.is_empty(), "measuring has no effects, yet there are {out:?}");
        if let Some(seat) = self.s3_seats.get_mut(scope) {
            readings.extend(seat.counters.of(&scope.region).take());
        }
        readings
    }

    /// The same for what a service that is one per account has counted in other regions than the one it was called in.
    pub(super) fn stir_elsewhere(
        &mut self,
        asked: &Address,
        home: &Address,
        out: &mut Vec<(Address, Effect)>,
    ) {
        if !home.service.is_one_per_account() || asked.scope.region != home.scope.region {
            return;
        }
        let next = |world: &mut Self| world.services.get_mut(home)?.seat.counters.counted();
        while let Some((region, is_full)) = next(self) {
            let scope = Scope { account: home.scope.account.clone(), region };
            self.stir(&scope, is_full, out);
        }
    }

    /// After a service's turn in which it has counted: whether CloudWatch has to see it now.
    pub(super) fn stir(&mut self, scope: &Scope, is_full: bool, out: &mut Vec<(Address, Effect)>) {
        let cloudwatch = Address { service: ServiceId::CloudWatch, scope: scope.clone() };
        let sleeps = self.alarmed.contains(scope)
            && self
                .services
                .get(&cloudwatch)
                .is_some_and(|slot| slot.deadline.is_none_or(|at| at > self.now + SOON));
        if is_full || sleeps {
            self.on_service(&cloudwatch, "", out, |_, _| ());
        }
    }

    /// After a turn of CloudWatch: whether it has alarms there.
    pub(super) fn note_alarms(&mut self, cloudwatch: &Address) {
        let has_alarms = self.services.get(cloudwatch).is_some_and(|slot| slot.service.watches_metrics());
        if has_alarms {
            self.alarmed.insert(cloudwatch.scope.clone());
        } else {
            self.alarmed.remove(&cloudwatch.scope);
        }
    }
}
