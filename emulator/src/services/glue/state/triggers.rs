//! Triggers: on demand, by a schedule, by what other triggers' jobs and crawlers came to, or by events that start a workflow.
//!
//! Documented: states, and that a trigger on demand stays CREATED (docs.aws.amazon.com/glue/latest/dg/about-triggers.html, read
//! 2026-11-28); that an update replaces the whole definition and that deleting what is not there is no error (the service model).
//! Recorded, as people were told: a trigger of type EVENT stays CREATED and cannot be started, and one that is CREATED cannot be stopped
//! (github.com/hashicorp/terraform-provider-aws/pull/49408, 2026). Assumed: that a trigger changes its state at once; that StartOnCreation
//! means nothing to one of type EVENT; that jobs and crawlers need not exist before the trigger fires.
//! `trigger_checks.rs` says which definitions are refused, `watch.rs` when a condition holds.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::glue::*;

use super::flow_runs::Fired;
use super::flows::{Flows, What, Workers};
use super::tags::Tags;
use super::trigger_checks::{check, check_start};
use super::watch::Met;
use crate::schedule::Schedule as Cron;
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::{EVENT_BATCH_WINDOW, PAGE_RUNS};
use crate::services::glue::page::page;
use crate::world::Cx;

/// Triggers by name.
#[derive(Debug, Default)]
pub(super) struct Triggers(BTreeMap<String, TriggerEntry>);

#[derive(Debug)]
pub(super) struct TriggerEntry {
    pub(super) trigger: Trigger,
    cron: Option<Cron>,
    /// When it fires next by its schedule.
    next: Option<Timestamp>,
    /// Which conditions are met, outside of workflows.
    met: Met,
    /// Ids of events that wait for more, and when the first one came.
    pub(super) events: Vec<String>,
    pub(super) waits_since: Option<Timestamp>,
}

impl TriggerEntry {
    pub(super) fn is(&self, kind: &str) -> bool {
        self.trigger.r#type.as_deref() == Some(kind)
    }

    fn is_active(&self) -> bool {
        self.trigger.state.as_deref() == Some("ACTIVATED")
    }

    fn set_state(&mut self, state: &str, now: Timestamp) {
        self.trigger.state = Some(state.to_owned());
        self.next = self.cron.as_ref().filter(|_| state == "ACTIVATED").and_then(|cron| cron.next(now, now));
        self.met.clear();
    }

    /// Events that start a run together, and how long the first one waits for them.
    pub(super) fn batch(&self) -> (usize, Duration) {
        let batch = self.trigger.event_batching_condition.as_ref();
        let size = batch.and_then(|batch| usize::try_from(batch.batch_size).ok()).unwrap_or(1);
        let window = batch.and_then(|batch| batch.batch_window).and_then(|secs| u64::try_from(secs).ok());
        (size, window.map_or(EVENT_BATCH_WINDOW, Duration::from_secs))
    }

    fn batch_due(&self) -> Option<Timestamp> {
        self.waits_since.map(|since| since + self.batch().1)
    }

    fn names_job(&self, job: &str) -> bool {
        self.trigger.actions.iter().flatten().any(|action| action.job_name.as_deref() == Some(job))
    }
}

impl Triggers {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn entry(&self, name: &str) -> Result<&TriggerEntry, GlueError> {
        self.0.get(name).ok_or_else(|| GlueError::NoTrigger(name.to_owned()))
    }

    fn entry_mut(&mut self, name: &str) -> Result<&mut TriggerEntry, GlueError> {
        self.0.get_mut(name).ok_or_else(|| GlueError::NoTrigger(name.to_owned()))
    }

    /// The triggers of a workflow, by name.
    pub(super) fn of_workflow(&self, workflow: &str) -> impl Iterator<Item = (&String, &TriggerEntry)> {
        self.0.iter().filter(move |(_, entry)| entry.trigger.workflow_name.as_deref() == Some(workflow))
    }

    pub(super) fn of_workflow_mut(
        &mut self,
        workflow: &str,
    ) -> impl Iterator<Item = (&String, &mut TriggerEntry)> {
        self.0.iter_mut().filter(move |(_, entry)| entry.trigger.workflow_name.as_deref() == Some(workflow))
    }

    pub(super) fn forget_workflow(&mut self, workflow: &str) {
        self.0.retain(|_, entry| entry.trigger.workflow_name.as_deref() != Some(workflow));
    }

