//! Kinesis in-process, without its wire: batches of 500 records put and read.

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use wavetank_benches::SEED;
use wavetank_emulator::{Scope, Tank};
use wavetank_wire::kinesis::*;

/// Records of one call.
const BATCH: usize = 500;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("threads")
}

fn batch(bytes: usize) -> PutRecordsInput {
    let entry = |number: usize| PutRecordsRequestEntry {
        data: Bytes::from(vec![b'x'; bytes]),
        partition_key: Some(format!("key-{number}")),
        explicit_hash_key: None,
    };
    PutRecordsInput {
        stream_name: Some("bench".to_owned()),
        records: (0..BATCH).map(entry).collect(),
        ..Default::default()
    }
}

/// A tank with a stream of four shards.
async fn tank() -> Tank {
    let tank = Tank::builder().seed(SEED).build();
    let input =
        CreateStreamInput { stream_name: "bench".to_owned(), shard_count: Some(4), ..Default::default() };
    tank.request::<CreateStream>(&Scope::default(), input).await.expect("a new stream");
    tank.advance(Duration::from_secs(1)).await;
    tank
}

/// What has been put is forgotten now and then, so that the bench measures puts and not the machine's memory.
async fn forget(tank: &Tank) {
    tank.advance(Duration::from_secs(25 * 3_600)).await;
}

fn put(c: &mut Criterion) {
    let runtime = runtime();
    let mut group = c.benchmark_group("kinesis_put_records_500");
    group.throughput(Throughput::Elements(BATCH as u64));
    for bytes in [100, 1_024] {
        let tank = runtime.block_on(tank());
        let mut puts = 0_u32;
        group.bench_function(format!("{bytes}B"), |b| {
            b.iter_batched(
                || {
                    puts += 1;
                    if puts.is_multiple_of(200) {
                        runtime.block_on(forget(&tank));
                    }
                    batch(bytes)
                },
                |input| runtime.block_on(tank.request::<PutRecords>(&Scope::default(), input)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn get(c: &mut Criterion) {
    let runtime = runtime();
    let tank = runtime.block_on(tank());
    let scope = Scope::default();
    let iterator = runtime.block_on(async {
        for _ in 0..4 {
            tank.request::<PutRecords>(&scope, batch(1_024)).await.expect("room");
        }
        let input = GetShardIteratorInput {
            stream_name: Some("bench".to_owned()),
            shard_id: "shardId-000000000000".to_owned(),
            shard_iterator_type: "TRIM_HORIZON".to_owned(),
            ..Default::default()
        };
        let found = tank.request::<GetShardIterator>(&scope, input).await.expect("a shard");
        found.shard_iterator.expect("an iterator")
    });
    let mut group = c.benchmark_group("kinesis_get_records_500");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("1024B", |b| {
        b.iter(|| {
            let input = GetRecordsInput {
                shard_iterator: iterator.clone(),
                limit: Some(BATCH as i64),
                ..Default::default()
            };
            runtime.block_on(tank.request::<GetRecords>(&scope, input)).expect("records").records.len()
        });
    });
    group.finish();
}

criterion_group!(benches, put, get);
criterion_main!(benches);
