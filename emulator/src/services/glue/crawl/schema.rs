//! What a classifier says of one object, and when two such answers belong to one table.

use super::hive::Hive;
use crate::services::glue::limits::SIMILARITY_MIN;

/// How an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the classification of its name")]
pub enum Format {
    Csv(CsvShape),
    Json,
    Parquet,
    /// No classifier knows it.
    Unknown,
}

/// How a CSV object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvShape {
    /// Between fields.
    pub delimiter: char,
    /// Whether the first line names the columns.
    pub header: bool,
    /// Whether some field stands in quotes.
    pub quoted: bool,
}

/// How an object is compressed as a whole. Parquet's own compression within the file is not meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the compression of its name")]
pub enum Compression {
    None,
    Gzip,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// In lower case, as the catalog has it.
    pub name: String,
    /// As the object has it.
    pub source: String,
    /// Its type.
    pub hive: Hive,
}

/// Format, compression and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// How it is written.
    pub format: Format,
    /// How it is compressed.
    pub compression: Compression,
    /// In the order of the object.
    pub columns: Vec<FoundColumn>,
}

/// Counts over the objects of a table or partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Objects.
    pub objects: u64,
    /// Bytes as stored.
    pub bytes: u64,
    /// Records; counted where the whole object was read, else estimated from its head.
    pub records: u64,
    /// Bytes of the records, uncompressed.
    pub record_bytes: u64,
}

impl Stats {
    pub(super) fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.records += other.records;
        self.record_bytes += other.record_bytes;
    }

    /// Bytes of one record; zero if there is none.
    pub(super) fn average_record_bytes(&self) -> u64 {
        self.record_bytes.checked_div(self.records).unwrap_or(0)
    }
}

impl Schema {
    pub(super) fn unknown(compression: Compression) -> Self {
        Self { format: Format::Unknown, compression, columns: Vec::new() }
    }

    /// Whether both belong to one table: the same format and compression, and more than 70 percent of the columns in common.
    ///
    /// Documented: repost.aws/knowledge-center/glue-crawler-detect-schema (to be verified).
    /// Assumed: columns are in common if their names are, and the share is of the longer schema.
    pub(super) fn is_similar(&self, other: &Self) -> bool {
        let same_format = match (self.format, other.format) {
            (Format::Csv(one), Format::Csv(two)) => one.delimiter == two.delimiter,
            (one, two) => one == two,
        };
        if !same_format || self.compression != other.compression {
            return false;
        }
        let columns_max = self.columns.len().max(other.columns.len());
        let known: std::collections::BTreeSet<&str> =
            self.columns.iter().map(|column| column.name.as_str()).collect();
        let common = other.columns.iter().filter(|column| known.contains(column.name.as_str())).count();
        columns_max == 0 || common as f64 / columns_max as f64 > SIMILARITY_MIN
    }

    /// Takes in another schema of the same table: its further columns come last, types widen.
    pub(super) fn merge(&mut self, other: &Self) {
        if let (Format::Csv(one), Format::Csv(two)) = (&mut self.format, other.format) {
            one.header &= two.header;
            one.quoted |= two.quoted;
        }
        for column in &other.columns {
            match self.columns.iter_mut().find(|known| known.name == column.name) {
                Some(known) => {
                    known.hive = std::mem::replace(&mut known.hive, Hive::Null).merge(column.hive.clone());
                }
                None => self.columns.push(column.clone()),
            }
        }
    }
}
