//! Items as Amazon Ion's text: `$ion_1_0 {Item:{Id:103.,Authors:$dynamodb_SS::["a","b"]}}`.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html (an edition of 2023-02 read
//! 2026-11-28), for types, annotations and the first words of a line. Assumed: decimals with a fraction, as Ion's own writer
//! prints them; what a line of an incremental export is called.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::services::dynamodb::value::{AttributeValue, Item, Number};

/// What each line begins with.
pub(super) const VERSION: &str = "$ion_1_0 ";

/// Words that mean something else than a symbol where no quotes are.
const KEYWORDS: [&str; 4] = ["false", "nan", "null", "true"];

/// Appends an item as a structure.
pub(super) fn push_item(out: &mut String, item: &Item) {
    out.push('{');
    for (at, (name, value)) in item.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_symbol(out, name);
        out.push(':');
        push_value(out, value);
    }
    out.push('}');
}

fn push_value(out: &mut String, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => push_text(out, text),
        AttributeValue::N(number) => push_number(out, number),
        AttributeValue::B(bytes) => push_blob(out, bytes),
        AttributeValue::Ss(set) => {
            push_list(out, "$dynamodb_SS::", set.iter(), |out, text| push_text(out, text))
        }
        AttributeValue::Ns(set) => push_list(out, "$dynamodb_NS::", set.iter(), push_number),
        AttributeValue::Bs(set) => {
            push_list(out, "$dynamodb_BS::", set.iter(), |out, blob| push_blob(out, blob))
        }
        AttributeValue::L(list) => push_list(out, "", list.iter(), push_value),
        AttributeValue::M(entries) => push_item(out, entries),
        AttributeValue::Null => out.push_str("null"),
        AttributeValue::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
    }
}

fn push_list<'a, T: 'a>(
    out: &mut String,
    annotation: &str,
    entries: impl Iterator<Item = &'a T>,
    push: impl Fn(&mut String, &T),
) {
    out.push_str(annotation);
    out.push('[');
    for (at, entry) in entries.enumerate() {
        if at > 0 {
            out.push(',');
        }
        push(out, entry);
    }
    out.push(']');
}

fn push_blob(out: &mut String, bytes: &[u8]) {
    out.push_str("{{");
    STANDARD.encode_string(bytes, out);
    out.push_str("}}");
}

/// A decimal that keeps its digits: `103.`, `6d2`, `12.5`, `1d-3`.
fn push_number(out: &mut String, number: &Number) {
    let (is_negative, digits, exponent) = number.decimal();
    if is_negative {
        out.push('-');
    }
    let digits = digits.to_string();
    let scale = usize::from(exponent.unsigned_abs());
    match exponent {
        0 => out.push_str(&format!("{digits}.")),
        1.. => out.push_str(&format!("{digits}d{scale}")),
        _ => {
            let whole = digits.len().saturating_sub(scale).max(1);
            let (before, after) = digits.split_at(whole);
            out.push_str(before);
            if !after.is_empty() {
                out.push_str(&format!(".{after}"));
            }
            let rest = scale - after.len();
            if rest > 0 {
                out.push_str(&format!("d-{rest}"));
            }
        }
    }
}

fn push_symbol(out: &mut String, name: &str) {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let is_plain = name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
        && !KEYWORDS.contains(&name);
    if is_plain {
        out.push_str(name);
    } else {
        push_quoted(out, name, '\'');
    }
}

fn push_text(out: &mut String, text: &str) {
    push_quoted(out, text, '"');
}

fn push_quoted(out: &mut String, text: &str, quote: char) {
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() && (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::dynamodb::value::item;
    use AttributeValue as V;

    fn check(value: AttributeValue, expected: &str) {
        let mut out = String::new();
        push_value(&mut out, &value);
        assert_eq!(out, expected);
    }

    #[test]
    fn each_type_has_its_form() {
        let n = |text: &str| V::N(text.parse().expect("a number"));
        check(V::s("8.5 x \"11\"\n"), r#""8.5 x \"11\"\n""#);
        for (number, expected) in [
            ("103", "103."),
            ("600", "6d2"),
            ("-2000", "-2d3"),
            ("0", "0."),
            ("12.5", "12.5"),
            ("0.125", "1.25d-1"),
            ("-0.001", "-1d-3"),
        ] {
            check(n(number), expected);
        }
        check(V::Bool(false), "false");
        check(V::Null, "null");
        check(V::B("bar".into()), "{{YmFy}}");
        check(V::Ss(["a".to_owned(), "b".to_owned()].into()), r#"$dynamodb_SS::["a","b"]"#);
        check(V::Ns([1.into(), 20.into()].into()), "$dynamodb_NS::[1.,2d1]");
        check(V::Bs(["bar".into()].into()), "$dynamodb_BS::[{{YmFy}}]");
        check(V::L(vec![V::s("a"), V::M(item([("x", V::Null)]))]), r#"["a",{x:null}]"#);
        check(
            V::M(item([("a-b", V::Null), ("null", V::Null), ("it's", V::Null)])),
            r"{'a-b':null,'it\'s':null,'null':null}",
        );
    }
}
