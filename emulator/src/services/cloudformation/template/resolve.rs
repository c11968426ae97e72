//! Functions and conditions: from what a template says to plain values.
//!
//! Documented: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
//! (read 2026-11-29). Assumed: the sentences, unless public error reports quote them.
//! Left out, refused by name: `Fn::Cidr`, `Fn::Transform`, language extensions, `{{resolve:...}}`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::graph::{SubPart, get_att, only_entry, sub_parts};
use super::parameters::ParameterValue;
use super::{Template, TemplateError, scalar_text};
use crate::services::cloudformation::limits::RESOLVED_BYTES_MAX;

/// What a resolver asks of the stack.
pub(in super::super) trait Lookup {
    /// What `Ref` answers for a resource that exists.
    fn reference(&self, logical: &str) -> Option<Value>;
    /// What `Fn::GetAtt` answers for a resource that exists and has the attribute.
    fn attribute(&self, logical: &str, attribute: &str) -> Option<Value>;
    /// The value that some stack exports under this name.
    fn import(&self, name: &str) -> Option<String>;
}

/// Before anything exists: conditions know nothing else.
struct Nothing;

impl Lookup for Nothing {
    fn reference(&self, _: &str) -> Option<Value> {
        None
    }
    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        None
    }
    fn import(&self, _: &str) -> Option<String> {
        None
    }
}

/// What holds for the whole of one deployment: parameters, pseudo parameters, conditions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct Environment {
    pub(in super::super) parameters: BTreeMap<String, ParameterValue>,
    /// By full name, without `AWS::NoValue`.
    pub(in super::super) pseudo: BTreeMap<&'static str, Value>,
    pub(in super::super) conditions: BTreeMap<String, bool>,
}

impl Environment {
    /// The environment, with every condition of the template evaluated.
    pub(in super::super) fn new(
        template: &Template,
        parameters: BTreeMap<String, ParameterValue>,
        pseudo: BTreeMap<&'static str, Value>,
    ) -> Result<Self, TemplateError> {
        let mut environment = Self { parameters, pseudo, conditions: BTreeMap::new() };
        // Conditions may name each other: each round settles those whose own are settled.
        while environment.conditions.len() < template.conditions.len() {
            let before = environment.conditions.len();
            for (name, condition) in &template.conditions {
                if environment.conditions.contains_key(name) || !environment.settles(condition) {
                    continue;
                }
                let resolver = Resolver { template, environment: &environment, lookup: &Nothing };
                let holds = resolver.condition(condition)?;
                environment.conditions.insert(name.clone(), holds);
            }
            if environment.conditions.len() == before {
                let rest =
                    template.conditions.keys().filter(|name| !environment.conditions.contains_key(*name));
                return Err(TemplateError::Circular(rest.cloned().collect()));
            }
        }
        Ok(environment)
    }

    fn settles(&self, condition: &Value) -> bool {
        super::graph::references(condition).iter().all(|reference| match reference {
            super::graph::Reference::Condition(name) => self.conditions.contains_key(name),
            _ => true,
        })
    }

    /// Whether what stands under this condition is there.
    pub(in super::super) fn holds(&self, condition: Option<&String>) -> bool {
        condition.is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }
}

/// Evaluates values of one template.
#[derive(Clone, Copy)]
pub(in super::super) struct Resolver<'a> {
    pub(in super::super) template: &'a Template,
    pub(in super::super) environment: &'a Environment,
    pub(in super::super) lookup: &'a dyn Lookup,
}

type Resolved = Result<Option<Value>, TemplateError>;

