//! Who needs whom: references of a template, whether they lead anywhere, and an order to make things in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Template, TemplateError};

/// Something that a value names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Reference {
    /// `Ref`, or a plain name in `Fn::Sub`: a parameter, a resource or a pseudo parameter.
    Name(String),
    /// `Fn::GetAtt`, or a dotted name in `Fn::Sub`.
    Attribute(String, String),
    /// `Condition`, or the first argument of `Fn::If`.
    Condition(String),
    /// `Fn::ImportValue` of a plain text.
    Import(String),
}

/// The names of pseudo parameters.
///
/// Documented: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html.
pub(in super::super) const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// What this value names, wherever in it.
pub(in super::super) fn references(value: &Value) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(entries) => waiting.extend(entries),
            Value::Object(entries) => {
                if let Some((function, argument)) = only_entry(value) {
                    note(function, argument, &mut found);
                }
                waiting.extend(entries.values());
            }
            _ => {}
        }
    }
    found
}

/// A map's one entry, if it has one: the form of a function.
pub(in super::super) fn only_entry(value: &Value) -> Option<(&str, &Value)> {
    let entries = value.as_object()?;
    let mut all = entries.iter();
    let (key, value) = all.next()?;
    if all.next().is_some() { None } else { Some((key.as_str(), value)) }
}

fn note(function: &str, argument: &Value, found: &mut BTreeSet<Reference>) {
    match (function, argument) {
        ("Ref", Value::String(name)) => {
            found.insert(Reference::Name(name.clone()));
        }
        ("Fn::GetAtt", argument) => {
            if let Some((logical, attribute)) = get_att(argument) {
                found.insert(Reference::Attribute(logical, attribute));
            }
        }
        ("Condition", Value::String(name)) => {
            found.insert(Reference::Condition(name.clone()));
        }
        ("Fn::If", Value::Array(arguments)) => {
            if let Some(name) = arguments.first().and_then(Value::as_str) {
                found.insert(Reference::Condition(name.to_owned()));
            }
        }
        ("Fn::ImportValue", Value::String(name)) => {
            found.insert(Reference::Import(name.clone()));
        }
        ("Fn::Sub", Value::String(pattern)) => note_pattern(pattern, None, found),
        ("Fn::Sub", Value::Array(arguments)) => {
            if let Some(pattern) = arguments.first().and_then(Value::as_str) {
                note_pattern(pattern, arguments.get(1), found);
            }
        }
        _ => {}
    }
}

fn note_pattern(pattern: &str, own: Option<&Value>, found: &mut BTreeSet<Reference>) {
    for part in sub_parts(pattern) {
        let SubPart::Variable(name) = part else { continue };
        if own.is_some_and(|own| own.get(name).is_some()) {
            continue;
        }
        found.insert(match name.split_once('.') {
            Some((logical, attribute)) => Reference::Attribute(logical.to_owned(), attribute.to_owned()),
            None => Reference::Name(name.to_owned()),
        });
    }
}

/// A piece of a `Fn::Sub` pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubPart<'a> {
    Text(&'a str),
    /// `${!x}` stands for the text `${x}`.
    Escaped(&'a str),
    Variable(&'a str),
}

/// Splits a `Fn::Sub` pattern.
pub(super) fn sub_parts(pattern: &str) -> Vec<SubPart<'_>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("${") {
        let Some(length) = rest[at + 2..].find('}') else { break };
        if at > 0 {
            parts.push(SubPart::Text(&rest[..at]));
        }
        let inside = &rest[at + 2..at + 2 + length];
        parts.push(match inside.strip_prefix('!') {
            Some(literal) => SubPart::Escaped(literal),
            None => SubPart::Variable(inside.trim()),
        });
        rest = &rest[at + 3 + length..];
    }
    if !rest.is_empty() {
        parts.push(SubPart::Text(rest));
    }
    parts
}

