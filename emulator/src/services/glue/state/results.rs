//! Writing what a crawler found to the catalog: new tables and partitions, changed ones, and those that are gone.
//!
//! Documented: docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html and crawler-configuration.html (read 2026-11-29, the
//! latter as in github.com/awsdocs/aws-glue-developer-guide): UpdateBehavior LOG writes only what is new; DeleteBehavior removes,
//! deprecates or logs; `MergeNewColumns` overrides LOG and keeps the columns and formats that are there, of tables and partitions;
//! `InheritFromTable` gives partitions, old ones too, the table's classification, formats, serde and columns.
//! Left out: `MergeNewColumns` does not deprecate a table whose classification has changed. Assumed: a table is known again by its location; one that a crawler did not make is updated too.

use std::collections::{BTreeMap, BTreeSet};

use md5::{Digest, Md5};
use serde_json::Value;
use wavetank_wire::glue::{Column, Crawler, PartitionInput, StorageDescriptor, Table, TableInput};

use super::databases::Catalog;
use super::tables::{TableEntry, stored};
use crate::services::glue::crawl::{CrawlMark, FoundTable, partition_input, table_input};
use crate::services::glue::error::GlueError;
use crate::world::Cx;

/// Parameters that differ from crawl to crawl without a change of the table.
const PASSING_PARAMETERS: [&str; 1] = ["CRAWL_RUN_ID"];

/// What a crawler's `Configuration` asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Settings {
    merge_new_columns: bool,
    inherit_from_table: bool,
    partition_index: bool,
}

impl Settings {
    /// Error: not JSON, or something that is not built, by its name.
    pub(super) fn read(configuration: Option<&str>) -> Result<Self, GlueError> {
        let Some(text) = configuration.filter(|text| !text.trim().is_empty()) else {
            return Ok(Self::default());
        };
        let json: Value = serde_json::from_str(text)
            .map_err(|error| GlueError::Invalid(format!("Invalid crawler Configuration: {error}")))?;
        let behavior = |path: &str| json.pointer(path).and_then(Value::as_str);
        let unbuilt = |what: String| Err(GlueError::NotBuilt(what));
        let mut settings = Self::default();
        match behavior("/CrawlerOutput/Tables/AddOrUpdateBehavior") {
            None => {}
            Some("MergeNewColumns") => settings.merge_new_columns = true,
            Some(other) => {
                return unbuilt(format!("the crawler configuration Tables.AddOrUpdateBehavior `{other}`"));
            }
        }
        match behavior("/CrawlerOutput/Partitions/AddOrUpdateBehavior") {
            None => {}
            Some("InheritFromTable") => settings.inherit_from_table = true,
            Some(other) => {
                return unbuilt(format!(
                    "the crawler configuration Partitions.AddOrUpdateBehavior `{other}`"
                ));
            }
        }
        let grouping =
            json.get("Grouping").and_then(Value::as_object).and_then(|grouping| grouping.keys().next());
        if let Some(name) = grouping {
            return unbuilt(format!("the crawler configuration Grouping.{name}"));
        }
        settings.partition_index = json.get("CreatePartitionIndex").and_then(Value::as_bool).unwrap_or(false);
        Ok(settings)
    }
}

/// What happens to tables and partitions that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnDelete {
    Remove,
    Deprecate,
    Log,
}

/// How one crawl writes.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    crawler: String,
    crawl_id: String,
    database: String,
    prefix: String,
    update: bool,
    on_delete: OnDelete,
    settings: Settings,
    include_paths: Vec<String>,
}

impl Plan {
    pub(super) fn of(crawler: &Crawler, crawl_id: String) -> Result<Self, GlueError> {
        let policy = crawler.schema_change_policy.clone().unwrap_or_default();
        let targets = crawler.targets.iter().filter_map(|targets| targets.s3targets.as_ref()).flatten();
        Ok(Self {
            crawler: crawler.name.clone().unwrap_or_default(),
            crawl_id,
            database: crawler.database_name.clone().unwrap_or_default(),
            prefix: crawler.table_prefix.clone().unwrap_or_default(),
            update: policy.update_behavior.as_deref() != Some("LOG"),
            on_delete: match policy.delete_behavior.as_deref() {
                Some("DELETE_FROM_DATABASE") => OnDelete::Remove,
                Some("LOG") => OnDelete::Log,
                _ => OnDelete::Deprecate,
            },
            settings: Settings::read(crawler.configuration.as_deref())?,
            include_paths: targets.filter_map(|target| target.path.clone()).collect(),
        })
    }

