//! Delimited text and JSON lines, plain or gzipped.

use std::io::Write;

use arrow::array::Array;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use flate2::{Compression as Level, GzBuilder};
use serde_json::{Map, Value};

use crate::error::{ErrorKind, SqlError};
use crate::functions::json_text;
use crate::render::text::cell;
use crate::write::Compression;

/// LazySimpleSerDe's lines: nothing is quoted.
pub(super) fn delimited(batches: &[RecordBatch], delimiter: u8, null_text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            for (i, column) in batch.columns().iter().enumerate() {
                if i > 0 {
                    out.push(delimiter);
                }
                out.extend_from_slice(cell(column, row).as_deref().unwrap_or(null_text).as_bytes());
            }
            out.push(b'\n');
        }
    }
    out
}

/// One object a line; NULL is written as `null`.
pub(super) fn json(batches: &[RecordBatch]) -> Result<Vec<u8>, SqlError> {
    let mut out = Vec::new();
    for batch in batches {
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let mut members = Map::new();
            for (field, column) in schema.fields().iter().zip(batch.columns()) {
                let value = if column.is_null(row) { Value::Null } else { json_text(column.as_ref(), row) };
                members.insert(field.name().clone(), value);
            }
            serde_json::to_writer(&mut out, &members)
                .map_err(|e| SqlError::new(ErrorKind::Internal, e.to_string()))?;
            out.push(b'\n');
        }
    }
    Ok(out)
}

/// The bytes and the file's extension.
pub(super) fn pack(plain: Vec<u8>, compression: Compression) -> Result<(Bytes, &'static str), SqlError> {
    if compression != Compression::Gzip {
        return Ok((plain.into(), ""));
    }
    // The header carries no time, so the same rows give the same bytes.
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Level::default());
    let packed = packer.write_all(&plain).and_then(|()| packer.finish());
    Ok((packed.map_err(|e| SqlError::new(ErrorKind::Internal, e.to_string()))?.into(), ".gz"))
}
