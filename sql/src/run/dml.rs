//! CREATE TABLE AS, INSERT INTO and UNLOAD: a query whose rows become files.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/create-table-as.html, insert-into.html, unload.html.
//! Start with `create_table_as`.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use sqlparser::ast::Query;

use crate::catalog::{CatalogChange, Column, Partition, Table};
use crate::engine::Outcome;
use crate::error::{ErrorKind, SqlError};
use crate::functions::cast::cast_array;
use crate::objects::split_location;
use crate::parse::{CreateTableAs, PropertyValue, TableName};
use crate::run::Run;
use crate::scan::schema_of;
use crate::types::{common, hive_name, is_varchar, trino_name};
use crate::write::{self, Target};

impl Run<'_> {
    pub(super) async fn create_table_as(
        &self,
        ctas: &CreateTableAs,
        outcome: &mut Outcome,
    ) -> Result<(), SqlError> {
        let database = self.database(&ctas.table).to_string();
        self.need_database(&database, Some(ctas.table.at))?;
        if self.table(&ctas.table).is_some() {
            if ctas.if_not_exists {
                outcome.update_count = Some(0);
                return Ok(());
            }
            let text =
                format!("Destination table 'awsdatacatalog.{database}.{}' already exists", ctas.table.name);
            return Err(SqlError::at(ErrorKind::TableAlreadyExists, ctas.table.at, text));
        }
        let format = write::Format::of(&ctas.properties, "parquet")?;
        let location = self.new_location(&ctas.properties)?;
        self.must_be_empty(&location, &format!("table '{database}.{}'", ctas.table.name))?;
        let planned = self.planner.plan(&ctas.query)?;
        let names: Vec<String> = planned.names.iter().map(|n| n.to_lowercase()).collect();
        let plan = crate::plan::renamed(planned.plan, &names)?;
        let types: Vec<DataType> = plan.schema().fields().iter().map(|f| f.data_type().clone()).collect();
        let keys = partition_keys(&ctas.properties, &names)?;
        let mut columns = Vec::with_capacity(names.len());
        for (name, t) in names.iter().zip(&types) {
            let hive = hive_name(t).ok_or_else(|| {
                SqlError::new(ErrorKind::NotSupported, format!("Unsupported Hive type: {}", trino_name(t)))
            })?;
            columns.push(Column::new(name, hive));
        }
        let partition_columns = columns.split_off(columns.len() - keys);
        let mut table = Table {
            database,
            name: ctas.table.name.clone(),
            columns,
            partition_keys: partition_columns,
            location: Some(location.clone()),
            table_type: Some("EXTERNAL_TABLE".into()),
            ..Table::default()
        };
        format.describe(&mut table);
        let batches = if ctas.with_data { self.engine.execute(&plan).await? } else { vec![] };
        let target = Target {
            location,
            partition_keys: keys,
            names,
            execution_id: &self.options.execution_id,
            now_ms: self.options.now_ms,
        };
        let files = write::write(&target, &format, &batches)?;
        outcome.update_count = Some(rows_of(&batches));
        outcome.rows = rows_of(&batches);
        let partitions: Vec<Partition> = files.partitions;
        outcome.written = files.objects;
        let (database, name) = (table.database.clone(), table.name.clone());
        outcome.catalog_changes.push(CatalogChange::CreateTable(Box::new(table)));
        if !partitions.is_empty() {
            outcome.catalog_changes.push(CatalogChange::AddPartitions { database, table: name, partitions });
        }
        Ok(())
    }

    /// `external_location`, or `<output>/tables/<id>/`.
    ///
    /// Documented: docs.aws.amazon.com/athena/latest/ug/ctas-considerations-limitations.html and querying-finding-output-files.html
    fn new_location(&self, properties: &BTreeMap<String, PropertyValue>) -> Result<String, SqlError> {
        let location = match properties.get("external_location") {
            Some(PropertyValue::Text(location)) => location.clone(),
            Some(_) => {
                return Err(SqlError::new(
                    ErrorKind::InvalidTableProperty,
                    "external_location must be a string",
                ));
            }
            None => {
                let Some(root) = &self.options.output_location else {
                    return Err(SqlError::new(
                        ErrorKind::InvalidTableProperty,
                        "CREATE TABLE AS needs external_location or an output location",
                    ));
                };
                format!("{}/tables/{}/", root.trim_end_matches('/'), self.options.execution_id)
            }
        };
        split_location(&location)?;
        Ok(if location.ends_with('/') { location } else { format!("{location}/") })
    }

    fn must_be_empty(&self, location: &str, of: &str) -> Result<(), SqlError> {
        let (bucket, prefix) = split_location(location)?;
        // An object that is the folder's own marker does not count.
        if self.objects.list(&bucket, &prefix)?.iter().any(|o| o.size > 0 || o.key != prefix) {
            return Err(SqlError::new(
                ErrorKind::HivePathAlreadyExists,
                format!(
                    "Target directory for {of} already exists: {location}. You may need to manually clean the data at location '{location}' before retrying. Athena will not delete data in your account."
                ),
            ));
        }
        Ok(())
    }

    pub(super) async fn insert(
        &self,
        name: &TableName,
        columns: &[String],
        query: &Query,
        outcome: &mut Outcome,
    ) -> Result<(), SqlError> {
        let Some(table) = self.table(name) else {
            let text = format!("Table 'awsdatacatalog.{}.{}' does not exist", self.database(name), name.name);
            return Err(SqlError::at(ErrorKind::TableNotFound, name.at, text));
        };
        if table.is_view() {
            return Err(SqlError::at(
                ErrorKind::NotSupported,
                name.at,
                "Inserting into views is not supported",
            ));
        }
        let format = write::Format::of_table(&table)?;
        let schema = schema_of(&table)?;
        let known: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
        let wanted: Vec<String> = if columns.is_empty() { known.clone() } else { columns.to_vec() };
        if let Some(missing) = wanted.iter().find(|c| !known.contains(c)) {
            return Err(SqlError::new(
                ErrorKind::ColumnNotFound,
                format!("Insert column name does not exist in target table: {missing}"),
            ));
        }
        let planned = self.planner.plan(query)?;
        let given: Vec<DataType> =
            planned.plan.schema().fields().iter().map(|f| f.data_type().clone()).collect();
        let targets: Vec<DataType> = wanted
            .iter()
            .filter_map(|c| schema.field_with_name(c).ok().map(|f| f.data_type().clone()))
            .collect();
        check_types(&targets, &given)?;
        let mut batches = Vec::new();
        for batch in self.engine.execute(&planned.plan).await? {
            let arrays: Result<Vec<ArrayRef>, SqlError> = schema
                .fields()
                .iter()
                .map(|f| match wanted.iter().position(|w| w == f.name()) {
                    Some(i) => cast_array(batch.column(i), f.data_type(), false),
                    None => Ok(new_null_array(f.data_type(), batch.num_rows())),
                })
                .collect();
            batches.push(RecordBatch::try_new(schema.clone(), arrays?)?);
        }
        let location = table.location.clone().unwrap_or_default();
        let target = Target {
            location,
            partition_keys: table.partition_keys.len(),
            names: known,
            execution_id: &self.options.execution_id,
            now_ms: self.options.now_ms,
        };
        let files = write::write(&target, &format, &batches)?;
        outcome.update_count = Some(rows_of(&batches));
        outcome.rows = rows_of(&batches);
        outcome.written = files.objects;
        let existing = self.planner.catalog.partitions(&table.database, &table.name);
        let fresh: Vec<Partition> =
            files.partitions.into_iter().filter(|p| !existing.iter().any(|e| e.values == p.values)).collect();
        if !fresh.is_empty() && table.parameters.get("projection.enabled").map(String::as_str) != Some("true")
        {
            outcome.catalog_changes.push(CatalogChange::AddPartitions {
                database: table.database,
                table: table.name,
                partitions: fresh,
            });
        }
        Ok(())
    }

    pub(super) async fn unload(
        &self,
        query: &Query,
        to: &str,
        properties: &BTreeMap<String, PropertyValue>,
        outcome: &mut Outcome,
    ) -> Result<(), SqlError> {
        if !properties.contains_key("format") {
            return Err(SqlError::new(ErrorKind::InvalidTableProperty, "UNLOAD needs the property format"));
        }
        let format = write::Format::of(properties, "parquet")?;
        split_location(to)?;
        self.must_be_empty(to, "UNLOAD")?;
        let planned = self.planner.plan(query)?;
        let names: Vec<String> = planned.names.iter().map(|n| n.to_lowercase()).collect();
        let plan = crate::plan::renamed(planned.plan, &names)?;
        let partition_keys = partition_keys(properties, &names)?;
        let batches = self.engine.execute(&plan).await?;
        let target = Target {
            location: to.to_string(),
            partition_keys,
            names,
            execution_id: &self.options.execution_id,
            now_ms: self.options.now_ms,
        };
        outcome.written = write::write(&target, &format, &batches)?.objects;
        outcome.update_count = Some(rows_of(&batches));
        outcome.rows = rows_of(&batches);
        Ok(())
    }
}