    fn mark(&self) -> CrawlMark<'_> {
        let partition_index = self.settings.partition_index;
        CrawlMark { crawler: &self.crawler, crawl_id: &self.crawl_id, partition_index }
    }

    /// The lines before anything is written, as AWS prints them.
    pub(super) fn opening_lines(&self) -> [String; 2] {
        let update = if self.update { "UPDATE_IN_DATABASE" } else { "LOG" };
        let delete = match self.on_delete {
            OnDelete::Remove => "DELETE_FROM_DATABASE",
            OnDelete::Deprecate => "DEPRECATE_IN_DATABASE",
            OnDelete::Log => "LOG",
        };
        let policy = format!("{{\"UpdateBehavior\":\"{update}\",\"DeleteBehavior\":\"{delete}\"}}");
        [
            format!("BENCHMARK : Classification complete, writing results to database {}", self.database),
            format!("INFO : Crawler configured with SchemaChangePolicy {policy}."),
        ]
    }
}

/// What a crawl changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) lines: Vec<String>,
    pub(super) tables_added: Vec<String>,
    pub(super) tables_updated: Vec<String>,
    pub(super) tables_removed: Vec<String>,
    partitions_added: usize,
    partitions_updated: usize,
    partitions_removed: usize,
}

impl Changes {
    fn counts(&self) -> [(&'static str, [(&'static str, usize); 3]); 2] {
        let tables = [self.tables_added.len(), self.tables_updated.len(), self.tables_removed.len()];
        let partitions = [self.partitions_added, self.partitions_updated, self.partitions_removed];
        [("TABLE", tables), ("PARTITION", partitions)].map(|(kind, [added, updated, deleted])| {
            (kind, [("ADD", added), ("UPDATE", updated), ("DELETE", deleted)])
        })
    }

    /// What changed, as EventBridge is told.
    pub(super) fn told(&self) -> [(&'static str, usize); 6] {
        [
            ("tablesCreated", self.tables_added.len()),
            ("tablesUpdated", self.tables_updated.len()),
            ("tablesDeleted", self.tables_removed.len()),
            ("partitionsCreated", self.partitions_added),
            ("partitionsUpdated", self.partitions_updated),
            ("partitionsDeleted", self.partitions_removed),
        ]
    }

    /// `Run Summary For TABLE:` and what follows it; nothing for a kind that did not change.
    pub(super) fn summary_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (kind, counts) in self.counts() {
            if counts.iter().any(|(_, count)| *count > 0) {
                lines.push(format!("INFO : Run Summary For {kind}:"));
                lines.extend(
                    counts.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("INFO : {what}: {n}")),
                );
            }
        }
        lines
    }

    /// The summary of the crawl's history. Assumed: its shape.
    pub(super) fn summary_json(&self) -> String {
        let mut kinds = serde_json::Map::new();
        for (kind, counts) in self.counts() {
            let made = counts.iter().filter(|(_, n)| *n > 0);
            let made: serde_json::Map<String, Value> =
                made.map(|(what, n)| ((*what).to_owned(), (*n).into())).collect();
            if !made.is_empty() {
                kinds.insert(kind.to_owned(), made.into());
            }
        }
        if kinds.is_empty() { String::new() } else { Value::Object(kinds).to_string() }
    }
}

fn location(table: &Table) -> &str {
    let descriptor = table.storage_descriptor.as_ref();
    descriptor.and_then(|descriptor| descriptor.location.as_deref()).unwrap_or_default().trim_end_matches('/')
}

impl Catalog {
    /// Writes what a crawl found.
    pub(super) fn write_found(
        &mut self,
        cx: &Cx<'_>,
        plan: &Plan,
        found: &[FoundTable],
    ) -> Result<Changes, GlueError> {
        self.ensure_database(cx, &plan.database)?;
        let database = self.database_mut(&plan.database)?;
        let database_name = database.database.name.clone();
        let tables = &mut database.tables;
        let mut changes = Changes::default();
        for table in found {
            let known =
                tables.values().find(|entry| location(&entry.table) == table.location.trim_end_matches('/'));
            let name = match known {
                Some(entry) => entry.table.name.clone(),
                None => free_name(tables, plan, table),
            };
            let input = table_input(&name, table, plan.mark());
            match tables.get_mut(&name) {
                Some(entry) => update_table(cx, entry, plan, input, &mut changes)?,
                None => {
                    let table = stored(cx, &database_name, input, None)?;
                    let entry = TableEntry { table, archive: Vec::new(), partitions: BTreeMap::new() };
                    tables.insert(name.clone(), entry);
                    changes.lines.push(format!("INFO : Created table {name} in database {database_name}"));
                    changes.tables_added.push(name.clone());
                }
            }
            let entry = tables.get_mut(&name).expect("found or made just above");
            write_partitions(cx, entry, plan, table, &mut changes)?;
        }
        drop_gone(cx, tables, plan, found, &mut changes);
        Ok(changes)
    }
}

