//! Parquet: columns found by name, row group by row group, reading only the footer and the chunks of wanted columns.
//!
//! Left out: bloom filters, page indexes, pruning of row groups. Start with `open`, then `read`.

use std::io::Read;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use bytes::{Buf, Bytes};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use crate::error::{ErrorKind, SqlError};
use crate::objects::Counted;
use crate::types::{hive_name, is_integer, is_varchar};

/// Rows of one batch.
const BATCH_ROWS: usize = 8192;

/// An opened file: its footer is read.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) bucket: String,
    pub(crate) key: String,
    size: u64,
    metadata: Arc<ParquetMetaData>,
}

impl Opened {
    pub(crate) fn row_groups(&self) -> usize {
        self.metadata.num_row_groups()
    }
}

/// Reads a file's footer.
///
/// Error: `HIVE_BAD_DATA` when it is no Parquet file.
pub(crate) fn open(objects: &Counted, bucket: &str, key: &str, size: u64) -> Result<Opened, SqlError> {
    let tail = Tail { objects: objects.clone(), bucket: bucket.into(), key: key.into(), size };
    let metadata =
        ParquetMetaDataReader::new().parse_and_finish(&tail).map_err(|e| not_parquet(bucket, key, &e))?;
    Ok(Opened { bucket: bucket.into(), key: key.into(), size, metadata: Arc::new(metadata) })
}

/// Documented: Trino's `HIVE_BAD_DATA: Not valid Parquet file: s3://... expected magic number: PAR1 got: ...`.
fn not_parquet(bucket: &str, key: &str, error: &ParquetError) -> SqlError {
    SqlError::new(ErrorKind::HiveBadData, format!("Not valid Parquet file: s3://{bucket}/{key} ({error})"))
}

/// Reads wanted columns of one row group, as the table declares them; a column the file lacks is NULL.
///
/// Error: `HIVE_BAD_DATA: Field x's type INT64 in parquet file s3://... is incompatible with type double defined in
/// table schema`. Documented: github.com/aws/aws-sdk-pandas/issues/57 and Trino's ParquetPageSource.
pub(crate) fn read(
    objects: &Counted,
    file: &Opened,
    row_group: usize,
    wanted: &[(String, DataType)],
) -> Result<(Vec<Vec<ArrayRef>>, Vec<usize>), SqlError> {
    let descriptor = file.metadata.file_metadata().schema_descr_ptr();
    let roots = descriptor.root_schema().get_fields();
    let places: Vec<Option<usize>> = wanted
        .iter()
        .map(|(name, _)| roots.iter().position(|f| f.name().eq_ignore_ascii_case(name)))
        .collect();
    let mask = ProjectionMask::roots(&descriptor, places.iter().flatten().copied());
    let chunks = fetch(objects, file, row_group, &mask)?;
    let bad = |e: ParquetError| not_parquet(&file.bucket, &file.key, &e);
    let reader =
        ParquetRecordBatchReaderBuilder::new_with_metadata(chunks, as_views(&file.metadata).map_err(bad)?)
            .with_projection(mask)
            .with_row_groups(vec![row_group])
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(bad)?;
    let mut columns: Vec<Vec<ArrayRef>> = Vec::new();
    let mut counts = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| {
            SqlError::new(ErrorKind::HiveBadData, format!("s3://{}/{}: {e}", file.bucket, file.key))
        })?;
        let mut row = Vec::with_capacity(wanted.len());
        for ((name, t), place) in wanted.iter().zip(&places) {
            row.push(match place {
                Some(place) => column(file, &batch, roots[*place].name(), name, t)?,
                None => new_null_array(t, batch.num_rows()),
            });
        }
        counts.push(batch.num_rows());
        columns.push(row);
    }
    Ok((columns, counts))
}

fn column(
    file: &Opened,
    batch: &RecordBatch,
    theirs: &str,
    name: &str,
    t: &DataType,
) -> Result<ArrayRef, SqlError> {
    let array = batch
        .column_by_name(theirs)
        .ok_or_else(|| SqlError::new(ErrorKind::Internal, "a column was not read"))?;
    adapt(array, t).ok_or_else(|| {
        SqlError::new(
            ErrorKind::HiveBadData,
            format!(
                "Field {name}'s type {} in parquet file s3://{}/{} is incompatible with type {} defined in table schema",
                physical_type(file, theirs),
                file.bucket,
                file.key,
                hive_name(t).unwrap_or_else(|| t.to_string())
            ),
        )
    })
}

fn physical_type(file: &Opened, name: &str) -> String {
    let descriptor = file.metadata.file_metadata().schema_descr();
    let found = descriptor.columns().iter().find(|c| c.path().parts().first().is_some_and(|p| p == name));
    found.map_or_else(|| "group".into(), |c| c.physical_type().to_string())
}

