//! Does every order arrive? The function of the template runs in this process; AWS is a tank with frozen time.

use rust_lambda::{KinesisEvent, keep};
use serde_json::{Value, json};
use wavetank::{Context, Rule, Tank, TankError};

/// Registers the function's code under the name that the template's `Handler` gives.
fn register(tank: &Tank) {
    let dynamodb = tank.dynamodb();
    tank.function("keep_orders", async move |event: KinesisEvent, context: Context| {
        let kept = keep(&dynamodb, &context.environment["TABLE"], event).await?;
        context.log(format!("kept {kept} orders"));
        Ok::<_, rust_lambda::KeepError>(kept)
    });
}

fn orders(count: u32) -> Vec<Value> {
    let countries = ["VN", "SG", "TH"];
    let order = |n: u32| json!({ "order_id": format!("o-{n}"), "amount": f64::from(n) + 0.5, "country": countries[n as usize % 3] });
    (0..count).map(order).collect()
}

#[wavetank::test(seed = 7)]
async fn every_order_is_kept(tank: Tank) -> Result<(), TankError> {
    register(&tank);
    let stack = tank.deploy("template.yaml").await?;
    tank.send(stack.output("Stream"), orders(1_000)).id("order_id").await?;
    tank.settle().await;
    let table = stack.output("Table");
    tank.ledger().expect_in(table).same("amount,country").assert_conserved().await;
    Ok(())
}

#[wavetank::test(seeds = 0..5)]
async fn every_order_is_kept_while_dynamodb_throttles_and_the_function_crashes(
    tank: Tank,
) -> Result<(), TankError> {
    register(&tank);
    let stack = tank.deploy("template.yaml").await?;
    let throttles = tank.fault(Rule::throttle("dynamodb:PutItem").share(0.02));
    let crashes = tank.fault(Rule::crash("keep-orders").share(0.1));
    tank.send(stack.output("Stream"), orders(300)).id("order_id").await?;
    tank.settle().await;
    drop((throttles, crashes));
    // What was tried four times in vain is not lost: its place in the stream is in the queue of the dead.
    tank.ledger()
        .expect_in(stack.output("Table"))
        .dead_letters_in(stack.output("Dead"))
        .assert_conserved()
        .await;
    Ok(())
}
