//! What clients read: groups, streams, events. Pages are bounded, and a token says where the next begins.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use regex::Regex;
use wavetank_wire::logs::*;

use super::error::LogsError;
use super::limits::*;
use super::pattern::Pattern;
use super::state::{Event, Group, Logs, Stream, name_of};
use crate::world::Cx;

impl Logs {
    pub(super) fn describe_log_groups(
        &mut self,
        _cx: &mut Cx<'_>,
        input: &DescribeLogGroupsInput,
    ) -> Result<DescribeLogGroupsOutput, LogsError> {
        if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
            const BOTH: &str =
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
            return Err(LogsError::Parameters(BOTH));
        }
        let prefix = input.log_group_name_prefix.as_deref().unwrap_or_default();
        let contains = input.log_group_name_pattern.as_deref().unwrap_or_default().to_lowercase();
        let class = input.log_group_class.as_deref();
        let named = input.log_group_identifiers.as_ref();
        let is_named =
            |name: &str| named.is_none_or(|all| all.is_empty() || all.iter().any(|one| name_of(one) == name));
        let matching = self.groups.iter().filter(|(name, group)| {
            name.starts_with(prefix)
                && name.to_lowercase().contains(&contains)
                && class.is_none_or(|class| class == group.class)
                && is_named(name)
        });
        let all: Vec<LogGroup> = matching.map(|(name, group)| describe_group(name, group)).collect();
        let name_of = |group: &LogGroup| group.log_group_name.clone().unwrap_or_default();
        let (page, next_token) = page(all, input.limit, input.next_token.as_deref(), name_of);
        Ok(DescribeLogGroupsOutput { log_groups: Some(page), next_token })
    }

    pub(super) fn describe_log_streams(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DescribeLogStreamsInput,
    ) -> Result<DescribeLogStreamsOutput, LogsError> {
        let by_time = input.order_by.as_deref() == Some(order_by::LAST_EVENT_TIME);
        if by_time && input.log_stream_name_prefix.is_some() {
            const CONFLICT: &str = "Cannot order by LastEventTime with a logStreamNamePrefix.";
            return Err(LogsError::Parameters(CONFLICT));
        }
        let name = group_name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        let group = self.groups.get(name).ok_or(LogsError::NoSuchGroup)?;
        let prefix = input.log_stream_name_prefix.as_deref().unwrap_or_default();
        let horizon = group.horizon(cx.now);
        let matching = group.streams.iter().filter(|(name, _)| name.starts_with(prefix));
        let mut all: Vec<LogStream> =
            matching.map(|(name, stream)| describe_stream(name, stream, group, horizon)).collect();
        if by_time {
            all.sort_by_key(|stream| {
                stream.last_event_timestamp.unwrap_or(stream.creation_time.unwrap_or(0))
            });
        }
        if input.descending == Some(true) {
            all.reverse();
        }
        let (page, next_token) = places(all, input.limit, input.next_token.as_deref())?;
        Ok(DescribeLogStreamsOutput { log_streams: Some(page), next_token })
    }

    /// One stream's events, forward from the token or the head, or backward from the tail.
    ///
    /// Documented: at the end the forward token is the one that was sent.
    pub(super) fn get_log_events(
        &mut self,
        cx: &mut Cx<'_>,
        input: &GetLogEventsInput,
    ) -> Result<GetLogEventsOutput, LogsError> {
        let name = group_name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        let group = self.groups.get(name).ok_or(LogsError::NoSuchGroup)?;
        let stream = group.streams.get(&input.log_stream_name).ok_or(LogsError::NoSuchStream)?;
        let window = Window::new(group.horizon(cx.now), input.start_time, input.end_time);
        let events = stream.between(window.start, window.end);
        let limit = limit(input.limit, PAGE_EVENTS_MAX);

        let (from, to) = match input.next_token.as_deref().map(parse_token).transpose()? {
            Some(('f', at)) => forward(events, events.partition_point(|event| event.key() < at), limit),
            Some((_, at)) => backward(events, events.partition_point(|event| event.key() < at), limit),
            None if input.start_from_head == Some(true) => forward(events, 0, limit),
            None => backward(events, events.len(), limit),
        };
        let end = |place: usize| events.get(place).map(Event::key);
        let after_last = events.last().map_or((0, 0), |event| (event.at, event.number + 1));
        let forward_token = end(to).unwrap_or(after_last);
        let backward_token = end(from).unwrap_or(after_last);
        let output = |event: &Event| OutputLogEvent {
            timestamp: Some(event.at),
            message: Some(event.message.clone()),
            ingestion_time: Some(event.ingested),
        };
        Ok(GetLogEventsOutput {
            events: Some(events[from..to].iter().map(output).collect()),
            next_forward_token: Some(token_of('f', forward_token)),
            next_backward_token: Some(token_of('b', backward_token)),
        })
    }

    /// Events of many streams, in order of time; `aws logs tail` polls with this.
    pub(super) fn filter_log_events(
        &mut self,
        cx: &mut Cx<'_>,
        input: &FilterLogEventsInput,
    ) -> Result<FilterLogEventsOutput, LogsError> {
        if input.log_stream_names.is_some() && input.log_stream_name_prefix.is_some() {
            const BOTH: &str = "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.";
            return Err(LogsError::Parameters(BOTH));
        }
        let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())?;
        let name = group_name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        let group = self.groups.get(name).ok_or(LogsError::NoSuchGroup)?;
        let names = input.log_stream_names.as_deref();
        if names.is_some_and(|names| names.iter().any(|name| !group.streams.contains_key(name))) {
            return Err(LogsError::NoSuchStream);
        }
        let prefix = input.log_stream_name_prefix.as_deref().unwrap_or_default();
        let window = Window::new(group.horizon(cx.now), input.start_time, input.end_time);
        let token = input.next_token.as_deref().map(parse_token).transpose()?;
        let is_forward =
            token.map_or(input.start_from_head != Some(false), |(direction, _)| direction == 'f');

        let wanted =
            |name: &String| name.starts_with(prefix) && names.is_none_or(|names| names.contains(name));
        let streams = group.streams.iter().filter(|(name, _)| wanted(name));
        let slices = streams.map(|(name, stream)| {
            let events = stream.between(window.start, window.end);
            let cut = token.map(|(_, at)| events.partition_point(|event| event.key() < at));
            match cut {
                Some(cut) if is_forward => (name, &events[cut..]),
                Some(cut) => (name, &events[..cut]),
                None => (name, events),
            }
        });
        let mut matching =
            Merged::new(slices.collect(), is_forward).filter(|(_, event)| pattern.matches(&event.message));
        let (most, mut bytes) = (limit(input.limit, PAGE_EVENTS_MAX), 0);
        let (mut events, mut next) = (Vec::new(), None);
        for (name, event) in matching.by_ref() {
            bytes += event.bytes();
            if events.len() == most || (bytes > PAGE_BYTES_MAX && !events.is_empty()) {
                // Backward pages end before their token.
                let (at, number) = event.key();
                next = Some(if is_forward {
                    token_of('f', (at, number))
                } else {
                    token_of('b', (at, number + 1))
                });
                break;
            }
            events.push(FilteredLogEvent {
                log_stream_name: Some(name.clone()),
                timestamp: Some(event.at),
                message: Some(event.message.clone()),
                ingestion_time: Some(event.ingested),
                event_id: Some(format!("{:056}", event.number)),
            });
        }
        Ok(FilterLogEventsOutput {
            events: Some(events),
            // Documented: deprecated, and empty since 2021.
            searched_log_streams: Some(Vec::new()),
            next_token: next,
        })
    }

    /// Groups by a regular expression on their names.
    pub(super) fn list_log_groups(
        &mut self,
        input: &ListLogGroupsInput,
    ) -> Result<ListLogGroupsOutput, LogsError> {
        let pattern = input.log_group_name_pattern.as_deref().unwrap_or_default();
        let pattern =
            Regex::new(pattern).map_err(|_| LogsError::Parameters("Invalid logGroupNamePattern"))?;
        let class = input.log_group_class.as_deref();
        let matching = self
            .groups
            .iter()
            .filter(|(name, group)| pattern.is_match(name) && class.is_none_or(|class| class == group.class));
        let summary = |(name, group): (&String, &Group)| LogGroupSummary {
            log_group_name: Some(name.clone()),
            log_group_arn: Some(group.arn.clone()),
            log_group_class: Some(group.class.clone()),
        };
        let name_of = |group: &LogGroupSummary| group.log_group_name.clone().unwrap_or_default();
        let all = matching.map(summary).collect();
        let (page, next_token) = page(all, input.limit, input.next_token.as_deref(), name_of);
        Ok(ListLogGroupsOutput { log_groups: Some(page), next_token })
    }
}

