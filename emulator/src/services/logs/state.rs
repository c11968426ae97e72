//! Groups and streams, and what changes them.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::logs::*;

use super::error::LogsError;
use super::limits::*;
use crate::world::{Cx, LogBatch};

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// When it says it happened, in milliseconds.
    pub(super) at: i64,
    /// When it came, in milliseconds.
    pub(super) ingested: i64,
    /// Its place among all events of this service: ties in time are told apart by it.
    pub(super) number: u64,
    pub(super) message: String,
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) created: Timestamp,
    pub(super) last_ingestion: Option<i64>,
    /// In order of `(at, number)`.
    pub(super) events: Vec<Event>,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) created: Timestamp,
    pub(super) arn: String,
    pub(super) class: String,
    pub(super) retention_days: Option<i64>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) streams: BTreeMap<String, Stream>,
}

/// CloudWatch Logs of one account and region.
#[derive(Debug, Default)]
pub struct Logs {
    pub(super) groups: BTreeMap<String, Group>,
    events_stored: u64,
}

impl Group {
    fn new(cx: &Cx<'_>, name: &str) -> Self {
        let arn = Arn::new("logs", &cx.scope.region, &cx.scope.account, format!("log-group:{name}"));
        Self {
            created: cx.now,
            arn: arn.to_string(),
            class: "STANDARD".to_owned(),
            retention_days: None,
            tags: BTreeMap::new(),
            streams: BTreeMap::new(),
        }
    }

    /// Events before this instant (in milliseconds) are gone.
    ///
    /// Documented: deletion happens within 72 hours of expiry, and expired events are not shown.
    pub(super) fn horizon(&self, now: Timestamp) -> i64 {
        let keep = |days: i64| Duration::from_secs(days.unsigned_abs() * 86_400);
        self.retention_days.map_or(i64::MIN, |days| (now - keep(days)).millis())
    }
}

impl Stream {
    fn new(created: Timestamp) -> Self {
        Self { created, last_ingestion: None, events: Vec::new() }
    }

    /// Keeps the order of time; an event as late as the last goes behind it.
    fn insert(&mut self, event: Event) {
        let at = self.events.partition_point(|other| (other.at, other.number) <= (event.at, event.number));
        self.events.insert(at, event);
    }
}

impl Logs {
    pub(super) fn create_log_group(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateLogGroupInput,
    ) -> Result<CreateLogGroupOutput, LogsError> {
        if self.groups.contains_key(&input.log_group_name) {
            return Err(LogsError::GroupExists);
        }
        let mut group = Group::new(cx, &input.log_group_name);
        group.tags = input.tags.unwrap_or_default();
        group.class = input.log_group_class.unwrap_or(group.class);
        self.groups.insert(input.log_group_name, group);
        Ok(CreateLogGroupOutput {})
    }

