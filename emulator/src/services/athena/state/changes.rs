//! A statement's changes of the catalog, as requests to Glue, and what undoes each.
//!
//! Left out: deciding what changes (`wavetank_sql`), and in which order (`finish.rs`). Start with `ask`, then `taken`.

use wavetank_sql::{CatalogChange, Column, Partition, Table};
use wavetank_wire::{FromVal, Val, WireError, glue};

use super::super::limits::PARTITIONS_PER_CALL_MAX;
use super::super::work::{FailureKind, QueryFailure};
use super::finish::subject;
use crate::services::ServiceId;
use crate::world::Cx;

/// One request to Glue.
#[derive(Clone, Debug)]
pub(super) enum GlueStep {
    /// A change as the engine asked for it. Partitions begin with a look at their table, whose formats they share.
    Change(CatalogChange),
    /// Up to [`PARTITIONS_PER_CALL_MAX`] new partitions.
    Create(glue::BatchCreatePartitionInput),
    /// Partitions to drop.
    Delete(glue::BatchDeletePartitionInput),
    /// A partition with its new location.
    Update(Box<glue::UpdatePartitionInput>),
}

/// What follows from a step that was taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Steps to take next.
    pub(super) next: Vec<GlueStep>,
    /// What would undo this one.
    pub(super) undo: Vec<GlueStep>,
}

/// Sends the request of a step.
pub(super) fn ask(cx: &mut Cx<'_>, step: &GlueStep, reply: Option<u64>) {
    let to = ServiceId::Glue;
    match step.clone() {
        GlueStep::Change(change) => ask_change(cx, change, reply),
        GlueStep::Create(input) => cx.call::<glue::BatchCreatePartition>(to, input, reply),
        GlueStep::Delete(input) => cx.call::<glue::BatchDeletePartition>(to, input, reply),
        GlueStep::Update(input) => cx.call::<glue::UpdatePartition>(to, *input, reply),
    }
}

fn ask_change(cx: &mut Cx<'_>, change: CatalogChange, reply: Option<u64>) {
    let to = ServiceId::Glue;
    match change {
        CatalogChange::CreateDatabase { name, comment, location, properties } => {
            let parameters = Some(properties).filter(|properties| !properties.is_empty());
            let database_input = glue::DatabaseInput {
                name,
                description: comment,
                location_uri: location,
                parameters,
                ..Default::default()
            };
            let input = glue::CreateDatabaseInput { database_input, ..Default::default() };
            cx.call::<glue::CreateDatabase>(to, input, reply);
        }
        // Glue drops what a database holds with it; that a plain DROP needs an empty one is the engine's to refuse.
        CatalogChange::DropDatabase { name, cascade: _ } => {
            let input = glue::DeleteDatabaseInput { name, ..Default::default() };
            cx.call::<glue::DeleteDatabase>(to, input, reply);
        }
        CatalogChange::CreateTable(table) => {
            let database_name = table.database.clone();
            let table_input = Some(table_input(*table));
            let input = glue::CreateTableInput { database_name, table_input, ..Default::default() };
            cx.call::<glue::CreateTable>(to, input, reply);
        }
        CatalogChange::ReplaceTable(table) => {
            let database_name = table.database.clone();
            let table_input = Some(table_input(*table));
            let input = glue::UpdateTableInput { database_name, table_input, ..Default::default() };
            cx.call::<glue::UpdateTable>(to, input, reply);
        }
        CatalogChange::DropTable { database, name } => {
            let input = glue::DeleteTableInput { database_name: database, name, ..Default::default() };
            cx.call::<glue::DeleteTable>(to, input, reply);
        }
        CatalogChange::AddPartitions { database, table, .. } => {
            let input = glue::GetTableInput { database_name: database, name: table, ..Default::default() };
            cx.call::<glue::GetTable>(to, input, reply);
        }
        CatalogChange::DropPartitions { database, table, values } => {
            let input = delete_partitions(database, table, values);
            cx.call::<glue::BatchDeletePartition>(to, input, reply);
        }
        CatalogChange::SetPartitionLocation { database, table, values, .. } => {
            let input = glue::GetPartitionInput {
                database_name: database,
                table_name: table,
                partition_values: values,
                ..Default::default()
            };
            cx.call::<glue::GetPartition>(to, input, reply);
        }
    }
}

