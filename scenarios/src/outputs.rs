//! `${Name}` in a scenario stands for an output of its template's stack.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Scenario, ScenarioError};

/// The outputs of a created stack, by name, and the scenario that names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    values: BTreeMap<String, String>,
    scenario: Arc<str>,
    text: Arc<str>,
}

impl Outputs {
    /// The outputs of this scenario's stack.
    pub fn of(scenario: &Scenario, values: BTreeMap<String, String>) -> Self {
        Self { values, scenario: scenario.name.as_str().into(), text: scenario.file("scenario.toml").into() }
    }

    /// Where the scenario's file names an output, with what there is.
    fn missing(&self, name: &str) -> ScenarioError {
        let known: Vec<String> = self.values.keys().cloned().collect();
        let (line, column) = place_of(&self.text, &format!("${{{name}"));
        ScenarioError::NoOutput {
            file: format!("{}/scenario.toml", self.scenario),
            line,
            column,
            name: name.to_owned(),
            known,
        }
    }

    /// `text` with every `${Name}` replaced.
    ///
    /// Error: a name that is not an output, or a `${` without its `}`.
    pub fn fill(&self, text: &str) -> Result<String, ScenarioError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let length = rest[start..].find('}').ok_or_else(|| self.missing(&rest[start + 2..]))?;
            let name = &rest[start + 2..start + length];
            filled.push_str(&rest[..start]);
            filled.push_str(self.values.get(name).ok_or_else(|| self.missing(name))?);
            rest = &rest[start + length + 1..];
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// The line and column, from 1, at which a text first holds `needle`; its begin if it does not.
pub(crate) fn place_of(text: &str, needle: &str) -> (usize, usize) {
    place_at(text, text.find(needle).unwrap_or(0))
}

/// The line and column, from 1, of a byte of a text.
pub(crate) fn place_at(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_unknown_ones_refused_with_the_nearest() {
        let values = BTreeMap::from([("RawBucket".to_owned(), "raw".to_owned())]);
        let text = "a = 1\nto = \"s3://${RawBuket}/\"\n";
        let outputs = Outputs { values, scenario: "s".into(), text: text.into() };
        assert_eq!(outputs.fill("s3://${RawBucket}/a/${RawBucket}").unwrap(), "s3://raw/a/raw");
        assert_eq!(outputs.fill("plain $ {x}").unwrap(), "plain $ {x}");
        let error = outputs.fill("s3://${RawBuket}/").unwrap_err().to_string();
        assert!(
            error.contains("s/scenario.toml:2:12: the template has no output `RawBuket`")
                && error.contains("did you mean `RawBucket`?"),
            "{error}"
        );
        assert!(outputs.fill("${open").is_err());
    }
}
