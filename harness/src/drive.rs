//! Puts the input in place and waits for what it sets going, step by step, through the public API.

use std::time::Duration;

use bytes::Bytes;
use wavetank_scenarios::{Outputs, Scenario, ScenarioError, Step, Upload};
use wavetank_types::names::split_s3_uri;
use wavetank_wire::WireError;
use wavetank_wire::glue::*;
use wavetank_wire::lambda::{Invoke, InvokeInput};
use wavetank_wire::logs::{FilterLogEvents, FilterLogEventsInput};

use crate::client::{Aws, said};
use crate::failing::{Raised, log_of};

const PUT_BACK_OFF: Duration = Duration::from_millis(100);
const PUT_BACK_OFF_MAX: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_secs(1);
/// Crawls that a patient operator starts until one succeeds.
const CRAWLS_MAX: u32 = 4;

/// Why the pipeline did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriveError {
    /// An API call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
    /// A name in the scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// S3 refused an object.
    #[error("cannot store {uri}: {cause}")]
    Upload {
        /// Where it should go.
        uri: String,
        /// What S3 said.
        cause: String,
    },
    /// The input set no run of the job going.
    #[error(
        "no run of job `{job}` was started by the input\n{logs}hint: the function that starts it says in its log why"
    )]
    NoRun {
        /// The job.
        job: String,
        /// The last lines of every function's log.
        logs: String,
    },
    /// A run of the job failed.
    #[error("job run {run} of `{job}` ended as {state}: {cause}")]
    JobFailed {
        /// The job.
        job: String,
        /// The run.
        run: String,
        /// Its last state.
        state: String,
        /// Its error message.
        cause: String,
    },
    /// A function that was called raised.
    #[error("function `{function}` failed: {error_type}: {message}{}", log_of(.log))]
    FunctionFailed {
        /// The function.
        function: String,
        /// Such as `ValueError`.
        error_type: String,
        /// Its own words.
        message: String,
        /// The last lines of that run's log.
        log: Vec<String>,
    },
    /// A crawl failed.
    #[error("crawler `{crawler}` failed: {cause}")]
    CrawlFailed {
        /// The crawler.
        crawler: String,
        /// Its error message.
        cause: String,
    },
    /// Something took longer than the scenario allows.
    #[error("{what} is not done after {within:?} of the target's time")]
    TooLong {
        /// What.
        what: String,
        /// The limit.
        within: Duration,
    },
}

/// Stores one object.
pub async fn put(aws: Aws<'_>, uri: &str, body: Bytes) -> Result<(), DriveError> {
    let (bucket, key) = split_s3_uri(uri).ok_or_else(|| DriveError::Upload {
        uri: uri.to_owned(),
        cause: "not of the form s3://bucket/key".to_owned(),
    })?;
    let mut back_off = PUT_BACK_OFF;
    for attempt in 1.. {
        match put_once(aws, bucket, key, body.clone()).await {
            Ok(()) => return Ok(()),
            // The client's own tries are over; those of somebody who must not lose the object are not.
            Err(refused) if attempt < aws.tries_max() && refused.may_pass => {
                aws.target().pause(back_off).await;
                back_off = (back_off * 2).min(PUT_BACK_OFF_MAX);
            }
            Err(Refused { cause, .. }) => return Err(DriveError::Upload { uri: uri.to_owned(), cause }),
        }
    }
    unreachable!("the last attempt returns")
}

/// Why an object was not taken, and whether it may be later.
struct Refused {
    cause: String,
    may_pass: bool,
}

async fn put_once(aws: Aws<'_>, bucket: &str, key: &str, body: Bytes) -> Result<(), Refused> {
    if let Some(store) = aws.target().objects() {
        let refused = |error: WireError| Refused { may_pass: error.status >= 500, cause: error.to_string() };
        return store.put(aws.region(), bucket, key, body).map_err(refused);
    }
    // Elsewhere in memory: what waits for the SDK is large, and would be moved with all that waits for it.
    Box::pin(put_by_sdk(aws, bucket, key, body)).await
}

async fn put_by_sdk(aws: Aws<'_>, bucket: &str, key: &str, body: Bytes) -> Result<(), Refused> {
    let s3 = aws.target().s3(aws.region());
    let sent = s3.put_object().bucket(bucket).key(key).body(body.into()).send().await;
    sent.map(drop).map_err(|error| Refused {
        may_pass: error.raw_response().is_some_and(|answer| answer.status().is_server_error()),
        cause: said(&error),
    })
}

/// Stores the scenario's own files and folder markers.
pub async fn upload_files(aws: Aws<'_>, scenario: &Scenario, outputs: &Outputs) -> Result<(), DriveError> {
    for upload in &scenario.uploads {
        match upload {
            Upload::File { file, to } => {
                put(aws, &outputs.fill(to)?, Bytes::from(scenario.file(file).to_owned())).await?;
            }
            Upload::Marker { marker } => put(aws, &outputs.fill(marker)?, Bytes::new()).await?,
        }
    }
    Ok(())
}

/// Waits for one step.
pub async fn take_step(aws: Aws<'_>, step: &Step, outputs: &Outputs) -> Result<(), DriveError> {
    match step {
        Step::Job { job, within } => await_job(aws, &outputs.fill(job)?, *within).await,
        Step::Run { run, within } => {
            let job = outputs.fill(run)?;
            let input = StartJobRunInput { job_name: job.clone(), ..StartJobRunInput::default() };
            aws.call::<StartJobRun>(input).await?;
            await_job(aws, &job, *within).await
        }
        Step::Invoke { invoke } => call_function(aws, &outputs.fill(invoke)?).await,
        Step::Wait { wait } => {
            aws.target().pause(*wait).await;
            Ok(())
        }
        // Who runs the scenario knows whether there is an Airflow, and waits for it.
        Step::Dag { .. } => Ok(()),
        Step::Crawled { crawled, within } => await_crawl(aws, &outputs.fill(crawled)?, *within).await,
        Step::Crawl { crawl, within } => run_crawler(aws, &outputs.fill(crawl)?, *within).await,
    }
}

