//! MSCK REPAIR TABLE: partitions whose `k=v/` folders hold objects and that the catalog does not know.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/msck-repair-table.html. Only adds; never drops.

use std::collections::BTreeSet;

use crate::catalog::{CatalogChange, Partition, Table};
use crate::engine::Outcome;
use crate::error::SqlError;
use crate::objects::split_location;
use crate::run::{Run, lines};
use crate::scan::partitions::unescape;

pub(super) fn repair(run: &Run<'_>, table: Table, outcome: &mut Outcome) -> Result<(), SqlError> {
    let Some(root) = table.location.clone().filter(|_| !table.partition_keys.is_empty()) else {
        return Ok(());
    };
    let (bucket, prefix) = split_location(&root)?;
    let known: BTreeSet<Vec<String>> =
        run.planner.catalog.partitions(&table.database, &table.name).into_iter().map(|p| p.values).collect();
    let mut found: BTreeSet<(Vec<String>, String)> = BTreeSet::new();
    for object in run.objects.list(&bucket, &prefix)? {
        let below = object.key.strip_prefix(&prefix).unwrap_or(&object.key);
        if let Some(folder) = partition_folder(&table, below)
            && !known.contains(&folder.0)
        {
            found.insert(folder);
        }
    }
    let base = root.trim_end_matches('/');
    let mut partitions = Vec::new();
    let mut missing = Vec::new();
    let mut added = Vec::new();
    for (values, path) in found {
        missing.push(format!("{}:{path}", table.name));
        added.push(format!("Repair: Added partition to metastore {}:{path}", table.name));
        partitions.push(Partition { values, location: Some(format!("{base}/{path}")) });
    }
    if partitions.is_empty() {
        return Ok(());
    }
    let mut text = vec![format!("Partitions not in metastore:\t{}", missing.join("\t"))];
    text.extend(added);
    lines(outcome, &["result"], text)?;
    outcome.catalog_changes.push(CatalogChange::AddPartitions {
        database: table.database,
        table: table.name,
        partitions,
    });
    Ok(())
}

/// The values in a key such as `dt=2024-01-26/h=07/part-0`, and the folders they are in.
fn partition_folder(table: &Table, below: &str) -> Option<(Vec<String>, String)> {
    let parts: Vec<&str> = below.split('/').collect();
    let folders = parts.get(..table.partition_keys.len())?;
    if parts.len() <= table.partition_keys.len() {
        return None;
    }
    let mut values = Vec::new();
    for (key, folder) in table.partition_keys.iter().zip(folders) {
        let (name, value) = folder.split_once('=')?;
        if !name.eq_ignore_ascii_case(&key.name) {
            return None;
        }
        values.push(unescape(value));
    }
    Some((values, folders.join("/")))
}
