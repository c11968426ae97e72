//! Values in a statement: `'text'`, `-1.5e3`, `TRUE`, `NULL`, `[1, 'a']`, `{'a': 1}`, `<<1, 2>>`, and `?`.

use std::collections::BTreeSet;

use super::super::value::{AttributeValue, Item, Number, ValueError};
use super::parse::Parser;
use super::token::Token;
use super::{PartiqlError, UNEXPECTED_TERM};

/// Levels of lists and maps in a literal, at most: as many as an attribute has.
const DEPTH_MAX: usize = 32;

impl Parser<'_> {
    /// The value that comes next, if one does.
    pub(super) fn literal(&mut self) -> Result<Option<AttributeValue>, PartiqlError> {
        self.literal_at(0)
    }

    fn literal_at(&mut self, depth: usize) -> Result<Option<AttributeValue>, PartiqlError> {
        let token = self.tokens.peek().clone();
        let value = match token {
            Token::Text(text) => AttributeValue::S(text),
            Token::Number(digits) => AttributeValue::N(number(&digits)?),
            Token::Parameter(at) => self.parameter(at),
            Token::Word(word) if word.eq_ignore_ascii_case("TRUE") => AttributeValue::Bool(true),
            Token::Word(word) if word.eq_ignore_ascii_case("FALSE") => AttributeValue::Bool(false),
            Token::Word(word) if word.eq_ignore_ascii_case("NULL") => AttributeValue::Null,
            Token::Symbol("-") if matches!(self.tokens.peek_second(), Token::Number(_)) => {
                self.tokens.skip();
                let Token::Number(digits) = self.tokens.peek() else { return Err(UNEXPECTED_TERM) };
                AttributeValue::N(number(digits)?.negated())
            }
            Token::Symbol(open @ ("[" | "{" | "<<")) => {
                if depth == DEPTH_MAX {
                    return Err(ValueError::TooDeep.into());
                }
                self.tokens.skip();
                return self.container(open, depth + 1).map(Some);
            }
            _ => return Ok(None),
        };
        self.tokens.skip();
        Ok(Some(value))
    }

    /// What comes after an opening bracket, and the closing one.
    fn container(&mut self, open: &str, depth: usize) -> Result<AttributeValue, PartiqlError> {
        match open {
            "[" => Ok(AttributeValue::L(self.entries("]", |parser| parser.entry(depth))?)),
            "<<" => set(self.entries(">>", |parser| parser.entry(depth))?),
            _ => {
                let entries = self.entries("}", |parser| {
                    let Token::Text(name) = parser.tokens.peek().clone() else { return Err(UNEXPECTED_TERM) };
                    parser.tokens.skip();
                    parser.tokens.expect(":")?;
                    Ok((name, parser.entry(depth)?))
                })?;
                Ok(AttributeValue::M(entries.into_iter().collect::<Item>()))
            }
        }
    }

    fn entry(&mut self, depth: usize) -> Result<AttributeValue, PartiqlError> {
        self.literal_at(depth)?.ok_or(UNEXPECTED_TERM)
    }

    /// Entries with commas between them, perhaps none, up to the bracket that closes them.
    pub(super) fn entries<T>(
        &mut self,
        close: &str,
        read: impl Fn(&mut Self) -> Result<T, PartiqlError>,
    ) -> Result<Vec<T>, PartiqlError> {
        let mut entries = Vec::new();
        if self.tokens.take(close) {
            return Ok(entries);
        }
        loop {
            entries.push(read(self)?);
            if !self.tokens.take(",") {
                self.tokens.expect(close)?;
                return Ok(entries);
            }
        }
    }
}

fn number(digits: &str) -> Result<Number, PartiqlError> {
    Ok(digits.parse().map_err(ValueError::Number)?)
}

/// A set of what the first element is of. Binaries come as parameters.
fn set(elements: Vec<AttributeValue>) -> Result<AttributeValue, PartiqlError> {
    fn all<T: Ord>(
        elements: Vec<AttributeValue>,
        of: impl Fn(AttributeValue) -> Option<T>,
        duplicates: ValueError,
    ) -> Result<BTreeSet<T>, PartiqlError> {
        let count = elements.len();
        let set: BTreeSet<T> = elements.into_iter().map(of).collect::<Option<_>>().ok_or(UNEXPECTED_TERM)?;
        if set.len() == count { Ok(set) } else { Err(duplicates.into()) }
    }
    match elements.first() {
        Some(AttributeValue::S(_)) => {
            let texts: Vec<&str> = elements
                .iter()
                .filter_map(|element| match element {
                    AttributeValue::S(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            let duplicates = ValueError::Duplicates(format!("[{}]", texts.join(", ")));
            let text = |element| if let AttributeValue::S(text) = element { Some(text) } else { None };
            Ok(AttributeValue::Ss(all(elements, text, duplicates)?))
        }
        Some(AttributeValue::N(_)) => {
            let number = |element| if let AttributeValue::N(number) = element { Some(number) } else { None };
            Ok(AttributeValue::Ns(all(elements, number, ValueError::DuplicateNumbers)?))
        }
        Some(AttributeValue::B(_)) => {
            let bytes = |element| if let AttributeValue::B(bytes) = element { Some(bytes) } else { None };
            let duplicates = ValueError::Duplicates("of type BS".to_owned());
            Ok(AttributeValue::Bs(all(elements, bytes, duplicates)?))
        }
        Some(_) => Err(UNEXPECTED_TERM),
        None => Err(ValueError::EmptyStringSet.into()),
    }
}
