//! Databases and tables, asked of Glue through its own API: Athena keeps none.
//!
//! The client waits; Glue's reply becomes its answer. A refusal of Glue comes as `MetadataException`.

use wavetank_types::Timestamp;
use wavetank_wire::athena::*;
use wavetank_wire::{FromVal, ToVal, Val, WireError, glue};

use super::super::error::Refusal;
use super::super::limits::METADATA_MAX;
use super::{Athena, GLUE_CATALOG, Waiting};
use crate::services::ServiceId;
use crate::world::{Cx, Effect, Ticket};

/// Who waits for what.
#[derive(Debug)]
pub(super) struct Question {
    ticket: Ticket,
    about: About,
}

#[derive(Clone, Copy, Debug)]
enum About {
    Database,
    Databases,
    Table,
    Tables,
}

impl Athena {
    /// Passes a client's question on to Glue.
    pub(in super::super) fn ask_glue(
        &mut self,
        cx: &mut Cx<'_>,
        request: Request,
    ) -> Result<Ticket, Refusal> {
        let (catalog, group, about) = match &request {
            Request::GetDatabase(it) => (&it.catalog_name, &it.work_group, About::Database),
            Request::ListDatabases(it) => (&it.catalog_name, &it.work_group, About::Databases),
            Request::GetTableMetadata(it) => (&it.catalog_name, &it.work_group, About::Table),
            Request::ListTableMetadata(it) => (&it.catalog_name, &it.work_group, About::Tables),
            other => unreachable!("{} is not about the catalog", other.operation()),
        };
        if !catalog.eq_ignore_ascii_case(GLUE_CATALOG) {
            return Err(Refusal::NoSuchCatalog(catalog.clone()));
        }
        if let Some(group) = group {
            self.group(group)?;
        }
        let ticket = cx.ticket();
        let token = self.wait(cx, Waiting::Question(Box::new(Question { ticket, about })));
        ask(cx, request, token);
        Ok(ticket)
    }
}

fn ask(cx: &mut Cx<'_>, request: Request, token: u64) {
    let (to, token) = (ServiceId::Glue, Some(token));
    match request {
        Request::GetDatabase(it) => {
            let input = glue::GetDatabaseInput { name: it.database_name, ..Default::default() };
            cx.call::<glue::GetDatabase>(to, input, token);
        }
        Request::ListDatabases(it) => {
            let input = glue::GetDatabasesInput {
                next_token: it.next_token,
                max_results: Some(it.max_results.unwrap_or(METADATA_MAX)),
                ..Default::default()
            };
            cx.call::<glue::GetDatabases>(to, input, token);
        }
        Request::GetTableMetadata(it) => {
            let input = glue::GetTableInput {
                database_name: it.database_name,
                name: it.table_name,
                ..Default::default()
            };
            cx.call::<glue::GetTable>(to, input, token);
        }
        Request::ListTableMetadata(it) => {
            let input = glue::GetTablesInput {
                database_name: it.database_name,
                expression: it.expression,
                next_token: it.next_token,
                max_results: Some(it.max_results.unwrap_or(METADATA_MAX)),
                ..Default::default()
            };
            cx.call::<glue::GetTables>(to, input, token);
        }
        other => unreachable!("{} is not about the catalog", other.operation()),
    }
}

/// Glue has answered: so is the client.
pub(super) fn answer(cx: &mut Cx<'_>, question: Question, result: Result<Val, WireError>) {
    let answer = match result {
        Ok(found) => Ok(translate(question.about, found)),
        Err(error) => Err(metadata_error(&error)),
    };
    cx.push(Effect::Answer(question.ticket, answer));
}

/// Assumed wording: code and sentence of Glue. That NotImplemented stays one is ours.
fn metadata_error(error: &WireError) -> WireError {
    if error.status == 501 {
        return error.clone();
    }
    WireError::client("MetadataException", format!("{}: {}", error.code, error.message))
}

fn translate(about: About, found: Val) -> Val {
    match about {
        About::Database => {
            let found = glue::GetDatabaseOutput::from_val(found);
            GetDatabaseOutput { database: found.database.map(database) }.to_val()
        }
        About::Databases => {
            let found = glue::GetDatabasesOutput::from_val(found);
            let database_list = Some(found.database_list.into_iter().map(database).collect());
            ListDatabasesOutput { database_list, next_token: found.next_token }.to_val()
        }
        About::Table => {
            let found = glue::GetTableOutput::from_val(found);
            GetTableMetadataOutput { table_metadata: found.table.map(table) }.to_val()
        }
        About::Tables => {
            let found = glue::GetTablesOutput::from_val(found);
            let tables = found.table_list.unwrap_or_default().into_iter().map(table).collect();
            ListTableMetadataOutput { table_metadata_list: Some(tables), next_token: found.next_token }
                .to_val()
        }
    }
}

fn database(found: glue::Database) -> Database {
    Database { name: found.name, description: found.description, parameters: found.parameters }
}

/// Documented: awswrangler and PyAthena read formats from the parameters, where Athena adds them to Glue's own.
fn table(found: glue::Table) -> TableMetadata {
    let descriptor = found.storage_descriptor.unwrap_or_default();
    let serde = descriptor.serde_info.unwrap_or_default();
    let mut parameters = found.parameters.unwrap_or_default();
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            parameters.insert(key.to_owned(), value);
        }
    };
    add("inputformat", descriptor.input_format);
    add("outputformat", descriptor.output_format);
    add("location", descriptor.location);
    add("serde.serialization.lib", serde.serialization_library);
    for (key, value) in serde.parameters.unwrap_or_default() {
        add(&format!("serde.param.{key}"), Some(value));
    }
    let columns = |columns: Option<Vec<glue::Column>>| {
        Some(columns.unwrap_or_default().into_iter().map(column).collect::<Vec<Column>>())
    };
    TableMetadata {
        name: found.name,
        create_time: found.create_time,
        last_access_time: Some(found.last_access_time.unwrap_or(Timestamp::from_secs(0))),
        table_type: found.table_type,
        columns: columns(descriptor.columns),
        partition_keys: columns(found.partition_keys),
        parameters: Some(parameters),
    }
}

fn column(found: glue::Column) -> Column {
    Column { name: found.name, r#type: found.r#type, comment: found.comment }
}
