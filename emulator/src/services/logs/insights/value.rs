//! Values of fields: what they are as numbers, texts and truths, and how two of them stand to each other.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// A value, borrowed from an event where it can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    /// Milliseconds since 1970.
    Time(i64),
    Text(Cow<'a, str>),
    /// What `jsonParse` made.
    Tree(Arc<serde_json::Value>),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// A number; none if it is not finite.
    pub(super) fn number(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Null }
    }

    pub(super) fn of_json(value: &serde_json::Value) -> Value<'static> {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(*flag),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Value::Integer(whole),
                None => number.as_f64().map_or(Value::Null, Value::number),
            },
            serde_json::Value::String(text) => Value::owned(text.clone()),
            tree => Value::Tree(Arc::new(tree.clone())),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The same value, borrowed from this.
    pub(super) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Integer(whole) => Value::Integer(*whole),
            Self::Number(number) => Value::Number(*number),
            Self::Time(at) => Value::Time(*at),
            Self::Tree(tree) => Value::Tree(Arc::clone(tree)),
        }
    }

    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Integer(whole) => Value::Integer(whole),
            Self::Number(number) => Value::Number(number),
            Self::Time(at) => Value::Time(at),
            Self::Tree(tree) => Value::Tree(tree),
        }
    }

    /// As a number: texts that say one are one, a time is its milliseconds, a truth is 1.
    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Null | Self::Tree(_) => None,
            Self::Bool(flag) => Some(f64::from(u8::from(*flag))),
            Self::Integer(whole) | Self::Time(whole) => Some(*whole as f64),
            Self::Number(number) => Some(*number),
            Self::Text(text) => number_of(text),
        }
    }

    /// As a text: what a result shows. None if it is null.
    ///
    /// Assumed: truths are shown as 1 and 0, as people write them in queries.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(flag) => Cow::Borrowed(if *flag { "1" } else { "0" }),
            Self::Integer(whole) => Cow::Owned(whole.to_string()),
            Self::Number(number) => Cow::Owned(number_text(*number)),
            Self::Time(at) => Cow::Owned(time_text(*at)),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Tree(tree) => Cow::Owned(tree.to_string()),
        })
    }

    /// Whether a filter lets it pass.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Bool(flag) => *flag,
            Self::Null | Self::Tree(_) => false,
            Self::Text(text) if &**text == "true" => true,
            other => other.as_number().is_some_and(|number| number != 0.0),
        }
    }

    /// Whether both are the same. Null is not even null.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Bool(flag), Self::Text(text)) | (Self::Text(text), Self::Bool(flag))
                if matches!(&**text, "true" | "false") =>
            {
                *flag == (&**text == "true")
            }
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    /// How both stand: as numbers where both are, otherwise as texts. None with a null.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        if let (Self::Text(one), Self::Text(other)) = (self, other)
            && (number_of(one).is_none() || number_of(other).is_none())
        {
            return Some(one.cmp(other));
        }
        match (self.as_number(), other.as_number()) {
            (Some(one), Some(other)) => one.partial_cmp(&other),
            _ => Some(self.as_text()?.cmp(&other.as_text()?)),
        }
    }

    /// The order of `sort`: numbers before texts before nulls. Assumed.
    pub(super) fn sort_order(&self, other: &Self, is_descending: bool) -> Ordering {
        let turn = |order: Ordering| if is_descending { order.reverse() } else { order };
        match (self.is_null(), other.is_null()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        match (self.as_number(), other.as_number()) {
            (Some(one), Some(other)) => turn(one.total_cmp(&other)),
            (Some(_), None) => turn(Ordering::Less),
            (None, Some(_)) => turn(Ordering::Greater),
            (None, None) => turn(self.as_text().cmp(&other.as_text())),
        }
    }

    /// Appends what tells this value from others: for groups and duplicates.
    pub(super) fn write_key(&self, key: &mut String) {
        match self {
            Self::Null => key.push('\u{1}'),
            Self::Text(text) => key.push_str(text),
            Self::Time(at) | Self::Integer(at) => key.push_str(itoa::Buffer::new().format(*at)),
            other => key.push_str(&other.as_text().unwrap_or_default()),
        }
        key.push('\0');
    }
}

/// The number that a text says.
fn number_of(text: &str) -> Option<f64> {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b' ');
    // Most texts are no numbers: the first character tells.
    text.as_bytes().first().filter(|byte| is_digit(byte))?;
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn number_text(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    number.to_string()
}

/// A time as results show it, in UTC.
fn time_text(millis: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or_default();
    at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}
