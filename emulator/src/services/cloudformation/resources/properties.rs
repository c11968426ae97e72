//! A resource's resolved properties, read as what a type needs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wavetank_wire::FromVal;
use wavetank_wire::schema::Shape;

use super::{Reason, shape, tags};
use crate::services::cloudformation::template::scalar_text;

/// Resolved properties of one resource.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Properties<'a> {
    pub(super) entries: &'a Map<String, Value>,
    pub(super) logical: &'a str,
}

impl<'a> Properties<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.entries.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(scalar_text)
    }

    pub(super) fn required(&self, name: &str) -> Result<String, Reason> {
        self.text(name).ok_or_else(|| self.missing(name))
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Reason> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| self.wrong(name, "Integer"))
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::Array(entries)) => entries.iter().filter_map(scalar_text).collect(),
            Some(one) => scalar_text(one).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A document, given as a map or as a text, as a text.
    pub(super) fn document(&self, name: &str) -> Result<String, Reason> {
        match self.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(document @ Value::Object(_)) => Ok(document.to_string()),
            Some(_) => Err(self.wrong(name, "JSONObject")),
            None => Err(self.missing(name)),
        }
    }

    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        tags::read(self.get("Tags"))
    }

    /// These properties as an operation's input, without those in `but` and with those in `and`.
    pub(super) fn as_input<T: FromVal>(
        &self,
        shape: &'static Shape,
        but: &[&str],
        and: &[(&str, Value)],
    ) -> Result<T, Reason> {
        let mut entries = self.entries.clone();
        entries.retain(|name, _| !but.contains(&name.as_str()));
        entries.extend(and.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.convert(shape, &Value::Object(entries))
    }

    /// One value as a structure of another service.
    pub(super) fn convert<T: FromVal>(&self, shape: &'static Shape, value: &Value) -> Result<T, Reason> {
        shape::to_val(shape, value, "#").map(T::from_val).map_err(|problem| self.invalid(&problem))
    }

    pub(super) fn missing(&self, name: &str) -> Reason {
        self.invalid(&format!("#: required key [{name}] not found"))
    }

    pub(super) fn wrong(&self, name: &str, wanted: &str) -> Reason {
        self.invalid(&format!("#/{name}: expected type: {wanted}"))
    }

    /// Recorded by others: the frame of the sentence is quoted in public error reports.
    pub(super) fn invalid(&self, problem: &str) -> Reason {
        format!("Properties validation failed for resource {} with message:\n{problem}", self.logical)
    }
}
