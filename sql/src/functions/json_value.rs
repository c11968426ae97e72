//! JSON values and every other type: `CAST(x AS JSON)`, `CAST(json AS x)`.
//!
//! JSON is kept as text in Trino's canonical form: no blanks, keys of objects sorted.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray};
use arrow::datatypes::DataType;
use serde_json::Value;

use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::cast_array;
use crate::render::text::cell;
use crate::scan::nested;
use crate::scan::values::parse_cell;
use crate::types::{JSON, VARCHAR, is_anonymous, is_varchar, trino_name};

/// Canonical text.
pub(crate) fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let ordered: BTreeMap<&String, &Value> = members.iter().collect();
            Value::Object(ordered.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Every value as JSON. NULL stays NULL at the top and becomes `null` inside.
pub(crate) fn from_array(array: &ArrayRef, _from: &DataType) -> Result<ArrayRef, SqlError> {
    let values = (0..array.len()).map(|i| array.is_valid(i).then(|| value(array.as_ref(), i).to_string()));
    Ok(Arc::new(values.collect::<LargeStringArray>()))
}

/// One value as JSON.
pub(crate) fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    let text = || cell(array, row).unwrap_or_default();
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        t if t == &JSON => serde_json::from_str(&text()).unwrap_or(Value::Null),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Decimal128(..) => serde_json::from_str(&text()).unwrap_or_else(|_| Value::String(text())),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Value::Array((0..items.len()).map(|i| value(items.as_ref(), i)).collect())
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let keys = (0..entries.len()).map(|i| cell(entries.column(0), i).unwrap_or_default());
            let members: BTreeMap<String, Value> =
                keys.enumerate().map(|(i, k)| (k, value(entries.column(1), i))).collect();
            Value::Object(members.into_iter().collect())
        }
        // Trino 4xx writes rows as objects; older ones as arrays. Athena engine 3 follows the former.
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            if fields.iter().all(|f| is_anonymous(f.name())) {
                return Value::Array(columns.iter().map(|c| value(c, row)).collect());
            }
            Value::Object(
                fields.iter().zip(columns).map(|(f, c)| (f.name().clone(), value(c, row))).collect(),
            )
        }
        _ => Value::String(text()),
    }
}

/// JSON as another type. Error: `Cannot cast to bigint. Unexpected JSON value`, Trino's words shortened.
pub(crate) fn to_array(array: &ArrayRef, to: &DataType, lenient: bool) -> Result<ArrayRef, SqlError> {
    let texts = array.as_string::<i64>();
    let mut values: Vec<Option<Value>> = Vec::with_capacity(texts.len());
    for text in texts {
        let parsed = text.and_then(|t| serde_json::from_str::<Value>(t).ok()).filter(|v| !v.is_null());
        match &parsed {
            Some(v) if !fits(v, to) => {
                if !lenient {
                    return Err(SqlError::new(
                        ErrorKind::InvalidCastArgument,
                        format!("Cannot cast to {}. {v}", trino_name(to)),
                    ));
                }
                values.push(None);
            }
            _ => values.push(parsed),
        }
    }
    let refs: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
    if matches!(to, DataType::List(_) | DataType::Map(..) | DataType::Struct(_)) {
        return Ok(nested::to_array(to, &refs));
    }
    let plain = nested::to_array(&VARCHAR, &refs);
    if is_varchar(to) { Ok(plain) } else { cast_array(&plain, to, lenient) }
}

fn fits(value: &Value, to: &DataType) -> bool {
    match to {
        DataType::List(f) => value.as_array().is_some_and(|a| {
            a.iter().all(|v| v.is_null() || (fits(v, f.data_type()) && leaf(v, f.data_type())))
        }),
        DataType::Map(..) => value.is_object(),
        DataType::Struct(_) => value.is_object() || value.is_array(),
        _ => !value.is_object() && !value.is_array(),
    }
}

/// Whether a member's value parses as its type; `nested` would make NULL of it.
fn leaf(value: &Value, to: &DataType) -> bool {
    match (value, to) {
        (Value::Array(_) | Value::Object(_), _) => true,
        (_, to) if is_varchar(to) || to == &JSON => true,
        (value, to) => nested::text_of(value).and_then(|t| parse_cell(&t, to)).is_some_and(|v| !v.is_null()),
    }
}
