//! A template: text in, a checked structure out.
//!
//! YAML and JSON become one tree (`yaml.rs`); sections are read here; `parameters.rs` gives parameters their values,
//! `resolve.rs` evaluates functions and conditions, `graph.rs` finds who needs whom and in which order.
//! Left out, refused by name: transforms (and with them AWS::Serverless), rules, hooks, language extensions,
//! dynamic references, parameters from SSM. `Metadata` is kept and means nothing.

mod error;
pub(super) mod graph;
pub(super) mod parameters;
pub(super) mod resolve;
#[cfg(test)]
mod tests;
mod yaml;

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::kept::Kept;
use super::limits;
pub use error::TemplateError;
pub(super) use parameters::ParameterSpec;

/// Templates that are read once.
const TEMPLATES_KEPT_MAX: usize = 64;

/// A template that has the form of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Template {
    pub(super) version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) metadata: Option<Value>,
    pub(super) parameters: IndexMap<String, ParameterSpec>,
    pub(super) mappings: Map<String, Value>,
    pub(super) conditions: IndexMap<String, Value>,
    pub(super) resources: IndexMap<String, ResourceSpec>,
    pub(super) outputs: IndexMap<String, OutputSpec>,
}

/// What becomes of a resource that its stack gives up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keep {
    #[default]
    Delete,
    Retain,
    RetainExceptOnCreate,
}

/// One entry of `Resources`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ResourceSpec {
    pub(super) kind: String,
    pub(super) properties: Map<String, Value>,
    pub(super) depends_on: Vec<String>,
    pub(super) condition: Option<String>,
    pub(super) on_delete: Keep,
    pub(super) on_replace: Keep,
}

/// One entry of `Outputs`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OutputSpec {
    pub(super) value: Value,
    pub(super) description: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) export: Option<Value>,
}

impl Template {
    /// Reads and checks a template's text.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let tree = tree(text)?;
        let Value::Object(sections) = tree else { return Err(TemplateError::NotAMap) };
        refuse_nulls(&sections)?;
        let template = Self::read(sections)?;
        graph::check_references(&template)?;
        Ok(template)
    }

    /// The same, read once in a process.
    pub(super) fn parse_once(text: &str) -> Result<Arc<Self>, TemplateError> {
        static READ: Kept<String, Arc<Template>> = Kept::new(TEMPLATES_KEPT_MAX);
        READ.get(text, || Self::parse(text).map(Arc::new))
    }

    fn read(sections: Map<String, Value>) -> Result<Self, TemplateError> {
        let mut template = Self::default();
        let mut unknown = Vec::new();
        let mut resources = None;
        for (name, value) in sections {
            match name.as_str() {
                "AWSTemplateFormatVersion" => template.version = Some(version(&value)?),
                "Description" => template.description = Some(text(&value, "Description")?),
                "Metadata" => template.metadata = Some(value),
                "Parameters" => template.parameters = parameters::read(section(value, "Parameters")?)?,
                "Mappings" => template.mappings = mappings(section(value, "Mappings")?)?,
                "Conditions" => {
                    template.conditions = section(value, "Conditions")?.into_iter().collect();
                }
                "Resources" => resources = Some(section(value, "Resources")?),
                "Outputs" => template.outputs = outputs(section(value, "Outputs")?)?,
                "Transform" => return Err(transform(&value)),
                "Rules" | "Hooks" => {
                    return Err(TemplateError::not_built(format!("the template section {name}"), ""));
                }
                _ => unknown.push(name),
            }
        }
        if !unknown.is_empty() {
            return Err(TemplateError::UnknownSections(unknown));
        }
        let resources = resources.filter(|all| !all.is_empty()).ok_or(TemplateError::NoResources)?;
        within("resources", resources.len(), limits::RESOURCES_MAX)?;
        for (logical, value) in resources {
            let spec = resource(&logical, value)?;
            template.resources.insert(logical, spec);
        }
        Ok(template)
    }
}

fn tree(text: &str) -> Result<Value, TemplateError> {
    if !text.trim_start().starts_with('{') {
        return yaml::parse(text);
    }
    serde_json::from_str(text).map_err(|error| TemplateError::NotWellFormed {
        format: "JSON",
        line: error.line(),
        column: error.column(),
    })
}

