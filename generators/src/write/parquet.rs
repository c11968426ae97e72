//! Parquet from batches that many threads make and one encodes.

use std::io::Write;
use std::num::NonZeroUsize;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{WriteError, Written, in_order};

/// Rows of a row group: what the encoder holds in memory.
const ROW_GROUP_ROWS: usize = 131_072;

/// Writes batches in order as one Parquet file.
pub(crate) fn write_batches(
    schema: SchemaRef,
    threads: NonZeroUsize,
    chunks: u64,
    make: impl Fn(u64) -> RecordBatch + Sync,
    out: impl Write + Send,
) -> Result<Written, WriteError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema, Some(properties))?;
    let mut rows = 0;
    in_order(threads, chunks, make, |batch| {
        rows += batch.num_rows() as u64;
        writer.write(&batch)
    })?;
    writer.finish()?;
    let bytes = writer.bytes_written() as u64;
    Ok(Written { rows, bytes })
}
