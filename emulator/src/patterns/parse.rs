//! A pattern's text into a [`Pattern`]: what is not built right is refused with the name of the field.

use serde_json::{Map, Value};

use super::{Comparison, Field, Network, Node, Pattern, PatternError, Rule, TextRule};

pub(super) fn pattern(text: &str) -> Result<Pattern, PatternError> {
    let value: Value = serde_json::from_str(text).map_err(|why| PatternError::NotJson(why.to_string()))?;
    let Value::Object(object) = value else { return Err(PatternError::NotAnObject) };
    Ok(Pattern { node: node(&object, "")? })
}

fn node(object: &Map<String, Value>, place: &str) -> Result<Node, PatternError> {
    if object.is_empty() {
        return Err(PatternError::Empty(place.to_owned()));
    }
    let mut out = Node::default();
    for (name, value) in object {
        if name == "$or" {
            out.alternatives.push(alternatives(value)?);
            continue;
        }
        let field = match value {
            Value::Object(nested) => Field::Nested(node(nested, name)?),
            Value::Array(entries) if entries.is_empty() => return Err(PatternError::Empty(name.clone())),
            Value::Array(entries) => {
                let rules: Result<Vec<Rule>, PatternError> =
                    entries.iter().map(|entry| rule(entry, name)).collect();
                Field::AnyOf(rules?)
            }
            _ => return Err(PatternError::NotAField(name.clone())),
        };
        out.fields.push((name.clone(), field));
    }
    Ok(out)
}

fn alternatives(value: &Value) -> Result<Vec<Node>, PatternError> {
    let entries = value.as_array().ok_or_else(|| PatternError::NotAField("$or".to_owned()))?;
    if entries.is_empty() {
        return Err(PatternError::Empty("$or".to_owned()));
    }
    let entry = |entry: &Value| {
        let object = entry.as_object().ok_or_else(|| PatternError::NotAField("$or".to_owned()))?;
        node(object, "$or")
    };
    entries.iter().map(entry).collect()
}

fn rule(value: &Value, field: &str) -> Result<Rule, PatternError> {
    let wrong = || PatternError::WrongOperand(field.to_owned());
    let comparison = match value {
        Value::Object(comparison) => comparison,
        Value::Array(_) => return Err(wrong()),
        leaf => return Ok(Rule::Equals(leaf.clone())),
    };
    let mut entries = comparison.iter();
    let (Some((how, operand)), None) = (entries.next(), entries.next()) else { return Err(wrong()) };
    match how.as_str() {
        "exists" => operand.as_bool().map(Rule::Exists).ok_or_else(wrong),
        "numeric" => numeric(operand).map(Rule::Numeric).ok_or_else(wrong),
        "cidr" => cidr(operand).ok_or_else(wrong),
        "anything-but" => anything_but(operand, field).map(Rule::AnythingBut),
        "prefix" | "suffix" | "equals-ignore-case" | "wildcard" => {
            text_rule(how, operand).map(Rule::Text).ok_or_else(wrong)
        }
        other => Err(PatternError::UnknownComparison(other.to_owned())),
    }
}

fn text_rule(how: &str, operand: &Value) -> Option<TextRule> {
    // {"prefix": {"equals-ignore-case": "x"}}
    let (operand, any_case) = match operand.as_object() {
        Some(inner) if inner.len() == 1 && matches!(how, "prefix" | "suffix") => {
            (inner.get("equals-ignore-case")?, true)
        }
        _ => (operand, false),
    };
    let text = operand.as_str()?.to_owned();
    Some(match how {
        "prefix" => TextRule::Prefix { text, any_case },
        "suffix" => TextRule::Suffix { text, any_case },
        "equals-ignore-case" => TextRule::EqualsIgnoreCase(text),
        _ => TextRule::Wildcard(pieces(&text)?),
    })
}

/// The pieces between the asterisks; `\*` and `\\` are the characters themselves. Two asterisks in a row are refused.
fn pieces(text: &str) -> Option<Vec<String>> {
    let mut out = vec![String::new()];
    let mut after_asterisk = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '*' if after_asterisk => return None,
            '*' => {
                out.push(String::new());
                after_asterisk = true;
                continue;
            }
            '\\' => chars.next().filter(|c| matches!(c, '*' | '\\'))?,
            other => other,
        };
        after_asterisk = false;
        if let Some(last) = out.last_mut() {
            last.push(literal);
        }
    }
    Some(out)
}

fn anything_but(operand: &Value, field: &str) -> Result<Vec<Rule>, PatternError> {
    let wrong = || PatternError::WrongOperand(field.to_owned());
    match operand {
        Value::Array(entries) if entries.is_empty() => Err(PatternError::Empty(field.to_owned())),
        Value::Array(entries) => {
            let leaf = |entry: &Value| match entry {
                Value::String(_) | Value::Number(_) => Ok(Rule::Equals(entry.clone())),
                _ => Err(wrong()),
            };
            entries.iter().map(leaf).collect()
        }
        Value::Object(comparison) => {
            let mut entries = comparison.iter();
            let (Some((how, operand)), None) = (entries.next(), entries.next()) else { return Err(wrong()) };
            let operands = match operand {
                Value::Array(entries) => entries.iter().collect(),
                one => vec![one],
            };
            let one = |operand: &Value| match how.as_str() {
                "prefix" | "suffix" | "equals-ignore-case" | "wildcard" => {
                    text_rule(how, operand).map(Rule::Text).ok_or_else(wrong)
                }
                other => Err(PatternError::UnknownComparison(other.to_owned())),
            };
            operands.into_iter().map(one).collect()
        }
        Value::String(_) | Value::Number(_) => Ok(vec![Rule::Equals(operand.clone())]),
        Value::Null | Value::Bool(_) => Err(wrong()),
    }
}

/// `[">", 0, "<=", 5]`: one or two comparisons.
fn numeric(operand: &Value) -> Option<Vec<(Comparison, f64)>> {
    let entries = operand.as_array().filter(|entries| matches!(entries.len(), 2 | 4))?;
    let pair = |pair: &[Value]| Some((Comparison::parse(pair[0].as_str()?)?, pair[1].as_f64()?));
    entries.chunks(2).map(pair).collect()
}

fn cidr(operand: &Value) -> Option<Rule> {
    let text = operand.as_str()?;
    let network = match text.split_once('/') {
        Some((address, bits)) => Network::new(address.parse().ok()?, bits.parse().ok()?)?,
        None => Network::of(text.parse().ok()?),
    };
    Some(Rule::Cidr(network))
}
