//! What a target gets of an event: all of it, a part (`InputPath`), a constant (`Input`), or a template with parts (`InputTransformer`).
//!
//! Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html (read 2026-11-29): `<name>` stands for a
//! value, as JSON; within quotes for its text; `<aws.events.event>` has no detail; nothing appears of a path that the event has
//! not. Recorded, by way of LocalStack (its `services/events/target.py`, read 2026-11-28): the sentence on
//! names that stand for nothing. Assumed: where such a path is a value of its own, an empty text, that JSON stays JSON.

use std::collections::BTreeMap;

use serde_json::Value;
use wavetank_wire::events::Target;

use super::path::Path;

/// How a target's input is made, read once.
#[derive(Clone, Debug)]
pub(super) enum Shaping {
    Whole,
    Part(Path),
    Constant(String),
    Template { paths: BTreeMap<String, Path>, template: String },
}

/// Names that stand for something in every template.
const RESERVED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
];

/// What the reserved names of a template stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reserved<'a> {
    pub(super) rule_arn: &'a str,
    pub(super) rule_name: &'a str,
    pub(super) ingested: &'a str,
}

impl Shaping {
    /// Refuses paths that are none, and more than one way.
    pub(super) fn of(target: &Target) -> Result<Self, String> {
        let ways = [target.input.is_some(), target.input_path.is_some(), target.input_transformer.is_some()];
        if ways.iter().filter(|way| **way).count() > 1 {
            return Err(format!(
                "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
                target.id
            ));
        }
        let path = |text: &str| {
            let wrong = || format!("Parameter InputPath is not valid. Reason: Invalid JSON path {text}.");
            Path::parse(text).ok_or_else(wrong)
        };
        if let Some(input) = &target.input {
            let parsed: Result<Value, _> = serde_json::from_str(input);
            return match parsed {
                Ok(_) => Ok(Self::Constant(input.clone())),
                Err(_) => Err(format!("JSON syntax error in input for target {}", target.id)),
            };
        }
        if let Some(text) = &target.input_path {
            return Ok(Self::Part(path(text)?));
        }
        let Some(transformer) = &target.input_transformer else { return Ok(Self::Whole) };
        let mut paths = BTreeMap::new();
        for (name, text) in transformer.input_paths_map.iter().flatten() {
            paths.insert(name.clone(), path(text)?);
        }
        let template = transformer.input_template.clone();
        if let Some(name) =
            names(&template).find(|name| !paths.contains_key(*name) && !RESERVED.contains(name))
        {
            let id = &target.id;
            return Err(format!("InputTemplate for target {id} contains invalid placeholder {name}."));
        }
        Ok(Self::Template { paths, template })
    }

    /// The target's input.
    pub(super) fn input(&self, event: &Value, text: &str, reserved: Reserved<'_>) -> String {
        match self {
            Self::Whole => text.to_owned(),
            Self::Constant(input) => input.clone(),
            Self::Part(path) => path.find(event).map_or_else(|| "null".to_owned(), Value::to_string),
            Self::Template { paths, template } => fill(template, |name| match name {
                "aws.events.rule-arn" => Some(Value::from(reserved.rule_arn)),
                "aws.events.rule-name" => Some(Value::from(reserved.rule_name)),
                "aws.events.event.ingestion-time" => Some(Value::from(reserved.ingested)),
                "aws.events.event" => Some(without_detail(event)),
                "aws.events.event.json" => Some(event.clone()),
                name => Some(paths.get(name)?.find(event).cloned().unwrap_or_else(|| Value::from(""))),
            }),
        }
    }
}

fn without_detail(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(members) = event.as_object_mut() {
        members.shift_remove("detail");
    }
    event
}

/// What stands between `<` and `>`, if it may be a name.
fn names(template: &str) -> impl Iterator<Item = &str> {
    let is_name = |text: &&str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    template.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(name, _)| name)).filter(is_name)
}

/// The template with values for its names; what is no name stays as it is.
fn fill(template: &str, value: impl Fn(&str) -> Option<Value>) -> String {
    let mut out = String::new();
    let mut is_quoted = false;
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if c == '\\' && is_quoted {
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        if c == '<'
            && let Some((name, after)) = rest[1..].split_once('>')
            && let Some(found) = value(name)
        {
            if is_quoted {
                out.push_str(&quoted(&found));
            } else {
                out.push_str(&found.to_string());
            }
            rest = after;
            continue;
        }
        is_quoted ^= c == '"';
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// A value within a text: as JSON, but without quotes of its own.
fn quoted(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let json = Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_hold_parts_of_events() {
        let event = json!({"id": "i", "detail": {"n": 3, "who": "a \"b\"", "list": [1, 2]}, "last": 1});
        let check = |template: &str, expected: &str| {
            let paths = [
                ("id", "$.id"),
                ("n", "$.detail.n"),
                ("who", "$.detail.who"),
                ("list", "$.detail.list"),
                ("no", "$.no"),
            ];
            let paths = paths.map(|(name, path)| (name.to_owned(), path.to_owned()));
            let transformer = wavetank_wire::events::InputTransformer {
                input_paths_map: Some(paths.into()),
                input_template: template.to_owned(),
            };
            let target = Target { input_transformer: Some(transformer), ..Target::default() };
            let reserved = Reserved { rule_arn: "arn", rule_name: "r", ingested: "now" };
            let input = Shaping::of(&target).unwrap().input(&event, "", reserved);
            assert_eq!(input, expected, "{template}");
        };
        check("{\"id\": <id>, \"n\": <n>}", "{\"id\": \"i\", \"n\": 3}");
        check("\"<who> has <n> of <list>\"", "\"a \\\"b\\\" has 3 of [1,2]\"");
        check("{\"missing\": <no>, \"no name\": \"< 5\"}", "{\"missing\": \"\", \"no name\": \"< 5\"}");
        check("\"It is <no>.\"", "\"It is .\"");
        check("{\"event\": <aws.events.event>}", "{\"event\": {\"id\":\"i\",\"last\":1}}");
        let whole = event.to_string();
        check("{\"event\": <aws.events.event.json>}", &format!("{{\"event\": {whole}}}"));
        check("[<aws.events.rule-name>, <aws.events.rule-arn>]", "[\"r\", \"arn\"]");
        check("\"a \\\" <n>\"", "\"a \\\" 3\"");
    }

    #[test]
    fn a_name_that_stands_for_nothing_is_refused() {
        let transformer = wavetank_wire::events::InputTransformer {
            input_paths_map: Some([("a".to_owned(), "$.a".to_owned())].into()),
            input_template: "{\"a\": <a>, \"by\": <aws.events.rule-name>, \"z\": <zz>}".to_owned(),
        };
        let target = Target { id: "t".to_owned(), input_transformer: Some(transformer), ..Target::default() };
        let said = Shaping::of(&target).unwrap_err();
        assert_eq!(said, "InputTemplate for target t contains invalid placeholder zz.");
    }

    #[test]
    fn there_is_one_way_to_shape_an_input() {
        let target = Target {
            id: "1".to_owned(),
            input: Some("1".to_owned()),
            input_path: Some("$".to_owned()),
            ..Target::default()
        };
        let said = Shaping::of(&target).unwrap_err();
        assert_eq!(said, "Only one of Input, InputPath, or InputTransformer must be provided for target 1.");
    }
}
