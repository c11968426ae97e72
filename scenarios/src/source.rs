//! `scenario.toml` as it is written: where each of its values stands, and which of the template's outputs it names.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::ScenarioError;
use crate::form::refused_form;
use crate::outputs::place_at;
use crate::wrong::Wrong;

/// Keys whose texts are for people, or for the template: a `${` in one of them is no output.
const PROSE: [&str; 5] = ["summary", "summary_vi", "reason", "contains", "parameters"];

/// The file with its name.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    root: DeTable<'a>,
}

impl<'a> Source<'a> {
    /// Error: the text is no TOML.
    pub(crate) fn read(file: &'a str, text: &'a str) -> Result<Self, ScenarioError> {
        let root = DeTable::parse(text).map_err(|error| refused_form(file, text, &error))?;
        Ok(Self { file, text, root: root.into_inner() })
    }

    /// The error of something wrong, at its place.
    pub(crate) fn refuse(&self, wrong: Wrong) -> ScenarioError {
        let Wrong { at, cause, hint } = wrong;
        let (line, column) = place_at(self.text, self.offset(&at));
        ScenarioError::Form { file: self.file.to_owned(), line, column, cause, hint }
    }

    /// The byte at which the value of a path such as `check.3.order.edge` begins; if it is not there, the nearest above it.
    fn offset(&self, path: &str) -> usize {
        let mut steps = path.split('.');
        let mut found = steps.next().and_then(|key| of_table(&self.root, key));
        let mut offset = 0;
        while let Some(value) = found {
            offset = value.span().start;
            found = steps.next().and_then(|step| member(value.get_ref(), step));
        }
        offset
    }

    /// Every `${Name}` is one of these.
    ///
    /// Error: the first that is not, or that has no end.
    pub(crate) fn check_outputs(&self, known: &[String]) -> Result<(), ScenarioError> {
        let mut texts = Vec::new();
        texts_of(&self.root, &mut texts);
        for (offset, text) in texts {
            for rest in text.split("${").skip(1) {
                let name = rest.split_once('}').map(|(name, _)| name);
                if name.is_none_or(|name| !known.iter().any(|known| known == name)) {
                    return Err(self.no_output(offset, name, rest, known));
                }
            }
        }
        Ok(())
    }

    /// The error of a name in the text that begins at a byte; `rest` follows its `${`.
    fn no_output(&self, offset: usize, name: Option<&str>, rest: &str, known: &[String]) -> ScenarioError {
        let written = format!("${{{}", name.unwrap_or(rest));
        let within = self.text.get(offset..).and_then(|text| text.find(&written));
        let (line, column) = place_at(self.text, offset + within.unwrap_or(0));
        let file = self.file.to_owned();
        match name {
            Some(name) => {
                ScenarioError::NoOutput { file, line, column, name: name.to_owned(), known: known.to_vec() }
            }
            None => {
                let cause = "a `${` has no `}`".to_owned();
                let hint = "write ${NAME} for the template's output NAME".to_owned();
                ScenarioError::Form { file, line, column, cause, hint }
            }
        }
    }
}

fn of_table<'v, 'a>(table: &'v DeTable<'a>, wanted: &str) -> Option<&'v Spanned<DeValue<'a>>> {
    table.iter().find(|(key, _)| key.get_ref() == wanted).map(|(_, value)| value)
}

fn member<'v, 'a>(value: &'v DeValue<'a>, step: &str) -> Option<&'v Spanned<DeValue<'a>>> {
    match value {
        DeValue::Table(table) => of_table(table, step),
        DeValue::Array(values) => values.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// The texts of a table that may name outputs, each with the byte at which it begins.
fn texts_of<'v>(table: &'v DeTable<'_>, found: &mut Vec<(usize, &'v str)>) {
    for (key, value) in table.iter() {
        let key: &str = key.get_ref();
        if !PROSE.contains(&key) {
            texts_in(value, found);
        }
    }
}

fn texts_in<'v>(value: &'v Spanned<DeValue<'_>>, found: &mut Vec<(usize, &'v str)>) {
    match value.get_ref() {
        DeValue::String(text) => found.push((value.span().start, text.as_ref())),
        DeValue::Array(values) => values.iter().for_each(|value| texts_in(value, found)),
        DeValue::Table(table) => texts_of(table, found),
        _ => {}
    }
}