    /// The conditional triggers outside of workflows that an end makes fire.
    pub(super) fn met_by(&mut self, what: &What, state: &str) -> Vec<Fired> {
        let mut fired = Vec::new();
        for entry in self.0.values_mut() {
            let waits = entry.is("CONDITIONAL") && entry.is_active() && entry.trigger.workflow_name.is_none();
            let Some(predicate) = entry.trigger.predicate.as_ref().filter(|_| waits) else { continue };
            if entry.met.note(predicate, what, state) {
                entry.met.clear();
                fired.push(Fired::of(&entry.trigger));
            }
        }
        fired
    }

    pub(super) fn next_batch(&self) -> Option<Timestamp> {
        self.0.values().filter_map(TriggerEntry::batch_due).min()
    }

    pub(super) fn next_scheduled(&self) -> Option<Timestamp> {
        self.0.values().filter_map(|entry| entry.next).min()
    }

    /// Those whose time has come, each with its workflow.
    pub(super) fn take_scheduled(&mut self, now: Timestamp) -> Vec<(Fired, Option<String>)> {
        let mut due = Vec::new();
        for entry in self.0.values_mut() {
            if entry.next.is_some_and(|at| at <= now) {
                entry.next = entry.cron.as_ref().and_then(|cron| cron.next(now, now));
                due.push((Fired::of(&entry.trigger), entry.trigger.workflow_name.clone()));
            }
        }
        due
    }

    /// Workflows whose events have waited long enough.
    pub(super) fn batches_due(&self, now: Timestamp) -> Vec<String> {
        let due = self.0.values().filter(|entry| entry.batch_due().is_some_and(|at| at <= now));
        due.filter_map(|entry| entry.trigger.workflow_name.clone()).collect()
    }

    pub(super) fn get(&self, input: &GetTriggerInput) -> Result<GetTriggerOutput, GlueError> {
        Ok(GetTriggerOutput { trigger: Some(self.entry(&input.name)?.trigger.clone()) })
    }

    fn matching(&self, job: Option<&str>) -> impl Iterator<Item = (&String, &TriggerEntry)> {
        self.0.iter().filter(move |(_, entry)| job.is_none_or(|job| entry.names_job(job)))
    }

