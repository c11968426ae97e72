//! What an [`Update`] makes of an item.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::super::value::{AttributeValue, Item};
use super::super::path::{Path, Step};
use super::{Dialect, Source, Update, UpdateError};

impl Update {
    /// The item as it is afterwards. `old` is the item, or the attributes of its key where there is none.
    ///
    /// First everything new is worked out from `old`. Then places are set, in their own order, so that elements beyond the end
    /// of a list are appended as they are numbered; and last places are removed, from the back, so that numbers of elements
    /// mean those of `old`.
    pub(crate) fn apply(&self, old: &Item) -> Result<Item, UpdateError> {
        let mut set: Vec<(&Path, AttributeValue)> = Vec::new();
        let mut remove: Vec<&Path> = Vec::new();
        for (path, source) in &self.sets {
            set.push((path, source.of(old)?.into_owned()));
        }
        for (path, amount) in &self.adds {
            set.push((path, self.sum(path.find(old).as_deref(), amount)?));
        }
        for (path, elements) in &self.deletes {
            match path.find(old) {
                None => check_parent(old, path)?,
                Some(from) => match self.difference(&from, elements)? {
                    Some(left) => set.push((path, left)),
                    None => remove.push(path),
                },
            }
        }
        for path in &self.removes {
            check_parent(old, path)?;
            if path.find(old).is_some() {
                remove.push(path);
            }
        }
        set.sort_by_key(|(path, _)| *path);
        remove.sort_unstable();
        let mut item = old.clone();
        for (path, value) in set {
            put(&mut item, path, value)?;
        }
        for path in remove.into_iter().rev() {
            take(&mut item, path);
        }
        Ok(item)
    }

    /// What ADD makes of a value.
    fn sum(
        &self,
        old: Option<&AttributeValue>,
        amount: &AttributeValue,
    ) -> Result<AttributeValue, UpdateError> {
        let Some(old) = old else { return Ok(amount.clone()) };
        if let (Dialect::Legacy, AttributeValue::L(old), AttributeValue::L(more)) =
            (self.dialect, old, amount)
        {
            return Ok(AttributeValue::L(old.iter().chain(more).cloned().collect()));
        }
        if let (AttributeValue::N(old), AttributeValue::N(amount)) = (old, amount) {
            return Ok(AttributeValue::N(old.plus(*amount)?));
        }
        union(old, amount).ok_or_else(|| self.wrong_type())
    }

    /// What DELETE leaves of a set, if it leaves anything.
    fn difference(
        &self,
        from: &AttributeValue,
        elements: &AttributeValue,
    ) -> Result<Option<AttributeValue>, UpdateError> {
        difference(from, elements).ok_or_else(|| self.wrong_type())
    }

    const fn wrong_type(&self) -> UpdateError {
        match self.dialect {
            Dialect::Expression => UpdateError::OperandType,
            Dialect::Legacy => UpdateError::LegacyType,
        }
    }
}

impl Source {
    /// The value, as the old item gives it.
    fn of<'a>(&'a self, old: &'a Item) -> Result<Cow<'a, AttributeValue>, UpdateError> {
        Ok(Cow::Owned(match self {
            Self::Value(value) => return Ok(Cow::Borrowed(value)),
            Self::Path(path) => return path.find(old).ok_or(UpdateError::AttributeAbsent),
            Self::IfNotExists(path, other) => return path.find(old).map_or_else(|| other.of(old), Ok),
            Self::ListAppend(one, two) => match (one.of(old)?.as_ref(), two.of(old)?.as_ref()) {
                (AttributeValue::L(one), AttributeValue::L(two)) => {
                    AttributeValue::L(one.iter().chain(two).cloned().collect())
                }
                _ => return Err(UpdateError::OperandType),
            },
            Self::Plus(one, two) => match (one.of(old)?.as_ref(), two.of(old)?.as_ref()) {
                (AttributeValue::N(one), AttributeValue::N(two)) => AttributeValue::N(one.plus(*two)?),
                _ => return Err(UpdateError::OperandType),
            },
            Self::Minus(one, two) => match (one.of(old)?.as_ref(), two.of(old)?.as_ref()) {
                (AttributeValue::N(one), AttributeValue::N(two)) => AttributeValue::N(one.minus(*two)?),
                _ => return Err(UpdateError::OperandType),
            },
        }))
    }
}

