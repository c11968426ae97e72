//! The tank's Glue, as the engine asks it: through Glue's public API, each question once per query.
//!
//! The engine's trait is synchronous and is called from within a runtime, where waiting is not allowed: each request waits
//! on a thread of its own, or, where the tank has but one, is answered where it is made. An error cannot be said through the trait; the first is kept, and fails the query.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use wavetank_sql::{Catalog, Column, Partition, Table};
use wavetank_wire::{Operation, WireError, glue};

use super::Door;

/// What a query has seen of Glue. It sees each thing as it was when it was first looked at.
#[derive(Debug)]
pub(super) struct GlueCatalog {
    door: Door,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    databases: Option<Vec<String>>,
    /// By database: every table, if they were all asked for.
    listed: BTreeMap<String, Vec<String>>,
    /// By database and name.
    tables: BTreeMap<(String, String), Option<Table>>,
    partitions: BTreeMap<(String, String), Vec<Partition>>,
    first_error: Option<WireError>,
}

impl GlueCatalog {
    pub(super) fn new(door: Door) -> Self {
        Self { door, seen: Mutex::default() }
    }

    /// The first request that Glue refused, but for what is not there.
    pub(super) fn first_error(&self) -> Option<WireError> {
        self.seen().first_error.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nothing panics while it holds what was seen")
    }

    /// One request, awaited on a thread of its own, or here if the tank has but one. `None` if Glue says that it is not there, or refuses.
    fn ask<O: Operation>(&self, input: O::Input) -> Option<O::Output>
    where
        O::Input: Send,
        O::Output: Send,
    {
        let door = &self.door;
        let result = match door.tank().is_on_one_thread() {
            true => door.request_blocking::<O>(input),
            false => elsewhere(|| door.request_blocking::<O>(input)),
        };
        match result {
            Ok(output) => Some(output),
            Err(error) if error.code == "EntityNotFoundException" => None,
            Err(error) => {
                self.seen().first_error.get_or_insert(error);
                None
            }
        }
    }

    fn fetch_databases(&self) -> Vec<String> {
        let (mut names, mut next_token) = (Vec::new(), None);
        loop {
            let input = glue::GetDatabasesInput { next_token, ..Default::default() };
            let Some(page) = self.ask::<glue::GetDatabases>(input) else { break };
            names.extend(page.database_list.into_iter().map(|database| database.name.to_lowercase()));
            next_token = page.next_token;
            if next_token.is_none() {
                break;
            }
        }
        names.sort();
        names
    }

    fn fetch_tables(&self, database: &str) -> Vec<Table> {
        let (mut tables, mut next_token) = (Vec::new(), None);
        loop {
            let input =
                glue::GetTablesInput { database_name: database.to_owned(), next_token, ..Default::default() };
            let Some(page) = self.ask::<glue::GetTables>(input) else { break };
            tables.extend(page.table_list.into_iter().flatten().map(|found| table(database, found)));
            next_token = page.next_token;
            if next_token.is_none() {
                break;
            }
        }
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        tables
    }

    fn fetch_partitions(&self, database: &str, table: &str) -> Vec<Partition> {
        let (mut partitions, mut next_token) = (Vec::new(), None);
        loop {
            let input = glue::GetPartitionsInput {
                database_name: database.to_owned(),
                table_name: table.to_owned(),
                next_token,
                ..Default::default()
            };
            let Some(page) = self.ask::<glue::GetPartitions>(input) else { break };
            let found = page.partitions.into_iter().flatten();
            partitions.extend(found.map(|partition| Partition {
                values: partition.values.unwrap_or_default(),
                location: partition.storage_descriptor.and_then(|descriptor| descriptor.location),
            }));
            next_token = page.next_token;
            if next_token.is_none() {
                break;
            }
        }
        partitions.sort_by(|a, b| a.values.cmp(&b.values));
        partitions
    }
}

/// Asks on a thread of its own.
fn elsewhere<T: Send>(ask: impl FnOnce() -> Result<T, WireError> + Send) -> Result<T, WireError> {
    let handle = tokio::runtime::Handle::current();
    let answer = std::thread::scope(|scope| {
        let waiting = scope.spawn(move || {
            let _entered = handle.enter();
            ask()
        });
        waiting.join()
    });
    answer.unwrap_or_else(|_| Err(WireError::server("InternalFailure", "the thread that asked Glue stopped")))
}

impl Catalog for GlueCatalog {
    fn databases(&self) -> Vec<String> {
        if let Some(known) = self.seen().databases.clone() {
            return known;
        }
        let found = self.fetch_databases();
        self.seen().databases.get_or_insert(found).clone()
    }

    fn tables(&self, database: &str) -> Vec<String> {
        if let Some(known) = self.seen().listed.get(database) {
            return known.clone();
        }
        let found = self.fetch_tables(database);
        let names: Vec<String> = found.iter().map(|table| table.name.clone()).collect();
        let mut seen = self.seen();
        for table in found {
            seen.tables.entry((database.to_owned(), table.name.clone())).or_insert(Some(table));
        }
        seen.listed.entry(database.to_owned()).or_insert(names).clone()
    }

    fn table(&self, database: &str, name: &str) -> Option<Table> {
        let key = (database.to_owned(), name.to_owned());
        if let Some(known) = self.seen().tables.get(&key) {
            return known.clone();
        }
        let input = glue::GetTableInput {
            database_name: database.to_owned(),
            name: name.to_owned(),
            ..Default::default()
        };
        let found = self.ask::<glue::GetTable>(input).and_then(|output| output.table);
        let found = found.map(|found| table(database, found));
        self.seen().tables.entry(key).or_insert(found).clone()
    }

    fn partitions(&self, database: &str, table: &str) -> Vec<Partition> {
        let key = (database.to_owned(), table.to_owned());
        if let Some(known) = self.seen().partitions.get(&key) {
            return known.clone();
        }
        let found = self.fetch_partitions(database, table);
        self.seen().partitions.entry(key).or_insert(found).clone()
    }
}

/// A table as the engine sees it. Names are lower case there.
fn table(database: &str, found: glue::Table) -> Table {
    let descriptor = found.storage_descriptor.unwrap_or_default();
    let serde = descriptor.serde_info.unwrap_or_default();
    let columns = |columns: Option<Vec<glue::Column>>| columns.into_iter().flatten().map(column).collect();
    Table {
        database: database.to_owned(),
        name: found.name.to_lowercase(),
        columns: columns(descriptor.columns),
        partition_keys: columns(found.partition_keys),
        location: descriptor.location.filter(|location| !location.is_empty()),
        input_format: descriptor.input_format,
        output_format: descriptor.output_format,
        serde: serde.serialization_library,
        serde_parameters: serde.parameters.unwrap_or_default(),
        parameters: found.parameters.unwrap_or_default(),
        table_type: found.table_type,
        view_text: found.view_original_text,
        description: found.description,
    }
}

fn column(found: glue::Column) -> Column {
    Column {
        name: found.name.to_lowercase(),
        hive_type: found.r#type.unwrap_or_else(|| "string".to_owned()),
        comment: found.comment,
    }
}
