//! The statement as tokens with positions, and a cursor over them for the statements we parse by hand.
//!
//! Left out: queries, which sqlparser parses (`query.rs`).

use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::error::{ErrorKind, Position, SqlError};
use crate::formats;
use crate::parse::dialect::AthenaDialect;

/// Cuts text into tokens, dropping blanks and comments.
pub(crate) fn tokenize(text: &str) -> Result<Vec<TokenWithSpan>, SqlError> {
    let tokens = Tokenizer::new(&AthenaDialect, text)
        .tokenize_with_location()
        .map_err(|e| SqlError::at(ErrorKind::Syntax, position(e.location), e.message))?;
    Ok(tokens.into_iter().filter(|t| !matches!(t.token, Token::Whitespace(_))).collect())
}

pub(crate) fn position(at: Location) -> Position {
    Position { line: at.line.max(1), column: at.column.max(1) }
}

/// Reads tokens one by one. Words are compared without case; quoted words are names only.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    tokens: Vec<TokenWithSpan>,
    at: usize,
}

impl Cursor {
    pub(crate) fn new(mut tokens: Vec<TokenWithSpan>) -> Self {
        while matches!(tokens.last(), Some(t) if matches!(t.token, Token::SemiColon | Token::EOF)) {
            tokens.pop();
        }
        Cursor { tokens, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<&Token> {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|t| &t.token)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Where the next token starts, or just past the last one.
    pub(crate) fn here(&self) -> Position {
        match (self.tokens.get(self.at), self.tokens.last()) {
            (Some(next), _) => position(next.span.start),
            (None, Some(last)) => position(last.span.end),
            (None, None) => Position::START,
        }
    }

    pub(crate) fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    /// Takes what is left.
    pub(crate) fn rest(&mut self) -> Vec<TokenWithSpan> {
        let rest = self.tokens.split_off(self.at.min(self.tokens.len()));
        self.at = self.tokens.len();
        rest
    }

    /// Whether the next words are these.
    pub(crate) fn at_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, word)| match self.peek_at(i) {
            Some(Token::Word(w)) => w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word),
            _ => false,
        })
    }

    /// Takes these words if they come next.
    pub(crate) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.at_words(words);
        if found {
            self.at += words.len();
        }
        found
    }

    pub(crate) fn eat_token(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.at += 1;
        }
        found
    }

    pub(crate) fn expect(&mut self, words: &[&str]) -> Result<(), SqlError> {
        for word in words {
            if !self.eat(&[word]) {
                return Err(self.mismatched(&format!("'{word}'")));
            }
        }
        Ok(())
    }

    pub(crate) fn expect_token(&mut self, token: &Token) -> Result<(), SqlError> {
        if self.eat_token(token) { Ok(()) } else { Err(self.mismatched(&format!("'{token}'"))) }
    }

    /// `line 1:8: mismatched input 'x'. Expecting: ...`: the next token is not what the grammar asks for.
    pub(crate) fn mismatched(&self, expecting: &str) -> SqlError {
        let found = self.peek().map_or_else(|| "<EOF>".to_string(), ToString::to_string);
        SqlError::at(
            ErrorKind::Syntax,
            self.here(),
            format!("mismatched input '{found}'. Expecting: {expecting}"),
        )
    }

    /// One name, lower-cased, quoted or not.
    pub(crate) fn name(&mut self) -> Result<String, SqlError> {
        match self.peek() {
            Some(Token::Word(w)) => {
                let name = w.value.to_lowercase();
                self.at += 1;
                Ok(name)
            }
            Some(Token::DoubleQuotedString(s)) => {
                let name = s.to_lowercase();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.mismatched("<identifier>")),
        }
    }

    /// `[catalog.][database.]table`; the catalog's name is dropped.
    pub(crate) fn table_name(&mut self) -> Result<TableName, SqlError> {
        let at = self.here();
        let mut parts = vec![self.name()?];
        while self.eat_token(&Token::Period) {
            parts.push(self.name()?);
        }
        // Hive DDL also allows `db.table` inside one pair of backticks.
        if let [one] = parts.as_slice()
            && let Some((database, table)) = one.split_once('.')
        {
            parts = vec![database.to_string(), table.to_string()];
        }
        let name = parts.pop().unwrap_or_default();
        Ok(TableName { database: parts.pop(), name, at })
    }

    /// A string literal.
    pub(crate) fn string(&mut self) -> Result<String, SqlError> {
        match self.peek() {
            Some(Token::SingleQuotedString(s) | Token::DoubleQuotedString(s)) => {
                let text = s.clone();
                self.at += 1;
                Ok(text)
            }
            // With our dialect a double-quoted text is a word; Hive takes it as a string.
            Some(Token::Word(w)) if w.quote_style == Some('"') => {
                let text = w.value.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.mismatched("<string>")),
        }
    }

    /// `('a' = 'b', ...)`.
    pub(crate) fn properties(&mut self) -> Result<Vec<(String, String)>, SqlError> {
        let mut found = Vec::new();
        self.expect_token(&Token::LParen)?;
        loop {
            let key = self.string()?;
            self.expect_token(&Token::Eq)?;
            let value = formats::unescape_text(&self.string()?);
            found.push((key, value));
            if !self.eat_token(&Token::Comma) {
                break;
            }
        }
        self.expect_token(&Token::RParen)?;
        Ok(found)
    }

    pub(crate) fn finish(&self) -> Result<(), SqlError> {
        if self.is_done() { Ok(()) } else { Err(self.mismatched("<EOF>")) }
    }
}

/// A table named in a statement. Without a database, the session's is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) database: Option<String>,
    pub(crate) name: String,
    pub(crate) at: Position,
}

impl TableName {
    pub(crate) fn database_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.database.as_deref().unwrap_or(default)
    }
}
