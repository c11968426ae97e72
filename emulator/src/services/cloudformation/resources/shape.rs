//! The forms that properties take: checked in a template before anything happens, converted when values are known.
//!
//! Most properties are named and built as in the other service's API: then its published shape is the form.
//! CloudFormation passes `"30"` where 30 is meant, and the reverse; so does this.

use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::Val;
use wavetank_wire::schema::{Kind, Shape};

use crate::services::cloudformation::template::graph::only_entry;
use crate::services::cloudformation::template::resolve::is_function;
use crate::services::cloudformation::template::{TemplateError, scalar_text};

/// What a property holds.
#[derive(Debug)]
pub(super) enum Form {
    /// A scalar: text, number or flag.
    Scalar,
    /// A list of scalars.
    Scalars,
    /// Anything: a document or a map whose keys are the template's own.
    Free,
    /// `[{Key, Value}]`.
    Tags,
    /// A map of these members.
    Members(&'static [(&'static str, Form)]),
    /// A list of maps of these members.
    List(&'static [(&'static str, Form)]),
    /// As in the other service's API.
    Api(&'static Shape),
}

/// Refuses members that are not built. Functions are let through: their values are not known yet.
pub(super) fn check(form: &Form, value: &Value, path: &str, place: &str) -> Result<(), TemplateError> {
    if let Some(result) = check_function(form, value, path, place) {
        return result;
    }
    match (form, value) {
        (Form::Members(members), Value::Object(_)) => check_members(members, value, path, place),
        (Form::List(members), Value::Array(entries)) => {
            entries.iter().try_for_each(|entry| match check_function(form, entry, path, place) {
                Some(result) => result,
                None => check_members(members, entry, path, place),
            })
        }
        (Form::Api(shape), _) => check_api(shape, value, path, place),
        _ => Ok(()),
    }
}

/// `Some` if the value is a function. Both branches of `Fn::If` are looked into.
fn check_function(form: &Form, value: &Value, path: &str, place: &str) -> Option<Result<(), TemplateError>> {
    let (function, argument) = only_entry(value).filter(|(key, _)| is_function(key))?;
    if function == "Fn::If"
        && let Some([_, then, otherwise]) = argument.as_array().map(Vec::as_slice)
    {
        // A list's entry may be chosen too: it is checked as an entry by its own caller.
        if !matches!(form, Form::List(_)) {
            let both = [then, otherwise];
            return Some(both.into_iter().try_for_each(|value| check(form, value, path, place)));
        }
    }
    Some(Ok(()))
}

fn check_members(
    members: &[(&str, Form)],
    value: &Value,
    path: &str,
    place: &str,
) -> Result<(), TemplateError> {
    let Value::Object(entries) = value else { return Ok(()) };
    for (name, value) in entries {
        let path = format!("{path}.{name}");
        match members.iter().find(|(member, _)| member == name) {
            Some((_, form)) => check(form, value, &path, place)?,
            None => {
                return Err(TemplateError::UnsupportedProperty { property: path, place: place.to_owned() });
            }
        }
    }
    Ok(())
}

fn check_api(shape: &Shape, value: &Value, path: &str, place: &str) -> Result<(), TemplateError> {
    if only_entry(value).is_some_and(|(key, _)| is_function(key)) {
        return Ok(());
    }
    match (&shape.kind, value) {
        (Kind::Structure(members), Value::Object(entries)) => {
            for (name, value) in entries {
                let path = format!("{path}.{name}");
                match members.iter().find(|member| member.name == name) {
                    Some(member) => check_api(member.shape, value, &path, place)?,
                    None => {
                        let place = place.to_owned();
                        return Err(TemplateError::UnsupportedProperty { property: path, place });
                    }
                }
            }
            Ok(())
        }
        (Kind::List { member, .. }, Value::Array(entries)) => {
            entries.iter().try_for_each(|entry| check_api(member, entry, path, place))
        }
        (Kind::Map { value: shape, .. }, Value::Object(entries)) => entries
            .iter()
            .try_for_each(|(key, value)| check_api(shape, value, &format!("{path}.{key}"), place)),
        (Kind::Unbuilt, _) => Err(TemplateError::not_built(format!("the property {path}"), place)),
        _ => Ok(()),
    }
}

