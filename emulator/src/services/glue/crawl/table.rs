//! A found table as the catalog has it: parameters, storage descriptor, formats and SerDe.
//!
//! Recorded: tables that crawlers made, as people published their `SHOW CREATE TABLE` (2019 to 2025): the names and
//! values of the parameters, `paths` in alphabetical order, partition columns of type `string`.
//! Assumed: `NumberOfBuckets` -1, `Owner` `owner`.

use std::collections::BTreeMap;

use wavetank_wire::glue::{Column, PartitionInput, SerDeInfo, StorageDescriptor, TableInput};

use super::schema::{Compression, Format, Schema, Stats};
use super::{FoundPartition, FoundTable};

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
const PARQUET_INPUT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
const PARQUET_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat";
const CSV_SERDE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const JSON_SERDE: &str = "org.openx.data.jsonserde.JsonSerDe";
const PARQUET_SERDE: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";

/// Who made a table, in which crawl.
#[derive(Clone, Copy, Debug)]
pub(in crate::services::glue) struct CrawlMark<'a> {
    pub(in crate::services::glue) crawler: &'a str,
    pub(in crate::services::glue) crawl_id: &'a str,
    /// Whether the crawler's configuration asks for an index over the partitions.
    pub(in crate::services::glue) partition_index: bool,
}

/// The table's definition under this name.
pub(in crate::services::glue) fn table_input(
    name: &str,
    table: &FoundTable,
    mark: CrawlMark<'_>,
) -> TableInput {
    let mut parameters = parameters(&table.schema, table.stats, mark);
    if mark.partition_index && !table.partition_keys.is_empty() {
        parameters.insert("partition_filtering.enabled".to_owned(), "true".to_owned());
    }
    let key =
        |name: &String| Column { name: name.clone(), r#type: Some("string".to_owned()), ..Column::default() };
    TableInput {
        name: name.to_owned(),
        owner: Some("owner".to_owned()),
        retention: Some(0),
        storage_descriptor: Some(descriptor(&table.schema, &table.location, parameters.clone())),
        partition_keys: Some(table.partition_keys.iter().map(key).collect()),
        table_type: Some("EXTERNAL_TABLE".to_owned()),
        parameters: Some(parameters),
        ..TableInput::default()
    }
}

/// The partition's definition.
pub(in crate::services::glue) fn partition_input(
    partition: &FoundPartition,
    mark: CrawlMark<'_>,
) -> PartitionInput {
    let parameters = parameters(&partition.schema, partition.stats, mark);
    PartitionInput {
        values: Some(partition.values.clone()),
        storage_descriptor: Some(descriptor(&partition.schema, &partition.location, parameters.clone())),
        parameters: Some(parameters),
        ..PartitionInput::default()
    }
}

fn parameters(schema: &Schema, stats: Stats, mark: CrawlMark<'_>) -> BTreeMap<String, String> {
    let classification = match schema.format {
        Format::Csv(_) => "csv",
        Format::Json => "json",
        Format::Parquet => "parquet",
        Format::Unknown => "UNKNOWN",
    };
    let compression = match schema.compression {
        Compression::None => "none",
        Compression::Gzip => "gzip",
    };
    let mut out: BTreeMap<String, String> = [
        ("CRAWL_RUN_ID", mark.crawl_id),
        ("CrawlerSchemaDeserializerVersion", "1.0"),
        ("CrawlerSchemaSerializerVersion", "1.0"),
        ("UPDATED_BY_CRAWLER", mark.crawler),
        ("classification", classification),
        ("compressionType", compression),
        ("typeOfData", "file"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, count) in [
        ("averageRecordSize", stats.average_record_bytes()),
        ("objectCount", stats.objects),
        ("recordCount", stats.records),
        ("sizeKey", stats.bytes),
    ] {
        out.insert(name.to_owned(), count.to_string());
    }
    if let Format::Csv(shape) = schema.format {
        out.insert("areColumnsQuoted".to_owned(), shape.quoted.to_string());
        out.insert("columnsOrdered".to_owned(), "true".to_owned());
        out.insert("delimiter".to_owned(), shape.delimiter.to_string());
        if shape.header {
            out.insert("skip.header.line.count".to_owned(), "1".to_owned());
        }
    }
    out
}

fn descriptor(schema: &Schema, location: &str, parameters: BTreeMap<String, String>) -> StorageDescriptor {
    let one = |name: &str, value: String| BTreeMap::from([(name.to_owned(), value)]);
    let (input, output, serde, serde_parameters) = match schema.format {
        Format::Csv(shape) => {
            (TEXT_INPUT, TEXT_OUTPUT, CSV_SERDE, one("field.delim", shape.delimiter.to_string()))
        }
        Format::Json => {
            let mut paths: Vec<&str> = schema.columns.iter().map(|column| column.source.as_str()).collect();
            paths.sort_unstable();
            (TEXT_INPUT, TEXT_OUTPUT, JSON_SERDE, one("paths", paths.join(",")))
        }
        Format::Parquet => {
            (PARQUET_INPUT, PARQUET_OUTPUT, PARQUET_SERDE, one("serialization.format", "1".to_owned()))
        }
        Format::Unknown => ("", "", "", BTreeMap::new()),
    };
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let columns = schema.columns.iter().map(|column| Column {
        name: column.name.clone(),
        r#type: Some(column.hive.to_string()),
        ..Column::default()
    });
    StorageDescriptor {
        columns: Some(columns.collect()),
        location: Some(location.to_owned()),
        input_format: text(input),
        output_format: text(output),
        compressed: Some(schema.compression != Compression::None),
        number_of_buckets: Some(-1),
        serde_info: Some(SerDeInfo {
            serialization_library: text(serde),
            parameters: Some(serde_parameters),
            ..SerDeInfo::default()
        }),
        bucket_columns: Some(Vec::new()),
        sort_columns: Some(Vec::new()),
        parameters: Some(parameters),
        stored_as_sub_directories: Some(false),
        ..StorageDescriptor::default()
    }
}
