//! Beginning a step, and ending it.

use serde_json::{Map, Value};

use super::super::resources::{self, Existing, Kind, Make, Plan, Update};
use super::super::stack::{Exports, Known, Resource, Stack};
use super::super::status::Status;
use super::super::template::{Keep, graph};
use super::{Current, Goal, Leftover, Phase, Step, Verb, half_step};
use crate::world::Cx;

/// Letters of a made-up name.
const NAME_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A step that is about to begin.
struct Start {
    logical: String,
    kind: String,
    verb: Verb,
    plan: Plan,
    properties: Map<String, Value>,
}

impl Stack {
    /// Begins a step. Answers false if there is nothing to do for it.
    pub(super) fn begin_step(&mut self, cx: &mut Cx<'_>, exports: &Exports, step: Step) -> bool {
        match step {
            Step::Apply(logical) => self.begin_apply(cx, exports, logical),
            Step::Restore(logical) => self.begin_restore(cx, logical),
            Step::Remove(logical) => self.begin_remove(cx, logical),
            Step::Discard(leftover) => self.begin_discard(cx, *leftover),
        }
    }

    fn begin_apply(&mut self, cx: &mut Cx<'_>, exports: &Exports, logical: String) -> bool {
        let spec = self.deployment.template.resources[&logical].clone();
        let kind = resources::kind(&spec.kind).expect("types are checked before any work begins");
        let old = self.resources.get(&logical).filter(|resource| resource.kind == spec.kind);
        let old = old.and_then(|resource| resource.existing.clone());
        let needs = graph::needs_of(&self.deployment.template, &self.deployment.live, &logical);
        let resource = self.resources.entry(logical.clone()).or_insert_with(|| Resource {
            kind: spec.kind.clone(),
            status: Status::CreateInProgress,
            reason: None,
            updated: cx.now,
            existing: None,
            physical_id: String::new(),
            needs: Default::default(),
            on_delete: spec.on_delete,
            on_replace: spec.on_replace,
        });
        resource.needs = needs;
        resource.on_delete = spec.on_delete;
        resource.on_replace = spec.on_replace;
        if resource.kind != spec.kind {
            // The old thing is found again in what the stack was before.
            resource.kind.clone_from(&spec.kind);
            resource.existing = None;
            resource.physical_id.clear();
        }
        let known = Known { resources: &self.resources, exports };
        let properties = self.deployment.resolver(&known).members(&spec.properties);
        let properties = match properties {
            Ok(properties) => resources::with_stack_tags(kind, properties, &self.deployment.tags),
            Err(error) => {
                let verb = if old.is_some() { Verb::Update } else { Verb::Create };
                return self.fail_early(cx, logical, verb, error.to_string());
            }
        };
        let verb = match &old {
            None => Verb::Create,
            Some(old) => {
                let changed = resources::changed(kind, &old.properties, &properties);
                if changed.is_empty() {
                    return false;
                }
                if changed.iter().any(|property| property.update == Update::Replace) {
                    Verb::Replace
                } else {
                    Verb::Update
                }
            }
        };
        if verb == Verb::Replace && names_itself_as_before(kind, old.as_ref(), &properties) {
            let physical = self.resources[&logical].physical_id.clone();
            let reason = format!(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename \
                 {physical} and update the stack again."
            );
            return self.fail_early(cx, logical, verb, reason);
        }
        let plan = self.plan(cx, kind, &logical, verb, old.as_ref(), &properties);
        match plan {
            Ok(plan) => self.start(cx, Start { logical, kind: spec.kind, verb, plan, properties }),
            Err(reason) => self.fail_early(cx, logical, verb, reason),
        }
    }

    fn plan(
        &self,
        cx: &mut Cx<'_>,
        kind: &dyn Kind,
        logical: &str,
        verb: Verb,
        old: Option<&Existing>,
        properties: &Map<String, Value>,
    ) -> Result<Plan, String> {
        let suffix = cx.letters(12, NAME_LETTERS);
        let make = Make { stack: &self.name, logical, scope: cx.scope, suffix: &suffix };
        match (verb, old) {
            (Verb::Update, Some(old)) => resources::update(kind, &make, old, properties),
            _ => resources::create(kind, &make, properties),
        }
    }

