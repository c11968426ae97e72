//! Splits a partition expression into words, literals and signs.

use super::ExpressionError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word: a key, a keyword, or an unquoted value.
    Word(String),
    /// A key in backquotes or double quotes: never a keyword.
    Name(String),
    /// A literal in single quotes; a doubled quote stands for one.
    Text(String),
    /// `=`, `<>`, `!=`, `<`, `<=`, `>`, `>=`, `(`, `)`, `,`.
    Sign(&'static str),
}

const SIGNS: [&str; 10] = ["<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

pub(super) fn split(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let malformed = || ExpressionError::Malformed(text.to_owned());
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = if matches!(first, '\'' | '"' | '`') {
            let (inner, taken) = quoted(rest, first).ok_or_else(malformed)?;
            tokens.push(if first == '\'' { Token::Text(inner) } else { Token::Name(inner) });
            taken
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            let in_word =
                |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | ':' | '/' | '$' | '@');
            let taken = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
            if taken == 0 {
                return Err(malformed());
            }
            tokens.push(Token::Word(rest[..taken].to_owned()));
            taken
        };
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

/// What stands between the quotes, and the length with both of them.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            inner.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            chars.next();
            inner.push(quote);
        } else {
            return Some((inner, at + quote.len_utf8()));
        }
    }
    None
}
