//! Objects of S3 as a table's items: DynamoDB JSON and CSV, plain, gzip or zstd.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html and S3DataImport.Validation.html
//! (read in search excerpts 2026-11-28). Recorded: what a line that is no JSON or no item counts for, ack-api-quirks, import.md.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::json;
use crate::services::dynamodb::limits::ITEM_BYTES_MAX;
use crate::services::dynamodb::table::{KeySchema, RowKey, Rows};
use crate::services::dynamodb::value::{AttributeValue, Item, KeyValue, Packed, Type};

/// Bytes that one object may have when it is unpacked: a small object that unpacks to more is not read further.
const UNPACKED_BYTES_MAX: u64 = 2 << 30;
/// Errors that are told one by one; all are counted.
const ERRORS_TOLD_MAX: usize = 10_000;

/// How objects are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// How CSV is read.
#[derive(Clone, Debug)]
pub(in super::super) struct Csv {
    pub(in super::super) delimiter: u8,
    /// The names of the columns; from each object's first line if there are none.
    pub(in super::super) header: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
pub(in super::super) enum Format {
    DynamoDbJson,
    Csv(Csv),
}

/// Where the objects are.
#[derive(Clone, Debug)]
pub(in super::super) struct Source {
    pub(in super::super) bucket: String,
    pub(in super::super) prefix: String,
    pub(in super::super) compression: Compression,
    pub(in super::super) format: Format,
}

/// The table that the items are for.
#[derive(Clone, Debug)]
pub(in super::super) struct Target {
    pub(in super::super) keys: KeySchema,
    pub(in super::super) indexes: Vec<KeySchema>,
}

#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(in super::super) source: Source,
    pub(in super::super) target: Target,
}

/// Why the objects cannot be read at all.
#[derive(Clone, Debug)]
pub(crate) struct SourceError {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Imported {
    pub(crate) rows: Rows,
    /// Items that were looked at, good or bad.
    pub(crate) processed: u64,
    pub(crate) imported: u64,
    pub(crate) errors: u64,
    /// Uncompressed.
    pub(crate) bytes: u64,
    /// The first errors: key of the object, which item of it, and why.
    pub(crate) told: Vec<(String, u64, String)>,
}

impl Import {
    /// The bucket and the prefix of the objects to read.
    pub(crate) fn place(&self) -> (&str, &str) {
        (&self.source.bucket, &self.source.prefix)
    }

    /// Reads one object into what has been read before. Of several items of one key the last one stays.
    pub(crate) fn read(&self, key: &str, body: &Bytes, into: &mut Imported) {
        let text = match self.unpacked(body) {
            Ok(text) => text,
            Err(why) => return into.refuse(key, 0, why.to_string()),
        };
        into.bytes += text.len() as u64;
        match &self.source.format {
            Format::DynamoDbJson => self.read_json(key, &text, into),
            Format::Csv(csv) => self.read_csv(key, csv, &text, into),
        }
    }

    fn unpacked(&self, body: &Bytes) -> std::io::Result<Bytes> {
        let mut out = Vec::new();
        let read = match self.source.compression {
            Compression::None => return Ok(body.clone()),
            Compression::Gzip => {
                MultiGzDecoder::new(&body[..]).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut out)?
            }
            Compression::Zstd => {
                zstd::Decoder::new(&body[..])?.take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut out)?
            }
        };
        if read as u64 > UNPACKED_BYTES_MAX {
            return Err(std::io::Error::other("the object unpacks to more than is read"));
        }
        Ok(out.into())
    }

    /// Items follow each other, with or without a line's end between them. After what is no JSON the rest is not read.
    fn read_json(&self, key: &str, text: &[u8], into: &mut Imported) {
        let values = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
        for (index, value) in (0..).zip(values) {
            match value {
                Err(why) => return into.refuse(key, index, format!("Invalid JSON: {why}")),
                Ok(mut value) => match value.get_mut("Item").map(Value::take) {
                    None => into.refuse(key, index, "The item is not in \"Item\"".to_owned()),
                    Some(item) => match json::to_item(item) {
                        Err(why) => into.refuse(key, index, why.to_string()),
                        Ok(item) => self.take(key, index, &item, into),
                    },
                },
            }
        }
    }

    /// Every column is a string, but those that are keys of the table or an index, which have their own types.
    fn read_csv(&self, key: &str, csv: &Csv, text: &[u8], into: &mut Imported) {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(csv.delimiter)
            .has_headers(csv.header.is_none())
            .flexible(true)
            .from_reader(text);
        let header: Vec<String> = match &csv.header {
            Some(header) => header.clone(),
            None => match reader.headers() {
                Ok(header) => header.iter().map(str::to_owned).collect(),
                Err(why) => return into.refuse(key, 0, why.to_string()),
            },
        };
        for (index, record) in (0..).zip(reader.records()) {
            let record = match record {
                Ok(record) => record,
                Err(why) => return into.refuse(key, index, why.to_string()),
            };
            if record.len() > header.len() {
                into.refuse(key, index, "The line has more columns than the header".to_owned());
                continue;
            }
            let cells = header.iter().zip(&record);
            let item: Result<Item, String> =
                cells.map(|(name, cell)| Ok((name.clone(), self.cell(name, cell)?))).collect();
            match item {
                Ok(item) => self.take(key, index, &item, into),
                Err(why) => into.refuse(key, index, why),
            }
        }
    }

    fn cell(&self, name: &str, cell: &str) -> Result<AttributeValue, String> {
        let schemas = std::iter::once(&self.target.keys).chain(&self.target.indexes);
        let attribute = schemas.flat_map(KeySchema::attributes).find(|attribute| attribute.name == name);
        Ok(match attribute.map(|attribute| attribute.kind) {
            Some(Type::N) => AttributeValue::N(cell.parse().map_err(|why| format!("{name}: {why}"))?),
            Some(Type::B) => {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(cell);
                AttributeValue::B(bytes.map_err(|why| format!("{name}: {why}"))?.into())
            }
            _ => AttributeValue::s(cell),
        })
    }

    /// One item, if the table takes it.
    fn take(&self, key: &str, index: u64, item: &Item, into: &mut Imported) {
        let packed = Packed::of(item);
        let row = match self.checked(item, &packed) {
            Ok(row) => row,
            Err(why) => return into.refuse(key, index, why),
        };
        into.processed += 1;
        into.imported += 1;
        into.rows.set(row, Some(packed));
    }

    fn checked(&self, item: &Item, packed: &Packed) -> Result<RowKey, String> {
        let found = self.target.keys.of_item(packed).map_err(|why| why.to_string())?;
        if packed.item_bytes() > ITEM_BYTES_MAX {
            return Err("Item size has exceeded the maximum allowed size".to_owned());
        }
        for attribute in self.target.indexes.iter().flat_map(KeySchema::attributes) {
            let Some(value) = item.get(&attribute.name) else { continue };
            if value.kind() != attribute.kind || KeyValue::of(value).is_none() {
                return Err(format!(
                    "One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} Actual: {}",
                    attribute.name,
                    attribute.kind.name(),
                    value.kind().name()
                ));
            }
        }
        Ok(found.row())
    }
}

impl Imported {
    fn refuse(&mut self, key: &str, index: u64, why: String) {
        self.processed += 1;
        self.errors += 1;
        if self.told.len() < ERRORS_TOLD_MAX {
            self.told.push((key.to_owned(), index, why));
        }
    }
}
