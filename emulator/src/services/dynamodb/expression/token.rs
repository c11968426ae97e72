//! Tokens of an expression, and where they stand: a syntax error shows the token with its neighbours.

use super::error::Fault;

/// One token. All but words and placeholders are told apart by their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A letter, then letters, digits and underscores: an attribute, a function or a keyword.
    Word(&'a str),
    /// `#name`.
    Name(&'a str),
    /// `:value`.
    Value(&'a str),
    /// Digits.
    Number(&'a str),
    /// An operator, a bracket or whatever else stands there.
    Symbol(&'a str),
    /// After all others.
    End,
}

/// The tokens of a text, and how far they have been read.
pub(super) struct Tokens<'a> {
    text: &'a str,
    /// Each token and the byte at which it begins; the last is [`Token::End`].
    all: Vec<(Token<'a>, usize)>,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut all = Vec::new();
        let mut start = 0;
        while let Some(first) = text[start..].chars().next() {
            if matches!(first, ' ' | '\t' | '\r' | '\n') {
                start += 1;
                continue;
            }
            let (token, length) = token(&text[start..], first);
            all.push((token, start));
            start += length;
        }
        all.push((Token::End, text.len()));
        Self { text, all, at: 0 }
    }

    /// The next token, still to be read.
    pub(super) fn peek(&self) -> Token<'a> {
        self.all[self.at].0
    }

    /// The one after the next.
    pub(super) fn peek_second(&self) -> Token<'a> {
        self.all.get(self.at + 1).map_or(Token::End, |(token, _)| *token)
    }

    /// All that have not been read.
    pub(super) fn coming(&self) -> impl Iterator<Item = Token<'a>> {
        self.all[self.at..].iter().map(|(token, _)| *token)
    }

    /// Passes over the next token.
    pub(super) fn skip(&mut self) {
        self.at = (self.at + 1).min(self.all.len() - 1);
    }

    /// Whether the next token is this keyword, in either case.
    pub(super) fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// Reads this keyword, if it is next.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let next = self.is_keyword(keyword);
        if next {
            self.skip();
        }
        next
    }

    /// Reads this symbol, if it is next.
    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let next = self.peek() == Token::Symbol(symbol);
        if next {
            self.skip();
        }
        next
    }

    /// Reads this symbol, which must be next.
    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), Fault> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Fault> {
        if self.peek() == Token::End { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The next token should not be here.
    ///
    /// Recorded: moto's tests and github.com/nubo-db/dynamodb-conformance, for what stands after "near": from the token
    /// before to the token after, as far as there are any.
    pub(super) fn unexpected(&self) -> Fault {
        let from = self.all[self.at.saturating_sub(1)].1;
        let until = (self.at + 1).min(self.all.len() - 1);
        let until = self.all[until].1 + self.all[until].0.text().len();
        let token = match self.peek() {
            Token::End => "<EOF>",
            token => token.text(),
        };
        Fault::Syntax { token: token.to_owned(), near: self.text[from..until].trim_end().to_owned() }
    }
}

impl<'a> Token<'a> {
    const fn text(self) -> &'a str {
        match self {
            Self::Word(text)
            | Self::Name(text)
            | Self::Value(text)
            | Self::Number(text)
            | Self::Symbol(text) => text,
            Self::End => "",
        }
    }
}

/// The first token of a text that does not begin with a space, and its length in bytes.
fn token(text: &str, first: char) -> (Token<'_>, usize) {
    let run = |from: usize, belongs: fn(u8) -> bool| {
        from + text.as_bytes()[from..].iter().take_while(|byte| belongs(**byte)).count()
    };
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match first {
        'a'..='z' | 'A'..='Z' => {
            let length = run(0, part);
            (Token::Word(&text[..length]), length)
        }
        '0'..='9' => {
            let length = run(0, |byte| byte.is_ascii_digit());
            (Token::Number(&text[..length]), length)
        }
        '#' | ':' if run(1, part) > 1 => {
            let length = run(1, part);
            let token = if first == '#' { Token::Name } else { Token::Value };
            (token(&text[..length]), length)
        }
        '<' | '>' if matches!(&text.as_bytes()[..2.min(text.len())], b"<=" | b"<>" | b">=") => {
            (Token::Symbol(&text[..2]), 2)
        }
        _ => (Token::Symbol(&text[..first.len_utf8()]), first.len_utf8()),
    }
}
