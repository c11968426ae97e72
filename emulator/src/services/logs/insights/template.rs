//! What `parse` takes parts out of a text with: a text with wildcards, or a regular expression with groups.
//!
//! Documented: CWL_QuerySyntax-Parse.html. Assumed: a wildcard takes as little as it can, the last one all the rest, and a
//! text that does not fit gives nothing.

use regex::Regex;

use super::value::Value;

#[derive(Clone, Debug)]
pub(super) enum Template {
    /// What stands before, between and behind the wildcards.
    Glob(Vec<String>),
    /// And the groups that are taken.
    Regex(Regex, Vec<usize>),
}

impl Template {
    pub(super) fn glob(text: &str) -> Self {
        Self::Glob(text.split('*').map(str::to_owned).collect())
    }

    /// How many parts it takes.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Glob(parts) => parts.len() - 1,
            Self::Regex(_, groups) => groups.len(),
        }
    }

    /// Appends the parts of the text, or as many nulls.
    pub(super) fn take<'a>(&self, text: Option<&str>, out: &mut Vec<Value<'a>>) {
        let before = out.len();
        let fits = text.is_some_and(|text| match self {
            Self::Glob(parts) => take_glob(parts, text, out).is_some(),
            Self::Regex(regex, groups) => regex.captures(text).is_some_and(|captures| {
                let part = |group: &usize| {
                    captures.get(*group).map_or(Value::Null, |part| Value::owned(part.as_str().to_owned()))
                };
                out.extend(groups.iter().map(part));
                true
            }),
        });
        if !fits {
            out.truncate(before);
        }
        out.resize(before + self.count(), Value::Null);
    }
}

fn take_glob(parts: &[String], text: &str, out: &mut Vec<Value<'_>>) -> Option<()> {
    let (first, rest) = parts.split_first()?;
    let mut at = text.find(first.as_str())? + first.len();
    for (number, part) in rest.iter().enumerate() {
        let is_last = number + 1 == rest.len();
        let end =
            if is_last && part.is_empty() { text.len() } else { at + text[at..].find(part.as_str())? };
        out.push(Value::owned(text[at..end].to_owned()));
        at = end + part.len();
    }
    Some(())
}