/// The resource and attribute of a `Fn::GetAtt`: a list of two, or one dotted text. `None` if it is computed.
pub(in super::super) fn get_att(argument: &Value) -> Option<(String, String)> {
    match argument {
        Value::String(dotted) => {
            let (logical, attribute) = dotted.split_once('.')?;
            Some((logical.to_owned(), attribute.to_owned()))
        }
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(logical), Value::String(attribute)] => Some((logical.clone(), attribute.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// Refuses references that lead nowhere. Whether a condition makes them moot is not asked, as AWS does not.
pub(super) fn check_references(template: &Template) -> Result<(), TemplateError> {
    for condition in template.conditions.values() {
        check_block(template, "Conditions", references(condition))?;
    }
    let mut unresolved = BTreeSet::new();
    for spec in template.resources.values() {
        if let Some(name) = &spec.condition {
            check_condition(template, name, "Resources")?;
        }
        unresolved
            .extend(spec.depends_on.iter().filter(|name| !template.resources.contains_key(*name)).cloned());
        for value in spec.properties.values() {
            unresolved.extend(unresolved_in(template, "Resources", references(value))?);
        }
    }
    refuse_unresolved(unresolved, "Resources")?;
    for output in template.outputs.values() {
        if let Some(name) = &output.condition {
            check_condition(template, name, "Outputs")?;
        }
        check_block(template, "Outputs", references(&output.value))?;
        if let Some(export) = &output.export {
            check_block(template, "Outputs", references(export))?;
        }
    }
    Ok(())
}

fn check_block(
    template: &Template,
    block: &'static str,
    references: BTreeSet<Reference>,
) -> Result<(), TemplateError> {
    refuse_unresolved(unresolved_in(template, block, references)?, block)
}

fn refuse_unresolved(names: BTreeSet<String>, block: &'static str) -> Result<(), TemplateError> {
    if names.is_empty() {
        return Ok(());
    }
    Err(TemplateError::Unresolved { names: names.into_iter().collect(), block })
}

fn unresolved_in(
    template: &Template,
    block: &'static str,
    references: BTreeSet<Reference>,
) -> Result<BTreeSet<String>, TemplateError> {
    // Conditions are evaluated before anything exists.
    let resources_count = block != "Conditions";
    let mut unresolved = BTreeSet::new();
    for reference in references {
        match reference {
            Reference::Name(name) => {
                let known = PSEUDO.contains(&name.as_str())
                    || template.parameters.contains_key(&name)
                    || (resources_count && template.resources.contains_key(&name));
                if !known {
                    unresolved.insert(name);
                }
            }
            Reference::Attribute(logical, _) => {
                if !resources_count || !template.resources.contains_key(&logical) {
                    return Err(TemplateError::GetAttOfNothing(logical));
                }
            }
            Reference::Condition(name) => check_condition(template, &name, block)?,
            Reference::Import(_) => {}
        }
    }
    Ok(unresolved)
}

fn check_condition(template: &Template, name: &str, block: &'static str) -> Result<(), TemplateError> {
    if template.conditions.contains_key(name) {
        return Ok(());
    }
    Err(TemplateError::NoSuchCondition { name: name.to_owned(), block })
}

/// The live resources that must exist before this one.
pub(in super::super) fn needs_of(
    template: &Template,
    live: &BTreeSet<String>,
    logical: &str,
) -> BTreeSet<String> {
    let Some(spec) = template.resources.get(logical) else { return BTreeSet::new() };
    let mut needed: BTreeSet<String> = spec.depends_on.iter().cloned().collect();
    for reference in spec.properties.values().flat_map(references) {
        if let Reference::Name(name) | Reference::Attribute(name, _) = reference {
            needed.insert(name);
        }
    }
    needed.retain(|name| live.contains(name));
    needed
}

/// The live resources, each after those it needs; in the template's order where that leaves a choice.
pub(in super::super) fn order(
    template: &Template,
    live: &BTreeSet<String>,
) -> Result<Vec<String>, TemplateError> {
    let mut rest: Vec<&String> =
        template.resources.keys().filter(|logical| live.contains(*logical)).collect();
    let needs: BTreeMap<&String, BTreeSet<String>> =
        rest.iter().map(|logical| (*logical, needs_of(template, live, logical))).collect();
    let mut order: Vec<String> = Vec::with_capacity(rest.len());
    let mut done: BTreeSet<&String> = BTreeSet::new();
    while !rest.is_empty() {
        let next = rest.iter().position(|logical| needs[*logical].iter().all(|need| done.contains(need)));
        let Some(at) = next else {
            return Err(TemplateError::Circular(in_circles(&rest, &needs)));
        };
        let logical = rest.remove(at);
        done.insert(logical);
        order.push(logical.clone());
    }
    Ok(order)
}

/// Of resources that cannot be ordered, those that others of them also need: the circles, without what only hangs on.
fn in_circles(rest: &[&String], needs: &BTreeMap<&String, BTreeSet<String>>) -> Vec<String> {
    let mut circle: Vec<&String> = rest.to_vec();
    loop {
        let before = circle.len();
        let needed: BTreeSet<&String> = circle.iter().flat_map(|logical| &needs[*logical]).collect();
        circle.retain(|logical| needed.contains(logical));
        if circle.len() == before {
            return circle.into_iter().cloned().collect();
        }
    }
}