/// Asks the reader for text as views, and for nothing else out of the ordinary.
fn as_views(metadata: &Arc<ParquetMetaData>) -> Result<ArrowReaderMetadata, ParquetError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::try_new(metadata.clone(), options.clone())?;
    let fields: Vec<Field> = plain
        .schema()
        .fields()
        .iter()
        .map(|f| match f.data_type() {
            DataType::Utf8 => f.as_ref().clone().with_data_type(DataType::Utf8View),
            _ => f.as_ref().clone(),
        })
        .collect();
    ArrowReaderMetadata::try_new(metadata.clone(), options.with_schema(Arc::new(Schema::new(fields))))
}

/// The array as the table's type, or none when Trino would call the types incompatible.
fn adapt(array: &ArrayRef, t: &DataType) -> Option<ArrayRef> {
    use DataType as T;
    if array.data_type() == t {
        return Some(array.clone());
    }
    let compatible = match (array.data_type(), t) {
        (T::Struct(_), T::Struct(fields)) => {
            let theirs = array.as_struct();
            let columns: Option<Vec<ArrayRef>> = fields
                .iter()
                .map(|f| match theirs.fields().iter().position(|x| x.name().eq_ignore_ascii_case(f.name())) {
                    Some(place) => adapt(theirs.column(place), f.data_type()),
                    None => Some(new_null_array(f.data_type(), theirs.len())),
                })
                .collect();
            let made = StructArray::try_new_with_length(
                fields.clone(),
                columns?,
                theirs.nulls().cloned(),
                theirs.len(),
            );
            return Some(Arc::new(made.ok()?));
        }
        (T::List(_), T::List(field)) => {
            let theirs = array.as_list::<i32>();
            let values = adapt(theirs.values(), field.data_type())?;
            return Some(Arc::new(
                ListArray::try_new(field.clone(), theirs.offsets().clone(), values, theirs.nulls().cloned())
                    .ok()?,
            ));
        }
        (T::Map(..), T::Map(field, _)) => {
            let theirs = array.as_map();
            let entries: ArrayRef = Arc::new(theirs.entries().clone());
            let entries = adapt(&entries, field.data_type())?;
            let made = MapArray::try_new(
                field.clone(),
                theirs.offsets().clone(),
                entries.as_struct().clone(),
                theirs.nulls().cloned(),
                false,
            );
            return Some(Arc::new(made.ok()?));
        }
        (a, b) if is_integer(a) && is_integer(b) => true,
        (T::Float32, T::Float64) => true,
        (T::Decimal128(..) | T::Decimal256(..) | T::Decimal64(..) | T::Decimal32(..), T::Decimal128(..)) => {
            true
        }
        (a, T::Decimal128(..)) if is_integer(a) => true,
        (T::Timestamp(..), T::Timestamp(..)) => true,
        (T::Utf8 | T::Utf8View | T::LargeUtf8 | T::Binary | T::BinaryView, b) if is_varchar(b) => true,
        (T::Utf8 | T::Utf8View | T::Binary | T::BinaryView | T::FixedSizeBinary(_), T::Binary) => true,
        (T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64, b) if is_integer(b) => true,
        _ => false,
    };
    if !compatible {
        return None;
    }
    // A value that does not fit the declared type is an error, never another value.
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let source = match array.data_type() {
        // An instant is stored; Athena shows its UTC wall clock.
        T::Timestamp(unit, Some(_)) => cast_with_options(array, &T::Timestamp(*unit, None), &strict).ok()?,
        _ => array.clone(),
    };
    cast_with_options(&source, t, &strict).ok()
}

/// The end of a file, for its footer.
struct Tail {
    objects: Counted,
    bucket: String,
    key: String,
    size: u64,
}

impl Length for Tail {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Tail {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(self.get_bytes(start, (self.size - start.min(self.size)) as usize)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let range = start..start.saturating_add(length as u64).min(self.size);
        self.objects
            .get_range(&self.bucket, &self.key, range)
            .map_err(|e| ParquetError::External(Box::new(e)))
    }
}

/// The wanted column chunks of one row group, in memory.
struct Chunks {
    size: u64,
    pieces: Vec<(u64, Bytes)>,
}

fn fetch(
    objects: &Counted,
    file: &Opened,
    row_group: usize,
    mask: &ProjectionMask,
) -> Result<Chunks, SqlError> {
    let mut pieces = Vec::new();
    for (i, column) in file.metadata.row_group(row_group).columns().iter().enumerate() {
        if !mask.leaf_included(i) {
            continue;
        }
        let (start, length) = column.byte_range();
        pieces.push((start, objects.get_range(&file.bucket, &file.key, start..start + length)?));
    }
    Ok(Chunks { size: file.size, pieces })
}

impl Chunks {
    fn from(&self, start: u64) -> parquet::errors::Result<Bytes> {
        let found = self.pieces.iter().find(|(at, bytes)| *at <= start && start < at + bytes.len() as u64);
        let (at, bytes) = found.ok_or_else(|| ParquetError::EOF(format!("byte {start} was not fetched")))?;
        Ok(bytes.slice((start - at) as usize..))
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Chunks {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(Box::new(self.from(start)?.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let rest = self.from(start)?;
        if rest.len() < length {
            return Err(ParquetError::EOF(format!("{length} bytes wanted at {start}, {} there", rest.len())));
        }
        Ok(rest.slice(..length))
    }
}
