//! Why a query cannot be read, and where: characters from `start` to before `end`, counted from 0.

/// A refusal of StartQuery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Not a query.
    #[error("{message}")]
    Malformed {
        /// What is wrong.
        message: String,
        /// First character of what is wrong.
        start: usize,
        /// The character after it.
        end: usize,
    },
    /// A part of the language that is not built.
    #[error("{0} in Logs Insights")]
    NotBuilt(String),
}

impl QueryError {
    /// An error about bytes `start..end` of the query.
    pub(super) fn at(text: &str, start: usize, end: usize, message: impl Into<String>) -> Self {
        let chars = |bytes: usize| text[..bytes.min(text.len())].chars().count();
        Self::Malformed { message: message.into(), start: chars(start), end: chars(end.max(start)) }
    }

    /// A symbol that does not belong where it stands. Assumed: the sentence, as people quote it.
    pub(super) fn unexpected(text: &str, start: usize, end: usize) -> Self {
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let position = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let symbol = if start >= text.len() { "<EOF>" } else { &text[start..end] };
        let message = format!("unexpected symbol found {symbol} at line {line} and position {position}");
        Self::at(text, start, end, message)
    }
}
