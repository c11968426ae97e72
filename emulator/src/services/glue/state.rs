//! The state of Glue in one account and region, and what each request does to it.
//!
//! `state/databases.rs`, `tables.rs` and `partitions.rs` are the catalog; `crawlers.rs` runs crawlers and `results.rs`
//! writes what they found; `jobs.rs` keeps jobs and `runs.rs` runs them; `tags.rs` is for all.

mod crawlers;
mod crawls;
mod databases;
mod jobs;
mod partitions;
mod results;
mod runs;
mod tables;
mod tags;

use wavetank_types::Timestamp;
use wavetank_wire::glue::{Request, Response};

use super::error::GlueError;
use crate::services::Service;
use crate::world::{Answer, Cx, Delivery, Output};
use crawlers::Crawlers;
use databases::Catalog;
use jobs::Jobs;
use tags::{Known, Tags};

/// Glue of one account and region.
#[derive(Debug, Default)]
pub struct Glue {
    catalog: Catalog,
    crawlers: Crawlers,
    jobs: Jobs,
    tags: Tags,
}

impl Service for Glue {
    type Request = Request;
    type Response = Response;
    type Error = GlueError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, GlueError> {
        self.answer(cx, request).map(Answer::Now)
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        [self.crawlers.next_deadline(), self.jobs.next_deadline()].into_iter().flatten().min()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.crawlers.tick(cx);
        self.jobs.tick(cx);
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
    }
}

impl Glue {
    fn answer(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, GlueError> {
        use Request as Q;
        use Response as R;
        let Self { catalog, crawlers, jobs, tags } = self;
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
            other => return answer_others(cx, catalog, crawlers, jobs, tags, other),
        })
    }
}

/// Crawlers, jobs and tags.
fn answer_others(
    cx: &mut Cx<'_>,
    catalog: &Catalog,
    crawlers: &mut Crawlers,
    jobs: &mut Jobs,
    tags: &mut Tags,
    request: Request,
) -> Result<Response, GlueError> {
    use Request as Q;
    use Response as R;
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
        Q::GetTags(input) => R::GetTags(tags.get(Known { catalog, crawlers, jobs }, cx, input)?),
        Q::TagResource(input) => R::TagResource(tags.tag(Known { catalog, crawlers, jobs }, cx, input)?),
        Q::UntagResource(input) => {
            R::UntagResource(tags.untag(Known { catalog, crawlers, jobs }, cx, input)?)
        }
        other => unreachable!("the catalog answers {}", wavetank_wire::OperationSet::operation(&other)),
    })
}