/// Events of several streams in order of time, or the other way round. Nothing is looked at before it is asked for.
struct Merged<'a> {
    streams: Vec<(&'a String, &'a [Event])>,
    is_forward: bool,
    /// The next event of each stream. Keys of backward ones are negated, so that the newest comes first.
    next: BinaryHeap<Reverse<((i64, i64), usize)>>,
}

impl<'a> Merged<'a> {
    fn new(streams: Vec<(&'a String, &'a [Event])>, is_forward: bool) -> Self {
        let count = streams.len();
        let mut merged = Self { streams, is_forward, next: BinaryHeap::new() };
        (0..count).for_each(|place| merged.line_up(place));
        merged
    }

    fn line_up(&mut self, place: usize) {
        let events = self.streams[place].1;
        let next = if self.is_forward { events.first() } else { events.last() };
        if let Some(event) = next {
            let number = i64::try_from(event.number).unwrap_or(i64::MAX);
            let key = if self.is_forward { (event.at, number) } else { (event.at.saturating_neg(), -number) };
            self.next.push(Reverse((key, place)));
        }
    }
}

impl<'a> Iterator for Merged<'a> {
    type Item = (&'a String, &'a Event);

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((_, place)) = self.next.pop()?;
        let (name, events) = self.streams[place];
        let (event, rest) = if self.is_forward { events.split_first()? } else { events.split_last()? };
        self.streams[place].1 = rest;
        self.line_up(place);
        Some((name, event))
    }
}

