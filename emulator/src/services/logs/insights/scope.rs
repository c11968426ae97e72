//! What names mean at a place of a query: a field that a command has made, one of the event's own, or a discovered one.

use super::invocation::LambdaField;
use super::syntax::Field;

/// The names in sight.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Fields that commands have made, by their place in a row.
    pub(super) made: Vec<String>,
    /// Names that messages are searched for.
    pub(super) found: Vec<String>,
    /// Behind `stats` there are no events any more.
    pub(super) is_aggregated: bool,
}

impl Scope {
    /// What a name means. None behind `stats` if no command has made it.
    pub(super) fn resolve(&mut self, name: &str) -> Option<Field> {
        if let Some(place) = self.made.iter().rposition(|made| made == name) {
            return Some(Field::Made(place));
        }
        let inside = self.made.iter().enumerate().rev().find_map(|(place, made)| {
            let rest = name.strip_prefix(made.as_str())?.strip_prefix('.')?;
            Some(Field::Inside(place, rest.to_owned()))
        });
        if inside.is_some() || self.is_aggregated {
            return inside;
        }
        let own = match name {
            "@timestamp" => Some(Field::Timestamp),
            "@ingestionTime" => Some(Field::IngestionTime),
            "@message" => Some(Field::Message),
            "@logStream" => Some(Field::LogStream),
            "@log" => Some(Field::Log),
            "@ptr" => Some(Field::Ptr),
            _ => LambdaField::of(name).map(Field::Lambda),
        };
        Some(own.unwrap_or_else(|| self.discover(name)))
    }

    /// Documented: a discovered field whose name begins with `@` is shown with one more.
    fn discover(&mut self, name: &str) -> Field {
        let name = name.strip_prefix('@').filter(|rest| rest.starts_with('@')).unwrap_or(name);
        let known = self.found.iter().position(|found| found == name);
        Field::Found(known.unwrap_or_else(|| {
            self.found.push(name.to_owned());
            self.found.len() - 1
        }))
    }

    /// A place for a new field.
    pub(super) fn make(&mut self, name: &str) -> usize {
        self.made.push(name.to_owned());
        self.made.len() - 1
    }
}
