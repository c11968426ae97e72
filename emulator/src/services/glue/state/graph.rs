//! A workflow's graph: triggers, what they start, and what they wait for; of a run, also how its jobs and crawls stand.
//!
//! Assumed: that a node's id says what it is; AWS's are opaque.

use wavetank_wire::glue::*;

use super::flow_runs::FlowRun;
use super::flows::{Flows, What, Workers};
use crate::world::Cx;

/// Nodes and edges, each once, in the order in which they are met.
#[derive(Default)]
struct Drawing {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl Drawing {
    /// The id of a node, which is drawn if it is new.
    fn node(&mut self, kind: &str, name: &str, details: impl FnOnce() -> Node) -> String {
        let id = node_id(kind, name);
        if !self.nodes.iter().any(|node| node.unique_id.as_ref() == Some(&id)) {
            let (r#type, name, unique_id) = (Some(kind.to_owned()), Some(name.to_owned()), Some(id.clone()));
            self.nodes.push(Node { r#type, name, unique_id, ..details() });
        }
        id
    }

    fn edge(&mut self, from: &str, to: &str) {
        let edge = Edge { source_id: Some(from.to_owned()), destination_id: Some(to.to_owned()) };
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }
}

/// The id of a node.
pub(super) fn node_id(kind: &str, name: &str) -> String {
    format!("wnode_{}_{name}", kind.to_lowercase())
}

/// The edges between triggers, and jobs and crawlers.
pub(super) fn edges<'a>(triggers: impl Iterator<Item = &'a Trigger>) -> Vec<Edge> {
    let drawing = draw(triggers, |_| Node::default(), |_| Node::default());
    drawing.edges
}

/// A run: its triggers as they were when it began, and how what they started stands.
pub(super) fn of_run(cx: &Cx<'_>, workers: &Workers<'_>, run: &FlowRun) -> WorkflowGraph {
    let triggers = run.triggers.iter().map(|snapped| &snapped.trigger);
    let drawing = draw(
        triggers,
        |job| job_node(cx, workers, job, Some(run)),
        |crawler| crawler_node(crawler, Some(run)),
    );
    WorkflowGraph { nodes: Some(drawing.nodes), edges: Some(drawing.edges) }
}

impl Flows {
    /// A workflow as it would run now.
    pub(super) fn design(&self, cx: &Cx<'_>, workers: &Workers<'_>, workflow: &str) -> WorkflowGraph {
        let triggers = self.triggers.of_workflow(workflow).map(|(_, entry)| &entry.trigger);
        let drawing =
            draw(triggers, |job| job_node(cx, workers, job, None), |crawler| crawler_node(crawler, None));
        WorkflowGraph { nodes: Some(drawing.nodes), edges: Some(drawing.edges) }
    }
}

fn draw<'a>(
    triggers: impl Iterator<Item = &'a Trigger>,
    job_node: impl Fn(&str) -> Node,
    crawler_node: impl Fn(&str) -> Node,
) -> Drawing {
    let mut drawing = Drawing::default();
    let worker = |drawing: &mut Drawing, job: Option<&String>, crawler: Option<&String>| match job {
        Some(job) => drawing.node("JOB", job, || job_node(job)),
        None => {
            let crawler = crawler.map_or("", String::as_str);
            drawing.node("CRAWLER", crawler, || crawler_node(crawler))
        }
    };
    for trigger in triggers {
        let details = || {
            let trigger = Some(trigger.clone());
            Node { trigger_details: Some(TriggerNodeDetails { trigger }), ..Node::default() }
        };
        let own = drawing.node("TRIGGER", trigger.name.as_deref().unwrap_or_default(), details);
        let predicate = trigger.predicate.iter();
        for condition in predicate.flat_map(|predicate| predicate.conditions.iter().flatten()) {
            let from = worker(&mut drawing, condition.job_name.as_ref(), condition.crawler_name.as_ref());
            drawing.edge(&from, &own);
        }
        for action in trigger.actions.iter().flatten() {
            let to = worker(&mut drawing, action.job_name.as_ref(), action.crawler_name.as_ref());
            drawing.edge(&own, &to);
        }
    }
    drawing
}

fn job_node(cx: &Cx<'_>, workers: &Workers<'_>, job: &str, run: Option<&FlowRun>) -> Node {
    let actions = run.into_iter().flat_map(|run| &run.actions);
    let runs = actions.filter_map(|acted| match &acted.what {
        Some(What::Job { name, run }) if name == job => {
            let input = GetJobRunInput { job_name: name.clone(), run_id: run.clone(), ..Default::default() };
            workers.jobs.get_run(cx, input).ok()?.job_run
        }
        _ => None,
    });
    Node { job_details: Some(JobNodeDetails { job_runs: Some(runs.collect()) }), ..Node::default() }
}

fn crawler_node(crawler: &str, run: Option<&FlowRun>) -> Node {
    let actions = run.into_iter().flat_map(|run| &run.actions);
    let crawls = actions.filter(|acted| acted.action.crawler_name.as_deref() == Some(crawler));
    let crawls = crawls.map(|acted| Crawl {
        state: Some(acted.state.unwrap_or("RUNNING").to_owned()),
        started_on: Some(acted.began),
        completed_on: acted.ended,
        log_group: Some(super::crawls::LOG_GROUP.to_owned()),
        log_stream: Some(crawler.to_owned()),
        ..Crawl::default()
    });
    Node { crawler_details: Some(CrawlerNodeDetails { crawls: Some(crawls.collect()) }), ..Node::default() }
}