fn rows_of(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|b| b.num_rows() as u64).sum()
}

/// How many of the last columns are partition keys. Error: they are not the last, in that order.
fn partition_keys(properties: &BTreeMap<String, PropertyValue>, names: &[String]) -> Result<usize, SqlError> {
    let keys = match properties.get("partitioned_by") {
        None => return Ok(0),
        Some(PropertyValue::List(keys)) => keys,
        Some(_) => {
            return Err(SqlError::new(
                ErrorKind::InvalidTableProperty,
                "partitioned_by must be an array of column names",
            ));
        }
    };
    if let Some(missing) = keys.iter().find(|k| !names.contains(k)) {
        return Err(SqlError::new(
            ErrorKind::InvalidTableProperty,
            format!("Partition columns [{missing}] not present in schema"),
        ));
    }
    if keys.len() >= names.len() || names[names.len() - keys.len()..] != keys[..] {
        return Err(SqlError::new(
            ErrorKind::InvalidTableProperty,
            format!(
                "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as the table properties: [{}]",
                keys.join(", ")
            ),
        ));
    }
    Ok(keys.len())
}

/// Documented: Trino's `Insert query has mismatched column types: Table: [...], Query: [...]`.
fn check_types(targets: &[DataType], given: &[DataType]) -> Result<(), SqlError> {
    let fits = |(t, g): (&DataType, &DataType)| {
        g == &DataType::Null
            || (is_varchar(t) && is_varchar(g))
            || common(g, t).as_ref() == Some(t)
            || matches!(
                (t, g),
                (DataType::Struct(_), DataType::Struct(_))
                    | (DataType::Decimal128(..), DataType::Decimal128(..))
            )
    };
    if targets.len() == given.len() && targets.iter().zip(given).all(fits) {
        return Ok(());
    }
    let list = |all: &[DataType]| all.iter().map(trino_name).collect::<Vec<_>>().join(", ");
    let at = crate::error::Position::START;
    Err(SqlError::at(
        ErrorKind::TypeMismatch,
        at,
        format!(
            "Insert query has mismatched column types: Table: [{}], Query: [{}]",
            list(targets),
            list(given)
        ),
    ))
}
