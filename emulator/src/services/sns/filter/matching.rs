//! Whether a message passes a filter policy.
//!
//! A list's elements count one by one: one that fits is enough, also for `anything-but`. Attributes of type
//! `String.Array` are such lists; binary attributes are not looked at. Where a body has a list of objects, all keys under
//! it must hold for one and the same object. Assumed: a key with a dot is a key with a dot.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Map, Value};
use wavetank_wire::sns::MessageAttributeValue;

use super::{Comparison, Condition, Filter, Rule};

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
            Rule::Field(name, conditions) => {
                let mut values = Vec::new();
                if let Some(value) = object.get(name) {
                    flatten(value, &mut values);
                }
                conditions.iter().any(|condition| condition.holds(&values))
            }
            Rule::Nested(name, inner) => match object.get(name) {
                Some(Value::Object(object)) => inner.holds(object),
                Some(Value::Array(list)) => {
                    list.iter().filter_map(Value::as_object).any(|one| inner.holds(one))
                }
                _ => inner.holds(&Map::new()),
            },
            Rule::Or(ways) => ways.iter().any(|way| way.holds(object)),
        })
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
                bounds.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
            Self::Cidr(network, bits) => text
                .and_then(|text| text.parse().ok())
                .is_some_and(|address| within(address, *network, *bits)),
            Self::Exists(_) => false,
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            // Five digits after the point count. Documented: subscription-filter-policy-constraints.html.
            Self::Equal => equal(number, bound),
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

fn equal(one: f64, other: f64) -> bool {
    (one - other).abs() < 5e-6
}

fn same(wanted: &Value, value: &Value) -> bool {
    match (wanted.as_f64(), value.as_f64()) {
        (Some(wanted), Some(number)) => equal(wanted, number),
        _ => wanted == value,
    }
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shift = |width: u8| u32::from(width.saturating_sub(bits));
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let cut = |number: u32| u64::from(number) >> shift(32);
            cut(address.to_bits()) == cut(network.to_bits())
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let cut = |number: u128| number.checked_shr(shift(128)).unwrap_or(0);
            cut(address.to_bits()) == cut(network.to_bits())
        }
        _ => false,
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
