//! Filter patterns on unstructured text: terms that must all be there, `-term` that must not, `?term` of which one must.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html (to be verified).
//! Left out: JSON (`{ $.x = 1 }`), space-delimited (`[a, b]`) and regular expressions (`%x%`), refused by name.

use super::error::LogsError;

/// A parsed pattern. The empty one matches all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    all: Vec<String>,
    none: Vec<String>,
    any: Vec<String>,
}

impl Pattern {
    /// Terms are words, or anything between double quotes.
    pub(super) fn parse(text: &str) -> Result<Self, LogsError> {
        let text = text.trim();
        match text.chars().next() {
            Some('{') => return Err(LogsError::NotBuilt("a JSON filter pattern")),
            Some('[') => return Err(LogsError::NotBuilt("a space-delimited filter pattern")),
            Some('%') => return Err(LogsError::NotBuilt("a regular expression in a filter pattern")),
            _ => {}
        }
        let mut pattern = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (list, tail) = match rest.as_bytes()[0] {
                b'-' => (&mut pattern.none, &rest[1..]),
                b'?' => (&mut pattern.any, &rest[1..]),
                _ => (&mut pattern.all, rest),
            };
            let (term, tail) = take_term(tail)?;
            list.push(term);
            rest = tail.trim_start();
        }
        Ok(pattern)
    }

    /// Whether a message matches. Terms are case-sensitive parts of it.
    pub(super) fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        self.all.iter().all(has)
            && !self.none.iter().any(has)
            && (self.any.is_empty() || self.any.iter().any(has))
    }
}

fn take_term(text: &str) -> Result<(String, &str), LogsError> {
    if let Some(quoted) = text.strip_prefix('"') {
        let end = quoted.find('"').ok_or(LogsError::Pattern)?;
        return Ok((quoted[..end].to_owned(), &quoted[end + 1..]));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    if end == 0 {
        return Err(LogsError::Pattern);
    }
    Ok((text[..end].to_owned(), &text[end..]))
}
