//! The JSON classifier: records one after the other, with or without line breaks between them, or one array.
//!
//! Documented (docs.aws.amazon.com/glue/latest/dg/add-classifier.html, read 2026-11-29): the beginning of the object decides.
//! Assumed: whole numbers are `int` if they all fit, else `bigint`; what two records disagree on is `string`; an array
//! at the top is one column `array`, as crawled tables show.

use serde_json::{Deserializer, Value};

use super::classify::{Counted, Head};
use super::csv::named;
use super::hive::Hive;
use super::schema::{Format, FoundColumn};

/// Whether a text begins as JSON does.
pub(super) fn may_be(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// The schema of a head, if it is JSON: at least its first record must be whole.
pub(super) fn look(head: &Head<'_>) -> Option<(Format, Vec<FoundColumn>, Counted)> {
    if !may_be(head.text) {
        return None;
    }
    let text = head.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.text);
    let mut stream = Deserializer::from_slice(text).into_iter::<Value>();
    let mut fields: Vec<(String, Hive)> = Vec::new();
    let mut records = 0;
    let mut end = 0;
    let mut every = true;
    loop {
        match stream.next() {
            None => break,
            Some(Ok(Value::Object(members))) => {
                let record = members.into_iter().map(|(name, value)| (name, type_of(&value))).collect();
                fields = merge(fields, record);
            }
            Some(Ok(array @ Value::Array(_))) => {
                fields = merge(fields, vec![("array".to_owned(), type_of(&array))])
            }
            // A stray value or a broken record: the rest is not looked at.
            Some(Ok(_) | Err(_)) => {
                every = false;
                break;
            }
        }
        records += 1;
        end = stream.byte_offset();
    }
    if records == 0 {
        return None;
    }
    let columns = fields.into_iter().map(|(source, hive)| FoundColumn { name: String::new(), source, hive });
    Some((
        Format::Json,
        named(columns.collect()),
        Counted { records, bytes: end as u64, every: every && head.whole },
    ))
}

fn merge(known: Vec<(String, Hive)>, record: Vec<(String, Hive)>) -> Vec<(String, Hive)> {
    match Hive::Struct(known).merge(Hive::Struct(record)) {
        Hive::Struct(fields) => fields,
        other => unreachable!("two structures merge to a structure, not to {other}"),
    }
}

fn type_of(value: &Value) -> Hive {
    match value {
        Value::Null => Hive::Null,
        Value::Bool(_) => Hive::Boolean,
        Value::Number(number) => match number.as_i64() {
            Some(whole) if i32::try_from(whole).is_ok() => Hive::Int,
            Some(_) => Hive::BigInt,
            None => Hive::Double,
        },
        Value::String(_) => Hive::String,
        Value::Array(entries) => {
            Hive::Array(Box::new(entries.iter().map(type_of).fold(Hive::Null, Hive::merge)))
        }
        Value::Object(members) => {
            Hive::Struct(members.iter().map(|(name, value)| (name.clone(), type_of(value))).collect())
        }
    }
}
