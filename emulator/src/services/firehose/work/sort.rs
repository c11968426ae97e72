//! Takes records apart that hold several, and sorts them by partition.
//!
//! Documented: docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html (read
//! 2026-11-28): by JSON documents or by a delimiter, whose newlines go. A put of more than 500 records passes
//! whole (service model, `PutRecord`). Assumed: a record that does not come apart as JSON passes whole, too.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::super::limits::DEAGGREGATED_RECORDS_MAX;
use super::super::prefix::Keys;
use super::open::Opener;
use super::query::Query;
use super::{Failed, Record};

/// How records that hold several come apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Deaggregation {
    Json,
    Delimited(Bytes),
}

/// What is to be sorted, and by what.
#[derive(Clone, Debug)]
pub(in super::super) struct Sort {
    pub(in super::super) records: Arc<Vec<Record>>,
    /// What decompresses them first.
    pub(in super::super) opener: Option<Opener>,
    pub(in super::super) deaggregation: Option<Deaggregation>,
    pub(in super::super) query: Option<Arc<Query>>,
    /// Whether records go by partition at all.
    pub(in super::super) partitioned: bool,
    /// Keys that the prefix takes from the query.
    pub(in super::super) query_keys: Arc<[String]>,
    /// Keys that the prefix takes from the function.
    pub(in super::super) lambda_keys: Arc<[String]>,
}

/// Records by partition, partitions in the order of their first record.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Sorted {
    pub(in super::super) groups: Vec<(Option<Arc<Keys>>, Vec<Record>)>,
    /// What could not be decompressed.
    pub(in super::super) closed: Vec<Failed>,
    pub(in super::super) failed: Vec<Failed>,
}

pub(super) const EXTRACTION_FAILED: &str = "DynamicPartitioning.MetadataExtractionFailed";

impl Sort {
    /// These records, with nothing done to them yet.
    pub(in super::super) fn of(records: Arc<Vec<Record>>) -> Self {
        Self {
            records,
            opener: None,
            deaggregation: None,
            query: None,
            partitioned: false,
            query_keys: Arc::new([]),
            lambda_keys: Arc::new([]),
        }
    }

    pub(super) fn run(self) -> Sorted {
        let mut sorted = Sorted::default();
        let mut places: BTreeMap<Option<Keys>, usize> = BTreeMap::new();
        for record in self.records.iter() {
            let opened = match self.opener.map(|opener| opener.open(record)) {
                None => vec![record.clone()],
                Some(Ok(records)) => records,
                Some(Err(failed)) => {
                    sorted.closed.push(failed);
                    continue;
                }
            };
            for record in opened.iter().flat_map(|record| self.apart(record)) {
                let keys = if self.partitioned { self.keys(&record).map(Some) } else { Ok(None) };
                match keys {
                    Ok(keys) => {
                        let next = sorted.groups.len();
                        let place = places.get(&keys).copied().unwrap_or(next);
                        if place == next {
                            sorted.groups.push((keys.clone().map(Arc::new), Vec::new()));
                            places.insert(keys, next);
                        }
                        sorted.groups[place].1.push(record);
                    }
                    Err(message) => sorted.failed.push(Failed { record, code: EXTRACTION_FAILED, message }),
                }
            }
        }
        sorted
    }

    fn keys(&self, record: &Record) -> Result<Keys, String> {
        let mut keys = Keys::default();
        let missing = || "partitionKeys values must not be null or empty".to_owned();
        if let Some(query) = &self.query {
            let mut found = query.keys(&record.data)?;
            for name in self.query_keys.iter() {
                keys.query.insert(name.clone(), found.remove(name).ok_or_else(missing)?);
            }
        }
        for name in self.lambda_keys.iter() {
            let said = record.keys.as_ref().and_then(|keys| keys.lambda.get(name));
            let said = said.filter(|value| !value.is_empty()).ok_or_else(missing)?;
            keys.lambda.insert(name.clone(), said.clone());
        }
        Ok(keys)
    }

    fn apart(&self, record: &Record) -> Vec<Record> {
        let pieces = match &self.deaggregation {
            None => None,
            Some(Deaggregation::Json) => json_documents(&record.data),
            Some(Deaggregation::Delimited(delimiter)) => delimited(&record.data, delimiter),
        };
        match pieces {
            Some(pieces) if pieces.len() <= DEAGGREGATED_RECORDS_MAX => {
                pieces.into_iter().map(|data| Record { data, ..record.clone() }).collect()
            }
            _ => vec![record.clone()],
        }
    }
}

