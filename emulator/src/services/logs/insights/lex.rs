//! Cuts a query into tokens, one at a time. A regular expression is read only where the parser expects one, since a slash
//! also divides.

use super::error::QueryError;
use super::period::Period;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A word or a field's name: parts joined by dots, without backticks. `is_plain` if it had none and no brackets.
    Name {
        name: String,
        is_plain: bool,
    },
    Text(String),
    Number(f64),
    Integer(i64),
    Period(Period),
    Symbol(&'static str),
    End,
}

/// A token and the bytes it stands in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

const SYMBOLS: [&str; 19] =
    ["=~", "!=", "<=", ">=", "=", "<", ">", "|", ",", "(", ")", "[", "]", "+", "-", "*", "/", "%", "^"];

fn is_name_start(next: char) -> bool {
    next.is_alphabetic() || matches!(next, '_' | '@' | '$')
}

fn is_name_part(next: char) -> bool {
    is_name_start(next) || next.is_numeric()
}

/// The token at or after byte `at`.
pub(super) fn token(text: &str, at: usize) -> Result<Token, QueryError> {
    let start = skip(text, at);
    let rest = &text[start..];
    let Some(first) = rest.chars().next() else {
        return Ok(Token { kind: Kind::End, start, end: start });
    };
    if is_name_start(first) || first == '`' {
        return name(text, start);
    }
    if first.is_ascii_digit() {
        return number(text, start);
    }
    if first == '"' || first == '\'' {
        return quoted(text, start, first);
    }
    let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
    match symbol {
        Some(symbol) => Ok(Token { kind: Kind::Symbol(symbol), start, end: start + symbol.len() }),
        None => Err(QueryError::unexpected(text, start, start + first.len_utf8())),
    }
}

/// Skips white space and comments, which go from `#` to the end of the line.
fn skip(text: &str, at: usize) -> usize {
    let mut rest = text[at..].trim_start();
    while let Some(comment) = rest.strip_prefix('#') {
        rest = comment.find('\n').map_or("", |end| &comment[end..]).trim_start();
    }
    text.len() - rest.len()
}

/// `word`, `` `any thing` ``, `a.b`, ``a.`b c` ``, `a[0].b`.
fn name(text: &str, start: usize) -> Result<Token, QueryError> {
    let (mut at, mut name, mut is_plain) = (start, String::new(), true);
    loop {
        let rest = &text[at..];
        if let Some(inner) = rest.strip_prefix('`') {
            let Some(end) = inner.find('`') else {
                return Err(QueryError::unexpected(text, at, text.len()));
            };
            name.push_str(&inner[..end]);
            at += end + 2;
            is_plain = false;
        } else {
            let end = rest.find(|next| !is_name_part(next)).unwrap_or(rest.len());
            name.push_str(&rest[..end]);
            at += end;
        }
        // An entry of a list: the same as its place behind a dot.
        while let Some((digits, _)) = text[at..].strip_prefix('[').and_then(|rest| rest.split_once(']'))
            && !digits.is_empty()
            && digits.bytes().all(|digit| digit.is_ascii_digit())
        {
            name.push('.');
            name.push_str(digits);
            at += digits.len() + 2;
            is_plain = false;
        }
        let goes_on = |rest: &str| rest.starts_with(|next: char| is_name_part(next) || next == '`');
        match text[at..].strip_prefix('.') {
            Some(rest) if goes_on(rest) => {
                name.push('.');
                at += 1;
            }
            _ => return Ok(Token { kind: Kind::Name { name, is_plain }, start, end: at }),
        }
    }
}

/// `12`, `1.5`, `2e3`, or a period such as `5m`.
fn number(text: &str, start: usize) -> Result<Token, QueryError> {
    let rest = &text[start..];
    let digits = |from: usize| {
        rest[from..].find(|next: char| !next.is_ascii_digit()).map_or(rest.len(), |end| from + end)
    };
    let mut end = digits(0);
    if rest[end..].starts_with('.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    let exponent =
        rest[end..].strip_prefix(['e', 'E']).map(|tail| tail.strip_prefix(['+', '-']).unwrap_or(tail));
    if let Some(tail) = exponent
        && tail.starts_with(|next: char| next.is_ascii_digit())
    {
        end = digits(rest.len() - tail.len());
    }
    let unit_end = rest[end..].find(|next| !is_name_part(next)).map_or(rest.len(), |after| end + after);
    let unexpected = || QueryError::unexpected(text, start, start + unit_end);
    if unit_end > end {
        let count = rest[..end].parse().map_err(|_| unexpected())?;
        let period = Period::of(count, &rest[end..unit_end]).ok_or_else(unexpected)?;
        return Ok(Token { kind: Kind::Period(period), start, end: start + unit_end });
    }
    let kind = match rest[..end].parse() {
        Ok(whole) => Kind::Integer(whole),
        Err(_) => Kind::Number(rest[..end].parse().map_err(|_| unexpected())?),
    };
    Ok(Token { kind, start, end: start + end })
}

/// A text in quotes of either kind. A backslash makes the next quote or backslash plain.
fn quoted(text: &str, start: usize, quote: char) -> Result<Token, QueryError> {
    let mut out = String::new();
    let mut chars = text[start + 1..].char_indices();
    while let Some((place, next)) = chars.next() {
        match next {
            '\\' => match chars.next() {
                Some((_, escaped)) if escaped == quote || escaped == '\\' => out.push(escaped),
                Some((_, other)) => out.extend(['\\', other]),
                None => break,
            },
            _ if next == quote => {
                return Ok(Token { kind: Kind::Text(out), start, end: start + 1 + place + 1 });
            }
            _ => out.push(next),
        }
    }
    Err(QueryError::unexpected(text, start, text.len()))
}

/// A regular expression whose opening slash stands at `start`: its text, and the byte after its closing slash.
pub(super) fn regex(text: &str, start: usize) -> Result<(String, usize), QueryError> {
    let mut out = String::new();
    let mut chars = text[start + 1..].char_indices();
    while let Some((place, next)) = chars.next() {
        match next {
            '/' => return Ok((out, start + 1 + place + 1)),
            '\\' => match chars.next() {
                Some((_, '/')) => out.push('/'),
                Some((_, other)) => out.extend(['\\', other]),
                None => break,
            },
            _ => out.push(next),
        }
    }
    Err(QueryError::unexpected(text, start, text.len()))
}