impl Resolver<'_> {
    /// The plain value; `None` where the template says `AWS::NoValue`.
    pub(in super::super) fn resolve(&self, value: &Value) -> Resolved {
        match value {
            Value::String(text) => literal(text).map(Some),
            Value::Array(entries) => {
                let mut resolved = Vec::with_capacity(entries.len());
                for entry in entries {
                    resolved.extend(self.resolve(entry)?);
                }
                Ok(Some(Value::Array(resolved)))
            }
            Value::Object(entries) => match only_entry(value) {
                // A policy's statement may hold a map named `Condition` that is none of ours.
                Some(("Condition", argument)) if !argument.is_string() => {
                    Ok(Some(Value::Object(self.members(entries)?)))
                }
                Some((function, argument)) if is_function(function) => self.call(function, argument),
                _ => Ok(Some(Value::Object(self.members(entries)?))),
            },
            other => Ok(Some(other.clone())),
        }
    }

    /// The plain members of a map, without those that are `AWS::NoValue`.
    pub(in super::super) fn members(
        &self,
        entries: &Map<String, Value>,
    ) -> Result<Map<String, Value>, TemplateError> {
        let mut resolved = Map::new();
        for (key, value) in entries {
            if let Some(value) = self.resolve(value)? {
                resolved.insert(key.clone(), value);
            }
        }
        Ok(resolved)
    }

    fn call(&self, function: &str, argument: &Value) -> Resolved {
        match function {
            "Ref" => self.reference(argument),
            "Fn::GetAtt" => self.attribute(argument).map(Some),
            "Fn::Sub" => self.substitute(argument).map(Some),
            "Fn::Join" => self.join(argument).map(Some),
            "Fn::Split" => self.split(argument).map(Some),
            "Fn::Select" => self.select(argument),
            "Fn::If" => self.choose(argument),
            "Fn::FindInMap" => self.find_in_map(argument).map(Some),
            "Fn::ImportValue" => self.import(argument).map(Some),
            "Fn::Base64" => {
                let text = self.text("Fn::Base64", argument)?;
                Ok(Some(STANDARD.encode(text).into()))
            }
            "Fn::GetAZs" => Ok(Some(self.zones(argument)?)),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Condition" => {
                let whole = Value::Object(Map::from_iter([(function.to_owned(), argument.clone())]));
                Ok(Some(self.condition(&whole)?.into()))
            }
            other => Err(TemplateError::not_built(format!("the function {other}"), "")),
        }
    }

    fn reference(&self, argument: &Value) -> Resolved {
        let Some(name) = argument.as_str() else {
            return Err(wrong("Ref", "takes one name"));
        };
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        let known = self.environment.pseudo.get(name).cloned();
        let known = known.or_else(|| self.environment.parameters.get(name).map(|given| given.value.clone()));
        match known.or_else(|| self.lookup.reference(name)) {
            Some(value) => Ok(Some(value)),
            None => Err(TemplateError::Unresolved { names: vec![name.to_owned()], block: "Resources" }),
        }
    }

    fn attribute(&self, argument: &Value) -> Result<Value, TemplateError> {
        // The attribute's name may be a Ref to a parameter. Documented: the function's reference page.
        let resolved = match argument {
            Value::Array(parts) if parts.len() == 2 => {
                let name = self.text("Fn::GetAtt", &parts[1])?;
                parts[0].as_str().map(|logical| (logical.to_owned(), name))
            }
            other => get_att(other),
        };
        let Some((logical, attribute)) = resolved else {
            return Err(wrong(
                "Fn::GetAtt",
                "object requires two non-empty parameters, the resource name and the resource attribute",
            ));
        };
        self.attribute_of(&logical, &attribute)
    }

    fn attribute_of(&self, logical: &str, attribute: &str) -> Result<Value, TemplateError> {
        if self.lookup.reference(logical).is_none() {
            return Err(TemplateError::Unresolved { names: vec![logical.to_owned()], block: "Resources" });
        }
        self.lookup.attribute(logical, attribute).ok_or_else(|| TemplateError::NoSuchAttribute {
            logical: logical.to_owned(),
            attribute: attribute.to_owned(),
        })
    }

    fn substitute(&self, argument: &Value) -> Result<Value, TemplateError> {
        let (pattern, own) = match argument {
            Value::String(pattern) => (pattern.as_str(), Map::new()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(pattern), Value::Object(own)] => (pattern.as_str(), self.members(own)?),
                _ => return Err(sub_arguments()),
            },
            _ => return Err(sub_arguments()),
        };
        let mut text = String::new();
        for part in sub_parts(pattern) {
            match part {
                SubPart::Text(plain) => text.push_str(plain),
                SubPart::Escaped(literal) => text.push_str(&format!("${{{literal}}}")),
                SubPart::Variable(name) => text.push_str(&self.variable(name, &own)?),
            }
            bounded("Fn::Sub", text.len())?;
        }
        literal(&text)
    }

    fn variable(&self, name: &str, own: &Map<String, Value>) -> Result<String, TemplateError> {
        let value = match (own.get(name), name.split_once('.')) {
            (Some(value), _) => Some(value.clone()),
            (None, Some((logical, attribute))) => Some(self.attribute_of(logical, attribute)?),
            (None, None) => self.reference(&Value::String(name.to_owned()))?,
        };
        value.as_ref().and_then(scalar_text).ok_or_else(|| {
            wrong("variable", format!("{name} in Fn::Sub expression does not resolve to a string"))
        })
    }

    fn join(&self, argument: &Value) -> Result<Value, TemplateError> {
        let problem =
            "object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined";
        let Some([delimiter, parts]) = pair(argument) else { return Err(wrong("Fn::Join", problem)) };
        let delimiter = self.text("Fn::Join", delimiter)?;
        let Some(Value::Array(parts)) = self.resolve(parts)? else { return Err(wrong("Fn::Join", problem)) };
        let texts: Option<Vec<String>> = parts.iter().map(scalar_text).collect();
        let texts = texts.ok_or_else(|| wrong("Fn::Join", "every entry must be a string"))?;
        let bytes: usize = texts.iter().map(|text| text.len() + delimiter.len()).sum();
        bounded("Fn::Join", bytes)?;
        literal(&texts.join(&delimiter))
    }

    fn split(&self, argument: &Value) -> Result<Value, TemplateError> {
        let problem = "object requires two parameters, (1) a string delimiter and (2) a string to be split";
        let Some([delimiter, source]) = pair(argument) else { return Err(wrong("Fn::Split", problem)) };
        let (delimiter, source) = (self.text("Fn::Split", delimiter)?, self.text("Fn::Split", source)?);
        if delimiter.is_empty() {
            return Err(wrong("Fn::Split", problem));
        }
        Ok(source.split(delimiter.as_str()).map(Value::from).collect())
    }

    fn select(&self, argument: &Value) -> Resolved {
        let problem = "requires a list argument with two elements: the first is an index, the second a list";
        let Some([index, list]) = pair(argument) else { return Err(wrong("Fn::Select", problem)) };
        let index = self.text("Fn::Select", index)?;
        let Some(Value::Array(entries)) = self.resolve(list)? else {
            return Err(wrong("Fn::Select", problem));
        };
        let at: Option<usize> = index.trim().parse().ok();
        match at.and_then(|at| entries.into_iter().nth(at)) {
            Some(entry) => Ok(Some(entry)),
            None => Err(wrong("Fn::Select", format!("cannot select nonexistent value at index {index}"))),
        }
    }

    fn choose(&self, argument: &Value) -> Resolved {
        let problem = "requires a list argument with three elements";
        let Value::Array(parts) = argument else { return Err(wrong("Fn::If", problem)) };
        let [name, then, otherwise] = parts.as_slice() else { return Err(wrong("Fn::If", problem)) };
        let holds = match name.as_str() {
            Some(name) => self.named_condition(name)?,
            None => self.condition(name)?,
        };
        self.resolve(if holds { then } else { otherwise })
    }

    fn find_in_map(&self, argument: &Value) -> Result<Value, TemplateError> {
        let Value::Array(parts) = argument else {
            return Err(wrong(
                "Fn::FindInMap",
                "object requires three parameters, the map name, map key and the attribute for return value",
            ));
        };
        let [map, top, second] = parts.as_slice() else {
            return Err(wrong(
                "Fn::FindInMap",
                "object requires three parameters, the map name, map key and the attribute for return value",
            ));
        };
        let text = |part| self.text("Fn::FindInMap", part);
        let (map, top, second) = (text(map)?, text(top)?, text(second)?);
        let found =
            self.template.mappings.get(&map).ok_or_else(|| TemplateError::NoSuchMapping(map.clone()))?;
        match found.get(&top).and_then(|entries| entries.get(&second)) {
            Some(value) => Ok(value.clone()),
            None => Err(TemplateError::NoMappingEntry { map, top, second }),
        }
    }

    fn import(&self, argument: &Value) -> Result<Value, TemplateError> {
        let name = self.text("Fn::ImportValue", argument)?;
        self.lookup.import(&name).map(Value::from).ok_or(TemplateError::NoSuchExport(name))
    }

    /// Three zones of the region named, or of the stack's own.
    fn zones(&self, argument: &Value) -> Result<Value, TemplateError> {
        let mut region = self.text("Fn::GetAZs", argument)?;
        if region.is_empty() {
            region = self.environment.pseudo.get("AWS::Region").and_then(scalar_text).unwrap_or_default();
        }
        Ok(["a", "b", "c"].iter().map(|zone| Value::from(format!("{region}{zone}"))).collect())
    }

    fn named_condition(&self, name: &str) -> Result<bool, TemplateError> {
        self.environment
            .conditions
            .get(name)
            .copied()
            .ok_or_else(|| TemplateError::NoSuchCondition { name: name.to_owned(), block: "Resources" })
    }

    /// Whether a condition function holds.
    fn condition(&self, condition: &Value) -> Result<bool, TemplateError> {
        let Some((function, argument)) = only_entry(condition) else {
            return Err(wrong("Conditions", "every member must be one condition function"));
        };
        match (function, argument) {
            ("Condition", Value::String(name)) => self.named_condition(name),
            ("Fn::Equals", argument) => {
                let Some([one, other]) = pair(argument) else {
                    return Err(wrong("Fn::Equals", "requires a list argument with two elements"));
                };
                let (one, other) = (self.resolve(one)?, self.resolve(other)?);
                Ok(comparable(one) == comparable(other))
            }
            ("Fn::Not", Value::Array(parts)) if parts.len() == 1 => Ok(!self.condition(&parts[0])?),
            ("Fn::And", Value::Array(parts)) if (2..=10).contains(&parts.len()) => {
                let all: Result<Vec<bool>, _> = parts.iter().map(|part| self.condition(part)).collect();
                Ok(all?.into_iter().all(|holds| holds))
            }
            ("Fn::Or", Value::Array(parts)) if (2..=10).contains(&parts.len()) => {
                let all: Result<Vec<bool>, _> = parts.iter().map(|part| self.condition(part)).collect();
                Ok(all?.into_iter().any(|holds| holds))
            }
            _ => {
                Err(wrong("Conditions", format!("{function} is not a condition function with its arguments")))
            }
        }
    }

    fn text(&self, function: &'static str, value: &Value) -> Result<String, TemplateError> {
        let resolved = self.resolve(value)?;
        resolved
            .as_ref()
            .and_then(scalar_text)
            .ok_or_else(|| wrong(function, "every argument must be a string"))
    }
}

