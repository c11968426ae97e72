//! [`Path`]: a place in an item, `a.b[1]`.

use std::borrow::Cow;
use std::fmt;

use super::super::value::AttributeValue;
use super::attributes::Attributes;
use super::error::Fault;
use super::faults::Faults;

/// Levels of a path, at most.
/// Recorded: Alternator's `test_projection_expression.py`.
pub(super) const PATH_LEVELS_MAX: usize = 32;

/// A place in an item: an attribute, and the way down from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    pub(crate) attribute: String,
    pub(crate) steps: Vec<Step>,
}

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Into a map.
    Member(String),
    /// Into a list.
    Element(usize),
}

impl Path {
    /// A whole attribute.
    pub(crate) fn attribute(name: impl Into<String>) -> Self {
        Self { attribute: name.into(), steps: Vec::new() }
    }

    /// Whether it goes into an attribute.
    pub(crate) fn is_nested(&self) -> bool {
        !self.steps.is_empty()
    }

    /// What stands there. Nothing if any part of the way is absent or of another type.
    pub(crate) fn find<'a>(&self, item: &'a impl Attributes) -> Option<Cow<'a, AttributeValue>> {
        match item.attribute(&self.attribute)? {
            Cow::Borrowed(value) => self.steps.iter().try_fold(value, down).map(Cow::Borrowed),
            Cow::Owned(value) if self.steps.is_empty() => Some(Cow::Owned(value)),
            Cow::Owned(value) => self.steps.iter().try_fold(&value, down).cloned().map(Cow::Owned),
        }
    }

    /// What is wrong with asking for both places, if anything.
    pub(super) fn clash(&self, other: &Self) -> Option<Clash> {
        if self.attribute != other.attribute {
            return None;
        }
        for (one, two) in self.steps.iter().zip(&other.steps) {
            match (one, two) {
                _ if one == two => {}
                (Step::Member(_), Step::Member(_)) | (Step::Element(_), Step::Element(_)) => return None,
                _ => return Some(Clash::Conflict),
            }
        }
        Some(Clash::Overlap)
    }
}

/// How two places get into each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clash {
    /// One is the other, or within it.
    Overlap,
    /// One takes for a map what the other takes for a list.
    Conflict,
}

impl Clash {
    /// The first pair of each kind, in the order in which the paths were written.
    pub(super) fn among(paths: &[Path], mut note: impl FnMut(Self, Fault)) {
        for (at, two) in paths.iter().enumerate() {
            for one in &paths[..at] {
                if let Some(clash) = one.clash(two) {
                    note(clash, clash.fault(one.clone(), two.clone()));
                }
            }
        }
    }

    const fn fault(self, one: Path, two: Path) -> Fault {
        match self {
            Self::Overlap => Fault::Overlap { one, two },
            Self::Conflict => Fault::Conflict { one, two },
        }
    }
}

/// Refuses places that get into each other's way.
pub(crate) fn check_paths(paths: &[Path]) -> Result<(), Fault> {
    let mut faults = Faults::none();
    Clash::among(paths, |clash, fault| faults.note(clash, fault));
    faults.unless_any(())
}

/// One step down from a value.
fn down<'a>(value: &'a AttributeValue, step: &Step) -> Option<&'a AttributeValue> {
    match (value, step) {
        (AttributeValue::M(entries), Step::Member(name)) => entries.get(name),
        (AttributeValue::L(entries), Step::Element(at)) => entries.get(*at),
        _ => None,
    }
}

impl fmt::Display for Path {
    /// As AWS shows it: `[a, b, [1]]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.attribute)?;
        for step in &self.steps {
            match step {
                Step::Member(name) => write!(f, ", {name}")?,
                Step::Element(at) => write!(f, ", [{at}]")?,
            }
        }
        f.write_str("]")
    }
}
