//! Where a row ends and what its fields are: CSV with quotes, in one pass over bytes that are visible.
//!
//! A quote that nothing closes must not swallow the rows after it. So a row with quotes is first measured: if its quotes
//! do not balance by the rules of `validate.rs`, or if it then spans lines and has not thirteen fields, only its first
//! line is refused and the next line is the next row. What is left: a first field that opens a quote which a later row
//! happens to close at the right place.

use memchr::{memchr, memchr_iter, memchr2};

use super::reason::Reason;
use super::schema::RAW_COLUMNS;
use super::{ROW_BYTES_MAX, input::VISIBLE_BYTES_MIN};

/// A row that was found at the start of the visible bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes of the row, without its line end. Zero is an empty line, which is no row.
    pub(super) len: usize,
    /// Bytes until the next row.
    pub(super) consumed: usize,
    /// What it is.
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No quote in it: commas are all there is.
    Plain,
    /// Its quotes balance.
    Quoted,
    /// It cannot be read as fields.
    Broken(Reason),
    /// It has not ended yet: the rest, up to the next line feed, is to be dropped.
    TooLong,
}

/// Finds the row at the start of `visible`, which is not empty and holds [`VISIBLE_BYTES_MIN`] bytes or all that are left.
pub(super) fn find(visible: &[u8]) -> Found {
    let near = &visible[..visible.len().min(VISIBLE_BYTES_MIN)];
    let feed = memchr(b'\n', near);
    let line = without_cr(&near[..feed.unwrap_or(near.len())]);
    if line.len() > ROW_BYTES_MAX {
        let consumed = feed.map_or(near.len(), |feed| feed + 1);
        let kind = match feed {
            Some(_) => Kind::Broken(Reason::RowTooLong),
            None => Kind::TooLong,
        };
        let len = line.len();
        return Found { len, consumed, kind };
    }
    let consumed = feed.map_or(near.len(), |feed| feed + 1);
    let len = line.len();
    if memchr(b'"', line).is_none() {
        let kind = Kind::Plain;
        return Found { len, consumed, kind };
    }
    match quoted(near) {
        // Over several lines, another count of fields means that the quote was never meant to run on.
        Some((whole, fields)) if whole == len || fields == RAW_COLUMNS.len() => {
            Found { len: whole, consumed: whole + line_end_len(&near[whole..]), kind: Kind::Quoted }
        }
        _ => Found { len, consumed, kind: Kind::Broken(Reason::UnterminatedQuote) },
    }
}

/// The length of a row whose quotes balance, without its line end, and its count of fields; `None` if they do not.
fn quoted(text: &[u8]) -> Option<(usize, usize)> {
    let (mut at, mut fields) = (0, 1);
    loop {
        if text.get(at) == Some(&b'"') {
            at = after_quoted(text, at)?;
        } else {
            at += memchr2(b',', b'\n', &text[at..]).unwrap_or(text.len() - at);
        }
        if text.get(at) != Some(&b',') {
            break;
        }
        at += 1;
        fields += 1;
    }
    // Here `at` is at a line end or the end of the text; a CR before the line feed belongs to the line end.
    let len = without_cr(&text[..at]).len();
    (len <= ROW_BYTES_MAX).then_some((len, fields))
}

/// Where the quoted field that opens at `at` ends: at a comma, a line end or the end of the text.
fn after_quoted(text: &[u8], at: usize) -> Option<usize> {
    let mut from = at + 1;
    loop {
        let close = from + memchr(b'"', &text[from..])?;
        match &text[close + 1..] {
            [b'"', ..] => from = close + 2,
            [] | [b',', ..] | [b'\n', ..] => return Some(close + 1),
            [b'\r'] | [b'\r', b'\n', ..] => return Some(close + 2),
            _ => return None,
        }
    }
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn line_end_len(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// The fields of a row, or how many there are when that is not thirteen.
pub(super) type Fields<'a> = Result<[&'a str; RAW_COLUMNS.len()], usize>;

/// Splits a row without quotes at its commas.
pub(super) fn split_plain(row: &str) -> Fields<'_> {
    let mut fields = [""; RAW_COLUMNS.len()];
    let (mut count, mut from) = (0, 0);
    for comma in memchr_iter(b',', row.as_bytes()) {
        if let Some(field) = fields.get_mut(count) {
            *field = &row[from..comma];
        }
        count += 1;
        from = comma + 1;
    }
    if let Some(field) = fields.get_mut(count) {
        *field = &row[from..];
    }
    exactly(fields, count + 1)
}

