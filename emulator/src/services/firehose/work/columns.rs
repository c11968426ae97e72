//! Records converted to one Parquet or ORC file by a table of the Glue catalog.
//!
//! A record may hold several documents, one after the other; one that does not fit the table fails, and the others go on.
//! Left out: bloom filters, padding, the Parquet block size. ORC is written by `orc.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression as ParquetCompression;
use parquet::file::properties::{WriterProperties, WriterVersion};
use serde_json::Value;

use super::super::java_time::Pattern;
use super::cell::{Cell, row};
use super::hive_type::HiveType;
use super::orc;
use super::{Done, Failed, Record};

/// How records are read and written.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Conversion {
    pub(in super::super) catalog: Option<String>,
    pub(in super::super) database: String,
    pub(in super::super) table: String,
    pub(in super::super) region: Option<String>,
    /// None for the latest.
    pub(in super::super) version: Option<String>,
    pub(in super::super) deserializer: Deserializer,
    pub(in super::super) serializer: Serializer,
}

/// How JSON is read.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Deserializer {
    OpenX {
        dots_to_underscores: bool,
        case_insensitive: bool,
        mappings: BTreeMap<String, String>,
    },
    /// A format is none for `millis`.
    Hive {
        formats: Vec<Option<Pattern>>,
    },
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Serializer {
    Parquet(ParquetOptions),
    Orc(OrcOptions),
}

/// See the service model's `ParquetSerDe`.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct ParquetOptions {
    pub(in super::super) compression: String,
    pub(in super::super) page_bytes: Option<usize>,
    pub(in super::super) dictionary: bool,
    pub(in super::super) version_2: bool,
}

/// See the service model's `OrcSerDe`.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct OrcOptions {
    pub(in super::super) compression: String,
    pub(in super::super) stripe_bytes: Option<usize>,
}

/// A table of the catalog, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct Table {
    /// Names and types, without the partition keys.
    pub(in super::super) columns: Vec<(String, String)>,
    pub(in super::super) version: String,
}

/// Records that become one file.
#[derive(Clone, Debug)]
pub(in super::super) struct Columns {
    pub(in super::super) records: Arc<Vec<Record>>,
    pub(in super::super) conversion: Arc<Conversion>,
    pub(in super::super) table: Arc<Table>,
}

pub(in super::super) const INVALID_SCHEMA: &str = "DataFormatConversion.InvalidSchema";
const PARSE_ERROR: &str = "DataFormatConversion.ParseError";
const MALFORMED: &str = "DataFormatConversion.MalformedData";

impl Columns {
    pub(super) fn run(self) -> Done {
        let types = match self.types() {
            Ok(types) => types,
            Err(why) => return self.all_failed(&why),
        };
        let mut columns: Vec<Vec<Cell>> = vec![Vec::new(); types.len()];
        let mut failed = Vec::new();
        for record in self.records.iter() {
            match self.rows(&types, record) {
                Ok(rows) => {
                    for row in rows {
                        columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
                    }
                }
                Err((code, message)) => failed.push(Failed { record: record.clone(), code, message }),
            }
        }
        if columns.first().is_none_or(Vec::is_empty) {
            return Done::Columns { body: None, failed };
        }
        match self.file(&types, &columns) {
            Ok(body) => Done::Columns { body: Some(body.into()), failed },
            Err(why) => self.all_failed(&why),
        }
    }

    fn all_failed(&self, why: &str) -> Done {
        let failed = |record: &Record| Failed {
            record: record.clone(),
            code: INVALID_SCHEMA,
            message: why.to_owned(),
        };
        Done::Columns { body: None, failed: self.records.iter().map(failed).collect() }
    }

    fn types(&self) -> Result<Vec<(String, HiveType)>, String> {
        let mut types = Vec::new();
        for (name, kind) in &self.table.columns {
            let parsed = HiveType::parse(kind)
                .map_err(|at| format!("The type {kind} of {name} is not understood at {at}"))?;
            types.push((name.clone(), parsed));
        }
        if types.is_empty() { Err("The table has no columns".to_owned()) } else { Ok(types) }
    }

