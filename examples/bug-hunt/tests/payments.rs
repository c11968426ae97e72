//! Is every payment added once? With twenty seeds, under a function that dies after its work in one run of ten.
//!
//! The seeds are tried in order until one fails, and the failure names it: `WAVETANK_SEED=3 cargo test ...` runs that one again,
//! the same each time. `WAVETANK_SEEDS=0..1000` tries more. For a whole pipeline with its scenario, `wavetank sim` does this over thousands of
//! seeds and makes small what it finds: `wavetank sim examples/pipeline --variant careless` (docs/sim.md shows what it prints).

use bug_hunt::{add, add_once};
use serde_json::{Value, json};
use wavetank::{Context, Rule, Tank};

fn payments() -> Vec<Value> {
    (0..60)
        .map(|n| json!({ "id": format!("p-{n}"), "account": format!("a-{}", n % 5), "amount": n + 1 }))
        .collect()
}

/// Sends sixty payments while the function dies now and then, and answers what the accounts hold together.
async fn total(tank: &Tank) -> i64 {
    tank.deploy("template.yaml").await.unwrap();
    let crashes = tank.fault(Rule::crash("add-payments").share(0.1));
    tank.send("sqs:payments", payments()).id("id").await.unwrap();
    assert!(tank.settle().await, "the queue is empty in the end");
    drop(crashes);
    let balances = tank.dynamodb().scan().table_name("balances").send().await.unwrap();
    let total = |item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>| {
        item["balance"].as_n().unwrap().parse::<i64>().unwrap()
    };
    balances.items().iter().map(total).sum()
}

#[wavetank::test(seeds = 0..20)]
#[should_panic(expected = "60 payments make 1830")]
async fn the_bug_is_found(tank: Tank) {
    let dynamodb = tank.dynamodb();
    tank.function("add_payments", async move |event: Value, _: Context| {
        add(&dynamodb, &event).await.map_err(|error| error.into_service_error())
    });
    assert_eq!(total(&tank).await, 1_830, "60 payments make 1830");
}

#[wavetank::test(seeds = 0..20)]
async fn the_mended_function_adds_each_payment_once(tank: Tank) {
    let dynamodb = tank.dynamodb();
    tank.function("add_payments", async move |event: Value, _: Context| {
        add_once(&dynamodb, &event).await.map_err(|error| error.into_service_error())
    });
    assert_eq!(total(&tank).await, 1_830, "60 payments make 1830");
}
