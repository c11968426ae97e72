//! A pattern's text into a [`Pattern`]: what is not built right is refused where it stands.

use serde_json::Value;

use super::json::{Json, Placed, read};
use super::{Comparison, Field, Network, Node, Pattern, PatternError, Problem, Rule, TextRule};

type Parsed<T> = Result<T, PatternError>;

pub(super) fn pattern(text: &str) -> Parsed<Pattern> {
    let top = read(text)?;
    match &top.json {
        Json::Object(entries) => Ok(Pattern { node: node(entries, top.end)? }),
        _ => wrong(Problem::NotAnObject, top.at),
    }
}

fn wrong<T>(problem: Problem, at: usize) -> Parsed<T> {
    Err(PatternError { problem, at: Some(at) })
}

fn node(entries: &[(String, Placed)], end: usize) -> Parsed<Node> {
    if entries.is_empty() {
        return wrong(Problem::EmptyObject, end);
    }
    let mut out = Node::default();
    for (name, value) in entries {
        if name == "$or" {
            out.alternatives.push(alternatives(value)?);
            continue;
        }
        let field = match &value.json {
            Json::Object(nested) => Field::Nested(node(nested, value.end)?),
            Json::Array(entries) if entries.is_empty() => return wrong(Problem::EmptyArray, value.end),
            Json::Array(entries) => Field::AnyOf(entries.iter().map(rule).collect::<Parsed<_>>()?),
            Json::Leaf(_) => return wrong(Problem::NotAField(name.clone()), value.at),
        };
        out.fields.push((name.clone(), field));
    }
    Ok(out)
}

fn alternatives(value: &Placed) -> Parsed<Vec<Node>> {
    let Json::Array(entries) = &value.json else { return wrong(Problem::NotAlternatives, value.at) };
    let entry = |entry: &Placed| match &entry.json {
        Json::Object(nested) => node(nested, entry.end),
        _ => wrong(Problem::NotAnAlternative, entry.at),
    };
    let all: Vec<Node> = entries.iter().map(entry).collect::<Parsed<_>>()?;
    if all.len() < 2 { wrong(Problem::FewAlternatives, value.end) } else { Ok(all) }
}

fn rule(value: &Placed) -> Parsed<Rule> {
    let entries = match &value.json {
        Json::Object(entries) => entries,
        Json::Array(_) => return wrong(Problem::NotAValue, value.at),
        Json::Leaf(leaf) => return Ok(Rule::Equals(leaf.clone())),
    };
    let (how, operand) = only(entries, value.end, Problem::NoComparison)?;
    let rule = match how {
        "exists" => exists(operand),
        "numeric" => numeric(operand).map(Rule::Numeric),
        "cidr" => cidr(operand),
        "anything-but" => anything_but(operand).map(Rule::AnythingBut),
        "prefix" | "suffix" | "equals-ignore-case" | "wildcard" => text_rule(how, operand).map(Rule::Text),
        other => wrong(Problem::UnknownComparison(other.to_owned()), operand.at),
    }?;
    match entries.get(1) {
        None => Ok(rule),
        Some((_, second)) => wrong(Problem::SecondComparison, second.at),
    }
}

/// The first entry of an object that should have one.
fn only(entries: &[(String, Placed)], end: usize, missing: Problem) -> Parsed<(&str, &Placed)> {
    let first = entries.first().map(|(how, operand)| (how.as_str(), operand));
    first.ok_or(PatternError { problem: missing, at: Some(end) })
}

fn exists(operand: &Placed) -> Parsed<Rule> {
    match &operand.json {
        Json::Leaf(Value::Bool(wanted)) => Ok(Rule::Exists(*wanted)),
        _ => wrong(Problem::NotYesOrNo, operand.at),
    }
}

fn text_rule(how: &str, operand: &Placed) -> Parsed<TextRule> {
    // {"prefix": {"equals-ignore-case": "x"}}
    let (operand, any_case) = match &operand.json {
        Json::Object(inner) if matches!(how, "prefix" | "suffix") => match inner.as_slice() {
            [(inner, operand)] if inner == "equals-ignore-case" => (operand, true),
            _ => (operand, false),
        },
        _ => (operand, false),
    };
    let Some(text) = operand.as_str().map(str::to_owned) else {
        return wrong(Problem::NotText(how.to_owned()), operand.at);
    };
    Ok(match how {
        "prefix" => TextRule::Prefix { text, any_case },
        "suffix" => TextRule::Suffix { text, any_case },
        "equals-ignore-case" => TextRule::EqualsIgnoreCase(text),
        _ => TextRule::Wildcard(pieces(&text)?),
    })
}

/// The pieces between the asterisks; `\*` and `\\` are the characters themselves. Two asterisks in a row are refused.
///
/// Places are counted in bytes, with the opening quote.
fn pieces(text: &str) -> Parsed<Vec<String>> {
    let refuse = |problem| Err(PatternError { problem, at: None });
    let mut out = vec![String::new()];
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let literal = match c {
            '*' if next == Some('*') => return refuse(Problem::TwoAsterisks(at + 1)),
            '*' => {
                out.push(String::new());
                continue;
            }
            '\\' => match next.filter(|next| matches!(next, '*' | '\\')) {
                Some(next) => {
                    chars.next();
                    next
                }
                None => return refuse(Problem::WrongEscape(at + 1)),
            },
            other => other,
        };
        if let Some(last) = out.last_mut() {
            last.push(literal);
        }
    }
    Ok(out)
}