    /// The rows of one record: all of its documents, or none.
    fn rows(
        &self,
        types: &[(String, HiveType)],
        record: &Record,
    ) -> Result<Vec<Vec<Cell>>, (&'static str, String)> {
        let mut rows = Vec::new();
        for document in serde_json::Deserializer::from_slice(&record.data).into_iter::<Value>() {
            match document {
                Ok(Value::Object(document)) => {
                    let cells = row(&self.conversion.deserializer, types, &document);
                    rows.push(cells.map_err(|why| (MALFORMED, why))?);
                }
                Ok(_) => {
                    return Err((MALFORMED, "Data does not match the schema: not a JSON object".to_owned()));
                }
                Err(why) => return Err((PARSE_ERROR, format!("Encountered malformed JSON. {why}"))),
            }
        }
        if rows.is_empty() {
            Err((PARSE_ERROR, "Encountered malformed JSON. No document".to_owned()))
        } else {
            Ok(rows)
        }
    }

    fn file(&self, types: &[(String, HiveType)], columns: &[Vec<Cell>]) -> Result<Bytes, String> {
        match &self.conversion.serializer {
            Serializer::Parquet(options) => {
                let batch = batch(types, columns)?;
                let mut out = Vec::new();
                let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(options.properties()))
                    .map_err(|why| why.to_string())?;
                writer.write(&batch).map_err(|why| why.to_string())?;
                writer.close().map_err(|why| why.to_string())?;
                Ok(out.into())
            }
            Serializer::Orc(options) => {
                let compression = match options.compression.as_str() {
                    "ZLIB" => orc::Compression::Zlib,
                    "NONE" => orc::Compression::None,
                    _ => orc::Compression::Snappy,
                };
                let stripe_bytes = options.stripe_bytes.unwrap_or(orc::STRIPE_BYTES_DEFAULT);
                let raw_bytes = self.records.iter().map(|record| record.data.len()).sum();
                orc::File { types, columns, compression, stripe_bytes, raw_bytes }.write()
            }
        }
    }
}

/// The columns as Arrow has them.
pub(super) fn batch(types: &[(String, HiveType)], columns: &[Vec<Cell>]) -> Result<RecordBatch, String> {
    let schema = Arc::new(Schema::new(HiveType::fields(types)));
    let arrays = types.iter().zip(columns).map(|((_, kind), cells)| {
        let cells: Vec<&Cell> = cells.iter().collect();
        array(kind, &cells)
    });
    let arrays: Vec<ArrayRef> = arrays.collect::<Result<_, String>>()?;
    RecordBatch::try_new(schema, arrays).map_err(|why| why.to_string())
}

impl ParquetOptions {
    fn properties(&self) -> WriterProperties {
        let compression = match self.compression.as_str() {
            "UNCOMPRESSED" => ParquetCompression::UNCOMPRESSED,
            "GZIP" => ParquetCompression::GZIP(Default::default()),
            _ => ParquetCompression::SNAPPY,
        };
        let version = if self.version_2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
        let mut properties = WriterProperties::builder()
            .set_compression(compression)
            .set_dictionary_enabled(self.dictionary)
            .set_writer_version(version)
            .set_created_by("wavetank".to_owned());
        if let Some(bytes) = self.page_bytes {
            properties = properties.set_data_page_size_limit(bytes);
        }
        properties.build()
    }
}