/// Refuses `null` anywhere, naming its place.
fn refuse_nulls(sections: &Map<String, Value>) -> Result<(), TemplateError> {
    let mut waiting: Vec<(String, &Value)> =
        sections.iter().rev().map(|(name, value)| (format!("/{name}"), value)).collect();
    while let Some((path, value)) = waiting.pop() {
        match value {
            Value::Null => return Err(TemplateError::Null(path)),
            Value::Object(entries) => {
                let entries = entries.iter().rev();
                waiting.extend(entries.map(|(key, value)| (format!("{path}/{key}"), value)));
            }
            Value::Array(entries) => {
                let entries = entries.iter().enumerate().rev();
                waiting.extend(entries.map(|(at, value)| (format!("{path}/{at}"), value)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn version(value: &Value) -> Result<String, TemplateError> {
    let version = text(value, "AWSTemplateFormatVersion")?;
    if version == "2010-09-09" { Ok(version) } else { Err(TemplateError::Version(version)) }
}

fn transform(value: &Value) -> TemplateError {
    let names = match value {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    TemplateError::not_built(format!("the transform {names}"), "")
}

fn mappings(section: Map<String, Value>) -> Result<Map<String, Value>, TemplateError> {
    within("mappings", section.len(), limits::MAPPINGS_MAX)?;
    for (name, map) in &section {
        let deep = map.as_object().is_some_and(|map| map.values().all(Value::is_object));
        if !deep {
            return Err(TemplateError::WrongKind {
                path: format!("Mappings/{name}"),
                wanted: "a map of two levels",
            });
        }
    }
    Ok(section)
}

fn resource(logical: &str, value: Value) -> Result<ResourceSpec, TemplateError> {
    alphanumeric("Resource", logical)?;
    let path = format!("Resources/{logical}");
    let members = section(value, &path)?;
    let mut spec = ResourceSpec::default();
    for (name, value) in members {
        let path = format!("{path}/{name}");
        match name.as_str() {
            "Type" => spec.kind = text(&value, &path)?,
            "Properties" => spec.properties = section(value, &path)?,
            "DependsOn" => spec.depends_on = texts(&value, &path)?,
            "Condition" => spec.condition = Some(text(&value, &path)?),
            "DeletionPolicy" => spec.on_delete = keep(&value, &path)?,
            "UpdateReplacePolicy" => spec.on_replace = keep(&value, &path)?,
            "Metadata" | "Description" => {}
            "CreationPolicy" | "UpdatePolicy" => {
                let what = format!("the resource attribute {name}");
                return Err(TemplateError::not_built(what, format!("resource {logical}")));
            }
            _ => return Err(TemplateError::UnknownResourceMember(name)),
        }
    }
    if spec.kind.is_empty() {
        return Err(TemplateError::NoType(logical.to_owned()));
    }
    Ok(spec)
}

fn keep(value: &Value, path: &str) -> Result<Keep, TemplateError> {
    match value.as_str() {
        Some("Delete") => Ok(Keep::Delete),
        Some("Retain") => Ok(Keep::Retain),
        Some("RetainExceptOnCreate") => Ok(Keep::RetainExceptOnCreate),
        Some("Snapshot") => Err(TemplateError::not_built("the policy Snapshot", path)),
        _ => {
            let wanted = "one of [Delete, Retain, RetainExceptOnCreate, Snapshot]";
            Err(TemplateError::WrongKind { path: path.to_owned(), wanted })
        }
    }
}

fn outputs(section_: Map<String, Value>) -> Result<IndexMap<String, OutputSpec>, TemplateError> {
    within("outputs", section_.len(), limits::OUTPUTS_MAX)?;
    let mut outputs = IndexMap::new();
    for (name, value) in section_ {
        alphanumeric("Output", &name)?;
        let path = format!("Outputs/{name}");
        let mut members = section(value, &path)?;
        let value = members.remove("Value").ok_or_else(|| TemplateError::WrongKind {
            path: path.clone(),
            wanted: "a map with a Value member",
        })?;
        let export = match members.remove("Export") {
            Some(export) => section(export, &format!("{path}/Export"))?.remove("Name"),
            None => None,
        };
        let described = |member: &str| members.get(member).map(|value| text(value, &path)).transpose();
        let spec = OutputSpec {
            value,
            export,
            description: described("Description")?,
            condition: described("Condition")?,
        };
        outputs.insert(name, spec);
    }
    Ok(outputs)
}

fn section(value: Value, path: &str) -> Result<Map<String, Value>, TemplateError> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(TemplateError::SectionNotAMap(path.to_owned())),
    }
}

fn text(value: &Value, path: &str) -> Result<String, TemplateError> {
    scalar_text(value).ok_or_else(|| TemplateError::WrongKind { path: path.to_owned(), wanted: "a string" })
}

fn texts(value: &Value, path: &str) -> Result<Vec<String>, TemplateError> {
    match value {
        Value::Array(entries) => entries.iter().map(|entry| text(entry, path)).collect(),
        one => text(one, path).map(|one| vec![one]),
    }
}

/// A scalar as CloudFormation passes it on: every one can stand for a text.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn alphanumeric(section: &'static str, name: &str) -> Result<(), TemplateError> {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(TemplateError::NotAlphanumeric { section, name: name.to_owned() })
}

fn within(what: &'static str, count: usize, max: usize) -> Result<(), TemplateError> {
    if count <= max { Ok(()) } else { Err(TemplateError::TooMany { what, count, max }) }
}
