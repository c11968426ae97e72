//! Counting: by the minute, by the resource, cheaply.

use std::time::Duration;

use super::*;

crate::metrics! {
    /// Of a table and what is done with it.
    enum OfTable in "AWS/Test" by ["Table", "Operation"] {
        Calls => "Calls", Count;
        Time => "Call.Time", Milliseconds, spread;
    }
}

fn lines(meters: &mut Meters) -> Vec<String> {
    let line = |reading: Reading| {
        let points = reading.points.iter();
        let points = points.map(|(minute, point)| {
            let Point { count, sum, min, max, spread } = point;
            let mut values = String::new();
            if let Some(spread) = spread {
                spread.each(|value, count| values.push_str(&format!(" {value}x{count}")));
            }
            format!("{minute}:{count}/{sum}/{min}..{max}{values}")
        });
        let points: Vec<String> = points.collect();
        format!("{} {} {}", reading.metric.name, reading.values.join(","), points.join(" "))
    };
    meters.take().into_iter().map(line).collect()
}

#[test]
fn numbers_add_up_within_a_minute_and_rows_are_told_apart() {
    let mut meters = Meters::default();
    let at = Timestamp::from_secs(60);
    let count = |meters: &mut Meters, at, values: &[&str], calls, time| {
        Meter::<OfTable>::new(meters, at, values).add(OfTable::Calls, calls).add(OfTable::Time, time);
    };
    count(&mut meters, at, &["t", "Put"], 1.0, 2.0);
    count(&mut meters, at, &["s", "Put"], 1.0, 9.0);
    count(&mut meters, at + Duration::from_secs(59), &["t", "Put"], 3.0, 2.0);
    count(&mut meters, at + Duration::from_secs(60), &["t", "Put"], 5.0, 4.0);
    Meter::<OfTable>::new(&mut meters, at, &["t", "Put"]).add_times(OfTable::Time, 7.0, 0);
    assert_eq!(
        lines(&mut meters),
        [
            "Calls s,Put 1:1/1/1..1",
            "Call.Time s,Put 1:1/9/9..9 9x1",
            "Calls t,Put 1:2/4/1..3 2:1/5/5..5",
            "Call.Time t,Put 1:2/4/2..2 2x2 2:1/4/4..4 4x1",
        ]
    );
    assert_eq!(lines(&mut meters), [""; 0]);
}

#[test]
fn a_service_counts_through_its_context() {
    let mut bench = crate::world::testing::Bench::new(crate::services::ServiceId::Sqs);
    bench.with(|cx| {
        cx.meter::<OfTable>(&["t", "Put"]).add(OfTable::Calls, 2.0).add_times(OfTable::Time, 3.0, 2);
    });
    assert_eq!(
        bench.readings(),
        ["Calls Table=t Operation=Put 1x sum 2", "Call.Time Table=t Operation=Put 2x sum 6"]
    );
}

#[test]
fn a_point_knows_its_values_only_if_all_its_parts_do() {
    let mut known = Point::empty(true);
    known.add(1.0, 2.0);
    known.merge(&Point::of_set(3.0, 12.0, 4.0, 4.0));
    let mut seen = Vec::new();
    known.spread.as_ref().unwrap().each(|value, count| seen.push((value, count)));
    assert_eq!(seen, [(1.0, 2.0), (4.0, 3.0)]);
    known.merge(&Point::of_set(2.0, 3.0, 1.0, 2.0));
    assert_eq!((known.count, known.sum, known.min, known.max), (7.0, 17.0, 1.0, 4.0));
    assert_eq!(known.spread, None);
}

#[test]
fn very_many_values_are_told_apart_by_a_hundredth() {
    let mut spread = Spread::default();
    for n in 1..=20_000 {
        spread.add(f64::from(n), 1.0);
    }
    let (mut values, mut total) = (0, 0.0);
    spread.each(|value, count| {
        values += 1;
        total += value * count;
    });
    assert!(values < 1_000, "{values}");
    let exact = 20_000.0 * 20_001.0 / 2.0;
    assert!((total / exact - 1.0).abs() < 0.01, "{total} for {exact}");
}
