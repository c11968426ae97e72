//! The look of a crawler: list the objects of its targets, classify each by content, and group folders into tables.
//!
//! Pure over [`Objects`]: an executor gives it the tank's S3, a test gives it a map. `classify.rs` asks the classifiers
//! (`csv.rs`, `json.rs`, `parquet.rs`), `group.rs` decides on tables and partitions, `table.rs` writes them as the catalog
//! has them. Left out: custom classifiers, and formats that `classify.rs` names.

mod classify;
mod csv;
mod glob;
mod group;
mod hive;
mod json;
mod parquet;
mod schema;
mod source;
mod table;

use std::collections::BTreeMap;

use wavetank_types::names::split_s3_uri;
use wavetank_wire::glue::S3Target;

use super::work::CrawlOutput;
use glob::Exclusions;
use group::{Group, Looked, group};
pub use hive::Hive;
pub use schema::{Compression, CsvShape, Format, FoundColumn, Schema, Stats};
pub use source::{Listed, LookError, Objects};
pub(super) use table::{CrawlMark, partition_input, table_input};

/// A table that a crawler found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTable {
    /// Legal in the catalog, without the crawler's prefix.
    pub name: String,
    /// `s3://bucket/folder/`, or an object.
    pub location: String,
    /// The schema of all its objects.
    pub schema: Schema,
    /// Names of partition columns; their types are `string`.
    pub partition_keys: Vec<String>,
    /// Empty if the table has no partition columns.
    pub partitions: Vec<FoundPartition>,
    /// Counts over all its objects.
    pub stats: Stats,
}

/// A partition that a crawler found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPartition {
    /// One for each partition column.
    pub values: Vec<String>,
    /// `s3://bucket/folder/`.
    pub location: String,
    /// The schema of its own objects.
    pub schema: Schema,
    /// Counts over its own objects.
    pub stats: Stats,
}

/// Looks at all targets. A target without objects gives no table; a missing bucket fails the crawl.
pub(crate) fn look(objects: &dyn Objects, targets: &[S3Target]) -> CrawlOutput {
    let mut tables = BTreeMap::new();
    let mut listed = 0;
    for target in targets {
        match look_at(objects, target) {
            Ok((found, count)) => {
                listed += count;
                tables.extend(found.into_iter().map(|table| (table.location.clone(), table)));
            }
            Err(error) => {
                return CrawlOutput { tables: Vec::new(), failure: Some(error.to_string()), objects: listed };
            }
        }
    }
    CrawlOutput { tables: tables.into_values().collect(), failure: None, objects: listed }
}

fn look_at(objects: &dyn Objects, target: &S3Target) -> Result<(Vec<FoundTable>, u64), LookError> {
    let path = target.path.as_deref().unwrap_or_default();
    let (bucket, prefix) = split_s3_uri(path).ok_or_else(|| LookError::NotAPath(path.to_owned()))?;
    let exclusions = Exclusions::read(target.exclusions.as_deref().unwrap_or_default())?;
    let all = objects.list(bucket, prefix)?;
    let count = all.len() as u64;

    // A path without a slash at its end names an object if there is one, else a folder.
    let (root, single) = match all.iter().find(|object| object.key == prefix && object.size > 0) {
        Some(object) => (
            prefix.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/")),
            Some(object.key.clone()),
        ),
        None if prefix.is_empty() || prefix.ends_with('/') => (prefix.to_owned(), None),
        None => (format!("{prefix}/"), None),
    };
    let wanted = all.into_iter().filter(|object| match &single {
        Some(key) => object.key == *key,
        None => object
            .key
            .strip_prefix(&root)
            .is_some_and(|key| is_data(key, object.size) && !exclusions.exclude(key)),
    });
    let mut looked = Vec::new();
    for object in sampled(wanted.collect(), target.sample_size) {
        let content = objects.read(bucket, &object.key)?;
        let (schema, stats) = classify::classify(bucket, &object, &content)?;
        let key = object.key[root.len()..].to_owned();
        looked.push(Looked { key, schema, stats });
    }
    let tables = group(looked).into_iter().map(|group| found(bucket, &root, group)).collect();
    Ok((tables, count))
}

/// Whether an object is data: not a folder marker, not empty, and not a job's own bookkeeping.
///
/// Assumed: names that begin with `_` or `.` (such as `_SUCCESS`) are passed over, as Hive and Athena do.
fn is_data(relative_key: &str, size: u64) -> bool {
    let hidden = |name: &str| name.starts_with('_') && !name.contains('=') || name.starts_with('.');
    size > 0 && !relative_key.ends_with('/') && !relative_key.split('/').any(hidden)
}

/// At most `sample_size` objects of each folder, the first by name.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_S3Target.html (read 2026-11-29). AWS takes any, by chance
/// (define-crawler-choose-data-sources.html, read 2026-11-29).
fn sampled(objects: Vec<Listed>, sample_size: Option<i64>) -> Vec<Listed> {
    let Some(most) = sample_size.and_then(|size| usize::try_from(size).ok()) else { return objects };
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let in_sample = |object: &Listed| {
        let folder = object.key.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let count = taken.entry(folder).or_default();
        *count += 1;
        *count <= most
    };
    let mut in_sample = in_sample;
    objects.into_iter().filter(|object| in_sample(object)).collect()
}

fn found(bucket: &str, root: &str, group: Group) -> FoundTable {
    let location = |path: &str| format!("s3://{bucket}/{root}{path}");
    let path = format!("{root}{}", group.path);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let partition_keys = group.partition_keys();
    let stats = group.stats();
    let partitions = if partition_keys.is_empty() {
        Vec::new()
    } else {
        let partition = |leaf: group::Leaf| FoundPartition {
            values: leaf.values,
            location: location(&leaf.path),
            schema: leaf.schema,
            stats: leaf.stats,
        };
        group.leaves.into_iter().map(partition).collect()
    };
    FoundTable {
        name: legal_name(if last.is_empty() { bucket } else { last }),
        location: location(&group.path),
        schema: group.schema,
        partition_keys,
        partitions,
        stats,
    }
}

/// A table's name of a folder's: lower case, everything but letters, digits and `_` replaced by `_`.
fn legal_name(folder: &str) -> String {
    // `year=2024` makes a table `year_2024`.
    folder.to_lowercase().chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect()
}
