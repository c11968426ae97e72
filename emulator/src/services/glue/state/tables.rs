//! Tables and their versions.
//!
//! A `TableInput` is stored whole. Every update makes a version; `SkipArchive` drops the one before it.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use wavetank_types::Arn;
use wavetank_wire::glue::{
    BatchDeleteTableInput, BatchDeleteTableOutput, CreateTableInput, CreateTableOutput, DeleteTableInput,
    DeleteTableOutput, GetTableInput, GetTableOutput, GetTableVersionsInput, GetTableVersionsOutput,
    GetTablesInput, GetTablesOutput, Partition, StorageDescriptor, Table, TableError, TableInput,
    TableVersion, UpdateTableInput, UpdateTableOutput,
};

use super::databases::{Catalog, own_catalog};
use crate::services::glue::error::{GlueError, detail};
use crate::services::glue::limits::{PAGE_TABLES, TABLE_VERSIONS_MAX};
use crate::services::glue::page::page;
use crate::world::Cx;

/// A table as it is, as it was, and its partitions by their values.
#[derive(Debug)]
pub(super) struct TableEntry {
    pub(super) table: Table,
    /// Earlier versions, oldest first.
    pub(super) archive: Vec<Table>,
    pub(super) partitions: BTreeMap<Vec<String>, Partition>,
}

impl Catalog {
    pub(super) fn table(&self, database: &str, name: &str) -> Result<&TableEntry, GlueError> {
        let tables = &self.database(database)?.tables;
        tables.get(&name.to_lowercase()).ok_or_else(|| GlueError::NoTable(name.to_owned()))
    }

    pub(super) fn table_mut(&mut self, database: &str, name: &str) -> Result<&mut TableEntry, GlueError> {
        let tables = &mut self.database_mut(database)?.tables;
        tables.get_mut(&name.to_lowercase()).ok_or_else(|| GlueError::NoTable(name.to_owned()))
    }

    pub(super) fn create_table(
        &mut self,
        cx: &Cx<'_>,
        input: CreateTableInput,
    ) -> Result<CreateTableOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        no_transaction(input.transaction_id.as_ref())?;
        let described = input.table_input.ok_or_else(no_table_input)?;
        let entry = self.database_mut(&input.database_name)?;
        let table = stored(cx, &entry.database.name, described, None)?;
        if entry.tables.contains_key(&table.name) {
            return Err(GlueError::TableExists);
        }
        let name = table.name.clone();
        entry.tables.insert(name, TableEntry { table, archive: Vec::new(), partitions: BTreeMap::new() });
        Ok(CreateTableOutput {})
    }

    pub(super) fn get_table(&self, cx: &Cx<'_>, input: GetTableInput) -> Result<GetTableOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        no_transaction(input.transaction_id.as_ref())?;
        no_time_travel(input.query_as_of_time.is_some())?;
        Ok(GetTableOutput { table: Some(self.table(&input.database_name, &input.name)?.table.clone()) })
    }

    /// Tables whose whole name matches the expression.
    pub(super) fn get_tables(
        &self,
        cx: &Cx<'_>,
        input: GetTablesInput,
    ) -> Result<GetTablesOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        no_transaction(input.transaction_id.as_ref())?;
        no_time_travel(input.query_as_of_time.is_some())?;
        let wanted = match input.expression.as_deref() {
            None | Some("") => None,
            Some(pattern) => {
                let regex = RegexBuilder::new(&regex_of(pattern)).case_insensitive(true).build();
                Some(regex.map_err(|_| {
                    GlueError::Invalid(format!("Invalid pattern '{pattern}' provided for Expression"))
                })?)
            }
        };
        let tables = &self.database(&input.database_name)?.tables;
        let entries = tables
            .iter()
            .filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted.is_match(name)))
            .map(|(name, entry)| (name.clone(), entry.table.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_TABLES)?;
        Ok(GetTablesOutput { table_list: Some(page.entries), next_token: page.next_token })
    }

    /// Replaces a table's definition, if its version is still the one that the caller saw.
    pub(super) fn update_table(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateTableInput,
    ) -> Result<UpdateTableOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        no_transaction(input.transaction_id.as_ref())?;
        if input.view_update_action.is_some() {
            return Err(GlueError::NotBuilt("multi-dialect views (ViewUpdateAction)".to_owned()));
        }
        let described = input.table_input.ok_or_else(no_table_input)?;
        let entry = self.table_mut(&input.database_name, &described.name)?;
        if input.version_id.is_some() && input.version_id != entry.table.version_id {
            return Err(GlueError::VersionMoved);
        }
        let database = entry.table.database_name.clone().unwrap_or_default();
        let table = stored(cx, &database, described, Some(&entry.table))?;
        entry.replace(table, input.skip_archive.unwrap_or(false));
        Ok(UpdateTableOutput {})
    }

    pub(super) fn delete_table(
        &mut self,
        cx: &Cx<'_>,
        input: DeleteTableInput,
    ) -> Result<DeleteTableOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        no_transaction(input.transaction_id.as_ref())?;
        self.remove_table(&input.database_name, &input.name)?;
        Ok(DeleteTableOutput {})
    }

    pub(super) fn batch_delete_table(
        &mut self,
        cx: &Cx<'_>,
        input: BatchDeleteTableInput,
    ) -> Result<BatchDeleteTableOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        no_transaction(input.transaction_id.as_ref())?;
        self.database(&input.database_name)?;
        let mut errors = Vec::new();
        for name in input.tables_to_delete {
            if let Err(error) = self.remove_table(&input.database_name, &name) {
                errors.push(TableError { table_name: Some(name), error_detail: Some(detail(&error)) });
            }
        }
        Ok(BatchDeleteTableOutput { errors: Some(errors) })
    }

    pub(super) fn remove_table(&mut self, database: &str, name: &str) -> Result<(), GlueError> {
        let removed = self.database_mut(database)?.tables.remove(&name.to_lowercase());
        removed.map(drop).ok_or_else(|| GlueError::NoTable(name.to_owned()))
    }

    /// The versions of a table, newest first.
    pub(super) fn get_table_versions(
        &self,
        cx: &Cx<'_>,
        input: GetTableVersionsInput,
    ) -> Result<GetTableVersionsOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let entry = self.table(&input.database_name, &input.table_name)?;
        let newest_first = std::iter::once(&entry.table).chain(entry.archive.iter().rev());
        let entries = newest_first.map(|table| {
            let version = TableVersion { table: Some(table.clone()), version_id: table.version_id.clone() };
            (-version_number(table), version)
        });
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_TABLES)?;
        Ok(GetTableVersionsOutput { table_versions: Some(page.entries), next_token: page.next_token })
    }
}

