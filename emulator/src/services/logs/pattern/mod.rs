//! Filter patterns: what metric filters, subscription filters, FilterLogEvents and live tail match events with.
//!
//! Three languages that their first character tells apart: terms (`terms.rs`), JSON selectors in braces (`json.rs`) and
//! space-delimited fields in brackets (`fields.rs`). Regular expressions between percent signs may stand in each
//! (`wanted.rs`). A pattern is parsed once; matching keeps what it has read, so that a metric's value is found in it.
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html (read 2026-11-28, and its
//! older form in awsdocs/amazon-cloudwatch-logs-user-guide) unless a line says otherwise.

mod condition;
mod cursor;
mod fields;
mod json;
mod terms;
#[cfg(test)]
mod tests;
mod wanted;

use std::collections::BTreeMap;

use cursor::Cursor;
use fields::Fields;
use json::Json;
use terms::Terms;

/// Regular expressions of one JSON or space-delimited pattern, at most.
const REGEXES_MAX: usize = 2;

/// Why a pattern cannot be read: what is wrong, and before which character, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {at}")]
pub struct PatternError {
    /// What is wrong.
    pub problem: String,
    /// Where.
    pub at: usize,
}

/// A parsed pattern.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    kind: Kind,
    regexes: usize,
}

#[derive(Debug, Clone)]
enum Kind {
    Terms(Terms),
    Json(Json),
    Fields(Fields),
}

/// What a matching message was read as.
#[derive(Debug)]
pub(super) enum Matched<'a> {
    Text,
    Json(&'a Json, serde_json::Value),
    Fields(&'a Fields, Vec<&'a str>),
}

impl Pattern {
    /// The empty pattern matches all.
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut cursor = Cursor::new(text);
        cursor.skip_space();
        let kind = match cursor.peek() {
            Some('{') => Kind::Json(Json::parse(&mut cursor)?),
            Some('[') => Kind::Fields(Fields::parse(&mut cursor)?),
            _ => Kind::Terms(Terms::parse(&mut cursor)?),
        };
        let regexes = cursor.regexes;
        if regexes > REGEXES_MAX && !matches!(kind, Kind::Terms(_)) {
            let problem = format!("more than {REGEXES_MAX} regular expressions");
            return Err(PatternError { problem, at: 0 });
        }
        Ok(Self { kind, regexes })
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        self.read(message).is_some()
    }

    /// What the message is read as, if it matches.
    pub(super) fn read<'a>(&'a self, message: &'a str) -> Option<Matched<'a>> {
        match &self.kind {
            Kind::Terms(terms) => terms.matches(message).then_some(Matched::Text),
            Kind::Json(json) => json.read(message).map(|value| Matched::Json(json, value)),
            Kind::Fields(fields) => fields.read(message).map(|found| Matched::Fields(fields, found)),
        }
    }

    /// Whether values can be taken out of what matches.
    pub(super) fn has_fields(&self) -> bool {
        !matches!(self.kind, Kind::Terms(_))
    }

    /// Whether it is a space-delimited pattern.
    pub(super) fn is_delimited(&self) -> bool {
        matches!(self.kind, Kind::Fields(_))
    }

    /// How many regular expressions stand in it: a group has a quota of patterns that have any.
    pub(super) fn regexes(&self) -> usize {
        self.regexes
    }
}

impl Matched<'_> {
    /// The value of a selector, such as `$.latency` or `$size`. None if the message has none.
    pub(super) fn value(&self, selector: &str) -> Option<String> {
        match self {
            Self::Text => None,
            Self::Json(_, value) => json::value(value, selector),
            Self::Fields(fields, found) => fields.value(found, selector).map(str::to_owned),
        }
    }

    /// What TestMetricFilter shows: the fields, or the values of the selectors that the pattern names.
    pub(super) fn extracted(&self) -> BTreeMap<String, String> {
        match self {
            Self::Text => BTreeMap::new(),
            Self::Json(json, value) => json.extracted(value),
            Self::Fields(fields, found) => fields.extracted(found),
        }
    }
}
