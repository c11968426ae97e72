//! `CreateStack`.

use wavetank_types::Arn;
use wavetank_wire::cloudformation::{CreateStackInput, CreateStackOutput};

use super::super::stack::{OnFailure, Stack};
use super::super::status::Status;
use super::super::{CloudFormation, CloudFormationError};
use super::source::{Order, deployment};
use crate::world::Cx;

impl CloudFormation {
    pub(in super::super) fn create_stack(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateStackInput,
    ) -> Result<CreateStackOutput, CloudFormationError> {
        let unbuilt = [
            (input.stack_policy_body.is_some() || input.stack_policy_url.is_some(), "StackPolicyBody"),
            (input.rollback_configuration.is_some(), "RollbackConfiguration"),
            (input.resource_types.is_some(), "ResourceTypes"),
        ];
        refuse_unbuilt(&unbuilt)?;
        check_name(&input.stack_name)?;
        if self.find(&input.stack_name).is_some() {
            return Err(CloudFormationError::StackExists(input.stack_name));
        }
        let on_failure = match (input.disable_rollback, input.on_failure.as_deref()) {
            (Some(_), Some(_)) => return Err(CloudFormationError::TwoFailureWishes),
            (Some(true), None) | (None, Some("DO_NOTHING")) => OnFailure::Nothing,
            (None, Some("DELETE")) => OnFailure::Delete,
            _ => OnFailure::RollBack,
        };
        let id = stack_id(cx, &input.stack_name);
        let order = Order {
            template_body: input.template_body,
            use_previous_template: false,
            parameters: input.parameters.unwrap_or_default(),
            capabilities: input.capabilities.unwrap_or_default(),
            tags: input.tags,
            notification_arns: input.notification_arns.unwrap_or_default(),
            role_arn: input.role_arn,
        };
        let mut stack = Stack {
            deployment: deployment(cx, order, &id, &input.stack_name, None)?,
            id: id.clone(),
            name: input.stack_name,
            created: cx.now,
            on_failure,
            retain_except_on_create: input.retain_except_on_create == Some(true),
            timeout_minutes: input.timeout_in_minutes,
            protected: input.enable_termination_protection == Some(true),
            token: input.client_request_token,
            ..Stack::default()
        };
        stack.begin_create(cx);
        self.stacks.insert(id.clone(), stack);
        Ok(CreateStackOutput { stack_id: Some(id), ..CreateStackOutput::default() })
    }

    /// A stack that has no more than a change set.
    pub(super) fn create_for_review(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        id: String,
        on_failure: OnFailure,
    ) -> &mut Stack {
        let mut stack =
            Stack { id: id.clone(), name: name.to_owned(), created: cx.now, on_failure, ..Stack::default() };
        stack.enter(cx, Status::ReviewInProgress, Some("User Initiated".to_owned()));
        self.stacks.entry(id).or_insert(stack)
    }
}

pub(super) fn stack_id(cx: &mut Cx<'_>, name: &str) -> String {
    let resource = format!("stack/{name}/{}", cx.uuid());
    Arn::new("cloudformation", &cx.scope.region, &cx.scope.account, resource).to_string()
}

/// Documented: docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (read 2026-11-29).
pub(super) fn check_name(name: &str) -> Result<(), CloudFormationError> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let holds = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if begins && holds && name.len() <= 128 {
        return Ok(());
    }
    Err(CloudFormationError::StackName(name.to_owned()))
}

/// Refuses members that are given and not built, by name.
pub(super) fn refuse_unbuilt(given: &[(bool, &'static str)]) -> Result<(), CloudFormationError> {
    match given.iter().find(|(given, _)| *given) {
        Some((_, name)) => Err(CloudFormationError::NotBuilt(name)),
        None => Ok(()),
    }
}
