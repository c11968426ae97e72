//! What a deployment would change, found without doing it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::resources::{self, Update};
use super::stack::{Deployment, Exports, Known, Resource, Stack};
use super::status::Status;
use super::template::TemplateError;
use super::template::resolve::Lookup;

/// What stands for a value that is not known before something is made.
///
/// Documented: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html.
const KNOWN_LATER: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Add,
    Modify,
    Remove,
}

/// One resource's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) logical: String,
    pub(super) kind: String,
    pub(super) physical_id: Option<String>,
    pub(super) replaces: bool,
    /// Properties that change, and whether each asks for a replacement.
    pub(super) properties: Vec<(&'static str, bool)>,
}

/// What a deployment would do to a stack.
#[derive(Clone, Debug, Default)]
pub(super) struct Prediction {
    pub(super) changes: Vec<Change>,
    /// Whether tags or outputs change, though no resource does.
    pub(super) says_else: bool,
}

impl Prediction {
    pub(super) fn does_something(&self) -> bool {
        self.says_else || !self.changes.is_empty()
    }
}

/// A stack as it will be, as far as that is known.
struct Future<'a> {
    now: Known<'a>,
    /// Made new, or replaced.
    unknown: BTreeSet<String>,
}

impl Lookup for Future<'_> {
    fn reference(&self, logical: &str) -> Option<Value> {
        if self.unknown.contains(logical) {
            return Some(KNOWN_LATER.into());
        }
        self.now.reference(logical)
    }

    fn attribute(&self, logical: &str, attribute: &str) -> Option<Value> {
        if self.unknown.contains(logical) {
            return Some(KNOWN_LATER.into());
        }
        self.now.attribute(logical, attribute)
    }

    fn import(&self, name: &str) -> Option<String> {
        self.now.import(name)
    }
}

/// What `target` would change in a stack.
pub(super) fn predict(
    stack: &Stack,
    target: &Deployment,
    exports: &Exports,
) -> Result<Prediction, TemplateError> {
    let now = Known { resources: &stack.resources, exports };
    let mut future = Future { now, unknown: BTreeSet::new() };
    let mut changes = Vec::new();
    for logical in &target.order {
        let change = change_of(&stack.resources, target, &future, logical)?;
        let Some(change) = change else { continue };
        if change.replaces || change.action == Action::Add {
            future.unknown.insert(logical.clone());
        }
        changes.push(change);
    }
    for (logical, resource) in &stack.resources {
        let Some(existing) = resource.existing.as_ref().filter(|_| !target.live.contains(logical)) else {
            continue;
        };
        changes.push(Change {
            action: Action::Remove,
            logical: logical.clone(),
            kind: resource.kind.clone(),
            physical_id: Some(existing.made.physical_id.clone()),
            replaces: false,
            properties: Vec::new(),
        });
    }
    let outputs = Stack::outputs_of(target, &future)?;
    let says_else = outputs != stack.outputs || target.tags != stack.deployment.tags;
    Ok(Prediction { changes, says_else })
}

fn change_of(
    resources: &IndexMap<String, Resource>,
    target: &Deployment,
    future: &Future<'_>,
    logical: &str,
) -> Result<Option<Change>, TemplateError> {
    let spec = &target.template.resources[logical];
    let kind = resources::check_kind(logical, spec)?;
    let properties = target.resolver(future).members(&spec.properties)?;
    let properties = resources::with_stack_tags(kind, properties, &target.tags);
    let mut change = Change {
        action: Action::Add,
        logical: logical.to_owned(),
        kind: spec.kind.clone(),
        physical_id: None,
        replaces: false,
        properties: Vec::new(),
    };
    // One that could not be made is made anew.
    let resource = resources.get(logical).filter(|resource| resource.status != Status::CreateFailed);
    let Some((resource, old)) = resource.and_then(|one| Some((one, one.existing.as_ref()?))) else {
        return Ok(Some(change));
    };
    change.action = Action::Modify;
    change.physical_id = Some(old.made.physical_id.clone());
    if resource.kind != spec.kind {
        change.replaces = true;
        return Ok(Some(change));
    }
    let changed = resources::changed(kind, &old.properties, &properties);
    change.properties =
        changed.iter().map(|property| (property.name, property.update == Update::Replace)).collect();
    change.replaces = change.properties.iter().any(|(_, replaces)| *replaces);
    Ok(Some(change).filter(|change| !change.properties.is_empty()))
}