/// The pattern of `GetTables` as a whole-name regular expression. A bare `*` is any text, as clients send it.
///
/// Documented: docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html, "a regular expression pattern" (read 2026-11-29).
/// Recorded: aws-sdk-pandas sends `*name*`, `name*` and `*name`.
fn regex_of(pattern: &str) -> String {
    let mut out = String::from("^(?:");
    let mut before = None;
    for c in pattern.chars() {
        if c == '*' && !matches!(before, Some('.' | ')' | ']' | '\\')) {
            out.push('.');
        }
        out.push(c);
        before = Some(c);
    }
    out.push_str(")$");
    out
}

impl TableEntry {
    pub(super) fn replace(&mut self, table: Table, skip_archive: bool) {
        let before = std::mem::replace(&mut self.table, table);
        if !skip_archive {
            self.archive.push(before);
            if self.archive.len() > TABLE_VERSIONS_MAX {
                self.archive.remove(0);
            }
        }
    }
}

fn version_number(table: &Table) -> i64 {
    table.version_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0)
}

fn no_table_input() -> GlueError {
    GlueError::Invalid("TableInput must be specified.".to_owned())
}

fn no_transaction(transaction_id: Option<&String>) -> Result<(), GlueError> {
    match transaction_id {
        Some(_) => Err(GlueError::NotBuilt("governed tables (TransactionId)".to_owned())),
        None => Ok(()),
    }
}

fn no_time_travel(asked: bool) -> Result<(), GlueError> {
    if asked { Err(GlueError::NotBuilt("governed tables (QueryAsOfTime)".to_owned())) } else { Ok(()) }
}

/// A table as it is stored: its name in lower case, a new version, the times of tank time.
///
/// Assumed: members of the storage descriptor that AWS always returns are filled in when they are absent.
pub(super) fn stored(
    cx: &Cx<'_>,
    database: &str,
    input: TableInput,
    before: Option<&Table>,
) -> Result<Table, GlueError> {
    for (member, given) in [
        ("resource links (TargetTable)", input.target_table.is_some()),
        ("federated tables (FederatedTable)", input.federated_table.is_some()),
        ("multi-dialect views (ViewDefinition)", input.view_definition.is_some()),
    ] {
        if given {
            return Err(GlueError::NotBuilt(member.to_owned()));
        }
    }
    let version = before.map_or(0, |before| version_number(before) + 1);
    let root = || Arn::global("iam", &cx.scope.account, "root").to_string();
    Ok(Table {
        name: input.name.to_lowercase(),
        database_name: Some(database.to_owned()),
        description: input.description,
        owner: input.owner,
        create_time: before.map_or(Some(cx.now), |before| before.create_time),
        update_time: Some(cx.now),
        last_access_time: input.last_access_time,
        last_analyzed_time: input.last_analyzed_time,
        retention: Some(input.retention.unwrap_or(0)),
        storage_descriptor: input.storage_descriptor.map(filled),
        partition_keys: Some(input.partition_keys.unwrap_or_default()),
        view_original_text: input.view_original_text,
        view_expanded_text: input.view_expanded_text,
        table_type: input.table_type,
        parameters: input.parameters,
        created_by: before.map_or_else(|| Some(root()), |before| before.created_by.clone()),
        is_registered_with_lake_formation: Some(false),
        catalog_id: Some(cx.scope.account.to_string()),
        version_id: Some(version.to_string()),
        is_multi_dialect_view: Some(false),
        ..Table::default()
    })
}

pub(super) fn filled(mut descriptor: StorageDescriptor) -> StorageDescriptor {
    descriptor.columns.get_or_insert_default();
    descriptor.compressed.get_or_insert(false);
    descriptor.number_of_buckets.get_or_insert(0);
    descriptor.stored_as_sub_directories.get_or_insert(false);
    descriptor
}
