//! What a condition compares with: a number, a text with wildcards at its ends, or a regular expression.

use regex::Regex;

use super::PatternError;
use super::cursor::Cursor;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.skip_space();
        // The documentation's own example writes `=!`.
        let operators = [
            ("!=", Self::NotEqual),
            ("=!", Self::NotEqual),
            ("<=", Self::LessOrEqual),
            (">=", Self::GreaterOrEqual),
            ("=", Self::Equal),
            ("<", Self::Less),
            (">", Self::Greater),
        ];
        let found = operators.into_iter().find(|(token, _)| cursor.eat(token));
        found.map(|(_, operator)| operator).ok_or_else(|| cursor.error("expected a comparison"))
    }

    pub(super) fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    fn holds(self, one: f64, other: f64) -> bool {
        match self {
            Self::Equal => one == other,
            Self::NotEqual => one != other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
            Self::Greater => one > other,
            Self::GreaterOrEqual => one >= other,
        }
    }
}

/// The right side of a condition.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Number(f64, String),
    Text(Glob),
    Regex(Regex),
}

impl Wanted {
    /// A quoted text, a regular expression, or everything up to one of `ends` or white space.
    pub(super) fn parse(
        cursor: &mut Cursor<'_>,
        operator: Operator,
        ends: &[char],
    ) -> Result<Self, PatternError> {
        cursor.skip_space();
        let start = cursor.error("expected a number");
        let wanted = match cursor.peek() {
            Some('"') => Self::Text(Glob::parse(&cursor.quoted()?)),
            Some('%') => Self::Regex(regex(cursor)?),
            _ => {
                let text = cursor.take_while(|next| !next.is_whitespace() && !ends.contains(&next));
                match text.parse() {
                    _ if text.is_empty() => return Err(cursor.error("expected a value")),
                    Ok(number) if f64::is_finite(number) => Self::Number(number, text.to_owned()),
                    _ => Self::Text(Glob::parse(text)),
                }
            }
        };
        if operator.is_order() && !matches!(wanted, Self::Number(..)) {
            return Err(start);
        }
        Ok(wanted)
    }

    /// Whether a text stands to this as the operator says. Numbers are compared as such where both are.
    pub(super) fn accepts(&self, operator: Operator, text: &str) -> bool {
        let same = match self {
            Self::Number(number, written) => match text.parse::<f64>() {
                Ok(found) => return operator.holds(found, *number),
                Err(_) => text == written,
            },
            Self::Text(glob) => glob.matches(text),
            Self::Regex(regex) => regex.is_match(text),
        };
        match operator {
            Operator::Equal => same,
            Operator::NotEqual => !same,
            _ => false,
        }
    }
}

/// A text with a wildcard before it, after it, or both. A `*` in the middle is a `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    before: bool,
    text: String,
    after: bool,
}

impl Glob {
    fn parse(text: &str) -> Self {
        let (before, rest) = text.strip_prefix('*').map_or((false, text), |rest| (true, rest));
        let (after, rest) = rest.strip_suffix('*').map_or((false, rest), |rest| (true, rest));
        Self { before, text: rest.to_owned(), after }
    }

    fn matches(&self, text: &str) -> bool {
        match (self.before, self.after) {
            (false, false) => text == self.text,
            (true, false) => text.ends_with(&self.text),
            (false, true) => text.starts_with(&self.text),
            (true, true) => text.contains(&self.text),
        }
    }
}

/// A regular expression between percent signs, of the documented characters only: no parentheses, nothing beyond ASCII.
pub(super) fn regex(cursor: &mut Cursor<'_>) -> Result<Regex, PatternError> {
    let opened = cursor.error("an unclosed regular expression");
    cursor.eat("%");
    let text = cursor.take_while(|next| next != '%');
    if !cursor.eat("%") {
        return Err(opened);
    }
    let good =
        |next: char| next.is_ascii_alphanumeric() || next == ' ' || ":_#=@/;,-^$?[]{}|\\*+.".contains(next);
    if let Some(bad) = text.chars().find(|next| !good(*next)) {
        let problem = format!("the character `{bad}` is not supported in a regular expression");
        return Err(PatternError { problem, ..opened });
    }
    cursor.regexes += 1;
    let wrong = |_| PatternError { problem: "a regular expression that cannot be read".to_owned(), ..opened };
    Regex::new(text).map_err(wrong)
}
