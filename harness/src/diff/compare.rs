//! Two answers, member by member.

use serde_json::{Map, Value};

use super::conversation::Step;
use super::noise::{Mask, Noise, below, fits, is_opaque, kind, without_tokens};

/// The longest that a value is shown.
const SHOWN_CHARS_MAX: usize = 90;

/// A place where two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) path: String,
    pub(super) a: String,
    pub(super) b: String,
}

/// An answer as it is compared: what is left out is gone, and lists without order are sorted.
pub(super) fn prepare(step: &Step, answer: &Value) -> Value {
    strip(step, "", answer)
}

fn strip(step: &Step, path: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = |(name, value): (&String, &Value)| {
                let place = below(path, name);
                let is_left_out = step.ignore.contains_key(place.strip_prefix("body.").unwrap_or(&place));
                (!is_left_out).then(|| (name.clone(), strip(step, &place, value)))
            };
            Value::Object(members.iter().filter_map(kept).collect::<Map<_, _>>())
        }
        Value::Array(entries) => {
            let mut entries: Vec<Value> = entries.iter().map(|entry| strip(step, path, entry)).collect();
            let place = path.strip_prefix("body.").unwrap_or(path);
            if step.unordered.iter().any(|list| list == place) || has_no_order(&entries) {
                entries.sort_by_cached_key(Value::to_string);
            }
            Value::Array(entries)
        }
        other => other.clone(),
    }
}

/// Tags, and what else is a map in the form of a list.
fn has_no_order(entries: &[Value]) -> bool {
    let is_pair = |entry: &Value| entry.get("Key").is_some() && entry.get("Value").is_some();
    let is_attribute =
        |entry: &Value| entry.get("AttributeName").is_some() && entry.get("AttributeType").is_some();
    !entries.is_empty() && (entries.iter().all(is_pair) || entries.iter().all(is_attribute))
}

/// Where answer `b` is not what answer `a` says, noise aside.
pub(super) fn compare(noise: &Noise, a: &Value, b: &Value) -> Vec<Gap> {
    if a.get("error").is_some() != b.get("error").is_some() {
        // What a refusal and an answer say besides has nothing in common.
        return vec![Gap { path: "answer".to_owned(), a: in_short(a), b: in_short(b) }];
    }
    let mut gaps = Vec::new();
    at(noise, "", Some(a), Some(b), &mut gaps);
    gaps
}

/// `200`, or `400 ValidationException: ..`.
fn in_short(answer: &Value) -> String {
    let text = match answer.get("error") {
        Some(error) => {
            let part = |name: &str| error[name].as_str().unwrap_or_default();
            format!("{} {}: {}", answer["status"], part("code"), part("message"))
        }
        None => answer["status"].to_string(),
    };
    cut(text)
}

fn at(noise: &Noise, path: &str, a: Option<&Value>, b: Option<&Value>, gaps: &mut Vec<Gap>) {
    let mask = noise.at(path);
    if mask == Some(&Mask::Any) {
        return;
    }
    let name = path.rsplit(['.', ']']).next().unwrap_or_default();
    let is_same = match (a, b) {
        (Some(Value::Object(one)), Some(Value::Object(two))) if !is_opaque(name) => {
            for name in one.keys().chain(two.keys().filter(|name| !one.contains_key(*name))) {
                at(noise, &below(path, name), one.get(name), two.get(name), gaps);
            }
            return;
        }
        (Some(Value::Array(one)), Some(Value::Array(two))) if one.len() == two.len() && !is_opaque(name) => {
            for (index, (one, two)) in one.iter().zip(two).enumerate() {
                at(noise, &format!("{path}[{index}]"), Some(one), Some(two), gaps);
            }
            return;
        }
        (Some(Value::Array(_)), Some(Value::Array(_))) => is_opaque(name),
        (Some(a), Some(b)) => is_alike(mask, is_opaque(name), a, b),
        _ => false,
    };
    if !is_same {
        let path = path.strip_prefix("body.").unwrap_or(path).to_owned();
        // Credentials are nobody's to see.
        let veiled = |value: Option<&Value>| shown(value.map(|value| without_tokens(name, value)).as_ref());
        gaps.push(Gap { a: veiled(a), b: veiled(b), path });
    }
}

