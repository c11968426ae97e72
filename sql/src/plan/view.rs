//! Views as Glue stores them: `/* Presto View: <base64 of JSON> */`.
//!
//! Documented: trino ViewReaderUtil (`VIEW_PREFIX`, `originalSql`, `catalog`, `schema`, `columns`), which Athena follows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sqlparser::ast::Query;

use crate::catalog::{Column, Table};
use crate::error::{ErrorKind, SqlError};
use crate::parse::query::parse_query;
use crate::parse::tokens::tokenize;

const PREFIX: &str = "/* Presto View: ";
const SUFFIX: &str = " */";

/// A view's query, and the database its bare names mean.
pub(crate) struct Stored {
    pub(crate) query: Box<Query>,
    pub(crate) database: String,
}

/// Reads a view. Plain SQL is taken too: it is what some tools store.
pub(crate) fn read(table: &Table) -> Result<Stored, SqlError> {
    let (sql, database) = text(table)?;
    let query = tokenize(&sql).and_then(parse_query).map_err(|e| broken(table, &e.to_string()))?;
    Ok(Stored { query, database })
}

/// A view's SQL and its database.
pub(crate) fn text(table: &Table) -> Result<(String, String), SqlError> {
    let Some(stored) = &table.view_text else { return Err(broken(table, "it has no text")) };
    let Some(encoded) = stored.strip_prefix(PREFIX).and_then(|r| r.strip_suffix(SUFFIX)) else {
        return Ok((stored.clone(), table.database.clone()));
    };
    let bytes = STANDARD.decode(encoded.trim()).map_err(|e| broken(table, &e.to_string()))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| broken(table, &e.to_string()))?;
    let sql = value["originalSql"].as_str().ok_or_else(|| broken(table, "it has no originalSql"))?;
    Ok((sql.to_string(), value["schema"].as_str().unwrap_or(&table.database).to_string()))
}

fn broken(table: &Table, why: &str) -> SqlError {
    SqlError::new(
        ErrorKind::InvalidView,
        format!("View '{}.{}' is stale or in invalid state: {why}", table.database, table.name),
    )
}

/// The text that Glue stores for a view. `columns` have Trino's type names.
pub(crate) fn encode(sql: &str, database: &str, columns: &[Column]) -> String {
    let columns: Vec<Value> =
        columns.iter().map(|c| json!({ "name": c.name, "type": c.hive_type })).collect();
    let value =
        json!({ "originalSql": sql, "catalog": "awsdatacatalog", "schema": database, "columns": columns });
    format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(value.to_string()))
}
