//! The engine: a queue of steps, one resource at a time, each a few calls to other services.
//!
//! A step begins, asks, waits until what it asked for is there, and ends; each of these is an event with its own
//! instant. Replies come back within the instant of the call, so that between instants a stack always has a deadline
//! or no work. Assumed: one resource at a time. AWS works on independent ones side by side, so that only the order
//! among those differs.
//! `steps.rs` begins a step, `calls.rs` asks and hears, `phases.rs` decides what comes when the queue is empty or a
//! step has failed.

mod calls;
mod phases;
mod steps;

use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexMap;
use serde_json::{Map, Value};
use wavetank_types::Timestamp;

use super::resources::{Ask, Existing, Made};
use super::stack::{Deployment, Exports, OutputValue, Resource, Stack};
use super::status::Status;
use crate::world::Cx;

/// What the work as a whole is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    Create,
    Update,
    /// Undo a creation.
    RollBackCreate,
    /// Undo an update.
    RollBackUpdate,
    /// Remove what an update or its undoing has left over.
    CleanUp,
    Delete,
}

/// One resource's part of the work.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Make it as the new deployment says: create, change or leave it.
    Apply(String),
    /// Make it as it was before the update.
    Restore(String),
    /// Remove a resource of the stack.
    Remove(String),
    /// Remove something that the stack has given up.
    Discard(Box<Leftover>),
}

/// A thing that belonged to a resource and does not any more.
#[derive(Clone, Debug)]
pub(super) struct Leftover {
    pub(super) logical: String,
    pub(super) kind: String,
    pub(super) existing: Existing,
    pub(super) keep: bool,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Replace,
    Update,
    Delete,
    Discard,
}

impl Verb {
    fn status(self) -> (Status, Status, Status) {
        match self {
            Self::Create => (Status::CreateInProgress, Status::CreateComplete, Status::CreateFailed),
            Self::Replace | Self::Update => {
                (Status::UpdateInProgress, Status::UpdateComplete, Status::UpdateFailed)
            }
            Self::Delete | Self::Discard => {
                (Status::DeleteInProgress, Status::DeleteComplete, Status::DeleteFailed)
            }
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its beginning has been said; calls come next.
    Begun,
    /// A call is out: its token.
    Asking(u64),
    /// It is not ready; the same call comes again.
    Polling,
    /// All calls are answered; its end comes next.
    Settling,
}

/// The step under way.
#[derive(Clone, Debug)]
pub(super) struct Current {
    logical: String,
    kind: String,
    verb: Verb,
    made: Made,
    properties: Map<String, Value>,
    asks: VecDeque<Ask>,
    /// Whether a call has succeeded, so that there is something to undo.
    touched: bool,
    polls: u32,
    phase: Phase,
}

/// What a stack was before an update.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    deployment: Deployment,
    resources: IndexMap<String, Resource>,
    outputs: Vec<OutputValue>,
}

/// The work on a stack.
#[derive(Debug)]
pub(super) struct Work {
    goal: Goal,
    steps: VecDeque<Step>,
    current: Option<Current>,
    due: Timestamp,
    before: Before,
    /// Logical ids that the update has changed, in order.
    touched: Vec<String>,
    /// Made by an update that is being undone.
    leftovers: Vec<Leftover>,
    /// Logical ids of steps that failed.
    failed: Vec<String>,
    /// Resources that the caller wants kept.
    retain: BTreeSet<String>,
    /// The state that a clean-up ends in.
    ends_in: Status,
    disable_rollback: bool,
}

impl Work {
    fn new(goal: Goal, steps: impl IntoIterator<Item = Step>, due: Timestamp) -> Self {
        Self {
            goal,
            steps: steps.into_iter().collect(),
            current: None,
            due,
            before: Before::default(),
            touched: Vec::new(),
            leftovers: Vec::new(),
            failed: Vec::new(),
            retain: BTreeSet::new(),
            ends_in: Status::UpdateComplete,
            disable_rollback: false,
        }
    }

    pub(super) fn due(&self) -> Timestamp {
        self.due
    }

