//! A stack as it is stored: what was deployed, what exists, what has happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;
use wavetank_types::Timestamp;

use super::change_set::ChangeSet;
use super::engine::Work;
use super::resources::{self, Existing};
use super::status::Status;
use super::template::resolve::{Environment, Lookup, Resolver};
use super::template::{Keep, Template, TemplateError, graph, scalar_text};
use crate::world::Cx;

/// Exports of all stacks of one account and region: value by name.
pub(super) type Exports = BTreeMap<String, String>;

/// A template with everything that it was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Deployment {
    /// As it came, for `GetTemplate`.
    pub(super) text: String,
    pub(super) template: Arc<Template>,
    pub(super) environment: Environment,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) capabilities: Vec<String>,
    pub(super) notification_arns: Vec<String>,
    pub(super) role_arn: Option<String>,
    /// Resources whose condition holds.
    pub(super) live: BTreeSet<String>,
    /// The same, each after those it needs.
    pub(super) order: Vec<String>,
}

impl Deployment {
    pub(super) fn resolver<'a>(&'a self, lookup: &'a dyn Lookup) -> Resolver<'a> {
        Resolver { template: &self.template, environment: &self.environment, lookup }
    }

    /// Names of the exports that it reads.
    pub(super) fn imports(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let live = self.template.resources.iter().filter(|(logical, _)| self.live.contains(*logical));
        let mut waiting: Vec<&Value> = live.flat_map(|(_, spec)| spec.properties.values()).collect();
        waiting.extend(self.template.outputs.values().map(|output| &output.value));
        let nothing = Known { resources: &IndexMap::new(), exports: &Exports::new() };
        while let Some(value) = waiting.pop() {
            if let Some(("Fn::ImportValue", argument)) = graph::only_entry(value) {
                let name = self.resolver(&nothing).resolve(argument).ok().flatten();
                names.extend(name.as_ref().and_then(scalar_text));
            }
            match value {
                Value::Array(entries) => waiting.extend(entries),
                Value::Object(entries) => waiting.extend(entries.values()),
                _ => {}
            }
        }
        names
    }
}

/// A resource of a stack.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resource {
    pub(super) kind: String,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) updated: Timestamp,
    /// Absent before the first call that made something, and after the deletion.
    pub(super) existing: Option<Existing>,
    /// What is shown: stays after the deletion.
    pub(super) physical_id: String,
    /// Resources that it was made with.
    pub(super) needs: BTreeSet<String>,
    pub(super) on_delete: Keep,
    pub(super) on_replace: Keep,
}

/// One line of a stack's history.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) logical: String,
    pub(super) physical_id: String,
    pub(super) kind: String,
    pub(super) at: Timestamp,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) properties: Option<String>,
    pub(super) token: Option<String>,
}

/// An output with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OutputValue {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) description: Option<String>,
    pub(super) export: Option<String>,
}

/// What becomes of a stack whose creation fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OnFailure {
    #[default]
    RollBack,
    Delete,
    Nothing,
}

/// A stack.
#[derive(Debug, Default)]
pub(super) struct Stack {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) updated: Option<Timestamp>,
    pub(super) deleted: Option<Timestamp>,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) deployment: Deployment,
    /// In the order in which they were made.
    pub(super) resources: IndexMap<String, Resource>,
    pub(super) outputs: Vec<OutputValue>,
    /// Oldest first.
    pub(super) events: Vec<Event>,
    pub(super) on_failure: OnFailure,
    pub(super) retain_except_on_create: bool,
    pub(super) timeout_minutes: Option<i64>,
    pub(super) protected: bool,
    pub(super) token: Option<String>,
    pub(super) change_sets: IndexMap<String, ChangeSet>,
    /// The change set that was executed last.
    pub(super) change_set_id: Option<String>,
    pub(super) work: Option<Work>,
}

impl Stack {
    /// Whether it is still there, as opposed to only being remembered.
    pub(super) fn is_there(&self) -> bool {
        self.status != Status::DeleteComplete
    }

