//! What a query must answer, by SQL over what was sent: a tank of its own has it as the table `sent`, and no pipeline.
//!
//! Its columns are the members of the records. A column is `bigint` if all its values are whole numbers, `decimal` if they are
//! numbers, `boolean` if they are true or false, else `string`. Left out: dates; cast them.

use serde_json::{Map, Value, json};
use wavetank_types::Seed;
use wavetank_wire::{WireError, athena, glue};

use crate::client::{Aws, said};
use crate::drive::{self, DriveError};
use crate::lines::Lines;
use crate::observe::{self, Answer, ObserveError};
use crate::places::Members;
use crate::target::Embedded;

const NAME: &str = "oracle";
const REGION: &str = "us-east-1";

/// Why the oracle's tank does not answer.
#[derive(Debug, thiserror::Error)]
pub enum SentError {
    /// A call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
    /// The records could not be stored.
    #[error(transparent)]
    Store(#[from] DriveError),
    /// The query could not be asked.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// The bucket was refused.
    #[error("the oracle's tank has no bucket: {0}")]
    Bucket(String),
    /// The SQL is wrong.
    #[error("{file}: {reason}\nhint: the oracle's table is `sent`; its columns are {columns}")]
    Sql {
        /// The oracle's file.
        file: String,
        /// What Athena says.
        reason: String,
        /// The columns that there are, with their types.
        columns: String,
    },
}

/// What was sent, as a table.
#[derive(Debug)]
pub(crate) struct SentTable {
    tank: Embedded,
    columns: Vec<(String, String)>,
}

impl SentTable {
    /// Stores the records and makes the table.
    pub(crate) async fn of(lines: &Lines) -> Result<Self, SentError> {
        let tank = Embedded::new(Seed(0));
        let rows: Vec<&Members> = lines.lines.iter().map(|line| &line.members).collect();
        let table = Self { tank, columns: columns_of(&rows) };
        let aws = Aws::new(&table.tank, REGION);
        let s3 = crate::target::Target::s3(&table.tank, REGION);
        let made = s3.create_bucket().bucket(NAME).send().await;
        made.map_err(|error| SentError::Bucket(said(&error)))?;
        let mut body = Vec::new();
        for row in rows {
            body.extend_from_slice(Value::Object(table.typed(row)).to_string().as_bytes());
            body.push(b'\n');
        }
        drive::put(aws, &format!("s3://{NAME}/sent/part.json"), body.into()).await?;
        table.create(aws).await?;
        Ok(table)
    }

    async fn create(&self, aws: Aws<'_>) -> Result<(), WireError> {
        let database = json!({ "DatabaseInput": { "Name": NAME } });
        aws.json(&glue::SERVICE, "CreateDatabase", &database).await?;
        let columns: Vec<Value> =
            self.columns.iter().map(|(name, kind)| json!({ "Name": name, "Type": kind })).collect();
        let table = json!({ "DatabaseName": NAME, "TableInput": {
            "Name": "sent",
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {
                "Columns": columns,
                "Location": format!("s3://{NAME}/sent/"),
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": { "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe" },
            },
        }});
        aws.json(&glue::SERVICE, "CreateTable", &table).await?;
        let location = json!({ "OutputLocation": format!("s3://{NAME}/results/") });
        let group = json!({ "Name": NAME, "Configuration": { "ResultConfiguration": location } });
        aws.json(&athena::SERVICE, "CreateWorkGroup", &group).await?;
        Ok(())
    }

    /// A row with numbers as numbers, so that the reader of JSON takes them for what the columns say.
    fn typed(&self, row: &Members) -> Map<String, Value> {
        let value = |(name, kind): &(String, String)| {
            let text = row.get(name).cloned().flatten()?;
            let value = match kind.as_str() {
                "string" => Value::String(text),
                _ => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            };
            Some((name.clone(), value))
        };
        self.columns.iter().filter_map(value).collect()
    }

    /// The answer of one oracle.
    pub(crate) async fn ask(&self, file: &str, sql: &str) -> Result<Answer, SentError> {
        let answer = observe::query(Aws::new(&self.tank, REGION), NAME, NAME, sql).await?;
        match answer.failure {
            None => Ok(answer),
            Some(reason) => {
                let shown = |(name, kind): &(String, String)| format!("{name} {kind}");
                let columns = self.columns.iter().map(shown).collect::<Vec<_>>().join(", ");
                Err(SentError::Sql { file: file.to_owned(), reason, columns })
            }
        }
    }
}

/// Every member's name, in the order of the alphabet, with the narrowest type that all its values have.
fn columns_of(rows: &[&Members]) -> Vec<(String, String)> {
    let mut kinds: std::collections::BTreeMap<&str, Kind> = std::collections::BTreeMap::new();
    for (name, value) in rows.iter().flat_map(|row| row.iter()) {
        let kind = value.as_deref().map_or(Kind::Unknown, Kind::of);
        let known = kinds.entry(name).or_insert(Kind::Unknown);
        *known = known.with(kind);
    }
    kinds.into_iter().map(|(name, kind)| (name.to_owned(), kind.hive())).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unknown,
    Whole,
    Decimal { scale: usize },
    Truth,
    Text,
}

impl Kind {
    fn of(text: &str) -> Self {
        if matches!(text, "true" | "false") {
            return Self::Truth;
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        // A leading zero is a code, such as a postcode's.
        let is_number = !whole.is_empty()
            && is_digits(whole)
            && is_digits(part)
            && (whole == "0" || !whole.starts_with('0'));
        match (is_number, whole.len(), digits.contains('.')) {
            (true, 1..=18, false) => Self::Whole,
            (true, 1..=20, true) if !part.is_empty() && part.len() <= 18 => {
                Self::Decimal { scale: part.len() }
            }
            _ => Self::Text,
        }
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, kind) | (kind, Self::Unknown) => kind,
            (Self::Decimal { scale: a }, Self::Decimal { scale: b }) => Self::Decimal { scale: a.max(b) },
            (Self::Decimal { scale }, Self::Whole) | (Self::Whole, Self::Decimal { scale }) => {
                Self::Decimal { scale }
            }
            (a, b) if a == b => a,
            _ => Self::Text,
        }
    }

    fn hive(self) -> String {
        match self {
            Self::Whole => "bigint".to_owned(),
            Self::Decimal { scale } => format!("decimal(38,{scale})"),
            Self::Truth => "boolean".to_owned(),
            Self::Unknown | Self::Text => "string".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_narrowest_type_of_all_its_values() {
        let check = |values: &[Option<&str>], kind: &str| {
            let rows: Vec<Members> = values
                .iter()
                .map(|value| Members::from([("a".to_owned(), value.map(str::to_owned))]))
                .collect();
            let found = columns_of(&rows.iter().collect::<Vec<_>>());
            assert_eq!(found, [("a".to_owned(), kind.to_owned())], "{values:?}");
        };
        check(&[Some("1"), Some("-20")], "bigint");
        check(&[Some("1"), Some("2.50"), Some("3.125")], "decimal(38,3)");
        check(&[Some("1"), None], "bigint");
        check(&[Some("true"), Some("false")], "boolean");
        check(&[Some("007")], "string");
        check(&[Some("0"), Some("0.5")], "decimal(38,1)");
        check(&[Some("1"), Some("x")], "string");
        check(&[Some("1."), Some("2")], "string");
        check(&[None], "string");
    }
}