/// The documents of a record, or the entries of the one array that it is. `None` if it is not all JSON.
fn json_documents(data: &Bytes) -> Option<Vec<Bytes>> {
    let mut pieces = Vec::new();
    let mut at = skip(data, 0, b"");
    while at < data.len() {
        let end = document_end(data, at)?;
        pieces.push(data.slice(at..end));
        at = skip(data, end, b"");
    }
    match pieces.as_slice() {
        [] => None,
        [only] if only.starts_with(b"[") => array_entries(only),
        _ => Some(pieces),
    }
}

fn array_entries(data: &Bytes) -> Option<Vec<Bytes>> {
    let mut entries = Vec::new();
    let mut at = skip(data, 1, b"");
    while data.get(at).is_some_and(|&byte| byte != b']') {
        let end = document_end(data, at)?;
        entries.push(data.slice(at..end));
        at = skip(data, end, b",");
    }
    (!entries.is_empty()).then_some(entries)
}

/// Where the JSON document that begins at `at` ends.
fn document_end(data: &[u8], at: usize) -> Option<usize> {
    let mut documents = serde_json::Deserializer::from_slice(&data[at..]).into_iter::<IgnoredAny>();
    documents.next()?.ok()?;
    Some(at + documents.byte_offset())
}

fn skip(data: &[u8], at: usize, also: &[u8]) -> usize {
    let skipped = |byte: &&u8| byte.is_ascii_whitespace() || also.contains(byte);
    at + data.get(at..).unwrap_or_default().iter().take_while(skipped).count()
}

/// The pieces between delimiters; what is empty is no record.
fn delimited(data: &Bytes, delimiter: &[u8]) -> Option<Vec<Bytes>> {
    if delimiter.is_empty() {
        return None;
    }
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at <= data.len() {
        let here = data[at..].starts_with(delimiter);
        if here || at == data.len() {
            if at > start {
                pieces.push(data.slice(start..at));
            }
            at += delimiter.len();
            start = at;
            if !here {
                break;
            }
        } else {
            at += 1;
        }
    }
    (!pieces.is_empty()).then_some(pieces)
}

#[cfg(test)]
mod tests {
    use wavetank_types::Timestamp;

    use super::*;

    fn sort(how: Option<Deaggregation>, query: Option<&str>, data: &str) -> String {
        let record = Record::new(Bytes::copy_from_slice(data.as_bytes()), Timestamp::TANK_EPOCH);
        let sorted = Sort {
            records: Arc::new(vec![record]),
            opener: None,
            deaggregation: how,
            query: query.map(|text| Arc::new(Query::compile(text).unwrap())),
            partitioned: query.is_some(),
            query_keys: query.map(|_| "id".to_owned()).into_iter().collect(),
            lambda_keys: Arc::new([]),
        }
        .run();
        let text = |data: &Bytes| String::from_utf8_lossy(data).into_owned();
        let mut lines = Vec::new();
        for (keys, records) in sorted.groups {
            let key = keys.map_or("-".to_owned(), |keys| keys.query["id"].clone());
            lines.push(format!(
                "{key}: {}",
                records.iter().map(|r| text(&r.data)).collect::<Vec<_>>().join("|")
            ));
        }
        lines.extend(
            sorted.failed.iter().map(|failed| format!("{}: {}", failed.message, text(&failed.record.data))),
        );
        lines.join("; ")
    }

    #[test]
    fn records_come_apart_and_find_their_partitions() {
        let json = || Some(Deaggregation::Json);
        let by = |text: &'static str| Some(Deaggregation::Delimited(Bytes::from_static(text.as_bytes())));
        let id = Some("{id: .id}");
        assert_eq!(sort(json(), None, "{\"a\":1}\n{\"b\":[2]} 3"), "-: {\"a\":1}|{\"b\":[2]}|3");
        assert_eq!(sort(json(), None, "[{\"a\":1},{\"a\":2}]"), "-: {\"a\":1}|{\"a\":2}");
        assert_eq!(sort(json(), None, "no json"), "-: no json");
        assert_eq!(sort(by("##"), None, "a##b####c"), "-: a|b|c");
        assert_eq!(sort(by("##"), None, "#a#"), "-: #a#");
        let data = "{\"id\":1}{\"id\":2}{\"id\":1,\"x\":0}{}";
        let expected = "1: {\"id\":1}|{\"id\":1,\"x\":0}; 2: {\"id\":2}; partitionKeys values must not be null or empty: {}";
        assert_eq!(sort(json(), id, data), expected);
    }

    #[test]
    fn a_put_of_too_many_records_passes_whole() {
        let most = "{}".repeat(DEAGGREGATED_RECORDS_MAX);
        assert_eq!(
            sort(Some(Deaggregation::Json), None, &most).matches('|').count(),
            DEAGGREGATED_RECORDS_MAX - 1
        );
        let more = "{}".repeat(DEAGGREGATED_RECORDS_MAX + 1);
        assert_eq!(sort(Some(Deaggregation::Json), None, &more).matches('|').count(), 0);
    }
}
