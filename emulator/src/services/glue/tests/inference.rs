//! What a crawler makes of objects: formats, columns, and which folders are tables.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray,
    RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type};
use bytes::Bytes;
use expect_test::{Expect, expect};
use wavetank_wire::glue::S3Target;

use super::{Memory, text};
use crate::services::glue::{CrawlWork, Format, look};

/// A bucket `lake` with these objects, and what the crawler makes of the path.
fn check(path: &str, objects: &[(&str, &[u8])], expected: Expect) {
    check_target(S3Target { path: text(path), ..S3Target::default() }, objects, expected);
}

fn check_target(target: S3Target, objects: &[(&str, &[u8])], expected: Expect) {
    let mut memory = Memory::default();
    memory.0.entry("lake".to_owned()).or_default();
    for (key, body) in objects {
        memory.put("lake", key, body.to_vec());
    }
    expected.assert_eq(&shown(&memory, target));
}

fn shown(memory: &Memory, target: S3Target) -> String {
    let output = look(memory, &CrawlWork { targets: vec![target] });
    let mut seen = String::new();
    if let Some(message) = output.failure {
        writeln!(seen, "failed: {message}").expect("text");
    }
    for table in output.tables {
        let schema = &table.schema;
        let format = match schema.format {
            Format::Csv(shape) => {
                let quoted = if shape.quoted { " quoted" } else { "" };
                format!("csv {:?}{}{quoted}", shape.delimiter, if shape.header { " header" } else { "" })
            }
            other => format!("{other:?}").to_lowercase(),
        };
        let stats = table.stats;
        writeln!(
            seen,
            "{} at {}: {format}, {:?}, {} objects, {} records",
            table.name, table.location, schema.compression, stats.objects, stats.records
        )
        .expect("text");
        let columns: Vec<String> = schema.columns.iter().map(|c| format!("{} {}", c.name, c.hive)).collect();
        writeln!(seen, "  {}", columns.join(", ")).expect("text");
        if !table.partition_keys.is_empty() {
            writeln!(seen, "  by {}", table.partition_keys.join(", ")).expect("text");
        }
        for partition in &table.partitions {
            writeln!(seen, "  {:?} at {}", partition.values, partition.location).expect("text");
        }
    }
    seen
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).expect("even columns");
    let mut body = Vec::new();
    let mut writer =
        ::parquet::arrow::ArrowWriter::try_new(&mut body, batch.schema(), None).expect("a schema");
    writer.write(&batch).expect("memory takes it");
    writer.close().expect("memory takes it");
    body
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

const EVENTS: &[u8] = b"event_id,event_name,event_date,participant_count,ticket_revenue,created_at\n\
    1001,Dev Camp 66,2024-01-26,112.0,39847495.0,2023-11-13 10:00:48\n\
    1002,\"Meetup, Hue\",2024/02/01,,0,2023-11-13 10:00:48\n";

