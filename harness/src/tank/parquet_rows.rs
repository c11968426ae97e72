//! The rows of a Parquet file as objects of JSON: what the ledger looks at.

use bytes::Bytes;
use serde_json::Value;

use crate::check::rows::{self, RowText};

pub(super) fn read(body: Bytes) -> Result<Vec<Value>, String> {
    let (mut found, mut text) = (Vec::new(), RowText::default());
    for batch in rows::read(body)? {
        let batch = batch?;
        let names: Vec<String> =
            batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        for row in 0..batch.num_rows() {
            text.set(&batch, row)?;
            let values = text.fields().map(|field| field.map_or(Value::Null, Value::from));
            found.push(Value::Object(names.iter().cloned().zip(values).collect()));
        }
    }
    Ok(found)
}
