//! What the reader of TOML refuses, in our words: a wrong key with the nearest right one, a value with what is wanted there.
//!
//! serde says what it refuses as a text alone, so its texts are taken apart here; `scenario/tests/wrong.rs` holds each of them.

use crate::error::{ScenarioError, nearest_of};
use crate::outputs::place_at;

/// Where nothing better is known to say.
const HINT: &str = "compare with the scenarios in scenarios/catalog";

/// What serde calls the types of values, and what a reader of TOML calls them.
const TYPES: [(&str, &str); 7] = [
    ("expected u64", "expected a whole number without quotes"),
    ("expected u32", "expected a whole number without quotes"),
    ("expected f64", "expected a number without quotes"),
    ("expected a string", "expected a text in quotes"),
    ("expected a sequence", "expected a list in brackets"),
    ("expected struct variant Check::", "expected a table for "),
    ("expected struct ", "expected a table for "),
];

/// The error of a file that does not have the form of a scenario.
pub(crate) fn refused_form(file: &str, text: &str, error: &toml::de::Error) -> ScenarioError {
    let (line, column) = place_at(text, error.span().map_or(0, |span| span.start));
    let (cause, hint) = in_our_words(error.message().trim_end());
    ScenarioError::Form { file: file.to_owned(), line, column, cause: cause.replace('\n', "; "), hint }
}

/// Cause and hint.
fn in_our_words(message: &str) -> (String, String) {
    if let Some((cause, hint)) = message.split_once("\nhint: ") {
        return (cause.to_owned(), hint.to_owned());
    }
    if let Some((name, known)) = unknown_key(message) {
        return (format!("there is no key `{name}` here"), nearest_of(name, known));
    }
    let name = quoted(message).next().unwrap_or_default();
    if message.starts_with("unknown variant ") {
        return (format!("`{name}` is not known here"), nearest_of(name, quoted(message).skip(1)));
    }
    if message.starts_with("missing field ") {
        return (format!("the key `{name}` is missing"), HINT.to_owned());
    }
    if message.starts_with("wanted exactly 1 element, ") {
        let cause = "a check has one name, and this has none or several";
        return (cause.to_owned(), "begin each with its own [[check]]".to_owned());
    }
    let known_type = TYPES.iter().find(|(theirs, _)| message.contains(theirs));
    let said = known_type.map_or_else(|| message.to_owned(), |(theirs, ours)| message.replace(theirs, ours));
    (said, HINT.to_owned())
}

/// The names that stand in back quotes.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

/// A key that the table does not have, and those that it may have.
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    // Of an enum's tables TOML speaks for itself.
    if let Some(said) = message.strip_prefix("unexpected keys in table: ") {
        let (unknown, known) = said.split_once(", available keys:")?;
        let known = known.split(',').map(str::trim).filter(|name| !name.is_empty());
        return Some((unknown.split(", ").next()?, known.collect()));
    }
    let mut names = message.strip_prefix("unknown field `")?.split('`');
    let name = names.next()?;
    Some((name, names.skip(1).step_by(2).collect()))
}
