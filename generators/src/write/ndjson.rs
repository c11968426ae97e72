//! NDJSON text of a chunk: one object a line, absent values as null, numbers bare when they read as numbers.

use arrow::array::{Array, AsArray, StringArray};

use super::Lines;
use crate::table::{Chunk, Column, ColumnKind};

/// The lines of one chunk.
pub(super) fn lines(columns: &[Column], chunk: &Chunk) -> Lines {
    let columns: Vec<(&Column, &StringArray)> = columns
        .iter()
        .zip(chunk.batch.columns())
        .map(|(column, array)| (column, array.as_string()))
        .collect();
    let rows = chunk.batch.num_rows();
    let mut out = Vec::new();
    for row in 0..rows {
        for (position, (column, values)) in columns.iter().enumerate() {
            out.extend_from_slice(if position == 0 { b"{\"" } else { b",\"" });
            out.extend_from_slice(column.name.as_bytes());
            out.extend_from_slice(b"\":");
            if values.is_null(row) {
                out.extend_from_slice(b"null");
            } else {
                push_value(&mut out, column.kind, values.value(row));
            }
        }
        out.extend_from_slice(b"}\n");
    }
    Lines { rows, bytes: out }
}

fn push_value(out: &mut Vec<u8>, kind: ColumnKind, value: &str) {
    if kind == ColumnKind::Number && is_plain_number(value) {
        out.extend_from_slice(value.as_bytes());
    } else {
        serde_json::to_writer(out, value).expect("a text always fits into memory as JSON");
    }
}

/// Whether the text is digits with at most one point between them: what profiles write, and a number in JSON.
fn is_plain_number(value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_json_takes_as_a_number_is_bare() {
        let check = |value: &str, expected: &str| {
            let mut out = Vec::new();
            push_value(&mut out, ColumnKind::Number, value);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{value}");
        };
        check("112.0", "112.0");
        check("1001", "1001");
        check("0.0", "0.0");
        check("007", "\"007\"");
        check("1.", "\"1.\"");
        check("N/A", "\"N/A\"");
        check("", "\"\"");
    }
}
