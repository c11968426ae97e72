//! JSON functions over paths such as `$.a[0]["b c"]`.
//!
//! Documented: trino.io/docs/current/functions/json.html. Left out: wildcards, filters and recursive descent in paths,
//! and the SQL-standard `json_query` family; they answer `NotImplemented` or `FUNCTION_NOT_FOUND`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, LargeStringArray, StringViewArray};
use serde_json::Value;

use crate::error::SqlError;
use crate::functions::def::{Call, Def, invalid};
use crate::functions::json_value::canonical;
use crate::types::JSON;

pub(crate) const ALL: &[Def] = &[
    Def {
        name: "json_extract",
        overloads: &["json, varchar -> json", "varchar, varchar -> json"],
        run: extract,
    },
    Def {
        name: "json_extract_scalar",
        overloads: &["json, varchar -> varchar", "varchar, varchar -> varchar"],
        run: extract_scalar,
    },
    Def { name: "json_parse", overloads: &["varchar -> json"], run: parse },
    Def {
        name: "json_format",
        overloads: &["json -> varchar"],
        run: |c| c.each_text(|i| Ok(Some(text(c, i).to_string()))),
    },
    Def {
        name: "json_array_length",
        overloads: &["json -> bigint", "varchar -> bigint"],
        run: |c| c.each_long(|i| Ok(value(c, i).and_then(|v| v.as_array().map(|a| a.len() as i64)))),
    },
    Def {
        name: "json_array_get",
        overloads: &["json, bigint -> json", "varchar, bigint -> json"],
        run: array_get,
    },
    Def {
        name: "json_array_contains",
        overloads: &[
            "json, boolean -> boolean",
            "varchar, boolean -> boolean",
            "json, bigint -> boolean",
            "varchar, bigint -> boolean",
            "json, double -> boolean",
            "varchar, double -> boolean",
            "json, varchar -> boolean",
            "varchar, varchar -> boolean",
        ],
        run: array_contains,
    },
    Def {
        name: "json_size",
        overloads: &["json, varchar -> bigint", "varchar, varchar -> bigint"],
        run: size,
    },
    Def {
        name: "is_json_scalar",
        overloads: &["json -> boolean", "varchar -> boolean"],
        run: |c| c.each_boolean(|i| Ok(value(c, i).map(|v| !v.is_array() && !v.is_object()))),
    },
];

fn text<'a>(c: &'a Call, row: usize) -> &'a str {
    if c.args[0].data_type() == &JSON {
        c.args[0].as_string::<i64>().value(row)
    } else {
        c.text(0).value(row)
    }
}

fn value(c: &Call, row: usize) -> Option<Value> {
    serde_json::from_str(text(c, row)).ok()
}

fn to_json(rows: Vec<Option<String>>) -> ArrayRef {
    Arc::new(rows.into_iter().collect::<LargeStringArray>())
}

fn parse(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let text = c.text(0).value(i);
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Ok(Some(canonical(&value))),
            Err(_) => Err(invalid(format!("Cannot convert value to JSON: '{text}'"))),
        }
    })?;
    Ok(to_json(rows))
}

/// A step of a path.
enum Step {
    Key(String),
    Index(usize),
}

fn steps(path: &str) -> Result<Vec<Step>, SqlError> {
    let bad = || invalid(format!("Invalid JSON path: '{path}'"));
    let mut rest = path.strip_prefix('$').ok_or_else(bad)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        if rest.starts_with("..")
            || rest.starts_with(".*")
            || rest.starts_with("[*")
            || rest.starts_with("[?")
        {
            return Err(SqlError::not_built(format!("the JSON path {path}")));
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, tail) = after.split_at(end);
            if key.is_empty() {
                return Err(bad());
            }
            found.push(Step::Key(key.trim_matches('"').to_string()));
            rest = tail;
        } else if let Some(after) = rest.strip_prefix('[') {
            let quote = after.chars().next().filter(|q| matches!(q, '"' | '\''));
            if let Some(quote) = quote {
                let (key, tail) = after[1..].split_once(quote).ok_or_else(bad)?;
                found.push(Step::Key(key.to_string()));
                rest = tail.strip_prefix(']').ok_or_else(bad)?;
            } else {
                let (index, tail) = after.split_once(']').ok_or_else(bad)?;
                found.push(match index.trim().parse() {
                    Ok(index) => Step::Index(index),
                    Err(_) => Step::Key(index.trim().to_string()),
                });
                rest = tail;
            }
        } else {
            return Err(bad());
        }
    }
    Ok(found)
}

fn walk(value: Value, steps: &[Step]) -> Option<Value> {
    let mut at = value;
    for step in steps {
        at = match (step, at) {
            (Step::Key(key), Value::Object(mut members)) => members.remove(key)?,
            (Step::Index(index), Value::Array(mut items)) if *index < items.len() => {
                items.swap_remove(*index)
            }
            _ => return None,
        };
    }
    Some(at)
}

fn extract(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let steps = steps(c.text(1).value(i))?;
        Ok(value(c, i).and_then(|v| walk(v, &steps)).map(|v| canonical(&v)))
    })?;
    Ok(to_json(rows))
}

/// Objects, arrays and JSON null are NULL.
fn extract_scalar(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let steps = steps(c.text(1).value(i))?;
        Ok(value(c, i).and_then(|v| walk(v, &steps)).and_then(|v| match v {
            Value::String(s) => Some(s),
            Value::Null | Value::Object(_) | Value::Array(_) => None,
            other => Some(other.to_string()),
        }))
    })?;
    Ok(Arc::new(rows.into_iter().collect::<StringViewArray>()))
}

fn array_get(c: &Call) -> Result<ArrayRef, SqlError> {
    let rows = c.each(|i| {
        let Some(Value::Array(items)) = value(c, i) else { return Ok(None) };
        let index = c.long(1, i);
        let place = if index < 0 { items.len() as i64 + index } else { index };
        Ok(usize::try_from(place).ok().and_then(|p| items.get(p)).filter(|v| !v.is_null()).map(canonical))
    })?;
    Ok(to_json(rows))
}

fn array_contains(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_boolean(|i| {
        let Some(Value::Array(items)) = value(c, i) else { return Ok(None) };
        let wanted = crate::render::text::cell(c.args[1].as_ref(), i).unwrap_or_default();
        let textual = crate::types::is_varchar(c.args[1].data_type());
        Ok(Some(items.iter().any(|item| match item {
            Value::String(s) => textual && *s == wanted,
            Value::Bool(b) => {
                c.args[1].data_type() == &arrow::datatypes::DataType::Boolean && b.to_string() == wanted
            }
            Value::Number(n) => !textual && n.as_f64() == wanted.parse().ok(),
            _ => false,
        })))
    })
}

fn size(c: &Call) -> Result<ArrayRef, SqlError> {
    c.each_long(|i| {
        let steps = steps(c.text(1).value(i))?;
        Ok(value(c, i).and_then(|v| walk(v, &steps)).map(|v| match v {
            Value::Array(items) => items.len() as i64,
            Value::Object(members) => members.len() as i64,
            _ => 0,
        }))
    })
}
