//! Looking at one stack: its state, its history, its resources, its template.

use wavetank_wire::cloudformation::{
    DescribeStackEventsInput, DescribeStackEventsOutput, DescribeStackResourceInput,
    DescribeStackResourceOutput, DescribeStackResourcesInput, DescribeStackResourcesOutput,
    DescribeStacksInput, DescribeStacksOutput, GetTemplateInput, GetTemplateOutput, Output, Parameter,
    Stack as ShownStack, StackDriftInformation, StackEvent, StackResource, StackResourceDetail,
    StackResourceDriftInformation, Tag,
};

use super::super::stack::{Deployment, Event, OnFailure, Resource, Stack};
use super::super::{CloudFormation, CloudFormationError};
use super::{page, some};

const NOT_CHECKED: &str = "NOT_CHECKED";

/// A deployment's parameters; those marked `NoEcho` as asterisks.
pub(super) fn parameters_out(deployment: &Deployment) -> Vec<Parameter> {
    let hidden = |name: &str| deployment.template.parameters.get(name).is_some_and(|spec| spec.no_echo);
    let parameters = deployment.environment.parameters.iter();
    let shown = parameters.map(|(name, value)| Parameter {
        parameter_key: Some(name.clone()),
        parameter_value: Some(if hidden(name) { "****".to_owned() } else { value.text.clone() }),
        ..Parameter::default()
    });
    shown.collect()
}

