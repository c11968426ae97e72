//! Through a frozen tank with Glue and S3: tables made, read, written and dropped, each by the statement a client sends.

use wavetank_wire::athena::*;
use wavetank_wire::glue;

use super::tank::{call, run, tank};
use super::to_results;
use crate::services::s3::Command;
use crate::{Scope, Tank};

const SALES: &str = "CREATE EXTERNAL TABLE db.sales (id int, price double) PARTITIONED BY (day string)
    ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://results/sales/'";

fn put(tank: &Tank, key: &str, body: &'static str) {
    let command = || Command::PutObject {
        bucket: "results".to_owned(),
        key: key.to_owned(),
        body: body.into(),
        content_type: "text/csv".to_owned(),
    };
    tank.s3(&Scope::default(), "", "PutObject", |s3, cx| s3.perform(cx, command())).unwrap();
}

/// Keys under a prefix.
fn keys(tank: &Tank, prefix: &str) -> Vec<String> {
    let door = crate::executors::Door::new(tank.clone(), Scope::default());
    door.list_objects("results", prefix).unwrap().into_iter().map(|object| object.key).collect()
}

/// Runs a statement, and answers its state, its reason and its rows.
async fn sql(tank: &Tank, text: &str) -> (QueryExecution, String) {
    let execution =
        run(tank, StartQueryExecutionInput { query_string: text.to_owned(), ..to_results() }).await;
    let status = execution.status.clone().unwrap();
    if status.state.as_deref() != Some("SUCCEEDED") {
        let reason = status.state_change_reason.unwrap_or_default();
        return (execution, format!("{}: {reason}", status.state.unwrap_or_default()));
    }
    let query_execution_id = execution.query_execution_id.clone().unwrap();
    let input = GetQueryResultsInput { query_execution_id, ..Default::default() };
    let rows = call::<GetQueryResults>(tank, input).await.unwrap().result_set.unwrap().rows.unwrap();
    let cell = |datum: Datum| datum.var_char_value.unwrap_or_else(|| "-".to_owned());
    let line = |row: Row| row.data.unwrap().into_iter().map(cell).collect::<Vec<_>>().join(" ");
    (execution, rows.into_iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Runs statements one after the other; each shows these rows, or begins so if it fails.
async fn check(tank: &Tank, steps: &[(&str, &str)]) {
    for (text, expected) in steps {
        let (_, found) = sql(tank, text).await;
        let fits = found == *expected || (expected.starts_with("FAILED") && found.starts_with(expected));
        assert!(fits, "{text}\nfound    {found}\nexpected {expected}");
    }
}

/// A database with a table of two days.
async fn lake() -> Tank {
    let tank = tank();
    put(&tank, "sales/day=1/a.csv", "1,10.5\n2,4.5\n");
    put(&tank, "sales/day=2/a.csv", "3,1.0\n");
    check(&tank, &[("CREATE DATABASE db", ""), (SALES, "")]).await;
    tank
}

#[tokio::test]
async fn partitions_are_read_once_they_are_known() {
    let tank = lake().await;
    let total = "SELECT day, sum(price) AS total FROM db.sales GROUP BY day ORDER BY day";
    check(
        &tank,
        &[
            (total, "day total"),
            ("ALTER TABLE db.sales ADD PARTITION (day = '1')", ""),
            (total, "day total\n1 15.0"),
            ("ALTER TABLE db.sales ADD IF NOT EXISTS PARTITION (day = '1') PARTITION (day = '2')", ""),
            (total, "day total\n1 15.0\n2 1.0"),
            ("ALTER TABLE db.sales DROP PARTITION (day = '1')", ""),
            (total, "day total\n2 1.0"),
            ("DROP TABLE db.sales", ""),
        ],
    )
    .await;
    assert_eq!(keys(&tank, "sales/").len(), 2);
    let (_, gone) = sql(&tank, total).await;
    assert!(gone.starts_with("FAILED: TABLE_NOT_FOUND"), "{gone}");
}

#[tokio::test]
async fn a_table_made_by_a_query_lists_its_files_and_can_be_read_and_added_to() {
    let tank = lake().await;
    const REPAIRED: &str = "Partitions not in metastore:\tsales:day=1\tsales:day=2
Repair: Added partition to metastore sales:day=1
Repair: Added partition to metastore sales:day=2";
    check(&tank, &[("MSCK REPAIR TABLE db.sales", REPAIRED)]).await;
    let (made, _) = sql(&tank, "CREATE TABLE db.big AS SELECT id, price FROM db.sales WHERE price > 4").await;
    let status = made.status.clone().unwrap();
    assert_eq!(status.state.as_deref(), Some("SUCCEEDED"), "{:?}", status.state_change_reason);
    let id = made.query_execution_id.unwrap();
    let figures = made.statistics.unwrap();
    let manifest = format!("s3://results/out/tables/{id}-manifest.csv");
    assert_eq!(figures.data_manifest_location, Some(manifest));
    assert!(figures.data_scanned_in_bytes > Some(0));

    let door = crate::executors::Door::new(tank.clone(), Scope::default());
    let list = door.get_object("results", &format!("out/tables/{id}-manifest.csv")).unwrap();
    let written = keys(&tank, &format!("out/tables/{id}/"));
    let lines: Vec<String> = written.iter().map(|key| format!("s3://results/{key}")).collect();
    assert_eq!(String::from_utf8_lossy(&list).lines().collect::<Vec<_>>(), lines);

    check(
        &tank,
        &[
            ("SELECT id FROM db.big ORDER BY id", "id\n1\n2"),
            ("INSERT INTO db.big VALUES (9, 9.0)", ""),
            ("SELECT id FROM db.big ORDER BY id", "id\n1\n2\n9"),
            ("CREATE TABLE db.big AS SELECT 1 AS x", "FAILED: "),
            ("CREATE VIEW db.v AS SELECT count(*) AS n FROM db.big", ""),
            ("SELECT n FROM db.v", "n\n3"),
            ("SHOW TABLES IN db", "big\nsales\nv"),
            ("DROP DATABASE db", "FAILED: "),
            ("DROP DATABASE db CASCADE", ""),
            ("SHOW DATABASES", ""),
        ],
    )
    .await;
}

#[tokio::test]
async fn athena_shows_what_glue_keeps() {
    let tank = lake().await;
    let catalog_name = "AwsDataCatalog".to_owned();
    let input = ListTableMetadataInput {
        catalog_name: catalog_name.clone(),
        database_name: "db".to_owned(),
        ..Default::default()
    };
    let tables = call::<ListTableMetadata>(&tank, input).await.unwrap().table_metadata_list.unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["sales"]);
    let input = glue::GetTableInput {
        database_name: "db".to_owned(),
        name: "sales".to_owned(),
        ..Default::default()
    };
    let table = call::<glue::GetTable>(&tank, input).await.unwrap().table.unwrap();
    assert_eq!(table.table_type.as_deref(), Some("EXTERNAL_TABLE"));
    let input = GetDatabaseInput { catalog_name, database_name: "no".to_owned(), work_group: None };
    let error = call::<GetDatabase>(&tank, input).await.unwrap_err();
    assert_eq!(error.code, "MetadataException");
    assert!(error.message.starts_with("EntityNotFoundException: "), "{}", error.message);
}
