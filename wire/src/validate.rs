//! The model's constraints, checked: required, lengths, ranges, patterns, enums. Failures read as AWS's do.
//!
//! A valid value costs no allocation. How a failure reads is `failure.rs`; which error carries it, per service, is
//! `words.rs`. Left out: what services check beyond the model, such as names that exist.
//!
//! Recorded, for the order: of one member the pattern comes before the length, a list before its entries, and no
//! more than ten failures are told (kinesalite's tests, which run against AWS; LocalStack's `test_events.snapshot.json`,
//! 2025-01-08); members in the model's order (Athena: athena-local, 2026-09-23). Kinesis has an order of its own.

mod failure;
#[cfg(test)]
mod tests;
mod words;

use crate::schema::{Kind, Pattern, Shape};
use crate::val::Val;

pub use failure::{Constraint, Failure, Number, Shown, ValidationFailures};
pub use words::validation_error;

use failure::{Path, bounds, number_bounds};

/// Failures told, at most.
const FAILURES_MAX: usize = 10;

/// Checks a value against the constraints of its shape, all of them.
pub fn validate(shape: &Shape, val: &Val) -> Result<(), ValidationFailures> {
    let mut walk = Walk { failures: Vec::new() };
    walk.value(shape, val, &Path::Root);
    walk.failures.truncate(FAILURES_MAX);
    if walk.failures.is_empty() {
        return Ok(());
    }
    Err(ValidationFailures { shape: shape.name, failures: walk.failures })
}

struct Walk {
    failures: Vec<Failure>,
}

impl Walk {
    fn fail(&mut self, shape: &Shape, val: &Val, path: &Path<'_>, constraint: Constraint) {
        self.failures.push(Failure { path: path.to_string(), shown: Shown::of(shape, val), constraint });
    }

    fn value(&mut self, shape: &Shape, val: &Val, path: &Path<'_>) {
        if self.failures.len() >= FAILURES_MAX {
            return;
        }
        match (&shape.kind, val) {
            (_, Val::Kept(kept)) => self.value(shape, &kept.open(), path),
            (Kind::Structure(_), Val::Struct(found)) => self.structure(shape, found, path),
            (Kind::List { member, min, max, .. }, Val::List(entries)) => {
                if let Some(broken) = bounds(entries.len(), *min, *max) {
                    self.fail(shape, val, path, broken);
                }
                if !is_scalar(member) {
                    for (at, entry) in (1..).zip(entries) {
                        self.present(member, entry, &Path::Entry(path, at));
                    }
                } else if !entries.iter().all(|entry| satisfies(member, entry)) {
                    self.fail(shape, val, path, Constraint::Each(constraints(member)));
                }
            }
            (Kind::Map { .. }, Val::Map(entries)) => self.map(shape, val, entries, path),
            _ => self.scalar(shape, val, path),
        }
    }

    /// A value that may not be null: a required member, or an entry of a list.
    fn present(&mut self, shape: &Shape, val: &Val, path: &Path<'_>) {
        match val {
            Val::Null => self.fail(shape, val, path, Constraint::NotNull),
            _ => self.value(shape, val, path),
        }
    }

    fn structure(&mut self, shape: &Shape, found: &[(u16, Val)], path: &Path<'_>) {
        // Codecs and generated code give members in the model's order, so that one pass is enough. Most members of most
        // structures are absent, and cost no more than a look whether they may be.
        let is_in_order = found.is_sorted_by(|(one, _), (two, _)| one < two);
        let mut rest = found.iter().peekable();
        for (index, member) in (0_u16..).zip(shape.members()) {
            let val = match rest.next_if(|(at, _)| *at == index) {
                Some((_, val)) => Some(val),
                None if is_in_order => None,
                None => found.iter().find(|(at, _)| *at == index).map(|(_, val)| val),
            };
            match val.unwrap_or(&Val::Null) {
                val if member.required => self.present(member.shape, val, &Path::Member(path, member.name)),
                Val::Null => {}
                val => self.value(member.shape, val, &Path::Member(path, member.name)),
            }
        }
    }

    fn map(&mut self, shape: &Shape, val: &Val, entries: &[(String, Val)], path: &Path<'_>) {
        let Kind::Map { key, value, min, max, .. } = shape.kind else { return };
        if let Some(broken) = bounds(entries.len(), min, max) {
            self.fail(shape, val, path, broken);
        }
        if !entries.iter().all(|(text, _)| text_satisfies(key, text)) {
            self.fail(shape, val, path, Constraint::Keys(constraints(key)));
        }
        if !is_scalar(value) {
            for (name, entry) in entries {
                self.present(value, entry, &Path::Key(path, name));
            }
        } else if !entries.iter().all(|(_, entry)| satisfies(value, entry)) {
            self.fail(shape, val, path, Constraint::Values(constraints(value)));
        }
    }

