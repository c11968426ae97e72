//! Where a service sits in the world: with its random stream, what it has counted, and when it wants a turn.

use wavetank_types::{Seed, Timestamp};

use super::Address;
use super::collect::Seat;
use crate::services::{DynService, registry};

/// A service, its seat, and its deadlines as `World::deadlines` and `World::routines` have them.
pub(super) struct Slot {
    pub(super) service: Box<dyn DynService>,
    pub(super) seat: Seat,
    pub(super) deadline: Option<Timestamp>,
    pub(super) routine: Option<Timestamp>,
}

impl Slot {
    /// A fresh service, which draws from a stream of its own.
    pub(super) fn new(seed: Seed, address: &Address, strict: bool) -> Self {
        let Address { service, scope } = address;
        let name = format!("{service:?}/{}/{}", scope.account, scope.region);
        let seat = Seat::new(seed.stream(&name));
        Self { service: registry(*service, scope, strict), seat, deadline: None, routine: None }
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}
