//! Whether a message passes a filter policy.
//!
//! A list's elements count one by one: one that fits is enough, also for `anything-but`. Attributes of type
//! `String.Array` are such lists; binary attributes are not looked at. Where a body has a list of objects, all keys under
//! it must hold for one and the same object.
//! Recorded by LocalStack (`test_filter_policy_on_message_body_*`): a dot in a key may be a step into an object, in the
//! policy as in the body; lists in lists are looked through; an empty list is as good as none.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wavetank_wire::sns::MessageAttributeValue;

use super::{Condition, Filter, Rule};

impl Filter {
    /// Whether attributes pass.
    pub(in super::super) fn passes_attributes(
        &self,
        attributes: &BTreeMap<String, MessageAttributeValue>,
    ) -> bool {
        let values = attributes.iter().filter_map(|(name, value)| Some((name.clone(), attribute(value)?)));
        self.holds(&values.collect())
    }

    /// Whether a body passes. One that is not a JSON object does not.
    pub(in super::super) fn passes_body(&self, body: &str) -> bool {
        serde_json::from_str::<Map<String, Value>>(body).is_ok_and(|object| self.holds(&object))
    }

    fn holds(&self, object: &Map<String, Value>) -> bool {
        self.0.iter().all(|rule| match rule {
            Rule::Field(path, conditions) => {
                let (mut found, mut values) = (Vec::new(), Vec::new());
                reach(object, path, &mut found);
                found.into_iter().for_each(|value| flatten(value, &mut values));
                conditions.iter().any(|condition| condition.holds(&values))
            }
            Rule::Nested(path, inner) => inner.holds_below(object, path),
            Rule::Or(ways) => ways.iter().any(|way| way.holds(object)),
        })
    }

    /// Whether the rules hold for one of the objects at a path, or for none where there is none.
    fn holds_below(&self, object: &Map<String, Value>, path: &str) -> bool {
        let (mut found, mut below) = (Vec::new(), Vec::new());
        reach(object, path, &mut found);
        found.into_iter().for_each(|value| flatten(value, &mut below));
        let mut objects = below.into_iter().filter_map(Value::as_object).peekable();
        let cut = |key: &String| Some(key.strip_prefix(path)?.strip_prefix('.')?.to_owned());
        let dotted: Map<String, Value> =
            object.iter().filter_map(|(key, value)| Some((cut(key)?, value.clone()))).collect();
        if objects.peek().is_none() {
            return self.holds(&dotted);
        }
        objects.any(|one| self.holds(one)) || (!dotted.is_empty() && self.holds(&dotted))
    }
}

/// The values at a path: a dot in it is a dot in a key, or leads into an object or a list of objects.
fn reach<'a>(object: &'a Map<String, Value>, path: &str, out: &mut Vec<&'a Value>) {
    for (key, value) in object {
        if key == path {
            out.push(value);
        } else if let Some(rest) = path.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('.')) {
            let mut below = Vec::new();
            flatten(value, &mut below);
            below.into_iter().filter_map(Value::as_object).for_each(|one| reach(one, rest, out));
        }
    }
}

fn flatten<'a>(value: &'a Value, out: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| flatten(one, out)),
        one => out.push(one),
    }
}

/// An attribute as a JSON value.
fn attribute(value: &MessageAttributeValue) -> Option<Value> {
    let text = value.string_value.as_deref()?;
    match value.data_type.as_str() {
        "String.Array" => serde_json::from_str(text).ok(),
        kind if kind == "Number" || kind.starts_with("Number.") => {
            text.trim().parse::<f64>().ok().map(Value::from)
        }
        kind if kind == "String" || kind.starts_with("String.") => Some(Value::from(text)),
        _ => None,
    }
}

impl Condition {
    fn holds(&self, values: &[&Value]) -> bool {
        if let Self::Exists(wanted) = self {
            return values.is_empty() != *wanted;
        }
        values.iter().any(|value| self.fits(value))
    }

    fn fits(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Is(wanted) => same(wanted, value),
            Self::NoneOf(others) => !others.iter().any(|other| same(other, value)),
            Self::NoPrefix(prefixes) => {
                text.is_some_and(|text| !prefixes.iter().any(|prefix| text.starts_with(prefix.as_str())))
            }
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix.as_str())),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix.as_str())),
            Self::IgnoreCase(wanted) => text.is_some_and(|text| text.to_lowercase() == wanted.to_lowercase()),
            Self::Numeric(bounds) => value.as_f64().is_some_and(|number| {
                bounds.iter().all(|(comparison, bound)| comparison.holds(number, *bound, equal))
            }),
            Self::Cidr(network) => text.is_some_and(|text| network.has(text)),
            Self::Exists(_) => false,
        }
    }
}

/// Five digits after the point count. Documented: subscription-filter-policy-constraints.html (read 2026-11-20).
fn equal(one: f64, other: f64) -> bool {
    (one - other).abs() < 5e-6
}

