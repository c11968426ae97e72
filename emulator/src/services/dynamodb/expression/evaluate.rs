//! What a [`Condition`] says of an item. Nothing here can fail: what cannot be compared is not equal, and not in order.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html (read 2026-11-28).
//! Recorded, for what is absent or of another type: Alternator's `test_condition_expression.py`.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::super::value::{AttributeValue, Number};
use super::attributes::Attributes;
use super::condition::{Comparator, Condition, Operand};

impl Condition {
    /// Whether it is true of an item. One that is absent is one without attributes.
    pub(crate) fn holds(&self, item: &impl Attributes) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(item)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(item)),
            Self::Not(condition) => !condition.holds(item),
            Self::Compare(comparator, one, two) => comparator.holds(one.value(item), two.value(item)),
            Self::Between(first, lower, upper) => first.value(item).is_some_and(|value| {
                let in_order = |one: Option<Cow<'_, AttributeValue>>, bound| {
                    one.and_then(|one| order(&value, &one)).is_some_and(|found| found != bound)
                };
                in_order(lower.value(item), Ordering::Less) && in_order(upper.value(item), Ordering::Greater)
            }),
            Self::In(first, others) => first
                .value(item)
                .is_some_and(|value| others.iter().any(|other| other.value(item).as_ref() == Some(&value))),
            Self::Exists(path) => path.find(item).is_some(),
            Self::NotExists(path) => path.find(item).is_none(),
            Self::IsType(operand, kind) => operand.value(item).is_some_and(|value| value.kind() == *kind),
            Self::BeginsWith(one, two) => both(one, two, item, begins_with),
            Self::Contains(one, two) => both(one, two, item, contains),
        }
    }
}

impl Operand {
    /// What it stands for in an item, if it stands for anything there.
    pub(super) fn value<'a>(&'a self, item: &'a impl Attributes) -> Option<Cow<'a, AttributeValue>> {
        match self {
            Self::Path(path) => path.find(item),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(operand) => {
                let size = size(operand.value(item)?.as_ref())?;
                let size = i64::try_from(size).expect("no value is that large");
                Some(Cow::Owned(AttributeValue::N(Number::from(size))))
            }
        }
    }
}

impl Comparator {
    /// What is absent differs from everything, even from what is absent too, and comes before and after nothing.
    fn holds(self, one: Option<Cow<'_, AttributeValue>>, two: Option<Cow<'_, AttributeValue>>) -> bool {
        let (Some(one), Some(two)) = (one, two) else { return self == Self::NotEqual };
        match self {
            Self::Equal => one == two,
            Self::NotEqual => one != two,
            Self::Less => order(&one, &two).is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order(&one, &two).is_some_and(Ordering::is_le),
            Self::Greater => order(&one, &two).is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order(&one, &two).is_some_and(Ordering::is_ge),
        }
    }
}

/// The order of two texts, numbers or binaries.
pub(super) fn order(one: &AttributeValue, two: &AttributeValue) -> Option<Ordering> {
    match (one, two) {
        (AttributeValue::S(one), AttributeValue::S(two)) => Some(one.cmp(two)),
        (AttributeValue::N(one), AttributeValue::N(two)) => Some(one.cmp(two)),
        (AttributeValue::B(one), AttributeValue::B(two)) => Some(one.cmp(two)),
        _ => None,
    }
}

/// Whether something is true of two operands that are both there.
fn both(
    one: &Operand,
    two: &Operand,
    item: &impl Attributes,
    is: impl Fn(&AttributeValue, &AttributeValue) -> bool,
) -> bool {
    match (one.value(item), two.value(item)) {
        (Some(one), Some(two)) => is(&one, &two),
        _ => false,
    }
}

fn begins_with(whole: &AttributeValue, start: &AttributeValue) -> bool {
    match (whole, start) {
        (AttributeValue::S(whole), AttributeValue::S(start)) => whole.starts_with(start.as_str()),
        (AttributeValue::B(whole), AttributeValue::B(start)) => whole.starts_with(start),
        _ => false,
    }
}

/// A part of a text or binary, an element of a set, or an element of a list, whatever its type.
fn contains(whole: &AttributeValue, part: &AttributeValue) -> bool {
    match (whole, part) {
        (AttributeValue::S(whole), AttributeValue::S(part)) => whole.contains(part.as_str()),
        (AttributeValue::B(whole), AttributeValue::B(part)) => {
            part.is_empty() || whole.windows(part.len()).any(|window| window == part)
        }
        (AttributeValue::Ss(set), AttributeValue::S(part)) => set.contains(part),
        (AttributeValue::Ns(set), AttributeValue::N(part)) => set.contains(part),
        (AttributeValue::Bs(set), AttributeValue::B(part)) => set.contains(part),
        (AttributeValue::L(list), part) => list.contains(part),
        _ => false,
    }
}

/// Characters of a text, bytes of a binary, elements of a set, list or map. Numbers, booleans and null have no size.
///
/// Recorded: dynalite's `test/scan.js`: `abÿ` has three. Assumed: a character is a unit of UTF-16, as in Java.
fn size(value: &AttributeValue) -> Option<usize> {
    match value {
        AttributeValue::S(text) => Some(text.encode_utf16().count()),
        AttributeValue::B(bytes) => Some(bytes.len()),
        AttributeValue::Ss(set) => Some(set.len()),
        AttributeValue::Ns(set) => Some(set.len()),
        AttributeValue::Bs(set) => Some(set.len()),
        AttributeValue::M(entries) => Some(entries.len()),
        AttributeValue::L(entries) => Some(entries.len()),
        AttributeValue::N(_) | AttributeValue::Null | AttributeValue::Bool(_) => None,
    }
}