#[test]
fn a_csv_with_a_header_becomes_a_table_named_after_its_folder() {
    check(
        "s3://lake/etl-input/",
        &[("etl-input/", b""), ("etl-input/event_data.csv", EVENTS)],
        expect![[r#"
            etl_input at s3://lake/etl-input/: csv ',' header quoted, None, 1 objects, 2 records
              event_id bigint, event_name string, event_date string, participant_count double, ticket_revenue double, created_at string
        "#]],
    );
}

#[test]
fn a_first_row_is_a_header_only_if_it_differs_from_the_rest() {
    check(
        "s3://lake/a/",
        &[("a/x.csv", b"name,city\nan,hue\nbinh,vinh\n")],
        expect![[r#"
            a at s3://lake/a/: csv ',', None, 1 objects, 3 records
              col0 string, col1 string
        "#]],
    );
    check(
        "s3://lake/a/",
        &[("a/x.csv", b"1|2.5|true\n-3|1e3|FALSE\n")],
        expect![[r#"
            a at s3://lake/a/: csv '|', None, 1 objects, 2 records
              col0 bigint, col1 double, col2 boolean
        "#]],
    );
    check(
        "s3://lake/a/",
        &[("a/x.tsv", "\u{feff}Order ID\tOrder ID\tTotal\t\n1\tx\t2\t\n".as_bytes())],
        expect![[r#"
            a at s3://lake/a/: csv '\t' header, None, 1 objects, 1 records
              order id bigint, order id_1 string, total bigint, col3 string
        "#]],
    );
}

#[test]
fn clicks_become_partitions_by_their_folders() {
    let click = |product: &str| {
        format!("{{\"user_id\":7,\"timestamp\":\"2024-01-01 07:00:00\",\"product_id\":{product}}}\n")
    };
    let (null, some) = (click("null"), click("31") + &click("3000000000"));
    check(
        "s3://lake/clickstreams/",
        &[
            ("clickstreams/2024/01/01/07/fashion-1", null.as_bytes()),
            ("clickstreams/2024/01/01/08/fashion-2", some.as_bytes()),
            ("clickstreams/2024/01/02/00/fashion-3", some.as_bytes()),
        ],
        expect![[r#"
            clickstreams at s3://lake/clickstreams/: json, None, 3 objects, 5 records
              user_id int, timestamp string, product_id bigint
              by partition_0, partition_1, partition_2, partition_3
              ["2024", "01", "01", "07"] at s3://lake/clickstreams/2024/01/01/07/
              ["2024", "01", "01", "08"] at s3://lake/clickstreams/2024/01/01/08/
              ["2024", "01", "02", "00"] at s3://lake/clickstreams/2024/01/02/00/
        "#]],
    );
}

#[test]
fn json_needs_no_line_breaks_and_keeps_its_shape() {
    check(
        "s3://lake/a",
        &[(
            "a/x",
            br#"{"Id":1,"tags":["a"],"at":{"x":1,"y":2.5}}{"id2":null,"Id":1.5,"tags":[],"at":{"z":true}}"#,
        )],
        expect![[r#"
            a at s3://lake/a/: json, None, 1 objects, 2 records
              id double, tags array<string>, at struct<x:int,y:double,z:boolean>, id2 string
        "#]],
    );
    check(
        "s3://lake/a/",
        &[("a/x.json.gz", &gzip(br#"[{"id":1},{"id":2}]"#))],
        expect![[r#"
            a at s3://lake/a/: json, Gzip, 1 objects, 1 records
              array array<struct<id:int>>
        "#]],
    );
}

#[test]
fn parquet_types_become_hive_types() {
    let point = StructArray::from(vec![(
        Arc::new(Field::new("X", DataType::Int32, true)),
        Arc::new(Int32Array::from(vec![1])) as ArrayRef,
    )]);
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]);
    let price = Decimal128Array::from(vec![100]).with_precision_and_scale(12, 2).expect("fits");
    let body = parquet(vec![
        ("Id", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        ("name", Arc::new(StringArray::from(vec!["a"]))),
        ("day", Arc::new(Date32Array::from(vec![1]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![1]))),
        ("price", Arc::new(price)),
        ("ratio", Arc::new(Float64Array::from(vec![0.5]))),
        ("ok", Arc::new(BooleanArray::from(vec![true]))),
        ("point", Arc::new(point)),
        ("list", Arc::new(list)),
    ]);
    check(
        "s3://lake/transformed/",
        &[("transformed/_SUCCESS", b""), ("transformed/part-0.snappy.parquet", &body)],
        expect![[r#"
            transformed at s3://lake/transformed/: parquet, None, 1 objects, 1 records
              id bigint, name string, day date, at timestamp, price decimal(12,2), ratio double, ok boolean, point struct<x:int>, list array<int>
        "#]],
    );
}

#[test]
fn unlike_folders_are_tables_of_their_own() {
    check(
        "s3://lake/",
        &[
            ("orders/2024/01/01/orders.csv", b"id,total\n1,2\n"),
            ("orders/2024/01/02/orders.csv", b"id,total\n3,4\n"),
            ("users/2024/01/01/users.csv", b"id,name,email,phone\n1,an,a@b,1\n"),
        ],
        expect![[r#"
            orders at s3://lake/orders/: csv ',' header, None, 2 objects, 2 records
              id bigint, total bigint
              by partition_0, partition_1, partition_2
              ["2024", "01", "01"] at s3://lake/orders/2024/01/01/
              ["2024", "01", "02"] at s3://lake/orders/2024/01/02/
            users at s3://lake/users/: csv ',' header, None, 1 objects, 1 records
              id bigint, name string, email string, phone bigint
              by partition_0, partition_1, partition_2
              ["2024", "01", "01"] at s3://lake/users/2024/01/01/
        "#]],
    );
}

#[test]
fn named_folders_name_the_partition_columns_and_later_columns_join_the_table() {
    check(
        "s3://lake/Sales 2024",
        &[
            ("Sales 2024/Year=2024/m=1/a.csv", b"a,b,c,d\n1,x,2,3\n"),
            ("Sales 2024/Year=2024/m=2/a.csv", b"a,b,c,d,e\n1.5,x,2,3,4\n"),
        ],
        expect![[r#"
            sales_2024 at s3://lake/Sales 2024/: csv ',' header, None, 2 objects, 2 records
              a double, b string, c bigint, d bigint, e bigint
              by year, m
              ["2024", "1"] at s3://lake/Sales 2024/Year=2024/m=1/
              ["2024", "2"] at s3://lake/Sales 2024/Year=2024/m=2/
        "#]],
    );
}

#[test]
fn unlike_objects_of_a_folder_are_tables_named_after_the_objects() {
    check(
        "s3://lake/mixed/",
        &[("mixed/a.csv", b"id,total\n1,2\n"), ("mixed/b.json", b"{\"x\":1}"), ("mixed/note.txt", b"hello")],
        expect![[r#"
            a_csv at s3://lake/mixed/a.csv: csv ',' header, None, 1 objects, 1 records
              id bigint, total bigint
            b_json at s3://lake/mixed/b.json: json, None, 1 objects, 1 records
              x int
            note_txt at s3://lake/mixed/note.txt: unknown, None, 1 objects, 0 records
              
        "#]],
    );
}

#[test]
fn exclusions_are_globs_below_the_include_path() {
    let exclusions = Some(vec!["tmp/**".to_owned(), "*.{txt,md}".to_owned(), "[!a]?.csv".to_owned()]);
    check_target(
        S3Target { path: text("s3://lake/in/"), exclusions, ..S3Target::default() },
        &[
            ("in/aa.csv", b"id,total\n1,2\n"),
            ("in/ba.csv", b"id;x;y\n1;2;3\n"),
            ("in/note.txt", b"hello"),
            ("in/tmp/deep/er.json", b"{\"x\":1}"),
        ],
        expect![[r#"
            in at s3://lake/in/: csv ',' header, None, 1 objects, 1 records
              id bigint, total bigint
        "#]],
    );
}

#[test]
fn an_empty_prefix_gives_no_table_and_a_missing_bucket_fails() {
    check("s3://lake/none/", &[("other/x.csv", b"1,2\n3,4\n")], expect![""]);
    check(
        "s3://lost/x/",
        &[],
        expect![[r#"
        failed: The specified bucket does not exist
    "#]],
    );
    check(
        "s3://lake/a/",
        &[("a/x.avro", b"Obj\x01...")],
        expect![[r#"
        failed: wavetank does not read Avro objects: s3://lake/a/x.avro. hint: exclude it from the crawler's target.
    "#]],
    );
}

#[test]
fn an_object_can_be_the_include_path() {
    check(
        "s3://lake/in/event_data.csv",
        &[("in/event_data.csv", b"id,total\n1,2\n"), ("in/event_data.csv.bak", b"{\"x\":1}")],
        expect![[r#"
            in at s3://lake/in/: csv ',' header, None, 1 objects, 1 records
              id bigint, total bigint
        "#]],
    );
}

#[test]
fn records_of_a_long_object_are_estimated_from_its_head() {
    let mut body = b"id,name\n".to_vec();
    for id in 0..200_000 {
        body.extend_from_slice(format!("{:06},user\n", id % 1_000_000).as_bytes());
    }
    let mut memory = Memory::default();
    memory.put("lake", "a/x.csv", Bytes::from(body.clone()));
    memory.put("lake", "b/x.csv.gz", Bytes::from(gzip(&body)));
    let target = |path: &str| S3Target { path: text(path), ..S3Target::default() };
    for path in ["s3://lake/a/", "s3://lake/b/"] {
        let output = look(&memory, &CrawlWork { targets: vec![target(path)] });
        let records = output.tables[0].stats.records;
        assert!((170_000..230_000).contains(&records), "{path}: {records}");
    }
}
