//! What comes when the queue is empty, and when a step has failed: completion, clean-up, rollback.

use super::super::stack::{Exports, Known, OnFailure, OutputValue, Stack};
use super::super::status::Status;
use super::super::template::Keep;
use super::{Before, Goal, Leftover, Step, Verb, Work, half_step};
use crate::world::Cx;

impl Stack {
    /// All steps are done.
    pub(super) fn end_phase(&mut self, cx: &mut Cx<'_>, exports: &Exports) {
        let Some(work) = &self.work else { return };
        let failed = work.failed.clone();
        match work.goal {
            Goal::Create => match self.finished_outputs(exports) {
                Ok(outputs) => {
                    self.outputs = outputs;
                    self.work = None;
                    self.enter(cx, Status::CreateComplete, None);
                }
                Err(reason) => self.undo_create(cx, reason),
            },
            Goal::Update => match self.finished_outputs(exports) {
                Ok(outputs) => {
                    self.outputs = outputs;
                    self.enter(cx, Status::UpdateCleanup, None);
                    let steps = self.given_up();
                    self.clean_up(cx, steps, Status::UpdateComplete);
                }
                Err(reason) => self.undo_update(cx, reason),
            },
            Goal::RollBackCreate => {
                self.work = None;
                if failed.is_empty() {
                    self.enter(cx, Status::RollbackComplete, None);
                } else {
                    self.enter(cx, Status::RollbackFailed, Some(failed_to("delete", &failed)));
                }
            }
            Goal::RollBackUpdate => self.end_update_rollback(cx, &failed),
            // What would not go stays; the stack is complete all the same.
            Goal::CleanUp => {
                let ends_in = work.ends_in;
                self.work = None;
                self.enter(cx, ends_in, None);
            }
            Goal::Delete => {
                self.work = None;
                if failed.is_empty() {
                    self.deleted = Some(cx.now);
                    self.outputs.clear();
                    self.enter(cx, Status::DeleteComplete, None);
                } else {
                    self.enter(cx, Status::DeleteFailed, Some(failed_to("delete", &failed)));
                }
            }
        }
    }

    fn finished_outputs(&self, exports: &Exports) -> Result<Vec<OutputValue>, String> {
        let known = Known { resources: &self.resources, exports };
        let outputs = Self::outputs_of(&self.deployment, &known).map_err(|error| error.to_string())?;
        let ours = |name: &String| self.outputs.iter().any(|output| output.export.as_ref() == Some(name));
        let taken = outputs.iter().filter_map(|output| output.export.as_ref());
        match taken.into_iter().find(|name| exports.contains_key(*name) && !ours(name)) {
            Some(name) => Err(format!("Export with name {name} is already exported by another stack.")),
            None => Ok(outputs),
        }
    }

    /// What existed before the update and does not belong to the stack now.
    fn given_up(&mut self) -> Vec<Step> {
        let Some(work) = &self.work else { return Vec::new() };
        let before = work.before.resources.clone();
        let mut steps = Vec::new();
        for (logical, was) in before.into_iter().rev() {
            let Some(existing) = was.existing else { continue };
            let live = self.deployment.live.contains(&logical);
            let now = self.resources.get(&logical).filter(|_| live);
            let same =
                now.is_some_and(|now| now.kind == was.kind && now.physical_id == existing.made.physical_id);
            if same {
                continue;
            }
            let policy = if live { was.on_replace } else { was.on_delete };
            if !live {
                self.resources.shift_remove(&logical);
            }
            let keep = policy != Keep::Delete;
            steps.push(Step::Discard(Box::new(Leftover { logical, kind: was.kind, existing, keep })));
        }
        steps
    }

    fn clean_up(&mut self, cx: &Cx<'_>, steps: Vec<Step>, ends_in: Status) {
        let mut work = Work::new(Goal::CleanUp, steps, half_step(cx));
        work.ends_in = ends_in;
        self.work = Some(work);
    }

