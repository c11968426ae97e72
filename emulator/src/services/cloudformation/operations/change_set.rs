//! Change sets: made, looked at, executed, deleted.

use wavetank_types::Arn;
use wavetank_wire::cloudformation::{
    ChangeSetSummary, CreateChangeSetInput, CreateChangeSetOutput, DeleteChangeSetInput,
    DeleteChangeSetOutput, DescribeChangeSetInput, DescribeChangeSetOutput, ExecuteChangeSetInput,
    ExecuteChangeSetOutput, ListChangeSetsInput, ListChangeSetsOutput,
};

use super::super::change_set::{ChangeSet, ChangeSetStatus, Execution, shown};
use super::super::limits::CHANGE_SET_SPAN;
use super::super::predict::predict;
use super::super::stack::{OnFailure, Stack};
use super::super::status::Status;
use super::super::{CloudFormation, CloudFormationError};
use super::create::{check_name, refuse_unbuilt, stack_id};
use super::describe::{parameters_out, tags_out};
use super::source::{Order, deployment};
use super::{page, some};
use crate::world::Cx;

impl CloudFormation {
    pub(in super::super) fn create_change_set(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateChangeSetInput,
    ) -> Result<CreateChangeSetOutput, CloudFormationError> {
        let unbuilt = [
            (input.resources_to_import.is_some(), "ResourcesToImport"),
            (input.import_existing_resources == Some(true), "ImportExistingResources"),
            (input.include_nested_stacks == Some(true), "IncludeNestedStacks"),
            (input.rollback_configuration.is_some(), "RollbackConfiguration"),
            (input.resource_types.is_some(), "ResourceTypes"),
            (input.deployment_mode.is_some(), "DeploymentMode"),
        ];
        refuse_unbuilt(&unbuilt)?;
        check_name(&input.stack_name)
            .or_else(|error| if self.find(&input.stack_name).is_some() { Ok(()) } else { Err(error) })?;
        let kind = input.change_set_type.clone().unwrap_or_else(|| "UPDATE".to_owned());
        self.check_type(&input, &kind)?;
        let on_failure = match input.on_stack_failure.as_deref() {
            Some("DELETE") => OnFailure::Delete,
            Some("DO_NOTHING") => OnFailure::Nothing,
            _ => OnFailure::RollBack,
        };
        let exports = self.exports();
        let blank = Stack::default();
        let previous = self.find(&input.stack_name);
        let (id, name) = match previous {
            Some(stack) => (stack.id.clone(), stack.name.clone()),
            None => (stack_id(cx, &input.stack_name), input.stack_name.clone()),
        };
        let kept = previous.filter(|stack| stack.status != Status::ReviewInProgress);
        let order = Order {
            template_body: input.template_body,
            use_previous_template: input.use_previous_template == Some(true),
            parameters: input.parameters.unwrap_or_default(),
            capabilities: input.capabilities.unwrap_or_default(),
            tags: input.tags,
            notification_arns: input.notification_arns.unwrap_or_default(),
            role_arn: input.role_arn,
        };
        let target = deployment(cx, order, &id, &name, kept)?;
        let prediction = predict(previous.unwrap_or(&blank), &target, &exports)?;
        let resource = format!("changeSet/{}/{}", input.change_set_name, cx.uuid());
        let change_set = ChangeSet {
            id: Arn::new("cloudformation", &cx.scope.region, &cx.scope.account, resource).to_string(),
            name: input.change_set_name,
            description: input.description,
            created: cx.now,
            due: cx.now + CHANGE_SET_SPAN,
            status: ChangeSetStatus::CreateInProgress,
            execution: Execution::Unavailable,
            does_something: prediction.does_something(),
            changes: prediction.changes,
            deployment: target,
        };
        let output = CreateChangeSetOutput { id: Some(change_set.id.clone()), stack_id: Some(id.clone()) };
        let stack = if self.stacks.contains_key(&id) {
            &mut self.stacks[&id]
        } else {
            self.create_for_review(cx, &name, id, on_failure)
        };
        stack.change_sets.insert(change_set.name.clone(), change_set);
        Ok(output)
    }

    /// Whether a stack takes a change set of this type.
    fn check_type(&self, input: &CreateChangeSetInput, kind: &str) -> Result<(), CloudFormationError> {
        let stack = self.find(&input.stack_name).filter(|stack| stack.is_there());
        let wrong = |status: Status| CloudFormationError::WrongChangeSetType {
            name: input.stack_name.clone(),
            status: status.name(),
            kind: kind.to_owned(),
        };
        match (kind, stack) {
            ("IMPORT", _) => return Err(CloudFormationError::NotBuilt("ChangeSetType IMPORT")),
            ("CREATE", None) => {}
            ("CREATE", Some(stack)) if stack.status == Status::ReviewInProgress => {}
            ("CREATE", Some(stack)) => return Err(CloudFormationError::StackExists(stack.name.clone())),
            (_, None) => return Err(CloudFormationError::NoSuchStack(input.stack_name.clone())),
            (_, Some(stack)) if stack.status.can_update() => {}
            (_, Some(stack)) if stack.status == Status::ReviewInProgress => return Err(wrong(stack.status)),
            (_, Some(stack)) => {
                let (id, status) = (stack.id.clone(), stack.status.name());
                return Err(CloudFormationError::CannotUpdate { id, status });
            }
        }
        if stack.is_some_and(|stack| stack.change_sets.contains_key(&input.change_set_name)) {
            return Err(CloudFormationError::ChangeSetExists(input.change_set_name.clone()));
        }
        Ok(())
    }