/// Splits a row with quotes; `scratch` holds the fields without them.
pub(super) fn split_quoted<'a>(row: &str, scratch: &'a mut String) -> Fields<'a> {
    let mut ends = [0; RAW_COLUMNS.len()];
    let mut count = 0;
    scratch.clear();
    unquote(row, |piece, ends_field| {
        scratch.push_str(piece);
        if ends_field {
            if let Some(end) = ends.get_mut(count) {
                *end = scratch.len();
            }
            count += 1;
        }
    });
    let mut fields = [""; RAW_COLUMNS.len()];
    let mut from = 0;
    for (field, end) in fields.iter_mut().zip(ends).take(count) {
        *field = &scratch[from..end];
        from = end;
    }
    exactly(fields, count)
}

fn exactly(fields: [&str; RAW_COLUMNS.len()], count: usize) -> Fields<'_> {
    if count == fields.len() { Ok(fields) } else { Err(count) }
}

/// All fields of a line, however many, without their quotes.
pub(super) fn split_all(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    unquote(line, |piece, ends_field| {
        field.push_str(piece);
        if ends_field {
            fields.push(std::mem::take(&mut field));
        }
    });
    fields
}

/// Gives the fields of a row piece by piece, without quotes; the flag says that the piece ends its field.
fn unquote<'a>(row: &'a str, mut put: impl FnMut(&'a str, bool)) {
    let bytes = row.as_bytes();
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            while let Some(quote) = memchr(b'"', &bytes[at..]).map(|offset| at + offset) {
                let is_pair = bytes.get(quote + 1) == Some(&b'"');
                put(&row[at..quote + usize::from(is_pair)], false);
                at = quote + 1 + usize::from(is_pair);
                if !is_pair {
                    break;
                }
            }
        }
        let end = memchr(b',', &bytes[at..]).map_or(row.len(), |offset| at + offset);
        put(&row[at..end], true);
        if end == row.len() {
            return;
        }
        at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_ends_where_its_quotes_allow() {
        let check = |text: &str, row: &str, rest: &str, kind: Kind| {
            let found = find(text.as_bytes());
            assert_eq!(&text[..found.len], row, "{text:?}");
            assert_eq!(&text[found.consumed..], rest, "{text:?}");
            assert_eq!(found.kind, kind, "{text:?}");
        };
        let open = Kind::Broken(Reason::UnterminatedQuote);
        let commas = ",".repeat(11);
        let two_lines = |name: &str| (format!("a,{name}{commas}"), format!("a,{name}{commas}\nc"));
        check("a,b\nc", "a,b", "c", Kind::Plain);
        check("a,b\r\nc", "a,b", "c", Kind::Plain);
        check("a\rb\nc", "a\rb", "c", Kind::Plain);
        check("a,b", "a,b", "", Kind::Plain);
        check("\r\nc", "", "c", Kind::Plain);
        check("a,\"b,b\"\r\nc", "a,\"b,b\"", "c", Kind::Quoted);
        check("a b\"c\nd", "a b\"c", "d", Kind::Quoted);
        check("\"\"", "\"\"", "", Kind::Quoted);
        check("a,\"b\"\r", "a,\"b\"", "", Kind::Quoted);
        for name in ["\"b\nb\"", "\"b\"\"\r\n\"", "\"\n,\n\""] {
            let (row, text) = two_lines(name);
            check(&text, &row, "c", Kind::Quoted);
        }
        check("a,\"b\nb\"\nc", "a,\"b", "b\"\nc", open);
        check("a,\"b\r\nc,\"d\",e\n", "a,\"b", "c,\"d\",e\n", open);
        check("a,\"b\nc", "a,\"b", "c", open);
        check("a,\"b\"c\nd", "a,\"b\"c", "d", open);
        check("\"", "\"", "", open);
    }

    #[test]
    fn a_row_of_the_longest_length_is_read_and_a_longer_one_is_not() {
        let check = |len: usize, end: &str, kind: Kind| {
            let text = "x".repeat(len) + end;
            assert_eq!(find(text.as_bytes()).kind, kind, "{len} bytes and {end:?}");
        };
        check(ROW_BYTES_MAX, "\n", Kind::Plain);
        check(ROW_BYTES_MAX, "\r\n", Kind::Plain);
        check(ROW_BYTES_MAX, "", Kind::Plain);
        check(ROW_BYTES_MAX + 1, "\n", Kind::Broken(Reason::RowTooLong));
        check(ROW_BYTES_MAX + 1, "", Kind::TooLong);
        check(2 * ROW_BYTES_MAX, "\n", Kind::TooLong);
    }

    #[test]
    fn quotes_are_taken_off_and_pairs_are_one() {
        let check = |line: &str, fields: &[&str]| assert_eq!(split_all(line), fields, "{line}");
        check("a,b", &["a", "b"]);
        check("", &[""]);
        check(",", &["", ""]);
        check("\"a,b\",c", &["a,b", "c"]);
        check("\"a\"\"b\"\"\",\"\"", &["a\"b\"", ""]);
        check("a\"b,\"c\nd\"", &["a\"b", "c\nd"]);
        check("\"a", &["a"]);
    }
}
