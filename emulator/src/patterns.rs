//! EventBridge's pattern language: whether a JSON event has the fields that a pattern asks for, with the values it allows.
//!
//! Exact values, `prefix`, `suffix`, `equals-ignore-case`, `wildcard`, `anything-but`, `numeric`, `exists`, `cidr`,
//! `$or` and nesting. Event source mappings filter with it; other services may.
//! Left out: the limits on a pattern's size, on the number of its combinations, and on numbers that are compared (5e9).
//! Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html (read 2026-11-29).
//! Assumed: values of arrays within arrays are looked at as if the array were flat; an object in an array matches if
//! one of the array's objects matches the whole nested pattern.

mod compare;
mod json;
mod parse;
#[cfg(test)]
mod props;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub(crate) use compare::{Comparison, Network};

/// Why a text is not a pattern, and where its reader stands then, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct PatternError {
    problem: Problem,
    /// None for what is found within a value.
    at: Option<usize>,
}

/// What is wrong.
///
/// Documented: the sentences are those of EventBridge's own matcher (github.com/aws/event-ruler, `JsonRuleCompiler`, `WildcardParser` and
/// `CIDR`, read 2026-11-28).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("{0}")]
    NotJson(String),
    #[error("Filter is not an object")]
    NotAnObject,
    #[error("Empty objects are not allowed")]
    EmptyObject,
    #[error("Empty arrays are not allowed")]
    EmptyArray,
    #[error("\"{0}\" must be an object or an array")]
    NotAField(String),
    #[error("It must be an Array followed with $or.")]
    NotAlternatives,
    #[error("Only JSON object is allowed in array of $or relationship.")]
    NotAnAlternative,
    #[error("There must have at least 2 Objects in $or relationship.")]
    FewAlternatives,
    #[error("Match value must be String, number, true, false, or null")]
    NotAValue,
    #[error("Match expression name not found")]
    NoComparison,
    #[error("Unrecognized match type {0}")]
    UnknownComparison(String),
    #[error("Only one key allowed in match expression")]
    SecondComparison,
    #[error("{0} match pattern must be a string")]
    NotText(String),
    #[error("exists match pattern must be either true or false.")]
    NotYesOrNo,
    #[error("Consecutive wildcard characters at pos {0}")]
    TwoAsterisks(usize),
    #[error("Invalid escape character at pos {0}")]
    WrongEscape(usize),
    #[error("Value of numeric must be an array.")]
    NotBounds,
    #[error("Invalid member in numeric match: {0}")]
    NotASign(String),
    #[error("Unrecognized numeric range operator: {0}")]
    UnknownSign(String),
    #[error("Value of {0} must be numeric")]
    NotANumber(String),
    #[error("Too many elements in numeric expression")]
    ManyBounds,
    #[error("Bad value in numeric range: {0}")]
    NotAnUpperSign(String),
    #[error("Bad numeric range operator: {0}")]
    UnknownUpperSign(String),
    #[error("Too many terms in numeric range expression")]
    ManyTerms,
    #[error("{0}")]
    Network(String),
    #[error("Value of anything-but must be an array or single string/number value.")]
    NotForAnythingBut,
    #[error("Inside anything but list, start|null|boolean is not supported.")]
    NotForLists,
    #[error("Inside anything but list, either all values are number or string, mixed type is not supported")]
    MixedList,
    #[error("Anything-But expression name not found")]
    NoAnythingBut,
    #[error("Unsupported anything-but pattern: {0}")]
    UnknownAnythingBut(String),
}

impl PatternError {
    /// The reason as EventBridge says it, with the place in the pattern's text.
    pub(crate) fn told(&self, text: &str) -> String {
        let place = self.at.map(|at| format!("\n{}", place(text, at))).unwrap_or_default();
        format!("{}{place}", self.problem)
    }
}

/// A place in a text: lines and columns begin at one.
fn place(text: &str, at: usize) -> String {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" at [Source: (String)\"{text}\"; line: {line}, column: {column}]")
}

/// A pattern, ready to be matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    node: Node,
}

/// What an object must have: every field, and one of each list of alternatives.
#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    fields: Vec<(String, Field)>,
    alternatives: Vec<Vec<Node>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    /// One of these.
    AnyOf(Vec<Rule>),
    Nested(Node),
}

