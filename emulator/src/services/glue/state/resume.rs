//! ResumeWorkflowRun: a new run that starts some jobs and crawlers of one that is over again, and what is downstream of them.
//!
//! Documented: docs.aws.amazon.com/glue/latest/dg/resuming-workflow.html (read 2026-11-28 as in github.com/awsdocs/aws-glue-developer-guide):
//! only a COMPLETED run, only from jobs and crawlers that it has tried, those downstream of another one are passed over, and the rest of the
//! graph is taken over with its details. Assumed: the sentences; that properties are taken over too, and that what is taken over counts in the
//! statistics and for conditions.

use std::collections::BTreeSet;

use wavetank_wire::glue::{
    Action, Edge, ResumeWorkflowRunInput, ResumeWorkflowRunOutput, Trigger, WorkflowRun,
};

use super::flow_runs::{Acted, Fired, FlowRun};
use super::flows::{Flows, Workers};
use super::graph;
use super::watch::Snapped;
use crate::services::glue::error::GlueError;
use crate::world::Cx;

/// The node of what an action starts.
fn node_of(action: &Action) -> String {
    match (&action.job_name, &action.crawler_name) {
        (Some(job), _) => graph::node_id("JOB", job),
        (None, crawler) => graph::node_id("CRAWLER", crawler.as_deref().unwrap_or_default()),
    }
}

/// All that an arrow leads to from these, on and on; themselves only if a way leads back.
fn downstream(edges: &[Edge], from: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left: Vec<&str> = from.iter().map(String::as_str).collect();
    while let Some(node) = left.pop() {
        for edge in edges.iter().filter(|edge| edge.source_id.as_deref() == Some(node)) {
            let to = edge.destination_id.as_deref().unwrap_or_default();
            if found.insert(to.to_owned()) {
                left.push(to);
            }
        }
    }
    found
}

/// What a run that goes on begins with.
struct Plan {
    /// Nodes that are started, in the order of the first run.
    roots: Vec<Acted>,
    node_ids: Vec<String>,
    kept: Vec<Acted>,
    triggers: Vec<Snapped>,
}

impl Plan {
    fn of(old: &FlowRun, node_ids: &[String]) -> Result<Self, GlueError> {
        if !old.is("COMPLETED") {
            return Err(GlueError::FlowIncomplete(old.id().to_owned()));
        }
        let is_node = |acted: &&Acted, node: &str| node_of(&acted.action) == node;
        for node in node_ids {
            if !old.actions.iter().any(|acted| is_node(&acted, node)) {
                let what = format!("Node {node} has no run attempt in workflow run {}.", old.id());
                return Err(GlueError::Invalid(what));
            }
        }
        let triggers: Vec<&Trigger> = old.triggers.iter().map(|snapped| &snapped.trigger).collect();
        let edges = graph::edges(triggers.into_iter());
        let asked: BTreeSet<String> = node_ids.iter().cloned().collect();
        let below: BTreeSet<String> =
            asked.iter().flat_map(|node| downstream(&edges, &BTreeSet::from([node.clone()]))).collect();
        let wanted: BTreeSet<&String> = asked.iter().filter(|node| !below.contains(*node)).collect();
        let again = |acted: &Acted| {
            let node = node_of(&acted.action);
            asked.contains(&node) || below.contains(&node)
        };
        let kept: Vec<Acted> = old.actions.iter().filter(|acted| !again(acted)).cloned().collect();
        let roots: Vec<Acted> = wanted
            .iter()
            .filter_map(|node| old.actions.iter().rfind(|acted| is_node(acted, node)))
            .cloned()
            .collect();
        let triggers = old.triggers.iter().map(|snapped| {
            let mut armed = Snapped::new(snapped.trigger.clone());
            for acted in &kept {
                if let (Some(what), Some(state)) = (&acted.what, acted.state) {
                    armed.note(what, state);
                }
            }
            armed.arm(below.contains(&graph::node_id("TRIGGER", snapped.name())));
            armed
        });
        let triggers = triggers.collect();
        Ok(Self { roots, node_ids: wanted.into_iter().cloned().collect(), kept, triggers })
    }
}

impl Flows {
    pub(super) fn resume_workflow_run(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        input: &ResumeWorkflowRunInput,
    ) -> Result<ResumeWorkflowRunOutput, GlueError> {
        let old = self.workflows.run(&input.name, &input.run_id)?;
        let Plan { roots, node_ids, kept, triggers } = Plan::of(old, &input.node_ids)?;
        let run = WorkflowRun {
            previous_run_id: Some(input.run_id.clone()),
            workflow_run_properties: old.run.workflow_run_properties.clone(),
            ..WorkflowRun::default()
        };
        let flow = self.workflows.open(cx, &input.name, FlowRun { run, triggers, actions: kept })?;
        for root in roots {
            let fired = Fired { trigger: root.trigger, actions: vec![root.action] };
            // What could not be started is told by the log and by the run.
            let _ = self.fire(cx, workers, fired, Some(&flow));
        }
        Ok(ResumeWorkflowRunOutput { run_id: Some(flow.run), node_ids: Some(node_ids) })
    }
}