fn anything_but(operand: &Placed) -> Parsed<Vec<Rule>> {
    match &operand.json {
        Json::Array(entries) => {
            let leaf = |entry: &Placed| match &entry.json {
                Json::Leaf(leaf @ (Value::String(_) | Value::Number(_))) => Ok(Rule::Equals(leaf.clone())),
                _ => wrong(Problem::NotForLists, entry.at),
            };
            let rules: Vec<Rule> = entries.iter().map(leaf).collect::<Parsed<_>>()?;
            let texts = entries.iter().filter(|entry| entry.as_str().is_some()).count();
            if entries.is_empty() || (texts > 0 && texts < entries.len()) {
                return wrong(Problem::MixedList, operand.end);
            }
            Ok(rules)
        }
        Json::Object(entries) => {
            let (how, inner) = only(entries, operand.end, Problem::NoAnythingBut)?;
            if !matches!(how, "prefix" | "suffix" | "equals-ignore-case" | "wildcard") {
                return wrong(Problem::UnknownAnythingBut(how.to_owned()), inner.at);
            }
            let rules: Vec<Rule> = match &inner.json {
                Json::Array(all) => {
                    all.iter().map(|one| text_rule(how, one).map(Rule::Text)).collect::<Parsed<_>>()?
                }
                _ => vec![text_rule(how, inner).map(Rule::Text)?],
            };
            match entries.get(1) {
                None if rules.is_empty() => wrong(Problem::EmptyArray, inner.end),
                None => Ok(rules),
                Some((_, second)) => wrong(Problem::SecondComparison, second.at),
            }
        }
        Json::Leaf(leaf @ (Value::String(_) | Value::Number(_))) => Ok(vec![Rule::Equals(leaf.clone())]),
        Json::Leaf(_) => wrong(Problem::NotForAnythingBut, operand.at),
    }
}

/// `[">", 0, "<=", 5]`: one bound, or a lower one and an upper one.
fn numeric(operand: &Placed) -> Parsed<Vec<(Comparison, f64)>> {
    let Json::Array(entries) = &operand.json else { return wrong(Problem::NotBounds, operand.at) };
    // Behind the last entry, the reader sees the bracket.
    let at = |number: usize| entries.get(number).map_or(operand.end, |entry| entry.at);
    let text = |number: usize| entries.get(number).map_or_else(|| "]".to_owned(), Placed::text);
    let bound = |number: usize, sign: &str| match entries.get(number).map(|entry| &entry.json) {
        Some(Json::Leaf(Value::Number(bound))) => Ok(bound.as_f64().unwrap_or(f64::NAN)),
        _ => {
            let sign = if sign == "=" { "equals" } else { sign };
            wrong(Problem::NotANumber(sign.to_owned()), at(number))
        }
    };
    let Some(sign) = entries.first().and_then(Placed::as_str) else {
        return wrong(Problem::NotASign(text(0)), at(0));
    };
    let Some(comparison) = Comparison::parse(sign) else {
        return wrong(Problem::UnknownSign(sign.to_owned()), at(1));
    };
    let mut bounds = vec![(comparison, bound(1, sign)?)];
    let has_more = entries.len() > 2;
    if has_more && !matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) {
        return wrong(Problem::ManyBounds, at(2));
    }
    if has_more {
        let Some(sign) = entries[2].as_str() else { return wrong(Problem::NotAnUpperSign(text(2)), at(2)) };
        let upper = Comparison::parse(sign);
        let Some(upper) = upper.filter(|sign| matches!(sign, Comparison::Less | Comparison::LessOrEqual))
        else {
            return wrong(Problem::UnknownUpperSign(sign.to_owned()), at(2));
        };
        bounds.push((upper, bound(3, sign)?));
        if entries.len() > 4 {
            return wrong(Problem::ManyTerms, at(4));
        }
    }
    Ok(bounds)
}

fn cidr(operand: &Placed) -> Parsed<Rule> {
    let refuse = |problem| Err(PatternError { problem, at: None });
    // The matcher says `prefix` here.
    let Some(text) = operand.as_str() else {
        return wrong(Problem::NotText("prefix".to_owned()), operand.at);
    };
    let Some((address, bits)) = text.split_once('/').filter(|(_, bits)| !bits.contains('/')) else {
        return refuse(Problem::Network("Malformed CIDR, one '/' required".to_owned()));
    };
    let Ok(bits) = bits.parse::<i32>() else {
        return refuse(Problem::Network("Malformed CIDR, mask bits must be an integer".to_owned()));
    };
    let Ok(bits) = u32::try_from(bits) else {
        return refuse(Problem::Network("Malformed CIDR, mask bits must not be negative".to_owned()));
    };
    let Ok(address) = address.parse::<std::net::IpAddr>() else {
        return refuse(Problem::Network(format!("Nonstandard IP address: {address}")));
    };
    let (kind, width) = if address.is_ipv4() { ("IPv4", 32) } else { ("IPv6", 128) };
    let network =
        u8::try_from(bits).ok().filter(|_| bits < width).and_then(|bits| Network::new(address, bits));
    match network {
        Some(network) => Ok(Rule::Cidr(network)),
        None => refuse(Problem::Network(format!("{kind} mask bits must be < {width}"))),
    }
}
