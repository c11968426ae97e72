//! Workflows: their runs, each with properties, from the trigger that starts it until nothing that it started is under way.
//!
//! Documented: a run is COMPLETED whatever its jobs came to, and `MaxConcurrentRuns` (the service model); events that start a run wait
//! for each other by number and window (docs.aws.amazon.com/glue/latest/dg/workflows_overview.html, read 2026-11-28), and the run
//! has their ids as the property `aws:eventIds` (docs.aws.amazon.com/glue/latest/dg/viewing-start-event-info.html, read
//! 2026-11-28). Assumed: the sentences; that a workflow takes its triggers along when it is deleted; that the property's text is a
//! JSON list. AWS's own call for events is in no model: EventBridge here starts a run with that property.
//! Left out: blueprints. `flow_runs.rs` has a run, `resume.rs` goes on with one that is over, `graph.rs` draws workflows.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::Timestamp;
use wavetank_wire::glue::*;

use super::flow_runs::{Acted, Fired, FlowRun};
use super::flows::{Flow, Flows, What, Workers};
use super::graph;
use super::tags::Tags;
use super::watch::Snapped;
use crate::services::glue::error::GlueError;
use crate::services::glue::limits::{PAGE_RUNS, PAGE_WORKFLOWS};
use crate::services::glue::page::page;
use crate::world::Cx;

/// The property that has the ids of the events that started a run.
const EVENT_IDS: &str = "aws:eventIds";

type RunProperties = BTreeMap<String, String>;

/// Workflows by name.
#[derive(Debug, Default)]
pub(super) struct Workflows {
    all: BTreeMap<String, WorkflowEntry>,
    /// Runs that are under way.
    open: BTreeSet<Flow>,
}

#[derive(Debug)]
struct WorkflowEntry {
    workflow: Workflow,
    /// Oldest first.
    runs: Vec<FlowRun>,
}

impl WorkflowEntry {
    fn shown(&self) -> Workflow {
        Workflow { last_run: self.runs.last().map(FlowRun::shown), ..self.workflow.clone() }
    }
}

impl Workflows {
    pub(super) fn has(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    fn entry(&self, name: &str) -> Result<&WorkflowEntry, GlueError> {
        self.all.get(name).ok_or_else(|| GlueError::NoWorkflow(name.to_owned()))
    }

    fn entry_mut(&mut self, name: &str) -> Result<&mut WorkflowEntry, GlueError> {
        self.all.get_mut(name).ok_or_else(|| GlueError::NoWorkflow(name.to_owned()))
    }

    pub(super) fn run(&self, name: &str, id: &str) -> Result<&FlowRun, GlueError> {
        let run = self.entry(name)?.runs.iter().rfind(|run| run.id() == id);
        run.ok_or_else(|| GlueError::NoFlowRun(id.to_owned()))
    }

    fn run_mut(&mut self, name: &str, id: &str) -> Result<&mut FlowRun, GlueError> {
        let run = self.entry_mut(name)?.runs.iter_mut().rfind(|run| run.id() == id);
        run.ok_or_else(|| GlueError::NoFlowRun(id.to_owned()))
    }

    pub(super) fn create(
        &mut self,
        cx: &Cx<'_>,
        tags: &mut Tags,
        input: CreateWorkflowInput,
    ) -> Result<CreateWorkflowOutput, GlueError> {
        Tags::check(input.tags.as_ref())?;
        let name = input.name;
        if self.has(&name) {
            return Err(GlueError::WorkflowExists(name));
        }
        tags.set(&format!("workflow/{name}"), input.tags);
        let workflow = Workflow {
            name: Some(name.clone()),
            description: input.description,
            default_run_properties: Some(input.default_run_properties.unwrap_or_default()),
            created_on: Some(cx.now),
            last_modified_on: Some(cx.now),
            max_concurrent_runs: input.max_concurrent_runs,
            ..Workflow::default()
        };
        self.all.insert(name.clone(), WorkflowEntry { workflow, runs: Vec::new() });
        Ok(CreateWorkflowOutput { name: Some(name) })
    }

    /// Replaces the members that the request has.
    pub(super) fn update(
        &mut self,
        cx: &Cx<'_>,
        input: UpdateWorkflowInput,
    ) -> Result<UpdateWorkflowOutput, GlueError> {
        let workflow = &mut self.entry_mut(&input.name)?.workflow;
        workflow.description = input.description.or_else(|| workflow.description.take());
        workflow.default_run_properties =
            input.default_run_properties.or_else(|| workflow.default_run_properties.take());
        workflow.max_concurrent_runs = input.max_concurrent_runs.or(workflow.max_concurrent_runs);
        workflow.last_modified_on = Some(cx.now);
        Ok(UpdateWorkflowOutput { name: Some(input.name) })
    }

    pub(super) fn list(&self, input: &ListWorkflowsInput) -> Result<ListWorkflowsOutput, GlueError> {
        let entries = self.all.keys().map(|name| (name.clone(), name.clone()));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_WORKFLOWS)?;
        Ok(ListWorkflowsOutput { workflows: Some(page.entries), next_token: page.next_token })
    }

