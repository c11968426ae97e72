//! Which event ids were delivered: a set that takes a bit per id where ids are close together.

use std::collections::HashMap; // looked up only

/// Ids of one word.
const IDS_PER_WORD: i64 = 64;

/// A set of event ids. A million consecutive ids take about half a megabyte, a million scattered ones about 35.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenIds {
    /// Sixty-four neighbouring ids by their common quotient. Only looked up, never iterated.
    words: HashMap<i64, u64>, // looked up only
}

impl SeenIds {
    /// Adds an id; false if it was there.
    pub(super) fn insert(&mut self, id: i64) -> bool {
        let word = self.words.entry(id.div_euclid(IDS_PER_WORD)).or_default();
        let bit = 1 << id.rem_euclid(IDS_PER_WORD);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once() {
        let mut seen = SeenIds::default();
        let ids = [1_001, 1_002, 1_064, 1, i64::MAX, i64::MIN, -1, 0];
        assert!(ids.into_iter().all(|id| seen.insert(id)));
        assert!(ids.into_iter().all(|id| !seen.insert(id)));
        assert!(seen.insert(1_003));
    }
}
