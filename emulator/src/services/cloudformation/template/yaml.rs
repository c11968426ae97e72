//! YAML into one tree of JSON values, with CloudFormation's short forms (`!Sub`) written out (`Fn::Sub`).
//!
//! Bounded: aliases are refused, as AWS refuses them, so that nothing multiplies; nesting has a limit; nothing here
//! recurses. Numbers keep their spelling where JSON would change it: `012` and `1.10` stay texts.
//! Errors carry line and column, both from 1.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::super::limits::NESTING_MAX;
use super::error::TemplateError;

/// A map or list that has begun and not ended.
enum Open {
    Map { entries: Map<String, Value>, key: Option<String>, short: Option<String> },
    List { entries: Vec<Value>, short: Option<String> },
}

struct Builder {
    open: Vec<Open>,
    root: Option<Value>,
}

/// Reads one YAML document.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    let mut builder = Builder { open: Vec::new(), root: None };
    let mut documents = 0;
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| not_well_formed(*error.marker()))?;
        let at = span.start;
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(not_well_formed(at));
                }
            }
            Event::Alias(_) => return Err(TemplateError::Alias { line: at.line(), column: at.col() + 1 }),
            Event::Scalar(text, style, _, tag) => builder.scalar(&text, style, tag.as_deref(), at)?,
            Event::SequenceStart(_, tag) => {
                let short = short_form(tag.as_deref(), at)?;
                builder.begin(Open::List { entries: Vec::new(), short }, at)?;
            }
            Event::MappingStart(_, tag) => {
                let short = short_form(tag.as_deref(), at)?;
                builder.begin(Open::Map { entries: Map::new(), key: None, short }, at)?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.end(at)?,
        }
    }
    Ok(builder.root.unwrap_or(Value::Null))
}

impl Builder {
    fn begin(&mut self, open: Open, at: Marker) -> Result<(), TemplateError> {
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            // A map or list as a key.
            return Err(not_well_formed(at));
        }
        if self.open.len() >= NESTING_MAX {
            return Err(TemplateError::TooDeep { max: NESTING_MAX, line: at.line(), column: at.col() + 1 });
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, at: Marker) -> Result<(), TemplateError> {
        let (value, short) = match self.open.pop() {
            Some(Open::Map { entries, short, .. }) => (Value::Object(entries), short),
            Some(Open::List { entries, short }) => (Value::Array(entries), short),
            None => return Err(not_well_formed(at)),
        };
        self.put(written_out(short, value), at)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Marker,
    ) -> Result<(), TemplateError> {
        if let Some(Open::Map { key: key @ None, entries, .. }) = self.open.last_mut() {
            if entries.contains_key(text) {
                let (line, column) = (at.line(), at.col() + 1);
                return Err(TemplateError::DuplicateKey { key: text.to_owned(), line, column });
            }
            *key = Some(text.to_owned());
            return Ok(());
        }
        let short = short_form(tag, at)?;
        let is_text = style != ScalarStyle::Plain || tag.is_some();
        let value = if is_text { Value::String(text.to_owned()) } else { plain(text) };
        self.put(written_out(short, value), at)
    }

    fn put(&mut self, value: Value, at: Marker) -> Result<(), TemplateError> {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List { entries, .. }) => entries.push(value),
            Some(Open::Map { entries, key, .. }) => {
                let key = key.take().ok_or_else(|| not_well_formed(at))?;
                entries.insert(key, value);
            }
        }
        Ok(())
    }
}

fn not_well_formed(at: Marker) -> TemplateError {
    TemplateError::NotWellFormed { format: "YAML", line: at.line(), column: at.col() + 1 }
}

/// The function that a tag is short for; `None` for no tag and for YAML's own.
fn short_form(tag: Option<&Tag>, at: Marker) -> Result<Option<String>, TemplateError> {
    let Some(tag) = tag else { return Ok(None) };
    if tag.is_yaml_core_schema() || (tag.handle.is_empty() && tag.suffix == "!") {
        return Ok(None);
    }
    let function = match tag.suffix.as_str() {
        "Ref" | "Condition" => tag.suffix.clone(),
        "And" | "Base64" | "Cidr" | "Equals" | "FindInMap" | "ForEach" | "GetAZs" | "GetAtt" | "If"
        | "ImportValue" | "Join" | "Length" | "Not" | "Or" | "Select" | "Split" | "Sub" | "ToJsonString"
        | "Transform" => format!("Fn::{}", tag.suffix),
        _ => {
            let tag = format!("{}{}", tag.handle, tag.suffix);
            return Err(TemplateError::UnknownTag { tag, line: at.line(), column: at.col() + 1 });
        }
    };
    if tag.handle != "!" {
        let tag = format!("{}{}", tag.handle, tag.suffix);
        return Err(TemplateError::UnknownTag { tag, line: at.line(), column: at.col() + 1 });
    }
    Ok(Some(function))
}

/// `!Sub x` as `{"Fn::Sub": "x"}`; `!GetAtt A.B` as `{"Fn::GetAtt": ["A", "B"]}`.
fn written_out(short: Option<String>, value: Value) -> Value {
    let Some(function) = short else { return value };
    let argument = match value {
        Value::String(text) if function == "Fn::GetAtt" => match text.split_once('.') {
            Some((logical, attribute)) => Value::Array(vec![logical.into(), attribute.into()]),
            None => Value::String(text),
        },
        other => other,
    };
    Value::Object(Map::from_iter([(function, argument)]))
}

/// A plain scalar by YAML's core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return number.into();
    }
    if text.contains('.')
        && let Ok(number) = text.parse::<f64>()
        && number.is_finite()
        && number.to_string() == text
    {
        return number.into();
    }
    Value::String(text.to_owned())
}
