//! DynamoDB's tables, filled, read and asked through the public API: items as text by attribute.
//!
//! A string or a number is its text, other values are JSON as the API writes it. Left out: binary attributes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wavetank_scenarios::Query;
use wavetank_wire::{WireError, dynamodb};

use crate::client::Aws;
use crate::observe::{Answer, ObserveError};

/// An item's attributes as text.
pub type Item = BTreeMap<String, String>;

/// Every item of a table.
pub async fn scan(aws: Aws<'_>, table: &str) -> Result<Vec<Item>, WireError> {
    pages(aws, "Scan", json!({ "TableName": table, "ConsistentRead": true })).await
}

/// A plain object of JSON as an item: text is `S`, numbers are `N`, null is absent.
pub fn item_of(object: &Map<String, Value>) -> Value {
    let attribute = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Null => return None,
            Value::Bool(truth) => json!({ "BOOL": truth }),
            Value::Number(number) => json!({ "N": number.to_string() }),
            Value::String(text) => json!({ "S": text }),
            other => json!({ "S": other.to_string() }),
        };
        Some((name.clone(), value))
    };
    Value::Object(object.iter().filter_map(attribute).collect())
}

/// Asks a query of a scenario. One that is refused is an answer with its reason, not an error.
pub async fn ask(aws: Aws<'_>, query: &Query, text: &str) -> Result<Answer, ObserveError> {
    let mut items = Vec::new();
    for shard in 0..query.shards.unwrap_or(1) {
        let text = text.replace("{shard}", &shard.to_string());
        match one(aws, &query.file, &text).await {
            Ok(found) => items.extend(found),
            Err(error) => return Ok(Answer { failure: Some(error.to_string()), ..Answer::default() }),
        }
    }
    let columns = query.columns.clone();
    let row = |item: &Item| columns.iter().map(|column| item.get(column).cloned()).collect();
    if let Some(order) = &query.order {
        items.sort_by_key(|item| (item.get(order).cloned(), row(item)));
    }
    let rows: Vec<Vec<Option<String>>> = items.iter().map(row).collect();
    Ok(Answer { columns, rows, ..Answer::default() })
}

async fn one(aws: Aws<'_>, file: &str, text: &str) -> Result<Vec<Item>, WireError> {
    if file.ends_with(".partiql") {
        return pages(aws, "ExecuteStatement", json!({ "Statement": text.trim() })).await;
    }
    let operation = if file.ends_with(".scan.json") { "Scan" } else { "Query" };
    let request: Value = serde_json::from_str(text)
        .map_err(|why| WireError::client("SerializationException", format!("{file}: {why}")))?;
    pages(aws, operation, request).await
}

/// All pages, or one where the request sets a limit itself.
async fn pages(aws: Aws<'_>, operation: &str, mut request: Value) -> Result<Vec<Item>, WireError> {
    let (from, to) = match operation {
        "ExecuteStatement" => ("NextToken", "NextToken"),
        _ => ("LastEvaluatedKey", "ExclusiveStartKey"),
    };
    let is_limited = request.get("Limit").is_some();
    let mut items = Vec::new();
    loop {
        let page = aws.json(&dynamodb::SERVICE, operation, &request).await?;
        items.extend(page["Items"].as_array().into_iter().flatten().map(item));
        match page.get(from) {
            Some(next) if !is_limited && !next.is_null() => request[to] = next.clone(),
            _ => return Ok(items),
        }
    }
}

fn item(item: &Value) -> Item {
    item.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn text(value: &Value) -> String {
    match value["S"].as_str().or_else(|| value["N"].as_str()) {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_objects_become_items_and_items_text() {
        let plain = json!({ "pk": "a", "n": 12.5, "gone": null, "on": true });
        let made = item_of(plain.as_object().expect("an object"));
        assert_eq!(made, json!({ "pk": { "S": "a" }, "n": { "N": "12.5" }, "on": { "BOOL": true } }));
        let read = item(&made);
        assert_eq!((read["pk"].as_str(), read["n"].as_str()), ("a", "12.5"));
        assert_eq!(read["on"], "{\"BOOL\":true}");
    }
}
