//! What probably went wrong: the tank is asked what waits, what is blocked, what was given up, and which functions failed.

use serde_json::Value;
use wavetank_types::ledger::Anomaly;
use wavetank_wire::logs::{DescribeLogGroups, DescribeLogGroupsInput};

use super::Tank;
use crate::check::blocked;
use crate::check::conserved::Conservation;
use crate::failing::{self, Failing};

/// Where functions log.
const FUNCTIONS: &str = "/aws/lambda/";

/// Every function whose log tells of a failure.
pub(super) async fn failing(tank: &Tank, events_max: usize) -> Vec<Failing> {
    let input = DescribeLogGroupsInput {
        log_group_name_prefix: Some(FUNCTIONS.to_owned()),
        ..DescribeLogGroupsInput::default()
    };
    let groups = tank.aws().call::<DescribeLogGroups>(input).await;
    let groups = groups.ok().and_then(|answer| answer.log_groups).unwrap_or_default();
    let groups: Vec<String> = groups.into_iter().filter_map(|group| group.log_group_name).collect();
    failing::of_groups(tank.aws(), &groups, events_max).await
}

/// The cause, in a sentence.
pub(super) async fn likely(tank: &Tank, conservation: &Conservation) -> String {
    let count = |anomaly| conservation.balance.anomalies.get(&anomaly).map_or(0, |examples| examples.count);
    let (lost, phantoms) = (count(Anomaly::Lost), count(Anomaly::Phantom));
    let repeated = count(Anomaly::DuplicatedByConsumer) + count(Anomaly::DuplicatedByProducer);
    let (next, is_at_rest) = tank.target().tank().with_world(|world| (world.next_work(), world.is_at_rest()));
    if lost > 0 && !is_at_rest {
        let waits = match next {
            Some(next) => format!("something is still to happen at {next}, and now it is {}", tank.now()),
            None => "code waits for its turn".to_owned(),
        };
        return format!(
            "the tank is not at rest: {waits}; let it happen with `tank.settle().await` or `tank.advance(...)` first"
        );
    }
    let finding = blocked::check(tank).await;
    if let (true, Some(cause)) = (lost > 0 && finding.is_failed(), &finding.cause) {
        let example = finding.examples.first().map_or(String::new(), |example| format!(" ({})", example.en));
        return format!("{}{example}: {}", finding.detail.en, cause.en);
    }
    if let Some(Failing { name, failures, .. }) = failing(tank, 1).await.into_iter().next() {
        let (times, first) = (failures.len(), &failures[0]);
        let after = match repeated > 0 {
            true => {
                "a failed batch comes again, and what its first run had written is written again; make the write idempotent: \
                 the record's identity as the item's key or the object's name"
            }
            false => "what it had in hand is lost unless something tries again and succeeds",
        };
        return format!("function `{name}` failed {times} times, first with `{first}`; {after}");
    }
    let faults = faults(tank);
    if repeated > 0 {
        return format!(
            "records came more than once and nothing told them apart{faults}; make the write idempotent: the record's \
             identity as the item's key or the object's name"
        );
    }
    if lost > 0 && phantoms > 0 {
        return format!(
            "what was found has another identity than what was sent{faults}; is the member called otherwise there? say so \
             with `.id(\"...\")`"
        );
    }
    if lost > 0 {
        return format!(
            "no function failed and nothing is blocked{faults}: the code drops records without a word (a batch call that \
             answers 200 may still have refused some of its entries), or writes them to another place"
        );
    }
    if !conservation.mutated.is_empty() {
        let columns: Vec<&str> = conservation.mutated.keys().map(String::as_str).collect();
        return format!(
            "{} changed on the way: a type that cannot hold it, or a transform",
            columns.join(", ")
        );
    }
    format!("see the examples{faults}")
}

/// The faults of the run, for a sentence; empty if there were none.
fn faults(tank: &Tank) -> String {
    let faults = tank.shared.faults.lock().map(|faults| faults.join("; ")).unwrap_or_default();
    if faults.is_empty() { String::new() } else { format!(" (faults of this run: {faults})") }
}

/// What the tank says of itself: blocked records and those that were given up.
pub(super) fn status_lines(status: &Value) -> Vec<String> {
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| status[name].as_array().cloned().unwrap_or_default();
    let blocked = list("blocked").into_iter().map(|it| {
        let (consumer, place, key) = (text(&it, "consumer"), text(&it, "place"), text(&it, "key"));
        let (cause, remedy) = (text(&it, "cause"), text(&it, "remedy"));
        format!("blocked: {consumer} at {place}, key {key}: {cause}; {remedy}")
    });
    let lost = list("undelivered").into_iter().map(|it| {
        let (who, condition, records) = (text(&it, "who"), text(&it, "condition"), &it["records"]);
        format!("given up: {records} records by {who}: {condition}; {}", text(&it, "cause"))
    });
    blocked.chain(lost).collect()
}