    pub(super) fn run_properties(
        &self,
        input: &GetWorkflowRunPropertiesInput,
    ) -> Result<GetWorkflowRunPropertiesOutput, GlueError> {
        let run_properties = self.run(&input.name, &input.run_id)?.run.workflow_run_properties.clone();
        Ok(GetWorkflowRunPropertiesOutput { run_properties })
    }

    /// Adds properties to a run's, in the place of those of the same names.
    pub(super) fn put_run_properties(
        &mut self,
        input: PutWorkflowRunPropertiesInput,
    ) -> Result<PutWorkflowRunPropertiesOutput, GlueError> {
        let run = self.run_mut(&input.name, &input.run_id)?;
        run.run.workflow_run_properties.get_or_insert_default().extend(input.run_properties);
        Ok(PutWorkflowRunPropertiesOutput {})
    }

    /// A trigger of a run has done, or could not do, an action.
    pub(super) fn acted(
        &mut self,
        now: Timestamp,
        flow: &Flow,
        trigger: &str,
        action: Action,
        what: Option<What>,
    ) {
        let Ok(run) = self.run_mut(&flow.workflow, &flow.run) else { return };
        let (state, ended) = if what.is_some() { (None, None) } else { (Some("ERROR"), Some(now)) };
        run.actions.push(Acted { trigger: trigger.to_owned(), what, action, state, began: now, ended });
    }

    /// A failed job of a run is tried again.
    pub(super) fn tried_again(&mut self, flow: Option<&Flow>, before: &What, after: &What) {
        let run = flow.and_then(|flow| self.run_mut(&flow.workflow, &flow.run).ok());
        let acted =
            run.and_then(|run| run.actions.iter_mut().find(|acted| acted.what.as_ref() == Some(before)));
        if let Some(acted) = acted {
            acted.what = Some(after.clone());
        }
    }

    /// Something of a run is over. Answers which of its triggers fire.
    pub(super) fn over(
        &mut self,
        now: Timestamp,
        flow: &Flow,
        what: &What,
        state: &'static str,
    ) -> Vec<Fired> {
        let run = self.run_mut(&flow.workflow, &flow.run);
        run.map_or_else(|_| Vec::new(), |run| run.over(now, what, state))
    }

    /// Begins a run, which has its properties and all that it does not do itself.
    pub(super) fn open(&mut self, cx: &mut Cx<'_>, name: &str, mut run: FlowRun) -> Result<Flow, GlueError> {
        let entry = self.entry_mut(name)?;
        let under_way = entry.runs.iter().filter(|run| !run.is_over()).count();
        let most = entry.workflow.max_concurrent_runs.and_then(|most| usize::try_from(most).ok());
        if most.is_some_and(|most| under_way >= most) {
            return Err(GlueError::TooManyRuns(name.to_owned()));
        }
        let id = format!("wr_{}", cx.hex(64));
        run.run.name = Some(name.to_owned());
        run.run.workflow_run_id = Some(id.clone());
        run.run.started_on = Some(cx.now);
        run.run.status = Some("RUNNING".to_owned());
        entry.runs.push(run);
        let flow = Flow { workflow: name.to_owned(), run: id };
        self.open.insert(flow.clone());
        Ok(flow)
    }

    /// Runs of which nothing is under way are over.
    pub(super) fn end_runs(&mut self, now: Timestamp) {
        let mut open = std::mem::take(&mut self.open);
        open.retain(|flow| self.run_mut(&flow.workflow, &flow.run).is_ok_and(|run| !run.end(now)));
        self.open = open;
    }
}