/// The table's name with the crawler's prefix; with a hash of its location where another table has that name.
///
/// Recorded: `landing_6b3cb3b3e420d6357a73bb3830f52087`, a crawled table. Assumed: what is hashed.
fn free_name(tables: &BTreeMap<String, TableEntry>, plan: &Plan, table: &FoundTable) -> String {
    let mut name = format!("{}{}", plan.prefix, table.name).to_lowercase();
    if tables.contains_key(&name) {
        name = format!("{name}_{}", hex::encode(Md5::digest(table.location.as_bytes())));
    }
    while tables.contains_key(&name) {
        name.push('_');
    }
    name
}

fn update_table(
    cx: &Cx<'_>,
    entry: &mut TableEntry,
    plan: &Plan,
    mut input: TableInput,
    changes: &mut Changes,
) -> Result<(), GlueError> {
    let before = &entry.table;
    let name = before.name.clone();
    if let (true, Some(descriptor)) = (plan.settings.merge_new_columns, &mut input.storage_descriptor) {
        merge(before.storage_descriptor.as_ref(), descriptor);
    }
    input.description.clone_from(&before.description);
    if is_same(before, &input) {
        return Ok(());
    }
    if !plan.update && !plan.settings.merge_new_columns {
        changes
            .lines
            .push(format!("INFO : Table {name} has changed; its definition stays (UpdateBehavior LOG)"));
        return Ok(());
    }
    if before.partition_keys != input.partition_keys {
        // Partitions of other keys cannot stay.
        entry.partitions.clear();
    }
    let table = stored(cx, before.database_name.as_deref().unwrap_or_default(), input, Some(before))?;
    entry.replace(table, false);
    changes.lines.push(format!("INFO : Updated table {name} in database {}", plan.database.to_lowercase()));
    changes.tables_updated.push(name);
    Ok(())
}

/// The columns that are there, and then those that are new.
fn merged_columns(mut known: Vec<Column>, found: Option<Vec<Column>>) -> Vec<Column> {
    let names: BTreeSet<String> = known.iter().map(|column| column.name.clone()).collect();
    known.extend(found.unwrap_or_default().into_iter().filter(|column| !names.contains(&column.name)));
    known
}

/// Keeps the columns and formats that are there, and adds the columns that are new.
fn merge(before: Option<&StorageDescriptor>, found: &mut StorageDescriptor) {
    let Some(before) = before else { return };
    let known = before.columns.clone().unwrap_or_default();
    found.columns = Some(merged_columns(known, found.columns.take()));
    found.input_format.clone_from(&before.input_format);
    found.output_format.clone_from(&before.output_format);
}

fn lasting(parameters: Option<&BTreeMap<String, String>>) -> BTreeMap<&str, &str> {
    let all = parameters.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
    all.filter(|(name, _)| !PASSING_PARAMETERS.contains(name)).collect()
}

fn same_descriptor(one: Option<&StorageDescriptor>, two: Option<&StorageDescriptor>) -> bool {
    let bare = |descriptor: &StorageDescriptor| StorageDescriptor { parameters: None, ..descriptor.clone() };
    one.map(bare) == two.map(bare)
}

fn is_same(table: &Table, input: &TableInput) -> bool {
    same_descriptor(table.storage_descriptor.as_ref(), input.storage_descriptor.as_ref())
        && table.partition_keys == input.partition_keys
        && lasting(table.parameters.as_ref()) == lasting(input.parameters.as_ref())
}

fn write_partitions(
    cx: &Cx<'_>,
    entry: &mut TableEntry,
    plan: &Plan,
    table: &FoundTable,
    changes: &mut Changes,
) -> Result<(), GlueError> {
    let keys = entry.table.partition_keys.as_ref().map_or(0, Vec::len);
    if keys != table.partition_keys.len() || keys == 0 {
        return Ok(());
    }
    let mut added = Vec::new();
    for partition in &table.partitions {
        let mut input = partition_input(partition, plan.mark());
        if plan.settings.inherit_from_table {
            inherit(&mut input, &entry.table);
        }
        match entry.partitions.get(&partition.values) {
            None => {
                entry.add_partition(cx, input)?;
                added.push(format!("[{}]", partition.values.join(", ")));
            }
            Some(before) => {
                let settings = plan.settings;
                if let (true, Some(descriptor)) = (
                    settings.merge_new_columns && !settings.inherit_from_table,
                    &mut input.storage_descriptor,
                ) {
                    merge(before.storage_descriptor.as_ref(), descriptor);
                }
                let is_written = plan.update || settings.merge_new_columns || settings.inherit_from_table;
                let same =
                    same_descriptor(before.storage_descriptor.as_ref(), input.storage_descriptor.as_ref())
                        && lasting(before.parameters.as_ref()) == lasting(input.parameters.as_ref());
                if !same && is_written {
                    let creation_time = before.creation_time;
                    let mut after = entry.stored_partition(cx, input);
                    after.creation_time = creation_time;
                    entry.partitions.insert(partition.values.clone(), after);
                    changes.partitions_updated += 1;
                }
            }
        }
    }
    if !added.is_empty() {
        changes.partitions_added += added.len();
        let (name, database) = (&entry.table.name, plan.database.to_lowercase());
        let values = added.join(", ");
        changes.lines.push(format!(
            "INFO : Created partitions with values [{values}] for table {name} in database {database}"
        ));
    }
    let found: BTreeSet<&Vec<String>> = table.partitions.iter().map(|partition| &partition.values).collect();
    let gone: Vec<Vec<String>> =
        entry.partitions.keys().filter(|values| !found.contains(values)).cloned().collect();
    for values in gone {
        drop_partition(cx, entry, plan, &values, changes);
    }
    Ok(())
}

