//! Any mix of puts, at any time and of any kind, adds up: over any period the sums, counts, least and greatest values are those of
//! what was put, and percentiles are values that were put.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wavetank_types::Timestamp;

use super::stat::Statistic;
use super::store::{Key, Span, Store};
use crate::world::Point;

/// Seconds after the start, the value, how often, and whether its second counts.
type Put = (i64, u32, u32, bool);

fn put() -> impl Strategy<Value = Put> {
    (0i64..7_000, 0u32..1_000, 1u32..5, any::<bool>())
}

/// The middle one of three periods of time that answers may come from.
const START: i64 = 1_767_571_200;

fn point((_, value, count, _): Put) -> Point {
    let mut point = Point::empty(true);
    point.add(f64::from(value), f64::from(count));
    point
}

proptest! {
    #[test]
    fn what_was_put_is_what_is_found(
        puts in prop::collection::vec(put(), 1..80),
        period in prop::sample::select(vec![1i64, 10, 30, 60, 120, 300, 3_600, 7_200]),
        offset in 0i64..10,
    ) {
        let key = Key::new("n", "m", Vec::new());
        let now = Timestamp::from_secs(START + 7_000);
        let mut store = Store::default();
        let mut model: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        let start = START - offset * 60;
        for one in &puts {
            let (second, value, count, fine) = *one;
            store.put(key.clone(), "Count", Timestamp::from_secs(START + second), fine, &point(*one), now);
            let at = if fine { START + second } else { START + second / 60 * 60 };
            let at = if period < 60 { at } else { at.div_euclid(60) * 60 };
            let bucket = start + (at - start).div_euclid(period) * period;
            let values = model.entry(bucket).or_default();
            values.extend(std::iter::repeat_n(f64::from(value), count as usize));
        }
        let span = Span::rounded(Timestamp::from_secs(start), now, period, now);
        let found = store.by_unit(&key, None, span, now).remove("Count").unwrap_or_default();
        prop_assert_eq!(found.keys().collect::<Vec<_>>(), model.keys().collect::<Vec<_>>());
        for (bucket, values) in &mut model {
            values.sort_by(f64::total_cmp);
            let point = &found[bucket];
            prop_assert_eq!(point.count, values.len() as f64);
            prop_assert_eq!(point.sum, values.iter().sum::<f64>());
            prop_assert_eq!(point.min, values[0]);
            prop_assert_eq!(point.max, values[values.len() - 1]);
            for share in [0.0, 25.0, 50.0, 90.0, 99.0, 100.0] {
                let rank = (share / 100.0 * values.len() as f64).ceil().max(1.0) as usize;
                prop_assert_eq!(Statistic::Percentile(share).of(point), Some(values[rank - 1]), "p{}", share);
            }
        }
    }

    #[test]
    fn no_statistic_panics(text in "\\PC{0,12}") {
        if let Some(statistic) = Statistic::parse(&text) {
            let mut point = Point::empty(true);
            point.add(3.0, 2.0);
            let _ = statistic.of(&point);
        }
    }

    #[test]
    fn no_expression_panics(text in "[a-zA-Z0-9_+*/()\\[\\], .\"'<>=&|!^%-]{0,40}") {
        if let Ok(expr) = super::math::parse(&text) {
            let scene = super::math::Scene { end: 600, period: 60, ..Default::default() };
            let _ = super::math::evaluate(&scene, &expr);
        }
    }
}
