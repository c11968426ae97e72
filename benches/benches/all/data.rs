//! Rows without a tank: generating CSV, cleaning it, writing it as Parquet. Throughput is in rows of one core.

use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group};
use wavetank_benches::SEED;
use wavetank_generators::event_revenue::Oracle;
use wavetank_generators::{Defects, EventRevenue, Format, write};
use wavetank_transforms::event_revenue::{Batches, Layout, Parts, Variant};

const ROWS: u64 = 200_000;

fn profile() -> EventRevenue {
    EventRevenue::new(ROWS, SEED, Defects::default()).expect("no defects are no error")
}

fn csv() -> Vec<u8> {
    let mut out = Vec::new();
    write(&profile(), Format::Csv, NonZeroUsize::MIN, &mut out).expect("a vector takes everything");
    out
}

fn generate(c: &mut Criterion) {
    let mut group = c.benchmark_group("generate");
    group.throughput(Throughput::Elements(ROWS)).sample_size(10);
    group.bench_function("csv", |b| b.iter(csv));
    group.bench_function("oracle", |b| b.iter(|| Oracle::of(&profile(), NonZeroUsize::MIN)));
    group.finish();
}

fn transform(c: &mut Criterion) {
    let file = csv();
    let mut group = c.benchmark_group("transform");
    group.throughput(Throughput::Elements(ROWS)).sample_size(10);
    group.bench_function("clean", |b| {
        b.iter(|| {
            let batches = Batches::open(Variant::Correct, file.as_slice()).expect("a generated file");
            batches.map(|batch| batch.expect("a generated row").batch.num_rows()).sum::<usize>()
        });
    });
    group.bench_function("csv_to_parquet", |b| {
        b.iter(|| {
            let parts = Parts::open(Variant::Correct, "s3://b/k", file.as_slice(), Layout::default());
            parts.expect("a generated file").map(|part| part.expect("a part").body.len()).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, generate, transform);
