//! Trino's lexical and expression syntax, on top of sqlparser: casts with Trino types, typed literals, rows, lambdas.
//!
//! A construct that sqlparser cannot hold becomes a call of a function whose name starts with `$`; no user can write
//! such a name unquoted, and quoted ones are refused. Left out: statements (`ddl.rs`, `utility.rs`).

use std::any::TypeId;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName,
    Value,
};
use sqlparser::dialect::{Dialect, GenericDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

/// Athena's SQL.
#[derive(Debug)]
pub(crate) struct AthenaDialect;

impl Dialect for AthenaDialect {
    /// sqlparser reads `UNNEST` in `FROM` only for dialects it knows: this borrows the generic one's.
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"' || ch == '`'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || matches!(ch, '_' | '$')
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_values_as_table_factor(&self) -> bool {
        true
    }

    fn supports_within_after_array_aggregation(&self) -> bool {
        true
    }

    fn supports_boolean_literals(&self) -> bool {
        true
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let first = parser.peek_nth_token_ref(0);
        let Token::Word(word) = &first.token else { return None };
        if word.quote_style.is_some() {
            return None;
        }
        let name = word.value.to_ascii_lowercase();
        let span = first.span;
        let second = &parser.peek_nth_token_ref(1).token;
        match (name.as_str(), second) {
            ("cast" | "try_cast", Token::LParen) => Some(cast(parser, &name, span)),
            ("row", Token::LParen) => Some(named_call(parser, "$row", span)),
            ("json_object" | "json_array" | "json_query" | "json_value" | "json_exists", Token::LParen) => {
                None
            }
            (
                "date" | "timestamp" | "time" | "json" | "decimal" | "double" | "real" | "bigint" | "char"
                | "varchar",
                Token::SingleQuotedString(text),
            ) => {
                let text = text.clone();
                let span = span.union(&parser.peek_nth_token_ref(1).span);
                parser.next_token();
                parser.next_token();
                Some(Ok(call("$literal", span, vec![string(&text), string(&name)])))
            }
            _ => None,
        }
    }

    fn is_table_factor_alias(&self, explicit: bool, kw: &Keyword, parser: &mut Parser) -> bool {
        GenericDialect {}.is_table_factor_alias(explicit, kw, parser)
    }
}

/// A call of one of our own functions with plain arguments.
pub(crate) fn call(name: &str, span: Span, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|a| FunctionArg::Unnamed(FunctionArgExpr::Expr(a))).collect();
    let mut ident = Ident::with_quote('"', name);
    ident.span = span;
    Expr::Function(Function {
        name: ObjectName::from(vec![ident]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

/// A string literal.
pub(crate) fn string(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_string()).with_empty_span())
}

/// `CAST(x AS type)`: the type is kept as text, since sqlparser does not know `row(a integer)`.
fn cast(parser: &mut Parser, name: &str, span: Span) -> Result<Expr, ParserError> {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let value = parser.parse_expr()?;
    parser.expect_keyword_is(Keyword::AS)?;
    let mut depth = 0usize;
    let mut text = String::new();
    loop {
        let TokenWithSpan { token, .. } = parser.peek_token();
        match token {
            Token::EOF => return parser.expected(")", parser.peek_token()),
            Token::RParen if depth == 0 => break,
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        parser.next_token();
        if matches!(token, Token::Word(_)) {
            text.push(' ');
        }
        text.push_str(&token.to_string());
    }
    let span = span.union(&parser.expect_token(&Token::RParen)?.span);
    if text.trim().is_empty() {
        return parser.expected("a type", parser.peek_token());
    }
    Ok(call(&format!("${name}"), span, vec![value, string(text.trim())]))
}

fn named_call(parser: &mut Parser, name: &str, span: Span) -> Result<Expr, ParserError> {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let args = parser.parse_comma_separated(Parser::parse_expr)?;
    parser.expect_token(&Token::RParen)?;
    Ok(call(name, span, args))
}