    pub(super) fn get_all(&self, input: &GetTriggersInput) -> Result<GetTriggersOutput, GlueError> {
        let entries = self.matching(input.dependent_job_name.as_deref());
        let entries = entries.map(|(name, entry)| (name.clone(), entry.trigger.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(GetTriggersOutput { triggers: Some(page.entries), next_token: page.next_token })
    }

    pub(super) fn list(
        &self,
        tags: &Tags,
        input: &ListTriggersInput,
    ) -> Result<ListTriggersOutput, GlueError> {
        let entries = self.matching(input.dependent_job_name.as_deref());
        let entries =
            entries.filter(|(name, _)| tags.has_all(&format!("trigger/{name}"), input.tags.as_ref()));
        let entries = entries.map(|(name, _)| (name.clone(), name.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(ListTriggersOutput { trigger_names: Some(page.entries), next_token: page.next_token })
    }

    pub(super) fn batch_get(&self, input: BatchGetTriggersInput) -> BatchGetTriggersOutput {
        let (found, missing): (Vec<String>, Vec<String>) =
            input.trigger_names.into_iter().partition(|name| self.has(name));
        let found = found.iter().filter_map(|name| self.0.get(name)).map(|entry| entry.trigger.clone());
        BatchGetTriggersOutput { triggers: Some(found.collect()), triggers_not_found: Some(missing) }
    }

    pub(super) fn update(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateTriggerInput,
    ) -> Result<UpdateTriggerOutput, GlueError> {
        let entry = self.entry_mut(&input.name)?;
        let update = input.trigger_update;
        if update.name.is_some_and(|name| name != input.name) {
            return Err(GlueError::NotBuilt("a new name for a trigger (TriggerUpdate's Name)".to_owned()));
        }
        let trigger = Trigger {
            description: update.description,
            schedule: update.schedule,
            actions: update.actions,
            predicate: update.predicate,
            event_batching_condition: update.event_batching_condition,
            ..entry.trigger.clone()
        };
        entry.cron = check(&trigger)?;
        let state = trigger.state.clone().unwrap_or_default();
        entry.trigger = trigger;
        entry.set_state(&state, cx.now);
        Ok(UpdateTriggerOutput { trigger: Some(entry.trigger.clone()) })
    }

    pub(super) fn delete(&mut self, tags: &mut Tags, input: DeleteTriggerInput) -> DeleteTriggerOutput {
        self.0.remove(&input.name);
        tags.forget(&format!("trigger/{}", input.name));
        DeleteTriggerOutput { name: Some(input.name) }
    }

    pub(super) fn stop(
        &mut self,
        cx: &Cx<'_>,
        input: StopTriggerInput,
    ) -> Result<StopTriggerOutput, GlueError> {
        let entry = self.entry_mut(&input.name)?;
        if !entry.is_active() {
            return Err(GlueError::TriggerState(entry.trigger.state.clone().unwrap_or_default()));
        }
        entry.set_state("DEACTIVATED", cx.now);
        Ok(StopTriggerOutput { name: Some(input.name) })
    }
}

impl Flows {
    /// Makes a trigger. The same request again answers as the first did; another one of the same name is refused.
    pub(super) fn create_trigger(
        &mut self,
        cx: &Cx<'_>,
        tags: &mut Tags,
        input: CreateTriggerInput,
    ) -> Result<CreateTriggerOutput, GlueError> {
        let starts = check_start(&input)?;
        let name = input.name;
        let trigger = Trigger {
            name: Some(name.clone()),
            workflow_name: input.workflow_name,
            id: None,
            r#type: Some(input.r#type),
            state: Some("CREATED".to_owned()),
            description: input.description,
            schedule: input.schedule,
            actions: Some(input.actions),
            predicate: input.predicate,
            event_batching_condition: input.event_batching_condition,
        };
        let cron = check(&trigger)?;
        Tags::check(input.tags.as_ref())?;
        if let Some(workflow) = trigger.workflow_name.as_ref().filter(|name| !self.workflows.has(name)) {
            return Err(GlueError::NoWorkflow(workflow.clone()));
        }
        if let Some(known) = self.triggers.0.get(&name) {
            let again = Trigger { state: known.trigger.state.clone(), ..trigger };
            return if again == known.trigger {
                Ok(CreateTriggerOutput { name: Some(name) })
            } else {
                Err(GlueError::TriggerDiffers(name))
            };
        }
        let starts_runs = |(_, entry): &(&String, &TriggerEntry)| !entry.is("CONDITIONAL");
        if let Some(workflow) =
            trigger.workflow_name.as_ref().filter(|_| trigger.r#type.as_deref() != Some("CONDITIONAL"))
            && let Some((first, _)) = self.triggers.of_workflow(workflow).find(starts_runs)
        {
            return Err(GlueError::SecondStart { workflow: workflow.clone(), first: first.clone() });
        }
        tags.set(&format!("trigger/{name}"), input.tags);
        let (met, events) = (Met::default(), Vec::new());
        let mut entry = TriggerEntry { trigger, cron, next: None, met, events, waits_since: None };
        if starts {
            entry.set_state("ACTIVATED", cx.now);
        }
        self.triggers.0.insert(name.clone(), entry);
        Ok(CreateTriggerOutput { name: Some(name) })
    }

    /// A trigger on demand fires, or starts its workflow; others are in force from now on.
    ///
    /// Assumed: a trigger on demand that can start nothing is refused for the first reason.
    pub(super) fn start_trigger(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        input: StartTriggerInput,
    ) -> Result<StartTriggerOutput, GlueError> {
        let name = input.name;
        let entry = self.triggers.entry_mut(&name)?;
        if entry.is("EVENT") {
            return Err(GlueError::Invalid("Trigger Type EVENT cannot be started".to_owned()));
        }
        if !entry.is("ON_DEMAND") {
            entry.set_state("ACTIVATED", cx.now);
            return Ok(StartTriggerOutput { name: Some(name) });
        }
        let fired = Fired::of(&entry.trigger);
        match entry.trigger.workflow_name.clone() {
            Some(workflow) => drop(self.begin_run(cx, workers, &workflow, fired, None)?),
            None => self.fire(cx, workers, fired, None)?,
        }
        Ok(StartTriggerOutput { name: Some(name) })
    }
}
