//! Lists: stacks, a stack's resources, exports and who reads them.

use wavetank_wire::cloudformation::{
    Export, ListExportsInput, ListExportsOutput, ListImportsInput, ListImportsOutput,
    ListStackResourcesInput, ListStackResourcesOutput, ListStacksInput, ListStacksOutput,
    StackDriftInformationSummary, StackResourceDriftInformationSummary, StackResourceSummary, StackSummary,
};

use super::super::{CloudFormation, CloudFormationError};
use super::describe::physical;
use super::page;

impl CloudFormation {
    /// Newest first, deleted ones too unless they are filtered out.
    pub(in super::super) fn list_stacks(
        &self,
        input: &ListStacksInput,
    ) -> Result<ListStacksOutput, CloudFormationError> {
        let filter = input.stack_status_filter.as_deref().unwrap_or_default();
        let wanted = |status: &str| filter.is_empty() || filter.iter().any(|one| one == status);
        let stacks = self.stacks.values().rev().filter(|stack| wanted(stack.status.name()));
        let summaries = stacks.map(|stack| StackSummary {
            stack_id: Some(stack.id.clone()),
            stack_name: stack.name.clone(),
            template_description: stack.deployment.template.description.clone(),
            creation_time: stack.created,
            last_updated_time: stack.updated,
            deletion_time: stack.deleted,
            stack_status: stack.status.name().to_owned(),
            stack_status_reason: stack.reason.clone(),
            drift_information: Some(StackDriftInformationSummary {
                stack_drift_status: "NOT_CHECKED".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        });
        let (summaries, next_token) = page(summaries, input.next_token.as_deref())?;
        Ok(ListStacksOutput { stack_summaries: Some(summaries), next_token })
    }

    pub(in super::super) fn list_stack_resources(
        &self,
        input: &ListStackResourcesInput,
    ) -> Result<ListStackResourcesOutput, CloudFormationError> {
        let stack = self
            .find(&input.stack_name)
            .ok_or_else(|| CloudFormationError::NoSuchStackId(input.stack_name.clone()))?;
        let resources = stack.resources.iter().map(|(logical, resource)| StackResourceSummary {
            logical_resource_id: logical.clone(),
            physical_resource_id: physical(resource),
            resource_type: resource.kind.clone(),
            last_updated_timestamp: resource.updated,
            resource_status: resource.status.name().to_owned(),
            resource_status_reason: resource.reason.clone(),
            drift_information: Some(StackResourceDriftInformationSummary {
                stack_resource_drift_status: "NOT_CHECKED".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        });
        let (summaries, next_token) = page(resources, input.next_token.as_deref())?;
        Ok(ListStackResourcesOutput { stack_resource_summaries: Some(summaries), next_token })
    }

    pub(in super::super) fn list_exports(
        &self,
        input: &ListExportsInput,
    ) -> Result<ListExportsOutput, CloudFormationError> {
        let mut exports: Vec<Export> = Vec::new();
        for stack in self.stacks.values().filter(|stack| stack.is_there()) {
            let named = stack.outputs.iter().filter(|output| output.export.is_some());
            exports.extend(named.map(|output| Export {
                exporting_stack_id: Some(stack.id.clone()),
                name: output.export.clone(),
                value: Some(output.value.clone()),
            }));
        }
        exports.sort_by(|one, other| one.name.cmp(&other.name));
        let (exports, next_token) = page(exports.into_iter(), input.next_token.as_deref())?;
        Ok(ListExportsOutput { exports: Some(exports), next_token })
    }

    pub(in super::super) fn list_imports(
        &self,
        input: &ListImportsInput,
    ) -> Result<ListImportsOutput, CloudFormationError> {
        let reads = self.stacks.values().filter(|stack| stack.is_there());
        let reads = reads.filter(|stack| stack.deployment.imports().contains(&input.export_name));
        let names: Vec<String> = reads.map(|stack| stack.name.clone()).collect();
        if names.is_empty() {
            return Err(CloudFormationError::NotImported { name: input.export_name.clone() });
        }
        let (imports, next_token) = page(names.into_iter(), input.next_token.as_deref())?;
        Ok(ListImportsOutput { imports: Some(imports), next_token })
    }
}
