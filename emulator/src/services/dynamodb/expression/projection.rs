//! [`Projection`]: which parts of an item are answered.

use std::collections::BTreeMap;

use super::super::value::{AttributeValue, Item};
use super::attributes::Attributes;
use super::error::{ExpressionError, Fault, Kind};
use super::faults::Faults;
use super::path::{Clash, Path, Step};
use super::placeholders::{PathFault, Placeholders};
use super::syntax::Parser;

/// Places in an item, none within another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Projection(BTreeMap<String, Wanted>);

/// How much of a value is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Members(BTreeMap<String, Self>),
    Elements(BTreeMap<usize, Self>),
}

/// AWS's passes over a projection, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    ReservedWords,
    Placeholders,
    Paths(Clash),
}

impl Projection {
    /// Reads an expression: paths with commas between them.
    pub(crate) fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, ExpressionError> {
        let mut read = || {
            super::admit(text)?;
            let mut parser = Parser::of(text, &[]);
            let mut written = vec![parser.path()?];
            while parser.tokens.take(",") {
                written.push(parser.path()?);
            }
            parser.finish()?;
            let mut faults = Faults::none();
            let paths: Vec<Path> = written
                .iter()
                .map(|parts| {
                    placeholders.path(parts, |what, fault| {
                        let reserved = what == PathFault::Reserved;
                        faults.note(if reserved { Pass::ReservedWords } else { Pass::Placeholders }, fault);
                    })
                })
                .collect();
            Clash::among(&paths, |clash, fault| faults.note(Pass::Paths(clash), fault));
            faults.unless_any(paths).map(|paths| Self::of_paths(&paths))
        };
        read().map_err(|fault: Fault| ExpressionError::Invalid(Kind::Projection, fault))
    }

    /// Of these places, of which none may be within another.
    pub(crate) fn of_paths<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut wanted = BTreeMap::new();
        for path in paths {
            let place = wanted.entry(path.attribute.clone());
            match path.steps.split_first() {
                None => drop(place.or_insert(Wanted::All)),
                Some((step, rest)) => place.or_insert_with(|| Wanted::below(step)).add(step, rest),
            }
        }
        Self(wanted)
    }

    /// Of whole attributes.
    pub(crate) fn of_attributes(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| (name, Wanted::All)).collect())
    }

    /// The attributes that it takes something of.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The attributes that it takes less than the whole of.
    pub(crate) fn nested_attributes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, wanted)| !matches!(wanted, Wanted::All)).map(|(name, _)| name.as_str())
    }

    /// What an item has there. Elements of a list close up; what is around a place that is absent is left out too.
    pub(crate) fn of(&self, item: &impl Attributes) -> Item {
        let taken = self.0.iter().filter_map(|(name, wanted)| {
            let value = item.attribute(name)?;
            let value = if matches!(wanted, Wanted::All) { value.into_owned() } else { wanted.of(&value)? };
            Some((name.clone(), value))
        });
        taken.collect()
    }
}

impl Wanted {
    /// Nothing yet of a map or list.
    const fn below(step: &Step) -> Self {
        match step {
            Step::Member(_) => Self::Members(BTreeMap::new()),
            Step::Element(_) => Self::Elements(BTreeMap::new()),
        }
    }

    /// Adds a place; one that clashes with a known one changes nothing.
    fn add(&mut self, step: &Step, rest: &[Step]) {
        let new = || rest.first().map_or(Self::All, Self::below);
        let place = match (self, step) {
            (Self::Members(members), Step::Member(name)) => members.entry(name.clone()).or_insert_with(new),
            (Self::Elements(elements), Step::Element(at)) => elements.entry(*at).or_insert_with(new),
            _ => return,
        };
        if let Some((step, rest)) = rest.split_first() {
            place.add(step, rest);
        }
    }

    fn of(&self, value: &AttributeValue) -> Option<AttributeValue> {
        match (self, value) {
            (Self::All, value) => Some(value.clone()),
            (Self::Members(members), AttributeValue::M(entries)) => {
                let taken: Item = members
                    .iter()
                    .filter_map(|(name, wanted)| Some((name.clone(), wanted.of(entries.get(name)?)?)))
                    .collect();
                (!taken.is_empty()).then_some(AttributeValue::M(taken))
            }
            (Self::Elements(elements), AttributeValue::L(entries)) => {
                let taken: Vec<_> =
                    elements.iter().filter_map(|(at, wanted)| wanted.of(entries.get(*at)?)).collect();
                (!taken.is_empty()).then_some(AttributeValue::L(taken))
            }
            _ => None,
        }
    }
}