    /// Whether the step under way waits for the reply with this token.
    pub(super) fn waits_for(&self, token: u64) -> bool {
        self.current.as_ref().is_some_and(|current| current.phase == Phase::Asking(token))
    }
}

impl Stack {
    /// Begins to make the stack as its deployment says.
    pub(super) fn begin_create(&mut self, cx: &mut Cx<'_>) {
        self.enter(cx, Status::CreateInProgress, Some("User Initiated".to_owned()));
        let steps = self.deployment.order.iter().cloned().map(Step::Apply);
        self.work = Some(Work::new(Goal::Create, steps, half_step(cx)));
    }

    /// Begins to make the stack as another deployment says. What could not be made before goes first, and is made again.
    ///
    /// Documented: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html (read 2026-11-29): what failed is
    /// tried again, and what has no last stable state is deleted with the next operation.
    pub(super) fn begin_update(&mut self, cx: &mut Cx<'_>, target: Deployment, disable_rollback: bool) {
        self.updated = Some(cx.now);
        self.enter(cx, Status::UpdateInProgress, Some("User Initiated".to_owned()));
        let gone = self.failed_creations(&target);
        let steps = gone.into_iter().chain(target.order.iter().cloned().map(Step::Apply));
        let mut work = Work::new(Goal::Update, steps, half_step(cx));
        work.disable_rollback = disable_rollback;
        work.before = Before {
            deployment: std::mem::replace(&mut self.deployment, target),
            resources: self.resources.clone(),
            outputs: self.outputs.clone(),
        };
        self.work = Some(work);
    }

    /// Forgets what exists of resources that could not be made, and gives the steps that remove it.
    fn failed_creations(&mut self, target: &Deployment) -> Vec<Step> {
        let mut steps = Vec::new();
        for (logical, resource) in &mut self.resources {
            let existing = resource.existing.take_if(|_| resource.status == Status::CreateFailed);
            steps.extend(existing.map(|existing| {
                let (logical, kind) = (logical.clone(), resource.kind.clone());
                Step::Discard(Box::new(Leftover { logical, kind, existing, keep: false }))
            }));
        }
        let is_lost = |logical: &String, resource: &Resource| {
            resource.status == Status::CreateFailed && !target.live.contains(logical)
        };
        self.resources.retain(|logical, resource| !is_lost(logical, resource));
        steps
    }

    /// Begins to remove the stack. What is under way ends where it is.
    pub(super) fn begin_delete(&mut self, cx: &mut Cx<'_>, retain: BTreeSet<String>, reason: Option<String>) {
        self.enter(cx, Status::DeleteInProgress, reason);
        let mut work = Work::new(Goal::Delete, self.removals(), half_step(cx));
        work.retain = retain;
        self.work = Some(work);
    }

    /// Every resource that exists, each before those it needs; the last made first where that leaves a choice.
    fn removals(&self) -> Vec<Step> {
        let exist = |resource: &Resource| resource.existing.is_some();
        let mut rest: Vec<&String> = self
            .resources
            .iter()
            .filter(|(_, resource)| exist(resource))
            .map(|(logical, _)| logical)
            .collect();
        let mut steps = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            let needed: BTreeSet<&String> =
                rest.iter().flat_map(|logical| &self.resources[*logical].needs).collect();
            // Needs have no circles; were there one, the last made would go first.
            let at = rest.iter().rposition(|logical| !needed.contains(*logical)).unwrap_or(rest.len() - 1);
            steps.push(Step::Remove(rest.remove(at).clone()));
        }
        steps
    }

    /// Does what is due: a step's calls, its end, the next step.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_>, exports: &Exports) {
        let Some(work) = &self.work else { return };
        if work.due > cx.now {
            return;
        }
        match work.current.as_ref().map(|current| current.phase) {
            None => self.next_step(cx, exports),
            Some(Phase::Begun | Phase::Polling) => self.ask(cx),
            Some(Phase::Settling) => {
                self.complete(cx);
                self.next_step(cx, exports);
            }
            // A reply comes within the instant of its call.
            Some(Phase::Asking(_)) => {}
        }
    }

    fn next_step(&mut self, cx: &mut Cx<'_>, exports: &Exports) {
        while let Some(work) = &mut self.work {
            match work.steps.pop_front() {
                Some(step) => {
                    if self.begin_step(cx, exports, step) {
                        return;
                    }
                }
                None => {
                    self.end_phase(cx, exports);
                    return;
                }
            }
        }
    }
}

/// When the next half of a step is due.
fn half_step(cx: &Cx<'_>) -> Timestamp {
    cx.now + super::limits::RESOURCE_SPAN / 2
}
