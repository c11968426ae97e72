//! SHOW and DESCRIBE: lines of text, padded as Hive pads them.
//!
//! Documented for DESCRIBE: github.com/laughingman7743/PyAthena tests (`number_of_rows      \tint                 \t...`).
//! Assumed: the padding of SHOW COLUMNS. Start with `show`.

use crate::catalog::{Column, Table};
use crate::engine::Outcome;
use crate::error::SqlError;
use crate::parse::Body;
use crate::plan::view;
use crate::run::{Run, create_text, lines};
use crate::scan::partitions::escape;

/// Hive pads every field to this width.
const FIELD_CHARS: usize = 20;

fn padded(text: &str) -> String {
    format!("{text:<FIELD_CHARS$}")
}

impl Run<'_> {
    /// Answers whether the statement was one of these.
    pub(super) fn show(&self, body: &Body, outcome: &mut Outcome) -> Result<bool, SqlError> {
        let catalog = &self.planner.catalog;
        match body {
            Body::ShowDatabases { pattern } => {
                lines(outcome, &["database_name"], matching(catalog.databases(), pattern.as_deref())?)?;
            }
            Body::ShowTables { database, pattern, views_only } => {
                let database = database.clone().unwrap_or_else(|| self.planner.database.clone());
                self.need_database(&database, None)?;
                let mut names = catalog.tables(&database);
                if *views_only {
                    names.retain(|t| catalog.table(&database, t).is_some_and(|t| t.is_view()));
                }
                lines(
                    outcome,
                    &[if *views_only { "views" } else { "tab_name" }],
                    matching(names, pattern.as_deref())?,
                )?;
            }
            Body::ShowColumns { table } => {
                let table = self.need_table(table)?;
                let names =
                    table.columns.iter().chain(&table.partition_keys).map(|c| padded(&c.name)).collect();
                lines(outcome, &["field"], names)?;
            }
            Body::ShowPartitions { table } => {
                let table = self.need_table(table)?;
                let mut found: Vec<String> = catalog
                    .partitions(&table.database, &table.name)
                    .iter()
                    .map(|p| partition_name(&table, &p.values))
                    .collect();
                found.sort();
                lines(outcome, &["partition"], found)?;
            }
            Body::ShowCreateTable { table } => {
                let table = self.need_table(table)?;
                let text = create_text::create_table(&table);
                lines(outcome, &["createtab_stmt"], text.lines().map(str::to_string).collect())?;
            }
            Body::ShowCreateView { view: name } => {
                let table = self.need_table(name)?;
                let (sql, _) = view::text(&table)?;
                let mut text = vec![format!("CREATE VIEW {}.{} AS", table.database, table.name)];
                text.extend(sql.lines().map(str::to_string));
                lines(outcome, &["Create View"], text)?;
            }
            Body::ShowTableProperties { table, key } => {
                let table = self.need_table(table)?;
                let wanted =
                    table.parameters.iter().filter(|(k, _)| key.as_ref().is_none_or(|key| key == *k));
                let text = wanted
                    .map(|(k, v)| if key.is_some() { v.clone() } else { format!("{k}\t{v}") })
                    .collect();
                lines(outcome, &["prpt_name", "prpt_value"], text)?;
            }
            Body::Describe { table, formatted } => {
                let table = self.need_table(table)?;
                lines(outcome, &["col_name", "data_type", "comment"], describe(&table, *formatted))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `k=v/l=w`.
pub(super) fn partition_name(table: &Table, values: &[String]) -> String {
    let parts: Vec<String> =
        table.partition_keys.iter().zip(values).map(|(k, v)| format!("{}={}", k.name, escape(v))).collect();
    parts.join("/")
}

/// Hive's pattern: `*` is any text, `|` separates choices; the rest is a regular expression.
fn matching(names: Vec<String>, pattern: Option<&str>) -> Result<Vec<String>, SqlError> {
    let Some(pattern) = pattern else { return Ok(names) };
    let translated = pattern.to_lowercase().replace(".*", "*").replace('*', ".*");
    let regex = regex::Regex::new(&format!("^({translated})$"))
        .map_err(|e| crate::functions::def::invalid(format!("Invalid pattern '{pattern}': {e}")))?;
    Ok(names.into_iter().filter(|n| regex.is_match(n)).collect())
}

fn column_line(column: &Column) -> String {
    format!(
        "{}\t{}\t{}",
        padded(&column.name),
        padded(&column.hive_type),
        padded(column.comment.as_deref().unwrap_or(""))
    )
}

fn describe(table: &Table, formatted: bool) -> Vec<String> {
    let head = format!(
        "# {}\t{}\t{}",
        format_args!("{:<width$}", "col_name", width = FIELD_CHARS),
        padded("data_type"),
        padded("comment")
    );
    let mut text = Vec::new();
    if formatted {
        text.extend([head.clone(), "\t \t ".into()]);
    }
    text.extend(table.columns.iter().chain(&table.partition_keys).map(column_line));
    if !table.partition_keys.is_empty() {
        text.extend(["\t \t ".into(), "# Partition Information\t \t ".into(), head, "\t \t ".into()]);
        text.extend(table.partition_keys.iter().map(column_line));
    }
    if formatted {
        let fact = |name: &str, value: &str| format!("{}\t{}\t ", padded(name), padded(value));
        text.extend(["\t \t ".into(), "# Detailed Table Information\t \t ".into()]);
        text.push(fact("Database:", &table.database));
        text.push(fact("Location:", table.location.as_deref().unwrap_or("")));
        text.push(fact("Table Type:", table.table_type.as_deref().unwrap_or("")));
        text.push("Table Parameters:\t \t ".into());
        text.extend(table.parameters.iter().map(|(k, v)| format!("\t{}\t{}", padded(k), padded(v))));
        text.extend(["\t \t ".into(), "# Storage Information\t \t ".into()]);
        text.push(fact("SerDe Library:", table.serde.as_deref().unwrap_or("")));
        text.push(fact("InputFormat:", table.input_format.as_deref().unwrap_or("")));
        text.push(fact("OutputFormat:", table.output_format.as_deref().unwrap_or("")));
        text.push("Storage Desc Params:\t \t ".into());
        text.extend(table.serde_parameters.iter().map(|(k, v)| format!("\t{}\t{}", padded(k), padded(v))));
    }
    text
}
