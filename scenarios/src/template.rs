//! The names that a CloudFormation template declares, as far as a scenario may say them: its outputs and its parameters.
//!
//! Left out: what is wrong with the template. CloudFormation says it, with the place.

use saphyr_parser::{Event, Parser};

/// What a template declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) outputs: Vec<String>,
    pub(crate) parameters: Vec<String>,
}

/// A map or list that has begun and not ended.
struct Open {
    is_map: bool,
    /// Of a map: the key whose value comes next.
    key: Option<String>,
}

impl Template {
    /// Reads a template of YAML or JSON.
    ///
    /// Nothing if it cannot be read, or if something that runs on AWS adds names to it: `Fn::ForEach`, `Fn::Transform` or a macro.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut template = Self::default();
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str(text) {
            match event.ok()?.0 {
                Event::Scalar(text, ..) => match open.last_mut() {
                    Some(Open { is_map: true, key: key @ None }) => {
                        *key = Some(text.into_owned());
                        template.declare(&open)?;
                    }
                    _ => {
                        if section(&open) == Some("Transform") && !text.starts_with("AWS::") {
                            return None;
                        }
                        end_value(&mut open);
                    }
                },
                Event::MappingStart(..) => open.push(Open { is_map: true, key: None }),
                Event::SequenceStart(..) => open.push(Open { is_map: false, key: None }),
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    end_value(&mut open);
                }
                Event::Alias(_) => end_value(&mut open),
                _ => {}
            }
        }
        Some(template)
    }

    /// Takes the key that has just been read, if it is a name of one of the two sections.
    fn declare(&mut self, open: &[Open]) -> Option<()> {
        let names = match (section(open), open) {
            (Some("Outputs"), [_, _]) => &mut self.outputs,
            (Some("Parameters"), [_, _]) => &mut self.parameters,
            (Some(section), [_]) if section.starts_with("Fn::") => return None,
            _ => return Some(()),
        };
        let name = open.last()?.key.clone()?;
        if name.starts_with("Fn::") {
            return None;
        }
        names.push(name);
        Some(())
    }
}

/// The section of the template that is being read.
fn section(open: &[Open]) -> Option<&str> {
    open.first()?.key.as_deref()
}

/// After a value the map that it belongs to waits for its next key.
fn end_value(open: &mut [Open]) {
    if let Some(map) = open.last_mut() {
        map.key = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_and_parameters_are_named_and_nothing_else_is() {
        let check = |text: &str, outputs: &[&str], parameters: &[&str]| {
            let template = Template::read(text).expect(text);
            assert_eq!(template.outputs, outputs, "{text}");
            assert_eq!(template.parameters, parameters, "{text}");
        };
        check("", &[], &[]);
        check("Resources:\n  Lake: { Type: 'AWS::S3::Bucket' }\n", &[], &[]);
        check(
            "Parameters:\n  Shards: { Type: Number, Default: 1 }\nResources:\n  A:\n    Properties:\n      Outputs: { X: 1 }\n\
             Outputs:\n  Lake:\n    Value: !Ref Lake\n  # a comment\n  List: { Value: !Join [ ',', [ a, b ] ] }\n",
            &["Lake", "List"],
            &["Shards"],
        );
        check(
            "{\"Outputs\": {\"A\": {\"Value\": {\"Ref\": \"B\"}}, \"C\": {\"Value\": [1]}}}",
            &["A", "C"],
            &[],
        );
        check("Transform: AWS::Serverless-2016-10-31\nOutputs:\n  A: { Value: x }\n", &["A"], &[]);
    }

    #[test]
    fn what_cannot_be_known_here_is_not_guessed() {
        let check = |text: &str| assert_eq!(Template::read(text), None, "{text}");
        check("Outputs: [\n");
        check("Outputs:\n  Fn::ForEach::Lakes: [ L, [ a, b ], {} ]\n");
        check("Transform: [ 'AWS::LanguageExtensions', MyMacro ]\nOutputs:\n  A: { Value: x }\n");
        check("Fn::Transform: { Name: 'AWS::Include' }\n");
    }
}
