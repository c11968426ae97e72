//! The paths that targets take values from events by: `$`, `$.detail.order.id`, `$.resources[0]`, `$.detail['a b']`.
//!
//! Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html (read 2026-11-29). Assumed: names in
//! brackets and quotes. Left out: wildcards, which AWS takes, filters, slices and `..`, which are no path here.

use serde_json::Value;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Entry(usize),
}

/// A path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

impl Path {
    /// Reads a path; none if the text is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let name = Some(&after[..end]).filter(|name| !name.is_empty() && *name != "*")?;
                steps.push(Step::Member(name.to_owned()));
                rest = &after[end..];
            } else {
                let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
                let quoted = inside.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
                steps.push(match quoted {
                    Some(name) => Step::Member(name.to_owned()),
                    None => Step::Entry(inside.parse().ok()?),
                });
                rest = after;
            }
        }
        Some(Self(steps))
    }

    /// The value there, if there is one.
    pub(super) fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Entry(at) => value.get(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_values() {
        let event = json!({"detail": {"a b": 1, "list": [{"x": "y"}]}, "id": "i"});
        let check = |path: &str, expected: Option<&str>| {
            let found = Path::parse(path).expect(path).find(&event).map(Value::to_string);
            assert_eq!(found.as_deref(), expected, "{path}");
        };
        check("$.id", Some("\"i\""));
        check("$.detail.list[0].x", Some("\"y\""));
        check("$.detail['a b']", Some("1"));
        check("$['detail'].list", Some("[{\"x\":\"y\"}]"));
        check("$.detail.none.more", None);
        for text in ["", "detail", "$.", "$..id", "$.a[*]", "$.a["] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }
}
