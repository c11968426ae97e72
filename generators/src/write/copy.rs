//! PostgreSQL's COPY text of a chunk: `COPY table FROM STDIN` reads it, without options.
//!
//! Documented: https://www.postgresql.org/docs/current/sql-copy.html, "Text Format" (read 2026-11-29): a tab between values, `\\N` for
//! null, and a backslash before backslash, tab, newline and carriage return.

use arrow::array::{Array, AsArray, StringArray};

use super::Lines;
use crate::table::Chunk;

/// The lines of one chunk.
pub(super) fn lines(chunk: &Chunk) -> Lines {
    let columns: Vec<&StringArray> = chunk.batch.columns().iter().map(|array| array.as_string()).collect();
    let rows = chunk.batch.num_rows();
    let mut bytes = Vec::new();
    for row in 0..rows {
        for (position, values) in columns.iter().enumerate() {
            if position > 0 {
                bytes.push(b'\t');
            }
            if values.is_null(row) {
                bytes.extend_from_slice(b"\\N");
            } else {
                push_value(&mut bytes, values.value(row));
            }
        }
        bytes.push(b'\n');
    }
    Lines { rows, bytes }
}

fn push_value(out: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            plain => out.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_value_or_a_line_is_escaped() {
        let check = |value: &str, expected: &str| {
            let mut out = Vec::new();
            push_value(&mut out, value);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        };
        check("12 Oak Lane\nPort Anna, CA 90210", r"12 Oak Lane\nPort Anna, CA 90210");
        check("a\tb\\c\r", r"a\tb\\c\r");
        check(r"\N", r"\\N");
        check("Nguyễn", "Nguyễn");
    }
}
