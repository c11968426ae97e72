//! A conversation with a service, as a file: calls in order, what later ones take from earlier answers, and what to wait for.
//!
//! Texts may hold `${name}`: bound by an earlier step, or one of `run`, `account`, `region`, `now_ms`, `now_s`, or `fill:N` for
//! N letters. A text that is nothing but one placeholder becomes the value itself, so that numbers stay numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A file of the battery.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    /// `service/file`; not in the file.
    #[serde(skip)]
    pub name: String,
    /// The service of steps that name none, as `wire` calls it, or `s3`.
    pub service: String,
    /// What it is about, for a reader.
    pub about: String,
    /// The calls.
    pub steps: Vec<Step>,
}

/// One call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The operation, or `service:Operation`.
    pub call: String,
    /// In the members of AWS's API.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
    /// For S3, in place of `input`: method and path with its query, such as `PUT /${bucket}?versioning`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<String>,
    /// For S3: further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// For S3: the body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Names for parts of the answer: `{"url": "QueueUrl"}`, `{"shard": "Shards[0].ShardId"}`, `{"etag": "headers.etag"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bind: BTreeMap<String, String>,
    /// The call is repeated until these parts of the answer are so, for a minute at most. `null`: until the call is refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub until: BTreeMap<String, Value>,
    /// Seconds that pass before the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_s: Option<u64>,
    /// Lists of the answer that have no order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unordered: Vec<String>,
    /// Parts of the answer that are not compared, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ignore: BTreeMap<String, String>,
    /// What the step is there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Step {
    /// The service that is asked, and the operation.
    pub fn asks<'s>(&'s self, of: &'s Conversation) -> (&'s str, &'s str) {
        self.call.split_once(':').unwrap_or((&of.service, &self.call))
    }
}

/// What stands for the placeholders of a text. Error: the name of one that nothing stands for.
pub(super) fn fill(value: &Value, bound: &BTreeMap<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => fill_text(text, bound)?,
        Value::Array(entries) => {
            Value::Array(entries.iter().map(|entry| fill(entry, bound)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                Ok::<_, String>((as_text(fill_text(name, bound)?), fill(value, bound)?))
            };
            Value::Object(members.iter().map(member).collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

/// A text with its placeholders filled in.
pub(super) fn fill_text(text: &str, bound: &BTreeMap<String, Value>) -> Result<Value, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}').map(|end| at + end) else { break };
        let name = &rest[at + 2..end];
        let value = match name.strip_prefix("fill:").and_then(|count| count.parse().ok()) {
            Some(count) => Value::String("x".repeat(count)),
            None => bound.get(name).cloned().ok_or_else(|| name.to_owned())?,
        };
        if at == 0 && out.is_empty() && end + 1 == text.len() {
            return Ok(value);
        }
        out.push_str(&rest[..at]);
        out.push_str(&as_text(value));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(Value::String(out))
}

pub(super) fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The part of a value at a path such as `Shards[0].ShardId`.
pub(super) fn part<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, name| {
        let (name, indexes) = name.split_once('[').map_or((name, ""), |(name, rest)| (name, rest));
        let value = if name.is_empty() { Some(value) } else { value.get(name) };
        indexes
            .split('[')
            .filter(|index| !index.is_empty())
            .fold(value, |value, index| value?.get(index.trim_end_matches(']').parse::<usize>().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_filled_and_what_nothing_stands_for_is_named() {
        let bound = BTreeMap::from([("n".to_owned(), json!(7)), ("s".to_owned(), json!("x"))]);
        let filled = fill(&json!({"a": "${n}", "b": ["-${s}${n}-"], "c": "${fill:3}!"}), &bound);
        assert_eq!(filled, Ok(json!({"a": 7, "b": ["-x7-"], "c": "xxx!"})));
        assert_eq!(fill(&json!("${nobody}"), &bound), Err("nobody".to_owned()));
    }

    #[test]
    fn parts_are_found_by_their_path() {
        let value = json!({"Shards": [{"Id": 1}, {"Id": 2}]});
        assert_eq!(part(&value, "Shards[1].Id"), Some(&json!(2)));
        assert_eq!(part(&value, "Shards[2].Id"), None);
        assert_eq!(part(&value, "Nothing"), None);
    }
}
