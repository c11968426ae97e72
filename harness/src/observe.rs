//! What came out, read through the public API: objects, rows, refusals, query answers.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use wavetank_scenarios::ScenarioError;
use wavetank_types::Timestamp;
use wavetank_types::names::split_s3_uri;
use wavetank_wire::WireError;
use wavetank_wire::athena::*;
use wavetank_wire::logs::{FilterLogEvents, FilterLogEventsInput, FilteredLogEvent};

use crate::client::{Aws, said};
use crate::target::Listed;

/// Between two looks at a query: at first, and after a while.
const POLL: Duration = Duration::from_millis(500);
const POLL_MAX: Duration = Duration::from_secs(4);
/// Longest time that a query may take, in the target's time.
const QUERY_WITHIN: Duration = Duration::from_secs(1_800);
/// Largest page of results. Documented: docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
const PAGE_ROWS: i64 = 1_000;

/// Why something could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObserveError {
    /// An API call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
    /// A name in the scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// S3 could not be read.
    #[error("cannot read {uri}: {cause}")]
    S3 {
        /// What was read.
        uri: String,
        /// What S3 said.
        cause: String,
    },
    /// An object is not what its name says.
    #[error("{uri} cannot be read: {cause}")]
    Content {
        /// Which.
        uri: String,
        /// Why.
        cause: String,
    },
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was written.
    pub modified: Timestamp,
}

impl Object {
    /// `s3://bucket/key`.
    pub fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// Every object under `s3://bucket/prefix`, folder markers left out, in order of their keys.
pub async fn list(aws: Aws<'_>, uri: &str) -> Result<Vec<Object>, ObserveError> {
    let fail = |cause: String| ObserveError::S3 { uri: uri.to_owned(), cause };
    let (bucket, prefix) =
        split_s3_uri(uri).ok_or_else(|| fail("not of the form s3://bucket/prefix".to_owned()))?;
    if let Some(store) = aws.target().objects() {
        let found = store.list(aws.region(), bucket, prefix).map_err(|error| fail(error.to_string()))?;
        let found = found.into_iter().filter(|listed| !is_marker(&listed.key, listed.size));
        let object = |listed: Listed| {
            let Listed { key, size, modified } = listed;
            Object { bucket: bucket.to_owned(), key, size, modified }
        };
        return Ok(found.map(object).collect());
    }
    // Elsewhere in memory: what waits for the SDK is large, and would be moved with all that waits for it.
    Box::pin(list_by_sdk(aws, bucket, prefix)).await.map_err(fail)
}

fn is_marker(key: &str, size: u64) -> bool {
    key.ends_with('/') && size == 0
}

async fn list_by_sdk(aws: Aws<'_>, bucket: &str, prefix: &str) -> Result<Vec<Object>, String> {
    let client = aws.target().s3_read(aws.region()).await?;
    let mut pages = client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    let mut objects = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| said(&error))?;
        for object in page.contents() {
            let key = object.key().unwrap_or_default().to_owned();
            let size = u64::try_from(object.size().unwrap_or(0)).unwrap_or(0);
            if !is_marker(&key, size) {
                let modified = object.last_modified().map_or(Timestamp::TANK_EPOCH, |at| {
                    Timestamp::from_micros(i64::try_from(at.as_nanos() / 1_000).unwrap_or(i64::MAX))
                });
                let modified = aws.target().stored_at(bucket, &key).unwrap_or(modified);
                objects.push(Object { bucket: bucket.to_owned(), key, size, modified });
            }
        }
    }
    Ok(objects)
}

/// An object's content.
pub async fn get(aws: Aws<'_>, object: &Object) -> Result<Bytes, ObserveError> {
    let fail = |cause: String| ObserveError::S3 { uri: object.uri(), cause };
    if let Some(store) = aws.target().objects() {
        let got = store.get(aws.region(), &object.bucket, &object.key);
        return got.map_err(|error| fail(error.to_string()));
    }
    Box::pin(get_by_sdk(aws, object)).await.map_err(fail)
}

async fn get_by_sdk(aws: Aws<'_>, object: &Object) -> Result<Bytes, String> {
    let client = aws.target().s3_read(aws.region()).await?;
    let answer = client.get_object().bucket(&object.bucket).key(&object.key).send().await;
    let answer = answer.map_err(|error| said(&error))?;
    let body = answer.body.collect().await.map_err(|error| error.to_string())?;
    Ok(body.into_bytes())
}

/// A refusal that the pipeline wrote down.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Refusal {
    /// The row's place in its file, from 1.
    pub row_number: u64,
    /// Why.
    pub reason: String,
    /// The value that broke the rule.
    #[serde(default)]
    pub detail: String,
    /// The row as it came, cut to a bounded length.
    #[serde(default)]
    pub raw: String,
}

