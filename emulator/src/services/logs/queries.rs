//! Logs Insights' operations: a query is started, runs in tank time, and its results are fetched.
//!
//! Documented: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html, API_GetQueryResults.html,
//! API_GetLogRecord.html, API_GetLogGroupFields.html (read 2026-11-28, as in botocore 1.44.5). Assumed: how long a query
//! takes (`limits.rs`); it sees what is there when it begins to run, and shows no rows before it has ended; without a
//! `sort`, rows come newest first.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wavetank_types::Timestamp;
use wavetank_wire::logs::*;

use super::error::LogsError;
use super::insights::{self, Counts, Place, Plan, Source};
use super::limits::*;
use super::state::{Due, Event, Logs, name_of};
use crate::world::Cx;

/// Times above this are milliseconds already. Assumed: AWS takes either.
const MILLIS_FROM: i64 = 100_000_000_000;
/// What GetLogGroupFields looks at: before now, and on either side of a time. Documented.
const FIELDS_SPAN: i64 = 15 * 60_000;
const FIELDS_HALF: i64 = 8 * 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Scheduled,
    Running,
    Complete,
    Cancelled,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Running => "Running",
            Self::Complete => "Complete",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// A query that runs, or has run.
#[derive(Debug)]
pub(super) struct Query {
    text: String,
    groups: Vec<String>,
    /// From the one instant to the other, both included, in milliseconds.
    window: (i64, i64),
    limit: usize,
    plan: Plan,
    status: Status,
    created: Timestamp,
    /// When it is due.
    wake: Timestamp,
    lines: Vec<Vec<(String, String)>>,
    counts: Counts,
}

impl Query {
    fn is_open(&self) -> bool {
        matches!(self.status, Status::Scheduled | Status::Running)
    }
}

impl Logs {
    pub(super) fn start_query(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartQueryInput,
    ) -> Result<StartQueryOutput, LogsError> {
        if let Some(language) = input.query_language.filter(|language| language != "CWLI") {
            return Err(LogsError::NotBuilt(format!("StartQuery in the language {language}")));
        }
        let plan = insights::plan(&input.query_string)?;
        let groups = one_of(input.log_group_name, input.log_group_names, input.log_group_identifiers)?;
        for group in &groups {
            if !self.groups.contains_key(group) {
                let account = cx.scope.account.to_string();
                return Err(LogsError::NoSuchGroupOf { group: group.clone(), account });
            }
        }
        let window = (millis(input.start_time), millis(input.end_time));
        if window.0 > window.1 {
            return Err(LogsError::Parameters("The start time of the query must not be after its end time."));
        }
        self.queries.retain(|_, query| query.is_open() || cx.now.since(query.created) < RESULT_LIFE);
        if self.queries.values().filter(|query| query.is_open()).count() >= QUERIES_MAX {
            // Recorded in public error reports.
            let why = format!("Account maximum query concurrency limit of [{QUERIES_MAX}] reached.");
            return Err(LogsError::Limit(why));
        }
        let (id, wake) = (cx.uuid(), cx.now + QUERY_WAIT);
        let query = Query {
            text: input.query_string,
            groups,
            window,
            limit: input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(QUERY_ROWS),
            plan,
            status: Status::Scheduled,
            created: cx.now,
            wake,
            lines: Vec::new(),
            counts: Counts::default(),
        };
        self.queries.insert(id.clone(), query);
        self.due.insert((wake, Due::Query(id.clone())));
        Ok(StartQueryOutput { query_id: Some(id) })
    }

    /// A query begins to run, or ends.
    pub(super) fn query_due(&mut self, cx: &Cx<'_>, id: &str) {
        let Some(mut query) = self.queries.remove(id) else { return };
        match query.status {
            Status::Scheduled => {
                (query.lines, query.counts) = self.run(cx, &query);
                query.status = Status::Running;
                let span = Duration::from_millis(query.counts.bytes / QUERY_BYTES_PER_MILLI);
                query.wake = cx.now + QUERY_LEAST + span;
                self.due.insert((query.wake, Due::Query(id.to_owned())));
            }
            Status::Running => query.status = Status::Complete,
            Status::Complete | Status::Cancelled => {}
        }
        self.queries.insert(id.to_owned(), query);
    }

