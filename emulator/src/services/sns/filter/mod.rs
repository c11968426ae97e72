//! Filter policies: read, with AWS's refusals, and applied to attributes or to a JSON body (`matching.rs`).
//!
//! Documented: docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html, string-value-matching.html,
//! subscription-filter-policy-constraints.html (read 2026-11-20). The refusals were recorded by LocalStack
//! (`test_sns_filter_policy.snapshot.json`, 2023 to 2025); AWS adds the place in the document, which is left out here.
//! `wildcard` and `anything-but` with `suffix` are EventBridge's: SNS refuses them, and so does this.

mod matching;

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::limits;
use crate::patterns::{Comparison, Network};

/// A filter policy: all rules must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter(Vec<Rule>);

/// One key of a policy.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// One of the conditions holds for one of the values.
    Field(String, Vec<Condition>),
    /// The rules hold for the object of this name, or for one of the objects in a list.
    Nested(String, Filter),
    /// One of these holds.
    Or(Vec<Filter>),
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Is(Value),
    NoneOf(Vec<Value>),
    NoPrefix(Vec<String>),
    Prefix(String),
    Suffix(String),
    IgnoreCase(String),
    Numeric(Vec<(Comparison, f64)>),
    Cidr(Network),
    Exists(bool),
}

/// As refusals call it.
fn spelt(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "equals",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

impl Filter {
    /// Reads a policy. `nested` where the message's body is filtered.
    pub(super) fn read(text: &str, nested: bool) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|why| format!("FilterPolicy: failed to parse JSON. {why}"))?;
        let Value::Object(object) = value else {
            return Err("FilterPolicy: Filter must be an object".to_owned());
        };
        let filter = read_rules(&object)?;
        if !nested && filter.is_nested() {
            return Err(
                "Filter policy scope MessageAttributes does not support nested filter policy".to_owned()
            );
        }
        if filter.keys() > limits::FILTER_KEYS_MAX {
            return Err("FilterPolicy: Filter policy can not have more than 5 keys".to_owned());
        }
        if filter.combinations(1) > limits::FILTER_COMBINATIONS_MAX {
            return Err("FilterPolicy: Filter policy is too complex".to_owned());
        }
        Ok(filter)
    }

    fn is_nested(&self) -> bool {
        self.0.iter().any(|rule| match rule {
            Rule::Field(..) => false,
            Rule::Nested(..) => true,
            Rule::Or(ways) => ways.iter().any(Self::is_nested),
        })
    }

    fn keys(&self) -> usize {
        let of = |rule: &Rule| match rule {
            Rule::Field(..) => 1,
            Rule::Nested(_, inner) => inner.keys(),
            Rule::Or(ways) => ways.iter().map(Self::keys).max().unwrap_or(0),
        };
        self.0.iter().map(of).sum()
    }

    /// The values of each key times its depth, multiplied; the ways of an `$or` are added.
    fn combinations(&self, depth: usize) -> usize {
        let of = |rule: &Rule| match rule {
            Rule::Field(_, conditions) => {
                let values = |condition: &Condition| match condition {
                    Condition::NoneOf(values) => values.len(),
                    Condition::NoPrefix(prefixes) => prefixes.len(),
                    _ => 1,
                };
                conditions.iter().map(values).sum::<usize>().saturating_mul(depth)
            }
            Rule::Nested(_, inner) => inner.combinations(depth + 1),
            Rule::Or(ways) => {
                ways.iter().fold(0, |sum: usize, way| sum.saturating_add(way.combinations(depth)))
            }
        };
        self.0.iter().fold(1, |product: usize, rule| product.saturating_mul(of(rule)))
    }
}

fn read_rules(object: &Map<String, Value>) -> Result<Filter, String> {
    let rules = object.iter().map(|(key, value)| match value {
        Value::Array(ways) if key == "$or" && ways.len() > 1 && ways.iter().all(Value::is_object) => {
            let ways = ways.iter().filter_map(Value::as_object).map(read_rules);
            Ok(Rule::Or(ways.collect::<Result<_, _>>()?))
        }
        Value::Array(values) if values.is_empty() => {
            Err("FilterPolicy: Empty arrays are not allowed".to_owned())
        }
        Value::Array(values) => {
            let conditions = values.iter().map(read_condition).collect::<Result<_, _>>()?;
            Ok(Rule::Field(key.clone(), conditions))
        }
        Value::Object(inner) => Ok(Rule::Nested(key.clone(), read_rules(inner)?)),
        _ => Err(format!("FilterPolicy: \"{key}\" must be an object or an array")),
    });
    rules.collect::<Result<_, _>>().map(Filter)
}