    pub(super) fn create_log_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &CreateLogStreamInput,
    ) -> Result<CreateLogStreamOutput, LogsError> {
        let group = self.group_mut(&input.log_group_name)?;
        if group.streams.contains_key(&input.log_stream_name) {
            return Err(LogsError::StreamExists);
        }
        group.streams.insert(input.log_stream_name.clone(), Stream::new(cx.now));
        Ok(CreateLogStreamOutput {})
    }

    pub(super) fn delete_log_group(
        &mut self,
        input: &DeleteLogGroupInput,
    ) -> Result<DeleteLogGroupOutput, LogsError> {
        self.groups.remove(&input.log_group_name).ok_or(LogsError::NoSuchGroup)?;
        Ok(DeleteLogGroupOutput {})
    }

    pub(super) fn delete_log_stream(
        &mut self,
        input: &DeleteLogStreamInput,
    ) -> Result<DeleteLogStreamOutput, LogsError> {
        let group = self.group_mut(&input.log_group_name)?;
        group.streams.remove(&input.log_stream_name).ok_or(LogsError::NoSuchStream)?;
        Ok(DeleteLogStreamOutput {})
    }

    pub(super) fn put_retention_policy(
        &mut self,
        input: &PutRetentionPolicyInput,
    ) -> Result<PutRetentionPolicyOutput, LogsError> {
        if !RETENTION_DAYS.contains(&input.retention_in_days) {
            return Err(LogsError::Retention(input.retention_in_days));
        }
        self.group_mut(&input.log_group_name)?.retention_days = Some(input.retention_in_days);
        Ok(PutRetentionPolicyOutput {})
    }

    pub(super) fn delete_retention_policy(
        &mut self,
        input: &DeleteRetentionPolicyInput,
    ) -> Result<DeleteRetentionPolicyOutput, LogsError> {
        self.group_mut(&input.log_group_name)?.retention_days = None;
        Ok(DeleteRetentionPolicyOutput {})
    }

    /// Stores a batch. Events too old or too far ahead are rejected one by one; anything else wrong refuses the batch.
    pub(super) fn put_log_events(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutLogEventsInput,
    ) -> Result<PutLogEventsOutput, LogsError> {
        check_batch(&input.log_events)?;
        let now = cx.now;
        let group = self.groups.get_mut(&input.log_group_name).ok_or(LogsError::NoSuchGroup)?;
        let horizon = group.horizon(now);
        let stream = group.streams.get_mut(&input.log_stream_name).ok_or(LogsError::NoSuchStream)?;

        let (too_old, too_new) = ((now - AGE_MAX).millis(), (now + AHEAD_MAX).millis());
        let mut rejected = RejectedLogEventsInfo::default();
        let mut number = self.events_stored;
        for (place, event) in (0..).zip(input.log_events) {
            if event.timestamp < too_old {
                rejected.too_old_log_event_end_index = Some(place + 1);
            } else if event.timestamp < horizon {
                rejected.expired_log_event_end_index = Some(place + 1);
            } else if event.timestamp > too_new {
                rejected.too_new_log_event_start_index.get_or_insert(place);
            } else {
                number += 1;
                let (at, message) = (event.timestamp, event.message);
                stream.insert(Event { at, ingested: now.millis(), number, message });
                stream.last_ingestion = Some(now.millis());
            }
        }
        self.events_stored = number;
        let any_rejected = rejected != RejectedLogEventsInfo::default();
        // Documented: sequence tokens are ignored since 2023, and still returned.
        Ok(PutLogEventsOutput {
            next_sequence_token: Some(format!("{number:056}")),
            rejected_log_events_info: any_rejected.then_some(rejected),
            rejected_entity_info: None,
        })
    }

    /// Lines from another service: group and stream are made where they are missing.
    pub(super) fn append(&mut self, cx: &mut Cx<'_>, batch: LogBatch) {
        let group = self.groups.entry(batch.group).or_insert_with_key(|name| Group::new(cx, name));
        let stream = group.streams.entry(batch.stream).or_insert_with(|| Stream::new(cx.now));
        stream.last_ingestion = Some(cx.now.millis());
        for (at, message) in batch.events {
            self.events_stored += 1;
            let event =
                Event { at: at.millis(), ingested: cx.now.millis(), number: self.events_stored, message };
            stream.insert(event);
        }
    }

    pub(super) fn list_tags_for_resource(
        &mut self,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, LogsError> {
        Ok(ListTagsForResourceOutput { tags: Some(self.by_arn(&input.resource_arn)?.tags.clone()) })
    }

    pub(super) fn tag_resource(&mut self, input: TagResourceInput) -> Result<TagResourceOutput, LogsError> {
        self.by_arn(&input.resource_arn)?.tags.extend(input.tags);
        Ok(TagResourceOutput {})
    }

    pub(super) fn untag_resource(
        &mut self,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, LogsError> {
        self.by_arn(&input.resource_arn)?.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagResourceOutput {})
    }

    fn by_arn(&mut self, arn: &str) -> Result<&mut Group, LogsError> {
        let plain = arn.strip_suffix(":*").unwrap_or(arn);
        self.groups.values_mut().find(|group| group.arn == plain).ok_or(LogsError::NoSuchResource)
    }

    fn group_mut(&mut self, name: &str) -> Result<&mut Group, LogsError> {
        self.groups.get_mut(name).ok_or(LogsError::NoSuchGroup)
    }
}

fn check_batch(events: &[InputLogEvent]) -> Result<(), LogsError> {
    let too_large = |bytes, bytes_max| Err(LogsError::TooLarge { bytes, bytes_max });
    if events.windows(2).any(|pair| pair[0].timestamp > pair[1].timestamp) {
        return Err(LogsError::OutOfOrder);
    }
    if let Some(event) = events.iter().find(|event| event.message.len() > EVENT_BYTES_MAX) {
        return too_large(event.message.len(), EVENT_BYTES_MAX);
    }
    let bytes = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum();
    if bytes > BATCH_BYTES_MAX {
        return too_large(bytes, BATCH_BYTES_MAX);
    }
    let span = events.last().map_or(0, |last| last.timestamp - events[0].timestamp);
    if u128::from(span.unsigned_abs()) > BATCH_SPAN_MAX.as_millis() {
        Err(LogsError::SpanTooLong)
    } else {
        Ok(())
    }
}
