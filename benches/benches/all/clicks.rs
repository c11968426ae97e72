//! The fashion store's clicks on one core: drawn, in the order of time, as lines of JSON, and counted. The goal is 500,000 a second.

use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group};
use wavetank_benches::SEED;
use wavetank_generators::fashion_store::{
    ClickText, Oracle, Part, Plan, Sent, Store, StoreOptions, StoreProfile,
};
use wavetank_generators::{Defects, Format, Share, write_rows};

const CLICKS: u64 = 200_000;

fn plan() -> Plan {
    Plan { users: 1_000, ..Plan::of_clicks(CLICKS, SEED) }
}

/// Every fourth click late, out of order or twice.
fn defects() -> Defects {
    let share = Share::new(0.0625).expect("a share");
    Defects {
        late: share,
        out_of_order: share,
        producer_duplicate: share,
        consumer_duplicate: share,
        ..Defects::default()
    }
}

/// What the harness does: all clicks of a second, as lines, second by second.
fn ticks(store: &Store) -> usize {
    let (mut sends, mut text) = (store.sends(), ClickText::new(store));
    let (mut batch, mut line, mut bytes) = (Vec::<Sent>::new(), String::new(), 0);
    while let Some(second) = sends.next_second() {
        sends.take_until(store.instant(second + 1), &mut batch);
        for sent in batch.drain(..) {
            line.clear();
            text.push_json(&mut line, &sent.click);
            bytes += line.len();
        }
    }
    bytes
}

fn file(profile: &StoreProfile, format: Format) -> u64 {
    let rows = &profile.tables()[0].1;
    write_rows(rows, format, NonZeroUsize::MIN, std::io::sink()).expect("a sink takes everything").bytes
}

fn clicks(c: &mut Criterion) {
    let store = Store::new(plan()).expect("a plan");
    let badly_sent = Store::new(Plan { defects: defects(), ..plan() }).expect("a plan");
    let profile =
        StoreProfile::new(Part::Clickstream, CLICKS, SEED, Defects::default(), &StoreOptions::default());
    let profile = profile.expect("a profile");
    let mut group = c.benchmark_group("clicks");
    group.throughput(Throughput::Elements(CLICKS)).sample_size(10);
    group.bench_function("drawn", |b| {
        b.iter(|| {
            let mut count = 0;
            (0..store.blocks())
                .for_each(|block| store.for_each_session(block, |it| count += it.clicks.len()));
            count
        });
    });
    group.bench_function("in_order_of_time", |b| b.iter(|| store.feed().count()));
    group.bench_function("by_second_as_json", |b| b.iter(|| ticks(&store)));
    group.bench_function("by_second_as_json_with_defects", |b| b.iter(|| ticks(&badly_sent)));
    group.bench_function("ndjson", |b| b.iter(|| file(&profile, Format::Ndjson)));
    group.bench_function("csv", |b| b.iter(|| file(&profile, Format::Csv)));
    group.bench_function("oracle", |b| b.iter(|| Oracle::of(&store, NonZeroUsize::MIN)));
    group.finish();
}

criterion_group!(benches, clicks);
