//! Removes what a run has made on a server that outlives it: buckets' content, the stack, logs, crawlers' tables. Then looks what is
//! left.
//!
//! Only what the run's stack has made is touched: the stack carries the run's tag, a bucket is emptied only if the stack made it
//! and, on AWS, if it carries the tag too; log groups and tables that were there before stay. The order: what writes is stopped,
//! buckets are emptied, the stack goes, then what its services made beside it. A journal (`journal.rs`) is written before
//! anything is made and goes last. `traces.rs` says what is looked for; `alone.rs` removes what was made without a stack.

pub(crate) mod alone;
pub(crate) mod buckets;
pub mod guard;
pub mod journal;
pub(crate) mod left;
pub(crate) mod logs;
pub mod tagged;
pub(crate) mod traces;

use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::cloudformation::*;
use wavetank_wire::glue::{
    BatchDeleteTable, BatchDeleteTableInput, BatchStopJobRun, BatchStopJobRunInput, StopCrawler,
    StopCrawlerInput,
};

use crate::client::Aws;
use crate::provision;
pub use buckets::BucketError;
use buckets::Owner;
pub use journal::{Journal, JournalError, Kept};
pub use left::there;
pub use traces::{Resource, Traces};

/// How a sweep says what it does.
pub type Tell<'a> = &'a (dyn Fn(&str) + Sync);

/// The stack's tags: whose it is.
pub const TAGS: [&str; 3] = [buckets::RUN_TAG, "wavetank:scenario", "wavetank:seed"];

const POLL: Duration = Duration::from_secs(2);
/// Looks between two lines about a stack that is being removed.
const POLLS_A_LINE: u32 = 15;
/// Longest time that a stack may take to go, in the target's time.
const GONE_WITHIN: Duration = Duration::from_secs(3_600);
/// Tries to remove a stack: what was on its way into a bucket may arrive after it was emptied.
const ROUNDS_MAX: u32 = 3;
const BETWEEN_ROUNDS: Duration = Duration::from_secs(15);
/// Looks for a stack whose creation nobody has confirmed: the call may still be on its way.
const LOOKS_MAX: u32 = 3;
/// Looks for what is left, before it is said to be left.
const LEFT_LOOKS_MAX: u32 = 30;
/// Lines may come into a log for a while after a function has ended. Assumed: seconds.
const LATE_LOGS: Duration = Duration::from_secs(5);

/// What a sweep has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Resources of the stack that went.
    pub resources: usize,
    /// Objects, versions and markers.
    pub objects: u64,
    /// Log groups, and streams of shared ones.
    pub logs: u64,
    /// What is still there, in words.
    pub left: Vec<String>,
}

