//! A table of 1,000,000 items of 200 bytes: how fast it fills, what it takes of memory, how long a parallel scan lasts.
//!
//! Prints figures: `cargo bench -p wavetank-benches -- million-items`. Not criterion's: one run is enough, and
//! the memory is that of a process of its own.

use std::time::{Duration, Instant};

use serde_json::json;
use wavetank_benches::{SEED, ask, resident_mb, typed};
use wavetank_emulator::Tank;
use wavetank_wire::dynamodb::*;

const ITEMS: u32 = 1_000_000;
const SEGMENTS: u32 = 4;

async fn scan(tank: Tank, segment: u32) -> i64 {
    let (mut items, mut last) = (0, None);
    loop {
        let request = json!({ "TableName": "bench", "Segment": segment, "TotalSegments": SEGMENTS });
        let input = ScanInput { exclusive_start_key: last, ..typed::<Scan>(&request) };
        let page = ask::<Scan>(&tank, input).await;
        items += page.count.unwrap_or(0);
        last = page.last_evaluated_key;
        if last.is_none() {
            return items;
        }
    }
}

pub(crate) fn run() {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let tank = Tank::builder().seed(SEED).build();
        let table = json!({
            "TableName": "bench",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        });
        ask::<CreateTable>(&tank, typed::<CreateTable>(&table)).await;
        tank.advance(Duration::from_secs(60)).await;
        let (before, started) = (resident_mb(), Instant::now());
        for number in 0..ITEMS {
            let item = json!({
                "pk": { "S": format!("user-{number:08}") },
                "name": { "S": "x".repeat(160) },
                "seen": { "N": number.to_string() },
                "on": { "BOOL": true },
            });
            ask::<PutItem>(&tank, typed::<PutItem>(&json!({ "TableName": "bench", "Item": item }))).await;
        }
        println!("{ITEMS} items of 200 B put, their JSON read: {:.2?}", started.elapsed());
        println!("resident memory: {before:?} MB before, {:?} MB after", resident_mb());
        let started = Instant::now();
        let segments: Vec<_> =
            (0..SEGMENTS).map(|segment| tokio::spawn(scan(tank.clone(), segment))).collect();
        let mut items = 0;
        for segment in segments {
            items += segment.await.expect("a segment");
        }
        assert_eq!(items, i64::from(ITEMS));
        println!("scan of all in {SEGMENTS} segments: {:.2?}", started.elapsed());
    });
}
