//! Expressions of Trino's tree: literals, special syntax and shorthand become casts, calls and CASE.
//!
//! Called by `rewrite.rs` for each expression after its children. Start with `rewrite`.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArgumentList, FunctionArguments, Ident, LambdaFunctionParameter,
    ObjectName, OneOrManyWithParens, Spanned, Subscript, TrimWhereField, Value, ValueWithSpan, VisitMut,
    VisitorMut, WindowFrameBound, WindowType,
};
use std::ops::ControlFlow;

use crate::error::{ErrorKind, Position, SqlError};
use crate::parse::dialect::{call, string};
use crate::parse::query::start_of;
use crate::parse::rewrite::{Marks, Rewriter, bare_number, quoted};
use crate::parse::tokens::position;
use crate::render::text::{format_date_ms, format_timestamp_ms};

/// Notes where names and operators stand.
pub(crate) fn mark(marks: &mut Marks, expr: &Expr) {
    match expr {
        Expr::Identifier(id) if id.span.start.line > 0 => {
            let lower = id.value.to_lowercase();
            if lower != id.value {
                marks.spelling.entry(lower.clone()).or_insert_with(|| id.value.clone());
            }
            marks.names.push((lower, position(id.span.start)));
        }
        Expr::CompoundIdentifier(ids) => {
            let whole: Vec<String> = ids.iter().map(|i| i.value.to_lowercase()).collect();
            if let Some(first) = ids.first()
                && first.span.start.line > 0
            {
                marks.names.push((whole.join("."), position(first.span.start)));
            }
        }
        Expr::BinaryOp { left, op, .. } => {
            let end = left.span().end;
            if end.line > 0 {
                // The operator itself has no span; one blank before it is the usual way to write it.
                let at = Position { line: end.line, column: end.column + 1 };
                marks.operators.push((op.to_string(), at));
            }
        }
        Expr::Between { expr, .. } | Expr::InList { expr, .. } | Expr::Like { expr, .. } => {
            if let Some(at) = start_of(expr.as_ref()) {
                marks.operators.push(("IN".to_string(), at));
            }
        }
        _ => {}
    }
}

/// Rewrites one expression whose children are done.
pub(crate) fn rewrite(cx: &mut Rewriter<'_>, expr: &mut Expr) -> Result<(), SqlError> {
    match expr {
        Expr::Identifier(id) => *id = quoted(&id.value.to_lowercase(), id),
        Expr::CompoundIdentifier(ids) => {
            for id in ids.iter_mut() {
                *id = quoted(&id.value.to_lowercase(), id);
            }
            if ids.len() > 2 && ids.first().is_some_and(|i| i.value == "awsdatacatalog") {
                ids.remove(0);
            }
        }
        Expr::Value(_) => number(expr)?,
        Expr::Lambda(lambda) => {
            let lower =
                |p: &mut LambdaFunctionParameter| p.name = quoted(&p.name.value.to_lowercase(), &p.name);
            match &mut lambda.params {
                OneOrManyWithParens::One(one) => lower(one),
                OneOrManyWithParens::Many(many) => many.iter_mut().for_each(lower),
            }
        }
        Expr::Function(_) => function(cx, expr)?,
        Expr::Like { .. } => like(expr)?,
        Expr::ILike { .. } => return Err(not_trino(expr, "ILIKE")),
        Expr::SimilarTo { .. } => return Err(not_trino(expr, "SIMILAR")),
        Expr::RLike { .. } => return Err(not_trino(expr, "RLIKE")),
        Expr::Convert { .. } => return Err(not_trino(expr, "CONVERT")),
        Expr::Cast { kind: CastKind::DoubleColon, .. } => return Err(not_trino(expr, "::")),
        _ => special(expr)?,
    }
    Ok(())
}

fn not_trino(expr: &Expr, token: &str) -> SqlError {
    let at = start_of(expr).unwrap_or(Position::START);
    SqlError::at(ErrorKind::Syntax, at, format!("mismatched input '{token}': it is not in Trino's grammar"))
}