/// What a reply means for the step it answers.
pub(super) fn taken(
    step: &GlueStep,
    reply: Result<Val, WireError>,
    is_ctas: bool,
) -> Result<Taken, QueryFailure> {
    match step {
        GlueStep::Change(change) => {
            let reply = reply.map_err(|error| refused(change, &error, is_ctas))?;
            changed(change, reply)
        }
        GlueStep::Create(input) => created(input, reply),
        GlueStep::Delete(_) => {
            let output =
                glue::BatchDeletePartitionOutput::from_val(reply.map_err(|error| ddl_failed(&error))?);
            first_error(output.errors, "EntityNotFoundException").map_or(Ok(Taken::default()), Err)
        }
        GlueStep::Update(_) => reply.map(|_| Taken::default()).map_err(|error| ddl_failed(&error)),
    }
}

fn changed(change: &CatalogChange, reply: Val) -> Result<Taken, QueryFailure> {
    let mut taken = Taken::default();
    match change {
        CatalogChange::CreateDatabase { name, .. } => {
            let name = name.clone();
            taken.undo.push(GlueStep::Change(CatalogChange::DropDatabase { name, cascade: false }));
        }
        CatalogChange::CreateTable(table) => {
            let (database, name) = (table.database.clone(), table.name.clone());
            taken.undo.push(GlueStep::Change(CatalogChange::DropTable { database, name }));
        }
        CatalogChange::AddPartitions { database, table, partitions } => {
            let found = glue::GetTableOutput::from_val(reply).table.unwrap_or_default();
            for some in partitions.chunks(PARTITIONS_PER_CALL_MAX) {
                taken.next.push(GlueStep::Create(glue::BatchCreatePartitionInput {
                    database_name: database.clone(),
                    table_name: table.clone(),
                    partition_input_list: some.iter().map(|one| partition_input(&found, one)).collect(),
                    ..Default::default()
                }));
            }
        }
        CatalogChange::SetPartitionLocation { database, table, values, location } => {
            let found = glue::GetPartitionOutput::from_val(reply).partition.unwrap_or_default();
            taken.next.push(GlueStep::Update(Box::new(moved(database, table, values, location, found))));
        }
        CatalogChange::DropPartitions { .. } => {
            let output = glue::BatchDeletePartitionOutput::from_val(reply);
            if let Some(failure) = first_error(output.errors, "EntityNotFoundException") {
                return Err(failure);
            }
        }
        CatalogChange::DropDatabase { .. }
        | CatalogChange::ReplaceTable(_)
        | CatalogChange::DropTable { .. } => {}
    }
    Ok(taken)
}

/// Partitions that existed are left as they are, and are not dropped if the statement is undone.
fn created(
    input: &glue::BatchCreatePartitionInput,
    reply: Result<Val, WireError>,
) -> Result<Taken, QueryFailure> {
    let output = glue::BatchCreatePartitionOutput::from_val(reply.map_err(|error| ddl_failed(&error))?);
    let errors = output.errors.unwrap_or_default();
    let existed = |values: &Vec<String>| errors.iter().any(|it| it.partition_values.as_ref() == Some(values));
    let all = input.partition_input_list.iter().filter_map(|partition| partition.values.clone());
    let new: Vec<Vec<String>> = all.filter(|values| !existed(values)).collect();
    let mut taken = Taken::default();
    if !new.is_empty() {
        let delete = delete_partitions(input.database_name.clone(), input.table_name.clone(), new);
        taken.undo.push(GlueStep::Delete(delete));
    }
    match first_error(Some(errors), "AlreadyExistsException") {
        None => Ok(taken),
        Some(failure) => Err(failure),
    }
}

/// The first error of a batch whose code is not the one that does no harm.
fn first_error(errors: Option<Vec<glue::PartitionError>>, harmless: &str) -> Option<QueryFailure> {
    let details = errors.into_iter().flatten().filter_map(|error| error.error_detail);
    let mut harmful = details.filter(|detail| detail.error_code.as_deref() != Some(harmless));
    let detail = harmful.next()?;
    let code = detail.error_code.unwrap_or_default();
    Some(ddl_failed(&WireError::client(&code, detail.error_message.unwrap_or_default())))
}

