//! Definitions: databases, tables, views, partitions. Each checks, then says what to change.
//!
//! Messages are Hive's where Athena hands the statement to Hive. Start with `define`.

use std::collections::BTreeMap;

use sqlparser::ast::Query;

use crate::catalog::{CatalogChange, Column, Partition, Table};
use crate::engine::Outcome;
use crate::error::{ErrorKind, SqlError};
use crate::objects::split_location;
use crate::parse::{Body, CreateTable, PartitionSpec, TableName};
use crate::plan::view;
use crate::run::{Run, repair};
use crate::types::trino_name;

fn hive(message: impl Into<String>) -> SqlError {
    SqlError::new(ErrorKind::HiveDdl, message)
}

impl Run<'_> {
    pub(super) fn define(&self, body: &Body, outcome: &mut Outcome) -> Result<(), SqlError> {
        let changes = &mut outcome.catalog_changes;
        match body {
            Body::CreateDatabase { name, if_not_exists, comment, location, properties } => {
                if self.planner.catalog.databases().contains(name) {
                    return if *if_not_exists { Ok(()) } else { Err(exists("Database", name)) };
                }
                changes.push(CatalogChange::CreateDatabase {
                    name: name.clone(),
                    comment: comment.clone(),
                    location: location.clone(),
                    properties: properties.clone(),
                });
            }
            Body::DropDatabase { name, if_exists, cascade } => {
                self.drop_database(name, *if_exists, *cascade, changes)?
            }
            Body::CreateTable(table) => self.create_table(table, changes)?,
            Body::DropTable { table, if_exists } => self.drop_table(table, *if_exists, false, changes)?,
            Body::DropView { view, if_exists } => self.drop_table(view, *if_exists, true, changes)?,
            Body::CreateView { view, replace, query, query_text } => {
                self.create_view(view, *replace, query, query_text, changes)?
            }
            Body::AddPartitions { table, if_not_exists, partitions } => {
                self.add_partitions(table, *if_not_exists, partitions, changes)?
            }
            Body::DropPartitions { table, if_exists, specs } => {
                self.drop_partitions(table, *if_exists, specs, changes)?
            }
            Body::SetPartitionLocation { table, spec, location } => {
                let found = self.need_table(table)?;
                let spec = PartitionSpec { spec: spec.clone(), location: None };
                let values = spec.partition(&found.partition_keys)?.values;
                changes.push(CatalogChange::SetPartitionLocation {
                    database: found.database,
                    table: found.name,
                    values,
                    location: location.clone(),
                });
            }
            Body::SetTableProperties { table, properties } => {
                let mut found = self.need_table(table)?;
                found.parameters.extend(properties.iter().cloned());
                changes.push(CatalogChange::ReplaceTable(Box::new(found)));
            }
            Body::AddColumns { table, columns } => {
                let mut found = self.need_table(table)?;
                if let Some(twice) = columns
                    .iter()
                    .find(|c| found.columns.iter().chain(&found.partition_keys).any(|k| k.name == c.name))
                {
                    return Err(hive(format!(
                        "FAILED: SemanticException [Error 10036]: Duplicate column name: {}",
                        twice.name
                    )));
                }
                found.columns.extend(columns.iter().cloned());
                changes.push(CatalogChange::ReplaceTable(Box::new(found)));
            }
            Body::RepairTable { table } => {
                let found = self.need_table(table)?;
                repair::repair(self, found, outcome)?;
            }
            other => return Err(SqlError::new(ErrorKind::Internal, format!("{other:?} is no definition"))),
        }
        Ok(())
    }

    /// Documented: docs.aws.amazon.com/athena/latest/ug/drop-database.html (RESTRICT by default).
    fn drop_database(
        &self,
        name: &str,
        if_exists: bool,
        cascade: bool,
        changes: &mut Vec<CatalogChange>,
    ) -> Result<(), SqlError> {
        if !self.planner.catalog.databases().iter().any(|d| d == name) {
            return if if_exists {
                Ok(())
            } else {
                Err(hive(format!("FAILED: SemanticException [Error 10072]: Database does not exist: {name}")))
            };
        }
        if !cascade && !self.planner.catalog.tables(name).is_empty() {
            return Err(hive(format!(
                "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)"
            )));
        }
        changes.push(CatalogChange::DropDatabase { name: name.to_string(), cascade });
        Ok(())
    }

    fn create_table(&self, made: &CreateTable, changes: &mut Vec<CatalogChange>) -> Result<(), SqlError> {
        let database = made.database.clone().unwrap_or_else(|| self.planner.database.clone());
        if !self.planner.catalog.databases().contains(&database) {
            return Err(hive(format!(
                "FAILED: SemanticException [Error 10072]: Database does not exist: {database}"
            )));
        }
        if self.planner.catalog.table(&database, &made.name).is_some() {
            return if made.if_not_exists { Ok(()) } else { Err(exists("Table", &made.name)) };
        }
        // Documented: docs.aws.amazon.com/athena/latest/ug/create-table.html, LOCATION is required and ends with a slash.
        let Some(location) = &made.location else {
            return Err(hive(
                "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. MetaException(message:No location defined for table)",
            ));
        };
        split_location(location)?;
        if let Some(twice) =
            made.partition_keys.iter().find(|k| made.columns.iter().any(|c| c.name == k.name))
        {
            return Err(hive(format!(
                "FAILED: SemanticException [Error 10035]: Column repeated in partitioning columns: {}",
                twice.name
            )));
        }
        let mut parameters = made.parameters.clone();
        parameters.insert("EXTERNAL".into(), "TRUE".into());
        changes.push(CatalogChange::CreateTable(Box::new(Table {
            database,
            name: made.name.clone(),
            columns: made.columns.clone(),
            partition_keys: made.partition_keys.clone(),
            location: Some(location.clone()),
            input_format: made.input_format.clone(),
            output_format: made.output_format.clone(),
            serde: made.serde.clone(),
            serde_parameters: made.serde_parameters.clone(),
            parameters,
            table_type: Some("EXTERNAL_TABLE".into()),
            view_text: None,
            description: made.comment.clone(),
        })));
        Ok(())
    }

    fn drop_table(
        &self,
        name: &TableName,
        if_exists: bool,
        view: bool,
        changes: &mut Vec<CatalogChange>,
    ) -> Result<(), SqlError> {
        let database = self.database(name).to_string();
        let Some(found) = self.table(name) else {
            if if_exists {
                return Ok(());
            }
            return Err(if view {
                SqlError::at(
                    ErrorKind::TableNotFound,
                    name.at,
                    format!("View 'awsdatacatalog.{database}.{}' does not exist", name.name),
                )
            } else {
                hive(format!("FAILED: SemanticException [Error 10001]: Table not found {}", name.name))
            });
        };
        if found.is_view() != view {
            return Err(hive(if view {
                format!(
                    "FAILED: SemanticException [Error 10219]: Cannot drop a base table with DROP VIEW: {}",
                    name.name
                )
            } else {
                format!(
                    "FAILED: SemanticException [Error 10218]: Cannot drop a view with DROP TABLE: {}",
                    name.name
                )
            }));
        }
        changes.push(CatalogChange::DropTable { database, name: name.name.clone() });
        Ok(())
    }

    fn create_view(
        &self,
        name: &TableName,
        replace: bool,
        query: &Query,
        text: &str,
        changes: &mut Vec<CatalogChange>,
    ) -> Result<(), SqlError> {
        let database = self.database(name).to_string();
        self.need_database(&database, Some(name.at))?;
        let existing = self.table(name);
        if existing.as_ref().is_some_and(|t| !t.is_view()) || (existing.is_some() && !replace) {
            let what = if existing.as_ref().is_some_and(Table::is_view) { "View" } else { "Table" };
            return Err(SqlError::at(
                ErrorKind::TableAlreadyExists,
                name.at,
                format!("{what} already exists: 'awsdatacatalog.{database}.{}'", name.name),
            ));
        }
        let planned = self.planner.plan(query)?;
        let typed: Vec<Column> = planned
            .plan
            .schema()
            .fields()
            .iter()
            .zip(&planned.names)
            .map(|(f, n)| Column::new(n.to_lowercase(), trino_name(f.data_type())))
            .collect();
        // Refuses two columns of one name.
        let plan = crate::plan::renamed(planned.plan, &planned.names)?;
        let columns = plan
            .schema()
            .fields()
            .iter()
            .map(|f| {
                Column::new(
                    f.name().clone(),
                    crate::types::hive_name(f.data_type()).unwrap_or_else(|| "string".into()),
                )
            })
            .collect();
        let table = Table {
            view_text: Some(view::encode(text, &self.planner.database, &typed)),
            name: name.name.clone(),
            database,
            columns,
            table_type: Some("VIRTUAL_VIEW".into()),
            parameters: BTreeMap::from([
                ("presto_view".into(), "true".into()),
                ("comment".into(), "Presto View".into()),
            ]),
            ..Table::default()
        };
        changes.push(if existing.is_some() {
            CatalogChange::ReplaceTable(Box::new(table))
        } else {
            CatalogChange::CreateTable(Box::new(table))
        });
        Ok(())
    }

    fn add_partitions(
        &self,
        name: &TableName,
        if_not_exists: bool,
        specs: &[PartitionSpec],
        changes: &mut Vec<CatalogChange>,
    ) -> Result<(), SqlError> {
        let table = self.need_table(name)?;
        let known = self.planner.catalog.partitions(&table.database, &table.name);
        let mut added: Vec<Partition> = Vec::new();
        for spec in specs {
            let mut partition = spec.partition(&table.partition_keys)?;
            if known.iter().chain(&added).any(|p| p.values == partition.values) {
                if if_not_exists {
                    continue;
                }
                return Err(hive(
                    "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Partition already exists.)",
                ));
            }
            if partition.location.is_none() {
                partition.location = table
                    .location
                    .as_deref()
                    .map(|l| crate::scan::partitions::default_location(&table, l, &partition.values));
            }
            added.push(partition);
        }
        if !added.is_empty() {
            changes.push(CatalogChange::AddPartitions {
                database: table.database,
                table: table.name,
                partitions: added,
            });
        }
        Ok(())
    }

    /// A spec that names some of the keys drops every partition that fits.
    fn drop_partitions(
        &self,
        name: &TableName,
        if_exists: bool,
        specs: &[Vec<(String, String)>],
        changes: &mut Vec<CatalogChange>,
    ) -> Result<(), SqlError> {
        let table = self.need_table(name)?;
        let known = self.planner.catalog.partitions(&table.database, &table.name);
        let mut values = Vec::new();
        for spec in specs {
            let fits = |p: &&Partition| {
                spec.iter().all(|(k, v)| {
                    table
                        .partition_keys
                        .iter()
                        .zip(&p.values)
                        .any(|(key, value)| key.name == *k && value == v)
                })
            };
            let found: Vec<Vec<String>> = known.iter().filter(fits).map(|p| p.values.clone()).collect();
            if found.is_empty() && !if_exists {
                let text: Vec<String> = spec.iter().map(|(k, v)| format!("({k} = '{v}')")).collect();
                return Err(hive(format!(
                    "FAILED: SemanticException [Error 10006]: Partition not found {}",
                    text.join(" AND ")
                )));
            }
            values.extend(found);
        }
        if !values.is_empty() {
            changes.push(CatalogChange::DropPartitions {
                database: table.database,
                table: table.name,
                values,
            });
        }
        Ok(())
    }
}

/// Documented: clients' logs of "FAILED: Execution Error, return code 1 ... AlreadyExistsException(message:Table t already exists.)".
fn exists(what: &str, name: &str) -> SqlError {
    if what == "Database" {
        return hive(format!(
            "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Database {name} already exists"
        ));
    }
    hive(format!(
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:{what} {name} already exists.)"
    ))
}
