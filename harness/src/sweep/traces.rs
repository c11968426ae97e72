//! What a stack's services make beside it: where their logs are, and tables that a crawler has made in another's database.
//!
//! Asked while the stack is still there, since only its resources know it. Documented, where logs go:
//! docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html, docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html,
//! docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html, docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html,
//! docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html.

use serde::{Deserialize, Serialize};
use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::cloudformation::{ListStackResources, ListStackResourcesInput};
use wavetank_wire::glue::*;

use super::if_there;
use crate::client::Aws;

/// The type of a crawler's mark on its tables. Documented: docs.aws.amazon.com/glue/latest/dg/table-properties-crawler.html.
const CRAWLER_MARK: &str = "UPDATED_BY_CRAWLER";

/// One resource of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its logical id.
    pub logical: String,
    /// Its type.
    pub kind: String,
    /// Its physical id.
    pub id: String,
    /// Its status.
    pub status: String,
}

impl Resource {
    /// Whether the stack has made it, and has not yet removed it. One that failed may be another's of the same name.
    pub(super) fn is_made(&self) -> bool {
        ["CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_SKIPPED"]
            .contains(&self.status.as_str())
    }
}

/// Physical ids of this type.
pub(crate) fn of_kind<'r>(resources: &'r [Resource], kind: &'r str) -> impl Iterator<Item = &'r str> {
    resources.iter().filter(move |resource| resource.kind == kind).map(|resource| resource.id.as_str())
}

/// What is to be removed besides the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    /// The stack's resources.
    pub resources: Vec<Resource>,
    /// Log groups of its resources alone; a `*` at the end stands for anything.
    pub log_groups: Vec<String>,
    /// How streams in Glue's shared log groups begin: runs of jobs, crawlers.
    pub log_streams: Vec<String>,
    /// Tables in databases that are not the stack's: database and table.
    pub tables: Vec<(String, String)>,
}

impl Traces {
    /// Physical ids of this type.
    pub fn of_kind<'t>(&'t self, kind: &'t str) -> impl Iterator<Item = &'t str> {
        of_kind(&self.resources, kind)
    }

    /// Of things that are made without a stack, before any is.
    pub fn alone(resources: Vec<Resource>) -> Self {
        let log_groups = resources.iter().filter_map(log_group).collect();
        Self { resources, log_groups, ..Self::default() }
    }

    /// Asks the stack and its services.
    pub(super) async fn read(aws: Aws<'_>, stack: &str, began: Timestamp) -> Result<Self, WireError> {
        let mut traces = Self { resources: resources(aws, stack).await?, ..Self::default() };
        traces.log_groups = traces.resources.iter().filter_map(log_group).collect();
        for job in traces.of_kind("AWS::Glue::Job").map(str::to_owned).collect::<Vec<_>>() {
            let runs = runs(aws, &job).await?;
            traces.log_streams.extend(runs.into_iter().filter_map(|run| run.id));
        }
        for crawler in traces.of_kind("AWS::Glue::Crawler").map(str::to_owned).collect::<Vec<_>>() {
            traces.take_tables(aws, &crawler, began).await?;
            traces.log_streams.push(crawler);
        }
        Ok(traces)
    }

    /// The tables of a crawler that writes into a database of others.
    async fn take_tables(&mut self, aws: Aws<'_>, crawler: &str, began: Timestamp) -> Result<(), WireError> {
        let found = if_there(aws.call::<GetCrawler>(GetCrawlerInput { name: crawler.to_owned() }).await)?;
        let found = found.and_then(|found| found.crawler);
        let Some(database) = found.and_then(|crawler| crawler.database_name) else { return Ok(()) };
        if self.of_kind("AWS::Glue::Database").any(|own| own == database) {
            return Ok(());
        }
        let mut next_token = None;
        loop {
            let input =
                GetTablesInput { database_name: database.clone(), next_token, ..GetTablesInput::default() };
            let Some(page) = if_there(aws.call::<GetTables>(input).await)? else { return Ok(()) };
            for table in page.table_list.unwrap_or_default() {
                let maker = table.parameters.as_ref().and_then(|parameters| parameters.get(CRAWLER_MARK));
                let is_new = table.create_time.is_some_and(|made| made >= began);
                if maker.is_some_and(|maker| maker == crawler) && is_new {
                    self.tables.push((database.clone(), table.name));
                }
            }
            next_token = page.next_token;
            if next_token.is_none() {
                return Ok(());
            }
        }
    }
}

/// The log group that a resource writes to, if it has one of its own.
pub(crate) fn log_group(resource: &Resource) -> Option<String> {
    let id = &resource.id;
    match resource.kind.as_str() {
        "AWS::Lambda::Function" => Some(format!("/aws/lambda/{id}")),
        "AWS::KinesisFirehose::DeliveryStream" => Some(format!("/aws/kinesisfirehose/{id}")),
        "AWS::RDS::DBInstance" => Some(format!("/aws/rds/instance/{id}/*")),
        "AWS::MWAA::Environment" => Some(format!("airflow-{id}-*")),
        _ => None,
    }
}

/// Every resource of a stack that has a physical id.
pub(crate) async fn resources(aws: Aws<'_>, stack: &str) -> Result<Vec<Resource>, WireError> {
    let (mut all, mut next_token) = (Vec::new(), None);
    loop {
        let input = ListStackResourcesInput { stack_name: stack.to_owned(), next_token };
        let page = aws.call::<ListStackResources>(input).await?;
        for summary in page.stack_resource_summaries.unwrap_or_default() {
            let id = summary.physical_resource_id.filter(|id| !id.is_empty());
            all.extend(id.map(|id| Resource {
                logical: summary.logical_resource_id,
                kind: summary.resource_type,
                id,
                status: summary.resource_status,
            }));
        }
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(all);
        }
    }
}

/// Every run of a job.
pub(crate) async fn runs(aws: Aws<'_>, job: &str) -> Result<Vec<JobRun>, WireError> {
    let (mut all, mut next_token) = (Vec::new(), None);
    loop {
        let input = GetJobRunsInput { job_name: job.to_owned(), next_token, ..GetJobRunsInput::default() };
        let Some(page) = if_there(aws.call::<GetJobRuns>(input).await)? else { return Ok(all) };
        all.extend(page.job_runs.unwrap_or_default());
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_that_failed_is_not_the_stacks_to_empty() {
        let of = |status: &str| Resource {
            logical: "Lake".to_owned(),
            kind: "AWS::S3::Bucket".to_owned(),
            id: "lake".to_owned(),
            status: status.to_owned(),
        };
        assert!(of("CREATE_COMPLETE").is_made() && of("DELETE_FAILED").is_made());
        assert!(!of("CREATE_FAILED").is_made() && !of("CREATE_IN_PROGRESS").is_made());
    }
}