    fn run(&self, cx: &Cx<'_>, query: &Query) -> (Vec<Vec<(String, String)>>, Counts) {
        let account = cx.scope.account.to_string();
        let groups = query.groups.iter().filter_map(|name| Some((name, self.groups.get(name)?)));
        let (from, to) = query.window;
        let mut places = Vec::new();
        for (name, group) in groups {
            let horizon = group.horizon(cx.now);
            for (stream_name, stream) in &group.streams {
                let events = stream.between(from.max(horizon), to.saturating_add(1));
                let place = Place {
                    account: &account,
                    group: name,
                    stream: stream_name,
                    is_lambda: name.starts_with("/aws/lambda/"),
                };
                places.push((place, events));
            }
        }
        let all = places
            .iter()
            .flat_map(|(place, events)| events.iter().rev().map(move |event| Source { event, place }));
        let mut sources: Vec<Source<'_>> = all.collect();
        // A stream is in order already, which this sort is quick with.
        sources.sort_by_key(|source| std::cmp::Reverse(source.event.key()));
        insights::run(&query.plan, sources.into_iter(), query.limit, cx.now.millis())
    }

    pub(super) fn stop_query(&mut self, input: &StopQueryInput) -> Result<StopQueryOutput, LogsError> {
        let query = self.queries.get_mut(&input.query_id).ok_or(LogsError::NoSuch("query"))?;
        if !query.is_open() {
            return Err(LogsError::NotRunning(input.query_id.clone()));
        }
        query.status = Status::Cancelled;
        query.lines = Vec::new();
        self.due.remove(&(query.wake, Due::Query(input.query_id.clone())));
        Ok(StopQueryOutput { success: Some(true) })
    }

    pub(super) fn get_query_results(
        &mut self,
        input: &GetQueryResultsInput,
    ) -> Result<GetQueryResultsOutput, LogsError> {
        let query = self.queries.get(&input.query_id).ok_or(LogsError::NoSuch("query"))?;
        let is_complete = query.status == Status::Complete;
        let (lines, counts) = match is_complete {
            true => (query.lines.as_slice(), query.counts),
            false => (Default::default(), Counts::default()),
        };
        let from: usize =
            input.next_token.as_deref().map_or(Ok(0), str::parse).map_err(|_| LogsError::BadToken)?;
        let most = input.max_items.and_then(|most| usize::try_from(most).ok()).unwrap_or(RESULT_PAGE_MAX);
        let rest = lines.get(from..).ok_or(LogsError::BadToken)?;
        let (page, tail) = rest.split_at(rest.len().min(most.min(RESULT_PAGE_MAX)));
        let field = |(name, value): &(String, String)| ResultField {
            field: Some(name.clone()),
            value: Some(value.clone()),
        };
        let statistics = QueryStatistics {
            records_matched: Some(counts.matched as f64),
            records_scanned: Some(counts.scanned as f64),
            estimated_records_skipped: Some(0.0),
            bytes_scanned: Some(counts.bytes as f64),
            estimated_bytes_skipped: Some(0.0),
            log_groups_scanned: Some(if is_complete { query.groups.len() as f64 } else { 0.0 }),
            result_count: Some(lines.len() as f64),
        };
        Ok(GetQueryResultsOutput {
            query_language: Some("CWLI".to_owned()),
            results: Some(page.iter().map(|line| line.iter().map(field).collect()).collect()),
            statistics: Some(statistics),
            status: Some(query.status.name().to_owned()),
            encryption_key: None,
            next_token: (!tail.is_empty()).then(|| (from + page.len()).to_string()),
        })
    }

    /// Newest first.
    pub(super) fn describe_queries(
        &mut self,
        cx: &Cx<'_>,
        input: &DescribeQueriesInput,
    ) -> Result<DescribeQueriesOutput, LogsError> {
        let is_wanted = |query: &Query| {
            input.log_group_name.as_ref().is_none_or(|group| query.groups.contains(group))
                && input.status.as_ref().is_none_or(|status| query.status.name() == status)
                && input.query_language.as_ref().is_none_or(|language| language == "CWLI")
        };
        let mut found: Vec<(&String, &Query)> =
            self.queries.iter().filter(|(_, query)| is_wanted(query)).collect();
        found.sort_by_key(|(id, query)| (std::cmp::Reverse(query.created), (*id).clone()));
        let info = |(id, query): &(&String, &Query)| QueryInfo {
            query_language: Some("CWLI".to_owned()),
            query_id: Some((*id).clone()),
            query_string: Some(query.text.clone()),
            status: Some(query.status.name().to_owned()),
            create_time: Some(query.created.millis()),
            log_group_name: query.groups.first().cloned(),
            query_duration: i64::try_from(query.wake.min(cx.now).since(query.created).as_millis()).ok(),
            bytes_scanned: Some(query.counts.bytes as f64),
            ..QueryInfo::default()
        };
        let all = found.iter().map(info).collect();
        let (page, next_token) = super::read::places(all, input.max_results, input.next_token.as_deref())?;
        Ok(DescribeQueriesOutput { queries: Some(page), next_token })
    }