/// Cells of one type as an array. Cells that do not fit are our bug, and said so.
fn array(kind: &HiveType, cells: &[&Cell]) -> Result<ArrayRef, String> {
    let whole = || cells.iter().map(|cell| if let Cell::Whole(number) = cell { Some(*number) } else { None });
    let double =
        || cells.iter().map(|cell| if let Cell::Double(number) = cell { Some(*number) } else { None });
    let text =
        || cells.iter().map(|cell| if let Cell::Text(text) = cell { Some(text.as_str()) } else { None });
    let nulls = || NullBuffer::from(cells.iter().map(|cell| **cell != Cell::Null).collect::<Vec<bool>>());
    Ok(match kind {
        HiveType::Boolean => {
            let flag = |cell: &&Cell| if let Cell::Boolean(flag) = cell { Some(*flag) } else { None };
            Arc::new(cells.iter().map(flag).collect::<BooleanArray>())
        }
        HiveType::TinyInt => Arc::new(whole().map(|n| n.map(|n| n as i8)).collect::<Int8Array>()),
        HiveType::SmallInt => Arc::new(whole().map(|n| n.map(|n| n as i16)).collect::<Int16Array>()),
        HiveType::Int => Arc::new(whole().map(|n| n.map(|n| n as i32)).collect::<Int32Array>()),
        HiveType::BigInt => Arc::new(whole().collect::<Int64Array>()),
        HiveType::Float => Arc::new(double().map(|n| n.map(|n| n as f32)).collect::<Float32Array>()),
        HiveType::Double => Arc::new(double().collect::<Float64Array>()),
        HiveType::Text => Arc::new(text().collect::<StringArray>()),
        HiveType::Binary => Arc::new(text().map(|text| text.map(str::as_bytes)).collect::<BinaryArray>()),
        HiveType::Timestamp => Arc::new(whole().collect::<TimestampMicrosecondArray>()),
        HiveType::Date => Arc::new(whole().map(|n| n.map(|n| n as i32)).collect::<Date32Array>()),
        HiveType::Decimal { precision, scale } => {
            let unscaled = |cell: &&Cell| if let Cell::Decimal(number) = cell { Some(*number) } else { None };
            let numbers = cells.iter().map(unscaled).collect::<Decimal128Array>();
            Arc::new(numbers.with_precision_and_scale(*precision, *scale).map_err(|why| why.to_string())?)
        }
        HiveType::Array(entry) => {
            let of = |cell: &&Cell| if let Cell::Array(entries) = cell { entries.len() } else { 0 };
            let offsets = OffsetBuffer::from_lengths(cells.iter().map(of));
            let inner = cells
                .iter()
                .filter_map(|cell| if let Cell::Array(entries) = cell { Some(entries) } else { None });
            let inner: Vec<&Cell> = inner.flatten().collect();
            let values = array(entry, &inner)?;
            let made = ListArray::try_new(entry.entry_field(), offsets, values, Some(nulls()));
            Arc::new(made.map_err(|why| why.to_string())?)
        }
        HiveType::Map(key, value) => {
            let of = |cell: &&Cell| if let Cell::Map(entries) = cell { entries.len() } else { 0 };
            let offsets = OffsetBuffer::from_lengths(cells.iter().map(of));
            let inner = cells
                .iter()
                .filter_map(|cell| if let Cell::Map(entries) = cell { Some(entries) } else { None });
            let (keys, values): (Vec<&Cell>, Vec<&Cell>) =
                inner.flatten().map(|(key, value)| (key, value)).unzip();
            let arrays = vec![array(key, &keys)?, array(value, &values)?];
            let entries = StructArray::try_new(HiveType::map_fields(key, value), arrays, None);
            let field = Arc::new(HiveType::map_entries(key, value));
            let made =
                entries.and_then(|entries| MapArray::try_new(field, offsets, entries, Some(nulls()), false));
            Arc::new(made.map_err(|why| why.to_string())?)
        }
        HiveType::Struct(fields) => structure(fields, cells, nulls())?,
    })
}

fn structure(fields: &[(String, HiveType)], cells: &[&Cell], nulls: NullBuffer) -> Result<ArrayRef, String> {
    let mut arrays = Vec::new();
    for (at, (_, kind)) in fields.iter().enumerate() {
        let inner =
            cells.iter().map(|cell| if let Cell::Struct(cells) = cell { &cells[at] } else { &Cell::Null });
        arrays.push(array(kind, &inner.collect::<Vec<&Cell>>())?);
    }
    let made = StructArray::try_new(HiveType::fields(fields), arrays, Some(nulls));
    Ok(Arc::new(made.map_err(|why| why.to_string())?))
}
