//! The rules, all of them, and the check of a file's name, size and header.
//!
//! A file is refused before its first row for one of [`FileReason`]; a row for one [`super::Reason`], the first that
//! applies. A Python twin needs this table and nothing else:
//!
//! | What | Rule | Else |
//! |---|---|---|
//! | key | does not end in `/` | `folder-marker` |
//! | key | ends in `.csv`, lower case | `wrong-suffix` |
//! | size | more than 0 bytes | `empty-file` |
//! | header | the first line; a byte order mark before it is skipped; at most 64 KiB; UTF-8 | `no-header`, `not-utf8` |
//! | header | names at least one known column | `no-header` |
//! | header | no name twice, none missing, none unknown, in order; names are exact, quotes around them allowed | `duplicate-columns`, `missing-columns`, `unknown-columns`, `column-order` |
//! | body | something besides line ends | `no-rows` |
//! | line | ends in LF, CR LF, or the end of the file; a CR elsewhere is text; an empty line is no row | |
//! | row | at most 64 KiB | `row-too-long`, to the end of the line |
//! | quotes | a quote as the first byte of a field opens it, `""` is a quote, a quote before a comma or line end closes it; inside are commas and line ends; elsewhere a quote is text | |
//! | quotes | an open field closes by these rules within 64 KiB of the row's start | `unterminated-quote`, this line only |
//! | quotes | a row that spans lines has 13 fields | `unterminated-quote`, its first line only |
//! | row | UTF-8 | `invalid-utf8` |
//! | row | 13 fields | `wrong-field-count`, `extra-column` |
//! | `event_id` | 1 to 18 digits, not zero | `bad-event-id` |
//! | `event_date` | `yyyy-MM-dd`, `yyyy/MM/dd` or `yyyy-MM-dd HH:mm:ss`, in the calendar, year from 1; the time is dropped | `bad-date` |
//! | `participant_count` | empty is null; else digits, and after a point only zeros; at most 2147483647 | `bad-participant-count` |
//! | `ticket_revenue` | empty is null; else 1 to 16 digits, and after a point digits that are zeros from the third | `bad-revenue` |
//! | `created_at`, `updated_at` | `yyyy-MM-dd HH:mm:ss` | `bad-created-at`, `bad-updated-at` |
//! | other fields | any text, the empty one too, as it is | |
//! | `event_id` | not that of an earlier delivered row | `duplicate-event-id` |
//! | `status` | `completed` when revenue is present and above zero, else `cancelled` | |
//!
//! Nothing is trimmed. Signs and exponents are no digits. A refused row does not claim its id.

use std::collections::BTreeSet;

use super::ROW_BYTES_MAX;
use super::records::split_all;
use super::schema::RAW_COLUMNS;

/// Bytes of a file's beginning that are enough to check its header, with room to spare.
pub const HEAD_BYTES: usize = 4 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Why a file is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileReason {
    /// The key ends in a slash.
    #[error("`{0}` is a folder marker, not a file")]
    FolderMarker(String),
    /// Another kind of file.
    #[error("`{0}` does not end in .csv")]
    WrongSuffix(String),
    /// No bytes at all.
    #[error("the file is empty")]
    EmptyFile,
    /// The header is not text.
    #[error("the header is not UTF-8 text")]
    NotUtf8,
    /// The first line names no known column, or does not end.
    #[error("the first line is not a header")]
    NoHeader,
    /// A name stands twice.
    #[error("the header names columns twice: {}", .0.join(", "))]
    DuplicateColumns(Vec<String>),
    /// A name is not there.
    #[error("the header lacks columns: {}", .0.join(", "))]
    MissingColumns(Vec<String>),
    /// A name that is not ours.
    #[error("the header has unknown columns: {}", .0.join(", "))]
    UnknownColumns(Vec<String>),
    /// The right names in another order.
    #[error("the header's columns are not in order; the first out of place is `{0}`")]
    ColumnOrder(String),
    /// Nothing follows the header.
    #[error("the file has a header and no rows")]
    NoRows,
}

impl FileReason {
    /// The code in logs and reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FolderMarker(_) => "folder-marker",
            Self::WrongSuffix(_) => "wrong-suffix",
            Self::EmptyFile => "empty-file",
            Self::NotUtf8 => "not-utf8",
            Self::NoHeader => "no-header",
            Self::DuplicateColumns(_) => "duplicate-columns",
            Self::MissingColumns(_) => "missing-columns",
            Self::UnknownColumns(_) => "unknown-columns",
            Self::ColumnOrder(_) => "column-order",
            Self::NoRows => "no-rows",
        }
    }
}

/// Checks what an event notification says of an object: its key (decoded) and its size in bytes.
pub fn check_object(key: &str, size: u64) -> Result<(), FileReason> {
    if key.ends_with('/') {
        return Err(FileReason::FolderMarker(key.to_owned()));
    }
    if !key.ends_with(".csv") {
        return Err(FileReason::WrongSuffix(key.to_owned()));
    }
    if size == 0 {
        return Err(FileReason::EmptyFile);
    }
    Ok(())
}

/// Checks the beginning of a file of `size` bytes; [`HEAD_BYTES`] of it are enough. Rows are not looked at.
pub fn check_head(head: &[u8], size: u64) -> Result<(), FileReason> {
    let is_whole = head.len() as u64 >= size;
    let body = check_header(head)?;
    if is_whole && is_blank(&head[body..]) {
        return Err(FileReason::NoRows);
    }
    Ok(())
}

/// Whether nothing but line ends is there.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Checks the header line and answers where the rows begin.
pub(super) fn check_header(head: &[u8]) -> Result<usize, FileReason> {
    let (names, body) = header_names(head)?;
    let known = |name: &&String| RAW_COLUMNS.contains(&name.as_str());
    if !names.iter().any(|name| known(&name)) {
        return Err(FileReason::NoHeader);
    }
    let mut seen = BTreeSet::new();
    let twice: Vec<String> = names.iter().filter(|name| !seen.insert(name.as_str())).cloned().collect();
    if !twice.is_empty() {
        return Err(FileReason::DuplicateColumns(twice));
    }
    let missing = RAW_COLUMNS.into_iter().filter(|name| !seen.contains(name));
    let missing: Vec<String> = missing.map(str::to_owned).collect();
    if !missing.is_empty() {
        return Err(FileReason::MissingColumns(missing));
    }
    let unknown: Vec<String> = names.iter().filter(|name| !known(name)).cloned().collect();
    if !unknown.is_empty() {
        return Err(FileReason::UnknownColumns(unknown));
    }
    let mut pairs = names.iter().zip(RAW_COLUMNS);
    match pairs.find(|(name, column)| name.as_str() != *column) {
        Some((name, _)) => Err(FileReason::ColumnOrder(name.clone())),
        None => Ok(body),
    }
}

/// The names in the first line, and where the line after it begins.
pub(super) fn header_names(head: &[u8]) -> Result<(Vec<String>, usize), FileReason> {
    if head.is_empty() {
        return Err(FileReason::EmptyFile);
    }
    let bom = if head.starts_with(BOM) { BOM.len() } else { 0 };
    let text = &head[bom..];
    let line_end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    if line_end > ROW_BYTES_MAX {
        return Err(FileReason::NoHeader);
    }
    let line = text[..line_end].strip_suffix(b"\r").unwrap_or(&text[..line_end]);
    let line = std::str::from_utf8(line).map_err(|_| FileReason::NotUtf8)?;
    let body = (bom + line_end + 1).min(head.len());
    Ok((split_all(line), body))
}