/// Why something may be left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// A call was refused.
    #[error("{0}\nhint: `wavetank sweep` tries again")]
    Api(#[from] WireError),
    /// S3.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// A stack of that name that is not the run's.
    #[error(
        "stack `{stack}` does not carry the tag wavetank:run={run}: it is another's, and was not touched\nhint: remove the journal if the run's own stack is gone"
    )]
    NotOurs {
        /// The stack.
        stack: String,
        /// The run.
        run: String,
    },
    /// It does not go.
    #[error(
        "stack `{stack}` is {status} after {tries} tries to remove it: {reasons}\nhint: remove what is named, then `wavetank sweep`"
    )]
    Stays {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
        /// How often it was tried.
        tries: u32,
        /// Why, resource by resource.
        reasons: String,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Removes all that a run has made, and looks what is left. The journal stays: the caller ends it if nothing is.
pub async fn sweep(aws: Aws<'_>, kept: &mut Kept, tell: Tell<'_>) -> Result<Swept, SweepError> {
    let began = Timestamp::from_micros(kept.journal().began_ms * 1_000);
    let mut swept = Swept::default();
    let is_alone = kept.journal().stack.is_empty();
    if is_alone {
        alone::remove(aws, &kept.journal().traces, &mut swept, tell).await?;
    } else if let Some(stack) = find(aws, kept.journal()).await? {
        let id = stack.stack_id.unwrap_or_else(|| kept.journal().stack.clone());
        let traces = Traces::read(aws, &id, began).await?;
        let buckets: Vec<String> = traces.of_kind("AWS::S3::Bucket").map(str::to_owned).collect();
        kept.note(|journal| {
            (journal.stack_id, journal.buckets, journal.traces) = (Some(id.clone()), buckets, traces);
        })?;
        stop_work(aws, &kept.journal().traces).await?;
        remove_stack(aws, kept.journal(), &id, &mut swept, tell).await?;
    }
    let traces = &kept.journal().traces;
    if !is_alone {
        swept.resources = traces.resources.iter().filter(|resource| resource.is_made()).count();
    }
    remove_tables(aws, traces, tell).await?;
    swept.logs += logs::sweep(aws, traces, began, tell).await?;
    if !traces.log_groups.is_empty() {
        aws.target().pause(LATE_LOGS).await;
        swept.logs += logs::sweep(aws, traces, began, tell).await?;
    }
    for look in 1.. {
        swept.left = left::look(aws, traces, began).await?;
        if swept.left.is_empty() || look == LEFT_LOOKS_MAX {
            break;
        }
        // A mapping of Lambda's, for one, is `Deleting` for a while after its stack has gone.
        aws.target().pause(POLL).await;
    }
    Ok(swept)
}

/// The run's stack, if it is there. Refuses one that is another's.
async fn find(aws: Aws<'_>, journal: &Journal) -> Result<Option<Stack>, SweepError> {
    let name = journal.stack_id.as_ref().unwrap_or(&journal.stack);
    for look in 1.. {
        match described(aws, name).await? {
            Some(stack) => {
                let tags = stack.tags.as_deref().unwrap_or_default();
                let has_tag = tags.iter().any(|tag| tag.key == TAGS[0] && tag.value == journal.run);
                if has_tag || (tags.is_empty() && !is_strict(journal)) {
                    return Ok(Some(stack));
                }
                return Err(SweepError::NotOurs { stack: name.clone(), run: journal.run.clone() });
            }
            None if journal.stack_id.is_some() || look == LOOKS_MAX => return Ok(None),
            None => aws.target().pause(POLL).await,
        }
    }
    unreachable!("the last look returns")
}

/// Whether tags must be there: other servers than AWS may have none.
fn is_strict(journal: &Journal) -> bool {
    journal.target == "aws"
}

/// A stack that is not yet deleted.
async fn described(aws: Aws<'_>, name: &str) -> Result<Option<Stack>, WireError> {
    let input = DescribeStacksInput { stack_name: Some(name.to_owned()), ..DescribeStacksInput::default() };
    let found = match aws.call::<DescribeStacks>(input).await {
        Ok(found) => found.stacks.unwrap_or_default().into_iter().next(),
        Err(error) if is_absent(&error) => None,
        Err(error) => return Err(error),
    };
    Ok(found.filter(|stack| stack.stack_status != "DELETE_COMPLETE"))
}

/// Ends runs and crawls: a crawler at work cannot be removed, and a job writes on.
async fn stop_work(aws: Aws<'_>, traces: &Traces) -> Result<(), WireError> {
    for job_name in traces.of_kind("AWS::Glue::Job").map(str::to_owned) {
        let runs = traces::runs(aws, &job_name).await?.into_iter();
        let is_open =
            |state: Option<&str>| matches!(state, Some("STARTING" | "RUNNING" | "WAITING" | "STOPPING"));
        let open = runs.filter(|run| is_open(run.job_run_state.as_deref()));
        let job_run_ids: Vec<String> = open.filter_map(|run| run.id).collect();
        if !job_run_ids.is_empty() {
            if_there(aws.call::<BatchStopJobRun>(BatchStopJobRunInput { job_name, job_run_ids }).await)?;
        }
    }
    for crawler in traces.of_kind("AWS::Glue::Crawler") {
        // One that is at rest says so, and is as good as stopped.
        match aws.call::<StopCrawler>(StopCrawlerInput { name: crawler.to_owned() }).await {
            Err(error) if error.code.starts_with("Crawler") || is_absent(&error) => {}
            stopped => drop(stopped?),
        }
    }
    Ok(())
}

/// Empties the buckets and removes the stack, again if something came in between.
async fn remove_stack(
    aws: Aws<'_>,
    journal: &Journal,
    id: &str,
    swept: &mut Swept,
    tell: Tell<'_>,
) -> Result<(), SweepError> {
    for round in 1.. {
        empty_buckets(aws, journal, swept, tell).await?;
        tell(&format!("removing stack {}", journal.stack));
        let input = DeleteStackInput { stack_name: id.to_owned(), ..DeleteStackInput::default() };
        match aws.call::<DeleteStack>(input).await {
            Err(error) if !is_absent(&error) => return Err(error.into()),
            _ => {}
        }
        let Some(status) = await_gone(aws, id, tell).await? else { return Ok(()) };
        let reasons = provision::reasons(aws, id).await?;
        if round == ROUNDS_MAX {
            let stack = journal.stack.clone();
            return Err(SweepError::Stays { stack, status, tries: round, reasons });
        }
        tell(&format!("stack {} is {status}: {reasons}; again", journal.stack));
        aws.target().pause(BETWEEN_ROUNDS).await;
    }
    unreachable!("the last round returns")
}

async fn empty_buckets(
    aws: Aws<'_>,
    journal: &Journal,
    swept: &mut Swept,
    tell: Tell<'_>,
) -> Result<(), SweepError> {
    let is_bucket = |resource: &&Resource| resource.kind == "AWS::S3::Bucket" && resource.is_made();
    for Resource { id: bucket, .. } in journal.traces.resources.iter().filter(is_bucket) {
        let is_ours = match buckets::owner(aws, bucket).await? {
            Owner::Run(run) => run == journal.run,
            Owner::Unknown => !is_strict(journal),
            Owner::Gone => continue,
        };
        if !is_ours {
            tell(&format!("bucket {bucket} does not carry the run's tag: not emptied"));
            continue;
        }
        let objects = buckets::empty(aws, bucket).await?;
        if objects > 0 {
            tell(&format!("emptied bucket {bucket}: {objects} objects"));
        }
        swept.objects += objects;
    }
    Ok(())
}

/// Waits until the stack is gone. Answers its status if it stays.
async fn await_gone(aws: Aws<'_>, id: &str, tell: Tell<'_>) -> Result<Option<String>, WireError> {
    let deadline = aws.target().now() + GONE_WITHIN;
    for poll in 1u32.. {
        let Some(stack) = described(aws, id).await? else { return Ok(None) };
        let status = stack.stack_status;
        if status == "DELETE_FAILED" || aws.target().now() >= deadline {
            return Ok(Some(status));
        }
        if poll % POLLS_A_LINE == 0 {
            tell(&format!("waiting for stack {}: {status}", stack.stack_name));
        }
        aws.target().pause(POLL).await;
    }
    unreachable!("a deadline passes")
}

async fn remove_tables(aws: Aws<'_>, traces: &Traces, tell: Tell<'_>) -> Result<(), WireError> {
    for (database, table) in &traces.tables {
        tell(&format!("removing table {database}.{table}"));
        let input = BatchDeleteTableInput {
            database_name: database.clone(),
            tables_to_delete: vec![table.clone()],
            ..BatchDeleteTableInput::default()
        };
        if_there(aws.call::<BatchDeleteTable>(input).await)?;
    }
    Ok(())
}

/// Nothing, where the thing or the whole service is not there.
pub(crate) fn if_there<T>(answer: Result<T, WireError>) -> Result<Option<T>, WireError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether an error says that there is no such thing, or no such service.
///
/// Documented: the errors of each operation; CloudFormation's and Athena's are sentences (docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html).
fn is_absent(error: &WireError) -> bool {
    let says = |text: &str| error.message.to_ascii_lowercase().contains(text);
    let by_code = ["NotFound", "NoSuchEntity", "NonExistentQueue", "QueueDoesNotExist", "NoSuchBucket"];
    by_code.iter().any(|part| error.code.contains(part))
        || error.status == 404
        || error.status == 501
        || error.code == "NotImplemented"
        || (error.code == "ValidationError" && says("does not exist"))
        || (error.code == "InvalidRequestException" && says("not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_from_what_is_refused() {
        let check = |code: &str, message: &str, absent: bool| {
            assert_eq!(is_absent(&WireError::client(code, message)), absent, "{code}: {message}");
        };
        check("ResourceNotFoundException", "", true);
        check("EntityNotFoundException", "", true);
        check("NoSuchEntity", "", true);
        check("AWS.SimpleQueueService.NonExistentQueue", "", true);
        check("ValidationError", "Stack with id x does not exist", true);
        check("InvalidRequestException", "WorkGroup x is not found.", true);
        check("DBInstanceNotFound", "", true);
        check("ValidationError", "1 validation error detected", false);
        check("AccessDenied", "User is not authorized", false);
        check("ExpiredTokenException", "", false);
    }
}
