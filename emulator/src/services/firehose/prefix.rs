//! Prefixes of object keys and their expressions, `!{namespace:value}`.
//!
//! Documented: docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html (read 2026-11-20 as
//! awsdocs/amazon-kinesis-data-firehose-developer-guide). Assumed: with dynamic partitioning no time is appended to a
//! prefix that has none; an expression that is over 512 characters long when evaluated is cut.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use wavetank_types::Timestamp;

use super::error::Argument;
use super::java_time::Pattern;
use super::limits::{PREFIX_CHARS_MAX, RANDOM_STRING_CHARS};

/// The keys of a partition: from the query, and from the function.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Keys {
    /// By name, as `MetadataExtractionQuery` gave them.
    pub(super) query: BTreeMap<String, String>,
    /// By name, as the function gave them.
    pub(super) lambda: BTreeMap<String, String>,
}

/// A prefix that has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefix(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Time(Pattern),
    RandomString,
    ErrorType,
    QueryKey(String),
    LambdaKey(String),
}

/// What a prefix is evaluated with.
#[derive(Debug)]
pub(super) struct Evaluation<'a> {
    /// The arrival of the oldest record.
    pub(super) at: Timestamp,
    pub(super) zone: Tz,
    pub(super) keys: Option<&'a Keys>,
    pub(super) error_type: &'a str,
}

impl Prefix {
    /// Reads a prefix. `field` names it in refusals.
    pub(super) fn parse(text: &str, field: &'static str) -> Result<Self, Argument> {
        let refuse = |why: String| Argument::Expression { field, why };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("!{") {
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let inside = &rest[at + 2..];
            let end = inside.find('}').ok_or_else(|| refuse(format!("`{}` does not end", &rest[at..])))?;
            let expression = &inside[..end];
            let (space, value) = expression
                .split_once(':')
                .ok_or_else(|| refuse(format!("`!{{{expression}}}` has no namespace")))?;
            parts.push(match (space, value) {
                ("timestamp", value) => Part::Time(Pattern::to_write(value).map_err(refuse)?),
                ("firehose", "random-string") => Part::RandomString,
                ("firehose", "error-output-type") => Part::ErrorType,
                ("partitionKeyFromQuery", key) if !key.is_empty() => Part::QueryKey(key.to_owned()),
                ("partitionKeyFromLambda", key) if !key.is_empty() => Part::LambdaKey(key.to_owned()),
                _ => return Err(refuse(format!("`!{{{expression}}}` is not known"))),
            });
            rest = &inside[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// The hour's folder, which AWS appends to what says no time.
    pub(super) fn with_default_time(mut self) -> Self {
        let hourly = Pattern::to_write("yyyy/MM/dd/HH/").expect("its letters are known");
        self.0.push(Part::Time(hourly));
        self
    }

    /// `<prefix><error type>/yyyy/MM/dd/HH/`: where errors go if nothing is said.
    ///
    /// Documented as `<prefix><error-output-type>YYYY/MM/DD/HH/`; the example on the same page has the slash.
    pub(super) fn default_errors(prefix: Option<&str>) -> Self {
        let text = prefix.map(|text| Part::Text(text.to_owned()));
        let parts = text.into_iter().chain([Part::ErrorType, Part::Text("/".to_owned())]);
        Self(parts.collect()).with_default_time()
    }

    pub(super) fn has_expressions(&self) -> bool {
        self.0.iter().any(|part| !matches!(part, Part::Text(_)))
    }

    pub(super) fn has_time(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Time(_)))
    }

    pub(super) fn has_error_type(&self) -> bool {
        self.0.contains(&Part::ErrorType)
    }

    /// Names of the keys that the query must give.
    pub(super) fn query_keys(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|part| if let Part::QueryKey(key) = part { Some(key.as_str()) } else { None })
    }

    /// Names of the keys that the function must give.
    pub(super) fn lambda_keys(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|part| if let Part::LambdaKey(key) = part { Some(key.as_str()) } else { None })
    }

    /// The prefix of one object. `random` draws that many characters.
    pub(super) fn evaluate(&self, with: &Evaluation<'_>, mut random: impl FnMut(usize) -> String) -> String {
        let at = with.at.utc().with_timezone(&with.zone);
        let key = |keys: Option<&BTreeMap<String, String>>, name: &str| {
            keys.and_then(|keys| keys.get(name)).map_or("", String::as_str).to_owned()
        };
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Time(pattern) => pattern.write(at, &mut out),
                Part::RandomString => out.push_str(&random(RANDOM_STRING_CHARS)),
                Part::ErrorType => out.push_str(with.error_type),
                Part::QueryKey(name) => out.push_str(&key(with.keys.map(|keys| &keys.query), name)),
                Part::LambdaKey(name) => out.push_str(&key(with.keys.map(|keys| &keys.lambda), name)),
            }
        }
        if let Some((end, _)) = out.char_indices().nth(PREFIX_CHARS_MAX) {
            out.truncate(end);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(text: &str) -> Result<String, Argument> {
        let mut keys = Keys::default();
        keys.query.insert("customer".to_owned(), "c 1".to_owned());
        keys.lambda.insert("kind".to_owned(), "k".to_owned());
        let with = Evaluation {
            at: Timestamp::TANK_EPOCH,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
            keys: Some(&keys),
            error_type: "processing-failed",
        };
        Ok(Prefix::parse(text, "Prefix")?.evaluate(&with, |count| "r".repeat(count)))
    }

    #[test]
    fn expressions_become_what_they_stand_for() {
        for (text, expected) in [
            ("", ""),
            ("data/raw/", "data/raw/"),
            ("y=!{timestamp:yyyy}/h=!{timestamp:HH}/", "y=2026/h=07/"),
            ("!{timestamp:'year='yyyy'/month='MM}/", "year=2026/month=01/"),
            ("!{firehose:random-string}/", "rrrrrrrrrrr/"),
            ("e/!{firehose:error-output-type}/", "e/processing-failed/"),
            ("c=!{partitionKeyFromQuery:customer}/k=!{partitionKeyFromLambda:kind}/", "c=c 1/k=k/"),
        ] {
            assert_eq!(evaluated(text).as_deref(), Ok(expected), "{text}");
        }
        for bad in ["!{timestamp:yyyy", "!{now}", "!{firehose:uuid}", "!{s3:bucket}", "!{timestamp:JJ}"] {
            assert!(matches!(evaluated(bad), Err(Argument::Expression { .. })), "{bad}");
        }
    }
}