pub(super) fn tags_out(deployment: &Deployment) -> Vec<Tag> {
    deployment.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

impl CloudFormation {
    fn known(&self, name_or_id: &str) -> Result<&Stack, CloudFormationError> {
        self.find(name_or_id).ok_or_else(|| CloudFormationError::NoSuchStackId(name_or_id.to_owned()))
    }

    pub(in super::super) fn describe_stacks(
        &self,
        input: &DescribeStacksInput,
    ) -> Result<DescribeStacksOutput, CloudFormationError> {
        let Some(name) = &input.stack_name else {
            let newest_first = self.stacks.values().rev().filter(|stack| stack.is_there());
            let (stacks, next_token) = page(newest_first.map(shown_stack), input.next_token.as_deref())?;
            return Ok(DescribeStacksOutput { stacks: Some(stacks), next_token });
        };
        let stack = shown_stack(self.known(name)?);
        Ok(DescribeStacksOutput { stacks: Some(vec![stack]), next_token: None })
    }

    pub(in super::super) fn describe_stack_events(
        &self,
        input: &DescribeStackEventsInput,
    ) -> Result<DescribeStackEventsOutput, CloudFormationError> {
        let stack = self
            .find(&input.stack_name)
            .ok_or_else(|| CloudFormationError::NoSuchStack(input.stack_name.clone()))?;
        let newest_first = stack.events.iter().rev().map(|event| shown_event(stack, event));
        let (events, next_token) = page(newest_first, input.next_token.as_deref())?;
        Ok(DescribeStackEventsOutput { stack_events: Some(events), next_token })
    }

    pub(in super::super) fn describe_stack_resource(
        &self,
        input: &DescribeStackResourceInput,
    ) -> Result<DescribeStackResourceOutput, CloudFormationError> {
        let stack = self.known(&input.stack_name)?;
        let resource = stack.resources.get(&input.logical_resource_id);
        let resource = resource.ok_or_else(|| CloudFormationError::NoSuchResource {
            logical: input.logical_resource_id.clone(),
            stack: input.stack_name.clone(),
        })?;
        let detail = StackResourceDetail {
            stack_name: Some(stack.name.clone()),
            stack_id: Some(stack.id.clone()),
            logical_resource_id: input.logical_resource_id.clone(),
            physical_resource_id: physical(resource),
            resource_type: resource.kind.clone(),
            last_updated_timestamp: resource.updated,
            resource_status: resource.status.name().to_owned(),
            resource_status_reason: resource.reason.clone(),
            drift_information: Some(no_drift()),
            ..Default::default()
        };
        Ok(DescribeStackResourceOutput { stack_resource_detail: Some(detail) })
    }

    pub(in super::super) fn describe_stack_resources(
        &self,
        input: &DescribeStackResourcesInput,
    ) -> Result<DescribeStackResourcesOutput, CloudFormationError> {
        let stack = match (&input.stack_name, &input.physical_resource_id) {
            (Some(name), _) => self.known(name)?,
            (None, Some(id)) => {
                let owns =
                    |stack: &&Stack| stack.resources.values().any(|resource| &resource.physical_id == id);
                let found = self.stacks.values().find(|stack| stack.is_there() && owns(stack));
                found.ok_or_else(|| CloudFormationError::NoSuchStack(id.clone()))?
            }
            (None, None) => return Err(CloudFormationError::NoSuchStackId(String::new())),
        };
        let wanted = input.logical_resource_id.as_ref();
        let resources =
            stack.resources.iter().filter(|(logical, _)| wanted.is_none_or(|wanted| wanted == *logical));
        let resources = resources.map(|(logical, resource)| StackResource {
            stack_name: Some(stack.name.clone()),
            stack_id: Some(stack.id.clone()),
            logical_resource_id: logical.clone(),
            physical_resource_id: physical(resource),
            resource_type: resource.kind.clone(),
            timestamp: resource.updated,
            resource_status: resource.status.name().to_owned(),
            resource_status_reason: resource.reason.clone(),
            drift_information: Some(no_drift()),
            ..Default::default()
        });
        Ok(DescribeStackResourcesOutput { stack_resources: Some(resources.collect()) })
    }

    /// The text as it came: whatever a client formats, nothing was changed.
    pub(in super::super) fn get_template(
        &self,
        input: &GetTemplateInput,
    ) -> Result<GetTemplateOutput, CloudFormationError> {
        let name = input.stack_name.as_deref().unwrap_or_default();
        let stack = match &input.change_set_name {
            Some(id) if input.stack_name.is_none() => {
                let mut stacks = self.stacks.values();
                let found = stacks.find(|stack| stack.change_sets.values().any(|one| &one.id == id));
                found.ok_or_else(|| CloudFormationError::NoSuchChangeSet(id.clone()))?
            }
            _ => self.known(name)?,
        };
        let text = match &input.change_set_name {
            Some(wanted) => {
                let mut change_sets = stack.change_sets.values();
                let found = change_sets.find(|one| &one.name == wanted || &one.id == wanted);
                &found.ok_or_else(|| CloudFormationError::NoSuchChangeSet(wanted.clone()))?.deployment.text
            }
            None => &stack.deployment.text,
        };
        Ok(GetTemplateOutput {
            template_body: Some(text.clone()),
            stages_available: Some(vec!["Original".to_owned(), "Processed".to_owned()]),
        })
    }
}

pub(super) fn physical(resource: &Resource) -> Option<String> {
    Some(resource.physical_id.clone()).filter(|id| !id.is_empty())
}

fn no_drift() -> StackResourceDriftInformation {
    StackResourceDriftInformation {
        stack_resource_drift_status: NOT_CHECKED.to_owned(),
        ..Default::default()
    }
}

fn shown_stack(stack: &Stack) -> ShownStack {
    let deployment = &stack.deployment;
    let outputs = stack.outputs.iter().map(|output| Output {
        output_key: Some(output.name.clone()),
        output_value: Some(output.value.clone()),
        description: output.description.clone(),
        export_name: output.export.clone(),
    });
    ShownStack {
        stack_id: Some(stack.id.clone()),
        stack_name: stack.name.clone(),
        change_set_id: stack.change_set_id.clone(),
        description: deployment.template.description.clone(),
        parameters: some(parameters_out(deployment)),
        creation_time: stack.created,
        deletion_time: stack.deleted,
        last_updated_time: stack.updated,
        rollback_configuration: Some(Default::default()),
        stack_status: stack.status.name().to_owned(),
        stack_status_reason: stack.reason.clone().filter(|reason| reason != "User Initiated"),
        disable_rollback: Some(stack.on_failure == OnFailure::Nothing),
        notification_arns: Some(deployment.notification_arns.clone()),
        timeout_in_minutes: stack.timeout_minutes,
        capabilities: some(deployment.capabilities.clone()),
        outputs: some(outputs.collect()),
        role_arn: deployment.role_arn.clone(),
        tags: Some(tags_out(deployment)),
        enable_termination_protection: Some(stack.protected),
        drift_information: Some(StackDriftInformation {
            stack_drift_status: NOT_CHECKED.to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn shown_event(stack: &Stack, event: &Event) -> StackEvent {
    StackEvent {
        stack_id: stack.id.clone(),
        event_id: event.id.clone(),
        stack_name: stack.name.clone(),
        logical_resource_id: Some(event.logical.clone()),
        physical_resource_id: Some(event.physical_id.clone()),
        resource_type: Some(event.kind.clone()),
        timestamp: event.at,
        resource_status: Some(event.status.name().to_owned()),
        resource_status_reason: event.reason.clone(),
        resource_properties: event.properties.clone(),
        client_request_token: event.token.clone(),
        ..Default::default()
    }
}