/// Every refusal under a prefix, by row number. A row refused twice is there twice.
pub async fn refusals(aws: Aws<'_>, uri: &str) -> Result<BTreeMap<u64, Vec<Refusal>>, ObserveError> {
    let mut found: BTreeMap<u64, Vec<Refusal>> = BTreeMap::new();
    for object in list(aws, uri).await? {
        if !object.key.ends_with(".ndjson") {
            continue;
        }
        for line in get(aws, &object).await?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let refusal: Refusal = serde_json::from_slice(line)
                .map_err(|error| ObserveError::Content { uri: object.uri(), cause: error.to_string() })?;
            found.entry(refusal.row_number).or_default().push(refusal);
        }
    }
    Ok(found)
}

/// The events of a log group that meet a pattern, in order; all without one.
pub async fn log_events(
    aws: Aws<'_>,
    group: &str,
    pattern: Option<&str>,
) -> Result<Vec<FilteredLogEvent>, WireError> {
    let (mut events, mut next_token) = (Vec::new(), None);
    loop {
        let input = FilterLogEventsInput {
            log_group_name: Some(group.to_owned()),
            filter_pattern: pattern.map(str::to_owned),
            next_token,
            ..FilterLogEventsInput::default()
        };
        let page = aws.call::<FilterLogEvents>(input).await?;
        events.extend(page.events.unwrap_or_default());
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(events);
        }
    }
}

/// A query's answer, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Bytes that Athena says it scanned.
    pub scanned_bytes: u64,
    /// Why there is no answer, if the query failed.
    pub failure: Option<String>,
}

/// Runs a query and waits for its answer. A query that fails is an answer with its reason, not an error.
pub async fn query(aws: Aws<'_>, database: &str, workgroup: &str, sql: &str) -> Result<Answer, ObserveError> {
    query_to(aws, database, workgroup, None, sql).await
}

/// The same with a place for the results, of a workgroup that has none.
pub async fn query_to(
    aws: Aws<'_>,
    database: &str,
    workgroup: &str,
    place: Option<&str>,
    sql: &str,
) -> Result<Answer, ObserveError> {
    let configuration = |place: &str| ResultConfiguration {
        output_location: Some(place.to_owned()),
        ..ResultConfiguration::default()
    };
    let input = StartQueryExecutionInput {
        query_string: sql.to_owned(),
        query_execution_context: Some(QueryExecutionContext {
            database: Some(database.to_owned()),
            catalog: None,
        }),
        work_group: Some(workgroup.to_owned()),
        result_configuration: place.map(configuration),
        ..StartQueryExecutionInput::default()
    };
    for attempt in 1.. {
        let id = aws.call::<StartQueryExecution>(input.clone()).await?.query_execution_id.unwrap_or_default();
        let (answer, may_pass) = await_query(aws, &id).await?;
        if !may_pass || !aws.is_patient() || attempt == aws.tries_max() {
            return Ok(answer);
        }
    }
    unreachable!("the last attempt returns")
}

/// Waits for a query's answer. Says also whether Athena thinks that it may succeed the next time.
async fn await_query(aws: Aws<'_>, id: &str) -> Result<(Answer, bool), ObserveError> {
    let deadline = aws.target().now() + QUERY_WITHIN;
    let mut poll = POLL;
    loop {
        let input = GetQueryExecutionInput { query_execution_id: id.to_owned() };
        let execution = aws.call::<GetQueryExecution>(input).await?.query_execution.unwrap_or_default();
        let status = execution.status.unwrap_or_default();
        let scanned =
            execution.statistics.and_then(|statistics| statistics.data_scanned_in_bytes).unwrap_or(0);
        let scanned_bytes = u64::try_from(scanned).unwrap_or(0);
        match status.state.as_deref().unwrap_or_default() {
            "SUCCEEDED" => return Ok((Answer { scanned_bytes, ..results(aws, id).await? }, false)),
            "QUEUED" | "RUNNING" if aws.target().now() < deadline => {
                aws.target().pause(poll).await;
                poll = (poll * 2).min(POLL_MAX);
            }
            state => {
                let reason = status.state_change_reason.unwrap_or_else(|| "no reason given".to_owned());
                let failure = Some(format!("{state}: {reason}"));
                let may_pass = status.athena_error.is_some_and(|error| error.retryable == Some(true));
                return Ok((Answer { scanned_bytes, failure, ..Answer::default() }, may_pass));
            }
        }
    }
}

/// Every page of a SELECT's results. The first row of the first page is the header.
async fn results(aws: Aws<'_>, id: &str) -> Result<Answer, ObserveError> {
    let mut answer = Answer::default();
    let mut next_token = None;
    loop {
        let input = GetQueryResultsInput {
            query_execution_id: id.to_owned(),
            next_token,
            max_results: Some(PAGE_ROWS),
            ..GetQueryResultsInput::default()
        };
        let page = aws.call::<GetQueryResults>(input).await?;
        let set = page.result_set.unwrap_or_default();
        let metadata = set.result_set_metadata.and_then(|metadata| metadata.column_info).unwrap_or_default();
        let is_first = answer.columns.is_empty();
        if is_first {
            answer.columns = metadata.into_iter().map(|column| column.name).collect();
        }
        let text =
            |row: Row| row.data.unwrap_or_default().into_iter().map(|datum| datum.var_char_value).collect();
        answer.rows.extend(set.rows.unwrap_or_default().into_iter().skip(usize::from(is_first)).map(text));
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(answer);
        }
    }
}
