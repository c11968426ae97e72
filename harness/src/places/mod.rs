//! Records where they lie: objects of S3, items of a table, messages of a queue, records of a stream, lines of a log, rows of a query.
//!
//! Everywhere a record becomes members by name, each a text or nothing, so that records can be compared wherever they lie.
//! Left out: looking into RDS and OpenSearch. Start with [`read`].

pub(crate) mod objects;
mod queue;
pub(crate) mod stream;

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_types::Timestamp;

use crate::client::Aws;
use crate::observe::{self, ObserveError};
use crate::tables;

pub(crate) use objects::rows_of;

/// A record's members as text. Nothing is an absent or null member.
pub type Members = BTreeMap<String, Option<String>>;

/// A record, and where it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What it says.
    pub members: Members,
    /// The object's key, the shard, the table, the log's stream.
    pub place: String,
    /// When it came there, where that can be known.
    pub at: Option<Timestamp>,
}

/// What a place holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its records in the order in which they came, as far as the place has one.
    pub records: Vec<Found>,
    /// What could not be read as records: how often, and the first of it.
    pub unreadable: Vec<String>,
}

/// Everything that lies in a place such as `s3://bucket/prefix/` or `sqs:QUEUE`.
///
/// Looking into a queue takes its messages for twelve hours. Reading a stream goes through all that it still keeps.
pub async fn read(aws: Aws<'_>, at: &str) -> Result<Held, ObserveError> {
    let no_place = || {
        ObserveError::Content {
        uri: at.to_owned(),
        cause: "no such kind of place\nhint: write s3://BUCKET/PREFIX/, dynamodb:TABLE, sqs:QUEUE, kinesis:STREAM, \
                logs:GROUP or athena:DATABASE/WORKGROUP:SELECT ..."
            .to_owned(),
    }
    };
    let (kind, name) = at.split_once(':').ok_or_else(no_place)?;
    match kind {
        "s3" => objects::read(aws, at).await,
        "dynamodb" => table(aws, name).await,
        "sqs" => queue::read(aws, name).await,
        "kinesis" => stream::read(aws, name).await,
        "logs" => log(aws, name).await,
        "athena" => query(aws, at, name).await,
        _ => Err(no_place()),
    }
}

async fn table(aws: Aws<'_>, name: &str) -> Result<Held, ObserveError> {
    let items = tables::scan(aws, name).await?;
    let found = |item: tables::Item| Found {
        members: item.into_iter().map(|(name, value)| (name, Some(value))).collect(),
        place: name.to_owned(),
        at: None,
    };
    Ok(Held { records: items.into_iter().map(found).collect(), unreadable: Vec::new() })
}

/// Lines that are, or that end in, a document of JSON. Other lines are a log's own and are no records.
async fn log(aws: Aws<'_>, group: &str) -> Result<Held, ObserveError> {
    let mut held = Held::default();
    for event in observe::log_events(aws, group, None).await? {
        let message = event.message.unwrap_or_default();
        let document = message.find('{').and_then(|from| document(&message.as_bytes()[from..]));
        if let Some(members) = document {
            let at = event.timestamp.map(|millis| Timestamp::from_micros(millis * 1_000));
            held.records.push(Found { members, place: event.log_stream_name.unwrap_or_default(), at });
        }
    }
    Ok(held)
}

/// `DATABASE/WORKGROUP:SELECT ...`
async fn query(aws: Aws<'_>, at: &str, asked: &str) -> Result<Held, ObserveError> {
    let fail = |cause: &str| ObserveError::Content { uri: at.to_owned(), cause: cause.to_owned() };
    let (place, sql) =
        asked.split_once(':').ok_or_else(|| fail("write athena:DATABASE/WORKGROUP:SELECT ..."))?;
    let (database, workgroup) = place.split_once('/').unwrap_or((place, "primary"));
    let answer = observe::query(aws, database, workgroup, sql).await?;
    if let Some(failure) = answer.failure {
        return Err(fail(&failure));
    }
    let found = |row: Vec<Option<String>>| Found {
        members: answer.columns.iter().cloned().zip(row).collect(),
        place: place.to_owned(),
        at: None,
    };
    Ok(Held { records: answer.rows.into_iter().map(found).collect(), unreadable: Vec::new() })
}

/// An object of JSON as members; nothing if it is none.
pub(crate) fn document(text: &[u8]) -> Option<Members> {
    match serde_json::from_slice::<Value>(text).ok()? {
        Value::Object(members) => Some(members_of(members)),
        _ => None,
    }
}

pub(crate) fn members_of(object: serde_json::Map<String, Value>) -> Members {
    object.into_iter().map(|(name, value)| (name, text_of(value))).collect()
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Whether two values say the same: numbers by value, and nothing is like an empty text, which CSV cannot tell apart.
pub(crate) fn says_the_same(a: Option<&str>, b: Option<&str>) -> bool {
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    a == b || matches!((plain_number(a), plain_number(b)), (Some(a), Some(b)) if a == b)
}

/// A decimal number without the zeros that mean nothing. `1e5` is a number of another writing, and is read as one.
fn plain_number(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    if digits.contains(['e', 'E']) {
        let value: f64 = text.parse().ok()?;
        return value.is_finite().then(|| plain_number(&format!("{value}"))).flatten();
    }
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_what_they_say() {
        let check = |a: Option<&str>, b: Option<&str>, same: bool| {
            assert_eq!(says_the_same(a, b), same, "{a:?} {b:?}");
        };
        check(Some("12.50"), Some("12.5"), true);
        check(Some("007"), Some("7"), true);
        check(Some("-0.0"), Some("0"), true);
        check(Some("1e3"), Some("1000.00"), true);
        check(Some("39847495"), Some("39847496"), false);
        check(Some("1.2.3"), Some("1.23"), false);
        check(None, Some(""), true);
        check(None, Some("x"), false);
        check(Some("an"), Some("An"), false);
    }

    #[test]
    fn a_document_is_members_by_name() {
        let found = document(br#"{"id":7,"name":"An","gone":null,"tags":["a"]}"#).expect("an object");
        let expected = [("id", Some("7")), ("name", Some("An")), ("gone", None), ("tags", Some("[\"a\"]"))];
        let expected: Members =
            expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned))).into_iter().collect();
        assert_eq!(found, expected);
        assert_eq!(document(b"[1]"), None);
        assert_eq!(document(b"{\"id\":"), None);
    }
}
