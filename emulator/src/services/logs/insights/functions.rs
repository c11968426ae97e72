//! Functions: their names, how many arguments they take, and what they answer.
//!
//! Documented: CWL_QuerySyntax-operations-functions.html (read 2026-11-28). Recorded: `if` stands in public queries.
//! Assumed: an argument that is missing or of no use makes the result null.

use std::sync::Arc;

use super::ip;
use super::period::Period;
use super::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Ceil,
    Floor,
    Greatest,
    Least,
    Log,
    Sqrt,
    /// Of `@timestamp`, which the parser has put before it.
    DateFloor(Period),
    DateCeil(Period),
    FromMillis,
    ToMillis,
    Now,
    IsPresent,
    Coalesce,
    If,
    IsValidIp(u8),
    IsInSubnet(u8),
    IsEmpty,
    IsBlank,
    Concat,
    TrimLeft,
    TrimRight,
    Trim,
    Length,
    Upper,
    Lower,
    Substring,
    Replace,
    Contains,
    JsonParse,
    JsonStringify,
}

const MANY: usize = 100;

/// Name, function, and how many arguments it takes. Those of time periods are the parser's.
const FUNCTIONS: [(&str, Function, usize, usize); 33] = [
    ("abs", Function::Abs, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("greatest", Function::Greatest, 1, MANY),
    ("least", Function::Least, 1, MANY),
    ("log", Function::Log, 1, 1),
    ("sqrt", Function::Sqrt, 1, 1),
    ("fromMillis", Function::FromMillis, 1, 1),
    ("toMillis", Function::ToMillis, 1, 1),
    ("now", Function::Now, 0, 0),
    ("ispresent", Function::IsPresent, 1, 1),
    ("coalesce", Function::Coalesce, 1, MANY),
    ("if", Function::If, 3, 3),
    ("isValidIp", Function::IsValidIp(0), 1, 1),
    ("isValidIpv4", Function::IsValidIp(4), 1, 1),
    ("isValidIpv6", Function::IsValidIp(6), 1, 1),
    ("isIpInSubnet", Function::IsInSubnet(0), 2, 2),
    ("isIpv4InSubnet", Function::IsInSubnet(4), 2, 2),
    ("isIpv6InSubnet", Function::IsInSubnet(6), 2, 2),
    ("isempty", Function::IsEmpty, 1, 1),
    ("isblank", Function::IsBlank, 1, 1),
    ("concat", Function::Concat, 1, MANY),
    ("ltrim", Function::TrimLeft, 1, 2),
    ("rtrim", Function::TrimRight, 1, 2),
    ("trim", Function::Trim, 1, 2),
    ("strlen", Function::Length, 1, 1),
    ("toupper", Function::Upper, 1, 1),
    ("tolower", Function::Lower, 1, 1),
    ("substr", Function::Substring, 2, 3),
    ("replace", Function::Replace, 3, 3),
    ("strcontains", Function::Contains, 2, 2),
    ("jsonParse", Function::JsonParse, 1, 1),
    ("jsonStringify", Function::JsonStringify, 1, 1),
];

/// Functions that AWS has and a tank has not.
pub(super) const NOT_BUILT: [&str; 4] = ["rate", "count_over_time", "sum_over_time", "histogram"];

impl Function {
    /// The function of this name, and the least and the most arguments that it takes.
    pub(super) fn of(name: &str) -> Option<(Self, usize, usize)> {
        let found = FUNCTIONS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        found.map(|(_, function, least, most)| (*function, *least, *most))
    }

    pub(super) fn call<'r>(self, mut arguments: Vec<Value<'r>>, now: i64) -> Value<'r> {
        use Function as F;
        match self {
            F::Abs => number(&arguments[0], f64::abs),
            F::Ceil => number(&arguments[0], f64::ceil),
            F::Floor => number(&arguments[0], f64::floor),
            F::Log => number(&arguments[0], f64::ln),
            F::Sqrt => number(&arguments[0], f64::sqrt),
            F::Greatest => extreme(arguments, std::cmp::Ordering::Greater),
            F::Least => extreme(arguments, std::cmp::Ordering::Less),
            F::DateFloor(period) => time(&arguments[0], |at| period.floor(at)),
            F::DateCeil(period) => time(&arguments[0], |at| period.ceil(at)),
            F::FromMillis => time(&arguments[0], |at| at),
            F::ToMillis => match time(&arguments[0], |at| at) {
                Value::Time(at) => Value::Integer(at),
                other => other,
            },
            F::Now => Value::Integer(now.div_euclid(1_000)),
            F::IsPresent => Value::Bool(!arguments[0].is_null()),
            F::Coalesce => arguments.into_iter().find(|value| !value.is_null()).unwrap_or(Value::Null),
            F::If => {
                let chosen = if arguments[0].is_true() { 1 } else { 2 };
                arguments.swap_remove(chosen)
            }
            F::JsonParse => match arguments[0].as_text().map(|text| serde_json::from_str(&text)) {
                Some(Ok(tree @ (serde_json::Value::Object(_) | serde_json::Value::Array(_)))) => {
                    Value::Tree(Arc::new(tree))
                }
                _ => Value::Null,
            },
            _ => self.on_texts(arguments),
        }
    }

    /// Functions of texts.
    fn on_texts<'r>(self, arguments: Vec<Value<'r>>) -> Value<'r> {
        use Function as F;
        let texts: Vec<Option<std::borrow::Cow<'_, str>>> = arguments.iter().map(Value::as_text).collect();
        let second = || texts.get(1).and_then(Option::as_deref);
        let first = match (&texts[0], self) {
            (None, F::IsEmpty | F::IsBlank) => return Value::Bool(true),
            (None, F::IsValidIp(_) | F::IsInSubnet(_)) => return Value::Bool(false),
            // Assumed: what is missing adds nothing.
            (None, F::Concat) => "",
            (None, _) => return Value::Null,
            (Some(text), _) => &**text,
        };
        let cut = |next: char| second().map_or(next.is_whitespace(), |cut| cut.contains(next));
        match self {
            F::IsEmpty => Value::Bool(first.is_empty()),
            F::IsBlank => Value::Bool(first.trim().is_empty()),
            F::IsValidIp(family) => Value::Bool(ip::is_valid(first, family)),
            F::IsInSubnet(family) => {
                Value::Bool(second().is_some_and(|subnet| ip::is_in_subnet(first, subnet, family)))
            }
            F::Concat => Value::owned(texts.iter().flatten().map(|text| &**text).collect()),
            F::TrimLeft => Value::owned(first.trim_start_matches(cut).to_owned()),
            F::TrimRight => Value::owned(first.trim_end_matches(cut).to_owned()),
            F::Trim => Value::owned(first.trim_matches(cut).to_owned()),
            F::Length => Value::Integer(i64::try_from(first.chars().count()).unwrap_or(i64::MAX)),
            F::Upper => Value::owned(first.to_uppercase()),
            F::Lower => Value::owned(first.to_lowercase()),
            F::Substring => {
                let place =
                    |at: usize| arguments.get(at).and_then(Value::as_number).map(|at| at.max(0.0) as usize);
                let Some(from) = place(1) else { return Value::Null };
                let count = if arguments.len() > 2 { place(2).unwrap_or(0) } else { usize::MAX };
                Value::owned(first.chars().skip(from).take(count).collect())
            }
            F::Replace => match (second(), texts[2].as_deref()) {
                (Some(""), _) => Value::owned(first.to_owned()),
                (Some(old), Some(new)) => Value::owned(first.replace(old, new)),
                _ => Value::Null,
            },
            F::Contains => Value::Integer(second().is_some_and(|part| first.contains(part)).into()),
            F::JsonStringify => match &arguments[0] {
                Value::Tree(tree) => Value::owned(tree.to_string()),
                _ => Value::owned(first.to_owned()),
            },
            _ => unreachable!("not a function of texts"),
        }
    }
}

fn number(value: &Value<'_>, act: impl Fn(f64) -> f64) -> Value<'static> {
    value.as_number().map_or(Value::Null, |number| Value::number(act(number)))
}

fn time(value: &Value<'_>, act: impl Fn(i64) -> i64) -> Value<'static> {
    value.as_number().map_or(Value::Null, |at| Value::Time(act(at as i64)))
}

fn extreme<'r>(values: Vec<Value<'r>>, wanted: std::cmp::Ordering) -> Value<'r> {
    let known = values.into_iter().filter(|value| !value.is_null());
    known
        .reduce(|best, next| if next.order(&best) == Some(wanted) { next } else { best })
        .unwrap_or(Value::Null)
}
