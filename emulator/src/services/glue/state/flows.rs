//! What triggers start, and what follows when it is over: further triggers, and the ends of workflows' runs.
//!
//! Documented: a conditional trigger hears only of jobs and crawlers that a trigger has started
//! (docs.aws.amazon.com/glue/latest/dg/about-triggers.html, read 2026-11-28). Assumed: of a job that is tried again, only the last
//! attempt counts; what a trigger cannot start is passed over, and within a workflow's run it is an action in ERROR.
//! `triggers.rs` has triggers, `workflows.rs` workflows and their runs.

use wavetank_wire::glue::{Action, StartCrawlerInput, StartJobRunInput};

use super::crawlers::Crawlers;
use super::flow_runs::Fired;
use super::jobs::Jobs;
use super::triggers::Triggers;
use super::workflows::Workflows;
use crate::services::glue::error::GlueError;
use crate::world::Cx;

/// Triggers, workflows, and what is under way of them.
#[derive(Debug, Default)]
pub(super) struct Flows {
    pub(super) triggers: Triggers,
    pub(super) workflows: Workflows,
    /// What triggers have started and is not known to be over, in order.
    started: Vec<Started>,
}

/// Who does the work.
#[derive(Debug)]
pub(super) struct Workers<'a> {
    pub(super) jobs: &'a mut Jobs,
    pub(super) crawlers: &'a mut Crawlers,
}

/// A run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flow {
    pub(super) workflow: String,
    pub(super) run: String,
}

/// A run of a job, or a crawl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Job { name: String, run: String },
    Crawl { crawler: String, id: String },
}

/// How a run or a crawl stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Running,
    /// It failed, and this run is the next attempt.
    Again(String),
    /// In this state, as triggers' conditions name it.
    Over(&'static str),
}

#[derive(Clone, Debug)]
struct Started {
    what: What,
    flow: Option<Flow>,
}

impl What {
    fn standing(&self, workers: &Workers<'_>) -> Standing {
        match self {
            Self::Job { name, run } => workers.jobs.standing(name, run),
            Self::Crawl { crawler, id } => workers.crawlers.standing(crawler, id),
        }
    }
}

impl Flows {
    /// Does what a trigger is for. Refused only if nothing of it could be started, for the first reason.
    pub(super) fn fire(
        &mut self,
        cx: &mut Cx<'_>,
        workers: &mut Workers<'_>,
        fired: Fired,
        flow: Option<&Flow>,
    ) -> Result<(), GlueError> {
        let trigger = fired.trigger;
        let mut refusal = None;
        let mut has_begun = false;
        for action in fired.actions {
            let what = match begin(cx, workers, &trigger, action.clone(), flow) {
                Ok(what) => Some(what),
                Err(error) => {
                    tracing::warn!(trigger, %error, "a trigger of Glue could not start what it is for");
                    refusal.get_or_insert(error);
                    None
                }
            };
            if let Some(flow) = flow {
                self.workflows.acted(cx.now, flow, &trigger, action, what.clone());
            }
            has_begun |= what.is_some();
            self.started.extend(what.map(|what| Started { what, flow: flow.cloned() }));
        }
        refusal.filter(|_| !has_begun).map_or(Ok(()), Err)
    }

    /// Looks for what is over, and goes on with what waited for it.
    pub(super) fn follow(&mut self, cx: &mut Cx<'_>, workers: &mut Workers<'_>) {
        let mut at = 0;
        while let Some(started) = self.started.get_mut(at) {
            match started.what.standing(workers) {
                Standing::Running => at += 1,
                Standing::Again(next) => {
                    let before = started.what.clone();
                    if let What::Job { run, .. } = &mut started.what {
                        *run = next;
                    }
                    let (after, flow) = (started.what.clone(), started.flow.clone());
                    self.workflows.tried_again(flow.as_ref(), &before, &after);
                }
                Standing::Over(state) => {
                    let over = self.started.remove(at);
                    self.over(cx, workers, &over, state);
                    // What that has started is at the end.
                }
            }
        }
        self.workflows.end_runs(cx.now);
    }

    fn over(&mut self, cx: &mut Cx<'_>, workers: &mut Workers<'_>, over: &Started, state: &'static str) {
        let flow = over.flow.as_ref();
        let fired = match flow {
            Some(flow) => self.workflows.over(cx.now, flow, &over.what, state),
            None => self.triggers.met_by(&over.what, state),
        };
        for fired in fired {
            // What could not be started is told by the log and by the run.
            let _ = self.fire(cx, workers, fired, flow);
        }
    }
}

fn begin(
    cx: &mut Cx<'_>,
    workers: &mut Workers<'_>,
    trigger: &str,
    action: Action,
    flow: Option<&Flow>,
) -> Result<What, GlueError> {
    let Some(name) = action.job_name else {
        let crawler = action.crawler_name.unwrap_or_default();
        workers.crawlers.start(cx, StartCrawlerInput { name: crawler.clone() })?;
        let id = workers.crawlers.last_crawl(&crawler);
        return Ok(What::Crawl { crawler, id });
    };
    let mut arguments = action.arguments.unwrap_or_default();
    if let Some(flow) = flow {
        // Documented: docs.aws.amazon.com/glue/latest/dg/workflow-run-properties-code.html (read 2026-11-29 as in
        // github.com/awsdocs/aws-glue-developer-guide).
        arguments.insert("--WORKFLOW_NAME".to_owned(), flow.workflow.clone());
        arguments.insert("--WORKFLOW_RUN_ID".to_owned(), flow.run.clone());
    }
    let input = StartJobRunInput {
        job_name: name.clone(),
        arguments: Some(arguments).filter(|arguments| !arguments.is_empty()),
        timeout: action.timeout,
        security_configuration: action.security_configuration,
        notification_property: action.notification_property,
        ..StartJobRunInput::default()
    };
    let run = workers.jobs.start_run(cx, input)?.job_run_id.unwrap_or_default();
    workers.jobs.started_by(&name, &run, trigger);
    Ok(What::Job { name, run })
}
