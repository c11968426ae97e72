//! In which order things happen that fall at one instant: as they were asked for, or, in a simulation, in any order that AWS allows.
//!
//! Drawn are: which of the deadlines, ends of jobs and delayed calls of an instant comes first; which of the services whose effects
//! wait has its next one delivered, each service's own in their order; who of those who watch a topic hears first; which
//! waiting job an executor takes; which shard or mapping Lambda looks at, which timer of Firehose fires. Not drawn is the order
//! within a shard, and that of one caller's requests.

use std::collections::VecDeque;

use rand::Rng as _;
use wavetank_types::{Seed, Stream};

use super::{Address, Effect};

/// Whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Order(Option<Stream>);

impl Order {
    /// A stream of its own, so that nothing else draws otherwise for it.
    pub(super) fn drawn(seed: Seed) -> Self {
        Self(Some(seed.stream("order")))
    }

    /// One of `count`, which is not zero: the first unless it is drawn.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        match &mut self.0 {
            Some(stream) if count > 1 => (stream.next_u64() % count as u64) as usize,
            _ => 0,
        }
    }

    /// How many of those that are due need to be known: all if one is drawn.
    pub(super) fn looks_at(&self) -> usize {
        if self.0.is_some() { usize::MAX } else { 1 }
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        if self.0.is_some() {
            for last in (1..items.len()).rev() {
                let at = self.pick(last + 1);
                items.swap(at, last);
            }
        }
    }

    /// The next effect to be delivered.
    pub(super) fn next(&mut self, queue: &mut VecDeque<(Address, Effect)>) -> Option<(Address, Effect)> {
        if self.0.is_none() || queue.len() < 2 {
            return queue.pop_front();
        }
        let mut firsts: Vec<usize> = Vec::new();
        for (at, (from, _)) in queue.iter().enumerate() {
            if !firsts.iter().any(|first| queue[*first].0 == *from) {
                firsts.push(at);
            }
        }
        let at = firsts[self.pick(firsts.len())];
        queue.remove(at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::services::ServiceId;
    use crate::world::Scope;

    #[test]
    fn one_service_s_effects_stay_in_their_order_and_others_come_between_them() {
        let of = |service, name: &str| {
            (Address { service, scope: Scope::default() }, Effect::Signal(name.to_owned()))
        };
        let mut seen = BTreeSet::new();
        for seed in 0..100 {
            let mut order = Order::drawn(Seed(seed));
            let mut queue: VecDeque<_> = ["a1", "a2", "b1", "b2"]
                .map(|name| match name.starts_with('a') {
                    true => of(ServiceId::Lambda, name),
                    false => of(ServiceId::Firehose, name),
                })
                .into();
            let mut told = String::new();
            while let Some((_, Effect::Signal(name))) = order.next(&mut queue) {
                told.push_str(&name);
            }
            assert!(told.find("a1") < told.find("a2") && told.find("b1") < told.find("b2"), "{told}");
            seen.insert(told);
        }
        assert_eq!(seen.len(), 6, "all that there are: {seen:?}");
        let mut queue: VecDeque<_> = [of(ServiceId::Lambda, "a"), of(ServiceId::Firehose, "b")].into();
        let mut asked = Order::default();
        assert!(matches!(asked.next(&mut queue), Some((_, Effect::Signal(name))) if name == "a"));
    }
}