async fn call_function(aws: Aws<'_>, function: &str) -> Result<(), DriveError> {
    let input = InvokeInput {
        function_name: function.to_owned(),
        payload: Some(Bytes::from_static(b"{}")),
        log_type: Some("Tail".to_owned()),
        ..InvokeInput::default()
    };
    let answer = aws.call::<Invoke>(input).await?;
    match Raised::of(&answer) {
        None => Ok(()),
        Some(Raised { error_type, message, log }) => {
            Err(DriveError::FunctionFailed { function: function.to_owned(), error_type, message, log })
        }
    }
}

async fn await_job(aws: Aws<'_>, job: &str, within: Duration) -> Result<(), DriveError> {
    let deadline = aws.target().now() + within;
    loop {
        let input = GetJobRunsInput { job_name: job.to_owned(), ..GetJobRunsInput::default() };
        let runs = aws.call::<GetJobRuns>(input).await?.job_runs.unwrap_or_default();
        let is_open = |run: &JobRun| {
            matches!(run.job_run_state.as_deref(), Some("STARTING" | "RUNNING" | "STOPPING" | "WAITING"))
        };
        if !runs.is_empty() && !runs.iter().any(is_open) {
            let failed = last_attempts(&runs).find(|run| run.job_run_state.as_deref() != Some("SUCCEEDED"));
            let failed = failed.cloned();
            return failed.map_or(Ok(()), |run| Err(job_failed(job, run)));
        }
        if runs.is_empty() && aws.target().is_at_rest() == Some(true) {
            return Err(DriveError::NoRun { job: job.to_owned(), logs: function_logs(aws).await? });
        }
        if aws.target().now() >= deadline {
            return Err(DriveError::TooLong { what: format!("job `{job}`"), within });
        }
        aws.target().pause(POLL).await;
    }
}

/// Runs that Glue has not tried again.
pub(crate) fn last_attempts(runs: &[JobRun]) -> impl Iterator<Item = &JobRun> {
    let is_again =
        move |run: &JobRun| runs.iter().any(|later| later.id.is_some() && later.previous_run_id == run.id);
    runs.iter().filter(move |run| !is_again(run))
}

fn job_failed(job: &str, run: JobRun) -> DriveError {
    DriveError::JobFailed {
        job: job.to_owned(),
        run: run.id.unwrap_or_default(),
        state: run.job_run_state.unwrap_or_default(),
        cause: run.error_message.unwrap_or_else(|| "no message".to_owned()),
    }
}

async fn run_crawler(aws: Aws<'_>, crawler: &str, within: Duration) -> Result<(), DriveError> {
    for attempt in 1.. {
        aws.call::<StartCrawler>(StartCrawlerInput { name: crawler.to_owned() }).await?;
        match await_crawl(aws, crawler, within).await {
            // As an operator does who sees that it has failed.
            Err(DriveError::CrawlFailed { .. }) if aws.is_patient() && attempt < CRAWLS_MAX => {}
            ended => return ended,
        }
    }
    unreachable!("the last attempt returns")
}

/// Waits until the crawler is at rest and has succeeded at least once.
async fn await_crawl(aws: Aws<'_>, crawler: &str, within: Duration) -> Result<(), DriveError> {
    let deadline = aws.target().now() + within;
    loop {
        let input = GetCrawlerInput { name: crawler.to_owned() };
        let found = aws.call::<GetCrawler>(input).await?.crawler.unwrap_or_default();
        if found.state.as_deref() == Some("READY") {
            let last = found.last_crawl.unwrap_or_default();
            if last.status.as_deref() == Some("SUCCEEDED") {
                return Ok(());
            }
            let cause = last.error_message.unwrap_or_else(|| "no message".to_owned());
            return Err(DriveError::CrawlFailed { crawler: crawler.to_owned(), cause });
        }
        if aws.target().now() >= deadline {
            return Err(DriveError::TooLong { what: format!("crawler `{crawler}`"), within });
        }
        aws.target().pause(POLL).await;
    }
}

/// Lines that functions wrote themselves, newest last, a few of each.
async fn function_logs(aws: Aws<'_>) -> Result<String, WireError> {
    const LINES_MAX: usize = 5;
    use wavetank_wire::logs::{DescribeLogGroups, DescribeLogGroupsInput};
    let input = DescribeLogGroupsInput {
        log_group_name_prefix: Some("/aws/lambda/".to_owned()),
        ..DescribeLogGroupsInput::default()
    };
    let mut text = String::new();
    for group in aws.call::<DescribeLogGroups>(input).await?.log_groups.unwrap_or_default() {
        let name = group.log_group_name.unwrap_or_default();
        let input = FilterLogEventsInput {
            log_group_name: Some(name.clone()),
            filter_pattern: Some("-START -END -REPORT -INIT_START".to_owned()),
            ..FilterLogEventsInput::default()
        };
        let events = aws.call::<FilterLogEvents>(input).await?.events.unwrap_or_default();
        for event in events.iter().skip(events.len().saturating_sub(LINES_MAX)) {
            text.push_str(&format!(
                "  {name}: {}\n",
                event.message.as_deref().unwrap_or_default().trim_end()
            ));
        }
    }
    Ok(text)
}
