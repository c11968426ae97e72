//! What an expression says of a row.

use super::row::Row;
use super::syntax::{Binary, Expr};
use super::value::Value;

/// What stays the same for all rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Env<'e> {
    /// Names that messages are searched for.
    pub(super) names: &'e [String],
    /// When the query began, in milliseconds.
    pub(super) now: i64,
    /// Results of the aggregations of the `stats` command that the expression stands in.
    pub(super) aggregates: &'e [Value<'static>],
}

impl Expr {
    pub(super) fn eval<'r>(&'r self, row: &'r Row<'_>, env: Env<'r>) -> Value<'r> {
        match self {
            Self::Constant(value) => value.borrowed(),
            Self::Field(field) => row.value(field, env.names),
            Self::Aggregate(place) => env.aggregates[*place].borrowed(),
            Self::Negative(inner) => match inner.eval(row, env).as_number() {
                Some(number) => Value::number(-number),
                None => Value::Null,
            },
            Self::Not(inner) => Value::Bool(!inner.eval(row, env).is_true()),
            Self::Binary(operator, left, right) => binary(*operator, left, right, row, env),
            Self::Like(inner, matcher) => match inner.eval(row, env).as_text() {
                Some(text) => Value::Bool(matcher.matches(&text)),
                None => Value::Bool(false),
            },
            Self::In(inner, list) => {
                let value = inner.eval(row, env);
                let is_there =
                    !value.is_null() && list.iter().any(|entry| value.is_same(&entry.eval(row, env)));
                Value::Bool(is_there)
            }
            Self::Call(function, arguments) => {
                let values = arguments.iter().map(|argument| argument.eval(row, env)).collect();
                function.call(values, env.now)
            }
        }
    }
}

/// Assumed: nothing is equal to what is missing, not even what is missing, and everything differs from it.
fn binary<'r>(
    operator: Binary,
    left: &'r Expr,
    right: &'r Expr,
    row: &'r Row<'_>,
    env: Env<'r>,
) -> Value<'r> {
    let one = left.eval(row, env);
    match operator {
        Binary::And => return Value::Bool(one.is_true() && right.eval(row, env).is_true()),
        Binary::Or => return Value::Bool(one.is_true() || right.eval(row, env).is_true()),
        _ => {}
    }
    let other = right.eval(row, env);
    let arithmetic = |act: fn(f64, f64) -> f64| match (one.as_number(), other.as_number()) {
        (Some(one), Some(other)) => Value::number(act(one, other)),
        _ => Value::Null,
    };
    let ordered = |good: fn(std::cmp::Ordering) -> bool| Value::Bool(one.order(&other).is_some_and(good));
    match operator {
        Binary::Equal => Value::Bool(one.is_same(&other)),
        Binary::NotEqual => Value::Bool(!one.is_same(&other)),
        Binary::Less => ordered(std::cmp::Ordering::is_lt),
        Binary::LessOrEqual => ordered(std::cmp::Ordering::is_le),
        Binary::Greater => ordered(std::cmp::Ordering::is_gt),
        Binary::GreaterOrEqual => ordered(std::cmp::Ordering::is_ge),
        Binary::Add => arithmetic(|one, other| one + other),
        Binary::Subtract => arithmetic(|one, other| one - other),
        Binary::Multiply => arithmetic(|one, other| one * other),
        Binary::Divide => arithmetic(|one, other| one / other),
        Binary::Remainder => arithmetic(|one, other| one % other),
        Binary::Power => arithmetic(f64::powf),
        Binary::And | Binary::Or => unreachable!("answered above"),
    }
}
