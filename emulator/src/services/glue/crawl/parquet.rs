//! The Parquet classifier: the schema in the footer.
//!
//! Documented: docs.aws.amazon.com/glue/latest/dg/add-classifier.html (read 2026-11-29). Assumed: how types without a Hive
//! twin are written (unsigned numbers widen, times of day are `bigint`).

use ::parquet::arrow::parquet_to_arrow_schema;
use ::parquet::file::metadata::ParquetMetaDataReader;
use arrow::datatypes::{DataType, Field};
use bytes::Bytes;

use super::csv::named;
use super::hive::Hive;
use super::schema::FoundColumn;

/// Columns, records, and bytes of the records before compression. None if the footer cannot be read.
pub(super) fn look(content: &Bytes) -> Option<(Vec<FoundColumn>, u64, u64)> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(content).ok()?;
    let file = metadata.file_metadata();
    // What a writer says of its own types beyond Parquet's is not looked at, as Glue does not.
    let schema = parquet_to_arrow_schema(file.schema_descr(), None).ok()?;
    let columns = schema.fields().iter().map(|field| FoundColumn {
        name: String::new(),
        source: field.name().clone(),
        hive: hive(field.data_type()),
    });
    let records = u64::try_from(file.num_rows()).unwrap_or(0);
    let bytes = metadata.row_groups().iter().map(|group| u64::try_from(group.total_byte_size()).unwrap_or(0));
    Some((named(columns.collect()), records, bytes.fold(0, u64::saturating_add)))
}

fn hive(data_type: &DataType) -> Hive {
    match data_type {
        DataType::Null => Hive::Null,
        DataType::Boolean => Hive::Boolean,
        DataType::Int8 => Hive::TinyInt,
        DataType::Int16 | DataType::UInt8 => Hive::SmallInt,
        DataType::Int32 | DataType::UInt16 => Hive::Int,
        DataType::Int64 | DataType::UInt32 => Hive::BigInt,
        DataType::UInt64 => Hive::Decimal(20, 0),
        DataType::Float16 | DataType::Float32 => Hive::Float,
        DataType::Float64 => Hive::Double,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => Hive::Decimal(*precision, *scale),
        DataType::Date32 | DataType::Date64 => Hive::Date,
        DataType::Timestamp(_, _) => Hive::Timestamp,
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) | DataType::Interval(_) => {
            Hive::BigInt
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Hive::String,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            Hive::Binary
        }
        DataType::List(entry)
        | DataType::LargeList(entry)
        | DataType::ListView(entry)
        | DataType::LargeListView(entry)
        | DataType::FixedSizeList(entry, _) => Hive::Array(Box::new(hive(entry.data_type()))),
        DataType::Struct(fields) => Hive::Struct(fields.iter().map(|field| named_type(field)).collect()),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                Hive::Map(Box::new(hive(pair[0].data_type())), Box::new(hive(pair[1].data_type())))
            }
            other => hive(other),
        },
        DataType::Dictionary(_, value) => hive(value),
        DataType::RunEndEncoded(_, value) => hive(value.data_type()),
        DataType::Union(_, _) => Hive::String,
    }
}

fn named_type(field: &Field) -> (String, Hive) {
    (field.name().to_lowercase(), hive(field.data_type()))
}
