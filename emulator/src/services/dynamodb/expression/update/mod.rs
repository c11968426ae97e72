//! [`Update`]: what an update changes, and in `parse.rs` its grammar, in `apply.rs` what it makes of an item.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html (read 2026-11-28).
//! Recorded, for its edges: Alternator's `test_update_expression.py`.

mod apply;
mod parse;

use super::super::value::{AttributeValue, NumberError};
use super::key::KeySchema;
use super::path::Path;
use super::projection::Projection;

/// Changes of an item. None is within another; all see the item as it was before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) sets: Vec<(Path, Source)>,
    pub(crate) removes: Vec<Path>,
    /// A number to be added, or elements of a set.
    pub(crate) adds: Vec<(Path, AttributeValue)>,
    /// Elements to be taken from a set.
    pub(crate) deletes: Vec<(Path, AttributeValue)>,
    pub(crate) dialect: Dialect,
}

/// In which words an update was asked for: AWS's differ a little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    #[default]
    Expression,
    /// `AttributeUpdates`: also adds to lists.
    Legacy,
}

/// Where a new value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Value(AttributeValue),
    Path(Path),
    IfNotExists(Path, Box<Self>),
    ListAppend(Box<Self>, Box<Self>),
    Plus(Box<Self>, Box<Self>),
    Minus(Box<Self>, Box<Self>),
}

/// Why an update cannot be made. Nothing is changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpdateError {
    #[error(
        "One or more parameter values were invalid: Cannot update attribute {0}. This attribute is part of the key"
    )]
    KeyAttribute(String),
    #[error("The document path provided in the update expression is invalid for update")]
    InvalidPath,
    #[error("The provided expression refers to an attribute that does not exist in the item")]
    AttributeAbsent,
    #[error("An operand in the update expression has an incorrect data type")]
    OperandType,
    #[error("Type mismatch for attribute to update")]
    LegacyType,
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Update {
    /// The places that it changes.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Path> {
        let sets = self.sets.iter().map(|(path, _)| path);
        let others = self.adds.iter().chain(&self.deletes).map(|(path, _)| path);
        sets.chain(&self.removes).chain(others)
    }

    /// The places that it changes, as `UPDATED_OLD` and `UPDATED_NEW` answer them.
    ///
    /// Recorded: Alternator's `test_returnvalues.py`: a list's element that was appended beyond its end is not answered, and
    /// where one was removed stands the next.
    pub(crate) fn touched(&self) -> Projection {
        Projection::of_paths(self.targets())
    }

    /// A key is what it is.
    pub(crate) fn check_keys(&self, schema: &KeySchema<'_>) -> Result<(), UpdateError> {
        let changed = |name| self.targets().any(|path| path.attribute == name);
        match schema.attributes().find(|key| changed(key.name)) {
            Some(key) => Err(UpdateError::KeyAttribute(key.name.to_owned())),
            None => Ok(()),
        }
    }

    /// Whether it makes an item that is absent. What only takes away makes none.
    ///
    /// Recorded: Alternator's `test_item.py` and `test_returnvalues.py`; an empty `AttributeUpdates` does make one.
    pub(crate) fn creates(&self) -> bool {
        let takes_away = !self.removes.is_empty() || !self.deletes.is_empty();
        !self.sets.is_empty() || !self.adds.is_empty() || !takes_away
    }
}