    fn begin_restore(&mut self, cx: &mut Cx<'_>, logical: String) -> bool {
        let Some(work) = &mut self.work else { return false };
        let was = work.before.resources.get(&logical).cloned();
        let now = self.resources.get(&logical).and_then(|resource| resource.existing.clone());
        let made_by_update = |kind: &str, existing: Existing| Leftover {
            logical: logical.clone(),
            kind: kind.to_owned(),
            existing,
            keep: false,
        };
        let Some(was) = was else {
            if let (Some(resource), Some(existing)) = (self.resources.shift_remove(&logical), now) {
                work.leftovers.push(made_by_update(&resource.kind, existing));
            }
            return false;
        };
        let (Some(old), Some(now)) = (was.existing.clone(), now.clone()) else {
            // What the update has made of a resource that could not be made before.
            if let (None, Some(now)) = (&was.existing, now) {
                work.leftovers.push(made_by_update(&was.kind, now));
            }
            self.resources.insert(logical, was);
            return false;
        };
        let kind = resources::kind(&was.kind).expect("types are checked before any work begins");
        let same_thing =
            self.resources[&logical].kind == was.kind && old.made.physical_id == now.made.physical_id;
        if !same_thing {
            let new_kind = self.resources[&logical].kind.clone();
            work.leftovers.push(made_by_update(&new_kind, now));
            self.resources.insert(logical.clone(), was);
            self.mark(cx, &logical, Status::UpdateComplete, None);
            return false;
        }
        if now.properties == old.properties {
            self.resources.insert(logical.clone(), was);
            self.mark(cx, &logical, Status::UpdateComplete, None);
            return false;
        }
        let plan = self.plan(cx, kind, &logical, Verb::Update, Some(&now), &old.properties);
        self.resources.insert(logical.clone(), Resource { existing: Some(now), ..was.clone() });
        match plan {
            Ok(plan) => {
                let properties = old.properties;
                self.start(cx, Start { logical, kind: was.kind, verb: Verb::Update, plan, properties })
            }
            Err(reason) => self.fail_early(cx, logical, Verb::Update, reason),
        }
    }

    fn begin_remove(&mut self, cx: &mut Cx<'_>, logical: String) -> bool {
        let Some(work) = &self.work else { return false };
        let Some(resource) = self.resources.get(&logical) else { return false };
        let Some(existing) = resource.existing.clone() else { return false };
        // What a resource that would not go still needs, stays.
        let needed = work.failed.iter().any(|failed| self.resources[failed].needs.contains(&logical));
        if needed {
            return false;
        }
        let keep = match resource.on_delete {
            Keep::Delete => false,
            Keep::Retain => work.goal == Goal::Delete || !self.retain_except_on_create,
            Keep::RetainExceptOnCreate => work.goal == Goal::Delete,
        };
        if keep || work.retain.contains(&logical) {
            self.mark(cx, &logical, Status::DeleteSkipped, None);
            if let Some(resource) = self.resources.get_mut(&logical) {
                resource.existing = None;
            }
            return false;
        }
        let kind_name = resource.kind.clone();
        self.begin_removal(cx, Verb::Delete, logical, kind_name, &existing)
    }

    fn begin_discard(&mut self, cx: &mut Cx<'_>, leftover: Leftover) -> bool {
        let Leftover { logical, kind, existing, keep } = leftover;
        if keep {
            let physical = existing.made.physical_id;
            self.note(cx, &logical, &kind, &physical, Status::DeleteSkipped, None);
            return false;
        }
        self.begin_removal(cx, Verb::Discard, logical, kind, &existing)
    }

    fn begin_removal(
        &mut self,
        cx: &mut Cx<'_>,
        verb: Verb,
        logical: String,
        kind_name: String,
        existing: &Existing,
    ) -> bool {
        let kind = resources::kind(&kind_name).expect("types are checked before any work begins");
        let make = Make { stack: &self.name, logical: &logical, scope: cx.scope, suffix: "" };
        let plan = Plan { made: existing.made.clone(), asks: kind.delete(&make, existing) };
        self.start(cx, Start { logical, kind: kind_name, verb, plan, properties: Map::new() })
    }

    fn start(&mut self, cx: &mut Cx<'_>, start: Start) -> bool {
        let Start { logical, kind, verb, plan, properties } = start;
        let (in_progress, _, _) = verb.status();
        match verb {
            Verb::Discard => {
                self.note(cx, &logical, &kind, &plan.made.physical_id, in_progress, None);
            }
            Verb::Replace => {
                let reason =
                    "Requested update requires the creation of a new physical resource; hence creating one.";
                self.mark(cx, &logical, in_progress, Some(reason.to_owned()));
            }
            Verb::Create | Verb::Update | Verb::Delete => self.mark(cx, &logical, in_progress, None),
        }
        let Some(work) = &mut self.work else { return false };
        if work.goal == Goal::Update {
            work.touched.push(logical.clone());
        }
        work.due = half_step(cx);
        work.current = Some(Current {
            logical,
            kind,
            verb,
            made: plan.made,
            properties,
            asks: plan.asks.into(),
            touched: false,
            polls: 0,
            phase: Phase::Begun,
        });
        true
    }

    /// Says the end of the step under way.
    pub(super) fn complete(&mut self, cx: &mut Cx<'_>) {
        let Some(work) = &mut self.work else { return };
        let Some(current) = work.current.take() else { return };
        let (_, complete, _) = current.verb.status();
        match current.verb {
            Verb::Discard => {
                let physical = &current.made.physical_id;
                self.note(cx, &current.logical, &current.kind, physical, complete, None);
            }
            Verb::Delete => {
                self.mark(cx, &current.logical, complete, None);
                if let Some(resource) = self.resources.get_mut(&current.logical) {
                    resource.existing = None;
                }
            }
            Verb::Create | Verb::Replace | Verb::Update => self.mark(cx, &current.logical, complete, None),
        }
    }
}

/// Whether the new thing would have the name of the old one, given by the template.
fn names_itself_as_before(kind: &dyn Kind, old: Option<&Existing>, properties: &Map<String, Value>) -> bool {
    let Some(name) = kind.spec().name_property else { return false };
    let before = old.and_then(|old| old.properties.get(name));
    before.is_some() && before == properties.get(name)
}