/// The value as another service's API takes it. Refuses in JSON schema's words, with the place.
pub(super) fn to_val(shape: &Shape, value: &Value, path: &str) -> Result<Val, String> {
    let wrong = |wanted: &str| format!("{path}: expected type: {wanted}, found: {}", found(value));
    let text = || scalar_text(value);
    match &shape.kind {
        Kind::Structure(members) => {
            let Value::Object(entries) = value else { return Err(wrong("JSONObject")) };
            let mut filled = Vec::new();
            for (at, member) in (0u16..).zip(members.iter()) {
                match entries.get(member.name) {
                    Some(value) => {
                        filled.push((at, to_val(member.shape, value, &format!("{path}/{}", member.name))?));
                    }
                    None if member.required => {
                        return Err(format!("{path}: required key [{}] not found", member.name));
                    }
                    None => {}
                }
            }
            let stranger = entries.keys().find(|name| !members.iter().any(|member| member.name == **name));
            match stranger {
                Some(name) => Err(format!("{path}: extraneous key [{name}] is not permitted")),
                None => Ok(Val::Struct(filled)),
            }
        }
        Kind::List { member, .. } => {
            let Value::Array(entries) = value else { return Err(wrong("JSONArray")) };
            let entries = entries.iter().enumerate();
            let entries: Result<Vec<Val>, String> =
                entries.map(|(at, entry)| to_val(member, entry, &format!("{path}/{at}"))).collect();
            entries.map(Val::List)
        }
        Kind::Map { value: shape, .. } => {
            let Value::Object(entries) = value else { return Err(wrong("JSONObject")) };
            let entries = entries.iter();
            let entries: Result<Vec<(String, Val)>, String> = entries
                .map(|(key, value)| Ok((key.clone(), to_val(shape, value, &format!("{path}/{key}"))?)))
                .collect();
            entries.map(Val::Map)
        }
        Kind::String { .. } => text().map(Val::Str).ok_or_else(|| wrong("String")),
        Kind::Boolean => match text().as_deref() {
            Some("true") => Ok(Val::Bool(true)),
            Some("false") => Ok(Val::Bool(false)),
            _ => Err(wrong("Boolean")),
        },
        Kind::Integer { .. } | Kind::Long { .. } => {
            whole(text()).map(Val::Int).ok_or_else(|| wrong("Number"))
        }
        Kind::Double { .. } => {
            let number = text().and_then(|text| text.trim().parse().ok());
            number.map(Val::Float).ok_or_else(|| wrong("Number"))
        }
        Kind::Timestamp { .. } => {
            let secs = whole(text()).ok_or_else(|| wrong("Number"))?;
            Ok(Val::Time(Timestamp::from_millis(secs.saturating_mul(1_000))))
        }
        Kind::Document => Ok(Val::Doc(value.clone())),
        Kind::Blob { .. } | Kind::Unbuilt => {
            Err(format!("{path}: wavetank does not implement this property"))
        }
    }
}

fn whole(text: Option<String>) -> Option<i64> {
    text.and_then(|text| text.trim().parse().ok())
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(_) => "Number",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

/// Whether two values are the same to CloudFormation: `30` is `"30"`, and the order of a map's keys means nothing.
pub(super) fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => match (one, other) {
            (Value::Array(ones), Value::Array(others)) => {
                ones.len() == others.len()
                    && ones.iter().zip(others).all(|(one, other)| same(Some(one), Some(other)))
            }
            (Value::Object(ones), Value::Object(others)) => {
                ones.len() == others.len() && ones.iter().all(|(key, one)| same(Some(one), others.get(key)))
            }
            _ => one == other || (scalar_text(one).is_some() && scalar_text(one) == scalar_text(other)),
        },
        _ => false,
    }
}
