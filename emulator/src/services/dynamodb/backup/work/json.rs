//! Items as DynamoDB JSON: `{"name": {"S": "text"}}`, binaries in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use wavetank_wire::Val;

use crate::services::dynamodb::value::{AttributeValue, Item, Type, ValueError};

/// An item's JSON, its attributes sorted by name.
pub(super) fn of_item(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), of_value(value))).collect())
}

fn of_value(value: &AttributeValue) -> Value {
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    let inner = match value {
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::N(number) => Value::String(number.to_string()),
        AttributeValue::B(bytes) => Value::String(STANDARD.encode(bytes)),
        AttributeValue::Ss(set) => texts(set.iter().cloned().collect()),
        AttributeValue::Ns(set) => texts(set.iter().map(ToString::to_string).collect()),
        AttributeValue::Bs(set) => texts(set.iter().map(|bytes| STANDARD.encode(bytes)).collect()),
        AttributeValue::M(item) => of_item(item),
        AttributeValue::L(list) => Value::Array(list.iter().map(of_value).collect()),
        AttributeValue::Null => Value::Bool(true),
        AttributeValue::Bool(truth) => Value::Bool(*truth),
    };
    Value::Object(Map::from_iter([(value.kind().name().to_owned(), inner)]))
}

/// Why JSON is no item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JsonError {
    #[error("an item is an object of attributes")]
    NoItem,
    #[error("`{0}` is not the name of a type")]
    NoSuchType(String),
    #[error("a value of type {0} has another form")]
    OtherForm(&'static str),
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// The item of some JSON.
pub(super) fn to_item(json: Value) -> Result<Item, JsonError> {
    let Value::Object(members) = json else { return Err(JsonError::NoItem) };
    let read = |(name, json)| Ok((name, AttributeValue::from_wire(to_val(json)?)?));
    members.into_iter().map(read).collect()
}

/// A value as the wire has it, whose own reader then checks it.
fn to_val(json: Value) -> Result<Val, JsonError> {
    let Value::Object(members) = json else { return Err(JsonError::NoItem) };
    let mut found = Vec::new();
    for (name, inner) in members {
        let kind = Type::named(&name).ok_or(JsonError::NoSuchType(name))?;
        found.push((kind as u16, inner_val(kind, inner).ok_or(JsonError::OtherForm(kind.name()))??));
    }
    Ok(Val::Struct(found))
}

/// What a type's value looks like on the wire; none if the JSON has another form.
fn inner_val(kind: Type, json: Value) -> Option<Result<Val, JsonError>> {
    let text = |json: &Value| json.as_str().map(str::to_owned);
    let bytes = |json: &Value| STANDARD.decode(json.as_str()?).ok();
    Some(Ok(match (kind, json) {
        (Type::S | Type::N, Value::String(text)) => Val::Str(text),
        (Type::B, json) => Val::Blob(bytes(&json)?.into()),
        (Type::Bool | Type::Null, Value::Bool(truth)) => Val::Bool(truth),
        (Type::Ss | Type::Ns, Value::Array(entries)) => {
            Val::List(entries.iter().map(|json| text(json).map(Val::Str)).collect::<Option<_>>()?)
        }
        (Type::Bs, Value::Array(entries)) => {
            Val::List(entries.iter().map(|json| Some(Val::Blob(bytes(json)?.into()))).collect::<Option<_>>()?)
        }
        (Type::M, Value::Object(members)) => {
            let read = |(name, json)| Ok((name, to_val(json)?));
            return Some(members.into_iter().map(read).collect::<Result<_, _>>().map(Val::Map));
        }
        (Type::L, Value::Array(entries)) => {
            return Some(entries.into_iter().map(to_val).collect::<Result<_, _>>().map(Val::List));
        }
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_item_survives_json() {
        let json = json!({
            "b": {"B": "YmFy"}, "bs": {"BS": ["YmFy"]}, "l": {"L": [{"N": "1"}, {"M": {"x": {"NULL": true}}}]},
            "n": {"N": "12.5"}, "ns": {"NS": ["1", "2"]}, "s": {"S": "text"}, "ss": {"SS": ["a", "b"]}, "t": {"BOOL": false},
        });
        let item = to_item(json.clone()).expect("every type is there");
        assert_eq!(of_item(&item), json);
    }

    #[test]
    fn what_is_no_item_is_refused() {
        let check = |json: Value, expected: &str| {
            assert_eq!(to_item(json).map_err(|why| why.to_string()), Err(expected.to_owned()));
        };
        check(json!([]), "an item is an object of attributes");
        check(json!({"a": "text"}), "an item is an object of attributes");
        check(json!({"a": {"X": "text"}}), "`X` is not the name of a type");
        check(json!({"a": {"S": 1}}), "a value of type S has another form");
        check(json!({"a": {"B": "?"}}), "a value of type B has another form");
    }
}
