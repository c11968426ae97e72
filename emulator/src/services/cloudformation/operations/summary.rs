//! `GetTemplateSummary` and `ValidateTemplate`: what can be said of a template without deploying it.

use std::collections::BTreeSet;
use std::sync::Arc;

use wavetank_wire::cloudformation::{
    GetTemplateSummaryInput, GetTemplateSummaryOutput, ParameterConstraints, ParameterDeclaration,
    TemplateParameter, ValidateTemplateInput, ValidateTemplateOutput,
};

use super::super::template::{Template, graph};
use super::super::{CloudFormation, CloudFormationError};
use super::create::refuse_unbuilt;
use super::some;
use super::source::capability;

/// Capabilities, and the sentence that says why.
fn capabilities(template: &Template) -> (Option<Vec<String>>, Option<String>) {
    match capability(template) {
        Some((name, kinds)) => {
            let kinds: Vec<&str> = kinds.into_iter().collect();
            let reason = format!("The following resource(s) require capabilities: [{}]", kinds.join(", "));
            (Some(vec![name.to_owned()]), Some(reason))
        }
        None => (None, None),
    }
}

impl CloudFormation {
    pub(in super::super) fn get_template_summary(
        &self,
        input: GetTemplateSummaryInput,
    ) -> Result<GetTemplateSummaryOutput, CloudFormationError> {
        refuse_unbuilt(&[(input.stack_set_name.is_some(), "StackSetName")])?;
        let template = match (&input.template_body, &input.stack_name) {
            (Some(body), None) => Arc::new(Template::parse(body)?),
            (None, Some(name)) => {
                let stack =
                    self.find(name).ok_or_else(|| CloudFormationError::NoSuchStackId(name.clone()))?;
                Arc::clone(&stack.deployment.template)
            }
            (Some(_), Some(_)) => return Err(CloudFormationError::TwoTemplates),
            (None, None) => return Err(CloudFormationError::NoTemplate),
        };
        let parameters = template.parameters.iter().map(|(name, spec)| ParameterDeclaration {
            parameter_key: Some(name.clone()),
            default_value: spec.default.clone(),
            parameter_type: Some(spec.kind_name.clone()),
            no_echo: Some(spec.no_echo),
            description: spec.description.clone(),
            parameter_constraints: Some(ParameterConstraints { allowed_values: some(spec.allowed.clone()) }),
        });
        let kinds: BTreeSet<&String> = template.resources.values().map(|spec| &spec.kind).collect();
        let (capabilities, capabilities_reason) = capabilities(&template);
        Ok(GetTemplateSummaryOutput {
            parameters: Some(parameters.collect()),
            description: template.description.clone(),
            capabilities,
            capabilities_reason,
            resource_types: Some(kinds.into_iter().cloned().collect()),
            version: template.version.clone(),
            metadata: template.metadata.as_ref().map(ToString::to_string),
            ..Default::default()
        })
    }

    pub(in super::super) fn validate_template(
        &self,
        input: ValidateTemplateInput,
    ) -> Result<ValidateTemplateOutput, CloudFormationError> {
        let body = input.template_body.ok_or(CloudFormationError::NoTemplate)?;
        let template = Template::parse(&body)?;
        let all = template.resources.keys().cloned().collect();
        graph::order(&template, &all)?;
        let parameters = template.parameters.iter().map(|(name, spec)| TemplateParameter {
            parameter_key: Some(name.clone()),
            default_value: spec.default.clone(),
            no_echo: Some(spec.no_echo),
            description: spec.description.clone(),
        });
        let (capabilities, capabilities_reason) = capabilities(&template);
        Ok(ValidateTemplateOutput {
            parameters: Some(parameters.collect()),
            description: template.description.clone(),
            capabilities,
            capabilities_reason,
            declared_transforms: None,
        })
    }
}
