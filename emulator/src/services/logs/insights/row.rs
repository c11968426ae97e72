//! A row on its way through a query: the event it comes from, and what commands have made of it.

use std::cell::OnceCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::state::Event;
use super::discover;
use super::syntax::Field;
use super::value::Value;

/// The stream that an event is in.
#[derive(Debug)]
pub(in super::super) struct Place<'a> {
    pub(in super::super) account: &'a str,
    pub(in super::super) group: &'a str,
    pub(in super::super) stream: &'a str,
    /// Whether the group is a Lambda function's.
    pub(in super::super) is_lambda: bool,
}

/// An event and where it is.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Source<'a> {
    pub(in super::super) event: &'a Event,
    pub(in super::super) place: &'a Place<'a>,
}

impl Source<'_> {
    /// What GetLogRecord finds the event by. Ours is readable when decoded; AWS's means nothing.
    pub(in super::super) fn pointer(&self) -> String {
        let (event, place) = (self.event, self.place);
        STANDARD.encode(format!("{}\n{}\n{}\n{}", place.group, place.stream, event.at, event.number))
    }

    /// Documented: `account-id:log-group-name`.
    pub(in super::super) fn log(&self) -> String {
        format!("{}:{}", self.place.account, self.place.group)
    }
}

#[derive(Debug)]
pub(super) struct Row<'a> {
    /// None behind `stats`.
    pub(super) source: Option<Source<'a>>,
    /// In the order in which commands name them.
    pub(super) made: Vec<Value<'a>>,
    found: OnceCell<Vec<Value<'a>>>,
}

impl<'a> Row<'a> {
    pub(super) fn of(source: Source<'a>) -> Self {
        Self { source: Some(source), made: Vec::new(), found: OnceCell::new() }
    }

    pub(super) fn made(made: Vec<Value<'a>>) -> Self {
        Self { source: None, made, found: OnceCell::new() }
    }

    /// The same event with what has been made so far.
    pub(super) fn twin(&self) -> Self {
        Self { source: self.source, made: self.made.clone(), found: OnceCell::new() }
    }

    /// A field's value. `names` are those that messages are searched for.
    pub(super) fn value<'r>(&'r self, field: &'r Field, names: &[String]) -> Value<'r> {
        match field {
            Field::Made(place) => return self.made[*place].borrowed(),
            Field::Inside(place, name) => return inside(&self.made[*place], name),
            _ => {}
        }
        let Some(source) = self.source else { return Value::Null };
        match field {
            Field::Timestamp => Value::Time(source.event.at),
            Field::IngestionTime => Value::Time(source.event.ingested),
            Field::Message => Value::text(&source.event.message),
            Field::LogStream => Value::text(source.place.stream),
            Field::Log => Value::owned(source.log()),
            Field::Ptr => Value::owned(source.pointer()),
            Field::Lambda(field) => field.read(&source.event.message, source.place.is_lambda),
            Field::Found(place) => {
                let read = || discover::find(&source.event.message, names, source.place.is_lambda);
                self.found.get_or_init(read)[*place].borrowed()
            }
            Field::Made(_) | Field::Inside(..) => unreachable!("answered above"),
        }
    }
}

/// A member of what `jsonParse` made. Members' own names may have dots.
fn inside<'r>(value: &'r Value<'_>, name: &str) -> Value<'r> {
    let Value::Tree(tree) = value else { return Value::Null };
    member(tree, name).map_or(Value::Null, Value::of_json)
}

fn member<'t>(tree: &'t serde_json::Value, name: &str) -> Option<&'t serde_json::Value> {
    if name.is_empty() {
        return Some(tree);
    }
    let ends = [name.len()].into_iter().chain(name.match_indices('.').map(|(at, _)| at));
    ends.into_iter().find_map(|end| {
        let part = &name[..end];
        let below = match tree {
            serde_json::Value::Array(entries) => entries.get(part.parse::<usize>().ok()?),
            tree => tree.get(part),
        };
        member(below?, name.get(end + 1..).unwrap_or_default())
    })
}
