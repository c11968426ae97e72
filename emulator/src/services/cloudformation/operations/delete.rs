//! `DeleteStack`.

use std::collections::BTreeSet;

use wavetank_wire::cloudformation::DeleteStackInput;

use super::super::status::Status;
use super::super::{CloudFormation, CloudFormationError};
use crate::world::Cx;

impl CloudFormation {
    /// A stack that is not there is as good as deleted.
    ///
    /// Recorded by others: AWS answers 200 (github.com/aws/aws-cli, issue 6302, read 2026-11-29).
    pub(in super::super) fn delete_stack(
        &mut self,
        cx: &mut Cx<'_>,
        input: DeleteStackInput,
    ) -> Result<(), CloudFormationError> {
        if input.deletion_mode.as_deref() == Some("FORCE_DELETE_STACK") {
            return Err(CloudFormationError::NotBuilt("DeletionMode FORCE_DELETE_STACK"));
        }
        let users = self.users_of_exports(&input.stack_name);
        let Some(stack) = self.find_mut(&input.stack_name).filter(|stack| stack.is_there()) else {
            return Ok(());
        };
        if stack.protected {
            return Err(CloudFormationError::Protected(stack.name.clone()));
        }
        if !stack.status.can_delete() {
            let (name, status) = (stack.name.clone(), stack.status.name());
            return Err(CloudFormationError::CannotDelete { name, status });
        }
        let retain: BTreeSet<String> = input.retain_resources.unwrap_or_default().into_iter().collect();
        if !retain.is_empty() && stack.status != Status::DeleteFailed {
            return Err(CloudFormationError::RetainTooEarly(stack.name.clone()));
        }
        if stack.status == Status::DeleteInProgress {
            return Ok(());
        }
        stack.token = input.client_request_token;
        if let Some((export, user)) = users {
            // Assumed: the sentence.
            let reason = format!("Export {export} cannot be deleted as it is in use by {user}");
            stack.enter(cx, Status::DeleteFailed, Some(reason));
            return Ok(());
        }
        stack.begin_delete(cx, retain, Some("User Initiated".to_owned()));
        Ok(())
    }

    /// An export of this stack that another stack reads, and that stack's name.
    fn users_of_exports(&self, name_or_id: &str) -> Option<(String, String)> {
        let stack = self.find(name_or_id)?;
        let exports: BTreeSet<&String> =
            stack.outputs.iter().filter_map(|output| output.export.as_ref()).collect();
        let others = self.stacks.values().filter(|other| other.is_there() && other.id != stack.id);
        others.into_iter().find_map(|other| {
            let read = other.deployment.imports().into_iter().find(|name| exports.contains(name));
            read.map(|name| (name, other.name.clone()))
        })
    }
}
