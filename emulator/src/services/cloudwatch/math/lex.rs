//! An expression's words: numbers, names, texts, signs; each with the position at which it begins, from 1.

use super::MathError;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    Text(String),
    Sign(&'static str),
}

/// The longer first: `<=` is no `<`.
const SIGNS: [&str; 20] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "%", "!",
];

/// Reads all words.
pub(super) fn lex(text: &str) -> Result<Vec<(usize, Token)>, MathError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text[..text.len() - rest.len()].chars().count() + 1;
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (token, length) = match first {
            '0'..='9' | '.' => number(rest, at)?,
            '"' | '\'' => quoted(rest, first, at)?,
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Name(rest[..end].to_owned()), end)
            }
            c => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => return Err(MathError::Syntax { what: format!("Unexpected character '{c}'"), at }),
            },
        };
        tokens.push((at, token));
        rest = &rest[length..];
    }
}

fn number(rest: &str, at: usize) -> Result<(Token, usize), MathError> {
    let mut end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    if let Some(exponent) = rest[end..].strip_prefix(['e', 'E']) {
        let signed = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let digits = signed.find(|c: char| !c.is_ascii_digit()).unwrap_or(signed.len());
        if digits > 0 {
            end += 1 + (exponent.len() - signed.len()) + digits;
        }
    }
    let value = rest[..end].parse();
    let value =
        value.map_err(|_| MathError::Syntax { what: format!("'{}' is not a number", &rest[..end]), at })?;
    Ok((Token::Number(value), end))
}

fn quoted(rest: &str, quote: char, at: usize) -> Result<(Token, usize), MathError> {
    match rest[1..].find(quote) {
        Some(length) => Ok((Token::Text(rest[1..=length].to_owned()), length + 2)),
        None => Err(MathError::Syntax { what: "A text that does not end".to_owned(), at }),
    }
}
