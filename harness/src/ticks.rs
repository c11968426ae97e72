//! When the records of a rate go: those of a second together, at its end.

use std::ops::Range;
use std::time::Duration;

use wavetank_generators::kdg::Rate;

/// Between two instants at which records go.
const TICK: Duration = Duration::from_secs(1);
/// Ticks without a record after which a rate is taken to be zero for good: a day.
const SILENT_TICKS_MAX: u32 = 86_400;

/// The time from the beginning and the numbers of the records, of each tick that has some, until all `count` have gone. A rate
/// that never sends them all ends them.
pub(crate) fn ticks(rate: Rate, count: u64) -> impl Iterator<Item = (Duration, Range<u64>)> {
    let (mut from, mut tick, mut silent) = (0, 0u32, 0);
    std::iter::from_fn(move || {
        while from < count && silent < SILENT_TICKS_MAX {
            tick += 1;
            let to = rate.records(TICK * tick).clamp(from, count);
            silent = if to == from { silent + 1 } else { 0 };
            let range = from..to;
            from = to;
            if !range.is_empty() {
                return Some((TICK * tick, range));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_goes_once_at_the_end_of_its_second() {
        let check = |rate: &str, count: u64, expected: &[(u64, Range<u64>)]| {
            let all = ticks(rate.parse().expect("a rate"), count);
            let all: Vec<_> = all.map(|(after, range)| (after.as_secs(), range)).collect();
            assert_eq!(all, expected, "{rate}");
        };
        check("2/s", 5, &[(1, 0..2), (2, 2..4), (3, 4..5)]);
        check("0.5/s", 2, &[(2, 0..1), (4, 1..2)]);
        check("0/s", 5, &[]);
        check("9/s", 0, &[]);
    }
}
