//! The state of Glue in one account and region, and what each request does to it.
//!
//! `state/databases.rs`, `tables.rs` and `partitions.rs` are the catalog; `crawlers.rs` runs crawlers and `results.rs`
//! writes what they found; `jobs.rs` keeps jobs and `runs.rs` runs them; `triggers.rs` and `workflows.rs` start both, and `flows.rs`
//! sees how that goes on; `tags.rs` is for all.

mod crawler_schedules;
mod crawlers;
mod crawls;
mod databases;
mod delays;
mod flow_runs;
mod flows;
mod graph;
mod jobs;
mod partitions;
mod results;
mod resume;
mod runs;
mod tables;
mod tags;
mod trigger_checks;
mod triggers;
mod watch;
mod workflows;

use wavetank_types::Timestamp;
use wavetank_wire::glue::{Request, Response};

use super::error::GlueError;
use crate::services::Service;
use crate::world::{Answer, Cx, Delivery, Output};
use crawlers::Crawlers;
use databases::Catalog;
use flows::{Flows, Workers};
use jobs::Jobs;
use tags::{Known, Tags};

/// Glue of one account and region.
#[derive(Debug, Default)]
pub struct Glue {
    catalog: Catalog,
    crawlers: Crawlers,
    jobs: Jobs,
    flows: Flows,
    tags: Tags,
}

impl Service for Glue {
    type Request = Request;
    type Response = Response;
    type Error = GlueError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, GlueError> {
        let answer = self.answer(cx, request)?;
        self.follow(cx);
        Ok(Answer::Now(answer))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let batch = self.flows.triggers.next_batch();
        [self.crawlers.next_deadline(), self.jobs.next_deadline(), batch].into_iter().flatten().min()
    }

    fn next_routine(&self) -> Option<Timestamp> {
        let trigger = self.flows.triggers.next_scheduled();
        [self.crawlers.next_scheduled(), trigger].into_iter().flatten().min()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.crawlers.tick(cx);
        self.jobs.tick(cx);
        self.crawlers.start_scheduled(cx);
        let Self { crawlers, jobs, flows, .. } = self;
        flows.tick(cx, &mut Workers { jobs, crawlers });
        self.follow(cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::JobDone { job, outcome } => match outcome.output {
                Output::Crawl(output) => self.crawlers.looked(cx, &mut self.catalog, job, output),
                Output::Script(output) => self.jobs.script_ended(cx, job, output),
                other => unreachable!("Glue asked for no such work, yet got {other:?}"),
            },
            Delivery::Reply { token, result } => self.jobs.object_stored(cx, token, result.err()),
            other @ (Delivery::Log(_) | Delivery::Signal(_) | Delivery::Taken(_) | Delivery::Closed(_)) => {
                unreachable!("Glue asks for nothing of the kind, yet got {other:?}")
            }
        }
        self.follow(cx);
    }
}

impl Glue {
    /// Goes on with what waited for the ends of jobs and crawls.
    fn follow(&mut self, cx: &mut Cx<'_>) {
        let Self { crawlers, jobs, flows, .. } = self;
        flows.follow(cx, &mut Workers { jobs, crawlers });
    }