fn number(expr: &mut Expr) -> Result<(), SqlError> {
    let Expr::Value(ValueWithSpan { value: Value::Number(digits, _), span }) = expr else { return Ok(()) };
    if digits.contains(['e', 'E']) {
        let digits = digits.clone();
        *expr = call("$literal", *span, vec![string(&digits), string("double")]);
    } else if !digits.contains('.') {
        let Ok(value) = digits.parse::<i64>() else {
            return Err(SqlError::at(
                ErrorKind::Syntax,
                position(span.start),
                format!("Invalid numeric literal: {digits}"),
            ));
        };
        if i32::try_from(value).is_ok() {
            *expr = Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(expr.clone()),
                data_type: DataType::Integer(None),
                array: false,
                format: None,
            };
        }
    }
    Ok(())
}

/// Trino's LIKE has no escape character unless one is given; Arrow's always has the backslash.
fn like(expr: &mut Expr) -> Result<(), SqlError> {
    let Expr::Like { pattern, escape_char, .. } = expr else { return Ok(()) };
    let escape = match escape_char.take().map(|v| v.value) {
        None => None,
        Some(Value::SingleQuotedString(mark)) => match (mark.chars().next(), mark.chars().count()) {
            (None, _) => None,
            (Some(c), 1) => Some(c),
            _ => {
                return Err(SqlError::new(
                    ErrorKind::InvalidFunctionArgument,
                    "Escape string must be a single character",
                ));
            }
        },
        Some(other) => return Err(SqlError::not_built(format!("LIKE ... ESCAPE {other}"))),
    };
    if let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = pattern.as_mut() {
        *text = arrow_pattern(text, escape)?;
    } else if escape.is_some() {
        return Err(SqlError::not_built("LIKE ... ESCAPE with a pattern that is not a constant"));
    } else {
        let span = pattern.span();
        **pattern = call("replace", span, vec![take(pattern), string("\\"), string("\\\\")]);
    }
    Ok(())
}

fn arrow_pattern(text: &str, escape: Option<char>) -> Result<String, SqlError> {
    let wrong = || {
        let why = "Escape character must be followed by '%', '_' or the escape character itself";
        SqlError::new(ErrorKind::InvalidFunctionArgument, why)
    };
    let mut made = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            let next =
                chars.next().filter(|n| matches!(n, '%' | '_') || Some(*n) == escape).ok_or_else(wrong)?;
            if matches!(next, '%' | '_' | '\\') {
                made.push('\\');
            }
            made.push(next);
        } else {
            if c == '\\' {
                made.push('\\');
            }
            made.push(c);
        }
    }
    Ok(made)
}

/// Syntax that is a plain call in disguise.
fn special(expr: &mut Expr) -> Result<(), SqlError> {
    let span = expr.span();
    let made = match expr {
        Expr::Extract { field, expr, .. } => call(&extract_name(&field.to_string()), span, vec![take(expr)]),
        Expr::Position { expr, r#in } => call("strpos", span, vec![take(r#in), take(expr)]),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let mut args = vec![take(expr)];
            args.extend(substring_from.take().map(|b| *b));
            args.extend(substring_for.take().map(|b| *b));
            call("substr", span, args)
        }
        Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
            let name = match trim_where {
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
                _ => "trim",
            };
            let mut args = vec![take(expr)];
            args.extend(trim_what.take().map(|b| *b));
            args.extend(trim_characters.take().into_iter().flatten());
            call(name, span, args)
        }
        Expr::Floor { expr, .. } => call("floor", span, vec![take(expr)]),
        Expr::Ceil { expr, .. } => call("ceil", span, vec![take(expr)]),
        Expr::Array(array) => call("$array", span, std::mem::take(&mut array.elem)),
        Expr::Tuple(items) => call("$row", span, std::mem::take(items)),
        Expr::AtTimeZone { timestamp, time_zone } => {
            call("at_timezone", span, vec![take(timestamp), take(time_zone)])
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut made = take(root);
            for access in std::mem::take(access_chain) {
                made = match access {
                    AccessExpr::Subscript(Subscript::Index { index }) => {
                        // Rows need the number itself to know the type of the field.
                        let mut number = index.clone();
                        bare_number(&mut number);
                        call("$subscript", span, vec![made, index, number])
                    }
                    AccessExpr::Dot(Expr::Identifier(id)) => {
                        call("$field", span, vec![made, string(&id.value.to_lowercase())])
                    }
                    other => return Err(SqlError::not_built(format!("the access {other}"))),
                };
            }
            made
        }
        Expr::TypedString(typed) => return Err(SqlError::not_built(format!("the literal {typed}"))),
        _ => return Ok(()),
    };
    *expr = made;
    Ok(())
}