    /// The id of the stack and the name of the change set that a request means: by ARN, or by both names.
    fn locate(
        &self,
        name_or_id: &str,
        stack: Option<&String>,
    ) -> Result<(String, String), CloudFormationError> {
        let missing = || CloudFormationError::NoSuchChangeSet(name_or_id.to_owned());
        if name_or_id.starts_with("arn:") {
            let mut stacks = self.stacks.values();
            let found = stacks.find_map(|stack| {
                let change_set = stack.change_sets.values().find(|change_set| change_set.id == name_or_id)?;
                Some((stack.id.clone(), change_set.name.clone()))
            });
            return found.ok_or_else(missing);
        }
        let stack = stack.ok_or(CloudFormationError::ChangeSetWithoutStack)?;
        let stack = self.find(stack).ok_or_else(|| CloudFormationError::NoSuchStack(stack.clone()))?;
        match stack.change_sets.get(name_or_id) {
            Some(change_set) => Ok((stack.id.clone(), change_set.name.clone())),
            None => Err(missing()),
        }
    }

    pub(in super::super) fn describe_change_set(
        &self,
        input: &DescribeChangeSetInput,
    ) -> Result<DescribeChangeSetOutput, CloudFormationError> {
        let (stack, name) = self.locate(&input.change_set_name, input.stack_name.as_ref())?;
        let stack = &self.stacks[&stack];
        let change_set = &stack.change_sets[&name];
        let ready = change_set.status != ChangeSetStatus::CreateInProgress;
        let changes = change_set.changes.iter().filter(|_| ready).map(shown);
        let (changes, next_token) = page(changes, input.next_token.as_deref())?;
        Ok(DescribeChangeSetOutput {
            change_set_name: Some(change_set.name.clone()),
            change_set_id: Some(change_set.id.clone()),
            stack_id: Some(stack.id.clone()),
            stack_name: Some(stack.name.clone()),
            description: change_set.description.clone(),
            parameters: some(parameters_out(&change_set.deployment)),
            creation_time: Some(change_set.created),
            execution_status: Some(change_set.execution.name().to_owned()),
            status: Some(change_set.status.name().to_owned()),
            status_reason: change_set.reason(),
            notification_arns: Some(change_set.deployment.notification_arns.clone()),
            rollback_configuration: Some(Default::default()),
            capabilities: some(change_set.deployment.capabilities.clone()),
            tags: some(tags_out(&change_set.deployment)),
            changes: Some(changes),
            next_token,
            include_nested_stacks: Some(false),
            ..Default::default()
        })
    }

    pub(in super::super) fn execute_change_set(
        &mut self,
        cx: &mut Cx<'_>,
        input: ExecuteChangeSetInput,
    ) -> Result<ExecuteChangeSetOutput, CloudFormationError> {
        let (stack, name) = self.locate(&input.change_set_name, input.stack_name.as_ref())?;
        let stack = &mut self.stacks[&stack];
        let change_set = &mut stack.change_sets[&name];
        if change_set.execution != Execution::Available {
            let (id, status) = (change_set.id.clone(), change_set.execution.name());
            return Err(CloudFormationError::CannotExecute { id, status });
        }
        let is_new = stack.status == Status::ReviewInProgress;
        if !is_new && !stack.status.can_update() {
            let (id, status) = (stack.id.clone(), stack.status.name());
            return Err(CloudFormationError::CannotUpdate { id, status });
        }
        change_set.execution = Execution::Executed;
        let target = change_set.deployment.clone();
        stack.change_set_id = Some(change_set.id.clone());
        // The others were made for a stack that will not be the same.
        stack.change_sets.retain(|_, one| one.execution == Execution::Executed && one.name == name);
        stack.token = input.client_request_token;
        stack.retain_except_on_create |= input.retain_except_on_create == Some(true);
        if is_new {
            stack.deployment = target;
            if input.disable_rollback == Some(true) {
                stack.on_failure = OnFailure::Nothing;
            }
            stack.begin_create(cx);
        } else {
            stack.begin_update(cx, target, input.disable_rollback == Some(true));
        }
        Ok(ExecuteChangeSetOutput {})
    }

    pub(in super::super) fn delete_change_set(
        &mut self,
        input: &DeleteChangeSetInput,
    ) -> Result<DeleteChangeSetOutput, CloudFormationError> {
        match self.locate(&input.change_set_name, input.stack_name.as_ref()) {
            Ok((stack, name)) => {
                self.stacks[&stack].change_sets.shift_remove(&name);
                Ok(DeleteChangeSetOutput {})
            }
            // A change set that is not there is as good as deleted.
            Err(CloudFormationError::NoSuchChangeSet(_)) => Ok(DeleteChangeSetOutput {}),
            Err(error) => Err(error),
        }
    }

    pub(in super::super) fn list_change_sets(
        &self,
        input: &ListChangeSetsInput,
    ) -> Result<ListChangeSetsOutput, CloudFormationError> {
        let stack = self
            .find(&input.stack_name)
            .ok_or_else(|| CloudFormationError::NoSuchStack(input.stack_name.clone()))?;
        let summaries = stack.change_sets.values().map(|change_set| ChangeSetSummary {
            stack_id: Some(stack.id.clone()),
            stack_name: Some(stack.name.clone()),
            change_set_id: Some(change_set.id.clone()),
            change_set_name: Some(change_set.name.clone()),
            execution_status: Some(change_set.execution.name().to_owned()),
            status: Some(change_set.status.name().to_owned()),
            status_reason: change_set.reason(),
            creation_time: Some(change_set.created),
            description: change_set.description.clone(),
            include_nested_stacks: Some(false),
            ..Default::default()
        });
        let (summaries, next_token) = page(summaries, input.next_token.as_deref())?;
        Ok(ListChangeSetsOutput { summaries: Some(summaries), next_token })
    }
}