    fn answer(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, GlueError> {
        use Request as Q;
        use Response as R;
        let Self { catalog, tags, .. } = self;
        Ok(match request {
            Q::CreateDatabase(input) => {
                let named = format!("database/{}", input.database_input.name.to_lowercase());
                let wanted = input.tags.clone();
                Tags::check(wanted.as_ref())?;
                let output = catalog.create_database(cx, input)?;
                tags.set(&named, wanted);
                R::CreateDatabase(output)
            }
            Q::GetDatabase(input) => R::GetDatabase(catalog.get_database(cx, input)?),
            Q::GetDatabases(input) => R::GetDatabases(catalog.get_databases(cx, input)?),
            Q::UpdateDatabase(input) => R::UpdateDatabase(catalog.update_database(cx, input)?),
            Q::DeleteDatabase(input) => {
                let name = format!("database/{}", input.name.to_lowercase());
                let output = catalog.delete_database(cx, input)?;
                tags.forget(&name);
                R::DeleteDatabase(output)
            }
            Q::CreateTable(input) => R::CreateTable(catalog.create_table(cx, input)?),
            Q::GetTable(input) => R::GetTable(catalog.get_table(cx, input)?),
            Q::GetTables(input) => R::GetTables(catalog.get_tables(cx, input)?),
            Q::UpdateTable(input) => R::UpdateTable(catalog.update_table(cx, input)?),
            Q::DeleteTable(input) => R::DeleteTable(catalog.delete_table(cx, input)?),
            Q::BatchDeleteTable(input) => R::BatchDeleteTable(catalog.batch_delete_table(cx, input)?),
            Q::GetTableVersions(input) => R::GetTableVersions(catalog.get_table_versions(cx, input)?),
            Q::CreatePartition(input) => R::CreatePartition(catalog.create_partition(cx, input)?),
            Q::BatchCreatePartition(input) => {
                R::BatchCreatePartition(catalog.batch_create_partition(cx, input)?)
            }
            Q::GetPartition(input) => R::GetPartition(catalog.get_partition(cx, input)?),
            Q::GetPartitions(input) => R::GetPartitions(catalog.get_partitions(cx, input)?),
            Q::BatchGetPartition(input) => R::BatchGetPartition(catalog.batch_get_partition(cx, input)?),
            Q::UpdatePartition(input) => R::UpdatePartition(catalog.update_partition(cx, input)?),
            Q::DeletePartition(input) => R::DeletePartition(catalog.delete_partition(cx, input)?),
            Q::BatchDeletePartition(input) => {
                R::BatchDeletePartition(catalog.batch_delete_partition(cx, input)?)
            }
            other => return self.answer_others(cx, other),
        })
    }

    /// Crawlers, jobs and tags.
    fn answer_others(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, GlueError> {
        use Request as Q;
        use Response as R;
        let Self { catalog, crawlers, jobs, flows, tags } = self;
        Ok(match request {
            Q::CreateCrawler(input) => R::CreateCrawler(crawlers.create(cx, tags, input)?),
            Q::GetCrawler(input) => R::GetCrawler(crawlers.get(cx, input)?),
            Q::GetCrawlers(input) => R::GetCrawlers(crawlers.get_all(cx, input)?),
            Q::BatchGetCrawlers(input) => R::BatchGetCrawlers(crawlers.batch_get(cx, input)),
            Q::ListCrawlers(input) => R::ListCrawlers(crawlers.list(tags, input)?),
            Q::UpdateCrawler(input) => R::UpdateCrawler(crawlers.update(cx, input)?),
            Q::DeleteCrawler(input) => R::DeleteCrawler(crawlers.delete(tags, input)?),
            Q::StartCrawler(input) => R::StartCrawler(crawlers.start(cx, input)?),
            Q::StopCrawler(input) => R::StopCrawler(crawlers.stop(cx, input)?),
            Q::GetCrawlerMetrics(input) => R::GetCrawlerMetrics(crawlers.metrics(cx, input)?),
            Q::UpdateCrawlerSchedule(input) => {
                R::UpdateCrawlerSchedule(crawlers.update_schedule(cx, &input)?)
            }
            Q::StartCrawlerSchedule(input) => R::StartCrawlerSchedule(crawlers.start_schedule(cx, &input)?),
            Q::StopCrawlerSchedule(input) => R::StopCrawlerSchedule(crawlers.stop_schedule(&input)?),
            Q::ListCrawls(input) => R::ListCrawls(crawlers.list_crawls(input)?),
            Q::CreateJob(input) => R::CreateJob(jobs.create(cx, tags, input)?),
            Q::GetJob(input) => R::GetJob(jobs.get(input)?),
            Q::GetJobs(input) => R::GetJobs(jobs.get_all(input)?),
            Q::BatchGetJobs(input) => R::BatchGetJobs(jobs.batch_get(input)),
            Q::ListJobs(input) => R::ListJobs(jobs.list(tags, input)?),
            Q::UpdateJob(input) => R::UpdateJob(jobs.update(cx, input)?),
            Q::DeleteJob(input) => R::DeleteJob(jobs.delete(tags, input)),
            Q::StartJobRun(input) => R::StartJobRun(jobs.start_run(cx, input)?),
            Q::GetJobRun(input) => R::GetJobRun(jobs.get_run(cx, input)?),
            Q::GetJobRuns(input) => R::GetJobRuns(jobs.get_runs(cx, input)?),
            Q::BatchStopJobRun(input) => R::BatchStopJobRun(jobs.stop_runs(cx, input)?),
            Q::GetJobBookmark(input) => R::GetJobBookmark(jobs.get_bookmark(input)?),
            Q::ResetJobBookmark(input) => R::ResetJobBookmark(jobs.reset_bookmark(input)?),
            Q::GetTags(input) => R::GetTags(tags.get(Known { catalog, crawlers, jobs, flows }, cx, input)?),
            Q::TagResource(input) => {
                R::TagResource(tags.tag(Known { catalog, crawlers, jobs, flows }, cx, input)?)
            }
            Q::UntagResource(input) => {
                R::UntagResource(tags.untag(Known { catalog, crawlers, jobs, flows }, cx, input)?)
            }
            other => return self.answer_flows(cx, other),
        })
    }

    /// Triggers and workflows.
    fn answer_flows(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, GlueError> {
        use Request as Q;
        use Response as R;
        let Self { crawlers, jobs, flows, tags, .. } = self;
        let mut workers = Workers { jobs, crawlers };
        let at = &mut workers;
        Ok(match request {
            Q::CreateTrigger(input) => R::CreateTrigger(flows.create_trigger(cx, tags, input)?),
            Q::GetTrigger(input) => R::GetTrigger(flows.triggers.get(&input)?),
            Q::GetTriggers(input) => R::GetTriggers(flows.triggers.get_all(&input)?),
            Q::BatchGetTriggers(input) => R::BatchGetTriggers(flows.triggers.batch_get(input)),
            Q::ListTriggers(input) => R::ListTriggers(flows.triggers.list(tags, &input)?),
            Q::UpdateTrigger(input) => R::UpdateTrigger(flows.triggers.update(cx, input)?),
            Q::DeleteTrigger(input) => R::DeleteTrigger(flows.triggers.delete(tags, input)),
            Q::StartTrigger(input) => R::StartTrigger(flows.start_trigger(cx, at, input)?),
            Q::StopTrigger(input) => R::StopTrigger(flows.triggers.stop(cx, input)?),
            Q::CreateWorkflow(input) => R::CreateWorkflow(flows.workflows.create(cx, tags, input)?),
            Q::GetWorkflow(input) => R::GetWorkflow(flows.get_workflow(cx, at, &input)?),
            Q::BatchGetWorkflows(input) => R::BatchGetWorkflows(flows.batch_get_workflows(cx, at, input)),
            Q::ListWorkflows(input) => R::ListWorkflows(flows.workflows.list(&input)?),
            Q::UpdateWorkflow(input) => R::UpdateWorkflow(flows.workflows.update(cx, input)?),
            Q::DeleteWorkflow(input) => R::DeleteWorkflow(flows.delete_workflow(tags, input)),
            Q::StartWorkflowRun(input) => R::StartWorkflowRun(flows.start_workflow_run(cx, at, input)?),
            Q::ResumeWorkflowRun(input) => R::ResumeWorkflowRun(flows.resume_workflow_run(cx, at, &input)?),
            Q::StopWorkflowRun(input) => R::StopWorkflowRun(flows.stop_workflow_run(cx, at, &input)?),
            Q::GetWorkflowRun(input) => R::GetWorkflowRun(flows.get_workflow_run(cx, at, &input)?),
            Q::GetWorkflowRuns(input) => R::GetWorkflowRuns(flows.get_workflow_runs(cx, at, &input)?),
            Q::GetWorkflowRunProperties(input) => {
                R::GetWorkflowRunProperties(flows.workflows.run_properties(&input)?)
            }
            Q::PutWorkflowRunProperties(input) => {
                R::PutWorkflowRunProperties(flows.workflows.put_run_properties(input)?)
            }
            other => unreachable!("the catalog answers {}", wavetank_wire::OperationSet::operation(&other)),
        })
    }
}
