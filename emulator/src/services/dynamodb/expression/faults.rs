//! [`Faults`]: of all that is wrong with an expression, what AWS would have met first.

use super::error::Fault;

/// The fault of the lowest rank; of the same rank, the first that was noted.
pub(super) struct Faults<Rank>(Option<(Rank, Fault)>);

impl<Rank: Ord> Faults<Rank> {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Remembers a fault, unless a weightier one is known.
    pub(super) fn note(&mut self, rank: Rank, fault: Fault) {
        if self.0.as_ref().is_none_or(|(lowest, _)| rank < *lowest) {
            self.0 = Some((rank, fault));
        }
    }

    /// What was made, if nothing is wrong with it.
    pub(super) fn unless_any<T>(self, made: T) -> Result<T, Fault> {
        match self.0 {
            Some((_, fault)) => Err(fault),
            None => Ok(made),
        }
    }
}
