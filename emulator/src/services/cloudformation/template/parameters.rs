//! Parameters: what a template asks for, and the values a caller gives.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value};

use super::{TemplateError, scalar_text, section, text, texts, within};
use crate::services::cloudformation::limits;

/// What kind of value a parameter takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum ParameterKind {
    #[default]
    String,
    Number,
    NumberList,
    CommaDelimitedList,
}

/// One entry of `Parameters`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct ParameterSpec {
    pub(in super::super) kind: ParameterKind,
    /// The type as it is written.
    pub(in super::super) kind_name: String,
    pub(in super::super) default: Option<String>,
    pub(in super::super) description: Option<String>,
    pub(in super::super) no_echo: bool,
    pub(in super::super) allowed: Vec<String>,
    pattern: Option<String>,
    constraint: Option<String>,
    length: (Option<f64>, Option<f64>),
    range: (Option<f64>, Option<f64>),
}

/// A parameter's value: the text as given, and what `Ref` answers.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct ParameterValue {
    pub(in super::super) text: String,
    pub(in super::super) value: Value,
}

/// Reads the section.
pub(super) fn read(entries: Map<String, Value>) -> Result<IndexMap<String, ParameterSpec>, TemplateError> {
    within("parameters", entries.len(), limits::PARAMETERS_MAX)?;
    let mut parameters = IndexMap::new();
    for (name, value) in entries {
        super::alphanumeric("Parameter", &name)?;
        let path = format!("Parameters/{name}");
        let spec = read_one(&name, &path, section(value, &path)?)?;
        parameters.insert(name, spec);
    }
    Ok(parameters)
}

fn read_one(name: &str, path: &str, members: Map<String, Value>) -> Result<ParameterSpec, TemplateError> {
    let problem = |problem: String| TemplateError::ParameterSpec { name: name.to_owned(), problem };
    let mut spec = ParameterSpec::default();
    for (member, value) in members {
        let number = || {
            let text = scalar_text(&value).unwrap_or_default();
            text.parse::<f64>().map_err(|_| problem(format!("{member} is not a number: {text}")))
        };
        match member.as_str() {
            "Type" => {
                spec.kind_name = text(&value, path)?;
                spec.kind = kind(&spec.kind_name, name)?;
            }
            "Default" => spec.default = Some(text(&value, path)?),
            "Description" => spec.description = Some(text(&value, path)?),
            "NoEcho" => spec.no_echo = scalar_text(&value).is_some_and(|flag| flag == "true"),
            "AllowedValues" => spec.allowed = texts(&value, path)?,
            "AllowedPattern" => spec.pattern = Some(text(&value, path)?),
            "ConstraintDescription" => spec.constraint = Some(text(&value, path)?),
            "MinLength" => spec.length.0 = Some(number()?),
            "MaxLength" => spec.length.1 = Some(number()?),
            "MinValue" => spec.range.0 = Some(number()?),
            "MaxValue" => spec.range.1 = Some(number()?),
            _ => return Err(problem(format!("Invalid template parameter property '{member}'"))),
        }
    }
    if spec.kind_name.is_empty() {
        return Err(problem("every Parameters object must contain a Type member.".to_owned()));
    }
    Ok(spec)
}

/// Types that name things of other services (`AWS::EC2::VPC::Id`) are refused: the tank has none of them to check.
fn kind(type_name: &str, parameter: &str) -> Result<ParameterKind, TemplateError> {
    match type_name {
        "String" => Ok(ParameterKind::String),
        "Number" => Ok(ParameterKind::Number),
        "List<Number>" => Ok(ParameterKind::NumberList),
        "CommaDelimitedList" => Ok(ParameterKind::CommaDelimitedList),
        aws if aws.starts_with("AWS::") || aws.starts_with("List<AWS::") => Err(TemplateError::not_built(
            format!("the parameter type {aws}"),
            format!("parameter {parameter}"),
        )),
        other => Err(TemplateError::ParameterType(other.to_owned())),
    }
}

/// Every parameter's value: the given one, else the default.
pub(in super::super) fn assign(
    specs: &IndexMap<String, ParameterSpec>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, ParameterValue>, TemplateError> {
    let strangers: Vec<String> = given.keys().filter(|name| !specs.contains_key(*name)).cloned().collect();
    if !strangers.is_empty() {
        return Err(TemplateError::NoSuchParameter(strangers));
    }
    let mut values = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, spec) in specs {
        match given.get(name).or(spec.default.as_ref()) {
            Some(text) => {
                let value = spec.accept(name, text)?;
                values.insert(name.clone(), ParameterValue { text: text.clone(), value });
            }
            None => missing.push(name.clone()),
        }
    }
    if missing.is_empty() { Ok(values) } else { Err(TemplateError::NoValue(missing)) }
}

impl ParameterSpec {
    /// Checks one text; answers what `Ref` gives for it.
    fn accept(&self, name: &str, text: &str) -> Result<Value, TemplateError> {
        let parts: Vec<&str> = match self.kind {
            ParameterKind::String | ParameterKind::Number => vec![text],
            ParameterKind::NumberList | ParameterKind::CommaDelimitedList => {
                text.split(',').map(str::trim).collect()
            }
        };
        let refuse = |problem: String| TemplateError::ParameterValue { name: name.to_owned(), problem };
        for part in &parts {
            self.check(part).map_err(|problem| {
                let said = self.constraint.as_ref();
                refuse(said.map_or(problem, |said| format!("failed to satisfy constraint: {said}")))
            })?;
            self.check_pattern(name, part)?;
        }
        Ok(match self.kind {
            ParameterKind::String | ParameterKind::Number => Value::String(text.to_owned()),
            ParameterKind::NumberList | ParameterKind::CommaDelimitedList => {
                Value::Array(parts.into_iter().map(Value::from).collect())
            }
        })
    }

    fn check(&self, text: &str) -> Result<(), String> {
        if matches!(self.kind, ParameterKind::Number | ParameterKind::NumberList) {
            let number: f64 = text.trim().parse().map_err(|_| "must be a number".to_owned())?;
            if let Some(least) = self.range.0.filter(|least| number < *least) {
                return Err(format!("must be a number not less than {least}"));
            }
            if let Some(most) = self.range.1.filter(|most| number > *most) {
                return Err(format!("must be a number not greater than {most}"));
            }
        }
        let chars = text.chars().count() as f64;
        if let Some(least) = self.length.0.filter(|least| chars < *least) {
            return Err(format!("must contain at least {least} characters"));
        }
        if let Some(most) = self.length.1.filter(|most| chars > *most) {
            return Err(format!("must contain at most {most} characters"));
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == text) {
            return Err("must be one of AllowedValues".to_owned());
        }
        Ok(())
    }

    /// The whole text must match. Patterns that Java reads and this tank does not (look-around) are refused.
    fn check_pattern(&self, name: &str, text: &str) -> Result<(), TemplateError> {
        let Some(pattern) = &self.pattern else { return Ok(()) };
        let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
            TemplateError::not_built(format!("the AllowedPattern {pattern}"), format!("parameter {name}"))
        })?;
        if regex.is_match(text) {
            return Ok(());
        }
        let problem = match &self.constraint {
            Some(said) => format!("failed to satisfy constraint: {said}"),
            None => format!("must match pattern {pattern}"),
        };
        Err(TemplateError::ParameterValue { name: name.to_owned(), problem })
    }
}
