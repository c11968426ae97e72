//! How what services count comes to CloudWatch: before each of its turns, from all services of its scope.
//!
//! Nothing is sent when something is counted. Only where CloudWatch has alarms, and none of its turns is near, the first
//! number of a service gives it one: alarms rest while nothing happens (`services/cloudwatch/state/watch.rs`).

use std::time::Duration;

use wavetank_types::Stream;

use super::metrics::{Meters, Reading};
use super::{Address, Cx, Effect, Scope, World};
use crate::services::ServiceId;

/// What a service of a scope has of the world for itself: its random stream, and what it has counted.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) stream: Stream,
    pub(super) meters: Meters,
}

impl Seat {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, meters: Meters::default() }
    }
}

/// A turn of CloudWatch within this time comes soon enough.
const SOON: Duration = Duration::from_secs(60);

impl World {
    /// Takes what the services of a scope have counted, and lets them count their gauges first.
    pub(super) fn readings(&mut self, scope: &Scope) -> Vec<Reading> {
        let mut readings = Vec::new();
        let mut out = Vec::new();
        let slots = self.services.iter_mut().filter(|(address, _)| address.scope == *scope);
        for (owner, slot) in slots.filter(|(address, _)| address.service != ServiceId::CloudWatch) {
            let mut cx = Cx {
                now: self.now,
                scope,
                access_key: "",
                endpoint: self.endpoint.as_deref(),
                owner,
                stream: &mut slot.seat.stream,
                next_number: &mut self.next_number,
                meters: &mut slot.seat.meters,
                out: &mut out,
            };
            slot.service.measure(&mut cx);
            readings.extend(slot.seat.meters.take());
        }
        assert!(out.is_empty(), "measuring has no effects, yet there are {out:?}");
        if let Some(seat) = self.s3_seats.get_mut(scope) {
            readings.extend(seat.meters.take());
        }
        readings
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
