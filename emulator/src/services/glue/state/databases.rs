//! Databases, and the catalog that holds them with their tables.

use std::collections::BTreeMap;

use wavetank_wire::glue::{
    CreateDatabaseInput, CreateDatabaseOutput, DataLakePrincipal, Database, DatabaseInput,
    DeleteDatabaseInput, DeleteDatabaseOutput, GetDatabaseInput, GetDatabaseOutput, GetDatabasesInput,
    GetDatabasesOutput, PrincipalPermissions, UpdateDatabaseInput, UpdateDatabaseOutput,
};

use super::tables::TableEntry;
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::PAGE_TABLES;
use crate::services::glue::page::page;
use crate::world::Cx;

/// The data catalog of one account and region.
#[derive(Debug, Default)]
pub(in crate::services::glue) struct Catalog {
    pub(super) databases: BTreeMap<String, DatabaseEntry>,
}

/// A database with its tables, by name.
#[derive(Debug)]
pub(super) struct DatabaseEntry {
    pub(super) database: Database,
    pub(super) tables: BTreeMap<String, TableEntry>,
}

/// Only the caller's own catalog exists.
pub(super) fn own_catalog(cx: &Cx<'_>, catalog_id: Option<&String>) -> Result<(), GlueError> {
    match catalog_id {
        Some(id) if id != cx.scope.account.as_str() => {
            Err(GlueError::NotBuilt(format!("the data catalog `{id}` of another account")))
        }
        _ => Ok(()),
    }
}

impl Catalog {
    pub(super) fn database(&self, name: &str) -> Result<&DatabaseEntry, GlueError> {
        self.databases.get(&name.to_lowercase()).ok_or_else(|| GlueError::NoDatabase(name.to_owned()))
    }

    pub(super) fn database_mut(&mut self, name: &str) -> Result<&mut DatabaseEntry, GlueError> {
        self.databases.get_mut(&name.to_lowercase()).ok_or_else(|| GlueError::NoDatabase(name.to_owned()))
    }

    pub(super) fn create_database(
        &mut self,
        cx: &Cx<'_>,
        input: CreateDatabaseInput,
    ) -> Result<CreateDatabaseOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let database = described(cx, input.database_input)?;
        if self.databases.contains_key(&database.name) {
            return Err(GlueError::DatabaseExists);
        }
        let entry = DatabaseEntry { database, tables: BTreeMap::new() };
        self.databases.insert(entry.database.name.clone(), entry);
        Ok(CreateDatabaseOutput {})
    }

    /// Makes a database if it is missing: a crawler does so for the one it writes to. Assumed.
    pub(super) fn ensure_database(&mut self, cx: &Cx<'_>, name: &str) -> Result<(), GlueError> {
        if self.databases.contains_key(&name.to_lowercase()) {
            return Ok(());
        }
        let database_input = DatabaseInput { name: name.to_owned(), ..DatabaseInput::default() };
        self.create_database(cx, CreateDatabaseInput { database_input, ..CreateDatabaseInput::default() })?;
        Ok(())
    }

    pub(super) fn get_database(
        &self,
        cx: &Cx<'_>,
        input: GetDatabaseInput,
    ) -> Result<GetDatabaseOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        Ok(GetDatabaseOutput { database: Some(self.database(&input.name)?.database.clone()) })
    }

    pub(super) fn get_databases(
        &self,
        cx: &Cx<'_>,
        input: GetDatabasesInput,
    ) -> Result<GetDatabasesOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        // Nothing is shared into a tank, so the lists of foreign and federated databases are truly empty.
        let share = input.resource_share_type.as_deref();
        let own = !matches!(share, Some("FOREIGN" | "FEDERATED"));
        let entries =
            self.databases.iter().filter(|_| own).map(|(name, entry)| (name.clone(), entry.database.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_TABLES)?;
        Ok(GetDatabasesOutput { database_list: page.entries, next_token: page.next_token })
    }

    /// Replaces what is said of a database. Its name stays. Assumed: another name is refused.
    pub(super) fn update_database(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateDatabaseInput,
    ) -> Result<UpdateDatabaseOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let mut database = described(cx, input.database_input)?;
        let entry = self.database_mut(&input.name)?;
        if database.name != entry.database.name {
            return Err(GlueError::Invalid("Database name cannot be changed.".to_owned()));
        }
        database.create_time = entry.database.create_time;
        entry.database = database;
        Ok(UpdateDatabaseOutput {})
    }

    /// Removes a database with all its tables and their partitions.
    ///
    /// Documented: docs.aws.amazon.com/glue/latest/webapi/API_DeleteDatabase.html (read 2026-11-29); there the tables go
    /// later, here at once.
    pub(super) fn delete_database(
        &mut self,
        cx: &Cx<'_>,
        input: DeleteDatabaseInput,
    ) -> Result<DeleteDatabaseOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let removed = self.databases.remove(&input.name.to_lowercase());
        removed.map(|_| DeleteDatabaseOutput {}).ok_or(GlueError::NoDatabase(input.name))
    }
}

/// A database as it is stored: its name in lower case, and everybody allowed to make tables in it.
fn described(cx: &Cx<'_>, input: DatabaseInput) -> Result<Database, GlueError> {
    if input.target_database.is_some() {
        return Err(GlueError::NotBuilt("resource links (TargetDatabase)".to_owned()));
    }
    if input.federated_database.is_some() {
        return Err(GlueError::NotBuilt("federated databases (FederatedDatabase)".to_owned()));
    }
    let everybody = || {
        let principal =
            DataLakePrincipal { data_lake_principal_identifier: Some("IAM_ALLOWED_PRINCIPALS".to_owned()) };
        vec![PrincipalPermissions { principal: Some(principal), permissions: Some(vec!["ALL".to_owned()]) }]
    };
    Ok(Database {
        name: input.name.to_lowercase(),
        description: input.description,
        location_uri: input.location_uri,
        parameters: input.parameters,
        create_time: Some(cx.now),
        create_table_default_permissions: Some(
            input.create_table_default_permissions.unwrap_or_else(everybody),
        ),
        target_database: None,
        catalog_id: Some(cx.scope.account.to_string()),
        federated_database: None,
    })
}
