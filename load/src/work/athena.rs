//! A query from its start to its rows: StartQueryExecution, polls, GetQueryResults. The table is one CSV object of one's own.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_wire::{athena, glue};

use super::records::letters;
use super::{Form, Resource};
use crate::api::{Api, ApiError};
use crate::clock;
use crate::engine::{Gun, Outcome, Taken, Work};
use crate::shot::Shot;

/// Pause before the first look whether the query is done; each is half as long again, up to the longest.
const FIRST_POLL: Duration = Duration::from_millis(2);
const POLL_MAX: Duration = Duration::from_millis(200);
/// Looks at one query, at most: minutes of them.
const POLLS_MAX: u32 = 1_500;
/// Groups that the query answers.
const GROUPS: u64 = 20;
/// Columns of a row beside the filler: number, group, amount.
const ROW_OVERHEAD_BYTES: usize = 24;

pub(super) struct Queries {
    start: Shot,
}

/// A bucket with a CSV object, and a database with its table.
pub(super) fn prepare(api: &Api, form: &Form, made: &mut Vec<Resource>) -> Result<Queries, ApiError> {
    let bucket = form.resource_name();
    let database = bucket.replace('-', "_");
    if form.is_own() {
        api.s3("PUT", &format!("/{bucket}"), Bytes::new())?;
        made.push(Resource::Bucket(bucket.clone()));
        api.s3("PUT", &format!("/{bucket}/table/rows.csv"), Bytes::from(csv(form)))?;
        api.json(&glue::SERVICE, "CreateDatabase", &json!({ "DatabaseInput": { "Name": database } }))?;
        made.push(Resource::Database(database.clone()));
        api.json(&glue::SERVICE, "CreateTable", &table(&database, &bucket))?;
    }
    let sql = "SELECT kind, count(*) AS n, sum(amount) AS total FROM load GROUP BY kind ORDER BY kind";
    let asked = json!({
        "QueryString": sql,
        "QueryExecutionContext": { "Database": database },
        "ResultConfiguration": { "OutputLocation": format!("s3://{bucket}/results/") },
    });
    // The first query of a table may be the only slow one, and one that fails should do so before the load.
    let started = api.json(&athena::SERVICE, "StartQueryExecution", &asked)?;
    api.until_ready("the first query", || {
        let found = api.json(
            &athena::SERVICE,
            "GetQueryExecution",
            &json!({ "QueryExecutionId": started["QueryExecutionId"] }),
        )?;
        let status = &found["QueryExecution"]["Status"];
        match status["State"].as_str().unwrap_or("unknown") {
            "SUCCEEDED" => Ok(None),
            "FAILED" | "CANCELLED" => Err(ApiError::Refused {
                what: "athena: the first query".to_owned(),
                code: status["State"].as_str().unwrap_or_default().to_owned(),
                message: status["StateChangeReason"].as_str().unwrap_or("no reason").to_owned(),
            }),
            state => Ok(Some(state.to_owned())),
        }
    })?;
    Ok(Queries { start: Shot::json(&athena::SERVICE, "StartQueryExecution", asked.to_string()) })
}

fn csv(form: &Form) -> String {
    let room = (form.record_bytes as usize).saturating_sub(ROW_OVERHEAD_BYTES).max(1);
    let mut text = String::new();
    for row in 0..form.rows {
        let filler = letters(form.seed, "bench.rows", row, room);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{row},kind-{},{},{filler}", row % GROUPS, row * 7 % 1_000);
    }
    text
}

fn table(database: &str, bucket: &str) -> Value {
    let columns = [("id", "bigint"), ("kind", "string"), ("amount", "bigint"), ("pad", "string")];
    let columns: Vec<Value> =
        columns.iter().map(|(name, kind)| json!({ "Name": name, "Type": kind })).collect();
    json!({
        "DatabaseName": database,
        "TableInput": {
            "Name": "load",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": { "classification": "csv" },
            "StorageDescriptor": {
                "Columns": columns,
                "Location": format!("s3://{bucket}/table/"),
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                    "Parameters": { "field.delim": "," },
                },
            },
        },
    })
}

impl Queries {
    fn query(&self, gun: &mut Gun<'_>) -> Result<Taken, Outcome> {
        let failed = |name: &str| Outcome::Failed { name: name.to_owned(), is_throttle: false };
        let started = gun.read(&self.start)?;
        let id = json!({ "QueryExecutionId": started["QueryExecutionId"] }).to_string();
        let look = Shot::json(&athena::SERVICE, "GetQueryExecution", id.clone());
        let mut pause = FIRST_POLL;
        for _ in 0..POLLS_MAX {
            clock::sleep(pause);
            pause = (pause * 3 / 2).min(POLL_MAX);
            let found = gun.look(&look)?;
            let found = &found["QueryExecution"];
            match found["Status"]["State"].as_str().unwrap_or("unknown") {
                "SUCCEEDED" => {
                    let rows = gun.read(&Shot::json(&athena::SERVICE, "GetQueryResults", id))?;
                    let rows = rows["ResultSet"]["Rows"].as_array().map_or(0, Vec::len) as u64;
                    let bytes_scanned = found["Statistics"]["DataScannedInBytes"].as_u64().unwrap_or(0);
                    // The first row is the header.
                    return Ok(Taken {
                        accepted: 1,
                        rows: rows.saturating_sub(1),
                        bytes_scanned,
                        refused: Vec::new(),
                    });
                }
                "FAILED" => return Err(failed("(query failed)")),
                "CANCELLED" => return Err(failed("(query cancelled)")),
                _ => {}
            }
        }
        Err(failed("(query never ended)"))
    }
}

impl Work for Queries {
    fn records(&self) -> u64 {
        1
    }

    fn shoot(&self, gun: &mut Gun<'_>, _number: u64) -> Outcome {
        self.query(gun).map_or_else(|outcome| outcome, Outcome::Taken)
    }
}
