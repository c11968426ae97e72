//! A catalog table's columns.

use wavetank_types::Said;
use wavetank_wire::glue::{Column, GetTable, GetTableInput};

use super::Finding;
use crate::client::Aws;
use crate::observe::ObserveError;

/// Checks that a table has exactly these columns (`name type`), in order.
pub async fn check(
    aws: Aws<'_>,
    database: &str,
    table: &str,
    expected: &[String],
) -> Result<Finding, ObserveError> {
    let input = GetTableInput {
        database_name: database.to_owned(),
        name: table.to_owned(),
        ..GetTableInput::default()
    };
    let found = match aws.call::<GetTable>(input).await {
        Ok(output) => {
            output.table.and_then(|table| table.storage_descriptor).and_then(|storage| storage.columns)
        }
        Err(error) if error.code == "EntityNotFoundException" => {
            let missing = Said::new(
                format!("{database}.{table} does not exist"),
                format!("{database}.{table} không tồn tại"),
            );
            return Ok(Finding::new("schema", false, missing).with_cause(Said::new(
                "a crawler names its table after the folder; look at the crawler's path",
                "crawler đặt tên bảng theo thư mục; hãy xem lại đường dẫn của crawler",
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let text = |column: Column| format!("{} {}", column.name, column.r#type.unwrap_or_default());
    let found: Vec<String> = found.unwrap_or_default().into_iter().map(text).collect();
    let missing = expected
        .iter()
        .filter(|column| !found.contains(column))
        .map(|column| Said::new(format!("missing: {column}"), format!("thiếu: {column}")));
    let extra = found
        .iter()
        .filter(|column| !expected.contains(column))
        .map(|column| Said::new(format!("unexpected: {column}"), format!("thừa: {column}")));
    let (has, wanted) = (found.len(), expected.len());
    let detail = Said::new(
        format!("{database}.{table} has {has} columns, {wanted} expected"),
        format!("{database}.{table} có {has} cột, cần {wanted}"),
    );
    Ok(Finding::new("schema", found == expected, detail).with_examples(missing.chain(extra)))
}
