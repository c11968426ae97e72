//! `${Name}` in a scenario stands for an output of its template's stack.

use std::collections::BTreeMap;

use crate::ScenarioError;

/// The outputs of a created stack, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs(pub BTreeMap<String, String>);

impl Outputs {
    /// `text` with every `${Name}` replaced.
    ///
    /// Error: a name that is not an output, or a `${` without its `}`.
    pub fn fill(&self, text: &str) -> Result<String, ScenarioError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let missing = |name: &str| ScenarioError::NoOutput {
                text: text.to_owned(),
                name: name.to_owned(),
                known: self.0.keys().cloned().collect(),
            };
            let length = rest[start..].find('}').ok_or_else(|| missing(&rest[start + 2..]))?;
            let name = &rest[start + 2..start + length];
            filled.push_str(&rest[..start]);
            filled.push_str(self.0.get(name).ok_or_else(|| missing(name))?);
            rest = &rest[start + length + 1..];
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_unknown_ones_refused_with_the_nearest() {
        let outputs = Outputs(BTreeMap::from([("RawBucket".to_owned(), "raw".to_owned())]));
        assert_eq!(outputs.fill("s3://${RawBucket}/a/${RawBucket}").unwrap(), "s3://raw/a/raw");
        assert_eq!(outputs.fill("plain $ {x}").unwrap(), "plain $ {x}");
        let error = outputs.fill("s3://${RawBuket}/").unwrap_err().to_string();
        assert!(
            error.contains("no output `RawBuket`") && error.contains("did you mean `RawBucket`?"),
            "{error}"
        );
        assert!(outputs.fill("${open").is_err());
    }
}
