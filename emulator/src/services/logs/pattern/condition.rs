//! Conditions joined by `&&`, `||` and parentheses; `&&` binds closer.

use super::PatternError;
use super::cursor::Cursor;

/// Deepest nesting of parentheses that is read.
const DEPTH_MAX: usize = 50;

/// A tree whose leaves are one language's comparisons.
#[derive(Clone, Debug)]
pub(super) enum Condition<L> {
    Leaf(L),
    All(Vec<Condition<L>>),
    Any(Vec<Condition<L>>),
}

impl<L> Condition<L> {
    pub(super) fn parse(
        cursor: &mut Cursor<'_>,
        leaf: &mut dyn FnMut(&mut Cursor<'_>) -> Result<L, PatternError>,
    ) -> Result<Self, PatternError> {
        Self::any(cursor, leaf, 0)
    }

    fn any(
        cursor: &mut Cursor<'_>,
        leaf: &mut dyn FnMut(&mut Cursor<'_>) -> Result<L, PatternError>,
        depth: usize,
    ) -> Result<Self, PatternError> {
        let mut parts = vec![Self::all(cursor, leaf, depth)?];
        while cursor.eat_token("||") {
            parts.push(Self::all(cursor, leaf, depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) })
    }

    fn all(
        cursor: &mut Cursor<'_>,
        leaf: &mut dyn FnMut(&mut Cursor<'_>) -> Result<L, PatternError>,
        depth: usize,
    ) -> Result<Self, PatternError> {
        let mut parts = vec![Self::one(cursor, leaf, depth)?];
        while cursor.eat_token("&&") {
            parts.push(Self::one(cursor, leaf, depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) })
    }

    fn one(
        cursor: &mut Cursor<'_>,
        leaf: &mut dyn FnMut(&mut Cursor<'_>) -> Result<L, PatternError>,
        depth: usize,
    ) -> Result<Self, PatternError> {
        if depth > DEPTH_MAX {
            return Err(cursor.error("too many parentheses"));
        }
        if !cursor.eat_token("(") {
            return leaf(cursor).map(Self::Leaf);
        }
        let inner = Self::any(cursor, leaf, depth + 1)?;
        cursor.expect(")")?;
        Ok(inner)
    }

    pub(super) fn holds(&self, leaf: &impl Fn(&L) -> bool) -> bool {
        match self {
            Self::Leaf(one) => leaf(one),
            Self::All(parts) => parts.iter().all(|part| part.holds(leaf)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(leaf)),
        }
    }

    pub(super) fn each<'a>(&'a self, act: &mut dyn FnMut(&'a L)) {
        match self {
            Self::Leaf(one) => act(one),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(act)),
        }
    }
}