impl Flows {
    pub(super) fn get_workflow(
        &self,
        cx: &Cx<'_>,
        workers: &Workers<'_>,
        input: &GetWorkflowInput,
    ) -> Result<GetWorkflowOutput, GlueError> {
        let mut workflow = self.workflows.entry(&input.name)?.shown();
        if input.include_graph == Some(true) {
            workflow.graph = Some(self.design(cx, workers, &input.name));
        }
        Ok(GetWorkflowOutput { workflow: Some(workflow) })
    }

    pub(super) fn batch_get_workflows(
        &self,
        cx: &Cx<'_>,
        workers: &Workers<'_>,
        input: BatchGetWorkflowsInput,
    ) -> BatchGetWorkflowsOutput {
        let include_graph = input.include_graph;
        let (mut workflows, mut missing) = (Vec::new(), Vec::new());
        for name in input.names {
            let found =
                self.get_workflow(cx, workers, &GetWorkflowInput { name: name.clone(), include_graph });
            match found.ok().and_then(|output| output.workflow) {
                Some(workflow) => workflows.push(workflow),
                None => missing.push(name),
            }
        }
        BatchGetWorkflowsOutput { workflows: Some(workflows), missing_workflows: Some(missing) }
    }

    /// Forgets a workflow with its triggers and runs. One that does not exist is no error: the service model names none.
    pub(super) fn delete_workflow(
        &mut self,
        tags: &mut Tags,
        input: DeleteWorkflowInput,
    ) -> DeleteWorkflowOutput {
        let name = input.name;
        if self.workflows.all.remove(&name).is_some() {
            for (trigger, _) in self.triggers.of_workflow(&name) {
                tags.forget(&format!("trigger/{trigger}"));
            }
            self.triggers.forget_workflow(&name);
            tags.forget(&format!("workflow/{name}"));
        }
        DeleteWorkflowOutput { name: Some(name) }
    }

    /// Starts a run at the workflow's start trigger, of whichever kind that is.
    pub(super) fn start_workflow_run(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        input: StartWorkflowRunInput,
    ) -> Result<StartWorkflowRunOutput, GlueError> {
        self.workflows.entry(&input.name)?;
        // Services of this tank have no key.
        let event = input.run_properties.as_ref().and_then(|properties| properties.get(EVENT_IDS));
        if let Some(event) = event.filter(|_| cx.access_key.is_empty()) {
            let run_id = self.heard(cx, workers, &input.name, event.clone())?;
            return Ok(StartWorkflowRunOutput { run_id });
        }
        let first = self.triggers.of_workflow(&input.name).find(|(_, entry)| !entry.is("CONDITIONAL"));
        let Some((_, entry)) = first else {
            let what = format!("Workflow {} does not have a start trigger.", input.name);
            return Err(GlueError::Invalid(what));
        };
        let fired = Fired::of(&entry.trigger);
        let run_id = self.begin_run(cx, workers, &input.name, fired, input.run_properties)?;
        Ok(StartWorkflowRunOutput { run_id: Some(run_id) })
    }

    /// A run begins with what its trigger does.
    pub(super) fn begin_run(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        name: &str,
        fired: Fired,
        given: Option<RunProperties>,
    ) -> Result<String, GlueError> {
        let defaults = self.workflows.entry(name)?.workflow.default_run_properties.clone();
        let mut properties = defaults.unwrap_or_default();
        properties.extend(given.unwrap_or_default());
        let run = WorkflowRun { workflow_run_properties: Some(properties), ..WorkflowRun::default() };
        let triggers = self.triggers.of_workflow(name);
        let triggers = triggers.map(|(_, entry)| Snapped::new(entry.trigger.clone())).collect();
        let flow = self.workflows.open(cx, name, FlowRun { run, triggers, actions: Vec::new() })?;
        // What could not be started is told by the log and by the run.
        let _ = self.fire(cx, workers, fired, Some(&flow));
        Ok(flow.run)
    }

    /// EventBridge has sent an event. It starts a run, or waits for more.
    fn heard(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        workflow: &str,
        event: String,
    ) -> Result<Option<String>, GlueError> {
        let found = self.triggers.of_workflow_mut(workflow).find(|(_, entry)| entry.is("EVENT"));
        let Some((_, entry)) = found else {
            return Err(GlueError::Invalid(format!("Workflow {workflow} is not started by events.")));
        };
        entry.events.push(event);
        entry.waits_since.get_or_insert(cx.now);
        if entry.events.len() < entry.batch().0 {
            return Ok(None);
        }
        self.begin_batch(cx, workers, workflow).map(Some)
    }