/// The elements of two sets of one type.
fn union(one: &AttributeValue, two: &AttributeValue) -> Option<AttributeValue> {
    Some(match (one, two) {
        (AttributeValue::Ss(one), AttributeValue::Ss(two)) => AttributeValue::Ss(one | two),
        (AttributeValue::Ns(one), AttributeValue::Ns(two)) => AttributeValue::Ns(one | two),
        (AttributeValue::Bs(one), AttributeValue::Bs(two)) => AttributeValue::Bs(one | two),
        _ => return None,
    })
}

/// What is left of a set without the elements of another of its type: perhaps nothing, for no set is empty.
fn difference(one: &AttributeValue, two: &AttributeValue) -> Option<Option<AttributeValue>> {
    fn left<T: Ord + Clone>(one: &BTreeSet<T>, two: &BTreeSet<T>) -> Option<BTreeSet<T>> {
        Some(one - two).filter(|left| !left.is_empty())
    }
    Some(match (one, two) {
        (AttributeValue::Ss(one), AttributeValue::Ss(two)) => left(one, two).map(AttributeValue::Ss),
        (AttributeValue::Ns(one), AttributeValue::Ns(two)) => left(one, two).map(AttributeValue::Ns),
        (AttributeValue::Bs(one), AttributeValue::Bs(two)) => left(one, two).map(AttributeValue::Bs),
        _ => return None,
    })
}

/// What is around a place must be there, and be what the path takes it for.
fn check_parent(item: &Item, path: &Path) -> Result<(), UpdateError> {
    let Some((last, before)) = path.steps.split_last() else { return Ok(()) };
    let parent = Path { attribute: path.attribute.clone(), steps: before.to_vec() };
    match (parent.find(item).as_deref(), last) {
        (Some(AttributeValue::M(_)), Step::Member(_)) | (Some(AttributeValue::L(_)), Step::Element(_)) => {
            Ok(())
        }
        _ => Err(UpdateError::InvalidPath),
    }
}

/// The value at a place, to be changed.
fn find_mut<'a>(item: &'a mut Item, attribute: &str, steps: &[Step]) -> Option<&'a mut AttributeValue> {
    steps.iter().try_fold(item.get_mut(attribute)?, |value, step| match (value, step) {
        (AttributeValue::M(entries), Step::Member(name)) => entries.get_mut(name),
        (AttributeValue::L(entries), Step::Element(at)) => entries.get_mut(*at),
        _ => None,
    })
}

/// Sets a place; an element beyond the end of its list becomes the last.
fn put(item: &mut Item, path: &Path, value: AttributeValue) -> Result<(), UpdateError> {
    let Some((last, before)) = path.steps.split_last() else {
        item.insert(path.attribute.clone(), value);
        return Ok(());
    };
    match (find_mut(item, &path.attribute, before), last) {
        (Some(AttributeValue::M(entries)), Step::Member(name)) => {
            entries.insert(name.clone(), value);
        }
        (Some(AttributeValue::L(entries)), Step::Element(at)) => match entries.get_mut(*at) {
            Some(entry) => *entry = value,
            None => entries.push(value),
        },
        _ => return Err(UpdateError::InvalidPath),
    }
    Ok(())
}

/// Removes what stands at a place.
fn take(item: &mut Item, path: &Path) {
    let Some((last, before)) = path.steps.split_last() else {
        item.remove(&path.attribute);
        return;
    };
    match (find_mut(item, &path.attribute, before), last) {
        (Some(AttributeValue::M(entries)), Step::Member(name)) => {
            entries.remove(name);
        }
        (Some(AttributeValue::L(entries)), Step::Element(at)) if *at < entries.len() => {
            entries.remove(*at);
        }
        _ => {}
    }
}
