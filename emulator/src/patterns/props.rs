//! Patterns against a matcher that is too simple to share their bugs: it walks the pattern's own JSON for each event.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::Pattern;

fn word() -> impl Strategy<Value = String> {
    "[abA]{0,3}"
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => word().prop_map(Value::from),
        2 => (-2..3_i64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn object(value: BoxedStrategy<Value>, fields_min: usize) -> BoxedStrategy<Value> {
    let fields = btree_map("[abc]", value, fields_min..4);
    fields.prop_map(|fields| Value::Object(fields.into_iter().collect())).boxed()
}

/// Objects of leaves, of arrays of leaves, and of such objects.
fn event() -> impl Strategy<Value = Value> {
    let value = prop_oneof![3 => leaf(), 1 => vec(leaf(), 0..3).prop_map(Value::from)];
    object(value.prop_recursive(2, 12, 3, |inner| object(inner, 0)).boxed(), 0)
}

fn wildcard() -> impl Strategy<Value = String> {
    let pieces = vec("[ab]{1,2}", 1..3).prop_map(|pieces| pieces.join("*"));
    (any::<bool>(), pieces, any::<bool>()).prop_map(|(before, pieces, after)| {
        let asterisk = |is_there| if is_there { "*" } else { "" };
        format!("{}{pieces}{}", asterisk(before), asterisk(after))
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let how = select(vec!["=", "<", "<=", ">", ">="]);
    prop_oneof![
        4 => leaf(),
        1 => word().prop_map(|text| json!({"prefix": text})),
        1 => word().prop_map(|text| json!({"suffix": text})),
        1 => word().prop_map(|text| json!({"equals-ignore-case": text})),
        1 => wildcard().prop_map(|text| json!({"wildcard": text})),
        1 => any::<bool>().prop_map(|wanted| json!({"exists": wanted})),
        1 => (how, -2..3_i64).prop_map(|(how, bound)| json!({"numeric": [how, bound]})),
        1 => word().prop_map(|text| json!({"anything-but": text})),
        1 => vec(word(), 1..3).prop_map(|texts| json!({"anything-but": texts})),
        1 => wildcard().prop_map(|text| json!({"anything-but": {"wildcard": text}})),
    ]
}

fn pattern() -> impl Strategy<Value = Value> {
    let rules = vec(rule(), 1..3).prop_map(Value::from).boxed();
    let field = rules.prop_recursive(2, 12, 3, |inner| object(inner, 1)).boxed();
    let ways = proptest::option::of(vec(object(field.clone(), 1), 2..4));
    (object(field, 1), ways).prop_map(|(mut pattern, ways)| {
        if let Some(ways) = ways {
            pattern["$or"] = Value::from(ways);
        }
        pattern
    })
}

fn naive(pattern: &Map<String, Value>, event: &Value) -> bool {
    pattern.iter().all(|(name, wanted)| match wanted {
        Value::Array(ways) if name == "$or" => {
            ways.iter().any(|way| naive(way.as_object().expect("each way is an object"), event))
        }
        Value::Array(rules) => rules.iter().any(|rule| holds(rule, event.get(name))),
        Value::Object(nested) => naive(nested, event.get(name).unwrap_or(&Value::Null)),
        other => unreachable!("no pattern has {other}"),
    })
}

fn holds(rule: &Value, value: Option<&Value>) -> bool {
    let leaves: Vec<&Value> = match value {
        None | Some(Value::Object(_)) => Vec::new(),
        Some(Value::Array(leaves)) => leaves.iter().collect(),
        Some(leaf) => vec![leaf],
    };
    match rule.get("exists") {
        Some(wanted) => json!(!leaves.is_empty()) == *wanted,
        None => leaves.into_iter().any(|leaf| leaf_holds(rule, leaf)),
    }
}

fn leaf_holds(rule: &Value, leaf: &Value) -> bool {
    let Some((how, operand)) = rule.as_object().and_then(|rule| rule.iter().next()) else {
        return rule == leaf;
    };
    let wanted = operand.as_str().unwrap_or_default();
    let is_like = |pattern: &str| leaf.as_str().is_some_and(|text| glob(pattern, text));
    match how.as_str() {
        "prefix" => is_like(&format!("{wanted}*")),
        "suffix" => is_like(&format!("*{wanted}")),
        "wildcard" => is_like(wanted),
        "equals-ignore-case" => leaf.as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted)),
        "numeric" => match (leaf.as_i64(), operand[0].as_str(), operand[1].as_i64()) {
            (Some(number), Some("="), Some(bound)) => number == bound,
            (Some(number), Some("<"), Some(bound)) => number < bound,
            (Some(number), Some("<="), Some(bound)) => number <= bound,
            (Some(number), Some(">"), Some(bound)) => number > bound,
            (Some(number), Some(">="), Some(bound)) => number >= bound,
            _ => false,
        },
        "anything-but" => match operand {
            Value::Array(all) => !all.contains(leaf),
            inner => !leaf_holds(inner, leaf),
        },
        other => unreachable!("no rule is {other}"),
    }
}

fn glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|skipped| glob(&pattern[1..], &text[skipped..])),
        Some(letter) => text.starts_with(letter) && glob(&pattern[1..], &text[1..]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn a_pattern_matches_what_a_walk_over_its_json_matches(pattern in pattern(), events in vec(event(), 1..6)) {
        let parsed = Pattern::parse(&pattern.to_string()).expect("it is a pattern");
        for event in events {
            let expected = naive(pattern.as_object().expect("it is an object"), &event);
            prop_assert_eq!(parsed.matches(&event), expected, "{} and {}", pattern, event);
        }
    }
}
