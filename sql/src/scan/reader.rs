//! One format's way of cutting a file into pieces and reading a piece. The table's SerDe decides which.
//!
//! Start with `Reader::of`, then `open` and `read`.

use std::collections::BTreeMap;
use std::io::Read;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use memchr::memchr;

use crate::catalog::Table;
use crate::error::{ErrorKind, SqlError};
use crate::formats;
use crate::objects::Counted;
use crate::scan::lazy_simple::Wanted;
use crate::scan::partitions::File;
use crate::scan::{json, lazy_simple, open_csv, parquet};

/// Bytes of text read as one piece.
const PIECE_BYTES: usize = 4 << 20;
/// Most bytes a gzipped object may unpack to.
const UNPACKED_BYTES_MAX: u64 = 4 << 30;

/// How a table's files are read.
#[derive(Debug, Clone)]
pub(crate) enum Reader {
    LazySimple { layout: lazy_simple::Layout, header_lines: usize },
    OpenCsv { layout: open_csv::Layout, header_lines: usize },
    Json(json::Layout),
    Parquet,
}

/// A part of a file that is read at one go.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(Bytes),
    RowGroup { file: parquet::Opened, group: usize },
}

/// Columns of consecutive batches, and the rows of each.
pub(crate) type Columns = (Vec<Vec<ArrayRef>>, Vec<usize>);

impl Reader {
    /// Error: the SerDe is not built, or a parameter makes no sense.
    pub(crate) fn of(table: &Table) -> Result<Self, SqlError> {
        let serde = table.serde.as_deref().unwrap_or(formats::LAZY_SIMPLE);
        let input = table.input_format.as_deref().unwrap_or(formats::TEXT_INPUT);
        let header_lines = header_lines(table)?;
        if table.parameters.keys().any(|k| k == "skip.footer.line.count") {
            return Err(SqlError::not_built("skip.footer.line.count"));
        }
        let text = input == formats::TEXT_INPUT;
        match serde {
            formats::LAZY_SIMPLE if text => {
                Ok(Reader::LazySimple { layout: lazy_layout(&table.serde_parameters), header_lines })
            }
            formats::OPEN_CSV if text => Ok(Reader::OpenCsv { layout: csv_layout(table), header_lines }),
            formats::OPENX_JSON | formats::HIVE_JSON if text => Ok(Reader::Json(json_layout(table, serde)?)),
            formats::PARQUET => Ok(Reader::Parquet),
            _ => Err(SqlError::not_built(format!("reading the table format {serde} with {input}"))),
        }
    }

    /// Reads what is needed to cut a file into pieces.
    pub(crate) fn open(&self, objects: &Counted, file: &File) -> Result<Vec<Piece>, SqlError> {
        if let Reader::Parquet = self {
            let opened = parquet::open(objects, &file.bucket, &file.key, file.size)?;
            return Ok((0..opened.row_groups())
                .map(|group| Piece::RowGroup { file: opened.clone(), group })
                .collect());
        }
        let bytes = unpack(objects.get(&file.bucket, &file.key)?, file)?;
        let header = match self {
            Reader::LazySimple { header_lines, .. } | Reader::OpenCsv { header_lines, .. } => *header_lines,
            _ => 0,
        };
        Ok(cut(skip_lines(bytes, header)))
    }

    /// Reads the wanted columns of one piece: each is its place among the table's columns, its name and its type.
    pub(crate) fn read(
        &self,
        objects: &Counted,
        piece: Piece,
        wanted: &[(usize, String, DataType)],
    ) -> Result<Columns, SqlError> {
        let named = || wanted.iter().map(|(_, name, t)| (name.clone(), t.clone())).collect::<Vec<_>>();
        let places =
            || wanted.iter().map(|(index, _, t)| Wanted { index: *index, t: t.clone() }).collect::<Vec<_>>();
        let (columns, rows) = match (self, piece) {
            (Reader::Parquet, Piece::RowGroup { file, group }) => {
                return parquet::read(objects, &file, group, &named());
            }
            (Reader::LazySimple { layout, .. }, Piece::Text(bytes)) => {
                lazy_simple::read(&bytes, layout, &places())
            }
            (Reader::OpenCsv { layout, .. }, Piece::Text(bytes)) => {
                open_csv::read(&bytes, layout, &places())?
            }
            (Reader::Json(layout), Piece::Text(bytes)) => json::read(&bytes, layout, &named())?,
            _ => return Err(SqlError::new(ErrorKind::Internal, "a piece of another format")),
        };
        Ok((vec![columns], vec![rows]))
    }
}