fn read_condition(value: &Value) -> Result<Condition, String> {
    let refuse = |why: &str| Err(format!("FilterPolicy: {why}"));
    let Value::Object(object) = value else {
        return match value {
            Value::Array(_) => refuse("Match value must be String, number, true, false, or null"),
            _ => check_number(value).map(|()| Condition::Is(value.clone())),
        };
    };
    let mut entries = object.iter();
    let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
        return refuse("Only one key allowed in match expression");
    };
    match operator.as_str() {
        "prefix" => text(operator, operand).map(Condition::Prefix),
        "suffix" => text(operator, operand).map(Condition::Suffix),
        "equals-ignore-case" => text(operator, operand).map(Condition::IgnoreCase),
        // Recorded: the sentence speaks of a prefix.
        "cidr" => cidr(&text("prefix", operand)?),
        "exists" => match operand {
            Value::Bool(wanted) => Ok(Condition::Exists(*wanted)),
            _ => refuse("exists match pattern must be either true or false."),
        },
        "anything-but" => anything_but(operand),
        "numeric" => numeric(operand),
        other => Err(format!("FilterPolicy: Unrecognized match type {other}")),
    }
}

fn text(operator: &str, operand: &Value) -> Result<String, String> {
    let text = operand.as_str().map(str::to_owned);
    text.ok_or_else(|| format!("FilterPolicy: {operator} match pattern must be a string"))
}

fn anything_but(operand: &Value) -> Result<Condition, String> {
    match operand {
        Value::Object(inner) => {
            let mut entries = inner.iter();
            match (entries.next(), entries.next()) {
                (Some((operator, prefix)), None) if operator == "prefix" => match prefix {
                    Value::Array(all) => {
                        let all = all.iter().map(|one| text("prefix", one)).collect::<Result<_, _>>()?;
                        Ok(Condition::NoPrefix(all))
                    }
                    one => Ok(Condition::NoPrefix(vec![text("prefix", one)?])),
                },
                (Some((operator, _)), None) => {
                    Err(format!("FilterPolicy: Unsupported anything-but pattern: {operator}"))
                }
                _ => Err("FilterPolicy: Only one key allowed in match expression".to_owned()),
            }
        }
        Value::Array(values) if values.iter().all(|value| value.is_string() || value.is_number()) => {
            values.iter().try_for_each(check_number)?;
            Ok(Condition::NoneOf(values.clone()))
        }
        Value::String(_) | Value::Number(_) => Ok(Condition::NoneOf(vec![operand.clone()])),
        // Assumed.
        _ => {
            Err("FilterPolicy: Value of anything-but must be an array or single string/number value."
                .to_owned())
        }
    }
}

fn check_number(value: &Value) -> Result<(), String> {
    match value.as_f64() {
        // Assumed: the sentence.
        Some(number) if number.abs() > limits::FILTER_NUMBER_MAX => {
            Err("FilterPolicy: Value must be between -1.0E9 and 1.0E9, inclusive".to_owned())
        }
        _ => Ok(()),
    }
}

fn cidr(text: &str) -> Result<Condition, String> {
    let refuse = |why: String| Err(format!("FilterPolicy: {why}"));
    let Some((address, bits)) = text.split_once('/') else {
        return refuse("Malformed CIDR, one '/' required".to_owned());
    };
    let Ok(bits) = bits.parse::<u8>() else {
        return refuse("Malformed CIDR, mask bits must be an integer".to_owned());
    };
    match address.parse::<IpAddr>() {
        Ok(address) => match Network::new(address, bits) {
            Some(network) => Ok(Condition::Cidr(network)),
            None => refuse("Malformed CIDR, mask bits must be an integer".to_owned()),
        },
        Err(_) => refuse(format!("Nonstandard IP address: {address}")),
    }
}

fn numeric(operand: &Value) -> Result<Condition, String> {
    let refuse = |why: String| Err(format!("FilterPolicy: {why}"));
    let Some(terms) = operand.as_array() else {
        return refuse("Value of numeric must be an array.".to_owned());
    };
    let Some(first) = terms.first() else { return refuse("Invalid member in numeric match: ]".to_owned()) };
    let Some(word) = first.as_str() else {
        return refuse(format!("Invalid member in numeric match: {first}"));
    };
    let Some(comparison) = Comparison::parse(word) else {
        return refuse(format!("Unrecognized numeric range operator: {word}"));
    };
    let number = |comparison: Comparison, at: usize| {
        let number = terms.get(at).and_then(Value::as_f64);
        number.ok_or_else(|| format!("FilterPolicy: Value of {} must be numeric", spelt(comparison)))
    };
    let bottom = number(comparison, 1)?;
    terms.iter().try_for_each(check_number)?;
    let mut bounds = vec![(comparison, bottom)];
    if let Some(second) = terms.get(2) {
        if !matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) {
            return refuse("Too many elements in numeric expression".to_owned());
        }
        let Some(word) = second.as_str() else {
            return refuse(format!("Bad value in numeric range: {second}"));
        };
        let upper = match Comparison::parse(word) {
            Some(upper @ (Comparison::Less | Comparison::LessOrEqual)) => upper,
            _ => return refuse(format!("Bad numeric range operator: {word}")),
        };
        let top = number(upper, 3)?;
        if bottom >= top {
            return refuse("Bottom must be less than top".to_owned());
        }
        if terms.len() > 4 {
            return refuse("Too many terms in numeric range expression".to_owned());
        }
        bounds.push((upper, top));
    }
    Ok(Condition::Numeric(bounds))
}