fn same(wanted: &Value, value: &Value) -> bool {
    match (wanted.as_f64(), value.as_f64()) {
        (Some(wanted), Some(number)) => equal(wanted, number),
        _ => wanted == value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_passes_where_every_key_has_a_value_that_fits() {
        let check = |policy: &str, body: &str, expected: bool| {
            let filter = Filter::read(policy, true).unwrap();
            assert_eq!(filter.passes_body(body), expected, "{policy} on {body}");
        };
        check(r#"{"a": ["x", 3, true, null]}"#, r#"{"a": "x"}"#, true);
        check(r#"{"a": ["x", 3, true, null]}"#, r#"{"a": 3.0}"#, true);
        check(r#"{"a": ["x", 3, true, null]}"#, r#"{"a": null}"#, true);
        check(r#"{"a": ["x", 3]}"#, r#"{"a": "3"}"#, false);
        check(r#"{"a": ["x"], "b": ["y"]}"#, r#"{"a": "x"}"#, false);
        check(r#"{"a": [{"anything-but": ["x", "y"]}]}"#, r#"{"a": ["x", "z"]}"#, true);
        check(r#"{"a": [{"anything-but": ["x", "y"]}]}"#, r#"{"a": ["x", "y"]}"#, false);
        check(r#"{"a": [{"anything-but": ["x"]}]}"#, "{}", false);
        check(r#"{"a": [{"anything-but": {"prefix": "or"}}]}"#, r#"{"a": "orange"}"#, false);
        check(r#"{"a": [{"anything-but": {"prefix": "or"}}]}"#, r#"{"a": "pear"}"#, true);
        check(r#"{"a": [{"anything-but": [1, 2]}]}"#, r#"{"a": 3}"#, true);
        check(r#"{"a": [{"prefix": "or"}]}"#, r#"{"a": "orange"}"#, true);
        check(r#"{"a": [{"suffix": "ge"}]}"#, r#"{"a": "orange"}"#, true);
        check(r#"{"a": [{"suffix": "or"}]}"#, r#"{"a": "orange"}"#, false);
        check(r#"{"a": [{"equals-ignore-case": "TENNIS"}]}"#, r#"{"a": "Tennis"}"#, true);
        check(r#"{"a": [{"numeric": [">", 0, "<=", 150]}]}"#, r#"{"a": 150}"#, true);
        check(r#"{"a": [{"numeric": [">", 0, "<=", 150]}]}"#, r#"{"a": 0}"#, false);
        check(r#"{"a": [{"numeric": ["=", 3.015e2]}]}"#, r#"{"a": 301.5}"#, true);
        check(r#"{"a": [{"cidr": "10.0.0.0/24"}]}"#, r#"{"a": "10.0.0.255"}"#, true);
        check(r#"{"a": [{"cidr": "10.0.0.0/24"}]}"#, r#"{"a": "10.0.1.0"}"#, false);
        check(r#"{"a": [{"cidr": "0.0.0.0/0"}]}"#, r#"{"a": "9.9.9.9"}"#, true);
        check(r#"{"a": [{"cidr": "2001:db8:1234:1a00::/64"}]}"#, r#"{"a": "2001:db8:1234:1a00::1"}"#, true);
        check(r#"{"a": [{"exists": true}]}"#, r#"{"a": 0}"#, true);
        check(r#"{"a": [{"exists": true}]}"#, r#"{"b": 0}"#, false);
        check(r#"{"a": [{"exists": false}]}"#, r#"{"b": 0}"#, true);
        check(r#"{"a": ["x", {"exists": false}]}"#, r#"{"a": "y"}"#, false);
        check(r#"{"$or": [{"a": ["x"]}, {"b": ["y"]}], "c": ["z"]}"#, r#"{"b": "y", "c": "z"}"#, true);
        check(r#"{"$or": [{"a": ["x"]}, {"b": ["y"]}], "c": ["z"]}"#, r#"{"c": "z"}"#, false);
        check(r#"{"a": {"b": ["x"], "c": [1]}}"#, r#"{"a": [{"b": "x", "c": 2}, {"b": "x", "c": 1}]}"#, true);
        check(
            r#"{"a": {"b": ["x"], "c": [1]}}"#,
            r#"{"a": [{"b": "x", "c": 2}, {"b": "y", "c": 1}]}"#,
            false,
        );
        check(r#"{"a": ["x"]}"#, "x", false);
        for body in [
            r#"{"a": {"b": {"c": "x"}}}"#,
            r#"{"a.b.c": "x"}"#,
            r#"{"a.b": {"c": "x"}}"#,
            r#"{"a": {"b.c": "x"}}"#,
            r#"{"a": {"b": [[{"c": ["y", "x"]}]]}}"#,
        ] {
            check(r#"{"a.b.c": ["x"]}"#, body, true);
            check(r#"{"a": {"b": {"c": ["x"]}}}"#, body, true);
            check(r#"{"a.b.c": ["z"]}"#, body, false);
            check(r#"{"a": {"b": {"c": [{"exists": false}]}}}"#, body, false);
        }
        check(r#"{"a": {"b": [""]}}"#, r#"{"list": [], "a": {"b": "", "c": null}}"#, true);
        check(r#"{"list": [{"exists": true}]}"#, r#"{"list": []}"#, false);
        let scope = r#"{"$or": [{"m": ["C"]}, {"n": ["E"]}], "d": {"s": ["S"], "$or": [{"o": ["c"]}, {"t": ["w"]}]}}"#;
        check(scope, r#"{"n": "E", "d": {"s": "S", "t": "w"}}"#, true);
        check(scope, r#"{"n": "E", "d": {"s": "S", "t": "x"}}"#, false);
        check(scope, r#"{"n": "x", "d": {"s": "S", "o": "c"}}"#, false);
    }

    #[test]
    fn attributes_pass_by_their_type() {
        let check = |policy: &str, data_type: &str, text: &str, expected: bool| {
            let filter = Filter::read(policy, false).unwrap();
            let value = MessageAttributeValue {
                data_type: data_type.to_owned(),
                string_value: Some(text.to_owned()),
                ..MessageAttributeValue::default()
            };
            let found = filter.passes_attributes(&BTreeMap::from([("a".to_owned(), value)]));
            assert_eq!(found, expected, "{policy} on {data_type} {text}");
        };
        check(r#"{"a": ["x"]}"#, "String", "x", true);
        check(r#"{"a": ["1"]}"#, "Number", "1", false);
        check(r#"{"a": [1]}"#, "Number", "1.0", true);
        check(r#"{"a": ["x", true]}"#, "String.Array", r#"["y", true]"#, true);
        check(r#"{"a": ["x"]}"#, "Binary", "x", false);
    }

    #[test]
    fn a_policy_that_cannot_be_applied_is_refused_in_aws_words() {
        let check = |policy: &str, nested: bool, expected: &str| {
            let error = Filter::read(policy, nested).unwrap_err();
            assert_eq!(error.strip_prefix("FilterPolicy: ").unwrap_or(&error), expected, "{policy}");
        };
        check(r#"{"key": [["value"]]}"#, true, "Match value must be String, number, true, false, or null");
        check(r#"{"key": [{"wrong-operator": true}]}"#, true, "Unrecognized match type wrong-operator");
        check(r#"{"key": [{"wildcard": "a*"}]}"#, true, "Unrecognized match type wildcard");
        check(
            r#"{"key": [{"suffix": "a", "prefix": "b"}]}"#,
            true,
            "Only one key allowed in match expression",
        );
        check(r#"{"key": []}"#, true, "Empty arrays are not allowed");
        check(r#"{"key": [{"suffix": 100}]}"#, true, "suffix match pattern must be a string");
        check(r#"{"key": "value"}"#, true, "\"key\" must be an object or an array");
        check(r#"{"key": [{"cidr": "bad"}]}"#, true, "Malformed CIDR, one '/' required");
        check(r#"{"key": [{"cidr": "xx.11.xx/8"}]}"#, true, "Nonstandard IP address: xx.11.xx");
        check(r#"{"key": [{"cidr": "1.2.3.4/x"}]}"#, true, "Malformed CIDR, mask bits must be an integer");
        check(r#"{"key": [{"numeric": []}]}"#, true, "Invalid member in numeric match: ]");
        check(r#"{"key": [{"numeric": [1, "<="]}]}"#, true, "Invalid member in numeric match: 1");
        check(r#"{"key": [{"numeric": ["=", "000"]}]}"#, true, "Value of equals must be numeric");
        check(r#"{"key": [{"numeric": [">="]}]}"#, true, "Value of >= must be numeric");
        check(
            r#"{"key": [{"numeric": ["<", 100, ">", 10]}]}"#,
            true,
            "Too many elements in numeric expression",
        );
        check(r#"{"key": [{"numeric": [">=", 1, ">", 2]}]}"#, true, "Bad numeric range operator: >");
        check(r#"{"key": [{"numeric": [">", 3, "<", 1]}]}"#, true, "Bottom must be less than top");
        check(r#"{"key": [{"numeric": [">", 20, 30]}]}"#, true, "Bad value in numeric range: 30");
        check(
            r#"{"key": [{"numeric": [">", 1, "<", 3, "<", 5]}]}"#,
            true,
            "Too many terms in numeric range expression",
        );
        check(r#"{"key": [{"exists": null}]}"#, true, "exists match pattern must be either true or false.");
        check(
            r#"{"key": [{"anything-but": {"suffix": "t"}}]}"#,
            true,
            "Unsupported anything-but pattern: suffix",
        );
        let nested = "Filter policy scope MessageAttributes does not support nested filter policy";
        check(r#"{"a": {"b": ["x"]}}"#, false, nested);
        let keys = r#"{"a": [1], "b": [1], "c": [1], "d": [1], "e": [1], "f": [1]}"#;
        check(keys, true, "Filter policy can not have more than 5 keys");
        let ten = "[0,1,2,3,4,5,6,7,8,9]";
        check(&format!(r#"{{"a": {ten}, "b": {ten}, "c": [1, 2]}}"#), true, "Filter policy is too complex");
    }
}