    fn scalar(&mut self, shape: &Shape, val: &Val, path: &Path<'_>) {
        match (&shape.kind, val) {
            (Kind::String { min, max, pattern, values }, Val::Str(text)) => {
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
                    self.fail(shape, val, path, Constraint::Pattern(pattern.stated));
                }
                if let Some(broken) = text_bounds(text, *min, *max) {
                    self.fail(shape, val, path, broken);
                }
                if !is_one_of(values, text) {
                    self.fail(shape, val, path, Constraint::Enum(values));
                }
            }
            (Kind::Blob { min, max, .. }, Val::Blob(bytes)) => {
                if let Some(broken) = bounds(bytes.len(), *min, *max) {
                    self.fail(shape, val, path, broken);
                }
            }
            (_, Val::Int(_) | Val::Float(_)) => {
                if let Some(broken) = number_bounds(shape, val) {
                    self.fail(shape, val, path, broken);
                }
            }
            _ => {}
        }
    }
}

fn is_scalar(shape: &Shape) -> bool {
    !matches!(shape.kind, Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. })
}

/// Whether an entry of a list or a map's value keeps its shape's constraints.
fn satisfies(shape: &Shape, val: &Val) -> bool {
    match (&shape.kind, val) {
        (Kind::Document | Kind::Unbuilt, _) => true,
        (_, Val::Null) => false,
        (Kind::String { .. }, Val::Str(text)) => text_satisfies(shape, text),
        (Kind::Blob { min, max, .. }, Val::Blob(bytes)) => bounds(bytes.len(), *min, *max).is_none(),
        _ => number_bounds(shape, val).is_none(),
    }
}

fn text_satisfies(shape: &Shape, text: &str) -> bool {
    let Kind::String { min, max, pattern, values } = &shape.kind else { return true };
    text_bounds(text, *min, *max).is_none()
        && pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
        && is_one_of(values, text)
}

fn is_one_of(values: &[&str], text: &str) -> bool {
    values.is_empty() || values.contains(&text)
}

/// Length counts characters. Assumed: code points, where Java's own length counts UTF-16 units.
fn text_bounds(text: &str, min: Option<i64>, max: Option<i64>) -> Option<Constraint> {
    if min.is_none() && max.is_none() {
        return None;
    }
    bounds(text.chars().count(), min, max)
}

/// Every constraint of an entry, as told when one of them is broken.
///
/// Recorded: the order, and `Member must not be null` after enums and numbers but not after texts (LocalStack's
/// `test_lambda_api.snapshot.json`, 2025-11-25 and 2026-01-12: `vpcConfig.subnetIds`, `architectures`,
/// `additionalVersionWeights`).
fn constraints(shape: &Shape) -> Vec<Constraint> {
    let number = |value: i64| {
        if matches!(shape.kind, Kind::Double { .. }) { Number::Double(value) } else { Number::Int(value) }
    };
    let (mut told, values, pattern): (Vec<Constraint>, &'static [&'static str], Option<&Pattern>) =
        match &shape.kind {
            Kind::String { min, max, pattern, values } => (lengths(*min, *max), values, pattern.as_ref()),
            Kind::Blob { min, max, .. } => (lengths(*min, *max), &[], None),
            Kind::Integer { min, max } | Kind::Long { min, max } | Kind::Double { min, max } => {
                let max = max.map(|max| Constraint::ValueMax(number(max)));
                let min = min.map(|min| Constraint::ValueMin(number(min)));
                (max.into_iter().chain(min).collect(), &[], None)
            }
            _ => (Vec::new(), &[], None),
        };
    told.extend(pattern.map(|pattern| Constraint::Pattern(pattern.stated)));
    if !values.is_empty() {
        told.push(Constraint::Enum(values));
    }
    if !values.is_empty() || !matches!(shape.kind, Kind::String { .. }) || told.is_empty() {
        told.push(Constraint::NotNull);
    }
    told
}

fn lengths(min: Option<i64>, max: Option<i64>) -> Vec<Constraint> {
    max.map(Constraint::LengthMax).into_iter().chain(min.map(Constraint::LengthMin)).collect()
}