fn header_lines(table: &Table) -> Result<usize, SqlError> {
    let written = table
        .parameters
        .get("skip.header.line.count")
        .or_else(|| table.serde_parameters.get("skip.header.line.count"));
    match written {
        None => Ok(0),
        Some(text) => text.trim().parse().map_err(|_| {
            SqlError::new(
                ErrorKind::InvalidTableProperty,
                format!("Invalid value for skip.header.line.count property: {text}"),
            )
        }),
    }
}

fn first_byte(parameters: &BTreeMap<String, String>, key: &str, default: u8) -> u8 {
    match parameters.get(key).map(|v| formats::unescape(v)) {
        // Hive also takes a number: the code of the character.
        Some(text) if text.len() > 1 && text.parse::<u8>().is_ok() => text.parse().unwrap_or(default),
        Some(text) => text.bytes().next().unwrap_or(default),
        None => default,
    }
}

fn lazy_layout(parameters: &BTreeMap<String, String>) -> lazy_simple::Layout {
    let delimiter = if parameters.contains_key("field.delim") {
        first_byte(parameters, "field.delim", 1)
    } else {
        first_byte(parameters, "serialization.format", 1)
    };
    lazy_simple::Layout {
        delimiter,
        escape: parameters.get("escape.delim").map(|_| first_byte(parameters, "escape.delim", b'\\')),
        null_text: parameters.get("serialization.null.format").cloned().unwrap_or_else(|| "\\N".into()),
        inner: [
            // `colelction.delim` is how Hive itself misspells it.
            if parameters.contains_key("colelction.delim") {
                first_byte(parameters, "colelction.delim", 2)
            } else {
                first_byte(parameters, "collection.delim", 2)
            },
            first_byte(parameters, "mapkey.delim", 3),
        ],
    }
}

fn csv_layout(table: &Table) -> open_csv::Layout {
    let get = |key: &str, default: char| {
        table
            .serde_parameters
            .get(key)
            .map(|v| formats::unescape(v))
            .and_then(|v| v.chars().next())
            .unwrap_or(default)
    };
    let invalid = table
        .parameters
        .get("use.null.for.invalid.data")
        .or_else(|| table.serde_parameters.get("use.null.for.invalid.data"));
    open_csv::Layout {
        separator: get("separatorChar", ','),
        quote: get("quoteChar", '"'),
        escape: get("escapeChar", '\\'),
        null_for_invalid: invalid.is_some_and(|v| v.eq_ignore_ascii_case("true")),
    }
}

fn json_layout(table: &Table, serde: &str) -> Result<json::Layout, SqlError> {
    let flag = |key: &str| table.serde_parameters.get(key).is_some_and(|v| v.eq_ignore_ascii_case("true"));
    if flag("dots.in.keys") {
        return Err(SqlError::not_built("dots.in.keys"));
    }
    if table.serde_parameters.get("case.insensitive").is_some_and(|v| v.eq_ignore_ascii_case("false")) {
        return Err(SqlError::not_built("case.insensitive = false"));
    }
    let mapping = table
        .serde_parameters
        .iter()
        .filter_map(|(k, v)| Some((k.strip_prefix("mapping.")?.to_lowercase(), v.clone())))
        .collect();
    Ok(json::Layout {
        ignore_malformed: flag("ignore.malformed.json"),
        openx: serde == formats::OPENX_JSON,
        mapping,
    })
}

/// Unpacks a gzipped object, told by its name as Hadoop does.
///
/// Error: `HIVE_CURSOR_ERROR` for broken gzip; other compressions are `NotImplemented`.
fn unpack(bytes: Bytes, file: &File) -> Result<Bytes, SqlError> {
    for extension in [".bz2", ".snappy", ".lz4", ".lzo", ".zst", ".deflate"] {
        if file.key.ends_with(extension) {
            return Err(SqlError::not_built(format!("reading {extension} text files")));
        }
    }
    if !file.key.ends_with(".gz") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(bytes.as_ref()).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut plain);
    if read.is_err() || plain.len() as u64 > UNPACKED_BYTES_MAX {
        return Err(SqlError::new(
            ErrorKind::HiveCursorError,
            format!("Failed to read file at s3://{}/{}: not in GZIP format", file.bucket, file.key),
        ));
    }
    Ok(plain.into())
}

fn skip_lines(bytes: Bytes, lines: usize) -> Bytes {
    let mut rest = bytes;
    for _ in 0..lines {
        match memchr(b'\n', &rest) {
            Some(end) => rest = rest.slice(end + 1..),
            None => return Bytes::new(),
        }
    }
    rest
}

/// Whole lines, about `PIECE_BYTES` at a time.
fn cut(bytes: Bytes) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(bytes.len() / PIECE_BYTES + 1);
    let mut rest = bytes;
    while rest.len() > PIECE_BYTES {
        let Some(end) = memchr(b'\n', &rest[PIECE_BYTES..]) else { break };
        pieces.push(Piece::Text(rest.split_to(PIECE_BYTES + end + 1)));
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}
