//! Streams in-process, without their wire: Kinesis puts and reads, Firehose from a stream to S3, and what it costs to move time.
//!
//! At the end, in `cargo bench` only: how much memory a stream of ten million records takes.

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use std::time::Duration;
use wavetank::{Embedded, Target as _};
use wavetank_benches::{SEED, resident_mb};
use wavetank_emulator::world::{Rule, Verdict};
use wavetank_emulator::{Scope, Tank};
use wavetank_wire::firehose::{
    BufferingHints, CreateDeliveryStream, CreateDeliveryStreamInput, ExtendedS3DestinationConfiguration,
    KinesisStreamSourceConfiguration, PutRecordBatch, PutRecordBatchInput, Record,
};
use wavetank_wire::kinesis::{
    CreateStream, CreateStreamInput, DescribeLimits, DescribeLimitsInput, GetRecords, GetRecordsInput,
    GetShardIterator, GetShardIteratorInput, PutRecords, PutRecordsInput, PutRecordsRequestEntry,
};

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

/// A tank with a stream of so many shards.
async fn tank(shards: i64) -> Tank {
    let tank = Tank::builder().seed(SEED).build();
    add_stream(&tank, shards).await;
    tank
}

async fn add_stream(tank: &Tank, shards: i64) {
    let stream_name = "bench".to_owned();
    let input = CreateStreamInput { stream_name, shard_count: Some(shards), ..Default::default() };
    tank.request::<CreateStream>(&Scope::default(), input).await.expect("a new stream");
    tank.advance(Duration::from_secs(1)).await;
}

/// A tank whose delivery stream buffers so much, or for five minutes. It reads the stream of eight shards, or takes puts.
async fn delivering(mebibytes: i64, from_stream: bool) -> Tank {
    let target = Embedded::new(SEED);
    let made = target.s3("us-east-1").create_bucket().bucket("lake").send().await;
    made.expect("a new bucket");
    let tank = target.tank().clone();
    add_stream(&tank, 8).await;
    let role_arn = "arn:aws:iam::000000000000:role/bench".to_owned();
    let source = KinesisStreamSourceConfiguration {
        kinesis_stream_arn: "arn:aws:kinesis:us-east-1:000000000000:stream/bench".to_owned(),
        role_arn: role_arn.clone(),
    };
    let hints = BufferingHints { size_in_mbs: Some(mebibytes), interval_in_seconds: Some(300) };
    let destination = ExtendedS3DestinationConfiguration {
        bucket_arn: "arn:aws:s3:::lake".to_owned(),
        role_arn,
        buffering_hints: Some(hints),
        ..Default::default()
    };
    let input = CreateDeliveryStreamInput {
        delivery_stream_name: "bench".to_owned(),
        delivery_stream_type: from_stream.then(|| "KinesisStreamAsSource".to_owned()),
        kinesis_stream_source_configuration: from_stream.then_some(source),
        extended_s3destination_configuration: Some(destination),
        ..Default::default()
    };
    tank.request::<CreateDeliveryStream>(&Scope::default(), input).await.expect("a new delivery stream");
    tank.advance(Duration::from_secs(2)).await;
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
        let tank = runtime.block_on(tank(4));
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
    let tank = runtime.block_on(tank(4));
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

/// Records from puts to objects in S3, by way of a stream and a delivery stream that reads it.
fn deliver(c: &mut Criterion) {
    const BATCHES: usize = 100;
    let runtime = runtime();
    let mut group = c.benchmark_group("kinesis_firehose_s3");
    group.throughput(Throughput::Elements((BATCHES * BATCH) as u64)).sample_size(10);
    group.bench_function("1024B", |b| {
        b.iter_batched(
            || (runtime.block_on(delivering(64, true)), vec![batch(1_024); BATCHES]),
            |(tank, batches)| {
                runtime.block_on(async {
                    for input in batches {
                        tank.request::<PutRecords>(&Scope::default(), input).await.expect("room");
                    }
                    tank.advance(Duration::from_secs(310)).await;
                });
                tank
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Five minutes pass, in which a buffer of so much is flushed.
fn flush(c: &mut Criterion) {
    let runtime = runtime();
    let mut group = c.benchmark_group("advance_5_minutes");
    group.sample_size(20);
    for (name, records) in [("idle", 0), ("flush_1MiB", 1_024), ("flush_4.9MiB", 5_017)] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || {
                    let tank = runtime.block_on(delivering(5, false));
                    let data = Bytes::from(vec![b'x'; 1_024]);
                    let all: Vec<Record> = (0..records).map(|_| Record { data: data.clone() }).collect();
                    for some in all.chunks(BATCH) {
                        let delivery_stream_name = "bench".to_owned();
                        let input = PutRecordBatchInput { delivery_stream_name, records: some.to_vec() };
                        let scope = Scope::default();
                        let put = tank.request::<PutRecordBatch>(&scope, input);
                        runtime.block_on(put).expect("room");
                    }
                    tank
                },
                |tank| {
                    runtime.block_on(tank.advance(Duration::from_secs(300)));
                    tank
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A day in which 100 things are due in each minute: calls that a fault rule delays by 600 ms, one after the other.
fn day(c: &mut Criterion) {
    const DUE: usize = 24 * 60 * 100;
    let runtime = runtime();
    let tank = Tank::builder().seed(SEED).build();
    let delay = Verdict::Delay(Duration::from_millis(600));
    tank.with_world(|world| world.add_fault(Rule::on("kinesis", "DescribeLimits", delay)));
    let mut group = c.benchmark_group("day");
    group.sample_size(10);
    group.bench_function("100_timers_a_minute", |b| {
        b.iter(|| {
            let (before, scope) = (tank.now(), Scope::default());
            runtime.block_on(async {
                for _ in 0..DUE {
                    let asked = tank.request::<DescribeLimits>(&scope, DescribeLimitsInput {});
                    asked.await.expect("an answer");
                }
            });
            assert_eq!(tank.now().since(before), Duration::from_secs(24 * 3_600));
        });
    });
    group.finish();
}

#[expect(clippy::print_stdout, reason = "a bench prints what it finds")]
pub(crate) fn ten_million_records() {
    let runtime = runtime();
    let tank = runtime.block_on(tank(8));
    let before = resident_mb();
    for _ in 0..10_000_000 / BATCH {
        runtime.block_on(tank.request::<PutRecords>(&Scope::default(), batch(100))).expect("room");
    }
    if let (Some(before), Some(after)) = (before, resident_mb()) {
        println!("ten million records of 100 B: {after} MB resident, {before} MB before");
    }
}

criterion_group!(benches, put, get, deliver, flush, day);
