//! DynamoDB in-process, without its wire: single items of 200 bytes, a query of 100 items, a transaction of 25.
//!
//! `dynamodb_million.rs` has what a table of a million items takes.

use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Duration;
use wavetank_benches::{SEED, ask, typed};
use wavetank_emulator::Tank;
use wavetank_wire::dynamodb::*;

/// Requests of one turn.
const TURN: u32 = 1_000;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A tank with a table of two keys.
async fn tank() -> Tank {
    let tank = Tank::builder().seed(SEED).build();
    let table = json!({
        "TableName": "bench",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "sk", "AttributeType": "N" },
        ],
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
    });
    ask::<CreateTable>(&tank, typed::<CreateTable>(&table)).await;
    tank.advance(Duration::from_secs(60)).await;
    tank
}

fn key(number: u32) -> Value {
    json!({ "pk": { "S": format!("user-{:06}", number / 100) }, "sk": { "N": (number % 100).to_string() } })
}

/// About 200 bytes.
fn item(number: u32) -> Value {
    let mut item = key(number);
    item["name"] = json!({ "S": "x".repeat(140) });
    item["seen"] = json!({ "N": number.to_string() });
    item["on"] = json!({ "BOOL": true });
    item
}

fn put(number: u32) -> PutItemInput {
    typed::<PutItem>(&json!({ "TableName": "bench", "Item": item(number) }))
}

async fn fill(tank: &Tank, count: u32) {
    for number in 0..count {
        ask::<PutItem>(tank, put(number)).await;
    }
}

fn single(c: &mut Criterion) {
    let runtime = runtime();
    let tank = runtime.block_on(tank());
    let mut group = c.benchmark_group("dynamodb_item_200B");
    group.throughput(Throughput::Elements(u64::from(TURN)));
    let mut turn = 0;
    group.bench_function("put", |b| {
        b.iter_batched(
            || {
                turn = (turn + 1) % 100;
                (turn * TURN..(turn + 1) * TURN).map(put).collect::<Vec<_>>()
            },
            |inputs| {
                runtime.block_on(async {
                    for input in inputs {
                        ask::<PutItem>(&tank, input).await;
                    }
                });
            },
            BatchSize::LargeInput,
        );
    });
    runtime.block_on(fill(&tank, 100 * TURN));
    let get = |number: u32| typed::<GetItem>(&json!({ "TableName": "bench", "Key": key(number) }));
    // An answer carries the item as it lies in the table; the second makes the tree of it that a client of Rust looks into.
    for (name, is_opened) in [("get", false), ("get_and_open", true)] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || (0..TURN).map(|step| get(step * 97 % (100 * TURN))).collect::<Vec<_>>(),
                |inputs| {
                    runtime.block_on(async {
                        for input in inputs {
                            let item = ask::<GetItem>(&tank, input).await.item.expect("it is there");
                            if is_opened {
                                black_box(item.opened());
                            }
                        }
                    });
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn many(c: &mut Criterion) {
    let runtime = runtime();
    let tank = runtime.block_on(tank());
    runtime.block_on(fill(&tank, 100 * TURN));
    let query = json!({
        "TableName": "bench",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": { ":pk": { "S": "user-000007" } },
    });
    c.bench_function("dynamodb_query_100_items", |b| {
        b.iter_batched(
            || typed::<Query>(&query),
            |input| assert_eq!(runtime.block_on(ask::<Query>(&tank, input)).count, Some(100)),
            BatchSize::SmallInput,
        );
    });
    let puts: Vec<Value> = (0..25)
        .map(|step| {
            let condition = "attribute_exists(pk)";
            json!({ "Put": { "TableName": "bench", "Item": item(step * 31), "ConditionExpression": condition } })
        })
        .collect();
    let transaction = json!({ "TransactItems": puts });
    c.bench_function("dynamodb_transact_write_25_items", |b| {
        b.iter_batched(
            || typed::<TransactWriteItems>(&transaction),
            |input| runtime.block_on(ask::<TransactWriteItems>(&tank, input)),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, single, many);
