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

/// A Parquet file that is being written.
pub(crate) struct Writer<W: Write + Send> {
    inner: ArrowWriter<W>,
    rows: u64,
}

impl<W: Write + Send> Writer<W> {
    pub(crate) fn open(schema: SchemaRef, out: W) -> Result<Self, WriteError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        Ok(Self { inner: ArrowWriter::try_new(out, schema, Some(properties))?, rows: 0 })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        self.rows += batch.num_rows() as u64;
        Ok(self.inner.write(batch)?)
    }

    pub(crate) fn finish(mut self) -> Result<Written, WriteError> {
        self.inner.finish()?;
        Ok(Written { rows: self.rows, bytes: self.inner.bytes_written() as u64 })
    }
}

/// Writes batches in order as one Parquet file.
pub(crate) fn write_batches(
    schema: SchemaRef,
    threads: NonZeroUsize,
    chunks: u64,
    make: impl Fn(u64) -> RecordBatch + Sync,
    out: impl Write + Send,
) -> Result<Written, WriteError> {
    let mut writer = Writer::open(schema, out)?;
    in_order(threads, chunks, make, |batch| writer.write(&batch))?;
    writer.finish()
}
