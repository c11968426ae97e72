//! Lines and fields as Spark's CSV reader sees them with `multiLine` off: a line is a record, whatever its quotes.
//!
//! So a quoted line feed makes two broken records of one row. Recorded: `recorded.rs`, which checks all of this file.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::event_revenue::ROW_BYTES_MAX;

/// A field's text; an empty one is null.
pub(super) type Field<'a> = Option<Cow<'a, str>>;

/// The length of the line at the start of the visible bytes, and how far the next one is. LF, CR LF and CR end lines.
pub(super) fn find(visible: &[u8]) -> (usize, usize) {
    let near = &visible[..visible.len().min(ROW_BYTES_MAX)];
    let Some(len) = memchr2(b'\n', b'\r', near) else {
        return (near.len(), near.len());
    };
    let end = if visible[len..].starts_with(b"\r\n") { 2 } else { 1 };
    (len, len + end)
}

/// Spark drops lines of nothing but blanks.
pub(super) fn is_blank(line: &str) -> bool {
    line.bytes().all(|byte| byte <= b' ')
}

/// Splits a line of about `width` fields.
pub(super) fn split(line: &str, width: usize) -> Vec<Field<'_>> {
    let mut fields = Vec::with_capacity(width);
    let mut at = 0;
    loop {
        let (text, end) = if line.as_bytes().get(at) == Some(&b'"') {
            quoted(line, at)
        } else {
            let end = comma_from(line, at);
            (Cow::Borrowed(&line[at..end]), end)
        };
        fields.push(if text.is_empty() { None } else { Some(text) });
        if end == line.len() {
            return fields;
        }
        at = end + 1;
    }
}

/// The text of the field whose quote opens at `open`, and where it ends: at a comma or the end of the line.
///
/// `\"` is a quote and `\\` a backslash. A quote before a comma or the end closes, blanks between them dropped. Before
/// another quote it is text. Anywhere else it shows that the quotes are not meant: the field runs to the next comma, and
/// its quotes are text. Without a closing quote the field runs to the end of the line.
fn quoted(line: &str, open: usize) -> (Cow<'_, str>, usize) {
    let bytes = line.as_bytes();
    let mut text = String::new();
    let mut at = open + 1;
    if at == line.len() {
        return (Cow::Borrowed("\""), at);
    }
    while let Some(special) = memchr2(b'"', b'\\', &bytes[at..]).map(|offset| at + offset) {
        text.push_str(&line[at..special]);
        let next = bytes.get(special + 1);
        at = special + 1;
        if bytes[special] == b'\\' {
            match next {
                Some(b'"' | b'\\') => {
                    text.push_str(&line[at..=at]);
                    at += 1;
                }
                Some(_) => text.push('\\'),
                None => {}
            }
        } else if let Some(end) = end_after_blanks(bytes, at) {
            return (Cow::Owned(text), end);
        } else if next == Some(&b'"') {
            text.push('"');
        } else {
            let end = comma_from(line, at);
            return (Cow::Owned(format!("\"{text}\"{}", &line[at..end])), end);
        }
    }
    text.push_str(&line[at..]);
    (Cow::Owned(text), line.len())
}

/// Where the field ends if only blanks are left of it.
fn end_after_blanks(bytes: &[u8], from: usize) -> Option<usize> {
    let blanks = bytes[from..].iter().take_while(|byte| **byte <= b' ').count();
    let end = from + blanks;
    matches!(bytes.get(end), None | Some(b',')).then_some(end)
}

fn comma_from(line: &str, from: usize) -> usize {
    memchr(b',', &line.as_bytes()[from..]).map_or(line.len(), |offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_feeds_and_returns_end_lines() {
        let check = |text: &str, found: (usize, usize)| assert_eq!(find(text.as_bytes()), found);
        check("ab\ncd", (2, 3));
        check("ab\r\ncd", (2, 4));
        check("ab\rcd", (2, 3));
        check("ab", (2, 2));
        check("\n", (0, 1));
    }
}
