//! Values both ways: a request's fields as PostgreSQL gets them, a result's cells as fields, metadata and JSON.
//!
//! Documented: docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_SqlParameter.html (type hints; read as the service
//! model has them, 2026-11-28). Assumed: the numbers of `type`, which are JDBC's.

use serde_json::{Map, Value, json};
use wavetank_wire::rds_data as w;

use super::DataError;
use super::names::Statement;
use super::work::{Bound, Cell, Column, Done, Kind};

/// What each name of a statement stands for.
pub(super) fn bind(statement: &Statement, parameters: &[w::SqlParameter]) -> Result<Vec<Bound>, DataError> {
    let find = |name: &String| {
        let found = parameters.iter().find(|one| one.name.as_ref() == Some(name));
        found.ok_or_else(|| DataError::Request(format!("Cannot find parameter: {name}"))).and_then(bound)
    };
    statement.names.iter().map(find).collect()
}

fn bound(parameter: &w::SqlParameter) -> Result<Bound, DataError> {
    let field = parameter.value.clone().unwrap_or_default();
    let hint = parameter.type_hint.as_deref();
    let some = |kind: Kind, text: String| Ok(Bound { kind, text: Some(text) });
    if field.array_value.is_some() {
        return Err(DataError::Request("Array parameters are not supported.".to_owned()));
    }
    if let Some(value) = field.boolean_value {
        return some(Kind::Bool, value.to_string());
    }
    if let Some(value) = field.long_value {
        return some(if hint == Some("DECIMAL") { Kind::Numeric } else { Kind::Int8 }, value.to_string());
    }
    if let Some(value) = field.double_value {
        return some(if hint == Some("DECIMAL") { Kind::Numeric } else { Kind::Float8 }, value.to_string());
    }
    if let Some(value) = field.blob_value {
        return some(Kind::Bytea, format!("\\x{}", hex::encode(&value)));
    }
    let kind = match hint {
        None => Kind::Text,
        Some("DATE") => Kind::Date,
        Some("TIME") => Kind::Time,
        Some("TIMESTAMP") => Kind::Timestamp,
        Some("DECIMAL") => Kind::Numeric,
        Some("UUID") => Kind::Uuid,
        Some("JSON") => Kind::Json,
        Some(other) => return Err(DataError::Request(format!("Invalid type hint: {other}"))),
    };
    match field.string_value {
        Some(text) => some(kind, text),
        None if field.is_null == Some(true) => {
            Ok(Bound { kind: if hint.is_none() { Kind::Unknown } else { kind }, text: None })
        }
        None => {
            let name = parameter.name.clone().unwrap_or_default();
            Err(DataError::Request(format!("The parameter {name} has no value")))
        }
    }
}

/// The answer to one statement.
pub(super) fn answer(input: &w::ExecuteStatementInput, done: Done) -> w::ExecuteStatementOutput {
    let options = input.result_set_options.clone().unwrap_or_default();
    if done.columns.is_empty() {
        return w::ExecuteStatementOutput {
            number_of_records_updated: i64::try_from(done.affected).ok(),
            generated_fields: Some(Vec::new()),
            ..Default::default()
        };
    }
    if input.format_records_as.as_deref() == Some("JSON") {
        return w::ExecuteStatementOutput {
            number_of_records_updated: Some(0),
            formatted_records: Some(formatted(&done)),
            ..Default::default()
        };
    }
    let row = |cells: Vec<Cell>| cells.into_iter().map(|cell| field(cell, &options)).collect();
    let metadata = || done.columns.iter().map(metadata).collect();
    w::ExecuteStatementOutput {
        column_metadata: (input.include_result_metadata == Some(true)).then(metadata),
        records: Some(done.rows.into_iter().map(row).collect()),
        number_of_records_updated: Some(0),
        ..Default::default()
    }
}

fn field(cell: Cell, options: &w::ResultSetOptions) -> w::Field {
    let mut field = w::Field::default();
    match cell {
        Cell::Null => field.is_null = Some(true),
        Cell::Bool(value) => field.boolean_value = Some(value),
        Cell::Long(value) if options.long_return_type.as_deref() == Some("STRING") => {
            field.string_value = Some(value.to_string());
        }
        Cell::Long(value) => field.long_value = Some(value),
        Cell::Double(value) => field.double_value = Some(value),
        Cell::Decimal(text) if options.decimal_return_type.as_deref() == Some("DOUBLE_OR_LONG") => {
            match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(value), _) => field.long_value = Some(value),
                (_, Ok(value)) => field.double_value = Some(value),
                _ => field.string_value = Some(text),
            }
        }
        Cell::Decimal(text) | Cell::Text(text) => field.string_value = Some(text),
        Cell::Blob(bytes) => field.blob_value = Some(bytes),
        Cell::Array(cells) => field.array_value = Some(array(cells)),
    }
    field
}