    /// The event that `@ptr` names, with all its fields. Assumed: times in milliseconds.
    pub(super) fn get_log_record(
        &mut self,
        cx: &Cx<'_>,
        input: &GetLogRecordInput,
    ) -> Result<GetLogRecordOutput, LogsError> {
        let (group, stream, at, number) =
            pointed(&input.log_record_pointer).ok_or(LogsError::Parameters("Invalid logRecordPointer"))?;
        let missing = || LogsError::NoSuch("log record");
        let found = self.groups.get(&group).ok_or_else(missing)?;
        let events = found.streams.get(&stream).ok_or_else(missing)?.between(at, at.saturating_add(1));
        let is_shown = |event: &&Event| event.number == number && event.at >= found.horizon(cx.now);
        let event = events.iter().find(is_shown).ok_or_else(missing)?;
        let account = cx.scope.account.to_string();
        let is_lambda = group.starts_with("/aws/lambda/");
        let place = Place { account: &account, group: &group, stream: &stream, is_lambda };
        let source = Source { event, place: &place };
        let mut record = insights::flattened(&event.message, is_lambda);
        let own = [
            ("@message", event.message.clone()),
            ("@timestamp", event.at.to_string()),
            ("@ingestionTime", event.ingested.to_string()),
            ("@logStream", stream.clone()),
            ("@log", source.log()),
            ("@ptr", source.pointer()),
        ];
        record.extend(own.map(|(name, value)| (name.to_owned(), value)));
        Ok(GetLogRecordOutput { log_record: Some(record) })
    }

    /// Which fields events of a while have, and how often.
    pub(super) fn get_log_group_fields(
        &mut self,
        cx: &Cx<'_>,
        input: &GetLogGroupFieldsInput,
    ) -> Result<GetLogGroupFieldsOutput, LogsError> {
        let name =
            super::read::group_name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        let group = self.group(name)?;
        let (from, to) = match input.time.map(millis) {
            Some(middle) => (middle - FIELDS_HALF, middle + FIELDS_HALF),
            None => (cx.now.millis() - FIELDS_SPAN, cx.now.millis()),
        };
        let from = from.max(group.horizon(cx.now));
        let (mut counts, mut events) = (BTreeMap::<String, u64>::new(), 0_u64);
        for event in group.streams.values().flat_map(|stream| stream.between(from, to + 1)) {
            events += 1;
            let own = ["@message", "@timestamp", "@ingestionTime", "@logStream", "@log"].map(str::to_owned);
            let found = insights::flattened(&event.message, name.starts_with("/aws/lambda/"));
            for field in own.into_iter().chain(found.into_keys()) {
                *counts.entry(field).or_default() += 1;
            }
        }
        let field = |(name, count): (String, u64)| LogGroupField {
            name: Some(name),
            percent: i64::try_from(count * 100 / events.max(1)).ok(),
        };
        let mut fields: Vec<LogGroupField> = counts.into_iter().map(field).collect();
        fields.sort_by_key(|field| std::cmp::Reverse(field.percent));
        Ok(GetLogGroupFieldsOutput { log_group_fields: Some(fields) })
    }
}

fn millis(time: i64) -> i64 {
    if time >= MILLIS_FROM { time } else { time.saturating_mul(1_000) }
}

fn pointed(pointer: &str) -> Option<(String, String, i64, u64)> {
    let text = String::from_utf8(STANDARD.decode(pointer).ok()?).ok()?;
    let mut parts = text.split('\n');
    let (group, stream) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some((group, stream, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The groups' names, given in one of three ways. Assumed: the sentences.
fn one_of(
    name: Option<String>,
    names: Option<Vec<String>>,
    identifiers: Option<Vec<String>>,
) -> Result<Vec<String>, LogsError> {
    let given = [name.map(|name| vec![name]), names, identifiers];
    let mut given = given.into_iter().flatten();
    let (Some(groups), None) = (given.next(), given.next()) else {
        const ONE: &str =
            "Exactly one of logGroupName, logGroupNames or logGroupIdentifiers must be specified.";
        return Err(LogsError::Parameters(ONE));
    };
    if groups.is_empty() || groups.len() > QUERY_GROUPS_MAX {
        return Err(LogsError::Invalid(format!("A query can have 1 to {QUERY_GROUPS_MAX} log groups.")));
    }
    let mut groups: Vec<String> = groups.iter().map(|group| name_of(group).to_owned()).collect();
    groups.sort();
    groups.dedup();
    Ok(groups)
}
