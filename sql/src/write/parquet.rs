//! Parquet files. The same rows give the same bytes.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression as Codec, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::{ErrorKind, SqlError};
use crate::write::Compression;

pub(super) fn encode(batches: &[RecordBatch], compression: Compression) -> Result<Bytes, SqlError> {
    let failed = |e: parquet::errors::ParquetError| SqlError::new(ErrorKind::Internal, e.to_string());
    let Some(first) = batches.first() else { return Ok(Bytes::new()) };
    let codec = match compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Gzip => Codec::GZIP(GzipLevel::default()),
        Compression::Snappy => Codec::SNAPPY,
        Compression::Zstd => Codec::ZSTD(ZstdLevel::default()),
    };
    // The version of a library must not change the bytes of a lake.
    let properties =
        WriterProperties::builder().set_compression(codec).set_created_by("wavetank".into()).build();
    let schema = plain_schema(&first.schema());
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer =
        ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options).map_err(failed)?;
    for batch in batches {
        let columns: Result<Vec<ArrayRef>, _> =
            batch.columns().iter().zip(schema.fields()).map(|(c, f)| cast(c, f.data_type())).collect();
        writer.write(&RecordBatch::try_new(schema.clone(), columns?)?).map_err(failed)?;
    }
    Ok(writer.into_inner().map_err(failed)?.into())
}

/// Text views become plain text; an instant with a zone is stored as its UTC instant.
fn plain_schema(schema: &Schema) -> SchemaRef {
    let plain = |f: &Field| match f.data_type() {
        DataType::Utf8View => Field::new(f.name(), DataType::Utf8, true),
        other => Field::new(f.name(), other.clone(), true),
    };
    Arc::new(Schema::new(schema.fields().iter().map(|f| plain(f)).collect::<Vec<_>>()))
}
