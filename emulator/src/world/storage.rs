//! S3 in the world: one for all accounts and regions, since bucket names are, with a wire that is not ours.

use wavetank_wire::WireError;

use super::fault::Place;
use super::{Address, Cx, Effect, Scope, Seat, Verdict, World};
use crate::services::ServiceId;
use crate::services::s3::{Change, S3};

impl World {
    /// One request to S3, whose wire is elsewhere, and everything that follows from it at this instant.
    ///
    /// Delays do not reach S3 yet: its answers are made by `s3s` and cannot be left waiting.
    pub fn s3<R, E: From<WireError>>(
        &mut self,
        scope: &Scope,
        access_key: &str,
        operation: &str,
        mut act: impl FnMut(&mut S3, &mut Cx<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let place = Place { service: "s3", operation, region: scope.region.as_str() };
        let verdict = self.faults.verdict(&place, self.now);
        if let Verdict::Fail(error) = verdict {
            return Err(error.into());
        }
        if verdict == Verdict::Duplicate {
            let first = self.s3_unfaulted(scope, access_key, &mut act);
            drop(first);
        }
        if let Verdict::FailAfter(error) = verdict {
            return self.s3_unfaulted(scope, access_key, &mut act).and(Err(error.into()));
        }
        self.s3_unfaulted(scope, access_key, &mut act)
    }

    /// What a fault rule refuses this request with: for code of this tank that reads S3 without asking it as a client does.
    pub(crate) fn s3_refusal(&mut self, scope: &Scope, operation: &str) -> Option<WireError> {
        let place = Place { service: "s3", operation, region: scope.region.as_str() };
        match self.faults.verdict(&place, self.now) {
            Verdict::Fail(error) | Verdict::FailAfter(error) => Some(error),
            _ => None,
        }
    }

    fn s3_unfaulted<R>(
        &mut self,
        scope: &Scope,
        access_key: &str,
        act: &mut impl FnMut(&mut S3, &mut Cx<'_>) -> R,
    ) -> R {
        let mut out = Vec::new();
        let answer = self.on_s3(scope, access_key, &mut out, act);
        if !out.is_empty() {
            self.drain(out);
        }
        answer
    }

    /// Keeps what changes in S3 from now on.
    pub fn watch_s3(&mut self) {
        self.s3.watch();
    }

    /// What has changed in S3 since the last time.
    pub fn take_s3_changes(&mut self) -> Vec<Change> {
        self.s3.take_changes()
    }

    /// Reads S3 as the tank itself: no faults, no effects.
    pub fn s3_ref(&self) -> &S3 {
        &self.s3
    }

    pub(super) fn on_s3<R>(
        &mut self,
        scope: &Scope,
        access_key: &str,
        out: &mut Vec<(Address, Effect)>,
        act: impl FnOnce(&mut S3, &mut Cx<'_>) -> R,
    ) -> R {
        if !self.s3_seats.contains_key(scope) {
            let name = format!("s3/{}/{}", scope.account, scope.region);
            self.s3_seats.insert(scope.clone(), Seat::new(self.seed.stream(&name)));
        }
        let seat = self.s3_seats.get_mut(scope).expect("made just above");
        let owner = Address { service: ServiceId::S3, scope: scope.clone() };
        let mut cx = Cx {
            now: self.now,
            scope,
            access_key,
            endpoint: self.endpoint.as_deref(),
            owner: &owner,
            stream: &mut seat.stream,
            next_number: &mut self.next_number,
            counters: &mut seat.counters,
            faults: &mut self.faults,
            order: &mut self.order,
            out,
        };
        act(&mut self.s3, &mut cx)
    }
}
