//! Parquet and ORC by a table of the Glue catalog, and what does not fit it.

use arrow::util::pretty::pretty_format_batches;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orc_rust::ArrowReaderBuilder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use wavetank_wire::glue;

use super::*;

pub(super) fn parquet() -> Serializer {
    Serializer { parquet_ser_de: Some(ParquetSerDe::default()), orc_ser_de: None }
}

fn orc() -> Serializer {
    Serializer { parquet_ser_de: None, orc_ser_de: Some(OrcSerDe::default()) }
}

pub(super) fn conversion(serializer: Serializer) -> DataFormatConversionConfiguration {
    let mappings = BTreeMap::from([("ts".to_owned(), "timestamp".to_owned())]);
    let openx = OpenXJsonSerDe {
        convert_dots_in_json_keys_to_underscores: Some(true),
        case_insensitive: None,
        column_to_json_key_mappings: Some(mappings),
    };
    let deserializer = Deserializer { open_x_json_ser_de: Some(openx), hive_json_ser_de: None };
    DataFormatConversionConfiguration {
        schema_configuration: Some(SchemaConfiguration {
            role_arn: Some(ROLE.to_owned()),
            database_name: Some("base".to_owned()),
            table_name: Some("rows".to_owned()),
            ..SchemaConfiguration::default()
        }),
        input_format_configuration: Some(InputFormatConfiguration { deserializer: Some(deserializer) }),
        output_format_configuration: Some(OutputFormatConfiguration { serializer: Some(serializer) }),
        enabled: Some(true),
    }
}

async fn tank_of(conversion: DataFormatConversionConfiguration, columns: &[(&str, &str)]) -> Tank {
    let tank = tank_with(ExtendedS3DestinationConfiguration {
        data_format_conversion_configuration: Some(conversion),
        ..lake()
    })
    .await;
    table(&tank, columns).await;
    tank
}

async fn table(tank: &Tank, columns: &[(&str, &str)]) {
    let database = glue::CreateDatabaseInput {
        database_input: glue::DatabaseInput { name: "base".to_owned(), ..Default::default() },
        ..Default::default()
    };
    ask::<glue::CreateDatabase>(tank, database).await.unwrap();
    let column = |(name, kind): &(&str, &str)| glue::Column {
        name: (*name).to_owned(),
        r#type: Some((*kind).to_owned()),
        ..Default::default()
    };
    let storage =
        glue::StorageDescriptor { columns: Some(columns.iter().map(column).collect()), ..Default::default() };
    let table = glue::CreateTableInput {
        database_name: "base".to_owned(),
        table_input: Some(glue::TableInput {
            name: "rows".to_owned(),
            storage_descriptor: Some(storage),
            ..Default::default()
        }),
        ..Default::default()
    };
    ask::<glue::CreateTable>(tank, table).await.unwrap();
}

/// The rows of every file, and each document as its code and raw data.
async fn outcome(tank: &Tank) -> String {
    wait(tank, 300).await;
    let mut out = String::new();
    for (key, body) in objects(tank, "lake") {
        if key.contains("format-conversion-failed/") {
            for line in String::from_utf8_lossy(&body).lines() {
                let document: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(document["dataCatalogTable"]["tableName"], "rows");
                let raw = STANDARD.decode(document["rawData"].as_str().unwrap()).unwrap();
                let code = document["lastErrorCode"].as_str().unwrap();
                out.push_str(&format!("{code} {}\n", String::from_utf8_lossy(&raw)));
            }
            continue;
        }
        let batches: Vec<arrow::array::RecordBatch> = if key.ends_with(".parquet") {
            ParquetRecordBatchReaderBuilder::try_new(body)
                .unwrap()
                .build()
                .unwrap()
                .map(Result::unwrap)
                .collect()
        } else {
            assert!(key.ends_with(".orc"), "{key}");
            ArrowReaderBuilder::try_new(body).unwrap().build().map(Result::unwrap).collect()
        };
        out.push_str(&pretty_format_batches(&batches).unwrap().to_string());
        out.push('\n');
    }
    out
}

