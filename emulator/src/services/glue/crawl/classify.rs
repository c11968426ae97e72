//! Which format an object has: by its content, never by its name.
//!
//! The classifiers are asked in AWS's order: Parquet, JSON, CSV; the first that knows the object decides. Avro, ORC, XML,
//! logs and archives are known by their first bytes and fail the crawl by name, since a table without their columns would
//! be a lie. Documented: docs.aws.amazon.com/glue/latest/dg/add-classifier.html (built-in classifiers, read 2026-11-29).

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::schema::{Compression, Schema, Stats};
use super::source::{Listed, LookError};
use super::{csv, json, parquet};
use crate::services::glue::limits::{HEAD_BYTES, JSON_HEAD_BYTES_MAX};

/// What is known by its first bytes and not read here.
const NOT_BUILT: [(&[u8], &str); 8] = [
    (b"Obj\x01", "Avro objects"),
    (b"ORC", "ORC objects"),
    (b"BZh", "bzip2 objects"),
    (b"PK\x03\x04", "zip archives"),
    (b"\xff\x06\x00\x00sNaPpY", "framed snappy objects"),
    (b"\x04\x22\x4d\x18", "LZ4 objects"),
    (b"\x28\xb5\x2f\xfd", "zstd objects"),
    (b"<?xml", "XML objects"),
];

/// The beginning of an object's text.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) text: &'a [u8],
    /// Whether this is all of it.
    pub(super) whole: bool,
    /// Bytes of all the text; estimated if it is compressed and not all of it was read.
    pub(super) total_bytes: u64,
}

/// What a classifier counted in a head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) records: u64,
    /// Bytes of those records.
    pub(super) bytes: u64,
    /// Whether every record of the head was counted.
    pub(super) every: bool,
}

/// An object's schema and counts.
pub(super) fn classify(bucket: &str, object: &Listed, content: &Bytes) -> Result<(Schema, Stats), LookError> {
    let refuse = |what| LookError::NotBuilt { what, bucket: bucket.to_owned(), key: object.key.clone() };
    if let Some((_, what)) = NOT_BUILT.iter().find(|(magic, _)| content.starts_with(magic)) {
        return Err(refuse(what));
    }
    let unread = Stats { objects: 1, bytes: object.size, records: 0, record_bytes: 0 };
    if content.starts_with(b"PAR1") {
        return Ok(match parquet::look(content) {
            Some((columns, records, bytes)) => {
                let schema =
                    Schema { format: super::Format::Parquet, compression: Compression::None, columns };
                (schema, Stats { records, record_bytes: bytes, ..unread })
            }
            None => (Schema::unknown(Compression::None), unread),
        });
    }
    let compression = if content.starts_with(b"\x1f\x8b") { Compression::Gzip } else { Compression::None };
    let mut text_bytes_max = HEAD_BYTES;
    loop {
        let buffer;
        let head = match compression {
            Compression::None => {
                let text = &content[..content.len().min(text_bytes_max)];
                Head { text, whole: text.len() == content.len(), total_bytes: content.len() as u64 }
            }
            Compression::Gzip => {
                let (text, head_whole, total_bytes) = gunzip(content, text_bytes_max);
                buffer = text;
                Head { text: &buffer, whole: head_whole, total_bytes }
            }
        };
        let found = json::look(&head).or_else(|| csv::look(&head));
        match found {
            Some((format, columns, counted)) => {
                let stats = Stats { objects: 1, bytes: object.size, ..scaled(&head, counted) };
                return Ok((Schema { format, compression, columns }, stats));
            }
            // One record may be longer than a head.
            None if json::may_be(head.text) && !head.whole && text_bytes_max < JSON_HEAD_BYTES_MAX => {
                text_bytes_max += HEAD_BYTES;
            }
            None => return Ok((Schema::unknown(compression), unread)),
        }
    }
}

/// Counts of the whole object, from those of its head.
fn scaled(head: &Head<'_>, counted: Counted) -> Stats {
    if head.whole && counted.every {
        return Stats { records: counted.records, record_bytes: counted.bytes, ..Stats::default() };
    }
    let share = head.total_bytes as f64 / counted.bytes.max(1) as f64;
    let records = (counted.records as f64 * share).round().max(counted.records as f64);
    Stats { records: records as u64, record_bytes: head.total_bytes, ..Stats::default() }
}

/// The first `text_bytes_max` bytes of the text, whether that is all of it, and how long all of it is.
///
/// A damaged stream ends where the damage begins.
fn gunzip(content: &Bytes, text_bytes_max: usize) -> (Vec<u8>, bool, u64) {
    let mut decoder = MultiGzDecoder::new(content.as_ref());
    let mut text = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while text.len() < text_bytes_max {
        let wanted = buffer.len().min(text_bytes_max - text.len());
        match decoder.read(&mut buffer[..wanted]) {
            Ok(0) | Err(_) => {
                let total_bytes = text.len() as u64;
                return (text, true, total_bytes);
            }
            Ok(taken) => text.extend_from_slice(&buffer[..taken]),
        }
    }
    let compressed_read = content.len() - decoder.get_ref().len();
    let share = content.len() as f64 / compressed_read.max(1) as f64;
    let total_bytes = (text.len() as f64 * share) as u64;
    (text, false, total_bytes)
}