fn is_alike(mask: Option<&Mask>, is_opaque: bool, a: &Value, b: &Value) -> bool {
    match (mask, a, b) {
        (Some(Mask::Text { prefix, suffix, letters }), _, Value::String(b)) => {
            is_opaque || fits(b, prefix, suffix, *letters)
        }
        (Some(_), _, _) => kind(a) == kind(b),
        (None, _, _) if is_opaque => kind(a) == kind(b) && (a == "") == (b == ""),
        (None, Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (None, a, b) => a == b,
    }
}

/// A value in one short line.
pub(super) fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "absent".to_owned() };
    let text = match value {
        Value::Array(entries) => format!("{} entries {value}", entries.len()),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        other => other.to_string(),
    };
    cut(text)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gaps(a: Value, b: Value) -> Vec<String> {
        let found = compare(&Noise::default(), &a, &b);
        found.into_iter().map(|gap| format!("{}: {} | {}", gap.path, gap.a, gap.b)).collect()
    }

    #[test]
    fn a_difference_is_told_with_its_place_and_both_values() {
        let a = json!({"status": 200, "body": {"n": 1, "list": [1, 2], "same": "x"}});
        let b = json!({"status": 400, "body": {"n": "1", "list": [1], "same": "x", "more": true}});
        let expected = [
            "status: 200 | 400",
            "n: 1 | \"1\"",
            "list: 2 entries [1,2] | 1 entries [1]",
            "more: absent | true",
        ];
        assert_eq!(gaps(a, b), expected);
    }

    #[test]
    fn a_refusal_and_an_answer_are_one_difference() {
        let refused = json!({"status": 400, "error": {"code": "Bad", "message": "no"}});
        let found = gaps(refused, json!({"status": 200, "headers": {"etag": "x"}, "body": {"n": 1}}));
        assert_eq!(found, ["answer: 400 Bad: no | 200"]);
    }

    #[test]
    fn opaque_values_may_differ_and_their_types_may_not() {
        assert_eq!(gaps(json!({"NextToken": "a"}), json!({"NextToken": "b"})), [""; 0]);
        assert_eq!(gaps(json!({"NextToken": "a"}), json!({"NextToken": 1})), ["NextToken: \"~\" | 1"]);
        let credentials = json!({"Credentials": {"SecretAccessKey": "secret"}});
        let veiled = "Credentials: absent | {\"SecretAccessKey\":\"~\"}";
        assert_eq!(gaps(json!({}), credentials), [veiled]);
        assert_eq!(gaps(json!({"NextToken": "a"}), json!({})), ["NextToken: \"~\" | absent"]);
    }

    #[test]
    fn whole_numbers_and_fractions_of_one_value_are_one() {
        assert_eq!(gaps(json!(1), json!(1.0)), [""; 0]);
    }

    #[test]
    fn lists_without_order_are_compared_without_it() {
        let step = Step { unordered: vec!["Items".to_owned()], ..Step::default() };
        let list = |entries: Value| prepare(&step, &json!({"body": {"Items": entries}}));
        assert_eq!(list(json!([2, 1])), list(json!([1, 2])));
        let tags = json!([{"Key": "b", "Value": ""}, {"Key": "a", "Value": ""}]);
        assert_eq!(prepare(&step, &tags)[0]["Key"], "a");
    }

    #[test]
    fn what_a_step_leaves_out_is_not_compared() {
        let ignore = [("X.Y".to_owned(), "drawn".to_owned())].into();
        let step = Step { ignore, ..Step::default() };
        assert_eq!(
            prepare(&step, &json!({"body": {"X": {"Y": 1, "Z": 2}}})),
            json!({"body": {"X": {"Z": 2}}})
        );
    }
}