/// Glue refuses a change that the engine thought possible: somebody else was faster, or a fault is in force.
///
/// Assumed wording: Hive's for definitions, Trino's for CTAS.
fn refused(change: &CatalogChange, error: &WireError, is_ctas: bool) -> QueryFailure {
    let exists = error.code == "AlreadyExistsException";
    if let CatalogChange::CreateTable(_) = change
        && exists
        && is_ctas
    {
        let table = subject(change);
        let reason = format!(
            "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.{table}' already exists"
        );
        return QueryFailure::new(FailureKind::Statement, reason);
    }
    ddl_failed(error)
}

fn ddl_failed(error: &WireError) -> QueryFailure {
    const TASK: &str = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask.";
    let reason = format!("{TASK} {}(message:{})", error.code, error.message);
    QueryFailure::new(FailureKind::Definition, reason)
}

fn delete_partitions(
    database_name: String,
    table_name: String,
    values: Vec<Vec<String>>,
) -> glue::BatchDeletePartitionInput {
    let partitions_to_delete = values.into_iter().map(|values| glue::PartitionValueList { values }).collect();
    glue::BatchDeletePartitionInput { database_name, table_name, partitions_to_delete, ..Default::default() }
}

fn moved(
    database: &str,
    table: &str,
    values: &[String],
    location: &str,
    found: glue::Partition,
) -> glue::UpdatePartitionInput {
    let descriptor = found.storage_descriptor.unwrap_or_default();
    let descriptor = glue::StorageDescriptor { location: Some(location.to_owned()), ..descriptor };
    glue::UpdatePartitionInput {
        database_name: database.to_owned(),
        table_name: table.to_owned(),
        partition_value_list: values.to_vec(),
        partition_input: glue::PartitionInput {
            values: Some(values.to_vec()),
            storage_descriptor: Some(descriptor),
            parameters: found.parameters,
            ..Default::default()
        },
        ..Default::default()
    }
}

/// A partition with its table's columns and formats, and a location of its own.
fn partition_input(table: &glue::Table, partition: &Partition) -> glue::PartitionInput {
    let descriptor = table.storage_descriptor.clone().unwrap_or_default();
    let location = partition.location.clone().or_else(|| {
        let base = descriptor.location.as_deref()?;
        let keys = table.partition_keys.iter().flatten();
        let folders = keys.zip(&partition.values).map(|(key, value)| format!("{}={value}/", key.name));
        Some(format!("{}/{}", base.trim_end_matches('/'), folders.collect::<String>()))
    });
    glue::PartitionInput {
        values: Some(partition.values.clone()),
        storage_descriptor: Some(glue::StorageDescriptor { location, ..descriptor }),
        ..Default::default()
    }
}

/// A table as Glue takes it.
fn table_input(table: Table) -> glue::TableInput {
    let is_view = table.is_view();
    let serde_info = table.serde.map(|library| glue::SerDeInfo {
        serialization_library: Some(library),
        parameters: Some(table.serde_parameters),
        ..Default::default()
    });
    let storage_descriptor = glue::StorageDescriptor {
        columns: Some(table.columns.into_iter().map(column).collect()),
        location: table.location.or_else(|| is_view.then(String::new)),
        input_format: table.input_format,
        output_format: table.output_format,
        serde_info: serde_info.or_else(|| is_view.then(glue::SerDeInfo::default)),
        ..Default::default()
    };
    glue::TableInput {
        name: table.name,
        description: table.description,
        storage_descriptor: Some(storage_descriptor),
        partition_keys: Some(table.partition_keys.into_iter().map(column).collect()),
        view_original_text: table.view_text,
        // Documented by awswrangler and dbt-athena, which write views so.
        view_expanded_text: is_view.then(|| "/* Presto View */".to_owned()),
        table_type: table.table_type,
        parameters: Some(table.parameters),
        ..Default::default()
    }
}

fn column(column: Column) -> glue::Column {
    glue::Column {
        name: column.name,
        r#type: Some(column.hive_type),
        comment: column.comment,
        ..Default::default()
    }
}
