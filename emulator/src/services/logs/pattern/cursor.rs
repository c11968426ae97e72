//! A place in a pattern's text, and the small things that are read at it.

use super::PatternError;

/// Where the parser stands.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Regular expressions read so far.
    pub(super) regexes: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, regexes: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes `token` if it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    /// The same after white space.
    pub(super) fn eat_token(&mut self, token: &str) -> bool {
        self.skip_space();
        self.eat(token)
    }

    /// Takes a word that must not go on, such as `IS`.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let rest = self.rest();
        let goes_on = |text: &str| text.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        let is_next = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !goes_on(&rest[word.len()..]);
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), PatternError> {
        if self.eat_token(token) { Ok(()) } else { Err(self.error(format!("expected `{token}`"))) }
    }

    /// Takes characters as long as they are good.
    pub(super) fn take_while(&mut self, good: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|next| !good(next)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Takes a text in double quotes; `\"` is a quote in it.
    pub(super) fn quoted(&mut self) -> Result<String, PatternError> {
        let opened = self.error("an unclosed quote");
        self.at += 1;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((place, next)) = chars.next() {
            match next {
                '"' => {
                    self.at += place + 1;
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(opened)
    }

    /// What is wrong here.
    pub(super) fn error(&self, problem: impl Into<String>) -> PatternError {
        PatternError { problem: problem.into(), at: self.text[..self.at].chars().count() }
    }
}