    /// A run begins with the events that have waited.
    fn begin_batch(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        workflow: &str,
    ) -> Result<String, GlueError> {
        let found = self.triggers.of_workflow_mut(workflow).find(|(_, entry)| entry.is("EVENT"));
        let Some((_, entry)) = found else {
            return Err(GlueError::NoWorkflow(workflow.to_owned()));
        };
        let fired = Fired::of(&entry.trigger);
        let events = std::mem::take(&mut entry.events);
        let since = entry.waits_since.take().unwrap_or(cx.now);
        let condition = StartingEventBatchCondition {
            batch_size: i64::try_from(events.len()).ok(),
            batch_window: i64::try_from(cx.now.since(since).as_secs()).ok(),
        };
        let ids = RunProperties::from([(EVENT_IDS.to_owned(), serde_json::json!(events).to_string())]);
        let id = self.begin_run(cx, workers, workflow, fired, Some(ids))?;
        self.workflows.run_mut(workflow, &id)?.run.starting_event_batch_condition = Some(condition);
        Ok(id)
    }

    /// Schedules and windows whose time has come.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_>, workers: &mut Workers<'_>) {
        for (fired, workflow) in self.triggers.take_scheduled(cx.now) {
            let Some(workflow) = workflow else {
                // What could not be started is told by the log.
                let _ = self.fire(cx, workers, fired, None);
                continue;
            };
            if let Err(error) = self.begin_run(cx, workers, &workflow, fired, None) {
                tracing::warn!(workflow, %error, "a scheduled run of a workflow of Glue could not begin");
            }
        }
        for workflow in self.triggers.batches_due(cx.now) {
            if let Err(error) = self.begin_batch(cx, workers, &workflow) {
                tracing::warn!(workflow, %error, "events could not start a run of a workflow of Glue");
            }
        }
    }

    pub(super) fn get_workflow_run(
        &self,
        cx: &Cx<'_>,
        workers: &Workers<'_>,
        input: &GetWorkflowRunInput,
    ) -> Result<GetWorkflowRunOutput, GlueError> {
        let run = self.workflows.run(&input.name, &input.run_id)?;
        let mut shown = run.shown();
        if input.include_graph == Some(true) {
            shown.graph = Some(graph::of_run(cx, workers, run));
        }
        Ok(GetWorkflowRunOutput { run: Some(shown) })
    }

    /// The runs of a workflow, newest first.
    pub(super) fn get_workflow_runs(
        &self,
        cx: &Cx<'_>,
        workers: &Workers<'_>,
        input: &GetWorkflowRunsInput,
    ) -> Result<GetWorkflowRunsOutput, GlueError> {
        let runs = &self.workflows.entry(&input.name)?.runs;
        let newest_first = (0_i64..).zip(runs).collect::<Vec<_>>().into_iter().rev();
        let entries = newest_first.map(|(number, run)| {
            let mut shown = run.shown();
            if input.include_graph == Some(true) {
                shown.graph = Some(graph::of_run(cx, workers, run));
            }
            (-number, shown)
        });
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_RUNS)?;
        Ok(GetWorkflowRunsOutput { runs: Some(page.entries), next_token: page.next_token })
    }

    /// Stops a run with the jobs and crawls that it has started.
    pub(super) fn stop_workflow_run(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        input: &StopWorkflowRunInput,
    ) -> Result<StopWorkflowRunOutput, GlueError> {
        let run = self.workflows.run_mut(&input.name, &input.run_id)?;
        if !run.is("RUNNING") {
            return Err(GlueError::FlowRests(input.run_id.clone()));
        }
        run.run.status = Some("STOPPING".to_owned());
        for acted in run.actions.iter().filter(|acted| acted.state.is_none()) {
            match acted.what.clone() {
                Some(What::Job { name: job_name, run }) => {
                    let stop = BatchStopJobRunInput { job_name, job_run_ids: vec![run] };
                    let _ = workers.jobs.stop_runs(cx, stop);
                }
                Some(What::Crawl { crawler: name, .. }) => {
                    let _ = workers.crawlers.stop(cx, StopCrawlerInput { name });
                }
                None => {}
            }
        }
        Ok(StopWorkflowRunOutput {})
    }
}
