//! Removes the logs of a run: whole groups that it made, and of older or shared groups the streams that are its own.

use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::logs::*;

use super::traces::Traces;
use super::{Tell, if_there};
use crate::client::Aws;

/// Where all jobs and crawlers of an account write. Documented:
/// docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html and add-job-python.html.
const SHARED: &str = "/aws-glue/";

/// Removes them, and answers how many groups and streams that were. A group that was there before the run keeps what is older.
pub(super) async fn sweep(
    aws: Aws<'_>,
    traces: &Traces,
    began: Timestamp,
    tell: Tell<'_>,
) -> Result<u64, WireError> {
    let mut removed = 0;
    for pattern in &traces.log_groups {
        for group in matching(aws, pattern).await? {
            let name = group.log_group_name.clone().unwrap_or_default();
            removed += 1;
            if is_since(group.creation_time, began) {
                tell(&format!("removing log group {name}"));
                if_there(aws.call::<DeleteLogGroup>(DeleteLogGroupInput { log_group_name: name }).await)?;
            } else {
                let own = |stream: &LogStream| is_since(stream.creation_time, began);
                remove_streams(aws, &name, None, own).await?;
            }
        }
    }
    if traces.log_streams.is_empty() {
        return Ok(removed);
    }
    for group in groups(aws, SHARED).await? {
        removed += sweep_shared(aws, &group, traces, began, tell).await?;
    }
    Ok(removed)
}

/// Of a group that the whole account writes to: the streams of these runs. The group itself if they were all, and it is new.
async fn sweep_shared(
    aws: Aws<'_>,
    group: &LogGroup,
    traces: &Traces,
    began: Timestamp,
    tell: Tell<'_>,
) -> Result<u64, WireError> {
    let name = group.log_group_name.clone().unwrap_or_default();
    let mut removed = 0;
    for start in &traces.log_streams {
        // A crawler's stream has its name; a run's streams begin with its id.
        let is_run = start.starts_with("jr_");
        let own = |stream: &LogStream| is_run || stream.log_stream_name.as_deref() == Some(start.as_str());
        let own = |stream: &LogStream| own(stream) && is_since(stream.creation_time, began);
        removed += remove_streams(aws, &name, Some(start.as_str()), own).await?;
    }
    // One that is new and empty Glue makes again when somebody needs it.
    if is_since(group.creation_time, began) && streams(aws, &name, None).await?.is_empty() {
        tell(&format!("removing log group {name}"));
        if_there(aws.call::<DeleteLogGroup>(DeleteLogGroupInput { log_group_name: name }).await)?;
    }
    Ok(removed)
}

fn is_since(created_ms: Option<i64>, began: Timestamp) -> bool {
    created_ms.is_some_and(|created| created >= began.millis())
}

async fn remove_streams(
    aws: Aws<'_>,
    group: &str,
    start: Option<&str>,
    own: impl Fn(&LogStream) -> bool,
) -> Result<u64, WireError> {
    let mut removed = 0;
    for stream in streams(aws, group, start).await?.into_iter().filter(own) {
        let log_stream_name = stream.log_stream_name.unwrap_or_default();
        let input = DeleteLogStreamInput { log_group_name: group.to_owned(), log_stream_name };
        if_there(aws.call::<DeleteLogStream>(input).await)?;
        removed += 1;
    }
    Ok(removed)
}

/// Groups of this name; of all that begin so, if it ends with `*`.
pub(crate) async fn matching(aws: Aws<'_>, pattern: &str) -> Result<Vec<LogGroup>, WireError> {
    let start = pattern.strip_suffix('*');
    let mut found = groups(aws, start.unwrap_or(pattern)).await?;
    found.retain(|group| start.is_some() || group.log_group_name.as_deref() == Some(pattern));
    Ok(found)
}

/// Groups whose names begin so. None, on a server without logs.
pub(super) async fn groups(aws: Aws<'_>, start: &str) -> Result<Vec<LogGroup>, WireError> {
    let (mut all, mut next_token) = (Vec::new(), None);
    loop {
        let log_group_name_prefix = Some(start.to_owned());
        let input =
            DescribeLogGroupsInput { log_group_name_prefix, next_token, ..DescribeLogGroupsInput::default() };
        let Some(page) = if_there(aws.call::<DescribeLogGroups>(input).await)? else { return Ok(all) };
        all.extend(page.log_groups.unwrap_or_default());
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(all);
        }
    }
}

async fn streams(aws: Aws<'_>, group: &str, start: Option<&str>) -> Result<Vec<LogStream>, WireError> {
    let (mut all, mut next_token) = (Vec::new(), None);
    loop {
        let input = DescribeLogStreamsInput {
            log_group_name: Some(group.to_owned()),
            log_stream_name_prefix: start.map(str::to_owned),
            next_token,
            ..DescribeLogStreamsInput::default()
        };
        let Some(page) = if_there(aws.call::<DescribeLogStreams>(input).await)? else { return Ok(all) };
        all.extend(page.log_streams.unwrap_or_default());
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(all);
        }
    }
}
