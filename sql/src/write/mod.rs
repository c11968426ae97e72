//! Rows to files: one file a partition, named by the execution.
//!
//! Built: PARQUET, TEXTFILE, JSON. Left out: ORC, AVRO, buckets; refused by name.
//! Documented: docs.aws.amazon.com/athena/latest/ug/create-table-as.html (properties), compression-formats.html.
//! Start with `write`.

mod parquet;
mod text;

use std::collections::BTreeMap;

use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use chrono::DateTime;

use crate::catalog::{Partition, Table};
use crate::engine::WrittenObject;
use crate::error::{ErrorKind, SqlError};
use crate::formats;
use crate::objects::split_location;
use crate::parse::PropertyValue;
use crate::render::text::cell;
use crate::scan::partitions::{NULL_PARTITION, escape};

/// Most partitions one statement may write. Documented: ctas-considerations-limitations.html.
const PARTITIONS_MAX: usize = 100;

/// Where files go and how they are named.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) location: String,
    /// How many of the last columns are partition keys.
    pub(crate) partition_keys: usize,
    pub(crate) names: Vec<String>,
    pub(crate) execution_id: &'a str,
    pub(crate) now_ms: i64,
}

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) objects: Vec<WrittenObject>,
    pub(crate) partitions: Vec<Partition>,
}

/// How a file's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Snappy,
    Zstd,
}

/// A file format with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Format {
    Parquet(Compression),
    Text { delimiter: u8, null_text: String, compression: Compression },
    Json(Compression),
}

impl Format {
    /// From the properties of CTAS or UNLOAD. Error: an unknown property, or one that is not built.
    pub(crate) fn of(
        properties: &BTreeMap<String, PropertyValue>,
        default: &str,
    ) -> Result<Format, SqlError> {
        let bad = |what: String| SqlError::new(ErrorKind::InvalidTableProperty, what);
        let text = |key: &str| match properties.get(key) {
            None => Ok(None),
            Some(PropertyValue::Text(value)) => Ok(Some(value.clone())),
            Some(_) => Err(bad(format!("Invalid value for property '{key}': a string is needed"))),
        };
        for key in properties.keys() {
            match key.as_str() {
                "format"
                | "external_location"
                | "partitioned_by"
                | "write_compression"
                | "parquet_compression"
                | "orc_compression"
                | "compression"
                | "field_delimiter" => {}
                "bucketed_by" | "bucket_count" => {
                    return Err(SqlError::not_built("bucketed tables (bucketed_by)"));
                }
                "table_type" => match text("table_type")?.as_deref() {
                    Some(t) if t.eq_ignore_ascii_case("hive") => {}
                    _ => return Err(SqlError::not_built("an Iceberg table")),
                },
                "is_external" => {}
                other => {
                    return Err(bad(format!(
                        "Catalog 'awsdatacatalog' table property '{other}' does not exist"
                    )));
                }
            }
        }
        let packed = ["write_compression", "parquet_compression", "compression"]
            .iter()
            .find_map(|k| text(k).transpose())
            .transpose()?;
        let compression = packed.map(|c| compression_of(&c)).transpose()?;
        let format = text("format")?.unwrap_or_else(|| default.into()).to_ascii_uppercase();
        let delimiter = text("field_delimiter")?.map(|d| formats::unescape(&d));
        match format.as_str() {
            "PARQUET" => Ok(Format::Parquet(compression.unwrap_or(Compression::Gzip))),
            "TEXTFILE" | "CSV" => {
                let default = if format == "CSV" { b',' } else { 1 };
                let delimiter = delimiter.and_then(|d| d.bytes().next()).unwrap_or(default);
                Ok(Format::Text {
                    delimiter,
                    null_text: "\\N".into(),
                    compression: text_compression(compression)?,
                })
            }
            "JSON" => Ok(Format::Json(text_compression(compression)?)),
            "ORC" | "AVRO" | "ION" => Err(SqlError::not_built(format!("writing {format}"))),
            other => Err(bad(format!(
                "Unable to set catalog 'awsdatacatalog' table property 'format' to ['{other}']: Invalid value"
            ))),
        }
    }

    /// The format INSERT adds files in. Error: the SerDe cannot be written.
    ///
    /// Documented: docs.aws.amazon.com/athena/latest/ug/insert-into.html (supported SerDes).
    pub(crate) fn of_table(table: &Table) -> Result<Format, SqlError> {
        let parameters = &table.serde_parameters;
        let compression = ["write.compression", "parquet.compression", "parquet.compress"]
            .iter()
            .find_map(|k| table.parameters.get(*k));
        let compression = compression.map(|c| compression_of(c)).transpose()?;
        match table.serde.as_deref().unwrap_or(formats::LAZY_SIMPLE) {
            formats::PARQUET => Ok(Format::Parquet(compression.unwrap_or(Compression::Gzip))),
            formats::LAZY_SIMPLE => {
                let delimiter = parameters.get("field.delim").or(parameters.get("serialization.format"));
                let delimiter =
                    delimiter.map(|d| formats::unescape(d)).and_then(|d| d.bytes().next()).unwrap_or(1);
                let null_text =
                    parameters.get("serialization.null.format").cloned().unwrap_or_else(|| "\\N".into());
                Ok(Format::Text { delimiter, null_text, compression: text_compression(compression)? })
            }
            formats::HIVE_JSON | formats::OPENX_JSON => Ok(Format::Json(text_compression(compression)?)),
            other => Err(SqlError::new(
                ErrorKind::NotSupported,
                format!("NotImplemented: INSERT into a table of {other} is not built in wavetank"),
            )),
        }
    }

