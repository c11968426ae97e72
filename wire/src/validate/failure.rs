//! What failed, and how it reads: `Value '' at 'streamName' failed to satisfy constraint: Member must have length ..`.
//!
//! Values print as Java prints them, since AWS's services do.

use std::fmt;

use crate::schema::{Kind, Shape};
use crate::val::Val;

/// All that is wrong with one request, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationFailures {
    /// The name of the request's shape, such as `PutItemInput`.
    pub shape: &'static str,
    /// At least one.
    pub failures: Vec<Failure>,
}

/// One broken constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Such as `tags.1.member.key`.
    pub path: String,
    /// The value, as far as it is told.
    pub shown: Shown,
    /// What it breaks.
    pub constraint: Constraint,
}

/// How a failure shows its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// `Value null at`.
    Null,
    /// `Value '..' at`.
    Text(String),
    /// `Value at`: the shape is sensitive.
    Hidden,
}

/// A constraint of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is told in its own words below")]
pub enum Constraint {
    NotNull,
    LengthMin(i64),
    LengthMax(i64),
    ValueMin(Number),
    ValueMax(Number),
    Pattern(&'static str),
    Enum(&'static [&'static str]),
    /// An enum whose values are not told.
    HiddenEnum,
    /// On every entry of a list.
    Each(Vec<Constraint>),
    /// On every key of a map.
    Keys(Vec<Constraint>),
    /// On every value of a map.
    Values(Vec<Constraint>),
}

/// A bound, printed as its type prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the type says it")]
pub enum Number {
    Int(i64),
    Double(i64),
}

/// Where a value stands, without allocation until something fails.
pub(super) enum Path<'p> {
    Root,
    Member(&'p Path<'p>, &'static str),
    Entry(&'p Path<'p>, usize),
    Key(&'p Path<'p>, &'p str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => write_lower_first(f, name),
            Self::Member(parent, name) => {
                write!(f, "{parent}.")?;
                write_lower_first(f, name)
            }
            Self::Entry(parent, at) => write!(f, "{parent}.{at}.member"),
            Self::Key(parent, key) => write!(f, "{parent}.{key}.member"),
        }
    }
}

/// `StreamName` -> `streamName`: AWS's Java names.
fn write_lower_first(f: &mut impl fmt::Write, name: &str) -> fmt::Result {
    let mut chars = name.chars();
    if let Some(first) = chars.next() {
        f.write_char(first.to_ascii_lowercase())?;
    }
    f.write_str(chars.as_str())
}

impl fmt::Display for ValidationFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.failures.len();
        write!(f, "{count} validation error{} detected: ", if count == 1 { "" } else { "s" })?;
        write_joined(f, &self.failures, "; ")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shown {
            Shown::Null => f.write_str("Value null at ")?,
            Shown::Hidden => f.write_str("Value at ")?,
            Shown::Text(text) => write!(f, "Value '{text}' at ")?,
        }
        write!(f, "'{}' failed to satisfy constraint: {}", self.path, self.constraint)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, each) = match self {
            Self::NotNull => return f.write_str("Member must not be null"),
            Self::LengthMin(min) => {
                return write!(f, "Member must have length greater than or equal to {min}");
            }
            Self::LengthMax(max) => return write!(f, "Member must have length less than or equal to {max}"),
            Self::ValueMin(min) => return write!(f, "Member must have value greater than or equal to {min}"),
            Self::ValueMax(max) => return write!(f, "Member must have value less than or equal to {max}"),
            Self::Pattern(stated) => {
                return write!(f, "Member must satisfy regular expression pattern: {stated}");
            }
            Self::HiddenEnum => return f.write_str("Member must satisfy enum value set"),
            Self::Enum(values) => {
                f.write_str("Member must satisfy enum value set: [")?;
                write_joined(f, values, ", ")?;
                return f.write_str("]");
            }
            Self::Each(each) => ("Member must satisfy constraint", each),
            Self::Keys(each) => ("Map keys must satisfy constraint", each),
            Self::Values(each) => ("Map value must satisfy constraint", each),
        };
        write!(f, "{words}: [")?;
        write_joined(f, each, ", ")?;
        f.write_str("]")
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Double(number) => write!(f, "{number}.0"),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display], separator: &str) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// Which bound a count breaks.
pub(super) fn bounds(count: usize, min: Option<i64>, max: Option<i64>) -> Option<Constraint> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let low = min.filter(|min| count < *min).map(Constraint::LengthMin);
    low.or_else(|| max.filter(|max| count > *max).map(Constraint::LengthMax))
}

