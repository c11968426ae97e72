//! Which partitions a query reads, and which files they hold.
//!
//! Documented: files whose names start with `_` or `.` are ignored (docs.aws.amazon.com/athena/latest/ug/tables-location-format.html);
//! empty objects are folder markers. Start with `choose`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::Session;
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, utils::conjunction};
use datafusion::scalar::ScalarValue;

use crate::catalog::{Catalog, Partition, Table};
use crate::error::{ErrorKind, SqlError};
use crate::objects::{Counted, split_location};
use crate::scan::projection;
use crate::scan::values::parse_cell;

/// Hive's name for a NULL partition value.
pub(crate) const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// A partition to read, with its values as the columns' types.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    location: String,
    pub(crate) values: Vec<ScalarValue>,
}

/// A file to read.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) size: u64,
    /// The partition columns' values on every row.
    pub(crate) partition: Arc<Vec<ScalarValue>>,
}

/// The partitions that the filters let through. A table without partition keys is one partition.
pub(crate) fn choose(
    table: &Table,
    schema: &SchemaRef,
    catalog: &dyn Catalog,
    now_ms: i64,
    state: &dyn Session,
    filters: &[Expr],
) -> Result<Vec<Chosen>, SqlError> {
    let Some(root) = &table.location else {
        return Err(SqlError::new(
            ErrorKind::HiveBadData,
            format!("Table {}.{} has no location", table.database, table.name),
        ));
    };
    if table.partition_keys.is_empty() {
        return Ok(vec![Chosen { location: root.clone(), values: vec![] }]);
    }
    let all = if projection::is_enabled(table) {
        projection::partitions(table, now_ms)?
    } else {
        catalog.partitions(&table.database, &table.name)
    };
    let fields = schema.fields().iter().skip(table.columns.len()).cloned().collect::<Vec<_>>();
    let keys = Arc::new(Schema::new(fields));
    let chosen: Result<Vec<Chosen>, SqlError> = all.iter().map(|p| typed(table, &keys, root, p)).collect();
    prune(chosen?, &keys, state, filters)
}

fn typed(table: &Table, keys: &Schema, root: &str, partition: &Partition) -> Result<Chosen, SqlError> {
    let mut values = Vec::with_capacity(keys.fields().len());
    for (i, field) in keys.fields().iter().enumerate() {
        let text = partition.values.get(i).map_or(NULL_PARTITION, String::as_str);
        let value = match text {
            NULL_PARTITION => Some(ScalarValue::try_from(field.data_type())?),
            text => parse_cell(text, field.data_type()).filter(|v| !v.is_null()),
        };
        // Documented: Trino's `HIVE_INVALID_PARTITION_VALUE: Invalid partition value 'x' for integer partition key: n`.
        values.push(value.ok_or_else(|| {
            SqlError::new(
                ErrorKind::HiveBadData,
                format!(
                    "Invalid partition value '{text}' for {} partition key: {}",
                    crate::types::trino_name(field.data_type()),
                    field.name()
                ),
            )
        })?);
    }
    let location =
        partition.location.clone().unwrap_or_else(|| default_location(table, root, &partition.values));
    Ok(Chosen { location, values })
}

/// `root/k=v/l=w/`.
pub(crate) fn default_location(table: &Table, root: &str, values: &[String]) -> String {
    let mut location = root.trim_end_matches('/').to_string();
    for (key, value) in table.partition_keys.iter().zip(values) {
        location.push_str(&format!("/{}={}", key.name, escape(value)));
    }
    location.push('/');
    location
}

/// Hive escapes what could not stand in a path.
pub(crate) fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if c < ' ' || "\"#%'*/:=?\\{[]^\u{7f}".contains(c) {
            out.push_str(&format!("%{:02X}", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}

/// The inverse of `escape`.
pub(crate) fn unescape(value: &str) -> String {
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
}

/// Evaluates the filters once, on a batch with one row a partition.
fn prune(
    chosen: Vec<Chosen>,
    keys: &SchemaRef,
    state: &dyn Session,
    filters: &[Expr],
) -> Result<Vec<Chosen>, SqlError> {
    let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(chosen) };
    if chosen.is_empty() {
        return Ok(chosen);
    }
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(keys.fields().len());
    for i in 0..keys.fields().len() {
        columns.push(ScalarValue::iter_to_array(chosen.iter().map(|c| c.values[i].clone()))?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(chosen.len()));
    let batch = RecordBatch::try_new_with_options(keys.clone(), columns, &options)?;
    let schema = DFSchema::try_from(keys.as_ref().clone())?;
    let keep = state.create_physical_expr(filter, &schema)?.evaluate(&batch)?.into_array(chosen.len())?;
    let keep = keep.as_boolean();
    Ok(chosen
        .into_iter()
        .enumerate()
        .filter(|(i, _)| keep.is_valid(*i) && keep.value(*i))
        .map(|(_, c)| c)
        .collect())
}

/// The files of the chosen partitions, in the order of partitions and keys.
pub(crate) fn files(chosen: Vec<Chosen>, objects: &Counted) -> Result<Vec<File>, SqlError> {
    let mut found = Vec::new();
    for partition in chosen {
        let (bucket, prefix) = split_location(&partition.location)?;
        let values = Arc::new(partition.values);
        for object in objects.list(&bucket, &prefix)? {
            if object.size > 0 && is_data(&object.key, &prefix) {
                found.push(File {
                    bucket: bucket.clone(),
                    key: object.key,
                    size: object.size,
                    partition: values.clone(),
                });
            }
        }
    }
    Ok(found)
}

/// Whether a key is a data file: no part of its path below the prefix starts with `_` or `.`.
fn is_data(key: &str, prefix: &str) -> bool {
    let below = key.strip_prefix(prefix).unwrap_or(key);
    !key.ends_with('/') && !below.split('/').any(|part| part.starts_with(['_', '.']))
}
