//! Queries: tokens in, sqlparser's tree out, and its complaints turned into Athena's.
//!
//! Start with `parse_query`. What the tree means to DataFusion is decided in `rewrite.rs`.

use sqlparser::ast::{Query, Spanned};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::error::{ErrorKind, Position, SqlError};
use crate::parse::dialect::AthenaDialect;
use crate::parse::tokens::position;

/// How deep expressions and subqueries may nest.
const QUERY_DEPTH_MAX: usize = 60;

/// Parses a query that uses all the tokens.
///
/// Error: `line L:C: mismatched input ...`; also for backquotes, which only DDL has.
/// Documented: trino.io grammar, "backquoted identifiers are not supported; use double quotes to quote identifiers".
pub(crate) fn parse_query(tokens: Vec<TokenWithSpan>) -> Result<Box<Query>, SqlError> {
    refuse_foreign_quotes(&tokens)?;
    let tokens = bracket_values(tokens);
    // A span ends just past its last character.
    let end = tokens.last().map_or(Position::START, |t| position(t.span.end));
    let mut parser =
        Parser::new(&AthenaDialect).with_recursion_limit(QUERY_DEPTH_MAX).with_tokens_with_locations(tokens);
    let query = parser.parse_query().map_err(|e| translate(e, end))?;
    let left = parser.peek_token();
    if left.token != Token::EOF {
        return Err(SqlError::at(
            ErrorKind::Syntax,
            position(left.span.start),
            format!("mismatched input '{}'. Expecting: ',', <EOF>", left.token),
        ));
    }
    Ok(query)
}

/// `VALUES 1, 2` to `VALUES (1), (2)`: sqlparser wants the brackets.
fn bracket_values(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut made: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let opens = is_word(&token, &["VALUES"]) && rest.peek().is_some_and(starts_bare_value);
        let span = token.span;
        made.push(token);
        if !opens {
            continue;
        }
        made.push(TokenWithSpan { token: Token::LParen, span });
        let mut depth = 0usize;
        while let Some(next) = rest.peek() {
            let ends = match &next.token {
                Token::RParen => depth == 0,
                _ => {
                    depth == 0
                        && is_word(
                            next,
                            &["ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "INTERSECT"],
                        )
                }
            };
            if ends {
                break;
            }
            let Some(next) = rest.next() else { break };
            let span = next.span;
            match next.token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
                Token::Comma if depth == 0 => {
                    made.push(TokenWithSpan { token: Token::RParen, span });
                    made.push(next);
                    made.push(TokenWithSpan { token: Token::LParen, span });
                    continue;
                }
                _ => {}
            }
            made.push(next);
        }
        made.push(TokenWithSpan { token: Token::RParen, span });
    }
    made
}

fn is_word(token: &TokenWithSpan, words: &[&str]) -> bool {
    matches!(&token.token, Token::Word(w) if w.quote_style.is_none() && words.iter().any(|x| w.value.eq_ignore_ascii_case(x)))
}

fn starts_bare_value(token: &TokenWithSpan) -> bool {
    let words = [
        "NULL",
        "TRUE",
        "FALSE",
        "DATE",
        "TIMESTAMP",
        "CAST",
        "TRY_CAST",
        "ARRAY",
        "MAP",
        "INTERVAL",
        "DECIMAL",
    ];
    matches!(token.token, Token::Number(..) | Token::SingleQuotedString(_) | Token::Minus)
        || is_word(token, &words)
}

fn refuse_foreign_quotes(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    for token in tokens {
        let Token::Word(word) = &token.token else { continue };
        if word.quote_style == Some('`') {
            return Err(SqlError::at(
                ErrorKind::Syntax,
                position(token.span.start),
                "backquoted identifiers are not supported; use double quotes to quote identifiers",
            ));
        }
        if word.value.starts_with('$') {
            return Err(SqlError::at(
                ErrorKind::NotSupported,
                position(token.span.start),
                format!("NotImplemented: names that start with $ ({}) are not built in wavetank", word.value),
            ));
        }
    }
    Ok(())
}

/// sqlparser says `Expected: X, found: Y at Line: 1, Column: 8`.
fn translate(error: ParserError, end: Position) -> SqlError {
    let text = match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
        ParserError::RecursionLimitExceeded => {
            return SqlError::at(
                ErrorKind::Syntax,
                Position::START,
                "statement is too large (stack overflow while parsing)",
            );
        }
    };
    let (said, at) = match text.rsplit_once(" at Line: ") {
        Some((said, place)) => (said.to_string(), parse_place(place).unwrap_or(end)),
        None => (text, end),
    };
    let message = match said.strip_prefix("Expected: ").and_then(|s| s.split_once(", found: ")) {
        Some((expecting, found)) => {
            let found = if found == "EOF" { "<EOF>" } else { found };
            format!("mismatched input '{found}'. Expecting: {}", expecting_in_trino_words(expecting))
        }
        None => said,
    };
    SqlError::at(ErrorKind::Syntax, at, message)
}

fn parse_place(place: &str) -> Option<Position> {
    let (line, column) = place.split_once(", Column: ")?;
    Some(Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
}

fn expecting_in_trino_words(expecting: &str) -> String {
    match expecting {
        "an expression" => "<expression>".into(),
        "identifier" => "<identifier>".into(),
        "end of statement" => "<EOF>".into(),
        other if other.chars().all(|c| !c.is_lowercase()) => format!("'{other}'"),
        other => other.to_string(),
    }
}

/// Where a piece of the tree starts.
pub(crate) fn start_of(node: &impl Spanned) -> Option<Position> {
    let start = node.span().start;
    (start.line > 0).then(|| position(start))
}