/// The instants that a request asks for, in milliseconds: from `start` on, before `end`.
struct Window {
    start: i64,
    end: i64,
}

impl Window {
    fn new(horizon: i64, start: Option<i64>, end: Option<i64>) -> Self {
        Self { start: start.unwrap_or(i64::MIN).max(horizon), end: end.unwrap_or(i64::MAX) }
    }
}

fn token_of(direction: char, (at, number): (i64, u64)) -> String {
    format!("{direction}/{at:020}{number:020}")
}

fn parse_token(text: &str) -> Result<(char, (i64, u64)), LogsError> {
    let (direction, digits) = text.split_once('/').ok_or(LogsError::BadToken)?;
    if !digits.is_ascii() || digits.len() != 40 {
        return Err(LogsError::BadToken);
    }
    let at = digits[..20].parse().map_err(|_| LogsError::BadToken)?;
    let number = digits[20..].parse().map_err(|_| LogsError::BadToken)?;
    match direction {
        "f" => Ok(('f', (at, number))),
        "b" => Ok(('b', (at, number))),
        _ => Err(LogsError::BadToken),
    }
}

fn limit(asked: Option<i64>, most: usize) -> usize {
    asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(most).min(most)
}

/// The stretch from `from` that one answer may hold.
fn forward(events: &[Event], from: usize, count_max: usize) -> (usize, usize) {
    (from, from + fitting(events[from..].iter(), count_max))
}

/// The stretch before `to` that one answer may hold.
fn backward(events: &[Event], to: usize, count_max: usize) -> (usize, usize) {
    (to - fitting(events[..to].iter().rev(), count_max), to)
}

/// How many of the first events fit into one answer.
fn fitting<'a>(events: impl Iterator<Item = &'a Event>, count_max: usize) -> usize {
    let mut bytes = 0;
    let fits = |event: &&Event| {
        bytes += event.bytes();
        bytes <= PAGE_BYTES_MAX
    };
    events.take(count_max).take_while(fits).count()
}

/// A page of what is ordered by name; the token is the name that comes next.
pub(super) fn page<T>(
    all: Vec<T>,
    asked: Option<i64>,
    from: Option<&str>,
    name: impl Fn(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let mut rest: Vec<T> =
        all.into_iter().filter(|entry| from.is_none_or(|from| name(entry).as_str() >= from)).collect();
    let tail = rest.split_off(rest.len().min(limit(asked, DESCRIBE_MAX)));
    (rest, tail.first().map(name))
}

/// A page of what may be ordered by anything; the token is a place.
pub(super) fn places<T>(
    all: Vec<T>,
    asked: Option<i64>,
    from: Option<&str>,
) -> Result<(Vec<T>, Option<String>), LogsError> {
    let from: usize = from.map_or(Ok(0), str::parse).map_err(|_| LogsError::BadToken)?;
    let (count, end) = (all.len(), from.saturating_add(limit(asked, DESCRIBE_MAX)));
    let page = all.into_iter().skip(from).take(end - from).collect();
    Ok((page, (end < count).then(|| end.to_string())))
}

/// A group by its name, or by its ARN where `identifier` is given.
pub(super) fn group_name<'a>(
    name: Option<&'a str>,
    identifier: Option<&'a str>,
) -> Result<&'a str, LogsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => Ok(name_of(identifier)),
        (Some(_), Some(_)) => {
            Err(LogsError::Parameters("LogGroup name and LogGroup ARN are mutually exclusive parameters."))
        }
        (None, None) => {
            Err(LogsError::Parameters("At least one of logGroupName or logGroupIdentifier must be provided."))
        }
    }
}

fn describe_group(name: &str, group: &Group) -> LogGroup {
    LogGroup {
        log_group_name: Some(name.to_owned()),
        creation_time: Some(group.created.millis()),
        retention_in_days: group.retention_days,
        metric_filter_count: i64::try_from(group.metric_filters.len()).ok(),
        arn: Some(format!("{}:*", group.arn)),
        log_group_arn: Some(group.arn.clone()),
        stored_bytes: i64::try_from(group.streams.values().map(|stream| stream.bytes).sum::<usize>()).ok(),
        kms_key_id: group.kms_key_id.clone(),
        deletion_protection_enabled: Some(group.is_protected),
        log_group_class: Some(group.class.clone()),
        ..LogGroup::default()
    }
}

fn describe_stream(name: &str, stream: &Stream, group: &Group, horizon: i64) -> LogStream {
    let shown = stream.between(horizon, i64::MAX);
    LogStream {
        log_stream_name: Some(name.to_owned()),
        creation_time: Some(stream.created.millis()),
        first_event_timestamp: shown.first().map(|event| event.at),
        last_event_timestamp: shown.last().map(|event| event.at),
        last_ingestion_time: stream.last_ingestion,
        upload_sequence_token: Some(format!("{:056}", stream.events.last().map_or(0, |event| event.number))),
        arn: Some(format!("{}:log-stream:{name}", group.arn)),
        // Documented: always zero since 2019.
        stored_bytes: Some(0),
    }
}