/// An array's values, by the kind of the first. A NULL inside is what the kind has for nothing. Assumed: that.
fn array(cells: Vec<Cell>) -> w::ArrayValue {
    let mut array = w::ArrayValue::default();
    match cells.iter().find(|cell| **cell != Cell::Null) {
        Some(Cell::Bool(_)) => {
            array.boolean_values = Some(cells.iter().map(|cell| *cell == Cell::Bool(true)).collect());
        }
        Some(Cell::Long(_)) => {
            let long = |cell: &Cell| if let Cell::Long(value) = cell { *value } else { 0 };
            array.long_values = Some(cells.iter().map(long).collect());
        }
        Some(Cell::Double(_)) => {
            let double = |cell: &Cell| if let Cell::Double(value) = cell { *value } else { 0.0 };
            array.double_values = Some(cells.iter().map(double).collect());
        }
        _ => {
            let text = |cell: Cell| match cell {
                Cell::Decimal(text) | Cell::Text(text) => text,
                _ => String::new(),
            };
            array.string_values = Some(cells.into_iter().map(text).collect());
        }
    }
    array
}

fn json_of(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => json!(value),
        Cell::Long(value) => json!(value),
        Cell::Double(value) => json!(value),
        Cell::Decimal(text) => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| {
            text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or(json!(text), Value::Number)
        }),
        Cell::Text(text) => json!(text),
        Cell::Blob(bytes) => {
            use base64::Engine as _;
            json!(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        Cell::Array(cells) => cells.iter().map(json_of).collect(),
    }
}

/// Each row as an object by the columns' labels.
fn formatted(done: &Done) -> String {
    let object = |cells: &Vec<Cell>| {
        let entries =
            done.columns.iter().zip(cells).map(|(column, cell)| (column.name.clone(), json_of(cell)));
        Value::Object(entries.collect::<Map<String, Value>>())
    };
    Value::Array(done.rows.iter().map(object).collect()).to_string()
}

fn metadata(column: &Column) -> w::ColumnMetadata {
    // JDBC's number, precision, whether it has a sign.
    let (number, precision, is_signed) = match column.type_name.as_str() {
        "bool" => (-7, 1, false),
        "int2" => (5, 5, true),
        "int4" => (4, 10, true),
        "int8" => (-5, 19, true),
        "float4" => (7, 8, true),
        "float8" => (8, 17, true),
        "numeric" => (2, 0, true),
        "date" => (91, 13, false),
        "time" => (92, 15, false),
        "timestamp" => (93, 29, false),
        "timestamptz" => (93, 35, false),
        "bytea" => (-2, i64::from(i32::MAX), false),
        "bpchar" => (1, 0, false),
        "text" | "varchar" | "name" => (12, i64::from(i32::MAX), false),
        array if array.starts_with('_') => (2003, 0, false),
        _ => (1111, i64::from(i32::MAX), false),
    };
    let modifier = i64::from(column.modifier);
    let (precision, scale) = match column.type_name.as_str() {
        "numeric" if modifier >= 4 => ((modifier - 4) >> 16, (modifier - 4) & 0xFFFF),
        "varchar" | "bpchar" if modifier >= 4 => (modifier - 4, 0),
        "float4" => (precision, 8),
        "float8" => (precision, 17),
        _ => (precision, 0),
    };
    w::ColumnMetadata {
        name: Some(column.name.clone()),
        label: Some(column.name.clone()),
        r#type: Some(number),
        type_name: Some(column.type_name.clone()),
        schema_name: Some(String::new()),
        table_name: Some(String::new()),
        is_auto_increment: Some(false),
        is_signed: Some(is_signed),
        is_currency: Some(false),
        is_case_sensitive: Some(number == 12 || number == 1),
        nullable: Some(2),
        precision: Some(precision),
        scale: Some(scale),
        array_base_column_type: Some(0),
    }
}
