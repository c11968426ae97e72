//! Why Glue refuses, and how AWS spells it.
//!
//! The sentences are AWS's own where they are known. Recorded by clients in public: `Crawler entry with name ...`
//! (terraform-provider-aws pull request 5158), `Crawler with name ... does not exist` (awslabs/aws-customer-churn-pipeline
//! issue 15), `Concurrent runs exceeded for ...` (aws-solutions/amazon-marketing-cloud-uploader-from-aws issue 51), `Table
//! ... not found.` (terraform-provider-aws issue 34132), the partition key count, the missing metadata. The others are assumed.

use wavetank_wire::WireError;

use crate::services::AwsError;

/// Why an operation refuses. Nothing has changed when one of these is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each sentence is its own documentation")]
pub enum GlueError {
    #[error("Database {0} not found.")]
    NoDatabase(String),
    #[error("Table {0} not found.")]
    NoTable(String),
    #[error("Version not found.")]
    NoVersion,
    #[error("Cannot find partition.")]
    NoPartition,
    #[error("Crawler entry with name {0} does not exist")]
    NoCrawler(String),
    #[error("Crawler with name {0} does not exist")]
    NoCrawlerToStart(String),
    #[error("Job {0} not found.")]
    NoJob(String),
    #[error("Failed to start job run due to missing metadata.")]
    NoJobToRun,
    #[error("Job run {0} not found.")]
    NoRun(String),
    #[error("Trigger {0} not found.")]
    NoTrigger(String),
    #[error("Workflow {0} not found.")]
    NoWorkflow(String),
    #[error("Workflow run {0} not found.")]
    NoFlowRun(String),
    #[error("Job bookmark for {0} not found.")]
    NoBookmark(String),
    #[error("Entity {0} not found.")]
    NoResource(String),
    #[error("Database already exists.")]
    DatabaseExists,
    #[error("Table already exists.")]
    TableExists,
    #[error("Partition already exists.")]
    PartitionExists,
    #[error("Crawler with name {0} already exists")]
    CrawlerExists(String),
    #[error("Job with name: {0} already submitted with different configuration")]
    JobDiffers(String),
    #[error("Trigger with name: {0} already submitted with different configuration")]
    TriggerDiffers(String),
    #[error("Workflow with name {0} already exists")]
    WorkflowExists(String),
    #[error("Workflow run {0} isn't running")]
    FlowRests(String),
    #[error("Workflow run {0} is not in the state COMPLETED")]
    FlowIncomplete(String),
    #[error("Workflow {workflow} already has the start trigger {first}.")]
    SecondStart { workflow: String, first: String },
    #[error("The operation is not allowed when trigger is in state: {0}")]
    TriggerState(String),
    #[error("Crawler {0} has no schedule")]
    NoSchedule(String),
    #[error("The schedule of crawler {0} is already running")]
    ScheduleRuns(String),
    #[error("The schedule of crawler {0} isn't running")]
    ScheduleRests(String),
    #[error("Update table failed due to concurrent modifications.")]
    VersionMoved,
    #[error("Crawler with name {0} has already started")]
    CrawlerRuns(String),
    #[error("Crawler with name {0} isn't running")]
    CrawlerRests(String),
    #[error("Crawler with name {0} is already stopping")]
    CrawlerStops(String),
    #[error("Concurrent runs exceeded for {0}")]
    TooManyRuns(String),
    #[error("The number of partition keys do not match the number of partition values")]
    PartitionValueCount,
    #[error("The maximum number of tags is {0}")]
    TooManyTags(usize),
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    NotBuilt(String),
}

impl AwsError for GlueError {
    fn wire(&self) -> WireError {
        let code = match self {
            Self::NoDatabase(_)
            | Self::NoTable(_)
            | Self::NoVersion
            | Self::NoPartition
            | Self::NoCrawler(_)
            | Self::NoCrawlerToStart(_)
            | Self::NoJob(_)
            | Self::NoJobToRun
            | Self::NoRun(_)
            | Self::NoTrigger(_)
            | Self::NoWorkflow(_)
            | Self::NoFlowRun(_)
            | Self::NoBookmark(_)
            | Self::NoResource(_) => "EntityNotFoundException",
            Self::DatabaseExists
            | Self::TableExists
            | Self::PartitionExists
            | Self::CrawlerExists(_)
            | Self::WorkflowExists(_) => "AlreadyExistsException",
            Self::JobDiffers(_) | Self::TriggerDiffers(_) => "IdempotentParameterMismatchException",
            Self::FlowRests(_) | Self::FlowIncomplete(_) => "IllegalWorkflowStateException",
            Self::NoSchedule(_) => "NoScheduleException",
            Self::ScheduleRuns(_) => "SchedulerRunningException",
            Self::ScheduleRests(_) => "SchedulerNotRunningException",
            Self::VersionMoved => "ConcurrentModificationException",
            Self::CrawlerRuns(_) => "CrawlerRunningException",
            Self::CrawlerRests(_) => "CrawlerNotRunningException",
            Self::CrawlerStops(_) => "CrawlerStoppingException",
            Self::TooManyRuns(_) => "ConcurrentRunsExceededException",
            Self::PartitionValueCount
            | Self::TooManyTags(_)
            | Self::SecondStart { .. }
            | Self::TriggerState(_)
            | Self::Invalid(_) => "InvalidInputException",
            Self::NotBuilt(what) => return WireError::not_implemented(what),
        };
        WireError::client(code, self.to_string())
    }
}

/// A refusal of one entry of a batch.
pub(super) fn detail(error: &GlueError) -> wavetank_wire::glue::ErrorDetail {
    let wire = error.wire();
    wavetank_wire::glue::ErrorDetail { error_code: Some(wire.code), error_message: Some(wire.message) }
}
