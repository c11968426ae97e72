//! A pattern's text as JSON with places: where a reader stands who goes through it token by token.
//!
//! Such a reader is behind the opening quote of a text, behind a number or a word, behind a bracket; at a name it has seen the beginning of the
//! value. Recorded, as people were told: two refusals with their columns (github.com/buildkite/docs/pull/896,
//! github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/251). Assumed: how what is no JSON is refused, in the words of
//! Jackson, which the open matcher of EventBridge uses.

use serde_json::Value;

use super::{PatternError, Problem};

/// How deep objects and arrays may nest.
const DEPTH_MAX: usize = 100;

const VALUES: &str = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'";

/// A value, and where the reader stands.
#[derive(Debug)]
pub(super) struct Placed {
    /// At its beginning.
    pub(super) at: usize,
    /// Behind its end.
    pub(super) end: usize,
    pub(super) json: Json,
}

#[derive(Debug)]
pub(super) enum Json {
    Object(Vec<(String, Placed)>),
    Array(Vec<Placed>),
    Leaf(Value),
}

impl Placed {
    /// What is written, as far as the reader sees at its beginning.
    pub(super) fn text(&self) -> String {
        match &self.json {
            Json::Object(_) => "{".to_owned(),
            Json::Array(_) => "[".to_owned(),
            Json::Leaf(Value::String(text)) => text.clone(),
            Json::Leaf(other) => other.to_string(),
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.json {
            Json::Leaf(Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// The first value of a text. What follows it is not looked at.
pub(super) fn read(text: &str) -> Result<Placed, PatternError> {
    Reader { text, at: 0 }.value(0)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn broken<T>(&self, what: String) -> Result<T, PatternError> {
        Err(PatternError { problem: Problem::NotJson(what), at: Some(self.at) })
    }

    /// The next character that is no space, which is taken.
    fn next(&mut self) -> Option<char> {
        let found = self.rest().char_indices().find(|(_, c)| !matches!(c, ' ' | '\t' | '\n' | '\r'));
        self.at = found.map_or(self.text.len(), |(at, c)| self.at + at + c.len_utf8());
        found.map(|(_, c)| c)
    }

    fn unexpected<T>(&self, found: char, wanted: &str) -> Result<T, PatternError> {
        self.broken(format!("Unexpected character ('{found}' (code {})): {wanted}", u32::from(found)))
    }

    fn value(&mut self, depth: usize) -> Result<Placed, PatternError> {
        let Some(first) = self.next() else {
            return self.broken("Unexpected end-of-input: expected a value".to_owned());
        };
        let at = self.at;
        let start = at - first.len_utf8();
        let json = match first {
            '{' | '[' if depth == DEPTH_MAX => return self.broken("Too deeply nested".to_owned()),
            '{' => self.object(start, depth)?,
            '[' => self.array(start, depth)?,
            '"' => Json::Leaf(Value::from(self.string()?)),
            '-' | '0'..='9' => {
                self.skip(|c| matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
                match serde_json::from_str(&self.text[start..self.at]) {
                    Ok(number) => Json::Leaf(number),
                    Err(_) => return self.broken("Invalid numeric value".to_owned()),
                }
            }
            first if first.is_alphabetic() => {
                self.skip(|c| c.is_alphanumeric() || c == '_');
                match &self.text[start..self.at] {
                    "true" => Json::Leaf(Value::Bool(true)),
                    "false" => Json::Leaf(Value::Bool(false)),
                    "null" => Json::Leaf(Value::Null),
                    word => {
                        return self.broken(format!("Unrecognized token '{word}': was expecting ({VALUES})"));
                    }
                }
            }
            other => return self.unexpected(other, &format!("expected a valid value ({VALUES})")),
        };
        let end = self.at;
        let at = if matches!(json, Json::Leaf(Value::Number(_) | Value::Bool(_) | Value::Null)) {
            end
        } else {
            at
        };
        Ok(Placed { at, end, json })
    }

    fn skip(&mut self, takes: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !takes(c)).unwrap_or(rest.len());
    }

    fn object(&mut self, start: usize, depth: usize) -> Result<Json, PatternError> {
        let mut entries = Vec::new();
        loop {
            match self.next() {
                Some('}') if entries.is_empty() => break,
                Some('"') => {}
                Some(other) => {
                    return self.unexpected(other, "was expecting double-quote to start field name");
                }
                None => return self.unclosed("Object", start),
            }
            let name = self.string()?;
            match self.next() {
                Some(':') => {}
                Some(other) => {
                    return self.unexpected(other, "was expecting a colon to separate field name and value");
                }
                None => return self.unclosed("Object", start),
            }
            entries.push((name, self.value(depth + 1)?));
            match self.next() {
                Some(',') => {}
                Some('}') => break,
                Some(other) => {
                    return self.unexpected(other, "was expecting comma to separate Object entries");
                }
                None => return self.unclosed("Object", start),
            }
        }
        Ok(Json::Object(entries))
    }

    fn array(&mut self, start: usize, depth: usize) -> Result<Json, PatternError> {
        let mut entries = Vec::new();
        if self.rest().trim_start().starts_with(']') {
            self.next();
            return Ok(Json::Array(entries));
        }
        loop {
            entries.push(self.value(depth + 1)?);
            match self.next() {
                Some(',') => {}
                Some(']') => break,
                Some(other) => {
                    return self.unexpected(other, "was expecting comma to separate Array entries");
                }
                None => return self.unclosed("Array", start),
            }
        }
        Ok(Json::Array(entries))
    }

    fn unclosed<T>(&self, what: &str, start: usize) -> Result<T, PatternError> {
        let place = super::place(self.text, start);
        self.broken(format!(
            "Unexpected end-of-input: expected close marker for {what} (start marker{place})"
        ))
    }

    /// The rest of a string whose opening quote is taken.
    fn string(&mut self) -> Result<String, PatternError> {
        let start = self.at - 1;
        let mut is_escaped = false;
        let closing = self.rest().char_indices().find(|(_, c)| {
            let closes = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            closes
        });
        let Some((length, _)) = closing else {
            self.at = self.text.len();
            return self.broken("Unexpected end-of-input in VALUE_STRING".to_owned());
        };
        self.at += length + 1;
        match serde_json::from_str(&self.text[start..self.at]) {
            Ok(text) => Ok(text),
            Err(_) => self.broken("Unrecognized character escape or illegal unquoted character".to_owned()),
        }
    }
}
