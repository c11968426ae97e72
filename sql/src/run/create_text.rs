//! SHOW CREATE TABLE: a statement that makes the table again.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/show-create-table.html; laid out as Hive does.

use crate::catalog::{Column, Table};

/// The statement, over several lines.
pub(super) fn create_table(table: &Table) -> String {
    let mut text =
        format!("CREATE EXTERNAL TABLE `{}.{}`(\n{})\n", table.database, table.name, columns(&table.columns));
    if let Some(comment) = &table.description {
        text.push_str(&format!("COMMENT {}\n", quoted(comment)));
    }
    if !table.partition_keys.is_empty() {
        text.push_str(&format!("PARTITIONED BY ( \n{})\n", columns(&table.partition_keys)));
    }
    if let Some(serde) = &table.serde {
        text.push_str(&format!("ROW FORMAT SERDE \n  {} \n", quoted(serde)));
    }
    if !table.serde_parameters.is_empty() {
        text.push_str(&format!("WITH SERDEPROPERTIES ( \n{}) \n", properties(table.serde_parameters.iter())));
    }
    if let (Some(input), Some(output)) = (&table.input_format, &table.output_format) {
        text.push_str(&format!(
            "STORED AS INPUTFORMAT \n  {} \nOUTPUTFORMAT \n  {}\n",
            quoted(input),
            quoted(output)
        ));
    }
    if let Some(location) = &table.location {
        text.push_str(&format!("LOCATION\n  {}\n", quoted(location)));
    }
    let shown: Vec<_> = table.parameters.iter().filter(|(k, _)| k.as_str() != "EXTERNAL").collect();
    if !shown.is_empty() {
        text.push_str(&format!("TBLPROPERTIES (\n{})\n", properties(shown.into_iter())));
    }
    text
}

fn columns(all: &[Column]) -> String {
    let one = |c: &Column| {
        let comment = c.comment.as_ref().map(|t| format!(" COMMENT {}", quoted(t))).unwrap_or_default();
        format!("  `{}` {}{comment}", c.name, c.hive_type)
    };
    all.iter().map(one).collect::<Vec<_>>().join(", \n")
}

fn properties<'a>(all: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    all.map(|(k, v)| format!("  {}={}", quoted(k), quoted(v))).collect::<Vec<_>>().join(", \n")
}

fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '\'' => "\\'".to_string(),
            '\t' => "\\t".to_string(),
            '\n' => "\\n".to_string(),
            c if c < ' ' => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        })
        .collect();
    format!("'{escaped}'")
}
