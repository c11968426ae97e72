//! Rows of one table as one Parquet file, batch by batch.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

/// Rows of one batch.
pub(super) const BATCH_ROWS: usize = 8_192;

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("Parquet cannot be written: {0}")]
pub struct FileError(#[from] ParquetError);

/// A file that grows.
pub(super) struct File {
    writer: ArrowWriter<Vec<u8>>,
    rows: u64,
}

impl File {
    pub(super) fn new(schema: SchemaRef) -> Result<Self, FileError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        Ok(Self { writer: ArrowWriter::try_new(Vec::new(), schema, Some(properties))?, rows: 0 })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), FileError> {
        self.rows += batch.num_rows() as u64;
        Ok(self.writer.write(batch)?)
    }

    /// The whole file. Nothing if it has no rows.
    pub(super) fn end(self) -> Result<Option<Bytes>, FileError> {
        let (rows, file) = (self.rows, self.writer.into_inner()?);
        Ok((rows > 0).then(|| Bytes::from(file)))
    }
}