    fn end_update_rollback(&mut self, cx: &mut Cx<'_>, failed: &[String]) {
        let Some(work) = &mut self.work else { return };
        let Before { deployment, outputs, .. } = std::mem::take(&mut work.before);
        let leftovers = std::mem::take(&mut work.leftovers);
        if !failed.is_empty() {
            self.work = None;
            self.enter(cx, Status::UpdateRollbackFailed, Some(failed_to("update", failed)));
            return;
        }
        self.deployment = deployment;
        self.outputs = outputs;
        self.enter(cx, Status::UpdateRollbackCleanup, None);
        let steps = leftovers.into_iter().map(|leftover| Step::Discard(Box::new(leftover))).collect();
        self.clean_up(cx, steps, Status::UpdateRollbackComplete);
    }

    /// A step has failed before its first call.
    pub(super) fn fail_early(
        &mut self,
        cx: &mut Cx<'_>,
        logical: String,
        verb: Verb,
        reason: String,
    ) -> bool {
        let (in_progress, _, failed) = verb.status();
        self.mark(cx, &logical, in_progress, None);
        self.mark(cx, &logical, failed, Some(reason));
        self.after_failure(cx, logical, verb)
    }

    /// The step under way has failed.
    pub(super) fn fail(&mut self, cx: &mut Cx<'_>, reason: String) {
        let Some(current) = self.work.as_mut().and_then(|work| work.current.take()) else { return };
        let (_, _, failed) = current.verb.status();
        if current.verb == Verb::Discard {
            let physical = &current.made.physical_id;
            self.note(cx, &current.logical, &current.kind, physical, failed, Some(reason));
        } else {
            self.mark(cx, &current.logical, failed, Some(reason));
        }
        if !self.after_failure(cx, current.logical, current.verb)
            && let Some(work) = &mut self.work
        {
            work.due = half_step(cx);
        }
    }

    /// Answers true if other work has taken the place of this.
    fn after_failure(&mut self, cx: &mut Cx<'_>, logical: String, verb: Verb) -> bool {
        let Some(work) = &mut self.work else { return true };
        work.failed.push(logical.clone());
        match work.goal {
            Goal::Create => {
                self.undo_create(cx, failed_to("create", &[logical]));
                true
            }
            Goal::Update => {
                let what = if verb == Verb::Create { "create" } else { "update" };
                self.undo_update(cx, failed_to(what, &[logical]));
                true
            }
            Goal::RollBackCreate | Goal::RollBackUpdate | Goal::CleanUp | Goal::Delete => false,
        }
    }

    fn undo_create(&mut self, cx: &mut Cx<'_>, reason: String) {
        match self.on_failure {
            OnFailure::Nothing => {
                self.work = None;
                self.enter(cx, Status::CreateFailed, Some(reason));
            }
            OnFailure::Delete => {
                let reason = format!("{reason} Delete requested by user.");
                self.begin_delete(cx, Default::default(), Some(reason));
            }
            OnFailure::RollBack => {
                let reason = format!("{reason} Rollback requested by user.");
                self.enter(cx, Status::RollbackInProgress, Some(reason));
                self.work = Some(Work::new(Goal::RollBackCreate, self.removals(), half_step(cx)));
            }
        }
    }

    fn undo_update(&mut self, cx: &mut Cx<'_>, reason: String) {
        let Some(mut work) = self.work.take() else { return };
        if work.disable_rollback {
            self.enter(cx, Status::UpdateFailed, Some(reason));
            return;
        }
        self.enter(cx, Status::UpdateRollbackInProgress, Some(reason));
        let mut undo = Work::new(Goal::RollBackUpdate, [], half_step(cx));
        // A resource that failed before its first call may be new in the list of resources.
        let failed = std::mem::take(&mut work.failed);
        let untouched = failed.into_iter().filter(|logical| !work.touched.contains(logical));
        let mut touched: Vec<String> = work.touched.iter().cloned().chain(untouched).collect();
        touched.reverse();
        undo.steps = touched.into_iter().map(Step::Restore).collect();
        undo.before = work.before;
        self.work = Some(undo);
    }
}

/// Recorded by others: the sentence is quoted in public error reports.
fn failed_to(what: &str, logical: &[String]) -> String {
    format!("The following resource(s) failed to {what}: [{}].", logical.join(", "))
}
