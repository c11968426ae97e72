//! PutItem, or BatchWriteItem where a request has several items; GetItem for a share of the requests. Keys take turns.

use serde_json::{Value, json};
use wavetank_wire::dynamodb;

use super::batches::unless;
use super::records::{letters, pool_size};
use super::{Form, Resource, is_read};
use crate::api::{Api, ApiError};
use crate::engine::{Gun, Outcome, Taken, Work};
use crate::shot::Shot;

/// Items of one BatchWriteItem.
const BATCH_MAX: usize = 25;
/// Bytes of an item beside its filler.
const OVERHEAD_BYTES: usize = 40;

pub(super) struct Items {
    puts: Vec<Shot>,
    gets: Vec<Shot>,
    reads: f64,
    batch: u64,
    table: String,
}

/// A table of one's own. If some requests read, every key is there before the first does.
pub(super) fn prepare(api: &Api, form: &Form, made: &mut Vec<Resource>) -> Result<Items, ApiError> {
    let table = form.resource_name();
    if form.is_own() {
        let asked = json!({
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        });
        api.json(&dynamodb::SERVICE, "CreateTable", &asked)?;
        made.push(Resource::Table(table.clone()));
    }
    api.until_ready(&format!("table {table}"), || {
        let found = api.json(&dynamodb::SERVICE, "DescribeTable", &json!({ "TableName": table }))?;
        Ok(unless(found["Table"]["TableStatus"].as_str(), "ACTIVE"))
    })?;
    let batch = form.batch as usize;
    let count = pool_size(batch * (form.record_bytes as usize + OVERHEAD_BYTES), form.requests);
    let put = |request: usize| {
        let items: Vec<Value> = (0..batch).map(|at| item(form, request * batch + at)).collect();
        match &items[..] {
            [item] => {
                let body = json!({ "TableName": table, "Item": item });
                Shot::json(&dynamodb::SERVICE, "PutItem", body.to_string())
            }
            items => Shot::json(&dynamodb::SERVICE, "BatchWriteItem", puts(&table, items).to_string()),
        }
    };
    let get = |request: usize| {
        let body = json!({ "TableName": table, "Key": { "pk": { "S": key(form, request) } } });
        Shot::json(&dynamodb::SERVICE, "GetItem", body.to_string())
    };
    let gets: Vec<Shot> = if form.reads > 0.0 { (0..count).map(get).collect() } else { Vec::new() };
    if !gets.is_empty() {
        let items: Vec<Value> = (0..count).map(|number| item(form, number)).collect();
        for items in items.chunks(BATCH_MAX) {
            api.json(&dynamodb::SERVICE, "BatchWriteItem", &puts(&table, items))?;
        }
    }
    let puts = (0..count).map(put).collect();
    Ok(Items { puts, gets, reads: form.reads, batch: u64::from(form.batch), table })
}

fn key(form: &Form, number: usize) -> String {
    format!("user{}-{number:06}", form.worker)
}

/// An item of about as many bytes as were asked for, as DynamoDB counts them: names and values.
fn item(form: &Form, number: usize) -> Value {
    let room = (form.record_bytes as usize).saturating_sub(OVERHEAD_BYTES);
    let filler = letters(form.seed, "bench.items", number as u64, room.max(1));
    json!({
        "pk": { "S": key(form, number) },
        "name": { "S": filler },
        "seen": { "N": number.to_string() },
        "on": { "BOOL": true },
    })
}

fn puts(table: &str, items: &[Value]) -> Value {
    let puts: Vec<Value> = items.iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
    json!({ "RequestItems": { table: puts } })
}

impl Work for Items {
    fn records(&self) -> u64 {
        self.batch
    }

    fn shoot(&self, gun: &mut Gun<'_>, number: u64) -> Outcome {
        let pool = if is_read(number, self.reads) { &self.gets } else { &self.puts };
        let shot = &pool[(number % pool.len() as u64) as usize];
        let answer = match gun.answered(shot) {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        if self.batch == 1 || memchr::memmem::find(answer.body, b"\"UnprocessedItems\":{}").is_some() {
            return Outcome::Taken(Taken { accepted: self.batch, ..Taken::default() });
        }
        let read: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let open = read["UnprocessedItems"][&self.table].as_array().map_or(0, Vec::len) as u64;
        // Items come back without a name when the table's throughput is used up.
        let refused = if open > 0 {
            vec![("ProvisionedThroughputExceededException".to_owned(), open)]
        } else {
            Vec::new()
        };
        Outcome::Taken(Taken { accepted: self.batch - open, refused, ..Taken::default() })
    }
}
