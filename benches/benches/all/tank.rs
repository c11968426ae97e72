//! The tank: its start, S3 in-process through the genuine SDK, one Athena query over a million-row CSV, a whole run.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group};
use std::num::NonZeroUsize;
use wavetank::client::Aws;
use wavetank::progress::Silent;
use wavetank::{Embedded, RunOptions, Target, drive, observe};
use wavetank_benches::SEED;
use wavetank_emulator::Tank;
use wavetank_generators::{Defects, EventRevenue, Format, write};
use wavetank_scenarios::Scenario;

const REGION: &str = "us-east-1";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("threads")
}

fn start(c: &mut Criterion) {
    let runtime = runtime();
    let _inside = runtime.enter();
    c.bench_function("start/tank", |b| b.iter(|| Tank::builder().seed(SEED).build()));
}

fn s3(c: &mut Criterion) {
    let runtime = runtime();
    let target = Embedded::new(SEED);
    let client = target.s3(REGION);
    runtime.block_on(client.create_bucket().bucket("bench").send()).expect("a new bucket");
    let body = Bytes::from(vec![7; 1_024]);
    let mut group = c.benchmark_group("s3_in_process_1KiB");
    group.throughput(Throughput::Elements(1));
    group.bench_function("put", |b| {
        b.to_async(&runtime)
            .iter(|| client.put_object().bucket("bench").key("k").body(body.clone().into()).send());
    });
    group.bench_function("get", |b| {
        b.to_async(&runtime).iter(async || {
            let got = client.get_object().bucket("bench").key("k").send().await.expect("the object");
            got.body.collect().await.expect("its bytes").into_bytes().len()
        });
    });
    group.finish();
}

const TABLE: &str = "CREATE EXTERNAL TABLE events (event_id bigint, event_name string, event_type string, \
    event_date string, city string, country string, organizer string, participant_count double, \
    ticket_revenue double, currency string, sales_channel string, created_at string, updated_at string) \
    ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://bench/events/' \
    TBLPROPERTIES ('skip.header.line.count' = '1')";

const GROUP_BY: &str = "SELECT country, event_type, count(*) AS n, sum(ticket_revenue) AS revenue FROM events \
    GROUP BY country, event_type ORDER BY country, event_type";

fn athena(c: &mut Criterion) {
    let runtime = runtime();
    let target = Embedded::new(SEED);
    let aws = Aws::new(&target, REGION);
    runtime.block_on(async {
        let client = target.s3(REGION);
        client.create_bucket().bucket("bench").send().await.expect("a new bucket");
        let mut csv = Vec::new();
        let profile =
            EventRevenue::new(1_000_000, SEED, Defects::default()).expect("no defects are no error");
        write(&profile, Format::Csv, NonZeroUsize::MIN, &mut csv).expect("a vector takes everything");
        drive::put(aws, "s3://bench/events/e.csv", Bytes::from(csv)).await.expect("room");
        for sql in ["CREATE DATABASE bench", TABLE] {
            let answer = query(aws, sql).await;
            assert!(answer.failure.is_none(), "{answer:?}");
        }
    });
    let mut group = c.benchmark_group("athena");
    group.throughput(Throughput::Elements(1_000_000)).sample_size(10);
    group.bench_function("group_by_1M_rows_csv", |b| {
        b.to_async(&runtime).iter(async || {
            let answer = query(aws, GROUP_BY).await;
            assert!(answer.failure.is_none() && answer.rows.len() == 20, "{answer:?}");
        });
    });
    group.finish();
}

/// Runs one statement with its results in the bench's own bucket.
async fn query(aws: Aws<'_>, sql: &str) -> observe::Answer {
    use wavetank_wire::athena::{
        CreateWorkGroup, CreateWorkGroupInput, ResultConfiguration, WorkGroupConfiguration,
    };
    let configuration = WorkGroupConfiguration {
        result_configuration: Some(ResultConfiguration {
            output_location: Some("s3://bench/results/".to_owned()),
            ..ResultConfiguration::default()
        }),
        ..WorkGroupConfiguration::default()
    };
    let input = CreateWorkGroupInput {
        name: "bench".to_owned(),
        configuration: Some(configuration),
        ..CreateWorkGroupInput::default()
    };
    // It is there after the first call.
    drop(aws.call::<CreateWorkGroup>(input).await);
    observe::query(aws, "bench", "bench", sql).await.expect("a tank answers")
}

fn whole_run(c: &mut Criterion) {
    let runtime = runtime();
    let scenario = Scenario::open("event-revenue").expect("a bundled scenario");
    let options = RunOptions { seed: SEED.0, ..RunOptions::default() };
    let mut group = c.benchmark_group("run");
    group.sample_size(10);
    group.bench_function("event_revenue_60_rows", |b| {
        b.to_async(&runtime).iter(async || {
            let target = Embedded::new(SEED);
            let report = wavetank::run(&scenario, &target, &options, &Silent).await.expect("a report");
            assert!(report.is_ok());
        });
    });
    group.finish();
}

criterion_group!(benches, start, s3, athena, whole_run);
