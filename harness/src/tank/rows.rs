//! Rows as places hold them: objects of JSON, looked at by their members.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

/// A row: its members by name.
pub(super) type Row = Map<String, Value>;

/// How deep a record may lie in what wraps it: an envelope in a message in a list.
const DEPTH_MAX: u32 = 12;

/// A value as text that does not depend on who wrote it: `7`, `"7"` and `7.0` are one, and so are null and nothing.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(plain(text)),
        Value::Number(number) => Some(plain(&number.to_string())),
        other => Some(other.to_string()),
    }
}

/// A decimal number without zeros at its end; other text as it is.
fn plain(text: &str) -> String {
    let is_decimal = text.contains('.')
        && text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match is_decimal {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

/// A record's identity: the texts of these members, joined; none if one is missing. Names are compared without case where
/// they are not found as they are: catalogues write columns in lower case.
pub(super) fn identity(row: &Row, members: &[String]) -> Option<String> {
    let mut found = Vec::new();
    for member in members {
        found.push(text(get(row, member)?)?);
    }
    (!found.is_empty()).then(|| found.join("/"))
}

/// A member by its name.
pub(super) fn get<'a>(row: &'a Row, member: &str) -> Option<&'a Value> {
    row.get(member).or_else(|| row.iter().find(|(name, _)| name.eq_ignore_ascii_case(member)).map(|it| it.1))
}

/// Every row within a value that has an identity: the value itself, or what it wraps as objects, lists, JSON in text, or
/// base64 of JSON. A failure's envelope, a queue's message and a stream's batch wrap records so.
pub(super) fn within(value: &Value, members: &[String], found: &mut Vec<Row>) {
    walk(value, members, found, 0);
}

fn walk(value: &Value, members: &[String], found: &mut Vec<Row>, depth: u32) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Object(row) if identity(row, members).is_some() => found.push(row.clone()),
        Value::Object(row) => row.values().for_each(|inner| walk(inner, members, found, depth + 1)),
        Value::Array(list) => list.iter().for_each(|inner| walk(inner, members, found, depth + 1)),
        Value::String(text) => unwrap(text).iter().for_each(|inner| walk(inner, members, found, depth + 1)),
        _ => {}
    }
}

/// The objects or lists of JSON that a text holds, plainly or as base64.
fn unwrap(text: &str) -> Vec<Value> {
    let is_wrapping = |value: &Value| value.is_object() || value.is_array();
    if text.trim_start().starts_with(['{', '[']) {
        let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        return values.map_while(Result::ok).filter(is_wrapping).collect();
    }
    // `{"` in base64 begins with `ey`, a list with `W`.
    if !text.starts_with("ey") && !text.starts_with('W') {
        return Vec::new();
    }
    let bytes = BASE64.decode(text).unwrap_or_default();
    let values = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
    values.map_while(Result::ok).filter(is_wrapping).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_compared_by_what_they_say() {
        let check = |value: Value, expected: Option<&str>| {
            assert_eq!(text(&value).as_deref(), expected, "{value}");
        };
        check(json!(7), Some("7"));
        check(json!("7"), Some("7"));
        check(json!(7.0), Some("7"));
        check(json!("12.50"), Some("12.5"));
        check(json!("a.b0"), Some("a.b0"));
        check(json!(null), None);
        check(json!(true), Some("true"));
    }

    #[test]
    fn records_are_found_in_what_wraps_them() {
        let id = ["id".to_owned()];
        let inner = json!({ "id": 7, "n": 1 });
        let base64 = BASE64.encode(inner.to_string());
        for wrapped in [
            inner.clone(),
            json!([inner]),
            json!({ "body": inner.to_string() }),
            json!({ "Records": [{ "kinesis": { "data": base64 } }] }),
        ] {
            let mut found = Vec::new();
            within(&wrapped, &id, &mut found);
            assert_eq!(found.len(), 1, "{wrapped}");
            assert_eq!(identity(&found[0], &id).as_deref(), Some("7"));
        }
        assert_eq!(identity(inner.as_object().expect("an object"), &["ID".to_owned()]).as_deref(), Some("7"));
    }
}