fn inherit(input: &mut PartitionInput, table: &Table) {
    let Some(of_table) = &table.storage_descriptor else { return };
    if let Some(descriptor) = &mut input.storage_descriptor {
        descriptor.columns.clone_from(&of_table.columns);
        descriptor.serde_info.clone_from(&of_table.serde_info);
        descriptor.input_format.clone_from(&of_table.input_format);
        descriptor.output_format.clone_from(&of_table.output_format);
    }
    let classification = table.parameters.as_ref().and_then(|parameters| parameters.get("classification"));
    if let Some(classification) = classification {
        let parameters = input.parameters.get_or_insert_default();
        parameters.insert("classification".to_owned(), classification.clone());
    }
}

fn drop_partition(
    cx: &Cx<'_>,
    entry: &mut TableEntry,
    plan: &Plan,
    values: &[String],
    changes: &mut Changes,
) {
    let name = &entry.table.name;
    changes.lines.push(format!(
        "INFO : Found partition of table {name} with partition values [{}] with no matching schema at the partition's S3 location",
        values.join(", ")
    ));
    match plan.on_delete {
        OnDelete::Log => {}
        OnDelete::Remove => {
            entry.partitions.remove(values);
            changes.partitions_removed += 1;
        }
        OnDelete::Deprecate => {
            if let Some(partition) = entry.partitions.get_mut(values) {
                changes.partitions_updated += usize::from(deprecate(cx, &mut partition.parameters));
            }
        }
    }
}

/// Marks as deprecated what is not yet. Answers whether it was not.
fn deprecate(cx: &Cx<'_>, parameters: &mut Option<BTreeMap<String, String>>) -> bool {
    let parameters = parameters.get_or_insert_default();
    let is_new = !parameters.contains_key("DEPRECATED_BY_CRAWLER");
    if is_new {
        parameters.insert("DEPRECATED_BY_CRAWLER".to_owned(), cx.now.millis().to_string());
    }
    is_new
}

/// Tables of this crawler under its paths at whose location nothing was found.
fn drop_gone(
    cx: &Cx<'_>,
    tables: &mut BTreeMap<String, TableEntry>,
    plan: &Plan,
    found: &[FoundTable],
    changes: &mut Changes,
) {
    let found: BTreeSet<&str> = found.iter().map(|table| table.location.trim_end_matches('/')).collect();
    let is_ours = |table: &Table| {
        let maker = table.parameters.as_ref().and_then(|parameters| parameters.get("UPDATED_BY_CRAWLER"));
        maker == Some(&plan.crawler)
            && plan.include_paths.iter().any(|path| location(table).starts_with(path.trim_end_matches('/')))
    };
    let gone: Vec<String> = tables
        .values()
        .filter(|entry| is_ours(&entry.table) && !found.contains(location(&entry.table)))
        .map(|entry| entry.table.name.clone())
        .collect();
    for name in gone {
        match plan.on_delete {
            OnDelete::Log => {
                changes.lines.push(format!("INFO : Table {name} has no matching schema at its location"))
            }
            OnDelete::Remove => {
                tables.remove(&name);
                changes.lines.push(format!("INFO : Deleted table {name} because a matching schema was not found at the table's location."));
                changes.tables_removed.push(name);
            }
            OnDelete::Deprecate => {
                let Some(entry) = tables.get_mut(&name) else { continue };
                if deprecate(cx, &mut entry.table.parameters) {
                    changes.lines.push(format!(
                        "INFO : Table {name} is marked deprecated because a matching schema was not found at the table's location."
                    ));
                    changes.tables_updated.push(name);
                }
            }
        }
    }
}
