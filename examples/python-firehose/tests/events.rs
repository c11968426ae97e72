//! Does every event lie in the lake or among the errors? The function is Python, run as Lambda runs it; needs `python3`.

use serde_json::{Value, json};
use wavetank::{Tank, TankError, minutes};

fn events(count: u32) -> Vec<Value> {
    let event = |n: u32| json!({ "id": n, "country": if n % 10 == 3 { "??" } else { "vn" }, "value": n * 2 });
    (0..count).map(event).collect()
}

#[wavetank::test(seed = 7)]
async fn every_event_is_delivered_or_refused(tank: Tank) -> Result<(), TankError> {
    let stack = tank.deploy("template.yaml").await?;
    let has_no_country = |event: &Value| event["country"] == "??";
    tank.send(stack.output("Stream"), events(200)).id("id").rejected_if(has_no_country).await?;
    // The buffer's interval, and then some: a minute costs nothing here.
    tank.advance(minutes(5)).await;
    let closed = tank
        .ledger()
        .expect_in(stack.output("Events"))
        .rejected_in(stack.output("Errors"))
        .same("value")
        .assert_conserved()
        .await;
    assert_eq!(closed.balance().delivered, 180);
    Ok(())
}
