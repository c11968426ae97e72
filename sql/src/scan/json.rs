//! JSON lines: the openx SerDe and Hive's. One object a line.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html and hive-json-serde.html;
//! the openx reader of trino lib/trino-hive-formats: a line that opens with neither `{` nor `[` is a row of NULLs.
//! Left out: `dots.in.keys`, `Case.Insensitive=false`. Start with `read`.

use std::collections::BTreeMap;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use serde_json::Value;

use crate::error::{ErrorKind, SqlError};
use crate::scan::{nested, open_csv};

/// How lines become rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// `ignore.malformed.json`: a broken line is a row of NULLs.
    pub(crate) ignore_malformed: bool,
    /// The openx reader, more lenient than Hive's.
    pub(crate) openx: bool,
    /// Column name to JSON key, from `mapping.<column>`.
    pub(crate) mapping: BTreeMap<String, String>,
}

/// Reads whole lines into one array per wanted column, with the number of rows.
///
/// Error: `HIVE_CURSOR_ERROR: Row is not a valid JSON Object - ...`.
pub(crate) fn read(
    bytes: &[u8],
    layout: &Layout,
    wanted: &[(String, DataType)],
) -> Result<(Vec<ArrayRef>, usize), SqlError> {
    let text = String::from_utf8_lossy(bytes);
    let mut rows: Vec<Option<Value>> = Vec::new();
    for line in open_csv::lines(&text) {
        let line = line.trim();
        // Neither reader turns an empty line into an error; Trino's makes it a row of NULLs only for openx.
        if line.is_empty() && !layout.openx {
            continue;
        }
        rows.push(parse(line, layout)?);
    }
    let arrays = wanted
        .iter()
        .map(|(name, t)| {
            let key = layout.mapping.get(name).unwrap_or(name);
            let picked: Vec<Option<&Value>> =
                rows.iter().map(|r| r.as_ref().and_then(|r| pick(r, key))).collect();
            nested::to_array(t, &picked)
        })
        .collect();
    Ok((arrays, rows.len()))
}

fn parse(line: &str, layout: &Layout) -> Result<Option<Value>, SqlError> {
    if layout.openx && !line.starts_with(['{', '[']) {
        return Ok(None);
    }
    match serde_json::from_str::<Value>(line) {
        Ok(value @ Value::Object(_)) => Ok(Some(value)),
        Ok(_) if layout.openx => Ok(None),
        Ok(_) | Err(_) if layout.ignore_malformed => Ok(None),
        Ok(_) => Err(malformed("A JSONObject text must begin with '{' at 1 [character 2 line 1]")),
        Err(e) => Err(malformed(&format!("{e}"))),
    }
}

/// Documented: repost.aws json-parsing-athena, "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: ...".
fn malformed(why: &str) -> SqlError {
    SqlError::new(
        ErrorKind::HiveCursorError,
        format!("Row is not a valid JSON Object - JSONException: {why}"),
    )
}

fn pick<'a>(row: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Object(members) = row else { return None };
    let found = members
        .get(key)
        .or_else(|| members.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v));
    found.filter(|v| !v.is_null())
}