    /// Moves the stack to a state and says so in its history.
    pub(super) fn enter(&mut self, cx: &mut Cx<'_>, status: Status, reason: Option<String>) {
        self.status = status;
        self.reason.clone_from(&reason);
        let event = Event {
            id: cx.uuid(),
            logical: self.name.clone(),
            physical_id: self.id.clone(),
            kind: "AWS::CloudFormation::Stack".to_owned(),
            at: cx.now,
            status,
            reason,
            properties: None,
            token: self.token.clone(),
        };
        self.events.push(event);
    }

    /// Moves a resource to a state and says so in the stack's history.
    pub(super) fn mark(&mut self, cx: &Cx<'_>, logical: &str, status: Status, reason: Option<String>) {
        let Some(resource) = self.resources.get_mut(logical) else { return };
        resource.status = status;
        resource.reason.clone_from(&reason);
        resource.updated = cx.now;
        let (kind, physical_id) = (resource.kind.clone(), resource.physical_id.clone());
        self.note(cx, logical, &kind, &physical_id, status, reason);
    }

    /// A line of history for something that is no resource of the stack any more.
    pub(super) fn note(
        &mut self,
        cx: &Cx<'_>,
        logical: &str,
        kind: &str,
        physical_id: &str,
        status: Status,
        reason: Option<String>,
    ) {
        let known = self.resources.get(logical).and_then(|resource| resource.existing.as_ref());
        let properties = known.map(|existing| Value::Object(existing.properties.clone()).to_string());
        let at = cx.now.iso_millis();
        self.events.push(Event {
            id: format!("{logical}-{}-{at}", status.name()),
            logical: logical.to_owned(),
            physical_id: physical_id.to_owned(),
            kind: kind.to_owned(),
            at: cx.now,
            status,
            reason,
            properties,
            token: self.token.clone(),
        });
    }

    /// The outputs that a deployment has with these resources.
    pub(super) fn outputs_of(
        deployment: &Deployment,
        lookup: &dyn Lookup,
    ) -> Result<Vec<OutputValue>, TemplateError> {
        let resolver = deployment.resolver(lookup);
        let mut outputs = Vec::new();
        for (name, spec) in &deployment.template.outputs {
            if !deployment.environment.holds(spec.condition.as_ref()) {
                continue;
            }
            let text = |value: &Value| -> Result<Option<String>, TemplateError> {
                let resolved = resolver.resolve(value)?;
                let Some(resolved) = resolved else { return Ok(None) };
                scalar_text(&resolved).map(Some).ok_or_else(|| TemplateError::WrongKind {
                    path: format!("Outputs/{name}/Value"),
                    wanted: "a string",
                })
            };
            let Some(value) = text(&spec.value)? else { continue };
            let export = spec.export.as_ref().map(text).transpose()?.flatten();
            let description = spec.description.clone();
            outputs.push(OutputValue { name: name.clone(), value, description, export });
        }
        Ok(outputs)
    }
}

/// What exists in a stack, and what others export.
pub(super) struct Known<'a> {
    pub(super) resources: &'a IndexMap<String, Resource>,
    pub(super) exports: &'a Exports,
}

impl Lookup for Known<'_> {
    fn reference(&self, logical: &str) -> Option<Value> {
        let existing = self.resources.get(logical)?.existing.as_ref()?;
        Some(existing.made.physical_id.clone().into())
    }

    fn attribute(&self, logical: &str, attribute: &str) -> Option<Value> {
        let resource = self.resources.get(logical)?;
        let known = resources::kind(&resource.kind)?.spec().attributes.contains(&attribute);
        let made = &resource.existing.as_ref()?.made;
        if known { made.attributes.get(attribute).cloned().map(Value::String) } else { None }
    }

    fn import(&self, name: &str) -> Option<String> {
        self.exports.get(name).cloned()
    }
}