/// Whether a map with this one key is a function.
pub(in super::super) fn is_function(key: &str) -> bool {
    key == "Ref" || key == "Condition" || key.starts_with("Fn::")
}

/// A text that is not looked into again. Dynamic references are refused: nothing here could answer them.
fn literal(text: &str) -> Result<Value, TemplateError> {
    if text.contains("{{resolve:") {
        return Err(TemplateError::not_built(format!("the dynamic reference {text}"), ""));
    }
    Ok(Value::String(text.to_owned()))
}

fn pair(argument: &Value) -> Option<[&Value; 2]> {
    match argument.as_array()?.as_slice() {
        [one, other] => Some([one, other]),
        _ => None,
    }
}

/// `true` equals `"true"`: CloudFormation compares texts.
fn comparable(value: Option<Value>) -> Option<Value> {
    value.map(|value| scalar_text(&value).map_or(value, Value::String))
}

fn wrong(function: &'static str, problem: impl Into<String>) -> TemplateError {
    TemplateError::Function { function, problem: problem.into() }
}

fn sub_arguments() -> TemplateError {
    wrong(
        "One or more",
        "Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an \
         optional second argument to specify a mapping of values to replace in the string",
    )
}

fn bounded(function: &'static str, bytes: usize) -> Result<(), TemplateError> {
    if bytes <= RESOLVED_BYTES_MAX { Ok(()) } else { Err(TemplateError::TooLarge(function)) }
}