fn take(expr: &mut Box<Expr>) -> Expr {
    std::mem::replace(expr.as_mut(), Expr::Value(Value::Null.with_empty_span()))
}

/// Trino's function for a field of EXTRACT.
fn extract_name(field: &str) -> String {
    match field.to_ascii_lowercase().as_str() {
        "dow" | "dayofweek" => "day_of_week".into(),
        "doy" | "dayofyear" => "day_of_year".into(),
        "yow" => "year_of_week".into(),
        other => other.into(),
    }
}

fn function(cx: &mut Rewriter<'_>, expr: &mut Expr) -> Result<(), SqlError> {
    let Expr::Function(f) = expr else { return Ok(()) };
    let at = start_of(&f.name).unwrap_or(Position::START);
    let span = f.name.span();
    let name = f.name.to_string().replace('"', "").to_lowercase();
    if let Some(WindowType::WindowSpec(spec)) = &mut f.over {
        for item in &mut spec.order_by {
            bare_number(&mut item.expr);
        }
        if let Some(frame) = &mut spec.window_frame {
            bare_bound(&mut frame.start_bound);
            frame.end_bound.iter_mut().for_each(bare_bound);
        }
    }
    if name.starts_with('$') {
        return Ok(());
    }
    cx.marks.calls.push((name.clone(), at));
    let args = plain_args(f);
    let made = match (name.as_str(), args.as_slice()) {
        ("now" | "current_timestamp" | "current_date" | "localtimestamp", _) => {
            Some(clock(cx.setting.now_ms, &name, span))
        }
        ("if", [condition, yes]) => Some(case(vec![(condition.clone(), yes.clone())], None)),
        ("if", [condition, yes, no]) => Some(case(vec![(condition.clone(), yes.clone())], Some(no.clone()))),
        ("coalesce", [_, _, ..]) => Some(coalesce(args.clone())),
        ("nullif", [a, b]) => Some(case(vec![(equal(a, b), null())], Some(a.clone()))),
        ("date", [x]) => Some(call("$cast", span, vec![x.clone(), string("date")])),
        ("try", [x]) => Some(lenient(x.clone())?),
        ("random" | "rand" | "uuid", []) => {
            cx.sites += 1;
            let site = Expr::Value(Value::Number(cx.sites.to_string(), false).with_empty_span());
            Some(call(&format!("${}", if name == "rand" { "random" } else { &name }), span, vec![site]))
        }
        ("listagg", _) => Some(listagg(f, args.clone())),
        _ => None,
    };
    if let Some(made) = made {
        *expr = made;
        return Ok(());
    }
    if name == "count_if" || name == "count" {
        count(f, &name);
        return Ok(());
    }
    if !(cx.setting.knows)(&name) {
        return Err(SqlError::at(
            ErrorKind::FunctionNotFound,
            at,
            format!("Function '{name}' not registered"),
        ));
    }
    let mut ident = Ident::with_quote('"', name);
    ident.span = span;
    f.name = ObjectName::from(vec![ident]);
    Ok(())
}

fn bare_bound(bound: &mut WindowFrameBound) {
    if let WindowFrameBound::Preceding(Some(n)) | WindowFrameBound::Following(Some(n)) = bound {
        bare_number(n);
    }
}

/// The arguments, when all are plain expressions.
fn plain_args(f: &Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &f.args else { return vec![] };
    let plain = list.args.iter().map(|a| match a {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
        _ => None,
    });
    plain.collect::<Option<Vec<Expr>>>().unwrap_or_default()
}

fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

fn equal(a: &Expr, b: &Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(a.clone()), op: BinaryOperator::Eq, right: Box::new(b.clone()) }
}

fn case(whens: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: whens.into_iter().map(|(condition, result)| CaseWhen { condition, result }).collect(),
        else_result: otherwise.map(Box::new),
    }
}

fn coalesce(mut args: Vec<Expr>) -> Expr {
    let last = args.pop();
    case(args.into_iter().map(|a| (Expr::IsNotNull(Box::new(a.clone())), a)).collect(), last)
}

