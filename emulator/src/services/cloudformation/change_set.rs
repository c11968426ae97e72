//! Change sets: a deployment that waits, and what it would change.

use wavetank_types::Timestamp;
use wavetank_wire::cloudformation::{
    self as api, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition,
};

use super::predict::{Action, Change};
use super::stack::Deployment;

/// Recorded by others: `aws cloudformation deploy` looks for this sentence.
pub(super) const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information \
                                     to create a change set.";

/// How far a change set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeSetStatus {
    CreateInProgress,
    CreateComplete,
    Failed,
}

impl ChangeSetStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

/// Whether it can be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Execution {
    Unavailable,
    Available,
    Executed,
}

impl Execution {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "UNAVAILABLE",
            Self::Available => "AVAILABLE",
            Self::Executed => "EXECUTE_COMPLETE",
        }
    }
}

/// A change set of a stack.
#[derive(Clone, Debug)]
pub(super) struct ChangeSet {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created: Timestamp,
    /// When it is ready.
    pub(super) due: Timestamp,
    pub(super) status: ChangeSetStatus,
    pub(super) execution: Execution,
    pub(super) deployment: Deployment,
    pub(super) changes: Vec<Change>,
    /// Whether executing it would do anything.
    pub(super) does_something: bool,
}

impl ChangeSet {
    /// When it becomes ready, while it is not.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        (self.status == ChangeSetStatus::CreateInProgress).then_some(self.due)
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        if self.next_deadline().is_none_or(|due| due > now) {
            return;
        }
        (self.status, self.execution) = if self.does_something {
            (ChangeSetStatus::CreateComplete, Execution::Available)
        } else {
            (ChangeSetStatus::Failed, Execution::Unavailable)
        };
    }

    pub(super) fn reason(&self) -> Option<String> {
        (self.status == ChangeSetStatus::Failed).then(|| NO_CHANGES.to_owned())
    }
}

/// A change as `DescribeChangeSet` shows it.
pub(super) fn shown(change: &Change) -> api::Change {
    let action = match change.action {
        Action::Add => "Add",
        Action::Modify => "Modify",
        Action::Remove => "Remove",
    };
    let modifies = change.action == Action::Modify;
    let details = change.properties.iter().map(|(name, replaces)| ResourceChangeDetail {
        target: Some(ResourceTargetDefinition {
            attribute: Some(if *name == "Tags" { "Tags" } else { "Properties" }.to_owned()),
            name: Some((*name).to_owned()),
            requires_recreation: Some(if *replaces { "Always" } else { "Never" }.to_owned()),
            ..Default::default()
        }),
        evaluation: Some("Static".to_owned()),
        change_source: Some("DirectModification".to_owned()),
        ..Default::default()
    });
    let scope = if change.properties.is_empty() { Vec::new() } else { vec!["Properties".to_owned()] };
    api::Change {
        r#type: Some("Resource".to_owned()),
        resource_change: Some(ResourceChange {
            action: Some(action.to_owned()),
            logical_resource_id: Some(change.logical.clone()),
            physical_resource_id: change.physical_id.clone(),
            resource_type: Some(change.kind.clone()),
            replacement: modifies.then(|| if change.replaces { "True" } else { "False" }.to_owned()),
            scope: Some(scope),
            details: Some(details.collect()),
            ..Default::default()
        }),
        ..Default::default()
    }
}
