//! Each anomaly by example, and the equation for any mix of sightings.

use super::*;
use proptest::prelude::*;

const SUM: Checksum = Checksum(9);

fn seen(delivery: u64) -> Sighting {
    Sighting { checksum: SUM, route: None, delivery }
}

fn check(name: &str, play: impl FnOnce(&mut Ledger), anomaly: Option<(Anomaly, u64)>) {
    let mut ledger = Ledger::default();
    play(&mut ledger);
    let balance = ledger.close();
    let found: Vec<(Anomaly, u64)> = balance.anomalies.iter().map(|(a, e)| (*a, e.count)).collect();
    assert_eq!(found, anomaly.into_iter().collect::<Vec<_>>(), "{name}: {balance:?}");
    assert_eq!(balance.is_conserved(), anomaly.is_none(), "{name}: {balance:?}");
}

#[test]
fn each_anomaly_has_its_name() {
    let generated = |ledger: &mut Ledger| {
        ledger.generate(1, Expected::Delivered { checksum: SUM, route: Some("a".into()) })
    };
    let refused = |ledger: &mut Ledger| ledger.generate(1, Expected::Rejected("bad".into()));
    check(
        "delivered",
        |l| {
            generated(l);
            l.observe_delivered(1, &seen(0))
        },
        None,
    );
    check("lost", generated, Some((Anomaly::Lost, 1)));
    check("phantom", |l| l.observe_delivered(1, &seen(0)), Some((Anomaly::Phantom, 1)));
    check(
        "twice by one delivery",
        |l| {
            generated(l);
            l.observe_delivered(1, &seen(4));
            l.observe_delivered(1, &seen(4))
        },
        Some((Anomaly::DuplicatedByConsumer, 1)),
    );
    check(
        "twice by two deliveries",
        |l| {
            generated(l);
            l.observe_delivered(1, &seen(4));
            l.observe_delivered(1, &seen(5))
        },
        Some((Anomaly::DuplicatedByProducer, 1)),
    );
    check(
        "other content",
        |l| {
            generated(l);
            l.observe_delivered(1, &Sighting { checksum: Checksum(1), ..seen(0) })
        },
        Some((Anomaly::Mutated, 1)),
    );
    check(
        "other place",
        |l| {
            generated(l);
            l.observe_delivered(1, &Sighting { route: Some("b".into()), ..seen(0) })
        },
        Some((Anomaly::Misrouted, 1)),
    );
    check(
        "stuck",
        |l| {
            generated(l);
            l.observe_in_flight(1, true)
        },
        Some((Anomaly::Stuck, 1)),
    );
    check(
        "in flight",
        |l| {
            generated(l);
            l.observe_in_flight(1, false)
        },
        None,
    );
    check(
        "refused as it should be",
        |l| {
            refused(l);
            l.observe_rejected(1, "bad")
        },
        None,
    );
    check(
        "refused for another reason",
        |l| {
            refused(l);
            l.observe_rejected(1, "worse")
        },
        Some((Anomaly::Misjudged, 1)),
    );
    check(
        "delivered though bad",
        |l| {
            refused(l);
            l.observe_delivered(1, &seen(0))
        },
        Some((Anomaly::Misjudged, 1)),
    );
    check(
        "refused though good",
        |l| {
            generated(l);
            l.observe_rejected(1, "bad")
        },
        Some((Anomaly::Misjudged, 1)),
    );
}

#[test]
fn examples_are_bounded_and_counts_are_not() {
    let mut ledger = Ledger::default();
    for index in 0..100 {
        ledger.generate(index, Expected::Delivered { checksum: SUM, route: None });
    }
    let lost = &ledger.close().anomalies[&Anomaly::Lost];
    assert_eq!((lost.count, lost.first.len()), (100, EXAMPLES_MAX));
}

proptest! {
    /// Whatever is seen: generated - lost = accounted, and duplicates are exactly what was seen beyond that.
    #[test]
    fn the_equation_holds_for_any_sightings(copies in prop::collection::vec(0u32..3, 1..20), sightings in prop::collection::vec((0usize..20, 0u8..5), 0..60)) {
        let mut ledger = Ledger::default();
        for (index, count) in copies.iter().enumerate() {
            for _ in 0..*count {
                ledger.generate(index as u64, Expected::Delivered { checksum: SUM, route: None });
            }
        }
        let known = |index: &usize| copies.get(*index).is_some_and(|count| *count > 0);
        let mut found = 0;
        for (index, kind) in &sightings {
            found += u64::from(known(index));
            match kind {
                0 | 1 => ledger.observe_delivered(*index as u64, &seen(0)),
                2 => ledger.observe_rejected(*index as u64, "bad"),
                3 => ledger.observe_delivered(*index as u64, &seen(1)),
                _ => ledger.observe_delivered(*index as u64, &seen(2)),
            }
        }
        let generated: u64 = copies.iter().copied().map(u64::from).sum();
        let balance = ledger.close();
        prop_assert_eq!(balance.generated, generated);
        prop_assert_eq!(balance.accounted() + balance.lost(), generated);
        prop_assert_eq!(balance.accounted() + balance.duplicates, found);
    }
}

#[test]
fn each_record_says_what_should_have_become_of_it_and_what_did() {
    let mut ledger = Ledger::default();
    let delivered = || Expected::Delivered { checksum: SUM, route: None };
    ledger.generate(1, delivered());
    ledger.observe_delivered(1, &seen(0));
    ledger.generate(2, Expected::Rejected("bad-date".into()));
    ledger.generate(2, delivered());
    ledger.observe_rejected(2, "bad-date");
    ledger.observe_delivered(2, &seen(0));
    ledger.generate(3, delivered());
    ledger.generate(4, Expected::Either);
    ledger.observe_dead_lettered(4);
    ledger.generate(5, delivered());
    ledger.observe_delivered(5, &Sighting { checksum: Checksum(1), ..seen(0) });
    ledger.close();
    let lines = ledger.fates().map(|fate| {
        let Fate { index, sent, expected, became, is_right } = fate;
        format!("{index} | {sent} | {expected} | {became} | {is_right}")
    });
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "1 | 1 | delivered x1 | delivered x1 | true",
            "2 | 2 | delivered x1, rejected (bad-date) x1 | delivered x1, rejected (bad-date) x1 | true",
            "3 | 1 | delivered x1 | nowhere | false",
            "4 | 1 | unknown | dead-lettered x1 | true",
            "5 | 1 | delivered x1 | delivered x1, with other content | false",
        ]
    );
}