#[tokio::test]
async fn json_becomes_parquet_by_the_tables_columns_and_what_does_not_fit_a_document() {
    let columns = [
        ("id", "int"),
        ("price", "decimal(8,2)"),
        ("ts", "timestamp"),
        ("day", "date"),
        ("a_b", "double"),
        ("tags", "array<string>"),
        ("more", "struct<x:bigint,flags:map<string,boolean>>"),
    ];
    let tank = tank_of(conversion(parquet()), &columns).await;
    put(
        &tank,
        &[
            r#"{"ID":1,"Price":12.345,"timestamp":"2026-01-05 10:00:00.5","day":"2026-01-05","a.b":0.5,
                "tags":["u",3],"more":{"x":"7","flags":{"on":true}}}{"id":2,"timestamp":1518033528123}"#,
            r#"{"id":"x"}"#,
            "{broken",
            "[1]",
        ],
    )
    .await;
    let expected = "\
DataFormatConversion.MalformedData {\"id\":\"x\"}
DataFormatConversion.ParseError {broken
DataFormatConversion.MalformedData [1]
";
    let found = outcome(&tank).await;
    assert!(found.contains(expected), "{found}");
    let rows: Vec<&str> = found.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 3, "{found}");
    let cells = |row: &str| {
        row.split('|').map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(
        cells(rows[1]),
        ["1", "12.35", "2026-01-05T10:00:00.500", "2026-01-05", "0.5", "[u, 3]", "{x: 7, flags: {on: true}}"]
    );
    assert_eq!(cells(rows[2]), ["2", "2018-02-07T19:58:48.123"]);
}

#[tokio::test]
async fn json_becomes_orc_with_decimals_and_nested_types() {
    let tank = tank_of(conversion(orc()), &[("id", "bigint"), ("name", "string")]).await;
    put(&tank, &[r#"{"id":1,"name":"a"}"#, r#"{"id":2}"#]).await;
    let found = outcome(&tank).await;
    assert!(found.contains("| 1  | a    |") && found.contains("| 2  |      |"), "{found}");
    let columns = [("price", "decimal(8,2)"), ("tags", "array<int>"), ("more", "struct<x:map<string,int>>")];
    let tank = tank_of(conversion(orc()), &columns).await;
    put(&tank, &[r#"{"price":"12.345","tags":[1,null],"more":{"x":{"a":2}}}"#, r#"{"tags":[]}"#]).await;
    let found = outcome(&tank).await;
    assert!(found.contains("| 12.35 | [1, ] | {x: {a: 2}} |"), "{found}");
}

#[tokio::test]
async fn the_hive_deserializer_is_strict_and_reads_timestamps_by_its_formats() {
    let mut said = conversion(parquet());
    let formats = vec!["millis".to_owned(), "dd/MM/yyyy HH:mm".to_owned()];
    let hive = HiveJsonSerDe { timestamp_formats: Some(formats) };
    said.input_format_configuration = Some(InputFormatConfiguration {
        deserializer: Some(Deserializer { open_x_json_ser_de: None, hive_json_ser_de: Some(hive) }),
    });
    let tank = tank_of(said, &[("n", "int"), ("at", "timestamp")]).await;
    put(&tank, &[r#"{"n":1,"at":"05/01/2026 10:30"}"#, r#"{"n":2,"at":1767571200000}"#, r#"{"n":"3"}"#])
        .await;
    let found = outcome(&tank).await;
    assert!(found.contains("DataFormatConversion.MalformedData {\"n\":\"3\"}"), "{found}");
    assert!(found.contains("2026-01-05T10:30:00") && found.contains("2026-01-05T00:00:00"), "{found}");
}

#[tokio::test]
async fn without_the_table_every_record_is_a_document() {
    let said = conversion(parquet());
    let tank = tank_with(ExtendedS3DestinationConfiguration {
        data_format_conversion_configuration: Some(said),
        ..lake()
    })
    .await;
    put(&tank, &["{}"]).await;
    assert_eq!(outcome(&tank).await, "DataFormatConversion.EntityNotFound {}\n");
}

#[tokio::test]
async fn documents_of_a_conversion_are_tried_for_ever_and_hold_up_what_comes_after_them() {
    let tank = Tank::builder().build();
    let said = conversion(parquet());
    let lake =
        ExtendedS3DestinationConfiguration { data_format_conversion_configuration: Some(said), ..lake() };
    make(&tank, input("s", lake)).await;
    table(&tank, &[("id", "int")]).await;
    put(&tank, &["{broken"]).await;
    wait(&tank, 300).await;
    put(&tank, &[r#"{"id":1}"#]).await;
    // Far longer than S3 is tried for anything else.
    wait(&tank, 48 * 3_600).await;
    bucket(&tank, "lake");
    let found = outcome(&tank).await;
    assert!(found.contains("DataFormatConversion.ParseError {broken"), "{found}");
    assert!(found.contains("| 1  |"), "{found}");
}
