//! JSON values to Arrow arrays of any type, and delimited nested fields by way of JSON.
//!
//! Field names match without case. What does not fit its type is NULL. Start with `to_array`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, ListArray, MapArray, StringViewArray, StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};
use datafusion::scalar::ScalarValue;
use serde_json::Value;

use crate::scan::lazy_simple::Layout;
use crate::scan::values::parse_cell;
use crate::types::map_parts;

/// An array of `t`, one element per value. A missing value is NULL.
pub(crate) fn to_array(t: &DataType, values: &[Option<&Value>]) -> ArrayRef {
    match t {
        DataType::List(field) => list(field, values),
        DataType::Struct(fields) => {
            let objects: Vec<Option<&Value>> =
                values.iter().map(|v| v.filter(|v| v.is_object() || v.is_array())).collect();
            let valid = NullBuffer::from_iter(objects.iter().map(Option::is_some));
            let columns: Vec<ArrayRef> = fields
                .iter()
                .enumerate()
                .map(|(i, f)| {
                    let picked: Vec<Option<&Value>> =
                        objects.iter().map(|o| o.and_then(|o| member(o, f.name(), i))).collect();
                    to_array(f.data_type(), &picked)
                })
                .collect();
            match StructArray::try_new_with_length(fields.clone(), columns, Some(valid), values.len()) {
                Ok(array) => Arc::new(array),
                Err(_) => new_null_array(t, values.len()),
            }
        }
        DataType::Map(field, _) => map(t, field, values),
        DataType::Utf8View => {
            Arc::new(values.iter().map(|v| v.and_then(text_of)).collect::<StringViewArray>())
        }
        DataType::Binary => {
            let decoded: Vec<Option<Vec<u8>>> =
                values.iter().map(|v| v.and_then(text_of).map(String::into_bytes)).collect();
            Arc::new(decoded.iter().map(Option::as_deref).collect::<BinaryArray>())
        }
        _ => {
            let null = ScalarValue::try_from(t).unwrap_or(ScalarValue::Null);
            let cells = values
                .iter()
                .map(|v| v.and_then(text_of).and_then(|s| parse_cell(&s, t)).unwrap_or_else(|| null.clone()));
            ScalarValue::iter_to_array(cells)
                .ok()
                .filter(|a| a.data_type() == t)
                .unwrap_or_else(|| new_null_array(t, values.len()))
        }
    }
}

/// A member of an object by name without case; of an array by place.
fn member<'a>(value: &'a Value, name: &str, place: usize) -> Option<&'a Value> {
    match value {
        Value::Object(map) => {
            map.get(name).or_else(|| map.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
        }
        Value::Array(items) => items.get(place),
        _ => None,
    }
    .filter(|v| !v.is_null())
}

/// A scalar as text; an object or array as its JSON.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(s) => Some(s.clone()),
        other => Some(other.to_string()),
    }
}

fn list(field: &Arc<Field>, values: &[Option<&Value>]) -> ArrayRef {
    let mut lengths = Vec::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    let mut items: Vec<Option<&Value>> = Vec::new();
    for value in values {
        // A scalar where an array is wanted is an array of one, as the openx SerDe reads it.
        let before = items.len();
        match value {
            Some(Value::Array(all)) => items.extend(all.iter().map(|v| Some(v).filter(|v| !v.is_null()))),
            Some(Value::Null) | None => {}
            Some(one) => items.push(Some(one)),
        }
        valid.push(value.is_some_and(|v| !v.is_null()));
        lengths.push(items.len() - before);
    }
    let child = to_array(field.data_type(), &items);
    Arc::new(ListArray::new(
        field.clone(),
        OffsetBuffer::from_lengths(lengths),
        child,
        Some(NullBuffer::from(valid)),
    ))
}

fn map(t: &DataType, field: &Arc<Field>, values: &[Option<&Value>]) -> ArrayRef {
    let (Some((key_type, value_type)), DataType::Struct(fields)) = (map_parts(t), field.data_type()) else {
        return new_null_array(t, values.len());
    };
    let mut lengths = Vec::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    let mut keys: Vec<Value> = Vec::new();
    let mut items: Vec<Option<&Value>> = Vec::new();
    for value in values {
        let before = keys.len();
        if let Some(Value::Object(members)) = value {
            for (k, v) in members {
                let key = Value::String(k.clone());
                // Map keys are never NULL: an entry whose key does not parse is left out.
                if arrow::array::Array::is_valid(&to_array(key_type, &[Some(&key)]), 0) {
                    keys.push(key);
                    items.push(Some(v).filter(|v| !v.is_null()));
                }
            }
        }
        valid.push(matches!(value, Some(Value::Object(_))));
        lengths.push(keys.len() - before);
    }
    let key_refs: Vec<Option<&Value>> = keys.iter().map(Some).collect();
    let entries = StructArray::new(
        fields.clone(),
        vec![to_array(key_type, &key_refs), to_array(value_type, &items)],
        None,
    );
    Arc::new(MapArray::new(
        field.clone(),
        OffsetBuffer::from_lengths(lengths),
        entries,
        Some(NullBuffer::from(valid)),
        false,
    ))
}

/// Nested fields of a delimited line: items between `collection.delim`, keys before `mapkey.delim`.
pub(crate) fn from_delimited(t: &DataType, texts: &[Option<String>], layout: &Layout) -> ArrayRef {
    let values: Vec<Option<Value>> =
        texts.iter().map(|text| text.as_ref().map(|s| delimited(t, s, layout))).collect();
    let refs: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
    to_array(t, &refs)
}

fn delimited(t: &DataType, text: &str, layout: &Layout) -> Value {
    let [items, keys] = layout.inner.map(char::from);
    let leaf = |s: &str| if s == layout.null_text { Value::Null } else { Value::String(s.to_string()) };
    match t {
        DataType::List(_) if text.is_empty() => Value::Array(vec![]),
        DataType::List(_) => Value::Array(text.split(items).map(leaf).collect()),
        DataType::Struct(_) => Value::Array(text.split(items).map(leaf).collect()),
        DataType::Map(..) => {
            let pairs = text.split(items).filter(|p| !p.is_empty()).map(|pair| {
                let (k, v) = pair.split_once(keys).unwrap_or((pair, ""));
                (k.to_string(), leaf(v))
            });
            Value::Object(pairs.collect())
        }
        _ => leaf(text),
    }
}
