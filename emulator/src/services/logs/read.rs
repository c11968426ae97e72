//! What clients read: groups, streams, events. Pages are bounded, and a token says where the next begins.

use wavetank_wire::logs::*;

use super::error::LogsError;
use super::limits::*;
use super::pattern::Pattern;
use super::state::{Event, Group, Logs, Stream};
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
        let matching = self.groups.iter().filter(|(name, group)| {
            name.starts_with(prefix)
                && name.to_lowercase().contains(&contains)
                && class.is_none_or(|class| class == group.class)
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
        let events: Vec<&Event> = stream.events.iter().filter(|event| window.holds(event)).collect();
        let limit = limit(input.limit, PAGE_EVENTS_MAX);

        let (from, to) = match input.next_token.as_deref().map(parse_token).transpose()? {
            Some(('f', at)) => forward(&events, events.partition_point(|event| key(event) < at), limit),
            Some((_, at)) => backward(&events, events.partition_point(|event| key(event) < at), limit),
            None if input.start_from_head == Some(true) => forward(&events, 0, limit),
            None => backward(&events, events.len(), limit),
        };
        let end = |place: usize| events.get(place).map(|event| key(event));
        let after_last = events.last().map_or((0, 0), |event| (event.at, event.number + 1));
        let forward_token = end(to).unwrap_or(after_last);
        let backward_token = end(from).unwrap_or(after_last);
        let output = |event: &&Event| OutputLogEvent {
            timestamp: Some(event.at),
            message: Some(event.message.clone()),
            ingestion_time: Some(event.ingested),
        };
        Ok(GetLogEventsOutput {
            events: Some(events[from..to].iter().map(output).collect()),
            next_forward_token: Some(token('f', forward_token)),
            next_backward_token: Some(token('b', backward_token)),
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
        let after = input.next_token.as_deref().map(parse_token).transpose()?.map(|(_, at)| at);

        let wanted =
            |name: &String| name.starts_with(prefix) && names.is_none_or(|names| names.contains(name));
        let streams = group.streams.iter().filter(|(name, _)| wanted(name));
        let mut found: Vec<(&String, &Event)> =
            streams.flat_map(|(name, stream)| stream.events.iter().map(move |event| (name, event))).collect();
        found.retain(|(_, event)| {
            window.holds(event)
                && after.is_none_or(|after| key(event) >= after)
                && pattern.matches(&event.message)
        });
        found.sort_by_key(|(_, event)| key(event));
        let events: Vec<&Event> = found.iter().map(|(_, event)| *event).collect();
        let (_, end) = forward(&events, 0, limit(input.limit, PAGE_EVENTS_MAX));
        let output = |(name, event): &(&String, &Event)| FilteredLogEvent {
            log_stream_name: Some((*name).clone()),
            timestamp: Some(event.at),
            message: Some(event.message.clone()),
            ingestion_time: Some(event.ingested),
            event_id: Some(format!("{:056}", event.number)),
        };
        Ok(FilterLogEventsOutput {
            events: Some(found[..end].iter().map(output).collect()),
            // Documented: deprecated, and empty since 2021.
            searched_log_streams: Some(Vec::new()),
            next_token: found.get(end).map(|(_, event)| token('f', key(event))),
        })
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

    fn holds(&self, event: &Event) -> bool {
        self.start <= event.at && event.at < self.end
    }
}

fn key(event: &Event) -> (i64, u64) {
    (event.at, event.number)
}

fn token(direction: char, (at, number): (i64, u64)) -> String {
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
fn forward(events: &[&Event], from: usize, count_max: usize) -> (usize, usize) {
    (from, from + fitting(events[from..].iter(), count_max))
}

/// The stretch before `to` that one answer may hold.
fn backward(events: &[&Event], to: usize, count_max: usize) -> (usize, usize) {
    (to - fitting(events[..to].iter().rev(), count_max), to)
}

/// How many of the first events fit into one answer.
fn fitting<'a>(events: impl Iterator<Item = &'a &'a Event>, count_max: usize) -> usize {
    let mut bytes = 0;
    let fits = |event: &&&Event| {
        bytes += event.message.len() + EVENT_OVERHEAD_BYTES;
        bytes <= PAGE_BYTES_MAX
    };
    events.take(count_max).take_while(fits).count()
}

/// A page of what is ordered by name; the token is the name that comes next.
fn page<T>(
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
fn places<T>(
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
fn group_name<'a>(name: Option<&'a str>, identifier: Option<&'a str>) -> Result<&'a str, LogsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => {
            let name = identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name);
            Ok(name.strip_suffix(":*").unwrap_or(name))
        }
        (Some(_), Some(_)) => {
            Err(LogsError::Parameters("LogGroup name and LogGroup ARN are mutually exclusive parameters."))
        }
        (None, None) => {
            Err(LogsError::Parameters("At least one of logGroupName or logGroupIdentifier must be provided."))
        }
    }
}

fn stored_bytes(stream: &Stream) -> i64 {
    let bytes = stream.events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum::<usize>();
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn describe_group(name: &str, group: &Group) -> LogGroup {
    LogGroup {
        log_group_name: Some(name.to_owned()),
        creation_time: Some(group.created.millis()),
        retention_in_days: group.retention_days,
        metric_filter_count: Some(0),
        arn: Some(format!("{}:*", group.arn)),
        log_group_arn: Some(group.arn.clone()),
        stored_bytes: Some(group.streams.values().map(stored_bytes).sum()),
        log_group_class: Some(group.class.clone()),
        ..LogGroup::default()
    }
}

fn describe_stream(name: &str, stream: &Stream, group: &Group, horizon: i64) -> LogStream {
    let mut shown = stream.events.iter().filter(|event| event.at >= horizon);
    let first = shown.next();
    LogStream {
        log_stream_name: Some(name.to_owned()),
        creation_time: Some(stream.created.millis()),
        first_event_timestamp: first.map(|event| event.at),
        last_event_timestamp: shown.next_back().or(first).map(|event| event.at),
        last_ingestion_time: stream.last_ingestion,
        upload_sequence_token: Some(format!("{:056}", stream.events.last().map_or(0, |event| event.number))),
        arn: Some(format!("{}:log-stream:{name}", group.arn)),
        // Documented: always zero since 2019.
        stored_bytes: Some(0),
    }
}
