//! Which product somebody looks at: Zipf's law, by an alias table of whole numbers.
//!
//! The product of rank r is looked at 1/r as often as the first. A draw is one multiplication and one look, whatever the
//! number of products; any machine draws the same.

use wavetank_types::{Permutation, Seed};

use super::NAME;

/// One cell of the table: a draw falls on `own` below the threshold, else on `other`. Both are product ids.
#[derive(Clone, Copy, Debug)]
struct Cell {
    threshold: u32,
    own: u32,
    other: u32,
}

/// The table.
#[derive(Clone, Debug)]
pub(super) struct Popularity {
    cells: Vec<Cell>,
}

impl Popularity {
    /// Over products 1 to `products`; which of them are popular is drawn.
    pub(super) fn new(seed: Seed, products: u64) -> Self {
        let ids = Permutation::new(seed, &format!("{NAME}/popularity"), products);
        let id_of = |rank: usize| (ids.apply(rank as u64) + 1) as u32;
        let count = products as usize;
        // Weights whose mean is one cell: scaled so that their sum is cells * FULL, but for rounding.
        const FULL: u64 = 1 << 32;
        let weight = |rank: usize| u128::from(u64::MAX / (rank as u64 + 1));
        let total: u128 = (0..count).map(weight).sum();
        let scaled = |rank: usize| (weight(rank) * count as u128 * u128::from(FULL) / total.max(1)) as u64;
        let mut left: Vec<u64> = (0..count).map(scaled).collect();
        let mut cells: Vec<Cell> = (0..count)
            .map(|rank| Cell { threshold: u32::MAX, own: id_of(rank), other: id_of(rank) })
            .collect();
        // Ranks are sorted by weight: the small ones are at the end, the large ones at the front.
        let mut small: Vec<usize> = (0..count).filter(|rank| left[*rank] < FULL).collect();
        let mut large: Vec<usize> = (0..count).rev().filter(|rank| left[*rank] >= FULL).collect();
        while let (Some(less), Some(more)) = (small.pop(), large.last().copied()) {
            cells[less].threshold = u32::try_from(left[less]).unwrap_or(u32::MAX);
            cells[less].other = cells[more].own;
            left[more] -= FULL - left[less];
            if left[more] < FULL {
                large.pop();
                small.push(more);
            }
        }
        Self { cells }
    }

    /// The product of a draw of 64 bits.
    pub(super) fn pick(&self, draw: u64) -> u32 {
        let at = ((draw >> 32) * self.cells.len() as u64) >> 32;
        let cell = self.cells[at as usize];
        if draw as u32 <= cell.threshold { cell.own } else { cell.other }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::Rng as _;

    use super::*;

    #[test]
    fn the_product_of_rank_r_is_drawn_one_rth_as_often_as_the_first() {
        let popularity = Popularity::new(Seed(7), 100);
        let mut stream = Seed(7).stream("draws");
        let mut found: BTreeMap<u32, f64> = BTreeMap::new();
        for _ in 0..200_000 {
            *found.entry(popularity.pick(stream.next_u64())).or_default() += 1.0;
        }
        let mut counts: Vec<f64> = found.values().copied().collect();
        counts.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(counts.len(), 100, "each is drawn");
        for rank in [2, 3, 10, 50] {
            let ratio = counts[0] / counts[rank - 1] / rank as f64;
            assert!((ratio - 1.0).abs() < 0.12, "rank {rank}: {ratio}");
        }
        assert_eq!(Popularity::new(Seed(7), 1).pick(u64::MAX), 1);
    }
}
