//! Trades: the three functions of the event-driven aggregation, with the tables' API around `transforms`.
//!
//! Each function may fail after its work and be called again with the same records. The careful ones make that harmless: a
//! version replaces only an older one, a batch is mapped once by its name, and reduced once in a transaction. With the
//! variable `CAREFUL` other than `yes` they write as naive code does. `functions/` of the scenario has the same in Python.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wavetank_emulator::executors::{FunctionError, NativeContext};
use wavetank_transforms::trades::{
    Deltas, Message, RecordError, amount_text, batch_id, level, map as map_batch, reduce as reduce_batch,
};
use wavetank_wire::WireError;

/// How long the mark of a batch that is reduced is kept, in seconds.
const MARK_SECS: i64 = 86_400;

/// Keeps the newest version of each trade. What is not kept is told in the log, by message and sequence number.
pub(super) fn state(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let table = variable(context, "STATE_TABLE");
    let mut kept = 0;
    for record in records(&event) {
        let sequence = record["kinesis"]["sequenceNumber"].as_str().unwrap_or_default();
        let data = record["kinesis"]["data"].as_str().unwrap_or_default();
        let data = STANDARD.decode(data).map_err(|why| unreadable(&why))?;
        let message: Message = serde_json::from_slice(&data).map_err(|why| unreadable(&why))?;
        let mut request =
            json!({ "TableName": table, "Item": item_of(&message, sequence), "ReturnValues": "ALL_OLD" });
        if is_careful(context) {
            request["ConditionExpression"] = json!("attribute_not_exists(trade_id) OR version < :version");
            request["ExpressionAttributeValues"] = json!({ ":version": number(message.version) });
        }
        match context.call("dynamodb", "PutItem", &request) {
            Ok(answer) => {
                kept += 1;
                if let Some(old) = answer.get("Attributes").filter(|old| old["sequence"]["S"] != sequence) {
                    superseded(context, text(old, "message_id", "N"), text(old, "sequence", "S"));
                }
            }
            Err(error) if error.code == "ConditionalCheckFailedException" => {
                let key = json!({ "trade_id": { "S": message.trade_id } });
                let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
                let found = context.call("dynamodb", "GetItem", &request)?;
                // What this very record has written before, in a run that failed afterwards, is no other version.
                if text(&found["Item"], "sequence", "S") != sequence {
                    superseded(context, &message.message_id.to_string(), sequence);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(json!({ "kept": kept }))
}

/// Sums a batch of changes of state by place, and writes the sums as one item.
pub(super) fn map(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let records = records(&event);
    let deltas = map_batch(records).map_err(from_records)?;
    let careful = is_careful(context);
    let batch = if careful { batch_id(records) } else { context.run_id.clone() };
    let delta = |(node, delta): (&String, &wavetank_transforms::trades::Delta)| {
        let fields = json!({ "amount": { "N": amount_text(delta.amount) }, "trades": number(delta.trades) });
        (node.clone(), json!({ "M": fields }))
    };
    let deltas: Map<String, Value> = deltas.iter().map(delta).collect();
    let item = json!({ "batch_id": { "S": batch }, "deltas": { "M": deltas } });
    let mut request = json!({ "TableName": variable(context, "DELTA_TABLE"), "Item": item });
    if careful {
        request["ConditionExpression"] = json!("attribute_not_exists(batch_id)");
    }
    match context.call("dynamodb", "PutItem", &request) {
        Err(error) if error.code == "ConditionalCheckFailedException" => {
            context.log(format!("batch {batch} is mapped already"));
        }
        answer => drop(answer?),
    }
    Ok(json!({ "batch": batch }))
}

/// Adds a batch of deltas to the aggregates of every level.
pub(super) fn reduce(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let records = records(&event);
    let sums = reduce_batch(records).map_err(from_records)?;
    let batch = batch_id(records);
    let table = variable(context, "AGGREGATE_TABLE");
    if !is_careful(context) {
        for update in updates(&table, &sums) {
            context.call("dynamodb", "UpdateItem", &update["Update"])?;
        }
        return Ok(json!({ "batch": batch }));
    }
    let gone = context.now.secs() + MARK_SECS;
    let item = json!({ "node": { "S": format!("batch#{batch}") }, "gone_at": number(gone) });
    let condition = "attribute_not_exists(node)";
    let mark = json!({ "Put": { "TableName": table, "Item": item, "ConditionExpression": condition } });
    let all: Vec<Value> = std::iter::once(mark).chain(updates(&table, &sums)).collect();
    match context.call("dynamodb", "TransactWriteItems", &json!({ "TransactItems": all })) {
        Err(error) if is_reduced(&error) => context.log(format!("batch {batch} is reduced already")),
        answer => drop(answer?),
    }
    Ok(json!({ "batch": batch }))
}

/// Whether a transaction was cancelled by the mark of its batch, the only one with a condition.
fn is_reduced(error: &WireError) -> bool {
    error.code == "TransactionCanceledException" && error.message.contains("ConditionalCheckFailed")
}

fn updates<'a>(table: &'a str, sums: &'a Deltas) -> impl Iterator<Item = Value> + 'a {
    sums.iter().map(move |(node, sum)| {
        json!({ "Update": {
            "TableName": table,
            "Key": { "node": { "S": node } },
            "UpdateExpression": "SET #level = :level ADD amount :amount, trades :trades",
            "ExpressionAttributeNames": { "#level": "level" },
            "ExpressionAttributeValues": {
                ":level": number(level(node)),
                ":amount": { "N": amount_text(sum.amount) },
                ":trades": number(sum.trades),
            },
        } })
    })
}

fn item_of(message: &Message, sequence: &str) -> Value {
    json!({
        "trade_id": { "S": message.trade_id },
        "version": number(message.version),
        "message_id": number(message.message_id),
        "sequence": { "S": sequence },
        "risk_type": { "S": message.risk_type },
        "region": { "S": message.region },
        "desk": { "S": message.desk },
        "value": { "N": message.value },
    })
}

fn number(number: impl ToString) -> Value {
    json!({ "N": number.to_string() })
}

fn text<'a>(item: &'a Value, name: &str, kind: &str) -> &'a str {
    item[name][kind].as_str().unwrap_or_default()
}

/// The harness reads these lines to account for every record that is not in the table.
fn superseded(context: &NativeContext, message: &str, sequence: &str) {
    context.log(format!("superseded message {message} at {sequence}"));
}

fn records(event: &Value) -> &[Value] {
    event["Records"].as_array().map_or(&[], Vec::as_slice)
}

fn variable(context: &NativeContext, name: &str) -> String {
    context.environment.get(name).cloned().unwrap_or_default()
}

fn is_careful(context: &NativeContext) -> bool {
    variable(context, "CAREFUL") == "yes"
}

fn unreadable(why: &dyn std::fmt::Display) -> FunctionError {
    FunctionError { error_type: "ValueError".to_owned(), message: why.to_string() }
}

fn from_records(error: RecordError) -> FunctionError {
    unreadable(&error)
}