/// One way for a value to be right.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Equals(Value),
    Text(TextRule),
    AnythingBut(Vec<Rule>),
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
    Cidr(Network),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TextRule {
    Prefix {
        text: String,
        any_case: bool,
    },
    Suffix {
        text: String,
        any_case: bool,
    },
    EqualsIgnoreCase(String),
    /// The pieces between the asterisks.
    Wildcard(Vec<String>),
}

impl Pattern {
    /// Reads a pattern. Refuses what EventBridge refuses.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        parse::pattern(text)
    }

    /// Whether the event has what the pattern asks for.
    pub fn matches(&self, event: &Value) -> bool {
        self.node.matches(event)
    }

    /// Whether the pattern says anything of this field at its top.
    pub fn mentions(&self, field: &str) -> bool {
        self.node.mentions(field)
    }

    /// Whether the pattern asks for values of this field itself, and not of fields within it.
    pub fn has_values_of(&self, field: &str) -> bool {
        self.node.has_values_of(field)
    }
}

impl Node {
    fn matches(&self, event: &Value) -> bool {
        let all = |object: Option<&Map<String, Value>>| {
            self.fields.iter().all(|(name, field)| field.matches(object.and_then(|object| object.get(name))))
                && self.alternatives.iter().all(|any| any.iter().any(|node| node.matches(event)))
        };
        match event {
            Value::Object(object) => all(Some(object)),
            // An empty array has no fields, which is what some patterns ask for.
            Value::Array(entries) if !entries.is_empty() => entries.iter().any(|entry| self.matches(entry)),
            _ => all(None),
        }
    }

    fn mentions(&self, field: &str) -> bool {
        let within = |any: &Vec<Self>| any.iter().any(|node| node.mentions(field));
        self.fields.iter().any(|(name, _)| name == field) || self.alternatives.iter().any(within)
    }

    fn has_values_of(&self, field: &str) -> bool {
        let own = |(name, it): &(String, Field)| name == field && matches!(it, Field::AnyOf(_));
        let within = |any: &Vec<Self>| any.iter().any(|node| node.has_values_of(field));
        self.fields.iter().any(own) || self.alternatives.iter().any(within)
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Nested(node) => node.matches(value.unwrap_or(&Value::Null)),
            Self::AnyOf(rules) => rules.iter().any(|rule| rule.matches(value)),
        }
    }
}

impl Rule {
    fn matches(&self, value: Option<&Value>) -> bool {
        if let Self::Exists(wanted) = self {
            // Objects are not values: only leaves exist. An empty array has none.
            let leaf = match value {
                None | Some(Value::Object(_)) => false,
                Some(Value::Array(entries)) => !entries.is_empty(),
                Some(_) => true,
            };
            return leaf == *wanted;
        }
        match value {
            None | Some(Value::Object(_)) => false,
            Some(Value::Array(entries)) => entries.iter().any(|entry| self.matches(Some(entry))),
            Some(value) => self.matches_leaf(value),
        }
    }

    fn matches_leaf(&self, value: &Value) -> bool {
        match self {
            Self::Equals(wanted) => same(wanted, value),
            Self::Text(rule) => value.as_str().is_some_and(|text| rule.matches(text)),
            Self::AnythingBut(rules) => !rules.iter().any(|rule| rule.matches_leaf(value)),
            Self::Numeric(all) => {
                let number = value.as_f64();
                let same = |one: f64, other: f64| one == other;
                number.is_some_and(|number| all.iter().all(|(how, bound)| how.holds(number, *bound, same)))
            }
            Self::Cidr(network) => value.as_str().is_some_and(|text| network.has(text)),
            Self::Exists(wanted) => *wanted,
        }
    }
}

impl TextRule {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Prefix { text: wanted, any_case: false } => text.starts_with(wanted.as_str()),
            Self::Suffix { text: wanted, any_case: false } => text.ends_with(wanted.as_str()),
            Self::Prefix { text: wanted, any_case: true } => {
                text.to_lowercase().starts_with(&wanted.to_lowercase())
            }
            Self::Suffix { text: wanted, any_case: true } => {
                text.to_lowercase().ends_with(&wanted.to_lowercase())
            }
            Self::EqualsIgnoreCase(wanted) => text.to_lowercase() == wanted.to_lowercase(),
            Self::Wildcard(pieces) => wildcard(pieces, text),
        }
    }
}

/// Numbers are the same by value: 300, 300.0 and 3.0e2.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// The first piece at the start, the last at the end, the others in between, in order.
fn wildcard(pieces: &[String], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        match left.find(piece.as_str()) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last.as_str())
}
