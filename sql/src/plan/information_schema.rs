//! `information_schema`: schemata, tables, views and columns, as BI tools ask for them.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/querying-glue-catalog.html. Left out: `table_privileges`, `roles`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use crate::catalog::{Catalog, Table};
use crate::error::{ErrorKind, SqlError};
use crate::types::{VARCHAR, parse_type, trino_name};

const CATALOG: &str = "awsdatacatalog";

/// One of the tables. Error: there is none of that name.
pub(crate) fn table(catalog: &dyn Catalog, name: &str) -> Result<Arc<dyn TableProvider>, SqlError> {
    match name {
        "schemata" => {
            let rows = catalog.databases().into_iter().chain(["information_schema".to_string()]);
            make(
                &["catalog_name", "schema_name"],
                rows.map(|d| vec![Some(CATALOG.into()), Some(d)]).collect(),
            )
        }
        "tables" => {
            let rows = every(catalog).into_iter().map(|t| {
                let kind = if t.is_view() { "VIEW" } else { "BASE TABLE" };
                vec![Some(CATALOG.into()), Some(t.database), Some(t.name), Some(kind.into())]
            });
            make(&["table_catalog", "table_schema", "table_name", "table_type"], rows.collect())
        }
        "views" => {
            let views = every(catalog).into_iter().filter(Table::is_view);
            let rows = views.map(|t| {
                let sql = crate::plan::view::text(&t).ok().map(|(sql, _)| sql);
                vec![Some(CATALOG.into()), Some(t.database), Some(t.name), sql]
            });
            make(&["table_catalog", "table_schema", "table_name", "view_definition"], rows.collect())
        }
        "columns" => columns(catalog),
        other => Err(SqlError::new(
            ErrorKind::TableNotFound,
            format!("Table '{CATALOG}.information_schema.{other}' does not exist"),
        )),
    }
}

fn every(catalog: &dyn Catalog) -> Vec<Table> {
    let databases = catalog.databases();
    let names = databases.iter().flat_map(|d| catalog.tables(d).into_iter().map(move |t| (d.clone(), t)));
    names.filter_map(|(d, t)| catalog.table(&d, &t)).collect()
}

fn columns(catalog: &dyn Catalog) -> Result<Arc<dyn TableProvider>, SqlError> {
    let mut rows: Vec<Vec<Option<String>>> = Vec::new();
    let mut places = Vec::new();
    for t in every(catalog) {
        let keys = t.partition_keys.iter().map(|c| (c, Some("partition key".to_string())));
        let all = t.columns.iter().map(|c| (c, None)).chain(keys);
        for (i, (column, extra)) in all.enumerate() {
            let named =
                parse_type(&column.hive_type).map_or_else(|_| column.hive_type.clone(), |t| trino_name(&t));
            places.push(i as i64 + 1);
            rows.push(vec![
                Some(CATALOG.into()),
                Some(t.database.clone()),
                Some(t.name.clone()),
                Some(column.name.clone()),
                None,
                Some("YES".into()),
                Some(named),
                column.comment.clone(),
                extra,
            ]);
        }
    }
    let names = [
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "column_default",
        "is_nullable",
        "data_type",
        "comment",
        "extra_info",
    ];
    let (mut fields, mut arrays) = parts(&names, &rows);
    fields.insert(4, Field::new("ordinal_position", DataType::Int64, true));
    arrays.insert(4, Arc::new(Int64Array::from(places)));
    finish(fields, arrays)
}

fn parts(names: &[&str], rows: &[Vec<Option<String>>]) -> (Vec<Field>, Vec<ArrayRef>) {
    let fields = names.iter().map(|n| Field::new(*n, VARCHAR, true)).collect();
    let column =
        |i: usize| -> ArrayRef { Arc::new(rows.iter().map(|r| r[i].clone()).collect::<StringViewArray>()) };
    (fields, (0..names.len()).map(column).collect())
}

fn make(names: &[&str], rows: Vec<Vec<Option<String>>>) -> Result<Arc<dyn TableProvider>, SqlError> {
    let (fields, arrays) = parts(names, &rows);
    finish(fields, arrays)
}

fn finish(fields: Vec<Field>, arrays: Vec<ArrayRef>) -> Result<Arc<dyn TableProvider>, SqlError> {
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
