//! `{ $.a.b[0] = "x*" && ($.n > 5 || $.c NOT EXISTS) }`: conditions on the members of a JSON message.

use std::collections::BTreeMap;

use serde_json::Value;

use super::PatternError;
use super::condition::Condition;
use super::cursor::Cursor;
use super::wanted::{Operator, Wanted};

#[derive(Clone, Debug)]
enum Step {
    Member(String),
    Entry(usize),
}

#[derive(Clone, Debug)]
struct Selector {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Operator, Wanted),
    IsNull,
    Is(bool),
    Exists(bool),
}

/// A pattern in braces.
#[derive(Clone, Debug)]
pub(in super::super) struct Json {
    condition: Condition<(Selector, Test)>,
}

impl Json {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.expect("{")?;
        let condition = Condition::parse(cursor, &mut |cursor| {
            let selector = Selector::parse(cursor)?;
            Ok((selector, Test::parse(cursor)?))
        })?;
        cursor.expect("}")?;
        cursor.skip_space();
        match cursor.peek() {
            None => Ok(Self { condition }),
            Some(_) => Err(cursor.error("something after the closing brace")),
        }
    }

    /// The message's value if it is JSON and matches.
    pub(super) fn read(&self, message: &str) -> Option<Value> {
        if !message.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let value: Value = serde_json::from_str(message).ok()?;
        let holds = self.condition.holds(&|(selector, test)| test.holds(selector.find(&value)));
        holds.then_some(value)
    }

    pub(super) fn extracted(&self, value: &Value) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        self.condition.each(&mut |(selector, _)| {
            if let Some(found) = selector.find(value).and_then(text) {
                out.insert(selector.text.clone(), found);
            }
        });
        out
    }
}

/// The value at a selector that stands alone, such as a metric's value.
pub(super) fn value(value: &Value, selector: &str) -> Option<String> {
    let mut cursor = Cursor::new(selector);
    let selector = Selector::parse(&mut cursor).ok()?;
    if cursor.peek().is_some() {
        return None;
    }
    selector.find(value).and_then(text)
}

impl Selector {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.skip_space();
        let start = cursor.rest();
        if !cursor.eat("$") {
            return Err(cursor.error("expected a selector, which begins with `$.`"));
        }
        let mut steps = Vec::new();
        loop {
            if cursor.eat(".") {
                let name = cursor.take_while(|next| next.is_alphanumeric() || "-_@".contains(next));
                if name.is_empty() {
                    return Err(cursor.error("expected the name of a member"));
                }
                steps.push(Step::Member(name.to_owned()));
            } else if cursor.eat("[") {
                steps.push(Self::bracket(cursor)?);
                cursor.expect("]")?;
            } else {
                break;
            }
        }
        if steps.is_empty() {
            return Err(cursor.error("expected `.` or `[`"));
        }
        let text = start[..start.len() - cursor.rest().len()].to_owned();
        Ok(Self { text, steps })
    }

    /// What stands in brackets: a place, or a name in quotes.
    fn bracket(cursor: &mut Cursor<'_>) -> Result<Step, PatternError> {
        if cursor.peek() == Some('"') {
            return cursor.quoted().map(Step::Member);
        }
        if cursor.eat("'") {
            let name = cursor.take_while(|next| next != '\'');
            cursor.expect("'")?;
            return Ok(Step::Member(name.to_owned()));
        }
        let digits = cursor.take_while(|next| next.is_ascii_digit());
        digits.parse().map(Step::Entry).map_err(|_| cursor.error("expected the number of an entry"))
    }

    fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.steps.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Entry(at) => value.get(at),
        })
    }
}

impl Test {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        if cursor.eat_word("IS") {
            let kinds = [("NULL", Self::IsNull), ("TRUE", Self::Is(true)), ("FALSE", Self::Is(false))];
            let found = kinds.into_iter().find(|(word, _)| cursor.eat_word(word));
            return found.map(|(_, test)| test).ok_or_else(|| cursor.error("expected NULL, TRUE or FALSE"));
        }
        if cursor.eat_word("NOT") {
            let exists = cursor.eat_word("EXISTS");
            return exists.then_some(Self::Exists(false)).ok_or_else(|| cursor.error("expected EXISTS"));
        }
        if cursor.eat_word("EXISTS") {
            return Ok(Self::Exists(true));
        }
        let operator = Operator::parse(cursor)?;
        let wanted = Wanted::parse(cursor, operator, &[')', '&', '|', '}'])?;
        Ok(Self::Compare(operator, wanted))
    }

    /// Documented: a comparison with an array or an object matches neither way. Assumed: nor with what is missing or null.
    fn holds(&self, found: Option<&Value>) -> bool {
        match (self, found) {
            (Self::Exists(wanted), found) => found.is_some() == *wanted,
            (Self::IsNull, Some(value)) => value.is_null(),
            (Self::Is(wanted), Some(value)) => value.as_bool() == Some(*wanted),
            (Self::Compare(operator, wanted), Some(value)) => match value {
                // A text has no order.
                Value::String(_) if operator.is_order() => false,
                Value::String(text) => wanted.accepts(*operator, text),
                Value::Number(number) => wanted.accepts(*operator, &number.to_string()),
                Value::Bool(flag) => wanted.accepts(*operator, if *flag { "true" } else { "false" }),
                Value::Null | Value::Array(_) | Value::Object(_) => false,
            },
            (_, None) => false,
        }
    }
}

/// A value as a metric's value, a dimension's or an extracted field's.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
