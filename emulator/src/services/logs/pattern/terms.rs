//! Terms: words and quoted phrases that must all be there, `-term` that must not, `?term` of which one must.

use regex::Regex;

use super::PatternError;
use super::cursor::Cursor;
use super::wanted;

#[derive(Clone, Debug)]
enum Term {
    Text(String),
    Regex(Regex),
}

impl Term {
    /// Terms are case-sensitive parts of the message.
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(message),
        }
    }

    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        match cursor.peek() {
            Some('"') => cursor.quoted().map(Self::Text),
            Some('%') => wanted::regex(cursor).map(Self::Regex),
            _ => {
                let word = cursor.take_while(|next| next.is_alphanumeric() || next == '_');
                let is_whole = cursor.peek().is_none_or(char::is_whitespace);
                if word.is_empty() || !is_whole {
                    // Other characters need quotes.
                    return Err(cursor.error("a character that must be in quotes"));
                }
                Ok(Self::Text(word.to_owned()))
            }
        }
    }
}

/// All terms of a pattern.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    all: Vec<Term>,
    none: Vec<Term>,
    any: Vec<Term>,
}

impl Terms {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let mut terms = Self::default();
        loop {
            cursor.skip_space();
            if cursor.peek().is_none() {
                return Ok(terms);
            }
            let list = if cursor.eat("-") {
                &mut terms.none
            } else if cursor.eat("?") {
                &mut terms.any
            } else {
                &mut terms.all
            };
            list.push(Term::parse(cursor)?);
        }
    }

    /// Documented: beside terms of the other kinds, those with a question mark are ignored.
    pub(super) fn matches(&self, message: &str) -> bool {
        if self.all.is_empty() && self.none.is_empty() {
            return self.any.is_empty() || self.any.iter().any(|term| term.is_in(message));
        }
        self.all.iter().all(|term| term.is_in(message)) && !self.none.iter().any(|term| term.is_in(message))
    }
}