    /// Writes the format into a new table.
    pub(crate) fn describe(&self, table: &mut Table) {
        let (name, classification) = match self {
            Format::Parquet(_) => ("parquet", "parquet"),
            Format::Text { .. } => ("textfile", "csv"),
            Format::Json(_) => ("json", "json"),
        };
        if let Some(format) = formats::by_name(name) {
            table.serde = Some(format.serde.into());
            table.input_format = Some(format.input.into());
            table.output_format = Some(format.output.into());
        }
        if let Format::Text { delimiter, .. } = self {
            let delimiter = char::from(*delimiter).to_string();
            table.serde_parameters.insert("field.delim".into(), delimiter.clone());
            table.serde_parameters.insert("serialization.format".into(), delimiter);
        } else {
            table.serde_parameters.insert("serialization.format".into(), "1".into());
        }
        table.parameters.insert("classification".into(), classification.into());
        table.parameters.insert("EXTERNAL".into(), "TRUE".into());
    }
}

fn compression_of(name: &str) -> Result<Compression, SqlError> {
    match name.to_ascii_uppercase().as_str() {
        "NONE" | "UNCOMPRESSED" => Ok(Compression::None),
        "GZIP" => Ok(Compression::Gzip),
        "SNAPPY" => Ok(Compression::Snappy),
        "ZSTD" => Ok(Compression::Zstd),
        other => Err(SqlError::not_built(format!("compression {other}"))),
    }
}

/// Text is gzipped unless asked otherwise. Documented: compression-formats.html.
fn text_compression(wanted: Option<Compression>) -> Result<Compression, SqlError> {
    match wanted.unwrap_or(Compression::Gzip) {
        Compression::None => Ok(Compression::None),
        Compression::Gzip => Ok(Compression::Gzip),
        other => Err(SqlError::not_built(format!("{other:?} compression of text files"))),
    }
}

/// Writes the rows, split by partition. No rows, no files.
pub(crate) fn write(target: &Target, format: &Format, batches: &[RecordBatch]) -> Result<Files, SqlError> {
    let mut parts: BTreeMap<Vec<String>, Vec<RecordBatch>> = BTreeMap::new();
    for batch in batches {
        if target.partition_keys == 0 {
            parts.entry(vec![]).or_default().push(batch.clone());
            continue;
        }
        for (values, rows) in by_partition(batch, target.partition_keys) {
            let data: Vec<usize> = (0..batch.num_columns() - target.partition_keys).collect();
            let part = take_record_batch(batch, &UInt32Array::from(rows))?.project(&data)?;
            parts.entry(values).or_default().push(part);
        }
    }
    if parts.len() > PARTITIONS_MAX {
        return Err(SqlError::new(
            ErrorKind::NotSupported,
            format!(
                "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {PARTITIONS_MAX} open writers for partitions/buckets"
            ),
        ));
    }
    let (bucket, root) = split_location(&target.location)?;
    let mut files = Files::default();
    for (i, (values, batches)) in parts.into_iter().enumerate() {
        let keys = target.names[target.names.len() - target.partition_keys..].iter();
        let folder: String = keys.zip(&values).map(|(k, v)| format!("{k}={}/", escape(v))).collect();
        let (bytes, extension) = encode(format, &batches)?;
        files.objects.push(WrittenObject {
            bucket: bucket.clone(),
            key: format!("{root}{folder}{}{extension}", file_name(target, i)),
            bytes,
        });
        if target.partition_keys > 0 {
            let base = target.location.trim_end_matches('/');
            files.partitions.push(Partition {
                values,
                location: Some(format!("{base}/{}", folder.trim_end_matches('/'))),
            });
        }
    }
    Ok(files)
}

/// `20240126_000000_00000_abcde_<execution id>`: Trino's shape, without its randomness.
fn file_name(target: &Target, i: usize) -> String {
    let at = DateTime::from_timestamp_millis(target.now_ms)
        .map(|t| t.format("%Y%m%d_%H%M%S").to_string())
        .unwrap_or_default();
    let short: String = target.execution_id.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
    format!("{at}_{i:05}_{short}_{}", target.execution_id)
}

fn by_partition(batch: &RecordBatch, keys: usize) -> BTreeMap<Vec<String>, Vec<u32>> {
    let columns = &batch.columns()[batch.num_columns() - keys..];
    let mut found: BTreeMap<Vec<String>, Vec<u32>> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let values = columns.iter().map(|c| cell(c, row).unwrap_or_else(|| NULL_PARTITION.into())).collect();
        found.entry(values).or_default().push(row as u32);
    }
    found
}

fn encode(format: &Format, batches: &[RecordBatch]) -> Result<(Bytes, &'static str), SqlError> {
    match format {
        Format::Parquet(compression) => Ok((parquet::encode(batches, *compression)?, "")),
        Format::Text { delimiter, null_text, compression } => {
            text::pack(text::delimited(batches, *delimiter, null_text), *compression)
        }
        Format::Json(compression) => text::pack(text::json(batches)?, *compression),
    }
}
