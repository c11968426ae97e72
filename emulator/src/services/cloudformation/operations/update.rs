//! `UpdateStack`.

use wavetank_wire::cloudformation::{UpdateStackInput, UpdateStackOutput};

use super::super::predict::predict;
use super::super::{CloudFormation, CloudFormationError};
use super::create::refuse_unbuilt;
use super::source::{Order, deployment};
use crate::world::Cx;

impl CloudFormation {
    pub(in super::super) fn update_stack(
        &mut self,
        cx: &mut Cx<'_>,
        input: UpdateStackInput,
    ) -> Result<UpdateStackOutput, CloudFormationError> {
        let policy = [&input.stack_policy_body, &input.stack_policy_url];
        let policy_meanwhile =
            [&input.stack_policy_during_update_body, &input.stack_policy_during_update_url];
        let unbuilt = [
            (policy.iter().any(|said| said.is_some()), "StackPolicyBody"),
            (policy_meanwhile.iter().any(|said| said.is_some()), "StackPolicyDuringUpdateBody"),
            (input.rollback_configuration.is_some(), "RollbackConfiguration"),
            (input.resource_types.is_some(), "ResourceTypes"),
        ];
        refuse_unbuilt(&unbuilt)?;
        let exports = self.exports();
        let stack = self
            .find_mut(&input.stack_name)
            .ok_or_else(|| CloudFormationError::NoSuchStack(input.stack_name.clone()))?;
        if !stack.status.can_update() {
            let (id, status) = (stack.id.clone(), stack.status.name());
            return Err(CloudFormationError::CannotUpdate { id, status });
        }
        let order = Order {
            template_body: input.template_body,
            use_previous_template: input.use_previous_template == Some(true),
            parameters: input.parameters.unwrap_or_default(),
            capabilities: input.capabilities.unwrap_or_default(),
            tags: input.tags,
            notification_arns: input
                .notification_arns
                .unwrap_or_else(|| stack.deployment.notification_arns.clone()),
            role_arn: input.role_arn.or_else(|| stack.deployment.role_arn.clone()),
        };
        let target = deployment(cx, order, &stack.id, &stack.name, Some(stack))?;
        if !predict(stack, &target, &exports)?.does_something() {
            return Err(CloudFormationError::NoUpdates);
        }
        stack.token = input.client_request_token;
        stack.begin_update(cx, target, input.disable_rollback == Some(true));
        Ok(UpdateStackOutput { stack_id: Some(stack.id.clone()), ..UpdateStackOutput::default() })
    }
}