/// Which bound a number breaks.
pub(super) fn number_bounds(shape: &Shape, val: &Val) -> Option<Constraint> {
    match (&shape.kind, val) {
        (Kind::Integer { min, max } | Kind::Long { min, max }, Val::Int(number)) => {
            let low = min.filter(|min| number < min).map(|min| Constraint::ValueMin(Number::Int(min)));
            low.or_else(|| max.filter(|max| number > max).map(|max| Constraint::ValueMax(Number::Int(max))))
        }
        (Kind::Double { min, max }, Val::Float(_) | Val::Int(_)) => {
            let number = if let Val::Float(number) = val { *number } else { int_as_double(val) };
            let low =
                min.filter(|min| number < *min as f64).map(|min| Constraint::ValueMin(Number::Double(min)));
            let high =
                max.filter(|max| number > *max as f64).map(|max| Constraint::ValueMax(Number::Double(max)));
            low.or(high)
        }
        _ => None,
    }
}

fn int_as_double(val: &Val) -> f64 {
    if let Val::Int(number) = val { *number as f64 } else { f64::NAN }
}

impl Shown {
    /// How a value of this shape is shown. What holds something sensitive is hidden as a whole where it is a list
    /// or a map of it.
    pub(super) fn of(shape: &Shape, val: &Val) -> Self {
        let holds_secret = match shape.kind {
            Kind::List { member, .. } => member.sensitive,
            Kind::Map { key, value, .. } => key.sensitive || value.sensitive,
            _ => false,
        };
        match val {
            Val::Null => Self::Null,
            _ if shape.sensitive || holds_secret => Self::Hidden,
            _ => {
                let mut text = String::new();
                push_java(&mut text, shape, val).expect("a string takes what is written");
                Self::Text(text)
            }
        }
    }
}

/// As Java's `toString` does.
///
/// Recorded: structures as `MetricTransformation(metricName=metric1, .., unit=null)` (LocalStack's
/// `test_logs_metric_filters.snapshot.json`, 2026-02-05), maps as `{2=2.0}` (`test_lambda_api.snapshot.json`,
/// 2025-11-25), bytes as `java.nio.HeapByteBuffer[pos=0 lim=4 cap=4]` (kinesalite's tests).
fn push_java(out: &mut String, shape: &Shape, val: &Val) -> fmt::Result {
    use fmt::Write as _;
    if shape.sensitive {
        return out.write_str("***Sensitive Data Redacted***");
    }
    match (&shape.kind, val) {
        (_, Val::Null) => out.write_str("null"),
        (_, Val::Kept(kept)) => push_java(out, shape, &kept.open()),
        (_, Val::Bool(value)) => write!(out, "{value}"),
        (_, Val::Int(number)) => write!(out, "{number}"),
        (_, Val::Float(number)) => write!(out, "{number:?}"),
        (_, Val::Str(text)) => out.write_str(text),
        (_, Val::Blob(bytes)) => write!(out, "java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", bytes.len()),
        (_, Val::Time(instant)) => out.write_str(&instant.format("%a %b %d %H:%M:%S UTC %Y")),
        (_, Val::Doc(document)) => write!(out, "{document}"),
        (Kind::List { member, .. }, Val::List(entries)) => {
            push_each(out, "[", "]", entries, |out, entry| push_java(out, member, entry))
        }
        (Kind::Map { value, .. }, Val::Map(entries)) => {
            push_each(out, "{", "}", entries, |out, (key, entry)| {
                write!(out, "{key}=")?;
                push_java(out, value, entry)
            })
        }
        (Kind::Structure(members), val) => {
            let numbered: Vec<_> = (0_u16..).zip(*members).collect();
            push_each(out, &format!("{}(", shape.name), ")", &numbered, |out, (index, member)| {
                write_lower_first(out, member.name)?;
                out.write_char('=')?;
                push_java(out, member.shape, val.member(*index).unwrap_or(&Val::Null))
            })
        }
        (_, Val::List(_) | Val::Map(_) | Val::Struct(_)) => Ok(()),
    }
}

fn push_each<T>(
    out: &mut String,
    open: &str,
    close: &str,
    items: &[T],
    mut push: impl FnMut(&mut String, &T) -> fmt::Result,
) -> fmt::Result {
    out.push_str(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        push(out, item)?;
    }
    out.push_str(close);
    Ok(())
}
