//! Tokens of a statement.

use super::{PartiqlError, UNEXPECTED_TERM};

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword, a function, or a name without quotes.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    /// Digits, perhaps with a point and an exponent; a sign before them is a symbol.
    Number(String),
    /// `?`, and how many were before it.
    Parameter(usize),
    Symbol(&'static str),
    End,
}

/// All symbols, the longer first where one begins another.
#[rustfmt::skip]
const SYMBOLS: [&str; 21] = [
    "<<", ">>", "<=", ">=", "<>", "!=", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "*", "+", "-",
];

/// The tokens of a statement, and how far they have been read.
pub(super) struct Tokens<'a> {
    text: &'a str,
    /// Each token, the byte at which it begins, and its length.
    all: Vec<(Token, usize, usize)>,
    at: usize,
    /// How many `?` there are.
    pub(super) parameters: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self, PartiqlError> {
        let (mut all, mut parameters, mut at) = (Vec::new(), 0, 0);
        while let Some(first) = text[at..].chars().next() {
            if first.is_whitespace() {
                at += first.len_utf8();
                continue;
            }
            let (token, length) = if first == '?' {
                parameters += 1;
                (Token::Parameter(parameters - 1), 1)
            } else {
                token(&text[at..], first)?
            };
            all.push((token, at, length));
            at += length;
        }
        all.push((Token::End, at, 0));
        Ok(Self { text, all, at: 0, parameters })
    }

    pub(super) fn peek(&self) -> &Token {
        &self.all[self.at].0
    }

    pub(super) fn peek_second(&self) -> &Token {
        self.all.get(self.at + 1).map_or(&Token::End, |(token, ..)| token)
    }

    pub(super) fn skip(&mut self) {
        self.at = (self.at + 1).min(self.all.len() - 1);
    }

    /// Reads this keyword, in either case, if it is next.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let next = matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        if next {
            self.skip();
        }
        next
    }

    /// Reads this symbol, if it is next.
    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let next = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        if next {
            self.skip();
        }
        next
    }

    /// Reads this symbol, which must be next.
    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), PartiqlError> {
        if self.take(symbol) { Ok(()) } else { Err(UNEXPECTED_TERM) }
    }

    /// Reads this keyword, which must be next.
    pub(super) fn expect_keyword(&mut self, keyword: &str) -> Result<(), PartiqlError> {
        if self.take_keyword(keyword) { Ok(()) } else { Err(UNEXPECTED_TERM) }
    }

    /// The next token should not be part of a path. Lines and columns count from one, in characters.
    pub(super) fn unexpected_path_component(&self) -> PartiqlError {
        let (_, at, length) = self.all[self.at];
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        PartiqlError::PathComponent {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            length: self.text[at..at + length].chars().count(),
        }
    }
}

/// The first token of a text that does not begin with a space, and its length in bytes.
fn token(text: &str, first: char) -> Result<(Token, usize), PartiqlError> {
    let run = |belongs: fn(char) -> bool| text.find(|c| !belongs(c)).unwrap_or(text.len());
    match first {
        '\'' => quoted(text, '\'').map(|(inner, length)| (Token::Text(inner), length)),
        '"' => quoted(text, '"').map(|(inner, length)| (Token::Quoted(inner), length)),
        '0'..='9' => {
            let length = number(text);
            Ok((Token::Number(text[..length].to_owned()), length))
        }
        _ if first.is_alphabetic() || first == '_' || first == '$' => {
            let length = run(|c| c.is_alphanumeric() || c == '_' || c == '$');
            Ok((Token::Word(text[..length].to_owned()), length))
        }
        _ => {
            let symbol =
                SYMBOLS.into_iter().find(|symbol| text.starts_with(symbol)).ok_or(UNEXPECTED_TERM)?;
            Ok((Token::Symbol(symbol), symbol.len()))
        }
    }
}

/// What stands between two quotes, of which a doubled one is one within; and the length with the quotes.
///
/// Recorded: where the second is missing, AWS says no more than that the statement is not well formed.
fn quoted(text: &str, quote: char) -> Result<(String, usize), PartiqlError> {
    let mut inner = String::new();
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        if c != quote {
            inner.push(c);
        } else if rest.next_if(|(_, next)| *next == quote).is_some() {
            inner.push(quote);
        } else {
            return Ok((inner, at + 1));
        }
    }
    Err(PartiqlError::Malformed(""))
}

/// The length of the number that a text begins with.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let power = digits(end + 1 + sign);
        if power > end + 1 + sign {
            end = power;
        }
    }
    end
}
