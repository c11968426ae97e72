//! The filter language of `GetPartitions`: what decides whether a partition is wanted.
//!
//! Documented: docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html (read 2026-11-29): the operators `=`, `<>`,
//! `>`, `<`, `>=`, `<=`, `AND`, `OR`, `IN`, `BETWEEN`, `LIKE`, `NOT`, `IS NULL`, and keys of the types string, date,
//! timestamp, int, bigint, long, tinyint, smallint, decimal. A literal is compared as its key's type.
//! `lex.rs` splits the text, `read.rs` makes the tree; this file evaluates it.

mod lex;
mod read;

use std::cmp::Ordering;

use wavetank_wire::glue::Column;

/// Why a text is not an expression. The sentence is assumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExpressionError {
    #[error("Unsupported expression '{0}'")]
    Malformed(String),
    #[error("Column '{0}' is not a partition key")]
    UnknownKey(String),
    #[error("'{value}' is not a value of partition key '{key}' of type {hive}")]
    WrongType { key: String, value: String, hive: String },
}

/// How values of a key are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Whole numbers and decimals: compared exactly, digit by digit, never as floating point.
    Number,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A key's place among the partition's values, and how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    place: usize,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Compare(Key, Compare, String),
    In(Key, Vec<String>),
    Between(Key, String, String),
    Like(Key, String),
    IsNull(Key),
}

/// A filter over partition values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression(Node);

/// What Hive, and so the catalog, calls a value that is absent.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

impl Expression {
    /// Reads an expression over these partition keys.
    pub(super) fn read(text: &str, keys: &[Column]) -> Result<Self, ExpressionError> {
        read::read(text, keys).map(Self)
    }

    /// Whether a partition of these values is wanted.
    pub(super) fn admits(&self, values: &[String]) -> bool {
        admits(&self.0, values)
    }
}

fn admits(node: &Node, values: &[String]) -> bool {
    let value = |key: &Key| values.get(key.place).map_or("", String::as_str);
    let against = |key: &Key, literal: &str| order(key.kind, value(key), literal);
    match node {
        Node::Or(left, right) => admits(left, values) || admits(right, values),
        Node::And(left, right) => admits(left, values) && admits(right, values),
        Node::Not(inner) => !admits(inner, values),
        Node::Compare(key, how, literal) => against(key, literal).is_some_and(|order| match how {
            Compare::Equal => order.is_eq(),
            Compare::NotEqual => order.is_ne(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
        }),
        Node::In(key, literals) => {
            literals.iter().any(|literal| against(key, literal) == Some(Ordering::Equal))
        }
        Node::Between(key, low, high) => {
            against(key, low).is_some_and(Ordering::is_ge) && against(key, high).is_some_and(Ordering::is_le)
        }
        Node::Like(key, pattern) => like(value(key), pattern),
        Node::IsNull(key) => value(key) == HIVE_NULL,
    }
}

/// The order of a partition's value and a literal; none where the value is not of the key's type.
fn order(kind: Kind, value: &str, literal: &str) -> Option<Ordering> {
    match kind {
        Kind::Text => Some(value.cmp(literal)),
        Kind::Number => Some(Decimal::read(value)?.cmp(&Decimal::read(literal)?)),
    }
}

/// A decimal number of any length: sign, whole digits without leading zeros, fraction without trailing ones.
#[derive(Debug, PartialEq, Eq)]
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        Some(Self { negative: negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction })
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let size = |one: &Self, two: &Self| {
            let by_length = one.whole.len().cmp(&two.whole.len());
            by_length.then_with(|| one.whole.cmp(two.whole)).then_with(|| one.fraction.cmp(two.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// SQL's LIKE: `%` for any characters, `_` for one. Takes time proportional to the product of both lengths at most.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the last `%` stands, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(place) {
            Some('%') => {
                star = Some((place, at));
                place += 1;
            }
            Some(wanted) if *wanted == '_' || *wanted == text[at] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_place, taken)) => {
                    star = Some((star_place, taken + 1));
                    place = star_place + 1;
                    at = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[place..].iter().all(|rest| *rest == '%')
}