/// Tank time as a literal. Trino's `now()` has a time zone; Athena's session zone is UTC.
fn clock(now_ms: i64, name: &str, span: sqlparser::tokenizer::Span) -> Expr {
    let (text, t) = match name {
        "current_date" => (format_date_ms(now_ms), "date"),
        "localtimestamp" => (format_timestamp_ms(now_ms), "timestamp"),
        _ => (format!("{} UTC", format_timestamp_ms(now_ms)), "timestamp(3) with time zone"),
    };
    call("$literal", span, vec![string(&text), string(t)])
}

/// `count(*)` counts a constant; `count_if(x)` is `count(*) FILTER (WHERE x)`.
fn count(f: &mut Function, name: &str) {
    let span = f.name.span();
    let one = Expr::Value(Value::Number("1".into(), false).with_empty_span());
    let args = plain_args(f);
    if let FunctionArguments::List(list) = &mut f.args {
        if name == "count_if" {
            let both = match (f.filter.take(), args.first()) {
                (Some(filter), Some(x)) => {
                    Some(Expr::BinaryOp { left: filter, op: BinaryOperator::And, right: Box::new(x.clone()) })
                }
                (_, x) => x.cloned(),
            };
            f.filter = both.map(Box::new);
            list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(one))];
        } else if list.args.is_empty()
            || matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)])
        {
            list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(one))];
        }
    }
    let mut ident = Ident::with_quote('"', "count");
    ident.span = span;
    f.name = ObjectName::from(vec![ident]);
}

/// `listagg(x, sep) WITHIN GROUP (ORDER BY y)` is `array_join(array_agg(x ORDER BY y), sep)`.
fn listagg(f: &mut Function, args: Vec<Expr>) -> Expr {
    let span = f.name.span();
    let mut args = args.into_iter();
    let value = args.next().unwrap_or_else(null);
    let separator = args.next().unwrap_or_else(|| string(""));
    let order = std::mem::take(&mut f.within_group);
    let mut gather = call("array_agg", span, vec![value]);
    if let Expr::Function(inner) = &mut gather {
        inner.filter = f.filter.take();
        inner.over = f.over.take();
        if let FunctionArguments::List(FunctionArgumentList { clauses, .. }) = &mut inner.args
            && !order.is_empty()
        {
            clauses.push(FunctionArgumentClause::OrderBy(order));
        }
    }
    call("array_join", span, vec![gather, separator])
}

/// `TRY(x)`: each call and operator in `x` answers NULL where it would fail.
///
/// Error: `x` holds CASE, COALESCE, IF or IS NULL, where a NULL inside would not make the whole NULL as Trino does.
fn lenient(mut x: Expr) -> Result<Expr, SqlError> {
    struct Soften;
    impl VisitorMut for Soften {
        type Break = Box<SqlError>;
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
            let span = expr.span();
            match expr {
                Expr::Function(f) => {
                    let name = f.name.to_string().replace('"', "");
                    let soft = if name == "$cast" { "$try_cast".to_string() } else { format!("$try${name}") };
                    let mut ident = Ident::with_quote('"', soft);
                    ident.span = span;
                    f.name = ObjectName::from(vec![ident]);
                }
                Expr::BinaryOp { left, op, right } => {
                    let name = match op {
                        BinaryOperator::Plus => "$try$add",
                        BinaryOperator::Minus => "$try$subtract",
                        BinaryOperator::Multiply => "$try$multiply",
                        BinaryOperator::Divide => "$try$divide",
                        BinaryOperator::Modulo => "$try$modulus",
                        _ => return ControlFlow::Continue(()),
                    };
                    *expr = call(name, span, vec![take(left), take(right)]);
                }
                Expr::Case { .. }
                | Expr::IsNull(_)
                | Expr::IsNotNull(_)
                | Expr::Subquery(_)
                | Expr::Lambda(_) => {
                    let what = "TRY around CASE, COALESCE, IF, NULLIF, IS NULL, a subquery or a lambda";
                    return ControlFlow::Break(Box::new(SqlError::not_built(what)));
                }
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    match VisitMut::visit(&mut x, &mut Soften) {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(()) => Ok(x),
    }
}
