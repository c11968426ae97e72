//! What is made once in a process: tests and simulations deploy one template, with one function's code, into many tanks.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values by what they are made of, which alone decides them.
pub(super) struct Kept<K, V> {
    values: Mutex<BTreeMap<K, V>>,
    count_max: usize,
}

impl<K: Ord, V: Clone> Kept<K, V> {
    /// At most so many: all go when one more comes.
    pub(super) const fn new(count_max: usize) -> Self {
        Self { values: Mutex::new(BTreeMap::new()), count_max }
    }

    /// The value that is kept, or else is made now. Where it cannot be made nothing is kept.
    pub(super) fn get<Q, E>(&self, key: &Q, make: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(found) = self.values().get(key) {
            return Ok(found.clone());
        }
        let made = make()?;
        let mut values = self.values();
        if values.len() >= self.count_max {
            values.clear();
        }
        values.insert(key.to_owned(), made.clone());
        Ok(made)
    }

    fn values(&self) -> MutexGuard<'_, BTreeMap<K, V>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_until_there_are_too_many() {
        let kept: Kept<String, usize> = Kept::new(2);
        let made = std::cell::Cell::new(0);
        let check = |key: &str, times: usize| {
            let length = kept.get(key, || {
                made.set(made.get() + 1);
                if key.is_empty() { Err("nothing") } else { Ok(key.len()) }
            });
            assert_eq!(length, if key.is_empty() { Err("nothing") } else { Ok(key.len()) });
            assert_eq!(made.get(), times, "{key}");
        };
        check("a", 1);
        check("a", 1);
        check("bb", 2);
        check("", 3);
        check("", 4);
        check("a", 4);
        check("ccc", 5);
        check("a", 6);
    }
}
