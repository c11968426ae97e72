//! [`Placeholders`]: `ExpressionAttributeNames` and `ExpressionAttributeValues` of a request, and which of them were used.

use std::collections::BTreeMap;

use wavetank_wire::Val;

use super::super::value::AttributeValue;
use super::error::{ExpressionError, Fault};
use super::path::{PATH_LEVELS_MAX, Path, Step};
use super::reserved::is_reserved;
use super::syntax::Part;

const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";

/// Bytes of an attribute's name, at most.
/// Recorded, for the number and the sentence: github.com/ExtendDB/extenddb, issue 365 (measured on AWS on 2026-09-16). Assumed: the
/// sentence for a name that is empty, of which Alternator's `test_limits.py` has the end.
const NAME_BYTES_MAX: usize = 65_535;

/// Elements of a list that can be named, at most: no list that fits into an item is near it.
/// Assumed.
const INDEX_MAX: usize = i32::MAX as usize;

/// What stands for what, and whether an expression has asked for it.
#[derive(Debug, Default)]
pub(crate) struct Placeholders {
    names: BTreeMap<String, (String, bool)>,
    values: BTreeMap<String, (AttributeValue, bool)>,
}

impl Placeholders {
    /// As a request has them: none at all, or at least one, each with a proper key.
    pub(crate) fn read(
        names: Option<BTreeMap<String, String>>,
        values: Option<BTreeMap<String, Val>>,
    ) -> Result<Self, ExpressionError> {
        check_keys(NAMES, '#', names.as_ref())?;
        check_keys(VALUES, ':', values.as_ref())?;
        let mut read = BTreeMap::new();
        for (key, val) in values.unwrap_or_default() {
            match AttributeValue::from_wire(val) {
                Ok(value) => read.insert(key, (value, false)),
                Err(why) => return Err(ExpressionError::PlaceholderValue { key, why }),
            };
        }
        let names = names.unwrap_or_default();
        for name in names.values() {
            match name.len() {
                0 => return Err(ExpressionError::EmptyName),
                bytes if bytes > NAME_BYTES_MAX => return Err(ExpressionError::NameTooLong),
                _ => {}
            }
        }
        let names = names.into_iter().map(|(key, name)| (key, (name, false))).collect();
        Ok(Self { names, values: read })
    }

    /// Nothing may be left over once all expressions are read.
    pub(crate) fn check_all_used(&self) -> Result<(), ExpressionError> {
        check_used(NAMES, &self.names)?;
        check_used(VALUES, &self.values)
    }

    /// The value that a placeholder stands for.
    pub(super) fn value(&mut self, key: &str) -> Result<AttributeValue, Fault> {
        let Some((value, used)) = self.values.get_mut(key) else {
            return Err(Fault::ValueUndefined(key.to_owned()));
        };
        *used = true;
        Ok(value.clone())
    }

    fn name(&mut self, key: &str) -> Result<String, Fault> {
        let Some((name, used)) = self.names.get_mut(key) else {
            return Err(Fault::NameUndefined(key.to_owned()));
        };
        *used = true;
        Ok(name.clone())
    }

    /// A path with its placeholders filled. What is wrong with it goes to `note`, reserved words by themselves.
    pub(super) fn path(&mut self, parts: &[Part<'_>], mut note: impl FnMut(PathFault, Fault)) -> Path {
        if parts.len() > PATH_LEVELS_MAX {
            note(PathFault::Unusable, Fault::PathTooDeep(parts.len()));
        }
        let mut steps = parts.iter().map(|part| match part {
            Part::Index(digits) => Step::Element(index(digits).unwrap_or_else(|fault| {
                note(PathFault::Unusable, fault);
                0
            })),
            Part::Word(word) => {
                if is_reserved(word) {
                    note(PathFault::Reserved, Fault::Reserved((*word).to_owned()));
                }
                Step::Member((*word).to_owned())
            }
            Part::Name(key) => Step::Member(self.name(key).unwrap_or_else(|fault| {
                note(PathFault::Unusable, fault);
                String::new()
            })),
        });
        let Some(Step::Member(attribute)) = steps.next() else {
            unreachable!("the grammar lets a path begin with a name only");
        };
        Path { attribute, steps: steps.collect() }
    }
}

/// In which of AWS's passes a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathFault {
    Reserved,
    Unusable,
}

fn index(digits: &str) -> Result<usize, Fault> {
    let fits = digits.parse().ok().filter(|index| *index <= INDEX_MAX);
    fits.ok_or_else(|| Fault::IndexOutOfRange(digits.to_owned()))
}

fn check_keys<T>(
    parameter: &'static str,
    mark: char,
    entries: Option<&BTreeMap<String, T>>,
) -> Result<(), ExpressionError> {
    let Some(entries) = entries else { return Ok(()) };
    if entries.is_empty() {
        return Err(ExpressionError::NoPlaceholders(parameter));
    }
    let proper = |key: &str| {
        let rest = key.strip_prefix(mark).unwrap_or_default();
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match entries.keys().find(|key| !proper(key)) {
        Some(key) => Err(ExpressionError::PlaceholderKey { parameter, key: key.clone() }),
        None => Ok(()),
    }
}

fn check_used<T>(
    parameter: &'static str,
    entries: &BTreeMap<String, (T, bool)>,
) -> Result<(), ExpressionError> {
    let keys: Vec<String> =
        entries.iter().filter(|(_, (_, used))| !used).map(|(key, _)| key.clone()).collect();
    if keys.is_empty() { Ok(()) } else { Err(ExpressionError::Unused { parameter, keys }) }
}
